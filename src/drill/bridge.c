#include "drill/bridge.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "collect/abi.h"
#include "drill/answer.h"
#include "drill/engine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	MESSAGES_KEPT = 512,
	EVENTS_KEPT = 4096,
	EVENT_BYTES = 1024,
	FAR_CHAIN_ID = 424242,
	FAR_FIRST_BLOCK = 20000000,
	FAR_CLOCK_BACK_S = 3600, /* how long before the network's start the far chain is known */
	GAS_LIMIT = 200000,
	THRESHOLD_S = 28800, /* when anybody may execute by hand */
	FEED_DECIMALS = 8,
	REPLY_BYTES = 8192,
	REQUEST_BYTES = 32 * 1024 * 1024,
};
#define SEND_EVERY_US (20 * US_PER_S)
#define COMMIT_AFTER_US (10 * US_PER_S)
#define EXECUTE_AFTER_US (6 * US_PER_S)
#define FEED_EVERY_US (30 * US_PER_S)
#define FAR_PERIOD_US (12 * US_PER_S)

/* Of our making: neither chain has an official selector (protocol reference 2.1). */
static const uint64_t selectors[SIDES] = {[SIDE_OWN] = UINT64_C(13800000000000000138), [SIDE_FAR] = UINT64_C(4242420000000042424)};

enum message_state {
	UNTOUCHED = 0,
	SUCCESS = 2,
	FAILURE = 3,
};

struct message {
	uint64_t seq;
	struct hash256 id;
	int64_t sent_us, committed_us, executed_us; /* times of the blocks; 0: not yet */
	enum message_state state;
};

struct lane {
	enum bridge_side from, to;
	struct address on_ramp, commit_store, off_ramp, sender, receiver;
	struct message messages[MESSAGES_KEPT]; /* a ring by seq */
	uint64_t next_seq, next_commit;         /* numbers not used yet */
	int64_t next_send_us;
};

struct event {
	enum bridge_side side;
	struct address address;
	uint64_t block, index;
	struct hash256 topics[3], transaction;
	size_t topic_count;
	uint8_t data[EVENT_BYTES];
	size_t len;
};

struct bridge {
	const struct engine *engine;
	int64_t now_us;
	unsigned faults;
	int64_t healed_us;
	struct lane lanes[2]; /* away from the network, and towards it */
	struct address router[SIDES], rmn[SIDES], prices[SIDES], link[SIDES], feed;
	struct event *events; /* a ring */
	uint64_t event_count;
	struct round {
		uint64_t number;
		int64_t at_us;
		uint64_t answer;
	} round;
	int64_t next_round_us;
};

/* --- chains ---------------------------------------------------------------------------- */

static int64_t far_epoch_us(const struct bridge *b)
{
	return (b->engine->config.start_us / US_PER_S - FAR_CLOCK_BACK_S) * US_PER_S;
}

static uint64_t far_head(const struct bridge *b, int64_t now_us)
{
	return FAR_FIRST_BLOCK + (uint64_t)((now_us - far_epoch_us(b)) / FAR_PERIOD_US);
}

static int64_t far_time_us(const struct bridge *b, uint64_t number)
{
	return far_epoch_us(b) + (int64_t)(number - FAR_FIRST_BLOCK) * FAR_PERIOD_US;
}

/* The first block that can hold what happens at `at_us`; false while there is none yet. */
static bool own_block(const struct bridge *b, int64_t at_us, uint64_t *number, int64_t *time_us)
{
	const struct engine_block *found = NULL;
	for (uint64_t n = b->engine->head; n >= engine_first_block(b->engine); n--) {
		const struct engine_block *block = engine_block_at(b->engine, n);
		if (!block || block->decided_us < at_us)
			break;
		found = block;
	}
	if (!found || found->decided_us > b->now_us)
		return false;
	*number = found->number;
	*time_us = found->timestamp_s * US_PER_S;
	return true;
}

