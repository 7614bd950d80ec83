/* Results of single calls, each read into its fields of the sample. */
#include "collect/besu.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "collect/header.h"

#include <stdlib.h>
#include <string.h>

enum {
	SIGNERS_MAX = 256,
	VOTES_MAX = 128,
	PEER_KEYS_MAX = 4096,
	SECONDS_MAX = 86400, /* a longer period or timeout is a mistake */
};

/* --- headers ------------------------------------------------------------------------ */

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

/* The block is handed on; the sample keeps them in the order they came until sort_headers. */
static void sample_add_header(struct reading *r, struct header *header)
{
	r->out->headers = mem_grow(r->out->headers, &r->header_capacity, r->out->header_count, sizeof(*r->out->headers));
	r->out->headers[r->out->header_count++] = *header;
}

void besu_add_head(struct reading *r)
{
	struct header head = header_copy(&r->memory->head);

	sample_add_header(r, &head);
	r->out->has |= SAMPLE_HEAD;
}

/* Heights between the last head and this one are missing. */
static void head_moved(struct besu_memory *m, uint64_t number)
{
	if (!m->has_head) {
		if (m->first_look && number > 1)
			besu_gap_add(m, number > BACKFILL_BLOCKS ? number - BACKFILL_BLOCKS : 1, number - 1);
		m->first_look = m->first_look && number > 1;
		return;
	}
	if (number > m->head.number + 1)
		besu_gap_add(m, m->head.number + 1, number - 1);
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
	if (!m->has_head || !same_hash(result, &m->head.hash)) {
		if (header_from_json(result, true, &header, NULL) != STATUS_OK)
			return false;
		head_moved(m, header.number);
		header_free(&m->head);
		m->head = header;
		m->has_head = true;
		if (header.consensus != CONSENSUS_UNKNOWN)
			m->consensus = header.consensus;
	}
	besu_add_head(r);
	return true;
}

void besu_read_header(struct reading *r, uint64_t height, const struct json *result)
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

	return json_i64(value, &seconds) && seconds > 0 && seconds <= SECONDS_MAX ? seconds * 1000 : 0;
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
	const struct json *bft = json_get(config, r->memory->consensus == CONSENSUS_IBFT2 ? "ibft2" : "qbft");
	uint8_t key[64];
	int64_t timeout_ms;

	if (!json_is_object(result))
		return false;
	if (node_public_key(result, key)) {
		memcpy(r->out->own_key.bytes, key, sizeof(r->out->own_key.bytes));
		r->out->has |= SAMPLE_OWN_KEY;
		/* A clique signer's key is an account, not the node's. */
		if (r->memory->consensus != CONSENSUS_CLIQUE) {
			r->out->node_key = address_of_key(key);
			r->out->has |= SAMPLE_NODE_KEY;
		}
	}
	r->memory->block_period_ms = seconds_to_ms(json_get(bft, "blockPeriodSeconds"));
	if (r->memory->consensus == CONSENSUS_CLIQUE)
		r->memory->block_period_ms = seconds_to_ms(json_get(json_get(config, "clique"), "period"));
	timeout_ms = seconds_to_ms(json_get(bft, "requestTimeoutSeconds"));
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

static bool read_signer_address(struct reading *r, const struct json *result)
{
	const char *text = json_string(result);

	if (!text || !address_parse(text, &r->out->node_key))
		return false;
	r->out->has |= SAMPLE_NODE_KEY;
	return true;
}

static bool read_finalized(struct reading *r, const struct json *result)
{
	if (!count_from(json_get(result, "number"), &r->out->finalized))
		return false;
	r->out->has |= SAMPLE_FINALIZED;
	return true;
}

/* Whom the node is connected to. More peers than are read leave the list unknown, because
 * half of it would make a partition out of nothing. */
static bool read_peer_list(struct reading *r, const struct json *result)
{
	size_t count = json_count(result), i = 0;
	struct peer_key *list;
	uint8_t key[64];

	if (!json_is_array(result) || count > PEER_KEYS_MAX)
		return false;
	list = xcalloc(count + 1, sizeof(*list));
	for (const struct json *v = json_first(result); v; v = json_next(v), i++) {
		if (!node_public_key(v, key)) {
			free(list);
			return false;
		}
		memcpy(list[i].bytes, key, sizeof(list[i].bytes));
	}
	free(r->out->peer_keys);
	r->out->peer_keys = list;
	r->out->peer_key_count = count;
	r->out->has |= SAMPLE_PEER_KEYS;
	return true;
}

