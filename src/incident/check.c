/* The checks of Resolve: what must be seen, from now on, before a fault counts as
 * repaired. Good news from before the stage was entered does not count. */
#include "incident/check.h"

#include "base/mem.h"
#include "incident/check_private.h"
#include "incident/drafting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCKS_NEEDED = 5,
	POLLS_NEEDED = 5,
};

void check_set(struct check *check, enum check_state state, const char *fmt, ...)
{
	va_list args;

	check->state = state;
	va_start(args, fmt);
	vsnprintf(check->detail, sizeof(check->detail), fmt, args);
	va_end(args);
}

/* --- the checks ------------------------------------------------------------------------- */

static void check_blocks(struct checker *checker, const struct world *world, struct check *out)
{
	const struct component *chain = world_chain(world);
	/* Blocks that were lost stay so until this incident is resolved: the new ones count. */
	bool broken = chain->health == HEALTH_CRITICAL && chain->symptom != SYMPTOM_REWOUND;
	int64_t head;

	if (!checker->has_entry || !component_number(chain, CHAIN_HEAD, &head)) {
		check_set(out, CHECK_WAITING, "no block seen yet");
		return;
	}
	if (head < checker->advance_head || broken)
		checker->advance_head = head;
	if (broken)
		check_set(out, CHECK_FAILING, "%s", chain->reason);
	else if (chain->health == HEALTH_UNKNOWN || chain->health == HEALTH_STALE)
		check_set(out, CHECK_WAITING, "%s", chain->reason);
	else if (head - checker->advance_head >= BLOCKS_NEEDED)
		check_set(out, CHECK_PASSING, "%lld blocks since block %lld", (long long)(head - checker->advance_head), (long long)checker->advance_head);
	else
		check_set(out, CHECK_WAITING, "%lld of %d blocks", (long long)(head - checker->advance_head), BLOCKS_NEEDED);
}

/* A validator took its turn when it proposed or sealed after Resolve was entered. */
static bool took_turn(const struct checker *checker, const struct component *c)
{
	int64_t number;

	if (component_number(c, VALIDATOR_LAST_PROPOSED, &number) && number > checker->entry_head)
		return true;
	return component_number(c, VALIDATOR_LAST_SEALED, &number) && number > checker->entry_head;
}

static void check_turns(struct checker *checker, const struct world *world, struct check *out)
{
	const struct component *waiting = NULL, *failing = NULL;
	size_t members = 0, took = 0;
	int64_t member;

	if (!checker->has_entry) {
		check_set(out, CHECK_WAITING, "no block seen yet");
		return;
	}
	if (!consensus_def(world_consensus(world))->makers) {
		check_set(out, CHECK_PASSING, "does not apply: the headers are not of QBFT, nobody's turns are known");
		return;
	}
	for (size_t i = 0; i < world_count(world, KIND_VALIDATOR); i++) {
		const struct component *c = world_at(world, KIND_VALIDATOR, i);

		if (!component_number(c, VALIDATOR_MEMBER, &member) || member == 0)
			continue;
		members++;
		if (c->health == HEALTH_CRITICAL)
			failing = failing == NULL ? c : failing;
		else if (took_turn(checker, c))
			took++;
		else
			waiting = waiting == NULL ? c : waiting;
	}
	if (failing != NULL)
		check_set(out, CHECK_FAILING, "%s: %.120s", failing->name, failing->reason);
	else if (waiting != NULL)
		check_set(out, CHECK_WAITING, "%zu of %zu, waiting for %s", took, members, waiting->name);
	else if (members == 0)
		check_set(out, CHECK_WAITING, "the validator set is not known yet");
	else
		check_set(out, CHECK_PASSING, "all %zu since block %lld", members, (long long)checker->entry_head);
}

