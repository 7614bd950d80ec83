/* The chain: which block is its head, how it flows, and its health. */
#include "world/private.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

/* A block that came within its period and this much is on time. */
#define ON_TIME_SLACK_MS INT64_C(1000)

/* --- the head -------------------------------------------------------------------------- */

static void set_head(struct world *world, const struct component *node, uint64_t number, const struct hash256 *hash, int64_t time_s, int64_t at_us)
{
	char text[HASH_TEXT];

	if (!world->has_head)
		world->first_head_us = at_us;
	world->has_head = true;
	world->head = number;
	world->head_hash = *hash;
	world->head_time_s = time_s;
	world->head_before_us = 0;
	world->head_first_us = at_us;
	world->head_confirmed_us = at_us;
	world->head_node = node;
	component_set_number(world->chain, CHAIN_HEAD, (int64_t)number, at_us);
	component_set_text(world->chain, CHAIN_HEAD_HASH, hex_text(text, sizeof(text), hash->bytes, sizeof(hash->bytes), true), at_us);
	text_format(world->chain->source, sizeof(world->chain->source), "headers of %s", node->name);
}

void chain_offer_head(struct world *world, const struct component *node, const struct header *header, int64_t at_us)
{
	int64_t before_us = world->head_confirmed_us;

	if (!world->has_head || header->number > world->head) {
		world->head_advanced |= world->has_head;
		set_head(world, node, header->number, &header->hash, header->timestamp_s, at_us);
		world->head_before_us = before_us;
		world->head_dirty = false;
		return;
	}
	if (header->number == world->head && hash_equal(&header->hash, &world->head_hash) && at_us > world->head_confirmed_us)
		world->head_confirmed_us = at_us;
}

void chain_choose_head(struct world *world, int64_t at_us)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];
	const struct component *best = NULL;
	const struct node_detail *detail;
	int64_t confirmed_us = 0;

	world->head_dirty = false;
	company_choose(world, at_us);
	for (size_t i = 0; i < nodes->count; i++) {
		detail = node_detail(nodes->items[i]);
		if (!detail->has_head || detail->lost || detail->unsampled || detail->wrong_chain || detail->apart)
			continue;
		/* The chain that is followed counts, however high another one grew. */
		if (fork_counts(world, nodes->items[i]))
			continue;
		if (best == NULL || detail->head > node_detail(best)->head) {
			best = nodes->items[i];
			confirmed_us = best->seen_us;
		} else if (detail->head == node_detail(best)->head && nodes->items[i]->seen_us > confirmed_us) {
			confirmed_us = nodes->items[i]->seen_us;
		}
	}
	if (best == NULL)
		return; /* what was known last stays, with its age */
	detail = node_detail(best);
	if (detail->head == world->head && hash_equal(&detail->head_hash, &world->head_hash)) {
		world->head_node = best;
		return;
	}
	if (detail->head < world->head)
		fork_drop_above(world, detail->head);
	set_head(world, best, detail->head, &detail->head_hash, detail->head_time_s, confirmed_us);
}

void chain_take_finalized(struct world *world, uint64_t number, int64_t at_us)
{
	int64_t known;

	if (!component_number(world->chain, CHAIN_FINALIZED, &known) || (int64_t)number > known)
		component_set_number(world->chain, CHAIN_FINALIZED, (int64_t)number, at_us);
}

/* "besu/v25.9.0" of "besu/v25.9.0/linux-x86_64/openjdk-java-21". */
static size_t version_length(const char *version)
{
	const char *slash = strchr(version, '/');
	const char *second = slash == NULL ? NULL : strchr(slash + 1, '/');

	return second == NULL ? strlen(version) : (size_t)(second - version);
}

static bool same_version(const char *a, const char *b)
{
	return version_length(a) == version_length(b) && strncmp(a, b, version_length(a)) == 0;
}

/* Different versions that are told apart; a line has no room for more. */
enum { VERSIONS_MAX = 16 };

struct version_count {
	const char *version;
	const char *first; /* node that runs it */
	size_t nodes;
};

/* Each version with how many run it, in the order in which they are met. */
static size_t count_versions(const struct component_list *nodes, struct version_count counts[VERSIONS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < nodes->count; i++) {
		const char *version = component_text(nodes->items[i], NODE_VERSION);
		size_t k = 0;

		while (version != NULL && k < count && !same_version(version, counts[k].version))
			k++;
		if (version == NULL || k == VERSIONS_MAX)
			continue;
		if (k == count)
			counts[count++] = (struct version_count){version, nodes->items[i]->name, 0};
		counts[k].nodes++;
	}
	return count;
}

