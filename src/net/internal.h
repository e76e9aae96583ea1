/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SANDBOX_NET_INTERNAL_H
#define SANDBOX_NET_INTERNAL_H

#include <netinet/in.h>

#include "net/net.h"

/*
 * The container's side of the network: the same in every container, because
 * each has a network namespace of its own. As slirp4netns and QEMU have it.
 */
#define TAP_NAME      "tap0"
#define NET4_PREFIX   24
#define NET4_NETWORK  0x0a000200u /* 10.0.2.0, host byte order */
#define NET4_GATEWAY  0x0a000202u
#define NET4_RESOLVER 0x0a000203u
#define NET4_GUEST    0x0a000264u /* 10.0.2.100 */
#define NET6_PREFIX   64
#define MTU_DEFAULT   65520
#define MTU_MIN       1280

/* The last 16 bits of the IPv6 addresses in fd00::/64. */
enum { NET6_GATEWAY = 2, NET6_RESOLVER = 3, NET6_GUEST = 0x100 };

struct in6_addr net6_addr(uint16_t last);

/* ---- netlink.c: many rtnetlink requests in one system call ------------------------------------ */

/**
 * struct nl_batch - requests that the kernel handles one after the other
 * @len: bytes used of @data
 * @n: how many requests; request i has sequence number i + 1
 * @optional: bit i is set when request i may fail
 * @what: what each does, for messages
 */
struct nl_batch {
	uint32_t len;
	uint32_t n;
	uint32_t optional;
	const char *what[8];
	_Alignas(4) char data[1024];
};

struct nlmsghdr *nl_request(struct nl_batch *b, uint16_t type, uint16_t flags, const void *head,
			    size_t head_len, const char *what);
void nl_optional(struct nl_batch *b);
void nl_attr(struct nl_batch *b, struct nlmsghdr *m, uint16_t type, const void *p, size_t n);
void nl_bytes(struct nl_batch *b, struct nlmsghdr *m, const void *p, size_t n);
void nl_attr_u32(struct nl_batch *b, struct nlmsghdr *m, uint16_t type, uint32_t v);
struct nlattr *nl_nest(struct nl_batch *b, struct nlmsghdr *m, uint16_t type);
void nl_nest_end(struct nl_batch *b, struct nlattr *nest);
int nl_run(int sock, struct nl_batch *b, struct err *e);

/* ---- tap.c and veth.c: the container's device --------------------------------------------------- */

struct nlmsghdr *add_link_up(struct nl_batch *b, int index, const char *what);
void add_no_link_local(struct nl_batch *b, int index);
int device_configure(int index, uint32_t mtu, bool ipv6, int sock, struct err *e);
int net_veth_create(const struct net_spec *n, int sock, struct err *e);

/* ---- protocol between the supervisor and sandbox-net -------------------------------------------- */

/**
 * enum net_msg_type - what the supervisor tells sandbox-net on its socket
 * @NET_MSG_CONFIG: first, and once: how the network is to be
 * @NET_MSG_RESOLVERS: the host's resolvers, whenever they have changed
 * @NET_MSG_TAP: once, with the tap's descriptor, after the id maps are written
 *
 * The helper answers only when it fails: a struct helper_msg with HELPER_ERROR.
 */
enum net_msg_type { NET_MSG_CONFIG = 1, NET_MSG_RESOLVERS, NET_MSG_TAP, NET_MSG_TYPES };

/**
 * struct net_config - NET_MSG_CONFIG
 * @uid: inside the user namespace; what the helper runs as
 * @gid: likewise
 */
struct net_config {
	uint32_t type;
	uint32_t mtu;
	uint32_t uid, gid;
	uint8_t ipv6, host_loopback, block_metadata, unused;
};

#define RESOLVERS_MAX 4

/** struct net_resolver - one server of the host; @addr holds 4 or 16 bytes */
struct net_resolver {
	uint16_t family;
	uint16_t unused;
	uint32_t scope;
	uint8_t addr[16];
};

/** struct net_resolvers - NET_MSG_RESOLVERS */
struct net_resolvers {
	uint32_t type;
	uint32_t n;
	struct net_resolver v[RESOLVERS_MAX];
};

/** struct net_tap - NET_MSG_TAP; one descriptor comes along */
struct net_tap {
	uint32_t type;
};

union net_msg {
	uint32_t type;
	struct net_config config;
	struct net_resolvers resolvers;
	struct net_tap tap;
};

/* ---- resolv.c ---------------------------------------------------------------------------------- */

/**
 * struct resolv_conf - what a resolv.conf says
 * @nameservers: as written
 */
struct resolv_conf {
	struct strv nameservers, search, options;
};

void resolv_parse(const char *text, struct resolv_conf *out);
void resolv_read(struct resolv_conf *out);
void resolv_free(struct resolv_conf *r);
bool resolver_parse(const char *text, struct net_resolver *out);

#endif
