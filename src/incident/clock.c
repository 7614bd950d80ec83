#include "incident/clock.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/act_room.h"
#include "incident/drafting.h"
#include "incident/payload.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- configuration ------------------------------------------------------------------- */

#define DAY_MS (US_PER_DAY / US_PER_MS)
/* 0 is never, so that each of them can be switched off. */
#define UP_TO_DAYS(days) .type = SETTING_DURATION, .low = 0, .high = (days)*DAY_MS

static const struct setting_def items[] = {
	{.name = "call_out", UP_TO_DAYS(1), .fallback = "10m", .help = "How often the time that went by is called out. Here and below 0s is never."},
	{.name = "update_p0", UP_TO_DAYS(7), .fallback = "20m", .help = "How soon after an update the next one is due, while the incident is a P0."},
	{.name = "update_p1", UP_TO_DAYS(7), .fallback = "20m", .help = "The same for P1."},
	{.name = "update_p2", UP_TO_DAYS(7), .fallback = "30m", .help = "The same for P2."},
	{.name = "update_p3", UP_TO_DAYS(7), .fallback = "0s", .help = "The same for P3."},
	{.name = "outside_first", UP_TO_DAYS(7), .fallback = "5m", .help = "How soon people outside get a first word of a P0 or P1."},
	{.name = "outside_scope", UP_TO_DAYS(7), .fallback = "5m", .help = "How soon after it they are told what is affected."},
	{.name = "outside_every", UP_TO_DAYS(7), .fallback = "20m", .help = "How soon after that the next update for them is due."},
	{.name = "outside_long", UP_TO_DAYS(7), .fallback = "2h", .help = "When an incident is a long one, of which they hear less often."},
	{.name = "outside_slow", UP_TO_DAYS(7), .fallback = "1h", .help = "How soon the next update for them is due in a long incident."},
	{.name = "commander", UP_TO_DAYS(1), .fallback = "2m", .help = "How often a missing commander is asked for."},
	{.name = "severity", UP_TO_DAYS(1), .fallback = "5m", .help = "How often a missing severity is asked for."},
	{.name = "roles", UP_TO_DAYS(1), .fallback = "10m", .help = "How often other missing roles are asked for."},
	{.name = "wanted", .type = SETTING_TEXT, .fallback = "scribe", .help = "These other roles, parted by blanks: scribe communications operations, or a team's own."},
	{.name = "nags", .type = SETTING_NUMBER, .low = 1, .high = 100, .fallback = "5", .help = "How often a reminder is said that nobody follows."},
	{.name = "task", UP_TO_DAYS(90), .fallback = "1d", .help = "The time box of a task that was given none."},
	{.name = "task_reminder", UP_TO_DAYS(7), .fallback = "10m", .help = "How often a task is reminded of whose time is over."},
	{.name = "to_do", UP_TO_DAYS(365), .fallback = "7d", .help = "When a to-do is due that was given no day."},
	{.name = "hand_over", UP_TO_DAYS(1), .fallback = "10m", .help = "How long the offer of a role stands."},
	{.name = "acknowledged", UP_TO_DAYS(7), .fallback = "15m", .help = "When somebody who acknowledged a P0 or P1 and was not heard of since is asked for."},
	{.name = "acknowledged_lapse", UP_TO_DAYS(7), .fallback = "5m", .help = "How long after that the acknowledgement lapses."},
	{.name = "acknowledged_p2", UP_TO_DAYS(7), .fallback = "60m", .help = "As acknowledged, for P2 and P3."},
	{.name = "acknowledged_p2_lapse", UP_TO_DAYS(7), .fallback = "15m", .help = "As acknowledged_lapse, for P2 and P3."},
	{.name = "review_p0", UP_TO_DAYS(90), .fallback = "3d", .help = "When the review of a P0 is due."},
	{.name = "review_p1_workdays", .type = SETTING_NUMBER, .low = 0, .high = 90, .fallback = "5", .help = "When the review of a P1 is due, in days from Monday to Friday; 0 is never."},
	{.name = "review", UP_TO_DAYS(90), .fallback = "7d", .help = "When the review of any other incident is due."},
	{.name = "watch", UP_TO_DAYS(90), .fallback = "7d", .help = "How long after its end an incident is asked about once more."},
	{.name = "reopen", UP_TO_DAYS(7), .fallback = "60m", .help = "How long after its end a fault that comes back belongs to the same incident."},
	{.name = "escalate", .type = SETTING_WORD, .choices = "ask auto", .fallback = "ask", .help = "Whether people are asked to tell the next step of the escalation when it is due, or it is told without asking."},
	{0},
};

