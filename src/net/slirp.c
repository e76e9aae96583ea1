/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * One thread waits for the tap, the supervisor's socket, the queries under way and
 * libslirp's sockets. libslirp wants slirp_pollfds_poll() before slirp_input(): it
 * is where it reads the clock. While it has no sockets it asks for a wake-up each
 * second all the same; we sleep on. Its one timer, for router advertisements, never
 * runs: the container's address and routes are set without them.
 *
 * libslirp reads its peers without a limit of its own, so each round takes at
 * most TAP_BATCH frames before the sockets have their turn.
 */
#include <netinet/in.h>

#include <slirp/libslirp.h>

#include "net/helper.h"

#define TAP_BATCH 64
#define REST_MS   1000 /* without a frame: most of the code that the start took is not needed again */

enum { POLL_CONTROL, POLL_TAP, POLL_FIXED };

static struct {
	Slirp *stack;
	struct net_config config;
	struct dns dns;
	struct pollset polls;
	int tap;
} net = {.tap = -1};

/* A frame that the device does not take (it is down, its queue is full) is lost, as on a wire. */
static void to_container(const uint8_t *frame, size_t len)
{
	ssize_t r __unused = write(net.tap, frame, len);
}

static ssize_t on_packet(const void *frame, size_t len, void *opaque __unused)
{
	if (filter_host(frame, len))
		to_container(frame, len);
	return (ssize_t)len;
}

static void on_guest_error(const char *msg __unused, void *opaque __unused)
{
}

static int64_t on_clock(void *opaque __unused)
{
	return now_ns();
}

static void *on_timer_new(SlirpTimerCb cb __unused, void *cb_opaque __unused, void *opaque __unused)
{
	return &net;
}

static void on_timer_free(void *timer __unused, void *opaque __unused)
{
}

static void on_timer_mod(void *timer __unused, int64_t expire __unused, void *opaque __unused)
{
}

static void on_poll_fd(int fd __unused, void *opaque __unused)
{
}

static void on_notify(void *opaque __unused)
{
}

static const SlirpCb callbacks = {
	.send_packet = on_packet,
	.guest_error = on_guest_error,
	.clock_get_ns = on_clock,
	.timer_new = on_timer_new,
	.timer_free = on_timer_free,
	.timer_mod = on_timer_mod,
	.register_poll_fd = on_poll_fd,
	.unregister_poll_fd = on_poll_fd,
	.notify = on_notify,
};

/**
 * slirp_init_stack - set libslirp up
 * @c: copied
 *
 * Return: 0 or -errno.
 */
int slirp_init_stack(const struct net_config *c, struct err *e)
{
	SlirpConfig cfg = {
		.version = 3,
		.in_enabled = true,
		.vnetwork.s_addr = htonl(NET4_NETWORK),
		.vnetmask.s_addr = htonl(~0U << (32 - NET4_PREFIX)),
		.vhost.s_addr = htonl(NET4_GATEWAY),
		.vdhcp_start.s_addr = htonl(NET4_GUEST),
		.vnameserver.s_addr = htonl(NET4_RESOLVER),
		.in6_enabled = c->ipv6,
		.vprefix_addr6 = net6_addr(0),
		.vprefix_len = NET6_PREFIX,
		.vhost6 = net6_addr(NET6_GATEWAY),
		.vnameserver6 = net6_addr(NET6_RESOLVER),
		.if_mtu = c->mtu,
		.if_mru = c->mtu,
		.disable_host_loopback = !c->host_loopback,
		.disable_dns = true,
	};

	net.config = *c;
	net.dns.reply = to_container;
	guard_init(&net.config, &net.dns);
	net.stack = slirp_new(&cfg, &callbacks, NULL);
	if (!net.stack)
		return fail(e, EINVAL, "libslirp %s refuses our settings", slirp_version_string());
	return 0;
}

/* slirp_free_stack - for harnesses that need a new one each time */
void slirp_free_stack(void)
{
	slirp_cleanup(net.stack);
	net.stack = NULL;
}

void slirp_set_resolvers(const struct net_resolvers *r)
{
	dns_set_resolvers(&net.dns, r, now_ns());
}

