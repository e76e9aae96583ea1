/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * One supervisor a container. It makes the records, launches, and then waits in
 * one poll loop for the container's messages, for signals to pass on, for the
 * terminal, for a time limit and for changes of the host's resolvers. When the
 * payload has ended it removes everything and returns the exit code. Killed at
 * any point, the kernel ends the container with it, and the next command removes
 * the records (state.c).
 */
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "container/internal.h"
#include "linux/sys.h"

/* Passed on to the payload; what the caller has set to be ignored stays ignored. */
static const int forwarded[] = {SIGTERM, SIGINT,  SIGHUP,  SIGQUIT,
				SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT};

enum {
	WATCH_SOCK,
	WATCH_SIGNALS,
	WATCH_RESOLV,
	WATCH_NET,
	WATCH_RELAY,
	WATCH_MAX = WATCH_RELAY + 3
};

/* A container that has run for so long will run for longer. */
#define IDLE_NS 1000000000LL

struct run {
	const struct container *c;
	struct launch launch;
	struct launch_hooks hooks;
	struct launch_files files;
	struct helper net;
	struct state state;
	struct relay relay;
	sigset_t old_mask;
	int signals, resolv;
	int64_t deadline, idle_at; /* ns, 0 for none */
	bool timed_out, started, exited;
	int status;
};

/* ---- network ---------------------------------------------------------------------------------------- */

static int net_child(void *ctx, struct err *e)
{
	struct run *run = ctx;
	int r = net_loopback_up(e);

	if (r < 0 || run->c->spec->net.mode != NETWORK_SLIRP)
		return r < 0 ? r : -ENOENT;
	return net_tap_create(&run->c->spec->net, e);
}

static int net_parent(void *ctx, int userns_fd, struct err *e)
{
	struct run *run = ctx;
	const struct idmap_plan *plan = run->c->plan;

	return net_start(&run->net, &run->c->spec->net, userns_fd, idmap_highest(&plan->uid),
			 idmap_highest(&plan->gid), e);
}

static int net_tap(void *ctx, int tap_fd, struct err *e)
{
	struct run *run = ctx;

	return net_give_tap(&run->net, tap_fd, e);
}

static void prepare_net(struct run *run)
{
	const struct spec *s = run->c->spec;

	run->net = (struct helper){.pid = -1, .pidfd = -1, .sock = -1};
	run->hooks = (struct launch_hooks){.net_child = net_child, .net_tap = net_tap, .ctx = run};
	if (s->net.mode == NETWORK_SLIRP)
		run->hooks.net_parent = net_parent;
	net_hosts(&s->net, s->hostname ? s->hostname : "localhost", &run->files.hosts);
	net_resolv_conf(&s->net, &run->files.resolv_conf);
	if (s->hostname)
		buf_printf(&run->files.hostname, "%s\n", s->hostname);
}

/* ---- signals ------------------------------------------------------------------------------------------ */

static int open_signals(struct run *run, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++) {
		struct sigaction now;

		if (!sigaction(forwarded[i], NULL, &now) && now.sa_handler != SIG_IGN)
			sigaddset(&set, forwarded[i]);
	}
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, &run->old_mask);
	run->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return run->signals < 0 ? fail_errno(e, "cannot wait for signals") : 0;
}

/* Is there a shell to take over when we stop? In a script nobody would continue us. */
static bool in_foreground(void)
{
	for (int fd = 0; fd < 3; fd++) {
		pid_t group = tcgetpgrp(fd);

		if (group >= 0)
			return group == getpgrp();
	}
	return false;
}

/*
 * The payload was stopped: so are we, for the caller's shell; until fg continues us,
 * or the time limit does: a payload could stop itself to let another process of the
 * container go on without one.
 */
static void stop_ourselves(struct run *run)
{
	struct sigevent wake = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGCONT};
	const struct itimerspec at = {
		.it_value = {run->deadline / 1000000000, run->deadline % 1000000000}};
	timer_t timer;
	bool timed;

	if (!in_foreground())
		return;
	timed = run->deadline && !timer_create(CLOCK_MONOTONIC, &wake, &timer) &&
		!timer_settime(timer, TIMER_ABSTIME, &at, NULL);
	if (run->deadline && !timed)
		return;
	relay_pause(&run->relay);
	kill(getpid(), SIGSTOP);
	relay_resume(&run->relay);
	if (timed)
		timer_delete(timer);
	launch_signal(&run->launch, SIGCONT, true);
}

