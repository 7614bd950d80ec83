/* What the stage needs before it can be left: in triage what has to be decided, in
 * resolve the checks that run by themselves, else what is missing. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/overlay.h"
#include "ui/panes.h"
#include "ui/room.h"
#include "ui/steps.h"
#include "ui/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ITEMS_MAX = 16 };

struct item {
	struct word mark;
	char text[240];
};
struct items {
	struct item list[ITEMS_MAX];
	size_t count;
};

static const struct word have = {"✓", ROLE_OK}, lack = {"✗", ROLE_WARN}, wait = {"·", ROLE_DIM};

static void add(struct items *items, struct word mark, const char *fmt, ...) TOCSIN_PRINTF(3, 4);

static void add(struct items *items, struct word mark, const char *fmt, ...)
{
	va_list args;
	char text[sizeof(items->list[0].text)];
	if (items->count == ITEMS_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	items->list[items->count].mark = mark;
	text_clean(items->list[items->count].text, sizeof(text), text, strlen(text));
	items->count++;
}

static void list_triage(const struct ui *ui, const struct incident *incident, struct items *items)
{
	char press[PRESS_TEXT];
	size_t components = incident->component_count;
	ui_press(press, ui, "severity");
	if (incident->severity == SEVERITY_UNSET)
		add(items, lack, "severity: not set (%s)", press);
	else if (incident->severity_reason[0])
		add(items, have, "severity: %s%s%s, %s changes it", severity_name(incident->severity), incident->severity_rule[0] ? " by rule " : "", incident->severity_rule, press);
	else
		add(items, have, "severity: %s%s%s", severity_name(incident->severity), incident->severity_rule[0] ? " by rule " : "", incident->severity_rule);
	if (incident->owner[0])
		add(items, have, "commander: %s", incident->owner);
	else
		add(items, lack, "commander: nobody (%s takes it)", ui_press(press, ui, "commander"));
	ui_press(press, ui, "components");
	if (components > 0)
		add(items, have, "affected: %zu component%s, %s changes them", components, components == 1 ? "" : "s", press);
	else
		add(items, lack, "affected: none named (%s)", press);
	if (incident->impact)
		add(items, have, "impact: %s", incident->impact);
	else
		add(items, lack, "impact: not written (%s): who notices what?", ui_press(press, ui, "impact"));
	ui_press(press, ui, "runbook");
	if (incident->runbook[0])
		add(items, have, "runbook: %s", incident->runbook);
	else if (incident->runbook_suggested[0])
		add(items, wait, "runbook: %s fits (%s takes it)", incident->runbook_suggested, press);
	else
		add(items, wait, "runbook: none (%s)", press);
}

static void list_missing(const struct ui *ui, const struct incident *incident, struct items *items)
{
	struct gate gate;
	(void)ui;
	stage_gate(incident, &gate);
	for (size_t i = 0; i < gate.count; i++)
		add(items, lack, "%s", gate.missing[i]);
	if (gate.count == 0)
		add(items, have, "nothing is missing");
}

/* The steps stand in the runbook beside it: here only how many are still open. */
static void list_respond(const struct ui *ui, const struct incident *incident, struct items *items)
{
	const struct runbook *runbook = incident->runbook[0] ? watch_runbook(ui_watch(ui), incident->id, NULL) : NULL;
	char run[PRESS_TEXT], tick[PRESS_TEXT], skip[PRESS_TEXT];
	size_t open = 0;
	if (!runbook) {
		list_missing(ui, incident, items);
		return;
	}
	for (size_t i = 0; i < runbook->step_count; i++)
		open += !step_settled(incident, runbook->steps[i].number);
	if (open > 0)
		add(items, lack, "%zu of %zu steps are open: %s runs, %s ticks, %s skips with a reason", open, runbook->step_count, ui_press(run, ui, "run"), ui_press(tick, ui, "tick"), ui_press(skip, ui, "skip"));
	else
		add(items, have, "all %zu steps are done or skipped", runbook->step_count);
	if (open > 0)
		add(items, wait, "or go on with a reason: :next-stage REASON");
}

