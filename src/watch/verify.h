/* When to look again whether what a step should lead to holds. Pure: time is an argument. */
#ifndef TOCSIN_WATCH_VERIFY_H
#define TOCSIN_WATCH_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#define VERIFY_EVERY_US (INT64_C(5) * 1000000)
#define VERIFY_FOR_US (INT64_C(120) * 1000000)

struct verify {
	int64_t started_us, until_us;
	int64_t next_us; /* of the next look */
	int64_t every_us;
	unsigned looks;
};

enum verify_next {
	VERIFY_WAIT,
	VERIFY_LOOK,
	VERIFY_GIVE_UP, /* the time is over, after one last look */
};

/* `for_us` and `every_us` 0: the defaults. The first look is at once. */
void verify_begin(struct verify *verify, int64_t now_us, int64_t for_us, int64_t every_us);
enum verify_next verify_next(const struct verify *verify, int64_t now_us);
/* A look has ended and nothing held: the next one comes `every_us` later, or at the end of
 * the time if that is nearer. */
void verify_looked(struct verify *verify, int64_t now_us);
/* The clock was set by so much: what is waited for stays as far away. */
void verify_shift(struct verify *verify, int64_t step_us);

#endif
