/* The simulated contracts and the monitoring: what they say at each point of a message's life,
 * and what each fault changes. Time is a number here; nothing listens. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "collect/abi.h"
#include "drill/bridge.h"
#include "drill/engine.h"
#include "drill/monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_US (INT64_C(1767225600) * US_PER_S)

struct place {
	struct engine *engine;
	int64_t now_us;
	struct address router, rmn, on_ramp, commit_store, off_ramp, feed;
};

static void pass(struct place *p, int64_t seconds)
{
	p->now_us += seconds * US_PER_S;
	engine_advance(p->engine, p->now_us);
	bridge_advance(p->engine->bridge, p->now_us);
}

/* The address after a key in the configuration that the bridge writes. */
static struct address configured(const char *text, const char *section, const char *key)
{
	struct address address = {0};
	char value[ADDRESS_TEXT];
	const char *at = strstr(text, section);
	assert_non_null(at);
	at = strstr(at, key);
	assert_non_null(at);
	snprintf(value, sizeof(value), "%.42s", at + strlen(key));
	assert_true(address_parse(value, &address));
	return address;
}

static bool call(const struct place *p, enum bridge_side side, const struct address *to, const char *data, uint8_t bytes[1024], size_t *len)
{
	uint8_t input[512];
	size_t input_len;
	struct buf out;
	buf_init(&out, 4096);
	assert_true(hex_data(data, input, sizeof(input), &input_len));
	bool good = bridge_call(p->engine->bridge, side, to, input, input_len, &out);
	assert_true(hex_data(buf_text(&out), bytes, 1024, len));
	buf_free(&out);
	return good;
}

/* Asks with one number as the only argument, or none for UINT64_MAX. */
static struct abi ask_view(const struct place *p, enum bridge_side side, const struct address *to, const char *signature, uint64_t argument, uint8_t bytes[1024])
{
	struct abi view = {.bytes = bytes};
	struct buf data;
	buf_init(&data, 512);
	abi_call(&data, signature);
	if (argument != UINT64_MAX)
		abi_put_u64(&data, argument);
	assert_true(call(p, side, to, buf_text(&data), bytes, &view.len));
	buf_free(&data);
	return view;
}

static uint64_t ask(const struct place *p, enum bridge_side side, const struct address *to, const char *signature, uint64_t argument, size_t word)
{
	uint8_t bytes[1024];
	uint64_t number = 0;
	assert_true(abi_u64(ask_view(p, side, to, signature, argument, bytes), word, &number));
	return number;
}

static struct address ask_address(const struct place *p, enum bridge_side side, const struct address *to, const char *signature, uint64_t argument, size_t word)
{
	uint8_t bytes[1024];
	struct address address = {0};
	assert_true(abi_address(ask_view(p, side, to, signature, argument, bytes), word, &address));
	return address;
}

static const uint64_t far_away = UINT64_C(4242420000000042424);

/* Finds the contracts as a collector does: from the routers on. */
static void place_open(struct place *p)
{
	struct engine_config config = {.validators = 4, .rpc_nodes = 2, .seed = 7, .chain_id = 138, .first_block = 1000, .start_us = START_US, .period_us = 2 * US_PER_S, .timeout_us = 2 * US_PER_S};
	struct buf text;
	*p = (struct place){.engine = engine_new(&config), .now_us = START_US};
	p->engine->bridge = bridge_new(p->engine);
	buf_init(&text, 65536);
	bridge_config(p->engine->bridge, "http://127.0.0.1:1", &text);
	p->router = configured(buf_text(&text), "[lane 138 to Farchain]", "source_router = ");
	struct address far_router = configured(buf_text(&text), "[lane 138 to Farchain]", "dest_router = ");
	p->feed = configured(buf_text(&text), "[feed", "address = ");
	p->rmn = ask_address(p, SIDE_OWN, &p->router, "getArmProxy()", UINT64_MAX, 0);
	p->on_ramp = ask_address(p, SIDE_OWN, &p->router, "getOnRamp(uint64)", far_away, 0);
	p->off_ramp = ask_address(p, SIDE_FAR, &far_router, "getOffRamps()", UINT64_MAX, 3);
	p->commit_store = ask_address(p, SIDE_FAR, &p->off_ramp, "getStaticConfig()", UINT64_MAX, 0);
	struct address names = ask_address(p, SIDE_FAR, &p->off_ramp, "getStaticConfig()", UINT64_MAX, 3);
	assert_true(address_equal(&names, &p->on_ramp));
	buf_free(&text);
}

static void place_close(struct place *p)
{
	engine_free(p->engine);
}

struct counts {
	uint64_t sent, committed;
	uint64_t untouched, done, failed; /* of the last 20 that were sent */
};

