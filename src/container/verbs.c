/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What commands do to containers that exist: through their supervisor when they live, and
 * to their records when they do not.
 */
#include <poll.h>
#include <signal.h>
#include <sys/file.h>

#include "container/control.h"
#include "container/internal.h"
#include "linux/sys.h"

/* A container whose supervisor is about to be there, or about to be gone. */
#define SOON_MS 5000

/*
 * Waits for CTL_EXIT and then for the end of the connection, when the records are as they
 * will stay. Return: 0; -ETIMEDOUT; *exit_code keeps -1 when the supervisor died without a word.
 */
static int await_end(int sock, int timeout_ms, int *exit_code, struct err *e)
{
	static struct ctl_msg m;
	struct err gone = {};
	size_t n;
	int r;

	*exit_code = -1;
	for (;;) {
		r = ctl_receive(sock, &m, &n, NULL, timeout_ms, &gone);
		if (r == -ECONNRESET)
			return 0;
		if (r < 0) {
			*e = gone;
			return r;
		}
		if (m.head.type == CTL_EXIT)
			*exit_code = m.head.value;
	}
}

static bool lives(const struct container_info *i)
{
	return i->supervisor > 0;
}

/* The supervisor of a container that lives, by its number in the record; -1 when it has ended. */
static int open_supervisor(const struct container_info *i)
{
	cleanup_close int pidfd = sys_pidfd_open(i->supervisor, 0);
	uint64_t start = 0;

	if (pidfd < 0 || proc_start_time(i->supervisor, &start) < 0 || start != i->supervisor_start)
		return -1;
	return take_fd(&pidfd);
}

static bool ends_within(int pidfd, int timeout_ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	return poll(&p, 1, timeout_ms) > 0;
}

/*
 * A supervisor that does not answer, because it was stopped, or that has no socket any more,
 * because the runtime folder was emptied: it passes signals on. The container ends with it.
 */
static int stop_by_signal(const struct container_info *i, int timeout_ms, struct err *e)
{
	cleanup_close int pidfd = open_supervisor(i);

	if (pidfd < 0)
		return 0;
	sys_pidfd_send_signal(pidfd, SIGCONT);
	if (timeout_ms && sys_pidfd_send_signal(pidfd, SIGTERM) == 0 &&
	    ends_within(pidfd, timeout_ms < 0 ? -1 : timeout_ms))
		return 0;
	if (sys_pidfd_send_signal(pidfd, SIGKILL) < 0 || !ends_within(pidfd, SOON_MS))
		return fail(e, EBUSY, "cannot end the supervisor of container %.12s", i->id);
	return 0;
}

static int to_ms(int64_t timeout, int more)
{
	return timeout < 0 ? -1 : (int)MIN(timeout / 1000000 + more, INT_MAX);
}

/**
 * container_stop - ask a container to end, and kill it when it does not
 * @sig: 0 for the container's own stop signal
 * @timeout: ns until SIGKILL; < 0 for never
 *
 * Return: 0 when it has ended, also before; or -errno.
 */
int container_stop(const struct dirs *dirs, const struct container_info *i, int sig,
		   int64_t timeout, struct err *e)
{
	static struct ctl_msg m;
	int r = life_may(OP_STOP, i->state, i->id, e), code;
	cleanup_close int sock = -1;
	struct err why = {};
	size_t n;

	/* One that has ended, and whose supervisor lives, is about to be restarted. */
	if (r < 0 || (!r && !lives(i)))
		return r;
	sock = ctl_connect(dirs, i, &why);
	if (sock == -ENOTCONN)
		return stop_by_signal(i, to_ms(timeout, 0), e);
	if (sock < 0) {
		*e = why;
		return sock;
	}
	r = ctl_send(sock, CTL_STOP, sig, timeout, NULL, 0);
	if (r == -EAGAIN)
		r = -ETIMEDOUT;
	else if (!r)
		r = ctl_receive(sock, &m, &n, NULL, timeout < 0 ? 10000 : to_ms(timeout, SOON_MS),
				&why);
	if (r == -ETIMEDOUT)
		return stop_by_signal(i, to_ms(timeout, 0), e);
	if (r == -ECONNRESET || r == -EPIPE)
		return 0;
	if (r < 0) {
		*e = why;
		return r;
	}
	return await_end(sock, to_ms(timeout, 30000), &code, e);
}

