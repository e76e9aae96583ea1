/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * The last steps turn container root into the payload: working folder, limits,
 * bounding set, groups, gid, uid, capability sets, no_new_privs, seccomp, exec.
 * With no_new_privs the filter comes last, so that it need not allow what the
 * steps before it do. Without, loading it takes CAP_SYS_ADMIN, which the change
 * of uid takes away: then it comes first and lets those calls pass.
 */
#include <linux/capability.h>
#include <linux/filter.h>
#include <poll.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "helpers/init_proto.h"
#include "sandbox/internal.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Parent, before the clone: what takes memory or a library is ready when the child needs it. */
int seccomp_prepare(struct launch *l, struct err *e)
{
	const struct security_spec *s = &l->spec->sec;

	if (s->seccomp == SECCOMP_UNCONFINED)
		return 0;
	l->c.seccomp = xcalloc(1, sizeof(*l->c.seccomp));
	if (s->seccomp == SECCOMP_FILE)
		return seccomp_from_profile(s->seccomp_file, s->seccomp_text, s->caps, l->c.seccomp,
					    e);
	if (s->seccomp == SECCOMP_TEXT)
		return seccomp_from_text(s->seccomp_text, s->caps, &l->c.watch, l->c.seccomp, e);

	const struct sock_fprog *prog = seccomp_default(s->caps, s->nested);

	if (!prog)
		return fail(e, ENOSYS,
			    "there is no built-in seccomp profile for this architecture; "
			    "give one with --security-opt seccomp=FILE, or unconfined");
	*l->c.seccomp = *prog;
	return 0;
}

/*
 * What /proc/1/exe shows must not lead to the host's file, which the user may
 * own: a read-only bind of it, which the container cannot see, answers every write, chmod
 * and setxattr with EROFS (CVE-2019-5736).
 */
int step_open_init(struct launch *l, struct err *e)
{
	cleanup_free char *path = NULL;
	cleanup_close int found = helper_open(INIT_NAME, &path, e);
	cleanup_close int fd = -1;
	int r;

	if (found < 0)
		return found;
	fd = sys_open_tree(found, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		return fail(e, -fd, "cannot clone %s: %s", path, strerror(-fd));
	r = sys_mount_setattr(fd, "", AT_EMPTY_PATH, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 0);
	if (r < 0)
		return fail(e, -r, "cannot make %s read-only: %s", path, strerror(-r));
	/*
	 * Attached, it goes with the old root: to let go of a mount that is attached nowhere takes an RCU
	 * grace period of its own, and exec would wait for that. Not where it could get into a clone.
	 */
	if (!l->joined && !l->spec->bare && l->spec->rootfs.driver != ROOTFS_DIR)
		sys_move_mount(fd, "", found, "",
			       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	l->c.init = take_fd(&fd);
	return 0;
}

int step_bounding(struct launch *l, struct err *e)
{
	return caps_apply_bounding(l->spec->sec.caps, e);
}

int step_user(struct launch *l, struct err *e)
{
	struct user *u = &l->c.user;
	int r;

	if (l->spec->bare)
		return oci_user(l, e);
	/* Further groups are of no use to who may not take them. */
	r = user_resolve(l->c.root, l->spec->user, &l->spec->group_add, may_set_groups(l), u, e);
	if (!r)
		r = user_map_ids(u, l->plan, e);
	if (!r && !env_get(&l->spec->env, "HOME")) {
		strv_copy(&l->c.env, &l->spec->env);
		env_set(&l->c.env, "HOME", u->home);
	} else if (!r) {
		strv_copy(&l->c.env, &l->spec->env);
	}
	return r;
}

/*
 * Magic links such as /proc/self/fd/7 are not followed, and where we end up has
 * to have a name inside (CVE-2024-21626).
 */
int step_cwd(struct launch *l, struct err *e)
{
	const char *want = l->spec->cwd ? l->spec->cwd : "/";
	cleanup_close int root = -1, fd = -1;
	char at[PATH_MAX];

	if (streq(want, "/"))
		return chdir("/") < 0 ? fail_errno(e, "working folder /") : 0;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = open_in_root(root, want, O_PATH | O_DIRECTORY, 0);
	if (fd == -ENOENT && l->spec->make_cwd)
		fd = mkdir_p_in_root(root, want, 0755);
	if (fd < 0) {
		int r = fail(e, -fd, "working folder %s: %s", want, strerror(-fd));

		if (e)
			e->kind = fd == -ENOENT ? ERR_NOENT : ERR_NOEXEC;
		return r;
	}
	if (fchdir(fd) < 0)
		return fail_errno(e, "working folder %s", want);
	if (!getcwd(at, sizeof(at)) || at[0] != '/')
		return fail(e, EPERM, "working folder %s is outside the container", want);
	return 0;
}

int step_rlimits(struct launch *l, struct err *e)
{
	const struct rlimit core = {0, RLIM_INFINITY};

	if (!l->spec->bare)
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, core.rlim_max});
	for (size_t i = 0; i < l->spec->rlimits.n; i++) {
		const struct rlimit_spec *s = &l->spec->rlimits.v[i];
		struct rlimit lim = {s->soft, s->hard};

		if (setrlimit((__rlimit_resource_t)s->resource, &lim) < 0)
			return fail_hint(
				e,
				fail_errno(e, "cannot set limit %d to %llu:%llu", s->resource,
					   (unsigned long long)s->soft,
					   (unsigned long long)s->hard),
				"a user cannot go above his own hard limit (ulimit -H -a)");
	}
	if (l->spec->has_umask)
		umask(l->spec->umask);
	return 0;
}