static void check_agree(struct checker *checker, const struct world *world, struct check *out)
{
	const struct component *chain = world_chain(world), *waiting = NULL;
	const char *hash = component_text(chain, CHAIN_HEAD_HASH);
	int64_t head = 0, lag, node_head;
	size_t same = 0;

	(void)checker;
	component_number(chain, CHAIN_HEAD, &head);
	for (size_t i = 0; i < world_count(world, KIND_NODE); i++) {
		const struct component *c = world_at(world, KIND_NODE, i);
		const char *node_hash = component_text(c, NODE_HEAD_HASH);

		if (c->health == HEALTH_CRITICAL) {
			check_set(out, CHECK_FAILING, "%s: %.120s", c->name, c->reason);
			return;
		}
		if (c->reach != REACH_OK || node_hash == NULL || !component_number(c, NODE_LAG, &lag) || lag > world_thresholds(world)->lag_warn_blocks)
			waiting = waiting == NULL ? c : waiting;
		else if (hash != NULL && component_number(c, NODE_HEAD, &node_head) && node_head == head && strcmp(node_hash, hash) == 0)
			same++;
		else if (hash != NULL && node_head == head)
			waiting = waiting == NULL ? c : waiting;
	}
	if (waiting != NULL)
		check_set(out, CHECK_WAITING, "%s does not agree yet: %.120s", waiting->name, waiting->reason);
	else if (world_count(world, KIND_NODE) == 0 || same == 0)
		check_set(out, CHECK_WAITING, "no node told its newest block yet");
	else
		check_set(out, CHECK_PASSING, "all %zu nodes within %lld blocks, one hash at block %lld on the %zu that have it", world_count(world, KIND_NODE),
			  (long long)world_thresholds(world)->lag_warn_blocks, (long long)head, same);
}

/* Counts each poll once, as its answer arrives. */
static void follow_node(struct node_progress *progress, const struct component *c, int64_t limit_ms)
{
	int64_t rpc_ms;

	if (c->reach != REACH_OK) {
		progress->good = 0;
		return;
	}
	if (c->seen_us == progress->seen_us)
		return;
	progress->seen_us = c->seen_us;
	progress->good = component_number(c, NODE_RPC_MS, &rpc_ms) && rpc_ms <= limit_ms ? progress->good + 1 : 0;
}

static void check_answers(struct checker *checker, const struct world *world, struct check *out)
{
	const struct component *worst = NULL;
	unsigned least = POLLS_NEEDED;

	for (size_t i = 0; i < checker->node_count; i++) {
		const struct component *c = world_at(world, KIND_NODE, i);

		if (c->health == HEALTH_CRITICAL) {
			check_set(out, CHECK_FAILING, "%s: %.120s", c->name, c->reason);
			return;
		}
		if (checker->nodes[i].good < least) {
			least = checker->nodes[i].good;
			worst = c;
		}
	}
	if (worst != NULL)
		check_set(out, CHECK_WAITING, "%s: %u of %d polls answered within %lld ms", worst->name, least, POLLS_NEEDED, (long long)world_thresholds(world)->rpc_warn_ms);
	else
		check_set(out, CHECK_PASSING, "all %zu nodes answered %d polls in a row within %lld ms", checker->node_count, POLLS_NEEDED, (long long)world_thresholds(world)->rpc_warn_ms);
}

static void check_reachable(struct checker *checker, const struct world *world, struct check *out)
{
	size_t reachable = 0;
	const struct component *missing = NULL;

	(void)checker;
	for (size_t i = 0; i < world_count(world, KIND_NODE); i++) {
		const struct component *c = world_at(world, KIND_NODE, i);

		if (c->reach == REACH_OK && c->health != HEALTH_CRITICAL && c->health != HEALTH_STALE)
			reachable++;
		else
			missing = missing == NULL ? c : missing;
	}
	if (missing == NULL)
		check_set(out, CHECK_PASSING, "all %zu nodes answer", reachable);
	else
		check_set(out, missing->health == HEALTH_CRITICAL ? CHECK_FAILING : CHECK_WAITING, "%zu of %zu nodes answer; %s: %.100s", reachable,
			  world_count(world, KIND_NODE), missing->name, missing->reason);
}

/* --- which of them ------------------------------------------------------------------------- */

#define FOR(cause) (1u << (cause))
#define FOR_ALL UINT32_MAX

