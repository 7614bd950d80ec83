/* What modes, classes and people allow: one table of cases; when a check is looked at
 * again, with the time as an argument; and what of a flood of output is kept to scroll. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "watch/permit.h"
#include "watch/screenful.h"
#include "watch/verify.h"

/* --- modes ------------------------------------------------------------------------- */

static void modes_meet_classes(void **state)
{
	/* o: OBSERVER, u: UNARMED, a: ARMED, y: --yes, Y: --yes --arm */
	static const struct {
		enum danger danger;
		const char *allowed;
		bool name, second;
	} cases[] = {
		{DANGER_READ, "uayY", false, false},
		{DANGER_MUTATE, "aY", true, false},
		{DANGER_DESTRUCTIVE, "a", true, false},
		{DANGER_FUNDS, "a", true, true},
		{DANGER_CUSTODY, "a", true, true},
		{DANGER_NETWORK, "a", true, true},
		{DANGER_COUNT, "a", true, true}, /* what nobody knows is the worst */
	};
	char why[240];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		enum danger danger = cases[i].danger;
		const char *allowed = cases[i].allowed;
		assert_int_equal((permit_needs(danger) & PERMIT_NAME) != 0, cases[i].name);
		assert_int_equal((permit_needs(danger) & PERMIT_SECOND) != 0, cases[i].second);
		assert_true(permit_needs(danger) & PERMIT_CONFIRM);
		if (danger == DANGER_COUNT)
			continue; /* it has no name to be refused by */
		assert_int_equal(permit_mode(MODE_OBSERVER, danger, why, sizeof(why)), strchr(allowed, 'o') != NULL);
		assert_non_null(strstr(why, "OBSERVER runs nothing"));
		assert_int_equal(permit_mode(MODE_UNARMED, danger, why, sizeof(why)), strchr(allowed, 'u') != NULL);
		assert_int_equal(why[0] == '\0', strchr(allowed, 'u') != NULL);
		assert_int_equal(permit_mode(MODE_ARMED, danger, why, sizeof(why)), strchr(allowed, 'a') != NULL);
		assert_int_equal(permit_unattended(false, danger, why, sizeof(why)), strchr(allowed, 'y') != NULL);
		assert_int_equal(permit_unattended(true, danger, why, sizeof(why)), strchr(allowed, 'Y') != NULL);
		assert_int_equal(why[0] == '\0', strchr(allowed, 'Y') != NULL);
	}
}

/* --- checks ---------------------------------------------------------------------------- */

/* Walks through a check that never holds; each character is one second: '.' waits, 'L'
 * looks, 'E' has given up. */
static void walk(struct verify *verify, int64_t from_s, const char *expected)
{
	for (size_t i = 0; expected[i]; i++) {
		int64_t now_us = (from_s + (int64_t)i) * US_PER_S;
		enum verify_next next = verify_next(verify, now_us);
		const char got = next == VERIFY_WAIT ? '.' : next == VERIFY_LOOK ? 'L'
										 : 'E';
		if (got != expected[i])
			fail_msg("second %zu of %s: %c", i, expected, got);
		if (next == VERIFY_LOOK)
			verify_looked(verify, now_us);
	}
}

