/* Detection. The order matters: what explains the most comes first, and what it
 * explains is named as its consequence and proposed by nobody else. */
#include "incident/detect.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/diagnosis.h"
#include "incident/proposing.h"
#include "world/judge.h"

#include <stdlib.h>
#include <string.h>

/* A clock that was set shows for a few polls, one that is wrong goes on. */
#define SKEW_LASTS_US (5 * US_PER_S)

/* --- what the world shows ---------------------------------------------------------------- */

static bool is_down(const struct component *c)
{
	return c->health == HEALTH_CRITICAL && (c->symptom == SYMPTOM_UNREACHABLE || c->symptom == SYMPTOM_REFUSING);
}

static bool is_offline(const struct component *c)
{
	return c->kind == KIND_VALIDATOR && c->health == HEALTH_CRITICAL;
}

/* It answers, and is further behind than a client can bear. */
static bool is_far_behind(const struct component *c)
{
	return c->health == HEALTH_CRITICAL && c->symptom == SYMPTOM_LAG;
}

/* It failed again and again, and is up or down right now. */
static bool is_flapping(const struct component *c)
{
	return c->health == HEALTH_WARNING && c->symptom == SYMPTOM_FLAPPING;
}

/* A validator that failed, or that does so every now and then. */
static bool is_failing(const struct component *c)
{
	return is_offline(c) || (c->kind == KIND_VALIDATOR && is_flapping(c));
}

/* The group of peers that a node is in, from 1, or that a validator's node is in; 0 when
 * there is one group only. */
static int64_t group_of(const struct component *c)
{
	const struct component *node = c->kind == KIND_VALIDATOR ? world_partner(c) : c;
	int64_t group;

	return node != NULL && component_number(node, NODE_PARTITION, &group) ? group : 0;
}

/* A node that shows the harm of being outside of the main group. */
static bool is_cut_off(const struct component *c)
{
	return c->kind == KIND_NODE && group_of(c) > 1 && c->health != HEALTH_OK && !is_down(c);
}

/* A node that does not tell its peers, and falls behind as those do that are cut off. */
static bool is_behind_unplaced(const struct component *c)
{
	return c->kind == KIND_NODE && group_of(c) == 0 && is_far_behind(c);
}

static size_t count_if(const struct world *world, enum kind kind, bool (*is)(const struct component *c))
{
	size_t count = 0;

	for (size_t i = 0; i < world_count(world, kind); i++)
		count += is(world_at(world, kind, i));
	return count;
}

/* A node that cannot be reached and of which nobody knows whose it is. */
static bool is_anonymous(const struct component *c)
{
	return c->kind == KIND_NODE && c->health == HEALTH_CRITICAL && c->symptom == SYMPTOM_UNREACHABLE && !world_node_identified(c);
}

static bool is_offline_without_node(const struct component *c)
{
	return is_offline(c) && world_partner(c) == NULL;
}

/* One stopped machine takes its validator and its endpoint along. Where no key tells
 * that they belong together, no more silent endpoints than silent validators do. */
static bool anonymous_explained(const struct world *world)
{
	size_t anonymous = count_if(world, KIND_NODE, is_anonymous);

	return anonymous > 0 && anonymous <= count_if(world, KIND_VALIDATOR, is_offline_without_node);
}

/* One hash on all nodes that are at the head: what was ruled out, in words. */
static void refute_fork(const struct world *world, struct proposal *p)
{
	const struct component *chain = world_chain(world);
	const char *hash = component_text(chain, CHAIN_HEAD_HASH);
	int64_t head, node_head;
	size_t same = 0;

	if (chain->symptom == SYMPTOM_FORK || hash == NULL || !component_number(chain, CHAIN_HEAD, &head))
		return;
	for (size_t i = 0; i < world_count(world, KIND_NODE); i++) {
		const struct component *node = world_at(world, KIND_NODE, i);
		const char *node_hash = component_text(node, NODE_HEAD_HASH);

		if (node_hash == NULL || !component_number(node, NODE_HEAD, &node_head) || node_head != head)
			continue;
		if (strcmp(node_hash, hash) != 0)
			return;
		same++;
	}
	if (same > 1)
		proposal_refuted(p, "fork: one hash at block %lld on all %zu nodes that have it", (long long)head, same);
}

