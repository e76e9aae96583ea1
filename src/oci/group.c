/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container's control group: made by create, found by its record, which has the path and the
 * folder's number. A path that has become another group's meanwhile, by a reboot or because
 * somebody removed ours, is not used.
 */
#include <sys/stat.h>

#include "linux/sys.h"
#include "oci/internal.h"

/* ---- making it ---------------------------------------------------------------------------------------------- */

static bool is_rootless(const struct oci *o)
{
	if (!o->rootless || streq(o->rootless, "auto"))
		return !oci_is_real_root();
	return !streq(o->rootless, "false");
}

/* Systemd's own way to name a group is "slice:prefix:name". */
static bool is_systemds(const struct making *m)
{
	const char *path = m->spec.oci.cgroups_path;

	return (m->o->cgroup_manager && streq(m->o->cgroup_manager, "systemd")) ||
	       (path && *path != '/' && strchr(path, ':'));
}

/* Podman asks for a number of processes without being asked, and by systemd where that runs. */
static bool is_podmans_default(const struct making *m)
{
	if (!is_systemds(m))
		return false;
	strv_for_each (line, &m->spec.oci.cgroup_files) {
		if (!str_has_prefix(line, "pids."))
			return false;
	}
	return true;
}

/* Limits that were asked for and are not there: an error, but where the caller can live without. */
static int go_without(const struct making *m, const struct err *why, struct err *e)
{
	const struct oci_spec *s = &m->spec.oci;

	if (why->code != EINVAL && !s->cgroup_files.n && is_rootless(m->o)) {
		log_debug("%s, ignoring", why->msg);
		return 0;
	}
	if (why->code != EINVAL && is_rootless(m->o) &&
	    ((m->o->rootless && !streq(m->o->rootless, "auto")) || is_podmans_default(m))) {
		log_warn("%s, ignoring: there will be no limits", why->msg);
		return 0;
	}
	*e = *why;
	return -why->code;
}

/* So that a create that is killed leaves no group that nobody knows of. */
static int announce(struct making *m, struct err *e)
{
	int r = cgroup_path(&m->spec, &m->state.cgroup, e);

	if (r < 0)
		return r;
	m->state.cgroup_made = true;
	return oci_state_save(&m->state, e);
}

static int make(struct making *m, struct err *e)
{
	struct stat st;
	int r = announce(m, e);

	fault_point("oci-announced");
	if (!r)
		r = cgroup_create(&m->group, &m->spec, !is_rootless(m->o), e);
	m->state.cgroup_made = !r && m->group.fd >= 0;
	if (!m->state.cgroup_made) {
		free(take_ptr(m->state.cgroup));
		return r;
	}
	if (fstat(m->group.fd, &st) < 0)
		return fail_errno(e, "the control group %s", m->group.path);
	m->state.cgroup_ino = st.st_ino;
	m->launch.cgroup = &m->group;
	return 0;
}

/**
 * oci_group_make - the group of a container that is being created, where one can be had
 *
 * Return: 0, also when it has to do without; or -errno.
 */
int oci_group_make(struct making *m, struct err *e)
{
	struct err why = {};
	int r;

	m->group.fd = -1;
	if (m->o->cgroup_manager && streq(m->o->cgroup_manager, "disabled")) {
		if (oci_is_real_root() && m->spec.ns[NS_USER].mode == NS_HOST)
			log_warn(
				"--cgroup-manager=disabled: without a control group nothing bounds "
				"which devices root's container can use, ignoring");
		return 0;
	}
	if (is_systemds(m)) {
		fail(&why, EOPNOTSUPP, "control groups of systemd's are not supported yet");
		fail_hint(&why, -EOPNOTSUPP, "give --cgroup-manager=cgroupfs, or disabled");
		return go_without(m, &why, e);
	}
	r = make(m, &why);
	fault_point("oci-group");
	return r < 0 ? go_without(m, &why, e) : 0;
}

/* ---- finding it ---------------------------------------------------------------------------------------------- */

/**
 * oci_group_find - the group by the record
 * @g: receives it, for cgroup_free()
 *
 * Return: 0, or -ENOENT.
 */
int oci_group_find(const struct oci_state *s, struct cgroup *g)
{
	struct stat st;
	char boot[37];

	*g = (struct cgroup){.fd = -1};
	/* Not ready: of a create that was killed, on this boot or an earlier one. */
	if (!s->cgroup || (s->ready && (boot_id(boot) < 0 || !streq(boot, s->boot))))
		return -ENOENT;
	cgroup_find(g, s->cgroup);
	if (g->fd >= 0 && !fstat(g->fd, &st) && (!s->cgroup_ino || st.st_ino == s->cgroup_ino))
		return 0;
	cgroup_free(g);
	return -ENOENT;
}

