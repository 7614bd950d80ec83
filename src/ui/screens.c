/* The table of screens, and where their panes stand. */
#include "base/mem.h"
#include "ui/header.h"
#include "ui/panes.h"
#include "ui/steps.h"
#include "ui/ui.h"

/* From this width on the incident screen has a column for what is affected, and why. */
enum { TWO_COLUMNS = 110 };

/* Header and hints; returns what is left for panes. */
static struct area draw_frame(struct ui *ui, struct area area)
{
	draw_header(ui, area_inside(area, 0, 0, area.columns, HEADER_ROWS));
	ui_draw_hints(ui, area_inside(area, 0, area.rows - 1, area.columns, 1));
	return area_inside(area, 0, HEADER_ROWS, area.columns, area.rows - HEADER_ROWS - 1);
}

/* What is watched beside the chain, two panes in a row; those of nothing are left out. */
static size_t add_outer_rows(const struct ui *ui, struct pane_row *rows, size_t count)
{
	static const struct pane *const panes[] = {&pane_lanes, &pane_feeds, &pane_pods, &pane_workloads, &pane_alerts, &pane_probes};
	size_t cells = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(panes); i++) {
		if (!pane_wanted(ui, panes[i]))
			continue;
		if (cells % 2 == 0)
			rows[count++] = (struct pane_row){.weight = 0};
		rows[count - 1].cells[cells++ % 2] = (struct pane_cell){panes[i], 1};
	}
	return count;
}

static void draw_board(struct ui *ui, struct area area)
{
	struct pane_row rows[PANE_ROWS] = {
		{.weight = 1, .cells = {{&pane_nodes, 11}, {&pane_validators, 9}}},
	};
	size_t count = add_outer_rows(ui, rows, 1);
	rows[count++] = (struct pane_row){.weight = 0, .cells = {{&pane_proposals, 1}}};
	rows[count++] = (struct pane_row){.weight = 2, .cells = {{&pane_timeline, 1}}};
	panes_draw(ui, draw_frame(ui, area), rows, count);
}

/* The runbook begins at the step that is due, not at its first. */
static void select_due_step(struct ui *ui)
{
	const struct incident *incident = ui_incident(ui);
	const struct runbook *runbook = incident && incident->runbook[0] ? watch_runbook(ui_watch(ui), incident->id, NULL) : NULL;
	const char *due = runbook ? current_step(incident, runbook) : NULL;
	if (due && !ui_pane_state(ui, pane_runbook.name)->chosen)
		pane_select(ui, &pane_runbook, due);
}

/* Narrow: one above the other, and what matters least collapses to its top line: output,
 * evidence, affected, then the gate. */
static void draw_incident_narrow(struct ui *ui, struct area area)
{
	static const struct pane_row rows[] = {
		{.weight = 2, .cells = {{&pane_runbook, 11}, {&pane_affected, 9}}},
		{.weight = 0, .cells = {{&pane_gate, 1}}},
		{.weight = 0, .cells = {{&pane_evidence, 1}}},
		{.weight = 2, .cells = {{&pane_timeline, 1}}},
		{.weight = 1, .cells = {{&pane_output, 1}}},
	};
	panes_draw(ui, area, rows, ARRAY_LENGTH(rows));
}

/* Wide: the work on the left, on the right what it is about and what it still needs. */
static void draw_incident_wide(struct ui *ui, struct area area)
{
	static const struct pane_row left[] = {{.weight = 1, .cells = {{&pane_runbook, 1}}}};
	static const struct pane_row right[] = {
		{.weight = 0, .cells = {{&pane_affected, 1}}},
		{.weight = 0, .cells = {{&pane_gate, 1}}},
		{.weight = 1, .cells = {{&pane_evidence, 1}}},
	};
	static const struct pane_row below[] = {{.weight = 1, .cells = {{&pane_timeline, 3}, {&pane_output, 2}}}};
	int columns = area.columns * 11 / 20, rows = area.rows * 3 / 5;
	panes_draw(ui, area_inside(area, 0, 0, columns, rows), left, ARRAY_LENGTH(left));
	panes_draw(ui, area_inside(area, columns, 0, area.columns - columns, rows), right, ARRAY_LENGTH(right));
	panes_draw(ui, area_inside(area, 0, rows, area.columns, area.rows - rows), below, ARRAY_LENGTH(below));
}

static void draw_incident(struct ui *ui, struct area area)
{
	area = draw_frame(ui, area);
	select_due_step(ui);
	if (area.columns < TWO_COLUMNS || ui_zoomed(ui))
		draw_incident_narrow(ui, area);
	else
		draw_incident_wide(ui, area);
}

