/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container's frames through the filter into libslirp, as sandbox-net does it. The
 * input is frames, each behind its length in two bytes. Nothing goes out: connect()
 * and sendto() are the harness's own, as guard.c has them otherwise.
 */
#include <netinet/in.h>

#include "net/helper.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int connect(int fd, const struct sockaddr *sa, socklen_t len);
ssize_t sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *sa,
	       socklen_t len);

static const struct net_config config = {.mtu = 1500, .ipv6 = 1, .host_loopback = 1};

void guard_init(const struct net_config *c __unused, const struct dns *d __unused)
{
}

/* The port says how it ends. */
int connect(int fd __unused, const struct sockaddr *sa, socklen_t len)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)sa;

	if (!filter_target(&config, sa, len) &&
	    !(sa->sa_family == AF_INET && in->sin_addr.s_addr == htonl(NET4_RESOLVER)))
		abort();
	errno = ntohs(in->sin_port) % 2 ? EINPROGRESS : ECONNREFUSED;
	return -1;
}

ssize_t sendto(int fd __unused, const void *p __unused, size_t n, int flags __unused,
	       const struct sockaddr *sa, socklen_t len)
{
	if (sa && !filter_target(&config, sa, len))
		abort();
	return (ssize_t)n;
}

/*
 * Its ARP and neighbour discovery come first, so that libslirp keeps no answer back:
 * slirp_cleanup() of 4.7.0 frees such a one twice. sandbox-net never calls that.
 */
static void introduce(void)
{
	struct peer p = {
		.our_mac = {2, 1, 1, 1, 1, 1}, .guest_mac = {0x52, 0x55, 10, 0, 2, 2}, .v6 = true};
	uint8_t arp[42] = {0x52, 0x55, 10, 0,   2, 2, 2, 1, 1, 1, 1,  1, 8, 6,
			   0,    1,    8,  0,   6, 4, 0, 1, 2, 1, 1,  1, 1, 1,
			   10,   0,    2,  100, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2};
	struct in6_addr guest = net6_addr(NET6_GUEST), gateway = net6_addr(NET6_GATEWAY);
	uint8_t frame[128], *icmp = peer_room(&p, frame);

	slirp_frame(arp, sizeof(arp), 0);
	memcpy(p.us, &guest, 16);
	memcpy(p.guest, &gateway, 16);
	memset(icmp, 0, 24);
	icmp[0] = 135; /* neighbour solicitation */
	memcpy(icmp + 8, &gateway, 16);
	peer_finish(&p, frame, IPPROTO_ICMPV6, 24);
	frame[14 + 7] = 255;
	slirp_frame(frame, 14 + 40 + 24, 0);
}

static uint16_t sum(const uint8_t *p, size_t n, uint32_t s)
{
	for (size_t i = 0; i < n; i++)
		s += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

/* Right checksums, which nothing finds by chance. */
static void fix_sums(uint8_t *data, size_t len)
{
	struct frame f;
	uint8_t *ip, *at;
	uint32_t pseudo;

	if (!frame_parse(&f, data, len) || f.type == 0x0806)
		return;
	ip = data + 14;
	at = data + (f.l4 - data) + (f.proto == IPPROTO_TCP ? 16 : f.proto == IPPROTO_UDP ? 6 : 2);
	if (!f.v6) {
		put16(ip + 10, 0);
		put16(ip + 10, (uint16_t)~sum(ip, 20, 0));
	}
	pseudo = f.proto == IPPROTO_ICMP ? 0 : (uint32_t)sum(f.src, f.v6 ? 32 : 8, 0) + f.proto;
	if (f.proto == IPPROTO_UDP)
		f.l4_len = get16(f.l4 + 4);
	if (f.proto != IPPROTO_ICMP)
		pseudo += (uint32_t)f.l4_len;
	put16(at, 0);
	put16(at, (uint16_t)~sum(f.l4, f.l4_len, pseudo));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct net_resolvers none;
	struct err e = {};

	if (slirp_init_stack(&config, &e) < 0)
		abort();
	slirp_set_resolvers(&none);
	introduce();
	while (size > 2) {
		size_t n = MIN((size_t)get16(data), size - 2);
		uint8_t *frame = xmalloc(n + 1);

		memcpy(frame, data + 2, n);
		fix_sums(frame, n);
		slirp_frame(frame, n, 0);
		free(frame);
		data += 2 + n;
		size -= 2 + n;
	}
	slirp_free_stack();
	return 0;
}
