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
void nl_attr_u32(struct nl_batch *b, struct nlmsghdr *m, uint16_t type, uint32_t v);
struct nlattr *nl_nest(struct nl_batch *b, struct nlmsghdr *m, uint16_t type);
void nl_nest_end(struct nl_batch *b, struct nlattr *nest);
int nl_run(int sock, struct nl_batch *b, struct err *e);

#endif
