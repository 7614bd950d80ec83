#include "collect/silence.h"

#include "base/mem.h"
#include "base/text.h"
#include "base/url.h"
#include "collect/alertmanager.h"
#include "collect/monitor.h"
#include "collect/samples.h"

#include <stdlib.h>
#include <string.h>

enum {
	MATCHERS_MAX = 32,
	WORD_BYTES = 512,
	COMMENT_BYTES = 500,
	SHOWN = 20, /* alerts of a preview that are named */
	BODY_BYTES = 64 * 1024,
	ALERTS_BYTES = 32 * 1024 * 1024,
	TREE_BYTES = 1 << 20,
};
#define LONGEST_US (30 * US_PER_DAY)
#define SHORTEST_US US_PER_MINUTE

/* --- what was typed ---------------------------------------------------------------------- */

static bool is_label_name(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789", text[i]) || (i == 0 && strchr("0123456789", text[i])))
			return false;
	return len > 0;
}

/* The value, in quotes or up to the next blank; moves on. False when a quote is left open. */
static bool take_value(const char **cursor, char *dst, size_t size)
{
	const char *at = *cursor;
	size_t len = 0;
	bool quoted = *at == '"';

	for (at += quoted; *at && (quoted ? *at != '"' : *at != ' ') && len + 1 < size; at++) {
		/* Only a quote and the sign itself need one; in expressions it keeps its meaning. */
		if (quoted && at[0] == '\\' && (at[1] == '"' || at[1] == '\\'))
			at++;
		dst[len++] = *at;
	}
	dst[len] = '\0';
	if (quoted && *at != '"')
		return false;
	*cursor = at + quoted;
	return true;
}

/* One matcher at the cursor; false when there is none, and the reason begins. */
static bool take_matcher(const char **cursor, struct matcher *out)
{
	static const struct {
		const char *sign;
		bool regex, equal;
	} signs[] = {{"=~", true, true}, {"!~", true, false}, {"!=", false, false}, {"=", false, true}};
	const char *at = *cursor;
	size_t len = strcspn(at, "=! ");
	char value[WORD_BYTES];

	if (!is_label_name(at, len))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(signs); i++) {
		size_t sign = strlen(signs[i].sign);
		if (strncmp(at + len, signs[i].sign, sign) != 0)
			continue;
		const char *rest = at + len + sign;
		if (!take_value(&rest, value, sizeof(value)) || (*rest && *rest != ' '))
			return false;
		*out = (struct matcher){.name = xstrndup(at, len), .value = xstrdup(value), .regex = signs[i].regex, .equal = signs[i].equal};
		*cursor = rest + strspn(rest, " ");
		return true;
	}
	return false;
}

/* Alertmanager refuses a silence that alerts without any label fit: so do we, before it is shown. */
static bool fits_everything(const struct silence_request *request)
{
	for (size_t i = 0; i < request->matcher_count; i++) {
		bool judged;
		if (!matcher_fits(&request->matchers[i], "", &judged) && judged)
			return false;
	}
	return true;
}

static enum status parse_duration(const char **cursor, int64_t *out, struct error *err)
{
	char word[32];

	if (!text_word(cursor, word, sizeof(word)))
		return error_set(err, STATUS_USAGE, "silence: says nothing (silence 2h alertname=NAME REASON, or silence end ID)");
	enum status status = duration_parse(word, out, err);
	if (status != STATUS_OK)
		return status;
	if (*out < SHORTEST_US || *out > LONGEST_US)
		return error_set(err, STATUS_LIMIT, "silence %s: from a minute to 30 days (a silence that is forgotten hides the next night)", word);
	*cursor += strspn(*cursor, " ");
	return STATUS_OK;
}

static enum status parse_set(const char *text, struct silence_request *out, struct error *err)
{
	const char *cursor = text;
	char comment[COMMENT_BYTES];
	struct matcher matcher;
	enum status status = parse_duration(&cursor, &out->for_us, err);

	if (status != STATUS_OK)
		return status;
	out->matchers = xcalloc(MATCHERS_MAX, sizeof(*out->matchers));
	while (out->matcher_count < MATCHERS_MAX && take_matcher(&cursor, &matcher))
		out->matchers[out->matcher_count++] = matcher;
	text_clean(comment, sizeof(comment), cursor, strlen(cursor));
	out->comment = xstrdup(comment);
	if (out->matcher_count == 0)
		return error_set(err, STATUS_USAGE, "silence: no matcher (write which alerts: alertname=NAME, instance=~\"besu.*\")");
	if (fits_everything(out))
		return error_set(err, STATUS_REFUSED, "silence: would cover every alert (name a label that they have)");
	if (!comment[0])
		return error_set(err, STATUS_USAGE, "silence: the reason is missing (write it behind the matchers)");
	return STATUS_OK;
}

