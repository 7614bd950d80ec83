/* Forks: nodes that tell another chain than the one in the window, the first block in
 * which they differ, and which of the chains is followed (protocol reference 1.5.4). */
#include "world/private.h"

#include "base/hash.h"

/* --- what differs ------------------------------------------------------------------- */

static void fork_clear(struct world *world, struct node_detail *detail)
{
	if (!detail->forked)
		return;
	detail->forked = false;
	world->forked--;
}

static void fork_mark(struct world *world, struct node_detail *detail, uint64_t low, uint64_t high, const struct hash256 *hash, int64_t since_us)
{
	if (!detail->forked)
		world->forked++;
	detail->forked = true;
	detail->fork_low = low < high ? low : 0;
	detail->fork_high = high;
	detail->fork_hash = *hash;
	detail->fork_side = SIDE_OPEN;
	detail->fork_since_us = since_us;
}

void fork_drop_above(struct world *world, uint64_t number)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];

	window_drop_above(&world->window, number);
	if (world->turns_told > number)
		world->turns_told = number;
	/* What was had in common above it, the window does not tell any more. */
	for (size_t i = 0; i < nodes->count; i++) {
		struct node_detail *detail = node_detail(nodes->items[i]);

		if (detail->agreed > number)
			detail->agreed = number;
	}
}

/* It left a chain that is not followed any more, maybe for the one that is: its next answer
 * tells. */
static void fork_reopen(struct world *world, struct node_detail *detail)
{
	fork_clear(world, detail);
	detail->agreed = detail->fork_low;
}

/* Nobody else who answers stands by the window's chain: a node alone may change its mind. */
static bool is_alone(const struct world *world, const struct component *c)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];

	for (size_t i = 0; i < nodes->count; i++) {
		const struct node_detail *detail = node_detail(nodes->items[i]);

		if (nodes->items[i] != c && detail->answers && detail->has_head && !detail->forked)
			return false;
	}
	return true;
}

/* The window follows the one node that still stood by it, to another block of that number. */
static void follow_alone(struct world *world, uint64_t number)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];

	for (size_t i = 0; i < nodes->count; i++) {
		struct node_detail *detail = node_detail(nodes->items[i]);

		if (detail->forked && detail->fork_high >= number)
			fork_reopen(world, detail);
	}
	fork_drop_above(world, number - 1);
}

/* A node named its block of that number, and the window's is the same or not. True when
 * what it told belongs to the window's chain. */
static bool take_word(struct world *world, struct component *c, uint64_t number, const struct hash256 *hash, bool same)
{
	struct node_detail *detail = node_detail(c);

	if (same) {
		if (detail->forked && number < detail->fork_high) {
			if (number > detail->fork_low)
				detail->fork_low = number;
			return false;
		}
		fork_clear(world, detail);
		detail->agreed = number;
		return true;
	}
	if (!detail->forked && number <= detail->agreed)
		past_differs(world, detail, number, &window_at(&world->window, number)->hash, hash);
	if (!detail->forked && is_alone(world, c)) {
		follow_alone(world, number);
		return true;
	}
	if (!detail->forked || number < detail->fork_high)
		fork_mark(world, detail, detail->forked ? detail->fork_low : detail->agreed, number, hash, detail->forked && detail->fork_since_us != 0 ? detail->fork_since_us : c->seen_us);
	return false;
}

bool fork_take_header(struct world *world, struct component *c, const struct header *header)
{
	const struct window_header *same = window_at(&world->window, header->number);
	const struct window_header *parent = header->number > 0 ? window_at(&world->window, header->number - 1) : NULL;
	struct node_detail *detail = node_detail(c);

	if (detail->forked && detail->fork_since_us == 0 && header->number == detail->fork_high && hash_equal(&header->hash, &detail->fork_hash))
		detail->fork_since_us = c->seen_us;
	if (same != NULL)
		return take_word(world, c, header->number, &header->hash, hash_equal(&same->hash, &header->hash));
	if (parent != NULL)
		return take_word(world, c, header->number - 1, &header->parent, hash_equal(&parent->hash, &header->parent));
	return !detail->forked;
}

