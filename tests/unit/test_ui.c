/* The console over a war room without network: keys, commands, panes, filters, overlays
 * and dialogs, as pictures. The panes and screens are the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "ui/script.h"
#include "ui/state.h"

/* --- a screen of two panes ------------------------------------------------------ */

static const char *const all_nodes[] = {"rpc-0", "rpc-1", "validator-0", "validator-1", "validator-2", "validator-3"};
static const char *nodes[8];
static size_t node_count, line_count;

static size_t count_nodes(const struct ui *ui)
{
	(void)ui;
	return node_count;
}

static void identify_node(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	(void)ui;
	text_format(id, PANE_ID, "%s", nodes[i]);
	if (text)
		buf_puts(text, nodes[i]);
}

static void draw_node(const struct ui *ui, struct area area, size_t i, bool selected)
{
	(void)ui;
	(void)selected;
	area_text(area, 0, 0, ROLE_BASE, 0, nodes[i]);
}

static const char *no_nodes(const struct ui *ui)
{
	(void)ui;
	return "no nodes are configured";
}

static enum status open_node(struct ui *ui, const char *id, struct error *err)
{
	if (strcmp(id, "rpc-1") == 0)
		return error_set(err, STATUS_REFUSED, "rpc-1: will not open");
	ui_messagef(ui, MESSAGE_INFO, "opened %s", id);
	return STATUS_OK;
}

static size_t count_lines(const struct ui *ui)
{
	(void)ui;
	return line_count;
}

static void identify_line(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	(void)ui;
	text_format(id, PANE_ID, "%zu", i);
	if (text)
		buf_printf(text, "line %zu", i);
}

static void draw_line(const struct ui *ui, struct area area, size_t i, bool selected)
{
	(void)ui;
	(void)selected;
	area_printf(area, 0, 0, ROLE_BASE, 0, "line %zu", i);
}

static const struct pane node_pane = {
	.name = "nodes",
	.title = "Nodes",
	.count = count_nodes,
	.identify = identify_node,
	.row = draw_node,
	.empty = no_nodes,
	.min_rows = 2,
	.rank = 1,
	.open = open_node,
};
static const struct pane line_pane = {
	.name = "lines",
	.title = "Timeline",
	.count = count_lines,
	.identify = identify_line,
	.row = draw_line,
	.empty = no_nodes,
	.min_rows = 3,
	.rank = 2,
	.follows = true,
};

static void draw_screen(struct ui *ui, struct area area)
{
	static const struct pane_row rows[] = {{.weight = 1, .cells = {{&node_pane, 1}}}, {.weight = 1, .cells = {{&line_pane, 1}}}};
	panes_draw(ui, area_inside(area, 0, 0, area.columns, area.rows - 1), rows, ARRAY_LENGTH(rows));
	ui_draw_hints(ui, area_inside(area, 0, area.rows - 1, area.columns, 1));
}

static const struct screen_entry test_screens[SCREEN_COUNT] = {
	[SCREEN_BOARD] = {.name = "board", .title = "Board", .scope = SCOPE_GLOBAL, .panes = {&node_pane, &line_pane}, .draw = draw_screen},
	[SCREEN_INCIDENT] = {.name = "incident", .title = "Incident", .scope = SCOPE_GLOBAL, .draw = draw_screen, .back = SCREEN_BOARD},
};

/* --- the room around it ------------------------------------------------------------ */

struct room {
	struct loop *loop;
	struct clock_manual clock;
	struct config config;
	struct watch *watch;
	struct ui *ui;
	struct canvas *canvas;
	struct buf dump;
};

static int begin(void **state)
{
	struct room *room = xcalloc(1, sizeof(*room));
	struct watch_options options = {.operator_name = "alice", .read_only = true};
	struct error err = {0};
	room->loop = loop_new();
	clock_manual_init(&room->clock, 1700000000 * US_PER_S);
	assert_int_equal(config_from_urls(NULL, 0, &room->config, &err), STATUS_OK);
	room->watch = watch_new(room->loop, &room->clock.clock, &room->config, NULL, &options, ui_watch_events(), &room->ui);
	room->ui = ui_new(room->watch, true, true);
	room->ui->screens = test_screens;
	room->canvas = canvas_new(44, 14, true);
	buf_init(&room->dump, 1 << 20);
	memcpy(nodes, all_nodes, sizeof(all_nodes));
	node_count = ARRAY_LENGTH(all_nodes);
	line_count = 20;
	*state = room;
	return 0;
}

static int end(void **state)
{
	struct room *room = *state;
	buf_free(&room->dump);
	canvas_free(room->canvas);
	ui_free(room->ui);
	room->ui = NULL;
	watch_free(room->watch);
	config_free(&room->config);
	loop_free(room->loop);
	free(room);
	return 0;
}

static const char *look(struct room *room)
{
	buf_clear(&room->dump);
	ui_draw(room->ui, room->canvas);
	canvas_dump(room->canvas, false, &room->dump);
	return buf_text(&room->dump);
}

