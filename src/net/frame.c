/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of the container, taken apart with every length checked once, and
 * frames for it. Ethernet, ARP, IPv4 without options and fragments, IPv6 without
 * extension headers, TCP, UDP, ICMP: nothing more.
 */
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include "net/helper.h"

#define ETH_LEN  14
#define IP4_LEN  20
#define IP6_LEN  40
#define TCP_LEN  20
#define UDP_LEN  8
#define ICMP_LEN 8
#define ARP_LEN  28

/* TCP flags at byte 13 of its header */
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };

static bool parse_ports(struct frame *f)
{
	f->sport = get16(f->l4);
	f->dport = get16(f->l4 + 2);
	return f->sport && f->dport;
}

static bool parse_l4(struct frame *f)
{
	size_t n;

	switch (f->proto) {
	case IPPROTO_TCP:
		if (f->l4_len < TCP_LEN)
			return false;
		n = (size_t)(f->l4[12] >> 4) * 4;
		return n >= TCP_LEN && n <= f->l4_len && parse_ports(f);
	case IPPROTO_UDP:
		if (f->l4_len < UDP_LEN)
			return false;
		n = get16(f->l4 + 4);
		return n >= UDP_LEN && n <= f->l4_len && parse_ports(f);
	case IPPROTO_ICMP:
		return !f->v6 && f->l4_len >= ICMP_LEN;
	case IPPROTO_ICMPV6:
		return f->v6 && f->l4_len >= ICMP_LEN;
	default:
		return false;
	}
}

static bool parse_ip4(struct frame *f, size_t len)
{
	if (len < IP4_LEN || f->ip[0] != 0x45) /* also IP options, which nothing sends */
		return false;
	f->ip_len = get16(f->ip + 2);
	if (f->ip_len < IP4_LEN || f->ip_len > len)
		return false;
	f->src = f->ip + 12;
	f->dst = f->ip + 16;
	f->proto = f->ip[9];
	f->l4 = f->ip + IP4_LEN;
	f->l4_len = f->ip_len - IP4_LEN;
	if (get16(f->ip + 6) & 0x3fff) /* more fragments, or an offset */
		return false;
	return parse_l4(f);
}

static bool parse_ip6(struct frame *f, size_t len)
{
	if (len < IP6_LEN || f->ip[0] >> 4 != 6)
		return false;
	f->l4_len = get16(f->ip + 4);
	f->ip_len = IP6_LEN + f->l4_len;
	if (f->ip_len > len)
		return false;
	f->v6 = true;
	f->src = f->ip + 8;
	f->dst = f->ip + 24;
	f->proto = f->ip[6];
	f->l4 = f->ip + IP6_LEN;
	return parse_l4(f);
}

/* Ethernet and IPv4; what follows the fixed part is padding. */
static bool parse_arp(struct frame *f, size_t len)
{
	static const uint8_t head[6] = {0, 1, 8, 0, 6, 4};

	f->l4 = f->ip;
	f->l4_len = ARP_LEN;
	f->src = f->ip + 14;
	f->dst = f->ip + 24;
	return len >= ARP_LEN && !memcmp(f->ip, head, sizeof(head));
}

/**
 * frame_parse - take a frame apart
 * @f: receives pointers into @data
 * @data: any bytes
 *
 * Return: whether it is one that libslirp understands, whole and with lengths
 * that fit.
 */
bool frame_parse(struct frame *f, const uint8_t *data, size_t len)
{
	*f = (struct frame){.eth = data};
	if (len < ETH_LEN || len > FRAME_MAX)
		return false;
	f->type = get16(data + 12);
	f->ip = data + ETH_LEN;
	switch (f->type) {
	case ETHERTYPE_IP:
		return parse_ip4(f, len - ETH_LEN);
	case ETHERTYPE_IPV6:
		return parse_ip6(f, len - ETH_LEN);
	case ETHERTYPE_ARP:
		return parse_arp(f, len - ETH_LEN);
	default:
		return false;
	}
}

/* peer_of - remember both ends of a frame of the container */
void peer_of(struct peer *p, const struct frame *f)
{
	size_t n = f->v6 ? 16 : 4;

	*p = (struct peer){.v6 = f->v6, .guest_port = f->sport, .our_port = f->dport};
	memcpy(p->our_mac, f->eth, 6);
	memcpy(p->guest_mac, f->eth + 6, 6);
	memcpy(p->guest, f->src, n);
	memcpy(p->us, f->dst, n);
}

/* Source: RFC 1071 */
static uint32_t sum_add(uint32_t sum, const uint8_t *p, size_t n)
{
	for (; n > 1; p += 2, n -= 2)
		sum += get16(p);
	return n ? sum + ((uint32_t)p[0] << 8) : sum;
}

static uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* peer_room - where the TCP, UDP or ICMP part of an answer in @out begins */
uint8_t *peer_room(const struct peer *p, uint8_t *out)
{
	return out + ETH_LEN + (p->v6 ? IP6_LEN : IP4_LEN);
}

