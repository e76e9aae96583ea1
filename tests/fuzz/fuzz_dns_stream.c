/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a container writes into a TCP connection to the virtual resolver. The first
 * byte of the input says in pieces of which size; the rest is written. The server must get
 * the queries before the first message that is none, whole, and not a byte more.
 */
#include <sys/socket.h>

#include "net/helper.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How many bytes of a stream are for the server; @alive when nothing forbidden was there. */
static size_t permitted(const uint8_t *p, size_t n, bool *alive)
{
	size_t at = 0, question;

	*alive = true;
	while (n - at >= 2) {
		size_t len = get16(p + at);

		if (len >= DNS_HEAD && len <= DNS_QUERY_MAX && n - at - 2 < len)
			return at;
		if (n - at - 2 < len || !dns_query_ok(p + at + 2, len, &question)) {
			*alive = false;
			return at;
		}
		at += 2 + len;
	}
	return at;
}

static size_t received(int fd, uint8_t *out, size_t room)
{
	size_t n = 0;
	ssize_t r;

	while ((r = recv(fd, out + n, room - n, 0)) > 0)
		n += (size_t)r;
	return n;
}

static void check(const uint8_t *data, size_t size, size_t piece)
{
	static uint8_t out[65536];
	struct dns_stream *s;
	size_t taken = 0, got = 0, want;
	bool alive, expected;
	ssize_t r = 0;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0 ||
	    dns_stream_open(fds[0]) < 0)
		abort();
	s = dns_stream_of(fds[0]);
	while (taken < size) {
		r = dns_stream_send(s, data + taken, MIN(piece, size - taken), 0);
		if (r > 0)
			taken += (size_t)r;
		if (r < 0 && errno != EAGAIN)
			break;
		got += received(fds[1], out + got, sizeof(out) - got);
	}
	alive = r >= 0;
	got += received(fds[1], out + got, sizeof(out) - got);
	want = permitted(data, size, &expected);
	if (got != want || memcmp(out, data, got) || alive != expected)
		abort();
	dns_stream_close(fds[0]);
	close_fd(fds[0]);
	close_fd(fds[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > 60000)
		return 0;
	check(data + 1, size - 1, 1U + data[0]);
	return 0;
}
