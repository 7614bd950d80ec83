/* The order of rows: the worst first, and among equals as the world has them; and the
 * groups that very many of them form by their names. */
#ifndef TOCSIN_UI_ORDER_H
#define TOCSIN_UI_ORDER_H

#include "world/world.h"

struct order {
	size_t *rows; /* owned: positions in the world */
	size_t count;
	uint64_t generation; /* of the world that it holds for */
};

/* Puts the components of a kind in order, unless they are. A pane does this when it is
 * asked for its count, which is the first that it is asked in each drawing. */
void order_worst_first(struct order *order, const struct world *world, enum kind kind);

enum {
	GROUPS_MAX = 32,
	GROUP_NAME = 64,
};

struct group {
	char name[GROUP_NAME]; /* of its components, without their numbers */
	size_t numbers[HEALTH_STALE + 1], total;
};
struct groups {
	struct group items[GROUPS_MAX]; /* the last one takes in what has no room */
	size_t count;
	size_t of; /* components in all */
	uint64_t generation;
};
/* Counts the groups of a kind, the one with the most that is bad first. */
void groups_count(struct groups *groups, const struct world *world, enum kind kind);

#endif
