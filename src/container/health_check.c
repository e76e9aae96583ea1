/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that carries one health check out, a child of the supervisor, whose loop must
 * wait for nobody. It joins the container as exec does, gathers the beginning of what the
 * command says, kills it when its time is over, writes one struct check_result, and ends.
 * Killed itself, the kernel ends the command with it.
 */
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>

#include "container/supervise.h"
#include "linux/sys.h"

/**
 * struct check - a check that runs
 * @out: its output; -1 at the end of it
 */
struct check {
	struct launch l;
	int out;
	int64_t deadline;
	struct check_result result;
};

/* Return: whether there may be more. */
static bool read_output(struct check *c)
{
	char more[4096];
	ssize_t n = read(c->out, more, sizeof(more));
	size_t room = sizeof(c->result.output) - c->result.n;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		close_fd(take_fd(&c->out));
		return false;
	}
	memcpy(c->result.output + c->result.n, more, MIN((size_t)n, room));
	c->result.n += (uint32_t)MIN((size_t)n, room);
	return true;
}

static void say(struct check *c, int code, const char *text)
{
	c->result.code = code;
	c->result.n = (uint32_t)MIN(strlen(text), sizeof(c->result.output));
	memcpy(c->result.output, text, c->result.n);
}

/* Until it has ended, could not be started, or its time is over. Return: 0: it has ended. */
static int wait_for_it(struct check *c)
{
	enum launch_event event;
	struct err e = {};

	for (;;) {
		struct pollfd fds[] = {
			{c->l.pidfd, POLLIN, 0}, {c->out, POLLIN, 0}, {c->l.sock, POLLIN, 0}};
		int64_t left = (c->deadline - now_ns()) / 1000000;
		int r = left < 0 ? 0 : poll(fds, ARRAY_SIZE(fds), (int)MIN(left + 1, INT_MAX));

		if (r == 0) {
			say(c, -1, "the health check took longer than its timeout");
			return -ETIMEDOUT;
		}
		if (r < 0)
			continue;
		if (fds[1].revents)
			read_output(c);
		if (fds[2].revents) {
			if (launch_next(&c->l, &event, &e) < 0) {
				say(c,
				    e.kind == ERR_NOENT    ? 127
				    : e.kind == ERR_NOEXEC ? 126
							   : 125,
				    e.msg);
				return -e.code;
			}
			if (event == LAUNCH_GONE)
				close_fd(take_fd(&c->l.sock));
		}
		if (fds[0].revents)
			return 0;
	}
}

static void carry_out(struct check *c, int target)
{
	struct err e = {};
	siginfo_t info = {};

	if (launch_join(&c->l, target, &e) < 0) {
		say(c, 125, e.msg);
		return;
	}
	/* Only the command has the other end from here on. */
	close_fd(take_fd(&c->l.stdio[1]));
	if (wait_for_it(c) < 0) {
		/* It leads a session of its own; what it has started there goes with it. */
		if (c->l.pid > 1)
			kill(-c->l.pid, SIGKILL);
		sys_pidfd_send_signal(c->l.pidfd, SIGKILL);
		sys_waitid_pidfd(c->l.pidfd, &info, WEXITED);
		return;
	}
	if (!sys_waitid_pidfd(c->l.pidfd, &info, WEXITED))
		c->result.code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	while (c->out >= 0 && read_output(c))
		;
}

/* Nothing of the supervisor's may live longer in us: its locks, its clients, its terminal. */
static int close_all_but(int *target, int *out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	*target = fcntl(*target, F_DUPFD_CLOEXEC, 10);
	*out = fcntl(*out, F_DUPFD_CLOEXEC, 10);
	if (null < 0 || *target < 0 || *out < 0)
		return -errno;
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	*target = dup2(*target, 3);
	*out = dup2(*out, 4);
	return *target < 0 || *out < 0 ? -errno : sys_close_range(5, ~0U, 0);
}

/**
 * health_check - carry the container's health check out
 * @out: pipe for one struct check_result; the supervisor's copy
 * @supervisor: its pid
 *
 * Context: a forked child of the supervisor.
 */
__noreturn void health_check(struct run *run, int out, pid_t supervisor)
{
	const struct strv none = {};
	struct check c = {.out = -1};
	struct spec s = *run->c->spec;
	cleanup_strv struct strv args = {};
	int target = run->launch.pidfd, p[2];

	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != supervisor)
		_exit(125);
	if (close_all_but(&target, &out) < 0 || pipe2(p, O_CLOEXEC) < 0)
		_exit(125);
	fault_point("health-check");
	health_args(&s.health, &args);
	exec_adapt(&s, &(struct exec_opts){.args = &args, .env = &none});
	c.l = (struct launch){.spec = &s,
			      .plan = run->c->plan,
			      .run_dir = run->c->dirs->run,
			      .stdio = {open("/dev/null", O_RDONLY | O_CLOEXEC), p[1], p[1]}};
	c.out = p[0];
	fcntl(c.out, F_SETFL, O_NONBLOCK);
	c.deadline = now_ns() + s.health.timeout;
	carry_out(&c, target);
	/* Less than PIPE_BUF: it is there as a whole or not at all. */
	(void)!write(out, &c.result, sizeof(c.result));
	_exit(0);
}
