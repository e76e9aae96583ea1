/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of sandbox-net. Everything here runs confined and reads bytes that
 * the container chose.
 */
#ifndef SANDBOX_NET_HELPER_H
#define SANDBOX_NET_HELPER_H

#include <linux/filter.h>
#include <poll.h>
#include <sys/socket.h>

#include "net/internal.h"

#define FRAME_MAX (14 + 65521) /* what a tap or libslirp can carry */

/* ---- frame.c: reading and making Ethernet frames ---------------------------------------------- */

/**
 * struct frame - a frame that has been taken apart; every length has been checked
 * @eth: the whole frame
 * @type: ETHERTYPE_*
 * @v6: an IPv6 packet
 * @proto: IPPROTO_*
 * @src: 4 or 16 bytes
 * @dst: 4 or 16 bytes
 * @ip: the IP header
 * @l4: what it carries: a whole TCP, UDP or ICMP header at least
 * @sport: of TCP and UDP, host byte order
 * @dport: likewise
 */
struct frame {
	const uint8_t *eth, *ip, *src, *dst, *l4;
	size_t ip_len, l4_len;
	uint16_t type, sport, dport;
	uint8_t proto;
	bool v6;
};

bool frame_parse(struct frame *f, const uint8_t *data, size_t len);

/**
 * struct peer - both ends of a frame, to answer it later
 */
struct peer {
	uint8_t guest_mac[6], our_mac[6];
	uint8_t guest[16], us[16];
	uint16_t guest_port, our_port;
	bool v6;
};

void peer_of(struct peer *p, const struct frame *f);
uint8_t *peer_room(const struct peer *p, uint8_t *out);
size_t peer_finish(const struct peer *p, uint8_t *out, uint8_t proto, size_t l4_len);
size_t peer_udp(const struct peer *p, uint8_t *out, const void *payload, size_t n);
size_t frame_refusal(const struct frame *f, uint8_t *out);

static inline uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

/* ---- filter.c: what may pass ------------------------------------------------------------------- */

/**
 * enum verdict - what becomes of a frame of the container
 * @FRAME_DROP: nothing
 * @FRAME_PASS: libslirp gets it
 * @FRAME_DNS: for the virtual resolver: a query by UDP, or TCP
 * @FRAME_REFUSE: the container is told that nobody listens there
 */
enum verdict { FRAME_DROP, FRAME_PASS, FRAME_DNS, FRAME_REFUSE };

enum verdict filter_guest(const struct net_config *c, const uint8_t *data, size_t len,
			  struct frame *f);
bool filter_host(const uint8_t *data, size_t len);
bool filter_target(const struct net_config *c, const struct sockaddr *sa, socklen_t len);

/* ---- dns.c: the virtual resolver ----------------------------------------------------------------- */

#define DNS_PENDING   256
#define DNS_HEAD      12
#define DNS_QUERY_MAX 1232

struct dns_query;

/**
 * struct pollset - descriptors to wait for, collected anew each round
 */
struct pollset {
	struct pollfd *v;
	int n, room;
};

int pollset_add(struct pollset *p, int fd, short events);

/**
 * struct dns - queries under way
 * @known: the supervisor has told us the host's resolvers; queries wait until then
 * @first: which of them answered last
 * @reply: takes a frame for the container
 */
struct dns {
	struct net_resolver resolvers[RESOLVERS_MAX];
	uint32_t n, first;
	bool known;
	struct dns_query *pending[DNS_PENDING];
	uint32_t n_pending;
	void (*reply)(const uint8_t *frame, size_t len);
};

bool dns_query_ok(const uint8_t *msg, size_t n, size_t *question_len);
bool dns_answer_ok(const uint8_t *query, size_t question, const uint8_t *msg, size_t n);
void dns_ask(struct dns *d, const struct frame *f, int64_t now);
void dns_set_resolvers(struct dns *d, const struct net_resolvers *r, int64_t now);
int dns_fill(struct dns *d, struct pollset *p, int64_t now);
void dns_handle(struct dns *d, const struct pollset *p, int64_t now);
int resolver_connect(int fd, const struct sockaddr *sa, socklen_t len);
socklen_t resolver_sockaddr(const struct net_resolver *r, struct sockaddr_storage *out);

/* ---- dns_stream.c: queries by TCP ----------------------------------------------------------------- */

#define DNS_STREAMS 256

struct dns_stream;

int dns_stream_open(int fd);
struct dns_stream *dns_stream_of(int fd);
void dns_stream_close(int fd);
ssize_t dns_stream_send(struct dns_stream *s, const uint8_t *p, size_t n, int flags);

/* ---- guard.c: the last look at where libslirp connects, and what it writes to resolvers --------- */

void guard_init(const struct net_config *c, const struct dns *d);

/* ---- confine.c ----------------------------------------------------------------------------------- */

int confine_join(int userns_fd, struct err *e);
int confine_root(struct err *e);
int confine_ids(uint32_t uid, uint32_t gid, struct err *e);
int confine_final(struct err *e);
struct sock_fprog net_filter(void); /* confine_filter.c */

/* ---- slirp.c --------------------------------------------------------------------------------------- */

int slirp_init_stack(const struct net_config *c, struct err *e);
void slirp_free_stack(void);
void slirp_frame(const uint8_t *data, size_t len, int64_t now);
void slirp_set_resolvers(const struct net_resolvers *r);
int slirp_loop(int tap, int control, int (*on_control)(struct err *e), struct err *e);

#endif
