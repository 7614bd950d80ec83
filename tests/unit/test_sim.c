/* The simulated network: chain rules, scenarios, answers, HTTP and the stand-in kubectl. */
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "collect/header.h"
#include "collect/qbft.h"
#include "drill/answer.h"
#include "drill/engine.h"
#include "drill/pods.h"
#include "drill/scenario.h"
#include "drill/sim.h"
#include "drill/standin.h"
#include "watch/config.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define START_US (INT64_C(1767225600) * US_PER_S) /* 2026-01-01T00:00:00Z */

static struct engine *network(unsigned validators, unsigned rpc_nodes, uint64_t seed)
{
	struct engine_config config = {.validators = validators, .rpc_nodes = rpc_nodes, .seed = seed, .chain_id = 138, .first_block = 4812000, .start_us = START_US, .period_us = 2 * US_PER_S, .timeout_us = 2 * US_PER_S};
	return engine_new(&config);
}

static void live(struct engine *engine, int64_t seconds)
{
	engine_advance(engine, engine->now_us + seconds * US_PER_S);
}

/* What a node answers to one request, as JSON; the caller frees. */
static struct json *ask(const struct engine *engine, const struct engine_node *node, const char *request)
{
	struct buf out;
	buf_init(&out, ANSWER_BYTES_MAX);
	answer_rpc(engine, node, request, strlen(request), &out);
	struct json *reply = json_parse(out.data, out.len, 64 << 20, NULL);
	buf_free(&out);
	assert_non_null(reply);
	return reply;
}

static void block_header_of(const struct engine *engine, uint64_t number, struct header *out)
{
	char request[200];
	snprintf(request, sizeof(request), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getBlockByNumber\",\"params\":[\"0x%" PRIx64 "\",false]}", number);
	struct json *reply = ask(engine, &engine->nodes[0], request);
	struct error err = {0};
	if (header_from_json(json_get(reply, "result"), true, out, &err) != STATUS_OK)
		fail_msg("block %" PRIu64 ": %s", number, err.text);
	json_free(reply);
}

static size_t position(const struct header *header, const struct address *who)
{
	for (size_t i = 0; i < header->validator_count; i++) {
		if (address_equal(&header->validators[i], who))
			return i;
	}
	fail_msg("not a validator of block %" PRIu64, header->number);
	return 0;
}

/* Checks a block against its parent by the protocol's rules, read with the decoder that
 * the console uses; counts the turns each validator missed. */
static void check_block(const struct engine *engine, const struct header *parent, const struct header *header, unsigned *missed)
{
	size_t n = header->validator_count;
	assert_int_equal(n, engine->config.validators);
	assert_true(hash_equal(&header->parent, &parent->hash));
	assert_true(header->timestamp_s >= parent->timestamp_s + engine->config.period_us / US_PER_S);
	size_t before = position(parent, &parent->miner);
	assert_int_equal(position(header, &header->miner), (before + 1 + header->round) % n);
	for (uint32_t r = 0; r < header->round; r++)
		missed[(before + 1 + r) % n]++;
	assert_true(header->sealer_count >= engine_quorum((unsigned)n));
	bool seen[ENGINE_VALIDATORS_MAX] = {false};
	for (size_t i = 0; i < header->sealer_count; i++) {
		size_t at = position(header, &header->sealers[i]);
		assert_false(seen[at]);
		seen[at] = true;
	}
}

static void check_chain(const struct engine *engine, uint64_t from, unsigned *missed)
{
	struct header parent, header;
	block_header_of(engine, from, &parent);
	for (uint64_t number = from + 1; number <= engine_node_head(engine, &engine->nodes[0]); number++) {
		block_header_of(engine, number, &header);
		check_block(engine, &parent, &header, missed);
		header_free(&parent);
		parent = header;
	}
	header_free(&parent);
}

/* --- the chain ------------------------------------------------------------------- */

static void test_same_seed_same_chain(void **state)
{
	(void)state;
	struct engine *a = network(4, 2, 7), *b = network(4, 2, 7), *c = network(4, 2, 8);
	live(a, 100);
	for (int i = 0; i < 1000; i++) /* however often it is looked at */
		engine_advance(b, START_US + i * US_PER_S / 10);
	live(b, 0);
	engine_advance(b, a->now_us);
	live(c, 100);
	assert_int_equal(a->head, b->head);
	assert_true(hash_equal(&engine_block_at(a, a->head)->hash, &engine_block_at(b, b->head)->hash));
	assert_false(hash_equal(&engine_block_at(a, a->head)->hash, &engine_block_at(c, c->head)->hash));
	engine_free(a);
	engine_free(b);
	engine_free(c);
}

static void test_headers_hold(void **state)
{
	(void)state;
	static const unsigned sizes[] = {1, 2, 3, 4, 7, 10};
	for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
		for (uint64_t seed = 1; seed <= 2; seed++) { /* one with baseFeePerGas, one without */
			struct engine *engine = network(sizes[i], 1, seed);
			unsigned missed[ENGINE_VALIDATORS_MAX] = {0};
			live(engine, 61);
			assert_int_equal(engine->head, 4812000 + 30);
			check_chain(engine, 4812000, missed);
			for (unsigned v = 0; v < sizes[i]; v++)
				assert_int_equal(missed[v], 0);
			engine_free(engine);
		}
	}
}

