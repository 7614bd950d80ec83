/* The screen: what a frame of the board costs at 200x60 while a network lives on it, in
 * CPU and in bytes, beside the least that the changed cells can cost. */
#include "bench.h"
#include "terminal.h"

#include "base/mem.h"
#include "cli/cli.h"
#include "drill/sim.h"
#include "ui/glass.h"
#include "ui/ui.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	CONFIG_BYTES_MAX = 1024 * 1024,
	FRAME_BYTES_MAX = 1024 * 1024,
	COLUMNS = 200,
	ROWS = 60,
	FRAME_US = 100000,
	WARM_FRAMES = 5,
};

/* Shared between who draws and who looks: one frame, then the other's turn. */
struct drawing {
	atomic_int drawn, seen; /* frames */
	atomic_ulong bytes;     /* sent so far */
	int frames;
	double cpu; /* seconds of all frames that count */
};

/* --- who draws ------------------------------------------------------------------------- */

static void nap(void)
{
	struct timespec short_while = {.tv_nsec = 200000};

	nanosleep(&short_while, NULL);
}

static void send_frame(struct drawing *drawing, const struct buf *frame)
{
	for (size_t sent = 0; sent < frame->len;) {
		ssize_t n = write(STDOUT_FILENO, frame->data + sent, frame->len - sent);
		if (n > 0)
			sent += (size_t)n;
		else
			nap(); /* it does not block */
	}
	atomic_fetch_add(&drawing->bytes, frame->len);
	int drawn = atomic_fetch_add(&drawing->drawn, 1) + 1;
	while (atomic_load(&drawing->seen) < drawn)
		nap();
}

/* What a person does meanwhile, over and over; "": looks. */
static const char *const keys[] = {"", "j", "", "Tab", "?", "", "Esc", "", "k", ""};

static void draw_frames(struct drawing *drawing, struct loop *loop, struct watch *watch, struct ui *ui)
{
	struct canvas *canvas = canvas_new(COLUMNS, ROWS, false);
	struct theme theme;
	struct error err = {0};
	struct buf frame;

	buf_init(&frame, FRAME_BYTES_MAX);
	bench_need(theme_load("dark", &theme, &err) == STATUS_OK, err.text);
	struct glass *glass = glass_open(true, &err);
	bench_need(glass != NULL, err.text);
	int columns, rows;
	if (glass_size(glass, &columns, &rows))
		canvas_resize(canvas, columns, rows);
	for (int i = 0; i < drawing->frames + WARM_FRAMES; i++) {
		const char *key = keys[(size_t)i % ARRAY_LENGTH(keys)];
		cli_observe(loop, watch, FRAME_US, false);
		if (*key)
			ui_key(ui, key);
		buf_clear(&frame);
		ui_touch(ui);
		double before = bench_cpu();
		ui_draw(ui, canvas);
		glass_draw(glass, canvas, &theme, &frame);
		if (i >= WARM_FRAMES)
			drawing->cpu += bench_cpu() - before;
		send_frame(drawing, &frame);
	}
	_exit(0);
}

static void draw_network(struct drawing *drawing)
{
	const struct sim_options options = {.scenario = "validator-failure", .seed = 1, .break_after_ms = 0};
	static const struct watch_events quiet;
	struct config_problems problems = {0};
	struct watch_options watching = {.operator_name = "bench", .read_only = true};
	struct config config;
	struct error err = {0};
	struct sim *sim;
	struct buf text;

	buf_init(&text, CONFIG_BYTES_MAX);
	bench_need(sim_start(&sim, &options, &err) == STATUS_OK, err.text);
	sim_config(sim, &text);
	bench_need(config_parse(buf_text(&text), text.len, "sim", &config, &problems) == STATUS_OK, "reading the network's configuration");
	struct loop *loop = loop_new();
	struct watch *watch = watch_new(loop, clock_system(), &config, NULL, &watching, &quiet, NULL);
	cli_observe(loop, watch, 15 * US_PER_S, true);
	draw_frames(drawing, loop, watch, ui_new(watch, false, true));
}

/* --- who looks ------------------------------------------------------------------------- */

/* What a cell costs beside its place: its letters, and the words that set its look. */
struct pen {
	VTermScreenCellAttrs attrs;
	VTermColor fg, bg;
};

static size_t digits(int number)
{
	return number < 10 ? 1 : (number < 100 ? 2 : 3);
}

static size_t colour_bytes(const VTermColor *colour)
{
	if (VTERM_COLOR_IS_DEFAULT_FG(colour) || VTERM_COLOR_IS_DEFAULT_BG(colour))
		return 2;
	if (VTERM_COLOR_IS_INDEXED(colour))
		return colour->indexed.idx < 16 ? 2 : 5 + digits(colour->indexed.idx);
	return 7 + digits(colour->rgb.red) + digits(colour->rgb.green) + digits(colour->rgb.blue);
}

