/* The requests of the framework itself: moving, looking, help, leaving. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/dump.h"
#include "ui/state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	COPY_BYTES = 48 * 1024, /* terminals refuse much more */
	LIST_BYTES = 4 * 1024 * 1024,
};

/* --- moving ----------------------------------------------------------------- */

static const struct pane *pane_or_nothing(struct ui *ui, struct error *err)
{
	const struct pane *pane = ui_focused(ui);
	if (!pane)
		error_set(err, STATUS_REFUSED, "this screen has no panes (q goes back)");
	return pane;
}

/* Scrolls what is on top: a pager by rows, else the selection of the focused pane. */
static enum status move(struct ui *ui, long rows, struct error *err)
{
	struct pager *pager = pager_top(ui);
	if (pager) {
		pager_scroll(pager, (int)rows);
		return STATUS_OK;
	}
	const struct pane *pane = pane_or_nothing(ui, err);
	if (!pane)
		return STATUS_REFUSED;
	pane_move(ui, pane, rows);
	return STATUS_OK;
}

static long page_rows(struct ui *ui)
{
	struct pager *pager = pager_top(ui);
	const struct pane *pane = ui_focused(ui);
	int page = pager ? pager->page : pane ? ui_pane_state(ui, pane->name)->page
					      : 1;
	return page > 1 ? page - 1 : 1;
}

static enum status run_up(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	return move(ui, -1, err);
}

static enum status run_down(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	return move(ui, 1, err);
}

static enum status run_page_up(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	return move(ui, -page_rows(ui), err);
}

static enum status run_page_down(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	return move(ui, page_rows(ui), err);
}

static enum status run_half_up(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	return move(ui, -(page_rows(ui) + 1) / 2, err);
}

static enum status run_half_down(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	return move(ui, (page_rows(ui) + 1) / 2, err);
}

static enum status move_to(struct ui *ui, bool last, struct error *err)
{
	struct pager *pager = pager_top(ui);
	if (pager) {
		pager_scroll_to(pager, last);
		return STATUS_OK;
	}
	const struct pane *pane = pane_or_nothing(ui, err);
	if (!pane)
		return STATUS_REFUSED;
	pane_move_to(ui, pane, last);
	return STATUS_OK;
}

static enum status run_first(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	return move_to(ui, false, err);
}

static enum status run_last(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	return move_to(ui, true, err);
}

static enum status run_open(struct ui *ui, const char *args, struct error *err)
{
	const struct pane *pane = pane_or_nothing(ui, err);
	if (!pane)
		return STATUS_REFUSED;
	if (*args)
		pane_select(ui, pane, args);
	pane_move(ui, pane, 0);
	if (*args && strcmp(ui_selected(ui), args) != 0)
		return error_set(err, STATUS_NOT_FOUND, "%s: has no row %s", pane->name, args);
	if (*ui_selected(ui) == '\0')
		return error_set(err, STATUS_REFUSED, "%s: nothing is selected", pane->name);
	if (!pane->open)
		return error_set(err, STATUS_REFUSED, "the rows of this pane have nothing more to show (z gives it the whole screen)");
	return pane->open(ui, ui_selected(ui), err);
}

/* --- panes ------------------------------------------------------------------ */

static size_t pane_total(const struct ui *ui)
{
	size_t count = 0;
	while (ui_screen_entry(ui)->panes[count])
		count++;
	return count;
}

static enum status turn(struct ui *ui, size_t step, struct error *err)
{
	size_t count = pane_total(ui);
	if (count == 0)
		return error_set(err, STATUS_REFUSED, "this screen has no panes (q goes back)");
	do
		ui->focus[ui->screen] = (ui->focus[ui->screen] + step) % count;
	while (!pane_wanted(ui, ui_focused(ui)));
	return STATUS_OK;
}

static enum status run_next_pane(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	return turn(ui, 1, err);
}

