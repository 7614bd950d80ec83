/* Hashes and randomness. */
#include "config.h"

#include "base/hash.h"

#include "base/mem.h"

#include <nettle/sha3.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

struct sha256_stream {
	EVP_MD_CTX *context;
};

static EVP_MD *sha256_method;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* A digest or a random number that could not be made must never be used as one,
 * and no caller can do better than stop. */
static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "tocsin: %s: libcrypto or the system failed (check the OpenSSL installation and its configuration)\n", what);
	abort();
}

static void fetch(void)
{
	sha256_method = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!sha256_method)
		give_up("SHA-256");
}

void hash_init(void)
{
	if (pthread_once(&once, fetch) != 0)
		give_up("SHA-256");
}

struct sha256_stream *sha256_stream_new(void)
{
	struct sha256_stream *stream = xmalloc(sizeof(*stream));

	hash_init();
	stream->context = EVP_MD_CTX_new();
	if (!stream->context || EVP_DigestInit_ex2(stream->context, sha256_method, NULL) != 1)
		give_up("SHA-256");
	return stream;
}

void sha256_stream_add(struct sha256_stream *stream, const void *bytes, size_t len)
{
	if (EVP_DigestUpdate(stream->context, bytes, len) != 1)
		give_up("SHA-256");
}

struct hash256 sha256_stream_end(struct sha256_stream *stream)
{
	struct hash256 hash;
	unsigned len = 0;

	if (EVP_DigestFinal_ex(stream->context, hash.bytes, &len) != 1 || len != sizeof(hash.bytes))
		give_up("SHA-256");
	EVP_MD_CTX_free(stream->context);
	free(stream);
	return hash;
}

struct hash256 sha256(const void *bytes, size_t len)
{
	struct sha256_stream *stream = sha256_stream_new();

	sha256_stream_add(stream, bytes, len);
	return sha256_stream_end(stream);
}

/* Keccak as Ethereum took it, before NIST changed the padding: nettle has the
 * permutation, the sponge around it is this. */
enum {
	KECCAK_RATE = 136,
	KECCAK_PAD_FIRST = 0x01,
	KECCAK_PAD_LAST = 0x80,
};

static void absorb(struct sha3_state *state, const uint8_t block[KECCAK_RATE])
{
	for (size_t i = 0; i < KECCAK_RATE; i++)
		state->a[i / 8] ^= (uint64_t)block[i] << (8 * (i % 8));
	sha3_permute(state);
}

struct hash256 keccak256(const void *bytes, size_t len)
{
	struct sha3_state state = {0};
	uint8_t last[KECCAK_RATE] = {0};
	const uint8_t *p = bytes;
	struct hash256 hash;

	for (; len >= KECCAK_RATE; p += KECCAK_RATE, len -= KECCAK_RATE)
		absorb(&state, p);
	if (len)
		memcpy(last, p, len);
	last[len] = KECCAK_PAD_FIRST;
	last[KECCAK_RATE - 1] |= KECCAK_PAD_LAST;
	absorb(&state, last);
	for (size_t i = 0; i < sizeof(hash.bytes); i++)
		hash.bytes[i] = (uint8_t)(state.a[i / 8] >> (8 * (i % 8)));
	return hash;
}

struct address address_of_key(const uint8_t key[64])
{
	struct hash256 hash = keccak256(key, 64);
	struct address address;

	memcpy(address.bytes, hash.bytes + sizeof(hash.bytes) - sizeof(address.bytes), sizeof(address.bytes));
	return address;
}

char *sha256_text(char dst[SHA256_TEXT], const struct hash256 *hash)
{
	return hex_text(dst, SHA256_TEXT, hash->bytes, sizeof(hash->bytes), false);
}

bool sha256_parse(const char *text, struct hash256 *out)
{
	char prefixed[SHA256_TEXT + 2];

	/* One spelling only: what was written with lower-case digits is compared so. */
	if (!text || strlen(text) != SHA256_TEXT - 1 || strspn(text, "0123456789abcdef") != SHA256_TEXT - 1)
		return false;
	snprintf(prefixed, sizeof(prefixed), "0x%s", text);
	return hex_bytes(prefixed, out->bytes, sizeof(out->bytes));
}

bool hash_equal(const struct hash256 *a, const struct hash256 *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

void random_bytes(void *dst, size_t len)
{
	enum { AT_ONCE = 256 }; /* the most getentropy gives */
	uint8_t *p = dst;

	while (len) {
		size_t part = len < AT_ONCE ? len : AT_ONCE;

		if (getentropy(p, part) != 0)
			give_up("random numbers");
		p += part;
		len -= part;
	}
}
