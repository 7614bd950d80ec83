/* The palette: from a look (colours and attributes of a theme) to what the curses
 * library draws with, on terminals with all colours, 256, 16, 8 or none. */
#ifndef TOCSIN_UI_PALETTE_H
#define TOCSIN_UI_PALETTE_H

#include "ui/theme.h"

#include <curses.h>

struct palette;

/* After the screen was started. Without `colour`, attributes only. */
struct palette *palette_new(bool colour);
void palette_free(struct palette *palette);
/* False: there are only attributes to tell one thing from another. */
bool palette_has_colours(const struct palette *palette);
/* Attributes and the colour pair for a look. */
attr_t palette_attributes(struct palette *palette, const struct look *look, short *pair);
/* Forgets all colours, for another theme. */
void palette_reset(struct palette *palette);
/* True if the terminal's own colours were changed and must be put back. */
bool palette_changed_terminal(const struct palette *palette);

#endif
