#include "ui/overlay.h"

#include "base/mem.h"
#include "base/text.h"
#include "ui/state.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	PAGER_LINES_MAX = 20000,
	LINE_BYTES = 4096,
	DIALOG_COLUMNS = 78,
	PAGER_COLUMNS = 110,
};

struct overlay *overlay_top(struct ui *ui)
{
	return ui->overlay_count > 0 ? &ui->overlays[ui->overlay_count - 1] : NULL;
}

struct pager *pager_top(struct ui *ui)
{
	struct overlay *overlay = overlay_top(ui);
	return overlay && !overlay->is_dialog ? &overlay->pager : NULL;
}

bool ui_overlaid(const struct ui *ui)
{
	return ui->overlay_count > 0;
}

static void pager_free(struct pager *pager)
{
	for (size_t i = 0; i < pager->count; i++) {
		free(pager->lines[i].key);
		free(pager->lines[i].text);
	}
	free(pager->lines);
}

static void confirmation_free(struct confirmation *confirmation)
{
	if (confirmation->drop)
		confirmation->drop(confirmation->arg);
	free(confirmation->body);
	free(confirmation->accept);
	free(confirmation->word);
	prompt_end(&confirmation->typed);
}

void ui_overlay_close(struct ui *ui)
{
	struct overlay *overlay = overlay_top(ui);
	if (!overlay)
		return;
	/* Taken off first: what is dropped may open another. */
	struct overlay gone = *overlay;
	ui->overlay_count--;
	ui_touch(ui);
	pager_free(&gone.pager);
	if (gone.is_dialog)
		confirmation_free(&gone.confirmation);
}

void overlays_free(struct ui *ui)
{
	while (ui->overlay_count > 0)
		ui_overlay_close(ui);
}

static struct overlay *push(struct ui *ui, const char *title)
{
	if (ui->overlay_count == OVERLAYS_MAX)
		ui_overlay_close(ui);
	struct overlay *overlay = &ui->overlays[ui->overlay_count++];
	*overlay = (struct overlay){0};
	text_clean(overlay->title, sizeof(overlay->title), title, strlen(title));
	overlay->pager.matched = SIZE_MAX;
	ui_touch(ui);
	return overlay;
}

/* --- pager: content ----------------------------------------------------------- */

void ui_pager_open(struct ui *ui, const char *title)
{
	push(ui, title);
}

void ui_pager_line(struct ui *ui, enum role role, unsigned attr, const char *key, const char *text)
{
	struct pager *pager = pager_top(ui);
	char clean[LINE_BYTES];
	if (!pager || pager->count >= PAGER_LINES_MAX)
		return;
	pager->lines = mem_grow(pager->lines, &pager->capacity, pager->count, sizeof(*pager->lines));
	text_clean(clean, sizeof(clean), text, strlen(text));
	pager->lines[pager->count++] = (struct pager_line){.role = role, .attr = attr, .key = key ? xstrdup(key) : NULL, .text = xstrdup(clean)};
	if (key && text_width(key) + 2 > pager->key_columns)
		pager->key_columns = text_width(key) + 2;
}

void ui_pager_text(struct ui *ui, enum role role, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = xstrndup(text, len);
		ui_pager_line(ui, role, 0, NULL, line);
		free(line);
		text += len + (text[len] == '\n');
	}
}

void ui_pager_end(struct ui *ui)
{
	struct pager *pager = pager_top(ui);
	if (pager)
		pager->to_end = true;
}

/* --- pager: scrolling and searching ---------------------------------------------- */

static int clamp_top(const struct pager *pager, int top)
{
	int greatest = pager->rows > pager->page ? pager->rows - pager->page : 0;
	return top < 0 ? 0 : (top > greatest ? greatest : top);
}

void pager_scroll(struct pager *pager, int rows)
{
	pager->top = clamp_top(pager, pager->top + rows);
}

void pager_scroll_to(struct pager *pager, bool end)
{
	pager->top = clamp_top(pager, end ? pager->rows : 0);
}

static bool line_matches(const struct pager *pager, size_t i)
{
	const struct pager_line *line = &pager->lines[i];
	return text_contains(line->text, pager->search) || (line->key && text_contains(line->key, pager->search));
}