static struct counts count(const struct place *p)
{
	struct counts c = {
		.sent = ask(p, SIDE_OWN, &p->on_ramp, "getExpectedNextSequenceNumber()", UINT64_MAX, 0) - 1,
		.committed = ask(p, SIDE_FAR, &p->commit_store, "getExpectedNextSequenceNumber()", UINT64_MAX, 0) - 1,
	};
	for (uint64_t seq = c.sent; seq > c.sent - 20; seq--) {
		uint64_t state = ask(p, SIDE_FAR, &p->off_ramp, "getExecutionState(uint64)", seq, 0);
		c.untouched += state == 0;
		c.done += state == 2;
		c.failed += state == 3;
	}
	return c;
}

static void messages_get_through(void **state)
{
	struct place p;
	(void)state;
	place_open(&p);
	pass(&p, 30);
	struct counts before = count(&p);
	pass(&p, 300);
	struct counts after = count(&p);
	assert_in_range(after.sent - before.sent, 10, 16);
	assert_in_range(after.sent - after.committed, 0, 3);
	assert_in_range(after.untouched, 0, 4);
	assert_int_equal(after.failed, 0);
	/* Nothing is sent on a chain that stands still. */
	for (size_t i = 0; i < 2; i++)
		engine_crash(p.engine, &p.engine->nodes[i], "OOMKilled", "gone");
	pass(&p, 10);
	before = count(&p);
	pass(&p, 120);
	after = count(&p);
	assert_int_equal(after.sent, before.sent);
	place_close(&p);
}

static void each_fault_shows_where_it_should(void **state)
{
	static const struct {
		const char *name;
		unsigned fault;
		bool sends, commits, executes, fails, quotes, cursed;
	} cases[] = {
		{"nothing", BRIDGE_FINE, true, true, true, false, true, false},
		{"a curse", BRIDGE_CURSED, false, false, false, false, false, true},
		{"a receiver", BRIDGE_REVERTS, true, true, false, true, true, false},
		{"no execution", BRIDGE_UNEXECUTED, true, true, false, false, true, false},
		{"corruption", BRIDGE_CORRUPT, true, true, true, false, true, false},
		{"the feed", BRIDGE_FEED_STOPS, true, true, true, false, true, false},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct place p;
		uint8_t bytes[1024];
		size_t len;
		struct buf data;
		print_message("%s\n", cases[i].name);
		place_open(&p);
		pass(&p, 60);
		bridge_break(p.engine->bridge, cases[i].fault);
		pass(&p, 30);
		struct counts before = count(&p);
		pass(&p, 600);
		struct counts after = count(&p);
		assert_int_equal(after.sent > before.sent, cases[i].sends);
		assert_int_equal(after.committed > before.committed, cases[i].commits);
		assert_int_equal(after.done >= 16, cases[i].executes || cases[i].cursed);
		assert_int_equal(after.failed > 0, cases[i].fails);
		buf_init(&data, 512);
		abi_call(&data, "getFee(uint64,(bytes,bytes,(address,uint256)[],address,bytes))");
		abi_put_u64(&data, far_away);
		assert_int_equal(call(&p, SIDE_OWN, &p.router, buf_text(&data), bytes, &len), cases[i].quotes);
		if (!cases[i].quotes)
			assert_int_equal(abi_revert_selector((struct abi){bytes, len}), abi_selector("CursedByRMN(uint64)"));
		buf_clear(&data);
		abi_call(&data, "isCursed(bytes16)");
		abi_put_subject(&data, far_away);
		assert_true(call(&p, SIDE_OWN, &p.rmn, buf_text(&data), bytes, &len));
		assert_int_equal(bytes[31], cases[i].cursed);
		buf_free(&data);
		/* And all is well again some time after it is healed. */
		bridge_heal(p.engine->bridge);
		pass(&p, 600);
		after = count(&p);
		assert_true(after.done >= 16);
		assert_int_equal(after.failed, 0);
		place_close(&p);
	}
}

static void the_feed_follows_its_publisher(void **state)
{
	struct place p;
	(void)state;
	place_open(&p);
	pass(&p, 120);
	uint64_t at_s = ask(&p, SIDE_OWN, &p.feed, "latestRoundData()", UINT64_MAX, 3);
	assert_in_range((uint64_t)(p.now_us / US_PER_S) - at_s, 0, 32);
	bridge_break(p.engine->bridge, BRIDGE_FEED_STOPS);
	pass(&p, 300);
	assert_int_equal(ask(&p, SIDE_OWN, &p.feed, "latestRoundData()", UINT64_MAX, 3), at_s);
	bridge_heal(p.engine->bridge);
	pass(&p, 60);
	assert_true(ask(&p, SIDE_OWN, &p.feed, "latestRoundData()", UINT64_MAX, 3) > at_s);
	place_close(&p);
}

