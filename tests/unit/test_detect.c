/* Detection: which cause is proposed for what the network shows, with what severity,
 * and what is named as its consequence. */
#include "world_fixture.h"

#include "incident/detect.h"

static bool names(char (*ids)[96], size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return false;
}

static bool says(const struct proposal *p, const char *text)
{
	for (size_t i = 0; i < p->evidence_count; i++)
		if (strstr(p->evidence[i].text, text) != NULL)
			return true;
	return false;
}

static bool refutes(const struct proposal *p, const char *text)
{
	for (size_t i = 0; i < p->refuted_count; i++)
		if (strstr(p->refuted[i], text) != NULL)
			return true;
	return false;
}

static char *validator_key(char *dst, size_t size, unsigned i)
{
	struct address address = net_address(i);
	char text[ADDRESS_TEXT];

	snprintf(dst, size, "validator-failure:%s", address_text(text, &address));
	return dst;
}

static void stop_0(struct net *net)
{
	net->nodes[0].stopped = true;
}
static void stop_0_1(struct net *net)
{
	net->nodes[0].stopped = net->nodes[1].stopped = true;
}
static void hide_rpc_0(struct net *net)
{
	net->nodes[4].hidden = true;
}
static void hide_rpc_all(struct net *net)
{
	net->nodes[4].hidden = net->nodes[5].refusing = true;
}
static void hide_validator_1(struct net *net)
{
	net->nodes[1].hidden = true;
}
static void slow_rpc_0(struct net *net)
{
	net->nodes[4].rpc_ms = 2500;
}
static void freeze_rpc_0(struct net *net)
{
	net->nodes[4].frozen = true;
}
static void slow_rpc_all(struct net *net)
{
	net->nodes[4].rpc_ms = net->nodes[5].rpc_ms = 2500;
}
static void freeze_rpc_all(struct net *net)
{
	net->nodes[4].frozen = net->nodes[5].frozen = true;
}
static void hide_and_freeze_rpc(struct net *net)
{
	net->nodes[4].hidden = net->nodes[5].frozen = true;
}
static void wrong_chain_rpc_0(struct net *net)
{
	net->nodes[4].chain_id = 1;
}
static void fork_rpc_0(struct net *net)
{
	net->nodes[4].forked = true;
}
static void fork_two(struct net *net)
{
	net->nodes[1].forked = net->nodes[4].forked = true;
	net->nodes[1].fork_from = net->nodes[4].fork_from = net->head + 1;
}
static void skew_rpc_0(struct net *net)
{
	net->nodes[4].skew_s = 40;
}
static void skew_ours(struct net *net)
{
	for (size_t i = 0; i < net->node_count; i++)
		net->nodes[i].skew_s = -60;
	net->clock_s = 60;
	world_clock_stepped(net->world, 60 * US_PER_S);
}
static void cut_3(struct net *net)
{
	net->nodes[3].group = net->nodes[5].group = 1;
	net->nodes[3].mute = net->nodes[3].frozen = net->nodes[5].frozen = true;
}
static void cut_halves(struct net *net)
{
	net->nodes[2].group = net->nodes[3].group = net->nodes[5].group = 1;
	net->nodes[2].mute = net->nodes[3].mute = true;
}
static void low_peers(struct net *net)
{
	net->nodes[4].peers = 0;
}
static void hide_all(struct net *net)
{
	for (size_t i = 0; i < net->node_count; i++)
		net->nodes[i].hidden = true;
}
static void hide_heads(struct net *net)
{
	for (size_t i = 0; i < net->node_count; i++)
		net->nodes[i].no_head = true;
}
static void stranger_rpc_0(struct net *net)
{
	net->nodes[4].stranger = true;
}
static void strangers_half(struct net *net)
{
	for (size_t i = 0; i < net->node_count; i += 2)
		net->nodes[i].stranger = true;
}
static void nothing(struct net *net)
{
	(void)net;
}
static void stop_0_hide_rpc_0(struct net *net)
{
	stop_0(net);
	hide_rpc_0(net);
}