static bool block_for(const struct bridge *b, enum bridge_side side, int64_t at_us, uint64_t *number, int64_t *time_us)
{
	if (side == SIDE_OWN)
		return own_block(b, at_us, number, time_us);
	*number = far_head(b, at_us) + 1;
	*time_us = far_time_us(b, *number);
	return *time_us <= b->now_us;
}

/* --- words -------------------------------------------------------------------------------- */

static struct hash256 number_word(uint64_t number)
{
	struct hash256 word = {0};
	for (int i = 0; i < 8; i++)
		word.bytes[31 - i] = (uint8_t)(number >> (8 * i));
	return word;
}

static struct hash256 address_word(const struct address *address)
{
	struct hash256 word = {0};
	memcpy(word.bytes + 12, address->bytes, sizeof(address->bytes));
	return word;
}

static struct hash256 hash_words(const struct hash256 *words, size_t count)
{
	return keccak256(words, count * sizeof(*words));
}

/* Addresses of contracts look like any others, and are the same in every run of a seed. */
static struct address make_address(const struct bridge *b, const char *what, uint64_t index)
{
	struct address address;
	char text[96];
	text_format(text, sizeof(text), "%s %" PRIu64 " %" PRIu64, what, index, b->engine->config.seed);
	struct hash256 hash = keccak256(text, strlen(text));
	memcpy(address.bytes, hash.bytes + 12, sizeof(address.bytes));
	return address;
}

/* --- events --------------------------------------------------------------------------------- */

static struct event *add_event(struct bridge *b, enum bridge_side side, const struct address *address, uint64_t block, const char *signature)
{
	struct event *event = &b->events[b->event_count % EVENTS_KEPT];
	*event = (struct event){.side = side, .address = *address, .block = block, .index = b->event_count % 64, .topic_count = 1};
	event->topics[0] = abi_topic(signature);
	struct hash256 seed[2] = {number_word(b->event_count), number_word(b->engine->config.seed)};
	event->transaction = hash_words(seed, ARRAY_LENGTH(seed));
	b->event_count++;
	return event;
}

static void event_word(struct event *event, struct hash256 word)
{
	memcpy(event->data + event->len, word.bytes, sizeof(word.bytes));
	event->len += sizeof(word.bytes);
}

static void event_number(struct event *event, uint64_t number)
{
	event_word(event, number_word(number));
}

/* --- messages -------------------------------------------------------------------------------- */

static struct message *message_of(struct lane *lane, uint64_t seq)
{
	struct message *message = &lane->messages[seq % MESSAGES_KEPT];
	return message->seq == seq ? message : NULL;
}

static const struct message *message_at(const struct lane *lane, uint64_t seq)
{
	const struct message *message = &lane->messages[seq % MESSAGES_KEPT];
	return seq > 0 && message->seq == seq ? message : NULL;
}

/* Internal._hash of an EVM2EVM 1.5 message without data and tokens, which is its id and, alone
 * in a report, its root. */
static struct hash256 message_id(const struct bridge *b, const struct lane *lane, uint64_t seq)
{
	struct hash256 metadata[4] = {keccak256("EVM2EVMMessageHashV2", 20), number_word(selectors[lane->from]), number_word(selectors[lane->to]), address_word(&lane->on_ramp)};
	struct hash256 fixed[8] = {address_word(&lane->sender), address_word(&lane->receiver), number_word(seq), number_word(GAS_LIMIT), number_word(0), number_word(seq), address_word(&b->link[lane->from]), number_word(1)};
	struct hash256 empty_array[2] = {number_word(32), number_word(0)};
	struct hash256 leaf[6] = {number_word(0), hash_words(metadata, 4), hash_words(fixed, 8), keccak256("", 0), hash_words(empty_array, 2), hash_words(empty_array, 2)};
	return hash_words(leaf, 6);
}

