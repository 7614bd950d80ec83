/* Istanbul headers, GoQuorum's first IBFT (EIP-650): extraData is 32 bytes of vanity and
 * an RLP list of validators, the proposer's seal, and the committed seals. */
#ifndef TOCSIN_COLLECT_ISTANBUL_H
#define TOCSIN_COLLECT_ISTANBUL_H

#include "collect/raw.h"

struct istanbul_extra {
	uint8_t vanity[32];
	struct address *validators; /* owned, in the order they were found in */
	size_t validator_count;
	uint8_t seal[SEAL_SIZE];         /* the proposer's */
	uint8_t (*committed)[SEAL_SIZE]; /* owned */
	size_t committed_count;
};

/* STATUS_INVALID when it has not this form. Free with istanbul_extra_free. */
enum status istanbul_extra_decode(const uint8_t *bytes, size_t len, struct istanbul_extra *out, struct error *err) TOCSIN_CHECK;
void istanbul_extra_free(struct istanbul_extra *extra);
/* The hash on the chain keeps the proposer's seal and leaves the committed ones out; what
 * the proposer signs leaves out both; what validators sign when they commit is made from
 * the hash on the chain. */
struct hash256 istanbul_block_hash(const struct raw_header *header, const struct istanbul_extra *extra);
struct hash256 istanbul_seal_digest(const struct raw_header *header, const struct istanbul_extra *extra);
struct hash256 istanbul_commit_digest(const struct hash256 *block_hash);

#endif
