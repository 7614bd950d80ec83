/* Shows what each stage asks for, line by line, and what people are told when
 * something cannot be done: what is wrong, why, and what to do. */
#include "recorder.h"

#include "base/json.h"
#include "incident/payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void declare(struct recorder *r, enum severity severity)
{
	char id[16];
	const struct declaration d = {.title = "t", .severity = severity};
	DO(r, act_declare(r->fold, &r->who, &d, id, &r->drafts, &r->err));
}

/* --- gates -------------------------------------------------------------------------- */

/* Each row appends one event of INC-1 and then expects exactly these lines. */
struct gate_case {
	const char *name;
	enum event_kind kind;
	const char *data;
	const char *lines[5];
};

static void check_gate(const struct recorder *r, const struct gate_case *c)
{
	struct gate gate;
	stage_gate(fold_incident(r->fold, "INC-1"), &gate);
	size_t count = 0;
	while (count < ARRAY_LENGTH(c->lines) && c->lines[count])
		count++;
	if (gate.count != count)
		fail_msg("%s: %zu lines, expected %zu; the first is: %s", c->name, gate.count, count, gate.count ? gate.missing[0] : "");
	for (size_t i = 0; i < count; i++) {
		if (strcmp(gate.missing[i], c->lines[i]) != 0)
			fail_msg("%s: \"%s\", expected \"%s\"", c->name, gate.missing[i], c->lines[i]);
	}
}

static void run_gates(struct recorder *r, const struct gate_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct draft draft = {.kind = cases[i].kind, .incident = "INC-1", .summary = "raw", .body = "text", .data = cases[i].data};
		recorder_append(r, &draft);
		check_gate(r, &cases[i]);
	}
}

#define NO_SEVERITY "no severity is set (:severity P0, P1, P2 or P3)"
#define NO_COMMANDER "nobody is in command (:commander NAME)"
#define NO_COMPONENT "no affected component is named (:components ID ID)"
#define NO_IMPACT "the impact is not written (:impact TEXT)"

static void test_gate_of_triage(void **state)
{
	static const struct gate_case cases[] = {
		{"declared bare", EVENT_NOTE, "{}", {NO_SEVERITY, NO_COMMANDER, NO_COMPONENT, NO_IMPACT}},
		{"severity", EVENT_INCIDENT_SEVERITY, "{\"severity\":\"P1\"}", {NO_COMMANDER, NO_COMPONENT, NO_IMPACT}},
		{"a scribe is no commander", EVENT_ROLE_ASSUMED, "{\"name\":\"bob\",\"role\":\"scribe\"}", {NO_COMMANDER, NO_COMPONENT, NO_IMPACT}},
		{"commander", EVENT_ROLE_ASSUMED, "{\"name\":\"alice\",\"role\":\"commander\"}", {NO_COMPONENT, NO_IMPACT}},
		{"components", EVENT_INCIDENT_COMPONENTS, "{\"components\":[\"chain/138\"]}", {NO_IMPACT}},
		{"impact", EVENT_INCIDENT_IMPACT, "{\"impact\":\"swaps wait\"}", {NULL}},
		{"commander gone", EVENT_ROLE_RENOUNCED, "{\"name\":\"alice\",\"role\":\"commander\"}", {NO_COMMANDER}},
	};
	declare(*state, SEVERITY_UNSET);
	run_gates(*state, cases, ARRAY_LENGTH(cases));
}

