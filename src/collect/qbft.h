/* QBFT headers: extraData, the two hashes, and who sealed (protocol reference 1.3). */
#ifndef TOCSIN_COLLECT_QBFT_H
#define TOCSIN_COLLECT_QBFT_H

#include "base/json.h"
#include "base/rlp.h"
#include "world/world.h"

/* A block header's fields in RLP order, as bytes; what both hashes are made from. */
struct raw_header {
	struct rlp_field {
		uint8_t *bytes; /* owned */
		size_t len;
		bool present;
	} fields[24];
	size_t count;  /* 15 and more: London's and later fields follow in order */
};
enum { HEADER_PARENT_HASH, HEADER_UNCLES, HEADER_MINER, HEADER_STATE, HEADER_TRANSACTIONS, HEADER_RECEIPTS, HEADER_BLOOM,
	HEADER_DIFFICULTY, HEADER_NUMBER, HEADER_GAS_LIMIT, HEADER_GAS_USED, HEADER_TIMESTAMP, HEADER_EXTRA, HEADER_MIX, HEADER_NONCE,
	HEADER_BASE_FEE, HEADER_WITHDRAWALS, HEADER_BLOB_GAS_USED, HEADER_EXCESS_BLOB_GAS, HEADER_BEACON_ROOT, HEADER_REQUESTS };

/* The decoded extraData. Validators keep the order they were found in, because the
 * hashes are made over it. */
struct qbft_extra {
	uint8_t vanity[32];
	struct address *validators; /* owned */
	size_t validator_count;
	bool vote, vote_add;
	struct address vote_recipient;
	uint32_t round;
	uint8_t (*seals)[65];       /* owned */
	size_t seal_count;
};

/* Reads extraData. Items after the fifth are ignored; at most HEADER_VALIDATORS_MAX
 * validators and as many seals (STATUS_LIMIT), everything else that is not QBFT's form is
 * STATUS_INVALID. *out is freed with qbft_extra_free, and empty after an error. */
enum status qbft_extra_decode(const uint8_t *bytes, size_t len, struct qbft_extra *out, struct error *err) TOCSIN_CHECK;
void qbft_extra_free(struct qbft_extra *extra);
/* Appends the RLP, with the seals or an empty list, with the real round or 0. The
 * simulator makes its headers with it. */
void qbft_extra_encode(const struct qbft_extra *extra, bool with_seals, bool with_round, struct buf *out);

/* Appends the RLP of the header with its extraData replaced by `extra`. */
void raw_header_encode(const struct raw_header *header, const void *extra, size_t extra_len, struct buf *out);
void raw_header_free(struct raw_header *header);
/* The header's fields from a JSON-RPC block object, up to the first later field that is
 * absent. STATUS_INVALID names the field that is missing or malformed. */
enum status raw_header_from_json(const struct json *block, struct raw_header *out, struct error *err) TOCSIN_CHECK;

/* Hash on the chain (round 0, no seals), and the digest that commit seals sign. */
struct hash256 qbft_block_hash(const struct raw_header *header, const struct qbft_extra *extra);
struct hash256 qbft_seal_digest(const struct raw_header *header, const struct qbft_extra *extra);

/* Who made a seal, r || s || recovery id (0 or 1), over a digest; false when it is not
 * a signature. Any thread may call these three. */
bool seal_recover(const struct hash256 *digest, const uint8_t seal[65], struct address *out) TOCSIN_CHECK;
/* Signs for the simulator. A key that is 0 or beyond the curve's order leaves zeros. */
void seal_sign(const struct hash256 *digest, const uint8_t key[32], uint8_t seal[65]);
/* The address and (unless NULL) the 64-byte public key of a secret key; false when it is no key. */
bool key_address(const uint8_t key[32], struct address *out, uint8_t public_key[64]) TOCSIN_CHECK;

/* A block object to a header, to be freed with header_free. Blocks without QBFT extraData
 * give header.bft false. Sealers are named (unless `recover` is off) only when the rebuilt
 * header hashes to the block's own hash. STATUS_INVALID when it is no block at all. */
enum status header_from_json(const struct json *block, bool recover, struct header *out, struct error *err) TOCSIN_CHECK;

#endif
