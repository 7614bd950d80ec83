/* Shows who does what in an incident, as the fold keeps it: roles change hands when the other
 * side accepts, tasks and hypotheses keep their numbers, people who were told answer or do
 * not, and no record, however broken, makes it worse. */
#include "recorder.h"

#include "incident/act_room.h"
#include "incident/payload.h"
#include "report/handover.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define ACT(r, name, ...) name((r)->fold, &(r)->who, __VA_ARGS__, &(r)->drafts, &(r)->err)

static void declare(struct recorder *r, enum severity severity)
{
	char id[16];
	const struct declaration d = {.title = "it is slow", .severity = severity};
	DO(r, act_declare(r->fold, &r->who, &d, id, &r->drafts, &r->err));
}

static const struct incident *inc(struct recorder *r)
{
	const struct incident *incident = fold_incident(r->fold, "INC-1");
	assert_non_null(incident);
	return incident;
}

/* Somebody else sits down. */
static void as(struct recorder *r, const char *name)
{
	r->who.name = name;
}

#define REFUSED(r, status_, text_, call)                                                                   \
	do {                                                                                               \
		error_clear(&(r)->err);                                                                    \
		enum status got_ = (call);                                                                 \
		if (got_ != (status_) || !strstr((r)->err.text, text_))                                    \
			fail_msg("%s: \"%s\" instead of \"%s\"", status_name(got_), (r)->err.text, text_); \
		assert_int_equal((r)->drafts.count, 0);                                                    \
		drafts_free(&(r)->drafts);                                                                 \
	} while (0)

/* --- roles -------------------------------------------------------------------------- */

static void test_a_role_changes_hands_when_it_is_accepted(void **state)
{
	struct recorder *r = *state;
	declare(r, SEVERITY_P1);
	DO(r, ACT(r, act_role, "INC-1", "commander", "alice"));
	DO(r, ACT(r, act_offer, "INC-1", "commander", "bob", "all quiet", 10 * US_PER_MINUTE));
	assert_string_equal(inc(r)->owner, "alice");
	assert_string_equal(inc(r)->offers[0].summary, "all quiet");
	as(r, "bob");
	DO(r, ACT(r, act_accept, "INC-1", NULL));
	assert_string_equal(inc(r)->owner, "bob");
	assert_int_equal(inc(r)->offers[0].state, OFFER_ACCEPTED);
	assert_int_equal(inc(r)->tenure_count, 2);
	assert_string_equal(inc(r)->tenures[0].name, "alice");
	assert_true(inc(r)->tenures[0].until_us == inc(r)->tenures[1].since_us);
	assert_true(inc(r)->tenures[1].until_us == 0);
	REFUSED(r, STATUS_NOT_FOUND, "nothing is offered to bob", ACT(r, act_accept, "INC-1", NULL));
}

static void test_an_offer_is_declined_or_expires(void **state)
{
	struct recorder *r = *state;
	declare(r, SEVERITY_P1);
	DO(r, ACT(r, act_role, "INC-1", "scribe", "alice"));
	DO(r, ACT(r, act_offer, "INC-1", "scribe", "bob", NULL, 10 * US_PER_MINUTE));
	as(r, "bob");
	DO(r, ACT(r, act_decline, "INC-1", "scribe", "I am on the phone"));
	assert_int_equal(inc(r)->offers[0].state, OFFER_DECLINED);
	assert_string_equal(inc(r)->offers[0].reason, "I am on the phone");
	as(r, "alice");
	DO(r, ACT(r, act_offer, "INC-1", "scribe", "bob", NULL, 10 * US_PER_MINUTE));
	as(r, "bob");
	r->who.now_us += 10 * US_PER_MINUTE;
	REFUSED(r, STATUS_NOT_FOUND, "nothing is offered to bob", ACT(r, act_accept, "INC-1", "scribe"));
	assert_string_equal(inc(r)->scribe, "alice");
}