/* "besu-validator-0, besu-validator-1 and 3 more": as many names as fit. */
struct names {
	char text[96];
	size_t count, left_out;
};

static void names_add(struct names *names, const char *name)
{
	size_t used = strlen(names->text);

	names->count++;
	if (used + strlen(name) + 2 >= sizeof(names->text) || names->left_out > 0) {
		names->left_out++;
		return;
	}
	text_format(names->text + used, sizeof(names->text) - used, "%s%s", used > 0 ? ", " : "", name);
}

static const char *names_text(const struct names *names, char *dst, size_t size)
{
	if (names->left_out == 0)
		return text_format(dst, size, "%s", names->text);
	return text_format(dst, size, "%s and %zu more", names->text, names->left_out);
}

static void show_versions(const struct component *chain, struct proposal *p, int64_t now_us)
{
	const char *versions = component_text(chain, CHAIN_VERSIONS);

	if (versions != NULL && strstr(versions, ", ") != NULL)
		proposal_evidence(p, now_us, "versions differ: %s", versions);
}

/* Who sees whom, and which groups could go on by themselves. */
static void show_groups(const struct world *world, struct proposal *p, int64_t now_us)
{
	const struct component *chain = world_chain(world);
	int64_t groups, members, quorum;

	if (!component_number(chain, CHAIN_PARTITIONS, &groups) || !component_number(chain, CHAIN_VALIDATORS, &members) || !component_number(chain, CHAIN_QUORUM, &quorum))
		return;
	for (int64_t group = 1; group <= groups && group <= PROPOSAL_LINES; group++) {
		struct names names = {0};
		char text[128];
		int64_t validators = 0;

		for (size_t i = 0; i < world_count(world, KIND_NODE); i++)
			if (group_of(world_at(world, KIND_NODE, i)) == group)
				names_add(&names, world_at(world, KIND_NODE, i)->name);
		for (size_t i = 0; i < world_count(world, KIND_VALIDATOR); i++)
			validators += group_of(world_at(world, KIND_VALIDATOR, i)) == group;
		proposal_evidence(p, now_us, "group %lld: %lld of %lld validators, %s: %s", (long long)group, (long long)validators, (long long)members,
				  validators < quorum ? "no quorum" : "a quorum", names_text(&names, text, sizeof(text)));
	}
}

static void refute_outage(const struct world *world, struct proposal *p)
{
	const struct component *chain = world_chain(world);
	char age[DURATION_TEXT];
	int64_t head, age_ms;

	if (component_number(chain, CHAIN_HEAD, &head) && component_number(chain, CHAIN_HEAD_AGE_MS, &age_ms))
		proposal_refuted(p, "network outage: blocks come, the last is %lld, %s old", (long long)head, duration_human(age, age_ms * US_PER_MS));
}

static void show_quorum(const struct component *chain, struct proposal *p, int64_t now_us)
{
	int64_t validators, quorum, alive, can_lose;
	char grouped[48] = "";

	if (!component_number(chain, CHAIN_VALIDATORS, &validators) || !component_number(chain, CHAIN_QUORUM, &quorum))
		return;
	if (!component_number(chain, CHAIN_ALIVE, &alive) || !component_number(chain, CHAIN_CAN_LOSE, &can_lose))
		return;
	int64_t together = quorum + can_lose;
	if (together < alive)
		text_format(grouped, sizeof(grouped), ", %lld in one group", (long long)together);
	if (can_lose < 0)
		proposal_evidence(p, now_us, "%lld of %lld validators alive%s, quorum is %lld: %lld short", (long long)alive, (long long)validators, grouped, (long long)quorum, (long long)-can_lose);
	else
		proposal_evidence(p, now_us, "%lld of %lld validators alive%s, quorum is %lld: can lose %lld more", (long long)alive, (long long)validators, grouped, (long long)quorum, (long long)can_lose);
}

