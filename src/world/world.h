/* The model of what is out there: components, their values with ages, and what
 * the judges (judge.h) made of them. Pure: no I/O, and time comes as an argument. */
#ifndef TOCSIN_WORLD_WORLD_H
#define TOCSIN_WORLD_WORLD_H

#include "base/clock.h"
#include "base/number.h"
#include "world/consensus.h"
#include "world/thresholds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kind {
	KIND_CHAIN,
	KIND_NODE,
	KIND_VALIDATOR,
	KIND_LANE,     /* of CCIP: one direction between two chains */
	KIND_FEED,     /* of an oracle */
	KIND_POD,      /* of Kubernetes */
	KIND_WORKLOAD, /* of Kubernetes: a statefulset or deployment */
	KIND_ALERT,    /* of Alertmanager or Prometheus */
	KIND_PROBE,    /* anything asked by itself: a page, a query, another chain, a source's own health */
	KIND_COUNT,
};

/* How a component is, once judged. Unknown and stale are states of their own:
 * they are never shown as ok and never as zero. */
enum health {
	HEALTH_UNKNOWN, /* never seen, or nothing can be said */
	HEALTH_OK,
	HEALTH_WARNING,
	HEALTH_CRITICAL,
	HEALTH_STALE, /* was known, and what we know is too old */
};

/* Whether the last attempt got through (protocol reference 0.1). */
enum reach {
	REACH_OK,
	REACH_REFUSING,    /* it answers, and says no: 401, 403, 429, 5xx, a wrong chain */
	REACH_UNREACHABLE, /* no answer: resolve, connect, TLS, timeout */
	REACH_UNKNOWN,     /* nothing came back yet: not asked, or the first answer is awaited */
};

/* What the judge saw, for programs; the reason says it for people. */
enum symptom {
	SYMPTOM_NONE,
	/* of our view */
	SYMPTOM_UNREACHABLE, /* no answer */
	SYMPTOM_REFUSING,    /* it answers, and says no, or is of another chain */
	SYMPTOM_UNSAMPLED,   /* nothing was asked of it for too long */
	SYMPTOM_INVISIBLE,   /* chain, validator: no node can be reached, none tells its head, or which to believe is not known */
	/* of a node */
	SYMPTOM_LAG,
	SYMPTOM_SYNCING,
	SYMPTOM_PEERS,
	SYMPTOM_SLOW,
	SYMPTOM_ERRORS,
	SYMPTOM_SKEW,
	SYMPTOM_CUT_OFF, /* it and its peers see none of the others */
	SYMPTOM_APART,   /* its head cannot be of the chain that most nodes tell of */
	/* of the chain */
	SYMPTOM_SILENT,  /* later than P + T */
	SYMPTOM_STALLED, /* later than P + 3T + slack on every reachable node */
	SYMPTOM_QUORUM,  /* can lose none more */
	SYMPTOM_FORK,    /* two blocks at one height */
	SYMPTOM_REWOUND, /* most nodes lost final blocks, or have others in their place */
	SYMPTOM_PARTED,  /* groups of nodes that see only themselves */
	/* of a validator */
	SYMPTOM_OFFLINE,   /* took none of its turns, or its node is gone and it gives no sign */
	SYMPTOM_MISSED,    /* misses some of its turns */
	SYMPTOM_NODE_LOST, /* its node is gone; not known yet whether it takes part */
	SYMPTOM_WAITING,   /* the chain is silent; its node answers and waits for a quorum */
	SYMPTOM_SEALS,     /* it proposes, and seals no block of the others */
	SYMPTOM_LEFT,      /* it is not in the validator set */
	/* of a lane */
	SYMPTOM_NO_CONTRACT,  /* an address without code, or of another kind */
	SYMPTOM_CURSED,       /* by the RMN, on either side */
	SYMPTOM_PAUSED,       /* a commit store or a custom sender is */
	SYMPTOM_CLOSED,       /* the router names no ramp, or the ramp is disabled */
	SYMPTOM_FEE_QUOTE,    /* the router's quote reverts */
	SYMPTOM_UNCOMMITTED,  /* messages were sent, and commits stand still */
	SYMPTOM_UNEXECUTED,   /* committed messages are not executed */
	SYMPTOM_BACKLOG,      /* messages are older than the lane's bound */
	SYMPTOM_FAILED,       /* a message failed in its receiver or token pool */
	SYMPTOM_RATE_LIMIT,   /* a bucket cannot take the usual amount */
	SYMPTOM_FEES_LOW,     /* the fee tokens last not for long */
	SYMPTOM_PRICES_STALE, /* gas or token prices are too old to quote */
	SYMPTOM_CORRUPT,      /* gaps, duplicates, a root or hash that does not match */
	SYMPTOM_FAR_SIDE,     /* one of its two chains cannot be seen */
	/* of a feed */
	SYMPTOM_OVERDUE,  /* no update within the heartbeat */
	SYMPTOM_ANSWER,   /* zero, negative, at a bound, or from the future */
	SYMPTOM_DEVIATES, /* from its second source */
	SYMPTOM_BREAKER,  /* the publisher's circuit breaker is open */
	/* of a pod or workload */
	SYMPTOM_CRASH_LOOP,
	SYMPTOM_NOT_READY,
	SYMPTOM_UNSCHEDULED,
	SYMPTOM_RESTARTED, /* lately */
	SYMPTOM_REPLICAS,  /* fewer are ready than wanted, or than a quorum takes */
	SYMPTOM_ROLLOUT,   /* one is under way, or stuck */
	/* of an alert or a probe */
	SYMPTOM_FIRING,
	SYMPTOM_SILENCED,    /* it fires, and somebody chose not to hear it */
	SYMPTOM_LIMIT,       /* a value beyond its warn or crit */
	SYMPTOM_CERTIFICATE, /* runs out */
	SYMPTOM_SECURITY,    /* what it watches for is a sign of an attack */
	SYMPTOM_UNSCRAPED,   /* a Prometheus cannot read its numbers */
	SYMPTOM_ROUNDS,      /* validators log that they change rounds */
	/* of any */
	SYMPTOM_FLAPPING, /* it fails and comes back, again and again */
	SYMPTOM_COUNT
};

