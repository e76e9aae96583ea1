/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * The plain driver of control groups of version 2: folders that we make ourselves, where we
 * may. The group is made before the first process, which is cloned into it; what it bounds
 * is written before anything runs there. A group that cannot be made is an error only where
 * something was asked of it: a user on a host that delegates nothing to him has none.
 *
 * On a host of version 1 with a hybrid hierarchy the group has no controllers. It still ends
 * and freezes all processes of a container at once.
 *
 * Source: Documentation/admin-guide/cgroup-v2.rst; runtime-spec config-linux.md.
 */
#include <dirent.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "sandbox/internal.h"

#define FREEZE_MS 10000

/* ---- where it is ---------------------------------------------------------------------------------- */

static int open_mount(const char **where)
{
	static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct statfs fs;
		cleanup_close int fd = open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != CGROUP2_SUPER_MAGIC)
			continue;
		*where = places[i];
		return take_fd(&fd);
	}
	return -ENOENT;
}

/* The line of version 2 in /proc/self/cgroup is "0::/path". */
static char *own_path(void)
{
	cleanup_buf struct buf text = {};
	char *line;

	if (read_file_at(AT_FDCWD, "/proc/self/cgroup", 1 << 16, &text) < 0 || !text.len)
		return NULL;
	line = strncmp(text.data, "0::/", 4) ? strstr(text.data, "\n0::/") : text.data;
	if (!line)
		return NULL;
	line += *line == '\n' ? 4 : 3;
	return xstrndup(line, strcspn(line, "\n"));
}

