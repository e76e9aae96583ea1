/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * `oci create` ends while its container waits, and a command that comes later starts it.
 * Until then nobody of ours lives but the container's first process. So:
 *
 *	create			first process			start
 *	  |  launch_start()	walks the table
 *	  | <------ READY ------|
 *	  records pid, writes the pid file
 *	  | ------- LEAVE ----->|  no parent death signal from here on
 *	  | <------ LEFT -------|  closes everything but the payload's and the listener
 *	 ends			accept()  <------------------ connect()
 *				|  <------------ START -------|  launch_trigger()
 *				hooks
 *				|  -------- STARTING --------->|
 *				filter, exec
 *				|  ---- end of file ---------->|  it runs
 *				|  or ERROR, or INIT_EXEC_FAILED, or the end before STARTING:
 *				|  it does not, and is gone
 *
 * A create that is killed before LEFT takes its container with it by the parent death signal;
 * one that is killed later has recorded everything. A start that is killed before it has
 * said START leaves the container waiting for the next one.
 *
 * The listener is a SOCK_SEQPACKET socket that create has bound in the container's folder,
 * which only the owner can enter: who can connect may start.
 */
#include <linux/filter.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "helpers/init_proto.h"
#include "sandbox/internal.h"

/**
 * launch_leave - let an unattended container that is READY live on without us
 *
 * Context: parent, when all is recorded that another command needs.
 * Return: 0: the launch is over for us, launch_free() it; or -errno: launch_kill() it.
 */
int launch_leave(struct launch *l, struct err *e)
{
	int r = sync_send(l->sock, SYNC_LEAVE, -1);

	if (r < 0)
		return fail(e, -r, "cannot reach the container: %s", strerror(-r));
	return sync_wait(l->sock, SYNC_LEFT, NULL, e);
}

/**
 * launch_trigger - start the payload of an unattended container, whoever created it
 * @sock: connected to its listener; borrowed
 *
 * Context: any process, blocks until the payload runs or does not.
 * Return: 0: it runs; -errno: it does not, and its first process is gone; e->kind says
 * whether the command is missing or cannot be executed.
 */
int launch_trigger(int sock, struct err *e)
{
	union {
		struct sync_msg sync;
		struct init_msg init;
	} m = {};
	int r = sync_send(sock, SYNC_START, -1);
	bool starting = false;
	ssize_t n;

	if (r < 0)
		return fail(e, -r, "cannot reach the container: %s", strerror(-r));
	for (;;) {
		int none = -1;
		size_t nfds = 0;

		n = recv_msg(sock, &m, sizeof(m), &none, &nfds);
		if (n != sizeof(m.sync.type) || m.sync.type != SYNC_STARTING || starting)
			break;
		starting = true;
	}
	if (n == 0)
		return starting
			       ? 0
			       : fail(e, ESRCH,
				      "the container's first process was killed before it ran the command");
	if (n < 0)
		return fail(e, (int)-n, "the container's first process was killed: %s",
			    strerror((int)-n));
	if (n == sizeof(m.init) && m.init.type == INIT_EXEC_FAILED)
		return launch_exec_error(NULL, m.init.value, e);
	if (n != sizeof(m.sync))
		return fail(e, EPROTO, "the container sent a message that makes no sense");
	*e = m.sync.err;
	e->msg[sizeof(e->msg) - 1] = '\0';
	return e->code > 0 ? -e->code : -EIO;
}

/*
 * Whoever waits for the end of a pipe of the creator's must not wait for us: Slurm reads the
 * output of create to its end. Standard input, output and error are the payload's.
 */
static int close_all_but(struct launch *l, struct err *e)
{
	int keep[] = {l->start_fd, l->c.init, l->c.lsm, l->c.listener, l->sock};
	int r = close_fds_but(keep, ARRAY_SIZE(keep), STDERR_FILENO + 1 + l->keep_fds);

	l->c.root = l->c.proc = l->c.sys = l->c.dev = l->c.null = -1;
	return r < 0 ? fail(e, -r, "cannot close descriptors: %s", strerror(-r)) : 0;
}

/* Whoever has said START may be gone; that concerns nobody here. */
int step_starting(struct launch *l, struct err *e __unused)
{
	sync_send(l->sock, SYNC_STARTING, -1);
	return 0;
}

static int accept_start(struct launch *l, struct err *e)
{
	for (;;) {
		cleanup_close int sock = accept4(l->start_fd, NULL, NULL, SOCK_CLOEXEC);
		struct err why = {};

		if (sock < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (sock < 0)
			return fail_errno(e, "cannot wait for the start");
		if (sync_wait(sock, SYNC_START, NULL, &why) < 0) {
			log_debug("a start that was none: %s", why.msg);
			continue;
		}
		l->sock = take_fd(&sock);
		return 0;
	}
}

int step_wait_unattended(struct launch *l, struct err *e)
{
	int r = sync_send(l->sock, SYNC_READY, -1);

	if (r < 0)
		return fail(e, -r, "cannot reach the creator: %s", strerror(-r));
	r = sync_wait(l->sock, SYNC_LEAVE, NULL, e);
	if (r < 0)
		return r;
	l->detached = true;
	log_set(LOG_ERROR, NULL); /* where lines go to is the creator's */
	sys_prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	r = close_all_but(l, e);
	if (r < 0)
		return r;
	fault_point("left");
	r = sync_send(l->sock, SYNC_LEFT, -1);
	if (r < 0)
		return fail(e, -r, "cannot reach the creator: %s", strerror(-r));
	close_fd(take_fd(&l->sock));
	r = accept_start(l, e);
	close_fd(take_fd(&l->start_fd));
	return r;
}
