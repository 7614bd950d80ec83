#include "ui/detail.h"

#include "base/mem.h"
#include "base/text.h"
#include "ui/words.h"
#include "world/lane.h"

#include <inttypes.h>
#include <string.h>

static const char *when_text(char dst[TIME_TEXT], const struct ui *ui, int64_t us)
{
	return us ? time_human(dst, us, ui_zone_minutes(ui, us)) : "?";
}

/* --- components ------------------------------------------------------------------- */

static void add_values(struct ui *ui, const struct component *c)
{
	const struct kind_def *kind = kind_def(c->kind);
	for (size_t i = 0; i < kind->value_count; i++) {
		const struct value *value = component_value(c, (int)i);
		char text[256], age[DURATION_TEXT], line[320];
		if (!value)
			continue;
		value_text(text, sizeof(text), &kind->values[i], value);
		/* Nothing to tell: no method is absent, nobody votes. */
		if (text[0] == '\0')
			continue;
		/* Without a time it is no observation: the configuration says so. */
		if (value->at_us)
			text_format(line, sizeof(line), "%s   (%s ago)", text, ago_text(age, ui, value->at_us));
		else
			text_format(line, sizeof(line), "%s   (configured)", text);
		ui_pager_line(ui, ROLE_BASE, 0, kind->values[i].label, line);
	}
}

/* "by hand from 14:03:22Z on, in 3 h: the threshold since its commit is not over" */
static char *manual_text(char *dst, size_t size, const struct ui *ui, const struct lane_message *message)
{
	int64_t now_us = clock_wall_us(watch_clock(ui_watch(ui)));
	char from[TIME_TEXT], wait[DURATION_TEXT];

	if (message->manual == MANUAL_LATER)
		return text_format(dst, size, "by hand from %s on, in %s: %s", when_text(from, ui, message->manual_us), duration_human(wait, message->manual_us - now_us), message->manual_why);
	return text_format(dst, size, "%s: %s", message->manual == MANUAL_NOW ? "by hand now" : "not by hand", message->manual_why);
}

/* What is on its way in a lane, the oldest first, and whether a person may execute it. */
static void add_messages(struct ui *ui, const struct component *c)
{
	size_t count;
	const struct lane_message *messages = lane_messages(c, &count);

	if (count > 0)
		ui_pager_line(ui, ROLE_BASE, 0, NULL, "");
	for (size_t i = 0; i < count; i++) {
		const struct lane_message *m = &messages[i];
		char key[32], line[320], manual[200], sent[DURATION_TEXT], id[2 * sizeof(m->id.bytes) + 3];

		text_format(key, sizeof(key), "message %" PRIu64, m->number);
		text_format(line, sizeof(line), "%s, sent %s ago; %s", transit_name(m->state), ago_text(sent, ui, m->sent_us), manual_text(manual, sizeof(manual), ui, m));
		ui_pager_line(ui, m->state == TRANSIT_FAILED ? ROLE_CRIT : ROLE_BASE, 0, key, line);
		if (m->fault_text)
			ui_pager_line(ui, ROLE_BASE, 0, "", m->fault_text);
		if (m->has_id)
			ui_pager_line(ui, ROLE_DIM, 0, "", hex_text(id, sizeof(id), m->id.bytes, sizeof(m->id.bytes), true));
	}
}

enum status detail_component(struct ui *ui, const char *id, struct error *err)
{
	const struct component *c = world_find(watch_world(ui_watch(ui)), id);
	char text[160], since[DURATION_TEXT], age[DURATION_TEXT], when[TIME_TEXT];
	if (!c)
		return error_set(err, STATUS_NOT_FOUND, "%s: not watched now (it was recorded under another configuration)", id);
	struct word word = component_word(c);
	const struct component *partner = world_partner(c);
	ui_pager_open(ui, text_format(text, sizeof(text), "%s %s", kind_name(c->kind), c->name));
	text_format(text, sizeof(text), "%s for %s, since %s", word.text, ago_text(since, ui, c->since_us), when_text(when, ui, c->since_us));
	ui_pager_line(ui, word.role, role_weight(word.role), "state", text);
	ui_pager_line(ui, ROLE_BASE, 0, "because", c->reason);
	if (c->symptom != SYMPTOM_NONE) {
		char rule[240];
		ui_pager_line(ui, ROLE_DIM, 0, "rule", text_format(rule, sizeof(rule), "%s: %s", symptom_name(c->symptom), symptom_rule(c->symptom)));
	}
	ui_pager_line(ui, ROLE_BASE, 0, "source", c->source);
	text_format(text, sizeof(text), "%s ago", ago_text(age, ui, c->seen_us));
	ui_pager_line(ui, c->seen_us ? ROLE_BASE : ROLE_UNKNOWN, 0, "last answer", c->seen_us ? text : "never");
	ui_pager_line(ui, ROLE_DIM, 0, "id", c->id);
	if (partner)
		ui_pager_line(ui, ROLE_BASE, 0, c->kind == KIND_NODE ? "validator" : "node", partner->name);
	for (size_t slot = 0; slot < RELATED_MAX; slot++) {
		char called[CALLED_TEXT];
		if (component_related(c, slot))
			ui_pager_line(ui, ROLE_BASE, 0, "belongs to", component_called(called, ui, component_related(c, slot)));
	}
	ui_pager_line(ui, ROLE_BASE, 0, NULL, "");
	add_values(ui, c);
	add_messages(ui, c);
	return STATUS_OK;
}