static void test_gate_of_respond(void **state)
{
	static const struct gate_case cases[] = {
		{"no runbook", EVENT_INCIDENT_STAGE, "{\"to\":\"respond\"}", {"no runbook was followed (:runbook NAME; or go on with a reason, :stage resolve REASON)"}},
		{"steps unknown", EVENT_INCIDENT_RUNBOOK, "{\"runbook\":\"own\"}", {"no step of runbook own is done (tick or skip its steps; or go on with a reason, :stage resolve REASON)"}},
		{"a step that was touched", EVENT_STEP_STARTED, "{\"step\":\"1\"}", {"step 1 is still running (tick it, or skip it with a reason)"}},
		{"steps known", EVENT_INCIDENT_RUNBOOK, "{\"runbook\":\"rpc\",\"steps\":[{\"number\":\"1\",\"title\":\"Look\"},{\"number\":\"2\",\"title\":\"Scale\"}]}", {"step 1 Look is open (tick it, or skip it with a reason)", "step 2 Scale is open (tick it, or skip it with a reason)"}},
		{"a run is not a tick", EVENT_STEP_RAN, "{\"exit\":0,\"step\":\"1\"}", {"step 1 Look is open (tick it, or skip it with a reason)", "step 2 Scale is open (tick it, or skip it with a reason)"}},
		{"done", EVENT_STEP_DONE, "{\"step\":\"1\"}", {"step 2 Scale is open (tick it, or skip it with a reason)"}},
		{"failed", EVENT_STEP_RAN, "{\"exit\":1,\"step\":\"2\"}", {"step 2 Scale failed (tick it, or skip it with a reason)"}},
		{"skipped", EVENT_STEP_SKIPPED, "{\"reason\":\"no need\",\"step\":\"2\"}", {NULL}},
	};
	declare(*state, SEVERITY_P1);
	run_gates(*state, cases, ARRAY_LENGTH(cases));
}

static void test_gate_of_resolve(void **state)
{
	static const struct gate_case cases[] = {
		{"nothing reported", EVENT_INCIDENT_STAGE, "{\"to\":\"resolve\"}", {"no check has reported yet (wait for them; or go on with a reason, :stage review REASON)"}},
		{"one of two", EVENT_CHECK_PASSED, "{\"check\":\"blocks-advance\",\"detail\":\"5 of 5\",\"total\":2}", {"1 of 2 checks have not reported yet (wait for them; or go on with a reason, :stage review REASON)"}},
		{"one fails", EVENT_CHECK_FAILED, "{\"check\":\"nodes-agree\",\"detail\":\"two heads\",\"total\":2}", {"check nodes-agree fails: two heads (repair it; or go on with a reason, :stage review REASON)"}},
		{"both pass", EVENT_CHECK_PASSED, "{\"check\":\"nodes-agree\",\"total\":2}", {NULL}},
		{"one falls back", EVENT_CHECK_FAILED, "{\"check\":\"blocks-advance\",\"detail\":\"halted\",\"total\":2}", {"check blocks-advance fails: halted (repair it; or go on with a reason, :stage review REASON)"}},
		{"overridden", EVENT_CHECK_OVERRIDDEN, "{\"check\":\"all\",\"reason\":\"known\"}", {NULL}},
	};
	declare(*state, SEVERITY_P1);
	run_gates(*state, cases, ARRAY_LENGTH(cases));
}

#define NO_CAUSE "Root Cause is not written (:section root-cause TEXT)"
#define NO_RESOLUTION "Resolution is not written (:section resolution TEXT)"
#define NO_LESSONS "Lessons Learned is not written (:section lessons-learned TEXT)"
#define NO_ACTION "there is no action item (:action TEXT; or say why none is needed, :section action-items TEXT)"

