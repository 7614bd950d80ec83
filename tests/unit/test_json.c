/* JSON: the traps that cJSON leaves open are shut, and what is written is exact. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

enum { PLENTY = 1 << 20 };
#define BYTES(text) text, sizeof(text) - 1

static struct json *parse(const char *text)
{
	struct error err = {0};
	struct json *root = json_parse(text, strlen(text), PLENTY, &err);

	if (!root)
		fail_msg("%s: %s", text, err.text);
	return root;
}

static void what_is_no_json_is_refused(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *says;
	} cases[] = {
		{BYTES(""), "ends too early"},
		{BYTES("  "), "ends too early"},
		{BYTES("{} x"), "after the value"},
		{BYTES("{}{}"), "after the value"},
		{BYTES("{}\0"), "after the value"},
		{BYTES("\xef\xbb\xbf{}"), "byte order mark"},
		{BYTES("\"a\\u0000b\""), "\\u0000"},
		{BYTES("{\"a\\u0000\":1}"), "\\u0000"},
		{BYTES("\"a\nb\""), "control character"},
		{BYTES("\"a\0b\""), "control character"},
		{BYTES("\"\x1b[2J\""), "control character"},
		{BYTES("\"\xff\""), "invalid UTF-8"},
		{BYTES("\"\xc0\xaf\""), "invalid UTF-8"},
		{BYTES("\"\xed\xa0\x80\""), "invalid UTF-8"},
		{BYTES("\"\xe6\x9d"), "invalid UTF-8"},
		{BYTES("\"\\ud800\""), "lone surrogate"},
		{BYTES("\"\\udc00\""), "lone surrogate"},
		{BYTES("\"\\ud800\\u0041\""), "lone surrogate"},
		{BYTES("\"\\ud83d\\ud83d\""), "lone surrogate"},
		{BYTES("\"\\u12g4\""), "hex digits"},
		{BYTES("\"\\u12"), "hex digits"},
		{BYTES("\"\\x41\""), "unknown escape"},
		{BYTES("\"\\"), "unknown escape"},
		{BYTES("\"abc"), "without end"},
		{BYTES("007"), "begins with 0"},
		{BYTES("-01"), "begins with 0"},
		{BYTES("1."), "after the point"},
		{BYTES(".5"), "not a value"},
		{BYTES("+1"), "not a value"},
		{BYTES("-"), "not a value"},
		{BYTES("1e"), "exponent"},
		{BYTES("1e+"), "exponent"},
		{BYTES("0x1f"), "after the value"},
		{BYTES("NaN"), "not a value"},
		{BYTES("Infinity"), "not a value"},
		{BYTES("nul"), "not a value"},
		{BYTES("True"), "not a value"},
		{BYTES("1111111111222222222233333333334444444444555555555566666666667777"), "63 characters"},
		{BYTES("[1,]"), "not a value"},
		{BYTES("[1 2]"), "in an array"},
		{BYTES("[1"), "in an array"},
		{BYTES("{\"a\":1,}"), "not a string"},
		{BYTES("{a:1}"), "not a string"},
		{BYTES("{\"a\" 1}"), "no colon"},
		{BYTES("{\"a\":1"), "in an object"},
		{BYTES("{\"a\":}"), "not a value"},
		{BYTES("// x\n{}"), "not a value"},
		{BYTES("{\"a\":1,\"b\":2,\"a\":3}"), "\"a\" occurs twice"},
		{BYTES("[{\"x\":{\"a\":1,\"\\u0061\":2}}]"), "\"a\" occurs twice"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = {0};
		/* Owned and exact in size, so that a byte read too far is seen. */
		char *text = xmalloc(cases[i].len);

		memcpy(text, cases[i].text, cases[i].len);
		if (json_parse(text, cases[i].len, PLENTY, &err))
			fail_msg("accepted: %s", cases[i].text);
		if (err.status != STATUS_INVALID || !strstr(err.text, cases[i].says))
			fail_msg("%s: %s", cases[i].text, err.text);
		free(text);
	}
}

/* An array in an array, n deep. */
static char *nested(size_t n)
{
	char *text = xmalloc(2 * n + 1);

	memset(text, '[', n);
	memset(text + n, ']', n);
	text[2 * n] = '\0';
	return text;
}

static void depth_and_memory_are_bounded(void **state)
{
	struct error err = {0};
	char *text = nested(64);
	size_t len = 100001;

	(void)state;
	json_free(parse(text));
	free(text);
	text = nested(65);
	assert_null(json_parse(text, strlen(text), PLENTY, &err));
	assert_non_null(strstr(err.text, "deeper than 64"));
	free(text);

	/* A small text can make a large tree. */
	text = xmalloc(len);
	for (size_t i = 0; i < len; i++)
		text[i] = i % 2 ? '0' : ',';
	text[0] = '[';
	text[len - 1] = ']';
	error_clear(&err);
	assert_null(json_parse(text, len, PLENTY, &err));
	assert_int_equal(err.status, STATUS_LIMIT);
	/* The budget is of each parse, not of the program. */
	for (int i = 0; i < 3; i++) {
		struct json *root = json_parse(text, len, 16 * PLENTY, NULL);

		assert_non_null(root);
		assert_int_equal(json_count(root), 50000);
		json_free(root);
	}
	free(text);
}

