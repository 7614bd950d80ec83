/* The transport: the one thing that can send, with the secrets that sending needs. A drill
 * has none, so that nothing leaves it whatever else goes wrong. */
#ifndef TOCSIN_COMMS_TRANSPORT_H
#define TOCSIN_COMMS_TRANSPORT_H

#include "comms/kind.h"

/* After this long without an answer a send is over (and its answer lost). */
enum { TRANSPORT_TIMEOUT_MS = 20 * 1000 };

struct transport;

/* Reads the secrets of all channels and shows each to `hide`, so that it can be masked
 * everywhere else. What is wrong with one is told when something goes there. An answer is
 * waited for as long as timeout_ms says; 0: TRANSPORT_TIMEOUT_MS. */
struct transport *transport_new(struct loop *loop, const struct channels *channels, int64_t timeout_ms, void (*hide)(void *arg, const char *secret), void *arg);
/* Cancels what is under way, without callbacks. NULL allowed. */
void transport_free(struct transport *transport);

/* Why nothing can go by this channel, NULL when it can. */
const char *transport_trouble(const struct transport *transport, const struct channel *channel);
/* Sends once. `done` runs on the loop's thread, never before this returns. */
void transport_send(struct transport *transport, const struct channel *channel, const struct letter *letter, void (*done)(void *arg, const struct fate *fate), void *arg);

#endif
