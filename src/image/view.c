/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Whoever copies files out of or into a container works in a place where there is
 * nothing else: an empty root with the container's own below "root" and, to compare,
 * its layers below "lower". So a path that a container bends, in whatever moment,
 * ends in that container.
 *
 * A running container's root is a clone of its mount, made in a copy of its mount
 * namespace: we join its user and mount namespaces by a pidfd, after everything that
 * we load is loaded, for nothing of the container may ever be mapped or run. Its
 * other namespaces, and its processes, stay out of reach. The root of one that has
 * ended is mounted from its layers, by the driver that it ran with, in a user namespace with
 * its ids: read-only with the upper layer as one more lower one, which leaves it as it is, or
 * writable as the container itself mounts it.
 */
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "config/config.h"
#include "image/unpack.h"
#include "linux/sys.h"

/* The pid namespace of a process is that of its first child: so that child goes on. */
static int leave_pid_namespace(int sock, struct err *e)
{
	int status = 0;
	pid_t pid;

	if (unshare(CLONE_NEWPID) < 0)
		return fail_errno(e, "cannot make a pid namespace");
	pid = fork();
	if (pid < 0)
		return fail_errno(e, "cannot make a process");
	if (!pid)
		return 0;
	close_fd(sock);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 125);
}

/**
 * view_join_user - for VIEW_RUNNING: join the container's user namespace
 *
 * Context: first of all; single-threaded. The host's files are still there.
 * Return: 0 or -errno.
 * Source: setns(2) with a pidfd, Linux 5.8.
 */
int view_join_user(const struct view *v, struct err *e)
{
	int r;

	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	r = sys_setns(v->fd, CLONE_NEWUSER);
	if (r == -ESRCH)
		return fail(e, ESRCH, "the container has just ended; try again");
	if (r < 0)
		return fail(e, -r, "cannot join the container: %s", strerror(-r));
	/* Where 0 is not mapped we go on as we are, with every capability there. */
	sys_setresgid(0);
	sys_setresuid(0);
	/* Both are lost with a change of ids. */
	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	return 0;
}

/**
 * view_join_mounts - for VIEW_RUNNING: its mount namespace, and a pid namespace of our own
 * @sock: to the caller
 *
 * Context: after view_join_user(). What returns is a child of the caller.
 * Return: 0 or -errno.
 */
int view_join_mounts(const struct view *v, int sock, struct err *e)
{
	int r = sys_setns(v->fd, CLONE_NEWNS);

	if (r < 0)
		return fail(e, -r, "cannot join the container: %s",
			    r == -ESRCH ? "it has just ended" : strerror(-r));
	return leave_pid_namespace(sock, e);
}

/* ---- trees ------------------------------------------------------------------------------------------- */

static int fs_fail(int fs, int r, struct err *e)
{
	char text[256];
	ssize_t n = fs < 0 ? -1 : read(fs, text, sizeof(text) - 1);

	if (n > 2) {
		text[n] = '\0';
		return fail(
			e, -r,
			"cannot mount the container's files: %s (the kernel says: %s); start it, "
			"and try again",
			strerror(-r), str_trim(text + 2));
	}
	return fail(e, -r, "cannot mount the container's files: %s; start it, and try again",
		    strerror(-r));
}

static int hold_path(const char *path, char out[32])
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	snprintf(out, 32, "/proc/self/fd/%d", fd);
	return 0;
}

/*
 * By descriptor, as paths can be too long for a value. They stay open until exit, and
 * lead nowhere once the old root is unmounted.
 */
static int set_lower(int fs, const struct strv *layers)
{
	cleanup_buf struct buf list = {};
	char path[32];
	int r = 0;

	strv_for_each (layer, layers) {
		r = hold_path(layer, path);
		if (r < 0)
			return r;
		buf_printf(&list, "%s%s", list.len ? ":" : "", path);
	}
	if (list.len < 256)
		return sys_fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir", list.data, 0);
	for (char *save = NULL, *p = strtok_r(list.data, ":", &save); p && !r;
	     p = strtok_r(NULL, ":", &save))
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir+", p, 0);
	return r;
}

static int set_upper(int fs, const char *upper, const char *work)
{
	char path[32];
	int r = hold_path(upper, path);

	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "upperdir", path, 0);
	if (!r)
		r = hold_path(work, path);
	return r < 0 ? r : sys_fsconfig(fs, FSCONFIG_SET_STRING, "workdir", path, 0);
}

static int mount_overlay(const struct strv *layers, const char *upper, const char *work,
			 struct err *e)
{
	cleanup_close int fs = sys_fsopen("overlay", FSOPEN_CLOEXEC);
	int r = fs < 0 ? fs : sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", "overlay", 0);

	if (!r)
		r = set_lower(fs, layers);
	if (!r && upper)
		r = set_upper(fs, upper, work);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (!r)
		r = sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return r < 0 ? fs_fail(fs, r, e) : r;
}

static int clone_tree(const char *path, bool recursive, struct err *e)
{
	int fd = sys_open_tree(AT_FDCWD, path,
			       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
				       (recursive ? AT_RECURSIVE : 0));

	return fd < 0 ? fail(e, -fd, "cannot detach %s: %s", path, strerror(-fd)) : fd;
}

