#include "drill/answer.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "drill/bridge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RPC_OK = 0,
	RPC_PARSE = -32700,
	RPC_INVALID_REQUEST = -32600,
	RPC_UNKNOWN = -32601,
	RPC_PARAMS = -32602,
	RPC_INTERNAL = -32603,
	RPC_DISABLED = -32604,
	RPC_BATCH = -32005,
	RPC_UNKNOWN_BLOCK = -39001,
	RPC_PRUNED = 4444,
};

static const char client_version[] = "besu/v25.9.0/linux-x86_64/openjdk-java-21";

struct call {
	const struct engine *engine;
	const struct engine_node *node;
	const struct json *params;
	struct json_writer *w;
};

static const struct {
	int code;
	const char *message;
} rpc_errors[] = {
	{RPC_PARSE, "Parse error"},
	{RPC_INVALID_REQUEST, "Invalid Request"},
	{RPC_UNKNOWN, "Method not found"},
	{RPC_PARAMS, "Invalid params"},
	{RPC_INTERNAL, "Internal error"},
	{RPC_DISABLED, "Method not enabled"},
	{RPC_BATCH, "Number of requests exceeds max batch size"},
	{RPC_UNKNOWN_BLOCK, "Unknown block"},
	{RPC_PRUNED, "Pruned history unavailable"},
};

/* --- writing ----------------------------------------------------------------- */

static void put_quantity(struct json_writer *w, const char *key, uint64_t number)
{
	char text[24];
	snprintf(text, sizeof(text), "0x%" PRIx64, number);
	json_put_string(w, key, text);
}

static void put_hex(struct json_writer *w, const char *key, const uint8_t *bytes, size_t len)
{
	size_t size = 2 * len + 3;
	char *text = xmalloc(size);
	json_put_string(w, key, hex_text(text, size, bytes, len, true));
	free(text);
}

static void put_hash(struct json_writer *w, const char *key, const struct hash256 *hash)
{
	put_hex(w, key, hash->bytes, sizeof(hash->bytes));
}

static void put_address(struct json_writer *w, const char *key, const struct address *address)
{
	char text[ADDRESS_TEXT];
	json_put_string(w, key, address_text(text, address));
}

static void put_validators(struct json_writer *w, const struct engine *engine)
{
	json_begin_array(w, "result");
	for (unsigned i = 0; i < engine->config.validators; i++)
		put_address(w, NULL, &engine->validators[i]);
	json_end_array(w);
}

static void put_transaction(const struct call *call, const struct engine_block *block, unsigned i)
{
	struct json_writer *w = call->w;
	struct hash256 hash = engine_tx_hash(call->engine, block->number, i);
	struct address from, to;
	memcpy(from.bytes, hash.bytes, sizeof(from.bytes));
	memcpy(to.bytes, hash.bytes + 12, sizeof(to.bytes));
	json_begin_object(w, NULL);
	put_hash(w, "blockHash", &block->hash);
	put_quantity(w, "blockNumber", block->number);
	put_address(w, "from", &from);
	put_quantity(w, "gas", 21000);
	put_quantity(w, "gasPrice", 1000);
	put_hash(w, "hash", &hash);
	json_put_string(w, "input", "0x");
	put_quantity(w, "nonce", block->number - call->engine->config.first_block);
	put_address(w, "to", &to);
	put_quantity(w, "transactionIndex", i);
	put_quantity(w, "value", 0);
	json_end_object(w);
}

