/* The console on a real terminal: what no canvas can show. Each test runs the built
 * program on its demo network. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "harness.h"

enum { NODE_NAME = 48 };

static const char *const healthy[] = {"demo", "healthy", NULL};

static struct terminal *start(int columns, int rows, const char *const *environment)
{
	struct terminal *terminal = terminal_start(columns, rows, environment, healthy);
	terminal_expect(terminal, columns >= 40 && rows >= 10 ? "besu-validator-0" : "Too small");
	return terminal;
}

static void it_starts_and_gives_the_terminal_back(void **state)
{
	(void)state;
	struct terminal *terminal = start(80, 24, NULL);
	assert_true(terminal_on_alternate_screen(terminal));
	assert_false(terminal_is_cooked(terminal));
	terminal_quit(terminal);
}

static void keys_and_commands_arrive(void **state)
{
	(void)state;
	struct terminal *terminal = start(100, 30, NULL);
	terminal_send(terminal, "?");
	terminal_expect(terminal, "Help: Board");
	terminal_send(terminal, "q");
	terminal_expect_gone(terminal, "Help: Board");
	terminal_send(terminal, "\033OP");
	terminal_expect(terminal, "Help: Board");
	terminal_send(terminal, "\033");
	terminal_expect_gone(terminal, "Help: Board");
	terminal_send(terminal, ":nonsense\r");
	terminal_expect(terminal, "no command \"nonsense\"");
	terminal_quit(terminal);
}

/* The name of the node in the selected row, where the cursor stands on the marker; ""
 * while nothing is selected. Rows may change places meanwhile, names do not. */
static void selected_node(struct terminal *terminal, char name[NODE_NAME])
{
	static const char marker[] = "\xe2\x80\xba"; /* U+203A */
	int x, y;
	bool visible;
	terminal_cursor(terminal, &x, &y, &visible);
	const char *line = terminal_line(terminal, y), *found = strstr(line, marker), *node = found ? strstr(found, "besu-") : NULL;
	bool on_marker = visible && x == 1 && node;
	text_format(name, NODE_NAME, "%.*s", on_marker ? (int)strcspn(node, " ") : 0, on_marker ? node : "");
}

static bool is_selected(struct terminal *terminal, const void *node)
{
	char name[NODE_NAME];
	selected_node(terminal, name);
	return strcmp(name, node) == 0;
}

/* Another than this one; with "", any. */
static bool another_is_selected(struct terminal *terminal, const void *node)
{
	char name[NODE_NAME];
	selected_node(terminal, name);
	return *name && strcmp(name, node) != 0;
}

/* The cursor is where screen readers look, on the marker of the selected row. */
static void the_cursor_follows_the_selection(void **state)
{
	char before[NODE_NAME];
	(void)state;
	struct terminal *terminal = start(100, 30, NULL);
	terminal_until(terminal, "the cursor on a node", another_is_selected, "");
	selected_node(terminal, before);
	terminal_send(terminal, "\033OB");
	terminal_until(terminal, "the cursor on another node", another_is_selected, before);
	terminal_quit(terminal);
}

static bool hints_are_at_the_bottom(struct terminal *terminal, const void *row)
{
	return strstr(terminal_line(terminal, *(const int *)row), "q back") != NULL;
}

static void sizes_change(void **state)
{
	(void)state;
	struct terminal *terminal = start(80, 24, NULL);
	terminal_resize(terminal, 140, 42);
	terminal_until(terminal, "hints in the new last line", hints_are_at_the_bottom, &(const int){41});
	terminal_expect(terminal, "besu-validator-0");
	terminal_resize(terminal, 30, 8);
	terminal_expect(terminal, "Too small");
	terminal_expect(terminal, "30x8");
	terminal_send(terminal, ":");
	terminal_expect(terminal, ":");
	terminal_send(terminal, "\033");
	terminal_send(terminal, "?");
	terminal_expect(terminal, "Help");
	terminal_send(terminal, "q");
	/* A storm of sizes ends with the last one. */
	for (int i = 0; i < 60; i++)
		terminal_resize(terminal, 20 + i, 5 + i / 3);
	terminal_resize(terminal, 80, 24);
	terminal_expect(terminal, "besu-validator-0");
	terminal_quit(terminal);
}

