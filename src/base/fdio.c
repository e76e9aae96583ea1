/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/base.h"

/**
 * read_full - read until @n bytes or end of file, over interruptions
 *
 * Return: bytes read, or -errno.
 */
ssize_t read_full(int fd, void *p, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r = read(fd, (char *)p + done, n - done);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (!r)
			break;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

/**
 * write_full - write everything, over interruptions
 *
 * Return: 0 or -errno.
 */
int write_full(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t r = write(fd, at, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		at += r;
		n -= (size_t)r;
	}
	return 0;
}

/**
 * read_rest - read until the end of a file or a pipe
 * @max: refuse more than this many bytes
 * @out: appended to
 *
 * Return: 0, -EFBIG or another -errno.
 */
int read_rest(int fd, size_t max, struct buf *out)
{
	char chunk[4096];
	size_t total = 0;

	for (;;) {
		ssize_t r = read_full(fd, chunk, sizeof(chunk));

		if (r < 0)
			return (int)r;
		total += (size_t)r;
		if (total > max)
			return -EFBIG;
		buf_add(out, chunk, (size_t)r);
		if ((size_t)r < sizeof(chunk))
			return 0;
	}
}

static ssize_t read_once(int fd, void *p, size_t n)
{
	ssize_t r;

	do
		r = read(fd, p, n);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r;
}

/**
 * read_file_fd - read a whole small file
 * @fd: open, at its beginning; borrowed
 * @max: refuse more than this many bytes
 * @out: appended to
 *
 * Return: 0, -EFBIG, -EINVAL when it is not a regular file, or another -errno.
 */
int read_file_fd(int fd, size_t max, struct buf *out)
{
	struct stat st;
	char small[4096];
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	/* One read when its size is known (0 in /proc) and all of it comes: nothing is behind that. */
	if (st.st_size <= 0 || st.st_size >= (off_t)MIN(sizeof(small), max))
		return read_rest(fd, max, out);
	n = read_once(fd, small, sizeof(small));
	if (n < 0 || (size_t)n > max)
		return n < 0 ? (int)n : -EFBIG;
	buf_add(out, small, (size_t)n);
	return n == st.st_size ? 0 : read_rest(fd, max - (size_t)n, out);
}

/**
 * read_file_at - as read_file_fd(), by name
 * @dirfd: where @path starts, or AT_FDCWD
 */
int read_file_at(int dirfd, const char *path, size_t max, struct buf *out)
{
	cleanup_close int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return fd < 0 ? -errno : read_file_fd(fd, max, out);
}

/**
 * write_file_at - write to a file that exists, in one write (for /proc and cgroup files)
 *
 * Return: 0 or -errno.
 */
int write_file_at(int dirfd, const char *path, const void *p, size_t n)
{
	cleanup_close int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t r;

	if (fd < 0)
		return -errno;
	do
		r = write(fd, p, n);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	return (size_t)r == n ? 0 : -EIO;
}

int write_file(const char *path, const char *s)
{
	return write_file_at(AT_FDCWD, path, s, strlen(s));
}

/**
 * replace_file_at - put a file in place whole or not at all
 * @dirfd: the folder; @name must not contain a slash
 * @mode: of the new file
 * @sync: REPLACE_SYNC for what must survive a power failure (file, then folder)
 *
 * Return: 0 or -errno; on failure nothing is left.
 */
int replace_file_at(int dirfd, const char *name, const void *p, size_t n, mode_t mode,
		    enum replace_sync sync)
{
	char tmp[NAME_MAX + 1], rnd[9];
	int r;

	random_hex(rnd, 8);
	snprintf(tmp, sizeof(tmp), ".%.200s.%s", name, rnd);
	cleanup_close int fd = openat(dirfd, tmp,
				      O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return -errno;
	r = write_full(fd, p, n);
	if (!r && sync == REPLACE_SYNC && fsync(fd) < 0)
		r = -errno;
	if (!r && renameat(dirfd, tmp, dirfd, name) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(dirfd, tmp, 0);
	else if (sync == REPLACE_SYNC)
		fsync(dirfd);
	return r;
}

/**
 * send_msg - send one datagram, with descriptors
 * @sock: a connected SOCK_SEQPACKET or SOCK_DGRAM socket
 * @nfds: at most 16
 *
 * Return: 0 or -errno.
 */
int send_msg(int sock, const void *p, size_t n, const int *fds, size_t nfds)
{
	union {
		char data[CMSG_SPACE(16 * sizeof(int))];
		struct cmsghdr align;
	} control = {};
	struct iovec iov = {(void *)p, n};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t r;

	if (nfds > 16)
		return -EINVAL;
	if (nfds) {
		struct cmsghdr *c;

		msg.msg_control = control.data;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
	}
	do
		r = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

static void take_fds(struct msghdr *msg, int *fds, size_t room, size_t *got)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t n;
		const unsigned char *data = CMSG_DATA(c);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, data + i * sizeof(int), sizeof(fd));
			if (*got < room)
				fds[(*got)++] = fd;
			else
				close_fd(fd);
		}
	}
}

