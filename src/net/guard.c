/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * libslirp opens its sockets itself and asks nobody. This file stands between it
 * and libc: connect() and sendto() of the executable come before libc's for all
 * libraries, as everywhere with ELF. Two things need that:
 *
 * The filter judges frames, but what matters is where a socket goes after libslirp's
 * own translation. filter_target() is asked again here, so that a frame that libslirp
 * reads differently from us does not reach the host's loopback.
 *
 * TCP to the virtual resolver becomes TCP to the host's resolver, of either family.
 * slirp_add_guestfwd() would not do: it knows one connection for an address and port,
 * so that two programs of the container that ask at once would get each other's bytes.
 */
#include <netinet/tcp.h>
#include <sys/syscall.h>

#include "net/helper.h"

static const struct net_config *config;
static const struct dns *resolver;

/* guard_init - both are borrowed for good */
void guard_init(const struct net_config *c, const struct dns *d)
{
	config = c;
	resolver = d;
}

static bool is_resolver(const struct sockaddr *sa, socklen_t len)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)sa;

	return sa->sa_family == AF_INET && len >= sizeof(*in) &&
	       in->sin_addr.s_addr == htonl(NET4_RESOLVER) && in->sin_port == htons(53);
}

/* A socket of the server's family takes the place of @fd when that is another one. */
static int connect_resolver(int fd)
{
	struct sockaddr_storage sa;
	socklen_t len;
	int one = 1;

	if (!resolver || !resolver->n) {
		errno = ECONNREFUSED;
		return -1;
	}
	len = resolver_sockaddr(&resolver->resolvers[resolver->first], &sa);
	if (sa.ss_family != AF_INET) {
		int other = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		if (other < 0)
			return -1;
		if (dup3(other, fd, O_CLOEXEC) < 0) {
			close_fd(other);
			return -1;
		}
		close_fd(other);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	}
	return resolver_connect(fd, (struct sockaddr *)&sa, len);
}

static bool refused(const struct sockaddr *sa, socklen_t len)
{
	if (config && filter_target(config, sa, len))
		return false;
	errno = ECONNREFUSED;
	return true;
}

/* In place of libc's, for libslirp. */
int connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	if (is_resolver(sa, len))
		return connect_resolver(fd);
	return refused(sa, len) ? -1 : resolver_connect(fd, sa, len);
}

ssize_t sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *sa, socklen_t len)
{
	if (sa && refused(sa, len))
		return -1;
	return syscall(SYS_sendto, fd, p, n, flags, sa, len);
}
