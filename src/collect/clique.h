/* Clique headers (EIP-225): 32 bytes of vanity, the signers at every checkpoint, and the
 * signature of whoever made the block. */
#ifndef TOCSIN_COLLECT_CLIQUE_H
#define TOCSIN_COLLECT_CLIQUE_H

#include "collect/raw.h"

enum { CLIQUE_VANITY_SIZE = 32 };

/* True when extraData could be clique's; *signers then has room for so many addresses,
 * 0 in all blocks but the checkpoints. */
bool clique_extra_fits(size_t extra_len, size_t *signers);
/* The hash on the chain is that of the whole header; the digest that the signer signs
 * leaves the signature out. */
struct hash256 clique_block_hash(const struct raw_header *header);
struct hash256 clique_seal_digest(const struct raw_header *header);

#endif
