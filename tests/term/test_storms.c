/* The console on a terminal that behaves badly: sizes that never settle, stops in a row,
 * a line that is lost in the middle of a frame, and no memory left. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "harness.h"

static struct terminal *start(int columns, int rows)
{
	static const char *const healthy[] = {"demo", "healthy", NULL};
	struct terminal *terminal = terminal_start(columns, rows, NULL, healthy);

	terminal_expect(terminal, "besu-validator-0");
	return terminal;
}

static uint32_t next_random(uint32_t *state, uint32_t below)
{
	*state = *state * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(*state >> 8) * below >> 24);
}

/* Hundreds of sizes, from one cell to a wall, some with nothing between them; keys go on
 * counting, and the last size is what the screen has. */
static void a_storm_of_sizes_passes(void **state)
{
	uint32_t random = 7;

	(void)state;
	struct terminal *terminal = start(80, 24);
	for (int i = 0; i < 400; i++) {
		int columns = 1 + (int)next_random(&random, 320), rows = 1 + (int)next_random(&random, 110);
		terminal_resize(terminal, columns, rows);
		if (i % 10 == 0)
			terminal_send(terminal, i % 20 ? "q" : "?");
		if (i % 25 == 0)
			terminal_read(terminal);
	}
	terminal_resize(terminal, 100, 30);
	terminal_send(terminal, "\033\014");
	terminal_expect(terminal, "besu-validator-0");
	terminal_send(terminal, ":messages\r");
	terminal_expect(terminal, "Messages");
	terminal_quit(terminal);
}

/* A signal for a size that did not change, again and again. */
static void empty_size_signals_cost_nothing(void **state)
{
	(void)state;
	struct terminal *terminal = start(80, 24);
	for (int i = 0; i < 2000; i++)
		terminal_signal(terminal, SIGWINCH);
	terminal_send(terminal, "?");
	terminal_expect(terminal, "Help: Board");
	terminal_quit(terminal);
}

static void it_stops_again_and_again(void **state)
{
	(void)state;
	struct terminal *terminal = start(80, 24);
	for (int i = 0; i < 10; i++) {
		terminal_signal(terminal, SIGTSTP);
		assert_true(WIFSTOPPED(terminal_wait(terminal, WAIT_STOPPED)));
		terminal_expect_given_back(terminal);
		terminal_resize(terminal, 80 + i, 24 + i);
		terminal_signal(terminal, SIGCONT);
		terminal_expect(terminal, "besu-validator-0");
		assert_false(terminal_is_cooked(terminal));
	}
	terminal_quit(terminal);
}

/* The line is lost while frames wait to be sent, and while it is stopped. */
static void a_line_lost_at_a_bad_moment_ends_it(void **state)
{
	(void)state;
	struct terminal *terminal = start(200, 60);
	terminal_clog(terminal);
	terminal_hang_up(terminal);
	assert_true(WIFEXITED(terminal_wait(terminal, WAIT_UNREAD)));
	terminal_free(terminal);

	terminal = start(80, 24);
	terminal_signal(terminal, SIGTSTP);
	assert_true(WIFSTOPPED(terminal_wait(terminal, WAIT_STOPPED)));
	terminal_hang_up(terminal);
	terminal_signal(terminal, SIGCONT);
	int status = terminal_wait(terminal, WAIT_UNREAD);
	assert_true(WIFEXITED(status) || WTERMSIG(status) == SIGHUP);
	terminal_free(terminal);
}

/* Whichever allocation fails first, ours or a library's: the terminal is given back. */
static void without_memory_the_terminal_is_given_back(void **state)
{
	(void)state;
#if defined(__SANITIZE_ADDRESS__)
	skip(); /* it cannot live within a limit */
#endif
	struct terminal *terminal = start(80, 24);
	if (!terminal_exhaust_memory(terminal)) {
		terminal_free(terminal);
		skip();
	}
	terminal_resize(terminal, 400, 200);
	terminal_send(terminal, "?");
	int status = terminal_wait(terminal, 0);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	terminal_expect_given_back(terminal);
	terminal_free(terminal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_storm_of_sizes_passes),
		cmocka_unit_test(empty_size_signals_cost_nothing),
		cmocka_unit_test(it_stops_again_and_again),
		cmocka_unit_test(a_line_lost_at_a_bad_moment_ends_it),
		cmocka_unit_test(without_memory_the_terminal_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
