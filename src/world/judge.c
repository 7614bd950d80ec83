/* The judges. Every sentence of a reason carries the number that decided. */
#include "world/judge.h"

#include "base/clock.h"
#include "base/number.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct verdict verdict_make(enum health health, enum symptom symptom, const char *fmt, ...)
{
	struct verdict verdict = {.health = health, .symptom = symptom};
	va_list args;

	va_start(args, fmt);
	vsnprintf(verdict.reason, sizeof(verdict.reason), fmt, args);
	va_end(args);
	return verdict;
}

unsigned health_rank(enum health health)
{
	static const unsigned ranks[] = {
		[HEALTH_OK] = 0,
		[HEALTH_WARNING] = 1,
		[HEALTH_UNKNOWN] = 2,
		[HEALTH_STALE] = 2,
		[HEALTH_CRITICAL] = 3,
	};

	return ranks[health];
}

struct verdict verdict_worse(struct verdict a, struct verdict b)
{
	return health_rank(b.health) > health_rank(a.health) ? b : a;
}

/* --- QBFT arithmetic ------------------------------------------------------ */

unsigned qbft_quorum(unsigned validators)
{
	return validators / 3 * 2 + validators % 3;
}

unsigned qbft_byzantine(unsigned validators)
{
	return validators == 0 ? 0 : (validators - 1) / 3;
}

int qbft_can_lose(unsigned validators, unsigned alive)
{
	return (int)alive - (int)qbft_quorum(validators);
}

/* Round r ends T * (2^(r+1) - 1) after the block was due. Returns that end for the
 * round which runs after `silent_ms` of waiting. */
static int64_t round_end(int64_t silent_ms, int64_t timeout_ms, unsigned *round)
{
	int64_t end = timeout_ms;

	*round = 0;
	while (silent_ms >= end && end < INT64_MAX / 4) {
		end = 2 * end + timeout_ms;
		(*round)++;
	}
	return end;
}

unsigned qbft_round_estimate(int64_t head_age_ms, int64_t period_ms, int64_t timeout_ms)
{
	unsigned round;

	if (timeout_ms <= 0 || head_age_ms <= period_ms)
		return 0;
	round_end(head_age_ms - period_ms, timeout_ms, &round);
	return round;
}

int64_t qbft_next_round_ms(int64_t head_age_ms, int64_t period_ms, int64_t timeout_ms)
{
	unsigned round;
	int64_t silent = head_age_ms - period_ms;

	if (timeout_ms <= 0)
		return 0;
	if (silent < 0)
		return timeout_ms - silent;
	return round_end(silent, timeout_ms, &round) - silent;
}

const struct address *qbft_proposer(const struct address *validators, size_t count, const struct address *miner, unsigned round)
{
	size_t i = 0;

	if (count == 0)
		return NULL;
	while (i < count && address_compare(&validators[i], miner) < 0)
		i++;
	/* A miner that is still in the set had its turn: the next one starts. One that was
	 * just removed left its place to the next higher address, or to the first. */
	if (i < count && address_equal(&validators[i], miner))
		i++;
	return &validators[(i + round) % count];
}

/* --- the chain ------------------------------------------------------------- */

int64_t stall_bound_ms(const struct thresholds *t, int64_t period_ms, int64_t timeout_ms)
{
	return period_ms + t->stall_rounds * timeout_ms + t->stall_slack_ms;
}

struct verdict judge_chain_age(const struct thresholds *t, int64_t head_age_ms, int64_t period_ms, int64_t timeout_ms)
{
	char age[DURATION_TEXT], limit[DURATION_TEXT];
	int64_t bound = stall_bound_ms(t, period_ms, timeout_ms);

	duration_human(age, head_age_ms * US_PER_MS);
	if (head_age_ms > bound) {
		duration_human(limit, bound * US_PER_MS);
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_STALLED, "halted: no block for %s (limit %s)", age, limit);
	}
	if (head_age_ms > period_ms + timeout_ms)
		return verdict_make(HEALTH_WARNING, SYMPTOM_SILENT, "no block for %s: a proposer missed its turn", age);
	return verdict_make(HEALTH_OK, SYMPTOM_NONE, "blocks come every %s", duration_human(limit, period_ms * US_PER_MS));
}

struct verdict judge_quorum(unsigned validators, unsigned alive, unsigned together, unsigned quorum)
{
	const char *how = together < alive ? "in one group" : "alive";
	int can_lose = (int)together - (int)quorum;

	if (together >= validators)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "all %u validators %s, can lose %d more", validators, how, can_lose);
	if (can_lose > 0)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "%u of %u validators %s, can lose %d more", together, validators, how, can_lose);
	if (can_lose == 0)
		return verdict_make(HEALTH_WARNING, SYMPTOM_QUORUM, "quorum at risk: %u of %u validators %s, can lose 0 more", together, validators, how);
	return verdict_make(HEALTH_WARNING, SYMPTOM_QUORUM, "quorum lost: %u of %u validators %s, %u needed", together, validators, how, quorum);
}

