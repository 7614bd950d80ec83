#include "incident/act_silence.h"

#include "base/text.h"
#include "incident/drafting.h"
#include "incident/payload.h"

#include <string.h>

static void put_act(struct payload *data, const struct silence_act *act)
{
	payload_begin(data);
	payload_string(data, "alertmanager", act->alertmanager);
	payload_string(data, "matchers", act->matchers);
	payload_string(data, "comment", act->comment);
	payload_string(data, "silence", act->silence);
	payload_string(data, "by", act->by);
	if (act->until_us)
		json_put_i64(&data->w, "until_us", act->until_us);
}

static enum status add(const struct fold *fold, const struct actor *who, const char *incident, enum event_kind kind, struct drafts *out, struct draft **draft, struct error *err)
{
	const struct incident *target = NULL;

	if (incident) {
		enum status status = need_incident(fold, incident, NEED_ANY, &target, err);
		if (status != STATUS_OK)
			return status;
	}
	*draft = drafts_add(out, kind, who, target);
	return STATUS_OK;
}

enum status act_silence_asked(const struct fold *fold, const struct actor *who, const char *incident, const struct silence_act *act, struct drafts *out, struct error *err)
{
	char until[TIME_TEXT];
	struct draft *draft;
	struct payload data;
	enum status status = add(fold, who, incident, EVENT_SILENCE_ASKED, out, &draft, err);

	if (status != STATUS_OK)
		return status;
	put_act(&data, act);
	payload_string(&data, "action", act->end ? "end" : "set");
	json_put_i64(&data.w, "alerts", (int64_t)act->alerts);
	payload_end(&data, out, draft);
	if (act->end)
		draft_summary(out, draft, "asks to end silence %s, which covers %zu alerts now", act->silence, act->alerts);
	else
		draft_summary(out, draft, "asks to silence %s until %s, %zu alerts now: %s", act->matchers, time_human(until, act->until_us, 0), act->alerts, act->comment);
	return STATUS_OK;
}

enum status act_silence_done(const struct fold *fold, const struct actor *who, const char *incident, const struct silence_act *act, const char *why, struct drafts *out, struct error *err)
{
	struct draft *draft;
	struct payload data;
	enum status status = add(fold, who, incident, why ? EVENT_SILENCE_FAILED : act->end ? EVENT_SILENCE_ENDED
											    : EVENT_SILENCE_SET,
				 out, &draft, err);

	if (status != STATUS_OK)
		return status;
	put_act(&data, act);
	payload_string(&data, "why", why);
	payload_end(&data, out, draft);
	if (why)
		draft_summary(out, draft, "the silence was not %s: %s", act->end ? "ended" : "set", why);
	else if (act->end)
		draft_summary(out, draft, "silence %s is ended", act->silence);
	else
		draft_summary(out, draft, "silence %s is set: %s", act->silence, act->matchers);
	return STATUS_OK;
}

void act_silence_found(const char *incident, const struct silence_act *act, const char *const *components, int64_t now_us, struct drafts *out)
{
	struct draft *draft = drafts_add_machine(out, EVENT_SILENCE_FOUND, now_us, incident);
	char until[TIME_TEXT];
	struct payload data;
	size_t count = 0;

	put_act(&data, act);
	json_begin_array(&data.w, "components");
	for (; components[count]; count++)
		json_put_string(&data.w, NULL, components[count]);
	json_end_array(&data.w);
	payload_end(&data, out, draft);
	draft_summary(out, draft, "a silence of %s until %s keeps alerts about %s%s quiet: %s", act->by, time_human(until, act->until_us, 0), components[0], count > 1 ? " and others" : "", act->comment);
}

bool silence_was_found(const struct fold *fold, const struct incident *incident, const char *silence)
{
	for (size_t i = 0; i < incident->timeline_count; i++) {
		const struct event *event = fold_event(fold, incident->timeline[i].seq);
		if (event && event->kind == EVENT_SILENCE_FOUND && event->data && strstr(event->data, silence))
			return true;
	}
	return false;
}

void act_annotated(const char *incident, const char *grafana, bool over, int64_t id, const char *why, int64_t now_us, struct drafts *out)
{
	struct draft *draft = drafts_add_machine(out, EVENT_ANNOTATED, now_us, incident);
	struct payload data;

	payload_begin(&data);
	payload_string(&data, "grafana", grafana);
	payload_string(&data, "moment", over ? "over" : "declared");
	payload_string(&data, "why", why[0] ? why : NULL);
	if (id >= 0)
		json_put_i64(&data.w, "id", id);
	payload_end(&data, out, draft);
	if (why[0])
		draft_summary(out, draft, "%s was not annotated: %s", grafana, why);
	else
		draft_summary(out, draft, "annotated in %s %s", grafana, over ? "that it is over" : "where it was declared");
}
