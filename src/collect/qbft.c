#include "collect/qbft.h"

#include "base/hash.h"
#include "base/mem.h"

#include <pthread.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <stdlib.h>
#include <string.h>

enum {
	SEAL_SIZE = 65,
	SEALS_MAX = HEADER_VALIDATORS_MAX,
	EXTRA_LIMIT = 32 * 1024, /* 128 validators and 128 seals take 12 KiB */
	HEADER_LIMIT = 64 * 1024,
};

/* The last second of the year 9999: a larger timestamp is noise, and would
 * overflow once it is counted in microseconds. */
static const uint64_t timestamp_max = UINT64_C(253402300799);

/* --- extraData ------------------------------------------------------------- */

static enum status invalid(struct error *err, const char *why)
{
	return error_set(err, STATUS_INVALID, "extraData: %s (is this a QBFT chain?)", why);
}

/* Counts the items of a list, which all must be strings of `size` bytes. */
static bool count_strings(const struct rlp *list, size_t size, size_t *count)
{
	const uint8_t *at = list->bytes, *end = list->bytes + list->len;
	struct rlp item;

	*count = 0;
	while (at < end) {
		if (!rlp_next(&at, end, &item) || item.list || item.len != size)
			return false;
		(*count)++;
	}
	return true;
}

/* Copies what count_strings counted, one after the other. */
static void copy_strings(const struct rlp *list, size_t size, void *out)
{
	const uint8_t *at = list->bytes, *end = list->bytes + list->len;
	uint8_t *to = out;
	struct rlp item;

	while (at < end && rlp_next(&at, end, &item)) {
		memcpy(to, item.bytes, size);
		to += size;
	}
}

static enum status decode_validators(const struct rlp *item, struct qbft_extra *out, struct error *err)
{
	size_t count;

	if (!item->list || !count_strings(item, sizeof(struct address), &count))
		return invalid(err, "the validators are no list of addresses");
	if (count > HEADER_VALIDATORS_MAX)
		return error_set(err, STATUS_LIMIT, "extraData: %zu validators (at most %d are read)", count, HEADER_VALIDATORS_MAX);
	if (count == 0)
		return STATUS_OK;
	out->validators = xcalloc(count, sizeof(*out->validators));
	out->validator_count = count;
	copy_strings(item, sizeof(struct address), out->validators);
	return STATUS_OK;
}

/* [] is no vote, [recipient, 0xff] adds, [recipient, ""] drops. */
static enum status decode_vote(const struct rlp *item, struct qbft_extra *out, struct error *err)
{
	const uint8_t *at = item->bytes, *end = item->bytes + item->len;
	struct rlp recipient, kind;

	if (!item->list)
		return invalid(err, "the vote is no list");
	if (item->len == 0)
		return STATUS_OK;
	if (!rlp_next(&at, end, &recipient) || recipient.list || recipient.len != sizeof(out->vote_recipient))
		return invalid(err, "the vote names no address");
	if (!rlp_next(&at, end, &kind) || kind.list || kind.len > 1)
		return invalid(err, "the vote has no direction");
	if (kind.len == 1 && kind.bytes[0] != 0xff)
		return invalid(err, "the vote is neither add nor drop");
	memcpy(out->vote_recipient.bytes, recipient.bytes, recipient.len);
	out->vote = true;
	out->vote_add = kind.len == 1;
	return STATUS_OK;
}

static enum status decode_seals(const struct rlp *item, struct qbft_extra *out, struct error *err)
{
	size_t count;

	if (!item->list || !count_strings(item, SEAL_SIZE, &count))
		return invalid(err, "the seals are no list of 65-byte signatures");
	if (count > SEALS_MAX)
		return error_set(err, STATUS_LIMIT, "extraData: %zu seals (at most %d are read)", count, SEALS_MAX);
	if (count == 0)
		return STATUS_OK;
	out->seals = xcalloc(count, sizeof(*out->seals));
	out->seal_count = count;
	copy_strings(item, SEAL_SIZE, out->seals);
	return STATUS_OK;
}

static enum status decode_items(const struct rlp *list, struct qbft_extra *out, struct error *err)
{
	const uint8_t *at = list->bytes, *end = list->bytes + list->len;
	struct rlp items[5];
	uint64_t round;
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
	status = decode_vote(&items[2], out, err);
	if (status != STATUS_OK)
		return status;
	if (!rlp_u64(&items[3], &round) || round > UINT32_MAX)
		return invalid(err, "the round is no small integer");
	out->round = (uint32_t)round;
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

