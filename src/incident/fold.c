/* From events to incidents. Each kind that changes what we know has one function
 * below and one row in `rules`; everything else only stands in the timeline. */
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

/* --- reading data --------------------------------------------------------------- */

/* One event on its way in. */
struct incoming {
	struct fold *fold;
	size_t index;
	const struct event *event;
	const struct json *data;           /* NULL: none, or it makes no sense */
	struct incident_state *incident;   /* NULL: none, or not declared */
};

static const char *get_string(const struct incoming *in, const char *key)
{
	return json_string(json_get(in->data, key));
}

static void get_text(const struct incoming *in, const char *key, char *dst, size_t size)
{
	copy_clean(dst, size, get_string(in, key));
}

static bool get_i64(const struct incoming *in, const char *key, int64_t *out)
{
	return json_i64(json_get(in->data, key), out);
}

static bool get_bool(const struct incoming *in, const char *key)
{
	bool value = false;
	return json_bool(json_get(in->data, key), &value) && value;
}

static bool has_component(char (*components)[96], size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(components[i], id) == 0)
			return true;
	}
	return false;
}

static void add_component(char (**components)[96], size_t *count, size_t *capacity, const char *id)
{
	char clean[96];
	copy_clean(clean, sizeof(clean), id);
	if (clean[0] == '\0' || *count >= COMPONENTS_MAX || has_component(*components, *count, clean))
		return;
	*components = mem_grow(*components, capacity, *count, sizeof(**components));
	memcpy((*components)[(*count)++], clean, sizeof(clean));
}

/* Replaces a list of components by the one in the data; false when there is none. */
static bool get_components(const struct incoming *in, char (**components)[96], size_t *count, size_t *capacity)
{
	const struct json *list = json_get(in->data, "components");
	if (!json_is_array(list))
		return false;
	*count = 0;
	for (const struct json *item = json_first(list); item; item = json_next(item))
		add_component(components, count, capacity, json_string(item));
	return true;
}

static enum severity get_severity(const struct incoming *in)
{
	enum severity severity;
	const char *text = get_string(in, "severity");
	return text && severity_parse(text, &severity) ? severity : SEVERITY_UNSET;
}

/* --- machines ------------------------------------------------------------------- */

static void on_probe_change(struct incoming *in)
{
	char id[96];
	get_text(in, "component", id, sizeof(id));
	if (id[0])
		timeline_signal(in->fold, id, in->index);
}

static void on_detector_any(struct incoming *in)
{
	const struct json *list = json_get(in->data, "components");
	size_t count = 0;
	for (const struct json *item = json_first(list); item && count < COMPONENTS_MAX; item = json_next(item), count++) {
		char id[96];
		copy_clean(id, sizeof(id), json_string(item));
		if (id[0])
			timeline_signal(in->fold, id, in->index);
	}
}

static struct proposal_state *find_proposal(const struct incoming *in)
{
	char key[128];
	get_text(in, "key", key, sizeof(key));
	return key[0] ? keymap_find(&in->fold->proposals, key) : NULL;
}

static const struct incident_state *open_taker(const struct fold *fold, const struct proposal_state *proposal)
{
	if (proposal->answer != ANSWER_TAKEN)
		return NULL;
	const struct incident_state *taker = fold_incident_state(fold, proposal->incident);
	return taker && incident_is_open(&taker->pub) ? taker : NULL;
}

static void read_proposal(const struct incoming *in, struct proposal_state *proposal)
{
	struct open_proposal *pub = &proposal->pub;
	const char *cause = get_string(in, "cause");
	pub->cause = cause ? cause_parse(cause) : CAUSE_NONE;
	pub->severity = get_severity(in);
	get_text(in, "title", pub->title, sizeof(pub->title));
	get_text(in, "rule", pub->rule, sizeof(pub->rule));
	get_text(in, "reason", pub->reason, sizeof(pub->reason));
	if (!get_i64(in, "since_us", &pub->since_us))
		pub->since_us = in->event->occurred_us;
	(void)get_components(in, &pub->components, &pub->component_count, &proposal->component_capacity);
	in->fold->listings->proposals_stale = true;
}

