/* The table of screens. */
#include "ui/ui.h"

static void draw_plain(struct ui *ui, struct area area)
{
	const struct world *world = watch_world(ui_watch(ui));
	area_fit(area, 1, 0, area.columns - 2, ROLE_TITLE, ATTR_BOLD, world_network(world));
	ui_draw_hints(ui, area_inside(area, 0, area.rows - 1, area.columns, 1));
}

const struct screen_entry screens[SCREEN_COUNT] = {
	[SCREEN_BOARD] = {.name = "board", .title = "Board", .scope = SCOPE_BOARD, .draw = draw_plain, .back = SCREEN_BOARD},
	[SCREEN_INCIDENT] = {.name = "incident", .title = "Incident", .scope = SCOPE_INCIDENT, .draw = draw_plain, .back = SCREEN_BOARD},
	[SCREEN_TIMELINE] = {.name = "timeline", .title = "Timeline", .scope = SCOPE_TIMELINE, .draw = draw_plain, .back = SCREEN_INCIDENT},
	[SCREEN_REVIEW] = {.name = "review", .title = "Review", .scope = SCOPE_REVIEW, .draw = draw_plain, .back = SCREEN_INCIDENT},
};