	buf_init(&vote, 64);
	if (extra->vote) {
		rlp_put_string(&vote, extra->vote_recipient.bytes, sizeof(extra->vote_recipient.bytes));
		rlp_put_string(&vote, "\xff", extra->vote_add ? 1 : 0);
	}
	rlp_put_list(out, &vote);
	buf_free(&vote);
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
	rlp_put_u64(&items, with_round ? extra->round : 0);
	buf_clear(&list);
	for (size_t i = 0; with_seals && i < extra->seal_count; i++)
		rlp_put_string(&list, extra->seals[i], SEAL_SIZE);
	rlp_put_list(&items, &list);
	rlp_put_list(out, &items);
	buf_free(&list);
	buf_free(&items);
}

/* --- the header as bytes ----------------------------------------------------- */

/* The header's fields in RLP order. A size of 0 is a quantity, encoded minimal. */
static const struct header_field {
	const char *key;
	size_t size;
} header_fields[] = {
	[HEADER_PARENT_HASH] = {"parentHash", 32},
	[HEADER_UNCLES] = {"sha3Uncles", 32},
	[HEADER_MINER] = {"miner", 20},
	[HEADER_STATE] = {"stateRoot", 32},
	[HEADER_TRANSACTIONS] = {"transactionsRoot", 32},
	[HEADER_RECEIPTS] = {"receiptsRoot", 32},
	[HEADER_BLOOM] = {"logsBloom", 256},
	[HEADER_DIFFICULTY] = {"difficulty", 0},
	[HEADER_NUMBER] = {"number", 0},
	[HEADER_GAS_LIMIT] = {"gasLimit", 0},
	[HEADER_GAS_USED] = {"gasUsed", 0},
	[HEADER_TIMESTAMP] = {"timestamp", 0},
	[HEADER_EXTRA] = {"extraData", EXTRA_LIMIT},
	[HEADER_MIX] = {"mixHash", 32},
	[HEADER_NONCE] = {"nonce", 8},
	[HEADER_BASE_FEE] = {"baseFeePerGas", 0},
	[HEADER_WITHDRAWALS] = {"withdrawalsRoot", 32},
	[HEADER_BLOB_GAS_USED] = {"blobGasUsed", 0},
	[HEADER_EXCESS_BLOB_GAS] = {"excessBlobGas", 0},
	[HEADER_BEACON_ROOT] = {"parentBeaconBlockRoot", 32},
	[HEADER_REQUESTS] = {"requestsHash", 32},
};
enum { HEADER_FIELDS = ARRAY_LENGTH(header_fields) };
enum { HEADER_REQUIRED = HEADER_NONCE + 1 };

static void field_set(struct rlp_field *field, const void *bytes, size_t len)
{
	field->bytes = xmalloc(len ? len : 1);
	if (len)
		memcpy(field->bytes, bytes, len);
	field->len = len;
	field->present = true;
}

static bool read_quantity(const char *text, struct rlp_field *field)
{
	struct u256 number;
	size_t zeros = 0;

	if (!hex_u256(text, &number))
		return false;
	while (zeros < sizeof(number.bytes) && number.bytes[zeros] == 0)
		zeros++;
	field_set(field, number.bytes + zeros, sizeof(number.bytes) - zeros);
	return true;
}

static bool read_extra(const char *text, struct rlp_field *field)
{
	uint8_t *bytes;
	size_t len;
	bool ok;

	if (strlen(text) > 2 + 2 * (size_t)EXTRA_LIMIT)
		return false;
	bytes = xmalloc(EXTRA_LIMIT);
	ok = hex_data(text, bytes, EXTRA_LIMIT, &len);
	if (ok)
		field_set(field, bytes, len);
	free(bytes);
	return ok;
}

static bool read_field(const struct header_field *def, int index, const char *text, struct rlp_field *field)
{
	uint8_t bytes[256];

	if (index == HEADER_EXTRA)
		return read_extra(text, field);
	if (def->size == 0)
		return read_quantity(text, field);
	if (!hex_bytes(text, bytes, def->size))
		return false;
	field_set(field, bytes, def->size);
	return true;
}