static void announce_send(struct bridge *b, const struct lane *lane, const struct message *message, uint64_t block)
{
	struct event *event = add_event(b, lane->from, &lane->on_ramp, block,
					"CCIPSendRequested((uint64,address,address,uint64,uint256,bool,uint64,address,uint256,bytes,(address,uint256)[],bytes[],bytes32))");
	event_number(event, 32);
	event_number(event, selectors[lane->from]);
	event_word(event, address_word(&lane->sender));
	event_word(event, address_word(&lane->receiver));
	event_number(event, message->seq);
	event_number(event, GAS_LIMIT);
	event_number(event, 0);
	event_number(event, message->seq); /* nonce */
	event_word(event, address_word(&b->link[lane->from]));
	event_number(event, 1); /* fee */
	event_number(event, 13 * 32);
	event_number(event, 14 * 32);
	event_number(event, 15 * 32);
	event_word(event, message->id);
	event_number(event, 0); /* data, tokens and their data: none */
	event_number(event, 0);
	event_number(event, 0);
}

static void announce_commit(struct bridge *b, const struct lane *lane, const struct message *message, uint64_t block, bool spoiled)
{
	struct event *event = add_event(b, lane->to, &lane->commit_store, block, "ReportAccepted((((address,uint224)[],(uint64,uint224)[]),(uint64,uint64),bytes32))");
	struct hash256 root = message->id;
	if (spoiled)
		root.bytes[31] ^= 1;
	event_number(event, 32);
	event_number(event, 4 * 32);
	event_number(event, message->seq);
	event_number(event, message->seq);
	event_word(event, root);
	event_number(event, 2 * 32); /* no prices */
	event_number(event, 3 * 32);
	event_number(event, 0);
	event_number(event, 0);
}

static void announce_execution(struct bridge *b, const struct lane *lane, const struct message *message, uint64_t block)
{
	struct event *event = add_event(b, lane->to, &lane->off_ramp, block, "ExecutionStateChanged(uint64,bytes32,uint8,bytes)");
	event->topics[1] = number_word(message->seq);
	event->topics[2] = message->id;
	event->topic_count = 3;
	event_number(event, (uint64_t)message->state);
	event_number(event, 2 * 32);
	if (message->state != FAILURE) {
		event_number(event, 0);
		return;
	}
	/* ReceiverError(bytes) around Error("paused"). */
	uint8_t inner[4 + 3 * 32] = {0x08, 0xc3, 0x79, 0xa0};
	inner[4 + 31] = 32;
	inner[4 + 63] = 6;
	memcpy(inner + 4 + 64, "paused", 6);
	uint32_t selector = abi_selector("ReceiverError(bytes)");
	uint8_t outer[4 + 2 * 32 + 128] = {(uint8_t)(selector >> 24), (uint8_t)(selector >> 16), (uint8_t)(selector >> 8), (uint8_t)selector};
	outer[4 + 31] = 32;
	outer[4 + 63] = sizeof(inner);
	memcpy(outer + 4 + 64, inner, sizeof(inner));
	event_number(event, sizeof(outer));
	memcpy(event->data + event->len, outer, sizeof(outer));
	event->len += (sizeof(outer) + 31) / 32 * 32;
}

static bool leads_away(const struct lane *lane)
{
	return lane->from == SIDE_OWN;
}

static unsigned faults_of(const struct bridge *b, const struct lane *lane)
{
	return leads_away(lane) ? b->faults : 0;
}

/* One message, in the block that its time falls into; false while there is no such block. */
static bool send_one(struct bridge *b, struct lane *lane)
{
	uint64_t block;
	int64_t time_us;
	if (!block_for(b, lane->from, lane->next_send_us, &block, &time_us))
		return false;
	lane->next_send_us += SEND_EVERY_US + (int64_t)(engine_draw(b->engine, DRAW_TX, lane->next_seq) % (uint64_t)(5 * US_PER_S));
	if (faults_of(b, lane) & BRIDGE_CURSED)
		return true;
	/* One number is used up, and nothing tells of it. */
	bool left_out = (faults_of(b, lane) & BRIDGE_CORRUPT) && lane->next_seq % 4 == 2;
	struct message *message = &lane->messages[lane->next_seq % MESSAGES_KEPT];
	*message = (struct message){.seq = lane->next_seq, .id = message_id(b, lane, lane->next_seq), .sent_us = time_us};
	lane->next_seq++;
	if (!left_out)
		announce_send(b, lane, message, block);
	return true;
}

