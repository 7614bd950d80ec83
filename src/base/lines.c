#include "base/lines.h"

#include <string.h>

void lines_init(struct lines *lines, size_t limit)
{
	buf_init(&lines->rest, limit);
}

void lines_free(struct lines *lines)
{
	buf_free(&lines->rest);
}

void lines_clear(struct lines *lines)
{
	buf_clear(&lines->rest);
}

bool lines_feed(struct lines *lines, const char *bytes, size_t len, bool (*line)(void *arg, const char *text, size_t len), void *arg)
{
	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);
		size_t piece = end ? (size_t)(end - bytes) : len;

		buf_add(&lines->rest, bytes, piece);
		if (lines->rest.full)
			break;
		if (!end)
			return true;
		bytes += piece + 1;
		len -= piece + 1;
		if (lines->rest.len > 0 && lines->rest.data[lines->rest.len - 1] == '\r')
			lines->rest.data[--lines->rest.len] = '\0';
		bool more = lines->rest.len == 0 || line(arg, buf_text(&lines->rest), lines->rest.len);
		buf_clear(&lines->rest);
		if (!more)
			return false;
	}
	bool whole = !lines->rest.full;
	if (!whole)
		buf_clear(&lines->rest);
	return whole;
}
