/* From events to incidents. Each kind that changes what we know has one function,
 * rule_*, and one row in `rules`; everything else only stands in the timeline. */
#include "incident/fold.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/fold_state.h"
#include "incident/payload.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- names --------------------------------------------------------------------- */

static const struct {
	const char *name, *title;
} stage_names[STAGE_COUNT] = {
	[STAGE_DETECT] = {"detect", "Detect"},
	[STAGE_TRIAGE] = {"triage", "Triage"},
	[STAGE_RESPOND] = {"respond", "Respond"},
	[STAGE_RESOLVE] = {"resolve", "Resolve"},
	[STAGE_REVIEW] = {"review", "Review"},
	[STAGE_CLOSED] = {"closed", "Closed"},
};

static const struct {
	const char *name, *title;
} section_names[SECTION_COUNT] = {
	[SECTION_INCIDENT] = {"incident", "Incident"},
	[SECTION_TIMELINE] = {"timeline", "Timeline"},
	[SECTION_ROOT_CAUSE] = {"root-cause", "Root Cause"},
	[SECTION_IMPACT] = {"impact", "Impact"},
	[SECTION_RESOLUTION] = {"resolution", "Resolution"},
	[SECTION_LESSONS] = {"lessons-learned", "Lessons Learned"},
	[SECTION_ACTIONS] = {"action-items", "Action Items"},
};

const char *stage_name(enum stage stage)
{
	return (unsigned)stage < STAGE_COUNT ? stage_names[stage].name : "?";
}

const char *stage_title(enum stage stage)
{
	return (unsigned)stage < STAGE_COUNT ? stage_names[stage].title : "?";
}

bool stage_parse(const char *text, enum stage *out)
{
	for (unsigned i = 0; text && i < STAGE_COUNT; i++) {
		if (strcasecmp(text, stage_names[i].name) == 0) {
			*out = (enum stage)i;
			return true;
		}
	}
	return false;
}

const char *section_name(enum section section)
{
	return (unsigned)section < SECTION_COUNT ? section_names[section].name : "?";
}

const char *section_title(enum section section)
{
	return (unsigned)section < SECTION_COUNT ? section_names[section].title : "?";
}

bool section_parse(const char *text, enum section *out)
{
	size_t len = text ? strlen(text) : 0;
	for (unsigned i = 0; len >= 3 && i < SECTION_COUNT; i++) {
		if (strncasecmp(text, section_names[i].name, len) == 0 || strcasecmp(text, section_names[i].title) == 0) {
			*out = (enum section)i;
			return true;
		}
	}
	return false;
}

/* --- the rules ---------------------------------------------------------------------------- */

