/* Nodes: taking a sample in, and judging what the node itself shows. */
#include "world/private.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum {
	FAILURES_LOST = 2,   /* one failed attempt is no outage */
	RPC_SAMPLES_MIN = 5, /* answers before their times are judged */
	ERRORS_MIN = 2,      /* failures before their share is */
	STALE_POLLS = 3,     /* missed polls before a node counts as not sampled */
};

/* A node that syncs and shows no new block for so long is stuck. */
#define SYNC_PATIENCE_US US_PER_MINUTE

/* --- taking a sample in ------------------------------------------------------------- */

/* The world counts nodes by these marks, so that no sample needs a walk over all. */
static void mark(bool *is, bool now, size_t *count)
{
	if (*is == now)
		return;
	*is = now;
	*count = now ? *count + 1 : *count - 1;
}

static void take_chain_id(struct world *world, struct component *c, const struct node_sample *sample)
{
	struct node_detail *detail = node_detail(c);

	if (sample->reach != REACH_OK || !(sample->has & SAMPLE_CHAIN_ID))
		return;
	component_set_number(c, NODE_CHAIN_ID, (int64_t)sample->chain_id, sample->at_us);
	detail->chain_id = sample->chain_id;
	if (world->chain_id == 0) {
		world->chain_id = sample->chain_id;
		text_format(world->chain->id, sizeof(world->chain->id), "chain/%llu", (unsigned long long)sample->chain_id);
		lookup_put(&world->lookup, world->chain->id, world->chain);
	}
	detail->wrong_chain = sample->chain_id != world->chain_id;
}

/* What the attempt amounts to: a node of another chain, or one that cannot tell its
 * head, refuses as far as we are concerned. */
static enum reach sample_reach(const struct world *world, const struct node_detail *detail, const struct node_sample *sample, char *why, size_t size)
{
	text_clean(why, size, sample->why, strlen(sample->why));
	if (sample->reach != REACH_OK)
		return sample->reach;
	if (detail->wrong_chain) {
		text_format(why, size, "wrong chain: %llu, expected %llu", (unsigned long long)detail->chain_id, (unsigned long long)world->chain_id);
		return REACH_REFUSING;
	}
	if (sample->method_errors) {
		if (why[0] == '\0')
			text_format(why, size, "it answers, but not what its newest block is");
		return REACH_REFUSING;
	}
	return REACH_OK;
}

static void take_failure(struct node_detail *detail, int64_t at_us)
{
	if (detail->failures++ == 0)
		detail->failing_since_us = at_us;
}

/* Calls that are asked one by one come as samples of their own: that others succeed does
 * not make up for the newest block, which the node still cannot tell. */
static bool is_beside_the_head(const struct node_detail *detail, const struct node_sample *sample)
{
	return detail->no_head && !(sample->has & SAMPLE_HEAD);
}

static void take_answer(struct component *c, const struct node_sample *sample)
{
	struct node_detail *detail = node_detail(c);

	detail->no_head = false;
	if (detail->lost)
		detail->errors_from_us = sample->at_us;
	detail->failures = 0;
	detail->failing_since_us = 0;
	detail->answers_seen++;
	detail->skew_ms = sample->clock_skew_us / US_PER_MS;
	c->seen_us = sample->at_us;
	component_set_number(c, NODE_RPC_MS, sample->rpc_us / US_PER_MS, sample->at_us);
	component_set_number(c, NODE_CLOCK_SKEW_MS, detail->skew_ms, sample->at_us);
}

static void take_key(struct world *world, struct component *c, const struct address *address)
{
	char key[4 + ADDRESS_TEXT], text[ADDRESS_TEXT];
	struct component *validator;

	text_format(key, sizeof(key), "key/%s", address_text(text, address));
	lookup_put(&world->lookup, key, c);
	node_detail(c)->has_key = true;
	validator = validator_by_address(world, address);
	if (validator != NULL && node_detail(c)->partner != validator)
		validator_join(world, validator, c);
}

bool world_tell_key(struct world *world, const char *node, const struct address *address)
{
	char id[sizeof(((struct component *)0)->id)];
	struct component *c = lookup_get(&world->lookup, text_format(id, sizeof(id), "node/%s", node));

	if (c == NULL)
		return false;
	take_key(world, c, address);
	return true;
}

static void take_periods(struct world *world, const struct node_sample *sample)
{
	if (sample->block_period_ms > 0)
		world->info_period_ms = sample->block_period_ms;
	if (sample->request_timeout_ms > 0)
		world->info_timeout_ms = sample->request_timeout_ms;
	if (sample->empty_period_ms > 0)
		world->info_empty_ms = sample->empty_period_ms;
}

