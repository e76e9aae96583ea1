/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Whether a container is well is asked by a command that runs in it every now and then. The
 * supervisor forks a process for each check (health_check.c) and goes on with its loop; the
 * result comes through a pipe and is read when the process has ended. One check runs at a
 * time; the next begins an interval after the end of the last, the first with the payload.
 *
 * The state is starting, until a check succeeds or as many failed as --health-retries says,
 * one after the other and later than --health-start-period; then healthy or unhealthy. It
 * stands in the container's record. The last checks stand in a file beside the record,
 * health.json, or ID.health for a container that is thrown away, in inspect's form.
 */
#include <poll.h>
#include <signal.h>

#include "container/supervise.h"
#include "linux/sys.h"

#define FILE_NAME "health.json"
#define KEPT_MAX  5

/* What a check takes besides its own time; later its process is killed. */
#define GRACE_NS 5000000000LL

/** struct past_check - one that has ended, @began and @ended ns since 1970 */
struct past_check {
	int64_t began, ended;
	struct check_result result;
};

/**
 * struct health - the checks of one container
 * @next: when the next one begins; 0: not by itself
 * @deadline: when the process is killed; 0: none runs
 * @counts_at: failures before it do not count
 * @began: of the check that runs, ns since 1970
 * @pidfd, @result: of its process
 * @streak: failures one after the other
 * @past: the last @n checks, the oldest first
 */
struct health {
	int64_t next, deadline, counts_at, began;
	pid_t pid;
	int pidfd, result;
	enum health_state state;
	uint32_t streak;
	size_t n;
	struct past_check past[KEPT_MAX];
};

static const char *const names[] = {
	[HEALTH_STARTING] = "starting",
	[HEALTH_HEALTHY] = "healthy",
	[HEALTH_UNHEALTHY] = "unhealthy",
};

/* ---- what is written down ------------------------------------------------------------------------------- */

static json *past_json(const struct past_check *p)
{
	cleanup_free char *text = xstrndup(p->result.output, p->result.n);
	char began[WHEN_TEXT], ended[WHEN_TEXT];
	json *j = json_obj();

	format_when(began, p->began);
	format_when(ended, p->ended);
	json_set(j, "Start", json_str(began));
	json_set(j, "End", json_str(ended));
	json_set(j, "ExitCode", json_i64(p->result.code));
	json_set(j, "Output", json_str(text));
	return j;
}

static void write_file_of(const struct run *run)
{
	const struct health *h = run->health;
	const struct state *s = &run->state;
	cleanup_json json *j = json_obj();
	json *log = json_arr();
	char name[80] = FILE_NAME;
	int r;

	json_set(j, "Status", json_str(names[h->state]));
	json_set(j, "FailingStreak", json_i64(h->streak));
	for (size_t i = 0; i < h->n; i++)
		json_add(log, past_json(&h->past[i]));
	json_set(j, "Log", log);
	if (!s->info.kept)
		snprintf(name, sizeof(name), "%s.health", s->id);
	r = sealed_write(s->info.kept ? s->dir : s->run_fd, name, j, REPLACE_FAST);
	if (r < 0)
		log_warn("cannot write the health of container %.12s: %s, ignoring", s->id,
			 strerror(-r));
}

static void set_state(struct run *run, enum health_state state)
{
	struct container_info *i = &run->state.info;
	struct err e = {};

	run->health->state = state;
	if (i->health && streq(i->health, names[state]))
		return;
	free(i->health);
	i->health = xstrdup(names[state]);
	/* Before it is published the record is not there, and will say it. */
	if (i->supervisor && state_save(&run->state, REPLACE_FAST, &e) < 0)
		log_warn("%s, ignoring", e.msg);
}

/* ---- a check has ended ------------------------------------------------------------------------------------- */

static void tell_clients(struct run *run, int value)
{
	for (size_t i = 0; i < run->control.n; i++) {
		struct client *c = &run->control.v[i];

		if (c->checking)
			client_send(c, CTL_CHECKED, value, NULL, 0);
		c->checking = false;
	}
}

static void keep_result(struct health *h, const struct check_result *r)
{
	if (h->n == KEPT_MAX)
		memmove(h->past, h->past + 1, --h->n * sizeof(h->past[0]));
	h->past[h->n++] = (struct past_check){h->began, wall_ns(), *r};
}