static const struct {
	void (*apply)(struct incoming *in);
	bool of_incident; /* only for events of a declared incident */
} rules[EVENT_KIND_COUNT] = {
	[EVENT_RECORD_OPENED] = {rule_record_opened, false},
	[EVENT_PROBE_CHANGE] = {rule_probe_change, false},
	[EVENT_DETECTOR_PROPOSED] = {rule_detector_proposed, false},
	[EVENT_DETECTOR_CHANGED] = {rule_detector_changed, false},
	[EVENT_DETECTOR_CLEARED] = {rule_detector_cleared, false},
	[EVENT_PROPOSAL_DISMISSED] = {rule_proposal_dismissed, false},
	[EVENT_PROPOSAL_ATTACHED] = {rule_proposal_attached, true},
	[EVENT_REPORT_RECEIVED] = {rule_report, false},
	[EVENT_INCIDENT_DECLARED] = {rule_declared, false},
	[EVENT_INCIDENT_SEVERITY] = {rule_severity, true},
	[EVENT_INCIDENT_TITLE] = {rule_title, true},
	[EVENT_INCIDENT_STAGE] = {rule_stage, true},
	[EVENT_INCIDENT_COMPONENTS] = {rule_components, true},
	[EVENT_INCIDENT_IMPACT] = {rule_impact, true},
	[EVENT_INCIDENT_RUNBOOK] = {rule_runbook, true},
	[EVENT_INCIDENT_CLOSED] = {rule_closed, true},
	[EVENT_INCIDENT_REOPENED] = {rule_reopened, true},
	[EVENT_INCIDENT_MERGED] = {rule_merged, true},
	[EVENT_ROLE_ASSUMED] = {rule_role, true},
	[EVENT_ROLE_RENOUNCED] = {rule_role, true},
	[EVENT_ROLE_OFFERED] = {rule_offered, true},
	[EVENT_ROLE_DECLINED] = {rule_declined, true},
	[EVENT_TASK_OPENED] = {rule_task_opened, true},
	[EVENT_TASK_ASSIGNED] = {rule_task, true},
	[EVENT_TASK_DONE] = {rule_task, true},
	[EVENT_TASK_CANCELLED] = {rule_task, true},
	[EVENT_DECISION] = {rule_decision, true},
	[EVENT_FINDING] = {rule_finding, true},
	[EVENT_HYPOTHESIS_OPENED] = {rule_hypothesis_opened, true},
	[EVENT_HYPOTHESIS_CONFIRMED] = {rule_hypothesis, true},
	[EVENT_HYPOTHESIS_REFUTED] = {rule_hypothesis, true},
	[EVENT_ESCALATION_REQUESTED] = {rule_escalation_requested, true},
	[EVENT_ESCALATION_SENT] = {rule_escalation, true},
	[EVENT_ESCALATION_FAILED] = {rule_escalation, true},
	[EVENT_ESCALATION_ACKNOWLEDGED] = {rule_escalation, true},
	[EVENT_ESCALATION_LAPSED] = {rule_escalation, true},
	[EVENT_CLOCK_DUE] = {rule_clock_due, true},
	[EVENT_CLOCK_SNOOZED] = {rule_clock_snoozed, true},
	[EVENT_CLOCK_STEP] = {rule_clock_step, false},
	[EVENT_NOTE] = {rule_note, true},
	[EVENT_EVIDENCE_ATTACHED] = {rule_evidence, true},
	[EVENT_STEP_DONE] = {rule_step, true},
	[EVENT_STEP_SKIPPED] = {rule_step, true},
	[EVENT_STEP_NOTED] = {rule_step, true},
	[EVENT_STEP_STARTED] = {rule_step, true},
	[EVENT_STEP_RAN] = {rule_step, true},
	[EVENT_STEP_DEVIATED] = {rule_step, true},
	[EVENT_STEP_OBSERVED] = {rule_step, true},
	[EVENT_STEP_VERIFIED] = {rule_step, true},
	[EVENT_APPROVAL_ASKED] = {rule_approval, true},
	[EVENT_APPROVAL_GIVEN] = {rule_approval, true},
	[EVENT_APPROVAL_REFUSED] = {rule_approval, true},
	[EVENT_GLASS_BROKEN] = {rule_approval, true},
	[EVENT_CHECK_PASSED] = {rule_check, true},
	[EVENT_CHECK_FAILED] = {rule_check, true},
	[EVENT_CHECK_OVERRIDDEN] = {rule_check_overridden, true},
	[EVENT_REVIEW_SECTION] = {rule_section, true},
	[EVENT_ACTION_ITEM] = {rule_action_item, true},
	[EVENT_UPDATE_DRAFTED] = {rule_update_drafted, true},
	[EVENT_UPDATE_DISCARDED] = {rule_update_discarded, true},
	[EVENT_UPDATE_APPROVED] = {rule_update_approved, true},
	[EVENT_UPDATE_QUEUED] = {rule_update_queued, true},
	[EVENT_UPDATE_ATTEMPTED] = {rule_message, true},
	[EVENT_UPDATE_SENT] = {rule_message, true},
	[EVENT_UPDATE_FAILED] = {rule_message, true},
	[EVENT_UPDATE_UNKNOWN] = {rule_message, true},
	[EVENT_UPDATE_RESENT] = {rule_message_choice, true},
	[EVENT_UPDATE_ARRIVED] = {rule_message_choice, true},
	[EVENT_UPDATE_WITHDRAWN] = {rule_message_choice, true},
	[EVENT_UPDATE_ANSWERED] = {rule_message_choice, true},
	[EVENT_AMENDED] = {rule_amended, false},
	[EVENT_RETRACTED] = {rule_retracted, false},
	[EVENT_REDACTED] = {rule_redacted, false},
};

