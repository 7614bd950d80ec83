/* What a node of the simulated network answers: JSON-RPC and the health pages, with
 * the shapes and the error codes of protocol reference 1.1 and 1.2. Pure: reads the
 * engine, writes text. Private to src/drill. */
#ifndef TOCSIN_DRILL_ANSWER_H
#define TOCSIN_DRILL_ANSWER_H

#include "drill/engine.h"

enum {
	ANSWER_BATCH_MAX = 1024,
	ANSWER_BYTES_MAX = 16 * 1024 * 1024,
	ANSWER_REQUEST_MAX = 1024 * 1024,
};

/* Answers the body of a POST to "/" by appending to `out`; returns the HTTP status. */
unsigned answer_rpc(const struct engine *engine, const struct engine_node *node, const char *body, size_t len, struct buf *out);

/* GET /liveness and /readiness; the parameters are as the client wrote them, or NULL. */
unsigned answer_liveness(struct buf *out);
unsigned answer_readiness(const struct engine *engine, const struct engine_node *node, const char *min_peers, const char *max_behind, struct buf *out);

#endif
