/* A small QBFT network in memory: who is stopped, hidden, frozen or slow is a field
 * away, and each second of its time gives every node's sample to a world. */
#ifndef TOCSIN_TESTS_WORLD_FIXTURE_H
#define TOCSIN_TESTS_WORLD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "world/judge.h"
#include "world/world.h"

enum {
	NET_NODES = 12,
	NET_BLOCKS = 4000,
	NET_BACKFILL = 64,
};

struct net_node {
	struct component *component;
	bool stopped;       /* neither its validator nor its endpoint work */
	bool mute;          /* its validator takes no part, its endpoint works */
	bool hidden;        /* the endpoint does not answer; its validator works */
	bool refusing;      /* the endpoint says no */
	bool no_head;       /* the call for its head fails, its other calls do not, each for itself */
	bool no_head_time;  /* and that because it takes too long */
	bool stranger;      /* it is of another network with the same chain id, far ahead and halted */
	bool frozen;        /* its head stands still */
	bool no_key;        /* it has no admin calls */
	bool forked;        /* it tells other hashes, */
	uint64_t fork_from; /* from this block on */
	unsigned group;     /* it sees only nodes of its own group */
	bool no_peers;      /* it does not tell its peers, nor its own key */
	uint64_t chain_id;
	int64_t rpc_ms;
	int64_t skew_s;
	uint64_t peers;
	bool syncing;
	uint64_t told; /* last block that it told */
	uint64_t head; /* where it stands while frozen */
};

struct net {
	struct world *world;
	struct thresholds thresholds;
	struct net_node nodes[NET_NODES];
	size_t node_count;
	unsigned validators; /* the first so many nodes run one */
	int64_t period_s, timeout_s;
	int64_t now_s;
	int64_t clock_s;     /* our clock minus the network's */
	bool plain;          /* headers without QBFT */
	bool clique;         /* headers of clique */
	bool contract;       /* validators are kept in a contract: headers do not list them */
	bool strangers;      /* each node has a peer that nobody watches */
	bool fake_seals;     /* validator 0 proposes and never seals */
	bool halted;         /* no blocks, whoever is up */
	bool silent_periods; /* node info does not tell P and T */
	unsigned absent;     /* headers name only the first validators without so many */
	struct net_block {
		int64_t time_s;
		unsigned miner, round;
	} blocks[NET_BLOCKS];
	uint64_t head;
};

enum { NET_START_S = 1767225600 };

static inline struct address net_address(unsigned i)
{
	struct address address = {0};

	address.bytes[0] = (uint8_t)(i + 1);
	address.bytes[19] = 0xaa;
	return address;
}

static inline void net_open(struct net *net, unsigned validators, unsigned rpc_nodes)
{
	char name[32];

	memset(net, 0, sizeof(*net));
	net->thresholds = thresholds_default();
	net->validators = validators;
	net->period_s = 2;
	net->timeout_s = 2;
	net->now_s = NET_START_S;
	net->node_count = validators + rpc_nodes;
	for (size_t i = 0; i < net->node_count; i++)
		net->nodes[i] = (struct net_node){.rpc_ms = 8, .peers = net->node_count - 1, .chain_id = 138};
	net->blocks[0] = (struct net_block){.time_s = net->now_s};
	net->world = world_new("Test", 138, &net->thresholds);
	for (size_t i = 0; i < net->node_count; i++) {
		snprintf(name, sizeof(name), i < validators ? "besu-validator-%zu" : "besu-rpc-%zu", i < validators ? i : i - validators);
		net->nodes[i].component = world_add_node(net->world, name, "http://test");
	}
}

/* Starts watching anew, as a restarted program would. */
static inline void net_reopen(struct net *net)
{
	char name[64];

	world_free(net->world);
	net->world = world_new("Test", 138, &net->thresholds);
	for (size_t i = 0; i < net->node_count; i++) {
		snprintf(name, sizeof(name), i < net->validators ? "besu-validator-%zu" : "besu-rpc-%zu", i < net->validators ? i : i - net->validators);
		net->nodes[i].component = world_add_node(net->world, name, "http://test");
		net->nodes[i].told = 0;
	}
}

static inline void net_close(struct net *net)
{
	world_free(net->world);
}

/* --- the network's own time ---------------------------------------------------------- */

static inline bool net_works(const struct net *net, unsigned i)
{
	return !net->nodes[i].stopped && !net->nodes[i].mute;
}

static inline unsigned net_alive(const struct net *net)
{
	unsigned alive = 0;

	for (unsigned i = 0; i < net->validators; i++)
		alive += net_works(net, i);
	return alive;
}