/* "besu/v25.9.0 on 5, besu/v25.8.0 on 1 (besu-rpc-1)": nodes that differ mostly do so
 * for a while in an upgrade, so it is told and not judged. */
void chain_show_versions(struct world *world, int64_t at_us)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];
	struct version_count counts[VERSIONS_MAX];
	char text[256] = "";
	size_t used = 0, count;

	if (!world->versions_changed)
		return;
	world->versions_changed = false;
	count = count_versions(nodes, counts);
	for (size_t i = 0; i < count && used < sizeof(text) - 1; i++) {
		const char *version = counts[i].version;

		text_format(text + used, sizeof(text) - used, "%s%.*s on %zu", used > 0 ? ", " : "", (int)version_length(version), version, counts[i].nodes);
		used = strlen(text);
		if (counts[i].nodes == 1 && nodes->count > 1)
			text_format(text + used, sizeof(text) - used, " (%s)", counts[i].first);
		used = strlen(text);
	}
	component_set_text(world->chain, CHAIN_VERSIONS, text, at_us);
}

/* --- how it flows ----------------------------------------------------------------------- */

void chain_infer_period(struct world *world)
{
	if (!world->has_head)
		return;
	world->inferred_ms = window_period_ms(&world->window, world->head);
	world->inferred_timeout_ms = window_timeout_ms(&world->window, world->head, world->period_ms > 0 ? world->period_ms : world->inferred_ms);
}

static int64_t first_known(const int64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (numbers[i] > 0)
			return numbers[i];
	return 0;
}

/* P and T: the configuration, else node info, else the headers; T shows only where rounds
 * failed, and counts as equal to P until then. The empty-block period is not in node info, so
 * a rhythm much slower than the period counts as it. */
static void find_periods(struct world *world)
{
	const struct thresholds *t = &world->thresholds;
	const int64_t periods[] = {t->block_period_ms, world->info_period_ms, world->inferred_ms};
	int64_t inferred = world->inferred_ms, period = first_known(periods, ARRAY_LENGTH(periods));
	const int64_t timeouts[] = {t->request_timeout_ms, world->info_timeout_ms, world->inferred_timeout_ms, period};
	int64_t empty = t->empty_period_ms > 0 ? t->empty_period_ms : world->info_empty_ms;

	if (t->block_period_ms == 0 && empty == 0 && inferred > period + period / 2)
		empty = inferred;
	world->period_ms = period > empty || period == 0 ? period : empty;
	world->timeout_ms = first_known(timeouts, ARRAY_LENGTH(timeouts));
}

/* How old the head was then, by a clock that may differ from the network's: at least as
 * old as we saw it stand, and, when we saw it come, no older than our last look at the
 * block before it. */
static int64_t head_age_ms(const struct world *world, int64_t at_us)
{
	int64_t age_us = at_us - world->head_time_s * US_PER_S;

	if (world->head_before_us != 0 && age_us > at_us - world->head_before_us)
		age_us = at_us - world->head_before_us;
	if (age_us < at_us - world->head_first_us)
		age_us = at_us - world->head_first_us;
	return age_us / US_PER_MS;
}

/* Its age when a node last confirmed it: an attempt that hangs does not make the chain
 * look silent. */
static int64_t confirmed_age_ms(const struct world *world)
{
	return head_age_ms(world, world->head_confirmed_us);
}

/* Nodes may answer, and none of them what is asked for. */
static bool head_is_hidden(const struct world *world, int64_t now_us)
{
	return world->has_head && node_kept_head(world, world->head_node, now_us - world->head_confirmed_us);
}

static enum flow find_flow(const struct world *world, int64_t now_us)
{
	size_t nodes = world->lists[KIND_NODE].count;
	int64_t age_ms = confirmed_age_ms(world);
	int64_t watched_ms = (world->head_confirmed_us - world->head_first_us) / US_PER_MS;

