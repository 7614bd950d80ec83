/* Events of the ramps and commit stores, and the hashes over them. */
#include "collect/ccip.h"

#include "base/hash.h"
#include "base/mem.h"

#include <string.h>

/* --- hashing --------------------------------------------------------------------------------- */

/* Words that are hashed together. */
struct words {
	uint8_t bytes[12 * ABI_WORD];
	size_t len;
};

static void put(struct words *w, const uint8_t bytes[ABI_WORD])
{
	memcpy(w->bytes + w->len, bytes, ABI_WORD);
	w->len += ABI_WORD;
}

static void put_hash(struct words *w, struct hash256 hash)
{
	put(w, hash.bytes);
}

static void put_number(struct words *w, uint64_t number)
{
	uint8_t word[ABI_WORD] = {0};

	for (int i = 0; i < 8; i++)
		word[ABI_WORD - 1 - i] = (uint8_t)(number >> (8 * i));
	put(w, word);
}

static void put_address(struct words *w, const struct address *address)
{
	uint8_t word[ABI_WORD] = {0};

	memcpy(word + ABI_WORD - sizeof(address->bytes), address->bytes, sizeof(address->bytes));
	put(w, word);
}

static void put_word(struct words *w, struct abi view, size_t index)
{
	put(w, view.bytes + index * ABI_WORD);
}

static struct hash256 hash_words(const struct words *w)
{
	return keccak256(w->bytes, w->len);
}

/* What makes a hash of one lane differ from that of another. */
static struct hash256 metadata(const char *domain, const struct ccip_lane *lane, bool hashed_ramp)
{
	struct words w = {.len = 0}, ramp = {.len = 0};

	put_hash(&w, abi_topic(domain));
	put_number(&w, lane->source);
	put_number(&w, lane->dest);
	put_address(&ramp, &lane->on_ramp);
	if (hashed_ramp)
		put_hash(&w, hash_words(&ramp));
	else
		put(&w, ramp.bytes);
	return hash_words(&w);
}

static size_t padded(size_t len)
{
	return (len + ABI_WORD - 1) / ABI_WORD * ABI_WORD;
}

/* The bytes of one element at its place; 0 when it does not decode. */
typedef size_t extent_fn(struct abi element);

static size_t bytes_extent(struct abi element)
{
	uint64_t len;

	if (!abi_u64(element, 0, &len) || len > element.len - ABI_WORD)
		return 0;
	return ABI_WORD + padded((size_t)len);
}

/* (address, bytes, bytes, uint256, bytes) */
static size_t transfer_extent(struct abi element)
{
	size_t extent = 5 * ABI_WORD;
	static const size_t dynamic[] = {1, 2, 4};

	for (size_t i = 0; i < ARRAY_LENGTH(dynamic); i++) {
		struct abi at;
		uint64_t offset;
		if (!abi_u64(element, dynamic[i], &offset) || offset != extent || !abi_at(element, dynamic[i], &at) || bytes_extent(at) == 0)
			return 0;
		extent += bytes_extent(at);
	}
	return extent;
}

/* keccak(abi.encode(array)) of an array that stands in the event as it would be encoded by
 * itself: its bytes behind one word 0x20. False when it is encoded otherwise. */
static bool hash_array(struct abi view, size_t index, size_t static_words, extent_fn *extent_of, struct hash256 *out)
{
	enum { ELEMENTS_MAX = 256,
	       HASHED_MAX = 128 * 1024 };
	struct abi elements, element;
	size_t count, extent;
	struct buf all;

	if (!abi_array(view, index, 1, ELEMENTS_MAX, &elements, &count))
		return false;
	extent = count * ABI_WORD * (extent_of ? 1 : static_words);
	for (size_t i = 0; extent_of && i < count; i++) {
		uint64_t offset;
		if (!abi_u64(elements, i, &offset) || offset != extent || !abi_at(elements, i, &element) || extent_of(element) == 0)
			return false;
		extent += extent_of(element);
	}
	if (extent > elements.len || extent > HASHED_MAX)
		return false;
	static const uint8_t lead[ABI_WORD] = {[ABI_WORD - 1] = ABI_WORD};
	buf_init(&all, HASHED_MAX + 2 * ABI_WORD);
	buf_add(&all, lead, sizeof(lead));
	buf_add(&all, elements.bytes - ABI_WORD, extent + ABI_WORD);
	*out = keccak256(all.data, all.len);
	buf_free(&all);
	return true;
}

