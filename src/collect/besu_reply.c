/* The reply around the results: batches and single objects, refusals of every kind. */
#include "collect/besu.h"
#include "collect/rpc.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { TREE_LIMIT = 16 * 1024 * 1024 };

/* --- errors ------------------------------------------------------------------------ */

enum {
	CODE_PARSE = -32700, /* ganache's word for an unknown method */
	CODE_NOT_FOUND = -32601,
	CODE_NOT_ENABLED = -32604, /* Besu: the API group is off */
	CODE_NOT_SUPPORTED = -32004,
	CODE_INVALID_REQUEST = -32600,
};

static bool means_absent(int64_t code)
{
	return code == CODE_NOT_FOUND || code == CODE_NOT_ENABLED || code == CODE_NOT_SUPPORTED || code == CODE_PARSE;
}

static void call_failed(struct reading *r, enum call call, const struct json *error)
{
	struct call_state *state = &r->memory->calls[call];

	if (call == CALL_HEAD) {
		rpc_error_words(r->out->why, sizeof(r->out->why), error);
		return;
	}
	/* A chain without the tag may name any reason (protocol reference 1.2). */
	if (means_absent(rpc_error_code(error)) || call == CALL_FINALIZED) {
		state->absent_us = r->at_us;
		state->off = rpc_error_code(error) == CODE_NOT_ENABLED;
	}
	state->asked_us = r->at_us;
}

/* --- the reply ---------------------------------------------------------------------- */

static const struct item *asked_by_id(const struct besu_memory *m, const struct json *id)
{
	int64_t number;

	/* Errors of a request that the peer could not read carry no id. */
	if (m->single && m->asked_count == 1 && (!id || json_is_null(id)))
		return &m->asked.list[0];
	if (!json_i64(id, &number) || number < 1 || (uint64_t)number > m->asked_count)
		return NULL;
	return &m->asked.list[number - 1];
}

static void read_member(struct reading *r, const struct json *member, bool *seen)
{
	const struct item *item = asked_by_id(r->memory, json_get(member, "id"));
	const struct json *result = json_get(member, "result"), *error = json_get(member, "error");
	struct call_state *state;
	size_t index;

	if (!item)
		return;
	index = (size_t)(item - r->memory->asked.list);
	if (seen[index])
		return;
	seen[index] = true;
	if (item->header) {
		besu_read_header(r, item->height, result);
		return;
	}
	if (item->call == CALL_HEAD)
		r->head_answered = true;
	if (error && !json_is_null(error)) {
		call_failed(r, item->call, error);
		return;
	}
	state = &r->memory->calls[item->call];
	state->absent_us = 0;
	state->asked_us = r->at_us;
	if (!besu_calls[item->call].read(r, result) && item->call == CALL_HEAD)
		text_format(r->out->why, sizeof(r->out->why), "%s gave %s", besu_calls[CALL_HEAD].method, json_is_null(result) ? "no block" : "a malformed block");
}

