/* Declaring, triage and the way through the stages. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/do.h"

#include <stdlib.h>
#include <string.h>

enum { COMPONENTS_TYPED = 64 };

/* --- proposals ---------------------------------------------------------------------- */

/* The key of the proposal that is meant: the selected one, else the worst that waits. */
static const char *meant_proposal(struct ui *ui)
{
	const struct fold *fold = watch_fold(ui_watch(ui));
	const char *selected = ui_pane_state(ui, "proposals")->selected;
	for (size_t i = 0; i < fold_proposal_count(fold); i++) {
		if (strcmp(fold_proposal_at(fold, i)->key, selected) == 0)
			return fold_proposal_at(fold, i)->key;
	}
	return fold_proposal_count(fold) > 0 ? fold_proposal_at(fold, 0)->key : NULL;
}

static enum status need_proposal(struct ui *ui, const char **key, struct error *err)
{
	*key = meant_proposal(ui);
	return *key ? STATUS_OK : error_set(err, STATUS_REFUSED, "nothing is proposed now (:declare TITLE opens an incident by hand)");
}

static enum status reopen_confirmed(struct ui *ui, void *arg, struct error *err)
{
	char line[80];
	return do_reopen(ui, text_format(line, sizeof(line), "%s the same fault came back", (const char *)arg), err);
}

/* A fault that comes back soon after its incident was closed belongs to it. True when that
 * is asked. */
static bool ask_reopen(struct ui *ui, const char *key)
{
	int64_t window_us = watch_clocks(ui_watch(ui))->reopen_us;
	const struct incident *before = fold_closed_since(watch_fold(ui_watch(ui)), key, ui_now_us(ui) - window_us);
	char title[80], body[400], ago[DURATION_TEXT];
	if (!before || window_us == 0)
		return false;
	const struct dialog dialog = {
		.title = text_format(title, sizeof(title), "Reopen %s?", before->id),
		.body = text_format(body, sizeof(body), "%s %s was closed %s ago, and its fault is back.\n\nReopened, it goes on in Respond with its timeline and its roles. For an incident of its own: :declare TITLE.", before->id, before->title, duration_human(ago, ui_now_us(ui) - before->anchors.closed_us)),
		.accept = "Reopen",
		.yes = reopen_confirmed,
		.drop = free,
		.arg = xstrdup(before->id),
	};
	ui_dialog(ui, &dialog);
	return true;
}

enum status do_declare(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	struct declaration declaration = {.proposal_key = *args ? NULL : meant_proposal(ui), .title = *args ? args : NULL, .severity = SEVERITY_UNSET};
	char id[16];
	if (!declaration.proposal_key && !declaration.title) {
		ui_prompt(ui, "declare ");
		return STATUS_OK;
	}
	if (declaration.proposal_key && ask_reopen(ui, declaration.proposal_key))
		return STATUS_OK;
	drafts_init(&drafts);
	enum status status = act_declare(watch_fold(ui_watch(ui)), &who, &declaration, id, &drafts, err);
	status = commit(ui, &drafts, status, err);
	if (status != STATUS_OK)
		return status;
	ui_choose_incident(ui, id);
	ui_show(ui, SCREEN_INCIDENT);
	ui_set_focus(ui, "gate");
	return STATUS_OK;
}

enum status do_attach(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	const struct fold *fold = watch_fold(ui_watch(ui));
	const char *selected = ui_pane_state(ui, "proposals")->selected, *key;
	uint64_t report = 0;
	const struct incident *incident = *args ? fold_incident(fold, args) : need_shown(ui, err);
	if (!incident)
		return error_set(err, STATUS_NOT_FOUND, "%s: no such incident (:show lists them with Tab)", args);
	drafts_init(&drafts);
	enum status status;
	if (strncmp(selected, "report ", strlen("report ")) == 0 && decimal_u64(selected + strlen("report "), &report)) {
		status = act_attach_report(fold, &who, report, incident->id, &drafts, err);
	} else {
		status = need_proposal(ui, &key, err);
		if (status == STATUS_OK)
			status = act_attach(fold, &who, key, incident->id, &drafts, err);
	}
	return commit(ui, &drafts, status, err);
}

enum status do_dismiss(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	const char *key;
	drafts_init(&drafts);
	enum status status = need_proposal(ui, &key, err);
	if (status == STATUS_OK)
		status = act_dismiss(watch_fold(ui_watch(ui)), &who, key, args, &drafts, err);
	return commit(ui, &drafts, status, err);
}

