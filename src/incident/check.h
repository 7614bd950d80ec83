/* The checks of the Resolve stage, which run by themselves on the live world. */
#ifndef TOCSIN_INCIDENT_CHECK_H
#define TOCSIN_INCIDENT_CHECK_H

#include "incident/act.h"

enum check_state {
	CHECK_WAITING,
	CHECK_PASSING,
	CHECK_FAILING,
};
struct check {
	const char *name;  /* "blocks-advance", "validators-turn", "nodes-agree" */
	const char *title; /* "blocks advance for 5 periods" */
	enum check_state state;
	char detail[200]; /* where it stands: "3 of 5 periods" */
	int64_t since_us;
};

/* State of the checks of one incident while it is watched; begins anew when Resolve
 * is entered. */
struct checker;
struct checker *checker_new(const struct incident *incident, const struct world *world, int64_t now_us);
void checker_free(struct checker *checker);
void checker_update(struct checker *checker, const struct world *world, int64_t now_us);
size_t checker_count(const struct checker *checker);
const struct check *checker_at(const struct checker *checker, size_t i);
/* Drafts for results that changed since the record last heard of them. */
void act_checks(const struct fold *fold, const char *incident, const struct checker *checker, int64_t now_us, struct drafts *out);

#endif
