#include "ui/dump.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Coordinates are whole half pixels, so that no decimal point depends on the locale. */
enum {
	CELL_X = 18,
	CELL_Y = 38,
	FONT = 30,     /* whose characters are 0.6 of it wide */
	BASELINE = 27, /* of a cell, from its top */
	MARGIN = 24,
	STROKE = 3,
	DUMP_BYTES = 16 * 1024 * 1024,
};

/* How one cell looks, with the terminal's own colours replaced by the paper's. */
struct paint {
	int32_t fg, bg;
	unsigned attr;
};

static struct paint paint_cell(const struct theme *theme, const struct cell *cell)
{
	struct look look = theme_look(theme, (enum role)cell->role, (enum role)cell->back, cell->attr);
	struct paint paint = {look.fg == COLOUR_NONE ? theme->paper.fg : look.fg, look.bg == COLOUR_NONE ? theme->paper.bg : look.bg, look.attr};
	if (look.attr & ATTR_REVERSE) {
		int32_t fg = paint.fg;
		paint.fg = paint.bg;
		paint.bg = fg;
	}
	return paint;
}

static bool same_text(struct paint a, struct paint b)
{
	return a.fg == b.fg && ((a.attr ^ b.attr) & (ATTR_BOLD | ATTR_UNDERLINE)) == 0;
}

static bool is_blank(const struct cell *cell)
{
	return cell->text[0] == ' ' && cell->text[1] == '\0';
}

/* --- shapes: fonts leave gaps between lines, shapes do not ------------------------- */

/* Where a line glyph reaches from the middle of its cell. */
enum {
	LEFT = 1,
	RIGHT = 2,
	UP = 4,
	DOWN = 8,
	ROUND = 16,
};
static const struct {
	const char *glyph;
	unsigned reach;
} lines[] = {
	{"─", LEFT | RIGHT},
	{"│", UP | DOWN},
	{"├", UP | DOWN | RIGHT},
	{"┤", UP | DOWN | LEFT},
	{"╭", RIGHT | DOWN | ROUND},
	{"╮", LEFT | DOWN | ROUND},
	{"╰", RIGHT | UP | ROUND},
	{"╯", LEFT | UP | ROUND},
};

static unsigned line_reach(const struct cell *cell)
{
	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
		if (strcmp(lines[i].glyph, cell->text) == 0)
			return lines[i].reach;
	}
	return 0;
}

/* The eighths that a bar fills from the bottom, 0 for other glyphs. */
static int bar_eighths(const struct cell *cell)
{
	static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	for (size_t i = 0; i < ARRAY_LENGTH(bars); i++) {
		if (strcmp(bars[i], cell->text) == 0)
			return (int)i + 1;
	}
	return 0;
}

static bool is_text(const struct cell *cell)
{
	return !is_blank(cell) && line_reach(cell) == 0 && bar_eighths(cell) == 0;
}

static void put_line(struct buf *out, int x, int y, unsigned reach)
{
	int middle_x = x + CELL_X / 2, middle_y = y + CELL_Y / 2;
	if (reach & ROUND) {
		buf_printf(out, "M%d %dQ%d %d %d %d", reach & LEFT ? x : x + CELL_X, middle_y, middle_x, middle_y, middle_x, reach & UP ? y : y + CELL_Y);
		return;
	}
	if (reach & (UP | DOWN))
		buf_printf(out, "M%d %dv%d", middle_x, y, CELL_Y);
	if (reach & (LEFT | RIGHT))
		buf_printf(out, "M%d %dh%d", reach & LEFT ? x : middle_x, middle_y, (reach & LEFT && reach & RIGHT) ? CELL_X : CELL_X / 2);
}

/* --- rows ---------------------------------------------------------------------------- */

static void put_escaped(struct buf *out, const char *text)
{
	static const struct {
		char c;
		const char *entity;
	} entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
	for (; *text; text++) {
		const char *entity = NULL;
		for (size_t i = 0; i < ARRAY_LENGTH(entities); i++)
			entity = entities[i].c == *text ? entities[i].entity : entity;
		if (entity)
			buf_puts(out, entity);
		else
			buf_putc(out, *text);
	}
}

struct row {
	const struct theme *theme;
	const struct cell *cells;
	int columns, y; /* y in half pixels */
	struct buf *out;
};

static struct paint paint_at(const struct row *row, int x)
{
	return paint_cell(row->theme, &row->cells[x]);
}