enum status do_report(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	char from[64] = "", word[64];
	const char *rest = split_word(args, word, sizeof(word));
	if (strcmp(word, "--from") == 0)
		args = split_word(rest, from, sizeof(from));
	drafts_init(&drafts);
	return commit(ui, &drafts, act_report(watch_fold(ui_watch(ui)), &who, from[0] ? from : NULL, args, NULL, 0, &drafts, err), err);
}

/* --- triage ------------------------------------------------------------------------- */

enum status do_severity(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	const struct incident *incident = need_shown(ui, err);
	enum severity severity;
	char word[16];
	const char *reason = split_word(args, word, sizeof(word));
	if (!incident)
		return STATUS_REFUSED;
	if (!severity_parse(word, &severity))
		return error_set(err, STATUS_USAGE, "severity %s: not one of P0, P1, P2, P3 (P0 is the network down)", word);
	drafts_init(&drafts);
	return commit(ui, &drafts, act_severity(watch_fold(ui_watch(ui)), &who, incident->id, severity, *reason ? reason : NULL, &drafts, err), err);
}

enum status do_title(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	const struct incident *incident = need_shown(ui, err);
	if (!incident)
		return STATUS_REFUSED;
	drafts_init(&drafts);
	return commit(ui, &drafts, act_title(watch_fold(ui_watch(ui)), &who, incident->id, args, &drafts, err), err);
}

static void ask_components(struct ui *ui, const struct incident *incident)
{
	struct buf line;
	buf_init(&line, 1000);
	buf_puts(&line, "components");
	for (size_t i = 0; i < incident->component_count; i++)
		buf_printf(&line, " %s", incident->components[i]);
	buf_putc(&line, ' ');
	ui_prompt(ui, buf_text(&line));
	buf_free(&line);
}

/* By its id, or by the name that the panes show where only one has it. */
static const struct component *component_meant(const struct world *world, const char *word)
{
	const struct component *only = NULL;
	if (world_find(world, word))
		return world_find(world, word);
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		for (size_t i = 0; i < world_count(world, (enum kind)kind); i++) {
			const struct component *c = world_at(world, (enum kind)kind, i);
			if (strcmp(c->name, word) != 0)
				continue;
			if (only)
				return NULL;
			only = c;
		}
	}
	return only;
}

enum status do_components(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	const struct incident *incident = need_shown(ui, err);
	const char *list[COMPONENTS_TYPED + 1];
	char word[96];
	size_t count = 0;
	if (!incident)
		return STATUS_REFUSED;
	if (*args == '\0') {
		ask_components(ui, incident);
		return STATUS_OK;
	}
	while (count < COMPONENTS_TYPED && text_word(&args, word, sizeof(word))) {
		const struct component *c = component_meant(watch_world(ui_watch(ui)), word);
		if (!c)
			return error_set(err, STATUS_NOT_FOUND, "component %s: not watched (Tab completes the names)", word);
		list[count++] = c->id;
	}
	list[count] = NULL;
	drafts_init(&drafts);
	return commit(ui, &drafts, act_components(watch_fold(ui_watch(ui)), &who, incident->id, list, &drafts, err), err);
}

enum status do_impact(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	const struct incident *incident = need_shown(ui, err);
	char line[1000];
	if (!incident)
		return STATUS_REFUSED;
	if (*args == '\0') {
		ui_prompt(ui, text_format(line, sizeof(line), "impact %s", incident->impact ? incident->impact : ""));
		return STATUS_OK;
	}
	drafts_init(&drafts);
	return commit(ui, &drafts, act_impact(watch_fold(ui_watch(ui)), &who, incident->id, args, &drafts, err), err);
}

/* --- stages --------------------------------------------------------------------------- */

/* A gate in one line: the first thing that is missing, and how many more. */
static enum status refuse(const struct incident *incident, const struct gate *gate, struct error *err)
{
	char more[48] = "";
	if (gate->count > 1)
		text_format(more, sizeof(more), "; and %zu more", gate->count - 1);
	return error_set(err, STATUS_REFUSED, "%s cannot be left yet: %s%s", stage_title(incident->stage), gate->missing[0], more);
}

