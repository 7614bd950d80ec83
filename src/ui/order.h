/* The order of rows: the worst first, and among equals as the world has them. */
#ifndef TOCSIN_UI_ORDER_H
#define TOCSIN_UI_ORDER_H

#include "world/world.h"

struct order {
	size_t *rows; /* owned: positions in the world */
	size_t count, capacity;
};

/* Puts the components of a kind in order. A pane does this when it is asked for its
 * count, which is the first that it is asked in each drawing. */
void order_worst_first(struct order *order, const struct world *world, enum kind kind);

#endif