static const char *press(struct room *room, const char *keys)
{
	char key[32];
	while (text_word(&keys, key, sizeof(key)))
		ui_key(room->ui, key);
	return look(room);
}

/* Line number `row` of the picture. */
static const char *line_of(struct room *room, int row)
{
	static char line[1024];
	const char *at = look(room);
	while (row-- > 0)
		at += strcspn(at, "\n") + 1;
	text_format(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
	return line;
}

#define assert_shows(room, text)                                         \
	do {                                                             \
		if (!strstr(look(room), text))                           \
			fail_msg("not there: %s\n%s", text, look(room)); \
	} while (0)
#define assert_hides(room, text)                                                   \
	do {                                                                       \
		if (strstr(look(room), text))                                      \
			fail_msg("should not be there: %s\n%s", text, look(room)); \
	} while (0)

/* --- panes ------------------------------------------------------------------------- */

static void the_board_is_drawn(void **state)
{
	struct room *room = *state;
	assert_string_equal(look(room),
			    "+- 1 Nodes --------------------------------+\n"
			    "|> rpc-0                                   |\n"
			    "|  rpc-1                                   |\n"
			    "|  validator-0                             |\n"
			    "|  validator-1                             |\n"
			    "|  validator-2                             |\n"
			    "+------------------------------- 1-5 of 6 -+\n"
			    "+- 2 Timeline -----------------------------+\n"
			    "|  line 16                                 |\n"
			    "|  line 17                                 |\n"
			    "|  line 18                                 |\n"
			    "|  line 19                                 |\n"
			    "+---------------------------- 17-20 of 20 -+\n"
			    "       ? help  : command  / filter  q back\n");
}

static void selection_keeps_its_place_by_identity(void **state)
{
	struct room *room = *state;
	press(room, "j j j");
	assert_string_equal(ui_selected(room->ui), "validator-1");
	/* Others vanish before it: it is still the one. */
	nodes[0] = "validator-0";
	nodes[1] = "validator-1";
	node_count = 2;
	look(room);
	assert_string_equal(ui_selected(room->ui), "validator-1");
	assert_shows(room, "> validator-1");
	/* It vanishes itself: its neighbour takes over. */
	node_count = 1;
	look(room);
	assert_string_equal(ui_selected(room->ui), "validator-0");
	node_count = 0;
	assert_shows(room, "no nodes are configured");
	assert_string_equal(ui_selected(room->ui), "");
}

static void the_cursor_stands_on_the_selection(void **state)
{
	struct room *room = *state;
	press(room, "Down Down");
	assert_int_equal(room->canvas->cursor_x, 1);
	assert_int_equal(room->canvas->cursor_y, 3);
	press(room, "?");
	assert_int_not_equal(room->canvas->cursor_y, 3);
}

static void moving_stops_at_the_ends(void **state)
{
	static const struct {
		const char *keys, *selected;
	} cases[] = {
		{"k", "rpc-0"},
		{"G", "validator-3"},
		{"G j", "validator-3"},
		{"G g", "rpc-0"},
		{"PageDown PageDown PageDown", "validator-3"},
		{"End PageUp PageUp PageUp", "rpc-0"},
		{"C-d", "validator-0"},
		{"G C-u", "validator-1"},
		{"Down Down Up", "rpc-1"},
	};
	struct room *room = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		press(room, "g");
		print_message("%s\n", cases[i].keys);
		press(room, cases[i].keys);
		assert_string_equal(ui_selected(room->ui), cases[i].selected);
	}
}

static void a_timeline_follows_until_it_is_left(void **state)
{
	struct room *room = *state;
	press(room, "2");
	assert_string_equal(ui_selected(room->ui), "19");
	line_count = 30;
	look(room);
	assert_string_equal(ui_selected(room->ui), "29");
	press(room, "k");
	line_count = 40;
	look(room);
	assert_string_equal(ui_selected(room->ui), "28");
	press(room, "G");
	line_count = 50;
	assert_shows(room, "> line 49");
}

static void panes_are_reached(void **state)
{
	static const struct {
		const char *keys, *focus;
	} cases[] = {
		{"Tab", "lines"},
		{"Tab Tab", "nodes"},
		{"S-Tab", "lines"},
		{"2", "lines"},
		{"2 1", "nodes"},
		{"l", "lines"},
		{"Left", "lines"},
		{"9", "nodes"},
	};
	struct room *room = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		press(room, "1");
		press(room, cases[i].keys);
		assert_string_equal(ui_focus(room->ui), cases[i].focus);
	}
	press(room, "9");
	assert_shows(room, "pane 9: not on this screen");
}

static void zoom_gives_the_pane_everything(void **state)
{
	struct room *room = *state;
	press(room, "z");
	assert_shows(room, "validator-3");
	assert_hides(room, "Timeline");
	press(room, "Esc");
	assert_shows(room, "Timeline");
}