const struct settings_def clocks_section = {
	.word = "clocks",
	.help = "When an incident reminds of what is due. Reminders are recorded, once each.",
	.items = items,
};

static void read_section(const struct settings *s, struct clocks *out)
{
	const struct {
		const char *name;
		int64_t *us;
	} durations[] = {
		{"call_out", &out->call_out_us},
		{"update_p0", &out->update_us[SEVERITY_P0]},
		{"update_p1", &out->update_us[SEVERITY_P1]},
		{"update_p2", &out->update_us[SEVERITY_P2]},
		{"update_p3", &out->update_us[SEVERITY_P3]},
		{"outside_first", &out->outside_first_us},
		{"outside_scope", &out->outside_scope_us},
		{"outside_every", &out->outside_every_us},
		{"outside_long", &out->outside_long_us},
		{"outside_slow", &out->outside_slow_us},
		{"commander", &out->commander_us},
		{"severity", &out->severity_us},
		{"roles", &out->roles_us},
		{"task", &out->task_us},
		{"task_reminder", &out->task_reminder_us},
		{"to_do", &out->to_do_us},
		{"hand_over", &out->offer_us},
		{"acknowledged", &out->present_us},
		{"acknowledged_lapse", &out->lapse_us},
		{"acknowledged_p2", &out->present_slow_us},
		{"acknowledged_p2_lapse", &out->lapse_slow_us},
		{"review_p0", &out->review_p0_us},
		{"review", &out->review_us},
		{"watch", &out->watch_us},
		{"reopen", &out->reopen_us},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(durations); i++)
		*durations[i].us = settings_number(s, durations[i].name) * US_PER_MS;
	text_format(out->wanted, sizeof(out->wanted), "%s", settings_text(s, "wanted"));
	out->nags = settings_number(s, "nags");
	out->review_p1_days = settings_number(s, "review_p1_workdays");
	out->escalate_by_itself = strcmp(settings_text(s, "escalate"), "auto") == 0;
}

void clocks_read(const struct settings *sections, size_t count, struct clocks *out)
{
	struct settings defaults;
	const struct settings *written = settings_at(sections, count, clocks_section.word, 0);
	*out = (struct clocks){.nags = 0};
	settings_init(&defaults, &clocks_section, "", 0);
	read_section(written ? written : &defaults, out);
	settings_free(&defaults);
}

static const char *const kind_names[CLOCK_KIND_COUNT] = {
	[CLOCK_UPDATE] = "update",
	[CLOCK_OUTSIDE] = "outside",
	[CLOCK_ESCALATION] = "escalation",
	[CLOCK_ANSWER] = "answer",
	[CLOCK_TASK] = "task",
	[CLOCK_OFFER] = "hand-over",
	[CLOCK_REVIEW] = "review",
	[CLOCK_PRESENCE] = "presence",
	[CLOCK_COMMANDER] = "commander",
	[CLOCK_SEVERITY] = "severity",
	[CLOCK_ROLES] = "roles",
	[CLOCK_WATCH] = "watch",
	[CLOCK_CALL_OUT] = "call-out",
};

/* What is due, where the name alone does not say it. */
static const char *const kind_words[CLOCK_KIND_COUNT] = {
	[CLOCK_OUTSIDE] = "outside update",
	[CLOCK_COMMANDER] = "a commander",
	[CLOCK_SEVERITY] = "a severity",
	[CLOCK_WATCH] = "second look",
};

const char *clock_kind_name(enum clock_kind kind)
{
	return (unsigned)kind < CLOCK_KIND_COUNT ? kind_names[kind] : "?";
}

/* --- one clock ------------------------------------------------------------------------ */

/* What all clocks of one incident are made from. */
struct making {
	const struct incident *incident;
	const struct clocks *clocks;
	const struct people *people;
	int64_t now_us;
	struct running_clocks *out;
};

/* When a clock is due, and how often it reminds of that. */
struct pace {
	int64_t since_us; /* it runs since then: what was put off before counts no more */
	int64_t due_us;
	int64_t every_us; /* between reminders, 0: there is one */
	int64_t times;
};

