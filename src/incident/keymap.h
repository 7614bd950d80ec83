/* A map from strings to things: the fold's index of components and proposals. */
#ifndef TOCSIN_INCIDENT_KEYMAP_H
#define TOCSIN_INCIDENT_KEYMAP_H

#include <stddef.h>
#include <stdint.h>

struct keymap_slot {
	char *key; /* NULL: free */
	uint64_t hash;
	void *value;
};

struct keymap {
	struct keymap_slot *slots;
	size_t capacity; /* 0 or a power of two */
	size_t count;
};

/* Frees the map and gives each value to free_value. A zeroed map is empty. */
void keymap_free(struct keymap *map, void (*free_value)(void *value));
/* The value of the key, NULL when there is none. */
void *keymap_find(const struct keymap *map, const char *key);
/* Where the value of the key stands; a new key is copied and has the value NULL.
 * Valid until the next call. */
void **keymap_at(struct keymap *map, const char *key);

#endif
