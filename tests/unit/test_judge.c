/* The judges and the thresholds, as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/mem.h"
#include "world/judge.h"

static void quorum_follows_the_table(void **state)
{
	/* n, quorum, f, spare when all are alive */
	static const unsigned rows[][4] = {
		{1, 1, 0, 0},
		{2, 2, 0, 0},
		{3, 2, 0, 1},
		{4, 3, 1, 1},
		{5, 4, 1, 1},
		{6, 4, 1, 2},
		{7, 5, 2, 2},
		{8, 6, 2, 2},
		{9, 6, 2, 3},
		{10, 7, 3, 3},
		{13, 9, 4, 4},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		assert_int_equal(qbft_quorum(rows[i][0]), rows[i][1]);
		assert_int_equal(qbft_byzantine(rows[i][0]), rows[i][2]);
		assert_int_equal(qbft_can_lose(rows[i][0], rows[i][0]), rows[i][3]);
	}
	assert_int_equal(qbft_byzantine(0), 0);
	assert_int_equal(qbft_can_lose(4, 2), -1);
}

static void rounds_double(void **state)
{
	/* age, P, T, round, time to the next, all in ms */
	static const int64_t rows[][5] = {
		{0, 2000, 4000, 0, 6000},
		{1999, 2000, 4000, 0, 4001},
		{2000, 2000, 4000, 0, 4000},
		{5999, 2000, 4000, 0, 1},
		{6000, 2000, 4000, 1, 8000},
		{13999, 2000, 4000, 1, 1},
		{14000, 2000, 4000, 2, 16000},
		{3600000, 2000, 4000, 9, 494000},
		{10000, 2000, 0, 0, 0},
		{INT64_MAX / 2, 1000, 1, 60, -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const int64_t *r = rows[i];

		if (r[4] >= 0) {
			assert_int_equal(qbft_round_estimate(r[0], r[1], r[2]), r[3]);
			assert_int_equal(qbft_next_round_ms(r[0], r[1], r[2]), r[4]);
		} else {
			assert_true(qbft_round_estimate(r[0], r[1], r[2]) >= r[3]);
		}
	}
}

static void proposers_rotate(void **state)
{
	static const struct {
		const char *name;
		unsigned miner; /* first byte of its address; the set is 10 20 30 40 */
		unsigned round, expected;
	} rows[] = {
		{"the next after the miner", 10, 0, 20},
		{"wraps around", 40, 0, 10},
		{"a round further", 10, 1, 30},
		{"rounds wrap too", 30, 5, 10},
		{"a removed miner leaves its place to the next higher", 25, 0, 30},
		{"a removed miner, a round further", 25, 1, 40},
		{"a removed miner above all leaves it to the first", 50, 0, 10},
		{"after genesis the first", 0, 0, 10},
	};
	struct address set[4] = {0}, miner = {0};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		set[i].bytes[0] = (uint8_t)(10 * (i + 1));
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		miner.bytes[0] = (uint8_t)rows[i].miner;
		if (qbft_proposer(set, 4, &miner, rows[i].round)->bytes[0] != rows[i].expected)
			fail_msg("%s", rows[i].name);
	}
	assert_null(qbft_proposer(set, 0, &miner, 0));
}

static void silence_has_two_bounds(void **state)
{
	/* P 2 s, T 4 s: warning above 6 s, halted above 2 + 12 + 2 = 16 s */
	static const struct {
		int64_t age_ms;
		enum health health;
	} rows[] = {
		{0, HEALTH_OK},
		{6000, HEALTH_OK},
		{6001, HEALTH_WARNING},
		{16000, HEALTH_WARNING},
		{16001, HEALTH_CRITICAL},
	};
	struct thresholds t = thresholds_default();

	(void)state;
	assert_int_equal(stall_bound_ms(&t, 2000, 4000), 16000);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_int_equal(judge_chain_age(&t, rows[i].age_ms, 2000, 4000).health, rows[i].health);
}