static void what_is_no_screen_is_said(void **state)
{
	static const struct {
		const char *environment[2], *text;
	} cases[] = {
		{{"TERM=dumb", NULL}, "terminal dumb: cannot place its cursor (use --linear"},
		{{"TERM=of-nobody", NULL}, "terminal of-nobody: not known here"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct terminal *terminal = terminal_start(100, 24, cases[i].environment, healthy);
		terminal_expect(terminal, cases[i].text);
		int status = terminal_wait(terminal, 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 1);
		terminal_expect_given_back(terminal);
		terminal_free(terminal);
	}
}

static void a_small_terminal_can_be_left(void **state)
{
	(void)state;
	struct terminal *terminal = start(20, 5, NULL);
	terminal_send(terminal, "q");
	int status = terminal_wait(terminal, 0);
	assert_true(WIFEXITED(status));
	terminal_free(terminal);
}

/* Far less than the second that curses waits by itself, each time. A machine under load
 * may take long for another reason, hence the best of several. */
static void escape_is_instant(void **state)
{
	int64_t best_us = INT64_MAX;
	(void)state;
	struct terminal *terminal = start(80, 24, NULL);
	for (int tries = 0; tries < 20 && best_us >= 500 * US_PER_MS; tries++) {
		terminal_send(terminal, "?");
		terminal_expect(terminal, "Help: Board");
		int64_t before = clock_mono_us(clock_system());
		terminal_send(terminal, "\033");
		terminal_expect_gone(terminal, "Help: Board");
		int64_t took = clock_mono_us(clock_system()) - before;
		best_us = took < best_us ? took : best_us;
	}
	assert_true(best_us < 500 * US_PER_MS);
	terminal_quit(terminal);
}

static void pasted_text_presses_no_keys(void **state)
{
	(void)state;
	struct terminal *terminal = start(80, 24, NULL);
	terminal_send(terminal, "\033[200~q:quit now\r\033[201~");
	terminal_expect(terminal, "pasted text was not used");
	terminal_send(terminal, ":");
	terminal_send(terminal, "\033[200~quit\rnow\033[201~");
	terminal_expect(terminal, ":quit now");
	terminal_send(terminal, "\033");
	terminal_expect_gone(terminal, ":quit now");
	terminal_quit(terminal);
}

/* Escape sequences inside text are shown, never obeyed; a bell may only be an alarm's. */
static void hostile_text_is_inert(void **state)
{
	(void)state;
	struct terminal *terminal = start(80, 24, NULL);
	terminal_send(terminal, ":");
	terminal_send(terminal, "\033[200~x\xc2\x9b"
				"2J\x07\xe2\x80\xae"
				"evil\033[201~");
	terminal_expect(terminal, "evil");
	assert_true(terminal_shows(terminal, "besu-validator-0"));
	assert_false(terminal_shows(terminal, "\xe2\x80\xae"));
	assert_true(terminal_bells(terminal) == 0 || *terminal_title(terminal));
	terminal_send(terminal, "\033");
	terminal_quit(terminal);
}

static void a_crash_gives_the_terminal_back(void **state)
{
	static const int signals[] = {SIGSEGV, SIGABRT, SIGFPE};
	static const char *const environment[] = {"ASAN_OPTIONS=handle_segv=0:handle_abort=0:handle_sigfpe=0:detect_leaks=0", NULL};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
		struct terminal *terminal = start(80, 24, environment);
		terminal_signal(terminal, signals[i]);
		int status = terminal_wait(terminal, 0);
		/* It ends as a crash does, for the core dump. */
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
		terminal_expect_given_back(terminal);
		terminal_free(terminal);
	}
}

static void a_signal_ends_it_in_order(void **state)
{
	static const int signals[] = {SIGTERM, SIGQUIT};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
		struct terminal *terminal = start(80, 24, NULL);
		terminal_signal(terminal, signals[i]);
		int status = terminal_wait(terminal, 0);
		assert_true(WIFEXITED(status));
		terminal_expect_given_back(terminal);
		terminal_expect(terminal, "ended by a signal");
		terminal_free(terminal);
	}
}