/* --- one function for each cause ------------------------------------------------------------ */

static bool sight_lost(const struct component *chain)
{
	return chain->symptom == SYMPTOM_INVISIBLE || chain->symptom == SYMPTOM_UNSAMPLED;
}

static void propose_visibility_lost(const struct world *world, struct proposals *out)
{
	const struct component *chain = world_chain(world);
	struct proposal *p = proposals_add(out, CAUSE_VISIBILITY_LOST, RULE_SIGHT_LOST, NULL);
	char head_text[32];
	int64_t head;

	for (size_t i = 0; i < world_count(world, KIND_NODE); i++)
		proposal_sick(p, world_at(world, KIND_NODE, i));
	/* The sight is gone when the last node is. */
	p->since_us = chain->since_us;
	if (component_number(chain, CHAIN_HEAD, &head))
		proposal_evidence(p, chain->seen_us, "the last block seen is %s; whether more came is not known", text_thousands(head_text, sizeof(head_text), head));
	proposal_consequence(p, chain);
	for (size_t i = 0; i < world_count(world, KIND_VALIDATOR); i++)
		proposal_consequence(p, world_at(world, KIND_VALIDATOR, i));
}

static void propose_network_outage(const struct world *world, int64_t now_us, struct proposals *out)
{
	const struct component *chain = world_chain(world);
	bool parted = component_value(chain, CHAIN_PARTITIONS) != NULL;
	struct proposal *p = proposals_add(out, CAUSE_NETWORK_OUTAGE, RULE_NETWORK_DOWN, parted ? "partition" : NULL);
	int64_t round, next_ms;
	char next[DURATION_TEXT];
	size_t down = count_if(world, KIND_NODE, is_down);

	proposal_sick(p, chain);
	for (size_t i = 0; i < world_count(world, KIND_VALIDATOR); i++) {
		const struct component *c = world_at(world, KIND_VALIDATOR, i);

		if (is_offline(c))
			proposal_sick(p, c);
		else if (c->health != HEALTH_OK)
			proposal_consequence(p, c);
	}
	for (size_t i = 0; i < world_count(world, KIND_NODE); i++) {
		const struct component *c = world_at(world, KIND_NODE, i);

		if (is_down(c))
			proposal_sick(p, c);
		else if (c->health != HEALTH_OK)
			proposal_consequence(p, c);
	}
	/* The network is down since its block is overdue, whatever failed before. */
	p->since_us = chain->since_us;
	/* All may be alive and still no quorum be together. */
	if (parted)
		show_groups(world, p, now_us);
	else
		show_quorum(chain, p, now_us);
	if (component_number(chain, CHAIN_ROUND, &round) && component_number(chain, CHAIN_NEXT_ROUND_MS, &next_ms))
		proposal_evidence(p, now_us, "round %lld by the clock, the next round change in %s", (long long)round, duration_human(next, next_ms * US_PER_MS));
	proposal_refuted(p, "visibility lost: %zu of %zu nodes answer", world_count(world, KIND_NODE) - down, world_count(world, KIND_NODE));
	refute_fork(world, p);
}

static bool is_forked(const struct component *c)
{
	return c->health == HEALTH_CRITICAL && c->symptom == SYMPTOM_FORK;
}

/* Whose word is still missing: a side is only named with those who told. */
static void show_undecided(const struct world *world, struct proposal *p, int64_t number, int64_t now_us)
{
	struct names names = {0};
	char text[128];

	for (size_t i = 0; i < world_count(world, KIND_NODE); i++) {
		const struct component *c = world_at(world, KIND_NODE, i);

		if (c->reach == REACH_OK && component_text(c, NODE_FORK_HASH) == NULL && !world_node_holds(c, (uint64_t)number))
			names_add(&names, c->name);
	}
	if (names.count > 0)
		proposal_evidence(p, now_us, "block %lld is not known yet of %zu: %s", (long long)number, names.count, names_text(&names, text, sizeof(text)));
}

