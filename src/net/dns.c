/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * The container's resolver is a virtual address. A query to it by UDP is taken
 * out of the frames and asked again from here, of the host's own resolvers, which
 * the supervisor tells us: the confined helper cannot read /etc/resolv.conf, and
 * libslirp would only ask one of them. We are in the host's network namespace, so
 * one on its loopback (127.0.0.53) works as well.
 *
 * Against forged answers each try has a socket of its own, connected, with a
 * port of the kernel's random choice and a random id; an answer must come from
 * the server asked, bear that id, and repeat the question. A query is dropped
 * unless it is exactly one question, and not for a zone, so that nothing odd is
 * relayed to a server that trusts the host. Queries by TCP go through libslirp and
 * are held to the same (dns_stream.c).
 *
 * A query waits for DNS_TRY_NS and goes to the next server, DNS_TRIES times in all;
 * that ends before the usual 5 seconds of resolvers in containers, and SERVFAIL tells
 * them. At most DNS_PENDING wait at a time; more are dropped, and asked again by
 * whoever still wants to know. Queries that come before the supervisor has said
 * which servers there are wait too.
 */
#include <ctype.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include "net/helper.h"

#define DNS_TRIES  3
#define DNS_TRY_NS 1500000000LL

/*
 * Question types that are not for a client: TKEY, TSIG, IXFR and AXFR, which make keys on
 * the server or have whole zones of it.
 */
enum { QTYPE_TKEY = 249, QTYPE_AXFR = 252 };

/**
 * struct dns_query - one question of the container
 * @from: who asked
 * @id: as the container has it; @msg has that of the present try
 * @fd: its socket, or -1 while no server is known
 * @poll: index in the pollset of this round, or -1
 * @server: index of the server asked
 * @deadline: of the present try
 * @question: bytes of the question section
 * @msg: the query
 */
struct dns_query {
	struct peer from;
	uint8_t id[2];
	int fd, poll;
	uint32_t server, tries;
	int64_t deadline;
	size_t question, len;
	uint8_t msg[];
};

/* The end of a name at @at, or 0 when it is malformed or uses compression. */
static size_t name_end(const uint8_t *msg, size_t n, size_t at)
{
	size_t start = at;

	while (at < n) {
		if (!msg[at])
			return at + 1 - start <= 255 ? at + 1 : 0;
		if (msg[at] > 63)
			return 0;
		at += 1U + msg[at];
	}
	return 0;
}

/**
 * dns_query_ok - whether a message is a query that may be relayed
 * @msg: any bytes
 * @question_len: receives the length of its question section
 *
 * Return: true for a standard query with exactly one well-formed question that a
 * client may have, no answers and at most two additional records (EDNS, a signature).
 * Source: RFC 1035, 4.1; RFC 6895, 3.1.
 */
bool dns_query_ok(const uint8_t *msg, size_t n, size_t *question_len)
{
	size_t end;
	uint16_t type;

	if (n < DNS_HEAD || n > DNS_QUERY_MAX)
		return false;
	if (msg[2] & 0xf8) /* an answer, or not a standard query */
		return false;
	if (get16(msg + 4) != 1 || get16(msg + 6) || get16(msg + 8) || get16(msg + 10) > 2)
		return false;
	end = name_end(msg, n, DNS_HEAD);
	if (!end || n - end < 4)
		return false;
	type = get16(msg + end);
	if (type >= QTYPE_TKEY && type <= QTYPE_AXFR)
		return false;
	*question_len = end + 4 - DNS_HEAD;
	return get16(msg + 10) || end + 4 == n;
}

static bool same_question(const uint8_t *a, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (tolower(a[i]) != tolower(b[i]))
			return false;
	}
	return true;
}

/**
 * dns_answer_ok - whether a message answers a query
 * @query: as it was sent
 * @question: bytes of its question section
 * @msg: any bytes
 *
 * Return: true when it is an answer with the same id and question; servers may
 * leave the question out of an error.
 */
bool dns_answer_ok(const uint8_t *query, size_t question, const uint8_t *msg, size_t n)
{
	if (n < DNS_HEAD || memcmp(msg, query, 2) || !(msg[2] & 0x80))
		return false;
	if (!get16(msg + 4))
		return msg[3] & 0xf;
	return get16(msg + 4) == 1 && n - DNS_HEAD >= question &&
	       same_question(msg + DNS_HEAD, query + DNS_HEAD, question);
}

static void query_close(struct dns_query *q)
{
	close_fd(q->fd);
	q->fd = -1;
}

static void forget(struct dns *d, uint32_t i)
{
	query_close(d->pending[i]);
	free(d->pending[i]);
	d->pending[i] = d->pending[--d->n_pending];
}

static void answer(struct dns *d, const struct dns_query *q, const void *msg, size_t n)
{
	static uint8_t frame[FRAME_MAX];
	size_t len = peer_udp(&q->from, frame, msg, n);

	if (len)
		d->reply(frame, len);
}

/* SERVFAIL, with the question */
static void answer_failure(struct dns *d, struct dns_query *q)
{
	memcpy(q->msg, q->id, sizeof(q->id));
	q->msg[2] = (uint8_t)(0x80 | (q->msg[2] & 0x01)); /* QR, RD as asked */
	q->msg[3] = 0x80 | 2;                             /* RA, SERVFAIL */
	put16(q->msg + 10, 0);
	answer(d, q, q->msg, DNS_HEAD + q->question);
}

