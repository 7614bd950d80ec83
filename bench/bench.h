/* Benchmarks: what the program costs beside what the machine or another program needs for
 * the same, and the gates that hold it there. Each file measures one thing and prints its
 * rows of the table. */
#ifndef TOCSIN_BENCH_H
#define TOCSIN_BENCH_H

#include <stdbool.h>
#include <stddef.h>

/* What a figure counts; seconds are shown in the unit that fits. */
enum unit_of {
	IN_SECONDS,
	IN_PERCENT, /* of one core */
	IN_BYTES,
	IN_COUNT,
};

/* One row. A ratio needs `beside`; the gate is upper limit of the ratio, or of the value
 * itself where `of_value`. Gate 0: shown only. */
struct figure {
	const char *what;
	enum unit_of unit;
	double value;
	const char *beside_what; /* NULL: nothing beside it */
	double beside;           /* < 0: it could not be had, which is never a pass */
	double gate;
	bool of_value;
};
void bench_show(const struct figure *figure);
/* A heading above the rows that follow. */
void bench_part(const char *name);

/* True with QUICK=1: fewer rounds, all figures. */
bool bench_quick(void);

/* Seconds that one call of `work` takes: the median of several rounds, each of as many
 * calls as fill a twentieth of a second. */
double bench_time(void (*work)(void *arg), void *arg);
double bench_median(double *values, size_t count);
/* The value that a share (0.99) of them does not pass; sorts them. */
double bench_percentile(double *values, size_t count, double share);
/* Seconds on the monotonic clock; seconds of CPU that this process used. */
double bench_now(void);
double bench_cpu(void);

/* Runs `work` in a process of its own and waits; what it writes into bench_shared memory
 * stays. Ends the program when it fails. */
void bench_apart(void (*work)(void *arg), void *arg);
void *bench_shared(size_t size);

/* Ends the program with a message unless it holds: a benchmark of a failure is none. */
void bench_need(bool holds, const char *what);
/* True when a program of that name is on PATH. */
bool bench_have(const char *tool);
/* The program, as built. */
const char *bench_program(void);
/* A directory for files, removed at the end. */
const char *bench_directory(void);

void bench_polling(void);
void bench_decoding(void);
void bench_lanes(void);
void bench_screen(void);
void bench_console(void);
void bench_record(void);
void bench_runbooks(void);
void bench_million(void);
void bench_command(void);
void bench_ops(void);

#endif
