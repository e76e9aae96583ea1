/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock on the wall of a program called jumpy, which is sandbox linked with
 * --wrap: every second look at it is ten years ahead, every other one ten years behind.
 */
#include <time.h>

#define TEN_YEARS 315360000L

int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);
time_t __wrap_time(time_t *out);

int __wrap_clock_gettime(clockid_t id, struct timespec *t)
{
	static unsigned n;
	int r = __real_clock_gettime(id, t);

	if (!r && id == CLOCK_REALTIME)
		t->tv_sec += n++ % 2 ? TEN_YEARS : -TEN_YEARS;
	return r;
}

time_t __wrap_time(time_t *out)
{
	struct timespec t = {};

	__wrap_clock_gettime(CLOCK_REALTIME, &t);
	if (out)
		*out = t.tv_sec;
	return t.tv_sec;
}
