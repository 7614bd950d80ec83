#include "ui/diagnose.h"

#include "base/number.h"

#include <curses.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>

enum {
	COLUMNS_MIN = 80,
	ROWS_MIN = 24,
	ESCDELAY_MAX_MS = 200, /* longer, and Esc feels stuck */
};

static const char group[] = "terminal";

static void look_at_size(struct findings *out)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
		finding_add(out, FINDING_WARN, group, "size", "stty rows 40 cols 120", "the terminal does not tell its size");
		return;
	}
	bool small = size.ws_col < COLUMNS_MIN || size.ws_row < ROWS_MIN;
	finding_add(out, small ? FINDING_WARN : FINDING_OK, group, "size", small ? "make it 80x24 or larger" : NULL, "%ux%u", (unsigned)size.ws_col, (unsigned)size.ws_row);
}

static void look_at_locale(struct findings *out)
{
	bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;

	finding_add(out, utf8 ? FINDING_OK : FINDING_WARN, group, "characters", utf8 ? NULL : "set LC_ALL=C.UTF-8, or another UTF-8 locale that exists here", "%s%s", nl_langinfo(CODESET),
		    utf8 ? "" : ": drawn with ASCII only");
}

static void look_at_colours(struct findings *out)
{
	const char *no_color = getenv("NO_COLOR"), *colorterm = getenv("COLORTERM");
	int colours = tigetnum("colors");
	bool all = (colorterm && (strcmp(colorterm, "truecolor") == 0 || strcmp(colorterm, "24bit") == 0)) || tigetflag("RGB") > 0 || colours > 256;

	if (no_color && *no_color)
		finding_add(out, FINDING_INFO, group, "colours", "unset NO_COLOR, or --color always, to have them", "none, because NO_COLOR is set; states are told by signs and words too");
	else if (colours < 8)
		finding_add(out, FINDING_INFO, group, "colours", "TERM=xterm-256color, where the terminal can", "none; states are told by signs and words too");
	else
		finding_add(out, FINDING_OK, group, "colours", NULL, "%d%s", colours, all ? ", and says it can truecolor" : "");
}

static void look_at_escape(struct findings *out)
{
	const char *text = getenv("ESCDELAY");
	uint64_t ms;

	if (!text)
		return;
	if (!decimal_u64(text, &ms) || ms > ESCDELAY_MAX_MS)
		finding_add(out, FINDING_WARN, group, "Esc key", "unset ESCDELAY", "ESCDELAY=%s makes it slow", text);
	else
		finding_add(out, FINDING_INFO, group, "Esc key", NULL, "ESCDELAY=%s is kept", text);
}

void terminal_diagnose(struct findings *out)
{
	const char *name = getenv("TERM");
	int known = 0;

	look_at_locale(out);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		finding_add(out, FINDING_INFO, group, "terminal", "run it in a terminal to have that looked at", "standard input or output is none");
		return;
	}
	if (!name || !*name || setupterm(NULL, STDOUT_FILENO, &known) != OK) {
		finding_add(out, FINDING_FAIL, group, "TERM", "export TERM=xterm-256color, or install ncurses-term", "%s%s", name && *name ? name : "not set",
			    name && *name ? ": terminfo does not know it" : "");
		return;
	}
	if (!tigetstr("cup") || tigetstr("cup") == (char *)-1)
		finding_add(out, FINDING_FAIL, group, "TERM", "use another terminal; tocsin status works here", "%s: cannot place its cursor", name);
	else
		finding_add(out, FINDING_OK, group, "TERM", NULL, "%s", name);
	look_at_size(out);
	look_at_colours(out);
	look_at_escape(out);
	del_curterm(cur_term);
}
