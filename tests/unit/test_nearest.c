/* The nearest word: distances, and when a suggestion is worth saying. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void distances(void **state)
{
	static const struct {
		const char *name, *a, *b;
		unsigned distance;
	} cases[] = {
		{"the same", "status", "status", 0},
		{"nothing and nothing", "", "", 0},
		{"nothing and a word", "", "status", 6},
		{"a letter too much", "statuss", "status", 1},
		{"a letter too few", "statu", "status", 1},
		{"another letter", "stadus", "status", 1},
		{"neighbours swapped", "statsu", "status", 1},
		{"swapped at the beginning", "tsatus", "status", 1},
		{"letters apart swapped", "stsatu", "status", 2},
		{"case does not count", "STATUS", "status", 0},
		{"swapped and in capitals", "STATSU", "status", 1},
		{"nothing in common", "abc", "xyz", 3},
		{"from kitten to sitting", "kitten", "sitting", 3},
	};
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		unsigned there = nearest_distance(cases[i].a, cases[i].b), back = nearest_distance(cases[i].b, cases[i].a);
		if (there != cases[i].distance || back != cases[i].distance)
			fail_msg("%s: %u there and %u back instead of %u", cases[i].name, there, back, cases[i].distance);
	}
}

/* Only the first 63 bytes are compared; what lies behind them is not even read. */
static void long_words(void **state)
{
	char a[200], b[200];

	(void)state;
	memset(a, 'x', sizeof(a));
	memset(b, 'x', sizeof(b));
	a[199] = b[199] = '\0';
	b[63] = 'y';
	assert_int_equal(nearest_distance(a, b), 0);
	b[62] = 'y';
	assert_int_equal(nearest_distance(a, b), 1);
	assert_int_equal(nearest_distance(a, ""), 63);
}

static void suggestions(void **state)
{
	static const char *const offers[] = {"status", "sim", "demo", "verify", "export", "config"};
	static const struct {
		const char *name, *word, *best;
	} cases[] = {
		{"one letter wrong", "stetus", "status"},
		{"three letters wrong", "stxxxs", "status"},
		{"four letters wrong are another word", "sxxxxs", NULL},
		{"half of a short word may be wrong", "sxm", "sim"},
		{"more than half of it may not", "sxx", NULL},
		{"the nearer one wins", "expert", "export"},
		{"far from everything", "nonsense", NULL},
		{"nothing typed", "", NULL},
		{"the word itself", "demo", "demo"},
	};
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct nearest nearest = nearest_begin(cases[i].word);
		for (size_t j = 0; j < LENGTH(offers); j++)
			nearest_offer(&nearest, offers[j]);
		const char *best = nearest.best ? nearest.best : "none", *wanted = cases[i].best ? cases[i].best : "none";
		if (strcmp(best, wanted) != 0)
			fail_msg("%s: %s instead of %s", cases[i].name, best, wanted);
	}
}

/* Of equally near words the first that was offered stays, so that lists decide. */
static void first_of_equals(void **state)
{
	struct nearest nearest = nearest_begin("cat");

	(void)state;
	nearest_offer(&nearest, "car");
	nearest_offer(&nearest, "can");
	assert_string_equal(nearest.best, "car");
	assert_int_equal(nearest.distance, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances),
		cmocka_unit_test(long_words),
		cmocka_unit_test(suggestions),
		cmocka_unit_test(first_of_equals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
