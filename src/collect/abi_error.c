/* What reverts say: known errors by name, with their arguments and what they mean. */
#include "collect/abi.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

enum { REVERTS_WITHIN = 3 };

const struct abi_error abi_errors[] = {
	{0x53ad11d8, "CursedByRMN()", "the lane or the chain is cursed"},
	{0xfdbd6a72, "CursedByRMN(uint64)", "the lane is cursed"},
	{0xc1483715, "BadARMSignal()", "the whole chain is cursed"},
	{0xae236d9c, "UnsupportedDestinationChain(uint64)", "the router names no onRamp for that chain"},
	{0xeced32bc, "PausedError()", "the commit store is paused"},
	{0x9e7177c8, "GetSupportedTokensFunctionalityRemovedCheckAdminRegistry()", "onRamps of 1.5 and later no longer answer getSupportedTokens"},
	{0xf08bcb3e, "StaleGasPrice(uint64,uint256,uint256)", "the gas price of the destination is too old"},
	{0x06439c6b, "TokenNotSupported(address)", "the token has no price"},
	{0x99ac52f2, "DestinationChainNotEnabled(uint64)", "the fee quoter has the lane disabled"},
	{0xed053c59, "SourceChainNotEnabled(uint64)", "the offRamp has the lane disabled"},
	{0x1c0a3529, "MustBeCalledByRouter()", "the onRamp does not know this router, or the lane is closed"},
	{0xea756801, "RootNotCommitted()", "its root is not committed"},
	{0x7dd17a7e, "RootNotCommitted(uint64)", "its root is not committed"},
	{0x6358b0d0, "ManualExecutionNotYetEnabled()", "it may not be executed by hand yet"},
	{0xa9cfc862, "ManualExecutionNotYetEnabled(uint64)", "it may not be executed by hand yet"},
	{0x0a8d6e8c, "ReceiverError(bytes)", "the receiver reverted"},
	{0xe1cd5509, "TokenHandlingError(bytes)", "the token pool reverted"},
	{0x9fe2f95a, "TokenHandlingError(address,bytes)", "the token pool reverted"},
	{0xcf19edfd, "ExecutionError(bytes)", "the execution failed"},
	{0x2b11b8d9, "ExecutionError(bytes32,bytes)", "the execution failed"},
	{0xd0c8d23a, "TokenRateLimitReached(uint256,uint256,address)", "the token's rate limit is reached: seconds to wait, what is there, token"},
	{0x1a76572a, "TokenMaxCapacityExceeded(uint256,uint256,address)", "more than the token's bucket ever holds: capacity, asked for, token"},
	{0x15279c08, "AggregateValueRateLimitReached(uint256,uint256)", "the lane's rate limit is reached: seconds to wait, what is there"},
	{0xf94ebcd1, "AggregateValueMaxCapacityExceeded(uint256,uint256)", "more than the lane's bucket ever holds: capacity, asked for"},
	{0x07da6ee6, "InsufficientFeeTokenAmount()", "the fee is too low"},
	{0x08c379a0, "Error(string)", NULL},
	{0x4e487b71, "Panic(uint256)", NULL},
	{0, NULL, NULL},
};

static const struct {
	uint64_t code;
	const char *meaning;
} panics[] = {
	{0x01, "an assertion failed"},
	{0x11, "a number overflowed"},
	{0x12, "division by zero"},
	{0x21, "a value that is none of its kind"},
	{0x31, "an empty array was asked for its last"},
	{0x32, "an index beyond an array"},
	{0x41, "too much memory"},
	{0x51, "a function that is not there"},
};

uint32_t abi_revert_selector(struct abi data)
{
	if (data.len < ABI_SELECTOR)
		return 0;
	return (uint32_t)data.bytes[0] << 24 | (uint32_t)data.bytes[1] << 16 | (uint32_t)data.bytes[2] << 8 | data.bytes[3];
}

