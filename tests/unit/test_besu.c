/* What is asked of a node, and what its answers come to: Besu's samples, other peers'
 * recorded answers, and all the ways in which an answer can be wrong. */
#include "collect_fixture.h"

#include "base/hash.h"
#include "base/mem.h"
#include "collect/besu.h"
#include "collect/protocol.h"

#include <ctype.h>
#include <inttypes.h>

/* --- a peer that answers from a table -------------------------------------------------- */

static const int64_t start_us = INT64_C(1735689600) * US_PER_S;

/* What the peer says to a method: the member's text after its id. NULL leaves a hole. */
struct say {
	const char *method; /* "latest" stands for the head call, "finalized" for that tag, "block" for a height */
	const char *member;
};

enum { SAYS_MAX = 20 };

struct peer {
	void *memory;
	int64_t now_us;
	struct json *plan;
	struct say says[SAYS_MAX];
	size_t say_count;
	char *owned[SAYS_MAX];
	size_t owned_count;
	bool backwards; /* replies in reverse order */
	bool twice;     /* each reply again, with another result */
	struct node_sample sample;
};

static void peer_init(struct peer *p)
{
	memset(p, 0, sizeof(*p));
	p->memory = protocol_besu.memory_new();
	p->now_us = start_us;
}

static void peer_free(struct peer *p)
{
	protocol_besu.memory_free(p->memory);
	json_free(p->plan);
	node_sample_free(&p->sample);
	for (size_t i = 0; i < p->owned_count; i++)
		free(p->owned[i]);
}

static void peer_says(struct peer *p, const char *method, const char *member)
{
	for (size_t i = 0; i < p->say_count; i++) {
		if (strcmp(p->says[i].method, method) != 0)
			continue;
		p->says[i].member = member;
		return;
	}
	assert_true(p->say_count < SAYS_MAX);
	p->says[p->say_count++] = (struct say){method, member};
}

/* The result or error of a recorded reply. */
static void peer_says_file(struct peer *p, const char *method, const char *file)
{
	struct json *root = fixture_json(file);
	const struct json *error = json_get(root, "error");
	struct buf member;

	buf_init(&member, FIXTURE_LIMIT);
	buf_puts(&member, error ? "\"error\":" : "\"result\":");
	assert_true(json_canonical(error ? error : json_get(root, "result"), &member));
	json_free(root);
	assert_true(p->owned_count < SAYS_MAX);
	p->owned[p->owned_count] = buf_take(&member);
	peer_says(p, method, p->owned[p->owned_count++]);
}

static const struct {
	const char *method, *file;
} besu_files[] = {
	{"latest", "besu/eth_getBlockByNumber.json"},
	{"eth_syncing", "besu/eth_syncing_false.json"},
	{"net_peerCount", "besu/net_peerCount.json"},
	{"txpool_besuStatistics", "besu/txpool_besuStatistics.json"},
	{"eth_chainId", "besu/eth_chainId.json"},
	{"web3_clientVersion", "besu/web3_clientVersion.json"},
	{"admin_nodeInfo", "besu/admin_nodeInfo.json"},
	{"admin_peers", "besu/admin_peers.json"},
	{"qbft_getRequestTimeoutSeconds", "besu/qbft_getRequestTimeoutSeconds.json"},
	{"qbft_getValidatorsByBlockNumber", "besu/qbft_getValidatorsByBlockNumber.json"},
	{"qbft_getPendingVotes", "besu/qbft_getPendingVotes.json"},
	{"qbft_getSignerMetrics", "besu/qbft_getSignerMetrics.json"},
	{"block", "besu/eth_getBlockByNumber_unknown.json"},
};

static void peer_is_besu(struct peer *p)
{
	for (size_t i = 0; i < ARRAY_LENGTH(besu_files); i++)
		peer_says_file(p, besu_files[i].method, besu_files[i].file);
}

/* Plans the next request and keeps what it asks. */
static void peer_plan(struct peer *p)
{
	struct error err = {0};
	struct buf body;

	json_free(p->plan);
	buf_init(&body, 64 * 1024);
	protocol_besu.plan(p->memory, NULL, NULL, p->now_us, &body);
	p->plan = json_parse(buf_text(&body), body.len, 16 * (size_t)FIXTURE_LIMIT, &err);
	if (!p->plan)
		fail_msg("%s: %s", err.text, buf_text(&body));
	buf_free(&body);
}

static const char *asked_method(const struct json *request)
{
	const char *method = json_string(json_get(request, "method")), *tag;

	assert_non_null(method);
	if (strcmp(method, "eth_getBlockByNumber") != 0)
		return method;
	tag = json_string(json_first(json_get(request, "params")));
	return strncmp(tag, "0x", 2) == 0 ? "block" : tag;
}

static const struct json *request_first(const struct peer *p)
{
	return json_is_array(p->plan) ? json_first(p->plan) : p->plan;
}

static const struct json *request_next(const struct peer *p, const struct json *request)
{
	return json_is_array(p->plan) ? json_next(request) : NULL;
}

static size_t asked_count(const struct peer *p, const char *method)
{
	size_t count = 0;

	for (const struct json *request = request_first(p); request; request = request_next(p, request))
		count += strcmp(asked_method(request), method) == 0;
	return count;
}

/* A plain block of that height; its hash is the height. */
static void put_block(struct buf *out, uint64_t height)
{
	buf_printf(out, "\"result\":{\"number\":\"0x%" PRIx64 "\",\"hash\":\"0x%064" PRIx64 "\",\"parentHash\":\"0x%064" PRIx64 "\",\"timestamp\":\"0x%" PRIx64 "\",\"extraData\":\"0x\"}",
		   height, height, height - 1, height * 2);
}

