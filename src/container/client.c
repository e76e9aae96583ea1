/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "container/control.h"

/**
 * ctl_connect - talk to the supervisor of a container
 *
 * Return: a socket; -ENOTCONN when it cannot be talked to; or another -errno.
 */
int ctl_connect(const struct dirs *dirs, const struct container_info *info, struct err *e)
{
	cleanup_close int run_fd = dirs_open(dirs->run, "containers", e);
	cleanup_close int sock = -1;
	struct sockaddr_un a;
	int r;

	if (run_fd < 0)
		return run_fd;
	r = control_address(&a, run_fd, info->id);
	if (!r) {
		sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		if (sock < 0 || connect(sock, (struct sockaddr *)&a, sizeof(a)) < 0)
			r = -errno;
	}
	if (!r)
		return take_fd(&sock);
	fail(e, ENOTCONN, "cannot reach the supervisor of container %.12s: %s", info->id,
	     strerror(-r));
	return r == -ENOENT ? fail_hint(e, -ENOTCONN, "it has just begun, or is about to end")
			    : -ENOTCONN;
}

/**
 * ctl_send - send without waiting
 *
 * Return: 0; -EAGAIN when the supervisor does not read; or another -errno.
 */
int ctl_send(int sock, enum ctl_type type, int value, int64_t time, const void *data, size_t n)
{
	struct ctl_head head = {.type = type, .value = value, .time = time};
	struct iovec iov[] = {{&head, sizeof(head)}, {(void *)data, n}};
	struct msghdr h = {.msg_iov = iov, .msg_iovlen = n ? 2 : 1};

	while (sendmsg(sock, &h, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/**
 * ctl_receive - the supervisor's next message
 * @n: receives the bytes in @m->data
 * @fd: receives a descriptor that came along, or -1; may be NULL
 * @timeout_ms: -1 to wait for ever
 *
 * Return: 0; -ETIMEDOUT; -ECONNRESET when it is gone; its own error when it sent one.
 */
int ctl_receive(int sock, struct ctl_msg *m, size_t *n, int *fd, int timeout_ms, struct err *e)
{
	struct pollfd p = {.fd = sock, .events = POLLIN};
	size_t nfds = 1;
	int got = -1, r;
	ssize_t len;

	do
		r = poll(&p, 1, timeout_ms);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return fail_hint(e,
				 fail(e, ETIMEDOUT, "the container's supervisor does not answer"),
				 "is it stopped? \"sandbox rm --force\" ends it");
	len = recv_msg(sock, m, sizeof(*m), &got, &nfds);
	if (fd)
		*fd = nfds && len > 0 ? got : -1;
	else if (nfds && len > 0)
		close_fd(got);
	if (len < (ssize_t)sizeof(m->head))
		return fail(e, ECONNRESET, "the container's supervisor is gone");
	*n = (size_t)len - sizeof(m->head);
	if (m->head.type != CTL_ERROR)
		return 0;
	if (*n == sizeof(struct err) && e)
		memcpy(e, m->data, sizeof(*e));
	if (e)
		e->msg[sizeof(e->msg) - 1] = '\0';
	return e && e->code > 0 ? -e->code : -EIO;
}

/**
 * ctl_ask - one request and its answer
 * @data: a string, or NULL
 * @fd: receives the descriptor of the answer; NULL when none is expected
 */
int ctl_ask(int sock, enum ctl_type type, int value, int64_t time, const char *data, int *fd,
	    struct err *e)
{
	static struct ctl_msg m;
	size_t n = data ? strlen(data) : 0;
	int r = ctl_send(sock, type, value, time, data, n);

	if (r < 0)
		return fail(e, ECONNRESET, "the container's supervisor is gone");
	return ctl_receive(sock, &m, &n, fd, 10000, e);
}
