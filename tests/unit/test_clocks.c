/* Shows that what is due follows from the record and the time alone: each reminder is said
 * once, whoever restarts, however the machine's clock is set, and putting one off leaves its
 * interval alone. All times are minutes after the declaration. */
#include "recorder.h"

#include "incident/act_room.h"
#include "incident/clock.h"
#include "incident/update.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define MIN US_PER_MINUTE

struct night {
	struct recorder record;
	struct clocks clocks;
	struct people people;
	int64_t start_us; /* when the incident was declared */
};

static int setup(void **state)
{
	struct night *n = xcalloc(1, sizeof(*n));
	recorder_init(&n->record);
	clocks_read(NULL, 0, &n->clocks);
	people_read(NULL, 0, &n->people);
	n->start_us = T0;
	*state = n;
	return 0;
}

static int teardown(void **state)
{
	struct night *n = *state;
	recorder_free(&n->record);
	people_free(&n->people);
	free(n);
	return 0;
}

/* What was drafted happens at this minute. */
static void at(struct night *n, int64_t minutes)
{
	n->record.who.now_us = n->start_us + minutes * MIN;
}

static void declare(struct night *n, enum severity severity)
{
	struct recorder *r = &n->record;
	char id[16];
	const struct declaration d = {.title = "it is slow", .severity = severity};
	at(n, 0);
	DO(r, act_declare(r->fold, &r->who, &d, id, &r->drafts, &r->err));
}

static const struct incident *inc(const struct night *n)
{
	return fold_incident(n->record.fold, "INC-1");
}

/* Everything is staffed, so that only what a test is about reminds. */
static void calm(struct night *n, enum severity severity)
{
	struct recorder *r = &n->record;
	declare(n, severity);
	DO(r, act_role(r->fold, &r->who, "INC-1", "commander", "alice", &r->drafts, &r->err));
	DO(r, act_role(r->fold, &r->who, "INC-1", "scribe", "bob", &r->drafts, &r->err));
}

/* One look of the collector at this minute: what it says is appended. Returns the reminders of that
 * clock; of any when it is NULL. */
static size_t look(struct night *n, int64_t minutes, const char *clock)
{
	struct recorder *r = &n->record;
	char wanted[48];
	size_t count = 0;
	at(n, minutes);
	text_format(wanted, sizeof(wanted), "\"clock\":\"%s\"", clock ? clock : "");
	act_clocks(r->fold, &n->clocks, &n->people, r->who.now_us, &r->drafts);
	for (size_t i = 0; i < r->drafts.count; i++) {
		const struct draft *draft = &r->drafts.items[i];
		count += !clock || (draft->kind == EVENT_CLOCK_DUE && strstr(draft->data, wanted));
	}
	recorder_commit(r);
	return count;
}

/* The minutes at which that clock reminds when it is looked at every minute until `until`,
 * as "10 20 30". */
static const char *minutes_of(struct night *n, const char *clock, int64_t until)
{
	static char text[400];
	text[0] = '\0';
	for (int64_t m = 0; m <= until; m++) {
		if (look(n, m, clock))
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%lld", text[0] ? " " : "", (long long)m);
	}
	return text;
}

static const struct running *running(struct night *n, int64_t minutes, enum clock_kind kind)
{
	static struct running_clocks all;
	clocks_running(inc(n), &n->clocks, &n->people, n->start_us + minutes * MIN, &all);
	for (size_t i = 0; i < all.count; i++) {
		if (all.items[i].kind == kind)
			return &all.items[i];
	}
	return NULL;
}

/* --- the table of defaults (incident reference 8) ------------------------------------------ */