static void take_votes(struct world *world, struct component *c, const struct node_sample *sample)
{
	struct node_detail *detail = node_detail(c);

	if (sample->vote_count == 0 && detail->vote_count == 0)
		return;
	free(detail->votes);
	detail->votes = NULL;
	detail->vote_count = sample->vote_count;
	if (sample->vote_count > 0) {
		detail->votes = xcalloc(sample->vote_count, sizeof(*detail->votes));
		memcpy(detail->votes, sample->votes, sample->vote_count * sizeof(*detail->votes));
	}
	validators_show_votes(world, sample->at_us);
}

static void take_signers(struct world *world, const struct node_sample *sample)
{
	for (size_t i = 0; i < sample->signer_count; i++) {
		struct component *c = validator_by_address(world, &sample->signers[i].address);
		struct validator_detail *detail;

		if (c == NULL)
			continue;
		detail = validator_detail(c);
		detail->has_metric = true;
		detail->metric_proposed = sample->signers[i].proposed;
		detail->metric_last = sample->signers[i].last_proposed;
	}
}

static void take_version(struct world *world, struct component *c, const struct node_sample *sample)
{
	const char *before = component_text(c, NODE_VERSION);

	world->versions_changed |= before == NULL || strcmp(before, sample->version) != 0;
	component_set_text(c, NODE_VERSION, sample->version, sample->at_us);
}

/* Small facts that need no thought. */
static void take_values(struct world *world, struct component *c, const struct node_sample *sample)
{
	struct node_detail *detail = node_detail(c);

	if (sample->has & SAMPLE_PEERS)
		component_set_number(c, NODE_PEERS, (int64_t)sample->peers, sample->at_us);
	if (sample->has & SAMPLE_POOL)
		component_set_number(c, NODE_POOL, (int64_t)sample->pool, sample->at_us);
	if (sample->has & SAMPLE_VERSION)
		take_version(world, c, sample);
	if (sample->has & SAMPLE_METHODS)
		component_set_text(c, NODE_METHODS, sample->methods, sample->at_us);
	if (sample->has & SAMPLE_SYNCING) {
		detail->syncing = sample->syncing;
		detail->sync_target = sample->sync_target;
		component_set_flag(c, NODE_SYNCING, sample->syncing, sample->at_us);
	}
}

/* Puts the headers of the window's own chain into it. True when one was new. */
static bool take_headers(struct world *world, struct component *c, const struct node_sample *sample)
{
	bool news = false;

	for (size_t i = 0; i < sample->header_count; i++) {
		const struct header *header = &sample->headers[i];

		if (!fork_take_header(world, c, header) || !window_add(&world->window, header, world->set))
			continue;
		news = true;
		/* The first to tell it has it too; what stands on nothing known says less. */
		if (window_at(&world->window, header->number - 1) != NULL)
			node_detail(c)->agreed = header->number;
	}
	return news;
}

/* The validators as of the newest block. */
static void take_set(struct world *world, const struct header *head, const struct node_sample *sample)
{
	if (world->has_head && head->number < world->head)
		return;
	if (head->validator_count > 0)
		validators_take_set(world, head->validators, head->validator_count, sample->at_us);
	else if ((sample->has & SAMPLE_VALIDATORS) && sample->validator_count > 0)
		validators_take_set(world, sample->validators, sample->validator_count, sample->at_us);
}

/* How often the node tells its head: the longest pause of late, for a look may ask twice. */
static void take_pause(struct component *c, int64_t at_us)
{
	const struct value *before = component_value(c, NODE_HEAD);
	struct node_detail *detail = node_detail(c);
	int64_t pause_us = before == NULL ? 0 : at_us - before->at_us;

	detail->head_pause_us = pause_us > detail->head_pause_us / 2 ? pause_us : detail->head_pause_us / 2;
}

static void show_head(const struct world *world, struct component *c, const struct header *head, int64_t at_us)
{
	char hash[HASH_TEXT];

	component_set_number(c, NODE_HEAD, (int64_t)head->number, at_us);
	component_set_text(c, NODE_HEAD_HASH, hex_text(hash, sizeof(hash), head->hash.bytes, sizeof(head->hash.bytes), true), at_us);
	component_set_number(c, NODE_LAG, world->head > head->number ? (int64_t)(world->head - head->number) : 0, at_us);
}

