/* Lists of questions to an endpoint: answers in any order, with holes and errors; batches
 * that are refused, and events in pages that are halved. */
#include "collect_fixture.h"

#include "base/hash.h"
#include "base/mem.h"
#include "collect/eth.h"

#include <inttypes.h>

static const struct address CONTRACT = {{[19] = 1}};

static struct eth_list *three_calls(void)
{
	struct eth_list *list = eth_list_new();

	for (int i = 0; i < 3; i++)
		eth_add_call(list, &CONTRACT, "0x5c975abb");
	return list;
}

static struct eth_limits usual(void)
{
	return (struct eth_limits){.batch = 10, .span = 100, .span_max = 100};
}

/* Writes the next request; the parsed text. */
static struct json *write_request(struct eth_list *list, const struct eth_limits *limits)
{
	struct json *request;
	struct buf body;

	buf_init(&body, FIXTURE_LIMIT);
	assert_true(eth_write(list, limits, &body));
	request = json_parse(buf_text(&body), body.len, FIXTURE_LIMIT, NULL);
	assert_non_null(request);
	buf_free(&body);
	return request;
}

static void ask(struct eth_list *list, const struct eth_limits *limits, size_t expected)
{
	struct json *request = write_request(list, limits);

	assert_int_equal(json_is_array(request) ? json_count(request) : 1, expected);
	json_free(request);
}

static bool answer(struct eth_list *list, struct eth_limits *limits, const char *text)
{
	char why[160] = "";

	return eth_read(list, limits, text, strlen(text), why);
}

static uint64_t number_of(const struct eth_list *list, size_t index)
{
	struct abi view;
	uint64_t number = 99;

	assert_true(eth_view(list, index, &view) && abi_u64(view, 0, &number));
	return number;
}

#define WORD(digit) "0x000000000000000000000000000000000000000000000000000000000000000" digit
#define GOOD(id, digit) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":\"" WORD(digit) "\"}"

static void out_of_order(void **state)
{
	struct eth_list *list = three_calls();
	struct eth_limits limits = usual();

	(void)state;
	ask(list, &limits, 3);
	assert_true(answer(list, &limits, "[" GOOD("3", "3") "," GOOD("1", "1") "," GOOD("2", "2") "]"));
	assert_true(eth_list_done(list));
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(number_of(list, i), i + 1);
	eth_list_free(list);
}

/* An error of one spoils none of the others. */
static void one_error(void **state)
{
	struct eth_list *list = three_calls();
	struct eth_limits limits = usual();

	(void)state;
	ask(list, &limits, 3);
	assert_true(answer(list, &limits, "[" GOOD("1", "1") ",{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":-32000,\"message\":\"missing trie node\"}}," GOOD("3", "3") "]"));
	assert_true(eth_list_done(list));
	assert_int_equal(eth_answer(list, 1)->outcome, ETH_FAILED);
	assert_non_null(strstr(eth_answer(list, 1)->why, "missing trie node"));
	assert_int_equal(number_of(list, 2), 3);
	eth_list_free(list);
}

/* What was left out is asked once more by itself, and then given up. */
static void holes(void **state)
{
	struct eth_list *list = three_calls();
	struct eth_limits limits = usual();

	(void)state;
	ask(list, &limits, 3);
	assert_true(answer(list, &limits, "[" GOOD("3", "3") "," GOOD("7", "7") ",null,5]"));
	assert_false(eth_list_done(list));
	ask(list, &limits, 1);
	assert_true(answer(list, &limits, GOOD("1", "1")));
	ask(list, &limits, 1);
	assert_true(answer(list, &limits, "[" GOOD("9", "2") "]"));
	assert_true(eth_list_done(list));
	assert_int_equal(number_of(list, 0), 1);
	assert_int_equal(eth_answer(list, 1)->outcome, ETH_FAILED);
	eth_list_free(list);
}

static void answered_twice(void **state)
{
	struct eth_list *list = three_calls();
	struct eth_limits limits = usual();

	(void)state;
	ask(list, &limits, 3);
	assert_true(answer(list, &limits, "[" GOOD("1", "1") "," GOOD("1", "5") "," GOOD("2", "2") "," GOOD("3", "3") "]"));
	assert_int_equal(number_of(list, 0), 1);
	eth_list_free(list);
}

