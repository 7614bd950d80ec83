/* The runbook: its steps, the selected one opened with its commands, where each value
 * came from, and what the mode allows. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/panes.h"
#include "ui/steps.h"
#include "ui/words.h"

#include <stdlib.h>
#include <string.h>

enum {
	ITEMS_MAX = 48,
	LABEL_COLUMNS = 9,
	INDENT = 2,
};

/* What an opened step shows below its title. */
struct item {
	const char *label;
	char *text;
	enum role role, back;
};
struct opened {
	struct item items[ITEMS_MAX];
	size_t count;
};

static void add(struct opened *opened, const char *label, enum role role, enum role back, char *text)
{
	if (opened->count == ITEMS_MAX) {
		free(text);
		return;
	}
	opened->items[opened->count++] = (struct item){label, text, role, back};
}

static void opened_free(struct opened *opened)
{
	for (size_t i = 0; i < opened->count; i++)
		free(opened->items[i].text);
}

/* Values in their order in the environment, each with where it came from. */
static void add_values(struct opened *opened, const struct ui *ui, const struct bindings *bindings, const struct bound *bound)
{
	char press[PRESS_TEXT];
	for (size_t i = 0; i < bound->environment_count; i++) {
		char name[64];
		const char *assignment = bound->environment[i] + strlen("TOCSIN_");
		text_format(name, sizeof(name), "%.*s", (int)strcspn(assignment, "="), assignment);
		const struct binding *binding = bindings_get(bindings, name);
		if (!binding)
			continue;
		char *value = binding->secret ? xstrdup("‹secret›") : watch_mask(ui_watch(ui), binding->value, strlen(binding->value));
		add(opened, "", ROLE_DIM, ROLE_BASE, xasprintf("%s = %s  (%s)", name, value, binding->from));
		free(value);
	}
	for (size_t i = 0; i < bound->open_count; i++)
		add(opened, "", ROLE_WARN, ROLE_BASE, xasprintf("%s has no value (%s gives it one)", bound->open[i].written, ui_press(press, ui, "set")));
}

/* A check of the step: looked at again and again until it holds. */
static bool is_repeated(const struct step *step, const struct command *command)
{
	return command->shell && (command->verify || step->kind == STEP_VERIFY);
}

/* How far the second pair of eyes is. */
static char *second_person(const struct ui *ui, const struct incident *incident, const struct command_view *view)
{
	char press[PRESS_TEXT];
	struct actor who = watch_actor(ui_watch(ui));
	const struct approval *given = approval_usable(incident, view->fingerprint, who.name, who.now_us);
	const struct approval *pending = approval_pending(incident, NULL, who.now_us);
	if (given && given->glass)
		return xasprintf("the glass is broken; %s shows the exact text and runs it once", ui_press(press, ui, "run"));
	if (given)
		return xasprintf("approved by %s%s; %s shows the exact text and runs it once", given->approver, given->proved ? "" : " (not proved)", ui_press(press, ui, "run"));
	if (pending && strcmp(pending->fingerprint, view->fingerprint) == 0)
		return xasprintf("waits for a second person, asked by %s", pending->asker);
	return xasprintf("%s; wants a second person, %s asks for one", danger_meaning(view->danger), ui_press(press, ui, "run"));
}

static void add_command(struct opened *opened, struct ui *ui, const struct incident *incident, const struct step *step, size_t i)
{
	struct command_view view = {0};
	struct error err = {0};
	char press[PRESS_TEXT];
	enum status status = watch_command(ui_watch(ui), incident->id, step->number, i, &view, &err);
	add(opened, step->commands[i].shell ? "$" : "", ROLE_CODE, ROLE_CODE, status == STATUS_OK ? xstrdup(view.resolved) : watch_mask(ui_watch(ui), step->commands[i].text, strlen(step->commands[i].text)));
	if (status == STATUS_OK)
		add_values(opened, ui, watch_bindings(ui_watch(ui), incident->id), &view.bound);
	if (status != STATUS_OK)
		add(opened, "refused", ROLE_WARN, ROLE_BASE, xstrdup(err.text));
	else if (view.refused[0])
		add(opened, danger_name(view.danger), ROLE_WARN, ROLE_BASE, xstrdup(view.refused));
	else if (view.needs & PERMIT_SECOND)
		add(opened, danger_name(view.danger), ROLE_WARN, ROLE_BASE, second_person(ui, incident, &view));
	else if (is_repeated(step, &step->commands[i]))
		add(opened, danger_name(view.danger), ROLE_OK, ROLE_BASE, xasprintf("a check; %s repeats it until it holds", ui_press(press, ui, "verify")));
	else
		add(opened, danger_name(view.danger), view.danger == DANGER_READ ? ROLE_OK : ROLE_WARN, ROLE_BASE, xasprintf("%s; %s shows the exact text and runs it", danger_meaning(view.danger), ui_press(press, ui, "run")));
	command_view_free(&view);
}

