/* Who does what in an incident: roles and their hand-over, tasks, decisions, hypotheses,
 * findings, escalations, and what the clocks said of them. */
#include "incident/fold_state.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/payload.h"
#include "incident/update.h"

#include <stdlib.h>
#include <string.h>

const char *const standard_roles[] = {"commander", "operations", "scribe", "communications", NULL};

/* The person's name out of "alice@ops1 pts/3". */
static void name_of(const struct event *event, char *dst, size_t size)
{
	text_format(dst, size, "%.*s", (int)strcspn(event->actor, "@"), event->actor);
}

/* The seq that the data names as the one it is about; 0 when there is none. */
static uint64_t named_seq(const struct incoming *in, const char *key)
{
	int64_t seq;
	return incoming_i64(in, key, &seq) && seq > 0 ? (uint64_t)seq : 0;
}

/* A text of the data as one clean line; NULL when it is missing or empty. Owned by the caller. */
static char *line_of(const struct incoming *in, const char *key)
{
	const char *said = incoming_string(in, key);
	return said && said[0] ? first_line(said) : NULL;
}

/* The text of what is opened. Redacted, it keeps its place, so that numbers stay what they are. */
static char *text_of(const struct incoming *in)
{
	return in->event->redacted ? xstrdup("(redacted)") : line_of(in, "text");
}

/* What the clocks count with stays between 1970 and the year 9999, whatever a record says. */
#define TIME_MOST_US (INT64_C(253402300800) * US_PER_S)

static int64_t sane(int64_t us)
{
	return us < 0 ? 0 : us > TIME_MOST_US ? TIME_MOST_US
					      : us;
}

static bool incoming_time(const struct incoming *in, const char *key, int64_t *out)
{
	int64_t us;
	if (!incoming_i64(in, key, &us))
		return false;
	*out = sane(us);
	return true;
}

/* --- roles ---------------------------------------------------------------------------- */

static struct tenure *held(struct incident *pub, const char *role)
{
	for (size_t i = 0; i < pub->tenure_count; i++) {
		if (!pub->tenures[i].until_us && strcmp(pub->tenures[i].role, role) == 0)
			return &pub->tenures[i];
	}
	return NULL;
}

const char *incident_role(const struct incident *incident, const char *role)
{
	const struct tenure *tenure = held((struct incident *)incident, role);
	return tenure ? tenure->name : "";
}

const char *incident_role_of(const struct incident *incident, const char *name)
{
	for (size_t i = 0; i < incident->tenure_count; i++) {
		if (!incident->tenures[i].until_us && strcmp(incident->tenures[i].name, name) == 0)
			return incident->tenures[i].role;
	}
	return NULL;
}

/* The two roles that every screen shows have a field of their own; the commander has a clock
 * of its own, all others share one. */
static void follow_role(struct incident *pub, const char *role, const char *name, int64_t at_us)
{
	bool commander = strcmp(role, "commander") == 0;
	if (commander || strcmp(role, "scribe") == 0)
		text_format(commander ? pub->owner : pub->scribe, sizeof(pub->owner), "%s", name);
	if (!name[0])
		*(commander ? &pub->anchors.commanded_us : &pub->anchors.staffed_us) = sane(at_us);
}

static struct offer *offer_at(struct incident *pub, uint64_t seq)
{
	for (size_t i = 0; seq && i < pub->offer_count; i++) {
		if (pub->offers[i].seq == seq)
			return &pub->offers[i];
	}
	return NULL;
}

/* Whoever has the role, what was offered of it before is void. */
static void settle_offers(struct incident *pub, const char *role, const struct offer *accepted)
{
	for (size_t i = 0; i < pub->offer_count; i++) {
		struct offer *offer = &pub->offers[i];
		if (offer->state == OFFER_OPEN && strcmp(offer->role, role) == 0)
			offer->state = offer == accepted ? OFFER_ACCEPTED : OFFER_DECLINED;
	}
}

