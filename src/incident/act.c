/* What people do, as drafts. Each function looks at all that it was given first and
 * adds drafts last, so that a refusal leaves nothing behind. */
#include "incident/act.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/drafting.h"
#include "incident/payload.h"

#include <stdio.h>
#include <string.h>

static const struct input reason_input = {.what = "reason", .limit = REASON_BYTES, .cure = "a few words why"};
static const struct input optional_reason = {.what = "reason", .limit = REASON_BYTES, .cure = "a few words why", .optional = true};

/* Data with one string in it. */
static void put_string(struct drafts *out, struct draft *draft, const char *key, const char *value)
{
	struct payload data;
	payload_begin(&data);
	payload_string(&data, key, value);
	payload_end(&data, out, draft);
}

static void put_list(struct payload *data, const char *key, const char *const *items)
{
	json_begin_array(&data->w, key);
	for (size_t i = 0; items[i]; i++)
		json_put_string(&data->w, NULL, items[i]);
	json_end_array(&data->w);
}

/* "a, b, c and 4 more" */
static const char *listed(struct drafts *out, const char *const *items)
{
	struct buf text;
	buf_init(&text, LINE_BYTES);
	size_t i = 0;
	for (; items[i] && text.len < 160; i++)
		buf_printf(&text, "%s%s", i ? ", " : "", items[i]);
	size_t more = 0;
	while (items[i + more])
		more++;
	if (more)
		buf_printf(&text, " and %zu more", more);
	return drafts_keep(out, buf_take(&text));
}

/* The summary is the first line; the body all of it, when there is more than that. */
static void put_text(struct drafts *out, struct draft *draft, const char *prefix, const char *text)
{
	draft_summary(out, draft, "%s%.*s", prefix, (int)strcspn(text, "\n"), text);
	draft->body = text;
}

/* --- declaring -------------------------------------------------------------------- */

static unsigned next_number(const struct fold *fold)
{
	size_t count = fold_incident_count(fold);
	return count ? fold_incident_at(fold, count - 1)->number + 1 : 1;
}

static enum status need_proposal(const struct fold *fold, const char *key, const struct open_proposal **out, struct error *err)
{
	const struct incident *taker;
	*out = fold_proposal(fold, key, &taker);
	if (taker)
		return error_set(err, STATUS_CONFLICT, "%s: %s was opened for it already (work there)", key, taker->id);
	if (!*out)
		return error_set(err, STATUS_NOT_FOUND, "%s: there is no such proposal now (it may have cleared; declare by hand with a title)", key ? key : "proposal");
	return STATUS_OK;
}

/* The proposal's components as a list that ends with NULL. */
static const char *const *proposal_components(struct drafts *out, const struct open_proposal *p)
{
	const char **list = xcalloc(p->component_count + 1, sizeof(*list));
	drafts_keep(out, (char *)list);
	for (size_t i = 0; i < p->component_count; i++)
		list[i] = p->components[i];
	return list;
}

static void put_declaration(struct drafts *out, struct draft *draft, const struct open_proposal *p, const struct declaration *d)
{
	struct payload data;
	payload_begin(&data);
	if (p) {
		const struct cause_def *cause = cause_def(p->cause);
		payload_string(&data, "key", p->key);
		payload_string(&data, "cause", cause->name);
		payload_string(&data, "runbook", cause->runbook);
	}
	if (p && d->severity == p->severity) {
		payload_string(&data, "rule", p->rule);
		payload_string(&data, "reason", p->reason);
	}
	payload_string(&data, "severity", d->severity == SEVERITY_UNSET ? NULL : severity_name(d->severity));
	payload_string(&data, "title", d->title);
	put_list(&data, "components", d->components);
	json_put_i64(&data.w, "impact_started_us", d->impact_started_us);
	payload_end(&data, out, draft);
}

