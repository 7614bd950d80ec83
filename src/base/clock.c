/* Time: clocks, RFC 3339, durations. Dates are computed here, because libc's
 * conversions depend on the locale and the machine's zone. */
#include "config.h"

#include "base/clock.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- clocks ------------------------------------------------------------------ */

static int64_t read_clock(clockid_t id)
{
	struct timespec now;

	/* Cannot fail for the two clocks that POSIX requires. */
	if (clock_gettime(id, &now) != 0)
		return 0;
	return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

static int64_t system_wall_us(TOCSIN_UNUSED void *arg)
{
	return read_clock(CLOCK_REALTIME);
}

/* Goes on while the machine sleeps, where the system has such a clock: sleep is not a wall
 * clock that was set. */
static int64_t system_mono_us(TOCSIN_UNUSED void *arg)
{
#ifdef CLOCK_BOOTTIME
	int64_t us = read_clock(CLOCK_BOOTTIME);

	if (us)
		return us;
#endif
	return read_clock(CLOCK_MONOTONIC);
}

const struct clock *clock_system(void)
{
	static const struct clock system_clock = {system_wall_us, system_mono_us, NULL};

	return &system_clock;
}

static int64_t manual_wall_us(void *arg)
{
	return ((struct clock_manual *)arg)->wall_us;
}

static int64_t manual_mono_us(void *arg)
{
	return ((struct clock_manual *)arg)->mono_us;
}

void clock_manual_init(struct clock_manual *manual, int64_t wall_us)
{
	*manual = (struct clock_manual){
		.clock = {manual_wall_us, manual_mono_us, manual},
		.wall_us = wall_us,
	};
}

void clock_manual_advance(struct clock_manual *manual, int64_t us)
{
	manual->wall_us += us;
	manual->mono_us += us;
}

int64_t clock_wall_us(const struct clock *clock)
{
	return clock->wall_us(clock->arg);
}

int64_t clock_mono_us(const struct clock *clock)
{
	return clock->mono_us(clock->arg);
}

/* --- the calendar ------------------------------------------------------------ */

/* The Gregorian calendar repeats after 400 years. Years are counted from March, so
 * that the leap day is the last of its year. */
enum {
	DAYS_PER_ERA = 146097,
	YEARS_PER_ERA = 400,
	DAYS_BEFORE_1970 = 719468,
};

struct civil {
	int64_t year;
	int month, day, hour, minute, second, micro;
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days from 1970-01-01 to a date. */
static int64_t days_of(int64_t year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = floor_div(y, YEARS_PER_ERA);
	int64_t year_of_era = y - era * YEARS_PER_ERA;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * DAYS_PER_ERA + day_of_era - DAYS_BEFORE_1970;
}

static void date_of(int64_t days, struct civil *out)
{
	int64_t shifted = days + DAYS_BEFORE_1970;
	int64_t era = floor_div(shifted, DAYS_PER_ERA);
	int64_t day_of_era = shifted - era * DAYS_PER_ERA;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153; /* 0 is March */

	out->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	out->month = (int)(month < 10 ? month + 3 : month - 9);
	out->year = year_of_era + era * YEARS_PER_ERA + (out->month <= 2);
}

static struct civil civil_of(int64_t us, int offset_minutes)
{
	int64_t seconds = floor_div(us, US_PER_S);
	int64_t local = seconds + (int64_t)offset_minutes * 60;
	int64_t days = floor_div(local, 86400);
	int rest = (int)(local - days * 86400);
	struct civil c;

	date_of(days, &c);
	c.hour = rest / 3600;
	c.minute = rest / 60 % 60;
	c.second = rest % 60;
	c.micro = (int)((us % US_PER_S + US_PER_S) % US_PER_S);
	return c;
}

char *time_rfc3339(char dst[TIME_TEXT], int64_t us)
{
	struct civil c = civil_of(us, 0);

	return text_format(dst, TIME_TEXT, "%04lld-%02d-%02dT%02d:%02d:%02d.%06dZ", (long long)c.year, c.month, c.day, c.hour, c.minute,
			   c.second, c.micro);
}

char *time_human(char dst[TIME_TEXT], int64_t us, int offset_minutes)
{
	struct civil c = civil_of(us, offset_minutes);
	int distance = offset_minutes < 0 ? -offset_minutes : offset_minutes;
	char zone[16] = "Z";

	if (offset_minutes)
		text_format(zone, sizeof(zone), "%c%02d:%02d", offset_minutes < 0 ? '-' : '+', distance / 60, distance % 60);
	return text_format(dst, TIME_TEXT, "%04lld-%02d-%02d %02d:%02d:%02d%s", (long long)c.year, c.month, c.day, c.hour, c.minute,
			   c.second, zone);
}

char *time_of_day(char dst[TIME_TEXT], int64_t us, int offset_minutes)
{
	struct civil c = civil_of(us, offset_minutes);

	return text_format(dst, TIME_TEXT, "%02d:%02d:%02d", c.hour, c.minute, c.second);
}

/* Asks the C library, which looks at the zone's file each time. */
static int ask_local_offset(int64_t us)
{
	time_t seconds = (time_t)floor_div(us, US_PER_S);
	struct tm local;

	tzset();
	if (!localtime_r(&seconds, &local))
		return 0;
	return (int)(local.tm_gmtoff / 60);
}

int time_local_offset(int64_t us)
{
	/* Zones change at whole quarters of an hour, and a screen asks for each of its
	 * times: the last few quarters are remembered, each in a slot of its own. */
	static _Thread_local struct {
		char zone[64];
		int64_t quarter;
		int offset;
		bool known;
	} slots[16];
	const char *zone = getenv("TZ");
	int64_t quarter = floor_div(us, 15 * US_PER_MINUTE);
	size_t slot = (size_t)((uint64_t)quarter % 16);

	if (!zone)
		zone = "";
	if (slots[slot].known && slots[slot].quarter == quarter && strcmp(slots[slot].zone, zone) == 0)
		return slots[slot].offset;
	int offset = ask_local_offset(us);
	slots[slot].known = strlen(zone) < sizeof(slots[slot].zone);
	if (slots[slot].known) {
		memcpy(slots[slot].zone, zone, strlen(zone) + 1);
		slots[slot].quarter = quarter;
		slots[slot].offset = offset;
	}
	return offset;
}

/* --- parsing ----------------------------------------------------------------- */

/* Exactly `count` digits at *p, within the range. */
static bool take_number(const char **p, int count, int low, int high, int *out)
{
	int n = 0;

	for (int i = 0; i < count; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		n = n * 10 + (**p - '0');
	}
	*out = n;
	return n >= low && n <= high;
}

static bool take(const char **p, const char *one_of)
{
	if (!**p || !strchr(one_of, **p))
		return false;
	(*p)++;
	return true;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* ".123456789": at least one digit; what is finer than a microsecond is cut. */
static bool take_fraction(const char **p, int64_t *us)
{
	int64_t unit = US_PER_S / 10;

	*us = 0;
	if (!take(p, "."))
		return true;
	if (**p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; (*p)++, unit /= 10)
		*us += (**p - '0') * unit;
	return true;
}

static bool take_zone(const char **p, int *offset)
{
	bool west = **p == '-';
	int hours, minutes;

	*offset = 0;
	if (take(p, "Zz"))
		return true;
	if (!take(p, "+-") || !take_number(p, 2, 0, 23, &hours) || !take(p, ":") || !take_number(p, 2, 0, 59, &minutes))
		return false;
	*offset = (hours * 60 + minutes) * (west ? -1 : 1);
	return true;
}

static bool take_date_and_time(const char **p, int64_t *us)
{
	int year, month, day, hour, minute, second;
	int64_t fraction;

	if (!take_number(p, 4, 0, 9999, &year) || !take(p, "-") || !take_number(p, 2, 1, 12, &month) || !take(p, "-"))
		return false;
	if (!take_number(p, 2, 1, days_in_month(year, month), &day) || !take(p, "Tt "))
		return false;
	if (!take_number(p, 2, 0, 23, &hour) || !take(p, ":") || !take_number(p, 2, 0, 59, &minute) || !take(p, ":"))
		return false;
	if (!take_number(p, 2, 0, 59, &second) || !take_fraction(p, &fraction))
		return false;
	*us = days_of(year, month, day) * US_PER_DAY + hour * US_PER_HOUR + minute * US_PER_MINUTE + second * US_PER_S + fraction;
	return true;
}

enum status time_parse(const char *text, int64_t *us, int *offset_minutes, struct error *err)
{
	const char *p = text;
	int64_t local;
	int offset;

	if (!take_date_and_time(&p, &local))
		return error_set(err, STATUS_INVALID, "time \"%.40s\": not a date and time (write 2026-01-01T00:00:00Z)", text);
	if (!*p)
		return error_set(err, STATUS_INVALID, "time \"%.40s\": has no zone (add Z for UTC, or an offset like +02:00)", text);
	if (!take_zone(&p, &offset) || *p)
		return error_set(err, STATUS_INVALID, "time \"%.40s\": not a zone after the time (write Z for UTC, or an offset like +02:00)", text);
	*us = local - offset * US_PER_MINUTE;
	if (offset_minutes)
		*offset_minutes = offset;
	return STATUS_OK;
}

/* "14:03" or "14:03:22", and nothing behind it. */
static bool read_time_of_day(const char *p, int64_t *us)
{
	int hour, minute, second = 0;

	if (!take_number(&p, 2, 0, 23, &hour) || !take(&p, ":") || !take_number(&p, 2, 0, 59, &minute))
		return false;
	if (*p && (!take(&p, ":") || !take_number(&p, 2, 0, 59, &second)))
		return false;
	*us = hour * US_PER_HOUR + minute * US_PER_MINUTE + second * US_PER_S;
	return *p == '\0';
}

static int zone_at(int64_t us, bool utc)
{
	return utc ? 0 : time_local_offset(us);
}

/* What a clock on the wall shows as `local_us`; between the two, the zone may have changed. */
static int64_t from_local(int64_t local_us, int64_t near_us, bool utc, int *zone)
{
	*zone = zone_at(local_us - zone_at(near_us, utc) * US_PER_MINUTE, utc);
	return local_us - *zone * US_PER_MINUTE;
}

enum status time_parse_near(const char *text, int64_t now_us, bool utc, enum time_side side, int64_t *us, int *offset_minutes, struct error *err)
{
	int64_t of_day, today = floor_div(now_us + zone_at(now_us, utc) * US_PER_MINUTE, US_PER_DAY);
	int zone;

	if (!read_time_of_day(text, &of_day)) {
		if (!strchr(text, '-'))
			return error_set(err, STATUS_INVALID, "time \"%.40s\": not a time (write 14:03, or with its day 2026-01-01T14:03:00Z)", text);
		return time_parse(text, us, offset_minutes, err);
	}
	of_day += today * US_PER_DAY;
	*us = from_local(of_day, now_us, utc, &zone);
	if (side == TIME_PAST && *us > now_us + US_PER_MINUTE)
		*us = from_local(of_day - US_PER_DAY, now_us, utc, &zone);
	else if (side == TIME_COMING && *us <= now_us)
		*us = from_local(of_day + US_PER_DAY, now_us, utc, &zone);
	if (offset_minutes)
		*offset_minutes = zone;
	return STATUS_OK;
}

/* --- durations ---------------------------------------------------------------- */

static const struct unit {
	const char *name;
	int64_t us;
} units[] = {
	{"d", US_PER_DAY},
	{"h", US_PER_HOUR},
	{"m", US_PER_MINUTE},
	{"s", US_PER_S},
	{"ms", US_PER_MS},
};
enum { UNITS = sizeof(units) / sizeof(units[0]),
       UNIT_SECOND = 3 };

char *duration_human(char dst[DURATION_TEXT], int64_t us)
{
	uint64_t left = us < 0 ? -(uint64_t)us : (uint64_t)us;
	const char *sign = us < 0 && left >= (uint64_t)US_PER_S ? "-" : "";
	size_t i = 0;
	uint64_t most, next;

	while (i < UNIT_SECOND && left < (uint64_t)units[i].us)
		i++;
	most = left / (uint64_t)units[i].us;
	next = i < UNIT_SECOND ? left % (uint64_t)units[i].us / (uint64_t)units[i + 1].us : 0;
	if (next)
		return text_format(dst, DURATION_TEXT, "%s%llu %s %llu %s", sign, (unsigned long long)most, units[i].name,
				   (unsigned long long)next, units[i + 1].name);
	return text_format(dst, DURATION_TEXT, "%s%llu %s", sign, (unsigned long long)most, units[i].name);
}

/* The unit whose whole name stands at *p, after `last`; -1 when there is none. */
static int take_unit(const char **p, int last)
{
	size_t len = strspn(*p, "dhms");

	for (int i = last + 1; i < UNITS; i++) {
		if (strlen(units[i].name) == len && strncmp(*p, units[i].name, len) == 0) {
			*p += len;
			return i;
		}
	}
	return -1;
}

enum status duration_parse(const char *text, int64_t *us, struct error *err)
{
	const char *p = text;
	int64_t sum = 0;
	int unit = -1;

	do {
		int64_t n = 0, product;
		const char *start = p;

		for (; *p >= '0' && *p <= '9'; p++)
			if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *p - '0', &n))
				return error_set(err, STATUS_LIMIT, "duration \"%.40s\": too long", text);
		if (p == start)
			break;
		/* A number alone is seconds; after a unit every number needs its own. */
		unit = !*p && unit < 0 ? UNIT_SECOND : take_unit(&p, unit);
		if (unit < 0)
			break;
		if (__builtin_mul_overflow(n, units[unit].us, &product) || __builtin_add_overflow(sum, product, &sum))
			return error_set(err, STATUS_LIMIT, "duration \"%.40s\": too long", text);
		if (!*p) {
			*us = sum;
			return STATUS_OK;
		}
	} while (true);
	return error_set(err, STATUS_INVALID, "duration \"%.40s\": not a duration (write 90, 90s, 10m, 1h30m or 250ms)", text);
}
