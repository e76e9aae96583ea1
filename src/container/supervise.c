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
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "container/supervise.h"
#include "linux/sys.h"

enum {
	WATCH_SOCK,
	WATCH_PID,
	WATCH_SIGNALS,
	WATCH_RESOLV,
	WATCH_NET,
	WATCH_HEALTH,
	WATCH_NOTIFY,
	WATCH_RELAY = WATCH_NOTIFY + 2,
	WATCH_STREAMS = WATCH_RELAY + 3,
	WATCH_CONTROL = WATCH_STREAMS + STREAMS_FDS,
	WATCH_MAX = WATCH_CONTROL + CLIENTS_MAX + 1
};

/* ---- once the payload runs ------------------------------------------------------------------------------- */

/* From here on other commands find it and can talk to us. */
static int publish(struct run *run, struct err *e)
{
	enum rootfs_driver used = run->launch.driver;
	int r;

	run->state.info.driver = used == ROOTFS_AUTO ? ROOTFS_OVERLAY : used;
	r = state_running(&run->state, run->launch.pid, e);
	if (!r)
		event_of(run->c->dirs, &run->state.info, "start", -1);
	if (!r && run->control.listen < 0)
		r = control_open(&run->control, run->state.run_fd, run->c->spec->id, e);
	return r;
}

/* What can wait until the payload runs, because it does not concern it. */
static int on_started(struct run *run, struct err *e)
{
	int r = 0;

	run->started = true;
	fault_point("started");
	if (run->c->spec->ns[NS_PID].mode != NS_PRIVATE)
		state_host_pids(&run->state, &run->launch);
	health_begin(run);
	r = publish(run, e);
	if (r < 0 && (run->state.info.kept || run->c->spec->name))
		return r;
	if (r < 0)
		log_warn("%s, going on without", e->msg);
	run_early_signals(run);
	notify_started(run);
	requests_started(run);
	if (run->report >= 0)
		daemon_report(&run->report, NULL);
	container_sweep(run->c->dirs, run->c->plan);
	run->idle_at = now_ns() + IDLE_NS;
	return 0;
}

/* It has ended before it was worth telling that it runs (launch.quiet). */
static void on_brief(struct run *run)
{
	run->started = true;
	fault_point("started");
	container_sweep(run->c->dirs, run->c->plan);
}

/* ---- the loop ------------------------------------------------------------------------------------------- */

/* Nothing more comes. Without init this is exec having succeeded; with it, somebody killed it. */
static int on_gone(struct run *run, struct err *e)
{
	/* It need not have told that it runs. */
	if (run->launch.quiet && run->timed_out)
		run->started = true;
	if (run->c->spec->init && !run->started)
		return fail(e, EIO,
			    "the container's first process was killed while it was starting");
	close_fd(take_fd(&run->launch.sock));
	if (run->joined) {
		run->started = true;
		run_early_signals(run);
	}
	return run->started ? 0 : on_started(run, e);
}

static int on_message(struct run *run, struct err *e)
{
	enum launch_event event;
	int r = launch_next(&run->launch, &event, e);

	if (r < 0)
		return r;
	switch (event) {
	case LAUNCH_TTY:
		if (!run->background)
			return relay_start(&run->relay, run->launch.pty);
		streams_tty(run->streams, run->launch.pty);
		return 0;
	case LAUNCH_STARTED:
		return on_started(run, e);
	case LAUNCH_STOPPED:
		if (!run->paused)
			run_stop(run);
		break;
	case LAUNCH_EXITED:
		if (!run->started)
			on_brief(run);
		run->exited = true;
		run->status = run->launch.value;
		break;
	case LAUNCH_GONE:
		return on_gone(run, e);
	default:
		break;
	}
	return 0;
}

