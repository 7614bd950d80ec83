/* The canvas: a grid of cells that panes draw into. Pure; the same canvas goes to
 * the terminal, to `status`, to :dump and to golden tests. */
#ifndef TOCSIN_UI_CANVAS_H
#define TOCSIN_UI_CANVAS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* What a cell means; themes map meanings to looks, and no pane names a colour. */
enum role {
	ROLE_BASE,
	ROLE_DIM,
	ROLE_FAINT,
	ROLE_TITLE,
	ROLE_ACCENT,
	ROLE_BORDER,
	ROLE_BORDER_FOCUS,
	ROLE_SELECTION,
	ROLE_BAR,
	ROLE_OK,
	ROLE_INFO,
	ROLE_WARN,
	ROLE_CRIT,
	ROLE_UNKNOWN,
	ROLE_STALE,
	ROLE_KEY,
	ROLE_PROMPT,
	ROLE_CODE,
	ROLE_COUNT
};
const char *role_name(enum role role); /* "border-focus"; what themes call it */
char role_letter(enum role role);      /* what the second block of canvas_dump calls it */

enum {
	ATTR_BOLD = 1,
	ATTR_REVERSE = 2,
	ATTR_UNDERLINE = 4,
};

struct cell {
	char text[15]; /* one grapheme, UTF-8; "" is the right half of a wide one */
	uint8_t width; /* 1 or 2; 0 for the right half */
	uint8_t role;
	uint8_t back; /* ROLE_BASE, or ROLE_SELECTION / ROLE_BAR / ROLE_CODE behind the text */
	uint8_t attr;
};

/* No screen is larger than this; larger ones are drawn up to here. */
enum {
	CANVAS_COLUMNS_MAX = 1000,
	CANVAS_ROWS_MAX = 500,
};

struct canvas {
	int columns, rows;
	struct cell *cells;
	int cursor_x, cursor_y; /* where the hardware cursor belongs; -1: hidden */
	bool ascii;             /* draw with ASCII only */
	bool spoken;            /* it is read aloud: words in the place of pictures */
};

struct canvas *canvas_new(int columns, int rows, bool ascii);
void canvas_free(struct canvas *canvas); /* NULL allowed */
/* Changes the size, within 1 and the greatest, and clears. */
void canvas_resize(struct canvas *canvas, int columns, int rows);
void canvas_clear(struct canvas *canvas);
struct cell *canvas_at(struct canvas *canvas, int x, int y); /* NULL outside */

/* A rectangle on a canvas; drawing through it is clipped to it and relative to it. */
struct area {
	struct canvas *canvas;
	int x, y, columns, rows;
};
struct area canvas_area(struct canvas *canvas);
/* The part of area that x, y, columns and rows name, clipped; it may be empty. */
struct area area_inside(struct area area, int x, int y, int columns, int rows);
/* Puts the hardware cursor there, if that is inside. */
void area_cursor(struct area area, int x, int y);

/* Draws clean text (unclean text is cleaned first) and returns the column after it.
 * Never wraps. In ASCII, our own glyphs get their substitutes and foreign ones "?". */
int area_text(struct area area, int x, int y, enum role role, unsigned attr, const char *text);
int area_printf(struct area area, int x, int y, enum role role, unsigned attr, const char *fmt, ...) TOCSIN_PRINTF(6, 7);
/* Draws text cut to `columns` with an ellipsis and returns the column after it. */
int area_fit(struct area area, int x, int y, int columns, enum role role, unsigned attr, const char *text);
/* Draws text that ends before column `right`; returns the column it begins at. */
int area_right(struct area area, int right, int y, enum role role, unsigned attr, const char *text);
/* Wraps text at blanks and breaks at '\n'; returns the rows used, at most `rows`. */
int area_wrap(struct area area, int x, int y, int columns, int rows, enum role role, unsigned attr, const char *text);
/* The rows area_wrap would use, however many. */
int area_wrap_rows(int columns, const char *text);

/* A line of several roles. */
struct part {
	enum role role;
	unsigned attr;
	const char *text;
};
/* Draws the parts one after the other; returns the column after them. */
int area_parts(struct area area, int x, int y, const struct part *parts, size_t count);
/* Draws them right-aligned before column `right`. What does not fit behind column
 * `left` is left out, the first parts first. Returns the column they begin at. */
int area_parts_right(struct area area, int left, int right, int y, const struct part *parts, size_t count);

/* Puts blanks into a rectangle, with a background. */
void area_fill(struct area area, enum role back);
/* Puts a background behind n columns. */
void area_back(struct area area, int x, int y, int columns, enum role back);
/* A horizontal line. */
void area_line(struct area area, int x, int y, int columns, enum role role);
/* A frame with rounded corners (or + - | in ASCII). */
void area_box(struct area area, enum role role);
/* Eight-step bars from 0 to the greatest number, newest right; numbers below 0 are
 * gaps. ASCII: "_.:-=+*#". */
void area_spark(struct area area, int x, int y, int columns, enum role role, const int64_t *numbers, size_t count);

/* Text of the canvas, lines without trailing blanks; with `roles` a second block in
 * which each cell is the letter of its role (a blank: of its background), for golden tests. */
void canvas_dump(const struct canvas *canvas, bool roles, struct buf *out);
/* The same for reading line by line: no line is empty, none is indented, and no gap is
 * wider than two blanks. */
void canvas_squeeze(const struct canvas *canvas, struct buf *out);

#endif
