/* tocsin incident: who does what. Each verb takes the incident, then what is done. */
#include "cli/incident.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/act_room.h"
#include "report/facts.h"
#include "report/handover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHEET_BYTES_MAX = 4 * 1024 * 1024 };

/* One thing that a verb can do: "task INC done T3". */
struct deed {
	const char *name;
	int words; /* after it */
	enum status (*run)(struct call *call, const char *id, const char *const *words, struct error *err);
};

static const char *word(const struct call *call, int i)
{
	return i < call->word_count ? call->words[i] : NULL;
}

/* The deed that the second word names; `otherwise` stands for none. */
static enum status do_deed(struct call *call, const struct deed *deeds, const char *what, struct error *err)
{
	const char *name = word(call, 1);
	char names[120] = "";

	for (size_t i = 0; deeds[i].name; i++) {
		text_format(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i ? ", " : "", deeds[i].name);
		if (!name || strcmp(deeds[i].name, name) != 0)
			continue;
		if (call->word_count - 2 != deeds[i].words)
			return error_set(err, STATUS_USAGE, "%s %s: %d more word%s needed (put a text into quotes)", what, name, deeds[i].words, deeds[i].words == 1 ? " is" : "s are");
		return deeds[i].run(call, call->words[0], call->words + 2, err);
	}
	return error_set(err, STATUS_USAGE, "%s: say what to do (%s)", what, names);
}

static enum status duration_given(const char *text, const char *option, int64_t otherwise_us, int64_t *us, struct error *err)
{
	*us = otherwise_us;
	if (!text || duration_parse(text, us, err) == STATUS_OK)
		return STATUS_OK;
	error_prefix(err, "--%s", option);
	return STATUS_USAGE;
}

/* What `fill` writes about the incident that the first word names, as a JSON object. */
static enum status print_part(struct call *call, void (*fill)(struct call *call, struct json_writer *w), struct error *err)
{
	return incident_named(call, call->words[0], err) ? incident_print_json(fill, call, err) : STATUS_NOT_FOUND;
}

static const struct incident *of(struct call *call)
{
	return fold_incident(call->fold, call->words[0]);
}

/* --- roles ------------------------------------------------------------------------------- */

static void fill_roles(struct call *call, struct json_writer *w)
{
	json_begin_object(w, NULL);
	roles_json(of(call), w);
	json_end_object(w);
}

static enum status list_roles(struct call *call, const char *id, const char *const *words, struct error *err)
{
	const struct incident *incident = incident_named(call, id, err);
	char since[TIME_TEXT];

	(void)words;
	if (call->as_json || !incident)
		return print_part(call, fill_roles, err);
	for (size_t i = 0; i < incident->tenure_count; i++) {
		const struct tenure *tenure = &incident->tenures[i];
		if (!tenure->until_us)
			printf("%-16s %-16s since %s\n", tenure->role, tenure->name, time_human(since, tenure->since_us, 0));
	}
	for (size_t i = 0; i < incident->offer_count; i++) {
		const struct offer *offer = &incident->offers[i];
		if (offer_is_open(offer, call->who.now_us))
			printf("%-16s offered to %s until %s\n", offer->role, offer->to, time_human(since, offer->until_us, 0));
	}
	return STATUS_OK;
}

static enum status take_role(struct call *call, const char *id, const char *const *words, struct error *err)
{
	return act_role(call->fold, &call->who, id, words[0], call->owner ? call->owner : call->who.name, &call->drafts, err);
}

static enum status release_role(struct call *call, const char *id, const char *const *words, struct error *err)
{
	return act_role(call->fold, &call->who, id, words[0], NULL, &call->drafts, err);
}

static enum status offer_role(struct call *call, const char *id, const char *const *words, struct error *err)
{
	return act_offer(call->fold, &call->who, id, words[0], words[1], call->note, call->clocks.offer_us, &call->drafts, err);
}

static enum status accept_role(struct call *call, const char *id, const char *const *words, struct error *err)
{
	return act_accept(call->fold, &call->who, id, words[0], &call->drafts, err);
}

static enum status decline_role(struct call *call, const char *id, const char *const *words, struct error *err)
{
	return act_decline(call->fold, &call->who, id, words[0], call->reason, &call->drafts, err);
}

static enum status verb_role(struct call *call, struct error *err)
{
	static const struct deed deeds[] = {{"list", 0, list_roles}, {"take", 1, take_role}, {"release", 1, release_role}, {"offer", 2, offer_role}, {"accept", 1, accept_role}, {"decline", 1, decline_role}, {NULL, 0, NULL}};

	return do_deed(call, deeds, "role", err);
}

/* --- work ---------------------------------------------------------------------------------- */

