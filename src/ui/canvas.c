#include "ui/canvas.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SQUEEZE_BYTES = 1024 * 1024 };

static const struct {
	const char *name;
	char letter;
} roles[ROLE_COUNT] = {
	[ROLE_BASE] = {"base", '.'},
	[ROLE_DIM] = {"dim", 'd'},
	[ROLE_FAINT] = {"faint", 'f'},
	[ROLE_TITLE] = {"title", 't'},
	[ROLE_ACCENT] = {"accent", 'a'},
	[ROLE_BORDER] = {"border", 'b'},
	[ROLE_BORDER_FOCUS] = {"border-focus", 'B'},
	[ROLE_SELECTION] = {"selection", 'S'},
	[ROLE_BAR] = {"bar", 'r'},
	[ROLE_OK] = {"ok", 'o'},
	[ROLE_INFO] = {"info", 'i'},
	[ROLE_WARN] = {"warn", 'w'},
	[ROLE_CRIT] = {"crit", 'c'},
	[ROLE_UNKNOWN] = {"unknown", 'u'},
	[ROLE_STALE] = {"stale", 's'},
	[ROLE_KEY] = {"key", 'k'},
	[ROLE_PROMPT] = {"prompt", 'p'},
	[ROLE_CODE] = {"code", 'C'},
};

const char *role_name(enum role role)
{
	return roles[role].name;
}

char role_letter(enum role role)
{
	return roles[role].letter;
}

/* What our own glyphs become on a terminal that has ASCII only. */
static const struct {
	const char *glyph;
	char ascii;
} substitutes[] = {
	{"─", '-'},
	{"│", '|'},
	{"╭", '+'},
	{"╮", '+'},
	{"╰", '+'},
	{"╯", '+'},
	{"├", '+'},
	{"┤", '+'},
	{"…", '~'},
	{"›", '>'},
	{"‹", '<'},
	{"→", '>'},
	{"←", '<'},
	{"↑", '^'},
	{"↓", 'v'},
	{"▼", 'v'},
	{"▲", '^'},
	{"■", '#'},
	{"□", '-'},
	{"◆", '*'},
	{"◇", '*'},
	{"●", 'o'},
	{"○", '.'},
	{"·", '.'},
	{"•", '*'},
	{"✓", '+'},
	{"✗", 'x'},
	{"×", 'x'},
	{"—", '-'},
	{"–", '-'},
	{"±", '~'},
	{"▁", '.'},
	{"▂", ':'},
	{"▃", '-'},
	{"▄", '='},
	{"▅", '+'},
	{"▆", '*'},
	{"▇", '#'},
	{"█", '#'},
};

static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char ascii_bars[] = "_.:-=+*#";

static char ascii_for(const struct text_grapheme *grapheme)
{
	for (size_t i = 0; i < ARRAY_LENGTH(substitutes); i++) {
		if (strlen(substitutes[i].glyph) == grapheme->len && memcmp(substitutes[i].glyph, grapheme->bytes, grapheme->len) == 0)
			return substitutes[i].ascii;
	}
	return '?';
}

static int clamp(int value, int low, int high)
{
	return value < low ? low : value > high ? high
						: value;
}

/* --- the canvas ------------------------------------------------------------- */

static void blank_cells(struct cell *cells, size_t count, enum role back)
{
	size_t done = 1;
	cells[0] = (struct cell){.text = " ", .width = 1, .role = ROLE_BASE, .back = (uint8_t)back};
	/* Twice as many each time: blanks are most of what a frame writes. */
	for (; done < count; done *= 2)
		memcpy(cells + done, cells, (done < count - done ? done : count - done) * sizeof(*cells));
}

struct canvas *canvas_new(int columns, int rows, bool ascii)
{
	struct canvas *canvas = xcalloc(1, sizeof(*canvas));
	canvas->ascii = ascii;
	canvas_resize(canvas, columns, rows);
	return canvas;
}

void canvas_free(struct canvas *canvas)
{
	if (!canvas)
		return;
	free(canvas->cells);
	free(canvas);
}

