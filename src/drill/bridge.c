#include "drill/bridge.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "collect/abi.h"
#include "drill/bridge_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	FAR_FIRST_BLOCK = 20000000,
	FAR_CLOCK_BACK_S = 3600, /* how long before the network's start the far chain is known */
};
#define SEND_EVERY_US (20 * US_PER_S)
#define COMMIT_AFTER_US (10 * US_PER_S)
#define EXECUTE_AFTER_US (6 * US_PER_S)
#define FEED_EVERY_US (30 * US_PER_S)
#define FAR_PERIOD_US (12 * US_PER_S)

const uint64_t bridge_selectors[SIDES] = {[SIDE_OWN] = UINT64_C(13800000000000000138), [SIDE_FAR] = UINT64_C(4242420000000042424)};

enum bridge_side bridge_other_side(enum bridge_side side)
{
	return side == SIDE_OWN ? SIDE_FAR : SIDE_OWN;
}

/* --- chains ---------------------------------------------------------------------------- */

static int64_t far_epoch_us(const struct bridge *b)
{
	return (b->engine->config.start_us / US_PER_S - FAR_CLOCK_BACK_S) * US_PER_S;
}

uint64_t bridge_far_head(const struct bridge *b, int64_t now_us)
{
	return FAR_FIRST_BLOCK + (uint64_t)((now_us - far_epoch_us(b)) / FAR_PERIOD_US);
}

int64_t bridge_far_time_us(const struct bridge *b, uint64_t number)
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
	*number = bridge_far_head(b, at_us) + 1;
	*time_us = bridge_far_time_us(b, *number);
	return *time_us <= b->now_us;
}

/* --- words -------------------------------------------------------------------------------- */

struct hash256 bridge_number_word(uint64_t number)
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

struct hash256 bridge_hash_words(const struct hash256 *words, size_t count)
{
	return keccak256(words, count * sizeof(*words));
}

struct address bridge_make_address(const struct bridge *b, const char *what, uint64_t index)
{
	struct address address;
	char text[96];
	text_format(text, sizeof(text), "%s %" PRIu64 " %" PRIu64, what, index, b->engine->config.seed);
	struct hash256 hash = keccak256(text, strlen(text));
	memcpy(address.bytes, hash.bytes + 12, sizeof(address.bytes));
	return address;
}

/* --- events --------------------------------------------------------------------------------- */

static struct bridge_event *add_event(struct bridge *b, enum bridge_side side, const struct address *address, uint64_t block, const char *signature)
{
	struct bridge_event *event = &b->events[b->event_count % EVENTS_KEPT];
	*event = (struct bridge_event){.side = side, .address = *address, .block = block, .index = b->event_count % 64, .topic_count = 1};
	event->topics[0] = abi_topic(signature);
	struct hash256 seed[2] = {bridge_number_word(b->event_count), bridge_number_word(b->engine->config.seed)};
	event->transaction = bridge_hash_words(seed, ARRAY_LENGTH(seed));
	b->event_count++;
	return event;
}

static void event_word(struct bridge_event *event, struct hash256 word)
{
	memcpy(event->data + event->len, word.bytes, sizeof(word.bytes));
	event->len += sizeof(word.bytes);
}

static void event_number(struct bridge_event *event, uint64_t number)
{
	event_word(event, bridge_number_word(number));
}

/* --- messages -------------------------------------------------------------------------------- */

static struct bridge_message *message_of(struct bridge_lane *lane, uint64_t seq)
{
	struct bridge_message *message = &lane->messages[seq % MESSAGES_KEPT];
	return message->seq == seq ? message : NULL;
}

const struct bridge_message *bridge_message_at(const struct bridge_lane *lane, uint64_t seq)
{
	const struct bridge_message *message = &lane->messages[seq % MESSAGES_KEPT];
	return seq > 0 && message->seq == seq ? message : NULL;
}

/* Internal._hash of an EVM2EVM 1.5 message without data and tokens, which is its id and, alone
 * in a report, its root. */