static int ask(const struct dirs *dirs, const struct container_info *i, enum life_op op,
	       enum ctl_type type, int value, const char *data, struct err *e)
{
	int r = life_may(op, i->state, i->id, e);
	cleanup_close int sock = -1;

	if (r <= 0)
		return r;
	sock = ctl_connect(dirs, i, e);
	return sock < 0 ? sock : ctl_ask(sock, type, value, 0, data, NULL, e);
}

/**
 * container_restart - have a container ended and started again by its supervisor
 * @timeout: as container_stop() has it
 *
 * Return: 1 when it runs again; 0 when its supervisor does not do that, and nothing was done; or
 * -errno.
 */
int container_restart(const struct dirs *dirs, const struct container_info *i, int64_t timeout,
		      struct err *e)
{
	static struct ctl_msg m;
	cleanup_container_info struct container_info now = {};
	cleanup_close int sock = -1;
	struct err why = {};
	size_t n;
	int r = life_may(OP_RESTART, i->state, i->id, e);

	if (r <= 0 || !lives(i))
		return MIN(r, 0);
	sock = ctl_connect(dirs, i, &why);
	r = sock < 0 ? sock : ctl_ask(sock, CTL_RESTART, 0, timeout, NULL, NULL, &why);
	/* Whatever it is, stop and start have their own word for it. */
	if (r < 0)
		return 0;
	do
		r = ctl_receive(sock, &m, &n, NULL,
				timeout < 0 ? -1 : (int)MIN(timeout / 1000000 + 30000, INT_MAX),
				&why);
	while (!r && m.head.type != CTL_STARTED);
	if (!r)
		return 1;
	if (r != -ECONNRESET) {
		*e = why;
		return r;
	}
	r = container_find(dirs, i->id, &now, e);
	return r < 0       ? r
	       : now.error ? fail(e, EIO, "%s", now.error)
			   : fail(e, ECANCELED, "container %.12s was stopped meanwhile", i->id);
}

/** container_signal - signal the payload */
int container_signal(const struct dirs *dirs, const struct container_info *i, int sig,
		     struct err *e)
{
	return ask(dirs, i, OP_KILL, CTL_SIGNAL, sig, NULL, e);
}

/** container_pause - stop all processes of a container, or let them go on */
int container_pause(const struct dirs *dirs, const struct container_info *i, bool pause,
		    struct err *e)
{
	return ask(dirs, i, pause ? OP_PAUSE : OP_UNPAUSE, pause ? CTL_PAUSE : CTL_UNPAUSE, 0, NULL,
		   e);
}

/**
 * container_wait - wait until a container has ended
 * @exit_code: receives its exit code
 *
 * One that was never started is waited for as well.
 * Return: 0 or -errno.
 */
int container_wait(const struct dirs *dirs, const struct container_info *i, int *exit_code,
		   struct err *e)
{
	struct container_info now = {};
	cleanup_close int sock = -1;
	int r;

	for (;;) {
		container_info_free(&now);
		r = container_find(dirs, i->id, &now, e);
		if (r < 0 || now.broken || now.state == LIFE_EXITED)
			break;
		sock = lives(&now) ? ctl_connect(dirs, &now, e) : -1;
		if (sock >= 0 && ctl_ask(sock, CTL_WAIT, 0, 0, NULL, NULL, e) == 0) {
			r = await_end(sock, -1, exit_code, e);
			if (r < 0 || *exit_code >= 0)
				goto out;
		}
		close_fd(take_fd(&sock));
		*e = (struct err){};
		poll(NULL, 0, 100);
	}
	if (!r && now.broken) {
		*e = *now.broken;
		r = -e->code;
	}
	*exit_code = now.exit_code;
out:
	container_info_free(&now);
	return r;
}

/**
 * container_end - end a container whatever it takes
 * @timeout: ns between the stop signal and SIGKILL
 *
 * Return: 0 or -errno.
 */
