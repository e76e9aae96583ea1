/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices of a bare spec: the six that every container has, the links beside them, and
 * those that config.json names by number. Root makes nodes; a user, who cannot, gets a bind
 * of the host's node, which has to be the very device that was asked for. What the root has
 * at such a name already is used when it is no symlink, and covered (runc CVE-2026-41579).
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "sandbox/internal.h"

static const struct {
	const char *name;
	unsigned major, minor;
} nodes[] = {
	{"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
	{"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
};

static const struct {
	const char *name, *target;
} links[] = {
	{"fd", "/proc/self/fd"},
	{"stdin", "/proc/self/fd/0"},
	{"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"},
};

static mode_t node_type(const struct device_spec *d)
{
	return d->type == 'b' ? S_IFBLK : d->type == 'p' ? S_IFIFO : S_IFCHR;
}

static bool is_device(const struct stat *st, const struct device_spec *d)
{
	return (st->st_mode & S_IFMT) == node_type(d) &&
	       (d->type == 'p' || st->st_rdev == makedev(d->major, d->minor));
}

/* The folder of a device inside the root, made when it is not there. */
static int open_parent(struct launch *l, const char *path, const char **name, struct err *e)
{
	cleanup_free char *parent = xstrdup(path);
	char *slash = strrchr(parent, '/');
	int dir;

	*name = path + (slash - parent) + 1;
	*slash = '\0';
	dir = mkdir_p_in_root(l->c.root, parent, 0755);
	return dir < 0 ? fail(e, -dir, "cannot make the folder of %s: %s", path, strerror(-dir))
		       : dir;
}

/**
 * node_place - what a device is bound over: a file that is made when it is not there
 * @path: of it, for messages
 *
 * Return: a new descriptor, or -errno.
 */
int node_place(int dir, const char *name, const char *path, struct err *e)
{
	cleanup_close int fd = openat(
		dir, name, O_CREAT | O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_EXCL | O_CLOEXEC, 0666);
	struct stat st;

	if (fd < 0 && errno == EEXIST)
		fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_errno(e, "cannot make %s", path);
	if (S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode))
		return fail(e, EINVAL, "%s of the root file system is %s; such a root is refused",
			    path, S_ISLNK(st.st_mode) ? "a symlink" : "a folder");
	return take_fd(&fd);
}

static int bind_node(const struct device_spec *d, int dir, const char *name, struct err *e)
{
	cleanup_close int mount = sys_open_tree(
		AT_FDCWD, d->target, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	cleanup_close int target = -1;
	struct stat st;

	if (mount < 0)
		return fail(
			e, -mount,
			"device %s: only root makes nodes, and the host has none there to bind: %s",
			d->target, strerror(-mount));
	if (fstat(mount, &st) < 0 || !is_device(&st, d))
		return fail(
			e, ENODEV,
			"device %s: only root makes nodes, and the host's is not the device %u:%u",
			d->target, d->major, d->minor);
	target = node_place(dir, name, d->target, e);
	return target < 0 ? target : mount_attach(mount, target, d->target, e);
}

/*
 * Owner and mode, beside the umask and where the file system hands groups down. By descriptor:
 * others may write to the folder, and we are still where the host's files are.
 */
static int own_node(const struct device_spec *d, int dir, const char *name, struct err *e)
{
	cleanup_close int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	char self[32];

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_errno(e, "cannot open %s", d->target);
	if (!is_device(&st, d))
		return fail(e, EINVAL, "%s was replaced while it was made", d->target);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (fchownat(fd, "", d->uid, d->gid, AT_EMPTY_PATH) < 0 || chmod(self, d->mode) < 0)
		return fail_errno(e, "cannot set the owner and mode of %s", d->target);
	return 0;
}

static int make_node(struct launch *l, const struct device_spec *d, struct err *e)
{
	const char *name;
	cleanup_close int dir = open_parent(l, d->target, &name, e);
	struct stat st;

	if (dir < 0)
		return dir;
	if (!mknodat(dir, name, node_type(d) | (d->mode & 0777),
		     d->type == 'p' ? 0 : makedev(d->major, d->minor)))
		return own_node(d, dir, name, e);
	if (errno == EEXIST && !fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) && is_device(&st, d))
		return 0;
	if (errno != EPERM && errno != EEXIST)
		return fail_errno(e, "cannot make the device %s", d->target);
	if (d->type == 'p')
		return fail(e, EEXIST, "%s is in the root file system, and no FIFO", d->target);
	return bind_node(d, dir, name, e);
}

/* A link that is there already is the root's own choice. */
static int make_link(int dev, const char *name, const char *target, struct err *e)
{
	if (symlinkat(target, dev, name) < 0 && errno != EEXIST)
		return fail_errno(e, "cannot make /dev/%s", name);
	return 0;
}

/* /dev/ptmx leads to the container's own terminals, not to what the root or the host has there. */
static int link_ptmx(int dev, struct err *e)
{
	struct stat st;

	if (fstatat(dev, "pts", &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	if (unlinkat(dev, "ptmx", 0) < 0 && errno != ENOENT)
		return fail_errno(e, "cannot replace /dev/ptmx");
	return make_link(dev, "ptmx", "pts/ptmx", e);
}

/* Who binds a /dev of his own gets it as it is. */
static bool binds_dev(const struct spec *s)
{
	for (size_t i = 0; i < s->mounts.n; i++) {
		if (streq(s->mounts.v[i].target, "/dev") && streq(s->mounts.v[i].type, "bind"))
			return true;
	}
	return false;
}

static bool named_again(const struct spec *s, const char *path)
{
	for (size_t i = 0; i < s->devices.n; i++) {
		if (streq(s->devices.v[i].target, path))
			return true;
	}
	return false;
}

static int open_dev(struct launch *l, struct err *e)
{
	if (mkdirat(l->c.root, "dev", 0755) < 0 && errno != EEXIST && errno != EROFS &&
	    errno != EACCES)
		return fail_errno(e, "the root file system has no /dev, and it cannot be made");
	l->c.dev = openat(l->c.root, "dev", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return l->c.dev < 0
		       ? fail(e, errno,
			      "/dev of the root file system is not a plain folder; such a root is refused")
		       : 0;
}

int step_oci_devices(struct launch *l, struct err *e)
{
	const struct devices *d = &l->spec->devices;
	int r = open_dev(l, e);

	if (r < 0)
		return r;
	for (size_t i = 0; !r && i < ARRAY_SIZE(nodes) && !binds_dev(l->spec); i++) {
		const struct device_spec one = {.target = (char *)nodes[i].name,
						.type = 'c',
						.major = nodes[i].major,
						.minor = nodes[i].minor,
						.mode = 0666};

		if (!named_again(l->spec, one.target))
			r = make_node(l, &one, e);
	}
	for (size_t i = 0; !r && i < d->n; i++) {
		r = make_node(l, &d->v[i], e);
		if (r < 0)
			return fail_in(e, r, "linux.devices[%zu]", i);
	}
	for (size_t i = 0; !r && i < ARRAY_SIZE(links) && !binds_dev(l->spec); i++)
		r = make_link(l->c.dev, links[i].name, links[i].target, e);
	return r < 0 || binds_dev(l->spec) ? r : link_ptmx(l->c.dev, e);
}
