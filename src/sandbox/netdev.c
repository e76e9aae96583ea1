/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * "linux.netDevices": interfaces of the host become the container's, under other names. The
 * parent moves them when the child says that its network namespace is there. The kernel
 * takes an interface down and its addresses away by that, so those of global scope are
 * read before, and a process in the new namespace gives them back and brings it up.
 *
 * Source: runtime-spec 1.3 config-linux.md, "Network Devices"; rtnetlink(7).
 */
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "sandbox/internal.h"

#define MAX_ADDRS 64

/** struct address - one of an interface's, ready to be added again */
struct address {
	struct ifaddrmsg head;
	unsigned char bytes[16];
	size_t len;
};

struct addresses {
	struct address v[MAX_ADDRS];
	size_t n;
};

/** struct request - a message of rtnetlink with room for attributes */
struct request {
	struct nlmsghdr h;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg addr;
	} body;
	char attrs[256];
};

static void begin(struct request *q, uint16_t type, uint16_t flags, size_t body)
{
	memset(q, 0, sizeof(*q));
	q->h.nlmsg_len = (uint32_t)NLMSG_LENGTH(body);
	q->h.nlmsg_type = type;
	q->h.nlmsg_flags = NLM_F_REQUEST | flags;
}

static void put_attr(struct request *q, uint16_t type, const void *data, size_t n)
{
	struct rtattr *a = (void *)((char *)q + NLMSG_ALIGN(q->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(n);
	memcpy(RTA_DATA(a), data, n);
	q->h.nlmsg_len = NLMSG_ALIGN(q->h.nlmsg_len) + (uint32_t)RTA_ALIGN(a->rta_len);
}

static int open_netlink(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

/* Sends a request that is answered by an acknowledgement. */
static int ask(int fd, struct request *q)
{
	struct {
		struct nlmsghdr h;
		struct nlmsgerr err;
		char rest[512];
	} answer;
	ssize_t n;

	q->h.nlmsg_flags |= NLM_F_ACK;
	if (send(fd, q, q->h.nlmsg_len, 0) < 0)
		return -errno;
	n = recv(fd, &answer, sizeof(answer), 0);
	if (n < 0)
		return -errno;
	if ((size_t)n < NLMSG_LENGTH(sizeof(answer.err)) || answer.h.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return answer.err.error;
}

static void keep_address(struct addresses *out, const struct nlmsghdr *h, unsigned index)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	int left = (int)(h->nlmsg_len - NLMSG_LENGTH(sizeof(*m)));
	struct address *a = &out->v[out->n];

	if (m->ifa_index != index || m->ifa_scope != RT_SCOPE_UNIVERSE || out->n == MAX_ADDRS)
		return;
	*a = (struct address){.head = *m};
	for (const struct rtattr *t = IFA_RTA(m); RTA_OK(t, left); t = RTA_NEXT(t, left)) {
		/* Of a point-to-point link IFA_ADDRESS is the other end's: IFA_LOCAL counts. */
		if (t->rta_type != IFA_LOCAL && (t->rta_type != IFA_ADDRESS || a->len))
			continue;
		a->len = MIN(RTA_PAYLOAD(t), sizeof(a->bytes));
		memcpy(a->bytes, RTA_DATA(t), a->len);
	}
	out->n += a->len > 0;
}

static int read_addresses(int fd, unsigned index, struct addresses *out)
{
	struct request q;
	char text[16384] __attribute__((aligned(8)));

	begin(&q, RTM_GETADDR, NLM_F_DUMP, sizeof(q.body.addr));
	if (send(fd, &q, q.h.nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		ssize_t n = recv(fd, text, sizeof(text), 0);
		const struct nlmsghdr *h = (void *)text;

		if (n < 0)
			return -errno;
		for (; NLMSG_OK(h, (size_t)n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_type == NLMSG_ERROR)
				return -EPROTO;
			keep_address(out, h, index);
		}
	}
}

static int move(int fd, unsigned index, const char *name, pid_t pid)
{
	struct request q;
	const uint32_t to = (uint32_t)pid;

	begin(&q, RTM_NEWLINK, 0, sizeof(q.body.link));
	q.body.link.ifi_index = (int)index;
	put_attr(&q, IFLA_NET_NS_PID, &to, sizeof(to));
	put_attr(&q, IFLA_IFNAME, name, strlen(name) + 1);
	return ask(fd, &q);
}

static int add_address(int fd, const struct address *a, unsigned index)
{
	struct request q;

	begin(&q, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof(q.body.addr));
	q.body.addr = a->head;
	q.body.addr.ifa_index = index;
	q.body.addr.ifa_flags = 0;
	put_attr(&q, IFA_LOCAL, a->bytes, a->len);
	put_attr(&q, IFA_ADDRESS, a->bytes, a->len);
	return ask(fd, &q);
}

static int bring_up(int fd, unsigned index)
{
	struct request q;

	begin(&q, RTM_NEWLINK, 0, sizeof(q.body.link));
	q.body.link.ifi_index = (int)index;
	q.body.link.ifi_flags = q.body.link.ifi_change = IFF_UP;
	return ask(fd, &q);
}

static int set_up(const char *name, const struct addresses *addrs)
{
	cleanup_close int fd = open_netlink();
	unsigned index = if_nametoindex(name);
	int r = fd < 0 ? fd : index ? 0 : -ENODEV;

	for (size_t i = 0; !r && i < addrs->n; i++)
		r = add_address(fd, &addrs->v[i], index);
	return r < 0 ? r : bring_up(fd, index);
}

/* In a process of its own: a namespace is not left again without rights over the old one. */
static int set_up_inside(struct launch *l, const char *name, const struct addresses *addrs)
{
	pid_t pid = sys_clone(0, NULL);
	int status = 0;

	if (!pid) {
		int r = sys_setns(l->pidfd, CLONE_NEWNET);

		_exit(r < 0 ? -r : -set_up(name, addrs));
	}
	if (pid < 0)
		return pid;
	wait_pid(pid, &status);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

static int give(struct launch *l, const struct net_device *d, struct err *e)
{
	cleanup_close int fd = open_netlink();
	struct addresses addrs = {};
	unsigned index = if_nametoindex(d->host);
	int r = fd < 0 ? fd : 0;

	if (!index)
		return fail(e, ENODEV, "the host has no interface of that name");
	if (!r)
		r = read_addresses(fd, index, &addrs);
	if (!r)
		r = move(fd, index, d->inside, l->pid);
	if (r == -EPERM)
		return fail(e, EPERM, "only root of the host's network may give it away");
	if (r < 0)
		return fail(e, -r, "cannot be moved: %s", strerror(-r));
	r = set_up_inside(l, d->inside, &addrs);
	return r < 0 ? fail(e, -r, "cannot be brought up in the container: %s", strerror(-r)) : 0;
}

/**
 * net_devices_give - move interfaces into the container's network namespace
 *
 * Context: parent, while the child waits with its namespaces made.
 * Return: 0 or -errno. What was moved goes with the container.
 */
int net_devices_give(struct launch *l, struct err *e)
{
	const struct net_devices *list = &l->spec->oci.net_devices;

	for (size_t i = 0; i < list->n; i++) {
		int r = give(l, &list->v[i], e);

		if (r < 0)
			return fail_in(e, r, "linux.netDevices.%s", list->v[i].host);
	}
	return 0;
}