static void test_gate_of_review(void **state)
{
	static const struct gate_case cases[] = {
		{"nothing written", EVENT_INCIDENT_STAGE, "{\"to\":\"review\"}", {NO_CAUSE, NO_RESOLUTION, NO_LESSONS, NO_ACTION}},
		{"cause", EVENT_REVIEW_SECTION, "{\"section\":\"root-cause\"}", {NO_RESOLUTION, NO_LESSONS, NO_ACTION}},
		{"resolution", EVENT_REVIEW_SECTION, "{\"section\":\"resolution\"}", {NO_LESSONS, NO_ACTION}},
		{"lessons", EVENT_REVIEW_SECTION, "{\"section\":\"lessons-learned\"}", {NO_ACTION}},
		{"bare item", EVENT_ACTION_ITEM, "{\"text\":\"alert\"}", {"action item \"alert\" has no owner and due date (give the same text again with them)"}},
		{"owner", EVENT_ACTION_ITEM, "{\"owner\":\"bob\",\"text\":\"alert\"}", {"action item \"alert\" has no due date (give the same text again with them)"}},
		{"due", EVENT_ACTION_ITEM, "{\"due\":\"2026-02-01\",\"text\":\"alert\"}", {NULL}},
		{"closed", EVENT_INCIDENT_CLOSED, "{}", {"it is closed (:reopen REASON)"}},
	};
	declare(*state, SEVERITY_P1);
	run_gates(*state, cases, ARRAY_LENGTH(cases));
}

static void test_a_reason_for_no_action_item_is_enough(void **state)
{
	static const struct gate_case cases[] = {
		{"review", EVENT_INCIDENT_STAGE, "{\"to\":\"review\"}", {NO_CAUSE, NO_RESOLUTION, NO_LESSONS, NO_ACTION}},
		{"none needed", EVENT_REVIEW_SECTION, "{\"section\":\"action-items\"}", {NO_CAUSE, NO_RESOLUTION, NO_LESSONS}},
	};
	declare(*state, SEVERITY_P1);
	run_gates(*state, cases, ARRAY_LENGTH(cases));
}

static void test_a_long_gate_says_how_much_more(void **state)
{
	struct recorder *r = *state;
	struct step_name steps[30];
	char numbers[30][4];
	struct gate gate;
	for (int i = 0; i < 30; i++)
		steps[i] = (struct step_name){text_format(numbers[i], sizeof(numbers[i]), "%d", i + 1), "Step"};
	declare(r, SEVERITY_P1);
	recorder_raw(r, EVENT_INCIDENT_STAGE, "INC-1", "{\"to\":\"respond\"}");
	DO(r, act_runbook_steps(r->fold, &r->who, "INC-1", "long", NULL, NULL, steps, 30, &r->drafts, &r->err));
	stage_gate(fold_incident(r->fold, "INC-1"), &gate);
	assert_int_equal(gate.count, ARRAY_LENGTH(gate.missing));
	assert_string_equal(gate.missing[ARRAY_LENGTH(gate.missing) - 1], "and 19 more");
}

static void test_a_refused_stage_carries_the_lines(void **state)
{
	struct recorder *r = *state;
	declare(r, SEVERITY_P1);
	assert_int_equal(act_stage(r->fold, &r->who, "INC-1", STAGE_RESPOND, NULL, &r->drafts, &r->err), STATUS_REFUSED);
	assert_string_equal(r->err.text, "INC-1: Triage cannot be left yet: " NO_COMMANDER "; " NO_COMPONENT "; " NO_IMPACT);
	assert_int_equal(r->drafts.count, 0);
	/* Triage asks for facts; no reason replaces them. */
	error_clear(&r->err);
	assert_int_equal(act_stage(r->fold, &r->who, "INC-1", STAGE_RESPOND, "in a hurry", &r->drafts, &r->err), STATUS_REFUSED);
}

/* --- refused input -------------------------------------------------------------------- */

static char long_text[TEXT_BYTES * 3];

static enum status note(struct recorder *r, const char *id, const char *text, int64_t at_us)
{
	return act_note(r->fold, &r->who, id, text, at_us, 0, &r->drafts, &r->err);
}

static enum status note_nothing(struct recorder *r)
{
	return note(r, "INC-1", " \n\t ", 0);
}
static enum status note_null(struct recorder *r)
{
	return note(r, "INC-1", NULL, 0);
}
static enum status note_nowhere(struct recorder *r)
{
	return note(r, "INC-7", "x", 0);
}
static enum status note_no_name(struct recorder *r)
{
	return note(r, "", "x", 0);
}
static enum status note_future(struct recorder *r)
{
	return note(r, "INC-1", "x", T0 + US_PER_DAY);
}
static enum status note_past(struct recorder *r)
{
	return note(r, "INC-1", "x", -1);
}
static enum status note_long(struct recorder *r)
{
	return note(r, "INC-1", long_text, 0);
}

