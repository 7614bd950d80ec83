/* Validators: who is in the set, whose turns were taken and missed, and which of
 * them take part. */
#include "world/private.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum {
	COUNTED_BLOCKS = 100, /* turns and seals are told "of the last 100" */
	LATE_TURNS = 8,       /* a miss among so many last turns is a recent one */
	KEPT_MAX = 4 * HEADER_VALIDATORS_MAX,
};

/* --- who they are ------------------------------------------------------------------------ */

struct component *validator_by_address(const struct world *world, const struct address *address)
{
	char text[ADDRESS_TEXT];

	return lookup_get(&world->lookup, address_text(text, address));
}

void validator_join(struct world *world, struct component *validator, struct component *node)
{
	struct validator_detail *detail = validator_detail(validator);
	struct component *before = node_detail(node)->partner;

	/* A key belongs to one node; the latest word counts. */
	if (before != NULL && before != validator)
		validator_detail(before)->partner = NULL;
	if (detail->partner != NULL && detail->partner != node)
		node_detail(detail->partner)->partner = NULL;
	detail->partner = node;
	node_detail(node)->partner = validator;
	world->peers_changed = true;
	component_set_text(validator, VALIDATOR_NODE, node->name, world->chain->tried_us);
	if (!detail->named)
		text_format(validator->name, sizeof(validator->name), "%s", node->name);
}

struct component *validator_add(struct world *world, const char *name, const struct address *address)
{
	char id[sizeof(((struct component *)0)->id)], text[ADDRESS_TEXT], key[sizeof(id)], shown[sizeof(((struct component *)0)->name)];
	struct validator_detail *detail = xcalloc(1, sizeof(*detail));
	struct component *c, *node;

	address_text(text, address);
	text_format(id, sizeof(id), "validator/%s", name != NULL ? name : text);
	/* An address in full fills a pane; its ends tell it apart. */
	if (name != NULL)
		text_format(shown, sizeof(shown), "%s", name);
	else
		text_format(shown, sizeof(shown), "%.8s..%s", text, text + strlen(text) - 4);
	c = component_add(world, KIND_VALIDATOR, id, shown, "", detail);
	text_format(c->reason, sizeof(c->reason), "nothing was seen of it yet");
	detail->address = *address;
	detail->named = name != NULL;
	memset(detail->turn_text, '.', TURNS_SHOWN);
	component_set_text(c, VALIDATOR_ADDRESS, text, 0);
	lookup_put(&world->lookup, text, c);
	text_format(key, sizeof(key), "key/%s", text);
	node = lookup_get(&world->lookup, key);
	if (node == NULL && name != NULL) {
		text_format(key, sizeof(key), "node/%s", name);
		node = lookup_get(&world->lookup, key);
	}
	if (node != NULL)
		validator_join(world, c, node);
	return c;
}

struct component *world_add_validator(struct world *world, const char *name, const struct address *address)
{
	struct component *c = validator_by_address(world, address);

	return c != NULL ? c : validator_add(world, name, address);
}

static void validator_remove(struct world *world, struct component *c, int64_t at_us)
{
	const struct validator_detail *detail = validator_detail(c);
	char text[ADDRESS_TEXT];

	if (detail->partner != NULL)
		node_detail(detail->partner)->partner = NULL;
	world->peers_changed = true;
	lookup_drop(&world->lookup, address_text(text, &detail->address));
	world_remove(world, c, at_us, "it left the validator set long ago");
}

static bool is_in_window(const struct world *world, const struct address *address)
{
	const struct validator_set *before = NULL;

	for (size_t i = 0; i < WINDOW_HEADERS; i++) {
		const struct validator_set *set = world->window.headers[i].set;

		if (set != NULL && set != before && validator_set_find(set, address) != SIZE_MAX)
			return true;
		before = set;
	}
	return false;
}