static void put_block(const struct call *call, const struct engine_block *block, bool full)
{
	static const uint8_t zeros[256];
	static const char empty_list[] = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347";
	static const char bft[] = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365";
	struct json_writer *w = call->w;
	size_t extra_len;
	const uint8_t *extra = engine_block_extra(call->engine, block, &extra_len);
	struct buf rlp;
	buf_init(&rlp, 64 * 1024);
	engine_header_rlp(call->engine, block, &rlp);
	json_begin_object(w, "result");
	put_quantity(w, "number", block->number);
	put_hash(w, "hash", &block->hash);
	json_put_string(w, "mixHash", bft);
	put_hash(w, "parentHash", &block->parent);
	put_hex(w, "nonce", zeros, 8);
	json_put_string(w, "sha3Uncles", empty_list);
	put_hex(w, "logsBloom", zeros, 256);
	put_hash(w, "transactionsRoot", &block->transactions);
	put_hash(w, "stateRoot", &block->state);
	put_hash(w, "receiptsRoot", &block->receipts);
	put_address(w, "miner", &block->miner);
	put_quantity(w, "difficulty", 1);
	put_quantity(w, "totalDifficulty", block->number + 1);
	put_hex(w, "extraData", extra, extra_len);
	if (call->engine->london)
		put_quantity(w, "baseFeePerGas", ENGINE_BASE_FEE);
	put_quantity(w, "size", rlp.len);
	put_quantity(w, "gasLimit", ENGINE_GAS_LIMIT);
	put_quantity(w, "gasUsed", block->gas_used);
	put_quantity(w, "timestamp", (uint64_t)block->timestamp_s);
	json_begin_array(w, "uncles");
	json_end_array(w);
	json_begin_array(w, "transactions");
	for (unsigned i = 0; i < block->tx_count; i++) {
		struct hash256 hash = engine_tx_hash(call->engine, block->number, i);
		if (full)
			put_transaction(call, block, i);
		else
			put_hash(w, NULL, &hash);
	}
	json_end_array(w);
	json_end_object(w);
	buf_free(&rlp);
}

/* --- parameters ---------------------------------------------------------------- */

static const struct json *param(const struct call *call, int index)
{
	if (!json_is_array(call->params))
		return NULL;
	const struct json *item = json_first(call->params);
	while (item && index-- > 0)
		item = json_next(item);
	return item;
}

/* A block parameter; a decimal number is refused, as newer clients do. */
static int param_block(const struct call *call, int index, uint64_t *number)
{
	const struct json *v = param(call, index);
	const char *text = json_string(v);
	uint64_t head = engine_node_head(call->engine, call->node);
	if (!text)
		return RPC_PARAMS;
	if (strcmp(text, "latest") == 0 || strcmp(text, "pending") == 0)
		*number = head;
	else if (strcmp(text, "earliest") == 0)
		*number = 0;
	else if (strcmp(text, "finalized") == 0 || strcmp(text, "safe") == 0)
		return RPC_UNKNOWN_BLOCK;
	else if (!json_quantity(v, number))
		return RPC_PARAMS;
	return RPC_OK;
}

/* --- methods ------------------------------------------------------------------- */

static int eth_blockNumber(const struct call *call)
{
	put_quantity(call->w, "result", engine_node_head(call->engine, call->node));
	return RPC_OK;
}

static int eth_getBlockByNumber(const struct call *call)
{
	uint64_t number;
	bool full;
	int code = param_block(call, 0, &number);
	if (code != RPC_OK)
		return code;
	if (!json_bool(param(call, 1), &full))
		return RPC_PARAMS;
	if (number > engine_node_head(call->engine, call->node)) {
		json_put_null(call->w, "result");
		return RPC_OK;
	}
	const struct engine_block *block = engine_block_of(call->engine, call->node, number);
	if (!block)
		return RPC_PRUNED;
	put_block(call, block, full);
	return RPC_OK;
}

static int eth_getBlockByHash(const struct call *call)
{
	struct hash256 hash;
	bool full;
	const char *text = json_string(param(call, 0));
	if (!text || !hex_bytes(text, hash.bytes, sizeof(hash.bytes)) || !json_bool(param(call, 1), &full))
		return RPC_PARAMS;
	const struct engine_block *block = engine_block_by_hash(call->engine, call->node, &hash);
	if (block && block->number <= engine_node_head(call->engine, call->node))
		put_block(call, block, full);
	else
		json_put_null(call->w, "result");
	return RPC_OK;
}

