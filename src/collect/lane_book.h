/* The book of a lane: which of its messages are on the way, what does not fit, and how long
 * the others took. Pure: fed with decoded events and states, asked for facts. */
#ifndef TOCSIN_COLLECT_LANE_BOOK_H
#define TOCSIN_COLLECT_LANE_BOOK_H

#include "collect/ccip.h"
#include "world/lane.h"

enum {
	BOOK_MESSAGES_MAX = 2000, /* that are not done; what is beyond is counted by number */
	BOOK_RECENT = 64,
	BOOK_LATEST = 16, /* of them tell the latency: few enough to show soon that a lane is well again */
};

struct book_message {
	struct lane_message shown;
	struct hash256 leaf, root;
	bool has_leaf, has_root, blessed;
	uint64_t sent_block, commit_block, done_block; /* 0: its event was not seen */
};

struct book {
	enum ccip_version version;
	bool no_commit; /* 2.0, and custom lanes */
	bool started;
	uint64_t low;             /* all messages up to it are done */
	uint64_t frontier;        /* up to it the states are known: open ones are in the list */
	uint64_t sent, committed; /* the counters of the contracts */
	bool has_sent, has_committed;
	struct book_message *open; /* ascending by number */
	size_t count, capacity;
	uint64_t last_number, last_commit; /* of events in their order; 0: none yet */
	struct book_done {
		uint64_t number;
		int64_t sent_us, done_us;
		uint64_t block; /* 0: its event was not seen */
	} done[BOOK_RECENT];
	size_t done_count;
	struct book_fee {
		int64_t at_us;
		double fee;
	} fees[BOOK_RECENT];
	size_t fee_count;
	int64_t commit_moved_us; /* the counter moved last, or messages began to wait */
	int64_t blocked_us;      /* an ordered message was passed by */
	char corrupt[160];       /* the newest sign that does not fit; "" when there is none */
	int64_t corrupt_us;
	char undecoded[160];
	int64_t undecoded_us;
};

void book_init(struct book *book, enum ccip_version version);
void book_free(struct book *book);
/* The first look: what is below `low` is taken as done. */
void book_start(struct book *book, uint64_t low);

/* Counters. */
void book_sent(struct book *book, uint64_t sent, int64_t at_us);
void book_committed(struct book *book, uint64_t committed, int64_t at_us);

/* Events with their time, in the order of their blocks. `adjacent`: no block was left out since the last
 * ones of this kind. `number` 0 in a custom lane: the next. */
void book_take_sent(struct book *book, const struct ccip_sent *sent, const struct eth_log *log, bool adjacent, int64_t at_us);
void book_take_commit(struct book *book, const struct ccip_commit *commit, const struct eth_log *log, int64_t at_us);
void book_take_execution(struct book *book, const struct ccip_execution *execution, const struct eth_log *log, int64_t at_us);
/* A state that was asked for by number: 0 untouched, 1 in progress, 2 success, 3 failure. */
void book_take_state(struct book *book, uint64_t number, uint64_t state, int64_t at_us);
/* The states of all up to that number are known now. */
void book_known(struct book *book, uint64_t number);
/* Something that should decode did not, or does not fit. */
void book_undecoded(struct book *book, int64_t at_us, const char *fmt, ...) TOCSIN_PRINTF(3, 4);
void book_corrupt(struct book *book, int64_t at_us, const char *fmt, ...) TOCSIN_PRINTF(3, 4);
/* The chain was reorganised: events above that block, of what was sent or of what was committed
 * and executed, are read anew, and those that were read prove nothing. */
void book_forget_sent(struct book *book, uint64_t above);
void book_forget_received(struct book *book, uint64_t above);
/* Drops what was done, and moves `low`. */
void book_settle(struct book *book);

/* NULL when it is not open. */
struct book_message *book_find(const struct book *book, uint64_t number);
struct book_message *book_find_id(const struct book *book, const struct hash256 *id);

/* The last block that a restart need not read again, on either side, when all up to
 * `scanned` was read. */
uint64_t book_source_mark(const struct book *book, uint64_t scanned);
uint64_t book_dest_mark(const struct book *book, uint64_t scanned);

/* Fills what the book knows of the facts: counts, ages, faults, corruption. */
void book_facts(const struct book *book, int64_t now_us, struct lane_facts *facts);
/* Median of recent messages, in seconds; -1 when there is none. */
int64_t book_latency_s(const struct book *book);
/* What is usual after one more message, given the latency of recent ones: it follows by a 32nd at a
 * time, so that one bad hour does not become usual. `usual_s` -1: the latency is all there is. */
int64_t book_usual_s(int64_t usual_s, int64_t latency_s);
/* Fees of a day at the pace of the recent messages; 0 when that is not known, as with a few
 * messages of less than an hour. */
double book_fees_of_day(const struct book *book);
/* The mean fee; 0 when that is not known. */
double book_fee(const struct book *book);

#endif
