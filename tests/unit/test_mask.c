/* Secrets of URLs are found in any text, in whole URLs and by themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/mem.h"
#include "io/http.h"
#include "watch/mask.h"

#define KEY "0123456789abcdef0123456789abcdef"

static const char *const urls[] = {
	("https://me:hunter2@node.example/v3/" KEY "?token=t1"),
	("node.example:8545/" KEY),
	"http://plain.example:8545/rpc",
};

static struct mask *learned(void)
{
	struct mask *mask = mask_new();

	for (size_t i = 0; i < ARRAY_LENGTH(urls); i++)
		mask_add_url(mask, urls[i]);
	mask_add_token(mask, "eyJhbGciOi.x");
	mask_add_token(mask, "short");
	return mask;
}

static void test_secrets_are_found_anywhere(void **state)
{
	static const struct {
		const char *text, *masked;
	} cases[] = {
		{"", ""},
		{"nothing to hide", "nothing to hide"},
		{"curl https://me:hunter2@node.example/v3/" KEY "?token=t1 x", "curl https://***@node.example/v3/***?*** x"},
		{"curl node.example:8545/" KEY, "curl node.example:8545/***"},
		{"> GET /v3/" KEY "?token=t1 HTTP/1.1", "> GET /v3/***?*** HTTP/1.1"},
		{"Authorization: Bearer eyJhbGciOi.x\n", "Authorization: Bearer ***\n"},
		{"a short word", "a short word"},
		{"me:hunter2@me:hunter2@", "***@***@"},
		{"/0123456789abcdef", "/0123456789abcdef"},
		{"http://plain.example:8545/rpc", "http://plain.example:8545/rpc"},
	};
	struct mask *mask = learned();

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct buf out;
		buf_init(&out, 4096);
		mask_text(mask, cases[i].text, strlen(cases[i].text), &out);
		assert_string_equal(buf_text(&out), cases[i].masked);
		buf_free(&out);
	}
	mask_free(mask);
}

/* Whatever http_mask_url hides of a URL is hidden here too. */
static void test_agrees_with_what_is_shown_of_a_url(void **state)
{
	struct mask *mask = learned();

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(urls); i++) {
		char shown[256];
		struct buf out;
		buf_init(&out, 4096);
		mask_text(mask, urls[i], strlen(urls[i]), &out);
		assert_string_equal(buf_text(&out), http_mask_url(shown, sizeof(shown), urls[i]));
		buf_free(&out);
	}
	mask_free(mask);
}

/* Cut anywhere, with what may go on carried over: the same comes out. */
static void test_a_cut_changes_nothing(void **state)
{
	static const char text[] = "a me:hunter2@x /" KEY "/" KEY "?token=t1 me:hunter";
	struct mask *mask = learned();
	struct buf whole, parts;

	(void)state;
	buf_init(&whole, 4096);
	mask_text(mask, text, sizeof(text) - 1, &whole);
	for (size_t cut = 0; cut < sizeof(text); cut++) {
		size_t first = cut - mask_unfinished(mask, text, cut);
		buf_init(&parts, 4096);
		mask_text(mask, text, first, &parts);
		mask_text(mask, text + first, sizeof(text) - 1 - first, &parts);
		assert_string_equal(buf_text(&parts), buf_text(&whole));
		buf_free(&parts);
	}
	buf_free(&whole);
	mask_free(mask);
}