static bool take_head(struct world *world, struct component *c, const struct node_sample *sample)
{
	struct node_detail *detail = node_detail(c);
	const struct header *head;
	bool news;

	if (!(sample->has & SAMPLE_HEAD) || sample->header_count == 0)
		return false;
	head = &sample->headers[sample->header_count - 1];
	if (c == world->head_node && (head->number < world->head || (head->number == world->head && !hash_equal(&head->hash, &world->head_hash))))
		world->head_dirty = true;
	if (!detail->has_head || head->number > detail->head)
		detail->moved_us = sample->at_us;
	detail->has_head = true;
	detail->head = head->number;
	detail->head_hash = head->hash;
	detail->head_time_s = head->timestamp_s;
	take_pause(c, sample->at_us);
	if (company_is_left(world, c, sample) != detail->apart || world->rival != NULL)
		chain_choose_head(world, sample->at_us);
	show_head(world, c, head, sample->at_us);
	if (detail->apart)
		return false;
	if (head->consensus != CONSENSUS_UNKNOWN)
		world->consensus = head->consensus;
	if (!detail->forked)
		take_set(world, head, sample);
	news = take_headers(world, c, sample);
	if (fork_follow(world, c))
		news = take_headers(world, c, sample) || news;
	past_take(world, c, sample);
	if (!fork_counts(world, c))
		chain_offer_head(world, c, head, sample->at_us);
	return news;
}

bool node_take(struct world *world, struct component *c, const struct node_sample *sample)
{
	struct node_detail *detail = node_detail(c);
	char why[sizeof(detail->why)];
	bool answered_before = detail->answers, news = false;

	detail->interval_us = c->tried_us == 0 ? 0 : sample->at_us - c->tried_us;
	c->tried_us = sample->at_us;
	take_chain_id(world, c, sample);
	c->reach = sample_reach(world, detail, sample, why, sizeof(why));
	if (c->reach == REACH_OK && is_beside_the_head(detail, sample)) {
		c->reach = REACH_REFUSING;
		take_values(world, c, sample);
		return false;
	}
	memcpy(detail->why, why, sizeof(why));
	detail->no_head |= sample->method_errors;
	if (c->reach != REACH_OK) {
		take_failure(detail, sample->at_us);
		/* Whom it sees when it is back is to be told anew. */
		detail->has_peers = false;
	} else {
		take_answer(c, sample);
		take_values(world, c, sample);
		if ((sample->has & SAMPLE_PERIODS) && !detail->apart)
			take_periods(world, sample);
		news = take_head(world, c, sample);
		if (sample->has & SAMPLE_NODE_KEY)
			take_key(world, c, &sample->node_key);
		if (sample->has & SAMPLE_OWN_KEY) {
			world->peers_changed |= !detail->has_own_key || memcmp(&detail->own_key, &sample->own_key, sizeof(detail->own_key)) != 0;
			detail->own_key = sample->own_key;
			detail->has_own_key = true;
		}
		if (sample->has & SAMPLE_PEER_KEYS)
			partition_take_peers(world, c, sample);
		if ((sample->has & SAMPLE_FINALIZED) && !detail->apart)
			chain_take_finalized(world, sample->finalized, sample->at_us);
		if (sample->has & SAMPLE_SIGNERS)
			take_signers(world, sample);
		if (sample->has & SAMPLE_VOTES)
			take_votes(world, c, sample);
	}
	trail_add(&c->trail, sample->at_us, c->reach == REACH_OK ? sample->rpc_us / US_PER_MS : -1, c->health);
	world->peers_changed |= answered_before != (c->reach == REACH_OK);
	mark(&detail->answers, c->reach == REACH_OK, &world->answering);
	mark(&detail->unsampled, false, &world->unsampled);
	return news || answered_before != detail->answers;
}

/* --- judging ------------------------------------------------------------------------- */

/* Answer times and failures of the last minute, from the trail. */
static struct verdict judge_answers(const struct world *world, struct component *c, int64_t now_us)
{
	const struct node_detail *detail = node_detail(c);
	int64_t times[TRAIL_LENGTH], p95_ms = -1, percent;
	size_t answers = 0, failures = 0;

