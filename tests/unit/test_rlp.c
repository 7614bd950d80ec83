/* RLP: one spelling for every value, and nothing read beyond the bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/mem.h"
#include "base/rlp.h"

struct sample {
	const char *name;
	const char *bytes;
	size_t size;
	bool ok;
	bool list;
	size_t len; /* of the payload */
};

#define BYTES(text) text, sizeof(text) - 1

static const struct sample samples[] = {
	{"empty string", BYTES("\x80"), true, false, 0},
	{"single byte", BYTES("\x7f"), true, false, 1},
	{"zero byte as a string", BYTES("\x00"), true, false, 1},
	{"single high byte", BYTES("\x81\x80"), true, false, 1},
	{"dog", BYTES("\x83"
		      "dog"),
	 true, false, 3},
	{"empty list", BYTES("\xc0"), true, true, 0},
	{"cat and dog", BYTES("\xc8\x83"
			      "cat\x83"
			      "dog"),
	 true, true, 8},
	{"nothing", BYTES(""), false, false, 0},
	{"low byte with a prefix", BYTES("\x81\x7f"), false, false, 0},
	{"string cut short", BYTES("\x83"
				   "do"),
	 false, false, 0},
	{"list cut short", BYTES("\xc8\x83"
				 "cat"),
	 false, false, 0},
	{"prefix alone", BYTES("\x81"), false, false, 0},
	{"long form for a short string", BYTES("\xb8\x03"
					       "dog"),
	 false, false, 0},
	{"length with a leading zero", BYTES("\xb9\x00\x38"), false, false, 0},
	{"length bytes missing", BYTES("\xb9\x01"), false, false, 0},
	{"length of all ones", BYTES("\xbf\xff\xff\xff\xff\xff\xff\xff\xff"), false, false, 0},
	{"list length of all ones", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff"), false, false, 0},
};

static void only_canonical_items_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(samples); i++) {
		const struct sample *s = &samples[i];
		const uint8_t *at = (const uint8_t *)s->bytes, *end = at + s->size;
		struct rlp item;

		if (rlp_next(&at, end, &item) != s->ok)
			fail_msg("%s: %s", s->name, s->ok ? "refused" : "accepted");
		if (!s->ok)
			continue;
		assert_ptr_equal(at, end);
		assert_int_equal(item.list, s->list);
		assert_int_equal(item.len, s->len);
	}
}

static void long_strings_go_there_and_back(void **state)
{
	static const size_t sizes[] = {0, 1, 55, 56, 255, 256, 70000};
	static uint8_t bytes[70000];

	(void)state;
	memset(bytes, 0xa5, sizeof(bytes));
	for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
		struct buf string, list;
		const uint8_t *at, *end;
		struct rlp outer, inner;

		buf_init(&string, 100000);
		buf_init(&list, 100000);
		rlp_put_string(&string, bytes, sizes[i]);
		rlp_put_list(&list, &string);
		at = (const uint8_t *)list.data;
		end = at + list.len;
		assert_true(rlp_next(&at, end, &outer));
		assert_true(outer.list);
		assert_ptr_equal(at, end);
		at = outer.bytes;
		assert_true(rlp_next(&at, outer.bytes + outer.len, &inner));
		assert_int_equal(inner.len, sizes[i]);
		assert_memory_equal(inner.bytes, bytes, sizes[i]);
		buf_free(&string);
		buf_free(&list);
	}
}

static void numbers_have_no_leading_zeros(void **state)
{
	static const struct {
		uint64_t number;
		const char *bytes;
		size_t size;
	} cases[] = {
		{0, BYTES("\x80")},
		{1, BYTES("\x01")},
		{127, BYTES("\x7f")},
		{128, BYTES("\x81\x80")},
		{1024, BYTES("\x82\x04\x00")},
		{UINT64_MAX, BYTES("\x88\xff\xff\xff\xff\xff\xff\xff\xff")},
	};
	struct rlp item = {false, (const uint8_t *)"\x00\x01", 2};
	uint64_t number;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const uint8_t *at;
		struct buf out;

		buf_init(&out, 16);
		rlp_put_u64(&out, cases[i].number);
		assert_int_equal(out.len, cases[i].size);
		assert_memory_equal(out.data, cases[i].bytes, cases[i].size);
		at = (const uint8_t *)out.data;
		assert_true(rlp_next(&at, at + out.len, &item));
		assert_true(rlp_u64(&item, &number));
		assert_int_equal(number, cases[i].number);
		buf_free(&out);
	}
	assert_false(rlp_u64(&(struct rlp){false, (const uint8_t *)"\x00\x01", 2}, &number));
	assert_false(rlp_u64(&(struct rlp){false, (const uint8_t *)"\x00", 1}, &number));
	assert_false(rlp_u64(&(struct rlp){false, (const uint8_t *)"123456789", 9}, &number));
	assert_false(rlp_u64(&(struct rlp){true, (const uint8_t *)"", 0}, &number));
}

static void a_cut_payload_spoils_its_list(void **state)
{
	struct buf payload, list;

	(void)state;
	buf_init(&payload, 2);
	buf_init(&list, 100);
	rlp_put_string(&payload, "dog", 3);
	rlp_put_list(&list, &payload);
	assert_true(list.full);
	buf_free(&payload);
	buf_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_canonical_items_are_read),
		cmocka_unit_test(long_strings_go_there_and_back),
		cmocka_unit_test(numbers_have_no_leading_zeros),
		cmocka_unit_test(a_cut_payload_spoils_its_list),
	};

	return cmocka_run_group_tests_name("rlp", tests, NULL, NULL);
}
