/* A protocol is one const table entry: what to ask this tick, and what a reply
 * means. Adding one touches a file of its own and a line in the list. */
#ifndef TOCSIN_COLLECT_PROTOCOL_H
#define TOCSIN_COLLECT_PROTOCOL_H

#include "base/buf.h"
#include "io/http.h"
#include "world/world.h"

struct protocol {
	const char *name; /* "besu" */
	const char *help; /* one line */
	void *(*memory_new)(void);
	void (*memory_free)(void *memory);
	/* Writes the body of the next request. `memory` remembers capabilities and heads;
	 * `world` and `node` may be NULL, the protocol then assumes that nothing is known. */
	void (*plan)(void *memory, const struct world *world, const struct component *node, int64_t now_us, struct buf *body);
	/* Reads the reply into a sample, to be freed by node_sample_free. Never fails: a
	 * broken reply is a sample that says so. */
	void (*decode)(void *memory, const struct http_reply *reply, int64_t at_us, struct node_sample *out);
	/* True when more should be asked at once instead of at the next interval: a first
	 * look that takes several requests, or a peer that takes only small ones. */
	bool (*eager)(const void *memory);
};

extern const struct protocol protocol_besu;

/* The protocol of that name; NULL asks for the default, besu. NULL when there is none. */
const struct protocol *protocol_find(const char *name);

/* Frees what a sample owns and empties it. */
void node_sample_free(struct node_sample *sample);

#endif
