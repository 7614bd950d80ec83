#include "ui/pane.h"

#include "base/mem.h"
#include "base/text.h"
#include "ui/ui.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	FRAME_ROWS = 2,
	MARK_COLUMNS = 3,
	ROW_TEXT_BYTES = 4096,
	ROW_TEXT_COLUMNS = 160,
	DEFAULT_MIN_COLUMNS = 38,
};

/* The rows of a pane that pass its filter. */
struct listing {
	size_t *rows; /* NULL: all of them, in their order */
	size_t count, total;
};

static size_t listing_at(const struct listing *listing, size_t position)
{
	return listing->rows ? listing->rows[position] : position;
}

bool filter_matches(const char *filter, const char *text)
{
	if (*filter == '!')
		return filter[1] == '\0' || !text_contains(text, filter + 1);
	return *filter == '\0' || text_contains(text, filter);
}

static struct listing list_rows(struct ui *ui, const struct pane *pane)
{
	struct pane_state *state = ui_pane_state(ui, pane->name);
	struct listing listing = {.total = pane->count(ui)};
	listing.count = listing.total;
	if (*state->filter && listing.total > 0) {
		char id[PANE_ID];
		struct buf text;
		buf_init(&text, ROW_TEXT_BYTES);
		listing.rows = xcalloc(listing.total, sizeof(*listing.rows));
		listing.count = 0;
		for (size_t i = 0; i < listing.total; i++) {
			buf_clear(&text);
			pane->identify(ui, i, id, &text);
			if (filter_matches(state->filter, buf_text(&text)))
				listing.rows[listing.count++] = i;
		}
		buf_free(&text);
	}
	state->shown = listing.count;
	state->total = listing.total;
	return listing;
}

/* --- selection by identity ------------------------------------------------------- */

static bool is_row(const struct ui *ui, const struct pane *pane, const struct listing *listing, size_t position, const char *wanted)
{
	char id[PANE_ID] = "";
	pane->identify(ui, listing_at(listing, position), id, NULL);
	return strcmp(id, wanted) == 0;
}

static void select_position(struct ui *ui, const struct pane *pane, const struct listing *listing, size_t position)
{
	struct pane_state *state = ui_pane_state(ui, pane->name);
	if (listing->count == 0)
		return;
	state->index = position;
	state->at_end = position + 1 == listing->count;
	pane->identify(ui, listing_at(listing, position), state->selected, NULL);
}

/* Where the selected row is now; a row that vanished gives way to its neighbour, and a
 * pane that follows goes with its end. The count when there are no rows. */
static size_t find_selected(struct ui *ui, const struct pane *pane, const struct listing *listing)
{
	struct pane_state *state = ui_pane_state(ui, pane->name);
	size_t count = listing->count, found = state->index;
	if (count == 0)
		return 0;
	bool begins = !state->chosen;
	if (pane->follows && (begins || state->at_end)) {
		found = count - 1;
	} else if (begins) {
		found = 0;
	} else if (found >= count || !is_row(ui, pane, listing, found, state->selected)) {
		size_t i = 0;
		while (i < count && !is_row(ui, pane, listing, i, state->selected))
			i++;
		found = i < count ? i : found < count ? found
						      : count - 1;
	}
	select_position(ui, pane, listing, found);
	return found;
}

void pane_move(struct ui *ui, const struct pane *pane, long rows)
{
	struct listing listing = list_rows(ui, pane);
	size_t at = find_selected(ui, pane, &listing);
	if (rows < 0)
		at = (size_t)-rows > at ? 0 : at - (size_t)-rows;
	else
		at = at + (size_t)rows >= listing.count ? (listing.count ? listing.count - 1 : 0) : at + (size_t)rows;
	select_position(ui, pane, &listing, at);
	ui_pane_state(ui, pane->name)->chosen = true;
	free(listing.rows);
	ui_touch(ui);
}

void pane_move_to(struct ui *ui, const struct pane *pane, bool last)
{
	struct listing listing = list_rows(ui, pane);
	select_position(ui, pane, &listing, last && listing.count ? listing.count - 1 : 0);
	ui_pane_state(ui, pane->name)->chosen = true;
	free(listing.rows);
	ui_touch(ui);
}

