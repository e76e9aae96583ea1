/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the clients of a supervisor ask for. Which of it is allowed in which state says the
 * table in lifecycle.c; a container that is starting counts as created.
 */
#include <signal.h>
#include <sys/mman.h>

#include "container/supervise.h"
#include "linux/sys.h"

static enum life state_of(const struct run *run)
{
	return !run->started   ? LIFE_CREATED
	       : run->exited   ? LIFE_EXITED
	       : run->paused   ? LIFE_PAUSED
	       : run->stopping ? LIFE_STOPPING
			       : LIFE_RUNNING;
}

static int send_signal(struct run *run, int sig, struct err *e)
{
	int r = launch_signal(&run->launch, sig, false);

	return r < 0 ? fail(e, -r, "cannot signal the container: %s", strerror(-r)) : 0;
}

static void set_state(struct run *run, enum life state)
{
	struct err e = {};

	run->state.info.state = state;
	if (state_save(&run->state, REPLACE_FAST, &e) < 0)
		log_warn("%s, ignoring", e.msg);
}

/**
 * run_ask_to_stop - send the payload its stop signal, and SIGKILL later
 * @sig: 0 for the container's own
 * @timeout: ns; negative for never
 */
int run_ask_to_stop(struct run *run, int sig, int64_t timeout, struct err *e)
{
	int r;

	if (run->paused && launch_thaw(&run->launch) >= 0)
		run->paused = false;
	r = send_signal(run, sig ? sig : run->c->spec->stop_signal, e);
	if (r < 0)
		return r;
	if (timeout >= 0)
		run->kill_at = now_ns() + MIN(timeout, INT64_MAX / 4);
	run->stopping = true;
	set_state(run, LIFE_STOPPING);
	return 0;
}

static int stop(struct run *run, struct client *c, const struct ctl_msg *m, struct err *e)
{
	c->waiting = true;
	run->no_restart = true;
	return run_ask_to_stop(run, m->head.value, m->head.time, e);
}

/* Again in this supervisor, which has the user namespace. Only what runs here can be asked for. */
static int restart(struct run *run, struct client *c, const struct ctl_msg *m, struct err *e)
{
	enum life now = state_of(run);

	if (!run->background || run->no_restart || now == LIFE_CREATED || now == LIFE_STOPPING)
		return fail(e, EOPNOTSUPP, "this supervisor cannot start the container again");
	c->restarting = true;
	run->again = run->by_hand = true;
	if (now != LIFE_EXITED)
		return run_ask_to_stop(run, m->head.value, m->head.time, e);
	/* It waits for its next try. */
	run->kill_at = now_ns();
	return 0;
}

/* requests_started - tell those who wanted a restart that the payload runs */
void requests_started(struct run *run)
{
	for (size_t i = 0; i < run->control.n; i++) {
		struct client *c = &run->control.v[i];

		if (c->restarting)
			client_send(c, CTL_STARTED, 0, NULL, 0);
		c->restarting = false;
	}
}

static int pause_or_not(struct run *run, bool pause, struct err *e)
{
	int r;

	/* Stopped like everything inside, it would run out of time. */
	if (pause)
		health_cancel(run, true);
	r = pause ? launch_freeze(&run->launch) : launch_thaw(&run->launch);

	if (r < 0)
		return fail(e, -r, "cannot %s the container: %s", pause ? "pause" : "unpause",
			    strerror(-r));
	run->paused = pause;
	set_state(run, pause ? LIFE_PAUSED : LIFE_RUNNING);
	return 0;
}

static int attach(struct run *run, struct client *c, const struct ctl_msg *m, struct err *e)
{
	if (!run->streams)
		return fail(e, EBUSY, "the container runs in the foreground of another command");
	c->with_stdin = m->head.value & CTL_WITH_STDIN && run->streams->in >= 0;
	c->attached = c->waiting = true;
	return 0;
}

static int rename_it(struct run *run, const char *name, struct err *e)
{
	free(run->state.info.name);
	run->state.info.name = xstrdup(name);
	return state_save(&run->state, REPLACE_FAST, e);
}

/* Ours to write while it lives: what a command would write might come after the end. */
static int update(struct run *run, const char *restart, struct err *e)
{
	struct spec changed = *run->c->spec;
	int r = restart_parse(&changed.restart, restart, e);

	if (r < 0)
		return r;
	run->restart = changed.restart;
	return run->state.info.kept ? state_write_spec(run->state.dir, &changed, REPLACE_FAST, e)
				    : 0;
}