static void test_the_defaults_remind_when_the_reference_says(void **state)
{
	static const struct {
		const char *name, *clock;
		enum severity severity;
		bool staffed;
		const char *minutes; /* of the first two hours */
	} cases[] = {
		{"ten-minute call-outs", "call-out", SEVERITY_P3, true, "10 20 30 40 50 60 70 80 90 100 110 120"},
		{"an update of a P0 every 20 minutes", "update", SEVERITY_P0, true, "20 40 60 80 100"},
		{"and of a P1", "update", SEVERITY_P1, true, "20 40 60 80 100"},
		{"of a P2 every 30", "update", SEVERITY_P2, true, "30 60 90 120"},
		{"none of a P3", "update", SEVERITY_P3, true, ""},
		{"without a severity as of a P0", "update", SEVERITY_UNSET, true, "20 40 60 80 100"},
		{"a first word outside after 5", "outside", SEVERITY_P1, true, "5 10 15 20 25"},
		{"none outside of a P2", "outside", SEVERITY_P2, true, ""},
		{"a missing commander every 2, 5 times", "commander", SEVERITY_P1, false, "2 4 6 8 10"},
		{"none missing", "commander", SEVERITY_P1, true, ""},
		{"a missing severity every 5, 5 times", "severity", SEVERITY_UNSET, true, "5 10 15 20 25"},
		{"a missing scribe every 10, 5 times", "roles", SEVERITY_P2, false, "10 20 30 40 50"},
		{"of a P3 nobody asks for a scribe", "roles", SEVERITY_P3, false, ""},
		{"the team lead of a P1 after 10, then as often as the answer would wait", "escalation", SEVERITY_P1, true, "10 15 20 25 30"},
		{"nobody of a P2", "escalation", SEVERITY_P2, true, ""},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		void *fresh;
		setup(&fresh);
		struct night *n = fresh;
		if (cases[i].staffed)
			calm(n, cases[i].severity);
		else
			declare(n, cases[i].severity);
		const char *got = minutes_of(n, cases[i].clock, 120);
		if (strcmp(got, cases[i].minutes) != 0)
			fail_msg("%s: \"%s\" instead of \"%s\"", cases[i].name, got, cases[i].minutes);
		teardown(&fresh);
	}
	(void)state;
}

/* A team says which roles it wants, its own among them; what is missing is said in one word. */
static void test_roles_that_a_team_wants_are_asked_for(void **state)
{
	struct night *n = *state;
	struct recorder *r = &n->record;
	struct settings section;
	settings_init(&section, &clocks_section, "", 1);
	assert_int_equal(settings_set(&section, "wanted", "scribe communications key-keeper", 1, NULL), STATUS_OK);
	clocks_read(&section, 1, &n->clocks);
	settings_free(&section);
	declare(n, SEVERITY_P1);
	assert_string_equal(running(n, 1, CLOCK_ROLES)->what, "a scribe, communications, key-keeper");
	DO(r, act_role(r->fold, &r->who, "INC-1", "scribe", "bob", &r->drafts, &r->err));
	DO(r, act_role(r->fold, &r->who, "INC-1", "communications", "carol", &r->drafts, &r->err));
	assert_string_equal(running(n, 2, CLOCK_ROLES)->what, "key-keeper");
	assert_string_equal(minutes_of(n, "roles", 25), "10 20");
	at(n, 26);
	DO(r, act_role(r->fold, &r->who, "INC-1", "key-keeper", "dave", &r->drafts, &r->err));
	assert_null(running(n, 27, CLOCK_ROLES));
	at(n, 30);
	DO(r, act_role(r->fold, &r->who, "INC-1", "communications", NULL, &r->drafts, &r->err));
	assert_int_equal(running(n, 31, CLOCK_ROLES)->due_us, n->start_us + 40 * MIN);
}

static void test_all_is_configurable(void **state)
{
	struct night *n = *state;
	struct settings section;
	settings_init(&section, &clocks_section, "", 1);
	static const char *const keys[][2] = {{"call_out", "15m"}, {"update_p3", "45m"}, {"nags", "2"}, {"commander", "0s"}};
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
		assert_int_equal(settings_set(&section, keys[i][0], keys[i][1], 1, NULL), STATUS_OK);
	clocks_read(&section, 1, &n->clocks);
	settings_free(&section);
	declare(n, SEVERITY_P3);
	assert_string_equal(minutes_of(n, "call-out", 60), "15 30 45 60");
	assert_null(running(n, 60, CLOCK_COMMANDER));
	assert_string_equal(minutes_of(n, "update", 180), "90"); /* the first was said while we looked for call-outs */
	assert_true(n->clocks.review_us == 7 * US_PER_DAY);
}