/* --- messages that were sent --------------------------------------------------------------------- */

static bool is_topic(const struct eth_log *log, const char *signature)
{
	struct hash256 topic = abi_topic(signature);

	return log->topic_count > 0 && hash_equal(&topic, &log->topics[0]);
}

static bool topic_u64(const struct eth_log *log, size_t index, uint64_t *out)
{
	struct u256 word;

	if (index >= log->topic_count)
		return false;
	memcpy(word.bytes, log->topics[index].bytes, sizeof(word.bytes));
	return u256_u64(&word, out);
}

static bool topic_address(const struct eth_log *log, size_t index, struct address *out)
{
	return index < log->topic_count && abi_address((struct abi){log->topics[index].bytes, ABI_WORD}, 0, out);
}

/* In 1.5 the id is the leaf, too. */
static bool hash_1_5(const struct ccip_lane *lane, struct abi t, struct hash256 *out)
{
	struct words w = {.len = 0};
	struct hash256 tokens, token_data;
	struct abi data;

	if (!abi_bytes(t, 9, &data) || !hash_array(t, 10, 2, NULL, &tokens) || !hash_array(t, 11, 0, bytes_extent, &token_data))
		return false;
	put_number(&w, 0);
	put_hash(&w, metadata("EVM2EVMMessageHashV2", lane, false));
	put_hash(&w, keccak256(t.bytes + ABI_WORD, 8 * ABI_WORD)); /* sender to fee */
	put_hash(&w, keccak256(data.bytes, data.len));
	put_hash(&w, tokens);
	put_hash(&w, token_data);
	*out = hash_words(&w);
	return true;
}

static bool sent_1_5(const struct ccip_lane *lane, const struct eth_log *log, struct ccip_sent *out)
{
	struct abi data = {log->data, log->len}, t;

	if (!abi_at(data, 0, &t) || !abi_u64(t, 0, &out->source) || !abi_address(t, 1, &out->sender) || !abi_u64(t, 3, &out->number) || !abi_u64(t, 6, &out->nonce) ||
	    !abi_address(t, 7, &out->fee_token) || !abi_word(t, 8, &out->fee) || !abi_hash(t, 12, &out->id))
		return false;
	out->has_hash = out->has_leaf = lane->version == CCIP_1_5 && hash_1_5(lane, t, &out->hash);
	out->leaf = out->hash;
	return true;
}

static bool hash_1_6(const struct ccip_lane *lane, struct abi t, struct hash256 *out)
{
	struct words w = {.len = 0}, fixed = {.len = 0};
	struct abi data, receiver, extra;
	struct hash256 tokens;

	if (!abi_bytes(t, 6, &data) || !abi_bytes(t, 7, &receiver) || !abi_bytes(t, 8, &extra) || !hash_array(t, 12, 0, transfer_extent, &tokens))
		return false;
	put_word(&fixed, t, 5); /* sender */
	put_word(&fixed, t, 3); /* number */
	put_word(&fixed, t, 4); /* nonce */
	put_word(&fixed, t, 9); /* fee token */
	put_word(&fixed, t, 10);
	put_number(&w, 0);
	put_hash(&w, metadata("EVM2AnyMessageHashV1", lane, false));
	put_hash(&w, hash_words(&fixed));
	put_hash(&w, keccak256(receiver.bytes, receiver.len));
	put_hash(&w, keccak256(data.bytes, data.len));
	put_hash(&w, tokens);
	put_hash(&w, keccak256(extra.bytes, extra.len));
	*out = hash_words(&w);
	return true;
}

