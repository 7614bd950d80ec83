/* The requests of incidents and runbooks, in the order in which an incident needs them;
 * the bottom line shows their hints in this order, those that are wanted now. */
#include "base/mem.h"
#include "base/text.h"
#include "incident/act_room.h"
#include "report/report.h"
#include "ui/do.h"
#include "ui/room.h"
#include "ui/steps.h"
#include "ui/updates.h"

#include <string.h>

/* --- when they can run ------------------------------------------------------------ */

static const char *without_incident(const struct ui *ui)
{
	return ui_incident(ui) ? NULL : "no incident is open (:declare opens one for what is proposed, :declare TITLE by hand)";
}

static const char *without_open(const struct ui *ui)
{
	const struct incident *incident = ui_incident(ui);
	return !incident ? without_incident(ui) : incident_is_open(incident) ? NULL
									     : "it is closed (:reopen INC REASON)";
}

static const char *without_proposal(const struct ui *ui)
{
	return fold_proposal_count(watch_fold(ui_watch(ui))) > 0 ? NULL : "nothing is proposed now";
}

static const char *without_waiting(const struct ui *ui)
{
	const struct fold *fold = watch_fold(ui_watch(ui));
	if (fold_proposal_count(fold) == 0 && fold_report_count(fold) == 0)
		return "nothing waits to be attached";
	return without_open(ui);
}

static const char *without_runbook(const struct ui *ui)
{
	const struct incident *incident = ui_incident(ui);
	if (!incident || !incident_is_open(incident))
		return without_open(ui);
	return incident->runbook[0] ? NULL : "no runbook is chosen (:runbook takes the one that fits)";
}

static const char *without_run(const struct ui *ui)
{
	const struct incident *incident = ui_incident(ui);
	return incident && watch_runs_going(ui_watch(ui), incident->id) > 0 ? NULL : "no command is running";
}

static const struct approval *request_waits(const struct ui *ui)
{
	const struct incident *incident = ui_incident(ui);
	return incident ? approval_pending(incident, NULL, ui_now_us(ui)) : NULL;
}

static const char *without_request(const struct ui *ui)
{
	return request_waits(ui) ? NULL : "nobody asks for an approval now";
}

/* --- when they are what comes next ---------------------------------------------------- */

static bool in_stage(const struct ui *ui, enum stage stage)
{
	const struct incident *incident = ui_incident(ui);
	return incident && incident->stage == stage;
}

static bool proposal_waits(const struct ui *ui)
{
	return ui_screen(ui) == SCREEN_BOARD && fold_proposal_count(watch_fold(ui_watch(ui))) > 0;
}

static bool gate_is_open(const struct ui *ui)
{
	struct gate gate;
	const struct incident *incident = ui_incident(ui);
	if (!incident || !incident_is_open(incident))
		return false;
	stage_gate(incident, &gate);
	return gate.count == 0;
}

static bool on_board(const struct ui *ui)
{
	return ui_screen(ui) == SCREEN_BOARD && ui_incident(ui);
}

static bool off_timeline(const struct ui *ui)
{
	return ui_screen(ui) == SCREEN_BOARD || ui_screen(ui) == SCREEN_REVIEW;
}

static bool wants_commander(const struct ui *ui)
{
	return in_stage(ui, STAGE_TRIAGE) && ui_incident(ui)->owner[0] == '\0';
}

static bool wants_severity(const struct ui *ui)
{
	return in_stage(ui, STAGE_TRIAGE) && ui_incident(ui)->severity == SEVERITY_UNSET;
}

static bool wants_components(const struct ui *ui)
{
	return in_stage(ui, STAGE_TRIAGE) && ui_incident(ui)->component_count == 0;
}

static bool wants_impact(const struct ui *ui)
{
	return in_stage(ui, STAGE_TRIAGE) && !ui_incident(ui)->impact;
}

static bool wants_runbook(const struct ui *ui)
{
	return (in_stage(ui, STAGE_TRIAGE) || in_stage(ui, STAGE_RESPOND)) && ui_incident(ui)->runbook[0] == '\0';
}

