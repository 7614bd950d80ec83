#include "ui/order.h"

#include "base/mem.h"
#include "base/text.h"
#include "ui/words.h"

#include <stdlib.h>
#include <string.h>

enum {
	PLACES = 5,
	FILTERED_BYTES = 4096,
};

/* Where a health stands among the rows, from the worst. */
static size_t place_of(enum health health)
{
	static const size_t places[] = {[HEALTH_CRITICAL] = 0, [HEALTH_STALE] = 1, [HEALTH_UNKNOWN] = 2, [HEALTH_WARNING] = 3, [HEALTH_OK] = 4};
	return places[health];
}

void order_worst_first(struct order *order, const struct world *world, enum kind kind)
{
	size_t starts[PLACES + 1] = {0};
	size_t count = world_count(world, kind);
	if (order->generation == world_generation(world) && order->count == count)
		return;
	order->generation = world_generation(world);
	order->count = count;
	order->rows = xreallocarray(order->rows, count ? count : 1, sizeof(*order->rows));
	for (size_t i = 0; i < count; i++)
		starts[place_of(world_at(world, kind, i)->health) + 1]++;
	for (size_t place = 1; place < PLACES; place++)
		starts[place] += starts[place - 1];
	for (size_t i = 0; i < count; i++)
		order->rows[starts[place_of(world_at(world, kind, i)->health)]++] = i;
}

/* --- groups -------------------------------------------------------------------------- */

/* How much of it names its group: "besu-rpc-17" is one of the group "besu-rpc"; a name
 * without a number is its own. */
static size_t group_length(const char *name)
{
	size_t all = strlen(name), len = all;
	while (len > 0 && name[len - 1] >= '0' && name[len - 1] <= '9')
		len--;
	while (len > 0 && (name[len - 1] == '-' || name[len - 1] == '_' || name[len - 1] == '.'))
		len--;
	return len > 0 ? len : all;
}

/* What passes the filter, each in a group of its own; components keep the rest. */
static void begin_groups(struct groups *groups, const struct world *world, enum kind kind, const char *filter)
{
	size_t count = world_count(world, kind);
	struct buf text;
	buf_init(&text, FILTERED_BYTES);
	groups->items = xreallocarray(groups->items, count ? count : 1, sizeof(*groups->items));
	groups->count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct component *c = world_at(world, kind, i);
		char id[PANE_ID];
		buf_clear(&text);
		component_identify(c, id, *filter ? &text : NULL);
		if (!filter_matches(filter, buf_text(&text)))
			continue;
		struct group *group = &groups->items[groups->count++];
		*group = (struct group){.members = 1};
		group->numbers[c->health] = 1;
		text_format(group->name, sizeof(group->name), "%.*s", (int)group_length(c->name), c->name);
	}
	buf_free(&text);
}

static int compare_names(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	return strcmp(x->name, y->name);
}

void group_add(struct group *group, const struct group *other)
{
	group->members += other->members;
	for (size_t i = 0; i < ARRAY_LENGTH(group->numbers); i++)
		group->numbers[i] += other->numbers[i];
}

/* Makes one of neighbours that have one name. */
static void merge_groups(struct groups *groups)
{
	size_t merged = 0;
	for (size_t i = 0; i < groups->count; i++) {
		if (merged > 0 && strcmp(groups->items[merged - 1].name, groups->items[i].name) == 0)
			group_add(&groups->items[merged - 1], &groups->items[i]);
		else
			groups->items[merged++] = groups->items[i];
	}
	groups->count = merged;
}

static size_t worst_place(const struct group *group)
{
	size_t worst = PLACES - 1;
	for (size_t health = 0; health < ARRAY_LENGTH(group->numbers); health++) {
		size_t place = place_of((enum health)health);
		worst = group->numbers[health] > 0 && place < worst ? place : worst;
	}
	return worst;
}

static size_t not_well(const struct group *group)
{
	return group->members - group->numbers[HEALTH_OK];
}

/* By the worst health in them, then by how many are not well, then by their size. */
static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	const size_t keys[][2] = {{worst_place(y), worst_place(x)}, {not_well(x), not_well(y)}, {x->members, y->members}};
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		if (keys[i][0] != keys[i][1])
			return keys[i][0] > keys[i][1] ? -1 : 1;
	}
	return compare_names(a, b);
}

void groups_count(struct groups *groups, const struct world *world, enum kind kind, const char *filter)
{
	/* What a filter looks at changes more often than the states do. */
	if (*filter == '\0' && groups->generation == world_generation(world))
		return;
	groups->generation = *filter ? 0 : world_generation(world);
	begin_groups(groups, world, kind, filter);
	qsort(groups->items, groups->count, sizeof(groups->items[0]), compare_names);
	merge_groups(groups);
	qsort(groups->items, groups->count, sizeof(groups->items[0]), compare_groups);
}