/* One line for each chain: its first block that differs, and who follows it. */
static void show_branches(const struct world *world, struct proposal *p, int64_t now_us)
{
	const struct component *chain = world_chain(world);
	const char *shown[PROPOSAL_LINES] = {component_text(chain, CHAIN_FORK_HASH)};
	size_t count = 1, nodes = world_count(world, KIND_NODE);
	int64_t number = 0, at = 0;

	component_number(chain, CHAIN_FORK_BLOCK, &number);
	for (size_t i = 0; i < nodes; i++) {
		const char *hash = component_text(world_at(world, KIND_NODE, i), NODE_FORK_HASH);
		bool known = hash == NULL;

		for (size_t k = 1; k < count && !known; k++)
			known = strcmp(shown[k], hash) == 0;
		if (!known && count < PROPOSAL_LINES)
			shown[count++] = hash;
	}
	for (size_t k = 0; k < count; k++) {
		struct names names = {0};
		char text[128];

		at = number;
		for (size_t i = 0; i < nodes; i++) {
			const struct component *c = world_at(world, KIND_NODE, i);
			const char *hash = component_text(c, NODE_FORK_HASH);

			if (k == 0 ? hash != NULL || c->reach != REACH_OK || !world_node_holds(c, (uint64_t)number) : hash == NULL || strcmp(hash, shown[k]) != 0)
				continue;
			names_add(&names, c->name);
			if (k > 0)
				component_number(c, NODE_FORK_BLOCK, &at);
		}
		proposal_evidence(p, now_us, "block %lld is %.10s.. on %zu: %s", (long long)at, shown[k] == NULL ? "another" : shown[k], names.count,
				  names_text(&names, text, sizeof(text)));
	}
	show_undecided(world, p, number, now_us);
}

/* Most nodes lost final blocks, however the chain is now. */
static bool is_rewound(const struct component *chain)
{
	return component_value(chain, CHAIN_REWOUND_BLOCK) != NULL;
}

/* What was lost, and since when. */
static void show_lost_blocks(const struct component *chain, struct proposal *p)
{
	const struct value *from = component_value(chain, CHAIN_REWOUND_BLOCK);
	const char *before = component_text(chain, CHAIN_REWOUND_BEFORE), *now = component_text(chain, CHAIN_REWOUND_NOW);
	int64_t back = 0;

	component_number(chain, CHAIN_REWOUND_BACK, &back);
	if (before != NULL && now != NULL)
		proposal_evidence(p, from->at_us, "block %lld was %.18s.., and is %.18s.. on most nodes", (long long)from->number, before, now);
	proposal_evidence(p, from->at_us, "at least %lld final block%s that most nodes had told %s lost", (long long)back, back == 1 ? "" : "s", back == 1 ? "is" : "are");
	if (p->since_us == 0 || from->at_us < p->since_us)
		p->since_us = from->at_us;
}

static void propose_fork(const struct world *world, int64_t now_us, struct proposals *out)
{
	const struct component *chain = world_chain(world);
	struct proposal *p = proposals_add(out, CAUSE_CHAIN_FORK, RULE_FORK, is_rewound(chain) ? "final blocks lost" : NULL);
	int64_t age_ms, period_ms, timeout_ms = 0;
	char age[DURATION_TEXT];

	/* What else is wrong with the chain by now is another proposal's. */
	if (chain->symptom == SYMPTOM_FORK || chain->symptom == SYMPTOM_REWOUND)
		proposal_sick(p, chain);
	else
		proposal_consequence(p, chain);
	for (size_t i = 0; i < world_count(world, KIND_NODE); i++)
		if (is_forked(world_at(world, KIND_NODE, i)))
			proposal_sick(p, world_at(world, KIND_NODE, i));
	if (is_forked(chain))
		show_branches(world, p, now_us);
	if (is_rewound(chain))
		show_lost_blocks(chain, p);
	show_versions(chain, p, now_us);
	component_number(chain, CHAIN_REQUEST_TIMEOUT_MS, &timeout_ms);
	if (component_number(chain, CHAIN_HEAD_AGE_MS, &age_ms) && component_number(chain, CHAIN_BLOCK_PERIOD_MS, &period_ms) &&
	    age_ms > stall_bound_ms(world_thresholds(world), period_ms, timeout_ms))
		proposal_evidence(p, now_us, "and no block comes: the last is %s old", duration_human(age, age_ms * US_PER_MS));
	else
		refute_outage(world, p);
}

