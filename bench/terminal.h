/* A terminal for the benchmarks: a program runs in it, libvterm draws what it sends, and
 * what it costs is counted. */
#ifndef TOCSIN_BENCH_TERMINAL_H
#define TOCSIN_BENCH_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <vterm.h>

struct terminal {
	pid_t pid;
	int master;
	int columns, rows;
	VTerm *vterm;
	VTermScreen *screen;
	unsigned long bytes; /* that the program sent */
	double heard;        /* when it last sent something; 0: never */
};

/* Starts a program, found on PATH, in a terminal of that size, in the directory of the
 * benchmarks. It ends with them. */
void terminal_open(struct terminal *terminal, int columns, int rows, const char *const argv[]);
/* Or goes on in the child as that program: returns true there, with the terminal as
 * standard input and output. */
bool terminal_fork(struct terminal *terminal, int columns, int rows);
void terminal_close(struct terminal *terminal);

/* Waits for something to be sent, at most until then, and takes it. False: it has ended. */
bool terminal_hear(struct terminal *terminal, double until);
/* Takes all that is sent until then. False: it has ended. */
bool terminal_listen(struct terminal *terminal, double until);
/* Waits for the text on the screen; the seconds it took, < 0: not within `seconds`. */
double terminal_wait(struct terminal *terminal, const char *text, double seconds);
void terminal_type(struct terminal *terminal, const char *keys);
/* The text of one row, blanks at its end cut. */
char *terminal_row(const struct terminal *terminal, int row, char *dst, size_t size);
/* The row that has this text, or -1. */
int terminal_find(const struct terminal *terminal, const char *text);

/* Seconds of CPU that a process and its threads used so far, to the microsecond; bytes of
 * memory that it holds. 0 when it is gone. */
double process_cpu(pid_t pid);
double process_memory(pid_t pid);

#endif