void canvas_resize(struct canvas *canvas, int columns, int rows)
{
	columns = clamp(columns, 1, CANVAS_COLUMNS_MAX);
	rows = clamp(rows, 1, CANVAS_ROWS_MAX);
	if (!canvas->cells || columns != canvas->columns || rows != canvas->rows) {
		canvas->columns = columns;
		canvas->rows = rows;
		canvas->cells = xreallocarray(canvas->cells, (size_t)columns * (size_t)rows, sizeof(*canvas->cells));
	}
	canvas_clear(canvas);
}

void canvas_clear(struct canvas *canvas)
{
	blank_cells(canvas->cells, (size_t)canvas->columns * (size_t)canvas->rows, ROLE_BASE);
	canvas->cursor_x = canvas->cursor_y = -1;
}

struct cell *canvas_at(struct canvas *canvas, int x, int y)
{
	if (x < 0 || y < 0 || x >= canvas->columns || y >= canvas->rows)
		return NULL;
	return &canvas->cells[(size_t)y * (size_t)canvas->columns + (size_t)x];
}

static void blank_cell(struct cell *cell)
{
	cell->text[0] = ' ';
	cell->text[1] = '\0';
	cell->width = 1;
}

/* Makes a cell free to be overwritten: the other half of a wide grapheme that
 * covers it becomes a blank, so that no half is left standing. */
static void release_cell(struct canvas *canvas, int x, int y)
{
	struct cell *cell = canvas_at(canvas, x, y);
	struct cell *other = NULL;
	if (cell->width == 2)
		other = canvas_at(canvas, x + 1, y);
	else if (cell->width == 0)
		other = canvas_at(canvas, x - 1, y);
	if (other)
		blank_cell(other);
	blank_cell(cell);
}

static void put(struct canvas *canvas, int x, int y, enum role role, unsigned attr, const char *bytes, size_t len, int width)
{
	if (canvas_at(canvas, x, y)->width != 1)
		release_cell(canvas, x, y);
	if (width == 2)
		release_cell(canvas, x + 1, y);
	for (int i = 0; i < width; i++) {
		struct cell *cell = canvas_at(canvas, x + i, y);
		size_t take = i == 0 ? len : 0;
		memcpy(cell->text, bytes, take);
		cell->text[take] = '\0';
		cell->width = (uint8_t)(i == 0 ? width : 0);
		cell->role = (uint8_t)role;
		cell->attr = (uint8_t)attr;
	}
}

/* --- areas ------------------------------------------------------------------ */

struct area canvas_area(struct canvas *canvas)
{
	return (struct area){canvas, 0, 0, canvas->columns, canvas->rows};
}

struct area area_inside(struct area area, int x, int y, int columns, int rows)
{
	int left = clamp(x, 0, area.columns), top = clamp(y, 0, area.rows);
	int right = clamp(x + columns, left, area.columns), bottom = clamp(y + rows, top, area.rows);
	return (struct area){area.canvas, area.x + left, area.y + top, right - left, bottom - top};
}

void area_cursor(struct area area, int x, int y)
{
	if (x < 0 || y < 0 || x >= area.columns || y >= area.rows)
		return;
	area.canvas->cursor_x = area.x + x;
	area.canvas->cursor_y = area.y + y;
}

static int put_grapheme(struct area area, int x, int y, enum role role, unsigned attr, const struct text_grapheme *grapheme)
{
	struct text_grapheme g = *grapheme;
	char substitute[2];
	if (g.width < 1)
		return x;
	if (area.canvas->ascii && (g.len > 1 || (unsigned char)g.bytes[0] >= 0x80)) {
		memset(substitute, ascii_for(&g), sizeof(substitute));
		for (int i = 0; i < g.width && i < 2; i++, x++) {
			if (x >= 0 && x < area.columns)
				put(area.canvas, area.x + x, area.y + y, role, attr, substitute, 1, 1);
		}
		return x;
	}
	if (g.len >= sizeof(((struct cell *)0)->text) || g.width > 2) {
		g.bytes = "\xef\xbf\xbd";
		g.len = 3;
		g.width = 1;
	}
	/* A wide grapheme that the edge cuts leaves a blank rather than a half. */
	if (x >= 0 && x + g.width <= area.columns)
		put(area.canvas, area.x + x, area.y + y, role, attr, g.bytes, g.len, g.width);
	else if (x >= 0 && x < area.columns)
		put(area.canvas, area.x + x, area.y + y, role, attr, " ", 1, 1);
	return x + g.width;
}