static void it_stops_and_goes_on(void **state)
{
	(void)state;
	struct terminal *terminal = start(80, 24, NULL);
	terminal_send(terminal, "?");
	terminal_expect(terminal, "Help: Board");
	terminal_signal(terminal, SIGTSTP);
	assert_true(WIFSTOPPED(terminal_wait(terminal, WAIT_STOPPED)));
	terminal_expect_given_back(terminal);
	terminal_signal(terminal, SIGCONT);
	terminal_expect(terminal, "Help: Board");
	assert_true(terminal_on_alternate_screen(terminal));
	assert_false(terminal_is_cooked(terminal));
	terminal_send(terminal, "q");
	terminal_expect_gone(terminal, "Help: Board");
	terminal_quit(terminal);
}

/* A command that wants the terminal gets all of it, and however it ends, the console goes
 * on as before. */
static void a_command_borrows_the_terminal(void **state)
{
	static const char book[] = "# Borrow\n\n1. Ask\n\n   ```sh {interactive=true}\n   printf 'na%s? ' me; read -r n; printf 'hello %s? ' \"$n\"; read -r n\n   ```\n\n"
				   "2. Break\n\n   ```sh {interactive=true}\n   stty raw -echo; kill -9 $$\n   ```\n";
	char path[] = "/tmp/tocsin-borrow-XXXXXX.md", line[64];
	(void)state;
	int fd = mkstemps(path, 3);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, book, sizeof(book) - 1), sizeof(book) - 1);
	close(fd);
	struct terminal *terminal = start(120, 36, NULL);
	terminal_expect(terminal, "6 ok"); /* by then the record is read */
	terminal_send(terminal, ":declare Something\r");
	terminal_expect(terminal, "INC-1");
	snprintf(line, sizeof(line), ":runbook %s\r", path);
	terminal_send(terminal, line);
	terminal_send(terminal, ":show\r");
	terminal_expect(terminal, "Runbook: Borrow");
	terminal_send(terminal, ":arm 10m a test\r");
	terminal_expect(terminal, "ARMED 9 m");
	terminal_send(terminal, ":run 1\r");
	terminal_expect(terminal, "Type run, then Enter");
	terminal_send(terminal, "run\r");
	terminal_expect(terminal, "name? ");
	assert_false(terminal_on_alternate_screen(terminal));
	assert_true(terminal_is_cooked(terminal));
	terminal_send(terminal, "bob\r");
	terminal_expect(terminal, "hello bob? ");
	terminal_send(terminal, "\r");
	terminal_expect(terminal, "it had the terminal");
	assert_true(terminal_on_alternate_screen(terminal));
	assert_false(terminal_is_cooked(terminal));
	terminal_send(terminal, ":run 2\r");
	terminal_expect(terminal, "Type run, then Enter");
	terminal_send(terminal, "run\r");
	terminal_expect(terminal, "signal 9");
	terminal_send(terminal, "?");
	terminal_expect(terminal, "Help: Incident");
	terminal_send(terminal, "q");
	assert_false(terminal_is_cooked(terminal));
	terminal_quit(terminal);
	unlink(path);
}

static void a_lost_terminal_ends_it(void **state)
{
	(void)state;
	struct terminal *terminal = start(80, 24, NULL);
	terminal_hang_up(terminal);
	assert_true(WIFEXITED(terminal_wait(terminal, 0)));
	terminal_free(terminal);
}

/* Nobody reads for a while: keys still count, and the last state is shown afterwards. */
static void a_slow_terminal_blocks_nothing(void **state)
{
	(void)state;
	struct terminal *terminal = start(200, 60, NULL);
	terminal_clog(terminal);
	terminal_send(terminal, "\014:messages\r");
	terminal_expect(terminal, "Messages");
	terminal_send(terminal, "q");
	terminal_expect_gone(terminal, "Messages");
	terminal_quit(terminal);
}

/* Nobody reads at all any more: it ends when it is told to. */
static void a_stuck_terminal_can_be_left(void **state)
{
	(void)state;
	struct terminal *terminal = start(200, 60, NULL);
	terminal_clog(terminal);
	terminal_signal(terminal, SIGTERM);
	assert_true(WIFEXITED(terminal_wait(terminal, WAIT_UNREAD)));
	terminal_expect_given_back(terminal);
	terminal_free(terminal);
}

static bool has_rung(struct terminal *terminal, const void *title)
{
	return terminal_bells(terminal) > 0 && strstr(terminal_title(terminal), title);
}

static size_t count_text(const char *text, const char *word)
{
	size_t count = 0;
	for (text = strstr(text, word); text; text = strstr(text + 1, word))
		count++;
	return count;
}

