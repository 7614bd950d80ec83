/* Time. Wall time is microseconds since 1970 UTC (`_us`), monotonic time is
 * microseconds of an arbitrary origin. Both come through struct clock, so that
 * tests and drills decide what time it is. */
#ifndef TOCSIN_BASE_CLOCK_H
#define TOCSIN_BASE_CLOCK_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define US_PER_MS INT64_C(1000)
#define US_PER_S INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_S)
#define US_PER_HOUR (60 * US_PER_MINUTE)
#define US_PER_DAY (24 * US_PER_HOUR)

struct clock {
	int64_t (*wall_us)(void *arg);
	int64_t (*mono_us)(void *arg);
	void *arg;
};

/* The machine's own clocks. */
const struct clock *clock_system(void);

/* A clock that stands still until moved. */
struct clock_manual {
	struct clock clock; /* pass &manual.clock */
	int64_t wall_us;
	int64_t mono_us;
};
void clock_manual_init(struct clock_manual *manual, int64_t wall_us);
void clock_manual_advance(struct clock_manual *manual, int64_t us);

int64_t clock_wall_us(const struct clock *clock);
int64_t clock_mono_us(const struct clock *clock);

/* Sizes that always suffice for the formatters below. */
enum {
	TIME_TEXT = 40,
	DURATION_TEXT = 24,
};

/* "2026-01-01T00:00:00.000000Z" (RFC 3339, UTC, microseconds). */
char *time_rfc3339(char dst[TIME_TEXT], int64_t us);
/* "2026-01-01 00:00:00Z" for people; with offset_minutes "…+02:00". */
char *time_human(char dst[TIME_TEXT], int64_t us, int offset_minutes);
/* "14:03:22" */
char *time_of_day(char dst[TIME_TEXT], int64_t us, int offset_minutes);
/* The machine's zone at that moment, minutes east of UTC. */
int time_local_offset(int64_t us);

/* Parses RFC 3339 ("2026-01-01T00:00:00Z", fraction and numeric offset allowed, a
 * blank instead of T too). A time without a zone is an error that says so.
 * offset_minutes may be NULL. */
enum status time_parse(const char *text, int64_t *us, int *offset_minutes, struct error *err) TOCSIN_CHECK;

/* Which day a time of day alone is of. */
enum time_side {
	TIME_PAST,   /* the last time that the clock showed it; a minute ahead is still today */
	TIME_COMING, /* the next time that it will */
};
/* time_parse, or "14:03" and "14:03:22" in the machine's zone (in UTC with `utc`). */
enum status time_parse_near(const char *text, int64_t now_us, bool utc, enum time_side side, int64_t *us, int *offset_minutes, struct error *err) TOCSIN_CHECK;

/* "0 s", "2 m 14 s", "3 h 5 m", "12 d 4 h": the two largest units, a zero in the second
 * left out ("3 m"); cut to whole seconds; negative time is "-…". */
char *duration_human(char dst[DURATION_TEXT], int64_t us);
/* "90", "90s", "10m", "1h30m", "250ms", "2d" to microseconds; never negative. */
enum status duration_parse(const char *text, int64_t *us, struct error *err) TOCSIN_CHECK;

#endif
