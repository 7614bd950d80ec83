/* Pictures of a canvas: what they say, that nothing on the screen can break out of them,
 * and which file becomes one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "ui/dump.h"

static struct buf picture;

static const char *svg(struct canvas *canvas)
{
	struct theme theme;
	theme_mono(&theme);
	theme.looks[ROLE_CRIT] = (struct look){.fg = 0xff6b6b, .bg = COLOUR_NONE, .ansi_bg = COLOUR_NONE, .attr = ATTR_BOLD};
	theme.looks[ROLE_BAR] = (struct look){.fg = COLOUR_NONE, .bg = 0x161c23, .ansi_fg = COLOUR_NONE};
	buf_clear(&picture);
	dump_svg(canvas, &theme, "a <b> & \"c\"", &picture);
	assert_false(picture.full);
	return buf_text(&picture);
}

static void a_small_picture(void **state)
{
	static const char expected[] =
		"<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"78\" height=\"62\" viewBox=\"-24 -24 156 124\""
		" font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"30\" xml:space=\"preserve\">\n"
		"<title>a &lt;b&gt; &amp; &quot;c&quot;</title>\n"
		"<rect x=\"-24\" y=\"-24\" width=\"156\" height=\"124\" rx=\"24\" fill=\"#101418\"/>\n"
		"<rect x=\"0\" y=\"0\" width=\"108\" height=\"38\" fill=\"#161c23\"/>\n"
		"<text x=\"0\" y=\"27\" textLength=\"54\" fill=\"#ff6b6b\" font-weight=\"bold\">a b</text>\n"
		"<text x=\"90\" y=\"27\" textLength=\"18\" fill=\"#d8dee6\">c</text>\n"
		"<path d=\"M0 57h18M18 57h18\" fill=\"none\" stroke=\"#d8dee6\" stroke-width=\"3\"/>\n"
		"<path d=\"M36 76h16v-4h-16zM54 76h16v-38h-16z\" fill=\"#d8dee6\"/>\n"
		"<text x=\"72\" y=\"65\" textLength=\"36\" fill=\"#d8dee6\">漢</text>\n"
		"</svg>\n";
	struct canvas *canvas = canvas_new(6, 2, false);
	struct area area = canvas_area(canvas);
	(void)state;
	area_back(area, 0, 0, 6, ROLE_BAR);
	area_text(area, 0, 0, ROLE_CRIT, 0, "a b");
	area_text(area, 5, 0, ROLE_BASE, 0, "c");
	area_text(area, 0, 1, ROLE_BASE, 0, "──▁█漢");
	assert_string_equal(svg(canvas), expected);
	canvas_free(canvas);
}

/* Counts how often text stands in the picture. */
static size_t count(const char *text)
{
	size_t found = 0;
	for (const char *at = buf_text(&picture); (at = strstr(at, text)); at++)
		found++;
	return found;
}

static void nothing_breaks_out_of_a_picture(void **state)
{
	struct canvas *canvas = canvas_new(60, 1, false);
	(void)state;
	area_text(canvas_area(canvas), 0, 0, ROLE_BASE, 0, "</text><script>alert('x')</script>&#0;\033[2J\x01");
	svg(canvas);
	assert_int_equal(count("<script"), 0);
	assert_int_equal(count("</text>"), 1);
	assert_int_equal(count("&lt;script&gt;alert(&#39;x&#39;)"), 1);
	assert_int_equal(count("&amp;#0;"), 1);
	assert_int_equal(count("\033"), 0);
	canvas_free(canvas);
}

static void reverse_and_underline_are_seen(void **state)
{
	struct canvas *canvas = canvas_new(8, 1, false);
	(void)state;
	area_text(canvas_area(canvas), 0, 0, ROLE_CRIT, ATTR_REVERSE, " P0 ");
	area_text(canvas_area(canvas), 5, 0, ROLE_UNKNOWN, 0, "who");
	svg(canvas);
	assert_int_equal(count("<rect x=\"0\" y=\"0\" width=\"72\" height=\"38\" fill=\"#ff6b6b\"/>"), 1);
	assert_int_equal(count("fill=\"#101418\" font-weight=\"bold\">P0<"), 1);
	assert_int_equal(count("text-decoration=\"underline\">who<"), 1);
	canvas_free(canvas);
}

static void the_name_says_what_a_file_becomes(void **state)
{
	static const struct {
		const char *name, *begins;
	} cases[] = {{"a.svg", "<svg "}, {"a.txt", "hello\n"}, {"a", "hello\n"}, {".svg", "hello\n"}};
	struct canvas *canvas = canvas_new(8, 1, false);
	char directory[] = "/tmp/tocsin-dump-XXXXXX";
	struct theme theme;
	(void)state;
	theme_mono(&theme);
	area_text(canvas_area(canvas), 0, 0, ROLE_BASE, 0, "hello");
	assert_non_null(mkdtemp(directory));
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = {0};
		struct buf text;
		buf_init(&text, 65536);
		assert_int_equal(chdir(directory), 0);
		assert_int_equal(dump_file(canvas, &theme, "t", cases[i].name, 0600, &err), STATUS_OK);
		assert_int_equal(file_read(cases[i].name, 65536, &text, &err), STATUS_OK);
		assert_int_equal(strncmp(buf_text(&text), cases[i].begins, strlen(cases[i].begins)), 0);
		assert_int_equal(unlink(cases[i].name), 0);
		buf_free(&text);
	}
	struct error err = {0};
	assert_int_not_equal(dump_file(canvas, &theme, "t", "no/such/place.svg", 0600, &err), STATUS_OK);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(directory), 0);
	canvas_free(canvas);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_picture),
		cmocka_unit_test(nothing_breaks_out_of_a_picture),
		cmocka_unit_test(reverse_and_underline_are_seen),
		cmocka_unit_test(the_name_says_what_a_file_becomes),
	};
	setlocale(LC_ALL, "C.UTF-8");
	buf_init(&picture, 1024 * 1024);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	buf_free(&picture);
	return failed;
}
