/* The incident as one JSON object, for other programs (DESIGN section 5). */
#include "report/facts.h"

#include "base/json.h"
#include "base/mem.h"

#include <string.h>

enum { DATA_TREE_BYTES = 1 << 20 };

/* Data is somebody else's text until it has been read: a hostile record must not
 * break the document around it. */
void put_data(struct json_writer *w, const char *key, const struct event *event)
{
	if (event->redacted || !event->data || !event->data[0])
		return;
	struct json *tree = json_parse(event->data, strlen(event->data), DATA_TREE_BYTES, NULL);
	struct buf canonical;
	buf_init(&canonical, DATA_TREE_BYTES);
	if (json_is_object(tree) && json_canonical(tree, &canonical) && !canonical.full)
		json_put_raw(w, key, buf_text(&canonical));
	buf_free(&canonical);
	json_free(tree);
}

static void put_event(const struct fold *fold, const struct event *event, struct json_writer *w)
{
	struct event_view view;
	char hash[SHA256_TEXT];

	if (!fold_view(fold, event, &view))
		return;
	json_begin_object(w, NULL);
	json_put_i64(w, "seq", (int64_t)event->seq);
	json_put_string(w, "id", event->id);
	json_put_string(w, "kind", event->kind_name);
	json_put_time(w, "occurred", view.occurred_us);
	json_put_time(w, "recorded", event->recorded_us);
	json_put_string(w, "actor", event->actor);
	json_put_text(w, "role", event->role);
	json_put_string(w, "source", event->source);
	json_put_string(w, "summary", view.summary);
	json_put_text(w, "body", view.body);
	json_put_bool(w, "amended", view.amended);
	json_put_bool(w, "redacted", view.redacted);
	if (!view.redacted)
		put_data(w, "data", event);
	json_put_string(w, "hash", sha256_text(hash, &event->hash));
	json_end_object(w);
}

static void put_milestones(const struct fold *fold, const struct incident *incident, struct json_writer *w)
{
	struct milestones m = milestones_of(fold, incident);
	struct span spans[SPANS];

	json_put_time(w, "impact_started", m.started_us);
	json_put_time(w, "detected", m.detected_us);
	json_put_time(w, "declared", m.declared_us);
	json_put_time(w, "mitigated", m.mitigated_us);
	json_put_time(w, "resolved", m.resolved_us);
	json_put_time(w, "closed", m.closed_us);
	spans_of(&m, spans);
	json_begin_array(w, "durations");
	for (size_t i = 0; i < SPANS; i++) {
		if (spans[i].us < 0)
			continue;
		json_begin_object(w, NULL);
		json_put_string(w, "name", spans[i].name);
		json_put_string(w, "definition", spans[i].definition);
		json_put_i64(w, "ms", spans[i].us / US_PER_MS);
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_work(const struct incident *incident, struct json_writer *w)
{
	static const char *const states[] = {
		[STEP_PENDING] = "pending",
		[STEP_RUNNING] = "running",
		[STEP_DONE] = "done",
		[STEP_SKIPPED] = "skipped",
		[STEP_FAILED] = "failed",
		[STEP_DEVIATED] = "deviated",
	};

	json_begin_array(w, "steps");
	for (size_t i = 0; i < incident->step_count; i++) {
		const struct step_record *step = &incident->steps[i];
		json_begin_object(w, NULL);
		json_put_string(w, "step", step->number);
		json_put_text(w, "title", step->title);
		json_put_string(w, "state", states[step->state]);
		json_put_text(w, "note", step->note);
		if (step->ran)
			json_put_i64(w, "exit", step->exit_code);
		json_end_object(w);
	}
	json_end_array(w);
	json_begin_array(w, "checks");
	for (size_t i = 0; i < incident->check_count; i++) {
		const struct check_record *check = &incident->checks[i];
		json_begin_object(w, NULL);
		json_put_string(w, "check", check->name);
		json_put_bool(w, "passed", check->passed);
		json_put_bool(w, "overridden", check->overridden);
		json_put_text(w, "detail", check->detail);
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_review(const struct incident *incident, struct json_writer *w)
{
	json_begin_object(w, "review");
	for (size_t i = 0; i < SECTION_COUNT; i++)
		json_put_string(w, section_name((enum section)i), incident->sections[i]);
	json_end_object(w);
	json_begin_array(w, "actions");
	for (size_t i = 0; i < incident->action_count; i++) {
		const struct action_item *item = &incident->actions[i];
		json_begin_object(w, NULL);
		json_put_string(w, "text", item->text);
		json_put_text(w, "owner", item->owner);
		json_put_text(w, "due", item->due);
		json_put_text(w, "type", item->type);
		json_put_bool(w, "to_do", item->to_do);
		json_end_object(w);
	}
	json_end_array(w);
}

/* Everything between the braces. */
static void put_members(const struct fold *fold, const struct incident *incident, struct json_writer *w)
{
	json_put_string(w, "id", incident->id);
	json_put_string(w, "title", incident->title);
	json_put_string(w, "severity", incident->severity == SEVERITY_UNSET ? NULL : severity_name(incident->severity));
	json_put_string(w, "stage", stage_name(incident->stage));
	json_put_text(w, "owner", incident->owner);
	json_put_text(w, "scribe", incident->scribe);
	json_put_string(w, "cause", incident->cause == CAUSE_NONE ? NULL : cause_def(incident->cause)->name);
	json_put_text(w, "rule", incident->severity_rule);
	json_put_text(w, "reason", incident->severity_reason);
	json_put_string(w, "impact", incident->impact);
	json_put_text(w, "runbook", incident->runbook);
	json_put_string(w, "merged_into", incident->merged ? incident->merged_into : NULL);
	json_begin_array(w, "components");
	for (size_t i = 0; i < incident->component_count; i++)
		json_put_string(w, NULL, incident->components[i]);
	json_end_array(w);
	put_milestones(fold, incident, w);
	put_work(incident, w);
	roles_json(incident, w);
	tasks_json(incident, w);
	hypotheses_json(incident, w);
	said_json(incident, w);
	escalations_json(incident, w);
	put_review(incident, w);
	json_begin_array(w, "events");
	for (size_t i = 0; i < incident->timeline_count; i++)
		put_event(fold, fold_event(fold, incident->timeline[i].seq), w);
	json_end_array(w);
}

void incident_json(const struct fold *fold, const struct incident *incident, struct json_writer *w)
{
	json_begin_object(w, NULL);
	put_members(fold, incident, w);
	json_end_object(w);
}

static void put_checkpoint(const struct checkpoint *checkpoint, struct json_writer *w)
{
	char hash[SHA256_TEXT];

	json_begin_object(w, "checkpoint");
	json_put_string(w, "origin", checkpoint->origin);
	json_put_i64(w, "size", (int64_t)checkpoint->head.seq);
	json_put_string(w, "hash", sha256_text(hash, &checkpoint->head.hash));
	json_end_object(w);
}

enum status json_write(const struct fold *fold, const struct incident *incident, const struct checkpoint *checkpoint, const char *network, bool drill, struct buf *out, struct error *err)
{
	struct json_writer w;

	json_writer_init(&w, out, true);
	json_begin_object(&w, NULL);
	put_members(fold, incident, &w);
	json_put_text(&w, "network", network);
	json_put_bool(&w, "drill", drill);
	if (checkpoint)
		put_checkpoint(checkpoint, &w);
	json_end_object(&w);
	buf_putc(out, '\n');
	return buf_check(out, "the export", err);
}
