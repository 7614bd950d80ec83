/* Any other program that takes JSON: the whole message, with names for everything in it. */
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "comms/kind.h"

#include <string.h>

static const char *const secrets[] = {"url", NULL};

static void write(const struct channel *channel, const struct letter *letter, const char *key, struct buf *out)
{
	const struct message_record *m = letter->message;
	struct json_writer w;
	char when[TIME_TEXT];
	(void)key;
	json_writer_init(&w, out, true);
	json_begin_object(&w, NULL);
	json_put_string(&w, "type", "tocsin.update.v1");
	json_put_string(&w, "id", m->id);
	json_put_bool(&w, "drill", letter->drill);
	json_put_string(&w, "channel", channel->name);
	json_put_text(&w, "network", letter->network);
	json_put_string(&w, "incident", letter->incident);
	json_put_text(&w, "title", m->title);
	json_put_text(&w, "severity", m->severity);
	json_put_text(&w, "stage", m->stage);
	json_put_i64(&w, "update", letter->update);
	json_put_text(&w, "audience", m->audience);
	json_put_string(&w, "at", time_rfc3339(when, m->queued_us));
	json_put_time(&w, "next_update", m->next_us);
	json_put_string(&w, "subject", m->subject);
	json_put_string(&w, "text", m->text);
	json_put_text(&w, "checkpoint", m->checkpoint);
	json_end_object(&w);
}

static void address(const struct channel *channel, const struct letter *letter, const char *url, const char *key, struct parcel *out)
{
	(void)channel;
	out->url = xstrdup(url);
	/* For a receiver that wants to tell a repetition from a second message. */
	out->headers[0] = xasprintf("Idempotency-Key: %s-%s", letter->incident, letter->message->id);
	if (key[0])
		out->headers[1] = xasprintf("Authorization: Bearer %s", key);
}

const struct channel_kind kind_webhook = {
	.name = "webhook",
	.keys = "url_env url_file key_env key_file",
	.secrets = secrets,
	.write = write,
	.address = address,
};
