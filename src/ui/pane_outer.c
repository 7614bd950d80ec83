/* What is beside the chain, a pane for each kind: lanes, feeds, pods, workloads, alerts,
 * probes. They differ in their columns only. */
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
	FIRST_VALUE,
	VALUES_MOST = 6,
	COLUMNS_MOST = FIRST_VALUE + VALUES_MOST + 1,
	NAME_WIDTH = 14,
	NAME_MOST = 32,
	REASON_WIDTH = 18,
	REASON_MOST = 160,
};

/* A column that shows one value. */
struct value_column {
	int value;
	const char *head;
	int width, most, drop;
	bool text;     /* aligned left; numbers are aligned right */
	bool optional; /* not known is nothing to worry about */
};

static const struct outer {
	const char *head; /* of the names */
	struct value_column columns[VALUES_MOST];
	size_t count;
	const char *empty;
	const char *section; /* of the configuration: with it the pane is shown even when it is empty */
} outers[KIND_COUNT] = {
	[KIND_LANE] = {
		.head = "lane",
		.columns = {
			{.value = LANE_SENT, .head = "sent", .width = 6, .most = 9, .drop = 3},
			{.value = LANE_COMMITTED, .head = "commit", .width = 6, .most = 9, .drop = 4},
			{.value = LANE_EXECUTED, .head = "exec", .width = 6, .most = 9, .drop = 3},
			{.value = LANE_PENDING, .head = "wait", .width = 4, .most = 6},
			{.value = LANE_OLDEST_PENDING_S, .head = "oldest", .width = 7, .most = 9, .drop = 1, .optional = true},
			{.value = LANE_FAILED, .head = "failed", .width = 6, .drop = 2, .optional = true},
		},
		.count = 6,
		.empty = "no lane was asked yet",
		.section = "lane",
	},
	[KIND_FEED] = {
		.head = "feed",
		.columns = {
			{.value = FEED_ANSWER, .head = "answer", .width = 10, .most = 16, .drop = 1},
			{.value = FEED_UPDATED_AGE_S, .head = "updated", .width = 8, .most = 9},
			{.value = FEED_HEARTBEAT_S, .head = "every", .width = 5, .most = 7, .drop = 3},
		},
		.count = 3,
		.empty = "no feed was asked yet",
		.section = "feed",
	},
	[KIND_POD] = {
		.head = "pod",
		.columns = {
			{.value = POD_READY, .head = "ready", .width = 5, .text = true},
			{.value = POD_RESTARTS, .head = "restarts", .width = 8, .drop = 2},
			{.value = POD_PHASE, .head = "phase", .width = 8, .most = 10, .drop = 3, .text = true},
			{.value = POD_AGE_S, .head = "age", .width = 7, .most = 9, .drop = 4},
		},
		.count = 4,
		.empty = "no pod was listed yet, or none fits the selector",
		.section = NULL,
	},
	[KIND_WORKLOAD] = {
		.head = "workload",
		.columns = {
			{.value = WORKLOAD_READY, .head = "ready", .width = 5},
			{.value = WORKLOAD_DESIRED, .head = "of", .width = 4},
			{.value = WORKLOAD_QUORUM, .head = "quorum", .width = 6, .drop = 2, .optional = true},
			{.value = WORKLOAD_TYPE, .head = "type", .width = 11, .drop = 3, .text = true},
		},
		.count = 4,
		.empty = "none was listed yet",
		.section = NULL,
	},
	[KIND_ALERT] = {
		.head = "alert",
		.columns = {
			{.value = ALERT_STATE, .head = "", .width = 8, .most = 9, .drop = 3, .text = true, .optional = true},
			{.value = ALERT_SEVERITY, .head = "severity", .width = 8, .drop = 4, .text = true, .optional = true},
			{.value = ALERT_SINCE_S, .head = "for", .width = 7, .most = 9, .drop = 1, .optional = true},
			{.value = ALERT_OWNER, .head = "goes to", .width = 8, .most = 16, .drop = 5, .text = true, .optional = true},
		},
		.count = 4,
		.empty = "none fires",
		.section = "alertmanager",
	},
	[KIND_PROBE] = {
		.head = "probe",
		.columns = {
			{.value = PROBE_VALUE, .head = "value", .width = 8, .most = 16, .text = true, .optional = true},
			{.value = PROBE_LATENCY_MS, .head = "answers in", .width = 10, .drop = 3, .optional = true},
		},
		.count = 2,
		.empty = "nothing was asked yet",
		.section = "probe",
	},
};

static struct order orders[KIND_COUNT];

static const struct component *component_at(const struct ui *ui, enum kind kind, size_t i)
{
	return world_at(watch_world(ui_watch(ui)), kind, orders[kind].rows[i]);
}

static void fit(const struct ui *ui, enum kind kind, int total, struct column columns[COLUMNS_MOST], struct table *table)
{
	const struct outer *outer = &outers[kind];
	int name = name_columns(ui, kind, NAME_MOST);

	columns[STATE] = (struct column){.head = "state", .width = state_columns(ui, kind)};
	columns[NAME] = (struct column){.head = outer->head, .width = name < NAME_WIDTH ? name : NAME_WIDTH, .most = name};
	for (size_t i = 0; i < outer->count; i++) {
		const struct value_column *v = &outer->columns[i];
		columns[FIRST_VALUE + i] = (struct column){.head = v->head, .width = v->width, .most = v->most, .drop = v->drop, .right = !v->text};
	}
	columns[FIRST_VALUE + outer->count] = (struct column){.head = "", .width = REASON_WIDTH, .most = REASON_MOST, .drop = 6};
	table_fit(table, columns, FIRST_VALUE + outer->count + 1, total);
}