static void test_healthy_validators_miss_some_seals(void **state)
{
	(void)state;
	struct engine *engine = network(4, 1, 3);
	live(engine, 200);
	unsigned full = 0, partial = 0;
	for (uint64_t number = 4812000; number < engine->head; number++) {
		struct header header;
		block_header_of(engine, number, &header);
		full += header.sealer_count == 4;
		partial += header.sealer_count == 3;
		header_free(&header);
	}
	assert_true(full > 5);
	assert_true(partial > 40);
	engine_free(engine);
}

/* --- scenarios ------------------------------------------------------------------- */

static struct scenario_run begin(const char *name, struct engine *engine, const char *victim)
{
	struct scenario_run run = {.def = scenario_find(name, NULL), .break_us = INT64_MAX, .heal_us = INT64_MAX};
	assert_non_null(run.def);
	assert_int_equal(scenario_victim(run.def, engine, victim, &run.victim, NULL), STATUS_OK);
	return run;
}

static void test_only_the_victim_misses_turns(void **state)
{
	(void)state;
	static const struct {
		const char *victim;
		unsigned validators;
		uint64_t seed;
	} cases[] = {{"besu-validator-0", 4, 1}, {"besu-validator-2", 4, 2}, {"besu-validator-3", 7, 3}, {"besu-validator-5", 6, 11}};
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct engine *engine = network(cases[i].validators, 1, cases[i].seed);
		struct scenario_run run = begin("validator-failure", engine, cases[i].victim);
		const struct engine_node *victim = &engine->nodes[run.victim];
		assert_string_equal(victim->name, cases[i].victim);
		live(engine, 60);
		assert_true(scenario_break(&run, engine));
		assert_false(scenario_break(&run, engine));
		uint64_t broke_at = engine->head;
		live(engine, 300);
		unsigned missed[ENGINE_VALIDATORS_MAX] = {0};
		const struct engine_node *other = &engine->nodes[run.victim == 0 ? 1 : 0];
		assert_int_equal(engine_node_peers(engine, other), cases[i].validators + 1 - 2);
		/* The chain is read at node 0, which is a victim once: read it where it lives. */
		struct engine_node *reader = &engine->nodes[0];
		enum pod_phase phase = reader->phase;
		reader->phase = POD_RUNNING;
		check_chain(engine, broke_at, missed);
		reader->phase = phase;
		for (unsigned v = 0; v < cases[i].validators; v++) {
			if (&engine->nodes[engine->turns[v]] == victim)
				assert_true(missed[v] >= 10);
			else
				assert_int_equal(missed[v], 0);
		}
		engine_restart(engine, &engine->nodes[run.victim]);
		live(engine, 60);
		uint64_t healed_at = engine->head;
		memset(missed, 0, sizeof(missed));
		live(engine, 60);
		check_chain(engine, healed_at, missed);
		for (unsigned v = 0; v < cases[i].validators; v++)
			assert_int_equal(missed[v], 0);
		assert_true(scenario_break(&run, engine)); /* and can be broken anew */
		engine_free(engine);
	}
}

static void test_outage_halts_until_validators_restart(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 10; n += 3) {
		struct engine *engine = network(n, 2, n);
		struct scenario_run run = begin("network-outage", engine, NULL);
		live(engine, 40);
		assert_true(scenario_break(&run, engine));
		uint64_t halted_at = engine->head;
		assert_true(engine_ready_replicas(engine, true) < engine_quorum(n));
		assert_int_equal(engine_ready_replicas(engine, false), 2);
		live(engine, 3600);
		assert_true(engine->head <= halted_at + 1);
		for (unsigned v = 0; v < n; v++) {
			if (engine->nodes[v].phase == POD_RUNNING)
				assert_true(engine->nodes[v].round >= 9); /* floor(log2(3598/2 + 1)) is 10 */
		}
		uint64_t head = engine->head;
		engine_rollout(engine, true);
		assert_true(engine_rolling(engine, true));
		live(engine, 300);
		assert_false(engine_rolling(engine, true));
		assert_true(engine->head > head + 50);
		unsigned missed[ENGINE_VALIDATORS_MAX] = {0};
		check_chain(engine, head, missed);
		engine_free(engine);
	}
}

static void test_late_comers_wait_for_a_common_round(void **state)
{
	(void)state;
	/* Restarting only those that fell leaves the others in a high round: blocks come when
	 * the rounds meet, not at once (protocol reference 1.4). */
	struct engine *engine = network(4, 1, 5);
	struct scenario_run run = begin("network-outage", engine, "besu-validator-1");
	live(engine, 40);
	assert_true(scenario_break(&run, engine));
	live(engine, 600);
	uint64_t head = engine->head;
	engine_restart(engine, &engine->nodes[1]);
	engine_restart(engine, &engine->nodes[2]);
	live(engine, 60);
	assert_int_equal(engine->head, head);
	scenario_heal(&run, engine);
	live(engine, 5);
	assert_true(engine->head > head);
	engine_free(engine);
}