/* What nobody named, by its look; and what only looks a little like it. */
static void test_secrets_by_their_look(void **state)
{
	static const struct {
		const char *text, *masked;
	} cases[] = {
		{"curl -H 'Authorization: Bearer abcd1234efgh5678'", "curl -H 'Authorization: Bearer ***'"},
		{"bearer token expired", "bearer token expired"},
		{"Authorization: Basic YWxpY2U6aHVudGVyMg==", "Authorization: Basic ***"},
		{"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl end", "jwt *** end"},
		{"AKIAIOSFODNN7EXAMPLE", "***"},
		{"ghp_0123456789abcdefghij0123456789abcdef x", "*** x"},
		{"xoxb-123456789012-abcdefghij", "***"},
		{"postgres://tocsin:hunter2@db/x", "postgres://***@db/x"},
		{"DB_PASSWORD=hunter2 next", "DB_PASSWORD=*** next"},
		{"password: hunter2", "password: ***"},
		{"{\"token\": \"abcdefgh\",\"n\":1}", "{\"token\": \"***\",\"n\":1}"},
		{"--password hunter2 --to x", "--password *** --to x"},
		{"--private-key=0x0123456789abcdef", "--private-key=***"},
		{"mnemonic: \"test test test junk\"", "mnemonic: \"***\""},
		{"private key: 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80", "private key: ***"},
		{"-----BEGIN EC PRIVATE KEY-----\nMHcC\nAQEE\n-----END EC PRIVATE KEY-----\nafter", "***\nafter"},
		{"cut -----BEGIN PRIVATE KEY-----\nMHcC", "cut ***"},
		/* and these stay */
		{"--password \"$PASSWORD\"", "--password \"$PASSWORD\""},
		{"--token <token>", "--token <token>"},
		{"echo ‹secret:deploy_token›", "echo ‹secret:deploy_token›"},
		{"tokens: 123456", "tokens: 123456"},
		{"the password is wrong", "the password is wrong"},
		{"secret/besu-keys created", "secret/besu-keys created"},
		{"-----BEGIN CERTIFICATE-----\nMHcC", "-----BEGIN CERTIFICATE-----\nMHcC"},
		{"tx 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80", "tx 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"},
		{"enode://0123456789abcdef0123456789abcdef@10.0.0.1:30303", "enode://0123456789abcdef0123456789abcdef@10.0.0.1:30303"},
		{"git@github.com:x/y.git", "git@github.com:x/y.git"},
		/* by the pattern corp-*-end and pin-???? */
		{"a corp-12_ab-end b", "a *** b"},
		{"a corp-12_ab-en b", "a corp-12_ab-en b"},
		{"pin-1234 pin-12", "*** pin-12"},
	};
	struct mask *mask = mask_new();

	(void)state;
	assert_true(mask_add_pattern(mask, "corp-*-end"));
	assert_true(mask_add_pattern(mask, "pin-????"));
	assert_false(mask_add_pattern(mask, "*"));
	assert_false(mask_add_pattern(mask, "ab*"));
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct buf out;
		buf_init(&out, 4096);
		mask_text(mask, cases[i].text, strlen(cases[i].text), &out);
		assert_string_equal(buf_text(&out), cases[i].masked);
		buf_clear(&out);
		mask_text(mask, cases[i].masked, strlen(cases[i].masked), &out);
		assert_string_equal(buf_text(&out), cases[i].masked); /* masking twice changes nothing more */
		buf_free(&out);
	}
	mask_free(mask);
}

static void test_a_key_of_several_lines(void **state)
{
	static const char *const lines[] = {"before\n", "-----BEGIN PRIVATE KEY-----\n", "MHcCAQEE\n", "AwEHoUQD\n", "-----END PRIVATE KEY-----\n", "after\n"};
	struct mask *mask = mask_new();
	struct buf out;
	bool inside = false;

	(void)state;
	buf_init(&out, 4096);
	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
		mask_lines(mask, &inside, lines[i], strlen(lines[i]), &out);
	assert_string_equal(buf_text(&out), "before\n***after\n");
	buf_free(&out);
	mask_free(mask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secrets_are_found_anywhere),
		cmocka_unit_test(test_agrees_with_what_is_shown_of_a_url),
		cmocka_unit_test(test_a_cut_changes_nothing),
		cmocka_unit_test(test_secrets_by_their_look),
		cmocka_unit_test(test_a_key_of_several_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
