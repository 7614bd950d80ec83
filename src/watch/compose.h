/* Writes a configuration for a network that was found. */
#ifndef TOCSIN_WATCH_COMPOSE_H
#define TOCSIN_WATCH_COMPOSE_H

#include "collect/discover.h"

enum { COMPOSE_BYTES_MAX = 4 << 20 };

struct compose_options {
	int64_t now_us;         /* for the first line */
	const char *bearer_env; /* written to each node that was given, or NULL */
	const char *ca_file;    /* the same, or NULL */
};

/* Appends a file that config_parse accepts: each value with where it came from, what is
 * not known as commented-out keys, all thresholds with their defaults. Secrets in URLs
 * are in it, so write it with mode 0600. */
void compose_config(const struct discovery *discovery, const struct compose_options *options, struct buf *out);

#endif
