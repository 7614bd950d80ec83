/* The destination of a lane: what was committed, what was executed, and how that went. */
#include "collect/lane_private.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	CONFIG_LOOKS = 40,
	/* When many are on the way, only their events tell from look to look. */
	ASK_ALL = 100,
	ASK_ALL_LOOKS = 8,
};

static bool is_per_lane(const struct side *side)
{
	return side->type.version == CCIP_1_2 || side->type.version == CCIP_1_5;
}

static bool is_ramp(const struct side *side)
{
	return side->has_ramp && side->type.contract == CONTRACT_OFF_RAMP;
}

/* --- where the offRamp is ---------------------------------------------------------------------- */

enum {
	ROUTE_HEAD,
	ROUTE_RAMPS,
	ROUTE_RMN,
	ROUTE_MARK,
};

static void plan_route(struct side *side, struct eth_list *list)
{
	side->asked[ROUTE_HEAD] = eth_add_block(list, ETH_LATEST);
	side->asked[ROUTE_MARK] = scan_ask_mark(side, list);
	side->asked[ROUTE_RAMPS] = side->asked[ROUTE_RMN] = SIZE_MAX;
	if (!side->has_router)
		return;
	if (!side->given_ramp)
		side->asked[ROUTE_RAMPS] = eth_ask(list, &side->router, "getOffRamps()");
	if (!side->has_rmn)
		side->asked[ROUTE_RMN] = eth_ask(list, &side->router, "getArmProxy()");
}

/* Whether the router still lists the offRamp that is followed. */
static void check_listed(struct side *side)
{
	side->lane->unlisted = side->has_ramp;
	for (size_t i = 0; i < side->candidate_count; i++)
		if (address_equal(&side->candidates[i], &side->ramp))
			side->lane->unlisted = false;
}

static void done_route(struct side *side, struct eth_list *list, int64_t at_us)
{
	struct abi view;

	(void)at_us;
	side->no_contract[0] = '\0';
	lane_take_head(side, list, side->asked[ROUTE_HEAD]);
	scan_read_mark(side, list, side->asked[ROUTE_MARK]);
	if (lane_lacks(side, list, side->asked[ROUTE_RAMPS]))
		return;
	if (eth_answer(list, side->asked[ROUTE_RAMPS])->outcome == ETH_NOTHING) {
		lane_no_contract(side, &side->router, "router");
	} else if (eth_view(list, side->asked[ROUTE_RAMPS], &view) && side->lane->ids.source) {
		side->candidate_count = ccip_off_ramps(view, side->lane->ids.source, side->candidates, CANDIDATES_MAX);
		check_listed(side);
	}
	if (eth_view(list, side->asked[ROUTE_RMN], &view) && abi_address(view, 0, &side->rmn))
		side->has_rmn = true;
}

/* --- which of them -------------------------------------------------------------------------------- */

enum { QUESTIONS = 3 }; /* for each candidate: its type, and both configurations that may name the onRamp */

static void plan_choice(struct side *side, struct eth_list *list)
{
	if (is_ramp(side) || side->lane->custom)
		return;
	if (side->has_ramp) {
		side->candidates[0] = side->ramp;
		side->candidate_count = 1;
	}
	for (size_t i = 0; i < side->candidate_count; i++) {
		eth_ask(list, &side->candidates[i], "typeAndVersion()");
		eth_ask(list, &side->candidates[i], "getStaticConfig()");
		eth_ask_u64(list, &side->candidates[i], "getSourceChainConfig(uint64)", side->lane->ids.source);
	}
}