/* A part is cut off while the rest goes on: who is in it lags, and its validators miss
 * their turns, because of that and of nothing else. */
static void propose_partition(const struct world *world, int64_t now_us, struct proposals *out)
{
	const struct component *chain = world_chain(world);
	struct proposal *p = proposals_add(out, CAUSE_NETWORK_PARTITION, RULE_PARTITION, NULL);

	for (size_t i = 0; i < world_count(world, KIND_NODE); i++)
		if (is_cut_off(world_at(world, KIND_NODE, i)))
			proposal_sick(p, world_at(world, KIND_NODE, i));
	for (size_t i = 0; i < world_count(world, KIND_VALIDATOR); i++) {
		const struct component *c = world_at(world, KIND_VALIDATOR, i);

		if (group_of(c) > 1 && c->health != HEALTH_OK)
			proposal_consequence(p, c);
	}
	for (size_t i = 0; i < world_count(world, KIND_NODE); i++)
		if (is_behind_unplaced(world_at(world, KIND_NODE, i)))
			proposal_consequence(p, world_at(world, KIND_NODE, i));
	if (chain->health != HEALTH_OK)
		proposal_consequence(p, chain);
	show_groups(world, p, now_us);
	show_quorum(chain, p, now_us);
	refute_outage(world, p);
	refute_fork(world, p);
}

static void add_anonymous_nodes(const struct world *world, struct proposal *p)
{
	for (size_t i = 0; i < world_count(world, KIND_NODE); i++) {
		const struct component *node = world_at(world, KIND_NODE, i);

		if (!is_anonymous(node))
			continue;
		proposal_sick(p, node);
		proposal_evidence(p, node->since_us, "%s never told its key: taken for the node of this validator", node->name);
	}
}

static void propose_validator_failure(const struct world *world, const struct component *c, bool with_anonymous, int64_t now_us, struct proposals *out)
{
	const struct component *chain = world_chain(world), *node = world_partner(c);
	struct proposal *p = proposals_add(out, CAUSE_VALIDATOR_FAILURE, RULE_VALIDATOR_FAILURE, c->name);
	const char *turns = component_text(c, VALIDATOR_TURNS);

	text_format(p->key, sizeof(p->key), "%s:%s", cause_def(p->cause)->name, strchr(c->id, '/') + 1);
	proposal_sick(p, c);
	if (turns != NULL && strchr(turns, 'x') != NULL)
		proposal_evidence(p, c->since_us, "last turns, newest last: %s", turns + strspn(turns, "."));
	if (node != NULL && (is_down(node) || is_far_behind(node)))
		proposal_sick(p, node);
	else if (with_anonymous)
		add_anonymous_nodes(world, p);
	if (is_flapping(c) && node != NULL && is_flapping(node))
		proposal_sick(p, node);
	show_quorum(chain, p, now_us);
	if (chain->health == HEALTH_WARNING && chain->symptom == SYMPTOM_QUORUM)
		proposal_consequence(p, chain);
	for (size_t i = 0; i < world_count(world, KIND_NODE); i++)
		if (world_at(world, KIND_NODE, i)->symptom == SYMPTOM_PEERS)
			proposal_consequence(p, world_at(world, KIND_NODE, i));
	refute_outage(world, p);
	refute_fork(world, p);
}

