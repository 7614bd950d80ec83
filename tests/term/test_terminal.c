/* The console on a real terminal: what no canvas can show. Each test runs the built
 * program on its demo network. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "harness.h"

static const char *const healthy[] = {"demo", "healthy", NULL};

static struct terminal *start(int columns, int rows, const char *const *environment)
{
	struct terminal *terminal = terminal_start(columns, rows, environment, healthy);
	terminal_expect(terminal, columns >= 40 && rows >= 10 ? "besu-validator-0" : "Too small");
	return terminal;
}

static void quit(struct terminal *terminal)
{
	terminal_send(terminal, ":quit now\r");
	int status = terminal_wait(terminal, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_false(terminal_on_alternate_screen(terminal));
	assert_true(terminal_is_cooked(terminal));
	terminal_free(terminal);
}

static void it_starts_and_gives_the_terminal_back(void **state)
{
	(void)state;
	struct terminal *terminal = start(80, 24, NULL);
	assert_true(terminal_on_alternate_screen(terminal));
	assert_false(terminal_is_cooked(terminal));
	quit(terminal);
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
	quit(terminal);
}

/* The cursor is where screen readers look, on the marker of the selected row. */
static void the_cursor_follows_the_selection(void **state)
{
	int x, y, before;
	bool visible;
	(void)state;
	struct terminal *terminal = start(100, 30, NULL);
	terminal_settle(terminal, 200);
	terminal_cursor(terminal, &x, &before, &visible);
	assert_true(visible);
	terminal_send(terminal, "\033OB");
	for (y = before; y == before;) {
		terminal_settle(terminal, 20);
		terminal_cursor(terminal, &x, &y, &visible);
	}
	assert_int_equal(y, before + 1);
	assert_int_equal(x, 1);
	quit(terminal);
}

static void sizes_change(void **state)
{
	(void)state;
	struct terminal *terminal = start(80, 24, NULL);
	terminal_resize(terminal, 140, 42);
	/* The hints move to the new last line. */
	for (int tries = 0; tries < 100 && terminal_expect(terminal, "q back") != 41; tries++)
		terminal_settle(terminal, 50);
	assert_int_equal(terminal_expect(terminal, "q back"), 41);
	assert_non_null(strstr(terminal_text(terminal), "besu-validator-0"));
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
	quit(terminal);
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
		assert_true(terminal_is_cooked(terminal));
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

/* Far less than the second that curses waits by itself, on a machine under load. */
static void escape_is_instant(void **state)
{
	(void)state;
	struct terminal *terminal = start(80, 24, NULL);
	terminal_send(terminal, "?");
	terminal_expect(terminal, "Help: Board");
	terminal_settle(terminal, 100);
	int64_t before = clock_mono_us(clock_system());
	terminal_send(terminal, "\033");
	terminal_expect_gone(terminal, "Help: Board");
	assert_true(clock_mono_us(clock_system()) - before < 500 * US_PER_MS);
	quit(terminal);
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
	quit(terminal);
}

/* Escape sequences inside text are shown, never obeyed. */
static void hostile_text_is_inert(void **state)
{
	(void)state;
	struct terminal *terminal = start(80, 24, NULL);
	terminal_send(terminal, ":");
	terminal_send(terminal, "\033[200~x\xc2\x9b"
				"2J\x07\xe2\x80\xae"
				"evil\033[201~");
	terminal_expect(terminal, "evil");
	assert_non_null(strstr(terminal_text(terminal), "besu-validator-0"));
	assert_null(strstr(terminal_text(terminal), "\xe2\x80\xae"));
	assert_int_equal(terminal_bells(terminal), 0);
	terminal_send(terminal, "\033");
	quit(terminal);
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
		assert_false(terminal_on_alternate_screen(terminal));
		assert_true(terminal_is_cooked(terminal));
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
		assert_false(terminal_on_alternate_screen(terminal));
		assert_true(terminal_is_cooked(terminal));
		assert_non_null(strstr(terminal_text(terminal), "ended by a signal"));
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
	assert_false(terminal_on_alternate_screen(terminal));
	assert_true(terminal_is_cooked(terminal));
	terminal_signal(terminal, SIGCONT);
	terminal_expect(terminal, "Help: Board");
	assert_true(terminal_on_alternate_screen(terminal));
	assert_false(terminal_is_cooked(terminal));
	terminal_send(terminal, "q");
	terminal_expect_gone(terminal, "Help: Board");
	quit(terminal);
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
	quit(terminal);
}

/* Nobody reads at all any more: it ends when it is told to. */
static void a_stuck_terminal_can_be_left(void **state)
{
	(void)state;
	struct terminal *terminal = start(200, 60, NULL);
	terminal_clog(terminal);
	terminal_signal(terminal, SIGTERM);
	assert_true(WIFEXITED(terminal_wait(terminal, WAIT_UNREAD)));
	assert_true(terminal_is_cooked(terminal));
	terminal_free(terminal);
}

/* One bell and one title for a new P0, however often the screen is drawn after it. */
static void an_alarm_rings_once(void **state)
{
	static const char *const outage[] = {"demo", "network-outage", NULL};
	(void)state;
	struct terminal *terminal = terminal_start(100, 30, NULL, outage);
	terminal_expect(terminal, "ALARM P0");
	terminal_settle(terminal, 300);
	terminal_send(terminal, "?q");
	terminal_settle(terminal, 300);
	assert_int_equal(terminal_bells(terminal), 1);
	assert_non_null(strstr(terminal_title(terminal), "tocsin: P0 "));
	quit(terminal);
}

static bool any_colour(struct terminal *terminal, int columns, int rows)
{
	for (int y = 0; y < rows; y++) {
		for (int x = 0; x < columns; x++) {
			struct terminal_cell cell = terminal_cell(terminal, x, y);
			if (!cell.default_fg || !cell.default_bg)
				return true;
		}
	}
	return false;
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
		terminal_settle(terminal, 100);
		assert_int_equal(any_colour(terminal, 80, 24), cases[i].colour);
		/* The background is the terminal's own where nothing stands on it. */
		assert_true(terminal_cell(terminal, 0, 20).default_bg);
		quit(terminal);
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
		size_t coloured = 0;
		print_message("%s\n", cases[i].name);
		if (*cases[i].terminfo && access(cases[i].terminfo, F_OK) != 0)
			continue;
		struct terminal *terminal = terminal_start(80, 24, cases[i].environment, arguments);
		terminal_expect(terminal, "besu-validator-0");
		terminal_settle(terminal, 100);
		for (int at = 0; at < 80 * 24; at++) {
			struct terminal_cell cell = terminal_cell(terminal, at % 80, at / 80);
			const int numbers[] = {cell.fg, cell.bg};
			const bool defaults[] = {cell.default_fg, cell.default_bg};
			for (size_t n = 0; n < ARRAY_LENGTH(numbers); n++) {
				if (defaults[n])
					continue;
				coloured++;
				assert_in_range(numbers[n] + 1, cases[i].lowest + 1, cases[i].highest + 1);
			}
		}
		assert_true(coloured > 50);
		quit(terminal);
	}
}

