/* The runbook's steps, the way through the stages, and the review. */
#include "incident/act.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/drafting.h"
#include "incident/payload.h"

#include <stdio.h>
#include <string.h>

/* Of a command's text, as written and as resolved. */
enum { COMMAND_BYTES = 8 * 1024 };

static const struct input reason_input = {.what = "reason", .limit = REASON_BYTES, .cure = "a few words why"};

/* --- steps -------------------------------------------------------------------------- */

static const struct step_record *find_step(const struct incident *incident, const char *number)
{
	for (size_t i = 0; i < incident->step_count; i++) {
		if (strcmp(incident->steps[i].number, number) == 0)
			return &incident->steps[i];
	}
	return NULL;
}

/* The incident with a runbook that has this step; *number is its clean name. */
static enum status need_step(const struct fold *fold, const char *id, const char *step, const struct incident **target, const char **number, struct drafts *out, struct error *err)
{
	static const struct input input = {.what = "step", .limit = 15, .cure = "its number, like 3 or 2.1"};
	enum status status = need_incident(fold, id, NEED_OPEN, target, err);
	if (status == STATUS_OK && !(*target)->runbook[0])
		status = error_set(err, STATUS_REFUSED, "%s: no runbook is chosen (:runbook %s)", (*target)->id, (*target)->runbook_suggested[0] ? (*target)->runbook_suggested : "NAME");
	if (status == STATUS_OK)
		status = input_text(out, &input, step, number, err);
	if (status == STATUS_OK && (*target)->steps_known && !find_step(*target, *number))
		status = error_set(err, STATUS_NOT_FOUND, "step %s: runbook %s has none of that number (they are %s to %s)", *number, (*target)->runbook, (*target)->steps[0].number, (*target)->steps[(*target)->step_count - 1].number);
	return status;
}

static struct draft *add_step(struct drafts *out, enum event_kind kind, const struct actor *who, const struct incident *target, const char *number)
{
	struct draft *draft = drafts_add(out, kind, who, target);
	draft->source = drafts_format(out, "runbook:%s#%s", target->runbook, number);
	return draft;
}

/* The keys that every event of a step has. */
static void begin_step(struct payload *data, const struct incident *target, const char *number, const char *title)
{
	char clean[160];
	text_clean(clean, sizeof(clean), title ? title : "", title ? strlen(title) : 0);
	payload_begin(data);
	payload_string(data, "runbook", target->runbook);
	payload_string(data, "step", number);
	payload_string(data, "title", clean);
}

enum status act_step(const struct fold *fold, const struct actor *who, const char *incident, const char *step, const char *title, enum step_state state, const char *reason_or_note, struct drafts *out, struct error *err)
{
	static const struct {
		enum event_kind kind;
		const char *word, *key;
	} kinds[] = {
		[STEP_PENDING] = {EVENT_STEP_NOTED, "noted", "note"},
		[STEP_RUNNING] = {EVENT_OTHER, NULL, NULL},
		[STEP_DONE] = {EVENT_STEP_DONE, "done", "note"},
		[STEP_SKIPPED] = {EVENT_STEP_SKIPPED, "skipped", "reason"},
		[STEP_FAILED] = {EVENT_OTHER, NULL, NULL},
	};
	const struct incident *target;
	const char *number;
	enum status status = need_step(fold, incident, step, &target, &number, out, err);
	if (status != STATUS_OK)
		return status;
	if ((unsigned)state >= ARRAY_LENGTH(kinds) || kinds[state].kind == EVENT_OTHER)
		return error_set(err, STATUS_INVALID, "step %s: only a run makes it running or failed (tick, skip or note it)", number);
	const struct input text = {.what = state == STEP_SKIPPED ? "reason" : "note", .limit = REASON_BYTES, .cure = "a few words", .optional = state == STEP_DONE};
	status = input_text(out, &text, reason_or_note, &reason_or_note, err);
	if (status != STATUS_OK)
		return status;
	const struct step_record *known = find_step(target, number);
	if (known && known->state == state && state != STEP_PENDING && !reason_or_note)
		return error_set(err, STATUS_CONFLICT, "step %s: it is %s already (go on with the next)", number, kinds[state].word);
	struct draft *draft = add_step(out, kinds[state].kind, who, target, number);
	bool named = title && title[0];
	draft_summary(out, draft, "step %s%s%s %s%s%s", number, named ? " " : "", named ? title : "", kinds[state].word, reason_or_note ? ": " : "", reason_or_note ? reason_or_note : "");
	struct payload data;
	begin_step(&data, target, number, title);
	payload_string(&data, kinds[state].key, reason_or_note);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

/* The exact text that ran, as two clean strings of bounded length. */
static void put_command(struct payload *data, struct drafts *out, const struct step_run *run)
{
	const struct {
		const char *key, *text;
	} parts[] = {{"command", run->command}, {"resolved", run->resolved}};
	for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
		if (!parts[i].text)
			continue;
		struct buf clean;
		buf_init(&clean, COMMAND_BYTES);
		size_t len = strlen(parts[i].text);
		text_clean_lines(&clean, parts[i].text, len < COMMAND_BYTES ? len : COMMAND_BYTES);
		payload_string(data, parts[i].key, drafts_keep(out, buf_take(&clean)));
	}
}

