/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kill and delete. What is signalled is found by control group, or by a process that the record
 * names and boot, start time and pidfd confirm, and its namespaces; never by a number alone.
 */
#include <poll.h>
#include <regex.h>
#include <signal.h>

#include "linux/sys.h"
#include "oci/internal.h"

#define END_MS 10000

struct sending {
	int sig, error;
};

static bool send_one(void *ctx, pid_t pid __unused, int pidfd)
{
	struct sending *s = ctx;
	int r = sys_pidfd_send_signal(pidfd, s->sig);

	if (r < 0 && r != -ESRCH)
		s->error = r;
	return r >= 0;
}

/* Those that come while we look are found by another look only where they must not be left. */
static int signal_all(const struct oci_state *s, int sig, struct err *e)
{
	struct sending sending = {.sig = sig};
	int r;

	/* At once, so that nothing forks past it. One that is only announced may be somebody else's. */
	if (sig == SIGKILL && s->ready && oci_group_kill(s))
		return 0;
	r = oci_procs_each(s, send_one, &sending);
	if (r < 0 && r != -ESRCH)
		return fail(e, -r, "cannot find the processes of %s: %s", s->id, strerror(-r));
	return sending.error ? fail(e, -sending.error, "cannot signal all processes of %s: %s",
				    s->id, strerror(-sending.error))
			     : 0;
}

static int signal_first(const struct oci_state *s, int sig, struct err *e)
{
	cleanup_close int pidfd = oci_state_pidfd(s);
	int r = pidfd < 0 ? -ESRCH : sys_pidfd_send_signal(pidfd, sig);

	if (r == -ESRCH)
		return fail(e, ESRCH, "container not running: %s", s->id);
	return r < 0 ? fail(e, -r, "cannot signal container %s: %s", s->id, strerror(-r)) : 0;
}

static int kill_one(struct oci *o, const char *id, int sig, struct err *e)
{
	cleanup_state struct oci_state s;
	int r = oci_state_open(&s, o, id, OCI_LOOK, e);

	if (r < 0)
		return r;
	return o->all ? signal_all(&s, sig, e) : signal_first(&s, sig, e);
}

struct matching {
	regex_t re;
	struct strv ids;
};

static void match_one(void *ctx, const struct oci_state *s)
{
	struct matching *m = ctx;
	regmatch_t at;

	if (!regexec(&m->re, s->id, 1, &at, 0) && !at.rm_so && !s->id[at.rm_eo])
		strv_add(&m->ids, s->id);
}

static int ids_of(struct oci *o, const char *word, struct strv *ids, struct err *e)
{
	struct matching m = {};
	int r;

	r = regcomp(&m.re, word, REG_EXTENDED);
	if (r) {
		char why[128];

		regerror(r, &m.re, why, sizeof(why));
		return fail(e, EINVAL, "\"%s\" is not a regular expression: %s", word, why);
	}
	r = oci_state_each(o, match_one, &m, e);
	regfree(&m.re);
	*ids = m.ids;
	return r;
}

typedef int (*for_one)(struct oci *o, const char *id, int sig, struct err *e);