/* Fills in what was not said, from the proposal. */
static enum status complete_declaration(const struct actor *who, const struct open_proposal *p, struct declaration *d, struct drafts *out, struct error *err)
{
	static const struct input title = {.what = "title", .limit = TITLE_BYTES, .cure = "a few words that name the trouble"};
	static const char *const none[] = {NULL};
	enum status status = input_text(out, &title, d->title || !p ? d->title : p->title, &d->title, err);
	if (status == STATUS_OK && d->components && d->components[0])
		status = input_components(out, d->components, &d->components, err);
	else
		d->components = p ? proposal_components(out, p) : none;
	if (d->severity == SEVERITY_UNSET && p)
		d->severity = p->severity;
	int64_t since_us = p && p->since_us > 0 && p->since_us <= who->now_us ? p->since_us : 0;
	if (status == STATUS_OK)
		status = input_time(who, d->impact_started_us ? d->impact_started_us : since_us, &d->impact_started_us, err);
	return status;
}

enum status act_declare(const struct fold *fold, const struct actor *who, const struct declaration *d, char id[16], struct drafts *out, struct error *err)
{
	const struct open_proposal *p = NULL;
	struct declaration full = *d;
	enum status status = d->proposal_key ? need_proposal(fold, d->proposal_key, &p, err) : STATUS_OK;
	if (status == STATUS_OK)
		status = complete_declaration(who, p, &full, out, err);
	if (status != STATUS_OK)
		return status;
	text_format(id, 16, "INC-%u", next_number(fold));
	struct draft *draft = drafts_add(out, EVENT_INCIDENT_DECLARED, who, NULL);
	draft->incident = drafts_keep(out, xstrdup(id));
	bool unset = full.severity == SEVERITY_UNSET;
	draft_summary(out, draft, "declared %s %s%s%s", id, unset ? "" : severity_name(full.severity), unset ? "" : " ", full.title);
	put_declaration(out, draft, p, &full);
	if (p)
		draft_refer(out, draft, fold_event(fold, p->seq), "caused_by");
	return STATUS_OK;
}

enum status act_attach(const struct fold *fold, const struct actor *who, const char *proposal_key, const char *incident, struct drafts *out, struct error *err)
{
	const struct open_proposal *p;
	const struct incident *target;
	enum status status = need_proposal(fold, proposal_key, &p, err);
	if (status == STATUS_OK)
		status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_PROPOSAL_ATTACHED, who, target);
	draft_summary(out, draft, "attached %s to %s", p->title, target->id);
	put_string(out, draft, "key", p->key);
	draft_refer(out, draft, fold_event(fold, p->seq), "evidence_for");
	return STATUS_OK;
}

enum status act_dismiss(const struct fold *fold, const struct actor *who, const char *proposal_key, const char *reason, struct drafts *out, struct error *err)
{
	const struct open_proposal *p;
	enum status status = need_proposal(fold, proposal_key, &p, err);
	if (status == STATUS_OK && p->dismissed)
		status = error_set(err, STATUS_CONFLICT, "%s: it is dismissed already (it asks again after it cleared and came back)", p->key);
	if (status == STATUS_OK)
		status = input_text(out, &reason_input, reason, &reason, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_PROPOSAL_DISMISSED, who, NULL);
	draft_summary(out, draft, "dismissed %s: %s", p->title, reason);
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "key", p->key);
	payload_string(&data, "reason", reason);
	payload_end(&data, out, draft);
	draft_refer(out, draft, fold_event(fold, p->seq), "answers");
	return STATUS_OK;
}

/* --- reports ------------------------------------------------------------------------ */

enum status act_report(const struct fold *fold, const struct actor *who, const char *from, const char *text, const char *incident, int64_t occurred_us, struct drafts *out, struct error *err)
{
	static const struct input from_input = {.what = "reporter", .limit = NAME_BYTES, .cure = "who said so", .optional = true};
	static const struct input text_input = {.what = "report", .limit = TEXT_BYTES, .cure = "what was seen, in their words", .lines = true};
	const struct incident *target = NULL;
	enum status status = incident ? need_incident(fold, incident, NEED_OPEN, &target, err) : STATUS_OK;
	if (status == STATUS_OK)
		status = input_text(out, &from_input, from, &from, err);
	if (status == STATUS_OK)
		status = input_text(out, &text_input, text, &text, err);
	if (status == STATUS_OK)
		status = input_time(who, occurred_us, &occurred_us, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_REPORT_RECEIVED, who, target);
	draft->occurred_us = occurred_us;
	put_text(out, draft, from ? drafts_format(out, "report from %s: ", from) : "report: ", text);
	put_string(out, draft, "from", from ? from : who->name);
	return STATUS_OK;
}