/* --- once ------------------------------------------------------------------------------------- */

static void test_a_reminder_is_said_once(void **state)
{
	struct night *n = *state;
	calm(n, SEVERITY_P2);
	assert_int_equal(look(n, 30, "update"), 1);
	assert_int_equal(look(n, 30, "update"), 0);
	assert_int_equal(look(n, 31, NULL), 0);
	assert_int_equal(look(n, 59, "update"), 0);
}

static void test_who_was_away_hears_each_thing_once(void **state)
{
	struct night *n = *state;
	calm(n, SEVERITY_P2);
	assert_int_equal(look(n, 3 * 24 * 60, "call-out"), 1);
	assert_int_equal(look(n, 3 * 24 * 60, NULL), 0);
	/* And the grid is where it was. */
	assert_int_equal(look(n, 3 * 24 * 60 + 9, "call-out"), 0);
	assert_int_equal(look(n, 3 * 24 * 60 + 10, "call-out"), 1);
}

static void test_a_restart_says_nothing_again(void **state)
{
	struct night *n = *state;
	calm(n, SEVERITY_P1);
	minutes_of(n, "update", 65);
	struct fold *again = fold_new();
	for (size_t i = 0; i < n->record.count; i++)
		fold_apply(again, &n->record.events[i]);
	struct drafts drafts;
	drafts_init(&drafts);
	act_clocks(again, &n->clocks, &n->people, n->start_us + 65 * MIN, &drafts);
	assert_int_equal(drafts.count, 0);
	act_clocks(again, &n->clocks, &n->people, n->start_us + 80 * MIN, &drafts);
	assert_true(drafts.count > 0);
	drafts_free(&drafts);
	fold_free(again);
}

/* The machine's clock was set at this minute of its old time; from then on minutes are new ones. */
static void step(struct night *n, int64_t minutes, int64_t by)
{
	char data[64];
	at(n, minutes);
	snprintf(data, sizeof(data), "{\"step_us\":%lld}", (long long)(by * MIN));
	n->start_us += by * MIN;
	recorder_raw(&n->record, EVENT_CLOCK_STEP, NULL, data);
}

static void test_setting_the_clock_fires_nothing_twice(void **state)
{
	static const int64_t steps[] = {-600, -61, -1, 1, 61, 600, 100000};
	for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
		void *fresh;
		setup(&fresh);
		struct night *n = fresh;
		struct recorder *r = &n->record;
		calm(n, SEVERITY_P1);
		DO(r, act_task(r->fold, &r->who, "INC-1", "t", "bob", 65 * MIN, &r->drafts, &r->err));
		minutes_of(n, NULL, 61);
		step(n, 61, steps[i]);
		if (look(n, 61, NULL) != 0)
			fail_msg("a step by %lld minutes reminds of something", (long long)steps[i]);
		assert_int_equal(look(n, 64, "task"), 0);
		assert_int_equal(look(n, 66, "task"), 1);
		assert_int_equal(look(n, 69, "call-out"), 0);
		assert_int_equal(look(n, 70, "call-out"), 1);
		teardown(&fresh);
	}
	(void)state;
}

/* --- putting off ---------------------------------------------------------------------------------- */

static void snooze(struct night *n, int64_t minutes, const char *which, int64_t box)
{
	struct recorder *r = &n->record;
	at(n, minutes);
	DO(r, act_snooze(r->fold, &r->who, "INC-1", &n->clocks, &n->people, which, box * MIN, &r->drafts, &r->err));
}

