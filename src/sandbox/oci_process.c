/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What config.json says of a process and options of run do not: where it stands with the
 * scheduler, the memory killer and the security modules, and its user by number.
 */
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/syscall.h>

#include "sandbox/internal.h"

/* ---- user --------------------------------------------------------------------------------------- */

/* HOME is a service to the payload: whatever the root's passwd is, it is no reason to fail. */
static char *home_of(struct launch *l, uint32_t uid)
{
	struct user found = {};
	char number[12];
	char *home;

	snprintf(number, sizeof(number), "%u", uid);
	if (user_resolve(l->c.root, number, NULL, false, &found, NULL) < 0)
		return xstrdup("/");
	home = take_ptr(found.home);
	user_free(&found);
	return home;
}

/* UID or UID:GID; without the latter it stays as it is */
static int parse_pair(const char *text, uint32_t *uid, uint32_t *gid)
{
	char first[16];
	size_t n = strcspn(text, ":");

	if (n >= sizeof(first))
		return -EINVAL;
	memcpy(first, text, n);
	first[n] = '\0';
	if (parse_id(first, uid) < 0)
		return -EINVAL;
	return text[n] ? parse_id(text + n + 1, gid) : 0;
}

/**
 * oci_user - the user of a bare spec: numbers, which are good without the root's files
 * @l: spec.user is "uid:gid", spec.group_add has numbers
 *
 * Return: 0 with l->c.user and l->c.env.
 */
int oci_user(struct launch *l, struct err *e)
{
	const struct spec *s = l->spec;
	struct user *u = &l->c.user;
	int r;

	*u = (struct user){};
	if (s->user && parse_pair(s->user, &u->uid, &u->gid) < 0)
		return fail(e, EINVAL, "process.user: \"%s\" is no number or pair UID:GID",
			    s->user);
	u->groups = xcalloc(s->group_add.n + 1, sizeof(*u->groups));
	u->groups[u->ngroups++] = u->gid;
	strv_for_each (gid, &s->group_add) {
		uint32_t n;

		if (parse_id(gid, &n) < 0)
			return fail(e, EINVAL, "process.user: \"%s\" is no group", gid);
		if (n != u->gid)
			u->groups[u->ngroups++] = n;
	}
	u->nasked = u->ngroups;
	r = user_map_ids(u, l->plan, e);
	if (r < 0)
		return fail_in(e, r, "process.user");
	strv_copy(&l->c.env, &s->env);
	if (!env_get(&s->env, "HOME")) {
		u->home = home_of(l, u->uid);
		env_set(&l->c.env, "HOME", u->home);
	}
	return 0;
}

/* ---- the memory killer ------------------------------------------------------------------------------ */

/* Only root may be spared more than the caller is; a user's engine hands down what it was told. */
int step_oom_score(struct launch *l, struct err *e)
{
	char text[16];
	int r;

	snprintf(text, sizeof(text), "%d", l->spec->oci.oom_score);
	r = write_file("/proc/self/oom_score_adj", text);
	if ((r == -EACCES || r == -EPERM) && l->plan->driver != IDMAP_NONE) {
		log_warn("process.oomScoreAdj: only root may set %s, ignoring", text);
		return 0;
	}
	return r < 0 ? fail(e, -r, "process.oomScoreAdj: cannot set %s: %s", text, strerror(-r))
		     : 0;
}

/* ---- processor, disk, memory ------------------------------------------------------------------------- */

/* struct sched_attr of Linux 5.3, which libc 2.36 lacks */
struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

static int set_scheduler(const struct scheduler_spec *s, struct err *e)
{
	const struct attr a = {.size = sizeof(a),
			       .policy = (uint32_t)s->policy,
			       .flags = s->flags,
			       .nice = s->nice,
			       .priority = s->priority,
			       .runtime = s->runtime,
			       .deadline = s->deadline,
			       .period = s->period};

	if (s->policy < 0 || !syscall(SYS_sched_setattr, 0, &a, 0))
		return 0;
	return errno == EPERM
		       ? fail(e, EPERM,
			      "process.scheduler: a user may not have that policy or priority; leave it out")
		       : fail_errno(e, "process.scheduler");
}

#define NODES 1024

