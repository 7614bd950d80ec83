#include "collect/protocol.h"

#include <stdlib.h>
#include <string.h>

/* The default comes first. */
static const struct protocol *const protocols[] = {
	&protocol_besu,
	NULL,
};

const struct protocol *protocol_find(const char *name)
{
	if (!name)
		return protocols[0];
	for (size_t i = 0; protocols[i]; i++)
		if (strcmp(protocols[i]->name, name) == 0)
			return protocols[i];
	return NULL;
}

void node_sample_free(struct node_sample *sample)
{
	for (size_t i = 0; i < sample->header_count; i++)
		header_free(&sample->headers[i]);
	free(sample->headers);
	free(sample->validators);
	free(sample->signers);
	free(sample->votes);
	free(sample->peer_keys);
	memset(sample, 0, sizeof(*sample));
}