static void put_member(const struct peer *p, const struct json *request, struct buf *out)
{
	const char *method = asked_method(request), *member = "\"error\":{\"code\":-32601,\"message\":\"Method not found\"}";
	int64_t id;
	uint64_t height;

	assert_true(json_i64(json_get(request, "id"), &id));
	for (size_t i = 0; i < p->say_count; i++)
		if (strcmp(p->says[i].method, method) == 0)
			member = p->says[i].member;
	if (!member)
		return;
	if (out->len > 0)
		buf_putc(out, ',');
	buf_printf(out, "{\"jsonrpc\":\"2.0\",\"id\":%" PRId64 ",", id);
	if (strcmp(member, "as asked") == 0) {
		assert_true(json_quantity(json_first(json_get(request, "params")), &height));
		put_block(out, height);
	} else {
		buf_puts(out, member);
	}
	buf_putc(out, '}');
	if (p->twice)
		buf_printf(out, ",{\"jsonrpc\":\"2.0\",\"id\":%" PRId64 ",\"result\":\"0x1234\"}", id);
}

static void put_members(const struct peer *p, struct buf *out)
{
	for (const struct json *request = request_first(p); request; request = request_next(p, request)) {
		struct buf one, all;

		if (!p->backwards) {
			put_member(p, request, out);
			continue;
		}
		buf_init(&one, FIXTURE_LIMIT);
		buf_init(&all, FIXTURE_LIMIT);
		put_member(p, request, &one);
		buf_printf(&all, "%s%s%s", buf_text(&one), one.len && out->len ? "," : "", buf_text(out));
		buf_clear(out);
		buf_puts(out, buf_text(&all));
		buf_free(&one);
		buf_free(&all);
	}
}

static void peer_hears(struct peer *p, int status, const char *body)
{
	struct http_reply reply = {.outcome = HTTP_ANSWERED, .status = status, .body = body, .body_len = strlen(body), .total_us = 8000};

	node_sample_free(&p->sample);
	protocol_besu.decode(p->memory, &reply, p->now_us, &p->sample);
}

static void peer_fails(struct peer *p, enum http_outcome outcome, const char *why)
{
	struct http_reply reply = {.outcome = outcome, .body = "", .why = why, .total_us = 3000000};

	node_sample_free(&p->sample);
	protocol_besu.decode(p->memory, &reply, p->now_us, &p->sample);
}

/* Answers what was planned, as the table says. */
static void peer_answers(struct peer *p)
{
	struct buf members, body;

	buf_init(&members, FIXTURE_LIMIT);
	buf_init(&body, FIXTURE_LIMIT);
	put_members(p, &members);
	buf_printf(&body, json_is_array(p->plan) ? "[%s]" : "%s", buf_text(&members));
	peer_hears(p, 200, buf_text(&body));
	buf_free(&members);
	buf_free(&body);
}

static void peer_round(struct peer *p)
{
	peer_plan(p);
	peer_answers(p);
}

static void assert_address(const struct address *address, const char *expected)
{
	char text[ADDRESS_TEXT];

	assert_string_equal(address_text(text, address), expected);
}

/* --- Besu as it is ------------------------------------------------------------------------ */

static void check_full_sample(const struct node_sample *s)
{
	const struct header *head = &s->headers[s->header_count - 1];

	assert_int_equal(s->reach, REACH_OK);
	assert_false(s->method_errors);
	assert_int_equal(s->rpc_us, 8000);
	assert_int_equal(s->has & ~(unsigned)SAMPLE_SIGNERS, SAMPLE_HEAD | SAMPLE_PEERS | SAMPLE_SYNCING | SAMPLE_POOL | SAMPLE_VERSION | SAMPLE_CHAIN_ID | SAMPLE_VALIDATORS | SAMPLE_NODE_KEY | SAMPLE_PERIODS | SAMPLE_VOTES | SAMPLE_METHODS | SAMPLE_OWN_KEY | SAMPLE_PEER_KEYS);
	assert_int_equal(s->peer_key_count, 1);
	assert_int_equal(s->peer_keys[0].bytes[0], 0x87);
	assert_int_equal(head->number, 0x3e9);
	assert_int_equal(head->round, 1);
	assert_int_equal(head->sealer_count, 3);
	assert_int_equal(s->peers, 5);
	assert_false(s->syncing);
	assert_int_equal(s->pool, 13);
	assert_string_equal(s->version, "besu/v25.9.0/linux-x86_64/openjdk-java-21");
	assert_int_equal(s->chain_id, 138);
	assert_int_equal(s->validator_count, 4);
	assert_address(&s->validators[3], "0xe8a81a13f6f5b876e47d5597244635fbbeccf3a4");
	assert_int_equal(s->block_period_ms, 2000);
	assert_int_equal(s->request_timeout_ms, 4000);
	assert_int_equal(s->vote_count, 2);
	assert_true(s->votes[0].add);
	assert_false(s->votes[1].add);
	assert_string_equal(s->methods, "");
}

static void besu_tells_everything(void **state TOCSIN_UNUSED)
{
	static const bool orders[] = {false, true};

	for (size_t i = 0; i < ARRAY_LENGTH(orders); i++) {
		struct peer p;

		peer_init(&p);
		peer_is_besu(&p);
		p.backwards = orders[i];
		peer_round(&p);
		check_full_sample(&p.sample);
		peer_free(&p);
	}
}

static void repeated_replies_change_nothing(void **state TOCSIN_UNUSED)
{
	struct peer p;

	peer_init(&p);
	peer_is_besu(&p);
	p.twice = true;
	peer_round(&p);
	check_full_sample(&p.sample);
	peer_free(&p);
}

static void replies_to_nothing_are_ignored(void **state TOCSIN_UNUSED)
{
	struct peer p;

	peer_init(&p);
	peer_plan(&p);
	peer_hears(&p, 200, "[{\"id\":0,\"result\":\"0x1\"},{\"id\":9007199254740991,\"result\":\"0x1\"},{\"id\":\"1\",\"result\":\"0x1\"},{\"result\":1},7,null,[],\"x\"]");
	assert_int_equal(p.sample.reach, REACH_OK);
	assert_true(p.sample.method_errors);
	assert_int_equal(p.sample.has, SAMPLE_METHODS);
	peer_free(&p);
}