enum status raw_header_from_json(const struct json *block, struct raw_header *out, struct error *err)
{
	memset(out, 0, sizeof(*out));
	for (int i = 0; i < HEADER_FIELDS; i++) {
		const struct header_field *def = &header_fields[i];
		const struct json *value = json_get(block, def->key);
		const char *text = json_string(value);

		/* A later fork's fields follow in order: the first absent one ends the header. */
		if (i >= HEADER_REQUIRED && (!value || json_is_null(value)))
			break;
		if (!text || !read_field(def, i, text, &out->fields[i])) {
			raw_header_free(out);
			return error_set(err, STATUS_INVALID, "block: %s is %s (the header cannot be rebuilt)", def->key, text ? "malformed" : "missing");
		}
		out->count = (size_t)i + 1;
	}
	return STATUS_OK;
}

void raw_header_encode(const struct raw_header *header, const void *extra, size_t extra_len, struct buf *out)
{
	struct buf items;

	buf_init(&items, HEADER_LIMIT);
	for (size_t i = 0; i < header->count; i++) {
		if (i == HEADER_EXTRA)
			rlp_put_string(&items, extra, extra_len);
		else
			rlp_put_string(&items, header->fields[i].bytes, header->fields[i].len);
	}
	rlp_put_list(out, &items);
	buf_free(&items);
}

void raw_header_free(struct raw_header *header)
{
	for (size_t i = 0; i < ARRAY_LENGTH(header->fields); i++)
		free(header->fields[i].bytes);
	memset(header, 0, sizeof(*header));
}

static struct hash256 header_hash(const struct raw_header *header, const struct qbft_extra *extra, bool with_round)
{
	struct buf extra_bytes, header_bytes;
	struct hash256 hash;

