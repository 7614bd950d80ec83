/* Versions and configurations. */
#include "collect/ccip.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

/* --- versions ---------------------------------------------------------------------------- */

const char *ccip_version_name(enum ccip_version version)
{
	static const char *const names[] = {
		[CCIP_UNKNOWN] = NULL,
		[CCIP_1_2] = "1.2",
		[CCIP_1_5] = "1.5",
		[CCIP_1_6] = "1.6",
		[CCIP_2_0] = "2.0",
		[CCIP_CUSTOM] = "custom",
	};

	return names[version];
}

static const struct {
	const char *name;
	enum ccip_contract contract;
	bool per_lane; /* of the generation before 1.6 */
} contracts[] = {
	{"EVM2EVMOnRamp", CONTRACT_ON_RAMP, true},
	{"EVM2EVMOffRamp", CONTRACT_OFF_RAMP, true},
	{"CommitStore", CONTRACT_COMMIT_STORE, true},
	{"OnRamp", CONTRACT_ON_RAMP, false},
	{"OffRamp", CONTRACT_OFF_RAMP, false},
	{"Router", CONTRACT_ROUTER, false},
	{"FeeQuoter", CONTRACT_FEES, false},
	{"PriceRegistry", CONTRACT_FEES, true},
	{"ARMProxy", CONTRACT_RMN, true},
	{"RMN", CONTRACT_RMN, true},
	{"RMNRemote", CONTRACT_RMN, false},
};

/* "1.6.2-dev" is 1.6; what comes after 1.6 is of the generation of 2.0. */
static enum ccip_version version_of(const char *text, bool per_lane)
{
	unsigned major = 0, minor = 0;

	for (; *text >= '0' && *text <= '9' && major < 1000; text++)
		major = major * 10 + (unsigned)(*text - '0');
	if (*text++ != '.')
		return CCIP_UNKNOWN;
	for (; *text >= '0' && *text <= '9' && minor < 1000; text++)
		minor = minor * 10 + (unsigned)(*text - '0');
	if (per_lane)
		return major > 1 || minor >= 5 ? CCIP_1_5 : CCIP_1_2;
	return major > 1 || minor >= 7 ? CCIP_2_0 : CCIP_1_6;
}

bool ccip_type_read(struct abi reply, struct ccip_type *out)
{
	*out = (struct ccip_type){0};
	if (!abi_text(reply, 0, out->text, sizeof(out->text)))
		return false;
	size_t name = strcspn(out->text, " ");
	for (size_t i = 0; i < ARRAY_LENGTH(contracts); i++) {
		if (strlen(contracts[i].name) != name || strncmp(contracts[i].name, out->text, name) != 0 || out->text[name] == '\0')
			continue;
		out->contract = contracts[i].contract;
		out->version = version_of(out->text + name + 1, contracts[i].per_lane);
	}
	return true;
}

/* --- configurations ------------------------------------------------------------------------- */

static bool is_per_lane(enum ccip_version version)
{
	return version == CCIP_1_2 || version == CCIP_1_5;
}

/* 1.5: linkToken, chainSelector, destChainSelector, defaultTxGasLimit, maxNopFeesJuels,
 * prevOnRamp, rmnProxy, tokenAdminRegistry. 1.6: chainSelector, rmnRemote, nonceManager,
 * tokenAdminRegistry. 2.0 begins as 1.6 does. */
bool ccip_on_static(enum ccip_version version, struct abi reply, struct ccip_ramp *out)
{
	if (is_per_lane(version))
		return abi_u64(reply, 1, &out->source) && abi_u64(reply, 2, &out->dest) && abi_address(reply, 6, &out->rmn);
	return abi_u64(reply, 0, &out->source) && abi_address(reply, 1, &out->rmn);
}

/* 1.5: router, six numbers, priceRegistry. 1.6: feeQuoter first. */
bool ccip_on_dynamic(enum ccip_version version, struct abi reply, struct ccip_ramp *out)
{
	if (is_per_lane(version))
		return abi_address(reply, 0, &out->router) && abi_address(reply, 7, &out->fees);
	return abi_address(reply, 0, &out->fees);
}

bool ccip_on_dest(enum ccip_version version, struct abi reply, struct ccip_ramp *out)
{
	struct abi view = reply;
	uint64_t last, first;
	bool listed;

	if (version == CCIP_1_6) {
		if (!abi_u64(reply, 0, &last) || !abi_bool(reply, 1, &listed) || !abi_address(reply, 2, &out->router))
			return false;
		out->next = last + 1;
		return true;
	}
	/* 2.0: a tuple with dynamic parts, whose first word is the router. */
	return version == CCIP_2_0 && abi_u64(reply, 0, &first) && first == ABI_WORD && abi_at(reply, 0, &view) && abi_address(view, 0, &out->router);
}

/* 1.5: commitStore, chainSelector, sourceChainSelector, onRamp, prevOffRamp, rmnProxy. 1.6:
 * chainSelector, gasForCallExactCheck, rmnRemote. 2.0: localChainSelector, the same. */