static void fill_tasks(struct call *call, struct json_writer *w)
{
	json_begin_object(w, NULL);
	tasks_json(of(call), w);
	json_end_object(w);
}

static enum status list_tasks(struct call *call, const char *id, const char *const *words, struct error *err)
{
	const struct incident *incident = incident_named(call, id, err);
	char due[TIME_TEXT];

	(void)words;
	if (call->as_json || !incident)
		return print_part(call, fill_tasks, err);
	for (size_t i = 0; i < incident->task_count; i++) {
		const struct task *task = &incident->tasks[i];
		printf("T%-4u %-9s %-12s until %s  %s\n", task->number, task_state_name(task->state), task->owner[0] ? task->owner : "nobody", time_human(due, task->due_us, 0), task->text);
	}
	return STATUS_OK;
}

static enum status open_task(struct call *call, const char *id, const char *const *words, struct error *err)
{
	int64_t box_us;
	enum status status = duration_given(call->box, "box", call->clocks.task_us, &box_us, err);

	if (status != STATUS_OK)
		return status;
	return act_task(call->fold, &call->who, id, words[0], call->owner, box_us, &call->drafts, err);
}

static enum status assign_task(struct call *call, const char *id, const char *const *words, struct error *err)
{
	int64_t box_us;
	enum status status = duration_given(call->box, "box", 0, &box_us, err);

	if (status != STATUS_OK)
		return status;
	return act_task_assign(call->fold, &call->who, id, words[0], call->owner, box_us, &call->drafts, err);
}

static enum status finish_task(struct call *call, const char *id, const char *const *words, struct error *err)
{
	return act_task_done(call->fold, &call->who, id, words[0], call->note, &call->drafts, err);
}

static enum status cancel_task(struct call *call, const char *id, const char *const *words, struct error *err)
{
	return act_task_cancel(call->fold, &call->who, id, words[0], call->reason, &call->drafts, err);
}

static enum status verb_task(struct call *call, struct error *err)
{
	static const struct deed deeds[] = {{"list", 0, list_tasks}, {"open", 1, open_task}, {"assign", 1, assign_task}, {"done", 1, finish_task}, {"cancel", 1, cancel_task}, {NULL, 0, NULL}};

	return do_deed(call, deeds, "task", err);
}

static enum status verb_decide(struct call *call, struct error *err)
{
	return act_decision(call->fold, &call->who, call->words[0], call->words[1], call->reason, &call->drafts, err);
}

static enum status verb_finding(struct call *call, struct error *err)
{
	return act_finding(call->fold, &call->who, call->words[0], call->words[1], &call->drafts, err);
}

static enum status verb_to_do(struct call *call, struct error *err)
{
	int64_t due_us = call->clocks.to_do_us ? call->who.now_us + call->clocks.to_do_us : 0;

	return act_to_do(call->fold, &call->who, call->words[0], call->words[1], call->owner, call->due, due_us, &call->drafts, err);
}

static void fill_hypotheses(struct call *call, struct json_writer *w)
{
	json_begin_object(w, NULL);
	hypotheses_json(of(call), w);
	json_end_object(w);
}

static enum status list_hypotheses(struct call *call, const char *id, const char *const *words, struct error *err)
{
	const struct incident *incident = incident_named(call, id, err);

	(void)words;
	if (call->as_json || !incident)
		return print_part(call, fill_hypotheses, err);
	for (size_t i = 0; i < incident->hypothesis_count; i++) {
		const struct hypothesis *h = &incident->hypotheses[i];
		printf("H%-4u %-9s %s%s%s\n", h->number, hypothesis_state_name(h->state), h->text, h->evidence ? ": " : "", h->evidence ? h->evidence : "");
	}
	return STATUS_OK;
}

static enum status open_hypothesis(struct call *call, const char *id, const char *const *words, struct error *err)
{
	return act_hypothesis(call->fold, &call->who, id, words[0], &call->drafts, err);
}

static enum status confirm_hypothesis(struct call *call, const char *id, const char *const *words, struct error *err)
{
	return act_hypothesis_close(call->fold, &call->who, id, words[0], true, words[1], &call->drafts, err);
}

static enum status refute_hypothesis(struct call *call, const char *id, const char *const *words, struct error *err)
{
	return act_hypothesis_close(call->fold, &call->who, id, words[0], false, words[1], &call->drafts, err);
}

static enum status verb_hypothesis(struct call *call, struct error *err)
{
	static const struct deed deeds[] = {{"list", 0, list_hypotheses}, {"open", 1, open_hypothesis}, {"confirm", 2, confirm_hypothesis}, {"refute", 2, refute_hypothesis}, {NULL, 0, NULL}};

	return do_deed(call, deeds, "hypothesis", err);
}

/* --- escalation and clocks ------------------------------------------------------------------- */