/* A batch refused as one object is asked in halves, down to single questions. */
static void refused_batch(void **state)
{
	static const char refusal[] = "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"Batch too large\"}}";
	struct eth_list *list = three_calls();
	struct eth_limits limits = usual();

	(void)state;
	ask(list, &limits, 3);
	assert_true(answer(list, &limits, refusal));
	assert_int_equal(limits.batch, 1);
	for (int i = 0; i < 3; i++) {
		ask(list, &limits, 1);
		assert_true(answer(list, &limits, GOOD("1", "4")));
	}
	assert_true(eth_list_done(list));
	eth_list_free(list);
}

/* To a single question the same object is the answer. */
static void refused_alone(void **state)
{
	struct eth_list *list = eth_list_new();
	struct eth_limits limits = usual();

	(void)state;
	eth_add_chain_id(list);
	ask(list, &limits, 1);
	assert_true(answer(list, &limits, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"no\"}}"));
	assert_int_equal(eth_answer(list, 0)->outcome, ETH_FAILED);
	eth_list_free(list);
}

/* A rate limit is no matter of size: it is said, and nothing is asked at once. */
static void asked_too_often(void **state)
{
	static const char *const messages[] = {"request rate limited", "daily request count exceeded", "50/second request limit reached", "come back later"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(messages); i++) {
		struct eth_list *list = three_calls();
		struct eth_limits limits = usual();
		char text[300], why[160];
		ask(list, &limits, 3);
		snprintf(text, sizeof(text), "{\"id\":null,\"error\":{\"code\":-32005,\"message\":\"%s\"}}", messages[i]);
		assert_false(eth_read(list, &limits, text, strlen(text), why));
		assert_non_null(strstr(why, messages[i]));
		assert_int_equal(limits.batch, 10);
		assert_true(limits.too_often);
		/* The same of one in a batch, and of a span of events. */
		snprintf(text, sizeof(text), "[{\"id\":2,\"error\":{\"code\":-32005,\"message\":\"%s\"}},{\"id\":1,\"result\":\"0x01\"},{\"id\":3,\"result\":\"0x03\"}]", messages[i]);
		assert_true(answer(list, &limits, text));
		assert_true(eth_list_done(list) && eth_refused(list, 1));
		eth_list_free(list);
		list = eth_list_new();
		eth_add_logs(list, &(struct eth_filter){.to = 99});
		ask(list, &limits, 1);
		snprintf(text, sizeof(text), "{\"id\":1,\"error\":{\"code\":-32005,\"message\":\"%s\"}}", messages[i]);
		assert_true(answer(list, &limits, text));
		assert_true(eth_refused(list, 0));
		assert_int_equal(limits.span, 100);
		eth_list_free(list);
	}
}

/* What was too much once is offered again after many good ones. */
static void batch_grows_again(void **state)
{
	struct eth_limits limits = {.batch = 3, .batch_max = 3, .span = 100, .span_max = 100};
	struct eth_list *list = three_calls();

	(void)state;
	ask(list, &limits, 3);
	assert_true(eth_halve(list, &limits));
	eth_list_free(list);
	assert_int_equal(limits.batch, 1);
	for (int i = 0; i < 40; i++) {
		list = eth_list_new();
		eth_add_chain_id(list);
		ask(list, &limits, 1);
		assert_true(answer(list, &limits, "{\"id\":1,\"result\":\"0x8a\"}"));
		assert_int_equal(limits.batch, i < 15 ? 1 : i < 31 ? 2
								   : 3);
		eth_list_free(list);
	}
}

static void no_json_rpc(void **state)
{
	static const char *const cases[] = {"", "<html>", "[]", "5", "{}", "[", "\"x\"", "{\"error\""};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct eth_list *list = three_calls();
		struct eth_limits limits = usual();
		ask(list, &limits, 3);
		if (answer(list, &limits, cases[i]))
			fail_msg("%s", cases[i]);
		eth_list_free(list);
	}
}

