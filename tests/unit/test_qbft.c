/* QBFT headers: what they say, both hashes, who sealed; against vectors with real seals. */
#include "collect_fixture.h"

#include "base/hash.h"
#include "base/mem.h"
#include "collect/header.h"
#include "collect/qbft.h"

static const char vectors_file[] = "besu/qbft_header_vectors.json";

static const struct json *item_at(const struct json *array, size_t index)
{
	const struct json *item = json_first(array);

	while (item && index-- > 0)
		item = json_next(item);
	return item;
}

/* The extraData bytes of a block; the caller frees them. */
static uint8_t *extra_of(const struct json *block, size_t *len)
{
	const char *text = json_string(json_get(block, "extraData"));
	uint8_t *bytes;

	assert_non_null(text);
	bytes = xmalloc(strlen(text));
	assert_true(hex_data(text, bytes, strlen(text), len));
	return bytes;
}

static void assert_hash(const struct hash256 *hash, const struct json *expected)
{
	char text[HASH_TEXT];

	hex_text(text, sizeof(text), hash->bytes, sizeof(hash->bytes), true);
	assert_string_equal(text, json_string(expected));
}

static void assert_address(const struct address *address, const char *expected)
{
	char text[ADDRESS_TEXT];

	assert_string_equal(address_text(text, address), expected);
}

static void assert_addresses(const struct address *list, size_t count, const struct json *expected)
{
	assert_int_equal(count, json_count(expected));
	for (size_t i = 0; i < count; i++)
		assert_address(&list[i], json_string(item_at(expected, i)));
}

static void check_vote(const struct header *header, const struct json *vote)
{
	bool add;

	assert_int_equal(header->vote, !json_is_null(vote));
	if (!header->vote)
		return;
	assert_address(&header->vote_recipient, json_string(json_get(vote, "recipient")));
	add = strcmp(json_string(json_get(vote, "type")), "ADD") == 0;
	assert_int_equal(header->vote_add, add);
}

static void vectors_decode(void **state TOCSIN_UNUSED)
{
	struct json *root = fixture_json(vectors_file);
	const struct json *validators = json_get(root, "validators");
	size_t blocks = 0;

	for (const struct json *v = json_first(json_get(root, "blocks")); v; v = json_next(v)) {
		const struct json *expect = json_get(v, "expect"), *block = json_get(v, "block");
		struct header header;
		struct error err = {0};
		int64_t round;
		uint64_t number;

		assert_int_equal(header_from_json(block, true, &header, &err), STATUS_OK);
		assert_int_equal(header.consensus, CONSENSUS_QBFT);
		assert_true(json_quantity(json_get(expect, "number"), &number));
		assert_int_equal(header.number, number);
		assert_true(json_i64(json_get(expect, "round"), &round));
		assert_int_equal(header.round, round);
		assert_hash(&header.hash, json_get(expect, "hash"));
		assert_address(&header.miner, json_string(json_get(expect, "proposer")));
		assert_addresses(header.validators, header.validator_count, validators);
		assert_addresses(header.sealers, header.sealer_count, json_get(expect, "sealers"));
		check_vote(&header, json_get(expect, "vote"));
		header_free(&header);
		blocks++;
	}
	assert_int_equal(blocks, 4);
	json_free(root);
}

static void vectors_hash(void **state TOCSIN_UNUSED)
{
	struct json *root = fixture_json(vectors_file);

	for (const struct json *v = json_first(json_get(root, "blocks")); v; v = json_next(v)) {
		const struct json *expect = json_get(v, "expect"), *block = json_get(v, "block");
		struct raw_header raw;
		struct qbft_extra extra;
		struct hash256 on_chain, digest;
		size_t len;
		uint8_t *bytes = extra_of(block, &len);

		assert_int_equal(raw_header_from_json(block, &raw, NULL), STATUS_OK);
		assert_int_equal(qbft_extra_decode(bytes, len, &extra, NULL), STATUS_OK);
		on_chain = qbft_block_hash(&raw, &extra);
		digest = qbft_seal_digest(&raw, &extra);
		assert_hash(&on_chain, json_get(expect, "hash"));
		assert_hash(&digest, json_get(expect, "committedSealHash"));
		qbft_extra_free(&extra);
		raw_header_free(&raw);
		free(bytes);
	}
	json_free(root);
}