/* With fewer and fewer rows the panes collapse by rank, the focused one never. */
static void panes_collapse_before_the_program_gives_up(void **state)
{
	struct room *room = *state;
	canvas_resize(room->canvas, 44, 10);
	assert_string_equal(line_of(room, 0), "+- 1 Nodes --------------------------------+");
	assert_shows(room, "> rpc-0");
	room->ui->small = false;
	press(room, "2");
	assert_shows(room, "> line 19");
	assert_shows(room, "1 Nodes");
	/* Smaller still: it says what it has and needs. */
	canvas_resize(room->canvas, 30, 6);
	assert_shows(room, "Too small");
	assert_shows(room, "30x6");
	assert_shows(room, "40x10");
	/* And answers. */
	press(room, ": h e l p");
	assert_shows(room, ":help");
	press(room, "Esc ?");
	assert_shows(room, "Help: Board");
	press(room, "q q");
	assert_true(ui_leaving(room->ui));
}

/* --- filters -------------------------------------------------------------------------- */

static void a_filter_works_while_it_is_typed(void **state)
{
	struct room *room = *state;
	press(room, "/ r p");
	assert_shows(room, "2 of 6 shown");
	assert_hides(room, "validator-0");
	press(room, "Enter");
	assert_shows(room, "1 Nodes /rp  2 of 6");
	press(room, "Esc");
	assert_shows(room, "validator-0");
	press(room, "/ ! r p c Enter");
	assert_shows(room, "4 of 6");
	press(room, "/ x x Enter");
	assert_shows(room, "filter \"xx\" hides all 6");
	press(room, "/ r p Esc");
	assert_shows(room, "validator-0");
}

static void filter_words(void **state)
{
	static const struct {
		const char *filter, *text;
		bool matches;
	} cases[] = {
		{"", "anything", true},
		{"val", "Validator-0", true},
		{"x", "validator", false},
		{"!x", "validator", true},
		{"!VAL", "validator", false},
		{"!", "anything", true},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		assert_int_equal(filter_matches(cases[i].filter, cases[i].text), cases[i].matches);
}

/* --- commands ---------------------------------------------------------------------------- */

static void commands_answer(void **state)
{
	static const struct {
		const char *name, *line, *expected; /* NULL: it succeeds */
	} cases[] = {
		{"a name", "zoom", NULL},
		{"the start of one", "zo", NULL},
		{"blanks around", "  zoom  ", NULL},
		{"nothing", "", NULL},
		{"misspelt", "zoon", "no command \"zoon\" (did you mean \"zoom\"?)"},
		{"several", "page-", "\"page-\" could be several commands: page-up, page-down (write more of it)"},
		{"an argument is missing", "theme", "theme: something is missing (write :theme NAME|PATH)"},
		{"an argument too many", "zoom 3", "zoom: takes nothing after it (write :zoom)"},
		{"refused by what it does", "open rpc-1", "rpc-1: will not open"},
		{"an argument with blanks", "filter rpc - 1", NULL},
	};
	struct room *room = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = {0};
		print_message("%s\n", cases[i].name);
		enum status status = ui_command(room->ui, cases[i].line, &err);
		assert_string_equal(err.text, cases[i].expected ? cases[i].expected : "");
		assert_int_equal(status == STATUS_OK, cases[i].expected == NULL);
	}
	assert_string_equal(ui_pane_state(room->ui, "nodes")->filter, "rpc - 1");
}

static void the_command_line(void **state)
{
	struct room *room = *state;
	press(room, ": z o o n");
	assert_int_equal(room->canvas->cursor_x, 5);
	press(room, "Enter");
	assert_shows(room, "ERROR no command \"zoon\"");
	/* An error stays until the next key. */
	clock_manual_advance(&room->clock, US_PER_HOUR);
	assert_shows(room, "ERROR no command \"zoon\"");
	press(room, "j");
	assert_hides(room, "ERROR");
	press(room, ": Up");
	assert_shows(room, ":zoon");
	press(room, "Backspace Tab");
	assert_shows(room, ":zoom");
	assert_shows(room, "zoom  Gives the focused pane");
	press(room, "Enter");
	assert_true(ui_zoomed(room->ui));
	/* What arguments can be is completed too. */
	press(room, "z : p a n e Space l Tab");
	assert_shows(room, ":pane lines");
	press(room, "Enter");
	assert_string_equal(ui_focus(room->ui), "lines");
	press(room, ": x Backspace Backspace");
	assert_int_equal(room->ui->prompting, PROMPT_NONE);
}

static void letters_belong_to_the_text_field(void **state)
{
	struct room *room = *state;
	press(room, ": j k q z ?");
	assert_shows(room, ":jkqz?");
	assert_false(ui_leaving(room->ui));
	press(room, "Esc");
	assert_string_equal(ui_selected(room->ui), "rpc-0");
}

/* Pasted text is text: it neither presses keys nor ends the line. */
static void pasted_text_presses_nothing(void **state)
{
	struct room *room = *state;
	ui_paste(room->ui, "q");
	assert_false(ui_leaving(room->ui));
	assert_shows(room, "pasted text was not used");
	press(room, ":");
	ui_paste(room->ui, "quit\n");
	assert_shows(room, ":quit");
	assert_false(ui_leaving(room->ui));
	ui_draw(room->ui, room->canvas);
	assert_int_equal(room->ui->prompting, PROMPT_COMMAND);
}