static int load_filter(struct launch *l, struct err *e)
{
	if (!l->c.seccomp)
		return 0;
	return l->c.watch.listener ? load_watched(l, e)
				   : seccomp_load(l->c.seccomp, l->c.watch.flags, e);
}

int step_seccomp_early(struct launch *l, struct err *e)
{
	return load_filter(l, e);
}

int step_seccomp(struct launch *l, struct err *e)
{
	return load_filter(l, e);
}

int step_identity(struct launch *l, struct err *e)
{
	const struct user *u = &l->c.user;
	int r = 0;

	if ((l->spec->sec.caps_for_user || l->spec->sec.cap_sets) && u->uid)
		sys_prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	if (may_set_groups(l))
		r = sys_setgroups(u->ngroups, u->groups);
	if (!r)
		r = sys_setresgid(u->gid);
	if (!r)
		r = sys_setresuid(u->uid);
	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (l->detached)
		sys_prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	else
		die_with_parent();
	return r < 0 ? fail(e, -r, "cannot become user %u:%u: %s", u->uid, u->gid, strerror(-r))
		     : 0;
}

/* Container root has them by exec; another user only what was asked for by name, as ambient. */
int step_caps(struct launch *l, struct err *e)
{
	const struct security_spec *s = &l->spec->sec;

	if (s->cap_sets)
		return caps_set_all(s, e);
	if (!l->c.user.uid)
		return caps_set(s->caps, e);
	return s->caps_for_user ? caps_set_ambient(s->user_caps & s->caps, e) : caps_set(0, e);
}

int step_no_new_privs(struct launch *l __unused, struct err *e)
{
	int r = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

	return r < 0 ? fail(e, -r, "cannot set no_new_privs: %s", strerror(-r)) : 0;
}

static int exec_fail(struct err *e, int code, const char *command)
{
	bool missing = code == ENOENT || code == ENOTDIR;
	int r;

	if (missing)
		r = fail(e, ENOENT, "%s: command not found in the container", command);
	else
		r = fail(e, code, "%s: cannot be executed: %s", command, strerror(code));
	if (e)
		e->kind = missing ? ERR_NOENT : ERR_NOEXEC;
	return r;
}

/**
 * launch_exec_error - what a failed execve means for the user
 * @l: NULL where the command's name is not known
 * @code: errno of it
 *
 * Return: -@code.
 */
int launch_exec_error(const struct launch *l, int code, struct err *e)
{
	const char *name = l ? l->spec->args.v[0] : "the command";

	/* The command was there a moment ago, so it is what interprets it that is not. */
	if (code == ENOENT) {
		int r = fail(
			e, code,
			"%s: cannot be executed: its interpreter or loader is not in the container",
			name);

		if (e)
			e->kind = ERR_NOENT;
		return r;
	}
	return exec_fail(e, code, name);
}