static void test_restarting_too_many_halts(void **state)
{
	(void)state;
	struct engine *engine = network(4, 1, 5);
	live(engine, 41);
	uint64_t head = engine->head;
	engine_restart(engine, &engine->nodes[0]);
	engine_restart(engine, &engine->nodes[3]);
	engine_advance(engine, engine->now_us + 2400000);
	assert_true(engine->head <= head + 1);
	live(engine, 120);
	assert_true(engine->head > head + 30);
	engine_free(engine);
}

static void test_rpc_trouble_leaves_the_chain_alone(void **state)
{
	(void)state;
	struct engine *engine = network(4, 2, 5);
	struct scenario_run run = begin("rpc-endpoint-issues", engine, "besu-rpc-1");
	assert_true(scenario_break(&run, engine));
	assert_true(engine_find(engine, "besu-rpc-1")->trouble == RPC_UNAVAILABLE || engine_find(engine, "besu-rpc-1")->trouble == RPC_REFUSED);
	assert_int_equal(engine_find(engine, "besu-rpc-0")->trouble, RPC_SLOW);
	live(engine, 60);
	assert_int_equal(engine->head, 4812000 + 29);
	/* Another pod takes the load; the one that refuses needs its restart. */
	assert_int_equal(engine_scale(engine, false, 3, NULL), STATUS_OK);
	live(engine, 10);
	assert_int_equal(engine_find(engine, "besu-rpc-0")->trouble, RPC_FINE);
	assert_int_not_equal(engine_find(engine, "besu-rpc-1")->trouble, RPC_FINE);
	engine_restart(engine, engine_find(engine, "besu-rpc-1"));
	live(engine, 10);
	assert_int_equal(engine_find(engine, "besu-rpc-1")->trouble, RPC_FINE);
	assert_int_equal(engine_scale(engine, false, 99, NULL), STATUS_LIMIT);
	engine_free(engine);
}

static void test_a_fork_grows_on_both_sides(void **state)
{
	(void)state;
	struct engine *engine = network(4, 2, 5);
	struct scenario_run run = begin("chain-fork", engine, "besu-validator-2");
	live(engine, 60);
	uint64_t before = engine->head;
	assert_true(scenario_break(&run, engine));
	live(engine, 60);
	const struct engine_node *strayed[] = {engine_find(engine, "besu-validator-2"), engine_find(engine, "besu-rpc-1")};
	const struct engine_node *other = engine_find(engine, "besu-validator-0");
	assert_true(engine->head > before + 20);
	for (size_t i = 0; i < ARRAY_LENGTH(strayed); i++) {
		for (uint64_t number = before - 5; number <= engine->head; number++) {
			const struct engine_block *a = engine_block_of(engine, strayed[i], number), *b = engine_block_of(engine, other, number);
			assert_int_equal(hash_equal(&a->hash, &b->hash), number <= before);
			if (number > before - 5)
				assert_true(hash_equal(&a->parent, &engine_block_of(engine, strayed[i], number - 1)->hash));
			assert_ptr_equal(engine_block_by_hash(engine, strayed[i], &a->hash), a);
			size_t len_a, len_b;
			assert_non_null(engine_block_extra(engine, a, &len_a));
			assert_non_null(engine_block_extra(engine, b, &len_b));
		}
	}
	/* Restarting those that strayed ends it, and it can be broken anew. */
	assert_true(scenario_is_broken(engine));
	engine_restart(engine, engine_find(engine, "besu-validator-2"));
	engine_restart(engine, engine_find(engine, "besu-rpc-1"));
	live(engine, 30);
	assert_false(scenario_is_broken(engine));
	assert_ptr_equal(engine_block_of(engine, strayed[0], engine->head), engine_block_at(engine, engine->head));
	assert_true(scenario_break(&run, engine));
	live(engine, 30);
	scenario_heal(&run, engine);
	assert_false(scenario_is_broken(engine));
	engine_free(engine);
}

static void test_a_partition_halts_where_no_half_has_a_quorum(void **state)
{
	(void)state;
	static const struct {
		unsigned validators;
		bool halts;
	} cases[] = {{3, false}, {4, true}, {5, true}, {7, true}, {10, true}};
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct engine *engine = network(cases[i].validators, 2, 5);
		struct scenario_run run = begin("network-partition", engine, "besu-validator-1");
		live(engine, 60);
		assert_true(scenario_break(&run, engine));
		uint64_t head = engine->head;
		live(engine, 120);
		assert_int_equal(engine->head <= head + 1, cases[i].halts);
		const struct engine_node *cut = engine_find(engine, "besu-validator-1"), *rest = engine_find(engine, "besu-validator-0");
		assert_true(engine_node_head(engine, cut) <= head + 1);
		assert_false(engine_connected(cut, rest));
		assert_int_equal(engine_node_peers(engine, cut) + engine_node_peers(engine, rest) + 2, cases[i].validators + 2);
		/* A restart does not mend the network. */
		engine_restart(engine, engine_find(engine, "besu-validator-1"));
		live(engine, 30);
		assert_true(scenario_is_broken(engine));
		scenario_heal(&run, engine);
		head = engine->head;
		live(engine, 60);
		assert_true(engine->head > head + 20);
		assert_int_equal(engine_node_peers(engine, cut), cases[i].validators + 1);
		engine_free(engine);
	}
}