/* The shortest sequence from one look to another: ESC [ parts m. */
static size_t pen_bytes(const struct pen *from, const struct pen *to)
{
	size_t parts = 0, bytes = 0;

	if (!vterm_color_is_equal(&from->fg, &to->fg)) {
		parts++;
		bytes += colour_bytes(&to->fg);
	}
	if (!vterm_color_is_equal(&from->bg, &to->bg)) {
		parts++;
		bytes += colour_bytes(&to->bg);
	}
	if (from->attrs.bold != to->attrs.bold || from->attrs.reverse != to->attrs.reverse || from->attrs.underline != to->attrs.underline) {
		parts++;
		bytes += to->attrs.bold ? 1 : 2;
	}
	return parts == 0 ? 0 : bytes + 3 + parts - 1;
}

static size_t letter_bytes(const VTermScreenCell *cell)
{
	size_t bytes = 0;

	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i]; i++)
		bytes += cell->chars[i] < 0x80 ? 1 : (cell->chars[i] < 0x800 ? 2 : (cell->chars[i] < 0x10000 ? 3 : 4));
	return bytes ? bytes : 1;
}

static bool same_cell(const VTermScreenCell *a, const VTermScreenCell *b)
{
	return memcmp(a->chars, b->chars, sizeof(a->chars)) == 0 && vterm_color_is_equal(&a->fg, &b->fg) && vterm_color_is_equal(&a->bg, &b->bg) &&
		a->attrs.bold == b->attrs.bold && a->attrs.reverse == b->attrs.reverse && a->attrs.underline == b->attrs.underline;
}

/* Bytes to get from one place of a row to another, or to a new row. */
static size_t move_bytes(int y, int x, int from_y, int from_x)
{
	size_t there = 4 + digits(y + 1) + digits(x + 1); /* ESC [ row ; column H */

	if (y == from_y && x > from_x) {
		size_t right = 3 + (x - from_x > 1 ? digits(x - from_x) : 0);
		size_t over = (size_t)(x - from_x); /* writing again what stands between */
		right = over < right ? over : right;
		return right < there ? right : there;
	}
	return there;
}

static VTermScreenCell before[ROWS][COLUMNS];

/* The least that the cells which changed since the last call can cost. */
static size_t changed_bytes(const struct terminal *terminal, struct pen *pen)
{
	size_t bytes = 0;
	int at_y = -1, at_x = -1;

	for (int y = 0; y < ROWS; y++) {
		for (int x = 0; x < COLUMNS; x++) {
			VTermScreenCell cell = {0};
			vterm_screen_get_cell(terminal->screen, (VTermPos){.row = y, .col = x}, &cell);
			if (same_cell(&cell, &before[y][x]))
				continue;
			before[y][x] = cell;
			if (y != at_y || x != at_x)
				bytes += move_bytes(y, x, at_y, at_x);
			const struct pen wanted = {cell.attrs, cell.fg, cell.bg};
			bytes += pen_bytes(pen, &wanted) + letter_bytes(&cell);
			*pen = wanted;
			at_y = y;
			at_x = x + 1;
		}
	}
	return bytes;
}

static void look(struct terminal *terminal, struct drawing *drawing, double *sent, double *least)
{
	struct pen pen = {0};
	unsigned long from = 0;

	vterm_color_indexed(&pen.fg, 0);
	for (int i = 1; i <= drawing->frames + WARM_FRAMES; i++) {
		while (atomic_load(&drawing->drawn) < i || terminal->bytes < atomic_load(&drawing->bytes))
			bench_need(terminal_listen(terminal, bench_now() + 0.002), "drawing frames");
		size_t bytes = changed_bytes(terminal, &pen);
		if (i == WARM_FRAMES)
			from = terminal->bytes;
		if (i > WARM_FRAMES)
			*least += (double)bytes;
		atomic_store(&drawing->seen, i);
	}
	*sent = (double)(terminal->bytes - from);
}

void bench_screen(void)
{
	struct drawing *drawing = bench_shared(sizeof(*drawing));
	struct terminal terminal;
	double sent = 0, least = 0;

	bench_part("a frame (200x60, a silent validator, a person who looks around, ten a second)");
	drawing->frames = bench_quick() ? 60 : 200;
	if (terminal_fork(&terminal, COLUMNS, ROWS))
		draw_network(drawing);
	look(&terminal, drawing, &sent, &least);
	terminal_close(&terminal);
	bench_show(&(struct figure){"CPU", IN_SECONDS, drawing->cpu / drawing->frames, NULL, 0, 0.001, true});
	bench_show(&(struct figure){"bytes", IN_BYTES, sent / drawing->frames, "changed cells, with moves and colours", least / drawing->frames, 1.15, false});
}