static void encoding_returns_the_same_bytes(void **state TOCSIN_UNUSED)
{
	struct json *root = fixture_json(vectors_file);

	for (const struct json *v = json_first(json_get(root, "blocks")); v; v = json_next(v)) {
		struct qbft_extra extra;
		struct buf again;
		size_t len;
		uint8_t *bytes = extra_of(json_get(v, "block"), &len);

		buf_init(&again, 64 * 1024);
		assert_int_equal(qbft_extra_decode(bytes, len, &extra, NULL), STATUS_OK);
		qbft_extra_encode(&extra, true, true, &again);
		assert_int_equal(again.len, len);
		assert_memory_equal(again.data, bytes, len);
		buf_free(&again);
		qbft_extra_free(&extra);
		free(bytes);
	}
	json_free(root);
}

static void every_prefix_is_refused(void **state TOCSIN_UNUSED)
{
	struct json *root = fixture_json(vectors_file);
	size_t len;
	uint8_t *bytes = extra_of(json_get(json_first(json_get(root, "blocks")), "block"), &len);

	for (size_t cut = 0; cut < len; cut++) {
		/* A copy of exactly this size, so that a sanitizer sees any read beyond it. */
		uint8_t *prefix = xmalloc(cut ? cut : 1);
		struct qbft_extra extra;
		struct error err = {0};

		memcpy(prefix, bytes, cut);
		assert_int_equal(qbft_extra_decode(prefix, cut, &extra, &err), STATUS_INVALID);
		assert_null(extra.validators);
		assert_null(extra.seals);
		assert_true(err.text[0] != '\0');
		free(prefix);
	}
	free(bytes);
	json_free(root);
}

/* Any damaged byte is either refused or gives bounded lists; nothing crashes. */
static void every_damaged_byte_is_survived(void **state TOCSIN_UNUSED)
{
	static const uint8_t damage[] = {0x00, 0x01, 0x7f, 0x80, 0xb8, 0xbf, 0xc0, 0xf8, 0xff};
	struct json *root = fixture_json(vectors_file);
	size_t len;
	uint8_t *bytes = extra_of(json_get(json_first(json_get(root, "blocks")), "block"), &len);

	for (size_t i = 0; i < len; i++) {
		uint8_t kept = bytes[i];

		for (size_t d = 0; d < ARRAY_LENGTH(damage); d++) {
			struct qbft_extra extra;

			bytes[i] = damage[d];
			if (qbft_extra_decode(bytes, len, &extra, NULL) == STATUS_OK)
				assert_true(extra.validator_count <= HEADER_VALIDATORS_MAX && extra.seal_count <= HEADER_VALIDATORS_MAX);
			qbft_extra_free(&extra);
		}
		bytes[i] = kept;
	}
	free(bytes);
	json_free(root);
}

/* extraData put together from hex for each of the five items. */
struct extra_case {
	const char *name;
	const char *items[6]; /* RLP of each item, without 0x; NULL ends */
	enum status status;
	bool vote, vote_add;
	uint32_t round;
};

#define VANITY "a00000000000000000000000000000000000000000000000000000000000000000"
#define ADDRESS_ITEM "9400000000000000000000000000000000000000aa"

static const struct extra_case extra_cases[] = {
	{"validators in a contract", {VANITY, "c0", "c0", "80", "c0"}, STATUS_OK, false, false, 0},
	{"vote to add", {VANITY, "c0", "d7" ADDRESS_ITEM "81ff", "80", "c0"}, STATUS_OK, true, true, 0},
	{"vote to drop", {VANITY, "c0", "d6" ADDRESS_ITEM "80", "80", "c0"}, STATUS_OK, true, false, 0},
	{"large round", {VANITY, "c0", "c0", "820400", "c0"}, STATUS_OK, false, false, 1024},
	{"a sixth item is ignored", {VANITY, "c0", "c0", "01", "c0", "80"}, STATUS_OK, false, false, 1},
	{"round with a leading zero", {VANITY, "c0", "c0", "820001", "c0"}, STATUS_INVALID, false, false, 0},
	{"round beyond 32 bits", {VANITY, "c0", "c0", "850100000000", "c0"}, STATUS_INVALID, false, false, 0},
	{"four items", {VANITY, "c0", "c0", "80"}, STATUS_INVALID, false, false, 0},
	{"short vanity", {"820102", "c0", "c0", "80", "c0"}, STATUS_INVALID, false, false, 0},
	{"IBFT 2.0's no vote", {VANITY, "c0", "80", "80", "c0"}, STATUS_INVALID, false, false, 0},
	{"vote of unknown direction", {VANITY, "c0", "d6" ADDRESS_ITEM "01", "80", "c0"}, STATUS_INVALID, false, false, 0},
	{"vote without direction", {VANITY, "c0", "d5" ADDRESS_ITEM, "80", "c0"}, STATUS_INVALID, false, false, 0},
	{"validator of three bytes", {VANITY, "c483010203", "c0", "80", "c0"}, STATUS_INVALID, false, false, 0},
	{"seal of three bytes", {VANITY, "c0", "c0", "80", "c483010203"}, STATUS_INVALID, false, false, 0},
	{"seals that are a string", {VANITY, "c0", "c0", "80", "80"}, STATUS_INVALID, false, false, 0},
};

