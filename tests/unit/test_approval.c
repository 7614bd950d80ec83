/* The second pair of eyes: who may approve what, for how long, and that one approval
 * allows one run of exactly what was shown. */
#include "recorder.h"

#include "incident/payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const char shown[] = "the text, the values, the directory and the cluster";
static char here[65], elsewhere[65];

static int prepare(void **state)
{
	memset(here, 'a', 64);
	memset(elsewhere, 'b', 64);
	recorder_setup(state);
	struct recorder *r = *state;
	char id[16];
	const struct step_name steps[] = {{"1", "Look"}, {"2", "Move the funds"}};
	const struct declaration d = {.title = "t", .severity = SEVERITY_P1};
	DO(r, act_declare(r->fold, &r->who, &d, id, &r->drafts, &r->err));
	DO(r, act_runbook_steps(r->fold, &r->who, id, "book", NULL, NULL, steps, 2, &r->drafts, &r->err));
	return 0;
}

static void be(struct recorder *r, const char *name, const char *login)
{
	r->who.name = name;
	r->who.login = login;
}

static const struct incident *incident(const struct recorder *r)
{
	return fold_incident(r->fold, "INC-1");
}

static enum status try_ask(struct recorder *r, const char *fingerprint)
{
	const struct approval_request request = {.incident = "INC-1", .step = "2", .title = "Move the funds", .danger = "funds/contract", .fingerprint = fingerprint, .shown = shown, .word = "pool"};
	return act_approval_ask(r->fold, &r->who, &request, &r->drafts, &r->err);
}

static uint64_t ask(struct recorder *r, const char *fingerprint)
{
	DO(r, try_ask(r, fingerprint));
	return r->count;
}

static enum status start(struct recorder *r, uint64_t approval, const char *run)
{
	const struct step_run what = {.step = "2", .command = "cast send", .run = run, .approval = approval};
	return act_step_started(r->fold, &r->who, "INC-1", &what, &r->drafts, &r->err);
}

/* One row: alice asks, somebody answers, alice wants to run. */
struct approval_case {
	const char *name;
	const char *asker_login, *approver, *approver_login;
	const char *seen; /* the fingerprint that is approved, NULL: what was asked */
	int64_t answered_after_us, run_after_us;
	const char *runner; /* NULL: alice */
	const char *runs;   /* the fingerprint that would run, NULL: what was asked */
	enum status answer;
	bool usable, proved;
};

