/* The world, fed by a small network: what it knows, what it shows, and since when. */
#include "world_fixture.h"

static void a_healthy_network_is_ok(void **state)
{
	struct net net;
	const struct component *chain, *v;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 300);
	assert_false(world_settled(net.world));
	net_run(&net, 5);
	chain = world_chain(net.world);
	assert_true(world_settled(net.world));
	assert_int_equal(world_worst(net.world), HEALTH_OK);
	assert_string_equal(chain->id, "chain/138");
	assert_int_equal(number_of(chain, CHAIN_HEAD), net.head);
	assert_int_equal(number_of(chain, CHAIN_BLOCK_PERIOD_MS), 2000);
	assert_int_equal(number_of(chain, CHAIN_QUORUM), 3);
	assert_int_equal(number_of(chain, CHAIN_ALIVE), 4);
	assert_int_equal(number_of(chain, CHAIN_CAN_LOSE), 1);
	assert_int_equal(number_of(chain, CHAIN_F), 1);
	assert_int_equal(number_of(chain, CHAIN_ROUND), 0);
	assert_int_equal(world_count(net.world, KIND_VALIDATOR), 4);
	v = net_validator(&net, 2);
	assert_string_equal(v->name, "besu-validator-2");
	assert_string_equal(component_text(v, VALIDATOR_NODE), "besu-validator-2");
	assert_ptr_equal(world_partner(v), net.nodes[2].component);
	assert_ptr_equal(world_partner(net.nodes[2].component), v);
	assert_null(world_partner(net.nodes[4].component));
	assert_int_equal(number_of(v, VALIDATOR_MISSED_TURNS), 0);
	assert_null(strchr(component_text(v, VALIDATOR_TURNS), 'x'));
	net_close(&net);
}

static void a_stopped_validator_is_found_while_watching(void **state)
{
	struct net net;
	const struct component *chain;
	int64_t stopped_us;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 300);
	net_run(&net, 20);
	stopped_us = net_now_us(&net);
	net.nodes[2].stopped = true;
	net_run(&net, 20);
	chain = world_chain(net.world);
	assert_int_equal(count_health(&net, KIND_VALIDATOR, HEALTH_CRITICAL), 1);
	assert_int_equal(net_validator(&net, 2)->health, HEALTH_CRITICAL);
	assert_int_equal(net_validator(&net, 2)->symptom, SYMPTOM_OFFLINE);
	assert_in_range(net_validator(&net, 2)->since_us, stopped_us, stopped_us + 12 * US_PER_S);
	assert_int_equal(net.nodes[2].component->health, HEALTH_CRITICAL);
	assert_int_equal(net.nodes[2].component->reach, REACH_UNREACHABLE);
	assert_in_range(net.nodes[2].component->since_us, stopped_us, stopped_us + US_PER_S);
	assert_int_equal(chain->health, HEALTH_WARNING);
	assert_int_equal(chain->symptom, SYMPTOM_QUORUM);
	assert_int_equal(number_of(chain, CHAIN_ALIVE), 3);
	assert_int_equal(number_of(chain, CHAIN_CAN_LOSE), 0);

	net.nodes[2].stopped = false;
	net_run(&net, 30);
	assert_int_equal(count_health(&net, KIND_VALIDATOR, HEALTH_CRITICAL), 0);
	assert_int_equal(chain->health, HEALTH_OK);
	net_run(&net, 100);
	assert_int_equal(world_worst(net.world), HEALTH_OK);
	assert_true(number_of(net_validator(&net, 2), VALIDATOR_MISSED_TURNS) > 0);
	net_close(&net);
}

/* How long it lasts is said as of now, without a change for each number; and what is known
 * of it is as old as the headers that do not name it, not as its last block. */
static void a_stopped_validators_reason_moves_on(void **state)
{
	struct net net;
	const struct component *v;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 300);
	net_run(&net, 20);
	net.nodes[2].stopped = true;
	net_run(&net, 30);
	v = net_validator(&net, 2);
	for (int look = 0; look < 4; look++) {
		char expected[160];
		size_t count;

		world_changes(net.world, &count);
		net_run(&net, 20);
		world_changes(net.world, &count);
		assert_int_equal(count, 0);
		snprintf(expected, sizeof(expected), "offline: missed %zu turns, proposed nothing in %lld blocks, last was %lld",
			 strspn(strchr(component_text(v, VALIDATOR_TURNS), 'x'), "x"),
			 (long long)(number_of(world_chain(net.world), CHAIN_HEAD) - number_of(v, VALIDATOR_LAST_PROPOSED)),
			 (long long)number_of(v, VALIDATOR_LAST_PROPOSED));
		assert_string_equal(v->reason, expected);
		assert_true(component_age_us(v, net_now_us(&net)) <= US_PER_S);
	}
	net_close(&net);
}

/* On a halt the headers tell no more: of whom nothing answers, all that is known gets old. */
static void on_a_halt_a_validators_age_is_its_nodes(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 300);
	net_run(&net, 20);
	net.nodes[0].stopped = net.nodes[1].stopped = true;
	net_run(&net, 60);
	assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_STALLED);
	assert_true(component_age_us(net_validator(&net, 0), net_now_us(&net)) > 40 * US_PER_S);
	assert_true(component_age_us(net_validator(&net, 2), net_now_us(&net)) <= US_PER_S);
	net_close(&net);
}

static void every_victim_is_found_by_a_fresh_look(void **state)
{
	(void)state;
	for (unsigned n = 4; n <= 10; n += 3) {
		for (unsigned victim = 0; victim < n; victim++) {
			struct net net;

			net_open(&net, n, 1);
			net_age(&net, 100);
			net.nodes[victim].stopped = true;
			net_age(&net, 8 * n);
			net_run(&net, 10);
			assert_true(world_settled(net.world));
			assert_int_equal(count_health(&net, KIND_VALIDATOR, HEALTH_CRITICAL), 1);
			assert_int_equal(net_validator(&net, victim)->health, HEALTH_CRITICAL);
			assert_int_equal(count_health(&net, KIND_VALIDATOR, HEALTH_OK), n - 1);
			net_close(&net);
		}
	}
}

static void a_halt_is_critical_and_spares_those_who_wait(void **state)
{
	struct net net;
	const struct component *chain;
	int64_t last_us;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 300);
	net_run(&net, 10);
	net.nodes[0].stopped = net.nodes[1].stopped = true;
	last_us = net.blocks[net.head].time_s * US_PER_S;
	/* P + 3T + 2 s is 10 s; two polls more. */
	net_run(&net, 9);
	chain = world_chain(net.world);
	assert_int_not_equal(chain->health, HEALTH_CRITICAL);
	net_run(&net, 3);
	assert_int_equal(chain->health, HEALTH_CRITICAL);
	assert_int_equal(chain->symptom, SYMPTOM_STALLED);
	assert_int_equal(chain->since_us, last_us + 2 * US_PER_S);
	assert_int_equal(number_of(chain, CHAIN_ALIVE), 2);
	assert_int_equal(number_of(chain, CHAIN_CAN_LOSE), -1);
	assert_true(number_of(chain, CHAIN_ROUND) >= 2);
	assert_true(number_of(chain, CHAIN_NEXT_ROUND_MS) > 0);
	assert_int_equal(net_validator(&net, 0)->health, HEALTH_CRITICAL);
	assert_int_equal(net_validator(&net, 1)->health, HEALTH_CRITICAL);
	assert_int_equal(net_validator(&net, 2)->symptom, SYMPTOM_WAITING);
	assert_int_equal(net_validator(&net, 3)->symptom, SYMPTOM_WAITING);
	assert_int_equal(count_health(&net, KIND_VALIDATOR, HEALTH_OK), 0);
	net_run(&net, 100);
	net.nodes[0].stopped = net.nodes[1].stopped = false;
	net_run(&net, 30);
	assert_int_equal(chain->health, HEALTH_OK);
	assert_int_equal(count_health(&net, KIND_VALIDATOR, HEALTH_CRITICAL), 0);
	net_close(&net);
}

static void a_halt_is_found_by_a_fresh_look(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 100);
	net.nodes[0].stopped = net.nodes[1].stopped = true;
	net_age(&net, 600);
	net_run(&net, 10);
	assert_true(world_settled(net.world));
	assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_STALLED);
	/* The stopped ones never told a key, so nothing says whose nodes they are. */
	assert_int_equal(net_validator(&net, 0)->health, HEALTH_STALE);
	assert_int_equal(net_validator(&net, 2)->health, HEALTH_WARNING);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_CAN_LOSE), -1);
	net_close(&net);
}

static void no_reachable_node_is_not_a_halt(void **state)
{
	struct net net;
	const struct component *chain;
	int64_t head;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 300);
	net_run(&net, 10);
	chain = world_chain(net.world);
	head = number_of(chain, CHAIN_HEAD);
	for (size_t i = 0; i < net.node_count; i++)
		net.nodes[i].hidden = true;
	for (int i = 0; i < 60; i++) {
		net_run(&net, 1);
		assert_int_not_equal(chain->health, HEALTH_CRITICAL);
	}
	assert_int_equal(chain->health, HEALTH_UNKNOWN);
	assert_int_equal(chain->symptom, SYMPTOM_INVISIBLE);
	assert_int_equal(count_health(&net, KIND_VALIDATOR, HEALTH_STALE), 4);
	assert_int_equal(count_health(&net, KIND_NODE, HEALTH_CRITICAL), 5);
	assert_int_equal(number_of(chain, CHAIN_HEAD), head);
	assert_true(component_age_us(chain, net_now_us(&net)) > 55 * US_PER_S);
	assert_null(component_value(chain, CHAIN_ALIVE));
	for (size_t i = 0; i < net.node_count; i++)
		net.nodes[i].hidden = false;
	net_run(&net, 10);
	assert_int_equal(world_worst(net.world), HEALTH_OK);
	net_close(&net);
}

