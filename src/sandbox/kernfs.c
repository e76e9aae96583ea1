/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * proc, sysfs, mqueue and cgroup2 are made as detached mounts, before the root
 * file system exists: nothing in an image can stand in for them. Sysctls are
 * written through the detached proc. Masks are attached by names below the
 * descriptors of those mounts, where the names are the kernel's, and by descriptors everywhere
 * else; the mask of a file is a node that was checked to be the null device: a name in the
 * image is never trusted to be one (runc CVE-2025-31133).
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "sandbox/internal.h"

#define EMPTY        ".empty" /* in the fresh /dev, for a moment */
#define KERNEL_ATTRS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* A new instance of a kernel file system, detached. */
static int fs_new(const char *type, uint64_t attrs)
{
	cleanup_close int fs = sys_fsopen(type, FSOPEN_CLOEXEC);
	int r;

	if (fs < 0)
		return fs;
	r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", type, 0);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r < 0)
		return r;
	return sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)attrs);
}

/* fs_clone - the host's own instance, for a namespace that is shared with it; detached */
int fs_clone(const char *path, uint64_t attrs)
{
	int fd = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	int r;

	if (fd < 0)
		return fd;
	r = sys_mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, attrs, 0, MS_PRIVATE);
	if (r < 0) {
		close_fd(fd);
		return r;
	}
	return fd;
}

static int open_proc(struct launch *l, struct err *e)
{
	bool own = l->spec->ns[NS_PID].mode == NS_PRIVATE;
	int fd = own ? fs_new("proc", KERNEL_ATTRS) : fs_clone("/proc", KERNEL_ATTRS);

	if (fd == -EPERM && own) {
		fail(e, EPERM, "the kernel refuses a new /proc");
		return fail_hint(
			e, -EPERM,
			"the /proc of this host is partly masked (are we inside a container?): run it "
			"with an unmasked /proc, or share the process namespace with --pid=host");
	}
	if (fd < 0)
		return fail(e, -fd, "cannot open a new /proc: %s", strerror(-fd));
	l->c.proc = fd;
	return 0;
}

/*
 * sysfs shows the network namespace, so a new one is the container's own; where
 * the kernel refuses it, the host's is shown, read-only like ours.
 */
static int open_sys(struct launch *l, struct err *e)
{
	uint64_t attrs = KERNEL_ATTRS | (l->spec->sec.privileged ? 0 : MOUNT_ATTR_RDONLY);
	int fd = -EPERM;

	if (l->spec->ns[NS_NET].mode == NS_PRIVATE)
		fd = fs_new("sysfs", attrs);
	if (fd == -EPERM)
		fd = fs_clone("/sys", attrs | MOUNT_ATTR_RDONLY);
	if (fd < 0)
		return fail(e, -fd, "cannot open /sys: %s", strerror(-fd));
	l->c.sys = fd;
	return 0;
}

int step_kernel_mounts(struct launch *l, struct err *e)
{
	int r = open_proc(l, e);

	if (!r)
		r = open_sys(l, e);
	if (r < 0)
		return r;
	/* A kernel may lack these two; a container can do without. */
	l->c.mqueue = l->spec->ns[NS_IPC].mode == NS_PRIVATE ? fs_new("mqueue", KERNEL_ATTRS) : -1;
	l->c.cgroup = l->spec->ns[NS_CGROUP].mode == NS_PRIVATE
			      ? fs_new("cgroup2", KERNEL_ATTRS | MOUNT_ATTR_RDONLY)
			      : -1;
	return 0;
}

/*
 * attach_plain - mount a detached file system of ours at a folder in "/" of the container
 *
 * The mount point in the image must be a plain folder: through a symlink writes meant for /proc
 * would land elsewhere (CVE-2019-16884, CVE-2019-19921). move_mount() follows none at the end of a
 * path, and mounts no folder over one.
 */