static const struct {
	const char *name;
	void (*breaks)(struct net *net);
	size_t proposals;
	enum cause cause; /* of the first */
	enum severity severity;
	size_t sick;
	const char *component;
} rows[] = {
	{"healthy", nothing, 0, CAUSE_NONE, SEVERITY_UNSET, 0, NULL},
	{"low peers alone are no incident", low_peers, 0, CAUSE_NONE, SEVERITY_UNSET, 0, NULL},
	{"one validator stopped, with its node", stop_0, 1, CAUSE_VALIDATOR_FAILURE, SEVERITY_P1, 2, "node/besu-validator-0"},
	{"two of four stopped: chain, validators and nodes in one", stop_0_1, 1, CAUSE_NETWORK_OUTAGE, SEVERITY_P0, 5, "chain/138"},
	{"one of two RPC nodes", hide_rpc_0, 1, CAUSE_RPC_ENDPOINT_ISSUES, SEVERITY_P2, 1, "node/besu-rpc-0"},
	{"both RPC nodes", hide_rpc_all, 1, CAUSE_RPC_ENDPOINT_ISSUES, SEVERITY_P1, 2, "node/besu-rpc-1"},
	{"a validator's endpoint, while it proposes", hide_validator_1, 1, CAUSE_RPC_ENDPOINT_ISSUES, SEVERITY_P2, 1, "node/besu-validator-1"},
	{"a slow RPC node", slow_rpc_0, 1, CAUSE_RPC_ENDPOINT_ISSUES, SEVERITY_P2, 1, "node/besu-rpc-0"},
	{"an RPC node that stands still", freeze_rpc_0, 1, CAUSE_RPC_ENDPOINT_ISSUES, SEVERITY_P2, 1, "node/besu-rpc-0"},
	{"an endpoint of another chain", wrong_chain_rpc_0, 1, CAUSE_RPC_ENDPOINT_ISSUES, SEVERITY_P2, 1, "node/besu-rpc-0"},
	{"two blocks at one height", fork_rpc_0, 1, CAUSE_CHAIN_FORK, SEVERITY_P0, 2, "node/besu-rpc-0"},
	{"two follow another chain", fork_two, 1, CAUSE_CHAIN_FORK, SEVERITY_P0, 3, "node/besu-validator-1"},
	{"a clock that is wrong", skew_rpc_0, 1, CAUSE_RPC_ENDPOINT_ISSUES, SEVERITY_P3, 1, "node/besu-rpc-0"},
	{"our own clock is no node's fault", skew_ours, 0, CAUSE_NONE, SEVERITY_UNSET, 0, NULL},
	{"a validator and an RPC node cut off", cut_3, 1, CAUSE_NETWORK_PARTITION, SEVERITY_P1, 2, "node/besu-validator-3"},
	{"halves without a quorum", cut_halves, 1, CAUSE_NETWORK_OUTAGE, SEVERITY_P0, 1, "chain/138"},
	{"nothing can be reached", hide_all, 1, CAUSE_VISIBILITY_LOST, SEVERITY_P1, 6, "node/besu-rpc-0"},
	{"nobody tells the newest block", hide_heads, 1, CAUSE_VISIBILITY_LOST, SEVERITY_P1, 6, "node/besu-rpc-0"},
	{"an endpoint of another network with the same chain id", stranger_rpc_0, 1, CAUSE_RPC_ENDPOINT_ISSUES, SEVERITY_P2, 1, "node/besu-rpc-0"},
	{"as many endpoints of one network as of another", strangers_half, 1, CAUSE_VISIBILITY_LOST, SEVERITY_P1, 6, "node/besu-rpc-0"},
	{"two independent faults", stop_0_hide_rpc_0, 2, CAUSE_VALIDATOR_FAILURE, SEVERITY_P1, 2, "node/besu-validator-0"},
};