#define FOR_CHAIN                                                                                                      \
	(FOR(CAUSE_NONE) | FOR(CAUSE_NETWORK_OUTAGE) | FOR(CAUSE_VALIDATOR_FAILURE) | FOR(CAUSE_RPC_ENDPOINT_ISSUES) | \
	 FOR(CAUSE_CHAIN_FORK) | FOR(CAUSE_NETWORK_PARTITION) | FOR(CAUSE_SECURITY_INCIDENT))
#define FOR_CCIP                                                                                               \
	(FOR(CAUSE_CCIP_ROUTER_FAILURE) | FOR(CAUSE_CCIP_CONTRACT_FAILURE) | FOR(CAUSE_CCIP_MESSAGE_BACKLOG) | \
	 FOR(CAUSE_CCIP_DATA_CORRUPTION) | FOR(CAUSE_CCIP_NETWORK_PARTITION))

/* What the seeds ask to be verified after each kind of fault (Incident Response Runbook,
 * "Verify" of each scenario; CCIP Recovery Procedures, "Recovery Verification": functionality,
 * performance, data integrity). A check of a kind that nobody watches is left out. */
static const struct {
	const char *name, *title;
	void (*run)(struct checker *checker, const struct world *world, struct check *out);
	uint32_t causes;
	enum kind needs;
} defs[] = {
	{"blocks-advance", "blocks advance for 5 periods", check_blocks, FOR_ALL, KIND_CHAIN},
	{"validators-turn", "every validator takes its turn", check_turns, FOR_CHAIN, KIND_CHAIN},
	{"nodes-agree", "all nodes agree", check_agree, FOR_CHAIN, KIND_CHAIN},
	{"rpc-answers", "all nodes answer in time, 5 polls in a row", check_answers, FOR(CAUSE_RPC_ENDPOINT_ISSUES), KIND_CHAIN},
	{"endpoints-reachable", "all nodes can be reached", check_reachable, FOR(CAUSE_VISIBILITY_LOST), KIND_CHAIN},
	{"pods-ready", "all pods of the network are ready", check_pods, FOR_CHAIN | FOR(CAUSE_ORACLE_UPDATE_FAILURES), KIND_POD},
	{"far-side-seen", "both chains of each lane are seen", check_far_side, FOR_CCIP, KIND_LANE},
	{"lanes-open", "no lane is cursed, paused or closed", check_lanes_open, FOR_CCIP, KIND_LANE},
	{"fees-quoted", "the router quotes a fee", check_fees, FOR_CCIP, KIND_LANE},
	{"messages-arrive", "a message is sent and executed", check_arrive, FOR_CCIP, KIND_LANE},
	{"throughput-keeps", "as many messages are executed as are sent", check_throughput, FOR_CCIP, KIND_LANE},
	{"latency-usual", "messages take as long as they should", check_latency, FOR_CCIP, KIND_LANE},
	{"backlog-gone", "no message is overdue", check_backlog, FOR_CCIP, KIND_LANE},
	{"errors-none", "no further message fails", check_errors, FOR_CCIP, KIND_LANE},
	{"order-holds", "no gap, no duplicate, every hash fits", check_order, FOR_CCIP, KIND_LANE},
	{"feeds-fresh", "feeds are fresh and plausible", check_feeds, FOR(CAUSE_ORACLE_UPDATE_FAILURES) | FOR(CAUSE_NETWORK_OUTAGE), KIND_FEED},
	{"signs-quiet", "no sign of an attack for 5 minutes", check_quiet, FOR(CAUSE_SECURITY_INCIDENT), KIND_PROBE},
	{"source-seen", "the source answers again", check_source, FOR(CAUSE_VISIBILITY_LOST), KIND_PROBE},
};

_Static_assert(ARRAY_LENGTH(defs) <= CHECKS_AT_MOST, "a checker holds every check");

/* --- the checker ------------------------------------------------------------------------------ */

struct checker *checker_new(const struct incident *incident, const struct world *world, int64_t now_us)
{
	struct checker *checker = xcalloc(1, sizeof(*checker));