void pager_next_match(struct pager *pager, bool forward)
{
	size_t count = pager->count, at = pager->matched;
	if (at == SIZE_MAX)
		at = forward ? count - 1 : 0;
	for (size_t tried = 0; tried < count; tried++) {
		at = (at + (forward ? 1 : count - 1)) % count;
		if (line_matches(pager, at)) {
			pager->matched = at;
			pager->to_match = true;
			return;
		}
	}
	pager->matched = SIZE_MAX;
}

void pager_search(struct pager *pager, const char *text)
{
	text_format(pager->search, sizeof(pager->search), "%s", text);
	pager->matched = SIZE_MAX;
	if (*text)
		pager_next_match(pager, true);
}

/* --- pager: drawing ---------------------------------------------------------------- */

/* Wrapping a long text for each frame would cost more than the rest of it. */
static int line_rows(const struct pager *pager, struct pager_line *line, int columns)
{
	int room = columns - (line->key ? pager->key_columns : 0);
	if (line->columns != room || room <= 0) {
		int rows = area_wrap_rows(room, line->text);
		line->columns = room;
		line->rows = rows > 0 ? rows : 1;
	}
	return line->rows;
}

static void draw_line(const struct pager *pager, size_t i, struct area area, int y)
{
	struct pager_line *line = &pager->lines[i];
	bool matches = *pager->search && line_matches(pager, i);
	int x = line->key ? pager->key_columns : 0;
	int rows = line_rows(pager, line, area.columns);
	for (int row = 0; row < rows && matches; row++)
		area_back(area, 0, y + row, area.columns, ROLE_SELECTION);
	if (line->key)
		area_text(area, 0, y, line->role == ROLE_DIM ? ROLE_DIM : ROLE_KEY, ATTR_BOLD, line->key);
	area_wrap(area, x, y, area.columns - x, rows, line->role, line->attr, line->text);
	if (i == pager->matched)
		area_cursor(area, 0, y);
}

/* Sets the sizes for this width, and where the view begins. */
static void place_view(struct pager *pager, struct area area)
{
	pager->page = area.rows;
	pager->rows = 0;
	int matched_row = -1;
	for (size_t i = 0; i < pager->count; i++) {
		if (i == pager->matched)
			matched_row = pager->rows;
		pager->rows += line_rows(pager, &pager->lines[i], area.columns);
	}
	if (pager->to_end)
		pager->top = pager->rows;
	if (pager->to_match && matched_row >= 0 && (matched_row < pager->top || matched_row >= pager->top + pager->page))
		pager->top = matched_row - pager->page / 3;
	pager->to_end = pager->to_match = false;
	pager->top = clamp_top(pager, pager->top);
}

static size_t count_matches(const struct pager *pager)
{
	size_t matches = 0;
	for (size_t i = 0; i < pager->count; i++)
		matches += line_matches(pager, i);
	return matches;
}

static void draw_pager_foot(const struct pager *pager, struct area box)
{
	char where[80], found[120] = "";
	int last = pager->top + pager->page < pager->rows ? pager->top + pager->page : pager->rows;
	text_format(where, sizeof(where), " %d-%d of %d ", pager->rows ? pager->top + 1 : 0, last, pager->rows);
	if (*pager->search)
		text_format(found, sizeof(found), " /%s  %zu lines, n N ", pager->search, count_matches(pager));
	const struct part parts[] = {{ROLE_PROMPT, 0, found}, {ROLE_DIM, 0, where}};
	const struct part keys[] = {{ROLE_KEY, ATTR_BOLD, " q"}, {ROLE_DIM, 0, " back "}};
	int x = area_parts(box, 2, box.rows - 1, keys, ARRAY_LENGTH(keys));
	area_parts_right(box, x, box.columns - 2, box.rows - 1, parts, ARRAY_LENGTH(parts));
}

static void draw_frame(struct area box, const char *title, enum role role)
{
	area_fill(box, ROLE_BASE);
	area_box(box, role);
	int x = area_text(box, 1, 0, ROLE_TITLE, ATTR_BOLD, " ");
	x = area_fit(box, x, 0, box.columns - 4, ROLE_TITLE, ATTR_BOLD, title);
	area_text(box, x, 0, ROLE_TITLE, ATTR_BOLD, " ");
}

