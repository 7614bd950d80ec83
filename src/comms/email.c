/* E-mail: plain text that every reader shows, in one thread per incident (incident
 * reference 3.5; RFC 5322, 2045, 2047 and 3834). */
#include "base/mem.h"
#include "base/text.h"
#include "comms/kind.h"

#include <stdlib.h>
#include <string.h>

enum {
	LINE_COLUMNS = 76,
	WORD_BYTES = 45, /* of one encoded word: 60 characters of base 64 */
	ADDRESSES_MAX = 50,
	ADDRESS_BYTES = 254,
	ID_BYTES = 320,
};

static const char *const no_secrets[] = {NULL};

/* --- headers --------------------------------------------------------------------------- */

static void put_base64(struct buf *out, const unsigned char *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		unsigned a = bytes[i], b = left > 1 ? bytes[i + 1] : 0, c = left > 2 ? bytes[i + 2] : 0;
		buf_putc(out, digits[a >> 2]);
		buf_putc(out, digits[(a & 3) << 4 | b >> 4]);
		buf_putc(out, left > 1 ? digits[(b & 15) << 2 | c >> 6] : '=');
		buf_putc(out, left > 2 ? digits[c & 63] : '=');
	}
}

static bool is_plain(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c >= 0x7f)
			return false;
	return !strstr(text, "=?");
}

/* A header's text. What is no plain ASCII goes in encoded words, so that no byte of it can
 * end the line; so does what is long, in words that are folded. */
static void put_header(struct buf *out, const char *name, const char *text)
{
	size_t len = strlen(text);
	if (is_plain(text) && strlen(name) + 2 + len <= LINE_COLUMNS) {
		buf_printf(out, "%s: %s\r\n", name, text);
		return;
	}
	buf_printf(out, "%s:", name);
	for (size_t at = 0; at < len;) {
		size_t part = len - at < WORD_BYTES ? len - at : WORD_BYTES;
		while (part > 1 && at + part < len && ((unsigned char)text[at + part] & 0xc0) == 0x80)
			part--;
		buf_puts(out, at ? "\r\n =?UTF-8?B?" : " =?UTF-8?B?");
		put_base64(out, (const unsigned char *)text + at, part);
		buf_puts(out, "?=");
		at += part;
	}
	buf_puts(out, "\r\n");
}

/* "Thu, 01 Jan 2026 14:03:22 +0000" */
static void put_date(struct buf *out, int64_t us)
{
	static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	char when[TIME_TEXT];
	time_human(when, us, 0); /* "2026-01-01 14:03:22Z" */
	int month = (when[5] - '0') * 10 + when[6] - '0';
	buf_printf(out, "Date: %s, %.2s %s %.4s %.8s +0000\r\n", days[us / US_PER_DAY % 7], when + 8, months[month - 1], when, when + 11);
}

/* The part of the sender's address that makes ids ours. */
static const char *domain_of(const struct channel *channel)
{
	const char *from = settings_text(channel->settings, "from"), *at = from ? strchr(from, '@') : NULL;
	return at && at[1] ? at + 1 : "tocsin.invalid";
}

static void put_threading(const struct channel *channel, const struct letter *letter, struct buf *out)
{
	char key[ID_BYTES];
	letter_key(key, sizeof(key), letter);
	for (char *c = key; *c; c++)
		*c = *c == '/' ? '.' : *c;
	/* The same however often it is sent: servers that look let it in once. */
	buf_printf(out, "Message-ID: <%s.%s@%s>\r\n", key, letter->message->id, domain_of(channel));
	/* All point at one id that no message has: readers thread by it just the same, and it
	 * does not matter which message came first, or whether it came. */
	buf_printf(out, "In-Reply-To: <%s@%s>\r\nReferences: <%s@%s>\r\n", key, domain_of(channel), key, domain_of(channel));
}

/* --- the text ----------------------------------------------------------------------------- */

/* Quoted-printable: safe on any way, and still readable where it is pasted. */
static void put_quoted(struct buf *out, const char *text)
{
	size_t column = 0;
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		bool ends = c[1] == '\n' || c[1] == '\0';
		bool plain = (*c > 0x20 && *c < 0x7f && *c != '=') || (*c == ' ' && !ends);
		if (*c == '\n') {
			buf_puts(out, "\r\n");
			column = 0;
			continue;
		}
		/* A lone dot on a line, and "From " at its start, mean something to some mail programs. */
		if (column == 0 && (*c == '.' || *c == 'F'))
			plain = false;
		size_t need = plain ? 1 : 3;
		if (column + need >= LINE_COLUMNS) {
			buf_puts(out, "=\r\n");
			column = 0;
		}
		if (plain)
			buf_putc(out, (char)*c);
		else
			buf_printf(out, "=%02X", *c);
		column += need;
	}
	buf_puts(out, "\r\n");
}

