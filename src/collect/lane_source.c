/* The source of a lane: what was sent, whether more can be sent, and what that costs. */
#include "collect/lane_private.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"

#include <inttypes.h>
#include <string.h>

enum { CONFIG_LOOKS = 40 }; /* after so many looks the configuration is read again */

/* --- where the onRamp is --------------------------------------------------------------------- */

enum {
	ROUTE_HEAD,
	ROUTE_RAMP,
	ROUTE_RMN,
	ROUTE_MARK,
};

static void plan_route(struct side *side, struct eth_list *list)
{
	side->asked[ROUTE_HEAD] = eth_add_block(list, ETH_LATEST);
	side->asked[ROUTE_MARK] = scan_ask_mark(side, list);
	side->asked[ROUTE_RAMP] = side->asked[ROUTE_RMN] = SIZE_MAX;
	if (!side->has_router)
		return;
	if (side->lane->ids.dest)
		side->asked[ROUTE_RAMP] = eth_ask_u64(list, &side->router, "getOnRamp(uint64)", side->lane->ids.dest);
	if (!side->has_rmn)
		side->asked[ROUTE_RMN] = eth_ask(list, &side->router, "getArmProxy()");
}

static bool is_zero(const struct address *address)
{
	static const struct address zero;

	return address_equal(address, &zero);
}

/* Another onRamp is followed once the old one's messages have arrived (protocol reference 2.1). */
static void take_ramp(struct side *side, const struct address *ramp)
{
	struct lane *lane = side->lane;

	lane->unrouted = is_zero(ramp);
	if (lane->unrouted || side->given_ramp || (side->has_ramp && address_equal(&side->ramp, ramp)))
		return;
	if (side->has_ramp && lane->book.count > 0)
		return;
	if (side->has_ramp) {
		book_free(&lane->book);
		lane->ids.version = CCIP_UNKNOWN;
		lane->dest.has_ramp = lane->dest.given_ramp;
		lane->dest.type = (struct ccip_type){0};
		lane->dest.configured = false;
		lane->kept_low = lane->kept_source = lane->kept_dest = -1;
	}
	side->ramp = lane->ids.on_ramp = *ramp;
	side->has_ramp = true;
	side->type = (struct ccip_type){0};
	side->configured = false;
	lane->mismatch[0] = '\0';
	eth_refresh(lane->dest.eth);
}

static void done_route(struct side *side, struct eth_list *list, int64_t at_us)
{
	const struct eth_answer *answer = eth_answer(list, side->asked[ROUTE_RAMP]);
	struct address address;
	struct abi view;

	(void)at_us;
	side->no_contract[0] = '\0';
	lane_take_head(side, list, side->asked[ROUTE_HEAD]);
	scan_read_mark(side, list, side->asked[ROUTE_MARK]);
	if (lane_lacks(side, list, side->asked[ROUTE_RAMP]))
		return;
	if (answer->outcome == ETH_NOTHING)
		lane_no_contract(side, &side->router, "router");
	else if (eth_view(list, side->asked[ROUTE_RAMP], &view) && abi_address(view, 0, &address))
		take_ramp(side, &address);
	if (eth_view(list, side->asked[ROUTE_RMN], &view) && abi_address(view, 0, &side->rmn))
		side->has_rmn = !is_zero(&side->rmn);
}

/* --- what it is ---------------------------------------------------------------------------------- */

static void plan_type(struct side *side, struct eth_list *list)
{
	if (side->has_ramp && side->type.contract != CONTRACT_ON_RAMP)
		eth_ask(list, &side->ramp, "typeAndVersion()");
}

static void done_type(struct side *side, struct eth_list *list, int64_t at_us)
{
	const struct eth_answer *answer = eth_answer(list, 0);
	struct abi view;

	(void)at_us;
	if (lane_lacks(side, list, 0))
		return;
	if (answer->outcome == ETH_NOTHING)
		lane_no_contract(side, &side->ramp, "onRamp");
	else if (!eth_view(list, 0, &view) || !ccip_type_read(view, &side->type) || side->type.contract != CONTRACT_ON_RAMP)
		text_format(side->no_contract, sizeof(side->no_contract), "what should be the onRamp on chain %s says that it is %s", lane_chain(side), side->type.text[0] ? side->type.text : "nothing known");
	else
		lane_set_version(side->lane, side->type.version);
}

