/* The terminal: puts a canvas on the screen through ncurses, and turns its bytes
 * into key names. Restores the terminal whatever happens. */
#ifndef TOCSIN_UI_TERM_H
#define TOCSIN_UI_TERM_H

#include "io/loop.h"
#include "ui/canvas.h"
#include "ui/theme.h"
#include "ui/ui.h"

enum colour_when { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* Runs the console on the terminal until the person leaves. */
enum status term_run(struct loop *loop, struct ui *ui, const struct theme *theme, enum colour_when colour, struct error *err) TOCSIN_CHECK;

#endif