	for (size_t i = 0; i < c->trail.count; i++) {
		const struct trail_point *point = trail_at(&c->trail, i);

		if (point->at_us < now_us - US_PER_MINUTE || point->at_us < detail->errors_from_us)
			continue;
		if (point->number >= 0)
			times[answers++] = point->number;
		else
			failures++;
	}
	/* Rounded down: among few answers the single slowest does not decide. */
	if (answers >= RPC_SAMPLES_MIN) {
		qsort(times, answers, sizeof(times[0]), number_compare);
		p95_ms = times[(answers - 1) * 95 / 100];
	}
	if (answers + failures == 0)
		return judge_rpc(&world->thresholds, -1, 0);
	percent = (int64_t)(failures * 100 / (answers + failures));
	component_set_number(c, NODE_ERROR_PERCENT, percent, now_us);
	return judge_rpc(&world->thresholds, p95_ms, failures >= ERRORS_MIN ? percent : 0);
}

/* A validator needs enough peers to help reach a quorum (protocol reference 1.5.6);
 * a network of one node has none and needs none. */
static struct verdict judge_peers(const struct world *world, const struct component *c)
{
	bool alone = consensus_def(world->consensus)->makers ? world->set == NULL || world->set->count <= 1 : world->lists[KIND_NODE].count <= 1;
	int64_t peers, quorum = 0, needed = world->thresholds.peers_warn;

	if (alone || !component_number(c, NODE_PEERS, &peers))
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "in step");
	if (node_detail(c)->partner != NULL && world->set != NULL)
		quorum = consensus_quorum(world->consensus, (unsigned)world->set->count);
	if (needed < quorum - 1)
		needed = quorum - 1;
	if (peers < needed)
		return verdict_make(HEALTH_WARNING, SYMPTOM_PEERS, "%lld of at least %lld peers", (long long)peers, (long long)needed);
	return verdict_make(HEALTH_OK, SYMPTOM_NONE, "in step");
}

static bool is_beyond(int64_t skew_ms, int64_t limit_ms)
{
	return skew_ms > limit_ms || skew_ms < -limit_ms;
}

/* When most nodes differ from us by the same, it is this machine's clock and none of theirs. */
void nodes_compare_clocks(struct world *world)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];
	int64_t limit_ms = world->thresholds.skew_warn_ms, middle_ms, *skews;
	size_t count = 0, beyond = 0;

	for (size_t i = 0; i < nodes->count; i++)
		beyond += node_detail(nodes->items[i])->answers && is_beyond(node_detail(nodes->items[i])->skew_ms, limit_ms);
	world->clocks_ms = 0;
	if (2 * beyond <= world->answering)
		return;
	skews = xcalloc(nodes->count, sizeof(*skews));
	for (size_t i = 0; i < nodes->count; i++)
		if (node_detail(nodes->items[i])->answers)
			skews[count++] = node_detail(nodes->items[i])->skew_ms;
	if (judge_clocks(skews, count, limit_ms, &middle_ms) && is_beyond(middle_ms, limit_ms))
		world->clocks_ms = middle_ms;
	free(skews);
}

static struct verdict judge_skew(const struct world *world, const struct node_detail *detail)
{
	int64_t skew_ms = detail->skew_ms - world->clocks_ms;
	char by[DURATION_TEXT];

	if (!is_beyond(skew_ms, world->thresholds.skew_warn_ms))
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "in step");
	duration_human(by, (skew_ms < 0 ? -skew_ms : skew_ms) * US_PER_MS);
	return verdict_make(HEALTH_WARNING, SYMPTOM_SKEW, "its clock is %s %s: ages are off by as much", by,
			    world->clocks_ms != 0 ? (skew_ms > 0 ? "ahead of most nodes'" : "behind most nodes'") : skew_ms > 0 ? "ahead of ours"
																: "behind ours");
}

static struct verdict judge_sync(const struct node_detail *detail)
{
	if (!detail->syncing)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "in step");
	if (detail->sync_target > 0)
		return verdict_make(HEALTH_WARNING, SYMPTOM_SYNCING, "syncing: %llu of %llu", (unsigned long long)detail->head, (unsigned long long)detail->sync_target);
	return verdict_make(HEALTH_WARNING, SYMPTOM_SYNCING, "syncing");
}

static bool is_catching_up(const struct node_detail *detail, int64_t now_us)
{
	return detail->syncing && now_us - detail->moved_us < SYNC_PATIENCE_US;
}

/* A node that answers. */
static struct verdict judge_answering(const struct world *world, struct component *c, int64_t now_us)
{
	const struct node_detail *detail = node_detail(c);
	int64_t lag = 0;
	struct verdict verdict = fork_judge_node(world, c);

