/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A container that is started again by the supervisor that ended it goes on in the user
 * namespace that it had: its maps are written, and newuidmap need not run. All else is new, as
 * at any launch. A first child enters the user namespace and makes the container's first
 * process in a pid namespace that belongs to it: our child too (CLONE_PARENT), which walks
 * the same rows.
 *
 * Nothing of the run before is alive then. Its pid namespace is empty when its process 1 has
 * been reaped; without one the supervisor has killed whatever was in the user namespace; and its
 * helpers were ended before that. What stays with the user namespace is its maps, its limits,
 * which can only have been lowered, and keys: all of the same container.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "sandbox/internal.h"

static __noreturn void second_child(struct launch *l)
{
	struct err e = {};

	die_with_parent();
	close_fd(take_fd(&l->pidfd));
	/* Nothing is said before the first child has said who we are. */
	if (!sync_wait(l->sock, SYNC_START, NULL, &e))
		steps_walk(l, CHILD, &e);
	sync_send_error(l->sock, &e);
	_exit(125);
}

static __noreturn void first_child(struct launch *l, int sock)
{
	struct clone_args args = {.flags = CLONE_PARENT | CLONE_PIDFD,
				  .pidfd = (uint64_t)(uintptr_t)&l->pidfd};
	struct err e = {};
	long pid;

	die_with_parent();
	close_fd(l->sock);
	l->sock = sock;
	pid = sys_setns(l->kept_userns, CLONE_NEWUSER);
	if (!pid) {
		die_with_parent();
		if (l->spec->ns[NS_PID].mode == NS_PRIVATE)
			args.flags |= CLONE_NEWPID;
		pid = sys_clone3(&args);
		if (!pid)
			second_child(l);
	}
	if (pid > 0)
		_exit(sync_send(l->sock, SYNC_JOINED, l->pidfd) < 0);
	fail(&e, (int)-pid, "cannot go on in the container's user namespace: %s",
	     strerror((int)-pid));
	sync_send_error(l->sock, &e);
	_exit(125);
}

int step_rejoin(struct launch *l, struct err *e)
{
	int pair[2], r;
	pid_t first;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(e, "cannot make a socket pair");
	l->sock = move_fd_above(pair[0], 10);
	pair[1] = move_fd_above(pair[1], 10);
	first = sys_clone(0, NULL);
	if (!first)
		first_child(l, pair[1]);
	close_fd(pair[1]);
	if (first < 0)
		return fail(e, -first, "cannot fork: %s", strerror(-first));
	r = sync_wait(l->sock, SYNC_JOINED, &l->pidfd, e);
	wait_pid(first, NULL);
	if (r < 0)
		return r;
	l->pid = pid_of(l->pidfd);
	fault_point("cloned");
	r = sync_send(l->sock, SYNC_START, -1);
	if (r < 0)
		return fail(e, -r, "cannot reach the child: %s", strerror(-r));
	l->userns_fd = fcntl(l->kept_userns, F_DUPFD_CLOEXEC, 10);
	return l->userns_fd < 0 ? fail_errno(e, "cannot keep the user namespace") : 0;
}
