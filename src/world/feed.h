/* Feeds of oracles and the judge of one round (protocol reference 3). Pure. */
#ifndef TOCSIN_WORLD_FEED_H
#define TOCSIN_WORLD_FEED_H

#include "world/world.h"

struct feed_facts {
	const char *answer;      /* as text, with its decimals */
	const char *no_contract; /* why nothing can be read, in words; NULL: it can */
	bool no_data;            /* no round was ever answered */
	int sign;                /* of the answer: -1, 0, 1 */
	bool is_signed;          /* zero and less are answers like others */
	const char *bound;       /* which bound it is at: "the contract's minimum"; NULL: none */
	int64_t updated_s;       /* since 1970; 0: never */
	int64_t now_s;           /* our own clock */
	int64_t head_s;          /* time of the chain's head; 0: not known */
	bool chain_halted;       /* that head is old: feeds cannot be fresh */
	int64_t head_age_s;
	int64_t heartbeat_s, grace_s;
	bool carried_over;      /* a round-based aggregator answers with an earlier round's answer */
	double second_percent;  /* by how much the second source differs; below 0: none */
	const char *second;     /* that one's answer, as text */
	const char *second_why; /* it gave none, and why */
	double deviation;       /* percent */
	bool breaker_open;      /* of the publisher */
	const char *publisher;  /* its pod, when that is not well, and how it is */
};

/* updated_age_s gets how old the answer is, on the clock that counts. */
struct verdict judge_feed(const struct feed_facts *facts, int64_t *updated_age_s);

#endif
