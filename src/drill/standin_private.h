/* What the stand-in tools share. Private to src/drill. */
#ifndef TOCSIN_DRILL_STANDIN_PRIVATE_H
#define TOCSIN_DRILL_STANDIN_PRIVATE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Only loopback, by port alone: a stand-in that could reach the world would be none. */
bool standin_url_is_local(const char *url);
/* For libcurl: appends what arrives to the struct buf. */
size_t standin_take_bytes(char *bytes, size_t size, size_t count, void *arg);
/* Sends one order to the network of TOCSIN_SIM_URL; *code is the HTTP status, 0 when there is
 * no network. */
void standin_send_order(const char *order, long *code, struct buf *answer);

/* cast: looks at the contracts of the simulated network, and sends what the network takes. */
int standin_cast(int argc, char **argv);

#endif
