/* Commands run for the operator. Each starts through the small supervisor program
 * (libexec/tocsin-supervise), which owns the whole process tree it must end:
 * own session, subreaper, no inherited descriptors (engineering reference 4.6). */
#ifndef TOCSIN_IO_CHILD_H
#define TOCSIN_IO_CHILD_H

#include "io/loop.h"

#include <stddef.h>

struct child;

/* What a command's output is, and whether it hears the keyboard. */
enum child_stage {
	CHILD_PIPES,    /* a pipe for each stream, /dev/null as input */
	CHILD_PTY,      /* both streams through a pseudo-terminal, told as stream 1; for tools that say less, or
	                 * nothing, without one. It changes no line ends and echoes nothing */
	CHILD_TERMINAL, /* the process's own terminal: all of it is the command's until it ends, nothing is read
	                 * here. Whoever draws on it has to stop before, and to set its modes anew after */
};

struct child_spec {
	enum child_stage stage;
	const char *const *argv;        /* argv[0] is looked up in the PATH of `environment` */
	const char *const *environment; /* NULL-terminated "NAME=value"; the whole environment of the child */
	const char *directory;          /* NULL: the current one */
	int64_t timeout_ms;             /* 0: none. Then TERM, a grace, and KILL to the whole tree */
	int64_t grace_ms;               /* from TERM to KILL; 0: 5,000 */
	size_t keep_bytes;              /* head and tail kept per stream; 0: 1 MiB */
};

struct child_result {
	bool started;  /* false: `why` says what was missing */
	int exit_code; /* -1 when a signal ended it */
	int signal;    /* 0 when it exited */
	bool timed_out;
	bool cancelled;
	bool survived;       /* something of the tree may still run */
	int64_t duration_us; /* until the command itself ended */
	const char *out;     /* kept part of standard output, raw bytes, NUL-terminated */
	size_t out_len;
	size_t out_head;    /* when out_total > out_len: where in `out` the gap is */
	uint64_t out_total; /* bytes it really wrote */
	const char *err;
	size_t err_len;
	size_t err_head;
	uint64_t err_total;
	const char *why; /* clean words when it did not start or its end is not known, else "" */
};

struct child_events {
	/* Output as it comes; stream is 1 or 2. May be NULL. */
	void (*output)(void *arg, int stream, const char *bytes, size_t len);
	/* Exactly once, when the whole tree is gone; the result lives until it returns. */
	void (*done)(void *arg, const struct child_result *result);
};

/* Starts a command in a session of its own (CHILD_TERMINAL: as the terminal's foreground
 * group), with no descriptor of ours, /dev/null as standard input, a raised nice value, no core dumps
 * and default signals. Never fails at once: what is wrong is told by `done`, after this
 * has returned. Everything in `spec` is copied. What the command leaves behind when it
 * ends has 200 ms to follow it before it is ended too. */
struct child *child_start(struct loop *loop, const struct child_spec *spec, const struct child_events *events, void *arg);
/* Asks the tree to end (TERM, then KILL); `done` still follows. NULL allowed. */
void child_cancel(struct child *child);
/* Lets go of a child: its tree is ended as by child_cancel, but nobody waits and no
 * callback follows. For shutting down; not from a callback of this child. NULL allowed. */
void child_drop(struct child *child);

#endif
