/* Shows that the state of incidents is a fold of events: every way through the
 * lifecycle, corrections, merges, flapping, and records that are newer or broken. */
#include "recorder.h"

#include "base/json.h"
#include "report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* Does an act that must succeed, and appends what it drafted. */
static const struct incident *inc(struct recorder *r, const char *id)
{
	const struct incident *incident = fold_incident(r->fold, id);
	assert_non_null(incident);
	return incident;
}

static void declare(struct recorder *r, const char *title, enum severity severity)
{
	char id[16];
	const struct declaration d = {.title = title, .severity = severity};
	DO(r, act_declare(r->fold, &r->who, &d, id, &r->drafts, &r->err));
}

/* --- proposals as the detector makes them ------------------------------------------ */

static struct proposals one_proposal(const char *key, enum severity severity, char (*components)[96], size_t count)
{
	struct proposals list = {.items = xcalloc(1, sizeof(*list.items)), .count = 1, .capacity = 1};
	struct proposal *p = list.items;
	p->cause = CAUSE_VALIDATOR_FAILURE;
	p->severity = severity;
	text_format(p->key, sizeof(p->key), "%s", key);
	text_format(p->title, sizeof(p->title), "Validator failure: v2");
	text_format(p->rule, sizeof(p->rule), "S-1");
	text_format(p->reason, sizeof(p->reason), "a validator fails");
	p->since_us = T0 - 5 * US_PER_S;
	p->components = xcalloc(count ? count : 1, sizeof(*p->components));
	memcpy(p->components, components, count * sizeof(*components));
	p->component_count = count;
	return list;
}

/* What the detector sees now goes into the record. Returns how many events that made. */
static size_t detect_now(struct recorder *r, const char *key, enum severity severity)
{
	char components[1][96] = {"validator/v2"};
	struct proposals list = {0};
	if (key)
		list = one_proposal(key, severity, components, 1);
	act_detection(r->fold, &list, r->who.now_us, &r->drafts);
	size_t count = r->drafts.count;
	recorder_commit(r);
	proposals_free(&list);
	return count;
}

static void test_a_proposal_is_recorded_once(void **state)
{
	struct recorder *r = *state;
	assert_int_equal(detect_now(r, "k", SEVERITY_P1), 1);
	assert_int_equal(detect_now(r, "k", SEVERITY_P1), 0);
	assert_int_equal(fold_proposal_count(r->fold), 1);
	const struct open_proposal *p = fold_proposal_at(r->fold, 0);
	assert_string_equal(p->title, "Validator failure: v2");
	assert_string_equal(p->rule, "S-1");
	assert_int_equal(p->severity, SEVERITY_P1);
	assert_int_equal(p->cause, CAUSE_VALIDATOR_FAILURE);
	assert_true(p->since_us == T0 - 5 * US_PER_S);
	assert_string_equal(p->components[0], "validator/v2");
	assert_int_equal(p->times, 1);
}

static void test_a_worse_severity_is_a_change(void **state)
{
	struct recorder *r = *state;
	detect_now(r, "k", SEVERITY_P1);
	assert_int_equal(detect_now(r, "k", SEVERITY_P0), 1);
	assert_int_equal(fold_event(r->fold, 2)->kind, EVENT_DETECTOR_CHANGED);
	assert_int_equal(fold_proposal_count(r->fold), 1);
	assert_int_equal(fold_proposal_at(r->fold, 0)->severity, SEVERITY_P0);
}

static void test_flapping_counts_on_one_proposal(void **state)
{
	struct recorder *r = *state;
	for (unsigned i = 1; i <= 5; i++) {
		assert_int_equal(detect_now(r, "k", SEVERITY_P1), 1);
		assert_int_equal(fold_proposal_count(r->fold), 1);
		assert_int_equal(fold_proposal_at(r->fold, 0)->times, i);
		assert_int_equal(detect_now(r, NULL, SEVERITY_P1), 1);
		assert_int_equal(fold_proposal_count(r->fold), 0);
	}
}

static void test_dismissed_stays_quiet_until_it_clears(void **state)
{
	struct recorder *r = *state;
	detect_now(r, "k", SEVERITY_P1);
	DO(r, act_dismiss(r->fold, &r->who, "k", "planned work", &r->drafts, &r->err));
	assert_int_equal(fold_proposal_count(r->fold), 0);
	assert_int_equal(detect_now(r, "k", SEVERITY_P1), 0);
	assert_int_equal(detect_now(r, "k", SEVERITY_P2), 0);
	assert_int_equal(detect_now(r, NULL, SEVERITY_P1), 1);
	assert_int_equal(detect_now(r, "k", SEVERITY_P1), 1);
	assert_int_equal(fold_proposal_count(r->fold), 1);
	assert_false(fold_proposal_at(r->fold, 0)->dismissed);
}

