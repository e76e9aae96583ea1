/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * launch_start() walks the parent's rows of the step table. One of them clones
 * the container's first process, which walks the child's rows and execs
 * sandbox-init. What the child has to tell arrives on l->sock, and the owner of
 * the launch (container/supervise.c) reads it with launch_next() for as long as
 * the container lives. Until its exec the child runs in a copy of our memory, or in our memory
 * while we sleep (borrow.c). It holds the other end of the socket and asks for
 * SIGKILL when its parent dies: no container outlives its supervisor.
 */
#include <linux/filter.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "helpers/init_proto.h"
#include "sandbox/internal.h"

/* child_main - the container's first process, from its first line to its last; @sock is taken */
__noreturn void child_main(struct launch *l, int sock)
{
	struct err e = {};

	die_with_parent();
	if (l->sock >= 0)
		close_fd(l->sock);
	if (l->pidfd >= 0)
		close_fd(l->pidfd);
	l->sock = sock;
	l->pidfd = -1;
	steps_walk(l, CHILD, &e);
	/* exec does not return, so something has failed. */
	sync_send_error(l->sock, &e);
	_exit(125);
}

static bool joins_any(const struct spec *s)
{
	for (size_t i = 0; i < NS_KINDS; i++) {
		if (s->ns[i].mode == NS_JOIN)
			return true;
	}
	return false;
}

int clone_failed(int code, struct err *e)
{
	fail(e, code, "cannot make a user namespace: %s", strerror(code));
	return fail_hint(e, -code, "`sandbox doctor` tells what forbids it on this host");
}

static int clone_new(struct launch *l, uint64_t flags, int sock, struct err *e)
{
	struct clone_args args = {.flags = flags | CLONE_PIDFD,
				  .pidfd = (uint64_t)(uintptr_t)&l->pidfd,
				  .exit_signal = SIGCHLD};
	long pid;

	clone_args_cgroup(l, &args);
	pid = sys_clone3(&args);
	if (!pid)
		child_main(l, sock);
	if (pid < 0 && args.flags & CLONE_INTO_CGROUP && pid != -EPERM && pid != -ENOSPC)
		return fail(e, (int)-pid, "cannot begin in the control group %s: %s",
			    l->cgroup->path, strerror((int)-pid));
	if (pid < 0)
		return clone_failed((int)-pid, e);
	l->pid = (pid_t)pid;
	return 0;
}

int step_clone(struct launch *l, struct err *e)
{
	uint64_t flags = 0;
	int pair[2], r;

	if (l->spec->ns[NS_USER].mode == NS_PRIVATE)
		flags |= CLONE_NEWUSER;
	if (l->spec->ns[NS_PID].mode == NS_PRIVATE)
		flags |= CLONE_NEWPID;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(e, "cannot make a socket pair");
	l->sock = move_fd_above(pair[0], 10);
	pair[1] = move_fd_above(pair[1], 10);
	r = joins_any(l->spec) ? clone_joined(l, flags, pair[1], e)
	    : l->borrows       ? clone_borrowing(l, flags, pair[1], e)
			       : clone_new(l, flags, pair[1], e);
	close_fd(pair[1]);
	fault_point("cloned");
	return r;
}

int step_prepare_maps(struct launch *l, struct err *e)
{
	return idmap_prepare(&l->job, l->plan, e);
}

int step_start_maps(struct launch *l, struct err *e)
{
	return idmap_start(&l->job, l->pid, e);
}

/* Ours to open until the child is told MAPPED: then it stops being dumpable. */
int step_userns_fd(struct launch *l, struct err *e)
{
	char path[32];

	if (l->borrows)
		return namespaces_shown(l, e);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", l->pid);
	l->userns_fd = open(path, O_RDONLY | O_CLOEXEC);
	return l->userns_fd < 0 ? fail_errno(e, "cannot open the user namespace") : 0;
}

int step_net_helper(struct launch *l, struct err *e)
{
	return l->hooks->net_parent(l->hooks->ctx, l->userns_fd, e);
}

int step_finish_maps(struct launch *l, struct err *e)
{
	int r = l->kept_userns ? 0 : idmap_finish(&l->job, e);

	if (r < 0 || l->borrows)
		return r;
	r = sync_send(l->sock, SYNC_MAPPED, -1);
	/* A child that has failed already says why on the same socket. */
	return r == -EPIPE || r == -ECONNRESET ? 0
	       : r < 0 ? fail(e, -r, "cannot reach the child: %s", strerror(-r))
		       : 0;
}

/* launch_init - what is not the caller's to set */
void launch_init(struct launch *l)
{
	l->pid = -1;
	l->pidfd = l->sock = l->userns_fd = l->mntns_fd = l->pty = l->notify_fd = -1;
	l->fuse = (struct helper){.pid = -1, .pidfd = -1, .sock = -1};
	l->c.root = l->c.proc = l->c.sys = l->c.mqueue = l->c.cgroup = -1;
	l->c.dev = l->c.init = l->c.console = l->c.null = -1;
	l->c.tree = l->c.lsm = l->c.listener = -1;
}