enum {
	CONFIG_STATIC,
	CONFIG_DYNAMIC,
};

static void plan_config(struct side *side, struct eth_list *list)
{
	if (side->type.contract != CONTRACT_ON_RAMP || (side->configured && side->looks % CONFIG_LOOKS))
		return;
	side->asked[CONFIG_STATIC] = eth_ask(list, &side->ramp, "getStaticConfig()");
	side->asked[CONFIG_DYNAMIC] = eth_ask(list, &side->ramp, "getDynamicConfig()");
}

static void done_config(struct side *side, struct eth_list *list, int64_t at_us)
{
	struct lane *lane = side->lane;
	struct ccip_ramp config = {0};
	struct abi view;

	if (eth_refused(list, side->asked[CONFIG_STATIC]))
		return;
	if (!eth_view(list, side->asked[CONFIG_STATIC], &view) || !ccip_on_static(side->type.version, view, &config)) {
		book_undecoded(&lane->book, at_us, "the onRamp's static configuration does not decode");
		return;
	}
	if (eth_view(list, side->asked[CONFIG_DYNAMIC], &view) && !ccip_on_dynamic(side->type.version, view, &config))
		book_undecoded(&lane->book, at_us, "the onRamp's dynamic configuration does not decode");
	side->config = config;
	side->configured = true;
	/* A selector that the ramp tells needs not be configured. */
	if (lane->ids.source == 0)
		lane->ids.source = config.source;
	if (lane->ids.dest == 0)
		lane->ids.dest = config.dest;
	if (lane->ids.source != config.source)
		text_format(lane->mismatch, sizeof(lane->mismatch), "the onRamp says that chain %s has the selector %" PRIu64 ", not %" PRIu64, lane_chain(side), config.source, lane->ids.source);
	if (!side->has_rmn && !is_zero(&config.rmn)) {
		side->rmn = config.rmn;
		side->has_rmn = true;
	}
	if (!lane->has_fee_quoter && !is_zero(&config.fees)) {
		lane->fee_quoter = config.fees;
		lane->has_fee_quoter = true;
	}
}

/* --- numbers ---------------------------------------------------------------------------------------- */

enum {
	STATE_NEXT,
	STATE_DEST,
	STATE_CURSED,
	STATE_CURSED_LANE,
	STATE_PAUSED,
	STATE_POOL,
	STATE_BUCKET,
};

static void plan_state(struct side *side, struct eth_list *list)
{
	static const char *const next[] = {
		[CCIP_1_2] = "getExpectedNextSequenceNumber()",
		[CCIP_1_5] = "getExpectedNextSequenceNumber()",
		[CCIP_1_6] = "getExpectedNextSequenceNumber(uint64)",
		[CCIP_2_0] = "getExpectedNextMessageNumber(uint64)",
		[CCIP_CUSTOM] = NULL,
	};
	struct lane *lane = side->lane;
	enum ccip_version version = side->type.version;
	bool per_lane = version == CCIP_1_2 || version == CCIP_1_5;

	for (size_t i = 0; i < ASKED_MAX; i++)
		side->asked[i] = SIZE_MAX;
	if (side->type.contract == CONTRACT_ON_RAMP && next[version]) {
		side->asked[STATE_NEXT] = per_lane ? eth_ask(list, &side->ramp, next[version]) : eth_ask_u64(list, &side->ramp, next[version], lane->ids.dest);
		if (per_lane)
			side->asked[STATE_BUCKET] = eth_ask(list, &side->ramp, "currentRateLimiterState()");
		else
			side->asked[STATE_DEST] = eth_ask_u64(list, &side->ramp, "getDestChainConfig(uint64)", lane->ids.dest);
	}
	lane_ask_curses(side, list, STATE_CURSED, STATE_CURSED_LANE);
	if (lane->has_sender)
		side->asked[STATE_PAUSED] = eth_ask(list, &lane->sender, "paused()");
	if (side->has_pool)
		side->asked[STATE_POOL] = eth_ask_u64(list, &side->pool, "getCurrentOutboundRateLimiterState(uint64)", lane->ids.dest);
}

