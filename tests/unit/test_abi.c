/* The ABI: selectors and topics against those of compiled contracts, words and their bounds,
 * numbers beyond 64 bits, and reverts in words. */
#include "collect_fixture.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "collect/abi.h"

#include <inttypes.h>

/* Bytes of hex text without 0x; the caller frees them. */
static struct abi view_of(const char *hex)
{
	char *text = xasprintf("0x%s", hex);
	uint8_t *bytes = xmalloc(strlen(hex) / 2 + 1);
	struct abi view = {bytes, 0};

	assert_true(hex_data(text, bytes, strlen(hex) / 2, &view.len));
	free(text);
	return view;
}

static void drop(struct abi view)
{
	free((void *)view.bytes);
}

/* --- signatures ---------------------------------------------------------------------------- */

static void known_selectors(void **state)
{
	struct json *root = fixture_json("collect/ccip/abi.json");
	static const char *const lists[] = {"functions", "errors"};
	size_t checked = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
		for (const struct json *pair = json_first(json_get(root, lists[i])); pair; pair = json_next(pair)) {
			const char *signature = json_string(json_first(pair));
			struct abi_signature read;
			char text[16];
			assert_int_equal(abi_signature_read(signature, &read, NULL), STATUS_OK);
			assert_string_equal(read.text, signature);
			snprintf(text, sizeof(text), "0x%08x", (unsigned)abi_selector(signature));
			assert_string_equal(text, json_string(json_next(json_first(pair))));
			checked++;
		}
	}
	assert_true(checked > 110);
	json_free(root);
}

static void known_topics(void **state)
{
	struct json *root = fixture_json("collect/ccip/abi.json");

	(void)state;
	for (const struct json *pair = json_first(json_get(root, "events")); pair; pair = json_next(pair)) {
		struct hash256 topic = abi_topic(json_string(json_first(pair)));
		char text[HASH_TEXT];
		assert_string_equal(hex_text(text, sizeof(text), topic.bytes, 32, true), json_string(json_next(json_first(pair))));
	}
	json_free(root);
}

