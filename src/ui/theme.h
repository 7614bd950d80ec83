/* Themes: what meanings look like. Severity is a word first, an attribute second, a
 * colour last; a theme only decides the last two. */
#ifndef TOCSIN_UI_THEME_H
#define TOCSIN_UI_THEME_H

#include "ui/canvas.h"

enum { COLOUR_NONE = -1 }; /* the terminal's own colour */

struct look {
	int32_t fg, bg;           /* 0xRRGGBB or COLOUR_NONE */
	int16_t ansi_fg, ansi_bg; /* 0-15 for terminals of 16 colours, or COLOUR_NONE */
	unsigned attr;
};

struct theme {
	char name[32];
	struct look looks[ROLE_COUNT];
	struct look paper; /* what the terminal's own colours are in a picture; never painted on a terminal */
	bool colour;       /* false: attributes only */
};

/* Reads NAME.theme from the person's themes/ directory beside the configuration, else from
 * the shipped ones (or a path, when name has a slash or ends in ".theme"): lines
 * `role = fg [on bg] [bold] [reverse] [underline]`, `paper = fg on bg` for pictures,
 * `parent = NAME` first if wanted, `#` begins a comment at the start of a line. A colour is `#rrggbb`, one of the 16 names
 * (`red`, `bright-red`, …), `#rrggbb/name` to choose both, or `default`. Every line that
 * is right counts: with mistakes *out is usable all the same, the status is
 * STATUS_INVALID, and the error names file and line of the first and counts the rest. */
enum status theme_load(const char *name, struct theme *out, struct error *err) TOCSIN_CHECK;
/* The same from text; `path` names it in errors. */
enum status theme_parse(const char *text, const char *path, struct theme *out, struct error *err) TOCSIN_CHECK;
/* Tells of every mistake in what theme_load would read, each with file and line, or why it
 * cannot be read; how many there are. */
size_t theme_check(const char *name, void (*tell)(void *arg, const char *text), void *arg);
/* The mono theme, built in: never fails. */
void theme_mono(struct theme *out);
/* Names every theme that theme_load finds by name, in no order; a name may come twice. */
void theme_names(void (*offer)(void *arg, const char *name), void *arg);

/* What one cell looks like: its role in front of its background, with its attributes.
 * On a background that the theme paints the terminal's own colour gives way to that of the
 * background's role. Reverse on reverse is upright again, so that a badge stands out on a reversed bar, and a
 * role with a background of its own is not reversed. */
struct look theme_look(const struct theme *theme, enum role role, enum role back, unsigned attr);

/* The colours of smaller palettes nearest to 0xRRGGBB: 16-255 of the 256, 0-15. */
int colour_nearest_256(int32_t rgb);
int colour_nearest_16(int32_t rgb);
/* What a colour of 16-255 is, as 0xRRGGBB. */
int32_t colour_of_256(int number);

/* True when both look the same. */
bool theme_equal(const struct theme *a, const struct theme *b);

#endif
