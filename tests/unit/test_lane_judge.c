/* The judges of lanes, of manual execution and of feeds, as tables of cases. */
#include "base/clock.h"
#include "base/mem.h"
#include "world/feed.h"
#include "world/lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- lanes ------------------------------------------------------------------------------- */

static struct lane_facts healthy(void)
{
	return (struct lane_facts){
		.source = {.chain = "network", .seen = true, .head_age_s = 4, .head_limit_s = 120},
		.dest = {.chain = "ethereum", .seen = true, .head_age_s = 10, .head_limit_s = 120},
		.slo_s = 1800,
		.version = "1.5",
		.sent = 412,
		.committed = 412,
		.oldest_commit_s = -1,
		.oldest_execution_s = -1,
		.commit_quiet_s = -1,
		.execute_quiet_s = -1,
		.fee_days = -1,
		.fee_days_wanted = 7,
		.latency_s = 600,
	};
}

static void all_well(struct lane_facts *f)
{
	(void)f;
}
static void on_the_way(struct lane_facts *f)
{
	f->awaiting_commit = 2, f->oldest_commit_s = 3599;
}
static void never_answered(struct lane_facts *f)
{
	f->version = NULL;
}
static void cursed_here(struct lane_facts *f)
{
	f->source.cursed_lane = true;
}
static void cursed_there(struct lane_facts *f)
{
	f->dest.cursed_chain = true;
}
static void unrouted(struct lane_facts *f)
{
	f->unrouted = true;
}
static void ramp_closed(struct lane_facts *f)
{
	f->ramp_closed = true;
}
static void disabled(struct lane_facts *f)
{
	f->disabled = true;
}
static void unlisted(struct lane_facts *f)
{
	f->unlisted = true;
}
static void commit_paused(struct lane_facts *f)
{
	f->commit_paused = true;
}
static void sender_paused(struct lane_facts *f)
{
	f->sender_paused = true;
}
static void no_contract(struct lane_facts *f)
{
	f->no_contract = "no contract at 0x1, which should be the onRamp on network";
}
static void uncommitted_warn(struct lane_facts *f)
{
	f->awaiting_commit = 3, f->oldest_commit_s = 3600;
}
static void uncommitted(struct lane_facts *f)
{
	f->awaiting_commit = 3, f->oldest_commit_s = 7200;
}
static void frozen(struct lane_facts *f)
{
	f->awaiting_commit = 3, f->oldest_commit_s = 2000, f->commit_still_s = 3601;
}
static void not_final(struct lane_facts *f)
{
	uncommitted(f), f->commit_quiet_s = 60;
}
static void unexecuted(struct lane_facts *f)
{
	f->awaiting_execution = 5, f->oldest_execution_s = 7200;
}
static void unblessed(struct lane_facts *f)
{
	unexecuted(f), f->unblessed = 1;
}
static void blocked(struct lane_facts *f)
{
	unexecuted(f), f->blocked = true;
}
static void passed_by(struct lane_facts *f)
{
	unexecuted(f), f->execute_quiet_s = 60;
}
static void verifiers(struct lane_facts *f)
{
	unexecuted(f), f->no_commit = true;
}
static void failed(struct lane_facts *f)
{
	f->failed = 1, f->fault = FAULT_RECEIVER, f->fault_text = "ReceiverError: paused";
}
static void failed_pool(struct lane_facts *f)
{
	f->failed = 2, f->fault = FAULT_TOKEN;
}
static void quote(struct lane_facts *f)
{
	f->quote_revert = "TokenNotSupported(0x1): the token has no price";
}
static void price(struct lane_facts *f)
{
	f->price = "gas price", f->price_age_s = 90000, f->price_limit_s = 86400;
}
static void rate(struct lane_facts *f)
{
	f->rate_blocked = true, f->rate_where = "outbound", f->rate_refill_s = 7501;
}
static void fees_low(struct lane_facts *f)
{
	f->fee_days = 6;
}
static void fees_enough(struct lane_facts *f)
{
	f->fee_days = 7;
}
static void fees_gone(struct lane_facts *f)
{
	f->fee_days = 0, f->fee_empty = true;
}
static void corrupt(struct lane_facts *f)
{
	f->corrupt = "sequence gap: message 3 follows 1";
}
static void undecoded(struct lane_facts *f)
{
	f->undecoded = "a commit report in block 7 does not decode";
}
static void parted(struct lane_facts *f)
{
	f->dest.lost = true, f->dest.why = "connection refused", f->dest.lost_s = 60;
}
static void refusing(struct lane_facts *f)
{
	f->dest.lost = f->dest.refusing = true, f->dest.why = "JSON-RPC error -32005: busy";
}
static void doubtful(struct lane_facts *f)
{
	f->source.doubt = "JSON-RPC error -32005: busy";
}
static void doubtful_backlog(struct lane_facts *f)
{
	uncommitted(f), f->dest.doubt = "JSON-RPC error -32005: busy";
}
static void parted_backlog(struct lane_facts *f)
{
	uncommitted(f), parted(f);
}
static void source_lost(struct lane_facts *f)
{
	f->source.lost = true, f->source.why = "timeout 3 s";
}
static void far_silent(struct lane_facts *f)
{
	f->dest.head_age_s = 121;
}
static void far_halted(struct lane_facts *f)
{
	f->dest.head_age_s = 481;
}
static void halted_backlog(struct lane_facts *f)
{
	unexecuted(f), far_halted(f);
}
static void cursed_backlog(struct lane_facts *f)
{
	uncommitted(f), cursed_here(f), quote(f);
}
static void failed_and_late(struct lane_facts *f)
{
	failed(f), uncommitted_warn(f), fees_low(f);
}

