/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Where nothing is wanted of the parent between the clone and sandbox-init, the container's
 * first process borrows its memory until then (sys_clone_lending()), which saves a tenth of a
 * start. The parent sleeps meanwhile and hears no signal. So the child takes three seconds and no
 * more: then it gives up, and the launch begins once more without borrowing, where a signal
 * can end a start that hangs.
 *
 * What the parent does for the child elsewhere, the child has done for it here: it writes a
 * map of one id itself, and the id helpers were started before the clone and wait for its number
 * (idmap_helper.c). Where the overlay is refused, and fuse-overlayfs is to be started,
 * the child gives up and the launch begins once more without borrowing.
 *
 * The child's struct launch is a copy. Of what it writes into the heap, the parent keeps what was
 * not freed. Nobody inside the container runs before exec.
 */
#include <signal.h>
#include <time.h>

#include "sandbox/internal.h"

#define TIME_LIMIT_S 3

struct loan {
	struct launch *l; /* the parent's */
	int sock;
	pid_t child;
};

/* launch_borrows - does the container's first process run in our memory until its exec? */
bool launch_borrows(const struct launch *l)
{
	const struct spec *s = l->spec;

#ifdef SANITIZED
	return false;
#endif
	for (size_t i = 0; i < NS_KINDS; i++) {
		if (s->ns[i].mode == NS_JOIN)
			return false;
	}
	/* Nobody enters a time namespace who shares his memory. */
	if (s->ns[NS_TIME].mode == NS_PRIVATE)
		return false;
	if (s->ns[NS_USER].mode != NS_PRIVATE || l->kept_userns || l->joined || l->unattended)
		return false;
	/* Folders of the user's, which may be on a server that does not answer. */
	if (s->bare || s->mounts.n || l->wait_start || l->cgroup)
		return false;
	if (l->plan->driver != IDMAP_ONE && l->plan->driver != IDMAP_HELPERS)
		return false;
	return !l->not_alone && (l->driver == ROOTFS_AUTO || l->driver == ROOTFS_OVERLAY);
}

static struct launch *lender;

/* It takes too long, and who has lent us his memory can be reached by nobody meanwhile. */
static void on_alarm(int sig __unused)
{
	lender->not_alone = true;
	_exit(125);
}

/*
 * A handler, because the first process of a pid namespace ignores what would end it. A timer of
 * this kind ends with exec; the one of alarm(2) would go on, and a filter may forbid stopping it.
 */
static void limit_time(int seconds)
{
	const struct sigaction sa = {.sa_handler = on_alarm};
	const struct itimerspec limit = {.it_value = {.tv_sec = seconds}};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
	sigset_t alarm;
	timer_t timer;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &alarm, NULL);
	sigaction(SIGALRM, &sa, NULL);
	if (!timer_create(CLOCK_MONOTONIC, &event, &timer))
		timer_settime(timer, 0, &limit, NULL);
}

static int child(void *arg)
{
	struct loan *loan = arg;
	struct launch copy = *loan->l;

	lender = loan->l;
	limit_time(TIME_LIMIT_S);
	copy.pid = loan->child;
	copy.lender = loan->l;
	child_main(&copy, loan->sock);
}

/* Return: 0; -EAGAIN: begin again, without borrowing; or another -errno */
int clone_borrowing(struct launch *l, uint64_t flags, int sock, struct err *e)
{
	struct loan loan = {.l = l, .sock = sock};

	l->pid = sys_clone_lending(child, &loan, (int)flags, &loan.child, &l->pidfd);
	if (l->pid < 0)
		return clone_failed(-l->pid, e);
	return l->not_alone ? -EAGAIN : 0;
}

/*
 * The parent would come too late: in an exec, or behind the end of the payload, /proc shows it
 * nothing (EACCES).
 */
int step_show_namespaces(struct launch *l, struct err *e)
{
	const uint32_t type = SYNC_NAMESPACES;
	cleanup_close int user = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	cleanup_close int mnt = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	const int fds[] = {user, mnt};
	int r = user < 0 || mnt < 0 ? -errno
				    : send_msg(l->sock, &type, sizeof(type), fds, ARRAY_SIZE(fds));

	return r < 0 ? fail(e, -r, "cannot show the namespaces: %s", strerror(-r)) : 0;
}

/* namespaces_shown - the first message of a child that borrows; it may have ended since */
int namespaces_shown(struct launch *l, struct err *e)
{
	struct sync_msg m = {};
	int fds[2] = {-1, -1};
	size_t n = ARRAY_SIZE(fds);
	ssize_t len = recv_msg(l->sock, &m, sizeof(m), fds, &n);

	if (len == sizeof(m.type) && m.type == SYNC_NAMESPACES && n == ARRAY_SIZE(fds)) {
		l->userns_fd = fds[0];
		l->mntns_fd = fds[1];
		/* See launch_free(). What is kept may be mounted again at once. */
		if (!l->spec->remove)
			close_fd(take_fd(&l->mntns_fd));
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		close_fd(fds[i]);
	if (len == sizeof(m)) {
		*e = m.err;
		e->msg[sizeof(e->msg) - 1] = '\0';
		return e->code > 0 ? -e->code : -EIO;
	}
	return fail(e, EIO, "the container's first process was killed while it was starting");
}

int step_own_maps(struct launch *l, struct err *e)
{
	return l->plan->driver == IDMAP_ONE ? idmap_write(l->plan, 0, e)
					    : idmap_hand_over(&l->job, l->pid, e);
}

int step_waiting_helpers(struct launch *l, struct err *e)
{
	return idmap_start(&l->job, 0, e);
}