/* Nodes answer, and none of them what its newest block is. */
static void a_head_that_nobody_tells_is_not_ok(void **state)
{
	static const struct {
		bool timed_out; /* the calls for it take too long; else they fail */
		int64_t within_s;
	} rows[] = {{false, 5}, {true, 12}};

	(void)state;
	for (size_t k = 0; k < ARRAY_LENGTH(rows); k++) {
		struct net net;
		const struct component *chain;

		net_open(&net, 4, 1);
		net_age(&net, 100);
		net_run(&net, 10);
		chain = world_chain(net.world);
		assert_int_equal(chain->health, HEALTH_OK);
		for (size_t i = 0; i < net.node_count; i++) {
			net.nodes[i].no_head = true;
			net.nodes[i].no_head_time = rows[k].timed_out;
		}
		net_run(&net, rows[k].within_s);
		for (int i = 0; i < 60; i++) {
			net_run(&net, 1);
			assert_int_equal(chain->health, HEALTH_UNKNOWN);
			assert_int_equal(chain->symptom, SYMPTOM_INVISIBLE);
		}
		assert_non_null(strstr(chain->reason, rows[k].timed_out ? "no node has told the newest block for" : "header not found"));
		assert_int_equal(count_health(&net, KIND_VALIDATOR, HEALTH_STALE), 4);
		for (size_t i = 0; i < net.node_count; i++)
			net.nodes[i].no_head = false;
		net_run(&net, 10);
		assert_int_equal(chain->health, HEALTH_OK);
		assert_int_equal(count_health(&net, KIND_VALIDATOR, HEALTH_OK), 4);
		net_close(&net);
	}
}

/* A node that is asked only now and then is given its time. */
static void a_head_is_hidden_only_after_some_looks(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 0);
	net_age(&net, 100);
	for (int look = 0; look < 6; look++) {
		for (size_t k = 0; k < net.node_count; k++)
			net_sample(&net, k);
		for (int i = 0; i < 30; i++) {
			world_judge(net.world, net_now_us(&net));
			assert_true(look == 0 || world_chain(net.world)->symptom != SYMPTOM_INVISIBLE);
			net_age(&net, 1);
		}
	}
	net_close(&net);
}

/* The node that led is asked no more: the others decide. */
static void a_head_that_is_asked_no_more_leads_nobody(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 100);
	net_run(&net, 10);
	for (unsigned i = 0; i < 4; i++)
		net.nodes[i].frozen = true;
	net_age(&net, 2);
	net_sample(&net, 4); /* one block ahead of all, and not heard of again */
	net.halted = true;
	for (int i = 0; i < 30; i++) {
		net_age(&net, 1);
		for (size_t k = 0; k < 4; k++)
			net_sample(&net, k);
		world_judge(net.world, net_now_us(&net));
	}
	assert_int_equal(number_of(world_chain(net.world), CHAIN_HEAD), (int64_t)net.nodes[0].head);
	assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_STALLED);
	net_close(&net);
}

/* A node that was left over from another network stands or runs far above the others, or
 * near them and is old: the others are judged as if it were not there. */
static void a_stranger_does_not_drag_the_chain(void **state)
{
	static const struct {
		uint64_t head;
		int64_t time_s; /* against the start of the others; 0: it moves with them */
		bool halted;    /* the others are */
		bool first;     /* it spoke before the others did */
		enum symptom symptom;
	} rows[] = {
		{900000, -86400, false, false, SYMPTOM_NONE},
		{900000, -86400, false, true, SYMPTOM_NONE},
		{900000, 0, false, false, SYMPTOM_NONE},
		{900000, 0, true, false, SYMPTOM_STALLED},
		{900000, 0, true, true, SYMPTOM_STALLED},
		{900000, INT64_C(200000000000), false, false, SYMPTOM_NONE},
		{300, -86400, false, false, SYMPTOM_NONE},
		{300, -86400, false, true, SYMPTOM_NONE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct net net;
		struct component *stranger;

		net_open(&net, 4, 1);
		net_age(&net, 100);
		stranger = world_add_node(net.world, "left-over", "http://test");
		if (!rows[i].first)
			net_run(&net, 20);
		net.halted = rows[i].halted;
		for (uint64_t k = 0; k < 60; k++) {
			if (rows[i].time_s == 0)
				net_sample_stranger(&net, stranger, rows[i].head + k / 2, net.now_s / 2 * 2);
			else
				net_sample_stranger(&net, stranger, rows[i].head, NET_START_S + rows[i].time_s);
			net_run(&net, 1);
			if (!rows[i].halted)
				assert_int_not_equal(world_chain(net.world)->health, HEALTH_CRITICAL);
		}
		assert_int_equal(world_chain(net.world)->symptom, rows[i].symptom);
		assert_int_equal(number_of(world_chain(net.world), CHAIN_HEAD), (int64_t)net.head);
		assert_int_equal(stranger->health, HEALTH_CRITICAL);
		assert_int_equal(stranger->symptom, SYMPTOM_APART);
		assert_int_equal(count_health(&net, KIND_NODE, HEALTH_OK), 5);
		net_close(&net);
	}
}

/* The others are lost: that one stranger still answers does not make its chain theirs. */
static void a_stranger_alone_is_not_the_chain(void **state)
{
	struct net net;
	struct component *stranger;

	(void)state;
	net_open(&net, 4, 0);
	net_age(&net, 100);
	net_run(&net, 20);
	stranger = world_add_node(net.world, "left-over", "http://test");
	for (size_t i = 0; i < net.node_count; i++)
		net.nodes[i].hidden = true;
	for (uint64_t k = 0; k < 40; k++) {
		net_sample_stranger(&net, stranger, 900000 + k / 2, net.now_s / 2 * 2);
		net_run(&net, 1);
	}
	assert_int_equal(world_chain(net.world)->health, HEALTH_UNKNOWN);
	assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_INVISIBLE);
	net_close(&net);
}

/* One against one: nobody can say which is right. */
static void two_strangers_leave_the_chain_unknown(void **state)
{
	struct net net;
	struct component *stranger;

	(void)state;
	net_open(&net, 1, 0);
	net_age(&net, 100);
	net_run(&net, 20);
	stranger = world_add_node(net.world, "left-over", "http://test");
	for (uint64_t k = 0; k < 40; k++) {
		net_sample_stranger(&net, stranger, 900000, NET_START_S - 86400);
		net_run(&net, 1);
		assert_int_not_equal(world_chain(net.world)->health, HEALTH_CRITICAL);
		if (k < 5)
			continue;
		assert_int_equal(world_chain(net.world)->health, HEALTH_UNKNOWN);
		assert_non_null(strstr(world_chain(net.world)->reason, "which is right is not known"));
		assert_int_equal(stranger->health, HEALTH_UNKNOWN);
	}
	/* It joined the network after all. */
	for (int k = 0; k < 10; k++) {
		net_run(&net, 1);
		net_sample_stranger(&net, stranger, net.head, net.blocks[net.head].time_s);
	}
	assert_int_not_equal(world_chain(net.world)->health, HEALTH_UNKNOWN);
	net_close(&net);
}

/* A lag of any length has its time, and so has a pause of ours. */
static void who_is_far_behind_is_no_stranger(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 1, 1);
	net_age(&net, 100);
	net_run(&net, 20);
	net.nodes[1].frozen = true;
	net_age(&net, 2000);
	net_run(&net, 20);
	assert_int_equal(world_chain(net.world)->health, HEALTH_OK);
	assert_int_equal(net.nodes[1].component->symptom, SYMPTOM_LAG);
	net.nodes[1].frozen = false;
	net_age(&net, 2000);
	for (int i = 0; i < 10; i++) {
		net_run(&net, 1);
		assert_int_not_equal(net.nodes[0].component->symptom, SYMPTOM_APART);
		assert_int_not_equal(net.nodes[1].component->symptom, SYMPTOM_APART);
	}
	assert_int_equal(world_worst(net.world), HEALTH_OK);
	net_close(&net);
}

/* A validator that was voted out is shown while recent headers name it, and then leaves. */
static void a_former_validator_leaves_in_the_end(void **state)
{
	struct net net;
	struct address address = net_address(4);
	char text[ADDRESS_TEXT];
	size_t count;
	bool told = false;

	(void)state;
	net_open(&net, 5, 0);
	net_age(&net, 100);
	net_run(&net, 20);
	net.absent = 1;
	net.nodes[4].mute = true;
	net_run(&net, 40);
	assert_int_equal(world_count(net.world, KIND_VALIDATOR), 5);
	assert_int_equal(net_validator(&net, 4)->symptom, SYMPTOM_LEFT);
	assert_ptr_equal(world_partner(net.nodes[4].component), net_validator(&net, 4));
	world_changes(net.world, &count);
	for (int i = 0; i < 3000 && !told; i++) {
		net_run(&net, 1);
		const struct change *changes = world_changes(net.world, &count);
		for (size_t k = 0; k < count; k++)
			told |= strcmp(changes[k].reason, "it left the validator set long ago") == 0 && changes[k].to == HEALTH_OK;
	}
	assert_true(told);
	assert_null(net_validator(&net, 4));
	assert_null(world_find(net.world, address_text(text, &address)));
	assert_null(world_partner(net.nodes[4].component));
	assert_int_equal(world_count(net.world, KIND_VALIDATOR), 4);
	/* It is voted in again, and known for who it is. */
	net.absent = 0;
	net.nodes[4].mute = false;
	net_run(&net, 60);
	assert_int_equal(net_validator(&net, 4)->health, HEALTH_OK);
	assert_ptr_equal(world_partner(net_validator(&net, 4)), net.nodes[4].component);
	net_close(&net);
}