/* Who is no member is kept while the recent headers name it; but a node may make up other
 * validators with each header, so the first of too many go all the same. */
static void forget_former(struct world *world, int64_t at_us)
{
	const struct component_list *list = &world->lists[KIND_VALIDATOR];

	for (size_t i = 0; i < list->count;) {
		struct component *c = list->items[i];
		const struct validator_detail *detail = validator_detail(c);

		if (!detail->named && detail->was_member && !detail->member && (list->count > KEPT_MAX || !is_in_window(world, &detail->address)))
			validator_remove(world, c, at_us);
		else
			i++;
	}
}

void validators_take_set(struct world *world, const struct address *addresses, size_t count, int64_t at_us)
{
	const struct component_list *list = &world->lists[KIND_VALIDATOR];

	if (count > HEADER_VALIDATORS_MAX)
		count = HEADER_VALIDATORS_MAX;
	if (world->set != NULL && validator_set_same(world->set, addresses, count))
		return;
	validator_set_unref(world->set);
	world->set = validator_set_new(addresses, count);
	world->peers_changed = true;
	for (size_t i = 0; i < list->count; i++)
		validator_detail(list->items[i])->member = false;
	for (size_t i = 0; i < count; i++) {
		struct component *c = validator_by_address(world, &world->set->addresses[i]);

		if (c == NULL)
			c = validator_add(world, NULL, &world->set->addresses[i]);
		validator_detail(c)->member = true;
		validator_detail(c)->was_member = true;
	}
	forget_former(world, at_us);
}

/* --- turns and seals ------------------------------------------------------------------------ */

/* The components of one set by position; headers in a row mostly share a set. */
struct members {
	const struct validator_set *set;
	struct component *items[HEADER_VALIDATORS_MAX];
};