/* resolver_sockaddr - as a socket address with the port of DNS; returns its length */
socklen_t resolver_sockaddr(const struct net_resolver *r, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (r->family == AF_INET) {
		in->sin_family = AF_INET;
		in->sin_port = htons(53);
		memcpy(&in->sin_addr, r->addr, 4);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(53);
	in6->sin6_scope_id = r->scope;
	memcpy(&in6->sin6_addr, r->addr, 16);
	return sizeof(*in6);
}

/* resolver_connect - the system call itself, not guard.c's connect(); -1 and errno */
int resolver_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	return (int)syscall(SYS_connect, fd, sa, len);
}

static int query_send(struct dns_query *q, const struct net_resolver *r)
{
	struct sockaddr_storage sa;
	socklen_t len = resolver_sockaddr(r, &sa);

	q->fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (q->fd < 0 || getrandom(q->msg, 2, 0) != 2)
		return -errno;
	if (resolver_connect(q->fd, (struct sockaddr *)&sa, len) < 0)
		return -errno;
	return send(q->fd, q->msg, q->len, 0) < 0 ? -errno : 0;
}

/* Asks the next server; false when there are no tries left. */
static bool query_try(struct dns *d, struct dns_query *q, int64_t now)
{
	while (q->tries < DNS_TRIES && d->n) {
		query_close(q);
		q->server = (d->first + q->tries++) % d->n;
		q->deadline = now + DNS_TRY_NS;
		if (!query_send(q, &d->resolvers[q->server]))
			return true;
	}
	return false;
}

/* Tries again what has failed so far, or gives up. True when query @i is still there. */
static bool query_next(struct dns *d, uint32_t i, int64_t now)
{
	if (query_try(d, d->pending[i], now))
		return true;
	answer_failure(d, d->pending[i]);
	forget(d, i);
	return false;
}

/* The container repeats itself when it is impatient; once is enough. */
static bool is_pending(const struct dns *d, const struct peer *from, const uint8_t *msg)
{
	for (uint32_t i = 0; i < d->n_pending; i++) {
		const struct dns_query *q = d->pending[i];

		if (!memcmp(q->id, msg, 2) && !memcmp(&q->from, from, sizeof(*from)))
			return true;
	}
	return false;
}

/**
 * dns_ask - take a query of the container
 * @f: a UDP frame to the virtual resolver
 * @now: as of now_ns()
 */
void dns_ask(struct dns *d, const struct frame *f, int64_t now)
{
	const uint8_t *msg = f->l4 + 8;
	size_t n = (size_t)get16(f->l4 + 4) - 8, question;
	struct dns_query *q;
	struct peer from;

	peer_of(&from, f);
	if (d->n_pending == DNS_PENDING || !dns_query_ok(msg, n, &question) ||
	    is_pending(d, &from, msg))
		return;
	q = malloc(sizeof(*q) + n);
	if (!q)
		return;
	*q = (struct dns_query){.from = from,
				.fd = -1,
				.poll = -1,
				.deadline = now + DNS_TRIES * DNS_TRY_NS,
				.question = question,
				.len = n};
	memcpy(q->msg, msg, n);
	memcpy(q->id, msg, sizeof(q->id));
	d->pending[d->n_pending++] = q;
	if (d->known)
		query_next(d, d->n_pending - 1, now);
}

/**
 * dns_set_resolvers - the host's servers are these from now on
 *
 * What waits is asked again.
 */
void dns_set_resolvers(struct dns *d, const struct net_resolvers *r, int64_t now)
{
	d->n = MIN(r->n, RESOLVERS_MAX);
	memcpy(d->resolvers, r->v, sizeof(d->resolvers));
	d->first = 0;
	d->known = true;
	for (uint32_t i = d->n_pending; i-- > 0;) {
		d->pending[i]->tries = 0;
		query_next(d, i, now);
	}
}

/**
 * dns_fill - what to wait for
 *
 * Return: milliseconds until something is due, -1 for nothing.
 */
int dns_fill(struct dns *d, struct pollset *p, int64_t now)
{
	int64_t due = INT64_MAX;

	for (uint32_t i = 0; i < d->n_pending; i++) {
		struct dns_query *q = d->pending[i];

		q->poll = q->fd < 0 ? -1 : pollset_add(p, q->fd, POLLIN);
		due = MIN(due, q->deadline);
	}
	if (due == INT64_MAX)
		return -1;
	return due <= now ? 0 : (int)((due - now + 999999) / 1000000);
}

/* False when the server refused or cannot be reached; true to go on waiting. */
static bool query_receive(struct dns *d, struct dns_query *q, bool *done)
{
	static uint8_t msg[65536];

	for (;;) {
		ssize_t n = recv(q->fd, msg, sizeof(msg), 0);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if (!dns_answer_ok(q->msg, q->question, msg, (size_t)n))
			continue;
		memcpy(msg, q->id, sizeof(q->id));
		answer(d, q, msg, (size_t)n);
		d->first = q->server;
		*done = true;
		return true;
	}
}

/* dns_handle - after poll(): answers, refusals and deadlines */
void dns_handle(struct dns *d, const struct pollset *p, int64_t now)
{
	for (uint32_t i = d->n_pending; i-- > 0;) {
		struct dns_query *q = d->pending[i];
		bool done = false, alive = true;

		if (q->poll >= 0 && p->v[q->poll].revents)
			alive = query_receive(d, q, &done);
		q->poll = -1;
		if (done)
			forget(d, i);
		else if (!alive || now >= q->deadline)
			query_next(d, i, now);
	}
}
