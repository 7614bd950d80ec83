/* What the parts of the Besu protocol share: besu.c plans, besu_read.c reads results,
 * besu_reply.c reads the reply around them. Private to src/collect. */
#ifndef TOCSIN_COLLECT_BESU_H
#define TOCSIN_COLLECT_BESU_H

#include "base/json.h"
#include "collect/protocol.h"

enum {
	BACKFILL_BLOCKS = 100, /* history that a first look asks for */
	BATCH_START = 48,      /* Besu's own limit is 1,024; answers stay below the body limit */
};

/* Absent methods and refused batches are tried again after this (protocol reference 1.1). */
#define BESU_FORGET_US (5 * US_PER_MINUTE)

enum call {
	CALL_HEAD,
	CALL_SYNCING,
	CALL_PEERS,
	CALL_POOL,
	CALL_POOL_COUNTS,
	CALL_CHAIN_ID,
	CALL_VERSION,
	CALL_NODE_INFO,
	CALL_TIMEOUT,
	CALL_VALIDATORS,
	CALL_VOTES,
	CALL_SIGNERS,
	CALL_IBFT_VALIDATORS,
	CALL_IBFT_VOTES,
	CALL_IBFT_SIGNERS,
	CALL_ISTANBUL_VALIDATORS,
	CALL_CLIQUE_SIGNERS,
	CALL_CLIQUE_SIGNER, /* the node's own */
	CALL_FINALIZED,
	CALL_PEER_LIST,
	CALL_COUNT
};

/* One request that waits or is on its way; its id is its place in the batch, from 1. */
struct item {
	enum call call;
	bool header; /* a block by height instead of `call` */
	uint64_t height;
};
enum { QUEUE_MAX = CALL_COUNT + BACKFILL_BLOCKS + WANTED_MAX }; /* in one round */

/* Some calls each second, a hundred headers once in a while: among thousands of nodes the
 * room for the latter must not stay with each. */
struct items {
	struct item *list; /* owned; NULL: none */
	size_t capacity;
};

struct call_state {
	int64_t asked_us;  /* when it was answered last, 0: ask now */
	int64_t absent_us; /* when the peer said that it has no such method; 0: it has it */
	bool off;          /* it has it, in an API group that is not enabled */
};

struct besu_memory {
	struct call_state calls[CALL_COUNT];
	struct items queue;
	size_t queued;
	struct items asked; /* in the request that is on its way */
	size_t asked_count;
	size_t batch_limit;
	int64_t limit_since_us;  /* it was changed last */
	int64_t single_since_us; /* batches were refused; 0: they are taken */
	bool single;             /* the request on its way is no array */
	bool retry;              /* the last answer only told how to ask */
	bool refused;            /* the last answer was a refusal, or there was none */
	bool foreign;            /* the last answer was none of JSON-RPC: something else serves there */
	bool first_look;         /* the history before the first head is still to come */
	bool planned;            /* a request was made before */
	bool has_head;
	enum consensus consensus;                    /* of the newest header that told it */
	struct header head;                          /* as it was given out last, sealers included */
	uint64_t gap_from, gap_to;                   /* heights to fetch; none while from > to */
	int64_t block_period_ms, request_timeout_ms; /* 0: not told */
};

/* The reply being read. */
struct reading {
	struct besu_memory *memory;
	struct node_sample *out;
	int64_t at_us;
	size_t header_capacity;
	bool head_answered;
};

/* What is asked, how often (0: each round), and who reads the result. */
struct call_def {
	const char *method;
	const char *params; /* JSON; NULL: besu.c writes them */
	int64_t period_us;
	const char *group; /* named to the operator when the method is absent */
	const char *api;   /* Besu's name for the group, to enable it */
	unsigned of;       /* the kinds of chain that have it, BESU_OF() of each; 0: all */
	/* False when the result has not the shape it should have; nothing is set then. */
	bool (*read)(struct reading *r, const struct json *result);
};
extern const struct call_def besu_calls[CALL_COUNT];
#define BESU_OF(consensus) (1u << (consensus))
/* Whether a chain of this kind could know the call at all. */
bool besu_call_applies(enum call call, enum consensus consensus);

/* Adds heights, ends included, to what is to be fetched. */
void besu_gap_add(struct besu_memory *m, uint64_t from, uint64_t to);
/* Takes a block that was asked by its height into the sample. */
void besu_read_header(struct reading *r, uint64_t height, const struct json *result);
/* Puts the head that is known already into the sample. */
void besu_add_head(struct reading *r);
/* The protocol's `decode`. */
void besu_decode(void *memory, const struct http_reply *reply, int64_t at_us, struct node_sample *out);

#endif
