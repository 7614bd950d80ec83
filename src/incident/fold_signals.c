/* What machines and outsiders said: changes, proposals and reports, and their answers. */
#include "incident/fold_state.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/payload.h"

#include <stdlib.h>
#include <string.h>

/* --- machines ------------------------------------------------------------------- */

void rule_record_opened(struct incoming *in)
{
	in->fold->drill |= incoming_bool(in, "drill");
}

void rule_probe_change(struct incoming *in)
{
	char id[96];
	incoming_text(in, "component", id, sizeof(id));
	if (id[0])
		timeline_signal(in->fold, id, in->index);
}

static void signal_components(struct incoming *in)
{
	const struct json *list = json_get(in->data, "components");
	size_t count = 0;
	for (const struct json *item = json_first(list); item && count < COMPONENTS_MAX; item = json_next(item), count++) {
		char id[96];
		copy_clean(id, sizeof(id), json_string(item));
		if (id[0])
			timeline_signal(in->fold, id, in->index);
	}
}

struct proposal_state *incoming_proposal(const struct incoming *in)
{
	char key[128];
	incoming_text(in, "key", key, sizeof(key));
	return key[0] ? keymap_find(&in->fold->proposals, key) : NULL;
}

const struct incident_state *proposal_taker(const struct fold *fold, const struct proposal_state *proposal)
{
	if (proposal->answer != ANSWER_TAKEN)
		return NULL;
	const struct incident_state *taker = fold_incident_state(fold, proposal->incident);
	/* Where it was merged, the work goes on. */
	for (int depth = 0; taker && taker->pub.merged && depth < MERGE_DEPTH; depth++)
		taker = fold_incident_state(fold, incident_number(taker->pub.merged_into));
	return taker && incident_is_open(&taker->pub) ? taker : NULL;
}

static void read_proposal(const struct incoming *in, struct proposal_state *proposal)
{
	struct open_proposal *pub = &proposal->pub;
	const char *cause = incoming_string(in, "cause");
	pub->cause = cause ? cause_parse(cause) : CAUSE_NONE;
	pub->severity = incoming_severity(in);
	incoming_text(in, "title", pub->title, sizeof(pub->title));
	incoming_text(in, "rule", pub->rule, sizeof(pub->rule));
	incoming_text(in, "reason", pub->reason, sizeof(pub->reason));
	if (!incoming_i64(in, "since_us", &pub->since_us))
		pub->since_us = in->event->occurred_us;
	(void)incoming_components(in, &pub->components, &pub->component_count, &proposal->component_capacity);
	in->fold->listings->proposals_stale = true;
}

void rule_detector_proposed(struct incoming *in)
{
	char key[128];
	incoming_text(in, "key", key, sizeof(key));
	signal_components(in);
	if (!key[0])
		return;
	void **at = keymap_at(&in->fold->proposals, key);
	if (!*at)
		*at = xcalloc(1, sizeof(struct proposal_state));
	struct proposal_state *proposal = *at;
	/* A fault that comes back after its incident was closed is a new one. */
	if (proposal->answer == ANSWER_TAKEN && !proposal_taker(in->fold, proposal)) {
		proposal->answer = ANSWER_NONE;
		proposal->pub.taken = false;
		proposal->pub.times = 0;
		proposal->active = false;
	}
	/* Dismissed was what it was then, not what it grew into. */
	if (proposal->answer == ANSWER_DISMISSED && incoming_severity(in) < proposal->pub.severity) {
		proposal->answer = ANSWER_NONE;
		proposal->pub.dismissed = false;
	}
	if (!proposal->active)
		proposal->pub.times++;
	proposal->active = true;
	proposal->index = in->index;
	memcpy(proposal->pub.key, key, sizeof(key));
	proposal->pub.seq = in->event->seq;
	proposal->pub.proposed_us = in->event->occurred_us;
	read_proposal(in, proposal);
}

void rule_detector_changed(struct incoming *in)
{
	signal_components(in);
	struct proposal_state *proposal = incoming_proposal(in);
	if (!proposal)
		return;
	/* A fault that came back under an open incident. */
	if (!proposal->active)
		proposal->pub.times++;
	proposal->active = true;
	read_proposal(in, proposal);
}

void rule_detector_cleared(struct incoming *in)
{
	signal_components(in);
	struct proposal_state *proposal = incoming_proposal(in);
	if (!proposal)
		return;
	proposal->active = false;
	if (proposal->answer == ANSWER_DISMISSED) {
		proposal->answer = ANSWER_NONE;
		proposal->pub.dismissed = false;
	}
	in->fold->listings->proposals_stale = true;
}

/* --- answers to proposals and reports --------------------------------------------- */

void incident_own(struct incident_state *state, size_t index)
{
	state->own = mem_grow(state->own, &state->own_capacity, state->own_count, sizeof(*state->own));
	state->own[state->own_count++] = index;
	state->stale = true;
}

void proposal_take(struct incoming *in, struct proposal_state *proposal)
{
	proposal->answer = ANSWER_TAKEN;
	proposal->pub.taken = true;
	proposal->pub.dismissed = false;
	proposal->incident = in->incident->pub.number;
	incident_own(in->incident, proposal->index);
	in->fold->listings->proposals_stale = true;
}

void rule_proposal_dismissed(struct incoming *in)
{
	struct proposal_state *proposal = incoming_proposal(in);
	if (!proposal || !proposal->active || proposal->answer == ANSWER_TAKEN)
		return;
	proposal->answer = ANSWER_DISMISSED;
	proposal->pub.dismissed = true;
	in->fold->listings->proposals_stale = true;
}

/* The report that waits under this seq, or NULL. */
struct report_row *report_find(const struct fold *fold, uint64_t seq)
{
	struct listings *listings = fold->listings;
	size_t low = 0, high = listings->report_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (listings->reports[middle].seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low < listings->report_count && listings->reports[low].seq == seq ? &listings->reports[low] : NULL;
}

/* Answered reports leave the list when it is asked for the next time. */
void report_answer(struct fold *fold, uint64_t seq)
{
	struct report_row *report = report_find(fold, seq);
	if (!report)
		return;
	report->attached = true;
	fold->listings->reports_stale = true;
}

void rule_proposal_attached(struct incoming *in)
{
	int64_t seq;
	size_t index;
	if (!in->incident)
		return;
	if (incoming_i64(in, "report", &seq) && seq > 0) {
		const struct cell *cell = fold_cell_by_seq(in->fold, (uint64_t)seq, &index);
		if (!cell || cell->event.kind != EVENT_REPORT_RECEIVED)
			return;
		report_answer(in->fold, (uint64_t)seq);
		incident_own(in->incident, index);
		return;
	}
	struct proposal_state *proposal = incoming_proposal(in);
	if (!proposal)
		return;
	proposal_take(in, proposal);
	struct incident_state *state = in->incident;
	for (size_t i = 0; i < proposal->pub.component_count; i++)
		components_add(&state->pub.components, &state->pub.component_count, &state->component_capacity, proposal->pub.components[i]);
}

void rule_report(struct incoming *in)
{
	struct listings *listings = in->fold->listings;
	if (in->incident)
		return;
	listings->reports = mem_grow(listings->reports, &listings->report_capacity, listings->report_count, sizeof(*listings->reports));
	struct report_row *row = &listings->reports[listings->report_count++];
	*row = (struct report_row){.seq = in->event->seq, .occurred_us = in->event->occurred_us};
	incoming_text(in, "from", row->who, sizeof(row->who));
	copy_clean(row->text, sizeof(row->text), in->event->summary);
}