/* The one place where what a record says is made safe for every reader after it. */
static void clean_event(struct event *event)
{
	char **lines[] = {&event->incident, &event->kind_name, &event->precision, &event->boot, &event->actor, &event->role, &event->source, &event->visibility, &event->summary};
	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
		char *text = *lines[i];
		if (!text || text_is_clean(text, strlen(text)))
			continue;
		char clean[1024];
		copy_clean(clean, sizeof(clean), text);
		mem_set(lines[i], clean);
	}
	if (event->body && event->body[0]) {
		char *body = clean_lines(event->body);
		free(event->body);
		event->body = body;
	}
}

/* Most words of an event are those of many others, and are kept once; a record with more
 * different ones than this is unusual, and only takes more memory. */
enum {
	WORDS_MAX = 4096,
	OWN_TEXTS = 12,
};

/* The one copy of this text, NULL when it gets none. */
static char *shared_word(struct fold *fold, const char *text)
{
	char *known = keymap_find(&fold->words, text);
	if (known || fold->words.count >= WORDS_MAX)
		return known;
	known = xstrdup(text);
	*keymap_at(&fold->words, text) = known;
	return known;
}

/* Moves the event into the cell: what is shared with others as such, all else in one
 * piece of memory. A long record has a million of them. */
static void pack_event(struct fold *fold, struct cell *cell, struct event *event)
{
	struct event *e = &cell->event;
	char **often[] = {&e->incident, &e->kind_name, &e->precision, &e->boot, &e->actor, &e->role, &e->source, &e->refs, &e->visibility};
	char **rest[] = {&e->summary, &e->body, &e->data}, **own[OWN_TEXTS];
	size_t count = 0, bytes = 0;
	*e = *event;
	for (size_t i = 0; i < ARRAY_LENGTH(often); i++) {
		char *shared = *often[i] ? shared_word(fold, *often[i]) : NULL;
		if (*often[i] && !shared)
			own[count++] = often[i];
		else
			*often[i] = shared;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(rest); i++)
		if (*rest[i])
			own[count++] = rest[i];
	for (size_t i = 0; i < count; i++)
		bytes += strlen(*own[i]) + 1;
	cell->texts = xmalloc(bytes ? bytes : 1);
	char *at = cell->texts;
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(*own[i]) + 1;
		*own[i] = memcpy(at, *own[i], size);
		at += size;
	}
	event_free(event);
}

static size_t add_event(struct fold *fold, const struct event *event)
{
	struct event clean;
	if (fold->count == fold->block_count * BLOCK_CELLS) {
		fold->blocks = mem_grow(fold->blocks, &fold->block_capacity, fold->block_count, sizeof(*fold->blocks));
		fold->blocks[fold->block_count++] = xcalloc(BLOCK_CELLS, sizeof(struct cell));
	}
	size_t index = fold->count++;
	event_copy(&clean, event);
	clean_event(&clean);
	pack_event(fold, fold_cell(fold, index), &clean);
	return index;
}

static void apply_rule(struct incoming *in)
{
	struct json *data = NULL;
	if (in->event->data && in->event->data[0])
		data = json_parse(in->event->data, strlen(in->event->data), PAYLOAD_TREE_BYTES, NULL);
	in->data = json_is_object(data) ? data : NULL;
	rules[in->event->kind].apply(in);
	if (in->incident)
		room_heard(in);
	in->data = NULL;
	json_free(data);
}

