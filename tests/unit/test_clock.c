/* Time: RFC 3339 there and back, words for durations, clocks that tests move. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

static void good_times(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
		int offset;
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0, 0},
		{"2026-01-01T00:00:00Z", INT64_C(1767225600000000), 0},
		{"2026-01-01 00:00:00Z", INT64_C(1767225600000000), 0},
		{"2026-01-01t00:00:00z", INT64_C(1767225600000000), 0},
		{"2026-01-01T02:00:00+02:00", INT64_C(1767225600000000), 120},
		{"2025-12-31T18:30:00-05:30", INT64_C(1767225600000000), -330},
		{"2026-01-01T00:00:00.5Z", INT64_C(1767225600500000), 0},
		{"2026-01-01T00:00:00.123456789Z", INT64_C(1767225600123456), 0},
		{"2024-02-29T12:00:00Z", INT64_C(1709208000000000), 0},
		{"2000-02-29T00:00:00Z", INT64_C(951782400000000), 0},
		{"1969-12-31T23:59:59.999999Z", -1, 0},
		{"0000-01-01T00:00:00Z", INT64_C(-62167219200000000), 0},
		{"9999-12-31T23:59:59Z", INT64_C(253402300799000000), 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = {0};
		int64_t us;
		int offset;

		if (time_parse(cases[i].text, &us, &offset, &err) != STATUS_OK)
			fail_msg("%s", err.text);
		assert_int_equal(us, cases[i].us);
		assert_int_equal(offset, cases[i].offset);
	}
}

static void bad_times(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"2026-01-01T00:00:00", "no zone"},
		{"2026-01-01T00:00:00.5", "no zone"},
		{"2026-01-01T00:00:00+0200", "not a zone"},
		{"2026-01-01T00:00:00+24:00", "not a zone"},
		{"2026-01-01T00:00:00Z ", "not a zone"},
		{"2026-01-01T00:00:00 UTC", "not a zone"},
		{"", "not a date"},
		{"2026-01-01", "not a date"},
		{"2026-1-1T00:00:00Z", "not a date"},
		{"26-01-01T00:00:00Z", "not a date"},
		{"2026-13-01T00:00:00Z", "not a date"},
		{"2026-00-01T00:00:00Z", "not a date"},
		{"2026-04-31T00:00:00Z", "not a date"},
		{"2026-02-29T00:00:00Z", "not a date"},
		{"1900-02-29T00:00:00Z", "not a date"},
		{"2026-01-00T00:00:00Z", "not a date"},
		{"2026-01-01T24:00:00Z", "not a date"},
		{"2026-01-01T00:60:00Z", "not a date"},
		{"2026-01-01T00:00:60Z", "not a date"},
		{"2026-01-01T00:00:00.Z", "not a date"},
		{"2026-01-01T00:00:00,5Z", "not a zone"},
		{"-026-01-01T00:00:00Z", "not a date"},
		{" 2026-01-01T00:00:00Z", "not a date"},
		{"yesterday", "not a date"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = {0};
		int64_t us;

		if (time_parse(cases[i].text, &us, NULL, &err) != STATUS_INVALID)
			fail_msg("\"%s\" was accepted", cases[i].text);
		if (!strstr(err.text, cases[i].says))
			fail_msg("\"%s\" says: %s", cases[i].text, err.text);
	}
}

static void a_time_of_day_finds_its_day(void **state)
{
	static const struct {
		const char *zone, *now, *text;
		enum time_side side;
		const char *wanted; /* NULL: no time */
	} cases[] = {
		{"UTC", "2026-11-21T01:07:00Z", "23:59", TIME_PAST, "2026-11-20 23:59:00Z"},
		{"UTC", "2026-11-21T01:07:00Z", "01:06:59", TIME_PAST, "2026-11-21 01:06:59Z"},
		{"UTC", "2026-11-21T01:07:00Z", "01:08", TIME_PAST, "2026-11-21 01:08:00Z"},
		{"UTC", "2026-11-21T01:07:00Z", "01:09", TIME_PAST, "2026-11-20 01:09:00Z"},
		{"UTC", "2026-11-21T23:50:00Z", "00:10", TIME_COMING, "2026-11-22 00:10:00Z"},
		{"UTC", "2026-11-21T23:50:00Z", "23:55", TIME_COMING, "2026-11-21 23:55:00Z"},
		{"UTC", "2026-11-21T23:50:00Z", "23:50", TIME_COMING, "2026-11-22 23:50:00Z"},
		/* The day is that of the zone: it is 01:07 there already. */
		{"AAA-02:00", "2026-11-20T23:07:00Z", "23:59", TIME_PAST, "2026-11-20 23:59:00+02:00"},
		{"AAA-02:00", "2026-11-20T23:07:00Z", "00:30", TIME_PAST, "2026-11-21 00:30:00+02:00"},
		{"AAA03:00", "2026-11-21T01:07:00Z", "22:30", TIME_PAST, "2026-11-19 22:30:00-03:00"},
		/* On the day after the clocks went back, the evening before still had the summer's. */
		{"AAA-1BBB,M3.5.0,M10.5.0/3", "2026-10-25T05:00:00Z", "23:59", TIME_PAST, "2026-10-24 23:59:00+02:00"},
		/* With a date it is as it stands there. */
		{"UTC", "2026-11-21T01:07:00Z", "2026-01-01T00:00:00+01:00", TIME_PAST, "2026-01-01 00:00:00+01:00"},
		{"UTC", "2026-11-21T01:07:00Z", "24:00", TIME_PAST, NULL},
		{"UTC", "2026-11-21T01:07:00Z", "1:07", TIME_PAST, NULL},
		{"UTC", "2026-11-21T01:07:00Z", "01:07:", TIME_PAST, NULL},
		{"UTC", "2026-11-21T01:07:00Z", "01:07Z", TIME_PAST, NULL},
		{"UTC", "2026-11-21T01:07:00Z", "yesterday", TIME_PAST, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = {0};
		int64_t now_us, us;
		int zone;
		char text[TIME_TEXT];

		setenv("TZ", cases[i].zone, 1);
		assert_int_equal(time_parse(cases[i].now, &now_us, NULL, NULL), STATUS_OK);
		enum status status = time_parse_near(cases[i].text, now_us, false, cases[i].side, &us, &zone, &err);
		if ((status == STATUS_OK) != (cases[i].wanted != NULL))
			fail_msg("%s at %s: %s", cases[i].text, cases[i].now, err.text);
		if (status != STATUS_OK)
			assert_non_null(strstr(err.text, "write 14:03"));
		else if (strcmp(time_human(text, us, zone), cases[i].wanted) != 0)
			fail_msg("%s at %s in %s: %s", cases[i].text, cases[i].now, cases[i].zone, text);
	}
	setenv("TZ", "UTC", 1);
}

