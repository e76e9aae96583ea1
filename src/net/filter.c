/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Every frame of the container is looked at here before libslirp sees it. What
 * passes is of a kind that libslirp needs, is whole, comes from the container's
 * own address and goes to an address that the container may reach. Fragments
 * never pass: reassembly is libslirp's weakest spot (CVE-2019-14378,
 * CVE-2020-1983, and 4.7.0 still corrupts its heap under random fragments of 1,500
 * bytes). At the default MTU nobody needs them, at a smaller one UDP datagrams
 * that do not fit are lost. Nor do DHCP and TFTP (CVE-2021-3592 to 3595), because
 * addresses are set without them.
 *
 * The gateway is libslirp's name for the host's loopback, so it is refused
 * unless the user opened it; a ping of it is answered by libslirp itself.
 *
 * Addresses that never leave a machine are dropped; what a program could reach
 * by mistake is refused, so that it fails at once instead of timing out. The
 * same table is asked again when libslirp connects (guard.c).
 */
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include "net/helper.h"

struct net4 {
	uint32_t addr;
	uint8_t bits;
};

struct net6 {
	uint8_t addr[16];
	uint8_t bits;
};

/* Never reached from a container. */
static const struct net4 never4[] = {
	{0x00000000, 8}, /* this host: Linux takes it as loopback */
	{0x7f000000, 8}, /* loopback */
	{0xe0000000, 4}, /* multicast */
	{0xf0000000, 4}, /* reserved, and broadcast, which libslirp takes as loopback */
};

static const struct net6 never6[] = {
	{{}, 96},                         /* ::, ::1 and IPv4-compatible */
	{{[10] = 0xff, [11] = 0xff}, 96}, /* IPv4-mapped */
	{{0xfe, 0x80}, 10},               /* link-local: of the host's links */
	{{0xff}, 8},                      /* multicast */
};

/*
 * Where clouds hand out a machine's own credentials, when the user closes it. The second is
 * also where Azure's machines resolve names; the container's resolver asks it all the same.
 */
static const struct net4 metadata4[] = {
	{0xa9fe0000, 16}, /* 169.254.0.0: most of them */
	{0xa83f8110, 32}, /* 168.63.129.16: Azure's wire server */
	{0x646464c8, 32}, /* 100.100.100.200: Alibaba */
};

static const struct net6 metadata6[] = {
	{{0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, 0x54}, 128}, /* fd00:ec2::254: AWS */
	{{0xfd, 0x20, 0x00, 0xce, [14] = 0x02, 0x54}, 128}, /* fd20:ce::254: Google */
};

static bool in_net4(uint32_t a, const struct net4 *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!((a ^ v[i].addr) >> (32 - v[i].bits)))
			return true;
	}
	return false;
}

static bool prefix_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole))
		return false;
	return !rest || !((a[whole] ^ b[whole]) >> (8 - rest));
}

static bool in_net6(const uint8_t *a, const struct net6 *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (prefix_equal(a, v[i].addr, v[i].bits))
			return true;
	}
	return false;
}

static bool is_net6(const uint8_t *a, uint16_t last)
{
	struct in6_addr want = net6_addr(last);

	return !memcmp(a, &want, sizeof(want));
}

static bool in_virtual4(uint32_t a)
{
	return a >> (32 - NET4_PREFIX) == NET4_NETWORK >> (32 - NET4_PREFIX);
}

static bool in_virtual6(const uint8_t *a)
{
	struct in6_addr net = net6_addr(0);

	return prefix_equal(a, net.s6_addr, NET6_PREFIX);
}

/* The virtual resolver has one port, by TCP only with IPv4: libslirp has no room for more. */
static enum verdict to_resolver(const struct frame *f)
{
	if (f->proto == IPPROTO_UDP)
		return f->dport == 53 ? FRAME_DNS : FRAME_REFUSE;
	if (f->proto == IPPROTO_TCP)
		return f->dport == 53 && !f->v6 ? FRAME_DNS : FRAME_REFUSE;
	return FRAME_PASS; /* a ping */
}

static enum verdict to_gateway(const struct net_config *c, const struct frame *f)
{
	if (f->proto != IPPROTO_TCP && f->proto != IPPROTO_UDP)
		return FRAME_PASS; /* a ping */
	if (f->proto == IPPROTO_UDP && (f->dport == 67 || f->dport == 69 || f->dport == 547))
		return FRAME_DROP; /* libslirp's own DHCP and TFTP servers */
	return c->host_loopback ? FRAME_PASS : FRAME_REFUSE;
}

static enum verdict filter_ip4(const struct net_config *c, const struct frame *f)
{
	uint32_t dst = get32(f->dst);

	if (get32(f->src) != NET4_GUEST)
		return FRAME_DROP;
	if (f->proto == IPPROTO_ICMP && f->l4[0] != ICMP_ECHO)
		return FRAME_DROP;
	if (in_net4(dst, never4, ARRAY_SIZE(never4)))
		return FRAME_DROP;
	if (dst == NET4_GATEWAY)
		return to_gateway(c, f);
	if (dst == NET4_RESOLVER)
		return to_resolver(f);
	if (in_virtual4(dst))
		return FRAME_DROP;
	if (c->block_metadata && in_net4(dst, metadata4, ARRAY_SIZE(metadata4)))
		return FRAME_REFUSE;
	return FRAME_PASS;
}