enum status act_step_started(const struct fold *fold, const struct actor *who, const char *incident, const struct step_run *run, struct drafts *out, struct error *err)
{
	const struct incident *target;
	const char *number;
	enum status status = need_step(fold, incident, run->step, &target, &number, out, err);
	if (status != STATUS_OK)
		return status;
	if (!run->command || !run->command[0])
		return error_set(err, STATUS_INVALID, "step %s: there is no command to run (tick it by hand)", number);
	struct draft *draft = add_step(out, EVENT_STEP_STARTED, who, target, number);
	const char *text = run->resolved && run->resolved[0] ? run->resolved : run->command;
	draft_summary(out, draft, "step %s runs: %.*s", number, (int)strcspn(text, "\n"), text);
	struct payload data;
	begin_step(&data, target, number, run->title);
	put_command(&data, out, run);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

/* "exit 0 in 1.2 s" */
static void how_it_ended(char *dst, size_t size, const struct step_run *run)
{
	long long tenths = run->duration_us > 0 ? run->duration_us / (US_PER_S / 10) : 0;
	char end[40];
	if (run->timed_out)
		text_format(end, sizeof(end), "timed out");
	else if (run->cancelled)
		text_format(end, sizeof(end), "cancelled");
	else if (run->signal)
		text_format(end, sizeof(end), "ended by signal %d", run->signal);
	else
		text_format(end, sizeof(end), "exit %d", run->exit_code);
	text_format(dst, size, "%s after %lld.%lld s", end, tenths / 10, tenths % 10);
}

enum status act_step_ran(const struct fold *fold, const struct actor *who, const char *incident, const struct step_run *run, struct drafts *out, struct error *err)
{
	const struct incident *target;
	const char *number;
	enum status status = need_step(fold, incident, run->step, &target, &number, out, err);
	if (status != STATUS_OK)
		return status;
	char ended[80], hex[SHA256_TEXT];
	how_it_ended(ended, sizeof(ended), run);
	struct draft *draft = add_step(out, EVENT_STEP_RAN, who, target, number);
	bool named = run->title && run->title[0];
	draft_summary(out, draft, "step %s%s%s: %s", number, named ? " " : "", named ? run->title : "", ended);
	if (run->output && run->output[0]) {
		struct buf clean;
		buf_init(&clean, TEXT_BYTES);
		size_t len = strlen(run->output);
		text_clean_lines(&clean, run->output, len < TEXT_BYTES ? len : TEXT_BYTES);
		draft->body = drafts_keep(out, buf_take(&clean));
	}
	struct payload data;
	begin_step(&data, target, number, run->title);
	put_command(&data, out, run);
	json_put_i64(&data.w, "exit", run->exit_code);
	json_put_i64(&data.w, "signal", run->signal);
	json_put_i64(&data.w, "duration_us", run->duration_us);
	json_put_i64(&data.w, "out_bytes", (int64_t)run->out_bytes);
	json_put_i64(&data.w, "err_bytes", (int64_t)run->err_bytes);
	json_put_bool(&data.w, "timed_out", run->timed_out);
	json_put_bool(&data.w, "cancelled", run->cancelled);
	payload_string(&data, "blob", run->blob ? sha256_text(hex, run->blob) : NULL);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

/* --- stages -------------------------------------------------------------------------- */

static void add_stage(struct drafts *out, const struct actor *who, const struct incident *target, enum stage to)
{
	struct draft *draft = drafts_add(out, to == STAGE_CLOSED ? EVENT_INCIDENT_CLOSED : EVENT_INCIDENT_STAGE, who, target);
	if (to == STAGE_CLOSED)
		draft_summary(out, draft, "closed %s", target->id);
	else
		draft_summary(out, draft, "%s %s", to < target->stage ? "back to" : "stage", stage_title(to));
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "from", stage_name(target->stage));
	if (to != STAGE_CLOSED)
		payload_string(&data, "to", stage_name(to));
	payload_end(&data, out, draft);
}

/* Going on against a gate: the reason stands in the timeline. */
static void add_override(struct drafts *out, const struct actor *who, const struct incident *target, const char *reason)
{
	bool checks = target->stage == STAGE_RESOLVE;
	struct draft *draft = drafts_add(out, checks ? EVENT_CHECK_OVERRIDDEN : EVENT_DECISION, who, target);
	draft_summary(out, draft, "%s: %s", checks ? "checks overridden" : "went on with open steps", reason);
	struct payload data;
	payload_begin(&data);
	payload_string(&data, checks ? "check" : "about", checks ? "all" : "leaving Respond");
	payload_string(&data, "reason", reason);
	payload_end(&data, out, draft);
}

static enum status refuse_gate(const struct incident *target, const struct gate *gate, struct error *err)
{
	struct buf lines;
	buf_init(&lines, sizeof(gate->missing) + sizeof(gate->missing) / 8);
	for (size_t i = 0; i < gate->count; i++)
		buf_printf(&lines, "%s%s", i ? "; " : "", gate->missing[i]);
	(void)error_set(err, STATUS_REFUSED, "%s: %s cannot be left yet: %s", target->id, stage_title(target->stage), buf_text(&lines));
	buf_free(&lines);
	return STATUS_REFUSED;
}

static bool can_override(enum stage stage)
{
	return stage == STAGE_RESPOND || stage == STAGE_RESOLVE;
}

enum status act_stage(const struct fold *fold, const struct actor *who, const char *incident, enum stage to, const char *override_reason, struct drafts *out, struct error *err)
{
	const struct incident *target;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status != STATUS_OK)
		return status;
	if ((unsigned)to >= STAGE_COUNT || to == STAGE_DETECT)
		return error_set(err, STATUS_REFUSED, "%s: a declared incident does not go back to Detect (merge it into another, or go on)", target->id);
	if (to == target->stage)
		return error_set(err, STATUS_CONFLICT, "%s: it is in %s already (nothing to change)", target->id, stage_title(to));
	if ((int)to > (int)target->stage + 1)
		return error_set(err, STATUS_REFUSED, "%s: it is in %s, and %s comes before %s (one stage after the other)", target->id, stage_title(target->stage), stage_title((enum stage)(target->stage + 1)), stage_title(to));
	struct gate gate = {0};
	if (to > target->stage)
		stage_gate(target, &gate);
	if (gate.count > 0) {
		if (!override_reason || !can_override(target->stage))
			return refuse_gate(target, &gate, err);
		status = input_text(out, &reason_input, override_reason, &override_reason, err);
		if (status != STATUS_OK)
			return status;
		add_override(out, who, target, override_reason);
	}
	add_stage(out, who, target, to);
	return STATUS_OK;
}

