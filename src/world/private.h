/* What the files of this room share. Private to src/world. */
#ifndef TOCSIN_WORLD_PRIVATE_H
#define TOCSIN_WORLD_PRIVATE_H

#include "world/judge.h"
#include "world/lookup.h"
#include "world/window.h"
#include "world/world.h"

/* --- hysteresis ----------------------------------------------------------------- */

/* The ranks of health_rank(). */
enum { RANKS = 4 };

/* Who fails so often within so long is not well between two failures. */
enum {
	FALLS_KEPT = 16,
	FLAPPING_FALLS = 3,
};
#define FLAPPING_SPAN_US (5 * US_PER_MINUTE)

/* Between what a judge finds and what a component shows. */
struct settling {
	bool judged;                  /* something was shown before */
	bool pending;                 /* a finding differs from what is shown */
	int64_t worse_since[RANKS];   /* findings were at least this bad since; 0: are not */
	int64_t better_since;         /* findings were better than what is shown since */
	int64_t falls_us[FALLS_KEPT]; /* when it became critical, a ring */
	unsigned falls;               /* how often it did */
	int64_t recovered_us;         /* since when it is critical no more; 0: it never was */
};

struct finding {
	struct verdict verdict;
	int64_t since_us; /* when it began, if the judge knows better than now; else 0 */
	bool certain;     /* needs no dwell: it already rests on many samples or on a long time */
};

/* Shows the finding once it outlived its dwell, and notes the change. */
void component_settle(struct world *world, struct component *c, const struct finding *finding, int64_t at_us);

/* --- components ------------------------------------------------------------------- */

/* What became of the final blocks that a node told. */
enum past_state {
	PAST_KEPT,
	PAST_BEHIND,   /* its head fell back below them: counted in world.past_behind */
	PAST_REPLACED, /* it tells another of the same number: counted in world.past_replaced */
};
struct node_past {
	bool known;
	uint64_t number; /* the highest that it told of the followed chain */
	struct hash256 hash;
	enum past_state state;
	uint64_t first;             /* the lowest that it is known to have lost; 0: none */
	uint64_t differs;           /* PAST_REPLACED: the lowest that is known to be another */
	struct hash256 before, now; /* there */
};

/* How a node that differs stands to those that do not. */
enum fork_side {
	SIDE_OPEN, /* too few told yet what they have there */
	SIDE_FEW,  /* more nodes are known to have the followed chain's block */
	SIDE_EVEN, /* all told, and as many have the one as the other */
};

struct node_detail {
	struct settling settling; /* first in every detail */
	unsigned failures;        /* in a row */
	int64_t failing_since_us;
	char why[120];
	bool answers;   /* the last attempt got through: counted in world.answering */
	bool lost;      /* failing beyond the dwell: counted in world.lost */
	bool unsampled; /* not asked for too long: counted in world.unsampled */
	bool wrong_chain;
	uint64_t chain_id;
	unsigned answers_seen;
	int64_t interval_us;    /* between the last two attempts */
	int64_t errors_from_us; /* errors before belong to an outage that is over */
	bool apart;             /* its head cannot be of the chain that is followed */
	bool no_head;           /* the call for its head fails since it told one last */
	bool has_head;
	uint64_t head;
	struct hash256 head_hash;
	int64_t head_time_s;
	int64_t head_pause_us;        /* the longest between two answers with its head, of late */
	uint64_t agreed;              /* the highest block that it had in common with the window's chain */
	bool forked;                  /* it told another block than the window has: counted in world.forked */
	uint64_t fork_low, fork_high; /* the same block at the first, another one at the second */
	struct hash256 fork_hash;     /* the one that it has at fork_high */
	int64_t fork_since_us;        /* it told so first; 0: the others left its chain, and it was not asked again */
	enum fork_side fork_side;     /* as of the last fork_show */
	struct node_past past;
	bool has_own_key, has_peers;
	struct peer_key own_key;
	struct peer_key *peers; /* owned */
	size_t peer_count;
	unsigned group, group_validators; /* of peers that see only themselves; 0: there is one */
	bool syncing;
	uint64_t sync_target;
	int64_t moved_us; /* its head grew last */
	int64_t skew_ms;
	bool has_key; /* it told its key, so it is known whose node it is */
	struct component *partner;
	struct pending_vote *votes;
	size_t vote_count;
};

struct validator_detail {
	struct settling settling;
	struct address address;
	bool named;  /* by the configuration */
	bool member; /* of the current set */
	bool was_member;
	struct component *partner;
	struct turns turns;
	uint64_t sealed, last_sealed, last_missed;
	int64_t first_miss_us; /* the first turn missed since its last proposal; 0: none */
	int64_t last_sign_us;  /* timestamp of the last block it proposed or sealed; 0: none */
	char turn_text[TURNS_SHOWN + 1];
	size_t turn_text_used;
	uint64_t metric_proposed, metric_last; /* from a node's signer metrics */
	bool has_metric;
};