static void signer_metrics_include_the_head(void **state TOCSIN_UNUSED)
{
	struct peer p;
	bool seen = false;

	peer_init(&p);
	peer_is_besu(&p);
	peer_round(&p);
	peer_plan(&p);
	for (const struct json *request = request_first(&p); request; request = request_next(&p, request)) {
		const struct json *from = json_first(json_get(request, "params"));

		if (strcmp(asked_method(request), "qbft_getSignerMetrics") != 0)
			continue;
		seen = true;
		/* 100 blocks, the end exclusive: 902 to 1001. */
		assert_string_equal(json_string(from), "0x386");
		assert_string_equal(json_string(json_next(from)), "0x3ea");
	}
	assert_true(seen);
	peer_answers(&p);
	assert_true(p.sample.has & SAMPLE_SIGNERS);
	assert_int_equal(p.sample.signer_count, 4);
	assert_int_equal(p.sample.signers[0].proposed, 0x22);
	assert_int_equal(p.sample.signers[0].last_proposed, 0x3e8);
	peer_free(&p);
}

static void a_head_seen_before_keeps_its_sealers(void **state TOCSIN_UNUSED)
{
	struct peer p;

	peer_init(&p);
	peer_is_besu(&p);
	peer_round(&p);
	peer_round(&p);
	assert_int_equal(p.sample.header_count, 1);
	assert_int_equal(p.sample.headers[0].sealer_count, 3);
	assert_int_equal(p.sample.headers[0].validator_count, 4);
	peer_free(&p);
}

static void slow_calls_are_asked_each_minute(void **state TOCSIN_UNUSED)
{
	static const struct {
		int64_t after_s;
		size_t version, validators;
	} cases[] = {{0, 1, 1}, {1, 0, 0}, {11, 0, 1}, {62, 1, 1}, {-86400, 1, 1}};
	struct peer p;

	peer_init(&p);
	peer_is_besu(&p);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		p.now_us = start_us + cases[i].after_s * US_PER_S;
		peer_plan(&p);
		if (asked_count(&p, "web3_clientVersion") != cases[i].version || asked_count(&p, "qbft_getValidatorsByBlockNumber") != cases[i].validators)
			fail_msg("after %" PRId64 " s", cases[i].after_s);
		peer_answers(&p);
		while (protocol_besu.eager(p.memory))
			peer_round(&p);
	}
	peer_free(&p);
}

/* --- one result of the wrong shape ------------------------------------------------------------ */

static const struct shape_case {
	const char *name, *method, *member;
	unsigned missing; /* fields that must not be set */
	bool method_errors;
} shape_cases[] = {
	{"peer count as a number", "net_peerCount", "\"result\":5", SAMPLE_PEERS, false},
	{"peer count beyond 63 bits", "net_peerCount", "\"result\":\"0xffffffffffffffff\"", SAMPLE_PEERS, false},
	{"peer count beyond 64 bits", "net_peerCount", "\"result\":\"0x10000000000000000\"", SAMPLE_PEERS, false},
	{"peer count without digits", "net_peerCount", "\"result\":\"0x\"", SAMPLE_PEERS, false},
	{"P2P disabled", "net_peerCount", "\"error\":{\"code\":-32000,\"message\":\"P2P has been disabled\"}", SAMPLE_PEERS, false},
	{"error that is no object", "net_peerCount", "\"error\":\"broken\"", SAMPLE_PEERS, false},
	{"neither result nor error", "net_peerCount", "\"nothing\":1", SAMPLE_PEERS, false},
	{"a hole", "net_peerCount", NULL, SAMPLE_PEERS, false},
	{"syncing true", "eth_syncing", "\"result\":true", SAMPLE_SYNCING, false},
	{"syncing without a target", "eth_syncing", "\"result\":{\"currentBlock\":\"0x1\"}", SAMPLE_SYNCING, false},
	{"negative pool", "txpool_besuStatistics", "\"result\":{\"localCount\":-1,\"remoteCount\":2}", SAMPLE_POOL, false},
	{"pool beyond 2^53", "txpool_besuStatistics", "\"result\":{\"localCount\":9007199254740993,\"remoteCount\":2}", SAMPLE_POOL, false},
	{"pool with a fraction", "txpool_besuStatistics", "\"result\":{\"localCount\":1.5,\"remoteCount\":2}", SAMPLE_POOL, false},
	{"chain id as a decimal", "eth_chainId", "\"result\":\"138\"", SAMPLE_CHAIN_ID, false},
	{"version as a number", "web3_clientVersion", "\"result\":25", SAMPLE_VERSION, false},
	{"no node info", "admin_nodeInfo", "\"result\":null", SAMPLE_NODE_KEY | SAMPLE_OWN_KEY, false},
	{"node id that is no key", "admin_nodeInfo", "\"result\":{\"id\":\"zz\",\"enode\":\"enode://12\"}", SAMPLE_NODE_KEY | SAMPLE_OWN_KEY, false},
	{"peers as an object", "admin_peers", "\"result\":{}", SAMPLE_PEER_KEYS, false},
	{"a peer without a key", "admin_peers", "\"result\":[{\"id\":\"0x12\"}]", SAMPLE_PEER_KEYS, false},
	{"validators as text", "qbft_getValidatorsByBlockNumber", "\"result\":\"0x1\"", SAMPLE_VALIDATORS, false},
	{"a validator that is no address", "qbft_getValidatorsByBlockNumber", "\"result\":[\"0x12\"]", SAMPLE_VALIDATORS, false},
	{"no validators", "qbft_getValidatorsByBlockNumber", "\"result\":[]", SAMPLE_VALIDATORS, false},
	{"votes as an array", "qbft_getPendingVotes", "\"result\":[true]", SAMPLE_VOTES, false},
	{"a vote that is a number", "qbft_getPendingVotes", "\"result\":{\"0x00000000000000000000000000000000000000aa\":1}", SAMPLE_VOTES, false},
	{"no block", "latest", "\"result\":null", SAMPLE_HEAD, true},
	{"a block that is text", "latest", "\"result\":\"0x3e9\"", SAMPLE_HEAD, true},
	{"a block without a hash", "latest", "\"result\":{\"number\":\"0x1\"}", SAMPLE_HEAD, true},
	{"no head", "latest", "\"error\":{\"code\":-32008,\"message\":\"Initial sync is still in progress\"}", SAMPLE_HEAD, true},
	{"the head's reply is lost", "latest", NULL, SAMPLE_HEAD, true},
};

