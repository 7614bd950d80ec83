/* Values for placeholders that sections of the configuration know: the contracts, chains
 * and pods of a lane or feed, by the names that runbooks use. */
#ifndef TOCSIN_WATCH_OFFER_H
#define TOCSIN_WATCH_OFFER_H

#include "runbook/bind.h"
#include "watch/config.h"
#include "world/world.h"

/* What an affected component brings: a lane its contracts and chains, a feed its contract
 * and publisher, a pod its name. `rpc_url` is where the chain of the nodes is asked, NULL
 * when none answers. Nothing for other kinds. */
void offer_component(const struct config *config, const struct component *component, const char *rpc_url, const char *from, struct bindings *out);
/* The same for the only lane and the only feed of a configuration, which need no choice. */
void offer_only(const struct config *config, const char *rpc_url, struct bindings *out);

#endif