void fold_apply(struct fold *fold, const struct event *event)
{
	if (fold->count > 0 && event->seq <= fold_cell(fold, fold->count - 1)->event.seq)
		return;
	struct incoming in = {.fold = fold};
	in.index = add_event(fold, event);
	in.event = &fold_cell(fold, in.index)->event;
	in.incident = fold_incident_state(fold, incident_number(in.event->incident));
	if (in.incident)
		incident_own(in.incident, in.index);
	if ((unsigned)in.event->kind >= EVENT_KIND_COUNT || !rules[in.event->kind].apply)
		return;
	if (in.incident || !rules[in.event->kind].of_incident)
		apply_rule(&in);
}

/* --- life ------------------------------------------------------------------------------------ */

struct fold *fold_new(void)
{
	struct fold *fold = xcalloc(1, sizeof(*fold));
	fold->listings = xcalloc(1, sizeof(*fold->listings));
	return fold;
}

static void free_incident(struct incident_state *state)
{
	struct incident *pub = &state->pub;
	incident_forget_work(pub);
	incident_forget_updates(pub);
	for (size_t i = 0; i < pub->action_count; i++)
		free(pub->actions[i].text);
	for (size_t i = 0; i < SECTION_COUNT; i++)
		free(pub->sections[i]);
	free(pub->components);
	free(pub->impact);
	free(pub->checks);
	free(pub->actions);
	room_free(pub);
	free(pub->timeline);
	free(state->own);
	free(state);
}

static void free_signals(void *value)
{
	struct signal_list *list = value;
	if (list)
		free(list->items);
	free(list);
}

static void free_proposal(void *value)
{
	struct proposal_state *proposal = value;
	if (proposal)
		free(proposal->pub.components);
	free(proposal);
}

static void free_events(struct fold *fold)
{
	for (size_t i = 0; i < fold->count; i++) {
		struct cell *cell = fold_cell(fold, i);
		free(cell->texts);
		if (cell->correction) {
			free(cell->correction->summary);
			free(cell->correction->body);
			free(cell->correction);
		}
	}
	for (size_t i = 0; i < fold->block_count; i++)
		free(fold->blocks[i]);
	free(fold->blocks);
}

void fold_free(struct fold *fold)
{
	if (!fold)
		return;
	for (size_t i = 0; i < fold->incident_count; i++)
		free_incident(fold->incidents[i]);
	free(fold->incidents);
	keymap_free(&fold->words, free);
	keymap_free(&fold->components, free_signals);
	keymap_free(&fold->proposals, free_proposal);
	free_events(fold);
	free(fold->listings->active);
	free(fold->listings->waiting);
	free(fold->listings->reports);
	free(fold->listings);
	free(fold);
}

/* --- asking ------------------------------------------------------------------------------------- */

bool incident_is_open(const struct incident *incident)
{
	return incident->stage != STAGE_CLOSED && !incident->merged;
}

size_t fold_incident_count(const struct fold *fold)
{
	return fold->incident_count;
}

static const struct incident *refreshed(const struct fold *fold, struct incident_state *state)
{
	if (!state)
		return NULL;
	timeline_refresh(fold, state);
	return &state->pub;
}

const struct incident *fold_incident_at(const struct fold *fold, size_t i)
{
	return refreshed(fold, i < fold->incident_count ? fold->incidents[i] : NULL);
}

const struct incident *fold_incident(const struct fold *fold, const char *id)
{
	return refreshed(fold, fold_incident_state(fold, incident_number(id)));
}

const struct incident *fold_current(const struct fold *fold)
{
	struct incident_state *worst = NULL;
	for (size_t i = 0; i < fold->incident_count; i++) {
		struct incident_state *state = fold->incidents[i];
		if (incident_is_open(&state->pub) && (!worst || state->pub.severity < worst->pub.severity))
			worst = state;
	}
	return refreshed(fold, worst);
}

