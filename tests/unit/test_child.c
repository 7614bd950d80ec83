/* Commands under the supervisor: how they end, what is kept of what they say, and
 * that nothing of their tree outlives them. */
#include "config.h"

#include "base/mem.h"
#include "base/path.h"
#include "io/child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { QUICK_GRACE_MS = 300 };

static const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};

/* How much longer a command gets, each time when it was ended before it came to what the
 * test is about, as happens on a machine under load. */
static const int64_t patience[] = {1, 10, 100};

/* What `done` said, kept beyond it. */
struct told {
	struct loop *loop;
	struct child *child;
	struct child_result result;
	char *out, *err, *why;
	uint64_t streamed[3];
	const char *cancel_at; /* output that makes us cancel */
	int times;
};

static void on_output(void *arg, int stream, const char *bytes, size_t len)
{
	struct told *told = arg;

	told->streamed[stream] += len;
	if (told->cancel_at && len >= strlen(told->cancel_at) && memcmp(bytes, told->cancel_at, strlen(told->cancel_at)) == 0)
		child_cancel(told->child);
}

static void on_done(void *arg, const struct child_result *result)
{
	struct told *told = arg;

	told->times++;
	told->result = *result;
	told->out = xstrndup(result->out, result->out_len);
	told->err = xstrndup(result->err, result->err_len);
	told->why = xstrdup(result->why);
}

static const struct child_events events = {.output = on_output, .done = on_done};

static void run(struct told *told, const struct child_spec *spec)
{
	told->loop = loop_new();
	told->child = child_start(told->loop, spec, &events, told);
	assert_int_equal(told->times, 0);
	loop_run(told->loop);
	assert_int_equal(told->times, 1);
	loop_free(told->loop);
}

/* Runs a line of shell; `extra` may hold more of the spec. */
static void run_shell(struct told *told, const char *line, struct child_spec spec)
{
	const char *const argv[] = {"sh", "-c", line, NULL};

	spec.argv = argv;
	if (!spec.environment)
		spec.environment = environment;
	run(told, &spec);
}

static void told_free(struct told *told)
{
	free(told->out);
	free(told->err);
	free(told->why);
	*told = (struct told){0};
}

static void endings(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *name, *line;
		struct child_spec spec;
		int exit_code, signal;
		bool timed_out;
		const char *out, *err;
	} cases[] = {
		{"success", "echo hello", {0}, 0, 0, false, "hello\n", ""},
		{"exit code", "echo bad >&2; exit 37", {0}, 37, 0, false, "", "bad\n"},
		{"signal", "kill -9 $$", {0}, -1, SIGKILL, false, "", ""},
		{"input is empty", "cat; echo end", {0}, 0, 0, false, "end\n", ""},
		{"directory", "pwd", {.directory = "/"}, 0, 0, false, "/\n", ""},
		{"nothing inherited", "for fd in $(seq 0 99); do test -e /proc/$$/fd/$fd && echo $fd; done; true", {0}, 0, 0, false, "0\n1\n2\n", ""},
		{"no core dumps", "ulimit -c", {0}, 0, 0, false, "0\n", ""},
		{"default signals", "kill -PIPE $$; echo alive", {0}, -1, SIGPIPE, false, "", ""},
		{"timeout", "echo begun; sleep 1000", {.timeout_ms = 100}, -1, SIGTERM, true, "begun\n", ""},
		{"timeout, answered with an exit", "exec 2>/dev/null; trap 'exit 5' TERM; while :; do sleep 0.01; done", {.timeout_ms = 100}, 5, 0, true, "", ""},
		{"timeout, TERM ignored", "trap '' TERM; while :; do sleep 0.01; done", {.timeout_ms = 100, .grace_ms = QUICK_GRACE_MS}, -1, SIGKILL, true, "", ""},
		{"stopped, then ended", "kill -STOP $$", {.timeout_ms = 100}, -1, SIGTERM, true, "", ""},
	};

	/* Something that would be inherited. */
	assert_int_equal(dup2(STDOUT_FILENO, 50), 50);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct told told = {0};

		print_message("  %s\n", cases[i].name);
		for (size_t again = 0; again < ARRAY_LENGTH(patience); again++) {
			struct child_spec spec = cases[i].spec;

			told_free(&told);
			spec.timeout_ms *= patience[again];
			run_shell(&told, cases[i].line, spec);
			if (!told.result.timed_out || (strcmp(told.out, cases[i].out) == 0 && told.result.exit_code == cases[i].exit_code))
				break;
		}
		assert_string_equal(told.why, "");
		assert_true(told.result.started);
		assert_string_equal(told.out, cases[i].out);
		assert_string_equal(told.err, cases[i].err);
		assert_int_equal(told.result.exit_code, cases[i].exit_code);
		assert_int_equal(told.result.signal, cases[i].signal);
		assert_int_equal(told.result.timed_out, cases[i].timed_out);
		assert_false(told.result.cancelled);
		assert_false(told.result.survived);
		assert_true(told.result.duration_us > 0);
		told_free(&told);
	}
	close(50);
}

