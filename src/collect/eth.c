/* The list of questions: what is asked, what was answered, and the JSON between. */
#include "collect/eth.h"
#include "collect/rpc.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	TREE_LIMIT = 64 * 1024 * 1024,
	CALL_BYTES_MAX = 64 * 1024,
	LOG_BYTES_MAX = 64 * 1024,
	LOGS_MAX = 20000, /* of one question */
	GOOD_ONES = 16,   /* spans or batches, until a larger one is tried again */
};

enum question_kind {
	QUESTION_CALL,
	QUESTION_BLOCK,
	QUESTION_CHAIN_ID,
	QUESTION_LOGS,
};

struct question {
	enum question_kind kind;
	struct address to;
	char *data;
	uint64_t block;
	struct eth_filter filter;
	uint64_t next; /* the first block whose events were not asked for */
	unsigned tries;
	bool alone; /* it was left out of a batch */
	struct eth_answer answer;
};

struct eth_list {
	struct question *items;
	size_t count, capacity;
	size_t *asked; /* questions of the request that is on its way; ids count from 1 */
	size_t asked_count, asked_capacity;
	uint64_t asked_to; /* the last block of a request for events */
};

struct eth_list *eth_list_new(void)
{
	return xcalloc(1, sizeof(struct eth_list));
}

void eth_list_free(struct eth_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++) {
		struct eth_answer *answer = &list->items[i].answer;
		for (size_t n = 0; n < answer->log_count; n++)
			free(answer->logs[n].data);
		free(answer->logs);
		free(answer->bytes);
		free(list->items[i].data);
	}
	free(list->items);
	free(list->asked);
	free(list);
}

static struct question *add(struct eth_list *list, enum question_kind kind)
{
	list->items = mem_grow(list->items, &list->capacity, list->count, sizeof(*list->items));
	list->items[list->count] = (struct question){.kind = kind};
	return &list->items[list->count++];
}

size_t eth_add_call(struct eth_list *list, const struct address *to, const char *data)
{
	struct question *question = add(list, QUESTION_CALL);

	question->to = *to;
	question->data = xstrdup(data);
	return list->count - 1;
}

size_t eth_ask(struct eth_list *list, const struct address *to, const char *signature)
{
	char data[16];

	return eth_add_call(list, to, text_format(data, sizeof(data), "0x%08x", (unsigned)abi_selector(signature)));
}

size_t eth_ask_u64(struct eth_list *list, const struct address *to, const char *signature, uint64_t argument)
{
	struct buf data;

	buf_init(&data, 128);
	abi_call(&data, signature);
	abi_put_u64(&data, argument);
	size_t index = eth_add_call(list, to, buf_text(&data));
	buf_free(&data);
	return index;
}

size_t eth_add_block(struct eth_list *list, uint64_t number)
{
	add(list, QUESTION_BLOCK)->block = number;
	return list->count - 1;
}

size_t eth_add_chain_id(struct eth_list *list)
{
	add(list, QUESTION_CHAIN_ID);
	return list->count - 1;
}

size_t eth_add_logs(struct eth_list *list, const struct eth_filter *filter)
{
	struct question *question = add(list, QUESTION_LOGS);

	question->filter = *filter;
	question->next = filter->from;
	if (filter->from > filter->to)
		question->answer.outcome = ETH_GOOD;
	return list->count - 1;
}

size_t eth_list_count(const struct eth_list *list)
{
	return list->count;
}

const struct eth_answer *eth_answer(const struct eth_list *list, size_t index)
{
	static const struct eth_answer open;

	return index < list->count ? &list->items[index].answer : &open;
}

bool eth_refused(const struct eth_list *list, size_t index)
{
	return eth_answer(list, index)->outcome == ETH_FAILED;
}

bool eth_view(const struct eth_list *list, size_t index, struct abi *out)
{
	const struct eth_answer *answer = eth_answer(list, index);

	if (answer->outcome != ETH_GOOD || answer->len == 0)
		return false;
	*out = (struct abi){answer->bytes, answer->len};
	return true;
}

void eth_take_logs(struct eth_list *list, size_t index, struct eth_logs *out)
{
	*out = (struct eth_logs){0};
	if (index >= list->count)
		return;
	struct eth_answer *answer = &list->items[index].answer;
	*out = (struct eth_logs){answer->logs, answer->log_count};
	answer->logs = NULL;
	answer->log_count = 0;
}

