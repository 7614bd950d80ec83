/* The simulated QBFT network as a deterministic state machine: keys, pods, round
 * timers, blocks with real hashes and seals. Pure: the same configuration and the
 * same orders at the same times give the same chain; time comes as an argument, in
 * microseconds of the network's own clock. Private to src/drill. */
#ifndef TOCSIN_DRILL_ENGINE_H
#define TOCSIN_DRILL_ENGINE_H

#include "base/buf.h"
#include "base/number.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ENGINE_VALIDATORS_MAX = 100,
	ENGINE_RPC_MAX = 100,
	ENGINE_SPARE = 8,   /* RPC pods that scaling may add */
	ENGINE_KEEP = 4096, /* blocks kept; older ones are "pruned history" */
	ENGINE_LOG = 120,   /* log lines kept per pod */
	ENGINE_EVENTS = 8,  /* cluster events kept per pod */
	ENGINE_GAS_LIMIT = 30000000,
	ENGINE_BASE_FEE = 7,
};

enum pod_phase {
	POD_ABSENT,   /* scaled away, or not scaled up yet */
	POD_STARTING, /* ContainerCreating */
	POD_RUNNING,
	POD_CRASHED,
};

/* What is wrong with a running node's HTTP service. */
enum rpc_trouble {
	RPC_FINE,
	RPC_SLOW,
	RPC_UNAVAILABLE,
	RPC_REFUSED,
};

/* API groups of --rpc-http-api, as bits. */
enum {
	API_ETH = 1,
	API_NET = 2,
	API_WEB3 = 4,
	API_ADMIN = 8,
	API_TXPOOL = 16,
	API_QBFT = 32,
	API_ALL = 63,
};

struct engine_config {
	unsigned validators, rpc_nodes;
	uint64_t seed, chain_id;
	uint64_t first_block; /* number of the oldest block that is kept */
	int64_t start_us;     /* its time; whole seconds */
	int64_t period_us;    /* block period P, whole seconds */
	int64_t timeout_us;   /* request timeout T, whole seconds */
};

struct engine_line {
	int64_t at_us;
	char text[224];
};

struct engine_node {
	char name[32];
	bool validator;
	unsigned ordinal; /* in its statefulset */
	uint8_t key[32];
	uint8_t public_key[64];
	struct address address;
	char ip[16]; /* in the simulated cluster */
	unsigned apis;

	enum pod_phase phase;
	char reason[24];    /* why it crashed: "OOMKilled", "Completed" */
	int64_t phase_us;   /* since when */
	int64_t created_us; /* of the pod */
	int64_t ready_us;   /* when POD_STARTING ends */
	unsigned restarts;
	enum rpc_trouble trouble;

	int64_t synced_us; /* until then it shows frozen_head and takes no part */
	uint64_t frozen_head;
	int64_t delay_us; /* a block reaches it this much later */
	bool cut;         /* a network fault parts it, with all others that are cut, from the rest */
	bool strayed;     /* it follows the other chain, from engine.fork_from on */
	int64_t skew_us;  /* its clock is ahead by so much */
	int64_t flap_us;  /* when it crashes or comes back next; 0: it is steady */
	unsigned round;   /* of a validator, for the height after the head */
	int64_t round_us; /* when that round begins for it */

	struct engine_line log[ENGINE_LOG];
	size_t log_next, log_count;
	struct engine_line events[ENGINE_EVENTS]; /* "Warning\tBackOff\tmessage" */
	size_t event_next, event_count;
};

struct bridge;

struct engine_block {
	uint64_t number;
	struct hash256 hash, parent, state, transactions, receipts;
	struct address miner;
	unsigned proposer; /* position in the sorted set */
	unsigned round;
	int64_t timestamp_s;
	int64_t decided_us;
	unsigned tx_count;
	uint64_t gas_used;
	bool sealers[ENGINE_VALIDATORS_MAX]; /* by node index */
	uint8_t *extra;                      /* with round and seals; made when first asked for */
	size_t extra_len;
};

struct engine {
	struct engine_config config;
	bool london; /* headers carry baseFeePerGas */
	int64_t now_us;
	struct engine_node *nodes;  /* validators, then RPC nodes, then spare RPC places */
	size_t node_count;          /* spare places included */
	struct address *validators; /* ascending */
	size_t *turns;              /* node index of each position in that order */
	struct engine_block *genesis;
	struct engine_block *blocks; /* a ring by number */
	uint64_t head;
	uint64_t fork_from;          /* where a second chain begins; 0: there is none */
	struct engine_block *branch; /* its blocks, a ring like the other; NULL until there is one */
	bool deciding;
	int64_t decide_us;
	unsigned decide_round;
	struct engine_rollout {
		bool active;
		int next;      /* ordinal to restart next, -1: all were */
		int waiting;   /* ordinal that must run first, -1: none */
	} rollouts[2];         /* RPC nodes, validators */
	struct bridge *bridge; /* its contracts; NULL until there are some. The engine's */
};