static void on_signal(struct run *run)
{
	struct signalfd_siginfo info;

	while (read(run->signals, &info, sizeof(info)) == sizeof(info)) {
		int sig = (int)info.ssi_signo;
		/* From the kernel means from the terminal, which signals whole process groups. */
		bool group = info.ssi_code == SI_KERNEL;

		if (sig == SIGWINCH)
			relay_resize(&run->relay);
		else if (sig != SIGPIPE && run->started)
			launch_signal(&run->launch, sig, group || sig == SIGTSTP || sig == SIGCONT);
		else if (sig == SIGTERM || sig == SIGINT || sig == SIGHUP || sig == SIGQUIT)
			/* Not started yet: there is nobody to ask, so it ends here. */
			sys_pidfd_send_signal(run->launch.pidfd, SIGKILL);
	}
}

/* ---- once the payload runs ------------------------------------------------------------------------------- */

/* What can wait until the payload runs, because it does not concern it. */
static void while_it_runs(struct run *run)
{
	if (run->net.pid > 0)
		run->resolv = net_watch_resolvers();
	container_sweep(run->c->dirs, run->c->plan);
	run->idle_at = now_ns() + IDLE_NS;
}

/* The host's resolvers have changed, or sandbox-net is gone: then the container goes on without. */
static void on_network(struct run *run, bool helper)
{
	struct err why = {};

	if (helper && net_event(&run->net, &why) < 0) {
		log_warn("%s, the container goes on without a network", why.msg);
		net_stop(&run->net);
	} else if (!helper && net_resolvers_changed(run->resolv) && run->net.pid > 0 &&
		   net_push_resolvers(&run->net, &why) < 0) {
		log_warn("%s, ignoring", why.msg);
	}
}

/* ---- the loop ------------------------------------------------------------------------------------------- */

static int on_message(struct run *run, struct err *e)
{
	enum launch_event event;
	int r = launch_next(&run->launch, &event, e);

	if (r < 0)
		return r;
	switch (event) {
	case LAUNCH_TTY:
		return relay_start(&run->relay, run->launch.pty);
	case LAUNCH_STARTED:
		run->started = true;
		fault_point("started");
		while_it_runs(run);
		break;
	case LAUNCH_STOPPED:
		stop_ourselves(run);
		break;
	case LAUNCH_EXITED:
		run->exited = true;
		run->status = run->launch.value;
		break;
	case LAUNCH_GONE:
		/* Without init this is exec having succeeded; with it, somebody killed it. */
		if (run->c->spec->init && !run->started)
			return fail(
				e, EIO,
				"the container's first process was killed while it was starting");
		run->started = true;
		close_fd(take_fd(&run->launch.sock));
		break;
	default:
		break;
	}
	return 0;
}

/* Milliseconds until the next of our own doings is due; -1 for none. */
static int time_left(const struct run *run)
{
	int64_t next = run->deadline, left;

	if (run->idle_at && (!next || run->idle_at < next))
		next = run->idle_at;
	if (!next)
		return -1;
	left = next - now_ns();
	return left <= 0 ? 0 : (int)MIN(left / 1000000 + 1, INT_MAX);
}

static void on_time(struct run *run)
{
	int64_t now = now_ns();

	if (run->idle_at && now >= run->idle_at) {
		run->idle_at = 0;
		mem_give_back();
	}
	if (run->deadline && now >= run->deadline) {
		run->timed_out = true;
		run->deadline = 0;
		log_warn("the time limit is reached, killing the container");
		sys_pidfd_send_signal(run->launch.pidfd, SIGKILL);
	}
}