/* The next block: the first round whose proposer is up. */
static inline bool net_next(const struct net *net, struct net_block *out)
{
	const struct net_block *parent = &net->blocks[net->head];
	int64_t wait = net->period_s, timeout = net->timeout_s;
	unsigned first = net->clique ? (unsigned)(net->head + 1) % net->validators : net->head == 0 ? 0
												    : parent->miner + 1,
		 quorum = net->clique ? net->validators / 2 + 1 : qbft_quorum(net->validators);

	if (net->halted || (!net->plain && net_alive(net) < quorum))
		return false;
	for (unsigned round = 0; round < 16; round++) {
		unsigned miner = net->plain ? 0 : (first + round) % net->validators;

		if (net->plain || net_works(net, miner)) {
			*out = (struct net_block){.time_s = parent->time_s + wait, .miner = miner, .round = round};
			return true;
		}
		wait += timeout;
		timeout *= 2;
	}
	return false;
}

static inline void net_produce(struct net *net)
{
	struct net_block next;

	while (net_next(net, &next)) {
		/* After a halt the next block is made now, not when it was due. */
		if (next.time_s + 60 < net->now_s)
			next.time_s = net->now_s;
		if (next.time_s > net->now_s)
			return;
		net->blocks[++net->head] = next;
	}
}

static inline struct hash256 net_hash(const struct net_node *node, uint64_t number)
{
	struct hash256 hash = {{0}};

	memcpy(hash.bytes, &number, sizeof(number));
	hash.bytes[31] = node->forked && number >= node->fork_from ? 2 : 1;
	return hash;
}

static inline void net_header(const struct net *net, const struct net_node *node, uint64_t number, struct header *out)
{
	const struct net_block *block = &net->blocks[number];

	*out = (struct header){.number = number, .timestamp_s = block->time_s, .round = block->round, .difficulty = 1};
	out->consensus = net->plain ? CONSENSUS_UNKNOWN : net->clique ? CONSENSUS_CLIQUE
								      : CONSENSUS_QBFT;
	out->hash = net_hash(node, number);
	out->parent = net_hash(node, number - 1);
	if (net->plain)
		return;
	out->miner = net_address(block->miner);
	if (net->clique) {
		out->difficulty = number % net->validators == block->miner ? 2 : 1;
		out->round = 0;
		return;
	}
	out->validators = xcalloc(net->validators, sizeof(*out->validators));
	out->sealers = xcalloc(net->validators, sizeof(*out->sealers));
	out->validator_count = net->contract ? 0 : net->validators - net->absent;
	for (unsigned i = 0; i < net->validators; i++) {
		out->validators[i] = net_address(i);
		if (net_works(net, i) && !(net->fake_seals && i == 0))
			out->sealers[out->sealer_count++] = net_address(i);
	}
}

static inline struct peer_key net_peer_key(size_t i)
{
	struct peer_key key = {{0}};

	key.bytes[0] = (uint8_t)(i + 1);
	key.bytes[15] = 0xbb;
	return key;
}

/* Whom the node is connected to: all that run in its group. */
static inline void net_peers(const struct net *net, size_t i, struct peer_key *keys, struct node_sample *sample)
{
	if (net->nodes[i].no_peers)
		return;
	sample->peer_keys = keys;
	for (size_t k = 0; k < net->node_count; k++)
		if (k != i && !net->nodes[k].stopped && net->nodes[k].group == net->nodes[i].group)
			keys[sample->peer_key_count++] = net_peer_key(k);
	if (net->strangers)
		keys[sample->peer_key_count++] = net_peer_key(100 + net->nodes[i].group);
	sample->own_key = net_peer_key(i);
	sample->has |= SAMPLE_OWN_KEY | SAMPLE_PEER_KEYS;
}

/* Its headers that the world asks for by number. */
static inline void net_wanted(const struct net *net, size_t i, struct header *headers, struct node_sample *sample)
{
	uint64_t heights[WANTED_MAX];
	size_t count = world_wanted(net->world, net->nodes[i].component, heights);

	for (size_t k = 0; k < count; k++)
		if (heights[k] < sample->headers[sample->header_count - 1].number) {
			headers[sample->header_count] = sample->headers[sample->header_count - 1];
			net_header(net, &net->nodes[i], heights[k], &headers[sample->header_count - 1]);
			sample->header_count++;
		}
}

static inline void net_sample_without_head(struct net *net, size_t i)
{
	struct net_node *node = &net->nodes[i];
	struct node_sample head = {.at_us = (net->now_s + net->clock_s) * US_PER_S, .rpc_us = node->rpc_ms * US_PER_MS};
	struct node_sample rest = head;

	head.reach = node->no_head_time ? REACH_UNREACHABLE : REACH_OK;
	head.method_errors = !node->no_head_time;
	snprintf(head.why, sizeof(head.why), node->no_head_time ? "timed out" : "header not found");
	world_observe(net->world, node->component, &head);
	rest.has = SAMPLE_SYNCING | SAMPLE_PEERS;
	rest.peers = node->peers;
	world_observe(net->world, node->component, &rest);
}

