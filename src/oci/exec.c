/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec: one more process in a container. What is not said by --process or by options is as
 * config.json has it. The process is our child; with --detach it is left to our parent, or to
 * whoever adopts our children, which is how an engine's monitor becomes its parent.
 */
#include <linux/capability.h>
#include "linux/sys.h"
#include "oci/internal.h"

/**
 * struct joining - an exec under way
 * @target: pidfd of the container's first process
 * @traced: the container's own processes may have CAP_SYS_PTRACE
 */
struct joining {
	struct oci *o;
	struct oci_state state;
	struct spec spec;
	struct idmap_plan plan;
	struct launch launch;
	struct relay relay;
	struct cgroup group;
	unsigned keep_fds;
	int target;
	bool traced;
};

static int read_process(struct joining *j, struct err *e)
{
	cleanup_buf struct buf text = {};
	cleanup_json json *p = NULL;
	const char *path = j->o->process;
	int r = read_file_at(AT_FDCWD, path, 16 << 20, &text);

	if (r < 0)
		return fail(e, -r, "cannot read --process %s: %s", path, strerror(-r));
	r = json_parse(text.data ? text.data : "", text.len, &p, e);
	if (!r)
		r = spec_oci_process(&j->spec, p, e);
	return r < 0 ? fail_in(e, r, "--process %s", path) : 0;
}

static void replace(char **at, const char *with)
{
	if (!with)
		return;
	free(*at);
	*at = xstrdup(with);
}

static int add_caps(struct joining *j, struct err *e)
{
	struct security_spec *s = &j->spec.sec;
	uint64_t mask = 0;
	int r = 0;

	strv_for_each (name, &j->o->cap) {
		if (!r)
			r = cap_parse(name, &mask, e);
	}
	s->caps |= mask;
	s->effective |= mask;
	s->permitted |= mask;
	return r;
}

static int apply_options(struct joining *j, const struct strv *words, struct err *e)
{
	struct oci *o = j->o;
	struct spec *s = &j->spec;

	strv_free(&s->args);
	for (size_t i = 1; i < words->n; i++)
		strv_add(&s->args, words->v[i]);
	strv_for_each (v, &o->env) {
		int r = spec_parse_env(s, v, e);

		if (r < 0)
			return r;
	}
	if (o->user) {
		replace(&s->user, o->user);
		env_unset(&s->env, "HOME");
	}
	strv_for_each (group, &o->groups)
		strv_add(&s->group_add, group);
	replace(&s->cwd, o->cwd);
	replace(&s->sec.apparmor, o->apparmor);
	replace(&s->sec.selinux, o->label);
	s->sec.no_new_privs |= o->no_new_privs;
	s->tty = o->tty > 0;
	s->oci.console_width = s->oci.console_height = 0;
	if (s->tty && !env_get(&s->env, "TERM"))
		env_set(&s->env, "TERM", "xterm");
	return add_caps(j, e);
}

static int make_spec(struct joining *j, const struct strv *words, struct err *e)
{
	struct oci *o = j->o;
	cleanup_json json *config = NULL;
	int r;

	if (o->process && words->n > 1)
		return fail(e, EINVAL, "--process says which command; take away \"%s\"",
			    words->v[1]);
	if (!o->process && words->n < 2)
		return fail(e, EINVAL, "exec wants a command behind the id, or --process FILE");
	r = oci_state_config(&j->state, &config, e);
	if (!r)
		r = spec_from_oci(&j->spec, config, j->state.bundle, e);
	j->traced = j->spec.sec.caps >> CAP_SYS_PTRACE & 1;
	if (!r)
		r = o->process ? read_process(j, e) : apply_options(j, words, e);
	if (r < 0)
		return r;
	j->spec.id = xstrdup(j->state.id);
	j->spec.init = false;
	if (o->tty > 0)
		j->spec.tty = true;
	if (j->spec.tty && o->detach && !o->console_socket)
		return fail(
			e, EINVAL,
			"cannot allocate tty if sandbox-oci will detach without setting console "
			"socket: give --console-socket");
	if (!j->spec.tty && o->console_socket)
		return fail(e, EINVAL,
			    "cannot use console socket if sandbox-oci will not allocate tty: give "
			    "--tty");
	return oci_preserve(o, &j->spec, &j->keep_fds, e);
}