static int try_command(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

/* As execvp(3), but in the container's PATH, as the payload's user, and before anything is given up. */
int step_find_command(struct launch *l, struct err *e)
{
	const char *name = l->spec->args.v[0], *path = env_get(&l->c.env, "PATH");
	struct strv dirs = {};
	struct stat st;
	int worst = -ENOENT;

	if (!*name)
		return exec_fail(e, ENOENT, "\"\"");
	if (strchr(name, '/')) {
		int r = try_command(name);

		l->c.command = xstrdup(name);
		return r < 0 ? exec_fail(e, -r, name) : 0;
	}
	strv_split(&dirs, path && *path ? path : DEFAULT_PATH, ':');
	strv_for_each (dir, &dirs) {
		char *full = path_join(*dir ? dir : ".", name);
		int r = try_command(full);

		if (r == -ENOENT) {
			free(full);
			continue;
		}
		if (!r) {
			l->c.command = full;
			strv_free(&dirs);
			return 0;
		}
		/* A folder that may not be searched has it not, as for shells and podman. */
		if (!stat(full, &st))
			worst = r;
		free(full);
	}
	strv_free(&dirs);
	return exec_fail(e, -worst, name);
}

/*
 * While we are root still: the kernel asks the file system ids, which are the only part of an
 * identity that can be given back. Its own capabilities over files go and come with them.
 */
int step_find_as_user(struct launch *l, struct err *e)
{
	const struct user *u = &l->c.user;
	int r = 0;

	if (may_set_groups(l))
		r = sys_setgroups(u->ngroups, u->groups);
	if (r < 0)
		return fail(e, -r, "cannot become user %u:%u: %s", u->uid, u->gid, strerror(-r));
	setfsgid(u->gid);
	setfsuid(u->uid);
	r = step_find_command(l, e);
	setfsuid(geteuid());
	setfsgid(getegid());
	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	die_with_parent();
	return r;
}

static char **init_argv(const struct launch *l)
{
	const struct strv *args = &l->spec->args;
	char **argv = xcalloc(args->n + 4, sizeof(*argv));
	char sock[12];

	snprintf(sock, sizeof(sock), "%d", INIT_SOCK + l->keep_fds);
	argv[0] = xstrdup(INIT_NAME);
	argv[1] = xasprintf("%s%s%s%s", l->spec->tty ? (char[]){INIT_FLAG_TTY, '\0'} : "",
			    l->quiet ? (char[]){INIT_FLAG_QUIET, '\0'} : "",
			    l->spec->init ? "" : (char[]){INIT_FLAG_EXEC, '\0'},
			    l->keep_fds ? sock : "");
	argv[2] = l->c.command;
	memcpy(argv + 3, args->v, args->n * sizeof(*argv));
	return argv;
}

/* getppid() is 0 inside, so it is the socket that tells whether we missed the signal. */
static bool supervisor_gone(const struct launch *l)
{
	struct pollfd p = {.fd = l->sock, .events = POLLIN};

	return poll(&p, 1, 0) > 0 && p.revents & POLLHUP;
}

/*
 * Always by way of sandbox-init, also when the payload is to be PID 1 itself: what
 * execve() of a script with the interpreter /proc/self/exe runs is the program
 * that calls it, and ours is the user's own file.
 */
int step_exec(struct launch *l, struct err *e)
{
	int sock = INIT_SOCK + l->keep_fds, r;

	fault_point("exec");
	if (!l->unattended && supervisor_gone(l))
		return fail(e, ESRCH, "the supervisor is gone");
	reset_signals();
	l->sock = move_fd_above(l->sock, sock + 1);
	l->c.init = move_fd_above(l->c.init, sock + 1);
	if (dup2(l->sock, sock) < 0)
		return fail_errno(e, "cannot hand the socket over");
	r = sys_close_range((unsigned)sock + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	if (r < 0)
		return fail(e, -r, "cannot close descriptors: %s", strerror(-r));
	r = sys_execveat(l->c.init, "", init_argv(l), l->c.env.v, AT_EMPTY_PATH);
	return fail(e, -r, "cannot start sandbox-init: %s", strerror(-r));
}
