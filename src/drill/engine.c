#include "drill/engine.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/rlp.h"
#include "base/text.h"
#include "drill/bridge.h"
#include "collect/qbft.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	START_US = 2500 * 1000, /* a pod's ContainerCreating, at least */
	SYNC_US = 700 * 1000,   /* from running to taking part */
	ROUND_MAX = 24,         /* 2^24 timeouts are years */
	HEADER_BYTES = 64 * 1024,
};

static const uint8_t mix_hash[32] = {
	0x63, 0x74, 0x69, 0x63, 0x61, 0x6c, 0x20, 0x62, 0x79, 0x7a, 0x61, 0x6e, 0x74, 0x69, 0x6e, 0x65,
	0x20, 0x66, 0x61, 0x75, 0x6c, 0x74, 0x20, 0x74, 0x6f, 0x6c, 0x65, 0x72, 0x61, 0x6e, 0x63, 0x65};

uint64_t engine_draw(const struct engine *engine, uint64_t stream, uint64_t index)
{
	/* splitmix64 over the three numbers. */
	uint64_t x = engine->config.seed ^ (stream * UINT64_C(0x9e3779b97f4a7c15)) ^ (index * UINT64_C(0xd1342543de82ef95));
	for (int i = 0; i < 2; i++) {
		x += UINT64_C(0x9e3779b97f4a7c15);
		x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
		x ^= x >> 31;
	}
	return x;
}

unsigned engine_quorum(unsigned validators)
{
	return (2 * validators + 2) / 3;
}

/* --- what pods say ----------------------------------------------------------- */

static void line_add(struct engine_line *lines, size_t capacity, size_t *next, size_t *count, int64_t at_us, const char *fmt, va_list args) TOCSIN_PRINTF(6, 0);
static void line_add(struct engine_line *lines, size_t capacity, size_t *next, size_t *count, int64_t at_us, const char *fmt, va_list args)
{
	struct engine_line *line = &lines[*next];
	line->at_us = at_us;
	(void)vsnprintf(line->text, sizeof(line->text), fmt, args);
	*next = (*next + 1) % capacity;
	if (*count < capacity)
		(*count)++;
}

static void node_log(struct engine_node *node, int64_t at_us, const char *fmt, ...) TOCSIN_PRINTF(3, 4);
static void node_log(struct engine_node *node, int64_t at_us, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	line_add(node->log, ENGINE_LOG, &node->log_next, &node->log_count, at_us, fmt, args);
	va_end(args);
}

static void node_event(struct engine_node *node, int64_t at_us, const char *fmt, ...) TOCSIN_PRINTF(3, 4);
static void node_event(struct engine_node *node, int64_t at_us, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	line_add(node->events, ENGINE_EVENTS, &node->event_next, &node->event_count, at_us, fmt, args);
	va_end(args);
}

const struct engine_line *engine_log_at(const struct engine_node *node, size_t i)
{
	return &node->log[(node->log_next + ENGINE_LOG - node->log_count + i) % ENGINE_LOG];
}

const struct engine_line *engine_event_at(const struct engine_node *node, size_t i)
{
	return &node->events[(node->event_next + ENGINE_EVENTS - node->event_count + i) % ENGINE_EVENTS];
}

/* --- headers ------------------------------------------------------------------- */

static void field_set(struct raw_header *header, int i, const void *bytes, size_t len)
{
	struct rlp_field *field = &header->fields[i];
	field->bytes = xmalloc(len + 1);
	if (len > 0)
		memcpy(field->bytes, bytes, len);
	field->len = len;
	field->present = true;
	if (header->count < (size_t)i + 1)
		header->count = (size_t)i + 1;
}

static void field_set_u64(struct raw_header *header, int i, uint64_t number)
{
	uint8_t bytes[8];
	size_t len = 0;
	for (int shift = 56; shift >= 0; shift -= 8) {
		uint8_t byte = (uint8_t)(number >> shift);
		if (byte != 0 || len > 0)
			bytes[len++] = byte;
	}
	field_set(header, i, bytes, len);
}

static const struct hash256 *empty_list_hash(void)
{
	/* keccak-256 of an empty RLP list: no uncles. */
	static const struct hash256 hash = {{0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5, 0x67, 0xb6, 0xcc, 0xd4, 0x1a,
					     0xd3, 0x12, 0x45, 0x1b, 0x94, 0x8a, 0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47}};
	return &hash;
}