static void walking_a_tree(void **state)
{
	struct json *root = parse(" { \"result\" : {\"number\":\"0x1b4\",\"R\":1,\"list\":[true,null,\"\\ud83d\\udd14\"]} , \"id\" : 7 } ");
	const struct json *result = json_get(root, "result"), *v;
	uint64_t quantity;
	int64_t number;
	bool yes = false;

	(void)state;
	assert_true(json_is_object(root));
	assert_int_equal(json_count(root), 2);
	assert_true(json_quantity(json_get(result, "number"), &quantity));
	assert_int_equal(quantity, 436);
	assert_true(json_i64(json_get(root, "id"), &number));
	assert_int_equal(number, 7);
	/* Keys differ by case. */
	assert_null(json_get(result, "r"));
	assert_non_null(json_get(result, "R"));
	v = json_first(json_get(result, "list"));
	assert_true(json_bool(v, &yes));
	assert_true(yes);
	assert_null(json_key(v));
	v = json_next(v);
	assert_true(json_is_null(v));
	assert_false(json_bool(v, &yes));
	v = json_next(v);
	assert_string_equal(json_string(v), "\U0001F514");
	assert_null(json_next(v));
	assert_string_equal(json_key(json_first(root)), "result");
	json_free(root);
}

static void nothing_leads_to_nothing(void **state)
{
	struct json *array = parse("[1]");
	uint64_t quantity;
	int64_t number;
	bool yes;

	(void)state;
	assert_null(json_get(NULL, "a"));
	assert_null(json_get(json_get(array, "a"), "b"));
	assert_null(json_get(array, "0"));
	assert_null(json_first(NULL));
	assert_null(json_next(NULL));
	assert_null(json_key(NULL));
	assert_null(json_string(NULL));
	assert_null(json_string(json_first(array)));
	assert_int_equal(json_count(NULL), 0);
	assert_false(json_is_object(NULL) || json_is_array(NULL) || json_is_null(NULL));
	assert_false(json_bool(NULL, &yes));
	assert_false(json_i64(NULL, &number));
	assert_false(json_quantity(json_first(array), &quantity));
	json_free(array);
	json_free(NULL);
}

static void integers_are_exact_or_nothing(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t value;
	} cases[] = {
		{"0", true, 0},
		{"-1", true, -1},
		{"4812331", true, 4812331},
		{"9007199254740992", true, INT64_C(9007199254740992)},
		{"-9007199254740992", true, INT64_C(-9007199254740992)},
		{"9007199254740993", false, 0},
		{"-9007199254740993", false, 0},
		{"18446744073709551615", false, 0},
		{"111111111122222222223333333333444444444455555555556666666666777", false, 0},
		{"-0", false, 0},
		{"1.0", false, 0},
		{"1.5", false, 0},
		{"1e2", false, 0},
		{"1E2", false, 0},
		{"1e999", false, 0},
		{"1.00000000000000000000000001", false, 0},
		{"\"7\"", false, 0},
		{"true", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct json *root = parse(cases[i].text);
		int64_t value = 0;

		if (json_i64(root, &value) != cases[i].ok || value != cases[i].value)
			fail_msg("%s gives %lld", cases[i].text, (long long)value);
		json_free(root);
	}
}

/* The notes of the reader reach the numbers that they belong to, at any depth. */
static void each_number_keeps_its_own_note(void **state)
{
	struct json *root = parse("{\"a\":[1,2.5,{\"b\":3}],\"c\":4.0,\"d\":[[5],9007199254740993,6]}");
	const struct json *a = json_first(json_get(root, "a")), *d = json_first(json_get(root, "d"));
	int64_t n;

	(void)state;
	assert_true(json_i64(a, &n) && n == 1);
	assert_false(json_i64(json_next(a), &n));
	assert_true(json_i64(json_get(json_next(json_next(a)), "b"), &n) && n == 3);
	assert_false(json_i64(json_get(root, "c"), &n));
	assert_true(json_i64(json_first(d), &n) && n == 5);
	assert_false(json_i64(json_next(d), &n));
	assert_true(json_i64(json_next(json_next(d)), &n) && n == 6);
	json_free(root);
}

