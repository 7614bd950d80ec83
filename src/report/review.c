/* The review: what people wrote, and what the record can say for them. */
#include "report/facts.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

enum { PREFILL_BYTES = 256 * 1024 };

struct milestones milestones_of(const struct fold *fold, const struct incident *incident)
{
	struct milestones m = {
		.started_us = incident->impact_started_us,
		.detected_us = incident->declared_us,
		.declared_us = incident->declared_us,
		.mitigated_us = incident->stage_us[STAGE_RESOLVE],
		.resolved_us = incident->stage_us[STAGE_REVIEW],
		.closed_us = incident->stage_us[STAGE_CLOSED],
	};

	for (size_t i = 0; i < incident->timeline_count; i++) {
		const struct timeline_row *row = &incident->timeline[i];
		if (row->occurred_us >= m.detected_us)
			break;
		if (row->occurred_us >= m.started_us && fold_event(fold, row->seq)->kind == EVENT_DETECTOR_PROPOSED) {
			m.detected_us = row->occurred_us;
			break;
		}
	}
	return m;
}

static int64_t between(int64_t from_us, int64_t to_us)
{
	return from_us > 0 && to_us > 0 ? to_us - from_us : -1;
}

void spans_of(const struct milestones *m, struct span out[SPANS])
{
	out[0] = (struct span){"Time to detect", "first symptom to first proposal, or to the declaration when nothing proposed", between(m->started_us, m->detected_us)};
	out[1] = (struct span){"Time to declare", "detection to declaration", between(m->detected_us, m->declared_us)};
	out[2] = (struct span){"Time to mitigate", "first symptom to entering Resolve", between(m->started_us, m->mitigated_us)};
	out[3] = (struct span){"Time to resolve", "first symptom to entering Review, when checks had passed or were overridden", between(m->started_us, m->resolved_us)};
}

/* --- sections --------------------------------------------------------------------- */

static void put_time(struct buf *out, const char *name, int64_t us)
{
	char text[TIME_TEXT];

	if (us > 0)
		buf_printf(out, "%s: %s\n", name, time_human(text, us, 0));
}

static void prefill_incident(const struct fold *fold, const struct incident *incident, struct buf *out)
{
	struct milestones m = milestones_of(fold, incident);

	buf_printf(out, "Title: %s\n", incident->title);
	if (incident->severity == SEVERITY_UNSET)
		buf_puts(out, "Severity: not set\n");
	else
		buf_printf(out, "Severity: %s (%s)\n", severity_name(incident->severity), severity_meaning(incident->severity));
	if (incident->severity_rule[0] || incident->severity_reason[0])
		buf_printf(out, "Severity by: %s%s%s\n", incident->severity_rule, incident->severity_rule[0] && incident->severity_reason[0] ? ", " : "", incident->severity_reason);
	if (incident->cause != CAUSE_NONE)
		buf_printf(out, "Detected as: %s\n", cause_def(incident->cause)->title);
	buf_printf(out, "Commander: %s\n", incident->owner[0] ? incident->owner : "nobody");
	if (incident->scribe[0])
		buf_printf(out, "Scribe: %s\n", incident->scribe);
	prefill_people(incident, out);
	buf_printf(out, "Stage: %s\n", stage_title(incident->stage));
	if (incident->merged)
		buf_printf(out, "Merged into: %s\n", incident->merged_into);
	put_time(out, "First symptom", m.started_us);
	put_time(out, "Detected", m.detected_us);
	put_time(out, "Declared", m.declared_us);
	put_time(out, "Mitigated", m.mitigated_us);
	put_time(out, "Resolved", m.resolved_us);
	put_time(out, "Closed", m.closed_us);
}

/* The kinds that tell the story; the rest is detail that the table has. */
static bool is_key(enum event_kind kind)
{
	switch (kind) {
	case EVENT_DETECTOR_PROPOSED:
	case EVENT_DETECTOR_CLEARED:
	case EVENT_REPORT_RECEIVED:
	case EVENT_INCIDENT_DECLARED:
	case EVENT_INCIDENT_SEVERITY:
	case EVENT_INCIDENT_STAGE:
	case EVENT_INCIDENT_CLOSED:
	case EVENT_INCIDENT_REOPENED:
	case EVENT_INCIDENT_MERGED:
	case EVENT_ROLE_ASSUMED:
	case EVENT_NOTE:
	case EVENT_ROLE_RENOUNCED:
	case EVENT_DECISION:
	case EVENT_FINDING:
	case EVENT_HYPOTHESIS_CONFIRMED:
	case EVENT_HYPOTHESIS_REFUTED:
	case EVENT_ESCALATION_REQUESTED:
	case EVENT_ESCALATION_ACKNOWLEDGED:
	case EVENT_STEP_RAN:
	case EVENT_STEP_DEVIATED:
	case EVENT_APPROVAL_GIVEN:
	case EVENT_APPROVAL_REFUSED:
	case EVENT_GLASS_BROKEN:
	case EVENT_CHECK_OVERRIDDEN:
		return true;
	default:
		return false;
	}
}

