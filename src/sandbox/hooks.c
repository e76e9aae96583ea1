/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Programs that config.json wants to be run, and where:
 *
 *	prestart, createRuntime	by the parent, in the caller's namespaces, once the
 *				container has its namespaces and mounts and before its root
 *				is changed: the child says HOOKS and waits for HOOKED
 *	createContainer		by the child, in the container's namespaces; the path is one of
 *				the host, which is there until the root is changed
 *	startContainer		by the child, inside, right before exec
 *	poststart, poststop	by `start` and `delete`
 *
 * A hook reads the container's state as JSON, has the environment that it was given and
 * nothing more, and is killed with its process group when its time is up, or with us. The first that
 * fails ends the launch, and the error has the end of what it wrote. A poststart or poststop
 * that fails is a warning, as the specification wants: the container is there, or gone.
 */
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "sandbox/internal.h"

#define TAIL 512

/**
 * struct run - a hook that runs
 * @out: what it writes
 * @tail: the end of that
 */
struct run {
	pid_t pid;
	int pidfd, out;
	char tail[TAIL];
	size_t len;
};

/**
 * spec_state - the state of a container as JSON, which hooks read and `state` tells in part
 * @status: "creating", "created", "running" or "stopped"
 * @pid: of its first process in the namespace of whoever reads; 0 for none
 *
 * Return: a new string.
 */
char *spec_state(const struct spec *s, const char *status, pid_t pid)
{
	json *j cleanup_json = json_obj();
	json *annotations = json_obj();

	json_set(j, "ociVersion", json_str(s->oci.version ? s->oci.version : "1.3.0"));
	json_set(j, "id", json_str(s->id ? s->id : ""));
	json_set(j, "status", json_str(status));
	if (pid > 0)
		json_set(j, "pid", json_i64(pid));
	json_set(j, "bundle", json_str(s->oci.bundle ? s->oci.bundle : ""));
	for (size_t i = 0; i < s->oci.annotations.n; i++)
		json_set(annotations, s->oci.annotations.v[i].key,
			 json_str(s->oci.annotations.v[i].value));
	json_set(j, "annotations", annotations);
	return json_dump(j, false);
}