static struct component *member_at(const struct world *world, struct members *members, const struct validator_set *set, size_t position)
{
	if (members->set != set) {
		members->set = set;
		for (size_t i = 0; i < set->count && i < HEADER_VALIDATORS_MAX; i++)
			members->items[i] = validator_by_address(world, &set->addresses[i]);
	}
	/* A set is never NULL (window.h). NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	return position < set->count ? members->items[position] : NULL;
}

static void start_count(struct component *c, unsigned validators)
{
	struct validator_detail *detail = validator_detail(c);

	detail->turns = (struct turns){.validators = validators};
	detail->sealed = detail->last_sealed = detail->last_missed = 0;
	detail->first_miss_us = detail->last_sign_us = 0;
	detail->turn_text_used = 0;
	memset(detail->turn_text, '.', TURNS_SHOWN);
}

/* Called from the newest header to the oldest. */
static void count_turn(struct component *c, const struct window_header *header, bool taken, bool late)
{
	struct validator_detail *detail = validator_detail(c);
	struct turns *turns = &detail->turns;
	int64_t time_us = header->timestamp_s * US_PER_S;

	if (detail->turn_text_used < TURNS_SHOWN)
		detail->turn_text[TURNS_SHOWN - ++detail->turn_text_used] = taken ? 'o' : 'x';
	if (taken) {
		if (turns->proposed++ == 0)
			turns->last_proposed = header->number;
		turns->late_proposed += late;
		if (time_us > detail->last_sign_us)
			detail->last_sign_us = time_us;
		return;
	}
	if (turns->proposed + turns->missed < LATE_TURNS)
		turns->missed_lately = true;
	if (turns->missed++ == 0)
		detail->last_missed = header->number;
	turns->late_missed += late;
	if (turns->proposed == 0) {
		turns->since_missed++;
		detail->first_miss_us = time_us;
	}
}

static void count_seals(const struct world *world, struct members *members, const struct window_header *header)
{
	int64_t time_us = header->timestamp_s * US_PER_S;

	for (size_t i = 0; i < header->set->count && i < HEADER_VALIDATORS_MAX; i++) {
		struct component *c;
		struct validator_detail *detail;

		if (!(header->sealers[i / 8] & (1u << (i % 8))))
			continue;
		c = member_at(world, members, header->set, i);
		if (c == NULL)
			continue;
		detail = validator_detail(c);
		if (detail->sealed++ == 0)
			detail->last_sealed = header->number;
		if (time_us > detail->last_sign_us)
			detail->last_sign_us = time_us;
	}
}

static void count_header(const struct world *world, struct members *members, const struct window_header *header, bool late)
{
	struct turn_list list;
	struct component *c;

	if (!window_turns(&world->window, header, world->set, &list))
		return;
	c = member_at(world, members, list.set, list.taken);
	if (c != NULL)
		count_turn(c, header, true, late);
	for (size_t i = 0; i < list.missed_count; i++) {
		c = member_at(world, members, list.set, list.missed[i]);
		if (c != NULL)
			count_turn(c, header, false, late);
	}
	count_seals(world, members, header);
}

static void show_counts(struct world *world, struct component *c, unsigned blocks, unsigned late_blocks, unsigned sealed_most, int64_t at_us)
{
	struct validator_detail *detail = validator_detail(c);
	uint64_t last = detail->turns.last_proposed;

	detail->turns.blocks = blocks;
	detail->turns.late_blocks = late_blocks;
	detail->turns.since_blocks = last > 0 ? (unsigned)(world->head - last) : blocks;
	detail->turns.sealed_since = detail->last_sealed > detail->last_missed;
	detail->turns.sealed_late = detail->last_sealed + (uint64_t)world->thresholds.offline_turns * detail->turns.validators > world->head;
	detail->turns.by_presence = consensus_def(world->consensus)->makers && !consensus_def(world->consensus)->rounds;
	detail->turns.sealed = (unsigned)detail->sealed;
	detail->turns.sealed_most = sealed_most;
	component_set_flag(c, VALIDATOR_MEMBER, detail->member, at_us);
	if (detail->has_metric && detail->metric_last > last)
		last = detail->metric_last;
	if (blocks == 0 && detail->has_metric)
		component_set_number(c, VALIDATOR_PROPOSED, (int64_t)detail->metric_proposed, at_us);
	if (last > 0)
		component_set_number(c, VALIDATOR_LAST_PROPOSED, (int64_t)last, at_us);
	text_format(c->source, sizeof(c->source), "%s", world->chain->source);
	if (blocks == 0 || !consensus_def(world->consensus)->makers)
		return;
	component_set_number(c, VALIDATOR_PROPOSED, detail->turns.proposed, at_us);
	component_set_number(c, VALIDATOR_MISSED_TURNS, detail->turns.missed, at_us);
	/* In clique making a block is all the sealing there is. */
	if (world->consensus != CONSENSUS_CLIQUE)
		component_set_number(c, VALIDATOR_SEALED, (int64_t)detail->sealed, at_us);
	component_set_number(c, VALIDATOR_WINDOW, blocks, at_us);
	component_set_text(c, VALIDATOR_TURNS, detail->turn_text, at_us);
	if (detail->last_sealed > 0)
		component_set_number(c, VALIDATOR_LAST_SEALED, (int64_t)detail->last_sealed, at_us);
}

/* Adds what is newer than the trails know to the trails of chain and validators. */
static void tell_trails(struct world *world)
{
	struct members members = {0};
	uint64_t from = world->head >= WINDOW_HEADERS ? world->head - WINDOW_HEADERS + 1 : 1;

	if (world->turns_told >= from)
		from = world->turns_told + 1;
	for (uint64_t number = from; number <= world->head; number++) {
		const struct window_header *header = window_at(&world->window, number);
		const struct window_header *parent = window_at(&world->window, number - 1);
		struct turn_list list;
		struct component *c;
		int64_t time_us;

		if (header == NULL)
			continue;
		time_us = header->timestamp_s * US_PER_S;
		if (parent != NULL)
			trail_add(&world->chain->trail, time_us, (header->timestamp_s - parent->timestamp_s) * 1000, world->chain->health);
		if (!window_turns(&world->window, header, world->set, &list))
			continue;
		for (size_t i = 0; i < list.missed_count; i++) {
			c = member_at(world, &members, list.set, list.missed[i]);
			if (c != NULL)
				trail_add(&c->trail, time_us, 0, c->health);
		}
		c = member_at(world, &members, list.set, list.taken);
		if (c != NULL)
			trail_add(&c->trail, time_us, 1, c->health);
	}
	world->turns_told = world->head;
}

void validators_count(struct world *world, int64_t at_us)
{
	const struct component_list *list = &world->lists[KIND_VALIDATOR];
	unsigned n = world->set == NULL ? 0 : (unsigned)world->set->count, blocks = 0, late_blocks = 0, sealed_most = 0;
	uint64_t late = (uint64_t)world->thresholds.offline_turns * n, reach;
	struct members members = {0};

	if (!world->has_head)
		return;
	forget_former(world, at_us);
	reach = late > COUNTED_BLOCKS ? late : COUNTED_BLOCKS;
	if (reach > WINDOW_HEADERS)
		reach = WINDOW_HEADERS;
	for (size_t i = 0; i < list->count; i++)
		start_count(list->items[i], n);
	for (uint64_t back = 0; back < reach && back < world->head; back++) {
		const struct window_header *header = window_at(&world->window, world->head - back);

		if (header == NULL)
			continue;
		blocks++;
		late_blocks += back < late;
		count_header(world, &members, header, back < late);
	}
	for (size_t i = 0; i < list->count; i++)
		if (validator_detail(list->items[i])->sealed > sealed_most)
			sealed_most = (unsigned)validator_detail(list->items[i])->sealed;
	for (size_t i = 0; i < list->count; i++)
		show_counts(world, list->items[i], blocks, late_blocks, sealed_most, at_us);
	tell_trails(world);
}

/* "add by besu-validator-0, drop by besu-validator-1": each node knows its own only. */
void validators_show_votes(struct world *world, int64_t at_us)
{
	const struct component_list *validators = &world->lists[KIND_VALIDATOR], *nodes = &world->lists[KIND_NODE];

	for (size_t i = 0; i < validators->count; i++)
		component_unset(validators->items[i], VALIDATOR_VOTES);
	for (size_t i = 0; i < nodes->count; i++) {
		const struct node_detail *detail = node_detail(nodes->items[i]);

		for (size_t k = 0; k < detail->vote_count; k++) {
			struct component *c = validator_by_address(world, &detail->votes[k].address);
			const char *before = c == NULL ? NULL : component_text(c, VALIDATOR_VOTES);
			char text[256];

			if (c == NULL)
				continue;
			text_format(text, sizeof(text), "%.180s%s%s by %s", before == NULL ? "" : before, before == NULL ? "" : ", ",
				    detail->votes[k].add ? "add" : "drop", nodes->items[i]->name);
			component_set_text(c, VALIDATOR_VOTES, text, at_us);
		}
	}
}

/* --- judging ---------------------------------------------------------------------------------- */

/* Its node is lost: it still takes part if it gave a sign well after that, and is
 * offline once its turn passed, or once the others sealed a round of turns without it. */
static struct finding judge_node_lost(const struct world *world, const struct component *c)
{
	const struct validator_detail *detail = validator_detail(c);
	const struct component *node = detail->partner;
	int64_t lost_us = node_detail(node)->failing_since_us;
	int64_t sign_us = detail->last_sign_us, grace_us = (world->period_ms + world->timeout_ms) * US_PER_MS;
	int64_t round_of_turns_us = (int64_t)world->set->count * world->period_ms * US_PER_MS;
	bool silent_since = sign_us < lost_us + US_PER_S;
	struct finding finding = {.certain = true, .since_us = lost_us};

