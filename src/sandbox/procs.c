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

/* The number of a mount namespace that no other has until the next boot (Linux 6.11). */
#ifndef NS_GET_MNTNS_ID
#define NS_GET_MNTNS_ID _IOR(0xb7, 0x5, __u64)
#endif

static uint64_t mount_ns_of(int proc, const char *pid)
{
	char path[NAME_MAX + 16];
	cleanup_close int ns = -1;
	uint64_t id;

	snprintf(path, sizeof(path), "%s/ns/mnt", pid);
	ns = openat(proc, path, O_RDONLY | O_CLOEXEC);
	return ns >= 0 && !ioctl(ns, NS_GET_MNTNS_ID, &id) ? id : 0;
}

/* Is a process in this namespace of the kind, or in one below it? */
static bool is_below(int proc, const char *pid, const char *kind, const struct stat *want)
{
	char path[NAME_MAX + 16];
	cleanup_close int ns = -1;
	struct stat is;

	snprintf(path, sizeof(path), "%s/ns/%s", pid, kind);
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

static bool is_inside(int proc, const char *pid, const struct proc_set *set)
{
	if (set->mntns)
		return mount_ns_of(proc, pid) == set->mntns;
	if (set->pidns.st_ino)
		return is_below(proc, pid, "pid", &set->pidns);
	return is_below(proc, pid, "user", &set->userns);
}

/**
 * procs_each - one walk over the processes of a container
 * @fn: returns whether it has changed something
 *
 * Return: for how many @fn returned true, or -errno.
 */
int procs_each(const struct proc_set *set, bool (*fn)(void *ctx, pid_t pid, int pidfd), void *ctx)
{
	struct dirent *de;
	int found = 0;
	DIR *d;

	d = opendir("/proc");
	if (!d)
		return -errno;
	while ((de = readdir(d))) {
		uint32_t pid;

		if (parse_u32(de->d_name, &pid))
			continue;
		cleanup_close int pidfd = sys_pidfd_open((pid_t)pid, 0);
		if (pidfd >= 0 && is_inside(dirfd(d), de->d_name, set))
			found += fn(ctx, (pid_t)pid, pidfd);
	}
	closedir(d);
	return found;
}

static bool has_ns(pid_t pid, const char *kind, struct stat *at)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kind);
	if (!stat(path, at))
		return true;
	*at = (struct stat){};
	return false;
}

/**
 * procs_of - what the processes of a container have in common
 * @pid: its first one, which lives while the set is used
 * @own: a bit for each enum ns_kind: namespaces that were made for it
 * @set: receives it: its pid or user namespace, which nothing can leave; else its mount namespace
 *
 * Return: 0, or -ESRCH when it has none of them.
 */
int procs_of(pid_t pid, unsigned own, struct proc_set *set)
{
	char number[16];
	cleanup_close int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	*set = (struct proc_set){};
	if ((own & 1U << NS_PID && has_ns(pid, "pid", &set->pidns)) ||
	    (own & 1U << NS_USER && has_ns(pid, "user", &set->userns)))
		return 0;
	snprintf(number, sizeof(number), "%d", pid);
	if (own & 1U << NS_MNT)
		set->mntns = mount_ns_of(proc, number);
	return set->mntns ? 0 : -ESRCH;
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
 * procs_kill - kill them all, and wait until they have ended
 *
 * Return: how many were killed, or -errno.
 */
int procs_kill(const struct proc_set *set)
{
	int killed = 0, found;

	do {
		found = procs_each(set, kill_one, NULL);
		killed += MAX(found, 0);
	} while (found > 0 && killed < 100000);
	return found < 0 ? found : killed;
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
	struct proc_set whose = {};

	return fstat(userns_fd, &whose.userns) < 0 ? -errno : procs_kill(&whose);
}

/**
 * launch_mount_ns - the number of a container's mount namespace, that is never given again
 *
 * Return: it, or 0 where the kernel has none.
 */
uint64_t launch_mount_ns(const struct launch *l)
{
	char pid[16];
	cleanup_close int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	snprintf(pid, sizeof(pid), "%d", l->pid);
	return mount_ns_of(proc, pid);
}

/**
 * launch_kill_mount_ns - kill every process of a mount namespace
 * @id: from launch_mount_ns(), not 0
 *
 * For what a killed supervisor has left of a container that shares the host's process numbers.
 * Return: how many were killed, or -errno.
 */
int launch_kill_mount_ns(uint64_t id)
{
	const struct proc_set whose = {.mntns = id};

	return procs_kill(&whose);
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
	pid_t spared;
	int sig;
};

static bool stop_one(void *ctx, pid_t pid, int pidfd)
{
	const struct stopping *s = ctx;
	char state = state_of(pid);
	bool stopped = state == 'T' || state == 't';

	if (state == 'Z' || state == 'X' || stopped == (s->sig == SIGSTOP) || pid == s->spared)
		return false;
	return sys_pidfd_send_signal(pidfd, s->sig) >= 0;
}

/**
 * procs_stop - stop them all, or let them go on
 * @sig: SIGSTOP or SIGCONT
 * @spared: the number of one that is left alone, or 0
 *
 * Return: 0; -EAGAIN when there are always new ones; or another -errno.
 */
int procs_stop(const struct proc_set *set, int sig, pid_t spared)
{
	struct stopping s = {spared, sig};
	int found = 0;

	for (int i = 0; i < ROUNDS_MAX; i++) {
		found = procs_each(set, stop_one, &s);
		if (found <= 0)
			return found;
	}
	return -EAGAIN;
}

/* sandbox-init goes on: it is what takes our signals, and none of the payload's doing. */
static int stop_all(const struct launch *l, int sig)
{
	struct proc_set set = {};

	if (fstat(l->userns_fd, &set.userns) < 0)
		return -ESRCH;
	return procs_stop(&set, sig, l->spec->init ? l->pid : 0);
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
