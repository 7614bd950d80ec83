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
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
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
		{"several", "a = red\nb = red\nc = red\n", "t.theme:1: a: unknown role (tocsin.conf(5) lists them); 2 more mistakes (tocsin --theme t.theme config check names all)"},
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

static const char *const shipped[] = {"dark", "light", "high-contrast", "colour-blind", "mono"};

struct names {
	char text[1024];
};

static void take_name(void *arg, const char *name)
{
	struct names *names = arg;
	size_t len = strlen(names->text);
	snprintf(names->text + len, sizeof(names->text) - len, " %s ", name);
}

static void the_shipped_themes_have_no_mistakes(void **state)
{
	struct theme theme;
	struct names names = {""};
	struct error err = {0};
	(void)state;
	theme_names(take_name, &names);
	for (size_t i = 0; i < ARRAY_LENGTH(shipped); i++) {
		char name[64];
		print_message("%s\n", shipped[i]);
		assert_int_equal(theme_load(shipped[i], &theme, &err), STATUS_OK);
		assert_string_equal(theme.name, shipped[i]);
		assert_int_equal(theme.colour, strcmp(shipped[i], "mono") != 0);
		assert_non_null(strstr(names.text, text_format(name, sizeof(name), " %s ", shipped[i])));
		/* The terminal's own background stays. */
		assert_int_equal(theme.looks[ROLE_BASE].bg, COLOUR_NONE);
		assert_int_equal(theme.looks[ROLE_BASE].ansi_bg, COLOUR_NONE);
	}
	assert_int_equal(theme_load("there-is-none", &theme, &err), STATUS_NOT_FOUND);
	/* What could not be read still leaves something to draw with. */
	assert_string_equal(theme.name, "mono");
}

/* --- can it be read? ------------------------------------------------------------ */

/* How a depth of colour shows a look: 24 bits, 256 colours or 16. */
enum shown {
	SHOWN_ALL,
	SHOWN_256,
	SHOWN_16,
};

static int32_t shown_colour(int32_t rgb, int ansi, int32_t own, enum shown depth)
{
	static const int32_t sixteen[] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
					  0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};
	if (depth == SHOWN_16)
		return ansi == COLOUR_NONE ? own : sixteen[ansi];
	if (rgb == COLOUR_NONE)
		return own;
	return depth == SHOWN_256 ? colour_of_256(colour_nearest_256(rgb)) : rgb;
}

/* Contrast as WCAG 2 defines it, times 100: 450 is what it asks of text. */
static int contrast(int32_t a, int32_t b)
{
	double luminance[2];
	const int32_t colours[2] = {a, b};
	for (size_t i = 0; i < 2; i++) {
		double channels[3];
		for (int c = 0; c < 3; c++) {
			double value = (double)((colours[i] >> (16 - 8 * c)) & 0xff) / 255.0;
			/* Close to the curve of sRGB, without the mathematics library. */
			channels[c] = value * (value * (value * 0.305306011 + 0.682171111) + 0.012522878);
		}
		luminance[i] = 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2];
	}
	double high = luminance[0] > luminance[1] ? luminance[0] : luminance[1];
	double low = luminance[0] > luminance[1] ? luminance[1] : luminance[0];
	return (int)((high + 0.05) / (low + 0.05) * 100.0);
}

/* Every role is legible on the background that the theme is made for, and on what may
 * stand behind it, with as many colours as the terminal has. */
static void the_shipped_themes_can_be_read(void **state)
{
	static const enum role backs[] = {ROLE_BASE, ROLE_SELECTION, ROLE_BAR, ROLE_CODE};
	static const int least[] = {[SHOWN_ALL] = 450, [SHOWN_256] = 400, [SHOWN_16] = 250};
	(void)state;
	for (size_t t = 0; t < ARRAY_LENGTH(shipped); t++) {
		struct theme theme;
		assert_int_equal(theme_load(shipped[t], &theme, NULL), STATUS_OK);
		for (size_t i = 0; i < ROLE_COUNT * ARRAY_LENGTH(backs); i++) {
			enum role role = (enum role)(i / ARRAY_LENGTH(backs)), back = backs[i % ARRAY_LENGTH(backs)];
			/* Lines are no text. */
			bool faint = role == ROLE_FAINT || role == ROLE_BORDER;
			struct look look = theme_look(&theme, role, back, 0);
			for (int depth = SHOWN_ALL; depth <= SHOWN_16; depth++) {
				int32_t fg = shown_colour(look.fg, look.ansi_fg, theme.paper.fg, (enum shown)depth);
				int32_t bg = shown_colour(look.bg, look.ansi_bg, theme.paper.bg, (enum shown)depth);
				int wanted = faint ? (back == ROLE_BASE ? 150 : 100) : back == ROLE_BASE ? least[depth]
													 : least[depth] * 2 / 3;
				if (depth == SHOWN_16 && back == ROLE_SELECTION)
					wanted = 120;
				/* What is painted must not count on the terminal's own colours. */
				bool painted = depth == SHOWN_16 ? look.ansi_bg != COLOUR_NONE : look.bg != COLOUR_NONE;
				if (painted && (depth == SHOWN_16 ? look.ansi_fg : look.fg) == COLOUR_NONE)
					fail_msg("%s: %s on %s has the terminal's own colour at depth %d", shipped[t], role_name(role), role_name(back), depth);
				if (contrast(fg, bg) < wanted)
					fail_msg("%s: %s on %s: contrast %d of %d at depth %d", shipped[t], role_name(role), role_name(back), contrast(fg, bg), wanted, depth);
			}
		}
	}
}

