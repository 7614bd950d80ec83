/* Tasks: who does what within which time. Open ones first. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/panes.h"
#include "ui/room.h"
#include "ui/table.h"

#include <string.h>

enum {
	NUMBER,
	OWNER,
	DUE,
	TEXT,
	COLUMNS,
};

static const struct column columns[COLUMNS] = {
	[NUMBER] = {.head = "task", .width = 4},
	[OWNER] = {.head = "owner", .width = 8, .most = 16},
	[DUE] = {.head = "time", .width = 12},
	[TEXT] = {.head = "what is done", .width = 14, .most = 200},
};

static size_t count(const struct ui *ui)
{
	const struct incident *incident = ui_incident(ui);
	return incident ? incident->task_count : 0;
}

/* Open ones in their order, then what is over, the latest first. */
static const struct task *task_at(const struct ui *ui, size_t i)
{
	const struct incident *incident = ui_incident(ui);
	for (size_t k = 0; k < incident->task_count; k++) {
		if (incident->tasks[k].state == TASK_OPEN && i-- == 0)
			return &incident->tasks[k];
	}
	for (size_t k = incident->task_count; k-- > 0;) {
		if (incident->tasks[k].state != TASK_OPEN && i-- == 0)
			return &incident->tasks[k];
	}
	return NULL;
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	const struct task *task = task_at(ui, i);
	text_format(id, PANE_ID, "T%u", task->number);
	if (text)
		buf_printf(text, "%s %s %s", id, task->owner, task->text);
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
	const struct task *task = task_at(ui, i);
	bool is_open = task->state == TASK_OPEN;
	char number[16], due[DUE_TEXT];
	struct table table;
	enum role role = is_open ? due_role(ui, task->due_us) : ROLE_DIM;
	table_fit(&table, columns, COLUMNS, area.columns);
	table_cell(&table, area, NUMBER, 0, is_open ? ROLE_BASE : ROLE_DIM, 0, text_format(number, sizeof(number), "T%u", task->number));
	table_cell(&table, area, OWNER, 0, !is_open ? ROLE_DIM : task->owner[0] ? ROLE_ACCENT
										: ROLE_WARN,
		   0, task->owner[0] ? task->owner : "nobody");
	if (is_open)
		due_text(due, ui, task->due_us);
	else
		text_format(due, sizeof(due), "%s", task->state == TASK_DONE ? "done" : "cancelled");
	table_cell(&table, area, DUE, 0, role, role == ROLE_CRIT ? ATTR_BOLD : 0, due);
	table_cell(&table, area, TEXT, 0, !is_open ? ROLE_DIM : selected ? ROLE_TITLE
									 : ROLE_BASE,
		   0, task->text);
}

static const char *empty(const struct ui *ui)
{
	(void)ui;
	return "no tasks (:task bob 15m TEXT gives one; a name and a time, never \"can someone\")";
}

/* Enter: it is done. */
static enum status close_task(struct ui *ui, const char *id, struct error *err)
{
	char line[40];
	(void)err;
	ui_prompt(ui, text_format(line, sizeof(line), "task-done %s ", id));
	return STATUS_OK;
}

const struct pane pane_tasks = {
	.name = "tasks",
	.title = "Tasks",
	.count = count,
	.identify = identify,
	.heads = heads,
	.row = row,
	.empty = empty,
	.min_rows = 3,
	.min_columns = 40,
	.rank = 1,
	.open = close_task,
};
