#include "ui/order.h"

#include "base/mem.h"

void order_worst_first(struct order *order, const struct world *world, enum kind kind)
{
	static const enum health worst_first[] = {HEALTH_CRITICAL, HEALTH_STALE, HEALTH_UNKNOWN, HEALTH_WARNING, HEALTH_OK};
	order->count = 0;
	for (size_t h = 0; h < ARRAY_LENGTH(worst_first); h++) {
		for (size_t i = 0; i < world_count(world, kind); i++) {
			if (world_at(world, kind, i)->health != worst_first[h])
				continue;
			order->rows = mem_grow(order->rows, &order->capacity, order->count, sizeof(*order->rows));
			order->rows[order->count++] = i;
		}
	}
}