static void prefill_timeline(const struct fold *fold, const struct incident *incident, struct buf *out)
{
	char when[TIME_TEXT];

	for (size_t i = 0; i < incident->timeline_count; i++) {
		const struct event *event = fold_event(fold, incident->timeline[i].seq);
		struct event_view view;
		if (is_key(event->kind) && fold_view(fold, event, &view))
			buf_printf(out, "%s  %s\n", time_human(when, view.occurred_us, 0), view.summary);
	}
}

static void prefill_impact(const struct fold *fold, const struct incident *incident, struct buf *out)
{
	char text[DURATION_TEXT];
	struct milestones m = milestones_of(fold, incident);

	if (incident->impact)
		buf_printf(out, "%s\n", incident->impact);
	if (incident->component_count > 0) {
		buf_puts(out, "Affected:");
		for (size_t i = 0; i < incident->component_count; i++)
			buf_printf(out, "%s %s", i ? "," : "", incident->components[i]);
		buf_putc(out, '\n');
	}
	int64_t us = between(m.started_us, m.mitigated_us);
	if (us >= 0)
		buf_printf(out, "Duration: %s, from the first symptom to mitigation\n", duration_human(text, us));
}

static void prefill_resolution(const struct incident *incident, struct buf *out)
{
	static const char *const words[] = {
		[STEP_PENDING] = "open",
		[STEP_RUNNING] = "running",
		[STEP_DONE] = "done",
		[STEP_SKIPPED] = "skipped",
		[STEP_FAILED] = "failed",
		[STEP_DEVIATED] = "done otherwise",
	};

	if (incident->runbook[0])
		buf_printf(out, "Runbook: %s\n", incident->runbook);
	for (size_t i = 0; i < incident->step_count; i++) {
		const struct step_record *step = &incident->steps[i];
		if (step->state == STEP_PENDING && !step->ran)
			continue;
		buf_printf(out, "Step %s%s%s: %s%s%s\n", step->number, step->title[0] ? " " : "", step->title, words[step->state], step->note[0] ? ", " : "", step->note);
	}
	for (size_t i = 0; i < incident->check_count; i++) {
		const struct check_record *check = &incident->checks[i];
		const char *word = check->passed ? "passed" : check->overridden ? "failed, overridden"
										: "failed";
		buf_printf(out, "Check %s: %s%s%s\n", check->name, word, check->detail[0] ? ", " : "", check->detail);
	}
	if (incident->overridden && incident->check_count == 0)
		buf_puts(out, "Checks: overridden before any of them reported\n");
	prefill_work(incident, out);
}

static void prefill_actions(const struct incident *incident, struct buf *out)
{
	for (size_t i = 0; i < incident->action_count; i++) {
		const struct action_item *item = &incident->actions[i];
		buf_printf(out, "- %s (owner %s, due %s%s%s)\n", item->text, item->owner[0] ? item->owner : "missing", item->due[0] ? item->due : "missing", item->type[0] ? ", " : "", item->type);
	}
}

char *section_prefill(const struct fold *fold, const struct incident *incident, enum section section)
{
	struct buf out;

	buf_init(&out, PREFILL_BYTES);
	switch (section) {
	case SECTION_INCIDENT:
		prefill_incident(fold, incident, &out);
		break;
	case SECTION_TIMELINE:
		prefill_timeline(fold, incident, &out);
		break;
	case SECTION_IMPACT:
		prefill_impact(fold, incident, &out);
		break;
	case SECTION_RESOLUTION:
		prefill_resolution(incident, &out);
		break;
	case SECTION_ACTIONS:
		prefill_actions(incident, &out);
		break;
	case SECTION_ROOT_CAUSE:
		prefill_beliefs(incident, &out);
		break;
	case SECTION_LESSONS:
	case SECTION_COUNT:
		break;
	}
	return buf_take(&out);
}

char *review_text(const struct fold *fold, const struct incident *incident, enum section section, bool *written)
{
	const char *text = (unsigned)section < SECTION_COUNT ? incident->sections[section] : NULL;

	*written = text != NULL;
	return text ? xstrdup(text) : section_prefill(fold, incident, section);
}
