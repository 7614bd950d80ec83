/* Besu's JSON-RPC, and what other Ethereum nodes share with it (protocol reference 1).
 *
 * Each interval starts a round: the calls that are due go into a queue, the head first,
 * then missing block headers. A request takes as much of the queue as the peer accepts
 * in one batch, normally all of it. A peer that refuses the size gets smaller batches;
 * one that refuses batches gets the queue call by call, without waiting for the next
 * interval in between, and is offered a batch again after some minutes. */
#include "collect/protocol.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "collect/qbft.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BACKFILL_BLOCKS = 100,   /* history that a first look asks for */
	BATCH_START = 48,        /* Besu's own limit is 1,024; answers stay below the body limit */
	SINGLE_HEADERS = 8,      /* missing headers asked per round without batches */
	SIGNER_BLOCKS = 100,     /* as Besu's own default (protocol reference 1.2) */
	SIGNERS_MAX = 256,
	VOTES_MAX = 128,
	TREE_LIMIT = 16 * 1024 * 1024,
};

/* Absent methods and refused batches are tried again after this (protocol reference 1.1). */
static const int64_t forget_us = 5 * US_PER_MINUTE;
static const int64_t seconds_max = 86400;

enum call {
	CALL_HEAD,
	CALL_SYNCING,
	CALL_PEERS,
	CALL_POOL,
	CALL_POOL_COUNTS,
	CALL_CHAIN_ID,
	CALL_VERSION,
	CALL_NODE_INFO,
	CALL_TIMEOUT,
	CALL_VALIDATORS,
	CALL_VOTES,
	CALL_SIGNERS,
	CALL_COUNT
};

/* One request that waits or is on its way; its id is its place in the batch, from 1. */
struct item {
	enum call call;
	bool header;     /* a block by height instead of `call` */
	uint64_t height;
};
enum { QUEUE_MAX = CALL_COUNT + BACKFILL_BLOCKS };

struct call_state {
	int64_t asked_us;  /* when it was answered last, 0: ask now */
	int64_t absent_us; /* when the peer said that it has no such method; 0: it has it */
};

struct besu_memory {
	struct call_state calls[CALL_COUNT];
	struct item queue[QUEUE_MAX];
	size_t queued;
	struct item asked[QUEUE_MAX]; /* in the request that is on its way */
	size_t asked_count;
	size_t batch_limit;
	int64_t single_since_us; /* batches were refused; 0: they are taken */
	bool single;             /* the request on its way is no array */
	bool retry;              /* the last answer only told how to ask */
	bool refused;            /* the last answer was a refusal, or there was none */
	bool first_look;         /* the history before the first head is still to come */
	bool planned;            /* a request was made before */
	bool has_head;
	struct header head;      /* as it was given out last, sealers included */
	uint64_t gap_from, gap_to; /* heights to fetch; none while from > to */
	int64_t block_period_ms, request_timeout_ms; /* 0: not told */
};

/* The reply being read. */
struct reading {
	struct besu_memory *memory;
	struct node_sample *out;
	int64_t at_us;
	size_t header_capacity;
	bool head_answered;
};

static bool read_head(struct reading *r, const struct json *result);
static bool read_syncing(struct reading *r, const struct json *result);
static bool read_peers(struct reading *r, const struct json *result);
static bool read_pool(struct reading *r, const struct json *result);
static bool read_pool_counts(struct reading *r, const struct json *result);
static bool read_chain_id(struct reading *r, const struct json *result);
static bool read_version(struct reading *r, const struct json *result);
static bool read_node_info(struct reading *r, const struct json *result);
static bool read_timeout(struct reading *r, const struct json *result);
static bool read_validators(struct reading *r, const struct json *result);
static bool read_votes(struct reading *r, const struct json *result);
static bool read_signers(struct reading *r, const struct json *result);

/* What is asked, how often (0: each round), and who reads the result. `group` is named
 * to the operator when the method is absent. */