static void draw_timeline(struct ui *ui, struct area area)
{
	static const struct pane_row rows[] = {{.weight = 1, .cells = {{&pane_timeline, 1}}}};
	panes_draw(ui, draw_frame(ui, area), rows, ARRAY_LENGTH(rows));
}

static void draw_review(struct ui *ui, struct area area)
{
	static const struct pane_row rows[] = {
		{.weight = 2, .cells = {{&pane_sections, 1}}},
		{.weight = 0, .cells = {{&pane_actions, 1}}},
		{.weight = 0, .cells = {{&pane_gate, 1}}},
		{.weight = 1, .cells = {{&pane_timeline, 1}}},
	};
	panes_draw(ui, draw_frame(ui, area), rows, ARRAY_LENGTH(rows));
}

/* Narrow: one above the other. Wide: the work on the left, what leaves on the right. */
static void draw_updates(struct ui *ui, struct area area)
{
	static const struct pane_row all[] = {
		{.weight = 0, .cells = {{&pane_update, 1}}},
		{.weight = 1, .cells = {{&pane_outbox, 1}}},
		{.weight = 1, .cells = {{&pane_leaves, 1}}},
	};
	static const struct pane_row left[] = {{.weight = 0, .cells = {{&pane_update, 1}}}, {.weight = 1, .cells = {{&pane_outbox, 1}}}};
	static const struct pane_row right[] = {{.weight = 1, .cells = {{&pane_leaves, 1}}}};
	area = draw_frame(ui, area);
	if (area.columns < TWO_COLUMNS || ui_zoomed(ui)) {
		panes_draw(ui, area, all, ARRAY_LENGTH(all));
		return;
	}
	int columns = area.columns / 2;
	panes_draw(ui, area_inside(area, 0, 0, columns, area.rows), left, ARRAY_LENGTH(left));
	panes_draw(ui, area_inside(area, columns, 0, area.columns - columns, area.rows), right, ARRAY_LENGTH(right));
}

/* Who does what on the left, what is due on the right; one above the other where it is narrow. */
static void draw_room(struct ui *ui, struct area area)
{
	static const struct pane_row rows[] = {
		{.weight = 0, .cells = {{&pane_people, 1}, {&pane_clocks, 1}}},
		{.weight = 1, .cells = {{&pane_tasks, 1}}},
		{.weight = 0, .cells = {{&pane_ladder, 1}}},
		{.weight = 1, .cells = {{&pane_beliefs, 1}}},
	};
	panes_draw(ui, draw_frame(ui, area), rows, ARRAY_LENGTH(rows));
}

const struct screen_entry screens[SCREEN_COUNT] = {
	[SCREEN_BOARD] = {.name = "board", .title = "Board", .scope = SCOPE_BOARD, .draw = draw_board, .back = SCREEN_BOARD, .panes = {&pane_nodes, &pane_validators, &pane_proposals, &pane_timeline, &pane_lanes, &pane_feeds, &pane_pods, &pane_alerts, &pane_probes, &pane_workloads}},
	[SCREEN_INCIDENT] = {.name = "incident", .title = "Incident", .scope = SCOPE_INCIDENT, .draw = draw_incident, .back = SCREEN_BOARD, .panes = {&pane_runbook, &pane_affected, &pane_gate, &pane_evidence, &pane_timeline, &pane_output}},
	[SCREEN_TIMELINE] = {.name = "timeline", .title = "Timeline", .scope = SCOPE_TIMELINE, .draw = draw_timeline, .back = SCREEN_BOARD, .panes = {&pane_timeline}},
	[SCREEN_REVIEW] = {.name = "review", .title = "Review", .scope = SCOPE_REVIEW, .draw = draw_review, .back = SCREEN_INCIDENT, .panes = {&pane_sections, &pane_actions, &pane_gate, &pane_timeline}},
	[SCREEN_UPDATES] = {.name = "updates", .title = "Updates", .scope = SCOPE_UPDATES, .draw = draw_updates, .back = SCREEN_INCIDENT, .panes = {&pane_update, &pane_outbox, &pane_leaves}},
	[SCREEN_ROOM] = {.name = "room", .title = "Roles and clocks", .scope = SCOPE_ROOM, .draw = draw_room, .back = SCREEN_INCIDENT, .panes = {&pane_people, &pane_clocks, &pane_tasks, &pane_ladder, &pane_beliefs}},
};