static int check_status(struct joining *j, struct err *e)
{
	enum oci_status status = oci_state_status(&j->state);

	if (status == OCI_PAUSED && !j->o->ignore_paused)
		return fail(e, EBUSY,
			    "cannot exec in a paused container: resume %s, or give --ignore-paused",
			    j->state.id);
	if (status != OCI_RUNNING && status != OCI_PAUSED)
		return fail(e, ESRCH,
			    "cannot exec in container %s, which is %s: container not running",
			    j->state.id, oci_status_name(status));
	j->target = oci_state_pidfd(&j->state);
	return j->target < 0 ? fail(e, ESRCH, "container not running: %s", j->state.id) : 0;
}

static int on_terminal(void *ctx, struct err *e)
{
	struct joining *j = ctx;

	oci_size_terminal(&j->launch);
	if (!j->o->console_socket)
		return relay_start(&j->relay, j->launch.pty);
	return oci_send_fd(j->o->console_socket, "--console-socket", j->launch.pty, "/dev/ptmx", e);
}

static int join(struct joining *j, struct err *e)
{
	struct launch *l = &j->launch;
	int r;

	l->spec = &j->spec;
	l->plan = &j->plan;
	r = idmap_make_plan(&j->plan, &j->spec, e);
	if (r < 0)
		return r;
	l->start_fd = -1;
	l->keep_fds = (int)j->keep_fds;
	l->detached = j->o->detach;
	l->apart = j->spec.ns[NS_USER].mode == NS_HOST && oci_is_real_root();
	l->traced = l->apart && j->traced;
	if (l->apart)
		r = oci_guard_program(e);
	if (r < 0)
		return r;
	oci_stdio(l);
	r = oci_group_below(&j->state, j->o->cgroup, &j->group, e);
	l->cgroup = &j->group;
	if (!r)
		r = launch_join(l, j->target, e);
	if (!r && j->o->pidfd_socket)
		r = oci_send_fd(j->o->pidfd_socket, "--pidfd-socket", l->pidfd, "pidfd", e);
	if (!r)
		r = oci_until_gone(l, on_terminal, j, e);
	return r < 0 ? r : oci_write_pid_file(j->o->pid_file, l->pid, e);
}

static int join_and_wait(struct joining *j, struct err *e)
{
	sigset_t old;
	cleanup_close int signals = -1;
	int code = 0, r;

	if (!j->o->detach)
		signals = oci_signals(&old, e);
	if (!j->o->detach && signals < 0)
		return signals;
	r = join(j, e);
	if (r >= 0 && !j->o->detach)
		r = oci_wait(&j->launch, signals, -1, &j->relay, &code, e);
	if (r < 0 && j->launch.pidfd >= 0)
		launch_kill(&j->launch);
	relay_finish(&j->relay);
	return r < 0 ? r : code;
}

int oci_cmd_exec(struct oci *o, const struct strv *words, struct err *e)
{
	struct joining j = {.o = o, .target = -1, .group.fd = -1};
	int r;

	spec_init(&j.spec);
	relay_init(&j.relay);
	launch_init(&j.launch);
	r = oci_state_open(&j.state, o, words->v[0], OCI_LOOK, e);
	if (!r)
		r = check_status(&j, e);
	if (!r)
		r = make_spec(&j, words, e);
	if (!r) {
		r = join_and_wait(&j, e);
		launch_free(&j.launch);
	}
	close_fd(j.target);
	cgroup_free(&j.group);
	idmap_plan_free(&j.plan);
	spec_free(&j.spec);
	oci_state_close(&j.state);
	return r;
}