static const struct call_def {
	const char *method, *params;
	int64_t period_us;
	const char *group;
	bool (*read)(struct reading *r, const struct json *result);
} calls[CALL_COUNT] = {
	[CALL_HEAD] = {"eth_getBlockByNumber", "[\"latest\",false]", 0, NULL, read_head},
	[CALL_SYNCING] = {"eth_syncing", "[]", 0, NULL, read_syncing},
	[CALL_PEERS] = {"net_peerCount", "[]", 0, "peer count", read_peers},
	[CALL_POOL] = {"txpool_besuStatistics", "[]", 0, NULL, read_pool},
	[CALL_POOL_COUNTS] = {"txpool_status", "[]", 0, "txpool", read_pool_counts},
	[CALL_CHAIN_ID] = {"eth_chainId", "[]", US_PER_MINUTE, NULL, read_chain_id},
	[CALL_VERSION] = {"web3_clientVersion", "[]", US_PER_MINUTE, NULL, read_version},
	[CALL_NODE_INFO] = {"admin_nodeInfo", "[]", US_PER_MINUTE, "admin", read_node_info},
	[CALL_TIMEOUT] = {"qbft_getRequestTimeoutSeconds", "[]", US_PER_MINUTE, NULL, read_timeout},
	[CALL_VALIDATORS] = {"qbft_getValidatorsByBlockNumber", "[\"latest\"]", 10 * US_PER_S, "qbft", read_validators},
	[CALL_VOTES] = {"qbft_getPendingVotes", "[]", US_PER_MINUTE, NULL, read_votes},
	[CALL_SIGNERS] = {"qbft_getSignerMetrics", NULL, US_PER_MINUTE, NULL, read_signers},
};

/* --- memory -------------------------------------------------------------------- */

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
	free(m);
}

static struct address *addresses_copy(const struct address *list, size_t count)
{
	struct address *copy;

	if (count == 0)
		return NULL;
	copy = xcalloc(count, sizeof(*copy));
	memcpy(copy, list, count * sizeof(*copy));
	return copy;
}

static struct header header_copy(const struct header *header)
{
	struct header copy = *header;

	copy.validators = addresses_copy(header->validators, header->validator_count);
	copy.sealers = addresses_copy(header->sealers, header->sealer_count);
	return copy;
}

/* --- planning ------------------------------------------------------------------- */

/* Adds heights to what is to be fetched. Only the newest BACKFILL_BLOCKS count: older
 * ones no longer decide anything. The genesis block has no proposer and is left out. */
static void gap_add(struct besu_memory *m, uint64_t from, uint64_t to)
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

	if (state->absent_us && is_recent(state->absent_us, now_us, forget_us))
		return false;
	/* Besu's own statistics are the better answer where they exist. */
	if (call == CALL_POOL_COUNTS && !m->calls[CALL_POOL].absent_us)
		return false;
	if (call == CALL_SIGNERS && !m->has_head)
		return false;
	return !state->asked_us || !is_recent(state->asked_us, now_us, calls[call].period_us);
}

/* Starts a round: all calls that are due, then missing headers, oldest first. */
static void queue_fill(struct besu_memory *m, int64_t now_us)
{
	size_t headers = m->single_since_us ? SINGLE_HEADERS : BACKFILL_BLOCKS;

	m->queued = 0;
	for (enum call call = CALL_HEAD; call < CALL_COUNT; call++)
		if (call_due(m, call, now_us))
			m->queue[m->queued++] = (struct item){.call = call};
	for (uint64_t height = m->gap_from; headers > 0 && height <= m->gap_to; height++, headers--)
		m->queue[m->queued++] = (struct item){.header = true, .height = height};
}

/* Moves the front of the queue into the request. A batch with headers carries the head
 * too, because a sample's last header is the head. */