static void test_putting_off_leaves_the_interval_alone(void **state)
{
	struct night *n = *state;
	calm(n, SEVERITY_P0);
	snooze(n, 15, "update", 10);
	assert_true(running(n, 16, CLOCK_UPDATE)->snoozed);
	assert_int_equal(look(n, 20, "update"), 0);
	assert_int_equal(look(n, 24, "update"), 0);
	assert_int_equal(look(n, 25, "update"), 1);
	/* The next one is that of minute 40, as if nothing had been put off. */
	assert_int_equal(look(n, 39, "update"), 0);
	assert_int_equal(look(n, 40, "update"), 1);
}

static void test_putting_off_over_several_says_one(void **state)
{
	struct night *n = *state;
	calm(n, SEVERITY_P0);
	snooze(n, 10, "", 60); /* the header shows the outside update, long overdue */
	snooze(n, 10, "update", 60);
	assert_int_equal(look(n, 69, "update"), 0);
	assert_int_equal(look(n, 70, "update"), 1);
	assert_int_equal(look(n, 71, "update"), 0);
	assert_int_equal(look(n, 80, "update"), 1);
	assert_false(running(n, 71, CLOCK_UPDATE)->snoozed);
}

static void test_what_cannot_be_put_off(void **state)
{
	struct night *n = *state;
	struct recorder *r = &n->record;
	calm(n, SEVERITY_P3);
	static const struct {
		const char *which;
		int64_t us;
		enum status status;
	} cases[] = {{"nonsense", 10 * MIN, STATUS_NOT_FOUND}, {"T1", 10 * MIN, STATUS_NOT_FOUND}, {"call-out", 0, STATUS_INVALID}, {"call-out", 2 * US_PER_DAY, STATUS_INVALID}, {"", 10 * MIN, STATUS_REFUSED}};
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		error_clear(&r->err);
		if (act_snooze(r->fold, &r->who, "INC-1", &n->clocks, &n->people, cases[i].which, cases[i].us, &r->drafts, &r->err) != cases[i].status)
			fail_msg("case %zu: %s", i, r->err.text);
	}
}

/* --- updates -------------------------------------------------------------------------------------- */

/* An update for these people is approved at this minute; the next is promised `next` minutes later. */
static void update(struct night *n, int64_t minutes, const char *audience, int64_t next)
{
	struct recorder *r = &n->record;
	char id[UPDATE_ID];
	at(n, minutes);
	struct update_text text = {.audience = audience, .subject = "s", .text = "t", .next_us = next ? r->who.now_us + next * MIN : 0};
	DO(r, act_update(r->fold, &r->who, "INC-1", &text, id, &r->drafts, &r->err));
	text.id = id;
	at(n, minutes);
	DO(r, act_update_approve(r->fold, &r->who, "INC-1", &text, NULL, 0, NULL, &r->drafts, &r->err));
}

static int64_t due_minute(struct night *n, int64_t minutes, enum clock_kind kind)
{
	const struct running *r = running(n, minutes, kind);
	return r ? (r->due_us - n->start_us) / MIN : -1;
}

static void test_an_update_starts_its_clock_again(void **state)
{
	struct night *n = *state;
	calm(n, SEVERITY_P1);
	update(n, 12, "technical", 0);
	assert_int_equal(due_minute(n, 13, CLOCK_UPDATE), 32);
	assert_int_equal(due_minute(n, 13, CLOCK_OUTSIDE), 5);
	/* The first word outside, its scope, then every 20 minutes; everybody may read it. */
	update(n, 14, "public", 0);
	assert_int_equal(due_minute(n, 15, CLOCK_OUTSIDE), 19);
	assert_int_equal(due_minute(n, 15, CLOCK_UPDATE), 34);
	update(n, 18, "public", 0);
	assert_int_equal(due_minute(n, 19, CLOCK_OUTSIDE), 38);
	/* A long incident is told of less often. */
	update(n, 130, "public", 0);
	assert_int_equal(due_minute(n, 131, CLOCK_OUTSIDE), 190);
	/* What was promised counts more than all this. */
	update(n, 131, "public", 7);
	assert_int_equal(due_minute(n, 132, CLOCK_OUTSIDE), 138);
	assert_int_equal(due_minute(n, 132, CLOCK_UPDATE), 138);
}