/**
 * recv_msg - receive one datagram, with descriptors
 * @fds: receives new close-on-exec descriptors; more than there is room for are closed
 * @nfds: in: room (at most 16), out: received; NULL when none are expected
 *
 * Return: bytes (0: the peer is gone), -ECONNRESET when it is gone and has not read all of ours,
 * -EMSGSIZE when it was cut, or another -errno.
 */
ssize_t recv_msg(int sock, void *p, size_t n, int *fds, size_t *nfds)
{
	union {
		char data[CMSG_SPACE(16 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = {p, n};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.data,
			     .msg_controllen = sizeof(control.data)};
	size_t got = 0;
	ssize_t r;

	do
		r = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (r < 0 && errno == EINTR);
	/* A peer that has gone with something of ours unread: what it had said itself comes after. */
	if (r < 0 && errno == ECONNRESET) {
		r = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
		if (r <= 0)
			return -ECONNRESET;
	}
	if (r < 0)
		return -errno;
	take_fds(&msg, fds, nfds ? *nfds : 0, &got);
	if (nfds)
		*nfds = got;
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		for (size_t i = 0; i < got; i++)
			close_fd(fds[i]);
		if (nfds)
			*nfds = 0;
		return -EMSGSIZE;
	}
	return r;
}

/**
 * close_deferred - close a descriptor for good, but let the kernel do what follows when it has time
 * @fd: taken; -1 is fine
 *
 * For what is slow to take down, as a mount namespace is, when nobody needs to see it gone. It is
 * put into the queue of a socket that is itself in there: a circle that only the kernel's collector
 * of such circles finds, from a thread of its own since Linux 6.9, and before that in here.
 * Source: net/unix/garbage.c.
 */
void close_deferred(int fd)
{
	int pair[2] = {-1, -1};

	if (fd >= 0 && !socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair)) {
		const int circle[] = {pair[0], fd};

		/* Where it fails, too many being under way, the close is an ordinary one. */
		send_msg(pair[1], "", 1, circle, ARRAY_SIZE(circle));
	}
	close_fd(fd);
	close_fd(pair[0]);
	/* The end of any socket wakes the collector. */
	close_fd(pair[1]);
}

int fd_set_cloexec(int fd, bool on)
{
	return fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) < 0 ? -errno : 0;
}

/**
 * move_fd_above - give a descriptor a number of at least @min
 * @fd: taken
 *
 * Return: the new close-on-exec descriptor, or -errno (and @fd is closed).
 */
int move_fd_above(int fd, int min)
{
	int r;

	if (fd >= min)
		return fd;
	r = fcntl(fd, F_DUPFD_CLOEXEC, min);
	r = r < 0 ? -errno : r;
	close_fd(fd);
	return r;
}