/* Who dismissed one slow node did not dismiss that none serves. */
static void test_dismissed_asks_again_when_it_grows_worse(void **state)
{
	struct recorder *r = *state;
	detect_now(r, "k", SEVERITY_P2);
	DO(r, act_dismiss(r->fold, &r->who, "k", "planned work", &r->drafts, &r->err));
	assert_int_equal(detect_now(r, "k", SEVERITY_P0), 1);
	assert_int_equal(fold_proposal_count(r->fold), 1);
	assert_int_equal(fold_proposal_at(r->fold, 0)->severity, SEVERITY_P0);
	DO(r, act_dismiss(r->fold, &r->who, "k", "planned as well", &r->drafts, &r->err));
	assert_int_equal(detect_now(r, "k", SEVERITY_P0), 0);
	assert_int_equal(fold_proposal_count(r->fold), 0);
}

/* The validator fails, then nothing can be seen, then everything is well. */
static void test_out_of_sight_is_not_over(void **state)
{
	struct recorder *r = *state;
	char nodes[1][96] = {"node/n1"}, hidden[1][96] = {"validator/v2"};
	struct proposal lost = {.cause = CAUSE_VISIBILITY_LOST, .severity = SEVERITY_P1, .key = "lost", .title = "Visibility lost", .since_us = T0, .components = nodes, .component_count = 1, .consequences = hidden, .consequence_count = 1};
	struct proposals list = {.items = &lost, .count = 1};
	const struct incident *taker;
	detect_now(r, "k", SEVERITY_P1);
	act_detection(r->fold, &list, r->who.now_us, &r->drafts);
	assert_int_equal(r->drafts.count, 1);
	recorder_commit(r);
	assert_non_null(fold_proposal(r->fold, "k", &taker));
	assert_int_equal(detect_now(r, NULL, SEVERITY_P1), 2);
	assert_null(fold_proposal(r->fold, "k", &taker));
}

static void declare_from(struct recorder *r, const char *key)
{
	char id[16];
	const struct declaration d = {.proposal_key = key, .severity = SEVERITY_UNSET};
	DO(r, act_declare(r->fold, &r->who, &d, id, &r->drafts, &r->err));
}

static void test_declared_from_a_proposal(void **state)
{
	struct recorder *r = *state;
	detect_now(r, "k", SEVERITY_P1);
	declare_from(r, "k");
	const struct incident *incident = inc(r, "INC-1");
	assert_string_equal(incident->title, "Validator failure: v2");
	assert_int_equal(incident->severity, SEVERITY_P1);
	assert_string_equal(incident->severity_rule, "S-1");
	assert_int_equal(incident->cause, CAUSE_VALIDATOR_FAILURE);
	assert_string_equal(incident->runbook_suggested, "validator-failure");
	assert_string_equal(incident->runbook, "");
	assert_int_equal(incident->component_count, 1);
	assert_true(incident->impact_started_us == T0 - 5 * US_PER_S);
	assert_int_equal(incident->stage, STAGE_TRIAGE);
	assert_int_equal(fold_proposal_count(r->fold), 0);
	/* Its timeline starts with the proposal. */
	assert_int_equal(incident->timeline_count, 2);
	assert_int_equal(incident->timeline[0].seq, 1);
	assert_non_null(strstr(r->events[1].refs, r->events[0].id));
}

static void test_an_open_incident_is_not_proposed_again(void **state)
{
	struct recorder *r = *state;
	detect_now(r, "k", SEVERITY_P1);
	declare_from(r, "k");
	assert_int_equal(detect_now(r, "k", SEVERITY_P1), 0);
	detect_now(r, NULL, SEVERITY_P1);
	assert_int_equal(detect_now(r, "k", SEVERITY_P1), 1);
	assert_int_equal(fold_proposal_count(r->fold), 0);
	assert_string_equal(fold_event(r->fold, r->count)->incident, "INC-1");
	assert_int_equal(fold_event(r->fold, r->count)->kind, EVENT_DETECTOR_CHANGED);
	assert_int_equal(detect_now(r, "k", SEVERITY_P1), 0);
}

static void test_a_fault_that_outlives_its_incident_asks_anew(void **state)
{
	struct recorder *r = *state;
	detect_now(r, "k", SEVERITY_P1);
	declare_from(r, "k");
	recorder_raw(r, EVENT_INCIDENT_CLOSED, "INC-1", "{}");
	assert_int_equal(detect_now(r, "k", SEVERITY_P1), 1);
	assert_int_equal(fold_proposal_count(r->fold), 1);
	assert_int_equal(fold_proposal_at(r->fold, 0)->times, 1);
	assert_int_equal(detect_now(r, "k", SEVERITY_P1), 0);
}

static void test_attach_joins_components_and_prehistory(void **state)
{
	struct recorder *r = *state;
	declare(r, "by hand", SEVERITY_P1);
	detect_now(r, "k", SEVERITY_P1);
	DO(r, act_attach(r->fold, &r->who, "k", "inc-1", &r->drafts, &r->err));
	const struct incident *incident = inc(r, "1");
	assert_int_equal(fold_proposal_count(r->fold), 0);
	assert_string_equal(incident->components[0], "validator/v2");
	assert_int_equal(incident->timeline_count, 3);
}

