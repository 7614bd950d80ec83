/* tocsin console: the war room, on the terminal or driven by a script. */
#include "cli/cli.h"

#include "base/path.h"
#include "base/text.h"
#include "ui/linear.h"
#include "ui/script.h"
#include "ui/ui.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	BOARD_COLUMNS = 100,
	BOARD_ROWS = 16, /* beside the rows of the longest pane */
	BOARD_ROWS_MAX = 400,
	BOARD_BYTES_MAX = 1024 * 1024,
	BOARD_POLL_MS = 50,
	DRAIN_MS = 3000,
};

const char *cli_theme(const struct globals *globals, const struct config *config)
{
	if (globals->theme)
		return globals->theme;
	return config->theme ? config->theme : "dark";
}

/* What is right in the theme counts whatever is wrong in it, and what is wrong is said on the
 * screen, where it is read. */
static void choose_theme(const struct globals *globals, const struct config *config, struct ui *ui)
{
	struct theme theme;
	struct error err = {0};

	if (theme_load(cli_theme(globals, config), &theme, &err) != STATUS_OK)
		ui_message(ui, MESSAGE_WARNING, err.text);
	ui_set_theme(ui, &theme);
}

static bool draws_ascii(const struct globals *globals)
{
	return globals->ascii || !term_is_utf8();
}

int cli_console(const struct globals *globals, const struct config *config, struct store *store, const struct console_options *options)
{
	struct loop *loop = cli_loop();
	struct ui *ui = NULL;
	struct error err = {0};
	struct watch_options watch_options = {.operator_name = globals->operator_name, .read_only = globals->read_only, .tool_environment = options->tool_environment};

	if (!loop) {
		store_close(store);
		return EXIT_FAILED;
	}
	struct watch *watch = watch_new(loop, clock_system(), config, store, &watch_options, ui_watch_events(), &ui);
	enum status status;

	ui = ui_new(watch, draws_ascii(globals), globals->utc);
	choose_theme(globals, config, ui);
	ui_resume(ui);
	if (options->script)
		status = script_run(loop, ui, options->script, &err);
	else if (globals->linear)
		status = linear_run(loop, ui, &err);
	else
		status = term_run(loop, ui, globals->colour, &err);
	struct ui *over = ui;
	ui = NULL; /* from here on nobody draws */
	ui_free(over);
	/* A message whose answer is not waited for would be one that nobody knows of. */
	watch_drain(watch, DRAIN_MS);
	watch_free(watch);
	loop_free(loop);
	if (status != STATUS_OK) {
		cli_error(&err);
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

/* --- one look as text ------------------------------------------------------------- */

struct observation {
	struct loop *loop;
	struct watch *watch;
	int64_t until_us;
	bool until_settled;
};

static void look_poll(void *arg)
{
	struct observation *look = arg;

	if (clock_mono_us(clock_system()) >= look->until_us || (look->until_settled && watch_settled(look->watch)))
		loop_stop(look->loop);
}

void cli_observe(struct loop *loop, struct watch *watch, int64_t for_us, bool until_settled)
{
	struct observation look = {loop, watch, clock_mono_us(clock_system()) + for_us, until_settled};
	struct loop_timer *timer = loop_timer(loop, BOARD_POLL_MS, BOARD_POLL_MS, look_poll, &look);

	loop_run(loop);
	loop_timer_stop(timer);
}

void cli_print_board(const struct globals *globals, struct watch *watch, FILE *out)
{
	struct ui *ui = ui_new(watch, draws_ascii(globals), globals->utc);
	struct winsize size = {0};
	bool sized = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= 80;
	size_t nodes = world_count(watch_world(watch), KIND_NODE), validators = world_count(watch_world(watch), KIND_VALIDATOR);
	size_t rows = BOARD_ROWS + (nodes > validators ? nodes : validators);
	struct canvas *canvas = canvas_new(sized ? size.ws_col : BOARD_COLUMNS, rows < BOARD_ROWS_MAX ? (int)rows : BOARD_ROWS_MAX, draws_ascii(globals));
	struct buf text;

	buf_init(&text, BOARD_BYTES_MAX);
	ui_draw(ui, canvas);
	canvas_dump(canvas, false, &text);
	fputs(buf_text(&text), out);
	buf_free(&text);
	canvas_free(canvas);
	ui_free(ui);
}

static int run(const struct globals *globals, int argc, char **argv)
{
	const char *script = NULL;
	const struct cli_option options[] = {{.name = "script", .value = &script}, {.name = NULL}};
	struct config config;
	struct store *store = NULL;
	struct error err = {0};

	argc = cli_options(&cli_console_command, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (!cli_only_urls(&cli_console_command, argc, argv))
		return EXIT_USAGE;
	enum status status = cli_config(globals, (const char *const *)argv + 1, (size_t)argc - 1, &config, &err);
	if (status != STATUS_OK)
		return cli_failed(status, &err);
	status = cli_store(globals, &config, globals->read_only ? STORE_READ : STORE_WRITE, &store, &err);
	if (status != STATUS_OK) {
		cli_error(&err);
		config_free(&config);
		return EXIT_FAILED;
	}
	struct console_options console = {.script = script};
	int code = cli_console(globals, &config, store, &console);
	config_free(&config);
	return code;
}

const struct cli_command cli_console_command = {
	.name = "console",
	.args = "[URL...] [--script FILE] [--linear]",
	.help = "the war room (what tocsin alone opens)",
	.manual = "With URLs no configuration is needed. With --script the keys and commands of FILE\n"
		  "drive it, and no terminal is needed (man tocsin, SCRIPTS). With --linear it prints what\n"
		  "changes as lines and reads commands from standard input, for screen readers.\n",
	.run = run,
};