void eth_logs_free(struct eth_logs *logs)
{
	for (size_t i = 0; i < logs->count; i++)
		free(logs->items[i].data);
	free(logs->items);
	*logs = (struct eth_logs){0};
}

bool eth_list_done(const struct eth_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].answer.outcome == ETH_OPEN)
			return false;
	return true;
}

/* --- writing --------------------------------------------------------------------------- */

static void put_hash(struct json_writer *w, const struct hash256 *hash)
{
	char text[HASH_TEXT];

	json_put_string(w, NULL, hex_text(text, sizeof(text), hash->bytes, sizeof(hash->bytes), true));
}

static void put_filter(struct json_writer *w, const struct eth_filter *filter, uint64_t from, uint64_t to)
{
	char text[ADDRESS_TEXT];

	json_begin_object(w, NULL);
	json_begin_array(w, "address");
	for (size_t i = 0; i < filter->address_count; i++)
		json_put_string(w, NULL, address_text(text, &filter->addresses[i]));
	json_end_array(w);
	json_put_string(w, "fromBlock", text_format(text, sizeof(text), "0x%" PRIx64, from));
	json_put_string(w, "toBlock", text_format(text, sizeof(text), "0x%" PRIx64, to));
	json_begin_array(w, "topics");
	json_begin_array(w, NULL);
	for (size_t i = 0; i < filter->topic_count; i++)
		put_hash(w, &filter->topics[i]);
	json_end_array(w);
	json_end_array(w);
	json_end_object(w);
}

static void put_params(struct json_writer *w, const struct question *question, uint64_t to)
{
	char text[ADDRESS_TEXT];

	switch (question->kind) {
	case QUESTION_CALL:
		json_begin_object(w, NULL);
		json_put_string(w, "to", address_text(text, &question->to));
		json_put_string(w, "data", question->data);
		json_end_object(w);
		json_put_string(w, NULL, "latest");
		break;
	case QUESTION_BLOCK:
		json_put_string(w, NULL, question->block == ETH_LATEST ? "latest" : text_format(text, sizeof(text), "0x%" PRIx64, question->block));
		json_put_bool(w, NULL, false);
		break;
	case QUESTION_LOGS:
		put_filter(w, &question->filter, question->next, to);
		break;
	case QUESTION_CHAIN_ID:
		break;
	}
}

static void put_question(struct json_writer *w, const struct question *question, size_t id, uint64_t to)
{
	static const char *const methods[] = {"eth_call", "eth_getBlockByNumber", "eth_chainId", "eth_getLogs"};

	json_begin_object(w, NULL);
	json_put_string(w, "jsonrpc", "2.0");
	json_put_i64(w, "id", (int64_t)id);
	json_put_string(w, "method", methods[question->kind]);
	json_begin_array(w, "params");
	put_params(w, question, to);
	json_end_array(w);
	json_end_object(w);
}

static void choose(struct eth_list *list, size_t index)
{
	list->asked = mem_grow(list->asked, &list->asked_capacity, list->asked_count, sizeof(*list->asked));
	list->asked[list->asked_count++] = index;
}

/* What goes into the next request: all that may share one, or one that may not. */
static void choose_next(struct eth_list *list, const struct eth_limits *limits)
{
	list->asked_count = 0;
	for (size_t i = 0; i < list->count && list->asked_count < limits->batch; i++) {
		const struct question *question = &list->items[i];
		if (question->answer.outcome == ETH_OPEN && question->kind != QUESTION_LOGS && !question->alone)
			choose(list, i);
	}
	for (size_t i = 0; i < list->count && list->asked_count == 0; i++)
		if (list->items[i].answer.outcome == ETH_OPEN)
			choose(list, i);
}

bool eth_write(struct eth_list *list, const struct eth_limits *limits, struct buf *body)
{
	struct json_writer w;

	choose_next(list, limits);
	if (list->asked_count == 0)
		return false;
	const struct question *first = &list->items[list->asked[0]];
	list->asked_to = first->filter.to;
	if (first->kind == QUESTION_LOGS && list->asked_to - first->next >= limits->span)
		list->asked_to = first->next + limits->span - 1;
	json_writer_init(&w, body, false);
	if (list->asked_count > 1)
		json_begin_array(&w, NULL);
	for (size_t i = 0; i < list->asked_count; i++)
		put_question(&w, &list->items[list->asked[i]], i + 1, list->asked_to);
	if (list->asked_count > 1)
		json_end_array(&w);
	return true;
}

