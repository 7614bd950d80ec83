/* What the files of the checks share. Private to src/incident. */
#ifndef TOCSIN_INCIDENT_CHECK_PRIVATE_H
#define TOCSIN_INCIDENT_CHECK_PRIVATE_H

#include "incident/check.h"

enum { CHECKS_AT_MOST = 20 };

/* Where a lane stood when Resolve was entered: only what is new since then proves anything. */
struct lane_entry {
	char id[96];
	int64_t sent, executed, failed;
	char test[24]; /* the number of the newest test message; "": none */
};

struct node_progress {
	int64_t seen_us; /* the poll counted last */
	unsigned good;   /* polls in a row */
};

struct checker {
	struct check checks[CHECKS_AT_MOST];
	void (*run[CHECKS_AT_MOST])(struct checker *checker, const struct world *world, struct check *out);
	size_t count;
	bool has_entry;
	int64_t entry_head;   /* when Resolve was entered: turns count from here */
	int64_t advance_head; /* the same, or where the chain stood when it was last halted */
	struct node_progress *nodes;
	size_t node_count;
	struct lane_entry *lanes;
	size_t lane_count;
	char (*affected)[96]; /* components of the incident */
	size_t affected_count;
	int64_t entry_us, now_us;
};

/* Sets the state and the words of a check. */
void check_set(struct check *check, enum check_state state, const char *fmt, ...) TOCSIN_PRINTF(3, 4);

/* Keeps what the incident names, and where its lanes stand. */
void checker_remember(struct checker *checker, const struct incident *incident, const struct world *world, int64_t now_us);

void check_pods(struct checker *checker, const struct world *world, struct check *out);
void check_far_side(struct checker *checker, const struct world *world, struct check *out);
void check_lanes_open(struct checker *checker, const struct world *world, struct check *out);
void check_fees(struct checker *checker, const struct world *world, struct check *out);
void check_arrive(struct checker *checker, const struct world *world, struct check *out);
void check_throughput(struct checker *checker, const struct world *world, struct check *out);
void check_latency(struct checker *checker, const struct world *world, struct check *out);
void check_backlog(struct checker *checker, const struct world *world, struct check *out);
void check_errors(struct checker *checker, const struct world *world, struct check *out);
void check_order(struct checker *checker, const struct world *world, struct check *out);
void check_feeds(struct checker *checker, const struct world *world, struct check *out);
void check_quiet(struct checker *checker, const struct world *world, struct check *out);
void check_source(struct checker *checker, const struct world *world, struct check *out);

#endif
