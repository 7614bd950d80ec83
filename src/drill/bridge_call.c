/* What the simulated contracts answer to calls: one row for each function. */
#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "collect/abi.h"
#include "drill/bridge_private.h"

#include <string.h>

enum {
	THRESHOLD_S = 28800, /* when anybody may execute by hand */
	FEED_DECIMALS = 8,
};

struct request {
	const struct bridge *b;
	enum bridge_side side;
	const struct bridge_lane *lane; /* whose contract is asked, NULL for those of a chain */
	struct abi arguments;
	struct buf *out;
};

static void put_number(const struct request *r, uint64_t number)
{
	abi_put_u64(r->out, number);
}

static void put_text(const struct request *r, const char *text)
{
	struct hash256 word = {0};
	put_number(r, 32);
	put_number(r, strlen(text));
	memcpy(word.bytes, text, strlen(text) < 32 ? strlen(text) : 32);
	abi_put_hash(r->out, &word);
}

static uint64_t argument(const struct request *r)
{
	uint64_t number;
	return abi_u64(r->arguments, 0, &number) ? number : 0;
}

/* Reverts with an error that takes one number. */
static bool revert(const struct request *r, const char *signature, uint64_t number)
{
	buf_clear(r->out);
	abi_call(r->out, signature);
	put_number(r, number);
	return false;
}

static const struct bridge_lane *lane_from(const struct bridge *b, enum bridge_side side)
{
	return &b->lanes[side == SIDE_OWN ? 0 : 1];
}

static bool cursed(const struct request *r)
{
	return r->side == SIDE_OWN && (r->b->faults & BRIDGE_CURSED) != 0;
}

static bool router_type(const struct request *r)
{
	put_text(r, "Router 1.2.0");
	return true;
}

static bool router_on_ramp(const struct request *r)
{
	static const struct address none;
	abi_put_address(r->out, argument(r) == bridge_selectors[bridge_other_side(r->side)] ? &lane_from(r->b, r->side)->on_ramp : &none);
	return true;
}

static bool router_supported(const struct request *r)
{
	put_number(r, argument(r) == bridge_selectors[bridge_other_side(r->side)]);
	return true;
}

static bool router_off_ramps(const struct request *r)
{
	put_number(r, 32);
	put_number(r, 1);
	put_number(r, bridge_selectors[bridge_other_side(r->side)]);
	abi_put_address(r->out, &lane_from(r->b, bridge_other_side(r->side))->off_ramp);
	return true;
}

static bool router_rmn(const struct request *r)
{
	abi_put_address(r->out, &r->b->rmn[r->side]);
	return true;
}

static bool router_fee(const struct request *r)
{
	if (argument(r) != bridge_selectors[bridge_other_side(r->side)])
		return revert(r, "UnsupportedDestinationChain(uint64)", argument(r));
	if (cursed(r))
		return revert(r, "CursedByRMN(uint64)", argument(r));
	put_number(r, UINT64_C(80000000000000000));
	return true;
}

static bool on_ramp_type(const struct request *r)
{
	put_text(r, "EVM2EVMOnRamp 1.5.0");
	return true;
}

static bool on_ramp_next(const struct request *r)
{
	put_number(r, r->lane->next_seq);
	return true;
}

/* linkToken, chainSelector, destChainSelector, defaultTxGasLimit, maxNopFeesJuels, prevOnRamp,
 * rmnProxy, tokenAdminRegistry. */
static bool on_ramp_static(const struct request *r)
{
	abi_put_address(r->out, &r->b->link[r->side]);
	put_number(r, bridge_selectors[r->lane->from]);
	put_number(r, bridge_selectors[r->lane->to]);
	put_number(r, GAS_LIMIT);
	put_number(r, UINT64_C(1000000000000000000));
	put_number(r, 0);
	abi_put_address(r->out, &r->b->rmn[r->side]);
	put_number(r, 0);
	return true;
}

