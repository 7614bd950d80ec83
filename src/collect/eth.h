/* Questions to one Ethereum JSON-RPC endpoint about contracts: calls, events and blocks, in
 * batches whose answers may come in any order, with holes, or not at all. */
#ifndef TOCSIN_COLLECT_ETH_H
#define TOCSIN_COLLECT_ETH_H

#include "collect/abi.h"
#include "collect/source.h"

/* --- a list of questions and their answers ------------------------------------------------ */

#define ETH_LATEST UINT64_MAX

enum eth_outcome {
	ETH_OPEN,     /* not answered yet */
	ETH_GOOD,     /* it was answered */
	ETH_NOTHING,  /* a call came back empty: there is no contract; or no such block */
	ETH_REVERTED, /* the contract said no: `bytes` is why */
	ETH_FAILED,   /* the endpoint said no, or its answer makes no sense; `why` says it */
};

struct eth_log {
	struct address address;
	struct hash256 topics[4];
	size_t topic_count;
	uint8_t *data; /* owned by the list */
	size_t len;
	uint64_t block, index;
	int64_t time_s; /* of its block, 0 when the endpoint does not say */
	struct hash256 transaction;
};

enum {
	ETH_ADDRESSES_MAX = 4,
	ETH_TOPICS_MAX = 6,
};
struct eth_filter {
	struct address addresses[ETH_ADDRESSES_MAX];
	size_t address_count;
	struct hash256 topics[ETH_TOPICS_MAX]; /* any of them as the first topic */
	size_t topic_count;
	uint64_t from, to; /* blocks, both included */
};

struct eth_answer {
	enum eth_outcome outcome;
	uint8_t *bytes; /* of a call, or why it reverted */
	size_t len;
	uint64_t number;     /* of a block, or the chain id */
	int64_t time_s;      /* of a block */
	struct hash256 hash; /* of a block; 0 when the endpoint does not tell */
	struct eth_log *logs;
	size_t log_count;
	uint64_t reached; /* events up to this block are in `logs`: all, unless there were too many */
	char why[160];
};

struct eth_list;
struct eth_list *eth_list_new(void);
void eth_list_free(struct eth_list *list); /* NULL allowed */
/* Each gives the question's index. `data` is hex with 0x, and copied. */
size_t eth_add_call(struct eth_list *list, const struct address *to, const char *data);
/* Calls a function that takes nothing, "decimals()", or one number, "getOnRamp(uint64)". */
size_t eth_ask(struct eth_list *list, const struct address *to, const char *signature);
size_t eth_ask_u64(struct eth_list *list, const struct address *to, const char *signature, uint64_t argument);
size_t eth_add_block(struct eth_list *list, uint64_t number); /* or ETH_LATEST */
size_t eth_add_chain_id(struct eth_list *list);
size_t eth_add_logs(struct eth_list *list, const struct eth_filter *filter);
size_t eth_list_count(const struct eth_list *list);
/* Never NULL; ETH_OPEN for an index that is none. */
const struct eth_answer *eth_answer(const struct eth_list *list, size_t index);
/* The endpoint said no, which is no word of the contract: what is known stays as it was, and is
 * asked again by the next look. */
bool eth_refused(const struct eth_list *list, size_t index);
/* What a call gave; false unless it was answered with something. */
bool eth_view(const struct eth_list *list, size_t index, struct abi *out) TOCSIN_CHECK;
/* Gives the events of a question away; to be freed with eth_logs_free. */
struct eth_logs {
	struct eth_log *items;
	size_t count;
};
void eth_take_logs(struct eth_list *list, size_t index, struct eth_logs *out);
void eth_logs_free(struct eth_logs *logs);
/* All questions have an outcome. */
bool eth_list_done(const struct eth_list *list);

/* --- requests (what an endpoint's client does; tests and fuzzing call them alone) ------------- */

struct eth_limits {
	uint64_t batch;                    /* questions in a request, from 1; halved when that is too much, doubled after many good ones */
	uint64_t span;                     /* blocks in a request for events, likewise */
	uint64_t batch_max, span_max;      /* what the configuration allows */
	bool too_often;                    /* the last answer said that less would not help, but later would */
	unsigned good_batches, good_spans; /* since the last that was too much */
};

/* Writes the next request for what is open: a batch, or a single object when there is one
 * question, or events of one span of blocks. False when nothing is open. */
bool eth_write(struct eth_list *list, const struct eth_limits *limits, struct buf *body) TOCSIN_CHECK;
/* Reads the answer to it. A batch that was refused whole halves limits->batch, a span that was
 * refused halves limits->span, and the questions stay open; holes are asked once more by
 * themselves. False when it is no JSON-RPC at all, or the endpoint was asked too often: `why` of
 * 160 bytes says it. */
bool eth_read(struct eth_list *list, struct eth_limits *limits, const char *text, size_t len, char *why) TOCSIN_CHECK;
/* The request was too much: an HTTP status such as 413, or an answer beyond the limit. False
 * when it cannot be made smaller. */
bool eth_halve(struct eth_list *list, struct eth_limits *limits) TOCSIN_CHECK;

/* --- an endpoint -------------------------------------------------------------------------------- */

struct eth;

/* What the user of an endpoint does: a look is a number of lists, one after the other. */
struct eth_user {
	/* Fills the next list of this look. False: there is nothing more to ask now. */
	bool (*plan)(void *arg, struct eth_list *list);
	/* All of it was answered. */
	void (*done)(void *arg, struct eth_list *list, int64_t at_us);
	/* The look failed, and the next begins anew. */
	void (*lost)(void *arg, enum reach reach, const char *why, int64_t at_us);
	void *arg;
};

/* An endpoint of the chain of that name ([chain NAME], or "network"), asked every
 * interval_ms (0: as its section says). STATUS_NOT_FOUND: there is no such chain. */
struct eth *eth_new(const struct source_host *host, const char *chain, int64_t interval_ms, const struct eth_user *user, struct error *err);
void eth_free(struct eth *eth); /* NULL allowed; not from a call of its user */
void eth_refresh(struct eth *eth);
bool eth_tried(const struct eth *eth);
/* The URL that is asked, masked. */
const char *eth_source(const struct eth *eth);
/* Of the last request: from its start to its last byte. */
int64_t eth_latency_us(const struct eth *eth);

#endif