/* No component is sick in two proposals, and none is sick and consequence in one. */
static void assert_named_once(const struct proposals *found, const char *name)
{
	for (size_t i = 0; i < found->count; i++) {
		const struct proposal *p = &found->items[i];

		for (size_t k = 0; k < p->component_count; k++) {
			if (names(p->consequences, p->consequence_count, p->components[k]))
				fail_msg("%s: %s is cause and consequence", name, p->components[k]);
			for (size_t j = i + 1; j < found->count; j++)
				if (names(found->items[j].components, found->items[j].component_count, p->components[k]))
					fail_msg("%s: %s is in two proposals", name, p->components[k]);
		}
	}
}

static void each_fault_has_its_cause(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct proposals found;
		struct net net;

		net_open(&net, 4, 2);
		net_age(&net, 200);
		net_run(&net, 20);
		rows[i].breaks(&net);
		net_run(&net, 40);
		detect(net.world, NULL, net_now_us(&net), &found);
		if (found.count != rows[i].proposals)
			fail_msg("%s: %zu proposals, the first %s", rows[i].name, found.count, found.count > 0 ? found.items[0].title : "-");
		if (found.count > 0) {
			const struct proposal *p = &found.items[0];

			if (p->cause != rows[i].cause || p->severity != rows[i].severity || p->component_count != rows[i].sick || !names(p->components, p->component_count, rows[i].component))
				fail_msg("%s: %s %s, %zu sick", rows[i].name, severity_name(p->severity), p->title, p->component_count);
			assert_true(p->evidence_count > 0);
			assert_true(p->since_us > 0 && p->since_us <= net_now_us(&net));
			assert_true(p->rule[0] != '\0' && strstr(p->reason, severity_name(p->severity)) != NULL);
			assert_ptr_equal(proposals_find(&found, p->key), p);
		}
		assert_null(proposals_find(&found, "no such key"));
		assert_named_once(&found, rows[i].name);
		proposals_free(&found);
		net_close(&net);
	}
}

static void a_fork_names_who_is_on_which_side(void **state)
{
	struct proposals found;
	struct net net;
	char line[64];

	(void)state;
	net_open(&net, 4, 2);
	net_age(&net, 200);
	net_run(&net, 20);
	fork_two(&net);
	snprintf(line, sizeof(line), "block %llu is ", (unsigned long long)net.nodes[1].fork_from);
	net_run(&net, 10);
	detect(net.world, NULL, net_now_us(&net), &found);
	assert_int_equal(found.count, 1);
	assert_true(says(&found.items[0], line));
	assert_true(says(&found.items[0], "on 4: besu-validator-0, besu-validator-2, besu-validator-3, besu-rpc-1"));
	assert_true(says(&found.items[0], "on 2: besu-validator-1, besu-rpc-0"));
	assert_true(refutes(&found.items[0], "network outage"));
	proposals_free(&found);
	net_close(&net);
}

/* That two blocks are there is proposed at once; a node is on a side once it told. */
static void a_fork_of_which_the_sides_are_open_accuses_nobody(void **state)
{
	struct proposals found;
	struct net net;

	(void)state;
	net_open(&net, 4, 2);
	net_age(&net, 200);
	net_run(&net, 20);
	fork_two(&net);
	net_age(&net, 2);
	net_sample(&net, 1);
	net_sample(&net, 0);
	world_judge(net.world, net_now_us(&net));
	detect(net.world, NULL, net_now_us(&net), &found);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.items[0].cause, CAUSE_CHAIN_FORK);
	assert_int_equal(found.items[0].severity, SEVERITY_P0);
	assert_int_equal(found.items[0].component_count, 1);
	assert_true(says(&found.items[0], "sides not known yet"));
	assert_true(says(&found.items[0], "on 1: besu-validator-1"));
	assert_true(says(&found.items[0], "on 1: besu-validator-0"));
	assert_true(says(&found.items[0], "is not known yet of 4: besu-validator-2, besu-validator-3, besu-rpc-0, besu-rpc-1"));
	proposals_free(&found);
	net_close(&net);
}

