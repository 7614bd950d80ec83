/* How long a peer that failed is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "collect/backoff.h"

/* The pause as a range: what the smallest and the largest random number make of it. */
static void pauses(void **state)
{
	static const struct backoff rule = {.patient = 2, .longest_ms = 10000, .retry_after_max_ms = 60000};
	static const struct {
		const char *name;
		int64_t interval_ms;
		unsigned failures;
		int64_t retry_after_s, least_ms, most_ms;
	} rows[] = {
		{"patient at first", 1000, 1, 0, 750, 1250},
		{"and still", 1000, 2, 0, 750, 1250},
		{"then doubled", 1000, 3, 0, 1500, 2500},
		{"and again", 1000, 5, 0, 6000, 10000},
		{"up to a cap", 1000, 6, 0, 7500, 12500},
		{"however often", 1000, 4000000000U, 0, 7500, 12500},
		{"never below the interval", 30000, 9, 0, 22500, 37500},
		{"a peer may ask for more", 1000, 1, 30, 30000, 30000},
		{"but not for ever", 1000, 1, INT64_MAX / 1000, 60000, 60000},
		{"nor for less", 1000, 6, 1, 7500, 12500},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		int64_t least_ms = backoff_ms(&rule, rows[i].interval_ms, rows[i].failures, rows[i].retry_after_s, 0);
		int64_t most_ms = backoff_ms(&rule, rows[i].interval_ms, rows[i].failures, rows[i].retry_after_s, (uint64_t)(rows[i].most_ms - rows[i].least_ms));
		if (least_ms != rows[i].least_ms || most_ms != rows[i].most_ms)
			fail_msg("%s: %lld to %lld ms", rows[i].name, (long long)least_ms, (long long)most_ms);
		for (uint64_t random = 0; random < 100000; random += 777) {
			int64_t ms = backoff_ms(&rule, rows[i].interval_ms, rows[i].failures, rows[i].retry_after_s, random);
			if (ms < rows[i].least_ms || ms > rows[i].most_ms)
				fail_msg("%s: %lld ms with %llu", rows[i].name, (long long)ms, (unsigned long long)random);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
