/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev is always a fresh tmpfs: what an image has there is never used (runc
 * CVE-2026-41579, crun CVE-2026-47766). A user cannot make device nodes, so the
 * six harmless ones are clones of the host's, checked to be what they are called.
 */
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "sandbox/internal.h"

static const struct {
	const char *name;
	unsigned major, minor;
} nodes[] = {
	{"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
	{"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
};
_Static_assert(ARRAY_SIZE(nodes) == ARRAY_SIZE(((struct launch *)0)->c.nodes), "one fd a node");

static const struct {
	const char *name, *target;
} links[] = {
	{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},
};

int step_dev_nodes(struct launch *l, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		char path[32];
		struct stat st;
		int fd;

		snprintf(path, sizeof(path), "/dev/%s", nodes[i].name);
		fd = sys_open_tree(AT_FDCWD, path,
				   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
		if (fd < 0)
			return fail(e, -fd, "cannot clone the host's %s: %s", path, strerror(-fd));
		if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) ||
		    st.st_rdev != makedev(nodes[i].major, nodes[i].minor)) {
			close_fd(fd);
			return fail(e, ENODEV, "the host's %s is not the device %u:%u", path,
				    nodes[i].major, nodes[i].minor);
		}
		l->c.nodes[i] = fd;
	}
	return 0;
}

/* By name: nobody else is in the fresh /dev yet. */
static int attach_at(struct launch *l, const char *name, int mountfd, struct err *e)
{
	int r = sys_move_mount(mountfd, "", l->c.dev, name, MOVE_MOUNT_F_EMPTY_PATH);

	return r < 0 ? fail(e, -r, "cannot mount /dev/%s: %s", name, strerror(-r)) : 0;
}

static int attach_node(struct launch *l, const char *name, int mountfd, struct err *e)
{
	if (mknodat(l->c.dev, name, S_IFREG | 0666, 0) < 0)
		return fail_errno(e, "cannot make /dev/%s", name);
	return attach_at(l, name, mountfd, e);
}

static int attach_below(struct launch *l, const char *name, int mountfd, struct err *e)
{
	if (mkdirat(l->c.dev, name, 0755) < 0)
		return fail_errno(e, "cannot make /dev/%s", name);
	return attach_at(l, name, mountfd, e);
}

static int make_pts(struct launch *l, struct err *e)
{
	cleanup_close int fs = sys_fsopen("devpts", FSOPEN_CLOEXEC);
	cleanup_close int mount = -1;
	uint32_t outside;
	int r = fs < 0 ? fs : sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", "devpts", 0);

	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, "newinstance", NULL, 0);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "ptmxmode", "0666", 0);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0620", 0);
	/* Group 5 is tty; where it is not mapped, terminals stay with their user's group. */
	if (!r && idmap_lookup(&l->plan->gid, 5, &outside))
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "gid", "5", 0);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (!r)
		r = mount = sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	if (r < 0)
		return fail(e, -r, "cannot make a devpts: %s", strerror(-r));
	return attach_below(l, "pts", mount, e);
}

static int make_shm(struct launch *l, struct err *e)
{
	char size[32];
	const char *const options[] = {"mode=1777", size, NULL};
	cleanup_close int mount = -1;

	if (l->spec->ns[NS_IPC].mode == NS_HOST) {
		mount = sys_open_tree(AT_FDCWD, "/dev/shm", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	} else {
		snprintf(size, sizeof(size), "size=%llu", (unsigned long long)l->spec->shm_size);
		mount = tmpfs_open(options,
				   MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, e);
		if (mount < 0)
			return mount;
	}
	return mount < 0 ? 0 : attach_below(l, "shm", mount, e);
}

int step_dev(struct launch *l, struct err *e)
{
	static const char *const options[] = {"mode=755", "size=65536k", NULL};
	int r;

	l->c.dev = tmpfs_open(options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, e);
	if (l->c.dev < 0)
		return l->c.dev;
	r = attach_plain(l, l->c.dev, "dev", e);
	for (size_t i = 0; !r && i < ARRAY_SIZE(nodes); i++)
		r = attach_node(l, nodes[i].name, l->c.nodes[i], e);
	for (size_t i = 0; !r && i < ARRAY_SIZE(links); i++) {
		if (symlinkat(links[i].target, l->c.dev, links[i].name) < 0)
			r = fail_errno(e, "cannot make /dev/%s", links[i].name);
	}
	if (!r)
		r = make_pts(l, e);
	if (!r)
		r = make_shm(l, e);
	if (!r && l->c.mqueue >= 0)
		r = attach_below(l, "mqueue", l->c.mqueue, e);
	l->c.null = l->c.nodes[0];
	return r;
}

/* --device: a node that the user may open on the host, as a bind */
static int add_device(struct launch *l, const struct device_spec *d, struct err *e)
{
	cleanup_close int mount = sys_open_tree(AT_FDCWD, d->source,
						OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	cleanup_close int target = -1;
	struct stat st;

	if (mount < 0)
		return fail(e, -mount, "device %s: %s", d->source, strerror(-mount));
	if (fstat(mount, &st) < 0 || (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)))
		return fail(e, ENODEV, "%s is not a device", d->source);
	target = mount_target(l->c.root, d->target, false, e);
	if (target < 0)
		return target;
	if (!d->write)
		sys_mount_setattr(mount, "", AT_EMPTY_PATH, MOUNT_ATTR_RDONLY, 0, 0);
	return mount_attach(mount, target, d->target, e);
}

int step_devices(struct launch *l, struct err *e)
{
	int r = 0;

	for (size_t i = 0; !r && i < l->spec->devices.n; i++)
		r = add_device(l, &l->spec->devices.v[i], e);
	return r;
}
