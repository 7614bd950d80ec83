/* The checks of Resolve on a network that heals, and what the record hears of them. */
#include "world_fixture.h"

#include "incident/check.h"

/* A fold that learns an incident, its stage, and the results that are drafted. */
struct story {
	struct fold *fold;
	uint64_t seq;
};

static void tell(struct story *story, enum event_kind kind, const char *data, int64_t at_us)
{
	static char none[1], list[] = "[]", incident[] = "INC-1", name[32];
	struct event event = {.seq = ++story->seq, .kind = kind, .incident = incident, .occurred_us = at_us, .recorded_us = at_us};

	snprintf(name, sizeof(name), "%s", event_kind_name(kind));
	event.kind_name = name;
	event.precision = event.boot = event.actor = event.source = event.visibility = event.summary = event.body = none;
	event.refs = list;
	event.data = xstrdup(data);
	fold_apply(story->fold, &event);
	free(event.data);
}

static const struct incident *story_open(struct story *story, const char *cause, int64_t at_us)
{
	char data[128];

	*story = (struct story){.fold = fold_new()};
	snprintf(data, sizeof(data), "{\"cause\":\"%s\",\"severity\":\"P1\",\"title\":\"t\"}", cause);
	tell(story, EVENT_INCIDENT_DECLARED, data, at_us);
	tell(story, EVENT_INCIDENT_STAGE, "{\"from\":\"respond\",\"to\":\"resolve\"}", at_us);
	return fold_incident(story->fold, "INC-1");
}

/* Appends what is drafted; returns how many results there were. */
static size_t story_hear(struct story *story, const struct checker *checker, int64_t now_us)
{
	struct drafts drafts;
	size_t count;

	drafts_init(&drafts);
	act_checks(story->fold, "INC-1", checker, now_us, &drafts);
	count = drafts.count;
	for (size_t i = 0; i < count; i++)
		tell(story, drafts.items[i].kind, drafts.items[i].data, now_us);
	drafts_free(&drafts);
	return count;
}

static const struct check *check_named(const struct checker *checker, const char *name)
{
	for (size_t i = 0; i < checker_count(checker); i++)
		if (strcmp(checker_at(checker, i)->name, name) == 0)
			return checker_at(checker, i);
	return NULL;
}

static void run(struct net *net, struct checker *checker, int64_t seconds)
{
	for (int64_t i = 0; i < seconds; i++) {
		net_run(net, 1);
		checker_update(checker, net->world, net_now_us(net));
	}
}

static void net_watch(struct net *net, unsigned validators, unsigned rpc_nodes)
{
	net_open(net, validators, rpc_nodes);
	net_age(net, 200);
	net_run(net, 20);
}

static void each_cause_has_its_checks(void **state)
{
	static const struct {
		const char *cause, *checks[6];
	} rows[] = {
		{"network-outage", {"blocks-advance", "validators-turn", "nodes-agree"}},
		{"validator-failure", {"blocks-advance", "validators-turn", "nodes-agree"}},
		{"none", {"blocks-advance", "validators-turn", "nodes-agree"}},
		{"rpc-endpoint-issues", {"blocks-advance", "validators-turn", "nodes-agree", "rpc-answers"}},
		{"visibility-lost", {"blocks-advance", "endpoints-reachable"}},
	};
	struct net net;

	(void)state;
	net_watch(&net, 4, 1);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct story story;
		struct checker *checker = checker_new(story_open(&story, rows[i].cause, net_now_us(&net)), net.world, net_now_us(&net));
		size_t count = 0;

		for (; rows[i].checks[count] != NULL; count++)
			if (check_named(checker, rows[i].checks[count]) == NULL)
				fail_msg("%s: no %s", rows[i].cause, rows[i].checks[count]);
		assert_int_equal(checker_count(checker), count);
		checker_free(checker);
		fold_free(story.fold);
	}
	net_close(&net);
}

/* --- beside the chain ------------------------------------------------------------- */

static struct component *put_lane(struct net *net, int64_t sent, int64_t executed, int64_t failed)
{
	struct component *c = world_add(net->world, KIND_LANE, "l", "test", US_PER_DAY);
	struct sighting sighting = {.at_us = net_now_us(net), .verdict = verdict_make(HEALTH_OK, SYMPTOM_NONE, "delivers"), .certain = true};