static const struct clock_mark *mark_of(const struct incident *incident, enum clock_kind kind, const char *target)
{
	for (size_t i = 0; i < incident->mark_count; i++) {
		const struct clock_mark *mark = &incident->marks[i];
		if (strcmp(mark->clock, kind_names[kind]) == 0 && strcmp(mark->target, target) == 0)
			return mark;
	}
	return NULL;
}

/* The next reminder that was not said. Of several that were missed only the last one is:
 * who was away for an hour wants one word of each thing, not six. */
static void find_reminder(struct running *r, const struct pace *pace, int64_t fired_us, int64_t snoozed_until_us, int64_t now_us)
{
	int64_t every_us = pace->every_us > 0 ? pace->every_us : 1, times = pace->every_us > 0 ? pace->times : 1;
	int64_t next = fired_us >= pace->due_us ? (fired_us - pace->due_us) / every_us + 1 : 0;
	int64_t passed = now_us > pace->due_us ? (now_us - pace->due_us) / every_us : 0;
	if (pace->every_us <= 0 && next > 0)
		next = 1;
	if (next >= times)
		return;
	if (passed > next)
		next = passed < times ? passed : times - 1;
	r->instance_us = pace->due_us + next * every_us;
	r->fires_us = r->instance_us > snoozed_until_us ? r->instance_us : snoozed_until_us;
}

static struct running *run(struct making *m, enum clock_kind kind, const char *target, const struct pace *pace)
{
	if (m->out->count == RUNNING_MAX)
		return NULL;
	const struct clock_mark *mark = mark_of(m->incident, kind, target);
	bool put_off = mark && mark->snoozed_until_us && mark->snoozed_us >= pace->since_us;
	int64_t until_us = put_off ? mark->snoozed_until_us : 0;
	struct running *r = &m->out->items[m->out->count++];
	*r = (struct running){.kind = kind, .snoozed = m->now_us < until_us && pace->due_us < until_us};
	r->due_us = r->snoozed ? until_us : pace->due_us;
	text_format(r->target, sizeof(r->target), "%s", target);
	text_format(r->what, sizeof(r->what), "%s", kind_words[kind] ? kind_words[kind] : kind_names[kind]);
	find_reminder(r, pace, mark ? mark->fired_us : 0, until_us, m->now_us);
	return r;
}

/* One that is owed first after an interval, and again after each further one. */
static struct running *run_every(struct making *m, enum clock_kind kind, int64_t since_us, int64_t every_us, int64_t times)
{
	const struct pace pace = {since_us, since_us + every_us, every_us, times};
	return every_us > 0 ? run(m, kind, "", &pace) : NULL;
}

/* --- all of them ------------------------------------------------------------------------ */

static bool is_grave(const struct incident *incident)
{
	return incident->severity <= SEVERITY_P1;
}

/* The promise of the last update counts more than any interval. */
static void run_told(struct making *m, enum clock_kind kind, const struct told *told, int64_t interval_us)
{
	int64_t since_us = told->at_us ? told->at_us : m->incident->anchors.declared_us;
	bool promised = told->next_us > since_us;
	const struct pace pace = {since_us, promised ? told->next_us : since_us + interval_us, interval_us, m->clocks->nags};
	if (interval_us > 0 || promised)
		(void)run(m, kind, "", &pace);
}

static void run_updates(struct making *m)
{
	const struct anchors *a = &m->incident->anchors;
	const struct clocks *c = m->clocks;
	/* While nobody said how bad it is, it is as bad as can be. */
	enum severity severity = m->incident->severity == SEVERITY_UNSET ? SEVERITY_P0 : m->incident->severity;
	/* What everybody may read tells the house too. */
	run_told(m, CLOCK_UPDATE, a->outside.at_us > a->inside.at_us ? &a->outside : &a->inside, c->update_us[severity]);
	if (!is_grave(m->incident))
		return;
	bool is_long = c->outside_long_us > 0 && m->now_us - a->declared_us >= c->outside_long_us;
	int64_t interval_us = a->outside.count == 0 ? c->outside_first_us : a->outside.count == 1 ? c->outside_scope_us
		: is_long                                                                         ? c->outside_slow_us
												  : c->outside_every_us;
	run_told(m, CLOCK_OUTSIDE, &a->outside, interval_us);
}

static bool is_held(const struct incident *incident, const char *role)
{
	for (size_t i = 0; i < incident->tenure_count; i++)
		if (incident->tenures[i].until_us == 0 && strcasecmp(incident->tenures[i].role, role) == 0)
			return true;
	return false;
}

