/* A canvas outside of a terminal: as text, and as a picture for manuals, mails and
 * reviews. */
#ifndef TOCSIN_UI_DUMP_H
#define TOCSIN_UI_DUMP_H

#include "ui/canvas.h"
#include "ui/theme.h"

/* Appends the canvas as an SVG picture that needs nothing else: the theme's colours on
 * its paper, lines and bars as shapes, text as text that can be found and copied. */
void dump_svg(const struct canvas *canvas, const struct theme *theme, const char *title, struct buf *out);

/* Writes the canvas to a file: a picture when its name ends in ".svg", else text. "-" is
 * standard output, as text. */
enum status dump_file(const struct canvas *canvas, const struct theme *theme, const char *title, const char *path, unsigned mode, struct error *err) TOCSIN_CHECK;

#endif
