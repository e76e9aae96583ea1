/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <strings.h>

#include "base/base.h"

/* all_digits - a non-empty string of decimal digits only */
bool all_digits(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

/**
 * parse_u64 - a decimal number, nothing before or behind it
 * @max: the largest value allowed
 *
 * Return: 0, -EINVAL when it is not a number, -ERANGE above @max.
 */
int parse_u64(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (!all_digits(s))
		return -EINVAL;
	for (; *s; s++) {
		if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return -ERANGE;
	}
	if (v > max)
		return -ERANGE;
	*out = v;
	return 0;
}

int parse_i64(const char *s, int64_t min, int64_t max, int64_t *out)
{
	bool neg = *s == '-';
	uint64_t v;
	int64_t value;
	int r = parse_u64(s + neg, (uint64_t)INT64_MAX, &v);

	if (r < 0)
		return r;
	value = neg ? -(int64_t)v : (int64_t)v;
	if (value < min || value > max)
		return -ERANGE;
	*out = value;
	return 0;
}

int parse_u32(const char *s, uint32_t *out)
{
	uint64_t v;
	int r = parse_u64(s, UINT32_MAX, &v);

	if (!r)
		*out = (uint32_t)v;
	return r;
}

/**
 * parse_id - a uid or gid: decimal, without leading zeros, not (uint32_t)-1
 *
 * Return: 0, -EINVAL, -ERANGE.
 */
int parse_id(const char *s, uint32_t *out)
{
	uint64_t v;
	int r = parse_u64(s, UINT32_MAX - 1, &v);

	if (!r && s[0] == '0' && s[1])
		return -EINVAL;
	if (!r)
		*out = (uint32_t)v;
	return r;
}

/**
 * parse_size - bytes with an optional unit b, k, m, g, t (also kb, kib, ...), powers of 1024
 *
 * A fraction such as 1.5g is taken, as podman and docker take it.
 * Return: 0, -EINVAL, -ERANGE.
 */
int parse_size(const char *s, uint64_t *bytes)
{
	static const char units[] = "bkmgt";
	uint64_t whole = 0, frac = 0, scale = 1, mult = 1, sum;
	const char *p = s, *u;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		if (__builtin_mul_overflow(whole, (uint64_t)10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*p - '0'), &whole))
			return -ERANGE;
	}
	if (*p == '.') {
		if (!isdigit((unsigned char)*++p))
			return -EINVAL;
		for (; isdigit((unsigned char)*p); p++) {
			if (scale < 1000000) {
				frac = frac * 10 + (uint64_t)(*p - '0');
				scale *= 10;
			}
		}
	}
	if (*p) {
		u = strchr(units, tolower((unsigned char)*p));
		if (!u)
			return -EINVAL;
		mult = 1ULL << (10 * (u - units));
		p++;
		if (*u != 'b' && !strcasecmp(p, "ib"))
			p += 2;
		else if (*u != 'b' && !strcasecmp(p, "b"))
			p++;
		if (*p)
			return -EINVAL;
	}
	if (__builtin_mul_overflow(whole, mult, &whole) ||
	    __builtin_add_overflow(whole, (uint64_t)((__uint128_t)frac * mult / scale), &sum) ||
	    sum > INT64_MAX)
		return -ERANGE;
	*bytes = sum;
	return 0;
}

/**
 * parse_duration - 10, 10s, 1m30s, 1h, 500ms; a bare number means seconds
 * @ns: receives nanoseconds
 *
 * Return: 0, -EINVAL, -ERANGE.
 */
int parse_duration(const char *s, int64_t *ns)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = {{"ms", 1000000},   {"us", 1000},       {"ns", 1},
		     {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}};
	bool neg = *s == '-', bare = true;
	int64_t sum = 0;

	s += neg;
	if (!*s)
		return -EINVAL;
	while (*s) {
		size_t digits = strspn(s, "0123456789"), i;
		char num[21];
		int64_t v, unit = 1000000000;
		int r;

		if (!digits || digits >= sizeof(num))
			return digits ? -ERANGE : -EINVAL;
		memcpy(num, s, digits);
		num[digits] = '\0';
		r = parse_i64(num, 0, INT64_MAX, &v);
		if (r < 0)
			return r;
		s += digits;
		for (i = 0; *s && i < ARRAY_SIZE(units); i++) {
			if (str_has_prefix(s, units[i].name))
				break;
		}
		if (*s) {
			if (i == ARRAY_SIZE(units))
				return -EINVAL;
			unit = units[i].ns;
			s += strlen(units[i].name);
		} else if (!bare) {
			return -EINVAL;
		}
		bare = false;
		if (__builtin_mul_overflow(v, unit, &v) || __builtin_add_overflow(sum, v, &sum))
			return -ERANGE;
	}
	*ns = neg ? -sum : sum;
	return 0;
}

int parse_bool(const char *s, bool *out)
{
	static const char *const yes[] = {"true", "1", "yes", "on"};
	static const char *const no[] = {"false", "0", "no", "off"};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!strcasecmp(s, yes[i]) || !strcasecmp(s, no[i])) {
			*out = !strcasecmp(s, yes[i]);
			return 0;
		}
	}
	return -EINVAL;
}

void format_size(char out[16], uint64_t bytes)
{
	static const char units[] = "BkMGT";
	double v = (double)bytes;
	size_t i = 0;

	while (v >= 1000 && units[i + 1]) {
		v /= 1000;
		i++;
	}
	if (i)
		snprintf(out, 16, "%.*f %cB", v < 10 ? 2 : v < 100 ? 1 : 0, v, units[i]);
	else
		snprintf(out, 16, "%u B", (unsigned)bytes);
}
