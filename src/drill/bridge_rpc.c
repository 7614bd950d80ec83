/* The simulated contracts as JSON-RPC shows them: events, calls and code, and the far chain's
 * endpoint. */
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "drill/bridge_private.h"

#include <inttypes.h>
#include <string.h>

enum {
	REPLY_BYTES = 8192,
	REQUEST_BYTES = 32 * 1024 * 1024,
};

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
		*out = side == SIDE_OWN ? b->engine->head : bridge_far_head(b, b->now_us);
		return true;
	}
	return json_quantity(value, out);
}

static void put_log(const struct bridge_event *event, struct json_writer *w)
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
		const struct bridge_event *event = &bridge->events[i % EVENTS_KEPT];
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
	if (!block_bound(b, SIDE_FAR, json_first(params), &number) || number > bridge_far_head(b, b->now_us)) {
		json_put_null(w, "result");
		return;
	}
	struct hash256 seed[2] = {bridge_number_word(number), bridge_number_word(b->engine->config.seed)}, hash = bridge_hash_words(seed, 2);
	seed[0] = bridge_number_word(number - 1);
	struct hash256 parent = bridge_hash_words(seed, 2);
	json_begin_object(w, "result");
	far_quantity(w, "number", number);
	json_put_string(w, "hash", hex_text(text, sizeof(text), hash.bytes, 32, true));
	json_put_string(w, "parentHash", hex_text(text, sizeof(text), parent.bytes, 32, true));
	far_quantity(w, "timestamp", (uint64_t)(bridge_far_time_us(b, number) / US_PER_S));
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
	struct address address;
	const char *text = json_string(json_first(params));
	if (!text || !address_parse(text, &address))
		return false;
	json_put_string(w, "result", bridge_has_contract(bridge, side, &address) ? "0x608060405234801561001057600080fd5b50" : "0x");
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
		far_quantity(w, "result", bridge_far_head(b, b->now_us));
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
