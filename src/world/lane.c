#include "world/lane.h"

#include "base/mem.h"
#include "base/text.h"
#include "world/judge.h"
#include "world/private.h"

#include <stdlib.h>
#include <string.h>

/* --- messages -------------------------------------------------------------------------- */

const char *transit_name(enum transit state)
{
	static const char *const names[] = {
		[TRANSIT_SENT] = "awaiting commit",
		[TRANSIT_COMMITTED] = "awaiting execution",
		[TRANSIT_RUNNING] = "being executed",
		[TRANSIT_FAILED] = "failed",
		[TRANSIT_DONE] = "done",
	};

	return names[state];
}

const char *manual_name(enum manual manual)
{
	static const char *const names[] = {[MANUAL_NO] = "no", [MANUAL_LATER] = "later", [MANUAL_NOW] = "now"};

	return names[manual];
}

void lane_message_clear(struct lane_message *message)
{
	free(message->fault_text);
	message->fault_text = NULL;
}

void outer_drop_messages(struct outer_detail *detail)
{
	for (size_t i = 0; i < detail->message_count; i++)
		lane_message_clear(&detail->messages[i]);
	free(detail->messages);
	detail->messages = NULL;
	detail->message_count = 0;
}

void lane_set_messages(struct world *world, struct component *lane, const struct lane_message *messages, size_t count)
{
	struct outer_detail *detail = lane->detail;

	outer_drop_messages(detail);
	if (count > LANE_MESSAGES_MAX)
		count = LANE_MESSAGES_MAX;
	detail->messages = count ? xcalloc(count, sizeof(*messages)) : NULL;
	detail->message_count = count;
	for (size_t i = 0; i < count; i++) {
		detail->messages[i] = messages[i];
		detail->messages[i].fault_text = messages[i].fault_text ? xstrdup(messages[i].fault_text) : NULL;
	}
	world->generation++;
}

const struct lane_message *lane_messages(const struct component *lane, size_t *count)
{
	const struct outer_detail *detail = lane->detail;

	*count = lane->kind == KIND_LANE ? detail->message_count : 0;
	return *count ? detail->messages : NULL;
}

void judge_manual(const struct manual_facts *facts, struct lane_message *out)
{
	out->manual = MANUAL_NO;
	out->manual_us = 0;
	if (facts->cursed) {
		out->manual_why = "the lane is cursed";
	} else if (facts->state == TRANSIT_DONE) {
		out->manual_why = "it is done";
	} else if (facts->state == TRANSIT_SENT && !facts->no_commit) {
		out->manual_why = "its root is not committed";
	} else if (facts->needs_blessing && !facts->blessed) {
		out->manual_why = "its root is not blessed";
	} else if (facts->state == TRANSIT_FAILED) {
		out->manual = MANUAL_NOW;
		out->manual_why = "it failed; its gas limit may be raised";
	} else if (facts->no_commit) {
		out->manual = MANUAL_NOW;
		out->manual_why = "once its verifiers have attested";
	} else if (facts->committed_us == 0 || facts->threshold_s == 0) {
		out->manual_why = "not known when it was committed";
	} else {
		out->manual_us = facts->committed_us + facts->threshold_s * US_PER_S;
		/* The contract asks for more than the threshold. */
		out->manual = facts->now_us > out->manual_us ? MANUAL_NOW : MANUAL_LATER;
		out->manual_why = out->manual == MANUAL_NOW ? "it waits for longer than the threshold" : "the threshold since its commit is not over";
	}
}

/* --- the judge ---------------------------------------------------------------------------- */

enum {
	HALT_FACTOR = 4,
	WARN_FACTOR = 2, /* times the SLO (protocol reference 2.4) */
	CRIT_FACTOR = 4,
};

/* What a rule found: HEALTH_OK when it does not hold. */
struct found {
	enum health health;
	int64_t since_s;
	char reason[160], stage[160];
};

static void find(struct found *out, enum health health, const char *stage)
{
	out->health = health;
	text_format(out->stage, sizeof(out->stage), "%s", stage);
}