	world_set_number(c, LANE_SENT, sent, sighting.at_us);
	world_set_number(c, LANE_EXECUTED, executed, sighting.at_us);
	world_set_number(c, LANE_FAILED, failed, sighting.at_us);
	world_set_number(c, LANE_SLO_S, 60, sighting.at_us);
	world_sight(net->world, c, &sighting);
	return c;
}

static void sight(struct net *net, struct component *c, enum health health, enum symptom symptom, const char *reason)
{
	struct sighting sighting = {.at_us = net_now_us(net), .verdict = verdict_make(health, symptom, "%s", reason), .certain = true};

	world_sight(net->world, c, &sighting);
}

/* The verification of the CCIP procedures, item by item. */
static void a_lane_is_verified_item_by_item(void **state)
{
	static const struct {
		const char *name, *check;
		int64_t sent, executed, failed, pending, oldest_s, latency_s, usual_s; /* usual 0: the lane has no past */
		enum symptom symptom;
		const char *quote, *corrupt;
		enum check_state state;
		const char *says;
	} cases[] = {
		{"nothing was sent", "messages-arrive", 10, 9, 1, 0, 0, 20, 0, SYMPTOM_NONE, "0.1", NULL, CHECK_WAITING, "l: no message was sent since Resolve began (send a test message)"},
		{"sent, and on its way", "messages-arrive", 11, 9, 1, 1, 5, 20, 0, SYMPTOM_NONE, "0.1", NULL, CHECK_WAITING, "l: 1 sent since Resolve began, none executed yet"},
		{"executed", "messages-arrive", 11, 11, 1, 0, 0, 20, 0, SYMPTOM_NONE, "0.1", NULL, CHECK_PASSING, "executed since Resolve began on 1 of 1 lanes"},
		{"nothing comes out", "throughput-keeps", 20, 9, 1, 0, 0, 20, 0, SYMPTOM_NONE, "0.1", NULL, CHECK_WAITING, "l: 10 sent and 0 executed since Resolve began"},
		{"too little comes out", "throughput-keeps", 20, 16, 1, 0, 0, 20, 0, SYMPTOM_NONE, "0.1", NULL, CHECK_WAITING, "l: 10 sent and 7 executed since Resolve began"},
		{"as much comes out", "throughput-keeps", 20, 17, 1, 0, 0, 20, 0, SYMPTOM_NONE, "0.1", NULL, CHECK_PASSING, "keeping up on 1 of 1 lanes"},
		{"as fast as its past", "latency-usual", 11, 11, 1, 0, 0, 90, 40, SYMPTOM_NONE, "0.1", NULL, CHECK_PASSING, NULL},
		{"slower than its past", "latency-usual", 11, 11, 1, 0, 0, 31, 10, SYMPTOM_NONE, "0.1", NULL, CHECK_WAITING, "l: recent messages took 31 s, usual are 10 s"},
		{"as fast as expected", "latency-usual", 11, 11, 1, 0, 0, 60, 0, SYMPTOM_NONE, "0.1", NULL, CHECK_PASSING, NULL},
		{"slow", "latency-usual", 11, 11, 1, 0, 0, 61, 0, SYMPTOM_NONE, "0.1", NULL, CHECK_WAITING, "l: recent messages took 1 m 1 s, expected within 1 m"},
		{"some wait", "backlog-gone", 20, 11, 1, 9, 61, 20, 0, SYMPTOM_NONE, "0.1", NULL, CHECK_WAITING, "l: 9 wait, the oldest for 1 m 1 s"},
		{"some wait, not long", "backlog-gone", 20, 11, 1, 9, 60, 20, 0, SYMPTOM_NONE, "0.1", NULL, CHECK_PASSING, NULL},
		{"the same failures as before", "errors-none", 11, 11, 1, 0, 0, 20, 0, SYMPTOM_NONE, "0.1", NULL, CHECK_PASSING, NULL},
		{"one more failed", "errors-none", 11, 11, 2, 0, 0, 20, 0, SYMPTOM_NONE, "0.1", NULL, CHECK_FAILING, "l: 1 more failed since Resolve began"},
		{"in order", "order-holds", 11, 11, 1, 0, 0, 20, 0, SYMPTOM_NONE, "0.1", NULL, CHECK_PASSING, NULL},
		{"a gap", "order-holds", 11, 11, 1, 0, 0, 20, 0, SYMPTOM_CORRUPT, "0.1", "12 follows 10", CHECK_FAILING, "l: 12 follows 10 (5 minutes without another pass)"},
		{"a quote", "fees-quoted", 11, 11, 1, 0, 0, 20, 0, SYMPTOM_NONE, "0.1", NULL, CHECK_PASSING, NULL},
		{"no quote", "fees-quoted", 11, 11, 1, 0, 0, 20, 0, SYMPTOM_FEE_QUOTE, "StaleGasPrice", NULL, CHECK_FAILING, NULL},
		{"open", "lanes-open", 11, 11, 1, 0, 0, 20, 0, SYMPTOM_NONE, "0.1", NULL, CHECK_PASSING, NULL},
		{"cursed", "lanes-open", 11, 11, 1, 0, 0, 20, 0, SYMPTOM_CURSED, "0.1", NULL, CHECK_FAILING, NULL},
		{"the other chain is gone", "far-side-seen", 11, 11, 1, 0, 0, 20, 0, SYMPTOM_FAR_SIDE, "0.1", NULL, CHECK_FAILING, NULL},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct net net;
		struct story story;

		print_message("%s\n", cases[i].name);
		net_watch(&net, 4, 1);
		struct component *c = put_lane(&net, 10, 9, 1);
		struct checker *checker = checker_new(story_open(&story, "ccip-message-backlog", net_now_us(&net)), net.world, net_now_us(&net));
		assert_null(check_named(checker, "validators-turn"));
		put_lane(&net, cases[i].sent, cases[i].executed, cases[i].failed);
		world_set_number(c, LANE_PENDING, cases[i].pending, net_now_us(&net));
		world_set_number(c, LANE_OLDEST_PENDING_S, cases[i].oldest_s, net_now_us(&net));
		world_set_number(c, LANE_LATENCY_S, cases[i].latency_s, net_now_us(&net));
		if (cases[i].usual_s)
			world_set_number(c, LANE_USUAL_S, cases[i].usual_s, net_now_us(&net));
		world_set_text(c, LANE_FEE_QUOTE, cases[i].quote, net_now_us(&net));
		if (cases[i].corrupt)
			world_set_text(c, LANE_CORRUPT, cases[i].corrupt, net_now_us(&net));
		if (cases[i].symptom != SYMPTOM_NONE)
			sight(&net, c, HEALTH_CRITICAL, cases[i].symptom, "it is so");
		checker_update(checker, net.world, net_now_us(&net));
		const struct check *check = check_named(checker, cases[i].check);
		assert_non_null(check);
		assert_int_equal(check->state, cases[i].state);
		if (cases[i].says)
			assert_string_equal(check->detail, cases[i].says);
		/* What cannot be seen proves nothing, good or bad. */
		sight(&net, c, HEALTH_STALE, SYMPTOM_UNREACHABLE, "cannot be seen");
		checker_update(checker, net.world, net_now_us(&net));
		assert_int_equal(check->state, CHECK_WAITING);
		checker_free(checker);
		fold_free(story.fold);
		net_close(&net);
	}
}