static void on_detector_proposed(struct incoming *in)
{
	char key[128];
	get_text(in, "key", key, sizeof(key));
	on_detector_any(in);
	if (!key[0])
		return;
	void **at = keymap_at(&in->fold->proposals, key);
	if (!*at)
		*at = xcalloc(1, sizeof(struct proposal_state));
	struct proposal_state *proposal = *at;
	/* A fault that comes back after its incident was closed is a new one. */
	if (proposal->answer == ANSWER_TAKEN && !open_taker(in->fold, proposal)) {
		proposal->answer = ANSWER_NONE;
		proposal->pub.taken = false;
		proposal->pub.times = 0;
		proposal->active = false;
	}
	if (!proposal->active)
		proposal->pub.times++;
	proposal->active = true;
	proposal->index = in->index;
	memcpy(proposal->pub.key, key, sizeof(key));
	proposal->pub.seq = in->event->seq;
	proposal->pub.proposed_us = in->event->occurred_us;
	read_proposal(in, proposal);
}

static void on_detector_changed(struct incoming *in)
{
	on_detector_any(in);
	struct proposal_state *proposal = find_proposal(in);
	if (!proposal)
		return;
	/* A fault that came back under an open incident. */
	if (!proposal->active)
		proposal->pub.times++;
	proposal->active = true;
	read_proposal(in, proposal);
}

static void on_detector_cleared(struct incoming *in)
{
	on_detector_any(in);
	struct proposal_state *proposal = find_proposal(in);
	if (!proposal)
		return;
	proposal->active = false;
	if (proposal->answer == ANSWER_DISMISSED) {
		proposal->answer = ANSWER_NONE;
		proposal->pub.dismissed = false;
	}
	in->fold->listings->proposals_stale = true;
}

/* --- answers to proposals and reports --------------------------------------------- */

static void add_own(struct incident_state *state, size_t index)
{
	state->own = mem_grow(state->own, &state->own_capacity, state->own_count, sizeof(*state->own));
	state->own[state->own_count++] = index;
	state->stale = true;
}

static void take_proposal(struct incoming *in, struct proposal_state *proposal)
{
	proposal->answer = ANSWER_TAKEN;
	proposal->pub.taken = true;
	proposal->pub.dismissed = false;
	proposal->incident = in->incident->pub.number;
	add_own(in->incident, proposal->index);
	in->fold->listings->proposals_stale = true;
}

static void on_proposal_dismissed(struct incoming *in)
{
	struct proposal_state *proposal = find_proposal(in);
	if (!proposal || !proposal->active || proposal->answer == ANSWER_TAKEN)
		return;
	proposal->answer = ANSWER_DISMISSED;
	proposal->pub.dismissed = true;
	in->fold->listings->proposals_stale = true;
}

