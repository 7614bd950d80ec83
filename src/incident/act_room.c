#include "incident/act_room.h"

#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "incident/drafting.h"
#include "incident/payload.h"

#include <stdlib.h>
#include <string.h>

static const struct input reason_input = {.what = "reason", .limit = REASON_BYTES, .cure = "a few words why"};
static const struct input optional_reason = {.what = "reason", .limit = REASON_BYTES, .cure = "a few words why", .optional = true};
static const struct input name_input = {.what = "name", .limit = NAME_BYTES, .cure = "who"};
static const struct input optional_name = {.what = "name", .limit = NAME_BYTES, .cure = "who", .optional = true};

/* "T3", "t3", "3" to 3; 0 when it is no such number. */
static unsigned numbered(const char *text, char letter)
{
	uint64_t number;
	if (text && (text[0] == letter || text[0] == letter - 'A' + 'a'))
		text++;
	return text && decimal_u64(text, &number) && number <= TASKS_MAX ? (unsigned)number : 0;
}

/* --- roles ----------------------------------------------------------------------------- */

const struct offer *offer_to(const struct incident *incident, const char *name, const char *role, int64_t now_us)
{
	for (size_t i = incident->offer_count; i-- > 0;) {
		const struct offer *offer = &incident->offers[i];
		if (offer_is_open(offer, now_us) && strcmp(offer->to, name) == 0 && (!role || strcmp(offer->role, role) == 0))
			return offer;
	}
	return NULL;
}

/* Only who has a role can hand it over. Who is gone cannot: then another takes it. */
static enum status may_offer(const struct incident *incident, const struct actor *who, const char *role, const char *to, struct error *err)
{
	const char *holder = incident_role(incident, role);
	if (holder[0] && strcmp(holder, who->name) != 0)
		return error_set(err, STATUS_REFUSED, "%s: %s has it (only %s can hand it over; who must can take it, :role %s)", role, holder, holder, role);
	if (strcmp(holder, to) == 0)
		return error_set(err, STATUS_CONFLICT, "%s: %s has it already (nothing to hand over)", role, to);
	return STATUS_OK;
}

enum status act_offer(const struct fold *fold, const struct actor *who, const char *incident, const char *role, const char *to, const char *summary, int64_t for_us, struct drafts *out, struct error *err)
{
	static const struct input summary_input = {.what = "summary", .limit = TEXT_BYTES, .cure = "where things stand", .lines = true, .optional = true};
	const struct incident *target;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status == STATUS_OK)
		status = input_role(out, role, &role, err);
	if (status == STATUS_OK)
		status = input_text(out, &name_input, to, &to, err);
	if (status == STATUS_OK)
		status = input_text(out, &summary_input, summary, &summary, err);
	if (status == STATUS_OK)
		status = may_offer(target, who, role, to, err);
	if (status == STATUS_OK && (for_us < US_PER_MINUTE || for_us > US_PER_DAY))
		status = error_set(err, STATUS_INVALID, "hand-over: an offer stands from one minute to one day");
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_ROLE_OFFERED, who, target);
	draft_summary(out, draft, "%s is offered to %s, who may accept it", role, to);
	draft->body = summary;
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "role", role);
	payload_string(&data, "from", who->name);
	payload_string(&data, "to", to);
	json_put_i64(&data.w, "until_us", who->now_us + for_us);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

static enum status need_offer(const struct incident *incident, const struct actor *who, const char *role, const struct offer **out, struct error *err)
{
	*out = offer_to(incident, who->name, role && role[0] ? role : NULL, who->now_us);
	if (*out)
		return STATUS_OK;
	return error_set(err, STATUS_NOT_FOUND, "%s: nothing is offered to %s now (an offer expires; :role ROLE takes one that is free)", incident->id, who->name);
}

enum status act_accept(const struct fold *fold, const struct actor *who, const char *incident, const char *role, struct drafts *out, struct error *err)
{
	const struct incident *target;
	const struct offer *offer;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status == STATUS_OK)
		status = need_offer(target, who, role, &offer, err);
	if (status != STATUS_OK)
		return status;
	const char *holder = incident_role(target, offer->role);
	struct draft *draft = drafts_add(out, EVENT_ROLE_ASSUMED, who, target);
	draft_summary(out, draft, "%s is %s%s%s, handed over by %s", who->name, offer->role, holder[0] ? ", was " : "", holder, offer->from);
	draft_refer(out, draft, fold_event(fold, offer->seq), "answers");
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "role", offer->role);
	payload_string(&data, "name", who->name);
	payload_string(&data, "from", holder[0] ? holder : NULL);
	json_put_i64(&data.w, "offer", (int64_t)offer->seq);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

