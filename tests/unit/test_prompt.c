/* The line editor: every key, by graphemes, with history and completion. A picture of a
 * line has a bar where the cursor stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "ui/keys.h"
#include "ui/prompt.h"

static void offer_words(void *arg, const char *before, offer_fn *offer, void *offer_arg)
{
	const char *const *words = arg;
	(void)before;
	for (; *words; words++)
		offer(offer_arg, *words);
}

static const char *picture(const struct prompt *prompt)
{
	static char text[2 * PROMPT_BYTES];
	return text_format(text, sizeof(text), "%.*s|%s", (int)prompt->cursor, prompt->text, prompt->text + prompt->cursor);
}

static enum prompt_result press(struct prompt *prompt, const char *keys)
{
	enum prompt_result result = PROMPT_UNKNOWN;
	char key[32];
	while (text_word(&keys, key, sizeof(key)))
		result = prompt_key(prompt, key);
	return result;
}

static void editing(void **state)
{
	static const struct {
		const char *name, *text, *keys, *expected;
	} cases[] = {
		{"typing", "", "n o t e", "note|"},
		{"a blank", "a", "Space b", "a b|"},
		{"in the middle", "ad", "Left b c", "abc|d"},
		{"to the start", "abc", "C-a x", "x|abc"},
		{"to the end", "abc", "Home End x", "abcx|"},
		{"left of the start", "a", "Left Left Left b", "b|a"},
		{"right of the end", "a", "Right b", "ab|"},
		{"backspace", "abc", "Backspace", "ab|"},
		{"backspace at the start", "abc", "Home Backspace", "|abc"},
		{"delete", "abc", "Home Delete", "|bc"},
		{"delete at the end", "abc", "Delete", "abc|"},
		{"combining mark goes with its base", "xe\u0301", "Backspace", "x|"},
		{"over a combining mark in one step", "xe\u0301", "Left y", "xy|e\u0301"},
		{"wide", "漢字", "Left Backspace", "|字"},
		{"word", "note one two", "C-w", "note one |"},
		{"word before blanks", "note one  ", "C-w", "note |"},
		{"all before", "note one", "Left C-u", "|e"},
		{"all behind", "note one", "Left Left C-k", "note o|"},
		{"unknown key", "abc", "F5", "abc|"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct prompt prompt = {0};
		print_message("%s\n", cases[i].name);
		prompt_begin(&prompt, cases[i].text);
		press(&prompt, cases[i].keys);
		assert_string_equal(picture(&prompt), cases[i].expected);
		prompt_end(&prompt);
	}
}

static void results(void **state)
{
	static const struct {
		const char *key;
		enum prompt_result result;
	} cases[] = {
		{"a", PROMPT_CHANGED},
		{"Left", PROMPT_MOVED},
		{"Enter", PROMPT_ACCEPTED},
		{"Esc", PROMPT_CANCELLED},
		{"C-c", PROMPT_CANCELLED},
		{"F9", PROMPT_UNKNOWN},
		{"C-d", PROMPT_MOVED},
		{"Up", PROMPT_MOVED},
		{"Tab", PROMPT_MOVED},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct prompt prompt = {0};
		prompt_begin(&prompt, "x");
		print_message("%s\n", cases[i].key);
		assert_int_equal(prompt_key(&prompt, cases[i].key), cases[i].result);
		prompt_end(&prompt);
	}
}

/* A pasted line end is a blank, never the Enter that would run the line. */
static void pasting(void **state)
{
	struct prompt prompt = {0};
	char flood[4 * PROMPT_BYTES];
	(void)state;
	prompt_begin(&prompt, "[]");
	prompt_key(&prompt, "Left");
	assert_true(prompt_insert(&prompt, "one\ntwo\033[2J", 11));
	assert_string_equal(picture(&prompt), "[one two\xef\xbf\xbd[2J|]");
	memset(flood, 'x', sizeof(flood));
	assert_false(prompt_insert(&prompt, flood, sizeof(flood)));
	assert_string_equal(picture(&prompt), "[one two\xef\xbf\xbd[2J|]");
	prompt_begin(&prompt, "");
	for (int i = 0; i < 2 * PROMPT_BYTES; i++)
		prompt_key(&prompt, "é");
	assert_true(prompt.len < PROMPT_BYTES);
	assert_true(text_is_clean(prompt.text, prompt.len));
	prompt_end(&prompt);
}

