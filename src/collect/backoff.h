/* How long who failed is left alone: the pause doubles up to a cap, a quarter more or less,
 * so that those who fail together do not come back together. */
#ifndef TOCSIN_COLLECT_BACKOFF_H
#define TOCSIN_COLLECT_BACKOFF_H

#include <stdint.h>

struct backoff {
	unsigned patient;           /* so many failures in a row are repeated at the normal pace */
	int64_t longest_ms;         /* the longest pause of our own, unless the interval is longer */
	int64_t retry_after_max_ms; /* the longest one that a peer may ask for */
};

/* The pause after so many failures in a row, at least 1; `random` is any number. A peer's
 * Retry-After (0: none) may make it longer. */
int64_t backoff_ms(const struct backoff *rule, int64_t interval_ms, unsigned failures, int64_t retry_after_s, uint64_t random);

#endif