static void canonical_form(void **state)
{
	static const struct {
		const char *text, *canonical; /* NULL: has none */
	} cases[] = {
		{" { \"b\" : [ 1 , -2 ] , \"a\" : null } ", "{\"a\":null,\"b\":[1,-2]}"},
		{"{}", "{}"},
		{"[]", "[]"},
		{"[{\"z\":true,\"aa\":false,\"a\":\"\"}]", "[{\"a\":\"\",\"aa\":false,\"z\":true}]"},
		{"\"\\u20ac\\u0024\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\"", "\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\""},
		{"\"\\b\\f\\n\\r\\t\\u001b\\u007f\\u2028\"", "\"\\b\\f\\n\\r\\t\\u001b\x7f\u2028\""},
		/* The order is that of UTF-16: the emoji (D83D…) before U+FB33, after the euro. */
		{"{\"\\ufb33\":5,\"\\ud83d\\ude02\":4,\"\\u20ac\":3,\"\\r\":1,\"1\":2}",
		 "{\"\\r\":1,\"1\":2,\"€\":3,\"\U0001F602\":4,\"\ufb33\":5}"},
		{"{\"\\ud83d\\ude02\":1,\"\\ud83d\\ude01\":2}", "{\"\U0001F601\":2,\"\U0001F602\":1}"},
		{"[1.0]", NULL},
		{"{\"a\":-0}", NULL},
		{"[9007199254740993]", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct json *root = parse(cases[i].text);
		struct buf out;

		buf_init(&out, 1000);
		assert_int_equal(json_canonical(root, &out), cases[i].canonical != NULL);
		if (cases[i].canonical)
			assert_string_equal(buf_text(&out), cases[i].canonical);
		buf_free(&out);
		json_free(root);
	}
}

static void a_cut_canonical_form_is_none(void **state)
{
	struct json *root = parse("[\"longer than this\"]");
	struct buf out;

	(void)state;
	buf_init(&out, 8);
	assert_false(json_canonical(root, &out));
	assert_false(json_canonical(NULL, &out));
	buf_free(&out);
	json_free(root);
}

static void write_sample(struct json_writer *w)
{
	json_begin_object(w, NULL);
	json_put_string(w, "name", "a\"b\\\n\x1b\xc2\x9b\u2028é\xff");
	json_put_string(w, "none", NULL);
	json_begin_array(w, "list");
	json_put_i64(w, NULL, INT64_MIN);
	json_put_bool(w, NULL, true);
	json_begin_object(w, NULL);
	json_end_object(w);
	json_begin_array(w, NULL);
	json_end_array(w);
	json_end_array(w);
	json_put_raw(w, "raw", "{\"x\":1}");
	json_put_null(w, "last");
	json_end_object(w);
}

static void texts_and_times_may_be_none(void **state)
{
	struct json_writer w;
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	json_writer_init(&w, &out, false);
	json_begin_object(&w, NULL);
	json_put_text(&w, "text", "a");
	json_put_text(&w, "empty", "");
	json_put_text(&w, "none", NULL);
	json_put_time(&w, "time", 1700000000500000);
	json_put_time(&w, "never", 0);
	json_end_object(&w);
	assert_string_equal(buf_text(&out), "{\"text\":\"a\",\"empty\":null,\"none\":null,\"time\":\"2023-11-14T22:13:20.500000Z\",\"never\":null}");
	buf_free(&out);
}

static void writing(void **state)
{
	struct json_writer w;
	struct buf out;
	struct json *root;

	(void)state;
	buf_init(&out, 1000);
	json_writer_init(&w, &out, false);
	write_sample(&w);
	assert_string_equal(buf_text(&out), "{\"name\":\"a\\\"b\\\\\\n\\u001b\\u009b\\u2028é\ufffd\",\"none\":null,"
					    "\"list\":[-9223372036854775808,true,{},[]],\"raw\":{\"x\":1},\"last\":null}");
	root = parse(buf_text(&out));
	assert_string_equal(json_string(json_get(root, "name")), "a\"b\\\n\x1b\xc2\x9b\u2028é\ufffd");
	json_free(root);

	buf_clear(&out);
	json_writer_init(&w, &out, true);
	json_begin_object(&w, NULL);
	json_begin_array(&w, "list");
	json_put_i64(&w, NULL, 1);
	json_put_i64(&w, NULL, 2);
	json_end_array(&w);
	json_begin_array(&w, "none");
	json_end_array(&w);
	json_end_object(&w);
	assert_string_equal(buf_text(&out), "{\n  \"list\": [\n    1,\n    2\n  ],\n  \"none\": []\n}");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(depth_and_memory_are_bounded),
		cmocka_unit_test(walking_a_tree),
		cmocka_unit_test(nothing_leads_to_nothing),
		cmocka_unit_test(integers_are_exact_or_nothing),
		cmocka_unit_test(each_number_keeps_its_own_note),
		cmocka_unit_test(canonical_form),
		cmocka_unit_test(a_cut_canonical_form_is_none),
		cmocka_unit_test(texts_and_times_may_be_none),
		cmocka_unit_test(writing),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
