/* A byte buffer that knows its limit. Errors stick: append freely, ask once. */
#ifndef TOCSIN_BASE_BUF_H
#define TOCSIN_BASE_BUF_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;   /* NUL-terminated whenever it is not NULL */
	size_t len;   /* bytes without the NUL */
	size_t cap;   /* private */
	size_t limit; /* most bytes it may hold */
	bool full;    /* something did not fit; what is held is a prefix */
};

/* An empty buffer that will never hold more than limit bytes. */
void buf_init(struct buf *b, size_t limit);
void buf_free(struct buf *b);
/* Forgets the content and the `full` mark, keeps the memory. */
void buf_clear(struct buf *b);

/* Appending. What does not fit is dropped whole and sets `full`. */
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) TOCSIN_PRINTF(2, 3);

/* STATUS_OK, or STATUS_LIMIT with a text naming `what` and the limit. */
enum status buf_check(const struct buf *b, const char *what, struct error *err) TOCSIN_CHECK;

/* The content as a string, never NULL; owned by the buffer. */
const char *buf_text(const struct buf *b);

/* Gives the content away as an owned string and leaves the buffer empty. */
char *buf_take(struct buf *b);

#endif