static void build_extra(const char *const *items, struct buf *out)
{
	struct buf payload;

	buf_init(&payload, 4096);
	for (size_t i = 0; i < 6 && items[i]; i++) {
		char text[512];
		uint8_t bytes[256];
		size_t len;

		snprintf(text, sizeof(text), "0x%s", items[i]);
		assert_true(hex_data(text, bytes, sizeof(bytes), &len));
		buf_add(&payload, bytes, len);
	}
	rlp_put_list(out, &payload);
	buf_free(&payload);
}

static void extra_forms(void **state TOCSIN_UNUSED)
{
	for (size_t i = 0; i < ARRAY_LENGTH(extra_cases); i++) {
		const struct extra_case *c = &extra_cases[i];
		struct qbft_extra extra;
		struct buf bytes;
		enum status status;

		buf_init(&bytes, 4096);
		build_extra(c->items, &bytes);
		status = qbft_extra_decode((const uint8_t *)bytes.data, bytes.len, &extra, NULL);
		if (status != c->status)
			fail_msg("%s: status %s", c->name, status_name(status));
		if (status == STATUS_OK && (extra.vote != c->vote || extra.vote_add != c->vote_add || extra.round != c->round))
			fail_msg("%s: vote %d add %d round %u", c->name, extra.vote, extra.vote_add, extra.round);
		qbft_extra_free(&extra);
		buf_free(&bytes);
	}
}

static void bytes_after_the_list_are_refused(void **state TOCSIN_UNUSED)
{
	struct qbft_extra extra;
	struct buf bytes;

	buf_init(&bytes, 4096);
	build_extra(extra_cases[0].items, &bytes);
	buf_putc(&bytes, 'x');
	assert_int_equal(qbft_extra_decode((const uint8_t *)bytes.data, bytes.len, &extra, NULL), STATUS_INVALID);
	buf_free(&bytes);
}

static void too_many_are_a_limit(void **state TOCSIN_UNUSED)
{
	static const struct {
		size_t validators, seals;
		enum status status;
	} cases[] = {
		{HEADER_VALIDATORS_MAX, HEADER_VALIDATORS_MAX, STATUS_OK},
		{HEADER_VALIDATORS_MAX + 1, 0, STATUS_LIMIT},
		{0, HEADER_VALIDATORS_MAX + 1, STATUS_LIMIT},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct qbft_extra many = {0}, back;
		struct buf bytes;

		many.validator_count = cases[i].validators;
		many.seal_count = cases[i].seals;
		many.validators = xcalloc(many.validator_count + 1, sizeof(*many.validators));
		many.seals = xcalloc(many.seal_count + 1, sizeof(*many.seals));
		buf_init(&bytes, 64 * 1024);
		qbft_extra_encode(&many, true, true, &bytes);
		assert_int_equal(qbft_extra_decode((const uint8_t *)bytes.data, bytes.len, &back, NULL), cases[i].status);
		qbft_extra_free(&back);
		qbft_extra_free(&many);
		buf_free(&bytes);
	}
}

static void a_seal_names_its_maker(void **state TOCSIN_UNUSED)
{
	struct hash256 digest = keccak256("block", 5), other = keccak256("other", 5);
	struct address maker, found;
	uint8_t key[32] = {0}, seal[65], public_key[64];

	/* The address of key 1 is known to everybody. */
	key[31] = 1;
	assert_true(key_address(key, &maker, public_key));
	assert_address(&maker, "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf");
	seal_sign(&digest, key, seal);
	assert_true(seal[64] <= 1);
	assert_true(seal_recover(&digest, seal, &found));
	assert_true(address_equal(&found, &maker));
	assert_false(seal_recover(&other, seal, &found) && address_equal(&found, &maker));
	/* Recovery ids are 0 and 1, not 27 and 28. */
	seal[64] = (uint8_t)(seal[64] + 27);
	assert_false(seal_recover(&digest, seal, &found));
	memset(seal, 0xff, sizeof(seal));
	seal[64] = 0;
	assert_false(seal_recover(&digest, seal, &found));
}