static bool has_dots(const char *path)
{
	for (const char *p = path; *p; p += strcspn(p, "/"), p += *p == '/') {
		size_t n = strcspn(p, "/");

		if ((n == 1 && *p == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return true;
	}
	return false;
}

/**
 * cgroup_path - the place that a configuration asks for
 * @s: oci.cgroups_path: absolute, below the hierarchy's root; relative, below our own group; none:
 *	the container's id below our own group
 * @out: receives a new string
 *
 * Return: 0, -EINVAL for what is no place, -ENOENT when we have no group ourselves.
 */
int cgroup_path(const struct spec *s, char **out, struct err *e)
{
	const char *want = s->oci.cgroups_path;
	cleanup_free char *own = NULL, *below = NULL;
	char clean[PATH_MAX];

	if (want && has_dots(want))
		return fail(e, EINVAL, "linux.cgroupsPath: \"%s\" has \"..\" or \".\" in it", want);
	if (want && *want != '/' && strchr(want, ':'))
		return fail(
			e, EINVAL,
			"linux.cgroupsPath: \"%s\" is a slice of systemd's; give a path, or --systemd-cgroup",
			want);
	if (!want || *want != '/') {
		own = own_path();
		if (!own)
			return fail(e, ENOENT, "we are in no control group of version 2");
		below = want && *want ? path_join(own, want)
				      : xasprintf("%s/sandbox-%s", streq(own, "/") ? "" : own,
						  s->id ? s->id : "x");
		want = below;
	}
	if (path_clean(want, clean, sizeof(clean)) < 0)
		return fail(e, EINVAL, "linux.cgroupsPath: the path is too long");
	if (streq(clean, "/"))
		return fail(e, EINVAL, "linux.cgroupsPath: the root of all groups is nobody's own");
	*out = xstrdup(clean);
	return 0;
}

/* ---- making it ---------------------------------------------------------------------------------------- */

/* A group with processes of its own hands nothing down; the root of all groups, without a type, does. */
static bool may_hand_down(int dir)
{
	cleanup_close int procs = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	char c;

	return faccessat(dir, "cgroup.type", F_OK, 0) < 0 || read(procs, &c, 1) == 0;
}

/*
 * What the group above does not hand down cannot be had; what it may not hand down is said later.
 * Not tried where processes are: some controllers the kernel would take, and by that make the group
 * the root of threads, below which no process can begin.
 */
static void enable_controllers(int dir)
{
	cleanup_buf struct buf text = {};
	cleanup_strv struct strv names = {};

	if (!may_hand_down(dir))
		return;
	if (read_file_at(dir, "cgroup.controllers", 4096, &text) < 0 || !text.len)
		return;
	strv_split(&names, str_trim(text.data), ' ');
	strv_for_each (name, &names) {
		cleanup_free char *plus = xasprintf("+%s", name);
		int r = *name ? write_file_at(dir, "cgroup.subtree_control", plus, strlen(plus))
			      : 0;

		if (r < 0)
			log_debug("control group: cannot hand down %s: %s, ignoring", name,
				  strerror(-r));
	}
}

static int enter_or_make(int dir, const char *name)
{
	int fd;

	enable_controllers(dir);
	if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* An ancestor that is there may be one whose controllers we must not touch: only ours are enabled. */
static int make_path(int root, const char *path)
{
	cleanup_strv struct strv parts = {};
	cleanup_close int dir = fcntl(root, F_DUPFD_CLOEXEC, 3);

	if (dir < 0)
		return -errno;
	strv_split(&parts, path + 1, '/');
	strv_for_each (part, &parts) {
		int next = enter_or_make(dir, part);

		if (next < 0)
			return next;
		close_fd(dir);
		dir = next;
	}
	return take_fd(&dir);
}

static bool populated(int dir)
{
	cleanup_buf struct buf text = {};

	return read_file_at(dir, "cgroup.events", 4096, &text) >= 0 && text.len &&
	       strstr(text.data, "populated 1");
}

/* A controller that is not there, or a value that the kernel does not take. */
static int write_limit(int dir, const char *line, struct err *e)
{
	cleanup_free char *file = xstrndup(line, strcspn(line, "="));
	const char *value = line + strlen(file) + 1;
	int r = write_file_at(dir, file, value, strlen(value));

	if (r == -ENOENT && streq(value, "max"))
		return 0; /* no limit where there is nothing that limits */
	if (r == -ENOENT)
		return fail(
			e, ENOENT,
			"linux.resources: the control group has no %s: its controller is not handed down to us (see /sys/fs/cgroup/cgroup.controllers), or the kernel lacks it",
			file);
	return r < 0 ? fail(e, -r, "linux.resources: cannot write \"%s\" to %s: %s", value, file,
			    strerror(-r))
		     : 0;
}

/**
 * cgroup_limit - write limits
 * @files: "FILE=VALUE", in order; oci.cgroup_files of a spec, or of an update
 */
int cgroup_limit(const struct cgroup *g, const struct strv *files, struct err *e)
{
	int r = 0;

	strv_for_each (line, files) {
		if (!r)
			r = write_limit(g->fd, line, e);
	}
	return r;
}

/**
 * cgroup_create - the group of a container, with its limits
 * @g: set; without a group fd is -1; cgroup_free() it, and cgroup_remove() it when nothing came of it
 * @s: the container
 * @needed: a group that cannot be made is an error; else only where limits are asked for
 *
 * Context: parent, before launch_start(), whose l->cgroup it is to be.
 * Return: 0 or -errno, and then nothing is left.
 */
int cgroup_create(struct cgroup *g, const struct spec *s, bool needed, struct err *e)
{
	struct err why = {};
	const char *where = NULL;
	cleanup_close int root = open_mount(&where);
	int r;

	*g = (struct cgroup){.fd = -1};
	r = root < 0 ? fail(&why, ENOENT, "this host has no control groups of version 2")
		     : cgroup_path(s, &g->path, &why);
	if (!r) {
		g->fd = make_path(root, g->path);
		if (g->fd < 0)
			r = fail(&why, -g->fd, "cannot make the control group %s%s: %s", where,
				 g->path, strerror(-g->fd));
	}
	if (r < 0 && r != -EINVAL && !needed && !s->oci.cgroup_files.n) {
		log_debug("%s, ignoring", why.msg);
		cgroup_free(g);
		return 0;
	}
	if (r < 0) {
		cgroup_free(g);
		*e = why;
		return r == -EINVAL
			       ? r
			       : fail_hint(
					 e, r,
					 "leave linux.resources out, have a group delegated to you, or give --cgroup-manager=disabled");
	}
	if (populated(g->fd)) {
		r = fail(e, EBUSY, "linux.cgroupsPath: the control group %s is in use", g->path);
		cgroup_free(g);
		return r;
	}
	r = cgroup_limit(g, &s->oci.cgroup_files, e);
	if (!r)
		r = cgroup_devices(g, &s->oci.device_rules, e);
	if (r < 0) {
		cgroup_remove(g, NULL);
		cgroup_free(g);
	}
	return r;
}

/**
 * cgroup_find - the group of a container that another command has made
 * @path: recorded; NULL for none
 *
 * Return: 0; g->fd is -1 when there is none any more.
 */
int cgroup_find(struct cgroup *g, const char *path)
{
	const char *where;
	cleanup_close int root = path ? open_mount(&where) : -1;

	*g = (struct cgroup){.fd = -1};
	if (root < 0 || *path != '/')
		return 0;
	g->path = xstrdup(path);
	g->fd = open_in_root(root, path, O_RDONLY | O_DIRECTORY, 0);
	return 0;
}

void cgroup_free(struct cgroup *g)
{
	close_fdp(&g->fd);
	free(take_ptr(g->path));
}

/* ---- what is in it -------------------------------------------------------------------------------------- */

/* Calls @fn with each group below, deepest first, and with the group itself. */
static int walk(int dir, int (*fn)(int dir, void *ctx), void *ctx)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *de;

	if (!d) {
		r = -errno;
		close_fd(copy);
		return r;
	}
	while (!r && (de = readdir(d))) {
		cleanup_close int below = -1;

		if (de->d_type != DT_DIR || *de->d_name == '.')
			continue;
		below = openat(dir, de->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0)
			r = walk(below, fn, ctx);
	}
	closedir(d);
	return r < 0 ? r : fn(dir, ctx);
}

struct visit {
	int (*fn)(void *ctx, pid_t pid);
	void *ctx;
};

static int visit_group(int dir, void *ctx)
{
	struct visit *v = ctx;
	cleanup_buf struct buf text = {};
	int r = read_file_at(dir, "cgroup.procs", 16 << 20, &text);
	char *at = text.data;

	while (r >= 0 && at && *at) {
		pid_t pid = (pid_t)strtol(at, &at, 10);

		if (pid > 0)
			r = v->fn(v->ctx, pid);
		at += strspn(at, "\n");
	}
	return MIN(r, 0);
}

/**
 * cgroup_each - every process of a group and of those below
 * @fn: gets a pid as we see it, 0 for none that we see is left out; < 0 ends the walk
 */
int cgroup_each(const struct cgroup *g, int (*fn)(void *ctx, pid_t pid), void *ctx)
{
	struct visit v = {fn, ctx};

	return g->fd < 0 ? 0 : walk(g->fd, visit_group, &v);
}

static int signal_one(void *ctx, pid_t pid)
{
	kill(pid, *(int *)ctx);
	return 0;
}

/**
 * cgroup_kill - signal every process of a group
 * @sig: SIGKILL reaches all of them at once, also what forks meanwhile (Linux 5.14)
 *
 * Return: 0, -ENOENT without a group.
 */
int cgroup_kill(const struct cgroup *g, int sig)
{
	if (g->fd < 0)
		return -ENOENT;
	if (sig == SIGKILL && write_file_at(g->fd, "cgroup.kill", "1", 1) >= 0)
		return 0;
	return cgroup_each(g, signal_one, &sig);
}

/**
 * cgroup_freeze - stop or continue every process of a group
 *
 * Return: 0 when all of them stand still or run, -ENOENT without a group, -ETIMEDOUT.
 */
int cgroup_freeze(const struct cgroup *g, bool freeze, struct err *e)
{
	cleanup_close int events = -1;
	int64_t end = now_ns() + FREEZE_MS * 1000000LL;
	int r = g->fd < 0 ? -ENOENT : write_file_at(g->fd, "cgroup.freeze", freeze ? "1" : "0", 1);

	if (r < 0)
		return fail(e, -r, "cannot freeze the control group: %s", strerror(-r));
	events = openat(g->fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	while (now_ns() < end) {
		struct pollfd p = {.fd = events, .events = POLLPRI};
		char text[256];
		ssize_t n = pread(events, text, sizeof(text) - 1, 0);

		text[MAX(n, 0)] = '\0';
		if (strstr(text, freeze ? "frozen 1" : "frozen 0"))
			return 0;
		poll(&p, 1, 100);
	}
	return fail(e, ETIMEDOUT, "processes of the container do not %s",
		    freeze ? "stop; one may hang in the kernel" : "continue");
}

/* cgroup_frozen - does every process of a group stand still? */
bool cgroup_frozen(const struct cgroup *g)
{
	cleanup_buf struct buf text = {};

	return g->fd >= 0 && read_file_at(g->fd, "cgroup.freeze", 64, &text) >= 0 && text.len &&
	       *text.data == '1';
}

/* ---- its end ------------------------------------------------------------------------------------------------ */

static int remove_below(int dir, void *ctx)
{
	DIR *d = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *de;

	(void)ctx;
	while (d && (de = readdir(d))) {
		if (de->d_type == DT_DIR && *de->d_name != '.')
			unlinkat(dir, de->d_name, AT_REMOVEDIR);
	}
	if (d)
		closedir(d);
	return 0;
}

/**
 * cgroup_remove - take a group and those below away; its processes have ended, or are ending
 *
 * Return: 0, also when it is gone already, or -errno.
 */
int cgroup_remove(struct cgroup *g, struct err *e)
{
	const char *where, *slash = g->path ? strrchr(g->path, '/') : NULL;
	cleanup_close int root = slash ? open_mount(&where) : -1;
	cleanup_close int parent = -1;
	cleanup_free char *above = slash ? xstrndup(g->path, (size_t)(slash - g->path)) : NULL;
	int r = 0;

	if (g->fd < 0 || root < 0)
		return 0;
	parent = open_in_root(root, *above ? above : "/", O_RDONLY | O_DIRECTORY, 0);
	if (parent < 0)
		return parent == -ENOENT ? 0 : fail(e, -parent, "%s: %s", above, strerror(-parent));
	/* A process that was killed stays in its group until the kernel is done with it. */
	for (int ms = 1; ms <= 512; ms *= 2) {
		walk(g->fd, remove_below, NULL);
		r = unlinkat(parent, slash + 1, AT_REMOVEDIR) < 0 ? -errno : 0;
		if (r != -EBUSY)
			break;
		poll(NULL, 0, ms);
	}
	return r < 0 && r != -ENOENT ? fail(e, -r, "cannot remove the control group %s: %s",
					    g->path, strerror(-r))
				     : 0;
}
