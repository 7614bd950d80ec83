/* The collector: polls every endpoint once per interval, spread over it in ticks,
 * with jittered capped back-off, and feeds the world. */
#ifndef TOCSIN_COLLECT_COLLECT_H
#define TOCSIN_COLLECT_COLLECT_H

#include "collect/protocol.h"

struct collector;

struct endpoint_spec {
	const char *name;
	const char *url;
	const char *protocol;       /* NULL: besu */
	const char *const *headers; /* secrets: NULL-terminated, or NULL */
	const char *ca_file;
	int64_t interval_ms; /* 0: 1,000 */
	int64_t timeout_ms;  /* 0: 3,000 */
};

/* The world must outlive the collector. The same `seed` spreads the polls the same way. */
struct collector *collector_new(struct loop *loop, const struct clock *clock, struct world *world, uint64_t seed);
void collector_free(struct collector *collector);
/* Adds an endpoint and its node in the world, whose source is the URL without its secrets.
 * The spec is copied. STATUS_CONFLICT: the name is taken; STATUS_INVALID: no such protocol;
 * STATUS_USAGE: the collector runs already. */
enum status collector_add(struct collector *collector, const struct endpoint_spec *spec, struct error *err) TOCSIN_CHECK;
/* Starts polling. The first poll of each endpoint comes within one interval, in a slot that
 * follows from its name and holds some others (up to four endpoints are asked together);
 * beyond a thousand endpoints, a second later for each thousand before it. After the third
 * failure in a row the pauses double up to 5 s, a quarter more or less; a Retry-After counts
 * up to 60 s. `changed` (NULL allowed) is called on the loop's thread after each sample was
 * taken in; it must not free the collector. */
void collector_start(struct collector *collector, void (*changed)(void *arg), void *arg);
/* Polls everything now, whatever the back-off says (the `r` key). */
void collector_refresh(struct collector *collector);
/* The same after this process did not run for a while. What was on its way then and ran
 * out of time says nothing about its node, and is asked again. */
void collector_resume(struct collector *collector);
/* True while a poll is on its way: what `changed` told of may soon be followed by more. */
bool collector_waits(const struct collector *collector);
/* True once every endpoint gave an answer or failed since the start, or since
 * collector_resume. */
bool collector_all_tried(const struct collector *collector);

/* By how much our own wall clock was set, against monotonic time, since the last call;
 * 0 when it was not. The world is told of it (world_clock_stepped) as soon as it is seen,
 * before anything with the new time gets there. */
int64_t collector_take_clock_step(struct collector *collector);

#endif
