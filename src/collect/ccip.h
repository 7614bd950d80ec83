/* What the contracts of CCIP say: versions, configurations, events, and the hashes that tie a
 * message to the root it was committed under (protocol reference 2). Pure. */
#ifndef TOCSIN_COLLECT_CCIP_H
#define TOCSIN_COLLECT_CCIP_H

#include "collect/abi.h"
#include "collect/eth.h"

/* --- versions ---------------------------------------------------------------------------- */

enum ccip_version {
	CCIP_UNKNOWN,
	CCIP_1_2,
	CCIP_1_5,
	CCIP_1_6,
	CCIP_2_0,
	CCIP_CUSTOM, /* a sender and a receiver of one's own */
};
const char *ccip_version_name(enum ccip_version version); /* "1.5"; NULL when unknown */

enum ccip_contract {
	CONTRACT_OTHER,
	CONTRACT_ROUTER,
	CONTRACT_ON_RAMP,
	CONTRACT_OFF_RAMP,
	CONTRACT_COMMIT_STORE,
	CONTRACT_FEES, /* a fee quoter, or a price registry */
	CONTRACT_RMN,
};
struct ccip_type {
	enum ccip_contract contract;
	enum ccip_version version;
	char text[64]; /* as it was said: "EVM2EVMOnRamp 1.5.0" */
};
/* What typeAndVersion() gave; false when it is no text. */
bool ccip_type_read(struct abi reply, struct ccip_type *out) TOCSIN_CHECK;

/* A lane as its messages are hashed. */
struct ccip_lane {
	enum ccip_version version;
	uint64_t source, dest; /* selectors */
	struct address on_ramp;
};

/* --- configurations ------------------------------------------------------------------------- */

/* What the ramps know of each other; fields that a version does not have stay zero. */
struct ccip_ramp {
	struct address router, rmn, fees, commit_store, on_ramp;
	uint64_t source, dest; /* selectors */
	bool enabled, needs_blessing;
	uint64_t next;        /* number of the next message to be sent, or committed */
	uint64_t threshold_s; /* of manual execution */
};
/* Each reads the reply of one call into the fields it tells; false when it does not fit. */
bool ccip_on_static(enum ccip_version version, struct abi reply, struct ccip_ramp *out) TOCSIN_CHECK;
bool ccip_on_dynamic(enum ccip_version version, struct abi reply, struct ccip_ramp *out) TOCSIN_CHECK;
bool ccip_on_dest(enum ccip_version version, struct abi reply, struct ccip_ramp *out) TOCSIN_CHECK;
bool ccip_off_static(enum ccip_version version, struct abi reply, struct ccip_ramp *out) TOCSIN_CHECK;
bool ccip_off_dynamic(enum ccip_version version, struct abi reply, struct ccip_ramp *out) TOCSIN_CHECK;
bool ccip_off_source(enum ccip_version version, struct abi reply, struct ccip_ramp *out) TOCSIN_CHECK;
/* The offRamps that Router.getOffRamps() lists for this source; their number, at most `most`. */
size_t ccip_off_ramps(struct abi reply, uint64_t source, struct address *out, size_t most);

struct ccip_bucket {
	struct u256 tokens, capacity, rate;
	bool enabled;
};
bool ccip_bucket_read(struct abi reply, size_t word, struct ccip_bucket *out) TOCSIN_CHECK;
/* Of what is in it, in percent of what it holds; 100 when it is not limited. */
int64_t ccip_bucket_percent(const struct ccip_bucket *bucket);
/* Seconds until it is full again; INT64_MAX when it never is. */
int64_t ccip_bucket_refill_s(const struct ccip_bucket *bucket);

/* The data of Router.getFee(dest, message) for a message with no data and no tokens. */
void ccip_put_fee_call(struct buf *out, uint64_t dest, const struct address *receiver, const struct address *fee_token, uint64_t gas);

/* --- events ------------------------------------------------------------------------------------ */

#define TOPIC_SENT_1_5 "CCIPSendRequested((uint64,address,address,uint64,uint256,bool,uint64,address,uint256,bytes,(address,uint256)[],bytes[],bytes32))"
#define TOPIC_SENT_1_6                                                                                                                           \
	"CCIPMessageSent(uint64,uint64,((bytes32,uint64,uint64,uint64,uint64),address,bytes,bytes,bytes,address,uint256,uint256,(address,bytes," \
	"bytes,uint256,bytes)[]))"
#define TOPIC_SENT_2_0 "CCIPMessageSent(uint64,address,bytes32,address,uint256,bytes,(address,uint32,uint32,uint256,bytes)[],bytes[])"
#define TOPIC_COMMIT_1_5 "ReportAccepted((((address,uint224)[],(uint64,uint224)[]),(uint64,uint64),bytes32))"
#define TOPIC_COMMIT_1_6 \
	"CommitReportAccepted((uint64,bytes,uint64,uint64,bytes32)[],(uint64,bytes,uint64,uint64,bytes32)[],((address,uint224)[],(uint64,uint224)[]))"
#define TOPIC_STATE_1_5 "ExecutionStateChanged(uint64,bytes32,uint8,bytes)"
#define TOPIC_STATE_1_6 "ExecutionStateChanged(uint64,uint64,bytes32,bytes32,uint8,bytes,uint256)"
#define TOPIC_STATE_2_0 "ExecutionStateChanged(uint64,uint64,bytes32,uint8,bytes)"
#define TOPIC_SKIPPED_NONCE "SkippedIncorrectNonce(uint64,address)"
#define TOPIC_TRANSMITTED_1_5 "Transmitted(bytes32,uint32)"
#define TOPIC_TRANSMITTED_1_6 "Transmitted(uint8,bytes32,uint64)"

/* A message that was sent. */
struct ccip_sent {
	struct hash256 id;
	uint64_t source, dest; /* selectors; 0 where the event does not say */
	uint64_t number, nonce;
	struct address sender;
	struct address fee_token;
	struct u256 fee;
	/* The id that its content gives, and the leaf under which it is committed; a leaf of
	 * version 1.6 with tokens is not made out. */
	bool has_hash, has_leaf;
	struct hash256 hash, leaf;
};
/* False when it is no such event, or does not decode. `id` of a simulated event is right when
 * it equals `hash`. */
bool ccip_sent_read(const struct ccip_lane *lane, const struct eth_log *log, struct ccip_sent *out) TOCSIN_CHECK;

/* A root that was committed for this lane. */
struct ccip_commit {
	uint64_t min, max;
	struct hash256 root;
};
/* The roots of one event that are for the lane's source; false when it does not decode. One
 * that tells prices alone has none. */
enum { CCIP_COMMITS_MAX = 8 };
bool ccip_commit_read(const struct ccip_lane *lane, const struct eth_log *log, struct ccip_commit *out, size_t *count) TOCSIN_CHECK;

/* An execution. */
struct ccip_execution {
	uint64_t source; /* selector; 0 where the event does not say */
	uint64_t number;
	struct hash256 id;
	bool has_leaf;
	struct hash256 leaf; /* 1.6 */
	uint64_t state;      /* 0 untouched, 1 in progress, 2 success, 3 failure */
	struct abi returned; /* what the receiver or pool said; within the log */
};
bool ccip_execution_read(const struct eth_log *log, struct ccip_execution *out) TOCSIN_CHECK;

/* The root over leaves, as the commit DON builds it: pairs in ascending order, and an odd one
 * beside 32 bytes of ff. Up to 256; the leaves are overwritten. */
enum { CCIP_LEAVES_MAX = 256 };
struct hash256 ccip_root(struct hash256 *leaves, size_t count);

#endif