static enum status title_long(struct recorder *r)
{
	char title[TITLE_BYTES + 2];
	memset(title, 'x', sizeof(title));
	title[sizeof(title) - 1] = '\0';
	return act_title(r->fold, &r->who, "INC-1", title, &r->drafts, &r->err);
}

static enum status severity_word(struct recorder *r)
{
	return act_severity(r->fold, &r->who, "INC-1", SEVERITY_UNSET, NULL, &r->drafts, &r->err);
}

static enum status severity_same(struct recorder *r)
{
	return act_severity(r->fold, &r->who, "INC-1", SEVERITY_P1, NULL, &r->drafts, &r->err);
}

static enum status declare_nothing(struct recorder *r)
{
	char id[16];
	const struct declaration d = {.severity = SEVERITY_P1};
	return act_declare(r->fold, &r->who, &d, id, &r->drafts, &r->err);
}

static enum status declare_gone(struct recorder *r)
{
	char id[16];
	const struct declaration d = {.proposal_key = "network-outage", .severity = SEVERITY_UNSET};
	return act_declare(r->fold, &r->who, &d, id, &r->drafts, &r->err);
}

static enum status role_unknown(struct recorder *r)
{
	return act_role(r->fold, &r->who, "INC-1", "King of all", "bob", &r->drafts, &r->err);
}
static enum status role_unheld(struct recorder *r)
{
	return act_role(r->fold, &r->who, "INC-1", "scribe", NULL, &r->drafts, &r->err);
}

static enum status components_none(struct recorder *r)
{
	const char *const none[] = {NULL};
	return act_components(r->fold, &r->who, "INC-1", none, &r->drafts, &r->err);
}

static enum status components_blank(struct recorder *r)
{
	const char *const blank[] = {"node rpc", NULL};
	return act_components(r->fold, &r->who, "INC-1", blank, &r->drafts, &r->err);
}

static enum status step_early(struct recorder *r)
{
	return act_step(r->fold, &r->who, "INC-1", "1", "Look", STEP_DONE, NULL, &r->drafts, &r->err);
}
static enum status runbook_hash(struct recorder *r)
{
	return act_runbook(r->fold, &r->who, "INC-1", "own", "abc", &r->drafts, &r->err);
}
static enum status stage_jump(struct recorder *r)
{
	return act_stage(r->fold, &r->who, "INC-1", STAGE_REVIEW, NULL, &r->drafts, &r->err);
}
static enum status stage_same(struct recorder *r)
{
	return act_stage(r->fold, &r->who, "INC-1", STAGE_TRIAGE, NULL, &r->drafts, &r->err);
}
static enum status stage_detect(struct recorder *r)
{
	return act_stage(r->fold, &r->who, "INC-1", STAGE_DETECT, NULL, &r->drafts, &r->err);
}
static enum status reopen_open(struct recorder *r)
{
	return act_reopen(r->fold, &r->who, "INC-1", "x", &r->drafts, &r->err);
}
static enum status merge_self(struct recorder *r)
{
	return act_merge(r->fold, &r->who, "INC-1", "inc-1", &r->drafts, &r->err);
}
static enum status item_due(struct recorder *r)
{
	return act_action_item(r->fold, &r->who, "INC-1", "x", "bob", "2026-02-30", NULL, &r->drafts, &r->err);
}
static enum status item_date(struct recorder *r)
{
	return act_action_item(r->fold, &r->who, "INC-1", "x", "bob", "tomorrow", NULL, &r->drafts, &r->err);
}
static enum status item_type(struct recorder *r)
{
	return act_action_item(r->fold, &r->who, "INC-1", "x", "bob", NULL, "quick", &r->drafts, &r->err);
}
static enum status amend_none(struct recorder *r)
{
	return act_amend(r->fold, &r->who, 9, "x", 0, &r->drafts, &r->err);
}
static enum status amend_nothing(struct recorder *r)
{
	return act_amend(r->fold, &r->who, 2, NULL, 0, &r->drafts, &r->err);
}
static enum status amend_text(struct recorder *r)
{
	return act_amend(r->fold, &r->who, 1, "x", 0, &r->drafts, &r->err);
}
static enum status amend_measured(struct recorder *r)
{
	return act_amend(r->fold, &r->who, 3, "x", 0, &r->drafts, &r->err);
}
static enum status retract_declared(struct recorder *r)
{
	return act_retract(r->fold, &r->who, 1, "x", &r->drafts, &r->err);
}
static enum status retract_why(struct recorder *r)
{
	return act_retract(r->fold, &r->who, 2, "", &r->drafts, &r->err);
}
static enum status arm_long(struct recorder *r)
{
	return act_arm(&r->who, NULL, 500, "x", &r->drafts, &r->err);
}
static enum status arm_why(struct recorder *r)
{
	return act_arm(&r->who, NULL, 10, NULL, &r->drafts, &r->err);
}

