/* What validators log of BFT rounds (protocol reference 1.6): who takes part, and so who does
 * not. Pure; lines may come from Loki or from a paste. */
#ifndef TOCSIN_COLLECT_ROUNDS_H
#define TOCSIN_COLLECT_ROUNDS_H

#include "base/number.h"

#include <stddef.h>
#include <stdint.h>

enum { ROUNDS_MAX = 128 };

/* The newest of what one node logged. */
struct rounds {
	int64_t round;     /* it moved to; -1: it said nothing of that */
	int64_t expires_s; /* of that round; -1 */
	int64_t quorum;    /* of the last summary; -1: there was none */
	struct round_change {
		struct address address;
		int64_t round;
		bool local;
	} heard[ROUNDS_MAX]; /* in the last summary */
	size_t count;
	bool dead; /* its mining has stopped for good */
};
void rounds_init(struct rounds *rounds);
/* Takes one line, in the order in which they were written. True when it was one of rounds. */
bool rounds_take(struct rounds *rounds, const char *line);

#endif
