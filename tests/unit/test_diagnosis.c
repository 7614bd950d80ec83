/* The table of diagnoses: one row for each scenario of the runbooks, and what is made of two
 * faults, of a fault that comes and goes, of a halted chain, and of sources that are gone. */
#include "world_fixture.h"

#include "base/text.h"
#include "incident/diagnosis.h"

struct scene {
	struct net net;
	struct proposals found;
};

static void scene_open(struct scene *s)
{
	*s = (struct scene){0};
	net_open(&s->net, 4, 2);
	net_age(&s->net, 300);
	net_run(&s->net, 10);
}

static struct component *scene_add(struct scene *s, enum kind kind, const char *name, const char *about, enum health health, enum symptom symptom, const char *reason)
{
	struct component *c = world_add(s->net.world, kind, name, "test", US_PER_DAY);
	struct sighting sighting = {.at_us = net_now_us(&s->net), .verdict = verdict_make(health, symptom, "%s", reason), .certain = true};

	if (about)
		world_relate(c, 0, about);
	world_sight(s->net.world, c, &sighting);
	return c;
}

static void scene_detect(struct scene *s, const struct diagnoses *own)
{
	proposals_free(&s->found);
	detect(s->net.world, own, net_now_us(&s->net), &s->found);
}

static bool proposal_has(const struct proposal *p, const char *id)
{
	for (size_t i = 0; i < p->component_count; i++)
		if (strcmp(p->components[i], id) == 0)
			return true;
	return false;
}

static void scene_close(struct scene *s)
{
	proposals_free(&s->found);
	net_close(&s->net);
}

