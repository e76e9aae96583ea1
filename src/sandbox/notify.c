/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket by which a payload tells its service manager that it is ready (sd_notify(3)). It
 * lies in the container's own /dev, and the supervisor has the other end (container/notify.c).
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "sandbox/internal.h"

#define NOTIFY_NAME "sandbox-notify"

/* The folder is the current one for a moment: its path is not there before the pivot. */
int step_notify(struct launch *l, struct err *e)
{
	const struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = NOTIFY_NAME};
	cleanup_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0 || fchdir(l->c.dev) < 0 || bind(fd, (const struct sockaddr *)&a, sizeof(a)) < 0)
		return fail_errno(e, "cannot make /dev/" NOTIFY_NAME);
	/* Whoever the payload is, or becomes. */
	if (chmod(NOTIFY_NAME, 0666) < 0 || chdir("/") < 0)
		return fail_errno(e, "cannot open /dev/" NOTIFY_NAME " to the payload");
	r = sync_send(l->sock, SYNC_NOTIFY, fd);
	if (r < 0)
		return fail(e, -r, "cannot hand the notification socket over: %s", strerror(-r));
	env_set(&l->c.env, "NOTIFY_SOCKET", "/dev/" NOTIFY_NAME);
	return 0;
}
