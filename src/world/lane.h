/* Lanes of CCIP: their messages, and the judge that says which stage is at fault
 * (protocol reference 2.4). Pure. */
#ifndef TOCSIN_WORLD_LANE_H
#define TOCSIN_WORLD_LANE_H

#include "world/world.h"

/* --- messages -------------------------------------------------------------------------- */

enum transit {
	TRANSIT_SENT,      /* on the source, not committed */
	TRANSIT_COMMITTED, /* its root is on the destination; not executed */
	TRANSIT_RUNNING,   /* its execution is under way */
	TRANSIT_FAILED,    /* executed, and reverted: never heals by itself */
	TRANSIT_DONE,
};
const char *transit_name(enum transit state); /* "awaiting commit" */

enum transit_fault {
	FAULT_NONE,
	FAULT_RECEIVER,
	FAULT_TOKEN, /* pool, liquidity or rate limit */
	FAULT_OTHER,
};

/* Whether a message may be executed by hand. */
enum manual {
	MANUAL_NO,    /* not as things are; manual_why says it */
	MANUAL_LATER, /* from manual_us on */
	MANUAL_NOW,
};
const char *manual_name(enum manual manual); /* "no", "later", "now" */

struct lane_message {
	struct hash256 id;
	bool has_id;     /* its event was seen */
	uint64_t number; /* in the lane, from 1 */
	uint64_t nonce;  /* of an ordered sender; 0: unordered */
	struct address sender;
	enum transit state;
	int64_t sent_us, committed_us, done_us; /* by the blocks' time, 0: not known */
	enum manual manual;
	const char *manual_why; /* constant words */
	int64_t manual_us;
	enum transit_fault fault;
	char *fault_text; /* what the receiver said; owned, clean, or NULL */
};
void lane_message_clear(struct lane_message *message); /* frees what it owns */

/* Those that are not done, the oldest first, at most LANE_MESSAGES_MAX; kept with the
 * component. They are copied in, and what was there before is freed. */
enum { LANE_MESSAGES_MAX = 500 };
void lane_set_messages(struct world *world, struct component *lane, const struct lane_message *messages, size_t count);
/* Valid until the lane is fed again. */
const struct lane_message *lane_messages(const struct component *lane, size_t *count);

/* What the rules of manual execution ask (protocol reference 2.4). */
struct manual_facts {
	int64_t now_us;
	enum transit state;
	bool no_commit; /* version 2.0: verifiers attest, nothing is committed */
	bool needs_blessing, blessed;
	bool cursed;
	int64_t committed_us; /* 0: not known */
	int64_t threshold_s;  /* 0: not known */
};
/* Fills manual, manual_why and manual_us. */
void judge_manual(const struct manual_facts *facts, struct lane_message *out);

/* --- the judge ---------------------------------------------------------------------------- */

/* One of its two chains. */
struct lane_side {
	const char *chain; /* its name */
	bool seen;         /* a look got through, ever */
	bool lost;         /* the last ones did not */
	bool refusing;     /* it was reached, and refused to answer */
	const char *why;
	int64_t lost_s;
	const char *doubt;    /* what it refused to tell, when the rest was told; NULL: nothing */
	int64_t head_age_s;   /* -1: not known */
	int64_t head_limit_s; /* an older head is a warning, four times as old a halt */
	bool cursed_chain, cursed_lane;
};

struct lane_facts {
	struct lane_side source, dest;
	int64_t slo_s;
	const char *version;     /* "1.5"; NULL: not known yet */
	const char *no_contract; /* which address is none, in words; NULL: all are */
	bool no_commit;          /* nothing is committed on the chain: 2.0, and custom lanes */
	/* closed: by the source's router, by the onRamp, by the offRamp, by the destination's router */
	bool unrouted, ramp_closed, disabled, unlisted;
	bool commit_paused, sender_paused, receiver_paused;
	int64_t sent, committed; /* numbers; -1: not known */
	int64_t awaiting_commit, awaiting_execution, failed;
	int64_t oldest_commit_s;    /* of those awaiting commit; -1: none, or not known */
	int64_t oldest_execution_s; /* of those awaiting execution, since they were sent */
	int64_t commit_still_s;     /* commits stand still since, while messages were sent; 0: they move */
	int64_t commit_quiet_s;     /* since the last report of the commit DON; -1: none was seen */
	int64_t execute_quiet_s;    /* likewise of the execution DON */
	int64_t unblessed;          /* committed, and not blessed though it must be */
	bool blocked;               /* an ordered message waits for an earlier one of its sender */
	enum transit_fault fault;   /* of the newest failed one */
	const char *fault_text;     /* or NULL */
	const char *quote_revert;   /* why the fee quote reverts, in words; NULL: it does not */
	const char *price;          /* which price is too old: "gas price", "token price"; NULL: none */
	int64_t price_age_s, price_limit_s;
	bool rate_blocked;      /* a bucket cannot take the usual amount */
	const char *rate_where; /* whose bucket: "outbound on network" */
	int64_t rate_refill_s;
	int64_t fee_days, fee_days_wanted; /* -1: not known */
	bool fee_empty;                    /* the balance pays for none more */
	const char *corrupt;               /* what does not fit, in words; NULL: all does */
	const char *undecoded;             /* what could not be read */
	int64_t latency_s;                 /* -1: not known */
};

struct lane_verdict {
	struct verdict verdict;
	char stage[160]; /* which stage is at fault, in one line; "" when none is */
	int64_t since_s; /* that long ago it began, as far as the facts tell; 0: not known */
};
/* The worst rule that holds; of equals, the one that comes first in the order of causes. */
struct lane_verdict judge_lane(const struct lane_facts *facts);

#endif
