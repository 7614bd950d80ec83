/* What the machine records: changes of components, and the difference between the
 * proposals that it sees and those that stand in the record. */
#include "incident/act.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/drafting.h"
#include "incident/payload.h"
#include "incident/proposing.h"

#include <inttypes.h>
#include <string.h>

/* Bounds on what one proposal writes, so that its data always fits. */
enum {
	CONSEQUENCES_MAX = 100,
	EVIDENCE_MAX = 30,
	REFUTED_MAX = 20,
	SICK_MAX = 200,
};

void act_changes(const struct change *changes, size_t count, struct drafts *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct change *change = &changes[i];
		struct draft *draft = drafts_add_machine(out, EVENT_PROBE_CHANGE, change->at_us, NULL);
		draft->source = "probe";
		/* "node/besu-rpc-0" reads "node besu-rpc-0". */
		char name[sizeof(change->id)];
		text_format(name, sizeof(name), "%s", change->id);
		char *slash = strchr(name, '/');
		if (slash)
			*slash = ' ';
		draft_summary(out, draft, "%s is %s, was %s%s%s", name, health_name(change->to), health_name(change->from), change->reason[0] ? ": " : "", change->reason);
		struct payload data;
		payload_begin(&data);
		payload_string(&data, "component", change->id);
		payload_string(&data, "from", health_name(change->from));
		payload_string(&data, "to", health_name(change->to));
		payload_string(&data, "reach", reach_name(change->reach));
		payload_string(&data, "reason", change->reason);
		payload_end(&data, out, draft);
	}
}

void act_unrecorded(uint64_t count, int64_t since_us, int64_t until_us, struct drafts *out)
{
	struct draft *draft = drafts_add_machine(out, EVENT_NOTE, until_us, NULL);
	char from[TIME_TEXT], to[TIME_TEXT];
	draft_summary(out, draft, "%" PRIu64 " change%s from %s to %s could not be recorded", count, count == 1 ? "" : "s", time_rfc3339(from, since_us), time_rfc3339(to, until_us));
	struct payload data;
	payload_begin(&data);
	json_put_i64(&data.w, "unrecorded", (int64_t)count);
	json_put_i64(&data.w, "since_us", since_us);
	json_put_i64(&data.w, "until_us", until_us);
	payload_end(&data, out, draft);
}

static void put_ids(struct payload *data, const char *key, char (*ids)[96], size_t count, size_t limit)
{
	json_begin_array(&data->w, key);
	for (size_t i = 0; i < count && i < limit; i++)
		json_put_string(&data->w, NULL, ids[i]);
	json_end_array(&data->w);
}

static void put_proposal(struct drafts *out, struct draft *draft, const struct proposal *p)
{
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "key", p->key);
	payload_string(&data, "cause", cause_def(p->cause)->name);
	payload_string(&data, "severity", p->severity == SEVERITY_UNSET ? NULL : severity_name(p->severity));
	payload_string(&data, "rule", p->rule);
	payload_string(&data, "reason", p->reason);
	payload_string(&data, "title", p->title);
	payload_string(&data, "confidence", confidence_name(p->confidence));
	payload_string(&data, "confirm", p->confirm);
	payload_string(&data, "refute", p->refute);
	json_put_i64(&data.w, "since_us", p->since_us);
	put_ids(&data, "components", p->components, p->component_count, SICK_MAX);
	put_ids(&data, "consequences", p->consequences, p->consequence_count, CONSEQUENCES_MAX);
	json_begin_array(&data.w, "evidence");
	for (size_t i = 0; i < p->evidence_count && i < EVIDENCE_MAX; i++) {
		json_begin_object(&data.w, NULL);
		json_put_i64(&data.w, "at_us", p->evidence[i].at_us);
		json_put_string(&data.w, "text", p->evidence[i].text);
		json_end_object(&data.w);
	}
	json_end_array(&data.w);
	json_begin_array(&data.w, "refuted");
	for (size_t i = 0; i < p->refuted_count && i < REFUTED_MAX; i++)
		json_put_string(&data.w, NULL, p->refuted[i]);
	json_end_array(&data.w);
	payload_end(&data, out, draft);
}

static void add_proposal(const struct proposal *p, enum event_kind kind, const char *incident, int64_t now_us, struct drafts *out)
{
	struct draft *draft = drafts_add_machine(out, kind, now_us, incident);
	draft->source = drafts_format(out, "detector:%s", p->rule[0] ? p->rule : "?");
	draft_summary(out, draft, "%s %s %s%s%s", kind == EVENT_DETECTOR_PROPOSED ? "proposed" : "changed to", severity_name(p->severity), p->title, p->reason[0] ? ": " : "", p->reason);
	put_proposal(out, draft, p);
}

