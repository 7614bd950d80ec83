/* Benchmarks: what the program does beside what the machine does anyway. Each file
 * measures one room and prints its rows of the table. */
#ifndef TOCSIN_BENCH_H
#define TOCSIN_BENCH_H

/* Seconds that one call of `work` takes: the median of several rounds, each of as many
 * calls as fill a twentieth of a second. */
double bench_time(void (*work)(void *arg), void *arg);

/* One row: what took `seconds`, beside another thing that took `beside` (0: nothing). */
void bench_row(const char *what, double seconds, const char *beside_what, double beside);

/* Ends the program with a message unless it holds: a benchmark of a failure is none. */
void bench_need(int holds, const char *what);

void bench_record(void);
void bench_headers(void);
void bench_screen(void);

#endif