/* The fields as bytes, extraData left empty; the caller frees. */
static void header_build(const struct engine *engine, const struct engine_block *block, struct raw_header *header)
{
	static const uint8_t zeros[256];
	memset(header, 0, sizeof(*header));
	field_set(header, HEADER_PARENT_HASH, block->parent.bytes, 32);
	field_set(header, HEADER_UNCLES, empty_list_hash()->bytes, 32);
	field_set(header, HEADER_MINER, block->miner.bytes, 20);
	field_set(header, HEADER_STATE, block->state.bytes, 32);
	field_set(header, HEADER_TRANSACTIONS, block->transactions.bytes, 32);
	field_set(header, HEADER_RECEIPTS, block->receipts.bytes, 32);
	field_set(header, HEADER_BLOOM, zeros, 256);
	field_set_u64(header, HEADER_DIFFICULTY, 1);
	field_set_u64(header, HEADER_NUMBER, block->number);
	field_set_u64(header, HEADER_GAS_LIMIT, ENGINE_GAS_LIMIT);
	field_set_u64(header, HEADER_GAS_USED, block->gas_used);
	field_set_u64(header, HEADER_TIMESTAMP, (uint64_t)block->timestamp_s);
	field_set(header, HEADER_EXTRA, NULL, 0);
	field_set(header, HEADER_MIX, mix_hash, 32);
	field_set(header, HEADER_NONCE, zeros, 8);
	if (engine->london)
		field_set_u64(header, HEADER_BASE_FEE, ENGINE_BASE_FEE);
}

/* keccak-256 over the seed, a label and two numbers. */
static struct hash256 seeded_hash(uint64_t seed, const char *label, uint64_t a, uint64_t b)
{
	char text[128];
	int len = snprintf(text, sizeof(text), "tocsin simulated network %s %" PRIu64 " %" PRIu64 " %" PRIu64, label, seed, a, b);
	return keccak256(text, (size_t)len);
}

struct hash256 engine_tx_hash(const struct engine *engine, uint64_t number, unsigned i)
{
	return seeded_hash(engine->config.seed, "transaction", number, i);
}

static void block_roots(const struct engine *engine, struct engine_block *block)
{
	/* The root of an empty trie. */
	static const struct hash256 empty = {{0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e,
					      0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c, 0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21}};
	uint64_t seed = engine->config.seed;
	block->state = seeded_hash(seed, "state", block->number, 0);
	block->transactions = block->tx_count == 0 ? empty : seeded_hash(seed, "transactions", block->number, block->tx_count);
	block->receipts = block->tx_count == 0 ? empty : seeded_hash(seed, "receipts", block->number, block->tx_count);
}

/* Marks who seals: the proposer, and of the other members as many as a quorum asks
 * for, or some more. A block is imported as soon as a quorum of commits is there, so
 * a healthy validator is often missing (protocol reference 1.3). */
static void pick_sealers(const struct engine *engine, struct engine_block *block, size_t *members, size_t count)
{
	size_t quorum = engine_quorum(engine->config.validators);
	for (size_t i = 0; i < count; i++) {
		if (engine->turns[block->proposer] == members[i]) {
			size_t swap = members[0];
			members[0] = members[i];
			members[i] = swap;
		}
	}
	for (size_t i = 1; i + 1 < count; i++) {
		size_t j = i + (size_t)(engine_draw(engine, DRAW_SEALS, block->number * 256 + i) % (count - i));
		size_t swap = members[i];
		members[i] = members[j];
		members[j] = swap;
	}
	bool all = engine_draw(engine, DRAW_SEALS, block->number * 256 + 255) % 10 >= 7;
	for (size_t i = 0; i < (all ? count : quorum); i++)
		/* A quorum is never more than there are members. NOLINTNEXTLINE(clang-analyzer-core.*) */
		block->sealers[members[i]] = true;
}

static struct qbft_extra extra_unsealed(const struct engine *engine, const struct engine_block *block)
{
	struct qbft_extra extra = {.validators = engine->validators, .validator_count = engine->config.validators, .round = block->round};
	memcpy(extra.vanity, "tocsin simulated network", 24);
	return extra;
}

static void block_hash(const struct engine *engine, struct engine_block *block)
{
	struct qbft_extra extra = extra_unsealed(engine, block);
	struct raw_header header;
	header_build(engine, block, &header);
	block->hash = qbft_block_hash(&header, &extra);
	raw_header_free(&header);
}

/* Signs for everyone who seals the block. The validators stay the engine's. */
static void block_seal(const struct engine *engine, struct engine_block *block)
{
	struct qbft_extra extra = extra_unsealed(engine, block);
	struct raw_header header;
	struct buf out;
	header_build(engine, block, &header);
	struct hash256 digest = qbft_seal_digest(&header, &extra);
	raw_header_free(&header);
	extra.seals = xcalloc(engine->config.validators, sizeof(*extra.seals));
	for (unsigned i = 0; i < engine->config.validators; i++) {
		if (block->sealers[i])
			seal_sign(&digest, engine->nodes[i].key, extra.seals[extra.seal_count++]);
	}
	buf_init(&out, HEADER_BYTES);
	qbft_extra_encode(&extra, true, true, &out);
	free(extra.seals);
	block->extra_len = out.len;
	block->extra = (uint8_t *)buf_take(&out);
}

