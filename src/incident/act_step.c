/* The steps of a runbook as people and commands leave them behind. */
#include "incident/act.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/drafting.h"
#include "incident/payload.h"

#include <stdio.h>
#include <string.h>

/* Of a command's text, as written and as resolved. */
enum { COMMAND_BYTES = 8 * 1024 };

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
		[STEP_DEVIATED] = {EVENT_STEP_DEVIATED, "done otherwise", "reason"},
	};
	const struct incident *target;
	const char *number;
	enum status status = need_step(fold, incident, step, &target, &number, out, err);
	if (status != STATUS_OK)
		return status;
	if ((unsigned)state >= ARRAY_LENGTH(kinds) || kinds[state].kind == EVENT_OTHER)
		return error_set(err, STATUS_INVALID, "step %s: only a run makes it running or failed (tick, skip, deviate or note it)", number);
	const struct input text = {.what = state == STEP_SKIPPED ? "reason" : state == STEP_DEVIATED ? "what was done instead"
												     : "note",
				   .limit = REASON_BYTES,
				   .cure = "a few words",
				   .optional = state == STEP_DONE};
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

/* What was run or said, as clean lines of bounded length. */
static const char *keep_lines(struct drafts *out, const char *text, size_t limit)
{
	struct buf clean;
	size_t len = strlen(text);
	buf_init(&clean, limit);
	text_clean_lines(&clean, text, len < limit ? len : limit);
	return drafts_keep(out, buf_take(&clean));
}

static void put_output(struct draft *draft, struct drafts *out, const struct step_run *run)
{
	if (run->output && run->output[0])
		draft->body = keep_lines(out, run->output, TEXT_BYTES);
}

/* The exact text that ran. */
static void put_command(struct payload *data, struct drafts *out, const struct step_run *run)
{
	const struct {
		const char *key, *text;
	} parts[] = {{"command", run->command}, {"resolved", run->resolved}};
	for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
		if (parts[i].text)
			payload_string(data, parts[i].key, keep_lines(out, parts[i].text, COMMAND_BYTES));
}

static void put_values(struct payload *data, const struct step_run *run)
{
	if (run->value_count == 0)
		return;
	json_begin_array(&data->w, "values");
	for (size_t i = 0; i < run->value_count; i++) {
		json_begin_object(&data->w, NULL);
		json_put_string(&data->w, "name", run->values[i].name);
		if (run->values[i].value)
			json_put_string(&data->w, "value", run->values[i].value);
		json_put_string(&data->w, "from", run->values[i].from);
		json_end_object(&data->w);
	}
	json_end_array(&data->w);
}

