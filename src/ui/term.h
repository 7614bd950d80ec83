/* The terminal: puts a canvas on the screen through ncurses, and turns its bytes
 * into key names. Restores the terminal whatever happens. */
#ifndef TOCSIN_UI_TERM_H
#define TOCSIN_UI_TERM_H

#include "io/loop.h"
#include "ui/canvas.h"
#include "ui/ui.h"

enum colour_when {
	COLOUR_AUTO,
	COLOUR_ALWAYS,
	COLOUR_NEVER,
};

/* Runs the console on the terminal until the person leaves, the terminal goes away, or
 * a signal ends the program. The loop is left stopped, for the caller to tidy up. */
enum status term_run(struct loop *loop, struct ui *ui, enum colour_when colour, struct error *err) TOCSIN_CHECK;

/* True if the locale's characters are UTF-8; otherwise draw with ASCII only. */
bool term_is_utf8(void);

#endif