enum status act_decline(const struct fold *fold, const struct actor *who, const char *incident, const char *role, const char *reason, struct drafts *out, struct error *err)
{
	const struct incident *target;
	const struct offer *offer;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status == STATUS_OK)
		status = need_offer(target, who, role, &offer, err);
	if (status == STATUS_OK)
		status = input_text(out, &optional_reason, reason, &reason, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_ROLE_DECLINED, who, target);
	draft_summary(out, draft, "%s does not take over as %s%s%s", who->name, offer->role, reason ? ": " : "", reason ? reason : "");
	draft_refer(out, draft, fold_event(fold, offer->seq), "answers");
	struct payload data;
	payload_begin(&data);
	json_put_i64(&data.w, "offer", (int64_t)offer->seq);
	payload_string(&data, "role", offer->role);
	payload_string(&data, "name", who->name);
	payload_string(&data, "reason", reason);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

/* --- tasks -------------------------------------------------------------------------------- */

static enum status check_box(int64_t box_us, struct error *err)
{
	if (box_us >= US_PER_MINUTE && box_us <= 90 * US_PER_DAY)
		return STATUS_OK;
	return error_set(err, STATUS_INVALID, "time box: from one minute to 90 days (write it like 15m)");
}

/* Who it is for, and until when. */
static void put_assignment(struct payload *data, const struct actor *who, const char *owner, int64_t box_us)
{
	payload_string(data, "owner", owner);
	if (box_us <= 0)
		return;
	json_put_i64(&data->w, "minutes", box_us / US_PER_MINUTE);
	json_put_i64(&data->w, "due_us", who->now_us + box_us);
}

enum status act_task(const struct fold *fold, const struct actor *who, const char *incident, const char *text, const char *owner, int64_t box_us, struct drafts *out, struct error *err)
{
	static const struct input text_input = {.what = "task", .limit = LINE_BYTES - 60, .cure = "what is to be done"};
	const struct incident *target;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status == STATUS_OK)
		status = input_text(out, &text_input, text, &text, err);
	if (status == STATUS_OK)
		status = input_text(out, &optional_name, owner, &owner, err);
	if (status == STATUS_OK)
		status = check_box(box_us, err);
	if (status == STATUS_OK && target->task_count >= TASKS_MAX)
		status = error_set(err, STATUS_LIMIT, "%s: it has %d tasks, the most there can be (note it instead)", target->id, TASKS_MAX);
	if (status != STATUS_OK)
		return status;
	char box[DURATION_TEXT];
	struct draft *draft = drafts_add(out, EVENT_TASK_OPENED, who, target);
	draft_summary(out, draft, "task%s%s, within %s: %s", owner ? " of " : "", owner ? owner : "", duration_human(box, box_us), text);
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "text", text);
	put_assignment(&data, who, owner, box_us);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

/* The open task of that number. */
static enum status need_task(const struct fold *fold, const char *id, const char *task, const struct incident **target, const struct task **out, struct error *err)
{
	unsigned number = numbered(task, 'T');
	enum status status = need_incident(fold, id, NEED_OPEN, target, err);
	*out = NULL;
	for (size_t i = 0; status == STATUS_OK && i < (*target)->task_count; i++) {
		if ((*target)->tasks[i].number == number)
			*out = &(*target)->tasks[i];
	}
	if (status != STATUS_OK)
		return status;
	if (!*out)
		return error_set(err, STATUS_NOT_FOUND, "task %s: %s has none of that number (name it like T3)", task ? task : "", (*target)->id);
	if ((*out)->state != TASK_OPEN)
		return error_set(err, STATUS_CONFLICT, "T%u: it is %s already (open a new one)", number, (*out)->state == TASK_DONE ? "done" : "cancelled");
	return STATUS_OK;
}

static struct draft *add_task_event(const struct fold *fold, enum event_kind kind, const struct actor *who, const struct incident *target, const struct task *task, struct payload *data, struct drafts *out)
{
	struct draft *draft = drafts_add(out, kind, who, target);
	draft_refer(out, draft, fold_event(fold, task->seq), "answers");
	payload_begin(data);
	json_put_i64(&data->w, "task", (int64_t)task->seq);
	return draft;
}