/* --- reading: one answer ---------------------------------------------------------------------- */

static void fail(struct eth_answer *answer, const char *why)
{
	answer->outcome = ETH_FAILED;
	text_format(answer->why, sizeof(answer->why), "%s", why);
}

/* Hex data of any length up to most, as owned bytes; false when it is none. */
static bool read_data(const struct json *value, size_t most, uint8_t **bytes, size_t *len)
{
	const char *text = json_string(value);
	size_t digits = text ? strlen(text) : 0;

	*bytes = NULL;
	*len = 0;
	if (digits < 2 || digits % 2 || (digits - 2) / 2 > most)
		return false;
	uint8_t *data = xmalloc((digits - 2) / 2 + 1);
	if (!hex_data(text, data, (digits - 2) / 2, len)) {
		free(data);
		return false;
	}
	*bytes = data;
	return true;
}

static void read_call(struct eth_answer *answer, const struct json *result)
{
	if (!read_data(result, CALL_BYTES_MAX, &answer->bytes, &answer->len))
		fail(answer, "a call gave no data");
	else
		answer->outcome = answer->len ? ETH_GOOD : ETH_NOTHING;
}

static void read_block(struct eth_answer *answer, const struct json *result)
{
	const char *hash = json_string(json_get(result, "hash"));
	uint64_t time_s;

	if (json_is_null(result) || !result)
		answer->outcome = ETH_NOTHING;
	else if (!json_quantity(json_get(result, "number"), &answer->number) || !json_quantity(json_get(result, "timestamp"), &time_s) || time_s > INT32_MAX * UINT64_C(64))
		fail(answer, "a malformed block");
	else {
		answer->time_s = (int64_t)time_s;
		answer->outcome = ETH_GOOD;
		if (!hash || !hex_bytes(hash, answer->hash.bytes, sizeof(answer->hash.bytes)))
			answer->hash = (struct hash256){0};
	}
}

static void read_chain_id(struct eth_answer *answer, const struct json *result)
{
	if (json_quantity(result, &answer->number))
		answer->outcome = ETH_GOOD;
	else
		fail(answer, "a malformed chain id");
}

static bool read_topics(const struct json *topics, struct eth_log *log)
{
	for (const struct json *topic = json_first(topics); topic; topic = json_next(topic)) {
		const char *text = json_string(topic);
		if (log->topic_count == 4 || !text || !hex_bytes(text, log->topics[log->topic_count].bytes, sizeof(log->topics[0].bytes)))
			return false;
		log->topic_count++;
	}
	return json_is_array(topics);
}

static bool read_log(const struct json *item, struct eth_log *log)
{
	const char *address = json_string(json_get(item, "address")), *transaction = json_string(json_get(item, "transactionHash"));
	uint64_t time_s = 0;

	*log = (struct eth_log){0};
	if (!address || !address_parse(address, &log->address) || !read_topics(json_get(item, "topics"), log) ||
	    !json_quantity(json_get(item, "blockNumber"), &log->block) || !json_quantity(json_get(item, "logIndex"), &log->index))
		return false;
	if (transaction && !hex_bytes(transaction, log->transaction.bytes, sizeof(log->transaction.bytes)))
		return false;
	if (json_quantity(json_get(item, "blockTimestamp"), &time_s) && time_s < INT32_MAX * UINT64_C(64))
		log->time_s = (int64_t)time_s;
	return read_data(json_get(item, "data"), LOG_BYTES_MAX, &log->data, &log->len);
}

/* Whether the event is one that was asked for; an endpoint may ignore parts of a filter. */
static bool is_wanted(const struct eth_filter *filter, const struct eth_log *log)
{
	bool address = false, topic = false;

	for (size_t i = 0; i < filter->address_count; i++)
		address |= address_equal(&filter->addresses[i], &log->address);
	for (size_t i = 0; i < filter->topic_count && log->topic_count; i++)
		topic |= memcmp(&filter->topics[i], &log->topics[0], sizeof(log->topics[0])) == 0;
	return address && topic && log->block >= filter->from && log->block <= filter->to;
}

static bool is_removed(const struct json *item)
{
	bool removed = false;

	return json_bool(json_get(item, "removed"), &removed) && removed;
}

