/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bpf.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "linux/allow_list.h"
#include "net/helper.h"

static const struct net_config closed = {.mtu = MTU_DEFAULT, .ipv6 = 1};

/* A frame of the container with @n bytes of payload; its length. */
static size_t make(uint8_t *out, const char *src, const char *dst, uint8_t proto, uint16_t dport,
		   const void *payload, size_t n)
{
	struct peer p = {.our_port = 4444, .guest_port = dport};
	uint8_t *l4;

	p.v6 = strchr(src, ':');
	inet_pton(p.v6 ? AF_INET6 : AF_INET, src, p.us);
	inet_pton(p.v6 ? AF_INET6 : AF_INET, dst, p.guest);
	if (proto == IPPROTO_UDP)
		return peer_udp(&p, out, payload, n);
	l4 = peer_room(&p, out);
	memset(l4, 0, 20);
	if (proto == IPPROTO_TCP) {
		put16(l4, 4444);
		put16(l4 + 2, dport);
		put32(l4 + 4, 1000);
		l4[12] = 5 << 4;
		l4[13] = 2; /* SYN */
		return peer_finish(&p, out, proto, 20);
	}
	l4[0] = (uint8_t)dport; /* ICMP: the type */
	memcpy(l4 + 8, payload, n);
	return peer_finish(&p, out, proto, 8 + n);
}