int attach_plain(struct launch *l, int mountfd, const char *name, struct err *e)
{
	int r = sys_move_mount(mountfd, "", l->c.root, name, MOVE_MOUNT_F_EMPTY_PATH);
	struct stat st;

	if (r == -ENOENT) {
		if (mkdirat(l->c.root, name, 0755) < 0)
			return fail_errno(
				e, "the root file system has no /%s, and it cannot be made", name);
		r = sys_move_mount(mountfd, "", l->c.root, name, MOVE_MOUNT_F_EMPTY_PATH);
	}
	if (r < 0 && !fstatat(l->c.root, name, &st, AT_SYMLINK_NOFOLLOW) && !S_ISDIR(st.st_mode))
		return fail(e, ENOTDIR,
			    "/%s of the root file system is not a plain folder; "
			    "such an image is refused",
			    name);
	return r < 0 ? fail(e, -r, "cannot mount /%s: %s", name, strerror(-r)) : 0;
}

int step_attach_kernel(struct launch *l, struct err *e)
{
	int r = attach_plain(l, l->c.proc, "proc", e);

	if (!r)
		r = attach_plain(l, l->c.sys, "sys", e);
	if (!r && l->c.cgroup >= 0) {
		cleanup_close int target = openat(l->c.sys, "fs/cgroup",
						  O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (target >= 0)
			r = mount_attach(l->c.cgroup, target, "cgroup", e);
	}
	return r;
}

/* The mount on which masked and read-only paths lie, and the rest of the path below it. */
static int kernel_base(struct launch *l, const char **path)
{
	if (l->c.proc >= 0 && str_has_prefix(*path, "/proc/")) {
		*path += strlen("/proc/");
		return l->c.proc;
	}
	if (l->c.sys >= 0 && str_has_prefix(*path, "/sys/")) {
		*path += strlen("/sys/");
		return l->c.sys;
	}
	while (**path == '/')
		(*path)++;
	return l->c.root;
}

/*
 * config.json may mount several at one place, in its order: the payload sees the last one. It has
 * to be one still: who shares the root could have put a folder of his own there (CVE-2025-52881).
 */
static int take_top(struct launch *l, int *mount, const char *path, struct err *e)
{
	cleanup_close int top = *mount < 0 ? -1
					   : open_in_root(l->c.root, path,
							  O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	struct statfs was, is;

	if (*mount < 0)
		return 0;
	if (top < 0 || fstatfs(top, &is) < 0 || fstatfs(*mount, &was) < 0 ||
	    is.f_type != was.f_type)
		return fail(
			e, EINVAL,
			"%s of the container is not what was mounted there: nothing in it could be masked",
			path);
	*mount = take_fd(&top);
	return 0;
}

/*
 * A bare spec has no /dev of ours, from which the null device would come. The host's is opened
 * where it is and cloned for each mask: before Linux 6.15 what is detached cannot be cloned.
 */
static int open_null(struct launch *l, struct err *e)
{
	struct stat st;

	l->c.null = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (l->c.null < 0 || fstat(l->c.null, &st) < 0)
		return fail_errno(e, "cannot open the host's /dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return fail(e, ENODEV, "the host's /dev/null is not the device 1:3");
	return 0;
}

/* What a mask covers a folder with: nothing can be made in it, by whatever mount it is reached. */
static int open_empty(struct launch *l, struct err *e)
{
	static const char *const options[] = {"size=0", "nr_inodes=1", "mode=555", NULL};
	int fd, r;

	if (l->spec->bare)
		return tmpfs_open(options, KERNEL_ATTRS | MOUNT_ATTR_RDONLY, e);
	/* A folder that was removed will do, and takes no file system of its own. */
	if (mkdirat(l->c.dev, EMPTY, 0555) < 0)
		return fail_errno(e, "cannot make an empty folder");
	fd = sys_open_tree(l->c.dev, EMPTY, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	r = fd < 0 ? fd
		   : sys_mount_setattr(fd, "", AT_EMPTY_PATH, KERNEL_ATTRS | MOUNT_ATTR_RDONLY, 0,
				       0);
	if (r < 0)
		close_fd(fd);
	return r < 0 ? fail(e, -r, "cannot make an empty folder: %s", strerror(-r)) : fd;
}

/* Its name goes, or files could be made there by it. */
static int drop_empty(struct launch *l, struct err *e)
{
	if (!l->spec->bare && unlinkat(l->c.dev, EMPTY, AT_REMOVEDIR) < 0)
		return fail_errno(e, "cannot remove the empty folder of the masks");
	return 0;
}

/*
 * The place of a mask. In our own proc and sysfs the names are the kernel's, so the name itself will
 * do; elsewhere it has to be looked up first, and @held is what it led to.
 */
struct place {
	int base;
	const char *path;
	unsigned flags; /* for move_mount(2) */
	int held;
};

static int find_place(struct launch *l, const char *path, struct place *p)
{
	*p = (struct place){.path = path, .held = -1};
	p->base = kernel_base(l, &p->path);
	if (p->base != l->c.root && !l->spec->bare)
		return 0;
	p->base = p->held = open_in_root(p->base, p->path, O_PATH | O_NOFOLLOW, 0);
	p->path = "";
	p->flags = MOVE_MOUNT_T_EMPTY_PATH;
	return MIN(p->base, 0);
}

static int cover(const struct place *p, int mount, const char *path, struct err *e)
{
	int r = sys_move_mount(mount, "", p->base, p->path, MOVE_MOUNT_F_EMPTY_PATH | p->flags);

	return r < 0 ? fail(e, -r, "cannot cover %s: %s", path, strerror(-r)) : 0;
}

static int mask_one(struct launch *l, const char *path, int *empty, struct err *e)
{
	struct place p;
	cleanup_close int mount = -1;
	struct stat st;
	int r = find_place(l, path, &p);
	cleanup_close int held __unused = p.held;

	if (!r && fstatat(p.base, p.path, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0)
		r = -errno;
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return fail(e, -r, "cannot mask %s: %s", path, strerror(-r));
	/*
	 * Masked already, by a sandbox around us: nothing can be mounted over a folder that is gone. Not
	 * in the tree of config.json, where a file system may count no links and still show files.
	 */
	if (S_ISDIR(st.st_mode) && !st.st_nlink && !l->spec->bare)
		return 0;
	if (S_ISDIR(st.st_mode) && *empty < 0) {
		*empty = open_empty(l, e);
		return *empty < 0 ? *empty : cover(&p, *empty, path, e);
	}
	/* All folders share one: the first is attached, the others are its clones. */
	mount = sys_open_tree(S_ISDIR(st.st_mode) ? *empty : l->c.null, "",
			      AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (mount < 0)
		return fail(e, -mount, "cannot mask %s: %s", path, strerror(-mount));
	return cover(&p, mount, path, e);
}

static int readonly_one(struct launch *l, const char *path, struct err *e)
{
	const unsigned flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_RECURSIVE |
			       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	struct place p;
	int r = find_place(l, path, &p);
	cleanup_close int held __unused = p.held;
	cleanup_close int clone = r < 0 ? r : sys_open_tree(p.base, p.path, flags);

	if (clone == -ENOENT || clone == -ENOTDIR)
		return 0;
	r = clone < 0 ? clone
		      : sys_mount_setattr(clone, "", AT_EMPTY_PATH | AT_RECURSIVE,
					  MOUNT_ATTR_RDONLY, 0, 0);
	if (r < 0)
		return fail(e, -r, "cannot make %s read-only: %s", path, strerror(-r));
	return cover(&p, clone, path, e);
}

int step_masks(struct launch *l, struct err *e)
{
	cleanup_close int empty = -1;
	int r = l->c.null < 0 ? open_null(l, e) : 0;

	if (!r && l->spec->bare)
		r = take_top(l, &l->c.proc, "/proc", e);
	if (!r && l->spec->bare)
		r = take_top(l, &l->c.sys, "/sys", e);
	strv_for_each (path, &l->spec->sec.readonly) {
		if (!r)
			r = readonly_one(l, path, e);
	}
	strv_for_each (path, &l->spec->sec.masked) {
		if (!r)
			r = mask_one(l, path, &empty, e);
	}
	return !r && empty >= 0 ? drop_empty(l, e) : r;
}