/* One bell and one title for a new P0, however often the screen is drawn after it. What
 * a slow machine sees of the outage first may be an alarm of its own. */
static void an_alarm_rings_once(void **state)
{
	static const char *const outage[] = {"demo", "network-outage", NULL};
	(void)state;
	struct terminal *terminal = terminal_start(100, 30, NULL, outage);
	terminal_until(terminal, "a bell, and P0 in the title", has_rung, "tocsin: P0 ");
	for (int frames = 0; frames < 10; frames++) {
		terminal_send(terminal, "?");
		terminal_expect(terminal, "Help: Board");
		terminal_send(terminal, "q");
		terminal_expect_gone(terminal, "Help: Board");
	}
	size_t bells = terminal_bells(terminal);
	terminal_send(terminal, ":messages\r");
	terminal_expect(terminal, "ALARM P0");
	assert_in_range(bells, 1, count_text(terminal_text(terminal), "ALARM P"));
	terminal_send(terminal, "q");
	terminal_quit(terminal);
}

/* Colours on a screen of 80x24: how many, and between which numbers of the palette. */
struct colours {
	size_t count;
	int lowest, highest;
};

static struct colours count_colours(struct terminal *terminal)
{
	struct colours colours = {.lowest = INT_MAX, .highest = INT_MIN};
	for (int at = 0; at < 80 * 24; at++) {
		struct terminal_cell cell = terminal_cell(terminal, at % 80, at / 80);
		const int numbers[] = {cell.fg, cell.bg};
		const bool defaults[] = {cell.default_fg, cell.default_bg};
		for (size_t n = 0; n < ARRAY_LENGTH(numbers); n++) {
			if (defaults[n])
				continue;
			colours.count++;
			colours.lowest = numbers[n] < colours.lowest ? numbers[n] : colours.lowest;
			colours.highest = numbers[n] > colours.highest ? numbers[n] : colours.highest;
		}
	}
	return colours;
}

static bool has_colours(struct terminal *terminal, const void *at_least)
{
	return count_colours(terminal).count >= *(const size_t *)at_least;
}

/* Text in the terminal's own colour on a background that is not: nobody knows its contrast. */
static size_t count_own_on_painted(struct terminal *terminal)
{
	size_t count = 0;
	for (int at = 0; at < 80 * 24; at++) {
		struct terminal_cell cell = terminal_cell(terminal, at % 80, at / 80);
		count += cell.default_fg && !cell.default_bg;
	}
	return count;
}

/* The cursor stands on the selected row, left of its state. */
static bool selection_is_reversed(struct terminal *terminal)
{
	int x, y;
	bool visible;
	terminal_cursor(terminal, &x, &y, &visible);
	return terminal_cell(terminal, x + 2, y).reverse;
}

static void colours_are_where_they_are_wanted(void **state)
{
	static const struct {
		const char *name;
		const char *environment[3];
		bool colour;
	} cases[] = {
		{"usual", {NULL}, true},
		{"NO_COLOR", {"NO_COLOR=1", NULL}, false},
		{"NO_COLOR, empty", {"NO_COLOR=", NULL}, true},
		{"vt100", {"TERM=vt100", NULL}, false},
		{"eight colours", {"TERM=xterm", NULL}, true},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		print_message("%s\n", cases[i].name);
		struct terminal *terminal = start(80, 24, cases[i].environment);
		if (cases[i].colour)
			terminal_until(terminal, "a colour", has_colours, &(const size_t){1});
		/* Whatever it looks like when all is drawn again. */
		terminal_send(terminal, "?");
		terminal_expect(terminal, "Help: Board");
		terminal_send(terminal, "q\014");
		terminal_expect_gone(terminal, "Help: Board");
		assert_int_equal(count_colours(terminal).count > 0, cases[i].colour);
		/* What colours do not say, attributes have to. */
		assert_int_equal(selection_is_reversed(terminal), !cases[i].colour);
		/* The background is the terminal's own where nothing stands on it. */
		assert_true(terminal_cell(terminal, 0, 20).default_bg);
		terminal_quit(terminal);
	}
}