static void test_only_who_has_a_role_hands_it_over(void **state)
{
	struct recorder *r = *state;
	declare(r, SEVERITY_P1);
	DO(r, ACT(r, act_role, "INC-1", "operations", "carol"));
	REFUSED(r, STATUS_REFUSED, "carol has it", ACT(r, act_offer, "INC-1", "operations", "bob", NULL, US_PER_HOUR));
	REFUSED(r, STATUS_INVALID, "not a role's name", ACT(r, act_offer, "INC-1", "Ops!", "bob", NULL, US_PER_HOUR));
	REFUSED(r, STATUS_INVALID, "one minute to one day", ACT(r, act_offer, "INC-1", "bridge", "bob", NULL, 1));
	/* A role that nobody has can be offered by anybody, one's own is no offer. */
	DO(r, ACT(r, act_offer, "INC-1", "bridge", "bob", NULL, US_PER_HOUR));
	as(r, "carol");
	REFUSED(r, STATUS_CONFLICT, "carol has it already", ACT(r, act_offer, "INC-1", "operations", "carol", NULL, US_PER_HOUR));
}

static void test_taking_a_role_voids_what_was_offered(void **state)
{
	struct recorder *r = *state;
	declare(r, SEVERITY_P1);
	DO(r, ACT(r, act_role, "INC-1", "commander", "alice"));
	DO(r, ACT(r, act_offer, "INC-1", "commander", "bob", NULL, US_PER_HOUR));
	as(r, "carol");
	DO(r, ACT(r, act_role, "INC-1", "commander", "carol"));
	as(r, "bob");
	REFUSED(r, STATUS_NOT_FOUND, "nothing is offered", ACT(r, act_accept, "INC-1", NULL));
	DO(r, ACT(r, act_role, "INC-1", "commander", NULL));
	assert_string_equal(inc(r)->owner, "");
	assert_true(inc(r)->anchors.commanded_us == r->who.now_us - US_PER_S);
}

static void test_what_is_written_names_the_role_of_the_writer(void **state)
{
	struct recorder *r = *state;
	declare(r, SEVERITY_P1);
	DO(r, ACT(r, act_role, "INC-1", "operations", "alice"));
	DO(r, ACT(r, act_note, "INC-1", "looking", 0, 0));
	assert_string_equal(fold_event(r->fold, r->count)->role, "operations");
}

/* --- tasks, hypotheses, decisions ------------------------------------------------------ */

static void test_tasks_keep_their_numbers(void **state)
{
	struct recorder *r = *state;
	declare(r, SEVERITY_P1);
	DO(r, ACT(r, act_task, "INC-1", "one", "bob", 15 * US_PER_MINUTE));
	uint64_t one = r->count;
	DO(r, ACT(r, act_task, "INC-1", "two", NULL, US_PER_DAY));
	DO(r, ACT(r, act_retract, one, "a mistake"));
	DO(r, ACT(r, act_task, "INC-1", "three", NULL, US_PER_DAY));
	assert_int_equal(inc(r)->tasks[2].number, 3);
	assert_int_equal(inc(r)->tasks[0].state, TASK_CANCELLED);
	DO(r, ACT(r, act_task_assign, "INC-1", "t2", "carol", 5 * US_PER_MINUTE));
	assert_string_equal(inc(r)->tasks[1].owner, "carol");
	assert_true(inc(r)->tasks[1].due_us == r->who.now_us - US_PER_S + 5 * US_PER_MINUTE);
	DO(r, ACT(r, act_task_done, "INC-1", "2", "it was full"));
	assert_int_equal(inc(r)->tasks[1].state, TASK_DONE);
	assert_string_equal(inc(r)->tasks[1].note, "it was full");
	REFUSED(r, STATUS_CONFLICT, "done already", ACT(r, act_task_cancel, "INC-1", "T2", "late"));
	REFUSED(r, STATUS_NOT_FOUND, "T9", ACT(r, act_task_done, "INC-1", "T9", NULL));
	REFUSED(r, STATUS_NOT_FOUND, "none of that number", ACT(r, act_task_done, "INC-1", "", NULL));
	REFUSED(r, STATUS_INVALID, "reason", ACT(r, act_task_cancel, "INC-1", "T3", " "));
	REFUSED(r, STATUS_INVALID, "neither a name nor a time", ACT(r, act_task_assign, "INC-1", "T3", NULL, 0));
	REFUSED(r, STATUS_INVALID, "time box", ACT(r, act_task, "INC-1", "four", NULL, US_PER_S));
}

