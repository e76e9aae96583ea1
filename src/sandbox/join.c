/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * One more process in a container that runs: exec. A first child enters the user namespace,
 * clones sandbox-init as a read-only bind in a mount namespace of its own, as a launch does,
 * enters the other namespaces, and makes a second child, because a pid namespace takes
 * only children. That one is our child too (CLONE_PARENT). It enters the namespace of the
 * control group itself, for from inside that the kernel lets nobody clone into a group whose
 * own is outside (nsdelegate), and walks the rows of the step table that concern every process
 * of a container: the same user, capabilities, filter and limits as the payload's. From the
 * first change of namespace on nobody inside can look into either of them: they are not
 * dumpable, and their memory belongs to the host's namespace.
 *
 * Not so where the container has no user namespace: CAP_SYS_PTRACE in it is good for every
 * process that is seen there. Then the first child, which is not, gives up all that is to be given
 * up, and the second one is nothing but the payload from its first moment ("apart"). The filter is
 * loaded by then, so that it has to allow what is left to be done; and the program that could
 * be reached as /proc/PID/exe meanwhile is one that nobody can write to (oci/exec.c,
 * CVE-2019-5736).
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "sandbox/internal.h"

/*
 * Namespaces that are the container's own; what it shares with the host we have already. The
 * second child enters that of the control group.
 */
static uint64_t own_namespaces(const struct launch *l)
{
	static const enum ns_kind kinds[] = {NS_MNT, NS_PID, NS_NET, NS_IPC, NS_UTS, NS_TIME};
	uint64_t flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (l->spec->ns[kinds[i]].mode != NS_HOST)
			flags |= ns_clone_flag(kinds[i]);
	}
	return flags;
}

static int enter(struct launch *l, int target, struct err *e)
{
	int r = 0;

	/* First: with the host's processes in sight, a payload there could trace us in between. */
	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (l->spec->ns[NS_USER].mode != NS_HOST)
		r = sys_setns(target, CLONE_NEWUSER);
	/* EINVAL: we are in it already, as an engine is in that of its containers. */
	if (r < 0 && (r != -EINVAL || l->spec->ns[NS_USER].mode != NS_JOIN))
		return fail(e, -r, "cannot enter the container's user namespace: %s", strerror(-r));
	r = idmap_of_joined(l, e);
	if (r < 0)
		return r;
	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* The host's paths, which the caller can still walk, in a copy that is ours to bind in. */
	if (unshare(CLONE_NEWNS) < 0)
		return fail_errno(e, "cannot make a mount namespace");
	r = step_open_init(l, e);
	if (r < 0)
		return r;
	r = become_mapped_root(l);
	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	die_with_parent();
	if (!r)
		r = sys_setns(target, (int)own_namespaces(l));
	return r < 0 ? fail(e, -r, "cannot enter the container's namespaces: %s", strerror(-r)) : 0;
}

static int enter_group_ns(struct launch *l, int target, struct err *e)
{
	int r = 0;

	if (l->spec->ns[NS_CGROUP].mode != NS_HOST)
		r = sys_setns(target, CLONE_NEWCGROUP);
	return r < 0 ? fail(e, -r, "cannot enter the container's cgroup namespace: %s",
			    strerror(-r))
		     : 0;
}

static int open_root(struct launch *l, struct err *e)
{
	umask(022);
	l->c.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return l->c.root < 0 ? fail_errno(e, "cannot open the container's root") : 0;
}

/* All that does not have to be done in the pid namespace; and nothing of the host's is taken there. */
static int go_apart(struct launch *l, int target, struct err *e)
{
	int r = l->cgroup && l->cgroup->fd >= 0
			? write_file_at(l->cgroup->fd, "cgroup.procs", "0", 1)
			: 0;

	if (r < 0)
		return fail(e, -r, "cannot begin in the control group %s: %s", l->cgroup->path,
			    strerror(-r));
	r = enter_group_ns(l, target, e);
	close_fd(target);
	if (!r)
		r = open_root(l, e);
	if (!r)
		r = steps_walk(l, JOINING, e);
	close_fd(take_fd(&l->c.proc));
	return r;
}

static __noreturn void second_child(struct launch *l, int target)
{
	struct sync_msg start;
	struct err e = {};
	int r = 0;

	close_fd(take_fd(&l->pidfd));
	if (!l->apart || !l->detached)
		die_with_parent();
	if (!l->apart) {
		r = open_root(l, &e);
		if (!r)
			r = enter_group_ns(l, target, &e);
		close_fd(target);
	}
	if (l->c.watch.listener)
		l->c.host_pid = pid_by_proc(l->c.proc);
	/* Nothing is said before the first child has said who we are. A filter may forbid recvmsg(). */
	if (!r && read(l->sock, &start, sizeof(start)) <= 0)
		r = fail(&e, ESRCH, "the runtime is gone");
	if (!r)
		steps_walk(l, JOINED, &e);
	sync_send_error(l->sock, &e);
	_exit(125);
}