/* --- nodes ------------------------------------------------------------------ */

struct verdict judge_lag(const struct thresholds *t, int64_t lag_blocks, int64_t period_ms)
{
	int64_t critical = period_ms > 0 ? t->lag_crit_s * 1000 / period_ms : INT64_MAX;

	if (critical < t->lag_warn_blocks)
		critical = t->lag_warn_blocks;
	if (lag_blocks > critical)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_LAG, "%lld blocks behind (limit %lld)", (long long)lag_blocks, (long long)critical);
	if (lag_blocks > t->lag_warn_blocks)
		return verdict_make(HEALTH_WARNING, SYMPTOM_LAG, "%lld blocks behind", (long long)lag_blocks);
	return verdict_make(HEALTH_OK, SYMPTOM_NONE, "in step");
}

struct verdict judge_rpc(const struct thresholds *t, int64_t p95_ms, int64_t error_percent)
{
	if (p95_ms > t->rpc_warn_ms)
		return verdict_make(HEALTH_WARNING, SYMPTOM_SLOW, "slow: one answer in twenty takes over %lld ms (limit %lld)",
				    (long long)p95_ms, (long long)t->rpc_warn_ms);
	if (error_percent > t->rpc_error_percent)
		return verdict_make(HEALTH_WARNING, SYMPTOM_ERRORS, "%lld %% of requests fail (limit %lld %%)",
				    (long long)error_percent, (long long)t->rpc_error_percent);
	return verdict_make(HEALTH_OK, SYMPTOM_NONE, "answers");
}

/* --- clocks ------------------------------------------------------------------ */

bool judge_clocks(int64_t *skews, size_t count, int64_t limit, int64_t *middle)
{
	size_t agree = 0;

	*middle = 0;
	if (count < 2)
		return false;
	/* Where more than half agree, the middle one is among them. */
	qsort(skews, count, sizeof(*skews), number_compare);
	*middle = skews[count / 2];
	for (size_t i = 0; i < count; i++)
		agree += skews[i] >= *middle - limit && skews[i] <= *middle + limit;
	return agree >= 2 && agree > count / 2;
}

/* --- validators -------------------------------------------------------------- */

/* One block says nothing of those who did not seal it, a hundred do (protocol reference
 * 1.3). */
enum { SEALS_WINDOW = 100 };

static const char *last_text(char text[32], const struct turns *turns)
{
	text[0] = '\0';
	if (turns->last_proposed > 0)
		text_format(text, 32, ", last was %llu", (unsigned long long)turns->last_proposed);
	return text;
}

struct verdict judge_validator(const struct thresholds *t, const struct turns *turns)
{
	unsigned all = turns->proposed + turns->missed;
	char last[32];

	if (turns->by_presence && turns->late_proposed == 0 && !turns->sealed_late && turns->late_blocks >= (unsigned)t->offline_turns * turns->validators)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_OFFLINE, "offline: signed none of the last %u blocks%s", turns->since_blocks, last_text(last, turns));
	if (all == 0)
		return verdict_make(HEALTH_UNKNOWN, SYMPTOM_NONE, "no turn of it seen in %u blocks", turns->blocks);
	if (turns->late_proposed == 0 && turns->late_missed > 0 && !turns->sealed_since) {
		/* A young window may end before 2n blocks: then it takes two misses to be sure. */
		bool sure = turns->late_blocks >= (unsigned)t->offline_turns * turns->validators || turns->late_missed >= (unsigned)t->offline_turns;

		if (sure)
			return verdict_make(HEALTH_CRITICAL, SYMPTOM_OFFLINE, "offline: missed %u turns, proposed nothing in %u blocks%s",
					    turns->since_missed, turns->since_blocks, last_text(last, turns));
	}
	if (turns->missed_lately && (uint64_t)turns->missed * 100 > (uint64_t)t->missed_warn_percent * all)
		return verdict_make(HEALTH_WARNING, SYMPTOM_MISSED, "missed %u of %u turns in %u blocks", turns->missed, all, turns->blocks);
	if (turns->sealed == 0 && turns->blocks >= SEALS_WINDOW && turns->sealed_most >= SEALS_WINDOW / 2)
		return verdict_make(HEALTH_WARNING, SYMPTOM_SEALS, "sealed none of the last %u blocks, others up to %u: it proposes and does not commit", turns->blocks,
				    turns->sealed_most);
	if (turns->missed > 0)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "takes its turns again, missed %u of %u in %u blocks", turns->missed, all, turns->blocks);
	return verdict_make(HEALTH_OK, SYMPTOM_NONE, "takes its turns");
}
