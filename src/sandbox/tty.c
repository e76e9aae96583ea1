/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "sandbox/internal.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

/*
 * A terminal of the container's own devpts. The slave is opened through the
 * master (TIOCGPTPEER), never by a name that somebody could swap (CVE-2025-52565),
 * and /dev/console is a clone of that very descriptor.
 */
int step_console(struct launch *l, struct err *e)
{
	cleanup_close int master = -1, slave = -1, clone = -1, target = -1;
	int zero = 0, r;

	master = openat(l->c.dev, "pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &zero) < 0)
		return fail_errno(e, "cannot make a terminal");
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return fail_errno(e, "cannot open the terminal");
	clone = sys_open_tree(slave, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	target = openat(l->c.dev, "console", O_CREAT | O_EXCL | O_RDONLY | O_NOFOLLOW | O_CLOEXEC,
			0600);
	if (clone < 0 || target < 0)
		return fail(e, clone < 0 ? -clone : errno, "cannot make /dev/console");
	r = mount_attach(clone, target, "/dev/console", e);
	if (!r)
		r = sync_send(l->sock, SYNC_TTY, master);
	if (r < 0)
		return e->code ? r : fail(e, -r, "cannot hand the terminal over: %s", strerror(-r));
	l->c.console = take_fd(&slave);
	return 0;
}

/*
 * Standard input, output and error, and a session of their own: without it the
 * payload could type into the caller's terminal.
 */
int step_stdio(struct launch *l, struct err *e)
{
	setsid();
	if (l->spec->tty) {
		if (fchown(l->c.console, l->c.user.uid, (gid_t)-1) < 0 && errno != EINVAL)
			return fail_errno(e, "cannot give the terminal to the user");
		if (ioctl(l->c.console, TIOCSCTTY, 0) < 0)
			return fail_errno(e, "cannot take the terminal");
		oci_console_size(l);
	}
	for (int i = 0; i < 3; i++) {
		int fd = l->spec->tty ? l->c.console : l->stdio[i];
		struct stat st;

		if (fd < 0)
			close_fd(i);
		else if (fd == i)
			fd_set_cloexec(i, false);
		else if (dup2(fd, i) < 0)
			return fail_errno(e, "cannot set up descriptor %d", i);
		/* A pipe to the supervisor, which /dev/stdout opens anew; the caller's own stay his. */
		if (fd > STDERR_FILENO && !l->spec->tty && !fstat(i, &st) && S_ISFIFO(st.st_mode))
			(void)!fchown(i, l->c.user.uid, (gid_t)-1);
	}
	return 0;
}
