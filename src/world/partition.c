/* Partitions: groups of nodes whose peers are all inside of their group (protocol
 * reference 1.5.5). Peers that nobody told of us may be those of our nodes that do not
 * tell their key. When there are more of them than such nodes, some are not watched, and
 * groups may be connected through them: all groups with such peers then count as one. */
#include "world/private.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Somebody in the graph; position 0 stands for everything that we do not watch. */
struct place {
	size_t parent;
	struct component *node; /* NULL: a peer that none of our nodes said to be */
};

struct key_entry {
	struct peer_key key;
	size_t place;
};

struct graph {
	struct place *places;
	size_t count, capacity;
	struct key_entry *keys;
	size_t key_count, key_capacity;
};

static int compare_keys(const void *a, const void *b)
{
	return memcmp(&((const struct key_entry *)a)->key, &((const struct key_entry *)b)->key, sizeof(struct peer_key));
}

static size_t find_root(struct graph *graph, size_t place)
{
	while (graph->places[place].parent != place) {
		graph->places[place].parent = graph->places[graph->places[place].parent].parent;
		place = graph->places[place].parent;
	}
	return place;
}

static void connect(struct graph *graph, size_t a, size_t b)
{
	graph->places[find_root(graph, a)].parent = find_root(graph, b);
}

/* Whom the graph holds: nodes that answer and told whom they are connected to. */
static bool takes_part(const struct component *c)
{
	const struct node_detail *detail = node_detail(c);

	return detail->answers && detail->has_peers && detail->has_own_key;
}

static struct key_entry *find_key(const struct graph *graph, size_t known, const struct peer_key *key)
{
	struct key_entry wanted = {.key = *key};

	return bsearch(&wanted, graph->keys, known, sizeof(*graph->keys), compare_keys);
}

static void graph_add(struct graph *graph, const struct peer_key *key, struct component *node)
{
	graph->keys = mem_grow(graph->keys, &graph->key_capacity, graph->key_count, sizeof(*graph->keys));
	graph->keys[graph->key_count++] = (struct key_entry){*key, graph->count};
	graph->places = mem_grow(graph->places, &graph->capacity, graph->count, sizeof(*graph->places));
	graph->places[graph->count] = (struct place){graph->count, node};
	graph->count++;
}

/* Peers that none of our nodes said to be, as long as there are no more of them than nodes
 * of ours that do not say who they are. */
static void add_strangers(const struct world *world, struct graph *graph)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];
	size_t known = graph->key_count, placed = graph->count, silent = 0;

	for (size_t i = 0; i < nodes->count; i++)
		silent += !node_detail(nodes->items[i])->has_own_key;
	for (size_t i = 1; i < placed; i++) {
		const struct node_detail *detail = node_detail(graph->places[i].node);

		for (size_t k = 0; k < detail->peer_count; k++) {
			size_t at = known;

			if (find_key(graph, known, &detail->peers[k]) != NULL)
				continue;
			while (at < graph->key_count && memcmp(&graph->keys[at].key, &detail->peers[k], sizeof(detail->peers[k])) != 0)
				at++;
			if (at < graph->key_count)
				continue;
			if (graph->key_count - known == silent) {
				graph->key_count = known;
				graph->count = placed;
				return;
			}
			graph_add(graph, &detail->peers[k], NULL);
		}
	}
	if (graph->key_count > 0)
		qsort(graph->keys, graph->key_count, sizeof(*graph->keys), compare_keys);
}

static void graph_build(const struct world *world, struct graph *graph)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];

	graph->places = mem_grow(NULL, &graph->capacity, 0, sizeof(*graph->places));
	graph->places[0] = (struct place){0, NULL};
	graph->count = 1;
	for (size_t i = 0; i < nodes->count; i++)
		if (takes_part(nodes->items[i]))
			graph_add(graph, &node_detail(nodes->items[i])->own_key, nodes->items[i]);
	if (graph->key_count > 0)
		qsort(graph->keys, graph->key_count, sizeof(*graph->keys), compare_keys);
	add_strangers(world, graph);
}

static void graph_connect(struct graph *graph)
{
	for (size_t i = 1; i < graph->count; i++) {
		const struct component *node = graph->places[i].node;

		for (size_t k = 0; node != NULL && k < node_detail(node)->peer_count; k++) {
			const struct key_entry *found = find_key(graph, graph->key_count, &node_detail(node)->peers[k]);

			connect(graph, i, found == NULL ? 0 : found->place);
		}
	}
}

static bool runs_validator(const struct component *node)
{
	const struct component *validator = node_detail(node)->partner;

	return validator != NULL && validator_detail(validator)->member;
}

struct group {
	size_t root, nodes, validators;
};

/* Most validators first, then most nodes: group 1 is the one to be with. */
static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->validators != y->validators)
		return x->validators > y->validators ? -1 : 1;
	if (x->nodes != y->nodes)
		return x->nodes > y->nodes ? -1 : 1;
	return x->root < y->root ? -1 : x->root > y->root;
}