int container_end(const struct dirs *dirs, const struct container_info *i, int64_t timeout,
		  struct err *e)
{
	struct err why = {};

	if (!lives(i))
		return 0;
	return container_stop(dirs, i, timeout ? 0 : SIGKILL, timeout, &why) < 0
		       ? stop_by_signal(i, 0, e)
		       : 0;
}

/* The folder of a container that does not run, locked so that nobody starts or removes it. */
static int lock_at_rest(int store, const char *id, struct err *e)
{
	cleanup_close int dir = openat(store, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (dir < 0)
		return fail_errno(e, "cannot open container %.12s", id);
	if (lock_soon(dir, LOCK_EX) < 0)
		return fail(e, EBUSY, "another command is working on container %.12s", id);
	return take_fd(&dir);
}

/* Its record is read again under the lock: it may have been started or renamed meanwhile. */
static int rename_at_rest(const struct dirs *dirs, const struct container_info *i, int store,
			  const char *name, char **old, struct err *e)
{
	struct state s = {.id = i->id, .run_fd = -1, .lock = -1, .store_fd = -1, .dir = -1};
	cleanup_close int dir = lock_at_rest(store, i->id, e);
	int r = dir < 0 ? dir : container_find(dirs, i->id, &s.info, e);

	if (!r) {
		*old = s.info.name;
		s.info.name = xstrdup(name);
		s.dir = dir;
		r = state_save(&s, REPLACE_SYNC, e);
	}
	container_info_free(&s.info);
	return r;
}

/**
 * container_rename - give a container another name
 *
 * Return: 0; -EEXIST; -EINVAL; or another -errno.
 */
int container_rename(const struct dirs *dirs, const struct container_info *i, const char *name,
		     struct err *e)
{
	cleanup_close int store = -1, run = -1;
	cleanup_free char *old = NULL;
	struct container_info now = *i;
	int r = life_may(OP_RENAME, i->state, i->id, e);

	if (r < 0)
		return r;
	if (!spec_valid_name(name))
		return fail(e, EINVAL, "\"%s\" is no name: letters, digits, _ . - and not - first",
			    name);
	store = i->kept ? dirs_open(dirs->store, "containers", e) : -1;
	if (store < 0)
		return fail(e, EBUSY,
			    "container %.12s is thrown away when it ends and cannot be renamed",
			    i->id);
	run = dirs_open(dirs->run, "containers", e);
	r = run < 0 ? run : state_take_name(store, run, i->id, name, e);
	if (r < 0)
		return r;
	r = lives(i) ? ask(dirs, i, OP_RENAME, CTL_RENAME, 0, name, e)
		     : rename_at_rest(dirs, i, store, name, &old, e);
	state_drop_name(store, r < 0 ? name : old ? old : i->name, i->id);
	now.name = (char *)name;
	if (!r)
		event_of(dirs, &now, "rename", -1);
	return r;
}

static int update_at_rest(const struct dirs *dirs, const struct container_info *i,
			  const struct restart *policy, struct err *e)
{
	cleanup_close int store = dirs_open(dirs->store, "containers", e);
	cleanup_close int dir = store < 0 ? store : lock_at_rest(store, i->id, e);
	struct spec s;
	int r = dir < 0 ? dir : 0;

	spec_init(&s);
	if (!r)
		r = container_spec(dirs, i, &s, e);
	s.restart = *policy;
	if (!r)
		r = state_write_spec(dir, &s, REPLACE_SYNC, e);
	spec_free(&s);
	return r;
}

/**
 * container_update - change the restart policy
 */
int container_update(const struct dirs *dirs, const struct container_info *i, const char *restart,
		     struct err *e)
{
	struct restart policy;
	int r = restart_parse(&policy, restart, e);

	if (!r)
		r = life_may(OP_UPDATE, i->state, i->id, e);
	if (r < 0)
		return r;
	return lives(i) ? ask(dirs, i, OP_UPDATE, CTL_UPDATE, 0, restart, e)
			: update_at_rest(dirs, i, &policy, e);
}
