/* Overlays: what lies over a screen until it is answered or put away. A pager shows
 * long text; a dialog asks before something is done. */
#ifndef TOCSIN_UI_OVERLAY_H
#define TOCSIN_UI_OVERLAY_H

#include "ui/canvas.h"

struct ui;

/* --- pager: scrolls with the keys of a pane, "/" searches, q and Esc put it away --- */

/* Opens an empty pager on top; lines follow. */
void ui_pager_open(struct ui *ui, const char *title);
/* Adds one line to the pager on top. `key`, if not NULL, stands in a column before it. */
void ui_pager_line(struct ui *ui, enum role role, unsigned attr, const char *key, const char *text);
/* Adds text of several lines, cleaned; long lines are wrapped when drawn. */
void ui_pager_text(struct ui *ui, enum role role, const char *text);
/* Goes to the last line, and begins there. */
void ui_pager_end(struct ui *ui);

/* --- dialog: asks before something is done ------------------------------------- */

/* Cancel has the focus, Enter alone never confirms, Esc cancels, and keys typed before
 * the dialog was seen are discarded (TUI conventions, 30). All texts are copied. */
struct dialog {
	const char *title;  /* "Run a command that changes things" */
	const char *body;   /* lines; one that begins with "$ " is shown as code, in full */
	const char *accept; /* what is done, on the button: "Run" */
	const char *word;   /* NULL: `y` (or Tab and Enter) confirms; else this word has to be typed, then Enter */
	bool danger;        /* frame and button warn */
	/* Called when confirmed. On failure the error becomes a message. */
	enum status (*yes)(struct ui *ui, void *arg, struct error *err);
	void (*drop)(void *arg); /* frees arg, confirmed or not; may be NULL */
	void *arg;
};
void ui_dialog(struct ui *ui, const struct dialog *dialog);

/* True while any overlay is open. */
bool ui_overlaid(const struct ui *ui);
/* Puts the top one away; a dialog is cancelled. */
void ui_overlay_close(struct ui *ui);

#endif
