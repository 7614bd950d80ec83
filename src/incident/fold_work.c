/* The work on an incident: checks, notes and the review. */
#include "incident/fold_state.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/payload.h"

#include <stdlib.h>
#include <string.h>

/* --- checks --------------------------------------------------------------------------- */

static struct check_record *check_at(struct incident_state *state, const char *name)
{
	struct incident *pub = &state->pub;
	char clean[sizeof(pub->checks->name)];
	copy_clean(clean, sizeof(clean), name);
	for (size_t i = 0; i < pub->check_count; i++) {
		if (strcmp(pub->checks[i].name, clean) == 0)
			return &pub->checks[i];
	}
	if (!clean[0] || pub->check_count >= CHECKS_MAX)
		return NULL;
	pub->checks = mem_grow(pub->checks, &state->check_capacity, pub->check_count, sizeof(*pub->checks));
	struct check_record *check = &pub->checks[pub->check_count++];
	*check = (struct check_record){0};
	memcpy(check->name, clean, sizeof(clean));
	return check;
}

void rule_check(struct incoming *in)
{
	struct check_record *check = check_at(in->incident, incoming_string(in, "check"));
	if (!check)
		return;
	check->passed = in->event->kind == EVENT_CHECK_PASSED;
	check->overridden = false;
	check->at_us = in->event->occurred_us;
	incoming_text(in, "detail", check->detail, sizeof(check->detail));
	int64_t total;
	if (incoming_i64(in, "total", &total) && total > 0 && total <= CHECKS_MAX)
		in->incident->pub.check_total = (size_t)total;
}

void rule_check_overridden(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	const char *name = incoming_string(in, "check");
	if (!name)
		return;
	bool all = strcmp(name, "all") == 0;
	for (size_t i = 0; i < pub->check_count; i++) {
		if (!pub->checks[i].passed && (all || strcmp(pub->checks[i].name, name) == 0))
			pub->checks[i].overridden = true;
	}
	pub->overridden |= all;
}

/* --- notes and review ------------------------------------------------------------------ */

void rule_note(struct incoming *in)
{
	in->incident->pub.note_count++;
}

void rule_evidence(struct incoming *in)
{
	in->incident->pub.evidence_count++;
}

void rule_section(struct incoming *in)
{
	enum section section;
	if (!section_parse(incoming_string(in, "section"), &section))
		return;
	char **text = &in->incident->pub.sections[section];
	free(*text);
	*text = in->event->body && in->event->body[0] ? xstrdup(in->event->body) : NULL;
}

void rule_action_item(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	const char *said = incoming_string(in, "text");
	if (!said || !said[0])
		return;
	char *text = first_line(said);
	struct action_item *item = NULL;
	/* The same text again completes the item that is there. */
	for (size_t i = 0; i < pub->action_count && !item; i++) {
		if (strcmp(pub->actions[i].text, text) == 0)
			item = &pub->actions[i];
	}
	if (item || pub->action_count >= ACTIONS_MAX) {
		free(text);
	} else {
		pub->actions = mem_grow(pub->actions, &in->incident->action_capacity, pub->action_count, sizeof(*pub->actions));
		item = &pub->actions[pub->action_count++];
		*item = (struct action_item){.seq = in->event->seq, .text = text};
	}
	if (!item)
		return;
	if (incoming_string(in, "owner"))
		incoming_text(in, "owner", item->owner, sizeof(item->owner));
	if (incoming_string(in, "due"))
		incoming_text(in, "due", item->due, sizeof(item->due));
	if (incoming_string(in, "type"))
		incoming_text(in, "type", item->type, sizeof(item->type));
	const char *origin = incoming_string(in, "origin");
	item->to_do |= origin && strcmp(origin, "to-do") == 0;
}
