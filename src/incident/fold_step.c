/* The steps of the runbook: how far they are, what they were given, and who approved
 * what of them. */
#include "incident/fold_state.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/payload.h"

#include <stdlib.h>
#include <string.h>

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
	for (size_t i = 0; i < pub->step_count; i++) {
		free(pub->steps[i].output);
		free(pub->steps[i].changed);
	}
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
	const char *path = incoming_string(in, "path");
	mem_set(&pub->runbook_path, path && text_is_clean(path, strlen(path)) ? path : NULL);
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
	step->verified = false;
	incoming_text(in, "run", step->run, sizeof(step->run));
	mem_set(&step->changed, NULL);
	free(step->output);
	step->output = in->event->body && in->event->body[0] ? xstrdup(in->event->body) : NULL;
	int64_t signal_number = 0;
	(void)incoming_i64(in, "signal", &signal_number);
	bool failed = step->exit_code != 0 || signal_number != 0 || incoming_bool(in, "timed_out") || incoming_bool(in, "cancelled");
	/* A command that succeeded is not yet a step that is done: a person says so. */
	step->state = failed ? STEP_FAILED : STEP_PENDING;
}

/* What one step was given, the next ones are given too. */
static void read_values(const struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	for (const struct json *item = json_first(json_get(in->data, "values")); item; item = json_next(item)) {
		struct bound_value read = {0}, *slot = NULL;
		const char *value = json_string(json_get(item, "value"));
		copy_clean(read.name, sizeof(read.name), json_string(json_get(item, "name")));
		copy_clean(read.from, sizeof(read.from), json_string(json_get(item, "from")));
		if (!value || !read.name[0] || !text_is_clean(value, strlen(value)))
			continue;
		for (size_t i = 0; i < pub->value_count && !slot; i++)
			slot = strcmp(pub->values[i].name, read.name) == 0 ? &pub->values[i] : NULL;
		if (!slot && pub->value_count >= VALUES_MAX)
			return;
		if (!slot) {
			pub->values = mem_grow(pub->values, &in->incident->value_capacity, pub->value_count, sizeof(*pub->values));
			slot = &pub->values[pub->value_count++];
			*slot = read;
		}
		memcpy(slot->from, read.from, sizeof(read.from));
		mem_set(&slot->value, value);
	}
}

static struct approval *approval_of(struct incident *pub, const char *key, const struct incoming *in)
{
	int64_t seq = 0;
	if (!incoming_i64(in, key, &seq) || seq <= 0)
		return NULL;
	for (size_t i = 0; i < pub->approval_count; i++) {
		struct approval *approval = &pub->approvals[i];
		if ((int64_t)approval->asked_seq == seq || (int64_t)approval->given_seq == seq)
			return approval;
	}
	return NULL;
}

/* The first run that names an approval has used it up; a second one finds nothing. */
static void use_approval(const struct incoming *in)
{
	struct approval *approval = approval_of(&in->incident->pub, "approval", in);
	if (!approval || approval->state != APPROVAL_GIVEN)
		return;
	approval->state = APPROVAL_USED;
	incoming_text(in, "run", approval->run, sizeof(approval->run));
}

void rule_step(struct incoming *in)
{
	struct step_record *step = step_at(in->incident, incoming_string(in, "step"), true);
	if (!step)
		return;
	if (!step->title[0])
		incoming_text(in, "title", step->title, sizeof(step->title));
	step->at_us = in->event->occurred_us;
	bool reasoned = in->event->kind == EVENT_STEP_SKIPPED || in->event->kind == EVENT_STEP_DEVIATED;
	const char *note = incoming_string(in, reasoned ? "reason" : "note");
	if (note && note[0])
		copy_clean(step->note, sizeof(step->note), note);
	switch (in->event->kind) {
	case EVENT_STEP_DONE:
		step->state = STEP_DONE;
		break;
	case EVENT_STEP_SKIPPED:
		step->state = STEP_SKIPPED;
		break;
	case EVENT_STEP_DEVIATED:
		step->state = STEP_DEVIATED;
		break;
	case EVENT_STEP_STARTED:
		step->state = STEP_RUNNING;
		read_values(in);
		use_approval(in);
		break;
	case EVENT_STEP_OBSERVED:
		mem_set(&step->changed, in->event->body && in->event->body[0] ? in->event->body : NULL);
		break;
	case EVENT_STEP_VERIFIED:
		step->verified = incoming_bool(in, "passed");
		if (step->verified && incoming_bool(in, "settles"))
			step->state = STEP_DONE;
		break;
	case EVENT_STEP_RAN:
		read_run(in, step);
		break;
	default:
		break;
	}
}