/* One of mail, in ASCII, without anything that means something in a header. */
static bool is_address(const char *text)
{
	const char *at = strchr(text, '@');
	return at && at != text && at[1] && !strchr(at + 1, '@') && is_plain(text) && strlen(text) <= ADDRESS_BYTES && !strpbrk(text, "<>,;:\"()[]\\ ");
}

/* The person who is asked to come, else all of the channel. */
static const char *recipients(const struct channel *channel, const struct letter *letter)
{
	return letter->message->to[0] && is_address(letter->message->to) ? letter->message->to : settings_text(channel->settings, "to");
}

static void write(const struct channel *channel, const struct letter *letter, const char *key, struct buf *out)
{
	const char *from = settings_text(channel->settings, "from"), *to = recipients(channel, letter);
	char subject[300], word[ADDRESS_BYTES + 2];
	struct buf text;
	(void)key;
	buf_printf(out, "From: Tocsin <%s>\r\nTo:", from);
	for (size_t i = 0; text_word(&to, word, sizeof(word)); i++)
		buf_printf(out, "%s <%s>", i ? ",\r\n" : "", word);
	buf_puts(out, "\r\n");
	put_header(out, "Subject", text_format(subject, sizeof(subject), "%s%s", letter_mark(letter), letter->message->subject));
	put_date(out, letter->message->queued_us);
	put_threading(channel, letter, out);
	buf_puts(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
		      "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	buf_init(&text, 128 * 1024);
	buf_puts(&text, letter->message->text);
	if (letter->message->checkpoint[0])
		buf_printf(&text, "\n\n-- \nRecord checkpoint:\n%s", letter->message->checkpoint);
	put_quoted(out, buf_text(&text));
	buf_free(&text);
}

/* --- where to -------------------------------------------------------------------------------- */

static const char *tls_of(const struct settings *s)
{
	return settings_text(s, "tls");
}

static void address(const struct channel *channel, const struct letter *letter, const char *url, const char *key, struct parcel *out)
{
	const struct settings *s = channel->settings;
	const char *to = recipients(channel, letter), *user = settings_text(s, "user"), *tls = tls_of(s);
	bool tls_first = strcmp(tls, "tls") == 0, starttls = strcmp(tls, "starttls") == 0;
	int64_t port = settings_number(s, "port");
	char word[ADDRESS_BYTES + 2];
	size_t count = 0;
	(void)url;
	port = port ? port : tls_first ? 465
		: starttls             ? 587
				       : 25;
	out->mail = true;
	out->starttls = starttls;
	out->url = xasprintf("%s://%s:%lld", tls_first ? "smtps" : "smtp", settings_text(s, "host"), (long long)port);
	out->from = xstrdup(settings_text(s, "from"));
	out->to = xcalloc(ADDRESSES_MAX + 1, sizeof(*out->to));
	while (count < ADDRESSES_MAX && text_word(&to, word, sizeof(word)))
		out->to[count++] = xstrdup(word);
	if (user) {
		out->user = xstrdup(user);
		out->password = xstrdup(key);
	}
}

static enum status check(const struct settings *s, struct error *err)
{
	const char *host = settings_text(s, "host"), *from = settings_text(s, "from"), *to = settings_text(s, "to");
	char word[ADDRESS_BYTES + 2];
	size_t count = 0;
	if (!host || !host[0] || strpbrk(host, "/@:?# "))
		return error_set(err, STATUS_INVALID, "host: a channel of kind email needs the name of its mail server (host = mail.example.org)");
	if (!from || !is_address(from))
		return error_set(err, STATUS_INVALID, "from: a channel of kind email needs the sender's address (from = tocsin@example.org)");
	while (to && text_word(&to, word, sizeof(word)) && ++count)
		if (!is_address(word))
			return error_set(err, STATUS_INVALID, "to: %s is not an address (write name@host, parted by blanks)", word);
	if (count == 0 || count > ADDRESSES_MAX)
		return error_set(err, STATUS_INVALID, "to: a channel of kind email needs 1 to %d addresses (to = oncall@example.org)", ADDRESSES_MAX);
	if (strcmp(tls_of(s), "none") == 0 && !host_is_here(host))
		return error_set(err, STATUS_INVALID, "tls: none is for a mail server on this machine only (starttls or tls)");
	bool has_key = settings_has(s, "key_env") || settings_has(s, "key_file");
	if (settings_has(s, "user") != has_key)
		return error_set(err, STATUS_INVALID, "user: a login is a user and key_env or key_file with the password (give both, or none)");
	return STATUS_OK;
}

const struct channel_kind kind_email = {
	.name = "email",
	.keys = "key_env key_file host port tls user from to",
	.secrets = no_secrets,
	.check = check,
	.write = write,
	.address = address,
};
