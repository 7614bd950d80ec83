/* What is made of pods, workloads, alerts, numbers and pages: tables of facts and verdicts. */
#include "world/alert.h"
#include "world/judge.h"
#include "world/limit.h"
#include "world/pod.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW (INT64_C(1735689600) * US_PER_S)
#define AGO(s) (NOW - (s)*US_PER_S)
#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static void check(const char *name, struct verdict found, enum health health, enum symptom symptom, const char *reason)
{
	if (found.health != health || found.symptom != symptom || strncmp(found.reason, reason, strlen(reason)) != 0)
		fail_msg("%s: %s, %s, \"%s\"", name, health_name(found.health), symptom_name(found.symptom), found.reason);
}

static void pods(void **state)
{
	static const struct {
		const char *name;
		struct pod_facts facts;
		enum health health;
		enum symptom symptom;
		const char *reason;
	} rows[] = {
		{"ready", {.phase = "Running", .reason = "Running", .ready = true, .containers = 1, .ready_containers = 1}, HEALTH_OK, SYMPTOM_NONE, "ready"},
		{"a crash loop, whose phase stays Running", {.phase = "Running", .reason = "CrashLoopBackOff", .crash_loop = true, .waiting_badly = true, .restarts = 18}, HEALTH_CRITICAL, SYMPTOM_CRASH_LOOP, "crash loop: 18 restarts"},
		{"restarted lately", {.phase = "Running", .ready = true, .restarts = 3, .restarts_lately = 2, .restarted_us = AGO(90)}, HEALTH_WARNING, SYMPTOM_RESTARTED, "restarted 2 times lately, last 1 m 30 s ago"},
		{"restarted long ago", {.phase = "Running", .ready = true, .restarts = 3, .restarted_us = AGO(90000)}, HEALTH_OK, SYMPTOM_NONE, "ready"},
		{"killed for memory once", {.phase = "Running", .ready = true, .restarts_lately = 1, .out_of_memory = 1, .restarted_us = AGO(60)}, HEALTH_WARNING, SYMPTOM_RESTARTED, "killed for memory 1 m ago"},
		{"killed for memory twice", {.phase = "Running", .ready = true, .restarts_lately = 2, .out_of_memory = 2, .restarted_us = AGO(60)}, HEALTH_CRITICAL, SYMPTOM_CRASH_LOOP, "killed for memory 2 times"},
		{"killed for memory last year", {.phase = "Running", .ready = true, .out_of_memory = 2}, HEALTH_OK, SYMPTOM_NONE, "ready"},
		{"not ready for a minute", {.phase = "Running", .reason = "Running", .containers = 2, .ready_containers = 1, .ready_changed_us = AGO(60)}, HEALTH_OK, SYMPTOM_NONE, "not ready for 1 m: 1 of 2 containers"},
		{"not ready for two", {.phase = "Running", .reason = "Running", .containers = 2, .ready_containers = 1, .ready_changed_us = AGO(120)}, HEALTH_WARNING, SYMPTOM_NOT_READY, "not ready for 2 m"},
		{"just created", {.phase = "Pending", .reason = "ContainerCreating", .created_us = AGO(10)}, HEALTH_OK, SYMPTOM_NONE, "ContainerCreating for 10 s"},
		{"no node has room", {.phase = "Pending", .reason = "Pending", .created_us = AGO(10), .unschedulable = true, .message = "0/3 nodes"}, HEALTH_WARNING, SYMPTOM_UNSCHEDULED, "no node takes it for 10 s: 0/3 nodes"},
		{"no node has room for long", {.phase = "Pending", .reason = "Pending", .created_us = AGO(300), .unschedulable = true}, HEALTH_CRITICAL, SYMPTOM_UNSCHEDULED, "no node takes it for 5 m"},
		{"an image that is not there", {.phase = "Pending", .reason = "ErrImagePull", .created_us = AGO(20), .waiting_badly = true}, HEALTH_WARNING, SYMPTOM_NOT_READY, "ErrImagePull for 20 s"},
		{"pending for five minutes", {.phase = "Pending", .reason = "ContainerCreating", .created_us = AGO(301)}, HEALTH_CRITICAL, SYMPTOM_NOT_READY, "ContainerCreating for 5 m 1 s"},
		{"failed", {.phase = "Failed", .reason = "Evicted"}, HEALTH_CRITICAL, SYMPTOM_NOT_READY, "failed: Evicted"},
		{"a job that is done", {.phase = "Succeeded", .reason = "Completed"}, HEALTH_OK, SYMPTOM_NONE, "completed"},
		{"a host that is gone", {.phase = "Unknown", .reason = "NodeLost"}, HEALTH_UNKNOWN, SYMPTOM_NOT_READY, "phase Unknown"},
		{"ending", {.phase = "Running", .reason = "Terminating", .deleted_us = AGO(59), .grace_s = 30}, HEALTH_OK, SYMPTOM_NONE, "terminating for 59 s"},
		{"that does not end", {.phase = "Running", .reason = "Terminating", .deleted_us = AGO(61), .grace_s = 30}, HEALTH_WARNING, SYMPTOM_NOT_READY, "terminating for 1 m 1 s"},
		{"nothing is told", {.phase = ""}, HEALTH_UNKNOWN, SYMPTOM_NOT_READY, "phase not told"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		check(rows[i].name, judge_pod(&rows[i].facts, NOW), rows[i].health, rows[i].symptom, rows[i].reason);
}

static void workloads(void **state)
{
	static const struct {
		const char *name;
		struct workload_facts facts;
		enum health health;
		enum symptom symptom;
		const char *reason;
	} rows[] = {
		{"all are ready", {.desired = 4, .ready = 4, .updated = 4}, HEALTH_OK, SYMPTOM_NONE, "4 of 4 ready"},
		{"scaled to none", {.desired = 0}, HEALTH_OK, SYMPTOM_NONE, "scaled to none"},
		{"one is missing for a minute", {.desired = 4, .ready = 3, .updated = 4, .unready_us = AGO(60)}, HEALTH_OK, SYMPTOM_NONE, "3 of 4 ready for 1 m"},
		{"one is missing for long", {.desired = 4, .ready = 3, .updated = 4, .unready_us = AGO(180)}, HEALTH_WARNING, SYMPTOM_REPLICAS, "3 of 4 ready for 3 m"},
		{"three of four make a quorum", {.desired = 4, .ready = 3, .updated = 4, .quorum = 3, .unready_us = AGO(10)}, HEALTH_OK, SYMPTOM_NONE, "3 of 4 ready"},
		{"two of four do not", {.desired = 4, .ready = 2, .updated = 4, .quorum = 3, .unready_us = AGO(10)}, HEALTH_CRITICAL, SYMPTOM_REPLICAS, "2 of 4 ready for 10 s: with 0 elsewhere fewer than the quorum of 3"},
		{"with one elsewhere they do", {.desired = 4, .ready = 2, .updated = 4, .quorum = 3, .others = 1, .unready_us = AGO(10)}, HEALTH_OK, SYMPTOM_NONE, "2 of 4 ready"},
		{"none is ready", {.desired = 3, .ready = 0, .updated = 3, .unready_us = AGO(5)}, HEALTH_CRITICAL, SYMPTOM_REPLICAS, "none of 3 ready for 5 s"},
		{"a rollout takes one down at a time", {.desired = 4, .ready = 3, .updated = 2, .rolling = true, .rolling_us = AGO(60), .unready_us = AGO(200)}, HEALTH_OK, SYMPTOM_NONE, "a rollout is under way: 2 of 4 updated, for 1 m"},
		{"a rollout that stands still", {.desired = 4, .ready = 3, .updated = 2, .rolling = true, .rolling_us = AGO(700), .unready_us = AGO(600)}, HEALTH_WARNING, SYMPTOM_ROLLOUT, "the rollout stands still"},
		{"a rollout that the controller gave up", {.desired = 3, .ready = 3, .updated = 1, .rolling = true, .stuck = true, .rolling_us = AGO(9)}, HEALTH_WARNING, SYMPTOM_ROLLOUT, "the rollout stands still"},
		{"a rollout that costs the quorum", {.desired = 4, .ready = 2, .updated = 2, .rolling = true, .quorum = 3, .rolling_us = AGO(9), .unready_us = AGO(9)}, HEALTH_CRITICAL, SYMPTOM_REPLICAS, "2 of 4 ready"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		check(rows[i].name, judge_workload(&rows[i].facts, NOW), rows[i].health, rows[i].symptom, rows[i].reason);
}

static void alerts(void **state)
{
	static const struct {
		const char *name;
		struct alert_facts facts;
		enum health health;
		enum symptom symptom;
		const char *reason;
	} rows[] = {
		{"critical", {ALERT_IS_FIRING, "critical", "no block", "", AGO(60)}, HEALTH_CRITICAL, SYMPTOM_FIRING, "firing for 1 m: no block"},
		{"in capitals", {ALERT_IS_FIRING, "CRITICAL", "", "", AGO(60)}, HEALTH_CRITICAL, SYMPTOM_FIRING, "firing for 1 m"},
		{"by priority", {ALERT_IS_FIRING, "P1", "", "", AGO(60)}, HEALTH_CRITICAL, SYMPTOM_FIRING, "firing"},
		{"a warning", {ALERT_IS_FIRING, "warning", "", "", AGO(60)}, HEALTH_WARNING, SYMPTOM_FIRING, "firing"},
		{"a word of theirs", {ALERT_IS_FIRING, "catastrophe", "", "", AGO(60)}, HEALTH_WARNING, SYMPTOM_FIRING, "firing"},
		{"without one", {ALERT_IS_FIRING, "", "", "", AGO(60)}, HEALTH_WARNING, SYMPTOM_FIRING, "firing"},
		{"the watchdog that always fires", {ALERT_IS_FIRING, "none", "", "", AGO(60)}, HEALTH_OK, SYMPTOM_FIRING, "firing"},
		{"pending", {ALERT_IS_PENDING, "critical", "no block", "", AGO(5)}, HEALTH_OK, SYMPTOM_NONE, "pending for 5 s, fires if it lasts: no block"},
		{"silenced", {ALERT_IS_SILENCED, "critical", "no block", "alice", AGO(5)}, HEALTH_OK, SYMPTOM_SILENCED, "silenced by alice: no block"},
		{"inhibited", {ALERT_IS_INHIBITED, "critical", "", "", AGO(5)}, HEALTH_OK, SYMPTOM_NONE, "inhibited by another alert"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		check(rows[i].name, judge_alert(&rows[i].facts, NOW), rows[i].health, rows[i].symptom, rows[i].reason);
}

static void bounds(void **state)
{
	static const struct {
		const char *text;
		bool good;
		double inside, beyond;
	} rows[] = {
		{"> 5", true, 5, 5.1},
		{">= 5", true, 4.9, 5},
		{"< 2", true, 2, 1.9},
		{"<=2", true, 2.1, 2},
		{"> -1.5e3", true, -1500, -1499},
		{"5", false, 0, 0},
		{"> NaN", false, 0, 0},
		{"> +Inf", false, 0, 0},
		{"> five", false, 0, 0},
		{"> 5 ms", false, 0, 0},
		{"", false, 0, 0},
		{"=> 5", false, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct limit limit;
		if (limit_parse(rows[i].text, &limit) != rows[i].good)
			fail_msg("\"%s\" was read wrong", rows[i].text);
		if (rows[i].good && (limit_hit(&limit, rows[i].inside) || !limit_hit(&limit, rows[i].beyond)))
			fail_msg("\"%s\": a value is on the wrong side", rows[i].text);
	}
}

static void numbers(void **state)
{
	static const struct {
		const char *name, *warn, *crit, *value, *unit;
		bool security;
		enum health health;
		enum symptom symptom;
		const char *reason;
	} rows[] = {
		{"within", "> 5", "> 10", "5", "s", false, HEALTH_OK, SYMPTOM_NONE, "5 s"},
		{"warns", "> 5", "> 10", "7.25", "s", false, HEALTH_WARNING, SYMPTOM_LIMIT, "7.25 s, warns > 5"},
		{"critical", "> 5", "> 10", "1e+03", "", false, HEALTH_CRITICAL, SYMPTOM_LIMIT, "1000, critical > 10"},
		{"too low", "< 3", "< 2", "1", "peers", false, HEALTH_CRITICAL, SYMPTOM_LIMIT, "1 peers, critical < 2"},
		{"a sign of an attack", "> 0", "> 100", "3", "", true, HEALTH_WARNING, SYMPTOM_SECURITY, "3, warns > 0"},
		{"no number", "> 5", "> 10", "NaN", "", false, HEALTH_UNKNOWN, SYMPTOM_NONE, "not a number"},
		{"no number is below nothing", "< 5", "< 2", "NaN", "", false, HEALTH_UNKNOWN, SYMPTOM_NONE, "not a number"},
		{"infinite, and above", "> 5", "> 10", "+Inf", "", false, HEALTH_CRITICAL, SYMPTOM_LIMIT, "+Inf, critical"},
		{"infinite, and no bound speaks of it", "< 5", "< 2", "+Inf", "", false, HEALTH_UNKNOWN, SYMPTOM_NONE, "without bounds"},
		{"minus infinity", "< 5", "< 2", "-Inf", "", false, HEALTH_CRITICAL, SYMPTOM_LIMIT, "-Inf, critical"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct limit warn, crit;
		double value;
		assert_true(limit_parse(rows[i].warn, &warn));
		assert_true(limit_parse(rows[i].crit, &crit));
		assert_true(decimal_double(rows[i].value, &value));
		check(rows[i].name, judge_limit(&warn, &crit, value, rows[i].unit, rows[i].security), rows[i].health, rows[i].symptom, rows[i].reason);
	}
}

static void pages(void **state)
{
	static const struct limit none = {.direction = LIMIT_NONE}, slow = {.direction = LIMIT_ABOVE, .bound = 500, .text = "> 500"};
	static const int64_t day = US_PER_DAY;
	static const struct {
		const char *name;
		struct page_facts facts;
		enum health health;
		enum symptom symptom;
		const char *reason;
	} rows[] = {
		{"well", {.reached = true, .status = 200, .latency_ms = 20}, HEALTH_OK, SYMPTOM_NONE, "20 ms"},
		{"gone", {.why = "connection refused"}, HEALTH_CRITICAL, SYMPTOM_LIMIT, "no answer: connection refused"},
		{"expired", {.why = "certificate expired"}, HEALTH_CRITICAL, SYMPTOM_CERTIFICATE, "no answer: certificate expired"},
		{"a gateway without a back end", {.reached = true, .status = 502}, HEALTH_CRITICAL, SYMPTOM_LIMIT, "HTTP 502"},
		{"the status that was wanted", {.reached = true, .status = 401, .wanted = 401, .latency_ms = 3}, HEALTH_OK, SYMPTOM_NONE, "3 ms"},
		{"another one", {.reached = true, .status = 200, .wanted = 204}, HEALTH_CRITICAL, SYMPTOM_LIMIT, "HTTP 200 instead of 204"},
		{"a page that says something else", {.reached = true, .status = 200, .has_match = true}, HEALTH_CRITICAL, SYMPTOM_LIMIT, "HTTP 200, and the page does not hold"},
		{"slow", {.reached = true, .status = 200, .latency_ms = 501}, HEALTH_WARNING, SYMPTOM_LIMIT, "501 ms, warns > 500"},
		{"runs out in time", {.reached = true, .status = 200, .has_certificate = true, .certificate_left_us = 22 * day, .certificate_warn_us = 21 * day}, HEALTH_OK, SYMPTOM_NONE, "0 ms"},
		{"runs out soon", {.reached = true, .status = 200, .has_certificate = true, .certificate_left_us = 20 * day, .certificate_warn_us = 21 * day}, HEALTH_WARNING, SYMPTOM_CERTIFICATE, "certificate runs out in 20 d"},
		{"runs out very soon", {.reached = true, .status = 200, .has_certificate = true, .certificate_left_us = 6 * day, .certificate_warn_us = 21 * day}, HEALTH_CRITICAL, SYMPTOM_CERTIFICATE, "certificate runs out in 6 d"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		check(rows[i].name, judge_page(&rows[i].facts, &slow, &none), rows[i].health, rows[i].symptom, rows[i].reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pods),
		cmocka_unit_test(workloads),
		cmocka_unit_test(alerts),
		cmocka_unit_test(bounds),
		cmocka_unit_test(numbers),
		cmocka_unit_test(pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
