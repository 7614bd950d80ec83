/* Lines out of a stream whose pieces are cut anywhere. */
#ifndef TOCSIN_BASE_LINES_H
#define TOCSIN_BASE_LINES_H

#include "base/buf.h"

struct lines {
	struct buf rest; /* the beginning of a line that goes on */
};

/* A line may be `limit` bytes long at most. */
void lines_init(struct lines *lines, size_t limit);
void lines_free(struct lines *lines);
void lines_clear(struct lines *lines);

/* Calls back for each line that is whole now, without its end and NUL-terminated; empty ones are
 * left out. False when the callback said so, or a line was too long: the rest is forgotten then. */
bool lines_feed(struct lines *lines, const char *bytes, size_t len, bool (*line)(void *arg, const char *text, size_t len), void *arg);

#endif