static const struct judged {
	const char *src, *dst;
	uint8_t proto;
	uint16_t port;
	enum verdict closed, open;
} judged[] = {
	{"10.0.2.100", "192.0.2.1", 6, 80, FRAME_PASS, FRAME_PASS},
	{"10.0.2.100", "192.0.2.1", 17, 80, FRAME_PASS, FRAME_PASS},
	{"10.0.2.100", "192.0.2.1", 1, 8, FRAME_PASS, FRAME_PASS},
	{"10.0.2.100", "192.0.2.1", 1, 5, FRAME_DROP, FRAME_DROP},
	{"10.0.2.100", "192.0.2.1", 2, 0, FRAME_DROP, FRAME_DROP},
	{"10.0.2.100", "192.0.2.1", 6, 0, FRAME_DROP, FRAME_DROP},
	{"10.0.2.101", "192.0.2.1", 6, 80, FRAME_DROP, FRAME_DROP},
	{"192.0.2.1", "10.0.2.100", 6, 80, FRAME_DROP, FRAME_DROP},
	{"10.0.2.100", "10.0.2.2", 6, 80, FRAME_REFUSE, FRAME_PASS},
	{"10.0.2.100", "10.0.2.2", 17, 80, FRAME_REFUSE, FRAME_PASS},
	{"10.0.2.100", "10.0.2.2", 17, 67, FRAME_DROP, FRAME_DROP},
	{"10.0.2.100", "10.0.2.2", 17, 69, FRAME_DROP, FRAME_DROP},
	{"10.0.2.100", "10.0.2.2", 1, 8, FRAME_PASS, FRAME_PASS},
	{"10.0.2.100", "10.0.2.3", 17, 53, FRAME_DNS, FRAME_DNS},
	{"10.0.2.100", "10.0.2.3", 6, 53, FRAME_DNS, FRAME_DNS},
	{"10.0.2.100", "10.0.2.3", 6, 22, FRAME_REFUSE, FRAME_REFUSE},
	{"10.0.2.100", "10.0.2.3", 17, 123, FRAME_REFUSE, FRAME_REFUSE},
	{"10.0.2.100", "10.0.2.4", 6, 80, FRAME_DROP, FRAME_DROP},
	{"10.0.2.100", "10.0.2.255", 17, 80, FRAME_DROP, FRAME_DROP},
	{"10.0.2.100", "10.0.3.2", 6, 80, FRAME_PASS, FRAME_PASS},
	{"10.0.2.100", "127.0.0.1", 6, 80, FRAME_DROP, FRAME_DROP},
	{"10.0.2.100", "0.0.0.0", 6, 80, FRAME_DROP, FRAME_DROP},
	{"10.0.2.100", "224.0.0.251", 17, 5353, FRAME_DROP, FRAME_DROP},
	{"10.0.2.100", "255.255.255.255", 17, 67, FRAME_DROP, FRAME_DROP},
	{"10.0.2.100", "240.0.0.1", 17, 67, FRAME_DROP, FRAME_DROP},
	{"10.0.2.100", "169.254.169.254", 6, 80, FRAME_PASS, FRAME_REFUSE},
	{"10.0.2.100", "168.63.129.16", 6, 80, FRAME_PASS, FRAME_REFUSE},
	{"10.0.2.100", "168.63.129.17", 6, 80, FRAME_PASS, FRAME_PASS},
	{"10.0.2.100", "100.100.100.200", 17, 53, FRAME_PASS, FRAME_REFUSE},
	{"10.0.2.100", "100.100.100.201", 6, 80, FRAME_PASS, FRAME_PASS},
	{"fd00::100", "2001:db8::1", 6, 80, FRAME_PASS, FRAME_PASS},
	{"fd00::100", "2001:db8::1", 17, 80, FRAME_PASS, FRAME_PASS},
	{"fd00::100", "2001:db8::1", 58, 128, FRAME_DROP, FRAME_DROP},
	{"fd00::100", "fd00::2", 58, 128, FRAME_PASS, FRAME_PASS},
	{"fd00::100", "fd00::2", 58, 134, FRAME_DROP, FRAME_DROP},
	{"fd00::100", "fd00::2", 58, 137, FRAME_DROP, FRAME_DROP},
	{"fd00::100", "ff02::2", 58, 133, FRAME_DROP, FRAME_DROP},
	{"fd00::100", "fd00::2", 6, 80, FRAME_REFUSE, FRAME_PASS},
	{"fd00::100", "fd00::3", 17, 53, FRAME_DNS, FRAME_DNS},
	{"fd00::100", "fd00::3", 6, 53, FRAME_REFUSE, FRAME_REFUSE},
	{"fd00::100", "fd00::4", 6, 80, FRAME_DROP, FRAME_DROP},
	{"fd00::100", "fd00:0:0:1::2", 6, 80, FRAME_PASS, FRAME_PASS},
	{"fd00::100", "::1", 6, 80, FRAME_DROP, FRAME_DROP},
	{"fd00::100", "::", 6, 80, FRAME_DROP, FRAME_DROP},
	{"fd00::100", "::ffff:127.0.0.1", 6, 80, FRAME_DROP, FRAME_DROP},
	{"fd00::100", "::127.0.0.1", 6, 80, FRAME_DROP, FRAME_DROP},
	{"fd00::100", "fe80::1", 6, 80, FRAME_DROP, FRAME_DROP},
	{"fd00::100", "ff02::fb", 17, 5353, FRAME_DROP, FRAME_DROP},
	{"fd00::100", "fd00:ec2::254", 6, 80, FRAME_PASS, FRAME_REFUSE},
	{"fd00::100", "fd20:ce::254", 6, 80, FRAME_PASS, FRAME_REFUSE},
	{"fd00::100", "fd20:ce::253", 6, 80, FRAME_PASS, FRAME_PASS},
	{"fd00::101", "2001:db8::1", 6, 80, FRAME_DROP, FRAME_DROP},
	{"fe80::1", "2001:db8::1", 6, 80, FRAME_DROP, FRAME_DROP},
};