static void outcomes_of_calls(void **state)
{
	static const struct {
		const char *name, *member;
		enum eth_outcome outcome;
	} cases[] = {
		{"no contract", "\"result\":\"0x\"", ETH_NOTHING},
		{"no hex", "\"result\":\"0x0\"", ETH_FAILED},
		{"a number", "\"result\":5", ETH_FAILED},
		{"revert with data", "\"error\":{\"code\":3,\"message\":\"Execution reverted\",\"data\":\"0x53ad11d8\"}", ETH_REVERTED},
		{"revert without", "\"error\":{\"code\":-32000,\"message\":\"execution reverted\"}", ETH_REVERTED},
		{"revert in an object", "\"error\":{\"code\":-32603,\"message\":\"x\",\"data\":{\"data\":\"0x53ad11d8\"}}", ETH_REVERTED},
		{"an error", "\"error\":{\"code\":-32603,\"message\":\"internal\"}", ETH_FAILED},
		{"nothing at all", "\"x\":1", ETH_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct eth_list *list = eth_list_new();
		struct eth_limits limits = usual();
		char text[300];
		eth_add_call(list, &CONTRACT, "0x5c975abb");
		ask(list, &limits, 1);
		snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":1,%s}", cases[i].member);
		assert_true(answer(list, &limits, text));
		if (eth_answer(list, 0)->outcome != cases[i].outcome)
			fail_msg("%s", cases[i].name);
		eth_list_free(list);
	}
}

/* --- events -------------------------------------------------------------------------------------- */

static struct eth_list *one_search(uint64_t from, uint64_t to)
{
	struct eth_list *list = eth_list_new();
	struct eth_filter filter = {.addresses = {CONTRACT}, .address_count = 1, .topics = {{{7}}}, .topic_count = 1, .from = from, .to = to};

	eth_add_logs(list, &filter);
	return list;
}

/* The span that the next request is for. */
static void expect_span(struct eth_list *list, const struct eth_limits *limits, uint64_t from, uint64_t to)
{
	struct json *request = write_request(list, limits);
	const struct json *filter = json_first(json_get(request, "params"));
	uint64_t a, b;

	assert_true(json_quantity(json_get(filter, "fromBlock"), &a));
	assert_true(json_quantity(json_get(filter, "toBlock"), &b));
	assert_int_equal(a, from);
	assert_int_equal(b, to);
	json_free(request);
}

/* One event of the contract in that block. */
static void give_event(struct eth_list *list, struct eth_limits *limits, uint64_t block, const char *more)
{
	char text[700];

	snprintf(text, sizeof(text),
		 "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[{\"address\":\"0x0000000000000000000000000000000000000001\",\"topics\":[\"0x0700000000000000000000000000000000000000000000000000000000000000\"],"
		 "\"data\":\"0x\",\"blockNumber\":\"0x%" PRIx64 "\",\"logIndex\":\"0x0\"%s}]}",
		 block, more);
	assert_true(answer(list, limits, text));
}

static void logs_in_pages(void **state)
{
	struct eth_list *list = one_search(1000, 1249);
	struct eth_limits limits = usual();

	(void)state;
	expect_span(list, &limits, 1000, 1099);
	give_event(list, &limits, 1000, "");
	expect_span(list, &limits, 1100, 1199);
	give_event(list, &limits, 1199, "");
	assert_false(eth_list_done(list));
	expect_span(list, &limits, 1200, 1249);
	give_event(list, &limits, 1249, ",\"blockTimestamp\":\"0x67748580\"");
	assert_int_equal(eth_answer(list, 0)->outcome, ETH_GOOD);
	assert_int_equal(eth_answer(list, 0)->log_count, 3);
	assert_int_equal(eth_answer(list, 0)->logs[1].time_s, 0);
	assert_int_equal(eth_answer(list, 0)->logs[2].time_s, 1735689600);
	eth_list_free(list);
}