static void act(struct run *run)
{
	struct err e = {};
	int r = 0;

	switch (run->c->spec->health.on_failure) {
	case HEALTH_NONE:
		return;
	case HEALTH_KILL:
		r = sys_pidfd_send_signal(run->launch.pidfd, SIGKILL);
		break;
	case HEALTH_RESTART:
		run->again = true;
		r = run_ask_to_stop(run, 0, run->c->spec->stop_timeout, &e);
		break;
	case HEALTH_STOP:
		run->no_restart = true;
		r = run_ask_to_stop(run, 0, run->c->spec->stop_timeout, &e);
		break;
	}
	if (r < 0)
		log_warn("the container is unhealthy and cannot be ended: %s, ignoring",
			 e.code ? e.msg : strerror(-r));
}

static void judge(struct run *run, const struct check_result *result)
{
	const struct health_spec *spec = &run->c->spec->health;
	struct health *h = run->health;
	const bool counts = now_ns() >= h->counts_at;

	keep_result(h, result);
	if (!result->code) {
		h->streak = 0;
		set_state(run, HEALTH_HEALTHY);
		notify_healthy(run);
	} else if (counts && ++h->streak >= spec->retries) {
		set_state(run, HEALTH_UNHEALTHY);
	}
	h->next = spec->interval ? now_ns() + spec->interval : 0;
	/* What this takes is given back when it is quiet again. */
	if (!run->idle_at)
		run->idle_at = now_ns() + IDLE_NS;
	write_file_of(run);
	event_of(run->c->dirs, &run->state.info, "health_status", -1);
	tell_clients(run, !result->code                            ? HEALTH_HEALTHY
			  : h->state == HEALTH_STARTING && !counts ? HEALTH_STARTING
								   : HEALTH_UNHEALTHY);
	if (h->state == HEALTH_UNHEALTHY && !run->stopping)
		act(run);
}

static void judge_text(struct run *run, const char *text)
{
	struct check_result result = {.code = 125};

	result.n = (uint32_t)MIN(strlen(text), sizeof(result.output));
	memcpy(result.output, text, result.n);
	judge(run, &result);
}

/* Its process has ended, or was killed: this does not wait. */
static void forget(struct health *h)
{
	wait_pid(h->pid, NULL);
	close_fd(take_fd(&h->pidfd));
	h->pid = -1;
	h->deadline = 0;
}

/**
 * health_ended - the process of a check has ended
 */
void health_ended(struct run *run)
{
	struct health *h = run->health;
	struct pollfd p = {.fd = h->pidfd, .events = POLLIN};
	struct check_result result;
	ssize_t n;

	/* It may have been cancelled since the caller looked. */
	if (h->pid < 0 || poll(&p, 1, 0) <= 0)
		return;
	n = read(h->result, &result, sizeof(result));
	close_fd(take_fd(&h->result));
	forget(h);
	if (run->stopping || run->timed_out)
		tell_clients(run, -1);
	else if (n == sizeof(result) && result.n <= sizeof(result.output))
		judge(run, &result);
	else
		judge_text(run, "the health check could not be carried out");
}

/* ---- a check begins --------------------------------------------------------------------------------------- */

static void start_check(struct run *run)
{
	struct health *h = run->health;
	pid_t self = getpid();
	int p[2];

	h->next = 0;
	h->began = wall_ns();
	if (pipe2(p, O_CLOEXEC | O_NONBLOCK) < 0) {
		judge_text(run, "the health check could not be started: no pipe");
		return;
	}
	h->pid = sys_clone(0, &h->pidfd);
	if (!h->pid)
		health_check(run, p[1], self);
	close_fd(p[1]);
	if (h->pid < 0) {
		close_fd(p[0]);
		h->pidfd = -1;
		judge_text(run, "the health check could not be started: no process");
		return;
	}
	h->result = p[0];
	h->deadline = now_ns() + run->c->spec->health.timeout + GRACE_NS;
}

/**
 * health_begin - the payload runs: the first check is due
 */