static void open_step(struct opened *opened, struct ui *ui, const struct incident *incident, const struct step *step)
{
	const struct {
		const char *label, *text;
	} marks[] = {{"when", step->when}, {"impact", step->impact}, {"expect", step->expected}, {"verify", step->verify}, {"why", step->why}, {"undo", step->rollback}, {"goes on", step->link}};
	char press[PRESS_TEXT], other[PRESS_TEXT];
	const struct step_record *record = step_record(incident, step->number);
	opened->count = 0;
	if (step->kind == STEP_BRANCH || step->when)
		add(opened, "choose", ROLE_ACCENT, ROLE_BASE, xasprintf("only if it applies: %s skips it with a reason, %s goes on with it", ui_press(press, ui, "skip"), ui_press(other, ui, step->command_count ? "run" : "tick")));
	if (step->body[0] && step->command_count == 0)
		add(opened, "", ROLE_BASE, ROLE_BASE, xstrdup(step->body));
	for (size_t i = 0; i < step->command_count; i++)
		add_command(opened, ui, incident, step, i);
	for (size_t i = 0; i < ARRAY_LENGTH(marks); i++) {
		if (marks[i].text && marks[i].text[0])
			add(opened, marks[i].label, ROLE_DIM, ROLE_BASE, xstrdup(marks[i].text));
	}
	if (record && record->changed)
		add(opened, "after it", ROLE_BASE, ROLE_BASE, xstrdup(record->changed));
	if (record && record->note[0])
		add(opened, record->state == STEP_DEVIATED ? "instead" : "noted", ROLE_BASE, ROLE_BASE, xstrdup(record->note));
}

static int label_columns(const struct item *item)
{
	int own = text_width(item->label) + 1;
	if (item->label[0] == '\0' || strcmp(item->label, "$") == 0)
		return 2;
	return own > LABEL_COLUMNS ? own : LABEL_COLUMNS;
}

static int item_rows(const struct item *item, int columns)
{
	return area_wrap_rows(columns - INDENT - label_columns(item), item->text);
}

static void draw_item(struct area area, int y, int rows, const struct item *item)
{
	int x = INDENT + label_columns(item);
	area_text(area, INDENT, y, item->label[0] == '$' ? ROLE_DIM : item->role, item->back == ROLE_CODE ? 0 : role_weight(item->role), item->label);
	area_wrap(area, x, y, area.columns - x, rows, item->back == ROLE_CODE ? ROLE_BASE : item->role, 0, item->text);
	if (item->back != ROLE_BASE) {
		for (int i = 0; i < rows; i++)
			area_back(area, INDENT - 1, y + i, area.columns - INDENT + 1, item->back);
	}
}

/* --- the list ---------------------------------------------------------------------- */

static const struct runbook *book(const struct ui *ui)
{
	const struct incident *incident = ui_incident(ui);
	return incident && incident->runbook[0] ? watch_runbook(ui_watch(ui), incident->id, NULL) : NULL;
}

static size_t count(const struct ui *ui)
{
	const struct runbook *runbook = book(ui);
	return runbook ? runbook->step_count : 0;
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	const struct step *step = &book(ui)->steps[i];
	text_format(id, PANE_ID, "%s", step->number);
	if (text)
		buf_printf(text, "%s %s", step->number, step->title);
}

static const char *heading(const struct ui *ui)
{
	static char text[160];
	const struct runbook *runbook = book(ui);
	return runbook ? text_format(text, sizeof(text), "Runbook: %s", runbook->title) : "Runbook";
}

static int height(const struct ui *ui, size_t i, bool selected, int columns)
{
	struct opened opened;
	const struct incident *incident = ui_incident(ui);
	int rows = 1;
	if (!selected)
		return 1;
	open_step(&opened, (struct ui *)ui, incident, &book(ui)->steps[i]);
	for (size_t n = 0; n < opened.count; n++)
		rows += item_rows(&opened.items[n], columns);
	opened_free(&opened);
	return rows;
}

/* The class of the step's worst command, with its values in place. */
static enum danger worst_danger(const struct ui *ui, const struct incident *incident, const struct step *step)
{
	enum danger worst = DANGER_READ;
	for (size_t i = 0; i < step->command_count; i++) {
		struct command_view view = {0};
		if (step->commands[i].shell && watch_command(ui_watch(ui), incident->id, step->number, i, &view, NULL) == STATUS_OK && view.danger > worst)
			worst = view.danger;
		command_view_free(&view);
	}
	return worst;
}

