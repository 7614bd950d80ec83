/* bench: runs every benchmark and prints one table. Exits 1 when a gate was missed. */
#include "config.h"

#include "bench.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

#include <locale.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 7 };
static const double round_seconds = 0.05;
static unsigned passed, missed, not_had;
static char directory[512];

extern char **environ;

/* --- measuring --------------------------------------------------------------------- */

bool bench_quick(void)
{
	const char *quick = getenv("QUICK");

	return quick && *quick && strcmp(quick, "0") != 0;
}

double bench_now(void)
{
	return (double)clock_mono_us(clock_system()) / (double)US_PER_S;
}

double bench_cpu(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

double bench_percentile(double *values, size_t count, double share)
{
	if (count == 0)
		return -1;
	qsort(values, count, sizeof(values[0]), compare);
	return values[(size_t)((double)(count - 1) * share)];
}

double bench_median(double *values, size_t count)
{
	return bench_percentile(values, count, 0.5);
}

double bench_time(void (*work)(void *arg), void *arg)
{
	double rounds[ROUNDS];

	work(arg); /* warm */
	for (int i = 0; i < ROUNDS; i++) {
		double begun = bench_now(), spent = 0;
		long calls = 0;
		while (spent < round_seconds) {
			work(arg);
			calls++;
			spent = bench_now() - begun;
		}
		rounds[i] = spent / (double)calls;
	}
	return bench_median(rounds, ROUNDS);
}

void *bench_shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	bench_need(memory != MAP_FAILED, "sharing memory");
	return memory;
}

void bench_apart(void (*work)(void *arg), void *arg)
{
	int code = 1;

	fflush(stdout);
	pid_t pid = fork();
	bench_need(pid >= 0, "starting a process");
	if (pid == 0) {
		work(arg);
		_exit(0);
	}
	bench_need(waitpid(pid, &code, 0) == pid && code == 0, "a measuring process");
}

void bench_need(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "bench: %s failed\n", what);
	exit(2);
}

bool bench_have(const char *tool)
{
	const char *path = getenv("PATH");
	char place[512];

	for (size_t len; path && *path; path += len + (path[len] == ':')) {
		len = strcspn(path, ":");
		if (access(text_format(place, sizeof(place), "%.*s/%s", (int)len, path, tool), X_OK) == 0)
			return true;
	}
	return false;
}

const char *bench_program(void)
{
	static char path[512];
	const char *build = getenv("TOCSIN_BUILD");

	return text_format(path, sizeof(path), "%s/src/tocsin", build ? build : ".");
}

const char *bench_directory(void)
{
	return directory;
}

/* --- the table ----------------------------------------------------------------------- */

static char *put_value(char *dst, size_t size, enum unit_of unit, double value)
{
	if (value < 0)
		return text_format(dst, size, "n/a");
	switch (unit) {
	case IN_SECONDS:
		if (value < 1e-3)
			return text_format(dst, size, "%.1f us", value * 1e6);
		if (value < 1)
			return text_format(dst, size, "%.2f ms", value * 1e3);
		return text_format(dst, size, "%.2f s", value);
	case IN_PERCENT:
		return text_format(dst, size, "%.2f %%", value * 100);
	case IN_BYTES:
		if (value < 64 * 1024)
			return text_format(dst, size, "%.0f B", value);
		return text_format(dst, size, "%.1f MB", value / 1e6);
	case IN_COUNT:
		break;
	}
	return text_format(dst, size, "%.4g", value);
}

static const char *judge(const struct figure *f, double ratio)
{
	double judged = f->of_value ? f->value : ratio;

	if (f->gate <= 0)
		return "";
	if (f->value < 0 || judged < 0) {
		not_had++;
		return "n/a";
	}
	if (judged <= f->gate) {
		passed++;
		return "pass";
	}
	missed++;
	return "MISS";
}

static void put_gate(char *dst, size_t size, const struct figure *f)
{
	char limit[32];

	dst[0] = '\0';
	if (f->gate <= 0)
		return;
	if (f->of_value)
		text_format(dst, size, "<= %s", put_value(limit, sizeof(limit), f->unit, f->gate));
	else
		text_format(dst, size, "<= %.4g x", f->gate);
}

void bench_show(const struct figure *f)
{
	double ratio = f->beside_what && f->beside > 0 && f->value >= 0 ? f->value / f->beside : -1;
	char value[32], beside[32] = "", times[32] = "", gate[48];

	if (f->beside_what)
		put_value(beside, sizeof(beside), f->unit, f->beside);
	if (ratio >= 0)
		text_format(times, sizeof(times), "%.3g x", ratio);
	put_gate(gate, sizeof(gate), f);
	printf("%-50s %10s  %-36s %10s %8s  %-12s %s\n", f->what, put_value(value, sizeof(value), f->unit, f->value),
	       f->beside_what ? f->beside_what : "", beside, times, gate, judge(f, ratio));
	fflush(stdout);
}

void bench_part(const char *name)
{
	printf("\n%s\n", name);
	fflush(stdout);
}

/* --- all of them ----------------------------------------------------------------------- */

static void remove_directory(void)
{
	char *argv[] = {(char *)"rm", (char *)"-rf", directory, NULL};
	pid_t pid;

	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) == 0)
		waitpid(pid, NULL, 0);
}

/* On the disk of the build tree. */
static void make_directory(void)
{
	char here[400];

	bench_need(getcwd(here, sizeof(here)) != NULL, "finding this directory");
	text_format(directory, sizeof(directory), "%s/bench-XXXXXX", here);
	bench_need(mkdtemp(directory) != NULL, "making a directory");
}

/* The parts named by the arguments, or all of them. */
static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} parts[] = {
		{"polling", bench_polling},
		{"decoding", bench_decoding},
		{"lanes", bench_lanes},
		{"screen", bench_screen},
		{"console", bench_console},
		{"record", bench_record},
		{"runbooks", bench_runbooks},
		{"million", bench_million},
		{"command", bench_command},
		{"ops", bench_ops},
	};

	setlocale(LC_ALL, "C.UTF-8");
	path_init(argv[0]);
	hash_init();
	make_directory();
	printf("%-50s %10s  %-36s %10s %8s  %-12s\n", "what", "figure", "beside", "its", "ratio", "gate");
	for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
		if (wanted(parts[i].name, argc, argv))
			parts[i].run();
	remove_directory();
	printf("\n%u gates passed, %u missed, %u without the peer they need\n", passed, missed, not_had);
	return missed > 0;
}
