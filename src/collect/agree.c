#include "collect/agree.h"

#include "base/hash.h"

bool agree_says_chain(const struct probe *probe)
{
	return probe->reach == REACH_OK && (probe->sample.has & SAMPLE_CHAIN_ID);
}

/* The value that most say; the earlier one of equals. `same` compares two. */
static struct most most_common(const struct probe *const *probes, size_t count, bool (*counts)(const struct probe *p, uint64_t chain_id), bool (*same)(const struct probe *a, const struct probe *b), uint64_t chain_id)
{
	enum { KINDS_MAX = 16 }; /* networks mixed up in one configuration */
	struct most kinds[KINDS_MAX], best = {0};
	size_t kind_count = 0;

	for (size_t i = 0; i < count; i++) {
		size_t kind = 0;
		if (!probes[i] || !counts(probes[i], chain_id))
			continue;
		while (kind < kind_count && !same(probes[kinds[kind].by], probes[i]))
			kind++;
		if (kind == kind_count && kind_count == KINDS_MAX)
			continue;
		if (kind == kind_count)
			kinds[kind_count++] = (struct most){.by = i};
		kinds[kind].votes++;
	}
	for (size_t kind = 0; kind < kind_count; kind++) {
		if (kinds[kind].votes > best.votes)
			best = kinds[kind];
		else if (kinds[kind].votes == best.votes)
			best.tied = true;
	}
	return best;
}

static bool counts_for_chain(const struct probe *p, uint64_t chain_id TOCSIN_UNUSED)
{
	return agree_says_chain(p);
}

static bool same_chain(const struct probe *a, const struct probe *b)
{
	return a->sample.chain_id == b->sample.chain_id;
}

static bool counts_for_genesis(const struct probe *p, uint64_t chain_id)
{
	return agree_says_chain(p) && p->has_genesis && p->sample.chain_id == chain_id;
}

static bool same_genesis(const struct probe *a, const struct probe *b)
{
	return hash_equal(&a->genesis, &b->genesis);
}

struct most agree_chain(const struct probe *const *probes, size_t count)
{
	return most_common(probes, count, counts_for_chain, same_chain, 0);
}

struct most agree_genesis(const struct probe *const *probes, size_t count, uint64_t chain_id)
{
	return most_common(probes, count, counts_for_genesis, same_genesis, chain_id);
}