/* What stands at the right end: how it went, else how dangerous it is. */
static struct word outcome(const struct ui *ui, const struct step *step, const struct step_record *record, char *text, size_t size)
{
	char duration[DURATION_TEXT];
	if (record && record->state == STEP_RUNNING)
		return (struct word){"running", ROLE_ACCENT};
	if (record && record->state == STEP_SKIPPED)
		return (struct word){"skipped", ROLE_DIM};
	if (record && record->state == STEP_DEVIATED)
		return (struct word){"otherwise", ROLE_DIM};
	if (record && record->verified)
		return (struct word){"holds", ROLE_OK};
	if (record && record->ran) {
		bool brief = record->duration_us < 10 * US_PER_S;
		if (brief)
			text_format(duration, sizeof(duration), "%lld.%lld s", (long long)(record->duration_us / US_PER_S), (long long)(record->duration_us % US_PER_S / (US_PER_S / 10)));
		else
			duration_human(duration, record->duration_us);
		text_format(text, size, "exit %d  %s", record->exit_code, duration);
		return (struct word){text, record->exit_code == 0 ? ROLE_DIM : ROLE_CRIT};
	}
	if (record && record->state == STEP_DONE)
		return (struct word){"done", ROLE_DIM};
	if (step->kind == STEP_BRANCH)
		return (struct word){"a choice", ROLE_DIM};
	if (step->kind == STEP_MANUAL)
		return (struct word){"by hand", ROLE_DIM};
	enum danger worst = worst_danger(ui, ui_incident(ui), step);
	return (struct word){danger_name(worst), worst == DANGER_READ ? ROLE_DIM : ROLE_WARN};
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	static const struct word marks[] = {
		[STEP_PENDING] = {" ", ROLE_DIM},
		[STEP_RUNNING] = {"…", ROLE_ACCENT},
		[STEP_DONE] = {"✓", ROLE_OK},
		[STEP_SKIPPED] = {"-", ROLE_DIM},
		[STEP_FAILED] = {"✗", ROLE_CRIT},
		[STEP_DEVIATED] = {"~", ROLE_WARN},
	};
	const struct incident *incident = ui_incident(ui);
	const struct step *step = &book(ui)->steps[i];
	const struct step_record *record = step_record(incident, step->number);
	enum step_state state = record ? record->state : STEP_PENDING;
	const char *current = current_step(incident, book(ui));
	bool is_current = current && strcmp(current, step->number) == 0;
	char text[64];
	struct word end = outcome(ui, step, record, text, sizeof(text));
	int x = step->depth * 2;
	area_text(area, x, 0, is_current ? ROLE_ACCENT : marks[state].role, ATTR_BOLD, is_current && state == STEP_PENDING && !selected ? "›" : marks[state].text);
	int right = area_right(area, area.columns, 0, end.role, role_weight(end.role), end.text) - 1;
	enum role role = is_current || selected ? ROLE_TITLE : state == STEP_PENDING || state == STEP_FAILED ? ROLE_BASE
													     : ROLE_DIM;
	x = area_printf(area, x + 2, 0, role, is_current ? ATTR_BOLD : 0, "%s ", step->number);
	area_fit(area, x, 0, right - x, role, is_current ? ATTR_BOLD : 0, step->title);
	if (area.rows == 1)
		return;
	struct opened opened;
	int y = 1;
	open_step(&opened, (struct ui *)ui, incident, step);
	for (size_t n = 0; n < opened.count; n++) {
		int rows = item_rows(&opened.items[n], area.columns);
		draw_item(area, y, rows, &opened.items[n]);
		y += rows;
	}
	opened_free(&opened);
}

static void status(const struct ui *ui, struct area area)
{
	const struct incident *incident = ui_incident(ui);
	const struct runbook *runbook = book(ui);
	size_t settled = 0;
	char text[48];
	if (!runbook)
		return;
	for (size_t i = 0; i < runbook->step_count; i++)
		settled += step_settled(incident, runbook->steps[i].number);
	bool changed = watch_runbook_changed(ui_watch(ui), incident->id);
	const struct part parts[] = {{ROLE_DIM, 0, " "}, {ROLE_WARN, role_weight(ROLE_WARN), changed ? "changed on disk  " : ""}, {ROLE_DIM, 0, text_format(text, sizeof(text), "%zu of %zu done ", settled, runbook->step_count)}};
	area_parts_right(area, 0, area.columns, 0, parts, ARRAY_LENGTH(parts));
}

static const char *empty(const struct ui *ui)
{
	static char text[400];
	struct error err = {0};
	const struct incident *incident = ui_incident(ui);
	char press[PRESS_TEXT];
	if (!incident)
		return "no incident is open";
	if (incident->runbook[0]) {
		(void)watch_runbook(ui_watch(ui), incident->id, &err);
		return text_format(text, sizeof(text), "%s", err.text[0] ? err.text : "this runbook has no steps");
	}
	if (incident->runbook_suggested[0])
		return text_format(text, sizeof(text), "none is chosen; %s fits this cause (%s takes it)", incident->runbook_suggested, ui_press(press, ui, "runbook"));
	return "none is chosen (b offers the library)";
}

/* A step is read in full where there is room for all of it. */
static enum status open_wide(struct ui *ui, const char *id, struct error *err)
{
	(void)id;
	(void)err;
	ui_set_zoom(ui, !ui_zoomed(ui));
	return STATUS_OK;
}

const struct pane pane_runbook = {
	.name = "runbook",
	.title = "Runbook",
	.heading = heading,
	.count = count,
	.identify = identify,
	.height = height,
	.row = row,
	.status = status,
	.empty = empty,
	.min_rows = 7,
	.min_columns = 44,
	.rank = 0,
	.open = open_wide,
};
