/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A container with a terminal of the caller's can be left by ctrl-p ctrl-q and goes on. The
 * shell gets its prompt back when the command ends; but the container dies with the process that
 * made it, so that cannot be the command. Therefore the command forks first: its child becomes
 * the supervisor, in the same process group, and has the terminal; the command waits for it,
 * passes signals on and takes its exit code. Killed, it takes the supervisor along, and with it
 * the container, as everywhere; until the keys are typed: then the supervisor lets go of the
 * terminal and of the command, tells it so, and goes on in a session of its own.
 *
 * Only containers that have a name or are kept are worth the process: others could not be found
 * again.
 */
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <termios.h>

#include "container/supervise.h"
#include "linux/sys.h"

#define DEFAULT_KEYS "ctrl-p,ctrl-q"

/** front_wanted - can the container be left? */
bool front_wanted(const struct spec *s)
{
	return s->tty && s->interactive && !s->detach && (s->name || state_is_kept(s)) &&
	       isatty(STDIN_FILENO) && !(s->detach_keys && !*s->detach_keys);
}

/*
 * What is typed reaches the supervisor as well, which is of the same group; a hang-up only the
 * leader of the session, which we may be.
 */
static void pass_on(const struct run *run, int pidfd)
{
	struct signalfd_siginfo info;

	while (read(run->signals, &info, sizeof(info)) == sizeof(info)) {
		int sig = (int)info.ssi_signo;

		if (sig != SIGWINCH && sig != SIGPIPE && sig != SIGXFSZ &&
		    (info.ssi_code != SI_KERNEL || sig == SIGHUP))
			sys_pidfd_send_signal(pidfd, sig);
	}
}

/* Until the supervisor has ended, or has left. Return: the exit code. */
static int wait_for_it(const struct run *run, int pidfd, int left)
{
	siginfo_t info = {};
	struct termios saved;
	const bool terminal = !tcgetattr(STDIN_FILENO, &saved);
	char word;

	for (;;) {
		struct pollfd fds[] = {
			{pidfd, POLLIN, 0}, {left, POLLIN, 0}, {run->signals, POLLIN, 0}};

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		if (fds[2].revents)
			pass_on(run, pidfd);
		if (fds[1].revents) {
			if (read(left, &word, 1) == 1)
				return 0;
			left = -1;
		}
		if (fds[0].revents)
			break;
	}
	if (sys_waitid_pidfd(pidfd, &info, WEXITED) < 0)
		return 125;
	if (info.si_code == CLD_EXITED)
		return info.si_status;
	/* It had no time to do that. */
	if (terminal)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	return 128 + info.si_status;
}

/**
 * front_fork - make the supervisor a process of its own
 * @exit_code: in the command, receives the exit code
 *
 * Return: 0 in the supervisor; 1 in the command, when it is over; or -errno.
 */
int front_fork(struct run *run, int *exit_code, struct err *e)
{
	pid_t self = getpid(), pid;
	int p[2], pidfd = -1, r;

	r = keys_parse(&run->keys,
		       run->c->spec->detach_keys ? run->c->spec->detach_keys : DEFAULT_KEYS, e);
	if (r < 0)
		return r;
	if (pipe2(p, O_CLOEXEC) < 0)
		return fail_errno(e, "cannot make a pipe");
	fflush(NULL);
	pid = sys_clone(0, &pidfd);
	if (!pid) {
		sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		if (getppid() != self)
			_exit(125);
		close_fd(p[0]);
		run->front = p[1];
		run->relay.keys = &run->keys;
		return 0;
	}
	close_fd(p[1]);
	if (pid < 0) {
		close_fd(p[0]);
		return fail(e, -pid, "cannot fork: %s", strerror(-pid));
	}
	r = run_open_signals(run, e);
	if (!r)
		*exit_code = wait_for_it(run, pidfd, p[0]);
	close_fd(p[0]);
	close_fd(pidfd);
	close_fd(run->signals);
	return r < 0 ? r : 1;
}

/**
 * front_stop - stop the command that waits for us: its shell looks at that one
 */
void front_stop(const struct run *run)
{
	if (run->front >= 0)
		kill(getppid(), SIGSTOP);
}

/**
 * front_leave - the keys were typed: go on in the background
 */
void front_leave(struct run *run)
{
	struct err e = {};
	int pty = run->relay.pty;

	relay_leave(&run->relay);
	run->streams = xmalloc(sizeof(*run->streams));
	streams_init(run->streams);
	streams_tty(run->streams, pty);
	if (run->state.info.kept && run->c->spec->log.driver == LOG_DRIVER_FILE) {
		run->streams->logged = !logfile_open(&run->streams->log, run->state.dir,
						     &run->c->spec->log, &e);
		if (!run->streams->logged)
			log_warn("%s, going on without a log", e.msg);
	}
	run->background = true;
	sys_prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	setsid();
	daemon_leave();
	(void)!write(run->front, "d", 1);
	close_fd(take_fd(&run->front));
}