static void draw_pager(struct overlay *overlay, struct area area)
{
	struct pager *pager = &overlay->pager;
	int columns = area.columns > PAGER_COLUMNS + 8 ? PAGER_COLUMNS : area.columns;
	struct area box = area_inside(area, (area.columns - columns) / 2, 0, columns, area.rows > 3 ? area.rows - 1 : area.rows);
	struct area inner = area_inside(box, 2, 1, box.columns - 4, box.rows - 2);
	draw_frame(box, overlay->title, ROLE_BORDER_FOCUS);
	if (inner.rows <= 0 || inner.columns <= 0)
		return;
	place_view(pager, inner);
	area_cursor(inner, 0, 0);
	int row = 0;
	for (size_t i = 0; i < pager->count && row < pager->top + pager->page; i++) {
		int rows = line_rows(pager, &pager->lines[i], inner.columns);
		if (row + rows > pager->top)
			draw_line(pager, i, inner, row - pager->top);
		row += rows;
	}
	draw_pager_foot(pager, box);
}

/* --- dialog ----------------------------------------------------------------------- */

void ui_dialog(struct ui *ui, const struct dialog *dialog)
{
	struct overlay *overlay = push(ui, dialog->title);
	overlay->is_dialog = true;
	overlay->confirmation = (struct confirmation){
		.body = xstrdup(dialog->body),
		.accept = xstrdup(dialog->accept),
		.word = dialog->word ? xstrdup(dialog->word) : NULL,
		.danger = dialog->danger,
		.yes = dialog->yes,
		.drop = dialog->drop,
		.arg = dialog->arg,
	};
	prompt_begin(&overlay->confirmation.typed, "");
}

/* Draws the body from its row `top` and returns all its rows: an empty area measures it. */
static int draw_body(const char *body, struct area area, int columns, int top)
{
	int row = 0;
	while (*body) {
		size_t len = strcspn(body, "\n");
		char *line = xstrndup(body, len);
		bool code = strncmp(line, "$ ", 2) == 0;
		int rows = area_wrap_rows(columns, line);
		rows = rows > 0 ? rows : 1;
		for (int i = 0; i < rows && code; i++)
			area_back(area, 0, row + i - top, columns, ROLE_CODE);
		area_wrap(area, 0, row - top, columns, rows, code ? ROLE_CODE : ROLE_BASE, 0, line);
		row += rows;
		free(line);
		body += len + (body[len] == '\n');
	}
	return row;
}

static void draw_buttons(const struct confirmation *c, struct area box, int y)
{
	enum role accept_role = c->danger ? ROLE_CRIT : ROLE_ACCENT;
	unsigned on = ATTR_REVERSE | ATTR_BOLD;
	int x = 2, cancel = x;
	if (c->word) {
		struct area line = area_inside(box, 2, y, box.columns - 4, 1);
		char label[160];
		text_format(label, sizeof(label), "Type %s, then Enter: ", c->word);
		prompt_draw(&c->typed, label, line);
		return;
	}
	x = area_text(box, x, y, ROLE_BASE, c->on_accept ? 0 : on, c->on_accept ? "  Cancel  " : "> Cancel <");
	int accept = x += 2;
	x = area_text(box, x, y, accept_role, c->on_accept ? on : 0, c->on_accept ? "> " : "  ");
	x = area_text(box, x, y, accept_role, c->on_accept ? on : ATTR_BOLD, c->accept);
	x = area_text(box, x, y, accept_role, c->on_accept ? on : 0, c->on_accept ? " <" : "  ");
	const struct part keys[] = {{ROLE_KEY, ATTR_BOLD, "y"}, {ROLE_DIM, 0, " confirms  "}, {ROLE_KEY, ATTR_BOLD, "Esc"}, {ROLE_DIM, 0, " cancels"}};
	area_parts_right(box, x + 2, box.columns - 2, y, keys, ARRAY_LENGTH(keys));
	area_cursor(box, c->on_accept ? accept : cancel, y);
}