static void test_what_was_written_is_corrected(void **state)
{
	struct recorder *r = *state;
	declare(r, SEVERITY_P1);
	DO(r, ACT(r, act_decision, "INC-1", "restart it", NULL));
	uint64_t decision = r->count;
	DO(r, ACT(r, act_finding, "INC-1", "it was ful"));
	uint64_t finding = r->count;
	DO(r, ACT(r, act_amend, finding, "it was full", 0));
	assert_string_equal(inc(r)->findings[0].text, "it was full");
	DO(r, ACT(r, act_retract, decision, "not yet"));
	assert_int_equal(inc(r)->decision_count, 0);
	DO(r, ACT(r, act_retract, finding, "no"));
	assert_int_equal(inc(r)->finding_count, 0);
}

static void test_hypotheses_are_settled_by_evidence(void **state)
{
	struct recorder *r = *state;
	declare(r, SEVERITY_P1);
	DO(r, ACT(r, act_hypothesis, "INC-1", "the disk is full"));
	DO(r, ACT(r, act_hypothesis, "INC-1", "a bad release"));
	REFUSED(r, STATUS_INVALID, "evidence", ACT(r, act_hypothesis_close, "INC-1", "H1", true, NULL));
	DO(r, ACT(r, act_hypothesis_close, "INC-1", "H1", false, "df says 20 %"));
	assert_int_equal(inc(r)->hypotheses[0].state, HYPOTHESIS_REFUTED);
	/* New evidence turns it around. */
	DO(r, ACT(r, act_hypothesis_close, "INC-1", "H1", true, "inodes say 100 %"));
	assert_int_equal(inc(r)->hypotheses[0].state, HYPOTHESIS_CONFIRMED);
	assert_string_equal(inc(r)->hypotheses[0].evidence, "inodes say 100 %");
	assert_int_equal(inc(r)->hypotheses[1].state, HYPOTHESIS_OPEN);
	REFUSED(r, STATUS_NOT_FOUND, "H3", ACT(r, act_hypothesis_close, "INC-1", "H3", true, "x"));
}

static void test_what_is_redacted_keeps_its_number(void **state)
{
	struct recorder *r = *state;
	char data[64];
	declare(r, SEVERITY_P1);
	DO(r, ACT(r, act_task, "INC-1", "ask for the password hunter2", NULL, US_PER_HOUR));
	uint64_t seq = r->count;
	DO(r, ACT(r, act_task, "INC-1", "two", NULL, US_PER_HOUR));
	snprintf(data, sizeof(data), "{\"target\":%llu}", (unsigned long long)seq);
	recorder_raw(r, EVENT_REDACTED, "INC-1", data);
	assert_string_equal(inc(r)->tasks[0].text, "(redacted)");
	/* Read again, its content is gone. */
	mem_set(&r->events[seq - 1].data, "");
	mem_set(&r->events[seq - 1].summary, "");
	r->events[seq - 1].redacted = true;
	struct fold *again = fold_new();
	for (size_t i = 0; i < r->count; i++)
		fold_apply(again, &r->events[i]);
	const struct incident *incident = fold_incident(again, "INC-1");
	assert_int_equal(incident->task_count, 2);
	assert_string_equal(incident->tasks[0].text, "(redacted)");
	assert_int_equal(incident->tasks[1].number, 2);
	fold_free(again);
}

static void test_a_to_do_becomes_an_action_item(void **state)
{
	struct recorder *r = *state;
	declare(r, SEVERITY_P1);
	DO(r, ACT(r, act_to_do, "INC-1", "watch the disks", NULL, NULL, T0 + 7 * US_PER_DAY));
	assert_int_equal(inc(r)->action_count, 1);
	assert_true(inc(r)->actions[0].to_do);
	assert_string_equal(inc(r)->actions[0].due, "2026-01-08");
	/* The review completes it by its text. */
	DO(r, ACT(r, act_action_item, "INC-1", "watch the disks", "bob", "2026-02-01", NULL));
	assert_int_equal(inc(r)->action_count, 1);
	assert_string_equal(inc(r)->actions[0].owner, "bob");
}

/* --- escalation ----------------------------------------------------------------------------- */