	if (sign_us > lost_us + grace_us) {
		finding.verdict = judge_validator(&world->thresholds, &detail->turns);
		finding.since_us = 0;
		finding.certain = false;
		return finding;
	}
	if (silent_since && (detail->first_miss_us > lost_us || world->head_time_s * US_PER_S > lost_us + grace_us + round_of_turns_us)) {
		finding.verdict = verdict_make(HEALTH_CRITICAL, SYMPTOM_OFFLINE, "offline: no sign since block %llu, its node is %s",
					       (unsigned long long)(detail->turns.last_proposed > detail->last_sealed ? detail->turns.last_proposed : detail->last_sealed), node->reason);
		return finding;
	}
	finding.verdict = verdict_make(HEALTH_WARNING, SYMPTOM_NODE_LOST, "its node is %s; whether it takes part shows at its next turn", node->reason);
	return finding;
}

static struct finding judge_moving(const struct world *world, const struct component *c)
{
	const struct validator_detail *detail = validator_detail(c);
	struct finding finding = {.verdict = judge_validator(&world->thresholds, &detail->turns)};

	if (finding.verdict.symptom == SYMPTOM_OFFLINE) {
		finding.certain = true; /* it rests on a round of turns */
		finding.since_us = detail->first_miss_us;
		return finding;
	}
	if (detail->partner != NULL && node_detail(detail->partner)->lost)
		return judge_node_lost(world, c);
	if (finding.verdict.health == HEALTH_UNKNOWN && detail->partner != NULL && node_detail(detail->partner)->answers)
		finding.verdict = verdict_make(HEALTH_OK, SYMPTOM_NONE, "its node answers; no turn of it seen in %u blocks", detail->turns.blocks);
	return finding;
}

/* On a halt nobody proposes, so only what is known besides counts. */
static struct finding judge_halted(const struct world *world, const struct component *c)
{
	const struct validator_detail *detail = validator_detail(c);
	const struct component *node = detail->partner;
	struct finding finding = {.verdict = judge_validator(&world->thresholds, &detail->turns), .certain = true};
	uint64_t sign = detail->turns.last_proposed > detail->last_sealed ? detail->turns.last_proposed : detail->last_sealed;