static void a_check_is_looked_at_until_its_time_is_over(void **state)
{
	struct verify verify;

	(void)state;
	verify_begin(&verify, 100 * US_PER_S, 12 * US_PER_S, 5 * US_PER_S);
	walk(&verify, 100, "L....L....L.LEEE");
	assert_int_equal(verify.looks, 4);
	/* Late looks are not caught up on. */
	verify_begin(&verify, 0, 30 * US_PER_S, 5 * US_PER_S);
	walk(&verify, 0, "L");
	walk(&verify, 17, "L....L....L..LEE");
	/* A look that ends after the time was the last. */
	verify_begin(&verify, 0, 10 * US_PER_S, 5 * US_PER_S);
	assert_int_equal(verify_next(&verify, 0), VERIFY_LOOK);
	verify_looked(&verify, 11 * US_PER_S);
	assert_int_equal(verify_next(&verify, 11 * US_PER_S), VERIFY_GIVE_UP);
	/* The wall clock is set back by an hour: it goes on as if nothing had been. */
	verify_begin(&verify, 5000 * US_PER_S, 12 * US_PER_S, 5 * US_PER_S);
	walk(&verify, 5000, "L..");
	verify_shift(&verify, -3600 * US_PER_S);
	walk(&verify, 1403, "..L....L.LE");
	verify_shift(&verify, 3600 * US_PER_S);
	walk(&verify, 5014, "E");
	/* Defaults. */
	verify_begin(&verify, 0, 0, 0);
	assert_int_equal(verify.until_us, VERIFY_FOR_US);
	assert_int_equal(verify.every_us, VERIFY_EVERY_US);
}

/* --- floods ------------------------------------------------------------------------------ */

static void little_output_is_all_there(void **state)
{
	struct screenful screen;
	char digest[200];

	(void)state;
	screenful_init(&screen);
	assert_string_equal(screenful_text(&screen), "");
	screenful_add(&screen, "one\ntw", 6);
	screenful_add(&screen, "o\n", 2);
	assert_string_equal(screenful_text(&screen), "one\ntwo\n");
	assert_string_equal(screenful_digest(&screen, digest, sizeof(digest)), "one\ntwo\n");
	screenful_free(&screen);
}

static void of_much_output_both_ends_are_there(void **state)
{
	enum { LINES = 200000 };
	struct screenful screen;
	char line[32], digest[400];
	unsigned long long lines = 0;

	(void)state;
	screenful_init(&screen);
	for (int i = 0; i < LINES; i++) {
		int len = snprintf(line, sizeof(line), "line %d\n", i);
		screenful_add(&screen, line, (size_t)len);
	}
	const char *text = screenful_text(&screen);
	assert_memory_equal(text, "line 0\nline 1\n", 14);
	assert_string_equal(text + strlen(text) - strlen(line), line);
	const char *fold = strstr(text, "--- ");
	assert_non_null(fold);
	assert_int_equal(sscanf(fold, "--- %llu lines folded here", &lines), 1);
	/* Every line is there or counted. */
	unsigned long long shown = 0;
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		shown++;
	assert_int_equal(lines + shown - 1, LINES);
	assert_true(strlen(text) < 512 * 1024);
	/* What was skipped before it came here counts as well, and keeps its place. */
	screenful_skip(&screen, 1000);
	screenful_add(&screen, "last\n", 5);
	text = screenful_text(&screen);
	assert_string_equal(text + strlen(text) - 9, "---\nlast\n");
	screenful_digest(&screen, digest, sizeof(digest));
	assert_true(strlen(digest) < sizeof(digest));
	assert_memory_equal(digest, "line 0\n", 7);
	assert_non_null(strstr(digest, " bytes between ---\n"));
	assert_string_equal(digest + strlen(digest) - 5, "last\n");
	screenful_free(&screen);
}

/* One line without an end, and characters of several bytes where it is cut. */
static void a_digest_never_splits_a_character(void **state)
{
	struct screenful screen;
	char digest[300];

	(void)state;
	screenful_init(&screen);
	for (int i = 0; i < 1000; i++)
		screenful_add(&screen, "é", 2);
	for (size_t size = 120; size < sizeof(digest); size++) {
		screenful_digest(&screen, digest, size);
		assert_true(strlen(digest) < size);
		for (const char *at = digest; *at; at++)
			if ((unsigned char)*at == 0xc3)
				assert_int_equal((unsigned char)at[1], 0xa9);
	}
	screenful_free(&screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes_meet_classes),
		cmocka_unit_test(a_check_is_looked_at_until_its_time_is_over),
		cmocka_unit_test(little_output_is_all_there),
		cmocka_unit_test(of_much_output_both_ends_are_there),
		cmocka_unit_test(a_digest_never_splits_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
