/* What the incident affects: its components, and what merely follows from them. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/detail.h"
#include "ui/panes.h"
#include "ui/table.h"
#include "ui/words.h"

#include <string.h>

enum {
	STATE,
	NAME,
	SORT,
	REASON,
	PAST,
	COLUMNS,
};
enum {
	NAME_MOST = 26,
	PAST_MOST = 14,
};

static size_t sick_count(const struct ui *ui)
{
	const struct incident *incident = ui_incident(ui);
	return incident ? incident->component_count : 0;
}

static size_t count(const struct ui *ui)
{
	const struct proposal *p = incident_proposal(ui, ui_incident(ui));
	return sick_count(ui) + (p ? p->consequence_count : 0);
}

static const char *id_at(const struct ui *ui, size_t i)
{
	size_t sick = sick_count(ui);
	return i < sick ? ui_incident(ui)->components[i] : incident_proposal(ui, ui_incident(ui))->consequences[i - sick];
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	const struct component *c = world_find(watch_world(ui_watch(ui)), id_at(ui, i));
	text_format(id, PANE_ID, "%s", id_at(ui, i));
	if (text)
		buf_printf(text, "%s %s %s", id, c ? component_word(c).text : "", c ? c->reason : "");
}

/* The longest name, so that names go in full as long as there is room. */
static int longest_name(const struct ui *ui)
{
	int columns = 8;
	for (size_t i = 0; i < count(ui); i++) {
		char name[CALLED_TEXT];
		int width = text_width(component_called(name, ui, id_at(ui, i)));
		columns = width > columns ? width : columns;
	}
	return columns < NAME_MOST ? columns : NAME_MOST;
}

/* An alert that is resolved, or a pod that was deleted, is no lost sight. */
static bool comes_and_goes(const char *id)
{
	return strncmp(id, "alert/", 6) == 0 || strncmp(id, "pod/", 4) == 0;
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	const struct component *c = world_find(watch_world(ui_watch(ui)), id_at(ui, i));
	const struct column columns[COLUMNS] = {
		[STATE] = {.width = 7},
		[NAME] = {.width = longest_name(ui)},
		[SORT] = {.width = 9, .drop = 3},
		[REASON] = {.width = 20, .most = 160, .drop = 2},
		[PAST] = {.width = 8, .most = picture_columns(area, PAST_MOST), .drop = 1},
	};
	struct table table;
	char name[CALLED_TEXT];
	bool follows = i >= sick_count(ui);
	struct word word = c ? component_word(c) : comes_and_goes(id_at(ui, i)) ? (struct word){"GONE", ROLE_DIM}
										: (struct word){"??", ROLE_UNKNOWN};
	table_fit(&table, columns, COLUMNS, area.columns);
	table_cell(&table, area, STATE, 0, word.role, role_weight(word.role), word.text);
	table_cell(&table, area, NAME, 0, selected ? ROLE_TITLE : follows ? ROLE_DIM
									  : ROLE_BASE,
		   0, component_called(name, ui, id_at(ui, i)));
	table_cell(&table, area, SORT, 0, ROLE_DIM, 0, c ? kind_name(c->kind) : "");
	table_cell(&table, area, REASON, 0, ROLE_DIM, 0, follows ? "a consequence" : c ? component_reason(c)
			   : comes_and_goes(id_at(ui, i))                              ? "its source does not list it any more"
										       : "not watched now");
	struct area past = table_area(&table, area, PAST, 0);
	if (c)
		draw_health_band(past, 0, 0, past.columns, &c->trail);
}

static void status(const struct ui *ui, struct area area)
{
	size_t bad = 0, all = sick_count(ui), follow = count(ui) - all;
	char text[80], more[32] = "";
	for (size_t i = 0; i < all; i++) {
		const struct component *c = world_find(watch_world(ui_watch(ui)), id_at(ui, i));
		bad += !c || c->health != HEALTH_OK;
	}
	if (all == 0)
		return;
	if (follow)
		text_format(more, sizeof(more), area.columns < 40 ? "+%zu " : " %zu follow from it ", follow);
	if (bad)
		text_format(text, sizeof(text), "%zu of %zu not well %s", bad, all, more);
	else
		text_format(text, sizeof(text), "all well again ");
	const struct part parts[] = {{ROLE_DIM, 0, " "}, {bad ? ROLE_WARN : ROLE_OK, 0, text}};
	area_parts_right(area, 0, area.columns, 0, parts, ARRAY_LENGTH(parts));
}

static const char *empty(const struct ui *ui)
{
	return ui_incident(ui) ? "no component is named yet (:components names them)" : "no incident is open";
}

const struct pane pane_affected = {
	.name = "affected",
	.title = "Affected",
	.count = count,
	.identify = identify,
	.row = row,
	.status = status,
	.empty = empty,
	.min_rows = 2,
	.min_columns = 36,
	.rank = 3,
	.open = detail_component,
};