static int spec_memory(struct run *run)
{
	cleanup_json json *j = NULL;
	cleanup_free char *text = NULL;
	int r;

	if (run->spec_fd >= 0)
		return run->spec_fd;
	j = spec_to_json(run->c->spec);
	text = json_dump(j, false);
	run->spec_fd = memfd_create("spec", MFD_CLOEXEC);
	r = run->spec_fd < 0 ? -errno : write_full(run->spec_fd, text, strlen(text));
	return r < 0 ? r : run->spec_fd;
}

static int follow_up(struct run *run, const struct ctl_msg *m, size_t n)
{
	if (m->head.type == CTL_RESIZE)
		streams_resize(run->streams, m->head.value);
	else if (m->head.type == CTL_EOF || n)
		streams_input(run->streams, m->data, m->head.type == CTL_EOF ? 0 : n);
	return 1;
}

static int carry_out(struct run *run, struct client *c, const struct ctl_msg *m, int *fd,
		     struct err *e)
{
	switch (m->head.type) {
	case CTL_SIGNAL:
		run->no_restart |= m->head.value == SIGKILL || m->head.value == SIGTERM;
		return send_signal(run, m->head.value, e);
	case CTL_STOP:
		return stop(run, c, m, e);
	case CTL_PAUSE:
	case CTL_UNPAUSE:
		return pause_or_not(run, m->head.type == CTL_PAUSE, e);
	case CTL_WAIT:
		c->waiting = true;
		return 0;
	case CTL_ATTACH:
		return attach(run, c, m, e);
	case CTL_JOIN:
		*fd = run->launch.pidfd;
		return 0;
	case CTL_RENAME:
		return rename_it(run, m->data, e);
	case CTL_UPDATE:
		return update(run, m->data, e);
	case CTL_RESTART:
		return restart(run, c, m, e);
	case CTL_HEALTH:
		return health_ask(run, c, e);
	case CTL_SPEC:
		*fd = spec_memory(run);
		return *fd < 0 ? fail(e, -*fd, "cannot tell the configuration: %s", strerror(-*fd))
			       : 0;
	default:
		return -EPROTO;
	}
}

/**
 * run_request - carry out one request; a ctl_handler
 */
int run_request(void *ctx, struct client *c, const struct ctl_msg *m, size_t n, int *fd,
		struct err *e)
{
	static const enum life_op ops[] = {
		[CTL_SIGNAL] = OP_KILL,     [CTL_STOP] = OP_STOP,     [CTL_PAUSE] = OP_PAUSE,
		[CTL_UNPAUSE] = OP_UNPAUSE, [CTL_WAIT] = OP_WAIT,     [CTL_ATTACH] = OP_ATTACH,
		[CTL_JOIN] = OP_EXEC,       [CTL_RENAME] = OP_RENAME, [CTL_UPDATE] = OP_UPDATE,
		[CTL_SPEC] = OP_READ,       [CTL_HEALTH] = OP_CHECK,  [CTL_RESTART] = OP_RESTART,
	};
	static const char *const events[CTL_STDIN] = {
		[CTL_SIGNAL] = "kill",     [CTL_STOP] = "stop",       [CTL_PAUSE] = "pause",
		[CTL_UNPAUSE] = "unpause", [CTL_ATTACH] = "attach",   [CTL_JOIN] = "exec",
		[CTL_UPDATE] = "update",   [CTL_RESTART] = "restart",
	};
	struct run *run = ctx;
	int r;

	if (m->head.type >= CTL_STDIN)
		return c->attached ? follow_up(run, m, n) : -EPROTO;
	r = life_may(ops[m->head.type], state_of(run), run->c->spec->id, e);
	if (!r && m->head.type == CTL_STOP && run->launch.pidfd >= 0)
		sys_pidfd_send_signal(run->launch.pidfd, SIGKILL);
	if (!r && m->head.type == CTL_STOP)
		run->no_restart = run->stopping = c->waiting = true;
	if (r <= 0)
		return r;
	r = carry_out(run, c, m, fd, e);
	if (!r && events[m->head.type])
		event_of(run->c->dirs, &run->state.info, events[m->head.type], -1);
	return r;
}
