/* A lane on the board: the facts of both sides, what the judge makes of them, the values. */
#include "collect/lane_private.h"

#include "base/mem.h"
#include "base/text.h"
#include "collect/chain.h"
#include "world/judge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- facts ---------------------------------------------------------------------------------- */

static struct lane_side side_facts(const struct side *side, int64_t now_us)
{
	int64_t head_age_s = side->head_s ? now_us / US_PER_S - side->head_s : -1;

	return (struct lane_side){
		.chain = lane_chain(side),
		.seen = side->seen,
		.lost = side->lost,
		.why = side->why,
		.refusing = side->reach == REACH_REFUSING,
		.doubt = side->doubt[0] ? side->doubt : NULL,
		.lost_s = side->lost ? (now_us - side->lost_us) / US_PER_S : 0,
		.head_age_s = side->head_s && head_age_s < 0 ? 0 : head_age_s,
		.head_limit_s = side->head_limit_s,
		.cursed_chain = side->cursed_chain,
		/* The lane's own question is true for the curse of the chain, too. */
		.cursed_lane = side->cursed_lane && !side->cursed_chain,
	};
}

static void price_facts(const struct lane *lane, int64_t now_us, struct lane_facts *facts)
{
	/* They may have been set anew since the endpoint told of them last. */
	int64_t told_s = (lane->prices_us < now_us ? lane->prices_us : now_us) / US_PER_S;
	int64_t gas_age_s = lane->gas_price_s ? told_s - lane->gas_price_s : 0;
	int64_t token_age_s = lane->token_price_s ? told_s - lane->token_price_s : 0;

	facts->price_age_s = gas_age_s > token_age_s ? gas_age_s : token_age_s;
	if (lane->gas_limit_s && gas_age_s > (int64_t)lane->gas_limit_s) {
		facts->price = "gas price";
		facts->price_age_s = gas_age_s;
		facts->price_limit_s = (int64_t)lane->gas_limit_s;
	} else if (lane->token_limit_s && token_age_s > (int64_t)lane->token_limit_s) {
		facts->price = "token price";
		facts->price_age_s = token_age_s;
		facts->price_limit_s = (int64_t)lane->token_limit_s;
	}
}

struct limit {
	const struct ccip_bucket *bucket;
	const char *where;
};

/* The bucket that has least left. */
static struct limit tightest(const struct lane *lane)
{
	const struct limit limits[] = {
		{lane->source.has_bucket ? &lane->source.bucket : NULL, "outbound"},
		{lane->dest.has_bucket ? &lane->dest.bucket : NULL, "inbound"},
		{lane->source.has_lane_bucket ? &lane->source.lane_bucket : NULL, "lane's own"},
	};
	struct limit found = {0};

	for (size_t i = 0; i < ARRAY_LENGTH(limits); i++)
		if (limits[i].bucket && limits[i].bucket->enabled && (!found.bucket || ccip_bucket_percent(limits[i].bucket) < ccip_bucket_percent(found.bucket)))
			found = limits[i];
	return found;
}

static void rate_facts(const struct lane *lane, struct lane_facts *facts)
{
	struct limit limit = tightest(lane);

	if (!limit.bucket)
		return;
	facts->rate_where = limit.where;
	facts->rate_refill_s = ccip_bucket_refill_s(limit.bucket);
	/* The lane's own bucket counts dollars: the usual amount says nothing about it. */
	if (lane->has_rate_amount && limit.bucket != &lane->source.lane_bucket)
		facts->rate_blocked = u256_compare(&limit.bucket->tokens, &lane->rate_amount) < 0;
	else
		facts->rate_blocked = ccip_bucket_percent(limit.bucket) == 0;
}

static void fee_facts(const struct lane *lane, struct lane_facts *facts)
{
	double balance = abi_double(&lane->fee_balance, false), day = book_fees_of_day(&lane->book);

	facts->fee_days = -1;
	facts->fee_days_wanted = settings_number(lane->settings, "fee_days");
	if (!lane->has_fee_balance)
		return;
	facts->fee_empty = balance < book_fee(&lane->book) || balance == 0;
	if (day > 0)
		facts->fee_days = balance / day < 100000 ? (int64_t)(balance / day) : 100000;
}