static enum status verb_escalate(struct call *call, struct error *err)
{
	return act_escalate(call->fold, &call->who, &call->people, call->words[0], word(call, 1), call->reason, &call->drafts, err);
}

static enum status verb_acknowledge(struct call *call, struct error *err)
{
	return act_acknowledge(call->fold, &call->who, call->words[0], word(call, 1), call->note, &call->drafts, err);
}

static void fill_clocks(struct call *call, struct json_writer *w)
{
	struct running_clocks *running = xmalloc(sizeof(*running));
	char text[TIME_TEXT];

	clocks_running(of(call), &call->clocks, &call->people, call->who.now_us, running);
	json_begin_array(w, NULL);
	for (size_t i = 0; i < running->count; i++) {
		const struct running *r = &running->items[i];
		json_begin_object(w, NULL);
		json_put_string(w, "clock", clock_kind_name(r->kind));
		json_put_text(w, "target", r->target);
		json_put_string(w, "what", r->what);
		json_put_string(w, "due", time_rfc3339(text, r->due_us));
		json_put_bool(w, "overdue", r->due_us <= call->who.now_us);
		json_put_bool(w, "put_off", r->snoozed);
		json_put_string(w, "reminds", r->fires_us ? time_rfc3339(text, r->fires_us) : NULL);
		json_end_object(w);
	}
	json_end_array(w);
	free(running);
}

static enum status verb_clocks(struct call *call, struct error *err)
{
	const struct incident *incident = incident_named(call, call->words[0], err);
	char text[RUNNING_TEXT], due[TIME_TEXT];

	if (call->as_json || !incident)
		return print_part(call, fill_clocks, err);
	struct running_clocks *running = xmalloc(sizeof(*running));
	clocks_running(incident, &call->clocks, &call->people, call->who.now_us, running);
	for (size_t i = 0; i < running->count; i++)
		printf("%s  %-11s %-20s %s\n", time_human(due, running->items[i].due_us, 0), clock_kind_name(running->items[i].kind), running->items[i].target, running_text(text, &running->items[i], call->who.now_us));
	free(running);
	return STATUS_OK;
}

static enum status verb_snooze(struct call *call, struct error *err)
{
	int64_t for_us;
	enum status status = duration_given(call->for_how_long, "for", 10 * US_PER_MINUTE, &for_us, err);

	if (status != STATUS_OK)
		return status;
	return act_snooze(call->fold, &call->who, call->words[0], &call->clocks, &call->people, word(call, 1), for_us, &call->drafts, err);
}

/* The state of the components is that of the record: nothing is asked for it. */
static enum status verb_handover(struct call *call, struct error *err)
{
	const struct incident *incident = incident_named(call, call->words[0], err);
	struct handover_view view = {.clocks = &call->clocks, .people = &call->people, .now_us = call->who.now_us, .markdown = true};
	struct buf sheet;

	if (!incident)
		return STATUS_NOT_FOUND;
	buf_init(&sheet, SHEET_BYTES_MAX);
	handover_write(call->fold, incident, &view, &sheet);
	enum status status = buf_check(&sheet, "the hand-over sheet", err);
	if (status == STATUS_OK)
		fputs(buf_text(&sheet), stdout);
	buf_free(&sheet);
	return status;
}

const struct verb incident_room_verbs[] = {
	{"role", "INC list [--json] | take ROLE [--owner NAME] | release ROLE | offer ROLE NAME [--note SUMMARY] | accept ROLE | decline ROLE [--reason TEXT]", 2, 4, false, verb_role},
	{"task", "INC list [--json] | open TEXT [--owner NAME] [--box 15m] | assign T3 [--owner NAME] [--box 15m] | done T3 [--note TEXT] | cancel T3 --reason TEXT", 2, 3, false, verb_task},
	{"decide", "INC TEXT [--reason OBJECTIONS]", 2, 2, false, verb_decide},
	{"hypothesis", "INC list [--json] | open TEXT | confirm H1 EVIDENCE | refute H1 EVIDENCE", 2, 4, false, verb_hypothesis},
	{"finding", "INC TEXT", 2, 2, false, verb_finding},
	{"todo", "INC TEXT [--owner NAME] [--due YYYY-MM-DD]", 2, 2, false, verb_to_do},
	{"escalate", "INC [STEP|NAME] [--reason TEXT]", 1, 2, false, verb_escalate},
	{"acknowledge", "INC [NAME] [--note HOW]", 1, 2, false, verb_acknowledge},
	{"clocks", "INC [--json]", 1, 1, true, verb_clocks},
	{"snooze", "INC [CLOCK] [--for 10m]", 1, 2, false, verb_snooze},
	{"handover", "INC", 1, 1, true, verb_handover},
	{NULL, NULL, 0, 0, false, NULL},
};
