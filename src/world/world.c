/* The registry of components, the hysteresis, and the order in which a sample is
 * taken in and judged. */
#include "world/private.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Answers of each node before the header window counts as filled as far as it will. */
enum { SETTLED_ANSWERS = 3 };

/* A world's generations begin where no other's get to. */
enum { GENERATION_BITS = 40 };
static uint64_t worlds_made;

struct world *world_new(const char *network, uint64_t chain_id, const struct thresholds *thresholds)
{
	struct world *world = xcalloc(1, sizeof(*world));
	char id[sizeof(world->chain->id)], name[sizeof(world->chain->name)];

	world->generation = ++worlds_made << GENERATION_BITS;
	world->chain_id = chain_id;
	world->thresholds = *thresholds;
	if (chain_id != 0)
		text_format(id, sizeof(id), "chain/%llu", (unsigned long long)chain_id);
	else
		text_format(id, sizeof(id), "chain/unknown");
	if (network != NULL && network[0] != '\0')
		text_clean(name, sizeof(name), network, strlen(network));
	else
		text_format(name, sizeof(name), "chain %s", id + strlen("chain/"));
	text_format(world->network, sizeof(world->network), "%s", name);
	world->chain = component_add(world, KIND_CHAIN, id, name, "", xcalloc(1, sizeof(struct chain_detail)));
	text_format(world->chain->reason, sizeof(world->chain->reason), "nothing was seen yet");
	return world;
}

void component_free(struct component *c)
{
	for (size_t i = 0; i < WORLD_VALUES_MAX; i++)
		free(c->values[i].text);
	if (c->kind == KIND_NODE) {
		free(node_detail(c)->votes);
		free(node_detail(c)->peers);
	}
	if (c->kind == KIND_LANE)
		outer_drop_messages(c->detail);
	free(c->detail);
	free(c);
}

void world_free(struct world *world)
{
	if (world == NULL)
		return;
	for (size_t kind = 0; kind < KIND_COUNT; kind++) {
		for (size_t i = 0; i < world->lists[kind].count; i++)
			component_free(world->lists[kind].items[i]);
		free(world->lists[kind].items);
	}
	lookup_free(&world->lookup);
	window_free(&world->window);
	validator_set_unref(world->set);
	free(world->changes);
	free(world);
}

const char *world_network(const struct world *world)
{
	return world->network;
}

const struct thresholds *world_thresholds(const struct world *world)
{
	return &world->thresholds;
}

size_t world_count(const struct world *world, enum kind kind)
{
	return world->lists[kind].count;
}

const struct component *world_at(const struct world *world, enum kind kind, size_t i)
{
	return world->lists[kind].items[i];
}

const struct component *world_find(const struct world *world, const char *id)
{
	const struct component *c = lookup_get(&world->lookup, id);

	/* The table also knows components by address and key; those are not ids. */
	return c != NULL && strcmp(c->id, id) == 0 ? c : NULL;
}

const struct component *world_chain(const struct world *world)
{
	return world->chain;
}

uint64_t world_generation(const struct world *world)
{
	return world->generation;
}

int64_t world_heard_us(const struct world *world, enum kind kind)
{
	if (kind == KIND_CHAIN)
		return world->chain->seen_us;
	return world->heard_us[kind == KIND_VALIDATOR ? KIND_NODE : kind];
}

void world_note_heard(struct world *world, const struct component *c)
{
	if (c->seen_us > world->heard_us[c->kind])
		world->heard_us[c->kind] = c->seen_us;
}

enum health world_worst(const struct world *world)
{
	enum health worst = HEALTH_OK;

	for (size_t kind = 0; kind < KIND_COUNT; kind++)
		for (size_t i = 0; i < world->lists[kind].count; i++)
			if (health_rank(world->lists[kind].items[i]->health) > health_rank(worst))
				worst = world->lists[kind].items[i]->health;
	return worst;
}

