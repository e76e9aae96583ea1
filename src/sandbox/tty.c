/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "sandbox/internal.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static bool is_devpts(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == DEVPTS_SUPER_MAGIC;
}

/**
 * tty_copy_size - give a container's terminal the size of the caller's
 * @pty: the master
 *
 * Context: both processes: before the payload runs, and when the caller's has changed.
 */
void tty_copy_size(int pty)
{
	struct winsize size;

	if (!ioctl(STDIN_FILENO, TIOCGWINSZ, &size) || !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		ioctl(pty, TIOCSWINSZ, &size);
}

/*
 * A terminal of what is mounted at /dev/pts of the container, which has to be a devpts: its root
 * may have anything there. The slave is opened through the master (TIOCGPTPEER), never by a name
 * that somebody could swap (CVE-2025-52565).
 */
static int open_terminal(struct launch *l, int *master, int *slave, struct err *e)
{
	cleanup_close int pts = open_in_root(l->c.root, "/dev/pts", O_PATH | O_DIRECTORY, 0);
	int zero = 0;

	if (pts < 0 || !is_devpts(pts))
		return fail(e, pts < 0 ? -pts : ENOTTY,
			    "cannot make a terminal: /dev/pts of the container is no devpts");
	*master = openat(pts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
	if (*master < 0 || !is_devpts(*master) || ioctl(*master, TIOCSPTLCK, &zero) < 0)
		return fail_errno(e, "cannot make a terminal");
	*slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	tty_copy_size(*master);
	return *slave < 0 ? fail_errno(e, "cannot open the terminal") : 0;
}

static int hand_over(struct launch *l, int master, int *slave, struct err *e)
{
	int r = sync_send(l->sock, SYNC_TTY, master);

	if (r < 0)
		return fail(e, -r, "cannot hand the terminal over: %s", strerror(-r));
	l->c.console = take_fd(slave);
	return 0;
}

/* /dev/console is a clone of the very descriptor of the slave. */
int step_console(struct launch *l, struct err *e)
{
	cleanup_close int master = -1, slave = -1, clone = -1, target = -1;
	int r = open_terminal(l, &master, &slave, e);

	if (r < 0)
		return r;
	clone = sys_open_tree(slave, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (clone < 0)
		return fail(e, -clone, "cannot make /dev/console: %s", strerror(-clone));
	target = node_place(l->c.dev, "console", "/dev/console", e);
	r = target < 0 ? target : mount_attach(clone, target, "/dev/console", e);
	return r < 0 ? r : hand_over(l, master, &slave, e);
}

/* The terminal of an exec. */
int step_join_console(struct launch *l, struct err *e)
{
	cleanup_close int master = -1, slave = -1;
	int r = open_terminal(l, &master, &slave, e);

	return r < 0 ? r : hand_over(l, master, &slave, e);
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
		if (fd > STDERR_FILENO && !l->spec->tty && !fstat(i, &st) && S_ISFIFO(st.st_mode) &&
		    st.st_uid != l->c.user.uid)
			(void)!fchown(i, l->c.user.uid, (gid_t)-1);
	}
	return 0;
}