/* The lane shows for an hour what did not fit; the check asks for what is new. */
static void an_old_gap_does_not_hold_up_the_end(void **state)
{
	struct net net;
	struct story story;

	(void)state;
	net_watch(&net, 4, 1);
	struct component *c = put_lane(&net, 10, 9, 1);
	struct checker *checker = checker_new(story_open(&story, "ccip-data-corruption", net_now_us(&net)), net.world, net_now_us(&net));
	static const struct {
		int64_t ago_s;
		enum check_state state;
	} cases[] = {{0, CHECK_FAILING}, {299, CHECK_FAILING}, {300, CHECK_PASSING}};
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		world_set_text(c, LANE_CORRUPT, "12 follows 10", net_now_us(&net) - cases[i].ago_s * US_PER_S);
		sight(&net, c, HEALTH_CRITICAL, SYMPTOM_CORRUPT, "12 follows 10");
		checker_update(checker, net.world, net_now_us(&net));
		assert_int_equal(check_named(checker, "order-holds")->state, cases[i].state);
	}
	checker_free(checker);
	fold_free(story.fold);
	net_close(&net);
}

/* Where a test sender is configured, others' messages prove nothing. */
static void a_test_message_is_followed(void **state)
{
	static const struct {
		const char *test, *says;
		enum check_state state;
	} steps[] = {
		{"41 0xaa: done", "l: no test message was sent since Resolve began (send one)", CHECK_WAITING},
		{"43 0xbb: awaiting commit", "l: test message 43: awaiting commit", CHECK_WAITING},
		{"43 0xbb: failed", "l: test message 43: failed", CHECK_WAITING},
		{"43 0xbb: done", "executed since Resolve began on 1 of 1 lanes", CHECK_PASSING},
	};
	struct net net;
	struct story story;

	(void)state;
	net_watch(&net, 4, 1);
	struct component *c = put_lane(&net, 42, 41, 0);
	world_set_text(c, LANE_TEST, steps[0].test, net_now_us(&net));
	struct checker *checker = checker_new(story_open(&story, "ccip-router-failure", net_now_us(&net)), net.world, net_now_us(&net));
	put_lane(&net, 50, 50, 0);
	for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
		world_set_text(c, LANE_TEST, steps[i].test, net_now_us(&net));
		checker_update(checker, net.world, net_now_us(&net));
		const struct check *check = check_named(checker, "messages-arrive");
		assert_int_equal(check->state, steps[i].state);
		assert_string_equal(check->detail, steps[i].says);
	}
	checker_free(checker);
	fold_free(story.fold);
	net_close(&net);
}