void rule_role(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	int64_t at_us = in->event->occurred_us;
	char role[sizeof(pub->tenures->role)], name[sizeof(pub->tenures->name)] = "";
	incoming_text(in, "role", role, sizeof(role));
	if (!role[0])
		return;
	if (in->event->kind == EVENT_ROLE_ASSUMED) {
		incoming_text(in, "name", name, sizeof(name));
		if (!name[0])
			return;
	}
	struct tenure *before = held(pub, role);
	if (before)
		before->until_us = at_us ? at_us : 1;
	settle_offers(pub, role, offer_at(pub, named_seq(in, "offer")));
	if (name[0] && pub->tenure_count < TENURES_MAX) {
		pub->tenures = mem_grow(pub->tenures, &in->incident->tenure_capacity, pub->tenure_count, sizeof(*pub->tenures));
		struct tenure *tenure = &pub->tenures[pub->tenure_count++];
		*tenure = (struct tenure){.since_us = at_us};
		memcpy(tenure->role, role, sizeof(role));
		memcpy(tenure->name, name, sizeof(name));
	}
	follow_role(pub, role, name, at_us);
}

void rule_offered(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	struct offer offer = {.seq = in->event->seq, .at_us = in->event->occurred_us};
	incoming_text(in, "role", offer.role, sizeof(offer.role));
	incoming_text(in, "from", offer.from, sizeof(offer.from));
	incoming_text(in, "to", offer.to, sizeof(offer.to));
	if (!offer.role[0] || !offer.to[0] || !incoming_time(in, "until_us", &offer.until_us) || pub->offer_count >= OFFERS_MAX)
		return;
	settle_offers(pub, offer.role, NULL);
	offer.summary = in->event->body && in->event->body[0] ? xstrdup(in->event->body) : NULL;
	pub->offers = mem_grow(pub->offers, &in->incident->offer_capacity, pub->offer_count, sizeof(*pub->offers));
	pub->offers[pub->offer_count++] = offer;
}

void rule_declined(struct incoming *in)
{
	struct offer *offer = offer_at(&in->incident->pub, named_seq(in, "offer"));
	if (!offer || offer->state != OFFER_OPEN)
		return;
	offer->state = OFFER_DECLINED;
	incoming_text(in, "reason", offer->reason, sizeof(offer->reason));
}

bool offer_is_open(const struct offer *offer, int64_t now_us)
{
	return offer->state == OFFER_OPEN && now_us < offer->until_us;
}

/* --- tasks ------------------------------------------------------------------------------- */

static struct task *task_at(struct incident *pub, uint64_t seq)
{
	for (size_t i = 0; seq && i < pub->task_count; i++) {
		if (pub->tasks[i].seq == seq)
			return &pub->tasks[i];
	}
	return NULL;
}

/* Who it is for and until when, as far as that was said. */
static void read_assignment(const struct incoming *in, struct task *task)
{
	if (incoming_string(in, "owner"))
		incoming_text(in, "owner", task->owner, sizeof(task->owner));
	(void)incoming_time(in, "due_us", &task->due_us);
}

/* Numbers are given once: what is taken back leaves its own unused. */
void rule_task_opened(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	char *text = pub->task_count < TASKS_MAX ? text_of(in) : NULL;
	if (!text)
		return;
	unsigned number = pub->task_count ? pub->tasks[pub->task_count - 1].number + 1 : 1;
	pub->tasks = mem_grow(pub->tasks, &in->incident->task_capacity, pub->task_count, sizeof(*pub->tasks));
	struct task *task = &pub->tasks[pub->task_count++];
	*task = (struct task){.seq = in->event->seq, .number = number, .text = text, .opened_us = in->event->occurred_us};
	read_assignment(in, task);
}

void rule_task(struct incoming *in)
{
	struct task *task = task_at(&in->incident->pub, named_seq(in, "task"));
	if (!task)
		return;
	if (in->event->kind == EVENT_TASK_ASSIGNED) {
		read_assignment(in, task);
		return;
	}
	task->state = in->event->kind == EVENT_TASK_DONE ? TASK_DONE : TASK_CANCELLED;
	task->closed_us = in->event->occurred_us;
	incoming_text(in, task->state == TASK_DONE ? "note" : "reason", task->note, sizeof(task->note));
}

/* --- decisions, hypotheses, findings ---------------------------------------------------- */

void rule_decision(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	char *text = pub->decision_count < DECISIONS_MAX ? text_of(in) : NULL;
	/* Going past a gate is a decision too, which its summary tells. */
	if (!text && pub->decision_count < DECISIONS_MAX && in->event->summary[0])
		text = first_line(in->event->summary);
	if (!text)
		return;
	pub->decisions = mem_grow(pub->decisions, &in->incident->decision_capacity, pub->decision_count, sizeof(*pub->decisions));
	struct decision *decision = &pub->decisions[pub->decision_count++];
	*decision = (struct decision){.seq = in->event->seq, .text = text, .at_us = in->event->occurred_us};
	name_of(in->event, decision->by, sizeof(decision->by));
}

