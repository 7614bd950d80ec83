#include "world/consensus.h"

#include "world/judge.h"

static const struct consensus_def defs[CONSENSUS_COUNT] = {
	[CONSENSUS_UNKNOWN] = {"unknown", NULL, false, false, false},
	[CONSENSUS_QBFT] = {"QBFT", "qbft", true, true, true},
	[CONSENSUS_IBFT2] = {"IBFT 2.0", "ibft", true, true, true},
	[CONSENSUS_ISTANBUL] = {"Istanbul", "istanbul", true, true, false},
	[CONSENSUS_CLIQUE] = {"clique", "clique", false, true, false},
	[CONSENSUS_STAKE] = {"proof of stake", NULL, false, false, false},
};

const struct consensus_def *consensus_def(enum consensus consensus)
{
	return &defs[consensus];
}

unsigned consensus_quorum(enum consensus consensus, unsigned validators)
{
	if (consensus == CONSENSUS_CLIQUE)
		return validators == 0 ? 0 : validators / 2 + 1;
	return qbft_quorum(validators);
}

unsigned consensus_byzantine(enum consensus consensus, unsigned validators)
{
	if (consensus == CONSENSUS_CLIQUE)
		return validators == 0 ? 0 : (validators - 1) / 2;
	return qbft_byzantine(validators);
}