const char *kind_name(enum kind kind);          /* "node" */
const char *health_name(enum health health);    /* "ok" "warning" "critical" "unknown" "stale" */
const char *symptom_name(enum symptom symptom); /* "crash-loop" */
/* The rule by which it is found, in words: "no answer for longer than dwell_ms". */
const char *symptom_rule(enum symptom symptom);
/* SYMPTOM_NONE for a word that names none. */
enum symptom symptom_parse(const char *name);
const char *reach_name(enum reach reach); /* "ok" "refusing" "unreachable" "unknown" */

/* --- values -------------------------------------------------------------- */

enum value_type {
	VALUE_NONE, /* not known */
	VALUE_NUMBER,
	VALUE_TEXT,
	VALUE_FLAG,
};

enum unit {
	UNIT_NONE,
	UNIT_BLOCK,
	UNIT_COUNT,
	UNIT_MS,
	UNIT_S,
	UNIT_HASH,
	UNIT_ADDRESS,
};

/* One row for each value a kind can have; the position is the enum below. The
 * names are a contract: they are the keys of `status --json`. */
struct value_def {
	const char *name;  /* "head_age_ms" */
	const char *label; /* "head age" */
	enum value_type type;
	enum unit unit;
};

struct kind_def {
	const char *name;   /* "node" */
	const char *plural; /* "nodes" */
	const struct value_def *values;
	size_t value_count;
};
const struct kind_def *kind_def(enum kind kind);

