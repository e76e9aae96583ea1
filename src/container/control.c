/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "container/control.h"

/* Through the folder's descriptor: a path of 108 bytes is soon too long. */
int control_address(struct sockaddr_un *a, int run_fd, const char *id)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	return snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/%s.sock", run_fd, id) <
			       (int)sizeof(a->sun_path)
		       ? 0
		       : -ENAMETOOLONG;
}

void control_init(struct control *c)
{
	c->listen = -1;
	c->n = 0;
}

/**
 * control_open - begin to listen
 * @run_fd: the folder of live records
 *
 * Return: 0 or -errno.
 */
int control_open(struct control *c, int run_fd, const char *id, struct err *e)
{
	struct sockaddr_un a;
	mode_t mask = umask(0177);
	int r = control_address(&a, run_fd, id);

	if (!r) {
		c->listen = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (c->listen < 0 || bind(c->listen, (struct sockaddr *)&a, sizeof(a)) < 0 ||
		    listen(c->listen, CLIENTS_MAX) < 0)
			r = -errno;
	}
	umask(mask);
	if (r < 0)
		close_fd(take_fd(&c->listen));
	return r < 0 ? fail(e, -r, "cannot make the control socket: %s", strerror(-r)) : 0;
}

/**
 * control_poll - what to wait for
 * @fds: receives up to CLIENTS_MAX + 1 entries
 * @stdin_full: the container has not read yet what it was sent
 *
 * Return: how many.
 */
__idle size_t control_poll(const struct control *c, struct pollfd *fds, bool stdin_full)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct client *k = &c->v[i];
		short want = k->attached && k->with_stdin && stdin_full ? 0 : POLLIN;

		if (k->owes[1] || k->owes[2])
			want |= POLLOUT;
		fds[n++] = (struct pollfd){k->sock, want, 0};
	}
	/* The rest waits in the queue of the socket. */
	fds[n++] = (struct pollfd){c->n < CLIENTS_MAX ? c->listen : -1, POLLIN, 0};
	return n;
}

static void drop(struct control *c, size_t i)
{
	close_fd(c->v[i].sock);
	c->v[i] = c->v[--c->n];
}

static void accept_client(struct control *c)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);
	cleanup_close int sock = accept4(c->listen, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (sock < 0 || getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0 ||
	    (peer.uid != geteuid() && peer.uid != 0))
		return;
	c->v[c->n++] = (struct client){.sock = take_fd(&sock)};
}

/**
 * client_send - send without waiting
 *
 * Return: 0; -EAGAIN when the client does not read; or another -errno.
 */
int client_send(struct client *c, enum ctl_type type, int value, const void *data, size_t n)
{
	struct ctl_head head = {.type = type, .value = value};
	struct iovec iov[] = {{&head, sizeof(head)}, {(void *)data, n}};
	struct msghdr h = {.msg_iov = iov, .msg_iovlen = n ? 2 : 1};

	return sendmsg(c->sock, &h, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static int answer(struct client *k, int r, const struct err *why, int fd)
{
	struct {
		struct ctl_head head;
		struct err err;
	} m = {.head = {.type = r < 0 ? CTL_ERROR : CTL_OK}};

	m.err = *why;
	return send_msg(k->sock, &m, sizeof(m.head) + (r < 0 ? sizeof(m.err) : 0), &fd, fd >= 0);
}

/* One message of a client. Return: < 0: it is gone, or talks nonsense. */
static int hear(struct client *k, ctl_handler handler, void *ctx)
{
	static struct ctl_msg m; /* one thread, and no call comes back here */
	struct err why = {};
	ssize_t n = recv(k->sock, &m, sizeof(m), 0);
	int fd = -1, r;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n < (ssize_t)sizeof(m.head) || m.head.type == 0 || m.head.type >= CTL_OK)
		return -EPROTO;
	n -= (ssize_t)sizeof(m.head);
	if (n == CTL_DATA_MAX && m.head.type < CTL_STDIN)
		return -EPROTO;
	if (n < CTL_DATA_MAX)
		m.data[n] = '\0';
	/* Attached, it may only go on as it began. */
	if (k->attached != (m.head.type >= CTL_STDIN))
		return -EPROTO;
	r = handler(ctx, k, &m, (size_t)n, &fd, &why);
	return r > 0 ? 0 : m.head.type >= CTL_STDIN ? r : answer(k, r, &why, fd);
}

/**
 * control_move - new clients and what the old ones say
 * @fds: as control_poll() filled them, after poll(2)
 * @pending: bytes of input that the container has not taken; while there are some nobody's are
 *	heard, also when another client has sent them only now
 */
void control_move(struct control *c, const struct pollfd *fds, const size_t *pending,
		  ctl_handler handler, void *ctx)
{
	size_t n = c->n;
	bool more = fds[n].revents & POLLIN;

	/* From the end: what is dropped is replaced by the last. */
	for (size_t i = n; i-- > 0;) {
		if (*pending && c->v[i].attached && c->v[i].with_stdin)
			continue;
		if (fds[i].revents & (POLLIN | POLLHUP | POLLERR) &&
		    hear(&c->v[i], handler, ctx) < 0)
			drop(c, i);
	}
	if (more)
		accept_client(c);
}

/* control_exit - tell everybody who waits that the container has ended */
void control_exit(struct control *c, int exit_code)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->v[i].waiting)
			client_send(&c->v[i], CTL_EXIT, exit_code, NULL, 0);
	}
}

/* control_dismiss - tell them as well, and let them go: the container begins again without them */
void control_dismiss(struct control *c, int exit_code)
{
	control_exit(c, exit_code);
	for (size_t i = c->n; i-- > 0;) {
		if (c->v[i].waiting)
			drop(c, i);
	}
}

void control_close(struct control *c)
{
	while (c->n)
		drop(c, c->n - 1);
	close_fd(take_fd(&c->listen));
}