/* The chain took back 36 blocks: a matter of its own, which other faults neither hide nor take. */
static void lost_final_blocks_are_proposed(void **state)
{
	static const struct {
		const char *name;
		void (*then)(struct net *net);
		size_t proposals, chain_sick; /* the second: of the proposal of lost blocks */
		enum cause other;
	} later[] = {
		{"blocks come", nothing, 1, 1, CAUSE_NONE},
		{"a node is lost too", hide_rpc_0, 2, 1, CAUSE_RPC_ENDPOINT_ISSUES},
		{"no block comes any more", stop_0_1, 2, 0, CAUSE_NETWORK_OUTAGE},
		{"nothing can be reached", hide_all, 2, 0, CAUSE_VISIBILITY_LOST},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(later); i++) {
		const struct proposal *p;
		struct proposals found;
		struct net net;
		bool other = later[i].other == CAUSE_NONE;

		net_open(&net, 4, 2);
		net_age(&net, 200);
		net_run(&net, 20);
		net.head -= 36;
		net.blocks[net.head].time_s = net.now_s;
		for (size_t k = 0; k < net.node_count; k++)
			net.nodes[k] = (struct net_node){.component = net.nodes[k].component, .rpc_ms = 8, .peers = 5, .chain_id = 138, .forked = true, .fork_from = net.head + 1, .told = net.head};
		net_run(&net, 120);
		later[i].then(&net);
		net_run(&net, 40);
		detect(net.world, NULL, net_now_us(&net), &found);
		if (found.count != later[i].proposals)
			fail_msg("%s: %zu proposals, the first %s", later[i].name, found.count, found.count > 0 ? found.items[0].title : "-");
		p = proposals_find(&found, "chain-fork");
		assert_non_null(p);
		assert_int_equal(p->severity, SEVERITY_P0);
		assert_int_equal(names(p->components, p->component_count, "chain/138"), later[i].chain_sick);
		assert_true(says(p, "on most nodes"));
		assert_true(says(p, "at least 36 final blocks that most nodes had told are lost"));
		assert_true(p->since_us < net_now_us(&net) - 100 * US_PER_S);
		for (size_t k = 0; k < found.count; k++)
			other = other || found.items[k].cause == later[i].other;
		if (!other)
			fail_msg("%s: hidden behind the lost blocks", later[i].name);
		assert_named_once(&found, later[i].name);
		proposals_free(&found);
		net_close(&net);
	}
}

static void a_partition_names_its_groups(void **state)
{
	static const struct {
		const char *title, *first, *second;
		void (*breaks)(struct net *net);
	} halves[] = {
		{"Network outage: partition", "group 1: 2 of 4 validators, no quorum: besu-validator-0, besu-validator-1, besu-rpc-0",
		 "group 2: 2 of 4 validators, no quorum: besu-validator-2, besu-validator-3, besu-rpc-1", cut_halves},
		{"Network partition", "group 1: 3 of 4 validators, a quorum: besu-validator-0, besu-validator-1, besu-validator-2, besu-rpc-0",
		 "group 2: 1 of 4 validators, no quorum: besu-validator-3, besu-rpc-1", cut_3},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(halves); i++) {
		struct proposals found;
		struct net net;

		net_open(&net, 4, 2);
		net_age(&net, 200);
		net_run(&net, 20);
		halves[i].breaks(&net);
		net_run(&net, 40);
		detect(net.world, NULL, net_now_us(&net), &found);
		assert_int_equal(found.count, 1);
		assert_string_equal(found.items[0].title, halves[i].title);
		assert_true(says(&found.items[0], halves[i].first));
		assert_true(says(&found.items[0], halves[i].second));
		proposals_free(&found);
		net_close(&net);
	}
}

/* An RPC node that does not tell its peers falls behind together with those that are cut
 * off: that is no fault of its own. */
