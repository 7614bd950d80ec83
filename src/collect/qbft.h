/* QBFT and IBFT 2.0 headers: extraData, the two hashes, and who sealed (protocol
 * reference 1.3). */
#ifndef TOCSIN_COLLECT_QBFT_H
#define TOCSIN_COLLECT_QBFT_H

#include "base/json.h"
#include "base/rlp.h"
#include "collect/raw.h"
#include "world/world.h"

/* The decoded extraData. Validators keep the order they were found in, because the
 * hashes are made over it. IBFT 2.0 writes the same things a little differently: no
 * vote is an empty string, a vote to drop a zero byte, and the round has four bytes. */
struct qbft_extra {
	bool ibft2;
	uint8_t vanity[32];
	struct address *validators; /* owned */
	size_t validator_count;
	bool vote, vote_add;
	struct address vote_recipient;
	uint32_t round;
	uint8_t (*seals)[65]; /* owned */
	size_t seal_count;
};

/* Reads extraData of either form. Items after the fifth are ignored; at most HEADER_VALIDATORS_MAX
 * validators and as many seals (STATUS_LIMIT), everything else that is not QBFT's form is
 * STATUS_INVALID. *out is freed with qbft_extra_free, and empty after an error. */
enum status qbft_extra_decode(const uint8_t *bytes, size_t len, struct qbft_extra *out, struct error *err) TOCSIN_CHECK;
void qbft_extra_free(struct qbft_extra *extra);
/* Appends the RLP, with the seals or an empty list, with the real round or 0; IBFT 2.0
 * leaves out what QBFT empties. The simulator makes its headers with it. */
void qbft_extra_encode(const struct qbft_extra *extra, bool with_seals, bool with_round, struct buf *out);

/* Hash on the chain (round 0, no seals), and the digest that commit seals sign. */
struct hash256 qbft_block_hash(const struct raw_header *header, const struct qbft_extra *extra);
struct hash256 qbft_seal_digest(const struct raw_header *header, const struct qbft_extra *extra);

#endif