/* No terminal is sent a colour that it does not have, and no colour is lost on the way. */
static void colours_fit_the_terminal(void **state)
{
	static const struct {
		const char *name;
		const char *environment[3];
		const char *terminfo; /* "" where every system has it */
		int lowest, highest;  /* of the numbers used; -1: colours of their own */
	} cases[] = {
		{"eight", {"TERM=xterm", NULL}, "", 0, 7},
		{"sixteen", {"TERM=xterm-16color", NULL}, "/usr/share/terminfo/x/xterm-16color", 0, 15},
		{"256", {"TERM=xterm-256color", NULL}, "", 16, 255},
		{"256 that change", {"TERM=xterm-256color", "COLORTERM=truecolor", NULL}, "", 192, 255},
		{"all", {"TERM=xterm-direct", NULL}, "/usr/share/terminfo/x/xterm-direct", -1, -1},
	};
	static const char *const themes[] = {"dark", "light", "high-contrast", "colour-blind"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const char *theme = themes[i % ARRAY_LENGTH(themes)];
		const char *const arguments[] = {"demo", "healthy", "--theme", theme, NULL};
		print_message("%s\n", cases[i].name);
		if (*cases[i].terminfo && access(cases[i].terminfo, F_OK) != 0)
			continue;
		struct terminal *terminal = terminal_start(80, 24, cases[i].environment, arguments);
		terminal_expect(terminal, "besu-validator-0");
		terminal_until(terminal, "more than fifty colours", has_colours, &(const size_t){51});
		struct colours colours = count_colours(terminal);
		assert_int_equal(count_own_on_painted(terminal), 0);
		assert_in_range(colours.lowest + 1, cases[i].lowest + 1, cases[i].highest + 1);
		assert_in_range(colours.highest + 1, cases[i].lowest + 1, cases[i].highest + 1);
		terminal_quit(terminal);
	}
}

/* --- clipboard, mouse, pause ------------------------------------------------------- */

/* Its state and its name, as base64: whichever node is first, and whatever it is then. */
static bool row_was_copied(struct terminal *terminal, const void *arg TOCSIN_UNUSED)
{
	static const char *const rows[] = {
		"T0sgIGJlc3Ut",     /* "OK  besu-" */
		"V0FSTiAgYmVzdS",   /* "WARN  besu-" */
		"Q1JJVCAgYmVzdS",   /* "CRIT  besu-" */
		"RE9XTiAgYmVzdS",   /* "DOWN  besu-" */
		"U1RBTEUgIGJlc3Ut", /* "STALE  besu-" */
		"Pz8gIGJlc3Ut",     /* "??  besu-" */
	};
	char sent[64];
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		if (terminal_was_sent(terminal, text_format(sent, sizeof(sent), "\033]52;c;%s", rows[i])))
			return true;
	}
	return false;
}

static void text_is_copied_through_the_terminal(void **state)
{
	static const char *const tmux[] = {"TMUX=/tmp/none,1,0", NULL};
	(void)state;
	struct terminal *terminal = start(120, 30, NULL);
	terminal_send(terminal, ":copy h\303\251llo, \"x\"\r");
	terminal_expect(terminal, "went to the clipboard");
	terminal_expect_sent(terminal, "\033]52;c;aMOpbGxvLCAieCI=\033\\");
	assert_false(terminal_was_sent(terminal, "tmux;"));
	terminal_until(terminal, "a selected node", another_is_selected, "");
	terminal_send(terminal, "y");
	terminal_until(terminal, "the row in the clipboard", row_was_copied, NULL);
	/* A whole text of several lines: "Everywhere" comes first on the board. */
	terminal_send(terminal, "?");
	terminal_expect(terminal, "Help: Board");
	terminal_send(terminal, "y");
	terminal_expect_sent(terminal, "\033]52;c;RXZlcnl3aGVyZ");
	terminal_send(terminal, "q");
	terminal_quit(terminal);
	terminal = start(120, 30, tmux);
	terminal_send(terminal, ":copy a\r");
	terminal_expect(terminal, "in tmux with set-clipboard on");
	terminal_expect_sent(terminal, "\033Ptmux;\033\033]52;c;YQ==\a\033\\");
	terminal_quit(terminal);
}