void health_begin(struct run *run)
{
	const struct health_spec *spec = &run->c->spec->health;
	int64_t now = now_ns();

	if (!health_is_on(spec))
		return;
	if (!run->health) {
		run->health = xcalloc(1, sizeof(*run->health));
		run->health->pid = run->health->pidfd = run->health->result = -1;
	}
	run->health->streak = 0;
	run->health->counts_at = now + spec->start_period;
	run->health->next = spec->interval ? now : 0;
	set_state(run, HEALTH_STARTING);
	write_file_of(run);
}

/**
 * health_cancel - end a check that runs, without a result
 * @again: there will be more
 */
void health_cancel(struct run *run, bool again)
{
	struct health *h = run->health;
	int64_t interval = run->c->spec->health.interval;

	if (!h)
		return;
	if (h->pid > 0) {
		sys_pidfd_send_signal(h->pidfd, SIGKILL);
		close_fd(take_fd(&h->result));
		forget(h);
	}
	h->next = again && interval ? now_ns() + interval : 0;
	tell_clients(run, -1);
}

/* health_close - the supervisor is about to end */
void health_close(struct run *run)
{
	health_cancel(run, false);
	free(take_ptr(run->health));
}

/** health_fd - what is readable when a check has ended, or -1 */
__idle int health_fd(const struct run *run)
{
	return run->health ? run->health->pidfd : -1;
}

/** health_due - when health_time() is to be called, as now_ns(); 0 for never */
__idle int64_t health_due(const struct run *run)
{
	return !run->health ? 0 : run->health->deadline ? run->health->deadline : run->health->next;
}

/** health_time - begin the next check when it is due, or kill one that does not end */
void health_time(struct run *run)
{
	struct health *h = run->health;
	int64_t now = now_ns();

	if (!h || !health_due(run) || now < health_due(run))
		return;
	if (h->deadline) {
		sys_pidfd_send_signal(h->pidfd, SIGKILL);
		h->deadline = now + GRACE_NS;
	} else if (run->paused || run->stopping) {
		h->next = now + run->c->spec->health.interval;
	} else {
		start_check(run);
	}
}

/**
 * health_ask - a client wants a check now; it is told the result of the one that runs, if one does
 */
int health_ask(struct run *run, struct client *c, struct err *e)
{
	if (!run->health)
		return fail_hint(
			e, fail(e, ENOENT, "container %.12s has no health check", run->state.id),
			"run and create take one by --health-cmd");
	c->checking = true;
	if (run->health->pid < 0)
		start_check(run);
	return 0;
}

/* ---- the commands' side ---------------------------------------------------------------------------------- */

/**
 * container_health - a container's health as inspect shows it
 *
 * Return: a new object, or NULL when nobody has asked.
 */
json *container_health(const struct dirs *dirs, const struct container_info *i)
{
	cleanup_close int fd = dirs_open(i->kept ? dirs->store : dirs->run, "containers", NULL);
	char name[sizeof(FILE_NAME) + 70];
	struct err e = {};
	json *j = NULL;
	int r;

	snprintf(name, sizeof(name), i->kept ? "%s/" FILE_NAME : "%s.health", i->id);
	r = fd < 0 ? fd : sealed_read(fd, name, &j, &e);
	if (r < 0 && e.code)
		log_warn("%s, ignoring", e.msg);
	return r < 0 ? NULL : j;
}

/**
 * container_check - carry the health check of a container out, now
 * @status: receives a word for the result
 *
 * Return: 0 it is healthy, 1 it is not; or -errno.
 */
int container_check(const struct dirs *dirs, const struct container_info *i, const char **status,
		    struct err *e)
{
	static struct ctl_msg m;
	cleanup_close int sock = -1;
	size_t n;
	int r = life_may(OP_CHECK, i->state, i->id, e);

	if (r < 0)
		return r;
	sock = ctl_connect(dirs, i, e);
	r = sock < 0 ? sock : ctl_ask(sock, CTL_HEALTH, 0, 0, NULL, NULL, e);
	if (!r)
		r = ctl_receive(sock, &m, &n, NULL, -1, e);
	if (r < 0)
		return r;
	if (m.head.type != CTL_CHECKED || m.head.value < 0 ||
	    m.head.value >= (int)ARRAY_SIZE(names))
		return fail(e, ECANCELED, "container %.12s was paused, or has ended, meanwhile",
			    i->id);
	*status = names[m.head.value];
	return m.head.value != HEALTH_HEALTHY;
}