static enum status run_previous_pane(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	return turn(ui, pane_total(ui) > 0 ? pane_total(ui) - 1 : 0, err);
}

static enum status run_pane(struct ui *ui, const char *args, struct error *err)
{
	const struct pane *const *panes = ui_screen_entry(ui)->panes;
	size_t count = pane_total(ui);
	for (size_t i = 0; i < count; i++) {
		bool by_number = args[0] == (char)('1' + i) && args[1] == '\0';
		if ((by_number || strcmp(panes[i]->name, args) == 0) && pane_wanted(ui, panes[i])) {
			ui->focus[ui->screen] = i;
			return STATUS_OK;
		}
	}
	return error_set(err, STATUS_NOT_FOUND, "pane %s: not on this screen (Tab goes through those that are)", args);
}

static void complete_pane(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	(void)args;
	for (const struct pane *const *pane = ui_screen_entry(ui)->panes; *pane; pane++)
		if (pane_wanted(ui, *pane))
			offer(arg, (*pane)->name);
}

static enum status run_zoom(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	(void)err;
	ui_set_zoom(ui, !ui_zoomed(ui));
	return STATUS_OK;
}

/* --- looking for things --------------------------------------------------------- */

static enum status run_filter(struct ui *ui, const char *args, struct error *err)
{
	struct pager *pager = pager_top(ui);
	const struct pane *pane = pager ? NULL : pane_or_nothing(ui, err);
	if (!pager && !pane)
		return STATUS_REFUSED;
	if (*args == '\0') {
		prompt_open(ui, PROMPT_FILTER, "/", "");
	} else if (pager) {
		pager_search(pager, args);
	} else {
		struct pane_state *state = ui_pane_state(ui, pane->name);
		text_format(state->filter, sizeof(state->filter), "%s", args);
	}
	return STATUS_OK;
}

static enum status match(struct ui *ui, bool forward, struct error *err)
{
	struct pager *pager = pager_top(ui);
	if (!pager)
		return move(ui, forward ? 1 : -1, err);
	if (*pager->search == '\0')
		return error_set(err, STATUS_REFUSED, "nothing is searched for (/ begins)");
	pager_next_match(pager, forward);
	return STATUS_OK;
}

static enum status run_next_match(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	return match(ui, true, err);
}

static enum status run_previous_match(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	return match(ui, false, err);
}

/* --- help and messages ---------------------------------------------------------- */

static enum status run_help(struct ui *ui, const char *args, struct error *err)
{
	if (*args)
		return help_request(ui, args, err);
	help_open(ui);
	return STATUS_OK;
}

static void complete_request(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	(void)ui;
	(void)args;
	const struct request *request;
	for (size_t i = 0; (request = request_at(i)); i++)
		offer(arg, request->name);
}

static enum status run_command(struct ui *ui, const char *args, struct error *err)
{
	(void)err;
	ui_prompt(ui, args);
	return STATUS_OK;
}

static enum status run_messages(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	(void)err;
	messages_open(ui);
	return STATUS_OK;
}

/* --- the screen itself ------------------------------------------------------------ */

static enum status run_refresh(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	(void)err;
	watch_refresh(ui->watch);
	ui_message(ui, MESSAGE_INFO, "asking every endpoint now");
	return STATUS_OK;
}

static enum status run_redraw(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	(void)err;
	ui->redraw = true;
	return STATUS_OK;
}

static enum status run_utc(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	(void)err;
	ui_set_utc(ui, !ui_utc(ui));
	ui_message(ui, MESSAGE_INFO, ui_utc(ui) ? "times are UTC" : "times are local");
	return STATUS_OK;
}

static enum status run_theme(struct ui *ui, const char *args, struct error *err)
{
	struct theme theme;
	struct error why = {0};
	enum status status = theme_load(args, &theme, &why);
	if (status == STATUS_OK || status == STATUS_INVALID)
		ui_set_theme(ui, &theme);
	if (status == STATUS_INVALID)
		ui_message(ui, MESSAGE_WARNING, why.text);
	else if (status != STATUS_OK)
		return error_set(err, status, "%s", why.text);
	return STATUS_OK;
}