static void completion(void **state)
{
	static const char *const words[] = {"note", "next-match", "next-pane", "severity", NULL};
	static const struct {
		const char *name, *text, *keys, *expected;
	} cases[] = {
		{"the only one, and a blank", "se", "Tab", "severity |"},
		{"as far as they agree", "ne", "Tab", "next-|"},
		{"then the first", "ne", "Tab Tab", "next-match|"},
		{"and the next", "ne", "Tab Tab Tab", "next-pane|"},
		{"and around", "ne", "Tab Tab Tab Tab", "next-match|"},
		{"backwards", "ne", "Tab S-Tab", "next-pane|"},
		{"another key ends it", "ne", "Tab Tab x Tab", "next-matchx|"},
		{"nothing fits", "zz", "Tab", "zz|"},
		{"the word at the cursor only", "help no", "Tab", "help note |"},
		{"in front of what follows", "sex", "Left Tab", "severity |x"},
		{"case does not matter", "SE", "Tab", "severity |"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct prompt prompt = {.complete = offer_words, .complete_arg = (void *)words};
		print_message("%s\n", cases[i].name);
		prompt_begin(&prompt, cases[i].text);
		press(&prompt, cases[i].keys);
		assert_string_equal(picture(&prompt), cases[i].expected);
		prompt_end(&prompt);
	}
}

static void history(void **state)
{
	static const struct {
		const char *name, *keys, *expected;
	} cases[] = {
		{"the newest", "Up", "third|"},
		{"older", "Up Up", "second|"},
		{"no older than the oldest", "Up Up Up Up Up", "first|"},
		{"newer again", "Up Up Down", "third|"},
		{"back to what was being written", "Up Up Down Down", "draft|"},
		{"no newer than that", "Down", "draft|"},
	};
	struct history lines = {0};
	(void)state;
	history_add(&lines, "first");
	history_add(&lines, "second");
	history_add(&lines, "second");
	history_add(&lines, "");
	history_add(&lines, "third");
	assert_int_equal(lines.count, 3);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct prompt prompt = {.history = &lines};
		print_message("%s\n", cases[i].name);
		prompt_begin(&prompt, "draft");
		press(&prompt, cases[i].keys);
		assert_string_equal(picture(&prompt), cases[i].expected);
		prompt_end(&prompt);
	}
	for (int i = 0; i < 2 * HISTORY_LINES; i++) {
		char line[16];
		history_add(&lines, text_format(line, sizeof(line), "%d", i));
	}
	assert_int_equal(lines.count, HISTORY_LINES);
	assert_string_equal(lines.lines[0], "100");
	history_free(&lines);
}

static void drawing_keeps_the_cursor_in_sight(void **state)
{
	struct prompt prompt = {0};
	struct buf dump;
	(void)state;
	struct canvas *canvas = canvas_new(12, 1, false);
	buf_init(&dump, 256);
	prompt_begin(&prompt, "abcdefghijklmnop");
	prompt_draw(&prompt, ":", canvas_area(canvas));
	canvas_dump(canvas, false, &dump);
	assert_string_equal(buf_text(&dump), ":ghijklmnop\n");
	assert_int_equal(canvas->cursor_x, 11);
	canvas_clear(canvas);
	buf_clear(&dump);
	prompt_key(&prompt, "Home");
	prompt_draw(&prompt, ":", canvas_area(canvas));
	canvas_dump(canvas, false, &dump);
	assert_string_equal(buf_text(&dump), ":abcdefghijk\n");
	assert_int_equal(canvas->cursor_x, 1);
	prompt_end(&prompt);
	buf_free(&dump);
	canvas_free(canvas);
}

static void every_editing_key_exists_and_is_bound_once(void **state)
{
	const struct prompt_binding *bindings = prompt_bindings();
	char seen[64][16];
	size_t count = 0;
	(void)state;
	for (; bindings->keys; bindings++) {
		const char *cursor = bindings->keys;
		char key[16];
		assert_true(strlen(bindings->help) > 5);
		while (text_word(&cursor, key, sizeof(key))) {
			assert_true(key_exists(key));
			for (size_t i = 0; i < count; i++)
				assert_string_not_equal(seen[i], key);
			memcpy(seen[count++], key, sizeof(key));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(editing),
		cmocka_unit_test(results),
		cmocka_unit_test(pasting),
		cmocka_unit_test(completion),
		cmocka_unit_test(history),
		cmocka_unit_test(drawing_keeps_the_cursor_in_sight),
		cmocka_unit_test(every_editing_key_exists_and_is_bound_once),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
