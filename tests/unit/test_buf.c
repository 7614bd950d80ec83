/* Buffers that know their limit, errors of which the first wins, memory that grows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

static void what_fits_is_kept(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 11);
	assert_string_equal(buf_text(&b), "");
	buf_puts(&b, "block");
	buf_putc(&b, ' ');
	buf_printf(&b, "%05d", 138);
	assert_string_equal(buf_text(&b), "block 00138");
	assert_int_equal(b.len, 11);
	assert_int_equal(buf_check(&b, "x", NULL), STATUS_OK);
	buf_free(&b);
}

static void what_does_not_fit_is_dropped_whole(void **state)
{
	struct error err = {0};
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	buf_puts(&b, "12345");
	buf_printf(&b, "%s", "6789");
	assert_string_equal(buf_text(&b), "12345");
	/* The content stays a prefix: later pieces that would fit are not taken. */
	buf_putc(&b, 'x');
	assert_string_equal(buf_text(&b), "12345");
	assert_int_equal(buf_check(&b, "reply", &err), STATUS_LIMIT);
	assert_string_equal(err.text, "reply: more than 8 bytes");
	buf_clear(&b);
	buf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "a\0b", 4);
	assert_int_equal(buf_check(&b, "reply", NULL), STATUS_OK);
	buf_free(&b);
}

static void growing_keeps_the_content(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100000);
	for (int i = 0; i < 100000; i++)
		buf_putc(&b, (char)('a' + i % 26));
	assert_int_equal(buf_check(&b, "x", NULL), STATUS_OK);
	for (size_t i = 0; i < b.len; i++)
		assert_int_equal(b.data[i], 'a' + (int)(i % 26));
	buf_putc(&b, 'x');
	assert_true(b.full);
	buf_free(&b);
}

static void content_can_be_given_away(void **state)
{
	struct buf b;
	char *text;

	(void)state;
	buf_init(&b, 10);
	text = buf_take(&b);
	assert_string_equal(text, "");
	free(text);
	buf_puts(&b, "mine");
	text = buf_take(&b);
	assert_string_equal(text, "mine");
	assert_string_equal(buf_text(&b), "");
	buf_puts(&b, "again");
	assert_string_equal(text, "mine");
	free(text);
	buf_free(&b);
}

static void the_first_error_wins(void **state)
{
	struct error err = {0};

	(void)state;
	error_prefix(&err, "nothing yet");
	assert_string_equal(err.text, "");
	assert_int_equal(error_set(&err, STATUS_IO, "disk: %s", "full"), STATUS_IO);
	assert_int_equal(error_set(&err, STATUS_LIMIT, "later"), STATUS_LIMIT);
	assert_int_equal(err.status, STATUS_IO);
	error_prefix(&err, "record %d", 7);
	assert_string_equal(err.text, "record 7: disk: full");
	error_clear(&err);
	assert_int_equal(error_set(&err, STATUS_LIMIT, "later"), STATUS_LIMIT);
	assert_string_equal(err.text, "later");
	assert_int_equal(error_set(NULL, STATUS_IO, "nobody listens"), STATUS_IO);
}

static void errors_are_clean_and_bounded(void **state)
{
	struct error err = {0};
	char *longer = xmalloc(5000);

	(void)state;
	error_set(&err, STATUS_IO, "%s", "a\x1b[2Jb\nc");
	assert_string_equal(err.text, "a\xef\xbf\xbd[2Jb c");
	error_clear(&err);
	memset(longer, 'x', 4999);
	longer[4999] = '\0';
	error_set(&err, STATUS_IO, "%s", longer);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	error_prefix(&err, "%s", "place");
	assert_memory_equal(err.text, "place: xxx", 10);
	free(longer);
}

static void every_status_has_a_word(void **state)
{
	(void)state;
	for (int i = STATUS_OK; i <= STATUS_CANCELLED; i++)
		assert_string_not_equal(status_name((enum status)i), "unknown");
	assert_string_equal(status_name((enum status)999), "unknown");
}

static void arrays_grow_and_strings_change(void **state)
{
	size_t capacity = 0;
	int *numbers = NULL;
	char *text = NULL, *made;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		numbers = mem_grow(numbers, &capacity, i, sizeof(*numbers));
		assert_true(capacity > i);
		numbers[i] = (int)i;
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(numbers[i], (int)i);
	free(numbers);

	mem_set(&text, "validator");
	mem_set(&text, text + 5);
	assert_string_equal(text, "ator");
	mem_set(&text, NULL);
	assert_null(text);
	made = xasprintf("%s-%d", "node", 3);
	assert_string_equal(made, "node-3");
	free(made);
	made = xstrndup("node", 100);
	assert_string_equal(made, "node");
	free(made);
}

static int goodbye_pipe[2];

static void say_goodbye(void)
{
	if (write(goodbye_pipe[1], "bye", 3) != 3)
		_exit(1);
}

/* An array that no machine can hold stands for memory that has run out. */
static void running_out_of_memory_says_goodbye(void **state)
{
	char said[4] = "";
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(goodbye_pipe), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(STDERR_FILENO);
		mem_on_exhausted(say_goodbye);
		_exit(xreallocarray(NULL, SIZE_MAX, 2) ? 2 : 3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EX_OSERR);
	assert_int_equal(read(goodbye_pipe[0], said, 3), 3);
	assert_string_equal(said, "bye");
	close(goodbye_pipe[0]);
	close(goodbye_pipe[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_kept),
		cmocka_unit_test(what_does_not_fit_is_dropped_whole),
		cmocka_unit_test(growing_keeps_the_content),
		cmocka_unit_test(content_can_be_given_away),
		cmocka_unit_test(the_first_error_wins),
		cmocka_unit_test(errors_are_clean_and_bounded),
		cmocka_unit_test(every_status_has_a_word),
		cmocka_unit_test(arrays_grow_and_strings_change),
		cmocka_unit_test(running_out_of_memory_says_goodbye),
	};

	return cmocka_run_group_tests_name("buffers, errors, memory", tests, NULL, NULL);
}
