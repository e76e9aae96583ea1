/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * The processes of a container without a cgroup: those of its user namespace, for nothing
 * can leave that. Each is looked at and signalled by pidfd, never by a pid alone, and the
 * list is walked until it holds nothing new, because a process may fork meanwhile.
 */
#include <dirent.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "sandbox/internal.h"

#define NESTED_MAX 32 /* as deep as the kernel nests user namespaces */
#define ROUNDS_MAX 1000

/* Is @pid in the user namespace @want, or in one below it? */
static bool is_inside(int proc, const char *pid, const struct stat *want)
{
	char path[NAME_MAX + 16];
	cleanup_close int ns = -1;
	struct stat is;

	snprintf(path, sizeof(path), "%s/ns/user", pid);
	ns = openat(proc, path, O_RDONLY | O_CLOEXEC);
	for (int i = 0; i < NESTED_MAX && ns >= 0; i++) {
		int parent;

		if (fstat(ns, &is) < 0)
			return false;
		if (is.st_ino == want->st_ino && is.st_dev == want->st_dev)
			return true;
		parent = ioctl(ns, NS_GET_PARENT);
		close_fd(ns);
		ns = parent;
	}
	return false;
}

/**
 * each_process - one walk over the processes of a user namespace
 * @fn: returns whether it has changed something
 *
 * Return: for how many @fn returned true, or -errno.
 */
static int each_process(int userns_fd, bool (*fn)(void *ctx, pid_t pid, int pidfd), void *ctx)
{
	struct stat want;
	struct dirent *de;
	int found = 0;
	DIR *d;

	if (fstat(userns_fd, &want) < 0)
		return -errno;
	d = opendir("/proc");
	if (!d)
		return -errno;
	while ((de = readdir(d))) {
		uint32_t pid;

		if (parse_u32(de->d_name, &pid))
			continue;
		cleanup_close int pidfd = sys_pidfd_open((pid_t)pid, 0);
		if (pidfd >= 0 && is_inside(dirfd(d), de->d_name, &want))
			found += fn(ctx, (pid_t)pid, pidfd);
	}
	closedir(d);
	return found;
}

static bool kill_one(void *ctx __unused, pid_t pid __unused, int pidfd)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	/* A zombie takes signals for as long as nobody reaps it, such as we. */
	if (poll(&p, 1, 0) || sys_pidfd_send_signal(pidfd, SIGKILL) < 0)
		return false;
	poll(&p, 1, 1000);
	return true;
}

/**
 * launch_kill_userns - kill every process of a user namespace
 * @userns_fd: borrowed
 *
 * For a container that shares the host's process numbers, so that no pid namespace ends
 * with it.
 * Return: how many were killed, or -errno.
 */
int launch_kill_userns(int userns_fd)
{
	int killed = 0, found;

	do {
		found = each_process(userns_fd, kill_one, NULL);
		killed += MAX(found, 0);
	} while (found > 0 && killed < 100000);
	return found < 0 ? found : killed;
}

/* The letter of the third field of /proc/PID/stat, which stands behind the name's last ")". */
static char state_of(pid_t pid)
{
	char path[32], text[512], *at;
	cleanup_close int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read_full(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 'X';
	text[n] = '\0';
	at = strrchr(text, ')');
	return at && at[1] ? at[2] : 'X';
}

struct stopping {
	const struct launch *l;
	int sig;
};

/* sandbox-init goes on: it is what takes our signals, and none of the payload's doing. */
static bool stop_one(void *ctx, pid_t pid, int pidfd)
{
	const struct stopping *s = ctx;
	char state = state_of(pid);
	bool stopped = state == 'T' || state == 't';

	if (state == 'Z' || state == 'X' || stopped == (s->sig == SIGSTOP) ||
	    (s->l->spec->init && pid == s->l->pid))
		return false;
	return sys_pidfd_send_signal(pidfd, s->sig) >= 0;
}

static int stop_all(const struct launch *l, int sig)
{
	struct stopping s = {l, sig};
	int found = 0;

	if (l->userns_fd < 0)
		return -ESRCH;
	for (int i = 0; i < ROUNDS_MAX; i++) {
		found = each_process(l->userns_fd, stop_one, &s);
		if (found <= 0)
			return found;
	}
	return -EAGAIN;
}

/**
 * launch_freeze - stop every process of a container but sandbox-init, until launch_thaw()
 *
 * By SIGSTOP: a process that waits for its children sees them stop, and its parent inside
 * may continue them.
 * Return: 0 or -errno; -EAGAIN when there are always new ones.
 */
int launch_freeze(const struct launch *l)
{
	int r = stop_all(l, SIGSTOP);

	if (r < 0)
		stop_all(l, SIGCONT);
	return r;
}

int launch_thaw(const struct launch *l)
{
	return stop_all(l, SIGCONT);
}
