/* Feeds of oracles: "[feed NAME]" (protocol reference 3). */
#ifndef TOCSIN_COLLECT_FEED_H
#define TOCSIN_COLLECT_FEED_H

#include "collect/abi.h"
#include "collect/source.h"

extern const struct settings_def feed_section;
extern const struct source_def feed_source;

/* One answer of a round, as latestRoundData() gives it. */
struct feed_round {
	uint16_t phase;     /* of a proxy; 0: none */
	uint64_t round;     /* of the aggregator */
	bool carried_over;  /* answered in an earlier round */
	struct u256 answer; /* int256 */
	int64_t updated_s;
};
/* Round ids have 80 bits: a phase of 16 and a round of 64 (protocol reference 3). False when
 * it does not decode. */
bool feed_round_read(struct abi reply, struct feed_round *out) TOCSIN_CHECK;
/* The number at "data.0.price" in a page; false when there is none. */
bool feed_page_read(const char *text, size_t len, const char *path, double *out) TOCSIN_CHECK;

#endif