/* One layer alone is no overlay: those have two. */
static int lower_tree(const struct view *v, struct err *e)
{
	return v->layers.n == 1 ? clone_tree(v->layers.v[0], false, e)
				: mount_overlay(&v->layers, NULL, NULL, e);
}

static char *fuse_options(const struct view *v)
{
	struct buf b = {};

	buf_printf(&b, "lowerdir=%s", v->write ? "" : v->upper);
	strv_for_each (layer, &v->layers)
		buf_printf(&b, "%s%s", v->write && layer == v->layers.v[0] ? "" : ":", layer);
	if (v->write)
		buf_printf(&b, ",upperdir=%s,workdir=%s", v->upper, v->work);
	return b.data;
}

/*
 * Served by a process that keeps the host's files, in a mount namespace of its own. It dies
 * with us, who are the first process here. Its marks in the upper layer are not the kernel's.
 */
static int fuse_tree(const struct view *v, struct err *e)
{
	cleanup_close int dev = -1;
	int mount = fuse_mount(&dev, 0, e);
	pid_t pid;

	if (mount < 0)
		return mount;
	/* With the clone, for we are about to leave this root. */
	pid = sys_clone(CLONE_NEWNS, NULL);
	if (!pid)
		fuse_serve(dev, fuse_options(v));
	if (pid > 0)
		return mount;
	close_fd(mount);
	return fail(e, -pid, "cannot start fuse-overlayfs: %s", strerror(-pid));
}

static int layered_tree(const struct view *v, struct err *e)
{
	cleanup_strv struct strv all = {};

	if (v->fuse)
		return fuse_tree(v, e);
	if (v->write)
		return mount_overlay(&v->layers, v->upper, v->work, e);
	strv_add(&all, v->upper);
	strv_for_each (layer, &v->layers)
		strv_add(&all, layer);
	return mount_overlay(&all, NULL, NULL, e);
}

static int root_tree(const struct view *v, struct err *e)
{
	switch (v->kind) {
	case VIEW_RUNNING:
		return clone_tree("/", v->mounts, e);
	case VIEW_LAYERS:
		return layered_tree(v, e);
	case VIEW_FOLDER:
		break;
	}
	/* Below a folder of the host lie mounts that we may not leave out. */
	return clone_tree(".", true, e);
}

/* ---- the place ------------------------------------------------------------------------------------------ */

static int restrict_tree(int tree, bool write, struct err *e)
{
	uint64_t set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	int r = sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE,
				  set | (write ? 0 : MOUNT_ATTR_RDONLY), 0, MS_PRIVATE);

	return r < 0 ? fail(e, -r, "cannot restrict a mount: %s", strerror(-r)) : 0;
}

static int make_base(struct err *e)
{
	cleanup_close int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	int r = fs < 0 ? fs : sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "755", 0);

	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (!r)
		r = sys_fsmount(fs, FSMOUNT_CLOEXEC,
				MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return r < 0 ? fail(e, -r, "cannot make an empty root: %s", strerror(-r)) : r;
}

static int attach(int tree, const char *name, bool write, int *out, struct err *e)
{
	int r = restrict_tree(tree, write, e);

	if (r < 0)
		return r;
	if (mkdir(name, 0755) < 0)
		return fail_errno(e, "cannot make a mount point");
	r = sys_move_mount(tree, "", AT_FDCWD, name, MOVE_MOUNT_F_EMPTY_PATH);
	if (r < 0)
		return fail(e, -r, "cannot mount the container's files: %s", strerror(-r));
	*out = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *out < 0 ? fail_errno(e, "cannot open the container's files") : 0;
}

static int move_in(struct view *v, int base, int root, int lower, struct err *e)
{
	int r = sys_move_mount(base, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);

	if (!r && fchdir(base) < 0)
		r = -errno;
	if (r < 0)
		return fail(e, -r, "cannot enter the empty root: %s", strerror(-r));
	r = attach(root, "root", v->write, &v->root, e);
	if (!r && lower >= 0)
		r = attach(lower, "lower", false, &v->lower, e);
	if (r < 0)
		return r;
	r = sys_pivot_root(".", ".");
	if (!r && (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0))
		r = -errno;
	if (!r)
		r = sys_mount_setattr(base, "", AT_EMPTY_PATH, MOUNT_ATTR_RDONLY, 0, 0);
	return r < 0 ? fail(e, -r, "cannot leave the old root: %s", strerror(-r)) : 0;
}

/**
 * view_enter - make the view the root of everything
 *
 * Context: after confine_start(), instead of confine_mounts().
 * Return: 0 or -errno.
 */
int view_enter(struct view *v, struct err *e)
{
	cleanup_close int root = -1, lower = -1, base = -1;

	v->root = v->lower = -1;
	if (v->kind == VIEW_FOLDER && fchdir(v->fd) < 0)
		return fail_errno(e, "cannot enter the folder");
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC) < 0)
		return fail_errno(e, "cannot make namespaces to work in");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail_errno(e, "cannot make mounts private");
	root = root_tree(v, e);
	if (root < 0)
		return root;
	if (v->want_lower) {
		lower = lower_tree(v, e);
		if (lower < 0)
			return lower;
	}
	base = make_base(e);
	if (base < 0)
		return base;
	close_fdp(&v->fd);
	return move_in(v, base, root, lower, e);
}