static void test_what_was_put_off_before_an_update_is_forgotten(void **state)
{
	struct night *n = *state;
	calm(n, SEVERITY_P1);
	snooze(n, 10, "update", 300);
	update(n, 20, "technical", 0);
	assert_int_equal(look(n, 39, "update"), 0);
	assert_int_equal(look(n, 40, "update"), 1);
}

/* --- people ---------------------------------------------------------------------------------------- */

static void test_a_task_reminds_until_it_is_closed(void **state)
{
	struct night *n = *state;
	struct recorder *r = &n->record;
	calm(n, SEVERITY_P3);
	at(n, 1);
	DO(r, act_task(r->fold, &r->who, "INC-1", "look", "bob", 15 * MIN, &r->drafts, &r->err));
	assert_string_equal(minutes_of(n, "task", 30), "16 26");
	/* More time, and it is calm again. */
	at(n, 31);
	DO(r, act_task_assign(r->fold, &r->who, "INC-1", "T1", NULL, 15 * MIN, &r->drafts, &r->err));
	assert_int_equal(look(n, 45, "task"), 0);
	assert_int_equal(look(n, 46, "task"), 1);
	DO(r, act_task_done(r->fold, &r->who, "INC-1", "T1", NULL, &r->drafts, &r->err));
	assert_int_equal(look(n, 100, "task"), 0);
	assert_null(running(n, 100, CLOCK_TASK));
}

static void test_a_commander_who_leaves_is_missed_from_then_on(void **state)
{
	struct night *n = *state;
	struct recorder *r = &n->record;
	calm(n, SEVERITY_P1);
	at(n, 50);
	DO(r, act_role(r->fold, &r->who, "INC-1", "commander", NULL, &r->drafts, &r->err));
	assert_int_equal(look(n, 51, "commander"), 0);
	assert_int_equal(look(n, 52, "commander"), 1);
}

static void test_an_offer_that_nobody_takes_is_told_once(void **state)
{
	struct night *n = *state;
	struct recorder *r = &n->record;
	calm(n, SEVERITY_P3);
	at(n, 2);
	DO(r, act_offer(r->fold, &r->who, "INC-1", "commander", "bob", NULL, 10 * MIN, &r->drafts, &r->err));
	assert_int_equal(due_minute(n, 5, CLOCK_OFFER), 12);
	assert_string_equal(minutes_of(n, "hand-over", 60), "12");
	assert_null(running(n, 60, CLOCK_OFFER));
}

/* --- escalation ---------------------------------------------------------------------------------- */

/* One person with a pager and a step of one's own. */
static void with_tom(struct night *n, struct settings list[1])
{
	settings_init(&list[0], &person_section, "tom", 1);
	assert_int_equal(settings_set(&list[0], "slack", "@tom", 1, NULL), STATUS_OK);
	assert_int_equal(settings_set(&list[0], "roles", "team-lead", 1, NULL), STATUS_OK);
	people_free(&n->people);
	people_read(list, 1, &n->people);
	n->people.reaches[CONTACT_SLACK] = true; /* a [channel] of that kind */
}

static void test_an_answer_is_waited_for_and_then_asked_for(void **state)
{
	struct night *n = *state;
	struct recorder *r = &n->record;
	struct settings list[1];
	with_tom(n, list);
	calm(n, SEVERITY_P1);
	at(n, 3);
	DO(r, act_escalate(r->fold, &r->who, &n->people, "INC-1", NULL, NULL, &r->drafts, &r->err));
	assert_null(running(n, 4, CLOCK_ESCALATION));
	assert_int_equal(due_minute(n, 4, CLOCK_ANSWER), 8);
	assert_string_equal(minutes_of(n, "answer", 60), "8");
	at(n, 61);
	DO(r, act_acknowledge(r->fold, &r->who, "INC-1", "tom", NULL, &r->drafts, &r->err));
	assert_null(running(n, 62, CLOCK_ANSWER));
	settings_free(&list[0]);
}