enum status act_attach_report(const struct fold *fold, const struct actor *who, uint64_t report_seq, const char *incident, struct drafts *out, struct error *err)
{
	const struct incident *target;
	const struct event *report = fold_event(fold, report_seq);
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status != STATUS_OK)
		return status;
	if (!report || report->kind != EVENT_REPORT_RECEIVED)
		return error_set(err, STATUS_NOT_FOUND, "event %llu: it is no report (choose one of the list)", (unsigned long long)report_seq);
	bool waits = false;
	for (size_t i = 0; i < fold_report_count(fold) && !waits; i++)
		waits = fold_report_at(fold, i)->seq == report_seq;
	if (!waits)
		return error_set(err, STATUS_CONFLICT, "report %llu: it was attached already (its incident's timeline has it)", (unsigned long long)report_seq);
	struct draft *draft = drafts_add(out, EVENT_PROPOSAL_ATTACHED, who, target);
	draft_summary(out, draft, "attached report %llu to %s", (unsigned long long)report_seq, target->id);
	struct payload data;
	payload_begin(&data);
	json_put_i64(&data.w, "report", (int64_t)report_seq);
	payload_end(&data, out, draft);
	draft_refer(out, draft, report, "evidence_for");
	return STATUS_OK;
}

/* --- triage -------------------------------------------------------------------------- */

enum status act_severity(const struct fold *fold, const struct actor *who, const char *incident, enum severity severity, const char *reason, struct drafts *out, struct error *err)
{
	const struct incident *target;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status == STATUS_OK && (unsigned)severity >= SEVERITY_UNSET)
		status = error_set(err, STATUS_INVALID, "severity: not one of P0, P1, P2, P3 (P0 network down, data loss or security breach; P1 degradation or validator failures; P2 performance; P3 minor)");
	if (status == STATUS_OK && severity == target->severity)
		status = error_set(err, STATUS_CONFLICT, "%s: its severity is %s already (nothing to change)", target->id, severity_name(severity));
	if (status == STATUS_OK)
		status = input_text(out, &optional_reason, reason, &reason, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_INCIDENT_SEVERITY, who, target);
	bool first = target->severity == SEVERITY_UNSET;
	draft_summary(out, draft, "severity %s%s%s%s%s", severity_name(severity), first ? "" : ", was ", first ? "" : severity_name(target->severity), reason ? ": " : "", reason ? reason : "");
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "severity", severity_name(severity));
	payload_string(&data, "from", first ? NULL : severity_name(target->severity));
	payload_string(&data, "reason", reason);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

enum status act_title(const struct fold *fold, const struct actor *who, const char *incident, const char *title, struct drafts *out, struct error *err)
{
	static const struct input input = {.what = "title", .limit = TITLE_BYTES, .cure = ":title TEXT"};
	const struct incident *target;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status == STATUS_OK)
		status = input_text(out, &input, title, &title, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_INCIDENT_TITLE, who, target);
	draft_summary(out, draft, "title: %s", title);
	put_string(out, draft, "title", title);
	return STATUS_OK;
}

enum status act_role(const struct fold *fold, const struct actor *who, const char *incident, const char *role, const char *name, struct drafts *out, struct error *err)
{
	static const struct input input = {.what = "name", .limit = NAME_BYTES, .cure = ":role ROLE NAME"};
	const struct incident *target;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status != STATUS_OK)
		return status;
	status = input_role(out, role, &role, err);
	if (status != STATUS_OK)
		return status;
	const char *holder = incident_role(target, role);
	if (!name && !holder[0])
		return error_set(err, STATUS_CONFLICT, "%s: nobody is %s (nothing to give back)", target->id, role);
	if (name)
		status = input_text(out, &input, name, &name, err);
	if (status == STATUS_OK && name && strcmp(name, holder) == 0)
		status = error_set(err, STATUS_CONFLICT, "%s: %s is %s already (nothing to change)", target->id, name, role);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, name ? EVENT_ROLE_ASSUMED : EVENT_ROLE_RENOUNCED, who, target);
	if (!name)
		draft_summary(out, draft, "%s is no longer %s", holder, role);
	else
		draft_summary(out, draft, "%s is %s%s%s", name, role, holder[0] ? ", was " : "", holder);
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "role", role);
	payload_string(&data, "name", name ? name : holder);
	payload_string(&data, "from", name && holder[0] ? holder : NULL);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