/* The screen that belongs to a stage. */
static void follow_stage(struct ui *ui, enum stage to)
{
	static const char *const focus[STAGE_COUNT] = {[STAGE_TRIAGE] = "gate", [STAGE_RESPOND] = "runbook", [STAGE_RESOLVE] = "gate"};
	if (to == STAGE_CLOSED) {
		ui_show(ui, SCREEN_BOARD);
		ui_choose_incident(ui, NULL);
		return;
	}
	ui_show(ui, to == STAGE_REVIEW ? SCREEN_REVIEW : SCREEN_INCIDENT);
	if (focus[to])
		ui_set_focus(ui, focus[to]);
}

static enum status go_to(struct ui *ui, enum stage to, const char *reason, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	const struct incident *incident = need_shown(ui, err);
	struct gate gate = {0};
	char id[16];
	if (!incident)
		return STATUS_REFUSED;
	if (to == incident->stage + 1)
		stage_gate(incident, &gate);
	if (gate.count > 0 && !reason)
		return refuse(incident, &gate, err);
	drafts_init(&drafts);
	enum status status = act_stage(watch_fold(ui_watch(ui)), &who, incident->id, to, reason, &drafts, err);
	text_format(id, sizeof(id), "%s", incident->id);
	status = commit(ui, &drafts, status, err);
	if (status != STATUS_OK)
		return status;
	follow_stage(ui, to);
	if (to == STAGE_CLOSED)
		ui_messagef(ui, MESSAGE_INFO, "%s is closed (:show %s and w: its review again, where X exports it)", id, id);
	return STATUS_OK;
}

enum status do_next_stage(struct ui *ui, const char *args, struct error *err)
{
	const struct incident *incident = need_shown(ui, err);
	if (!incident)
		return STATUS_REFUSED;
	if (incident->stage == STAGE_CLOSED)
		return error_set(err, STATUS_REFUSED, "%s: it is closed (:reopen REASON)", incident->id);
	return go_to(ui, (enum stage)(incident->stage + 1), *args ? args : NULL, err);
}

enum status do_previous_stage(struct ui *ui, const char *args, struct error *err)
{
	const struct incident *incident = need_shown(ui, err);
	(void)args;
	if (!incident)
		return STATUS_REFUSED;
	if (incident->stage <= STAGE_TRIAGE)
		return error_set(err, STATUS_REFUSED, "%s: Triage is the first stage of a declared incident (:merge INC joins it to another)", incident->id);
	return go_to(ui, (enum stage)(incident->stage - 1), NULL, err);
}

enum status do_stage(struct ui *ui, const char *args, struct error *err)
{
	char word[24];
	enum stage to;
	const char *reason = split_word(args, word, sizeof(word));
	if (strcmp(word, "next") == 0)
		return do_next_stage(ui, reason, err);
	if (strcmp(word, "back") == 0)
		return do_previous_stage(ui, reason, err);
	if (!stage_parse(word, &to))
		return error_set(err, STATUS_USAGE, "stage %s: not known (next, back, triage, respond, resolve, review or closed)", word);
	return go_to(ui, to, *reason ? reason : NULL, err);
}

enum status do_override(struct ui *ui, const char *args, struct error *err)
{
	const struct incident *incident = need_shown(ui, err);
	if (!incident)
		return STATUS_REFUSED;
	if (incident->stage != STAGE_RESOLVE)
		return error_set(err, STATUS_REFUSED, "%s: it is in %s, only the checks of Resolve are overridden", incident->id, stage_title(incident->stage));
	return go_to(ui, STAGE_REVIEW, args, err);
}

enum status do_reopen(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	const struct fold *fold = watch_fold(ui_watch(ui));
	char word[24];
	const char *reason = split_word(args, word, sizeof(word));
	const struct incident *incident = fold_incident(fold, word);
	if (!incident)
		return error_set(err, STATUS_NOT_FOUND, "%s: no such incident (:reopen INC-1 REASON)", word);
	drafts_init(&drafts);
	enum status status = commit(ui, &drafts, act_reopen(fold, &who, incident->id, reason, &drafts, err), err);
	if (status == STATUS_OK) {
		ui_choose_incident(ui, incident->id);
		ui_show(ui, SCREEN_INCIDENT);
	}
	return status;
}

enum status do_merge(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	const struct incident *incident = need_shown(ui, err);
	if (!incident)
		return STATUS_REFUSED;
	drafts_init(&drafts);
	enum status status = commit(ui, &drafts, act_merge(watch_fold(ui_watch(ui)), &who, incident->id, args, &drafts, err), err);
	if (status == STATUS_OK)
		ui_choose_incident(ui, args);
	return status;
}

