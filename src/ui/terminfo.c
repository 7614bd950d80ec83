#include "config.h"

#include "ui/terminfo.h"

#include "base/mem.h"

#include <string.h>

/* Last, because it defines common words as macros. */
#include <curses.h>
#include <term.h>

enum terminfo_kind terminfo_kind(int fd)
{
	int found;
	if (setupterm(NULL, fd, &found) != OK)
		return TERMINFO_UNKNOWN;
	enum terminfo_kind kind = cursor_address ? TERMINFO_SCREEN : TERMINFO_LINES_ONLY;
	del_curterm(cur_term);
	return kind;
}

bool terminfo_is_ansi(void)
{
	return cursor_address && strncmp(cursor_address, "\033[", 2) == 0;
}

void terminfo_reset_colours(void)
{
	if (orig_colors)
		putp(orig_colors);
}

void terminfo_undo(struct buf *out)
{
	const char *const strings[] = {orig_colors, exit_attribute_mode, cursor_normal, keypad_local, exit_ca_mode};
	for (size_t i = 0; i < ARRAY_LENGTH(strings); i++) {
		/* Strings that ask for delays are for terminals of another age. */
		if (strings[i] && !strstr(strings[i], "$<"))
			buf_puts(out, strings[i]);
	}
}
