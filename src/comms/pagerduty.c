/* PagerDuty's Events API v2 (incident reference 3.2). One dedup key per incident, so that
 * the same twice is the same once, whoever sends it. */
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "comms/kind.h"

#include <string.h>

enum {
	SUMMARY_BYTES = 1000, /* it takes 1,024 characters */
	KEY_BYTES = 256,
};

static const char *const secrets[] = {"key", NULL};

/* "P1" → "error" */
static const char *severity_there(const char *severity)
{
	static const char *const words[] = {[SEVERITY_P0] = "critical", [SEVERITY_P1] = "error", [SEVERITY_P2] = "warning", [SEVERITY_P3] = "info"};
	enum severity known;
	return severity_parse(severity, &known) && (unsigned)known < ARRAY_LENGTH(words) ? words[known] : "error";
}

static void put_payload(struct json_writer *w, const struct letter *letter)
{
	const struct message_record *m = letter->message;
	char summary[SUMMARY_BYTES], when[TIME_TEXT];
	json_begin_object(w, "payload");
	json_put_string(w, "summary", text_format(summary, sizeof(summary), "%s%s", letter_mark(letter), m->subject));
	json_put_string(w, "source", letter->network && letter->network[0] ? letter->network : "tocsin");
	json_put_string(w, "severity", severity_there(m->severity));
	json_put_string(w, "timestamp", time_rfc3339(when, m->queued_us));
	json_put_string(w, "group", letter->network);
	json_begin_object(w, "custom_details");
	json_put_string(w, "incident", letter->incident);
	if (letter->message->to[0])
		json_put_string(w, "to", letter->message->to);
	json_put_string(w, "title", m->title);
	json_put_string(w, "stage", m->stage);
	json_put_string(w, "text", m->text);
	json_put_string(w, "checkpoint", m->checkpoint);
	json_end_object(w);
	json_end_object(w);
}

static void write(const struct channel *channel, const struct letter *letter, const char *key, struct buf *out)
{
	struct json_writer w;
	char dedup[KEY_BYTES];
	const char *action = strcmp(letter->message->action, "post") == 0 ? "trigger" : letter->message->action;
	(void)channel;
	json_writer_init(&w, out, true);
	json_begin_object(&w, NULL);
	json_put_string(&w, "routing_key", key);
	json_put_string(&w, "event_action", action);
	letter_key(dedup, sizeof(dedup), letter);
	/* Who is asked to come has a page of his own. */
	if (letter->message->request)
		text_format(dedup + strlen(dedup), sizeof(dedup) - strlen(dedup), "/%llu", (unsigned long long)letter->message->request);
	json_put_string(&w, "dedup_key", dedup);
	json_put_string(&w, "client", "tocsin");
	if (strcmp(action, "trigger") == 0)
		put_payload(&w, letter);
	json_end_object(&w);
}

static void address(const struct channel *channel, const struct letter *letter, const char *url, const char *key, struct parcel *out)
{
	const char *base = settings_text(channel->settings, "url");
	size_t len;
	(void)letter;
	(void)url;
	(void)key;
	base = base ? base : "https://events.pagerduty.com";
	len = strlen(base);
	out->url = xasprintf("%.*s/v2/enqueue", (int)(len > 0 && base[len - 1] == '/' ? len - 1 : len), base);
}

const struct channel_kind kind_pagerduty = {
	.name = "pagerduty",
	.keys = "key_env key_file url on severities",
	.secrets = secrets,
	.repeatable = true,
	.pages = true,
	.write = write,
	.address = address,
};
