/* The glass: one terminal as curses sees it, without loop and without ui. Frames go
 * into a buffer, so that sending them can wait; keys come out by name. */
#ifndef TOCSIN_UI_GLASS_H
#define TOCSIN_UI_GLASS_H

#include "ui/keys.h"
#include "ui/theme.h"

struct glass;

/* Takes the terminal of standard input and output. From here on a crash gives it back. */
struct glass *glass_open(bool colour, struct error *err);
/* Gives it back; with `gone` nothing is written any more. */
void glass_close(struct glass *glass, bool gone);

int glass_input_fd(const struct glass *glass);  /* descriptor to wait on for keys */
int glass_output_fd(const struct glass *glass); /* where frames go; does not block */
bool glass_is_ansi(const struct glass *glass);
bool glass_has_colours(const struct glass *glass); /* the terminal has some, and they are wanted */
/* The terminal's size now, taken over; false when it does not say. */
bool glass_size(struct glass *glass, int *columns, int *rows);
/* True once the other side has closed. */
bool glass_is_gone(const struct glass *glass);

/* Appends what turns the screen into the canvas, as one update. */
void glass_draw(struct glass *glass, struct canvas *canvas, const struct theme *theme, struct buf *out);
/* The next frame repaints everything, and colours are chosen anew. */
void glass_repaint(struct glass *glass);

/* The next thing that was typed, if any. */
enum glass_input {
	GLASS_NOTHING,
	GLASS_KEY,
	GLASS_PASTE,
	GLASS_MOUSE,
	GLASS_OTHER,
};
enum glass_input glass_read(struct glass *glass, char key[KEY_NAME]);
/* What was pasted; NULL when it was too long. */
const char *glass_pasted(const struct glass *glass);
/* Where the mouse was pressed, or its wheel turned, and which. */
struct glass_pointer {
	int x, y;
	bool up, down; /* the wheel; neither: a press */
};
struct glass_pointer glass_pointer(const struct glass *glass);
/* Takes the mouse from the terminal, or gives it back; with the next frame. */
void glass_set_mouse(struct glass *glass, bool on);
/* Drops what was typed and not read. */
void glass_flush(struct glass *glass);

/* Drops what was sent and not shown yet, so that what follows need not wait for it. */
void glass_discard(struct glass *glass);

/* Gives the terminal back for a while, and takes it again. */
void glass_suspend(struct glass *glass);
void glass_resume(struct glass *glass);

#endif
