/* The nodes: who answers, how far each is, and how fast. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/detail.h"
#include "ui/order.h"
#include "ui/panes.h"
#include "ui/table.h"
#include "ui/words.h"

#include <string.h>

enum {
	STATE,
	NAME,
	HEAD,
	LAG,
	PEERS,
	RPC,
	PAST,
	NOTE,
	COLUMNS,
};
enum {
	NAME_MOST = 40,
	PAST_MOST = 40,
	NOTE_MOST = 120,
};

static void fit(const struct ui *ui, struct area area, struct column columns[COLUMNS], struct table *table)
{
	int name = name_columns(ui, KIND_NODE, NAME_MOST);
	columns[STATE] = (struct column){.head = "state", .width = state_columns(ui, KIND_NODE)};
	columns[NAME] = (struct column){.head = "node", .width = name < 16 ? name : 16, .most = name};
	columns[HEAD] = (struct column){.head = "head", .width = 9, .most = 11, .right = true};
	columns[LAG] = (struct column){.head = "lag", .width = 4, .most = 5, .drop = 1, .right = true};
	columns[PEERS] = (struct column){.head = "peers", .width = 5, .drop = 3, .right = true};
	columns[RPC] = (struct column){.head = "rpc", .width = 7, .most = 8, .drop = 2, .right = true};
	columns[PAST] = (struct column){.head = "answer time", .width = 11, .most = picture_columns(area, PAST_MOST), .drop = 4};
	columns[NOTE] = (struct column){.head = "client", .width = 24, .most = NOTE_MOST, .drop = 5};
	table_fit(table, columns, COLUMNS, area.columns);
}

static struct order order;

static const struct component *node_at(const struct ui *ui, size_t i)
{
	return world_at(watch_world(ui_watch(ui)), KIND_NODE, order.rows[i]);
}

static size_t count(const struct ui *ui)
{
	order_worst_first(&order, watch_world(ui_watch(ui)), KIND_NODE);
	return order.count;
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	component_identify(node_at(ui, i), id, text);
}

static void heads(const struct ui *ui, struct area area)
{
	struct column columns[COLUMNS];
	struct table table;
	fit(ui, area, columns, &table);
	table_heads(&table, area);
}

/* The length of "3 m" in "3 m 12 s". */
static int leading_unit(const char *duration)
{
	size_t number = strcspn(duration, " ");
	return (int)(number + (duration[number] ? 1 + strcspn(duration + number + 1, " ") : 0));
}

/* A node without an answer has no numbers: why, since when, and what it said last. */
static void draw_gone(const struct ui *ui, const struct component *c, struct area area, enum role role)
{
	char since[DURATION_TEXT], text[80], head[32];
	const struct value *last = component_value(c, NODE_HEAD);
	const char *reason = component_reason(c);
	value_text(head, sizeof(head), &kind_def(KIND_NODE)->values[NODE_HEAD], last);
	text_format(text, sizeof(text), "for %s%s%s", ago_text(since, ui, c->since_us), last ? "  was " : "", last ? head : "");
	int right = area.columns;
	/* The reason matters more than how long: it has the room that it needs first. Roughly
	 * how long, "3 m" of "3 m 12 s", stays in any case. */
	if (text_width(reason) + 2 + text_width(text) > area.columns)
		text_format(text, sizeof(text), "%s", since);
	if (text_width(text) + 12 > area.columns)
		text_format(text, sizeof(text), "%.*s", leading_unit(since), since);
	if (text_width(text) + 8 <= area.columns)
		right = area_right(area, area.columns, 0, ROLE_DIM, 0, text) - 2;
	area_fit(area, 0, 0, right, role, 0, reason);
}

static void draw_number(const struct table *table, struct area area, size_t column, const struct component *c, int value, enum role role)
{
	char text[64];
	const struct value *known = component_value(c, value);
	value_text(text, sizeof(text), &kind_def(KIND_NODE)->values[value], known);
	table_cell(table, area, column, 0, known ? role : ROLE_UNKNOWN, known ? role_weight(role) : 0, text);
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	const struct component *c = node_at(ui, i);
	struct word word = component_word(c);
	struct column columns[COLUMNS];
	struct table table;
	bool bad = c->health != HEALTH_OK;
	fit(ui, area, columns, &table);
	table_cell(&table, area, STATE, 0, word.role, role_weight(word.role), word.text);
	table_cell(&table, area, NAME, 0, selected ? ROLE_TITLE : ROLE_BASE, 0, c->name);
	if (c->symptom == SYMPTOM_UNREACHABLE || c->symptom == SYMPTOM_REFUSING || c->symptom == SYMPTOM_UNSAMPLED || c->seen_us == 0) {
		draw_gone(ui, c, area_inside(area, table.x[HEAD], 0, area.columns - table.x[HEAD], 1), word.role);
		return;
	}
	draw_number(&table, area, HEAD, c, NODE_HEAD, ROLE_BASE);
	draw_number(&table, area, LAG, c, NODE_LAG, bad && c->symptom == SYMPTOM_LAG ? word.role : ROLE_DIM);
	draw_number(&table, area, PEERS, c, NODE_PEERS, bad && c->symptom == SYMPTOM_PEERS ? word.role : ROLE_BASE);
	draw_number(&table, area, RPC, c, NODE_RPC_MS, bad && c->symptom == SYMPTOM_SLOW ? word.role : ROLE_BASE);
	if (bad)
		table_cell(&table, area, NOTE, 0, word.role, 0, component_reason(c));
	else
		table_cell(&table, area, NOTE, 0, ROLE_DIM, 0, component_text(c, NODE_VERSION) ? component_text(c, NODE_VERSION) : "");
	struct area past = table_area(&table, area, PAST, 0);
	draw_trail(past, bad && c->symptom == SYMPTOM_SLOW ? word.role : ROLE_OK, &c->trail, world_thresholds(watch_world(ui_watch(ui)))->rpc_warn_ms);
}

