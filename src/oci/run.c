/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run: create, start, wait, delete. In the foreground it is the container's parent: it passes
 * signals on, relays the terminal, and ends as the process did. Killed, it takes the container
 * with it.
 */
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "linux/sys.h"
#include "oci/internal.h"

static const int forwarded[] = {SIGTERM, SIGINT,  SIGHUP,  SIGQUIT,
				SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT};

/**
 * oci_signals - what is to be passed on arrives on a descriptor from now on
 * @old: receives the mask as it was
 *
 * What the caller has set to be ignored stays ignored.
 * Return: a new descriptor or -errno.
 */
int oci_signals(sigset_t *old, struct err *e)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGPIPE);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++) {
		if (!signal_was_ignored(forwarded[i]))
			sigaddset(&set, forwarded[i]);
	}
	sigprocmask(SIG_BLOCK, &set, old);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? fail_errno(e, "cannot wait for signals") : move_fd_above(fd, 10);
}

static void pass_on(int signals, int pidfd, const struct relay *relay)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGWINCH)
			relay_resize(relay);
		else if (info.ssi_signo != SIGPIPE)
			sys_pidfd_send_signal(pidfd, (int)info.ssi_signo);
	}
}

/**
 * oci_wait - wait for the end of a process that is our child, its terminal and signals meanwhile
 * @l: its launch, running
 * @notify: from oci_notify_open(), or -1; borrowed
 * @exit_code: receives it, or 128 + signal
 *
 * Return: 0 or -errno.
 */
int oci_wait(struct launch *l, int signals, int notify, struct relay *relay, int *exit_code,
	     struct err *e)
{
	siginfo_t info = {};
	int r;

	for (;;) {
		struct pollfd fds[6] = {
			{l->pidfd, POLLIN, 0}, {signals, POLLIN, 0}, {notify, POLLIN, 0}};
		size_t n = relay_poll(relay, fds + 3);

		if (poll(fds, 3 + n, -1) < 0 && errno != EINTR)
			return fail_errno(e, "cannot wait for the container");
		relay_move(relay, fds + 3, n);
		if (fds[1].revents)
			pass_on(signals, l->pidfd, relay);
		if (fds[2].revents && oci_notify_read(notify, l->pid))
			notify = -1;
		if (fds[0].revents)
			break;
	}
	r = sys_waitid_pidfd(l->pidfd, &info, WEXITED);
	if (r < 0)
		return fail(e, -r, "cannot learn how the process ended: %s", strerror(-r));
	*exit_code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	return 0;
}

/**
 * oci_until_gone - until the process has been executed, which is told by the end of the socket
 *
 * Return: 0 or -errno: it could not be.
 */
int oci_until_gone(struct launch *l, int (*on_terminal)(void *ctx, struct err *e), void *ctx,
		   struct err *e)
{
	for (;;) {
		enum launch_event event;
		int r = launch_next(l, &event, e);

		if (!r && event == LAUNCH_TTY)
			r = on_terminal(ctx, e);
		if (r < 0 || event == LAUNCH_GONE)
			return r;
	}
}

static int no_terminal(void *ctx __unused, struct err *e)
{
	return fail(e, EPROTO, "the container sent a message that makes no sense");
}

static int run_in_front(struct making *m, struct err *e)
{
	struct relay relay;
	sigset_t old;
	cleanup_close int signals = oci_signals(&old, e), notify = -1;
	int code = 0, r = MIN(signals, 0);

	relay_init(&relay);
	if (!r) {
		notify = oci_notify_open(&m->state, e);
		r = notify < -1 ? notify : launch_go(&m->launch, e);
	}
	if (!r)
		r = oci_until_gone(&m->launch, no_terminal, NULL, e);
	if (!r && m->spec.tty && !m->o->console_socket)
		r = relay_start(&relay, m->launch.pty);
	if (!r) {
		oci_started(&m->state);
		oci_state_unlock(&m->state);
		oci_hooks(&m->state, HOOK_POSTSTART, OCI_RUNNING);
		r = oci_wait(&m->launch, signals, notify, &relay, &code, e);
	}
	relay_finish(&relay);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return r < 0 ? r : code;
}

/* Another command may have deleted it, as it may one in the background. */
static int finish(struct making *m, struct err *e)
{
	int r;

	launch_free(&m->launch);
	m->launched = false;
	if (m->o->keep)
		return 0;
	r = oci_state_lock(&m->state, e);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : oci_delete(&m->state, e);
}

static int run_behind(struct making *m, struct err *e)
{
	int r = oci_start(&m->state, e);

	if (r < 0)
		oci_unmake(m);
	return r;
}

int oci_cmd_run(struct oci *o, const struct strv *words, struct err *e)
{
	struct making m = {.o = o, .foreground = !o->detach};
	struct err later = {};
	int r = oci_make(&m, words->v[0], e);

	if (r >= 0) {
		r = m.foreground ? run_in_front(&m, e) : run_behind(&m, e);
		if (r < 0)
			oci_unmake(&m);
		else if (m.foreground && finish(&m, &later) < 0)
			log_warn("%s, ignoring", later.msg);
	}
	oci_making_free(&m);
	return r;
}