void pane_select(struct ui *ui, const struct pane *pane, const char *id)
{
	struct pane_state *state = ui_pane_state(ui, pane->name);
	text_format(state->selected, sizeof(state->selected), "%s", id);
	state->at_end = false;
	state->chosen = true;
	ui_touch(ui);
}

/* --- drawing --------------------------------------------------------------------- */

static int row_height(const struct ui *ui, const struct pane *pane, size_t i, bool selected, int columns)
{
	int height = pane->height ? pane->height(ui, i, selected, columns) : 1;
	return height > 0 ? height : 1;
}

/* Moves the top so that the selected row is seen whole and no room is wasted. */
static void scroll_to(const struct ui *ui, const struct pane *pane, struct pane_state *state, const struct listing *listing, size_t selected, struct area area)
{
	int used = 0;
	size_t first = selected;
	for (;; first--) {
		used += row_height(ui, pane, listing_at(listing, first), first == selected, area.columns);
		if (used > area.rows && first < selected) {
			first++;
			break;
		}
		if (first == 0 || used > area.rows)
			break;
	}
	/* `first` is the highest top that still shows the selected row. */
	if (state->top > selected)
		state->top = selected;
	if (state->top < first)
		state->top = first;
	used = 0;
	for (size_t i = state->top; i < listing->count && used < area.rows; i++)
		used += row_height(ui, pane, listing_at(listing, i), i == selected, area.columns);
	while (state->top > 0) {
		used += row_height(ui, pane, listing_at(listing, state->top - 1), false, area.columns);
		if (used > area.rows)
			break;
		state->top--;
	}
}

static size_t draw_rows(struct ui *ui, const struct pane *pane, const struct listing *listing, struct area list, bool focused)
{
	struct pane_state *state = ui_pane_state(ui, pane->name);
	size_t selected = find_selected(ui, pane, listing);
	struct area text = area_inside(list, MARK_COLUMNS, 0, list.columns - MARK_COLUMNS - 2, list.rows);
	scroll_to(ui, pane, state, listing, selected, text);
	int y = 0;
	size_t i = state->top;
	for (; i < listing->count && y < list.rows; i++) {
		bool marked = focused && i == selected;
		int height = row_height(ui, pane, listing_at(listing, i), i == selected, text.columns);
		if (marked) {
			area_back(list, 1, y, list.columns - 2, ROLE_SELECTION);
			area_text(list, 1, y, ROLE_ACCENT, ATTR_BOLD, "›");
			area_cursor(list, 1, y);
		}
		pane->row(ui, area_inside(text, 0, y, text.columns, height), listing_at(listing, i), marked);
		y += height;
	}
	return i;
}

static void draw_empty(struct ui *ui, const struct pane *pane, const struct listing *listing, struct area list)
{
	const struct pane_state *state = ui_pane_state(ui, pane->name);
	char hidden[120];
	const char *why = hidden;
	if (listing->total > 0)
		text_format(hidden, sizeof(hidden), "filter \"%s\" hides all %zu (Esc clears it)", state->filter, listing->total);
	else
		why = pane->empty(ui);
	area_wrap(list, MARK_COLUMNS, 0, list.columns - MARK_COLUMNS - 2, list.rows, listing->total > 0 ? ROLE_WARN : ROLE_DIM, 0, why);
}

/* The frame's top line: number, title, filter, and what the pane says of itself. */
static void draw_title(struct ui *ui, const struct pane *pane, int number, struct area area)
{
	const struct pane_state *state = ui_pane_state(ui, pane->name);
	int x = area_text(area, 2, 0, ROLE_ACCENT, ATTR_BOLD, number > 0 ? " " : "");
	if (number > 0)
		x = area_printf(area, x, 0, ROLE_ACCENT, ATTR_BOLD, "%d", number);
	x = area_text(area, x, 0, ROLE_TITLE, ATTR_BOLD, " ");
	x = area_fit(area, x, 0, area.columns - x - 2, ROLE_TITLE, ATTR_BOLD, pane->heading ? pane->heading(ui) : pane->title);
	x = area_text(area, x, 0, ROLE_TITLE, 0, " ");
	if (*state->filter)
		x = area_printf(area, x, 0, ROLE_PROMPT, ATTR_BOLD, "/%s  %zu of %zu ", state->filter, state->shown, state->total);
	if (pane->status)
		pane->status(ui, area_inside(area, x, 0, area.columns - x - 2, 1));
}

