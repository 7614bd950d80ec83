/* Panes: lists with a frame, a selection that keeps its place by identity, a filter,
 * scrolling and focus, written once for all of them. A pane is one const entry. */
#ifndef TOCSIN_UI_PANE_H
#define TOCSIN_UI_PANE_H

#include "ui/canvas.h"

#include <stdbool.h>
#include <stddef.h>

struct ui;

enum {
	PANE_ID = 96,
	PANE_FILTER = 64,
};

/* What the person did to a pane; kept while the program runs. */
struct pane_state {
	char selected[PANE_ID];   /* identity of the row: component id, step number, event seq as text */
	char filter[PANE_FILTER]; /* "" shows all; "!word" inverts */
	size_t index;             /* where it was last, to stay near when it vanishes */
	size_t top;               /* first visible row */
	size_t shown, total;      /* rows that passed the filter, and all; set while drawing */
	int page;                 /* rows of the last drawing, for PageUp and PageDown */
	struct {
		int x, y, columns, rows;
	} drawn;     /* where it stands on the screen; rows 0: nowhere */
	int list_y;  /* where its first visible row stands */
	bool at_end; /* the last row was selected: a pane that follows stays there */
	bool chosen; /* somebody chose the row; until then the first one is selected */
};

struct pane {
	const char *name;  /* "nodes" */
	const char *title; /* "Nodes" */
	/* The title of the moment ("Timeline INC-7"); NULL: `title`. */
	const char *(*heading)(const struct ui *ui);
	/* Whether it stands on its screen now; NULL: always. */
	bool (*wanted)(const struct ui *ui);
	/* Number of rows before the filter. */
	size_t (*count)(const struct ui *ui);
	/* Identity of row i and, unless text is NULL, the text the filter looks at. */
	void (*identify)(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text);
	/* Lines that row i takes; NULL: one for each. */
	int (*height)(const struct ui *ui, size_t i, bool selected, int columns);
	/* Draws row i; the marker of the selected row is already there, left of the area. */
	void (*row)(const struct ui *ui, struct area area, size_t i, bool selected);
	/* Column heads in one line, or NULL. */
	void (*heads)(const struct ui *ui, struct area area);
	/* Draws right-aligned into the frame's top line, behind the title: age, counts
	 * (area_parts_right). NULL: nothing. */
	void (*status)(const struct ui *ui, struct area area);
	/* What an empty pane says, and why it is empty. Never NULL. */
	const char *(*empty)(const struct ui *ui);
	/* Lines below the list (a summary): how many at this width where list and summary share
	 * so many rows, and their drawing. NULL: none. */
	int (*foot_rows)(const struct ui *ui, int columns, int rows);
	void (*foot)(const struct ui *ui, struct area area);
	int min_rows;    /* content lines below which the pane collapses to its top line */
	int min_columns; /* columns, frame included, below which it gets a row of its own; 0: 38 */
	int rank;        /* higher collapses first */
	bool follows;    /* begins at its end, and stays there while the last row is selected */
	/* Enter; may be NULL. */
	enum status (*open)(struct ui *ui, const char *id, struct error *err);
	/* What Esc does first in this pane; false: nothing, it goes back as everywhere. May be NULL. */
	bool (*back)(struct ui *ui);
};

/* Draws the pane with its frame; number 0 has none. Focus comes from the ui. A rectangle
 * of one row shows only the top line: the pane is collapsed. */
void pane_draw(struct ui *ui, const struct pane *pane, int number, struct area area);

/* Where the panes of a screen go: rows of cells from top to bottom. A row gets what its
 * panes have to show, then a share of what is left by weight. Rows too narrow for their
 * cells are split; too many rows collapse to their top line, the highest rank first and
 * the focused pane never. With zoom, the focused pane has it all. */
struct pane_cell {
	const struct pane *pane;
	int weight; /* of the width */
};
enum {
	PANE_CELLS = 3,
	PANE_ROWS = 9,
};
struct pane_row {
	int weight;                         /* of the height that is left */
	struct pane_cell cells[PANE_CELLS]; /* unused: pane NULL */
};
bool pane_wanted(const struct ui *ui, const struct pane *pane);
void panes_draw(struct ui *ui, struct area area, const struct pane_row *rows, size_t count);

/* Moves the selection of the pane by n shown rows, or to its first or last row. */
void pane_move(struct ui *ui, const struct pane *pane, long rows);
void pane_move_to(struct ui *ui, const struct pane *pane, bool last);
/* Selects the row with this identity. */
void pane_select(struct ui *ui, const struct pane *pane, const char *id);
/* Selects the row that stands at this line of the screen; nothing changes when none does. */
void pane_point(struct ui *ui, const struct pane *pane, int y);
/* Appends what shown row `position` says, as lines of text. False past the last one. */
bool pane_row_text(struct ui *ui, const struct pane *pane, size_t position, struct buf *out);
/* True if text passes the filter. */
bool filter_matches(const char *filter, const char *text);

#endif
