/* The checks of Resolve: what must be seen, from now on, before a fault counts as
 * repaired. Good news from before the stage was entered does not count. */
#include "incident/check.h"

#include "base/mem.h"
#include "incident/drafting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCKS_NEEDED = 5,
	POLLS_NEEDED = 5,
	CHECKS_AT_MOST = 5,
};

struct node_progress {
	int64_t seen_us; /* the poll counted last */
	unsigned good;   /* polls in a row */
};

struct checker {
	struct check checks[CHECKS_AT_MOST];
	void (*run[CHECKS_AT_MOST])(struct checker *checker, const struct world *world, struct check *out);
	size_t count;
	bool has_entry;
	int64_t entry_head;   /* when Resolve was entered: turns count from here */
	int64_t advance_head; /* the same, or where the chain stood when it was last halted */
	struct node_progress *nodes;
	size_t node_count;
};

static void set(struct check *check, enum check_state state, const char *fmt, ...) TOCSIN_PRINTF(3, 4);

static void set(struct check *check, enum check_state state, const char *fmt, ...)
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
	int64_t head;

	if (!checker->has_entry || !component_number(chain, CHAIN_HEAD, &head)) {
		set(out, CHECK_WAITING, "no block seen yet");
		return;
	}
	if (head < checker->advance_head || chain->health == HEALTH_CRITICAL)
		checker->advance_head = head;
	if (chain->health == HEALTH_CRITICAL)
		set(out, CHECK_FAILING, "%s", chain->reason);
	else if (chain->health == HEALTH_UNKNOWN || chain->health == HEALTH_STALE)
		set(out, CHECK_WAITING, "%s", chain->reason);
	else if (head - checker->advance_head >= BLOCKS_NEEDED)
		set(out, CHECK_PASSING, "%lld blocks since block %lld", (long long)(head - checker->advance_head), (long long)checker->advance_head);
	else
		set(out, CHECK_WAITING, "%lld of %d blocks", (long long)(head - checker->advance_head), BLOCKS_NEEDED);
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
		set(out, CHECK_WAITING, "no block seen yet");
		return;
	}
	if (!consensus_def(world_consensus(world))->makers) {
		set(out, CHECK_PASSING, "does not apply: the headers are not of QBFT, nobody's turns are known");
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
		set(out, CHECK_FAILING, "%s: %.120s", failing->name, failing->reason);
	else if (waiting != NULL)
		set(out, CHECK_WAITING, "%zu of %zu, waiting for %s", took, members, waiting->name);
	else if (members == 0)
		set(out, CHECK_WAITING, "the validator set is not known yet");
	else
		set(out, CHECK_PASSING, "all %zu since block %lld", members, (long long)checker->entry_head);
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
			set(out, CHECK_FAILING, "%s: %.120s", c->name, c->reason);
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
		set(out, CHECK_WAITING, "%s does not agree yet: %.120s", waiting->name, waiting->reason);
	else if (world_count(world, KIND_NODE) == 0 || same == 0)
		set(out, CHECK_WAITING, "no node told its newest block yet");
	else
		set(out, CHECK_PASSING, "all %zu nodes within %lld blocks, one hash at block %lld on the %zu that have it", world_count(world, KIND_NODE),
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
			set(out, CHECK_FAILING, "%s: %.120s", c->name, c->reason);
			return;
		}
		if (checker->nodes[i].good < least) {
			least = checker->nodes[i].good;
			worst = c;
		}
	}
	if (worst != NULL)
		set(out, CHECK_WAITING, "%s: %u of %d polls answered within %lld ms", worst->name, least, POLLS_NEEDED, (long long)world_thresholds(world)->rpc_warn_ms);
	else
		set(out, CHECK_PASSING, "all %zu nodes answered %d polls in a row within %lld ms", checker->node_count, POLLS_NEEDED, (long long)world_thresholds(world)->rpc_warn_ms);
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
		set(out, CHECK_PASSING, "all %zu nodes answer", reachable);
	else
		set(out, missing->health == HEALTH_CRITICAL ? CHECK_FAILING : CHECK_WAITING, "%zu of %zu nodes answer; %s: %.100s", reachable,
		    world_count(world, KIND_NODE), missing->name, missing->reason);
}

/* --- which of them ------------------------------------------------------------------------- */

#define FOR(cause) (1u << (cause))
#define FOR_ALL UINT32_MAX

static const struct {
	const char *name, *title;
	void (*run)(struct checker *checker, const struct world *world, struct check *out);
	uint32_t causes;
} defs[] = {
	{"blocks-advance", "blocks advance for 5 periods", check_blocks, FOR_ALL},
	{"validators-turn", "every validator takes its turn", check_turns, FOR_ALL & ~FOR(CAUSE_VISIBILITY_LOST)},
	{"nodes-agree", "all nodes agree", check_agree, FOR_ALL & ~FOR(CAUSE_VISIBILITY_LOST)},
	{"rpc-answers", "all nodes answer in time, 5 polls in a row", check_answers, FOR(CAUSE_RPC_ENDPOINT_ISSUES)},
	{"endpoints-reachable", "all nodes can be reached", check_reachable, FOR(CAUSE_VISIBILITY_LOST)},
};

_Static_assert(ARRAY_LENGTH(defs) <= CHECKS_AT_MOST, "a checker holds every check");

/* --- the checker ------------------------------------------------------------------------------ */

struct checker *checker_new(const struct incident *incident, const struct world *world, int64_t now_us)
{
	struct checker *checker = xcalloc(1, sizeof(*checker));

	for (size_t i = 0; i < ARRAY_LENGTH(defs); i++) {
		if (!(defs[i].causes & FOR(incident->cause)))
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
