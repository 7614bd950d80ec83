/* The recent headers by number, from whichever node told them first: what the block
 * period, rounds and turns are read from. Private to src/world. */
#ifndef TOCSIN_WORLD_WINDOW_H
#define TOCSIN_WORLD_WINDOW_H

#include "world/world.h"

enum { WINDOW_HEADERS = 512 };

/* A validator set, shared by the headers that have it. */
struct validator_set {
	unsigned refs;
	size_t count;
	struct address addresses[]; /* ascending */
};

struct window_header {
	bool used;
	uint64_t number;
	struct hash256 hash, parent;
	struct address miner;
	int64_t timestamp_s;
	uint64_t difficulty;
	enum consensus consensus;
	uint32_t round;
	struct validator_set *set;                  /* empty when neither header nor node told it, never NULL */
	uint8_t sealers[HEADER_VALIDATORS_MAX / 8]; /* a bit for each position in the set */
};

struct window {
	struct window_header headers[WINDOW_HEADERS]; /* at number % WINDOW_HEADERS */
};

struct validator_set *validator_set_new(const struct address *addresses, size_t count);
struct validator_set *validator_set_ref(struct validator_set *set);
void validator_set_unref(struct validator_set *set); /* NULL allowed */
bool validator_set_same(const struct validator_set *set, const struct address *addresses, size_t count);
/* Position of the address in the set, or SIZE_MAX. */
size_t validator_set_find(const struct validator_set *set, const struct address *address);

/* Takes a header in; true when it was not there. A header that does not list its validators
 * gets those of `current` (NULL: not known), so that its sealers have places. Of two
 * headers of one number the first stays. */
bool window_add(struct window *window, const struct header *header, const struct validator_set *current);
/* The header of that number, or NULL. */
const struct window_header *window_at(const struct window *window, uint64_t number);
/* Forgets headers above `number`: the chain was rolled back. */
void window_drop_above(struct window *window, uint64_t number);
void window_free(struct window *window);

/* The usual time between blocks up to `head`: the median of timestamp differences,
 * of undisturbed blocks (round 0) where rounds are known; 0 when there are fewer
 * than two. */
int64_t window_period_ms(const struct window *window, uint64_t head);

/* QBFT's timeout of round 0, as the blocks up to `head` that took more rounds show it: the
 * longest of those; 0 when there is none. A pause of many periods is a halt, and shows
 * nothing. */
int64_t window_timeout_ms(const struct window *window, uint64_t head, int64_t period_ms);

/* Whose turns the header used up, as positions in `set`: QBFT's by its round (protocol
 * reference 1.5.2), clique's when another signer than the one in turn made it, though
 * that one was free to. */
enum { WINDOW_MISSED_MAX = 2 * HEADER_VALIDATORS_MAX };
struct turn_list {
	const struct validator_set *set;
	size_t taken; /* SIZE_MAX: the miner is not in the set */
	size_t missed[WINDOW_MISSED_MAX];
	size_t missed_count;
};
/* `current` stands in for a header without a set of its own. False when headers of that
 * consensus do not tell who made them, or there is no set. Missed turns need the headers
 * before it too. */
bool window_turns(const struct window *window, const struct window_header *header, const struct validator_set *current, struct turn_list *out);

#endif
