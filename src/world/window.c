/* The ring of recent headers, and what can be read from it alone. */
#include "world/window.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/number.h"
#include "world/judge.h"

#include <stdlib.h>
#include <string.h>

enum {
	PERIOD_PAIRS = 64,    /* of blocks that the period is inferred from */
	ROUNDS_MAX = 16,      /* whose end still says how long they took */
	TIMEOUT_PERIODS = 10, /* no network waits longer for a round */
};

/* --- validator sets --------------------------------------------------------- */

struct validator_set *validator_set_new(const struct address *addresses, size_t count)
{
	struct validator_set *set = xmalloc(sizeof(*set) + count * sizeof(set->addresses[0]));

	set->refs = 1;
	set->count = count;
	if (count > 0)
		memcpy(set->addresses, addresses, count * sizeof(set->addresses[0]));
	qsort(set->addresses, count, sizeof(set->addresses[0]), address_compare);
	return set;
}

struct validator_set *validator_set_ref(struct validator_set *set)
{
	set->refs++;
	return set;
}

void validator_set_unref(struct validator_set *set)
{
	if (set != NULL && --set->refs == 0)
		free(set);
}

bool validator_set_same(const struct validator_set *set, const struct address *addresses, size_t count)
{
	return set->count == count && (count == 0 || memcmp(set->addresses, addresses, count * sizeof(set->addresses[0])) == 0);
}

size_t validator_set_find(const struct validator_set *set, const struct address *address)
{
	const struct address *found;

	if (set->count == 0)
		return SIZE_MAX;
	found = bsearch(address, set->addresses, set->count, sizeof(set->addresses[0]), address_compare);
	return found == NULL ? SIZE_MAX : (size_t)(found - set->addresses);
}

/* --- headers ----------------------------------------------------------------- */

const struct window_header *window_at(const struct window *window, uint64_t number)
{
	const struct window_header *header = &window->headers[number % WINDOW_HEADERS];

	return header->used && header->number == number ? header : NULL;
}

/* The set of a neighbour when it is the same, else a new one. */
static struct validator_set *shared_set(const struct window *window, const struct header *header, const struct validator_set *current)
{
	const struct address *list = header->validator_count > 0 || current == NULL ? header->validators : current->addresses;
	size_t told = header->validator_count > 0 || current == NULL ? header->validator_count : current->count;
	size_t count = told < HEADER_VALIDATORS_MAX ? told : HEADER_VALIDATORS_MAX;
	const struct window_header *neighbours[] = {
		header->number > 0 ? window_at(window, header->number - 1) : NULL,
		window_at(window, header->number + 1),
	};

	for (size_t i = 0; i < ARRAY_LENGTH(neighbours); i++)
		if (neighbours[i] != NULL && validator_set_same(neighbours[i]->set, list, count))
			return validator_set_ref(neighbours[i]->set);
	return validator_set_new(list, count);
}

static void store(struct window *window, const struct header *header, const struct validator_set *current)
{
	struct window_header *to = &window->headers[header->number % WINDOW_HEADERS];
	struct validator_set *set = shared_set(window, header, current);

	validator_set_unref(to->set);
	*to = (struct window_header){
		.used = true,
		.number = header->number,
		.hash = header->hash,
		.parent = header->parent,
		.miner = header->miner,
		.timestamp_s = header->timestamp_s,
		.difficulty = header->difficulty,
		.consensus = header->consensus,
		.round = header->round,
		.set = set,
	};
	for (size_t i = 0; i < header->sealer_count; i++) {
		size_t position = validator_set_find(set, &header->sealers[i]);

		if (position < HEADER_VALIDATORS_MAX)
			to->sealers[position / 8] |= (uint8_t)(1u << (position % 8));
	}
}

bool window_add(struct window *window, const struct header *header, const struct validator_set *current)
{
	const struct window_header *known = &window->headers[header->number % WINDOW_HEADERS];

	/* A higher one in its place: this one is older than the ring reaches. */
	if (known->used && known->number >= header->number)
		return false;
	store(window, header, current);
	return true;
}

static void drop(struct window_header *header)
{
	validator_set_unref(header->set);
	*header = (struct window_header){0};
}

void window_drop_above(struct window *window, uint64_t number)
{
	for (size_t i = 0; i < WINDOW_HEADERS; i++)
		if (window->headers[i].used && window->headers[i].number > number)
			drop(&window->headers[i]);
}

