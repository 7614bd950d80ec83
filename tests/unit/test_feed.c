/* What oracle contracts say: each sample, round ids of 80 bits, and the second source's page. */
#include "collect_fixture.h"

#include "base/hash.h"
#include "base/mem.h"
#include "collect/eth.h"
#include "collect/feed.h"

#include <inttypes.h>

/* The bytes of a "result"; the caller frees them. */
static struct abi result_of(const struct json *response)
{
	const char *text = json_string(json_get(response, "result"));
	uint8_t *bytes = xmalloc(strlen(text));
	struct abi view = {bytes, 0};

	assert_true(hex_data(text, bytes, strlen(text), &view.len));
	return view;
}

static void round_of_proxy(void **state)
{
	struct json *root = fixture_json("collect/oracle/latestRoundData.json");
	const struct json *expect = json_get(root, "expect");
	struct abi view = result_of(json_get(root, "response"));
	struct feed_round round;
	int64_t phase, number, updated;
	char text[160], selector[16];

	(void)state;
	snprintf(selector, sizeof(selector), "0x%08x", (unsigned)abi_selector("latestRoundData()"));
	assert_string_equal(selector, json_string(json_get(json_first(json_get(json_get(root, "request"), "params")), "data")));
	assert_true(feed_round_read(view, &round));
	assert_true(json_i64(json_get(expect, "phaseId"), &phase));
	assert_true(json_i64(json_get(expect, "aggregatorRound"), &number));
	assert_true(json_i64(json_get(expect, "updatedAt"), &updated));
	assert_int_equal(round.phase, phase);
	assert_int_equal(round.round, number);
	assert_int_equal(round.updated_s, updated);
	assert_false(round.carried_over);
	assert_string_equal(abi_decimal(text, sizeof(text), &round.answer, true, 8), json_string(json_get(expect, "decimals8")));
	assert_string_equal(abi_decimal(text, sizeof(text), &round.answer, true, 0), json_string(json_get(expect, "answer")));
	free((void *)view.bytes);
	json_free(root);
}

static void negative_answer(void **state)
{
	struct json *root = fixture_json("collect/oracle/latestRoundData_negative.json");
	struct abi view = result_of(json_get(root, "response"));
	struct feed_round round;
	char text[160];

	(void)state;
	assert_true(feed_round_read(view, &round));
	assert_true(abi_negative(&round.answer));
	assert_int_equal(round.phase, 0);
	assert_string_equal(abi_decimal(text, sizeof(text), &round.answer, true, 0), json_string(json_get(json_get(root, "expect"), "answer")));
	free((void *)view.bytes);
	json_free(root);
}

static void no_data(void **state)
{
	char *reply = fixture_text("collect/oracle/no_data_revert.json"), why[160], said[160];
	struct eth_list *list = eth_list_new();
	struct eth_limits limits = {.batch = 10, .span = 10, .span_max = 10};
	struct address to = {{0}};
	struct buf body;

	(void)state;
	buf_init(&body, 4096);
	eth_add_call(list, &to, "0xfeaf968c");
	assert_true(eth_write(list, &limits, &body) && eth_read(list, &limits, reply, strlen(reply), why));
	const struct eth_answer *answer = eth_answer(list, 0);
	assert_int_equal(answer->outcome, ETH_REVERTED);
	assert_string_equal(abi_revert(said, sizeof(said), (struct abi){answer->bytes, answer->len}), "No data present");
	buf_free(&body);
	eth_list_free(list);
	free(reply);
}

/* The event that an aggregator emits says the same as its round. */
static void event_of_answer(void **state)
{
	struct json *root = fixture_json("collect/oracle/AnswerUpdated_log.json");
	char *reply = fixture_text("collect/oracle/AnswerUpdated_log.json"), why[160], text[160];
	struct eth_list *list = eth_list_new();
	struct eth_limits limits = {.batch = 10, .span = 1000, .span_max = 1000};
	struct eth_filter filter = {.addresses = {{{[18] = 0x60, [19] = 0x02}}}, .address_count = 1, .topics = {abi_topic("AnswerUpdated(int256,uint256,uint256)")}, .topic_count = 1, .to = 999};
	struct u256 answer;
	uint64_t updated;
	struct buf body;

	(void)state;
	buf_init(&body, 4096);
	eth_add_logs(list, &filter);
	assert_true(eth_write(list, &limits, &body) && eth_read(list, &limits, reply, strlen(reply), why));
	assert_int_equal(eth_answer(list, 0)->log_count, 1);
	const struct eth_log *log = &eth_answer(list, 0)->logs[0];
	memcpy(answer.bytes, log->topics[1].bytes, sizeof(answer.bytes));
	assert_string_equal(abi_decimal(text, sizeof(text), &answer, true, 8), "3412.55");
	assert_true(abi_u64((struct abi){log->data, log->len}, 0, &updated) && updated == 1735689600);
	buf_free(&body);
	eth_list_free(list);
	free(reply);
	json_free(root);
}

/* Round ids are compared with all their 80 bits. */
static void rounds(void **state)
{
	static const struct {
		const char *name;
		uint8_t phase, answered_phase;
		uint64_t round, answered;
		bool carried_over;
	} cases[] = {
		{"the same", 5, 5, UINT64_MAX, UINT64_MAX, false},
		{"an earlier one", 5, 5, 10, 9, true},
		{"an earlier phase", 6, 5, 1, UINT64_MAX, true},
		{"a later one", 5, 5, 9, 10, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		uint8_t words[5 * ABI_WORD] = {0};
		struct feed_round round;
		for (int n = 0; n < 8; n++) {
			words[31 - n] = (uint8_t)(cases[i].round >> (8 * n));
			words[4 * ABI_WORD + 31 - n] = (uint8_t)(cases[i].answered >> (8 * n));
		}
		words[23] = cases[i].phase;
		words[4 * ABI_WORD + 23] = cases[i].answered_phase;
		assert_true(feed_round_read((struct abi){words, sizeof(words)}, &round));
		if (round.carried_over != cases[i].carried_over || round.phase != cases[i].phase || round.round != cases[i].round)
			fail_msg("%s", cases[i].name);
		assert_false(feed_round_read((struct abi){words, sizeof(words) - 1}, &round));
	}
}

static void pages(void **state)
{
	static const struct {
		const char *page, *path;
		bool found;
		double number;
	} cases[] = {
		{"{\"data\":[{\"price\":\"3412.55\"}]}", "data.0.price", true, 3412.55},
		{"{\"price\":3412.5}", "price", true, 3412.5},
		{"[1,2,-3]", "2", true, -3},
		{"3", "", true, 3},
		{"{\"price\":\"soon\"}", "price", false, 0},
		{"{\"price\":true}", "price", false, 0},
		{"[1]", "1", false, 0},
		{"[1]", "x", false, 0},
		{"{\"a\":1}", "a.b", false, 0},
		{"<html>", "price", false, 0},
		{"", "price", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		double number = 0;
		bool found = feed_page_read(cases[i].page, strlen(cases[i].page), cases[i].path, &number);
		if (found != cases[i].found || number - cases[i].number > 1e-9 || cases[i].number - number > 1e-9)
			fail_msg("%s at %s: %f", cases[i].page, cases[i].path, number);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_of_proxy),
		cmocka_unit_test(negative_answer),
		cmocka_unit_test(no_data),
		cmocka_unit_test(event_of_answer),
		cmocka_unit_test(rounds),
		cmocka_unit_test(pages),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