const struct component *world_partner(const struct component *c)
{
	switch (c->kind) {
	case KIND_NODE:
		return node_detail(c)->partner;
	case KIND_VALIDATOR:
		return validator_detail(c)->partner;
	default:
		return NULL;
	}
}

int64_t world_recovered_us(const struct component *c)
{
	const struct settling *settling = c->detail;

	return settling->recovered_us;
}

bool world_node_identified(const struct component *node)
{
	return node_detail(node)->has_key || node_detail(node)->partner != NULL;
}

bool world_has_header(const struct world *world, uint64_t number)
{
	return window_at(&world->window, number) != NULL;
}

/* --- components --------------------------------------------------------------------- */

struct node_detail *node_detail(const struct component *c)
{
	return c->detail;
}

struct validator_detail *validator_detail(const struct component *c)
{
	return c->detail;
}

struct component *component_add(struct world *world, enum kind kind, const char *id, const char *name, const char *source, void *detail)
{
	struct component_list *list = &world->lists[kind];
	struct component *c = xcalloc(1, sizeof(*c));

	c->kind = kind;
	c->detail = detail;
	c->health = HEALTH_UNKNOWN;
	c->reach = REACH_UNKNOWN;
	text_clean(c->id, sizeof(c->id), id, strlen(id));
	text_clean(c->name, sizeof(c->name), name, strlen(name));
	text_clean(c->source, sizeof(c->source), source, strlen(source));
	list->items = mem_grow(list->items, &list->capacity, list->count, sizeof(struct component *));
	list->items[list->count++] = c;
	lookup_put(&world->lookup, c->id, c);
	world->generation++;
	return c;
}

struct component *world_add_node(struct world *world, const char *name, const char *source)
{
	char id[sizeof(((struct component *)0)->id)], key[sizeof(id)];
	struct component *node, *validator;

	text_format(id, sizeof(id), "node/%s", name);
	node = lookup_get(&world->lookup, id);
	if (node != NULL)
		return node;
	node = component_add(world, KIND_NODE, id, name, source == NULL ? "" : source, xcalloc(1, sizeof(struct node_detail)));
	text_format(node->reason, sizeof(node->reason), "not asked yet");
	text_format(key, sizeof(key), "validator/%s", name);
	validator = lookup_get(&world->lookup, key);
	if (validator != NULL)
		validator_join(world, validator, node);
	return node;
}

void component_set_number(struct component *c, int index, int64_t number, int64_t at_us)
{
	c->values[index].type = VALUE_NUMBER;
	c->values[index].number = number;
	c->values[index].at_us = at_us;
}

void component_set_flag(struct component *c, int index, bool flag, int64_t at_us)
{
	c->values[index].type = VALUE_FLAG;
	c->values[index].number = flag;
	c->values[index].at_us = at_us;
}

void component_set_text(struct component *c, int index, const char *text, int64_t at_us)
{
	char clean[256];
	struct value *value = &c->values[index];

	text_clean(clean, sizeof(clean), text, strlen(text));
	if (value->text == NULL || strcmp(value->text, clean) != 0)
		mem_set(&value->text, clean);
	value->type = VALUE_TEXT;
	value->at_us = at_us;
}

void component_unset(struct component *c, int index)
{
	c->values[index].type = VALUE_NONE;
}

void header_free(struct header *header)
{
	free(header->validators);
	free(header->sealers);
	header->validators = header->sealers = NULL;
	header->validator_count = header->sealer_count = 0;
}

/* --- hysteresis ---------------------------------------------------------------------- */

void world_note_change(struct world *world, const struct component *c, enum health from)
{
	struct change *change;

	if (world->changes_told) {
		world->change_count = 0;
		world->changes_told = false;
	}
	world->changes = mem_grow(world->changes, &world->change_capacity, world->change_count, sizeof(*world->changes));
	change = &world->changes[world->change_count++];
	*change = (struct change){.from = from, .to = c->health, .reach = c->reach, .at_us = c->since_us};
	memcpy(change->id, c->id, sizeof(change->id));
	memcpy(change->reason, c->reason, sizeof(change->reason));
}