static void each_symptom_has_its_cause(void **state)
{
	static const struct {
		enum kind kind;
		enum symptom symptom;
		const char *name, *about;
		enum health health;
		enum cause cause; /* CAUSE_NONE: nothing is proposed */
		enum severity severity;
		enum confidence confidence;
	} cases[] = {
		{KIND_LANE, SYMPTOM_CURSED, "138 to Ethereum", NULL, HEALTH_CRITICAL, CAUSE_CCIP_ROUTER_FAILURE, SEVERITY_P1, CONFIDENCE_CERTAIN},
		{KIND_LANE, SYMPTOM_FEE_QUOTE, "l", NULL, HEALTH_CRITICAL, CAUSE_CCIP_ROUTER_FAILURE, SEVERITY_P1, CONFIDENCE_LIKELY},
		{KIND_LANE, SYMPTOM_CLOSED, "l", NULL, HEALTH_CRITICAL, CAUSE_CCIP_ROUTER_FAILURE, SEVERITY_P1, CONFIDENCE_CERTAIN},
		{KIND_LANE, SYMPTOM_NO_CONTRACT, "l", NULL, HEALTH_CRITICAL, CAUSE_CCIP_CONTRACT_FAILURE, SEVERITY_P1, CONFIDENCE_LIKELY},
		{KIND_LANE, SYMPTOM_PAUSED, "l", NULL, HEALTH_CRITICAL, CAUSE_CCIP_CONTRACT_FAILURE, SEVERITY_P1, CONFIDENCE_CERTAIN},
		{KIND_LANE, SYMPTOM_FAILED, "l", NULL, HEALTH_CRITICAL, CAUSE_CCIP_CONTRACT_FAILURE, SEVERITY_P1, CONFIDENCE_LIKELY},
		{KIND_LANE, SYMPTOM_UNCOMMITTED, "l", NULL, HEALTH_CRITICAL, CAUSE_CCIP_MESSAGE_BACKLOG, SEVERITY_P1, CONFIDENCE_LIKELY},
		{KIND_LANE, SYMPTOM_BACKLOG, "l", NULL, HEALTH_WARNING, CAUSE_CCIP_MESSAGE_BACKLOG, SEVERITY_P2, CONFIDENCE_LIKELY},
		{KIND_LANE, SYMPTOM_RATE_LIMIT, "l", NULL, HEALTH_WARNING, CAUSE_CCIP_MESSAGE_BACKLOG, SEVERITY_P2, CONFIDENCE_CERTAIN},
		{KIND_LANE, SYMPTOM_CORRUPT, "l", NULL, HEALTH_CRITICAL, CAUSE_CCIP_DATA_CORRUPTION, SEVERITY_P0, CONFIDENCE_LIKELY},
		{KIND_LANE, SYMPTOM_FAR_SIDE, "l", NULL, HEALTH_CRITICAL, CAUSE_CCIP_NETWORK_PARTITION, SEVERITY_P1, CONFIDENCE_POSSIBLE},
		{KIND_FEED, SYMPTOM_OVERDUE, "ETH / USD", NULL, HEALTH_WARNING, CAUSE_ORACLE_UPDATE_FAILURES, SEVERITY_P2, CONFIDENCE_LIKELY},
		{KIND_FEED, SYMPTOM_OVERDUE, "f", NULL, HEALTH_CRITICAL, CAUSE_ORACLE_UPDATE_FAILURES, SEVERITY_P1, CONFIDENCE_LIKELY},
		{KIND_FEED, SYMPTOM_ANSWER, "f", NULL, HEALTH_CRITICAL, CAUSE_ORACLE_UPDATE_FAILURES, SEVERITY_P1, CONFIDENCE_CERTAIN},
		{KIND_PROBE, SYMPTOM_SECURITY, "p", NULL, HEALTH_CRITICAL, CAUSE_SECURITY_INCIDENT, SEVERITY_P0, CONFIDENCE_LIKELY},
		{KIND_PROBE, SYMPTOM_SECURITY, "p", NULL, HEALTH_WARNING, CAUSE_SECURITY_INCIDENT, SEVERITY_P1, CONFIDENCE_LIKELY},
		{KIND_ALERT, SYMPTOM_FIRING, "UnauthorizedAccess", NULL, HEALTH_CRITICAL, CAUSE_SECURITY_INCIDENT, SEVERITY_P1, CONFIDENCE_POSSIBLE},
		{KIND_PROBE, SYMPTOM_LIMIT, "gateway", NULL, HEALTH_CRITICAL, CAUSE_RPC_ENDPOINT_ISSUES, SEVERITY_P2, CONFIDENCE_POSSIBLE},
		{KIND_PROBE, SYMPTOM_CERTIFICATE, "gateway", NULL, HEALTH_WARNING, CAUSE_RPC_ENDPOINT_ISSUES, SEVERITY_P3, CONFIDENCE_CERTAIN},
		{KIND_PROBE, SYMPTOM_UNREACHABLE, "prometheus", NULL, HEALTH_STALE, CAUSE_VISIBILITY_LOST, SEVERITY_P3, CONFIDENCE_CERTAIN},
		{KIND_PROBE, SYMPTOM_REFUSING, "grafana", NULL, HEALTH_UNKNOWN, CAUSE_VISIBILITY_LOST, SEVERITY_P3, CONFIDENCE_CERTAIN},
		{KIND_POD, SYMPTOM_CRASH_LOOP, "p", "validator/besu-validator-0", HEALTH_CRITICAL, CAUSE_VALIDATOR_FAILURE, SEVERITY_P1, CONFIDENCE_LIKELY},
		{KIND_POD, SYMPTOM_CRASH_LOOP, "p", "node/besu-rpc-0", HEALTH_CRITICAL, CAUSE_RPC_ENDPOINT_ISSUES, SEVERITY_P2, CONFIDENCE_LIKELY},
		/* What the table knows nothing of, and what only our sight has lost. */
		{KIND_POD, SYMPTOM_CRASH_LOOP, "somebody-elses", NULL, HEALTH_CRITICAL, CAUSE_NONE, SEVERITY_UNSET, CONFIDENCE_CERTAIN},
		{KIND_ALERT, SYMPTOM_FIRING, "DiskAlmostFull", NULL, HEALTH_WARNING, CAUSE_NONE, SEVERITY_UNSET, CONFIDENCE_CERTAIN},
		{KIND_LANE, SYMPTOM_UNREACHABLE, "l", NULL, HEALTH_STALE, CAUSE_NONE, SEVERITY_UNSET, CONFIDENCE_CERTAIN},
		{KIND_FEED, SYMPTOM_UNSAMPLED, "f", NULL, HEALTH_UNKNOWN, CAUSE_NONE, SEVERITY_UNSET, CONFIDENCE_CERTAIN},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct scene s;
		char about[96] = "";

		print_message("%s %s\n", kind_name(cases[i].kind), symptom_name(cases[i].symptom));
		scene_open(&s);
		if (cases[i].about && strncmp(cases[i].about, "validator/", 10) == 0)
			text_format(about, sizeof(about), "%s", net_validator(&s.net, 0)->id);
		const struct component *c = scene_add(&s, cases[i].kind, cases[i].name, about[0] ? about : cases[i].about, cases[i].health, cases[i].symptom, "it is so");
		scene_detect(&s, NULL);
		assert_int_equal(s.found.count, cases[i].cause != CAUSE_NONE);
		if (s.found.count == 1) {
			const struct proposal *p = &s.found.items[0];
			assert_int_equal(p->cause, cases[i].cause);
			assert_int_equal(p->severity, cases[i].severity);
			assert_int_equal(p->confidence, cases[i].confidence);
			assert_int_equal(p->component_count, 1);
			assert_string_equal(p->components[0], c->id);
			assert_non_null(strstr(p->evidence[0].text, "it is so"));
			assert_non_null(p->confirm);
			assert_non_null(p->refute);
			assert_true(p->reason[0] != '\0');
			assert_non_null(cause_def(p->cause)->runbook);
		}
		scene_close(&s);
	}
}

