/* What most endpoints say, of nodes that need not agree: `init` and `doctor` go by it. */
#ifndef TOCSIN_COLLECT_AGREE_H
#define TOCSIN_COLLECT_AGREE_H

#include "collect/probe.h"

struct most {
	size_t by;    /* the first that says so */
	size_t votes; /* how many do; 0: nobody says anything */
	bool tied;    /* as many say something else: the first of all won */
};

/* Of `count` probes; NULL among them have no vote. */
struct most agree_chain(const struct probe *const *probes, size_t count);
/* Of those of one chain. */
struct most agree_genesis(const struct probe *const *probes, size_t count, uint64_t chain_id);

/* Whether it told a chain id, and so that it is a node at all. */
bool agree_says_chain(const struct probe *probe);

#endif
