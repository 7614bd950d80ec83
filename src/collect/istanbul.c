#include "collect/istanbul.h"

#include "base/hash.h"
#include "base/mem.h"
#include "world/world.h"

#include <stdlib.h>
#include <string.h>

enum { COMMIT = 2 }; /* the message that a committed seal belongs to */

static enum status decode_lists(const uint8_t *at, const uint8_t *end, struct istanbul_extra *out, struct error *err)
{
	struct rlp validators, seal, committed;
	enum status status;
	void *list;

	if (!rlp_next(&at, end, &validators) || !rlp_next(&at, end, &seal) || !rlp_next(&at, end, &committed) || at != end)
		return error_set(err, STATUS_INVALID, "extraData: not three items (is this an Istanbul chain?)");
	if (seal.list || seal.len != sizeof(out->seal))
		return error_set(err, STATUS_INVALID, "extraData: the proposer's seal has not 65 bytes (is this an Istanbul chain?)");
	memcpy(out->seal, seal.bytes, sizeof(out->seal));
	status = raw_list_read(&validators, sizeof(*out->validators), HEADER_VALIDATORS_MAX, "validators", &list, &out->validator_count, err);
	out->validators = list;
	if (status != STATUS_OK)
		return status;
	status = raw_list_read(&committed, sizeof(*out->committed), HEADER_VALIDATORS_MAX, "seals", &list, &out->committed_count, err);
	out->committed = list;
	return status;
}

enum status istanbul_extra_decode(const uint8_t *bytes, size_t len, struct istanbul_extra *out, struct error *err)
{
	const uint8_t *at, *end;
	struct rlp list;
	enum status status;

	memset(out, 0, sizeof(*out));
	if (len <= sizeof(out->vanity))
		return error_set(err, STATUS_INVALID, "extraData: shorter than its vanity (is this an Istanbul chain?)");
	memcpy(out->vanity, bytes, sizeof(out->vanity));
	at = bytes + sizeof(out->vanity);
	end = bytes + len;
	if (!rlp_next(&at, end, &list) || !list.list || at != end)
		return error_set(err, STATUS_INVALID, "extraData: no RLP list behind the vanity (is this an Istanbul chain?)");
	status = decode_lists(list.bytes, list.bytes + list.len, out, err);
	if (status != STATUS_OK)
		istanbul_extra_free(out);
	return status;
}

void istanbul_extra_free(struct istanbul_extra *extra)
{
	free(extra->validators);
	free(extra->committed);
	memset(extra, 0, sizeof(*extra));
}

static struct hash256 filtered_hash(const struct raw_header *header, const struct istanbul_extra *extra, bool with_seal)
{
	struct buf bytes, items, list;
	struct hash256 hash;

	buf_init(&bytes, EXTRA_LIMIT);
	buf_init(&items, EXTRA_LIMIT);
	buf_init(&list, EXTRA_LIMIT);
	for (size_t i = 0; i < extra->validator_count; i++)
		rlp_put_string(&list, extra->validators[i].bytes, sizeof(extra->validators[i].bytes));
	rlp_put_list(&items, &list);
	rlp_put_string(&items, extra->seal, with_seal ? sizeof(extra->seal) : 0);
	buf_clear(&list);
	rlp_put_list(&items, &list);
	buf_add(&bytes, extra->vanity, sizeof(extra->vanity));
	rlp_put_list(&bytes, &items);
	hash = raw_header_hash(header, bytes.data, bytes.len);
	buf_free(&list);
	buf_free(&items);
	buf_free(&bytes);
	return hash;
}

struct hash256 istanbul_block_hash(const struct raw_header *header, const struct istanbul_extra *extra)
{
	return filtered_hash(header, extra, true);
}

struct hash256 istanbul_seal_digest(const struct raw_header *header, const struct istanbul_extra *extra)
{
	struct hash256 hash = filtered_hash(header, extra, false);

	/* GoQuorum hashes once more before it signs. */
	return keccak256(hash.bytes, sizeof(hash.bytes));
}

struct hash256 istanbul_commit_digest(const struct hash256 *block_hash)
{
	uint8_t bytes[sizeof(block_hash->bytes) + 1];

	memcpy(bytes, block_hash->bytes, sizeof(block_hash->bytes));
	bytes[sizeof(bytes) - 1] = COMMIT;
	return keccak256(bytes, sizeof(bytes));
}