/* A node that makes up other validators with each header does not fill the memory. */
static void made_up_validators_are_bounded(void **state)
{
	struct world *world = world_new("Test", 138, &(struct thresholds){.clear_ms = 1, .dwell_ms = 1, .stale_after_ms = 10000, .offline_turns = 2});
	struct component *node = world_add_node(world, "hostile", "http://test");
	struct address named = net_address(200);
	struct header header = {.difficulty = 1, .consensus = CONSENSUS_QBFT, .validators = xcalloc(HEADER_VALIDATORS_MAX, sizeof(*header.validators))};
	struct node_sample sample = {.has = SAMPLE_HEAD | SAMPLE_CHAIN_ID, .chain_id = 138, .headers = &header, .header_count = 1};

	(void)state;
	world_add_validator(world, "ours", &named);
	header.validator_count = HEADER_VALIDATORS_MAX;
	for (unsigned poll = 1; poll <= 100; poll++) {
		header.number = poll / 2; /* half of them under the same number */
		memcpy(header.hash.bytes, &header.number, sizeof(header.number));
		header.timestamp_s = NET_START_S + poll;
		sample.at_us = header.timestamp_s * US_PER_S;
		for (unsigned i = 0; i < HEADER_VALIDATORS_MAX; i++) {
			header.validators[i].bytes[0] = (uint8_t)i;
			memcpy(header.validators[i].bytes + 4, &poll, sizeof(poll));
		}
		world_observe(world, node, &sample);
		world_judge(world, sample.at_us);
		assert_true(world_count(world, KIND_VALIDATOR) <= (size_t)5 * HEADER_VALIDATORS_MAX);
	}
	assert_non_null(world_find(world, "validator/ours"));
	header_free(&header);
	world_free(world);
}

static void what_nobody_asks_for_goes_stale(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 0);
	net_age(&net, 100);
	net_run(&net, 10);
	for (int i = 0; i < 20; i++) {
		net_age(&net, 1);
		world_judge(net.world, net_now_us(&net));
	}
	assert_int_equal(count_health(&net, KIND_NODE, HEALTH_STALE), 4);
	assert_int_equal(world_chain(net.world)->health, HEALTH_STALE);
	assert_int_equal(count_health(&net, KIND_VALIDATOR, HEALTH_STALE), 4);
	net_close(&net);
}

static void what_was_never_asked_is_unknown(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 0);
	world_judge(net.world, net_now_us(&net) + US_PER_HOUR);
	assert_int_equal(count_health(&net, KIND_NODE, HEALTH_UNKNOWN), 4);
	assert_int_equal(world_chain(net.world)->health, HEALTH_UNKNOWN);
	assert_false(world_settled(net.world));
	assert_int_equal(component_age_us(world_chain(net.world), net_now_us(&net)), -1);
	net_close(&net);
}

/* Before anything is sure, what is known so far is said with its words. */
static void a_first_look_says_what_is_known_so_far(void **state)
{
	static const struct {
		const char *name;
		bool asked, hidden, refusing;
		uint64_t chain_id;
		enum reach reach;
		const char *reason;
	} rows[] = {
		{"not asked", false, false, false, 138, REACH_UNKNOWN, "not asked yet"},
		{"asked", true, false, false, 138, REACH_UNKNOWN, "asked, no answer yet"},
		{"no answer", true, true, false, 138, REACH_UNREACHABLE, "unreachable so far: connection refused"},
		{"a no", true, false, true, 138, REACH_REFUSING, "refuses so far: HTTP 403 Host not authorized."},
		{"another chain", true, false, false, 1, REACH_REFUSING, "refuses so far: wrong chain: 1, expected 138"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct net net;
		const struct component *c;

		net_open(&net, 4, 1);
		net_age(&net, 100);
		c = net.nodes[4].component;
		net.nodes[4].hidden = rows[i].hidden;
		net.nodes[4].refusing = rows[i].refusing;
		net.nodes[4].chain_id = rows[i].chain_id;
		assert_int_equal(world_chain(net.world)->reach, REACH_UNKNOWN);
		if (rows[i].asked)
			world_asked(net.nodes[4].component);
		if (rows[i].reach != REACH_UNKNOWN)
			net_sample(&net, 4);
		world_judge(net.world, net_now_us(&net));
		if (c->health != HEALTH_UNKNOWN || c->reach != rows[i].reach || strcmp(c->reason, rows[i].reason) != 0)
			fail_msg("%s: %s %s: %s", rows[i].name, health_name(c->health), reach_name(c->reach), c->reason);
		/* Once it is known, being asked again changes nothing. */
		net_run(&net, 10);
		world_asked(net.nodes[4].component);
		assert_null(strstr(c->reason, "asked"));
		net_close(&net);
	}
}

/* One look at an old block does not tell a halt from a wrong clock, and is not nothing. */
static void a_first_block_is_said(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 100);
	net.halted = true;
	net_age(&net, 20);
	net_sample(&net, 0);
	world_judge(net.world, net_now_us(&net));
	assert_int_equal(world_chain(net.world)->health, HEALTH_UNKNOWN);
	assert_string_equal(world_chain(net.world)->reason, "block 50 is the newest seen; whether more come shows in a moment");
	net_run(&net, 20);
	assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_STALLED);
	net_close(&net);
}

static void a_node_that_stands_still_lags_alone(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 2);
	net_age(&net, 300);
	net_run(&net, 10);
	net.nodes[5].frozen = true;
	net_run(&net, 12);
	assert_int_equal(net.nodes[5].component->health, HEALTH_WARNING);
	assert_int_equal(net.nodes[5].component->symptom, SYMPTOM_LAG);
	net_run(&net, 20);
	assert_int_equal(net.nodes[5].component->health, HEALTH_CRITICAL);
	assert_true(number_of(net.nodes[5].component, NODE_LAG) > 5);
	assert_int_equal(world_chain(net.world)->health, HEALTH_OK);
	assert_int_equal(count_health(&net, KIND_NODE, HEALTH_OK), 5);
	net_close(&net);
}

/* One thing wrong with one RPC node: what it shows, and that the chain does not mind. */
static void a_node_shows_what_is_wrong_with_it(void **state)
{
	static const struct {
		const char *name;
		struct net_node node;
		enum health health;
		enum symptom symptom;
		enum reach reach;
		const char *says;
	} rows[] = {
		{"unreachable", {.hidden = true, .chain_id = 138, .peers = 4}, HEALTH_CRITICAL, SYMPTOM_UNREACHABLE, REACH_UNREACHABLE, "connection refused"},
		{"refusing", {.refusing = true, .chain_id = 138, .peers = 4}, HEALTH_CRITICAL, SYMPTOM_REFUSING, REACH_REFUSING, "403"},
		{"wrong chain", {.chain_id = 1, .peers = 4}, HEALTH_CRITICAL, SYMPTOM_REFUSING, REACH_REFUSING, "wrong chain: 1, expected 138"},
		{"slow", {.chain_id = 138, .peers = 4, .rpc_ms = 1500}, HEALTH_WARNING, SYMPTOM_SLOW, REACH_OK, "1500 ms"},
		{"no peers", {.chain_id = 138}, HEALTH_WARNING, SYMPTOM_PEERS, REACH_OK, "0 of at least 1 peers"},
		{"syncing", {.chain_id = 138, .peers = 4, .syncing = true}, HEALTH_WARNING, SYMPTOM_SYNCING, REACH_OK, "syncing"},
		{"clock ahead", {.chain_id = 138, .peers = 4, .skew_s = 5}, HEALTH_WARNING, SYMPTOM_SKEW, REACH_OK, "5 s ahead"},
		{"clock a second off", {.chain_id = 138, .peers = 4, .skew_s = -1}, HEALTH_OK, SYMPTOM_NONE, REACH_OK, "in step"},
		{"no admin calls", {.chain_id = 138, .peers = 4, .no_key = true}, HEALTH_OK, SYMPTOM_NONE, REACH_OK, "in step"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct component *c;
		struct net net;

		net_open(&net, 4, 1);
		net_age(&net, 100);
		c = net.nodes[4].component;
		net.nodes[4] = rows[i].node;
		net.nodes[4].component = c;
		net_run(&net, 10);
		if (c->health != rows[i].health || c->symptom != rows[i].symptom || c->reach != rows[i].reach || strstr(c->reason, rows[i].says) == NULL)
			fail_msg("%s: %s %s: %s", rows[i].name, health_name(c->health), reach_name(c->reach), c->reason);
		assert_int_equal(world_chain(net.world)->health, HEALTH_OK);
		assert_int_equal(number_of(world_chain(net.world), CHAIN_HEAD), net.head);
		net_close(&net);
	}
}

/* Our own clock is off: that is said once, of the chain, and only who differs from the others
 * is told so. */
static void our_clock_is_told_once(void **state)
{
	static const struct {
		int64_t clock_s;
		const char *says;
	} rows[] = {
		{60, "this machine's clock is 1 m ahead of most nodes'"},
		{-60, "this machine's clock is 1 m behind most nodes'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct net net;

		net_open(&net, 4, 2);
		net.clock_s = rows[i].clock_s;
		for (size_t k = 0; k < net.node_count; k++)
			net.nodes[k].skew_s = -rows[i].clock_s;
		net.nodes[5].skew_s += 30;
		net_age(&net, 100);
		for (int second = 0; second < 30; second++) {
			net_run(&net, 1);
			for (size_t k = 0; k < 5; k++)
				assert_null(strstr(net.nodes[k].component->reason, "its clock"));
			assert_true(count_health(&net, KIND_NODE, HEALTH_WARNING) <= 1);
		}
		assert_int_equal(world_chain(net.world)->health, HEALTH_WARNING);
		assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_SKEW);
		if (strstr(world_chain(net.world)->reason, rows[i].says) == NULL)
			fail_msg("%s: %s", rows[i].says, world_chain(net.world)->reason);
		assert_non_null(strstr(net.nodes[5].component->reason, "its clock is 30 s ahead of most nodes'"));
		/* Put right, nothing of it is left. */
		for (size_t k = 0; k < net.node_count; k++)
			net.nodes[k].skew_s = 0;
		world_clock_stepped(net.world, -net.clock_s * US_PER_S);
		net.clock_s = 0;
		net_run(&net, 30);
		assert_int_equal(world_worst(net.world), HEALTH_OK);
		net_close(&net);
	}
}

static void one_bad_sample_is_no_incident(void **state)
{
	struct net net;
	size_t count;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 100);
	net_run(&net, 10);
	world_changes(net.world, &count);
	assert_int_equal(count, 10);
	for (size_t i = 0; i < net.node_count; i++) {
		net.nodes[i].hidden = true;
		net_run(&net, 1);
		net.nodes[i].hidden = false;
		net_run(&net, 3);
	}
	world_changes(net.world, &count);
	assert_int_equal(count, 0);
	assert_int_equal(world_worst(net.world), HEALTH_OK);
	net_close(&net);
}