static void who_falls_behind_in_a_partition_is_a_consequence(void **state)
{
	struct proposals found;
	struct net net;

	(void)state;
	net_open(&net, 4, 2);
	net.nodes[4].no_peers = net.nodes[5].no_peers = true;
	net_age(&net, 200);
	net_run(&net, 20);
	cut_3(&net);
	net_run(&net, 40);
	detect(net.world, NULL, net_now_us(&net), &found);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.items[0].cause, CAUSE_NETWORK_PARTITION);
	assert_int_equal(found.items[0].component_count, 1);
	assert_true(names(found.items[0].consequences, found.items[0].consequence_count, "node/besu-rpc-1"));
	proposals_free(&found);
	net_close(&net);
}

/* From the third failure on it is one proposal, whether it is up or down, with a count. */
static void what_comes_and_goes_is_one_proposal(void **state)
{
	struct net net;
	char key[128];

	(void)state;
	net_open(&net, 4, 2);
	net_age(&net, 200);
	net_run(&net, 20);
	validator_key(key, sizeof(key), 1);
	for (unsigned second = 0; second < 5 * 60; second++) {
		struct proposals found;

		net.nodes[1].stopped = second / 30 % 2 == 0;
		net_run(&net, 1);
		if (second < 2 * 60 + 30)
			continue;
		detect(net.world, NULL, net_now_us(&net), &found);
		if (found.count != 1 || strcmp(found.items[0].key, key) != 0)
			fail_msg("after %u s: %zu proposals, the first %s", second, found.count, found.count > 0 ? found.items[0].key : "-");
		if (second == 4 * 60 + 25)
			assert_true(!net.nodes[1].stopped || says(&found.items[0], "offline"));
		if (second == 4 * 60 - 1)
			assert_true(says(&found.items[0], "failed 4 times"));
		proposals_free(&found);
	}
	net_close(&net);
}

/* That others serve is said where one is known to, and of RPC nodes all failing it is not
 * said that somebody does. */