	if (node != NULL && node_detail(node)->lost) {
		finding.verdict = verdict_make(HEALTH_CRITICAL, SYMPTOM_OFFLINE, "its node is %s", node->reason);
		finding.since_us = node_detail(node)->failing_since_us;
	} else if (node != NULL && node_detail(node)->answers) {
		finding.verdict = verdict_make(HEALTH_WARNING, SYMPTOM_WAITING, "waiting for quorum: its node answers, no block comes");
	} else if (finding.verdict.symptom == SYMPTOM_OFFLINE) {
		finding.since_us = detail->first_miss_us;
	} else if (sign > 0) {
		finding.verdict = verdict_make(HEALTH_STALE, SYMPTOM_WAITING, "the chain is halted, and its node is not known: last sign in block %llu", (unsigned long long)sign);
	} else {
		finding.verdict = verdict_make(HEALTH_UNKNOWN, SYMPTOM_WAITING, "the chain is halted, and its node is not known: no sign of it seen");
	}
	return finding;
}

static struct finding judge_hidden(const struct component *c)
{
	enum health health = c->seen_us > 0 || validator_detail(c)->turns.last_proposed > 0 ? HEALTH_STALE : HEALTH_UNKNOWN;

	return (struct finding){.verdict = verdict_make(health, SYMPTOM_INVISIBLE, "no node tells of it"), .certain = true};
}

/* No headers tell of turns: only its node can. */
static struct finding judge_plain(const struct component *c)
{
	const struct component *node = validator_detail(c)->partner;

