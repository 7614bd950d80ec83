#include "watch/screenful.h"

#include "base/mem.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEAD_BYTES = 64 * 1024,
	TAIL_BYTES = 256 * 1024, /* half of it goes at a time */
	FOLD_TEXT = 80,
};

void screenful_init(struct screenful *screen)
{
	*screen = (struct screenful){0};
	buf_init(&screen->head, HEAD_BYTES);
	buf_init(&screen->tail, TAIL_BYTES);
}

void screenful_free(struct screenful *screen)
{
	buf_free(&screen->head);
	buf_free(&screen->tail);
	free(screen->joined);
	*screen = (struct screenful){0};
}

static uint64_t count_lines(const char *text, size_t len)
{
	uint64_t lines = 0;

	for (const char *at = text; (at = memchr(at, '\n', len - (size_t)(at - text))); at++)
		lines++;
	return lines;
}

/* Forgets the first bytes of the tail, to the end of a line. */
static void forget(struct screenful *screen, size_t len)
{
	struct buf *tail = &screen->tail;
	const char *line = len < tail->len ? memchr(tail->data + len, '\n', tail->len - len) : NULL;

	len = line ? (size_t)(line - tail->data) + 1 : tail->len;
	screen->folded += count_lines(tail->data, len);
	memmove(tail->data, tail->data + len, tail->len - len + 1);
	tail->len -= len;
}

void screenful_add(struct screenful *screen, const char *text, size_t len)
{
	free(screen->joined);
	screen->joined = NULL;
	if (screen->tail.len == 0 && screen->folded == 0 && screen->head.len + len <= HEAD_BYTES) {
		buf_add(&screen->head, text, len);
		return;
	}
	if (len > TAIL_BYTES / 2) {
		size_t skip = len - TAIL_BYTES / 2;
		screen->folded += count_lines(text, skip);
		text += skip;
		len -= skip;
	}
	if (screen->tail.len + len > TAIL_BYTES)
		forget(screen, screen->tail.len + len - TAIL_BYTES > TAIL_BYTES / 2 ? screen->tail.len + len - TAIL_BYTES : TAIL_BYTES / 2);
	buf_add(&screen->tail, text, len);
}

void screenful_skip(struct screenful *screen, uint64_t lines)
{
	/* What is between them would stand on the wrong side of the fold. */
	screen->folded += lines + count_lines(buf_text(&screen->tail), screen->tail.len);
	buf_clear(&screen->tail);
	free(screen->joined);
	screen->joined = NULL;
}

static const char *fold_text(char dst[FOLD_TEXT], uint64_t lines)
{
	return text_format(dst, FOLD_TEXT, "--- %" PRIu64 " lines folded here; the evidence has them ---\n", lines);
}

const char *screenful_text(struct screenful *screen)
{
	char fold[FOLD_TEXT];

	if (screen->tail.len == 0 && screen->folded == 0)
		return buf_text(&screen->head);
	if (!screen->joined)
		screen->joined = xasprintf("%s%s%s", buf_text(&screen->head), screen->folded ? fold_text(fold, screen->folded) : "", buf_text(&screen->tail));
	return screen->joined;
}

char *screenful_digest(struct screenful *screen, char *dst, size_t size)
{
	const char *text = screenful_text(screen);
	size_t len = strlen(text), half = (size - FOLD_TEXT) / 2;

	if (len < size)
		return text_format(dst, size, "%s", text);
	size_t end = half, begin = len - half;
	while (end && text[end - 1] != '\n')
		end--;
	while (begin < len && text[begin - 1] != '\n')
		begin++;
	if (end == 0 || begin == len) { /* lines without end are cut where it comes */
		end = half;
		begin = len - half;
	}
	/* Half a character at a cut would not be clean. */
	while (end && ((unsigned char)text[end] & 0xc0) == 0x80)
		end--;
	while (begin < len && ((unsigned char)text[begin] & 0xc0) == 0x80)
		begin++;
	text_format(dst, size, "%.*s%s--- %zu bytes between ---\n", (int)end, text, end && text[end - 1] != '\n' ? "\n" : "", begin - end);
	size_t used = strlen(dst);
	text_format(dst + used, size - used, "%s", text + begin);
	return dst;
}