static void signs_of_an_attack_have_to_stay_away(void **state)
{
	struct net net;
	struct story story;

	(void)state;
	net_watch(&net, 4, 1);
	struct component *c = world_add(net.world, KIND_PROBE, "logins", "test", US_PER_DAY);
	sight(&net, c, HEALTH_OK, SYMPTOM_NONE, "none");
	struct checker *checker = checker_new(story_open(&story, "security-incident", net_now_us(&net)), net.world, net_now_us(&net));
	run(&net, checker, 299);
	assert_int_equal(check_named(checker, "signs-quiet")->state, CHECK_WAITING);
	run(&net, checker, 1);
	assert_int_equal(check_named(checker, "signs-quiet")->state, CHECK_PASSING);
	sight(&net, c, HEALTH_CRITICAL, SYMPTOM_SECURITY, "40 a minute");
	run(&net, checker, 1);
	assert_int_equal(check_named(checker, "signs-quiet")->state, CHECK_FAILING);
	sight(&net, c, HEALTH_OK, SYMPTOM_NONE, "none");
	run(&net, checker, 298);
	assert_int_equal(check_named(checker, "signs-quiet")->state, CHECK_WAITING);
	checker_free(checker);
	fold_free(story.fold);
	net_close(&net);
}

static void a_healed_network_passes_and_the_record_hears_it_once(void **state)
{
	struct story story;
	struct checker *checker;
	const struct incident *incident;
	struct net net;

	(void)state;
	net_watch(&net, 4, 1);
	incident = story_open(&story, "validator-failure", net_now_us(&net));
	checker = checker_new(incident, net.world, net_now_us(&net));
	/* What was good before Resolve does not count. */
	assert_int_equal(check_named(checker, "blocks-advance")->state, CHECK_WAITING);
	assert_int_equal(check_named(checker, "validators-turn")->state, CHECK_WAITING);
	run(&net, checker, 9);
	assert_int_equal(check_named(checker, "blocks-advance")->state, CHECK_WAITING);
	run(&net, checker, 3);
	for (size_t i = 0; i < checker_count(checker); i++)
		assert_int_equal(checker_at(checker, i)->state, CHECK_PASSING);
	assert_int_equal(story_hear(&story, checker, net_now_us(&net)), 3);
	assert_int_equal(story_hear(&story, checker, net_now_us(&net)), 0);
	incident = fold_incident(story.fold, "INC-1");
	assert_int_equal(incident->check_count, 3);
	assert_int_equal(incident->check_total, 3);
	assert_true(incident->checks[0].passed);
	checker_free(checker);
	fold_free(story.fold);
	net_close(&net);
}