static void test_refused_input(void **state)
{
	static const struct {
		enum status (*act)(struct recorder *r);
		enum status status;
		const char *text;
	} cases[] = {
		{note_nothing, STATUS_INVALID, "note: there is no text (give it: :note TEXT)"},
		{note_null, STATUS_INVALID, "note: there is no text (give it: :note TEXT)"},
		{note_nowhere, STATUS_NOT_FOUND, "INC-7: no such incident (there is INC-1)"},
		{note_no_name, STATUS_INVALID, "incident: none named (there is INC-1)"},
		{note_future, STATUS_INVALID, "time: 2026-01-02 00:00:00Z is in the future, it is 2026-01-01 00:00:02Z now (give a time up to now, or none)"},
		{note_past, STATUS_INVALID, "time: it is before 1970 (write it like 2026-01-31T14:05:00Z)"},
		{note_long, STATUS_LIMIT, "note: 49151 bytes, the limit is 16384 (shorten it, or attach it as evidence)"},
		{title_long, STATUS_LIMIT, "title: 121 bytes, the limit is 120 (shorten it)"},
		{severity_word, STATUS_INVALID, "severity: not one of P0, P1, P2, P3 (P0 network down, data loss or security breach; P1 degradation or validator failures; P2 performance; P3 minor)"},
		{severity_same, STATUS_CONFLICT, "INC-1: its severity is P1 already (nothing to change)"},
		{declare_nothing, STATUS_INVALID, "title: there is no text (give it: a few words that name the trouble)"},
		{declare_gone, STATUS_NOT_FOUND, "network-outage: there is no such proposal now (it may have cleared; declare by hand with a title)"},
		{role_unknown, STATUS_INVALID, "role King of all: not a role's name (commander, operations, scribe, communications, or one of your own in lower case)"},
		{role_unheld, STATUS_CONFLICT, "INC-1: nobody is scribe (nothing to give back)"},
		{components_none, STATUS_INVALID, "components: none named (give ids as the board shows them, like node/besu-rpc-0)"},
		{components_blank, STATUS_INVALID, "component \"node rpc\": an id has no blanks and commas (name one after the other)"},
		{step_early, STATUS_REFUSED, "INC-1: no runbook is chosen (:runbook NAME)"},
		{runbook_hash, STATUS_INVALID, "runbook own: its hash is not 64 hex digits (load it again)"},
		{stage_jump, STATUS_REFUSED, "INC-1: it is in Triage, and Respond comes before Review (one stage after the other)"},
		{stage_same, STATUS_CONFLICT, "INC-1: it is in Triage already (nothing to change)"},
		{stage_detect, STATUS_REFUSED, "INC-1: a declared incident does not go back to Detect (merge it into another, or go on)"},
		{reopen_open, STATUS_CONFLICT, "INC-1: it is open, in Triage (nothing to reopen)"},
		{merge_self, STATUS_INVALID, "INC-1: it cannot be merged into itself (name another incident)"},
		{item_due, STATUS_INVALID, "due date \"2026-02-30\": it is no day (write it as YYYY-MM-DD, like 2026-01-31)"},
		{item_date, STATUS_INVALID, "due date \"tomorrow\": it is no day (write it as YYYY-MM-DD, like 2026-01-31)"},
		{item_type, STATUS_INVALID, "type \"quick\": not known (preventive, detective or corrective)"},
		{amend_none, STATUS_NOT_FOUND, "event 9: there is none (the timeline shows the numbers)"},
		{amend_nothing, STATUS_INVALID, "event 2: neither a new text nor a new time was given (give one of them)"},
		{amend_text, STATUS_REFUSED, "event 1: of incident.declared only the time can be corrected (add a note for the rest)"},
		{amend_measured, STATUS_REFUSED, "event 3: probe.change is not corrected (add a note that says what is known better)"},
		{retract_declared, STATUS_REFUSED, "event 1: incident.declared is not taken back (add a note that says what is known better)"},
		{retract_why, STATUS_INVALID, "reason: there is no text (give it: a few words why)"},
		{arm_long, STATUS_LIMIT, "arm: 500 minutes, the limit is 120 (arm again when they are over)"},
		{arm_why, STATUS_INVALID, "reason: there is no text (give it: a few words why)"},
	};
	struct recorder *r = *state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	declare(r, SEVERITY_P1);
	DO(r, note(r, "INC-1", "a note", 0));
	recorder_raw(r, EVENT_PROBE_CHANGE, NULL, "{\"component\":\"node/a\"}");
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		error_clear(&r->err);
		enum status status = cases[i].act(r);
		if (status != cases[i].status || strcmp(r->err.text, cases[i].text) != 0)
			fail_msg("case %zu: %s, \"%s\"; expected %s, \"%s\"", i, status_name(status), r->err.text, status_name(cases[i].status), cases[i].text);
		/* A refusal drafts nothing. */
		assert_int_equal(r->drafts.count, 0);
	}
}