/* One clock for all of them: several that are missing are one word, not several. */
static void run_roles(struct making *m)
{
	char role[32], missing[80] = "";
	const char *at = m->clocks->wanted;
	while (text_word(&at, role, sizeof(role))) {
		size_t len = strlen(missing);
		if (!is_held(m->incident, role))
			text_format(missing + len, sizeof(missing) - len, "%s%s", len ? ", " : "", strcasecmp(role, "scribe") == 0 ? "a scribe" : role);
	}
	struct running *r = missing[0] ? run_every(m, CLOCK_ROLES, m->incident->anchors.staffed_us, m->clocks->roles_us, m->clocks->nags) : NULL;
	if (r)
		text_format(r->what, sizeof(r->what), "%s", missing);
}

static void run_missing(struct making *m)
{
	const struct incident *incident = m->incident;
	const struct anchors *a = &incident->anchors;
	if (!incident->owner[0])
		(void)run_every(m, CLOCK_COMMANDER, a->commanded_us, m->clocks->commander_us, m->clocks->nags);
	if (incident->severity == SEVERITY_UNSET)
		(void)run_every(m, CLOCK_SEVERITY, a->declared_us, m->clocks->severity_us, m->clocks->nags);
	if (incident->severity <= SEVERITY_P2)
		run_roles(m);
}

static void run_ladder(struct making *m)
{
	for (size_t i = 0; i < m->people->rung_count; i++) {
		const struct rung *rung = &m->people->rungs[i];
		int64_t declared_us = m->incident->anchors.declared_us;
		const struct pace pace = {declared_us, declared_us + rung->after_us, rung->wait_us, m->clocks->nags};
		struct running *r = rung_is_owed(m->people, rung, m->incident) ? run(m, CLOCK_ESCALATION, rung->name, &pace) : NULL;
		if (r)
			text_format(r->what, sizeof(r->what), "tell %s", rung->title);
	}
}

/* Only the newest request is waited for: whoever was told after it answers for it. */
static bool is_newest(const struct incident *incident, const struct escalation *e)
{
	for (const struct escalation *later = e + 1; later < incident->escalations + incident->escalation_count; later++) {
		if (later->requested_us > e->requested_us || strcmp(later->person, e->person) == 0)
			return false;
	}
	return true;
}

static void run_answers(struct making *m)
{
	bool grave = is_grave(m->incident);
	int64_t present_us = grave ? m->clocks->present_us : m->clocks->present_slow_us;
	for (size_t i = 0; i < m->incident->escalation_count; i++) {
		const struct escalation *e = &m->incident->escalations[i];
		const char *who = e->person[0] ? e->person : e->title;
		char target[24];
		bool answered = e->acked_us && !e->lapsed_us;
		text_format(target, sizeof(target), "%" PRIu64, e->seq);
		bool failed = e->failed_us > e->sent_us;
		const struct pace wait = {e->requested_us, e->lapsed_us ? e->lapsed_us : failed ? e->failed_us
												: e->wait_until_us,
					  0, 1};
		const struct pace stay = {e->heard_us, e->heard_us + present_us, 0, 1};
		if (!answered && is_newest(m->incident, e)) {
			struct running *r = run(m, CLOCK_ANSWER, target, &wait);
			if (r)
				text_format(r->what, sizeof(r->what), "answer of %s", who);
		} else if (answered && e->person[0] && present_us > 0) {
			struct running *r = run(m, CLOCK_PRESENCE, target, &stay);
			if (r)
				text_format(r->what, sizeof(r->what), "word of %s", e->acked_by);
		}
	}
}

static void run_offers(struct making *m)
{
	for (size_t i = 0; i < m->incident->offer_count; i++) {
		const struct offer *offer = &m->incident->offers[i];
		char target[24];
		text_format(target, sizeof(target), "%" PRIu64, offer->seq);
		const struct clock_mark *mark = mark_of(m->incident, CLOCK_OFFER, target);
		if (offer->state != OFFER_OPEN || (mark && mark->fired_us >= offer->until_us))
			continue;
		const struct pace pace = {offer->at_us, offer->until_us, 0, 1};
		struct running *r = run(m, CLOCK_OFFER, target, &pace);
		if (r)
			text_format(r->what, sizeof(r->what), "%s to %s", offer->role, offer->to);
	}
}