static int64_t later_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void commit_some(struct bridge *b, struct lane *lane)
{
	for (; lane->next_commit < lane->next_seq; lane->next_commit++) {
		struct message *message = message_of(lane, lane->next_commit);
		uint64_t block;
		int64_t time_us;
		if (!message)
			continue;
		int64_t due_us = later_of(message->sent_us + COMMIT_AFTER_US, leads_away(lane) ? b->healed_us : 0);
		if ((faults_of(b, lane) & BRIDGE_CURSED) || !block_for(b, lane->to, due_us, &block, &time_us))
			return;
		message->committed_us = time_us;
		announce_commit(b, lane, message, block, (faults_of(b, lane) & BRIDGE_CORRUPT) && message->seq % 4 == 0);
	}
}

static void execute_some(struct bridge *b, struct lane *lane)
{
	uint64_t oldest = lane->next_commit > MESSAGES_KEPT ? lane->next_commit - MESSAGES_KEPT + 1 : 1;
	for (uint64_t seq = oldest; seq < lane->next_commit; seq++) {
		struct message *message = message_of(lane, seq);
		uint64_t block;
		int64_t time_us;
		if (!message || message->executed_us != 0 || message->committed_us == 0 || (faults_of(b, lane) & (BRIDGE_UNEXECUTED | BRIDGE_CURSED)))
			continue;
		int64_t due_us = later_of(message->committed_us + EXECUTE_AFTER_US, leads_away(lane) ? b->healed_us : 0);
		if (!block_for(b, lane->to, due_us, &block, &time_us))
			continue;
		message->executed_us = time_us;
		message->state = (faults_of(b, lane) & BRIDGE_REVERTS) ? FAILURE : SUCCESS;
		announce_execution(b, lane, message, block);
	}
}

/* Somebody executes by hand what failed, once the receiver works again. */
static void execute_failed(struct bridge *b, struct lane *lane)
{
	for (size_t i = 0; i < MESSAGES_KEPT; i++) {
		struct message *message = &lane->messages[i];
		uint64_t block;
		int64_t time_us;
		if (message->state != FAILURE || !block_for(b, lane->to, b->healed_us, &block, &time_us))
			continue;
		message->state = SUCCESS;
		message->executed_us = time_us;
		announce_execution(b, lane, message, block);
	}
}

/* --- the feed ------------------------------------------------------------------------------------ */

static void update_feed(struct bridge *b)
{
	uint64_t block;
	int64_t time_us;
	while (b->next_round_us <= b->now_us && block_for(b, SIDE_OWN, b->next_round_us, &block, &time_us)) {
		b->next_round_us += FEED_EVERY_US;
		if (b->faults & BRIDGE_FEED_STOPS)
			continue;
		b->round.number++;
		b->round.at_us = time_us;
		b->round.answer = UINT64_C(291300000000) + engine_draw(b->engine, DRAW_TX, b->round.number) % UINT64_C(200000000);
	}
}

/* --- time ------------------------------------------------------------------------------------------ */

void bridge_advance(struct bridge *bridge, int64_t now_us)
{
	bridge->now_us = later_of(bridge->now_us, now_us);
	for (size_t i = 0; i < ARRAY_LENGTH(bridge->lanes); i++) {
		struct lane *lane = &bridge->lanes[i];
		while (lane->next_send_us <= bridge->now_us && send_one(bridge, lane))
			;
		commit_some(bridge, lane);
		execute_some(bridge, lane);
		if (bridge->healed_us != 0 && !(faults_of(bridge, lane) & BRIDGE_REVERTS))
			execute_failed(bridge, lane);
	}
	update_feed(bridge);
}