	if (nodes > 0 && (world->lost + world->unsampled == nodes || head_is_hidden(world, now_us)))
		return FLOW_HIDDEN;
	if (company_is_parted(world, now_us))
		return FLOW_HIDDEN;
	/* Failing or parting, but not for sure yet: what was known stands. */
	if (world->answering == 0 || world->rival != NULL)
		return world->flow;
	if (!world->has_head || world->period_ms == 0)
		return FLOW_UNKNOWN;
	if (age_ms <= world->period_ms + world->timeout_ms)
		return FLOW_MOVING;
	/* Old by its timestamp alone may be a clock that differs: only a block that fails
	 * to come while we watch is silence. */
	if (watched_ms <= world->period_ms + ON_TIME_SLACK_MS)
		return world->head_advanced ? FLOW_MOVING : FLOW_UNKNOWN;
	return age_ms > stall_bound_ms(&world->thresholds, world->period_ms, world->timeout_ms) ? FLOW_HALTED : FLOW_SILENT;
}

static void show_rounds(struct world *world, int64_t age_ms, int64_t now_us)
{
	struct component *c = world->chain;
	const struct window_header *header = window_at(&world->window, world->head);
	bool silent = world->flow == FLOW_SILENT || world->flow == FLOW_HALTED;

	if (!consensus_def(world->consensus)->rounds || header == NULL || world->flow == FLOW_HIDDEN) {
		component_unset(c, CHAIN_ROUND);
		component_unset(c, CHAIN_NEXT_ROUND_MS);
		return;
	}
	component_set_number(c, CHAIN_ROUND, silent ? (int64_t)qbft_round_estimate(age_ms, world->period_ms, world->timeout_ms) : (int64_t)header->round, now_us);
	if (silent)
		component_set_number(c, CHAIN_NEXT_ROUND_MS, qbft_next_round_ms(age_ms, world->period_ms, world->timeout_ms), now_us);
	else
		component_unset(c, CHAIN_NEXT_ROUND_MS);
}

static void set_known(struct component *c, int index, int64_t number, int64_t at_us)
{
	if (number > 0)
		component_set_number(c, index, number, at_us);
	else
		component_unset(c, index);
}

static enum reach worst_reach(const struct world *world)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];
	enum reach reach = REACH_UNKNOWN;

	if (world->answering > 0)
		return REACH_OK;
	for (size_t i = 0; i < nodes->count; i++) {
		if (nodes->items[i]->reach == REACH_REFUSING)
			return REACH_REFUSING;
		if (nodes->items[i]->reach == REACH_UNREACHABLE)
			reach = REACH_UNREACHABLE;
	}
	return reach;
}

void chain_follow(struct world *world, int64_t now_us)
{
	struct component *c = world->chain;
	int64_t age_ms = now_us / US_PER_MS - world->head_time_s * 1000;

	find_periods(world);
	world->flow = find_flow(world, now_us);
	c->reach = worst_reach(world);
	c->tried_us = now_us;
	if (world->answering > 0 && world->has_head)
		c->seen_us = world->head_confirmed_us;
	set_known(c, CHAIN_BLOCK_PERIOD_MS, world->period_ms, now_us);
	set_known(c, CHAIN_REQUEST_TIMEOUT_MS, consensus_def(world->consensus)->rounds ? world->timeout_ms : 0, now_us);
	set_known(c, CHAIN_CHAIN_ID, (int64_t)world->chain_id, now_us);
	if (world->has_head)
		component_set_text(c, CHAIN_CONSENSUS, consensus_def(world->consensus)->name, now_us);
	if (!world->has_head)
		return;
	/* A block of the future has no age: the clocks disagree. */
	if (age_ms < -world->thresholds.skew_warn_ms)
		component_unset(c, CHAIN_HEAD_AGE_MS);
	else
		component_set_number(c, CHAIN_HEAD_AGE_MS, age_ms > 0 ? age_ms : 0, world->head_confirmed_us);
	show_rounds(world, head_age_ms(world, now_us), now_us);
}

/* --- health ------------------------------------------------------------------------------ */

/* Who is left to make blocks. */
struct muster {
	unsigned alive, together; /* together: those of them that see one another */
	int64_t since_us;         /* when the last of the lost was lost */
};

/* Counts who is alive and shows the arithmetic of the quorum. False when too little is
 * known for a number. */