static void rule_contract(const struct lane_facts *f, struct found *out)
{
	if (!f->no_contract)
		return;
	find(out, HEALTH_CRITICAL, "configuration, or the contract itself");
	text_format(out->reason, sizeof(out->reason), "%s", f->no_contract);
}

static void rule_cursed(const struct lane_facts *f, struct found *out)
{
	const struct lane_side *side = f->source.cursed_chain || f->source.cursed_lane ? &f->source : &f->dest;

	if (!side->cursed_chain && !side->cursed_lane)
		return;
	find(out, HEALTH_CRITICAL, side->cursed_chain ? "RMN: global curse" : "RMN: lane curse");
	text_format(out->reason, sizeof(out->reason), "%s on chain %s: %s", side->cursed_chain ? "all lanes are cursed" : "the lane is cursed", side->chain,
		    side == &f->source ? "nothing can be sent" : "nothing is committed or executed");
}

static void rule_closed(const struct lane_facts *f, struct found *out)
{
	if (!f->unrouted && !f->ramp_closed && !f->disabled && !f->unlisted)
		return;
	find(out, HEALTH_CRITICAL, f->unrouted || f->ramp_closed ? "router wiring on the source" : "router wiring on the destination");
	if (f->unrouted)
		text_format(out->reason, sizeof(out->reason), "closed: the router on chain %s names no onRamp", f->source.chain);
	else if (f->ramp_closed)
		text_format(out->reason, sizeof(out->reason), "paused: the onRamp on chain %s has no router for it", f->source.chain);
	else if (f->disabled)
		text_format(out->reason, sizeof(out->reason), "disabled: the offRamp on chain %s does not accept its source", f->dest.chain);
	else
		text_format(out->reason, sizeof(out->reason), "the router on chain %s does not list its offRamp", f->dest.chain);
}

static void rule_paused(const struct lane_facts *f, struct found *out)
{
	if (!f->commit_paused && !f->sender_paused && !f->receiver_paused)
		return;
	find(out, HEALTH_CRITICAL, f->commit_paused ? "commit store" : f->sender_paused ? "custom sender"
											: "custom receiver");
	text_format(out->reason, sizeof(out->reason), "the %s is paused", out->stage);
}

static void rule_corrupt(const struct lane_facts *f, struct found *out)
{
	const char *what = f->corrupt ? f->corrupt : f->undecoded;

	if (!what)
		return;
	find(out, HEALTH_CRITICAL, "data: do not execute by hand before it is understood");
	text_format(out->reason, sizeof(out->reason), "%s", what);
}

static void halted(const struct lane_side *side, struct found *out)
{
	char age[DURATION_TEXT];

	if (side->lost || side->head_age_s < 0 || side->head_limit_s == 0 || side->head_age_s <= side->head_limit_s || out->health == HEALTH_CRITICAL)
		return;
	find(out, side->head_age_s > HALT_FACTOR * side->head_limit_s ? HEALTH_CRITICAL : HEALTH_WARNING, "");
	text_format(out->stage, sizeof(out->stage), "chain %s", side->chain);
	text_format(out->reason, sizeof(out->reason), "chain %s has made no block for %s", side->chain, duration_human(age, side->head_age_s * US_PER_S));
	out->since_s = side->head_age_s;
}

static void rule_halted(const struct lane_facts *f, struct found *out)
{
	halted(&f->source, out);
	halted(&f->dest, out);
}

/* That we cannot see one side is no fault of the lane, and no health of it either. */
static void rule_far_side(const struct lane_facts *f, struct found *out)
{
	const struct lane_side *side = f->dest.lost ? &f->dest : &f->source;

	if (!side->lost)
		return;
	find(out, HEALTH_WARNING, side == &f->dest ? "cannot say: nothing is known of commits and executions" : "cannot say: nothing is known of new messages");
	text_format(out->reason, sizeof(out->reason), "chain %s %s: %.100s", side->chain, side->refusing ? "refuses to answer" : "cannot be reached", side->why ? side->why : "no answer");
	out->since_s = side->lost_s;
}

/* Whether it is cursed or paused may be among what was refused: then it is not known to be well.
 * Its chains are not parted, for their messages were told of. */
