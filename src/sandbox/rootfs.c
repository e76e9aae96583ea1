/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A driver turns layers into one writable root and leaves its mount in
 * l->c.root, attached somewhere (pivot_root wants that). "auto" tries the kernel's
 * overlay for real, then fuse-overlayfs, then a copy: what works is not a matter
 * of version numbers, but of the file system below, of the host's policy and of
 * what we run inside.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "sandbox/internal.h"

/**
 * rootfs_attach - put the new root's mount on a folder, and remember it
 * @mountfd: detached, taken
 * @at: where
 */
int rootfs_attach(struct launch *l, int mountfd, const char *at, struct err *e)
{
	cleanup_close int mount = mountfd;
	cleanup_close int target = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (target < 0)
		return fail_errno(e, "cannot open %s", at);
	r = mount_attach(mount, target, "the root file system", e);
	if (!r)
		l->c.root = take_fd(&mount);
	return r;
}

static uint64_t root_attrs(const struct launch *l)
{
	/* Real root's container may have nodes and setuid programs: it is he who bounds it. */
	if (l->spec->bare && l->spec->ns[NS_USER].mode == NS_HOST)
		return 0;
	return MOUNT_ATTR_NODEV | (l->spec->sec.no_new_privs ? MOUNT_ATTR_NOSUID : 0);
}

/* An upper layer in memory: made in our own mount namespace, it is gone with it. */
static int enter_tmpfs(struct launch *l, struct err *e)
{
	char size[32];
	const char *const options[] = {"mode=755", l->spec->rootfs.tmpfs_size ? size : NULL, NULL};
	cleanup_close int mount = -1, target = -1;
	int r;

	snprintf(size, sizeof(size), "size=%llu", (unsigned long long)l->spec->rootfs.tmpfs_size);
	mount = tmpfs_open(options, MOUNT_ATTR_NODEV, e);
	if (mount < 0)
		return mount;
	target = open(l->run_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (target < 0)
		return fail_errno(e, "cannot open %s", l->run_dir);
	r = mount_attach(mount, target, "a tmpfs", e);
	if (r < 0)
		return r;
	if (fchdir(mount) < 0 || mkdir("upper", 0755) < 0 || mkdir("work", 0755) < 0)
		return fail_errno(e, "cannot prepare the upper layer in memory");
	return 0;
}

/* A value of FSCONFIG_SET_STRING, with its end. */
#define FSCONFIG_VALUE_MAX 256

/*
 * The layers by descriptor: their paths may be longer than a value can be, would
 * want escaping, and would tell the container, in its mountinfo, where it lies.
 * One value takes what fits, which any kernel knows; more of them want "lowerdir+".
 * Source: fs/fsopen.c; Linux 6.8 for lowerdir+.
 */
static int set_lower(int fs, const struct strv *layers)
{
	cleanup_strv struct strv paths = {};
	cleanup_buf struct buf list = {};
	int r = 0;

	for (size_t i = 0; i < layers->n; i++) {
		/* Needed until the file system is created; exec closes them. */
		int fd = open(layers->v[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return -errno;
		strv_addf(&paths, "/proc/self/fd/%d", fd);
		buf_printf(&list, "%s%s", i ? ":" : "", paths.v[i]);
	}
	if (list.len < FSCONFIG_VALUE_MAX)
		return sys_fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir", list.data, 0);
	for (size_t i = 0; !r && i < paths.n; i++)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir+", paths.v[i], 0);
	return r;
}

/* fs_fail - what the kernel has to say about a file system context that it refused */
int fs_fail(int fs, int r, const char *what, struct err *e)
{
	char text[256];
	ssize_t n = read(fs, text, sizeof(text) - 1);

	if (n > 2) {
		text[n] = '\0';
		return fail(e, -r, "%s: %s (the kernel says: %s)", what, strerror(-r),
			    str_trim(text + 2));
	}
	return fail(e, -r, "%s: %s", what, strerror(-r));
}

int rootfs_overlay(struct launch *l, struct err *e)
{
	const struct rootfs_spec *s = &l->spec->rootfs;
	cleanup_close int fs = sys_fsopen("overlay", FSOPEN_CLOEXEC);
	int r = fs < 0 ? fs : 0, mount;

	if (fs < 0)
		return fail(e, -fs, "this kernel has no overlay: %s", strerror(-fs));
	if (s->tmpfs)
		r = enter_tmpfs(l, e);
	else if (chdir(s->state_dir) < 0)
		r = fail_errno(e, "cannot enter %s", s->state_dir);
	if (r < 0)
		return r;
	/* The folders are the caller's; where that is not container root, "/" shall be root's still. */
	if (l->spec->userns != USERNS_ROOT && !s->tmpfs &&
	    (chown("upper", 0, 0) < 0 || chown("work", 0, 0) < 0))
		return fail_errno(e, "cannot give the upper layer to container root");
	r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", "overlay", 0);
	if (!r)
		r = set_lower(fs, &s->layers);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "upperdir", "upper", 0);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "workdir", "work", 0);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0);
	/* In memory nothing is written back anyway, and the mark that it makes takes its time. */
	if (!r && s->is_volatile && !s->tmpfs)
		r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r < 0)
		return fs_fail(fs, r, "cannot mount an overlay", e);
	mount = sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)root_attrs(l));
	if (mount < 0)
		return fs_fail(fs, mount, "cannot mount an overlay", e);
	return rootfs_attach(l, mount, ".", e);
}