static enum status remember(struct ui *ui, const char *text, struct error *err)
{
	if (strcmp(text, "bad") == 0)
		return error_set(err, STATUS_INVALID, "that is bad");
	ui_messagef(ui, MESSAGE_INFO, "heard %s", text);
	return STATUS_OK;
}

static void asking_for_a_line(void **state)
{
	struct room *room = *state;
	ui_ask(room->ui, "reason: ", "be", remember);
	press(room, "e p Enter");
	assert_shows(room, "heard beep");
	ui_ask(room->ui, "reason: ", "bad", remember);
	press(room, "Enter");
	assert_shows(room, "ERROR that is bad");
}

static void messages_fade_and_are_kept(void **state)
{
	struct room *room = *state;
	ui_message(room->ui, MESSAGE_INFO, "an info\033[2J");
	assert_shows(room, "an info");
	clock_manual_advance(&room->clock, 6 * US_PER_S);
	assert_hides(room, "an info");
	for (int i = 0; i < 2 * MESSAGES_KEPT; i++)
		ui_messagef(room->ui, MESSAGE_WARNING, "number %d", i);
	assert_shows(room, "WARN number 399");
	press(room, "M");
	assert_shows(room, "number 399");
	press(room, "g");
	assert_shows(room, "number 200");
	assert_hides(room, "number 199");
}

/* A lesser message waits until a worse one could be read, and none wipes away an error. */
static void what_is_worse_is_read_first(void **state)
{
	static const struct {
		const char *name;
		int first, second;
		int64_t between_s, after_s;
		const char *shown, *hidden;
	} cases[] = {
		{"a warning stays beside an info", MESSAGE_WARNING, MESSAGE_INFO, 0, 0, "WARN first", "second"},
		{"until it goes by itself", MESSAGE_WARNING, MESSAGE_INFO, 9, 4, "second", "first"},
		{"a worse one comes at once", MESSAGE_INFO, MESSAGE_WARNING, 0, 0, "WARN second", "first"},
		{"of equals the newest", MESSAGE_WARNING, MESSAGE_WARNING, 1, 0, "WARN second", "first"},
		{"an error that was read makes way", MESSAGE_ERROR, MESSAGE_INFO, 60, 0, "second", "first"},
		{"and comes back", MESSAGE_ERROR, MESSAGE_INFO, 60, 60, "ERROR first", "second"},
	};
	struct room *room = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		print_message("%s\n", cases[i].name);
		press(room, "j");
		ui_message(room->ui, cases[i].first, "first");
		clock_manual_advance(&room->clock, cases[i].between_s * US_PER_S);
		ui_message(room->ui, cases[i].second, "second");
		clock_manual_advance(&room->clock, cases[i].after_s * US_PER_S);
		assert_shows(room, cases[i].shown);
		assert_hides(room, cases[i].hidden);
	}
	/* While something is typed there is no place for messages: they wait. */
	press(room, "j : z");
	ui_message(room->ui, MESSAGE_ERROR, "meanwhile");
	press(room, "o Esc");
	assert_shows(room, "ERROR meanwhile");
	press(room, "j");
	assert_hides(room, "meanwhile");
}

/* A cure stands at the end: it must not be cut off where it is needed most. */
static void a_long_message_is_shown_to_its_end(void **state)
{
	struct room *room = *state;
	ui_message(room->ui, MESSAGE_ERROR, "record /var/lib/somewhere/record.db: the disk is full (make room there, then press the key once more)");
	assert_shows(room, "ERROR record");
	assert_shows(room, "/var/lib/somewhere");
	assert_shows(room, "once more)");
	press(room, "j");
	assert_hides(room, "once more)");
}

static void enter_too_early_keeps_the_line(void **state)
{
	struct room *room = *state;
	press(room, ": t h e m e Space Enter");
	assert_int_equal(room->ui->prompting, PROMPT_COMMAND);
	assert_shows(room, "theme NAME|PATH");
	press(room, "n o n e - s u c h Enter");
	assert_int_equal(room->ui->prompting, PROMPT_NONE);
	assert_shows(room, "ERROR ");
}

static void an_unknown_key_says_where_the_keys_are(void **state)
{
	struct room *room = *state;
	press(room, "F9");
	assert_shows(room, "F9 does nothing here (? shows the keys)");
	press(room, "v");
	assert_shows(room, "v does nothing here: tick is a");
}

/* --- overlays ----------------------------------------------------------------------------- */

static void help_is_searched(void **state)
{
	struct room *room = *state;
	canvas_resize(room->canvas, 100, 14);
	press(room, "? / z o o m Enter");
	assert_shows(room, "filter, zoom, screen");
	assert_shows(room, "/zoom  2 lines");
	int top = pager_top(room->ui)->top;
	press(room, "n");
	assert_true(pager_top(room->ui)->matched != SIZE_MAX);
	assert_true(pager_top(room->ui)->top >= top);
	/* Keys that change the screen below do nothing now. */
	press(room, "2 z");
	assert_string_equal(ui_focus(room->ui), "nodes");
	assert_false(ui_zoomed(room->ui));
	press(room, "q");
	assert_false(ui_overlaid(room->ui));
}

