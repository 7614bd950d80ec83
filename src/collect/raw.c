#include "collect/raw.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/rlp.h"

#include <pthread.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_LIMIT = 64 * 1024 };

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

bool raw_extra_read(const char *text, struct rlp_field *field)
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
		return raw_extra_read(text, field);
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

struct hash256 raw_header_hash(const struct raw_header *header, const void *extra, size_t extra_len)
{
	struct buf bytes;
	struct hash256 hash;

	buf_init(&bytes, HEADER_LIMIT);
	raw_header_encode(header, extra, extra_len, &bytes);
	hash = keccak256(bytes.data, bytes.len);
	buf_free(&bytes);
	return hash;
}

void raw_header_free(struct raw_header *header)
{
	for (size_t i = 0; i < ARRAY_LENGTH(header->fields); i++)
		free(header->fields[i].bytes);
	memset(header, 0, sizeof(*header));
}

/* --- lists in extraData -------------------------------------------------------- */

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

enum status raw_list_read(const struct rlp *list, size_t size, size_t most, const char *what, void **out, size_t *count, struct error *err)
{
	*out = NULL;
	if (!list->list || !count_strings(list, size, count))
		return error_set(err, STATUS_INVALID, "extraData: the %s are no list of %zu bytes each (is this a BFT chain?)", what, size);
	if (*count > most)
		return error_set(err, STATUS_LIMIT, "extraData: %zu %s (at most %zu are read)", *count, what, most);
	if (*count == 0)
		return STATUS_OK;
	*out = xcalloc(*count, size);
	copy_strings(list, size, *out);
	return STATUS_OK;
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

/* Each node tells the same headers: who made a seal is worked out once. A place holds the
 * newest of the seals that fall on it. */
enum { SEALS_KNOWN = 1024 };

struct known_seal {
	bool used;
	struct hash256 digest;
	uint8_t seal[SEAL_SIZE];
	struct address sealer;
};

static struct known_seal known_seals[SEALS_KNOWN];
static pthread_mutex_t known_lock = PTHREAD_MUTEX_INITIALIZER;

/* A seal's first bytes are as good as random. */
static struct known_seal *known_place(const uint8_t seal[SEAL_SIZE])
{
	return &known_seals[(seal[1] | (unsigned)seal[2] << 8) % SEALS_KNOWN];
}

static bool known_find(const struct hash256 *digest, const uint8_t seal[SEAL_SIZE], struct address *out)
{
	const struct known_seal *known = known_place(seal);

	pthread_mutex_lock(&known_lock);
	bool found = known->used && memcmp(known->seal, seal, SEAL_SIZE) == 0 && hash_equal(&known->digest, digest);
	if (found)
		*out = known->sealer;
	pthread_mutex_unlock(&known_lock);
	return found;
}

static void known_keep(const struct hash256 *digest, const uint8_t seal[SEAL_SIZE], const struct address *sealer)
{
	struct known_seal *known = known_place(seal);

	pthread_mutex_lock(&known_lock);
	known->used = true;
	known->digest = *digest;
	memcpy(known->seal, seal, SEAL_SIZE);
	known->sealer = *sealer;
	pthread_mutex_unlock(&known_lock);
}

bool seal_recover(const struct hash256 *digest, const uint8_t seal[65], struct address *out)
{
	secp256k1_ecdsa_recoverable_signature signature;
	secp256k1_pubkey key;
	uint8_t public_key[64];

	if (known_find(digest, seal, out))
		return true;
	if (seal[64] > 1)
		return false;
	if (!secp256k1_ecdsa_recoverable_signature_parse_compact(curve_get(), &signature, seal, seal[64]))
		return false;
	if (!secp256k1_ecdsa_recover(curve_get(), &key, &signature, digest->bytes))
		return false;
	public_key_bytes(&key, public_key);
	*out = address_of_key(public_key);
	known_keep(digest, seal, out);
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
