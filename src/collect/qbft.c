#include "collect/qbft.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
	SEALS_MAX = HEADER_VALIDATORS_MAX,
	IBFT2_ROUND_SIZE = 4,
};

/* --- extraData ------------------------------------------------------------- */

static enum status invalid(struct error *err, const char *why)
{
	return error_set(err, STATUS_INVALID, "extraData: %s (is this a QBFT chain?)", why);
}

static enum status decode_validators(const struct rlp *item, struct qbft_extra *out, struct error *err)
{
	void *list;
	enum status status = raw_list_read(item, sizeof(struct address), HEADER_VALIDATORS_MAX, "validators", &list, &out->validator_count, err);

	out->validators = list;
	return status;
}

/* [] is no vote, [recipient, 0xff] adds, [recipient, ""] drops. In IBFT 2.0 an empty
 * string is no vote, and [recipient, 0x00] drops. */
static enum status decode_vote(const struct rlp *item, struct qbft_extra *out, struct error *err)
{
	const uint8_t *at = item->bytes, *end = item->bytes + item->len;
	struct rlp recipient, kind;

	if (item->len == 0 && item->list != out->ibft2)
		return STATUS_OK;
	if (!item->list)
		return invalid(err, "the vote is no list");
	if (!rlp_next(&at, end, &recipient) || recipient.list || recipient.len != sizeof(out->vote_recipient))
		return invalid(err, "the vote names no address");
	if (!rlp_next(&at, end, &kind) || kind.list || kind.len > 1)
		return invalid(err, "the vote has no direction");
	if (kind.len == 1 ? kind.bytes[0] != 0xff && !(out->ibft2 && kind.bytes[0] == 0) : out->ibft2)
		return invalid(err, "the vote is neither add nor drop");
	memcpy(out->vote_recipient.bytes, recipient.bytes, recipient.len);
	out->vote = true;
	out->vote_add = kind.len == 1 && kind.bytes[0] == 0xff;
	return STATUS_OK;
}

/* QBFT's round is a minimal integer, that of IBFT 2.0 has always four bytes: this is how
 * the two are told apart, because no QBFT chain ever comes to round 2^24. */
static enum status decode_round(const struct rlp *item, struct qbft_extra *out, struct error *err)
{
	uint64_t round = 0;

	out->ibft2 = !item->list && item->len == IBFT2_ROUND_SIZE;
	if (out->ibft2)
		for (size_t i = 0; i < item->len; i++)
			round = round << 8 | item->bytes[i];
	else if (!rlp_u64(item, &round) || round > UINT32_MAX)
		return invalid(err, "the round is no small integer");
	out->round = (uint32_t)round;
	return STATUS_OK;
}

static enum status decode_seals(const struct rlp *item, struct qbft_extra *out, struct error *err)
{
	void *list;
	enum status status = raw_list_read(item, SEAL_SIZE, SEALS_MAX, "seals", &list, &out->seal_count, err);

	out->seals = list;
	return status;
}

static enum status decode_items(const struct rlp *list, struct qbft_extra *out, struct error *err)
{
	const uint8_t *at = list->bytes, *end = list->bytes + list->len;
	struct rlp items[5];
	enum status status;

	for (size_t i = 0; i < ARRAY_LENGTH(items); i++)
		if (!rlp_next(&at, end, &items[i]))
			return invalid(err, "fewer than five items");
	if (items[0].list || items[0].len != sizeof(out->vanity))
		return invalid(err, "the vanity is not 32 bytes");
	memcpy(out->vanity, items[0].bytes, sizeof(out->vanity));
	status = decode_validators(&items[1], out, err);
	if (status != STATUS_OK)
		return status;
	status = decode_round(&items[3], out, err);
	if (status != STATUS_OK)
		return status;
	status = decode_vote(&items[2], out, err);
	if (status != STATUS_OK)
		return status;
	return decode_seals(&items[4], out, err);
}