static void a_key_of_zero_is_no_key(void **state TOCSIN_UNUSED)
{
	static const uint8_t zero_seal[65];
	struct hash256 digest = keccak256("block", 5);
	struct address maker;
	uint8_t key[32] = {0}, seal[65];

	assert_false(key_address(key, &maker, NULL));
	seal_sign(&digest, key, seal);
	assert_memory_equal(seal, zero_seal, sizeof(seal));
}

/* The block with one passage of its text replaced. */
static struct json *with_change(const struct json *block, const char *from, const char *to)
{
	struct json *changed;
	struct buf text, out;
	const char *hit;

	buf_init(&text, FIXTURE_LIMIT);
	buf_init(&out, FIXTURE_LIMIT);
	assert_true(json_canonical(block, &text));
	hit = strstr(buf_text(&text), from);
	assert_non_null(hit);
	buf_add(&out, buf_text(&text), (size_t)(hit - buf_text(&text)));
	buf_puts(&out, to);
	buf_puts(&out, hit + strlen(from));
	changed = json_parse(buf_text(&out), out.len, 16 * (size_t)FIXTURE_LIMIT, NULL);
	assert_non_null(changed);
	buf_free(&out);
	buf_free(&text);
	return changed;
}

/* The first vector's block with one change. */
static struct json *block_with(const char *from, const char *to)
{
	struct json *root = fixture_json(vectors_file);
	struct json *changed = with_change(json_get(json_first(json_get(root, "blocks")), "block"), from, to);

	json_free(root);
	return changed;
}

static const struct {
	const char *name, *from, *to;
	enum status status;
	bool bft;
	size_t sealers;
} block_cases[] = {
	{"as it is", "\"number\":\"0x3e8\"", "\"number\":\"0x3e8\"", STATUS_OK, true, 3},
	{"a field that the hash covers differs", "\"gasUsed\":\"0x0\"", "\"gasUsed\":\"0x1\"", STATUS_OK, true, 0},
	{"a field for the hash is missing", "\"stateRoot\":", "\"elsewhere\":", STATUS_OK, true, 0},
	{"a field for the hash is malformed", "\"nonce\":\"0x0000000000000000\"", "\"nonce\":\"0x00\"", STATUS_OK, true, 0},
	{"a later fork's field appears", "\"difficulty\":\"0x1\"", "\"difficulty\":\"0x1\",\"baseFeePerGas\":\"0x7\"", STATUS_OK, true, 0},
	{"a later fork's field is null", "\"difficulty\":\"0x1\"", "\"difficulty\":\"0x1\",\"baseFeePerGas\":null", STATUS_OK, true, 3},
	{"no extraData", "\"extraData\":", "\"elsewhere\":", STATUS_OK, false, 0},
	{"extraData of odd length", "\"extraData\":\"0x", "\"extraData\":\"0x0", STATUS_OK, false, 0},
	{"number is no quantity", "\"number\":\"0x3e8\"", "\"number\":1000", STATUS_INVALID, false, 0},
	{"number beyond 63 bits", "\"number\":\"0x3e8\"", "\"number\":\"0xffffffffffffffff\"", STATUS_INVALID, false, 0},
	{"timestamp beyond the year 9999", "\"timestamp\":\"0x67748580\"", "\"timestamp\":\"0x3afff44180\"", STATUS_INVALID, false, 0},
	{"hash is null", "\"hash\":\"0x6c3cc5eefabd19e4bdfc2b800d10fda73b23f9e894d49b7f42986b09ff50dc50\"", "\"hash\":null", STATUS_INVALID, false, 0},
};

static void blocks_with_one_change(void **state TOCSIN_UNUSED)
{
	for (size_t i = 0; i < ARRAY_LENGTH(block_cases); i++) {
		struct json *block = block_with(block_cases[i].from, block_cases[i].to);
		struct header header;
		enum status status = header_from_json(block, true, &header, NULL);

		if (status != block_cases[i].status || (header.consensus == CONSENSUS_QBFT) != block_cases[i].bft || header.sealer_count != block_cases[i].sealers)
			fail_msg("%s: status %s consensus %s sealers %zu", block_cases[i].name, status_name(status), consensus_def(header.consensus)->name, header.sealer_count);
		header_free(&header);
		json_free(block);
	}
}

