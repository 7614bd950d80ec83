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

enum { GROUP_NAME = 64 };

struct group {
	char name[GROUP_NAME]; /* of its components, without their numbers */
	size_t numbers[HEALTH_STALE + 1], members;
};
struct groups {
	struct group *items; /* owned; of all components together they have each once */
	size_t count;
	uint64_t generation; /* of the world that they hold for; 0: of none, they are filtered */
};
/* Counts the groups among the components of a kind that pass the filter, the worst group first. */
void groups_count(struct groups *groups, const struct world *world, enum kind kind, const char *filter);
/* Counts the members of the other one too. */
void group_add(struct group *group, const struct group *other);

#endif