/* --- reports ------------------------------------------------------------------------ */

static void test_reports_wait_until_attached(void **state)
{
	struct recorder *r = *state;
	DO(r, act_report(r->fold, &r->who, "exchange desk", "withdrawals hang\nsince noon", NULL, T0 - US_PER_MINUTE, &r->drafts, &r->err));
	DO(r, act_report(r->fold, &r->who, NULL, "me too", NULL, 0, &r->drafts, &r->err));
	assert_int_equal(fold_report_count(r->fold), 2);
	assert_string_equal(fold_report_at(r->fold, 0)->who, "exchange desk");
	assert_string_equal(fold_report_at(r->fold, 0)->text, "report from exchange desk: withdrawals hang");
	declare(r, "t", SEVERITY_P2);
	DO(r, act_attach_report(r->fold, &r->who, 1, "INC-1", &r->drafts, &r->err));
	assert_int_equal(fold_report_count(r->fold), 1);
	assert_int_equal(fold_report_at(r->fold, 0)->seq, 2);
	assert_int_equal(inc(r, "INC-1")->timeline[0].seq, 1);
	assert_int_equal(act_attach_report(r->fold, &r->who, 1, "INC-1", &r->drafts, &r->err), STATUS_CONFLICT);
}

/* --- the whole way -------------------------------------------------------------------- */

static void step(struct recorder *r, const char *number, enum step_state state, const char *text)
{
	DO(r, act_step(r->fold, &r->who, "INC-1", number, "Check", state, text, &r->drafts, &r->err));
}

static void check_passed(struct recorder *r, const char *name)
{
	char data[120];
	recorder_raw(r, EVENT_CHECK_PASSED, "INC-1", text_format(data, sizeof(data), "{\"check\":\"%s\",\"detail\":\"fine\",\"total\":3}", name));
}

static void go(struct recorder *r, enum stage to, const char *reason)
{
	DO(r, act_stage(r->fold, &r->who, "INC-1", to, reason, &r->drafts, &r->err));
}

static void walk_to_resolve(struct recorder *r)
{
	const char *components[] = {"validator/v2", "chain/138", NULL};
	const struct step_name steps[] = {{"1", "Check pod status"}, {"2", "Check logs"}};
	declare(r, "t", SEVERITY_P1);
	DO(r, act_role(r->fold, &r->who, "INC-1", "commander", "alice", &r->drafts, &r->err));
	DO(r, act_components(r->fold, &r->who, "INC-1", components, &r->drafts, &r->err));
	DO(r, act_impact(r->fold, &r->who, "INC-1", "swaps wait", &r->drafts, &r->err));
	go(r, STAGE_RESPOND, NULL);
	DO(r, act_runbook_steps(r->fold, &r->who, "INC-1", "validator-failure", NULL, NULL, steps, 2, &r->drafts, &r->err));
	step(r, "1", STEP_DONE, NULL);
	step(r, "2", STEP_SKIPPED, "no access");
	go(r, STAGE_RESOLVE, NULL);
}

static void walk_to_review(struct recorder *r)
{
	walk_to_resolve(r);
	check_passed(r, "blocks-advance");
	check_passed(r, "validators-turn");
	check_passed(r, "nodes-agree");
	go(r, STAGE_REVIEW, NULL);
}

static void section(struct recorder *r, enum section which)
{
	DO(r, act_section(r->fold, &r->who, "INC-1", which, "because\nof that", &r->drafts, &r->err));
}

static void walk_to_closed(struct recorder *r)
{
	walk_to_review(r);
	section(r, SECTION_ROOT_CAUSE);
	section(r, SECTION_RESOLUTION);
	section(r, SECTION_LESSONS);
	DO(r, act_action_item(r->fold, &r->who, "INC-1", "alert earlier", "bob", "2026-02-01", "detective", &r->drafts, &r->err));
	go(r, STAGE_CLOSED, NULL);
}

static void test_the_whole_way(void **state)
{
	struct recorder *r = *state;
	walk_to_closed(r);
	const struct incident *incident = inc(r, "INC-1");
	assert_int_equal(incident->stage, STAGE_CLOSED);
	assert_false(incident_is_open(incident));
	assert_null(fold_current(r->fold));
	for (int i = STAGE_TRIAGE; i < STAGE_COUNT; i++)
		assert_true(incident->stage_us[i] > 0);
	assert_int_equal(incident->step_count, 2);
	assert_int_equal(incident->steps[0].state, STEP_DONE);
	assert_string_equal(incident->steps[0].title, "Check pod status");
	assert_int_equal(incident->steps[1].state, STEP_SKIPPED);
	assert_string_equal(incident->steps[1].note, "no access");
	assert_int_equal(incident->check_count, 3);
	assert_string_equal(incident->sections[SECTION_ROOT_CAUSE], "because\nof that");
	assert_int_equal(incident->action_count, 1);
	assert_string_equal(incident->actions[0].due, "2026-02-01");
	/* The commander's role is written beside what he did from then on. */
	assert_string_equal(fold_event(r->fold, r->count)->role, "commander");
}

