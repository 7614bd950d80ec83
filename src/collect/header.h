/* From a block object to a header: whose form its extraData has, who made it, and who
 * sealed it. */
#ifndef TOCSIN_COLLECT_HEADER_H
#define TOCSIN_COLLECT_HEADER_H

#include "base/json.h"
#include "world/world.h"

/* A block object to a header, to be freed with header_free. QBFT, IBFT 2.0, Istanbul and
 * clique are told by their extraData, proof of stake by a difficulty of 0. Those who
 * signed are named (unless `recover` is off) only when the rebuilt header hashes to the
 * block's own hash; a clique block is one only then, because nothing else tells its
 * signer. STATUS_INVALID when it is no block at all. */
enum status header_from_json(const struct json *block, bool recover, struct header *out, struct error *err) TOCSIN_CHECK;

#endif
