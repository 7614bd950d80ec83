/* The action items of the review: who does what until when. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/do.h"
#include "ui/panes.h"
#include "ui/table.h"

enum {
	OWNER,
	DUE,
	TEXT,
	TYPE,
	COLUMNS,
};

static const struct column columns[COLUMNS] = {
	[OWNER] = {.head = "owner", .width = 10, .most = 16},
	[DUE] = {.head = "due", .width = 10},
	[TEXT] = {.head = "what is done", .width = 14, .most = 200},
	[TYPE] = {.head = "type", .width = 10, .drop = 1},
};

static size_t count(const struct ui *ui)
{
	const struct incident *incident = ui_incident(ui);
	return incident ? incident->action_count : 0;
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	const struct action_item *item = &ui_incident(ui)->actions[i];
	text_format(id, PANE_ID, "%llu", (unsigned long long)item->seq);
	if (text)
		buf_printf(text, "%s %s %s", item->owner, item->due, item->text);
}

static void heads(const struct ui *ui, struct area area)
{
	struct table table;
	(void)ui;
	table_fit(&table, columns, COLUMNS, area.columns);
	table_heads(&table, area);
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	const struct action_item *item = &ui_incident(ui)->actions[i];
	struct table table;
	table_fit(&table, columns, COLUMNS, area.columns);
	table_cell(&table, area, OWNER, 0, item->owner[0] ? ROLE_ACCENT : ROLE_WARN, 0, item->owner[0] ? item->owner : "nobody");
	table_cell(&table, area, DUE, 0, item->due[0] ? ROLE_BASE : ROLE_WARN, 0, item->due[0] ? item->due : "no date");
	table_cell(&table, area, TEXT, 0, selected ? ROLE_TITLE : ROLE_BASE, 0, item->text);
	table_cell(&table, area, TYPE, 0, ROLE_DIM, 0, item->type);
}

static const char *empty(const struct ui *ui)
{
	(void)ui;
	return "none yet (:action adds one; or say in the section why none is needed)";
}

const struct pane pane_actions = {
	.name = "actions",
	.title = "Action items",
	.count = count,
	.identify = identify,
	.heads = heads,
	.row = row,
	.empty = empty,
	.min_rows = 2,
	.min_columns = 40,
	.rank = 2,
	.open = edit_action,
};