static void test_back_and_forth_begins_the_checks_anew(void **state)
{
	struct recorder *r = *state;
	walk_to_review(r);
	go(r, STAGE_RESPOND, NULL);
	const struct incident *incident = inc(r, "INC-1");
	assert_true(incident->stage_us[STAGE_RESOLVE] == 0 && incident->stage_us[STAGE_REVIEW] == 0);
	go(r, STAGE_RESOLVE, NULL);
	assert_int_equal(inc(r, "INC-1")->check_count, 0);
	assert_int_equal(act_stage(r->fold, &r->who, "INC-1", STAGE_REVIEW, NULL, &r->drafts, &r->err), STATUS_REFUSED);
}

static void test_a_cause_is_resolved_by_its_incident(void **state)
{
	struct recorder *r = *state;
	walk_to_resolve(r);
	assert_int_equal(detection_resolved_us(r->fold, CAUSE_NONE), 0);
	go(r, STAGE_REVIEW, "healed from outside");
	assert_true(inc(r, "INC-1")->stage_us[STAGE_REVIEW] > 0);
	assert_true(detection_resolved_us(r->fold, CAUSE_NONE) == inc(r, "INC-1")->stage_us[STAGE_REVIEW]);
	assert_int_equal(detection_resolved_us(r->fold, CAUSE_CHAIN_FORK), 0);
	go(r, STAGE_RESPOND, NULL);
	assert_int_equal(detection_resolved_us(r->fold, CAUSE_NONE), 0);
}

static void test_reopen(void **state)
{
	struct recorder *r = *state;
	walk_to_closed(r);
	DO(r, act_reopen(r->fold, &r->who, "INC-1", "it is back", &r->drafts, &r->err));
	assert_int_equal(inc(r, "INC-1")->stage, STAGE_RESPOND);
	assert_true(inc(r, "INC-1")->stage_us[STAGE_CLOSED] == 0);
	assert_non_null(fold_current(r->fold));
}

static void test_overrides_are_recorded(void **state)
{
	struct recorder *r = *state;
	walk_to_resolve(r);
	recorder_raw(r, EVENT_CHECK_FAILED, "INC-1", "{\"check\":\"nodes-agree\",\"detail\":\"two heads\"}");
	go(r, STAGE_REVIEW, "the fork is known");
	const struct incident *incident = inc(r, "INC-1");
	assert_int_equal(incident->stage, STAGE_REVIEW);
	assert_true(incident->overridden && incident->checks[0].overridden && !incident->checks[0].passed);
	assert_int_equal(fold_event(r->fold, r->count - 1)->kind, EVENT_CHECK_OVERRIDDEN);
	assert_string_equal(fold_event(r->fold, r->count - 1)->summary, "checks overridden: the fork is known");
}

static void test_a_run_keeps_what_it_said(void **state)
{
	struct recorder *r = *state;
	declare(r, "t", SEVERITY_P1);
	DO(r, act_runbook(r->fold, &r->who, "INC-1", "validator-failure", NULL, &r->drafts, &r->err));
	struct step_run run = {.step = "1", .title = "Check", .command = "kubectl get pods \"$pod\"", .exit_code = 0, .duration_us = 1234567, .output = "NAME\r\nv2\033[31m red\033[0m\n"};
	DO(r, act_step_started(r->fold, &r->who, "INC-1", &run, &r->drafts, &r->err));
	assert_int_equal(inc(r, "INC-1")->steps[0].state, STEP_RUNNING);
	DO(r, act_step_ran(r->fold, &r->who, "INC-1", &run, &r->drafts, &r->err));
	const struct step_record *record = &inc(r, "INC-1")->steps[0];
	assert_true(record->ran);
	assert_int_equal(record->state, STEP_PENDING);
	assert_true(record->duration_us == 1234567);
	assert_null(strchr(record->output, '\033'));
	assert_non_null(strstr(record->output, "v2"));
	assert_string_equal(fold_event(r->fold, r->count)->summary, "step 1 Check: exit 0 after 1.2 s");
	assert_string_equal(fold_event(r->fold, r->count)->source, "runbook:validator-failure#1");
	run.exit_code = 3;
	DO(r, act_step_ran(r->fold, &r->who, "INC-1", &run, &r->drafts, &r->err));
	assert_int_equal(inc(r, "INC-1")->steps[0].state, STEP_FAILED);
	assert_int_equal(inc(r, "INC-1")->steps[0].exit_code, 3);
}

/* --- resume ------------------------------------------------------------------------------- */

static char *everything(const struct fold *fold)
{
	struct buf out;
	struct json_writer w;
	buf_init(&out, 1 << 20);
	json_writer_init(&w, &out, false);
	for (size_t i = 0; i < fold_incident_count(fold); i++)
		incident_json(fold, fold_incident_at(fold, i), &w);
	for (size_t i = 0; i < fold_proposal_count(fold); i++)
		buf_printf(&out, "%s %u\n", fold_proposal_at(fold, i)->key, fold_proposal_at(fold, i)->times);
	assert_false(out.full);
	return buf_take(&out);
}

