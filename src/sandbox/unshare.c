/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * This process itself enters a new user namespace with the ids that files in the store have,
 * and a mount namespace. It does not fork: whoever it becomes by exec has its pid, process
 * group and terminal, so that job control, signals and exit codes are nobody's work. The maps
 * are written by a child that stays outside.
 */
#include <signal.h>
#include <sys/socket.h>

#include "sandbox/internal.h"

/** struct outside - the child that stays; @parent: who enters */
struct outside {
	const struct idmap_plan *plan;
	pid_t parent;
	int sock;
};

static __noreturn void write_maps(const struct outside *o)
{
	struct err e = {};
	char c;

	reset_signals();
	die_with_parent();
	/* Nothing to read: the parent could not enter, or is dead, and its number is not to be used. */
	if (recv_msg(o->sock, &c, 1, NULL, NULL) != 1)
		_exit(1);
	idmap_write(o->plan, o->parent, &e);
	_exit(send_msg(o->sock, &e, sizeof(e), NULL, 0) < 0);
}

static int enter(int sock, struct err *e)
{
	struct err told = {};

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return fail_hint(e, fail_errno(e, "cannot make a user namespace"),
				 "`sandbox doctor` tells what forbids it on this host");
	if (send_msg(sock, "", 1, NULL, 0) < 0 ||
	    recv_msg(sock, &told, sizeof(told), NULL, NULL) != sizeof(told))
		return fail(e, EPIPE, "who writes the id maps was killed");
	if (told.code) {
		*e = told;
		return -told.code;
	}
	return 0;
}

/**
 * unshare_for_files - become root of a new user namespace for the files of a plan
 * @plan: borrowed
 *
 * Context: single-threaded; no way back, also on failure. Supplementary groups stay. All
 * capabilities there are effective, and an exec by uid 0 keeps them.
 * Return: 0 or -errno.
 */
int unshare_for_files(const struct idmap_plan *plan, struct err *e)
{
	struct idmap_plan files = {};
	struct outside o = {.plan = &files, .parent = getpid()};
	cleanup_close int ours = -1;
	int pair[2], r;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(e, "cannot make a socket pair");
	ours = pair[0];
	o.sock = pair[1];
	idmap_for_files(plan, &files);
	child = sys_clone(0, NULL);
	if (!child) {
		close_fd(ours);
		write_maps(&o);
	}
	close_fd(pair[1]);
	r = child < 0 ? fail(e, -child, "cannot fork: %s", strerror(-child)) : enter(ours, e);
	close_fd(take_fd(&ours));
	if (child > 0)
		wait_pid(child, NULL);
	idmap_plan_free(&files);
	if (r < 0)
		return r;
	r = sys_setresgid(0);
	if (!r)
		r = sys_setresuid(0);
	return r < 0 ? fail(e, -r, "cannot become root of the user namespace: %s", strerror(-r))
		     : 0;
}
