/* What terminfo says of this terminal; after the screen was started. */
#ifndef TOCSIN_UI_TERMINFO_H
#define TOCSIN_UI_TERMINFO_H

#include "base/buf.h"

/* Understands the usual escape sequences, and ignores private modes it does not know. */
bool terminfo_is_ansi(void);
/* Puts the terminal's own colours back, through curses. */
void terminfo_reset_colours(void);
/* Appends the strings that undo what curses did: colours, attributes, cursor, keypad,
 * alternate screen. */
void terminfo_undo(struct buf *out);

#endif