void bridge_break(struct bridge *bridge, unsigned faults)
{
	bridge->faults |= faults;
}

void bridge_mend(struct bridge *bridge, unsigned faults)
{
	if ((bridge->faults & faults) == 0)
		return;
	bridge->faults &= ~faults;
	bridge->healed_us = bridge->now_us;
	bridge->next_round_us = bridge->now_us;
}

void bridge_heal(struct bridge *bridge)
{
	bridge_mend(bridge, ~0u);
}

enum status bridge_send(struct bridge *bridge, const struct address *to, const char *signature, struct error *err)
{
	bool is_receiver = address_equal(to, &bridge->lanes[0].receiver);

	if (is_receiver && strcmp(signature, "unpause()") == 0)
		bridge_mend(bridge, BRIDGE_REVERTS);
	else if (is_receiver && strcmp(signature, "pause()") == 0)
		bridge_break(bridge, BRIDGE_REVERTS);
	else
		return error_set(err, STATUS_REFUSED, "execution reverted");
	return STATUS_OK;
}

unsigned bridge_faults(const struct bridge *bridge)
{
	return bridge->faults;
}

/* --- calls ----------------------------------------------------------------------------------------- */

struct request {
	const struct bridge *b;
	enum bridge_side side;
	const struct lane *lane; /* whose contract is asked, NULL for those of a chain */
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

static enum bridge_side other(enum bridge_side side)
{
	return side == SIDE_OWN ? SIDE_FAR : SIDE_OWN;
}

static const struct lane *lane_from(const struct bridge *b, enum bridge_side side)
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
	abi_put_address(r->out, argument(r) == selectors[other(r->side)] ? &lane_from(r->b, r->side)->on_ramp : &none);
	return true;
}

static bool router_supported(const struct request *r)
{
	put_number(r, argument(r) == selectors[other(r->side)]);
	return true;
}

static bool router_off_ramps(const struct request *r)
{
	put_number(r, 32);
	put_number(r, 1);
	put_number(r, selectors[other(r->side)]);
	abi_put_address(r->out, &lane_from(r->b, other(r->side))->off_ramp);
	return true;
}

static bool router_rmn(const struct request *r)
{
	abi_put_address(r->out, &r->b->rmn[r->side]);
	return true;
}

static bool router_fee(const struct request *r)
{
	if (argument(r) != selectors[other(r->side)])
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
	put_number(r, selectors[r->lane->from]);
	put_number(r, selectors[r->lane->to]);
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
	put_number(r, (faults_of(r->b, r->lane) & BRIDGE_CURSED) == 0);
	return true;
}