/* Milliseconds until the next of our own doings is due; -1 for none. */
static __idle int time_left(const struct run *run)
{
	const int64_t due[] = {run->deadline, run->idle_at, run->kill_at, health_due(run)};
	int64_t next = INT64_MAX, left;

	for (size_t i = 0; i < ARRAY_SIZE(due); i++) {
		if (due[i] && due[i] < next)
			next = due[i];
	}
	if (next == INT64_MAX)
		return -1;
	left = next - now_ns();
	return left <= 0 ? 0 : (int)MIN(left / 1000000 + 1, INT_MAX);
}

static __idle bool is_due(int64_t *at, int64_t now)
{
	bool due = *at && now >= *at;

	if (due)
		*at = 0;
	return due;
}

static __idle void on_time(struct run *run)
{
	int64_t now = now_ns();

	health_time(run);
	if (is_due(&run->idle_at, now)) {
		run_watch_resolvers(run);
		mem_give_back();
	}
	if (is_due(&run->kill_at, now))
		sys_pidfd_send_signal(run->launch.pidfd, SIGKILL);
	if (is_due(&run->deadline, now)) {
		run->timed_out = true;
		log_warn("the time limit is reached, killing the container");
		sys_pidfd_send_signal(run->launch.pidfd, SIGKILL);
	}
}

/*
 * It has a message for us, or has ended. A payload that got hold of the other end of the socket
 * cannot make us wait for its close.
 */
static int on_launch(struct run *run, struct err *e)
{
	struct pollfd p[] = {{run->launch.sock, POLLIN, 0}, {run->launch.pidfd, POLLIN, 0}};

	/* Asked again: what was said before the end came is heard before the end. */
	if (poll(p + 1, 1, 0) <= 0)
		return run->launch.sock < 0 ? 0 : on_message(run, e);
	if (run->launch.sock < 0)
		return 1;
	return poll(p, 1, 0) > 0 ? on_message(run, e) : on_gone(run, e);
}

/* supervise_once - one round of poll(2). Return: 1 when the container has said that it has ended. */
__idle int supervise_once(struct run *run, struct err *e)
{
	struct pollfd fds[WATCH_MAX] = {
		[WATCH_SOCK] = {run->launch.sock, POLLIN, 0},
		[WATCH_PID] = {run->launch.pidfd, POLLIN, 0},
		[WATCH_SIGNALS] = {run->signals, POLLIN, 0},
		[WATCH_RESOLV] = {run->resolv, POLLIN, 0},
		[WATCH_NET] = {run->net.sock, POLLIN, 0},
		[WATCH_HEALTH] = {health_fd(run), POLLIN, 0},
	};
	static const size_t none;
	size_t relayed = relay_poll(&run->relay, fds + WATCH_RELAY), n = WATCH_STREAMS;
	int r;

	for (size_t i = WATCH_RELAY + relayed; i < WATCH_STREAMS; i++)
		fds[i].fd = -1;
	if (run->control.listen >= 0) {
		for (size_t i = 0; i < STREAMS_FDS; i++)
			fds[n + i].fd = -1;
		n = WATCH_CONTROL + control_poll(&run->control, fds + WATCH_CONTROL,
						 run->streams && run->streams->in_n);
	}
	if (run->streams) {
		streams_poll(run->streams, &run->control, fds + WATCH_STREAMS);
		n = MAX(n, (size_t)WATCH_CONTROL);
	}
	notify_poll(run, fds + WATCH_NOTIFY);
	r = poll_idle(fds, n, time_left(run));
	if (r < 0 && r != -EINTR)
		return fail(e, -r, "cannot wait for the container: %s", strerror(-r));
	/* Also when there was something to do: a container that writes without end has its limits. */
	on_time(run);
	if (r <= 0)
		return 0;
	relay_move(&run->relay, fds + WATCH_RELAY, relayed);
	if (run->relay.left)
		front_leave(run);
	if (run->streams)
		streams_move(run->streams, &run->control, fds + WATCH_STREAMS);
	if (n > WATCH_CONTROL)
		control_move(&run->control, fds + WATCH_CONTROL,
			     run->streams ? &run->streams->in_n : &none, run_request, run);
	if (fds[WATCH_SIGNALS].revents)
		run_on_signal(run);
	if (fds[WATCH_NOTIFY].revents || fds[WATCH_NOTIFY + 1].revents)
		notify_move(run, fds + WATCH_NOTIFY);
	if (fds[WATCH_RESOLV].revents || fds[WATCH_NET].revents)
		run_on_network(run, fds[WATCH_NET].revents);
	/* The end of the container first: a check that it has killed says nothing. */
	if (fds[WATCH_SOCK].revents || fds[WATCH_PID].revents) {
		r = on_launch(run, e);
		if (r || run->exited)
			return r;
	}
	if (fds[WATCH_HEALTH].revents)
		health_ended(run);
	return 0;
}