static void a_change_says_when_it_began(void **state)
{
	const struct change *changes;
	struct net net;
	int64_t began_us;
	size_t count;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 100);
	net_run(&net, 10);
	world_changes(net.world, &count);
	began_us = net_now_us(&net) + US_PER_S;
	net.nodes[4].hidden = true;
	net_run(&net, 6);
	changes = world_changes(net.world, &count);
	assert_int_equal(count, 1);
	assert_string_equal(changes[0].id, "node/besu-rpc-0");
	assert_int_equal(changes[0].from, HEALTH_OK);
	assert_int_equal(changes[0].to, HEALTH_CRITICAL);
	assert_int_equal(changes[0].reach, REACH_UNREACHABLE);
	assert_int_equal(changes[0].at_us, began_us);
	world_changes(net.world, &count);
	assert_int_equal(count, 0);
	net_close(&net);
}

static void clocks_that_differ_do_not_halt_a_chain(void **state)
{
	/* ours minus the network's, and what the chain shows */
	static const struct {
		int64_t clock_s;
		enum health health;
		bool age_known;
	} rows[] = {
		{-1, HEALTH_OK, true},
		{0, HEALTH_OK, true},
		{30, HEALTH_WARNING, true},
		{-30, HEALTH_WARNING, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct net net;

		net_open(&net, 4, 1);
		net_age(&net, 100);
		net.clock_s = rows[i].clock_s;
		for (int k = 0; k < 30; k++) {
			net_run(&net, 1);
			assert_int_not_equal(world_chain(net.world)->health, HEALTH_CRITICAL);
		}
		assert_int_equal(world_chain(net.world)->health, rows[i].health);
		assert_int_equal(component_value(world_chain(net.world), CHAIN_HEAD_AGE_MS) != NULL, rows[i].age_known);
		assert_true(rows[i].age_known ? number_of(world_chain(net.world), CHAIN_HEAD_AGE_MS) >= 0 : strstr(world_chain(net.world)->reason, "future") != NULL);
		/* And a halt is a halt whatever the clocks say, from the first moment to the last. */
		net.halted = true;
		for (int k = 1; k <= 60; k++) {
			net_run(&net, 1);
			if (k >= 13)
				assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_STALLED);
			else if (k < 9)
				assert_int_not_equal(world_chain(net.world)->symptom, SYMPTOM_STALLED);
		}
		net_close(&net);
	}
}

/* A network whose clocks stand in a far year: nothing that is shown began after now. */
static void nothing_begins_in_the_future(void **state)
{
	static const int64_t years_s[] = {60, 86400, INT64_C(200000000000)};

	(void)state;
	for (size_t k = 0; k < ARRAY_LENGTH(years_s); k++) {
		struct net net;
		size_t count, told = 0;

		net_open(&net, 4, 1);
		net.now_s += years_s[k];
		net.blocks[0].time_s = net.now_s;
		net.clock_s = -years_s[k];
		net_age(&net, 100);
		net_run(&net, 20);
		net.nodes[1].stopped = true;
		for (int i = 0; i < 60; i++) {
			net.halted = i > 30;
			net_run(&net, 1);
			const struct change *changes = world_changes(net.world, &count);
			for (size_t n = 0; n < count; n++, told++)
				assert_true(changes[n].at_us <= net_now_us(&net));
			for (int kind = KIND_CHAIN; kind <= KIND_VALIDATOR; kind++) {
				for (size_t n = 0; n < world_count(net.world, (enum kind)kind); n++) {
					assert_true(world_at(net.world, (enum kind)kind, n)->since_us <= net_now_us(&net));
					assert_true(world_at(net.world, (enum kind)kind, n)->seen_us <= net_now_us(&net));
				}
			}
		}
		assert_true(told > 2);
		assert_int_equal(net_validator(&net, 1)->health, HEALTH_CRITICAL);
		assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_STALLED);
		net_close(&net);
	}
}

/* Rounds fail and blocks come late, and a clock that differs does not make a halt of it. */
static void clocks_that_differ_do_not_halt_failed_rounds(void **state)
{
	static const struct {
		unsigned validators, mute; /* neighbours, so that their turns follow one another */
		int64_t period_s, timeout_s, clock_s;
	} rows[] = {
		{7, 2, 2, 2, 0},
		{7, 2, 2, 2, 3},
		{7, 2, 2, 2, 5},
		{7, 2, 2, 2, -5},
		{7, 2, 5, 10, 25},
		{4, 1, 2, 4, 5},
		{4, 1, 5, 10, 25},
		{4, 1, 5, 10, -25},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct net net;

		net_open(&net, rows[i].validators, 1);
		net.period_s = rows[i].period_s;
		net.timeout_s = rows[i].timeout_s;
		net_age(&net, 300);
		net.clock_s = rows[i].clock_s;
		net_run(&net, 40);
		for (unsigned k = 0; k < rows[i].mute; k++)
			net.nodes[1 + k].mute = true;
		for (int k = 0; k < 180; k++) {
			net_run(&net, 1);
			assert_int_not_equal(world_chain(net.world)->health, HEALTH_CRITICAL);
		}
		net_close(&net);
	}
}

/* Somebody sets our clock while we watch. Ages are wrong for a moment; nothing halts, and
 * nobody gets lost. */
static void a_stepped_clock_halts_nothing(void **state)
{
	static const int64_t steps_s[] = {20, -20, 3600, -3600, INT64_C(10) * 365 * 86400, INT64_C(-5) * 365 * 86400};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(steps_s); i++) {
		struct net net;

		net_open(&net, 4, 1);
		net_age(&net, 100);
		net_run(&net, 30);
		for (int back = 0; back < 2; back++) {
			world_clock_stepped(net.world, (back ? -steps_s[i] : steps_s[i]) * US_PER_S);
			net.clock_s = back ? 0 : steps_s[i];
			/* Time is judged before the next answer is in. */
			world_judge(net.world, net_now_us(&net));
			for (int k = 0; k < 30; k++) {
				const struct component *chain = world_chain(net.world);
				if (chain->health == HEALTH_CRITICAL || count_health(&net, KIND_NODE, HEALTH_CRITICAL) || count_health(&net, KIND_VALIDATOR, HEALTH_CRITICAL))
					fail_msg("step of %lld s, %s, second %d: %s", (long long)steps_s[i], back ? "back" : "there", k, chain->reason);
				net_run(&net, 1);
			}
		}
		assert_int_equal(world_chain(net.world)->health, HEALTH_OK);
		assert_int_equal(count_health(&net, KIND_NODE, HEALTH_OK), net.node_count);
		net_close(&net);
	}
}

static void a_plain_chain_says_what_it_does_not_know(void **state)
{
	struct net net;
	const struct component *chain, *v;
	struct address address = net_address(0);

	(void)state;
	net_open(&net, 0, 1);
	net.plain = true;
	net.period_s = 1;
	net.nodes[0].peers = 0;
	v = world_add_validator(net.world, "sealer", &address);
	net_age(&net, 100);
	net_run(&net, 10);
	chain = world_chain(net.world);
	assert_int_equal(chain->health, HEALTH_OK);
	assert_non_null(strstr(chain->reason, "not known"));
	assert_int_equal(number_of(chain, CHAIN_BLOCK_PERIOD_MS), 1000);
	assert_null(component_value(chain, CHAIN_QUORUM));
	assert_null(component_value(chain, CHAIN_ROUND));
	assert_int_equal(net.nodes[0].component->health, HEALTH_OK);
	assert_int_equal(v->health, HEALTH_UNKNOWN);
	assert_string_equal(v->id, "validator/sealer");
	/* P = T = 1 s inferred: the bound is 6 s. */
	net.halted = true;
	net_run(&net, 6 + 2);
	assert_int_equal(chain->symptom, SYMPTOM_STALLED);
	net.halted = false;
	net_run(&net, 10);
	assert_int_equal(chain->health, HEALTH_OK);
	net_close(&net);
}

static void periods_come_from_configuration_then_info_then_headers(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 0);
	net.silent_periods = true;
	net_age(&net, 100);
	net_run(&net, 5);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_BLOCK_PERIOD_MS), 2000);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_REQUEST_TIMEOUT_MS), 2000);
	net.silent_periods = false;
	net.timeout_s = 4;
	net_run(&net, 5);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_REQUEST_TIMEOUT_MS), 4000);
	net.thresholds.block_period_ms = 2500;
	net.thresholds.request_timeout_ms = 7000;
	net.thresholds.empty_period_ms = 60000;
	net_reopen(&net);
	net_run(&net, 5);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_BLOCK_PERIOD_MS), 60000);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_REQUEST_TIMEOUT_MS), 7000);
	net_close(&net);
}