static void show(struct world *world, struct component *c, const struct verdict *verdict, enum health health, int64_t since_us)
{
	struct settling *settling = c->detail;
	enum health from = c->health;

	world->generation++;
	c->health = health;
	c->symptom = verdict->symptom;
	text_format(c->reason, sizeof(c->reason), "%s", verdict->reason);
	/* States follow one another: none may seem to begin before the one it replaced. */
	c->since_us = settling->judged && since_us < c->since_us ? c->since_us : since_us;
	settling->judged = true;
	settling->pending = false;
	settling->better_since = 0;
	if (from == health)
		return;
	world_note_change(world, c, from);
	if (health == HEALTH_CRITICAL)
		settling->falls_us[settling->falls++ % FALLS_KEPT] = c->since_us;
	if (from == HEALTH_CRITICAL)
		settling->recovered_us = c->since_us;
}

/* --- flapping -------------------------------------------------------------------------- */

/* Who failed several times in the last minutes is not well yet when it is up again: this
 * keeps one fault that comes and goes one fault. The chain speaks for itself. */
static struct verdict judge_flapping(const struct component *c, const struct verdict *verdict, int64_t at_us)
{
	const struct settling *settling = c->detail;
	unsigned recent = 0;
	int64_t first_us = at_us;
	char span[DURATION_TEXT];

	for (unsigned i = 0; i < settling->falls && i < FALLS_KEPT; i++) {
		if (settling->falls_us[i] < at_us - FLAPPING_SPAN_US)
			continue;
		recent++;
		if (settling->falls_us[i] < first_us)
			first_us = settling->falls_us[i];
	}
	if (c->kind == KIND_CHAIN || recent < FLAPPING_FALLS || health_rank(verdict->health) > health_rank(HEALTH_WARNING))
		return *verdict;
	return verdict_make(HEALTH_WARNING, SYMPTOM_FLAPPING, "comes and goes: failed %u times in %s; now it %.80s", recent,
			    duration_human(span, at_us - first_us), verdict->reason);
}

/* The worst level that findings have kept up for the dwell, above what is shown; 0
 * when there is none. */
static unsigned dwelt_rank(const struct settling *settling, unsigned shown, unsigned found, int64_t dwell_us, int64_t at_us)
{
	for (unsigned rank = found; rank > shown; rank--)
		if (at_us - settling->worse_since[rank] >= dwell_us)
			return rank;
	return 0;
}

void component_settle(struct world *world, struct component *c, const struct finding *finding, int64_t at_us)
{
	static const enum health levels[RANKS] = {HEALTH_OK, HEALTH_WARNING, HEALTH_UNKNOWN, HEALTH_CRITICAL};
	struct settling *settling = c->detail;
	struct verdict found_now = judge_flapping(c, &finding->verdict, at_us);
	const struct verdict *verdict = &found_now;
	unsigned found = health_rank(verdict->health), shown = settling->judged ? health_rank(c->health) : 0;
	/* A header may claim any time; nothing that is known began after now. */
	int64_t began = finding->since_us != 0 && finding->since_us < at_us ? finding->since_us : at_us;
	unsigned rank;

	for (unsigned i = 1; i < RANKS; i++) {
		if (found < i)
			settling->worse_since[i] = 0;
		else if (settling->worse_since[i] == 0)
			settling->worse_since[i] = began;
	}
	if (verdict->health == c->health && settling->judged) {
		text_format(c->reason, sizeof(c->reason), "%s", verdict->reason);
		world->generation += c->symptom != verdict->symptom;
		c->symptom = verdict->symptom;
		settling->pending = false;
		settling->better_since = 0;
		return;
	}
	if (finding->certain || (!settling->judged && found == 0)) {
		show(world, c, verdict, verdict->health, began);
		return;
	}
	settling->pending = true;
	if (found > shown) {
		settling->better_since = 0;
		rank = dwelt_rank(settling, shown, found, world->thresholds.dwell_ms * US_PER_MS, at_us);
		if (rank == found)
			show(world, c, verdict, verdict->health, settling->worse_since[rank]);
		else if (rank == 1 || rank == RANKS - 1)
			show(world, c, verdict, levels[rank], settling->worse_since[rank]);
		return;
	}
	if (settling->better_since == 0)
		settling->better_since = at_us;
	if (at_us - settling->better_since >= world->thresholds.clear_ms * US_PER_MS)
		show(world, c, verdict, verdict->health, settling->better_since);
}