static void test_a_flapping_validator_comes_and_goes(void **state)
{
	(void)state;
	struct engine *engine = network(4, 1, 5);
	struct scenario_run run = begin("flapping", engine, "besu-validator-1");
	live(engine, 60);
	assert_true(scenario_break(&run, engine));
	const struct engine_node *victim = &engine->nodes[run.victim];
	unsigned falls = 1;
	bool up = false;
	for (unsigned second = 0; second < 300; second++) {
		live(engine, 1);
		falls += up && victim->phase == POD_CRASHED;
		up = victim->phase == POD_RUNNING;
	}
	assert_true(falls >= 5);
	engine_restart(engine, &engine->nodes[run.victim]);
	live(engine, 300);
	assert_false(scenario_is_broken(engine));
	engine_free(engine);
}

static void test_names_are_checked(void **state)
{
	(void)state;
	struct engine *engine = network(4, 2, 5);
	struct error err = {0};
	size_t victim;
	assert_null(scenario_find("meteor", &err));
	assert_non_null(strstr(err.text, "validator-failure"));
	error_clear(&err);
	assert_int_equal(scenario_victim(scenario_find("validator-failure", NULL), engine, "besu-rpc-0", &victim, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "besu-validator-3"));
	error_clear(&err);
	assert_int_equal(scenario_victim(scenario_find("rpc-endpoint-issues", NULL), engine, "besu-validator-0", &victim, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "besu-rpc-1"));
	engine_free(engine);
}

/* --- answers ----------------------------------------------------------------------- */

#define CALL(method, params) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":" params "}"