	/* A node that is filling up says how far behind it is; it is sick only when it does not
	 * get on. */
	if (is_catching_up(detail, now_us))
		verdict = verdict_worse(verdict, judge_sync(detail));
	else if (component_number(c, NODE_LAG, &lag))
		verdict = verdict_worse(verdict, judge_lag(&world->thresholds, lag, world->period_ms));
	verdict = verdict_worse(verdict, company_judge_node(world, c));
	verdict = verdict_worse(verdict, judge_sync(detail));
	verdict = verdict_worse(verdict, partition_judge_node(world, c));
	verdict = verdict_worse(verdict, judge_peers(world, c));
	verdict = verdict_worse(verdict, judge_answers(world, c, now_us));
	return verdict_worse(verdict, judge_skew(world, detail));
}

static void show_head_age(const struct world *world, struct component *c, int64_t now_us)
{
	const struct node_detail *detail = node_detail(c);
	int64_t age_ms = now_us / US_PER_MS - detail->head_time_s * 1000;

	/* A block of the future has no age: the clocks disagree. */
	if (!detail->has_head || age_ms < -world->thresholds.skew_warn_ms)
		component_unset(c, NODE_HEAD_AGE_MS);
	else
		component_set_number(c, NODE_HEAD_AGE_MS, age_ms > 0 ? age_ms : 0, c->seen_us);
}

static void judge_failing(struct world *world, struct component *c, int64_t now_us)
{
	struct node_detail *detail = node_detail(c);
	struct finding finding = {.since_us = detail->failing_since_us, .certain = true};
	bool was_lost = detail->lost;

	/* Until it is sure, what was shown before stays; `reach` tells of the attempt. Where
	 * nothing was shown before, the reason does. */
	if (detail->failures < FAILURES_LOST || now_us - detail->failing_since_us < world->thresholds.dwell_ms * US_PER_MS) {
		if (!detail->settling.judged)
			text_format(c->reason, sizeof(c->reason), "%s so far: %s", c->reach == REACH_UNREACHABLE ? "unreachable" : "refuses", detail->why);
		return;
	}
	mark(&detail->lost, true, &world->lost);
	if (!was_lost && c == world->head_node)
		world->head_dirty = true;
	if (c->reach == REACH_UNREACHABLE)
		finding.verdict = verdict_make(HEALTH_CRITICAL, SYMPTOM_UNREACHABLE, "unreachable: %s", detail->why);
	else
		finding.verdict = verdict_make(HEALTH_CRITICAL, SYMPTOM_REFUSING, detail->wrong_chain ? "%s" : "refuses: %s", detail->why);
	component_settle(world, c, &finding, now_us);
}

/* For how long one that speaks so often may say nothing. */
static int64_t patience_us(const struct world *world, int64_t interval_us)
{
	int64_t limit = world->thresholds.stale_after_ms * US_PER_MS;

	return STALE_POLLS * interval_us > limit ? STALE_POLLS * interval_us : limit;
}

bool node_kept_head(const struct world *world, const struct component *c, int64_t silent_us)
{
	return silent_us > patience_us(world, node_detail(c)->head_pause_us);
}

static bool is_unsampled(const struct world *world, const struct component *c, int64_t now_us)
{
	return now_us - c->tried_us > patience_us(world, node_detail(c)->interval_us);
}

void node_judge(struct world *world, struct component *c, int64_t now_us)
{
	struct node_detail *detail = node_detail(c);
	struct finding finding = {0};
	char age[DURATION_TEXT];

	if (c->tried_us == 0)
		return;
	show_head_age(world, c, now_us);
	if (is_unsampled(world, c, now_us)) {
		world->head_dirty |= !detail->unsampled && c == world->head_node;
		mark(&detail->unsampled, true, &world->unsampled);
		mark(&detail->answers, false, &world->answering);
		mark(&detail->lost, false, &world->lost);
		duration_human(age, now_us - c->tried_us);
		finding.verdict = verdict_make(c->seen_us == 0 ? HEALTH_UNKNOWN : HEALTH_STALE, SYMPTOM_UNSAMPLED, "not asked for %s", age);
		finding.since_us = c->tried_us;
		finding.certain = true;
		component_settle(world, c, &finding, now_us);
		return;
	}
	if (detail->failures > 0) {
		judge_failing(world, c, now_us);
		return;
	}
	mark(&detail->lost, false, &world->lost);
	finding.verdict = judge_answering(world, c, now_us);
	/* A hash is no matter of samples, once it is known which is the others'. */
	finding.certain = finding.verdict.symptom == SYMPTOM_FORK && finding.verdict.health == HEALTH_CRITICAL;
	component_settle(world, c, &finding, now_us);
}
