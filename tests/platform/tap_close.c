/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last close of a plain tap waits for RCU in the closing process; of a
 * persistent one it does not, so that nobody's exit path may hold a plain one.
 */
#include <net/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include "platform.h"

#define ROUNDS 7

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int64_t close_time(bool persistent)
{
	struct ifreq ifr = {.ifr_name = "tap%d", .ifr_flags = IFF_TAP | IFF_NO_PI};
	int64_t t[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		struct ifreq one = ifr;
		int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
		int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		if (fd < 0)
			skip("/dev/net/tun cannot be opened");
		if (ioctl(fd, TUNSETIFF, &one) < 0 ||
		    (persistent && ioctl(fd, TUNSETPERSIST, 1) < 0))
			skip("a tap cannot be made");
		one.ifr_flags = IFF_UP;
		ioctl(s, SIOCSIFFLAGS, &one);
		close(s);
		t[i] = now_ns();
		close(fd);
		t[i] = now_ns() - t[i];
	}
	qsort(t, ROUNDS, sizeof(t[0]), compare);
	return t[ROUNDS / 2];
}

static void body(void)
{
	int64_t plain = close_time(false), persistent = close_time(true);

	printf("# median of %d: plain %.2f ms, persistent %.3f ms\n", ROUNDS, (double)plain / 1e6,
	       (double)persistent / 1e6);
	fact(persistent * 2 < plain,
	     "closing a persistent tap takes less than half of a plain one's time");
}

int main(void)
{
	become_user();
	in_userns(CLONE_NEWNET, MAPS_ONE, NULL, body);
	return facts_end();
}
