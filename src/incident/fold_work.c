/* The work on an incident: steps of its runbook, checks, notes and the review. */
#include "incident/fold_state.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/payload.h"

#include <stdlib.h>
#include <string.h>

/* --- runbook steps ------------------------------------------------------------------ */

static struct step_record *step_at(struct incident_state *state, const char *number, bool create)
{
	struct incident *pub = &state->pub;
	char clean[sizeof(pub->steps->number)];
	copy_clean(clean, sizeof(clean), number);
	for (size_t i = 0; i < pub->step_count; i++) {
		if (strcmp(pub->steps[i].number, clean) == 0)
			return &pub->steps[i];
	}
	if (!create || !clean[0] || pub->step_count >= STEPS_MAX)
		return NULL;
	pub->steps = mem_grow(pub->steps, &state->step_capacity, pub->step_count, sizeof(*pub->steps));
	struct step_record *step = &pub->steps[pub->step_count++];
	*step = (struct step_record){.state = STEP_PENDING};
	memcpy(step->number, clean, sizeof(clean));
	return step;
}

void incident_forget_steps(struct incident *pub)
{
	for (size_t i = 0; i < pub->step_count; i++)
		free(pub->steps[i].output);
	pub->step_count = 0;
	pub->steps_known = false;
}

void rule_runbook(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	char name[sizeof(pub->runbook)];
	incoming_text(in, "runbook", name, sizeof(name));
	if (!name[0])
		return;
	if (strcmp(name, pub->runbook) != 0)
		incident_forget_steps(pub);
	memcpy(pub->runbook, name, sizeof(name));
	incoming_text(in, "sha256", pub->runbook_sha256, sizeof(pub->runbook_sha256));
	const struct json *steps = json_get(in->data, "steps");
	for (const struct json *item = json_first(steps); item; item = json_next(item)) {
		struct step_record *step = step_at(in->incident, json_string(json_get(item, "number")), true);
		if (!step)
			continue;
		copy_clean(step->title, sizeof(step->title), json_string(json_get(item, "title")));
		pub->steps_known = true;
	}
}

static void read_run(const struct incoming *in, struct step_record *step)
{
	int64_t exit_code = -1;
	(void)incoming_i64(in, "exit", &exit_code);
	(void)incoming_i64(in, "duration_us", &step->duration_us);
	step->exit_code = exit_code >= INT32_MIN && exit_code <= INT32_MAX ? (int)exit_code : -1;
	step->ran = true;
	free(step->output);
	step->output = in->event->body && in->event->body[0] ? xstrdup(in->event->body) : NULL;
	int64_t signal_number = 0;
	(void)incoming_i64(in, "signal", &signal_number);
	bool failed = step->exit_code != 0 || signal_number != 0 || incoming_bool(in, "timed_out") || incoming_bool(in, "cancelled");
	/* A command that succeeded is not yet a step that is done: a person says so. */
	step->state = failed ? STEP_FAILED : STEP_PENDING;
}

void rule_step(struct incoming *in)
{
	struct step_record *step = step_at(in->incident, incoming_string(in, "step"), true);
	if (!step)
		return;
	if (!step->title[0])
		incoming_text(in, "title", step->title, sizeof(step->title));
	step->at_us = in->event->occurred_us;
	const char *note = incoming_string(in, in->event->kind == EVENT_STEP_SKIPPED ? "reason" : "note");
	if (note && note[0])
		copy_clean(step->note, sizeof(step->note), note);
	switch (in->event->kind) {
	case EVENT_STEP_DONE:
		step->state = STEP_DONE;
		break;
	case EVENT_STEP_SKIPPED:
		step->state = STEP_SKIPPED;
		break;
	case EVENT_STEP_STARTED:
		step->state = STEP_RUNNING;
		break;
	case EVENT_STEP_RAN:
		read_run(in, step);
		break;
	default:
		break;
	}
}

/* --- checks --------------------------------------------------------------------------- */

static struct check_record *check_at(struct incident_state *state, const char *name)
{
	struct incident *pub = &state->pub;
	char clean[sizeof(pub->checks->name)];
	copy_clean(clean, sizeof(clean), name);
	for (size_t i = 0; i < pub->check_count; i++) {
		if (strcmp(pub->checks[i].name, clean) == 0)
			return &pub->checks[i];
	}
	if (!clean[0] || pub->check_count >= CHECKS_MAX)
		return NULL;
	pub->checks = mem_grow(pub->checks, &state->check_capacity, pub->check_count, sizeof(*pub->checks));
	struct check_record *check = &pub->checks[pub->check_count++];
	*check = (struct check_record){0};
	memcpy(check->name, clean, sizeof(clean));
	return check;
}

void rule_check(struct incoming *in)
{
	struct check_record *check = check_at(in->incident, incoming_string(in, "check"));
	if (!check)
		return;
	check->passed = in->event->kind == EVENT_CHECK_PASSED;
	check->overridden = false;
	check->at_us = in->event->occurred_us;
	incoming_text(in, "detail", check->detail, sizeof(check->detail));
	int64_t total;
	if (incoming_i64(in, "total", &total) && total > 0 && total <= CHECKS_MAX)
		in->incident->pub.check_total = (size_t)total;
}

void rule_check_overridden(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	const char *name = incoming_string(in, "check");
	if (!name)
		return;
	bool all = strcmp(name, "all") == 0;
	for (size_t i = 0; i < pub->check_count; i++) {
		if (!pub->checks[i].passed && (all || strcmp(pub->checks[i].name, name) == 0))
			pub->checks[i].overridden = true;
	}
	pub->overridden |= all;
}

/* --- notes and review ------------------------------------------------------------------ */

void rule_note(struct incoming *in)
{
	in->incident->pub.note_count++;
}

void rule_evidence(struct incoming *in)
{
	in->incident->pub.evidence_count++;
}

void rule_section(struct incoming *in)
{
	enum section section;
	if (!section_parse(incoming_string(in, "section"), &section))
		return;
	char **text = &in->incident->pub.sections[section];
	free(*text);
	*text = in->event->body && in->event->body[0] ? xstrdup(in->event->body) : NULL;
}

void rule_action_item(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	const char *said = incoming_string(in, "text");
	if (!said || !said[0])
		return;
	char *text = first_line(said);
	struct action_item *item = NULL;
	/* The same text again completes the item that is there. */
	for (size_t i = 0; i < pub->action_count && !item; i++) {
		if (strcmp(pub->actions[i].text, text) == 0)
			item = &pub->actions[i];
	}
	if (item || pub->action_count >= ACTIONS_MAX) {
		free(text);
	} else {
		pub->actions = mem_grow(pub->actions, &in->incident->action_capacity, pub->action_count, sizeof(*pub->actions));
		item = &pub->actions[pub->action_count++];
		*item = (struct action_item){.seq = in->event->seq, .text = text};
	}
	if (!item)
		return;
	if (incoming_string(in, "owner"))
		incoming_text(in, "owner", item->owner, sizeof(item->owner));
	if (incoming_string(in, "due"))
		incoming_text(in, "due", item->due, sizeof(item->due));
	if (incoming_string(in, "type"))
		incoming_text(in, "type", item->type, sizeof(item->type));
}
