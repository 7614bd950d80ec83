/* Hex and wide numbers. Quantities from a peer stay text until these read them
 * (protocol reference 0.3): no double ever holds a chain's number. */
#ifndef TOCSIN_BASE_NUMBER_H
#define TOCSIN_BASE_NUMBER_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A 256-bit unsigned integer, big-endian bytes as on the wire. */
struct u256 {
	uint8_t bytes[32];
};

/* An account address; compared and printed as lower-case hex. */
struct address {
	uint8_t bytes[20];
};

struct hash256 {
	uint8_t bytes[32];
};

/* A JSON-RPC quantity "0x1b4" to 64 bits. Rejects missing 0x, other characters,
 * more than 16 significant digits, and the empty "0x". */
bool hex_u64(const char *text, uint64_t *out) TOCSIN_CHECK;
bool hex_u256(const char *text, struct u256 *out) TOCSIN_CHECK;
/* A decimal of digits only, to 64 bits without overflow. */
bool decimal_u64(const char *text, uint64_t *out) TOCSIN_CHECK;

/* A decimal with fraction and exponent, as monitoring systems write them ("1.5e+00"); "NaN",
 * "Inf", "+Inf" and "-Inf" too. The locale makes no difference. */
bool decimal_double(const char *text, double *out) TOCSIN_CHECK;
/* The same for people: at most six digits that count, "NaN", "+Inf". 32 bytes always suffice. */
char *double_text(char *dst, size_t size, double number);

/* "0x…" of exactly `size` bytes. */
bool hex_bytes(const char *text, uint8_t *out, size_t size) TOCSIN_CHECK;
/* "0x…" of any even length up to `capacity` bytes; sets *len. */
bool hex_data(const char *text, uint8_t *out, size_t capacity, size_t *len) TOCSIN_CHECK;
/* Writes lower-case hex, with "0x" if prefix; dst needs 2*len + 3 bytes. */
char *hex_text(char *dst, size_t size, const uint8_t *bytes, size_t len, bool prefix);

bool address_parse(const char *text, struct address *out) TOCSIN_CHECK;
enum {
	ADDRESS_TEXT = 43,
	HASH_TEXT = 67,
};
char *address_text(char dst[ADDRESS_TEXT], const struct address *address);
bool address_equal(const struct address *a, const struct address *b);
int address_compare(const void *a, const void *b); /* for qsort, bsearch */
/* The order of int64_t, for qsort. */
int number_compare(const void *a, const void *b);

/* Decimal text of a 256-bit number; dst needs 79 bytes. */
char *u256_text(char *dst, size_t size, const struct u256 *number);
int u256_compare(const struct u256 *a, const struct u256 *b);
/* False when it does not fit. */
bool u256_u64(const struct u256 *number, uint64_t *out) TOCSIN_CHECK;

#endif
