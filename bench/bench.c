/* bench: runs every benchmark and prints one table. */
#include "bench.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/path.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 7 };
static const double round_seconds = 0.05;

static double now(void)
{
	return (double)clock_mono_us(clock_system()) / (double)US_PER_S;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

double bench_time(void (*work)(void *arg), void *arg)
{
	double rounds[ROUNDS];

	work(arg); /* warm */
	for (int i = 0; i < ROUNDS; i++) {
		double begun = now(), passed = 0;
		long calls = 0;
		while (passed < round_seconds) {
			work(arg);
			calls++;
			passed = now() - begun;
		}
		rounds[i] = passed / (double)calls;
	}
	qsort(rounds, ROUNDS, sizeof(rounds[0]), compare);
	return rounds[ROUNDS / 2];
}

/* "12.3 us" and how often a second that is. */
static void put_time(char *dst, size_t size, double seconds)
{
	if (seconds < 1e-3)
		snprintf(dst, size, "%8.1f us %9.0f/s", seconds * 1e6, 1 / seconds);
	else
		snprintf(dst, size, "%8.2f ms %9.1f/s", seconds * 1e3, 1 / seconds);
}

void bench_row(const char *what, double seconds, const char *beside_what, double beside)
{
	char left[40], right[40];

	put_time(left, sizeof(left), seconds);
	if (beside <= 0) {
		printf("%-44s %s\n", what, left);
		return;
	}
	put_time(right, sizeof(right), beside);
	printf("%-44s %s   %-30s %s   %7.2f x\n", what, left, beside_what, right, seconds / beside);
	fflush(stdout);
}

void bench_need(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "bench: %s failed\n", what);
	exit(1);
}

int main(int argc, char **argv)
{
	static void (*const parts[])(void) = {bench_record, bench_headers, bench_screen};

	(void)argc;
	setlocale(LC_ALL, "C.UTF-8");
	path_init(argv[0]);
	hash_init();
	printf("%-44s %-22s   %-30s %-22s   %s\n", "what", "one takes", "beside", "one takes", "ratio");
	for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
		parts[i]();
	return 0;
}
