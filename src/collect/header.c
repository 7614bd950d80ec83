#include "collect/header.h"

#include "base/hash.h"
#include "base/mem.h"
#include "collect/clique.h"
#include "collect/istanbul.h"
#include "collect/qbft.h"

#include <stdlib.h>
#include <string.h>

/* The last second of the year 9999: a larger timestamp is noise, and would
 * overflow once it is counted in microseconds. */
static const uint64_t timestamp_max = UINT64_C(253402300799);

/* A block on its way: its extraData, and the whole header once that is needed. */
struct source {
	const struct json *block;
	const struct rlp_field *extra;
	bool recover;
};

/* --- who signed ------------------------------------------------------------------- */

static bool address_among(const struct address *list, size_t count, const struct address *wanted)
{
	for (size_t i = 0; i < count; i++)
		if (address_equal(&list[i], wanted))
			return true;
	return false;
}

/* Names who sealed. Seals by strangers and repeated ones are left out. */
static void name_sealers(const struct hash256 *digest, uint8_t (*seals)[SEAL_SIZE], size_t count, struct header *out)
{
	if (count == 0)
		return;
	out->sealers = xcalloc(count, sizeof(*out->sealers));
	for (size_t i = 0; i < count; i++) {
		struct address sealer;

		if (!seal_recover(digest, seals[i], &sealer))
			continue;
		/* With the validators in a contract the header does not list them. */
		if (out->validator_count && !address_among(out->validators, out->validator_count, &sealer))
			continue;
		if (!address_among(out->sealers, out->sealer_count, &sealer))
			out->sealers[out->sealer_count++] = sealer;
	}
}

/* The header keeps its validators sorted; extraData has its own order, over which the
 * hashes are made. */
static void take_validators(struct header *out, const void *list, size_t count)
{
	if (count == 0)
		return;
	out->validators = xcalloc(count, sizeof(*out->validators));
	out->validator_count = count;
	memcpy(out->validators, list, count * sizeof(*out->validators));
	qsort(out->validators, count, sizeof(*out->validators), address_compare);
}

/* --- the forms -------------------------------------------------------------------- */

/* The header must be rebuilt as the network has it: one that does not hash to its own
 * name would make the seals name the wrong people. */
static void read_qbft_sealers(const struct source *source, const struct qbft_extra *extra, struct header *out)
{
	struct raw_header raw;
	struct hash256 hash;

	if (!source->recover || raw_header_from_json(source->block, &raw, NULL) != STATUS_OK)
		return;
	hash = qbft_block_hash(&raw, extra);
	if (hash_equal(&hash, &out->hash)) {
		hash = qbft_seal_digest(&raw, extra);
		name_sealers(&hash, extra->seals, extra->seal_count, out);
	}
	raw_header_free(&raw);
}

static bool read_qbft(const struct source *source, struct header *out)
{
	struct qbft_extra extra;

	if (qbft_extra_decode(source->extra->bytes, source->extra->len, &extra, NULL) != STATUS_OK)
		return false;
	out->consensus = extra.ibft2 ? CONSENSUS_IBFT2 : CONSENSUS_QBFT;
	out->round = extra.round;
	out->vote = extra.vote;
	out->vote_add = extra.vote_add;
	out->vote_recipient = extra.vote_recipient;
	take_validators(out, extra.validators, extra.validator_count);
	read_qbft_sealers(source, &extra, out);
	qbft_extra_free(&extra);
	return true;
}

/* The miner field is empty there: the proposer's seal names who made the block. */
static void read_istanbul_seals(const struct source *source, const struct istanbul_extra *extra, struct header *out)
{
	struct raw_header raw;
	struct hash256 hash;

	if (raw_header_from_json(source->block, &raw, NULL) != STATUS_OK)
		return;
	hash = istanbul_block_hash(&raw, extra);
	if (hash_equal(&hash, &out->hash)) {
		hash = istanbul_seal_digest(&raw, extra);
		if (!seal_recover(&hash, extra->seal, &out->miner))
			out->miner = (struct address){{0}};
		hash = istanbul_commit_digest(&out->hash);
		name_sealers(&hash, extra->committed, extra->committed_count, out);
	}
	raw_header_free(&raw);
}

static bool read_istanbul(const struct source *source, struct header *out)
{
	struct istanbul_extra extra;

	if (istanbul_extra_decode(source->extra->bytes, source->extra->len, &extra, NULL) != STATUS_OK)
		return false;
	out->consensus = CONSENSUS_ISTANBUL;
	take_validators(out, extra.validators, extra.validator_count);
	if (source->recover)
		read_istanbul_seals(source, &extra, out);
	istanbul_extra_free(&extra);
	return true;
}

/* Difficulty 2 is the signer whose turn it is, 1 anybody else. The length alone would take
 * in strangers, so the signature decides. */
static bool read_clique(const struct source *source, struct header *out)
{
	struct raw_header raw;
	struct hash256 hash;
	size_t signers;
	bool is_clique = false;

	if (!clique_extra_fits(source->extra->len, &signers) || out->difficulty < 1 || out->difficulty > 2)
		return false;
	if (raw_header_from_json(source->block, &raw, NULL) != STATUS_OK)
		return false;
	hash = clique_block_hash(&raw);
	if (hash_equal(&hash, &out->hash)) {
		hash = clique_seal_digest(&raw);
		is_clique = !source->recover || seal_recover(&hash, source->extra->bytes + source->extra->len - SEAL_SIZE, &out->miner);
	}
	raw_header_free(&raw);
	if (!is_clique)
		return false;
	out->consensus = CONSENSUS_CLIQUE;
	if (signers <= HEADER_VALIDATORS_MAX)
		take_validators(out, source->extra->bytes + CLIQUE_VANITY_SIZE, signers);
	return true;
}

/* --- a block object to a header ---------------------------------------------------- */

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
	if (!json_quantity(json_get(block, "difficulty"), &out->difficulty))
		out->difficulty = UINT64_MAX;
	/* Only for display: a node that leaves them out is not refused. */
	if (!json_quantity(json_get(block, "gasUsed"), &out->gas_used))
		out->gas_used = 0;
	if (!json_quantity(json_get(block, "gasLimit"), &out->gas_limit))
		out->gas_limit = 0;
	return true;
}

/* The first form that fits. */
static void read_form(const struct source *source, struct header *out)
{
	if (read_qbft(source, out) || read_istanbul(source, out) || read_clique(source, out))
		return;
	if (out->difficulty == 0)
		out->consensus = CONSENSUS_STAKE;
}

enum status header_from_json(const struct json *block, bool recover, struct header *out, struct error *err)
{
	const char *extra_text = json_string(json_get(block, "extraData"));
	struct rlp_field extra = {0};

	memset(out, 0, sizeof(*out));
	if (!json_is_object(block))
		return error_set(err, STATUS_INVALID, "block: not an object (the node answered something else)");
	if (!read_basics(block, out)) {
		memset(out, 0, sizeof(*out));
		return error_set(err, STATUS_INVALID, "block: number, hash, parentHash or timestamp is missing or malformed (ask the node for this block by hand)");
	}
	if (!extra_text || !raw_extra_read(extra_text, &extra))
		return STATUS_OK;
	read_form(&(struct source){.block = block, .extra = &extra, .recover = recover}, out);
	free(extra.bytes);
	return STATUS_OK;
}