static void draw_position(struct area area, const struct pane_state *state, size_t end, enum role border)
{
	char text[64];
	if (state->top == 0 && end >= state->shown)
		return;
	text_format(text, sizeof(text), " %zu-%zu of %zu ", state->top + 1, end, state->shown);
	area_right(area, area.columns - 2, area.rows - 1, border == ROLE_BORDER ? ROLE_DIM : ROLE_BASE, 0, text);
}

void pane_draw(struct ui *ui, const struct pane *pane, int number, struct area area)
{
	bool focused = ui_focused(ui) == pane;
	enum role border = focused ? ROLE_BORDER_FOCUS : ROLE_BORDER;
	struct pane_state *state = ui_pane_state(ui, pane->name);
	struct listing listing = list_rows(ui, pane);
	state->drawn.x = area.x;
	state->drawn.y = area.y;
	state->drawn.columns = area.columns;
	state->drawn.rows = area.rows;
	state->page = 0;
	if (area.rows < 3) {
		area_line(area, 0, 0, area.columns, border);
		draw_title(ui, pane, number, area);
		free(listing.rows);
		return;
	}
	area_box(area, border);
	draw_title(ui, pane, number, area);
	int heads = pane->heads ? 1 : 0;
	int rows = area.rows - FRAME_ROWS - heads;
	int foot = pane->foot_rows && pane->foot ? pane->foot_rows(ui, area.columns - MARK_COLUMNS - 2, rows) : 0;
	if (foot > rows - 1)
		foot = 0;
	struct area list = area_inside(area, 0, 1 + heads, area.columns, rows - foot);
	if (heads)
		pane->heads(ui, area_inside(area, MARK_COLUMNS, 1, area.columns - MARK_COLUMNS - 2, 1));
	if (foot)
		pane->foot(ui, area_inside(area, MARK_COLUMNS, area.rows - 1 - foot, area.columns - MARK_COLUMNS - 2, foot));
	state->page = list.rows;
	state->list_y = list.y;
	if (listing.count == 0) {
		if (focused)
			area_cursor(list, 1, 0);
		draw_empty(ui, pane, &listing, list);
	} else {
		size_t end = draw_rows(ui, pane, &listing, list, focused);
		draw_position(area, state, end, border);
	}
	free(listing.rows);
}

/* --- rows for pointers and for readers ------------------------------------------------ */

void pane_point(struct ui *ui, const struct pane *pane, int y)
{
	struct pane_state *state = ui_pane_state(ui, pane->name);
	struct listing listing = list_rows(ui, pane);
	int top = state->list_y, bottom = state->list_y + state->page;
	for (size_t i = state->top; i < listing.count && y >= top && y < bottom; i++) {
		int height = row_height(ui, pane, listing_at(&listing, i), i == state->index, state->drawn.columns - MARK_COLUMNS - 2);
		if (y < top + height) {
			select_position(ui, pane, &listing, i);
			state->chosen = true;
			break;
		}
		top += height;
	}
	free(listing.rows);
	ui_touch(ui);
}

bool pane_row_text(struct ui *ui, const struct pane *pane, size_t position, struct buf *out)
{
	struct listing listing = list_rows(ui, pane);
	bool there = position < listing.count;
	if (there) {
		size_t i = listing_at(&listing, position);
		struct canvas *canvas = canvas_new(ROW_TEXT_COLUMNS, row_height(ui, pane, i, false, ROW_TEXT_COLUMNS), ui_ascii(ui));
		canvas->spoken = true;
		pane->row(ui, canvas_area(canvas), i, false);
		canvas_squeeze(canvas, out);
		canvas_free(canvas);
	}
	free(listing.rows);
	return there;
}

