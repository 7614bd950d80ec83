/* A block header as bytes, which is what its hashes are made from, and the signatures
 * over those hashes. */
#ifndef TOCSIN_COLLECT_RAW_H
#define TOCSIN_COLLECT_RAW_H

#include "base/buf.h"
#include "base/json.h"
#include "base/number.h"
#include "base/rlp.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SEAL_SIZE = 65,
	EXTRA_LIMIT = 32 * 1024,
}; /* 128 validators and 128 seals take 12 KiB */

/* A block header's fields in RLP order, as bytes; what both hashes are made from. */
struct raw_header {
	struct rlp_field {
		uint8_t *bytes; /* owned */
		size_t len;
		bool present;
	} fields[24];
	size_t count; /* 15 and more: London's and later fields follow in order */
};
enum {
	HEADER_PARENT_HASH,
	HEADER_UNCLES,
	HEADER_MINER,
	HEADER_STATE,
	HEADER_TRANSACTIONS,
	HEADER_RECEIPTS,
	HEADER_BLOOM,
	HEADER_DIFFICULTY,
	HEADER_NUMBER,
	HEADER_GAS_LIMIT,
	HEADER_GAS_USED,
	HEADER_TIMESTAMP,
	HEADER_EXTRA,
	HEADER_MIX,
	HEADER_NONCE,
	HEADER_BASE_FEE,
	HEADER_WITHDRAWALS,
	HEADER_BLOB_GAS_USED,
	HEADER_EXCESS_BLOB_GAS,
	HEADER_BEACON_ROOT,
	HEADER_REQUESTS,
};

/* The bytes of a field that JSON gives as text, up to EXTRA_LIMIT; false when it is no hex
 * data. The caller frees field->bytes. */
bool raw_extra_read(const char *text, struct rlp_field *field) TOCSIN_CHECK;
/* Copies a list of strings, all of `size` bytes, to *out (owned; NULL when there are none).
 * STATUS_INVALID when it is no such list, STATUS_LIMIT for more than `most`; `what` names
 * them to the person. */
enum status raw_list_read(const struct rlp *list, size_t size, size_t most, const char *what, void **out, size_t *count, struct error *err) TOCSIN_CHECK;

/* Appends the RLP of the header with its extraData replaced by `extra`. */
void raw_header_encode(const struct raw_header *header, const void *extra, size_t extra_len, struct buf *out);
void raw_header_free(struct raw_header *header);
/* The header's fields from a JSON-RPC block object, up to the first later field that is
 * absent. STATUS_INVALID names the field that is missing or malformed. */
enum status raw_header_from_json(const struct json *block, struct raw_header *out, struct error *err) TOCSIN_CHECK;

/* keccak-256 of that RLP. */
struct hash256 raw_header_hash(const struct raw_header *header, const void *extra, size_t extra_len);

/* Who made a seal, r || s || recovery id (0 or 1), over a digest; false when it is not
 * a signature. Any thread may call these three. */
bool seal_recover(const struct hash256 *digest, const uint8_t seal[65], struct address *out) TOCSIN_CHECK;
/* Signs for the simulator. A key that is 0 or beyond the curve's order leaves zeros. */
void seal_sign(const struct hash256 *digest, const uint8_t key[32], uint8_t seal[65]);
/* The address and (unless NULL) the 64-byte public key of a secret key; false when it is no key. */
bool key_address(const uint8_t key[32], struct address *out, uint8_t public_key[64]) TOCSIN_CHECK;

#endif