/* The chain is critical for what it lost until the incident is resolved: that alone must not
 * keep it from being resolved. */
static void lost_blocks_do_not_keep_their_incident_open(void **state)
{
	struct story story;
	struct checker *checker;
	struct net net;

	(void)state;
	net_watch(&net, 4, 1);
	net.head -= 20;
	net.blocks[net.head].time_s = net.now_s;
	for (size_t i = 0; i < net.node_count; i++) {
		net.nodes[i].forked = true;
		net.nodes[i].fork_from = net.head + 1;
		net.nodes[i].told = net.head;
	}
	net_run(&net, 30);
	assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_REWOUND);
	checker = checker_new(story_open(&story, "chain-fork", net_now_us(&net)), net.world, net_now_us(&net));
	run(&net, checker, 30);
	assert_int_equal(world_chain(net.world)->health, HEALTH_CRITICAL);
	for (size_t i = 0; i < checker_count(checker); i++)
		if (checker_at(checker, i)->state != CHECK_PASSING)
			fail_msg("%s: %s", checker_at(checker, i)->name, checker_at(checker, i)->detail);
	checker_free(checker);
	fold_free(story.fold);
	net_close(&net);
}

static void a_victim_that_stays_away_fails(void **state)
{
	struct story story;
	struct checker *checker;
	struct net net;

	(void)state;
	net_watch(&net, 4, 1);
	net.nodes[2].stopped = true;
	net_run(&net, 30);
	checker = checker_new(story_open(&story, "validator-failure", net_now_us(&net)), net.world, net_now_us(&net));
	run(&net, checker, 15);
	assert_int_equal(check_named(checker, "blocks-advance")->state, CHECK_PASSING);
	assert_int_equal(check_named(checker, "validators-turn")->state, CHECK_FAILING);
	assert_non_null(strstr(check_named(checker, "validators-turn")->detail, "besu-validator-2"));
	assert_int_equal(check_named(checker, "nodes-agree")->state, CHECK_FAILING);
	assert_int_equal(story_hear(&story, checker, net_now_us(&net)), 3);
	net.nodes[2].stopped = false;
	run(&net, checker, 30);
	for (size_t i = 0; i < checker_count(checker); i++)
		assert_int_equal(checker_at(checker, i)->state, CHECK_PASSING);
	/* Only what changed is told. */
	assert_int_equal(story_hear(&story, checker, net_now_us(&net)), 2);
	checker_free(checker);
	fold_free(story.fold);
	net_close(&net);
}

static void a_new_halt_takes_the_pass_back(void **state)
{
	struct story story;
	struct checker *checker;
	const struct check *blocks;
	struct net net;

	(void)state;
	net_watch(&net, 4, 1);
	checker = checker_new(story_open(&story, "network-outage", net_now_us(&net)), net.world, net_now_us(&net));
	blocks = check_named(checker, "blocks-advance");
	run(&net, checker, 20);
	assert_int_equal(blocks->state, CHECK_PASSING);
	net.halted = true;
	run(&net, checker, 20);
	assert_int_equal(blocks->state, CHECK_FAILING);
	net.halted = false;
	run(&net, checker, 6);
	assert_int_equal(blocks->state, CHECK_WAITING);
	run(&net, checker, 12);
	assert_int_equal(blocks->state, CHECK_PASSING);
	checker_free(checker);
	fold_free(story.fold);
	net_close(&net);
}

