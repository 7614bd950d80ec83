/* The record: appending beside a bare write that is made durable, alone and with others
 * who append; and verifying beside the sha256sum program on the same file. All on the
 * disk of the build tree. */
#include "bench.h"

#include "base/mem.h"
#include "record/store.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	BURST = 64,
	EVENTS = 20000,
	EVENT_BYTES = 1024,
	WRITERS = 8,
	WRITES_A_SECOND = 5,
	WAITS_MAX = 400,
};

extern char **environ;

static const struct draft note = {
	.kind = EVENT_NOTE,
	.incident = "INC-1",
	.actor = "alice@ops1 pts/3",
	.source = "operator",
	.summary = "besu-validator-2 answers again after its pod was restarted",
	.data = "{\"component\":\"node/besu-validator-2\",\"from\":\"critical\",\"to\":\"ok\"}",
};

/* --- appending ---------------------------------------------------------------------- */

struct appending {
	struct store *store;
	struct draft drafts[BURST];
	size_t count;
};

static void append(void *arg)
{
	struct appending *appending = arg;
	struct error err = {0};

	bench_need(store_append(appending->store, appending->drafts, appending->count, NULL, &err) == STATUS_OK, err.text);
}

static void write_durably(void *arg)
{
	static const char bytes[EVENT_BYTES];
	int fd = *(int *)arg;

	bench_need(write(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes) && fdatasync(fd) == 0, "write and fdatasync");
}

static double measure_appends(struct appending *appending, int fd)
{
	double raw = bench_time(write_durably, &fd);

	appending->count = 1;
	bench_show(&(struct figure){"append 1 event, durably", IN_SECONDS, bench_time(append, appending), "write 1 KiB and fdatasync", raw, 0, false});
	appending->count = BURST;
	bench_show(&(struct figure){"append 1 event in a burst of 64", IN_SECONDS, bench_time(append, appending) / BURST, "write 1 KiB and fdatasync", raw, 0, false});
	return raw;
}

/* --- several who append --------------------------------------------------------------- */

struct writers {
	const char *record;
	double waits[WRITERS][WAITS_MAX];
	size_t counts[WRITERS];
	bool paced;
	double seconds;
};

static void write_for_a_while(struct writers *writers, int who)
{
	struct store *store;
	struct error err = {0};
	double until = bench_now() + writers->seconds;

	bench_need(store_open(&store, writers->record, STORE_WRITE, clock_system(), &err) == STATUS_OK, err.text);
	srand48(who);
	while (bench_now() < until) {
		if (writers->paced) {
			struct timespec nap = {.tv_nsec = (long)(drand48() * 2e9 / WRITES_A_SECOND)};
			nanosleep(&nap, NULL);
		}
		double began = bench_now();
		bench_need(store_append(store, &note, 1, NULL, &err) == STATUS_OK, err.text);
		writers->waits[who][writers->counts[who]++ % WAITS_MAX] = bench_now() - began;
	}
	store_close(store);
}

static void run_writers(struct writers *writers)
{
	pid_t pids[WRITERS];
	int code;

	memset(writers->counts, 0, sizeof(writers->counts));
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		bench_need(pids[i] >= 0, "starting a writer");
		if (pids[i] == 0) {
			write_for_a_while(writers, i);
			_exit(0);
		}
	}
	for (int i = 0; i < WRITERS; i++)
		bench_need(waitpid(pids[i], &code, 0) == pids[i] && code == 0, "a writer");
}

static double wait_percentile(const struct writers *writers, double share)
{
	double all[WRITERS * WAITS_MAX];
	size_t count = 0;

	for (int i = 0; i < WRITERS; i++)
		for (size_t k = 0; k < writers->counts[i] && k < WAITS_MAX; k++)
			all[count++] = writers->waits[i][k];
	return bench_percentile(all, count, share);
}

static void measure_writers(const char *record, double raw)
{
	struct writers *writers = bench_shared(sizeof(*writers));
	size_t events = 0;

	writers->record = record;
	writers->seconds = bench_quick() ? 2 : 5;
	run_writers(writers);
	for (int i = 0; i < WRITERS; i++)
		events += writers->counts[i];
	bench_show(&(struct figure){"append 1 event, 8 writers at once, of all", IN_SECONDS, writers->seconds / (double)events, "write 1 KiB and fdatasync", raw, 0, false});
	writers->paced = true;
	run_writers(writers);
	bench_show(&(struct figure){"append, 8 people, five a second each, p50", IN_SECONDS, wait_percentile(writers, 0.5), "write 1 KiB and fdatasync", raw, 0, false});
	bench_show(&(struct figure){"  p99", IN_SECONDS, wait_percentile(writers, 0.99), NULL, 0, 0, false});
}

/* --- verifying ------------------------------------------------------------------------- */

static void verify(void *arg)
{
	struct verification found;
	struct error err = {0};

	bench_need(store_verify(arg, &found, &err) == STATUS_OK && verification_holds(&found), "verify");
}

static void sum(void *arg)
{
	char *argv[] = {(char *)(uintptr_t) "sha256sum", arg, NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int code = 1;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	bench_need(posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) == 0, "starting sha256sum");
	posix_spawn_file_actions_destroy(&actions);
	bench_need(waitpid(pid, &code, 0) == pid && code == 0, "sha256sum");
}

static void measure_verify(struct appending *appending, char *path)
{
	struct head head;
	struct error err = {0};

	do {
		append(appending);
		bench_need(store_head(appending->store, &head, &err) == STATUS_OK, err.text);
	} while (head.seq < EVENTS);
	char *what = xasprintf("verify %llu events", (unsigned long long)head.seq);
	bench_show(&(struct figure){what, IN_SECONDS, bench_time(verify, appending->store), "sha256sum of the file", bench_time(sum, path), 0, false});
	free(what);
}

void bench_record(void)
{
	struct appending appending = {0};
	struct error err = {0};

	bench_part("the record (one durable append at a time, unless said)");
	char *record = xasprintf("%s/record.db", bench_directory()), *raw = xasprintf("%s/raw", bench_directory());
	int fd = open(raw, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	bench_need(fd >= 0, "making a file");
	bench_need(store_open(&appending.store, record, STORE_WRITE, clock_system(), &err) == STATUS_OK, err.text);
	for (size_t i = 0; i < BURST; i++)
		appending.drafts[i] = note;
	double one = measure_appends(&appending, fd);
	measure_writers(record, one);
	measure_verify(&appending, record);
	store_close(appending.store);
	close(fd);
	free(record);
	free(raw);
}