static void two_faults_are_two_proposals(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	scene_add(&s, KIND_LANE, "a", NULL, HEALTH_CRITICAL, SYMPTOM_PAUSED, "paused");
	scene_add(&s, KIND_LANE, "b", NULL, HEALTH_CRITICAL, SYMPTOM_FAILED, "message 7 failed");
	scene_add(&s, KIND_FEED, "f", NULL, HEALTH_CRITICAL, SYMPTOM_ANSWER, "answer -1");
	scene_detect(&s, NULL);
	assert_int_equal(s.found.count, 3);
	assert_non_null(proposals_find(&s.found, "ccip-contract-failure:lane/a"));
	assert_non_null(proposals_find(&s.found, "ccip-contract-failure:lane/b"));
	assert_non_null(proposals_find(&s.found, "oracle-update-failures:feed/f"));
	scene_close(&s);
}

static void one_router_is_one_proposal(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	scene_add(&s, KIND_LANE, "a", "chain/138", HEALTH_CRITICAL, SYMPTOM_FEE_QUOTE, "getFee reverts");
	scene_add(&s, KIND_LANE, "b", "chain/138", HEALTH_CRITICAL, SYMPTOM_FEE_QUOTE, "getFee reverts");
	scene_add(&s, KIND_LANE, "c", "probe/chain other", HEALTH_CRITICAL, SYMPTOM_CURSED, "cursed");
	scene_detect(&s, NULL);
	assert_int_equal(s.found.count, 2);
	const struct proposal *p = proposals_find(&s.found, "ccip-router-failure:chain/138");
	assert_non_null(p);
	assert_int_equal(p->component_count, 2);
	assert_string_equal(p->title, "CCIP router failure: 2 lanes");
	assert_non_null(proposals_find(&s.found, "ccip-router-failure:probe/chain other"));
	scene_close(&s);
}