/* When a root was committed; 0: it was not. */
static bool store_root(const struct request *r)
{
	struct hash256 root;
	uint64_t time_s = 0;
	for (size_t i = 0; abi_hash(r->arguments, 0, &root) && i < MESSAGES_KEPT; i++) {
		const struct message *message = &r->lane->messages[i];
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
	const struct message *message = message_at(r->lane, argument(r));
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
	put_number(r, selectors[r->lane->to]);
	put_number(r, selectors[r->lane->from]);
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
	struct hash256 selector = number_word(selectors[other(r->side)]);
	memcpy(wanted.bytes + 8, selector.bytes + 24, 8);
	put_number(r, cursed(r) && abi_hash(r->arguments, 0, &subject) && hash_equal(&subject, &wanted));
	return true;
}

static bool rmn_subjects(const struct request *r)
{
	put_number(r, 32);
	put_number(r, cursed(r));
	if (cursed(r))
		abi_put_subject(r->out, selectors[other(r->side)]);
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
		struct hash256 word = number_word(i == 1 ? round->answer : i == 0 || i == 4 ? round->number
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
	struct address owner = make_address(r->b, "owner", 0);
	abi_put_address(r->out, &owner);
	return true;
}

static bool receiver_paused(const struct request *r)
{
	put_number(r, leads_away(r->lane) && (r->b->faults & BRIDGE_REVERTS) != 0);
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
		const struct lane *lane = &b->lanes[i];
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

/* --- logs ------------------------------------------------------------------------------------------- */

/* A string, or an array of which one has to fit; absent and null fit all. */
static bool fits(const struct json *wanted, const char *text)
{
	if (!wanted || json_is_null(wanted))
		return true;
	if (json_string(wanted))
		return strcmp(json_string(wanted), text) == 0;
	for (const struct json *item = json_first(wanted); item; item = json_next(item))
		if (json_string(item) && strcmp(json_string(item), text) == 0)
			return true;
	return false;
}

static bool block_bound(const struct bridge *b, enum bridge_side side, const struct json *value, uint64_t *out)
{
	const char *text = json_string(value);
	if (!value || (text && strcmp(text, "latest") == 0)) {
		*out = side == SIDE_OWN ? b->engine->head : far_head(b, b->now_us);
		return true;
	}
	return json_quantity(value, out);
}

static void put_log(const struct event *event, struct json_writer *w)
{
	char text[2 * EVENT_BYTES + 3];
	json_begin_object(w, NULL);
	json_put_string(w, "address", address_text(text, &event->address));
	json_begin_array(w, "topics");
	for (size_t i = 0; i < event->topic_count; i++)
		json_put_string(w, NULL, hex_text(text, sizeof(text), event->topics[i].bytes, 32, true));
	json_end_array(w);
	json_put_string(w, "data", hex_text(text, sizeof(text), event->data, event->len, true));
	json_put_string(w, "blockNumber", text_format(text, sizeof(text), "0x%" PRIx64, event->block));
	json_put_string(w, "transactionHash", hex_text(text, sizeof(text), event->transaction.bytes, 32, true));
	json_put_string(w, "logIndex", text_format(text, sizeof(text), "0x%" PRIx64, event->index));
	json_put_bool(w, "removed", false);
	json_end_object(w);
}

bool bridge_logs(const struct bridge *bridge, enum bridge_side side, const struct json *filter, struct json_writer *w, const char *key)
{
	uint64_t from, to;
	uint64_t first = bridge->event_count > EVENTS_KEPT ? bridge->event_count - EVENTS_KEPT : 0;
	if (!json_is_object(filter) || !block_bound(bridge, side, json_get(filter, "fromBlock"), &from) || !block_bound(bridge, side, json_get(filter, "toBlock"), &to))
		return false;
	json_begin_array(w, key);
	for (uint64_t i = first; i < bridge->event_count; i++) {
		const struct event *event = &bridge->events[i % EVENTS_KEPT];
		char text[HASH_TEXT];
		if (event->side != side || event->block < from || event->block > to || !fits(json_get(filter, "address"), address_text(text, &event->address)))
			continue;
		const struct json *topic = json_first(json_get(filter, "topics"));
		bool all = true;
		for (size_t t = 0; topic && all; topic = json_next(topic), t++)
			all = json_is_null(topic) || (t < event->topic_count && fits(topic, hex_text(text, sizeof(text), event->topics[t].bytes, 32, true)));
		if (all)
			put_log(event, w);
	}
	json_end_array(w);
	return true;
}

/* --- the far chain ------------------------------------------------------------------------------------- */

static void far_quantity(struct json_writer *w, const char *key, uint64_t number)
{
	char text[24];
	json_put_string(w, key, text_format(text, sizeof(text), "0x%" PRIx64, number));
}

static void far_block(const struct bridge *b, const struct json *params, struct json_writer *w)
{
	uint64_t number;
	char text[HASH_TEXT];
	if (!block_bound(b, SIDE_FAR, json_first(params), &number) || number > far_head(b, b->now_us)) {
		json_put_null(w, "result");
		return;
	}
	struct hash256 seed[2] = {number_word(number), number_word(b->engine->config.seed)}, hash = hash_words(seed, 2);
	seed[0] = number_word(number - 1);
	struct hash256 parent = hash_words(seed, 2);
	json_begin_object(w, "result");
	far_quantity(w, "number", number);
	json_put_string(w, "hash", hex_text(text, sizeof(text), hash.bytes, 32, true));
	json_put_string(w, "parentHash", hex_text(text, sizeof(text), parent.bytes, 32, true));
	far_quantity(w, "timestamp", (uint64_t)(far_time_us(b, number) / US_PER_S));
	json_end_object(w);
}

bool bridge_answer_call(const struct bridge *bridge, enum bridge_side side, const struct json *params, struct json_writer *w)
{
	const struct json *call = json_first(params);
	const char *to = json_string(json_get(call, "to")), *data = json_string(json_get(call, "data"));
	struct address address;
	uint8_t bytes[2048];
	size_t len = 0;
	struct buf out;
	if (!data)
		data = json_string(json_get(call, "input"));
	if (!to || !address_parse(to, &address) || !data || !hex_data(data, bytes, sizeof(bytes), &len))
		return false;
	buf_init(&out, REPLY_BYTES);
	if (bridge_call(bridge, side, &address, bytes, len, &out)) {
		json_put_string(w, "result", buf_text(&out));
	} else {
		json_begin_object(w, "error");
		json_put_i64(w, "code", 3);
		json_put_string(w, "message", "execution reverted");
		json_put_string(w, "data", buf_text(&out));
		json_end_object(w);
	}
	buf_free(&out);
	return true;
}

bool bridge_answer_code(const struct bridge *bridge, enum bridge_side side, const struct json *params, struct json_writer *w)
{
	struct request r = {.b = bridge, .side = side};
	struct address address;
	enum contract contract;
	const char *text = json_string(json_first(params));
	if (!text || !address_parse(text, &address))
		return false;
	json_put_string(w, "result", find_contract(&r, &address, &contract) ? "0x608060405234801561001057600080fd5b50" : "0x");
	return true;
}

static void far_one(const struct bridge *b, const struct json *request, struct json_writer *w)
{
	const char *method = json_string(json_get(request, "method"));
	const struct json *params = json_get(request, "params");
	struct buf id;
	bool known = method != NULL;
	buf_init(&id, 256);
	json_begin_object(w, NULL);
	json_put_string(w, "jsonrpc", "2.0");
	json_put_raw(w, "id", json_get(request, "id") && json_canonical(json_get(request, "id"), &id) ? buf_text(&id) : "null");
	if (known && strcmp(method, "eth_chainId") == 0)
		far_quantity(w, "result", FAR_CHAIN_ID);
	else if (known && strcmp(method, "eth_blockNumber") == 0)
		far_quantity(w, "result", far_head(b, b->now_us));
	else if (known && strcmp(method, "eth_getBlockByNumber") == 0)
		far_block(b, params, w);
	else if (known && strcmp(method, "eth_call") == 0)
		known = bridge_answer_call(b, SIDE_FAR, params, w);
	else if (known && strcmp(method, "eth_getCode") == 0)
		known = bridge_answer_code(b, SIDE_FAR, params, w);
	else if (known && strcmp(method, "eth_getLogs") == 0)
		known = bridge_logs(b, SIDE_FAR, json_first(params), w, "result");
	else
		known = false;
	if (!known) {
		json_begin_object(w, "error");
		json_put_i64(w, "code", -32601);
		json_put_string(w, "message", "the method does not exist, or its parameters are wrong");
		json_end_object(w);
	}
	json_end_object(w);
	buf_free(&id);
}

unsigned bridge_far_rpc(const struct bridge *bridge, const char *body, size_t len, struct buf *out)
{
	struct json *request = json_parse(body, len, REQUEST_BYTES, NULL);
	struct json_writer w;
	json_writer_init(&w, out, false);
	if (!request)
		return 400;
	if (json_is_array(request)) {
		json_begin_array(&w, NULL);
		for (const struct json *item = json_first(request); item; item = json_next(item))
			far_one(bridge, item, &w);
		json_end_array(&w);
	} else {
		far_one(bridge, request, &w);
	}
	json_free(request);
	return 200;
}

/* --- making ----------------------------------------------------------------------------------------------- */

struct bridge *bridge_new(const struct engine *engine)
{
	struct bridge *b = xcalloc(1, sizeof(*b));
	b->engine = engine;
	b->now_us = engine->config.start_us;
	b->events = xcalloc(EVENTS_KEPT, sizeof(*b->events));
	for (uint64_t side = 0; side < SIDES; side++) {
		b->router[side] = make_address(b, "router", side);
		b->rmn[side] = make_address(b, "rmn", side);
		b->prices[side] = make_address(b, "prices", side);
		b->link[side] = make_address(b, "link", side);
	}
	b->feed = make_address(b, "feed", 0);
	for (uint64_t i = 0; i < ARRAY_LENGTH(b->lanes); i++) {
		struct lane *lane = &b->lanes[i];
		lane->from = i == 0 ? SIDE_OWN : SIDE_FAR;
		lane->to = other(lane->from);
		lane->on_ramp = make_address(b, "on ramp", i);
		lane->commit_store = make_address(b, "commit store", i);
		lane->off_ramp = make_address(b, "off ramp", i);
		lane->sender = make_address(b, "sender", i);
		lane->receiver = make_address(b, "receiver", i);
		lane->next_seq = lane->next_commit = 400 + engine_draw(engine, DRAW_START, 1000 + i) % 100;
		lane->next_send_us = b->now_us + (int64_t)(engine_draw(engine, DRAW_START, 2000 + i) % (uint64_t)SEND_EVERY_US);
	}
	b->round.number = 5000 + engine_draw(engine, DRAW_START, 3000) % 1000;
	b->next_round_us = b->now_us;
	return b;
}

void bridge_free(struct bridge *bridge)
{
	if (!bridge)
		return;
	free(bridge->events);
	free(bridge);
}

void bridge_config(const struct bridge *bridge, const char *far_url, struct buf *out)
{
	char text[ADDRESS_TEXT];
	static const char *const names[] = {"138 to Farchain", "Farchain to 138"};
	buf_printf(out, "\n[chain network]\nselector = %" PRIu64 "\n", selectors[SIDE_OWN]);
	buf_printf(out, "\n[chain farchain]\nrpc = %s\nchain_id = %d\nselector = %" PRIu64 "\n", far_url, FAR_CHAIN_ID, selectors[SIDE_FAR]);
	for (size_t i = 0; i < ARRAY_LENGTH(bridge->lanes); i++) {
		const struct lane *lane = &bridge->lanes[i];
		buf_printf(out, "\n[lane %s]\nsource = %s\ndest = %s\n", names[i], lane->from == SIDE_OWN ? "network" : "farchain", lane->to == SIDE_OWN ? "network" : "farchain");
		buf_printf(out, "source_router = %s\n", address_text(text, &bridge->router[lane->from]));
		buf_printf(out, "dest_router = %s\n", address_text(text, &bridge->router[lane->to]));
		buf_printf(out, "sender = %s\n", address_text(text, &lane->sender));
		buf_printf(out, "receiver = %s\n", address_text(text, &lane->receiver));
		buf_printf(out, "fee_token = %s\n", address_text(text, &bridge->link[lane->from]));
		buf_puts(out, "slo = 1m\nlookback = 30\nscan_blocks = 2000\ninterval = 3s\n");
	}
	buf_printf(out, "\n[feed ETH / USD]\naddress = %s\nheartbeat = 1m\ngrace = 15s\npublisher = " BRIDGE_PUBLISHER_POD "\ninterval = 3s\n", address_text(text, &bridge->feed));
}
