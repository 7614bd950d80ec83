/* The screen: one frame of the board, drawn anew, beside putting one letter into every
 * cell of the same canvas. */
#include "bench.h"

#include "base/mem.h"
#include "cli/cli.h"
#include "drill/sim.h"
#include "ui/ui.h"

#include <stdlib.h>

enum { CONFIG_BYTES_MAX = 1024 * 1024 };

struct frame {
	struct ui *ui;
	struct canvas *canvas;
};

static void draw(void *arg)
{
	struct frame *frame = arg;

	ui_touch(frame->ui);
	ui_draw(frame->ui, frame->canvas);
}

static void fill(void *arg)
{
	struct frame *frame = arg;
	struct area area = canvas_area(frame->canvas);

	for (int y = 0; y < area.rows; y++)
		for (int x = 0; x < area.columns; x++)
			area_text(area, x, y, ROLE_BASE, 0, "x");
}

static void measure(struct ui *ui)
{
	static const int sizes[][2] = {{80, 24}, {200, 60}};

	for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
		struct frame frame = {ui, canvas_new(sizes[i][0], sizes[i][1], false)};
		char *what = xasprintf("draw the board at %dx%d", sizes[i][0], sizes[i][1]);
		bench_row(what, bench_time(draw, &frame), "one letter into every cell", bench_time(fill, &frame));
		free(what);
		canvas_free(frame.canvas);
	}
}

void bench_screen(void)
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
	struct ui *ui = ui_new(watch, false, true);
	measure(ui);
	ui_free(ui);
	watch_free(watch);
	loop_free(loop);
	config_problems_free(&problems);
	config_free(&config);
	sim_stop(sim);
	buf_free(&text);
}