static void every_day_goes_there_and_back(void **state)
{
	/* Two rounds of the calendar, from the year 1600 on, one moment a day. */
	int64_t first = INT64_C(-11676096000) * US_PER_S;

	(void)state;
	for (int64_t day = 0; day < 2 * 146097; day++) {
		int64_t us = first + day * US_PER_DAY + day * 7919 % US_PER_DAY, back;
		time_t seconds = (time_t)((us - ((us % US_PER_S) + US_PER_S) % US_PER_S) / US_PER_S);
		char text[TIME_TEXT], theirs[TIME_TEXT];
		struct tm tm;

		time_rfc3339(text, us);
		assert_int_equal(time_parse(text, &back, NULL, NULL), STATUS_OK);
		assert_int_equal(back, us);
		/* libc, asked the slow way, has the same calendar. */
		gmtime_r(&seconds, &tm);
		strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%S", &tm);
		assert_memory_equal(text, theirs, strlen(theirs));
	}
}

static void times_for_people(void **state)
{
	int64_t us = INT64_C(1767225600000000);
	char text[TIME_TEXT];

	(void)state;
	assert_string_equal(time_rfc3339(text, us + 42), "2026-01-01T00:00:00.000042Z");
	assert_string_equal(time_rfc3339(text, -1), "1969-12-31T23:59:59.999999Z");
	assert_string_equal(time_human(text, us, 0), "2026-01-01 00:00:00Z");
	assert_string_equal(time_human(text, us, 120), "2026-01-01 02:00:00+02:00");
	assert_string_equal(time_human(text, us, -210), "2025-12-31 20:30:00-03:30");
	assert_string_equal(time_of_day(text, us + 14 * US_PER_HOUR + 3 * US_PER_MINUTE + 22 * US_PER_S, 0), "14:03:22");
	assert_string_equal(time_of_day(text, us, -60), "23:00:00");
	/* The ends of what 64 bits hold still fit their text. */
	assert_true(strlen(time_rfc3339(text, INT64_MAX)) < TIME_TEXT - 1);
	assert_true(strlen(time_human(text, INT64_MIN, -1439)) < TIME_TEXT - 1);
}

