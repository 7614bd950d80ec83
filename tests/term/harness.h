/* A terminal for tests: the program runs in a pseudo terminal, libvterm draws what it
 * sends, and a test waits for what it expects to see. Nothing sleeps and hopes: what is
 * waited for is looked for between two frames, never in the middle of one, and it may take
 * as long as a slow machine needs. */
#ifndef TOCSIN_TESTS_HARNESS_H
#define TOCSIN_TESTS_HARNESS_H

#include <stdbool.h>
#include <stddef.h>

struct terminal;

enum { EXPECT_MS = 90000 };

/* Starts the program ($TOCSIN_BUILD/src/tocsin) with these arguments, NULL-terminated.
 * `environment`, "NAME=value" and NULL-terminated or NULL, is added to a clean one with
 * TERM=xterm-256color and a home of its own. */
struct terminal *terminal_start(int columns, int rows, const char *const *environment, const char *const *arguments);
/* Ends what still runs, and removes its home. */
void terminal_free(struct terminal *terminal);

/* Types these bytes. */
void terminal_send(struct terminal *terminal, const char *bytes);
/* Opens and closes the help without reading, until the program cannot send any more. */
void terminal_clog(struct terminal *terminal);
void terminal_resize(struct terminal *terminal, int columns, int rows);
void terminal_signal(struct terminal *terminal, int signum);
/* Gives the program no more memory than it has; false where the system cannot. */
bool terminal_exhaust_memory(struct terminal *terminal);
/* Closes the terminal from its other side, as a lost connection does. */
void terminal_hang_up(struct terminal *terminal);

/* Reads what the program sends until the text is on the screen (or is not, any more);
 * fails the test with a picture when the time is up. Returns the row of the text. */
int terminal_expect(struct terminal *terminal, const char *text);
void terminal_expect_gone(struct terminal *terminal, const char *text);
/* True if a line of the screen holds the text, as it is now. */
bool terminal_shows(struct terminal *terminal, const char *text);
/* Reads until the condition holds; false when it does not within this long. */
typedef bool terminal_condition(struct terminal *terminal, const void *arg);
bool terminal_comes(struct terminal *terminal, int ms, terminal_condition *holds, const void *arg);
/* The same, and fails the test with this name and a picture when the time is up. */
void terminal_until(struct terminal *terminal, const char *name, terminal_condition *holds, const void *arg);
/* Reads until the program has sent these bytes, at any time. */
void terminal_expect_sent(struct terminal *terminal, const char *bytes);
/* Reads until the terminal is given back: the shell's screen, lines that echo. */
void terminal_expect_given_back(struct terminal *terminal);
/* Leaves the program by its own command, which has to work, and frees the terminal. */
void terminal_quit(struct terminal *terminal);
/* Reads what comes at once. */
void terminal_read(struct terminal *terminal);
/* Waits for the end, or with WAIT_STOPPED for a stop, and returns the status of waitpid.
 * Reads meanwhile, unless WAIT_UNREAD. */
enum {
	WAIT_STOPPED = 1,
	WAIT_UNREAD = 2,
};
int terminal_wait(struct terminal *terminal, int how);

/* The screen as text, lines ending in '\n', or one line of it; valid until the next call. */
const char *terminal_text(struct terminal *terminal);
const char *terminal_line(struct terminal *terminal, int y);
struct terminal_cell {
	bool bold, reverse, underline;
	bool default_fg, default_bg;
	int fg, bg; /* number in the palette; -1: a colour of its own, or the default */
};
struct terminal_cell terminal_cell(struct terminal *terminal, int x, int y);
void terminal_cursor(struct terminal *terminal, int *x, int *y, bool *visible);
bool terminal_on_alternate_screen(const struct terminal *terminal);
/* True if the line discipline echoes and edits lines, as a shell wants it. */
bool terminal_is_cooked(const struct terminal *terminal);
const char *terminal_title(const struct terminal *terminal);
/* True if the program sent these bytes at any time. */
bool terminal_was_sent(const struct terminal *terminal, const char *bytes);
size_t terminal_bells(const struct terminal *terminal);
const char *terminal_home(const struct terminal *terminal);

#endif