/* The terminal keeps its mouse until it is asked for, and gets it back. */
static void the_mouse_is_off_until_asked_for(void **state)
{
	(void)state;
	struct terminal *terminal = start(120, 30, NULL);
	terminal_until(terminal, "a selected node", another_is_selected, "");
	assert_false(terminal_was_sent(terminal, "1000h"));
	terminal_send(terminal, ":mouse\r");
	terminal_expect(terminal, "the mouse selects rows");
	terminal_expect_sent(terminal, "1000h");
	terminal_send(terminal, "j");
	assert_int_equal(terminal_expect(terminal, "MOUSE  ?"), 29);
	/* A row that changes its place at the same moment is tried again. */
	for (int tries = 0; tries < 10 && !is_selected(terminal, "besu-rpc-0"); tries++) {
		int row = terminal_expect(terminal, "besu-rpc-0") + 1;
		char press[64];
		terminal_send(terminal, text_format(press, sizeof(press), "\033[<0;10;%dM\033[<0;10;%dm", row, row));
		terminal_comes(terminal, 5000, is_selected, "besu-rpc-0");
	}
	terminal_until(terminal, "the row under the mouse selected", is_selected, "besu-rpc-0");
	/* The wheel goes up, except from the top. */
	for (int tries = 0; tries < 10 && is_selected(terminal, "besu-rpc-0"); tries++) {
		terminal_send(terminal, "\033[<64;10;8M");
		terminal_comes(terminal, 5000, another_is_selected, "besu-rpc-0");
	}
	terminal_until(terminal, "a row above selected", another_is_selected, "besu-rpc-0");
	terminal_send(terminal, ":mouse\r");
	terminal_expect(terminal, "the terminal's own again");
	terminal_expect_sent(terminal, "1000l");
	terminal_quit(terminal);
}

static void a_paused_screen_stands_still(void **state)
{
	(void)state;
	struct terminal *terminal = start(100, 30, NULL);
	terminal_send(terminal, "p");
	terminal_expect(terminal, "PAUSED for");
	/* The badge takes the clock's place and leaves the mode alone. */
	assert_int_equal(terminal_expect(terminal, "UNARMED"), 0);
	assert_int_equal(terminal_expect(terminal, " PAUSED "), 0);
	/* Rows may be old: no key touches one, the command line and help still answer. */
	terminal_send(terminal, "j");
	terminal_expect(terminal, "the screen is paused, its rows may be old (p goes on)");
	terminal_send(terminal, "?");
	terminal_expect(terminal, "Help: Board");
	terminal_send(terminal, "q");
	terminal_expect_gone(terminal, "Help: Board");
	terminal_expect(terminal, "this is how it was, watching goes on (p shows how it is)");
	terminal_send(terminal, "Z");
	terminal_expect_gone(terminal, "PAUSED for");
	terminal_quit(terminal);
}

static void ascii_is_enough(void **state)
{
	static const char *const environment[] = {"LC_ALL=C", NULL};
	(void)state;
	struct terminal *terminal = start(80, 24, environment);
	terminal_expect(terminal, "+- 1 ");
	for (const char *c = terminal_text(terminal); *c; c++)
		assert_true((unsigned char)*c < 0x80);
	terminal_quit(terminal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_starts_and_gives_the_terminal_back),
		cmocka_unit_test(keys_and_commands_arrive),
		cmocka_unit_test(the_cursor_follows_the_selection),
		cmocka_unit_test(sizes_change),
		cmocka_unit_test(what_is_no_screen_is_said),
		cmocka_unit_test(a_small_terminal_can_be_left),
		cmocka_unit_test(escape_is_instant),
		cmocka_unit_test(pasted_text_presses_no_keys),
		cmocka_unit_test(hostile_text_is_inert),
		cmocka_unit_test(a_crash_gives_the_terminal_back),
		cmocka_unit_test(a_signal_ends_it_in_order),
		cmocka_unit_test(it_stops_and_goes_on),
		cmocka_unit_test(a_command_borrows_the_terminal),
		cmocka_unit_test(a_lost_terminal_ends_it),
		cmocka_unit_test(a_slow_terminal_blocks_nothing),
		cmocka_unit_test(a_stuck_terminal_can_be_left),
		cmocka_unit_test(an_alarm_rings_once),
		cmocka_unit_test(colours_are_where_they_are_wanted),
		cmocka_unit_test(colours_fit_the_terminal),
		cmocka_unit_test(text_is_copied_through_the_terminal),
		cmocka_unit_test(the_mouse_is_off_until_asked_for),
		cmocka_unit_test(a_paused_screen_stands_still),
		cmocka_unit_test(ascii_is_enough),
	};
	setlocale(LC_ALL, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