/* The leaf is over the message as the destination sees it; tokens look different there. */
static bool leaf_1_6(const struct ccip_lane *lane, struct abi t, struct hash256 *out)
{
	struct words w = {.len = 0}, fixed = {.len = 0}, none = {.len = 0};
	struct abi data, receiver, extra, transfers;
	size_t count;

	if (!abi_bytes(t, 6, &data) || !abi_bytes(t, 7, &receiver) || !abi_bytes(t, 8, &extra) || !abi_array(t, 12, 1, 1, &transfers, &count) ||
	    count != 0 || receiver.len != ABI_WORD || extra.len < ABI_SELECTOR + ABI_WORD)
		return false;
	put_word(&fixed, t, 0); /* id */
	put(&fixed, receiver.bytes);
	put_word(&fixed, t, 3);
	put(&fixed, extra.bytes + ABI_SELECTOR); /* gas limit, first of the extra arguments of an EVM */
	put_word(&fixed, t, 4);
	put_number(&none, ABI_WORD);
	put_number(&none, 0);
	put_number(&w, 0);
	put_hash(&w, metadata("Any2EVMMessageHashV1", lane, true));
	put_hash(&w, hash_words(&fixed));
	put_hash(&w, keccak256(t.bytes + 5 * (size_t)ABI_WORD, ABI_WORD)); /* sender */
	put_hash(&w, keccak256(data.bytes, data.len));
	put_hash(&w, hash_words(&none));
	*out = hash_words(&w);
	return true;
}

static bool sent_1_6(const struct ccip_lane *lane, const struct eth_log *log, struct ccip_sent *out)
{
	struct abi data = {log->data, log->len}, t;
	uint64_t dest, number;

	if (!topic_u64(log, 1, &dest) || !topic_u64(log, 2, &number) || !abi_at(data, 0, &t) || !abi_hash(t, 0, &out->id) || !abi_u64(t, 1, &out->source) || !abi_u64(t, 2, &out->dest) ||
	    !abi_u64(t, 3, &out->number) || !abi_u64(t, 4, &out->nonce) || !abi_address(t, 5, &out->sender) || !abi_address(t, 9, &out->fee_token) || !abi_word(t, 10, &out->fee))
		return false;
	out->has_hash = hash_1_6(lane, t, &out->hash);
	out->has_leaf = leaf_1_6(lane, t, &out->leaf);
	return dest == out->dest && number == out->number;
}

static uint64_t big_endian(const uint8_t *bytes)
{
	uint64_t number = 0;

	for (int i = 0; i < 8; i++)
		number = number << 8 | bytes[i];
	return number;
}

/* encodedMessage: version, source, dest and number, of 1, 8, 8 and 8 bytes. */
static bool sent_2_0(const struct eth_log *log, struct ccip_sent *out)
{
	struct abi data = {log->data, log->len}, message;
	uint64_t dest;

	if (!topic_u64(log, 1, &dest) || !topic_address(log, 2, &out->sender) || log->topic_count != 4 || !abi_address(data, 0, &out->fee_token) || !abi_bytes(data, 2, &message) || message.len < 25)
		return false;
	out->id = log->topics[3];
	out->source = big_endian(message.bytes + 1);
	out->dest = big_endian(message.bytes + 9);
	out->number = big_endian(message.bytes + 17);
	return dest == out->dest;
}

bool ccip_sent_read(const struct ccip_lane *lane, const struct eth_log *log, struct ccip_sent *out)
{
	*out = (struct ccip_sent){0};
	if (is_topic(log, TOPIC_SENT_1_5))
		return sent_1_5(lane, log, out);
	if (is_topic(log, TOPIC_SENT_1_6))
		return sent_1_6(lane, log, out);
	return is_topic(log, TOPIC_SENT_2_0) && sent_2_0(log, out);
}