/* The offRamp that names our onRamp; 2.0 names it elsewhere, and is taken as it comes. */
static bool fits(const struct side *side, const struct eth_list *list, size_t candidate, struct ccip_type *type, struct ccip_ramp *config)
{
	struct abi view;

	*config = (struct ccip_ramp){0};
	if (!eth_view(list, QUESTIONS * candidate, &view) || !ccip_type_read(view, type) || type->contract != CONTRACT_OFF_RAMP)
		return false;
	if (!eth_view(list, QUESTIONS * candidate + 1, &view) || !ccip_off_static(type->version, view, config))
		return false;
	if (type->version >= CCIP_1_6 && (!eth_view(list, QUESTIONS * candidate + 2, &view) || !ccip_off_source(type->version, view, config)))
		return false;
	if (type->version == CCIP_2_0 || side->given_ramp)
		return true;
	/* While the onRamp is not known, only one without rivals is taken. */
	if (!side->lane->source.has_ramp)
		return side->candidate_count == 1 || side->lane->source.lost;
	return address_equal(&config->on_ramp, &side->lane->ids.on_ramp);
}

static void choose(struct side *side, size_t candidate, const struct ccip_type *type, const struct ccip_ramp *config)
{
	struct lane *lane = side->lane;

	side->ramp = side->candidates[candidate];
	side->has_ramp = true;
	side->type = *type;
	side->config = *config;
	if (lane->ids.dest == 0)
		lane->ids.dest = config->dest;
	if (is_per_lane(side) && !lane->has_commit_store) {
		lane->commit_store = config->commit_store;
		lane->has_commit_store = true;
	}
	if (!side->has_rmn) {
		side->rmn = config->rmn;
		side->has_rmn = true;
	}
	lane_set_version(lane, type->version);
}

static void done_choice(struct side *side, struct eth_list *list, int64_t at_us)
{
	struct ccip_type type = {0};
	struct ccip_ramp config;

	(void)at_us;
	for (size_t i = 0; i < side->candidate_count; i++) {
		if (fits(side, list, i, &type, &config)) {
			choose(side, i, &type, &config);
			return;
		}
	}
	for (size_t i = 0; i < eth_list_count(list); i++)
		if (lane_lacks(side, list, i))
			return;
	if (side->candidate_count == 1 && eth_answer(list, 0)->outcome == ETH_NOTHING)
		lane_no_contract(side, &side->candidates[0], "offRamp");
	else if (side->given_ramp)
		text_format(side->no_contract, sizeof(side->no_contract), "what should be the offRamp on chain %s says that it is %s", lane_chain(side), type.text[0] ? type.text : "nothing known");
	else if (side->lane->source.has_ramp)
		text_format(side->no_contract, sizeof(side->no_contract), "no offRamp that the router on chain %s lists belongs to the onRamp", lane_chain(side));
}

/* --- numbers ------------------------------------------------------------------------------------------- */

enum {
	STATE_NEXT,
	STATE_SOURCE,
	STATE_DYNAMIC,
	STATE_CURSED,
	STATE_CURSED_LANE,
	STATE_COMMIT_PAUSED,
	STATE_PAUSED,
	STATE_POOL,
};

static void plan_state(struct side *side, struct eth_list *list)
{
	struct lane *lane = side->lane;

	for (size_t i = 0; i < ASKED_MAX; i++)
		side->asked[i] = SIZE_MAX;
	if (is_ramp(side) && is_per_lane(side) && lane->has_commit_store) {
		side->asked[STATE_NEXT] = eth_ask(list, &lane->commit_store, "getExpectedNextSequenceNumber()");
		side->asked[STATE_COMMIT_PAUSED] = eth_ask(list, &lane->commit_store, "paused()");
	} else if (is_ramp(side)) {
		side->asked[STATE_SOURCE] = eth_ask_u64(list, &side->ramp, "getSourceChainConfig(uint64)", lane->ids.source);
	}
	if (is_ramp(side) && side->looks % CONFIG_LOOKS == 0)
		side->asked[STATE_DYNAMIC] = eth_ask(list, &side->ramp, "getDynamicConfig()");
	lane_ask_curses(side, list, STATE_CURSED, STATE_CURSED_LANE);
	if (lane->has_receiver)
		side->asked[STATE_PAUSED] = eth_ask(list, &lane->receiver, "paused()");
	if (side->has_pool)
		side->asked[STATE_POOL] = eth_ask_u64(list, &side->pool, "getCurrentInboundRateLimiterState(uint64)", lane->ids.source);
}