static void environment_is_exact(void **state TOCSIN_UNUSED)
{
	const char *const argv[] = {"env", NULL};
	const char *const given[] = {"B=1 2", "PATH=/usr/bin:/bin", "A=$B", NULL};
	struct told told = {0};

	run(&told, &(struct child_spec){.argv = argv, .environment = given});
	assert_string_equal(told.out, "B=1 2\nPATH=/usr/bin:/bin\nA=$B\n");
	told_free(&told);
	run(&told, &(struct child_spec){.argv = argv});
	assert_string_equal(told.out, "");
	assert_int_equal(told.result.exit_code, 0);
	told_free(&told);
}

static void what_cannot_start_says_why(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *program, *directory, *why;
	} cases[] = {
		{"no-such-program", NULL, "no-such-program: not found in PATH (install it or add it to PATH)"},
		{"no\x1b[2Jsuch", NULL, "not found in PATH (install it or add it to PATH)"},
		{"/no/such/program", NULL, "/no/such/program: no such file (check the path and its interpreter)"},
		{"/etc/passwd", NULL, "/etc/passwd: not executable (check its permissions)"},
		{"true", "/no/such/place", "/no/such/place: no such directory (create it or choose another)"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const char *const argv[] = {cases[i].program, NULL};
		struct told told = {0};

		run(&told, &(struct child_spec){.argv = argv, .environment = environment, .directory = cases[i].directory});
		assert_false(told.result.started);
		assert_non_null(strstr(told.why, cases[i].why));
		assert_null(strchr(told.why, '\x1b'));
		told_free(&told);
	}
}

static void too_long_arguments_say_so(void **state TOCSIN_UNUSED)
{
	enum { HUGE = 4 * 1024 * 1024 };
	char *word = xcalloc(1, HUGE);
	const char *const argv[] = {"echo", word, NULL};
	struct told told = {0};

	memset(word, 'x', HUGE - 1);
	run(&told, &(struct child_spec){.argv = argv, .environment = environment});
	assert_false(told.result.started);
	assert_string_equal(told.why, "echo: arguments and environment are too long (shorten them)");
	told_free(&told);
	free(word);
}

/* Each line prints the numbers of processes that try to outlive the command; one that
 * does not wait for them pauses until they have. */