/* --- layout ---------------------------------------------------------------------- */

struct slot {
	struct pane_row row;
	int rows;   /* given */
	int least;  /* below which it collapses */
	int wanted; /* to show all it has */
	int rank;   /* -1: holds the focus, never collapses */
	bool collapsed;
};

static int least_columns(const struct pane *pane)
{
	return pane->min_columns > 0 ? pane->min_columns : DEFAULT_MIN_COLUMNS;
}

static bool row_fits(const struct pane_row *row, int columns)
{
	int needed = 0;
	for (size_t i = 0; i < PANE_CELLS && row->cells[i].pane; i++)
		needed += least_columns(row->cells[i].pane);
	return needed <= columns;
}

static int wanted_rows(struct ui *ui, const struct pane *pane, int columns)
{
	size_t opened = ui_pane_state(ui, pane->name)->index;
	size_t count = pane->count(ui);
	int chrome = FRAME_ROWS + (pane->heads ? 1 : 0) + (pane->foot_rows ? pane->foot_rows(ui, columns - MARK_COLUMNS - 2, CANVAS_ROWS_MAX) : 0);
	int rows = 0;
	if (count == 0)
		return chrome + 1;
	for (size_t i = 0; i < count && rows < CANVAS_ROWS_MAX; i++)
		rows += row_height(ui, pane, i, i == opened, columns - MARK_COLUMNS - 2);
	return chrome + rows;
}

static void measure(struct ui *ui, struct slot *slot, int columns)
{
	const struct pane *focused = ui_focused(ui);
	slot->least = slot->wanted = 0;
	slot->rank = INT32_MAX;
	slot->collapsed = false;
	int cells = 0;
	while (cells < PANE_CELLS && slot->row.cells[cells].pane)
		cells++;
	for (int i = 0; i < cells; i++) {
		const struct pane *pane = slot->row.cells[i].pane;
		int least = pane->min_rows + FRAME_ROWS + (pane->heads ? 1 : 0);
		int wanted = wanted_rows(ui, pane, columns / cells);
		/* What has little to show does not need the room that it could fill. */
		least = wanted < least ? wanted : least;
		int rank = pane == focused ? -1 : pane->rank;
		slot->least = least > slot->least ? least : slot->least;
		slot->wanted = wanted > slot->wanted ? wanted : slot->wanted;
		slot->rank = rank < slot->rank ? rank : slot->rank;
	}
	if (slot->wanted < slot->least)
		slot->wanted = slot->least;
}

static size_t make_slots(struct ui *ui, int columns, const struct pane_row *rows, size_t count, struct slot slots[PANE_ROWS * PANE_CELLS])
{
	size_t made = 0;
	for (size_t i = 0; i < count && i < PANE_ROWS; i++) {
		if (row_fits(&rows[i], columns)) {
			slots[made].row = rows[i];
			measure(ui, &slots[made++], columns);
			continue;
		}
		for (size_t c = 0; c < PANE_CELLS && rows[i].cells[c].pane; c++) {
			slots[made].row = (struct pane_row){.weight = rows[i].weight, .cells = {rows[i].cells[c]}};
			measure(ui, &slots[made++], columns);
		}
	}
	return made;
}

/* Collapses the slot of the highest rank that still stands; false when none may. */
static bool collapse_one(struct slot *slots, size_t count)
{
	struct slot *worst = NULL;
	for (size_t i = 0; i < count; i++) {
		if (!slots[i].collapsed && slots[i].rank >= 0 && (!worst || slots[i].rank >= worst->rank))
			worst = &slots[i];
	}
	if (!worst)
		return false;
	worst->collapsed = true;
	return true;
}

static int total_least(const struct slot *slots, size_t count)
{
	int total = 0;
	for (size_t i = 0; i < count; i++)
		total += slots[i].collapsed ? 1 : slots[i].least;
	return total;
}

/* Hands out rows one by one, always to the slot that has least for its weight; first
 * until each shows all it has, then to those that take more by their weight. */