	buf_init(&extra_bytes, EXTRA_LIMIT);
	buf_init(&header_bytes, HEADER_LIMIT);
	qbft_extra_encode(extra, false, with_round, &extra_bytes);
	raw_header_encode(header, extra_bytes.data, extra_bytes.len, &header_bytes);
	hash = keccak256(header_bytes.data, header_bytes.len);
	buf_free(&header_bytes);
	buf_free(&extra_bytes);
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

/* --- signatures -------------------------------------------------------------- */

static secp256k1_context *curve;
static pthread_once_t curve_once = PTHREAD_ONCE_INIT;

static void curve_make(void)
{
	uint8_t blind[32];

	curve = secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
	random_bytes(blind, sizeof(blind));
	/* Blinding only hardens signing against side channels: without it all is still right. */
	if (!secp256k1_context_randomize(curve, blind))
		return;
}

/* One context for the program, made when first needed by whichever thread. */
static const secp256k1_context *curve_get(void)
{
	pthread_once(&curve_once, curve_make);
	return curve;
}

static void public_key_bytes(const secp256k1_pubkey *key, uint8_t out[64])
{
	uint8_t serialized[65];
	size_t len = sizeof(serialized);

	secp256k1_ec_pubkey_serialize(curve_get(), serialized, &len, key, SECP256K1_EC_UNCOMPRESSED);
	memcpy(out, serialized + 1, 64);
}

bool seal_recover(const struct hash256 *digest, const uint8_t seal[65], struct address *out)
{
	secp256k1_ecdsa_recoverable_signature signature;
	secp256k1_pubkey key;
	uint8_t public_key[64];

	if (seal[64] > 1)
		return false;
	if (!secp256k1_ecdsa_recoverable_signature_parse_compact(curve_get(), &signature, seal, seal[64]))
		return false;
	if (!secp256k1_ecdsa_recover(curve_get(), &key, &signature, digest->bytes))
		return false;
	public_key_bytes(&key, public_key);
	*out = address_of_key(public_key);
	return true;
}

void seal_sign(const struct hash256 *digest, const uint8_t key[32], uint8_t seal[65])
{
	secp256k1_ecdsa_recoverable_signature signature;
	int recovery = 0;

	memset(seal, 0, SEAL_SIZE);
	if (!secp256k1_ecdsa_sign_recoverable(curve_get(), &signature, digest->bytes, key, NULL, NULL))
		return;
	secp256k1_ecdsa_recoverable_signature_serialize_compact(curve_get(), seal, &recovery, &signature);
	seal[64] = (uint8_t)recovery;
}

bool key_address(const uint8_t key[32], struct address *out, uint8_t public_key[64])
{
	secp256k1_pubkey point;
	uint8_t bytes[64];

	if (!secp256k1_ec_pubkey_create(curve_get(), &point, key))
		return false;
	public_key_bytes(&point, bytes);
	*out = address_of_key(bytes);
	if (public_key)
		memcpy(public_key, bytes, sizeof(bytes));
	return true;
}

/* --- a block object to a header -------------------------------------------------- */

static bool address_among(const struct address *list, size_t count, const struct address *wanted)
{
	for (size_t i = 0; i < count; i++)
		if (address_equal(&list[i], wanted))
			return true;
	return false;
}

/* Names who sealed. Seals by strangers and repeated ones are left out. */
static void recover_sealers(const struct raw_header *raw, const struct qbft_extra *extra, struct header *out)
{
	struct hash256 digest = qbft_seal_digest(raw, extra);

	if (extra->seal_count == 0)
		return;
	out->sealers = xcalloc(extra->seal_count, sizeof(*out->sealers));
	for (size_t i = 0; i < extra->seal_count; i++) {
		struct address sealer;

		if (!seal_recover(&digest, extra->seals[i], &sealer))
			continue;
		/* With the validators in a contract the header does not list them. */
		if (extra->validator_count && !address_among(extra->validators, extra->validator_count, &sealer))
			continue;
		if (!address_among(out->sealers, out->sealer_count, &sealer))
			out->sealers[out->sealer_count++] = sealer;
	}
}

/* Takes what extraData says. The validators move from `extra` to the header, sorted. */
static void take_extra(struct qbft_extra *extra, struct header *out)
{
	out->bft = true;
	out->round = extra->round;
	out->vote = extra->vote;
	out->vote_add = extra->vote_add;
	out->vote_recipient = extra->vote_recipient;
	out->validators = extra->validators;
	out->validator_count = extra->validator_count;
	extra->validators = NULL;
	extra->validator_count = 0;
	if (out->validator_count)
		qsort(out->validators, out->validator_count, sizeof(*out->validators), address_compare);
}

static bool read_basics(const struct json *block, struct header *out)
{
	const char *hash = json_string(json_get(block, "hash"));
	const char *parent = json_string(json_get(block, "parentHash"));
	const char *miner = json_string(json_get(block, "miner"));
	uint64_t timestamp;

	if (!json_quantity(json_get(block, "number"), &out->number) || out->number > INT64_MAX)
		return false;
	if (!json_quantity(json_get(block, "timestamp"), &timestamp) || timestamp > timestamp_max)
		return false;
	out->timestamp_s = (int64_t)timestamp;
	if (!hash || !hex_bytes(hash, out->hash.bytes, sizeof(out->hash.bytes)))
		return false;
	if (!parent || !hex_bytes(parent, out->parent.bytes, sizeof(out->parent.bytes)))
		return false;
	if (miner && !address_parse(miner, &out->miner))
		return false;
	/* Only for display: a node that leaves them out is not refused. */
	if (!json_quantity(json_get(block, "gasUsed"), &out->gas_used))
		out->gas_used = 0;
	if (!json_quantity(json_get(block, "gasLimit"), &out->gas_limit))
		out->gas_limit = 0;
	return true;
}

/* Names the sealers if the header can be rebuilt as the network has it: one that does
 * not hash to its own name would make the seals name the wrong people. */
static void read_sealers(const struct json *block, const struct qbft_extra *extra, struct header *out)
{
	struct raw_header raw;
	struct hash256 hash;

	if (raw_header_from_json(block, &raw, NULL) != STATUS_OK)
		return;
	hash = qbft_block_hash(&raw, extra);
	if (hash_equal(&hash, &out->hash))
		recover_sealers(&raw, extra, out);
	raw_header_free(&raw);
}

enum status header_from_json(const struct json *block, bool recover, struct header *out, struct error *err)
{
	const char *extra_text = json_string(json_get(block, "extraData"));
	struct rlp_field extra_bytes = {0};
	struct qbft_extra extra;

	memset(out, 0, sizeof(*out));
	if (!json_is_object(block))
		return error_set(err, STATUS_INVALID, "block: not an object (the node answered something else)");
	if (!read_basics(block, out)) {
		memset(out, 0, sizeof(*out));
		return error_set(err, STATUS_INVALID, "block: number, hash, parentHash or timestamp is missing or malformed (ask the node for this block by hand)");
	}
	if (!extra_text || !read_extra(extra_text, &extra_bytes))
		return STATUS_OK;
	if (qbft_extra_decode(extra_bytes.bytes, extra_bytes.len, &extra, NULL) == STATUS_OK) {
		if (recover)
			read_sealers(block, &extra, out);
		take_extra(&extra, out);
		qbft_extra_free(&extra);
	}
	free(extra_bytes.bytes);
	return STATUS_OK;
}
