/* Themes: what meanings look like. Severity is a word first, an attribute second, a
 * colour last; a theme only decides the last two. */
#ifndef TOCSIN_UI_THEME_H
#define TOCSIN_UI_THEME_H

#include "ui/canvas.h"

struct look {
	int32_t fg, bg;   /* 0xRRGGBB, or -1 for the terminal's own */
	uint8_t ansi_fg;  /* 0-15 for terminals of 16 colours, 255: default */
	unsigned attr;
};

struct theme {
	char name[32];
	struct look looks[ROLE_COUNT];
	bool colour;      /* false: attributes only */
};

/* Reads themes/NAME.theme (or a path): lines `role = fg [on bg] [bold] [reverse] [underline]`.
 * Mistakes name file and line. */
enum status theme_load(const char *name, struct theme *out, struct error *err) TOCSIN_CHECK;
/* The mono theme, built in: never fails. */
void theme_mono(struct theme *out);

#endif
