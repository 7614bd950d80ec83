#include "ui/order.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES = 5 };

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

static bool is_named(const struct group *group, const char *name, size_t len)
{
	return strncmp(group->name, name, len) == 0 && group->name[len] == '\0';
}

/* The group that is named by the first `len` bytes. */
static struct group *group_of(struct groups *groups, const char *name, size_t len)
{
	len = len < GROUP_NAME ? len : GROUP_NAME - 1;
	for (size_t i = 0; i < groups->count; i++)
		if (is_named(&groups->items[i], name, len))
			return &groups->items[i];
	if (groups->count == GROUPS_MAX) {
		struct group *last = &groups->items[GROUPS_MAX - 1];
		text_format(last->name, sizeof(last->name), "others");
		return last;
	}
	struct group *group = &groups->items[groups->count++];
	*group = (struct group){0};
	text_format(group->name, sizeof(group->name), "%.*s", (int)len, name);
	return group;
}

static int compare_groups(const void *a, const void *b)
{
	static const enum health worst_first[] = {HEALTH_CRITICAL, HEALTH_STALE, HEALTH_UNKNOWN, HEALTH_WARNING};
	const struct group *x = a, *y = b;
	for (size_t i = 0; i < ARRAY_LENGTH(worst_first); i++) {
		size_t left = x->numbers[worst_first[i]], right = y->numbers[worst_first[i]];
		if (left != right)
			return left > right ? -1 : 1;
	}
	return strcmp(x->name, y->name);
}

void groups_count(struct groups *groups, const struct world *world, enum kind kind)
{
	size_t count = world_count(world, kind);
	if (groups->generation == world_generation(world) && groups->of == count)
		return;
	groups->generation = world_generation(world);
	groups->of = count;
	groups->count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct component *c = world_at(world, kind, i);
		struct group *group = group_of(groups, c->name, group_length(c->name));
		group->numbers[c->health]++;
		group->total++;
	}
	if (groups->count > 1)
		qsort(groups->items, groups->count, sizeof(groups->items[0]), compare_groups);
}