/* --- whether all is known ------------------------------------------------------------------ */

static bool node_settled(const struct world *world, const struct component *c)
{
	const struct node_detail *detail = node_detail(c);

	if (c->tried_us == 0 || detail->settling.pending || (detail->forked && !fork_located(world, c)))
		return false;
	return detail->answers ? detail->answers_seen >= SETTLED_ANSWERS : detail->lost || detail->unsampled;
}

/* A lost node that never told its key may be a validator's: that shows once some
 * validator is offline, or once all had the turns that it takes to be found offline. */
static bool strangers_placed(const struct world *world)
{
	size_t strangers = 0, offline = 0;
	int64_t lost_us = 0;

	for (size_t i = 0; i < world->lists[KIND_NODE].count; i++) {
		const struct component *c = world->lists[KIND_NODE].items[i];

		if (c->symptom != SYMPTOM_UNREACHABLE || world_node_identified(c))
			continue;
		strangers++;
		if (node_detail(c)->failing_since_us > lost_us)
			lost_us = node_detail(c)->failing_since_us;
	}
	for (size_t i = 0; i < world->lists[KIND_VALIDATOR].count; i++) {
		const struct component *c = world->lists[KIND_VALIDATOR].items[i];

		offline += c->symptom == SYMPTOM_OFFLINE && validator_detail(c)->partner == NULL;
	}
	if (strangers <= offline || world->flow != FLOW_MOVING || world->set == NULL)
		return true;
	uint64_t turns = (uint64_t)world->thresholds.offline_turns * world->set->count;
	const struct window_header *header = world->head > turns ? window_at(&world->window, world->head - turns) : NULL;
	return header != NULL && header->timestamp_s * US_PER_S > lost_us;
}

static bool is_settled(const struct world *world)
{
	const struct chain_detail *chain = world->chain->detail;

	for (size_t i = 0; i < world->lists[KIND_NODE].count; i++)
		if (!node_settled(world, world->lists[KIND_NODE].items[i]))
			return false;
	if (!world_outer_settled(world))
		return false;
	/* Whose block is the other one shows as soon as the others are heard. */
	if (world->fork_open != 0 && !world->fork_even)
		return false;
	/* A silent chain is about to go on or about to be halted. */
	if (!chain->settling.judged || chain->settling.pending || world->flow == FLOW_UNKNOWN || world->flow == FLOW_SILENT)
		return false;
	for (size_t i = 0; i < world->lists[KIND_VALIDATOR].count; i++) {
		const struct component *c = world->lists[KIND_VALIDATOR].items[i];
		const struct validator_detail *detail = validator_detail(c);

		if (!detail->settling.judged || detail->settling.pending || c->symptom == SYMPTOM_NODE_LOST)
			return false;
	}
	return strangers_placed(world);
}

enum consensus world_consensus(const struct world *world)
{
	return world->consensus;
}

bool world_settled(const struct world *world)
{
	return world->settled;
}

/* --- feeding --------------------------------------------------------------------------- */

static void judge_shared(struct world *world, bool headers_changed, int64_t now_us)
{
	if (world->head_dirty)
		chain_choose_head(world, now_us);
	if (headers_changed)
		chain_infer_period(world);
	chain_follow(world, now_us);
	fork_show(world, now_us);
	past_show(world, now_us);
	if (headers_changed)
		validators_count(world, now_us);
	validators_judge(world, now_us);
	chain_judge(world, now_us);
}