static void test_an_answer_lapses_when_nobody_is_heard_of_any_more(void **state)
{
	static const struct {
		enum severity severity;
		int64_t asked, lapsed; /* minutes after the acknowledgement */
	} cases[] = {{SEVERITY_P1, 15, 20}, {SEVERITY_P2, 60, 75}};
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		void *fresh;
		struct settings list[1];
		setup(&fresh);
		struct night *n = fresh;
		struct recorder *r = &n->record;
		with_tom(n, list);
		calm(n, cases[i].severity);
		DO(r, act_escalate(r->fold, &r->who, &n->people, "INC-1", "tom", NULL, &r->drafts, &r->err));
		at(n, 10);
		DO(r, act_acknowledge(r->fold, &r->who, "INC-1", "tom", NULL, &r->drafts, &r->err));
		assert_int_equal(look(n, 10 + cases[i].asked - 1, "presence"), 0);
		assert_int_equal(look(n, 10 + cases[i].asked, "presence"), 1);
		look(n, 10 + cases[i].lapsed - 1, NULL);
		assert_true(inc(n)->escalations[0].lapsed_us == 0);
		look(n, 10 + cases[i].lapsed, NULL);
		assert_true(inc(n)->escalations[0].lapsed_us != 0);
		assert_non_null(running(n, 10 + cases[i].lapsed, CLOCK_ANSWER));
		/* A word of his, and he is there again. */
		r->who.name = "tom";
		DO(r, act_note(r->fold, &r->who, "INC-1", "back", 0, 0, &r->drafts, &r->err));
		assert_true(inc(n)->escalations[0].lapsed_us == 0);
		settings_free(&list[0]);
		teardown(&fresh);
	}
	(void)state;
}

static void test_the_ladder_climbs_by_itself_where_it_is_told_to(void **state)
{
	struct night *n = *state;
	struct settings list[1];
	with_tom(n, list);
	n->clocks.escalate_by_itself = true;
	calm(n, SEVERITY_P0);
	assert_int_equal(look(n, 9, "escalation"), 0);
	assert_int_equal(inc(n)->escalation_count, 0);
	assert_int_equal(look(n, 10, "escalation"), 0);
	assert_int_equal(inc(n)->escalation_count, 1);
	assert_string_equal(inc(n)->escalations[0].person, "tom");
	assert_string_equal(inc(n)->escalations[0].by, "tocsin");
	look(n, 11, NULL);
	assert_int_equal(inc(n)->escalation_count, 1);
	/* Of a step without anybody to reach people are reminded as ever. */
	assert_int_equal(look(n, 20, "escalation"), 1);
	assert_int_equal(inc(n)->escalation_count, 1);
	settings_free(&list[0]);
}

/* --- after the night ------------------------------------------------------------------------------- */

static void test_reviews_are_due_in_days(void **state)
{
	/* T0 is a Thursday. */
	static const struct {
		enum severity severity;
		int64_t days;
	} cases[] = {{SEVERITY_P0, 3}, {SEVERITY_P1, 7}, {SEVERITY_P2, 7}, {SEVERITY_P3, 7}};
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		void *fresh;
		setup(&fresh);
		struct night *n = fresh;
		calm(n, cases[i].severity);
		at(n, 0);
		recorder_raw(&n->record, EVENT_INCIDENT_STAGE, "INC-1", "{\"to\":\"review\"}");
		assert_int_equal(due_minute(n, 1, CLOCK_REVIEW), cases[i].days * 24 * 60);
		assert_null(running(n, 1, CLOCK_UPDATE));
		assert_null(running(n, 1, CLOCK_CALL_OUT));
		assert_int_equal(look(n, cases[i].days * 24 * 60, "review"), 1);
		teardown(&fresh);
	}
	(void)state;
}