static bool in_respond(const struct ui *ui)
{
	return ui_screen(ui) == SCREEN_INCIDENT && in_stage(ui, STAGE_RESPOND);
}

/* A request that somebody else made. */
static bool approval_waits(const struct ui *ui)
{
	const struct approval *waits = request_waits(ui);
	return waits && strcmp(waits->asker, watch_actor(ui_watch(ui)).name) != 0;
}

/* The step that keys mean has a check that can be repeated. */
static bool has_check(const struct ui *ui)
{
	const struct step *step;
	if (!in_respond(ui) || need_step_shown((struct ui *)ui, "", &step, NULL) != STATUS_OK)
		return false;
	for (size_t i = 0; i < step->command_count; i++) {
		if (step->commands[i].shell && (step->commands[i].verify || step->kind == STEP_VERIFY))
			return true;
	}
	return false;
}

static bool in_resolve(const struct ui *ui)
{
	return in_stage(ui, STAGE_RESOLVE) && !gate_is_open(ui);
}

static bool in_review(const struct ui *ui)
{
	return ui_screen(ui) == SCREEN_REVIEW;
}

static bool review_waits(const struct ui *ui)
{
	return ui_screen(ui) != SCREEN_REVIEW && in_stage(ui, STAGE_REVIEW);
}

static bool on_room(const struct ui *ui)
{
	return ui_screen(ui) == SCREEN_ROOM;
}

static bool off_room(const struct ui *ui)
{
	return ui_screen(ui) == SCREEN_INCIDENT;
}

static const struct offer *offer_to_me(const struct ui *ui)
{
	const struct incident *incident = ui_incident(ui);
	return incident ? offer_to(incident, watch_actor(ui_watch(ui)).name, NULL, ui_now_us(ui)) : NULL;
}

static bool offered(const struct ui *ui)
{
	return offer_to_me(ui) != NULL;
}

static const char *without_offer(const struct ui *ui)
{
	return offer_to_me(ui) ? NULL : "nothing is offered to you";
}

static bool escalation_due(const struct ui *ui)
{
	const struct running_clocks *running = room_clocks(ui);
	for (size_t i = 0; i < running->count; i++) {
		const struct running *r = &running->items[i];
		if ((r->kind == CLOCK_ESCALATION || r->kind == CLOCK_ANSWER) && r->due_us <= ui_now_us(ui))
			return true;
	}
	return ui_screen(ui) == SCREEN_ROOM;
}

static bool always(const struct ui *ui)
{
	(void)ui;
	return true;
}

/* The incident moved on, and nobody was told since. */
static bool update_waits(const struct ui *ui)
{
	const struct incident *incident = ui_incident(ui);
	bool shown = ui_screen(ui) == SCREEN_INCIDENT || ui_screen(ui) == SCREEN_REVIEW;
	if (!shown || !incident || incident->stage < STAGE_RESPOND)
		return false;
	for (size_t i = 0; i < incident->update_count; i++)
		if (incident->updates[i].approved_us >= incident->stage_us[incident->stage])
			return false;
	return true;
}

static bool is_writing(const struct ui *ui)
{
	return ui_screen(ui) == SCREEN_UPDATES && ui_writing(ui);
}

static bool message_is_stuck(const struct ui *ui)
{
	const struct message_record *m = ui_screen(ui) == SCREEN_UPDATES ? fold_message(watch_fold(ui_watch(ui)), ui_pane_state((struct ui *)ui, "outbox")->selected, NULL) : NULL;
	return m && (m->state == MESSAGE_FAILED || m->state == MESSAGE_UNKNOWN);
}

static const char *without_writing(const struct ui *ui)
{
	return ui_writing(ui) ? NULL : "no update is being written (:update drafts one)";
}

/* --- completion --------------------------------------------------------------------------- */

static void offer_incidents(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	const struct fold *fold = watch_fold(ui_watch(ui));
	(void)args;
	for (size_t i = fold_incident_count(fold); i-- > 0;)
		offer(arg, fold_incident_at(fold, i)->id);
}

