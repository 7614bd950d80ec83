/* Chains that lanes and feeds are on: "[chain NAME]", and the one that the nodes of the
 * configuration are of, which is called "network". */
#ifndef TOCSIN_COLLECT_CHAIN_H
#define TOCSIN_COLLECT_CHAIN_H

#include "collect/source.h"

extern const struct settings_def chain_section;

extern const struct source_def chain_source;

/* The section of that chain; NULL when there is none. */
const struct settings *chain_section_of(const struct source_host *host, const char *chain);
/* The id of the component that stands for it: "probe/chain NAME", or the chain itself. dst of
 * 96 bytes. */
char *chain_component(const struct source_host *host, const char *chain, char *dst, size_t size);

/* The name of the chain that the configured nodes are of. */
#define CHAIN_OWN "network"

#endif