static void wrong_shapes_touch_nothing_else(void **state TOCSIN_UNUSED)
{
	unsigned all = SAMPLE_HEAD | SAMPLE_PEERS | SAMPLE_SYNCING | SAMPLE_POOL | SAMPLE_VERSION | SAMPLE_CHAIN_ID | SAMPLE_VALIDATORS |
		SAMPLE_NODE_KEY | SAMPLE_PERIODS | SAMPLE_VOTES | SAMPLE_METHODS | SAMPLE_OWN_KEY | SAMPLE_PEER_KEYS;

	for (size_t i = 0; i < ARRAY_LENGTH(shape_cases); i++) {
		const struct shape_case *c = &shape_cases[i];
		struct peer p;

		peer_init(&p);
		peer_is_besu(&p);
		peer_says(&p, c->method, c->member);
		peer_round(&p);
		if (p.sample.reach != REACH_OK || p.sample.has != (all & ~c->missing) || p.sample.method_errors != c->method_errors)
			fail_msg("%s: reach %d has %x errors %d", c->name, (int)p.sample.reach, p.sample.has, p.sample.method_errors);
		if (c->method_errors && !p.sample.why[0])
			fail_msg("%s: no words", c->name);
		peer_free(&p);
	}
}

/* --- refusals ------------------------------------------------------------------------------------ */

static const struct refusal_case {
	const char *name;
	int status;
	const char *body, *why;
	bool foreign; /* it is no node at all */
} refusal_cases[] = {
	{"Host not allowed", 403, "{\"message\":\"Host not authorized.\"}", "HTTP 403 Host not authorized. (add this host to --host-allowlist)", false},
	{"forbidden by a proxy", 403, "<html>Forbidden</html>", "HTTP 403", false},
	{"no token", 401, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-40100,\"message\":\"Unauthorized\"}}", "HTTP 401 Unauthorized (set bearer_file or bearer_env)", false},
	{"wrong path", 404, "not found", "HTTP 404 (is this the JSON-RPC URL?)", true},
	{"asked too often", 429, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32005,\"message\":\"rate limited\"}}", "HTTP 429 rate limited (asked too often: set interval_ms)", false},
	{"timed out inside", 408, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32603,\"message\":\"Timeout expired\"}}", "HTTP 408 Timeout expired", false},
	{"bad gateway", 502, "<html><h1>502</h1></html>", "HTTP 502", false},
	{"hostile words", 500, "{\"message\":\"\\u001b[2Jboo\"}", "HTTP 500 ", false},
	{"a web page", 200, " \n<!DOCTYPE html><html></html>", "not JSON-RPC: a web page (is this the RPC port?)", true},
	{"nothing", 200, "", "answer is not JSON: ", true},
	{"cut off", 200, "[{\"jsonrpc\":\"2.0\",\"id\":1,", "answer is not JSON: ", true},
	{"two values", 200, "[] []", "answer is not JSON: ", true},
	{"a number", 200, "42", "not JSON-RPC: neither an object nor an array (is this the RPC port?)", true},
	{"liveness page", 200, "{\"status\":\"UP\"}", "not JSON-RPC: an answer without result or error (is this the RPC port?)", true},
	{"no POST there", 501, "<html>Unsupported method</html>", "HTTP 501", true},
};

static void refusals_say_why(void **state TOCSIN_UNUSED)
{
	for (size_t i = 0; i < ARRAY_LENGTH(refusal_cases); i++) {
		const struct refusal_case *c = &refusal_cases[i];
		struct peer p;

		peer_init(&p);
		peer_plan(&p);
		peer_hears(&p, c->status, c->body);
		if (p.sample.reach != REACH_REFUSING || strncmp(p.sample.why, c->why, strlen(c->why)) != 0)
			fail_msg("%s: reach %d why %s", c->name, (int)p.sample.reach, p.sample.why);
		for (const char *at = p.sample.why; *at; at++)
			assert_false(iscntrl((unsigned char)*at));
		assert_int_equal(p.sample.has, 0);
		if (((const struct besu_memory *)p.memory)->foreign != c->foreign)
			fail_msg("%s: foreign %d", c->name, !c->foreign);
		/* Asking again at once would help none of these. */
		if (protocol_besu.eager(p.memory))
			fail_msg("%s: asks again at once", c->name);
		peer_free(&p);
	}
}

static void a_redirect_names_its_target(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *location, *why;
	} cases[] = {
		{"https://rpc.example.com/", "HTTP 302 to https://rpc.example.com/ (not followed: write that address)"},
		{"https://rpc.example.com/a/long/way/to/the/place/where/the/answers/are/given/today",
		 "HTTP 302 to https://rpc.example.com/a/long/way/to/the/place/where/the/answers/are (not followed: write that address)"},
		{NULL, "HTTP 302"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct http_reply reply = {.outcome = HTTP_ANSWERED, .status = 302, .body = "", .location = cases[i].location};
		struct peer p;

		peer_init(&p);
		peer_plan(&p);
		protocol_besu.decode(p.memory, &reply, p.now_us, &p.sample);
		assert_int_equal(p.sample.reach, REACH_REFUSING);
		assert_string_equal(p.sample.why, cases[i].why);
		peer_free(&p);
	}
}

static void no_answer_is_unreachable(void **state TOCSIN_UNUSED)
{
	struct peer p;

	peer_init(&p);
	peer_is_besu(&p);
	peer_round(&p);
	peer_plan(&p);
	peer_fails(&p, HTTP_UNREACHABLE, "connection refused");
	assert_int_equal(p.sample.reach, REACH_UNREACHABLE);
	assert_string_equal(p.sample.why, "connection refused");
	assert_int_equal(p.sample.has, 0);
	assert_false(protocol_besu.eager(p.memory));
	/* Another program may be behind the address now. */
	peer_round(&p);
	assert_int_equal(asked_count(&p, "eth_chainId"), 1);
	assert_int_equal(asked_count(&p, "web3_clientVersion"), 1);
	peer_free(&p);
}

/* --- peers that can do less ------------------------------------------------------------------------- */

