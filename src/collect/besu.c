/* Besu's JSON-RPC, and what other Ethereum nodes share with it (protocol reference 1).
 *
 * Each interval starts a round: the calls that are due go into a queue, the head first,
 * then missing block headers. A request takes as much of the queue as the peer accepts
 * in one batch, normally all of it. A peer that refuses the size gets smaller batches;
 * one that refuses batches gets the queue call by call, without waiting for the next
 * interval in between. Either is offered more again after some minutes. One that was asked
 * too often is left alone. */
#include "collect/besu.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	SINGLE_HEADERS = 8,  /* missing headers asked per round without batches */
	SIGNER_BLOCKS = 100, /* as Besu's own default (protocol reference 1.2) */
	ITEMS_KEPT = 32,     /* room for so many is kept for the next round */
};

/* --- memory --------------------------------------------------------------------- */

static void *besu_memory_new(void)
{
	struct besu_memory *m = xcalloc(1, sizeof(*m));

	m->batch_limit = BATCH_START;
	m->gap_from = 1;
	return m;
}

static void besu_memory_free(void *memory)
{
	struct besu_memory *m = memory;

	if (!m)
		return;
	header_free(&m->head);
	free(m->queue.list);
	free(m->asked.list);
	free(m);
}

static void items_add(struct items *items, size_t *count, struct item item)
{
	items->list = mem_grow(items->list, &items->capacity, *count, sizeof(*items->list));
	items->list[(*count)++] = item;
}

static void items_shrink(struct items *items)
{
	if (items->capacity <= ITEMS_KEPT)
		return;
	free(items->list);
	*items = (struct items){0};
}

/* --- planning ------------------------------------------------------------------- */

/* Only the newest BACKFILL_BLOCKS count: older ones no longer decide anything. The
 * genesis block has no proposer and is left out. */
void besu_gap_add(struct besu_memory *m, uint64_t from, uint64_t to)
{
	if (m->gap_from <= m->gap_to) {
		from = from < m->gap_from ? from : m->gap_from;
		to = to > m->gap_to ? to : m->gap_to;
	}
	if (to >= BACKFILL_BLOCKS && from <= to - BACKFILL_BLOCKS)
		from = to - BACKFILL_BLOCKS + 1;
	m->gap_from = from ? from : 1;
	m->gap_to = to;
}

/* Whether `us` have not passed since then. A clock set back makes nothing wait longer. */
static bool is_recent(int64_t then_us, int64_t now_us, int64_t us)
{
	return now_us >= then_us && now_us - then_us < us;
}

static bool call_due(const struct besu_memory *m, enum call call, int64_t now_us)
{
	const struct call_state *state = &m->calls[call];

	if (state->absent_us && is_recent(state->absent_us, now_us, BESU_FORGET_US))
		return false;
	/* Besu's own statistics are the better answer where they exist. */
	if (call == CALL_POOL_COUNTS && !m->calls[CALL_POOL].absent_us)
		return false;
	if ((call == CALL_SIGNERS || call == CALL_IBFT_SIGNERS) && !m->has_head)
		return false;
	if (!besu_call_applies(call, m->consensus))
		return false;
	return !state->asked_us || !is_recent(state->asked_us, now_us, besu_calls[call].period_us);
}

/* What other nodes told of meanwhile needs no asking: among thousands of nodes the one
 * that answers late would else ask for all it missed. */
static void gap_trim(struct besu_memory *m, const struct world *world)
{
	while (world && m->gap_from <= m->gap_to && world_has_header(world, m->gap_from))
		m->gap_from++;
	while (world && m->gap_from <= m->gap_to && world_has_header(world, m->gap_to))
		m->gap_to--;
	if (m->gap_from > m->gap_to && m->has_head)
		m->first_look = false;
}

/* Starts a round: all calls that are due, then headers that the world wants to compare,
 * then missing ones, oldest first. */
static void queue_fill(struct besu_memory *m, const struct world *world, const struct component *node, int64_t now_us)
{
	size_t headers = m->single_since_us ? SINGLE_HEADERS : BACKFILL_BLOCKS, wanted = 0;
	uint64_t heights[WANTED_MAX] = {0};

	m->queued = 0;
	for (enum call call = CALL_HEAD; call < CALL_COUNT; call++)
		if (call_due(m, call, now_us))
			items_add(&m->queue, &m->queued, (struct item){.call = call});
	if (world && node)
		wanted = world_wanted(world, node, heights);
	for (size_t i = 0; i < wanted; i++)
		items_add(&m->queue, &m->queued, (struct item){.header = true, .height = heights[i]});
	for (uint64_t height = m->gap_from; headers > 0 && height <= m->gap_to; height++, headers--)
		items_add(&m->queue, &m->queued, (struct item){.header = true, .height = height});
}