static int header_order(const void *a, const void *b)
{
	const struct header *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* Oldest first, each height once, the head last. A node behind a balancer may answer
 * with a head below headers that another one gave; these wait for their turn. */
static void sort_headers(struct node_sample *out, const struct header *head)
{
	size_t kept = 0;

	qsort(out->headers, out->header_count, sizeof(*out->headers), header_order);
	for (size_t i = 0; i < out->header_count; i++) {
		struct header *header = &out->headers[i];
		bool is_head = hash_equal(&header->hash, &head->hash);

		if (!is_head && header->number >= head->number) {
			header_free(header);
			continue;
		}
		if (kept > 0 && out->headers[kept - 1].number == header->number) {
			header_free(header);
			continue;
		}
		out->headers[kept++] = *header;
	}
	out->header_count = kept;
}

/* Without batches headers come one by one: the head of this round closes the sample. */
static void finish_headers(struct reading *r)
{
	struct besu_memory *m = r->memory;

	if (r->out->header_count == 0)
		return;
	if (!(r->out->has & SAMPLE_HEAD))
		besu_add_head(r);
	sort_headers(r->out, &m->head);
}

/* Heights that were asked and answered, with a block or not, are done. */
static void gap_close(struct besu_memory *m)
{
	for (size_t i = 0; i < m->asked_count; i++)
		if (m->asked.list[i].header && m->asked.list[i].height == m->gap_from)
			m->gap_from++;
	if (m->gap_from > m->gap_to && m->has_head)
		m->first_look = false;
}

static void add_words(struct node_sample *out, const char *before, const char *words)
{
	size_t used = strlen(out->methods);

	text_format(out->methods + used, sizeof(out->methods) - used, "%s%s", before, words);
}

/* Absent, and something that a chain of this kind could have. */
static bool is_missed(const struct besu_memory *m, enum call call)
{
	return besu_calls[call].group && m->calls[call].absent_us && besu_call_applies(call, m->consensus);
}

/* "no admin, no qbft", and how to enable those that are only switched off. */
static void list_absent(struct reading *r)
{
	const struct call_state *states = r->memory->calls;
	bool any_off = false;

	for (enum call call = 0; call < CALL_COUNT; call++)
		if (is_missed(r->memory, call))
			add_words(r->out, r->out->methods[0] ? ", no " : "no ", besu_calls[call].group);
	for (enum call call = 0; call < CALL_COUNT; call++) {
		if (!is_missed(r->memory, call) || !states[call].off || !besu_calls[call].api)
			continue;
		add_words(r->out, any_off ? "," : " (enable with --rpc-http-api=", besu_calls[call].api);
		any_off = true;
	}
	if (any_off)
		add_words(r->out, ")", "");
	r->out->has |= SAMPLE_METHODS;
}

static bool head_was_asked(const struct besu_memory *m)
{
	for (size_t i = 0; i < m->asked_count; i++)
		if (!m->asked.list[i].header && m->asked.list[i].call == CALL_HEAD)
			return true;
	return false;
}

static void read_members(struct reading *r, const struct json *root)
{
	bool seen[QUEUE_MAX] = {false};

	r->out->reach = REACH_OK;
	/* Before the head is read, which may open the next gap. */
	gap_close(r->memory);
	if (json_is_array(root))
		for (const struct json *member = json_first(root); member; member = json_next(member))
			read_member(r, member, seen);
	else
		read_member(r, root, seen);
	if (head_was_asked(r->memory) && !(r->out->has & SAMPLE_HEAD)) {
		r->out->method_errors = true;
		if (!r->head_answered)
			text_format(r->out->why, sizeof(r->out->why), "no answer to %s", besu_calls[CALL_HEAD].method);
	}
	finish_headers(r);
	list_absent(r);
}

static void refuse(struct reading *r, const char *why)
{
	r->out->reach = REACH_REFUSING;
	r->memory->refused = true;
	r->memory->queued = 0;
	text_format(r->out->why, sizeof(r->out->why), "%s", why);
}

/* What speaks otherwise is no node, and will not become one. */
static void refuse_foreign(struct reading *r, const char *why)
{
	refuse(r, why);
	r->memory->foreign = true;
}

/* The next attempt asks for less: half the batch, then one call at a time. */
static void ask_less(struct besu_memory *m, int64_t now_us)
{
	/* Less than one call cannot be asked. */
	if (m->single)
		return;
	m->retry = true;
	m->limit_since_us = now_us;
	if (m->batch_limit > 2)
		m->batch_limit /= 2;
	else
		m->single_since_us = now_us;
}

static void ask_singly(struct besu_memory *m, int64_t now_us)
{
	m->retry = true;
	m->single_since_us = now_us;
}

static bool status_refuses_everything(int status)
{
	return status == 401 || status == 403 || status == 404 || status == 408 || status == 429 || status >= 500;
}

/* A redirect would carry a token to whom it was not given for. A cut address keeps the cure. */
static void refuse_redirect(struct reading *r, int status, const char *location)
{
	char target[70], why[160];

	text_format(target, sizeof(target), "%s", location);
	text_format(why, sizeof(why), "HTTP %d to %s (not followed: write that address)", status, target);
	refuse_foreign(r, why);
}

/* Words for an HTTP status and what the body says: Besu, proxies and JSON-RPC put their
 * reason into it, whatever the status (protocol reference 0.2). */
static void refuse_status(struct reading *r, int status, const struct json *root)
{
	static const struct {
		int status;
		const char *cure;
	} cures[] = {
		{401, " (set bearer_file or bearer_env)"},
		{403, " (add this host to --host-allowlist)"},
		{404, " (is this the JSON-RPC URL?)"},
		{429, " (asked too often: set interval_ms)"},
	};
	const char *message = json_string(json_get(root, "message"));
	const char *cure = "";
	char words[64] = "", why[160];

	if (!message)
		message = json_string(json_get(json_get(root, "error"), "message"));
	if (message)
		text_clean(words, sizeof(words), message, strlen(message));
	for (size_t i = 0; i < ARRAY_LENGTH(cures); i++)
		if (cures[i].status == status)
			cure = cures[i].cure;
	/* 403 has many reasons; the cure belongs to Besu's own words only. */
	if (status == 403 && strncmp(words, "Host not authorized", strlen("Host not authorized")) != 0)
		cure = "";
	text_format(why, sizeof(why), "HTTP %d%s%s%s", status, words[0] ? " " : "", words, cure);
	refuse(r, why);
}

/* More requests would make it worse: the next one comes with the next poll, or later. */
static void asked_too_often(struct reading *r, int status, const struct json *root)
{
	char words[120], why[160];

	if (status != 200) {
		refuse_status(r, status, root);
		return;
	}
	rpc_error_words(words, sizeof(words), json_get(root, "error"));
	text_format(why, sizeof(why), "%s (asked too often: set interval_ms)", words);
	refuse(r, why);
}

/* One object in answer to a batch: the whole batch was refused. */
static void batch_refused(struct reading *r, int status, const struct json *root)
{
	const struct json *error = json_get(root, "error");
	enum rpc_refusal kind = rpc_error_kind(error);
	int64_t code = rpc_error_code(error);
	bool less = kind == RPC_TOO_MUCH && code == RPC_CODE_LIMIT && status != 429;
	bool singly = !less && kind != RPC_TOO_OFTEN && (!status_refuses_everything(status) || code == CODE_INVALID_REQUEST);
	char why[120];

	if (less)
		ask_less(r->memory, r->at_us);
	else if (singly)
		ask_singly(r->memory, r->at_us);
	rpc_error_words(why, sizeof(why), error);
	if (less || singly)
		refuse(r, why);
	else
		asked_too_often(r, status, root);
}

/* A web server that knows neither the place nor the POST; one whose node is down says 5xx. */
static bool status_is_foreign(int status)
{
	return status == 404 || status == 405 || status == 501;
}

/* An HTTP error without JSON-RPC in it. A client error may only mean that batches are
 * unknown there. */
static void read_plain_refusal(struct reading *r, int status, const struct json *root)
{
	refuse_status(r, status, root);
	r->memory->foreign = status_is_foreign(status);
	if (!r->memory->single && status >= 400 && !status_refuses_everything(status))
		ask_singly(r->memory, r->at_us);
}

static void read_object(struct reading *r, int status, const struct json *root)
{
	bool error = json_is_object(json_get(root, "error"));

	if (error && !r->memory->single) {
		batch_refused(r, status, root);
	} else if (error && rpc_error_kind(json_get(root, "error")) == RPC_TOO_OFTEN) {
		asked_too_often(r, status, root);
	} else if (r->memory->single && !status_refuses_everything(status) && (error || json_get(root, "result"))) {
		read_members(r, root);
	} else if (status != 200) {
		read_plain_refusal(r, status, root);
	} else {
		refuse_foreign(r, "not JSON-RPC: an answer without result or error (is this the RPC port?)");
	}
}

static bool looks_like_html(const struct http_reply *reply)
{
	const char *at = reply->body + strspn(reply->body, " \t\r\n");

	return *at == '<';
}

static void read_unparsed(struct reading *r, const struct http_reply *reply, const struct error *err)
{
	char why[120];

	if (reply->location) {
		refuse_redirect(r, reply->status, reply->location);
		return;
	}
	if (reply->status != 200) {
		read_plain_refusal(r, reply->status, NULL);
		return;
	}
	if (looks_like_html(reply)) {
		refuse_foreign(r, "not JSON-RPC: a web page (is this the RPC port?)");
		return;
	}
	text_format(why, sizeof(why), "answer is not JSON: %s", err->text);
	refuse_foreign(r, why);
}

static void read_body(struct reading *r, const struct http_reply *reply)
{
	struct error err = {0};
	struct json *root = json_parse(reply->body, reply->body_len, TREE_LIMIT, &err);

	if (!root)
		read_unparsed(r, reply, &err);
	else if (json_is_array(root))
		read_members(r, root);
	else if (json_is_object(root))
		read_object(r, reply->status, root);
	else
		refuse_foreign(r, "not JSON-RPC: neither an object nor an array (is this the RPC port?)");
	json_free(root);
}

/* The Date header is the peer's clock cut to a whole second, taken somewhere between our
 * asking and its answer. What this uncertainty explains is no skew. */
static int64_t clock_skew(const struct http_reply *reply, int64_t at_us)
{
	int64_t skew, doubt = US_PER_S / 2 + reply->total_us / 2;

	if (reply->date_us == 0)
		return 0;
	skew = reply->date_us + US_PER_S / 2 - (at_us - reply->total_us / 2);
	return skew >= -doubt && skew <= doubt ? 0 : skew;
}

/* What came back from a pause may be another program: ask it everything again. */
static void forget_schedule(struct besu_memory *m)
{
	m->queued = 0;
	for (int call = 0; call < CALL_COUNT; call++)
		m->calls[call].asked_us = 0;
}

void besu_decode(void *memory, const struct http_reply *reply, int64_t at_us, struct node_sample *out)
{
	struct besu_memory *m = memory;
	struct reading r = {.memory = m, .out = out, .at_us = at_us};

	memset(out, 0, sizeof(*out));
	m->foreign = false;
	out->at_us = at_us;
	out->rpc_us = reply->total_us;
	switch (reply->outcome) {
	case HTTP_ANSWERED:
		out->clock_skew_us = clock_skew(reply, at_us);
		read_body(&r, reply);
		break;
	case HTTP_TOO_LARGE:
		ask_less(m, at_us);
		refuse(&r, reply->why ? reply->why : "answer too large");
		break;
	case HTTP_UNREACHABLE:
	case HTTP_BAD_REQUEST:
		out->reach = REACH_UNREACHABLE;
		text_format(out->why, sizeof(out->why), "%s", reply->why ? reply->why : "no answer");
		m->refused = true;
		forget_schedule(m);
		break;
	}
	m->asked_count = 0;
}
