/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One more process in a container that runs. The command is its parent: it carries the
 * terminal, passes signals on and takes the exit code, and the process ends with it. With
 * --detach it is left to the container's init.
 */
#include <signal.h>
#include <sys/prctl.h>

#include "container/supervise.h"
#include "linux/sys.h"

/*
 * The container's first process: from its supervisor, who holds it; or, when that does not
 * answer, by the number in the record, if the start time still agrees.
 */
static int open_target(const struct dirs *dirs, const struct container_info *i, struct err *e)
{
	cleanup_close int sock = -1, pidfd = -1;
	struct err why = {};
	uint64_t start;
	int r;

	sock = ctl_connect(dirs, i, &why);
	r = sock < 0 ? sock : ctl_ask(sock, CTL_JOIN, 0, 0, NULL, &pidfd, &why);
	if (!r && pidfd >= 0)
		return take_fd(&pidfd);
	if (r == -ETIMEDOUT && i->pid > 0) {
		pidfd = sys_pidfd_open(i->pid, 0);
		if (pidfd >= 0 && !proc_start_time(i->pid, &start) && start == i->pid_start)
			return take_fd(&pidfd);
	}
	*e = why;
	return r < 0 ? r : fail(e, EPROTO, "the container's supervisor does not say who it runs");
}

/* exec_adapt - turn a container's spec into that of a process that joins it */
void exec_adapt(struct spec *s, const struct exec_opts *o)
{
	strv_free(&s->args);
	strv_copy(&s->args, o->args);
	strv_for_each (v, o->env)
		env_put(&s->env, v);
	if (o->user) {
		free(s->user);
		s->user = xstrdup(o->user);
		env_unset(&s->env, "HOME");
	}
	if (o->cwd) {
		free(s->cwd);
		s->cwd = xstrdup(o->cwd);
	}
	s->make_cwd = false;
	s->tty = o->tty;
	s->interactive = o->interactive;
	s->detach = o->detach;
	s->init = false;
	if (o->tty && !env_get(&s->env, "TERM"))
		env_set(&s->env, "TERM", "xterm");
	if (o->privileged) {
		s->sec.caps = caps_all();
		s->sec.caps_for_user = false;
		s->sec.seccomp = SECCOMP_UNCONFINED;
	}
}

static int join_and_wait(struct run *run, int target, const struct exec_opts *o, int *exit_code,
			 struct err *e)
{
	int *to = run->launch.stdio;
	siginfo_t info = {};
	int r = 0;

	if (o->detach)
		to[0] = to[1] = to[2] = open("/dev/null", O_RDWR | O_CLOEXEC);
	else
		r = stdio_open(run, e);
	run->launch.detached = o->detach;
	if (!r)
		r = launch_join(&run->launch, target, e);
	if (o->detach)
		to[1] = to[2] = -1;
	stdio_close(run);
	while (!r && !run->exited && !(o->detach && run->started)) {
		r = supervise_once(run, e);
		if (r > 0)
			break;
	}
	if (r < 0 && run->launch.pidfd >= 0)
		sys_pidfd_send_signal(run->launch.pidfd, SIGKILL);
	relay_finish(&run->relay);
	stdio_end(run);
	if (o->detach && r >= 0)
		return 0;
	if (run->launch.pidfd >= 0 && !sys_waitid_pidfd(run->launch.pidfd, &info, WEXITED))
		*exit_code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	return r < 0 ? r : 0;
}

/**
 * container_exec - run a process in a container
 * @exit_code: receives its exit code, or 128 + signal
 *
 * Return: 0 or -errno.
 */
int container_exec(const struct dirs *dirs, const struct container_info *i,
		   const struct exec_opts *o, int *exit_code, struct err *e)
{
	struct idmap_plan plan = {};
	struct spec s;
	const struct container c = {.spec = &s, .plan = &plan, .dirs = dirs};
	cleanup_close int target = -1;
	struct run run;
	int r = life_may(OP_EXEC, i->state, i->id, e);

	if (r < 0)
		return r;
	*exit_code = 0;
	spec_init(&s);
	r = container_spec(dirs, i, &s, e);
	if (!r)
		r = idmap_make_plan(&plan, &s, e);
	if (!r) {
		target = open_target(dirs, i, e);
		r = target < 0 ? target : 0;
	}
	exec_adapt(&s, o);
	run_init(&run, &c);
	run.joined = true;
	if (!r)
		r = run_open_signals(&run, e);
	if (!r)
		r = join_and_wait(&run, target, o, exit_code, e);
	/* A detached one is not ours to kill any more. */
	launch_free(&run.launch);
	close_fd(run.signals);
	idmap_plan_free(&plan);
	spec_free(&s);
	return r;
}