/* Moves the front of the queue into the request. A batch with headers carries the head
 * too, because a sample's last header is the head. */
static void queue_take(struct besu_memory *m)
{
	size_t limit = m->single ? 1 : m->batch_limit, taken = 0;

	m->asked_count = 0;
	items_shrink(&m->asked);
	if (m->queued > 0 && m->queue.list[0].header && limit > 1)
		items_add(&m->asked, &m->asked_count, (struct item){.call = CALL_HEAD});
	while (taken < m->queued && m->asked_count < limit)
		items_add(&m->asked, &m->asked_count, m->queue.list[taken++]);
	m->queued -= taken;
	if (m->queued > 0)
		memmove(m->queue.list, m->queue.list + taken, m->queued * sizeof(*m->queue.list));
	else
		items_shrink(&m->queue);
}

static void write_signer_range(const struct besu_memory *m, struct buf *body)
{
	uint64_t to = m->head.number + 1;
	uint64_t from = to > SIGNER_BLOCKS ? to - SIGNER_BLOCKS : 0;

	/* The end is exclusive, and Besu's default leaves the head out. */
	buf_printf(body, "[\"0x%" PRIx64 "\",\"0x%" PRIx64 "\"]", from, to);
}

static void write_item(const struct besu_memory *m, size_t index, struct buf *body)
{
	const struct item *item = &m->asked.list[index];
	enum call call = item->header ? CALL_HEAD : item->call;

	buf_printf(body, "{\"jsonrpc\":\"2.0\",\"id\":%zu,\"method\":\"%s\",\"params\":", index + 1, besu_calls[call].method);
	if (item->header)
		buf_printf(body, "[\"0x%" PRIx64 "\",false]", item->height);
	else if (call == CALL_SIGNERS || call == CALL_IBFT_SIGNERS)
		write_signer_range(m, body);
	else
		buf_puts(body, besu_calls[call].params);
	buf_putc(body, '}');
}

static void write_request(const struct besu_memory *m, struct buf *body)
{
	if (!m->single)
		buf_putc(body, '[');
	for (size_t i = 0; i < m->asked_count; i++) {
		if (i > 0)
			buf_putc(body, ',');
		write_item(m, i, body);
	}
	if (!m->single)
		buf_putc(body, ']');
}

/* A node that comes to a chain which others already told about needs no history. */
static bool chain_is_new(const struct world *world)
{
	int64_t head;

	return !world || !component_number(world_chain(world), CHAIN_HEAD, &head);
}

/* What was refused once may have been too much only then: batches are offered again, and larger
 * ones step by step. */
static void offer_more(struct besu_memory *m, int64_t now_us)
{
	if (m->single_since_us && !is_recent(m->single_since_us, now_us, BESU_FORGET_US)) {
		m->single_since_us = 0;
		m->limit_since_us = now_us;
	} else if (!m->single_since_us && m->batch_limit < BATCH_START && !is_recent(m->limit_since_us, now_us, BESU_FORGET_US)) {
		m->batch_limit = 2 * m->batch_limit < BATCH_START ? 2 * m->batch_limit : BATCH_START;
		m->limit_since_us = now_us;
	}
}

static void besu_plan(void *memory, const struct world *world, const struct component *node, int64_t now_us, struct buf *body)
{
	struct besu_memory *m = memory;

	if (!m->planned)
		m->first_look = chain_is_new(world);
	m->planned = true;
	m->retry = false;
	m->refused = false;
	offer_more(m, now_us);
	gap_trim(m, world);
	if (m->queued == 0)
		queue_fill(m, world, node, now_us);
	m->single = m->single_since_us != 0;
	queue_take(m);
	write_request(m, body);
}

static bool besu_eager(const void *memory)
{
	const struct besu_memory *m = memory;

	if (m->refused)
		return m->retry;
	return m->queued > 0 || (m->first_look && m->gap_from <= m->gap_to);
}

/* --- the entry -------------------------------------------------------------------- */

const struct protocol protocol_besu = {
	.name = "besu",
	.help = "Besu with QBFT or IBFT 2.0, and other Ethereum nodes, over JSON-RPC",
	.memory_new = besu_memory_new,
	.memory_free = besu_memory_free,
	.plan = besu_plan,
	.decode = besu_decode,
	.eager = besu_eager,
};
