/* Loki: whether it is well, and the BFT round lines of validators (protocol reference 1.6
 * and 7.3). */
#ifndef TOCSIN_COLLECT_LOKI_H
#define TOCSIN_COLLECT_LOKI_H

#include "collect/rounds.h"
#include "collect/source.h"

extern const struct settings_def loki_section;
extern const struct source_def loki_source;

/* Puts the tenant of a [loki] behind the headers of poller_settings. */
void loki_add_tenant(const struct settings *settings, char ***headers);

/* What all nodes together logged of rounds, from the answer to a query of lines. */
struct rounds_seen {
	size_t streams;    /* of logs; 0: nothing matched */
	struct rounds all; /* the highest round, and everybody whom some node heard of */
	size_t dead;       /* nodes whose mining has stopped for good */
};
enum status loki_read_rounds(const char *body, size_t len, struct rounds_seen *out, struct error *err) TOCSIN_CHECK;

#endif