/* --- commits ------------------------------------------------------------------------------------------ */

static bool add_commit(struct ccip_commit *out, size_t *count, struct abi view, size_t min, size_t max, size_t root)
{
	struct ccip_commit commit;

	if (!abi_u64(view, min, &commit.min) || !abi_u64(view, max, &commit.max) || !abi_hash(view, root, &commit.root) || commit.min > commit.max)
		return false;
	if (*count < CCIP_COMMITS_MAX)
		out[(*count)++] = commit;
	return true;
}

/* An array of (source, onRamp, min, max, root) for all sources; ours are kept. */
static bool roots_1_6(const struct ccip_lane *lane, struct abi data, size_t index, struct ccip_commit *out, size_t *count)
{
	enum { ROOTS_MAX = 1024 };
	struct abi elements, element;
	uint64_t source;
	size_t roots;

	if (!abi_array(data, index, 1, ROOTS_MAX, &elements, &roots))
		return false;
	for (size_t i = 0; i < roots; i++) {
		if (!abi_at(elements, i, &element) || !abi_u64(element, 0, &source))
			return false;
		if (source == lane->source && !add_commit(out, count, element, 2, 3, 4))
			return false;
	}
	return true;
}

bool ccip_commit_read(const struct ccip_lane *lane, const struct eth_log *log, struct ccip_commit *out, size_t *count)
{
	struct abi data = {log->data, log->len}, t;

	*count = 0;
	if (is_topic(log, TOPIC_COMMIT_1_5))
		return abi_at(data, 0, &t) && add_commit(out, count, t, 1, 2, 3);
	return is_topic(log, TOPIC_COMMIT_1_6) && roots_1_6(lane, data, 0, out, count) && roots_1_6(lane, data, 1, out, count);
}

/* --- executions ------------------------------------------------------------------------------------------ */

bool ccip_execution_read(const struct eth_log *log, struct ccip_execution *out)
{
	struct abi data = {log->data, log->len};
	bool numbered = is_topic(log, TOPIC_STATE_1_5);

	*out = (struct ccip_execution){0};
	if (numbered) {
		if (log->topic_count != 3 || !topic_u64(log, 1, &out->number))
			return false;
		out->id = log->topics[2];
		return abi_u64(data, 0, &out->state) && abi_bytes(data, 1, &out->returned);
	}
	if (log->topic_count != 4 || !topic_u64(log, 1, &out->source) || !topic_u64(log, 2, &out->number))
		return false;
	out->id = log->topics[3];
	if (is_topic(log, TOPIC_STATE_2_0))
		return abi_u64(data, 0, &out->state) && abi_bytes(data, 1, &out->returned);
	out->has_leaf = true;
	return is_topic(log, TOPIC_STATE_1_6) && abi_hash(data, 0, &out->leaf) && abi_u64(data, 1, &out->state) && abi_bytes(data, 2, &out->returned);
}

/* --- roots --------------------------------------------------------------------------------------------------- */

static struct hash256 inner_node(const struct hash256 *a, const struct hash256 *b)
{
	struct words w = {.len = 0};
	bool ascending = memcmp(a->bytes, b->bytes, sizeof(a->bytes)) <= 0;

	put_number(&w, 1);
	put_hash(&w, ascending ? *a : *b);
	put_hash(&w, ascending ? *b : *a);
	return hash_words(&w);
}

struct hash256 ccip_root(struct hash256 *leaves, size_t count)
{
	struct hash256 odd;

	memset(odd.bytes, 0xff, sizeof(odd.bytes));
	while (count > 1) {
		for (size_t i = 0; i < count; i += 2)
			leaves[i / 2] = inner_node(&leaves[i], i + 1 < count ? &leaves[i + 1] : &odd);
		count = (count + 1) / 2;
	}
	return leaves[0];
}