/* router and twelve numbers, of which the seventh is the price registry. */
static bool on_ramp_dynamic(const struct request *r)
{
	abi_put_address(r->out, &r->b->router[r->side]);
	for (int i = 1; i < 7; i++)
		put_number(r, 1);
	abi_put_address(r->out, &r->b->prices[r->side]);
	for (int i = 8; i < 13; i++)
		put_number(r, 1);
	return true;
}

static bool store_type(const struct request *r)
{
	put_text(r, "CommitStore 1.5.0");
	return true;
}

static bool store_next(const struct request *r)
{
	put_number(r, r->lane->next_commit);
	return true;
}

static bool answer_no(const struct request *r)
{
	put_number(r, 0);
	return true;
}

static bool answer_yes(const struct request *r)
{
	put_number(r, 1);
	return true;
}

static bool store_well(const struct request *r)
{
	put_number(r, (bridge_lane_faults(r->b, r->lane) & BRIDGE_CURSED) == 0);
	return true;
}

/* When a root was committed; 0: it was not. */
static bool store_root(const struct request *r)
{
	struct hash256 root;
	uint64_t time_s = 0;
	for (size_t i = 0; abi_hash(r->arguments, 0, &root) && i < MESSAGES_KEPT; i++) {
		const struct bridge_message *message = &r->lane->messages[i];
		if (message->committed_us != 0 && hash_equal(&message->id, &root))
			time_s = (uint64_t)(message->committed_us / US_PER_S);
	}
	put_number(r, time_s);
	return true;
}

static bool off_ramp_type(const struct request *r)
{
	put_text(r, "EVM2EVMOffRamp 1.5.0");
	return true;
}

static bool off_ramp_state(const struct request *r)
{
	const struct bridge_message *message = bridge_message_at(r->lane, argument(r));
	bool forgotten = !message && argument(r) < r->lane->next_seq;
	put_number(r, message ? (uint64_t)message->state : forgotten ? SUCCESS
								     : UNTOUCHED);
	return true;
}

/* commitStore, chainSelector, sourceChainSelector, onRamp, prevOffRamp, rmnProxy,
 * tokenAdminRegistry. */
static bool off_ramp_static(const struct request *r)
{
	abi_put_address(r->out, &r->lane->commit_store);
	put_number(r, bridge_selectors[r->lane->to]);
	put_number(r, bridge_selectors[r->lane->from]);
	abi_put_address(r->out, &r->lane->on_ramp);
	put_number(r, 0);
	abi_put_address(r->out, &r->b->rmn[r->side]);
	put_number(r, 0);
	return true;
}

/* permissionLessExecutionThresholdSeconds, maxDataBytes, maxNumberOfTokensPerMsg, router,
 * priceRegistry. */
static bool off_ramp_dynamic(const struct request *r)
{
	put_number(r, THRESHOLD_S);
	put_number(r, 30000);
	put_number(r, 5);
	abi_put_address(r->out, &r->b->router[r->side]);
	abi_put_address(r->out, &r->b->prices[r->side]);
	return true;
}

static bool rmn_type(const struct request *r)
{
	put_text(r, "ARMProxy 1.0.0");
	return true;
}

static bool rmn_lane_cursed(const struct request *r)
{
	struct hash256 subject, wanted = {0};
	struct hash256 selector = bridge_number_word(bridge_selectors[bridge_other_side(r->side)]);
	memcpy(wanted.bytes + 8, selector.bytes + 24, 8);
	put_number(r, cursed(r) && abi_hash(r->arguments, 0, &subject) && hash_equal(&subject, &wanted));
	return true;
}

static bool rmn_subjects(const struct request *r)
{
	put_number(r, 32);
	put_number(r, cursed(r));
	if (cursed(r))
		abi_put_subject(r->out, bridge_selectors[bridge_other_side(r->side)]);
	return true;
}

static bool prices_type(const struct request *r)
{
	put_text(r, "PriceRegistry 1.2.0");
	return true;
}

