#include "incident/keymap.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a, 64 bits. */
static uint64_t hash_key(const char *key)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (; *key != '\0'; key++)
		hash = (hash ^ (unsigned char)*key) * UINT64_C(1099511628211);
	return hash;
}

/* The slot that holds the key, or the free one where it belongs. */
static struct keymap_slot *probe(const struct keymap *map, const char *key, uint64_t hash)
{
	size_t mask = map->capacity - 1;
	for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
		struct keymap_slot *slot = &map->slots[i];
		if (slot->key == NULL || (slot->hash == hash && strcmp(slot->key, key) == 0))
			return slot;
	}
}

static void grow(struct keymap *map)
{
	struct keymap larger = {.capacity = map->capacity ? map->capacity * 2 : 64, .count = map->count};
	larger.slots = xcalloc(larger.capacity, sizeof(*larger.slots));
	for (size_t i = 0; i < map->capacity; i++) {
		const struct keymap_slot *old = &map->slots[i];
		if (old->key)
			*probe(&larger, old->key, old->hash) = *old;
	}
	free(map->slots);
	*map = larger;
}

void keymap_free(struct keymap *map, void (*free_value)(void *value))
{
	for (size_t i = 0; i < map->capacity; i++) {
		if (!map->slots[i].key)
			continue;
		free(map->slots[i].key);
		free_value(map->slots[i].value);
	}
	free(map->slots);
	*map = (struct keymap){0};
}

void *keymap_find(const struct keymap *map, const char *key)
{
	if (map->capacity == 0)
		return NULL;
	return probe(map, key, hash_key(key))->value;
}

void **keymap_at(struct keymap *map, const char *key)
{
	/* Never more than half full, so that a probe always ends soon. */
	if ((map->count + 1) * 2 > map->capacity)
		grow(map);
	uint64_t hash = hash_key(key);
	struct keymap_slot *slot = probe(map, key, hash);
	if (!slot->key) {
		*slot = (struct keymap_slot){.key = xstrdup(key), .hash = hash};
		map->count++;
	}
	return &slot->value;
}