void rule_finding(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	char *text = pub->finding_count < FINDINGS_MAX ? text_of(in) : NULL;
	if (!text)
		return;
	pub->findings = mem_grow(pub->findings, &in->incident->finding_capacity, pub->finding_count, sizeof(*pub->findings));
	struct found *finding = &pub->findings[pub->finding_count++];
	*finding = (struct found){.seq = in->event->seq, .text = text, .at_us = in->event->occurred_us};
	name_of(in->event, finding->by, sizeof(finding->by));
}

void rule_hypothesis_opened(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	char *text = pub->hypothesis_count < HYPOTHESES_MAX ? text_of(in) : NULL;
	if (!text)
		return;
	unsigned number = pub->hypothesis_count ? pub->hypotheses[pub->hypothesis_count - 1].number + 1 : 1;
	pub->hypotheses = mem_grow(pub->hypotheses, &in->incident->hypothesis_capacity, pub->hypothesis_count, sizeof(*pub->hypotheses));
	struct hypothesis *hypothesis = &pub->hypotheses[pub->hypothesis_count++];
	*hypothesis = (struct hypothesis){.seq = in->event->seq, .number = number, .text = text, .opened_us = in->event->occurred_us};
	name_of(in->event, hypothesis->by, sizeof(hypothesis->by));
}

void rule_hypothesis(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	uint64_t seq = named_seq(in, "hypothesis");
	for (size_t i = 0; seq && i < pub->hypothesis_count; i++) {
		struct hypothesis *hypothesis = &pub->hypotheses[i];
		if (hypothesis->seq != seq)
			continue;
		hypothesis->state = in->event->kind == EVENT_HYPOTHESIS_CONFIRMED ? HYPOTHESIS_CONFIRMED : HYPOTHESIS_REFUTED;
		hypothesis->closed_us = in->event->occurred_us;
		free(hypothesis->evidence);
		hypothesis->evidence = line_of(in, "evidence");
	}
}

/* --- escalation ----------------------------------------------------------------------------- */

void rule_escalation_requested(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	struct escalation e = {.seq = in->event->seq, .requested_us = sane(in->event->occurred_us)};
	int64_t wait_us = 0;
	incoming_text(in, "step", e.step, sizeof(e.step));
	if (!e.step[0] || pub->escalation_count >= ESCALATIONS_MAX)
		return;
	incoming_text(in, "title", e.title, sizeof(e.title));
	incoming_text(in, "person", e.person, sizeof(e.person));
	incoming_text(in, "channel", e.channel, sizeof(e.channel));
	incoming_text(in, "reason", e.reason, sizeof(e.reason));
	name_of(in->event, e.by, sizeof(e.by));
	if (!incoming_i64(in, "wait_us", &wait_us) || wait_us < 0 || wait_us > 365 * US_PER_DAY)
		wait_us = 0;
	e.wait_until_us = e.requested_us + wait_us;
	pub->escalations = mem_grow(pub->escalations, &in->incident->escalation_capacity, pub->escalation_count, sizeof(*pub->escalations));
	pub->escalations[pub->escalation_count++] = e;
}

static void acknowledge(struct escalation *e, const char *name, const char *how, int64_t at_us)
{
	e->acked_us = e->heard_us = at_us;
	e->lapsed_us = 0;
	text_format(e->acked_by, sizeof(e->acked_by), "%s", name);
	text_format(e->acked_how, sizeof(e->acked_how), "%s", how);
}

void rule_escalation(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	struct escalation *e = NULL;
	uint64_t seq = named_seq(in, "request");
	char name[sizeof(e->acked_by)], how[sizeof(e->acked_how)];
	for (size_t i = 0; seq && i < pub->escalation_count && !e; i++)
		e = pub->escalations[i].seq == seq ? &pub->escalations[i] : NULL;
	if (!e)
		return;
	int64_t at_us = in->event->occurred_us;
	switch (in->event->kind) {
	case EVENT_ESCALATION_SENT:
	case EVENT_ESCALATION_FAILED:
		*(in->event->kind == EVENT_ESCALATION_SENT ? &e->sent_us : &e->failed_us) = at_us;
		incoming_text(in, "detail", e->detail, sizeof(e->detail));
		break;
	case EVENT_ESCALATION_ACKNOWLEDGED:
		incoming_text(in, "name", name, sizeof(name));
		incoming_text(in, "how", how, sizeof(how));
		acknowledge(e, name, how, sane(at_us));
		break;
	case EVENT_ESCALATION_LAPSED:
		e->lapsed_us = at_us;
		break;
	default:
		break;
	}
}

