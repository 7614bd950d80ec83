/* Sections that a room declares: what a key takes, and what is said of one that does not fit. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/settings.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct settings_def definition = {
	.word = "thing",
	.named = true,
	.help = "A thing.",
	.items = (const struct setting_def[]){
		{.name = "url", .type = SETTING_URL, .help = "where it is", .required = true},
		{.name = "mode", .type = SETTING_WORD, .help = "how", .choices = "read write both", .fallback = "read"},
		{.name = "on", .type = SETTING_FLAG, .help = "whether", .fallback = "yes"},
		{.name = "count", .type = SETTING_NUMBER, .help = "how many", .low = -5, .high = 100, .fallback = "7"},
		{.name = "selector", .type = SETTING_U64, .help = "which chain"},
		{.name = "interval", .type = SETTING_DURATION, .help = "how often", .fallback = "15s"},
		{.name = "contract", .type = SETTING_ADDRESS, .help = "whom"},
		{.name = "token_env", .type = SETTING_ENV, .help = "secret"},
		{.name = "token_file", .type = SETTING_FILE, .help = "secret"},
		{.name = "query_*", .type = SETTING_TEXT, .help = "what to ask"},
		{0},
	},
};

static void values_are_checked(void **state)
{
	static const struct {
		const char *name, *key, *text;
		enum status status;
		const char *says;
	} cases[] = {
		{"a URL", "url", "https://h:9090/x?y=z", STATUS_OK, ""},
		{"another scheme", "url", "file:///etc/passwd", STATUS_INVALID, "url: not an http or https URL (write http://host:port)"},
		{"a word", "mode", "both", STATUS_OK, ""},
		{"part of a word", "mode", "rea", STATUS_INVALID, "mode: rea: unknown word (write read, write or both)"},
		{"no", "on", "no", STATUS_OK, ""},
		{"neither", "on", "true", STATUS_INVALID, "on: neither yes nor no (write one of them)"},
		{"the lowest", "count", "-5", STATUS_OK, ""},
		{"too high", "count", "101", STATUS_INVALID, "count: 101 is no number from -5 to 100 (write one)"},
		{"no number", "count", "7x", STATUS_INVALID, "count: 7x is no number from -5 to 100 (write one)"},
		{"all 64 bits", "selector", "18446744073709551615", STATUS_OK, ""},
		{"more than 64 bits", "selector", "18446744073709551616", STATUS_INVALID, "selector: 18446744073709551616 is no decimal number of 64 bits (write digits only)"},
		{"minutes", "interval", "5m", STATUS_OK, ""},
		{"too often", "interval", "10ms", STATUS_INVALID, "interval: 10ms is out of range (write 1 s to 1 d)"},
		{"no duration", "interval", "soon", STATUS_INVALID, NULL},
		{"an address", "contract", "0x00000000000000000000000000000000000000aB", STATUS_OK, ""},
		{"a short address", "contract", "0xab", STATUS_INVALID, "contract: not an address (write 0x and 40 hex digits)"},
		{"the secret itself", "token_env", "s3cr3t-value", STATUS_INVALID, NULL},
		{"one of many", "query_round", "{app=\"besu\"} |= \"x\"", STATUS_OK, ""},
		{"one of many without its own name", "query_", "x", STATUS_NOT_FOUND, NULL},
		{"misspelt", "intervall", "5s", STATUS_NOT_FOUND, "intervall: unknown key (did you mean interval?)"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct settings settings;
		struct error err = {0};
		print_message("%s\n", cases[i].name);
		settings_init(&settings, &definition, "a", 1);
		assert_int_equal(settings_set(&settings, cases[i].key, cases[i].text, 2, &err), cases[i].status);
		if (cases[i].says)
			assert_string_equal(err.text, cases[i].says);
		assert_int_equal(settings.count, cases[i].status == STATUS_OK);
		settings_free(&settings);
	}
}

static void what_was_not_written_falls_back(void **state)
{
	struct settings settings;
	struct error err = {0};
	uint64_t selector;
	struct address address;

	(void)state;
	settings_init(&settings, &definition, "a", 1);
	assert_string_equal(settings_text(&settings, "mode"), "read");
	assert_int_equal(settings_number(&settings, "on"), 1);
	assert_int_equal(settings_number(&settings, "count"), 7);
	assert_int_equal(settings_number(&settings, "interval"), 15000);
	assert_null(settings_text(&settings, "url"));
	assert_false(settings_has(&settings, "interval"));
	assert_false(settings_u64(&settings, "selector", &selector));
	assert_false(settings_address(&settings, "contract", &address));
	assert_int_equal(settings_complete(&settings, &err), STATUS_INVALID);
	assert_string_equal(err.text, "has no url (where it is)");
	settings_free(&settings);
}

static void values_are_found(void **state)
{
	struct settings list[2], *settings = &list[1];
	struct error err = {0};
	uint64_t selector;

	(void)state;
	settings_init(&list[0], &definition, "first", 1);
	settings_init(settings, &definition, "a", 1);
	assert_int_equal(settings_set(settings, "url", "http://h", 2, NULL), STATUS_OK);
	assert_int_equal(settings_set(settings, "selector", "16015286601757825753", 3, NULL), STATUS_OK);
	assert_int_equal(settings_set(settings, "query_a", "1", 4, NULL), STATUS_OK);
	assert_int_equal(settings_set(settings, "query_b", "2", 5, NULL), STATUS_OK);
	assert_int_equal(settings_set(settings, "query_a", "3", 6, &err), STATUS_CONFLICT);
	assert_string_equal(err.text, "query_a: given before, in line 4 (keep one of them)");
	assert_int_equal(settings_complete(settings, NULL), STATUS_OK);
	assert_true(settings_u64(settings, "selector", &selector));
	assert_true(selector == UINT64_C(16015286601757825753));
	assert_string_equal(settings_each(settings, "query_*", 1)->text, "2");
	assert_null(settings_each(settings, "query_*", 2));
	assert_ptr_equal(settings_at(list, 2, "thing", 1), settings);
	assert_null(settings_at(list, 2, "thing", 2));
	settings_free(settings);
	settings_free(&list[0]);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void secrets_are_read_where_they_are_safe(void **state)
{
	static const struct {
		const char *name, *key, *value; /* of the variable, or the text of the file */
		mode_t mode;
		enum status status;
		const char *secret, *says;
	} cases[] = {
		{"nothing was written", NULL, NULL, 0, STATUS_OK, "", NULL},
		{"a variable", "token_env", "hunter2", 0, STATUS_OK, "hunter2", NULL},
		{"a variable that is not set", "token_env", NULL, 0, STATUS_INVALID, "", "[thing a]: environment variable TOCSIN_TEST_SECRET is not set"},
		{"a file of our own", "token_file", "hunter2\nrest", 0600, STATUS_OK, "hunter2", NULL},
		{"a file that all can read", "token_file", "hunter2\n", 0644, STATUS_REFUSED, "", "can be read by others (chmod 600 it)"},
		{"an empty file", "token_file", "\n", 0600, STATUS_INVALID, "", "its first line is empty"},
	};
	char directory[] = "/tmp/tocsin-section-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/secret", directory);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		bool file = cases[i].mode != 0;
		struct settings settings;
		struct error err = {0};
		struct buf secret;
		print_message("%s\n", cases[i].name);
		unsetenv("TOCSIN_TEST_SECRET");
		if (file)
			write_file(path, cases[i].value, cases[i].mode);
		else if (cases[i].value)
			setenv("TOCSIN_TEST_SECRET", cases[i].value, 1);
		settings_init(&settings, &definition, "a", 1);
		if (cases[i].key)
			assert_int_equal(settings_set(&settings, cases[i].key, file ? path : "TOCSIN_TEST_SECRET", 2, NULL), STATUS_OK);
		buf_init(&secret, 100);
		assert_int_equal(settings_secret(&settings, "token", &secret, &err), cases[i].status);
		assert_string_equal(buf_text(&secret), cases[i].secret);
		if (cases[i].says)
			assert_non_null(strstr(err.text, cases[i].says));
		buf_free(&secret);
		settings_free(&settings);
	}
	unlink(path);
	rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_checked),
		cmocka_unit_test(what_was_not_written_falls_back),
		cmocka_unit_test(values_are_found),
		cmocka_unit_test(secrets_are_read_where_they_are_safe),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
