/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where there is no /dev/net/tun: a veth pair into a second network namespace of the same
 * user namespace, and a packet socket at its end, carry frames for a user.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <sys/ioctl.h>

#include "platform.h"

struct request {
	struct nlmsghdr h;
	struct ifinfomsg i;
	char attrs[256];
};

static struct rtattr *add(struct request *q, unsigned short type, const void *data, size_t n)
{
	struct rtattr *a = (struct rtattr *)((char *)q + NLMSG_ALIGN(q->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(n);
	if (n)
		memcpy(RTA_DATA(a), data, n);
	q->h.nlmsg_len = NLMSG_ALIGN(q->h.nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static void end(struct request *q, struct rtattr *a)
{
	a->rta_len = (unsigned short)((char *)q + q->h.nlmsg_len - (char *)a);
}

/* ip link add inner type veth peer name outer netns FD */
static long make_pair(uint32_t outer_ns)
{
	struct request q = {
		.h = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
		      .nlmsg_type = RTM_NEWLINK,
		      .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL}};
	cleanup_close int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct rtattr *info, *data, *peer;
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char rest[512];
	} answer;

	add(&q, IFLA_IFNAME, "inner", 6);
	info = add(&q, IFLA_LINKINFO, NULL, 0);
	add(&q, IFLA_INFO_KIND, "veth", 4);
	data = add(&q, IFLA_INFO_DATA, NULL, 0);
	peer = add(&q, VETH_INFO_PEER, NULL, 0);
	q.h.nlmsg_len += sizeof(struct ifinfomsg);
	add(&q, IFLA_IFNAME, "outer", 6);
	add(&q, IFLA_NET_NS_FD, &outer_ns, 4);
	end(&q, peer);
	end(&q, data);
	end(&q, info);
	if (send(s, &q, q.h.nlmsg_len, 0) < 0 || recv(s, &answer, sizeof(answer), 0) < 0)
		return -errno;
	return answer.e.error;
}

static long up(const char *name)
{
	struct ifreq ifr = {.ifr_flags = IFF_UP};
	cleanup_close int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	return ret(ioctl(s, SIOCSIFFLAGS, &ifr));
}

static int packet_socket(const char *name)
{
	struct sockaddr_ll a = {.sll_family = AF_PACKET,
				.sll_protocol = htons(ETH_P_ALL),
				.sll_ifindex = (int)if_nametoindex(name)};
	int s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) < 0)
		return -errno;
	return s;
}

static bool one_arrives(int to, const char *frame, size_t size)
{
	char got[2048];

	for (int i = 0; i < 100; i++) {
		ssize_t n = recv(to, got, sizeof(got), 0);

		if (n < 0)
			return false;
		if ((size_t)n == size && !memcmp(got, frame, size))
			return true;
	}
	return false;
}

/*
 * Does a frame of ours arrive? The kernel sends some of its own (IPv6), and the carrier
 * of a fresh pair comes up a moment after both ends: what was sent before is lost.
 */
static bool arrives(int from, int to)
{
	const struct timeval limit = {.tv_usec = 300000};
	static const char frame[64] = "\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\1\x88\xb5sandbox";

	setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	for (int tries = 0; tries < 20; tries++) {
		if (send(from, frame, sizeof(frame), 0) != sizeof(frame) && errno != ENETDOWN)
			return false;
		if (one_arrives(to, frame, sizeof(frame)))
			return true;
	}
	return false;
}

static void body(void)
{
	cleanup_close int inner_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	cleanup_close int outer_ns = -1, outer = -1, inner = -1;
	long r;

	works(ret(unshare(CLONE_NEWNET)), "a second network namespace");
	outer_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	works(sys_setns(inner_ns, CLONE_NEWNET), "and back");
	r = make_pair((uint32_t)outer_ns);
	if (r == -EOPNOTSUPP)
		skip("this kernel has no veth");
	works(r, "a veth pair across both");
	works(up("inner"), "the inner end up");
	inner = packet_socket("inner");
	works(inner, "a packet socket at the inner end");
	works(sys_setns(outer_ns, CLONE_NEWNET), "into the outer one");
	works(up("outer"), "the outer end up");
	outer = packet_socket("outer");
	works(outer, "a packet socket at the outer end");
	fact(arrives(outer, inner), "a frame from the outer end arrives at the inner end");
	fact(arrives(inner, outer), "and back");
}

int main(void)
{
	become_user();
	in_userns(CLONE_NEWNET, MAPS_ONE, NULL, body);
	return facts_end();
}