static void filter_judges(void **state __unused)
{
	const struct net_config open = {
		.mtu = MTU_DEFAULT, .ipv6 = 1, .host_loopback = 1, .block_metadata = 1};
	const struct net_config only4 = {.mtu = MTU_DEFAULT};
	uint8_t f[256];

	for (size_t i = 0; i < ARRAY_SIZE(judged); i++) {
		const struct judged *j = &judged[i];
		size_t n = make(f, j->src, j->dst, j->proto, j->port, "0123456789abcdef", 16);
		struct frame out;

		if (filter_guest(&closed, f, n, &out) != j->closed ||
		    filter_guest(&open, f, n, &out) != j->open)
			fail_msg("%s -> %s, protocol %d, port %d", j->src, j->dst, j->proto,
				 j->port);
		if (strchr(j->src, ':'))
			assert_int_equal(filter_guest(&only4, f, n, &out), FRAME_DROP);
	}
}

static void neighbours_are_two(void **state __unused)
{
	static const struct {
		const char *dst, *target;
		uint8_t type;
		enum verdict want;
	} row[] = {
		{"ff02::1:ff00:2", "fd00::2", 135, FRAME_PASS},
		{"ff02::1:ff00:3", "fd00::3", 135, FRAME_PASS},
		{"fd00::2", "fd00::2", 135, FRAME_PASS},
		{"ff02::1:ff00:9", "fd00::9", 135, FRAME_DROP},
		{"fd00::2", "fd00::100", 136, FRAME_PASS},
		{"fd00::2", "fd00::2", 136, FRAME_DROP},
		{"ff02::1", "fd00::3", 136, FRAME_DROP},
	};
	uint8_t f[256], target[16];
	struct frame out;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		size_t n;

		inet_pton(AF_INET6, row[i].target, target);
		n = make(f, "fd00::100", row[i].dst, 58, row[i].type, target, 16);
		assert_int_equal(filter_guest(&closed, f, n, &out), FRAME_DROP); /* hop limit */
		f[14 + 7] = 255;
		assert_int_equal(filter_guest(&closed, f, n, &out), row[i].want);
		assert_int_equal(filter_guest(&closed, f, n - 1, &out), FRAME_DROP);
	}
}

static void arp_is_about_the_container(void **state __unused)
{
	uint8_t f[60] = {[12] = 8, [13] = 6, [15] = 1, [16] = 8, [18] = 6, [19] = 4, [21] = 1};
	struct frame out;

	put32(f + 28, NET4_GUEST);
	put32(f + 38, NET4_GATEWAY);
	assert_int_equal(filter_guest(&closed, f, 42, &out), FRAME_PASS);
	assert_int_equal(filter_guest(&closed, f, 60, &out), FRAME_PASS);
	assert_int_equal(filter_guest(&closed, f, 41, &out), FRAME_DROP);
	assert_int_equal(filter_guest(&closed, f, 34, &out), FRAME_DROP); /* row 128 */
	put32(f + 28, NET4_GATEWAY);
	assert_int_equal(filter_guest(&closed, f, 42, &out), FRAME_DROP);
	put32(f + 28, NET4_GUEST);
	f[21] = 3;
	assert_int_equal(filter_guest(&closed, f, 42, &out), FRAME_DROP);
	f[21] = 1;
	f[18] = 8; /* another length of hardware addresses */
	assert_int_equal(filter_guest(&closed, f, 42, &out), FRAME_DROP);
}

/* Each cut of a good frame, in a block of exactly its size for the sanitizer. */
static void cut_frames_are_dropped(void **state __unused)
{
	static const char *const pair[][2] = {{"10.0.2.100", "192.0.2.1"},
					      {"fd00::100", "2001:db8::1"}};
	uint8_t f[256];
	struct frame out;

	for (size_t i = 0; i < ARRAY_SIZE(pair); i++) {
		for (int proto = 6; proto <= 17; proto += 11) {
			size_t n = make(f, pair[i][0], pair[i][1], (uint8_t)proto, 80, "abcd", 4);

			for (size_t cut = 0; cut < n; cut++) {
				uint8_t *exact = xmalloc(cut + 1);

				memcpy(exact, f, cut);
				assert_int_equal(filter_guest(&closed, exact, cut, &out),
						 FRAME_DROP);
				free(exact);
			}
			assert_int_equal(filter_guest(&closed, f, n, &out), FRAME_PASS);
		}
	}
}