/* A price of a minute ago. */
static bool prices_fresh(const struct request *r)
{
	put_number(r, UINT64_C(15000000000000000000));
	put_number(r, (uint64_t)(r->b->now_us / US_PER_S) - 60);
	return true;
}

static bool prices_threshold(const struct request *r)
{
	put_number(r, 86400);
	return true;
}

static bool link_balance(const struct request *r)
{
	put_number(r, UINT64_C(14000000000000000000));
	return true;
}

static bool link_decimals(const struct request *r)
{
	put_number(r, 18);
	return true;
}

static bool link_symbol(const struct request *r)
{
	put_text(r, "LINK");
	return true;
}

static bool feed_round(const struct request *r)
{
	const struct round *round = &r->b->round;
	for (int i = 0; i < 5; i++) {
		struct hash256 word = bridge_number_word(i == 1 ? round->answer : i == 0 || i == 4 ? round->number
												   : (uint64_t)(round->at_us / US_PER_S));
		/* Through a proxy: phase 1 above the aggregator's own number. */
		if (i == 0 || i == 4)
			word.bytes[23] = 1;
		abi_put_hash(r->out, &word);
	}
	return true;
}

static bool feed_decimals(const struct request *r)
{
	put_number(r, FEED_DECIMALS);
	return true;
}

static bool feed_description(const struct request *r)
{
	put_text(r, "ETH / USD");
	return true;
}

static bool feed_aggregator(const struct request *r)
{
	abi_put_address(r->out, &r->b->feed);
	return true;
}

static bool custom_owner(const struct request *r)
{
	struct address owner = bridge_make_address(r->b, "owner", 0);
	abi_put_address(r->out, &owner);
	return true;
}

static bool receiver_paused(const struct request *r)
{
	put_number(r, bridge_leads_away(r->lane) && (r->b->faults & BRIDGE_REVERTS) != 0);
	return true;
}

static bool receiver_has(const struct request *r)
{
	struct hash256 id;
	bool has = false;
	for (size_t i = 0; abi_hash(r->arguments, 0, &id) && i < MESSAGES_KEPT; i++)
		has = has || (r->lane->messages[i].state == SUCCESS && hash_equal(&r->lane->messages[i].id, &id));
	put_number(r, has);
	return true;
}

/* Whose contract it is: an offset to its address in the bridge, for each side, or in the lane. */
enum contract {
	ROUTER,
	RMN,
	PRICES,
	LINK,
	ON_RAMP,
	COMMIT_STORE,
	OFF_RAMP,
	SENDER,
	RECEIVER,
	FEED,
};

