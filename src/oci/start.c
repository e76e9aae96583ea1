/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "oci/internal.h"

/**
 * oci_connect_start - the socket that a created container's first process waits at
 *
 * Return: a new descriptor; -ENOENT or -ECONNREFUSED when nobody waits, or another -errno.
 */
int oci_connect_start(const struct oci_state *s, struct err *e)
{
	cleanup_close int at = openat(s->dir, OCI_SOCKET, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	cleanup_close int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct stat st;

	if (at < 0 || sock < 0)
		return fail_errno(e, "cannot reach container %s", s->id);
	if (fstat(at, &st) < 0 || !S_ISSOCK(st.st_mode))
		return fail(e, ENOTSOCK, "cannot reach container %s", s->id);
	snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d", at);
	if (connect(sock, (struct sockaddr *)&to, sizeof(to)) < 0)
		return fail_errno(e, "cannot reach container %s", s->id);
	return take_fd(&sock);
}