/* The report that waits under this seq, or NULL. */
static struct report_row *find_report(const struct fold *fold, uint64_t seq)
{
	struct listings *listings = fold->listings;
	size_t low = 0, high = listings->report_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (listings->reports[middle].seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low < listings->report_count && listings->reports[low].seq == seq ? &listings->reports[low] : NULL;
}

/* Answered reports leave the list when it is asked for the next time. */
static void answer_report(struct fold *fold, uint64_t seq)
{
	struct report_row *report = find_report(fold, seq);
	if (!report)
		return;
	report->attached = true;
	fold->listings->reports_stale = true;
}

static void on_proposal_attached(struct incoming *in)
{
	int64_t seq;
	size_t index;
	if (!in->incident)
		return;
	if (get_i64(in, "report", &seq) && seq > 0) {
		const struct cell *cell = fold_cell_by_seq(in->fold, (uint64_t)seq, &index);
		if (!cell || cell->event.kind != EVENT_REPORT_RECEIVED)
			return;
		answer_report(in->fold, (uint64_t)seq);
		add_own(in->incident, index);
		return;
	}
	struct proposal_state *proposal = find_proposal(in);
	if (!proposal)
		return;
	take_proposal(in, proposal);
	struct incident_state *state = in->incident;
	for (size_t i = 0; i < proposal->pub.component_count; i++)
		add_component(&state->pub.components, &state->pub.component_count, &state->component_capacity, proposal->pub.components[i]);
}

static void on_report(struct incoming *in)
{
	struct listings *listings = in->fold->listings;
	if (in->incident)
		return;
	listings->reports = mem_grow(listings->reports, &listings->report_capacity, listings->report_count, sizeof(*listings->reports));
	struct report_row *row = &listings->reports[listings->report_count++];
	*row = (struct report_row){.seq = in->event->seq, .occurred_us = in->event->occurred_us};
	get_text(in, "from", row->who, sizeof(row->who));
	copy_clean(row->text, sizeof(row->text), in->event->summary);
}

/* --- incidents ------------------------------------------------------------------- */

struct incident_state *fold_incident_state(const struct fold *fold, unsigned number)
{
	size_t low = 0, high = fold->incident_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (fold->incidents[middle]->pub.number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < fold->incident_count && fold->incidents[low]->pub.number == number ? fold->incidents[low] : NULL;
}

static struct incident_state *add_incident(struct fold *fold, unsigned number)
{
	struct incident_state *state = xcalloc(1, sizeof(*state));
	state->pub.number = number;
	text_format(state->pub.id, sizeof(state->pub.id), "INC-%u", number);
	fold->incidents = mem_grow(fold->incidents, &fold->incident_capacity, fold->incident_count, sizeof(struct incident_state *));
	size_t at = fold->incident_count++;
	for (; at > 0 && fold->incidents[at - 1]->pub.number > number; at--)
		fold->incidents[at] = fold->incidents[at - 1];
	fold->incidents[at] = state;
	return state;
}

static void enter_stage(struct incident_state *state, enum stage to, int64_t at_us)
{
	struct incident *pub = &state->pub;
	pub->stage = to;
	pub->stage_us[to] = at_us;
	for (int later = (int)to + 1; later < STAGE_COUNT; later++)
		pub->stage_us[later] = 0;
	if (to == STAGE_RESOLVE) {
		pub->check_count = 0;
		pub->check_total = 0;
		pub->overridden = false;
	}
	state->stale = true;
}

/* Of two consoles that declare under the same number at once the first wins; the
 * second event stays in its timeline. */
static void on_declared(struct incoming *in)
{
	unsigned number = incident_number(in->event->incident);
	if (number == 0 || in->incident)
		return;
	struct incident_state *state = add_incident(in->fold, number);
	in->incident = state;
	struct incident *pub = &state->pub;
	const char *cause = get_string(in, "cause");
	pub->cause = cause ? cause_parse(cause) : CAUSE_NONE;
	pub->severity = get_severity(in);
	get_text(in, "title", pub->title, sizeof(pub->title));
	get_text(in, "rule", pub->severity_rule, sizeof(pub->severity_rule));
	get_text(in, "reason", pub->severity_reason, sizeof(pub->severity_reason));
	get_text(in, "key", pub->proposal_key, sizeof(pub->proposal_key));
	get_text(in, "runbook", pub->runbook_suggested, sizeof(pub->runbook_suggested));
	if (!pub->title[0])
		copy_clean(pub->title, sizeof(pub->title), in->event->redacted ? "(redacted)" : in->event->summary);
	(void)get_components(in, &pub->components, &pub->component_count, &state->component_capacity);
	pub->declared_us = in->event->occurred_us;
	if (!get_i64(in, "impact_started_us", &pub->impact_started_us) || pub->impact_started_us <= 0)
		pub->impact_started_us = pub->declared_us;
	enter_stage(state, STAGE_TRIAGE, pub->declared_us);
	add_own(state, in->index);
	struct proposal_state *proposal = find_proposal(in);
	if (proposal)
		take_proposal(in, proposal);
}

static void on_severity(struct incoming *in)
{
	enum severity severity = get_severity(in);
	if (severity == SEVERITY_UNSET)
		return;
	in->incident->pub.severity = severity;
	in->incident->pub.severity_rule[0] = '\0';
	get_text(in, "reason", in->incident->pub.severity_reason, sizeof(in->incident->pub.severity_reason));
}

static void on_title(struct incoming *in)
{
	char title[sizeof(in->incident->pub.title)];
	get_text(in, "title", title, sizeof(title));
	if (title[0])
		memcpy(in->incident->pub.title, title, sizeof(title));
}

static void on_stage(struct incoming *in)
{
	enum stage to;
	if (stage_parse(get_string(in, "to"), &to) && to != STAGE_DETECT)
		enter_stage(in->incident, to, in->event->occurred_us);
}

static void on_closed(struct incoming *in)
{
	enter_stage(in->incident, STAGE_CLOSED, in->event->occurred_us);
	/* What the incident took may be proposed again. */
	in->fold->listings->proposals_stale = true;
}

static void on_reopened(struct incoming *in)
{
	struct incident_state *state = in->incident;
	enum stage to;
	if (!stage_parse(get_string(in, "to"), &to) || to == STAGE_DETECT || to == STAGE_CLOSED)
		to = STAGE_RESPOND;
	if (state->pub.merged) {
		struct incident_state *target = fold_incident_state(in->fold, incident_number(state->pub.merged_into));
		if (target)
			target->stale = true;
		state->pub.merged = false;
		state->pub.merged_into[0] = '\0';
	}
	enter_stage(state, to, in->event->occurred_us);
}

static void on_merged(struct incoming *in)
{
	struct incident_state *state = in->incident;
	struct incident_state *target = fold_incident_state(in->fold, incident_number(get_string(in, "into")));
	if (!target || target == state || target->pub.merged || state->pub.merged)
		return;
	state->pub.merged = true;
	memcpy(state->pub.merged_into, target->pub.id, sizeof(state->pub.merged_into));
	for (size_t i = 0; i < state->pub.component_count; i++)
		add_component(&target->pub.components, &target->pub.component_count, &target->component_capacity, state->pub.components[i]);
	if (state->pub.impact_started_us < target->pub.impact_started_us)
		target->pub.impact_started_us = state->pub.impact_started_us;
	target->stale = true;
	in->fold->listings->proposals_stale = true;
}

static void on_components(struct incoming *in)
{
	struct incident_state *state = in->incident;
	(void)get_components(in, &state->pub.components, &state->pub.component_count, &state->component_capacity);
}

static void on_impact(struct incoming *in)
{
	const char *impact = get_string(in, "impact");
	if (!impact)
		return;
	free(in->incident->pub.impact);
	in->incident->pub.impact = clean_lines(impact);
}

static void on_role(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	const char *role = get_string(in, "role");
	if (!role)
		return;
	char *holder = strcmp(role, "commander") == 0 ? pub->owner : strcmp(role, "scribe") == 0 ? pub->scribe : NULL;
	if (!holder)
		return;
	if (in->event->kind == EVENT_ROLE_ASSUMED)
		get_text(in, "name", holder, sizeof(pub->owner));
	else
		holder[0] = '\0';
}

/* --- runbook steps ------------------------------------------------------------------ */

static struct step_record *step_at(struct incident_state *state, const char *number, bool create)
{
	struct incident *pub = &state->pub;
	char clean[sizeof(pub->steps->number)];
	copy_clean(clean, sizeof(clean), number);
	for (size_t i = 0; i < pub->step_count; i++) {
		if (strcmp(pub->steps[i].number, clean) == 0)
			return &pub->steps[i];
	}
	if (!create || !clean[0] || pub->step_count >= STEPS_MAX)
		return NULL;
	pub->steps = mem_grow(pub->steps, &state->step_capacity, pub->step_count, sizeof(*pub->steps));
	struct step_record *step = &pub->steps[pub->step_count++];
	*step = (struct step_record){.state = STEP_PENDING};
	memcpy(step->number, clean, sizeof(clean));
	return step;
}

static void forget_steps(struct incident *pub)
{
	for (size_t i = 0; i < pub->step_count; i++)
		free(pub->steps[i].output);
	pub->step_count = 0;
	pub->steps_known = false;
}

static void on_runbook(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	char name[sizeof(pub->runbook)];
	get_text(in, "runbook", name, sizeof(name));
	if (!name[0])
		return;
	if (strcmp(name, pub->runbook) != 0)
		forget_steps(pub);
	memcpy(pub->runbook, name, sizeof(name));
	get_text(in, "sha256", pub->runbook_sha256, sizeof(pub->runbook_sha256));
	const struct json *steps = json_get(in->data, "steps");
	for (const struct json *item = json_first(steps); item; item = json_next(item)) {
		struct step_record *step = step_at(in->incident, json_string(json_get(item, "number")), true);
		if (!step)
			continue;
		copy_clean(step->title, sizeof(step->title), json_string(json_get(item, "title")));
		pub->steps_known = true;
	}
}

static void read_run(const struct incoming *in, struct step_record *step)
{
	int64_t exit_code = -1;
	(void)get_i64(in, "exit", &exit_code);
	(void)get_i64(in, "duration_us", &step->duration_us);
	step->exit_code = exit_code >= INT32_MIN && exit_code <= INT32_MAX ? (int)exit_code : -1;
	step->ran = true;
	free(step->output);
	step->output = in->event->body && in->event->body[0] ? xstrdup(in->event->body) : NULL;
	int64_t signal_number = 0;
	(void)get_i64(in, "signal", &signal_number);
	bool failed = step->exit_code != 0 || signal_number != 0 || get_bool(in, "timed_out") || get_bool(in, "cancelled");
	/* A command that succeeded is not yet a step that is done: a person says so. */
	step->state = failed ? STEP_FAILED : STEP_PENDING;
}

static void on_step(struct incoming *in)
{
	struct step_record *step = step_at(in->incident, get_string(in, "step"), true);
	if (!step)
		return;
	if (!step->title[0])
		get_text(in, "title", step->title, sizeof(step->title));
	step->at_us = in->event->occurred_us;
	const char *note = get_string(in, in->event->kind == EVENT_STEP_SKIPPED ? "reason" : "note");
	if (note && note[0])
		copy_clean(step->note, sizeof(step->note), note);
	switch (in->event->kind) {
	case EVENT_STEP_DONE:
		step->state = STEP_DONE;
		break;
	case EVENT_STEP_SKIPPED:
		step->state = STEP_SKIPPED;
		break;
	case EVENT_STEP_STARTED:
		step->state = STEP_RUNNING;
		break;
	case EVENT_STEP_RAN:
		read_run(in, step);
		break;
	default:
		break;
	}
}

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

static void on_check(struct incoming *in)
{
	struct check_record *check = check_at(in->incident, get_string(in, "check"));
	if (!check)
		return;
	check->passed = in->event->kind == EVENT_CHECK_PASSED;
	check->overridden = false;
	check->at_us = in->event->occurred_us;
	get_text(in, "detail", check->detail, sizeof(check->detail));
	int64_t total;
	if (get_i64(in, "total", &total) && total > 0 && total <= CHECKS_MAX)
		in->incident->pub.check_total = (size_t)total;
}

static void on_check_overridden(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	const char *name = get_string(in, "check");
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

static void on_note(struct incoming *in)
{
	in->incident->pub.note_count++;
}

static void on_evidence(struct incoming *in)
{
	in->incident->pub.evidence_count++;
}

static void on_section(struct incoming *in)
{
	enum section section;
	if (!section_parse(get_string(in, "section"), &section))
		return;
	char **text = &in->incident->pub.sections[section];
	free(*text);
	*text = in->event->body && in->event->body[0] ? xstrdup(in->event->body) : NULL;
}

static void on_action_item(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	const char *said = get_string(in, "text");
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
	if (get_string(in, "owner"))
		get_text(in, "owner", item->owner, sizeof(item->owner));
	if (get_string(in, "due"))
		get_text(in, "due", item->due, sizeof(item->due));
	if (get_string(in, "type"))
		get_text(in, "type", item->type, sizeof(item->type));
}

/* --- corrections ------------------------------------------------------------------------ */

static struct action_item *find_action(struct incident *pub, uint64_t seq)
{
	for (size_t i = 0; i < pub->action_count; i++) {
		if (pub->actions[i].seq == seq)
			return &pub->actions[i];
	}
	return NULL;
}

/* The event that a correction points at: an earlier one that is no correction itself. */
static struct cell *target_of(const struct incoming *in)
{
	int64_t seq;
	if (!get_i64(in, "target", &seq) || seq <= 0 || (uint64_t)seq >= in->event->seq)
		return NULL;
	struct cell *cell = fold_cell_by_seq(in->fold, (uint64_t)seq, NULL);
	if (!cell || cell->event.kind == EVENT_AMENDED || cell->event.kind == EVENT_RETRACTED || cell->event.kind == EVENT_REDACTED)
		return NULL;
	if (!cell->correction)
		cell->correction = xcalloc(1, sizeof(*cell->correction));
	in->fold->corrections++;
	return cell;
}

/* The incident's clocks follow a corrected time. */
static void move_time(struct incident *pub, enum event_kind kind, int64_t from_us, int64_t to_us)
{
	if (kind == EVENT_INCIDENT_DECLARED && pub->declared_us == from_us) {
		pub->declared_us = to_us;
		if (pub->impact_started_us > to_us)
			pub->impact_started_us = to_us;
	}
	if (kind != EVENT_INCIDENT_DECLARED && kind != EVENT_INCIDENT_STAGE && kind != EVENT_INCIDENT_CLOSED)
		return;
	for (int i = 0; i < STAGE_COUNT; i++) {
		if (pub->stage_us[i] == from_us)
			pub->stage_us[i] = to_us;
	}
}

static void on_amended(struct incoming *in)
{
	struct cell *cell = target_of(in);
	if (!cell)
		return;
	struct correction *correction = cell->correction;
	correction->amended = true;
	struct incident_state *state = fold_incident_state(in->fold, incident_number(cell->event.incident));
	struct report_row *report = find_report(in->fold, cell->event.seq);
	int64_t occurred_us;
	if (get_i64(in, "occurred_us", &occurred_us) && occurred_us > 0) {
		int64_t before_us = correction->occurred_us ? correction->occurred_us : cell->event.occurred_us;
		correction->occurred_us = occurred_us;
		if (state)
			move_time(&state->pub, cell->event.kind, before_us, occurred_us);
		if (report)
			report->occurred_us = occurred_us;
	}
	if (!in->event->body || !in->event->body[0])
		return;
	free(correction->summary);
	correction->summary = first_line(in->event->body);
	mem_set(&correction->body, in->event->body);
	if (report)
		copy_clean(report->text, sizeof(report->text), correction->summary);
	struct action_item *item = state ? find_action(&state->pub, cell->event.seq) : NULL;
	if (item)
		mem_set(&item->text, correction->summary);
}

static void drop_action(struct incident *pub, struct action_item *item)
{
	free(item->text);
	size_t at = (size_t)(item - pub->actions);
	memmove(item, item + 1, (pub->action_count - at - 1) * sizeof(*item));
	pub->action_count--;
}

static void on_retracted(struct incoming *in)
{
	struct cell *cell = target_of(in);
	if (!cell || cell->correction->retracted)
		return;
	cell->correction->retracted = true;
	answer_report(in->fold, cell->event.seq);
	struct incident_state *state = fold_incident_state(in->fold, incident_number(cell->event.incident));
	if (!state)
		return;
	if (cell->event.kind == EVENT_NOTE)
		state->pub.note_count--;
	if (cell->event.kind == EVENT_EVIDENCE_ATTACHED)
		state->pub.evidence_count--;
	struct action_item *item = find_action(&state->pub, cell->event.seq);
	if (item)
		drop_action(&state->pub, item);
}

static void on_redacted(struct incoming *in)
{
	struct cell *cell = target_of(in);
	if (cell)
		cell->correction->redacted = true;
}

/* --- the rules ---------------------------------------------------------------------------- */

static const struct {
	void (*apply)(struct incoming *in);
	bool of_incident; /* only for events of a declared incident */
} rules[EVENT_KIND_COUNT] = {
	[EVENT_PROBE_CHANGE] = {on_probe_change, false},
	[EVENT_DETECTOR_PROPOSED] = {on_detector_proposed, false},
	[EVENT_DETECTOR_CHANGED] = {on_detector_changed, false},
	[EVENT_DETECTOR_CLEARED] = {on_detector_cleared, false},
	[EVENT_PROPOSAL_DISMISSED] = {on_proposal_dismissed, false},
	[EVENT_PROPOSAL_ATTACHED] = {on_proposal_attached, true},
	[EVENT_REPORT_RECEIVED] = {on_report, false},
	[EVENT_INCIDENT_DECLARED] = {on_declared, false},
	[EVENT_INCIDENT_SEVERITY] = {on_severity, true},
	[EVENT_INCIDENT_TITLE] = {on_title, true},
	[EVENT_INCIDENT_STAGE] = {on_stage, true},
	[EVENT_INCIDENT_COMPONENTS] = {on_components, true},
	[EVENT_INCIDENT_IMPACT] = {on_impact, true},
	[EVENT_INCIDENT_RUNBOOK] = {on_runbook, true},
	[EVENT_INCIDENT_CLOSED] = {on_closed, true},
	[EVENT_INCIDENT_REOPENED] = {on_reopened, true},
	[EVENT_INCIDENT_MERGED] = {on_merged, true},
	[EVENT_ROLE_ASSUMED] = {on_role, true},
	[EVENT_ROLE_RENOUNCED] = {on_role, true},
	[EVENT_NOTE] = {on_note, true},
	[EVENT_EVIDENCE_ATTACHED] = {on_evidence, true},
	[EVENT_STEP_DONE] = {on_step, true},
	[EVENT_STEP_SKIPPED] = {on_step, true},
	[EVENT_STEP_NOTED] = {on_step, true},
	[EVENT_STEP_STARTED] = {on_step, true},
	[EVENT_STEP_RAN] = {on_step, true},
	[EVENT_CHECK_PASSED] = {on_check, true},
	[EVENT_CHECK_FAILED] = {on_check, true},
	[EVENT_CHECK_OVERRIDDEN] = {on_check_overridden, true},
	[EVENT_REVIEW_SECTION] = {on_section, true},
	[EVENT_ACTION_ITEM] = {on_action_item, true},
	[EVENT_AMENDED] = {on_amended, false},
	[EVENT_RETRACTED] = {on_retracted, false},
	[EVENT_REDACTED] = {on_redacted, false},
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

static size_t add_event(struct fold *fold, const struct event *event)
{
	if (fold->count == fold->block_count * BLOCK_CELLS) {
		fold->blocks = mem_grow(fold->blocks, &fold->block_capacity, fold->block_count, sizeof(*fold->blocks));
		fold->blocks[fold->block_count++] = xcalloc(BLOCK_CELLS, sizeof(struct cell));
	}
	size_t index = fold->count++;
	struct cell *cell = fold_cell(fold, index);
	event_copy(&cell->event, event);
	clean_event(&cell->event);
	return index;
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
		add_own(in.incident, in.index);
	if ((unsigned)in.event->kind >= EVENT_KIND_COUNT || !rules[in.event->kind].apply)
		return;
	if (rules[in.event->kind].of_incident && !in.incident)
		return;
	struct json *data = NULL;
	if (in.event->data && in.event->data[0])
		data = json_parse(in.event->data, strlen(in.event->data), PAYLOAD_TREE_BYTES, NULL);
	in.data = json_is_object(data) ? data : NULL;
	rules[in.event->kind].apply(&in);
	json_free(data);
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
	forget_steps(pub);
	for (size_t i = 0; i < pub->action_count; i++)
		free(pub->actions[i].text);
	for (size_t i = 0; i < SECTION_COUNT; i++)
		free(pub->sections[i]);
	free(pub->components);
	free(pub->impact);
	free(pub->steps);
	free(pub->checks);
	free(pub->actions);
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
		event_free(&cell->event);
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
	const struct incident_state *taker = proposal ? open_taker(fold, proposal) : NULL;
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