static void read_next(struct side *side, const struct eth_list *list, int64_t at_us)
{
	const struct eth_answer *answer = eth_answer(list, side->asked[STATE_NEXT]);
	struct abi view;
	uint64_t next;

	if (answer->outcome == ETH_OPEN || lane_lacks(side, list, side->asked[STATE_NEXT]))
		return;
	if (!eth_view(list, side->asked[STATE_NEXT], &view) || !abi_u64(view, 0, &next)) {
		book_undecoded(&side->lane->book, at_us, "the onRamp does not tell its next number: %.80s", answer->why);
		return;
	}
	next -= next > 0;
	book_sent(&side->lane->book, next, at_us);
	if (side->lane->book.no_commit)
		lane_begin(side->lane, next);
}

static void done_state(struct side *side, struct eth_list *list, int64_t at_us)
{
	struct lane *lane = side->lane;
	struct ccip_ramp config = {0};
	struct abi view;

	read_next(side, list, at_us);
	lane_read_curses(side, list, STATE_CURSED, STATE_CURSED_LANE);
	if (eth_view(list, side->asked[STATE_DEST], &view) && ccip_on_dest(side->type.version, view, &config))
		lane->ramp_closed = is_zero(&config.router);
	lane_read_flag(list, side->asked[STATE_PAUSED], &side->paused);
	if (eth_answer(list, side->asked[STATE_PAUSED])->outcome == ETH_NOTHING)
		lane_no_contract(side, &lane->sender, "sender");
	if (!eth_refused(list, side->asked[STATE_POOL]))
		side->has_bucket = eth_view(list, side->asked[STATE_POOL], &view) && ccip_bucket_read(view, 0, &side->bucket);
	if (!eth_refused(list, side->asked[STATE_BUCKET]))
		side->has_lane_bucket = eth_view(list, side->asked[STATE_BUCKET], &view) && ccip_bucket_read(view, 0, &side->lane_bucket);
}

/* --- what it costs ------------------------------------------------------------------------------------- */

enum {
	COST_GAS,
	COST_TOKEN,
	COST_LIMIT_OLD,
	COST_LIMIT_TOKEN,
	COST_LIMIT_GAS,
	COST_BALANCE,
	COST_QUOTE,
};

static void plan_quote(struct side *side, struct eth_list *list)
{
	struct lane *lane = side->lane;
	struct address receiver = lane->receiver, token = {{0}};
	struct buf data;

	if (!side->has_router || !settings_number(lane->settings, "quote") || lane->ids.dest == 0)
		return;
	/* Addresses up to 1023 are refused as receivers. */
	if (!settings_address(lane->settings, "quote_receiver", &receiver) && !lane->has_receiver)
		memset(receiver.bytes, 0x11, sizeof(receiver.bytes));
	if (lane->has_fee_token)
		token = lane->fee_token;
	buf_init(&data, 4096);
	ccip_put_fee_call(&data, lane->ids.dest, &receiver, &token, (uint64_t)settings_number(lane->settings, "quote_gas"));
	side->asked[COST_QUOTE] = eth_add_call(list, &side->router, buf_text(&data));
	buf_free(&data);
}

static void ask_address(struct side *side, struct eth_list *list, size_t which, const struct address *to, const char *signature, const struct address *argument)
{
	struct buf data;

	buf_init(&data, 256);
	abi_call(&data, signature);
	abi_put_address(&data, argument);
	side->asked[which] = eth_add_call(list, to, buf_text(&data));
	buf_free(&data);
}