/* A node of another network with the same chain id tells its head. */
static inline void net_sample_stranger(struct net *net, struct component *node, uint64_t head, int64_t time_s)
{
	struct header header = {.number = head, .timestamp_s = time_s, .difficulty = 1, .consensus = CONSENSUS_QBFT};
	struct node_sample sample = {.at_us = (net->now_s + net->clock_s) * US_PER_S, .rpc_us = US_PER_MS, .chain_id = 138, .peers = 5, .headers = &header, .header_count = 1};

	memcpy(header.hash.bytes, &head, sizeof(head));
	header.hash.bytes[31] = header.parent.bytes[31] = 77;
	header.parent.bytes[0] = 78;
	header.validator_count = 4;
	header.validators = xcalloc(header.validator_count, sizeof(*header.validators));
	for (unsigned i = 0; i < header.validator_count; i++)
		header.validators[i] = net_address(i);
	sample.has = SAMPLE_HEAD | SAMPLE_CHAIN_ID | SAMPLE_PEERS;
	world_observe(net->world, node, &sample);
	header_free(&header);
}

static inline void net_sample(struct net *net, size_t i)
{
	struct net_node *node = &net->nodes[i];
	struct node_sample sample = {.at_us = (net->now_s + net->clock_s) * US_PER_S, .rpc_us = node->rpc_ms * US_PER_MS, .clock_skew_us = node->skew_s * US_PER_S};
	struct header headers[NET_BACKFILL + 1 + WANTED_MAX];
	struct peer_key peer_keys[NET_NODES];
	struct address signers[NET_NODES];
	uint64_t head = node->frozen ? node->head : net->head, from;

	if (node->stopped || node->hidden || node->refusing) {
		sample.reach = node->refusing ? REACH_REFUSING : REACH_UNREACHABLE;
		snprintf(sample.why, sizeof(sample.why), node->refusing ? "HTTP 403 Host not authorized." : "connection refused");
		world_observe(net->world, node->component, &sample);
		return;
	}
	if (node->stranger) {
		net_sample_stranger(net, node->component, 900000, NET_START_S - 86400);
		return;
	}
	if (node->no_head) {
		net_sample_without_head(net, i);
		return;
	}
	node->head = head;
	from = head > NET_BACKFILL ? head - NET_BACKFILL : 0;
	if (node->told > from)
		from = node->told < head ? node->told + 1 : head;
	for (uint64_t number = from; number <= head; number++)
		net_header(net, node, number, &headers[sample.header_count++]);
	node->told = head;
	sample.headers = headers;
	sample.has = SAMPLE_HEAD | SAMPLE_PEERS | SAMPLE_SYNCING | SAMPLE_CHAIN_ID;
	net_wanted(net, i, headers, &sample);
	net_peers(net, i, peer_keys, &sample);
	if (net->clique || net->contract) {
		for (unsigned k = 0; k < net->validators; k++)
			signers[k] = net_address(k);
		sample.has |= SAMPLE_VALIDATORS;
		sample.validators = signers;
		sample.validator_count = net->validators;
	}
	sample.chain_id = node->chain_id;
	sample.peers = node->peers;
	sample.syncing = node->syncing;
	if (!net->silent_periods && !net->plain) {
		sample.has |= SAMPLE_PERIODS;
		sample.block_period_ms = net->period_s * 1000;
		sample.request_timeout_ms = net->timeout_s * 1000;
	}
	if (!node->no_key && !net->plain) {
		sample.has |= SAMPLE_NODE_KEY;
		sample.node_key = net_address(i < net->validators ? (unsigned)i : 100 + (unsigned)i);
	}
	world_observe(net->world, node->component, &sample);
	for (size_t k = 0; k < sample.header_count; k++)
		header_free(&headers[k]);
}

static inline int64_t net_now_us(const struct net *net)
{
	return (net->now_s + net->clock_s) * US_PER_S;
}

/* Lets the network live unwatched. */
static inline void net_age(struct net *net, int64_t seconds)
{
	for (int64_t i = 0; i < seconds; i++) {
		net->now_s++;
		net_produce(net);
	}
}

static inline void net_run(struct net *net, int64_t seconds)
{
	for (int64_t i = 0; i < seconds; i++) {
		net_age(net, 1);
		for (size_t k = 0; k < net->node_count; k++)
			net_sample(net, k);
		world_judge(net->world, net_now_us(net));
	}
}

/* --- asking ------------------------------------------------------------------------------ */

static inline const struct component *net_validator(const struct net *net, unsigned i)
{
	struct address address = net_address(i);
	char text[ADDRESS_TEXT], id[96];

	snprintf(id, sizeof(id), "validator/%s", address_text(text, &address));
	return world_find(net->world, id);
}

static inline int64_t number_of(const struct component *c, int index)
{
	int64_t number;

	if (!component_number(c, index, &number))
		fail_msg("%s does not know %s", c->id, kind_def(c->kind)->values[index].name);
	return number;
}

static inline size_t count_health(const struct net *net, enum kind kind, enum health health)
{
	size_t count = 0;

	for (size_t i = 0; i < world_count(net->world, kind); i++)
		count += world_at(net->world, kind, i)->health == health;
	return count;
}

#endif
