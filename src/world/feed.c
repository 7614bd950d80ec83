#include "world/feed.h"

#include "base/mem.h"
#include "base/text.h"
#include "world/judge.h"

enum {
	CLOCK_SLACK_S = 120, /* an answer may lie that far in the future */
	CRIT_HEARTBEATS = 2,
	CRIT_DEVIATIONS = 3,
};

/* On a chain that halted, time ended with its last block: what was fresh then is as fresh as
 * it can be, and late because of the chain. */
static int64_t age_of(const struct feed_facts *f)
{
	int64_t now_s = f->chain_halted && f->head_s > 0 ? f->head_s : f->now_s;

	return now_s > f->updated_s ? now_s - f->updated_s : 0;
}

static struct verdict fine(void)
{
	return (struct verdict){.health = HEALTH_OK};
}

static struct verdict rule_contract(const struct feed_facts *f)
{
	if (f->no_contract)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_NO_CONTRACT, "%s", f->no_contract);
	return fine();
}

static struct verdict rule_no_data(const struct feed_facts *f)
{
	if (f->no_data || f->updated_s == 0)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_OVERDUE, "no round has ever been answered");
	return fine();
}

static struct verdict rule_future(const struct feed_facts *f)
{
	char ahead[DURATION_TEXT];

	if (f->updated_s > f->now_s + CLOCK_SLACK_S)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_ANSWER, "updated %s in the future: a clock is wrong", duration_human(ahead, (f->updated_s - f->now_s) * US_PER_S));
	return fine();
}

static struct verdict rule_sign(const struct feed_facts *f)
{
	if (f->is_signed || f->sign > 0)
		return fine();
	return verdict_make(HEALTH_CRITICAL, SYMPTOM_ANSWER, "the answer is %s: %s", f->sign == 0 ? "zero" : "negative", f->answer);
}

static struct verdict rule_bound(const struct feed_facts *f)
{
	if (f->bound)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_ANSWER, "the answer %s is at %s", f->answer, f->bound);
	return fine();
}

static struct verdict rule_deviates(const struct feed_facts *f)
{
	if (f->second_percent < 0 || f->second_percent <= f->deviation)
		return fine();
	return verdict_make(f->second_percent > CRIT_DEVIATIONS * f->deviation ? HEALTH_CRITICAL : HEALTH_WARNING, SYMPTOM_DEVIATES, "%s differs by %.2f %% from the second source, which says %s", f->answer, f->second_percent, f->second);
}

static struct verdict rule_late(const struct feed_facts *f)
{
	char age[DURATION_TEXT], heartbeat[DURATION_TEXT], halt[DURATION_TEXT];
	int64_t age_s = age_of(f);
	enum health health = age_s > CRIT_HEARTBEATS * f->heartbeat_s ? HEALTH_CRITICAL : HEALTH_WARNING;

	if (age_s <= f->heartbeat_s + f->grace_s && health != HEALTH_CRITICAL)
		return fine();
	duration_human(age, age_s * US_PER_S);
	duration_human(heartbeat, f->heartbeat_s * US_PER_S);
	if (f->chain_halted)
		return verdict_make(health, SYMPTOM_OVERDUE, "was %s old already when the chain halted %s ago; heartbeat %s", age, duration_human(halt, f->head_age_s * US_PER_S), heartbeat);
	if (f->publisher)
		return verdict_make(health, SYMPTOM_OVERDUE, "not updated for %s, heartbeat %s; publisher %.60s", age, heartbeat, f->publisher);
	return verdict_make(health, SYMPTOM_OVERDUE, "not updated for %s, heartbeat %s", age, heartbeat);
}

/* Its age on our own clock is the chain's doing: said once, as a consequence. */
static struct verdict rule_halted(const struct feed_facts *f)
{
	char halt[DURATION_TEXT];

	if (!f->chain_halted || f->now_s - f->updated_s <= f->heartbeat_s + f->grace_s)
		return fine();
	return verdict_make(HEALTH_WARNING, SYMPTOM_OVERDUE, "cannot update: its chain has made no block for %s", duration_human(halt, f->head_age_s * US_PER_S));
}

static struct verdict rule_breaker(const struct feed_facts *f)
{
	if (f->breaker_open)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_BREAKER, "the publisher's circuit breaker is open");
	return fine();
}

static struct verdict rule_carried(const struct feed_facts *f)
{
	if (f->carried_over)
		return verdict_make(HEALTH_WARNING, SYMPTOM_ANSWER, "the newest round has no answer of its own, but an earlier one's");
	return fine();
}

/* Of equal ones the first counts. */
static struct verdict (*const rules[])(const struct feed_facts *) = {
	rule_contract,
	rule_no_data,
	rule_future,
	rule_sign,
	rule_bound,
	rule_breaker,
	rule_deviates,
	rule_late,
	rule_halted,
	rule_carried,
};

struct verdict judge_feed(const struct feed_facts *facts, int64_t *updated_age_s)
{
	char age[DURATION_TEXT];
	struct verdict out = fine();

	*updated_age_s = facts->updated_s == 0 ? -1 : facts->now_s > facts->updated_s ? facts->now_s - facts->updated_s
										      : 0;
	for (size_t i = 0; i < ARRAY_LENGTH(rules); i++) {
		struct verdict found = rules[i](facts);
		out = verdict_worse(out, found);
		/* Without an answer there is nothing more to judge. */
		if (i < 2 && found.health != HEALTH_OK)
			return out;
	}
	if (out.health == HEALTH_OK && facts->second_why)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "%s; the second source is silent: %.80s", facts->answer, facts->second_why);
	if (out.health == HEALTH_OK)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "%s, updated %s ago", facts->answer, duration_human(age, *updated_age_s * US_PER_S));
	return out;
}
