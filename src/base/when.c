/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Points in time, as nanoseconds since 1970 (1678 to 2261), and what people and logs
 * write for them.
 */
#include "base/base.h"

#define NS 1000000000LL

/* wall_ns - now, as the clock on the wall has it; it may jump */
int64_t wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * NS + t.tv_nsec;
}

/**
 * format_when - RFC 3339 with nanoseconds, in local time: 2026-11-23T04:51:36.123456789+00:00
 */
void format_when(char out[WHEN_TEXT], int64_t ns)
{
	int64_t frac = ns % NS;
	time_t t = (time_t)(ns / NS);
	struct tm tm = {};
	long zone;
	size_t n;

	if (frac < 0) {
		frac += NS;
		t--;
	}
	localtime_r(&t, &tm);
	zone = tm.tm_gmtoff / 60;
	n = strftime(out, WHEN_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, WHEN_TEXT - n, ".%09lld%c%02ld:%02ld", (long long)frac,
		 zone < 0 ? '-' : '+', labs(zone) / 60 % 100, labs(zone) % 60);
}

/* ---- reading ----------------------------------------------------------------------------------------- */

struct cursor {
	const char *p, *end;
};

static bool take(struct cursor *c, char ch)
{
	if (c->p == c->end || *c->p != ch)
		return false;
	c->p++;
	return true;
}

/* So many digits and no sign, at most @max. */
static bool take_number(struct cursor *c, int digits, int max, int *out)
{
	int v = 0;

	for (; digits; digits--, c->p++) {
		if (c->p == c->end || *c->p < '0' || *c->p > '9')
			return false;
		v = v * 10 + (*c->p - '0');
	}
	*out = v;
	return v <= max;
}

/* ".5" and so on; digits beyond the ninth are passed over. */
static bool take_fraction(struct cursor *c, int64_t *ns)
{
	const char *start = c->p;
	int64_t unit = NS / 10;

	for (*ns = 0; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++, unit /= 10)
		*ns += (*c->p - '0') * unit;
	return c->p > start;
}

/* Days since 1970 of a date of the Gregorian calendar: counted from 0000-03-01, a year ends in February. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

static bool day_exists(int year, int month, int day)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100) || year % 400 == 0;

	return month >= 1 && month <= 12 && day >= 1 &&
	       day <= days[month - 1] + (leap && month == 2);
}

struct parts {
	int year, month, day, hour, minute, second;
	int64_t frac;
	bool has_zone;
	int64_t zone; /* seconds east */
};

static bool take_date(struct cursor *c, struct parts *p)
{
	return take_number(c, 4, 9999, &p->year) && take(c, '-') &&
	       take_number(c, 2, 12, &p->month) && take(c, '-') && take_number(c, 2, 31, &p->day) &&
	       day_exists(p->year, p->month, p->day);
}

/* HH:MM:SS[.FRACTION]; seconds may be left out where @loose. */
static bool take_clock(struct cursor *c, struct parts *p, bool loose)
{
	if (!take_number(c, 2, 23, &p->hour) || !take(c, ':') || !take_number(c, 2, 59, &p->minute))
		return false;
	if (!take(c, ':'))
		return loose;
	if (!take_number(c, 2, 60, &p->second))
		return false;
	return !take(c, '.') || take_fraction(c, &p->frac);
}

static bool take_zone(struct cursor *c, struct parts *p)
{
	int hour, minute, sign;

	if (take(c, 'Z')) {
		p->has_zone = true;
		return true;
	}
	sign = take(c, '+') ? 1 : take(c, '-') ? -1 : 0;
	if (!sign || !take_number(c, 2, 23, &hour) || !take(c, ':') ||
	    !take_number(c, 2, 59, &minute))
		return false;
	p->has_zone = true;
	p->zone = sign * (hour * 3600 + minute * 60);
	return true;
}

static int to_ns(const struct parts *p, int64_t *ns)
{
	int64_t s = days_of(p->year, p->month, p->day) * 86400 + p->hour * 3600 + p->minute * 60 +
		    p->second;

	if (p->has_zone) {
		s -= p->zone;
	} else {
		struct tm tm = {.tm_year = p->year - 1900,
				.tm_mon = p->month - 1,
				.tm_mday = p->day,
				.tm_hour = p->hour,
				.tm_min = p->minute,
				.tm_sec = p->second,
				.tm_isdst = -1};

		s = mktime(&tm);
	}
	if (__builtin_mul_overflow(s, NS, &s) || __builtin_add_overflow(s, p->frac, ns))
		return -ERANGE;
	return 0;
}

/**
 * parse_rfc3339 - 2026-11-23T04:51:36[.123456789]Z, or +01:00 in the place of Z
 * @s: borrowed, need not end in NUL
 * @n: its length; all of it has to be the time
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
int parse_rfc3339(const char *s, size_t n, int64_t *ns)
{
	struct cursor c = {s, s + n};
	struct parts p = {};

	if (!take_date(&c, &p) || !take(&c, 'T') || !take_clock(&c, &p, false) ||
	    !take_zone(&c, &p) || c.p != c.end)
		return -EINVAL;
	return to_ns(&p, ns);
}

static int parse_calendar(const char *s, int64_t *ns)
{
	struct cursor c = {s, s + strlen(s)};
	struct parts p = {};

	if (!take_date(&c, &p))
		return -EINVAL;
	if ((take(&c, 'T') || take(&c, ' ')) && !take_clock(&c, &p, true))
		return -EINVAL;
	if (c.p != c.end && (!take_zone(&c, &p) || c.p != c.end))
		return -EINVAL;
	return to_ns(&p, ns);
}

/* 1700000000 or 1700000000.5 */
static int parse_unix(const char *s, int64_t *ns)
{
	size_t digits = strspn(s, "0123456789");
	struct cursor c = {s + digits, s + strlen(s)};
	cleanup_free char *whole = xstrndup(s, digits);
	int64_t v, frac = 0;
	int r = parse_i64(whole, 0, INT64_MAX / NS - 1, &v);

	if (r < 0)
		return r;
	if ((take(&c, '.') && !take_fraction(&c, &frac)) || c.p != c.end)
		return -EINVAL;
	*ns = v * NS + frac;
	return 0;
}

/**
 * parse_when - what people write for a point in time
 * @s: RFC 3339; a date, also with hours and minutes, in local time unless a zone follows; seconds
 *	since 1970; or a duration such as 10m
 * @ahead: a duration counts from now into the future, not into the past
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
int parse_when(const char *s, bool ahead, int64_t *ns)
{
	int r = parse_calendar(s, ns);
	int64_t d;

	if (r == -EINVAL)
		r = parse_unix(s, ns);
	if (r != -EINVAL)
		return r;
	r = parse_duration(s, &d);
	if (r < 0)
		return r;
	return __builtin_add_overflow(wall_ns(), ahead ? d : -d, ns) ? -ERANGE : 0;
}
