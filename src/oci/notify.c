/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A caller under systemd, or podman for it, has NOTIFY_SOCKET in its environment. The process
 * in the container gets another one, in a folder of its own that is mounted at /run/notify,
 * read-only: a socket can be spoken to there even so, and the folder is the host's. The host's
 * own socket would take anything from it. start reads there until the process says
 * READY=1, and passes on that alone, with the number that the process has outside. As runc.
 *
 * Source: sd_notify(3).
 */
#include <poll.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "linux/sys.h"
#include "oci/internal.h"

#define INSIDE "/run/notify"
#define SOCKET "notify.sock"

/**
 * oci_notify_prepare - give the container a socket, where the caller has one
 *
 * Return: 0 or -errno.
 */
int oci_notify_prepare(struct making *m, struct err *e)
{
	const char *host = getenv("NOTIFY_SOCKET");
	char fd[32], path[PATH_MAX];
	struct mount_spec *mount;
	ssize_t n;

	if (!host || !*host)
		return 0;
	snprintf(fd, sizeof(fd), "/proc/self/fd/%d", m->state.dir);
	n = readlink(fd, path, sizeof(path) - 1);
	if (n < 0 || mkdirat(m->state.dir, OCI_NOTIFY, 0755) < 0)
		return fail_errno(e, "cannot make a folder for notifications");
	path[n] = '\0';
	mount = mounts_add(&m->spec.mounts);
	mount->type = xstrdup("bind");
	mount->source = path_join(path, OCI_NOTIFY);
	mount->target = xstrdup(INSIDE);
	mount->attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			  MOUNT_ATTR_NOEXEC;
	env_set(&m->spec.env, "NOTIFY_SOCKET", INSIDE "/" SOCKET);
	return 0;
}

static int bind_at(const struct oci_state *s, struct err *e)
{
	cleanup_close int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	if (sock < 0)
		return fail_errno(e, "cannot make a socket");
	unlinkat(s->dir, OCI_NOTIFY "/" SOCKET, 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "/proc/self/fd/%d/" OCI_NOTIFY "/" SOCKET,
		 s->dir);
	if (bind(sock, (struct sockaddr *)&at, sizeof(at)) < 0)
		return fail_errno(e, "cannot make a socket for notifications");
	/* The folder above is the owner's alone; inside any user may speak. */
	if (fchmodat(s->dir, OCI_NOTIFY "/" SOCKET, 0666, 0) < 0)
		return fail_errno(e, "cannot open the socket for notifications");
	return move_fd_above(take_fd(&sock), 10);
}

/**
 * oci_notify_open - listen for the container, before it is started
 *
 * Return: a new descriptor, -1 when nobody wants to know, or another -errno.
 */
int oci_notify_open(const struct oci_state *s, struct err *e)
{
	const char *host = getenv("NOTIFY_SOCKET");
	struct stat st;

	if (!host || !*host || fstatat(s->dir, OCI_NOTIFY, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return bind_at(s, e);
}

static bool says_ready(const char *text)
{
	for (const char *p = text; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
		if (str_has_prefix(p, "READY=1") && (!p[7] || p[7] == '\n'))
			return true;
	}
	return false;
}

static void tell_host(pid_t pid)
{
	const char *host = getenv("NOTIFY_SOCKET");
	cleanup_close int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t n = strlen(host);
	char text[64];

	if (sock < 0 || n >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, host, n);
	/* "@" stands for the byte that an abstract name begins with. */
	if (*host == '@')
		to.sun_path[0] = '\0';
	snprintf(text, sizeof(text), "READY=1\nMAINPID=%d\n", pid);
	if (sendto(sock, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
		log_warn("cannot notify %s: %s, ignoring", host, strerror(errno));
}

/**
 * oci_notify_read - one message of the container
 *
 * Return: whether it was READY=1, which is passed on.
 */
bool oci_notify_read(int sock, pid_t pid)
{
	char text[4096];
	ssize_t n = recv(sock, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[MAX(n, 0)] = '\0';
	if (!says_ready(text))
		return false;
	tell_host(pid);
	return true;
}

/* oci_notify_wait - until the container says that it is ready, or has ended */
void oci_notify_wait(const struct oci_state *s, int sock)
{
	cleanup_close int pidfd = oci_state_pidfd(s);
	struct pollfd fds[] = {{sock, POLLIN, 0}, {pidfd, POLLIN, 0}};

	while (pidfd >= 0 && (poll(fds, 2, -1) >= 0 || errno == EINTR)) {
		if (fds[0].revents && oci_notify_read(sock, s->pid))
			return;
		if (!fds[0].revents && fds[1].revents)
			return;
	}
}
