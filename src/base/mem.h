/* Program memory. Running out of it ends the program through one door; anything
 * whose size a peer decides goes through struct buf (buf.h) with a limit instead. */
#ifndef TOCSIN_BASE_MEM_H
#define TOCSIN_BASE_MEM_H

#include "base/status.h"

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xreallocarray(void *old, size_t count, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t length);
char *xasprintf(const char *fmt, ...) TOCSIN_PRINTF(1, 2);

/* Grows the array `*items` of elements of `size` bytes so that index `count`
 * exists; `*capacity` is kept by the caller beside it. Returns the array. */
void *mem_grow(void *items, size_t *capacity, size_t count, size_t size);

/* Replaces the owned string *slot by a copy of text (NULL allowed). */
void mem_set(char **slot, const char *text);

/* Called once, before memory is used, by programs that must say goodbye first
 * (restore the terminal). The hook must not allocate. */
void mem_on_exhausted(void (*hook)(void));

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#endif
