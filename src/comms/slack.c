/* Slack's incoming webhooks, and what speaks like them (incident reference 3.3). */
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "comms/kind.h"

#include <string.h>
#include <strings.h>

enum {
	SECTION_BYTES = 2800, /* Slack takes 3,000 characters in one, escapes included */
	SECTIONS_MAX = 4,     /* and about 13,000 in all */
	HEADER_BYTES = 140,
	BODY_BYTES = 64 * 1024,
};

static const char *const secrets[] = {"url", NULL};

/* "@here" and its like call everybody, in what speaks like Slack even as plain text: a
 * character without width takes the call out of the word. */
static bool calls_everybody(const char *at)
{
	static const char *const words[] = {"channel", "here", "everyone", "all", "group"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncasecmp(at, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* Slack's markup knows three entities; "<!channel>" and links begin with what they escape. */
static void escape(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '&')
			buf_puts(out, "&amp;");
		else if (text[i] == '<')
			buf_puts(out, "&lt;");
		else if (text[i] == '>')
			buf_puts(out, "&gt;");
		else
			buf_putc(out, text[i]);
		if (text[i] == '@' && calls_everybody(text + i + 1))
			buf_puts(out, "\xe2\x81\xa0");
	}
}

/* How much of the text fits into one section once it is escaped, cut at a line's end if
 * there is one in its second half, and never inside a character. */
static size_t section_len(const char *text)
{
	size_t len = 0, escaped = 0, line = 0;
	while (text[len] && escaped < SECTION_BYTES) {
		escaped += text[len] == '&' || text[len] == '<' || text[len] == '>' ? 5 : text[len] == '@' ? 4
													   : 1;
		len++;
		if (text[len] == '\n')
			line = len;
	}
	if (!text[len])
		return len;
	if (line > len / 2)
		return line;
	while (len > 1 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static void put_text(struct json_writer *w, const char *key, const char *type, const char *text)
{
	json_begin_object(w, key);
	json_put_string(w, "type", type);
	json_put_string(w, "text", text);
	if (strcmp(type, "mrkdwn") == 0)
		json_put_bool(w, "verbatim", true); /* or names would be looked up in it */
	else
		json_put_bool(w, "emoji", false);
	json_end_object(w);
}

static void put_section(struct json_writer *w, const char *text, size_t len)
{
	struct buf escaped;
	buf_init(&escaped, BODY_BYTES);
	escape(&escaped, text, len);
	json_begin_object(w, NULL);
	json_put_string(w, "type", "section");
	put_text(w, "text", "mrkdwn", buf_text(&escaped));
	json_end_object(w);
	buf_free(&escaped);
}

static void put_header(struct json_writer *w, const struct letter *letter)
{
	char line[HEADER_BYTES];
	struct buf safe;
	buf_init(&safe, HEADER_BYTES * 6);
	text_format(line, sizeof(line), "%s%s", letter_mark(letter), letter->message->subject);
	for (const char *c = line; *c; c++) {
		buf_putc(&safe, *c);
		if (*c == '@' && calls_everybody(c + 1))
			buf_puts(&safe, "\xe2\x81\xa0");
	}
	json_begin_object(w, NULL);
	json_put_string(w, "type", "header");
	put_text(w, "text", "plain_text", buf_text(&safe));
	json_end_object(w);
	buf_free(&safe);
}

/* "<@U0123ABCD>" for a member's id, the only markup that is ours; other names as text. */
static void put_mention(struct json_writer *w, const char *to)
{
	char line[200];
	size_t len = strlen(to);
	bool id = len >= 8 && len <= 20 && (to[0] == 'U' || to[0] == 'W') && !to[strspn(to, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")];
	if (!id) {
		put_section(w, to, len);
		return;
	}
	json_begin_object(w, NULL);
	json_put_string(w, "type", "section");
	put_text(w, "text", "mrkdwn", text_format(line, sizeof(line), "<@%s>", to));
	json_end_object(w);
}

static void put_context(struct json_writer *w, const struct letter *letter)
{
	struct buf line, escaped;
	buf_init(&line, 1024);
	buf_init(&escaped, 2048);
	if (letter->message->checkpoint[0]) {
		buf_puts(&line, "record ");
		letter_checkpoint_line(letter, &line);
	} else {
		buf_printf(&line, "%s, message %s", letter->incident, letter->message->id);
	}
	escape(&escaped, buf_text(&line), line.len);
	json_begin_object(w, NULL);
	json_put_string(w, "type", "context");
	json_begin_array(w, "elements");
	put_text(w, NULL, "mrkdwn", buf_text(&escaped));
	json_end_array(w);
	json_end_object(w);
	buf_free(&line);
	buf_free(&escaped);
}

static void write(const struct channel *channel, const struct letter *letter, const char *key, struct buf *out)
{
	struct json_writer w;
	struct buf fallback;
	const char *text = letter->message->text;
	(void)channel;
	(void)key;
	buf_init(&fallback, 4096);
	buf_puts(&fallback, letter_mark(letter));
	escape(&fallback, letter->message->subject, strlen(letter->message->subject));
	json_writer_init(&w, out, true);
	json_begin_object(&w, NULL);
	json_put_string(&w, "text", buf_text(&fallback));
	json_put_string(&w, "parse", "none");
	json_put_bool(&w, "link_names", false);
	json_put_bool(&w, "unfurl_links", false);
	json_begin_array(&w, "blocks");
	put_header(&w, letter);
	if (letter->message->to[0])
		put_mention(&w, letter->message->to);
	for (size_t i = 0; *text && i < SECTIONS_MAX; i++) {
		size_t len = section_len(text);
		put_section(&w, text, len);
		text += len;
		text += strspn(text, "\n");
	}
	if (*text)
		put_section(&w, "(cut here: it is longer than Slack takes)", strlen("(cut here: it is longer than Slack takes)"));
	put_context(&w, letter);
	json_end_array(&w);
	json_end_object(&w);
	buf_free(&fallback);
}

static void address(const struct channel *channel, const struct letter *letter, const char *url, const char *key, struct parcel *out)
{
	(void)channel;
	(void)letter;
	(void)key;
	out->url = xstrdup(url);
}

/* A good status with other words than "ok" is a refusal (as Alertmanager found). */
static void answer(const char *body, struct answer *out)
{
	char said[80];
	text_clean(said, sizeof(said), body, strlen(body));
	bool good = said[0] == '\0' || strcasecmp(said, "ok") == 0 || strstr(said, "\"ok\":true") || strstr(said, "\"success\":true");
	out->refused = !good && (said[0] != '{' || strstr(said, "\"ok\":false"));
	if (out->refused)
		text_format(out->why, sizeof(out->why), "the answer was not \"ok\" but \"%s\"", said);
}

const struct channel_kind kind_slack = {
	.name = "slack",
	.keys = "url_env url_file",
	.secrets = secrets,
	.write = write,
	.address = address,
	.answer = answer,
};
