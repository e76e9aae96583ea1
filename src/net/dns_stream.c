/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A TCP connection of the container to the virtual resolver, from the container's
 * side: what libslirp wants to write into its socket to the host's server comes
 * here (guard.c). It is cut into messages at their length prefixes (RFC 1035, 4.2.2);
 * a message is held back until it is whole and, prefix included, written only when
 * dns_query_ok() lets it pass, as one that came by UDP. Else the connection is shut
 * down for both directions and nothing is written to it any more. The server's answers
 * are not looked at: libslirp reads them from the same socket.
 *
 * So there is one socket a connection, as for any other, and no loop of our own. A
 * socketpair between libslirp and a relay of ours would have needed a system call more
 * in the filter, two descriptors more a connection, and a copy of each answer.
 *
 * Memory: one message of DNS_QUERY_MAX bytes a connection, DNS_STREAMS connections. What
 * the server does not take yet stays with libslirp: the last byte of a message counts as
 * taken only when all of it is written, so that libslirp keeps that one, waits until the
 * socket can be written, and offers it again. What it offers is then known already.
 *
 *	state		have		then
 *	prefix		0 to 1		the length is judged as soon as it is there
 *	body		2 to whole - 1	the message is judged as soon as it is whole
 *	writing		whole		prefix again when all is written
 *	refused		any		for good
 */
#include <sys/syscall.h>

#include "net/helper.h"

/**
 * struct dns_stream - the message that is being collected or written
 * @fd: libslirp's socket to the server
 * @have: bytes of @buf collected
 * @sent: bytes of @buf written; 0 before it is whole
 * @buf: the prefix and the message
 */
struct dns_stream {
	int fd;
	size_t have, sent;
	bool refused;
	uint8_t buf[2 + DNS_QUERY_MAX];
};

static struct dns_stream streams[DNS_STREAMS]; /* the first n_streams are in use */
static size_t n_streams;

static size_t find(int fd)
{
	size_t i = 0;

	while (i < n_streams && streams[i].fd != fd)
		i++;
	return i;
}

/**
 * dns_stream_open - from now on @fd is a connection to a server
 *
 * Return: 0, or -EMFILE when there are DNS_STREAMS already.
 */
int dns_stream_open(int fd)
{
	dns_stream_close(fd);
	if (n_streams == DNS_STREAMS)
		return -EMFILE;
	streams[n_streams++] = (struct dns_stream){.fd = fd};
	return 0;
}

/* dns_stream_of - the connection of that socket, or NULL; borrowed until any is closed */
struct dns_stream *dns_stream_of(int fd)
{
	size_t i = find(fd);

	return i < n_streams ? &streams[i] : NULL;
}

/* dns_stream_close - @fd is closed, or about to be; fine for any descriptor */
void dns_stream_close(int fd)
{
	size_t i = find(fd);

	if (i < n_streams)
		streams[i] = streams[--n_streams];
}

/* libslirp reads the end then, and ends the connection of the container. */
static ssize_t refuse(struct dns_stream *s)
{
	if (!s->refused)
		shutdown(s->fd, SHUT_RDWR);
	s->refused = true;
	errno = ECONNRESET;
	return -1;
}

static size_t whole(const struct dns_stream *s)
{
	return s->have < 2 ? 2 : 2U + get16(s->buf);
}

/* Takes bytes up to the end of the prefix or of the message; how many. */
static size_t collect(struct dns_stream *s, const uint8_t *p, size_t n)
{
	size_t k = MIN(n, whole(s) - s->have);

	memcpy(s->buf + s->have, p, k);
	s->have += k;
	return k;
}

/* Judges what there is: a prefix as soon as it is whole, for the room in @buf, too. */
static bool passes(const struct dns_stream *s)
{
	size_t n = get16(s->buf), question;

	if (s->have < 2)
		return true;
	if (n < DNS_HEAD || n > DNS_QUERY_MAX)
		return false;
	return s->have < 2 + n || dns_query_ok(s->buf + 2, n, &question);
}

/* Writes the message; false and errno when some of it remains. */
static bool flush(struct dns_stream *s)
{
	while (s->sent < s->have) {
		/* The system call itself: guard.c's send() has led here. */
		long r = syscall(SYS_sendto, s->fd, s->buf + s->sent, s->have - s->sent,
				 MSG_NOSIGNAL, NULL, 0);

		if (r < 0)
			return false;
		s->sent += (size_t)r;
	}
	s->have = s->sent = 0;
	return true;
}

/**
 * dns_stream_send - in place of send() to the server
 * @p: the next bytes of the container
 * @flags: of send(); urgent data is refused
 *
 * Return: how many bytes were taken, which may be fewer; or -1 and errno: EAGAIN, that of
 * the socket, or ECONNRESET when the connection is refused.
 */
ssize_t dns_stream_send(struct dns_stream *s, const uint8_t *p, size_t n, int flags)
{
	size_t taken = 0;

	if (s->refused || flags & MSG_OOB)
		return refuse(s);
	while (taken < n) {
		if (s->have < whole(s)) {
			taken += collect(s, p + taken, n - taken);
			if (!passes(s))
				return refuse(s);
			if (s->have < whole(s))
				continue;
			taken--; /* the last byte, until all is written */
		}
		if (!flush(s))
			return taken ? (ssize_t)taken : -1;
		taken++;
	}
	return (ssize_t)taken;
}