static void draw_value(const struct table *table, struct area area, size_t column, const struct component *c, const struct value_column *v)
{
	const struct value *known = component_value(c, v->value);
	char text[256];

	if (!known && v->optional)
		return;
	value_text(text, sizeof(text), &kind_def(c->kind)->values[v->value], known);
	table_cell(table, area, column, 0, known ? ROLE_BASE : ROLE_UNKNOWN, 0, text);
}

static void draw_row(const struct ui *ui, enum kind kind, struct area area, size_t i, bool selected)
{
	const struct component *c = component_at(ui, kind, i);
	const struct outer *outer = &outers[kind];
	struct word word = component_word(c);
	struct column columns[COLUMNS_MOST];
	struct table table;

	fit(ui, kind, area.columns, columns, &table);
	table_cell(&table, area, STATE, 0, word.role, role_weight(word.role), word.text);
	table_cell(&table, area, NAME, 0, selected ? ROLE_TITLE : ROLE_BASE, 0, c->name);
	for (size_t column = 0; column < outer->count; column++)
		draw_value(&table, area, FIRST_VALUE + column, c, &outer->columns[column]);
	if (c->health != HEALTH_OK)
		table_cell(&table, area, FIRST_VALUE + outer->count, 0, ROLE_DIM, 0, component_reason(c));
}

static void draw_heads(const struct ui *ui, enum kind kind, struct area area)
{
	struct column columns[COLUMNS_MOST];
	struct table table;

	fit(ui, kind, area.columns, columns, &table);
	table_heads(&table, area);
}

static size_t count_of(const struct ui *ui, enum kind kind)
{
	order_worst_first(&orders[kind], watch_world(ui_watch(ui)), kind);
	return orders[kind].count;
}

/* The board has something to say of a kind: there are some, or the configuration names a
 * source of them. */
static bool is_wanted(const struct ui *ui, enum kind kind)
{
	const struct config *config = watch_config(ui_watch(ui));

	return world_count(watch_world(ui_watch(ui)), kind) > 0 || (outers[kind].section && config_section(config, outers[kind].section));
}

/* That none fires is said by a source that answers, and by nobody else. */
static const char *empty_of(const struct ui *ui, enum kind kind)
{
	return kind == KIND_ALERT && kind_heard_us(ui, kind) == 0 ? "not known: no source of alerts answers" : outers[kind].empty;
}

/* Panes know their functions only, not themselves: so each kind has a set of its own. */
#define PANE_OF(NAME_, KIND_, TITLE_, RANK_)                                                            \
	static size_t NAME_##_count(const struct ui *ui)                                                \
	{                                                                                               \
		return count_of(ui, KIND_);                                                             \
	}                                                                                               \
	static void NAME_##_identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text) \
	{                                                                                               \
		component_identify(component_at(ui, KIND_, i), id, text);                               \
	}                                                                                               \
	static void NAME_##_row(const struct ui *ui, struct area area, size_t i, bool selected)         \
	{                                                                                               \
		draw_row(ui, KIND_, area, i, selected);                                                 \
	}                                                                                               \
	static void NAME_##_heads(const struct ui *ui, struct area area)                                \
	{                                                                                               \
		draw_heads(ui, KIND_, area);                                                            \
	}                                                                                               \
	static void NAME_##_status(const struct ui *ui, struct area area)                               \
	{                                                                                               \
		draw_kind_status(ui, KIND_, area);                                                      \
	}                                                                                               \
	static bool NAME_##_wanted(const struct ui *ui)                                                 \
	{                                                                                               \
		return is_wanted(ui, KIND_);                                                            \
	}                                                                                               \
	static const char *NAME_##_empty(const struct ui *ui)                                           \
	{                                                                                               \
		return empty_of(ui, KIND_);                                                             \
	}                                                                                               \
	const struct pane pane_##NAME_ = {                                                              \
		.name = #NAME_,                                                                         \
		.title = TITLE_,                                                                        \
		.wanted = NAME_##_wanted,                                                               \
		.count = NAME_##_count,                                                                 \
		.identify = NAME_##_identify,                                                           \
		.row = NAME_##_row,                                                                     \
		.heads = NAME_##_heads,                                                                 \
		.status = NAME_##_status,                                                               \
		.empty = NAME_##_empty,                                                                 \
		.min_rows = 2,                                                                          \
		.rank = RANK_,                                                                          \
		.open = detail_component,                                                               \
	}

PANE_OF(lanes, KIND_LANE, "CCIP lanes", 3);
PANE_OF(feeds, KIND_FEED, "Oracle feeds", 4);
PANE_OF(pods, KIND_POD, "Pods", 5);
PANE_OF(workloads, KIND_WORKLOAD, "Workloads", 7);
PANE_OF(alerts, KIND_ALERT, "Alerts", 6);
PANE_OF(probes, KIND_PROBE, "Probes", 8);