bool fork_counts(const struct world *world, const struct component *c)
{
	const struct node_detail *detail = node_detail(c);

	if (!detail->forked)
		return false;
	return consensus_def(world->consensus)->final || detail->head >= detail->fork_high + FORK_DEPTH_NORMAL;
}

/* --- the first of them -------------------------------------------------------------- */

/* Heights between the bounds that the window knows, to be compared. */
static uint64_t lowest_between(const struct node_detail *detail)
{
	uint64_t from = detail->fork_low + 1;

	if (detail->fork_high > WINDOW_HEADERS && from < detail->fork_high - WINDOW_HEADERS)
		from = detail->fork_high - WINDOW_HEADERS;
	return from;
}

static size_t count_between(const struct world *world, const struct node_detail *detail)
{
	size_t count = 0;

	for (uint64_t number = lowest_between(detail); number < detail->fork_high; number++)
		count += window_at(&world->window, number) != NULL;
	return count;
}

bool fork_located(const struct world *world, const struct component *c)
{
	return count_between(world, node_detail(c)) == 0;
}

size_t world_wanted(const struct world *world, const struct component *node, uint64_t heights[WANTED_MAX])
{
	const struct node_detail *detail = node_detail(node);
	size_t between, passed = 0, wanted = 0;

	if (past_wants(detail, &heights[0]))
		return 1;
	if (!detail->forked)
		return 0;
	between = count_between(world, detail);
	/* Nothing left to narrow down: the same block again shows when the node comes back. */
	if (between == 0) {
		heights[0] = detail->fork_high;
		return 1;
	}
	/* Evenly spread, so that each round leaves a small part of what was open. */
	for (uint64_t number = lowest_between(detail); number < detail->fork_high && wanted < WANTED_MAX; number++) {
		if (window_at(&world->window, number) == NULL)
			continue;
		passed++;
		if (passed * (WANTED_MAX + 1) > (wanted + 1) * between || between <= WANTED_MAX)
			heights[wanted++] = number;
	}
	return wanted;
}

/* --- which of them is followed -------------------------------------------------------- */

static bool same_branch(const struct node_detail *a, const struct node_detail *b)
{
	return a->forked && b->forked && a->fork_high == b->fork_high && hash_equal(&a->fork_hash, &b->fork_hash);
}

/* The followed chain's block of that number is its own too. */
static bool holds(const struct node_detail *detail, uint64_t number)
{
	return detail->forked ? detail->fork_low >= number : detail->agreed >= number;
}

/* Where a node stands that does not follow `branch`, now that the window will. */
static void leave_behind(struct world *world, struct node_detail *detail, const struct node_detail *branch, const struct window_header *old)
{
	bool open = detail->forked && detail->fork_high >= branch->fork_high;

	/* Nobody left the old chain: it was only told first, and never followed. */
	if (world->past_replaced == 0 && (detail->forked || holds(detail, branch->fork_high)))
		past_forget(world, detail);
	if (old != NULL && holds(detail, branch->fork_high)) {
		fork_mark(world, detail, branch->fork_high - 1, branch->fork_high, &old->hash, 0);
		return;
	}
	if (open)
		fork_reopen(world, detail);
}

/* The window lets go of its chain from the fork on; whoever follows `winner` stands by the
 * new one, and who stood by the old one differs now. */
static void change_sides(struct world *world, const struct node_detail *winner)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];
	const struct window_header *old = window_at(&world->window, winner->fork_high);
	const struct node_detail branch = *winner;

	for (size_t i = 0; i < nodes->count; i++) {
		struct node_detail *detail = node_detail(nodes->items[i]);

		if (!same_branch(detail, &branch))
			leave_behind(world, detail, &branch, old);
	}
	fork_drop_above(world, branch.fork_high - 1);
	for (size_t i = 0; i < nodes->count; i++) {
		struct node_detail *detail = node_detail(nodes->items[i]);

		if (!same_branch(detail, &branch))
			continue;
		fork_clear(world, detail);
		detail->agreed = branch.fork_high;
	}
	world->fork_number = branch.fork_high;
	world->fork_hash = branch.fork_hash;
	world->head_dirty = true;
}