/* Waits for the container's end: for sandbox-init's word, or for the process itself. */
static int supervise(struct run *run, struct err *e)
{
	while (!run->exited) {
		struct pollfd fds[WATCH_MAX] = {
			[WATCH_SOCK] = {run->launch.sock >= 0 ? run->launch.sock
							      : run->launch.pidfd,
					POLLIN, 0},
			[WATCH_SIGNALS] = {run->signals, POLLIN, 0},
			[WATCH_RESOLV] = {run->resolv, POLLIN, 0},
			[WATCH_NET] = {run->net.sock, POLLIN, 0},
		};
		size_t n = relay_poll(&run->relay, fds + WATCH_RELAY);
		int r = poll(fds, WATCH_RELAY + n, time_left(run));

		if (r < 0 && errno != EINTR)
			return fail_errno(e, "cannot wait for the container");
		if (r == 0)
			on_time(run);
		if (r <= 0)
			continue;
		relay_move(&run->relay, fds + WATCH_RELAY, n);
		if (fds[WATCH_SIGNALS].revents)
			on_signal(run);
		if (fds[WATCH_RESOLV].revents || fds[WATCH_NET].revents)
			on_network(run, fds[WATCH_NET].revents);
		if (!fds[WATCH_SOCK].revents)
			continue;
		if (run->launch.sock < 0)
			return 0;
		r = on_message(run, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int exit_code_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Reaps the container's first process; without init its status is the payload's. */
static void reap(struct run *run)
{
	int status = 0;

	if (run->launch.pidfd >= 0) {
		/* Also when it said nothing: the payload can have killed its sandbox-init there. */
		if (run->launch.spec->ns[NS_PID].mode != NS_PRIVATE)
			launch_kill_userns(run->launch.userns_fd);
		wait_pid(run->launch.pid, &status);
		close_fd(take_fd(&run->launch.pidfd));
	}
	if (!run->exited)
		run->status = status;
}

static int write_cidfile(const struct spec *s, struct err *e)
{
	cleanup_close int fd = -1;
	int r;

	if (!s->cidfile)
		return 0;
	fd = open(s->cidfile, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 && errno == EEXIST)
		return fail_hint(e, fail(e, EEXIST, "the file %s is there already", s->cidfile),
				 "remove it, or give --cidfile another name");
	r = fd < 0 ? -errno : write_full(fd, s->id, strlen(s->id));
	return r < 0 ? fail(e, -r, "cannot write %s: %s", s->cidfile, strerror(-r)) : 0;
}

/* A descriptor that the caller had closed is held by an O_PATH one (cli.c), and stays closed. */
static bool is_open(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && !(flags & O_PATH);
}

static void payload_stdio(struct run *run)
{
	for (int i = 0; i < 3; i++)
		run->launch.stdio[i] = is_open(i) ? i : -1;
	if (!run->c->spec->interactive || run->launch.stdio[0] < 0)
		run->launch.stdio[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int start_and_wait(struct run *run, struct err *e)
{
	const struct spec *s = run->c->spec;
	int r = launch_start(&run->launch, e);

	if (r < 0)
		return r;
	if (s->timeout)
		run->deadline = now_ns() + s->timeout;
	r = supervise(run, e);
	if (r < 0) {
		sys_pidfd_send_signal(run->launch.pidfd, SIGKILL);
	} else if (s->net.mode == NETWORK_SLIRP) {
		/* Beside the end of the container's own processes. */
		net_stop(&run->net);
	}
	reap(run);
	return r;
}

/**
 * container_run - run a container in the foreground, to its end
 * @exit_code: receives the payload's exit code, or 128 + signal
 *
 * Return: 0, or -errno: it could not be started, and nothing is left.
 */
int container_run(const struct container *c, int *exit_code, struct err *e)
{
	struct run run = {.c = c, .signals = -1, .resolv = -1};
	int r;

	run.launch = (struct launch){.spec = c->spec,
				     .plan = c->plan,
				     .hooks = &run.hooks,
				     .files = &run.files,
				     .run_dir = c->dirs->run};
	relay_init(&run.relay);
	r = state_create(&run.state, c, e);
	if (r < 0)
		return r;
	r = write_cidfile(c->spec, e);
	if (!r)
		r = open_signals(&run, e);
	if (!r) {
		payload_stdio(&run);
		prepare_net(&run);
		r = start_and_wait(&run, e);
	}
	relay_finish(&run.relay);
	net_stop(&run.net);
	*exit_code = run.timed_out ? 128 + SIGKILL : exit_code_of(run.status);
	state_end(&run.state, c, run.launch.userns_fd, r < 0 ? -1 : *exit_code);
	launch_free(&run.launch);
	if (r < 0 && c->spec->cidfile && e->code != EEXIST)
		unlink(c->spec->cidfile);
	close_fd(run.signals);
	close_fd(run.resolv);
	sigprocmask(SIG_SETMASK, &run.old_mask, NULL);
	buf_free(&run.files.hosts);
	buf_free(&run.files.resolv_conf);
	buf_free(&run.files.hostname);
	return r;
}

/**
 * container_explain - what launching this container would do, a line a step
 */
int container_explain(const struct container *c, struct buf *out, struct err *e __unused)
{
	struct run run = {.c = c};

	prepare_net(&run);
	run.launch = (struct launch){
		.spec = c->spec, .plan = c->plan, .hooks = &run.hooks, .files = &run.files};
	launch_explain(&run.launch, out);
	return 0;
}