static void absent_methods_are_remembered(void **state TOCSIN_UNUSED)
{
	static const char none[] = "no peer count, no admin, no qbft";
	static const struct {
		const char *name, *member, *methods;
	} words[] = {
		{"Besu, anvil, geth", "\"error\":{\"code\":-32601,\"message\":\"Method not found\"}", none},
		{"Besu with the group off", "\"error\":{\"code\":-32604,\"message\":\"Method not enabled\"}",
		 "no peer count, no admin, no qbft (enable with --rpc-http-api=NET,ADMIN,QBFT)"},
		{"hardhat", "\"error\":{\"code\":-32004,\"message\":\"Method is not supported\"}", none},
		{"ganache", "\"error\":{\"code\":-32700,\"message\":\"The method does not exist\"}", none},
	};
	static const char *const absent[] = {"net_peerCount", "txpool_besuStatistics", "admin_nodeInfo", "qbft_getRequestTimeoutSeconds",
					     "qbft_getValidatorsByBlockNumber", "qbft_getPendingVotes", "qbft_getSignerMetrics"};

	for (size_t w = 0; w < ARRAY_LENGTH(words); w++) {
		struct peer p;

		peer_init(&p);
		peer_says_file(&p, "latest", "peers/anvil.eth_getBlockByNumber.json");
		peer_says_file(&p, "eth_syncing", "peers/anvil.eth_syncing.json");
		peer_says_file(&p, "txpool_status", "peers/anvil.txpool_status.json");
		peer_says_file(&p, "web3_clientVersion", "peers/anvil.web3_clientVersion.json");
		peer_says(&p, "eth_chainId", "\"result\":\"0x8a\"");
		peer_says(&p, "block", "as asked");
		peer_says(&p, "admin_peers", words[w].member);
		for (size_t i = 0; i < ARRAY_LENGTH(absent); i++)
			peer_says(&p, absent[i], words[w].member);
		do
			peer_round(&p);
		while (protocol_besu.eager(p.memory));
		assert_int_equal(p.sample.reach, REACH_OK);
		assert_false(p.sample.method_errors);
		assert_false(p.sample.has & (SAMPLE_PEERS | SAMPLE_VALIDATORS | SAMPLE_NODE_KEY));
		p.now_us += US_PER_MINUTE + US_PER_S;
		peer_round(&p);
		for (size_t i = 0; i < ARRAY_LENGTH(absent); i++)
			if (asked_count(&p, absent[i]) != 0)
				fail_msg("%s: %s is asked again after a minute", words[w].name, absent[i]);
		/* The pool's other method serves instead. */
		assert_int_equal(asked_count(&p, "txpool_status"), 1);
		assert_true(p.sample.has & SAMPLE_POOL);
		assert_string_equal(p.sample.methods, words[w].methods);
		p.now_us += 5 * US_PER_MINUTE;
		peer_plan(&p);
		for (size_t i = 0; i < ARRAY_LENGTH(absent); i++)
			if (asked_count(&p, absent[i]) != 1)
				fail_msg("%s: %s is not tried again", words[w].name, absent[i]);
		peer_free(&p);
	}
}

static void a_method_that_appears_is_taken(void **state TOCSIN_UNUSED)
{
	struct peer p;

	peer_init(&p);
	peer_is_besu(&p);
	peer_says(&p, "admin_nodeInfo", "\"error\":{\"code\":-32604,\"message\":\"Method not enabled\"}");
	peer_round(&p);
	assert_string_equal(p.sample.methods, "no admin (enable with --rpc-http-api=ADMIN)");
	p.now_us += 6 * US_PER_MINUTE;
	peer_says_file(&p, "admin_nodeInfo", "besu/admin_nodeInfo.json");
	peer_round(&p);
	assert_string_equal(p.sample.methods, "");
	assert_true(p.sample.has & SAMPLE_NODE_KEY);
	peer_free(&p);
}

static void other_clients_are_asked_in_their_own_words(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *prefix, *version;
		uint64_t head, peers;
		enum consensus consensus;
		const char *validators;
	} cases[] = {
		{"geth-clique", "Geth/v1.8.23-stable-c9427004/linux-amd64/go1.11.5", 0x3c6, 4, CONSENSUS_CLIQUE, "clique_getSigners"},
		{"quorum-ibft", "Geth/v1.9.7-stable(quorum-v20.10.0)/linux-amd64/go1.19.8", 0x5e, 4, CONSENSUS_ISTANBUL, "istanbul_getValidators"},
	};
	static const char *const methods[] = {"eth_syncing", "net_peerCount", "txpool_status", "web3_clientVersion", "admin_peers"};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct peer p;
		char file[100];
		bool made = false;

		peer_init(&p);
		snprintf(file, sizeof(file), "peers/%s.eth_getBlockByNumber.json", cases[i].prefix);
		peer_says_file(&p, "latest", file);
		for (size_t m = 0; m < ARRAY_LENGTH(methods); m++) {
			snprintf(file, sizeof(file), "peers/%s.%s.json", cases[i].prefix, methods[m]);
			peer_says_file(&p, methods[m], file);
		}
		snprintf(file, sizeof(file), "peers/%s.%s.json", cases[i].prefix, cases[i].validators);
		peer_says_file(&p, cases[i].validators, file);
		peer_round(&p);
		assert_string_equal(p.sample.version, cases[i].version);
		assert_int_equal(p.sample.peers, cases[i].peers);
		assert_int_equal(p.sample.headers[0].number, cases[i].head);
		assert_int_equal(p.sample.headers[0].consensus, cases[i].consensus);
		assert_int_equal(p.sample.peer_key_count, 4);
		assert_false(p.sample.has & (SAMPLE_VALIDATORS | SAMPLE_SIGNERS));
		/* What the header told decides what is asked from now on. */
		peer_round(&p);
		assert_true(p.sample.has & SAMPLE_POOL);
		assert_true(p.sample.has & SAMPLE_VALIDATORS);
		assert_int_equal(p.sample.validator_count, 4);
		assert_int_equal(asked_count(&p, "finalized"), 0);
		assert_string_equal(p.sample.methods, "no admin");
		for (size_t k = 0; k < p.sample.validator_count; k++)
			made |= address_equal(&p.sample.validators[k], &p.sample.headers[0].miner);
		assert_true(made);
		p.now_us += 6 * US_PER_MINUTE;
		peer_plan(&p);
		assert_int_equal(asked_count(&p, "qbft_getValidatorsByBlockNumber"), 0);
		peer_free(&p);
	}
}