static void sealers_only_when_asked(void **state TOCSIN_UNUSED)
{
	struct json *block = block_with("\"number\"", "\"number\"");
	struct header header;

	assert_int_equal(header_from_json(block, false, &header, NULL), STATUS_OK);
	assert_int_equal(header.consensus, CONSENSUS_QBFT);
	assert_int_equal(header.validator_count, 4);
	assert_int_equal(header.sealer_count, 0);
	header_free(&header);
	json_free(block);
}

static void headers_show_their_consensus(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *file;
		enum consensus consensus;
		uint64_t number;
		size_t validators, sealers;
		const char *miner; /* NULL: not known from the header */
	} cases[] = {
		{"besu/eth_getBlockByNumber.json", CONSENSUS_QBFT, 0x3e9, 4, 3, NULL},
		{"peers/anvil.eth_getBlockByNumber.json", CONSENSUS_STAKE, 0x2a, 0, 0, "0x0000000000000000000000000000000000000000"},
		/* One of those that clique_getSigners of the same node names. */
		{"peers/geth-clique.eth_getBlockByNumber.json", CONSENSUS_CLIQUE, 0x3c6, 0, 0, "0x90f79bf6eb2c4f870365e785982e1f101e93b906"},
		/* Its turn: the validator after the one of the parent. */
		{"peers/quorum-ibft.eth_getBlockByNumber.json", CONSENSUS_ISTANBUL, 0x5e, 4, 3, NULL},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct json *root = fixture_json(cases[i].file);
		struct header header;
		char miner[ADDRESS_TEXT];
		bool known = false;

		assert_int_equal(header_from_json(json_get(root, "result"), true, &header, NULL), STATUS_OK);
		if (header.consensus != cases[i].consensus || header.validator_count != cases[i].validators || header.sealer_count != cases[i].sealers)
			fail_msg("%s: %s, %zu validators, %zu sealers", cases[i].file, consensus_def(header.consensus)->name, header.validator_count, header.sealer_count);
		assert_int_equal(header.number, cases[i].number);
		assert_true(header.timestamp_s > 0);
		address_text(miner, &header.miner);
		if (cases[i].miner)
			assert_string_equal(miner, cases[i].miner);
		for (size_t k = 0; k < header.validator_count; k++)
			known |= address_equal(&header.validators[k], &header.miner);
		assert_int_equal(known, header.validator_count > 0);
		header_free(&header);
		json_free(root);
	}
}

/* A signature over another header names a stranger, so it is not read at all. */
static void a_changed_clique_block_is_none(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *name, *from, *to;
	} cases[] = {
		{"a field that the hash covers differs", "\"gasUsed\":\"0x0\"", "\"gasUsed\":\"0x1\""},
		{"a difficulty that clique does not have", "\"difficulty\":\"0x2\"", "\"difficulty\":\"0x3\""},
		{"a field is missing", "\"nonce\":", "\"elsewhere\":"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct json *root = fixture_json("peers/geth-clique.eth_getBlockByNumber.json");
		struct json *block = with_change(json_get(root, "result"), cases[i].from, cases[i].to);
		struct header header;

		assert_int_equal(header_from_json(block, true, &header, NULL), STATUS_OK);
		if (header.consensus != CONSENSUS_UNKNOWN)
			fail_msg("%s: %s", cases[i].name, consensus_def(header.consensus)->name);
		header_free(&header);
		json_free(block);
		json_free(root);
	}
}

/* IBFT 2.0 by the reference's words: no vote is 80, a vote to drop 00, the round four
 * bytes; what is hashed ends before the round, what is sealed before the seals. */