/* alice is on call with a pager, tom leads, two are of no use. */
static void people(struct people *out, struct settings list[4])
{
	static const struct {
		const char *name, *key, *value, *roles;
	} rows[4] = {{"alice", "pagerduty", "alice", "on-call"}, {"tom", "slack", "@tom", "team-lead on-call"}, {"eve", "phone", "1", "cto"}, {"mute", "roles", "none", NULL}};
	for (size_t i = 0; i < 4; i++) {
		settings_init(&list[i], &person_section, rows[i].name, 1);
		assert_int_equal(settings_set(&list[i], rows[i].key, rows[i].value, 1, NULL), STATUS_OK);
		if (rows[i].roles)
			assert_int_equal(settings_set(&list[i], "roles", rows[i].roles, 1, NULL), STATUS_OK);
	}
	people_read(list, 4, out);
	out->reaches[CONTACT_PAGERDUTY] = out->reaches[CONTACT_SLACK] = true; /* [channel] sections of these kinds */
}

static void people_end(struct people *p, struct settings list[4])
{
	people_free(p);
	for (size_t i = 0; i < 4; i++)
		settings_free(&list[i]);
}

static void test_the_shipped_ladder_is_that_of_the_runbook(void **state)
{
	static const struct {
		const char *step;
		enum severity severity;
		const char *runbook;
		bool applies;
	} cases[] = {
		{"on-call", SEVERITY_P3, "", true},
		{"team-lead", SEVERITY_P0, "", true},
		{"team-lead", SEVERITY_P1, "", true},
		{"team-lead", SEVERITY_P2, "", false},
		{"team-lead", SEVERITY_UNSET, "", false},
		{"engineering-manager", SEVERITY_P0, "", true},
		{"engineering-manager", SEVERITY_P1, "", false},
		{"cto", SEVERITY_P0, "network-outage", false},
		{"cto", SEVERITY_P2, "security-incident", true},
	};
	struct people p;
	(void)state;
	people_read(NULL, 0, &p);
	assert_int_equal(p.rung_count, 4);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct incident incident = {.severity = cases[i].severity};
		text_format(incident.runbook, sizeof(incident.runbook), "%s", cases[i].runbook);
		if (rung_applies(people_rung(&p, cases[i].step), &incident) != cases[i].applies)
			fail_msg("case %zu: %s", i, cases[i].step);
	}
	people_free(&p);
}

static void test_everybody_of_a_step_is_told_by_the_surest_way(void **state)
{
	struct recorder *r = *state;
	struct people p;
	struct settings list[4];
	people(&p, list);
	declare(r, SEVERITY_P1);
	DO(r, act_escalate(r->fold, &r->who, &p, "INC-1", NULL, "it lasts", &r->drafts, &r->err));
	assert_int_equal(inc(r)->escalation_count, 2);
	assert_string_equal(inc(r)->escalations[0].person, "alice");
	assert_string_equal(inc(r)->escalations[0].channel, "pagerduty");
	assert_string_equal(inc(r)->escalations[1].person, "tom");
	assert_string_equal(inc(r)->escalations[1].channel, "slack");
	assert_string_equal(inc(r)->escalations[1].reason, "it lasts");
	/* The next one is the team lead; then nobody is left whom a P1 is for. */
	DO(r, act_escalate(r->fold, &r->who, &p, "INC-1", "", NULL, &r->drafts, &r->err));
	assert_string_equal(inc(r)->escalations[2].step, "team-lead");
	REFUSED(r, STATUS_REFUSED, "everybody on the ladder", act_escalate(r->fold, &r->who, &p, "INC-1", NULL, NULL, &r->drafts, &r->err));
	DO(r, act_escalate(r->fold, &r->who, &p, "INC-1", "eve", NULL, &r->drafts, &r->err));
	assert_string_equal(inc(r)->escalations[3].channel, "phone");
	REFUSED(r, STATUS_NOT_FOUND, "nobody", act_escalate(r->fold, &r->who, &p, "INC-1", "nobody", NULL, &r->drafts, &r->err));
	people_end(&p, list);
}

static void test_a_contact_without_a_channel_is_for_people(void **state)
{
	static const struct {
		bool pagerduty, slack;
		enum contact contact;
	} cases[] = {{true, true, CONTACT_PAGERDUTY}, {false, true, CONTACT_SLACK}, {false, false, CONTACT_PHONE}};
	struct people p = {.reaches = {[CONTACT_PHONE] = true, [CONTACT_HAND] = true}};
	struct person person = {.contacts = {[CONTACT_PAGERDUTY] = "a", [CONTACT_SLACK] = "@a", [CONTACT_EMAIL] = "a@b", [CONTACT_PHONE] = "1"}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		p.reaches[CONTACT_PAGERDUTY] = cases[i].pagerduty;
		p.reaches[CONTACT_SLACK] = cases[i].slack;
		assert_int_equal(person_contact(&p, &person), cases[i].contact);
	}
	person.contacts[CONTACT_PHONE] = NULL;
	assert_int_equal(person_contact(&p, &person), CONTACT_HAND);
}

