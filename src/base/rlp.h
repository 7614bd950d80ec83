/* Recursive Length Prefix, Ethereum's encoding of lists of byte strings. */
#ifndef TOCSIN_BASE_RLP_H
#define TOCSIN_BASE_RLP_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* One decoded item: the payload of a string or of a list, inside the source bytes. */
struct rlp {
	bool list;
	const uint8_t *bytes;
	size_t len;
};

/* Reads one item at *at (which moves on) before `end`. False on anything that is
 * not minimal, canonical RLP within the bounds. */
bool rlp_next(const uint8_t **at, const uint8_t *end, struct rlp *out) TOCSIN_CHECK;
/* An RLP integer: minimal big-endian, empty means 0. */
bool rlp_u64(const struct rlp *item, uint64_t *out) TOCSIN_CHECK;

/* Encoding appends to a buf. A list is encoded by its payload, made first. */
void rlp_put_string(struct buf *out, const void *bytes, size_t len);
void rlp_put_u64(struct buf *out, uint64_t number);
void rlp_put_list(struct buf *out, const struct buf *payload);

#endif