static void put_states(struct payload *data, const char *key, const struct step_state_row *rows, size_t count)
{
	if (count == 0)
		return;
	json_begin_array(&data->w, key);
	for (size_t i = 0; i < count; i++) {
		json_begin_object(&data->w, NULL);
		json_put_string(&data->w, "component", rows[i].component);
		json_put_string(&data->w, "state", rows[i].state);
		json_end_object(&data->w);
	}
	json_end_array(&data->w);
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
	payload_string(&data, "run", run->run);
	payload_string(&data, "fingerprint", run->fingerprint);
	payload_string(&data, "sha256", run->sha256);
	payload_string(&data, "directory", run->directory);
	payload_string(&data, "cluster", run->cluster);
	payload_string(&data, "danger", run->danger);
	if (run->approval)
		json_put_i64(&data.w, "approval", (int64_t)run->approval);
	put_values(&data, run);
	put_states(&data, "before", run->before, run->before_count);
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
	bool never = run->why && run->why[0];
	draft_summary(out, draft, "step %s%s%s: %s%s%s", number, named ? " " : "", named ? run->title : "", never ? "did not start: " : "", never ? run->why : ended, run->survived ? "; something of it may still run" : "");
	put_output(draft, out, run);
	struct payload data;
	begin_step(&data, target, number, run->title);
	put_command(&data, out, run);
	payload_string(&data, "run", run->run);
	payload_string(&data, "why", run->why && run->why[0] ? run->why : NULL);
	json_put_i64(&data.w, "exit", run->exit_code);
	json_put_i64(&data.w, "signal", run->signal);
	json_put_i64(&data.w, "duration_us", run->duration_us);
	json_put_i64(&data.w, "out_bytes", (int64_t)run->out_bytes);
	json_put_i64(&data.w, "err_bytes", (int64_t)run->err_bytes);
	json_put_bool(&data.w, "timed_out", run->timed_out);
	json_put_bool(&data.w, "cancelled", run->cancelled);
	if (run->survived)
		json_put_bool(&data.w, "survived", true);
	if (run->interactive)
		json_put_bool(&data.w, "interactive", true);
	if (run->blob_cut_bytes)
		json_put_i64(&data.w, "blob_cut_bytes", (int64_t)run->blob_cut_bytes);
	payload_string(&data, "blob", run->blob ? sha256_text(hex, run->blob) : NULL);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

/* What was different after the command: one line for each component. */
static char *differences(const struct step_state_row *before, size_t before_count, const struct step_state_row *after, size_t after_count)
{
	struct buf text;
	buf_init(&text, TEXT_BYTES);
	for (size_t i = 0; i < after_count; i++) {
		const char *was = NULL;
		for (size_t k = 0; k < before_count && !was; k++)
			was = strcmp(before[k].component, after[i].component) == 0 ? before[k].state : NULL;
		if (was && strcmp(was, after[i].state) != 0)
			buf_printf(&text, "%s%s: %s, was %s", text.len ? "\n" : "", after[i].component, after[i].state, was);
	}
	return buf_take(&text);
}

enum status act_step_observed(const struct fold *fold, const struct actor *who, const char *incident, const struct step_run *run, const struct step_state_row *after, size_t after_count, struct drafts *out, struct error *err)
{
	const struct incident *target;
	const char *number;
	enum status status = need_step(fold, incident, run->step, &target, &number, out, err);
	if (status != STATUS_OK)
		return status;
	char *lines = drafts_keep(out, differences(run->before, run->before_count, after, after_count));
	struct draft *draft = add_step(out, EVENT_STEP_OBSERVED, who, target, number);
	size_t more = 0;
	for (const char *at = strchr(lines, '\n'); at; at = strchr(at + 1, '\n'))
		more++;
	char rest[40] = "";
	if (more)
		text_format(rest, sizeof(rest), " and %zu more", more);
	if (lines[0])
		draft_summary(out, draft, "after step %s: %.*s%s", number, (int)strcspn(lines, "\n"), lines, rest);
	else
		draft_summary(out, draft, "after step %s: the affected components are as before", number);
	draft->body = lines[0] ? lines : NULL;
	struct payload data;
	begin_step(&data, target, number, run->title);
	payload_string(&data, "run", run->run);
	put_states(&data, "before", run->before, run->before_count);
	put_states(&data, "after", after, after_count);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

enum status act_step_verified(const struct fold *fold, const struct actor *who, const char *incident, const struct step_run *run, bool passed, unsigned attempts, bool settles, struct drafts *out, struct error *err)
{
	const struct incident *target;
	const char *number;
	enum status status = need_step(fold, incident, run->step, &target, &number, out, err);
	if (status != STATUS_OK)
		return status;
	char took[DURATION_TEXT];
	struct draft *draft = add_step(out, EVENT_STEP_VERIFIED, who, target, number);
	draft_summary(out, draft, "step %s: what it should lead to %s, after %s and %u %s", number, passed ? "holds" : run->cancelled ? "was not waited for"
																      : "does not hold",
		      duration_human(took, run->duration_us), attempts, attempts == 1 ? "look" : "looks");
	put_output(draft, out, run);
	struct payload data;
	begin_step(&data, target, number, run->title);
	put_command(&data, out, run);
	payload_string(&data, "run", run->run);
	json_put_bool(&data.w, "passed", passed);
	json_put_bool(&data.w, "cancelled", run->cancelled);
	json_put_bool(&data.w, "settles", passed && settles);
	json_put_i64(&data.w, "attempts", attempts);
	json_put_i64(&data.w, "exit", run->exit_code);
	json_put_i64(&data.w, "duration_us", run->duration_us);
	payload_end(&data, out, draft);
	return STATUS_OK;
}