static void nothing_outlives_the_command(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *name, *line;
		int64_t timeout_ms;
	} cases[] = {
		{"left in the background", "sleep 1000 & echo $!", 0},
		{"nohup", "nohup sleep 1000 >/dev/null 2>&1 & echo $!", 0},
		{"pipeline", "sleep 1000 | sleep 1000 & echo $!; wait", 100},
		{"own session", "setsid sh -c 'echo $$; exec sleep 1000' & wait", 100},
		{"own session, left", "setsid sh -c 'echo $$; exec sleep 1000' & sleep $PAUSE", 0},
		{"double fork", "(setsid sh -c '(sleep 1000 & echo $!) &' &) ; sleep $PAUSE", 0},
		{"deaf daemon", "setsid sh -c 'trap \"\" TERM HUP; echo $$; while :; do sleep 0.05; done' & sleep $PAUSE", 0},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct told told = {0};
		char *rest;

		print_message("  %s\n", cases[i].name);
		for (size_t again = 0; again < ARRAY_LENGTH(patience) && (!told.out || *told.out == '\0'); again++) {
			static const char *const pauses[] = {"PAUSE=0.1", "PAUSE=1", "PAUSE=10"};
			const char *const pausing[] = {environment[0], pauses[again], NULL};

			told_free(&told);
			run_shell(&told, cases[i].line, (struct child_spec){.environment = pausing, .timeout_ms = cases[i].timeout_ms * patience[again], .grace_ms = QUICK_GRACE_MS});
		}
		assert_false(told.result.survived);
		rest = told.out;
		for (int found = 0; found == 0 || *rest == '\n'; found++) {
			pid_t pid = (pid_t)strtol(rest, &rest, 10);

			if (found > 0 && pid == 0)
				break;
			assert_true(pid > 1);
			assert_int_equal(kill(pid, 0), -1);
			assert_int_equal(errno, ESRCH);
		}
		told_free(&told);
	}
}

static void noise_is_bounded_and_counted(void **state TOCSIN_UNUSED)
{
	enum {
		TOTAL = 10 * 1000 * 1000,
		KEEP = 1001,
	};
	struct told told = {0};

	run_shell(&told, "printf first; head -c 9999991 /dev/zero | tr '\\0' 'x'; printf last", (struct child_spec){.keep_bytes = KEEP});
	assert_int_equal(told.result.out_total, TOTAL);
	assert_int_equal(told.streamed[1], TOTAL);
	assert_int_equal(told.result.out_len, KEEP);
	assert_int_equal(told.result.out_head, KEEP - KEEP / 2);
	assert_memory_equal(told.out, "firstxxx", 8);
	assert_memory_equal(told.out + KEEP - 8, "xxxxlast", 8);
	assert_int_equal(told.result.err_total, 0);
	told_free(&told);
}

static void what_fits_is_kept_whole(void **state TOCSIN_UNUSED)
{
	struct told told = {0};

	run_shell(&told, "for i in 1 2 3 4 5; do printf $i$i$i; done", (struct child_spec){.keep_bytes = 15});
	assert_string_equal(told.out, "111222333444555");
	assert_int_equal(told.result.out_total, told.result.out_len);
	told_free(&told);
	run_shell(&told, "for i in 1 2 3 4 5; do printf $i$i$i; done", (struct child_spec){.keep_bytes = 14});
	assert_string_equal(told.out, "11122233444555");
	assert_int_equal(told.result.out_head, 7);
	told_free(&told);
}

/* What a pseudo-terminal changes: the command believes in a terminal, both streams are
 * one, its bytes are as it wrote them, and a daemon that left is ended all the same. */
static void a_pseudo_terminal_when_asked(void **state TOCSIN_UNUSED)
{
	struct told told = {0};

	run_shell(&told, "test -t 1 && test -t 2 && ! test -t 0 && printf 'yes\nand '; echo err >&2; stty -F /dev/tty size", (struct child_spec){.stage = CHILD_PTY});
	assert_int_equal(told.result.exit_code, 0);
	assert_string_equal(told.out, "yes\nand err\n40 120\n");
	assert_int_equal(told.result.err_total, 0);
	told_free(&told);
	run_shell(&told, "test -t 1 || test -t 2 || test -t 0 || echo pipes; tty -s </dev/tty", (struct child_spec){.stage = CHILD_PIPES});
	assert_string_equal(told.out, "pipes\n");
	assert_int_not_equal(told.result.exit_code, 0); /* no controlling terminal at all */
	told_free(&told);
	run_shell(&told, "setsid sleep 1000 & echo $!; sleep 0.1", (struct child_spec){.stage = CHILD_PTY, .grace_ms = QUICK_GRACE_MS});
	assert_int_equal(kill((pid_t)strtol(told.out, NULL, 10), 0), -1);
	told_free(&told);
}