/* --- proposals --------------------------------------------------------------------- */

enum {
	NAMED_MOST = 12, /* components with a line of their own, unless all have */
	NAMED_FIRST = 8, /* of more of them */
	REASONS_MOST = 4,
};

static const char *reason_of(const struct ui *ui, const char *id)
{
	const struct component *c = world_find(watch_world(ui_watch(ui)), id);
	return c ? c->reason : "not watched now";
}

/* Hundreds rarely have more than one reason: how many have which. */
static void add_reasons(struct ui *ui, char (*const ids)[96], size_t count, enum role role)
{
	struct {
		const char *text;
		size_t count;
	} reasons[REASONS_MOST] = {{NULL, 0}};
	size_t known = 0, others = 0;
	char line[320];
	for (size_t i = 0; i < count; i++) {
		const char *reason = reason_of(ui, ids[i]);
		size_t at = 0;
		while (at < known && strcmp(reasons[at].text, reason) != 0)
			at++;
		if (at == REASONS_MOST) {
			others++;
			continue;
		}
		known = at == known ? at + 1 : known;
		reasons[at].text = reason;
		reasons[at].count++;
	}
	for (size_t i = 0; i < known; i++)
		ui_pager_line(ui, role, 0, "", text_format(line, sizeof(line), reasons[i].count > 1 ? "and %zu more, all %s" : "and %zu more, %s", reasons[i].count, reasons[i].text));
	if (others > 0)
		ui_pager_line(ui, role, 0, "", text_format(line, sizeof(line), "and %zu more for other reasons (the board has them all)", others));
}

static void add_ids(struct ui *ui, const char *key, char (*const ids)[96], size_t count, enum role role)
{
	size_t named = count > NAMED_MOST ? NAMED_FIRST : count;
	for (size_t i = 0; i < named; i++) {
		char line[320], name[CALLED_TEXT];
		text_format(line, sizeof(line), "%s: %s", component_called(name, ui, ids[i]), reason_of(ui, ids[i]));
		ui_pager_line(ui, role, 0, i == 0 ? key : "", line);
	}
	add_reasons(ui, ids + named, count - named, role);
}

/* What speaks for it, before the list of all that is sick: that may be long. */
static void add_evidence(struct ui *ui, const struct proposal *p)
{
	char when[TIME_TEXT], line[256];
	for (size_t i = 0; i < p->evidence_count; i++) {
		time_of_day(when, p->evidence[i].at_us, ui_zone_minutes(ui, p->evidence[i].at_us));
		ui_pager_line(ui, ROLE_BASE, 0, i == 0 ? "evidence" : "", text_format(line, sizeof(line), "%s  %s", when, p->evidence[i].text));
	}
	/* Of very many that are sick only the first have a line among the evidence. */
	if (p->component_count > p->evidence_count)
		ui_pager_line(ui, ROLE_BASE, 0, "", text_format(line, sizeof(line), "of %zu that are sick the first have a line here", p->component_count));
}

static void add_thinking(struct ui *ui, const struct proposal *p)
{
	add_evidence(ui, p);
	add_ids(ui, "sick", p->components, p->component_count, ROLE_BASE);
	add_ids(ui, "consequences", p->consequences, p->consequence_count, ROLE_DIM);
	for (size_t i = 0; i < p->refuted_count; i++)
		ui_pager_line(ui, ROLE_DIM, 0, i == 0 ? "ruled out" : "", p->refuted[i]);
	if (p->confirm)
		ui_pager_line(ui, ROLE_DIM, 0, "would confirm", p->confirm);
	if (p->refute)
		ui_pager_line(ui, ROLE_DIM, 0, "would refute", p->refute);
}

