/* Open addressing with linear probing. */
#include "world/lookup.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a: keys are names and addresses of our own making, not chosen against us
 * beyond what a validator set's 128 entries allow. */
static size_t key_hash(const char *key)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *key != '\0'; key++)
		hash = (hash ^ (unsigned char)*key) * UINT64_C(1099511628211);
	return (size_t)hash;
}

/* The slot that holds the key, or the free one where it belongs. */
static struct lookup_slot *slot_for(const struct lookup *lookup, const char *key)
{
	size_t i = key_hash(key) & (lookup->capacity - 1);

	while (lookup->slots[i].key != NULL && strcmp(lookup->slots[i].key, key) != 0)
		i = (i + 1) & (lookup->capacity - 1);
	return &lookup->slots[i];
}

static void grow(struct lookup *lookup)
{
	struct lookup old = *lookup;

	lookup->capacity = old.capacity == 0 ? 64 : old.capacity * 2;
	lookup->slots = xcalloc(lookup->capacity, sizeof(*lookup->slots));
	for (size_t i = 0; i < old.capacity; i++)
		if (old.slots[i].key != NULL)
			*slot_for(lookup, old.slots[i].key) = old.slots[i];
	free(old.slots);
}

void lookup_put(struct lookup *lookup, const char *key, void *item)
{
	struct lookup_slot *slot;

	if ((lookup->count + 1) * 2 > lookup->capacity)
		grow(lookup);
	slot = slot_for(lookup, key);
	if (slot->key == NULL) {
		slot->key = xstrdup(key);
		lookup->count++;
	}
	slot->item = item;
}

/* What stands behind a removed key moves up, so that probing never meets a hole. */
void lookup_drop(struct lookup *lookup, const char *key)
{
	size_t mask = lookup->capacity - 1, hole;

	if (lookup->capacity == 0 || slot_for(lookup, key)->key == NULL)
		return;
	hole = (size_t)(slot_for(lookup, key) - lookup->slots);
	free(lookup->slots[hole].key);
	for (size_t i = (hole + 1) & mask; lookup->slots[i].key != NULL; i = (i + 1) & mask) {
		size_t home = key_hash(lookup->slots[i].key) & mask;
		/* It may move only if its home is not between the hole and itself. */
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		lookup->slots[hole] = lookup->slots[i];
		hole = i;
	}
	lookup->slots[hole] = (struct lookup_slot){0};
	lookup->count--;
}

void *lookup_get(const struct lookup *lookup, const char *key)
{
	return lookup->capacity == 0 ? NULL : slot_for(lookup, key)->item;
}

void lookup_free(struct lookup *lookup)
{
	for (size_t i = 0; i < lookup->capacity; i++)
		free(lookup->slots[i].key);
	free(lookup->slots);
	*lookup = (struct lookup){0};
}
