/* What a Besu node says of itself beside its JSON-RPC: GET /liveness and GET /readiness
 * (protocol reference 1.2). Hints for people, asked rarely, shown with their age and never
 * judged: readiness stays UP on a chain that stands still. Private to src/collect. */
#ifndef TOCSIN_COLLECT_HINT_H
#define TOCSIN_COLLECT_HINT_H

#include "io/http.h"
#include "world/world.h"

enum hint {
	HINT_LIVENESS,
	HINT_READINESS,
	HINT_COUNT
};

enum {
	HINT_TEXT = 64,
	HINT_BODY_BYTES = 4096, /* an answer has about 30 */
};

/* Whether a client of this version has such pages; NULL: not known. */
bool hint_applies(const char *version);
/* The value of a node that keeps what it says. */
enum node_value hint_value(enum hint hint);
/* Where to ask a node with this URL: its path goes on with the hint's, without a query.
 * Owned by the caller. */
char *hint_url(const char *url, enum hint hint);
/* "UP", "DOWN", or why there is neither. False when nobody answered: what was said before
 * only gets older then. */
bool hint_read(const struct http_reply *reply, char dst[HINT_TEXT]);

#endif