/* A child that has failed is why we do, and has said more. */
static int word_of_child(struct launch *l, int r, struct err *e)
{
	struct pollfd p = {.fd = l->sock, .events = POLLIN};
	enum launch_event event;
	struct err why = {};

	while (l->sock >= 0 && poll(&p, 1, 0) > 0 && !(p.revents & POLLERR)) {
		int said = launch_next(l, &event, &why);

		if (said < 0 && said != -EPROTO)
			*e = why;
		if (said < 0 || event == LAUNCH_GONE)
			return said < 0 && said != -EPROTO ? said : r;
	}
	return r;
}

/* launch_settle - what a launch decides before its first step */
void launch_settle(struct launch *l)
{
	if (l->driver == ROOTFS_AUTO)
		l->driver = l->spec->rootfs.driver;
	l->borrows = launch_may_borrow(l);
}

/**
 * launch_start - start a container
 * @l: spec, plan, hooks, files, run_dir and stdio are set, and driver where the container has
 *	run before; all else is zero
 *
 * Context: parent; single-threaded.
 * Return: 0: read launch_next() from now on; or -errno and nothing is left.
 */
int launch_start(struct launch *l, struct err *e)
{
	int r;

	launch_init(l);
	launch_settle(l);
	r = steps_walk(l, PARENT, e);
	if (r == -EAGAIN && l->not_alone) {
		launch_kill(l);
		launch_init(l);
		l->borrows = false;
		r = steps_walk(l, PARENT, e);
	}
	early_sources_drop(l);
	if (r < 0) {
		r = word_of_child(l, r, e);
		launch_kill(l);
	}
	return r;
}

/*
 * A payload with CAP_SYS_PTRACE can make sandbox-init say what it likes. So each
 * message is good once, where this launch has a use for it, and none of them once
 * the payload runs: it must not have a helper started or our terminal relayed.
 */
static bool expected(struct launch *l, uint32_t type, int fd)
{
	const struct spec *s = l->spec;
	const bool wanted = type == SYNC_TAP ? l->hooks && l->hooks->net_parent && fd >= 0
			    : type == SYNC_FUSE || type == SYNC_COPY
				    ? s->rootfs.driver != ROOTFS_DIR && !l->joined &&
					      (fd >= 0) == (type == SYNC_FUSE)
			    : type == SYNC_TTY    ? s->tty && fd >= 0
			    : type == SYNC_NOTIFY ? l->notify && fd >= 0
			    : type == SYNC_READY  ? l->wait_start && fd < 0
			    : type == SYNC_HOOKS  ? s->bare && !l->joined && fd < 0
						  : false;

	if (!wanted || l->running || l->seen & 1U << type)
		return false;
	l->seen |= 1U << type;
	return true;
}

static int handle_sync(struct launch *l, const struct sync_msg *m, int fd, enum launch_event *event,
		       struct err *e)
{
	if (!expected(l, m->type, fd))
		return -EPROTO;
	switch (m->type) {
	case SYNC_TAP:
		return l->hooks->net_tap(l->hooks->ctx, fd, e);
	case SYNC_FUSE:
		l->driver = ROOTFS_FUSE;
		return fuse_start(l, fd, e);
	case SYNC_COPY:
		l->driver = ROOTFS_COPY;
		return 0;
	case SYNC_TTY:
		l->pty = fcntl(fd, F_DUPFD_CLOEXEC, 10);
		*event = LAUNCH_TTY;
		return l->pty < 0 ? fail_errno(e, "cannot keep the terminal") : 0;
	case SYNC_NOTIFY:
		l->notify_fd = fcntl(fd, F_DUPFD_CLOEXEC, 10);
		return l->notify_fd < 0 ? fail_errno(e, "cannot keep the notification socket") : 0;
	case SYNC_READY:
		*event = LAUNCH_READY;
		return 0;
	case SYNC_HOOKS:
		return hooks_for_child(l, e);
	default:
		return -EPROTO;
	}
}

static int handle_init(struct launch *l, const struct init_msg *m, enum launch_event *event,
		       struct err *e)
{
	static const enum launch_event events[] = {
		[INIT_STARTED] = LAUNCH_STARTED,
		[INIT_STOPPED] = LAUNCH_STOPPED,
		[INIT_EXITED] = LAUNCH_EXITED,
	};

	if (m->type == INIT_EXEC_FAILED && !l->running)
		return launch_exec_error(l, m->value, e);
	/* Without an init there is nobody to say the rest. */
	if (!l->spec->init || m->type >= ARRAY_SIZE(events) || !events[m->type])
		return -EPROTO;
	if (l->running == (m->type == INIT_STARTED) &&
	    !(l->quiet && !l->running && m->type == INIT_EXITED))
		return -EPROTO;
	l->running = true;
	l->value = m->value;
	*event = events[m->type];
	return 0;
}

