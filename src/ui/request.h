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
enum scope {
	SCOPE_GLOBAL,
	SCOPE_BOARD,
	SCOPE_INCIDENT,
	SCOPE_TIMELINE,
	SCOPE_REVIEW,
	SCOPE_UPDATES,
	SCOPE_ROOM,
	SCOPE_COUNT,
};
const char *scope_title(enum scope scope); /* "Board" */

/* What a request does to the world: the allow-list of the modes, checked in one
 * place (request_run). */
enum access {
	ACCESS_OBSERVE,  /* looks; allowed in every mode */
	ACCESS_ANNOTATE, /* writes the record; not in OBSERVER */
	ACCESS_ACT,      /* may run a command; not in OBSERVER, and its danger class decides */
};

/* Hands a candidate for completion to whoever asked. */
typedef void offer_fn(void *arg, const char *candidate);

struct request {
	const char *name; /* the ":" command: "note"; unique in all tables */
	const char *keys; /* "a", "Enter", "Tab", "F1 ?"; "" for none */
	enum scope scope; /* where the keys count; the ":" command works everywhere */
	enum access access;
	const char *args; /* "TEXT", "P0|P1|P2|P3 [REASON]", "" for none; a key press of a request
	                     * with mandatory arguments opens the ":" line prefilled */
	const char *hint; /* two words at most for the bottom line, or NULL */
	/* True while the hint names a sensible next step; NULL: whenever it can be done. */
	bool (*wanted)(const struct ui *ui);
	const char *help;  /* one sentence */
	bool key_is_args;  /* the key pressed is the argument: 1 to 9 */
	bool everywhere;   /* its keys also work over an overlay and on a screen that is too small */
	bool while_paused; /* its keys also work while the screen is paused: they touch no row */
	/* Does it. args is the rest of the ":" line, "" when there is none. */
	enum status (*run)(struct ui *ui, const char *args, struct error *err);
	/* Offers candidates for the last word of args; those that do not begin with it are
	 * sorted out by the caller. NULL: none. */
	void (*complete)(struct ui *ui, const char *args, offer_fn *offer, void *arg);
	/* Why it cannot be done now, or NULL; greys the help entry and answers the key. */
	const char *(*unavailable)(const struct ui *ui);
};

/* The tables that are joined, each ending with name NULL. */
extern const struct request requests_builtin[]; /* the framework's own: builtin.c */
extern const struct request requests_actions[]; /* of incidents and runbooks: actions.c */

/* All requests, in the order of the tables; NULL past the end. */
const struct request *request_at(size_t i);
const struct request *request_by_name(const char *name); /* unique prefixes count */
/* Says why request_by_name found nothing: several names fit, or none; then the nearest. */
enum status request_unknown(const char *name, struct error *err);
/* True if the key is one that no screen may rebind (TUI conventions, 2). */
bool request_key_is_reserved(const char *key);
/* True if its arguments cannot be left out. */
bool request_needs_args(const struct request *request);
/* Why it cannot run now: the mode first, then its own reason; NULL when it can. */
const char *request_refusal(const struct ui *ui, const struct request *request);
/* Checks mode, reason and missing arguments, then runs. */
enum status request_run(struct ui *ui, const struct request *request, const char *args, struct error *err) TOCSIN_CHECK;
/* The manual's table of keys, in roff. */
void requests_manual(struct buf *out);

#endif
