/* The console: screens made of panes over a running war room. Knows keys and
 * canvases; the terminal (term.h) and the script runner (script.h) drive it alike. */
#ifndef TOCSIN_UI_UI_H
#define TOCSIN_UI_UI_H

#include "ui/canvas.h"
#include "ui/request.h"
#include "ui/theme.h"
#include "watch/watch.h"

enum screen { SCREEN_BOARD, SCREEN_INCIDENT, SCREEN_TIMELINE, SCREEN_REVIEW };

/* A pane keeps its place by identity, not by row number. */
struct pane_state {
	char selected[96];   /* component id, step number, event seq as text */
	size_t top;          /* first visible row */
	size_t shown, total; /* rows that passed the filter, and all; set while drawing */
	char filter[64];     /* "" shows all; "!word" inverts */
};

/* A pane is one const entry; scrolling, selection, frame, filter and focus are
 * written once for all of them (pane.c). */
struct pane {
	const char *name;   /* "nodes" */
	const char *title;  /* "Nodes" */
	/* Number of rows before the filter. */
	size_t (*count)(const struct ui *ui);
	/* Identity and the text the filter looks at, of row i. */
	void (*identify)(const struct ui *ui, size_t i, char id[96], struct buf *text);
	/* Column heads, or NULL. */
	void (*heads)(const struct ui *ui, struct area area);
	void (*row)(const struct ui *ui, struct area area, size_t i, bool selected);
	/* The right end of the frame's top line: age, counts. Returns columns used. */
	void (*status)(const struct ui *ui, struct area area);
	/* What an empty pane says, and why it is empty. Never NULL. */
	const char *(*empty)(const struct ui *ui);
	/* Rows below the list (a summary), or NULL. */
	int (*foot)(const struct ui *ui, struct area area);
	int min_rows;       /* content rows below which the pane collapses */
	int rank;           /* higher collapses first */
	enum status (*open)(struct ui *ui, const char *id, struct error *err); /* Enter; may be NULL */
};

enum { UI_PANES_MAX = 9 };

struct ui *ui_new(struct watch *watch, bool ascii, bool utc);
void ui_free(struct ui *ui);

/* Draws everything into the canvas, at the canvas's size. */
void ui_draw(struct ui *ui, struct canvas *canvas);
/* One key by name: "a", "Enter", "Esc", "Tab", "S-Tab", "Up", "C-d", "F1", "PageDown", "é". */
void ui_key(struct ui *ui, const char *key);
/* Text pasted into the terminal: goes to a text field, never presses keys. */
void ui_paste(struct ui *ui, const char *text);
/* Runs a ":" line without the colon. */
enum status ui_command(struct ui *ui, const char *line, struct error *err);
/* A message for the message line, kept in :messages. */
void ui_message(struct ui *ui, int severity, const char *text);
/* True once the person asked to leave. */
bool ui_leaving(const struct ui *ui);
/* True when nothing asked for by a person is under way (appends, runs): scripts wait for it. */
bool ui_idle(const struct ui *ui);
/* True when a redraw is due; ui_draw clears it. */
bool ui_dirty(const struct ui *ui);
void ui_touch(struct ui *ui);

/* What panes and requests need to see. */
struct watch *ui_watch(const struct ui *ui);
int64_t ui_now_us(const struct ui *ui);
/* 0 with UTC shown, else the local offset in minutes. */
int ui_zone_minutes(const struct ui *ui, int64_t us);
enum screen ui_screen(const struct ui *ui);
void ui_show(struct ui *ui, enum screen screen);
/* The incident on the screen: the chosen one, else the worst open one; NULL when none. */
const struct incident *ui_incident(const struct ui *ui);
struct pane_state *ui_pane_state(struct ui *ui, const char *pane);
/* The selected row's id in the focused pane, "" when there is none. */
const char *ui_selected(const struct ui *ui);
const char *ui_focus(const struct ui *ui); /* name of the focused pane */

#endif
