/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A root that lacks mount points and cannot be written: shared by many over a network, owned
 * by somebody else, read-only. Slurm adds mounts to configurations for such roots. They get
 * an overlay whose upper layer is in memory, for this container alone.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "sandbox/internal.h"

static bool is_below(const char *path, const char *above)
{
	size_t n = strlen(above);

	return !strncmp(path, above, n) && path[n] == '/';
}

/* What lies in another mount is made there, when that is mounted. */
static bool in_other_mount(const struct mounts *m, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (is_below(m->v[i].target, m->v[k].target))
			return true;
	}
	return false;
}

/* Return: 0, also for what fails in another way: the mount itself will say it better. */
static int make_point(struct launch *l, size_t i)
{
	const char *target = l->spec->mounts.v[i].target;
	int source = l->c.sources[i];
	cleanup_close int fd = open_in_root(l->c.root, target, O_PATH, 0);
	struct stat st;
	bool dir = source < 0 || fstat(source, &st) < 0 || S_ISDIR(st.st_mode);

	if (fd != -ENOENT)
		return 0;
	fd = dir ? mkdir_p_in_root(l->c.root, target, 0755) : make_file(l->c.root, target);
	return fd == -EROFS || fd == -EACCES || fd == -EPERM ? fd : 0;
}

static int make_layers(int mount)
{
	if (mkdirat(mount, "upper", 0755) < 0 || mkdirat(mount, "work", 0755) < 0)
		return -errno;
	return 0;
}

static int set_layer(int fs, const char *key, int fd, const char *below)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d%s", fd, below);
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, path, 0);
}

/* @root below, @memory above; both have to be attached in our mount namespace. */
static int make_overlay(int root, int memory, uint64_t attrs)
{
	cleanup_close int fs = sys_fsopen("overlay", FSOPEN_CLOEXEC);
	int r = fs < 0 ? fs : sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", "overlay", 0);

	if (!r)
		r = set_layer(fs, "lowerdir", root, "");
	if (!r)
		r = set_layer(fs, "upperdir", memory, "/upper");
	if (!r)
		r = set_layer(fs, "workdir", memory, "/work");
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	return r < 0 ? r : sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)attrs);
}

static int attach_over(int mount, const char *at)
{
	cleanup_close int target = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return target < 0 ? -errno : mount_attach(mount, target, at, NULL);
}

static int cover_root(struct launch *l, const char *at, uint64_t attrs)
{
	static const char *const options[] = {"mode=755", NULL};
	cleanup_close int memory = tmpfs_open(options, MOUNT_ATTR_NODEV, NULL), overlay = -1;
	int r = memory < 0 ? memory : attach_over(memory, at);

	if (!r)
		r = make_layers(memory);
	if (!r)
		r = overlay = make_overlay(l->c.root, memory, attrs);
	if (r >= 0)
		r = attach_over(overlay, at);
	if (r < 0)
		return r;
	close_fd(l->c.root);
	l->c.root = take_fd(&overlay);
	return 0;
}

/**
 * oci_mount_points - see that every mount has its place, over a root that cannot be written as well
 * @at: where the root is attached
 * @attrs: MOUNT_ATTR_* of the root
 *
 * Context: child, before the mounts.
 * Return: 0 or -errno.
 */
int oci_mount_points(struct launch *l, const char *at, uint64_t attrs, struct err *e)
{
	const struct mounts *m = &l->spec->mounts;

	for (size_t i = 0; i < m->n; i++) {
		int lacking = in_other_mount(m, i) ? 0 : make_point(l, i), r;

		if (!lacking)
			continue;
		r = cover_root(l, at, attrs);
		if (r < 0)
			return fail(
				e, -lacking,
				"mounts[%zu]: %s is not in the root file system and cannot be made there: %s; nor can an overlay in memory lie over it: %s",
				i, m->v[i].target, strerror(-lacking), strerror(-r));
		log_debug("the root lacks %s and cannot be written: it gets an overlay in memory",
			  m->v[i].target);
		return 0;
	}
	return 0;
}