static void test_closed_takes_notes_only(void **state)
{
	struct recorder *r = *state;
	declare(r, SEVERITY_P1);
	recorder_raw(r, EVENT_INCIDENT_CLOSED, "INC-1", "{}");
	DO(r, note(r, "INC-1", "heard later", 0));
	assert_int_equal(act_impact(r->fold, &r->who, "INC-1", "x", &r->drafts, &r->err), STATUS_REFUSED);
	assert_string_equal(r->err.text, "INC-1: it is closed (reopen it first: :reopen REASON)");
}

/* --- what drafts hold -------------------------------------------------------------------- */

static void test_numbers_follow_the_record(void **state)
{
	struct recorder *r = *state;
	char id[16];
	const struct declaration d = {.title = "t", .severity = SEVERITY_UNSET};
	recorder_raw(r, EVENT_INCIDENT_DECLARED, "INC-41", "{}");
	DO(r, act_declare(r->fold, &r->who, &d, id, &r->drafts, &r->err));
	assert_string_equal(id, "INC-42");
	assert_int_equal(fold_incident_count(r->fold), 2);
}

static void test_a_note_is_clean_and_says_who(void **state)
{
	struct recorder *r = *state;
	declare(r, SEVERITY_P1);
	DO(r, act_role(r->fold, &r->who, "INC-1", "scribe", "alice", &r->drafts, &r->err));
	assert_int_equal(act_note(r->fold, &r->who, "inc-1", "  first\x1b[2J line\r\nsecond \xff line\n", T0, 120, &r->drafts, &r->err), STATUS_OK);
	const struct draft *draft = &r->drafts.items[0];
	assert_string_equal(draft->incident, "INC-1");
	assert_string_equal(draft->actor, "alice@ops1 pts/3");
	assert_string_equal(draft->role, "scribe");
	assert_string_equal(draft->source, "operator");
	assert_string_equal(draft->summary, "first line");
	assert_string_equal(draft->body, "first line\nsecond \xef\xbf\xbd line");
	assert_string_equal(draft->data, "{\"tz_minutes\":120}");
	assert_true(draft->occurred_us == T0);
}

