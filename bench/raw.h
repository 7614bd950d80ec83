#ifndef TOCSIN_BENCH_RAW_H
#define TOCSIN_BENCH_RAW_H

#include "peer.h"

/* Seconds of CPU for one poll: all `count` nodes are asked at once, `rounds` times, after
 * one round that is not counted. */
double raw_cost(const struct peer *peer, size_t count, int rounds, const char *body);

#endif