static void test_without_people_somebody_is_told_by_hand(void **state)
{
	struct recorder *r = *state;
	struct people p;
	people_read(NULL, 0, &p);
	declare(r, SEVERITY_P0);
	DO(r, ACT(r, act_role, "INC-1", "commander", "alice"));
	/* Who took command answered for the engineer on call. */
	DO(r, act_escalate(r->fold, &r->who, &p, "INC-1", NULL, NULL, &r->drafts, &r->err));
	assert_string_equal(inc(r)->escalations[0].step, "team-lead");
	assert_string_equal(inc(r)->escalations[0].person, "");
	assert_string_equal(inc(r)->escalations[0].channel, "hand");
	DO(r, ACT(r, act_acknowledge, "INC-1", NULL, "by phone"));
	assert_string_equal(inc(r)->escalations[0].acked_by, "Team lead");
	REFUSED(r, STATUS_NOT_FOUND, "nobody is waited for", ACT(r, act_acknowledge, "INC-1", NULL, NULL));
	people_free(&p);
}

static void test_who_commands_need_not_be_told(void **state)
{
	struct recorder *r = *state;
	struct people p;
	struct settings list[4];
	people(&p, list);
	declare(r, SEVERITY_P1);
	assert_string_equal(people_next_rung(&p, inc(r))->name, "on-call");
	DO(r, ACT(r, act_role, "INC-1", "commander", "carol"));
	assert_string_equal(people_next_rung(&p, inc(r))->name, "team-lead");
	DO(r, ACT(r, act_role, "INC-1", "commander", "tom"));
	assert_null(people_next_rung(&p, inc(r)));
	people_end(&p, list);
}

static void test_who_takes_part_has_answered(void **state)
{
	struct recorder *r = *state;
	struct people p;
	struct settings list[4];
	people(&p, list);
	declare(r, SEVERITY_P1);
	DO(r, act_escalate(r->fold, &r->who, &p, "INC-1", "team-lead", NULL, &r->drafts, &r->err));
	as(r, "tom");
	DO(r, ACT(r, act_note, "INC-1", "I am here", 0, 0));
	assert_string_equal(inc(r)->escalations[0].acked_by, "tom");
	assert_true(inc(r)->escalations[0].heard_us == inc(r)->escalations[0].acked_us);
	DO(r, ACT(r, act_note, "INC-1", "looking", 0, 0));
	assert_true(inc(r)->escalations[0].heard_us > inc(r)->escalations[0].acked_us);
	people_end(&p, list);
}

static void test_what_the_channel_said_is_kept(void **state)
{
	struct recorder *r = *state;
	struct people p;
	char data[120];
	people_read(NULL, 0, &p);
	declare(r, SEVERITY_P1);
	DO(r, act_escalate(r->fold, &r->who, &p, "INC-1", "cto", NULL, &r->drafts, &r->err));
	snprintf(data, sizeof(data), "{\"request\":%llu,\"detail\":\"400 no such user\"}", (unsigned long long)r->count);
	recorder_raw(r, EVENT_ESCALATION_FAILED, "INC-1", data);
	assert_true(inc(r)->escalations[0].failed_us > 0);
	assert_string_equal(inc(r)->escalations[0].detail, "400 no such user");
	people_free(&p);
}

/* --- records that are broken, or meant to break us ---------------------------------------------- */