/**
 * root_tree - the folder that is the root, with the mounts below it, detached
 *
 * Context: anybody who may mount where he is and can reach the folder.
 * Return: 0 with l->c.tree, or -errno.
 */
int root_tree(struct launch *l, struct err *e)
{
	const char *dir = l->spec->rootfs.dir;
	/* As with binds; one that is held (step_hold_store) has been looked at. */
	const bool strict = !l->spec->bare && !str_has_prefix(dir, "/proc/self/fd/");
	cleanup_close int fd = tree_open(dir, strict, true);
	struct stat host, st;
	int r;

	if (fd < 0)
		return fail(e, -fd, "cannot use %s as root file system: %s", dir, strerror(-fd));
	if (!fstat(fd, &st) && !S_ISDIR(st.st_mode))
		return fail(e, ENOTDIR, "cannot use %s as root file system: it is no folder", dir);
	if (!stat("/", &host) && host.st_dev == st.st_dev && host.st_ino == st.st_ino)
		return fail(e, EINVAL,
			    "%s leads to the host's own root, which no container gets as its own",
			    dir);
	r = sys_mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, root_attrs(l), 0,
			      l->spec->propagation == MS_SLAVE ? MS_SLAVE : MS_PRIVATE);
	if (r < 0)
		return fail(e, -r, "cannot use %s as root file system: %s", dir, strerror(-r));
	l->c.tree = take_fd(&fd);
	return 0;
}

/* --rootfs DIR and config.json: the folder is the root. */
int rootfs_dir(struct launch *l, struct err *e)
{
	const char *dir = l->spec->rootfs.dir;
	int r = l->c.tree < 0 ? root_tree(l, e) : 0;

	if (r < 0)
		return r;
	/* Hooks look for it there. Where container root cannot go, any place will do. */
	if (l->spec->bare && access(dir, F_OK) < 0)
		dir = "/";
	r = rootfs_attach(l, take_fd(&l->c.tree), dir, e);
	return r < 0 || !l->spec->bare ? r : oci_mount_points(l, dir, root_attrs(l), e);
}

static const struct {
	enum rootfs_driver driver;
	const char *name;
	int (*make)(struct launch *l, struct err *e);
} drivers[] = {
	{ROOTFS_OVERLAY, "overlay", rootfs_overlay},
	{ROOTFS_FUSE, "fuse-overlayfs", rootfs_fuse},
	{ROOTFS_COPY, "copy", rootfs_copy},
};