static const struct {
	void (*change)(struct lane_facts *facts);
	enum health health;
	enum symptom symptom;
	const char *reason, *stage; /* a part of each */
} lanes[] = {
	{all_well, HEALTH_OK, SYMPTOM_NONE, "all 412 messages arrived", ""},
	{on_the_way, HEALTH_OK, SYMPTOM_NONE, "2 on the way, the oldest for 59 m 59 s", ""},
	{never_answered, HEALTH_UNKNOWN, SYMPTOM_NONE, "not answered yet", ""},
	{cursed_here, HEALTH_CRITICAL, SYMPTOM_CURSED, "the lane is cursed on chain network: nothing can be sent", "lane curse"},
	{cursed_there, HEALTH_CRITICAL, SYMPTOM_CURSED, "all lanes are cursed on chain ethereum: nothing is committed", "global curse"},
	{unrouted, HEALTH_CRITICAL, SYMPTOM_CLOSED, "the router on chain network names no onRamp", "router wiring on the source"},
	{ramp_closed, HEALTH_CRITICAL, SYMPTOM_CLOSED, "paused: the onRamp on chain network", "router wiring on the source"},
	{disabled, HEALTH_CRITICAL, SYMPTOM_CLOSED, "the offRamp on chain ethereum", "router wiring on the destination"},
	{unlisted, HEALTH_CRITICAL, SYMPTOM_CLOSED, "the router on chain ethereum does not list", "router wiring on the destination"},
	{commit_paused, HEALTH_CRITICAL, SYMPTOM_PAUSED, "the commit store is paused", "commit store"},
	{sender_paused, HEALTH_CRITICAL, SYMPTOM_PAUSED, "the custom sender is paused", "custom sender"},
	{no_contract, HEALTH_CRITICAL, SYMPTOM_NO_CONTRACT, "no contract at 0x1", "configuration"},
	{uncommitted_warn, HEALTH_WARNING, SYMPTOM_UNCOMMITTED, "3 not committed, the oldest for 1 h; expected within 30 m", "commit DON"},
	{uncommitted, HEALTH_CRITICAL, SYMPTOM_UNCOMMITTED, "the oldest for 2 h", "commit DON"},
	{frozen, HEALTH_CRITICAL, SYMPTOM_UNCOMMITTED, "3 not committed", "commit DON"},
	{not_final, HEALTH_CRITICAL, SYMPTOM_UNCOMMITTED, "3 not committed", "source finality"},
	{unexecuted, HEALTH_CRITICAL, SYMPTOM_UNEXECUTED, "5 committed and not executed", "execution DON"},
	{unblessed, HEALTH_CRITICAL, SYMPTOM_UNEXECUTED, "5 committed", "blessing of a root is missing"},
	{blocked, HEALTH_CRITICAL, SYMPTOM_UNEXECUTED, "5 committed", "earlier message of the same sender"},
	{passed_by, HEALTH_CRITICAL, SYMPTOM_UNEXECUTED, "5 committed", "passes these by"},
	{verifiers, HEALTH_CRITICAL, SYMPTOM_UNEXECUTED, "5 not executed", "verifiers"},
	{failed, HEALTH_CRITICAL, SYMPTOM_FAILED, "1 failed, and will not heal by itself: ReceiverError: paused", "receiver contract"},
	{failed_pool, HEALTH_CRITICAL, SYMPTOM_FAILED, "2 failed, and will not heal by themselves", "token pool"},
	{quote, HEALTH_CRITICAL, SYMPTOM_FEE_QUOTE, "the fee quote reverts: TokenNotSupported", "fee quote"},
	{price, HEALTH_CRITICAL, SYMPTOM_PRICES_STALE, "the gas price is 1 d 1 h old, allowed are 1 d", "price feed DON"},
	{rate, HEALTH_CRITICAL, SYMPTOM_RATE_LIMIT, "full again in 2 h 5 m", "rate limit"},
	{fees_low, HEALTH_WARNING, SYMPTOM_FEES_LOW, "last for 6 more days", "fee tokens"},
	{fees_enough, HEALTH_OK, SYMPTOM_NONE, "all 412", ""},
	{fees_gone, HEALTH_CRITICAL, SYMPTOM_FEES_LOW, "pay for no further message", "fee tokens"},
	{corrupt, HEALTH_CRITICAL, SYMPTOM_CORRUPT, "sequence gap: message 3 follows 1", "data"},
	{undecoded, HEALTH_CRITICAL, SYMPTOM_CORRUPT, "does not decode", "data"},
	{parted, HEALTH_WARNING, SYMPTOM_FAR_SIDE, "ethereum cannot be reached: connection refused", "nothing is known of commits"},
	{refusing, HEALTH_WARNING, SYMPTOM_FAR_SIDE, "ethereum refuses to answer: JSON-RPC error -32005", "nothing is known of commits"},
	{doubtful, HEALTH_WARNING, SYMPTOM_REFUSING, "network does not answer every question: JSON-RPC error -32005", "some questions were refused"},
	{doubtful_backlog, HEALTH_CRITICAL, SYMPTOM_UNCOMMITTED, "not committed", "commit DON"},
	{parted_backlog, HEALTH_WARNING, SYMPTOM_FAR_SIDE, "ethereum cannot be reached", "nothing is known of commits"},
	{source_lost, HEALTH_WARNING, SYMPTOM_FAR_SIDE, "network cannot be reached: timeout 3 s", "nothing is known of new messages"},
	{far_silent, HEALTH_WARNING, SYMPTOM_FAR_SIDE, "ethereum has made no block for 2 m 1 s", "chain ethereum"},
	{far_halted, HEALTH_CRITICAL, SYMPTOM_FAR_SIDE, "ethereum has made no block", "chain ethereum"},
	/* What explains the others is the one that is told. */
	{halted_backlog, HEALTH_CRITICAL, SYMPTOM_FAR_SIDE, "ethereum has made no block", "chain ethereum"},
	{cursed_backlog, HEALTH_CRITICAL, SYMPTOM_CURSED, "the lane is cursed", "lane curse"},
	{failed_and_late, HEALTH_CRITICAL, SYMPTOM_FAILED, "1 failed", "receiver contract"},
};