/* Nobody tells the timeout: failed rounds show it, and a halt that ended does not. */
static void failed_rounds_show_the_timeout(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 7, 1);
	net.timeout_s = 4;
	net.silent_periods = true;
	net_age(&net, 100);
	net_run(&net, 20);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_REQUEST_TIMEOUT_MS), 2000);
	net.nodes[2].mute = true;
	net_run(&net, 60);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_REQUEST_TIMEOUT_MS), 4000);
	net.nodes[3].mute = true;
	for (int k = 0; k < 90; k++) {
		net_run(&net, 1);
		assert_int_not_equal(world_chain(net.world)->health, HEALTH_CRITICAL);
	}
	net.halted = true;
	net_run(&net, 600);
	assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_STALLED);
	net.halted = false;
	net_run(&net, 60);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_REQUEST_TIMEOUT_MS), 4000);
	net_close(&net);
}

static void a_lost_endpoint_is_not_a_lost_validator(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 100);
	net_run(&net, 10);
	net.nodes[1].hidden = true;
	for (int i = 0; i < 60; i++) {
		net_run(&net, 1);
		assert_int_not_equal(net_validator(&net, 1)->health, HEALTH_CRITICAL);
	}
	assert_int_equal(net.nodes[1].component->health, HEALTH_CRITICAL);
	assert_int_equal(net_validator(&net, 1)->health, HEALTH_OK);
	assert_int_equal(world_chain(net.world)->health, HEALTH_OK);
	net_close(&net);
}

static void ids_come_from_configuration_or_address(void **state)
{
	struct net net;
	struct address address = net_address(3);
	struct component *named;
	char text[ADDRESS_TEXT], id[96];

	(void)state;
	net_open(&net, 4, 0);
	named = world_add_validator(net.world, "besu-validator-3", &address);
	assert_string_equal(named->id, "validator/besu-validator-3");
	assert_ptr_equal(world_partner(named), net.nodes[3].component);
	assert_ptr_equal(world_add_validator(net.world, "again", &address), named);
	net_age(&net, 100);
	net_run(&net, 5);
	assert_int_equal(world_count(net.world, KIND_VALIDATOR), 4);
	assert_int_equal(named->health, HEALTH_OK);
	/* Neither a key nor an address is an id. */
	assert_null(world_find(net.world, address_text(text, &address)));
	snprintf(id, sizeof(id), "key/%s", text);
	assert_null(world_find(net.world, id));
	net_close(&net);
}

static void the_first_node_decides_an_unknown_chain(void **state)
{
	struct thresholds t = thresholds_default();
	struct world *world = world_new(NULL, 0, &t);
	struct component *a = world_add_node(world, "a", ""), *b = world_add_node(world, "b", "");
	struct node_sample sample = {.at_us = US_PER_S, .has = SAMPLE_CHAIN_ID, .chain_id = 138};

	(void)state;
	assert_string_equal(world_chain(world)->id, "chain/unknown");
	world_observe(world, a, &sample);
	sample.chain_id = 1;
	world_observe(world, b, &sample);
	assert_string_equal(world_chain(world)->id, "chain/138");
	assert_ptr_equal(world_find(world, "chain/138"), world_chain(world));
	assert_int_equal(a->reach, REACH_OK);
	assert_int_equal(b->reach, REACH_REFUSING);
	world_free(world);
}

static void two_blocks_at_one_height_are_critical(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 100);
	net_run(&net, 10);
	net.nodes[4].forked = true;
	net_run(&net, 5);
	assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_FORK);
	assert_int_equal(net.nodes[4].component->symptom, SYMPTOM_FORK);
	net.nodes[4].forked = false;
	net_run(&net, 10);
	assert_int_equal(world_worst(net.world), HEALTH_OK);
	net_close(&net);
}

/* The first block that differs is found, however long ago it was, and whoever was asked
 * first; the few are named, not the many. */
static void a_fork_is_found_where_it_began(void **state)
{
	static const struct {
		const char *name;
		bool forked[5];
		int64_t back; /* blocks since it began, when Tocsin comes */
		bool few[5];  /* who must be named */
		bool lost;    /* most give up final blocks when it is healed */
	} rows[] = {
		{"one strays while we watch", {false, false, false, false, true}, 0, {false, false, false, false, true}, false},
		{"one strayed long ago", {false, false, false, false, true}, 40, {false, false, false, false, true}, false},
		{"two strayed long ago", {false, true, false, false, true}, 37, {false, true, false, false, true}, false},
		{"the one that is asked first strayed", {true, false, false, false, false}, 25, {true, false, false, false, false}, false},
		{"most of them strayed", {true, true, true, false, false}, 12, {false, false, false, true, true}, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct net net;

		net_open(&net, 4, 1);
		net_age(&net, 300);
		if (rows[i].back == 0)
			net_run(&net, 10);
		for (size_t k = 0; k < net.node_count; k++) {
			net.nodes[k].forked = rows[i].forked[k];
			net.nodes[k].fork_from = net.head + 1 - (uint64_t)rows[i].back;
		}
		uint64_t first = net.nodes[0].fork_from;
		net_run(&net, 12);
		assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_FORK);
		if (number_of(world_chain(net.world), CHAIN_FORK_BLOCK) != (int64_t)first)
			fail_msg("%s: %lld instead of %llu", rows[i].name, (long long)number_of(world_chain(net.world), CHAIN_FORK_BLOCK), (unsigned long long)first);
		for (size_t k = 0; k < net.node_count; k++)
			if ((net.nodes[k].component->symptom == SYMPTOM_FORK) != rows[i].few[k])
				fail_msg("%s: %s: %s", rows[i].name, net.nodes[k].component->name, net.nodes[k].component->reason);
		assert_int_equal(number_of(world_chain(net.world), CHAIN_HEAD), net.head);
		for (size_t k = 0; k < net.node_count; k++)
			net.nodes[k].forked = false;
		net_run(&net, 30);
		if (rows[i].lost ? world_chain(net.world)->symptom != SYMPTOM_REWOUND : world_worst(net.world) != HEALTH_OK)
			fail_msg("%s: healed, and yet: %s", rows[i].name, world_chain(net.world)->reason);
		net_close(&net);
	}
}

/* The network takes back its last blocks; what comes in their place has other hashes. */
static void rewind_all(struct net *net, uint64_t back)
{
	net->head -= back;
	net->blocks[net->head].time_s = net->now_s;
	for (size_t i = 0; i < net->node_count; i++) {
		net->nodes[i].told = net->head;
		net->nodes[i].forked = true;
		net->nodes[i].fork_from = net->head + 1;
	}
}

static void hide_nodes(struct net *net, bool hidden)
{
	for (size_t i = 0; i < net->node_count; i++)
		net->nodes[i].hidden = hidden;
}

static void restarted_at_once(struct net *net)
{
	rewind_all(net, 36);
	for (size_t i = 0; i < net->node_count; i++)
		net->nodes[i].fork_from = net->head - 2;
}
static void back_by_two(struct net *net)
{
	rewind_all(net, 2);
}
static void back_below_the_window(struct net *net)
{
	rewind_all(net, net->head - 5);
}
static void back_after_an_outage(struct net *net)
{
	hide_nodes(net, true);
	net_run(net, 30);
	rewind_all(net, 36);
	hide_nodes(net, false);
}
static void beyond_after_an_outage(struct net *net)
{
	hide_nodes(net, true);
	net_run(net, 10);
	rewind_all(net, 20);
	net_run(net, 400);
	hide_nodes(net, false);
}
static void one_after_the_other(struct net *net)
{
	rewind_all(net, 36);
	hide_nodes(net, true);
	net_run(net, 30);
	for (size_t i = 0; i < net->node_count; i++) {
		net->nodes[i].hidden = false;
		net_run(net, 7);
	}
}
static void one_strays_and_is_emptied(struct net *net)
{
	net->nodes[4].forked = true;
	net->nodes[4].fork_from = net->head - 5;
	net_run(net, 20);
	net->nodes[4].forked = false;
	net->nodes[4].frozen = true;
	net->nodes[4].head = net->nodes[4].told = 3;
	net_run(net, 20);
	net->nodes[4].frozen = false;
}
static void each_is_emptied_in_turn(struct net *net)
{
	for (size_t i = 0; i < net->node_count; i++) {
		net->nodes[i].frozen = true;
		net->nodes[i].head = net->nodes[i].told = 3;
		net_run(net, 20);
		net->nodes[i].frozen = false;
		net_run(net, 20);
	}
}
static void the_first_back_is_another(struct net *net)
{
	hide_nodes(net, true);
	net_run(net, 30);
	net->nodes[4].forked = true;
	net->nodes[4].fork_from = net->head - 5;
	net->nodes[4].hidden = false;
	net_run(net, 30);
	hide_nodes(net, false);
	net_run(net, 5);
	net->nodes[4].forked = false;
}
static void behind_one_address(struct net *net)
{
	for (unsigned i = 0; i < 20; i++) {
		for (size_t k = 0; k < net->node_count; k++) {
			net->nodes[k].frozen = i % 2 == 0;
			net->nodes[k].head = net->head - 2;
		}
		net_run(net, 1);
	}
	for (size_t k = 0; k < net->node_count; k++)
		net->nodes[k].frozen = false;
}
static void clique_takes_back_two(struct net *net)
{
	net->clique = true;
	net_run(net, 20);
	rewind_all(net, 2);
}

/* Final blocks that most nodes lost are the chain's matter, and the new chain does not heal
 * that when it passes the old head; what one node loses, or clique takes back, is not. */