static void odd_headers_are_dropped(void **state __unused)
{
	uint8_t f[256];
	struct frame out;
	size_t n = make(f, "10.0.2.100", "192.0.2.1", 6, 80, "", 0);
	uint8_t *ip = f + 14, *tcp = ip + 20;

	assert_int_equal(filter_guest(&closed, f, n, &out), FRAME_PASS);
	ip[0] = 0x46; /* options */
	assert_int_equal(filter_guest(&closed, f, n, &out), FRAME_DROP);
	ip[0] = 0x65;
	assert_int_equal(filter_guest(&closed, f, n, &out), FRAME_DROP);
	ip[0] = 0x45;
	put16(ip + 6, 0x2000); /* the first of several fragments */
	assert_int_equal(filter_guest(&closed, f, n, &out), FRAME_DROP);
	put16(ip + 6, 0x1fff); /* row 126: the last byte of 64 KiB and more */
	assert_int_equal(filter_guest(&closed, f, n, &out), FRAME_DROP);
	put16(ip + 6, 0x4000);
	tcp[12] = 4 << 4;
	assert_int_equal(filter_guest(&closed, f, n, &out), FRAME_DROP);
	tcp[12] = 6 << 4;
	assert_int_equal(filter_guest(&closed, f, n, &out), FRAME_DROP);
	n = make(f, "10.0.2.100", "192.0.2.1", 17, 80, "abcd", 4);
	put16(f + 14 + 20 + 4, 7);
	assert_int_equal(filter_guest(&closed, f, n, &out), FRAME_DROP);
	put16(f + 14 + 20 + 4, 13);
	assert_int_equal(filter_guest(&closed, f, n, &out), FRAME_DROP);
}

static uint16_t sum_of(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void a_refused_connection_is_reset(void **state __unused)
{
	uint8_t f[256], answer[128];
	struct frame in, out;
	size_t n = make(f, "10.0.2.100", "10.0.2.2", 6, 80, "", 0);

	assert_int_equal(filter_guest(&closed, f, n, &in), FRAME_REFUSE);
	n = frame_refusal(&in, answer);
	assert_true(frame_parse(&out, answer, n));
	assert_int_equal(out.proto, 6);
	assert_int_equal(out.sport, 80);
	assert_int_equal(out.dport, 4444);
	assert_int_equal(get32(out.src), NET4_GATEWAY);
	assert_int_equal(get32(out.dst), NET4_GUEST);
	assert_int_equal(out.l4[13], 0x14);        /* RST, ACK */
	assert_int_equal(get32(out.l4 + 8), 1001); /* acknowledges the SYN */
	assert_int_equal(sum_of(out.ip, 20, 0), 0xffff);
	assert_int_equal(sum_of(out.l4, 20, (uint32_t)sum_of(out.src, 8, 0) + 6 + 20), 0xffff);
	f[14 + 20 + 13] = 4; /* nobody answers a reset */
	assert_int_equal(frame_refusal(&in, answer), 0);
}

static void a_refused_datagram_is_unreachable(void **state __unused)
{
	uint8_t f[256], answer[128];
	struct frame in, out;
	size_t n = make(f, "fd00::100", "fd00::2", 17, 80, "abcd", 4);

	assert_int_equal(filter_guest(&closed, f, n, &in), FRAME_REFUSE);
	n = frame_refusal(&in, answer);
	assert_true(frame_parse(&out, answer, n));
	assert_int_equal(out.proto, 58);
	assert_int_equal(out.l4[0], 1);
	assert_int_equal(out.l4[1], 4);
	assert_memory_equal(out.l4 + 8, f + 14, 48);
	n = make(f, "10.0.2.100", "10.0.2.2", 17, 80, "abcd", 4);
	assert_int_equal(filter_guest(&closed, f, n, &in), FRAME_REFUSE);
	n = frame_refusal(&in, answer);
	assert_true(frame_parse(&out, answer, n));
	assert_int_equal(out.l4[0], 3);
	assert_int_equal(out.l4[1], 3);
	assert_int_equal(sum_of(out.l4, out.l4_len, 0), 0xffff);
}

static bool target(const char *text, const struct net_config *c)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return filter_target(c, (struct sockaddr *)&in, sizeof(in));
	assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return filter_target(c, (struct sockaddr *)&in6, sizeof(in6));
}