static void gather(struct lane *lane, int64_t now_us, struct lane_facts *facts)
{
	const struct side *source = &lane->source, *dest = &lane->dest;

	*facts = (struct lane_facts){.source = side_facts(source, now_us), .dest = side_facts(dest, now_us), .slo_s = lane->slo_s, .version = ccip_version_name(lane->ids.version)};
	/* The source was asked later, and cannot know of fewer. */
	if (lane->book.has_sent && lane->book.has_committed && lane->book.committed > lane->book.sent && source->looked_us > dest->looked_us && !dest->lost)
		book_corrupt(&lane->book, now_us, "%" PRIu64 " messages are committed, and only %" PRIu64 " were sent", lane->book.committed, lane->book.sent);
	facts->no_contract = source->no_contract[0] ? source->no_contract : dest->no_contract[0] ? dest->no_contract
		: lane->mismatch[0]                                                              ? lane->mismatch
												 : NULL;
	facts->unrouted = lane->unrouted;
	facts->ramp_closed = lane->ramp_closed;
	facts->disabled = lane->disabled;
	facts->unlisted = lane->unlisted;
	facts->commit_paused = lane->commit_paused;
	facts->sender_paused = source->paused;
	facts->receiver_paused = dest->paused;
	facts->quote_revert = lane->quote_reverts ? lane->quote_text : NULL;
	facts->commit_quiet_s = lane->commit_report_us ? (now_us - lane->commit_report_us) / US_PER_S : -1;
	facts->execute_quiet_s = lane->execute_report_us ? (now_us - lane->execute_report_us) / US_PER_S : -1;
	book_facts(&lane->book, now_us, facts);
	/* Only 1.5 blesses on the chain. */
	if (lane->ids.version != CCIP_1_2 && lane->ids.version != CCIP_1_5)
		facts->unblessed = 0;
	price_facts(lane, now_us, facts);
	rate_facts(lane, facts);
	fee_facts(lane, facts);
}

/* --- messages --------------------------------------------------------------------------------- */

static bool is_cursed(const struct lane_facts *facts)
{
	return facts->source.cursed_chain || facts->source.cursed_lane || facts->dest.cursed_chain || facts->dest.cursed_lane;
}

/* "2 now, the next in 3 h 10 m" */
static void show_manual(struct lane *lane, const struct lane_message *messages, size_t count, int64_t now_us)
{
	int64_t next_us = INT64_MAX;
	size_t now = 0;
	char text[96], wait[DURATION_TEXT];

	for (size_t i = 0; i < count; i++) {
		now += messages[i].manual == MANUAL_NOW;
		if (messages[i].manual == MANUAL_LATER && messages[i].manual_us < next_us)
			next_us = messages[i].manual_us;
	}
	if (next_us == INT64_MAX)
		text_format(text, sizeof(text), "%zu now", now);
	else
		text_format(text, sizeof(text), "%zu now, the next in %s", now, duration_human(wait, next_us - now_us));
	world_set_text(lane->component, LANE_MANUAL, text, now_us);
}

static void show_messages(struct lane *lane, const struct lane_facts *facts, int64_t now_us)
{
	size_t count = lane->book.count < LANE_MESSAGES_MAX ? lane->book.count : LANE_MESSAGES_MAX;
	struct lane_message *shown = xcalloc(count ? count : 1, sizeof(*shown));

	for (size_t i = 0; i < count; i++) {
		const struct book_message *message = &lane->book.open[i];
		struct manual_facts manual = {
			.now_us = now_us,
			.state = message->shown.state,
			.no_commit = lane->book.no_commit,
			.needs_blessing = lane->ids.version == CCIP_1_2 || lane->ids.version == CCIP_1_5,
			.blessed = message->blessed,
			.cursed = is_cursed(facts),
			.committed_us = message->shown.committed_us,
			.threshold_s = (int64_t)lane->dest.config.threshold_s,
		};
		shown[i] = message->shown;
		judge_manual(&manual, &shown[i]);
	}
	lane_set_messages(lane->host.world, lane->component, shown, count);
	show_manual(lane, shown, count, now_us);
	free(shown);
}

/* --- values -------------------------------------------------------------------------------------- */

static void set_number(struct lane *lane, int value, int64_t number, int64_t now_us)
{
	if (number >= 0)
		world_set_number(lane->component, value, number, now_us);
	else
		world_unset(lane->component, value);
}

static void set_text(struct lane *lane, int value, const char *text, int64_t now_us)
{
	if (text && text[0])
		world_set_text(lane->component, value, text, now_us);
	else
		world_unset(lane->component, value);
}

static void set_address(struct lane *lane, int value, bool known, const struct address *address, int64_t now_us)
{
	char text[ADDRESS_TEXT];

	set_text(lane, value, known ? address_text(text, address) : NULL, now_us);
}