static int eth_syncing(const struct call *call)
{
	if (!engine_node_syncing(call->engine, call->node)) {
		json_put_bool(call->w, "result", false);
		return RPC_OK;
	}
	json_begin_object(call->w, "result");
	put_quantity(call->w, "startingBlock", call->node->frozen_head);
	put_quantity(call->w, "currentBlock", engine_node_head(call->engine, call->node));
	put_quantity(call->w, "highestBlock", call->engine->head);
	json_end_object(call->w);
	return RPC_OK;
}

static int eth_chainId(const struct call *call)
{
	put_quantity(call->w, "result", call->engine->config.chain_id);
	return RPC_OK;
}

static int eth_gasPrice(const struct call *call)
{
	put_quantity(call->w, "result", 1000);
	return RPC_OK;
}

static int net_peerCount(const struct call *call)
{
	put_quantity(call->w, "result", engine_node_peers(call->engine, call->node));
	return RPC_OK;
}

static int net_version(const struct call *call)
{
	char text[24];
	snprintf(text, sizeof(text), "%" PRIu64, call->engine->config.chain_id);
	json_put_string(call->w, "result", text);
	return RPC_OK;
}

static int net_listening(const struct call *call)
{
	json_put_bool(call->w, "result", true);
	return RPC_OK;
}

static int web3_clientVersion(const struct call *call)
{
	json_put_string(call->w, "result", client_version);
	return RPC_OK;
}

static void put_enode(struct json_writer *w, const struct engine_node *node)
{
	char id[2 * sizeof(node->public_key) + 1], enode[256];
	hex_text(id, sizeof(id), node->public_key, sizeof(node->public_key), false);
	snprintf(enode, sizeof(enode), "enode://%s@%s:30303", id, node->ip);
	json_put_string(w, "enode", enode);
}

static void put_node_id(struct json_writer *w, const struct engine_node *node, bool prefix)
{
	char id[2 * sizeof(node->public_key) + 3];
	json_put_string(w, "id", hex_text(id, sizeof(id), node->public_key, sizeof(node->public_key), prefix));
}

static int admin_nodeInfo(const struct call *call)
{
	const struct engine_config *config = &call->engine->config;
	struct json_writer *w = call->w;
	char listen[32];
	snprintf(listen, sizeof(listen), "%s:30303", call->node->ip);
	const struct engine_block *head = engine_block_of(call->engine, call->node, engine_node_head(call->engine, call->node));
	json_begin_object(w, "result");
	put_enode(w, call->node);
	json_put_string(w, "ip", call->node->ip);
	json_put_string(w, "listenAddr", listen);
	put_node_id(w, call->node, false);
	json_put_string(w, "name", client_version);
	json_begin_object(w, "ports");
	json_put_i64(w, "discovery", 30303);
	json_put_i64(w, "listener", 30303);
	json_end_object(w);
	json_begin_object(w, "protocols");
	json_begin_object(w, "eth");
	json_begin_object(w, "config");
	json_put_i64(w, "chainId", (int64_t)config->chain_id);
	json_put_i64(w, call->engine->london ? "londonBlock" : "berlinBlock", 0);
	json_begin_object(w, "qbft");
	json_put_i64(w, "epochLength", 30000);
	json_put_i64(w, "blockPeriodSeconds", config->period_us / US_PER_S);
	json_put_i64(w, "requestTimeoutSeconds", config->timeout_us / US_PER_S);
	json_end_object(w);
	json_end_object(w);
	json_put_i64(w, "difficulty", head ? (int64_t)head->number + 1 : 1);
	put_hash(w, "genesis", &call->engine->genesis->hash);
	if (head)
		put_hash(w, "head", &head->hash);
	json_put_i64(w, "network", (int64_t)config->chain_id);
	json_end_object(w);
	json_end_object(w);
	json_put_string(w, "activeFork", call->engine->london ? "London" : "Berlin");
	json_end_object(w);
	return RPC_OK;
}

