/* The console: screens made of panes over a running war room. Knows keys and
 * canvases; the terminal (term.h) and the script runner (script.h) drive it alike. */
#ifndef TOCSIN_UI_UI_H
#define TOCSIN_UI_UI_H

#include "ui/canvas.h"
#include "ui/overlay.h"
#include "ui/pane.h"
#include "ui/request.h"
#include "ui/screen.h"
#include "ui/theme.h"
#include "watch/watch.h"

/* --- life ------------------------------------------------------------------- */

/* `watch` outlives the ui. */
struct ui *ui_new(struct watch *watch, bool ascii, bool utc);
void ui_free(struct ui *ui);
/* The receivers to make the watch with; their arg is a `struct ui **`, which may point
 * to NULL until there is a ui. */
const struct watch_events *ui_watch_events(void);

/* Goes on where the record was left: once it is read, an open incident is shown at its next
 * step, unless a person was faster. */
void ui_resume(struct ui *ui);

/* --- driving it ------------------------------------------------------------- */

/* Draws everything into the canvas, at the canvas's size. */
void ui_draw(struct ui *ui, struct canvas *canvas);
/* One key by name: "a", "Enter", "Esc", "Tab", "S-Tab", "Up", "C-d", "F1", "PageDown", "Space", "é". */
void ui_key(struct ui *ui, const char *key);
/* The pointer, while ui_mouse holds: a click focuses a pane and selects a row, the wheel
 * scrolls. Nothing is ever confirmed or run by it. */
enum pointer {
	POINTER_CLICK,
	POINTER_UP,
	POINTER_DOWN,
};
void ui_pointer(struct ui *ui, int x, int y, enum pointer what);
/* Text pasted into the terminal: goes to a text field, never presses keys. */
void ui_paste(struct ui *ui, const char *text);
/* Runs a ":" line without the colon. */
enum status ui_command(struct ui *ui, const char *line, struct error *err) TOCSIN_CHECK;
/* True once the person asked to leave. */
bool ui_leaving(const struct ui *ui);
/* True when nothing asked for by a person is under way (appends, runs): scripts wait for it. */
bool ui_idle(const struct ui *ui);
/* True when a redraw is due; ui_draw clears it. */
bool ui_dirty(const struct ui *ui);
void ui_touch(struct ui *ui);
/* Called when a redraw becomes due, for a driver that does not want to ask all the time. */
void ui_on_dirty(struct ui *ui, void (*dirty)(void *arg), void *arg);

/* Called when a command wants the terminal (true) or gives it back, for a driver that has one. */
void ui_on_terminal(struct ui *ui, bool (*lend)(void *arg, bool take), void *arg);

/* Things the terminal does when the ui asks; each is true once. */
bool ui_take_redraw(struct ui *ui); /* Ctrl-L: repaint all */
bool ui_take_flush(struct ui *ui);  /* a dialog was just seen: drop the keys that wait */
/* Says that a terminal drives it, which has a clipboard and may have a mouse. */
void ui_set_terminal(struct ui *ui, bool terminal);
/* True while the person wants the mouse to point at rows, instead of selecting text. */
bool ui_mouse(const struct ui *ui);
/* Text for the terminal's clipboard, owned by the caller; NULL: nothing new. */
char *ui_take_copy(struct ui *ui);
/* A new P0 or P1 since the last call: what the title says. */
bool ui_take_alarm(struct ui *ui, char *title, size_t size);
void ui_alarm(struct ui *ui, enum severity severity, const char *title);

/* --- messages --------------------------------------------------------------- */

enum {
	MESSAGE_INFO,
	MESSAGE_WARNING,
	MESSAGE_ERROR,
	MESSAGE_ALARM,
};
/* A message for the message line, kept in :messages. Errors and alarms stay until the next
 * key, and nothing less stands in their place before they could be read. */
void ui_message(struct ui *ui, int severity, const char *text);
void ui_messagef(struct ui *ui, int severity, const char *fmt, ...) TOCSIN_PRINTF(3, 4);

/* Says that a person was here: what stands on the message line was seen. */
void ui_messages_seen(struct ui *ui);

/* --- what panes, screens and requests need -------------------------------------- */

struct watch *ui_watch(const struct ui *ui);
int64_t ui_now_us(const struct ui *ui);
bool ui_ascii(const struct ui *ui);
bool ui_utc(const struct ui *ui);
void ui_set_utc(struct ui *ui, bool utc);
/* 0 with UTC shown, else the local offset in minutes. */
int ui_zone_minutes(const struct ui *ui, int64_t us);
const struct theme *ui_theme(const struct ui *ui);
void ui_set_theme(struct ui *ui, const struct theme *theme);

enum screen ui_screen(const struct ui *ui);
const struct screen_entry *ui_screen_entry(const struct ui *ui);
void ui_show(struct ui *ui, enum screen screen);
/* The incident on the screen: the chosen one, else the worst open one; NULL when none. */
const struct incident *ui_incident(const struct ui *ui);
/* Chooses it; NULL or "": the worst open one again. */
void ui_choose_incident(struct ui *ui, const char *id);

/* The keys of a request on this console, "" for none. */
const char *ui_keys(const struct ui *ui, const struct request *request);
/* The first of them, else ":name": what to press, for hints and messages. */
enum { PRESS_TEXT = 40 };
char *ui_press(char dst[PRESS_TEXT], const struct ui *ui, const char *request);

struct pane_state *ui_pane_state(struct ui *ui, const char *pane);
/* What its rows are filtered by, "" for nothing. */
const char *ui_pane_filter(const struct ui *ui, const char *pane);
/* The lines that its rows had when it was drawn last; 0: none. */
int ui_pane_room(const struct ui *ui, const char *pane);
/* The selected row's id in the focused pane, "" when there is none. */
const char *ui_selected(const struct ui *ui);
const struct pane *ui_focused(const struct ui *ui); /* NULL: the screen has no panes */
const char *ui_focus(const struct ui *ui);          /* its name, "" when there is none */
void ui_set_focus(struct ui *ui, const char *pane);
bool ui_zoomed(const struct ui *ui);
bool ui_paused(const struct ui *ui);
void ui_set_zoom(struct ui *ui, bool zoomed);

/* Opens the ":" line with this text in it, the cursor at its end. */
void ui_prompt(struct ui *ui, const char *text);
/* Asks for one line of free text, under a label. `accept` is called with what was typed,
 * unless it was cancelled. */
void ui_ask(struct ui *ui, const char *label, const char *text, enum status (*accept)(struct ui *ui, const char *text, struct error *err));
void ui_leave(struct ui *ui);

/* The bottom line: what comes next on this screen (struct request, `wanted`), then the
 * console's own keys. */
void ui_draw_hints(struct ui *ui, struct area area);

#endif
