/* Hex, decimals and 256-bit numbers: what is read, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"

static void quantities(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t value;
	} cases[] = {
		{"0x0", true, 0},
		{"0x1b4", true, 436},
		{"0xABCdef", true, 0xabcdef},
		{"0xffffffffffffffff", true, UINT64_MAX},
		{"0x000000000000000000000000000000000000000001", true, 1},
		{"0x10000000000000000", false, 0},
		{"0x", false, 0},
		{"", false, 0},
		{NULL, false, 0},
		{"1b4", false, 0},
		{"0X1", false, 0},
		{"0x1g", false, 0},
		{"0x-1", false, 0},
		{"0x 1", false, 0},
		{"0x1 ", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		uint64_t value = 7;

		assert_int_equal(hex_u64(cases[i].text, &value), cases[i].ok);
		if (cases[i].ok)
			assert_int_equal(value, cases[i].value);
	}
}

static void decimals(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t value;
	} cases[] = {
		{"0", true, 0},
		{"138", true, 138},
		{"18446744073709551615", true, UINT64_MAX},
		{"18446744073709551616", false, 0},
		{"99999999999999999999", false, 0},
		{"", false, 0},
		{NULL, false, 0},
		{"-1", false, 0},
		{"+1", false, 0},
		{"1.0", false, 0},
		{" 1", false, 0},
		{"0x1", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		uint64_t value = 7;

		assert_int_equal(decimal_u64(cases[i].text, &value), cases[i].ok);
		if (cases[i].ok)
			assert_int_equal(value, cases[i].value);
	}
}

static void wide_numbers_print_in_decimal(void **state)
{
	static const struct {
		const char *hex, *decimal;
	} cases[] = {
		{"0x0", "0"},
		{"0xa", "10"},
		{"0xde0b6b3a7640000", "1000000000000000000"},
		{"0xffffffffffffffff", "18446744073709551615"},
		{"0x10000000000000000", "18446744073709551616"},
		{"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		 "115792089237316195423570985008687907853269984665640564039457584007913129639935"},
	};
	struct u256 number;
	char text[79];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		assert_true(hex_u256(cases[i].hex, &number));
		assert_string_equal(u256_text(text, sizeof(text), &number), cases[i].decimal);
	}
	assert_false(hex_u256("0x1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", &number));
}

static void wide_numbers_compare_and_narrow(void **state)
{
	struct u256 small, large;
	uint64_t value;

	(void)state;
	assert_true(hex_u256("0xffffffffffffffff", &small));
	assert_true(hex_u256("0x10000000000000000", &large));
	assert_true(u256_compare(&small, &large) < 0);
	assert_true(u256_compare(&large, &small) > 0);
	assert_int_equal(u256_compare(&small, &small), 0);
	assert_true(u256_u64(&small, &value));
	assert_int_equal(value, UINT64_MAX);
	assert_false(u256_u64(&large, &value));
}

static void bytes_and_addresses(void **state)
{
	static const char lower[] = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
	struct address address, other;
	uint8_t bytes[4];
	char text[ADDRESS_TEXT], small[6];
	size_t len = 9;

	(void)state;
	assert_true(address_parse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", &address));
	assert_string_equal(address_text(text, &address), lower);
	assert_true(address_parse(lower, &other));
	assert_true(address_equal(&address, &other));
	other.bytes[19]++;
	assert_true(address_compare(&address, &other) < 0);
	assert_false(address_parse("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae", &address));
	assert_false(address_parse("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed00", &address));
	assert_false(address_parse(NULL, &address));

	assert_true(hex_data("0x", bytes, sizeof(bytes), &len));
	assert_int_equal(len, 0);
	assert_true(hex_data("0x00ff7f80", bytes, sizeof(bytes), &len));
	assert_int_equal(len, 4);
	assert_memory_equal(bytes, "\x00\xff\x7f\x80", 4);
	assert_false(hex_data("0x0", bytes, sizeof(bytes), &len));
	assert_false(hex_data("0x0011223344", bytes, sizeof(bytes), &len));
	assert_false(hex_data("0xzz", bytes, sizeof(bytes), &len));
	assert_false(hex_bytes("0x001122", bytes, 4));
	/* A destination that is too small gets whole bytes only. */
	assert_string_equal(hex_text(small, sizeof(small), (const uint8_t *)"\x12\x34\x56", 3, true), "0x12");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantities),
		cmocka_unit_test(decimals),
		cmocka_unit_test(wide_numbers_print_in_decimal),
		cmocka_unit_test(wide_numbers_compare_and_narrow),
		cmocka_unit_test(bytes_and_addresses),
	};

	return cmocka_run_group_tests_name("numbers", tests, NULL, NULL);
}