/* After a crash the record is folded again: the same state, stage and step, whatever
 * was asked for in between, and with every event handed over twice. */
static void test_resume_is_folding_again(void **state)
{
	struct recorder *r = *state;
	detect_now(r, "k", SEVERITY_P1);
	walk_to_closed(r);
	DO(r, act_amend(r->fold, &r->who, 2, NULL, T0 - US_PER_HOUR, &r->drafts, &r->err));
	DO(r, act_reopen(r->fold, &r->who, "INC-1", "again", &r->drafts, &r->err));
	struct fold *again = fold_new();
	for (size_t i = 0; i < r->count; i++) {
		fold_apply(again, &r->events[i]);
		fold_apply(again, &r->events[i]);
	}
	assert_int_equal(fold_event_count(again), r->count);
	char *live = everything(r->fold), *resumed = everything(again);
	assert_string_equal(live, resumed);
	assert_non_null(strstr(live, "\"stage\":\"respond\""));
	free(live);
	free(resumed);
	fold_free(again);
}

/* --- timeline ------------------------------------------------------------------------------- */

static void probe(struct recorder *r, const char *component, int64_t at_us)
{
	struct change change = {.from = HEALTH_OK, .to = HEALTH_CRITICAL, .at_us = at_us};
	text_format(change.id, sizeof(change.id), "%s", component);
	text_format(change.reason, sizeof(change.reason), "refused");
	act_changes(&change, 1, &r->drafts);
	recorder_commit(r);
}

static void test_what_was_missed_is_told(void **state)
{
	struct recorder *r = *state;
	act_unrecorded(12, T0, T0 + US_PER_MINUTE, &r->drafts);
	recorder_commit(r);
	const struct event *event = fold_event_at(r->fold, fold_event_count(r->fold) - 1);
	assert_int_equal(event->kind, EVENT_NOTE);
	assert_int_equal(event->occurred_us, T0 + US_PER_MINUTE);
	assert_non_null(strstr(event->summary, "12 changes from "));
	assert_non_null(strstr(event->data, "\"unrecorded\":12"));
}

