/* Text from anywhere: nothing that moves the cursor, hides or reorders comes through,
 * and the columns are those that ncurses counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/mem.h"
#include "base/text.h"

#define MARK "\xef\xbf\xbd" /* U+FFFD */
#define BYTES(text) text, sizeof(text) - 1

static const struct sample {
	const char *name;
	const char *bytes;
	size_t len;
	const char *clean;
} samples[] = {
	{"plain", BYTES("block 4,812,331"), "block 4,812,331"},
	{"empty", BYTES(""), ""},
	{"accents and CJK", BYTES("Zürich 東京"), "Zürich 東京"},
	{"wide emoji", BYTES("\U0001F514 bell"), "\U0001F514 bell"},
	{"CSI", BYTES("a\x1b[2Jb"), "a" MARK "[2Jb"},
	{"OSC title", BYTES("\x1b]0;x\x07"), MARK "]0;x" MARK},
	{"DEL, SO, NUL", BYTES("a\x7f\x0e\0b"), "a" MARK MARK MARK "b"},
	{"C1 CSI", BYTES("a\xc2\x9b"
			 "2J"),
	 "a" MARK "2J"},
	{"raw C1 byte", BYTES("a\x9b"
			      "2J"),
	 "a" MARK "2J"},
	{"CR spoof", BYTES("a\rb"), "a b"},
	{"LF, TAB, VT, FF", BYTES("a\nb\tc\vd\fe"), "a b c d e"},
	{"NEL, LS, PS", BYTES("a\xc2\x85"
			      "b\u2028c\u2029d"),
	 "a b c d"},
	{"bidi override", BYTES("a\u202ecba"), "a" MARK "cba"},
	{"bidi isolates", BYTES("\u2066a\u2069"), MARK "a" MARK},
	{"bidi marks", BYTES("a\u061c\u200e\u200f"), "a" MARK MARK MARK},
	{"zero-width space", BYTES("ad\u200bmin"), "ad" MARK "min"},
	{"ZWJ family", BYTES("\U0001F468\u200d\U0001F469"), "\U0001F468" MARK "\U0001F469"},
	{"word joiner and BOM", BYTES("a\u2060\ufeff"), "a" MARK MARK},
	{"soft hyphen", BYTES("a\u00adb"), "a" MARK "b"},
	{"tag characters", BYTES("a\U000E0041\U000E007F"), "a" MARK MARK},
	{"variation selectors", BYTES("\u2764\ufe0f\U000E0101"), "\u2764"},
	{"private use", BYTES("\ue000\U000F0000"), MARK MARK},
	{"unassigned", BYTES("\u0378\U0003FFFE"), MARK MARK},
	{"Hangul fillers", BYTES("a\u3164\u115f\u1160"), "a" MARK MARK MARK},
	{"grapheme joiner", BYTES("a\u034f"), "a" MARK},
	{"two marks stay", BYTES("e\u0301\u0323x"), "e\u0301\u0323x"},
	{"a third mark goes", BYTES("e\u0301\u0323\u0302\u0303x"), "e\u0301\u0323x"},
	{"mark without a base", BYTES("\u0301x"), MARK "x"},
	{"decomposed Hangul", BYTES("\u1112\u1161\u11ab"), "\u1112\u1161\u11ab"},
	{"invalid byte", BYTES("a\xff"
			       "b"),
	 "a" MARK "b"},
	{"overlong slash", BYTES("\xc0\xaf"), MARK MARK},
	{"overlong NUL", BYTES("\xe0\x80\x80"), MARK MARK MARK},
	{"surrogate", BYTES("\xed\xa0\x80"), MARK MARK MARK},
	{"above U+10FFFF", BYTES("\xf4\x90\x80\x80"), MARK MARK MARK MARK},
	{"cut character", BYTES("a\xe6\x9d"), "a" MARK MARK},
	{"lone continuation", BYTES("\x80"), MARK},
};

static void hostile_strings_become_inert(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(samples); i++) {
		const struct sample *s = &samples[i];
		char clean[200];
		size_t len = text_clean(clean, sizeof(clean), s->bytes, s->len);

		if (strcmp(clean, s->clean) != 0)
			fail_msg("%s: \"%s\" instead of \"%s\"", s->name, clean, s->clean);
		assert_int_equal(len, strlen(clean));
		if (!text_is_clean(clean, len))
			fail_msg("%s: what was cleaned is not clean", s->name);
		if (text_is_clean(s->bytes, s->len) != (len == s->len && memcmp(clean, s->bytes, len) == 0))
			fail_msg("%s: text_is_clean disagrees with text_clean", s->name);
	}
}