	if (node != NULL && node_detail(node)->lost)
		return (struct finding){.verdict = verdict_make(HEALTH_CRITICAL, SYMPTOM_OFFLINE, "its node is %s", node->reason),
					.since_us = node_detail(node)->failing_since_us,
					.certain = true};
	return (struct finding){.verdict = verdict_make(HEALTH_UNKNOWN, SYMPTOM_NONE, "the headers are not of QBFT: its turns are not known")};
}

/* The headers of a first look arrive piece by piece, and not the newest first: who was
 * not judged yet waits until those that decide are there. */
static bool awaits_headers(const struct world *world, const struct component *c, int64_t now_us)
{
	const struct validator_detail *detail = validator_detail(c);
	uint64_t needed = (uint64_t)world->thresholds.offline_turns * detail->turns.validators;

	if (detail->settling.judged || now_us - world->first_head_us > HEADERS_PATIENCE_US)
		return false;
	return detail->turns.late_blocks < (needed < world->head ? needed : world->head);
}

/* False: nothing new can be said, what is shown stays. */
static bool find(const struct world *world, const struct component *c, int64_t now_us, struct finding *out)
{
	const struct validator_detail *detail = validator_detail(c);

	if (world->flow == FLOW_HIDDEN) {
		*out = judge_hidden(c);
		return true;
	}
	if (!world->has_head || world->answering == 0)
		return false;
	if (!consensus_def(world->consensus)->makers) {
		*out = judge_plain(c);
		return true;
	}
	if (!detail->member) {
		if (detail->was_member)
			*out = (struct finding){.verdict = verdict_make(HEALTH_WARNING, SYMPTOM_LEFT, "it was taken out of the validator set")};
		else
			*out = (struct finding){.verdict = verdict_make(HEALTH_UNKNOWN, SYMPTOM_LEFT, "it is not in the validator set of block %llu", (unsigned long long)world->head)};
		return true;
	}
	if (awaits_headers(world, c, now_us))
		return false;
	switch (world->flow) {
	case FLOW_MOVING:
		*out = judge_moving(world, c);
		return true;
	case FLOW_HALTED:
		*out = judge_halted(world, c);
		return true;
	case FLOW_SILENT:
		/* The next one may fail before the chain is halted: its endpoint is not all that is lost. */
		if (detail->partner == NULL || !node_detail(detail->partner)->lost || c->health == HEALTH_CRITICAL)
			return false;
		*out = judge_node_lost(world, c);
		return true;
	default:
		return false;
	}
}

bool validator_alive(const struct component *c)
{
	return validator_detail(c)->member && c->health != HEALTH_UNKNOWN && c->health != HEALTH_STALE && c->health != HEALTH_CRITICAL;
}

/* What is known of a validator is as old as the headers that tell of its turns, taken or
 * missed; on a halt they tell no more, and its node does. */
static void take_age(const struct world *world, struct component *c)
{
	const struct validator_detail *detail = validator_detail(c);
	const struct component *node = detail->partner;
	int64_t known_us = 0;

	if (!consensus_def(world->consensus)->makers || detail->turns.proposed + detail->turns.missed + detail->turns.sealed == 0)
		return;
	if (world->flow != FLOW_HALTED)
		known_us = world->head_confirmed_us;
	else if (node != NULL && node_detail(node)->answers)
		known_us = node->seen_us;
	if (known_us > c->seen_us)
		c->seen_us = known_us;
}

void validators_judge(struct world *world, int64_t now_us)
{
	const struct component_list *list = &world->lists[KIND_VALIDATOR];
	struct finding finding;

	for (size_t i = 0; i < list->count; i++) {
		struct component *c = list->items[i];
		const struct component *node = validator_detail(c)->partner;

		c->reach = node != NULL ? node->reach : world->chain->reach;
		c->tried_us = world->chain->tried_us;
		take_age(world, c);
		if (find(world, c, now_us, &finding))
			component_settle(world, c, &finding, now_us);
	}
}
