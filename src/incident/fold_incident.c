/* The life of incidents: declared, triaged, moved through the stages, merged, and
 * the corrections of what was said. */
#include "incident/fold_state.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/payload.h"

#include <stdlib.h>
#include <string.h>

/* --- incidents ------------------------------------------------------------------- */

struct incident_state *fold_incident_state(const struct fold *fold, unsigned number)
{
	size_t low = 0, high = fold->incident_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (fold->incidents[middle]->pub.number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < fold->incident_count && fold->incidents[low]->pub.number == number ? fold->incidents[low] : NULL;
}

static struct incident_state *add_incident(struct fold *fold, unsigned number)
{
	struct incident_state *state = xcalloc(1, sizeof(*state));
	state->pub.number = number;
	text_format(state->pub.id, sizeof(state->pub.id), "INC-%u", number);
	fold->incidents = mem_grow(fold->incidents, &fold->incident_capacity, fold->incident_count, sizeof(struct incident_state *));
	size_t at = fold->incident_count++;
	for (; at > 0 && fold->incidents[at - 1]->pub.number > number; at--)
		fold->incidents[at] = fold->incidents[at - 1];
	fold->incidents[at] = state;
	return state;
}

static void enter_stage(struct incident_state *state, enum stage to, int64_t at_us)
{
	struct incident *pub = &state->pub;
	pub->stage = to;
	pub->stage_us[to] = at_us;
	anchors_enter(pub, to, at_us);
	for (int later = (int)to + 1; later < STAGE_COUNT; later++)
		pub->stage_us[later] = 0;
	if (to == STAGE_RESOLVE) {
		pub->check_count = 0;
		pub->check_total = 0;
		pub->overridden = false;
	}
	state->stale = true;
}

/* Of two consoles that declare under the same number at once the first wins; the
 * second event stays in its timeline. */
void rule_declared(struct incoming *in)
{
	unsigned number = incident_number(in->event->incident);
	if (number == 0 || in->incident)
		return;
	struct incident_state *state = add_incident(in->fold, number);
	in->incident = state;
	struct incident *pub = &state->pub;
	const char *cause = incoming_string(in, "cause");
	pub->cause = cause ? cause_parse(cause) : CAUSE_NONE;
	pub->severity = incoming_severity(in);
	incoming_text(in, "title", pub->title, sizeof(pub->title));
	incoming_text(in, "rule", pub->severity_rule, sizeof(pub->severity_rule));
	incoming_text(in, "reason", pub->severity_reason, sizeof(pub->severity_reason));
	incoming_text(in, "key", pub->proposal_key, sizeof(pub->proposal_key));
	incoming_text(in, "runbook", pub->runbook_suggested, sizeof(pub->runbook_suggested));
	if (!pub->title[0])
		copy_clean(pub->title, sizeof(pub->title), in->event->redacted ? "(redacted)" : in->event->summary);
	(void)incoming_components(in, &pub->components, &pub->component_count, &state->component_capacity);
	pub->declared_us = in->event->occurred_us;
	if (!incoming_i64(in, "impact_started_us", &pub->impact_started_us) || pub->impact_started_us <= 0)
		pub->impact_started_us = pub->declared_us;
	enter_stage(state, STAGE_TRIAGE, pub->declared_us);
	anchors_begin(pub);
	incident_own(state, in->index);
	struct proposal_state *proposal = incoming_proposal(in);
	if (proposal)
		proposal_take(in, proposal);
}

void rule_severity(struct incoming *in)
{
	enum severity severity = incoming_severity(in);
	if (severity == SEVERITY_UNSET)
		return;
	in->incident->pub.severity = severity;
	in->incident->pub.severity_rule[0] = '\0';
	incoming_text(in, "reason", in->incident->pub.severity_reason, sizeof(in->incident->pub.severity_reason));
}

void rule_title(struct incoming *in)
{
	char title[sizeof(in->incident->pub.title)];
	incoming_text(in, "title", title, sizeof(title));
	if (title[0])
		memcpy(in->incident->pub.title, title, sizeof(title));
}

void rule_stage(struct incoming *in)
{
	enum stage to;
	if (stage_parse(incoming_string(in, "to"), &to) && to != STAGE_DETECT)
		enter_stage(in->incident, to, in->event->occurred_us);
}

void rule_closed(struct incoming *in)
{
	enter_stage(in->incident, STAGE_CLOSED, in->event->occurred_us);
	/* What the incident took may be proposed again. */
	in->fold->listings->proposals_stale = true;
}

void rule_reopened(struct incoming *in)
{
	struct incident_state *state = in->incident;
	enum stage to;
	if (!stage_parse(incoming_string(in, "to"), &to) || to == STAGE_DETECT || to == STAGE_CLOSED)
		to = STAGE_RESPOND;
	if (state->pub.merged) {
		struct incident_state *target = fold_incident_state(in->fold, incident_number(state->pub.merged_into));
		if (target)
			target->stale = true;
		state->pub.merged = false;
		state->pub.merged_into[0] = '\0';
	}
	enter_stage(state, to, in->event->occurred_us);
}

void rule_merged(struct incoming *in)
{
	struct incident_state *state = in->incident;
	struct incident_state *target = fold_incident_state(in->fold, incident_number(incoming_string(in, "into")));
	if (!target || target == state || target->pub.merged || state->pub.merged)
		return;
	state->pub.merged = true;
	memcpy(state->pub.merged_into, target->pub.id, sizeof(state->pub.merged_into));
	for (size_t i = 0; i < state->pub.component_count; i++)
		components_add(&target->pub.components, &target->pub.component_count, &target->component_capacity, state->pub.components[i]);
	if (state->pub.impact_started_us < target->pub.impact_started_us)
		target->pub.impact_started_us = state->pub.impact_started_us;
	target->stale = true;
	in->fold->listings->proposals_stale = true;
}

void rule_components(struct incoming *in)
{
	struct incident_state *state = in->incident;
	(void)incoming_components(in, &state->pub.components, &state->pub.component_count, &state->component_capacity);
}

void rule_impact(struct incoming *in)
{
	const char *impact = incoming_string(in, "impact");
	if (!impact)
		return;
	free(in->incident->pub.impact);
	in->incident->pub.impact = clean_lines(impact);
}

/* --- corrections ------------------------------------------------------------------------ */

static struct action_item *find_action(struct incident *pub, uint64_t seq)
{
	for (size_t i = 0; i < pub->action_count; i++) {
		if (pub->actions[i].seq == seq)
			return &pub->actions[i];
	}
	return NULL;
}

/* The event that a correction points at: an earlier one that is no correction itself. */
static struct cell *target_of(const struct incoming *in)
{
	int64_t seq;
	if (!incoming_i64(in, "target", &seq) || seq <= 0 || (uint64_t)seq >= in->event->seq)
		return NULL;
	struct cell *cell = fold_cell_by_seq(in->fold, (uint64_t)seq, NULL);
	if (!cell || cell->event.kind == EVENT_AMENDED || cell->event.kind == EVENT_RETRACTED || cell->event.kind == EVENT_REDACTED)
		return NULL;
	if (!cell->correction)
		cell->correction = xcalloc(1, sizeof(*cell->correction));
	in->fold->corrections++;
	return cell;
}

/* The incident's clocks follow a corrected time. */
static void move_time(struct incident *pub, enum event_kind kind, int64_t from_us, int64_t to_us)
{
	if (kind == EVENT_INCIDENT_DECLARED && pub->declared_us == from_us) {
		pub->declared_us = to_us;
		if (pub->impact_started_us > to_us)
			pub->impact_started_us = to_us;
	}
	if (kind != EVENT_INCIDENT_DECLARED && kind != EVENT_INCIDENT_STAGE && kind != EVENT_INCIDENT_CLOSED)
		return;
	for (int i = 0; i < STAGE_COUNT; i++) {
		if (pub->stage_us[i] == from_us)
			pub->stage_us[i] = to_us;
	}
}

void rule_amended(struct incoming *in)
{
	struct cell *cell = target_of(in);
	if (!cell)
		return;
	struct correction *correction = cell->correction;
	correction->amended = true;
	struct incident_state *state = fold_incident_state(in->fold, incident_number(cell->event.incident));
	struct report_row *report = report_find(in->fold, cell->event.seq);
	int64_t occurred_us;
	if (incoming_i64(in, "occurred_us", &occurred_us) && occurred_us > 0) {
		int64_t before_us = correction->occurred_us ? correction->occurred_us : cell->event.occurred_us;
		correction->occurred_us = occurred_us;
		if (state)
			move_time(&state->pub, cell->event.kind, before_us, occurred_us);
		if (report)
			report->occurred_us = occurred_us;
	}
	if (!in->event->body || !in->event->body[0])
		return;
	free(correction->summary);
	correction->summary = first_line(in->event->body);
	mem_set(&correction->body, in->event->body);
	if (report)
		copy_clean(report->text, sizeof(report->text), correction->summary);
	struct action_item *item = state ? find_action(&state->pub, cell->event.seq) : NULL;
	if (item)
		mem_set(&item->text, correction->summary);
	if (state)
		room_amended(state, cell->event.seq, correction->summary);
}

static void drop_action(struct incident *pub, struct action_item *item)
{
	free(item->text);
	size_t at = (size_t)(item - pub->actions);
	memmove(item, item + 1, (pub->action_count - at - 1) * sizeof(*item));
	pub->action_count--;
}

void rule_retracted(struct incoming *in)
{
	struct cell *cell = target_of(in);
	if (!cell || cell->correction->retracted)
		return;
	cell->correction->retracted = true;
	report_answer(in->fold, cell->event.seq);
	struct incident_state *state = fold_incident_state(in->fold, incident_number(cell->event.incident));
	if (!state)
		return;
	if (cell->event.kind == EVENT_NOTE)
		state->pub.note_count--;
	if (cell->event.kind == EVENT_EVIDENCE_ATTACHED)
		state->pub.evidence_count--;
	struct action_item *item = find_action(&state->pub, cell->event.seq);
	if (item)
		drop_action(&state->pub, item);
	room_retracted(state, cell->event.seq);
}

void rule_redacted(struct incoming *in)
{
	struct cell *cell = target_of(in);
	if (!cell)
		return;
	cell->correction->redacted = true;
	struct incident_state *state = fold_incident_state(in->fold, incident_number(cell->event.incident));
	if (state)
		room_amended(state, cell->event.seq, "(redacted)");
}