static void put_backgrounds(const struct row *row)
{
	for (int x = 0, end; x < row->columns; x = end) {
		int32_t bg = paint_at(row, x).bg;
		for (end = x + 1; end < row->columns && paint_at(row, end).bg == bg;)
			end++;
		if (bg != row->theme->paper.bg)
			buf_printf(row->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#%06x\"/>\n", x * CELL_X, row->y, (end - x) * CELL_X, CELL_Y, (unsigned)bg);
	}
}

/* Neighbours of one colour share an element. */
static void put_shapes(const struct row *row)
{
	for (int x = 0, end; x < row->columns; x = end) {
		const struct cell *cell = &row->cells[x];
		int32_t fg = paint_at(row, x).fg;
		bool bars = bar_eighths(cell) > 0;
		end = x + 1;
		if (!bars && line_reach(cell) == 0)
			continue;
		buf_puts(row->out, "<path d=\"");
		for (end = x; end < row->columns && paint_at(row, end).fg == fg; end++) {
			int eighths = bar_eighths(&row->cells[end]);
			unsigned reach = line_reach(&row->cells[end]);
			if (bars ? eighths == 0 : reach == 0)
				break;
			if (bars)
				buf_printf(row->out, "M%d %dh%dv%dh-%dz", end * CELL_X, row->y + CELL_Y, CELL_X - 2, -(CELL_Y * eighths / 8), CELL_X - 2);
			else
				put_line(row->out, end * CELL_X, row->y, reach);
		}
		if (bars)
			buf_printf(row->out, "\" fill=\"#%06x\"/>\n", (unsigned)fg);
		else
			buf_printf(row->out, "\" fill=\"none\" stroke=\"#%06x\" stroke-width=\"%d\"/>\n", (unsigned)fg, STROKE);
	}
}

/* Where the text that begins at x ends: words of one look, one blank between them. */
static int text_end(const struct row *row, int x)
{
	struct paint paint = paint_at(row, x);
	int end = x;
	for (int at = x; at < row->columns; at++) {
		const struct cell *cell = &row->cells[at];
		bool shown = cell->width == 0 || is_text(cell);
		if (shown && !same_text(paint, paint_at(row, at)))
			break;
		if (!shown && (!is_blank(cell) || at > end || (paint_at(row, at).attr & ATTR_UNDERLINE) != (paint.attr & ATTR_UNDERLINE)))
			break;
		end = shown ? at + 1 : end;
	}
	return end;
}

static void put_texts(const struct row *row)
{
	for (int x = 0, end; x < row->columns; x = end) {
		end = x + 1;
		if (!is_text(&row->cells[x]) || row->cells[x].width == 0)
			continue;
		struct paint paint = paint_at(row, x);
		end = text_end(row, x);
		buf_printf(row->out, "<text x=\"%d\" y=\"%d\" textLength=\"%d\" fill=\"#%06x\"%s%s>", x * CELL_X, row->y + BASELINE, (end - x) * CELL_X, (unsigned)paint.fg,
			   paint.attr & ATTR_BOLD ? " font-weight=\"bold\"" : "", paint.attr & ATTR_UNDERLINE ? " text-decoration=\"underline\"" : "");
		for (int at = x; at < end; at++)
			put_escaped(row->out, row->cells[at].text);
		buf_puts(row->out, "</text>\n");
	}
}

void dump_svg(const struct canvas *canvas, const struct theme *theme, const char *title, struct buf *out)
{
	int columns = canvas->columns * CELL_X, rows = canvas->rows * CELL_Y;
	buf_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"%d\" height=\"%d\" viewBox=\"%d %d %d %d\" font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"%d\" xml:space=\"preserve\">\n<title>",
		   (columns + 2 * MARGIN) / 2, (rows + 2 * MARGIN) / 2, -MARGIN, -MARGIN, columns + 2 * MARGIN, rows + 2 * MARGIN, FONT);
	put_escaped(out, title);
	buf_printf(out, "</title>\n<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\" fill=\"#%06x\"/>\n", -MARGIN, -MARGIN, columns + 2 * MARGIN, rows + 2 * MARGIN, MARGIN, (unsigned)theme->paper.bg);
	for (int y = 0; y < canvas->rows; y++) {
		struct row row = {theme, &canvas->cells[(size_t)y * (size_t)canvas->columns], canvas->columns, y * CELL_Y, out};
		put_backgrounds(&row);
		put_shapes(&row);
		put_texts(&row);
	}
	buf_puts(out, "</svg>\n");
}

/* --- files ---------------------------------------------------------------------------- */

static bool is_picture(const char *path)
{
	size_t len = strlen(path);
	return len > 4 && strcmp(path + len - 4, ".svg") == 0;
}

enum status dump_file(const struct canvas *canvas, const struct theme *theme, const char *title, const char *path, unsigned mode, struct error *err)
{
	struct buf bytes;
	buf_init(&bytes, DUMP_BYTES);
	if (is_picture(path))
		dump_svg(canvas, theme, title, &bytes);
	else
		canvas_dump(canvas, false, &bytes);
	enum status status = buf_check(&bytes, "dump", err);
	if (status == STATUS_OK && strcmp(path, "-") == 0) {
		if (fwrite(bytes.data, 1, bytes.len, stdout) != bytes.len || fflush(stdout) != 0)
			status = error_set(err, STATUS_IO, "dump: standard output does not take it");
	} else if (status == STATUS_OK) {
		status = file_write(path, bytes.data, bytes.len, mode, err);
	}
	buf_free(&bytes);
	return status;
}