static void what_a_halted_chain_stops_is_its_consequence(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	s.net.halted = true;
	net_run(&s.net, 20);
	scene_add(&s, KIND_FEED, "late", NULL, HEALTH_CRITICAL, SYMPTOM_OVERDUE, "overdue");
	scene_add(&s, KIND_LANE, "waits", "chain/138", HEALTH_CRITICAL, SYMPTOM_UNCOMMITTED, "3 wait");
	scene_add(&s, KIND_LANE, "of others", "probe/chain other", HEALTH_CRITICAL, SYMPTOM_UNCOMMITTED, "3 wait");
	scene_add(&s, KIND_FEED, "wrong", NULL, HEALTH_CRITICAL, SYMPTOM_ANSWER, "answer -1");
	scene_add(&s, KIND_PROBE, "logins", NULL, HEALTH_CRITICAL, SYMPTOM_SECURITY, "40 refused logins a minute");
	scene_detect(&s, NULL);
	const struct proposal *outage = proposals_find(&s.found, "network-outage");
	assert_non_null(outage);
	bool late = false, waits = false;
	for (size_t i = 0; i < outage->consequence_count; i++) {
		late = late || strcmp(outage->consequences[i], "feed/late") == 0;
		waits = waits || strcmp(outage->consequences[i], "lane/waits") == 0;
		assert_string_not_equal(outage->consequences[i], "lane/of others");
	}
	assert_true(late);
	assert_true(waits);
	/* Three that a halt does not explain stay by themselves. */
	assert_int_equal(s.found.count, 4);
	assert_non_null(proposals_find(&s.found, "ccip-message-backlog:lane/of others"));
	assert_non_null(proposals_find(&s.found, "oracle-update-failures:feed/wrong"));
	assert_non_null(proposals_find(&s.found, "security-incident"));
	scene_close(&s);
}

static void a_pod_and_an_alert_join_their_validator(void **state)
{
	struct scene s;
	bool pod = false, alert = false;

	(void)state;
	scene_open(&s);
	s.net.nodes[2].stopped = true;
	net_run(&s.net, 20);
	scene_add(&s, KIND_POD, "besu-validator-2", "node/besu-validator-2", HEALTH_CRITICAL, SYMPTOM_CRASH_LOOP, "CrashLoopBackOff");
	scene_add(&s, KIND_ALERT, "ValidatorDown", "node/besu-validator-2", HEALTH_CRITICAL, SYMPTOM_FIRING, "fires for 3 m");
	scene_detect(&s, NULL);
	assert_int_equal(s.found.count, 1);
	const struct proposal *p = &s.found.items[0];
	assert_int_equal(p->cause, CAUSE_VALIDATOR_FAILURE);
	for (size_t i = 0; i < p->evidence_count; i++) {
		pod = pod || strstr(p->evidence[i].text, "CrashLoopBackOff") != NULL;
		alert = alert || strstr(p->evidence[i].text, "alert ValidatorDown: fires for 3 m") != NULL;
	}
	assert_true(pod);
	assert_true(alert);
	assert_true(proposal_has(p, "pod/besu-validator-2"));
	assert_false(proposal_has(p, "alert/ValidatorDown"));
	scene_close(&s);
}

/* First the pod crashes, then the feed of it is late: one fault, which does not get milder. */
static void a_crash_keeps_its_proposal_when_the_feed_is_late(void **state)
{
	struct scene s;
	char key[sizeof(s.found.items->key)], title[sizeof(s.found.items->title)];

	(void)state;
	scene_open(&s);
	struct component *feed = scene_add(&s, KIND_FEED, "f", NULL, HEALTH_OK, SYMPTOM_NONE, "fresh");
	world_relate(feed, 0, "pod/publisher-0");
	scene_add(&s, KIND_POD, "publisher-0", NULL, HEALTH_CRITICAL, SYMPTOM_CRASH_LOOP, "CrashLoopBackOff");
	scene_detect(&s, NULL);
	assert_int_equal(s.found.count, 1);
	text_format(key, sizeof(key), "%s", s.found.items[0].key);
	text_format(title, sizeof(title), "%s", s.found.items[0].title);
	assert_int_equal(s.found.items[0].severity, SEVERITY_P1);
	struct sighting late = {.at_us = net_now_us(&s.net), .verdict = verdict_make(HEALTH_WARNING, SYMPTOM_OVERDUE, "late"), .certain = true};
	world_sight(s.net.world, feed, &late);
	scene_detect(&s, NULL);
	assert_int_equal(s.found.count, 1);
	assert_string_equal(s.found.items[0].key, key);
	assert_string_equal(s.found.items[0].title, title);
	assert_int_equal(s.found.items[0].severity, SEVERITY_P1);
	assert_true(proposal_has(&s.found.items[0], "feed/f"));
	assert_true(proposal_has(&s.found.items[0], "pod/publisher-0"));
	scene_close(&s);
}