static int draw_clean(struct area area, int x, int y, enum role role, unsigned attr, const char *text)
{
	struct text_grapheme grapheme;
	while (x < area.columns && text_next(&text, &grapheme))
		x = put_grapheme(area, x, y, role, attr, &grapheme);
	return x;
}

int area_text(struct area area, int x, int y, enum role role, unsigned attr, const char *text)
{
	if (y < 0 || y >= area.rows)
		return x;
	size_t len = strlen(text);
	if (text_is_clean(text, len))
		return draw_clean(area, x, y, role, attr, text);
	char clean[4 * CANVAS_COLUMNS_MAX];
	text_clean(clean, sizeof(clean), text, len);
	return draw_clean(area, x, y, role, attr, clean);
}

int area_printf(struct area area, int x, int y, enum role role, unsigned attr, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return area_text(area, x, y, role, attr, text);
}

int area_fit(struct area area, int x, int y, int columns, enum role role, unsigned attr, const char *text)
{
	if (columns <= 0)
		return x;
	char clean[4 * CANVAS_COLUMNS_MAX], cut[4 * CANVAS_COLUMNS_MAX];
	text_clean(clean, sizeof(clean), text, strlen(text));
	text_fit(cut, sizeof(cut), clean, columns, "…");
	return area_text(area, x, y, role, attr, cut);
}

int area_right(struct area area, int right, int y, enum role role, unsigned attr, const char *text)
{
	int x = right - text_width(text);
	area_text(area, x, y, role, attr, text);
	return x;
}

/* The next line of wrapped text: its bytes and what follows. False at the end. */
static bool next_line(const char **text, int columns, const char **line, size_t *len)
{
	const char *at = *text, *blank = NULL;
	struct text_grapheme grapheme;
	int used = 0;
	if (*at == '\0')
		return false;
	*line = at;
	while (*at && *at != '\n') {
		const char *before = at;
		if (!text_next(&at, &grapheme))
			break;
		if (*before == ' ')
			blank = before;
		used += grapheme.width;
		if (used > columns && before > *line) {
			const char *end = blank ? blank : before;
			*len = (size_t)(end - *line);
			*text = blank ? blank + 1 : before;
			return true;
		}
	}
	*len = (size_t)(at - *line);
	*text = *at == '\n' ? at + 1 : at;
	return true;
}

int area_wrap(struct area area, int x, int y, int columns, int rows, enum role role, unsigned attr, const char *text)
{
	const char *line;
	size_t len;
	int used = 0;
	while (columns > 0 && used < rows && next_line(&text, columns, &line, &len)) {
		char piece[4 * CANVAS_COLUMNS_MAX];
		text_clean(piece, sizeof(piece), line, len);
		area_text(area, x, y + used++, role, attr, piece);
	}
	return used;
}

int area_wrap_rows(int columns, const char *text)
{
	const char *line;
	size_t len;
	int used = 0;
	while (columns > 0 && next_line(&text, columns, &line, &len))
		used++;
	return used;
}

int area_parts(struct area area, int x, int y, const struct part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = parts[i].text;
		/* Blanks before a word only keep it apart, unless they belong to a badge. */
		for (; *text == ' ' && !(parts[i].attr & ATTR_REVERSE); text++)
			x = area_text(area, x, y, ROLE_BASE, 0, " ");
		x = area_text(area, x, y, parts[i].role, parts[i].attr, text);
	}
	return x;
}

int area_parts_right(struct area area, int left, int right, int y, const struct part *parts, size_t count)
{
	size_t first = count;
	int x = right;
	while (first > 0 && x - text_width(parts[first - 1].text) >= left)
		x -= text_width(parts[--first].text);
	area_parts(area, x, y, parts + first, count - first);
	return x;
}

void area_fill(struct area area, enum role back)
{
	for (int y = 0; y < area.rows && area.columns > 0; y++) {
		release_cell(area.canvas, area.x, area.y + y);
		release_cell(area.canvas, area.x + area.columns - 1, area.y + y);
		blank_cells(canvas_at(area.canvas, area.x, area.y + y), (size_t)area.columns, back);
	}
}

void area_back(struct area area, int x, int y, int columns, enum role back)
{
	struct area line = area_inside(area, x, y, columns, 1);
	for (int i = 0; i < line.columns && line.rows > 0; i++)
		canvas_at(line.canvas, line.x + i, line.y)->back = (uint8_t)back;
}

