/* The judges: pure functions from values to a verdict, tested as tables. Rules and
 * arithmetic are those of the protocol reference, section 1.4 and 1.5. */
#ifndef TOCSIN_WORLD_JUDGE_H
#define TOCSIN_WORLD_JUDGE_H

#include "world/world.h"

struct verdict {
	enum health health;
	char reason[160];
};

/* QBFT arithmetic (protocol reference 1.4). */
unsigned qbft_quorum(unsigned validators);      /* ceil(2n/3) */
unsigned qbft_byzantine(unsigned validators);   /* floor((n-1)/3) */
int qbft_can_lose(unsigned validators, unsigned alive); /* alive - quorum; negative: halted */
/* Round that runs now on a silent chain, and when it ends. Ages in ms. */
unsigned qbft_round_estimate(int64_t head_age_ms, int64_t period_ms, int64_t timeout_ms);
int64_t qbft_next_round_ms(int64_t head_age_ms, int64_t period_ms, int64_t timeout_ms);
/* Who should propose in `round` after a block by `miner`, validators ascending. */
const struct address *qbft_proposer(const struct address *validators, size_t count, const struct address *miner, unsigned round);

/* A silent chain: head_age_ms on the freshest reachable node. Warning above P + T,
 * critical above P + stall_rounds * T + slack. */
struct verdict judge_chain_age(const struct thresholds *t, int64_t head_age_ms, int64_t period_ms, int64_t timeout_ms);
struct verdict judge_quorum(unsigned validators, unsigned alive);
struct verdict judge_lag(const struct thresholds *t, int64_t lag_blocks, int64_t period_ms);
struct verdict judge_rpc(const struct thresholds *t, int64_t p95_ms, int64_t error_percent);
struct verdict judge_validator(const struct thresholds *t, unsigned validators, unsigned missed_in_window, unsigned proposed_in_window, unsigned window, bool chain_moving);

/* The worse of two verdicts; equal keeps the first. */
struct verdict verdict_worse(struct verdict a, struct verdict b);

#endif
