/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_peer: the other end of the network tests: a small server that runs in the
 * outer network namespace, and clients that run in the container's.
 *
 *	net_peer serve ADDR...		TCP and UDP port 7000: "hello <peer>" and an echo
 *	net_peer dns ADDR MODE NAME	a DNS server: any A question gets ADDR; it says on
 *					stderr "query <proto> <qname>"; NAME is where it listens.
 *					MODE: ok, silent, forged (wrong id and wrong question
 *					first, and the answer after 0.2 s), broken, big, lazy
 *					(by TCP nothing is read for 0.5 s). Of a TCP connection
 *					that ends amid a message it says "cut"
 *	net_peer tcp|udp ADDR PORT	prints the greeting, or the errno's name
 *	net_peer ask udp|tcp SERVER QNAME	prints address, rcode or errno
 *	net_peer raw SERVER HEX		sends the bytes to UDP port 53; prints the length of what
 *					comes back in 1 s, or "nothing"
 *	net_peer stream SERVER STEP...	a TCP connection to port 53. STEP is bytes in hex, "slow"
 *					(from then on byte by byte), "urgent" (a byte out of
 *					band), "half" (no more is sent);
 *					prints "answer RCODE" for each, and "closed" or "open"
 *	net_peer pipe SERVER N		N queries in one TCP connection without a pause; prints how
 *					many answers came in the order of the questions
 *	net_peer hold SERVER N		N TCP connections, each with the first byte of a query;
 *					prints how many are there after 0.5 s
 *	net_peer evil ROUNDS SEED	garbage frames into tap0; needs a packet socket
 *	net_peer spoof SRC DST		one UDP frame to DST:7000 with source address SRC
 *	net_peer flood ADDR N		N TCP connections begun to ADDR:7001 at once
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "net/helper.h"

static __noreturn void say_errno(void)
{
	printf("%s\n", strerrorname_np(errno));
	exit(1);
}

static socklen_t address(const char *text, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		return sizeof(*in);
	}
	if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		return sizeof(*in6);
	}
	fprintf(stderr, "net_peer: %s is no address\n", text);
	exit(2);
}

static int listener(const char *addr, uint16_t port, int type)
{
	struct sockaddr_storage sa;
	socklen_t len = address(addr, port, &sa);
	int fd = socket(sa.ss_family, type | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sa, len) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 64) < 0))
		say_errno();
	return fd;
}

static void name_of(const struct sockaddr_storage *sa, char out[64])
{
	const void *p = sa->ss_family == AF_INET
				? (const void *)&((const struct sockaddr_in *)sa)->sin_addr
				: (const void *)&((const struct sockaddr_in6 *)sa)->sin6_addr;

	inet_ntop(sa->ss_family, p, out, 64);
}

static void serve_one(int fd, bool stream)
{
	char buf[4096], name[64], greeting[80];
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	ssize_t n;
	int c;

	if (!stream) {
		n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&peer, &len);
		name_of(&peer, name);
		n = snprintf(greeting, sizeof(greeting), "hello %s\n", name);
		sendto(fd, greeting, (size_t)n, 0, (struct sockaddr *)&peer, len);
		fprintf(stderr, "udp from %s\n", name);
		return;
	}
	c = accept4(fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);
	if (c < 0)
		return;
	if (fork()) {
		close(c);
		return;
	}
	name_of(&peer, name);
	dprintf(c, "hello %s\n", name);
	while ((n = read(c, buf, sizeof(buf))) > 0)
		write_full(c, buf, (size_t)n);
	_exit(0);
}

static __noreturn void serve(char **addrs)
{
	struct pollfd p[16];
	nfds_t n = 0;

	signal(SIGCHLD, SIG_IGN);
	for (; *addrs && n < 15; addrs++) {
		p[n++] = (struct pollfd){listener(*addrs, 7000, SOCK_STREAM), POLLIN, 0};
		p[n++] = (struct pollfd){listener(*addrs, 7000, SOCK_DGRAM), POLLIN, 0};
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		poll(p, n, -1);
		for (nfds_t i = 0; i < n; i++) {
			if (p[i].revents)
				serve_one(p[i].fd, i % 2 == 0);
		}
	}
}