/* The first count of what was committed says where to begin, unless the last run kept it. */
static void take_committed(struct lane *lane, uint64_t next, int64_t at_us)
{
	uint64_t committed = next > 0 ? next - 1 : 0;

	lane_begin(lane, committed);
	book_committed(&lane->book, committed, at_us);
}

static void read_counts(struct side *side, const struct eth_list *list, int64_t at_us)
{
	struct lane *lane = side->lane;
	struct ccip_ramp config = {0};
	struct abi view;
	uint64_t next;

	if (side->asked[STATE_NEXT] != SIZE_MAX && !lane_lacks(side, list, side->asked[STATE_NEXT])) {
		if (eth_view(list, side->asked[STATE_NEXT], &view) && abi_u64(view, 0, &next))
			take_committed(lane, next, at_us);
		else if (eth_answer(list, side->asked[STATE_NEXT])->outcome == ETH_NOTHING)
			lane_no_contract(side, &lane->commit_store, "commit store");
		else
			book_undecoded(&lane->book, at_us, "the commit store does not tell its next number");
	}
	if (side->asked[STATE_SOURCE] == SIZE_MAX || lane_lacks(side, list, side->asked[STATE_SOURCE]))
		return;
	if (!eth_view(list, side->asked[STATE_SOURCE], &view) || !ccip_off_source(side->type.version, view, &config)) {
		book_undecoded(&lane->book, at_us, "the offRamp's configuration of its source does not decode");
		return;
	}
	lane->disabled = !config.enabled;
	side->config.needs_blessing = config.needs_blessing;
	if (side->type.version == CCIP_1_6)
		take_committed(lane, config.next, at_us);
}

static void done_state(struct side *side, struct eth_list *list, int64_t at_us)
{
	struct lane *lane = side->lane;
	struct abi view;

	read_counts(side, list, at_us);
	if (eth_view(list, side->asked[STATE_DYNAMIC], &view) && !ccip_off_dynamic(side->type.version, view, &side->config))
		book_undecoded(&lane->book, at_us, "the offRamp's dynamic configuration does not decode");
	lane_read_curses(side, list, STATE_CURSED, STATE_CURSED_LANE);
	lane_read_flag(list, side->asked[STATE_COMMIT_PAUSED], &lane->commit_paused);
	lane_read_flag(list, side->asked[STATE_PAUSED], &side->paused);
	if (eth_answer(list, side->asked[STATE_PAUSED])->outcome == ETH_NOTHING)
		lane_no_contract(side, &lane->receiver, "receiver");
	if (!eth_refused(list, side->asked[STATE_POOL]))
		side->has_bucket = eth_view(list, side->asked[STATE_POOL], &view) && ccip_bucket_read(view, 0, &side->bucket);
}

/* --- events ------------------------------------------------------------------------------------------------ */

static void plan_events(struct side *side, struct eth_list *list)
{
	static const char *const topics[] = {TOPIC_STATE_1_5, TOPIC_SKIPPED_NONCE, TOPIC_TRANSMITTED_1_5, TOPIC_COMMIT_1_5};
	static const char *const topics_1_6[] = {TOPIC_STATE_1_6, TOPIC_COMMIT_1_6, TOPIC_TRANSMITTED_1_6};
	struct lane *lane = side->lane;
	struct eth_filter filter = {.address_count = 1};

	if (!is_ramp(side) || (!lane->book.started && !lane->book.no_commit))
		return;
	filter.addresses[0] = side->ramp;
	if (is_per_lane(side) && lane->has_commit_store)
		filter.addresses[filter.address_count++] = lane->commit_store;
	if (is_per_lane(side))
		for (size_t i = 0; i < ARRAY_LENGTH(topics); i++)
			filter.topics[filter.topic_count++] = abi_topic(topics[i]);
	else if (side->type.version == CCIP_1_6)
		for (size_t i = 0; i < ARRAY_LENGTH(topics_1_6); i++)
			filter.topics[filter.topic_count++] = abi_topic(topics_1_6[i]);
	else
		filter.topics[filter.topic_count++] = abi_topic(TOPIC_STATE_2_0);
	scan_plan(side, list, &filter);
}