static void run_tasks(struct making *m)
{
	for (size_t i = 0; i < m->incident->task_count; i++) {
		const struct task *task = &m->incident->tasks[i];
		char target[16];
		if (task->state != TASK_OPEN || task->due_us <= 0)
			continue;
		text_format(target, sizeof(target), "T%u", task->number);
		const struct pace pace = {task->opened_us, task->due_us, m->clocks->task_reminder_us, m->clocks->nags};
		struct running *r = run(m, CLOCK_TASK, target, &pace);
		if (r)
			text_format(r->what, sizeof(r->what), "%s%s%s", target, task->owner[0] ? " " : "", task->owner);
	}
}

/* So many days from Monday to Friday later. 1970 began on a Thursday. */
static int64_t add_workdays(int64_t us, int64_t days)
{
	while (days > 0) {
		us += US_PER_DAY;
		int weekday = (int)((us / US_PER_DAY + 4) % 7);
		days -= weekday != 0 && weekday != 6;
	}
	return us;
}

static void run_review(struct making *m)
{
	int64_t since_us = m->incident->anchors.review_us, due_us = since_us;
	if (m->incident->severity == SEVERITY_P0)
		due_us += m->clocks->review_p0_us;
	else if (m->incident->severity == SEVERITY_P1)
		due_us = add_workdays(since_us, m->clocks->review_p1_days);
	else
		due_us += m->clocks->review_us;
	const struct pace pace = {since_us, due_us, US_PER_DAY, m->clocks->nags};
	if (due_us > since_us)
		(void)run(m, CLOCK_REVIEW, "", &pace);
}

/* What ended long ago is left in peace, even by a record that never heard of this clock. */
static void run_watch(struct making *m)
{
	int64_t since_us = m->incident->anchors.closed_us, due_us = since_us + m->clocks->watch_us;
	const struct clock_mark *mark = mark_of(m->incident, CLOCK_WATCH, "");
	const struct pace pace = {since_us, due_us, 0, 1};
	if (m->clocks->watch_us <= 0 || m->now_us > due_us + 7 * US_PER_DAY || (mark && mark->fired_us >= due_us))
		return;
	(void)run(m, CLOCK_WATCH, "", &pace);
}

static int compare(const void *a, const void *b)
{
	const struct running *x = a, *y = b;
	if (x->due_us != y->due_us)
		return x->due_us < y->due_us ? -1 : 1;
	return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->target, y->target);
}

void clocks_running(const struct incident *incident, const struct clocks *clocks, const struct people *people, int64_t now_us, struct running_clocks *out)
{
	struct making m = {incident, clocks, people, now_us, out};
	out->count = 0;
	if (incident->merged)
		return;
	if (incident->stage >= STAGE_TRIAGE && incident->stage <= STAGE_RESOLVE) {
		run_updates(&m);
		run_missing(&m);
		(void)run_every(&m, CLOCK_CALL_OUT, incident->anchors.declared_us, clocks->call_out_us, INT64_MAX);
	}
	if (incident->stage == STAGE_TRIAGE || incident->stage == STAGE_RESPOND) {
		run_ladder(&m);
		run_answers(&m);
	}
	if (incident->stage == STAGE_REVIEW)
		run_review(&m);
	if (incident->stage == STAGE_CLOSED)
		run_watch(&m);
	else {
		run_offers(&m);
		run_tasks(&m);
	}
	if (out->count > 1)
		qsort(out->items, out->count, sizeof(out->items[0]), compare);
	/* What was called out last is past; the next one counts. */
	for (size_t i = 0; i < out->count; i++) {
		if (out->items[i].kind == CLOCK_CALL_OUT)
			out->items[i].due_us = out->items[i].fires_us;
	}
}

/* What is missing stands in the header as such until it is missed, and the call-out is no duty. */
static bool is_shown(const struct running *r, int64_t now_us)
{
	bool waits = r->kind == CLOCK_PRESENCE || r->kind == CLOCK_COMMANDER;
	return r->kind <= CLOCK_PRESENCE && (!waits || r->due_us <= now_us);
}

const struct running *clocks_next(const struct running_clocks *running, int64_t now_us, size_t *overdue)
{
	const struct running *next = NULL, *worst = NULL;
	*overdue = 0;
	for (size_t i = 0; i < running->count; i++) {
		const struct running *r = &running->items[i];
		if (!is_shown(r, now_us))
			continue;
		if (r->due_us > now_us) {
			if (!next)
				next = r;
			continue;
		}
		(*overdue)++;
		if (!worst || r->kind < worst->kind)
			worst = r;
	}
	return worst ? worst : next;
}