static void who_still_serves_is_counted(void **state)
{
	static const struct {
		const char *name;
		void (*breaks)(struct net *net);
		unsigned rpc_nodes;
		enum rule rule;
	} cases[] = {
		{"one of two hidden", hide_rpc_0, 2, RULE_OTHERS_SERVE},
		{"one of two slow", slow_rpc_0, 2, RULE_OTHERS_SERVE},
		{"one of one slow", slow_rpc_0, 1, RULE_NOT_CRITICAL},
		{"both slow", slow_rpc_all, 2, RULE_NOT_CRITICAL},
		{"both stand still", freeze_rpc_all, 2, RULE_SERVICE_DEGRADED},
		{"both hidden", hide_rpc_all, 2, RULE_SERVICE_DEGRADED},
		{"one hidden, one stands still", hide_and_freeze_rpc, 2, RULE_SERVICE_DEGRADED},
		{"of validators only, one hidden", hide_validator_1, 0, RULE_OTHERS_SERVE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct proposals found;
		struct net net;

		net_open(&net, 4, cases[i].rpc_nodes);
		net_age(&net, 200);
		net_run(&net, 20);
		cases[i].breaks(&net);
		net_run(&net, 70);
		detect(net.world, NULL, net_now_us(&net), &found);
		assert_int_equal(found.count, 1);
		if (strcmp(found.items[0].rule, rule_def(cases[i].rule)->id) != 0)
			fail_msg("%s: %s, %s", cases[i].name, found.items[0].rule, found.items[0].reason);
		assert_int_equal(strstr(found.items[0].reason, "others still serve") != NULL, cases[i].rule == RULE_OTHERS_SERVE);
		proposals_free(&found);
		net_close(&net);
	}
}

/* A node that comes back first refuses, or is behind, or is asked again a moment after its
 * validator took part: none of that is a fault of its endpoint until it lasts. */
static void who_comes_back_is_no_endpoint_at_once(void **state)
{
	static const struct {
		const char *name;
		int refuses_s, lags_s, later_s; /* later: so long after its validator took part */
		bool proposed;                  /* for its endpoint, in the end */
	} ways[] = {
		{"at once", 0, 0, 0, false},
		{"refuses", 2, 0, 0, false},
		{"is behind", 0, 2, 0, false},
		{"both", 2, 2, 0, false},
		{"its endpoint comes last", 0, 0, 2, false},
		{"refuses for good", 90, 0, 0, true},
		{"stays behind", 0, 90, 0, true},
		{"its endpoint stays away", 0, 0, 90, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(ways); i++) {
		bool proposed = false;
		int back_s = 0;
		struct net net;

		net_open(&net, 4, 2);
		net_age(&net, 200);
		net_run(&net, 20);
		stop_0(&net);
		net_run(&net, 60);
		net.nodes[0].stopped = false;
		for (int second = 0; second < 90; second++) {
			struct proposals found;

			if (net_validator(&net, 0)->health == HEALTH_CRITICAL)
				back_s = second;
			net.nodes[0].hidden = ways[i].later_s > 0 && second <= back_s + ways[i].later_s;
			net.nodes[0].refusing = second < ways[i].refuses_s;
			net.nodes[0].frozen = second >= ways[i].refuses_s && second < ways[i].refuses_s + ways[i].lags_s;
			net_run(&net, 1);
			detect(net.world, NULL, net_now_us(&net), &found);
			if (!ways[i].proposed && proposals_find(&found, "rpc-endpoint-issues") != NULL)
				fail_msg("%s: after %d s %s", ways[i].name, second, found.items[0].evidence[0].text);
			proposed = proposals_find(&found, "rpc-endpoint-issues") != NULL;
			proposals_free(&found);
		}
		if (proposed != ways[i].proposed)
			fail_msg("%s: not proposed", ways[i].name);
		net_close(&net);
	}
}

/* While a fault unfolds, nothing is proposed that it does not turn out to be. */
static void no_wrong_cause_is_proposed_on_the_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct net net;

		if (rows[i].proposals != 1 || rows[i].cause == CAUSE_NETWORK_OUTAGE)
			continue;
		net_open(&net, 4, 2);
		net_age(&net, 200);
		net_run(&net, 20);
		rows[i].breaks(&net);
		for (int second = 0; second < 60; second++) {
			struct proposals found;

			net_run(&net, 1);
			detect(net.world, NULL, net_now_us(&net), &found);
			if (found.count > 1 || (found.count == 1 && found.items[0].cause != rows[i].cause))
				fail_msg("%s: after %d s %s", rows[i].name, second, found.items[0].title);
			proposals_free(&found);
		}
		net_close(&net);
	}
}

/* Also not for the second that goes while the chain is silent and not yet halted. */
static void validators_that_go_are_no_endpoints(void **state)
{
	(void)state;
	for (int gap = 0; gap < 8; gap++) {
		bool outage = false;
		struct net net;

		net_open(&net, 4, 2);
		net_age(&net, 200);
		net_run(&net, 20);
		stop_0(&net);
		net_run(&net, gap);
		stop_0_1(&net);
		for (int second = 0; second < 40; second++) {
			struct proposals found;

			net_run(&net, 1);
			detect(net.world, NULL, net_now_us(&net), &found);
			for (size_t i = 0; i < found.count; i++) {
				if (found.items[i].cause == CAUSE_RPC_ENDPOINT_ISSUES)
					fail_msg("%d s apart: after %d s %s", gap, second, found.items[i].title);
				outage |= found.items[i].cause == CAUSE_NETWORK_OUTAGE;
			}
			proposals_free(&found);
		}
		assert_true(outage);
		net_close(&net);
	}
}

