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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secrets_are_found_anywhere),
		cmocka_unit_test(test_agrees_with_what_is_shown_of_a_url),
		cmocka_unit_test(test_a_cut_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
