/* Writes a configuration for a network that was found. */
#ifndef TOCSIN_WATCH_COMPOSE_H
#define TOCSIN_WATCH_COMPOSE_H

#include "collect/discover.h"
#include "collect/discover_ccip.h"

enum { COMPOSE_BYTES_MAX = 4 << 20 };

/* What is to be watched beside the nodes. */
struct compose_sources {
	bool kube;                /* pods are watched; else [kubernetes] is for runbooks alone */
	const char *kube_context; /* NULL: kubectl's current one */
	const char *kube_namespace;
	const char *const *prometheus; /* URLs */
	size_t prometheus_count;
	const char *const *alertmanagers;
	size_t alertmanager_count;
	const struct router_spec *routers; /* as given, and what was found of each */
	const struct ccip_discovery *ccip; /* NULL: none were given */
};
/* Appends their sections; the nodes are of own_chain (0: not known). */
void compose_sources(const struct compose_sources *sources, uint64_t own_chain, struct buf *out);

struct compose_options {
	int64_t now_us;         /* for the first line */
	const char *bearer_env; /* written to each node that was given, or NULL */
	const char *ca_file;    /* the same, or NULL */
	struct compose_sources sources;
};

/* Appends a file that config_parse accepts: each value with where it came from, what is
 * not known as commented-out keys, all thresholds with their defaults. Secrets in URLs
 * are in it, so write it with mode 0600. */
void compose_config(const struct discovery *discovery, const struct compose_options *options, struct buf *out);

#endif