static void share(struct slot *slots, size_t count, int rows, bool only_wanted)
{
	while (rows > 0) {
		struct slot *poorest = NULL;
		for (size_t i = 0; i < count; i++) {
			struct slot *slot = &slots[i];
			int weight = slot->row.weight > 0 ? slot->row.weight : 1;
			if (slot->collapsed || (only_wanted ? slot->rows >= slot->wanted : slot->row.weight <= 0))
				continue;
			int poorest_weight = poorest && poorest->row.weight > 0 ? poorest->row.weight : 1;
			if (!poorest || slot->rows * poorest_weight < poorest->rows * weight)
				poorest = slot;
		}
		if (!poorest)
			return;
		poorest->rows++;
		rows--;
	}
}

static int rows_left(const struct slot *slots, size_t count, int rows)
{
	for (size_t i = 0; i < count; i++)
		rows -= slots[i].rows;
	return rows;
}

static void give_rows(struct slot *slots, size_t count, int rows)
{
	while (total_least(slots, count) > rows && collapse_one(slots, count))
		;
	/* Even top lines are too many: those of the last rows go. */
	for (size_t i = 0; i < count; i++)
		slots[i].rows = slots[i].collapsed ? 1 : slots[i].least;
	for (size_t i = count; i-- > 0 && rows_left(slots, count, rows) < 0;)
		slots[i].rows = slots[i].collapsed ? 0 : slots[i].rows;
	share(slots, count, rows_left(slots, count, rows), true);
	share(slots, count, rows_left(slots, count, rows), false);
	/* The focused pane alone may still be too tall. */
	for (size_t i = 0; i < count && rows_left(slots, count, rows) < 0; i++) {
		int over = -rows_left(slots, count, rows);
		slots[i].rows -= over < slots[i].rows ? over : slots[i].rows;
	}
}

bool pane_wanted(const struct ui *ui, const struct pane *pane)
{
	return !pane->wanted || pane->wanted(ui);
}

static int pane_number(const struct ui *ui, const struct pane *pane)
{
	const struct pane *const *panes = ui_screen_entry(ui)->panes;
	for (int i = 0; i < 9 && panes[i]; i++) {
		if (panes[i] == pane)
			return i + 1;
	}
	return 0;
}

/* Where cell i ends: its share of the width, as long as it and those right of it get
 * the least they need. */
static int cell_right(const struct slot *slot, size_t i, int left, int columns)
{
	int total = 0, before = 0, others = 0;
	for (size_t c = 0; c < PANE_CELLS && slot->row.cells[c].pane; c++) {
		int weight = slot->row.cells[c].weight > 0 ? slot->row.cells[c].weight : 1;
		total += weight;
		before += c <= i ? weight : 0;
		others += c > i ? least_columns(slot->row.cells[c].pane) : 0;
	}
	int right = columns * before / total;
	int lowest = left + least_columns(slot->row.cells[i].pane);
	right = right < lowest ? lowest : right;
	right = right > columns - others ? columns - others : right;
	return others == 0 ? columns : right;
}

static void draw_slot(struct ui *ui, const struct slot *slot, struct area area)
{
	int left = 0;
	for (size_t i = 0; i < PANE_CELLS && slot->row.cells[i].pane; i++) {
		const struct pane *pane = slot->row.cells[i].pane;
		int right = cell_right(slot, i, left, area.columns);
		pane_draw(ui, pane, pane_number(ui, pane), area_inside(area, left, 0, right - left, area.rows));
		left = right;
	}
}

void panes_draw(struct ui *ui, struct area area, const struct pane_row *rows, size_t count)
{
	const struct pane *focused = ui_focused(ui);
	struct slot slots[PANE_ROWS * PANE_CELLS];
	if (ui_zoomed(ui) && focused) {
		pane_draw(ui, focused, pane_number(ui, focused), area);
		return;
	}
	size_t made = make_slots(ui, area.columns, rows, count, slots);
	give_rows(slots, made, area.rows);
	int y = 0;
	for (size_t i = 0; i < made; i++) {
		if (slots[i].rows > 0)
			draw_slot(ui, &slots[i], area_inside(area, 0, y, area.columns, slots[i].rows));
		y += slots[i].rows;
	}
}