/* ---- DNS ---- */

static void print_name(const char *proto, const uint8_t *msg, size_t n)
{
	fprintf(stderr, "query %s ", proto);
	for (size_t at = 12; at < n && msg[at]; at += 1U + msg[at])
		fprintf(stderr, "%.*s.", msg[at], msg + at + 1);
	fputs("\n", stderr);
}

/* The answer in place; its length. */
static size_t dns_answer(uint8_t *msg, size_t n, const char *addr, bool big)
{
	size_t question = 0, records = big ? 60 : 1;

	if (!dns_query_ok(msg, n, &question))
		return 0;
	msg[2] |= 0x80;
	msg[3] = 0x80;
	put16(msg + 6, (uint16_t)records);
	put16(msg + 10, 0);
	n = 12 + question;
	for (size_t i = 0; i < records; i++, n += 16) {
		static const uint8_t head[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4};

		memcpy(msg + n, head, sizeof(head));
		inet_pton(AF_INET, addr, msg + n + 12);
	}
	return n;
}

static void dns_udp(int fd, const char *addr, const char *mode)
{
	uint8_t msg[4096], forged[4096];
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	ssize_t got = recvfrom(fd, msg, 1500, 0, (struct sockaddr *)&peer, &len);
	size_t n;

	if (got < 12)
		return;
	print_name("udp", msg, (size_t)got);
	if (streq(mode, "silent"))
		return;
	n = dns_answer(msg, (size_t)got, addr, streq(mode, "big"));
	if (streq(mode, "broken"))
		n = 11;
	if (streq(mode, "forged")) {
		memcpy(forged, msg, n);
		inet_pton(AF_INET, "203.0.113.66", forged + n - 4);
		forged[0] ^= 0x55; /* another id */
		sendto(fd, forged, n, 0, (struct sockaddr *)&peer, len);
		forged[0] ^= 0x55;
		forged[13] ^= 0x01; /* another name */
		sendto(fd, forged, n, 0, (struct sockaddr *)&peer, len);
		forged[13] ^= 0x01;
		/* right in all, but from elsewhere */
		int other = socket(peer.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		sendto(other, forged, n, 0, (struct sockaddr *)&peer, len);
		close(other);
		usleep(200000);
	}
	sendto(fd, msg, n, 0, (struct sockaddr *)&peer, len);
}

/* Whole messages of a connection, one after the other */
static void dns_tcp_answer(int c, const char *addr, const char *mode)
{
	static uint8_t msg[65536];
	uint8_t size[2];
	size_t n, len;
	ssize_t got;

	while ((got = read_full(c, size, 2)) == 2) {
		len = get16(size);
		got = read_full(c, msg, len);
		if (got != (ssize_t)len)
			break;
		print_name("tcp", msg, len);
		n = dns_answer(msg, len, addr, streq(mode, "big"));
		put16(size, (uint16_t)n);
		if (write_full(c, size, 2) < 0 || write_full(c, msg, n) < 0)
			return;
	}
	if (got)
		fputs("cut\n", stderr);
}

static void dns_tcp(int fd, const char *addr, const char *mode)
{
	int c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (c < 0)
		return;
	if (fork()) {
		close(c);
		return;
	}
	if (streq(mode, "lazy"))
		usleep(500000);
	dns_tcp_answer(c, addr, mode);
	_exit(0);
}

static __noreturn void dns_server(const char *addr, const char *mode, const char *at)
{
	struct pollfd p[] = {{listener(at, 53, SOCK_DGRAM), POLLIN, 0},
			     {listener(at, 53, SOCK_STREAM), POLLIN, 0}};

	signal(SIGCHLD, SIG_IGN);
	puts("ready");
	fflush(stdout);
	for (;;) {
		poll(p, 2, -1);
		if (p[0].revents)
			dns_udp(p[0].fd, addr, mode);
		if (p[1].revents)
			dns_tcp(p[1].fd, addr, mode);
	}
}

/* ---- clients ---- */

static int dial(const char *addr, uint16_t port, int type)
{
	struct timeval limit = {.tv_sec = 6};
	struct sockaddr_storage sa;
	socklen_t len = address(addr, port, &sa);
	int fd = socket(sa.ss_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		say_errno();
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&sa, len) < 0)
		say_errno();
	return fd;
}

