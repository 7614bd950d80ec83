/* The contract ABI of Ethereum, as far as it is asked and answered here: selectors and topics
 * from signatures, words of replies with bounds checked, calls, and what reverts say. */
#ifndef TOCSIN_COLLECT_ABI_H
#define TOCSIN_COLLECT_ABI_H

#include "base/buf.h"
#include "base/number.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ABI_WORD = 32,
	ABI_SELECTOR = 4,
	ABI_ARGUMENTS_MAX = 32,
};

/* --- signatures ------------------------------------------------------------------------ */

/* A function, event or error as it is declared. */
struct abi_signature {
	char text[320]; /* canonical: "MessageSent(bytes32,uint64,address)" */
	size_t arguments;
	char types[ABI_ARGUMENTS_MAX][64]; /* canonical; a long tuple is cut */
	bool indexed[ABI_ARGUMENTS_MAX];
	size_t indexed_count;
};

/* Reads "MessageSent(bytes32 indexed id, uint64 dest, (address to, uint amount)[] tokens)":
 * names and words such as indexed or memory fall away, uint becomes uint256. STATUS_INVALID
 * says what is wrong with it. */
enum status abi_signature_read(const char *declared, struct abi_signature *out, struct error *err) TOCSIN_CHECK;

/* Of a canonical signature. */
struct hash256 abi_topic(const char *signature);
uint32_t abi_selector(const char *signature);

/* --- calls --------------------------------------------------------------------------------- */

/* Appends "0x" and the selector; then one word for each call below. All in hex. */
void abi_call(struct buf *out, const char *signature);
void abi_call_selector(struct buf *out, uint32_t selector); /* for the same call many times */
void abi_put_u64(struct buf *out, uint64_t number);
void abi_put_address(struct buf *out, const struct address *address);
void abi_put_hash(struct buf *out, const struct hash256 *hash);
/* The subject of a curse: bytes16(uint128(selector)), which is left-aligned in its word
 * (protocol reference 2.2). */
void abi_put_subject(struct buf *out, uint64_t selector);

/* --- replies --------------------------------------------------------------------------------- */

/* Bytes that belong to somebody else. Words are counted from its beginning. */
struct abi {
	const uint8_t *bytes;
	size_t len;
};

/* All answer false when the word is not there, or holds more than its type can. */
bool abi_word(struct abi view, size_t index, struct u256 *out) TOCSIN_CHECK;
bool abi_u64(struct abi view, size_t index, uint64_t *out) TOCSIN_CHECK;
bool abi_bool(struct abi view, size_t index, bool *out) TOCSIN_CHECK;
bool abi_address(struct abi view, size_t index, struct address *out) TOCSIN_CHECK;
bool abi_hash(struct abi view, size_t index, struct hash256 *out) TOCSIN_CHECK;
/* bytesN: the first N bytes of the word, and the others must be zero. */
bool abi_fixed(struct abi view, size_t index, uint8_t *out, size_t size) TOCSIN_CHECK;
/* What begins at the offset in that word, counted from the view's beginning. */
bool abi_at(struct abi view, size_t index, struct abi *out) TOCSIN_CHECK;
/* The bytes, or the text, whose offset is in that word. Text is cleaned and cut. */
bool abi_bytes(struct abi view, size_t index, struct abi *out) TOCSIN_CHECK;
bool abi_text(struct abi view, size_t index, char *dst, size_t size) TOCSIN_CHECK;
/* An array whose offset is in that word: its elements from the first on, of at least
 * element_words words each. At most `most` elements. */
bool abi_array(struct abi view, size_t index, size_t element_words, size_t most, struct abi *elements, size_t *count) TOCSIN_CHECK;
/* The address in bytes of 20, or of 32 or more whose last 20 it is (protocol reference 2.2). */
bool abi_address_in(struct abi bytes, struct address *out) TOCSIN_CHECK;

/* --- numbers ------------------------------------------------------------------------------------ */

/* int256: two's complement. */
bool abi_negative(const struct u256 *number);
struct u256 abi_negate(const struct u256 *number);
/* Decimal text with a point before the last `decimals` digits, zeros at its end left out:
 * "3412.55", "-0.375". dst needs 160 bytes. */
char *abi_decimal(char *dst, size_t size, const struct u256 *number, bool is_signed, unsigned decimals);
/* The number as nearly as a double can hold it. */
double abi_double(const struct u256 *number, bool is_signed);
/* Digits, perhaps with a point, scaled by `decimals`; false when it is no such number. */
bool abi_scaled(const char *text, unsigned decimals, struct u256 *out) TOCSIN_CHECK;

/* --- reverts -------------------------------------------------------------------------------------- */

/* What revert data says, in words: "CursedByRMN(5009297550715157269): the lane is cursed".
 * Errors within errors are told too. Text of the contract is cleaned. */
char *abi_revert(char *dst, size_t size, struct abi data);
/* The selector that it begins with; 0 when it is shorter. */
uint32_t abi_revert_selector(struct abi data);

/* The errors that are known by name; ends with signature NULL. */
struct abi_error {
	uint32_t selector;
	const char *signature;
	const char *meaning;
};
extern const struct abi_error abi_errors[];

#endif