void window_free(struct window *window)
{
	for (size_t i = 0; i < WINDOW_HEADERS; i++)
		if (window->headers[i].used)
			drop(&window->headers[i]);
}

/* --- what they tell ------------------------------------------------------------ */

int64_t window_period_ms(const struct window *window, uint64_t head)
{
	int64_t steps[PERIOD_PAIRS], sum = 0;
	size_t count = 0;

	for (uint64_t back = 0; back + 1 < WINDOW_HEADERS && back + 1 < head && count < PERIOD_PAIRS; back++) {
		const struct window_header *child = window_at(window, head - back);
		const struct window_header *parent = window_at(window, head - back - 1);

		if (child == NULL || parent == NULL || child->round > 0 || child->timestamp_s < parent->timestamp_s)
			continue;
		steps[count] = (child->timestamp_s - parent->timestamp_s) * 1000;
		sum += steps[count++];
	}
	if (count < 2)
		return 0;
	qsort(steps, count, sizeof(steps[0]), number_compare);
	/* Timestamps are whole seconds: only the mean shows periods below one. */
	if (steps[count / 2] == 0)
		return sum / (int64_t)count > 0 ? sum / (int64_t)count : 1;
	return steps[count / 2];
}

/* A block that round r decided came P + T * (2^r - 1) after its parent. */
static int64_t timeout_shown(const struct window_header *child, const struct window_header *parent, int64_t period_ms)
{
	int64_t late_ms = (child->timestamp_s - parent->timestamp_s) * 1000 - period_ms;

	return child->round == 0 || child->round > ROUNDS_MAX ? 0 : late_ms / ((INT64_C(1) << child->round) - 1);
}

int64_t window_timeout_ms(const struct window *window, uint64_t head, int64_t period_ms)
{
	int64_t longest = 0, shown;

	for (uint64_t back = 0; back + 1 < WINDOW_HEADERS && back + 1 < head; back++) {
		const struct window_header *child = window_at(window, head - back);
		const struct window_header *parent = window_at(window, head - back - 1);

		if (child == NULL || parent == NULL)
			continue;
		shown = timeout_shown(child, parent, period_ms);
		if (shown > longest && shown <= TIMEOUT_PERIODS * period_ms)
			longest = shown;
	}
	return longest;
}

/* The proposers of the rounds before the one that decided. */
static void missed_rounds(const struct window_header *header, const struct window_header *parent, struct turn_list *out)
{
	const struct validator_set *set = out->set;

	/* A round beyond all reason says no more than that everybody missed. */
	for (unsigned round = 0; round < header->round && round < 2 * set->count && out->missed_count < WINDOW_MISSED_MAX; round++)
		out->missed[out->missed_count++] = (size_t)(qbft_proposer(set->addresses, set->count, &parent->miner, round) - set->addresses);
}

/* Block N is the turn of signer N mod n, unless that one signed one of the floor(n/2) blocks
 * before: then it must wait, and its turn is none (EIP-225). */
static void missed_clique(const struct window *window, const struct window_header *header, struct turn_list *out)
{
	size_t in_turn = (size_t)(header->number % out->set->count);

	if (header->difficulty != 1 || in_turn == out->taken)
		return;
	for (uint64_t back = 1; back <= out->set->count / 2 && back < header->number; back++) {
		const struct window_header *before = window_at(window, header->number - back);

		if (before == NULL || address_equal(&before->miner, &out->set->addresses[in_turn]))
			return;
	}
	out->missed[out->missed_count++] = in_turn;
}

bool window_turns(const struct window *window, const struct window_header *header, const struct validator_set *current, struct turn_list *out)
{
	const struct validator_set *set = header->set->count > 0 ? header->set : current;
	const struct window_header *parent = header->number > 0 ? window_at(window, header->number - 1) : NULL;

	if (!consensus_def(header->consensus)->makers || set == NULL || set->count == 0)
		return false;
	out->set = set;
	out->taken = validator_set_find(set, &header->miner);
	out->missed_count = 0;
	if (parent == NULL)
		return true;
	if (consensus_def(header->consensus)->rounds)
		missed_rounds(header, parent, out);
	else if (header->consensus == CONSENSUS_CLIQUE)
		missed_clique(window, header, out);
	return true;
}