static bool count_alive(struct world *world, struct muster *out, int64_t now_us)
{
	const struct component_list *list = &world->lists[KIND_VALIDATOR];
	struct component *c = world->chain;
	unsigned known = 0, members = 0;

	*out = (struct muster){0};
	for (size_t i = 0; i < list->count; i++) {
		const struct component *v = list->items[i];

		if (!validator_detail(v)->member)
			continue;
		members++;
		if (v->health == HEALTH_UNKNOWN || v->health == HEALTH_STALE)
			continue;
		known++;
		if (validator_alive(v))
			out->alive++;
		else if (v->since_us > out->since_us)
			out->since_us = v->since_us;
	}
	/* On a halt nobody who keeps silent can be counted in; while blocks come, one whose
	 * turn was not seen yet makes the number unknown. */
	if (members == 0 || known == 0 || (known < members && world->flow != FLOW_HALTED) || world->flow == FLOW_HIDDEN) {
		component_unset(c, CHAIN_ALIVE);
		component_unset(c, CHAIN_CAN_LOSE);
		return false;
	}
	out->together = partition_together(world);
	component_set_number(c, CHAIN_ALIVE, out->alive, now_us);
	component_set_number(c, CHAIN_CAN_LOSE, (int64_t)out->together - (int64_t)consensus_quorum(world->consensus, members), now_us);
	return true;
}

static void show_quorum(struct world *world, int64_t now_us)
{
	struct component *c = world->chain;
	unsigned n = world->set == NULL ? 0 : (unsigned)world->set->count;

	if (n == 0) {
		component_unset(c, CHAIN_VALIDATORS);
		component_unset(c, CHAIN_QUORUM);
		component_unset(c, CHAIN_F);
		return;
	}
	component_set_number(c, CHAIN_VALIDATORS, n, now_us);
	component_set_number(c, CHAIN_QUORUM, consensus_quorum(world->consensus, n), now_us);
	component_set_number(c, CHAIN_F, consensus_byzantine(world->consensus, n), now_us);
}

/* When the last node that could be seen was lost, and why it was. */
static struct finding nodes_lost_finding(const struct world *world)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];
	struct finding finding = {.certain = true};
	const char *why = "";

	for (size_t i = 0; i < nodes->count; i++) {
		const struct node_detail *detail = node_detail(nodes->items[i]);
		int64_t since_us = detail->lost ? detail->failing_since_us : nodes->items[i]->tried_us;

		if (since_us >= finding.since_us) {
			finding.since_us = since_us;
			why = detail->lost ? detail->why : why;
		}
	}
	if (world->lost > 0)
		finding.verdict = verdict_make(HEALTH_UNKNOWN, SYMPTOM_INVISIBLE, "no node can be reached: %s", why);
	else
		finding.verdict = verdict_make(world->has_head ? HEALTH_STALE : HEALTH_UNKNOWN, SYMPTOM_UNSAMPLED, "no node was asked lately");
	return finding;
}

static struct finding hidden_finding(const struct world *world, int64_t now_us)
{
	struct finding finding = {.certain = true, .since_us = world->head_confirmed_us};
	char since[DURATION_TEXT];

	if (world->lost + world->unsampled == world->lists[KIND_NODE].count)
		return nodes_lost_finding(world);
	if (world->rival != NULL) {
		finding.since_us = world->rival_since_us;
		finding.verdict = company_judge_chain(world);
		return finding;
	}
	finding.verdict = verdict_make(HEALTH_UNKNOWN, SYMPTOM_INVISIBLE, "no node has told the newest block for %s",
				       duration_human(since, now_us - world->head_confirmed_us));
	return finding;
}

/* Blocks come, and yet the clock says otherwise. */
static struct verdict judge_clock(const struct world *world)
{
	int64_t age_ms = world->head_confirmed_us / US_PER_MS - world->head_time_s * 1000;
	char by[DURATION_TEXT];

	if (world->clocks_ms != 0)
		return verdict_make(HEALTH_WARNING, SYMPTOM_SKEW, "this machine's clock is %s %s most nodes': ages are off by as much (put it right: timedatectl set-ntp true)",
				    duration_human(by, (world->clocks_ms < 0 ? -world->clocks_ms : world->clocks_ms) * US_PER_MS), world->clocks_ms < 0 ? "ahead of" : "behind");
	if (age_ms < -world->thresholds.skew_warn_ms)
		return verdict_make(HEALTH_WARNING, SYMPTOM_SKEW, "the newest block is %s in the future: clocks disagree, its age is not known",
				    duration_human(by, -age_ms * US_PER_MS));
	if (age_ms > stall_bound_ms(&world->thresholds, world->period_ms, world->timeout_ms))
		return verdict_make(HEALTH_WARNING, SYMPTOM_SKEW, "blocks come, but the newest is %s old: clocks disagree, or the nodes are catching up",
				    duration_human(by, age_ms * US_PER_MS));
	return verdict_make(HEALTH_OK, SYMPTOM_NONE, "in step");
}