static void a_publishers_pod_joins_its_feed(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	struct component *feed = scene_add(&s, KIND_FEED, "f", NULL, HEALTH_CRITICAL, SYMPTOM_OVERDUE, "overdue");
	world_relate(feed, 0, "pod/publisher-0");
	scene_add(&s, KIND_POD, "publisher-0", NULL, HEALTH_CRITICAL, SYMPTOM_CRASH_LOOP, "CrashLoopBackOff");
	scene_add(&s, KIND_WORKLOAD, "publisher", "pod/publisher-0", HEALTH_CRITICAL, SYMPTOM_REPLICAS, "none of 1 ready");
	scene_detect(&s, NULL);
	assert_int_equal(s.found.count, 1);
	assert_int_equal(s.found.items[0].cause, CAUSE_ORACLE_UPDATE_FAILURES);
	assert_true(proposal_has(&s.found.items[0], "pod/publisher-0"));
	assert_true(proposal_has(&s.found.items[0], "workload/publisher"));
	/* Before the feed shows it, the pod alone is a sign of the same. */
	scene_add(&s, KIND_FEED, "f", NULL, HEALTH_OK, SYMPTOM_NONE, "fresh");
	net_run(&s.net, 10);
	scene_detect(&s, NULL);
	assert_int_equal(s.found.count, 1);
	assert_int_equal(s.found.items[0].cause, CAUSE_ORACLE_UPDATE_FAILURES);
	scene_close(&s);
}

static void what_comes_and_goes_is_one_proposal_with_a_count(void **state)
{
	struct scene s;
	struct component *feed;

	(void)state;
	scene_open(&s);
	feed = scene_add(&s, KIND_FEED, "f", NULL, HEALTH_OK, SYMPTOM_NONE, "fresh");
	for (int i = 0; i < 4; i++) {
		net_run(&s.net, 10);
		scene_add(&s, KIND_FEED, "f", NULL, HEALTH_CRITICAL, SYMPTOM_OVERDUE, "overdue");
		net_run(&s.net, 10);
		scene_add(&s, KIND_FEED, "f", NULL, HEALTH_OK, SYMPTOM_NONE, "fresh");
	}
	net_run(&s.net, 10);
	assert_int_equal(feed->symptom, SYMPTOM_FLAPPING);
	scene_detect(&s, NULL);
	assert_int_equal(s.found.count, 1);
	assert_int_equal(s.found.items[0].cause, CAUSE_ORACLE_UPDATE_FAILURES);
	assert_non_null(strstr(s.found.items[0].evidence[0].text, "failed 4 times"));
	scene_close(&s);
}

static void all_sources_gone_is_no_fault_of_the_watched(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	for (size_t i = 0; i < s.net.node_count; i++)
		s.net.nodes[i].hidden = true;
	net_run(&s.net, 30);
	scene_add(&s, KIND_LANE, "l", NULL, HEALTH_STALE, SYMPTOM_UNREACHABLE, "cannot be seen");
	scene_add(&s, KIND_POD, "p", "node/besu-rpc-0", HEALTH_UNKNOWN, SYMPTOM_REFUSING, "cannot be seen");
	scene_add(&s, KIND_PROBE, "prometheus", NULL, HEALTH_STALE, SYMPTOM_UNREACHABLE, "cannot be seen: connection refused");
	/* What is asked through it is lost with it, and no second loss. */
	struct component *query = scene_add(&s, KIND_PROBE, "queue", NULL, HEALTH_STALE, SYMPTOM_UNREACHABLE, "cannot be seen: connection refused");
	world_relate(query, RELATED_SOURCE, "probe/prometheus");
	scene_detect(&s, NULL);
	assert_int_equal(s.found.count, 2);
	for (size_t i = 0; i < s.found.count; i++)
		assert_int_equal(s.found.items[i].cause, CAUSE_VISIBILITY_LOST);
	const struct proposal *p = proposals_find(&s.found, "visibility-lost:probe/prometheus");
	assert_non_null(p);
	assert_int_equal(p->severity, SEVERITY_P3);
	assert_int_equal(p->consequence_count, 1);
	assert_string_equal(p->consequences[0], "probe/queue");
	scene_close(&s);
}

