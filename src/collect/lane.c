#include "collect/lane.h"

#include "base/mem.h"
#include "base/text.h"
#include "collect/chain.h"
#include "collect/lane_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	STALE_INTERVALS = 4,
	HEAD_AGE_S = 120, /* of a chain without a section */
	LOG_BLOCKS = 5000,
};

const struct settings_def lane_section = {
	.word = "lane",
	.named = true,
	.help = "A lane of CCIP, from one chain to another. Its contracts are found through the routers, unless they are given. Versions 1.2 to 2.0 are told apart by what the contracts say.",
	.items = (const struct setting_def[]){
		{.name = "source", .type = SETTING_TEXT, .help = "The chain it leads from: network, or the name of a [chain].", .required = true},
		{.name = "dest", .type = SETTING_TEXT, .help = "The chain it leads to.", .required = true},
		{.name = "source_router", .type = SETTING_ADDRESS, .help = "The router on the source; names the onRamp, quotes the fee."},
		{.name = "dest_router", .type = SETTING_ADDRESS, .help = "The router on the destination; names the offRamp."},
		{.name = "on_ramp", .type = SETTING_ADDRESS, .help = "The onRamp, when the router shall not be asked."},
		{.name = "off_ramp", .type = SETTING_ADDRESS, .help = "The offRamp, likewise."},
		{.name = "commit_store", .type = SETTING_ADDRESS, .help = "The commit store of versions 1.2 and 1.5, when the offRamp shall not be asked."},
		{.name = "source_rmn", .type = SETTING_ADDRESS, .help = "The RMN on the source, when the router shall not be asked."},
		{.name = "dest_rmn", .type = SETTING_ADDRESS, .help = "The RMN on the destination, likewise."},
		{.name = "fee_quoter", .type = SETTING_ADDRESS, .help = "The fee quoter or price registry on the source, when the onRamp shall not be asked."},
		{.name = "source_pool", .type = SETTING_ADDRESS, .help = "A token pool on the source whose rate limit counts."},
		{.name = "dest_pool", .type = SETTING_ADDRESS, .help = "A token pool on the destination whose rate limit counts."},
		{.name = "rate_amount", .type = SETTING_TEXT, .help = "The usual amount, in the token's smallest unit: a bucket that holds less cannot take it."},
		{.name = "slo", .type = SETTING_DURATION, .help = "How long a message should take at most. Twice that is a warning, four times a failure.", .fallback = "30m", .low = 1000, .high = INT64_C(604800000)},
		{.name = "sender", .type = SETTING_ADDRESS, .help = "A sender contract of your own, asked for paused()."},
		{.name = "receiver", .type = SETTING_ADDRESS, .help = "A receiver contract of your own, asked for processedMessages(bytes32)."},
		{.name = "event", .type = SETTING_TEXT, .help = "The sender's own event as Solidity declares it, such as MessageSent(bytes32 indexed id, uint64 dest, address to); for lanes without ramps. Where indexed stands nowhere, the first arguments are."},
		{.name = "event_id", .type = SETTING_NUMBER, .help = "Which argument of that event is the message's id, from 1.", .fallback = "1", .low = 1, .high = 16},
		{.name = "fee_token", .type = SETTING_ADDRESS, .help = "The token that pays fees, such as LINK; its balance is counted in days of traffic."},
		{.name = "fee_payer", .type = SETTING_ADDRESS, .help = "Who holds those tokens; without it, the sender."},
		{.name = "fee_days", .type = SETTING_NUMBER, .help = "Days of traffic that the balance should pay for.", .fallback = "7", .low = 1, .high = 365},
		{.name = "quote", .type = SETTING_FLAG, .help = "Whether the router is asked for the fee of a small message.", .fallback = "yes"},
		{.name = "quote_receiver", .type = SETTING_ADDRESS, .help = "To whom that message would go; without it, the receiver, or nobody."},
		{.name = "quote_gas", .type = SETTING_NUMBER, .help = "Its gas limit.", .fallback = "200000", .low = 0, .high = 100000000},
		{.name = "test_sender", .type = SETTING_ADDRESS, .help = "Whose messages are tests: the newest of them is shown by itself, and one of them has to arrive before Resolve is over."},
		{.name = "lookback", .type = SETTING_NUMBER, .help = "Messages below the last committed one that the first look takes in.", .fallback = "200", .low = 0, .high = 5000},
		{.name = "scan_blocks", .type = SETTING_NUMBER, .help = "Blocks that the first look searches for their events.", .fallback = "50000", .low = 1, .high = 5000000},
		{.name = "interval", .type = SETTING_DURATION, .help = "Time between two looks.", .fallback = "15s"},
		{0},
	},
};

