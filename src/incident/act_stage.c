/* The way through the stages, and the review. */
#include "incident/act.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/drafting.h"
#include "incident/payload.h"

#include <stdio.h>
#include <string.h>

static const struct input reason_input = {.what = "reason", .limit = REASON_BYTES, .cure = "a few words why"};

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

/* An action item as it was given, and whether it was noted during the work. */
struct item_given {
	const char *text, *owner, *due, *type;
	bool to_do;
};

static enum status add_item(const struct fold *fold, const struct actor *who, const char *incident, struct item_given given, struct drafts *out, struct error *err)
{
	static const struct input text_input = {.what = "action item", .limit = LINE_BYTES, .cure = "what is to be done"};
	static const struct input owner_input = {.what = "owner", .limit = NAME_BYTES, .cure = "who does it", .optional = true};
	static const struct input word_input = {.what = "due date or type", .limit = 40, .cure = "YYYY-MM-DD", .optional = true};
	const struct incident *target;
	enum status status = need_incident(fold, incident, NEED_OPEN, &target, err);
	if (status == STATUS_OK)
		status = input_text(out, &text_input, given.text, &given.text, err);
	if (status == STATUS_OK)
		status = input_text(out, &owner_input, given.owner, &given.owner, err);
	if (status == STATUS_OK)
		status = input_text(out, &word_input, given.due, &given.due, err);
	if (status == STATUS_OK)
		status = input_text(out, &word_input, given.type, &given.type, err);
	if (status == STATUS_OK)
		status = check_action(given.due, given.type, err);
	if (status == STATUS_OK && target->action_count >= ACTIONS_MAX)
		status = error_set(err, STATUS_LIMIT, "%s: it has %d action items, the most there can be (move some to your tracker)", target->id, ACTIONS_MAX);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_ACTION_ITEM, who, target);
	draft_summary(out, draft, "%s: %s", given.to_do ? "to do after this" : "action item", given.text);
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "text", given.text);
	payload_string(&data, "owner", given.owner);
	payload_string(&data, "due", given.due);
	payload_string(&data, "type", given.type);
	payload_string(&data, "origin", given.to_do ? "to-do" : NULL);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

enum status act_action_item(const struct fold *fold, const struct actor *who, const char *incident, const char *text, const char *owner, const char *due, const char *type, struct drafts *out, struct error *err)
{
	return add_item(fold, who, incident, (struct item_given){text, owner, due, type, false}, out, err);
}

enum status act_to_do(const struct fold *fold, const struct actor *who, const char *incident, const char *text, const char *owner, const char *due, int64_t due_us, struct drafts *out, struct error *err)
{
	char day[TIME_TEXT];
	if (!due && due_us > 0) {
		time_human(day, due_us, 0);
		day[strlen("2026-01-31")] = '\0';
		due = day;
	}
	return add_item(fold, who, incident, (struct item_given){text, owner, due, NULL, true}, out, err);
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