static void list_checks(const struct ui *ui, const struct incident *incident, struct items *items)
{
	static const struct word marks[] = {[CHECK_WAITING] = {"·", ROLE_DIM}, [CHECK_PASSING] = {"✓", ROLE_OK}, [CHECK_FAILING] = {"✗", ROLE_CRIT}};
	const struct checker *checker = watch_checker(ui_watch(ui), incident->id);
	for (size_t i = 0; checker && i < checker_count(checker); i++) {
		const struct check *check = checker_at(checker, i);
		add(items, marks[check->state], "%s: %s", check->title, check->detail);
	}
	if (!checker)
		list_missing(ui, incident, items);
	if (incident->overridden)
		add(items, (struct word){"!", ROLE_WARN}, "the checks were overridden");
}

static const struct items *items_of(const struct ui *ui)
{
	static void (*const lists[STAGE_COUNT])(const struct ui *ui, const struct incident *incident, struct items *items) = {
		[STAGE_DETECT] = list_missing,
		[STAGE_TRIAGE] = list_triage,
		[STAGE_RESPOND] = list_respond,
		[STAGE_RESOLVE] = list_checks,
		[STAGE_REVIEW] = list_missing,
		[STAGE_CLOSED] = list_missing,
	};
	static struct items items;
	const struct incident *incident = ui_incident(ui);
	items.count = 0;
	if (incident)
		lists[incident->stage](ui, incident, &items);
	return &items;
}

static size_t count(const struct ui *ui)
{
	return items_of(ui)->count;
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	text_format(id, PANE_ID, "%zu", i);
	if (text)
		buf_puts(text, items_of(ui)->list[i].text);
}

static const char *heading(const struct ui *ui)
{
	static char text[64];
	const struct incident *incident = ui_incident(ui);
	if (!incident || incident->stage == STAGE_CLOSED)
		return "Stage";
	return text_format(text, sizeof(text), "%s can be left when", stage_title(incident->stage));
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	const struct item *item = &items_of(ui)->list[i];
	area_text(area, 0, 0, item->mark.role, ATTR_BOLD, item->mark.text);
	area_wrap(area, 2, 0, area.columns - 2, area.rows, selected ? ROLE_TITLE : item->mark.role == ROLE_CRIT ? ROLE_CRIT
														: ROLE_BASE,
		  0, item->text);
}

static int height(const struct ui *ui, size_t i, bool selected, int columns)
{
	enum { ROWS_MOST = 2 };
	int rows = area_wrap_rows(columns - 2, items_of(ui)->list[i].text);
	return rows > ROWS_MOST && !selected ? ROWS_MOST : rows;
}

static void status(const struct ui *ui, struct area area)
{
	const struct incident *incident = ui_incident(ui);
	struct gate gate;
	char text[64], press[PRESS_TEXT];
	if (!incident || incident->stage == STAGE_CLOSED)
		return;
	stage_gate(incident, &gate);
	if (gate.count)
		text_format(text, sizeof(text), "%zu missing ", gate.count);
	else
		text_format(text, sizeof(text), "%s goes on ", ui_press(press, ui, "next-stage"));
	const struct part parts[] = {{ROLE_DIM, 0, " "}, {gate.count ? ROLE_WARN : ROLE_OK, gate.count ? 0 : ATTR_BOLD, text}};
	area_parts_right(area, 0, area.columns, 0, parts, ARRAY_LENGTH(parts));
}

/* The pane has two rows for each: here is the whole of all. */
static enum status open_all(struct ui *ui, const char *id, struct error *err)
{
	const struct items *items = items_of(ui);
	(void)id;
	(void)err;
	ui_pager_open(ui, heading(ui));
	for (size_t i = 0; i < items->count; i++)
		ui_pager_line(ui, items->list[i].mark.role == ROLE_CRIT ? ROLE_CRIT : ROLE_BASE, 0, items->list[i].mark.text, items->list[i].text);
	return STATUS_OK;
}

const struct pane pane_gate = {
	.name = "gate",
	.title = "Stage",
	.heading = heading,
	.count = count,
	.identify = identify,
	.height = height,
	.row = row,
	.status = status,
	.empty = room_no_incident,
	.open = open_all,
	.min_rows = 5,
	.rank = 1,
};