/* Runbooks take them as values, too. */
static void show_contracts(struct lane *lane, int64_t now_us)
{
	set_address(lane, LANE_ON_RAMP, lane->source.has_ramp, &lane->source.ramp, now_us);
	set_address(lane, LANE_OFF_RAMP, lane->dest.has_ramp, &lane->dest.ramp, now_us);
	set_address(lane, LANE_COMMIT_STORE, lane->has_commit_store, &lane->commit_store, now_us);
	set_address(lane, LANE_SOURCE_RMN, lane->source.has_rmn, &lane->source.rmn, now_us);
	set_address(lane, LANE_DEST_RMN, lane->dest.has_rmn, &lane->dest.rmn, now_us);
	set_address(lane, LANE_SENDER, lane->has_sender, &lane->sender, now_us);
	set_address(lane, LANE_RECEIVER, lane->has_receiver, &lane->receiver, now_us);
}

static void show_oldest(struct lane *lane, int64_t now_us)
{
	const struct lane_message *oldest = lane->book.count ? &lane->book.open[0].shown : NULL;
	char text[2 * sizeof(oldest->id.bytes) + 3];

	set_text(lane, LANE_OLDEST_ID, oldest && oldest->has_id ? hex_text(text, sizeof(text), oldest->id.bytes, sizeof(oldest->id.bytes), true) : NULL, now_us);
}

static void show_fees(struct lane *lane, const struct lane_facts *facts, int64_t now_us)
{
	char amount[160];

	set_text(lane, LANE_FEE_BALANCE, lane->has_fee_balance ? abi_decimal(amount, sizeof(amount), &lane->fee_balance, false, 18) : NULL, now_us);
	set_number(lane, LANE_FEE_DAYS, facts->fee_days, now_us);
	set_text(lane, LANE_FEE_QUOTE, lane->quote_text, now_us);
	set_number(lane, LANE_PRICE_AGE_S, lane->gas_price_s || lane->token_price_s ? facts->price_age_s : -1, now_us);
}

static void show_rate(struct lane *lane, const struct lane_facts *facts, int64_t now_us)
{
	struct limit limit = tightest(lane);

	set_number(lane, LANE_RATE_PERCENT, limit.bucket ? ccip_bucket_percent(limit.bucket) : -1, now_us);
	set_number(lane, LANE_RATE_REFILL_S, limit.bucket && facts->rate_refill_s != INT64_MAX ? facts->rate_refill_s : -1, now_us);
}

/* How the newest message of the test sender fares. */
static void show_test(struct lane *lane, int64_t now_us)
{
	const struct book_message *message;
	uint64_t number;
	char digits[24], text[160];

	if (!lane->test_text[0])
		return;
	text_format(digits, sizeof(digits), "%.*s", (int)strcspn(lane->test_text, " "), lane->test_text);
	if (!decimal_u64(digits, &number))
		return;
	message = book_find(&lane->book, number);
	text_format(text, sizeof(text), "%s: %s", lane->test_text, transit_name(message ? message->shown.state : TRANSIT_DONE));
	set_text(lane, LANE_TEST, text, now_us);
}

/* As old as the older answer of both sides; before both gave one, nobody knows that it is not so. */
static void show_flag(struct lane *lane, int value, bool flag, int64_t now_us)
{
	int64_t told_us = lane->source.flags_us < lane->dest.flags_us ? lane->source.flags_us : lane->dest.flags_us;

	if (flag || told_us)
		world_set_flag(lane->component, value, flag, told_us ? told_us : now_us);
	else
		world_unset(lane->component, value);
}