/* --- what both sides share --------------------------------------------------------------- */

static void note_refusal(struct side *side, const struct eth_list *list, size_t index)
{
	if (eth_refused(list, index) && side->refusal[0] == '\0')
		text_format(side->refusal, sizeof(side->refusal), "%s", eth_answer(list, index)->why);
}

bool lane_lacks(struct side *side, const struct eth_list *list, size_t index)
{
	note_refusal(side, list, index);
	side->lacking |= eth_refused(list, index);
	return eth_refused(list, index);
}

void lane_read_flag(const struct eth_list *list, size_t index, bool *flag)
{
	struct abi view;

	if (!eth_refused(list, index) && (!eth_view(list, index, &view) || !abi_bool(view, 0, flag)))
		*flag = false;
}

/* The subject of a lane is the selector of its other end (protocol reference 2.2). */
void lane_ask_curses(struct side *side, struct eth_list *list, size_t global, size_t of_lane)
{
	uint64_t remote = side->is_source ? side->lane->ids.dest : side->lane->ids.source;
	struct buf data;

	side->asked[global] = side->asked[of_lane] = SIZE_MAX;
	if (!side->has_rmn)
		return;
	side->asked[global] = eth_ask(list, &side->rmn, "isCursed()");
	if (remote == 0)
		return;
	buf_init(&data, 256);
	abi_call(&data, "isCursed(bytes16)");
	abi_put_subject(&data, remote);
	side->asked[of_lane] = eth_add_call(list, &side->rmn, buf_text(&data));
	buf_free(&data);
}

void lane_read_curses(struct side *side, const struct eth_list *list, size_t global, size_t of_lane)
{
	if (eth_answer(list, side->asked[global])->outcome == ETH_NOTHING)
		lane_no_contract(side, &side->rmn, "RMN");
	lane_read_flag(list, side->asked[global], &side->cursed_chain);
	lane_read_flag(list, side->asked[of_lane], &side->cursed_lane);
}

void lane_take_head(struct side *side, const struct eth_list *list, size_t index)
{
	const struct eth_answer *head = eth_answer(list, index);

	if (lane_lacks(side, list, index) || head->outcome != ETH_GOOD)
		return;
	side->head = head->number;
	side->head_s = head->time_s;
	side->head_hash = head->hash;
}

void lane_no_contract(struct side *side, const struct address *address, const char *what)
{
	char text[ADDRESS_TEXT];

	if (side->no_contract[0] == '\0')
		text_format(side->no_contract, sizeof(side->no_contract), "no contract at %s, which should be the %s on chain %s", address_text(text, address), what, lane_chain(side));
}

void lane_set_version(struct lane *lane, enum ccip_version version)
{
	if (lane->ids.version == CCIP_UNKNOWN) {
		lane->ids.version = version;
		book_init(&lane->book, version);
	} else if (lane->ids.version != version) {
		text_format(lane->mismatch, sizeof(lane->mismatch), "the onRamp is %s and the offRamp %s: they do not belong together", lane->source.type.text, lane->dest.type.text);
	}
}