static void test_answers(void **state)
{
	(void)state;
	static const struct {
		const char *request;
		unsigned status;
		const char *body; /* the whole answer, or its beginning when it ends in "*" */
	} cases[] = {
		{CALL("eth_chainId", "[]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x8a\"}"},
		{CALL("net_version", "[]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"138\"}"},
		{CALL("eth_blockNumber", "[]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x496cf3\"}"},
		{CALL("eth_syncing", "[]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":false}"},
		{CALL("net_peerCount", "[]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x5\"}"},
		{CALL("web3_clientVersion", "[]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"besu/v*"},
		{CALL("qbft_getRequestTimeoutSeconds", "[]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":2}"},
		{CALL("qbft_getPendingVotes", "[]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"},
		{CALL("eth_getBlockByNumber", "[\"latest\",false]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"number\":\"0x496cf3\",*"},
		{CALL("eth_getBlockByNumber", "[\"earliest\",false]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"number\":\"0x0\",*"},
		{CALL("eth_getBlockByNumber", "[\"0xffffffff\",false]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}"},
		{CALL("eth_getBlockByNumber", "[\"0x10\",false]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":4444,*"},
		{CALL("eth_getBlockByNumber", "[\"finalized\",false]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-39001,\"message\":\"Unknown block\"}}"},
		{CALL("eth_getBlockByNumber", "[\"12\",false]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,*"},
		{CALL("eth_getBlockByNumber", "[]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,*"},
		{CALL("eth_getBlockByHash", "[\"0x1111111111111111111111111111111111111111111111111111111111111111\",false]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}"},
		{CALL("qbft_getSignerMetrics", "[\"0x10\",\"0x10\"]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,*"},
		{CALL("txpool_status", "[]"), 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"Method not found\"}}"},
		{"{\"jsonrpc\":\"2.0\",\"id\":\"a\\\"b\",\"method\":\"eth_chainId\"}", 200, "{\"jsonrpc\":\"2.0\",\"id\":\"a\\\"b\",\"result\":\"0x8a\"}"},
		{"{\"jsonrpc\":\"2.0\",\"method\":\"eth_chainId\"}", 200, ""},
		{"[" CALL("eth_chainId", "[]") "]", 200, "[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x8a\"}]"},
		{"[" CALL("eth_chainId", "[]") ",7," CALL("nonsense", "[]") "]", 200, "[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x8a\"},{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,*"},
		{"{\"id\":1,", 400, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"Parse error\"}}"},
		{"", 400, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"Parse error\"}}"},
		{"[]", 400, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,*"},
		{"7", 400, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,*"},
	};
	struct engine *engine = network(4, 2, 1);
	live(engine, 39);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct buf out;
		buf_init(&out, ANSWER_BYTES_MAX);
		assert_int_equal(answer_rpc(engine, &engine->nodes[0], cases[i].request, strlen(cases[i].request), &out), cases[i].status);
		size_t len = strlen(cases[i].body);
		bool whole = len == 0 || cases[i].body[len - 1] != '*';
		if (whole ? strcmp(buf_text(&out), cases[i].body) != 0 : strncmp(buf_text(&out), cases[i].body, len - 1) != 0)
			fail_msg("%s\nanswered %s\nnot      %s", cases[i].request, buf_text(&out), cases[i].body);
		buf_free(&out);
	}
	engine_free(engine);
}

static void test_batch_limit_and_disabled_groups(void **state)
{
	(void)state;
	struct engine *engine = network(4, 2, 1);
	struct buf request;
	buf_init(&request, 1 << 20);
	buf_puts(&request, "[" CALL("eth_chainId", "[]"));
	for (int i = 1; i <= ANSWER_BATCH_MAX; i++)
		buf_puts(&request, "," CALL("eth_chainId", "[]"));
	buf_puts(&request, "]");
	struct json *reply = ask(engine, &engine->nodes[0], buf_text(&request));
	int64_t code;
	assert_true(json_i64(json_get(json_get(reply, "error"), "code"), &code));
	assert_int_equal(code, -32005);
	json_free(reply);
	buf_free(&request);

	engine->nodes[5].apis = API_ETH;
	reply = ask(engine, &engine->nodes[5], CALL("qbft_getSignerMetrics", "[]"));
	assert_true(json_i64(json_get(json_get(reply, "error"), "code"), &code));
	assert_int_equal(code, -32604);
	json_free(reply);
	engine_free(engine);
}

static void test_signer_metrics_end_before_the_end(void **state)
{
	(void)state;
	struct engine *engine = network(4, 2, 1);
	live(engine, 60);
	struct json *reply = ask(engine, &engine->nodes[0], CALL("qbft_getSignerMetrics", "[\"0x496ce4\",\"0x496ce8\"]"));
	uint64_t sum = 0, proposed, last;
	for (const struct json *row = json_first(json_get(reply, "result")); row; row = json_next(row)) {
		assert_true(json_quantity(json_get(row, "proposedBlockCount"), &proposed));
		assert_true(json_quantity(json_get(row, "lastProposedBlockNumber"), &last));
		assert_int_equal(proposed, 1);
		assert_in_range(last, 0x496ce4, 0x496ce7);
		sum += proposed;
	}
	assert_int_equal(sum, 4);
	json_free(reply);
	engine_free(engine);
}

static void test_readiness(void **state)
{
	(void)state;
	static const struct {
		const char *peers, *behind;
		unsigned status;
	} cases[] = {{NULL, NULL, 200}, {"5", "0", 200}, {"6", NULL, 503}, {"many", NULL, 503}, {NULL, "-1", 503}};
	struct engine *engine = network(4, 2, 1);
	live(engine, 10);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct buf out;
		buf_init(&out, 200);
		assert_int_equal(answer_readiness(engine, &engine->nodes[0], cases[i].peers, cases[i].behind, &out), cases[i].status);
		assert_non_null(strstr(buf_text(&out), cases[i].status == 200 ? "\"UP\"" : "\"DOWN\""));
		buf_free(&out);
	}
	engine_free(engine);
}

/* --- orders ------------------------------------------------------------------------ */

static void test_orders(void **state)
{
	(void)state;
	static const struct {
		const char *order;
		enum status status;
		const char *says; /* in the answer, or in the error */
	} cases[] = {
		{"pods validator", STATUS_OK, "besu-validator-2   0/1     CrashLoopBackOff   5 ("},
		{"pods rpc wide", STATUS_OK, "besu-rpc-0   1/1     Running   0"},
		{"pods besu-nothing", STATUS_NOT_FOUND, "pods \"besu-nothing\" not found"},
		{"describe besu-validator-2", STATUS_OK, "OOMKilled"},
		{"logs besu-validator-2 1", STATUS_OK, "java.lang.OutOfMemoryError"},
		{"logs besu-validator-0 20", STATUS_OK, "| INFO  | QbftBesuControllerBuilder | "},
		{"logs besu-validator-0 many", STATUS_USAGE, "number"},
		{"top besu-validator-2", STATUS_NOT_FOUND, "podmetrics"},
		{"top validator", STATUS_OK, "besu-validator-0"},
		{"events", STATUS_OK, "pod/besu-validator-2"},
		{"sets besu-validator", STATUS_OK, "3/4"},
		{"rollout besu-validator", STATUS_OK, "Waiting for 1 pods"},
		{"rollout besu-nothing", STATUS_NOT_FOUND, "statefulsets.apps"},
		{"break", STATUS_REFUSED, "nothing to break"},
		{"status", STATUS_OK, "3 of 4 validators run, quorum 3"},
		{"restart", STATUS_USAGE, "which node"},
		{"dance", STATUS_USAGE, "one of break, heal"},
		{"logs a b c d", STATUS_USAGE, "too many words"},
		{"restart besu-validator-2", STATUS_OK, "restarting"},
		{"pods validator", STATUS_OK, "besu-validator-2   0/1     ContainerCreating"},
		{"logs besu-validator-2", STATUS_REFUSED, "waiting to start"},
	};
	struct engine *engine = network(4, 2, 1);
	struct scenario_run run = begin("validator-failure", engine, "besu-validator-2");
	live(engine, 60);
	assert_true(scenario_break(&run, engine));
	live(engine, 60);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = {0};
		struct buf out;
		buf_init(&out, 1 << 20);
		assert_int_equal(pods_order(&run, engine, cases[i].order, &out, &err), cases[i].status);
		const char *said = cases[i].status == STATUS_OK ? buf_text(&out) : err.text;
		if (!strstr(said, cases[i].says))
			fail_msg("%s said\n%s\nwithout %s", cases[i].order, said, cases[i].says);
		buf_free(&out);
	}
	engine_free(engine);
}

/* --- over HTTP ---------------------------------------------------------------------- */

static size_t take(char *bytes, size_t size, size_t count, void *arg)
{
	buf_add(arg, bytes, size * count);
	return size * count;
}

/* One request; 0 when nothing answered. */
static long fetch(const char *url, const char *path, const char *header, const char *body, struct buf *out)
{
	char full[200];
	long status = 0;
	snprintf(full, sizeof(full), "%s%s", url, path);
	CURL *easy = curl_easy_init();
	struct curl_slist *headers = header ? curl_slist_append(NULL, header) : NULL;
	buf_clear(out);
	curl_easy_setopt(easy, CURLOPT_URL, full);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	if (body)
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, out);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, 20L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	if (curl_easy_perform(easy) == CURLE_OK)
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(easy);
	curl_slist_free_all(headers);
	return status;
}

static struct sim *start(const char *scenario, const char *victim, int64_t break_after_ms, double speed)
{
	struct sim_options options = {.scenario = scenario, .victim = victim, .seed = 4, .break_after_ms = break_after_ms, .speed = speed};
	struct error err = {0};
	struct sim *sim;
	if (sim_start(&sim, &options, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	return sim;
}

static void test_http(void **state)
{
	(void)state;
	struct sim *sim = start("healthy", NULL, -1, 1);
	struct buf out;
	buf_init(&out, 1 << 20);
	assert_int_equal(sim_node_count(sim), 6);
	for (size_t i = 0; i < sim_node_count(sim); i++) {
		assert_int_equal(fetch(sim_node_at(sim, i)->url, "/", NULL, CALL("eth_chainId", "[]"), &out), 200);
		assert_string_equal(buf_text(&out), "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x8a\"}");
	}
	const char *url = sim_node_at(sim, 0)->url;
	assert_int_equal(fetch(url, "/", NULL, "{", &out), 400);
	assert_int_equal(fetch(url, "/", "Host: evil.example", CALL("eth_chainId", "[]"), &out), 403);
	assert_string_equal(buf_text(&out), "{\"message\":\"Host not authorized.\"}");
	assert_int_equal(fetch(url, "/liveness", NULL, NULL, &out), 200);
	assert_int_equal(fetch(url, "/readiness?minPeers=6", NULL, NULL, &out), 503);
	assert_int_equal(fetch(url, "/nowhere", NULL, NULL, &out), 404);
	/* The last block is a fresh one. */
	assert_int_equal(fetch(url, "/", NULL, CALL("eth_getBlockByNumber", "[\"latest\",true]"), &out), 200);
	struct json *reply = json_parse(out.data, out.len, 1 << 22, NULL);
	struct header header;
	assert_int_equal(header_from_json(json_get(reply, "result"), true, &header, NULL), STATUS_OK);
	assert_in_range(sim_now_us(sim) / US_PER_S - header.timestamp_s, 0, 4);
	header_free(&header);
	json_free(reply);
	buf_free(&out);
	sim_stop(sim);
}

static void test_its_configuration_is_one(void **state)
{
	(void)state;
	struct sim *sim = start("validator-failure", "besu-validator-1", 3600 * 1000, 1);
	struct buf text;
	struct config config;
	struct config_problems problems = {0};
	buf_init(&text, 1 << 20);
	sim_config(sim, &text);
	assert_int_equal(config_parse(text.data, text.len, "sim.conf", &config, &problems), STATUS_OK);
	assert_int_equal(problems.count, 0);
	assert_int_equal(config.node_count, 6);
	assert_int_equal(config.validator_count, 4);
	assert_int_equal(config.chain_id, 138);
	assert_string_equal(config.nodes[5].url, sim_node_at(sim, 5)->url);
	assert_true(address_equal(&config.nodes[1].validator, &sim_node_at(sim, 1)->address));
	config_free(&config);
	config_problems_free(&problems);
	buf_free(&text);
	sim_stop(sim);
}

static void test_break_and_heal_over_http(void **state)
{
	(void)state;
	struct sim *sim = start("validator-failure", "besu-validator-1", 3600 * 1000, 1);
	const char *victim = sim_node_at(sim, 1)->url, *other = sim_node_at(sim, 0)->url;
	struct buf out;
	buf_init(&out, 1 << 20);
	assert_ptr_equal(sim_victim(sim), sim_node_at(sim, 1));
	assert_int_equal(fetch(victim, "/", NULL, CALL("net_peerCount", "[]"), &out), 200);
	sim_break(sim);
	assert_int_equal(fetch(victim, "/", NULL, CALL("net_peerCount", "[]"), &out), 0);
	assert_int_equal(fetch(other, "/", NULL, CALL("net_peerCount", "[]"), &out), 200);
	assert_non_null(strstr(buf_text(&out), "\"0x4\""));
	/* Orders need the header, and are taken where every node may be down. */
	assert_int_equal(fetch(sim_control_url(sim), "/control", NULL, "heal", &out), 403);
	assert_int_equal(fetch(sim_control_url(sim), "/control", "X-Tocsin-Control: 1", "describe nobody", &out), 404);
	assert_int_equal(fetch(sim_control_url(sim), "/", NULL, CALL("net_peerCount", "[]"), &out), 404);
	assert_int_equal(fetch(other, "/control", "X-Tocsin-Control: 1", "status", &out), 200);
	sim_heal(sim);
	assert_int_equal(fetch(victim, "/", NULL, CALL("net_peerCount", "[]"), &out), 200);
	assert_non_null(strstr(buf_text(&out), "\"0x5\""));
	buf_free(&out);
	sim_stop(sim);
}

static void test_scenarios_have_begun_at_the_start(void **state)
{
	(void)state;
	struct sim *sim = start("network-outage", NULL, -1, 1);
	struct buf out;
	buf_init(&out, 1 << 20);
	size_t down = 0;
	for (size_t i = 0; i < sim_node_count(sim); i++)
		down += fetch(sim_node_at(sim, i)->url, "/", NULL, CALL("net_version", "[]"), &out) == 0;
	assert_int_equal(down, 2);
	assert_int_equal(fetch(sim_node_at(sim, 4)->url, "/", NULL, CALL("eth_getBlockByNumber", "[\"latest\",false]"), &out), 200);
	struct json *reply = json_parse(out.data, out.len, 1 << 22, NULL);
	uint64_t timestamp;
	assert_true(json_quantity(json_get(json_get(reply, "result"), "timestamp"), &timestamp));
	assert_true(sim_now_us(sim) / US_PER_S - (int64_t)timestamp >= 2 + 3 * 2 + 2);
	json_free(reply);
	buf_free(&out);
	sim_stop(sim);
}

/* The server's clock by its Date header, in seconds. */
static int64_t date_of(const char *url)
{
	struct buf out;
	buf_init(&out, 1 << 16);
	CURL *easy = curl_easy_init();
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, CALL("net_version", "[]"));
	curl_easy_setopt(easy, CURLOPT_HEADER, 1L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &out);
	assert_int_equal(curl_easy_perform(easy), CURLE_OK);
	curl_easy_cleanup(easy);
	const char *date = strstr(buf_text(&out), "Date: ");
	assert_non_null(date);
	int64_t at = (int64_t)curl_getdate(date + strlen("Date: "), NULL);
	buf_free(&out);
	return at;
}

static void test_a_skewed_clock_shows_in_the_date(void **state)
{
	(void)state;
	struct sim *sim = start("clock-skew", "besu-validator-1", -1, 1);
	for (size_t i = 0; i < 3; i++) {
		int64_t skew_s = date_of(sim_node_at(sim, i)->url) - clock_wall_us(clock_system()) / US_PER_S;
		if (i == 1)
			assert_true(skew_s >= 28 && skew_s <= 92);
		else
			assert_true(skew_s >= -2 && skew_s <= 2);
	}
	sim_heal(sim);
	assert_true(date_of(sim_node_at(sim, 1)->url) - clock_wall_us(clock_system()) / US_PER_S <= 2);
	sim_stop(sim);
}

static void test_a_slow_node_is_slow_alone(void **state)
{
	(void)state;
	struct sim *sim = start("rpc-endpoint-issues", "besu-rpc-0", -1, 1);
	struct buf out;
	buf_init(&out, 1 << 20);
	int64_t before_us = clock_mono_us(clock_system());
	assert_int_equal(fetch(sim_node_at(sim, 0)->url, "/", NULL, CALL("net_version", "[]"), &out), 200);
	assert_true(clock_mono_us(clock_system()) - before_us < 2 * US_PER_S);
	before_us = clock_mono_us(clock_system());
	assert_int_equal(fetch(sim_node_at(sim, 5)->url, "/", NULL, CALL("net_version", "[]"), &out), 200);
	assert_true(clock_mono_us(clock_system()) - before_us >= 2 * US_PER_S);
	assert_int_not_equal(fetch(sim_node_at(sim, 4)->url, "/", NULL, CALL("net_version", "[]"), &out), 200);
	buf_free(&out);
	sim_stop(sim);
}

static void *fetch_slowly(void *arg)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	(void)fetch(arg, "/", NULL, CALL("net_version", "[]"), &out);
	buf_free(&out);
	return NULL;
}

static void test_stopping_waits_for_nobody(void **state)
{
	(void)state;
	struct sim *sim = start("rpc-endpoint-issues", "besu-rpc-0", -1, 1);
	char url[64];
	pthread_t client;
	const struct timespec pause = {0, 200000000};
	snprintf(url, sizeof(url), "%s", sim_node_at(sim, 5)->url);
	assert_int_equal(pthread_create(&client, NULL, fetch_slowly, url), 0);
	nanosleep(&pause, NULL); /* the request is being thought about by now */
	int64_t before_us = clock_mono_us(clock_system());
	sim_stop(sim);
	assert_true(clock_mono_us(clock_system()) - before_us < 3 * US_PER_S / 2);
	pthread_join(client, NULL);
}

/* --- stand-in tools ------------------------------------------------------------------ */

/* Runs a stand-in with stdout and stderr into a file; returns its exit code. */
static int run_tool(const char *line, struct buf *out)
{
	char words[16][64];
	char *argv[16];
	int argc = 0;
	while (argc < 16 && text_word(&line, words[argc], sizeof(words[argc]))) {
		argv[argc] = words[argc];
		argc++;
	}
	FILE *file = tmpfile();
	assert_non_null(file);
	fflush(stdout);
	int kept_out = dup(STDOUT_FILENO), kept_err = dup(STDERR_FILENO);
	dup2(fileno(file), STDOUT_FILENO);
	dup2(fileno(file), STDERR_FILENO);
	int code = standin_run(argc, argv);
	fflush(stdout);
	dup2(kept_out, STDOUT_FILENO);
	dup2(kept_err, STDERR_FILENO);
	close(kept_out);
	close(kept_err);
	rewind(file);
	char bytes[4096];
	buf_clear(out);
	for (size_t got; (got = fread(bytes, 1, sizeof(bytes), file)) > 0;)
		buf_add(out, bytes, got);
	fclose(file);
	return code;
}

static void test_kubectl(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		int code;
		const char *says;
	} cases[] = {
		{"kubectl get pods -n besu-network -l component=validator", 0, "NAME               READY   STATUS             RESTARTS"},
		{"kubectl get pods -nbesu-network --selector=component=rpc -o wide", 0, "besu-rpc-1"},
		{"kubectl get pod/besu-validator-1", 0, "CrashLoopBackOff"},
		{"kubectl get pods -l app=oracle-publisher -n besu-network", 0, "No resources found"},
		{"kubectl get pods -o yaml", 1, "not simulated"},
		{"kubectl get secrets", 1, "stand-in kubectl: secrets is not simulated"},
		{"kubectl get statefulset besu-validator", 0, "3/4"},
		{"kubectl describe pod besu-validator-1 -n besu-network", 0, "OOMKilled"},
		{"kubectl describe pod nobody -n besu-network", 1, "Error from server (NotFound): pods \"nobody\" not found"},
		{"kubectl logs besu-validator-1 -n besu-network --tail=2", 0, "OutOfMemoryError"},
		{"kubectl logs -n besu-network besu-validator-0 --tail 5", 0, "Imported"},
		{"kubectl top pod besu-validator-0 -n besu-network", 0, "CPU(cores)"},
		{"kubectl get events -n besu-network", 0, "BackOff"},
		{"kubectl exec -n besu-network besu-validator-0 -- sh", 1, "a shell inside a pod is not simulated"},
		{"kubectl apply -f x.yaml", 1, "not simulated"},
		{"kubectl scale statefulset/besu-rpc --replicas=5 -n besu-network", 0, "statefulset.apps/besu-rpc scaled"},
		{"kubectl delete pod besu-validator-1 -n besu-network", 0, "pod \"besu-validator-1\" deleted"},
		{"kubectl rollout status statefulset/besu-validator -n besu-network --timeout=60s", 0, "rolling update complete 4 pods"},
		{"kubectl rollout restart statefulset/besu-validator -n besu-network", 0, "statefulset.apps/besu-validator restarted"},
		{"kubectl rollout undo statefulset/besu-validator", 1, "not simulated"},
		{"cast send 0x00", 1, "is not simulated (a function without arguments is)"},
	};
	/* A fast clock, so that pods start at once. */
	struct sim *sim = start("validator-failure", "besu-validator-1", -1, 20);
	setenv("TOCSIN_SIM_URL", sim_control_url(sim), 1);
	struct buf out;
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		int code = run_tool(cases[i].line, &out);
		if (code != cases[i].code || !strstr(buf_text(&out), cases[i].says))
			fail_msg("%s: exit %d\n%s\nwithout %s", cases[i].line, code, buf_text(&out), cases[i].says);
	}
	sim_stop(sim);
	assert_int_equal(run_tool("kubectl get pods", &out), 1);
	setenv("TOCSIN_SIM_URL", "http://example.com:80", 1);
	assert_int_equal(run_tool("kubectl get pods", &out), 1);
	assert_non_null(strstr(buf_text(&out), "no simulated network"));
	buf_free(&out);
}

static void test_tool_directory(void **state)
{
	(void)state;
	struct sim *sim = start("healthy", NULL, -1, 1);
	char *dir, path[300];
	struct stat st;
	assert_int_equal(standin_directory(sim, &dir, NULL), STATUS_OK);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	snprintf(path, sizeof(path), "%s/kubectl", dir);
	assert_int_equal(access(path, X_OK), 0);
	standin_remove(dir);
	assert_int_equal(access(dir, F_OK), -1);
	free(dir);
	sim_stop(sim);
}

int main(void)
{
	hash_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_seed_same_chain),
		cmocka_unit_test(test_headers_hold),
		cmocka_unit_test(test_healthy_validators_miss_some_seals),
		cmocka_unit_test(test_only_the_victim_misses_turns),
		cmocka_unit_test(test_outage_halts_until_validators_restart),
		cmocka_unit_test(test_late_comers_wait_for_a_common_round),
		cmocka_unit_test(test_restarting_too_many_halts),
		cmocka_unit_test(test_rpc_trouble_leaves_the_chain_alone),
		cmocka_unit_test(test_names_are_checked),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_batch_limit_and_disabled_groups),
		cmocka_unit_test(test_signer_metrics_end_before_the_end),
		cmocka_unit_test(test_readiness),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_its_configuration_is_one),
		cmocka_unit_test(test_break_and_heal_over_http),
		cmocka_unit_test(test_scenarios_have_begun_at_the_start),
		cmocka_unit_test(test_a_fork_grows_on_both_sides),
		cmocka_unit_test(test_a_partition_halts_where_no_half_has_a_quorum),
		cmocka_unit_test(test_a_flapping_validator_comes_and_goes),
		cmocka_unit_test(test_a_skewed_clock_shows_in_the_date),
		cmocka_unit_test(test_a_slow_node_is_slow_alone),
		cmocka_unit_test(test_stopping_waits_for_nobody),
		cmocka_unit_test(test_kubectl),
		cmocka_unit_test(test_tool_directory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
