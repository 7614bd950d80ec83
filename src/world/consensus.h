/* The ways in which chains agree on blocks, and what follows from each for those who
 * watch: one row each (protocol reference 1.3 to 1.5). */
#ifndef TOCSIN_WORLD_CONSENSUS_H
#define TOCSIN_WORLD_CONSENSUS_H

#include <stdbool.h>
#include <stdint.h>

enum consensus {
	CONSENSUS_UNKNOWN,
	CONSENSUS_QBFT,
	CONSENSUS_IBFT2,
	CONSENSUS_ISTANBUL, /* GoQuorum's first IBFT */
	CONSENSUS_CLIQUE,
	CONSENSUS_STAKE, /* what decides stands outside of the blocks */
	CONSENSUS_COUNT
};

struct consensus_def {
	const char *name;  /* "IBFT 2.0" */
	const char *group; /* the JSON-RPC methods of it, "ibft"; NULL: none */
	bool final;        /* blocks are final at once: two of one height are a failure of safety */
	bool makers;       /* headers tell who made each block, so validators can be judged by them */
	bool rounds;       /* headers tell the round, and so whose turns passed before */
};
const struct consensus_def *consensus_def(enum consensus consensus);

/* How many of n validators it takes to go on: ceil(2n/3), for clique floor(n/2) + 1. */
unsigned consensus_quorum(enum consensus consensus, unsigned validators);
/* How many may lie: floor((n-1)/3), for clique floor((n-1)/2). */
unsigned consensus_byzantine(enum consensus consensus, unsigned validators);

/* Where blocks are not final at once, chains may differ in so many of their last blocks
 * (protocol reference 1.5.4). */
enum { FORK_DEPTH_NORMAL = 2 };

#endif