static void quorum_is_at_risk_only_when_something_is_lost(void **state)
{
	static const struct {
		unsigned n, alive;
		enum health health;
	} rows[] = {
		{4, 4, HEALTH_OK},
		{4, 3, HEALTH_WARNING},
		{4, 2, HEALTH_WARNING},
		{1, 1, HEALTH_OK},
		{2, 2, HEALTH_OK},
		{2, 1, HEALTH_WARNING},
		{7, 6, HEALTH_OK},
		{7, 5, HEALTH_WARNING},
		{6, 5, HEALTH_OK},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_int_equal(judge_quorum(rows[i].n, rows[i].alive, rows[i].alive, qbft_quorum(rows[i].n)).health, rows[i].health);
	assert_non_null(strstr(judge_quorum(4, 3, 3, 3).reason, "3 of 4 validators alive, can lose 0 more"));
	assert_non_null(strstr(judge_quorum(4, 4, 3, 3).reason, "3 of 4 validators in one group, can lose 0 more"));
	assert_int_equal(judge_quorum(4, 4, 2, 3).health, HEALTH_WARNING);
}

static void lag_scales_with_the_period(void **state)
{
	static const struct {
		int64_t lag, period_ms;
		enum health health;
	} rows[] = {
		{0, 2000, HEALTH_OK},
		{2, 2000, HEALTH_OK},
		{3, 2000, HEALTH_WARNING},
		{5, 2000, HEALTH_WARNING},
		{6, 2000, HEALTH_CRITICAL},
		{10, 1000, HEALTH_WARNING},
		{11, 1000, HEALTH_CRITICAL},
		{3, 15000, HEALTH_CRITICAL},
		{1000000, 0, HEALTH_WARNING},
	};
	struct thresholds t = thresholds_default();

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_int_equal(judge_lag(&t, rows[i].lag, rows[i].period_ms).health, rows[i].health);
}

static void slow_and_failing_answers_warn(void **state)
{
	struct thresholds t = thresholds_default();

	(void)state;
	assert_int_equal(judge_rpc(&t, 1000, 5).health, HEALTH_OK);
	assert_int_equal(judge_rpc(&t, 1001, 0).symptom, SYMPTOM_SLOW);
	assert_int_equal(judge_rpc(&t, -1, 6).symptom, SYMPTOM_ERRORS);
	assert_int_equal(judge_rpc(&t, -1, 0).health, HEALTH_OK);
}

static void more_than_half_of_the_clocks_settle_the_time(void **state)
{
	static const struct {
		const char *name;
		int64_t skews[6];
		size_t count;
		bool settled;
		int64_t middle;
	} rows[] = {
		{"none", {0}, 0, false, 0},
		{"one alone", {60}, 1, false, 0},
		{"two that agree", {-60, -59}, 2, true, -59},
		{"two that do not", {0, 60}, 2, false, 60},
		{"one of three differs", {60, 0, 1}, 3, true, 1},
		{"half and half", {0, 60, 0, 60}, 4, false, 60},
		{"all differ", {0, 40, 80}, 3, false, 40},
		{"most of six", {59, 60, 0, 58, 61, -30}, 6, true, 59},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		int64_t skews[6], middle;

		memcpy(skews, rows[i].skews, sizeof(skews));
		if (judge_clocks(skews, rows[i].count, 2, &middle) != rows[i].settled || middle != rows[i].middle)
			fail_msg("%s: %lld", rows[i].name, (long long)middle);
	}
}

static void turns_decide_about_a_validator(void **state)
{
	static const struct {
		const char *name;
		struct turns turns;
		enum health health;
	} rows[] = {
		{"takes all its turns", {.validators = 4, .blocks = 100, .proposed = 25, .late_blocks = 8, .late_proposed = 2}, HEALTH_OK},
		{"no turn seen", {.validators = 4, .blocks = 3, .late_blocks = 3}, HEALTH_UNKNOWN},
		{"missed all of the last 2n blocks",
		 {.validators = 4, .blocks = 100, .proposed = 20, .missed = 3, .late_blocks = 8, .late_missed = 2, .missed_lately = true},
		 HEALTH_CRITICAL},
		{"the same, but a seal shows it is back",
		 {.validators = 4, .blocks = 100, .proposed = 20, .missed = 3, .late_blocks = 8, .late_missed = 2, .missed_lately = true, .sealed_since = true},
		 HEALTH_WARNING},
		{"one miss in a young window is not enough", {.validators = 4, .blocks = 3, .missed = 1, .late_blocks = 3, .late_missed = 1, .missed_lately = true}, HEALTH_WARNING},
		{"two misses in a young window are", {.validators = 4, .blocks = 6, .missed = 2, .late_blocks = 6, .late_missed = 2, .missed_lately = true}, HEALTH_CRITICAL},
		{"missed one lately, above five percent",
		 {.validators = 4, .blocks = 40, .proposed = 9, .missed = 1, .late_blocks = 8, .late_proposed = 1, .late_missed = 1, .missed_lately = true},
		 HEALTH_WARNING},
		{"missed at exactly five percent",
		 {.validators = 4, .blocks = 80, .proposed = 19, .missed = 1, .late_blocks = 8, .late_proposed = 1, .late_missed = 1, .missed_lately = true},
		 HEALTH_OK},
		{"missed some long ago", {.validators = 4, .blocks = 100, .proposed = 15, .missed = 9, .late_blocks = 8, .late_proposed = 2}, HEALTH_OK},
	};
	struct thresholds t = thresholds_default();

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		if (judge_validator(&t, &rows[i].turns).health != rows[i].health)
			fail_msg("%s: %s", rows[i].name, health_name(judge_validator(&t, &rows[i].turns).health));
}

static void the_worse_verdict_wins_and_the_first_of_equals(void **state)
{
	static const enum health order[] = {HEALTH_OK, HEALTH_WARNING, HEALTH_UNKNOWN, HEALTH_CRITICAL};
	struct verdict a = verdict_make(HEALTH_STALE, SYMPTOM_NONE, "a"), b = verdict_make(HEALTH_UNKNOWN, SYMPTOM_NONE, "b");

	(void)state;
	assert_string_equal(verdict_worse(a, b).reason, "a");
	assert_string_equal(verdict_worse(b, a).reason, "b");
	for (size_t i = 0; i + 1 < ARRAY_LENGTH(order); i++) {
		struct verdict low = verdict_make(order[i], SYMPTOM_NONE, "low"), high = verdict_make(order[i + 1], SYMPTOM_NONE, "high");

		assert_string_equal(verdict_worse(low, high).reason, "high");
		assert_string_equal(verdict_worse(high, low).reason, "high");
	}
}

static void thresholds_are_set_by_name(void **state)
{
	static const struct {
		const char *name, *value;
		enum status status;
		int64_t expected; /* of the named field */
	} rows[] = {
		{"dwell_ms", "500", STATUS_OK, 500},
		{"dwell_ms", "2s", STATUS_OK, 2000},
		{"dwell_ms", "250ms", STATUS_OK, 250},
		{"lag_crit_s", "1m", STATUS_OK, 60},
		{"stall_rounds", "5", STATUS_OK, 5},
		{"stall_rounds", "5s", STATUS_INVALID, 5},
		{"stall_rounds", "0", STATUS_INVALID, 5},
		{"rpc_error_percent", "101", STATUS_INVALID, 5},
		{"rpc_error_percent", "-1", STATUS_INVALID, 5},
		{"dwell_ms", "soon", STATUS_INVALID, 250},
		{"dwel_ms", "5", STATUS_NOT_FOUND, 0},
	};
	struct thresholds t = thresholds_default();

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct error err = {0};

		assert_int_equal(thresholds_set(&t, rows[i].name, rows[i].value, &err), rows[i].status);
		for (const struct threshold_def *def = threshold_defs(); def->name != NULL; def++) {
			int64_t now;

			if (strcmp(def->name, rows[i].name) != 0)
				continue;
			memcpy(&now, (char *)&t + def->offset, sizeof(now));
			assert_int_equal(now, rows[i].expected);
		}
		assert_true(rows[i].status == STATUS_OK || strstr(err.text, rows[i].name) != NULL);
	}
}