static bool is_skewed(const struct component *c)
{
	return c->health == HEALTH_WARNING && c->symptom == SYMPTOM_SKEW;
}

/* What the rest of the world says of each node's endpoint. */
struct surroundings {
	bool anonymous_taken; /* silent nodes without a name are explained by silent validators */
	bool parted;          /* a part of the network is cut off */
	int64_t now_us;
};

/* Its clock differs from the others', and not just because ours was set. */
static bool is_clock_wrong(const struct component *c, const struct surroundings *around)
{
	return is_skewed(c) && around->now_us - c->since_us >= SKEW_LASTS_US;
}

/* Headers show that a validator is back before its node was asked again, and a node that is
 * back catches up: for so long as it takes a state to come and go, what is wrong with the
 * node is the end of its validator's fault. */
static bool came_back_lately(const struct world *world, const struct component *validator, const struct component *node, int64_t now_us)
{
	const struct thresholds *t = world_thresholds(world);
	int64_t recovered_us = world_recovered_us(validator);

	return recovered_us != 0 && (node->tried_us < recovered_us || now_us - recovered_us < (t->dwell_ms + t->clear_ms) * US_PER_MS);
}

/* Sick as an endpoint, and not as a part of another fault. */
static bool is_endpoint_issue(const struct world *world, const struct component *c, const struct surroundings *around)
{
	const struct component *validator = world_partner(c);
	bool slow = c->health == HEALTH_WARNING && (c->symptom == SYMPTOM_SLOW || c->symptom == SYMPTOM_ERRORS);
	bool apart = c->health == HEALTH_CRITICAL && c->symptom == SYMPTOM_APART;
	bool gone = is_down(c) || is_far_behind(c) || apart;
	bool skewed = is_clock_wrong(c, around);

	if ((!gone && !slow && !skewed && !is_flapping(c)) || is_cut_off(c) || (around->parted && is_behind_unplaced(c)))
		return false;
	if (is_flapping(c) && validator != NULL && is_failing(validator))
		return false;
	/* A validator that came back: its node answers again, and is about to be well. */
	if (is_down(c) && validator != NULL && c->reach == REACH_OK)
		return false;
	if (gone && validator != NULL && (is_failing(validator) || validator->symptom == SYMPTOM_NODE_LOST || came_back_lately(world, validator, c, around->now_us)))
		return false;
	return !(around->anonymous_taken && is_anonymous(c));
}

static bool runs_no_validator(const struct component *c)
{
	return world_partner(c) == NULL;
}

/* It answers with the newest blocks; a clock or the number of peers hinders no client. */
static bool serves_well(const struct component *c)
{
	return c->reach == REACH_OK && (c->health == HEALTH_OK || (c->health == HEALTH_WARNING && (c->symptom == SYMPTOM_SKEW || c->symptom == SYMPTOM_PEERS)));
}

/* How clients are served: by the RPC nodes, or by all where each runs a validator. */
static enum rule endpoint_rule(const struct world *world, const struct surroundings *around)
{
	bool any = count_if(world, KIND_NODE, runs_no_validator) == 0;
	size_t nodes = 0, well = 0, failing = 0, sick = 0;

	for (size_t i = 0; i < world_count(world, KIND_NODE); i++) {
		const struct component *c = world_at(world, KIND_NODE, i);

		if ((!any && !runs_no_validator(c)) || (around->anonymous_taken && is_anonymous(c)))
			continue;
		nodes++;
		well += serves_well(c);
		failing += c->health == HEALTH_CRITICAL;
		sick += c->health == HEALTH_CRITICAL || is_endpoint_issue(world, c, around);
	}
	if (well > 0)
		return RULE_OTHERS_SERVE;
	return failing > 0 && sick == nodes ? RULE_SERVICE_DEGRADED : RULE_NOT_CRITICAL;
}