/* supervise - wait for the container's end: for sandbox-init's word, or for the process itself. */
__idle int supervise(struct run *run, struct err *e)
{
	int r = 0;

	while (!r && !run->exited)
		r = supervise_once(run, e);
	return r < 0 ? r : 0;
}

int exit_code_of(int status)
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

/*
 * Nobody waits for its start, and while it is short nobody can look for it. A payload that can
 * trace sandbox-init could keep it from telling, and go on in its name (launch.c: expected()).
 */
static bool may_be_quiet(const struct run *run)
{
	const struct spec *s = run->c->spec;

	return s->init && s->ns[NS_PID].mode == NS_PRIVATE && !state_is_kept(s) && !s->name &&
	       !s->tty && !health_is_on(&s->health) && !run->notify &&
	       !(s->sec.caps & 1ULL << CAP_SYS_PTRACE);
}

/* run_once - from the launch to the last word of the payload */
int run_once(struct run *run, struct err *e)
{
	const struct spec *s = run->c->spec;
	struct covers covers = {};
	int r = stdio_open(run, e);

	if (!r) {
		run_prepare_net(run);
		run->launch.quiet = may_be_quiet(run);
		r = covers_find(s, run->c->dirs, &covers, e);
		run->launch.covers = &covers;
		if (!r)
			r = launch_start(&run->launch, e);
		stdio_close(run);
	}
	if (!r) {
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
	}
	run->exited = true;
	run->launch.covers = NULL;
	covers_free(&covers, r < 0);
	health_cancel(run, false);
	notify_finish(run);
	relay_finish(&run->relay);
	stdio_end(run);
	net_stop(&run->net);
	close_fd(take_fd(&run->resolv));
	buf_free(&run->files.hosts);
	buf_free(&run->files.resolv_conf);
	buf_free(&run->files.hostname);
	return r;
}

void run_reset(struct run *run)
{
	run->launch = (struct launch){.spec = run->c->spec,
				      .plan = run->c->plan,
				      .hooks = &run->hooks,
				      .files = &run->files,
				      .run_dir = run->c->dirs->run,
				      .kept_userns = run->kept_userns,
				      .driver = run->state.info.driver,
				      .notify = notify_proxied(run)};
	launch_init(&run->launch);
	run->net = (struct helper){.pid = -1, .pidfd = -1, .sock = -1};
	run->deadline = run->idle_at = run->kill_at = 0;
	run->timed_out = run->started = run->exited = run->paused = run->stopping = false;
	run->status = 0;
	relay_init(&run->relay);
	run->relay.keys = run->front >= 0 ? &run->keys : NULL;
}

/* ---- a supervisor's life ------------------------------------------------------------------------------------ */

static void finish(struct run *run, int r, int exit_code, const struct err *e)
{
	const bool keep = !run->c->spec->remove &&
			  (r >= 0 || run->state.info.started || run->reopened);

	if (keep)
		state_ended(&run->state, r < 0 ? 125 : exit_code, r < 0 ? e->msg : NULL, false);
	/* Before the record is gone: who is told looks for it. */
	control_exit(&run->control, r < 0 ? 125 : exit_code);
	if (keep)
		state_close(&run->state);
	else
		state_discard(&run->state, run->c, run->launch.userns_fd);
	health_close(run);
	notify_close(run);
	control_close(&run->control);
	close_fd(take_fd(&run->spec_fd));
}