static void put_checksum(const struct peer *p, uint8_t *l4, uint8_t proto, size_t n)
{
	size_t addr = p->v6 ? 16 : 4;
	size_t at = proto == IPPROTO_TCP ? 16 : proto == IPPROTO_UDP ? 6 : 2;
	uint32_t sum = 0;
	uint16_t folded;

	if (proto != IPPROTO_ICMP) {
		sum = sum_add(sum_add(0, p->us, addr), p->guest, addr);
		sum += proto + (uint32_t)n;
	}
	put16(l4 + at, 0);
	folded = sum_fold(sum_add(sum, l4, n));
	put16(l4 + at, folded || proto != IPPROTO_UDP ? folded : 0xffff);
}

/**
 * peer_finish - put the headers around an answer to the container
 * @out: the frame; its part after the IP header is there, but for the checksum
 * @l4_len: its length
 *
 * Return: the length of the whole frame.
 */
size_t peer_finish(const struct peer *p, uint8_t *out, uint8_t proto, size_t l4_len)
{
	uint8_t *ip = out + ETH_LEN, *l4 = peer_room(p, out);

	memcpy(out, p->guest_mac, 6);
	memcpy(out + 6, p->our_mac, 6);
	put16(out + 12, p->v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	memset(ip, 0, (size_t)(l4 - ip));
	if (p->v6) {
		ip[0] = 0x60;
		put16(ip + 4, (uint16_t)l4_len);
		ip[6] = proto;
		ip[7] = 64;
		memcpy(ip + 8, p->us, 16);
		memcpy(ip + 24, p->guest, 16);
	} else {
		ip[0] = 0x45;
		put16(ip + 2, (uint16_t)(IP4_LEN + l4_len));
		put16(ip + 6, 0x4000); /* do not fragment */
		ip[8] = 64;
		ip[9] = proto;
		memcpy(ip + 12, p->us, 4);
		memcpy(ip + 16, p->guest, 4);
		put16(ip + 10, sum_fold(sum_add(0, ip, IP4_LEN)));
	}
	put_checksum(p, l4, proto, l4_len);
	return (size_t)(l4 - out) + l4_len;
}

/* peer_udp - a whole UDP frame in @out (FRAME_MAX bytes); 0 when it would be too long */
size_t peer_udp(const struct peer *p, uint8_t *out, const void *payload, size_t n)
{
	uint8_t *udp = peer_room(p, out);

	if ((size_t)(udp - out) + UDP_LEN + n > ETH_LEN + MTU_DEFAULT)
		return 0;
	put16(udp, p->our_port);
	put16(udp + 2, p->guest_port);
	put16(udp + 4, (uint16_t)(UDP_LEN + n));
	memcpy(udp + UDP_LEN, payload, n);
	return peer_finish(p, out, IPPROTO_UDP, UDP_LEN + n);
}

/* Source: RFC 9293, 3.10.7.1: the answer of a closed port */
static size_t tcp_reset(const struct frame *f, const struct peer *p, uint8_t *out)
{
	uint8_t *tcp = peer_room(p, out), flags = f->l4[13];
	uint32_t len = (uint32_t)(f->l4_len - (size_t)(f->l4[12] >> 4) * 4);

	if (flags & TCP_RST)
		return 0;
	memset(tcp, 0, TCP_LEN);
	put16(tcp, p->our_port);
	put16(tcp + 2, p->guest_port);
	tcp[12] = TCP_LEN / 4 << 4;
	if (flags & TCP_ACK) {
		put32(tcp + 4, get32(f->l4 + 8));
		tcp[13] = TCP_RST;
	} else {
		put32(tcp + 8, get32(f->l4 + 4) + len + !!(flags & TCP_SYN) + !!(flags & TCP_FIN));
		tcp[13] = TCP_RST | TCP_ACK;
	}
	return peer_finish(p, out, IPPROTO_TCP, TCP_LEN);
}

/* Source: RFC 792, RFC 4443: port unreachable, with the headers that caused it */
static size_t udp_unreachable(const struct frame *f, const struct peer *p, uint8_t *out)
{
	uint8_t *icmp = peer_room(p, out);
	size_t quoted = MIN(f->ip_len, (f->v6 ? IP6_LEN : IP4_LEN) + UDP_LEN);

	memset(icmp, 0, ICMP_LEN);
	icmp[0] = p->v6 ? ICMP6_DST_UNREACH : ICMP_DEST_UNREACH;
	icmp[1] = p->v6 ? ICMP6_DST_UNREACH_NOPORT : ICMP_PORT_UNREACH;
	memcpy(icmp + ICMP_LEN, f->ip, quoted);
	return peer_finish(p, out, p->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, ICMP_LEN + quoted);
}

/**
 * frame_refusal - tell the container that nobody listens where it knocked
 * @f: a TCP or UDP frame
 * @out: receives the answer; 128 bytes are enough
 *
 * Return: its length, 0 when none is due.
 */
size_t frame_refusal(const struct frame *f, uint8_t *out)
{
	struct peer p;

	peer_of(&p, f);
	if (f->proto == IPPROTO_TCP)
		return tcp_reset(f, &p, out);
	if (f->proto == IPPROTO_UDP)
		return udp_unreachable(f, &p, out);
	return 0;
}