static void ibft2_differs_from_qbft(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *name;
		bool vote, add;
		uint32_t round;
		const char *tail, *sealed_tail, *hashed_tail; /* of the RLP, in hex */
	} cases[] = {
		{"no vote", false, false, 0, "808400000000c0", "808400000000", "80"},
		{"a later round", false, false, 258, "808400000102c0", "808400000102", "80"},
		{"add", true, true, 1, "d79411111111111111111111111111111111111111"
				       "1181ff8400000001c0",
		 "1181ff8400000001", "1181ff"},
		{"drop", true, false, 1, "d69411111111111111111111111111111111111111"
					 "11008400000001c0",
		 "11008400000001", "1100"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct address validators[2] = {{{1}}, {{2}}};
		struct qbft_extra extra = {.ibft2 = true, .validators = validators, .validator_count = 2, .vote = cases[i].vote, .vote_add = cases[i].add, .round = cases[i].round};
		const char *tails[] = {cases[i].tail, cases[i].sealed_tail, cases[i].hashed_tail};
		struct qbft_extra again;

		memset(extra.vote_recipient.bytes, 0x11, sizeof(extra.vote_recipient.bytes));
		for (int form = 0; form < 3; form++) {
			struct buf bytes;
			char hex[400];

			buf_init(&bytes, 4096);
			qbft_extra_encode(&extra, form == 0, form < 2, &bytes);
			hex_text(hex, sizeof(hex), (const uint8_t *)bytes.data, bytes.len, false);
			if (strlen(hex) < strlen(tails[form]) || strcmp(hex + strlen(hex) - strlen(tails[form]), tails[form]) != 0)
				fail_msg("%s, form %d: %s", cases[i].name, form, hex);
			if (form == 0) {
				assert_int_equal(qbft_extra_decode((const uint8_t *)bytes.data, bytes.len, &again, NULL), STATUS_OK);
				assert_true(again.ibft2);
				assert_int_equal(again.round, cases[i].round);
				assert_int_equal(again.vote, cases[i].vote);
				assert_int_equal(again.vote_add, cases[i].add);
				qbft_extra_free(&again);
			}
			buf_free(&bytes);
		}
	}
}

/* Both hashes are those of the header with nothing but its extraData changed, and a seal
 * over the second names its signer. */
static void ibft2_seals_name_their_signers(void **state TOCSIN_UNUSED)
{
	struct json *root = fixture_json("besu/eth_getBlockByNumber.json"), *resealed, *block;
	const struct json *recorded = json_get(root, "result");
	struct address signer;
	struct qbft_extra extra = {.ibft2 = true, .validators = &signer, .validator_count = 1, .round = 2};
	uint8_t key[32] = {[31] = 7}, seals[1][SEAL_SIZE];
	struct raw_header raw;
	struct header header;
	struct hash256 hash;
	struct buf bytes;
	char hex[800], hash_text[HASH_TEXT];

	assert_true(key_address(key, &signer, NULL));
	assert_int_equal(raw_header_from_json(recorded, &raw, NULL), STATUS_OK);
	hash = qbft_seal_digest(&raw, &extra);
	seal_sign(&hash, key, seals[0]);
	extra.seals = seals;
	extra.seal_count = 1;
	hash = qbft_block_hash(&raw, &extra);
	buf_init(&bytes, 4096);
	qbft_extra_encode(&extra, true, true, &bytes);
	resealed = with_change(recorded, json_string(json_get(recorded, "extraData")), hex_text(hex, sizeof(hex), (const uint8_t *)bytes.data, bytes.len, true));
	block = with_change(resealed, json_string(json_get(recorded, "hash")), hex_text(hash_text, sizeof(hash_text), hash.bytes, sizeof(hash.bytes), true));

	assert_int_equal(header_from_json(block, true, &header, NULL), STATUS_OK);
	assert_int_equal(header.consensus, CONSENSUS_IBFT2);
	assert_int_equal(header.round, 2);
	assert_int_equal(header.sealer_count, 1);
	assert_true(address_equal(&header.sealers[0], &signer));
	header_free(&header);
	json_free(block);
	json_free(resealed);
	buf_free(&bytes);
	raw_header_free(&raw);
	json_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_decode),
		cmocka_unit_test(vectors_hash),
		cmocka_unit_test(encoding_returns_the_same_bytes),
		cmocka_unit_test(every_prefix_is_refused),
		cmocka_unit_test(every_damaged_byte_is_survived),
		cmocka_unit_test(extra_forms),
		cmocka_unit_test(bytes_after_the_list_are_refused),
		cmocka_unit_test(too_many_are_a_limit),
		cmocka_unit_test(a_seal_names_its_maker),
		cmocka_unit_test(a_key_of_zero_is_no_key),
		cmocka_unit_test(blocks_with_one_change),
		cmocka_unit_test(sealers_only_when_asked),
		cmocka_unit_test(headers_show_their_consensus),
		cmocka_unit_test(a_changed_clique_block_is_none),
		cmocka_unit_test(ibft2_differs_from_qbft),
		cmocka_unit_test(ibft2_seals_name_their_signers),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