static int run_container(struct run *run, int *exit_code, struct err *e)
{
	const struct spec *s = run->c->spec;
	int r = write_cidfile(s, e);

	if (!r)
		r = run_open_signals(run, e);
	notify_open(run);
	if (!r)
		r = run_and_restart(run, exit_code, e);
	finish(run, r, *exit_code, e);
	launch_free(&run->launch);
	if (run->kept_userns)
		close_fd(run->kept_userns);
	if (r < 0 && s->cidfile && e->code != EEXIST)
		unlink(s->cidfile);
	close_fd(run->signals);
	sigprocmask(SIG_SETMASK, &run->old_mask, NULL);
	return r;
}

void run_init(struct run *run, const struct container *c)
{
	*run = (struct run){.c = c,
			    .signals = -1,
			    .resolv = -1,
			    .report = -1,
			    .spec_fd = -1,
			    .front = -1,
			    .background = c->spec->detach};
	run->restart = c->spec->restart;
	control_init(&run->control);
	run_reset(run);
}

/* In the background: the child is the supervisor, and never returns. */
static int in_background(struct run *run, struct err *e)
{
	int code = 0, r = daemon_fork(&run->report, e);

	if (r > 0)
		notify_barrier(run->c->spec);
	if (r)
		return r < 0 ? r : 0;
	r = run->reopened ? state_open(&run->state, run->c, run->reopened, e)
			  : state_create(&run->state, run->c, e);
	if (!r)
		r = chdir("/") < 0 ? fail_errno(e, "/") : run_container(run, &code, e);
	if (r < 0)
		daemon_report(&run->report, e);
	/* A service manager may be our parent: what was asked to end has not failed. */
	_exit(r < 0 ? 125 : run->stopping ? 0 : code);
}

/**
 * container_run - run a new container to its end, or until its payload runs (spec.detach)
 * @exit_code: receives the payload's exit code, or 128 + signal; 0 in the background
 *
 * Return: 0, or -errno: it could not be started, and nothing is left.
 */
int container_run(const struct container *c, int *exit_code, struct err *e)
{
	struct run run;
	int r;

	run_init(&run, c);
	*exit_code = 0;
	if (c->spec->detach)
		return in_background(&run, e);
	r = front_wanted(c->spec) ? front_fork(&run, exit_code, e) : 0;
	if (r)
		return MIN(r, 0);
	r = state_create(&run.state, c, e);
	return r < 0 ? r : run_container(&run, exit_code, e);
}

/**
 * container_start - run a container that was created, or has ended, once more
 * @info: from container_find()
 *
 * As container_run(); on failure its records say why.
 */
int container_start(const struct container *c, const struct container_info *info, int *exit_code,
		    struct err *e)
{
	struct run run;
	int r;

	run_init(&run, c);
	run.reopened = info;
	*exit_code = 0;
	if (c->spec->detach)
		return in_background(&run, e);
	r = front_wanted(c->spec) ? front_fork(&run, exit_code, e) : 0;
	if (r)
		return MIN(r, 0);
	r = state_open(&run.state, c, info, e);
	return r < 0 ? r : run_container(&run, exit_code, e);
}

/**
 * container_create - make a container that is not started yet
 *
 * Return: 0 or -errno, and nothing is left.
 */
int container_create(const struct container *c, struct err *e)
{
	struct state s;
	int r = state_create(&s, c, e);

	if (!r)
		r = write_cidfile(c->spec, e);
	if (!r)
		state_close(&s);
	else
		state_discard(&s, c, -1);
	return r;
}

/**
 * container_explain - what launching this container would do, a line a step
 */
int container_explain(const struct container *c, struct buf *out, struct err *e __unused)
{
	struct run run;

	run_init(&run, c);
	run_prepare_net(&run);
	launch_explain(&run.launch, out);
	return 0;
}
