/* Digests against published values, and at the edges of their blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

static const struct {
	const char *text;
	const char *hex;
} sha256_cases[] = {
	{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void sha256_of_known_texts(void **state)
{
	char hex[SHA256_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(sha256_cases); i++) {
		struct hash256 hash = sha256(sha256_cases[i].text, strlen(sha256_cases[i].text));

		assert_string_equal(sha256_text(hex, &hash), sha256_cases[i].hex);
	}
}

static void sha256_in_parts_is_the_same(void **state)
{
	char bytes[1000], hex[SHA256_TEXT];
	struct sha256_stream *stream = sha256_stream_new();
	struct hash256 hash;

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	sha256_stream_add(stream, bytes, 0);
	sha256_stream_add(stream, bytes, 1);
	sha256_stream_add(stream, bytes + 1, 63);
	sha256_stream_add(stream, bytes + 64, sizeof(bytes) - 64);
	hash = sha256_stream_end(stream);
	assert_string_equal(sha256_text(hex, &hash), "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3");
}

static void *hash_often(void *arg)
{
	size_t *wrong = arg;

	for (int i = 0; i < 2000; i++) {
		char hex[SHA256_TEXT];
		struct hash256 hash = sha256("abc", 3);

		*wrong += strcmp(sha256_text(hex, &hash), sha256_cases[1].hex) != 0;
	}
	return NULL;
}

static void threads_do_not_mix(void **state)
{
	pthread_t threads[4];
	size_t wrong[4] = {0};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hash_often, &wrong[i]), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(wrong[i], 0);
	}
}

static void sha256_text_is_read_strictly(void **state)
{
	struct hash256 hash = sha256("", 0), read;
	char upper[SHA256_TEXT];

	(void)state;
	assert_true(sha256_parse(sha256_cases[0].hex, &read));
	assert_true(hash_equal(&hash, &read));
	read.bytes[31] ^= 1;
	assert_false(hash_equal(&hash, &read));
	memcpy(upper, sha256_cases[0].hex, sizeof(upper));
	upper[0] = 'E';
	assert_false(sha256_parse(upper, &read));
	assert_false(sha256_parse(sha256_cases[0].hex + 1, &read));
	assert_false(sha256_parse("0x", &read));
	assert_false(sha256_parse(NULL, &read));
}

static void keccak_of_known_texts(void **state)
{
	static const struct {
		const char *text;
		const char *hex;
	} cases[] = {
		{"", "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"},
		{"abc", "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"},
		{"Transfer(address,address,uint256)", "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"},
	};
	char hex[HASH_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct hash256 hash = keccak256(cases[i].text, strlen(cases[i].text));

		assert_string_equal(hex_text(hex, sizeof(hex), hash.bytes, sizeof(hash.bytes), true), cases[i].hex);
	}
}

/* The rate is 136 bytes: one less leaves a single byte for both ends of the padding. */
static void keccak_at_the_edges_of_a_block(void **state)
{
	static const struct {
		size_t len;
		const char *hex;
	} cases[] = {
		{135, "0x34367dc248bbd832f4e3e69dfaac2f92638bd0bbd18f2912ba4ef454919cf446"},
		{136, "0xa6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e"},
		{137, "0xd869f639c7046b4929fc92a4d988a8b22c55fbadb802c0c66ebcd484f1915f39"},
		{272, "0xcf7fcd4f705ee749930d19ca84561a9bf62516bd90a471545fa2f49fdc7e63c8"},
	};
	char bytes[272], hex[HASH_TEXT];

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct hash256 hash = keccak256(bytes, cases[i].len);

		assert_string_equal(hex_text(hex, sizeof(hex), hash.bytes, sizeof(hash.bytes), true), cases[i].hex);
	}
}

/* The public key of the private key 1 is the curve's generator. */
static void the_address_of_a_key(void **state)
{
	uint8_t key[64];
	struct address address;
	char text[ADDRESS_TEXT];

	(void)state;
	assert_true(hex_bytes("0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
			      "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
			      key, sizeof(key)));
	address = address_of_key(key);
	assert_string_equal(address_text(text, &address), "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf");
}

static void random_bytes_fill_all_of_it(void **state)
{
	uint8_t first[1000] = {0}, second[1000] = {0};

	(void)state;
	random_bytes(first, sizeof(first));
	random_bytes(second, sizeof(second));
	assert_memory_not_equal(first, second, sizeof(first));
	/* Eight zero bytes in a row at the end would be a tail that was forgotten. */
	assert_memory_not_equal(first + sizeof(first) - 8, "\0\0\0\0\0\0\0", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_of_known_texts),
		cmocka_unit_test(sha256_in_parts_is_the_same),
		cmocka_unit_test(threads_do_not_mix),
		cmocka_unit_test(sha256_text_is_read_strictly),
		cmocka_unit_test(keccak_of_known_texts),
		cmocka_unit_test(keccak_at_the_edges_of_a_block),
		cmocka_unit_test(the_address_of_a_key),
		cmocka_unit_test(random_bytes_fill_all_of_it),
	};

	hash_init();
	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