static int client(const char *addr, const char *port, int type)
{
	int fd = dial(addr, (uint16_t)atoi(port), type);
	char buf[256];
	ssize_t n;

	if (type == SOCK_DGRAM && send(fd, "x", 1, 0) < 0)
		say_errno();
	n = recv(fd, buf, sizeof(buf), 0);
	if (n < 0)
		say_errno();
	fwrite(buf, 1, (size_t)n, stdout);
	return 0;
}

static size_t question(uint8_t *msg, const char *name)
{
	static const uint8_t head[12] = {0x12, 0x34, 1, 0, 0, 1};
	uint8_t *at = msg + 12;

	memcpy(msg, head, sizeof(head));
	while (*name) {
		size_t n = strcspn(name, ".");

		*at++ = (uint8_t)n;
		memcpy(at, name, n);
		at += n;
		name += n + (name[n] == '.');
	}
	memcpy(at, "\0\0\1\0\1", 5);
	return (size_t)(at + 5 - msg);
}

static int ask(const char *proto, const char *server, const char *name)
{
	bool tcp = streq(proto, "tcp");
	int fd = dial(server, 53, tcp ? SOCK_STREAM : SOCK_DGRAM);
	uint8_t msg[8192] = {}, size[2];
	size_t n = question(msg, name);
	char addr[64];
	ssize_t got;

	put16(size, (uint16_t)n);
	if ((tcp && write_full(fd, size, 2) < 0) || write_full(fd, msg, n) < 0)
		say_errno();
	if (tcp)
		got = read_full(fd, size, 2) == 2 ? read_full(fd, msg, MIN(get16(size), 4096)) : -1;
	else
		got = recv(fd, msg, sizeof(msg), 0);
	if (got < 0)
		say_errno();
	if (got < 12 || get16(msg) != 0x1234)
		puts("odd");
	else if (msg[3] & 15)
		printf("rcode %d\n", msg[3] & 15);
	else
		printf("%s %d\n", inet_ntop(AF_INET, msg + got - 4, addr, sizeof(addr)),
		       get16(msg + 6));
	return 0;
}

static size_t from_hex(const char *hex, uint8_t *out, size_t room)
{
	size_t n = 0;

	for (; hex[0] && hex[1] && n < room; hex += 2)
		out[n++] = (uint8_t)strtoul((char[]){hex[0], hex[1], 0}, NULL, 16);
	return n;
}

static int raw(const char *server, const char *hex)
{
	int fd = dial(server, 53, SOCK_DGRAM);
	struct pollfd p = {fd, POLLIN, 0};
	static uint8_t buf[70000];
	size_t n = from_hex(hex, buf, sizeof(buf));

	if (send(fd, buf, n, 0) < 0)
		say_errno();
	if (poll(&p, 1, 1000) == 1)
		printf("%zd bytes\n", recv(fd, buf, sizeof(buf), 0));
	else
		puts("nothing");
	return 0;
}

/* What comes back until the end, or until nothing has come for 1.5 s */
static void print_answers(int fd)
{
	struct timeval limit = {.tv_sec = 1, .tv_usec = 500000};
	static uint8_t msg[65536];
	uint8_t size[2];
	ssize_t got;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	while ((got = read_full(fd, size, 2)) == 2) {
		got = read_full(fd, msg, get16(size));
		if (got != get16(size) || got < 12)
			break;
		printf("answer %d\n", msg[3] & 15);
	}
	puts(got == -EAGAIN ? "open" : got == 0 || got == -ECONNRESET ? "closed" : "odd");
}

static int stream(const char *server, char **steps)
{
	int fd = dial(server, 53, SOCK_STREAM), one = 1;
	static uint8_t buf[70000];
	bool slow = false;

	signal(SIGPIPE, SIG_IGN);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	for (; *steps; steps++) {
		if (streq(*steps, "slow")) {
			slow = true;
		} else if (streq(*steps, "half")) {
			shutdown(fd, SHUT_WR);
		} else if (streq(*steps, "urgent")) {
			send(fd, "x", 1, MSG_OOB);
		} else {
			size_t n = from_hex(*steps, buf, sizeof(buf)), k = slow ? 1 : n;

			for (size_t i = 0; i < n && write_full(fd, buf + i, k) >= 0; i += k)
				usleep(slow ? 2000 : 30000);
		}
	}
	print_answers(fd);
	return 0;
}