static void draw_dialog(struct ui *ui, struct overlay *overlay, struct area area)
{
	struct confirmation *c = &overlay->confirmation;
	int columns = area.columns > DIALOG_COLUMNS ? DIALOG_COLUMNS : area.columns;
	c->rows = draw_body(c->body, area_inside(area, 0, 0, 0, 0), columns - 4, 0);
	int rows = c->rows + 4 < area.rows ? c->rows + 4 : area.rows;
	struct area box = area_inside(area, (area.columns - columns) / 2, (area.rows - rows) / 2, columns, rows);
	struct area inner = area_inside(box, 2, 1, box.columns - 4, box.rows - 4);
	c->page = inner.rows;
	c->top = c->top > c->rows - c->page ? c->rows - c->page : c->top;
	c->top = c->top < 0 ? 0 : c->top;
	draw_frame(box, overlay->title, c->danger ? ROLE_CRIT : ROLE_BORDER_FOCUS);
	draw_body(c->body, inner, inner.columns, c->top);
	draw_buttons(c, box, box.rows - 2);
	c->read = c->read || c->top + c->page >= c->rows;
	if (c->top + c->page < c->rows)
		area_right(box, box.columns - 2, box.rows - 3, ROLE_WARN, ATTR_BOLD, "more below: Down");
	if (!c->seen)
		ui->flush = true;
	c->seen = true;
}

static void confirm(struct ui *ui, struct confirmation *c)
{
	if (!c->read) {
		ui_message(ui, MESSAGE_WARNING, "there is more to read before you confirm (Down)");
		return;
	}
	/* Closed before it runs, so that what runs may open the next one; its argument
	 * is dropped only afterwards. */
	struct error err = {0};
	struct overlay gone = ui->overlays[--ui->overlay_count];
	if (gone.confirmation.yes(ui, gone.confirmation.arg, &err) != STATUS_OK)
		ui_message(ui, MESSAGE_ERROR, err.text);
	confirmation_free(&gone.confirmation);
	pager_free(&gone.pager);
}

static void cancel(struct ui *ui)
{
	ui_overlay_close(ui);
	ui_message(ui, MESSAGE_INFO, "cancelled, nothing was done");
}

static void word_key(struct ui *ui, struct confirmation *c, const char *key)
{
	if (prompt_key(&c->typed, key) != PROMPT_ACCEPTED)
		return;
	if (strcmp(c->typed.text, c->word) == 0)
		confirm(ui, c);
	else
		ui_messagef(ui, MESSAGE_WARNING, "not confirmed: that is not %s", c->word);
}

void dialog_key(struct ui *ui, const char *key)
{
	static const struct {
		const char *key;
		int direction; /* in pages when 2 */
	} scrolls[] = {{"Up", -1}, {"Down", 1}, {"PageUp", -2}, {"PageDown", 2}};
	struct confirmation *c = &overlay_top(ui)->confirmation;
	if (!c->seen)
		return;
	if (strcmp(key, "Esc") == 0 || strcmp(key, "C-c") == 0) {
		cancel(ui);
		return;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(scrolls); i++) {
		if (strcmp(key, scrolls[i].key) == 0) {
			c->top += scrolls[i].direction == 2 ? c->page : (scrolls[i].direction == -2 ? -c->page : scrolls[i].direction);
			return;
		}
	}
	if (c->word)
		word_key(ui, c, key);
	else if (strcmp(key, "y") == 0)
		confirm(ui, c);
	else if (strcmp(key, "n") == 0 || strcmp(key, "q") == 0)
		cancel(ui);
	else if (strcmp(key, "Tab") == 0 || strcmp(key, "S-Tab") == 0 || strcmp(key, "Left") == 0 || strcmp(key, "Right") == 0)
		c->on_accept = !c->on_accept;
	else if (strcmp(key, "Enter") == 0 && c->on_accept)
		confirm(ui, c);
	else if (strcmp(key, "Enter") == 0)
		cancel(ui);
}

void dialog_paste(struct ui *ui, const char *text)
{
	struct confirmation *c = &overlay_top(ui)->confirmation;
	if (c->word && c->seen)
		prompt_insert(&c->typed, text, strlen(text));
}

/* --- all of them --------------------------------------------------------------------- */

void overlays_draw(struct ui *ui, struct area area)
{
	size_t top_pager = 0;
	for (size_t i = 0; i < ui->overlay_count; i++)
		top_pager = ui->overlays[i].is_dialog ? top_pager : i;
	for (size_t i = 0; i < ui->overlay_count; i++) {
		/* Pagers have one place, so that only the last of them is seen. */
		if (!ui->overlays[i].is_dialog && i < top_pager)
			continue;
		area.canvas->cursor_x = area.canvas->cursor_y = -1;
		if (ui->overlays[i].is_dialog)
			draw_dialog(ui, &ui->overlays[i], area);
		else
			draw_pager(&ui->overlays[i], area);
	}
}
