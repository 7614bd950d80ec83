/* What a struct ui holds: for the framework's own files, not for panes and screens. */
#ifndef TOCSIN_UI_STATE_H
#define TOCSIN_UI_STATE_H

#include "ui/keyboard.h"
#include "ui/prompt.h"
#include "ui/ui.h"

enum {
	MESSAGES_KEPT = 200,
	OVERLAYS_MAX = 4,
	PANE_STATES_MAX = 32,
};

struct message {
	int64_t at_us;
	int severity;
	char text[480];
};

struct pager_line {
	enum role role;
	unsigned attr;
	char *key; /* NULL: none */
	char *text;
	int columns, rows; /* it takes so many rows at this width; columns 0: not known yet */
};

struct pager {
	struct pager_line *lines;
	size_t count, capacity;
	int key_columns;     /* width of the key column, 0: none */
	int top, page, rows; /* in wrapped rows; page and rows are set while drawing */
	bool to_end;         /* go to the end with the next drawing */
	char search[PANE_FILTER];
	size_t matched; /* line of the match gone to; SIZE_MAX: none */
	bool to_match;  /* scroll to it with the next drawing */
};

struct confirmation {
	char *body, *accept, *word;
	bool danger;
	bool seen;      /* it was drawn: keys count from now on */
	bool read;      /* its last line was drawn */
	bool on_accept; /* focus is on the button that confirms */
	int top, page, rows;
	struct prompt typed;
	enum status (*yes)(struct ui *ui, void *arg, struct error *err);
	void (*drop)(void *arg);
	void *arg;
};

struct overlay {
	char title[160];
	bool is_dialog;
	struct pager pager;
	struct confirmation confirmation;
};

enum prompt_kind {
	PROMPT_NONE,
	PROMPT_COMMAND,
	PROMPT_FILTER,
	PROMPT_ASK,
};

struct ui {
	struct watch *watch;
	struct theme theme;
	bool ascii, utc;
	bool dirty, leaving, redraw, flush, small;
	bool resuming; /* waits for the record, to go on where it was left */
	void (*on_dirty)(void *arg);
	void *on_dirty_arg;
	bool (*on_terminal)(void *arg, bool take);
	void *on_terminal_arg;
	int columns, rows; /* of the last drawing */

	const struct screen_entry *screens; /* the house's, or those of a test */
	enum screen screen;
	size_t focus[SCREEN_COUNT];
	bool zoomed;
	char incident[16]; /* chosen; "" is the worst open one */
	struct {
		const char *pane;
		struct pane_state state;
	} panes[PANE_STATES_MAX];
	size_t pane_count;

	struct keyboard *keyboard;

	enum prompt_kind prompting;
	struct prompt prompt;
	char label[64];
	char filter_before[PANE_FILTER];
	enum status (*accept)(struct ui *ui, const char *text, struct error *err);
	struct history commands, filters, answers;

	struct overlay overlays[OVERLAYS_MAX];
	size_t overlay_count;

	struct message messages[MESSAGES_KEPT];
	size_t message_count, message_next, message_total; /* total: since the start */
	size_t message_seen;                               /* of that total, when a key was pressed last */

	/* What a terminal has, and a script has not. */
	bool terminal;
	bool mouse;              /* asked for: it selects and scrolls */
	struct writing *writing; /* updates.h; NULL: none */
	char *clipboard;         /* waits for the terminal to take it */

	struct canvas *frozen; /* while the screen is paused: what it showed; NULL otherwise */
	int64_t frozen_us;     /* since when */

	bool alarm;
	char alarm_title[160];
};

/* The overlay on top; NULL: none. */
struct overlay *overlay_top(struct ui *ui);
struct pager *pager_top(struct ui *ui); /* NULL unless a pager is on top */
void overlays_draw(struct ui *ui, struct area area);
void overlays_free(struct ui *ui);
/* Keys of a dialog; everything else goes through the request table. */
void dialog_key(struct ui *ui, const char *key);
void dialog_paste(struct ui *ui, const char *text);
void pager_scroll(struct pager *pager, int rows);
void pager_scroll_to(struct pager *pager, bool end);
/* Sets what is searched, and goes to the first match. */
void pager_search(struct pager *pager, const char *text);
void pager_next_match(struct pager *pager, bool forward);

/* help.c */
void help_open(struct ui *ui);
enum status help_request(struct ui *ui, const char *name, struct error *err);
void messages_open(struct ui *ui);

/* Stops the screen as it is, and lets it go on. The war room itself never stops. */
void ui_freeze(struct ui *ui);
void ui_thaw(struct ui *ui);

/* Begins a prompt of that kind. */
void prompt_open(struct ui *ui, enum prompt_kind kind, const char *label, const char *text);

#endif