static void test_a_closed_incident_is_asked_about_once(void **state)
{
	struct night *n = *state;
	calm(n, SEVERITY_P1);
	at(n, 0);
	recorder_raw(&n->record, EVENT_INCIDENT_CLOSED, "INC-1", "{\"from\":\"review\"}");
	assert_int_equal(look(n, 6 * 24 * 60, NULL), 0);
	assert_int_equal(look(n, 7 * 24 * 60, "watch"), 1);
	assert_int_equal(look(n, 8 * 24 * 60, NULL), 0);
}

static void test_a_merged_incident_is_quiet(void **state)
{
	struct night *n = *state;
	struct recorder *r = &n->record;
	char id[16];
	calm(n, SEVERITY_P1);
	const struct declaration d = {.title = "the same", .severity = SEVERITY_P3};
	DO(r, act_declare(r->fold, &r->who, &d, id, &r->drafts, &r->err));
	DO(r, act_merge(r->fold, &r->who, "INC-1", "INC-2", &r->drafts, &r->err));
	assert_null(running(n, 30, CLOCK_UPDATE));
	assert_int_equal(look(n, 30, "update"), 0);
}

/* --- what the header says ------------------------------------------------------------------------- */

static void test_the_header_shows_what_matters_most(void **state)
{
	static const struct {
		const char *name;
		int64_t minutes;
		const char *text;
		size_t overdue;
	} cases[] = {
		{"what is due next", 0, "outside update in 5 m", 0},
		{"the last minute", 4, "outside update in 1 m", 0},
		{"overdue in words", 8, "outside update overdue 3 m", 1},
		{"two of them", 12, "outside update overdue 7 m", 2},
		{"the update of the team first", 21, "update overdue 1 m", 3},
	};
	struct night *n = *state;
	calm(n, SEVERITY_P1);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		static struct running_clocks all;
		char text[RUNNING_TEXT];
		size_t overdue;
		int64_t now_us = n->start_us + cases[i].minutes * MIN;
		clocks_running(inc(n), &n->clocks, &n->people, now_us, &all);
		const struct running *next = clocks_next(&all, now_us, &overdue);
		assert_non_null(next);
		if (strcmp(running_text(text, next, now_us), cases[i].text) != 0 || overdue != cases[i].overdue)
			fail_msg("%s: \"%s\", %zu overdue", cases[i].name, text, overdue);
	}
}

static void test_a_missing_commander_comes_before_all(void **state)
{
	static struct running_clocks all;
	struct night *n = *state;
	size_t overdue;
	declare(n, SEVERITY_P0);
	clocks_running(inc(n), &n->clocks, &n->people, n->start_us + 30 * MIN, &all);
	assert_int_equal(clocks_next(&all, n->start_us + 30 * MIN, &overdue)->kind, CLOCK_COMMANDER);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_the_defaults_remind_when_the_reference_says),
		CASE(test_roles_that_a_team_wants_are_asked_for),
		CASE(test_all_is_configurable),
		CASE(test_a_reminder_is_said_once),
		CASE(test_who_was_away_hears_each_thing_once),
		CASE(test_a_restart_says_nothing_again),
		CASE(test_setting_the_clock_fires_nothing_twice),
		CASE(test_putting_off_leaves_the_interval_alone),
		CASE(test_putting_off_over_several_says_one),
		CASE(test_what_cannot_be_put_off),
		CASE(test_an_update_starts_its_clock_again),
		CASE(test_what_was_put_off_before_an_update_is_forgotten),
		CASE(test_a_task_reminds_until_it_is_closed),
		CASE(test_a_commander_who_leaves_is_missed_from_then_on),
		CASE(test_an_offer_that_nobody_takes_is_told_once),
		CASE(test_an_answer_is_waited_for_and_then_asked_for),
		CASE(test_an_answer_lapses_when_nobody_is_heard_of_any_more),
		CASE(test_the_ladder_climbs_by_itself_where_it_is_told_to),
		CASE(test_reviews_are_due_in_days),
		CASE(test_a_closed_incident_is_asked_about_once),
		CASE(test_a_merged_incident_is_quiet),
		CASE(test_the_header_shows_what_matters_most),
		CASE(test_a_missing_commander_comes_before_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
