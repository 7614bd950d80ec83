/* What terminfo says of this terminal; after the screen was started. */
#ifndef TOCSIN_UI_TERMINFO_H
#define TOCSIN_UI_TERMINFO_H

#include "base/buf.h"

/* Before the screen is started: whether TERM is known, and whether a screen can be drawn
 * on such a terminal at all, which takes placing the cursor. */
enum terminfo_kind {
	TERMINFO_UNKNOWN,
	TERMINFO_LINES_ONLY,
	TERMINFO_SCREEN,
};
enum terminfo_kind terminfo_kind(int fd);
/* Understands the usual escape sequences, and ignores private modes it does not know. */
bool terminfo_is_ansi(void);
/* Puts the terminal's own colours back, through curses. */
void terminfo_reset_colours(void);
/* Appends the strings that undo what curses did: colours, attributes, cursor, keypad,
 * alternate screen. */
void terminfo_undo(struct buf *out);

#endif