static void test_data_is_canonical(void **state)
{
	struct recorder *r = *state;
	declare(r, SEVERITY_UNSET);
	assert_int_equal(act_severity(r->fold, &r->who, "INC-1", SEVERITY_P0, "say \"down\"", &r->drafts, &r->err), STATUS_OK);
	assert_string_equal(r->drafts.items[0].data, "{\"reason\":\"say \\\"down\\\"\",\"severity\":\"P0\"}");
	assert_string_equal(r->drafts.items[0].summary, "severity P0: say \"down\"");
}

static void test_the_largest_texts_fit(void **state)
{
	struct recorder *r = *state;
	char *text = xmalloc(TEXT_BYTES + 1);
	memset(text, '"', TEXT_BYTES);
	text[TEXT_BYTES] = '\0';
	declare(r, SEVERITY_P1);
	DO(r, act_impact(r->fold, &r->who, "INC-1", text, &r->drafts, &r->err));
	assert_string_equal(fold_incident(r->fold, "INC-1")->impact, text);
	DO(r, act_runbook(r->fold, &r->who, "INC-1", "own", NULL, &r->drafts, &r->err));
	const struct step_run run = {.step = "1", .command = text, .resolved = text, .output = text};
	DO(r, act_step_ran(r->fold, &r->who, "INC-1", &run, &r->drafts, &r->err));
	assert_true(fold_incident(r->fold, "INC-1")->steps[0].ran);
	free(text);
}

static void test_the_largest_proposal_fits(void **state)
{
	struct recorder *r = *state;
	struct proposal p = {.cause = CAUSE_NETWORK_OUTAGE, .severity = SEVERITY_P0, .key = "k", .title = "t", .since_us = T0};
	struct proposals list = {.items = &p, .count = 1};
	p.component_count = p.consequence_count = 400;
	p.components = xcalloc(400, sizeof(*p.components));
	p.consequences = xcalloc(400, sizeof(*p.consequences));
	p.evidence_count = p.refuted_count = 100;
	p.evidence = xcalloc(100, sizeof(*p.evidence));
	p.refuted = xcalloc(100, sizeof(*p.refuted));
	for (int i = 0; i < 400; i++) {
		memset(p.components[i], 'c', 90);
		memset(p.consequences[i], '"', 95);
		text_format(p.components[i], 90, "node/%080d", i);
	}
	for (int i = 0; i < 100; i++) {
		memset(p.evidence[i].text, '"', 159);
		memset(p.refuted[i], '"', 159);
	}
	act_detection(r->fold, &list, T0, &r->drafts);
	recorder_commit(r);
	assert_int_equal(fold_proposal_count(r->fold), 1);
	assert_true(fold_proposal_at(r->fold, 0)->component_count > 100);
	/* And it does not look changed the next time. */
	act_detection(r->fold, &list, T0, &r->drafts);
	assert_int_equal(r->drafts.count, 0);
	free(p.components);
	free(p.consequences);
	free(p.evidence);
	free(p.refuted);
}