/* One of our own glyphs, of one column: clean by itself, so frames cost little. */
static void put_glyph(struct area area, int x, int y, enum role role, const char *glyph)
{
	if (y >= 0 && y < area.rows)
		put_grapheme(area, x, y, role, 0, &(struct text_grapheme){.bytes = glyph, .len = strlen(glyph), .width = 1});
}

void area_line(struct area area, int x, int y, int columns, enum role role)
{
	for (int i = 0; i < columns; i++)
		put_glyph(area, x + i, y, role, "─");
}

void area_box(struct area area, enum role role)
{
	int right = area.columns - 1, bottom = area.rows - 1;
	if (right < 1 || bottom < 1)
		return;
	area_line(area, 1, 0, right - 1, role);
	area_line(area, 1, bottom, right - 1, role);
	for (int y = 1; y < bottom; y++) {
		put_glyph(area, 0, y, role, "│");
		put_glyph(area, right, y, role, "│");
	}
	put_glyph(area, 0, 0, role, "╭");
	put_glyph(area, right, 0, role, "╮");
	put_glyph(area, 0, bottom, role, "╰");
	put_glyph(area, right, bottom, role, "╯");
}

void area_spark(struct area area, int x, int y, int columns, enum role role, const int64_t *numbers, size_t count)
{
	if (columns <= 0)
		return;
	if (count > (size_t)columns) {
		numbers += count - (size_t)columns;
		count = (size_t)columns;
	}
	int64_t greatest = 0;
	for (size_t i = 0; i < count; i++)
		greatest = numbers[i] > greatest ? numbers[i] : greatest;
	x += columns - (int)count;
	for (size_t i = 0; i < count; i++, x++) {
		if (numbers[i] < 0)
			continue;
		int step = greatest > 0 ? (int)((double)numbers[i] / (double)greatest * 7.0 + 0.5) : 0;
		char ascii[2] = {ascii_bars[step], '\0'};
		area_text(area, x, y, role, 0, area.canvas->ascii ? ascii : bars[step]);
	}
}

/* --- dumping ---------------------------------------------------------------- */

static bool is_blank(const struct cell *cell)
{
	return cell->text[0] == ' ' && cell->text[1] == '\0';
}

static void dump_text_row(const struct canvas *canvas, const struct cell *row, struct buf *out)
{
	int end = canvas->columns;
	while (end > 0 && is_blank(&row[end - 1]))
		end--;
	for (int x = 0; x < end; x++)
		buf_puts(out, row[x].text);
	buf_putc(out, '\n');
}

static char cell_letter(const struct cell *cell)
{
	if (!is_blank(cell))
		return role_letter((enum role)cell->role);
	return cell->back == ROLE_BASE ? ' ' : role_letter((enum role)cell->back);
}

static void dump_role_row(const struct canvas *canvas, const struct cell *row, struct buf *out)
{
	int end = canvas->columns;
	while (end > 0 && cell_letter(&row[end - 1]) == ' ')
		end--;
	for (int x = 0; x < end; x++)
		buf_putc(out, cell_letter(&row[x]));
	buf_putc(out, '\n');
}

void canvas_dump(const struct canvas *canvas, bool with_roles, struct buf *out)
{
	for (int y = 0; y < canvas->rows; y++)
		dump_text_row(canvas, &canvas->cells[(size_t)y * (size_t)canvas->columns], out);
	for (int y = 0; with_roles && y < canvas->rows; y++)
		dump_role_row(canvas, &canvas->cells[(size_t)y * (size_t)canvas->columns], out);
}

void canvas_squeeze(const struct canvas *canvas, struct buf *out)
{
	struct buf text;
	size_t blanks = 0, begin = out->len;
	buf_init(&text, SQUEEZE_BYTES);
	canvas_dump(canvas, false, &text);
	for (const char *c = buf_text(&text); *c; c++) {
		bool empty = out->len == begin || out->data[out->len - 1] == '\n';
		if (*c == ' ') {
			blanks++;
			continue;
		}
		if (*c != '\n')
			buf_puts(out, empty || blanks == 0 ? "" : blanks == 1 ? " "
									      : "  ");
		if (*c != '\n' || !empty)
			buf_putc(out, *c);
		blanks = 0;
	}
	buf_free(&text);
}