/* A folder by descriptor, which exec closes; the path that leads to it needs no rights. */
static int hold(char **path, bool strict, struct err *e)
{
	int fd = strict ? open_no_links(*path, O_PATH | O_DIRECTORY)
			: open(*path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail(e, strict ? -fd : errno, "cannot open %s: %s", *path,
			    strerror(strict ? -fd : errno));
	free(*path);
	*path = xasprintf("/proc/self/fd/%d", fd);
	return 0;
}

/*
 * Replaces the paths of the store in this process's spec by descriptors. We are
 * still the caller here, as the kernel sees it; container root will not be.
 */
int step_hold_store(struct launch *l, struct err *e)
{
	struct spec *s = xmalloc(sizeof(*s));
	char *run_dir = xstrdup(l->run_dir);
	int r;

	*s = *l->spec;
	s->rootfs.layers = (struct strv){};
	strv_copy(&s->rootfs.layers, &l->spec->rootfs.layers);
	r = hold(&run_dir, false, e);
	for (size_t i = 0; !r && i < s->rootfs.layers.n; i++)
		r = hold(&s->rootfs.layers.v[i], false, e);
	if (!r && s->rootfs.state_dir && !s->rootfs.tmpfs) {
		s->rootfs.state_dir = xstrdup(s->rootfs.state_dir);
		r = hold(&s->rootfs.state_dir, false, e);
	}
	if (!r && s->rootfs.dir) {
		s->rootfs.dir = xstrdup(s->rootfs.dir);
		r = hold(&s->rootfs.dir, !s->bare, e);
	}
	l->run_dir = run_dir;
	l->spec = s;
	return r;
}

int step_rootfs(struct launch *l, struct err *e)
{
	enum rootfs_driver want = l->driver;
	int r = -EINVAL;

	if (want == ROOTFS_DIR)
		return rootfs_dir(l, e);
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		struct err why = {};

		if (want != ROOTFS_AUTO && want != drivers[i].driver)
			continue;
		r = drivers[i].make(l, &why);
		if (!r) {
			log_debug("root file system: %s", drivers[i].name);
			return 0;
		}
		log_debug("root file system: %s does not work here: %s", drivers[i].name, why.msg);
		if (want != ROOTFS_AUTO)
			return fail(e, -r, "storage driver %s: %s", drivers[i].name, why.msg);
		/* A server of ours is needed, perhaps: the launch starts anew. */
		if (l->lender)
			borrow_give_up(l);
		/* The first reason is the one to mend: the others are makeshifts. */
		if (!i)
			*e = why;
	}
	return r;
}

int step_readonly_root(struct launch *l, struct err *e)
{
	int r = sys_mount_setattr(l->c.root, "", AT_EMPTY_PATH, MOUNT_ATTR_RDONLY, 0, 0);

	return r < 0 ? fail(e, -r, "cannot make the root file system read-only: %s", strerror(-r))
		     : 0;
}

int step_root_propagation(struct launch *l, struct err *e)
{
	if (mount(NULL, "/", NULL, l->spec->propagation, NULL) < 0)
		return fail_errno(e, "cannot set how mounts of the root propagate");
	return 0;
}

/* The old root goes onto the new one and is detached: no way back, no chroot to break out of. */
int step_pivot(struct launch *l, struct err *e)
{
	int r;

	if (fchdir(l->c.root) < 0)
		return fail_errno(e, "cannot enter the root file system");
	if (l->no_pivot)
		return move_root(l, e);
	r = sys_pivot_root(".", ".");
	if (r == -EINVAL)
		return fail(
			e, EINVAL,
			"cannot change the root: the root of this host is the kernel's initial one, "
			"which cannot be moved; mount a file system and switch_root to it first");
	if (r < 0)
		return fail(e, -r, "cannot change the root: %s", strerror(-r));
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return fail_errno(e, "cannot leave the old root");
	return 0;
}
