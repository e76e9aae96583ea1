/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A container that enters namespaces of others (config.json gives their paths: the pod's,
 * or those of an engine) gets its first process by way of one more. That one opens the
 * paths, while they are still the host's, enters the namespaces, the user namespace first,
 * because the rights over the others are in it, and clones the first process as our own
 * child (CLONE_PARENT): a pid namespace takes only children. New namespaces belong to
 * the user namespace that was entered.
 */
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "sandbox/internal.h"

/* in the order in which they are entered */
static const enum ns_kind order[] = {NS_USER, NS_CGROUP, NS_IPC, NS_UTS, NS_NET, NS_PID, NS_TIME};

static int open_ns(const struct launch *l, enum ns_kind kind, struct err *e)
{
	const char *path = l->spec->ns[kind].path, *name = oci_namespaces[kind];
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return fail_errno(e, "cannot open the %s namespace %s", name, path);
	if (fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC)
		return fail(e, EINVAL, "%s is not a namespace; give a path such as /proc/PID/ns/%s",
			    path, name);
	if (ioctl(fd, NS_GET_NSTYPE) != (int)ns_clone_flag(kind))
		return fail(e, EINVAL, "%s is not a %s namespace, but one of another type", path,
			    name);
	return take_fd(&fd);
}

static bool is_own(enum ns_kind kind, int fd)
{
	static const char *const names[NS_KINDS] = {
		[NS_USER] = "user", [NS_PID] = "pid",       [NS_NET] = "net",   [NS_IPC] = "ipc",
		[NS_UTS] = "uts",   [NS_CGROUP] = "cgroup", [NS_TIME] = "time",
	};
	struct stat own, other;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", names[kind]);
	return !stat(path, &own) && !fstat(fd, &other) && own.st_ino == other.st_ino &&
	       own.st_dev == other.st_dev;
}

/*
 * A path may lead to the namespace that we are in, as that of a pod in the host's network does:
 * what is to be set in it would be set for everybody there. Source: runc, sysctl() of its
 * validator, for the network.
 */
static int check_settings(const struct launch *l, enum ns_kind kind, int fd, struct err *e)
{
	cleanup_free char *place = is_own(kind, fd) ? oci_setting_of(l->spec, kind) : NULL;

	if (!place)
		return 0;
	return fail(
		e, EINVAL,
		"%s: would be set on the host, whose own %s namespace is what %s leads to; leave "
		"it out, or give the container a namespace of its own",
		place, oci_namespaces[kind], l->spec->ns[kind].path);
}

static int enter_all(struct launch *l, struct err *e)
{
	int fds[ARRAY_SIZE(order)];

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		fds[i] = -1;
		if (l->spec->ns[order[i]].mode != NS_JOIN)
			continue;
		fds[i] = open_ns(l, order[i], e);
		if (fds[i] < 0)
			return fds[i];
		if (check_settings(l, order[i], fds[i], e) < 0)
			return -EINVAL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		int r;

		/* setns() refuses the user namespace that one is in already. */
		if (fds[i] < 0 || (order[i] == NS_USER && is_own(NS_USER, fds[i])))
			continue;
		/* Before: whoever is there already, or sees us there, must not find us dumpable. */
		if (order[i] == NS_USER || order[i] == NS_PID)
			sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		r = sys_setns(fds[i], (int)ns_clone_flag(order[i]));
		if (r < 0)
			return fail(e, -r, "cannot enter the %s namespace %s: %s",
				    oci_namespaces[order[i]], l->spec->ns[order[i]].path,
				    strerror(-r));
		if (order[i] == NS_USER)
			sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		close_fd(fds[i]);
	}
	return 0;
}

/* clone_args_cgroup - let a new process begin in the container's control group, where there is one */
int clone_args_cgroup(const struct launch *l, struct clone_args *args)
{
	if (!l->cgroup || l->cgroup->fd < 0)
		return 0;
	args->flags |= CLONE_INTO_CGROUP;
	args->cgroup = (uint64_t)(unsigned)l->cgroup->fd;
	return 0;
}

static __noreturn void enter_and_clone(struct launch *l, uint64_t flags, int sock)
{
	struct clone_args args = {.flags = flags | CLONE_PARENT | CLONE_PIDFD,
				  .pidfd = (uint64_t)(uintptr_t)&l->pidfd};
	struct err e = {};
	long pid;

	die_with_parent();
	close_fd(l->sock);
	if (enter_all(l, &e) < 0) {
		sync_send_error(sock, &e);
		_exit(125);
	}
	clone_args_cgroup(l, &args);
	pid = sys_clone3(&args);
	if (!pid) {
		l->sock = -1;
		child_main(l, sock);
	}
	if (pid > 0)
		_exit(sync_send(sock, SYNC_JOINED, l->pidfd) < 0);
	fail(&e, (int)-pid, "cannot make the container's first process: %s", strerror((int)-pid));
	sync_send_error(sock, &e);
	_exit(125);
}

/* pid_of - our child's number, which wait(2) wants; the kernel tells it of a pidfd */
pid_t pid_of(int pidfd)
{
	char path[40], text[256], *at;
	cleanup_close int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read_full(fd, text, sizeof(text) - 1);
	text[MAX(n, 0)] = '\0';
	at = strstr(text, "\nPid:");
	return at ? (pid_t)strtol(at + strlen("\nPid:"), NULL, 10) : -1;
}

/**
 * clone_joined - the first process of a container that enters namespaces of others
 * @flags: CLONE_NEW* of the new ones
 * @sock: the child's end, borrowed
 *
 * Return: 0 with l->pid and l->pidfd, or -errno.
 */
int clone_joined(struct launch *l, uint64_t flags, int sock, struct err *e)
{
	pid_t first = sys_clone(0, NULL);
	int status, r;

	if (!first)
		enter_and_clone(l, flags, sock);
	if (first < 0)
		return fail(e, -first, "cannot fork: %s", strerror(-first));
	r = sync_wait(l->sock, SYNC_JOINED, &l->pidfd, e);
	wait_pid(first, &status);
	if (r < 0)
		return r;
	l->pid = pid_of(l->pidfd);
	return l->pid > 0 ? 0 : fail(e, ESRCH, "the container's first process is gone");
}
