/* Final blocks that the nodes had and have no more. A block that is final never changes, so
 * one that did, or a head that fell back, is lost data: of one node it is that node's matter
 * (restored, or filling up anew), of most of them it is the chain's. What each node told last
 * is kept beside the window, because the window follows the new chain and forgets the old. */
#include "world/private.h"

#include "base/hash.h"

/* --- what one node told, and tells now --------------------------------------------------- */

static void set_state(struct world *world, struct node_past *past, enum past_state state)
{
	if (past->state == PAST_BEHIND)
		world->past_behind--;
	if (past->state == PAST_REPLACED)
		world->past_replaced--;
	past->state = state;
	if (state == PAST_BEHIND)
		world->past_behind++;
	if (state == PAST_REPLACED)
		world->past_replaced++;
}

void past_forget(struct world *world, struct node_detail *detail)
{
	set_state(world, &detail->past, PAST_KEPT);
	detail->past = (struct node_past){0};
}

static void forget_all(struct world *world)
{
	for (size_t i = 0; i < world->lists[KIND_NODE].count; i++)
		past_forget(world, node_detail(world->lists[KIND_NODE].items[i]));
}

/* The window's headers stand on one another from the one block to the other. */
static bool is_linked(const struct window *window, uint64_t from, uint64_t to)
{
	const struct window_header *header = window_at(window, from);

	if (to < from || to - from >= WINDOW_HEADERS)
		return false;
	for (uint64_t number = from + 1; header != NULL && number <= to; number++) {
		const struct window_header *next = window_at(window, number);

		header = next != NULL && hash_equal(&next->parent, &header->hash) ? next : NULL;
	}
	return header != NULL;
}

/* Which block of that number the node has now: it says so, or its child's parent does, or it
 * stands by the window's chain above. False when none of them tells. */
static bool tells_block(const struct world *world, const struct node_detail *detail, const struct node_sample *sample, uint64_t number, struct hash256 *out)
{
	for (size_t i = 0; i < sample->header_count; i++) {
		const struct header *header = &sample->headers[i];

		if (header->number != number && header->number != number + 1)
			continue;
		*out = header->number == number ? header->hash : header->parent;
		return true;
	}
	if (detail->forked || !is_linked(&world->window, number, detail->agreed))
		return false;
	*out = window_at(&world->window, number)->hash;
	return true;
}

static void lose_from(struct node_past *past, uint64_t first)
{
	if (past->first == 0 || first < past->first)
		past->first = first;
}

void past_differs(struct world *world, struct node_detail *detail, uint64_t number, const struct hash256 *before, const struct hash256 *now)
{
	struct node_past *past = &detail->past;

	if (!consensus_def(world->consensus)->final || !past->known || number > past->number)
		return;
	lose_from(past, number);
	if (past->state != PAST_REPLACED || number < past->differs) {
		past->differs = number;
		past->before = *before;
		past->now = *now;
	}
	set_state(world, past, PAST_REPLACED);
}

/* True when nothing is open: the node has what it told last, or told nothing before. */
static bool compare(struct world *world, struct node_detail *detail, const struct node_sample *sample)
{
	struct node_past *past = &detail->past;
	struct hash256 now;

	if (!past->known)
		return true;
	if (tells_block(world, detail, sample, past->number, &now)) {
		if (!hash_equal(&now, &past->hash)) {
			past_differs(world, detail, past->number, &past->hash, &now);
			return false;
		}
		/* All of it is there still, or again. */
		set_state(world, past, PAST_KEPT);
		past->first = 0;
		return true;
	}
	/* Nodes behind one address may differ by the last blocks, and answer in turn. */
	if (detail->head >= past->number || past->number - detail->head <= (uint64_t)world->thresholds.lag_warn_blocks)
		return false;
	lose_from(past, detail->head + 1);
	if (past->state == PAST_KEPT)
		set_state(world, past, PAST_BEHIND);
	return false;
}

/* Only blocks of the followed chain are kept: one that strayed and comes back loses none. */
static void keep(struct node_detail *detail)
{
	struct node_past *past = &detail->past;

	if (detail->forked || (past->known && detail->head < past->number))
		return;
	*past = (struct node_past){.known = true, .number = detail->head, .hash = detail->head_hash};
}

/* A block to be told again: the node is beyond it, and nothing told whether it has it. */
bool past_wants(const struct node_detail *detail, uint64_t *number)
{
	*number = detail->past.number;
	return detail->past.known && !detail->forked && detail->past.number < detail->head;
}