static struct hash256 message_id(const struct bridge *b, const struct bridge_lane *lane, uint64_t seq)
{
	struct hash256 metadata[4] = {keccak256("EVM2EVMMessageHashV2", 20), bridge_number_word(bridge_selectors[lane->from]), bridge_number_word(bridge_selectors[lane->to]), address_word(&lane->on_ramp)};
	struct hash256 fixed[8] = {address_word(&lane->sender), address_word(&lane->receiver), bridge_number_word(seq), bridge_number_word(GAS_LIMIT), bridge_number_word(0), bridge_number_word(seq), address_word(&b->link[lane->from]), bridge_number_word(1)};
	struct hash256 empty_array[2] = {bridge_number_word(32), bridge_number_word(0)};
	struct hash256 leaf[6] = {bridge_number_word(0), bridge_hash_words(metadata, 4), bridge_hash_words(fixed, 8), keccak256("", 0), bridge_hash_words(empty_array, 2), bridge_hash_words(empty_array, 2)};
	return bridge_hash_words(leaf, 6);
}

static void announce_send(struct bridge *b, const struct bridge_lane *lane, const struct bridge_message *message, uint64_t block)
{
	struct bridge_event *event = add_event(b, lane->from, &lane->on_ramp, block,
					       "CCIPSendRequested((uint64,address,address,uint64,uint256,bool,uint64,address,uint256,bytes,(address,uint256)[],bytes[],bytes32))");
	event_number(event, 32);
	event_number(event, bridge_selectors[lane->from]);
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

static void announce_commit(struct bridge *b, const struct bridge_lane *lane, const struct bridge_message *message, uint64_t block, bool spoiled)
{
	struct bridge_event *event = add_event(b, lane->to, &lane->commit_store, block, "ReportAccepted((((address,uint224)[],(uint64,uint224)[]),(uint64,uint64),bytes32))");
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

static void announce_execution(struct bridge *b, const struct bridge_lane *lane, const struct bridge_message *message, uint64_t block)
{
	struct bridge_event *event = add_event(b, lane->to, &lane->off_ramp, block, "ExecutionStateChanged(uint64,bytes32,uint8,bytes)");
	event->topics[1] = bridge_number_word(message->seq);
	event->topics[2] = message->id;
	event->topic_count = 3;
	event_number(event, (uint64_t)message->state);
	event_number(event, 2 * 32);
	if (message->state != FAILURE) {
		event_number(event, 0);
		return;
	}
	/* ReceiverError(bytes) around Error("paused"). */
	static const uint8_t paused[] = {'p', 'a', 'u', 's', 'e', 'd'};
	uint8_t inner[4 + 3 * 32] = {0x08, 0xc3, 0x79, 0xa0};
	inner[4 + 31] = 32;
	inner[4 + 63] = sizeof(paused);
	memcpy(inner + 4 + 64, paused, sizeof(paused));
	uint32_t selector = abi_selector("ReceiverError(bytes)");
	uint8_t outer[4 + 2 * 32 + 128] = {(uint8_t)(selector >> 24), (uint8_t)(selector >> 16), (uint8_t)(selector >> 8), (uint8_t)selector};
	outer[4 + 31] = 32;
	outer[4 + 63] = sizeof(inner);
	memcpy(outer + 4 + 64, inner, sizeof(inner));
	event_number(event, sizeof(outer));
	memcpy(event->data + event->len, outer, sizeof(outer));
	event->len += (sizeof(outer) + 31) / 32 * 32;
}

bool bridge_leads_away(const struct bridge_lane *lane)
{
	return lane->from == SIDE_OWN;
}

unsigned bridge_lane_faults(const struct bridge *b, const struct bridge_lane *lane)
{
	return bridge_leads_away(lane) ? b->faults : 0;
}

/* One message, in the block that its time falls into; false while there is no such block. */
static bool send_one(struct bridge *b, struct bridge_lane *lane)
{
	uint64_t block;
	int64_t time_us;
	if (!block_for(b, lane->from, lane->next_send_us, &block, &time_us))
		return false;
	lane->next_send_us += SEND_EVERY_US + (int64_t)(engine_draw(b->engine, DRAW_TX, lane->next_seq) % (uint64_t)(5 * US_PER_S));
	if (bridge_lane_faults(b, lane) & BRIDGE_CURSED)
		return true;
	/* One number is used up, and nothing tells of it. */
	bool left_out = (bridge_lane_faults(b, lane) & BRIDGE_CORRUPT) && lane->next_seq % 4 == 2;
	struct bridge_message *message = &lane->messages[lane->next_seq % MESSAGES_KEPT];
	*message = (struct bridge_message){.seq = lane->next_seq, .id = message_id(b, lane, lane->next_seq), .sent_us = time_us};
	lane->next_seq++;
	if (!left_out)
		announce_send(b, lane, message, block);
	return true;
}

static int64_t later_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void commit_some(struct bridge *b, struct bridge_lane *lane)
{
	for (; lane->next_commit < lane->next_seq; lane->next_commit++) {
		struct bridge_message *message = message_of(lane, lane->next_commit);
		uint64_t block;
		int64_t time_us;
		if (!message)
			continue;
		int64_t due_us = later_of(message->sent_us + COMMIT_AFTER_US, bridge_leads_away(lane) ? b->healed_us : 0);
		if ((bridge_lane_faults(b, lane) & BRIDGE_CURSED) || !block_for(b, lane->to, due_us, &block, &time_us))
			return;
		message->committed_us = time_us;
		announce_commit(b, lane, message, block, (bridge_lane_faults(b, lane) & BRIDGE_CORRUPT) && message->seq % 4 == 0);
	}
}

static void execute_some(struct bridge *b, struct bridge_lane *lane)
{
	uint64_t oldest = lane->next_commit > MESSAGES_KEPT ? lane->next_commit - MESSAGES_KEPT + 1 : 1;
	for (uint64_t seq = oldest; seq < lane->next_commit; seq++) {
		struct bridge_message *message = message_of(lane, seq);
		uint64_t block;
		int64_t time_us;
		if (!message || message->executed_us != 0 || message->committed_us == 0 || (bridge_lane_faults(b, lane) & (BRIDGE_UNEXECUTED | BRIDGE_CURSED)))
			continue;
		int64_t due_us = later_of(message->committed_us + EXECUTE_AFTER_US, bridge_leads_away(lane) ? b->healed_us : 0);
		if (!block_for(b, lane->to, due_us, &block, &time_us))
			continue;
		message->executed_us = time_us;
		message->state = (bridge_lane_faults(b, lane) & BRIDGE_REVERTS) ? FAILURE : SUCCESS;
		announce_execution(b, lane, message, block);
	}
}

/* Somebody executes by hand what failed, once the receiver works again. */
static void execute_failed(struct bridge *b, struct bridge_lane *lane)
{
	for (size_t i = 0; i < MESSAGES_KEPT; i++) {
		struct bridge_message *message = &lane->messages[i];
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
		struct bridge_lane *lane = &bridge->lanes[i];
		while (lane->next_send_us <= bridge->now_us && send_one(bridge, lane))
			;
		commit_some(bridge, lane);
		execute_some(bridge, lane);
		if (bridge->healed_us != 0 && !(bridge_lane_faults(bridge, lane) & BRIDGE_REVERTS))
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

/* --- making ----------------------------------------------------------------------------------------------- */

struct bridge *bridge_new(const struct engine *engine)
{
	struct bridge *b = xcalloc(1, sizeof(*b));
	b->engine = engine;
	b->now_us = engine->config.start_us;
	b->events = xcalloc(EVENTS_KEPT, sizeof(*b->events));
	for (uint64_t side = 0; side < SIDES; side++) {
		b->router[side] = bridge_make_address(b, "router", side);
		b->rmn[side] = bridge_make_address(b, "rmn", side);
		b->prices[side] = bridge_make_address(b, "prices", side);
		b->link[side] = bridge_make_address(b, "link", side);
	}
	b->feed = bridge_make_address(b, "feed", 0);
	for (uint64_t i = 0; i < ARRAY_LENGTH(b->lanes); i++) {
		struct bridge_lane *lane = &b->lanes[i];
		lane->from = i == 0 ? SIDE_OWN : SIDE_FAR;
		lane->to = bridge_other_side(lane->from);
		lane->on_ramp = bridge_make_address(b, "on ramp", i);
		lane->commit_store = bridge_make_address(b, "commit store", i);
		lane->off_ramp = bridge_make_address(b, "off ramp", i);
		lane->sender = bridge_make_address(b, "sender", i);
		lane->receiver = bridge_make_address(b, "receiver", i);
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
	buf_printf(out, "\n[chain network]\nselector = %" PRIu64 "\n", bridge_selectors[SIDE_OWN]);
	buf_printf(out, "\n[chain farchain]\nrpc = %s\nchain_id = %d\nselector = %" PRIu64 "\n", far_url, FAR_CHAIN_ID, bridge_selectors[SIDE_FAR]);
	for (size_t i = 0; i < ARRAY_LENGTH(bridge->lanes); i++) {
		const struct bridge_lane *lane = &bridge->lanes[i];
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