char *running_text(char dst[RUNNING_TEXT], const struct running *running, int64_t now_us)
{
	char text[DURATION_TEXT];
	int64_t left_us = running->due_us - now_us;
	/* Minutes are enough while there are some. */
	int64_t shown_us = left_us < 0 ? -left_us : left_us;
	if (shown_us >= US_PER_MINUTE)
		shown_us -= shown_us % US_PER_MINUTE;
	duration_human(text, shown_us);
	return text_format(dst, RUNNING_TEXT, "%s %s %s%s", running->what, left_us > 0 ? "in" : "overdue", text, running->snoozed ? ", put off" : "");
}

/* --- reminders --------------------------------------------------------------------------------- */

static const struct task *task_of(const struct incident *incident, const char *target)
{
	for (size_t i = 0; i < incident->task_count; i++) {
		char name[16];
		if (strcmp(text_format(name, sizeof(name), "T%u", incident->tasks[i].number), target) == 0)
			return &incident->tasks[i];
	}
	return NULL;
}

static size_t tasks_open(const struct incident *incident)
{
	size_t count = 0;
	for (size_t i = 0; i < incident->task_count; i++)
		count += incident->tasks[i].state == TASK_OPEN;
	return count;
}

/* What a reminder says, as one line of the timeline. */
static void say(struct drafts *out, struct draft *draft, const struct incident *incident, const struct running *r, int64_t now_us)
{
	char since[DURATION_TEXT];
	const struct task *task;
	size_t open = tasks_open(incident);
	switch (r->kind) {
	case CLOCK_CALL_OUT:
		duration_human(since, r->instance_us - incident->anchors.declared_us);
		draft_summary(out, draft, "%s since %s was declared: in %s, %zu task%s open", since, incident->id, stage_title(incident->stage), open, open == 1 ? "" : "s");
		break;
	case CLOCK_UPDATE:
		draft_summary(out, draft, "an update is due: what is known, what is done, what is needed");
		break;
	case CLOCK_OUTSIDE:
		draft_summary(out, draft, "an update for people outside is due");
		break;
	case CLOCK_COMMANDER:
		duration_human(since, r->instance_us - incident->anchors.commanded_us);
		draft_summary(out, draft, "nobody is in command of %s since %s", incident->id, since);
		break;
	case CLOCK_SEVERITY:
		draft_summary(out, draft, "%s has no severity: if unsure, the higher one", incident->id);
		break;
	case CLOCK_ROLES:
		draft_summary(out, draft, "%s is without %s", incident->id, r->what);
		break;
	case CLOCK_TASK:
		task = task_of(incident, r->target);
		draft_summary(out, draft, "the time of %s is over%s%s: %s", r->target, task && task->owner[0] ? ", of " : "", task ? task->owner : "", task ? task->text : "");
		break;
	case CLOCK_OFFER:
		draft_summary(out, draft, "the offer of %s was not taken up", r->what);
		break;
	case CLOCK_ESCALATION:
		draft_summary(out, draft, "escalation is due: %s", r->what);
		break;
	case CLOCK_ANSWER:
		draft_summary(out, draft, "no %s: escalate further, or ask again", r->what);
		break;
	case CLOCK_PRESENCE:
		duration_human(since, now_us - r->instance_us);
		draft_summary(out, draft, "no %s for a while: still there?", r->what);
		break;
	case CLOCK_REVIEW:
		draft_summary(out, draft, "the review of %s is due", incident->id);
		break;
	case CLOCK_WATCH:
		draft_summary(out, draft, "%s ended some days ago: did it stay so?", incident->id);
		break;
	case CLOCK_KIND_COUNT:
		break;
	}
}

static void remind(const struct incident *incident, const struct running *r, int64_t now_us, struct drafts *out)
{
	struct draft *draft = drafts_add_machine(out, EVENT_CLOCK_DUE, now_us, incident->id);
	struct payload data;
	draft->source = "clock";
	say(out, draft, incident, r, now_us);
	payload_begin(&data);
	payload_string(&data, "clock", clock_kind_name(r->kind));
	payload_string(&data, "target", r->target[0] ? r->target : NULL);
	json_put_i64(&data.w, "due_us", r->instance_us);
	payload_end(&data, out, draft);
}

