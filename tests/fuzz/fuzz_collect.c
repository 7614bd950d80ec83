/* Targets for what nodes say: headers and replies. */
#include "fuzz.h"

#include "base/json.h"
#include "base/text.h"
#include "collect/header.h"
#include "collect/protocol.h"
#include "collect/qbft.h"

#include <stdlib.h>
#include <string.h>

enum {
	TREE_BYTES = 4 << 20,
	BODY_BYTES = 1 << 20,
};
#define NOW_US (INT64_C(1767225600) * US_PER_S)

/* What was decoded encodes to something that decodes to the same. */
void fuzz_extra(const uint8_t *bytes, size_t len)
{
	struct qbft_extra extra, again;
	struct buf out;

	if (qbft_extra_decode(bytes, len, &extra, NULL) != STATUS_OK) {
		require(!extra.validators && !extra.seals);
		return;
	}
	require(extra.validator_count <= HEADER_VALIDATORS_MAX && extra.seal_count <= HEADER_VALIDATORS_MAX);
	buf_init(&out, BODY_BYTES);
	qbft_extra_encode(&extra, true, true, &out);
	require(!out.full);
	require(qbft_extra_decode((const uint8_t *)buf_text(&out), out.len, &again, NULL) == STATUS_OK);
	require(again.validator_count == extra.validator_count && again.seal_count == extra.seal_count);
	require(again.round == extra.round && again.vote == extra.vote && again.vote_add == extra.vote_add);
	require(memcmp(again.vanity, extra.vanity, sizeof(extra.vanity)) == 0);
	qbft_extra_free(&again);
	qbft_extra_free(&extra);
	buf_free(&out);
}

void fuzz_block(const uint8_t *bytes, size_t len)
{
	struct json *json = json_parse((const char *)bytes, len, TREE_BYTES, NULL);
	struct raw_header raw;
	struct header header;
	struct error err = {0};

	if (raw_header_from_json(json, &raw, &err) == STATUS_OK)
		raw_header_free(&raw);
	if (header_from_json(json, true, &header, &err) == STATUS_OK) {
		require(header.sealer_count <= HEADER_VALIDATORS_MAX && header.validator_count <= HEADER_VALIDATORS_MAX);
		require(consensus_def(header.consensus)->makers || (header.validator_count == 0 && header.sealer_count == 0));
		header_free(&header);
	}
	require(text_is_clean(err.text, strlen(err.text)));
	json_free(json);
}

static void check_sample(const struct node_sample *sample)
{
	require(text_is_clean(sample->why, strlen(sample->why)));
	require(text_is_clean(sample->version, strlen(sample->version)));
	require(text_is_clean(sample->methods, strlen(sample->methods)));
	require(sample->header_count <= 256);
	for (size_t i = 1; i < sample->header_count; i++)
		require(sample->headers[i - 1].number < sample->headers[i].number);
}

/* A conversation: HTTP status and body of one reply after the other, all for one node,
 * and the samples go into a world. */
void fuzz_besu(const uint8_t *bytes, size_t len)
{
	static const int statuses[] = {200, 200, 200, 200, 400, 403, 429, 503};
	struct fuzz_input in = fuzz_input(bytes, len);
	struct thresholds thresholds = thresholds_default();
	struct buf body;
	int64_t now_us = NOW_US;

	struct world *world = world_new("fuzz", 0, &thresholds);
	struct component *node = world_add_node(world, "a", "http://a");
	void *memory = protocol_besu.memory_new();
	buf_init(&body, BODY_BYTES);
	for (int round = 0; round < 8 && in.at < in.end; round++) {
		buf_clear(&body);
		protocol_besu.plan(memory, world, node, now_us, &body);
		require(!body.full);
		int status = statuses[fuzz_byte(&in) % 8];
		char *text = fuzz_string(&in, '\0');
		struct http_reply reply = {.outcome = HTTP_ANSWERED, .status = status, .body = text, .body_len = strlen(text), .why = "", .total_us = 1000, .date_us = now_us};
		struct node_sample sample;
		memset(&sample, 0, sizeof(sample));
		protocol_besu.decode(memory, &reply, now_us, &sample);
		check_sample(&sample);
		world_observe(world, node, &sample);
		now_us += US_PER_S;
		world_judge(world, now_us);
		require(text_is_clean(node->reason, strlen(node->reason)));
		node_sample_free(&sample);
		free(text);
	}
	buf_free(&body);
	protocol_besu.memory_free(memory);
	world_free(world);
}
