/* The record: appending beside a bare write that is made durable, and verifying beside
 * the sha256sum program on the same file. All on the disk of the build tree. */
#include "bench.h"

#include "base/mem.h"
#include "record/store.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BURST = 64,
       EVENTS = 20000,
       EVENT_BYTES = 1024 };

extern char **environ;

static const struct draft note = {
	.kind = EVENT_NOTE,
	.incident = "INC-1",
	.actor = "alice@ops1 pts/3",
	.source = "operator",
	.summary = "besu-validator-2 answers again after its pod was restarted",
	.data = "{\"component\":\"node/besu-validator-2\",\"from\":\"critical\",\"to\":\"ok\"}",
};

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

static void verify(void *arg)
{
	struct verification found;
	struct error err = {0};

	bench_need(store_verify(arg, &found, &err) == STATUS_OK && verification_holds(&found), "verify");
}

static void sum(void *arg)
{
	char *argv[] = {(char *)"sha256sum", arg, NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int code = 1;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	bench_need(posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) == 0, "starting sha256sum");
	posix_spawn_file_actions_destroy(&actions);
	bench_need(waitpid(pid, &code, 0) == pid && code == 0, "sha256sum");
}

static void measure_appends(struct appending *appending, int fd)
{
	double raw = bench_time(write_durably, &fd);

	appending->count = 1;
	bench_row("append 1 event", bench_time(append, appending), "write 1 KiB and fdatasync", raw);
	appending->count = BURST;
	bench_row("append 1 event in a burst of 64", bench_time(append, appending) / BURST, "write 1 KiB and fdatasync", raw);
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
	bench_row(what, bench_time(verify, appending->store), "sha256sum of the file", bench_time(sum, path));
	free(what);
}

void bench_record(void)
{
	char directory[] = "bench-XXXXXX";
	struct appending appending = {0};
	struct error err = {0};

	bench_need(mkdtemp(directory) != NULL, "making a directory");
	char *record = xasprintf("%s/record.db", directory), *raw = xasprintf("%s/raw", directory);
	int fd = open(raw, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	bench_need(fd >= 0, "making a file");
	bench_need(store_open(&appending.store, record, STORE_WRITE, clock_system(), &err) == STATUS_OK, err.text);
	for (size_t i = 0; i < BURST; i++)
		appending.drafts[i] = note;
	measure_appends(&appending, fd);
	measure_verify(&appending, record);
	store_close(appending.store);
	close(fd);
	char *rm[] = {(char *)"rm", (char *)"-rf", directory, NULL};
	pid_t pid;
	if (posix_spawnp(&pid, rm[0], NULL, NULL, rm, environ) == 0)
		waitpid(pid, NULL, 0);
	free(record);
	free(raw);
}