static void offer_components(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	const struct world *world = watch_world(ui_watch(ui));
	(void)args;
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		for (size_t i = 0; i < world_count(world, (enum kind)kind); i++)
			offer(arg, world_at(world, (enum kind)kind, i)->id);
	}
}

/* The one that fits the cause first. */
static void offer_runbooks(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	struct runbook_list list;
	const struct incident *incident = ui_incident(ui);
	const char *fits = incident ? incident->runbook_suggested : "";
	(void)args;
	if (*fits)
		offer(arg, fits);
	runbook_list(&list, watch_config(ui_watch(ui))->runbook_directory);
	for (size_t i = 0; i < list.count; i++) {
		if (strcmp(list.names[i], fits) != 0)
			offer(arg, list.names[i]);
	}
	runbook_list_free(&list);
}

static void offer_severities(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	(void)ui;
	(void)args;
	for (int severity = SEVERITY_P0; severity < SEVERITY_UNSET; severity++)
		offer(arg, severity_name((enum severity)severity));
}

static void offer_stages(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	(void)ui;
	(void)args;
	offer(arg, "next");
	offer(arg, "back");
	for (int stage = STAGE_TRIAGE; stage < STAGE_COUNT; stage++)
		offer(arg, stage_name((enum stage)stage));
}

static void offer_sections(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	(void)ui;
	(void)args;
	for (int section = 0; section < SECTION_COUNT; section++)
		offer(arg, section_name((enum section)section));
}

static void offer_audiences(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	struct template_list list;
	(void)ui;
	(void)args;
	template_list(&list, NULL);
	for (size_t i = 0; i < list.count; i++)
		offer(arg, list.names[i]);
	template_list_free(&list);
}

static void offer_fields(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	static const char *const names[] = {"audience", "subject", "conditions", "actions", "needs", "next", "text"};
	(void)ui;
	(void)args;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		offer(arg, names[i]);
}

static void offer_formats(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	(void)ui;
	(void)args;
	for (const struct report_format *format = report_formats(); format->name; format++)
		offer(arg, format->name);
}

static void offer_steps(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	const struct incident *incident = ui_incident(ui);
	const struct runbook *runbook = incident ? watch_runbook(ui_watch(ui), incident->id, NULL) : NULL;
	(void)args;
	for (size_t i = 0; runbook && i < runbook->step_count; i++)
		offer(arg, runbook->steps[i].number);
}

/* Names that have no value yet first, then all that are known. */
static void offer_values(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	const struct incident *incident = ui_incident(ui);
	const struct bindings *bindings = incident ? watch_bindings(ui_watch(ui), incident->id) : NULL;
	struct command_view view = {0};
	const struct step *step = NULL;
	(void)args;
	bool known = incident && need_step_shown(ui, "", &step, NULL) == STATUS_OK;
	for (size_t i = 0; known && i < step->command_count; i++) {
		if (watch_command(ui_watch(ui), incident->id, step->number, i, &view, NULL) != STATUS_OK)
			continue;
		for (size_t k = 0; k < view.bound.open_count; k++)
			offer(arg, view.bound.open[k].name);
		command_view_free(&view);
	}
	for (size_t i = 0; bindings && i < bindings->count; i++)
		offer(arg, bindings->items[i].name);
}

static void offer_people(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	const struct people *people = watch_people(ui_watch(ui));
	const struct incident *incident = ui_incident(ui);
	(void)args;
	for (size_t i = 0; i < people->person_count; i++)
		offer(arg, people->persons[i].name);
	for (size_t i = 0; incident && i < incident->tenure_count; i++) {
		if (!people_find(people, incident->tenures[i].name))
			offer(arg, incident->tenures[i].name);
	}
}

/* First the role, then who. */
static void offer_roles(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	if (strchr(args, ' ')) {
		offer_people(ui, args, offer, arg);
		return;
	}
	for (size_t i = 0; standard_roles[i]; i++)
		offer(arg, standard_roles[i]);
}