/* Builds the network at config->start_us, all pods running. The configuration was
 * checked by the caller. */
struct engine *engine_new(const struct engine_config *config);
void engine_free(struct engine *engine);
/* Lets the network live until `now_us`; earlier times change nothing. */
void engine_advance(struct engine *engine, int64_t now_us);

/* ceil(2n/3) (protocol reference 1.4). */
unsigned engine_quorum(unsigned validators);
/* A number that depends on the seed, a stream and an index only. */
uint64_t engine_draw(const struct engine *engine, uint64_t stream, uint64_t index);
enum {
	DRAW_KEY = 1,
	DRAW_LATENCY,
	DRAW_SEALS,
	DRAW_DELAY,
	DRAW_TX,
	DRAW_START,
	DRAW_VICTIM,
	DRAW_POOL,
	DRAW_SLOW,
	DRAW_PEER,
	DRAW_LOAD,
};

/* What a node knows. */
uint64_t engine_node_head(const struct engine *engine, const struct engine_node *node);
unsigned engine_node_peers(const struct engine *engine, const struct engine_node *node);
bool engine_node_syncing(const struct engine *engine, const struct engine_node *node);
uint64_t engine_pool(const struct engine *engine, const struct engine_node *node);
/* NULL: not made yet, or pruned. */
const struct engine_block *engine_block_at(const struct engine *engine, uint64_t number);
/* The same as the node has it, which may have strayed. */
const struct engine_block *engine_block_of(const struct engine *engine, const struct engine_node *node, uint64_t number);
const struct engine_block *engine_block_by_hash(const struct engine *engine, const struct engine_node *node, const struct hash256 *hash);
/* Both run, and no network fault lies between them. */
bool engine_connected(const struct engine_node *a, const struct engine_node *b);
uint64_t engine_first_block(const struct engine *engine);
struct hash256 engine_tx_hash(const struct engine *engine, uint64_t number, unsigned i);
/* The block's extraData with its seals; the engine's. Signing takes time, and nothing in
 * the chain depends on it: so it is done when somebody looks. */
const uint8_t *engine_block_extra(const struct engine *engine, const struct engine_block *block, size_t *len);
/* The header as RLP, with its full extraData. */
void engine_header_rlp(const struct engine *engine, const struct engine_block *block, struct buf *out);

struct engine_node *engine_find(struct engine *engine, const char *name);
/* Pods of a statefulset that exist now. */
unsigned engine_replicas(const struct engine *engine, bool validators);
unsigned engine_ready_replicas(const struct engine *engine, bool validators);

/* Orders. Consequences are real: a restarted validator is away for some seconds, then
 * starts at round 0, and meets the others only in a round they share. */
void engine_crash(struct engine *engine, struct engine_node *node, const char *reason, const char *last_words);
void engine_trouble(struct engine *engine, struct engine_node *node, enum rpc_trouble trouble);
void engine_restart(struct engine *engine, struct engine_node *node);
/* One pod after the other, from the highest ordinal, as a statefulset does. */
void engine_rollout(struct engine *engine, bool validators);
bool engine_rolling(const struct engine *engine, bool validators);
/* Refused when there is no room for so many. */
enum status engine_scale(struct engine *engine, bool validators, unsigned replicas, struct error *err) TOCSIN_CHECK;
/* From the next block on the node follows another chain, sealed by the same keys: as when
 * a restored copy of the validators runs somewhere else. */
void engine_stray(struct engine *engine, struct engine_node *node);
/* Parts the node from all that are not cut. Only the others can hold a quorum. */
void engine_cut(struct engine *engine, struct engine_node *node);
/* It crashes now, and then comes and goes. */
void engine_flap(struct engine *engine, struct engine_node *node);
/* Every pod runs and answers at once, no fault is left, and every round timer starts anew (the
 * documented cure of a halt: restart all validators). */
void engine_heal(struct engine *engine);

/* The i-th oldest kept line. */
const struct engine_line *engine_log_at(const struct engine_node *node, size_t i);
const struct engine_line *engine_event_at(const struct engine_node *node, size_t i);

#endif
