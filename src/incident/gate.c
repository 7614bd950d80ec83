/* The gates: what a stage still needs before it can be left (DESIGN section 4). */
#include "incident/act.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static void miss(struct gate *gate, const char *fmt, ...) TOCSIN_PRINTF(2, 3);

/* The last line says how many did not fit. */
static void miss(struct gate *gate, const char *fmt, ...)
{
	gate->count++;
	if (gate->count > ARRAY_LENGTH(gate->missing))
		return;
	char line[sizeof(gate->missing[0])];
	va_list args;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	/* Cleaning again never splits a character that the cut went through. */
	text_clean(gate->missing[gate->count - 1], sizeof(line), line, strlen(line));
}

static void finish(struct gate *gate)
{
	size_t room = ARRAY_LENGTH(gate->missing);
	if (gate->count <= room)
		return;
	text_format(gate->missing[room - 1], sizeof(gate->missing[0]), "and %zu more", gate->count - room + 1);
	gate->count = room;
}

static void gate_triage(const struct incident *incident, struct gate *gate)
{
	if (incident->severity == SEVERITY_UNSET)
		miss(gate, "no severity is set (:severity P0, P1, P2 or P3)");
	if (!incident->owner[0])
		miss(gate, "nobody is in command (:commander NAME)");
	if (incident->component_count == 0)
		miss(gate, "no affected component is named (:components ID ID)");
	if (!incident->impact)
		miss(gate, "the impact is not written (:impact TEXT)");
}

static bool settled(const struct step_record *step)
{
	return step->state == STEP_DONE || step->state == STEP_SKIPPED || step->state == STEP_DEVIATED;
}

static void gate_respond(const struct incident *incident, struct gate *gate)
{
	static const char *const words[] = {
		[STEP_PENDING] = "is open",
		[STEP_RUNNING] = "is still running",
		[STEP_FAILED] = "failed",
	};
	if (!incident->runbook[0]) {
		const char *fits = incident->runbook_suggested;
		miss(gate, "no runbook was followed (:runbook %s; or go on with a reason, :stage resolve REASON)", fits[0] ? fits : "NAME");
		return;
	}
	if (incident->step_count == 0)
		miss(gate, "no step of runbook %s is done (tick or skip its steps; or go on with a reason, :stage resolve REASON)", incident->runbook);
	for (size_t i = 0; i < incident->step_count; i++) {
		const struct step_record *step = &incident->steps[i];
		if (!settled(step))
			miss(gate, "step %s %.80s%s%s (tick it, or skip it with a reason)", step->number, step->title, step->title[0] ? " " : "", words[step->state]);
	}
}

static void gate_resolve(const struct incident *incident, struct gate *gate)
{
	if (incident->overridden)
		return;
	if (incident->check_count == 0)
		miss(gate, "no check has reported yet (wait for them; or go on with a reason, :stage review REASON)");
	for (size_t i = 0; i < incident->check_count; i++) {
		const struct check_record *check = &incident->checks[i];
		if (!check->passed && !check->overridden)
			miss(gate, "check %s fails: %.100s (repair it; or go on with a reason, :stage review REASON)", check->name, check->detail);
	}
	if (incident->check_count > 0 && incident->check_count < incident->check_total)
		miss(gate, "%zu of %zu checks have not reported yet (wait for them; or go on with a reason, :stage review REASON)", incident->check_total - incident->check_count, incident->check_total);
}

bool section_wants_words(const struct incident *incident, enum section section)
{
	bool by_people = section == SECTION_ROOT_CAUSE || section == SECTION_RESOLUTION || section == SECTION_LESSONS;
	return by_people && !incident->sections[section];
}

static void gate_review(const struct incident *incident, struct gate *gate)
{
	for (int section = 0; section < SECTION_COUNT; section++) {
		if (section_wants_words(incident, (enum section)section))
			miss(gate, "%s is not written (:section %s TEXT)", section_title((enum section)section), section_name((enum section)section));
	}
	if (incident->action_count == 0 && !incident->sections[SECTION_ACTIONS])
		miss(gate, "there is no action item (:action TEXT; or say why none is needed, :section %s TEXT)", section_name(SECTION_ACTIONS));
	for (size_t i = 0; i < incident->action_count; i++) {
		const struct action_item *item = &incident->actions[i];
		if (item->owner[0] && item->due[0])
			continue;
		const char *lacks = item->owner[0] ? "due date" : item->due[0] ? "owner"
									       : "owner and due date";
		miss(gate, "action item \"%.80s\" has no %s (give the same text again with them)", item->text, lacks);
	}
}

void stage_gate(const struct incident *incident, struct gate *out)
{
	static void (*const gates[STAGE_COUNT])(const struct incident *incident, struct gate *gate) = {
		[STAGE_TRIAGE] = gate_triage,
		[STAGE_RESPOND] = gate_respond,
		[STAGE_RESOLVE] = gate_resolve,
		[STAGE_REVIEW] = gate_review,
	};
	*out = (struct gate){0};
	if (incident->merged)
		miss(out, "it was merged into %s (work there)", incident->merged_into);
	else if (incident->stage == STAGE_CLOSED)
		miss(out, "it is closed (:reopen REASON)");
	else if (gates[incident->stage])
		gates[incident->stage](incident, out);
	finish(out);
}
