#include "report/handover.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINE_MOST = 600,
	DATA_TREE_BYTES = 1 << 20,
	DECISIONS_SHOWN = 10,
	FINDINGS_SHOWN = 5,
	COMPONENTS_SHOWN = 20,
};

struct sheet {
	const struct fold *fold;
	const struct incident *incident;
	const struct handover_view *view;
	struct buf *out;
	bool any; /* the part has a line */
};

/* --- lines --------------------------------------------------------------------------- */

static void put_text(struct sheet *s, const char *text)
{
	if (s->view->markdown)
		markdown_line(s->out, text);
	else
		buf_puts(s->out, text);
}

static void part(struct sheet *s, const char *title)
{
	buf_printf(s->out, "\n## %s\n%s", title, s->view->markdown ? "\n" : "");
	s->any = false;
}

static void line(struct sheet *s, const char *fmt, ...) TOCSIN_PRINTF(2, 3);

static void line(struct sheet *s, const char *fmt, ...)
{
	char text[LINE_MOST], clean[LINE_MOST];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	text_clean(clean, sizeof(clean), text, strlen(text));
	buf_puts(s->out, "- ");
	put_text(s, clean);
	buf_putc(s->out, '\n');
	s->any = true;
}

static void otherwise(struct sheet *s, const char *text)
{
	if (!s->any)
		line(s, "%s", text);
}

/* "14:03:22", with the day when it is another one. */
static const char *moment(const struct sheet *s, char dst[TIME_TEXT], int64_t us)
{
	char now[TIME_TEXT];

	time_human(now, s->view->now_us, s->view->zone_minutes);
	time_human(dst, us, s->view->zone_minutes);
	return strncmp(dst, now, strlen("2026-01-31")) == 0 ? dst + strlen("2026-01-31 ") : dst;
}

/* --- parts ---------------------------------------------------------------------------- */

static void put_title(struct sheet *s)
{
	const struct incident *incident = s->incident;
	char now[TIME_TEXT], text[320], for_text[DURATION_TEXT];
	bool rated = incident->severity != SEVERITY_UNSET;

	buf_puts(s->out, "# ");
	put_text(s, text_format(text, sizeof(text), "Hand-over of %s%s%s: %s", incident->id, rated ? " " : "", rated ? severity_name(incident->severity) : "", incident->title));
	buf_puts(s->out, "\n\n");
	if (fold_is_drill(s->fold))
		buf_puts(s->out, s->view->markdown ? "**DRILL: a simulated network.**\n\n" : "DRILL: a simulated network.\n\n");
	put_text(s, text_format(text, sizeof(text), "Written %s, %s after it was declared; it is in %s.", time_human(now, s->view->now_us, s->view->zone_minutes), duration_human(for_text, s->view->now_us - incident->declared_us), stage_title(incident->stage)));
	buf_puts(s->out, "\n");
}

static void put_who(struct sheet *s)
{
	const struct incident *incident = s->incident;
	char when[TIME_TEXT];

	part(s, "Who");
	for (size_t i = 0; i < incident->tenure_count; i++) {
		const struct tenure *tenure = &incident->tenures[i];
		if (!tenure->until_us)
			line(s, "%s: %s, since %s", tenure->role, tenure->name, moment(s, when, tenure->since_us));
	}
	for (size_t i = 0; standard_roles[i]; i++) {
		bool owed = strcmp(standard_roles[i], "commander") == 0 || strcmp(standard_roles[i], "scribe") == 0;
		if (owed && !incident_role(incident, standard_roles[i])[0])
			line(s, "%s: nobody", standard_roles[i]);
	}
	for (size_t i = 0; i < incident->offer_count; i++) {
		const struct offer *offer = &incident->offers[i];
		if (offer_is_open(offer, s->view->now_us))
			line(s, "%s is offered to %s, until %s%s%s", offer->role, offer->to, moment(s, when, offer->until_us), offer->summary ? ": " : "", offer->summary ? offer->summary : "");
	}
	for (size_t i = 0; i < incident->escalation_count; i++) {
		const struct escalation *e = &incident->escalations[i];
		const char *who = e->person[0] ? e->person : e->title;
		const char *answer = e->lapsed_us ? "acknowledged, but not heard of any more" : e->acked_us ? "acknowledged"
			: e->failed_us > e->sent_us                                                         ? "not reached"
													    : "no answer yet";
		line(s, "asked to come: %s by %s at %s, %s", who, e->channel, moment(s, when, e->requested_us), answer);
	}
}

static size_t steps_settled(const struct incident *incident)
{
	size_t count = 0;

	for (size_t i = 0; i < incident->step_count; i++) {
		enum step_state state = incident->steps[i].state;
		count += state == STEP_DONE || state == STEP_SKIPPED || state == STEP_DEVIATED;
	}
	return count;
}

static void put_what(struct sheet *s)
{
	const struct incident *incident = s->incident;
	char started[TIME_TEXT], declared[TIME_TEXT];

	part(s, "What, and since when");
	if (incident->severity != SEVERITY_UNSET)
		line(s, "%s%s%s", severity_name(incident->severity), incident->severity_reason[0] ? ": " : "", incident->severity_reason);
	line(s, "first symptom %s, declared %s", moment(s, started, incident->impact_started_us), moment(s, declared, incident->declared_us));
	line(s, "impact: %s", incident->impact ? incident->impact : "not written");
	if (incident->runbook[0])
		line(s, "runbook %s: %zu of %zu steps done or skipped", incident->runbook, steps_settled(incident), incident->step_count);
	for (size_t i = 0; i < incident->update_count; i++) {
		if (i + 1 == incident->update_count)
			line(s, "last update: %s", incident->updates[i].subject ? incident->updates[i].subject : "");
	}
}