enum status act_components(const struct fold *fold, const struct actor *who, const char *incident, const char *const *components, struct drafts *out, struct error *err)
{
	const struct incident *target;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status == STATUS_OK)
		status = input_components(out, components, &components, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_INCIDENT_COMPONENTS, who, target);
	draft_summary(out, draft, "affected: %s", listed(out, components));
	struct payload data;
	payload_begin(&data);
	put_list(&data, "components", components);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

enum status act_impact(const struct fold *fold, const struct actor *who, const char *incident, const char *impact, struct drafts *out, struct error *err)
{
	static const struct input input = {.what = "impact", .limit = TEXT_BYTES, .cure = ":impact TEXT", .lines = true};
	const struct incident *target;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status == STATUS_OK)
		status = input_text(out, &input, impact, &impact, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_INCIDENT_IMPACT, who, target);
	put_text(out, draft, "impact: ", impact);
	put_string(out, draft, "impact", impact);
	return STATUS_OK;
}

enum status act_runbook_steps(const struct fold *fold, const struct actor *who, const char *incident, const char *runbook, const char *path, const char *sha256, const struct step_name *steps, size_t count, struct drafts *out, struct error *err)
{
	static const struct input input = {.what = "runbook", .limit = 63, .cure = ":runbook NAME"};
	static const struct input path_input = {.what = "path of the runbook", .limit = 1000, .cure = "where the file is", .optional = true};
	const struct incident *target;
	struct hash256 hash;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status == STATUS_OK)
		status = input_text(out, &input, runbook, &runbook, err);
	if (status == STATUS_OK)
		status = input_text(out, &path_input, path, &path, err);
	if (status == STATUS_OK && sha256 && !sha256_parse(sha256, &hash))
		status = error_set(err, STATUS_INVALID, "runbook %s: its hash is not 64 hex digits (load it again)", runbook);
	if (status == STATUS_OK && count > STEPS_MAX)
		status = error_set(err, STATUS_LIMIT, "runbook %s: %zu steps, the limit is %d (split it)", runbook, count, STEPS_MAX);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_INCIDENT_RUNBOOK, who, target);
	draft_summary(out, draft, "runbook %s", runbook);
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "runbook", runbook);
	payload_string(&data, "path", path);
	payload_string(&data, "sha256", sha256);
	json_begin_array(&data.w, "steps");
	for (size_t i = 0; i < count; i++) {
		char number[16], title[100];
		text_clean(number, sizeof(number), steps[i].number, strlen(steps[i].number));
		text_clean(title, sizeof(title), steps[i].title ? steps[i].title : "", steps[i].title ? strlen(steps[i].title) : 0);
		json_begin_object(&data.w, NULL);
		json_put_string(&data.w, "number", number);
		json_put_string(&data.w, "title", title);
		json_end_object(&data.w);
	}
	json_end_array(&data.w);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

enum status act_runbook(const struct fold *fold, const struct actor *who, const char *incident, const char *runbook, const char *sha256, struct drafts *out, struct error *err)
{
	return act_runbook_steps(fold, who, incident, runbook, NULL, sha256, NULL, 0, out, err);
}

/* --- notes and evidence ---------------------------------------------------------------- */

enum status act_note(const struct fold *fold, const struct actor *who, const char *incident, const char *text, int64_t occurred_us, int tz_minutes, struct drafts *out, struct error *err)
{
	static const struct input input = {.what = "note", .limit = TEXT_BYTES, .cure = ":note TEXT", .lines = true};
	const struct incident *target = NULL;
	bool backdated = occurred_us != 0;
	enum status status = incident ? need_incident(fold, incident, NEED_ANY, &target, err) : STATUS_OK;
	if (status == STATUS_OK)
		status = input_text(out, &input, text, &text, err);
	if (status == STATUS_OK)
		status = input_time(who, occurred_us, &occurred_us, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_NOTE, who, target);
	draft->occurred_us = occurred_us;
	put_text(out, draft, "", text);
	if (backdated && tz_minutes >= -24 * 60 && tz_minutes <= 24 * 60) {
		struct payload data;
		payload_begin(&data);
		json_put_i64(&data.w, "tz_minutes", tz_minutes);
		payload_end(&data, out, draft);
	}
	return STATUS_OK;
}