/* Only a chain with a difficulty of 0 can have finality; one that refuses the tag is not
 * asked again for minutes. */
static void finality_is_asked_where_it_may_exist(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *name, *member;
		bool told;
		size_t asked_again;
	} cases[] = {
		{"told", "\"result\":{\"number\":\"0x20\"}", true, 1},
		{"no such tag", "\"error\":{\"code\":-32602,\"message\":\"invalid argument 0\"}", false, 0},
		{"unknown block", "\"error\":{\"code\":-39001,\"message\":\"Unknown block\"}", false, 0},
		{"none yet", "\"result\":null", false, 1},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct peer p;

		peer_init(&p);
		peer_says_file(&p, "latest", "peers/anvil.eth_getBlockByNumber.json");
		peer_says(&p, "finalized", cases[i].member);
		peer_says(&p, "block", "as asked");
		peer_round(&p);
		assert_int_equal(p.sample.headers[0].consensus, CONSENSUS_STAKE);
		p.now_us += US_PER_MINUTE;
		peer_round(&p);
		assert_int_equal(asked_count(&p, "finalized"), 1);
		if (!!(p.sample.has & SAMPLE_FINALIZED) != cases[i].told)
			fail_msg("%s: has %x", cases[i].name, p.sample.has);
		p.now_us += US_PER_MINUTE;
		peer_plan(&p);
		if (asked_count(&p, "finalized") != cases[i].asked_again)
			fail_msg("%s: asked %zu times", cases[i].name, asked_count(&p, "finalized"));
		peer_free(&p);
	}
}

static void a_syncing_node_names_its_target(void **state TOCSIN_UNUSED)
{
	struct peer p;

	peer_init(&p);
	peer_says_file(&p, "eth_syncing", "besu/eth_syncing_object.json");
	peer_round(&p);
	assert_true(p.sample.syncing);
	assert_int_equal(p.sample.sync_target, 0x1c00);
	peer_free(&p);
}

/* geth's "id" is a hash of the key; the key itself is in the enode URL. */
static void the_node_key_names_its_address(void **state TOCSIN_UNUSED)
{
	/* The public key of the secret key 1, whose address is well known. */
#define KEY_ONE "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
	static const char *const infos[] = {
		"\"result\":{\"id\":\"" KEY_ONE "\"}",
		"\"result\":{\"id\":\"0x" KEY_ONE "\"}",
		"\"result\":{\"id\":\"29763a73e0f6f21f56714c25c8b7d03c98d41bf5b5471cefb36abf287f62e3fc\",\"enode\":\"enode://" KEY_ONE "@127.0.0.1:30303\"}",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(infos); i++) {
		struct peer p;

		peer_init(&p);
		peer_says(&p, "admin_nodeInfo", infos[i]);
		peer_round(&p);
		assert_true(p.sample.has & SAMPLE_NODE_KEY);
		assert_address(&p.sample.node_key, "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf");
		peer_free(&p);
	}
}

/* --- batches ------------------------------------------------------------------------------------------- */

static void a_batch_too_large_becomes_smaller(void **state TOCSIN_UNUSED)
{
	char *refusal = fixture_text("besu/error_batch_too_large.json");
	struct peer p;
	size_t requests = 0;
	unsigned has = 0;

	peer_init(&p);
	peer_is_besu(&p);
	do {
		peer_plan(&p);
		if (json_count(p.plan) > 5)
			peer_hears(&p, 200, refusal);
		else
			peer_answers(&p);
		has |= p.sample.has;
		assert_true(++requests < 100);
	} while (protocol_besu.eager(p.memory));
	assert_true(json_is_array(p.plan));
	assert_true(has & SAMPLE_HEAD);
	assert_true(has & SAMPLE_VOTES);
	peer_free(&p);
	free(refusal);
}

/* After a while it may take more, and is offered it step by step. */
static void a_batch_grows_again(void **state TOCSIN_UNUSED)
{
	struct peer p;
	size_t largest = 0;

	peer_init(&p);
	peer_is_besu(&p);
	for (int i = 0; i < 3; i++) {
		peer_plan(&p);
		peer_fails(&p, HTTP_TOO_LARGE, "answer over 2 MiB");
	}
	for (int minutes = 0; minutes < 30; minutes += 6) {
		size_t before = largest;
		largest = 0;
		do {
			peer_round(&p);
			largest = json_count(p.plan) > largest ? json_count(p.plan) : largest;
		} while (protocol_besu.eager(p.memory));
		assert_true(minutes == 0 ? largest == 6 : largest <= 2 * before);
		p.now_us += 6 * US_PER_MINUTE;
	}
	assert_true(largest > 6);
	peer_free(&p);
}

/* A rate limit is no matter of size: to ask for less, at once and more often, makes it worse. */
static void a_peer_asked_too_often_is_left_alone(void **state TOCSIN_UNUSED)
{
	static const struct {
		int status, code;
		const char *message, *why;
	} refusals[] = {
		{200, -32005, "request rate limited", "JSON-RPC error -32005: request rate limited (asked too often: set interval_ms)"},
		{200, -32005, "come back later", "JSON-RPC error -32005: come back later (asked too often: set interval_ms)"},
		{200, -32012, "credits limited to 6000/sec", "JSON-RPC error -32012: credits limited to 6000/sec (asked too often: set interval_ms)"},
		{400, -32007, "50/second request limit reached", "HTTP 400 50/second request limit reached"},
		{503, -32005, "rate limit", "HTTP 503 rate limit"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
		struct peer p;
		char body[200];
		snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":%d,\"message\":\"%s\"}}", refusals[i].code, refusals[i].message);
		peer_init(&p);
		peer_is_besu(&p);
		peer_plan(&p);
		size_t count = json_count(p.plan);
		peer_hears(&p, refusals[i].status, body);
		assert_int_equal(p.sample.reach, REACH_REFUSING);
		assert_string_equal(p.sample.why, refusals[i].why);
		assert_false(protocol_besu.eager(p.memory));
		peer_plan(&p);
		assert_true(json_is_array(p.plan));
		assert_int_equal(json_count(p.plan), count);
		/* Nor does one that is asked call by call go on with the next. */
		peer_hears(&p, 400, "Bad Request");
		peer_plan(&p);
		assert_true(json_is_object(p.plan));
		peer_hears(&p, refusals[i].status, body);
		assert_false(protocol_besu.eager(p.memory));
		peer_free(&p);
	}
}