void lane_begin(struct lane *lane, uint64_t newest)
{
	uint64_t lookback = (uint64_t)settings_number(lane->settings, "lookback");
	uint64_t low = newest > lookback ? newest - lookback : 0;

	if (lane->book.started)
		return;
	if (lane->kept_low >= 0 && (uint64_t)lane->kept_low <= newest)
		low = (uint64_t)lane->kept_low;
	else
		lane->kept_source = lane->kept_dest = -1;
	book_start(&lane->book, low);
	eth_refresh(lane->source.eth);
	eth_refresh(lane->dest.eth);
}

/* --- a look at one side ------------------------------------------------------------------------ */

static void lose(struct side *side, enum reach reach, const char *why, int64_t at_us)
{
	if (!side->lost)
		side->lost_us = at_us;
	side->lost = true;
	side->reach = reach;
	text_format(side->why, sizeof(side->why), "%s", why);
	lane_show(side->lane, at_us);
}

static void begin_look(struct side *side)
{
	side->scan.rounds = 0;
	side->lacking = false;
	side->refusal[0] = '\0';
}

static void end_look(struct side *side)
{
	int64_t now_us = clock_wall_us(side->lane->host.clock);

	side->step = 0;
	text_format(side->doubt, sizeof(side->doubt), "%s", side->refusal);
	if (side->lacking) {
		lose(side, REACH_REFUSING, side->refusal, now_us);
		return;
	}
	side->looks++;
	side->seen = true;
	side->lost = false;
	side->looked_us = now_us;
	if (side->doubt[0] == '\0')
		side->flags_us = now_us;
	lane_show(side->lane, now_us);
}

static bool plan(void *arg, struct eth_list *list)
{
	struct side *side = arg;

	if (side->step == 0)
		begin_look(side);
	while (side->steps[side->step].plan) {
		side->steps[side->step].plan(side, list);
		if (eth_list_count(list) > 0)
			return true;
		side->step++;
		/* Behind a span of events and its times, the next span. */
		if (side->scan.moved && !side->scan.waiting) {
			side->scan.moved = false;
			side->step -= 2;
		}
	}
	end_look(side);
	return false;
}

static void done(void *arg, struct eth_list *list, int64_t at_us)
{
	struct side *side = arg;
	const struct lane_step *step = &side->steps[side->step];

	for (size_t i = 0; i < eth_list_count(list); i++)
		note_refusal(side, list, i);
	step->done(side, list, at_us);
	/* Events wait for the times of their blocks, which are asked for next. */
	side->step++;
	if (side->scan.moved && !side->scan.waiting) {
		side->scan.moved = false;
		side->step -= 2;
	}
}

static void lost(void *arg, enum reach reach, const char *why, int64_t at_us)
{
	struct side *side = arg;

	side->step = 0;
	eth_logs_free(&side->scan.logs);
	if (side->scan.waiting) {
		/* What was read and not taken in is read again. */
		side->scan.waiting = side->scan.moved = false;
		side->scan.begun = false;
	}
	lose(side, reach, why, at_us);
}

/* --- start ----------------------------------------------------------------------------------------- */

static bool take_address(const struct settings *settings, const char *name, struct address *out)
{
	return settings_has(settings, name) && settings_address(settings, name, out);
}

const char *lane_chain(const struct side *side)
{
	const struct component *own = world_chain(side->lane->host.world);

	return own && strcmp(side->chain, "network") == 0 ? own->name : side->chain;
}

static enum status open_side(struct lane *lane, struct side *side, bool is_source, struct error *err)
{
	const struct settings *s = lane->settings;
	struct eth_user user = {plan, done, lost, side};