/* --- what most of them lost --------------------------------------------------------------- */

/* A node that cannot be reached still counts: the first that comes back speaks for itself. */
static bool are_most(const struct world *world, size_t count)
{
	size_t told = 0;

	for (size_t i = 0; i < world->lists[KIND_NODE].count; i++) {
		const struct node_detail *detail = node_detail(world->lists[KIND_NODE].items[i]);

		told += detail->has_head && !detail->wrong_chain;
	}
	return 2 * count > told;
}

/* Takes over what this node lost. */
static void note(struct loss *loss, const struct node_past *past)
{
	if (loss->first == 0 || past->first < loss->first)
		loss->first = past->first;
	if (past->number > loss->head)
		loss->head = past->number;
	if (past->state != PAST_REPLACED || (loss->differs != 0 && loss->differs <= past->differs))
		return;
	loss->differs = past->differs;
	loss->before = past->before;
	loss->now = past->now;
}

static void find_loss(struct world *world, const struct node_detail *detail, int64_t at_us)
{
	struct loss *loss = &world->loss;

	if (!are_most(world, world->past_behind + world->past_replaced)) {
		/* Heads fell back and came again, with every block: nothing is lost after all. */
		if (loss->stands && !loss->replaced)
			*loss = (struct loss){0};
		return;
	}
	if (!loss->stands)
		*loss = (struct loss){.stands = true, .since_us = at_us};
	loss->last_us = at_us;
	if (detail->past.state != PAST_KEPT)
		note(loss, &detail->past);
	if (!are_most(world, world->past_replaced))
		return;
	/* From now on they are on the new chain, and can lose that one. */
	loss->replaced = true;
	forget_all(world);
}

void past_take(struct world *world, struct component *c, const struct node_sample *sample)
{
	struct node_detail *detail = node_detail(c);
	bool lost_before = detail->past.state != PAST_KEPT, settled;

	if (!consensus_def(world->consensus)->final)
		return;
	settled = compare(world, detail, sample);
	if (lost_before || detail->past.state != PAST_KEPT)
		find_loss(world, detail, sample->at_us);
	if (settled)
		keep(detail);
}

void world_loss_dealt_with(struct world *world, int64_t at_us)
{
	if (!world->loss.stands || at_us < world->loss.last_us)
		return;
	world->loss = (struct loss){0};
	forget_all(world);
}

/* --- showing and judging -------------------------------------------------------------------- */

static void show_hash(struct component *c, int index, const struct hash256 *hash, int64_t at_us)
{
	char text[HASH_TEXT];

	component_set_text(c, index, hex_text(text, sizeof(text), hash->bytes, sizeof(hash->bytes), true), at_us);
}

void past_show(struct world *world, int64_t now_us)
{
	const struct loss *loss = &world->loss;
	struct component *c = world->chain;

	if (loss->stands)
		world_loss_dealt_with(world, now_us - world->thresholds.rewound_ms * US_PER_MS);
	if (!loss->stands) {
		for (int index = CHAIN_REWOUND_BLOCK; index <= CHAIN_REWOUND_NOW; index++)
			component_unset(c, index);
		return;
	}
	component_set_number(c, CHAIN_REWOUND_BLOCK, (int64_t)(loss->differs != 0 ? loss->differs : loss->first), loss->since_us);
	component_set_number(c, CHAIN_REWOUND_BACK, (int64_t)(loss->head - loss->first + 1), loss->since_us);
	if (loss->differs == 0)
		return;
	show_hash(c, CHAIN_REWOUND_BEFORE, &loss->before, loss->since_us);
	show_hash(c, CHAIN_REWOUND_NOW, &loss->now, loss->since_us);
}

struct finding past_judge_chain(const struct world *world)
{
	const struct loss *loss = &world->loss;
	unsigned long long head = loss->head, back = loss->head - loss->first + 1;
	struct finding finding = {.since_us = loss->since_us, .certain = true};

	if (!loss->stands)
		finding.verdict = verdict_make(HEALTH_OK, SYMPTOM_NONE, "no block was lost");
	else if (loss->replaced)
		finding.verdict = verdict_make(HEALTH_CRITICAL, SYMPTOM_REWOUND, "final blocks were replaced: most nodes have another block %llu than before, at least %llu %s lost",
					       (unsigned long long)loss->differs, back, back == 1 ? "is" : "are");
	else
		finding.verdict = verdict_make(HEALTH_CRITICAL, SYMPTOM_REWOUND, "went back: most nodes had block %llu, and lost the last %llu", head, back);
	return finding;
}