static void without_a_terminal_none_is_lent(void **state TOCSIN_UNUSED)
{
	const char *const argv[] = {"true", NULL};
	struct told told = {0};
	int input = dup(STDIN_FILENO), null = open("/dev/null", O_RDONLY);

	assert_true(input >= 0 && null >= 0 && dup2(null, STDIN_FILENO) == STDIN_FILENO);
	run(&told, &(struct child_spec){.argv = argv, .environment = environment, .stage = CHILD_TERMINAL});
	assert_false(told.result.started);
	assert_non_null(strstr(told.why, "wants a terminal, and there is none"));
	told_free(&told);
	dup2(input, STDIN_FILENO);
	close(input);
	close(null);
}

static void cancelling_ends_the_tree(void **state TOCSIN_UNUSED)
{
	struct told told = {.cancel_at = "ready"};

	run_shell(&told, "sleep 1000 & echo ready; wait", (struct child_spec){0});
	assert_true(told.result.cancelled);
	assert_false(told.result.timed_out);
	assert_int_equal(told.result.signal, SIGTERM);
	told_free(&told);
}

/* A named pipe that only the tree holds open for writing: its end is the tree's end. */
struct held {
	char directory[32];
	char name[64];
};

static void held_make(struct held *held)
{
	snprintf(held->directory, sizeof(held->directory), "/tmp/tocsin-test-XXXXXX");
	assert_non_null(mkdtemp(held->directory));
	snprintf(held->name, sizeof(held->name), "%s/held", held->directory);
	assert_int_equal(mkfifo(held->name, 0600), 0);
}

static void held_assert_end(struct held *held, int fd)
{
	char byte;

	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	assert_int_equal(read(fd, &byte, 1), 0);
	close(fd);
	unlink(held->name);
	rmdir(held->directory);
}

/* A dropped child looks to its supervisor like a console that died. */
static void losing_the_console_ends_the_tree(void **state TOCSIN_UNUSED)
{
	const char *const argv[] = {"sh", "-c", "exec 9>held; setsid sleep 1000 & wait", NULL};
	struct told told = {.loop = loop_new()};
	struct held held;
	int fd;

	held_make(&held);
	told.child = child_start(told.loop, &(struct child_spec){.argv = argv, .environment = environment, .directory = held.directory}, &events, &told);
	fd = open(held.name, O_RDONLY); /* waits for the tree to open it */
	assert_true(fd >= 0);
	child_drop(told.child);
	held_assert_end(&held, fd);
	loop_run(told.loop);
	assert_int_equal(told.times, 0);
	loop_free(told.loop);
}

/* The command's own group still goes with a supervisor that was killed. */
static void losing_the_supervisor_is_told(void **state TOCSIN_UNUSED)
{
	struct told told = {0};
	struct held held;
	int fd;

	held_make(&held);
	fd = open(held.name, O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	run_shell(&told, "exec 9>held; sleep 1000 & kill -9 $PPID; wait", (struct child_spec){.directory = held.directory});
	assert_int_equal(told.result.signal, SIGKILL);
	assert_true(told.result.survived);
	assert_string_equal(told.why, "tocsin-supervise: ended from outside (look for what the command left running)");
	held_assert_end(&held, fd);
	told_free(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endings),
		cmocka_unit_test(environment_is_exact),
		cmocka_unit_test(what_cannot_start_says_why),
		cmocka_unit_test(too_long_arguments_say_so),
		cmocka_unit_test(nothing_outlives_the_command),
		cmocka_unit_test(noise_is_bounded_and_counted),
		cmocka_unit_test(what_fits_is_kept_whole),
		cmocka_unit_test(a_pseudo_terminal_when_asked),
		cmocka_unit_test(without_a_terminal_none_is_lent),
		cmocka_unit_test(cancelling_ends_the_tree),
		cmocka_unit_test(losing_the_console_ends_the_tree),
		cmocka_unit_test(losing_the_supervisor_is_told),
	};

	alarm(120); /* a tree that is never found gone would hang us */
	path_init("test_child");
	return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
