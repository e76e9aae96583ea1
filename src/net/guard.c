/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * libslirp opens its sockets itself and asks nobody. This file stands between it
 * and libc: connect(), send(), sendto() and close() of the executable come before libc's
 * for all libraries, as everywhere with ELF. Three things need that:
 *
 * The filter judges frames, but what matters is where a socket goes after libslirp's
 * own translation. filter_target() is asked again here, so that a frame that libslirp
 * reads differently from us does not reach the host's loopback.
 *
 * TCP to the virtual resolver becomes TCP to the host's resolver, of either family.
 * slirp_add_guestfwd() would not do: it knows one connection for an address and port,
 * so that two programs of the container that ask at once would get each other's bytes.
 *
 * What is written to such a connection is DNS queries and nothing else (dns_stream.c).
 * libslirp 4.7.0 writes to sockets by send() and sendto() and calls nothing else that
 * does; one that did would come past this, and tests/net/dns.bats would see it. close()
 * is here because the number of a descriptor says what it is for only until then.
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

	if (!resolver || !resolver->n || dns_stream_open(fd) < 0) {
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
	struct dns_stream *s = dns_stream_of(fd);

	if (s)
		return dns_stream_send(s, p, n, flags);
	if (sa && refused(sa, len))
		return -1;
	return syscall(SYS_sendto, fd, p, n, flags, sa, len);
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
	return sendto(fd, p, n, flags, NULL, 0);
}

int close(int fd)
{
	dns_stream_close(fd);
	return (int)syscall(SYS_close, fd);
}