static int set_mempolicy(const struct oci_spec *o, struct err *e)
{
	unsigned long nodes[NODES / (8 * sizeof(unsigned long))] = {};
	bool some = o->mempolicy_nodes && *o->mempolicy_nodes;
	int mode = o->mempolicy | (int)o->mempolicy_flags;

	if (o->mempolicy < 0)
		return 0;
	if (some && number_list(o->mempolicy_nodes, nodes, NODES) < 0)
		return fail(e, EINVAL, "linux.memoryPolicy.nodes: there are at most %d", NODES);
	if (syscall(SYS_set_mempolicy, mode, some ? nodes : NULL, some ? NODES + 1 : 0) < 0)
		return fail_errno(e, "linux.memoryPolicy");
	return 0;
}

/* By root, as far as it can: a real-time class is not for users. */
int step_priorities(struct launch *l, struct err *e)
{
	const struct oci_spec *o = &l->spec->oci;
	int r = set_scheduler(&o->sched, e);

	if (!r && o->ioprio >= 0 &&
	    syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, o->ioprio) < 0)
		r = fail_errno(e, "process.ioPriority");
	if (!r)
		r = set_mempolicy(o, e);
	if (!r && o->has_personality && personality(o->personality) < 0)
		r = fail_errno(e, "linux.personality");
	return r;
}

static int set_affinity(const char *list, const char *which, struct err *e)
{
	unsigned long cpus[CPU_SETSIZE / (8 * sizeof(unsigned long))] = {};

	if (!list)
		return 0;
	if (number_list(list, cpus, CPU_SETSIZE) < 0)
		return fail(e, EINVAL, "process.execCPUAffinity.%s: there are at most %d", which,
			    CPU_SETSIZE);
	if (syscall(SYS_sched_setaffinity, 0, sizeof(cpus), cpus) < 0)
		return fail_errno(e, "process.execCPUAffinity.%s: %s", which, list);
	return 0;
}

/* oci_first_affinity - of an exec, before it is in the container's control group */
int oci_first_affinity(const struct launch *l, struct err *e)
{
	return set_affinity(l->spec->oci.affinity_initial, "initial", e);
}

int step_affinity(struct launch *l, struct err *e)
{
	return set_affinity(l->spec->oci.affinity_final, "final", e);
}

/* ---- security modules ---------------------------------------------------------------------------------- */

/*
 * The label for the next exec is written where only the process itself may write: through a
 * /proc that is no image's, so it is opened early, and written when all else is done.
 */
int step_open_lsm(struct launch *l, struct err *e)
{
	const struct security_spec *s = &l->spec->sec;
	bool apparmor = s->apparmor && *s->apparmor;
	const char *path = "thread-self/attr/exec";
	cleanup_close int host = l->c.proc < 0 ? open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)
					       : -1;
	int proc = host < 0 ? l->c.proc : host;

	if (apparmor && s->selinux && *s->selinux)
		return fail(
			e, EINVAL,
			"process.apparmorProfile: there is a selinuxLabel as well; leave one out");
	if (apparmor && access("/sys/module/apparmor/parameters/enabled", F_OK) < 0)
		return fail(e, ENOTSUP,
			    "process.apparmorProfile: this kernel has no AppArmor; leave it out");
	if (!apparmor && access("/sys/fs/selinux/enforce", F_OK) < 0)
		return fail(e, ENOTSUP,
			    "process.selinuxLabel: SELinux is not enabled here; leave it out");
	if (apparmor)
		l->c.lsm = openat(proc, "thread-self/attr/apparmor/exec", O_WRONLY | O_CLOEXEC);
	if (l->c.lsm < 0)
		l->c.lsm = openat(proc, path, O_WRONLY | O_CLOEXEC);
	return l->c.lsm < 0 ? fail_errno(e, "cannot open /proc/%s", path) : 0;
}

int step_lsm(struct launch *l, struct err *e)
{
	const struct security_spec *s = &l->spec->sec;
	bool apparmor = s->apparmor && *s->apparmor;
	cleanup_free char *text = apparmor ? xasprintf("exec %s", s->apparmor)
					   : xstrdup(s->selinux);
	ssize_t n = write(l->c.lsm, text, strlen(text));

	if (n < 0 && errno == ENOENT)
		return fail(
			e, ENOENT,
			"process.apparmorProfile: no profile \"%s\" is loaded; load it with apparmor_parser",
			s->apparmor);
	if (n != (ssize_t)strlen(text))
		return fail_errno(e, "%s: cannot set \"%s\"",
				  apparmor ? "process.apparmorProfile" : "process.selinuxLabel",
				  apparmor ? s->apparmor : s->selinux);
	close_fd(take_fd(&l->c.lsm));
	return 0;
}