const struct incident *fold_closed_since(const struct fold *fold, const char *proposal_key, int64_t since_us)
{
	struct incident_state *last = NULL;
	for (size_t i = 0; i < fold->incident_count; i++) {
		struct incident_state *state = fold->incidents[i];
		if (state->pub.stage != STAGE_CLOSED || state->pub.merged || strcmp(state->pub.proposal_key, proposal_key) != 0)
			continue;
		if (state->pub.anchors.closed_us >= since_us && (!last || state->pub.anchors.closed_us > last->pub.anchors.closed_us))
			last = state;
	}
	return refreshed(fold, last);
}

static int compare_proposals(const void *a, const void *b)
{
	const struct proposal_state *x = *(struct proposal_state *const *)a, *y = *(struct proposal_state *const *)b;
	if (x->pub.severity != y->pub.severity)
		return x->pub.severity < y->pub.severity ? -1 : 1;
	if (x->pub.since_us != y->pub.since_us)
		return x->pub.since_us < y->pub.since_us ? -1 : 1;
	return strcmp(x->pub.key, y->pub.key);
}

static void list_proposals(const struct fold *fold)
{
	struct listings *l = fold->listings;
	if (!l->proposals_stale)
		return;
	l->proposals_stale = false;
	l->active_count = 0;
	l->waiting_count = 0;
	for (size_t i = 0; i < fold->proposals.capacity; i++) {
		struct proposal_state *proposal = fold->proposals.slots[i].value;
		if (!proposal || !proposal->active)
			continue;
		l->active = mem_grow(l->active, &l->active_capacity, l->active_count, sizeof(struct proposal_state *));
		l->active[l->active_count++] = proposal;
		if (proposal->answer != ANSWER_NONE)
			continue;
		l->waiting = mem_grow(l->waiting, &l->waiting_capacity, l->waiting_count, sizeof(struct proposal_state *));
		l->waiting[l->waiting_count++] = proposal;
	}
	/* By key where all else is equal, so that the order never depends on the map. */
	if (l->active_count > 1)
		qsort(l->active, l->active_count, sizeof(struct proposal_state *), compare_proposals);
	if (l->waiting_count > 1)
		qsort(l->waiting, l->waiting_count, sizeof(struct proposal_state *), compare_proposals);
}

size_t fold_proposal_count(const struct fold *fold)
{
	list_proposals(fold);
	return fold->listings->waiting_count;
}

const struct open_proposal *fold_proposal_at(const struct fold *fold, size_t i)
{
	list_proposals(fold);
	return i < fold->listings->waiting_count ? &fold->listings->waiting[i]->pub : NULL;
}

size_t fold_active_count(const struct fold *fold)
{
	list_proposals(fold);
	return fold->listings->active_count;
}

const struct open_proposal *fold_active_at(const struct fold *fold, size_t i)
{
	list_proposals(fold);
	return i < fold->listings->active_count ? &fold->listings->active[i]->pub : NULL;
}

const struct open_proposal *fold_proposal(const struct fold *fold, const char *key, const struct incident **incident)
{
	const struct proposal_state *proposal = key ? keymap_find(&fold->proposals, key) : NULL;
	const struct incident_state *taker = proposal ? proposal_taker(fold, proposal) : NULL;
	if (incident)
		*incident = taker ? &taker->pub : NULL;
	return proposal && proposal->active ? &proposal->pub : NULL;
}

static void list_reports(const struct fold *fold)
{
	struct listings *l = fold->listings;
	if (!l->reports_stale)
		return;
	l->reports_stale = false;
	size_t kept = 0;
	for (size_t i = 0; i < l->report_count; i++) {
		if (!l->reports[i].attached)
			l->reports[kept++] = l->reports[i];
	}
	l->report_count = kept;
}

size_t fold_report_count(const struct fold *fold)
{
	list_reports(fold);
	return fold->listings->report_count;
}

const struct report_row *fold_report_at(const struct fold *fold, size_t i)
{
	list_reports(fold);
	return i < fold->listings->report_count ? &fold->listings->reports[i] : NULL;
}

bool fold_is_drill(const struct fold *fold)
{
	return fold->drill;
}
