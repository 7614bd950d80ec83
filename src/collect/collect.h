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
	int64_t interval_ms;        /* 0: 1,000 */
	int64_t timeout_ms;         /* 0: 3,000 */
};

/* The world must outlive the collector. `seed` spreads the polls. */
struct collector *collector_new(struct loop *loop, const struct clock *clock, struct world *world, uint64_t seed);
void collector_free(struct collector *collector);
enum status collector_add(struct collector *collector, const struct endpoint_spec *spec, struct error *err) TOCSIN_CHECK;
/* `changed` is called on the loop's thread after each sample was taken in. */
void collector_start(struct collector *collector, void (*changed)(void *arg), void *arg);
/* Polls everything now, whatever the back-off says (the `r` key). */
void collector_refresh(struct collector *collector);
/* True once every endpoint gave an answer or failed since the start. */
bool collector_all_tried(const struct collector *collector);

#endif
