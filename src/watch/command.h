/* One command of a runbook as it would run now: text, values, directory, cluster, what it
 * needs before it may. Shown in full, and its fingerprint is what is confirmed and approved. */
#ifndef TOCSIN_WATCH_COMMAND_H
#define TOCSIN_WATCH_COMMAND_H

#include "base/hash.h"
#include "io/child.h"
#include "runbook/bind.h"
#include "runbook/runbook.h"
#include "watch/config.h"
#include "watch/mask.h"
#include "watch/permit.h"

struct command_view {
	struct bound bound;
	char *script;   /* what the shell gets, secrets masked: for reading and recording */
	char *resolved; /* the same with the values in place */
	enum danger danger;
	unsigned needs;    /* PERMIT_* */
	char refused[240]; /* why it cannot run now, "" when it can */
	char word[64];     /* the name to type with PERMIT_NAME: of what it affects, else "run" */
	char directory[512];
	char context[200];             /* where kubectl will act, in words */
	char interpreter[16];          /* "/bin/sh" */
	char fingerprint[SHA256_TEXT]; /* of text, values, directory, cluster and interpreter together */
	enum child_stage stage;
	int64_t timeout_ms;
	bool pinned; /* kubectl gets a private configuration with one context */
};

/* What a command is looked at with. */
struct command_place {
	const struct config *config;
	const struct mask *mask;
	const struct bindings *values;
	enum mode mode;
};

/* STATUS_REFUSED when a value would be read by a second shell or does not fit its name, or the
 * directory is none; what a mode or an open placeholder forbids only stands in `refused`.
 * Free with command_view_free. */
enum status command_look(const struct command_place *place, const struct runbook *book, const struct command *command, struct command_view *out, struct error *err) TOCSIN_CHECK;
void command_view_free(struct command_view *view);
/* Everything that is confirmed, as lines; those that begin with "$ " are code. */
void command_describe(const struct command_view *view, const struct command_place *place, struct buf *out);

#endif