static void propose_endpoint_issues(const struct world *world, const struct surroundings *around, struct proposals *out)
{
	size_t sick = 0, skewed = 0;
	const struct component *first = NULL;
	struct proposal *p;
	char many[32];

	for (size_t i = 0; i < world_count(world, KIND_NODE); i++) {
		const struct component *c = world_at(world, KIND_NODE, i);

		if (!is_endpoint_issue(world, c, around))
			continue;
		first = first == NULL ? c : first;
		sick++;
		skewed += is_skewed(c);
	}
	if (sick == 0)
		return;
	text_format(many, sizeof(many), "%zu nodes", sick);
	p = proposals_add(out, CAUSE_RPC_ENDPOINT_ISSUES, skewed == sick ? RULE_MINOR : endpoint_rule(world, around), sick == 1 ? first->name : many);
	for (size_t i = 0; i < world_count(world, KIND_NODE); i++)
		if (is_endpoint_issue(world, world_at(world, KIND_NODE, i), around))
			proposal_sick(p, world_at(world, KIND_NODE, i));
	for (size_t i = 0; i < p->component_count && i < PROPOSAL_LINES; i++) {
		const struct component *validator = world_partner(world_find(world, p->components[i]));

		if (validator != NULL && validator->health == HEALTH_OK)
			proposal_refuted(p, "validator failure: %s takes its turns", validator->name);
	}
	refute_outage(world, p);
}

/* --- all of them ---------------------------------------------------------------------------- */

static int compare_proposals(const void *a, const void *b)
{
	const struct proposal *x = a, *y = b;

	if (x->severity != y->severity)
		return x->severity < y->severity ? -1 : 1;
	if (x->since_us != y->since_us)
		return x->since_us < y->since_us ? -1 : 1;
	return strcmp(x->key, y->key);
}

/* What the nodes show of the chain. */
static void detect_chain(const struct world *world, int64_t now_us, struct proposals *out)
{
	const struct component *chain = world_chain(world);
	struct surroundings around;
	bool anonymous_open, parted;

	if (is_forked(chain) || is_rewound(chain))
		propose_fork(world, now_us, out);
	if (sight_lost(chain)) {
		if (chain->since_us != 0)
			propose_visibility_lost(world, out);
		return;
	}
	if (chain->health == HEALTH_CRITICAL && chain->symptom == SYMPTOM_STALLED) {
		propose_network_outage(world, now_us, out);
		return;
	}
	parted = count_if(world, KIND_NODE, is_cut_off) > 0;
	if (parted)
		propose_partition(world, now_us, out);
	around = (struct surroundings){anonymous_explained(world), parted, now_us};
	anonymous_open = around.anonymous_taken;
	for (size_t i = 0; i < world_count(world, KIND_VALIDATOR); i++) {
		const struct component *c = world_at(world, KIND_VALIDATOR, i);

		if (!is_failing(c) || (parted && group_of(c) > 1))
			continue;
		propose_validator_failure(world, c, anonymous_open && world_partner(c) == NULL, now_us, out);
		anonymous_open = anonymous_open && world_partner(c) != NULL;
	}
	propose_endpoint_issues(world, &around, out);
}

void detect(const struct world *world, const struct diagnoses *own, int64_t now_us, struct proposals *out)
{
	*out = (struct proposals){0};
	detect_chain(world, now_us, out);
	diagnose(world, own, out);
	if (out->count > 1)
		qsort(out->items, out->count, sizeof(*out->items), compare_proposals);
}

void proposals_free(struct proposals *proposals)
{
	for (size_t i = 0; i < proposals->count; i++) {
		free(proposals->items[i].components);
		free(proposals->items[i].consequences);
		free(proposals->items[i].evidence);
		free(proposals->items[i].refuted);
	}
	free(proposals->items);
	*proposals = (struct proposals){0};
}

const struct proposal *proposals_find(const struct proposals *proposals, const char *key)
{
	for (size_t i = 0; i < proposals->count; i++)
		if (strcmp(proposals->items[i].key, key) == 0)
			return &proposals->items[i];
	return NULL;
}
