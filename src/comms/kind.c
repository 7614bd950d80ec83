#include "comms/kind.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const struct channel_kind *const kinds[] = {&kind_slack, &kind_pagerduty, &kind_email, &kind_statuspage, &kind_webhook};

const struct channel_kind *channel_kind(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_LENGTH(kinds); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

void parcel_free(struct parcel *parcel)
{
	free(parcel->url);
	for (size_t i = 0; i < ARRAY_LENGTH(parcel->headers); i++)
		free(parcel->headers[i]);
	free(parcel->body);
	free(parcel->user);
	free(parcel->password);
	free(parcel->from);
	for (size_t i = 0; parcel->to && parcel->to[i]; i++)
		free(parcel->to[i]);
	free(parcel->to);
	*parcel = (struct parcel){0};
}

/* --- answers -------------------------------------------------------------------------------- */

enum {
	TOO_MANY = 429,
	SAID_BYTES = 120,
};

/* "404: no_service" */
static void say_status(const struct http_reply *reply, struct fate *out)
{
	char said[SAID_BYTES];
	const char *words = reply->body_len ? reply->body : reply->why;
	text_clean(said, sizeof(said), words, strlen(words));
	text_format(out->why, sizeof(out->why), "%d%s%s", reply->status, said[0] ? ": " : "", said);
}

/* Mail has its two classes of refusals the other way round (RFC 5321, 4.2.1). */
static void judge_mail(const struct http_reply *reply, struct fate *out)
{
	text_format(out->why, sizeof(out->why), "%s", reply->why);
	out->state = reply->status < 400 ? MESSAGE_SENT : reply->status < 500 ? MESSAGE_WAITING
									      : MESSAGE_FAILED;
}

static void judge_http(const struct channel_kind *kind, const struct http_reply *reply, struct fate *out)
{
	struct answer answer = {0};
	out->after_s = reply->retry_after_s;
	if (reply->status >= 200 && reply->status < 300) {
		if (kind->answer)
			kind->answer(reply->body, &answer);
		out->state = answer.refused ? MESSAGE_FAILED : MESSAGE_SENT;
		text_format(out->why, sizeof(out->why), "%s", answer.why);
		text_format(out->remote, sizeof(out->remote), "%s", answer.remote);
		return;
	}
	say_status(reply, out);
	out->state = reply->status == TOO_MANY || reply->status >= 500 ? MESSAGE_WAITING : MESSAGE_FAILED;
}

void kind_judge(const struct channel_kind *kind, const struct http_reply *reply, struct fate *out)
{
	*out = (struct fate){.status = reply->status};
	if (reply->outcome == HTTP_ANSWERED && kind == &kind_email) {
		judge_mail(reply, out);
	} else if (reply->outcome == HTTP_ANSWERED) {
		judge_http(kind, reply, out);
	} else {
		text_format(out->why, sizeof(out->why), "%s", reply->why);
		if (reply->outcome == HTTP_BAD_REQUEST)
			out->state = MESSAGE_FAILED;
		else
			out->state = reply->left && !kind->repeatable ? MESSAGE_UNKNOWN : MESSAGE_WAITING;
	}
}

/* --- shared ------------------------------------------------------------------------------------ */

void letter_checkpoint_line(const struct letter *letter, struct buf *out)
{
	const char *text = letter->message->checkpoint;
	size_t len = strlen(text);
	while (len > 0 && text[len - 1] == '\n')
		len--;
	for (size_t i = 0; i < len; i++)
		buf_putc(out, text[i] == '\n' ? ' ' : text[i]);
}

const char *letter_mark(const struct letter *letter)
{
	return letter->drill ? "[DRILL] " : "";
}

char *minute_text(char dst[TIME_TEXT], int64_t us)
{
	char full[TIME_TEXT];
	time_human(full, us, 0);
	return text_format(dst, TIME_TEXT, "%.16s UTC", full);
}

char *letter_key(char *dst, size_t size, const struct letter *letter)
{
	return text_format(dst, size, "%s/%s", letter->origin && letter->origin[0] ? letter->origin : "tocsin", letter->incident);
}
