/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#define NS 1000000000LL

static const struct {
	const char *text;
	int r;
	int64_t ns;
} strict[] = {
	{"1970-01-01T00:00:00Z", 0, 0},
	{"1970-01-01T00:00:00.000000001Z", 0, 1},
	{"1969-12-31T23:59:59.5Z", 0, -NS / 2},
	{"2026-11-23T04:51:36.123456789+00:00", 0, 1795409496123456789},
	{"2026-11-23T04:51:36.1234567899+00:00", 0, 1795409496123456789},
	{"2026-11-23T06:51:36+02:00", 0, 1795409496 * NS},
	{"2026-11-22T23:21:36-05:30", 0, 1795409496 * NS},
	{"2024-02-29T00:00:00Z", 0, 1709164800 * NS},
	{"2000-02-29T00:00:00Z", 0, 951782400 * NS},
	{"2023-02-29T00:00:00Z", -EINVAL, 0},
	{"1900-02-29T00:00:00Z", -EINVAL, 0},
	{"2262-01-01T00:00:00Z", 0, 9214646400 * NS},
	{"2300-01-01T00:00:00Z", -ERANGE, 0},
	{"0000-01-01T00:00:00Z", -ERANGE, 0},
	{"2026-13-01T00:00:00Z", -EINVAL, 0},
	{"2026-00-01T00:00:00Z", -EINVAL, 0},
	{"2026-01-32T00:00:00Z", -EINVAL, 0},
	{"2026-01-01T24:00:00Z", -EINVAL, 0},
	{"2026-01-01T00:60:00Z", -EINVAL, 0},
	{"2026-01-01T00:00:61Z", -EINVAL, 0},
	{"2026-01-01T00:00Z", -EINVAL, 0},
	{"2026-01-01T00:00:00", -EINVAL, 0},
	{"2026-01-01T00:00:00.Z", -EINVAL, 0},
	{"2026-01-01T00:00:00ZZ", -EINVAL, 0},
	{"2026-01-01T00:00:00+1:00", -EINVAL, 0},
	{"2026-01-01 00:00:00Z", -EINVAL, 0},
	{"-026-01-01T00:00:00Z", -EINVAL, 0},
	{"", -EINVAL, 0},
};

static void test_strict(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strict); i++) {
		int64_t ns = 0;
		int r = parse_rfc3339(strict[i].text, strlen(strict[i].text), &ns);

		if (r != strict[i].r || ns != strict[i].ns)
			fail_msg("%s: %d, %lld", strict[i].text, r, (long long)ns);
	}
}

/* Every day of four centuries agrees with the C library. */
static void test_calendar(void **state)
{
	(void)state;
	for (int64_t day = -100000; day < 100000; day += 13) {
		time_t t = (time_t)day * 86400 + 12345;
		char text[64];
		struct tm tm;
		int64_t ns = 0;

		gmtime_r(&t, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
		assert_int_equal(parse_rfc3339(text, strlen(text), &ns), 0);
		assert_true(ns == t * NS);
	}
}

/* What format_when() writes is read back as the same moment, wherever on earth. */
static void test_round(void **state)
{
	static const char *const zones[] = {"UTC", "ABC-5:30", "ABC+11", "ABC-14", "ABC+0:17"};
	static const int64_t at[] = {0, 1, -1, 1795409496123456789, -NS, NS - 1, -3 * NS - 7};

	(void)state;
	for (size_t z = 0; z < ARRAY_SIZE(zones); z++) {
		setenv("TZ", zones[z], 1);
		tzset();
		for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
			char text[WHEN_TEXT];
			int64_t ns = 0;

			format_when(text, at[i]);
			assert_int_equal(strlen(text), 35);
			assert_int_equal(parse_rfc3339(text, strlen(text), &ns), 0);
			assert_true(ns == at[i]);
		}
	}
	setenv("TZ", "UTC", 1);
	tzset();
}

static const struct {
	const char *text;
	int r;
	int64_t ns;
} loose[] = {
	{"2026-11-23", 0, 1795392000 * NS},
	{"2026-11-23Z", 0, 1795392000 * NS},
	{"2026-11-23+01:00", 0, 1795388400 * NS},
	{"2026-11-23T04:51", 0, 1795409460 * NS},
	{"2026-11-23 04:51:36", 0, 1795409496 * NS},
	{"2026-11-23T04:51:36.5Z", 0, 1795409496 * NS + NS / 2},
	{"1795409496", 0, 1795409496 * NS},
	{"1795409496.25", 0, 1795409496 * NS + NS / 4},
	{"0", 0, 0},
	{"1795409496.", -EINVAL, 0},
	{".5", -EINVAL, 0},
	{"99999999999", -ERANGE, 0},
	{"99999999999999999999", -ERANGE, 0},
	{"2026-11", -EINVAL, 0},
	{"2026-02-30", -EINVAL, 0},
	{"2026-11-23T", -EINVAL, 0},
	{"yesterday", -EINVAL, 0},
	{"10x", -EINVAL, 0},
	{"", -EINVAL, 0},
};

static void test_loose(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(loose); i++) {
		int64_t ns = 0;
		int r = parse_when(loose[i].text, false, &ns);

		if (r != loose[i].r || (!r && ns != loose[i].ns))
			fail_msg("%s: %d, %lld", loose[i].text, r, (long long)ns);
	}
}

static void test_relative(void **state)
{
	int64_t before = wall_ns(), ns = 0;

	(void)state;
	assert_int_equal(parse_when("10m", false, &ns), 0);
	assert_in_range(ns - (before - 600 * NS), 0, 60 * NS);
	assert_int_equal(parse_when("1h30m", true, &ns), 0);
	assert_in_range(ns - (before + 5400 * NS), 0, 60 * NS);
	assert_int_equal(parse_when("-10s", false, &ns), 0);
	assert_in_range(ns - (before + 10 * NS), 0, 60 * NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strict),   cmocka_unit_test(test_calendar),
		cmocka_unit_test(test_round),    cmocka_unit_test(test_loose),
		cmocka_unit_test(test_relative),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
