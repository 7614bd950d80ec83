/* Danger classes. A hint for people and a gate for modes, not a sandbox: what is
 * not known to be a read is at least a mutation (incident reference 4.5). */
#ifndef TOCSIN_RUNBOOK_DANGER_H
#define TOCSIN_RUNBOOK_DANGER_H

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

/* The class of a shell text, as written or as bound: its worst line. */
enum danger danger_classify(const char *script);

/* True if the text begins with a program that the rules know: "kubectl get pods" is a
 * command, "connection refused by peer" is not. */
bool danger_knows(const char *script);

#endif