struct chain_detail {
	struct settling settling;
};

/* How the chain flows, as far as watching told. */
enum flow {
	FLOW_UNKNOWN, /* not watched long enough to say */
	FLOW_MOVING,
	FLOW_SILENT, /* a block is overdue */
	FLOW_HALTED, /* beyond the bound on every reachable node */
	FLOW_HIDDEN, /* no node can be reached, or none tells its head, or which to believe is not known */
};

/* Of everything beside chain, nodes and validators. */
struct outer_detail {
	struct settling settling;
	bool seen;              /* there is a finding */
	struct finding finding; /* of the last look that got through */
	int64_t stale_after_us;
	int64_t failing_since_us; /* looks fail since; 0: they do not */
	enum reach failing;
	char why[120];
	char related[RELATED_MAX][96];
	struct lane_message *messages; /* of a lane; owned */
	size_t message_count;
};

struct component_list {
	struct component **items;
	size_t count, capacity;
};

/* Final blocks that most nodes had, and have no more. */
struct loss {
	bool stands;
	bool replaced; /* most have others in their place; else most heads fell back */
	int64_t since_us, last_us;
	uint64_t first, head; /* from the one to the other were lost */
	uint64_t differs;     /* the lowest that is known to be another; 0: none yet */
	struct hash256 before, now;
};

struct world {
	char network[64];
	uint64_t chain_id; /* 0: not known yet */
	struct thresholds thresholds;
	struct component_list lists[KIND_COUNT];
	struct lookup lookup; /* ids, addresses "0x…", node keys "key/0x…", node names "name/…" */
	struct component *chain;

	size_t answering, lost, unsampled, forked; /* nodes */
	int64_t clocks_ms;                         /* most nodes' clocks minus ours, when ours is wrong; else 0 */

	struct window window;
	enum consensus consensus; /* as its headers show */
	uint64_t fork_number;     /* where the window last changed to another chain, and to which */
	struct hash256 fork_hash;
	uint64_t fork_open;                /* the lowest block of which the sides are not clear, as of the last fork_show; 0: none */
	bool fork_even;                    /* and because the halves are equal */
	size_t past_behind, past_replaced; /* nodes */
	struct loss loss;
	bool peers_changed;        /* groups of peers are to be found anew */
	size_t groups;             /* of peers that see only themselves */
	bool versions_changed;     /* a node told another version than before */
	struct validator_set *set; /* the current one, or NULL */
	uint64_t turns_told;       /* trails hold the turns up to this block */

	bool has_head;
	uint64_t head;
	struct hash256 head_hash;
	int64_t head_time_s;
	int64_t first_head_us;     /* when we first saw any */
	int64_t head_before_us;    /* our last look at the block before it; 0: we did not see it come */
	int64_t head_first_us;     /* when we first saw it */
	int64_t head_confirmed_us; /* when a node last said that it is still the head */
	const struct component *head_node;
	const struct component *rival; /* leads as many nodes on another chain, or NULL */
	int64_t rival_since_us;
	bool head_advanced; /* we saw one block follow another */
	bool head_dirty;    /* the node that led fell back */
	enum flow flow;

	int64_t info_period_ms, info_timeout_ms, info_empty_ms; /* from node info */
	int64_t inferred_ms;                                    /* the period as the headers show it */
	int64_t inferred_timeout_ms;                            /* the timeout, as failed rounds show it; 0: none did */
	int64_t period_ms, timeout_ms;                          /* P and T as judged; 0: not known */
	bool settled;                                           /* as of the last world_judge */
	uint64_t generation;
	int64_t heard_us[KIND_COUNT]; /* of nodes and of what is outside the chain; see world_heard_us */

	struct change *changes;
	size_t change_count, change_capacity;
	bool changes_told;
};

struct node_detail *node_detail(const struct component *c);
struct validator_detail *validator_detail(const struct component *c);

struct component *component_add(struct world *world, enum kind kind, const char *id, const char *name, const char *source, void *detail);
void component_set_number(struct component *c, int index, int64_t number, int64_t at_us);
void component_set_flag(struct component *c, int index, bool flag, int64_t at_us);
/* To be called when the component was heard of. */
void world_note_heard(struct world *world, const struct component *c);
/* Text from anywhere; it is cleaned. */
void component_set_text(struct component *c, int index, const char *text, int64_t at_us);
void component_unset(struct component *c, int index);

/* --- the three kinds --------------------------------------------------------------- */

/* True when headers or reachability changed, so that validators must be judged too. */
bool node_take(struct world *world, struct component *c, const struct node_sample *sample);
void node_judge(struct world *world, struct component *c, int64_t now_us);
/* True when that is too long for the node to have said nothing of its head. */
bool node_kept_head(const struct world *world, const struct component *c, int64_t silent_us);
/* Finds whether it is our own clock that is wrong. */
void nodes_compare_clocks(struct world *world);

