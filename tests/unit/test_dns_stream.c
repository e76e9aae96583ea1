/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "net/helper.h"

/* A connection to a server, which is fds[1]: a small pipe that does not block. */
static struct dns_stream *stream_to(int fds[2])
{
	int size = 1;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds),
			 0);
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	assert_int_equal(dns_stream_open(fds[0]), 0);
	return dns_stream_of(fds[0]);
}

static void stream_end(int fds[2])
{
	dns_stream_close(fds[0]);
	assert_null(dns_stream_of(fds[0]));
	close(fds[0]);
	close(fds[1]);
}

/* What a server has got; -1 when nothing yet, 0 at the end. */
static ssize_t got(int fd, uint8_t *out, size_t n)
{
	ssize_t r = recv(fd, out, n, 0);

	return r < 0 && errno != EAGAIN ? -2 : r;
}

#define QUERY_A "\0\x13\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"

static void streams_are_cut_into_queries(void **state __unused)
{
	static const uint8_t two[] = QUERY_A QUERY_A;
	const size_t one = sizeof(QUERY_A) - 1, n = sizeof(two) - 1;
	struct dns_stream *s;
	uint8_t in[256];
	int fds[2];

	for (size_t piece = 1; piece <= n; piece++) {
		size_t come = 0;

		s = stream_to(fds);
		for (size_t at = 0; at < n; at += piece) {
			size_t k = MIN(piece, n - at), due = (at + k) / one * one;

			assert_int_equal(dns_stream_send(s, two + at, k, 0), k);
			if (due > come) /* whole ones only */
				assert_int_equal(got(fds[1], in + come, sizeof(in) - come),
						 due - come);
			assert_int_equal(got(fds[1], in + due, 1), -1);
			come = due;
		}
		assert_int_equal(come, n);
		assert_memory_equal(in, two, n);
		stream_end(fds);
	}
}

static void streams_wait_for_the_server(void **state __unused)
{
	static const uint8_t query[] = QUERY_A;
	const size_t n = sizeof(query) - 1;
	uint8_t in[65536];
	size_t whole = 0, came = 0;
	struct dns_stream *s;
	ssize_t r;
	int fds[2];

	s = stream_to(fds);
	while ((r = dns_stream_send(s, query, n, 0)) == (ssize_t)n && whole < sizeof(in) / n)
		whole++;
	assert_int_equal(r, n - 1); /* the last byte stays with the caller */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(dns_stream_send(s, query + n - 1, 1, 0), -1);
		assert_int_equal(errno, EAGAIN);
	}
	while ((r = got(fds[1], in + came, sizeof(in) - came)) > 0)
		came += (size_t)r;
	assert_int_equal(dns_stream_send(s, query + n - 1, 1, 0), 1);
	while ((r = got(fds[1], in + came, sizeof(in) - came)) > 0)
		came += (size_t)r;
	assert_int_equal(came, (whole + 1) * n);
	for (size_t at = 0; at < came; at += n)
		assert_memory_equal(in + at, query, n);
	close(fds[1]);
	assert_int_equal(dns_stream_send(s, query, n, 0), n - 1);
	assert_int_equal(dns_stream_send(s, query + n - 1, 1, 0), -1);
	assert_int_equal(errno, EPIPE);
	fds[1] = -1;
	stream_end(fds);
}

static void streams_of_anything_else_end(void **state __unused)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
#define BAD(s) {s, sizeof(s) - 1}
		BAD("\0\0"),
		BAD("\0\1x"),
		BAD("\0\x0bxxxxxxxxxxx"),
		BAD("\4\xd1"),
		BAD("\xff\xff"),
		BAD("\xff\xffxx"),
		BAD("GET / HTTP/1.1"),
		BAD("\0\x13\x12\x34\x28\0\0\1\0\0\0\0\0\0\1a\0\0\6\0\1"),
		BAD("\0\x13\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\xfc\0\1"),
		BAD("\0\x13\x12\x34\1\0\0\2\0\0\0\0\0\0\1a\0\0\1\0\1"),
#undef BAD
	};
	static const uint8_t query[] = QUERY_A;
	const size_t n = sizeof(query) - 1;
	uint8_t in[64];
	int fds[2];

	for (size_t i = 0; i < 2 * ARRAY_SIZE(bad) + 1; i++) {
		const uint8_t *p = (const uint8_t *)bad[i / 2 % ARRAY_SIZE(bad)].bytes;
		size_t len = bad[i / 2 % ARRAY_SIZE(bad)].n;
		struct dns_stream *s = stream_to(fds);
		ssize_t r = 0;

		assert_int_equal(dns_stream_send(s, query, n, 0), n);
		if (i == 2 * ARRAY_SIZE(bad))
			r = dns_stream_send(s, query, n, MSG_OOB);
		else if (i % 2)
			r = dns_stream_send(s, p, len, 0);
		else
			for (size_t at = 0; r >= 0 && at < len; at++)
				r = dns_stream_send(s, p + at, 1, 0);
		assert_int_equal(r, -1);
		assert_int_equal(errno, ECONNRESET);
		assert_int_equal(got(fds[1], in, sizeof(in)), n);
		assert_int_equal(got(fds[1], in, sizeof(in)), 0);
		assert_int_equal(dns_stream_send(s, query, n, 0), -1);
		stream_end(fds);
	}
}

static void the_longest_query_fits_a_stream(void **state __unused)
{
	uint8_t msg[2 + DNS_QUERY_MAX] = QUERY_A, in[2 * sizeof(msg)];
	struct dns_stream *s;
	int fds[2];

	put16(msg, DNS_QUERY_MAX);
	put16(msg + 2 + 10, 1); /* an additional record */
	s = stream_to(fds);
	assert_int_equal(dns_stream_send(s, msg, sizeof(msg), 0), sizeof(msg));
	assert_int_equal(got(fds[1], in, sizeof(in)), sizeof(msg));
	assert_memory_equal(in, msg, sizeof(msg));
	stream_end(fds);
}

static void streams_are_counted(void **state __unused)
{
	for (int fd = 0; fd < DNS_STREAMS; fd++)
		assert_int_equal(dns_stream_open(1000 + fd), 0);
	assert_int_equal(dns_stream_open(5), -EMFILE);
	assert_null(dns_stream_of(5));
	assert_int_equal(dns_stream_open(1000), 0); /* the number again */
	dns_stream_close(1007);
	dns_stream_close(1007);
	assert_null(dns_stream_of(1007));
	assert_int_equal(dns_stream_open(5), 0);
	assert_int_equal(dns_stream_open(6), -EMFILE);
	dns_stream_close(5);
	for (int fd = 0; fd < DNS_STREAMS; fd++)
		dns_stream_close(1000 + fd);
	assert_null(dns_stream_of(1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_are_cut_into_queries),
		cmocka_unit_test(streams_wait_for_the_server),
		cmocka_unit_test(streams_of_anything_else_end),
		cmocka_unit_test(the_longest_query_fits_a_stream),
		cmocka_unit_test(streams_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