/* Its word counts: it told a head, and is not gone. */
static bool has_word(const struct node_detail *detail)
{
	return detail->has_head && !detail->lost && !detail->unsampled;
}

bool world_node_holds(const struct component *node, uint64_t number)
{
	return holds(node_detail(node), number);
}

/* Of the nodes whose word counts: who is on a branch, who has the followed chain's block
 * there, and who told neither since the branch is known. An older word is no proof: all may
 * be about to change over. */
struct sides {
	size_t nodes, with, against, open;
};

/* When a node first told of the branch. */
static int64_t branch_since_us(const struct world *world, const struct node_detail *branch)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];
	int64_t since_us = branch->fork_since_us;

	for (size_t i = 0; i < nodes->count; i++) {
		const struct node_detail *detail = node_detail(nodes->items[i]);

		if (same_branch(detail, branch) && detail->fork_since_us != 0 && detail->fork_since_us < since_us)
			since_us = detail->fork_since_us;
	}
	return since_us;
}

static struct sides count_sides(const struct world *world, const struct node_detail *branch)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];
	int64_t since_us = branch_since_us(world, branch);
	struct sides sides = {0};

	for (size_t i = 0; i < nodes->count; i++) {
		const struct node_detail *detail = node_detail(nodes->items[i]);

		if (!has_word(detail))
			continue;
		sides.nodes++;
		if (same_branch(detail, branch))
			sides.with++;
		else if (holds(detail, branch->fork_high) && nodes->items[i]->seen_us >= since_us)
			sides.against++;
		else
			/* Who left the followed chain before is on neither side, for certain. */
			sides.open += !detail->forked || detail->fork_high > branch->fork_high || !fork_located(world, nodes->items[i]);
	}
	return sides;
}

static bool is_majority(const struct world *world, const struct node_detail *branch)
{
	struct sides sides = count_sides(world, branch);

	return 2 * sides.with > sides.nodes;
}

static enum fork_side find_side(const struct world *world, const struct node_detail *branch)
{
	struct sides sides = count_sides(world, branch);

	/* It may have gone over to the others with them, and only not be asked yet. */
	if (branch->fork_since_us == 0)
		return SIDE_OPEN;
	if (2 * sides.against > sides.nodes)
		return SIDE_FEW;
	if (sides.open > 0 || sides.with > sides.against)
		return SIDE_OPEN;
	return sides.with < sides.against ? SIDE_FEW : SIDE_EVEN;
}

/* Many nodes may be on one branch, and few branches are: each is counted once. */
void fork_find_sides(struct world *world)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];
	const struct node_detail *last = NULL;

	world->fork_open = 0;
	world->fork_even = false;
	for (size_t i = 0; world->forked > 0 && i < nodes->count; i++) {
		struct node_detail *detail = node_detail(nodes->items[i]);

		if (!detail->answers || !fork_counts(world, nodes->items[i]))
			continue;
		detail->fork_side = last != NULL && (last->fork_since_us == 0) == (detail->fork_since_us == 0) && same_branch(detail, last) ? last->fork_side : find_side(world, detail);
		last = detail;
		if (detail->fork_side == SIDE_FEW || (world->fork_open != 0 && world->fork_open <= detail->fork_high))
			continue;
		world->fork_open = detail->fork_high;
		world->fork_even = detail->fork_side == SIDE_EVEN;
	}
}

bool fork_follow(struct world *world, struct component *c)
{
	struct node_detail *detail = node_detail(c);

	if (!detail->forked || !fork_located(world, c))
		return false;
	if (fork_counts(world, c)) {
		if (!is_majority(world, detail))
			return false;
		change_sides(world, detail);
		return true;
	}
	/* Blocks that are not final are taken back now and then: the longer chain counts. */
	if (detail->head < world->head || (detail->head == world->head && !hash_equal(&detail->head_hash, &world->head_hash)))
		return false;
	change_sides(world, detail);
	return true;
}

/* --- showing --------------------------------------------------------------------------- */

