/* The request table as it is shipped: names and keys are unique, what is reserved stays
 * reserved, everything has its help, and the manual is made from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "ui/keys.h"
#include "ui/request.h"

static void every_row_is_complete(void **state)
{
	const struct request *request;
	(void)state;
	for (size_t i = 0; (request = request_at(i)); i++) {
		print_message("%s\n", request->name);
		assert_non_null(request->keys);
		assert_non_null(request->args);
		assert_non_null(request->run);
		assert_true(strlen(request->help) > 10);
		assert_int_equal(request->help[strlen(request->help) - 1], '.');
		assert_true(request->scope < SCOPE_COUNT);
		/* A name is typed, and a word of it has to do. */
		assert_int_equal(strspn(request->name, "abcdefghijklmnopqrstuvwxyz-"), strlen(request->name));
		/* A hint belongs to a key. */
		assert_true(!request->hint || *request->keys);
		if (request->hint)
			assert_true(text_width(request->hint) <= 12);
	}
}

static void names_are_unique(void **state)
{
	const struct request *a, *b;
	(void)state;
	for (size_t i = 0; (a = request_at(i)); i++) {
		for (size_t j = i + 1; (b = request_at(j)); j++)
			assert_string_not_equal(a->name, b->name);
		assert_ptr_equal(request_by_name(a->name), a);
	}
}

/* A key of a screen may not hide one that works everywhere either. */
static void keys_are_unique_in_their_scope(void **state)
{
	const struct request *a, *b;
	char key[16], other[16];
	(void)state;
	for (size_t i = 0; (a = request_at(i)); i++) {
		const char *keys = a->keys;
		while (text_word(&keys, key, sizeof(key))) {
			assert_true(key_exists(key));
			for (size_t j = 0; (b = request_at(j)); j++) {
				const char *others = b->keys;
				if (a == b || (a->scope != b->scope && a->scope != SCOPE_GLOBAL && b->scope != SCOPE_GLOBAL))
					continue;
				while (text_word(&others, other, sizeof(other))) {
					if (strcmp(key, other) == 0)
						fail_msg("%s: both %s and %s", key, a->name, b->name);
				}
			}
		}
	}
}

static void reserved_keys_belong_to_the_framework(void **state)
{
	static const char *const reserved[] = {"?", "F1", ":", "/", "n", "N", "Esc", "Enter", "Tab", "S-Tab", "1", "9", "j", "k", "Up", "Down",
					       "g", "G", "Home", "End", "C-d", "C-u", "PageUp", "PageDown", "r", "C-l", "q", "z", "y", "p", "Z"};
	const struct request *request;
	char key[16];
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(reserved); i++)
		assert_true(request_key_is_reserved(reserved[i]));
	for (size_t i = 0; (request = request_at(i)); i++) {
		const char *keys = request->keys;
		while (request->scope != SCOPE_GLOBAL && text_word(&keys, key, sizeof(key))) {
			if (request_key_is_reserved(key))
				fail_msg("%s rebinds %s", request->name, key);
		}
	}
}

/* Nothing that acts hangs on a key of motion or of shell editing. */
static void danger_is_off_the_common_keys(void **state)
{
	static const char *const forbidden[] = {"h", "j", "k", "l", "C-h", "C-j", "C-k", "C-l", "C-d", "C-u", "C-w", "C-a", "C-e", "Enter", "Space"};
	const struct request *request;
	(void)state;
	for (size_t i = 0; (request = request_at(i)); i++) {
		char key[16];
		const char *keys = request->keys;
		while (request->access == ACCESS_ACT && text_word(&keys, key, sizeof(key))) {
			for (size_t f = 0; f < ARRAY_LENGTH(forbidden); f++)
				assert_string_not_equal(key, forbidden[f]);
		}
	}
}

static void names_are_found_by_their_start(void **state)
{
	static const struct {
		const char *typed, *found; /* NULL: nothing, or several */
	} cases[] = {
		{"help", "help"},
		{"hel", "help"},
		{"quit", "quit"},
		{"page-", NULL},
		{"page-u", "page-up"},
		{"", NULL},
		{"helpp", NULL},
		{"Help", NULL},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct request *request = request_by_name(cases[i].typed);
		print_message("\"%s\"\n", cases[i].typed);
		if (cases[i].found)
			assert_string_equal(request ? request->name : "", cases[i].found);
		else
			assert_null(request);
	}
}

static void a_name_that_fits_nothing_is_explained(void **state)
{
	static const struct {
		const char *typed, *expected;
	} cases[] = {
		{"hepl", "no command \"hepl\" (did you mean \"help\"?)"},
		{"quti", "no command \"quti\" (did you mean \"quit\"?)"},
		{"Zoom", "no command \"Zoom\" (did you mean \"zoom\"?)"},
		{"mesages", "no command \"mesages\" (did you mean \"messages\"?)"},
		{"page-", "\"page-\" could be several commands: page-up, page-down (write more of it)"},
		{"averyverylongwordthatisnocommandatall", "no command \"averyverylongwordthatisnocommandatall\" (:help lists them)"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = {0};
		assert_int_not_equal(request_unknown(cases[i].typed, &err), STATUS_OK);
		assert_string_equal(err.text, cases[i].expected);
	}
}

static void the_manual_has_every_request(void **state)
{
	const struct request *request;
	struct buf manual;
	(void)state;
	buf_init(&manual, 256 * 1024);
	requests_manual(&manual);
	assert_false(manual.full);
	for (size_t i = 0; (request = request_at(i)); i++) {
		/* Hyphens are written "\-" in roff. */
		char name[64] = ":";
		size_t at = 1;
		for (const char *c = request->name; *c; c++) {
			if (*c == '-')
				name[at++] = '\\';
			name[at++] = *c;
		}
		name[at] = '\0';
		assert_non_null(strstr(buf_text(&manual), name));
	}
	assert_non_null(strstr(buf_text(&manual), ".SS Everywhere\n"));
	buf_free(&manual);
}

static void keys_have_names(void **state)
{
	static const struct {
		uint32_t code;
		const char *name;
	} cases[] = {
		{'a', "a"},
		{'?', "?"},
		{' ', "Space"},
		{'\r', "Enter"},
		{'\n', "Enter"},
		{'\t', "Tab"},
		{0x1b, "Esc"},
		{0x7f, "Backspace"},
		{4, "C-d"},
		{12, "C-l"},
		{0xe9, "é"},
		{0x6f22, "漢"},
		{0, "C-@"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char name[KEY_NAME];
		assert_string_equal(key_of_character(name, cases[i].code), cases[i].name);
	}
	assert_true(key_exists("F12"));
	assert_false(key_exists("F13"));
	assert_false(key_exists("Entr"));
	assert_false(key_exists(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(names_are_unique),
		cmocka_unit_test(keys_are_unique_in_their_scope),
		cmocka_unit_test(reserved_keys_belong_to_the_framework),
		cmocka_unit_test(danger_is_off_the_common_keys),
		cmocka_unit_test(names_are_found_by_their_start),
		cmocka_unit_test(a_name_that_fits_nothing_is_explained),
		cmocka_unit_test(the_manual_has_every_request),
		cmocka_unit_test(keys_have_names),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