static void offer_steps_and_people(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	const struct people *people = watch_people(ui_watch(ui));
	for (size_t i = 0; i < people->rung_count; i++)
		offer(arg, people->rungs[i].name);
	offer_people(ui, args, offer, arg);
}

static void offer_asked(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	const struct incident *incident = ui_incident(ui);
	(void)args;
	for (size_t i = 0; incident && i < incident->escalation_count; i++) {
		const struct escalation *e = &incident->escalations[i];
		if (!e->acked_us || e->lapsed_us)
			offer(arg, e->person[0] ? e->person : e->step);
	}
}

/* First the task, then who. */
static void offer_tasks(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	const struct incident *incident = ui_incident(ui);
	if (strchr(args, ' ')) {
		offer_people(ui, args, offer, arg);
		return;
	}
	for (size_t i = 0; incident && i < incident->task_count; i++) {
		char number[16];
		if (incident->tasks[i].state == TASK_OPEN)
			offer(arg, text_format(number, sizeof(number), "T%u", incident->tasks[i].number));
	}
}

static void offer_hypotheses(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	const struct incident *incident = ui_incident(ui);
	(void)args;
	for (size_t i = 0; incident && i < incident->hypothesis_count; i++) {
		char number[16];
		offer(arg, text_format(number, sizeof(number), "H%u", incident->hypotheses[i].number));
	}
}

static void offer_clocks(struct ui *ui, const char *args, offer_fn *offer, void *arg)
{
	const struct running_clocks *running = room_clocks(ui);
	(void)args;
	for (size_t i = 0; i < running->count; i++)
		offer(arg, running->items[i].target[0] ? running->items[i].target : clock_kind_name(running->items[i].kind));
}

/* --- the table ------------------------------------------------------------------------------ */

#define LOOK .access = ACCESS_OBSERVE
#define WRITE .access = ACCESS_ANNOTATE
#define ACT .access = ACCESS_ACT