static int state_file(const char *state)
{
	cleanup_close int fd = memfd_create("state", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : write_full(fd, state, strlen(state));

	if (!r && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? r : take_fd(&fd);
}

static __noreturn void exec_hook(const struct hook *h, int state, int out)
{
	char *const only[] = {h->path, NULL};
	static char *const nothing[] = {NULL};

	/* It is about a container that there is not without us, or not yet without it. */
	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* No terminal of ours: what runs here may be another user's. */
	setsid();
	dup2(state, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	sys_close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	reset_signals();
	execve(h->path, h->args.n ? h->args.v : only, h->env.n ? h->env.v : nothing);
	dprintf(STDERR_FILENO, "%s", strerror(errno));
	_exit(127);
}

static int spawn_hook(struct run *run, const struct hook *h, const char *state, struct err *e)
{
	cleanup_close int in = state_file(state), writer = -1;
	int p[2];

	if (in < 0)
		return fail(e, -in, "cannot write the state: %s", strerror(-in));
	if (pipe2(p, O_CLOEXEC) < 0)
		return fail_errno(e, "cannot make a pipe");
	run->out = p[0];
	writer = p[1];
	run->pid = sys_clone(0, &run->pidfd);
	if (!run->pid)
		exec_hook(h, in, writer);
	if (run->pid < 0)
		return fail(e, -run->pid, "cannot fork: %s", strerror(-run->pid));
	return 0;
}

static void keep_tail(struct run *run, const char *text, size_t n)
{
	if (n >= sizeof(run->tail)) {
		text += n - sizeof(run->tail);
		n = sizeof(run->tail);
	}
	if (run->len + n > sizeof(run->tail)) {
		size_t drop = run->len + n - sizeof(run->tail);

		memmove(run->tail, run->tail + drop, run->len - drop);
		run->len -= drop;
	}
	memcpy(run->tail + run->len, text, n);
	run->len += n;
}

/* Reads what is there; false at the end. What a hook leaves running may hold the pipe for ever. */
static bool drain(struct run *run)
{
	char text[4096];
	ssize_t n = read(run->out, text, sizeof(text));

	if (n <= 0)
		return n < 0 && (errno == EINTR || errno == EAGAIN);
	keep_tail(run, text, (size_t)n);
	return true;
}

/* Return: 0 when it has ended, -ETIMEDOUT. */
static int await_hook(struct run *run, int64_t timeout)
{
	struct pollfd p[2] = {{.fd = run->pidfd, .events = POLLIN},
			      {.fd = run->out, .events = POLLIN}};
	int64_t end = now_ns() + timeout;

	fcntl(run->out, F_SETFL, O_NONBLOCK);
	while (!(p[0].revents & POLLIN)) {
		int64_t left = timeout ? (end - now_ns() + 999999) / 1000000 : -1;

		if (timeout && left <= 0)
			return -ETIMEDOUT;
		if (poll(p, 2, (int)MIN(left, (int64_t)INT_MAX)) < 0 && errno != EINTR)
			return -errno;
		if (p[1].revents && !drain(run))
			p[1].fd = -1;
	}
	for (int i = 0; i < 16 && p[1].fd >= 0 && poll(&p[1], 1, 0) > 0; i++) {
		if (!drain(run))
			break;
	}
	return 0;
}

static int judge(struct run *run, const struct hook *h, int waited, int status, struct err *e)
{
	char text[TAIL + 1];

	memcpy(text, run->tail, run->len);
	text[run->len] = '\0';
	if (waited == -ETIMEDOUT)
		return fail(e, ETIMEDOUT, "%s did not finish in %lld s, so it was killed", h->path,
			    (long long)(h->timeout / 1000000000));
	if (waited < 0)
		return fail(e, -waited, "cannot wait for %s: %s", h->path, strerror(-waited));
	if (WIFSIGNALED(status))
		return fail(e, ECANCELED, "%s was killed by signal %d", h->path, WTERMSIG(status));
	if (WEXITSTATUS(status))
		return fail(e, ECANCELED, "%s failed with exit code %d: %s", h->path,
			    WEXITSTATUS(status), run->len ? str_trim(text) : "it does not say why");
	return 0;
}

static int run_hook(const struct hook *h, const char *state, struct err *e)
{
	struct run run = {.pid = -1, .pidfd = -1, .out = -1};
	int status = 0, r = spawn_hook(&run, h, state, e);

	if (!r) {
		int waited = await_hook(&run, h->timeout);

		if (waited < 0) {
			kill(-run.pid, SIGKILL);
			sys_pidfd_send_signal(run.pidfd, SIGKILL);
		}
		wait_pid(run.pid, &status);
		r = judge(&run, h, waited, status, e);
	}
	close_fdp(&run.pidfd);
	close_fdp(&run.out);
	return r;
}

/**
 * hooks_run - run the hooks of one kind, in order
 * @status, @pid: as in spec_state()
 *
 * Context: a process in the namespaces that the kind wants; blocks for as long as they take.
 * Return: 0, or -errno of the first that failed; of poststart and poststop always 0.
 */
int hooks_run(const struct spec *s, enum hook_kind kind, const char *status, pid_t pid,
	      struct err *e)
{
	const struct hooks *list = &s->oci.hooks[kind];
	cleanup_free char *state = list->n ? spec_state(s, status, pid) : NULL;

	for (size_t i = 0; i < list->n; i++) {
		struct err why = {};
		int r = run_hook(&list->v[i], state, &why);

		if (r >= 0)
			continue;
		if (kind == HOOK_POSTSTART || kind == HOOK_POSTSTOP) {
			log_warn("hooks.%s[%zu]: %s, ignoring", hook_names[kind], i, why.msg);
			continue;
		}
		return fail(e, -r, "hooks.%s[%zu]: %s", hook_names[kind], i, why.msg);
	}
	return 0;
}

/* ---- the rows of the launch ------------------------------------------------------------------------- */

int step_ask_hooks(struct launch *l, struct err *e)
{
	int r = sync_send(l->sock, SYNC_HOOKS, -1);

	if (r < 0)
		return fail(e, -r, "cannot reach the parent: %s", strerror(-r));
	return sync_wait(l->sock, SYNC_HOOKED, NULL, e);
}

/* hooks_for_child - the parent's answer to HOOKS */
int hooks_for_child(struct launch *l, struct err *e)
{
	int r = net_devices_give(l, e);

	if (!r)
		r = hooks_run(l->spec, HOOK_PRESTART, "creating", l->pid, e);
	if (!r)
		r = hooks_run(l->spec, HOOK_CREATE_RUNTIME, "creating", l->pid, e);
	if (r < 0)
		return r;
	r = sync_send(l->sock, SYNC_HOOKED, -1);
	return r < 0 ? fail(e, -r, "cannot reach the container: %s", strerror(-r)) : 0;
}

int step_container_hooks(struct launch *l, struct err *e)
{
	return hooks_run(l->spec, HOOK_CREATE_CONTAINER, "creating", getpid(), e);
}

int step_start_hooks(struct launch *l, struct err *e)
{
	return hooks_run(l->spec, HOOK_START_CONTAINER, "created", getpid(), e);
}
