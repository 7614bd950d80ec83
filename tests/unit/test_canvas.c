/* The canvas: what is drawn stays inside, wide characters are never halved, hostile
 * text is inert, and ASCII has a substitute for every glyph. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <string.h>

#include "base/mem.h"
#include "ui/canvas.h"

struct picture {
	struct canvas *canvas;
	struct buf dump;
};

static struct area begin(struct picture *picture, int columns, int rows, bool ascii)
{
	picture->canvas = canvas_new(columns, rows, ascii);
	buf_init(&picture->dump, 65536);
	return canvas_area(picture->canvas);
}

static void end(struct picture *picture, bool roles, const char *expected)
{
	canvas_dump(picture->canvas, roles, &picture->dump);
	assert_string_equal(buf_text(&picture->dump), expected);
	buf_free(&picture->dump);
	canvas_free(picture->canvas);
}

static void text_cases(void **state)
{
	static const struct {
		const char *name;
		int x, y;
		const char *text;
		const char *expected;
	} cases[] = {
		{"inside", 1, 0, "ab", " ab\n\n"},
		{"cut at the right", 4, 0, "abc", "    ab\n\n"},
		{"begun left of the area", -2, 0, "abcd", "cd\n\n"},
		{"below it", 0, 2, "ab", "\n\n"},
		{"above it", 0, -1, "ab", "\n\n"},
		{"wide", 0, 0, "漢字", "漢字\n\n"},
		{"wide, cut in the middle", 5, 0, "漢", "\n\n"},
		{"wide, begun in its middle", -1, 0, "漢a", " a\n\n"},
		{"combining mark", 0, 1, "e\u0301x", "\ne\u0301x\n"},
		{"escape sequence", 0, 0, "a\033[2Jb", "a\xef\xbf\xbd[2Jb\n\n"},
		{"carriage return", 0, 0, "a\rb", "a b\n\n"},
		{"bidi override", 0, 0, "a\u202eb", "a\xef\xbf\xbd"
						    "b\n\n"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct picture picture;
		struct area area = begin(&picture, 6, 2, false);
		print_message("%s\n", cases[i].name);
		area_text(area, cases[i].x, cases[i].y, ROLE_BASE, 0, cases[i].text);
		end(&picture, false, cases[i].expected);
	}
}

static void wide_cells_are_released_whole(void **state)
{
	struct picture picture;
	(void)state;
	struct area area = begin(&picture, 6, 3, false);
	for (int y = 0; y < 3; y++)
		area_text(area, 0, y, ROLE_BASE, 0, "漢字");
	area_text(area, 1, 0, ROLE_BASE, 0, "x");
	area_text(area, 2, 1, ROLE_BASE, 0, "x");
	area_text(area, 1, 2, ROLE_BASE, 0, "語");
	assert_int_equal(canvas_at(picture.canvas, 1, 2)->width, 2);
	assert_int_equal(canvas_at(picture.canvas, 2, 2)->width, 0);
	end(&picture, false, " x字\n漢x\n 語\n");
	area = begin(&picture, 6, 1, false);
	area_text(area, 0, 0, ROLE_BASE, 0, "漢字語");
	area_fill(area_inside(area, 1, 0, 4, 1), ROLE_BAR);
	assert_int_equal(canvas_at(picture.canvas, 0, 0)->back, ROLE_BASE);
	assert_int_equal(canvas_at(picture.canvas, 1, 0)->back, ROLE_BAR);
	assert_int_equal(canvas_at(picture.canvas, 4, 0)->back, ROLE_BAR);
	assert_int_equal(canvas_at(picture.canvas, 5, 0)->back, ROLE_BASE);
	for (int x = 0; x < 6; x++)
		assert_int_equal(canvas_at(picture.canvas, x, 0)->width, 1);
	end(&picture, false, "\n");
}

static void areas_clip_to_their_parents(void **state)
{
	struct picture picture;
	(void)state;
	struct area area = begin(&picture, 10, 4, false);
	struct area inner = area_inside(area, 2, 1, 4, 2);
	struct area beyond = area_inside(inner, 3, 1, 10, 10);
	assert_int_equal(beyond.columns, 1);
	assert_int_equal(beyond.rows, 1);
	area_text(inner, 0, 0, ROLE_BASE, 0, "abcdefgh");
	area_text(beyond, 0, 0, ROLE_BASE, 0, "xyz");
	area_text(area_inside(area, 20, 20, 5, 5), 0, 0, ROLE_BASE, 0, "nowhere");
	area_text(area_inside(area, 0, 0, -5, -5), 0, 0, ROLE_BASE, 0, "nowhere");
	end(&picture, false, "\n  abcd\n     x\n\n");
}

static void fitting_and_aligning(void **state)
{
	struct picture picture;
	(void)state;
	struct area area = begin(&picture, 12, 5, false);
	assert_int_equal(area_fit(area, 0, 0, 6, ROLE_BASE, 0, "besu-validator-2"), 6);
	assert_int_equal(area_fit(area, 0, 1, 6, ROLE_BASE, 0, "short"), 5);
	assert_int_equal(area_fit(area, 0, 2, 4, ROLE_BASE, 0, "漢字漢字"), 3);
	assert_int_equal(area_right(area, 12, 3, ROLE_BASE, 0, "8 ms"), 8);
	assert_int_equal(area_fit(area, 0, 4, 0, ROLE_BASE, 0, "nothing"), 0);
	end(&picture, false, "besu-…\nshort\n漢…\n        8 ms\n\n");
}

static void wrapping(void **state)
{
	struct picture picture;
	(void)state;
	struct area area = begin(&picture, 10, 6, false);
	const char *text = "two of four\nabcdefghijklm no";
	assert_int_equal(area_wrap_rows(6, text), 5);
	assert_int_equal(area_wrap(area, 1, 0, 6, 9, ROLE_BASE, ATTR_BOLD, text), 5);
	end(&picture, false, " two of\n four\n abcdef\n ghijkl\n m no\n\n");
}

static void parts_are_left_out_from_the_left(void **state)
{
	static const struct part parts[] = {{ROLE_OK, 0, "live 1 s  "}, {ROLE_DIM, 0, "6 ok  "}, {ROLE_CRIT, 0, "2 down"}};
	struct picture picture;
	(void)state;
	struct area area = begin(&picture, 24, 3, false);
	assert_int_equal(area_parts_right(area, 0, 24, 0, parts, 3), 2);
	assert_int_equal(area_parts_right(area, 5, 24, 1, parts, 3), 12);
	assert_int_equal(area_parts_right(area, 20, 24, 2, parts, 3), 24);
	end(&picture, true, "  live 1 s  6 ok  2 down\n            6 ok  2 down\n\n"
			    "  oooo o o  d dd  c cccc\n            d dd  c cccc\n\n");
}

static void frames_and_bars(void **state)
{
	static const int64_t numbers[] = {9, 0, 50, -1, 100, 25};
	struct picture picture;
	(void)state;
	struct area area = begin(&picture, 9, 3, false);
	area_box(area, ROLE_BORDER);
	area_back(area, 1, 1, 7, ROLE_SELECTION);
	area_spark(area, 2, 1, 5, ROLE_OK, numbers, ARRAY_LENGTH(numbers));
	end(&picture, true, "╭───────╮\n│ ▁▅ █▃ │\n╰───────╯\nbbbbbbbbb\nbSooSooSb\nbbbbbbbbb\n");
	area = begin(&picture, 9, 3, true);
	area_box(area, ROLE_BORDER);
	area_spark(area, 2, 1, 5, ROLE_OK, numbers, ARRAY_LENGTH(numbers));
	end(&picture, false, "+-------+\n| _= #: |\n+-------+\n");
}

static void ascii_has_a_substitute(void **state)
{
	struct picture picture;
	(void)state;
	struct area area = begin(&picture, 20, 2, true);
	area_text(area, 0, 0, ROLE_BASE, 0, "› ✓ × → … · ●○ ▼");
	area_text(area, 0, 1, ROLE_BASE, 0, "Zürich 漢字");
	for (int x = 0; x < 20; x++) {
		for (int y = 0; y < 2; y++)
			assert_true((unsigned char)canvas_at(picture.canvas, x, y)->text[0] < 0x80);
	}
	end(&picture, false, "> + x > ~ . o. v\nZ?rich ????\n");
}

static void sizes_are_bounded(void **state)
{
	(void)state;
	struct canvas *canvas = canvas_new(0, -3, false);
	assert_int_equal(canvas->columns, 1);
	assert_int_equal(canvas->rows, 1);
	canvas_resize(canvas, 1 << 20, 1 << 20);
	assert_int_equal(canvas->columns, CANVAS_COLUMNS_MAX);
	assert_int_equal(canvas->rows, CANVAS_ROWS_MAX);
	assert_null(canvas_at(canvas, CANVAS_COLUMNS_MAX, 0));
	canvas_free(canvas);
}

static void the_cursor_stays_inside(void **state)
{
	(void)state;
	struct canvas *canvas = canvas_new(10, 4, false);
	struct area inner = area_inside(canvas_area(canvas), 2, 1, 3, 2);
	area_cursor(inner, 3, 0);
	assert_int_equal(canvas->cursor_x, -1);
	area_cursor(inner, 2, 1);
	assert_int_equal(canvas->cursor_x, 4);
	assert_int_equal(canvas->cursor_y, 2);
	canvas_free(canvas);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_cases),
		cmocka_unit_test(wide_cells_are_released_whole),
		cmocka_unit_test(areas_clip_to_their_parents),
		cmocka_unit_test(fitting_and_aligning),
		cmocka_unit_test(wrapping),
		cmocka_unit_test(parts_are_left_out_from_the_left),
		cmocka_unit_test(frames_and_bars),
		cmocka_unit_test(ascii_has_a_substitute),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(the_cursor_stays_inside),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
