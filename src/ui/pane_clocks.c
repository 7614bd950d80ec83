/* What is due, and when: what is due first stands first. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/panes.h"
#include "ui/room.h"

static size_t count(const struct ui *ui)
{
	return room_clocks(ui)->count;
}

/* What :snooze takes for it. */
static const char *named(const struct running *r)
{
	return r->target[0] ? r->target : clock_kind_name(r->kind);
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	const struct running_clocks *running = room_clocks(ui);
	id[0] = '\0';
	if (i >= running->count)
		return;
	text_format(id, PANE_ID, "%s", named(&running->items[i]));
	if (text)
		buf_puts(text, running->items[i].what);
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	enum { DUE_COLUMNS = 14 };
	const struct running_clocks *running = room_clocks(ui);
	char due[DUE_TEXT];
	if (i >= running->count)
		return;
	const struct running *r = &running->items[i];
	enum role role = due_role(ui, r->due_us);
	area_fit(area, 0, 0, DUE_COLUMNS - 1, role, role == ROLE_CRIT ? ATTR_BOLD : 0, due_text(due, ui, r->due_us));
	int x = area_fit(area, DUE_COLUMNS, 0, area.columns - DUE_COLUMNS, selected ? ROLE_TITLE : ROLE_BASE, 0, r->what);
	if (r->snoozed)
		area_text(area, x, 0, ROLE_DIM, 0, "  put off");
}

static const char *empty(const struct ui *ui)
{
	return ui_incident(ui) ? "no clock runs" : "no incident is open";
}

static enum status put_off(struct ui *ui, const char *id, struct error *err)
{
	char line[80];
	(void)err;
	ui_prompt(ui, text_format(line, sizeof(line), "snooze %s 10m", id));
	return STATUS_OK;
}

const struct pane pane_clocks = {
	.name = "clocks",
	.title = "Clocks",
	.count = count,
	.identify = identify,
	.row = row,
	.empty = empty,
	.min_rows = 3,
	.min_columns = 34,
	.rank = 2,
	.open = put_off,
};