static long clone_second(struct launch *l)
{
	struct clone_args args = {.flags = CLONE_PARENT | CLONE_PIDFD,
				  .pidfd = (uint64_t)(uintptr_t)&l->pidfd};

	if (l->apart)
		return sys_clone_old(CLONE_PARENT, &l->pidfd);
	clone_args_cgroup(l, &args);
	return sys_clone3(&args);
}

/* What wants the host's /proc, or this process before anything else. */
static int prepare(struct launch *l, struct err *e)
{
	int r = oci_first_affinity(l, e);

	if (!r && l->spec->oci.has_oom_score)
		r = step_oom_score(l, e);
	if (!r && l->c.watch.listener)
		r = step_listener(l, e);
	if (!r && (l->spec->sec.apparmor || l->spec->sec.selinux || l->c.watch.listener))
		l->c.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return r;
}

/*
 * Nothing of an engine's goes where a payload with CAP_SYS_PTRACE in our user namespace could take
 * it: a folder would be a way to the host's files.
 */
static int bring_little(struct launch *l, int target, struct err *e)
{
	int keep[] = {l->sock,     target,        l->c.proc,
		      l->c.lsm,    l->c.listener, l->stdio[0],
		      l->stdio[1], l->stdio[2],   l->cgroup ? l->cgroup->fd : -1};
	int r;

	log_set(LOG_ERROR, NULL); /* where lines go to is closed here, too */
	r = close_fds_but(keep, ARRAY_SIZE(keep), STDERR_FILENO + 1 + l->keep_fds);
	return r < 0 ? fail(e, -r, "cannot close descriptors: %s", strerror(-r)) : 0;
}

static __noreturn void first_child(struct launch *l, int target, int sock)
{
	struct err e = {};
	long pid;

	die_with_parent();
	close_fd(l->sock);
	l->sock = sock;
	if (prepare(l, &e) < 0 || (l->spec->bare && bring_little(l, target, &e) < 0) ||
	    enter(l, target, &e) < 0 || (l->apart && go_apart(l, target, &e) < 0)) {
		sync_send_error(l->sock, &e);
		_exit(125);
	}
	pid = clone_second(l);
	if (!pid)
		second_child(l, target);
	if (pid > 0)
		_exit(sync_send(l->sock, SYNC_JOINED, l->pidfd) < 0);
	fail(&e, (int)-pid, "cannot make a process in the container: %s", strerror((int)-pid));
	sync_send_error(l->sock, &e);
	_exit(125);
}

/**
 * launch_join - start one more process in a container
 * @l: spec, plan, stdio and detached are set, all else is zero; spec.init is false
 * @target: pidfd of the container's first process, borrowed
 *
 * Context: parent; single-threaded.
 * Return: 0: read launch_next() from now on, LAUNCH_GONE says that it runs; or -errno.
 */
int launch_join(struct launch *l, int target, struct err *e)
{
	int pair[2], status, r;
	pid_t first;

	launch_init(l);
	l->joined = true;
	r = seccomp_prepare(l, e);
	if (r < 0)
		return r;
	/* A listener is told the number of the process that loads the filter. */
	if (l->c.watch.listener && l->traced)
		return fail(
			e, EPERM,
			"exec as root is refused into a container with CAP_SYS_PTRACE and a listener of system calls, and without a user namespace: its processes could trace this one; take one of the first two away, or give it the last");
	l->apart &= !l->c.watch.listener;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(e, "cannot make a socket pair");
	l->sock = move_fd_above(pair[0], 10);
	pair[1] = move_fd_above(pair[1], 10);
	first = sys_clone(0, NULL);
	if (!first)
		first_child(l, target, pair[1]);
	close_fd(pair[1]);
	r = first < 0 ? fail(e, -first, "cannot fork: %s", strerror(-first))
		      : sync_wait(l->sock, SYNC_JOINED, &l->pidfd, e);
	if (!r) {
		l->pid = pid_of(l->pidfd);
		r = sync_send(l->sock, SYNC_START, -1);
		if (r < 0)
			fail(e, -r, "cannot reach the process in the container: %s", strerror(-r));
	}
	if (r < 0)
		launch_kill(l);
	/* Last: it waits for its mount namespace to be taken down. */
	if (first > 0)
		wait_pid(first, &status);
	return r;
}
