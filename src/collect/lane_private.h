/* What the files of a lane share: its two sides, and the steps of a look at each. */
#ifndef TOCSIN_COLLECT_LANE_PRIVATE_H
#define TOCSIN_COLLECT_LANE_PRIVATE_H

#include "collect/ccip.h"
#include "collect/lane.h"
#include "collect/lane_book.h"

struct side;

/* One step of a look: `plan` asks, `done` reads what was answered. A step with nothing to ask
 * is passed over. */
struct lane_step {
	void (*plan)(struct side *side, struct eth_list *list);
	void (*done)(struct side *side, struct eth_list *list, int64_t at_us);
};
/* Both end with plan NULL. */
extern const struct lane_step lane_source_steps[];
extern const struct lane_step lane_dest_steps[];
/* Take the events of the scan into the book. */
void lane_source_take(struct side *side, int64_t at_us);
void lane_dest_take(struct side *side, int64_t at_us);

/* Which blocks were searched for events: one span without holes. */
struct scan {
	bool begun;
	bool adjacent;        /* what is read next follows what was read last */
	bool back;            /* what is read is below what was read before */
	uint64_t low, high;   /* both included */
	uint64_t from, to;    /* on their way */
	uint64_t bottom;      /* of what is read back */
	uint64_t rest;        /* where that goes on, when there was too much for one question; 0: not begun */
	uint64_t floor;       /* nothing below it is searched */
	struct eth_logs logs; /* read, and waiting for the times of their blocks */
	/* The head when all up to it was searched: another hash there later is a reorganisation. */
	uint64_t mark;
	struct hash256 mark_hash;
	bool has_mark;
	size_t asked_mark;   /* index in the list of times; SIZE_MAX: not asked */
	bool waiting, moved; /* moved: since the step was planned last */
	unsigned rounds;     /* in this look */
};

enum {
	CANDIDATES_MAX = 8,
	STATES_MAX = 500, /* asked in one look */
	ROOTS_MAX = 100,
	ASKED_MAX = 8, /* single answers of a step that are told apart */
};

struct side {
	struct lane *lane;
	bool is_source;
	const struct lane_step *steps;
	void (*take)(struct side *side, int64_t at_us); /* the events of the scan */
	struct eth *eth;
	const char *chain; /* as the configuration calls it */
	uint64_t confirmations, log_blocks;
	int64_t head_limit_s;
	size_t step;
	bool seen, lost;
	enum reach reach;
	char why[120];
	int64_t lost_us, looked_us;
	/* What the endpoint refused in this look, "" when nothing; `lacking`: nothing can be said
	 * without it. */
	char refusal[120];
	bool lacking;
	char doubt[120];  /* what it refused in the last look, which can be judged nevertheless */
	int64_t flags_us; /* it told last whether things are cursed or paused; 0: never */
	uint64_t head;
	int64_t head_s;
	struct hash256 head_hash;
	size_t asked[ASKED_MAX]; /* indexes of the list, by what the step numbers them */
	struct address router, rmn, ramp, pool;
	bool has_router, has_rmn, has_ramp, has_pool, given_ramp;
	struct ccip_type type; /* of the ramp */
	bool configured;       /* its configuration was read */
	struct ccip_ramp config;
	bool cursed_chain, cursed_lane;
	struct ccip_bucket bucket, lane_bucket;
	bool has_bucket, has_lane_bucket;
	bool paused; /* the custom contract */
	char no_contract[160];
	struct scan scan;
	uint64_t *numbers; /* whose state was asked for, in their order */
	size_t number_count;
	struct address candidates[CANDIDATES_MAX];
	size_t candidate_count;
	unsigned looks; /* that were had */
};

struct lane {
	struct source_host host;
	const struct settings *settings;
	struct component *component;
	struct ccip_lane ids;
	struct book book;
	struct side source, dest;
	struct abi_signature event; /* of a custom sender */
	struct hash256 event_topic;
	size_t event_id; /* argument, from 0 */
	bool custom;
	struct address sender, receiver, fee_token, fee_payer, commit_store, fee_quoter, test_sender;
	bool has_sender, has_receiver, has_fee_token, has_fee_payer, has_commit_store, has_fee_quoter, has_test_sender;
	int64_t slo_s;
	/* of the source */
	bool unrouted, ramp_closed;
	char quote_text[160];
	bool quote_reverts;
	struct u256 fee_balance;
	bool has_fee_balance;
	int64_t gas_price_s, token_price_s;  /* when they were set; 0: not known */
	int64_t prices_us;                   /* when that was told last */
	uint64_t gas_limit_s, token_limit_s; /* how old they may be; 0: as old as they like */
	bool has_rate_amount;
	struct u256 rate_amount;
	/* of the destination */
	bool disabled, unlisted, commit_paused;
	int64_t commit_report_us, execute_report_us; /* the last of each DON; 0: none seen */
	/* kept across restarts */
	int64_t kept_low, kept_source, kept_dest; /* -1: none */
	int64_t usual_s, kept_usual;              /* the latency while all was well; -1: not known */
	int64_t usual_done_us;                    /* the newest message that it knows of */
	char test_text[120];
	char mismatch[160]; /* contracts that do not belong together; "" when they do */
};

/* What people call the chain: by its id where it is "network", the chain of the nodes. */
const char *lane_chain(const struct side *side);
/* Whether both curses are asked, and what was said. */
void lane_ask_curses(struct side *side, struct eth_list *list, size_t global, size_t of_lane);
void lane_read_curses(struct side *side, const struct eth_list *list, size_t global, size_t of_lane);
/* Whether the endpoint refused what the lane cannot be judged without: the side is lost then. */
bool lane_lacks(struct side *side, const struct eth_list *list, size_t index);
/* What a call says of a flag: no when the contract has no such function. */
void lane_read_flag(const struct eth_list *list, size_t index, bool *flag);
/* Notes that an address holds no contract. */
void lane_no_contract(struct side *side, const struct address *address, const char *what);
/* The kind and version of the ramp became known. */
void lane_set_version(struct lane *lane, enum ccip_version version);
/* Begins the book, unless it has begun: at what the last run kept, or some messages below the
 * newest that was committed. */
void lane_begin(struct lane *lane, uint64_t newest);

/* The head was told, or refused. */
void lane_take_head(struct side *side, const struct eth_list *list, size_t index);

/* Asks whether the blocks that were searched are still those of the chain; and what was said:
 * when they are not, the book forgets the last ones, and they are searched anew. */
size_t scan_ask_mark(const struct side *side, struct eth_list *list);
void scan_read_mark(struct side *side, const struct eth_list *list, size_t index);
/* Events: the step that asks for a span of blocks, and the one that asks for the times of
 * those that came; fed to the side's `take` when all is there. */
void scan_free(struct scan *scan);
bool scan_plan(struct side *side, struct eth_list *list, const struct eth_filter *what);
void scan_done(struct side *side, struct eth_list *list, int64_t at_us);
void scan_plan_times(struct side *side, struct eth_list *list);
void scan_done_times(struct side *side, struct eth_list *list, int64_t at_us);

/* Judges the lane by what both sides told, and shows it. */
void lane_show(struct lane *lane, int64_t now_us);

#endif