struct visit {
	const struct cgroup *group;
	bool (*fn)(void *ctx, pid_t pid, int pidfd);
	void *ctx;
	int found;
};

/* Between the list and the pidfd a number can have become another process's. */
static bool is_member(const struct cgroup *g, pid_t pid)
{
	cleanup_buf struct buf text = {};
	size_t n = strlen(g->path);
	char path[32], *at;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	if (read_file_at(AT_FDCWD, path, 1 << 16, &text) < 0 || !text.data)
		return false;
	at = strncmp(text.data, "0::", 3) ? strstr(text.data, "\n0::") : text.data;
	if (!at)
		return false;
	at += *at == '\n' ? 4 : 3;
	return !strncmp(at, g->path, n) && (at[n] == '\n' || at[n] == '/');
}

static int visit_one(void *ctx, pid_t pid)
{
	struct visit *v = ctx;
	cleanup_close int pidfd = sys_pidfd_open(pid, 0);

	if (pidfd >= 0 && is_member(v->group, pid))
		v->found += v->fn(v->ctx, pid, pidfd);
	return 0;
}

/**
 * oci_group_each - walk over the processes of the group and of those below it
 *
 * Return: for how many @fn returned true, or -ENOENT when there is no group.
 */
int oci_group_each(const struct oci_state *s, bool (*fn)(void *ctx, pid_t pid, int pidfd),
		   void *ctx)
{
	struct cgroup g;
	struct visit v = {&g, fn, ctx, 0};
	int r = oci_group_find(s, &g);

	if (!r)
		r = cgroup_each(&g, visit_one, &v);
	cgroup_free(&g);
	return r < 0 ? r : v.found;
}

/**
 * oci_group_kill - kill all that is in a group that is the container's alone
 *
 * Return: whether there is one.
 */
bool oci_group_kill(const struct oci_state *s)
{
	struct cgroup g;
	bool own = !oci_group_find(s, &g) && s->cgroup_made && !cgroup_kill(&g, SIGKILL);

	cgroup_free(&g);
	return own;
}

/**
 * oci_group_remove - remove a group that was made for the container, and those below it
 *
 * Return: 0 or -errno.
 */
int oci_group_remove(const struct oci_state *s, struct err *e)
{
	struct cgroup g;
	int r = oci_group_find(s, &g);

	r = !r && s->cgroup_made ? cgroup_remove(&g, e) : 0;
	cgroup_free(&g);
	return r;
}

bool oci_group_frozen(const struct oci_state *s)
{
	struct cgroup g;
	bool frozen = !oci_group_find(s, &g) && cgroup_frozen(&g);

	cgroup_free(&g);
	return frozen;
}

/**
 * oci_group_freeze - stop the group's processes, or let them go on, and wait until it is so
 *
 * Return: 0; -ENOENT without an error when there is no group, or another -errno.
 */
int oci_group_freeze(const struct oci_state *s, bool freeze, struct err *e)
{
	struct cgroup g;
	int r = oci_group_find(s, &g);

	if (!r)
		r = cgroup_freeze(&g, freeze, e);
	cgroup_free(&g);
	return r;
}

/**
 * oci_group_limit - change the limits of the group
 * @files: NAME=VALUE
 *
 * Return: 0 or -errno; those before the one that failed are written.
 */
int oci_group_limit(const struct oci_state *s, const struct strv *files, struct err *e)
{
	struct cgroup g;
	int r = oci_group_find(s, &g);

	if (!r)
		r = cgroup_limit(&g, files, e);
	else if (files->n)
		r = fail(e, ENOENT,
			 "container %s has no control group, so nothing of it can be limited",
			 s->id);
	else
		r = 0;
	cgroup_free(&g);
	return r;
}

/**
 * oci_group_below - the group that an exec begins in
 * @below: a path below the container's own, or NULL
 * @g: receives it; fd is -1 when the container was made without
 *
 * Return: 0, or -ENOENT when there is none of that name, or it is gone.
 */
int oci_group_below(const struct oci_state *s, const char *below, struct cgroup *g, struct err *e)
{
	int fd;

	if (oci_group_find(s, g) < 0 && s->cgroup)
		return fail(
			e, ENOENT,
			"the control group %s of container %s is gone: what bounds the container "
			"would not bound this process",
			s->cgroup, s->id);
	if (g->fd < 0)
		return below ? fail(e, ENOENT, "container %s has no control group", s->id) : 0;
	if (!below)
		return 0;
	fd = open_in_root(g->fd, below, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fail(e, -fd, "--cgroup %s: %s", below, strerror(-fd));
	close_fd(g->fd);
	g->fd = fd;
	return 0;
}
