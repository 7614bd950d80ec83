#include "config.h"

#include "ui/palette.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* How a terminal takes colours. */
enum depth {
	DEPTH_NONE,
	DEPTH_8,
	DEPTH_16,
	DEPTH_256,
	DEPTH_MIXED,  /* 256 numbers that can be given any colour */
	DEPTH_DIRECT, /* a number is a colour */
};

enum {
	PAIRS = 128,
	MIXED_FIRST = 255,
	MIXED_LAST = 192,
};

struct palette {
	enum depth depth;
	struct {
		int fg, bg;
	} pairs[PAIRS]; /* the pair's number is the place plus one */
	int pair_count;
	int32_t mixed[MIXED_FIRST - MIXED_LAST + 1];
	int mixed_count;
	bool changed;
};

static enum depth find_depth(void)
{
	const char *colorterm = getenv("COLORTERM");
	bool many = colorterm && (strcmp(colorterm, "truecolor") == 0 || strcmp(colorterm, "24bit") == 0);
	if (COLORS > 256)
		return DEPTH_DIRECT;
	if (COLORS == 256)
		/* Terminals that say they can change colours, and do not, are common; those
		 * that also announce truecolor keep the promise. */
		return many && can_change_color() ? DEPTH_MIXED : DEPTH_256;
	return COLORS >= 16 ? DEPTH_16 : (COLORS >= 8 ? DEPTH_8 : DEPTH_NONE);
}

struct palette *palette_new(bool colour)
{
	struct palette *palette = xcalloc(1, sizeof(*palette));
	if (colour && has_colors() && start_color() == OK) {
		use_default_colors();
		palette->depth = find_depth();
	}
	return palette;
}

void palette_free(struct palette *palette)
{
	free(palette);
}

bool palette_has_colours(const struct palette *palette)
{
	return palette->depth != DEPTH_NONE;
}

void palette_reset(struct palette *palette)
{
	palette->pair_count = 0;
	palette->mixed_count = 0;
}

bool palette_changed_terminal(const struct palette *palette)
{
	return palette->changed;
}

static int mix(struct palette *palette, int32_t rgb)
{
	for (int i = 0; i < palette->mixed_count; i++) {
		if (palette->mixed[i] == rgb)
			return MIXED_FIRST - i;
	}
	if (palette->mixed_count == (int)ARRAY_LENGTH(palette->mixed))
		return colour_nearest_256(rgb);
	int number = MIXED_FIRST - palette->mixed_count;
	palette->mixed[palette->mixed_count++] = rgb;
	palette->changed = true;
	init_extended_color(number, (rgb >> 16) * 1000 / 255, (rgb >> 8 & 0xff) * 1000 / 255, (rgb & 0xff) * 1000 / 255);
	return number;
}

/* The terminal's number for a colour; -1 is its own default. Of eight colours the
 * bright ones are the plain ones in bold, and bright black is the default, dim. */
static int colour_number(struct palette *palette, int32_t rgb, int ansi, attr_t *attributes)
{
	if (rgb == COLOUR_NONE && ansi == COLOUR_NONE)
		return -1;
	switch (palette->depth) {
	case DEPTH_NONE:
		return -1;
	case DEPTH_8:
		if (ansi < 8)
			return ansi;
		*attributes |= ansi == 8 ? A_DIM : A_BOLD;
		return ansi == 8 ? -1 : ansi - 8;
	case DEPTH_16:
		return ansi;
	case DEPTH_256:
		return rgb == COLOUR_NONE ? ansi : colour_nearest_256(rgb);
	case DEPTH_MIXED:
		return rgb == COLOUR_NONE ? ansi : mix(palette, rgb);
	case DEPTH_DIRECT:
		return rgb == COLOUR_NONE ? ansi : rgb;
	}
	return -1;
}

static short pair_for(struct palette *palette, int fg, int bg)
{
	if (fg == -1 && bg == -1)
		return 0;
	for (int i = 0; i < palette->pair_count; i++) {
		if (palette->pairs[i].fg == fg && palette->pairs[i].bg == bg)
			return (short)(i + 1);
	}
	int limit = COLOR_PAIRS - 1 < PAIRS ? COLOR_PAIRS - 1 : PAIRS;
	if (palette->pair_count >= limit)
		return 0;
	int place = palette->pair_count++;
	palette->pairs[place].fg = fg;
	palette->pairs[place].bg = bg;
	init_extended_pair(place + 1, fg, bg);
	return (short)(place + 1);
}

attr_t palette_attributes(struct palette *palette, const struct look *look, short *pair)
{
	attr_t attributes = A_NORMAL, ignored = A_NORMAL;
	if (look->attr & ATTR_BOLD)
		attributes |= A_BOLD;
	if (look->attr & ATTR_REVERSE)
		attributes |= A_REVERSE;
	if (look->attr & ATTR_UNDERLINE)
		attributes |= A_UNDERLINE;
	*pair = 0;
	if (palette->depth == DEPTH_NONE)
		return attributes;
	int fg = colour_number(palette, look->fg, look->ansi_fg, &attributes);
	int bg = colour_number(palette, look->bg, look->ansi_bg, &ignored);
	/* The dimmed default stands for grey, but only on the default. */
	if (fg == -1 && bg != -1 && look->ansi_fg != COLOUR_NONE)
		fg = bg == COLOR_WHITE ? COLOR_BLACK : COLOR_WHITE;
	*pair = pair_for(palette, fg, bg);
	return attributes;
}
