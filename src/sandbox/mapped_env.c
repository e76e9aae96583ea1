/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A helper that works in a user namespace with a container's id map, such as
 * sandbox-unpack: owners in an archive become the ids of that map.
 */
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

#include "sandbox/internal.h"

/* The id helpers have their own deadline far below this. */
#define MAPS_TIMEOUT_MS 60000

static int mapped_parent(void *ctx, pid_t pid, struct err *e)
{
	struct mapped_env *m = ctx;
	const uint64_t one = 1;
	int r = idmap_write(&m->plan, pid, e);

	return r < 0 ? r : write_full(m->mapped, &one, sizeof(one));
}

static int mapped_child(void *ctx, struct err *e)
{
	struct mapped_env *m = ctx;
	struct pollfd p = {.fd = m->mapped, .events = POLLIN};
	uint64_t one;
	int r;

	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (poll(&p, 1, MAPS_TIMEOUT_MS) != 1 || read(m->mapped, &one, sizeof(one)) != sizeof(one))
		return fail(e, ETIMEDOUT, "the id maps were not written in time");
	r = sys_setresgid(0);
	if (!r)
		r = sys_setresuid(0);
	return r < 0 ? fail(e, -r, "cannot become container root: %s", strerror(-r)) : 0;
}

/**
 * mapped_env_init - surroundings for helpers, one after the other
 * @m: must stay where it is while they are spawned
 * @plan: borrowed
 */
int mapped_env_init(struct mapped_env *m, const struct idmap_plan *plan, struct err *e)
{
	*m = (struct mapped_env){.mapped = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE)};
	if (m->mapped < 0)
		return fail_errno(e, "cannot make an event descriptor");
	idmap_for_files(plan, &m->plan);
	m->env = (struct helper_env){.clone_flags = CLONE_NEWUSER,
				     .parent = mapped_parent,
				     .child = mapped_child,
				     .ctx = m};
	return 0;
}

void mapped_env_close(struct mapped_env *m)
{
	close_fdp(&m->mapped);
	idmap_plan_free(&m->plan);
}

/**
 * mapped_run - run a function as root of a new user namespace for the files of a plan
 * @fn: runs in a child process; < 0 means failure
 *
 * Return: 0, or -errno (-EIO when @fn failed).
 */
int mapped_run(const struct idmap_plan *plan, int (*fn)(void *ctx), void *ctx, struct err *e)
{
	struct mapped_env m;
	int r = mapped_env_init(&m, plan, e), status = 0;
	cleanup_close int pidfd = -1;
	pid_t pid;

	if (r < 0)
		return r;
	pid = sys_clone(m.env.clone_flags, &pidfd);
	if (!pid) {
		reset_signals();
		_exit(mapped_child(&m, NULL) < 0 || fn(ctx) < 0);
	}
	r = pid < 0 ? fail(e, -pid, "cannot make a user namespace: %s", strerror(-pid))
		    : mapped_parent(&m, pid, e);
	mapped_env_close(&m);
	if (pid < 0)
		return r;
	if (r < 0)
		sys_pidfd_send_signal(pidfd, SIGKILL);
	wait_pid(pid, &status);
	return r < 0 ? r : status ? fail(e, EIO, "work in the user namespace failed") : 0;
}

/**
 * userns_of_maps - a user namespace for nothing but its maps, as mounts with mapped ids want one
 * @plan: the maps; borrowed
 *
 * Return: a new descriptor or -errno.
 */
int userns_of_maps(const struct idmap_plan *plan, struct err *e)
{
	cleanup_close int pidfd = -1, ns = -1;
	char path[40];
	pid_t pid = sys_clone(CLONE_NEWUSER, &pidfd);
	int r, status;

	if (!pid) {
		sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		for (;;)
			pause();
	}
	if (pid < 0)
		return fail(e, -pid, "cannot make a user namespace: %s", strerror(-pid));
	r = idmap_write(plan, pid, e);
	if (!r) {
		snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
		ns = open(path, O_RDONLY | O_CLOEXEC);
		if (ns < 0)
			r = fail_errno(e, "cannot open the user namespace");
	}
	sys_pidfd_send_signal(pidfd, SIGKILL);
	wait_pid(pid, &status);
	return r < 0 ? r : take_fd(&ns);
}