static void queue_take(struct besu_memory *m)
{
	size_t limit = m->single ? 1 : m->batch_limit, taken = 0;

	m->asked_count = 0;
	if (m->queue[0].header && limit > 1)
		m->asked[m->asked_count++] = (struct item){.call = CALL_HEAD};
	while (taken < m->queued && m->asked_count < limit)
		m->asked[m->asked_count++] = m->queue[taken++];
	m->queued -= taken;
	memmove(m->queue, m->queue + taken, m->queued * sizeof(*m->queue));
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
	const struct item *item = &m->asked[index];
	enum call call = item->header ? CALL_HEAD : item->call;

	buf_printf(body, "{\"jsonrpc\":\"2.0\",\"id\":%zu,\"method\":\"%s\",\"params\":", index + 1, calls[call].method);
	if (item->header)
		buf_printf(body, "[\"0x%" PRIx64 "\",false]", item->height);
	else if (call == CALL_SIGNERS)
		write_signer_range(m, body);
	else
		buf_puts(body, calls[call].params);
	buf_putc(body, '}');
}

/* A node that comes to a chain which others already told about needs no history. */
static bool chain_is_new(const struct world *world)
{
	int64_t head;

	return !world || !component_number(world_chain(world), CHAIN_HEAD, &head);
}