/* The first block whose events are not all taken: of those that were left; UINT64_MAX when none. */
static uint64_t first_left(const struct eth_filter *filter, const struct json *item)
{
	uint64_t first = UINT64_MAX;

	for (; item; item = json_next(item)) {
		uint64_t block;
		if (json_quantity(json_get(item, "blockNumber"), &block) && block >= filter->from && block < first)
			first = block;
	}
	return first;
}

/* Only whole blocks are taken: the next question goes on behind the last of them. */
static void drop_from(struct eth_answer *answer, uint64_t block)
{
	size_t kept = 0;

	for (size_t i = 0; i < answer->log_count; i++) {
		if (answer->logs[i].block < block)
			answer->logs[kept++] = answer->logs[i];
		else
			free(answer->logs[i].data);
	}
	answer->log_count = kept;
}

static void end_span(struct eth_list *list, struct question *question, uint64_t left)
{
	struct eth_answer *answer = &question->answer;

	answer->reached = list->asked_to;
	question->next = list->asked_to + 1;
	if (list->asked_to == question->filter.to)
		answer->outcome = ETH_GOOD;
	if (left > list->asked_to)
		return;
	drop_from(answer, left);
	answer->reached = left - 1;
	if (left > question->filter.from)
		answer->outcome = ETH_GOOD;
	else
		fail(answer, "more events in one block than can be taken in");
}

/* Takes the events up to LOGS_MAX; false when one is malformed. The rest begins with *left. */
static bool take_logs(struct question *question, const struct json *result, const struct json **left)
{
	struct eth_answer *answer = &question->answer;
	const struct json *item = json_first(result);

	for (; item && answer->log_count < LOGS_MAX; item = json_next(item)) {
		struct eth_log log;
		if (is_removed(item))
			continue;
		if (!read_log(item, &log))
			return false;
		if (is_wanted(&question->filter, &log))
			answer->logs[answer->log_count++] = log;
		else
			free(log.data);
	}
	*left = item;
	return true;
}

static void read_logs(struct eth_list *list, struct question *question, const struct json *result)
{
	struct eth_answer *answer = &question->answer;
	size_t capacity = answer->log_count + json_count(result);
	const struct json *left;

	if (!json_is_array(result)) {
		fail(answer, "events came as no list");
		return;
	}
	answer->logs = xreallocarray(answer->logs, capacity ? capacity : 1, sizeof(*answer->logs));
	if (take_logs(question, result, &left))
		end_span(list, question, first_left(&question->filter, left));
	else
		fail(answer, "a malformed event");
}

static void shrink_span(struct eth_list *list, struct eth_limits *limits, const struct question *question)
{
	limits->span = (list->asked_to - question->next + 1) / 2;
	limits->good_spans = 0;
}

/* What was refused once may have been too much only then. */
static void grow(uint64_t *limit, uint64_t most, unsigned *good)
{
	if (*limit >= most || ++*good < GOOD_ONES)
		return;
	*limit = *limit * 2 < most ? *limit * 2 : most;
	*good = 0;
}

static void read_result(struct eth_list *list, struct eth_limits *limits, struct question *question, const struct json *result)
{
	switch (question->kind) {
	case QUESTION_CALL:
		read_call(&question->answer, result);
		break;
	case QUESTION_BLOCK:
		read_block(&question->answer, result);
		break;
	case QUESTION_CHAIN_ID:
		read_chain_id(&question->answer, result);
		break;
	case QUESTION_LOGS:
		read_logs(list, question, result);
		grow(&limits->span, limits->span_max, &limits->good_spans);
		break;
	}
}

/* --- reading: errors ----------------------------------------------------------------------------- */

enum {
	CODE_REVERTED = 3,
};

/* Revert data is a string, or in an object with it (hardhat, ganache). */
static bool read_revert(struct eth_answer *answer, const struct json *error)
{
	const struct json *data = json_get(error, "data");
	const char *message = json_string(json_get(error, "message"));

	if (read_data(data, CALL_BYTES_MAX, &answer->bytes, &answer->len) || read_data(json_get(data, "data"), CALL_BYTES_MAX, &answer->bytes, &answer->len) ||
	    read_data(json_get(data, "result"), CALL_BYTES_MAX, &answer->bytes, &answer->len))
		return true;
	return rpc_error_code(error) == CODE_REVERTED || (message && text_contains(message, "revert"));
}

