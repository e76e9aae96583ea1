/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/base.h"

/**
 * lock_file_at - hold a lock that dies with its holder
 * @dirfd: the folder
 * @name: lock file, made when it is not there
 * @shared: a read lock
 * @wait: wait for it, else -EWOULDBLOCK
 *
 * A file that was unlinked or replaced while we waited is not the lock: try again.
 * Return: a descriptor that holds the lock until it is closed, or -errno.
 */
int lock_file_at(int dirfd, const char *name, bool shared, bool wait)
{
	for (;;) {
		cleanup_close int fd = openat(dirfd, name,
					      O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		struct stat mine, there;
		int r;

		if (fd < 0)
			return -errno;
		do
			r = flock(fd, (shared ? LOCK_SH : LOCK_EX) | (wait ? 0 : LOCK_NB));
		while (r < 0 && errno == EINTR);
		if (r < 0 || fstat(fd, &mine) < 0)
			return -errno;
		if (!fstatat(dirfd, name, &there, AT_SYMLINK_NOFOLLOW) &&
		    mine.st_ino == there.st_ino && mine.st_dev == there.st_dev)
			return take_fd(&fd);
	}
}

/**
 * lock_soon - take a flock(2) that whoever has it is about to let go of
 * @fd: borrowed
 * @op: LOCK_EX or LOCK_SH
 *
 * A container's supervisor, say, tells that it has ended a moment before it ends itself.
 * Return: 0; -EWOULDBLOCK when it is still held after a second; or another -errno.
 */
int lock_soon(int fd, int op)
{
	for (int tries = 0; flock(fd, op | LOCK_NB) < 0; tries++) {
		if (errno != EWOULDBLOCK || tries == 100)
			return -errno;
		poll(NULL, 0, 10);
	}
	return 0;
}

/**
 * lock_own - lock a file that says by that: its maker lives
 * @fd: opened for writing; the lock lasts until the last descriptor of this opening is closed
 *
 * Unlike flock(2) it can be asked for without being taken, lock_owner(), so that two who
 * look at once do not meet each other's lock.
 * Return: 0, or -EAGAIN when somebody else has it.
 * Source: fcntl(2), open file description locks, Linux 3.15.
 */
int lock_own(int fd)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_SETLK, &l) < 0 ? -errno : 0;
}

/* lock_owner - does somebody hold lock_own() of a file? 1, 0 or -errno */
int lock_owner(int fd)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_GETLK, &l) < 0 ? -errno : l.l_type != F_UNLCK;
}
