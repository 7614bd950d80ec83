/* The console in a terminal: how soon a key is answered while thousands of nodes are
 * polled, what an idle screen costs, and how it starts; beside htop, which watches as
 * much of one machine as we do of a network. */
#include "bench.h"
#include "peer.h"
#include "terminal.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "record/store.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	COLUMNS = 200,
	ROWS = 60,
	KEYS_MAX = 500,
	FEW = 4,
};

static char program[512];

/* Writes a configuration of so many nodes; returns its path, owned. */
static char *configure(const struct peer *peer, size_t nodes)
{
	char *path = xasprintf("%s/network-%zu.conf", bench_directory(), nodes), url[PEER_URL];
	FILE *file = fopen(path, "w");

	bench_need(file != NULL, "writing a configuration");
	fprintf(file, "[network]\nname = bench\nchain_id = 138\n");
	for (size_t i = 0; i < nodes; i++)
		fprintf(file, "[node rpc-%04zu]\nurl = %s\n", i, peer_url(url, peer, i));
	bench_need(fclose(file) == 0, "writing a configuration");
	return path;
}

static void open_console(struct terminal *terminal, const char *config, const char *record)
{
	const char *const argv[] = {program, "--config", config, "--db", record, NULL};

	terminal_open(terminal, COLUMNS, ROWS, argv);
}

/* --- key to screen ---------------------------------------------------------------------- */

/* Another operator who notes something five times a second. */
static pid_t start_writer(const char *record)
{
	pid_t pid = fork();

	bench_need(pid >= 0, "starting a writer");
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	struct store *store;
	struct error err = {0};
	const struct draft draft = {.kind = EVENT_NOTE, .actor = "alice@ops1", .source = "operator", .summary = "looked at the dashboards, nothing new"};
	bench_need(store_open(&store, record, STORE_WRITE, clock_system(), &err) == STATUS_OK, err.text);
	for (;;) {
		struct timespec nap = {.tv_nsec = 200000000};
		nanosleep(&nap, NULL);
		bench_need(store_append(store, &draft, 1, NULL, &err) == STATUS_OK, err.text);
	}
}

enum { NODE_NAME = sizeof("rpc-0000") };

/* The name in the row of the selection, "" when there is none. */
static const char *selected(struct terminal *terminal, char name[NODE_NAME])
{
	char row[4096];
	int y = terminal_find(terminal, "│› ");
	const char *at = y < 0 ? NULL : strstr(terminal_row(terminal, y, row, sizeof(row)), "rpc-");

	return text_format(name, NODE_NAME, "%s", at ? at : "");
}

/* Types a key that moves the selection and waits until another node has it: seconds. */
static double one_key(struct terminal *terminal, const char *key)
{
	char before[NODE_NAME], now[NODE_NAME];
	double began;

	bench_need(*selected(terminal, before), "finding the selection");
	began = bench_now();
	terminal_type(terminal, key);
	while (!*selected(terminal, now) || strcmp(now, before) == 0)
		bench_need(bench_now() - began < 5 && terminal_hear(terminal, began + 5), "moving the selection");
	return terminal->heard - began;
}

static void measure_keys(size_t nodes)
{
	struct peer peer;
	struct terminal terminal;
	double times[KEYS_MAX];
	int keys = bench_quick() ? 150 : KEYS_MAX;
	char what[64], *record = xasprintf("%s/keys.db", bench_directory());

	peer_start(&peer, 1);
	peer_set(&peer, PEER_FIFTH_FAILS);
	char *config = configure(&peer, nodes);
	open_console(&terminal, config, record);
	bench_need(terminal_wait(&terminal, "critical", 60) >= 0, "seeing the nodes");
	pid_t writer = start_writer(record);
	terminal_listen(&terminal, bench_now() + (bench_quick() ? 4 : 25));
	double memory = process_memory(terminal.pid), began = bench_now(), cpu = process_cpu(terminal.pid);
	for (int i = 0; i < keys; i++) {
		terminal_listen(&terminal, bench_now() + 0.02 + 0.04 * drand48());
		times[i] = one_key(&terminal, i / 8 % 2 ? "k" : "j");
	}
	double passed = bench_now() - began, used = process_cpu(terminal.pid) - cpu;
	if (!bench_quick())
		terminal_listen(&terminal, bench_now() + 60);
	double growth = process_memory(terminal.pid) - memory, span = bench_now() - began;
	text_format(what, sizeof(what), "key to screen, %zu polled, a fifth fails, p50", nodes);
	bench_show(&(struct figure){what, IN_SECONDS, bench_percentile(times, (size_t)keys, 0.5), NULL, 0, 0.001, true});
	bench_show(&(struct figure){"  p99", IN_SECONDS, bench_percentile(times, (size_t)keys, 0.99), NULL, 0, 0.010, true});
	bench_show(&(struct figure){"  of one core, polling and keys", IN_PERCENT, used / passed, NULL, 0, 0, false});
	bench_show(&(struct figure){"  memory", IN_BYTES, memory, NULL, 0, 0, false});
	if (!bench_quick())
		bench_show(&(struct figure){"  its growth per minute", IN_BYTES, growth > 0 ? growth * 60 / span : 0, NULL, 0, 0, false});
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
	terminal_close(&terminal);
	peer_stop(&peer);
	free(config);
	free(record);
}

/* --- idle, start, memory ----------------------------------------------------------------- */

struct cost {
	double first, idle, memory; /* first frame after, share of a core, bytes; < 0: not had */
};

/* How a program starts and what it costs when nobody touches it. */
static void measure_program(struct terminal *terminal, const char *sign, struct cost *cost)
{
	int seconds = bench_quick() ? 6 : 20;

	cost->first = terminal_wait(terminal, sign, 10);
	bench_need(cost->first >= 0, "seeing a first frame");
	terminal_listen(terminal, bench_now() + (bench_quick() ? 4 : 5));
	double cpu = process_cpu(terminal->pid), began = bench_now();
	terminal_listen(terminal, began + seconds);
	cost->idle = (process_cpu(terminal->pid) - cpu) / (bench_now() - began);
	cost->memory = process_memory(terminal->pid);
	terminal_close(terminal);
}

static void measure_idle(void)
{
	static const char *const htop[] = {"htop", NULL};
	struct peer peer;
	struct terminal terminal;
	struct cost ours, theirs = {-1, -1, -1};
	char *record = xasprintf("%s/idle.db", bench_directory());

	peer_start(&peer, 1);
	char *config = configure(&peer, FEW);
	open_console(&terminal, config, record);
	measure_program(&terminal, "rpc-0003", &ours);
	peer_stop(&peer);
	if (bench_have(htop[0])) {
		terminal_open(&terminal, COLUMNS, ROWS, htop);
		measure_program(&terminal, "PID", &theirs);
	}
	bench_show(&(struct figure){"idle screen, four nodes polled, of one core", IN_PERCENT, ours.idle, "htop", theirs.idle, 0.003, true});
	bench_show(&(struct figure){"start to first frame", IN_SECONDS, ours.first, "htop", theirs.first, 0, false});
	bench_show(&(struct figure){"memory, four nodes", IN_BYTES, ours.memory, "htop", theirs.memory, 0, false});
	free(config);
	free(record);
}

void bench_console(void)
{
	bench_part("the console (200x60, in a terminal)");
	text_format(program, sizeof(program), "%s", bench_program());
	measure_idle();
	measure_keys(5000);
}