static void complete_theme(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	(void)ui;
	(void)args;
	theme_names(offer, arg);
}

static enum status run_pause(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	(void)err;
	if (ui_paused(ui))
		ui_thaw(ui);
	else
		ui_freeze(ui);
	return STATUS_OK;
}

static const char *without_terminal(const struct ui *ui)
{
	return ui->terminal ? NULL : "there is no terminal here (scripts and --linear have none)";
}

static enum status run_mouse(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	(void)err;
	ui->mouse = !ui->mouse;
	ui_message(ui, MESSAGE_INFO, ui->mouse ? "the mouse selects rows and scrolls (Shift and the mouse select text; :mouse gives it back)" : "the mouse is the terminal's own again");
	return STATUS_OK;
}

/* --- copying and listing ---------------------------------------------------------------------- */

static void put_pager(const struct pager *pager, struct buf *out)
{
	for (size_t i = 0; i < pager->count; i++)
		buf_printf(out, "%s%s%s\n", pager->lines[i].key ? pager->lines[i].key : "", pager->lines[i].key ? "  " : "", pager->lines[i].text);
}

/* Long text as a whole, else the selected row. */
static enum status put_copied(struct ui *ui, struct buf *out, struct error *err)
{
	const struct pager *pager = pager_top(ui);
	if (pager) {
		put_pager(pager, out);
		return STATUS_OK;
	}
	const struct pane *pane = pane_or_nothing(ui, err);
	if (!pane)
		return STATUS_REFUSED;
	if (!pane_row_text(ui, pane, ui_pane_state(ui, pane->name)->index, out))
		return error_set(err, STATUS_REFUSED, "%s: nothing is selected", pane->name);
	return STATUS_OK;
}

static enum status run_list(struct ui *ui, const char *args, struct error *err)
{
	const struct pane *pane = pane_or_nothing(ui, err);
	struct buf text;
	if (!pane || (*args && run_pane(ui, args, err) != STATUS_OK))
		return STATUS_REFUSED;
	pane = ui_focused(ui);
	buf_init(&text, LIST_BYTES);
	for (size_t row = 0; pane_row_text(ui, pane, row, &text); row++)
		;
	ui_pager_open(ui, pane->heading ? pane->heading(ui) : pane->title);
	ui_pager_text(ui, ROLE_BASE, text.len ? buf_text(&text) : pane->empty(ui));
	buf_free(&text);
	return STATUS_OK;
}

static enum status run_copy(struct ui *ui, const char *args, struct error *err)
{
	struct buf text;
	buf_init(&text, COPY_BYTES);
	enum status status = STATUS_OK;
	if (*args)
		buf_puts(&text, args);
	else
		status = put_copied(ui, &text, err);
	if (status == STATUS_OK)
		status = buf_check(&text, "copy", err);
	if (status == STATUS_OK) {
		free(ui->clipboard);
		while (text.len > 0 && text.data[text.len - 1] == '\n')
			text.data[--text.len] = '\0';
		ui->clipboard = buf_take(&text);
	}
	buf_free(&text);
	return status;
}

/* --- pictures --------------------------------------------------------------------- */

/* One wrong name must not cost a file, and an observer replaces nothing at all. What a link
 * leads to is no new file either. */
static enum status may_dump(const struct ui *ui, const char *path, struct error *err)
{
	struct stat there;
	if (strcmp(path, "-") == 0)
		return ui->terminal ? error_set(err, STATUS_REFUSED, "dump: standard output is this screen (name a file)") : STATUS_OK;
	if (lstat(path, &there) == 0)
		return error_set(err, STATUS_REFUSED, "%s: exists already (name another file)", path);
	return STATUS_OK;
}