static void put_peer(const struct call *call, const struct engine_node *peer)
{
	static const char *const caps[] = {"eth/66", "eth/67", "eth/68", "istanbul/100"};
	struct json_writer *w = call->w;
	size_t a = (size_t)(call->node - call->engine->nodes), b = (size_t)(peer - call->engine->nodes);
	/* Who called whom is a property of the pair. */
	bool inbound = (engine_draw(call->engine, DRAW_PEER, a < b ? a * 256 + b : b * 256 + a) % 2 == 0) == (a < b);
	uint64_t far_port = 32768 + engine_draw(call->engine, DRAW_PEER, b + 65536) % 28000;
	char local[32], remote[32];
	snprintf(local, sizeof(local), "%s:30303", call->node->ip);
	snprintf(remote, sizeof(remote), "%s:%" PRIu64, peer->ip, inbound ? far_port : 30303);
	const struct engine_block *head = engine_block_of(call->engine, peer, engine_node_head(call->engine, peer));
	json_begin_object(w, NULL);
	json_put_string(w, "version", "0x5");
	json_put_string(w, "name", client_version);
	json_begin_array(w, "caps");
	for (size_t i = 0; i < ARRAY_LENGTH(caps); i++)
		json_put_string(w, NULL, caps[i]);
	json_end_array(w);
	json_begin_object(w, "network");
	json_put_string(w, "localAddress", local);
	json_put_string(w, "remoteAddress", remote);
	json_put_bool(w, "inbound", inbound);
	json_end_object(w);
	put_quantity(w, "port", 30303);
	put_node_id(w, peer, true);
	json_begin_object(w, "protocols");
	json_begin_object(w, "eth");
	put_quantity(w, "difficulty", head ? head->number + 1 : 1);
	if (head)
		put_hash(w, "head", &head->hash);
	else
		json_put_string(w, "head", "0x");
	json_put_i64(w, "version", 68);
	json_end_object(w);
	json_end_object(w);
	put_enode(w, peer);
	json_end_object(w);
}

static int admin_peers(const struct call *call)
{
	json_begin_array(call->w, "result");
	for (size_t i = 0; i < call->engine->node_count; i++) {
		const struct engine_node *peer = &call->engine->nodes[i];
		if (engine_connected(call->node, peer))
			put_peer(call, peer);
	}
	json_end_array(call->w);
	return RPC_OK;
}

static int txpool_besuStatistics(const struct call *call)
{
	uint64_t pool = engine_pool(call->engine, call->node);
	json_begin_object(call->w, "result");
	json_put_i64(call->w, "maxSize", 4096);
	json_put_i64(call->w, "localCount", (int64_t)(pool / 8));
	json_put_i64(call->w, "remoteCount", (int64_t)(pool - pool / 8));
	json_end_object(call->w);
	return RPC_OK;
}

static int qbft_getValidatorsByBlockNumber(const struct call *call)
{
	uint64_t number;
	int code = param_block(call, 0, &number);
	if (code != RPC_OK)
		return code;
	if (number > engine_node_head(call->engine, call->node))
		return RPC_UNKNOWN_BLOCK;
	put_validators(call->w, call->engine);
	return RPC_OK;
}

static int qbft_getSignerMetrics(const struct call *call)
{
	const struct engine *engine = call->engine;
	uint64_t to = engine_node_head(engine, call->node), from = to > 100 ? to - 100 : 0;
	int code = param(call, 0) ? param_block(call, 0, &from) : RPC_OK;
	if (code == RPC_OK && param(call, 1))
		code = param_block(call, 1, &to);
	if (code != RPC_OK)
		return code;
	if (from >= to)
		return RPC_PARAMS;
	if (from < engine_first_block(engine))
		from = engine_first_block(engine);
	uint64_t proposed[ENGINE_VALIDATORS_MAX] = {0}, last[ENGINE_VALIDATORS_MAX] = {0};
	for (uint64_t number = from; number < to; number++) {
		const struct engine_block *block = engine_block_at(engine, number);
		if (!block)
			break;
		proposed[block->proposer]++;
		last[block->proposer] = number;
	}
	json_begin_array(call->w, "result");
	for (unsigned i = 0; i < engine->config.validators; i++) {
		json_begin_object(call->w, NULL);
		put_address(call->w, "address", &engine->validators[i]);
		put_quantity(call->w, "proposedBlockCount", proposed[i]);
		put_quantity(call->w, "lastProposedBlockNumber", last[i]);
		json_end_object(call->w);
	}
	json_end_array(call->w);
	return RPC_OK;
}