static void who_may_approve_what(void **state)
{
	static const struct approval_case cases[] = {
		{"another person", "alice", "bob", "bob", NULL, 0, 0, NULL, NULL, STATUS_OK, true, true},
		{"a typed name on the same login", "alice", "bob", "alice", NULL, 0, 0, NULL, NULL, STATUS_OK, true, false},
		{"a typed name on another login", "alice", "bob", "carol", NULL, 0, 0, NULL, NULL, STATUS_OK, true, false},
		{"nothing is known of the asker", NULL, "bob", "bob", NULL, 0, 0, NULL, NULL, STATUS_OK, true, false},
		{"oneself", "alice", "alice", "bob", NULL, 0, 0, NULL, NULL, STATUS_REFUSED, false, false},
		{"something else than was asked", "alice", "bob", "bob", elsewhere, 0, 0, NULL, NULL, STATUS_CONFLICT, false, false},
		{"too late", "alice", "bob", "bob", NULL, APPROVAL_ASKED_US, 0, NULL, NULL, STATUS_CONFLICT, false, false},
		{"just in time", "alice", "bob", "bob", NULL, APPROVAL_ASKED_US - 2 * US_PER_S, 0, NULL, NULL, STATUS_OK, true, true},
		{"used too late", "alice", "bob", "bob", NULL, 0, APPROVAL_VALID_US, NULL, NULL, STATUS_OK, false, true},
		{"used for something else", "alice", "bob", "bob", NULL, 0, 0, NULL, elsewhere, STATUS_OK, false, true},
		{"run by who approved it", "alice", "bob", "bob", NULL, 0, 0, "bob", NULL, STATUS_OK, false, true},
		{"run by a third person", "alice", "bob", "bob", NULL, 0, 0, "carol", NULL, STATUS_OK, true, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct approval_case *c = &cases[i];
		void *own;
		print_message("  %s\n", c->name);
		prepare(&own);
		struct recorder *r = own;
		be(r, "alice", c->asker_login);
		uint64_t asked = ask(r, here);
		assert_int_equal(incident(r)->approvals[0].state, APPROVAL_ASKED);
		assert_string_equal(incident(r)->approvals[0].shown, shown);
		r->who.now_us += c->answered_after_us;
		be(r, c->approver, c->approver_login);
		assert_int_equal(act_approval_give(r->fold, &r->who, "INC-1", asked, c->seen ? c->seen : here, &r->drafts, &r->err), c->answer);
		recorder_commit(r);
		r->who.now_us += c->run_after_us;
		const struct approval *found = approval_usable(incident(r), c->runs ? c->runs : here, c->runner ? c->runner : "alice", r->who.now_us);
		assert_int_equal(found != NULL, c->usable);
		assert_int_equal(incident(r)->approvals[0].proved, c->proved);
		recorder_teardown(&own);
	}
}

static void it_is_used_once(void **state)
{
	struct recorder *r = *state;
	uint64_t asked = ask(r, here);
	assert_int_equal(try_ask(r, here), STATUS_CONFLICT);
	assert_non_null(strstr(r->err.text, "alice asked for this approval already"));
	error_clear(&r->err);
	assert_ptr_equal(approval_pending(incident(r), "2", r->who.now_us), &incident(r)->approvals[0]);
	assert_null(approval_pending(incident(r), "1", r->who.now_us));
	be(r, "bob", "bob");
	DO(r, act_approval_give(r->fold, &r->who, "INC-1", asked, here, &r->drafts, &r->err));
	assert_null(approval_pending(incident(r), NULL, r->who.now_us));
	assert_int_equal(act_approval_give(r->fold, &r->who, "INC-1", asked, here, &r->drafts, &r->err), STATUS_CONFLICT);
	error_clear(&r->err);
	be(r, "alice", "alice");
	uint64_t given = incident(r)->approvals[0].given_seq;
	DO(r, start(r, given, "run-one"));
	DO(r, start(r, given, "run-two")); /* another console, which had not heard of the first */
	assert_int_equal(incident(r)->approvals[0].state, APPROVAL_USED);
	assert_string_equal(incident(r)->approvals[0].run, "run-one");
	assert_null(approval_usable(incident(r), here, "alice", r->who.now_us));
}

static void it_can_be_refused(void **state)
{
	struct recorder *r = *state;
	uint64_t asked = ask(r, here);
	be(r, "bob", "bob");
	assert_int_equal(act_approval_refuse(r->fold, &r->who, "INC-1", asked, " ", &r->drafts, &r->err), STATUS_INVALID);
	error_clear(&r->err);
	DO(r, act_approval_refuse(r->fold, &r->who, "INC-1", asked, "the address is the old one", &r->drafts, &r->err));
	assert_int_equal(incident(r)->approvals[0].state, APPROVAL_REFUSED);
	assert_string_equal(incident(r)->approvals[0].reason, "the address is the old one");
	assert_int_equal(act_approval_give(r->fold, &r->who, "INC-1", asked, here, &r->drafts, &r->err), STATUS_CONFLICT);
	error_clear(&r->err);
	be(r, "alice", "alice");
	ask(r, here); /* asked again, after a look at it */
}

static void broken_glass_is_for_one_alone(void **state)
{
	struct recorder *r = *state;
	const struct approval_request request = {.incident = "INC-1", .step = "2", .fingerprint = here, .shown = shown};
	assert_int_equal(act_break_glass(r->fold, &r->who, &request, "", &r->drafts, &r->err), STATUS_INVALID);
	error_clear(&r->err);
	DO(r, act_break_glass(r->fold, &r->who, &request, "nobody answers the phone", &r->drafts, &r->err));
	const struct approval *approval = approval_usable(incident(r), here, "alice", r->who.now_us);
	assert_non_null(approval);
	assert_true(approval->glass);
	assert_false(approval->proved);
	assert_string_equal(approval->reason, "nobody answers the phone");
	assert_null(approval_usable(incident(r), here, "bob", r->who.now_us));
	assert_null(approval_usable(incident(r), elsewhere, "alice", r->who.now_us));
	assert_non_null(strstr(r->events[r->count - 1].summary, "alice BREAKS THE GLASS for step 2"));
	DO(r, start(r, approval->given_seq, "run-one"));
	assert_null(approval_usable(incident(r), here, "alice", r->who.now_us));
}

/* A record that somebody wrote by hand gets nothing past the rules. */
static void forged_answers_count_for_nothing(void **state)
{
	struct recorder *r = *state;
	uint64_t asked = ask(r, here);
	char data[512];
	static const char *const forged[] = {
		"{\"asked\":%llu,\"fingerprint\":\"%s\",\"name\":\"alice\",\"until_us\":9000000000000000}",
		"{\"asked\":%llu,\"fingerprint\":\"%.63s\",\"name\":\"bob\"}",
		"{\"asked\":%llu,\"fingerprint\":\"%s\"}",
		"{\"asked\":-%llu,\"fingerprint\":\"%s\",\"name\":\"bob\"}",
	};
	for (size_t i = 0; i < ARRAY_LENGTH(forged); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(data, sizeof(data), forged[i], (unsigned long long)asked, here);
#pragma GCC diagnostic pop
		recorder_raw(r, EVENT_APPROVAL_GIVEN, "INC-1", data);
		assert_int_equal(incident(r)->approvals[0].state, APPROVAL_ASKED);
	}
	recorder_raw(r, EVENT_GLASS_BROKEN, "INC-1", "{\"fingerprint\":\"short\",\"name\":\"alice\",\"step\":\"2\"}");
	assert_int_equal(incident(r)->approval_count, 1);
}

/* --- steps ------------------------------------------------------------------------- */

static void values_stay_for_the_steps_after(void **state)
{
	struct recorder *r = *state;
	const struct step_value first[] = {{"pod", "besu-validator-1", "affected validator-1"}, {"token", NULL, "typed by alice"}};
	const struct step_value second[] = {{"pod", "besu-validator-2", "typed by alice"}};
	struct step_run run = {.step = "1", .command = "kubectl get", .run = "r1", .values = first, .value_count = 2};
	DO(r, act_step_started(r->fold, &r->who, "INC-1", &run, &r->drafts, &r->err));
	assert_int_equal(incident(r)->value_count, 1); /* a secret is known by its name only */
	assert_string_equal(incident(r)->values[0].value, "besu-validator-1");
	assert_string_equal(incident(r)->values[0].from, "affected validator-1");
	run.values = second;
	run.value_count = 1;
	DO(r, act_step_started(r->fold, &r->who, "INC-1", &run, &r->drafts, &r->err));
	assert_int_equal(incident(r)->value_count, 1);
	assert_string_equal(incident(r)->values[0].value, "besu-validator-2");
}

static void what_was_different_after_a_step(void **state)
{
	struct recorder *r = *state;
	const struct step_state_row before[] = {{"node/a", "critical, unreachable"}, {"node/b", "ok"}};
	const struct step_state_row after[] = {{"node/a", "ok, head 12"}, {"node/b", "ok"}};
	const struct step_run run = {.step = "2", .command = "kubectl delete", .run = "r1", .before = before, .before_count = 2};
	DO(r, act_step_observed(r->fold, &r->who, "INC-1", &run, after, 2, &r->drafts, &r->err));
	assert_string_equal(incident(r)->steps[1].changed, "node/a: ok, head 12, was critical, unreachable");
	assert_string_equal(r->events[r->count - 1].summary, "after step 2: node/a: ok, head 12, was critical, unreachable");
	DO(r, act_step_observed(r->fold, &r->who, "INC-1", &run, before, 2, &r->drafts, &r->err));
	assert_null(incident(r)->steps[1].changed);
	assert_string_equal(r->events[r->count - 1].summary, "after step 2: the affected components are as before");
}

static void a_check_that_holds_ticks_its_step(void **state)
{
	struct recorder *r = *state;
	const struct step_run run = {.step = "1", .command = "true", .duration_us = 3 * US_PER_S};
	DO(r, act_step_verified(r->fold, &r->who, "INC-1", &run, false, 3, true, &r->drafts, &r->err));
	assert_int_equal(incident(r)->steps[0].state, STEP_PENDING);
	assert_string_equal(r->events[r->count - 1].summary, "step 1: what it should lead to does not hold, after 3 s and 3 looks");
	DO(r, act_step_verified(r->fold, &r->who, "INC-1", &run, true, 1, false, &r->drafts, &r->err));
	assert_int_equal(incident(r)->steps[0].state, STEP_PENDING);
	assert_true(incident(r)->steps[0].verified);
	DO(r, act_step_verified(r->fold, &r->who, "INC-1", &run, true, 1, true, &r->drafts, &r->err));
	assert_int_equal(incident(r)->steps[0].state, STEP_DONE);
}

static void something_else_was_done_instead(void **state)
{
	struct recorder *r = *state;
	assert_int_equal(act_step(r->fold, &r->who, "INC-1", "1", "Look", STEP_DEVIATED, "", &r->drafts, &r->err), STATUS_INVALID);
	assert_string_equal(r->err.text, "what was done instead: there is no text (give it: a few words)");
	error_clear(&r->err);
	DO(r, act_step(r->fold, &r->who, "INC-1", "1", "Look", STEP_DEVIATED, "asked the provider", &r->drafts, &r->err));
	assert_int_equal(incident(r)->steps[0].state, STEP_DEVIATED);
	assert_string_equal(incident(r)->steps[0].note, "asked the provider");
	assert_string_equal(r->events[r->count - 1].summary, "step 1 Look done otherwise: asked the provider");
	struct gate gate;
	DO(r, act_step(r->fold, &r->who, "INC-1", "2", "Move", STEP_SKIPPED, "not needed", &r->drafts, &r->err));
	struct incident copy = *incident(r);
	copy.stage = STAGE_RESPOND;
	stage_gate(&copy, &gate);
	assert_int_equal(gate.count, 0); /* both are settled */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, prepare, recorder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_approve_what),
		CASE(it_is_used_once),
		CASE(it_can_be_refused),
		CASE(broken_glass_is_for_one_alone),
		CASE(forged_answers_count_for_nothing),
		CASE(values_stay_for_the_steps_after),
		CASE(what_was_different_after_a_step),
		CASE(a_check_that_holds_ticks_its_step),
		CASE(something_else_was_done_instead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