static void defaults_are_within_their_ranges(void **state)
{
	struct thresholds t = thresholds_default();
	size_t count = 0;

	(void)state;
	for (const struct threshold_def *def = threshold_defs(); def->name != NULL; def++, count++) {
		int64_t now;

		memcpy(&now, (char *)&t + def->offset, sizeof(now));
		assert_in_range(now, def->low, def->high);
	}
	assert_int_equal(count, sizeof(t) / sizeof(int64_t));
}

/* A symptom without words would be a gap in JSON, in the detail and in [diagnosis] rows. */
static void every_symptom_has_a_name_and_a_rule(void **state)
{
	(void)state;
	for (int symptom = SYMPTOM_NONE; symptom < SYMPTOM_COUNT; symptom++) {
		const char *name = symptom_name((enum symptom)symptom);

		assert_non_null(name);
		assert_true(strlen(symptom_rule((enum symptom)symptom)) > 10);
		assert_int_equal(symptom_parse(name), symptom);
	}
	assert_int_equal(symptom_parse("nonsense"), SYMPTOM_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_symptom_has_a_name_and_a_rule),
		cmocka_unit_test(quorum_follows_the_table),
		cmocka_unit_test(rounds_double),
		cmocka_unit_test(proposers_rotate),
		cmocka_unit_test(silence_has_two_bounds),
		cmocka_unit_test(quorum_is_at_risk_only_when_something_is_lost),
		cmocka_unit_test(lag_scales_with_the_period),
		cmocka_unit_test(slow_and_failing_answers_warn),
		cmocka_unit_test(more_than_half_of_the_clocks_settle_the_time),
		cmocka_unit_test(turns_decide_about_a_validator),
		cmocka_unit_test(the_worse_verdict_wins_and_the_first_of_equals),
		cmocka_unit_test(thresholds_are_set_by_name),
		cmocka_unit_test(defaults_are_within_their_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