enum status detail_proposal(struct ui *ui, const char *key, struct error *err)
{
	const struct proposal *p = proposals_find(watch_proposals(ui_watch(ui)), key);
	const struct open_proposal *known = fold_proposal(watch_fold(ui_watch(ui)), key, NULL);
	char line[320], when[TIME_TEXT], age[DURATION_TEXT];
	if (!p && !known)
		return error_set(err, STATUS_NOT_FOUND, "%s: it is over (the timeline has it)", key);
	ui_pager_open(ui, p ? p->title : known->title);
	enum severity severity = p ? p->severity : known->severity;
	text_format(line, sizeof(line), "%s by rule %s: %s", severity_name(severity), p ? p->rule : known->rule, p ? p->reason : known->reason);
	ui_pager_line(ui, severity_role(severity), ATTR_BOLD, "severity", line);
	int64_t since_us = p ? p->since_us : known->since_us;
	text_format(line, sizeof(line), "%s, %s ago", when_text(when, ui, since_us), ago_text(age, ui, since_us));
	ui_pager_line(ui, ROLE_BASE, 0, "first symptom", line);
	const struct cause_def *cause = cause_def(p ? p->cause : known->cause);
	text_format(line, sizeof(line), "%s%s%s", cause->name, p ? ", " : "", p ? confidence_name(p->confidence) : "");
	ui_pager_line(ui, ROLE_BASE, 0, "cause", line);
	ui_pager_line(ui, ROLE_BASE, 0, "runbook", cause->runbook ? cause->runbook : "none fits");
	ui_pager_line(ui, ROLE_BASE, 0, NULL, "");
	if (p)
		add_thinking(ui, p);
	else
		add_ids(ui, "sick", known->components, known->component_count, ROLE_BASE);
	ui_pager_line(ui, ROLE_BASE, 0, NULL, "");
	char text[200], declare[PRESS_TEXT], dismiss[PRESS_TEXT], attach[PRESS_TEXT];
	text_format(text, sizeof(text), "Esc, then %s declares it, %s dismisses it, %s attaches it to an open incident.", ui_press(declare, ui, "declare"), ui_press(dismiss, ui, "dismiss"), ui_press(attach, ui, "attach"));
	ui_pager_line(ui, ROLE_DIM, 0, NULL, text);
	return STATUS_OK;
}

/* --- events -------------------------------------------------------------------------- */

static void add_origin(struct ui *ui, const struct event *event)
{
	const struct {
		const char *key, *text;
	} lines[] = {{"kind", event->kind_name}, {"incident", event->incident}, {"by", event->actor}, {"as", event->role}, {"source", event->source}, {"visibility", event->visibility}, {"refers to", event->refs}};
	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
		if (lines[i].text && lines[i].text[0] && strcmp(lines[i].text, "[]") != 0)
			ui_pager_line(ui, ROLE_BASE, 0, lines[i].key, lines[i].text);
	}
}

static void add_hashes(struct ui *ui, const struct event *event)
{
	const struct {
		const char *key;
		const struct hash256 *hash;
	} lines[] = {{"hash", &event->hash}, {"before it", &event->prev_hash}, {"content", &event->content_hash}};
	char text[SHA256_TEXT];
	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
		ui_pager_line(ui, ROLE_DIM, 0, lines[i].key, sha256_text(text, lines[i].hash));
	ui_pager_line(ui, ROLE_DIM, 0, "id", event->id);
}

enum status detail_event(struct ui *ui, const char *id, struct error *err)
{
	uint64_t seq;
	struct event_view view;
	char when[TIME_TEXT], text[120];
	const struct event *event = decimal_u64(id, &seq) ? fold_event(watch_fold(ui_watch(ui)), seq) : NULL;
	if (!event)
		return error_set(err, STATUS_NOT_FOUND, "event %s: there is none (the timeline shows the numbers)", id);
	bool stands = fold_view(watch_fold(ui_watch(ui)), event, &view);
	ui_pager_open(ui, text_format(text, sizeof(text), "Event %llu", (unsigned long long)seq));
	ui_pager_line(ui, ROLE_TITLE, ATTR_BOLD, NULL, view.summary);
	if (!stands || view.amended || view.redacted)
		ui_pager_line(ui, ROLE_WARN, 0, NULL, !stands ? "It was taken back by a later event." : view.redacted ? "Its content was redacted; the chain still holds its hash."
														      : "It was corrected by a later event.");
	ui_pager_line(ui, ROLE_BASE, 0, NULL, "");
	ui_pager_line(ui, ROLE_BASE, 0, "happened", when_text(when, ui, view.occurred_us));
	ui_pager_line(ui, ROLE_BASE, 0, "recorded", when_text(when, ui, event->recorded_us));
	add_origin(ui, event);
	if (view.body[0]) {
		ui_pager_line(ui, ROLE_BASE, 0, NULL, "");
		ui_pager_text(ui, ROLE_BASE, view.body);
	}
	ui_pager_line(ui, ROLE_BASE, 0, NULL, "");
	if (!view.redacted && event->data && strcmp(event->data, "{}") != 0)
		ui_pager_line(ui, ROLE_DIM, 0, "data", event->data);
	add_hashes(ui, event);
	return STATUS_OK;
}