static void lane_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(lanes); i++) {
		struct lane_facts facts = healthy();
		lanes[i].change(&facts);
		struct lane_verdict out = judge_lane(&facts);
		if (out.verdict.health != lanes[i].health || out.verdict.symptom != lanes[i].symptom)
			fail_msg("row %zu: %s, symptom %d: %s", i, health_name(out.verdict.health), (int)out.verdict.symptom, out.verdict.reason);
		if (!strstr(out.verdict.reason, lanes[i].reason))
			fail_msg("row %zu: \"%s\" is not in \"%s\"", i, lanes[i].reason, out.verdict.reason);
		if (!strstr(out.stage, lanes[i].stage) || (lanes[i].health == HEALTH_OK && out.stage[0]))
			fail_msg("row %zu: \"%s\" is not in stage \"%s\"", i, lanes[i].stage, out.stage);
	}
}

/* --- manual execution --------------------------------------------------------------------------- */

#define NOW_US (INT64_C(1767225600) * US_PER_S)

static void manual_table(void **state)
{
	static const struct {
		const char *name;
		struct manual_facts facts;
		enum manual manual;
		int64_t in_s; /* when it may */
	} cases[] = {
		{"not committed", {.state = TRANSIT_SENT}, MANUAL_NO, 0},
		{"failed", {.state = TRANSIT_FAILED, .committed_us = NOW_US - 1, .threshold_s = 28800}, MANUAL_NOW, 0},
		{"failed, cursed", {.state = TRANSIT_FAILED, .cursed = true}, MANUAL_NO, 0},
		{"failed, not blessed", {.state = TRANSIT_FAILED, .needs_blessing = true}, MANUAL_NO, 0},
		{"failed, blessed", {.state = TRANSIT_FAILED, .needs_blessing = true, .blessed = true}, MANUAL_NOW, 0},
		{"waiting", {.state = TRANSIT_COMMITTED, .committed_us = NOW_US - 3600 * US_PER_S, .threshold_s = 28800}, MANUAL_LATER, 25200},
		{"waiting, exactly over", {.state = TRANSIT_COMMITTED, .committed_us = NOW_US - 28800 * US_PER_S, .threshold_s = 28800}, MANUAL_LATER, 0},
		{"waiting, over", {.state = TRANSIT_COMMITTED, .committed_us = NOW_US - 28801 * US_PER_S, .threshold_s = 28800}, MANUAL_NOW, -1},
		{"waiting, threshold not known", {.state = TRANSIT_COMMITTED, .committed_us = NOW_US}, MANUAL_NO, 0},
		{"2.0", {.state = TRANSIT_COMMITTED, .no_commit = true}, MANUAL_NOW, 0},
		{"done", {.state = TRANSIT_DONE}, MANUAL_NO, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct manual_facts facts = cases[i].facts;
		struct lane_message message = {0};
		facts.now_us = NOW_US;
		judge_manual(&facts, &message);
		if (message.manual != cases[i].manual || !message.manual_why)
			fail_msg("%s: %s", cases[i].name, message.manual_why);
		if (cases[i].manual == MANUAL_LATER)
			assert_int_equal(message.manual_us, NOW_US + cases[i].in_s * US_PER_S);
	}
}

/* --- feeds ------------------------------------------------------------------------------------------- */

enum { NOW_S = 1767225600 };

static struct feed_facts fresh(void)
{
	return (struct feed_facts){.answer = "3412.55", .sign = 1, .updated_s = NOW_S - 60, .now_s = NOW_S, .head_s = NOW_S - 2, .head_age_s = 2, .heartbeat_s = 3600, .grace_s = 300, .second_percent = -1, .deviation = 0.5};
}

static void feed_fresh(struct feed_facts *f)
{
	(void)f;
}
static void feed_grace(struct feed_facts *f)
{
	f->updated_s = NOW_S - 3900;
}
static void feed_late(struct feed_facts *f)
{
	f->updated_s = NOW_S - 3901;
}
static void feed_lost(struct feed_facts *f)
{
	f->updated_s = NOW_S - 7201;
}
static void feed_publisher(struct feed_facts *f)
{
	feed_late(f), f->publisher = "oracle-publisher-0: crash loop";
}
static void feed_none(struct feed_facts *f)
{
	f->no_data = true;
}
static void feed_never(struct feed_facts *f)
{
	f->updated_s = 0;
}
static void feed_no_contract(struct feed_facts *f)
{
	f->no_contract = "no contract at 0x1";
}
static void feed_zero(struct feed_facts *f)
{
	f->sign = 0, f->answer = "0";
}
static void feed_negative(struct feed_facts *f)
{
	f->sign = -1, f->answer = "-0.375";
}
static void feed_signed(struct feed_facts *f)
{
	feed_negative(f), f->is_signed = true;
}
static void feed_bound(struct feed_facts *f)
{
	f->bound = "the contract's minimum";
}
static void feed_future(struct feed_facts *f)
{
	f->updated_s = NOW_S + 121;
}
static void feed_ahead(struct feed_facts *f)
{
	f->updated_s = NOW_S + 120;
}
static void feed_second(struct feed_facts *f)
{
	f->second = "3412", f->second_percent = 0.5;
}
static void feed_differs(struct feed_facts *f)
{
	f->second = "3400", f->second_percent = 0.6;
}
static void feed_wrong(struct feed_facts *f)
{
	f->second = "3300", f->second_percent = 1.6;
}
static void feed_no_second(struct feed_facts *f)
{
	f->second_why = "connection refused";
}
static void feed_breaker(struct feed_facts *f)
{
	f->breaker_open = true;
}
static void feed_carried(struct feed_facts *f)
{
	f->carried_over = true;
}
static void feed_halted(struct feed_facts *f)
{
	f->chain_halted = true, f->head_s = NOW_S - 5000, f->head_age_s = 5000, f->updated_s = NOW_S - 5600;
}
static void feed_halted_fresh(struct feed_facts *f)
{
	feed_halted(f), f->head_age_s = 600, f->head_s = NOW_S - 600, f->updated_s = NOW_S - 1200;
}
static void feed_late_before(struct feed_facts *f)
{
	feed_halted(f), f->updated_s = NOW_S - 12300;
}

static const struct {
	void (*change)(struct feed_facts *facts);
	enum health health;
	enum symptom symptom;
	const char *reason;
} feeds[] = {
	{feed_fresh, HEALTH_OK, SYMPTOM_NONE, "3412.55, updated 1 m ago"},
	{feed_grace, HEALTH_OK, SYMPTOM_NONE, "updated 1 h 5 m ago"},
	{feed_late, HEALTH_WARNING, SYMPTOM_OVERDUE, "not updated for 1 h 5 m, heartbeat 1 h"},
	{feed_lost, HEALTH_CRITICAL, SYMPTOM_OVERDUE, "not updated for 2 h"},
	{feed_publisher, HEALTH_WARNING, SYMPTOM_OVERDUE, "publisher oracle-publisher-0: crash loop"},
	{feed_none, HEALTH_CRITICAL, SYMPTOM_OVERDUE, "no round has ever been answered"},
	{feed_never, HEALTH_CRITICAL, SYMPTOM_OVERDUE, "no round has ever been answered"},
	{feed_no_contract, HEALTH_CRITICAL, SYMPTOM_NO_CONTRACT, "no contract at 0x1"},
	{feed_zero, HEALTH_CRITICAL, SYMPTOM_ANSWER, "the answer is zero: 0"},
	{feed_negative, HEALTH_CRITICAL, SYMPTOM_ANSWER, "the answer is negative: -0.375"},
	{feed_signed, HEALTH_OK, SYMPTOM_NONE, "-0.375, updated"},
	{feed_bound, HEALTH_CRITICAL, SYMPTOM_ANSWER, "is at the contract's minimum"},
	{feed_future, HEALTH_CRITICAL, SYMPTOM_ANSWER, "updated 2 m 1 s in the future"},
	{feed_ahead, HEALTH_OK, SYMPTOM_NONE, "updated 0 s ago"},
	{feed_second, HEALTH_OK, SYMPTOM_NONE, "3412.55"},
	{feed_differs, HEALTH_WARNING, SYMPTOM_DEVIATES, "differs by 0.60 % from the second source, which says 3400"},
	{feed_wrong, HEALTH_CRITICAL, SYMPTOM_DEVIATES, "differs by 1.60 %"},
	{feed_no_second, HEALTH_OK, SYMPTOM_NONE, "the second source is silent: connection refused"},
	{feed_breaker, HEALTH_CRITICAL, SYMPTOM_BREAKER, "circuit breaker is open"},
	{feed_carried, HEALTH_WARNING, SYMPTOM_ANSWER, "an earlier one's"},
	/* On a halted chain the feed is late because of the chain, and no worse than it was then. */
	{feed_halted, HEALTH_WARNING, SYMPTOM_OVERDUE, "cannot update: its chain has made no block for 1 h 23 m"},
	{feed_halted_fresh, HEALTH_OK, SYMPTOM_NONE, "updated 20 m ago"},
	{feed_late_before, HEALTH_CRITICAL, SYMPTOM_OVERDUE, "when the chain halted 1 h 23 m ago"},
};

static void feed_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(feeds); i++) {
		struct feed_facts facts = fresh();
		int64_t age_s;
		feeds[i].change(&facts);
		struct verdict out = judge_feed(&facts, &age_s);
		if (out.health != feeds[i].health || out.symptom != feeds[i].symptom || !strstr(out.reason, feeds[i].reason))
			fail_msg("row %zu: %s, symptom %d: %s", i, health_name(out.health), (int)out.symptom, out.reason);
		if (facts.updated_s == 0)
			assert_int_equal(age_s, -1);
	}
}

/* --- messages beside the component ------------------------------------------------------------------- */

static void messages_kept(void **state)
{
	struct thresholds thresholds = thresholds_default();
	struct world *world = world_new("test", 138, &thresholds);
	struct component *lane = world_add(world, KIND_LANE, "a-b", "somewhere", US_PER_MINUTE);
	struct lane_message *many = xcalloc(LANE_MESSAGES_MAX + 1, sizeof(*many));
	char fault[] = "the receiver reverted";
	size_t count;

	(void)state;
	assert_null(lane_messages(lane, &count));
	many[0].fault_text = fault;
	lane_set_messages(world, lane, many, LANE_MESSAGES_MAX + 1);
	fault[0] = 'X';
	const struct lane_message *kept = lane_messages(lane, &count);
	assert_int_equal(count, LANE_MESSAGES_MAX);
	assert_string_equal(kept[0].fault_text, "the receiver reverted");
	lane_set_messages(world, lane, NULL, 0);
	assert_null(lane_messages(lane, &count));
	free(many);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lane_table),
		cmocka_unit_test(manual_table),
		cmocka_unit_test(feed_table),
		cmocka_unit_test(messages_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