enum chain_value {
	CHAIN_HEAD,
	CHAIN_HEAD_AGE_MS,
	CHAIN_BLOCK_PERIOD_MS,
	CHAIN_REQUEST_TIMEOUT_MS,
	CHAIN_ROUND,
	CHAIN_NEXT_ROUND_MS,
	CHAIN_VALIDATORS,
	CHAIN_QUORUM,
	CHAIN_ALIVE,
	CHAIN_CAN_LOSE,
	CHAIN_F,
	CHAIN_CONSENSUS,
	CHAIN_CHAIN_ID,
	CHAIN_HEAD_HASH,
	CHAIN_FINALIZED,
	CHAIN_FORK_BLOCK,
	CHAIN_FORK_HASH,
	CHAIN_PARTITIONS,
	CHAIN_VERSIONS,
	CHAIN_REWOUND_BLOCK,
	CHAIN_REWOUND_BACK,
	CHAIN_REWOUND_BEFORE,
	CHAIN_REWOUND_NOW,
	CHAIN_VALUES
};
enum node_value {
	NODE_HEAD,
	NODE_LAG,
	NODE_PEERS,
	NODE_RPC_MS,
	NODE_SYNCING,
	NODE_VERSION,
	NODE_HEAD_HASH,
	NODE_HEAD_AGE_MS,
	NODE_POOL,
	NODE_CHAIN_ID,
	NODE_METHODS,
	NODE_CLOCK_SKEW_MS,
	NODE_ERROR_PERCENT,
	NODE_FORK_BLOCK,
	NODE_FORK_HASH,
	NODE_PARTITION,
	NODE_LIVENESS, /* what Besu's pages of these names say: hints, never judged */
	NODE_READINESS,
	NODE_VALUES
};
enum validator_value {
	VALIDATOR_PROPOSED,
	VALIDATOR_LAST_PROPOSED,
	VALIDATOR_MISSED_TURNS,
	VALIDATOR_SEALED,
	VALIDATOR_WINDOW,
	VALIDATOR_ADDRESS,
	VALIDATOR_NODE,
	VALIDATOR_TURNS,
	VALIDATOR_VOTES,
	VALIDATOR_LAST_SEALED,
	VALIDATOR_MEMBER,
	VALIDATOR_VALUES
};
enum lane_value {
	LANE_VERSION, /* "1.5", "1.6", "2.0" */
	LANE_SENT,    /* the last sequence number on the source */
	LANE_COMMITTED,
	LANE_EXECUTED, /* messages below it are all done */
	LANE_PENDING,
	LANE_AWAITING_COMMIT,
	LANE_FAILED,
	LANE_OLDEST_PENDING_S,
	LANE_LATENCY_S, /* median of recent messages */
	LANE_SLO_S,
	LANE_CURSED,
	LANE_PAUSED,
	LANE_STAGE, /* which is at fault, in words */
	LANE_SOURCE_CHAIN,
	LANE_DEST_CHAIN,
	LANE_RATE_PERCENT, /* of the bucket that is left */
	LANE_RATE_REFILL_S,
	LANE_FEE_BALANCE,
	LANE_FEE_DAYS, /* of traffic that the balance pays for */
	LANE_FEE_QUOTE,
	LANE_PRICE_AGE_S,
	LANE_MANUAL,  /* how many may be executed by hand now, and when the next may */
	LANE_CORRUPT, /* what does not fit, in words */
	LANE_ON_RAMP, /* its contracts */
	LANE_OFF_RAMP,
	LANE_COMMIT_STORE,
	LANE_SOURCE_RMN,
	LANE_DEST_RMN,
	LANE_SENDER, /* of the application */
	LANE_RECEIVER,
	LANE_OLDEST_ID, /* of the oldest message that is not done */
	LANE_TEST,      /* the newest message of the test sender, and how it fares */
	LANE_USUAL_S,   /* the latency while the lane was well: its own past */
	LANE_VALUES
};
enum feed_value {
	FEED_ANSWER, /* decimal text, with its decimals */
	FEED_UPDATED_AGE_S,
	FEED_HEARTBEAT_S,
	FEED_ROUND,
	FEED_PHASE,
	FEED_DESCRIPTION,
	FEED_AGGREGATOR,
	FEED_SECOND, /* the other source's answer */
	FEED_DEVIATION_PERCENT,
	FEED_BREAKER,
	FEED_PUBLISHER, /* pod */
	FEED_VALUES
};
enum pod_value {
	POD_PHASE,
	POD_READY, /* "1/1" */
	POD_RESTARTS,
	POD_REASON,
	POD_NAMESPACE,
	POD_AGE_S,
	POD_RESTARTED_AGE_S,
	POD_LAST_EXIT,
	POD_HOST,
	POD_ADDRESS,
	POD_CPU,
	POD_MEMORY,
	POD_OWNER,
	POD_EVENT, /* the last warning about it */
	POD_LINK,
	POD_VALUES
};
enum workload_value {
	WORKLOAD_TYPE, /* "statefulset" */
	WORKLOAD_DESIRED,
	WORKLOAD_READY,
	WORKLOAD_UPDATED,
	WORKLOAD_QUORUM, /* of the validators that it runs */
	WORKLOAD_ROLLOUT,
	WORKLOAD_NAMESPACE,
	WORKLOAD_VALUES
};
enum alert_value {
	ALERT_STATE, /* "firing", "silenced", "inhibited", "pending" */
	ALERT_SEVERITY,
	ALERT_SUMMARY,
	ALERT_SINCE_S,
	ALERT_LABELS,
	ALERT_OWNER,   /* receivers */
	ALERT_SILENCE, /* its id, whose, until when, why */
	ALERT_LINK,
	ALERT_VALUES
};
enum probe_value {
	PROBE_VALUE, /* what came back, as text */
	PROBE_LATENCY_MS,
	PROBE_STATUS, /* of HTTP */
	PROBE_CERTIFICATE_DAYS,
	PROBE_QUERY, /* what was asked */
	PROBE_WARN,
	PROBE_CRIT,
	PROBE_VERSION,
	PROBE_HEAD, /* of another chain */
	PROBE_HEAD_AGE_S,
	PROBE_LINK,
	PROBE_VALUES
};
enum { WORLD_VALUES_MAX = 36 };
/* CHAIN_FORK_BLOCK, CHAIN_FORK_HASH: the first block in which a node differs, as the chain
 * has it that Tocsin follows; NODE_FORK_*: as a node has it that differs. NODE_PARTITION:
 * the number of the group of peers that it is in, from 1, while there are several.
 * CHAIN_REWOUND_*: the lowest final block that is known to be lost, how many were, and its
 * hash before and now when another is in its place; their time is since when. */