enum status qbft_extra_decode(const uint8_t *bytes, size_t len, struct qbft_extra *out, struct error *err)
{
	const uint8_t *at = bytes, *end = bytes ? bytes + len : NULL;
	struct rlp list;
	enum status status;

	memset(out, 0, sizeof(*out));
	if (len == 0 || !rlp_next(&at, end, &list) || !list.list || at != end)
		return invalid(err, "not one RLP list");
	status = decode_items(&list, out, err);
	if (status != STATUS_OK)
		qbft_extra_free(out);
	return status;
}

void qbft_extra_free(struct qbft_extra *extra)
{
	free(extra->validators);
	free(extra->seals);
	memset(extra, 0, sizeof(*extra));
}

static void encode_vote(const struct qbft_extra *extra, struct buf *out)
{
	struct buf vote;

	if (!extra->vote && extra->ibft2) {
		rlp_put_string(out, NULL, 0);
		return;
	}
	buf_init(&vote, 64);
	if (extra->vote) {
		rlp_put_string(&vote, extra->vote_recipient.bytes, sizeof(extra->vote_recipient.bytes));
		if (extra->ibft2)
			rlp_put_string(&vote, extra->vote_add ? "\xff" : "\0", 1);
		else
			rlp_put_string(&vote, "\xff", extra->vote_add ? 1 : 0);
	}
	rlp_put_list(out, &vote);
	buf_free(&vote);
}

/* In IBFT 2.0 the round is left out, and the seals, where QBFT writes 0 and []. */
static void encode_round(const struct qbft_extra *extra, bool with_round, struct buf *out)
{
	uint8_t bytes[IBFT2_ROUND_SIZE];

	if (!extra->ibft2) {
		rlp_put_u64(out, with_round ? extra->round : 0);
		return;
	}
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(extra->round >> (24 - 8 * i));
	if (with_round)
		rlp_put_string(out, bytes, sizeof(bytes));
}

static void encode_seals(const struct qbft_extra *extra, bool with_seals, struct buf *out)
{
	struct buf list;

	if (extra->ibft2 && !with_seals)
		return;
	buf_init(&list, EXTRA_LIMIT);
	for (size_t i = 0; with_seals && i < extra->seal_count; i++)
		rlp_put_string(&list, extra->seals[i], SEAL_SIZE);
	rlp_put_list(out, &list);
	buf_free(&list);
}

void qbft_extra_encode(const struct qbft_extra *extra, bool with_seals, bool with_round, struct buf *out)
{
	struct buf items, list;

	buf_init(&items, EXTRA_LIMIT);
	buf_init(&list, EXTRA_LIMIT);
	rlp_put_string(&items, extra->vanity, sizeof(extra->vanity));
	for (size_t i = 0; i < extra->validator_count; i++)
		rlp_put_string(&list, extra->validators[i].bytes, sizeof(extra->validators[i].bytes));
	rlp_put_list(&items, &list);
	encode_vote(extra, &items);
	encode_round(extra, with_round, &items);
	encode_seals(extra, with_seals, &items);
	rlp_put_list(out, &items);
	buf_free(&list);
	buf_free(&items);
}

/* --- the two hashes ---------------------------------------------------------- */

static struct hash256 header_hash(const struct raw_header *header, const struct qbft_extra *extra, bool with_round)
{
	struct buf bytes;
	struct hash256 hash;

	buf_init(&bytes, EXTRA_LIMIT);
	qbft_extra_encode(extra, false, with_round, &bytes);
	hash = raw_header_hash(header, bytes.data, bytes.len);
	buf_free(&bytes);
	return hash;
}

struct hash256 qbft_block_hash(const struct raw_header *header, const struct qbft_extra *extra)
{
	return header_hash(header, extra, false);
}

struct hash256 qbft_seal_digest(const struct raw_header *header, const struct qbft_extra *extra)
{
	return header_hash(header, extra, true);
}