/* Ids are made of these alone, so that one can stand in a path. */
static bool is_id(const char *text)
{
	return text[0] && strlen(text) <= 64 && text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

enum status silence_parse(const char *text, struct silence_request *out, struct error *err)
{
	char word[8], id[80] = "";
	const char *cursor = text;

	*out = (struct silence_request){0};
	if (text_word(&cursor, word, sizeof(word)) && strcmp(word, "end") == 0) {
		bool one = text_word(&cursor, id, sizeof(id)) && is_id(id) && cursor[strspn(cursor, " ")] == '\0';
		if (!one)
			return error_set(err, STATUS_USAGE, "silence end: which one? (write its id, as the alert shows it)");
		out->end = xstrdup(id);
		return STATUS_OK;
	}
	enum status status = parse_set(text, out, err);
	if (status != STATUS_OK)
		silence_request_free(out);
	return status;
}

void silence_request_free(struct silence_request *request)
{
	matchers_free(request->matchers, request->matcher_count);
	free(request->comment);
	free(request->end);
	*request = (struct silence_request){0};
}

/* --- what it covers ---------------------------------------------------------------------- */

static bool request_covers(const struct silence_request *request, const struct alert *alert, bool *judged)
{
	*judged = true;
	if (request->end)
		return alert->silence && strcmp(alert->silence, request->end) == 0;
	return silence_covers(request->matchers, request->matcher_count, alert, judged);
}

size_t silence_preview(const struct silence_request *request, const struct alert_list *alerts, struct buf *out)
{
	size_t covered = 0, firing = 0, open = 0;
	char labels[160];
	struct buf names;

	buf_init(&names, BODY_BYTES);
	for (size_t i = 0; i < alerts->count; i++) {
		const struct alert *alert = &alerts->items[i];
		bool judged, covers = request_covers(request, alert, &judged);
		open += !judged;
		if (!covers)
			continue;
		firing += alert->state == ALERT_IS_FIRING;
		if (covered++ < SHOWN)
			buf_printf(&names, "  %-9s %s %s\n", alert_state_name(alert->state), alert_label(alert, "alertname"), alert_labels_text(labels, sizeof(labels), alert));
	}
	if (covered == 0)
		buf_printf(out, "It covers none of the %zu alerts of now.\n", alerts->count);
	else
		buf_printf(out, "It covers %zu of the %zu alerts of now, %zu of them firing:\n%s", covered, alerts->count, firing, buf_text(&names));
	if (covered > SHOWN)
		buf_printf(out, "  and %zu more\n", covered - SHOWN);
	if (open > 0)
		buf_printf(out, "Of %zu alerts it cannot be said here: the expression is one that only Alertmanager reads.\n", open);
	buf_free(&names);
	return covered;
}

void silence_body(const struct silence_request *request, const char *who, const char *incident, int64_t now_us, struct buf *out)
{
	char starts[TIME_TEXT], ends[TIME_TEXT];
	char *comment = xasprintf("%s%s%s (%s, tocsin)", incident ? incident : "", incident ? ": " : "", request->comment, who);
	struct json_writer w;

	json_writer_init(&w, out, false);
	json_begin_object(&w, NULL);
	json_put_string(&w, "comment", comment);
	json_put_string(&w, "createdBy", who);
	json_put_string(&w, "endsAt", time_rfc3339(ends, now_us + request->for_us));
	json_begin_array(&w, "matchers");
	for (size_t i = 0; i < request->matcher_count; i++) {
		const struct matcher *m = &request->matchers[i];
		json_begin_object(&w, NULL);
		json_put_bool(&w, "isEqual", m->equal);
		json_put_bool(&w, "isRegex", m->regex);
		json_put_string(&w, "name", m->name);
		json_put_string(&w, "value", m->value);
		json_end_object(&w);
	}
	json_end_array(&w);
	json_put_string(&w, "startsAt", time_rfc3339(starts, now_us));
	json_end_object(&w);
	free(comment);
}

/* --- what it hides ------------------------------------------------------------------------ */

static bool is_place(const char *label)
{
	static const char *const places[] = {"pod", "instance", "node", "validator", "host", "statefulset", "deployment", "lane", "feed"};

	for (size_t i = 0; i < ARRAY_LENGTH(places); i++)
		if (strcmp(places[i], label) == 0)
			return true;
	return false;
}

/* An instance carries a port that no name has. */
static bool fits_place(const struct matcher *matcher, const char *name)
{
	char bare[WORD_BYTES];
	struct matcher without = *matcher;
	bool judged;

	if (matcher_fits(matcher, name, &judged))
		return true;
	if (!matcher->equal || strcmp(matcher->name, "instance") != 0)
		return false;
	text_format(bare, sizeof(bare), "%.*s", (int)strcspn(matcher->value, ":"), matcher->value);
	without.value = bare;
	return matcher_fits(&without, name, &judged);
}

bool silence_hides(const struct silence *silence, const char *const *names)
{
	for (; silence->active && *names; names++) {
		size_t named = 0;
		bool all = true;
		for (size_t i = 0; i < silence->matcher_count; i++) {
			const struct matcher *m = &silence->matchers[i];
			if (!is_place(m->name))
				continue;
			named += m->equal;
			all &= fits_place(m, *names);
		}
		if (all && named > 0)
			return true;
	}
	return false;
}

/* --- Alertmanager is asked ------------------------------------------------------------------ */

struct silencer {
	struct source_host host;
	const struct settings *settings;
	struct poller_spec spec; /* for its limits and headers */
	char **headers;
	struct http_call *call;
	char *ending; /* the id of what is to end */
	void (*fetched)(void *arg, struct alert_list *alerts, const struct error *err);
	void (*sent)(void *arg, const char *id, const struct error *err);
	void *arg;
};

struct silencer *silencer_new(const struct source_host *host, const struct settings *settings, struct error *err)
{
	struct silencer *s = xcalloc(1, sizeof(*s));

	s->host = *host;
	s->settings = settings;
	if (poller_settings(host, settings, &s->spec, &s->headers, err) != STATUS_OK) {
		free(s);
		return NULL;
	}
	return s;
}

void silencer_free(struct silencer *s)
{
	if (!s)
		return;
	http_cancel(s->call);
	poller_headers_free(s->headers);
	free(s->ending);
	free(s);
}

/* Why it did not work, in Alertmanager's own words where it has some. */
static bool refused(const struct silencer *s, const struct http_reply *reply, struct error *err)
{
	char why[160], said[120];

	if (poller_reach(reply, why, sizeof(why)) == REACH_OK)
		return false;
	if (reply->outcome == HTTP_ANSWERED) {
		samples_error(reply->body, reply->body_len, said, sizeof(said));
		text_format(why, sizeof(why), "HTTP %d%s%s", reply->status, said[0] ? " " : "", said);
	}
	error_set(err, reply->outcome == HTTP_ANSWERED ? STATUS_REFUSED : STATUS_NETWORK, "alertmanager %s: %s%s", s->settings->name, why,
		  reply->left && reply->outcome != HTTP_ANSWERED ? " (it may have been done: look before you try again)" : "");
	return true;
}

static void send_request(struct silencer *s, struct http_request *request, const char *path, void (*done)(void *arg, const struct http_reply *reply))
{
	struct buf url;

	buf_init(&url, BODY_BYTES);
	monitor_url(&url, s->settings, path);
	request->url = buf_text(&url);
	request->headers = (const char *const *)s->headers;
	request->ca_file = s->spec.ca_file;
	request->timeout_ms = s->spec.timeout_ms;
	request->once = true;
	s->call = http_send(s->host.http, request, done, s);
	buf_free(&url);
}

static void on_alerts(void *arg, const struct http_reply *reply)
{
	struct silencer *s = arg;
	struct alert_list list = {0};
	struct error err = {0};

	s->call = NULL;
	bool good = !refused(s, reply, &err) && alertmanager_read_alerts(reply->body, reply->body_len, NULL, &list, &err) == STATUS_OK;
	s->fetched(s->arg, &list, good ? NULL : &err);
	alert_list_free(&list);
}

void silencer_fetch(struct silencer *s, void (*done)(void *arg, struct alert_list *alerts, const struct error *err), void *arg)
{
	struct http_request request = {.body_limit = ALERTS_BYTES};

	s->fetched = done;
	s->arg = arg;
	send_request(s, &request, "/api/v2/alerts", on_alerts);
}

static void on_set(void *arg, const struct http_reply *reply)
{
	struct silencer *s = arg;
	struct error err = {0};
	bool good = !refused(s, reply, &err);
	struct json *root = good ? json_parse(reply->body, reply->body_len, TREE_BYTES, NULL) : NULL;
	const char *id = json_string(json_get(root, "silenceID"));
	char clean[80] = "";

	s->call = NULL;
	if (id)
		text_clean(clean, sizeof(clean), id, strlen(id));
	else if (good)
		error_set(&err, STATUS_CORRUPT, "alertmanager %s: its answer names no silence (look whether it is there)", s->settings->name);
	json_free(root);
	s->sent(s->arg, clean, err.text[0] ? &err : NULL);
}

static void on_ended(void *arg, const struct http_reply *reply)
{
	struct silencer *s = arg;
	struct error err = {0};

	s->call = NULL;
	s->sent(s->arg, s->ending, refused(s, reply, &err) ? &err : NULL);
}

void silencer_send(struct silencer *s, const struct silence_request *silence, const char *who, const char *incident,
		   void (*done)(void *arg, const char *id, const struct error *err), void *arg)
{
	struct http_request request = {.method = silence->end ? "DELETE" : NULL};
	struct buf body;
	char path[120];

	s->sent = done;
	s->arg = arg;
	if (silence->end) {
		mem_set(&s->ending, silence->end);
		send_request(s, &request, text_format(path, sizeof(path), "/api/v2/silence/%s", silence->end), on_ended);
		return;
	}
	buf_init(&body, BODY_BYTES);
	silence_body(silence, who, incident, clock_wall_us(s->host.clock), &body);
	request.body = buf_text(&body);
	request.body_len = body.len;
	send_request(s, &request, "/api/v2/silences", on_set);
	buf_free(&body);
}
