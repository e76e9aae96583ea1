/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ps, pause and resume: the processes of a container, by its control group where it has one,
 * else by its namespaces.
 */
#include <poll.h>
#include <signal.h>

#include "linux/sys.h"
#include "oci/internal.h"

/* What its processes have in common. Return: 0, or -ESRCH. */
static int set_of(const struct oci_state *s, struct proc_set *set)
{
	cleanup_close int first = oci_state_pidfd(s);
	int r = -ESRCH;

	if (first >= 0)
		r = procs_of(s->pid, s->own, set);
	else if (s->ready && s->mount_ns && !(s->own & 1U << NS_PID)) {
		/* What shares the host's numbers can outlive the first process. */
		*set = (struct proc_set){.mntns = s->mount_ns};
		return 0;
	}
	if (!r) {
		/* Was it that one whose namespaces we have seen? */
		cleanup_close int again = oci_state_pidfd(s);

		r = again < 0 ? -ESRCH : 0;
	}
	return r;
}

/**
 * oci_procs_each - walk over the processes of a container
 * @fn: its result counts
 *
 * Return: for how many @fn returned true, or -errno: -ESRCH when there is none.
 */
int oci_procs_each(const struct oci_state *s, bool (*fn)(void *ctx, pid_t pid, int pidfd),
		   void *ctx)
{
	cleanup_close int first = oci_state_pidfd(s);
	struct proc_set set = {};
	int r;

	/* A group that is only announced may turn out to be somebody else's. */
	if (!s->ready)
		return -ESRCH;
	r = oci_group_each(s, fn, ctx);
	if (r != -ENOENT)
		return r;
	r = set_of(s, &set);
	if (!r)
		return procs_each(&set, fn, ctx);
	/* It shares all its namespaces with others: there is nothing to know the rest by. */
	return first >= 0 ? fn(ctx, s->pid, first) : r;
}

/* ---- pause and resume -------------------------------------------------------------------------------------- */

/* By signals, which a process sees where it waits for its children. */
static int stop_or_go(struct oci_state *s, bool stop, struct err *e)
{
	struct proc_set set = {};
	int r = set_of(s, &set);

	if (!r)
		r = procs_stop(&set, stop ? SIGSTOP : SIGCONT, 0);
	if (r < 0 && stop)
		procs_stop(&set, SIGCONT, 0);
	if (r < 0)
		return fail(e, -r, "cannot %s the processes of %s: %s", stop ? "stop" : "continue",
			    s->id, strerror(-r));
	s->paused = stop;
	return oci_state_save(s, e);
}

static int pause_or_resume(struct oci *o, const char *id, bool pause, struct err *e)
{
	cleanup_state struct oci_state s;
	enum oci_status status;
	int r = oci_state_open(&s, o, id, OCI_LOCK, e);

	if (r < 0)
		return r;
	status = oci_state_status(&s);
	if (status != (pause ? OCI_RUNNING : OCI_PAUSED))
		return fail(e, status == OCI_STOPPED ? ESRCH : EINVAL,
			    "cannot %s container %s: it is %s%s", pause ? "pause" : "resume", id,
			    oci_status_name(status),
			    status == OCI_STOPPED ? " (container not running)" : "");
	/* Stopped by signals before there was a group: it goes on the way it was stopped. */
	r = s.paused ? -ENOENT : oci_group_freeze(&s, pause, e);
	return r == -ENOENT ? stop_or_go(&s, pause, e) : r;
}

int oci_cmd_pause(struct oci *o, const struct strv *words, struct err *e)
{
	return pause_or_resume(o, words->v[0], true, e);
}

int oci_cmd_resume(struct oci *o, const struct strv *words, struct err *e)
{
	return pause_or_resume(o, words->v[0], false, e);
}

/* ---- ps --------------------------------------------------------------------------------------------------------- */

/* One that has ended and whom nobody has asked how is not listed. */
static bool collect(void *ctx, pid_t pid, int pidfd)
{
	struct pollfd p = {pidfd, POLLIN, 0};

	if (poll(&p, 1, 0))
		return false;
	json_add(ctx, json_i64(pid));
	return true;
}

static bool is_listed(const json *pids, const char *text)
{
	for (size_t i = 0; i < json_len(pids); i++) {
		if (json_int(json_at(pids, i)) == strtol(text, NULL, 10))
			return true;
	}
	return false;
}

/* The lines of ps(1) with these numbers, and its first one, which says where the number stands. */
static void filter_lines(FILE *in, const json *pids)
{
	char line[4096], copy[4096];
	int column = -1;

	while (fgets(line, sizeof(line), in)) {
		char *save = NULL, *word;
		int at = 0;

		strcpy(copy, line);
		word = strtok_r(copy, " \t\n", &save);
		while (word && at != column && !(column < 0 && streq(word, "PID"))) {
			word = strtok_r(NULL, " \t\n", &save);
			at++;
		}
		if (column < 0 || (word && is_listed(pids, word)))
			fputs(line, stdout);
		if (column < 0)
			column = word ? at : INT_MAX;
	}
}

static int run_ps(const struct strv *words, const json *pids, struct err *e)
{
	cleanup_close int in = -1;
	struct strv args = {};
	FILE *f = NULL;
	int ends[2], status = 0;
	pid_t pid;

	strv_add(&args, "ps");
	for (size_t i = 1; i < words->n; i++)
		strv_add(&args, words->v[i]);
	if (words->n < 2)
		strv_add(&args, "-ef");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail_errno(e, "cannot make a pipe");
	in = ends[0];
	pid = fork();
	if (!pid) {
		reset_signals();
		dup2(ends[1], STDOUT_FILENO);
		execvp(args.v[0], args.v);
		_exit(127);
	}
	close_fd(ends[1]);
	strv_free(&args);
	f = pid > 0 ? fdopen(in, "r") : NULL;
	if (f) {
		take_fd(&in);
		filter_lines(f, pids);
		fclose(f);
	}
	if (pid < 0)
		return fail_errno(e, "cannot fork");
	wait_pid(pid, &status);
	if (status)
		return fail_hint(e, fail(e, ENOEXEC, "ps has failed"),
				 "is procps installed? --format json needs no ps");
	return 0;
}

int oci_cmd_ps(struct oci *o, const struct strv *words, struct err *e)
{
	cleanup_state struct oci_state s;
	cleanup_json json *pids = json_arr();
	bool table = !o->format || streq(o->format, "table");
	int r;

	oci_state_init(&s);
	if (!table && !streq(o->format, "json"))
		return fail(e, EINVAL, "--format is table or json, not \"%s\"", o->format);
	r = oci_state_open(&s, o, words->v[0], OCI_LOOK, e);
	if (r < 0)
		return r;
	r = oci_procs_each(&s, collect, pids);
	if (r < 0 && r != -ESRCH)
		return fail(e, -r, "cannot list the processes of %s: %s", s.id, strerror(-r));
	if (table)
		return run_ps(words, pids, e);
	cleanup_free char *text = json_dump(pids, false);

	puts(text);
	return 0;
}