static void lapse(const struct incident *incident, const struct clocks *clocks, int64_t now_us, struct drafts *out)
{
	bool grave = is_grave(incident);
	int64_t after_us = (grave ? clocks->present_us : clocks->present_slow_us), lapse_us = grave ? clocks->lapse_us : clocks->lapse_slow_us;
	if (incident->stage != STAGE_TRIAGE && incident->stage != STAGE_RESPOND)
		return;
	for (size_t i = 0; i < incident->escalation_count; i++) {
		const struct escalation *e = &incident->escalations[i];
		if (!e->acked_us || e->lapsed_us || !e->person[0] || after_us <= 0 || lapse_us <= 0 || now_us < e->heard_us + after_us + lapse_us)
			continue;
		struct draft *draft = drafts_add_machine(out, EVENT_ESCALATION_LAPSED, now_us, incident->id);
		struct payload data;
		draft->source = "clock";
		draft_summary(out, draft, "the acknowledgement of %s lapsed: not heard of any more", e->acked_by);
		payload_begin(&data);
		json_put_i64(&data.w, "request", (int64_t)e->seq);
		payload_string(&data, "name", e->acked_by);
		payload_end(&data, out, draft);
	}
}

void act_clocks(const struct fold *fold, const struct clocks *clocks, const struct people *people, int64_t now_us, struct drafts *out)
{
	struct running_clocks *running = xmalloc(sizeof(*running));
	for (size_t i = 0; i < fold_incident_count(fold); i++) {
		const struct incident *incident = fold_incident_at(fold, i);
		clocks_running(incident, clocks, people, now_us, running);
		for (size_t k = 0; k < running->count; k++) {
			const struct running *r = &running->items[k];
			if (!r->fires_us || r->fires_us > now_us)
				continue;
			bool told = r->kind == CLOCK_ESCALATION && clocks->escalate_by_itself && act_escalate_due(incident, people, people_rung(people, r->target), now_us, out);
			if (!told)
				remind(incident, r, now_us, out);
		}
		lapse(incident, clocks, now_us, out);
	}
	free(running);
}

/* --- putting off ---------------------------------------------------------------------------------- */

static const struct running *find(const struct running_clocks *running, const char *which, int64_t now_us)
{
	size_t overdue;
	if (!which || !which[0])
		return clocks_next(running, now_us, &overdue);
	for (size_t i = 0; i < running->count; i++) {
		if (running->items[i].target[0] && strcasecmp(running->items[i].target, which) == 0)
			return &running->items[i];
	}
	for (size_t i = 0; i < running->count; i++) {
		if (strcasecmp(clock_kind_name(running->items[i].kind), which) == 0)
			return &running->items[i];
	}
	return NULL;
}

static void put_off(const struct actor *who, const struct incident *incident, const struct running *r, int64_t for_us, struct drafts *out)
{
	char text[DURATION_TEXT];
	struct draft *draft = drafts_add(out, EVENT_CLOCK_SNOOZED, who, incident);
	struct payload data;
	draft_summary(out, draft, "put off for %s: %s", duration_human(text, for_us), r->what);
	payload_begin(&data);
	payload_string(&data, "clock", clock_kind_name(r->kind));
	payload_string(&data, "target", r->target[0] ? r->target : NULL);
	json_put_i64(&data.w, "until_us", who->now_us + for_us);
	json_put_i64(&data.w, "minutes", for_us / US_PER_MINUTE);
	payload_end(&data, out, draft);
}

enum status act_snooze(const struct fold *fold, const struct actor *who, const char *incident, const struct clocks *clocks, const struct people *people, const char *which, int64_t for_us, struct drafts *out, struct error *err)
{
	const struct incident *target;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status != STATUS_OK)
		return status;
	if (for_us < US_PER_MINUTE || for_us > US_PER_DAY)
		return error_set(err, STATUS_INVALID, "snooze: from one minute to one day (write it like 10m)");
	struct running_clocks *running = xmalloc(sizeof(*running));
	clocks_running(target, clocks, people, who->now_us, running);
	const struct running *r = find(running, which, who->now_us);
	if (r)
		put_off(who, target, r, for_us, out);
	else if (which && which[0])
		status = error_set(err, STATUS_NOT_FOUND, "%s: no such clock runs for %s (the war room shows them)", which, target->id);
	else
		status = error_set(err, STATUS_REFUSED, "%s: no clock runs that could be put off", target->id);
	free(running);
	return status;
}