/* --- events ------------------------------------------------------------------------------- */

static struct json *logs(const struct place *p, enum bridge_side side, const char *filter)
{
	struct buf out;
	struct json_writer w;
	buf_init(&out, 4 << 20);
	json_writer_init(&w, &out, false);
	struct json *wanted = json_parse(filter, strlen(filter), 1 << 20, NULL);
	assert_true(bridge_logs(p->engine->bridge, side, wanted, &w, NULL));
	json_free(wanted);
	struct json *found = json_parse(buf_text(&out), out.len, 64 << 20, NULL);
	assert_non_null(found);
	buf_free(&out);
	return found;
}

static void events_are_found_by_address_topic_and_block(void **state)
{
	struct place p;
	char filter[512], address[ADDRESS_TEXT], topic[HASH_TEXT];
	uint64_t block, last = 0;
	(void)state;
	place_open(&p);
	pass(&p, 300);
	struct hash256 wanted = abi_topic("ExecutionStateChanged(uint64,bytes32,uint8,bytes)");
	hex_text(topic, sizeof(topic), wanted.bytes, 32, true);
	snprintf(filter, sizeof(filter), "{\"fromBlock\":\"0x0\",\"toBlock\":\"latest\",\"address\":[\"%s\"],\"topics\":[[\"%s\"]]}", address_text(address, &p.off_ramp), topic);
	struct json *found = logs(&p, SIDE_FAR, filter);
	assert_in_range(json_count(found), 8, 16);
	for (const struct json *log = json_first(found); log; log = json_next(log)) {
		assert_true(json_quantity(json_get(log, "blockNumber"), &block));
		assert_true(block >= last);
		last = block;
		assert_int_equal(json_count(json_get(log, "topics")), 3);
	}
	json_free(found);
	snprintf(filter, sizeof(filter), "{\"fromBlock\":\"0x%llx\",\"toBlock\":\"0x%llx\",\"address\":\"%s\"}", (unsigned long long)last, (unsigned long long)last, address);
	found = logs(&p, SIDE_FAR, filter);
	assert_in_range(json_count(found), 1, 3);
	json_free(found);
	found = logs(&p, SIDE_OWN, filter);
	assert_int_equal(json_count(found), 0);
	json_free(found);
	place_close(&p);
}

/* --- monitoring ------------------------------------------------------------------------------ */

static struct json *page(const struct place *p, const char *path, const char *query)
{
	struct serve_request request = {.method = "GET", .path = path, .query = query};
	struct serve_reply reply = {.status = 200, .type = "application/json"};
	buf_init(&reply.body, 4 << 20);
	assert_true(monitor_answer(p->engine, &request, &reply));
	struct json *found = json_parse(buf_text(&reply.body), reply.body.len, 64 << 20, NULL);
	assert_non_null(found);
	buf_free(&reply.body);
	return found;
}

static void the_cluster_shows_what_the_network_does(void **state)
{
	struct place p;
	(void)state;
	place_open(&p);
	pass(&p, 60);
	uint64_t version = monitor_version(p.engine);
	struct json *pods = page(&p, "/api/v1/namespaces/besu-network/pods", NULL);
	assert_int_equal(json_count(json_get(pods, "items")), 7);
	json_free(pods);
	struct json *alerts = page(&p, "/api/v2/alerts", NULL);
	assert_int_equal(json_count(alerts), 0);
	json_free(alerts);
	engine_crash(p.engine, &p.engine->nodes[2], "OOMKilled", "gone");
	bridge_break(p.engine->bridge, BRIDGE_FEED_STOPS | BRIDGE_INTRUSION);
	assert_true(monitor_version(p.engine) != version);
	alerts = page(&p, "/api/v2/alerts", NULL);
	assert_int_equal(json_count(alerts), 3);
	json_free(alerts);
	struct json *calls = page(&p, "/loki/api/v1/query", "sum(count_over_time({a=\"b\"} |= \"refused\" [1m]))");
	const struct json *value = json_get(json_first(json_get(json_get(calls, "data"), "result")), "value");
	assert_string_equal(json_string(json_next(json_first(value))), "40");
	json_free(calls);
	place_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_get_through),
		cmocka_unit_test(each_fault_shows_where_it_should),
		cmocka_unit_test(the_feed_follows_its_publisher),
		cmocka_unit_test(events_are_found_by_address_topic_and_block),
		cmocka_unit_test(the_cluster_shows_what_the_network_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