static const struct abi_error *error_of(uint32_t selector)
{
	for (const struct abi_error *error = abi_errors; error->signature; error++)
		if (error->selector == selector)
			return error;
	return NULL;
}

static const char *panic_meaning(uint64_t code)
{
	for (size_t i = 0; i < ARRAY_LENGTH(panics); i++)
		if (panics[i].code == code)
			return panics[i].meaning;
	return "of a kind that is not known";
}

static void put_revert(struct buf *out, struct abi data, int depth);

/* One argument; false when the data ends before it, or is another revert's. */
static bool put_argument(struct buf *out, const char *type, struct abi arguments, size_t index)
{
	struct address address;
	struct u256 word;
	char text[160], hex[ADDRESS_TEXT];

	if (strcmp(type, "address") == 0) {
		if (!abi_address(arguments, index, &address))
			return false;
		buf_puts(out, address_text(hex, &address));
		return true;
	}
	if (!abi_word(arguments, index, &word))
		return false;
	if (strcmp(type, "bytes32") == 0)
		buf_puts(out, hex_text(text, sizeof(text), word.bytes, sizeof(word.bytes), true));
	else
		buf_puts(out, abi_decimal(text, sizeof(text), &word, false, 0));
	return true;
}

/* "(5009297550715157269)"; bytes are left to the end, as they hold a revert of their own. */
static void put_arguments(struct buf *out, const struct abi_signature *signature, struct abi arguments)
{
	bool any = false;

	for (size_t i = 0; i < signature->arguments; i++) {
		if (strcmp(signature->types[i], "bytes") == 0)
			continue;
		buf_puts(out, any ? ", " : "(");
		any = true;
		if (!put_argument(out, signature->types[i], arguments, i))
			buf_putc(out, '?');
	}
	if (any)
		buf_putc(out, ')');
}

static void put_known(struct buf *out, const struct abi_error *error, struct abi arguments, int depth)
{
	struct abi_signature signature;
	struct abi inner;

	if (abi_signature_read(error->signature, &signature, NULL) != STATUS_OK)
		return;
	buf_printf(out, "%.*s", (int)strcspn(error->signature, "("), error->signature);
	put_arguments(out, &signature, arguments);
	buf_printf(out, ": %s", error->meaning);
	for (size_t i = 0; i < signature.arguments; i++) {
		if (strcmp(signature.types[i], "bytes") != 0 || !abi_bytes(arguments, i, &inner))
			continue;
		buf_puts(out, inner.len ? ", " : ", with no reason");
		if (inner.len)
			put_revert(out, inner, depth + 1);
	}
}

static void put_revert(struct buf *out, struct abi data, int depth)
{
	const struct abi_error *error = error_of(abi_revert_selector(data));
	struct abi arguments = {0};
	char text[160];
	uint64_t code;

	if (data.len >= ABI_SELECTOR)
		arguments = (struct abi){data.bytes + ABI_SELECTOR, data.len - ABI_SELECTOR};
	if (data.len < ABI_SELECTOR)
		buf_puts(out, data.len ? "revert data that is cut" : "no reason given");
	else if (depth == REVERTS_WITHIN)
		buf_puts(out, "and so on");
	else if (!error)
		buf_printf(out, "an error that is not known, 0x%08x", (unsigned)abi_revert_selector(data));
	else if (error->meaning)
		put_known(out, error, arguments, depth);
	else if (abi_text(arguments, 0, text, sizeof(text)))
		buf_puts(out, text[0] ? text : "no reason given");
	else if (abi_u64(arguments, 0, &code) && strncmp(error->signature, "Panic", 5) == 0)
		buf_printf(out, "Panic(0x%02llx): %s", (unsigned long long)code, panic_meaning(code));
	else
		buf_puts(out, "revert data that is cut");
}

char *abi_revert(char *dst, size_t size, struct abi data)
{
	struct buf out;

	buf_init(&out, 1024);
	put_revert(&out, data, 0);
	text_clean(dst, size, buf_text(&out), out.len);
	buf_free(&out);
	return dst;
}