/* Numbers in the reason change with every block; these three mean something new. */
static bool differs(const struct open_proposal *known, const struct proposal *p)
{
	size_t count = p->component_count < SICK_MAX ? p->component_count : SICK_MAX;
	if (known->severity != p->severity || strcmp(known->title, p->title) != 0 || known->component_count != count)
		return true;
	for (size_t i = 0; i < count; i++) {
		if (!component_listed(known->components, known->component_count, p->components[i]))
			return true;
	}
	return false;
}

/* What cannot be seen any more is not over. */
static bool out_of_sight(const struct proposals *detected, const struct open_proposal *known)
{
	for (size_t i = 0; i < detected->count; i++) {
		const struct proposal *p = &detected->items[i];
		for (size_t k = 0; p->cause == CAUSE_VISIBILITY_LOST && k < known->component_count; k++) {
			if (proposal_names(p, known->components[k]))
				return true;
		}
	}
	return false;
}

static void add_cleared(const struct fold *fold, const struct open_proposal *known, int64_t now_us, struct drafts *out)
{
	const struct incident *taker;
	(void)fold_proposal(fold, known->key, &taker);
	struct draft *draft = drafts_add_machine(out, EVENT_DETECTOR_CLEARED, now_us, taker ? taker->id : NULL);
	draft->source = drafts_format(out, "detector:%s", known->rule[0] ? known->rule : "?");
	draft_summary(out, draft, "cleared %s", known->title);
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "key", known->key);
	payload_string(&data, "title", known->title);
	put_ids(&data, "components", known->components, known->component_count, SICK_MAX);
	payload_end(&data, out, draft);
}

static bool stays_dismissed(const struct open_proposal *known, const struct proposal *p)
{
	return known && known->dismissed && p->severity >= known->severity;
}

bool detection_dismissed(const struct fold *fold, const struct proposal *p)
{
	const struct incident *taker;
	return stays_dismissed(fold_proposal(fold, p->key, &taker), p);
}

bool detection_covered(const struct fold *fold, const struct proposal *p)
{
	for (size_t i = 0; i < fold_incident_count(fold); i++) {
		const struct incident *incident = fold_incident_at(fold, i);
		if (incident->stage < STAGE_TRIAGE || incident->stage > STAGE_RESOLVE || incident->merged || p->severity < incident->severity)
			continue;
		size_t inside = 0;
		while (inside < p->component_count && component_listed(incident->components, incident->component_count, p->components[inside]))
			inside++;
		if (inside == p->component_count)
			return true;
	}
	return false;
}

int64_t detection_resolved_us(const struct fold *fold, enum cause cause)
{
	int64_t last_us = 0;

	for (size_t i = 0; i < fold_incident_count(fold); i++) {
		const struct incident *incident = fold_incident_at(fold, i);
		if (incident->cause != cause || incident->merged || incident->stage < STAGE_REVIEW)
			continue;
		int64_t review_us = incident->stage_us[STAGE_REVIEW];
		int64_t at_us = review_us ? review_us : incident->stage_us[STAGE_CLOSED];
		last_us = at_us > last_us ? at_us : last_us;
	}
	return last_us;
}

void act_detection(const struct fold *fold, const struct proposals *detected, int64_t now_us, struct drafts *out)
{
	for (size_t i = 0; i < detected->count; i++) {
		const struct proposal *p = &detected->items[i];
		const struct incident *taker;
		const struct open_proposal *known = fold_proposal(fold, p->key, &taker);
		if (stays_dismissed(known, p))
			continue;
		bool answered = known && (known->taken || known->dismissed);
		/* What comes back while its incident is worked on is a change of that one; what
		 * is there still after its incident was closed, or grew worse after it was
		 * dismissed, asks anew. */
		if (taker ? !known || differs(known, p) : known && !answered && differs(known, p))
			add_proposal(p, EVENT_DETECTOR_CHANGED, taker ? taker->id : NULL, now_us, out);
		else if (!taker && (!known || answered) && !detection_covered(fold, p))
			add_proposal(p, EVENT_DETECTOR_PROPOSED, NULL, now_us, out);
	}
	for (size_t i = 0; i < fold_active_count(fold); i++) {
		const struct open_proposal *known = fold_active_at(fold, i);
		if (!proposals_find(detected, known->key) && !out_of_sight(detected, known))
			add_cleared(fold, known, now_us, out);
	}
}
