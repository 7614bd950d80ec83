/* Requests: everything a person can ask of the screen, in one table. A row makes
 * the key binding, the ":" command, the help screen and the manual's table, so
 * that none of them can drift from the others. */
#ifndef TOCSIN_UI_REQUEST_H
#define TOCSIN_UI_REQUEST_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct ui;

/* Where a key counts. A scope's own keys come before the global ones. */
enum scope { SCOPE_GLOBAL, SCOPE_BOARD, SCOPE_INCIDENT, SCOPE_TIMELINE, SCOPE_REVIEW, SCOPE_COUNT };

/* What a request does to the world: the allow-list of the modes, checked in one
 * place (request_run). */
enum access {
	ACCESS_OBSERVE,  /* looks; allowed in every mode */
	ACCESS_ANNOTATE, /* writes the record; not in OBSERVER */
	ACCESS_ACT,      /* may run a command; not in OBSERVER, and its danger class decides */
};

struct request {
	const char *name;   /* the ":" command: "note" */
	const char *keys;   /* "a", "Enter", "Tab", "F1 ?"; "" for none */
	enum scope scope;
	enum access access;
	const char *args;   /* "TEXT", "P0|P1|P2|P3 [REASON]", "" for none; a key press of a request
	                     * with mandatory arguments opens the ":" line prefilled */
	const char *hint;   /* two words at most for the bottom line, or NULL */
	const char *help;   /* one sentence */
	/* Does it. args is the rest of the ":" line, "" when there is none. */
	enum status (*run)(struct ui *ui, const char *args, struct error *err);
	/* Candidates for Tab completion of args; NULL: none. */
	void (*complete)(struct ui *ui, const char *args, void (*offer)(void *arg, const char *candidate), void *arg);
	/* Why it cannot be done now, or NULL; greys the help entry and answers the key. */
	const char *(*unavailable)(const struct ui *ui);
};

/* The table, ending with name NULL. */
const struct request *requests(void);
const struct request *request_by_name(const char *name); /* unique prefixes count */
const struct request *request_by_key(enum scope scope, const char *key);
/* The nearest name to a misspelt one, for the error line. */
const char *request_nearest(const char *name);
/* Checks the mode, then runs. */
enum status request_run(struct ui *ui, const struct request *request, const char *args, struct error *err);
/* The manual's table of keys, in roff. */
void requests_manual(struct buf *out);

#endif
