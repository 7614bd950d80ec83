/* Screens: which panes stand together, and how the lines around them look. A screen
 * is one const entry in screens.c. */
#ifndef TOCSIN_UI_SCREEN_H
#define TOCSIN_UI_SCREEN_H

#include "ui/pane.h"
#include "ui/request.h"

enum screen {
	SCREEN_BOARD,
	SCREEN_INCIDENT,
	SCREEN_TIMELINE,
	SCREEN_REVIEW,
	SCREEN_UPDATES,
	SCREEN_ROOM,
	SCREEN_COUNT,
};
enum { UI_PANES_MAX = 12 };

struct screen_entry {
	const char *name;  /* "board" */
	const char *title; /* "Board" */
	enum scope scope;  /* of its keys */
	/* Its panes in the order of their numbers 1 to 9, ending with NULL. */
	const struct pane *panes[UI_PANES_MAX + 1];
	/* Draws all of it: header, panes (panes_draw), hint line (ui_draw_hints). The prompt
	 * and messages are drawn over its last row by the framework. */
	void (*draw)(struct ui *ui, struct area area);
	int min_columns, min_rows; /* below which the too-small screen is shown; 0: 40 and 10 */
	/* Where q and Esc lead; the board leads out. */
	enum screen back;
};

extern const struct screen_entry screens[SCREEN_COUNT];

#endif
