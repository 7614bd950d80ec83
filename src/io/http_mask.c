#include "io/http.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>

#define MASK "***"

enum {
	URL_SHOWN = 4096, /* no longer URL is worth showing */
	KEY_LENGTH = 16,  /* shorter path parts are names, not keys */
};

/* Keys in paths are long runs of letters and digits: an Infura key is 32 hex digits,
 * an Alchemy key 32 characters of base64url. Words with one or no capital pass. */
static bool part_is_key(const char *part, size_t len)
{
	size_t digits = 0, upper = 0, lower = 0, hex = 0;

	if (memchr(part, '@', len))
		return true;
	if (len < KEY_LENGTH)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)part[i];

		if (!isalnum(c) && !strchr("-_.~%=+:", c))
			return false;
		digits += isdigit(c) != 0;
		upper += isupper(c) != 0;
		lower += islower(c) != 0;
		hex += isxdigit(c) != 0;
	}
	return hex == len || (digits > 0 && upper + lower > 0) || (upper > 1 && lower > 1);
}

/* The host and port stay; what is before the last @ is a user or a password, and so
 * may be a port that is no number. */
static void mask_authority(struct buf *out, const char *text, size_t len)
{
	const char *end = text + len, *port = NULL;
	const char *host = text;

	for (const char *p = text; p < end; p++)
		if (*p == '@')
			host = p + 1;
	if (host > text)
		buf_puts(out, MASK "@");
	for (const char *p = host; p < end; p++) {
		if (*p == ':')
			port = p + 1;
		else if (*p == ']') /* what came before was an IPv6 address */
			port = NULL;
	}
	if (port && strspn(port, "0123456789") < (size_t)(end - port)) {
		buf_add(out, host, (size_t)(port - host));
		buf_puts(out, MASK);
		return;
	}
	buf_add(out, host, (size_t)(end - host));
}

static void mask_path(struct buf *out, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		size_t part = 0;

		while (text + part < end && text[part] != '/')
			part++;
		if (part_is_key(text, part))
			buf_puts(out, MASK);
		else
			buf_add(out, text, part);
		text += part;
		if (text < end) {
			buf_putc(out, '/');
			text++;
		}
	}
}

char *http_mask_url(char *dst, size_t size, const char *url)
{
	struct buf out;
	const char *scheme = strstr(url, "://");
	const char *rest = scheme ? scheme + 3 : url;
	size_t authority = strcspn(rest, "/?#");
	const char *path = rest + authority;
	size_t path_len = strcspn(path, "?#");

	/* A "://" that is part of the path or the query is no scheme. */
	if (scheme && strcspn(url, "/?#@") < (size_t)(scheme + 1 - url)) {
		rest = url;
		authority = strcspn(rest, "/?#");
		path = rest + authority;
		path_len = strcspn(path, "?#");
	}
	buf_init(&out, URL_SHOWN);
	buf_add(&out, url, (size_t)(rest - url));
	mask_authority(&out, rest, authority);
	mask_path(&out, path, path_len);
	if (path[path_len] == '?')
		buf_puts(&out, "?" MASK);
	else if (path[path_len] == '#')
		buf_puts(&out, "#" MASK);
	text_clean(dst, size, buf_text(&out), out.len);
	buf_free(&out);
	return dst;
}