static void status(const struct ui *ui, struct area area)
{
	draw_kind_status(ui, KIND_NODE, area);
}

/* --- very many of them: groups by name ---------------------------------------------- */

enum { GROUPED_ABOVE = 50 };

static struct groups groups;

/* Half of the room, so that the worst nodes are seen beside the groups. */
static int foot_rows(const struct ui *ui, int columns, int rows)
{
	const struct world *world = watch_world(ui_watch(ui));
	(void)columns;
	if (world_count(world, KIND_NODE) <= GROUPED_ABOVE)
		return 0;
	groups_count(&groups, world, KIND_NODE, ui_pane_filter(ui, pane_nodes.name));
	if (groups.count <= (size_t)rows / 2)
		return (int)groups.count;
	/* One line alone could only repeat the title. */
	return rows / 2 > 1 ? rows / 2 : 0;
}

/* "300 nodes  299 ok  1 critical"; where that is too much, the worst of it. */
static void draw_counts(const struct group *group, struct area area)
{
	char number[32], texts[COUNTED + 1][64];
	struct part parts[COUNTED + 1] = {{ROLE_DIM, 0, texts[0]}};
	size_t count = 1, first = 0;
	text_format(texts[0], sizeof(texts[0]), "  %s %s", text_thousands(number, sizeof(number), (int64_t)group->members), group->members == 1 ? kind_name(KIND_NODE) : kind_def(KIND_NODE)->plural);
	int width = text_width(texts[0]);
	for (size_t i = 0; i < COUNTED; i++) {
		const struct counted *counted = &counted_healths[i];
		size_t many = group->numbers[counted->health];
		if (many == 0)
			continue;
		parts[count] = (struct part){counted->role, role_weight(counted->role), texts[count]};
		text_format(texts[count], sizeof(texts[count]), "  %s %s", text_thousands(number, sizeof(number), (int64_t)many), counted->word);
		width += text_width(texts[count++]);
	}
	while (first < count && width > area.columns)
		width -= text_width(parts[first++].text);
	area_parts(area, 0, 0, parts + first, count - first);
}

static void draw_group(const struct group *group, struct area area, int y, int name_width, enum role role)
{
	area_fit(area, 0, y, name_width, role, 0, group->name);
	draw_counts(group, area_inside(area, name_width, y, area.columns - name_width, 1));
}

/* What has no line of its own, in one line: the counts of all lines are those of the title. */
static struct group rest_of(size_t shown)
{
	struct group rest = {.members = 0};
	for (size_t i = shown; i < groups.count; i++)
		group_add(&rest, &groups.items[i]);
	text_format(rest.name, sizeof(rest.name), "and %zu more groups", groups.count - shown);
	return rest;
}

static void foot(const struct ui *ui, struct area area)
{
	(void)ui;
	size_t rows = (size_t)area.rows, shown = groups.count <= rows ? groups.count : rows - 1;
	struct group rest = rest_of(shown);
	int name_width = shown < groups.count ? text_width(rest.name) : 0;
	for (size_t i = 0; i < shown; i++)
		name_width = text_width(groups.items[i].name) > name_width ? text_width(groups.items[i].name) : name_width;
	name_width = name_width < NAME_MOST ? name_width : NAME_MOST;
	name_width = name_width < area.columns / 2 ? name_width : area.columns / 2;
	for (size_t i = 0; i < shown; i++)
		draw_group(&groups.items[i], area, (int)i, name_width, ROLE_TITLE);
	if (shown < groups.count)
		draw_group(&rest, area, area.rows - 1, name_width, ROLE_DIM);
}

static const char *empty(const struct ui *ui)
{
	(void)ui;
	return "no nodes are configured (tocsin http://host:8545 …, or sections [node NAME] in the configuration)";
}

const struct pane pane_nodes = {
	.name = "nodes",
	.title = "Nodes",
	.count = count,
	.identify = identify,
	.row = row,
	.heads = heads,
	.status = status,
	.empty = empty,
	.foot_rows = foot_rows,
	.foot = foot,
	.min_rows = 8,
	.min_columns = 44,
	.rank = 1,
	.open = detail_component,
};