static void a_halt_names_cause_and_consequences(void **state)
{
	struct proposals found;
	const struct proposal *p;
	struct net net;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 200);
	net_run(&net, 20);
	stop_0_1(&net);
	net_run(&net, 30);
	detect(net.world, NULL, net_now_us(&net), &found);
	assert_int_equal(found.count, 1);
	p = &found.items[0];
	assert_string_equal(p->key, "network-outage");
	assert_string_equal(p->rule, "S-P0");
	assert_non_null(strstr(p->reason, "Network down"));
	assert_int_equal(p->since_us, world_chain(net.world)->since_us);
	assert_true(names(p->components, p->component_count, net_validator(&net, 0)->id));
	assert_true(names(p->consequences, p->consequence_count, net_validator(&net, 2)->id));
	assert_true(names(p->consequences, p->consequence_count, net_validator(&net, 3)->id));
	assert_true(says(p, "halted: no block for"));
	assert_true(says(p, "2 of 4 validators alive, quorum is 3: 1 short"));
	assert_true(says(p, "next round change in"));
	assert_true(refutes(p, "visibility lost: 3 of 5 nodes answer"));
	assert_true(refutes(p, "fork: one hash at block"));
	proposals_free(&found);
	net_close(&net);
}

static void a_failed_validator_is_shown_with_its_turns(void **state)
{
	struct proposals found;
	const struct proposal *p;
	struct net net;
	char key[128];

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 200);
	net_run(&net, 20);
	net.nodes[2].stopped = true;
	net_run(&net, 30);
	detect(net.world, NULL, net_now_us(&net), &found);
	assert_int_equal(found.count, 1);
	p = &found.items[0];
	assert_string_equal(p->key, validator_key(key, sizeof(key), 2));
	assert_string_equal(p->title, "Validator failure: besu-validator-2");
	assert_true(says(p, "newest last: ") && says(p, "xx"));
	assert_true(says(p, "unreachable: connection refused"));
	assert_true(says(p, "3 of 4 validators alive, quorum is 3: can lose 0 more"));
	assert_true(refutes(p, "network outage: blocks come"));
	assert_int_equal(p->consequence_count, 1);
	assert_string_equal(p->consequences[0], "chain/138");
	proposals_free(&found);
	net_close(&net);
}

static void a_fresh_look_takes_the_silent_endpoint_for_the_validators(void **state)
{
	struct proposals found;
	struct net net;

	(void)state;
	net_open(&net, 4, 2);
	net_age(&net, 100);
	stop_0(&net);
	net_age(&net, 60);
	net_run(&net, 10);
	detect(net.world, NULL, net_now_us(&net), &found);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.items[0].cause, CAUSE_VALIDATOR_FAILURE);
	assert_true(names(found.items[0].components, found.items[0].component_count, "node/besu-validator-0"));
	assert_true(says(&found.items[0], "never told its key"));
	proposals_free(&found);
	/* With a second silent endpoint nobody can tell which is whose. */
	hide_rpc_0(&net);
	net_reopen(&net);
	net_run(&net, 10);
	detect(net.world, NULL, net_now_us(&net), &found);
	assert_int_equal(found.count, 2);
	assert_int_equal(found.items[1].cause, CAUSE_RPC_ENDPOINT_ISSUES);
	assert_int_equal(found.items[1].component_count, 2);
	proposals_free(&found);
	net_close(&net);
}

static void several_failed_validators_are_several_proposals(void **state)
{
	struct proposals found;
	struct net net;
	char key[128];

	(void)state;
	net_open(&net, 7, 1);
	net_age(&net, 200);
	net_run(&net, 30);
	net.nodes[1].stopped = net.nodes[4].stopped = true;
	net_run(&net, 60);
	detect(net.world, NULL, net_now_us(&net), &found);
	assert_int_equal(found.count, 2);
	assert_non_null(proposals_find(&found, validator_key(key, sizeof(key), 1)));
	assert_non_null(proposals_find(&found, validator_key(key, sizeof(key), 4)));
	assert_named_once(&found, "two validators");
	proposals_free(&found);
	net_close(&net);
}