static void targets_are_judged_again(void **state __unused)
{
	static const char *const never[] = {
		"0.0.0.0",          "127.0.0.2", "127.255.255.255", "224.0.0.1",
		"255.255.255.255",  "10.0.2.2",  "10.0.2.3",        "::",
		"::ffff:127.0.0.1", "fe80::1",   "ff02::1",         "fd00::2"};
	static const char *const metadata[] = {"169.254.169.254", "168.63.129.16",
					       "100.100.100.200", "fd00:ec2::254", "fd20:ce::254"};
	const struct net_config open = {.host_loopback = 1}, blocked = {.block_metadata = 1};
	const struct sockaddr un = {.sa_family = AF_UNIX};

	for (size_t i = 0; i < ARRAY_SIZE(never); i++) {
		assert_false(target(never[i], &closed));
		assert_false(target(never[i], &open));
	}
	for (size_t i = 0; i < ARRAY_SIZE(metadata); i++) {
		assert_true(target(metadata[i], &closed));
		assert_false(target(metadata[i], &blocked));
	}
	assert_true(target("192.0.2.1", &blocked));
	assert_true(target("192.0.2.1", &closed));
	assert_true(target("2001:db8::1", &closed));
	assert_false(target("127.0.0.1", &closed));
	assert_false(target("::1", &closed));
	assert_true(target("127.0.0.1", &open));
	assert_true(target("::1", &open));
	assert_false(filter_target(&open, &un, sizeof(un)));
	assert_false(filter_target(&open, (struct sockaddr *)&(struct sockaddr_in){AF_INET}, 4));
}

#define Q(s) (const uint8_t *)(s), sizeof(s) - 1

