/* Finds the lanes between the chains of some routers: what each router's off-ramps say of
 * themselves, and where each router's on-ramps lead (protocol reference 2.2 and 2.4). */
#ifndef TOCSIN_COLLECT_DISCOVER_CCIP_H
#define TOCSIN_COLLECT_DISCOVER_CCIP_H

#include "base/clock.h"
#include "base/number.h"

struct router_spec {
	const char *url; /* JSON-RPC of its chain */
	struct address router;
};

struct found_router {
	bool answers;
	char why[160]; /* unless it answers, or when it is no router */
	bool is_router;
	char version[64]; /* "Router 1.2.0" */
	uint64_t chain_id;
	uint64_t selector; /* of its chain; 0: no off-ramp told it */
	uint64_t *sources; /* selectors of chains that it takes messages from; owned */
	size_t source_count;
};

struct found_lane {
	size_t from, to; /* indexes of routers */
};

struct ccip_discovery {
	struct found_router *routers; /* in the order of the specs */
	size_t router_count;
	struct found_lane *lanes;
	size_t lane_count;
};

/* Asks all of them, in at most deadline_ms. Free with ccip_discovery_free. */
void ccip_discover(const struct router_spec *specs, size_t count, int64_t deadline_ms, const struct clock *clock, struct ccip_discovery *out);
void ccip_discovery_free(struct ccip_discovery *discovery);

#endif