/* How the record knew the component last; false when it never heard of it. */
static bool recorded_state(const struct sheet *s, const char *id, int64_t *since_us, char *dst, size_t size)
{
	const struct incident *incident = s->incident;

	for (size_t i = incident->timeline_count; i-- > 0;) {
		const struct event *event = fold_event(s->fold, incident->timeline[i].seq);
		if (event->kind != EVENT_PROBE_CHANGE || event->redacted)
			continue;
		struct json *data = json_parse(event->data, strlen(event->data), DATA_TREE_BYTES, NULL);
		const char *named = json_string(json_get(data, "component")), *to = json_string(json_get(data, "to")), *reason = json_string(json_get(data, "reason"));
		bool found = named && to && strcmp(named, id) == 0;
		if (found) {
			*since_us = incident->timeline[i].occurred_us;
			text_format(dst, size, "%s%s%s", to, reason && reason[0] ? ", " : "", reason ? reason : "");
		}
		json_free(data);
		if (found)
			return true;
	}
	return false;
}

static void put_components(struct sheet *s)
{
	const struct incident *incident = s->incident;
	char when[TIME_TEXT], state[320];
	int64_t since_us;

	part(s, "State of the components");
	for (size_t i = 0; i < incident->component_count && i < COMPONENTS_SHOWN; i++) {
		const char *id = incident->components[i];
		const struct component *c = s->view->world ? world_find(s->view->world, id) : NULL;
		if (c)
			line(s, "%s: %s%s%s, since %s", id, health_name(c->health), c->reason[0] ? ", " : "", c->reason, moment(s, when, c->since_us));
		else if (recorded_state(s, id, &since_us, state, sizeof(state)))
			line(s, "%s: %s, since %s", id, state, moment(s, when, since_us));
		else
			line(s, "%s: nothing recorded", id);
	}
	if (incident->component_count > COMPONENTS_SHOWN)
		line(s, "and %zu more", incident->component_count - COMPONENTS_SHOWN);
	otherwise(s, "none is named");
}

static void put_questions(struct sheet *s)
{
	const struct incident *incident = s->incident;
	char when[TIME_TEXT];

	part(s, "Open questions");
	for (size_t i = 0; i < incident->hypothesis_count; i++) {
		const struct hypothesis *h = &incident->hypotheses[i];
		if (h->state == HYPOTHESIS_OPEN)
			line(s, "H%u %s (%s, %s)", h->number, h->text, h->by, moment(s, when, h->opened_us));
	}
	for (size_t i = 0; i < incident->task_count; i++) {
		const struct task *task = &incident->tasks[i];
		bool late = task->due_us && task->due_us <= s->view->now_us;
		if (task->state == TASK_OPEN)
			line(s, "T%u %s (%s, %s %s)", task->number, task->text, task->owner[0] ? task->owner : "nobody", late ? "its time was over" : "until", moment(s, when, task->due_us));
	}
	otherwise(s, "none");
}

static void put_steps(struct sheet *s)
{
	const struct incident *incident = s->incident;
	struct running_clocks *running = xmalloc(sizeof(*running));
	struct gate gate;
	char text[RUNNING_TEXT];
	size_t shown = 0;

	part(s, "Next");
	clocks_running(incident, s->view->clocks, s->view->people, s->view->now_us, running);
	for (size_t i = 0; i < running->count && shown < 6; i++) {
		if (running->items[i].kind == CLOCK_CALL_OUT || running->items[i].kind == CLOCK_PRESENCE)
			continue;
		line(s, "%s", running_text(text, &running->items[i], s->view->now_us));
		shown++;
	}
	free(running);
	stage_gate(incident, &gate);
	for (size_t i = 0; i < gate.count && i < 6; i++)
		line(s, "%s", gate.missing[i]);
	if (gate.count > 6)
		line(s, "and %zu more before %s can be left", gate.count - 6, stage_title(incident->stage));
	otherwise(s, "nothing is missing to go on");
}

static void put_known(struct sheet *s)
{
	const struct incident *incident = s->incident;

	part(s, "Known");
	for (size_t i = 0; i < incident->hypothesis_count; i++) {
		const struct hypothesis *h = &incident->hypotheses[i];
		if (h->state != HYPOTHESIS_OPEN)
			line(s, "H%u %s: %s (%s)", h->number, hypothesis_state_name(h->state), h->text, h->evidence ? h->evidence : "");
	}
	for (size_t i = incident->finding_count > FINDINGS_SHOWN ? incident->finding_count - FINDINGS_SHOWN : 0; i < incident->finding_count; i++)
		line(s, "%s (%s)", incident->findings[i].text, incident->findings[i].by);
	otherwise(s, "nothing is written down");
}

static void put_decisions(struct sheet *s)
{
	const struct incident *incident = s->incident;
	char when[TIME_TEXT];

	part(s, "Last ten decisions");
	for (size_t i = incident->decision_count, n = 0; i-- > 0 && n < DECISIONS_SHOWN; n++) {
		const struct decision *decision = &incident->decisions[i];
		line(s, "%s %s: %s", moment(s, when, decision->at_us), decision->by, decision->text);
	}
	otherwise(s, "none");
}

void handover_write(const struct fold *fold, const struct incident *incident, const struct handover_view *view, struct buf *out)
{
	struct sheet sheet = {.fold = fold, .incident = incident, .view = view, .out = out};

	put_title(&sheet);
	put_who(&sheet);
	put_what(&sheet);
	put_components(&sheet);
	put_questions(&sheet);
	put_steps(&sheet);
	put_known(&sheet);
	put_decisions(&sheet);
}