static void test_a_hostile_record_changes_nothing(void **state)
{
	static const struct {
		enum event_kind kind;
		const char *data;
	} rows[] = {
		{EVENT_ROLE_ASSUMED, "{}"},
		{EVENT_ROLE_ASSUMED, "{\"role\":\"\",\"name\":\"x\"}"},
		{EVENT_ROLE_ASSUMED, "{\"role\":7,\"name\":[]}"},
		{EVENT_ROLE_ASSUMED, "{\"role\":\"commander\"}"},
		{EVENT_ROLE_OFFERED, "{\"role\":\"scribe\",\"to\":\"bob\"}"},
		{EVENT_ROLE_OFFERED, "{\"role\":\"scribe\",\"until_us\":1}"},
		{EVENT_ROLE_DECLINED, "{\"offer\":99999}"},
		{EVENT_ROLE_DECLINED, "{\"offer\":-1}"},
		{EVENT_TASK_OPENED, "{}"},
		{EVENT_TASK_OPENED, "{\"text\":\"\"}"},
		{EVENT_TASK_OPENED, "not json"},
		{EVENT_TASK_DONE, "{\"task\":1}"},
		{EVENT_TASK_ASSIGNED, "{\"task\":\"T1\",\"owner\":\"x\"}"},
		{EVENT_HYPOTHESIS_OPENED, "[]"},
		{EVENT_HYPOTHESIS_CONFIRMED, "{\"hypothesis\":0}"},
		{EVENT_FINDING, "{\"text\":null}"},
		{EVENT_ESCALATION_REQUESTED, "{\"step\":\"\"}"},
		{EVENT_ESCALATION_ACKNOWLEDGED, "{\"request\":3,\"name\":\"x\"}"},
		{EVENT_ESCALATION_LAPSED, "{}"},
		{EVENT_CLOCK_DUE, "{\"due_us\":5}"},
		{EVENT_CLOCK_SNOOZED, "{\"clock\":\"\",\"until_us\":5}"},
		{EVENT_CLOCK_STEP, "{\"step_us\":9223372036854775807}"},
		{EVENT_CLOCK_STEP, "{\"step_us\":\"1\"}"},
	};
	struct recorder *r = *state;
	declare(r, SEVERITY_P1);
	int64_t declared_us = inc(r)->anchors.declared_us;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		recorder_raw(r, rows[i].kind, "INC-1", rows[i].data);
	const struct incident *incident = inc(r);
	assert_int_equal(incident->tenure_count + incident->offer_count + incident->task_count + incident->hypothesis_count + incident->finding_count + incident->escalation_count + incident->mark_count, 0);
	assert_true(incident->anchors.declared_us == declared_us);
	assert_string_equal(incident->owner, "");
}

static void test_hostile_texts_and_times_are_tamed(void **state)
{
	struct recorder *r = *state;
	struct clocks clocks;
	struct people p;
	struct running_clocks running;
	declare(r, SEVERITY_P1);
	recorder_raw(r, EVENT_TASK_OPENED, "INC-1", "{\"text\":\"a\\u001b[31mb\\u202e\\nc\",\"owner\":\"x\\ty\",\"due_us\":9223372036854775807}");
	recorder_raw(r, EVENT_TASK_OPENED, "INC-1", "{\"text\":\"b\",\"due_us\":-9223372036854775808}");
	recorder_raw(r, EVENT_ROLE_OFFERED, "INC-1", "{\"role\":\"scribe\",\"to\":\"bob\",\"until_us\":9223372036854775807}");
	recorder_raw(r, EVENT_ESCALATION_REQUESTED, "INC-1", "{\"step\":\"cto\",\"wait_us\":9223372036854775807}");
	recorder_raw(r, EVENT_CLOCK_DUE, "INC-1", "{\"clock\":\"update\",\"due_us\":9223372036854775807}");
	recorder_raw(r, EVENT_CLOCK_SNOOZED, "INC-1", "{\"clock\":\"update\",\"until_us\":9223372036854775807}");
	for (int i = 0; i < 40; i++)
		recorder_raw(r, EVENT_CLOCK_STEP, NULL, "{\"step_us\":3000000000000000}");
	const struct task *task = &inc(r)->tasks[0];
	assert_true(text_is_clean(task->text, strlen(task->text)));
	assert_true(text_is_clean(task->owner, strlen(task->owner)));
	clocks_read(NULL, 0, &clocks);
	people_read(NULL, 0, &p);
	clocks_running(inc(r), &clocks, &p, T0, &running);
	assert_true(running.count > 0);
	act_clocks(r->fold, &clocks, &p, T0, &r->drafts);
	people_free(&p);
}