enum status act_reopen(const struct fold *fold, const struct actor *who, const char *incident, const char *reason, struct drafts *out, struct error *err)
{
	const struct incident *target;
	enum status status = need_incident(fold, incident, NEED_ANY, &target, err);
	if (status == STATUS_OK && incident_is_open(target))
		status = error_set(err, STATUS_CONFLICT, "%s: it is open, in %s (nothing to reopen)", target->id, stage_title(target->stage));
	if (status == STATUS_OK)
		status = input_text(out, &reason_input, reason, &reason, err);
	if (status != STATUS_OK)
		return status;
	/* What comes out of a merge goes on where it was. */
	enum stage to = target->stage == STAGE_CLOSED ? STAGE_RESPOND : target->stage;
	struct draft *draft = drafts_add(out, EVENT_INCIDENT_REOPENED, who, target);
	draft_summary(out, draft, "reopened %s: %s", target->id, reason);
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "reason", reason);
	payload_string(&data, "to", stage_name(to));
	payload_end(&data, out, draft);
	return STATUS_OK;
}

enum status act_merge(const struct fold *fold, const struct actor *who, const char *incident, const char *into, struct drafts *out, struct error *err)
{
	const struct incident *from, *target;
	enum status status = need_incident(fold, incident, NEED_OPEN, &from, err);
	if (status == STATUS_OK)
		status = need_incident(fold, into, NEED_OPEN, &target, err);
	if (status == STATUS_OK && from == target)
		status = error_set(err, STATUS_INVALID, "%s: it cannot be merged into itself (name another incident)", from->id);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_INCIDENT_MERGED, who, from);
	draft_summary(out, draft, "merged %s into %s", from->id, target->id);
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "into", target->id);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