/* VALIDATOR_TURNS: the last turns, newest last: 'o' taken, 'x' missed, '.' none known. */
enum { TURNS_SHOWN = 20 };

struct value {
	enum value_type type;
	int64_t number; /* VALUE_NUMBER, VALUE_FLAG */
	char *text;     /* VALUE_TEXT; owned, clean */
	int64_t at_us;  /* when it was last confirmed */
};

/* --- components ---------------------------------------------------------- */

/* Recent past of one number, for sparklines: the newest last. */
enum { TRAIL_LENGTH = 60 };
struct trail {
	struct trail_point {
		int64_t at_us;
		int64_t number; /* -1: no sample */
		enum health health;
	} points[TRAIL_LENGTH];
	size_t count;
	size_t next;
};
/* The i-th oldest point, i < count. */
const struct trail_point *trail_at(const struct trail *trail, size_t i);
void trail_add(struct trail *trail, int64_t at_us, int64_t number, enum health health);

struct component {
	enum kind kind;
	char id[96];      /* unique in the world: "node/besu-validator-0", "chain/138" */
	char name[64];    /* as people say it: "besu-validator-0" */
	char source[160]; /* who says so: a masked URL, or "headers of besu-rpc-0" */
	enum health health;
	enum reach reach;
	enum symptom symptom;
	char reason[160]; /* why this health, in words, with the numbers that decided */
	int64_t since_us; /* of this health; the first bad sample, not the end of the dwell */
	int64_t seen_us;  /* last sample that got through, 0: never */
	int64_t tried_us; /* last attempt, 0: never */
	struct value values[WORLD_VALUES_MAX];
	struct trail trail; /* node: rpc_ms; chain: block interval ms; validator: 1 took its turn, 0 missed */
	void *detail;       /* of the kind; private to src/world */
};