bool ccip_off_static(enum ccip_version version, struct abi reply, struct ccip_ramp *out)
{
	if (is_per_lane(version))
		return abi_address(reply, 0, &out->commit_store) && abi_u64(reply, 1, &out->dest) && abi_u64(reply, 2, &out->source) && abi_address(reply, 3, &out->on_ramp) && abi_address(reply, 5, &out->rmn);
	return abi_u64(reply, 0, &out->dest) && abi_address(reply, 2, &out->rmn);
}

/* The threshold of manual execution is word 0 of 1.5 and word 1 of 1.6. */
bool ccip_off_dynamic(enum ccip_version version, struct abi reply, struct ccip_ramp *out)
{
	return abi_u64(reply, is_per_lane(version) ? 0 : 1, &out->threshold_s);
}

/* 1.6: router, isEnabled, minSeqNr, isRMNVerificationDisabled, bytes onRamp. */
bool ccip_off_source(enum ccip_version version, struct abi reply, struct ccip_ramp *out)
{
	struct abi view, bytes;
	bool unblessed;

	if (version == CCIP_2_0)
		return abi_at(reply, 0, &view) && abi_address(view, 0, &out->router) && abi_bool(view, 1, &out->enabled);
	if (!abi_at(reply, 0, &view) || !abi_address(view, 0, &out->router) || !abi_bool(view, 1, &out->enabled) || !abi_u64(view, 2, &out->next) ||
	    !abi_bool(view, 3, &unblessed) || !abi_bytes(view, 4, &bytes))
		return false;
	out->needs_blessing = !unblessed;
	/* A source that was never configured has none. */
	return bytes.len == 0 || abi_address_in(bytes, &out->on_ramp);
}

size_t ccip_off_ramps(struct abi reply, uint64_t source, struct address *out, size_t most)
{
	enum { RAMPS_MAX = 4096 };
	size_t count, found = 0;
	struct abi pairs;
	uint64_t selector;

	if (!abi_array(reply, 0, 2, RAMPS_MAX, &pairs, &count))
		return 0;
	for (size_t i = 0; i < count && found < most; i++)
		if (abi_u64(pairs, 2 * i, &selector) && selector == source && abi_address(pairs, 2 * i + 1, &out[found]))
			found++;
	return found;
}

/* --- rate limits --------------------------------------------------------------------------------- */

bool ccip_bucket_read(struct abi reply, size_t word, struct ccip_bucket *out)
{
	return abi_word(reply, word, &out->tokens) && abi_bool(reply, word + 2, &out->enabled) && abi_word(reply, word + 3, &out->capacity) && abi_word(reply, word + 4, &out->rate);
}

int64_t ccip_bucket_percent(const struct ccip_bucket *bucket)
{
	double capacity = abi_double(&bucket->capacity, false);

	if (!bucket->enabled)
		return 100;
	return capacity > 0 ? (int64_t)(abi_double(&bucket->tokens, false) / capacity * 100) : 0;
}

int64_t ccip_bucket_refill_s(const struct ccip_bucket *bucket)
{
	double missing = abi_double(&bucket->capacity, false) - abi_double(&bucket->tokens, false), rate = abi_double(&bucket->rate, false);

	if (!bucket->enabled || missing <= 0)
		return 0;
	if (rate <= 0 || missing / rate > 1e12)
		return INT64_MAX;
	return (int64_t)(missing / rate) + 1;
}

/* --- the fee ----------------------------------------------------------------------------------------- */

/* EVM extra arguments, version 1: the one that all generations read. */
#define EXTRA_ARGUMENTS_V1 "97a657c9"

static void put_zeros(struct buf *out, size_t digits)
{
	for (size_t i = 0; i < digits; i++)
		buf_putc(out, '0');
}

void ccip_put_fee_call(struct buf *out, uint64_t dest, const struct address *receiver, const struct address *fee_token, uint64_t gas)
{
	enum { HEAD = 5 * ABI_WORD };

	abi_call(out, "getFee(uint64,(bytes,bytes,(address,uint256)[],address,bytes))");
	abi_put_u64(out, dest);
	abi_put_u64(out, 2 * ABI_WORD);
	/* Offsets of receiver, data and tokens, the fee token, the offset of extra arguments. */
	abi_put_u64(out, HEAD);
	abi_put_u64(out, HEAD + 2 * ABI_WORD);
	abi_put_u64(out, HEAD + 3 * ABI_WORD);
	abi_put_address(out, fee_token);
	abi_put_u64(out, HEAD + 4 * ABI_WORD);
	abi_put_u64(out, ABI_WORD);
	abi_put_address(out, receiver);
	abi_put_u64(out, 0);
	abi_put_u64(out, 0);
	abi_put_u64(out, ABI_SELECTOR + ABI_WORD);
	buf_puts(out, EXTRA_ARGUMENTS_V1);
	abi_put_u64(out, gas);
	put_zeros(out, 2 * (ABI_WORD - ABI_SELECTOR));
}