static void plan_cost(struct side *side, struct eth_list *list)
{
	struct lane *lane = side->lane;

	for (size_t i = 0; i < ASKED_MAX; i++)
		side->asked[i] = SIZE_MAX;
	if (lane->has_fee_quoter && lane->ids.dest) {
		side->asked[COST_GAS] = eth_ask_u64(list, &lane->fee_quoter, "getDestinationChainGasPrice(uint64)", lane->ids.dest);
		side->asked[COST_LIMIT_OLD] = eth_ask(list, &lane->fee_quoter, "getStalenessThreshold()");
		side->asked[COST_LIMIT_TOKEN] = eth_ask(list, &lane->fee_quoter, "getStaticConfig()");
		side->asked[COST_LIMIT_GAS] = eth_ask_u64(list, &lane->fee_quoter, "getDestChainConfig(uint64)", lane->ids.dest);
		if (lane->has_fee_token)
			ask_address(side, list, COST_TOKEN, &lane->fee_quoter, "getTokenPrice(address)", &lane->fee_token);
	}
	if (lane->has_fee_token && lane->has_fee_payer)
		ask_address(side, list, COST_BALANCE, &lane->fee_token, "balanceOf(address)", &lane->fee_payer);
	plan_quote(side, list);
}

/* A price and when it was told, 0 when never. */
static int64_t price_time(const struct side *side, const struct eth_list *list, size_t which)
{
	struct abi view;
	uint64_t at;

	return eth_view(list, side->asked[which], &view) && abi_u64(view, 1, &at) && at < INT32_MAX * UINT64_C(64) ? (int64_t)at : 0;
}

/* The thresholds of a price registry are one; of a fee quoter they stand in its configurations,
 * whose other words are only counted. */
static void read_limits(struct side *side, const struct eth_list *list)
{
	enum { STATIC_WORDS = 3,
	       DEST_WORDS = 19,
	       TOKEN_WORD = 2,
	       GAS_WORD = 17 };
	struct lane *lane = side->lane;
	struct abi view;
	uint64_t limit;

	if (eth_view(list, side->asked[COST_LIMIT_OLD], &view) && abi_u64(view, 0, &limit))
		lane->gas_limit_s = lane->token_limit_s = limit;
	if (eth_view(list, side->asked[COST_LIMIT_TOKEN], &view) && view.len == STATIC_WORDS * ABI_WORD && abi_u64(view, TOKEN_WORD, &limit))
		lane->token_limit_s = limit;
	if (eth_view(list, side->asked[COST_LIMIT_GAS], &view) && view.len == DEST_WORDS * ABI_WORD && abi_u64(view, GAS_WORD, &limit))
		lane->gas_limit_s = limit;
}

static void read_quote(struct side *side, const struct eth_list *list)
{
	const struct eth_answer *answer = eth_answer(list, side->asked[COST_QUOTE]);
	struct lane *lane = side->lane;
	struct u256 fee;
	struct abi view;
	char amount[160];

	if (eth_refused(list, side->asked[COST_QUOTE]))
		return;
	lane->quote_reverts = answer->outcome == ETH_REVERTED;
	lane->quote_text[0] = '\0';
	if (lane->quote_reverts && answer->len)
		abi_revert(lane->quote_text, sizeof(lane->quote_text), (struct abi){answer->bytes, answer->len});
	else if (lane->quote_reverts)
		text_format(lane->quote_text, sizeof(lane->quote_text), "%s", answer->why);
	else if (eth_view(list, side->asked[COST_QUOTE], &view) && abi_word(view, 0, &fee))
		text_format(lane->quote_text, sizeof(lane->quote_text), "%s", abi_decimal(amount, sizeof(amount), &fee, false, 18));
}

static void done_cost(struct side *side, struct eth_list *list, int64_t at_us)
{
	struct lane *lane = side->lane;
	struct abi view;

	if (!eth_refused(list, side->asked[COST_GAS]) && !eth_refused(list, side->asked[COST_TOKEN])) {
		lane->gas_price_s = price_time(side, list, COST_GAS);
		lane->token_price_s = price_time(side, list, COST_TOKEN);
		lane->prices_us = at_us;
	}
	read_limits(side, list);
	if (!eth_refused(list, side->asked[COST_BALANCE]))
		lane->has_fee_balance = eth_view(list, side->asked[COST_BALANCE], &view) && abi_word(view, 0, &lane->fee_balance);
	read_quote(side, list);
}