enum status act_evidence(const struct fold *fold, const struct actor *who, const char *incident, const char *file_name, const struct hash256 *hash, uint64_t bytes, const char *note, int64_t occurred_us, struct drafts *out, struct error *err)
{
	static const struct input file_input = {.what = "file", .limit = 200, .cure = "the name of the file"};
	static const struct input note_input = {.what = "note", .limit = TEXT_BYTES, .cure = "what it shows", .lines = true, .optional = true};
	const struct incident *target = NULL;
	enum status status = incident ? need_incident(fold, incident, NEED_ANY, &target, err) : STATUS_OK;
	/* Where the file lay is nobody's business; its name is. */
	const char *slash = file_name ? strrchr(file_name, '/') : NULL;
	if (status == STATUS_OK)
		status = input_text(out, &file_input, slash ? slash + 1 : file_name, &file_name, err);
	if (status == STATUS_OK)
		status = input_text(out, &note_input, note, &note, err);
	if (status == STATUS_OK)
		status = input_time(who, occurred_us, &occurred_us, err);
	if (status != STATUS_OK)
		return status;
	char hex[SHA256_TEXT];
	struct draft *draft = drafts_add(out, EVENT_EVIDENCE_ATTACHED, who, target);
	draft->occurred_us = occurred_us;
	draft_summary(out, draft, "evidence %s, %llu bytes%s%.*s", file_name, (unsigned long long)bytes, note ? ": " : "", note ? (int)strcspn(note, "\n") : 0, note ? note : "");
	draft->body = note;
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "file", file_name);
	payload_string(&data, "sha256", sha256_text(hex, hash));
	json_put_i64(&data.w, "bytes", (int64_t)bytes);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

/* --- corrections ------------------------------------------------------------------------ */

/* What may be corrected: 't' its text and its time, 'w' only when it was. A measured
 * fact may not: what a person knows better about it is a note. */
static char correctable(enum event_kind kind)
{
	switch (kind) {
	case EVENT_NOTE:
	case EVENT_EVIDENCE_ATTACHED:
	case EVENT_DECISION:
	case EVENT_REPORT_RECEIVED:
	case EVENT_ACTION_ITEM:
	case EVENT_STEP_NOTED:
	case EVENT_FINDING:
	case EVENT_HYPOTHESIS_OPENED:
	case EVENT_TASK_OPENED:
		return 't';
	case EVENT_INCIDENT_DECLARED:
	case EVENT_INCIDENT_STAGE:
	case EVENT_INCIDENT_CLOSED:
	case EVENT_STEP_DONE:
	case EVENT_STEP_SKIPPED:
	case EVENT_ROLE_ASSUMED:
	case EVENT_ROLE_RENOUNCED:
		return 'w';
	default:
		return '-';
	}
}

/* The event to correct, which is still shown. */
static enum status need_event(const struct fold *fold, uint64_t seq, const struct event **out, struct error *err)
{
	struct event_view view;
	*out = fold_event(fold, seq);
	if (!*out)
		return error_set(err, STATUS_NOT_FOUND, "event %llu: there is none (the timeline shows the numbers)", (unsigned long long)seq);
	if (!fold_view(fold, *out, &view))
		return error_set(err, STATUS_CONFLICT, "event %llu: it was taken back already (nothing to change)", (unsigned long long)seq);
	if (view.redacted)
		return error_set(err, STATUS_REFUSED, "event %llu: its content was redacted (write a new note)", (unsigned long long)seq);
	return STATUS_OK;
}

/* A correction belongs to the incident of what it corrects. */
static struct draft *add_correction(const struct fold *fold, const struct actor *who, enum event_kind kind, const struct event *target, struct drafts *out)
{
	const struct incident *incident = target->incident ? fold_incident(fold, target->incident) : NULL;
	struct draft *draft = drafts_add(out, kind, who, incident);
	draft_refer(out, draft, target, kind == EVENT_AMENDED ? "amends" : "retracts");
	return draft;
}