static void a_peer_without_batches_is_asked_singly(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *name;
		int status;
		const char *body;
	} refusals[] = {
		{"invalid request", 200, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"Invalid Request\"}}"},
		{"invalid request, 400", 400, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"Invalid Request\"}}"},
		{"bad request", 400, "Bad Request"},
		{"a word of its own", 405, "{\"message\":\"no batches here\"}"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
		struct peer p;
		size_t requests = 0;
		unsigned has = 0;

		peer_init(&p);
		peer_is_besu(&p);
		peer_says(&p, "block", "as asked");
		do {
			peer_plan(&p);
			if (json_is_array(p.plan))
				peer_hears(&p, refusals[i].status, refusals[i].body);
			else
				peer_answers(&p);
			has |= p.sample.has;
			assert_true(++requests < 400);
		} while (protocol_besu.eager(p.memory));
		if ((has & (SAMPLE_HEAD | SAMPLE_PEERS | SAMPLE_VALIDATORS | SAMPLE_SIGNERS)) != (SAMPLE_HEAD | SAMPLE_PEERS | SAMPLE_VALIDATORS | SAMPLE_SIGNERS))
			fail_msg("%s: has %x", refusals[i].name, has);
		/* Each round starts with the head; after some minutes a batch is tried again. */
		peer_plan(&p);
		assert_true(json_is_object(p.plan));
		assert_string_equal(asked_method(p.plan), "latest");
		peer_answers(&p);
		while (protocol_besu.eager(p.memory))
			peer_round(&p);
		p.now_us += 6 * US_PER_MINUTE;
		peer_plan(&p);
		assert_true(json_is_array(p.plan));
		peer_free(&p);
	}
}

static void a_single_error_without_id_is_heard(void **state TOCSIN_UNUSED)
{
	struct peer p;

	peer_init(&p);
	peer_plan(&p);
	peer_hears(&p, 400, "Bad Request");
	peer_plan(&p);
	peer_hears(&p, 200, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32603,\"message\":\"Internal error\"}}");
	assert_int_equal(p.sample.reach, REACH_OK);
	assert_true(p.sample.method_errors);
	assert_string_equal(p.sample.why, "JSON-RPC error -32603: Internal error");
	peer_free(&p);
}

static void an_endless_answer_is_asked_for_less(void **state TOCSIN_UNUSED)
{
	struct peer p;
	size_t requests = 0;

	peer_init(&p);
	do {
		peer_plan(&p);
		peer_fails(&p, HTTP_TOO_LARGE, "answer over 2 MiB");
		assert_int_equal(p.sample.reach, REACH_REFUSING);
		assert_string_equal(p.sample.why, "answer over 2 MiB");
		assert_true(++requests < 20);
	} while (protocol_besu.eager(p.memory));
	assert_true(json_is_object(p.plan));
	peer_free(&p);
}

/* --- history and gaps ----------------------------------------------------------------------------------------- */

static void peer_head_is(struct peer *p, uint64_t height)
{
	static char member[2][400];
	static size_t turn;
	struct buf text;

	buf_init(&text, sizeof(member[0]) - 1);
	put_block(&text, height);
	turn = !turn;
	snprintf(member[turn], sizeof(member[turn]), "%s", buf_text(&text));
	buf_free(&text);
	peer_says(p, "latest", member[turn]);
}

/* Runs a whole poll; marks the heights that were given out and checks their order. */
static size_t poll_headers(struct peer *p, bool *given, size_t size)
{
	size_t requests = 0;

	do {
		peer_round(p);
		for (size_t i = 0; i < p->sample.header_count; i++) {
			assert_true(p->sample.headers[i].number < size);
			given[p->sample.headers[i].number] = true;
			if (i > 0)
				assert_true(p->sample.headers[i - 1].number < p->sample.headers[i].number);
		}
		assert_true(++requests < 400);
	} while (protocol_besu.eager(p->memory));
	return requests;
}

static void the_first_look_fetches_history(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *name;
		uint64_t head, first;
	} cases[] = {{"long chain", 500, 400}, {"young chain", 7, 1}, {"first block", 1, 1}};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		bool given[600] = {false};
		struct peer p;

		peer_init(&p);
		peer_says(&p, "block", "as asked");
		peer_head_is(&p, cases[i].head);
		poll_headers(&p, given, ARRAY_LENGTH(given));
		for (uint64_t h = 0; h < ARRAY_LENGTH(given); h++)
			if (given[h] != (h >= cases[i].first && h <= cases[i].head))
				fail_msg("%s: block %" PRIu64 " %s", cases[i].name, h, given[h] ? "was fetched" : "is missing");
		peer_free(&p);
	}
}

static void later_gaps_are_filled_in_the_next_round(void **state TOCSIN_UNUSED)
{
	bool given[600] = {false};
	struct peer p;

	peer_init(&p);
	peer_says(&p, "block", "as asked");
	peer_head_is(&p, 10);
	poll_headers(&p, given, ARRAY_LENGTH(given));
	peer_head_is(&p, 14);
	assert_int_equal(poll_headers(&p, given, ARRAY_LENGTH(given)), 1);
	assert_false(given[11]);
	assert_int_equal(poll_headers(&p, given, ARRAY_LENGTH(given)), 1);
	for (uint64_t h = 1; h <= 14; h++)
		assert_true(given[h]);
	/* After a long pause only the recent part counts. */
	peer_head_is(&p, 514);
	poll_headers(&p, given, ARRAY_LENGTH(given));
	for (int i = 0; i < 3; i++)
		poll_headers(&p, given, ARRAY_LENGTH(given));
	assert_false(given[413]);
	for (uint64_t h = 414; h <= 514; h++)
		assert_true(given[h]);
	peer_free(&p);
}