/* A validator failed and is worked on; restarted, its node lags for a while. */
static void test_what_an_open_incident_is_about_is_no_news(void **state)
{
	static const struct {
		const char *name;
		const char *sick;
		enum severity severity;
		enum stage stage;
		bool covered;
	} cases[] = {
		{"the node behind the validator", "node/v2", SEVERITY_P2, STAGE_TRIAGE, true},
		{"the same while its checks run", "node/v2", SEVERITY_P2, STAGE_RESOLVE, true},
		{"another node", "node/v1", SEVERITY_P2, STAGE_TRIAGE, false},
		{"something worse", "node/v2", SEVERITY_P0, STAGE_TRIAGE, false},
		{"again, during the review", "node/v2", SEVERITY_P2, STAGE_REVIEW, false},
	};
	struct recorder *r = *state;
	const char *const components[] = {"validator/v2", "node/v2", NULL};
	struct declaration d = {.title = "Validator failure", .severity = SEVERITY_P1, .components = components};
	char id[16];

	DO(r, act_declare(r->fold, &r->who, &d, id, &r->drafts, &r->err));
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char sick[1][96];
		struct proposal p = {.cause = CAUSE_RPC_ENDPOINT_ISSUES, .severity = cases[i].severity, .key = "k", .title = "t", .since_us = T0, .components = sick, .component_count = 1};
		struct proposals list = {.items = &p, .count = 1};
		((struct incident *)fold_incident(r->fold, id))->stage = cases[i].stage;
		text_format(sick[0], sizeof(sick[0]), "%s", cases[i].sick);
		act_detection(r->fold, &list, T0, &r->drafts);
		if ((r->drafts.count == 0) != cases[i].covered)
			fail_msg("%s", cases[i].name);
		drafts_free(&r->drafts);
		drafts_init(&r->drafts);
	}
}

static void test_evidence_leaves_its_directory_behind(void **state)
{
	struct recorder *r = *state;
	struct hash256 hash = {{0xab}};
	declare(r, SEVERITY_P1);
	DO(r, act_evidence(r->fold, &r->who, "INC-1", "/home/alice/secret/besu.log", &hash, 4096, "last hour", 0, &r->drafts, &r->err));
	const struct event *event = fold_event(r->fold, r->count);
	assert_string_equal(event->summary, "evidence besu.log, 4096 bytes: last hour");
	assert_null(strstr(event->data, "alice"));
	assert_non_null(strstr(event->data, "\"sha256\":\"ab00"));
	assert_int_equal(fold_incident(r->fold, "INC-1")->evidence_count, 1);
}

static void test_arming_says_until_when(void **state)
{
	struct recorder *r = *state;
	assert_int_equal(act_arm(&r->who, NULL, 10, "restart v2", &r->drafts, &r->err), STATUS_OK);
	assert_int_equal(r->drafts.items[0].kind, EVENT_MODE_ARMED);
	char expected[120];
	assert_string_equal(r->drafts.items[0].data, text_format(expected, sizeof(expected), "{\"minutes\":10,\"reason\":\"restart v2\",\"until_us\":%lld}", (long long)(T0 + 10 * US_PER_MINUTE)));
	drafts_free(&r->drafts);
	assert_int_equal(act_arm(&r->who, NULL, 0, NULL, &r->drafts, &r->err), STATUS_OK);
	assert_int_equal(r->drafts.items[0].kind, EVENT_MODE_DISARMED);
	assert_string_equal(r->drafts.items[0].summary, "disarmed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, recorder_setup, recorder_teardown)
		CASE(test_gate_of_triage),
		CASE(test_gate_of_respond),
		CASE(test_gate_of_resolve),
		CASE(test_gate_of_review),
		CASE(test_a_reason_for_no_action_item_is_enough),
		CASE(test_a_long_gate_says_how_much_more),
		CASE(test_a_refused_stage_carries_the_lines),
		CASE(test_refused_input),
		CASE(test_closed_takes_notes_only),
		CASE(test_numbers_follow_the_record),
		CASE(test_a_note_is_clean_and_says_who),
		CASE(test_data_is_canonical),
		CASE(test_the_largest_texts_fit),
		CASE(test_the_largest_proposal_fits),
		CASE(test_what_an_open_incident_is_about_is_no_news),
		CASE(test_evidence_leaves_its_directory_behind),
		CASE(test_arming_says_until_when),
#undef CASE
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