static void test_the_timeline_begins_before_the_incident(void **state)
{
	struct recorder *r = *state;
	r->who.now_us = T0;
	probe(r, "validator/v2", T0 - US_PER_HOUR);        /* too early */
	probe(r, "node/rpc-0", T0 - US_PER_MINUTE);        /* another component */
	probe(r, "validator/v2", T0 - 10 * US_PER_MINUTE); /* just within */
	probe(r, "validator/v2", T0 - US_PER_S);
	char id[16];
	const char *components[] = {"validator/v2", NULL};
	const struct declaration d = {.title = "t", .severity = SEVERITY_P1, .components = components, .impact_started_us = T0};
	r->who.now_us = T0 + US_PER_S;
	DO(r, act_declare(r->fold, &r->who, &d, id, &r->drafts, &r->err));
	DO(r, act_note(r->fold, &r->who, "INC-1", "saw it first here", T0 - US_PER_DAY, 0, &r->drafts, &r->err));
	const struct incident *incident = inc(r, "INC-1");
	const uint64_t expected[] = {6, 3, 4, 5};
	assert_int_equal(incident->timeline_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(incident->timeline[i].seq, expected[i]);
	probe(r, "validator/v2", r->who.now_us);
	assert_int_equal(inc(r, "INC-1")->timeline_count, 5);
	assert_string_equal(fold_event(r->fold, r->count)->summary, "validator v2 is critical, was ok: refused");
}

static void test_equal_times_go_by_seq(void **state)
{
	struct recorder *r = *state;
	declare(r, "t", SEVERITY_P1);
	for (int i = 0; i < 3; i++)
		DO(r, act_note(r->fold, &r->who, "INC-1", "n", T0 - US_PER_S, 0, &r->drafts, &r->err));
	const struct incident *incident = inc(r, "INC-1");
	const uint64_t expected[] = {2, 3, 4, 1};
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(incident->timeline[i].seq, expected[i]);
	/* One of several at the same time is taken back; the others stay. */
	DO(r, act_retract(r->fold, &r->who, 3, "wrong incident", &r->drafts, &r->err));
	incident = inc(r, "INC-1");
	assert_int_equal(incident->timeline_count, 4);
	assert_int_equal(incident->timeline[0].seq, 2);
	assert_int_equal(incident->timeline[1].seq, 4);
	assert_int_equal(incident->note_count, 2);
}

static void test_corrections(void **state)
{
	struct recorder *r = *state;
	struct event_view view;
	declare(r, "t", SEVERITY_P1);
	DO(r, act_note(r->fold, &r->who, "INC-1", "at two", 0, 0, &r->drafts, &r->err));
	DO(r, act_amend(r->fold, &r->who, 2, "at three\nreally", 0, &r->drafts, &r->err));
	assert_true(fold_view(r->fold, fold_event(r->fold, 2), &view));
	assert_true(view.amended);
	assert_string_equal(view.summary, "at three");
	assert_string_equal(view.body, "at three\nreally");
	DO(r, act_amend(r->fold, &r->who, 2, NULL, T0 - US_PER_HOUR, &r->drafts, &r->err));
	assert_true(fold_view(r->fold, fold_event(r->fold, 2), &view));
	assert_string_equal(view.summary, "at three");
	assert_true(view.occurred_us == T0 - US_PER_HOUR);
	assert_int_equal(inc(r, "INC-1")->timeline[0].seq, 2);
	/* What was recorded stays as it was. */
	assert_string_equal(fold_event(r->fold, 2)->summary, "at two");
	DO(r, act_amend(r->fold, &r->who, 1, NULL, T0 - 2 * US_PER_HOUR, &r->drafts, &r->err));
	assert_true(inc(r, "INC-1")->declared_us == T0 - 2 * US_PER_HOUR);
	assert_true(inc(r, "INC-1")->stage_us[STAGE_TRIAGE] == T0 - 2 * US_PER_HOUR);
	assert_true(inc(r, "INC-1")->impact_started_us <= inc(r, "INC-1")->declared_us);
}

static void test_redaction_shows_as_such(void **state)
{
	struct recorder *r = *state;
	struct event_view view;
	declare(r, "t", SEVERITY_P1);
	DO(r, act_note(r->fold, &r->who, "INC-1", "my password is swordfish", 0, 0, &r->drafts, &r->err));
	recorder_raw(r, EVENT_REDACTED, "INC-1", "{\"target\":2,\"reason\":\"secret\"}");
	assert_true(fold_view(r->fold, fold_event(r->fold, 2), &view));
	assert_string_equal(view.summary, "(redacted)");
	assert_string_equal(view.body, "");
	char *all = everything(r->fold);
	assert_null(strstr(all, "swordfish"));
	free(all);
	assert_int_equal(act_amend(r->fold, &r->who, 2, "x", 0, &r->drafts, &r->err), STATUS_REFUSED);
}

static void test_a_redacted_declaration_is_still_an_incident(void **state)
{
	struct recorder *r = *state;
	struct event event = {.seq = 1, .kind = EVENT_INCIDENT_DECLARED, .redacted = true, .occurred_us = T0, .recorded_us = T0};
	char id[] = "INC-4", empty[] = "", kind[] = "incident.declared";
	event.incident = id;
	event.kind_name = kind;
	event.precision = event.boot = event.actor = event.source = event.refs = event.visibility = event.summary = event.body = event.data = empty;
	fold_apply(r->fold, &event);
	assert_string_equal(inc(r, "INC-4")->title, "(redacted)");
}

/* --- merging ---------------------------------------------------------------------------------- */

static void test_merge_keeps_both_streams(void **state)
{
	struct recorder *r = *state;
	declare(r, "one", SEVERITY_P2);
	declare(r, "two", SEVERITY_P1);
	DO(r, act_note(r->fold, &r->who, "INC-1", "from one", 0, 0, &r->drafts, &r->err));
	assert_string_equal(fold_current(r->fold)->id, "INC-2");
	DO(r, act_merge(r->fold, &r->who, "INC-2", "INC-1", &r->drafts, &r->err));
	assert_true(inc(r, "INC-2")->merged);
	assert_string_equal(inc(r, "INC-2")->merged_into, "INC-1");
	assert_int_equal(inc(r, "INC-1")->timeline_count, 4);
	assert_int_equal(inc(r, "INC-2")->timeline_count, 2);
	assert_string_equal(fold_current(r->fold)->id, "INC-1");
	DO(r, act_reopen(r->fold, &r->who, "INC-2", "not the same", &r->drafts, &r->err));
	assert_false(inc(r, "INC-2")->merged);
	assert_int_equal(inc(r, "INC-2")->stage, STAGE_TRIAGE);
	assert_int_equal(inc(r, "INC-1")->timeline_count, 2);
}

static void test_a_merged_incident_hands_its_proposal_on(void **state)
{
	struct recorder *r = *state;
	const struct incident *taker;
	declare(r, "one", SEVERITY_P2);
	detect_now(r, "k", SEVERITY_P1);
	declare_from(r, "k");
	DO(r, act_merge(r->fold, &r->who, "INC-2", "INC-1", &r->drafts, &r->err));
	assert_int_equal(detect_now(r, "k", SEVERITY_P1), 0);
	assert_non_null(fold_proposal(r->fold, "k", &taker));
	assert_string_equal(taker->id, "INC-1");
}

static void test_a_circle_of_merges_is_refused_by_the_fold(void **state)
{
	struct recorder *r = *state;
	declare(r, "one", SEVERITY_P2);
	declare(r, "two", SEVERITY_P1);
	recorder_raw(r, EVENT_INCIDENT_MERGED, "INC-1", "{\"into\":\"INC-2\"}");
	recorder_raw(r, EVENT_INCIDENT_MERGED, "INC-2", "{\"into\":\"INC-1\"}");
	recorder_raw(r, EVENT_INCIDENT_MERGED, "INC-2", "{\"into\":\"INC-2\"}");
	assert_true(inc(r, "INC-1")->merged);
	assert_false(inc(r, "INC-2")->merged);
	assert_true(inc(r, "INC-2")->timeline_count > 0);
}

/* --- newer and broken records --------------------------------------------------------------------- */

static void test_unknown_kinds_only_stand_in_the_timeline(void **state)
{
	struct recorder *r = *state;
	declare(r, "t", SEVERITY_P1);
	char *before = xstrdup(inc(r, "INC-1")->title);
	recorder_raw(r, EVENT_OTHER, "INC-1", "{\"title\":\"other\",\"to\":\"closed\"}");
	assert_string_equal(inc(r, "INC-1")->title, before);
	assert_int_equal(inc(r, "INC-1")->stage, STAGE_TRIAGE);
	assert_int_equal(inc(r, "INC-1")->timeline_count, 2);
	free(before);
}

static void test_hostile_data_changes_nothing(void **state)
{
	static const char *const payloads[] = {
		"",
		"null",
		"[]",
		"7",
		"\"x\"",
		"{",
		"{\"to\":7}",
		"{\"to\":\"nowhere\"}",
		"{\"to\":\"detect\"}",
		"{\"severity\":\"P9\"}",
		"{\"severity\":[]}",
		"{\"components\":\"x\"}",
		"{\"components\":{}}",
		"{\"components\":[[],{},7,null,\"\"]}",
		"{\"key\":7,\"components\":[7]}",
		"{\"target\":-1}",
		"{\"target\":0}",
		"{\"target\":99999}",
		"{\"target\":\"1\"}",
		"{\"target\":9007199254740991}",
		"{\"step\":{}}",
		"{\"step\":\"\"}",
		"{\"check\":[]}",
		"{\"section\":\"nothing\"}",
		"{\"text\":7}",
		"{\"role\":\"king\",\"name\":\"x\"}",
		"{\"into\":\"INC-99\"}",
		"{\"into\":\"\"}",
		"{\"report\":1}",
		"{\"report\":-4}",
		"{\"exit\":99999999999,\"step\":\"\"}",
		"{\"impact\":7}",
		"{\"runbook\":7}",
		"{\"steps\":[7,{},{\"number\":7}]}",
		"{\"a\":1,\"a\":2}",
		"\xff\xfe",
	};
	struct recorder *r = *state;
	declare(r, "t", SEVERITY_P1);
	DO(r, act_note(r->fold, &r->who, "INC-1", "n", 0, 0, &r->drafts, &r->err));
	for (int kind = EVENT_OTHER; kind < EVENT_KIND_COUNT; kind++) {
		/* These mean something without data. */
		if (kind == EVENT_INCIDENT_CLOSED || kind == EVENT_INCIDENT_REOPENED || kind == EVENT_NOTE || kind == EVENT_EVIDENCE_ATTACHED || kind == EVENT_INCIDENT_COMPONENTS)
			continue;
		for (size_t i = 0; i < ARRAY_LENGTH(payloads); i++)
			recorder_raw(r, (enum event_kind)kind, "INC-1", payloads[i]);
	}
	const struct incident *incident = inc(r, "INC-1");
	assert_string_equal(incident->title, "t");
	assert_int_equal(incident->severity, SEVERITY_P1);
	assert_int_equal(incident->stage, STAGE_TRIAGE);
	assert_int_equal(incident->component_count, 0);
	assert_int_equal(incident->step_count, 0);
	assert_int_equal(incident->check_count, 0);
	assert_int_equal(incident->action_count, 0);
	assert_false(incident->merged);
	assert_null(incident->impact);
	assert_int_equal(fold_incident_count(r->fold), 1);
	assert_int_equal(fold_proposal_count(r->fold), 0);
	assert_int_equal(incident->timeline_count, r->count);
	char *all = everything(r->fold);
	assert_true(strlen(all) > 0);
	free(all);
}

static void test_hostile_incident_names(void **state)
{
	static const char *const names[] = {"", "INC-", "INC-0", "INC--1", "INC-99999999999999999999", "7; drop table", "\033[2J", "INC-1 "};
	struct recorder *r = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		recorder_raw(r, EVENT_INCIDENT_DECLARED, names[i], "{}");
	assert_int_equal(fold_incident_count(r->fold), 0);
	recorder_raw(r, EVENT_INCIDENT_DECLARED, "INC-999999999", "{\"title\":\"\\u001b[2Jx\"}");
	recorder_raw(r, EVENT_INCIDENT_DECLARED, "INC-3", "{\"title\":\"three\"}");
	recorder_raw(r, EVENT_INCIDENT_DECLARED, "INC-3", "{\"title\":\"a second console\"}");
	assert_int_equal(fold_incident_count(r->fold), 2);
	assert_string_equal(fold_incident_at(r->fold, 0)->id, "INC-3");
	assert_string_equal(inc(r, "3")->title, "three");
	assert_null(strchr(inc(r, "INC-999999999")->title, '\033'));
	assert_null(fold_incident(r->fold, "INC-4"));
	assert_null(fold_incident(r->fold, NULL));
}

static void test_terminal_sequences_do_not_come_through(void **state)
{
	struct recorder *r = *state;
	struct event_view view;
	const struct draft draft = {.kind = EVENT_NOTE, .actor = "al\033]0;x\aice", .summary = "a\rb\033[2J", .body = "one\ntwo\033[31m\x9b", .data = "{}"};
	recorder_append(r, &draft);
	const struct event *event = fold_event(r->fold, 1);
	assert_true(fold_view(r->fold, event, &view));
	assert_true(text_is_clean(view.summary, strlen(view.summary)));
	assert_true(text_is_clean(event->actor, strlen(event->actor)));
	assert_null(strchr(view.body, '\033'));
	assert_non_null(strchr(view.body, '\n'));
}

static void test_gaps_and_old_numbers(void **state)
{
	struct recorder *r = *state;
	declare(r, "t", SEVERITY_P1);
	r->count = 50;
	struct draft note = {.kind = EVENT_NOTE, .incident = "INC-1", .summary = "after a gap"};
	struct event event = recorder_event(r, &note);
	fold_apply(r->fold, &event);
	event_free(&event);
	r->count = 20;
	event = recorder_event(r, &note);
	fold_apply(r->fold, &event);
	event_free(&event);
	r->count = 1;
	assert_int_equal(fold_event_count(r->fold), 2);
	assert_non_null(fold_event(r->fold, 51));
	assert_non_null(fold_event(r->fold, 1));
	assert_null(fold_event(r->fold, 21));
	assert_null(fold_event(r->fold, 2));
	assert_null(fold_event(r->fold, 0));
}

/* Loading must not slow down with the length of the record: a hundred thousand
 * changes, and the timeline still holds just what belongs to it. */
static void test_a_long_record(void **state)
{
	struct recorder *r = *state;
	struct fold *fold = r->fold;
	char data[80], component[40];
	struct draft draft = {.kind = EVENT_PROBE_CHANGE, .summary = "raw", .data = data};
	for (uint64_t seq = 1; seq <= 100000; seq++) {
		text_format(component, sizeof(component), "node/n%d", (int)(seq % 50));
		text_format(data, sizeof(data), "{\"component\":\"%s\"}", component);
		draft.occurred_us = T0 + (int64_t)seq * US_PER_S;
		struct event event = recorder_event(r, &draft);
		event.seq = seq;
		fold_apply(fold, &event);
		event_free(&event);
	}
	struct draft declared = {.kind = EVENT_INCIDENT_DECLARED, .incident = "INC-1", .summary = "raw", .occurred_us = T0 + 100001 * US_PER_S, .data = "{\"components\":[\"node/n7\"]}"};
	struct event event = recorder_event(r, &declared);
	event.seq = 100001;
	fold_apply(fold, &event);
	event_free(&event);
	/* Ten minutes of one change each second, each fiftieth of them on n7, and the declaration. */
	assert_int_equal(inc(r, "INC-1")->timeline_count, 13);
	assert_int_equal(fold_event(fold, 77777)->seq, 77777);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, recorder_setup, recorder_teardown)
		CASE(test_a_proposal_is_recorded_once),
		CASE(test_a_worse_severity_is_a_change),
		CASE(test_flapping_counts_on_one_proposal),
		CASE(test_dismissed_stays_quiet_until_it_clears),
		CASE(test_dismissed_asks_again_when_it_grows_worse),
		CASE(test_out_of_sight_is_not_over),
		CASE(test_declared_from_a_proposal),
		CASE(test_an_open_incident_is_not_proposed_again),
		CASE(test_a_fault_that_outlives_its_incident_asks_anew),
		CASE(test_attach_joins_components_and_prehistory),
		CASE(test_reports_wait_until_attached),
		CASE(test_the_whole_way),
		CASE(test_back_and_forth_begins_the_checks_anew),
		CASE(test_a_cause_is_resolved_by_its_incident),
		CASE(test_reopen),
		CASE(test_overrides_are_recorded),
		CASE(test_a_run_keeps_what_it_said),
		CASE(test_resume_is_folding_again),
		CASE(test_what_was_missed_is_told),
		CASE(test_the_timeline_begins_before_the_incident),
		CASE(test_equal_times_go_by_seq),
		CASE(test_corrections),
		CASE(test_redaction_shows_as_such),
		CASE(test_a_redacted_declaration_is_still_an_incident),
		CASE(test_merge_keeps_both_streams),
		CASE(test_a_merged_incident_hands_its_proposal_on),
		CASE(test_a_circle_of_merges_is_refused_by_the_fold),
		CASE(test_unknown_kinds_only_stand_in_the_timeline),
		CASE(test_hostile_data_changes_nothing),
		CASE(test_hostile_incident_names),
		CASE(test_terminal_sequences_do_not_come_through),
		CASE(test_gaps_and_old_numbers),
		CASE(test_a_long_record),
#undef CASE
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
