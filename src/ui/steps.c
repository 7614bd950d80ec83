#include "ui/steps.h"

#include "base/text.h"

#include <string.h>

const struct step_record *step_record(const struct incident *incident, const char *number)
{
	for (size_t i = 0; i < incident->step_count; i++) {
		if (strcmp(incident->steps[i].number, number) == 0)
			return &incident->steps[i];
	}
	return NULL;
}

bool step_settled(const struct incident *incident, const char *number)
{
	const struct step_record *record = step_record(incident, number);
	return record && (record->state == STEP_DONE || record->state == STEP_SKIPPED || record->state == STEP_DEVIATED);
}

const char *current_step(const struct incident *incident, const struct runbook *runbook)
{
	for (size_t i = 0; i < runbook->step_count; i++) {
		if (!step_settled(incident, runbook->steps[i].number))
			return runbook->steps[i].number;
	}
	return NULL;
}

static size_t count_runs(const struct fold *fold, const struct incident *incident, const char *number)
{
	size_t runs = 0;
	char member[48];
	/* Canonical JSON: the text of a member can stand nowhere but where it is one. */
	text_format(member, sizeof(member), "\"step\":\"%s\"", number);
	for (size_t i = 0; i < incident->timeline_count; i++) {
		const struct event *event = fold_event(fold, incident->timeline[i].seq);
		runs += event && event->kind == EVENT_STEP_STARTED && event->data && strstr(event->data, member);
	}
	return runs;
}

size_t next_command(const struct fold *fold, const struct incident *incident, const struct step *step)
{
	size_t shells = 0;
	for (size_t i = 0; i < step->command_count; i++)
		shells += step->commands[i].shell;
	if (shells == 0)
		return step->command_count;
	size_t wanted = count_runs(fold, incident, step->number) % shells;
	size_t i = 0;
	for (; i < step->command_count; i++) {
		if (step->commands[i].shell && wanted-- == 0)
			break;
	}
	return i;
}

bool run_shown_here(struct ui *ui, struct run_view *out)
{
	const struct incident *incident = ui_incident(ui);
	const char *selected = ui_pane_state(ui, "runbook")->selected;
	if (!incident)
		return false;
	return (*selected && watch_run_view(ui_watch(ui), incident->id, selected, out)) || watch_run_view(ui_watch(ui), incident->id, NULL, out);
}