/* --- clipboard, mouse, pause ------------------------------------------------------- */

static void expect_sent(struct terminal *terminal, const char *bytes)
{
	for (int tries = 0; tries < 200 && !terminal_was_sent(terminal, bytes); tries++)
		terminal_settle(terminal, 20);
	assert_true(terminal_was_sent(terminal, bytes));
}

static void text_is_copied_through_the_terminal(void **state)
{
	static const char *const tmux[] = {"TMUX=/tmp/none,1,0", NULL};
	(void)state;
	struct terminal *terminal = start(120, 30, NULL);
	terminal_send(terminal, ":copy h\303\251llo, \"x\"\r");
	terminal_expect(terminal, "went to the clipboard");
	assert_true(terminal_was_sent(terminal, "\033]52;c;aMOpbGxvLCAieCI=\033\\"));
	assert_false(terminal_was_sent(terminal, "tmux;"));
	/* The selected row: "OK  besu…" begins so in base64, whatever follows. */
	terminal_expect(terminal, "6 ok");
	terminal_send(terminal, "y");
	expect_sent(terminal, "\033]52;c;T0sgIGJlc3");
	/* A whole text of several lines: "Everywhere" comes first on the board. */
	terminal_send(terminal, "?");
	terminal_expect(terminal, "Help: Board");
	terminal_send(terminal, "y");
	expect_sent(terminal, "\033]52;c;RXZlcnl3aGVyZ");
	terminal_send(terminal, "q");
	quit(terminal);
	terminal = start(120, 30, tmux);
	terminal_send(terminal, ":copy a\r");
	terminal_expect(terminal, "in tmux with set-clipboard on");
	assert_true(terminal_was_sent(terminal, "\033Ptmux;\033\033]52;c;YQ==\a\033\\"));
	quit(terminal);
}

/* The terminal keeps its mouse until it is asked for, and gets it back. */
static void the_mouse_is_off_until_asked_for(void **state)
{
	int x, y;
	bool visible;
	(void)state;
	struct terminal *terminal = start(120, 30, NULL);
	terminal_settle(terminal, 200);
	assert_false(terminal_was_sent(terminal, "1000h"));
	terminal_send(terminal, ":mouse\r");
	terminal_expect(terminal, "the mouse selects rows");
	assert_true(terminal_was_sent(terminal, "1000h"));
	terminal_send(terminal, "j");
	assert_int_equal(terminal_expect(terminal, "MOUSE  ?"), 29);
	int row = terminal_expect(terminal, "besu-rpc-0");
	char press[64];
	terminal_send(terminal, text_format(press, sizeof(press), "\033[<0;10;%dM\033[<0;10;%dm", row + 1, row + 1));
	for (int tries = 0; tries < 100; tries++) {
		terminal_settle(terminal, 20);
		terminal_cursor(terminal, &x, &y, &visible);
		if (y == row)
			break;
	}
	assert_int_equal(y, row);
	/* The wheel goes up. */
	terminal_send(terminal, "\033[<64;10;8M");
	for (int tries = 0; tries < 100 && y == row; tries++) {
		terminal_settle(terminal, 20);
		terminal_cursor(terminal, &x, &y, &visible);
	}
	assert_true(y < row);
	terminal_send(terminal, ":mouse\r");
	terminal_expect(terminal, "the terminal's own again");
	assert_true(terminal_was_sent(terminal, "1000l"));
	quit(terminal);
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
	quit(terminal);
}

static void ascii_is_enough(void **state)
{
	static const char *const environment[] = {"LC_ALL=C", NULL};
	(void)state;
	struct terminal *terminal = start(80, 24, environment);
	terminal_settle(terminal, 100);
	for (const char *c = terminal_text(terminal); *c; c++)
		assert_true((unsigned char)*c < 0x80);
	terminal_expect(terminal, "+- 1 ");
	quit(terminal);
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