static void show_node(const struct world *world, struct component *c, int64_t at_us)
{
	const struct node_detail *detail = node_detail(c);
	char text[HASH_TEXT];

	if (!fork_counts(world, c)) {
		component_unset(c, NODE_FORK_BLOCK);
		component_unset(c, NODE_FORK_HASH);
		return;
	}
	component_set_number(c, NODE_FORK_BLOCK, (int64_t)detail->fork_high, at_us);
	component_set_text(c, NODE_FORK_HASH, hex_text(text, sizeof(text), detail->fork_hash.bytes, sizeof(detail->fork_hash.bytes), true), at_us);
}

void fork_show(struct world *world, int64_t at_us)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];
	const struct window_header *header;
	uint64_t lowest = UINT64_MAX;
	char text[HASH_TEXT];

	fork_find_sides(world);
	if (world->forked == 0 && component_value(world->chain, CHAIN_FORK_BLOCK) == NULL)
		return;
	for (size_t i = 0; i < nodes->count; i++) {
		show_node(world, nodes->items[i], at_us);
		if (fork_counts(world, nodes->items[i]) && node_detail(nodes->items[i])->fork_high < lowest)
			lowest = node_detail(nodes->items[i])->fork_high;
	}
	component_unset(world->chain, CHAIN_FORK_BLOCK);
	component_unset(world->chain, CHAIN_FORK_HASH);
	if (lowest == UINT64_MAX)
		return;
	component_set_number(world->chain, CHAIN_FORK_BLOCK, (int64_t)lowest, at_us);
	header = window_at(&world->window, lowest);
	if (header != NULL)
		hex_text(text, sizeof(text), header->hash.bytes, sizeof(header->hash.bytes), true);
	else if (world->fork_number == lowest)
		hex_text(text, sizeof(text), world->fork_hash.bytes, sizeof(world->fork_hash.bytes), true);
	else
		return;
	component_set_text(world->chain, CHAIN_FORK_HASH, text, at_us);
}

/* --- judging ----------------------------------------------------------------------------- */

/* Two blocks of one height are a fact; whose is the wrong one takes more: until then nobody
 * is it, and nobody is known not to be. */
struct verdict fork_judge_node(const struct world *world, const struct component *c)
{
	const struct node_detail *detail = node_detail(c);
	bool counts = fork_counts(world, c);
	uint64_t open = counts ? detail->fork_high : world->fork_open;

	if (counts && detail->fork_side == SIDE_FEW)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_FORK, "has another block %llu than the other nodes", (unsigned long long)detail->fork_high);
	if (!counts && (open == 0 || !holds(detail, open)))
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "in step");
	if (counts ? detail->fork_side == SIDE_EVEN : world->fork_even)
		return verdict_make(HEALTH_WARNING, SYMPTOM_FORK, "two blocks %llu: as many nodes have the one as the other", (unsigned long long)open);
	return verdict_make(HEALTH_WARNING, SYMPTOM_FORK, "two blocks %llu, sides not known yet", (unsigned long long)open);
}

struct verdict fork_judge_chain(const struct world *world)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];
	const struct component *first = NULL;
	size_t differ = 0;
	int64_t number = (int64_t)world->fork_open;

	for (size_t i = 0; world->forked > 0 && i < nodes->count; i++) {
		const struct node_detail *detail = node_detail(nodes->items[i]);

		if (!detail->answers || !fork_counts(world, nodes->items[i]) || detail->fork_side != SIDE_FEW)
			continue;
		if (differ++ == 0)
			first = nodes->items[i];
	}
	if (first == NULL && world->fork_open == 0)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "one hash");
	if (first == NULL)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_FORK, world->fork_even ? "two blocks %lld: as many nodes have the one as the other" : "two blocks %lld, sides not known yet",
				    (long long)number);
	if (!component_number(world->chain, CHAIN_FORK_BLOCK, &number))
		number = (int64_t)node_detail(first)->fork_high;
	if (differ == 1)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_FORK, "two blocks %lld: %s has another than the other nodes", (long long)number, first->name);
	return verdict_make(HEALTH_CRITICAL, SYMPTOM_FORK, "two blocks %lld: %s and %zu more have another than the other nodes", (long long)number, first->name, differ - 1);
}