/* --- the record -------------------------------------------------------------------------- */

enum status do_note(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	const struct incident *incident = ui_incident(ui);
	int64_t at_us = 0;
	int zone_minutes = ui_zone_minutes(ui, who.now_us);
	char word[64], when[TIME_TEXT];
	const char *rest = split_word(args, word, sizeof(word));
	if (strcmp(word, "--at") == 0) {
		args = split_word(rest, word, sizeof(word));
		enum status parsed = moment_parse(ui, word, TIME_PAST, &at_us, &zone_minutes, err);
		if (parsed != STATUS_OK)
			return parsed;
	}
	who.zone_minutes = ui_zone_minutes(ui, who.now_us);
	drafts_init(&drafts);
	enum status status = commit(ui, &drafts, act_note(watch_fold(ui_watch(ui)), &who, incident ? incident->id : NULL, args, at_us, zone_minutes, &drafts, err), err);
	if (status == STATUS_OK && at_us)
		ui_messagef(ui, MESSAGE_INFO, "noted for %s", time_human(when, at_us, ui_zone_minutes(ui, at_us)));
	return status;
}

enum status do_evidence(struct ui *ui, const char *args, struct error *err)
{
	char path[1024];
	const struct incident *incident = need_shown(ui, err);
	const char *note = split_word(args, path, sizeof(path));
	if (!incident)
		return STATUS_REFUSED;
	enum status status = watch_evidence(ui_watch(ui), incident->id, path, *note ? note : NULL, err);
	if (status == STATUS_OK)
		ui_messagef(ui, MESSAGE_INFO, "%s is read as evidence of %s", path, incident->id);
	return status;
}

/* The number of the event that is meant, in front of the rest. */
static enum status need_event(const char **args, uint64_t *seq, struct error *err)
{
	char word[24];
	const char *rest = split_word(*args, word, sizeof(word));
	if (decimal_u64(word, seq)) {
		*args = rest;
		return STATUS_OK;
	}
	return error_set(err, STATUS_USAGE, "event %s: a number is needed (the timeline's Enter shows it)", word);
}

/* Asks for the rest of a line that begins with the selected event's number. */
static enum status ask_about_event(struct ui *ui, const char *name, bool with_text, struct error *err)
{
	const char *selected = ui_pane_state(ui, "timeline")->selected;
	struct event_view view = {.summary = ""};
	uint64_t seq;
	char line[600];
	const struct event *event = decimal_u64(selected, &seq) ? fold_event(watch_fold(ui_watch(ui)), seq) : NULL;
	if (!event)
		return error_set(err, STATUS_REFUSED, "%s: no row of the timeline is selected", name);
	(void)fold_view(watch_fold(ui_watch(ui)), event, &view);
	ui_prompt(ui, text_format(line, sizeof(line), "%s %s %s", name, selected, with_text ? view.summary : ""));
	return STATUS_OK;
}

enum status do_amend(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	uint64_t seq;
	int64_t at_us = 0;
	int zone_minutes;
	char word[64], when[TIME_TEXT];
	if (*args == '\0')
		return ask_about_event(ui, "amend", true, err);
	enum status status = need_event(&args, &seq, err);
	const char *rest = split_word(args, word, sizeof(word));
	if (status == STATUS_OK && strcmp(word, "--at") == 0) {
		args = split_word(rest, word, sizeof(word));
		status = moment_parse(ui, word, TIME_PAST, &at_us, &zone_minutes, err);
	}
	if (status != STATUS_OK)
		return status;
	who.zone_minutes = ui_zone_minutes(ui, who.now_us);
	drafts_init(&drafts);
	status = commit(ui, &drafts, act_amend(watch_fold(ui_watch(ui)), &who, seq, *args ? args : NULL, at_us, &drafts, err), err);
	if (status == STATUS_OK && at_us)
		ui_messagef(ui, MESSAGE_INFO, "event %llu was at %s", (unsigned long long)seq, time_human(when, at_us, ui_zone_minutes(ui, at_us)));
	return status;
}

enum status do_retract(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	uint64_t seq;
	if (*args == '\0')
		return ask_about_event(ui, "retract", false, err);
	enum status status = need_event(&args, &seq, err);
	if (status != STATUS_OK)
		return status;
	drafts_init(&drafts);
	return commit(ui, &drafts, act_retract(watch_fold(ui_watch(ui)), &who, seq, args, &drafts, err), err);
}
