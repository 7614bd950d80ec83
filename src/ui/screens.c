/* The table of screens, and where their panes stand. */
#include "base/mem.h"
#include "ui/header.h"
#include "ui/panes.h"
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

static void draw_board(struct ui *ui, struct area area)
{
	static const struct pane_row rows[] = {
		{.weight = 2, .cells = {{&pane_nodes, 11}, {&pane_validators, 9}}},
		{.weight = 1, .cells = {{&pane_proposals, 1}}},
		{.weight = 2, .cells = {{&pane_timeline, 1}}},
	};
	panes_draw(ui, draw_frame(ui, area), rows, ARRAY_LENGTH(rows));
}

const struct screen_entry screens[SCREEN_COUNT] = {
	[SCREEN_BOARD] = {.name = "board", .title = "Board", .scope = SCOPE_BOARD, .draw = draw_board, .back = SCREEN_BOARD,
			  .panes = {&pane_nodes, &pane_validators, &pane_proposals, &pane_timeline}},
	[SCREEN_INCIDENT] = {.name = "incident", .title = "Incident", .scope = SCOPE_INCIDENT, .draw = draw_board, .back = SCREEN_BOARD},
	[SCREEN_TIMELINE] = {.name = "timeline", .title = "Timeline", .scope = SCOPE_TIMELINE, .draw = draw_board, .back = SCREEN_INCIDENT},
	[SCREEN_REVIEW] = {.name = "review", .title = "Review", .scope = SCOPE_REVIEW, .draw = draw_board, .back = SCREEN_INCIDENT},
};