void world_asked(struct component *node)
{
	if (node->tried_us == 0)
		text_format(node->reason, sizeof(node->reason), "asked, no answer yet");
}

void world_observe(struct world *world, struct component *node, const struct node_sample *sample)
{
	bool news = node_take(world, node, sample);

	world_note_heard(world, node);
	node_judge(world, node, sample->at_us);
	if (news || world->head_dirty) {
		judge_shared(world, true, sample->at_us);
		return;
	}
	/* One more of thousands that cannot be reached changes nothing about the chain. */
	if (world->flow == FLOW_HIDDEN && world->answering == 0)
		return;
	chain_follow(world, sample->at_us);
	chain_judge(world, sample->at_us);
}

void world_hint(struct component *node, enum node_value value, const char *text, int64_t at_us)
{
	component_set_text(node, (int)value, text, at_us);
}

void world_judge(struct world *world, int64_t now_us)
{
	partition_follow(world, now_us);
	chain_show_versions(world, now_us);
	nodes_compare_clocks(world);
	fork_find_sides(world);
	for (size_t i = 0; i < world->lists[KIND_NODE].count; i++)
		node_judge(world, world->lists[KIND_NODE].items[i], now_us);
	judge_shared(world, world->head_dirty, now_us);
	outer_judge(world, now_us);
	world->settled = is_settled(world);
}

const struct change *world_changes(struct world *world, size_t *count)
{
	*count = world->changes_told ? 0 : world->change_count;
	world->changes_told = true;
	return world->changes;
}

/* --- our clock ------------------------------------------------------------------- */

/* Moves a time that was read from our clock; 0 stays "never". */
static void move_time(int64_t *at, int64_t step_us)
{
	if (*at != 0)
		*at += step_us;
}

static void move_component(struct component *c, int64_t step_us)
{
	struct settling *settling = c->detail; /* first in every detail */

	move_time(&c->since_us, step_us);
	move_time(&c->seen_us, step_us);
	move_time(&c->tried_us, step_us);
	for (size_t i = 0; i < kind_def(c->kind)->value_count; i++)
		move_time(&c->values[i].at_us, step_us);
	for (size_t i = 0; i < RANKS; i++)
		move_time(&settling->worse_since[i], step_us);
	for (size_t i = 0; i < FALLS_KEPT; i++)
		move_time(&settling->falls_us[i], step_us);
	move_time(&settling->better_since, step_us);
	move_time(&settling->recovered_us, step_us);
}

/* Timestamps of blocks are not ours to move. */
void world_clock_stepped(struct world *world, int64_t step_us)
{
	for (int kind = 0; kind < KIND_COUNT; kind++)
		for (size_t i = 0; i < world->lists[kind].count; i++)
			move_component(world->lists[kind].items[i], step_us);
	for (int kind = KIND_LANE; kind < KIND_COUNT; kind++)
		for (size_t i = 0; i < world->lists[kind].count; i++)
			outer_clock_stepped(world->lists[kind].items[i], step_us);
	for (size_t i = 0; i < world->lists[KIND_NODE].count; i++) {
		struct node_detail *detail = node_detail(world->lists[KIND_NODE].items[i]);
		move_time(&detail->failing_since_us, step_us);
		move_time(&detail->errors_from_us, step_us);
		move_time(&detail->moved_us, step_us);
		move_time(&detail->fork_since_us, step_us);
	}
	for (int kind = 0; kind < KIND_COUNT; kind++)
		move_time(&world->heard_us[kind], step_us);
	move_time(&world->loss.since_us, step_us);
	move_time(&world->loss.last_us, step_us);
	move_time(&world->first_head_us, step_us);
	move_time(&world->rival_since_us, step_us);
	move_time(&world->head_before_us, step_us);
	move_time(&world->head_first_us, step_us);
	move_time(&world->head_confirmed_us, step_us);
}
