/* Who did what in an incident, for the JSON document and for the sections of the review. */
#include "report/facts.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

/* --- JSON ---------------------------------------------------------------------------- */

static void put_number(struct json_writer *w, const char *key, char letter, unsigned number)
{
	char text[16];

	json_put_string(w, key, text_format(text, sizeof(text), "%c%u", letter, number));
}

void roles_json(const struct incident *incident, struct json_writer *w)
{
	json_begin_array(w, "roles");
	for (size_t i = 0; i < incident->tenure_count; i++) {
		const struct tenure *tenure = &incident->tenures[i];
		json_begin_object(w, NULL);
		json_put_string(w, "role", tenure->role);
		json_put_string(w, "name", tenure->name);
		json_put_time(w, "since", tenure->since_us);
		json_put_time(w, "until", tenure->until_us);
		json_end_object(w);
	}
	json_end_array(w);
}

const char *task_state_name(enum task_state state)
{
	static const char *const names[] = {[TASK_OPEN] = "open", [TASK_DONE] = "done", [TASK_CANCELLED] = "cancelled"};

	return names[state];
}

const char *hypothesis_state_name(enum hypothesis_state state)
{
	static const char *const names[] = {[HYPOTHESIS_OPEN] = "open", [HYPOTHESIS_CONFIRMED] = "confirmed", [HYPOTHESIS_REFUTED] = "refuted"};

	return names[state];
}

void tasks_json(const struct incident *incident, struct json_writer *w)
{
	json_begin_array(w, "tasks");
	for (size_t i = 0; i < incident->task_count; i++) {
		const struct task *task = &incident->tasks[i];
		json_begin_object(w, NULL);
		put_number(w, "task", 'T', task->number);
		json_put_string(w, "text", task->text);
		json_put_text(w, "owner", task->owner);
		json_put_string(w, "state", task_state_name(task->state));
		json_put_time(w, "opened", task->opened_us);
		json_put_time(w, "due", task->due_us);
		json_put_time(w, "closed", task->closed_us);
		json_put_text(w, "note", task->note);
		json_end_object(w);
	}
	json_end_array(w);
}

void hypotheses_json(const struct incident *incident, struct json_writer *w)
{
	json_begin_array(w, "hypotheses");
	for (size_t i = 0; i < incident->hypothesis_count; i++) {
		const struct hypothesis *hypothesis = &incident->hypotheses[i];
		json_begin_object(w, NULL);
		put_number(w, "hypothesis", 'H', hypothesis->number);
		json_put_string(w, "text", hypothesis->text);
		json_put_string(w, "by", hypothesis->by);
		json_put_string(w, "state", hypothesis_state_name(hypothesis->state));
		json_put_string(w, "evidence", hypothesis->evidence);
		json_put_time(w, "opened", hypothesis->opened_us);
		json_put_time(w, "closed", hypothesis->closed_us);
		json_end_object(w);
	}
	json_end_array(w);
}

/* What was decided, or found: a text, who and when. */
static void put_said(struct json_writer *w, const char *text, const char *by, int64_t at_us, uint64_t seq)
{
	json_begin_object(w, NULL);
	json_put_string(w, "text", text);
	json_put_string(w, "by", by);
	json_put_time(w, "at", at_us);
	json_put_i64(w, "seq", (int64_t)seq);
	json_end_object(w);
}

void said_json(const struct incident *incident, struct json_writer *w)
{
	json_begin_array(w, "decisions");
	for (size_t i = 0; i < incident->decision_count; i++)
		put_said(w, incident->decisions[i].text, incident->decisions[i].by, incident->decisions[i].at_us, incident->decisions[i].seq);
	json_end_array(w);
	json_begin_array(w, "findings");
	for (size_t i = 0; i < incident->finding_count; i++)
		put_said(w, incident->findings[i].text, incident->findings[i].by, incident->findings[i].at_us, incident->findings[i].seq);
	json_end_array(w);
}

void escalations_json(const struct incident *incident, struct json_writer *w)
{
	json_begin_array(w, "escalations");
	for (size_t i = 0; i < incident->escalation_count; i++) {
		const struct escalation *e = &incident->escalations[i];
		json_begin_object(w, NULL);
		json_put_string(w, "step", e->step);
		json_put_string(w, "title", e->title);
		json_put_text(w, "person", e->person);
		json_put_string(w, "channel", e->channel);
		json_put_text(w, "reason", e->reason);
		json_put_string(w, "by", e->by);
		json_put_time(w, "requested", e->requested_us);
		json_put_time(w, "wait_until", e->wait_until_us);
		json_put_time(w, "sent", e->sent_us);
		json_put_time(w, "failed", e->failed_us);
		json_put_text(w, "detail", e->detail);
		json_put_time(w, "acknowledged", e->acked_us);
		json_put_text(w, "acknowledged_by", e->acked_by);
		json_put_text(w, "acknowledged_how", e->acked_how);
		json_put_time(w, "lapsed", e->lapsed_us);
		json_end_object(w);
	}
	json_end_array(w);
}

/* --- the review ------------------------------------------------------------------------- */

void prefill_people(const struct incident *incident, struct buf *out)
{
	char from[TIME_TEXT], to[TIME_TEXT];

	for (size_t i = 0; i < incident->tenure_count; i++) {
		const struct tenure *tenure = &incident->tenures[i];
		bool said = !tenure->until_us && (strcmp(tenure->role, "commander") == 0 || strcmp(tenure->role, "scribe") == 0);
		if (said)
			continue;
		buf_printf(out, "%s was %s from %s%s%s\n", tenure->name, tenure->role, time_human(from, tenure->since_us, 0), tenure->until_us ? " to " : " on", tenure->until_us ? time_human(to, tenure->until_us, 0) : "");
	}
	for (size_t i = 0; i < incident->escalation_count; i++) {
		const struct escalation *e = &incident->escalations[i];
		buf_printf(out, "Escalated to %s%s%s by %s at %s", e->title, e->person[0] ? ", " : "", e->person, e->channel, time_human(from, e->requested_us, 0));
		if (e->acked_us)
			buf_printf(out, "; acknowledged by %s at %s", e->acked_by, time_human(to, e->acked_us, 0));
		else
			buf_puts(out, "; not acknowledged");
		buf_putc(out, '\n');
	}
}

void prefill_beliefs(const struct incident *incident, struct buf *out)
{
	for (size_t i = 0; i < incident->hypothesis_count; i++) {
		const struct hypothesis *h = &incident->hypotheses[i];
		buf_printf(out, "Hypothesis %s: %s%s%s\n", hypothesis_state_name(h->state), h->text, h->evidence ? "; shown by: " : "", h->evidence ? h->evidence : "");
	}
	for (size_t i = 0; i < incident->finding_count; i++)
		buf_printf(out, "Found: %s (%s)\n", incident->findings[i].text, incident->findings[i].by);
}

void prefill_work(const struct incident *incident, struct buf *out)
{
	for (size_t i = 0; i < incident->decision_count; i++)
		buf_printf(out, "Decided: %s (%s)\n", incident->decisions[i].text, incident->decisions[i].by);
	for (size_t i = 0; i < incident->task_count; i++) {
		const struct task *task = &incident->tasks[i];
		buf_printf(out, "Task of %s, %s: %s%s%s\n", task->owner[0] ? task->owner : "nobody", task_state_name(task->state), task->text, task->note[0] ? "; " : "", task->note);
	}
}