/* A change of health that outlived its dwell: what the record keeps. */
struct change {
	char id[96];
	enum health from, to;
	enum reach reach;
	char reason[160];
	int64_t at_us; /* when it began */
};

/* What a judge found. */
struct verdict {
	enum health health;
	enum symptom symptom;
	char reason[160];
};

struct world;

struct world *world_new(const char *network, uint64_t chain_id, const struct thresholds *thresholds);
void world_free(struct world *world);

const char *world_network(const struct world *world);
const struct thresholds *world_thresholds(const struct world *world);

/* Components in the order they were added, kinds apart. */
size_t world_count(const struct world *world, enum kind kind);
const struct component *world_at(const struct world *world, enum kind kind, size_t i);
const struct component *world_find(const struct world *world, const char *id);
/* The one chain; never NULL. */
const struct component *world_chain(const struct world *world);
/* Counts up whenever a component came or went, or the health or symptom of one changed:
 * orders and counts of components by their states hold while it stays the same. No two
 * worlds of a program have the same. */
uint64_t world_generation(const struct world *world);
/* When anything was heard of a component of this kind last; 0: never. Validators are heard
 * of through nodes. */
int64_t world_heard_us(const struct world *world, enum kind kind);
/* The worst health of all components, by the order critical, unknown or stale,
 * warning, ok (DESIGN 5: exit codes of `status`). */
enum health world_worst(const struct world *world);

/* True when `id` is one of these ids of components. */
bool component_listed(char (*ids)[96], size_t count, const char *id);

/* The value, or NULL when it is not known. */
const struct value *component_value(const struct component *c, int index);
bool component_number(const struct component *c, int index, int64_t *out);
const char *component_text(const struct component *c, int index);
/* A value for people: "4,812,331", "8 ms", "yes", "?" when not known. */
char *value_text(char *dst, size_t size, const struct value_def *def, const struct value *value);

/* Age of what we know of it at `now_us`; -1 when it was never seen. */
int64_t component_age_us(const struct component *c, int64_t now_us);

/* --- feeding it (used by src/collect) -------------------------------------- */

/* Adds a node, or a validator known from the configuration before any node spoke
 * of it. Both return the component, which lives as long as the world; a name or an
 * address that is known already gives the component that has it.
 *
 * Ids never change once published, also not from one run to the next: a validator
 * of the configuration is "validator/NAME", one that only the chain told of is
 * "validator/0x…". Its name, for people, becomes that of its node as soon as a node
 * shows the same key. A validator and a node of one name in the configuration
 * belong together. The chain is "chain/138"; when no chain id was given it is
 * "chain/unknown" until the first node tells, which decides for all. */
struct component *world_add_node(struct world *world, const char *name, const char *source);
struct component *world_add_validator(struct world *world, const char *name, const struct address *address);
/* What the configuration knows of a node before it speaks: the address of its key, which
 * is its validator's. False when there is no such node. */
bool world_tell_key(struct world *world, const char *node, const struct address *address);

/* What a header told, already decoded. */
enum { HEADER_VALIDATORS_MAX = 128 };
struct header {
	uint64_t number;
	struct hash256 hash, parent;
	struct address miner; /* who made it: from a seal where the header itself does not say */
	int64_t timestamp_s;
	uint64_t gas_used, gas_limit;
	uint64_t difficulty;
	enum consensus consensus; /* whose form extraData has; the fields below count where it tells them */
	uint32_t round;
	struct address *validators; /* owned, ascending; clique lists them at its checkpoints only */
	size_t validator_count;
	struct address *sealers; /* owned; who sealed, recovered */
	size_t sealer_count;
	bool vote;
	bool vote_add;
	struct address vote_recipient;
};
void header_free(struct header *header);

