/* Companies: which of the nodes tell of one chain. A chain id does not tell networks apart
 * that were made from one recipe, and no node is asked for its first block: but heads that
 * cannot belong to one chain betray them. */
#include "world/private.h"

#include "base/mem.h"
#include "base/text.h"

/* Chains that are told apart; whoever leads none of them is counted nowhere. */
enum { COMPANIES_MAX = 8 };

/* Clocks of networks and ours differ by less. */
#define FUTURE_MAX_S INT64_C(3600)

/* A block, and when we were told of it. */
struct spot {
	uint64_t number;
	int64_t time_s, told_s;
};

static struct spot head_spot(const struct world *world)
{
	return (struct spot){world->head, world->head_time_s, world->head_confirmed_us / US_PER_S};
}

static struct spot node_spot(const struct component *c)
{
	return (struct spot){node_detail(c)->head, node_detail(c)->head_time_s, c->seen_us / US_PER_S};
}

static int64_t shortest_period_ms(const struct world *world)
{
	const int64_t periods[] = {world->thresholds.block_period_ms, world->info_period_ms, world->inferred_ms};
	int64_t shortest = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(periods); i++)
		if (periods[i] > 0 && (shortest == 0 || periods[i] < shortest))
			shortest = periods[i];
	return shortest;
}

/* More blocks between the two than their times leave room for, twice as many where the
 * period may have changed. A lag of any length has its time. */
static bool too_many_blocks(const struct world *world, const struct spot *low, const struct spot *high)
{
	int64_t period_ms = shortest_period_ms(world), room_s = high->time_s - low->time_s;
	uint64_t blocks = high->number - low->number;

	/* A timestamp of the far future gives no room. */
	if (high->told_s >= low->time_s && room_s > high->told_s + FUTURE_MAX_S - low->time_s)
		room_s = high->told_s + FUTURE_MAX_S - low->time_s;
	return blocks > WINDOW_HEADERS && period_ms > 0 && blocks / 2 > (uint64_t)room_s * 1000 / (uint64_t)period_ms;
}

/* No chain holds both: on one chain the later block is never the older one. */
static bool contradict(const struct world *world, const struct spot *a, const struct spot *b)
{
	const struct spot *low = a->number < b->number ? a : b, *high = low == a ? b : a;

	/* The last blocks of some chains are taken back now and then. */
	if (high->number - low->number <= FORK_DEPTH_NORMAL)
		return false;
	return high->time_s < low->time_s || too_many_blocks(world, low, high);
}

static bool nodes_contradict(const struct world *world, const struct component *a, const struct component *b)
{
	struct spot of_a = node_spot(a), of_b = node_spot(b);

	return contradict(world, &of_a, &of_b);
}

/* Hashes that can be compared say more: then it is a matter of forks. */
static bool can_be_compared(const struct world *world, const struct node_sample *sample)
{
	for (size_t i = 0; i < sample->header_count; i++)
		if (window_at(&world->window, sample->headers[i].number) != NULL)
			return true;
	return false;
}

bool company_is_left(const struct world *world, const struct component *c, const struct node_sample *sample)
{
	struct spot head = head_spot(world), told = node_spot(c);

	return world->has_head && !node_detail(c)->forked && contradict(world, &head, &told) && !can_be_compared(world, sample);
}

/* --- who keeps whose company ----------------------------------------------------------- */

/* What a node that is lost told last still counts: one stranger who alone still answers is
 * not the chain. A node that only fills up says nothing of where the chain is. */
static bool has_a_say(const struct component *c)
{
	const struct node_detail *detail = node_detail(c);

	return detail->has_head && detail->head > 0 && !detail->wrong_chain && !detail->forked && !detail->syncing;
}

/* The highest who keeps company with none of these. */
static const struct component *next_leader(const struct world *world, const struct component *const *leaders, size_t count)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];
	const struct component *next = NULL;

	for (size_t i = 0; i < nodes->count; i++) {
		const struct component *c = nodes->items[i];
		size_t k = 0;

		if (!has_a_say(c) || (next != NULL && node_detail(c)->head <= node_detail(next)->head))
			continue;
		while (k < count && nodes_contradict(world, c, leaders[k]))
			k++;
		if (k == count)
			next = c;
	}
	return next;
}

static size_t count_company(const struct world *world, const struct component *leader)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];
	size_t count = 0;

	for (size_t i = 0; i < nodes->count; i++)
		count += has_a_say(nodes->items[i]) && !nodes_contradict(world, nodes->items[i], leader);
	return count;
}

/* Who leads the most; among equals the one whose chain is followed already. *rival receives
 * who leads as many on another chain, or NULL. */
static const struct component *elect(const struct world *world, const struct component **rival)
{
	const struct component *leaders[COMPANIES_MAX], *best = NULL, *leader;
	struct spot head = head_spot(world);
	size_t count = 0, most = 0;

	*rival = NULL;
	while (count < COMPANIES_MAX && (leader = next_leader(world, leaders, count)) != NULL) {
		size_t size = count_company(world, leader);
		struct spot spot = node_spot(leader);

		leaders[count++] = leader;
		if (size < most)
			continue;
		*rival = size == most ? leader : NULL;
		if (size > most || (world->has_head && !contradict(world, &head, &spot))) {
			*rival = size == most ? best : NULL;
			best = leader;
		}
		most = size;
	}
	return best;
}

void company_choose(struct world *world, int64_t at_us)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];
	const struct component *rival, *leader = elect(world, &rival);

	if ((world->rival == NULL) != (rival == NULL))
		world->rival_since_us = rival == NULL ? 0 : at_us;
	world->rival = rival;
	for (size_t i = 0; i < nodes->count; i++) {
		struct node_detail *detail = node_detail(nodes->items[i]);

		detail->apart = leader != NULL && detail->has_head && !detail->forked && nodes_contradict(world, nodes->items[i], leader);
	}
}

/* --- judging ----------------------------------------------------------------------------- */

struct verdict company_judge_node(const struct world *world, const struct component *c)
{
	const struct node_detail *detail = node_detail(c);
	char head[32], ahead[32];

	if (!detail->apart)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "in step");
	text_thousands(head, sizeof(head), (int64_t)detail->head);
	if (world->rival != NULL)
		return verdict_make(HEALTH_UNKNOWN, SYMPTOM_APART, "its block %s and those of other nodes cannot be of one chain: which is right is not known", head);
	/* One below is far behind, whatever the reason. */
	if (detail->head < world->head)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "in step");
	return verdict_make(HEALTH_CRITICAL, SYMPTOM_APART, "on another chain: its block %s is %s ahead of the other nodes (is it of this network?)", head,
			    text_thousands(ahead, sizeof(ahead), (int64_t)(detail->head - world->head)));
}

bool company_is_parted(const struct world *world, int64_t now_us)
{
	return world->rival != NULL && now_us - world->rival_since_us >= world->thresholds.dwell_ms * US_PER_MS;
}

struct verdict company_judge_chain(const struct world *world)
{
	char head[32], other[32];

	return verdict_make(HEALTH_UNKNOWN, SYMPTOM_INVISIBLE, "blocks %s of %.30s and %s of %.30s cannot be of one chain: which is right is not known",
			    text_thousands(head, sizeof(head), (int64_t)world->head), world->head_node->name,
			    text_thousands(other, sizeof(other), (int64_t)node_detail(world->rival)->head), world->rival->name);
}