static void help_of_one_command(void **state)
{
	struct room *room = *state;
	struct error err = {0};
	assert_int_equal(ui_command(room->ui, "help theme", &err), STATUS_OK);
	assert_string_equal(look(room),
			    "+ :theme NAME|PATH ------------------------+\n"
			    "| what   Changes the colours.              |\n"
			    "| keys   none                              |\n"
			    "| where  Everywhere                        |\n"
			    "| mode   looks only, works in every mode   |\n"
			    "|                                          |\n"
			    "|                                          |\n"
			    "|                                          |\n"
			    "|                                          |\n"
			    "|                                          |\n"
			    "|                                          |\n"
			    "|                                          |\n"
			    "+- q back ---------------------- 1-4 of 4 -+\n"
			    "       ? help  : command  / filter  q back\n");
}

static void help_shows_what_cannot_be_done_and_why(void **state)
{
	struct room *room = *state;
	const struct request *request;
	press(room, "?");
	struct pager *pager = pager_top(room->ui);
	for (size_t i = 0; (request = request_at(i)); i++) {
		bool refused = request_refusal(room->ui, request) != NULL;
		if (request->scope != SCOPE_GLOBAL)
			continue;
		bool found = false;
		for (size_t line = 0; line < pager->count; line++) {
			if (strncmp(pager->lines[line].text, request->help, strlen(request->help)) != 0)
				continue;
			found = true;
			assert_int_equal(pager->lines[line].role == ROLE_DIM, refused);
			assert_int_equal(strstr(pager->lines[line].text, "(not now: ") != NULL, refused);
		}
		assert_true(found);
	}
}

static void an_observer_writes_nothing(void **state)
{
	struct room *room = *state;
	const struct request *request;
	for (size_t i = 0; (request = request_at(i)); i++) {
		struct error err = {0};
		if (request->access == ACCESS_OBSERVE)
			continue;
		assert_int_equal(request_run(room->ui, request, "x", &err), STATUS_REFUSED);
		assert_non_null(strstr(err.text, "only observes"));
	}
}

static void long_text_is_scrolled(void **state)
{
	struct room *room = *state;
	struct buf text;
	buf_init(&text, 65536);
	for (int i = 0; i < 100; i++)
		buf_printf(&text, "row %d\n", i);
	ui_pager_open(room->ui, "Output");
	ui_pager_text(room->ui, ROLE_BASE, buf_text(&text));
	assert_shows(room, "row 0");
	assert_shows(room, "1-11 of 100");
	press(room, "PageDown");
	assert_shows(room, "11-21 of 100");
	press(room, "G");
	assert_shows(room, "row 99");
	press(room, "j j j");
	assert_shows(room, "90-100 of 100");
	press(room, "g k");
	assert_shows(room, "1-11 of 100");
	buf_free(&text);
}

/* Also when it was wrapped already at another width. */
static void long_lines_are_wrapped_at_any_width(void **state)
{
	struct room *room = *state;
	canvas_resize(room->canvas, 100, 14);
	ui_pager_open(room->ui, "Output");
	ui_pager_text(room->ui, ROLE_BASE, "the first line has a number of words that a narrow terminal cannot hold\nthe second");
	assert_shows(room, "1-2 of 2 ");
	canvas_resize(room->canvas, 44, 14);
	assert_shows(room, "1-3 of 3 ");
	assert_shows(room, "cannot hold");
	ui_pager_line(room->ui, ROLE_BASE, 0, "a key of much width", "the third");
	assert_shows(room, "1-4 of 4 ");
	canvas_resize(room->canvas, 100, 14);
	assert_shows(room, "1-3 of 3 ");
}

/* A bold line says as much as a plain one: half a sentence may mean its opposite. */
static void bold_lines_are_wrapped_too(void **state)
{
	struct room *room = *state;
	ui_pager_open(room->ui, "Proposal");
	ui_pager_line(room->ui, ROLE_CRIT, ATTR_BOLD, "severity", "P1 by rule S-P1-blind: whether it lives cannot be seen");
	assert_shows(room, "cannot be seen");
	assert_shows(room, "1-2 of 2 ");
	const struct cell *cell = canvas_at(room->canvas, 12, 2);
	assert_int_equal(cell->role, ROLE_CRIT);
	assert_int_equal(cell->attr, ATTR_BOLD);
}

/* Of several pagers only the last is seen, with dialogs above it. */
static void overlays_cover_each_other(void **state)
{
	struct room *room = *state;
	ui_pager_open(room->ui, "Below");
	ui_pager_text(room->ui, ROLE_BASE, "what is below");
	ui_pager_open(room->ui, "Above");
	ui_pager_text(room->ui, ROLE_BASE, "what is above");
	assert_shows(room, "what is above");
	assert_hides(room, "what is below");
	press(room, "q");
	assert_shows(room, "what is below");
}

