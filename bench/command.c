/* A command that prints 1 GB: how long it takes beside a program that only counts it, how
 * much memory it needs at most, and how long the screen waits meanwhile. */
#include "bench.h"

#include "base/mem.h"
#include "io/loop.h"
#include "watch/exec.h"
#include "watch/screenful.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <spawn.h>

/* When there is little time, less of it. The first 64 MB cost most, because they are kept: so
 * the ratio is only judged over the whole. */
#define FLOOD(bytes) "yes 'a line of output that is repeated very often' | head -c " bytes
#define BYTES_WHOLE "1000000000"
#define BYTES_QUICK "100000000"

static const char *flood_text(void)
{
	return bench_quick() ? FLOOD(BYTES_QUICK) : FLOOD(BYTES_WHOLE);
}

static uint64_t flood_bytes(void)
{
	return strtoull(bench_quick() ? BYTES_QUICK : BYTES_WHOLE, NULL, 10);
}

enum { TICK_MS = 5 };

extern char **environ;

struct measured {
	double seconds, stall, grown_bytes, whole_bytes;
};

struct flood {
	struct loop *loop;
	struct screenful screen;
	struct measured *out;
	double ticked;
	bool good;
};

static void on_text(void *arg, int stream, const char *text, size_t len)
{
	struct flood *flood = arg;

	(void)stream;
	screenful_add(&flood->screen, text, len);
}

static void on_skipped(void *arg, uint64_t lines)
{
	struct flood *flood = arg;

	screenful_skip(&flood->screen, lines);
}

static void on_done(void *arg, const struct exec_result *result)
{
	struct flood *flood = arg;

	flood->good = result->child->started && result->child->exit_code == 0 && result->child->out_total == flood_bytes();
	flood->out->whole_bytes = (double)result->whole_len;
	loop_stop(flood->loop);
}

/* A key would have been seen now. */
static void on_tick(void *arg)
{
	struct flood *flood = arg;
	double now = bench_now(), late = now - flood->ticked - TICK_MS / 1000.0;

	if (late > flood->out->stall)
		flood->out->stall = late;
	flood->ticked = now;
}

static double peak_bytes(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss * 1024 : 0;
}

static void run_flood(void *arg)
{
	static const struct exec_events events = {.text = on_text, .skipped = on_skipped, .done = on_done};
	struct measured *out = arg;
	struct flood flood = {.loop = loop_new(), .out = out};
	struct config config = {0};
	struct mask *mask = mask_new();
	struct command_view view = {.bound = {.script = xstrdup(flood_text())}, .interpreter = "/bin/sh", .directory = "/"};
	const struct exec_spec spec = {.view = &view, .config = &config, .mask = mask};
	double before = peak_bytes(), began = bench_now();

	mask_add_url(mask, "https://me:hunter2@node.example/v3/0123456789abcdef0123456789abcdef?token=t1");
	screenful_init(&flood.screen);
	flood.ticked = began;
	struct loop_timer *tick = loop_timer(flood.loop, TICK_MS, TICK_MS, on_tick, &flood);
	exec_start(flood.loop, &spec, &events, &flood);
	loop_run(flood.loop);
	out->seconds = bench_now() - began;
	out->grown_bytes = peak_bytes() - before;
	bench_need(flood.good, "a command that prints very much");
	loop_timer_stop(tick);
	screenful_free(&flood.screen);
	mask_free(mask);
	free(view.bound.script);
	loop_free(flood.loop);
}

static double count_bytes(void)
{
	char command[160];
	char *const argv[] = {(char[]){"sh"}, (char[]){"-c"}, command, NULL};
	double began = bench_now();
	pid_t pid;
	int status;

	snprintf(command, sizeof(command), "%s | wc -c >/dev/null", flood_text());
	bench_need(posix_spawnp(&pid, "sh", NULL, NULL, argv, environ) == 0 && waitpid(pid, &status, 0) == pid && status == 0, "wc -c");
	return bench_now() - began;
}

void bench_command(void)
{
	struct measured *measured = bench_shared(sizeof(*measured));

	bench_part(bench_quick() ? "a command that prints 100 MB" : "a command that prints 1 GB");
	bench_apart(run_flood, measured);
	bench_show(&(struct figure){"to its end", IN_SECONDS, measured->seconds, "the same into wc -c", count_bytes(), bench_quick() ? 0 : 6, false});
	bench_show(&(struct figure){"memory at most, with 64 MB of evidence", IN_BYTES, measured->grown_bytes, NULL, 0, 256e6, true});
	bench_show(&(struct figure){"the longest that a key waits", IN_SECONDS, measured->stall, NULL, 0, 0.25, true});
}