static enum status run_dump(struct ui *ui, const char *args, struct error *err)
{
	if (may_dump(ui, args, err) != STATUS_OK)
		return STATUS_REFUSED;
	struct canvas *canvas = canvas_new(ui->columns, ui->rows, ui->ascii);
	char title[80];
	ui_draw(ui, canvas);
	enum status status = dump_file(canvas, &ui->theme, text_format(title, sizeof(title), "tocsin: %s", ui_screen_entry(ui)->title), args, 0600, err);
	if (status == STATUS_OK)
		ui_messagef(ui, MESSAGE_INFO, "the screen is in %s", args);
	canvas_free(canvas);
	return status;
}

/* --- leaving ---------------------------------------------------------------------- */

/* One level back; false when there is none left. */
static bool step_back(struct ui *ui)
{
	const struct pane *pane = ui_focused(ui);
	struct pane_state *state = pane ? ui_pane_state(ui, pane->name) : NULL;
	if (ui_overlaid(ui))
		ui_overlay_close(ui);
	else if (ui->frozen)
		ui_thaw(ui);
	else if (state && *state->filter)
		state->filter[0] = '\0';
	else if (ui->zoomed)
		ui->zoomed = false;
	else if (ui->screen != SCREEN_BOARD)
		ui_show(ui, ui_screen_entry(ui)->back);
	else
		return false;
	return true;
}

static enum status run_back(struct ui *ui, const char *args, struct error *err)
{
	const struct pane *pane = ui_focused(ui);
	bool here = pane && pane->back && !ui_overlaid(ui) && !ui->frozen && !*ui_pane_state(ui, pane->name)->filter;
	(void)args;
	(void)err;
	if (!here || !pane->back(ui))
		step_back(ui);
	return STATUS_OK;
}

static enum status leave_now(struct ui *ui, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	ui_leave(ui);
	return STATUS_OK;
}

static enum status run_quit(struct ui *ui, const char *args, struct error *err)
{
	(void)err;
	const struct incident *open = fold_current(watch_fold(ui->watch));
	if (!open || strcmp(args, "now") == 0) {
		ui_leave(ui);
		return STATUS_OK;
	}
	char body[400];
	text_format(body, sizeof(body), "%s is still open: %s\n\nThe record keeps everything; the next start resumes here.", open->id, open->title);
	ui_dialog(ui, &(struct dialog){.title = "Leave the war room?", .body = body, .accept = "Leave", .yes = leave_now});
	return STATUS_OK;
}

static enum status run_close(struct ui *ui, const char *args, struct error *err)
{
	return step_back(ui) ? STATUS_OK : run_quit(ui, args, err);
}

/* --- the table ---------------------------------------------------------------------- */

