/* SPDX-License-Identifier: GPL-2.0-or-later */
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