static void rule_doubt(const struct lane_facts *f, struct found *out)
{
	const struct lane_side *side = f->dest.doubt ? &f->dest : &f->source;

	if (!side->doubt)
		return;
	find(out, HEALTH_WARNING, "cannot say: some questions were refused");
	text_format(out->reason, sizeof(out->reason), "chain %s does not answer every question: %.100s", side->chain, side->doubt);
}

static void rule_failed(const struct lane_facts *f, struct found *out)
{
	static const char *const stages[] = {
		[FAULT_NONE] = "receiver, token pool or gas limit",
		[FAULT_RECEIVER] = "receiver contract, or its gas limit",
		[FAULT_TOKEN] = "token pool: liquidity or rate limit",
		[FAULT_OTHER] = "execution",
	};

	if (f->failed <= 0)
		return;
	find(out, HEALTH_CRITICAL, stages[f->fault]);
	text_format(out->reason, sizeof(out->reason), "%lld failed, and will not heal by %s%s%s", (long long)f->failed, f->failed == 1 ? "itself" : "themselves", f->fault_text ? ": " : "", f->fault_text ? f->fault_text : "");
}

static void rule_quote(const struct lane_facts *f, struct found *out)
{
	if (!f->quote_revert)
		return;
	find(out, HEALTH_CRITICAL, "fee quote: nothing can be sent");
	text_format(out->reason, sizeof(out->reason), "the fee quote reverts: %s", f->quote_revert);
}

static void rule_price(const struct lane_facts *f, struct found *out)
{
	char age[DURATION_TEXT], limit[DURATION_TEXT];

	if (!f->price)
		return;
	find(out, HEALTH_CRITICAL, "price feed DON");
	text_format(out->reason, sizeof(out->reason), "the %s is %s old, allowed are %s", f->price, duration_human(age, f->price_age_s * US_PER_S), duration_human(limit, f->price_limit_s * US_PER_S));
}

static void rule_rate(const struct lane_facts *f, struct found *out)
{
	char refill[DURATION_TEXT];

	if (!f->rate_blocked)
		return;
	find(out, HEALTH_CRITICAL, "token pool: rate limit");
	text_format(out->reason, sizeof(out->reason), "the %s rate limit cannot take the usual amount, full again in %s", f->rate_where, duration_human(refill, f->rate_refill_s * US_PER_S));
}

static enum health age_health(const struct lane_facts *f, int64_t age_s)
{
	if (f->slo_s <= 0 || age_s < WARN_FACTOR * f->slo_s)
		return HEALTH_OK;
	return age_s < CRIT_FACTOR * f->slo_s ? HEALTH_WARNING : HEALTH_CRITICAL;
}

static void backlog(const struct lane_facts *f, int64_t count, int64_t age_s, const char *what, struct found *out)
{
	char age[DURATION_TEXT], slo[DURATION_TEXT];

	text_format(out->reason, sizeof(out->reason), "%lld %s, the oldest for %s; expected within %s", (long long)count, what, duration_human(age, age_s * US_PER_S), duration_human(slo, f->slo_s * US_PER_S));
	out->since_s = age_s - WARN_FACTOR * f->slo_s;
}

static void rule_uncommitted(const struct lane_facts *f, struct found *out)
{
	enum health health = f->awaiting_commit > 0 && !f->dest.lost ? age_health(f, f->oldest_commit_s) : HEALTH_OK;
	bool still = f->commit_still_s > WARN_FACTOR * f->slo_s && f->awaiting_commit > 0 && !f->dest.lost;

	if (health == HEALTH_OK && !still)
		return;
	if (f->source.lost)
		find(out, health, "commit, or the source's RPC");
	else
		find(out, still ? HEALTH_CRITICAL : health, f->commit_quiet_s >= 0 && f->commit_quiet_s < f->slo_s ? "source finality: the commit DON still reports" : "commit DON, or the source's finality");
	backlog(f, f->awaiting_commit, f->oldest_commit_s > f->commit_still_s ? f->oldest_commit_s : f->commit_still_s, "not committed", out);
}