static int add_poll(int fd, int events, void *opaque __unused)
{
	short want = 0;

	if (events & SLIRP_POLL_IN)
		want |= POLLIN;
	if (events & SLIRP_POLL_OUT)
		want |= POLLOUT;
	if (events & SLIRP_POLL_PRI)
		want |= POLLPRI;
	return pollset_add(&net.polls, fd, want);
}

static int get_revents(int i, void *opaque __unused)
{
	short got = net.polls.v[i].revents;
	int events = 0;

	if (got & POLLIN)
		events |= SLIRP_POLL_IN;
	if (got & POLLOUT)
		events |= SLIRP_POLL_OUT;
	if (got & POLLPRI)
		events |= SLIRP_POLL_PRI;
	if (got & POLLERR)
		events |= SLIRP_POLL_ERR;
	if (got & POLLHUP)
		events |= SLIRP_POLL_HUP;
	return events;
}

/*
 * TCP goes through libslirp, which connects at once. Before it is known where to, the
 * frame is lost; TCP sends it again. Queries by UDP wait.
 */
static void to_resolver(const struct frame *f, const uint8_t *data, size_t len, int64_t now)
{
	if (f->proto == IPPROTO_UDP)
		dns_ask(&net.dns, f, now);
	else if (net.dns.known)
		slirp_input(net.stack, data, (int)len);
}

/**
 * slirp_frame - a frame of the container
 * @data: any bytes
 * @now: as of now_ns()
 */
void slirp_frame(const uint8_t *data, size_t len, int64_t now)
{
	uint8_t answer[128];
	struct frame f;
	size_t n;

	switch (filter_guest(&net.config, data, len, &f)) {
	case FRAME_PASS:
		slirp_input(net.stack, data, (int)len);
		break;
	case FRAME_DNS:
		to_resolver(&f, data, len, now);
		break;
	case FRAME_REFUSE:
		n = frame_refusal(&f, answer);
		if (n)
			to_container(answer, n);
		break;
	case FRAME_DROP:
		break;
	}
}

/* False when the device is gone, with the container's network namespace. */
static bool read_tap(int64_t now)
{
	static uint8_t frame[FRAME_MAX];

	for (int i = 0; i < TAP_BATCH; i++) {
		ssize_t n = read(net.tap, frame, sizeof(frame));

		if (n < 0)
			return errno == EAGAIN || errno == EINTR || errno == EIO ||
			       errno == ENETDOWN;
		slirp_frame(frame, (size_t)n, now);
	}
	return true;
}

/* Collects what to wait for; returns the timeout for poll(). */
static int prepare(int control)
{
	uint32_t slirp_ms = UINT32_MAX;
	int dns_ms, before;

	net.polls.n = 0;
	pollset_add(&net.polls, control, POLLIN);
	pollset_add(&net.polls, net.tap, POLLIN);
	dns_ms = dns_fill(&net.dns, &net.polls, now_ns());
	before = net.polls.n;
	slirp_pollfds_fill(net.stack, &slirp_ms, add_poll, NULL);
	if (net.polls.n == before && slirp_ms >= 1000)
		return dns_ms;
	return dns_ms < 0 ? (int)slirp_ms : MIN(dns_ms, (int)slirp_ms);
}

/**
 * slirp_loop - carry frames until the supervisor is gone
 * @tap: taken
 * @control: the supervisor's socket, borrowed
 * @on_control: called when it can be read: 0 to go on, 1 to end, or -errno
 *
 * Return: 0 at the end, or what @on_control failed with.
 */
int slirp_loop(int tap, int control, int (*on_control)(struct err *e), struct err *e)
{
	bool rested = false;
	int r = 0;

	net.tap = tap;
	fcntl(tap, F_SETFL, O_NONBLOCK);
	while (!r) {
		int timeout = prepare(control);
		bool rests = !rested && (timeout < 0 || timeout >= REST_MS);
		int n = poll(net.polls.v, (nfds_t)net.polls.n, rests ? REST_MS : timeout);
		int64_t now = now_ns();

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(e, "sandbox-net cannot wait for events");
		if (!n && rests) {
			mem_give_back();
			rested = true;
		}
		slirp_pollfds_poll(net.stack, 0, get_revents, NULL);
		dns_handle(&net.dns, &net.polls, now);
		if (net.polls.v[POLL_CONTROL].revents)
			r = on_control(e);
		if (!r && net.polls.v[POLL_TAP].revents && !read_tap(now))
			return 0;
	}
	return r < 0 ? r : 0;
}
