/* Themes: what is read, what is refused and where, and what becomes of colours on
 * terminals with fewer of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "ui/theme.h"

static void looks_are_read(void **state)
{
	struct theme theme;
	struct error err = {0};
	(void)state;
	assert_int_equal(theme_parse("# a comment\n\nok = #86c98a/green on #010203 bold\ncrit = bright-red reverse underline\nbase = default\n", "a/night.theme", &theme, &err), STATUS_OK);
	assert_string_equal(theme.name, "night");
	assert_true(theme.colour);
	assert_int_equal(theme.looks[ROLE_OK].fg, 0x86c98a);
	assert_int_equal(theme.looks[ROLE_OK].ansi_fg, 2);
	assert_int_equal(theme.looks[ROLE_OK].bg, 0x010203);
	assert_int_equal(theme.looks[ROLE_OK].ansi_bg, 0);
	assert_int_equal(theme.looks[ROLE_OK].attr, ATTR_BOLD);
	assert_int_equal(theme.looks[ROLE_CRIT].ansi_fg, 9);
	assert_int_equal(theme.looks[ROLE_CRIT].attr, ATTR_REVERSE | ATTR_UNDERLINE);
	assert_int_equal(theme.looks[ROLE_BASE].fg, COLOUR_NONE);
}

static void mistakes_name_their_line(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		const char *expected;
	} cases[] = {
		{"unknown role", "ok = green\nokay = green\n", "t.theme:2: okay: unknown role"},
		{"no equals sign", "ok green\n", "t.theme:1: ok: no \"=\""},
		{"short colour", "ok = #12345\n", "t.theme:1: #12345: not a colour"},
		{"long colour", "ok = #1234567\n", "t.theme:1: #1234567: not a colour"},
		{"unknown colour", "\n\nok = mauve\n", "t.theme:3: mauve: not a colour"},
		{"unknown second colour", "ok = #123456/mauve\n", "t.theme:1: #123456/mauve: not a colour"},
		{"nothing after on", "ok = red on\n", "t.theme:1: ok: no colour after \"on\""},
		{"two colours", "ok = red green\n", "t.theme:1: green: not a colour"},
		{"missing parent", "parent = there-is-none\n", "t.theme:1: parent: theme there-is-none: no such theme"},
		{"several", "a = red\nb = red\nc = red\n", "t.theme:1: a: unknown role (tocsin(5) lists them); 2 more mistakes"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct theme theme;
		struct error err = {0};
		print_message("%s\n", cases[i].name);
		assert_int_equal(theme_parse(cases[i].text, "t.theme", &theme, &err), STATUS_INVALID);
		assert_non_null(strstr(err.text, cases[i].expected));
	}
}

static void what_is_right_counts_beside_mistakes(void **state)
{
	struct theme theme;
	struct error err = {0};
	(void)state;
	assert_int_equal(theme_parse("nonsense = red\nwarn = yellow\n", "t.theme", &theme, &err), STATUS_INVALID);
	assert_int_equal(theme.looks[ROLE_WARN].ansi_fg, 3);
	assert_int_equal(theme.looks[ROLE_TITLE].attr, ATTR_BOLD);
}

static void the_shipped_themes_have_no_mistakes(void **state)
{
	struct theme theme;
	struct error err = {0};
	(void)state;
	assert_int_equal(theme_load("dark", &theme, &err), STATUS_OK);
	assert_true(theme.colour);
	assert_int_equal(theme_load("there-is-none", &theme, &err), STATUS_NOT_FOUND);
	/* What could not be read still leaves something to draw with. */
	assert_string_equal(theme.name, "mono");
}

static void the_mono_file_says_what_is_built_in(void **state)
{
	struct theme file, built_in;
	struct error err = {0};
	(void)state;
	char *path = path_shipped("themes", "mono.theme");
	assert_non_null(path);
	assert_int_equal(theme_load(path, &file, &err), STATUS_OK);
	theme_mono(&built_in);
	assert_false(file.colour);
	assert_string_equal(file.name, built_in.name);
	for (size_t i = 0; i < ROLE_COUNT; i++) {
		assert_int_equal(file.looks[i].attr, built_in.looks[i].attr);
		assert_int_equal(file.looks[i].fg, built_in.looks[i].fg);
	}
	free(path);
}

