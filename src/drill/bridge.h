/* The contracts of the simulated network: two lanes of CCIP 1.5 between the chain and a far
 * chain, and an oracle feed, as a state machine. Messages are sent, committed and executed as
 * blocks come; calls and events have the layouts of protocol reference 2 and 3. Pure: time comes
 * as an argument. Private to src/drill. */
#ifndef TOCSIN_DRILL_BRIDGE_H
#define TOCSIN_DRILL_BRIDGE_H

#include "base/json.h"
#include "base/number.h"

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct bridge;

enum bridge_side {
	SIDE_OWN, /* the network's chain */
	SIDE_FAR, /* the other one */
	SIDES,
};

/* What can be wrong; each is on the lane that leads away from the network. */
enum bridge_fault {
	BRIDGE_FINE = 0,
	BRIDGE_CURSED = 1 << 0,     /* by the RMN of our chain: no message is taken, no fee quoted */
	BRIDGE_REVERTS = 1 << 1,    /* the receiver reverts: each message fails */
	BRIDGE_UNEXECUTED = 1 << 2, /* nobody executes what was committed */
	BRIDGE_CORRUPT = 1 << 3,    /* a number is left out, and a root does not fit */
	BRIDGE_PARTED = 1 << 4,     /* the far chain's endpoint is gone */
	BRIDGE_FEED_STOPS = 1 << 5, /* nobody updates the feed */
	BRIDGE_INTRUSION = 1 << 6,  /* the logs are full of refused calls: see monitor.h */
};

/* The engine must outlive it. */
struct bridge *bridge_new(const struct engine *engine);
void bridge_free(struct bridge *bridge);
/* Lets the contracts live until now_us, as far as the chains have blocks. */
void bridge_advance(struct bridge *bridge, int64_t now_us);
void bridge_break(struct bridge *bridge, unsigned faults);
void bridge_heal(struct bridge *bridge);
/* Mends some faults only. */
void bridge_mend(struct bridge *bridge, unsigned faults);
/* A transaction that calls a function without arguments: pause() and unpause() of the receiver
 * on the way out. STATUS_REFUSED: it reverts. */
enum status bridge_send(struct bridge *bridge, const struct address *to, const char *signature, struct error *err) TOCSIN_CHECK;

/* The pod that updates the feed. */
#define BRIDGE_PUBLISHER "oracle-publisher"
#define BRIDGE_PUBLISHER_POD BRIDGE_PUBLISHER "-0"
unsigned bridge_faults(const struct bridge *bridge);

/* A call as eth_call has it, and its result in *out as "0x…"; false when it reverts, and *out is
 * the revert's data. An address without a contract gives "0x". */
bool bridge_call(const struct bridge *bridge, enum bridge_side side, const struct address *to, const uint8_t *data, size_t len, struct buf *out);
/* eth_call as JSON: writes "result" or "error". False when the parameters are malformed. */
bool bridge_answer_call(const struct bridge *bridge, enum bridge_side side, const struct json *params, struct json_writer *w);
/* eth_getCode likewise: nobody has seen the inside of these contracts, but there is one. */
bool bridge_answer_code(const struct bridge *bridge, enum bridge_side side, const struct json *params, struct json_writer *w);
/* The events of a filter as eth_getLogs gives them. False when the filter is malformed. */
bool bridge_logs(const struct bridge *bridge, enum bridge_side side, const struct json *filter, struct json_writer *w, const char *key);

/* The far chain's JSON-RPC: appends the answer to a request or a batch. Returns the HTTP status. */
unsigned bridge_far_rpc(const struct bridge *bridge, const char *body, size_t len, struct buf *out);

/* Appends the sections of the configuration that describe all this. */
void bridge_config(const struct bridge *bridge, const char *far_url, struct buf *out);

#endif