static int done, dropped;

static enum status do_it(struct ui *ui, void *arg, struct error *err)
{
	(void)ui;
	(void)err;
	assert_ptr_equal(arg, &done);
	done++;
	return STATUS_OK;
}

static void drop_it(void *arg)
{
	assert_ptr_equal(arg, &done);
	dropped++;
}

static void dialogs(void **state)
{
	static const struct {
		const char *name, *word, *keys;
		int done;
		bool open; /* still, afterwards */
	} cases[] = {
		{"Enter alone cancels", NULL, "Enter", 0, false},
		{"Esc cancels", NULL, "Esc", 0, false},
		{"y confirms", NULL, "y", 1, false},
		{"Tab and Enter confirm", NULL, "Tab Enter", 1, false},
		{"Tab twice is Cancel again", NULL, "Tab Tab Enter", 0, false},
		{"n and q cancel", NULL, "n", 0, false},
		{"other keys do nothing", NULL, "a x : ? 1", 0, true},
		{"the word confirms", "node-1", "n o d e - 1 Enter", 1, false},
		{"another word does not", "node-1", "n o d e - 2 Enter", 0, true},
		{"nothing typed does not", "node-1", "Enter", 0, true},
		{"y is only a letter then", "node-1", "y", 0, true},
		{"Esc cancels there too", "node-1", "n o Esc", 0, false},
	};
	struct room *room = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		print_message("%s\n", cases[i].name);
		done = dropped = 0;
		ui_dialog(room->ui, &(struct dialog){.title = "Sure?", .body = "It matters.", .accept = "Do it", .word = cases[i].word, .yes = do_it, .drop = drop_it, .arg = &done});
		/* Keys from before it was seen do not count. */
		for (const char *const *key = (const char *const[]){"y", "Tab", "Enter", NULL}; *key; key++)
			ui_key(room->ui, *key);
		assert_int_equal(done, 0);
		assert_false(ui_take_flush(room->ui));
		assert_shows(room, "Sure?");
		assert_true(ui_take_flush(room->ui));
		press(room, cases[i].keys);
		assert_int_equal(done, cases[i].done);
		assert_int_equal(ui_overlaid(room->ui), cases[i].open);
		if (cases[i].open)
			ui_overlay_close(room->ui);
		assert_int_equal(dropped, 1);
	}
}

/* What is confirmed was shown in full, however long it is. */
static void a_long_dialog_is_read_to_its_end(void **state)
{
	struct room *room = *state;
	struct buf body;
	buf_init(&body, 65536);
	for (int i = 0; i < 30; i++)
		buf_printf(&body, "$ command %d\n", i);
	done = 0;
	ui_dialog(room->ui, &(struct dialog){.title = "Long", .body = buf_text(&body), .accept = "Run", .yes = do_it, .arg = &done});
	assert_shows(room, "more below");
	press(room, "y");
	assert_int_equal(done, 0);
	assert_true(ui_overlaid(room->ui));
	for (int i = 0; i < 10; i++)
		press(room, "PageDown");
	assert_shows(room, "$ command 29");
	press(room, "y");
	assert_int_equal(done, 1);
	buf_free(&body);
}

/* --- leaving, back, scripts ------------------------------------------------------------------ */

static void back_goes_one_level(void **state)
{
	struct room *room = *state;
	ui_show(room->ui, SCREEN_INCIDENT);
	press(room, "Esc");
	assert_int_equal(ui_screen(room->ui), SCREEN_BOARD);
	press(room, "Esc Esc");
	assert_false(ui_leaving(room->ui));
	press(room, "z / r Enter ? q");
	assert_true(ui_zoomed(room->ui));
	press(room, "q");
	assert_string_equal(ui_pane_state(room->ui, "nodes")->filter, "");
	press(room, "q");
	assert_false(ui_zoomed(room->ui));
	assert_false(ui_leaving(room->ui));
	press(room, "q");
	assert_true(ui_leaving(room->ui));
}

static void an_alarm_rings_once(void **state)
{
	struct room *room = *state;
	char title[80];
	assert_false(ui_take_alarm(room->ui, title, sizeof(title)));
	ui_watch_events()->alarm(&room->ui, SEVERITY_P0, "Network\033]0;x\007 outage");
	assert_true(ui_take_alarm(room->ui, title, sizeof(title)));
	assert_non_null(strstr(title, "P0 Network"));
	assert_null(strchr(title, '\033'));
	assert_null(strchr(title, '\007'));
	assert_false(ui_take_alarm(room->ui, title, sizeof(title)));
}