/* --- who is there -------------------------------------------------------------------------------- */

/* Who was asked to come and writes is there: that answers, and keeps the answer fresh. */
static void hear(struct incident *pub, const char *name, const struct event *event)
{
	for (size_t i = 0; i < pub->escalation_count; i++) {
		struct escalation *e = &pub->escalations[i];
		if (event->occurred_us < e->requested_us)
			continue;
		if (strcmp(e->acked_by, name) == 0 && e->acked_us && !e->lapsed_us)
			e->heard_us = sane(event->occurred_us);
		else if (strcmp(e->person, name) == 0 && event->seq > e->seq)
			acknowledge(e, name, "took part", sane(event->occurred_us));
	}
}

/* True for updates that stay in the house; of audiences that a team made itself nothing is known. */
static bool is_inside(const char *audience)
{
	return strcmp(audience, "technical") == 0 || strcmp(audience, "management") == 0;
}

static void hear_update(struct incident *pub, const struct incoming *in)
{
	const char *id = incoming_string(in, "update");
	const struct update_record *update = id ? incident_update(pub, id) : NULL;
	if (!update || update->state != UPDATE_APPROVED)
		return;
	struct told *told = is_inside(update->audience) ? &pub->anchors.inside : &pub->anchors.outside;
	told->at_us = in->event->occurred_us;
	told->next_us = update->next_us;
	told->count++;
}

void room_heard(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	char name[sizeof(pub->owner)];
	if (in->event->kind == EVENT_UPDATE_APPROVED)
		hear_update(pub, in);
	if (strcmp(in->event->source, "system") == 0)
		return;
	name_of(in->event, name, sizeof(name));
	if (name[0])
		hear(pub, name, in->event);
}

/* --- clocks ------------------------------------------------------------------------------------------ */

void anchors_begin(struct incident *pub)
{
	int64_t at_us = sane(pub->declared_us);
	pub->anchors = (struct anchors){.declared_us = at_us, .commanded_us = at_us, .staffed_us = at_us};
}

void anchors_enter(struct incident *pub, enum stage to, int64_t at_us)
{
	if (to == STAGE_REVIEW)
		pub->anchors.review_us = sane(at_us);
	if (to == STAGE_CLOSED)
		pub->anchors.closed_us = sane(at_us);
}

static struct clock_mark *mark_at(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	struct clock_mark wanted = {.fired_us = 0};
	incoming_text(in, "clock", wanted.clock, sizeof(wanted.clock));
	incoming_text(in, "target", wanted.target, sizeof(wanted.target));
	if (!wanted.clock[0])
		return NULL;
	for (size_t i = 0; i < pub->mark_count; i++) {
		if (strcmp(pub->marks[i].clock, wanted.clock) == 0 && strcmp(pub->marks[i].target, wanted.target) == 0)
			return &pub->marks[i];
	}
	if (pub->mark_count >= MARKS_MAX)
		return NULL;
	pub->marks = mem_grow(pub->marks, &in->incident->mark_capacity, pub->mark_count, sizeof(*pub->marks));
	pub->marks[pub->mark_count] = wanted;
	return &pub->marks[pub->mark_count++];
}

void rule_clock_due(struct incoming *in)
{
	struct clock_mark *mark = mark_at(in);
	int64_t due_us;
	if (mark && incoming_time(in, "due_us", &due_us) && due_us > mark->fired_us)
		mark->fired_us = due_us;
}

void rule_clock_snoozed(struct incoming *in)
{
	struct clock_mark *mark = mark_at(in);
	int64_t until_us;
	if (!mark || !incoming_time(in, "until_us", &until_us))
		return;
	mark->snoozed_us = sane(in->event->occurred_us);
	mark->snoozed_until_us = until_us;
}

static void move(int64_t *us, int64_t step_us)
{
	if (*us)
		*us = sane(*us + step_us);
}