static void rpc_answers_needs_polls_in_a_row(void **state)
{
	struct story story;
	struct checker *checker;
	const struct check *answers;
	struct net net;

	(void)state;
	net_watch(&net, 4, 1);
	checker = checker_new(story_open(&story, "rpc-endpoint-issues", net_now_us(&net)), net.world, net_now_us(&net));
	answers = check_named(checker, "rpc-answers");
	run(&net, checker, 4);
	assert_int_equal(answers->state, CHECK_WAITING);
	net.nodes[4].rpc_ms = 1200;
	run(&net, checker, 1);
	net.nodes[4].rpc_ms = 8;
	run(&net, checker, 4);
	assert_int_equal(answers->state, CHECK_WAITING);
	assert_non_null(strstr(answers->detail, "besu-rpc-0: 4 of 5"));
	run(&net, checker, 1);
	assert_int_equal(answers->state, CHECK_PASSING);
	net.nodes[4].hidden = true;
	run(&net, checker, 10);
	assert_int_equal(answers->state, CHECK_FAILING);
	checker_free(checker);
	fold_free(story.fold);
	net_close(&net);
}

static void endpoints_come_back_one_by_one(void **state)
{
	struct story story;
	struct checker *checker;
	struct net net;

	(void)state;
	net_watch(&net, 4, 0);
	for (size_t i = 0; i < net.node_count; i++)
		net.nodes[i].hidden = true;
	net_run(&net, 20);
	checker = checker_new(story_open(&story, "visibility-lost", net_now_us(&net)), net.world, net_now_us(&net));
	assert_int_equal(check_named(checker, "endpoints-reachable")->state, CHECK_FAILING);
	for (size_t i = 0; i < net.node_count; i++) {
		assert_int_not_equal(check_named(checker, "endpoints-reachable")->state, CHECK_PASSING);
		net.nodes[i].hidden = false;
		run(&net, checker, 10);
	}
	assert_int_equal(check_named(checker, "endpoints-reachable")->state, CHECK_PASSING);
	assert_int_equal(check_named(checker, "blocks-advance")->state, CHECK_PASSING);
	checker_free(checker);
	fold_free(story.fold);
	net_close(&net);
}

static void a_plain_chain_has_no_turns_to_check(void **state)
{
	struct story story;
	struct checker *checker;
	struct net net;

	(void)state;
	net_open(&net, 0, 1);
	net.plain = true;
	net_age(&net, 100);
	net_run(&net, 10);
	checker = checker_new(story_open(&story, "network-outage", net_now_us(&net)), net.world, net_now_us(&net));
	run(&net, checker, 15);
	for (size_t i = 0; i < checker_count(checker); i++)
		assert_int_equal(checker_at(checker, i)->state, CHECK_PASSING);
	assert_non_null(strstr(check_named(checker, "validators-turn")->detail, "does not apply"));
	checker_free(checker);
	fold_free(story.fold);
	net_close(&net);
}

static void outside_resolve_nothing_is_told(void **state)
{
	struct story story;
	struct checker *checker;
	struct net net;

	(void)state;
	net_watch(&net, 4, 1);
	checker = checker_new(story_open(&story, "network-outage", net_now_us(&net)), net.world, net_now_us(&net));
	run(&net, checker, 20);
	tell(&story, EVENT_INCIDENT_STAGE, "{\"from\":\"resolve\",\"to\":\"review\"}", net_now_us(&net));
	assert_int_equal(story_hear(&story, checker, net_now_us(&net)), 0);
	checker_free(checker);
	fold_free(story.fold);
	net_close(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cause_has_its_checks),
		cmocka_unit_test(a_lane_is_verified_item_by_item),
		cmocka_unit_test(an_old_gap_does_not_hold_up_the_end),
		cmocka_unit_test(a_test_message_is_followed),
		cmocka_unit_test(signs_of_an_attack_have_to_stay_away),
		cmocka_unit_test(a_healed_network_passes_and_the_record_hears_it_once),
		cmocka_unit_test(a_victim_that_stays_away_fails),
		cmocka_unit_test(a_new_halt_takes_the_pass_back),
		cmocka_unit_test(rpc_answers_needs_polls_in_a_row),
		cmocka_unit_test(lost_blocks_do_not_keep_their_incident_open),
		cmocka_unit_test(endpoints_come_back_one_by_one),
		cmocka_unit_test(a_plain_chain_has_no_turns_to_check),
		cmocka_unit_test(outside_resolve_nothing_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