/* --- the table ---------------------------------------------------------------------- */

bool besu_call_applies(enum call call, enum consensus consensus)
{
	return besu_calls[call].of == 0 || (besu_calls[call].of & BESU_OF(consensus));
}

/* Until a header tells otherwise a chain may be of QBFT; and where headers tell nothing,
 * the answer that there is no such method is what the pane shows. */
enum { OF_QBFT = BESU_OF(CONSENSUS_QBFT) | BESU_OF(CONSENSUS_UNKNOWN) | BESU_OF(CONSENSUS_STAKE) };

const struct call_def besu_calls[CALL_COUNT] = {
	[CALL_HEAD] = {"eth_getBlockByNumber", "[\"latest\",false]", 0, NULL, NULL, 0, read_head},
	[CALL_SYNCING] = {"eth_syncing", "[]", 0, NULL, NULL, 0, read_syncing},
	[CALL_PEERS] = {"net_peerCount", "[]", 0, "peer count", "NET", 0, read_peers},
	[CALL_POOL] = {"txpool_besuStatistics", "[]", 0, NULL, NULL, 0, read_pool},
	[CALL_POOL_COUNTS] = {"txpool_status", "[]", 0, "txpool", "TXPOOL", 0, read_pool_counts},
	[CALL_CHAIN_ID] = {"eth_chainId", "[]", US_PER_MINUTE, NULL, NULL, 0, read_chain_id},
	[CALL_VERSION] = {"web3_clientVersion", "[]", US_PER_MINUTE, NULL, NULL, 0, read_version},
	[CALL_NODE_INFO] = {"admin_nodeInfo", "[]", US_PER_MINUTE, "admin", "ADMIN", 0, read_node_info},
	[CALL_TIMEOUT] = {"qbft_getRequestTimeoutSeconds", "[]", US_PER_MINUTE, NULL, NULL, OF_QBFT, read_timeout},
	[CALL_VALIDATORS] = {"qbft_getValidatorsByBlockNumber", "[\"latest\"]", 10 * US_PER_S, "qbft", "QBFT", OF_QBFT, read_validators},
	[CALL_VOTES] = {"qbft_getPendingVotes", "[]", US_PER_MINUTE, NULL, NULL, OF_QBFT, read_votes},
	[CALL_SIGNERS] = {"qbft_getSignerMetrics", NULL, US_PER_MINUTE, NULL, NULL, OF_QBFT, read_signers},
	[CALL_IBFT_VALIDATORS] = {"ibft_getValidatorsByBlockNumber", "[\"latest\"]", 10 * US_PER_S, "ibft", "IBFT", BESU_OF(CONSENSUS_IBFT2), read_validators},
	[CALL_IBFT_VOTES] = {"ibft_getPendingVotes", "[]", US_PER_MINUTE, NULL, NULL, BESU_OF(CONSENSUS_IBFT2), read_votes},
	[CALL_IBFT_SIGNERS] = {"ibft_getSignerMetrics", NULL, US_PER_MINUTE, NULL, NULL, BESU_OF(CONSENSUS_IBFT2), read_signers},
	[CALL_ISTANBUL_VALIDATORS] = {"istanbul_getValidators", "[\"latest\"]", 10 * US_PER_S, "istanbul", NULL, BESU_OF(CONSENSUS_ISTANBUL), read_validators},
	[CALL_CLIQUE_SIGNERS] = {"clique_getSigners", "[\"latest\"]", 10 * US_PER_S, "clique", "CLIQUE", BESU_OF(CONSENSUS_CLIQUE), read_validators},
	[CALL_CLIQUE_SIGNER] = {"eth_coinbase", "[]", US_PER_MINUTE, NULL, NULL, BESU_OF(CONSENSUS_CLIQUE), read_signer_address},
	[CALL_FINALIZED] = {"eth_getBlockByNumber", "[\"finalized\",false]", 10 * US_PER_S, NULL, NULL, BESU_OF(CONSENSUS_STAKE), read_finalized},
	[CALL_PEER_LIST] = {"admin_peers", "[]", 5 * US_PER_S, NULL, NULL, 0, read_peer_list},
};