static void lost_final_blocks_stay_critical(void **state)
{
	static const struct {
		const char *name;
		void (*breaks)(struct net *net);
		bool lost;
		bool replaced; /* and others are known to be in their place */
	} rows[] = {
		{"back by 36, at once", restarted_at_once, true, true},
		{"back by two, with other blocks", back_by_two, true, true},
		{"back to the first blocks", back_below_the_window, true, false},
		{"back by 36, after an outage", back_after_an_outage, true, true},
		{"beyond the old head, after an outage", beyond_after_an_outage, true, true},
		{"they come back one after the other", one_after_the_other, true, true},
		{"one strays, and is emptied", one_strays_and_is_emptied, false, false},
		{"each is emptied and filled again in turn", each_is_emptied_in_turn, false, false},
		{"the first that comes back is another", the_first_back_is_another, false, false},
		{"two behind one address", behind_one_address, false, false},
		{"clique takes back two blocks", clique_takes_back_two, false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const struct component *chain;
		struct net net;

		net_open(&net, 4, 2);
		net_age(&net, 1200);
		net_run(&net, 60);
		chain = world_chain(net.world);
		rows[i].breaks(&net);
		for (unsigned seconds = 0; seconds < 200; seconds++) {
			net_run(&net, 1);
			if (!rows[i].lost && chain->symptom == SYMPTOM_REWOUND)
				fail_msg("%s: %s", rows[i].name, chain->reason);
			for (size_t k = 0; rows[i].lost && k < net.node_count; k++)
				if (net.nodes[k].component->symptom == SYMPTOM_FORK)
					fail_msg("%s: %s: %s", rows[i].name, net.nodes[k].component->name, net.nodes[k].component->reason);
			if (rows[i].lost && seconds > 10 && chain->symptom != SYMPTOM_REWOUND)
				fail_msg("%s: after %u s: %s", rows[i].name, seconds, chain->reason);
		}
		if (!rows[i].lost && world_worst(net.world) != HEALTH_OK)
			fail_msg("%s: %s", rows[i].name, chain->reason);
		const char *before = component_text(chain, CHAIN_REWOUND_BEFORE), *now = component_text(chain, CHAIN_REWOUND_NOW);
		if (rows[i].replaced != (before != NULL) || (before != NULL && strcmp(before, now) == 0))
			fail_msg("%s: %s: was %s, is %s", rows[i].name, chain->reason, before ? before : "?", now ? now : "?");
		net_close(&net);
	}
}

/* All change over, one poll after the other: who was not asked again since is not accused
 * of what it told before. */
static void nobody_is_accused_of_an_old_word(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 2);
	net_age(&net, 200);
	net_run(&net, 20);
	restarted_at_once(&net);
	for (unsigned second = 0; second < 5; second++) {
		net_age(&net, 1);
		for (size_t k = 0; k < net.node_count; k++) {
			net_sample(&net, k);
			world_judge(net.world, net_now_us(&net));
			for (size_t n = 0; n < net.node_count; n++)
				if (net.nodes[n].component->health == HEALTH_CRITICAL)
					fail_msg("%s: %s", net.nodes[n].component->name, net.nodes[n].component->reason);
		}
	}
	assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_REWOUND);
	net_close(&net);
}

/* It ends after its time, or when somebody dealt with it; a new loss begins anew. */
static void a_loss_ends_when_it_is_dealt_with(void **state)
{
	const struct component *chain;
	struct net net;

	(void)state;
	net_open(&net, 4, 2);
	net.thresholds.rewound_ms = 600000;
	net_reopen(&net);
	net_age(&net, 200);
	net_run(&net, 20);
	chain = world_chain(net.world);
	world_loss_dealt_with(net.world, net_now_us(&net));
	restarted_at_once(&net);
	net_run(&net, 60);
	assert_int_equal(number_of(chain, CHAIN_REWOUND_BACK), 37);
	world_loss_dealt_with(net.world, net_now_us(&net) - US_PER_HOUR);
	net_run(&net, 10);
	assert_int_equal(chain->symptom, SYMPTOM_REWOUND);
	world_loss_dealt_with(net.world, net_now_us(&net));
	net_run(&net, 10);
	assert_int_equal(chain->health, HEALTH_OK);
	assert_null(component_value(chain, CHAIN_REWOUND_BLOCK));
	for (size_t i = 0; i < net.node_count; i++)
		net.nodes[i].forked = false;
	net_run(&net, 10);
	assert_int_equal(chain->symptom, SYMPTOM_REWOUND);
	net_run(&net, net.thresholds.rewound_ms / 1000 - 20);
	assert_int_equal(chain->symptom, SYMPTOM_REWOUND);
	net_run(&net, 30);
	assert_int_equal(chain->health, HEALTH_OK);
	net_close(&net);
}

/* A crash may cost every node its last blocks, until they tell them to one another again. */
static void blocks_that_come_again_are_not_lost(void **state)
{
	const struct component *chain;
	struct net net;

	(void)state;
	net_open(&net, 4, 2);
	net_age(&net, 200);
	net_run(&net, 20);
	chain = world_chain(net.world);
	for (size_t i = 0; i < net.node_count; i++) {
		net.nodes[i].frozen = true;
		net.nodes[i].head = net.nodes[i].told = net.head - 12;
	}
	net_run(&net, 3);
	assert_int_equal(chain->symptom, SYMPTOM_REWOUND);
	assert_non_null(strstr(chain->reason, "went back"));
	for (size_t i = 0; i < net.node_count; i++)
		net.nodes[i].frozen = false;
	net_run(&net, 10);
	assert_int_equal(world_worst(net.world), HEALTH_OK);
	net_close(&net);
}

/* Who answers first does not say which chain is the right one: nobody is the other one
 * until it is known what the others have, and of two halves neither is. */
static void a_side_is_named_only_when_it_is_known(void **state)
{
	static const struct {
		const char *name;
		unsigned order[6];  /* in which they answer */
		const char *strays; /* who follows the other chain, 'x' */
		const char *reason; /* of the chain, at last */
		bool even;
	} rows[] = {
		{"those that strayed answer first", {2, 5, 3, 0, 1, 4}, "..x..x", "besu-validator-2 and 1 more have another", false},
		{"one of them, then one of the others", {5, 3, 0, 1, 4, 2}, "..x..x", "besu-validator-2 and 1 more have another", false},
		{"in turn", {3, 2, 0, 5, 1, 4}, "..x..x", "besu-validator-2 and 1 more have another", false},
		{"those that strayed answer last", {0, 1, 3, 4, 2, 5}, "..x..x", "besu-validator-2 and 1 more have another", false},
		{"halves", {0, 1, 2, 3, 4, 5}, ".xx..x", "as many nodes have the one as the other", true},
		{"halves, the other first", {5, 4, 3, 2, 1, 0}, ".xx..x", "as many nodes have the one as the other", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const struct component *chain;
		struct net net;

		net_open(&net, 4, 2);
		net_age(&net, 200);
		net_run(&net, 20);
		chain = world_chain(net.world);
		for (size_t k = 0; k < net.node_count; k++) {
			net.nodes[k].forked = rows[i].strays[k] == 'x';
			net.nodes[k].fork_from = net.head + 1;
		}
		for (unsigned second = 0; second < 10; second++) {
			net_age(&net, 1);
			for (size_t k = 0; k < net.node_count; k++) {
				net_sample(&net, rows[i].order[k]);
				world_judge(net.world, net_now_us(&net));
				for (size_t n = 0; n < net.node_count; n++)
					if (net.nodes[n].component->health == HEALTH_CRITICAL && (rows[i].even || !net.nodes[n].forked))
						fail_msg("%s: %s: %s", rows[i].name, net.nodes[n].component->name, net.nodes[n].component->reason);
				if (chain->symptom == SYMPTOM_FORK && second == 0 && k == 1)
					assert_non_null(strstr(chain->reason, "sides not known yet"));
			}
		}
		assert_int_equal(chain->health, HEALTH_CRITICAL);
		if (strstr(chain->reason, rows[i].reason) == NULL)
			fail_msg("%s: %s", rows[i].name, chain->reason);
		assert_int_equal(count_health(&net, KIND_NODE, HEALTH_CRITICAL), rows[i].even ? 0 : 2);
		assert_int_equal(count_health(&net, KIND_NODE, HEALTH_WARNING), rows[i].even ? 6 : 0);
		net_close(&net);
	}
}

/* Where blocks are not final the newest may differ for a moment; deeper is a fork. */
static void clique_may_differ_in_its_last_blocks(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 1);
	net.clique = true;
	net_age(&net, 200);
	net_run(&net, 20);
	assert_string_equal(component_text(world_chain(net.world), CHAIN_CONSENSUS), "clique");
	assert_int_equal(world_chain(net.world)->health, HEALTH_OK);
	net.nodes[4].forked = true;
	net.nodes[4].fork_from = net.head;
	net_run(&net, 1);
	assert_int_not_equal(world_chain(net.world)->symptom, SYMPTOM_FORK);
	net_run(&net, 12);
	assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_FORK);
	assert_int_equal(net.nodes[4].component->symptom, SYMPTOM_FORK);
	net.nodes[4].forked = false;
	net_run(&net, 10);
	assert_int_equal(world_worst(net.world), HEALTH_OK);
	net_close(&net);
}

static void a_clique_signer_is_missed_after_two_rounds_of_turns(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 1);
	net.clique = true;
	net_age(&net, 200);
	net_run(&net, 20);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_QUORUM), 3);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_CAN_LOSE), 1);
	net.nodes[2].mute = true;
	net_run(&net, 60);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(net_validator(&net, i)->symptom == SYMPTOM_OFFLINE, i == 2);
	assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_QUORUM);
	net.nodes[2].mute = false;
	net_run(&net, 30);
	assert_int_equal(count_health(&net, KIND_VALIDATOR, HEALTH_CRITICAL), 0);
	net_close(&net);
}

/* With the validators in a contract the nodes tell the set; turns and seals are read all
 * the same. */
static void validators_in_a_contract_are_judged_too(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 1);
	net.contract = true;
	net_age(&net, 200);
	net_run(&net, 30);
	assert_int_equal(world_worst(net.world), HEALTH_OK);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_ALIVE), 4);
	for (unsigned i = 0; i < 4; i++)
		assert_true(number_of(net_validator(&net, i), VALIDATOR_SEALED) > 0);
	net.nodes[3].stopped = true;
	net_run(&net, 60);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(net_validator(&net, i)->symptom == SYMPTOM_OFFLINE, i == 3);
	net_close(&net);
}

