/* What the files of the simulated contracts share. Private to src/drill. */
#ifndef TOCSIN_DRILL_BRIDGE_PRIVATE_H
#define TOCSIN_DRILL_BRIDGE_PRIVATE_H

#include "drill/bridge.h"
#include "drill/engine.h"

enum {
	MESSAGES_KEPT = 512,
	EVENTS_KEPT = 4096,
	EVENT_BYTES = 1024,
	GAS_LIMIT = 200000,
	FAR_CHAIN_ID = 424242,
};

/* Of our making: neither chain has an official selector (protocol reference 2.1). */
extern const uint64_t bridge_selectors[SIDES];

enum message_state {
	UNTOUCHED = 0,
	SUCCESS = 2,
	FAILURE = 3,
};

struct bridge_message {
	uint64_t seq;
	struct hash256 id;
	int64_t sent_us, committed_us, executed_us; /* times of the blocks; 0: not yet */
	enum message_state state;
};

struct bridge_lane {
	enum bridge_side from, to;
	struct address on_ramp, commit_store, off_ramp, sender, receiver;
	struct bridge_message messages[MESSAGES_KEPT]; /* a ring by seq */
	uint64_t next_seq, next_commit;                /* numbers not used yet */
	int64_t next_send_us;
};

struct bridge_event {
	enum bridge_side side;
	struct address address;
	uint64_t block, index;
	struct hash256 topics[3], transaction;
	size_t topic_count;
	uint8_t data[EVENT_BYTES];
	size_t len;
};

struct bridge {
	const struct engine *engine;
	int64_t now_us;
	unsigned faults;
	int64_t healed_us;
	struct bridge_lane lanes[2]; /* away from the network, and towards it */
	struct address router[SIDES], rmn[SIDES], prices[SIDES], link[SIDES], feed;
	struct bridge_event *events; /* a ring */
	uint64_t event_count;
	struct round {
		uint64_t number;
		int64_t at_us;
		uint64_t answer;
	} round;
	int64_t next_round_us;
};

enum bridge_side bridge_other_side(enum bridge_side side);
/* The far chain's newest block at that time, and the time of a block. */
uint64_t bridge_far_head(const struct bridge *b, int64_t now_us);
int64_t bridge_far_time_us(const struct bridge *b, uint64_t number);

/* Words of the ABI, and the hash of some. */
struct hash256 bridge_number_word(uint64_t number);
struct hash256 bridge_hash_words(const struct hash256 *words, size_t count);
/* Addresses of contracts look like any others, and are the same in every run of a seed. */
struct address bridge_make_address(const struct bridge *b, const char *what, uint64_t index);

/* NULL when it is not kept, or not sent. */
const struct bridge_message *bridge_message_at(const struct bridge_lane *lane, uint64_t seq);
bool bridge_leads_away(const struct bridge_lane *lane);
/* The faults that are on this lane. */
unsigned bridge_lane_faults(const struct bridge *b, const struct bridge_lane *lane);
/* A contract stands at this address of a chain. */
bool bridge_has_contract(const struct bridge *b, enum bridge_side side, const struct address *address);

#endif