static void holes_in_history_are_not_asked_forever(void **state TOCSIN_UNUSED)
{
	bool given[600] = {false};
	struct peer p;

	peer_init(&p);
	peer_says(&p, "block", "\"result\":null");
	peer_head_is(&p, 500);
	assert_true(poll_headers(&p, given, ARRAY_LENGTH(given)) <= 4);
	peer_round(&p);
	assert_int_equal(asked_count(&p, "block"), 0);
	peer_free(&p);
}

static void another_block_than_asked_is_dropped(void **state TOCSIN_UNUSED)
{
	struct peer p;

	peer_init(&p);
	peer_head_is(&p, 20);
	peer_says(&p, "block", "\"result\":{\"number\":\"0x3\",\"hash\":\"0x0000000000000000000000000000000000000000000000000000000000000003\","
			       "\"parentHash\":\"0x0000000000000000000000000000000000000000000000000000000000000002\",\"timestamp\":\"0x6\"}");
	peer_round(&p);
	peer_round(&p);
	assert_int_equal(p.sample.header_count, 2);
	assert_int_equal(p.sample.headers[0].number, 3);
	assert_int_equal(p.sample.headers[1].number, 20);
	peer_free(&p);
}

static void a_head_that_goes_back_stays_last(void **state TOCSIN_UNUSED)
{
	bool given[600] = {false};
	struct peer p;

	peer_init(&p);
	peer_says(&p, "block", "as asked");
	peer_head_is(&p, 40);
	poll_headers(&p, given, ARRAY_LENGTH(given));
	peer_head_is(&p, 44);
	peer_round(&p);
	/* The next answer comes from a slower twin: headers above its head wait. */
	peer_head_is(&p, 42);
	peer_round(&p);
	assert_int_equal(p.sample.headers[p.sample.header_count - 1].number, 42);
	assert_int_equal(p.sample.header_count, 2);
	peer_free(&p);
}

/* --- the peer's clock -------------------------------------------------------------------------------------------- */

static void the_date_header_tells_the_skew(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *name;
		int64_t date_offset_us, total_us, skew_us;
	} cases[] = {
		{"same second", 0, 8000, 0},
		{"the second just ended", -US_PER_S + 10000, 8000, 0},
		{"five seconds ahead", 5 * US_PER_S, 0, 5 * US_PER_S + US_PER_S / 2},
		{"five seconds behind", -5 * US_PER_S, 0, -5 * US_PER_S + US_PER_S / 2},
		{"a slow answer explains it", -2 * US_PER_S, 3 * US_PER_S, 0},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct http_reply reply = {.outcome = HTTP_ANSWERED, .status = 200, .body = "[]", .body_len = 2, .total_us = cases[i].total_us, .date_us = start_us + cases[i].date_offset_us};
		struct peer p;

		peer_init(&p);
		peer_plan(&p);
		protocol_besu.decode(p.memory, &reply, start_us, &p.sample);
		if (p.sample.clock_skew_us != cases[i].skew_us)
			fail_msg("%s: %" PRId64, cases[i].name, p.sample.clock_skew_us);
		peer_free(&p);
	}
}

/* --- damage --------------------------------------------------------------------------------------------------------- */

static void every_prefix_of_an_answer_is_survived(void **state TOCSIN_UNUSED)
{
	char *text = fixture_text("besu/batch_response_mixed.json");
	size_t whole = (size_t)(strrchr(text, ']') - text) + 1;
	struct peer p;

	peer_init(&p);
	for (size_t len = 0; len < whole; len++) {
		/* A copy of exactly this size, so that a sanitizer sees any read beyond it. */
		char *prefix = xstrndup(text, len);

		peer_plan(&p);
		peer_hears(&p, 200, prefix);
		assert_int_equal(p.sample.reach, REACH_REFUSING);
		free(prefix);
	}
	peer_free(&p);
	free(text);
}

static void protocols_are_found_by_name(void **state TOCSIN_UNUSED)
{
	assert_ptr_equal(protocol_find("besu"), &protocol_besu);
	assert_ptr_equal(protocol_find(NULL), &protocol_besu);
	assert_null(protocol_find("nonsense"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(besu_tells_everything),
		cmocka_unit_test(repeated_replies_change_nothing),
		cmocka_unit_test(replies_to_nothing_are_ignored),
		cmocka_unit_test(signer_metrics_include_the_head),
		cmocka_unit_test(a_head_seen_before_keeps_its_sealers),
		cmocka_unit_test(slow_calls_are_asked_each_minute),
		cmocka_unit_test(wrong_shapes_touch_nothing_else),
		cmocka_unit_test(refusals_say_why),
		cmocka_unit_test(a_redirect_names_its_target),
		cmocka_unit_test(no_answer_is_unreachable),
		cmocka_unit_test(absent_methods_are_remembered),
		cmocka_unit_test(a_method_that_appears_is_taken),
		cmocka_unit_test(other_clients_are_asked_in_their_own_words),
		cmocka_unit_test(finality_is_asked_where_it_may_exist),
		cmocka_unit_test(a_syncing_node_names_its_target),
		cmocka_unit_test(the_node_key_names_its_address),
		cmocka_unit_test(a_batch_too_large_becomes_smaller),
		cmocka_unit_test(a_batch_grows_again),
		cmocka_unit_test(a_peer_asked_too_often_is_left_alone),
		cmocka_unit_test(a_peer_without_batches_is_asked_singly),
		cmocka_unit_test(a_single_error_without_id_is_heard),
		cmocka_unit_test(an_endless_answer_is_asked_for_less),
		cmocka_unit_test(the_first_look_fetches_history),
		cmocka_unit_test(later_gaps_are_filled_in_the_next_round),
		cmocka_unit_test(holes_in_history_are_not_asked_forever),
		cmocka_unit_test(another_block_than_asked_is_dropped),
		cmocka_unit_test(a_head_that_goes_back_stays_last),
		cmocka_unit_test(the_date_header_tells_the_skew),
		cmocka_unit_test(every_prefix_of_an_answer_is_survived),
		cmocka_unit_test(protocols_are_found_by_name),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
