/* A table from text to things, so that finding a component costs the same among
 * four and among thousands. Private to src/world. */
#ifndef TOCSIN_WORLD_LOOKUP_H
#define TOCSIN_WORLD_LOOKUP_H

#include <stddef.h>

struct lookup {
	struct lookup_slot {
		char *key; /* owned; NULL: free */
		void *item;
	} * slots;
	size_t capacity, count;
};

/* Adds or replaces; the key is copied. */
void lookup_put(struct lookup *lookup, const char *key, void *item);
/* Forgets the key, if it is there. */
void lookup_drop(struct lookup *lookup, const char *key);
/* NULL when there is none. */
void *lookup_get(const struct lookup *lookup, const char *key);
void lookup_free(struct lookup *lookup);

#endif