/* Neighbour discovery: only about the two neighbours that there are, and the container itself. */
static enum verdict filter_neighbour(const struct frame *f)
{
	const uint8_t *target = f->l4 + 8;

	if (f->l4_len < 24 || f->ip[7] != 255 || f->l4[1])
		return FRAME_DROP;
	if (f->l4[0] == ND_NEIGHBOR_ADVERT)
		return is_net6(target, NET6_GUEST) ? FRAME_PASS : FRAME_DROP;
	if (is_net6(target, NET6_GATEWAY) || is_net6(target, NET6_RESOLVER))
		return FRAME_PASS;
	return FRAME_DROP;
}

static enum verdict filter_icmp6(const struct frame *f)
{
	switch (f->l4[0]) {
	case ICMP6_ECHO_REQUEST: /* libslirp answers for its own addresses and knows no others */
		return is_net6(f->dst, NET6_GATEWAY) || is_net6(f->dst, NET6_RESOLVER) ? FRAME_PASS
										       : FRAME_DROP;
	case ND_NEIGHBOR_SOLICIT:
	case ND_NEIGHBOR_ADVERT:
		return filter_neighbour(f);
	default: /* router advertisements, redirects, multicast listeners, ... */
		return FRAME_DROP;
	}
}

static enum verdict filter_ip6(const struct net_config *c, const struct frame *f)
{
	if (!c->ipv6 || !is_net6(f->src, NET6_GUEST))
		return FRAME_DROP;
	if (f->proto == IPPROTO_ICMPV6)
		return filter_icmp6(f);
	if (in_net6(f->dst, never6, ARRAY_SIZE(never6)))
		return FRAME_DROP;
	if (is_net6(f->dst, NET6_GATEWAY))
		return to_gateway(c, f);
	if (is_net6(f->dst, NET6_RESOLVER))
		return to_resolver(f);
	if (in_virtual6(f->dst))
		return FRAME_DROP;
	if (c->block_metadata && in_net6(f->dst, metadata6, ARRAY_SIZE(metadata6)))
		return FRAME_REFUSE;
	return FRAME_PASS;
}

/* The container asks for, or tells, its own address and no other one. */
static enum verdict filter_arp(const struct frame *f)
{
	uint16_t op = get16(f->l4 + 6);

	return (op == 1 || op == 2) && get32(f->src) == NET4_GUEST ? FRAME_PASS : FRAME_DROP;
}

/**
 * filter_guest - judge a frame of the container
 * @c: what the user allows
 * @data: any bytes
 * @f: receives the frame taken apart, unless it is dropped
 *
 * Return: an enum verdict.
 */
enum verdict filter_guest(const struct net_config *c, const uint8_t *data, size_t len,
			  struct frame *f)
{
	if (!frame_parse(f, data, len))
		return FRAME_DROP;
	if (f->type == ETHERTYPE_ARP)
		return filter_arp(f);
	return f->v6 ? filter_ip6(c, f) : filter_ip4(c, f);
}

/**
 * filter_host - judge a frame of libslirp
 *
 * Its router advertisements are kept away from the container: addresses and
 * routes are set already, and a second address would not pass filter_guest().
 *
 * Return: whether the container gets it.
 */
bool filter_host(const uint8_t *data, size_t len)
{
	struct frame f;

	if (len < 14 || get16(data + 12) != ETHERTYPE_IPV6)
		return true;
	return !(frame_parse(&f, data, len) && f.proto == IPPROTO_ICMPV6 &&
		 f.l4[0] == ND_ROUTER_ADVERT);
}

/**
 * filter_target - judge where libslirp wants to connect or send to
 *
 * After its own translation: the gateway has become the host's loopback.
 *
 * Return: whether it may.
 */
bool filter_target(const struct net_config *c, const struct sockaddr *sa, socklen_t len)
{
	if (sa->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
		uint32_t a = ntohl(((const struct sockaddr_in *)sa)->sin_addr.s_addr);

		if (a == INADDR_LOOPBACK)
			return c->host_loopback;
		return !in_net4(a, never4, ARRAY_SIZE(never4)) && !in_virtual4(a) &&
		       !(c->block_metadata && in_net4(a, metadata4, ARRAY_SIZE(metadata4)));
	}
	if (sa->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
		const uint8_t *a = ((const struct sockaddr_in6 *)sa)->sin6_addr.s6_addr;

		if (!memcmp(a, &in6addr_loopback, 16))
			return c->host_loopback;
		return !in_net6(a, never6, ARRAY_SIZE(never6)) && !in_virtual6(a) &&
		       !(c->block_metadata && in_net6(a, metadata6, ARRAY_SIZE(metadata6)));
	}
	return false;
}