static struct group *groups_count(struct graph *graph, size_t *count)
{
	struct group *groups = xcalloc(graph->count, sizeof(*groups));
	size_t *at = xcalloc(graph->count, sizeof(*at));

	*count = 0;
	for (size_t i = 1; i < graph->count; i++) {
		size_t root = find_root(graph, i);
		struct group *group;

		if (graph->places[i].node == NULL)
			continue;
		if (at[root] == 0) {
			groups[*count].root = root;
			at[root] = ++*count;
		}
		group = &groups[at[root] - 1];
		group->nodes++;
		group->validators += runs_validator(graph->places[i].node);
	}
	free(at);
	qsort(groups, *count, sizeof(*groups), compare_groups);
	return groups;
}

static void groups_tell(struct graph *graph, const struct group *groups, size_t count)
{
	for (size_t i = 1; i < graph->count; i++) {
		struct node_detail *detail = graph->places[i].node == NULL ? NULL : node_detail(graph->places[i].node);
		size_t root = find_root(graph, i);

		for (size_t k = 0; count > 1 && k < count; k++) {
			if (detail == NULL || groups[k].root != root)
				continue;
			detail->group = (unsigned)k + 1;
			detail->group_validators = (unsigned)groups[k].validators;
		}
	}
}

void partition_take_peers(struct world *world, struct component *c, const struct node_sample *sample)
{
	struct node_detail *detail = node_detail(c);
	size_t bytes = sample->peer_key_count * sizeof(*sample->peer_keys);

	if (detail->has_peers && detail->peer_count == sample->peer_key_count && (bytes == 0 || memcmp(detail->peers, sample->peer_keys, bytes) == 0))
		return;
	free(detail->peers);
	detail->peers = bytes == 0 ? NULL : xmalloc(bytes);
	if (bytes > 0)
		memcpy(detail->peers, sample->peer_keys, bytes);
	detail->peer_count = sample->peer_key_count;
	detail->has_peers = true;
	world->peers_changed = true;
}

void partition_follow(struct world *world, int64_t now_us)
{
	const struct component_list *nodes = &world->lists[KIND_NODE];
	struct graph graph = {0};
	struct group *groups;
	size_t count;

	if (!world->peers_changed)
		return;
	world->peers_changed = false;
	for (size_t i = 0; i < nodes->count; i++)
		node_detail(nodes->items[i])->group = 0;
	graph_build(world, &graph);
	graph_connect(&graph);
	groups = groups_count(&graph, &count);
	groups_tell(&graph, groups, count);
	free(groups);
	free(graph.keys);
	free(graph.places);
	world->groups = count;
	for (size_t i = 0; i < nodes->count; i++) {
		if (node_detail(nodes->items[i])->group > 0)
			component_set_number(nodes->items[i], NODE_PARTITION, node_detail(nodes->items[i])->group, now_us);
		else
			component_unset(nodes->items[i], NODE_PARTITION);
	}
	if (count > 1)
		component_set_number(world->chain, CHAIN_PARTITIONS, (int64_t)count, now_us);
	else
		component_unset(world->chain, CHAIN_PARTITIONS);
}

/* Groups with validators come first, so their numbers fit. Who tells no peers is in no
 * group: while blocks come it counts to the largest, on a halt nobody counts unproved. */
unsigned partition_together(const struct world *world)
{
	const struct component_list *validators = &world->lists[KIND_VALIDATOR];
	unsigned alive[HEADER_VALIDATORS_MAX + 1] = {0}, most = 0, unplaced;

	for (size_t i = 0; i < validators->count; i++) {
		const struct component *node = validator_detail(validators->items[i])->partner;
		unsigned group = node == NULL ? 0 : node_detail(node)->group;

		if (validator_alive(validators->items[i]) && group <= HEADER_VALIDATORS_MAX)
			alive[group]++;
	}
	unplaced = alive[0];
	for (size_t group = 1; group <= HEADER_VALIDATORS_MAX; group++)
		if (alive[group] > most)
			most = alive[group];
	return world->groups > 1 && world->flow == FLOW_HALTED ? most : most + unplaced;
}

static bool has_quorum(const struct world *world, const struct node_detail *detail)
{
	return world->set != NULL && detail->group_validators >= consensus_quorum(world->consensus, (unsigned)world->set->count);
}

struct verdict partition_judge_node(const struct world *world, const struct component *c)
{
	const struct node_detail *detail = node_detail(c);

	if (detail->group == 0 || (detail->group == 1 && has_quorum(world, detail)) || world->set == NULL)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "in step");
	return verdict_make(HEALTH_WARNING, SYMPTOM_CUT_OFF, "cut off: its group %u of %zu has %u of %zu validators, no quorum", detail->group, world->groups,
			    detail->group_validators, world->set->count);
}

struct verdict partition_judge_chain(const struct world *world)
{
	if (world->groups <= 1)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "one group");
	return verdict_make(HEALTH_WARNING, SYMPTOM_PARTED, "partition: the nodes form %zu groups that see only themselves", world->groups);
}