const struct request requests_builtin[] = {
	{.name = "help", .keys = "? F1", .args = "[COMMAND]", .while_paused = true, .hint = "help", .everywhere = true, .run = run_help, .complete = complete_request, .help = "Shows the keys of this screen, then those of all screens; with a command, that one."},
	{.name = "command", .keys = ":", .args = "[TEXT]", .while_paused = true, .hint = "command", .everywhere = true, .run = run_command, .complete = complete_request, .help = "Opens the command line: Tab completes, Up recalls, and the start of a name is enough."},
	{.name = "filter", .keys = "/", .args = "[TEXT]", .hint = "filter", .everywhere = true, .run = run_filter, .help = "Shows only the rows that contain the text, or with \"!\" before it those that do not; searches in long text."},
	{.name = "next-match", .keys = "n", .args = "", .everywhere = true, .run = run_next_match, .help = "Goes to the next match."},
	{.name = "previous-match", .keys = "N", .args = "", .everywhere = true, .run = run_previous_match, .help = "Goes to the match before."},
	{.name = "open", .keys = "Enter", .args = "[ROW]", .run = run_open, .help = "Opens the selected row."},
	{.name = "back", .keys = "Esc", .args = "", .while_paused = true, .everywhere = true, .run = run_back, .help = "Goes back one level: overlay, filter, zoom, screen; where a command's output is read, it ends the command first."},
	{.name = "close", .keys = "q", .args = "", .while_paused = true, .hint = "back", .everywhere = true, .run = run_close, .help = "Goes back one level too, and from the board out of the program."},
	{.name = "quit", .keys = "C-c", .args = "[now]", .while_paused = true, .everywhere = true, .run = run_quit, .help = "Leaves; asks first while an incident is open, unless told \"now\"."},
	{.name = "up", .keys = "k Up", .args = "", .everywhere = true, .run = run_up, .help = "One row up."},
	{.name = "down", .keys = "j Down", .args = "", .everywhere = true, .run = run_down, .help = "One row down."},
	{.name = "page-up", .keys = "PageUp", .args = "", .everywhere = true, .run = run_page_up, .help = "One page up."},
	{.name = "page-down", .keys = "PageDown Space", .args = "", .everywhere = true, .run = run_page_down, .help = "One page down."},
	{.name = "half-up", .keys = "C-u", .args = "", .everywhere = true, .run = run_half_up, .help = "Half a page up."},
	{.name = "half-down", .keys = "C-d", .args = "", .everywhere = true, .run = run_half_down, .help = "Half a page down."},
	{.name = "first", .keys = "g Home", .args = "", .everywhere = true, .run = run_first, .help = "To the first row."},
	{.name = "last", .keys = "G End", .args = "", .everywhere = true, .run = run_last, .help = "To the last row; a timeline then follows what is new."},
	{.name = "next-pane", .keys = "Tab l Right", .args = "", .run = run_next_pane, .help = "To the next pane."},
	{.name = "previous-pane", .keys = "S-Tab h Left", .args = "", .run = run_previous_pane, .help = "To the pane before."},
	{.name = "pane", .keys = "1 2 3 4 5 6 7 8 9", .args = "NUMBER|NAME", .key_is_args = true, .run = run_pane, .complete = complete_pane, .help = "To the pane of that number."},
	{.name = "zoom", .keys = "z", .args = "", .run = run_zoom, .help = "Gives the focused pane the whole screen, or takes it back."},
	{.name = "refresh", .keys = "r", .args = "", .run = run_refresh, .help = "Asks every endpoint now instead of at its next turn."},
	{.name = "redraw", .keys = "C-l", .args = "", .while_paused = true, .everywhere = true, .run = run_redraw, .help = "Paints the whole screen anew."},
	{.name = "utc", .keys = "U", .args = "", .run = run_utc, .help = "Switches all times between UTC and local."},
	{.name = "messages", .keys = "M", .args = "", .while_paused = true, .run = run_messages, .help = "Shows all messages since the start, with their times."},
	{.name = "pause", .keys = "p Z", .args = "", .while_paused = true, .run = run_pause, .help = "Stops the screen as it is, and lets it go on; watching and recording never stop."},
	{.name = "copy", .keys = "y", .args = "[TEXT]", .everywhere = true, .run = run_copy, .unavailable = without_terminal, .help = "Copies the selected row, or the whole of a long text, to the clipboard of the terminal, over SSH too."},
	{.name = "list", .keys = "", .args = "[NUMBER|NAME]", .run = run_list, .complete = complete_pane, .help = "Shows all rows of a pane as text, to read, to search and to copy."},
	{.name = "mouse", .keys = "", .args = "", .run = run_mouse, .unavailable = without_terminal, .help = "Lets the mouse select rows and scroll, or gives it back to the terminal, which selects text with it."},
	{.name = "theme", .keys = "", .args = "NAME|PATH", .run = run_theme, .complete = complete_theme, .help = "Changes the colours."},
	{.name = "dump", .keys = "", .args = "FILE", .run = run_dump, .help = "Writes the screen to a new file: as a picture when its name ends in .svg, else as text."},
	{.name = NULL},
};