/* --- looking --------------------------------------------------------------------- */

static struct engine_block *slot(const struct engine *engine, uint64_t number)
{
	return &engine->blocks[number % ENGINE_KEEP];
}

uint64_t engine_first_block(const struct engine *engine)
{
	uint64_t made = engine->head - engine->config.first_block + 1;
	return made > ENGINE_KEEP ? engine->head - ENGINE_KEEP + 1 : engine->config.first_block;
}

const struct engine_block *engine_block_at(const struct engine *engine, uint64_t number)
{
	if (number == 0)
		return engine->genesis;
	if (number > engine->head || number < engine_first_block(engine))
		return NULL;
	return slot(engine, number);
}

const struct engine_block *engine_block_of(const struct engine *engine, const struct engine_node *node, uint64_t number)
{
	const struct engine_block *block = engine_block_at(engine, number);
	if (!block || !node->strayed || engine->fork_from == 0 || number < engine->fork_from)
		return block;
	return &engine->branch[number % ENGINE_KEEP];
}

const struct engine_block *engine_block_by_hash(const struct engine *engine, const struct engine_node *node, const struct hash256 *hash)
{
	if (hash_equal(&engine->genesis->hash, hash))
		return engine->genesis;
	for (uint64_t number = engine->head, first = engine_first_block(engine); number >= first; number--) {
		const struct engine_block *block = engine_block_of(engine, node, number);
		if (hash_equal(&block->hash, hash))
			return block;
	}
	return NULL;
}

/* Where a block that was handed out is kept. The genesis block is nobody's seal, and
 * stands beside the rings. */
static struct engine_block *kept_block(const struct engine *engine, const struct engine_block *block)
{
	if (block->number == 0)
		return engine->genesis;
	if (engine->branch && block == &engine->branch[block->number % ENGINE_KEEP])
		return &engine->branch[block->number % ENGINE_KEEP];
	return slot(engine, block->number);
}

const uint8_t *engine_block_extra(const struct engine *engine, const struct engine_block *block, size_t *len)
{
	struct engine_block *kept = kept_block(engine, block);
	if (!kept->extra)
		block_seal(engine, kept);
	*len = kept->extra_len;
	return kept->extra;
}

void engine_header_rlp(const struct engine *engine, const struct engine_block *block, struct buf *out)
{
	size_t len;
	const uint8_t *extra = engine_block_extra(engine, block, &len);
	struct raw_header header;
	header_build(engine, block, &header);
	raw_header_encode(&header, extra, len, out);
	raw_header_free(&header);
}

uint64_t engine_node_head(const struct engine *engine, const struct engine_node *node)
{
	if (node->phase != POD_RUNNING || engine->now_us < node->synced_us || node->cut)
		return node->frozen_head;
	const struct engine_block *head = slot(engine, engine->head);
	bool arrived = engine->now_us >= head->decided_us + node->delay_us;
	return arrived || engine->head == engine->config.first_block ? engine->head : engine->head - 1;
}

bool engine_node_syncing(const struct engine *engine, const struct engine_node *node)
{
	return engine->now_us < node->synced_us && node->frozen_head + 2 < engine->head;
}

bool engine_connected(const struct engine_node *a, const struct engine_node *b)
{
	return a != b && a->phase == POD_RUNNING && b->phase == POD_RUNNING && a->cut == b->cut;
}

unsigned engine_node_peers(const struct engine *engine, const struct engine_node *node)
{
	unsigned peers = 0;
	for (size_t i = 0; i < engine->node_count; i++)
		peers += engine_connected(node, &engine->nodes[i]);
	return peers;
}

uint64_t engine_pool(const struct engine *engine, const struct engine_node *node)
{
	/* Some transactions wait always; while no block takes them, more do. */
	int64_t silent_us = engine->now_us - slot(engine, engine->head)->decided_us;
	uint64_t waiting = engine_draw(engine, DRAW_POOL, engine->head ^ node->ordinal) % 12;
	if (silent_us > engine->config.period_us)
		waiting += (uint64_t)(2 * silent_us / US_PER_S);
	return waiting < 4096 ? waiting : 4096;
}

struct engine_node *engine_find(struct engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->node_count; i++) {
		struct engine_node *node = &engine->nodes[i];
		if (node->phase != POD_ABSENT && strcmp(node->name, name) == 0)
			return node;
	}
	return NULL;
}

unsigned engine_replicas(const struct engine *engine, bool validators)
{
	unsigned count = 0;
	for (size_t i = 0; i < engine->node_count; i++)
		count += engine->nodes[i].validator == validators && engine->nodes[i].phase != POD_ABSENT;
	return count;
}