/* Judges all that is beside the chain: what is shown ages, and sources get lost. */
void outer_judge(struct world *world, int64_t now_us);
void outer_clock_stepped(struct component *c, int64_t step_us);
void outer_drop_messages(struct outer_detail *detail);
void component_free(struct component *c);
/* Notes a change of what the component shows. */
void world_note_change(struct world *world, const struct component *c, enum health from);

/* A node says it has this header as its head. */
void chain_offer_head(struct world *world, const struct component *node, const struct header *header, int64_t at_us);
/* Chooses the highest head among the nodes that are not lost and tell of the chain that
 * most tell of. */
void chain_choose_head(struct world *world, int64_t at_us);
/* Reads period and timeout from the headers; to be called when they changed. */
void chain_infer_period(struct world *world);
void chain_take_finalized(struct world *world, uint64_t number, int64_t at_us);
/* Which versions run where, if that changed. */
void chain_show_versions(struct world *world, int64_t at_us);
/* Period, timeout, flow and values; then, after the validators, health. */
void chain_follow(struct world *world, int64_t now_us);
void chain_judge(struct world *world, int64_t now_us);

struct component *validator_by_address(const struct world *world, const struct address *address);
struct component *validator_add(struct world *world, const char *name, const struct address *address);
void validator_join(struct world *world, struct component *validator, struct component *node);
/* The set of the latest block is this one. */
void validators_take_set(struct world *world, const struct address *addresses, size_t count, int64_t at_us);
/* Counts turns and seals over the window anew. */
void validators_count(struct world *world, int64_t at_us);
void validators_show_votes(struct world *world, int64_t at_us);
void validators_judge(struct world *world, int64_t now_us);
/* Of the set, and known to take part or to wait for those that do. */
bool validator_alive(const struct component *c);

/* --- forks ----------------------------------------------------------------------------- */

/* Lets go of the window's chain above that block: it is not followed any more. */
void fork_drop_above(struct world *world, uint64_t number);
/* Compares a header with the window's chain. True when it belongs to that chain, and may
 * be put into the window. */
bool fork_take_header(struct world *world, struct component *node, const struct header *header);
/* True when the window changed to the chain of this node: because most nodes follow it, or
 * because it is the longer one where blocks are not final. To be called with its new head. */
bool fork_follow(struct world *world, struct component *node);
/* The node follows another chain, deeper than what is normal for the consensus. */
bool fork_counts(const struct world *world, const struct component *node);
/* The first block in which it differs is known. */
bool fork_located(const struct world *world, const struct component *node);
/* Finds who is on which side, as far as the nodes told. */
void fork_find_sides(struct world *world);
/* Does so, and shows it. */
void fork_show(struct world *world, int64_t at_us);
struct verdict fork_judge_node(const struct world *world, const struct component *node);
struct verdict fork_judge_chain(const struct world *world);

/* --- companies ----------------------------------------------------------------------------- */

/* What the node just told cannot be of the chain that is followed. */
bool company_is_left(const struct world *world, const struct component *node, const struct node_sample *sample);
/* Finds the chain that most nodes tell of, and marks the others as apart. */
void company_choose(struct world *world, int64_t at_us);
/* As many nodes tell of another chain, and that lasts. */
bool company_is_parted(const struct world *world, int64_t now_us);
struct verdict company_judge_node(const struct world *world, const struct component *node);
struct verdict company_judge_chain(const struct world *world);

/* --- final blocks that were lost ----------------------------------------------------------- */

/* To be called with each head that a node told, once it was compared with the window. */
void past_take(struct world *world, struct component *node, const struct node_sample *sample);
/* A node that had the followed chain's block of that number has another now. */
void past_differs(struct world *world, struct node_detail *detail, uint64_t number, const struct hash256 *before, const struct hash256 *now);
/* What it told belongs to a chain that was never followed. */
void past_forget(struct world *world, struct node_detail *detail);
/* The block that the node should tell again, if any. */
bool past_wants(const struct node_detail *detail, uint64_t *number);
void past_show(struct world *world, int64_t now_us);
struct finding past_judge_chain(const struct world *world);

/* --- partitions --------------------------------------------------------------------------- */

void partition_take_peers(struct world *world, struct component *node, const struct node_sample *sample);
/* Finds the groups anew if a list of peers changed. */
void partition_follow(struct world *world, int64_t now_us);
struct verdict partition_judge_node(const struct world *world, const struct component *node);
struct verdict partition_judge_chain(const struct world *world);
/* How many of the validators that are alive can reach a quorum together: those of the group
 * that has most of them. */
unsigned partition_together(const struct world *world);

/* How long a first judgement waits for headers that a node may never give. */
#define HEADERS_PATIENCE_US (10 * US_PER_S)

#endif