/* A first look: blocks come, and the headers that tell who is alive still arrive. */
static bool awaits_validators(const struct world *world, int64_t now_us)
{
	const struct chain_detail *detail = world->chain->detail;

	return consensus_def(world->consensus)->makers && !detail->settling.judged && component_value(world->chain, CHAIN_ALIVE) == NULL &&
		now_us - world->first_head_us <= HEADERS_PATIENCE_US;
}

/* A chain of which a node answers and a head is known. */
static struct finding flowing_finding(struct world *world, int64_t now_us)
{
	struct finding finding = {0};
	int64_t age_ms = confirmed_age_ms(world);
	struct muster muster;
	bool counted = count_alive(world, &muster, now_us);
	struct finding lost = past_judge_chain(world);
	struct verdict verdict;

	finding.verdict = judge_chain_age(&world->thresholds, world->flow == FLOW_MOVING ? 0 : age_ms, world->period_ms, world->timeout_ms);
	if (finding.verdict.health != HEALTH_OK) {
		/* It began when the next block was due, by our clock. */
		finding.since_us = world->head_confirmed_us - (age_ms - world->period_ms) * US_PER_MS;
		finding.certain = finding.verdict.health == HEALTH_CRITICAL;
	} else if (!consensus_def(world->consensus)->makers) {
		char period[DURATION_TEXT];

		finding.verdict = verdict_make(HEALTH_OK, SYMPTOM_NONE, "blocks come every %s; without QBFT headers validators, quorum and rounds are not known",
					       duration_human(period, world->period_ms * US_PER_MS));
	}
	/* Two chains explain a halt better than a halt explains two chains. */
	verdict = fork_judge_chain(world);
	if (verdict.health != HEALTH_OK)
		return (struct finding){.verdict = verdict, .certain = true};
	/* What was lost stays lost while blocks come; that none come is news of its own. */
	if (lost.verdict.health != HEALTH_OK && finding.verdict.symptom != SYMPTOM_STALLED)
		return lost;
	if (counted && world->flow != FLOW_HALTED) {
		verdict = judge_quorum((unsigned)world->set->count, muster.alive, muster.together, consensus_quorum(world->consensus, (unsigned)world->set->count));
		/* Who sees whom changes while nodes start; who lost its turns lost them. */
		if (health_rank(verdict.health) > health_rank(finding.verdict.health))
			finding = (struct finding){.verdict = verdict, .since_us = muster.since_us, .certain = muster.together == muster.alive};
	}
	verdict = partition_judge_chain(world);
	if (health_rank(verdict.health) > health_rank(finding.verdict.health))
		finding = (struct finding){.verdict = verdict};
	verdict = judge_clock(world);
	if (health_rank(verdict.health) > health_rank(finding.verdict.health))
		finding = (struct finding){.verdict = verdict};
	return finding;
}

/* Before the first judgement the reason says what is known so far. */
static void await_more(struct world *world)
{
	const struct chain_detail *detail = world->chain->detail;

	if (!detail->settling.judged)
		text_format(world->chain->reason, sizeof(world->chain->reason), "block %llu is the newest seen; whether more come shows in a moment", (unsigned long long)world->head);
}

void chain_judge(struct world *world, int64_t now_us)
{
	struct finding finding;
	struct muster muster;

	show_quorum(world, now_us);
	if (world->flow == FLOW_HIDDEN) {
		count_alive(world, &muster, now_us);
		finding = hidden_finding(world, now_us);
	} else if (world->answering == 0) {
		return;
	} else if (!world->has_head) {
		finding = (struct finding){.verdict = verdict_make(HEALTH_UNKNOWN, SYMPTOM_NONE, "no node told its newest block yet")};
	} else if (world->loss.stands && (world->period_ms == 0 || world->flow == FLOW_UNKNOWN)) {
		finding = past_judge_chain(world);
	} else if (world->period_ms == 0) {
		finding = (struct finding){.verdict = verdict_make(HEALTH_UNKNOWN, SYMPTOM_NONE, "the block period is not known yet: too few blocks (or set block_period_ms)")};
	} else if (world->flow == FLOW_UNKNOWN) {
		await_more(world);
		return;
	} else {
		finding = flowing_finding(world, now_us);
		if (world->flow == FLOW_MOVING && awaits_validators(world, now_us)) {
			await_more(world);
			return;
		}
	}
	component_settle(world, world->chain, &finding, now_us);
}
