#include "base/url.h"

#include <string.h>

void url_encode(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~", *text))
			buf_putc(out, *text);
		else
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
	}
}

char *url_host(char *dst, size_t size, const char *url)
{
	const char *begin = strstr(url, "://");
	size_t len;

	begin = begin ? begin + 3 : url;
	len = strcspn(begin, "/?#");
	for (const char *at = memchr(begin, '@', len); at; at = memchr(begin, '@', len)) {
		len -= (size_t)(at + 1 - begin);
		begin = at + 1;
	}
	if (*begin == '[') {
		begin++;
		len = strcspn(begin, "]/?#");
	} else {
		const char *port = memchr(begin, ':', len);
		len = port ? (size_t)(port - begin) : len;
	}
	if (len >= size)
		len = 0;
	memcpy(dst, begin, len);
	dst[len] = '\0';
	return dst;
}