static void parents_are_read_first_and_circles_end(void **state)
{
	struct theme theme;
	struct error err = {0};
	(void)state;
	assert_int_equal(theme_parse("parent = dark\nok = red\n", "mine.theme", &theme, &err), STATUS_OK);
	assert_string_equal(theme.name, "mine");
	assert_int_equal(theme.looks[ROLE_OK].ansi_fg, 1);
	assert_int_equal(theme.looks[ROLE_WARN].fg, 0xe8b65a);

	char path[] = "/tmp/tocsin-theme-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	struct buf text;
	buf_init(&text, 256);
	buf_printf(&text, "parent = %s\nok = green\n", path);
	assert_int_equal(file_write(path, text.data, text.len, 0600, &err), STATUS_OK);
	assert_int_equal(theme_load(path, &theme, &err), STATUS_INVALID);
	assert_non_null(strstr(err.text, "circle"));
	assert_int_equal(theme.looks[ROLE_OK].ansi_fg, 2);
	buf_free(&text);
	assert_int_equal(remove(path), 0);
}

static void a_cell_is_its_role_before_its_background(void **state)
{
	struct theme theme;
	(void)state;
	theme_mono(&theme);
	theme.looks[ROLE_SELECTION].bg = 0x22303f;
	theme.looks[ROLE_SELECTION].ansi_bg = 4;
	theme.looks[ROLE_SELECTION].attr = 0;
	theme.looks[ROLE_CRIT].fg = 0xff0000;
	struct look look = theme_look(&theme, ROLE_CRIT, ROLE_SELECTION, ATTR_BOLD);
	assert_int_equal(look.fg, 0xff0000);
	assert_int_equal(look.bg, 0x22303f);
	assert_int_equal(look.ansi_bg, 4);
	theme_mono(&theme);
	assert_true(theme_look(&theme, ROLE_BASE, ROLE_SELECTION, 0).attr & ATTR_REVERSE);
	assert_false(theme_look(&theme, ROLE_BASE, ROLE_SELECTION, ATTR_REVERSE).attr & ATTR_REVERSE);
	assert_true(theme_look(&theme, ROLE_BASE, ROLE_BASE, ATTR_REVERSE).attr & ATTR_REVERSE);
}

/* Without colour, roles that mean trouble still differ from those that do not. */
static void mono_keeps_trouble_apart(void **state)
{
	struct theme theme;
	(void)state;
	theme_mono(&theme);
	unsigned fine = theme.looks[ROLE_OK].attr;
	assert_int_not_equal(theme.looks[ROLE_WARN].attr, fine);
	assert_int_not_equal(theme.looks[ROLE_CRIT].attr, fine);
	assert_int_not_equal(theme.looks[ROLE_CRIT].attr, theme.looks[ROLE_WARN].attr);
	assert_int_not_equal(theme.looks[ROLE_UNKNOWN].attr, fine);
	assert_int_not_equal(theme.looks[ROLE_STALE].attr, fine);
}

static void nearest_colours(void **state)
{
	static const struct {
		int32_t rgb;
		int of_256, of_16;
	} cases[] = {
		{0x000000, 16, 0}, {0xffffff, 231, 15}, {0xff0000, 196, 9}, {0x00ff00, 46, 10},
		{0x5f87af, 67, 8}, {0x808080, 244, 8}, {0xcd0000, 160, 1},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		print_message("%06x\n", (unsigned)cases[i].rgb);
		assert_int_equal(colour_nearest_256(cases[i].rgb), cases[i].of_256);
		assert_int_equal(colour_nearest_16(cases[i].rgb), cases[i].of_16);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks_are_read),
		cmocka_unit_test(mistakes_name_their_line),
		cmocka_unit_test(what_is_right_counts_beside_mistakes),
		cmocka_unit_test(the_shipped_themes_have_no_mistakes),
		cmocka_unit_test(the_mono_file_says_what_is_built_in),
		cmocka_unit_test(parents_are_read_first_and_circles_end),
		cmocka_unit_test(a_cell_is_its_role_before_its_background),
		cmocka_unit_test(mono_keeps_trouble_apart),
		cmocka_unit_test(nearest_colours),
	};
	(void)argc;
	setlocale(LC_ALL, "C.UTF-8");
	path_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