static void scripts(void **state)
{
	static const struct {
		const char *name, *text, *expected; /* NULL: it succeeds */
	} cases[] = {
		{"keys and waits", "# a comment\n\nkey j j\n:wait text > validator-0\n:wait idle\n:wait recorded\n", NULL},
		{"typing", "key :\ntype pane lines\nkey Enter\n:wait text > line 19\n", NULL},
		{"a size", ":size 60x20\n:wait text 1 Nodes\n", NULL},
		{"what goes away", "key ?\nkey q\n:wait gone Help\n", NULL},
		{"leaving ends it", ":quit\n:nonsense\n", NULL},
		{"a wrong command", "key j\n:zoon\n", ":2: no command \"zoon\" (did you mean \"zoom\"?)"},
		{"a wrong key", "key Entr\n", ":1: key Entr: no such key"},
		{"a wrong line", "jump\n", ":1: \"jump\": not a line of a script"},
		{"a wrong condition", "\n:wait sunshine\n", ":2: wait sunshine: no such condition"},
		{"too few words", ":wait health chain\n", ":1: wait health: takes two words"},
		{"a wrong last word", ":wait step 1 gone\n", "the last word has to be \"done\""},
		{"a wrong size", ":size 80\n", ":1: size 80: not a size"},
		{"what does not happen in time", ":wait text unicorns 50ms\n", ":1: wait text unicorns: did not happen within"},
	};
	struct room *room = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char path[] = "/tmp/tocsin-script-XXXXXX";
		struct error err = {0};
		print_message("%s\n", cases[i].name);
		int fd = mkstemp(path);
		assert_true(fd >= 0);
		FILE *file = fdopen(fd, "w");
		assert_true(fputs(cases[i].text, file) >= 0);
		assert_int_equal(fclose(file), 0);
		press(room, "1 g");
		room->ui->leaving = false;
		enum status status = script_run(room->loop, room->ui, path, &err);
		assert_int_equal(status == STATUS_OK, cases[i].expected == NULL);
		if (cases[i].expected && !strstr(err.text, cases[i].expected))
			fail_msg("%s", err.text);
		if (!cases[i].expected)
			assert_string_equal(err.text, "");
		assert_int_equal(remove(path), 0);
	}
}

/* --- pause, pointer, lists, keys of one's own ------------------------------------------ */

static void a_pause_keeps_the_picture_while_things_change(void **state)
{
	struct room *room = *state;
	look(room);
	press(room, "p");
	node_count = 2;
	assert_shows(room, "validator-2");
	assert_shows(room, "PAUSED for 0 s");
	clock_manual_advance(&room->clock, 90 * US_PER_S);
	assert_shows(room, "PAUSED for 1 m 30 s");
	press(room, "j");
	assert_shows(room, "paused, its rows may be");
	/* A question is answered all the same, and Esc goes one level back at a time. */
	press(room, "? Esc");
	assert_true(ui_paused(room->ui));
	press(room, "Esc");
	assert_false(ui_paused(room->ui));
	assert_hides(room, "validator-2");
}

static void another_size_ends_a_pause(void **state)
{
	struct room *room = *state;
	look(room);
	press(room, "Z");
	assert_true(ui_paused(room->ui));
	canvas_resize(room->canvas, 60, 20);
	look(room);
	assert_false(ui_paused(room->ui));
}

static void the_pointer_selects_and_scrolls(void **state)
{
	struct room *room = *state;
	look(room);
	ui_pointer(room->ui, 5, 3, POINTER_CLICK);
	assert_string_equal(ui_selected(room->ui), "validator-0");
	/* Below the rows, on frames and outside nothing is there to be selected. */
	ui_pointer(room->ui, 5, 0, POINTER_CLICK);
	ui_pointer(room->ui, 500, 500, POINTER_CLICK);
	assert_string_equal(ui_selected(room->ui), "validator-0");
	ui_pointer(room->ui, 5, 8, POINTER_CLICK);
	assert_string_equal(ui_focus(room->ui), "lines");
	assert_string_equal(ui_selected(room->ui), "16");
	ui_pointer(room->ui, 5, 8, POINTER_UP);
	assert_string_equal(ui_selected(room->ui), "13");
	ui_pointer(room->ui, 5, 8, POINTER_DOWN);
	assert_string_equal(ui_selected(room->ui), "16");
	/* An overlay is scrolled, and what lies below it is left alone. */
	press(room, "?");
	ui_pointer(room->ui, 5, 3, POINTER_CLICK);
	ui_pointer(room->ui, 5, 3, POINTER_DOWN);
	press(room, "q");
	assert_string_equal(ui_selected(room->ui), "16");
}

static void a_pane_is_listed_as_text(void **state)
{
	struct room *room = *state;
	struct error err = {0};
	assert_int_equal(ui_command(room->ui, "list nodes", &err), STATUS_OK);
	assert_shows(room, "validator-3");
	press(room, "q");
	assert_int_not_equal(ui_command(room->ui, "list nonsense", &err), STATUS_OK);
}