/* --- review ---------------------------------------------------------------------------- */

enum status act_section(const struct fold *fold, const struct actor *who, const char *incident, enum section section, const char *text, struct drafts *out, struct error *err)
{
	const struct incident *target;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status == STATUS_OK && (unsigned)section >= SECTION_COUNT)
		status = error_set(err, STATUS_INVALID, "section: not known (incident, timeline, root-cause, impact, resolution, lessons-learned or action-items)");
	if (status != STATUS_OK)
		return status;
	const struct input input = {.what = section_title(section), .limit = TEXT_BYTES, .cure = "the text of the section", .lines = true};
	status = input_text(out, &input, text, &text, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_REVIEW_SECTION, who, target);
	draft_summary(out, draft, "review: wrote %s", section_title(section));
	draft->body = text;
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "section", section_name(section));
	payload_end(&data, out, draft);
	return STATUS_OK;
}

/* A day that the calendar has, as YYYY-MM-DD. */
static bool is_day(const char *text)
{
	char full[TIME_TEXT];
	int64_t us;
	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return false;
	text_format(full, sizeof(full), "%sT00:00:00Z", text);
	return time_parse(full, &us, NULL, NULL) == STATUS_OK;
}

static enum status check_action(const char *due, const char *type, struct error *err)
{
	static const char *const types[] = {"preventive", "detective", "corrective"};
	if (due && !is_day(due))
		return error_set(err, STATUS_INVALID, "due date \"%s\": it is no day (write it as YYYY-MM-DD, like 2026-01-31)", due);
	bool known = !type;
	for (size_t i = 0; i < ARRAY_LENGTH(types) && !known; i++)
		known = strcmp(type, types[i]) == 0;
	if (!known)
		return error_set(err, STATUS_INVALID, "type \"%s\": not known (preventive, detective or corrective)", type);
	return STATUS_OK;
}

enum status act_action_item(const struct fold *fold, const struct actor *who, const char *incident, const char *text, const char *owner, const char *due, const char *type, struct drafts *out, struct error *err)
{
	static const struct input text_input = {.what = "action item", .limit = LINE_BYTES, .cure = "what is to be done"};
	static const struct input owner_input = {.what = "owner", .limit = NAME_BYTES, .cure = "who does it", .optional = true};
	static const struct input word_input = {.what = "due date or type", .limit = 40, .cure = "YYYY-MM-DD", .optional = true};
	const struct incident *target;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status == STATUS_OK)
		status = input_text(out, &text_input, text, &text, err);
	if (status == STATUS_OK)
		status = input_text(out, &owner_input, owner, &owner, err);
	if (status == STATUS_OK)
		status = input_text(out, &word_input, due, &due, err);
	if (status == STATUS_OK)
		status = input_text(out, &word_input, type, &type, err);
	if (status == STATUS_OK)
		status = check_action(due, type, err);
	if (status == STATUS_OK && target->action_count >= ACTIONS_MAX)
		status = error_set(err, STATUS_LIMIT, "%s: it has %d action items, the most there can be (move some to your tracker)", target->id, ACTIONS_MAX);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_ACTION_ITEM, who, target);
	draft_summary(out, draft, "action item: %s", text);
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "text", text);
	payload_string(&data, "owner", owner);
	payload_string(&data, "due", due);
	payload_string(&data, "type", type);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

enum status act_exported(const struct fold *fold, const struct actor *who, const char *incident, const char *format, const char *file, struct drafts *out, struct error *err)
{
	static const struct input input = {.what = "file", .limit = LINE_BYTES, .cure = "where the export is"};
	const struct incident *target;
	enum status status = need_incident(fold, incident, NEED_ANY, &target, err);
	if (status == STATUS_OK)
		status = input_text(out, &input, file, &file, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_EXPORTED, who, target);
	draft_summary(out, draft, "exported as %s to %s", format, file);
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "format", format);
	payload_string(&data, "file", file);
	payload_end(&data, out, draft);
	return STATUS_OK;
}