static void rule_unexecuted(const struct lane_facts *f, struct found *out)
{
	enum health health = f->awaiting_execution > 0 && !f->dest.lost ? age_health(f, f->oldest_execution_s) : HEALTH_OK;
	const char *stage = f->execute_quiet_s >= 0 && f->execute_quiet_s < f->slo_s ? "execution DON works, and passes these by" : "execution DON";

	if (health == HEALTH_OK)
		return;
	if (f->unblessed > 0)
		stage = "RMN: the blessing of a root is missing";
	else if (f->blocked)
		stage = "an earlier message of the same sender, which failed or was skipped";
	else if (f->no_commit && f->version)
		stage = "verifiers or executor";
	find(out, health, stage);
	backlog(f, f->awaiting_execution, f->oldest_execution_s, f->no_commit ? "not executed" : "committed and not executed", out);
}

static void rule_fees(const struct lane_facts *f, struct found *out)
{
	if (!f->fee_empty && (f->fee_days < 0 || f->fee_days >= f->fee_days_wanted))
		return;
	find(out, f->fee_empty ? HEALTH_CRITICAL : HEALTH_WARNING, "fee tokens of the sender");
	if (f->fee_empty)
		text_format(out->reason, sizeof(out->reason), "the fee tokens pay for no further message");
	else
		text_format(out->reason, sizeof(out->reason), "the fee tokens last for %lld more days", (long long)f->fee_days);
}

/* In the order of causes: what stands further up explains what is below. */
static const struct {
	enum symptom symptom;
	void (*look)(const struct lane_facts *facts, struct found *out);
} rules[] = {
	{SYMPTOM_NO_CONTRACT, rule_contract},
	{SYMPTOM_CORRUPT, rule_corrupt},
	{SYMPTOM_CURSED, rule_cursed},
	{SYMPTOM_FAR_SIDE, rule_halted},
	{SYMPTOM_PAUSED, rule_paused},
	{SYMPTOM_CLOSED, rule_closed},
	{SYMPTOM_PRICES_STALE, rule_price},
	{SYMPTOM_FEE_QUOTE, rule_quote},
	{SYMPTOM_RATE_LIMIT, rule_rate},
	{SYMPTOM_FAILED, rule_failed},
	{SYMPTOM_UNCOMMITTED, rule_uncommitted},
	{SYMPTOM_UNEXECUTED, rule_unexecuted},
	{SYMPTOM_FEES_LOW, rule_fees},
	{SYMPTOM_FAR_SIDE, rule_far_side},
	{SYMPTOM_REFUSING, rule_doubt},
};

static struct lane_verdict well(const struct lane_facts *f)
{
	struct lane_verdict out = {0};
	int64_t waiting = f->awaiting_commit + f->awaiting_execution, oldest = f->oldest_commit_s > f->oldest_execution_s ? f->oldest_commit_s : f->oldest_execution_s;
	char age[DURATION_TEXT];

	if (!f->version || f->sent < 0)
		out.verdict = verdict_make(HEALTH_UNKNOWN, SYMPTOM_NONE, "its contracts have not answered yet");
	else if (waiting > 0 && oldest >= 0)
		out.verdict = verdict_make(HEALTH_OK, SYMPTOM_NONE, "%lld on the way, the oldest for %s", (long long)waiting, duration_human(age, oldest * US_PER_S));
	else if (waiting > 0)
		out.verdict = verdict_make(HEALTH_OK, SYMPTOM_NONE, "%lld on the way", (long long)waiting);
	else
		out.verdict = verdict_make(HEALTH_OK, SYMPTOM_NONE, "all %lld messages arrived", (long long)f->sent);
	return out;
}

struct lane_verdict judge_lane(const struct lane_facts *facts)
{
	struct lane_verdict out = well(facts);
	bool any = false;

	for (size_t i = 0; i < ARRAY_LENGTH(rules); i++) {
		struct found found = {.health = HEALTH_OK};
		rules[i].look(facts, &found);
		if (found.health == HEALTH_OK || (any && health_rank(found.health) <= health_rank(out.verdict.health)))
			continue;
		any = true;
		out.verdict = verdict_make(found.health, rules[i].symptom, "%s", found.reason);
		text_format(out.stage, sizeof(out.stage), "%s", found.stage);
		out.since_s = found.since_s > 0 ? found.since_s : 0;
	}
	return out;
}
