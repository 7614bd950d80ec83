#include "collect/clique.h"

enum { SIGNER_SIZE = 20 };

bool clique_extra_fits(size_t extra_len, size_t *signers)
{
	if (extra_len < CLIQUE_VANITY_SIZE + SEAL_SIZE || (extra_len - CLIQUE_VANITY_SIZE - SEAL_SIZE) % SIGNER_SIZE != 0)
		return false;
	*signers = (extra_len - CLIQUE_VANITY_SIZE - SEAL_SIZE) / SIGNER_SIZE;
	return true;
}

struct hash256 clique_block_hash(const struct raw_header *header)
{
	const struct rlp_field *extra = &header->fields[HEADER_EXTRA];

	return raw_header_hash(header, extra->bytes, extra->len);
}

struct hash256 clique_seal_digest(const struct raw_header *header)
{
	const struct rlp_field *extra = &header->fields[HEADER_EXTRA];

	return raw_header_hash(header, extra->bytes, extra->len < SEAL_SIZE ? 0 : extra->len - SEAL_SIZE);
}