static void queries_are_checked(void **state __unused)
{
	static const char good[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\4test\0\0\1\0\1";
	uint8_t bent[sizeof(good) + 2];
	size_t question, n = sizeof(good) - 1;

	assert_true(dns_query_ok(Q(good), &question));
	assert_int_equal(question, 14);
	for (size_t cut = 0; cut < n; cut++)
		assert_false(dns_query_ok((const uint8_t *)good, cut, &question));
	assert_true(dns_query_ok(Q("\x12\x34\1\0\0\1\0\0\0\0\0\1\0\0\1\0\1\0\0\51\0\0\0\0\0\0\0\0"),
				 &question));
	assert_false(dns_query_ok(Q("\x12\x34\1\0\0\1\0\0\0\0\0\0\100aaaa\0\0\1\0\1"), &question));
	assert_false(dns_query_ok(Q("\x12\x34\1\0\0\1\0\0\0\0\0\0\300\014\0\1\0\1"), &question));
	assert_false(
		dns_query_ok(Q("\x12\x34\1\0\0\2\0\0\0\0\0\0\0\0\1\0\1\0\0\1\0\1"), &question));
	assert_false(dns_query_ok(Q("\x12\x34\1\0\0\1\0\0\0\0\0\3\0\0\1\0\1"), &question));
	memcpy(bent, good, n);
	bent[2] = 0x81; /* an answer */
	assert_false(dns_query_ok(bent, n, &question));
	bent[2] = 0x28; /* an update */
	assert_false(dns_query_ok(bent, n, &question));
	bent[2] = 1;
	bent[n] = 0; /* more than the question */
	assert_false(dns_query_ok(bent, n + 1, &question));
	for (unsigned type = 1; type < 256; type++) { /* TKEY, TSIG, IXFR, AXFR */
		bent[n - 3] = (uint8_t)type;
		assert_int_equal(dns_query_ok(bent, n, &question), type < 249 || type > 252);
	}
	bent[n - 4] = 1; /* CAA */
	bent[n - 3] = 1;
	assert_true(dns_query_ok(bent, n, &question));
}

static void answers_are_checked(void **state __unused)
{
	static const uint8_t query[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1";
	size_t q = sizeof(query) - 1 - 12;

	assert_true(dns_answer_ok(query, q, Q("\x12\x34\x81\x80\0\1\0\0\0\0\0\0\1a\0\0\1\0\1")));
	assert_true(dns_answer_ok(query, q, Q("\x12\x34\x81\x80\0\1\0\0\0\0\0\0\1A\0\0\1\0\1")));
	assert_true(dns_answer_ok(query, q, Q("\x12\x34\x81\x85\0\0\0\0\0\0\0\0")));
	assert_false(dns_answer_ok(query, q, Q("\x12\x34\x81\x80\0\0\0\0\0\0\0\0")));
	assert_false(dns_answer_ok(query, q, Q("\x12\x35\x81\x80\0\1\0\0\0\0\0\0\1a\0\0\1\0\1")));
	assert_false(dns_answer_ok(query, q, Q("\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1")));
	assert_false(dns_answer_ok(query, q, Q("\x12\x34\x81\x80\0\1\0\0\0\0\0\0\1b\0\0\1\0\1")));
	assert_false(dns_answer_ok(query, q, Q("\x12\x34\x81\x80\0\1\0\0\0\0\0\0\1a\0\0\1\0")));
	assert_false(dns_answer_ok(query, q, Q("\x12\x34\x81")));
}

static int replies;
static uint8_t reply[FRAME_MAX];
static size_t reply_len;

static void take_reply(const uint8_t *frame, size_t len)
{
	replies++;
	memcpy(reply, frame, len);
	reply_len = len;
}

static void queries_wait_for_resolvers_and_fail_without(void **state __unused)
{
	static const char query[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1";
	const struct net_resolvers none = {.n = 0};
	struct dns d = {.reply = take_reply};
	struct pollset p = {};
	uint8_t f[256];
	struct frame in;
	size_t n = make(f, "10.0.2.100", "10.0.2.3", 17, 53, query, sizeof(query) - 1);

	replies = 0;
	assert_int_equal(filter_guest(&closed, f, n, &in), FRAME_DNS);
	dns_ask(&d, &in, 0);
	dns_ask(&d, &in, 0); /* once is enough */
	assert_int_equal(d.n_pending, 1);
	assert_true(dns_fill(&d, &p, 0) > 1000);
	assert_int_equal(p.n, 0);
	dns_handle(&d, &p, 1);
	assert_int_equal(replies, 0);
	dns_set_resolvers(&d, &none, 1);
	assert_int_equal(replies, 1);
	assert_int_equal(d.n_pending, 0);
	assert_int_equal(dns_fill(&d, &p, 1), -1);
	assert_true(frame_parse(&in, reply, reply_len));
	assert_int_equal(in.dport, 4444);
	assert_memory_equal(in.l4 + 8, "\x12\x34\x81\x82\0\1\0\0\0\0\0\0\1a\0\0\1\0\1", 19);
	for (int i = 0; i < DNS_PENDING * 2; i++) { /* bounded */
		d.known = false;
		put16(f + 14 + 20 + 8, (uint16_t)i);
		assert_int_equal(filter_guest(&closed, f, n, &in), FRAME_DNS);
		dns_ask(&d, &in, 0);
	}
	assert_int_equal(d.n_pending, DNS_PENDING);
	dns_set_resolvers(&d, &none, 1);
	assert_int_equal(d.n_pending, 0);
}

static void resolv_conf_is_read(void **state __unused)
{
	struct resolv_conf r = {};

	resolv_parse("# comment\n; other\n  nameserver 192.0.2.1 # x\nnameserver\t::1\r\n"
		     "domain old.test\nsearch a.test b.test # c.test\noptions ndots:2 rotate\n"
		     "options edns0\nnameserver\nnameserverx 1.2.3.4\nsortlist 1.2.3.4\n",
		     &r);
	assert_int_equal(r.nameservers.n, 2);
	assert_string_equal(r.nameservers.v[0], "192.0.2.1");
	assert_string_equal(r.nameservers.v[1], "::1");
	assert_int_equal(r.search.n, 2);
	assert_string_equal(r.search.v[1], "b.test");
	assert_int_equal(r.options.n, 3);
	assert_string_equal(r.options.v[2], "edns0");
	resolv_free(&r);
}

static void resolvers_are_addresses(void **state __unused)
{
	struct net_resolver r;

	assert_true(resolver_parse("127.0.0.53", &r));
	assert_int_equal(r.family, AF_INET);
	assert_memory_equal(r.addr, "\x7f\0\0\x35", 4);
	assert_true(resolver_parse("2001:db8::1", &r));
	assert_int_equal(r.family, AF_INET6);
	assert_true(resolver_parse("fe80::1%lo", &r));
	assert_int_equal(r.scope, 1);
	assert_true(resolver_parse("fe80::1%7", &r));
	assert_int_equal(r.scope, 7);
	assert_false(resolver_parse("fe80::1%nowhere0", &r));
	assert_false(resolver_parse("127.0.0.1%lo", &r));
	assert_false(resolver_parse("localhost", &r));
	assert_false(resolver_parse("", &r));
	assert_false(
		resolver_parse("1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", &r));
}

static void files_of_the_container(void **state __unused)
{
	struct net_spec n = {.mode = NETWORK_SLIRP};
	struct buf b = {};

	strv_add(&n.dns_search, "x.test");
	strv_add(&n.dns_options, "ndots:1");
	net_resolv_conf(&n, &b);
	assert_string_equal(b.data, "search x.test\nnameserver 10.0.2.3\noptions ndots:1\n");
	buf_free(&b);
	strv_add(&n.dns, "192.0.2.53");
	strv_free(&n.dns_search);
	strv_add(&n.dns_search, ".");
	b = (struct buf){};
	net_resolv_conf(&n, &b);
	assert_string_equal(b.data, "nameserver 192.0.2.53\noptions ndots:1\n");
	buf_free(&b);
	strv_add(&n.add_host, "db:2001:db8::5");
	n.host_loopback = true;
	b = (struct buf){};
	net_hosts(&n, "box", &b);
	assert_string_equal(b.data, "2001:db8::5\tdb\n127.0.0.1\tlocalhost localhost.localdomain\n"
				    "::1\tlocalhost localhost.localdomain\n"
				    "10.0.2.2\thost.containers.internal host.docker.internal\n"
				    "10.0.2.100\tbox\n");
	buf_free(&b);
	strv_free(&n.dns);
	strv_free(&n.dns_search);
	strv_free(&n.dns_options);
	strv_free(&n.add_host);
}

#define REFUSED (SECCOMP_RET_ERRNO | EPERM)

static const struct called {
	int nr;
	uint64_t args[3];
	uint32_t want;
} called[] = {
	{SYS_read, {}, SECCOMP_RET_ALLOW},
	{SYS_getrandom, {}, SECCOMP_RET_ALLOW},
	{SYS_exit_group, {}, SECCOMP_RET_ALLOW},
	{SYS_socket, {AF_INET, SOCK_STREAM | SOCK_CLOEXEC}, SECCOMP_RET_ALLOW},
	{SYS_socket, {AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK}, SECCOMP_RET_ALLOW},
	{SYS_socket, {AF_INET, SOCK_DGRAM, IPPROTO_ICMP}, SECCOMP_RET_ALLOW},
	{SYS_socket, {AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6}, SECCOMP_RET_ALLOW},
	{SYS_socket, {AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE}, REFUSED},
	{SYS_socket, {AF_INET, SOCK_RAW, IPPROTO_ICMP}, REFUSED},
	{SYS_socket, {AF_UNIX, SOCK_STREAM}, REFUSED},
	{SYS_socket, {AF_NETLINK, SOCK_DGRAM}, REFUSED},
	{SYS_socket, {AF_PACKET, SOCK_DGRAM}, REFUSED},
	{SYS_fcntl, {0, F_GETFL}, SECCOMP_RET_ALLOW},
	{SYS_fcntl, {0, F_SETFD}, SECCOMP_RET_ALLOW},
	{SYS_fcntl, {0, F_SETOWN}, REFUSED},
	{SYS_fcntl, {0, F_DUPFD}, REFUSED},
	{SYS_ioctl, {0, FIONREAD}, SECCOMP_RET_ALLOW},
	{SYS_ioctl, {0, TIOCSTI}, REFUSED},
	{SYS_mmap, {0, 0, PROT_READ | PROT_WRITE}, SECCOMP_RET_ALLOW},
	{SYS_mmap, {0, 0, PROT_READ | PROT_EXEC}, REFUSED},
	{SYS_mprotect, {0, 0, PROT_EXEC}, REFUSED},
	{SYS_openat, {}, REFUSED},
	{SYS_prctl, {}, REFUSED},
	{SYS_mount_setattr, {}, REFUSED},
	{SYS_execve, {}, SECCOMP_RET_KILL_PROCESS},
	{SYS_ptrace, {}, SECCOMP_RET_KILL_PROCESS},
	{SYS_kill, {}, SECCOMP_RET_KILL_PROCESS},
	{SYS_clone3, {}, SECCOMP_RET_KILL_PROCESS},
	{SYS_accept4, {}, SECCOMP_RET_KILL_PROCESS},
};

static void system_calls_are_an_allow_list(void **state __unused)
{
	struct sock_fprog prog = net_filter();
	struct seccomp_data data = {.arch = FILTER_ARCH};
	int allowed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(called); i++) {
		data.nr = called[i].nr;
		memcpy(data.args, called[i].args, sizeof(called[i].args));
		if (bpf_run(prog.filter, prog.len, &data) != called[i].want)
			fail_msg("row %zu, call %d", i, called[i].nr);
	}
	memset(data.args, 0xff, sizeof(data.args));
	for (data.nr = 0; data.nr < 1024; data.nr++)
		allowed += bpf_run(prog.filter, prog.len, &data) == SECCOMP_RET_ALLOW;
	assert_true(allowed < 40);
	data.nr = SYS_read;
	data.arch ^= 1; /* another ABI */
	assert_int_equal(bpf_run(prog.filter, prog.len, &data), SECCOMP_RET_KILL_PROCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filter_judges),
		cmocka_unit_test(neighbours_are_two),
		cmocka_unit_test(arp_is_about_the_container),
		cmocka_unit_test(cut_frames_are_dropped),
		cmocka_unit_test(odd_headers_are_dropped),
		cmocka_unit_test(a_refused_connection_is_reset),
		cmocka_unit_test(a_refused_datagram_is_unreachable),
		cmocka_unit_test(targets_are_judged_again),
		cmocka_unit_test(queries_are_checked),
		cmocka_unit_test(answers_are_checked),
		cmocka_unit_test(queries_wait_for_resolvers_and_fail_without),
		cmocka_unit_test(resolv_conf_is_read),
		cmocka_unit_test(resolvers_are_addresses),
		cmocka_unit_test(files_of_the_container),
		cmocka_unit_test(system_calls_are_an_allow_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