static const struct function {
	enum contract contract;
	const char *signature;
	bool (*run)(const struct request *r);
} functions[] = {
	{ROUTER, "typeAndVersion()", router_type},
	{ROUTER, "getOnRamp(uint64)", router_on_ramp},
	{ROUTER, "isChainSupported(uint64)", router_supported},
	{ROUTER, "getOffRamps()", router_off_ramps},
	{ROUTER, "getArmProxy()", router_rmn},
	{ROUTER, "getFee(uint64,(bytes,bytes,(address,uint256)[],address,bytes))", router_fee},
	{RMN, "typeAndVersion()", rmn_type},
	{RMN, "isCursed()", answer_no},
	{RMN, "isCursed(bytes16)", rmn_lane_cursed},
	{RMN, "getCursedSubjects()", rmn_subjects},
	{PRICES, "typeAndVersion()", prices_type},
	{PRICES, "getDestinationChainGasPrice(uint64)", prices_fresh},
	{PRICES, "getTokenPrice(address)", prices_fresh},
	{PRICES, "getStalenessThreshold()", prices_threshold},
	{LINK, "balanceOf(address)", link_balance},
	{LINK, "decimals()", link_decimals},
	{LINK, "symbol()", link_symbol},
	{ON_RAMP, "typeAndVersion()", on_ramp_type},
	{ON_RAMP, "getExpectedNextSequenceNumber()", on_ramp_next},
	{ON_RAMP, "getStaticConfig()", on_ramp_static},
	{ON_RAMP, "getDynamicConfig()", on_ramp_dynamic},
	{COMMIT_STORE, "typeAndVersion()", store_type},
	{COMMIT_STORE, "getExpectedNextSequenceNumber()", store_next},
	{COMMIT_STORE, "paused()", answer_no},
	{COMMIT_STORE, "isUnpausedAndNotCursed()", store_well},
	{COMMIT_STORE, "getMerkleRoot(bytes32)", store_root},
	{COMMIT_STORE, "isBlessed(bytes32)", answer_yes},
	{OFF_RAMP, "typeAndVersion()", off_ramp_type},
	{OFF_RAMP, "getExecutionState(uint64)", off_ramp_state},
	{OFF_RAMP, "getStaticConfig()", off_ramp_static},
	{OFF_RAMP, "getDynamicConfig()", off_ramp_dynamic},
	{SENDER, "paused()", answer_no},
	{SENDER, "owner()", custom_owner},
	{RECEIVER, "owner()", custom_owner},
	{RECEIVER, "paused()", receiver_paused},
	{RECEIVER, "processedMessages(bytes32)", receiver_has},
	{FEED, "latestRoundData()", feed_round},
	{FEED, "decimals()", feed_decimals},
	{FEED, "description()", feed_description},
	{FEED, "aggregator()", feed_aggregator},
	{FEED, "phaseId()", answer_yes},
};

/* Which contract stands at an address of a chain. */
static bool find_contract(struct request *r, const struct address *to, enum contract *out)
{
	const struct bridge *b = r->b;
	const struct address *of_chain[] = {[ROUTER] = &b->router[r->side], [RMN] = &b->rmn[r->side], [PRICES] = &b->prices[r->side], [LINK] = &b->link[r->side]};
	for (size_t i = 0; i < ARRAY_LENGTH(of_chain); i++) {
		if (address_equal(of_chain[i], to)) {
			*out = (enum contract)i;
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_LENGTH(b->lanes); i++) {
		const struct bridge_lane *lane = &b->lanes[i];
		const struct {
			const struct address *address;
			enum bridge_side side;
			enum contract contract;
		} of_lane[] = {{&lane->on_ramp, lane->from, ON_RAMP}, {&lane->sender, lane->from, SENDER}, {&lane->commit_store, lane->to, COMMIT_STORE}, {&lane->off_ramp, lane->to, OFF_RAMP}, {&lane->receiver, lane->to, RECEIVER}};
		for (size_t k = 0; k < ARRAY_LENGTH(of_lane); k++) {
			if (of_lane[k].side != r->side || !address_equal(of_lane[k].address, to))
				continue;
			r->lane = lane;
			*out = of_lane[k].contract;
			return true;
		}
	}
	*out = FEED;
	return r->side == SIDE_OWN && address_equal(&b->feed, to);
}

bool bridge_call(const struct bridge *bridge, enum bridge_side side, const struct address *to, const uint8_t *data, size_t len, struct buf *out)
{
	struct request r = {.b = bridge, .side = side, .out = out};
	enum contract contract;
	buf_puts(out, "0x");
	if (!find_contract(&r, to, &contract))
		return true;
	uint32_t selector = len < 4 ? 0 : (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
	r.arguments = (struct abi){data + 4, len < 4 ? 0 : len - 4};
	for (size_t i = 0; i < ARRAY_LENGTH(functions); i++)
		if (functions[i].contract == contract && abi_selector(functions[i].signature) == selector)
			return functions[i].run(&r);
	return false; /* no such function: reverts without a word */
}

bool bridge_has_contract(const struct bridge *b, enum bridge_side side, const struct address *address)
{
	struct request r = {.b = b, .side = side};
	enum contract contract;
	return find_contract(&r, address, &contract);
}