static bool is_event(const struct eth_log *log, const char *signature)
{
	struct hash256 topic = abi_topic(signature);

	return log->topic_count > 0 && hash_equal(&log->topics[0], &topic);
}

static void undecoded(struct lane *lane, const struct eth_log *log, const char *what, int64_t at_us)
{
	book_undecoded(&lane->book, at_us, "%s in block %" PRIu64 " does not decode", what, log->block);
}

static void take_commits(struct lane *lane, const struct eth_log *log, int64_t at_us)
{
	struct ccip_commit commits[CCIP_COMMITS_MAX];
	size_t count;

	if (!ccip_commit_read(&lane->ids, log, commits, &count)) {
		undecoded(lane, log, "a commit report", at_us);
		return;
	}
	lane->commit_report_us = log->time_s * US_PER_S;
	for (size_t i = 0; i < count; i++)
		book_take_commit(&lane->book, &commits[i], log, at_us);
}

static void take_execution(struct lane *lane, const struct eth_log *log, int64_t at_us)
{
	struct ccip_execution execution;

	if (!ccip_execution_read(log, &execution)) {
		undecoded(lane, log, "an execution", at_us);
		return;
	}
	/* An offRamp of 1.6 or later serves many lanes. */
	if (execution.source == 0 || execution.source == lane->ids.source)
		book_take_execution(&lane->book, &execution, log, at_us);
}

/* A report of either DON: of the plugin that the topic names, or of the contract that took it. */
static void take_report(struct side *side, const struct eth_log *log)
{
	struct lane *lane = side->lane;
	bool commit = lane->has_commit_store && address_equal(&log->address, &lane->commit_store);
	uint64_t plugin;

	if (log->topic_count > 1 && abi_u64((struct abi){log->topics[1].bytes, ABI_WORD}, 0, &plugin))
		commit = plugin == 0;
	*(commit ? &lane->commit_report_us : &lane->execute_report_us) = log->time_s * US_PER_S;
}

void lane_dest_take(struct side *side, int64_t at_us)
{
	struct lane *lane = side->lane;
	struct scan *scan = &side->scan;

	for (size_t i = 0; i < scan->logs.count; i++) {
		const struct eth_log *log = &scan->logs.items[i];
		if (is_event(log, TOPIC_COMMIT_1_5) || is_event(log, TOPIC_COMMIT_1_6))
			take_commits(lane, log, at_us);
		else if (is_event(log, TOPIC_TRANSMITTED_1_5) || is_event(log, TOPIC_TRANSMITTED_1_6))
			take_report(side, log);
		else if (is_event(log, TOPIC_SKIPPED_NONCE))
			lane->book.blocked_us = at_us;
		else
			take_execution(lane, log, at_us);
	}
}

/* --- states of messages ---------------------------------------------------------------------------------- */

static const char *state_signature(const struct side *side)
{
	if (side->lane->custom)
		return "processedMessages(bytes32)";
	if (side->type.version == CCIP_2_0)
		return "getExecutionState(bytes32)";
	return is_per_lane(side) ? "getExecutionState(uint64)" : "getExecutionState(uint64,uint64)";
}

static void ask_number(struct side *side, struct eth_list *list, uint32_t selector, const struct book_message *message, uint64_t number)
{
	struct lane *lane = side->lane;
	struct buf data;

	buf_init(&data, 256);
	abi_call_selector(&data, selector);
	if (lane->book.no_commit) {
		abi_put_hash(&data, &message->shown.id);
	} else {
		if (!is_per_lane(side))
			abi_put_u64(&data, lane->ids.source);
		abi_put_u64(&data, number);
	}
	eth_add_call(list, lane->custom ? &lane->receiver : &side->ramp, buf_text(&data));
	buf_free(&data);
	side->numbers[side->number_count++] = number;
}