/* --- rows of the configuration --------------------------------------------------------- */

static void own_rows_come_first(void **state)
{
	static const char *const keys[][2] = {
		{"kind", "alert"}, {"symptom", "firing"}, {"name", "Disk*"}, {"cause", "validator-failure"}, {"severity", "P3"}, {"warnings", "yes"}, {"confidence", "likely"}, {"confirm", "df says so"}};
	struct settings section;
	struct scene s;

	(void)state;
	settings_init(&section, &diagnosis_section, "disk", 1);
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
		assert_int_equal(settings_set(&section, keys[i][0], keys[i][1], 1, NULL), STATUS_OK);
	assert_int_equal(settings_complete(&section, NULL), STATUS_OK);
	struct diagnoses own = diagnoses_read(&section, 1);
	assert_int_equal(own.count, 1);
	scene_open(&s);
	scene_add(&s, KIND_ALERT, "DiskAlmostFull", NULL, HEALTH_WARNING, SYMPTOM_FIRING, "91 %");
	scene_detect(&s, &own);
	assert_int_equal(s.found.count, 1);
	assert_int_equal(s.found.items[0].cause, CAUSE_VALIDATOR_FAILURE);
	assert_int_equal(s.found.items[0].severity, SEVERITY_P3);
	assert_string_equal(s.found.items[0].rule, "own-P3");
	assert_string_equal(s.found.items[0].confirm, "df says so");
	scene_close(&s);
	diagnoses_free(&own);
	settings_free(&section);
}

static void words_of_own_rows_are_checked(void **state)
{
	static const struct {
		const char *symptom, *cause, *says;
	} cases[] = {
		{"fireing", "validator-failure", "symptom: fireing is none (status --json shows them)"},
		{"firing", "disk-full", "cause: disk-full is none (tocsin runbook list shows them)"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct settings section;
		struct error err = {0};

		settings_init(&section, &diagnosis_section, "x", 1);
		assert_int_equal(settings_set(&section, "kind", "alert", 1, NULL), STATUS_OK);
		assert_int_equal(settings_set(&section, "symptom", cases[i].symptom, 1, NULL), STATUS_OK);
		assert_int_equal(settings_set(&section, "cause", cases[i].cause, 1, NULL), STATUS_OK);
		assert_int_equal(settings_complete(&section, &err), STATUS_INVALID);
		assert_string_equal(err.text, cases[i].says);
		settings_free(&section);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_symptom_has_its_cause),
		cmocka_unit_test(two_faults_are_two_proposals),
		cmocka_unit_test(one_router_is_one_proposal),
		cmocka_unit_test(what_a_halted_chain_stops_is_its_consequence),
		cmocka_unit_test(a_pod_and_an_alert_join_their_validator),
		cmocka_unit_test(a_crash_keeps_its_proposal_when_the_feed_is_late),
		cmocka_unit_test(a_publishers_pod_joins_its_feed),
		cmocka_unit_test(what_comes_and_goes_is_one_proposal_with_a_count),
		cmocka_unit_test(all_sources_gone_is_no_fault_of_the_watched),
		cmocka_unit_test(own_rows_come_first),
		cmocka_unit_test(words_of_own_rows_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