/* One poll of one node: what got through and what it said. Only fields whose bit
 * is in `has` count. */
enum sample_field {
	SAMPLE_HEAD = 1 << 0,
	SAMPLE_PEERS = 1 << 1,
	SAMPLE_SYNCING = 1 << 2,
	SAMPLE_POOL = 1 << 3,
	SAMPLE_VERSION = 1 << 4,
	SAMPLE_CHAIN_ID = 1 << 5,
	SAMPLE_VALIDATORS = 1 << 6,
	SAMPLE_NODE_KEY = 1 << 7,
	SAMPLE_PERIODS = 1 << 8,
	SAMPLE_SIGNERS = 1 << 9,
	SAMPLE_VOTES = 1 << 10,
	SAMPLE_METHODS = 1 << 11,
	SAMPLE_OWN_KEY = 1 << 12,
	SAMPLE_PEER_KEYS = 1 << 13,
	SAMPLE_FINALIZED = 1 << 14,
};
/* The first bytes of a node's public key: enough to tell nodes apart among peers. */
struct peer_key {
	uint8_t bytes[16];
};
struct node_sample {
	int64_t at_us;
	enum reach reach;
	char why[120];         /* unless REACH_OK: "connection refused", "HTTP 403 Host not authorized." */
	bool method_errors;    /* it answered, and the head call itself failed */
	int64_t rpc_us;        /* time to answer */
	int64_t clock_skew_us; /* its Date header minus ours, 0 when unknown */
	unsigned has;
	struct header *headers; /* oldest first, the last is the head (SAMPLE_HEAD); owned by the caller */
	size_t header_count;
	uint64_t peers;
	bool syncing;
	uint64_t sync_target;
	uint64_t pool;
	char version[96];
	uint64_t chain_id;
	struct address *validators; /* set for the latest block, ascending */
	size_t validator_count;
	struct address node_key; /* the address of the node's own key (admin_nodeInfo) */
	int64_t block_period_ms, request_timeout_ms, empty_period_ms;
	struct signer_metric {
		struct address address;
		uint64_t proposed, last_proposed;
	} * signers;
	size_t signer_count;
	struct pending_vote {
		struct address address;
		bool add;
	} * votes;
	size_t vote_count;
	struct peer_key own_key;
	struct peer_key *peer_keys; /* whom it is connected to */
	size_t peer_key_count;
	uint64_t finalized; /* the newest block that can never be taken back */
	char methods[160];  /* groups that are absent: "no admin, no qbft" */
};

/* The node that runs this validator, or the validator that this node runs; NULL
 * while that is not known. */
const struct component *world_partner(const struct component *c);
/* Since when it is critical no more; 0 when it never was. */
int64_t world_recovered_us(const struct component *c);
/* True once it is known whose node this is: it showed its key, or the configuration
 * named its validator. */
bool world_node_identified(const struct component *node);

/* True when the header of this block was taken in and is still kept: nobody needs to ask
 * another node for it. */
bool world_has_header(const struct world *world, uint64_t number);

/* The node told this block of the chain that is followed, or one that stands on it. */
bool world_node_holds(const struct component *node, uint64_t number);
/* The node was asked: until the first answer or failure that is all that is known of it. */
void world_asked(struct component *node);

/* Takes a sample in: updates the node, the chain and the validators, and judges
 * what it touched. Costs nothing that grows with the number of nodes, unless the
 * node that led was lost. */
void world_observe(struct world *world, struct component *node, const struct node_sample *sample);
/* Keeps what a node says of itself beside its answers, for people to see: no judge reads it,
 * and it is no sign of life. The text is cleaned. */
void world_hint(struct component *node, enum node_value value, const char *text, int64_t at_us);

/* Heights of headers that the world would like this node to tell again, beside its head:
 * how it finds the first block in which two forks differ. Returns how many, at most
 * WANTED_MAX. */
enum { WANTED_MAX = 8 };
size_t world_wanted(const struct world *world, const struct component *node, uint64_t heights[WANTED_MAX]);