static void show_values(struct lane *lane, const struct lane_facts *facts, const struct lane_verdict *verdict, int64_t now_us)
{
	int64_t oldest = facts->oldest_commit_s > facts->oldest_execution_s ? facts->oldest_commit_s : facts->oldest_execution_s;

	set_text(lane, LANE_VERSION, facts->version, now_us);
	set_number(lane, LANE_SENT, facts->sent, now_us);
	set_number(lane, LANE_COMMITTED, facts->committed, now_us);
	set_number(lane, LANE_EXECUTED, lane->book.started ? (int64_t)lane->book.low : -1, now_us);
	set_number(lane, LANE_PENDING, lane->book.started ? facts->awaiting_commit + facts->awaiting_execution + facts->failed : -1, now_us);
	set_number(lane, LANE_AWAITING_COMMIT, lane->book.has_committed ? facts->awaiting_commit : -1, now_us);
	set_number(lane, LANE_FAILED, lane->book.started ? facts->failed : -1, now_us);
	set_number(lane, LANE_OLDEST_PENDING_S, oldest, now_us);
	set_number(lane, LANE_LATENCY_S, facts->latency_s, now_us);
	set_number(lane, LANE_USUAL_S, lane->usual_s, now_us);
	show_flag(lane, LANE_CURSED, is_cursed(facts), now_us);
	show_flag(lane, LANE_PAUSED, facts->commit_paused || facts->sender_paused || facts->receiver_paused || facts->ramp_closed, now_us);
	set_text(lane, LANE_STAGE, verdict->stage, now_us);
	/* What does not fit is as old as it is, however often it is looked at. */
	set_text(lane, LANE_CORRUPT, facts->corrupt ? facts->corrupt : facts->undecoded, facts->corrupt ? lane->book.corrupt_us : now_us);
	set_text(lane, LANE_SOURCE_CHAIN, lane_chain(&lane->source), now_us);
	set_text(lane, LANE_DEST_CHAIN, lane_chain(&lane->dest), now_us);
	show_contracts(lane, now_us);
	show_oldest(lane, now_us);
	show_fees(lane, facts, now_us);
	show_rate(lane, facts, now_us);
	show_test(lane, now_us);
}

/* --- what a restart needs ------------------------------------------------------------------------------ */

static void keep(struct lane *lane, const char *name, int64_t number, int64_t *kept)
{
	const struct source_host *host = &lane->host;

	if (number == *kept || !host->remember)
		return;
	*kept = number;
	host->remember(host->arg, lane->component->id, name, number);
}

static void keep_marks(struct lane *lane)
{
	const struct book *book = &lane->book;

	if (!book->started || !lane->source.scan.begun || lane->source.scan.waiting || (!lane->custom && (!lane->dest.scan.begun || lane->dest.scan.waiting)))
		return;
	/* A message whose event was not found keeps the marks where they are. */
	for (size_t i = 0; i < book->count; i++)
		if (!book->open[i].shown.has_id && lane->source.scan.low > lane->source.scan.floor)
			return;
	keep(lane, "low", (int64_t)book->low, &lane->kept_low);
	keep(lane, "source_block", (int64_t)book_source_mark(book, lane->source.scan.high), &lane->kept_source);
	keep(lane, "dest_block", (int64_t)book_dest_mark(book, lane->dest.scan.high), &lane->kept_dest);
}

/* Only what is seen while all is well becomes usual: a backlog is no measure. */
static void follow_usual(struct lane *lane, const struct lane_facts *facts, enum health health)
{
	const struct book *book = &lane->book;
	int64_t done_us = book->done_count ? book->done[book->done_count - 1].done_us : 0;

	if (health != HEALTH_OK || facts->latency_s < 0 || done_us <= lane->usual_done_us)
		return;
	lane->usual_done_us = done_us;
	lane->usual_s = book_usual_s(lane->usual_s, facts->latency_s);
	keep(lane, "usual_s", lane->usual_s, &lane->kept_usual);
}

/* --- showing --------------------------------------------------------------------------------------------- */

void lane_show(struct lane *lane, int64_t now_us)
{
	struct world *world = lane->host.world;
	struct lane_facts facts;
	char why[160];

	if (lane->source.lost && lane->dest.lost) {
		text_format(why, sizeof(why), "chain %s: %.60s; chain %s: %.60s", lane_chain(&lane->source), lane->source.why, lane_chain(&lane->dest), lane->dest.why);
		world_miss(world, lane->component, now_us, lane->source.reach, why);
		return;
	}
	/* The first look at one side says little without the other. */
	if ((!lane->source.seen && !lane->source.lost) || (!lane->dest.seen && !lane->dest.lost))
		return;
	gather(lane, now_us, &facts);
	struct lane_verdict verdict = judge_lane(&facts);
	struct sighting sighting = {.at_us = now_us, .verdict = verdict.verdict, .since_us = verdict.since_s ? now_us - verdict.since_s * US_PER_S : 0, .certain = verdict.verdict.health == HEALTH_CRITICAL};
	follow_usual(lane, &facts, verdict.verdict.health);
	show_values(lane, &facts, &verdict, now_us);
	show_messages(lane, &facts, now_us);
	if (facts.latency_s >= 0)
		trail_add(&lane->component->trail, now_us, facts.latency_s, verdict.verdict.health);
	world_sight(world, lane->component, &sighting);
	keep_marks(lane);
}
