#include "ui/table.h"

#include "base/text.h"

static int needed(const struct table *table)
{
	int sum = -1;
	for (size_t i = 0; i < table->count; i++)
		sum += table->width[i] > 0 ? table->width[i] + 1 : 0;
	return sum;
}

/* Drops the column that goes first; false when all that is left must stay. */
static bool drop_one(struct table *table)
{
	size_t worst = table->count;
	for (size_t i = 0; i < table->count; i++) {
		bool may = table->width[i] > 0 && table->columns[i].drop > 0;
		if (may && (worst == table->count || table->columns[i].drop > table->columns[worst].drop))
			worst = i;
	}
	if (worst == table->count)
		return false;
	table->width[worst] = 0;
	return true;
}

void table_fit(struct table *table, const struct column *columns, size_t count, int total)
{
	table->columns = columns;
	table->count = count < TABLE_COLUMNS ? count : TABLE_COLUMNS;
	for (size_t i = 0; i < table->count; i++)
		table->width[i] = columns[i].width;
	while (needed(table) > total && drop_one(table))
		;
	int spare = total - needed(table), x = 0;
	for (size_t i = 0; i < table->count; i++) {
		int more = table->width[i] > 0 ? columns[i].most - table->width[i] : 0;
		more = more > spare ? spare : more;
		if (more > 0) {
			table->width[i] += more;
			spare -= more;
		}
		table->x[i] = x;
		x += table->width[i] > 0 ? table->width[i] + 1 : 0;
	}
}

struct area table_area(const struct table *table, struct area area, size_t i, int y)
{
	return area_inside(area, table->x[i], y, table->width[i], 1);
}

void table_cell(const struct table *table, struct area area, size_t i, int y, enum role role, unsigned attr, const char *text)
{
	struct area cell = table_area(table, area, i, y);
	if (table->width[i] <= 0)
		return;
	if (table->columns[i].right && text_width(text) <= table->width[i])
		area_right(cell, table->width[i], 0, role, attr, text);
	else
		area_fit(cell, 0, 0, table->width[i], role, attr, text);
}

void table_heads(const struct table *table, struct area area)
{
	for (size_t i = 0; i < table->count; i++)
		table_cell(table, area, i, 0, ROLE_DIM, 0, table->columns[i].head);
}
