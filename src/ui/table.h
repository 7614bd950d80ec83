/* Columns of a list: what fits at a width, and where. When a pane gets narrow, columns
 * go in the order that the table says, and one of them takes what is left over. */
#ifndef TOCSIN_UI_TABLE_H
#define TOCSIN_UI_TABLE_H

#include "ui/canvas.h"

enum { TABLE_COLUMNS = 10 };

struct column {
	const char *head;
	int width;  /* columns it needs */
	int most;   /* columns it can use; 0: `width` */
	int drop;   /* the highest goes first; 0: stays */
	bool right; /* numbers: aligned right */
};

struct table {
	const struct column *columns;
	size_t count;
	int x[TABLE_COLUMNS], width[TABLE_COLUMNS]; /* width 0: dropped */
};

/* Fits the columns, one blank between them, into `total`. */
void table_fit(struct table *table, const struct column *columns, size_t count, int total);
void table_heads(const struct table *table, struct area area);
/* Draws the cell of column i in row y; nothing when the column was dropped. */
void table_cell(const struct table *table, struct area area, size_t i, int y, enum role role, unsigned attr, const char *text);
/* The area of column i, empty when it was dropped. */
struct area table_area(const struct table *table, struct area area, size_t i, int y);

#endif