static int qbft_getPendingVotes(const struct call *call)
{
	json_begin_object(call->w, "result");
	json_end_object(call->w);
	return RPC_OK;
}

static int qbft_getRequestTimeoutSeconds(const struct call *call)
{
	json_put_i64(call->w, "result", call->engine->config.timeout_us / US_PER_S);
	return RPC_OK;
}

/* Contracts live on every node that is in step; one that is behind says the same. Where there
 * are none, an address is empty. */
static int eth_call(const struct call *call)
{
	if (call->engine->bridge)
		return bridge_answer_call(call->engine->bridge, SIDE_OWN, call->params, call->w) ? RPC_OK : RPC_PARAMS;
	json_put_string(call->w, "result", "0x");
	return RPC_OK;
}

static int eth_getCode(const struct call *call)
{
	if (call->engine->bridge)
		return bridge_answer_code(call->engine->bridge, SIDE_OWN, call->params, call->w) ? RPC_OK : RPC_PARAMS;
	json_put_string(call->w, "result", "0x");
	return RPC_OK;
}

static int eth_getLogs(const struct call *call)
{
	if (call->engine->bridge)
		return bridge_logs(call->engine->bridge, SIDE_OWN, param(call, 0), call->w, "result") ? RPC_OK : RPC_PARAMS;
	json_begin_array(call->w, "result");
	json_end_array(call->w);
	return RPC_OK;
}

/* txpool_status is missing on purpose: this client's version is older than it. */
static const struct {
	const char *name;
	unsigned api;
	int (*run)(const struct call *call);
} methods[] = {
	{"eth_blockNumber", API_ETH, eth_blockNumber},
	{"eth_call", API_ETH, eth_call},
	{"eth_getCode", API_ETH, eth_getCode},
	{"eth_getLogs", API_ETH, eth_getLogs},
	{"eth_chainId", API_ETH, eth_chainId},
	{"eth_gasPrice", API_ETH, eth_gasPrice},
	{"eth_getBlockByHash", API_ETH, eth_getBlockByHash},
	{"eth_getBlockByNumber", API_ETH, eth_getBlockByNumber},
	{"eth_syncing", API_ETH, eth_syncing},
	{"net_listening", API_NET, net_listening},
	{"net_peerCount", API_NET, net_peerCount},
	{"net_version", API_NET, net_version},
	{"web3_clientVersion", API_WEB3, web3_clientVersion},
	{"admin_nodeInfo", API_ADMIN, admin_nodeInfo},
	{"admin_peers", API_ADMIN, admin_peers},
	{"txpool_besuStatistics", API_TXPOOL, txpool_besuStatistics},
	{"qbft_getPendingVotes", API_QBFT, qbft_getPendingVotes},
	{"qbft_getRequestTimeoutSeconds", API_QBFT, qbft_getRequestTimeoutSeconds},
	{"qbft_getSignerMetrics", API_QBFT, qbft_getSignerMetrics},
	{"qbft_getValidatorsByBlockNumber", API_QBFT, qbft_getValidatorsByBlockNumber},
};

/* --- envelopes ----------------------------------------------------------------- */

static void put_error(struct json_writer *w, int code)
{
	const char *message = "Internal error";
	for (size_t i = 0; i < ARRAY_LENGTH(rpc_errors); i++) {
		if (rpc_errors[i].code == code)
			message = rpc_errors[i].message;
	}
	json_begin_object(w, "error");
	json_put_i64(w, "code", code);
	json_put_string(w, "message", message);
	json_end_object(w);
}

