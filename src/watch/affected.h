/* How the affected components of an incident are at one moment, in few words: to be kept
 * before and after what changes something. */
#ifndef TOCSIN_WATCH_AFFECTED_H
#define TOCSIN_WATCH_AFFECTED_H

#include "incident/act.h"
#include "world/world.h"

struct affected {
	struct step_state_row *rows;
	size_t count;
	char **owned; /* the strings of the rows */
};

/* What was in `out` before is not looked at. Free with affected_free. */
void affected_take(struct affected *out, const struct world *world, const struct incident *incident);
void affected_free(struct affected *affected);

#endif