/* Root becomes a container's owner for whatever is done to it, and stays him: a process for each. */
static int do_apart(struct oci *o, const char *id, int sig, for_one fn, struct err *e)
{
	struct err said = {};
	int ends[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail_errno(e, "cannot make a pipe");
	pid = fork();
	if (!pid) {
		fn(o, id, sig, &said);
		write_full(ends[1], &said, sizeof(said));
		_exit(0);
	}
	close_fd(ends[1]);
	n = read_full(ends[0], &said, sizeof(said));
	close_fd(ends[0]);
	if (pid < 0)
		return fail(e, EAGAIN, "cannot fork");
	wait_pid(pid, NULL);
	if (n != sizeof(said))
		return fail(e, EIO, "%s: who was at work on it has been killed", id);
	if (said.code)
		*e = said;
	return -said.code;
}

/* All of them, whatever becomes of one, which may be somebody's who does not want to end. */
static int each_match(struct oci *o, const char *word, int sig, for_one fn, struct err *e)
{
	struct strv ids = {};
	int r = ids_of(o, word, &ids, e);

	strv_for_each (id, &ids) {
		struct err why = {};

		if (do_apart(o, id, sig, fn, &why) >= 0)
			continue;
		if (e->code)
			log_warn("%s, ignoring", why.msg);
		else
			*e = why;
		r = -e->code;
	}
	strv_free(&ids);
	return r;
}

static int each_id(struct oci *o, const char *word, int sig, for_one fn, struct err *e)
{
	return o->regex ? each_match(o, word, sig, fn, e) : fn(o, word, sig, e);
}

static int parse_signal(const char *text, struct err *e)
{
	int sig = streq(text, "0") ? 0 : signal_number(text);

	return sig < 0 ? fail(e, EINVAL, "there is no signal \"%s\"", text) : sig;
}

int oci_cmd_kill(struct oci *o, const struct strv *words, struct err *e)
{
	int sig = words->n > 1 ? parse_signal(words->v[1], e) : SIGTERM;

	return sig < 0 ? sig : each_id(o, words->v[0], sig, kill_one, e);
}

/* ---- the end ------------------------------------------------------------------------------------------- */

/**
 * oci_end - kill what a container is, and wait for it
 * @s: locked
 *
 * Return: 0, -ETIMEDOUT when a process does not end even so, or another -errno.
 */
int oci_end(struct oci_state *s, struct err *e)
{
	cleanup_close int pidfd = oci_state_pidfd(s);
	struct pollfd p = {pidfd, POLLIN, 0};
	int r = 0;

	if (pidfd >= 0)
		r = sys_pidfd_send_signal(pidfd, SIGKILL);
	if (r < 0 && r != -ESRCH)
		return fail(e, -r, "cannot kill container %s: %s", s->id, strerror(-r));
	oci_group_kill(s);
	fault_point("oci-killed");
	if (pidfd >= 0 && poll(&p, 1, END_MS) <= 0)
		return fail_hint(
			e,
			fail(e, ETIMEDOUT, "container %s does not end though it was killed", s->id),
			"its first process waits in the kernel, for a device or a server");
	/* Without a pid namespace of its own the end of the first process is nobody else's. */
	if (!(s->own & 1U << NS_PID)) {
		const struct proc_set rest = {.mntns = s->mount_ns};

		if (s->mount_ns)
			procs_kill(&rest);
	}
	return 0;
}

/**
 * oci_delete - end a container, and remove all that there is of it
 * @s: locked
 *
 * Return: 0 or -errno.
 */
int oci_delete(struct oci_state *s, struct err *e)
{
	int r = oci_end(s, e);

	if (r < 0)
		return r;
	fault_point("oci-ended");
	r = oci_group_remove(s, e);
	if (r < 0)
		return r;
	oci_hooks(s, HOOK_POSTSTOP, OCI_STOPPED);
	oci_state_remove(s);
	return 0;
}

static int delete_one(struct oci *o, const char *id, int sig __unused, struct err *e)
{
	cleanup_state struct oci_state s;
	enum oci_status status;
	int r = oci_state_open(&s, o, id, OCI_LOCK, e);

	if (r == -ENOENT && o->force)
		return 0;
	if (r == -EBADMSG && o->force && oci_state_only_ours(&s)) {
		/* It cannot say whom to kill; but somebody wants to get rid of it. */
		log_warn("the state of %s is damaged and its processes are not known, ignoring",
			 id);
		oci_state_remove(&s);
		return 0;
	}
	if (r < 0)
		return r;
	status = oci_state_status(&s);
	if ((status == OCI_RUNNING || status == OCI_PAUSED) && !o->force)
		return fail_hint(e,
				 fail(e, EBUSY,
				      "cannot delete container %s that is not stopped: it is %s",
				      id, oci_status_name(status)),
				 "kill it first, or give --force");
	return oci_delete(&s, e);
}

int oci_cmd_delete(struct oci *o, const struct strv *words, struct err *e)
{
	return each_id(o, words->v[0], 0, delete_one, e);
}