static void declarations(void **state)
{
	static const struct {
		const char *declared, *canonical;
		size_t arguments, indexed;
	} cases[] = {
		{"MessageSent(bytes32,uint64,address)", "MessageSent(bytes32,uint64,address)", 3, 0},
		{"MessageSent(bytes32 indexed id, uint64 dest, address to)", "MessageSent(bytes32,uint64,address)", 3, 1},
		{"event MessageSent( bytes32 indexed messageId , uint indexed n );", "MessageSent(bytes32,uint256)", 2, 2},
		{"f((address to, uint256 amount)[] list, int)", "f((address,uint256)[],int256)", 2, 0},
		{"f(tuple(bytes a, (bool,bool) b)[2][] memory x)", "f((bytes,(bool,bool))[2][])", 1, 0},
		{"paused()", "paused()", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct abi_signature read;
		assert_int_equal(abi_signature_read(cases[i].declared, &read, NULL), STATUS_OK);
		assert_string_equal(read.text, cases[i].canonical);
		assert_int_equal(read.arguments, cases[i].arguments);
		assert_int_equal(read.indexed_count, cases[i].indexed);
	}
}

static void no_declarations(void **state)
{
	static const char *const cases[] = {"", "MessageSent", "(uint64)", "f(uint64", "f(uint64,)", "f(uint65)", "f(bytes33)", "f(uint64 uint64)x", "f(,)", "f(uint64[)", "f(string32)", "1f()", "f((((((((((uint8))))))))))", "f(uint08)"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct abi_signature read;
		struct error err = {0};
		if (abi_signature_read(cases[i], &read, &err) == STATUS_OK)
			fail_msg("\"%s\" was read as \"%s\"", cases[i], read.text);
		assert_non_null(strstr(err.text, "(write"));
	}
}

/* --- words ------------------------------------------------------------------------------------ */

#define ZEROS "00000000000000000000000000000000"
#define ONES "ffffffffffffffffffffffffffffffff"

static void words(void **state)
{
	struct abi view = view_of(ZEROS "0000000000000000ffffffffffffffff" ZEROS "00000000000000010000000000000000" ZEROS "00000000000000000000000000000001" ZEROS "00000000000000000000000000000002");
	uint64_t number;
	bool flag;

	(void)state;
	assert_true(abi_u64(view, 0, &number) && number == UINT64_MAX);
	assert_false(abi_u64(view, 1, &number)); /* 2^64 */
	assert_true(abi_bool(view, 2, &flag) && flag);
	assert_false(abi_bool(view, 3, &flag));
	assert_false(abi_u64(view, 4, &number));
	view.len -= 1;
	assert_false(abi_bool(view, 3, &flag));
	drop(view);
}

static void addresses(void **state)
{
	struct abi view = view_of("000000000000000000000000"
				  "5f4ec3df9cbd43714fe2740f5e3616155c5b8419"
				  "000000000000000000000001"
				  "5f4ec3df9cbd43714fe2740f5e3616155c5b8419");
	struct address address;
	uint8_t fixed[16];
	char text[ADDRESS_TEXT];

	(void)state;
	assert_true(abi_address(view, 0, &address));
	assert_string_equal(address_text(text, &address), "0x5f4ec3df9cbd43714fe2740f5e3616155c5b8419");
	assert_false(abi_address(view, 1, &address));
	assert_false(abi_fixed(view, 0, fixed, sizeof(fixed))); /* bytes16 is left-aligned */
	drop(view);
}

/* Every offset and length that points beyond the data is refused. */
static void dynamic_bounds(void **state)
{
	static const struct {
		const char *name, *hex;
		bool good;
	} cases[] = {
		{"a text", ZEROS "00000000000000000000000000000020" ZEROS "00000000000000000000000000000003"
				 "6162630000000000000000000000000000000000000000000000000000000000",
		 true},
		{"length beyond", ZEROS "00000000000000000000000000000020" ZEROS "00000000000000000000000000000021"
					"6162630000000000000000000000000000000000000000000000000000000000",
		 false},
		{"length of 2^64", ZEROS "00000000000000000000000000000020" ZEROS "0000000000000000ffffffffffffffff", false},
		{"offset beyond", ZEROS "00000000000000000000000000000041" ZEROS "00000000000000000000000000000000", false},
		{"offset of all ones", ONES ONES, false},
		{"offset at the end", ZEROS "00000000000000000000000000000020", false},
		{"nothing", "", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct abi view = view_of(cases[i].hex), elements;
		char text[8];
		size_t count;
		if (abi_text(view, 0, text, sizeof(text)) != cases[i].good)
			fail_msg("%s", cases[i].name);
		if (cases[i].good)
			assert_string_equal(text, "abc");
		assert_false(abi_array(view, 0, 1, 2, &elements, &count));
		drop(view);
	}
}

static void numbers(void **state)
{
	static const struct {
		const char *hex;
		bool is_signed;
		unsigned decimals;
		const char *text;
	} cases[] = {
		{ZEROS "00000000000000000000004f74620fc0", true, 8, "3412.55"},
		{ONES "fffffffffffffffffffffffffdc3cba0", true, 8, "-0.375"},
		{ONES ONES, true, 0, "-1"},
		{ONES ONES, false, 0, "115792089237316195423570985008687907853269984665640564039457584007913129639935"},
		{"80000000000000000000000000000000" ZEROS, true, 0, "-57896044618658097711785492504343953926634992332820282019728792003956564819968"},
		{ZEROS ZEROS, true, 18, "0"},
		{ZEROS "00000000000000000000000000000001", false, 77, "0.00000000000000000000000000000000000000000000000000000000000000000000000000001"},
		{ZEROS "000000000000000000000000000003e8", false, 3, "1"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct abi view = view_of(cases[i].hex);
		struct u256 word, back;
		char text[160];
		assert_true(abi_word(view, 0, &word));
		assert_string_equal(abi_decimal(text, sizeof(text), &word, cases[i].is_signed, cases[i].decimals), cases[i].text);
		/* The least int256 has no positive twin, and the largest uint256 is no int256. */
		if (abi_scaled(cases[i].text, cases[i].decimals, &back))
			assert_memory_equal(back.bytes, word.bytes, 32);
		drop(view);
	}
}

static void no_numbers(void **state)
{
	static const char *const cases[] = {"", ".", "-", "1,5", "0x1", "1e3", "1.2.3", " 1", "1 ", "99999999999999999999999999999999999999999999999999999999999999999999999999999999"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct u256 number;
		assert_false(abi_scaled(cases[i], 2, &number));
	}
}

/* Selectors of real chains, of which most are beyond 2^53, reach a call unharmed. */
static void selectors_exact(void **state)
{
	struct json *root = fixture_json("collect/ccip/abi.json");
	size_t wide = 0;

	(void)state;
	for (const struct json *pair = json_first(json_get(root, "selectors")); pair; pair = json_next(pair)) {
		const char *text = json_string(json_next(json_first(pair)));
		struct buf call;
		uint64_t selector, back;
		char again[24];
		assert_true(decimal_u64(text, &selector));
		wide += selector > UINT64_C(1) << 53;
		buf_init(&call, 256);
		abi_put_u64(&call, selector);
		struct abi view = view_of(buf_text(&call));
		assert_true(abi_u64(view, 0, &back));
		snprintf(again, sizeof(again), "%" PRIu64, back);
		assert_string_equal(again, text);
		drop(view);
		buf_free(&call);
	}
	assert_true(wide > 10);
	json_free(root);
}

/* --- reverts ------------------------------------------------------------------------------------ */

static void error_table(void **state)
{
	(void)state;
	for (const struct abi_error *error = abi_errors; error->signature; error++) {
		struct abi_signature read;
		assert_int_equal(abi_signature_read(error->signature, &read, NULL), STATUS_OK);
		assert_int_equal(abi_selector(error->signature), error->selector);
	}
}

static void reverts(void **state)
{
	static const struct {
		const char *hex, *text;
	} cases[] = {
		{"fdbd6a72" ZEROS "0000000000000000ccf0a31a221f3c9b", "CursedByRMN(14767482510784806043): the lane is cursed"},
		{"08c379a0" ZEROS "00000000000000000000000000000020" ZEROS "0000000000000000000000000000000f"
		 "4e6f20646174612070726573656e740000000000000000000000000000000000",
		 "No data present"},
		{"4e487b71" ZEROS "00000000000000000000000000000011", "Panic(0x11): a number overflowed"},
		{"0a8d6e8c" ZEROS "00000000000000000000000000000020" ZEROS "00000000000000000000000000000000", "ReceiverError: the receiver reverted, with no reason"},
		{"0a8d6e8c" ZEROS "00000000000000000000000000000020" ZEROS "00000000000000000000000000000024"
		 "4e487b71" ZEROS "00000000000000000000000000000001"
		 "00000000000000000000000000000000000000000000000000000000",
		 "ReceiverError: the receiver reverted, Panic(0x01): an assertion failed"},
		{"07da6ee6", "InsufficientFeeTokenAmount: the fee is too low"},
		{"12345678", "an error that is not known, 0x12345678"},
		{"08c379a0", "revert data that is cut"},
		{"fdbd6a72", "CursedByRMN(?): the lane is cursed"},
		{"ab", "revert data that is cut"},
		{"", "no reason given"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct abi view = view_of(cases[i].hex);
		char text[200];
		assert_string_equal(abi_revert(text, sizeof(text), view), cases[i].text);
		drop(view);
	}
}

/* A contract chooses what its revert says: no control character gets through. */
static void revert_clean(void **state)
{
	struct abi view = view_of("08c379a0" ZEROS "00000000000000000000000000000020" ZEROS "00000000000000000000000000000008"
				  "1b5b324a0a41e280000000000000000000000000000000000000000000000000");
	char text[200];

	(void)state;
	abi_revert(text, sizeof(text), view);
	assert_true(text_is_clean(text, strlen(text)));
	assert_null(strchr(text, 0x1b));
	drop(view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_selectors),
		cmocka_unit_test(known_topics),
		cmocka_unit_test(declarations),
		cmocka_unit_test(no_declarations),
		cmocka_unit_test(words),
		cmocka_unit_test(addresses),
		cmocka_unit_test(dynamic_bounds),
		cmocka_unit_test(numbers),
		cmocka_unit_test(no_numbers),
		cmocka_unit_test(selectors_exact),
		cmocka_unit_test(error_table),
		cmocka_unit_test(reverts),
		cmocka_unit_test(revert_clean),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