/* First those that nothing is known of, then those that were still on the way. */
static void plan_messages(struct side *side, struct eth_list *list)
{
	struct lane *lane = side->lane;
	struct book *book = &lane->book;
	bool all = book->count <= ASK_ALL || side->looks % ASK_ALL_LOOKS == 0;
	uint32_t selector = abi_selector(state_signature(side));

	side->number_count = 0;
	if (!book->started || (lane->custom ? !lane->has_receiver : !is_ramp(side)))
		return;
	if (!side->numbers)
		side->numbers = xcalloc(STATES_MAX, sizeof(*side->numbers));
	for (uint64_t number = book->frontier + 1; !book->no_commit && number <= book->committed && side->number_count < STATES_MAX; number++)
		ask_number(side, list, selector, NULL, number);
	for (size_t i = 0; all && i < book->count && side->number_count < STATES_MAX; i++)
		if (book->open[i].shown.number <= book->frontier || (book->no_commit && book->open[i].shown.has_id))
			ask_number(side, list, selector, &book->open[i], book->open[i].shown.number);
}

static void done_messages(struct side *side, struct eth_list *list, int64_t at_us)
{
	struct book *book = &side->lane->book;
	uint64_t known = book->frontier;
	bool without_holes = true;

	for (size_t i = 0; i < side->number_count; i++) {
		uint64_t number = side->numbers[i], state;
		struct abi view;
		bool fresh = !book->no_commit && number > book->frontier;
		if (!eth_view(list, i, &view) || !abi_u64(view, 0, &state)) {
			without_holes &= !fresh;
			if (!lane_lacks(side, list, i))
				book_undecoded(book, at_us, "the state of message %" PRIu64 " cannot be read: %.80s", number, eth_answer(list, i)->why);
			continue;
		}
		/* A custom receiver says whether it was processed, and no more. */
		book_take_state(book, number, side->lane->custom ? (state ? 2 : 0) : state, at_us);
		if (fresh && without_holes)
			known = number;
	}
	book_known(book, known);
	book_settle(book);
}

/* --- roots ------------------------------------------------------------------------------------------------- */

static bool is_asked(const struct book *book, size_t i)
{
	const struct book_message *message = &book->open[i];

	return message->has_root && !message->blessed && (i == 0 || !book->open[i - 1].has_root || !hash_equal(&book->open[i - 1].root, &message->root));
}

/* Neighbours share a root: each is asked once. */
static void plan_roots(struct side *side, struct eth_list *list)
{
	const struct book *book = &side->lane->book;
	struct buf data;

	if (!is_ramp(side) || !is_per_lane(side) || !side->lane->has_commit_store)
		return;
	for (size_t i = 0; i < book->count && eth_list_count(list) < ROOTS_MAX; i++) {
		if (!is_asked(book, i))
			continue;
		buf_init(&data, 256);
		abi_call(&data, "isBlessed(bytes32)");
		abi_put_hash(&data, &book->open[i].root);
		eth_add_call(list, &side->lane->commit_store, buf_text(&data));
		buf_free(&data);
	}
}

static void bless(struct book *book, const struct hash256 *root)
{
	for (size_t i = 0; i < book->count; i++)
		if (book->open[i].has_root && hash_equal(&book->open[i].root, root))
			book->open[i].blessed = true;
}

static void done_roots(struct side *side, struct eth_list *list, int64_t at_us)
{
	struct book *book = &side->lane->book;
	struct hash256 roots[ROOTS_MAX];
	size_t asked = 0;

	(void)at_us;
	for (size_t i = 0; i < book->count && asked < eth_list_count(list); i++)
		if (is_asked(book, i))
			roots[asked++] = book->open[i].root;
	for (size_t i = 0; i < asked; i++) {
		struct abi view;
		bool blessed;
		if (eth_view(list, i, &view) && abi_bool(view, 0, &blessed) && blessed)
			bless(book, &roots[i]);
	}
}

const struct lane_step lane_dest_steps[] = {
	{plan_route, done_route},
	{plan_choice, done_choice},
	{plan_state, done_state},
	{plan_events, scan_done},
	{scan_plan_times, scan_done_times},
	{plan_messages, done_messages},
	{plan_roots, done_roots},
	{NULL, NULL},
};
