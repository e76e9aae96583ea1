/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * sd_notify(3): a service tells its manager that it is ready, by a datagram to the socket
 * that NOTIFY_SOCKET names. The protocol is that one datagram, so there is no library for it.
 *
 * --sdnotify says who speaks. conmon: the supervisor does, when the payload runs. healthy: it
 * does, when the first health check has succeeded. container: the payload does, through a
 * socket of its own in its /dev (sandbox/notify.c), so that no path of the host is in the
 * container. What arrives there is passed on, line by line, when a service may say it of
 * itself: a container must not name another process as the main one (MAINPID), nor store
 * descriptors with the manager; descriptors are not even taken. One datagram is on its way at a
 * time, and the next is read when the manager has taken it.
 *
 * In the background the main process of the service is the supervisor: MAINPID says so. The
 * command that made it waits for the manager to have read that (BARRIER) before it ends, or the
 * manager would take its end for that of the service.
 */
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "container/supervise.h"

#define BARRIER_MS 5000

/**
 * struct notify - the way to the service manager
 * @manager: socket connected to it
 * @n: bytes of @pending that it has not taken yet
 */
struct notify {
	int manager;
	size_t n;
	char pending[4096];
};

/* What a service may say of itself. */
static const char *const allowed[] = {
	"READY=",        "RELOADING=", "STOPPING=", "MONOTONIC_USEC=",      "STATUS=",
	"ERRNO=",        "BUSERROR=",  "WATCHDOG=", "EXTEND_TIMEOUT_USEC=", "EXIT_STATUS=",
	"VARLINKERROR=",
};

/**
 * notify_filter - keep of a message what a container may say
 * @text: a datagram
 * @out: receives its good lines
 */
void notify_filter(const char *text, size_t n, struct buf *out)
{
	const char *end = text + n;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t len = (size_t)((stop ? stop : end) - text);
		bool good = false;

		for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
			size_t key = strlen(allowed[i]);

			good |= len > key && !memcmp(text, allowed[i], key);
		}
		for (size_t i = 0; i < len; i++)
			good &= (unsigned char)text[i] >= ' ' && text[i] != 0x7f;
		if (good)
			buf_printf(out, "%.*s\n", (int)len, text);
		text += len + 1;
	}
}

/**
 * notify_connect - the socket of the service manager, by its name in the environment
 * @name: a path, or @ and an abstract name
 *
 * Return: a socket, or -errno.
 */
int notify_connect(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t n = strlen(name);
	cleanup_close int fd = -1;

	if ((name[0] != '/' && name[0] != '@') || !name[1])
		return -EAFNOSUPPORT;
	if (n >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.sun_path, name, n);
	if (name[0] == '@')
		a.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
		return -errno;
	return take_fd(&fd);
}

/**
 * notify_open - is there somebody to tell?
 *
 * A manager that cannot be reached is none: the variable survives in terminals that a service
 * has started.
 */
void notify_open(struct run *run)
{
	const char *name = getenv("NOTIFY_SOCKET");
	int fd;

	if (!name || !*name || run->c->spec->sdnotify == SDNOTIFY_IGNORE)
		return;
	fd = notify_connect(name);
	if (fd < 0) {
		log_warn("cannot reach NOTIFY_SOCKET %s: %s, ignoring", name, strerror(-fd));
		return;
	}
	run->notify = xcalloc(1, sizeof(*run->notify));
	run->notify->manager = fd;
}

void notify_close(struct run *run)
{
	if (!run->notify)
		return;
	close_fd(run->notify->manager);
	free(take_ptr(run->notify));
}

/** notify_proxied - is the payload to have a socket? */
bool notify_proxied(const struct run *run)
{
	return run->notify && run->c->spec->sdnotify == SDNOTIFY_CONTAINER;
}

static void flush(struct notify *n)
{
	if (n->n && send(n->manager, n->pending, n->n, MSG_NOSIGNAL) < 0 &&
	    (errno == EAGAIN || errno == EINTR))
		return;
	n->n = 0;
}

static void say(struct notify *n, const char *text)
{
	size_t len = strlen(text);

	if (n->n + len + 1 > sizeof(n->pending))
		return;
	/* Lines of one message may stand together in another. */
	memcpy(n->pending + n->n, text, len);
	n->n += len;
	flush(n);
}

/** notify_started - the payload runs */
void notify_started(struct run *run)
{
	char text[64];

	if (!run->notify)
		return;
	snprintf(text, sizeof(text), "MAINPID=%d\n%s", getpid(),
		 run->c->spec->sdnotify == SDNOTIFY_CONMON ? "READY=1\n" : "");
	say(run->notify, text);
}

/** notify_healthy - a health check has succeeded */
void notify_healthy(struct run *run)
{
	if (run->notify && run->c->spec->sdnotify == SDNOTIFY_HEALTHY)
		say(run->notify, "READY=1\n");
}

/**
 * notify_poll - what to wait for
 * @fds: receives two entries
 */
__idle void notify_poll(const struct run *run, struct pollfd *fds)
{
	const struct notify *n = run->notify;

	fds[0] = (struct pollfd){n && !n->n ? run->launch.notify_fd : -1, POLLIN, 0};
	fds[1] = (struct pollfd){n && n->n ? n->manager : -1, POLLOUT, 0};
}

/**
 * notify_move - pass on what can be passed on
 * @fds: as notify_poll() filled them, after poll(2)
 */
void notify_move(struct run *run, const struct pollfd *fds)
{
	char text[sizeof(run->notify->pending)];
	cleanup_buf struct buf good = {};
	ssize_t n;

	if (fds[1].revents)
		flush(run->notify);
	if (!fds[0].revents || run->notify->n)
		return;
	/* No room for descriptors: the kernel closes them. */
	n = recv(run->launch.notify_fd, text, sizeof(text), MSG_DONTWAIT | MSG_TRUNC);
	if (n <= 0 || (size_t)n >= sizeof(text))
		return;
	notify_filter(text, (size_t)n, &good);
	if (good.len && good.len < sizeof(text))
		say(run->notify, good.data);
}

/* notify_finish - the container has ended: what it has said last is passed on as well */
void notify_finish(struct run *run)
{
	struct pollfd fds[2];

	/* As many as fit into a socket; a manager that takes nothing is not waited for. */
	for (int i = 0; run->notify && i < 1024; i++) {
		notify_poll(run, fds);
		if (poll(fds, ARRAY_SIZE(fds), 0) <= 0)
			return;
		notify_move(run, fds);
	}
}

/**
 * notify_barrier - wait until the service manager has read what the supervisor has told it
 *
 * It closes the descriptor that comes with BARRIER=1 when it has come so far; one that does not
 * know the word (systemd before 246) closes it as well.
 * Context: the command that went to the background.
 */
void notify_barrier(const struct spec *s)
{
	const char *name = getenv("NOTIFY_SOCKET");
	cleanup_close int fd = -1;
	struct pollfd p = {.events = 0};
	int pair[2];

	if (!name || !*name || s->sdnotify == SDNOTIFY_IGNORE)
		return;
	fd = notify_connect(name);
	if (fd < 0 || pipe2(pair, O_CLOEXEC) < 0)
		return;
	p.fd = pair[0];
	if (send_msg(fd, "BARRIER=1", strlen("BARRIER=1"), &pair[1], 1) < 0)
		log_warn("cannot wait for the service manager, ignoring");
	close_fd(pair[1]);
	while (poll(&p, 1, BARRIER_MS) < 0 && errno == EINTR)
		;
	close_fd(pair[0]);
}