static void groups_that_see_only_themselves_are_a_partition(void **state)
{
	static const struct {
		const char *name;
		unsigned groups[6];
		bool silent;       /* the RPC nodes do not tell their peers */
		size_t partitions; /* 0: none */
		int can_lose;      /* of those in the largest */
	} rows[] = {
		{"all together", {0, 0, 0, 0, 0, 0}, false, 0, 1},
		{"an RPC node alone", {0, 0, 0, 0, 0, 1}, false, 2, 1},
		{"one alone", {0, 0, 0, 1, 0, 0}, false, 2, 0},
		{"halves", {0, 0, 1, 1, 0, 1}, false, 2, -1},
		{"three groups", {0, 0, 1, 1, 2, 2}, false, 3, -1},
		{"halves with RPC nodes that do not say who they are", {0, 0, 1, 1, 0, 1}, true, 2, -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct net net;
		int64_t partitions = 0;

		net_open(&net, 4, 2);
		net.nodes[4].no_peers = net.nodes[5].no_peers = rows[i].silent;
		net_age(&net, 200);
		net_run(&net, 20);
		for (size_t k = 0; k < net.node_count; k++)
			net.nodes[k].group = rows[i].groups[k];
		net_run(&net, 10);
		component_number(world_chain(net.world), CHAIN_PARTITIONS, &partitions);
		if ((size_t)partitions != rows[i].partitions)
			fail_msg("%s: %lld groups", rows[i].name, (long long)partitions);
		if (number_of(world_chain(net.world), CHAIN_CAN_LOSE) != rows[i].can_lose)
			fail_msg("%s: can lose %lld", rows[i].name, (long long)number_of(world_chain(net.world), CHAIN_CAN_LOSE));
		for (size_t k = 0; k < net.node_count; k++)
			net.nodes[k].group = 0;
		net_run(&net, 10);
		assert_null(component_value(world_chain(net.world), CHAIN_PARTITIONS));
		assert_int_equal(world_worst(net.world), HEALTH_OK);
		net_close(&net);
	}
}

/* All four are alive, and no three of them together. */
static void halves_that_halt_are_one_short(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 2);
	net_age(&net, 200);
	net_run(&net, 20);
	net.nodes[2].group = net.nodes[3].group = net.nodes[5].group = 1;
	net.nodes[2].mute = net.nodes[3].mute = true;
	net_run(&net, 20);
	assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_STALLED);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_ALIVE), 4);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_CAN_LOSE), -1);
	net_close(&net);
}

/* With peers that nobody watches, groups may be connected through them. */
static void strangers_may_connect_groups(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 2);
	net_age(&net, 200);
	net_run(&net, 20);
	net.nodes[2].group = net.nodes[3].group = 1;
	/* Each group has a peer that is none of our nodes. */
	net.strangers = true;
	net_run(&net, 10);
	assert_null(component_value(world_chain(net.world), CHAIN_PARTITIONS));
	net_close(&net);
}

static void who_never_seals_is_told(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 600);
	net_run(&net, 20);
	net.fake_seals = true;
	net_run(&net, 100);
	assert_int_not_equal(net_validator(&net, 0)->symptom, SYMPTOM_SEALS);
	net_run(&net, 130);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(net_validator(&net, i)->symptom == SYMPTOM_SEALS, i == 0);
	net.fake_seals = false;
	net_run(&net, 20);
	assert_int_equal(world_worst(net.world), HEALTH_OK);
	net_close(&net);
}

static void who_comes_and_goes_is_not_well_between(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 200);
	net_run(&net, 20);
	for (unsigned fall = 0; fall < 4; fall++) {
		net.nodes[1].stopped = true;
		net_run(&net, 30);
		assert_int_equal(net_validator(&net, 1)->health, HEALTH_CRITICAL);
		net.nodes[1].stopped = false;
		net_run(&net, 30);
		assert_int_equal(net_validator(&net, 1)->symptom == SYMPTOM_FLAPPING, fall >= 2);
	}
	assert_non_null(strstr(net_validator(&net, 1)->reason, "failed 4 times"));
	net_run(&net, 300);
	assert_int_equal(world_worst(net.world), HEALTH_OK);
	net_close(&net);
}

/* A node that fills up is behind, and no failure as long as it gets on. */
static void a_node_that_fills_up_is_no_failure(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 400);
	net_run(&net, 20);
	net.nodes[4].frozen = net.nodes[4].syncing = true;
	net.nodes[4].head = net.nodes[4].told = 20;
	net_run(&net, 5);
	for (unsigned i = 0; i < 40; i++) {
		net.nodes[4].head++;
		net_run(&net, 2);
		assert_int_not_equal(net.nodes[4].component->health, HEALTH_CRITICAL);
	}
	assert_int_equal(net.nodes[4].component->symptom, SYMPTOM_SYNCING);
	net_run(&net, 70);
	assert_int_equal(net.nodes[4].component->health, HEALTH_CRITICAL);
	net_close(&net);
}

static void versions_are_told_apart(void **state)
{
	struct node_sample sample = {.at_us = US_PER_S, .has = SAMPLE_VERSION};
	struct thresholds thresholds = thresholds_default();
	struct world *world = world_new("Test", 138, &thresholds);

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%u", i);
		snprintf(sample.version, sizeof(sample.version), "besu/v25.%u.0/linux-x86_64/java-%u", i == 2 ? 8u : 9u, i);
		world_observe(world, world_add_node(world, name, "http://test"), &sample);
	}
	world_judge(world, 2 * US_PER_S);
	assert_string_equal(component_text(world_chain(world), CHAIN_VERSIONS), "besu/v25.9.0 on 2, besu/v25.8.0 on 1 (n2)");
	world_free(world);
}

static void a_restart_of_a_development_chain_is_followed(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 0, 1);
	net.plain = true;
	net.period_s = 1;
	net_age(&net, 100);
	net_run(&net, 10);
	net.head = 0;
	net.blocks[0].time_s = net.now_s;
	net.nodes[0].forked = true;
	net_run(&net, 20);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_HEAD), net.head);
	assert_true(net.head < 50);
	assert_int_equal(world_chain(net.world)->health, HEALTH_OK);
	net_close(&net);
}

/* Attempts thin out while they fail: one failure and then none for long proves nothing. */
static void one_failure_and_no_further_attempt_is_no_outage(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 100);
	net_run(&net, 10);
	net.nodes[4].hidden = true;
	net_sample(&net, 4);
	for (int second = 0; second < 8; second++) {
		net_age(&net, 1);
		for (size_t i = 0; i < 4; i++)
			net_sample(&net, i);
		world_judge(net.world, net_now_us(&net));
		assert_int_equal(net.nodes[4].component->health, HEALTH_OK);
		assert_int_equal(net.nodes[4].component->reach, REACH_UNREACHABLE);
	}
	net_close(&net);
}

static void one_slow_answer_is_not_slow(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 100);
	net.nodes[4].rpc_ms = 5000;
	net_run(&net, 1);
	net.nodes[4].rpc_ms = 8;
	for (int second = 0; second < 30; second++) {
		net_run(&net, 1);
		assert_int_not_equal(net.nodes[4].component->symptom, SYMPTOM_SLOW);
	}
	net_close(&net);
}

static void the_head_is_the_highest_of_those_in_reach(void **state)
{
	struct net net;
	uint64_t stood;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 100);
	net_run(&net, 10);
	for (size_t i = 1; i < net.node_count; i++)
		net.nodes[i].frozen = true;
	stood = net.nodes[1].head;
	net_run(&net, 20);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_HEAD), net.head);
	assert_int_equal(world_chain(net.world)->health, HEALTH_OK);
	/* The only one that went on is lost: the others are all there is to see, and stand. */
	net.nodes[0].hidden = true;
	net_run(&net, 10);
	assert_int_equal(number_of(world_chain(net.world), CHAIN_HEAD), stood);
	assert_int_equal(world_chain(net.world)->symptom, SYMPTOM_STALLED);
	net_close(&net);
}

static void a_lone_first_header_judges_nobody(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 0);
	net_age(&net, 100);
	net.nodes[2].stopped = true;
	net_age(&net, 60);
	for (size_t i = 0; i < net.node_count; i++)
		net.nodes[i].told = net.head;
	net_run(&net, 1);
	assert_int_equal(count_health(&net, KIND_VALIDATOR, HEALTH_CRITICAL), 0);
	assert_false(world_settled(net.world));
	for (size_t i = 0; i < net.node_count; i++)
		net.nodes[i].told = 0;
	net_run(&net, 3);
	assert_int_equal(net_validator(&net, 2)->health, HEALTH_CRITICAL);
	assert_true(net_validator(&net, 2)->since_us < net_now_us(&net) - 40 * US_PER_S);
	net_close(&net);
}

static void a_node_that_gives_no_history_is_waited_for_only_so_long(void **state)
{
	struct net net;

	(void)state;
	net_open(&net, 4, 0);
	net_age(&net, 100);
	for (int second = 0; second < 12; second++) {
		for (size_t i = 0; i < net.node_count; i++)
			net.nodes[i].told = net.head + 1; /* the head alone, and gaps before it */
		net_age(&net, 3);
		net_run(&net, 1);
	}
	assert_int_equal(count_health(&net, KIND_VALIDATOR, HEALTH_OK), 4);
	assert_true(world_settled(net.world));
	net_close(&net);
}

