/* A protocol is one const table entry: what to ask this tick, and what a reply
 * means. Adding one touches a file of its own and a line in the list. */
#ifndef TOCSIN_COLLECT_PROTOCOL_H
#define TOCSIN_COLLECT_PROTOCOL_H

#include "base/buf.h"
#include "io/http.h"
#include "world/world.h"

struct endpoint; /* one polled peer, with what the protocol remembers of it */

struct protocol {
	const char *name; /* "besu" */
	const char *help; /* one line */
	void *(*memory_new)(void);
	void (*memory_free)(void *memory);
	/* Writes the body of the next request. `memory` remembers capabilities and heads. */
	void (*plan)(void *memory, const struct world *world, const struct component *node, int64_t now_us, struct buf *body);
	/* Reads the reply into a sample, to be freed by node_sample_free. Never fails: a
	 * broken reply is a sample that says so. */
	void (*decode)(void *memory, const struct http_reply *reply, int64_t at_us, struct node_sample *out);
};

extern const struct protocol protocol_besu;
const struct protocol *protocol_find(const char *name);
void node_sample_free(struct node_sample *sample);

#endif