	side->lane = lane;
	side->is_source = is_source;
	side->steps = is_source ? lane_source_steps : lane_dest_steps;
	side->take = is_source ? lane_source_take : lane_dest_take;
	side->chain = settings_text(s, is_source ? "source" : "dest");
	side->has_router = take_address(s, is_source ? "source_router" : "dest_router", &side->router);
	side->has_rmn = take_address(s, is_source ? "source_rmn" : "dest_rmn", &side->rmn);
	side->has_ramp = side->given_ramp = take_address(s, is_source ? "on_ramp" : "off_ramp", &side->ramp);
	side->has_pool = take_address(s, is_source ? "source_pool" : "dest_pool", &side->pool);
	const struct settings *chain = chain_section_of(&lane->host, side->chain);
	side->head_limit_s = chain ? settings_number(chain, "head_age") / 1000 : HEAD_AGE_S;
	side->log_blocks = chain ? (uint64_t)settings_number(chain, "log_blocks") : LOG_BLOCKS;
	side->confirmations = chain ? (uint64_t)settings_number(chain, "confirmations") : 0;
	if (chain)
		(void)!settings_u64(chain, "selector", is_source ? &lane->ids.source : &lane->ids.dest);
	side->eth = eth_new(&lane->host, side->chain, settings_number(s, "interval"), &user, err);
	if (side->eth)
		return STATUS_OK;
	error_prefix(err, "[lane %s]", s->name);
	return err && err->status ? err->status : STATUS_INVALID;
}

static enum status read_event(struct lane *lane, struct error *err)
{
	const struct settings *s = lane->settings;

	lane->custom = settings_has(s, "event");
	if (!lane->custom)
		return STATUS_OK;
	enum status status = abi_signature_read(settings_text(s, "event"), &lane->event, err);
	lane->event_id = (size_t)settings_number(s, "event_id") - 1;
	if (status == STATUS_OK && lane->event_id >= lane->event.arguments)
		status = error_set(err, STATUS_INVALID, "event_id: the event has only %zu arguments (write the position of the message's id)", lane->event.arguments);
	if (status == STATUS_OK && (settings_has(s, "on_ramp") || settings_has(s, "source_router")))
		status = error_set(err, STATUS_CONFLICT, "event: a lane with ramps or routers has events of its own (leave out event, or source_router and on_ramp)");
	if (status == STATUS_OK && !settings_has(s, "sender"))
		status = error_set(err, STATUS_INVALID, "event: nobody to send it (write sender)");
	lane->event_topic = abi_topic(lane->event.text);
	return status;
}

static enum status read_settings(struct lane *lane, struct error *err)
{
	const struct settings *s = lane->settings;

	lane->slo_s = settings_number(s, "slo") / 1000;
	lane->has_sender = take_address(s, "sender", &lane->sender);
	lane->has_receiver = take_address(s, "receiver", &lane->receiver);
	lane->has_fee_token = take_address(s, "fee_token", &lane->fee_token);
	lane->has_fee_payer = take_address(s, "fee_payer", &lane->fee_payer) || take_address(s, "sender", &lane->fee_payer);
	lane->has_commit_store = take_address(s, "commit_store", &lane->commit_store);
	lane->has_fee_quoter = take_address(s, "fee_quoter", &lane->fee_quoter);
	lane->has_test_sender = take_address(s, "test_sender", &lane->test_sender);
	lane->has_rate_amount = settings_has(s, "rate_amount");
	if (lane->has_rate_amount && !abi_scaled(settings_text(s, "rate_amount"), 0, &lane->rate_amount))
		return error_set(err, STATUS_INVALID, "rate_amount: not a whole number (write the amount in the token's smallest unit)");
	enum status status = read_event(lane, err);
	if (status == STATUS_OK && !lane->custom && !settings_has(s, "source_router") && !settings_has(s, "on_ramp"))
		return error_set(err, STATUS_INVALID, "has neither source_router nor on_ramp (write one of them, or event and sender)");
	if (status == STATUS_OK && !lane->custom && !settings_has(s, "dest_router") && !settings_has(s, "off_ramp"))
		return error_set(err, STATUS_INVALID, "has neither dest_router nor off_ramp (write one of them)");
	return status;
}