unsigned engine_ready_replicas(const struct engine *engine, bool validators)
{
	unsigned count = 0;
	for (size_t i = 0; i < engine->node_count; i++)
		count += engine->nodes[i].validator == validators && engine->nodes[i].phase == POD_RUNNING;
	return count;
}

/* --- consensus ------------------------------------------------------------------- */

static bool takes_part(const struct engine_node *node)
{
	return node->validator && node->phase == POD_RUNNING;
}

/* It can help to a quorum. */
static bool joins_quorum(const struct engine_node *node)
{
	return takes_part(node) && !node->cut;
}

static int64_t round_expires_us(const struct engine *engine, const struct engine_node *node)
{
	return node->round_us + (engine->config.timeout_us << node->round);
}

/* When the next block may be proposed: the block timer counts from the parent's timestamp. */
static int64_t block_due_us(const struct engine *engine)
{
	return slot(engine, engine->head)->timestamp_s * US_PER_S + engine->config.period_us;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void round_reset(const struct engine *engine, struct engine_node *node)
{
	node->round = 0;
	node->round_us = later(later(block_due_us(engine), engine->now_us), node->synced_us);
}

static unsigned proposer_of_round(const struct engine *engine, unsigned round)
{
	return (slot(engine, engine->head)->proposer + 1 + round) % engine->config.validators;
}

/* When the members of a round become a quorum that includes its proposer; false when they never do. */
static bool round_quorum(const struct engine *engine, unsigned round, int64_t *ready_us)
{
	int64_t begins[ENGINE_VALIDATORS_MAX];
	size_t count = 0;
	for (unsigned i = 0; i < engine->config.validators; i++) {
		const struct engine_node *node = &engine->nodes[i];
		if (joins_quorum(node) && node->round == round)
			begins[count++] = node->round_us;
	}
	unsigned quorum = engine_quorum(engine->config.validators);
	if (count < quorum)
		return false;
	const struct engine_node *proposer = &engine->nodes[engine->turns[proposer_of_round(engine, round)]];
	if (!joins_quorum(proposer) || proposer->round != round)
		return false;
	qsort(begins, count, sizeof(begins[0]), number_compare);
	*ready_us = later(begins[quorum - 1], proposer->round_us);
	return true;
}

/* Decides whether and when the next block comes. At most one round can hold a quorum, but
 * which one is not known beforehand. */
static void plan_decision(struct engine *engine)
{
	engine->deciding = false;
	for (unsigned i = 0; i < engine->config.validators; i++) {
		const struct engine_node *node = &engine->nodes[i];
		int64_t ready_us;
		if (!joins_quorum(node) || !round_quorum(engine, node->round, &ready_us))
			continue;
		uint64_t latency_us = 40000 + engine_draw(engine, DRAW_LATENCY, (engine->head + 1) * 32 + node->round) % 200000;
		engine->deciding = true;
		engine->decide_round = node->round;
		engine->decide_us = later(ready_us + (int64_t)latency_us, engine->now_us);
		return;
	}
}

static void log_import(const struct engine *engine, const struct engine_block *block)
{
	char number[32], hash[HASH_TEXT];
	text_thousands(number, sizeof(number), (int64_t)block->number);
	hex_text(hash, sizeof(hash), block->hash.bytes, 32, true);
	for (size_t i = 0; i < engine->node_count; i++) {
		struct engine_node *node = &engine->nodes[i];
		if (node->phase != POD_RUNNING || node->cut)
			continue;
		if (block->round > 0 && node->validator)
			node_log(node, block->decided_us, "BftProcessorExecutor-QBFT-0 | INFO  | QbftRound | Importing proposed block to chain. round=%u hash=%s", block->round, hash);
		bool produced = node == &engine->nodes[engine->turns[block->proposer]];
		node_log(node, block->decided_us + node->delay_us, "BftProcessorExecutor-QBFT-0 | INFO  | QbftBesuControllerBuilder | %s %s #%s / %u tx / %" PRIu64 " pending / %" PRIu64 " (%.1f%%) gas / (%s)",
			 produced ? "Produced" : "Imported", block->tx_count == 0 ? "empty block" : "block", number, block->tx_count,
			 engine_pool(engine, node), block->gas_used, 100.0 * (double)block->gas_used / ENGINE_GAS_LIMIT, hash);
	}
}

/* The same block on the other chain: another state, another parent, the same makers. */
static void extend_branch(struct engine *engine, const struct engine_block *block)
{
	struct engine_block other = *block;
	if (engine->fork_from == 0 || block->number < engine->fork_from)
		return;
	other.state = seeded_hash(engine->config.seed, "other state", block->number, 0);
	if (block->number > engine->fork_from)
		other.parent = engine->branch[(block->number - 1) % ENGINE_KEEP].hash;
	other.extra = NULL;
	block_hash(engine, &other);
	struct engine_block *place = &engine->branch[block->number % ENGINE_KEEP];
	free(place->extra);
	*place = other;
}

/* The block that the members of the round agree on now. */
static void decide(struct engine *engine)
{
	const struct engine_block *parent = slot(engine, engine->head);
	struct engine_block block = {.number = parent->number + 1, .parent = parent->hash, .round = engine->decide_round, .decided_us = engine->now_us};
	block.proposer = proposer_of_round(engine, block.round);
	const struct engine_node *proposer = &engine->nodes[engine->turns[block.proposer]];
	block.miner = proposer->address;
	block.timestamp_s = later(parent->timestamp_s + engine->config.period_us / US_PER_S, proposer->round_us / US_PER_S);
	block.tx_count = (unsigned)(engine_draw(engine, DRAW_TX, block.number) % 6);
	block.gas_used = 21000 * (uint64_t)block.tx_count;
	block_roots(engine, &block);

	size_t members[ENGINE_VALIDATORS_MAX], count = 0;
	for (unsigned i = 0; i < engine->config.validators; i++) {
		const struct engine_node *node = &engine->nodes[i];
		if (joins_quorum(node) && node->round == block.round && node->round_us <= engine->now_us)
			members[count++] = i;
	}
	pick_sealers(engine, &block, members, count);
	block_hash(engine, &block);

	struct engine_block *place = slot(engine, block.number);
	free(place->extra);
	*place = block;
	engine->head = block.number;
	extend_branch(engine, place);
	for (unsigned i = 0; i < engine->config.validators; i++) {
		if (!engine->nodes[i].cut)
			round_reset(engine, &engine->nodes[i]);
	}
	log_import(engine, place);
}

static void log_round(const struct engine *engine, struct engine_node *node)
{
	/* Besu says so at INFO from round 2 on (protocol reference 1.6). */
	if (node->round < 2)
		return;
	node_log(node, engine->now_us, "BftProcessorExecutor-QBFT-0 | INFO  | RoundTimer | Moved to round %u which will expire in %" PRId64 " seconds",
		 node->round, (engine->config.timeout_us << node->round) / US_PER_S);
	node_log(node, engine->now_us + 4000, "BftProcessorExecutor-QBFT-0 | INFO  | RoundChangeManager | BFT round summary (quorum = %u)", engine_quorum(engine->config.validators));
	for (unsigned i = 0; i < engine->config.validators; i++) {
		const struct engine_node *peer = &engine->nodes[engine->turns[i]];
		char address[ADDRESS_TEXT];
		if (takes_part(peer) && peer->cut == node->cut)
			node_log(node, engine->now_us + 4000, "BftProcessorExecutor-QBFT-0 | INFO  | RoundChangeManager | Address: %s  Round: %u %s",
				 address_text(address, &peer->address), peer->round, peer == node ? "(Local node)" : "");
	}
}

static void expire_rounds(struct engine *engine)
{
	/* First all timers, then the words, so that a summary shows the others where they are. */
	bool moved[ENGINE_VALIDATORS_MAX] = {false};
	for (unsigned i = 0; i < engine->config.validators; i++) {
		struct engine_node *node = &engine->nodes[i];
		if (!takes_part(node) || node->round >= ROUND_MAX || round_expires_us(engine, node) > engine->now_us)
			continue;
		node->round_us = round_expires_us(engine, node);
		node->round++;
		moved[i] = true;
	}
	for (unsigned i = 0; i < engine->config.validators; i++) {
		if (moved[i])
			log_round(engine, &engine->nodes[i]);
	}
}

/* --- pods ------------------------------------------------------------------------ */

static void log_peers(const struct engine *engine, const struct engine_node *about, const char *what)
{
	for (size_t i = 0; i < engine->node_count; i++) {
		struct engine_node *node = &engine->nodes[i];
		if (node != about && node->phase == POD_RUNNING && node->cut == about->cut)
			node_log(node, engine->now_us + 1000, "nioEventLoopGroup-3-1 | INFO  | EthPeers | Peer %s at %s %s, now %u connected",
				 about->name, about->ip, what, engine_node_peers(engine, node));
	}
}

static void set_phase(struct engine *engine, struct engine_node *node, enum pod_phase phase)
{
	if (node->phase == POD_RUNNING)
		node->frozen_head = engine_node_head(engine, node);
	bool left = node->phase == POD_RUNNING && phase != POD_RUNNING;
	node->phase = phase;
	node->phase_us = engine->now_us;
	if (left)
		log_peers(engine, node, "disconnected");
}

/* Other pods of its set take load off an overloaded one. */
static void relieve(struct engine *engine)
{
	for (size_t i = 0; i < engine->node_count; i++) {
		if (engine->nodes[i].trouble == RPC_SLOW)
			engine->nodes[i].trouble = RPC_FINE;
	}
}

static void pod_runs(struct engine *engine, struct engine_node *node)
{
	set_phase(engine, node, POD_RUNNING);
	node->trouble = RPC_FINE;
	node->synced_us = engine->now_us + SYNC_US;
	node_log(node, engine->now_us, "main | INFO  | Besu | Starting Besu, node key of %s loaded", node->name);
	node_log(node, engine->now_us + 300000, "main | INFO  | JsonRpcHttpService | JSON-RPC service started and listening on 0.0.0.0:8545");
	node_event(node, engine->now_us, "Normal\tStarted\tStarted container besu");
	log_peers(engine, node, "connected");
	if (node->validator)
		round_reset(engine, node);
	else if (node->ordinal >= engine->config.rpc_nodes)
		relieve(engine);
}

void engine_crash(struct engine *engine, struct engine_node *node, const char *reason, const char *last_words)
{
	if (node->phase == POD_ABSENT)
		return;
	node_log(node, engine->now_us, "%s", last_words);
	set_phase(engine, node, POD_CRASHED);
	text_format(node->reason, sizeof(node->reason), "%s", reason);
	if (strcmp(reason, "Completed") != 0) {
		node->restarts += 5;
		node_event(node, engine->now_us, "Warning\tBackOff\tBack-off restarting failed container besu (last state: %s)", reason);
	}
	plan_decision(engine);
}

void engine_trouble(struct engine *engine, struct engine_node *node, enum rpc_trouble trouble)
{
	static const char *const words[] = {
		[RPC_SLOW] = "vert.x-worker-thread-7 | WARN  | JsonRpcHttpService | request queue is long, answers take seconds",
		[RPC_UNAVAILABLE] = "vert.x-worker-thread-2 | ERROR | JsonRpcHttpService | too many open connections, the gateway takes this backend out",
		[RPC_REFUSED] = "vert.x-eventloop-thread-0 | ERROR | JsonRpcHttpService | the listener on 0.0.0.0:8545 has closed",
	};
	if (node->phase == POD_ABSENT)
		return;
	node->trouble = trouble;
	if (trouble == RPC_FINE)
		return;
	node_log(node, engine->now_us, "%s", words[trouble]);
	node_event(node, engine->now_us, "Warning\tUnhealthy\tReadiness probe failed: %s", trouble == RPC_SLOW ? "context deadline exceeded" : "HTTP probe failed");
}

void engine_restart(struct engine *engine, struct engine_node *node)
{
	if (node->phase == POD_RUNNING)
		node_log(node, engine->now_us, "main | INFO  | Besu | Shutting down on SIGTERM");
	uint64_t jitter_us = engine_draw(engine, DRAW_START, (uint64_t)(engine->now_us / US_PER_MS) ^ node->ordinal) % 1500000;
	set_phase(engine, node, POD_STARTING);
	/* The new pod starts from an empty volume, on another machine; only the network stays
	 * as it is. */
	node->strayed = false;
	node->skew_us = 0;
	node->flap_us = 0;
	node->created_us = engine->now_us;
	node->ready_us = engine->now_us + START_US + (int64_t)jitter_us;
	node->restarts = 0;
	node->reason[0] = '\0';
	node_event(node, engine->now_us, "Normal\tScheduled\tSuccessfully assigned besu-network/%s", node->name);
	node_event(node, engine->now_us, "Normal\tPulled\tContainer image hyperledger/besu:25.9.0 already present on machine");
	plan_decision(engine);
}

static struct engine_node *set_member(const struct engine *engine, bool validators, int ordinal)
{
	for (size_t i = 0; i < engine->node_count; i++) {
		struct engine_node *node = &engine->nodes[i];
		if (node->validator == validators && node->ordinal == (unsigned)ordinal)
			return node;
	}
	return NULL;
}

/* Restarts the next pod of a rollout once the one before runs. */
static void roll(struct engine *engine, bool validators)
{
	struct engine_rollout *rollout = &engine->rollouts[validators];
	while (rollout->active) {
		if (rollout->waiting >= 0 && set_member(engine, validators, rollout->waiting)->phase == POD_STARTING)
			return;
		rollout->waiting = -1;
		if (rollout->next < 0) {
			rollout->active = false;
			return;
		}
		struct engine_node *node = set_member(engine, validators, rollout->next--);
		if (node->phase == POD_ABSENT)
			continue;
		rollout->waiting = (int)node->ordinal;
		engine_restart(engine, node);
	}
}

void engine_rollout(struct engine *engine, bool validators)
{
	engine->rollouts[validators] = (struct engine_rollout){true, (int)(validators ? engine->config.validators : engine->config.rpc_nodes + ENGINE_SPARE) - 1, -1};
	roll(engine, validators);
}

bool engine_rolling(const struct engine *engine, bool validators)
{
	return engine->rollouts[validators].active;
}

enum status engine_scale(struct engine *engine, bool validators, unsigned replicas, struct error *err)
{
	unsigned room = validators ? engine->config.validators : engine->config.rpc_nodes + ENGINE_SPARE;
	if (replicas > room)
		return error_set(err, STATUS_LIMIT, "scale: the simulated network has room for %u pods of %s (choose fewer)", room, validators ? "besu-validator" : "besu-rpc");
	for (size_t i = 0; i < engine->node_count; i++) {
		struct engine_node *node = &engine->nodes[i];
		if (node->validator != validators)
			continue;
		if (node->ordinal < replicas && node->phase == POD_ABSENT)
			engine_restart(engine, node);
		else if (node->ordinal >= replicas && node->phase != POD_ABSENT)
			set_phase(engine, node, POD_ABSENT);
	}
	plan_decision(engine);
	return STATUS_OK;
}

void engine_stray(struct engine *engine, struct engine_node *node)
{
	if (!engine->branch)
		engine->branch = xcalloc(ENGINE_KEEP, sizeof(*engine->branch));
	if (engine->fork_from == 0)
		engine->fork_from = engine->head + 1;
	node->strayed = true;
}

void engine_cut(struct engine *engine, struct engine_node *node)
{
	node->frozen_head = engine_node_head(engine, node);
	node->cut = true;
	log_peers(engine, node, "disconnected");
	plan_decision(engine);
}

/* Long enough away to miss a turn, and long enough back to take one. */
static int64_t flap_span_us(const struct engine *engine)
{
	const struct engine_config *config = &engine->config;
	return 2 * ((int64_t)config->validators + 1) * config->period_us + 2 * config->timeout_us;
}

void engine_flap(struct engine *engine, struct engine_node *node)
{
	if (node->phase == POD_RUNNING)
		engine_crash(engine, node, "OOMKilled", "main | ERROR | Besu | Uncaught exception, the process ends: java.lang.OutOfMemoryError: Java heap space");
	else
		pod_runs(engine, node);
	node->flap_us = engine->now_us + flap_span_us(engine);
}

void engine_heal(struct engine *engine)
{
	if (engine->bridge)
		bridge_heal(engine->bridge);
	engine->rollouts[0].active = engine->rollouts[1].active = false;
	engine->fork_from = 0;
	for (size_t i = 0; i < engine->node_count; i++) {
		struct engine_node *node = &engine->nodes[i];
		node->cut = node->strayed = false;
		node->skew_us = node->flap_us = 0;
		bool spare = !node->validator && node->ordinal >= engine->config.rpc_nodes;
		if (spare && node->phase == POD_ABSENT)
			continue;
		if (node->phase != POD_RUNNING) {
			node->created_us = node->phase == POD_CRASHED ? node->created_us : engine->now_us;
			pod_runs(engine, node);
		}
		node->trouble = RPC_FINE;
		node->reason[0] = '\0';
	}
	for (unsigned i = 0; i < engine->config.validators; i++)
		round_reset(engine, &engine->nodes[i]);
	plan_decision(engine);
}

/* --- time ------------------------------------------------------------------------ */

static int64_t next_event_us(const struct engine *engine)
{
	int64_t next = engine->deciding ? engine->decide_us : INT64_MAX;
	for (size_t i = 0; i < engine->node_count; i++) {
		const struct engine_node *node = &engine->nodes[i];
		if (node->phase == POD_STARTING && node->ready_us < next)
			next = node->ready_us;
		if (node->flap_us > 0 && node->flap_us < next)
			next = node->flap_us;
		if (takes_part(node) && node->round < ROUND_MAX && round_expires_us(engine, node) < next)
			next = round_expires_us(engine, node);
	}
	return next;
}

static void step(struct engine *engine)
{
	if (engine->deciding && engine->decide_us <= engine->now_us)
		decide(engine);
	for (size_t i = 0; i < engine->node_count; i++) {
		struct engine_node *node = &engine->nodes[i];
		if (node->phase == POD_STARTING && node->ready_us <= engine->now_us)
			pod_runs(engine, node);
		if (node->flap_us > 0 && node->flap_us <= engine->now_us)
			engine_flap(engine, node);
	}
	expire_rounds(engine);
	roll(engine, false);
	roll(engine, true);
	plan_decision(engine);
}

void engine_advance(struct engine *engine, int64_t now_us)
{
	int64_t next;
	while ((next = next_event_us(engine)) <= now_us) {
		engine->now_us = later(engine->now_us, next);
		step(engine);
	}
	engine->now_us = later(engine->now_us, now_us);
}

/* --- making ---------------------------------------------------------------------- */

static void node_key(const struct engine *engine, struct engine_node *node, size_t index)
{
	/* Nearly every 32 bytes are a key; the counter covers the others. */
	for (uint64_t attempt = 0;; attempt++) {
		struct hash256 key = seeded_hash(engine->config.seed, "key", index, attempt);
		memcpy(node->key, key.bytes, sizeof(node->key));
		if (key_address(node->key, &node->address, node->public_key))
			return;
	}
}

static void node_init(const struct engine *engine, struct engine_node *node, size_t index)
{
	const struct engine_config *config = &engine->config;
	node->validator = index < config->validators;
	node->ordinal = (unsigned)(node->validator ? index : index - config->validators);
	text_format(node->name, sizeof(node->name), node->validator ? "besu-validator-%u" : "besu-rpc-%u", node->ordinal);
	text_format(node->ip, sizeof(node->ip), node->validator ? "10.42.1.%u" : "10.42.2.%u", node->ordinal + 10);
	node->apis = API_ALL;
	node_key(engine, node, index);
	node->delay_us = 5000 + (int64_t)(engine_draw(engine, DRAW_DELAY, index) % 60000);
	bool spare = !node->validator && node->ordinal >= config->rpc_nodes;
	node->phase = spare ? POD_ABSENT : POD_RUNNING;
	/* Pods have been up for a day or some. */
	int64_t up_us = US_PER_DAY + (int64_t)(engine_draw(engine, DRAW_START, index) % (uint64_t)(9 * US_PER_DAY));
	node->created_us = node->phase_us = config->start_us - up_us;
	node->frozen_head = config->first_block;
	node->synced_us = node->created_us;
}

static void sort_validators(struct engine *engine)
{
	unsigned count = engine->config.validators;
	engine->validators = xcalloc(count, sizeof(*engine->validators));
	engine->turns = xcalloc(count, sizeof(*engine->turns));
	for (unsigned i = 0; i < count; i++)
		engine->validators[i] = engine->nodes[i].address;
	qsort(engine->validators, count, sizeof(*engine->validators), address_compare);
	for (unsigned i = 0; i < count; i++) {
		for (unsigned j = 0; j < count; j++) {
			if (address_equal(&engine->validators[i], &engine->nodes[j].address))
				engine->turns[i] = j;
		}
	}
}

/* The oldest kept block: like the others, but its parent is history that was pruned. */
static void first_block(struct engine *engine)
{
	const struct engine_config *config = &engine->config;
	unsigned count = config->validators;
	struct engine_block block = {.number = config->first_block, .timestamp_s = config->start_us / US_PER_S, .decided_us = config->start_us};
	block.parent = seeded_hash(config->seed, "parent", block.number, 0);
	block.proposer = (unsigned)(engine_draw(engine, DRAW_KEY, count) % count);
	block.miner = engine->validators[block.proposer];
	block_roots(engine, &block);
	size_t members[ENGINE_VALIDATORS_MAX];
	for (unsigned i = 0; i < count; i++)
		members[i] = i;
	pick_sealers(engine, &block, members, count);
	block_hash(engine, &block);
	*slot(engine, block.number) = block;
	engine->head = block.number;
}

static void genesis_block(struct engine *engine)
{
	const struct engine_config *config = &engine->config;
	struct engine_block *genesis = engine->genesis = xcalloc(1, sizeof(*genesis));
	genesis->timestamp_s = (config->start_us - (int64_t)config->first_block * config->period_us) / US_PER_S;
	block_roots(engine, genesis);
	block_hash(engine, genesis);
}

struct engine *engine_new(const struct engine_config *config)
{
	struct engine *engine = xcalloc(1, sizeof(*engine));
	engine->config = *config;
	engine->london = engine_draw(engine, DRAW_KEY, 0) % 2 == 1;
	engine->now_us = config->start_us;
	engine->node_count = (size_t)config->validators + config->rpc_nodes + ENGINE_SPARE;
	engine->nodes = xcalloc(engine->node_count, sizeof(*engine->nodes));
	for (size_t i = 0; i < engine->node_count; i++)
		node_init(engine, &engine->nodes[i], i);
	sort_validators(engine);
	engine->blocks = xcalloc(ENGINE_KEEP, sizeof(*engine->blocks));
	genesis_block(engine);
	first_block(engine);
	for (unsigned i = 0; i < config->validators; i++)
		round_reset(engine, &engine->nodes[i]);
	plan_decision(engine);
	return engine;
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	for (size_t i = 0; i < ENGINE_KEEP; i++)
		free(engine->blocks[i].extra);
	for (size_t i = 0; engine->branch && i < ENGINE_KEEP; i++)
		free(engine->branch[i].extra);
	free(engine->branch);
	free(engine->genesis->extra);
	free(engine->genesis);
	free(engine->blocks);
	free(engine->turns);
	free(engine->validators);
	bridge_free(engine->bridge);
	free(engine->nodes);
	free(engine);
}