/* A fixed pseudo-random sequence, so that a failure can be repeated. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Noise out of raw bytes and of code points from the interesting blocks. */
static size_t make_noise(char *dst, size_t size, uint32_t *seed)
{
	static const uint32_t bases[] = {0x00, 0x20, 0x40, 0x80, 0x300, 0x600, 0x1100, 0x1160, 0x2000, 0x2060, 0x4e00,
					 0xe000, 0xfe00, 0xfff0, 0x1f1e6, 0x1f3fb, 0x1f468, 0xe0000, 0xe0100};
	size_t len = 0;

	while (len + 4 < size) {
		uint32_t code = bases[next_random(seed) % ARRAY_LENGTH(bases)] + next_random(seed) % 32;

		if (next_random(seed) % 8 == 0)
			dst[len++] = (char)next_random(seed);
		else
			len += text_encode(dst + len, code);
	}
	return len;
}

/* The width by the book: libc's answer for each character, one by one. */
static int sum_of_wcwidth(const char *text)
{
	size_t left = strlen(text);
	int sum = 0;

	while (left) {
		uint32_t code = 0;
		size_t n = text_decode(text, left, &code);
		int width = wcwidth((wchar_t)code);

		assert_true(n > 0);
		assert_true(width >= 0);
		sum += width;
		text += n;
		left -= n;
	}
	return sum;
}

static void noise_comes_out_clean(void **state)
{
	uint32_t seed = 138;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		char noise[120], clean[400], again[400];
		size_t len = make_noise(noise, sizeof(noise), &seed);
		size_t size = 1 + next_random(&seed) % sizeof(clean);
		size_t written = text_clean(clean, size, noise, len);
		const char *cursor = clean;
		struct text_grapheme cell;
		int columns = 0;
		size_t bytes = 0;

		assert_true(written < size);
		assert_int_equal(written, strlen(clean));
		assert_true(text_is_clean(clean, written));
		text_clean(again, sizeof(again), clean, written);
		assert_string_equal(again, clean);
		assert_int_equal(text_width(clean), sum_of_wcwidth(clean));
		while (text_next(&cursor, &cell)) {
			assert_true(cell.width == 1 || cell.width == 2);
			assert_true(cell.len > 0 && cell.len <= 12);
			columns += cell.width;
			bytes += cell.len;
		}
		assert_int_equal(columns, text_width(clean));
		assert_int_equal(bytes, written);
	}
}

static void cleaning_never_splits_a_character(void **state)
{
	char small[5];

	(void)state;
	assert_int_equal(text_clean(small, sizeof(small), BYTES("東京")), 3);
	assert_string_equal(small, "東");
	assert_int_equal(text_clean(small, 1, BYTES("abc")), 0);
	assert_string_equal(small, "");
}

static void several_lines(void **state)
{
	static const struct sample cases[] = {
		{"line ends", BYTES("a\nb\r\nc\rd\n"), "a\nb\nc\nd\n"},
		{"tabs to columns", BYTES("\tx\nab\ty\n12345678\tz"), "        x\nab      y\n12345678        z"},
		{"tabs after wide text", BYTES("東\tx"), "東      x"},
		{"colours", BYTES("\x1b[1;31mred\x1b[0m"), "red"},
		{"colour does not count as a column", BYTES("\x1b[31ma\tb"), "a       b"},
		{"cursor moves", BYTES("a\x1b[2J\x1b[10;5Hb"), "ab"},
		{"title with BEL", BYTES("\x1b]0;evil\x07ok"), "ok"},
		{"title with ST", BYTES("\x1b]0;evil\x1b\\ok"), "ok"},
		{"device control", BYTES("\x1bPq#0\x1b\\ok"), "ok"},
		{"character set and reset", BYTES("\x1b(B\x1b"
						  "cok"),
		 "ok"},
		{"unfinished title hides nothing", BYTES("\x1b]0;evil\nrm -rf /"), MARK "]0;evil\nrm -rf /"},
		{"unfinished CSI hides nothing", BYTES("\x1b[31\nx"), MARK "[31\nx"},
		{"broken CSI hides nothing", BYTES("\x1b[3\u00e9m"), MARK "[3\u00e9m"},
		{"ESC at the end", BYTES("a\x1b"), "a" MARK},
		{"bidi stays marked", BYTES("\u202ea"), MARK "a"},
		{"empty", BYTES(""), ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct buf out, again;

		buf_init(&out, 1000);
		buf_init(&again, 1000);
		text_clean_lines(&out, cases[i].bytes, cases[i].len);
		if (strcmp(buf_text(&out), cases[i].clean) != 0)
			fail_msg("%s: \"%s\"", cases[i].name, buf_text(&out));
		text_clean_lines(&again, buf_text(&out), out.len);
		assert_string_equal(buf_text(&again), buf_text(&out));
		buf_free(&out);
		buf_free(&again);
	}
}

static void width_does_not_depend_on_the_locale(void **state)
{
	static const char *const locales[] = {"C.UTF-8", "C"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(locales); i++) {
		char clean[40];

		assert_non_null(setlocale(LC_ALL, locales[i]));
		assert_int_equal(text_width("Zürich"), 6);
		assert_int_equal(text_width("東京"), 4);
		assert_int_equal(text_width("e\u0301"), 1);
		text_clean(clean, sizeof(clean), BYTES("東\u202e京"));
		assert_string_equal(clean, "東" MARK "京");
	}
	setlocale(LC_ALL, "C.UTF-8");
}

static void cells_of_a_text(void **state)
{
	const char *cursor = "ae\u0301東\U0001F1E9\U0001F1EA";
	static const struct {
		const char *bytes;
		int width;
	} cells[] = {{"a", 1}, {"e\u0301", 1}, {"東", 2}, {"\U0001F1E9", 1}, {"\U0001F1EA", 1}};
	struct text_grapheme cell;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cells); i++) {
		assert_true(text_next(&cursor, &cell));
		assert_int_equal(cell.len, strlen(cells[i].bytes));
		assert_memory_equal(cell.bytes, cells[i].bytes, cell.len);
		assert_int_equal(cell.width, cells[i].width);
	}
	assert_false(text_next(&cursor, &cell));
	assert_false(text_next(&cursor, &cell));
}