/* The far chain comes first: what has one far chain has one cause when that is lost. */
static void relate(struct lane *lane)
{
	char id[96];
	bool away = strcmp(lane->dest.chain, CHAIN_OWN) == 0;

	world_relate(lane->component, 0, chain_component(&lane->host, away ? lane->source.chain : lane->dest.chain, id, sizeof(id)));
	world_relate(lane->component, 1, chain_component(&lane->host, away ? lane->dest.chain : lane->source.chain, id, sizeof(id)));
}

static void recall(struct lane *lane)
{
	const struct source_host *host = &lane->host;
	const char *id = lane->component->id;

	lane->kept_low = lane->kept_source = lane->kept_dest = -1;
	if (!host->recall || !host->recall(host->arg, id, "low", &lane->kept_low) || !host->recall(host->arg, id, "source_block", &lane->kept_source) ||
	    !host->recall(host->arg, id, "dest_block", &lane->kept_dest))
		lane->kept_low = lane->kept_source = lane->kept_dest = -1;
	if (!host->recall || !host->recall(host->arg, id, "usual_s", &lane->kept_usual))
		lane->kept_usual = -1;
	lane->usual_s = lane->kept_usual;
}

static void free_lane(struct lane *lane)
{
	struct side *sides[] = {&lane->source, &lane->dest};

	for (size_t i = 0; i < ARRAY_LENGTH(sides); i++) {
		eth_free(sides[i]->eth);
		scan_free(&sides[i]->scan);
		free(sides[i]->numbers);
	}
	book_free(&lane->book);
	free(lane);
}

static enum status start(const struct source_host *host, const struct settings *settings, void **state, struct error *err)
{
	struct lane *lane = xcalloc(1, sizeof(*lane));
	char source[160];

	lane->host = *host;
	lane->settings = settings;
	enum status status = read_settings(lane, err);
	if (status != STATUS_OK)
		error_prefix(err, "[lane %s]", settings->name);
	if (status == STATUS_OK)
		status = open_side(lane, &lane->source, true, err);
	if (status == STATUS_OK)
		status = open_side(lane, &lane->dest, false, err);
	if (status != STATUS_OK) {
		free_lane(lane);
		return status;
	}
	if (!lane->custom && !lane->source.given_ramp && lane->ids.dest == 0) {
		free_lane(lane);
		return error_set(err, STATUS_INVALID, "[lane %s] dest: its selector is not known (write selector in [chain %s])", settings->name, settings_text(settings, "dest"));
	}
	text_format(source, sizeof(source), "%.70s > %.70s", eth_source(lane->source.eth), eth_source(lane->dest.eth));
	lane->component = world_add(host->world, KIND_LANE, settings->name, source, STALE_INTERVALS * settings_number(settings, "interval") * US_PER_MS);
	world_set_number(lane->component, LANE_SLO_S, lane->slo_s, 0);
	relate(lane);
	recall(lane);
	if (lane->custom) {
		lane_set_version(lane, CCIP_CUSTOM);
		book_start(&lane->book, lane->kept_low >= 0 ? (uint64_t)lane->kept_low : 0);
	}
	*state = lane;
	return STATUS_OK;
}

static void refresh(void *state)
{
	struct lane *lane = state;

	eth_refresh(lane->source.eth);
	eth_refresh(lane->dest.eth);
}

/* One look at each side may not be enough: the second tells what the first has found. */
static bool tried(const void *state)
{
	const struct lane *lane = state;

	if (!eth_tried(lane->source.eth) || !eth_tried(lane->dest.eth))
		return false;
	return lane->custom || !lane->book.started || lane->source.lost || lane->dest.lost || lane->source.looks > 1;
}

static void stop(void *state)
{
	free_lane(state);
}

const struct source_def lane_source = {&lane_section, start, refresh, tried, stop};