/* The clock of the machine was set: what waits for a time goes on waiting as long as before. */
static void move_clocks(struct incident *pub, int64_t step_us)
{
	struct anchors *a = &pub->anchors;
	int64_t *const moments[] = {&a->declared_us, &a->commanded_us, &a->staffed_us, &a->inside.at_us, &a->inside.next_us, &a->outside.at_us, &a->outside.next_us, &a->review_us, &a->closed_us};
	for (size_t i = 0; i < ARRAY_LENGTH(moments); i++)
		move(moments[i], step_us);
	for (size_t i = 0; i < pub->offer_count; i++)
		move(&pub->offers[i].until_us, step_us);
	for (size_t i = 0; i < pub->task_count; i++)
		move(&pub->tasks[i].due_us, step_us);
	for (size_t i = 0; i < pub->escalation_count; i++) {
		move(&pub->escalations[i].wait_until_us, step_us);
		move(&pub->escalations[i].heard_us, step_us);
	}
	for (size_t i = 0; i < pub->mark_count; i++) {
		move(&pub->marks[i].fired_us, step_us);
		move(&pub->marks[i].snoozed_us, step_us);
		move(&pub->marks[i].snoozed_until_us, step_us);
	}
}

void rule_clock_step(struct incoming *in)
{
	int64_t step_us;
	if (!incoming_i64(in, "step_us", &step_us) || step_us > 100 * 365 * US_PER_DAY || step_us < -100 * 365 * US_PER_DAY)
		return;
	for (size_t i = 0; i < in->fold->incident_count; i++)
		move_clocks(&in->fold->incidents[i]->pub, step_us);
}

/* --- corrections, and the end ---------------------------------------------------------------------- */

/* Where the text of what was opened under this seq stands, NULL when nothing was. */
static char **text_at(struct incident *pub, uint64_t seq)
{
	struct task *task = task_at(pub, seq);
	if (task)
		return &task->text;
	for (size_t i = 0; i < pub->decision_count; i++)
		if (pub->decisions[i].seq == seq)
			return &pub->decisions[i].text;
	for (size_t i = 0; i < pub->hypothesis_count; i++)
		if (pub->hypotheses[i].seq == seq)
			return &pub->hypotheses[i].text;
	for (size_t i = 0; i < pub->finding_count; i++)
		if (pub->findings[i].seq == seq)
			return &pub->findings[i].text;
	return NULL;
}

void room_amended(struct incident_state *state, uint64_t seq, const char *text)
{
	char **slot = text_at(&state->pub, seq);
	if (slot)
		mem_set(slot, text);
}

/* Takes item `at` out of a list; what it owned was freed. */
static void take_out(void *items, size_t *count, size_t at, size_t size)
{
	char *bytes = items;
	memmove(bytes + at * size, bytes + (at + 1) * size, (*count - at - 1) * size);
	(*count)--;
}

void room_retracted(struct incident_state *state, uint64_t seq)
{
	struct incident *pub = &state->pub;
	struct task *task = task_at(pub, seq);
	/* What has a number keeps it, so that later numbers keep theirs. */
	if (task && task->state == TASK_OPEN) {
		task->state = TASK_CANCELLED;
		text_format(task->note, sizeof(task->note), "taken back");
	}
	for (size_t i = 0; i < pub->hypothesis_count; i++) {
		if (pub->hypotheses[i].seq == seq && pub->hypotheses[i].state == HYPOTHESIS_OPEN) {
			pub->hypotheses[i].state = HYPOTHESIS_REFUTED;
			pub->hypotheses[i].evidence = xstrdup("taken back");
		}
	}
	for (size_t i = 0; i < pub->decision_count; i++) {
		if (pub->decisions[i].seq != seq)
			continue;
		free(pub->decisions[i].text);
		take_out(pub->decisions, &pub->decision_count, i, sizeof(*pub->decisions));
	}
	for (size_t i = 0; i < pub->finding_count; i++) {
		if (pub->findings[i].seq != seq)
			continue;
		free(pub->findings[i].text);
		take_out(pub->findings, &pub->finding_count, i, sizeof(*pub->findings));
	}
}

void room_free(struct incident *pub)
{
	for (size_t i = 0; i < pub->offer_count; i++)
		free(pub->offers[i].summary);
	for (size_t i = 0; i < pub->task_count; i++)
		free(pub->tasks[i].text);
	for (size_t i = 0; i < pub->decision_count; i++)
		free(pub->decisions[i].text);
	for (size_t i = 0; i < pub->finding_count; i++)
		free(pub->findings[i].text);
	for (size_t i = 0; i < pub->hypothesis_count; i++) {
		free(pub->hypotheses[i].text);
		free(pub->hypotheses[i].evidence);
	}
	free(pub->tenures);
	free(pub->offers);
	free(pub->tasks);
	free(pub->decisions);
	free(pub->hypotheses);
	free(pub->findings);
	free(pub->escalations);
	free(pub->marks);
}
