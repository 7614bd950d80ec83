/* Running one command that was confirmed: its environment, its private kubectl
 * configuration, and everything it says, masked before anybody or anything sees it. */
#ifndef TOCSIN_WATCH_EXEC_H
#define TOCSIN_WATCH_EXEC_H

#include "watch/command.h"

struct exec;

struct exec_spec {
	const struct command_view *view;
	const struct config *config;
	const struct mask *mask;             /* borrowed until `done` */
	const char *const *tool_environment; /* NULL-terminated "NAME=value" that wins, or NULL */
	size_t whole_bytes;                  /* of what it says, kept for evidence; 0: EXEC_WHOLE_BYTES */
};
/* As much as a record takes of one piece of evidence, with room for what is said about it. */
enum { EXEC_WHOLE_BYTES = (64 << 20) - 4096 };

struct exec_result {
	const struct child_result *child;
	const char *why; /* why it did not start, masked and clean, "" when it did */
	/* Both streams, clean and masked, what was cut named where it was; gone after `done`. */
	const char *whole;
	size_t whole_len;
	uint64_t cut_bytes; /* that it leaves out */
};

struct exec_events {
	/* Clean masked text as it comes, whole lines except for very long ones. May be NULL. */
	void (*text)(void *arg, int stream, const char *text, size_t len);
	/* So many lines were left out of the text, because there are too many. May be NULL. */
	void (*skipped)(void *arg, uint64_t lines);
	/* Exactly once, after exec_start has returned. */
	void (*done)(void *arg, const struct exec_result *result);
};

/* Never fails at once: what is wrong comes with `done`. Everything in `spec` but the mask is copied. */
struct exec *exec_start(struct loop *loop, const struct exec_spec *spec, const struct exec_events *events, void *arg);
/* Ends it with everything that it started; `done` follows. NULL allowed. */
void exec_cancel(struct exec *exec);
/* The same, and nobody waits: no callback follows. NULL allowed. */
void exec_drop(struct exec *exec);

#endif