static int pipeline(const char *server, const char *count)
{
	int fd = dial(server, 53, SOCK_STREAM), wanted = atoi(count), came = 0;
	static uint8_t msg[8192];
	uint8_t size[2];
	pid_t pid = fork();

	for (int i = 0; !pid && i < wanted; i++) {
		size_t n = question(msg + 2, "www.example.test");

		put16(msg, (uint16_t)n);
		put16(msg + 2, (uint16_t)i);
		if (write_full(fd, msg, n + 2) < 0)
			_exit(1);
	}
	if (!pid)
		_exit(0);
	while (came < wanted && read_full(fd, size, 2) == 2 && get16(size) < sizeof(msg) &&
	       read_full(fd, msg, get16(size)) == get16(size) && get16(msg) == came % 65536)
		came++;
	kill(pid, SIGKILL);
	printf("%d answers\n", came);
	return 0;
}

static int hold(const char *server, const char *count)
{
	struct sockaddr_storage sa;
	socklen_t len = address(server, 53, &sa);
	int n = MIN(atoi(count), 1000), there = 0;
	struct pollfd p[1000];

	for (int i = 0; i < n; i++) {
		p[i] = (struct pollfd){socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), POLLRDHUP,
				       0};
		if (connect(p[i].fd, (struct sockaddr *)&sa, len) < 0 || write(p[i].fd, "", 1) < 0)
			p[i].fd = -1;
	}
	usleep(500000);
	poll(p, (nfds_t)n, 0);
	for (int i = 0; i < n; i++)
		there += p[i].fd >= 0 && !p[i].revents;
	printf("%d connections\n", there);
	return 0;
}

/* ---- frames ---- */

static int packet_socket(void)
{
	struct sockaddr_ll sa = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex(TAP_NAME)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		say_errno();
	return fd;
}

/* A frame from the container to @dst, with a correct checksum: peer_*() the wrong way round. */
static size_t guest_udp(uint8_t *out, const char *src, const char *dst, uint16_t sport,
			uint16_t dport, const void *payload, size_t n)
{
	struct peer p = {.our_port = sport,
			 .guest_port = dport,
			 .our_mac = {2, 1, 1, 1, 1, 1},
			 .guest_mac = {0x52, 0x55, 10, 0, 2, 2}};

	p.v6 = inet_pton(AF_INET, src, p.us) != 1;
	if (p.v6)
		inet_pton(AF_INET6, src, p.us);
	inet_pton(p.v6 ? AF_INET6 : AF_INET, dst, p.guest);
	return peer_udp(&p, out, payload, n);
}

static int spoof(const char *src, const char *dst)
{
	uint8_t frame[256];
	size_t n = guest_udp(frame, src, dst, 5555, 7000, "x", 1);

	return send(packet_socket(), frame, n, 0) == (ssize_t)n ? 0 : 1;
}

static uint32_t random_state;

static uint32_t rnd(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return random_state >> 8;
}