static void only_a_terminal_has_a_clipboard(void **state)
{
	struct room *room = *state;
	struct error err = {0};
	look(room);
	assert_int_equal(ui_command(room->ui, "copy x", &err), STATUS_REFUSED);
	ui_set_terminal(room->ui, true);
	press(room, "j y");
	char *text = ui_take_copy(room->ui);
	assert_string_equal(text, "rpc-1");
	free(text);
	assert_null(ui_take_copy(room->ui));
	char *much = xcalloc(1, 60000);
	memset(much, 'x', 59999);
	error_clear(&err);
	/* What does not fit is refused, never cut. */
	ui_pager_open(room->ui, "much");
	for (int i = 0; i < 20; i++)
		ui_pager_line(room->ui, ROLE_BASE, 0, NULL, much);
	assert_int_equal(ui_command(room->ui, "copy", &err), STATUS_LIMIT);
	assert_null(ui_take_copy(room->ui));
	free(much);
}

static void a_dump_replaces_nothing(void **state)
{
	static const struct {
		const char *name, *file, *refusal; /* NULL: it is written */
	} cases[] = {
		{"a new file", "new", NULL},
		{"the same once more", "new", "exists already (name another file)"},
		{"a picture", "new.svg", NULL},
		{"a link to nothing yet", "link", "exists already"},
		{"a pipe", "pipe", "exists already"},
		{"a directory", ".", "exists already"},
	};
	struct room *room = *state;
	char directory[] = "/tmp/tocsin-dump-XXXXXX";
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	assert_int_equal(symlink("elsewhere", "link"), 0);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = {0};
		char line[80];
		print_message("%s\n", cases[i].name);
		enum status status = ui_command(room->ui, text_format(line, sizeof(line), "dump %s", cases[i].file), &err);
		assert_int_equal(status, cases[i].refusal ? STATUS_REFUSED : STATUS_OK);
		assert_true(!cases[i].refusal || strstr(err.text, cases[i].refusal));
	}
	assert_int_not_equal(access("elsewhere", F_OK), 0);
	static const char *const made[] = {"new", "new.svg", "link", "pipe"};
	for (size_t i = 0; i < ARRAY_LENGTH(made); i++)
		assert_int_equal(unlink(made[i]), 0);
	/* On a terminal, standard output is what a person looks at. */
	struct error err = {0};
	ui_set_terminal(room->ui, true);
	assert_int_equal(ui_command(room->ui, "dump -", &err), STATUS_REFUSED);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(directory), 0);
}

/* Hints, help and keys follow the configuration together. */
static void bound_keys_are_the_ones_that_are_shown(void **state)
{
	struct room *room = *state;
	struct config_key key = {.request = xstrdup("pause"), .keys = xstrdup("F5"), .line = 3};
	char text[PRESS_TEXT];
	ui_free(room->ui);
	room->config.keys = xcalloc(1, sizeof(key));
	room->config.keys[0] = key;
	room->config.key_count = 1;
	room->ui = ui_new(room->watch, true, true);
	room->ui->screens = test_screens;
	assert_string_equal(ui_press(text, room->ui, "pause"), "p");
	assert_string_equal(ui_keys(room->ui, request_by_name("pause")), "p Z F5");
	look(room);
	press(room, "F5");
	assert_true(ui_paused(room->ui));
	press(room, "F5");
	assert_string_equal(ui_press(text, room->ui, "dump"), ":dump");
}

int main(void)
{
#define ROOM(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		ROOM(the_board_is_drawn),
		ROOM(selection_keeps_its_place_by_identity),
		ROOM(the_cursor_stands_on_the_selection),
		ROOM(moving_stops_at_the_ends),
		ROOM(a_timeline_follows_until_it_is_left),
		ROOM(panes_are_reached),
		ROOM(zoom_gives_the_pane_everything),
		ROOM(panes_collapse_before_the_program_gives_up),
		ROOM(a_filter_works_while_it_is_typed),
		cmocka_unit_test(filter_words),
		ROOM(a_pause_keeps_the_picture_while_things_change),
		ROOM(another_size_ends_a_pause),
		ROOM(the_pointer_selects_and_scrolls),
		ROOM(a_pane_is_listed_as_text),
		ROOM(only_a_terminal_has_a_clipboard),
		ROOM(bound_keys_are_the_ones_that_are_shown),
		ROOM(a_dump_replaces_nothing),
		ROOM(commands_answer),
		ROOM(the_command_line),
		ROOM(letters_belong_to_the_text_field),
		ROOM(pasted_text_presses_nothing),
		ROOM(asking_for_a_line),
		ROOM(messages_fade_and_are_kept),
		ROOM(what_is_worse_is_read_first),
		ROOM(a_long_message_is_shown_to_its_end),
		ROOM(enter_too_early_keeps_the_line),
		ROOM(an_unknown_key_says_where_the_keys_are),
		ROOM(help_is_searched),
		ROOM(help_of_one_command),
		ROOM(help_shows_what_cannot_be_done_and_why),
		ROOM(an_observer_writes_nothing),
		ROOM(long_text_is_scrolled),
		ROOM(long_lines_are_wrapped_at_any_width),
		ROOM(bold_lines_are_wrapped_too),
		ROOM(overlays_cover_each_other),
		ROOM(dialogs),
		ROOM(a_long_dialog_is_read_to_its_end),
		ROOM(back_goes_one_level),
		ROOM(an_alarm_rings_once),
		ROOM(scripts),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
