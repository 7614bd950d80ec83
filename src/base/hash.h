/* Hashes: SHA-256 for the record, keccak-256 for Ethereum. */
#ifndef TOCSIN_BASE_HASH_H
#define TOCSIN_BASE_HASH_H

#include "base/number.h"

/* Called once at start; ends the program if libcrypto has no SHA-256, so that no
 * later call can fail (a digest that fails must never become a wrong link). */
void hash_init(void);

struct hash256 sha256(const void *bytes, size_t len);

/* Streaming form, for files and output too large to hold. */
struct sha256_stream;
struct sha256_stream *sha256_stream_new(void);
void sha256_stream_add(struct sha256_stream *stream, const void *bytes, size_t len);
/* Ends the stream and frees it. */
struct hash256 sha256_stream_end(struct sha256_stream *stream);

struct hash256 keccak256(const void *bytes, size_t len);
/* The address that belongs to an uncompressed public key (64 bytes, no 0x04). */
struct address address_of_key(const uint8_t key[64]);

/* 64 lower-case hex digits without 0x. */
enum { SHA256_TEXT = 65 };
char *sha256_text(char dst[SHA256_TEXT], const struct hash256 *hash);
bool sha256_parse(const char *text, struct hash256 *out) TOCSIN_CHECK;
bool hash_equal(const struct hash256 *a, const struct hash256 *b);

/* Bytes from the kernel's random source. */
void random_bytes(void *dst, size_t len);

#endif