	checker_remember(checker, incident, world, now_us);
	for (size_t i = 0; i < ARRAY_LENGTH(defs); i++) {
		if (!(defs[i].causes & FOR(incident->cause)) || world_count(world, defs[i].needs) == 0)
			continue;
		checker->run[checker->count] = defs[i].run;
		checker->checks[checker->count++] = (struct check){.name = defs[i].name, .title = defs[i].title, .state = CHECK_WAITING, .since_us = now_us};
	}
	checker_update(checker, world, now_us);
	return checker;
}

void checker_free(struct checker *checker)
{
	if (checker == NULL)
		return;
	free(checker->nodes);
	free(checker->lanes);
	free(checker->affected);
	free(checker);
}

/* Nodes may be added while the checks run. A node's first poll here was answered
 * before, so it is only remembered. */
static void follow_nodes(struct checker *checker, const struct world *world)
{
	size_t count = world_count(world, KIND_NODE);

	if (count > checker->node_count) {
		checker->nodes = xreallocarray(checker->nodes, count, sizeof(*checker->nodes));
		for (size_t i = checker->node_count; i < count; i++)
			checker->nodes[i] = (struct node_progress){.seen_us = world_at(world, KIND_NODE, i)->seen_us};
		checker->node_count = count;
	}
	for (size_t i = 0; i < count; i++)
		follow_node(&checker->nodes[i], world_at(world, KIND_NODE, i), world_thresholds(world)->rpc_warn_ms);
}

void checker_update(struct checker *checker, const struct world *world, int64_t now_us)
{
	if (!checker->has_entry && component_number(world_chain(world), CHAIN_HEAD, &checker->entry_head)) {
		checker->has_entry = true;
		checker->advance_head = checker->entry_head;
	}
	checker->now_us = now_us;
	follow_nodes(checker, world);
	for (size_t i = 0; i < checker->count; i++) {
		struct check *check = &checker->checks[i];
		enum check_state before = check->state;

		checker->run[i](checker, world, check);
		if (check->state != before)
			check->since_us = now_us;
	}
}

size_t checker_count(const struct checker *checker)
{
	return checker->count;
}

const struct check *checker_at(const struct checker *checker, size_t i)
{
	return &checker->checks[i];
}

/* --- what the record hears ---------------------------------------------------------------------- */

static const struct check_record *recorded(const struct incident *incident, const char *name)
{
	for (size_t i = 0; i < incident->check_count; i++)
		if (strcmp(incident->checks[i].name, name) == 0)
			return &incident->checks[i];
	return NULL;
}

static void add_result(const struct check *check, size_t total, const char *incident, int64_t now_us, struct drafts *out)
{
	bool passed = check->state == CHECK_PASSING;
	struct draft *draft = drafts_add_machine(out, passed ? EVENT_CHECK_PASSED : EVENT_CHECK_FAILED, now_us, incident);
	struct payload data;

	draft->source = drafts_format(out, "check:%s", check->name);
	draft_summary(out, draft, "check %s: %s: %s", passed ? "passed" : "failed", check->title, check->detail);
	payload_begin(&data);
	payload_string(&data, "check", check->name);
	payload_string(&data, "title", check->title);
	payload_string(&data, "detail", check->detail);
	json_put_i64(&data.w, "total", (int64_t)total);
	payload_end(&data, out, draft);
}

void act_checks(const struct fold *fold, const char *incident, const struct checker *checker, int64_t now_us, struct drafts *out)
{
	const struct incident *state = fold_incident(fold, incident);

	if (state == NULL || state->stage != STAGE_RESOLVE)
		return;
	for (size_t i = 0; i < checker->count; i++) {
		const struct check *check = &checker->checks[i];
		const struct check_record *known = recorded(state, check->name);

		/* Waiting is no result: it neither passes nor takes a pass back. */
		if (check->state == CHECK_WAITING || (known != NULL && known->passed == (check->state == CHECK_PASSING)))
			continue;
		add_result(check, checker->count, state->id, now_us, out);
	}
}
