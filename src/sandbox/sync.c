/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * The supervisor and the container's first process share one SOCK_SEQPACKET
 * pair. A message is its type, at most one descriptor, and for SYNC_ERROR the
 * error. Each side sends what the other's next step waits for; a message that
 * nobody waits for ends the launch. After exec the same socket belongs to
 * sandbox-init (helpers/init_proto.h); without it, it is close-on-exec, and its
 * end says that the payload runs.
 */
#include <sys/socket.h>

#include "sandbox/internal.h"

static const char *const names[] = {
	[SYNC_MAPPED] = "MAPPED",         /* to the child: the id maps are written */
	[SYNC_NAMESPACES] = "NAMESPACES", /* to the parent: of users and of mounts */
	[SYNC_TAP] = "TAP",               /* to the parent: the network device, for sandbox-net */
	[SYNC_FUSE] = "FUSE",             /* to the parent: /dev/fuse, for fuse-overlayfs */
	[SYNC_COPY] = "COPY",             /* to the parent: the root is a copy of its layers */
	[SYNC_TTY] = "TTY",               /* to the parent: the master of the terminal */
	[SYNC_NOTIFY] = "NOTIFY",     /* to the parent: where the payload says that it is ready */
	[SYNC_READY] = "READY",       /* to the parent: created, waiting for START */
	[SYNC_START] = "START",       /* to the child: run the payload */
	[SYNC_JOINED] = "JOINED",     /* to the parent: the process that joined a container */
	[SYNC_HOOKS] = "HOOKS",       /* to the parent: mounts are made, run the host's hooks */
	[SYNC_HOOKED] = "HOOKED",     /* to the child: they have succeeded */
	[SYNC_LEAVE] = "LEAVE",       /* to the child: live on without your supervisor */
	[SYNC_LEFT] = "LEFT",         /* to the parent: it may end */
	[SYNC_STARTING] = "STARTING", /* to who starts it: nothing is left but filter and exec */
	[SYNC_ERROR] = "ERROR",       /* to the parent: the launch failed, and why */
};
_Static_assert(ARRAY_SIZE(names) == SYNC_TYPES, "every message has a name");

const char *sync_name(uint32_t type)
{
	return type < ARRAY_SIZE(names) && names[type] ? names[type] : "unknown";
}

/**
 * sync_send - send a message that is not an error
 * @fd: borrowed descriptor that goes with it, or -1
 *
 * Return: 0 or -errno.
 */
int sync_send(int sock, enum sync_type type, int fd)
{
	uint32_t t = type;

	return send_msg(sock, &t, sizeof(t), &fd, fd >= 0);
}

/* sync_send_error - the child's last word */
void sync_send_error(int sock, const struct err *err)
{
	struct sync_msg m = {.type = SYNC_ERROR, .err = *err};

	send_msg(sock, &m, sizeof(m), NULL, 0);
}

/**
 * sync_wait - wait for one message; another one ends the launch
 * @fd: receives a new descriptor; NULL when none is expected
 *
 * Return: 0, or -errno: -ESRCH when the other side is gone, its own error when it sent one.
 */
int sync_wait(int sock, enum sync_type type, int *fd, struct err *e)
{
	struct sync_msg m = {};
	size_t nfds = 1;
	int got = -1, r;
	ssize_t n = recv_msg(sock, &m, sizeof(m), &got, &nfds);
	cleanup_close int received = nfds && n >= 0 ? got : -1;

	if (n == 0 || n == -ECONNRESET)
		return fail(e, ESRCH, "the other side is gone");
	if (n < 0)
		return fail(e, (int)-n, "cannot hear the other side: %s", strerror((int)-n));
	if (n == sizeof(m)) {
		*e = m.err;
		e->msg[sizeof(e->msg) - 1] = '\0';
		return e->code > 0 ? -e->code : -EIO;
	}
	r = n == sizeof(m.type) && m.type == type && (received >= 0) == (fd != NULL) ? 0 : -EPROTO;
	if (r < 0)
		return fail(e, EPROTO, "message %s where %s was expected", sync_name(m.type),
			    sync_name(type));
	if (fd)
		*fd = take_fd(&received);
	return 0;
}