static void put_id(struct json_writer *w, const struct json *id)
{
	struct buf text;
	buf_init(&text, 4096);
	bool echo = id && !json_is_object(id) && !json_is_array(id) && json_canonical(id, &text) && !text.full;
	json_put_raw(w, "id", echo ? buf_text(&text) : "null");
	buf_free(&text);
}

static void put_failure(struct json_writer *w, const struct json *id, int code)
{
	json_begin_object(w, NULL);
	json_put_string(w, "jsonrpc", "2.0");
	put_id(w, id);
	put_error(w, code);
	json_end_object(w);
}

static int run_method(const struct call *call, const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(methods); i++) {
		if (strcmp(methods[i].name, name) != 0)
			continue;
		return (call->node->apis & methods[i].api) ? methods[i].run(call) : RPC_DISABLED;
	}
	return RPC_UNKNOWN;
}

/* One request, one object in the answer. A request without id is a notification: it
 * gets no answer. */
static void answer_one(const struct engine *engine, const struct engine_node *node, const struct json *request, struct json_writer *w)
{
	const struct json *id = json_get(request, "id");
	const char *method = json_string(json_get(request, "method"));
	if (!json_is_object(request) || !method) {
		put_failure(w, id, RPC_INVALID_REQUEST);
		return;
	}
	if (!id)
		return;
	json_begin_object(w, NULL);
	json_put_string(w, "jsonrpc", "2.0");
	put_id(w, id);
	struct call call = {engine, node, json_get(request, "params"), w};
	int code = run_method(&call, method);
	if (code != RPC_OK)
		put_error(w, code);
	json_end_object(w);
}

static unsigned answer_batch(const struct engine *engine, const struct engine_node *node, const struct json *batch, struct json_writer *w)
{
	size_t count = json_count(batch);
	if (count == 0) {
		put_failure(w, NULL, RPC_INVALID_REQUEST);
		return 400;
	}
	if (count > ANSWER_BATCH_MAX) {
		put_failure(w, NULL, RPC_BATCH);
		return 200;
	}
	json_begin_array(w, NULL);
	for (const struct json *request = json_first(batch); request; request = json_next(request))
		answer_one(engine, node, request, w);
	json_end_array(w);
	return 200;
}

unsigned answer_rpc(const struct engine *engine, const struct engine_node *node, const char *body, size_t len, struct buf *out)
{
	struct json_writer w;
	json_writer_init(&w, out, false);
	struct json *request = json_parse(body, len, 32 * (size_t)ANSWER_REQUEST_MAX, NULL);
	if (!request) {
		put_failure(&w, NULL, RPC_PARSE);
		return 400;
	}
	unsigned status = 200;
	if (json_is_array(request)) {
		status = answer_batch(engine, node, request, &w);
	} else {
		status = json_string(json_get(request, "method")) ? 200 : 400;
		answer_one(engine, node, request, &w);
	}
	json_free(request);
	if (out->full) {
		buf_clear(out);
		json_writer_init(&w, out, false);
		put_failure(&w, NULL, RPC_INTERNAL);
		return 500;
	}
	return status;
}

/* --- health pages ---------------------------------------------------------------- */

static unsigned health_page(struct buf *out, bool up)
{
	buf_printf(out, "{\n  \"status\" : \"%s\"\n}", up ? "UP" : "DOWN");
	return up ? 200 : 503;
}

unsigned answer_liveness(struct buf *out)
{
	return health_page(out, true);
}

unsigned answer_readiness(const struct engine *engine, const struct engine_node *node, const char *min_peers, const char *max_behind, struct buf *out)
{
	/* A parameter that is no number means DOWN; no sync in progress passes the block
	 * test, so a stalled chain stays UP (protocol reference 1.2). */
	uint64_t peers = 1, behind = 2;
	if ((min_peers && !decimal_u64(min_peers, &peers)) || (max_behind && !decimal_u64(max_behind, &behind)))
		return health_page(out, false);
	bool near = !engine_node_syncing(engine, node) || engine->head - engine_node_head(engine, node) <= behind;
	return health_page(out, near && engine_node_peers(engine, node) >= peers);
}