/**
 * launch_next - read one message of the container
 * @event: receives what it means for the caller
 *
 * Context: parent, when l->sock is readable, or it waits.
 * Return: 0, or -errno: the launch has failed.
 */
int launch_next(struct launch *l, enum launch_event *event, struct err *e)
{
	union {
		struct sync_msg sync;
		struct init_msg init;
	} m = {};
	size_t nfds = 1;
	int fd_got = -1;
	ssize_t n = recv_msg(l->sock, &m, sizeof(m), &fd_got, &nfds);
	cleanup_close int fd = nfds ? fd_got : -1;
	int r;

	*event = LAUNCH_BUSY;
	if (n == -ECONNRESET)
		n = 0;
	if (n < 0)
		return fail(e, (int)-n, "cannot hear the container: %s", strerror((int)-n));
	if (n == 0) {
		*event = LAUNCH_GONE;
		return 0;
	}
	if (n == sizeof(m.sync) && !l->running) {
		*e = m.sync.err;
		e->msg[sizeof(e->msg) - 1] = '\0';
		return e->code > 0 ? -e->code : -EIO;
	}
	if (n == sizeof(m.init))
		r = handle_init(l, &m.init, event, e);
	else if (n == sizeof(m.sync.type))
		r = handle_sync(l, &m.sync, fd, event, e);
	else
		r = -EPROTO;
	return r == -EPROTO && !e->code
		       ? fail(e, EPROTO, "the container sent a message that makes no sense")
		       : r;
}

/* launch_go - let a container that is READY run its payload */
int launch_go(struct launch *l, struct err *e)
{
	int r = sync_send(l->sock, SYNC_START, -1);

	return r < 0 ? fail(e, -r, "cannot start the container: %s", strerror(-r)) : 0;
}

int step_wait_start(struct launch *l, struct err *e)
{
	int r;

	if (l->unattended)
		return step_wait_unattended(l, e);
	r = sync_send(l->sock, SYNC_READY, -1);
	if (r < 0)
		return fail(e, -r, "cannot reach the supervisor: %s", strerror(-r));
	return sync_wait(l->sock, SYNC_START, NULL, e);
}

/**
 * launch_signal - signal the payload
 * @sig: any
 * @group: its process group as well, as a terminal would
 *
 * With sandbox-init the signal is a request to it; without, the payload gets it.
 */
int launch_signal(const struct launch *l, int sig, bool group)
{
	siginfo_t info = {.si_signo = INIT_SIG_CARRIER, .si_code = SI_QUEUE};

	if (!l->spec->init || sig == SIGKILL)
		return sys_pidfd_send_signal(l->pidfd, sig);
	info.si_value.sival_int = INIT_SIG_TAG | (group ? INIT_SIG_GROUP : 0) | sig;
	info.si_pid = getpid();
	info.si_uid = getuid();
	return sys_pidfd_send_info(l->pidfd, &info);
}

/**
 * launch_kill - end a container and reap it; fine at any stage, also when there is none
 */
void launch_kill(struct launch *l)
{
	idmap_cancel(&l->job);
	if (l->pidfd >= 0) {
		sys_pidfd_send_signal(l->pidfd, SIGKILL);
		wait_pid(l->pid, NULL);
	}
	if (l->userns_fd >= 0 && l->spec->ns[NS_PID].mode != NS_PRIVATE)
		launch_kill_userns(l->userns_fd);
	launch_free(l);
}

/* launch_free - close what a launch holds; the container has ended */
void launch_free(struct launch *l)
{
	helper_kill(&l->fuse);
	close_fd(take_fd(&l->pidfd));
	close_fd(take_fd(&l->sock));
	close_fd(take_fd(&l->userns_fd));
	/* Once the payload runs, nothing of the caller's is mounted there: nobody need wait for its end. */
	if (l->running)
		close_deferred(take_fd(&l->mntns_fd));
	close_fd(take_fd(&l->mntns_fd));
	close_fd(take_fd(&l->pty));
	close_fd(take_fd(&l->notify_fd));
	if (l->c.seccomp && l->spec->sec.seccomp != SECCOMP_DEFAULT)
		free(l->c.seccomp->filter);
	free(take_ptr(l->c.seccomp));
	free(take_ptr(l->c.watch.listener));
	free(take_ptr(l->c.watch.metadata));
	l->pid = -1;
}

/**
 * launch_in_userns - run a function as root of a container's user namespace
 * @userns_fd: borrowed
 * @fn: runs in a child process; its result is the exit status
 *
 * Return: the child's pid, for wait_pid(), or -errno.
 */
int launch_in_userns(int userns_fd, int (*fn)(void *ctx), void *ctx)
{
	pid_t pid = sys_clone(0, NULL);

	if (pid)
		return pid;
	reset_signals();
	if (sys_setns(userns_fd, CLONE_NEWUSER) < 0)
		_exit(125);
	/* Where 0 is not mapped we go on as we are, with every capability inside. */
	sys_setresgid(0);
	sys_setresuid(0);
	_exit(fn(ctx) < 0);
}