static void lost_sight_is_said_once_and_nothing_else(void **state)
{
	struct proposals found;
	const struct proposal *p;
	struct net net;

	(void)state;
	net_open(&net, 4, 1);
	net_age(&net, 200);
	net_run(&net, 20);
	stop_0(&net);
	net_run(&net, 30);
	hide_all(&net);
	net_run(&net, 30);
	detect(net.world, NULL, net_now_us(&net), &found);
	assert_int_equal(found.count, 1);
	p = &found.items[0];
	assert_string_equal(p->key, "visibility-lost");
	assert_true(names(p->consequences, p->consequence_count, "chain/138"));
	assert_true(says(p, "whether more came is not known"));
	/* Sight was lost with the last node, not with the first. */
	assert_in_range(p->since_us, net_now_us(&net) - 30 * US_PER_S, net_now_us(&net) - 28 * US_PER_S);
	proposals_free(&found);
	net_close(&net);
}

static void a_proposal_goes_when_its_fault_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct net_node healed[NET_NODES];
		struct proposals found;
		struct net net;

		net_open(&net, 4, 2);
		net_age(&net, 200);
		net_run(&net, 20);
		memcpy(healed, net.nodes, sizeof(healed));
		rows[i].breaks(&net);
		net_run(&net, 40);
		for (size_t k = 0; k < net.node_count; k++) {
			healed[k].told = net.nodes[k].told;
			net.nodes[k] = healed[k];
		}
		net_run(&net, 120);
		detect(net.world, NULL, net_now_us(&net), &found);
		if (found.count != 0)
			fail_msg("%s: still %s", rows[i].name, found.items[0].title);
		proposals_free(&found);
		net_close(&net);
	}
}

static void names_and_severities_parse_back(void **state)
{
	enum severity severity;

	(void)state;
	for (int i = 0; i < CAUSE_COUNT; i++)
		assert_int_equal(cause_parse(cause_def((enum cause)i)->name), i);
	assert_int_equal(cause_parse("weather"), CAUSE_NONE);
	for (int i = SEVERITY_P0; i <= SEVERITY_P3; i++) {
		assert_true(severity_parse(severity_name((enum severity)i), &severity));
		assert_int_equal(severity, i);
	}
	assert_true(severity_parse("p2", &severity) && severity == SEVERITY_P2);
	assert_true(severity_parse("3", &severity) && severity == SEVERITY_P3);
	assert_false(severity_parse("P4", &severity) || severity_parse("", &severity) || severity_parse("P", &severity) || severity_parse("P11", &severity));
	for (int i = 0; i < RULE_COUNT; i++)
		assert_non_null(strstr(rule_def((enum rule)i)->why, severity_name(rule_def((enum rule)i)->severity)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_has_its_cause),
		cmocka_unit_test(a_fork_names_who_is_on_which_side),
		cmocka_unit_test(a_fork_of_which_the_sides_are_open_accuses_nobody),
		cmocka_unit_test(lost_final_blocks_are_proposed),
		cmocka_unit_test(a_partition_names_its_groups),
		cmocka_unit_test(who_falls_behind_in_a_partition_is_a_consequence),
		cmocka_unit_test(what_comes_and_goes_is_one_proposal),
		cmocka_unit_test(who_still_serves_is_counted),
		cmocka_unit_test(who_comes_back_is_no_endpoint_at_once),
		cmocka_unit_test(no_wrong_cause_is_proposed_on_the_way),
		cmocka_unit_test(validators_that_go_are_no_endpoints),
		cmocka_unit_test(a_halt_names_cause_and_consequences),
		cmocka_unit_test(a_failed_validator_is_shown_with_its_turns),
		cmocka_unit_test(a_fresh_look_takes_the_silent_endpoint_for_the_validators),
		cmocka_unit_test(several_failed_validators_are_several_proposals),
		cmocka_unit_test(lost_sight_is_said_once_and_nothing_else),
		cmocka_unit_test(a_proposal_goes_when_its_fault_does),
		cmocka_unit_test(names_and_severities_parse_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
