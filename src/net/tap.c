/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * The container's end of a user-mode network is a tap device. Its descriptor
 * goes to sandbox-net; frames that the container sends before that one listens
 * wait in the device's queue, so that nobody waits for anybody.
 *
 * It is made persistent at once: the last close of a plain tap unregisters the
 * device and waits for RCU in the closing process, 12 to 43 ms; a persistent one
 * goes away with its network namespace, in the kernel's own background work.
 *
 * Everything but the creation is one batch of rtnetlink requests. The IPv6
 * address is added without duplicate address detection, which would keep it
 * unusable for a second, and the device makes no link-local address of its own:
 * nobody else is on this link, and each would cause frames that wake the helper.
 * A host without IPv6 refuses those requests, and the container goes without too.
 */
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "net/internal.h"

#define LOOPBACK_INDEX 1 /* always the first device of a network namespace */

/* net6_addr - fd00::@last */
struct in6_addr net6_addr(uint16_t last)
{
	return (struct in6_addr){{{[0] = 0xfd, [14] = (uint8_t)(last >> 8), [15] = (uint8_t)last}}};
}

static int route_socket(struct err *e)
{
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return sock < 0 ? fail_errno(e, "cannot open a route socket") : sock;
}

/* add_link_up - request that a device goes up; more attributes may follow */
struct nlmsghdr *add_link_up(struct nl_batch *b, int index, const char *what)
{
	struct ifinfomsg up = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};

	return nl_request(b, RTM_NEWLINK, 0, &up, sizeof(up), what);
}

/* add_no_link_local - before the device goes up, which is when it would make such an address */
void add_no_link_local(struct nl_batch *b, int index)
{
	struct ifinfomsg dev = {.ifi_index = index};
	struct nlmsghdr *m = nl_request(b, RTM_NEWLINK, 0, &dev, sizeof(dev),
					"turn link-local IPv6 addresses off");
	uint8_t mode = IN6_ADDR_GEN_MODE_NONE;
	struct nlattr *spec, *inet6;

	nl_optional(b);
	spec = nl_nest(b, m, IFLA_AF_SPEC);
	inet6 = nl_nest(b, m, AF_INET6);
	nl_attr(b, m, IFLA_INET6_ADDR_GEN_MODE, &mode, sizeof(mode));
	nl_nest_end(b, inet6);
	nl_nest_end(b, spec);
}

static void add_address(struct nl_batch *b, int index, uint8_t family, uint8_t prefix,
			const void *addr, size_t n)
{
	struct ifaddrmsg a = {.ifa_family = family,
			      .ifa_prefixlen = prefix,
			      .ifa_flags = family == AF_INET6 ? IFA_F_NODAD : 0,
			      .ifa_index = (uint32_t)index};
	struct nlmsghdr *m = nl_request(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof(a),
					"give the tap device its address");

	nl_attr(b, m, IFA_LOCAL, addr, n);
	nl_attr(b, m, IFA_ADDRESS, addr, n);
}

static void add_default_route(struct nl_batch *b, int index, uint8_t family, const void *gateway,
			      size_t n)
{
	struct rtmsg r = {.rtm_family = family,
			  .rtm_table = RT_TABLE_MAIN,
			  .rtm_protocol = RTPROT_STATIC,
			  .rtm_scope = RT_SCOPE_UNIVERSE,
			  .rtm_type = RTN_UNICAST};
	struct nlmsghdr *m = nl_request(b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &r, sizeof(r),
					"add the default route");

	nl_attr(b, m, RTA_GATEWAY, gateway, n);
	nl_attr_u32(b, m, RTA_OIF, (uint32_t)index);
}

/* device_configure - loopback up; the device up, with addresses and routes */
int device_configure(int index, uint32_t mtu, bool ipv6, int sock, struct err *e)
{
	uint32_t guest = htonl(NET4_GUEST), gateway = htonl(NET4_GATEWAY);
	struct in6_addr guest6 = net6_addr(NET6_GUEST), gateway6 = net6_addr(NET6_GATEWAY);
	struct nl_batch b = {};

	add_link_up(&b, LOOPBACK_INDEX, "bring up the loopback device");
	add_no_link_local(&b, index);
	nl_attr_u32(&b, add_link_up(&b, index, "bring up the tap device"), IFLA_MTU, mtu);
	add_address(&b, index, AF_INET, NET4_PREFIX, &guest, sizeof(guest));
	add_default_route(&b, index, AF_INET, &gateway, sizeof(gateway));
	if (ipv6) {
		add_address(&b, index, AF_INET6, NET6_PREFIX, &guest6, sizeof(guest6));
		nl_optional(&b);
		add_default_route(&b, index, AF_INET6, &gateway6, sizeof(gateway6));
		nl_optional(&b);
	}
	return nl_run(sock, &b, e);
}

static int tap_open(struct ifreq *ifr, struct err *e)
{
	cleanup_close int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return fail_errno(e, "cannot open /dev/net/tun");
	strcpy(ifr->ifr_name, TAP_NAME);
	if (ioctl(fd, TUNSETIFF, ifr) < 0)
		return fail_errno(e, "cannot make a tap device");
	if (ioctl(fd, TUNSETPERSIST, 1) < 0)
		return fail_errno(e, "cannot make the tap device persistent");
	return take_fd(&fd);
}

static const char *tun_remedy(int code)
{
	switch (code) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return "load the module with \"modprobe tun\" as root, or use --network none or host";
	case EACCES:
	case EPERM:
		return "give /dev/net/tun mode 0666 as root, or use --network none or host";
	default:
		return "use --network none or host";
	}
}

/*
 * The tap cannot be had: @why says why. A veth pair does as well; where that fails too,
 * the tap is what the user can do something about.
 */
static int without_tap(const struct net_spec *n, int sock, const struct err *why, struct err *e)
{
	struct err veth = {};
	int fd = net_veth_create(n, sock, &veth);

	if (fd >= 0) {
		log_warn("%s, falling back to a veth pair, which is slower", why->msg);
		return fd;
	}
	return fail(e, why->code, "%s; nor does a veth pair work (%s); %s", why->msg, veth.msg,
		    tun_remedy(why->code));
}

/**
 * net_tap_create - make the device of a user-mode network, and bring up loopback
 * @n: mtu (0 for the default) and ipv6 are used
 *
 * Loopback comes along because it costs nothing more in the same batch.
 *
 * Context: child side, inside the new network namespace, before the root is
 * changed (it opens /dev/net/tun); needs no id maps.
 * Return: a new close-on-exec descriptor, which reads and writes whole Ethernet
 * frames of the device; or -errno.
 * Source: Linux Documentation/networking/tuntap.rst; rtnetlink(7).
 */
int net_tap_create(const struct net_spec *n, struct err *e)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	cleanup_close int fd = -1, sock = -1;
	struct err why = {};
	int r;

	sock = route_socket(e);
	if (sock < 0)
		return sock;
	fd = tap_open(&ifr, &why);
	if (fd < 0)
		return without_tap(n, sock, &why, e);
	if (ioctl(sock, SIOCGIFINDEX, &ifr) < 0)
		return fail_errno(e, "cannot find the tap device that was just made");
	r = device_configure(ifr.ifr_ifindex, n->mtu ? n->mtu : MTU_DEFAULT, n->ipv6, sock, e);
	return r < 0 ? r : take_fd(&fd);
}