enum status act_amend(const struct fold *fold, const struct actor *who, uint64_t seq, const char *text, int64_t occurred_us, struct drafts *out, struct error *err)
{
	static const struct input input = {.what = "correction", .limit = TEXT_BYTES, .cure = "the text as it should read", .lines = true, .optional = true};
	const struct event *target;
	bool moved = occurred_us != 0;
	enum status status = need_event(fold, seq, &target, err);
	if (status == STATUS_OK)
		status = input_text(out, &input, text, &text, err);
	if (status == STATUS_OK)
		status = input_time(who, occurred_us, &occurred_us, err);
	if (status != STATUS_OK)
		return status;
	char may = correctable(target->kind);
	if (may == '-')
		return error_set(err, STATUS_REFUSED, "event %llu: %s is not corrected (add a note that says what is known better)", (unsigned long long)seq, target->kind_name);
	if (!text && !moved)
		return error_set(err, STATUS_INVALID, "event %llu: neither a new text nor a new time was given (give one of them)", (unsigned long long)seq);
	if (text && may == 'w')
		return error_set(err, STATUS_REFUSED, "event %llu: of %s only the time can be corrected (add a note for the rest)", (unsigned long long)seq, target->kind_name);
	struct draft *draft = add_correction(fold, who, EVENT_AMENDED, target, out);
	char when[TIME_TEXT] = "";
	if (moved)
		time_human(when, occurred_us, 0);
	draft_summary(out, draft, "corrected %llu%s%s%s%.*s", (unsigned long long)seq, moved ? ", it was at " : "", when, text ? ": " : "", text ? (int)strcspn(text, "\n") : 0, text ? text : "");
	draft->body = text;
	struct payload data;
	payload_begin(&data);
	json_put_i64(&data.w, "target", (int64_t)seq);
	if (moved)
		json_put_i64(&data.w, "occurred_us", occurred_us);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

enum status act_retract(const struct fold *fold, const struct actor *who, uint64_t seq, const char *reason, struct drafts *out, struct error *err)
{
	const struct event *target;
	enum status status = need_event(fold, seq, &target, err);
	if (status == STATUS_OK)
		status = input_text(out, &reason_input, reason, &reason, err);
	if (status != STATUS_OK)
		return status;
	if (correctable(target->kind) != 't')
		return error_set(err, STATUS_REFUSED, "event %llu: %s is not taken back (add a note that says what is known better)", (unsigned long long)seq, target->kind_name);
	struct draft *draft = add_correction(fold, who, EVENT_RETRACTED, target, out);
	draft_summary(out, draft, "took back %llu: %s", (unsigned long long)seq, reason);
	struct payload data;
	payload_begin(&data);
	json_put_i64(&data.w, "target", (int64_t)seq);
	payload_string(&data, "reason", reason);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

/* --- modes --------------------------------------------------------------------------------- */

enum status act_arm(const struct actor *who, const char *incident, int minutes, const char *reason, struct drafts *out, struct error *err)
{
	enum { ARM_MINUTES_MAX = 120 };
	if (minutes < 0 || minutes > ARM_MINUTES_MAX)
		return error_set(err, STATUS_LIMIT, "arm: %d minutes, the limit is %d (arm again when they are over)", minutes, ARM_MINUTES_MAX);
	enum status status = input_text(out, minutes ? &reason_input : &optional_reason, reason, &reason, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, minutes ? EVENT_MODE_ARMED : EVENT_MODE_DISARMED, who, NULL);
	if (incident)
		draft->incident = drafts_format(out, "%s", incident);
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "reason", reason);
	if (minutes) {
		json_put_i64(&data.w, "minutes", minutes);
		json_put_i64(&data.w, "until_us", who->now_us + minutes * US_PER_MINUTE);
	}
	payload_end(&data, out, draft);
	if (minutes)
		draft_summary(out, draft, "armed for %d minutes: %s", minutes, reason);
	else
		draft_summary(out, draft, "disarmed%s%s", reason ? ": " : "", reason ? reason : "");
	return STATUS_OK;
}