static void besu_plan(void *memory, const struct world *world, const struct component *node TOCSIN_UNUSED, int64_t now_us, struct buf *body)
{
	struct besu_memory *m = memory;

	if (!m->planned)
		m->first_look = chain_is_new(world);
	m->planned = true;
	m->retry = false;
	m->refused = false;
	if (m->single_since_us && !is_recent(m->single_since_us, now_us, forget_us)) {
		m->single_since_us = 0;
		m->batch_limit = BATCH_START;
	}
	if (m->queued == 0)
		queue_fill(m, now_us);
	m->single = m->single_since_us != 0;
	queue_take(m);
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

static bool besu_eager(const void *memory)
{
	const struct besu_memory *m = memory;

	if (m->refused)
		return m->retry;
	return m->queued > 0 || (m->first_look && m->gap_from <= m->gap_to);
}

/* --- reading results: true when the value had the shape it should have ------------ */

/* The block is handed on; the sample keeps them in the order they came until sort_headers. */
static void sample_add_header(struct reading *r, struct header *header)
{
	r->out->headers = mem_grow(r->out->headers, &r->header_capacity, r->out->header_count, sizeof(*r->out->headers));
	r->out->headers[r->out->header_count++] = *header;
}

/* Heights between the last head and this one are missing. */
static void head_moved(struct besu_memory *m, uint64_t number)
{
	if (!m->has_head) {
		if (m->first_look && number > 1)
			gap_add(m, number > BACKFILL_BLOCKS ? number - BACKFILL_BLOCKS : 1, number - 1);
		m->first_look = m->first_look && number > 1;
		return;
	}
	if (number > m->head.number + 1)
		gap_add(m, m->head.number + 1, number - 1);
}

static bool same_hash(const struct json *block, const struct hash256 *hash)
{
	const char *text = json_string(json_get(block, "hash"));
	struct hash256 found;

	return text && hex_bytes(text, found.bytes, sizeof(found.bytes)) && hash_equal(&found, hash);
}

static bool read_head(struct reading *r, const struct json *result)
{
	struct besu_memory *m = r->memory;
	struct header header;

	/* Signatures are costly: who sealed is asked once per header. */
	if (m->has_head && same_hash(result, &m->head.hash)) {
		header = header_copy(&m->head);
	} else {
		if (header_from_json(result, true, &header, NULL) != STATUS_OK)
			return false;
		head_moved(m, header.number);
		header_free(&m->head);
		m->head = header_copy(&header);
		m->has_head = true;
	}
	sample_add_header(r, &header);
	r->out->has |= SAMPLE_HEAD;
	return true;
}

static void read_header(struct reading *r, uint64_t height, const struct json *result)
{
	struct header header;

	/* A hole stays a hole: null, an error or another block than the one asked for. */
	if (!json_is_object(result) || header_from_json(result, true, &header, NULL) != STATUS_OK)
		return;
	if (header.number != height) {
		header_free(&header);
		return;
	}
	sample_add_header(r, &header);
}

/* Counts are shown and compared as signed numbers. */
static bool count_from(const struct json *value, uint64_t *out)
{
	uint64_t number;

	if (!json_quantity(value, &number) || number > INT64_MAX)
		return false;
	*out = number;
	return true;
}

static bool read_syncing(struct reading *r, const struct json *result)
{
	bool flag;

	if (json_bool(result, &flag)) {
		/* "true" is no answer of this method. */
		if (flag)
			return false;
		r->out->syncing = false;
	} else {
		if (!json_is_object(result) || !count_from(json_get(result, "highestBlock"), &r->out->sync_target))
			return false;
		r->out->syncing = true;
	}
	r->out->has |= SAMPLE_SYNCING;
	return true;
}

static bool read_peers(struct reading *r, const struct json *result)
{
	if (!count_from(result, &r->out->peers))
		return false;
	r->out->has |= SAMPLE_PEERS;
	return true;
}

static bool pool_set(struct reading *r, uint64_t a, uint64_t b)
{
	if (b > (uint64_t)INT64_MAX - a)
		return false;
	r->out->pool = a + b;
	r->out->has |= SAMPLE_POOL;
	return true;
}

/* Besu's statistics are JSON numbers, not hex (protocol reference 1.2). */
static bool read_pool(struct reading *r, const struct json *result)
{
	int64_t local, remote;

	if (!json_i64(json_get(result, "localCount"), &local) || !json_i64(json_get(result, "remoteCount"), &remote))
		return false;
	if (local < 0 || remote < 0)
		return false;
	return pool_set(r, (uint64_t)local, (uint64_t)remote);
}

static bool read_pool_counts(struct reading *r, const struct json *result)
{
	uint64_t pending, queued;

	if (!count_from(json_get(result, "pending"), &pending) || !count_from(json_get(result, "queued"), &queued))
		return false;
	return pool_set(r, pending, queued);
}

static bool read_chain_id(struct reading *r, const struct json *result)
{
	if (!count_from(result, &r->out->chain_id))
		return false;
	r->out->has |= SAMPLE_CHAIN_ID;
	return true;
}

static bool read_version(struct reading *r, const struct json *result)
{
	const char *text = json_string(result);

	if (!text || !*text)
		return false;
	text_clean(r->out->version, sizeof(r->out->version), text, strlen(text));
	r->out->has |= SAMPLE_VERSION;
	return true;
}

/* The first 128 hex digits of "id", or of the enode URL where "id" is a hash (geth). */
static bool node_public_key(const struct json *info, uint8_t key[64])
{
	static const char enode_scheme[] = "enode://";
	const char *id = json_string(json_get(info, "id"));
	const char *enode = json_string(json_get(info, "enode"));
	char text[2 + 128 + 1] = "0x";

	if (id && strncmp(id, "0x", 2) == 0)
		id += 2;
	if ((!id || strlen(id) != 128) && enode && strncmp(enode, enode_scheme, strlen(enode_scheme)) == 0)
		id = enode + strlen(enode_scheme);
	if (!id || strlen(id) < 128)
		return false;
	memcpy(text + 2, id, 128);
	return hex_bytes(text, key, 64);
}

static int64_t seconds_to_ms(const struct json *value)
{
	int64_t seconds;

	return json_i64(value, &seconds) && seconds > 0 && seconds <= seconds_max ? seconds * 1000 : 0;
}

static void sample_set_periods(struct reading *r)
{
	struct besu_memory *m = r->memory;

	if (!m->block_period_ms && !m->request_timeout_ms)
		return;
	r->out->block_period_ms = m->block_period_ms;
	r->out->request_timeout_ms = m->request_timeout_ms;
	r->out->has |= SAMPLE_PERIODS;
}

static bool read_node_info(struct reading *r, const struct json *result)
{
	const struct json *config = json_get(json_get(json_get(result, "protocols"), "eth"), "config");
	const struct json *qbft = json_get(config, "qbft");
	uint8_t key[64];
	int64_t timeout_ms;

	if (!json_is_object(result))
		return false;
	if (node_public_key(result, key)) {
		r->out->node_key = address_of_key(key);
		r->out->has |= SAMPLE_NODE_KEY;
	}
	r->memory->block_period_ms = seconds_to_ms(json_get(qbft, "blockPeriodSeconds"));
	timeout_ms = seconds_to_ms(json_get(qbft, "requestTimeoutSeconds"));
	if (timeout_ms)
		r->memory->request_timeout_ms = timeout_ms;
	sample_set_periods(r);
	return true;
}

static bool read_timeout(struct reading *r, const struct json *result)
{
	int64_t timeout_ms = seconds_to_ms(result);

	if (!timeout_ms)
		return false;
	r->memory->request_timeout_ms = timeout_ms;
	sample_set_periods(r);
	return true;
}

static bool read_validators(struct reading *r, const struct json *result)
{
	size_t count = json_count(result), i = 0;
	struct address *list;

	if (!json_is_array(result) || count == 0 || count > HEADER_VALIDATORS_MAX)
		return false;
	list = xcalloc(count, sizeof(*list));
	for (const struct json *v = json_first(result); v; v = json_next(v), i++) {
		const char *text = json_string(v);

		if (!text || !address_parse(text, &list[i])) {
			free(list);
			return false;
		}
	}
	qsort(list, count, sizeof(*list), address_compare);
	free(r->out->validators);
	r->out->validators = list;
	r->out->validator_count = count;
	r->out->has |= SAMPLE_VALIDATORS;
	return true;
}

static bool read_votes(struct reading *r, const struct json *result)
{
	size_t count = json_count(result), i = 0;
	struct pending_vote *list;

	if (!json_is_object(result) || count > VOTES_MAX)
		return false;
	list = xcalloc(count + 1, sizeof(*list));
	for (const struct json *v = json_first(result); v; v = json_next(v), i++) {
		if (!address_parse(json_key(v), &list[i].address) || !json_bool(v, &list[i].add)) {
			free(list);
			return false;
		}
	}
	free(r->out->votes);
	r->out->votes = list;
	r->out->vote_count = count;
	r->out->has |= SAMPLE_VOTES;
	return true;
}

static bool read_signer(const struct json *value, struct signer_metric *out)
{
	const char *address = json_string(json_get(value, "address"));

	return address && address_parse(address, &out->address) &&
		count_from(json_get(value, "proposedBlockCount"), &out->proposed) &&
		count_from(json_get(value, "lastProposedBlockNumber"), &out->last_proposed);
}

static bool read_signers(struct reading *r, const struct json *result)
{
	size_t count = json_count(result), i = 0;
	struct signer_metric *list;

	if (!json_is_array(result) || count > SIGNERS_MAX)
		return false;
	list = xcalloc(count + 1, sizeof(*list));
	for (const struct json *v = json_first(result); v; v = json_next(v), i++) {
		if (!read_signer(v, &list[i])) {
			free(list);
			return false;
		}
	}
	free(r->out->signers);
	r->out->signers = list;
	r->out->signer_count = count;
	r->out->has |= SAMPLE_SIGNERS;
	return true;
}

/* --- errors ------------------------------------------------------------------------ */

enum {
	CODE_PARSE = -32700,       /* ganache's word for an unknown method */
	CODE_NOT_FOUND = -32601,
	CODE_NOT_ENABLED = -32604, /* Besu: the API group is off */
	CODE_NOT_SUPPORTED = -32004,
	CODE_LIMIT = -32005,
	CODE_INVALID_REQUEST = -32600,
};

static bool means_absent(int64_t code)
{
	return code == CODE_NOT_FOUND || code == CODE_NOT_ENABLED || code == CODE_NOT_SUPPORTED || code == CODE_PARSE;
}

static int64_t error_code(const struct json *error)
{
	int64_t code;

	return json_i64(json_get(error, "code"), &code) ? code : 0;
}

static void error_words(char *dst, size_t size, const struct json *error)
{
	const char *message = json_string(json_get(error, "message"));
	char words[80];

	text_clean(words, sizeof(words), message ? message : "no message", message ? strlen(message) : strlen("no message"));
	text_format(dst, size, "JSON-RPC error %" PRId64 ": %s", error_code(error), words);
}

static void call_failed(struct reading *r, enum call call, const struct json *error)
{
	struct call_state *state = &r->memory->calls[call];

	if (call == CALL_HEAD) {
		error_words(r->out->why, sizeof(r->out->why), error);
		return;
	}
	if (means_absent(error_code(error)))
		state->absent_us = r->at_us;
	state->asked_us = r->at_us;
}

/* --- the reply ---------------------------------------------------------------------- */

static const struct item *asked_by_id(const struct besu_memory *m, const struct json *id)
{
	int64_t number;

	/* Errors of a request that the peer could not read carry no id. */
	if (m->single && m->asked_count == 1 && (!id || json_is_null(id)))
		return &m->asked[0];
	if (!json_i64(id, &number) || number < 1 || (uint64_t)number > m->asked_count)
		return NULL;
	return &m->asked[number - 1];
}

static void read_member(struct reading *r, const struct json *member, bool *seen)
{
	const struct item *item = asked_by_id(r->memory, json_get(member, "id"));
	const struct json *result = json_get(member, "result"), *error = json_get(member, "error");
	struct call_state *state;
	size_t index;

	if (!item)
		return;
	index = (size_t)(item - r->memory->asked);
	if (seen[index])
		return;
	seen[index] = true;
	if (item->header) {
		read_header(r, item->height, result);
		return;
	}
	if (item->call == CALL_HEAD)
		r->head_answered = true;
	if (error && !json_is_null(error)) {
		call_failed(r, item->call, error);
		return;
	}
	state = &r->memory->calls[item->call];
	state->absent_us = 0;
	state->asked_us = r->at_us;
	if (!calls[item->call].read(r, result) && item->call == CALL_HEAD)
		text_format(r->out->why, sizeof(r->out->why), "%s gave %s", calls[CALL_HEAD].method, json_is_null(result) ? "no block" : "a malformed block");
}

static int header_order(const void *a, const void *b)
{
	const struct header *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* Oldest first, each height once, the head last. A node behind a balancer may answer
 * with a head below headers that another one gave; these wait for their turn. */
static void sort_headers(struct node_sample *out, const struct header *head)
{
	size_t kept = 0;

	qsort(out->headers, out->header_count, sizeof(*out->headers), header_order);
	for (size_t i = 0; i < out->header_count; i++) {
		struct header *header = &out->headers[i];
		bool is_head = hash_equal(&header->hash, &head->hash);

		if (!is_head && header->number >= head->number) {
			header_free(header);
			continue;
		}
		if (kept > 0 && out->headers[kept - 1].number == header->number) {
			header_free(header);
			continue;
		}
		out->headers[kept++] = *header;
	}
	out->header_count = kept;
}

/* Without batches headers come one by one: the head of this round closes the sample. */
static void finish_headers(struct reading *r)
{
	struct besu_memory *m = r->memory;

	if (r->out->header_count == 0)
		return;
	if (!(r->out->has & SAMPLE_HEAD)) {
		struct header head = header_copy(&m->head);

		sample_add_header(r, &head);
		r->out->has |= SAMPLE_HEAD;
	}
	sort_headers(r->out, &m->head);
}

/* Heights that were asked and answered, with a block or not, are done. */
static void gap_close(struct besu_memory *m)
{
	for (size_t i = 0; i < m->asked_count; i++)
		if (m->asked[i].header && m->asked[i].height == m->gap_from)
			m->gap_from++;
	if (m->gap_from > m->gap_to && m->has_head)
		m->first_look = false;
}

static void add_group(struct node_sample *out, const char *group)
{
	size_t used = strlen(out->methods);

	text_format(out->methods + used, sizeof(out->methods) - used, "%sno %s", used ? ", " : "", group);
}

static void list_absent(struct reading *r)
{
	for (int call = 0; call < CALL_COUNT; call++)
		if (calls[call].group && r->memory->calls[call].absent_us)
			add_group(r->out, calls[call].group);
	r->out->has |= SAMPLE_METHODS;
}

static bool head_was_asked(const struct besu_memory *m)
{
	for (size_t i = 0; i < m->asked_count; i++)
		if (!m->asked[i].header && m->asked[i].call == CALL_HEAD)
			return true;
	return false;
}

static void read_members(struct reading *r, const struct json *root)
{
	bool seen[QUEUE_MAX] = {false};

	r->out->reach = REACH_OK;
	/* Before the head is read, which may open the next gap. */
	gap_close(r->memory);
	if (json_is_array(root))
		for (const struct json *member = json_first(root); member; member = json_next(member))
			read_member(r, member, seen);
	else
		read_member(r, root, seen);
	if (head_was_asked(r->memory) && !(r->out->has & SAMPLE_HEAD)) {
		r->out->method_errors = true;
		if (!r->head_answered)
			text_format(r->out->why, sizeof(r->out->why), "no answer to %s", calls[CALL_HEAD].method);
	}
	finish_headers(r);
	list_absent(r);
}

static void refuse(struct reading *r, const char *why)
{
	r->out->reach = REACH_REFUSING;
	r->memory->refused = true;
	r->memory->queued = 0;
	text_format(r->out->why, sizeof(r->out->why), "%s", why);
}

/* The next attempt asks for less: half the batch, then one call at a time. */
static void ask_less(struct besu_memory *m, int64_t now_us)
{
	/* Less than one call cannot be asked. */
	if (m->single)
		return;
	m->retry = true;
	if (m->batch_limit > 2)
		m->batch_limit /= 2;
	else
		m->single_since_us = now_us;
}

static void ask_singly(struct besu_memory *m, int64_t now_us)
{
	m->retry = true;
	m->single_since_us = now_us;
}

static bool status_refuses_everything(int status)
{
	return status == 401 || status == 403 || status == 404 || status == 408 || status == 429 || status >= 500;
}

/* Words for an HTTP status and what the body says: Besu, proxies and JSON-RPC put their
 * reason into it, whatever the status (protocol reference 0.2). */
static void refuse_status(struct reading *r, int status, const struct json *root)
{
	static const struct {
		int status;
		const char *cure;
	} cures[] = {
		{401, " (set bearer_file or bearer_env)"},
		{403, " (add this host to --host-allowlist)"},
		{404, " (is this the JSON-RPC URL?)"},
		{429, " (asked too often: set interval_ms)"},
	};
	const char *message = json_string(json_get(root, "message"));
	const char *cure = "";
	char words[64] = "", why[160];

	if (!message)
		message = json_string(json_get(json_get(root, "error"), "message"));
	if (message)
		text_clean(words, sizeof(words), message, strlen(message));
	for (size_t i = 0; i < ARRAY_LENGTH(cures); i++)
		if (cures[i].status == status)
			cure = cures[i].cure;
	/* 403 has many reasons; the cure belongs to Besu's own words only. */
	if (status == 403 && strncmp(words, "Host not authorized", strlen("Host not authorized")) != 0)
		cure = "";
	text_format(why, sizeof(why), "HTTP %d%s%s%s", status, words[0] ? " " : "", words, cure);
	refuse(r, why);
}

/* One object in answer to a batch: the whole batch was refused. */
static void batch_refused(struct reading *r, int status, const struct json *root)
{
	const struct json *error = json_get(root, "error");
	char why[120];

	if (error_code(error) == CODE_LIMIT && status != 429) {
		ask_less(r->memory, r->at_us);
	} else if (!status_refuses_everything(status) || error_code(error) == CODE_INVALID_REQUEST) {
		ask_singly(r->memory, r->at_us);
	} else {
		refuse_status(r, status, root);
		return;
	}
	error_words(why, sizeof(why), error);
	refuse(r, why);
}

/* An HTTP error without JSON-RPC in it. A client error may only mean that batches are
 * unknown there. */
static void read_plain_refusal(struct reading *r, int status, const struct json *root)
{
	refuse_status(r, status, root);
	if (!r->memory->single && status >= 400 && !status_refuses_everything(status))
		ask_singly(r->memory, r->at_us);
}

static void read_object(struct reading *r, int status, const struct json *root)
{
	bool error = json_is_object(json_get(root, "error"));

	if (error && !r->memory->single) {
		batch_refused(r, status, root);
	} else if (r->memory->single && !status_refuses_everything(status) && (error || json_get(root, "result"))) {
		read_members(r, root);
	} else if (status != 200) {
		read_plain_refusal(r, status, root);
	} else {
		refuse(r, "not JSON-RPC: an answer without result or error (is this the RPC port?)");
	}
}

static bool looks_like_html(const struct http_reply *reply)
{
	const char *at = reply->body + strspn(reply->body, " \t\r\n");

	return *at == '<';
}

static void read_unparsed(struct reading *r, const struct http_reply *reply, const struct error *err)
{
	char why[120];

	if (reply->status != 200) {
		read_plain_refusal(r, reply->status, NULL);
		return;
	}
	if (looks_like_html(reply)) {
		refuse(r, "not JSON-RPC: a web page (is this the RPC port?)");
		return;
	}
	text_format(why, sizeof(why), "answer is not JSON: %s", err->text);
	refuse(r, why);
}

static void read_body(struct reading *r, const struct http_reply *reply)
{
	struct error err = {0};
	struct json *root = json_parse(reply->body, reply->body_len, TREE_LIMIT, &err);

	if (!root)
		read_unparsed(r, reply, &err);
	else if (json_is_array(root))
		read_members(r, root);
	else if (json_is_object(root))
		read_object(r, reply->status, root);
	else
		refuse(r, "not JSON-RPC: neither an object nor an array (is this the RPC port?)");
	json_free(root);
}

/* The Date header is the peer's clock cut to a whole second, taken somewhere between our
 * asking and its answer. What this uncertainty explains is no skew. */
static int64_t clock_skew(const struct http_reply *reply, int64_t at_us)
{
	int64_t skew, doubt = US_PER_S / 2 + reply->total_us / 2;

	if (reply->date_us == 0)
		return 0;
	skew = reply->date_us + US_PER_S / 2 - (at_us - reply->total_us / 2);
	return skew >= -doubt && skew <= doubt ? 0 : skew;
}

/* What came back from a pause may be another program: ask it everything again. */
static void forget_schedule(struct besu_memory *m)
{
	m->queued = 0;
	for (int call = 0; call < CALL_COUNT; call++)
		m->calls[call].asked_us = 0;
}

static void besu_decode(void *memory, const struct http_reply *reply, int64_t at_us, struct node_sample *out)
{
	struct besu_memory *m = memory;
	struct reading r = {.memory = m, .out = out, .at_us = at_us};

	memset(out, 0, sizeof(*out));
	out->at_us = at_us;
	out->rpc_us = reply->total_us;
	switch (reply->outcome) {
	case HTTP_ANSWERED:
		out->clock_skew_us = clock_skew(reply, at_us);
		read_body(&r, reply);
		break;
	case HTTP_TOO_LARGE:
		ask_less(m, at_us);
		refuse(&r, reply->why ? reply->why : "answer too large");
		break;
	case HTTP_UNREACHABLE:
	case HTTP_BAD_REQUEST:
		out->reach = REACH_UNREACHABLE;
		text_format(out->why, sizeof(out->why), "%s", reply->why ? reply->why : "no answer");
		m->refused = true;
		forget_schedule(m);
		break;
	}
	m->asked_count = 0;
}

const struct protocol protocol_besu = {
	.name = "besu",
	.help = "Besu with QBFT, and other Ethereum nodes, over JSON-RPC",
	.memory_new = besu_memory_new,
	.memory_free = besu_memory_free,
	.plan = besu_plan,
	.decode = besu_decode,
	.eager = besu_eager,
};