static void fitting_into_columns(void **state)
{
	static const struct {
		const char *text;
		int columns;
		const char *mark, *fitted;
	} cases[] = {
		{"validator", 9, "…", "validator"},
		{"validator", 8, "…", "validat…"},
		{"validator", 8, "~", "validat~"},
		{"validator", 1, "…", "…"},
		{"validator", 0, "…", ""},
		{"validator", -3, "…", ""},
		{"validator", 2, "...", "va"},
		{"東京都", 6, "…", "東京都"},
		{"東京都", 5, "…", "東京…"},
		{"東京都", 4, "…", "東…"},
		{"e\u0301e\u0301", 1, "", "e\u0301"},
		{"", 5, "…", ""},
	};
	char fitted[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		text_fit(fitted, sizeof(fitted), cases[i].text, cases[i].columns, cases[i].mark);
		assert_string_equal(fitted, cases[i].fitted);
	}
	/* A small destination cuts like a narrow column does. */
	text_fit(fitted, 6, "validator", 9, "…");
	assert_string_equal(fitted, "va…");
}

static void finding_text(void **state)
{
	(void)state;
	assert_true(text_contains("Validator-2 MISSED", "missed"));
	assert_true(text_contains("abc", ""));
	assert_true(text_contains("aab", "ab"));
	assert_true(text_contains("ZÜRICH", "zÜ"));
	assert_false(text_contains("abc", "abcd"));
	assert_false(text_contains("", "a"));
}

static void words_of_a_line(void **state)
{
	const char *cursor = "  :arm\t10m  reason ";
	char word[6];

	(void)state;
	assert_true(text_word(&cursor, word, sizeof(word)));
	assert_string_equal(word, ":arm");
	assert_true(text_word(&cursor, word, sizeof(word)));
	assert_string_equal(word, "10m");
	assert_true(text_word(&cursor, word, sizeof(word)));
	assert_string_equal(word, "reaso");
	assert_false(text_word(&cursor, word, sizeof(word)));
	cursor = "ab東京 x";
	assert_true(text_word(&cursor, word, sizeof(word)));
	assert_string_equal(word, "ab東");
	assert_true(text_word(&cursor, word, sizeof(word)));
	assert_string_equal(word, "x");
}

static void labels_and_numbers(void **state)
{
	char small[8], number[27];

	(void)state;
	assert_string_equal(text_format(small, sizeof(small), "%s", "東京都"), "東京");
	assert_string_equal(text_format(small, sizeof(small), "%d of %d", 3, 4), "3 of 4");
	assert_string_equal(text_thousands(number, sizeof(number), 0), "0");
	assert_string_equal(text_thousands(number, sizeof(number), 999), "999");
	assert_string_equal(text_thousands(number, sizeof(number), 1000), "1,000");
	assert_string_equal(text_thousands(number, sizeof(number), 4812331), "4,812,331");
	assert_string_equal(text_thousands(number, sizeof(number), INT64_MIN), "-9,223,372,036,854,775,808");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_strings_become_inert),
		cmocka_unit_test(noise_comes_out_clean),
		cmocka_unit_test(cleaning_never_splits_a_character),
		cmocka_unit_test(several_lines),
		cmocka_unit_test(width_does_not_depend_on_the_locale),
		cmocka_unit_test(cells_of_a_text),
		cmocka_unit_test(fitting_into_columns),
		cmocka_unit_test(finding_text),
		cmocka_unit_test(words_of_a_line),
		cmocka_unit_test(labels_and_numbers),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