/* --- approvals ------------------------------------------------------------------------ */

bool approval_is_proved(const char *asker, const char *asker_login, const char *approver, const char *approver_login)
{
	bool known = asker_login && asker_login[0] && approver_login && approver_login[0];
	return known && strcmp(asker_login, approver_login) != 0 && strcmp(asker, asker_login) == 0 && strcmp(approver, approver_login) == 0;
}

static struct approval *approval_add(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	struct approval read = {0};
	incoming_text(in, "step", read.step, sizeof(read.step));
	incoming_text(in, "title", read.title, sizeof(read.title));
	incoming_text(in, "danger", read.danger, sizeof(read.danger));
	incoming_text(in, "word", read.word, sizeof(read.word));
	incoming_text(in, "fingerprint", read.fingerprint, sizeof(read.fingerprint));
	incoming_text(in, "name", read.asker, sizeof(read.asker));
	incoming_text(in, "login", read.asker_login, sizeof(read.asker_login));
	if (!read.step[0] || strlen(read.fingerprint) != 64 || !read.asker[0] || pub->approval_count >= APPROVALS_MAX)
		return NULL;
	(void)incoming_i64(in, "until_us", &read.until_us);
	read.shown = in->event->body ? xstrdup(in->event->body) : NULL;
	pub->approvals = mem_grow(pub->approvals, &in->incident->approval_capacity, pub->approval_count, sizeof(*pub->approvals));
	pub->approvals[pub->approval_count] = read;
	return &pub->approvals[pub->approval_count++];
}

static void approval_asked(struct incoming *in)
{
	struct approval *approval = approval_add(in);
	if (approval)
		approval->asked_seq = in->event->seq;
}

/* Whoever wrote the record by hand is still held to the rules of who and what. */
static void approval_answered(struct incoming *in)
{
	struct approval *approval = approval_of(&in->incident->pub, "asked", in);
	char name[64], login[64], fingerprint[65];
	incoming_text(in, "name", name, sizeof(name));
	incoming_text(in, "login", login, sizeof(login));
	incoming_text(in, "fingerprint", fingerprint, sizeof(fingerprint));
	if (!approval || approval->state != APPROVAL_ASKED || !name[0] || strcmp(name, approval->asker) == 0 || strcmp(fingerprint, approval->fingerprint) != 0)
		return;
	memcpy(approval->approver, name, sizeof(name));
	if (in->event->kind == EVENT_APPROVAL_REFUSED) {
		approval->state = APPROVAL_REFUSED;
		incoming_text(in, "reason", approval->reason, sizeof(approval->reason));
		return;
	}
	approval->state = APPROVAL_GIVEN;
	approval->given_seq = in->event->seq;
	approval->proved = approval_is_proved(approval->asker, approval->asker_login, name, login);
	(void)incoming_i64(in, "until_us", &approval->until_us);
}

static void glass_broken(struct incoming *in)
{
	struct approval *approval = approval_add(in);
	if (!approval)
		return;
	approval->glass = true;
	approval->state = APPROVAL_GIVEN;
	approval->given_seq = in->event->seq;
	memcpy(approval->approver, approval->asker, sizeof(approval->approver));
	incoming_text(in, "reason", approval->reason, sizeof(approval->reason));
}

void rule_approval(struct incoming *in)
{
	if (in->event->kind == EVENT_APPROVAL_ASKED)
		approval_asked(in);
	else if (in->event->kind == EVENT_GLASS_BROKEN)
		glass_broken(in);
	else
		approval_answered(in);
}

void incident_forget_work(struct incident *pub)
{
	incident_forget_steps(pub);
	free(pub->steps);
	free(pub->runbook_path);
	for (size_t i = 0; i < pub->approval_count; i++)
		free(pub->approvals[i].shown);
	free(pub->approvals);
	for (size_t i = 0; i < pub->value_count; i++)
		free(pub->values[i].value);
	free(pub->values);
}