/* What separates fine, warning and critical must not be hue alone, least of all red
 * from green. */
static void the_colour_blind_theme_has_no_red_and_no_green(void **state)
{
	static const enum role roles[] = {ROLE_OK, ROLE_INFO, ROLE_WARN, ROLE_CRIT, ROLE_UNKNOWN, ROLE_STALE, ROLE_ACCENT, ROLE_KEY};
	struct theme theme;
	(void)state;
	assert_int_equal(theme_load("colour-blind", &theme, NULL), STATUS_OK);
	for (size_t i = 0; i < ARRAY_LENGTH(roles); i++) {
		const struct look *look = &theme.looks[roles[i]];
		const int ansi[] = {look->ansi_fg, look->ansi_bg};
		for (size_t n = 0; n < ARRAY_LENGTH(ansi); n++) {
			if (ansi[n] == 1 || ansi[n] == 2 || ansi[n] == 9 || ansi[n] == 10)
				fail_msg("%s is red or green", role_name(roles[i]));
		}
	}
	const struct look *ok = &theme.looks[ROLE_OK], *warn = &theme.looks[ROLE_WARN], *crit = &theme.looks[ROLE_CRIT], *unknown = &theme.looks[ROLE_UNKNOWN];
	assert_int_not_equal(ok->attr, warn->attr);
	assert_int_not_equal(warn->attr, crit->attr);
	assert_int_not_equal(ok->attr, unknown->attr);
	assert_int_not_equal(crit->attr, unknown->attr);
}

/* A theme beside the configuration is found by its name, before a shipped one. */
static void a_theme_of_ones_own_comes_first(void **state)
{
	struct theme theme;
	struct error err = {0};
	struct names names = {""};
	char home[] = "/tmp/tocsin-themes-XXXXXX", path[128];
	static const char text[] = "parent = light\npaper = #000000 on #fdf6e3\ncrit = #aa0000/red reverse\nwran = red\n";
	(void)state;
	assert_non_null(mkdtemp(home));
	assert_int_equal(setenv("XDG_CONFIG_HOME", home, 1), 0);
	assert_int_equal(mkdir(text_format(path, sizeof(path), "%s/tocsin", home), 0700), 0);
	assert_int_equal(mkdir(text_format(path, sizeof(path), "%s/tocsin/themes", home), 0700), 0);
	text_format(path, sizeof(path), "%s/tocsin/themes/sepia.theme", home);
	assert_int_equal(file_write(path, text, strlen(text), 0600, &err), STATUS_OK);
	assert_int_equal(theme_load("sepia", &theme, &err), STATUS_INVALID);
	assert_non_null(strstr(err.text, "sepia.theme:4: wran: unknown role"));
	assert_int_equal(theme.looks[ROLE_CRIT].attr, ATTR_REVERSE);
	assert_int_equal(theme.looks[ROLE_WARN].fg, 0x8a5300);
	assert_int_equal(theme.paper.bg, 0xfdf6e3);
	theme_names(take_name, &names);
	assert_non_null(strstr(names.text, " sepia "));
	assert_int_equal(remove(path), 0);
	assert_int_equal(remove(text_format(path, sizeof(path), "%s/tocsin/themes", home)), 0);
	assert_int_equal(remove(text_format(path, sizeof(path), "%s/tocsin", home)), 0);
	assert_int_equal(remove(home), 0);
	assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
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
	/* On what is painted, the terminal's own colour gives way. */
	theme.looks[ROLE_SELECTION].fg = 0xeef2f6;
	theme.looks[ROLE_SELECTION].ansi_fg = 15;
	look = theme_look(&theme, ROLE_BASE, ROLE_SELECTION, 0);
	assert_int_equal(look.fg, 0xeef2f6);
	assert_int_equal(look.ansi_fg, 15);
	assert_int_equal(theme_look(&theme, ROLE_BASE, ROLE_BASE, 0).fg, COLOUR_NONE);
	theme_mono(&theme);
	assert_true(theme_look(&theme, ROLE_BASE, ROLE_SELECTION, 0).attr & ATTR_REVERSE);
	assert_false(theme_look(&theme, ROLE_BASE, ROLE_SELECTION, ATTR_REVERSE).attr & ATTR_REVERSE);
	theme.looks[ROLE_CRIT].bg = 0xa80000;
	assert_false(theme_look(&theme, ROLE_CRIT, ROLE_BASE, ATTR_REVERSE).attr & ATTR_REVERSE);
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
		{0x000000, 16, 0},
		{0xffffff, 231, 15},
		{0xff0000, 196, 9},
		{0x00ff00, 46, 10},
		{0x5f87af, 67, 8},
		{0x808080, 244, 8},
		{0xcd0000, 160, 1},
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
		cmocka_unit_test(the_shipped_themes_can_be_read),
		cmocka_unit_test(the_colour_blind_theme_has_no_red_and_no_green),
		cmocka_unit_test(a_theme_of_ones_own_comes_first),
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