enum status act_task_assign(const struct fold *fold, const struct actor *who, const char *incident, const char *task, const char *owner, int64_t box_us, struct drafts *out, struct error *err)
{
	const struct incident *target;
	const struct task *found;
	struct payload data;
	char box[DURATION_TEXT];
	enum status status = need_task(fold, incident, task, &target, &found, err);
	if (status == STATUS_OK)
		status = input_text(out, &optional_name, owner, &owner, err);
	if (status == STATUS_OK && box_us != 0)
		status = check_box(box_us, err);
	if (status == STATUS_OK && !owner && box_us == 0)
		status = error_set(err, STATUS_INVALID, "T%u: neither a name nor a time is given (:assign T%u NAME 15m)", found->number, found->number);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = add_task_event(fold, EVENT_TASK_ASSIGNED, who, target, found, &data, out);
	draft_summary(out, draft, "T%u is for %s%s%s: %s", found->number, owner ? owner : found->owner[0] ? found->owner
													  : "anybody",
		      box_us ? ", within " : "", box_us ? duration_human(box, box_us) : "", found->text);
	put_assignment(&data, who, owner, box_us);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

enum status act_task_done(const struct fold *fold, const struct actor *who, const char *incident, const char *task, const char *note, struct drafts *out, struct error *err)
{
	static const struct input note_input = {.what = "note", .limit = REASON_BYTES, .cure = "what came of it", .optional = true};
	const struct incident *target;
	const struct task *found;
	struct payload data;
	enum status status = need_task(fold, incident, task, &target, &found, err);
	if (status == STATUS_OK)
		status = input_text(out, &note_input, note, &note, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = add_task_event(fold, EVENT_TASK_DONE, who, target, found, &data, out);
	draft_summary(out, draft, "T%u is done: %s%s%s", found->number, found->text, note ? ": " : "", note ? note : "");
	payload_string(&data, "note", note);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

enum status act_task_cancel(const struct fold *fold, const struct actor *who, const char *incident, const char *task, const char *reason, struct drafts *out, struct error *err)
{
	const struct incident *target;
	const struct task *found;
	struct payload data;
	enum status status = need_task(fold, incident, task, &target, &found, err);
	if (status == STATUS_OK)
		status = input_text(out, &reason_input, reason, &reason, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = add_task_event(fold, EVENT_TASK_CANCELLED, who, target, found, &data, out);
	draft_summary(out, draft, "T%u is cancelled: %s", found->number, reason);
	payload_string(&data, "reason", reason);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

/* --- decisions, hypotheses, findings ------------------------------------------------------- */

/* A line that stands in the record under its own kind. */
static enum status add_line(const struct fold *fold, const struct actor *who, const char *incident, enum event_kind kind, const struct input *input, const char *text, const char *objections, struct drafts *out, struct error *err)
{
	const struct incident *target;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status == STATUS_OK)
		status = input_text(out, input, text, &text, err);
	if (status == STATUS_OK)
		status = input_text(out, &optional_reason, objections, &objections, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, kind, who, target);
	draft_summary(out, draft, "%s: %s%s%s", input->what, text, objections ? "; against it: " : "", objections ? objections : "");
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "text", text);
	payload_string(&data, "objections", objections);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

enum status act_decision(const struct fold *fold, const struct actor *who, const char *incident, const char *text, const char *objections, struct drafts *out, struct error *err)
{
	static const struct input input = {.what = "decision", .limit = LINE_BYTES - 20, .cure = "what was decided"};
	return add_line(fold, who, incident, EVENT_DECISION, &input, text, objections, out, err);
}

enum status act_finding(const struct fold *fold, const struct actor *who, const char *incident, const char *text, struct drafts *out, struct error *err)
{
	static const struct input input = {.what = "finding", .limit = LINE_BYTES - 20, .cure = "what was found"};
	return add_line(fold, who, incident, EVENT_FINDING, &input, text, NULL, out, err);
}

enum status act_hypothesis(const struct fold *fold, const struct actor *who, const char *incident, const char *text, struct drafts *out, struct error *err)
{
	static const struct input input = {.what = "hypothesis", .limit = LINE_BYTES - 20, .cure = "what may be the cause"};
	return add_line(fold, who, incident, EVENT_HYPOTHESIS_OPENED, &input, text, NULL, out, err);
}

enum status act_hypothesis_close(const struct fold *fold, const struct actor *who, const char *incident, const char *hypothesis, bool confirmed, const char *evidence, struct drafts *out, struct error *err)
{
	static const struct input input = {.what = "evidence", .limit = REASON_BYTES, .cure = "what shows it"};
	const struct incident *target;
	const struct hypothesis *found = NULL;
	unsigned number = numbered(hypothesis, 'H');
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	for (size_t i = 0; status == STATUS_OK && i < target->hypothesis_count; i++) {
		if (target->hypotheses[i].number == number)
			found = &target->hypotheses[i];
	}
	if (status == STATUS_OK && !found)
		status = error_set(err, STATUS_NOT_FOUND, "hypothesis %s: %s has none of that number (name it like H2)", hypothesis ? hypothesis : "", target->id);
	if (status == STATUS_OK)
		status = input_text(out, &input, evidence, &evidence, err);
	if (status != STATUS_OK)
		return status;
	/* New evidence may turn around what seemed settled. */
	struct draft *draft = drafts_add(out, confirmed ? EVENT_HYPOTHESIS_CONFIRMED : EVENT_HYPOTHESIS_REFUTED, who, target);
	draft_summary(out, draft, "H%u is %s: %s: %s", found->number, confirmed ? "confirmed" : "refuted", found->text, evidence);
	draft_refer(out, draft, fold_event(fold, found->seq), "answers");
	struct payload data;
	payload_begin(&data);
	json_put_i64(&data.w, "hypothesis", (int64_t)found->seq);
	payload_string(&data, "evidence", evidence);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

/* --- escalation ------------------------------------------------------------------------------- */

/* What is asked, of whom. */
struct request_of {
	const struct people *people;
	const struct rung *rung;     /* NULL: a person outside the ladder */
	const struct person *person; /* NULL: nobody is configured */
	const char *reason;
};

static int64_t wait_of(const struct request_of *request)
{
	return request->rung ? request->rung->wait_us : 5 * US_PER_MINUTE;
}

/* Fills in an escalation.requested that somebody, or the machine, has begun. */
static void put_request(struct drafts *out, struct draft *draft, const struct incident *incident, const struct request_of *request)
{
	const struct rung *rung = request->rung;
	const struct person *person = request->person;
	const char *name = person ? person->name : NULL;
	const char *full_name = person ? person->full_name : "";
	const char *title = rung ? rung->title : full_name;
	enum contact contact = person ? person_contact(request->people, person) : CONTACT_HAND;
	struct payload data;
	draft_summary(out, draft, "escalated to %s%s%s, by %s%s%s", title, rung && person ? ", " : "", rung ? full_name : "", contact_name(contact), request->reason ? ": " : "", request->reason ? request->reason : "");
	payload_begin(&data);
	payload_string(&data, "step", rung ? rung->name : name);
	payload_string(&data, "title", title);
	payload_string(&data, "person", name);
	payload_string(&data, "channel", contact_name(contact));
	payload_string(&data, "reason", request->reason);
	payload_string(&data, "severity", incident->severity == SEVERITY_UNSET ? NULL : severity_name(incident->severity));
	json_put_i64(&data.w, "wait_us", wait_of(request));
	payload_end(&data, out, draft);
}

static enum status find_step(const struct people *people, const struct incident *incident, const char *whom, struct request_of *request, struct error *err)
{
	if (!whom || !whom[0]) {
		request->rung = people_next_rung(people, incident);
		if (request->rung)
			return STATUS_OK;
		return error_set(err, STATUS_REFUSED, "%s: everybody on the ladder was told whom it is for (:escalate STEP tells a step again, or :escalate NAME somebody)", incident->id);
	}
	request->rung = people_rung(people, whom);
	request->person = request->rung ? NULL : people_find(people, whom);
	if (request->rung || request->person)
		return STATUS_OK;
	char steps[160] = "";
	for (size_t i = 0, used = 0; i < people->rung_count && used < sizeof(steps); i++)
		used += strlen(text_format(steps + used, sizeof(steps) - used, "%s%s", i ? ", " : "", people->rungs[i].name));
	return error_set(err, STATUS_NOT_FOUND, "%s: neither a step of the escalation nor a [person] of the configuration (steps: %s)", whom, steps);
}

enum status act_escalate(const struct fold *fold, const struct actor *who, const struct people *people, const char *incident, const char *whom, const char *reason, struct drafts *out, struct error *err)
{
	const struct incident *target;
	struct request_of request = {.people = people};
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status == STATUS_OK)
		status = input_text(out, &optional_reason, reason, &reason, err);
	if (status == STATUS_OK)
		status = find_step(people, target, whom, &request, err);
	if (status == STATUS_OK && target->escalation_count >= ESCALATIONS_MAX)
		status = error_set(err, STATUS_LIMIT, "%s: %d people were told, the most there can be", target->id, ESCALATIONS_MAX);
	if (status != STATUS_OK)
		return status;
	request.reason = reason;
	if (request.person) {
		put_request(out, drafts_add(out, EVENT_ESCALATION_REQUESTED, who, target), target, &request);
		return STATUS_OK;
	}
	size_t i = 0;
	do {
		request.person = rung_person(people, request.rung, i++);
		if (request.person || i == 1)
			put_request(out, drafts_add(out, EVENT_ESCALATION_REQUESTED, who, target), target, &request);
	} while (request.person);
	return STATUS_OK;
}

bool act_escalate_due(const struct incident *incident, const struct people *people, const struct rung *rung, int64_t now_us, struct drafts *out)
{
	bool any = false;
	struct request_of request = {.people = people, .rung = rung, .reason = "its time has come"};
	for (size_t i = 0; (request.person = rung_person(people, rung, i)); i++) {
		/* The machine cannot call anybody. */
		if (person_contact(people, request.person) >= CONTACT_PHONE)
			continue;
		struct draft *draft = drafts_add_machine(out, EVENT_ESCALATION_REQUESTED, now_us, incident->id);
		draft->source = "clock";
		put_request(out, draft, incident, &request);
		any = true;
	}
	return any;
}

static bool waits(const struct escalation *e)
{
	return !e->acked_us || e->lapsed_us;
}

/* The newest request that waits for that person. */
static const struct escalation *asked(const struct incident *incident, const char *name)
{
	for (size_t i = incident->escalation_count; i-- > 0;) {
		const struct escalation *e = &incident->escalations[i];
		if (waits(e) && (strcmp(e->person, name) == 0 || strcmp(e->step, name) == 0))
			return e;
	}
	return NULL;
}

/* The only request that waits; NULL when there is none, or several. */
static const struct escalation *only_asked(const struct incident *incident)
{
	const struct escalation *only = NULL;
	for (size_t i = 0; i < incident->escalation_count; i++) {
		if (!waits(&incident->escalations[i]))
			continue;
		if (only)
			return NULL;
		only = &incident->escalations[i];
	}
	return only;
}

enum status act_acknowledge(const struct fold *fold, const struct actor *who, const char *incident, const char *name, const char *how, struct drafts *out, struct error *err)
{
	static const struct input how_input = {.what = "how", .limit = 60, .cure = "by phone", .optional = true};
	const struct incident *target;
	const struct escalation *e = NULL;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status == STATUS_OK)
		status = input_text(out, &optional_name, name, &name, err);
	if (status == STATUS_OK)
		status = input_text(out, &how_input, how, &how, err);
	if (status != STATUS_OK)
		return status;
	e = asked(target, name ? name : who->name);
	if (!e && !name)
		e = only_asked(target);
	if (!e && name)
		return error_set(err, STATUS_NOT_FOUND, "%s: nobody of that name was asked and did not answer", name);
	if (!e)
		return error_set(err, STATUS_NOT_FOUND, "%s: say who acknowledged (:acknowledge NAME HOW), or nobody is waited for", target->id);
	const char *person = e->person[0] ? e->person : name && strcmp(name, e->step) != 0 ? name
											   : e->title;
	struct draft *draft = drafts_add(out, EVENT_ESCALATION_ACKNOWLEDGED, who, target);
	draft_summary(out, draft, "%s acknowledged%s%s", person, how ? ", " : "", how ? how : "");
	draft_refer(out, draft, fold_event(fold, e->seq), "answers");
	struct payload data;
	payload_begin(&data);
	json_put_i64(&data.w, "request", (int64_t)e->seq);
	payload_string(&data, "name", person);
	payload_string(&data, "how", how);
	payload_end(&data, out, draft);
	return STATUS_OK;
}