/* Somebody dealt with the final blocks that the chain lost up to then: it is no longer
 * critical for those. */
void world_loss_dealt_with(struct world *world, int64_t at_us);

/* How the chain agrees on blocks, as its headers showed; CONSENSUS_UNKNOWN when they do not. */
enum consensus world_consensus(const struct world *world);

/* --- what is beside the chain (used by sources) ------------------------------- */

/* Adds a lane, feed, pod, workload, alert or probe, or gives the one that has this name
 * already. Its id is "KIND/NAME". What was not confirmed for stale_after_us is stale. */
struct component *world_add(struct world *world, enum kind kind, const char *name, const char *source, int64_t stale_after_us);
/* It is no more: `why` ("resolved", "deleted") becomes the reason of its last change, which
 * is to ok. The pointer is dead after it. */
void world_remove(struct world *world, struct component *c, int64_t at_us, const char *why);
/* Removes what this source has not confirmed since before_us: it is not in the newest list. */
void world_remove_unconfirmed(struct world *world, enum kind kind, const char *source, int64_t before_us, int64_t at_us, const char *why);

/* Values, by the enums above; text may come from anywhere and is cleaned. */
void world_set_number(struct component *c, int index, int64_t number, int64_t at_us);
void world_set_flag(struct component *c, int index, bool flag, int64_t at_us);
void world_set_text(struct component *c, int index, const char *text, int64_t at_us);
void world_unset(struct component *c, int index);

/* Another name for people than the one of its id, which stays. */
void world_set_name(struct component *c, const char *name);

/* Where the configuration says that a node runs: its pod and the host of its URL (NULL: not
 * told). Without it a node is taken to be in the pod of its name. A place that is told of two
 * nodes is none's. */
void world_tell_place(struct world *world, const char *node, const char *pod, const char *host);
/* The node of this name, pod or host, the first that fits; NULL when there is none. */
const struct component *world_node_at(const struct world *world, const char *place);

/* What it belongs to: the node of a pod, the chains of a lane, what an alert is about. The
 * ids are not checked; another call with the same `slot` replaces one, "" removes it. The last
 * slot is for the source that it is seen through ("probe/prometheus main"). */
enum {
	RELATED_MAX = 4,
	RELATED_SOURCE = RELATED_MAX - 1,
};
void world_relate(struct component *c, size_t slot, const char *id);
/* NULL when the slot is empty. */
const char *component_related(const struct component *c, size_t slot);

/* One look that got through: what the judge made of it. */
struct sighting {
	int64_t at_us;
	enum reach reach; /* of the thing itself, for a probe; else REACH_OK */
	struct verdict verdict;
	int64_t since_us; /* when it began, if that is known; else 0 */
	bool certain;     /* needs no dwell */
};
void world_sight(struct world *world, struct component *c, const struct sighting *sighting);
/* One look that did not: the source gave no answer, or said no. What is known becomes stale
 * once that lasts. */
void world_miss(struct world *world, struct component *c, int64_t at_us, enum reach reach, const char *why);

/* Our own clock was set by step_us, forward or back: what was seen keeps its distance
 * from now, so that nothing looks old, halted or lost because of it. Call it before
 * anything is fed or judged with the new time. */
void world_clock_stepped(struct world *world, int64_t step_us);

/* Judges everything that time alone can change (ages, stalls, rounds). Call each
 * second at least. */
void world_judge(struct world *world, int64_t now_us);

/* The changes since the last call, oldest first; valid until the next call of any
 * function that feeds the world. */
const struct change *world_changes(struct world *world, size_t *count);

/* True when, as of the last world_judge, each node was tried, nothing waits for its
 * dwell and the judges had what they need: what `status` waits for. Detection that
 * runs after world_judge sees the same world. */
bool world_settled(const struct world *world);
/* The same of what is beside the chain alone: each was asked, and none waits for its dwell. */
bool world_outer_settled(const struct world *world);

#endif