/* --- events -------------------------------------------------------------------------------------------- */

static void plan_events(struct side *side, struct eth_list *list)
{
	struct lane *lane = side->lane;
	struct eth_filter filter = {.address_count = 1};

	if (!lane->book.started || (!lane->custom && side->type.contract != CONTRACT_ON_RAMP))
		return;
	filter.addresses[0] = lane->custom ? lane->sender : side->ramp;
	if (lane->custom) {
		filter.topics[filter.topic_count++] = lane->event_topic;
	} else {
		filter.topics[filter.topic_count++] = abi_topic(TOPIC_SENT_1_5);
		filter.topics[filter.topic_count++] = abi_topic(TOPIC_SENT_1_6);
		filter.topics[filter.topic_count++] = abi_topic(TOPIC_SENT_2_0);
	}
	scan_plan(side, list, &filter);
}

/* The argument that is the id: a topic when it is indexed, else a word of the data. */
static bool custom_id(const struct lane *lane, const struct eth_log *log, struct hash256 *out)
{
	size_t topic = 1, word = 0;

	for (size_t i = 0; i <= lane->event_id && i < lane->event.arguments; i++) {
		bool indexed = lane->event.indexed_count ? lane->event.indexed[i] : i + 1 < log->topic_count;
		if (i < lane->event_id) {
			topic += indexed;
			word += !indexed;
			continue;
		}
		if (!indexed)
			return abi_hash((struct abi){log->data, log->len}, word, out);
		if (topic >= log->topic_count)
			return false;
		*out = log->topics[topic];
	}
	return true;
}

static bool read_custom(const struct lane *lane, const struct eth_log *log, struct ccip_sent *out)
{
	*out = (struct ccip_sent){.sender = log->address};
	return custom_id(lane, log, &out->id);
}

static void note_test(struct lane *lane, const struct ccip_sent *sent)
{
	char id[HASH_TEXT];

	if (lane->has_test_sender && address_equal(&sent->sender, &lane->test_sender))
		text_format(lane->test_text, sizeof(lane->test_text), "%" PRIu64 " %s", sent->number, hex_text(id, sizeof(id), sent->id.bytes, sizeof(sent->id.bytes), true));
}

void lane_source_take(struct side *side, int64_t at_us)
{
	struct lane *lane = side->lane;
	struct scan *scan = &side->scan;

	for (size_t i = 0; i < scan->logs.count; i++) {
		const struct eth_log *log = &scan->logs.items[i];
		struct ccip_sent sent;
		if (lane->custom ? !read_custom(lane, log, &sent) : !ccip_sent_read(&lane->ids, log, &sent)) {
			book_undecoded(&lane->book, at_us, "an event of the sender in block %" PRIu64 " does not decode", log->block);
			continue;
		}
		/* An onRamp of 1.6 or later serves many lanes. */
		if (sent.dest != 0 && sent.dest != lane->ids.dest)
			continue;
		if (sent.source != 0 && sent.source != lane->ids.source) {
			book_corrupt(&lane->book, at_us, "message %" PRIu64 " says that it comes from the chain %" PRIu64, sent.number, sent.source);
			continue;
		}
		note_test(lane, &sent);
		book_take_sent(&lane->book, &sent, log, scan->adjacent, at_us);
		scan->adjacent = !scan->back;
	}
}

/* Without states by number, what was seen is known once all that may be on the way was. */
static void plan_seen(struct side *side, struct eth_list *list)
{
	struct book *book = &side->lane->book;

	(void)list;
	if (book->no_commit && book->started && !side->scan.waiting) {
		book_known(book, book->last_number);
		book_settle(book);
	}
}

const struct lane_step lane_source_steps[] = {
	{plan_route, done_route},
	{plan_type, done_type},
	{plan_config, done_config},
	{plan_state, done_state},
	{plan_cost, done_cost},
	{plan_events, scan_done},
	{scan_plan_times, scan_done_times},
	{plan_seen, NULL},
	{NULL, NULL},
};