static void the_zone_of_the_machine(void **state)
{
	(void)state;
	setenv("TZ", "AAA-05:30", 1);
	assert_int_equal(time_local_offset(0), 330);
	setenv("TZ", "UTC", 1);
	assert_int_equal(time_local_offset(0), 0);
}

static void durations_in_words(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} cases[] = {
		{0, "0 s"},
		{999999, "0 s"},
		{-999999, "0 s"},
		{US_PER_S, "1 s"},
		{59 * US_PER_S + 999999, "59 s"},
		{US_PER_MINUTE, "1 m"},
		{134 * US_PER_S, "2 m 14 s"},
		{-134 * US_PER_S, "-2 m 14 s"},
		{US_PER_HOUR + 59 * US_PER_S, "1 h"},
		{3 * US_PER_HOUR + 5 * US_PER_MINUTE + 59 * US_PER_S, "3 h 5 m"},
		{12 * US_PER_DAY + 4 * US_PER_HOUR, "12 d 4 h"},
		{INT64_MIN, "-106751991 d 4 h"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char text[DURATION_TEXT];

		assert_string_equal(duration_human(text, cases[i].us), cases[i].text);
	}
}

static void durations_read(void **state)
{
	static const struct {
		const char *text;
		enum status status;
		int64_t us;
	} cases[] = {
		{"0", STATUS_OK, 0},
		{"90", STATUS_OK, 90 * US_PER_S},
		{"90s", STATUS_OK, 90 * US_PER_S},
		{"10m", STATUS_OK, 10 * US_PER_MINUTE},
		{"1h30m", STATUS_OK, 90 * US_PER_MINUTE},
		{"250ms", STATUS_OK, 250 * US_PER_MS},
		{"1m500ms", STATUS_OK, US_PER_MINUTE + 500 * US_PER_MS},
		{"2d", STATUS_OK, 2 * US_PER_DAY},
		{"", STATUS_INVALID, 0},
		{"m", STATUS_INVALID, 0},
		{"-5s", STATUS_INVALID, 0},
		{"+5s", STATUS_INVALID, 0},
		{"5 s", STATUS_INVALID, 0},
		{"1.5s", STATUS_INVALID, 0},
		{"5x", STATUS_INVALID, 0},
		{"5sm", STATUS_INVALID, 0},
		{"1h30", STATUS_INVALID, 0},
		{"30m1h", STATUS_INVALID, 0},
		{"1h1h", STATUS_INVALID, 0},
		{"99999999999999999999", STATUS_LIMIT, 0},
		{"9999999999999999d", STATUS_LIMIT, 0},
		{"106751991d24h", STATUS_LIMIT, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		int64_t us = -1;
		enum status status = duration_parse(cases[i].text, &us, NULL);

		if (status != cases[i].status)
			fail_msg("\"%s\" gives: %s", cases[i].text, status_name(status));
		if (status == STATUS_OK)
			assert_int_equal(us, cases[i].us);
	}
}

static void clocks_move_when_told(void **state)
{
	const struct clock *machine = clock_system();
	struct clock_manual manual;
	int64_t before;

	(void)state;
	clock_manual_init(&manual, 1000);
	assert_int_equal(clock_wall_us(&manual.clock), 1000);
	before = clock_mono_us(&manual.clock);
	clock_manual_advance(&manual, 500);
	assert_int_equal(clock_wall_us(&manual.clock), 1500);
	assert_int_equal(clock_mono_us(&manual.clock) - before, 500);
	/* A stepped wall clock leaves intervals alone. */
	manual.wall_us -= US_PER_HOUR;
	assert_int_equal(clock_mono_us(&manual.clock) - before, 500);

	before = clock_mono_us(machine);
	assert_true(clock_mono_us(machine) >= before);
	assert_true(clock_wall_us(machine) > INT64_C(1700000000000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_times),
		cmocka_unit_test(bad_times),
		cmocka_unit_test(a_time_of_day_finds_its_day),
		cmocka_unit_test(every_day_goes_there_and_back),
		cmocka_unit_test(times_for_people),
		cmocka_unit_test(the_zone_of_the_machine),
		cmocka_unit_test(durations_in_words),
		cmocka_unit_test(durations_read),
		cmocka_unit_test(clocks_move_when_told),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