static void read_error(struct eth_list *list, struct eth_limits *limits, struct question *question, const struct json *error)
{
	struct eth_answer *answer = &question->answer;
	enum rpc_refusal kind = rpc_error_kind(error);

	rpc_error_words(answer->why, sizeof(answer->why), error);
	if (question->kind == QUESTION_CALL && read_revert(answer, error))
		answer->outcome = ETH_REVERTED;
	else if (question->kind == QUESTION_LOGS && list->asked_to > question->next && kind != RPC_TOO_OFTEN)
		shrink_span(list, limits, question);
	else if (kind != RPC_TOO_MUCH || list->asked_count == 1 || question->alone)
		answer->outcome = ETH_FAILED;
	else
		question->alone = true;
}

/* --- reading: the reply ---------------------------------------------------------------------------- */

static struct question *question_of(struct eth_list *list, const struct json *id)
{
	int64_t number;

	/* An error about a request that could not be read carries no id. */
	if (list->asked_count == 1 && (!id || json_is_null(id)))
		return &list->items[list->asked[0]];
	if (!json_i64(id, &number) || number < 1 || (uint64_t)number > list->asked_count)
		return NULL;
	return &list->items[list->asked[number - 1]];
}

static void read_member(struct eth_list *list, struct eth_limits *limits, const struct json *member)
{
	struct question *question = question_of(list, json_get(member, "id"));
	const struct json *error = json_get(member, "error");

	/* A second answer to one question is not believed. */
	if (!question || question->answer.outcome != ETH_OPEN || question->tries)
		return;
	question->tries = 1;
	if (error && !json_is_null(error))
		read_error(list, limits, question, error);
	else
		read_result(list, limits, question, json_get(member, "result"));
}

/* What the endpoint left out is asked once more by itself, then given up. */
static void close_holes(struct eth_list *list)
{
	for (size_t i = 0; i < list->asked_count; i++) {
		struct question *question = &list->items[list->asked[i]];
		bool answered = question->tries != 0;
		question->tries = 0;
		if (answered || question->answer.outcome != ETH_OPEN)
			continue;
		if (question->alone || list->asked_count == 1)
			fail(&question->answer, "the endpoint left it unanswered");
		question->alone = true;
	}
}

bool eth_halve(struct eth_list *list, struct eth_limits *limits)
{
	struct question *first = list->asked_count ? &list->items[list->asked[0]] : NULL;

	if (list->asked_count > 1) {
		limits->batch = list->asked_count / 2;
		limits->good_batches = 0;
		return true;
	}
	if (!first || first->kind != QUESTION_LOGS || list->asked_to <= first->next)
		return false;
	shrink_span(list, limits, first);
	return true;
}

/* The batch was refused whole: too large, or not known at all; unless it came too soon. */
static bool read_refusal(struct eth_list *list, struct eth_limits *limits, const struct json *error, char *why)
{
	rpc_error_words(why, 160, error);
	limits->too_often = rpc_error_kind(error) == RPC_TOO_OFTEN;
	return !limits->too_often && eth_halve(list, limits);
}

/* A whole batch: what is asked alone says nothing of how large one may be. */
static bool asked_together(const struct eth_list *list)
{
	if (list->asked_count == 0)
		return false;
	const struct question *first = &list->items[list->asked[0]];
	return first->kind != QUESTION_LOGS && !first->alone;
}

static void read_members(struct eth_list *list, struct eth_limits *limits, const struct json *root)
{
	bool together = asked_together(list);

	if (json_is_array(root))
		for (const struct json *member = json_first(root); member; member = json_next(member))
			read_member(list, limits, member);
	else
		read_member(list, limits, root);
	close_holes(list);
	if (together)
		grow(&limits->batch, limits->batch_max, &limits->good_batches);
}

bool eth_read(struct eth_list *list, struct eth_limits *limits, const char *text, size_t len, char *why)
{
	struct json *root = json_parse(text, len, TREE_LIMIT, NULL);
	bool understood = true;

	if ((json_is_array(root) && json_first(root)) || (json_is_object(root) && list->asked_count == 1)) {
		read_members(list, limits, root);
	} else if (json_is_object(root) && json_get(root, "error")) {
		understood = read_refusal(list, limits, json_get(root, "error"), why);
	} else {
		text_format(why, 160, "the answer is no JSON-RPC");
		understood = false;
	}
	json_free(root);
	return understood;
}