/* Who never told its key may be a validator's node: two rounds of turns decide. */
static void a_stranger_that_is_lost_is_placed_first(void **state)
{
	static const struct {
		const char *name;
		unsigned stopped, hidden;
		size_t critical;
	} cases[] = {{"a validator's", 2, 0, 1}, {"an endpoint of its own", 0, 5, 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct net net;

		print_message("%s\n", cases[i].name);
		net_open(&net, 4, 2);
		net_age(&net, 100);
		net.nodes[2].stopped = cases[i].stopped != 0;
		net.nodes[5].hidden = cases[i].hidden != 0;
		net_run(&net, 7);
		assert_false(world_settled(net.world));
		for (int second = 0; second < 60 && !world_settled(net.world); second++)
			net_run(&net, 1);
		assert_true(world_settled(net.world));
		assert_int_equal(count_health(&net, KIND_VALIDATOR, HEALTH_CRITICAL), cases[i].critical);
		net_close(&net);
	}
}

/* What is ordered and counted by states is so until one of them changes, however often
 * nodes answer meanwhile. */
static void a_generation_lasts_until_a_state_changes(void **state)
{
	struct net net, other;
	uint64_t generation;

	(void)state;
	net_open(&net, 4, 1);
	net_open(&other, 4, 1);
	assert_int_not_equal(world_generation(net.world), world_generation(other.world));
	net_close(&other);
	generation = world_generation(net.world);
	assert_non_null(world_add_node(net.world, "one-more", NULL));
	assert_int_not_equal(world_generation(net.world), generation);
	net_close(&net);

	net_open(&net, 4, 1);
	net_age(&net, 300);
	net_run(&net, 20);
	generation = world_generation(net.world);
	net_run(&net, 20);
	assert_int_equal(world_generation(net.world), generation);
	net.nodes[2].stopped = true;
	net_run(&net, 20);
	assert_int_equal(net.nodes[2].component->health, HEALTH_CRITICAL);
	assert_int_not_equal(world_generation(net.world), generation);
	net_close(&net);
}

static void a_kind_is_as_old_as_its_newest_news(void **state)
{
	struct net net;
	int64_t heard_us;

	(void)state;
	net_open(&net, 4, 1);
	assert_int_equal(world_heard_us(net.world, KIND_NODE), 0);
	net_age(&net, 300);
	net_run(&net, 5);
	net.nodes[0].stopped = true;
	net_run(&net, 5);
	heard_us = net.nodes[1].component->seen_us;
	assert_true(net.nodes[0].component->seen_us < heard_us);
	assert_int_equal(world_heard_us(net.world, KIND_NODE), heard_us);
	assert_int_equal(world_heard_us(net.world, KIND_VALIDATOR), heard_us);
	assert_int_equal(world_heard_us(net.world, KIND_CHAIN), world_chain(net.world)->seen_us);
	assert_int_equal(world_heard_us(net.world, KIND_LANE), 0);
	world_clock_stepped(net.world, -US_PER_HOUR);
	assert_int_equal(world_heard_us(net.world, KIND_NODE), heard_us - US_PER_HOUR);
	net_close(&net);
}

static void hostile_text_is_cleaned(void **state)
{
	struct thresholds t = thresholds_default();
	struct world *world = world_new("evil\033[2J", 138, &t);
	struct component *node = world_add_node(world, "a\nb", "http://x\033]0;y\007");
	struct node_sample sample = {.at_us = US_PER_S, .has = SAMPLE_VERSION | SAMPLE_METHODS};

	(void)state;
	snprintf(sample.version, sizeof(sample.version), "besu\033[31m\n");
	snprintf(sample.methods, sizeof(sample.methods), "no\radmin");
	world_observe(world, node, &sample);
	assert_null(strpbrk(world_network(world), "\033\n"));
	assert_null(strpbrk(node->name, "\033\n"));
	assert_null(strpbrk(node->source, "\033\007"));
	assert_null(strpbrk(component_text(node, NODE_VERSION), "\033\n"));
	assert_null(strpbrk(component_text(node, NODE_METHODS), "\r"));
	world_free(world);
}

static void trails_keep_the_newest(void **state)
{
	struct trail trail = {0};

	(void)state;
	for (int64_t i = 0; i < TRAIL_LENGTH + 5; i++)
		trail_add(&trail, i, i * 10, HEALTH_OK);
	assert_int_equal(trail.count, TRAIL_LENGTH);
	assert_int_equal(trail_at(&trail, 0)->number, 50);
	assert_int_equal(trail_at(&trail, TRAIL_LENGTH - 1)->number, (TRAIL_LENGTH + 4) * 10);
}

static void values_read_well(void **state)
{
	static const struct {
		enum kind kind;
		int index;
		struct value value;
		const char *text;
	} rows[] = {
		{KIND_CHAIN, CHAIN_HEAD, {.type = VALUE_NUMBER, .number = 4812331}, "4,812,331"},
		{KIND_CHAIN, CHAIN_CAN_LOSE, {.type = VALUE_NUMBER, .number = -1}, "-1"},
		{KIND_CHAIN, CHAIN_HEAD_AGE_MS, {.type = VALUE_NUMBER, .number = 134000}, "2 m 14 s"},
		{KIND_NODE, NODE_RPC_MS, {.type = VALUE_NUMBER, .number = 8}, "8 ms"},
		{KIND_NODE, NODE_SYNCING, {.type = VALUE_FLAG, .number = 1}, "yes"},
		{KIND_NODE, NODE_PEERS, {.type = VALUE_NONE}, "?"},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_string_equal(value_text(text, sizeof(text), &kind_def(rows[i].kind)->values[rows[i].index], &rows[i].value), rows[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_healthy_network_is_ok),
		cmocka_unit_test(a_stopped_validator_is_found_while_watching),
		cmocka_unit_test(a_stopped_validators_reason_moves_on),
		cmocka_unit_test(on_a_halt_a_validators_age_is_its_nodes),
		cmocka_unit_test(every_victim_is_found_by_a_fresh_look),
		cmocka_unit_test(a_halt_is_critical_and_spares_those_who_wait),
		cmocka_unit_test(a_halt_is_found_by_a_fresh_look),
		cmocka_unit_test(no_reachable_node_is_not_a_halt),
		cmocka_unit_test(a_head_that_nobody_tells_is_not_ok),
		cmocka_unit_test(a_head_is_hidden_only_after_some_looks),
		cmocka_unit_test(a_head_that_is_asked_no_more_leads_nobody),
		cmocka_unit_test(a_stranger_does_not_drag_the_chain),
		cmocka_unit_test(a_stranger_alone_is_not_the_chain),
		cmocka_unit_test(two_strangers_leave_the_chain_unknown),
		cmocka_unit_test(who_is_far_behind_is_no_stranger),
		cmocka_unit_test(a_former_validator_leaves_in_the_end),
		cmocka_unit_test(made_up_validators_are_bounded),
		cmocka_unit_test(what_nobody_asks_for_goes_stale),
		cmocka_unit_test(what_was_never_asked_is_unknown),
		cmocka_unit_test(a_first_look_says_what_is_known_so_far),
		cmocka_unit_test(a_first_block_is_said),
		cmocka_unit_test(a_node_that_stands_still_lags_alone),
		cmocka_unit_test(a_node_shows_what_is_wrong_with_it),
		cmocka_unit_test(our_clock_is_told_once),
		cmocka_unit_test(one_bad_sample_is_no_incident),
		cmocka_unit_test(a_change_says_when_it_began),
		cmocka_unit_test(clocks_that_differ_do_not_halt_a_chain),
		cmocka_unit_test(nothing_begins_in_the_future),
		cmocka_unit_test(clocks_that_differ_do_not_halt_failed_rounds),
		cmocka_unit_test(a_stepped_clock_halts_nothing),
		cmocka_unit_test(a_plain_chain_says_what_it_does_not_know),
		cmocka_unit_test(periods_come_from_configuration_then_info_then_headers),
		cmocka_unit_test(failed_rounds_show_the_timeout),
		cmocka_unit_test(a_lost_endpoint_is_not_a_lost_validator),
		cmocka_unit_test(ids_come_from_configuration_or_address),
		cmocka_unit_test(the_first_node_decides_an_unknown_chain),
		cmocka_unit_test(two_blocks_at_one_height_are_critical),
		cmocka_unit_test(a_fork_is_found_where_it_began),
		cmocka_unit_test(a_side_is_named_only_when_it_is_known),
		cmocka_unit_test(lost_final_blocks_stay_critical),
		cmocka_unit_test(nobody_is_accused_of_an_old_word),
		cmocka_unit_test(a_loss_ends_when_it_is_dealt_with),
		cmocka_unit_test(blocks_that_come_again_are_not_lost),
		cmocka_unit_test(clique_may_differ_in_its_last_blocks),
		cmocka_unit_test(a_clique_signer_is_missed_after_two_rounds_of_turns),
		cmocka_unit_test(validators_in_a_contract_are_judged_too),
		cmocka_unit_test(groups_that_see_only_themselves_are_a_partition),
		cmocka_unit_test(halves_that_halt_are_one_short),
		cmocka_unit_test(strangers_may_connect_groups),
		cmocka_unit_test(who_never_seals_is_told),
		cmocka_unit_test(who_comes_and_goes_is_not_well_between),
		cmocka_unit_test(a_node_that_fills_up_is_no_failure),
		cmocka_unit_test(versions_are_told_apart),
		cmocka_unit_test(a_restart_of_a_development_chain_is_followed),
		cmocka_unit_test(one_failure_and_no_further_attempt_is_no_outage),
		cmocka_unit_test(one_slow_answer_is_not_slow),
		cmocka_unit_test(the_head_is_the_highest_of_those_in_reach),
		cmocka_unit_test(a_lone_first_header_judges_nobody),
		cmocka_unit_test(a_node_that_gives_no_history_is_waited_for_only_so_long),
		cmocka_unit_test(a_stranger_that_is_lost_is_placed_first),
		cmocka_unit_test(a_generation_lasts_until_a_state_changes),
		cmocka_unit_test(a_kind_is_as_old_as_its_newest_news),
		cmocka_unit_test(hostile_text_is_cleaned),
		cmocka_unit_test(trails_keep_the_newest),
		cmocka_unit_test(values_read_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