static void test_lists_are_bounded(void **state)
{
	struct recorder *r = *state;
	declare(r, SEVERITY_P1);
	for (int i = 0; i < TASKS_MAX + 50; i++)
		recorder_raw(r, EVENT_TASK_OPENED, "INC-1", "{\"text\":\"t\",\"due_us\":1}");
	assert_int_equal(inc(r)->task_count, TASKS_MAX);
	REFUSED(r, STATUS_LIMIT, "tasks", ACT(r, act_task, "INC-1", "one more", NULL, US_PER_HOUR));
	for (int i = 0; i < MARKS_MAX + 50; i++) {
		char data[80];
		snprintf(data, sizeof(data), "{\"clock\":\"c%d\",\"due_us\":1}", i);
		recorder_raw(r, EVENT_CLOCK_DUE, "INC-1", data);
	}
	assert_int_equal(inc(r)->mark_count, MARKS_MAX);
}

/* --- the sheet -------------------------------------------------------------------------------------- */

static void test_the_sheet_says_what_the_next_one_needs(void **state)
{
	static const char *const wanted[] = {
		"# Hand-over of INC-1 P1: it is slow",
		"- commander: alice, since 00:00:01Z",
		"- scribe: nobody",
		"- commander is offered to bob, until 00:10:",
		"- impact: not written",
		"- H1 the disk is \\<full\\> (alice, 00:00:",
		"- T1 look \\| at it (nobody, until 00:15:",
		"- H2 refuted: a release (none today)",
		"- 00:00:15Z alice: decision 12",
	};
	struct recorder *r = *state;
	struct clocks clocks;
	struct people p;
	struct buf out;
	clocks_read(NULL, 0, &clocks);
	people_read(NULL, 0, &p);
	declare(r, SEVERITY_P1);
	DO(r, ACT(r, act_role, "INC-1", "commander", "alice"));
	DO(r, ACT(r, act_hypothesis, "INC-1", "the disk is <full>"));
	DO(r, ACT(r, act_task, "INC-1", "look | at it", NULL, 15 * US_PER_MINUTE));
	for (int i = 1; i <= 12; i++) {
		char text[32];
		snprintf(text, sizeof(text), "decision %d", i);
		DO(r, ACT(r, act_decision, "INC-1", text, NULL));
	}
	DO(r, ACT(r, act_hypothesis, "INC-1", "a release"));
	DO(r, ACT(r, act_hypothesis_close, "INC-1", "H2", false, "none today"));
	DO(r, ACT(r, act_offer, "INC-1", "commander", "bob", NULL, 10 * US_PER_MINUTE));
	const struct handover_view view = {.clocks = &clocks, .people = &p, .now_us = r->who.now_us, .markdown = true};
	buf_init(&out, 1 << 20);
	handover_write(r->fold, inc(r), &view, &out);
	for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++) {
		if (!strstr(buf_text(&out), wanted[i]))
			fail_msg("no \"%s\" in:\n%s", wanted[i], buf_text(&out));
	}
	/* The last ten, and no more. */
	assert_null(strstr(buf_text(&out), "decision 2\n"));
	assert_non_null(strstr(buf_text(&out), "decision 3\n"));
	buf_free(&out);
	people_free(&p);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, recorder_setup, recorder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_a_role_changes_hands_when_it_is_accepted),
		CASE(test_an_offer_is_declined_or_expires),
		CASE(test_only_who_has_a_role_hands_it_over),
		CASE(test_taking_a_role_voids_what_was_offered),
		CASE(test_what_is_written_names_the_role_of_the_writer),
		CASE(test_tasks_keep_their_numbers),
		CASE(test_what_was_written_is_corrected),
		CASE(test_hypotheses_are_settled_by_evidence),
		CASE(test_what_is_redacted_keeps_its_number),
		CASE(test_a_to_do_becomes_an_action_item),
		CASE(test_the_shipped_ladder_is_that_of_the_runbook),
		CASE(test_everybody_of_a_step_is_told_by_the_surest_way),
		CASE(test_a_contact_without_a_channel_is_for_people),
		CASE(test_without_people_somebody_is_told_by_hand),
		CASE(test_who_commands_need_not_be_told),
		CASE(test_who_takes_part_has_answered),
		CASE(test_what_the_channel_said_is_kept),
		CASE(test_a_hostile_record_changes_nothing),
		CASE(test_hostile_texts_and_times_are_tamed),
		CASE(test_lists_are_bounded),
		CASE(test_the_sheet_says_what_the_next_one_needs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
