/* Chains that lanes and feeds are on: "[chain NAME]", and the one that the nodes of the
 * configuration are of, which is called "network". */
#ifndef TOCSIN_COLLECT_CHAIN_H
#define TOCSIN_COLLECT_CHAIN_H

#include "collect/source.h"

extern const struct settings_def chain_section;

/* The name of the chain that the configured nodes are of. */
#define CHAIN_OWN "network"

#endif
