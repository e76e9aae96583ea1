/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Where there is no /dev/net/tun, a veth pair stands in for the tap: one end is the
 * container's device, the other lies in a second network namespace of the same user
 * namespace, where a packet socket reads and writes its frames. To the helper that
 * socket is the same as a tap. It alone keeps the second namespace alive: with the
 * helper both go away.
 *
 * Between the two ends the kernel would leave out checksums and segmentation, which
 * libslirp would take for broken frames, so both are switched off.
 *
 * It is slower to make, to use and to close (the last close of a packet socket waits
 * for RCU) than a tap.
 */
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "linux/sys.h"
#include "net/internal.h"

#define PEER_NAME "peer0"

static int own_netns(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static int device_index(int sock, const char *name, struct err *e)
{
	struct ifreq ifr = {};

	strcpy(ifr.ifr_name, name);
	if (ioctl(sock, SIOCGIFINDEX, &ifr) < 0)
		return fail_errno(e, "cannot find the device %s that was just made", name);
	return ifr.ifr_ifindex;
}

static int make_pair(int sock, int other_ns, uint32_t mtu, struct err *e)
{
	struct ifinfomsg any = {};
	struct nl_batch b = {};
	struct nlmsghdr *m = nl_request(&b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &any,
					sizeof(any), "make a veth pair");
	struct nlattr *info, *data, *peer;

	nl_attr(&b, m, IFLA_IFNAME, TAP_NAME, sizeof(TAP_NAME));
	nl_attr_u32(&b, m, IFLA_MTU, mtu);
	info = nl_nest(&b, m, IFLA_LINKINFO);
	nl_attr(&b, m, IFLA_INFO_KIND, "veth", 4);
	data = nl_nest(&b, m, IFLA_INFO_DATA);
	peer = nl_nest(&b, m, VETH_INFO_PEER);
	nl_bytes(&b, m, &any, sizeof(any));
	nl_attr(&b, m, IFLA_IFNAME, PEER_NAME, sizeof(PEER_NAME));
	nl_attr_u32(&b, m, IFLA_MTU, mtu);
	nl_attr_u32(&b, m, IFLA_NET_NS_FD, (uint32_t)other_ns);
	nl_nest_end(&b, peer);
	nl_nest_end(&b, data);
	nl_nest_end(&b, info);
	return nl_run(sock, &b, e);
}

/* No checksum and no segment is left for a card to make. */
static int no_offload(int sock, struct err *e)
{
	static const uint32_t commands[] = {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_STXCSUM};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		struct ethtool_value off = {.cmd = commands[i]};
		struct ifreq ifr = {.ifr_data = (void *)&off};

		strcpy(ifr.ifr_name, TAP_NAME);
		if (ioctl(sock, SIOCETHTOOL, &ifr) < 0)
			return fail_errno(e, "cannot switch off the offloads of the veth pair");
	}
	return 0;
}

/* The peer up, and the packet socket at it. */
static int listen_at_peer(int sock, int packet, struct err *e)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	struct nl_batch b = {};
	int one = 1, r;

	at.sll_ifindex = device_index(sock, PEER_NAME, e);
	if (at.sll_ifindex < 0)
		return at.sll_ifindex;
	add_no_link_local(&b, at.sll_ifindex);
	add_link_up(&b, at.sll_ifindex, "bring up the peer of the container's device");
	r = nl_run(sock, &b, e);
	if (r < 0)
		return r;
	setsockopt(packet, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	if (bind(packet, (struct sockaddr *)&at, sizeof(at)) < 0)
		return fail_errno(e, "cannot listen at the container's device");
	return 0;
}

/**
 * struct beyond - the second network namespace, seen from the container's
 */
struct beyond {
	int ns, route, packet;
};

/* Goes there, opens what has to be opened there, and comes back. */
static int open_beyond(struct beyond *b, struct err *e)
{
	cleanup_close int home = own_netns();
	int r;

	if (home < 0 || unshare(CLONE_NEWNET) < 0)
		return fail_errno(e, "cannot make a second network namespace");
	b->ns = own_netns();
	b->packet = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	b->route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	r = b->ns < 0 || b->packet < 0 || b->route < 0 ? -errno : 0;
	if (sys_setns(home, CLONE_NEWNET) < 0)
		return fail(e, EIO, "cannot return to the container's network namespace");
	return r < 0 ? fail(e, -r, "cannot open a packet socket: %s", strerror(-r)) : 0;
}

/**
 * net_veth_create - what net_tap_create() does, without a tap
 * @n: mtu and ipv6 are used
 * @sock: a NETLINK_ROUTE socket of the container's network namespace, borrowed
 *
 * Context: as net_tap_create(); needs /proc.
 * Return: a new descriptor of a packet socket, or -errno.
 * Source: veth(4), packet(7).
 */
int net_veth_create(const struct net_spec *n, int sock, struct err *e)
{
	cleanup_close int ns = -1, route = -1, packet = -1;
	uint32_t mtu = n->mtu ? n->mtu : MTU_DEFAULT;
	struct beyond b = {-1, -1, -1};
	int r = open_beyond(&b, e), index;

	ns = b.ns;
	route = b.route;
	packet = b.packet;
	if (r < 0)
		return r;
	r = make_pair(sock, ns, mtu, e);
	if (!r)
		r = no_offload(sock, e);
	if (!r)
		r = listen_at_peer(route, packet, e);
	if (r < 0)
		return r;
	index = device_index(sock, TAP_NAME, e);
	r = index < 0 ? index : device_configure(index, mtu, n->ipv6, sock, e);
	return r < 0 ? r : take_fd(&packet);
}
