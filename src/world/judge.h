/* The judges: pure functions from values to a verdict, tested as tables. Rules and
 * arithmetic are those of the protocol reference, section 1.4 and 1.5. */
#ifndef TOCSIN_WORLD_JUDGE_H
#define TOCSIN_WORLD_JUDGE_H

#include "world/world.h"

/* Makes a verdict; the reason is cut to what fits. */
struct verdict verdict_make(enum health health, enum symptom symptom, const char *fmt, ...) TOCSIN_PRINTF(3, 4);

/* QBFT arithmetic (protocol reference 1.4). */
unsigned qbft_quorum(unsigned validators);              /* ceil(2n/3) */
unsigned qbft_byzantine(unsigned validators);           /* floor((n-1)/3) */
int qbft_can_lose(unsigned validators, unsigned alive); /* alive - quorum; negative: halted */
/* Round that runs now on a silent chain, and when it ends. Ages in ms. */
unsigned qbft_round_estimate(int64_t head_age_ms, int64_t period_ms, int64_t timeout_ms);
int64_t qbft_next_round_ms(int64_t head_age_ms, int64_t period_ms, int64_t timeout_ms);
/* Who should propose in `round` after a block by `miner`, validators ascending. */
const struct address *qbft_proposer(const struct address *validators, size_t count, const struct address *miner, unsigned round);

/* How silent the chain is: head_age_ms on the freshest reachable node. Warning above P + T,
 * critical above P + stall_rounds * T + slack. */
struct verdict judge_chain_age(const struct thresholds *t, int64_t head_age_ms, int64_t period_ms, int64_t timeout_ms);
int64_t stall_bound_ms(const struct thresholds *t, int64_t period_ms, int64_t timeout_ms);
/* Warning when no further validator may be lost, though some already are: a network
 * whose every validator is needed by design is not at risk for that. Of those alive only
 * those count that are together: who is cut off helps no quorum. */
struct verdict judge_quorum(unsigned validators, unsigned alive, unsigned together, unsigned quorum);
/* period_ms 0: not known, then lag only warns. */
struct verdict judge_lag(const struct thresholds *t, int64_t lag_blocks, int64_t period_ms);
/* Over the last minute; p95_ms -1: too few samples. */
struct verdict judge_rpc(const struct thresholds *t, int64_t p95_ms, int64_t error_percent);

/* True when most of these clocks tell the same time, within the limit: more than half of
 * `count` and at least two. Then *middle is by how much that differs from our own clock, and
 * who is wrong is known. Skews are minus ours, of one unit with the limit; they get sorted. */
bool judge_clocks(int64_t *skews, size_t count, int64_t limit, int64_t *middle);

/* What the headers say of one validator's turns. */
struct turns {
	unsigned validators;  /* n */
	unsigned blocks;      /* headers looked at */
	unsigned proposed;    /* in them */
	unsigned missed;      /* in them: turns that others took over */
	unsigned late_blocks; /* the same for the last offline_turns * n blocks */
	unsigned late_proposed, late_missed;
	bool sealed_since;  /* it sealed a block after its last missed turn */
	bool missed_lately; /* one of its last eight turns */
	bool sealed_late;   /* it sealed one of the last offline_turns * n blocks */
	bool by_presence;   /* headers do not tell missed turns: who is not seen in 2n blocks is gone */
	unsigned sealed;    /* of the blocks; others sealed up to sealed_most of them */
	unsigned sealed_most;
	uint64_t last_proposed; /* block, 0: none seen */
	unsigned since_blocks;  /* blocks after it, or all that were looked at */
	unsigned since_missed;  /* turns missed in them */
};
/* Offline (critical) when it was to be seen by presence and was not, and when it proposed nothing and missed turns in the last 2n blocks
 * (protocol reference 1.5.3), unless a seal shows that it is back. Warning when more
 * than missed_warn_percent of its turns were missed and one of them lately. Unknown
 * when no turn was seen. */
struct verdict judge_validator(const struct thresholds *t, const struct turns *turns);

/* Worse ranks higher: ok, warning, unknown and stale, critical (DESIGN section 5). */
unsigned health_rank(enum health health);
/* The worse of two verdicts; equal keeps the first. */
struct verdict verdict_worse(struct verdict a, struct verdict b);

#endif