/* So many events in each block of a span, newest first where `backwards`. */
static void give_many(struct eth_list *list, struct eth_limits *limits, uint64_t from, uint64_t to, unsigned each, bool backwards)
{
	struct buf text;

	buf_init(&text, 32 * 1024 * 1024);
	buf_puts(&text, "{\"id\":1,\"result\":[");
	for (uint64_t i = from; i <= to; i++)
		for (unsigned n = 0; n < each; n++)
			buf_printf(&text,
				   "%s{\"address\":\"0x0000000000000000000000000000000000000001\",\"topics\":[\"0x0700000000000000000000000000000000000000000000000000000000000000\"],"
				   "\"data\":\"0x\",\"blockNumber\":\"0x%" PRIx64 "\",\"logIndex\":\"0x%x\"}",
				   i == from && n == 0 ? "" : ",", backwards ? from + to - i : i, n);
	buf_puts(&text, "]}");
	assert_true(answer(list, limits, buf_text(&text)));
	buf_free(&text);
}

/* More than can be taken in end with the last whole block, so that the next question goes on. */
static void too_many_events(void **state)
{
	static const struct {
		uint64_t to;
		unsigned each;
		bool backwards;
		enum eth_outcome outcome;
		uint64_t reached;
		size_t count;
	} cases[] = {
		{300, 60, false, ETH_GOOD, 300, 18000},
		{300, 70, false, ETH_GOOD, 285, 19950},
		{290, 70, false, ETH_GOOD, 285, 19950},
		{300, 70, true, ETH_GOOD, 200, 14000},
		{200, 100, false, ETH_GOOD, 200, 20000},
		{300, 100, false, ETH_GOOD, 200, 20000},
		{1, 20001, false, ETH_FAILED, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct eth_list *list = one_search(1, cases[i].to);
		struct eth_limits limits = usual();
		const struct eth_answer *answer = eth_answer(list, 0);
		for (uint64_t from = 1; answer->outcome == ETH_OPEN; from += 100) {
			uint64_t to = from + 99 < cases[i].to ? from + 99 : cases[i].to;
			expect_span(list, &limits, from, to);
			give_many(list, &limits, from, to, cases[i].each, cases[i].backwards);
		}
		if (answer->outcome != cases[i].outcome || answer->reached != cases[i].reached || answer->log_count != cases[i].count)
			fail_msg("case %zu: %zu events up to block %" PRIu64, i, answer->log_count, answer->reached);
		eth_list_free(list);
	}
}

/* -32005 halves the span until it fits; the smaller one stays, until many were good. */
static void logs_halved(void **state)
{
	char *refusal = fixture_text("collect/ccip/eth_getLogs_range_error.json");
	struct eth_list *list = one_search(0, 9999);
	struct eth_limits limits = usual();

	(void)state;
	expect_span(list, &limits, 0, 99);
	assert_true(answer(list, &limits, refusal));
	expect_span(list, &limits, 0, 49);
	assert_true(answer(list, &limits, refusal));
	expect_span(list, &limits, 0, 24);
	give_event(list, &limits, 3, "");
	expect_span(list, &limits, 25, 49);
	for (uint64_t i = 1; i < 16; i++) {
		give_event(list, &limits, 25 * i, "");
		if (i < 15)
			expect_span(list, &limits, 25 * (i + 1), 25 * (i + 1) + 24);
	}
	expect_span(list, &limits, 400, 449);
	free(refusal);
	eth_list_free(list);
}

/* A single block that is refused is no endless loop. */
static void logs_refused(void **state)
{
	char *refusal = fixture_text("collect/ccip/eth_getLogs_range_error.json");
	struct eth_list *list = one_search(5, 6);
	struct eth_limits limits = usual();

	(void)state;
	expect_span(list, &limits, 5, 6);
	assert_true(answer(list, &limits, refusal));
	expect_span(list, &limits, 5, 5);
	assert_true(answer(list, &limits, refusal));
	assert_int_equal(eth_answer(list, 0)->outcome, ETH_FAILED);
	assert_non_null(strstr(eth_answer(list, 0)->why, "-32005"));
	free(refusal);
	eth_list_free(list);
}

/* An HTTP 4xx or an answer beyond the limit has no JSON-RPC to read. */
static void halved_from_outside(void **state)
{
	struct eth_list *list = one_search(0, 3);
	struct eth_limits limits = usual();

	(void)state;
	expect_span(list, &limits, 0, 3);
	assert_true(eth_halve(list, &limits));
	expect_span(list, &limits, 0, 1);
	assert_true(eth_halve(list, &limits));
	expect_span(list, &limits, 0, 0);
	assert_false(eth_halve(list, &limits));
	eth_list_free(list);
}

/* Endpoints that overlook a part of the filter, and blocks that are no more. */
static void unwanted_events(void **state)
{
	static const struct {
		uint64_t block;
		const char *more;
		size_t count;
	} cases[] = {{50, "", 1}, {50, ",\"removed\":false", 1}, {50, ",\"removed\":true", 0}, {9, "", 0}, {100, "", 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct eth_list *list = one_search(10, 99);
		struct eth_limits limits = usual();
		expect_span(list, &limits, 10, 99);
		give_event(list, &limits, cases[i].block, cases[i].more);
		assert_int_equal(eth_answer(list, 0)->log_count, cases[i].count);
		eth_list_free(list);
	}
}

static void nothing_to_search(void **state)
{
	struct eth_list *list = one_search(10, 9);
	struct eth_limits limits = usual();
	struct buf body;

	(void)state;
	buf_init(&body, 1000);
	assert_false(eth_write(list, &limits, &body));
	assert_true(eth_list_done(list));
	eth_list_free(list);
	buf_free(&body);
}

/* The request of the sample, word for word. */
static void sample_request(void **state)
{
	struct json *sample = fixture_json("collect/ccip/eth_getLogs_request.json");
	struct eth_list *list = eth_list_new();
	struct eth_limits limits = usual();
	struct eth_filter filter = {.addresses = {{{[18] = 0x10, [19] = 0x01}}}, .address_count = 1, .topic_count = 2, .from = 100, .to = 130};
	struct buf a, b;

	(void)state;
	assert_true(hex_bytes("0xd0c3c799bf9e2639de44391e7f524d229b2b55f5b1ea94b2bf7da42f7243dddd", filter.topics[0].bytes, 32));
	assert_true(hex_bytes("0x192442a2b2adb6a7948f097023cb6b57d29d3a7a5dd33e6666d33c39cc456f32", filter.topics[1].bytes, 32));
	eth_add_logs(list, &filter);
	struct json *request = write_request(list, &limits);
	buf_init(&a, FIXTURE_LIMIT);
	buf_init(&b, FIXTURE_LIMIT);
	assert_true(json_canonical(sample, &a) && json_canonical(request, &b));
	assert_string_equal(buf_text(&a), buf_text(&b));
	buf_free(&a);
	buf_free(&b);
	json_free(sample);
	json_free(request);
	eth_list_free(list);
}

/* Events go in a request of their own, after what shares one. */
static void kinds_apart(void **state)
{
	struct eth_list *list = one_search(0, 5);
	struct eth_limits limits = usual();

	(void)state;
	eth_add_block(list, ETH_LATEST);
	eth_add_chain_id(list);
	ask(list, &limits, 2);
	assert_true(answer(list, &limits, "[{\"id\":2,\"result\":\"0x8a\"},{\"id\":1,\"result\":{\"number\":\"0x10\",\"timestamp\":\"0x20\"}}]"));
	assert_int_equal(eth_answer(list, 1)->number, 16);
	assert_int_equal(eth_answer(list, 1)->time_s, 32);
	assert_int_equal(eth_answer(list, 2)->number, 138);
	expect_span(list, &limits, 0, 5);
	assert_true(answer(list, &limits, "{\"id\":1,\"result\":[]}"));
	assert_true(eth_list_done(list));
	eth_list_free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(out_of_order),
		cmocka_unit_test(one_error),
		cmocka_unit_test(holes),
		cmocka_unit_test(answered_twice),
		cmocka_unit_test(refused_batch),
		cmocka_unit_test(refused_alone),
		cmocka_unit_test(asked_too_often),
		cmocka_unit_test(batch_grows_again),
		cmocka_unit_test(no_json_rpc),
		cmocka_unit_test(outcomes_of_calls),
		cmocka_unit_test(logs_in_pages),
		cmocka_unit_test(too_many_events),
		cmocka_unit_test(logs_halved),
		cmocka_unit_test(logs_refused),
		cmocka_unit_test(halved_from_outside),
		cmocka_unit_test(unwanted_events),
		cmocka_unit_test(nothing_to_search),
		cmocka_unit_test(sample_request),
		cmocka_unit_test(kinds_apart),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
