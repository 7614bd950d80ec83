/* Danger classes. A hint for people and a gate for modes, not a sandbox: what is
 * not known to be a read is at least a mutation (incident reference 4.5). */
#ifndef TOCSIN_RUNBOOK_DANGER_H
#define TOCSIN_RUNBOOK_DANGER_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum danger {
	DANGER_READ,
	DANGER_MUTATE,
	DANGER_DESTRUCTIVE,
	DANGER_FUNDS,
	DANGER_CUSTODY,
	DANGER_NETWORK,
	DANGER_COUNT,
};
const char *danger_name(enum danger danger);    /* "read" */
const char *danger_meaning(enum danger danger); /* "changes nothing" */

/* "funds", "funds/contract" and "network" are classes. */
bool danger_parse(const char *name, enum danger *out);

/* Reads a person's own table: lines "CLASS PROGRAM [WORDS [WORDS]]", patterns as in
 * danger_table.h, "#" begins a comment. Rows decide about programs that the shipped table
 * does not know, and raise what it knows; none can lower it. A wrong line is told with its
 * number, the others count all the same. */
enum status danger_load(const char *path, struct error *err) TOCSIN_CHECK;

/* The class of a shell text, as written or as bound: its worst line. */
enum danger danger_classify(const char *script);

/* The next line of a script, whole with its continuations, quotes and here-documents, and
 * its class; moves the cursor past it. The line is owned by the caller. False at the end. */
bool danger_next_line(const char **cursor, char **line, enum danger *danger);

/* True if the text begins with a program that the rules know: "kubectl get pods" is a
 * command, "connection refused by peer" is not. */
bool danger_knows(const char *script);

#endif
