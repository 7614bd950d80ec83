/* What a command said, as far as a screen scrolls: its first lines and its last ones, with
 * what was folded away between them named. */
#ifndef TOCSIN_WATCH_SCREENFUL_H
#define TOCSIN_WATCH_SCREENFUL_H

#include "base/buf.h"

#include <stdint.h>

struct screenful {
	struct buf head, tail;
	uint64_t folded; /* lines that are in neither */
	char *joined;    /* made when it is asked for; NULL: not yet */
};

void screenful_init(struct screenful *screen);
void screenful_free(struct screenful *screen);
/* Takes clean text: whole lines, except for the last before the end. */
void screenful_add(struct screenful *screen, const char *text, size_t len);
/* So many lines came and are not here. */
void screenful_skip(struct screenful *screen, uint64_t lines);
/* All of it; valid until the next call. */
const char *screenful_text(struct screenful *screen);
/* At most `size` - 1 bytes of it, the middle left out and named. */
char *screenful_digest(struct screenful *screen, char *dst, size_t size);

#endif