/* One frame that was right once, then bent: lengths, options, protocols, ends. */
static size_t evil_frame(uint8_t *f)
{
	static const char *const dst4[] = {"10.0.2.2", "10.0.2.3", "192.0.2.1", "127.0.0.1"};
	static const char *const dst6[] = {"fd00::2", "fd00::3", "2001:db8::1", "::1"};
	static const uint16_t ports[] = {53, 67, 69, 7000, 546, 547, 0, 6667};
	static const uint8_t protos[] = {1, 2, 6, 6, 6, 17, 58, 58, 0, 44};
	uint8_t payload[600];
	bool v6 = rnd() % 2;
	uint8_t *ip = f + 14, *l4;
	size_t n;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)rnd();
	n = guest_udp(f, v6 ? "fd00::100" : "10.0.2.100", v6 ? dst6[rnd() % 4] : dst4[rnd() % 4],
		      (uint16_t)rnd(), ports[rnd() % ARRAY_SIZE(ports)], payload,
		      rnd() % sizeof(payload));
	l4 = ip + (v6 ? 40 : 20);
	if (rnd() % 3)
		ip[v6 ? 6 : 9] = protos[rnd() % ARRAY_SIZE(protos)];
	if (rnd() % 4 == 0)
		put16(v6 ? ip + 4 : ip + 2, (uint16_t)rnd());
	if (rnd() % 6 == 0 && !v6)
		put16(ip + 6, (uint16_t)rnd()); /* fragments */
	if (rnd() % 8 == 0)
		ip[0] = (uint8_t)rnd();
	if (rnd() % 2)
		l4[rnd() % 24] = (uint8_t)rnd();
	if (rnd() % 16 == 0)
		put16(f + 12, rnd() % 2 ? ETHERTYPE_ARP : (uint16_t)rnd());
	if (rnd() % 4 == 0)
		n = 14 + rnd() % n;
	if (!v6 && rnd() % 8) { /* so that more than the header checksum is looked at */
		uint32_t sum = 0;

		put16(ip + 10, 0);
		for (int i = 0; i < 20; i += 2)
			sum += get16(ip + i);
		sum = (sum & 0xffff) + (sum >> 16);
		put16(ip + 10, (uint16_t) ~((sum & 0xffff) + (sum >> 16)));
	}
	return n;
}

static int evil(const char *rounds, const char *seed)
{
	static uint8_t frame[FRAME_MAX];
	int fd = packet_socket();
	long sent = 0;

	random_state = (uint32_t)atoi(seed);
	for (long i = 0; i < atol(rounds); i++) {
		size_t n = evil_frame(frame);

		if (send(fd, frame, n, 0) > 0)
			sent++;
		if (i % 256 == 255)
			usleep(1000); /* the queue of the tap holds about a thousand */
	}
	printf("%ld sent\n", sent);
	return 0;
}

static int flood(const char *addr, const char *count)
{
	struct sockaddr_storage sa;
	int fd = packet_socket();
	uint8_t frame[64];
	struct peer p = {.our_mac = {2, 1, 1, 1, 1, 1}, .guest_mac = {0x52, 0x55, 10, 0, 2, 2}};

	address(addr, 7001, &sa);
	memcpy(p.guest, &((struct sockaddr_in *)&sa)->sin_addr, 4);
	inet_pton(AF_INET, "10.0.2.100", p.us);
	for (int i = 0; i < atoi(count); i++) {
		uint8_t *tcp = peer_room(&p, frame);

		memset(tcp, 0, 20);
		put16(tcp, (uint16_t)(1024 + i));
		put16(tcp + 2, 7001);
		put32(tcp + 4, (uint32_t)i);
		tcp[12] = 5 << 4;
		tcp[13] = 2;
		put16(tcp + 14, 65535);
		if (send(fd, frame, peer_finish(&p, frame, IPPROTO_TCP, 20), 0) < 0)
			usleep(1000);
		if (i % 256 == 255)
			usleep(1000);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (streq(what, "serve"))
		serve(argv + 2);
	if (streq(what, "dns") && argc == 5)
		dns_server(argv[2], argv[3], argv[4]);
	if (streq(what, "tcp") && argc == 4)
		return client(argv[2], argv[3], SOCK_STREAM);
	if (streq(what, "udp") && argc == 4)
		return client(argv[2], argv[3], SOCK_DGRAM);
	if (streq(what, "ask") && argc == 5)
		return ask(argv[2], argv[3], argv[4]);
	if (streq(what, "raw") && argc == 4)
		return raw(argv[2], argv[3]);
	if (streq(what, "stream") && argc > 3)
		return stream(argv[2], argv + 3);
	if (streq(what, "pipe") && argc == 4)
		return pipeline(argv[2], argv[3]);
	if (streq(what, "hold") && argc == 4)
		return hold(argv[2], argv[3]);
	if (streq(what, "evil") && argc == 4)
		return evil(argv[2], argv[3]);
	if (streq(what, "spoof") && argc == 4)
		return spoof(argv[2], argv[3]);
	if (streq(what, "flood") && argc == 4)
		return flood(argv[2], argv[3]);
	fprintf(stderr, "net_peer: see its source for what it can do\n");
	return 2;
}