/* A row's sentence stands on a line of its own. */
/* clang-format off */
const struct request requests_actions[] = {
	/* what comes next */
	{.name = "cancel", .keys = "C-x", .scope = SCOPE_INCIDENT, ACT, .args = "[STEP]", .hint = "cancel", .run = do_cancel, .unavailable = without_run,
	 .help = "Ends the command that is running, with everything that it started."},
	{.name = "declare", .keys = "d", WRITE, .args = "[TITLE]", .hint = "declare", .wanted = proposal_waits, .run = do_declare,
	 .help = "Opens an incident for the selected proposal, or with a title one by hand."},
	{.name = "dismiss", .keys = "D", WRITE, .args = "REASON", .hint = "dismiss", .wanted = proposal_waits, .run = do_dismiss, .unavailable = without_proposal,
	 .help = "Answers the selected proposal with a reason why it is no incident."},
	{.name = "attach", .keys = "A", WRITE, .args = "[INC]", .hint = "attach", .wanted = on_board, .run = do_attach, .complete = offer_incidents, .unavailable = without_waiting,
	 .help = "Adds the selected proposal or report to an incident that is open."},
	{.name = "show", .keys = "I", LOOK, .args = "[INC]", .hint = "incident", .wanted = on_board, .run = do_show, .complete = offer_incidents,
	 .help = "Shows the incident screen of the current incident, or of the one named."},
	{.name = "commander", .keys = "c", WRITE, .args = "[NAME]", .hint = "command", .wanted = wants_commander, .run = do_commander, .unavailable = without_open,
	 .help = "Takes command, or offers it to somebody; \"-\" gives it back."},
	{.name = "severity", .keys = "s", WRITE, .args = "P0|P1|P2|P3 [REASON]", .hint = "severity", .wanted = wants_severity, .run = do_severity, .complete = offer_severities, .unavailable = without_open,
	 .help = "Sets how bad it is: P0 the network is down, P1 degraded, P2 slow, P3 minor."},
	{.name = "components", .keys = "K", WRITE, .args = "[ID …]", .hint = "affected", .wanted = wants_components, .run = do_components, .complete = offer_components, .unavailable = without_open,
	 .help = "Names the components that are affected, all of them."},
	{.name = "impact", .keys = "i", WRITE, .args = "[TEXT]", .hint = "impact", .wanted = wants_impact, .run = do_impact, .unavailable = without_open,
	 .help = "Says who notices what."},
	{.name = "runbook", .keys = "b", WRITE, .args = "[NAME|FILE|WORDS]", .hint = "runbook", .wanted = wants_runbook, .run = do_runbook, .complete = offer_runbooks, .unavailable = without_open,
	 .help = "Takes the runbook that fits the cause, or the one named; other words search the library."},
	{.name = "accept", .keys = "Y", WRITE, .args = "[ROLE]", .hint = "accept", .wanted = offered, .run = do_accept, .complete = offer_roles, .unavailable = without_offer,
	 .help = "Takes the role that is offered to you."},
	{.name = "escalate", .keys = "e", WRITE, .args = "[STEP|NAME [REASON]]", .hint = "escalate", .wanted = escalation_due, .run = do_escalate, .complete = offer_steps_and_people, .unavailable = without_open,
	 .help = "Tells the next step of the escalation, after asking; or the step or person named, at once."},
	{.name = "next-stage", .keys = "] F8", WRITE, .args = "[REASON]", .hint = "next stage", .wanted = gate_is_open, .run = do_next_stage, .unavailable = without_open,
	 .help = "Goes on to the next stage once nothing is missing; with a reason also past open steps and failing checks."},
	{.name = "run", .keys = "x", .scope = SCOPE_INCIDENT, ACT, .args = "[STEP [N]]", .hint = "run step", .wanted = in_respond, .run = do_run, .complete = offer_steps, .unavailable = without_runbook,
	 .help = "Shows the command of the step in full, with its values, and runs it once that is confirmed."},
	{.name = "approve", .keys = "P", WRITE, .args = "[STEP]", .hint = "approve", .wanted = approval_waits, .run = do_approve, .complete = offer_steps, .unavailable = without_request,
	 .help = "Shows what another person wants to run, in full, and approves one run of exactly that."},
	{.name = "verify", .keys = "V", .scope = SCOPE_INCIDENT, ACT, .args = "[STEP]", .hint = "check", .wanted = has_check, .run = do_verify, .complete = offer_steps, .unavailable = without_runbook,
	 .help = "Repeats the check of the step until it holds or its time is over."},
	{.name = "tick", .keys = "v", .scope = SCOPE_INCIDENT, WRITE, .args = "[STEP]", .hint = "done", .wanted = in_respond, .run = do_tick, .complete = offer_steps, .unavailable = without_runbook,
	 .help = "Ticks the step as done."},
	{.name = "skip", .keys = "S", .scope = SCOPE_INCIDENT, WRITE, .args = "REASON", .hint = "skip", .wanted = in_respond, .run = do_skip, .unavailable = without_runbook,
	 .help = "Skips the step, with a reason."},
	{.name = "override", .keys = "O", WRITE, .args = "REASON", .hint = "override", .wanted = in_resolve, .run = do_override, .unavailable = without_open,
	 .help = "Leaves Resolve although checks have not passed; the reason is recorded."},
	{.name = "review", .keys = "w", LOOK, .args = "", .hint = "review", .wanted = review_waits, .run = do_review, .unavailable = without_incident,
	 .help = "Shows the review: seven sections, action items, what is still unwritten."},
	{.name = "action", .keys = "o", .scope = SCOPE_REVIEW, WRITE, .args = "TEXT | OWNER DATE TEXT", .hint = "action item", .wanted = in_review, .run = do_action, .unavailable = without_open,
	 .help = "Adds an action item: who, until when as 2026-01-31, what; \"-\" for what is not known yet."},
	{.name = "export", .keys = "X", .scope = SCOPE_REVIEW, WRITE, .args = "[FORMAT [FILE]]", .hint = "export", .wanted = in_review, .run = do_export, .complete = offer_formats, .unavailable = without_incident,
	 .help = "Writes the review to a file, Markdown unless said otherwise, and a checkpoint beside it."},
	{.name = "note", .keys = "a", WRITE, .args = "TEXT | --at TIME TEXT", .hint = "note", .wanted = always, .run = do_note,
	 .help = "Writes a note into the timeline; --at 14:03 when it happened earlier."},
	{.name = "timeline", .keys = "t", LOOK, .args = "", .hint = "timeline", .wanted = off_timeline, .run = do_timeline,
	 .help = "Shows the whole timeline; Enter opens an event in full."},
	{.name = "room", .keys = "W", LOOK, .args = "", .hint = "war room", .wanted = off_room, .run = do_room, .unavailable = without_incident,
	 .help = "Shows who does what: roles, clocks, tasks, the escalation, what is believed and decided."},
	{.name = "handover", .keys = "H", LOOK, .args = "", .hint = "hand over", .wanted = on_room, .run = do_handover, .unavailable = without_incident,
	 .help = "Shows the hand-over sheet: who, what, since when, what is open, what comes next, the last ten decisions."},
	{.name = "task", .keys = "+", WRITE, .args = "TEXT | OWNER 15m TEXT", .hint = "task", .wanted = on_room, .run = do_task, .complete = offer_people, .unavailable = without_open,
	 .help = "Gives somebody a task and a time for it; \"-\" for nobody yet."},
	{.name = "snooze", .keys = "L", WRITE, .args = "[CLOCK] [10m]", .hint = "put off", .wanted = on_room, .run = do_snooze, .complete = offer_clocks, .unavailable = without_open,
	 .help = "Puts a clock off for a while, without a name the one in the header, for ten minutes unless told; its interval stays."},

	/* more of the record */
	{.name = "report", .keys = "R", WRITE, .args = "TEXT | --from WHO TEXT", .run = do_report,
	 .help = "Types in what somebody outside reported; it waits to be attached."},
	{.name = "evidence", .keys = "E", WRITE, .args = "FILE [NOTE]", .run = do_evidence, .unavailable = without_open,
	 .help = "Keeps a file as evidence, by its hash."},
	{.name = "amend", .keys = "F", .scope = SCOPE_TIMELINE, WRITE, .args = "[SEQ [--at TIME] TEXT]", .hint = "correct", .wanted = always, .run = do_amend,
	 .help = "Corrects the text or time of what a person wrote; the first version stays on record."},
	{.name = "retract", .keys = "T", .scope = SCOPE_TIMELINE, WRITE, .args = "[SEQ REASON]", .hint = "take back", .wanted = always, .run = do_retract,
	 .help = "Takes back what a person wrote; it stays on record, marked so."},

	/* more of the incident */
	{.name = "stage", .keys = "", WRITE, .args = "next|back|STAGE [REASON]", .run = do_stage, .complete = offer_stages, .unavailable = without_open,
	 .help = "Goes to a stage of the incident."},
	{.name = "previous-stage", .keys = "[ F7", WRITE, .args = "", .run = do_previous_stage, .unavailable = without_open,
	 .help = "Goes back to the stage before."},
	{.name = "title", .keys = "", WRITE, .args = "TEXT", .run = do_title, .unavailable = without_open,
	 .help = "Gives the incident a better title."},
	{.name = "scribe", .keys = "C", WRITE, .args = "[NAME]", .run = do_scribe, .unavailable = without_open,
	 .help = "Takes the scribe's role, or offers it to somebody; \"-\" gives it back."},
	{.name = "role", .keys = "", WRITE, .args = "ROLE [NAME]", .run = do_role, .complete = offer_roles, .unavailable = without_open,
	 .help = "Takes any role: commander, operations, scribe, communications, or one of your own; offers it when you have it; \"-\" gives it back."},
	{.name = "offer", .keys = "", WRITE, .args = "ROLE NAME [SUMMARY]", .run = do_offer, .complete = offer_roles, .unavailable = without_open,
	 .help = "Offers your role to somebody, with a word on where things stand; it changes hands when they accept."},
	{.name = "decline", .keys = "", WRITE, .args = "[ROLE] [REASON]", .run = do_decline, .complete = offer_roles, .unavailable = without_offer,
	 .help = "Does not take the role that is offered to you."},
	{.name = "owner", .keys = "", WRITE, .args = "[NAME]", .run = do_commander, .unavailable = without_open,
	 .help = "The same as commander."},
	{.name = "merge", .keys = "", WRITE, .args = "INC", .run = do_merge, .complete = offer_incidents, .unavailable = without_open,
	 .help = "Joins this incident to another, which goes on for both."},
	{.name = "reopen", .keys = "", WRITE, .args = "INC REASON", .run = do_reopen, .complete = offer_incidents,
	 .help = "Opens a closed or merged incident again, in Respond."},
	{.name = "section", .keys = "", WRITE, .args = "SECTION [TEXT]", .run = do_section, .complete = offer_sections, .unavailable = without_open,
	 .help = "Writes a section of the review; without a text it asks for one."},

	/* what leaves */
	{.name = "update", .keys = "u", WRITE, .args = "[AUDIENCE]", .hint = "update", .wanted = update_waits, .run = do_update, .complete = offer_audiences, .unavailable = without_incident,
	 .help = "Drafts an update from what the record says, or takes up the draft that waits; for technical people unless said."},
	{.name = "outbox", .keys = "", LOOK, .args = "", .run = do_outbox,
	 .help = "Shows the outbox: drafts, messages and what became of them."},
	{.name = "send", .keys = "x", .scope = SCOPE_UPDATES, WRITE, .args = "", .hint = "approve", .wanted = is_writing, .run = do_send, .unavailable = without_writing,
	 .help = "Shows the update as it would leave, and once that is approved queues it for the channels of its audience."},
	{.name = "keep", .keys = "S", .scope = SCOPE_UPDATES, WRITE, .args = "", .hint = "keep", .wanted = is_writing, .run = do_keep, .unavailable = without_writing,
	 .help = "Keeps the update as a draft in the record, for somebody else to approve."},
	{.name = "discard", .keys = "", .scope = SCOPE_UPDATES, WRITE, .args = "[REASON]", .run = do_discard, .unavailable = without_writing,
	 .help = "Discards the update that is being written."},
	{.name = "field", .keys = "", WRITE, .args = "NAME [TEXT]", .run = do_field, .complete = offer_fields, .unavailable = without_writing,
	 .help = "Sets a field of the update: audience, subject, conditions, actions, needs, next (20m or 14:20) or text."},
	{.name = "resend", .keys = "o", .scope = SCOPE_UPDATES, WRITE, .args = "[MESSAGE]", .hint = "resend", .wanted = message_is_stuck, .run = do_resend,
	 .help = "Sends the message again that failed, or whose answer was lost."},
	{.name = "arrived", .keys = "v", .scope = SCOPE_UPDATES, WRITE, .args = "[MESSAGE] [ID]", .hint = "it arrived", .wanted = message_is_stuck, .run = do_arrived,
	 .help = "Says that the message did arrive; of a status page with the page's own id."},
	{.name = "withdraw", .keys = "X", .scope = SCOPE_UPDATES, WRITE, .args = "[MESSAGE] [REASON]", .run = do_withdraw,
	 .help = "Gives the message up."},
	{.name = "answered", .keys = "", .scope = SCOPE_UPDATES, WRITE, .args = "[MESSAGE] [NAME]", .run = do_answered,
	 .help = "Says that somebody acknowledged the message, where the channel does not tell."},

	/* the work beside the runbook */
	{.name = "assign", .keys = "", WRITE, .args = "TASK [NAME] [15m]", .run = do_assign, .complete = offer_tasks, .unavailable = without_open,
	 .help = "Gives a task to somebody, or more time to it."},
	{.name = "task-done", .keys = "", WRITE, .args = "TASK [NOTE]", .run = do_task_done, .complete = offer_tasks, .unavailable = without_open,
	 .help = "Closes a task: it is done."},
	{.name = "task-cancel", .keys = "", WRITE, .args = "TASK REASON", .run = do_task_cancel, .complete = offer_tasks, .unavailable = without_open,
	 .help = "Closes a task that is not needed any more."},
	{.name = "decide", .keys = "", WRITE, .args = "TEXT", .run = do_decide, .unavailable = without_open,
	 .help = "Writes down what was decided."},
	{.name = "hypothesis", .keys = "", WRITE, .args = "TEXT", .run = do_hypothesis, .unavailable = without_open,
	 .help = "Writes down what may be the cause, to be confirmed or refuted."},
	{.name = "confirm", .keys = "", WRITE, .args = "H1 EVIDENCE", .run = do_confirm, .complete = offer_hypotheses, .unavailable = without_open,
	 .help = "Confirms a hypothesis, with what shows it."},
	{.name = "refute", .keys = "", WRITE, .args = "H1 EVIDENCE", .run = do_refute, .complete = offer_hypotheses, .unavailable = without_open,
	 .help = "Refutes a hypothesis, with what shows it."},
	{.name = "finding", .keys = "", WRITE, .args = "TEXT", .run = do_finding, .unavailable = without_open,
	 .help = "Writes down what was found."},
	{.name = "todo", .keys = "", WRITE, .args = "TEXT", .run = do_to_do, .unavailable = without_open,
	 .help = "Notes what is to be done after this: an action item of the review."},
	{.name = "acknowledge", .keys = "", WRITE, .args = "[NAME [HOW]]", .run = do_acknowledge, .complete = offer_asked, .unavailable = without_open,
	 .help = "Says that somebody who was told answered; without a name it is you, or the only one."},

	/* more of the runbook */
	{.name = "done", .keys = "", WRITE, .args = "[STEP]", .run = do_tick, .complete = offer_steps, .unavailable = without_runbook,
	 .help = "The same as tick."},
	{.name = "deviate", .keys = "", WRITE, .args = "TEXT", .run = do_deviate, .unavailable = without_runbook,
	 .help = "Settles the step with what was done instead."},
	{.name = "refuse", .keys = "", WRITE, .args = "REASON", .run = do_refuse, .unavailable = without_request,
	 .help = "Answers a request for an approval with a reason why not."},
	{.name = "break-glass", .keys = "", ACT, .args = "REASON", .run = do_break_glass, .unavailable = without_runbook,
	 .help = "Allows one run of the step without the second person it wants; recorded, and said on every console. A step's number may come first."},
	{.name = "about", .keys = "", LOOK, .args = "", .run = do_about, .unavailable = without_runbook,
	 .help = "Shows what the runbook says beside its steps: owner, dates, symptoms, whom to tell when."},
	{.name = "step-note", .keys = "m", .scope = SCOPE_INCIDENT, WRITE, .args = "TEXT", .run = do_step_note, .unavailable = without_runbook,
	 .help = "Writes a note on the step and leaves it open."},
	{.name = "set", .keys = "=", .scope = SCOPE_INCIDENT, WRITE, .args = "[NAME VALUE]", .run = do_set, .complete = offer_values, .unavailable = without_open,
	 .help = "Gives a placeholder of the runbook a value for this incident."},

	/* the console */
	{.name = "arm", .keys = "", ACT, .args = "10m REASON", .run = do_arm,
	 .help = "Lets commands run that change things, for some minutes; recorded and shown."},
	{.name = "disarm", .keys = "", ACT, .args = "[REASON]", .run = do_disarm,
	 .help = "Ends the armed time at once."},
	{.name = "silence", .keys = "", ACT, .args = "DURATION MATCHER... REASON", .run = do_silence,
	 .help = "Asks Alertmanager for a silence, after a look at what it covers; \"end ID\" ends one. Wants ARMED."},
	{.name = "board", .keys = "B", LOOK, .args = "", .run = do_board,
	 .help = "Shows the board, and the worst open incident again."},
	{.name = "who", .keys = "", LOOK, .args = "", .run = do_who,
	 .help = "Says who you are to the record, and who writes the state changes."},
	{.name = NULL},
};
/* clang-format on */
