/* Atlassian Statuspage v1 (incident reference 3.4): the first message opens an incident on
 * the page, the next ones update it under the id that the page gave it. */
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "comms/kind.h"

#include <stdlib.h>
#include <string.h>

enum {
	NAME_BYTES_MAX = 250,
	TEXT_BYTES_MAX = 24000, /* it takes 25,000 characters */
	TREE_BYTES = 1 << 20,
};

static const char *const secrets[] = {"key", NULL};

static const char *status_there(const char *stage_word)
{
	static const char *const words[STAGE_COUNT] = {
		[STAGE_DETECT] = "investigating",
		[STAGE_TRIAGE] = "investigating",
		[STAGE_RESPOND] = "identified",
		[STAGE_RESOLVE] = "monitoring",
		[STAGE_REVIEW] = "resolved",
		[STAGE_CLOSED] = "resolved",
	};
	enum stage stage;
	return stage_parse(stage_word, &stage) ? words[stage] : "investigating";
}

static const char *impact_there(const char *severity)
{
	static const char *const words[] = {[SEVERITY_P0] = "critical", [SEVERITY_P1] = "major", [SEVERITY_P2] = "minor", [SEVERITY_P3] = "none"};
	enum severity known;
	return severity_parse(severity, &known) && (unsigned)known < ARRAY_LENGTH(words) ? words[known] : "minor";
}

/* The record's checkpoint stands under the text for whoever reads the page, and for
 * programs in the metadata. */
static void put_body(struct json_writer *w, const struct letter *letter)
{
	struct buf text;
	buf_init(&text, TEXT_BYTES_MAX + 1024);
	buf_printf(&text, "%s", letter_mark(letter));
	size_t len = strlen(letter->message->text);
	while (len > TEXT_BYTES_MAX || (len < strlen(letter->message->text) && ((unsigned char)letter->message->text[len] & 0xc0) == 0x80))
		len--;
	buf_add(&text, letter->message->text, len);
	if (letter->message->checkpoint[0]) {
		buf_puts(&text, "\n\nRecord: ");
		letter_checkpoint_line(letter, &text);
	}
	json_put_string(w, "body", buf_text(&text));
	buf_free(&text);
}

static void write(const struct channel *channel, const struct letter *letter, const char *key, struct buf *out)
{
	struct json_writer w;
	char name[NAME_BYTES_MAX];
	(void)key;
	json_writer_init(&w, out, true);
	json_begin_object(&w, NULL);
	json_begin_object(&w, "incident");
	json_put_string(&w, "name", text_format(name, sizeof(name), "%s%s", letter_mark(letter), letter->message->subject));
	json_put_string(&w, "status", status_there(letter->message->stage));
	json_put_string(&w, "impact_override", impact_there(letter->message->severity));
	put_body(&w, letter);
	/* It is on when nothing is said. */
	json_put_bool(&w, "deliver_notifications", settings_number(channel->settings, "notify") != 0);
	json_begin_object(&w, "metadata");
	json_begin_object(&w, "tocsin");
	json_put_string(&w, "incident", letter->incident);
	json_put_string(&w, "message", letter->message->id);
	json_put_string(&w, "checkpoint", letter->message->checkpoint);
	json_end_object(&w);
	json_end_object(&w);
	json_end_object(&w);
	json_end_object(&w);
}

/* An id as it stands in a URL: what a page gives has only letters and digits. */
static bool is_id(const char *text)
{
	return text && text[0] && !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")];
}

static void address(const struct channel *channel, const struct letter *letter, const char *url, const char *key, struct parcel *out)
{
	const char *base = settings_text(channel->settings, "url"), *page = settings_text(channel->settings, "page");
	const char *remote = letter->remote;
	(void)url;
	base = base ? base : "https://api.statuspage.io";
	size_t len = strlen(base);
	len -= len > 0 && base[len - 1] == '/';
	bool known = is_id(remote);
	out->url = xasprintf("%.*s/v1/pages/%s/incidents%s%s", (int)len, base, page, known ? "/" : "", known ? remote : "");
	out->method = known ? "PATCH" : "POST";
	out->headers[0] = xasprintf("Authorization: OAuth %s", key);
}

static void answer(const char *body, struct answer *out)
{
	struct json *tree = json_parse(body, strlen(body), TREE_BYTES, NULL);
	const char *id = json_string(json_get(tree, "id"));
	if (is_id(id))
		text_format(out->remote, sizeof(out->remote), "%s", id);
	json_free(tree);
}

static enum status check(const struct settings *s, struct error *err)
{
	if (!is_id(settings_text(s, "page")))
		return error_set(err, STATUS_INVALID, "page: a status page has an id of letters and digits (it stands in the page's settings, under API)");
	return STATUS_OK;
}

const struct channel_kind kind_statuspage = {
	.name = "statuspage",
	.keys = "key_env key_file url page notify",
	.secrets = secrets,
	.check = check,
	.write = write,
	.address = address,
	.answer = answer,
};
