/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A mount is made in two halves. Its source is opened on the host's side, as a
 * detached clone, before anything of the container is in the way; attributes are
 * set on the clone, so that ":ro" holds, recursively, before the mount can be
 * seen. Its target is resolved inside the new root with RESOLVE_IN_ROOT, made if
 * it is not there, and used through the descriptor: a volume whose owner swaps
 * folders for symlinks meanwhile (CVE-2021-30465, CVE-2024-45310) can neither
 * redirect the mount nor have us create a file outside.
 */
#include <dirent.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "sandbox/internal.h"

/**
 * tmpfs_open - a new tmpfs, detached
 * @options: "key=value" strings, NULL-terminated
 * @attrs: MOUNT_ATTR_*
 *
 * Context: child, after the maps (a tmpfs made before refuses new files: EOVERFLOW).
 * Return: a mount descriptor or -errno.
 */
int tmpfs_open(const char *const *options, uint64_t attrs, struct err *e)
{
	cleanup_close int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	int r = fs < 0 ? fs : sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", "tmpfs", 0);

	for (; r >= 0 && *options; options++) {
		char key[64];
		const char *eq = strchr(*options, '=');

		if (!eq) {
			r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, *options, NULL, 0);
		} else {
			snprintf(key, sizeof(key), "%.*s", (int)MIN(eq - *options, 63), *options);
			r = sys_fsconfig(fs, FSCONFIG_SET_STRING, key, eq + 1, 0);
		}
		if (r < 0)
			return fail(e, -r, "tmpfs option \"%s\": %s", *options, strerror(-r));
	}
	if (r >= 0)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r >= 0)
		r = sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)attrs);
	return r < 0 ? fail(e, -r, "cannot make a tmpfs: %s", strerror(-r)) : r;
}

/**
 * mount_attach - put a detached mount in place, by descriptors alone
 * @what: for the message
 */
int mount_attach(int mountfd, int targetfd, const char *what, struct err *e)
{
	int r = sys_move_mount(mountfd, "", targetfd, "",
			       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);

	return r < 0 ? fail(e, -r, "cannot mount %s: %s", what, strerror(-r)) : 0;
}

/* make_file - an empty file inside a root, and the folders above it; an O_PATH descriptor */
int make_file(int rootfd, const char *path)
{
	cleanup_free char *parent = xstrdup(path);
	char *slash = strrchr(parent, '/');
	cleanup_close int dir = -1;
	int fd;

	*slash = '\0';
	dir = mkdir_p_in_root(rootfd, parent, 0755);
	if (dir < 0)
		return dir;
	fd = openat(dir, slash + 1, O_CREAT | O_EXCL | O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	close_fd(fd);
	fd = openat(dir, slash + 1, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/*
 * spec_check() refuses targets below /proc and /sys by name; a symlink of the image
 * gets there as well (CVE-2023-27561, CVE-2023-28642).
 */
static int refuse_kernel_fs(int target, const char *path, struct err *e)
{
	struct statfs fs;

	if (fstatfs(target, &fs) < 0)
		return fail_errno(e, "cannot look at %s inside the container", path);
	if (fs.f_type != PROC_SUPER_MAGIC && fs.f_type != SYSFS_MAGIC)
		return 0;
	return fail(
		e, EINVAL,
		"%s leads to the kernel's own files in the container: nothing is mounted over them",
		path);
}

/**
 * mount_target - the place of a mount inside the new root, made when it is not there
 * @rootfd: the new root
 * @path: absolute
 * @dir: a folder is mounted
 *
 * Return: an O_PATH descriptor or -errno.
 */
int mount_target(int rootfd, const char *path, bool dir, struct err *e)
{
	int fd = open_in_root(rootfd, path, O_PATH, 0), r;
	struct stat st;

	if (fd == -ENOENT) {
		fd = dir ? mkdir_p_in_root(rootfd, path, 0755) : make_file(rootfd, path);
		if (fd == -EROFS || fd == -EACCES || fd == -EPERM)
			return fail(
				e, -fd,
				"%s is not in the root file system, and cannot be made there: %s",
				path, strerror(-fd));
	}
	if (fd < 0)
		return fail(e, -fd, "cannot reach %s inside the container: %s", path,
			    strerror(-fd));
	r = refuse_kernel_fs(fd, path, e);
	if (r < 0) {
		close_fd(fd);
		return r;
	}
	if (!fstat(fd, &st) && S_ISDIR(st.st_mode) != dir) {
		close_fd(fd);
		return fail(e, dir ? ENOTDIR : EISDIR,
			    "%s is %s in the container, and %s on the host", path,
			    dir ? "a file" : "a folder", dir ? "a folder" : "a file");
	}
	return fd;
}

/**
 * tree_open - a clone of the mounts at a path of the host
 * @strict: no symbolic link on the way: they were followed when the spec was made
 *
 * Return: a mount descriptor, -ELOOP, or another -errno.
 */
int tree_open(const char *path, bool strict, bool recursive)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0);
	cleanup_close int fd = strict ? open_no_links(path, O_PATH) : -1;

	if (strict)
		return fd < 0 ? fd : sys_open_tree(fd, "", flags | AT_EMPTY_PATH);
	return sys_open_tree(AT_FDCWD, path, flags);
}

/*
 * source_open - what a bind shows, detached; -1 when it is not there and need not be
 * @strict: see tree_open()
 */
int source_open(const struct mount_spec *m, bool strict, struct err *e)
{
	int fd = tree_open(m->source, strict, m->recursive), r;

	if (fd >= 0)
		return fd;
	if (fd == -ENOENT && m->optional)
		return -1;
	r = fail(e, -fd, "cannot bind %s: %s", m->source, strerror(-fd));
	if (fd == -ELOOP && strict)
		return fail_hint(
			e, r,
			"a part of it has become a symbolic link since the container was made");
	return fd == -EINVAL
		       ? fail_hint(
				 e, r,
				 "something is mounted below it that may not be left out; bind it recursively (rbind)")
		       : r;
}

/* source_failed - the options of a bind that the kernel has refused */
int source_failed(const struct mount_spec *m, int r, struct err *e)
{
	r = fail(e, -r, "cannot set the options of the bind of %s: %s", m->source, strerror(-r));
	return r == -EPERM
		       ? fail_hint(
				 e, r,
				 "the host's mount there is locked with stricter options (ro, nosuid, nodev or noexec): ask for the same")
		       : r;
}

static int clone_source(const struct mount_spec *m, struct err *e)
{
	/* The store's own path is the user's business. */
	int fd = source_open(m, !m->volume, e), r;

	if (fd < 0)
		return fd;
	r = sys_mount_setattr(fd, "", AT_EMPTY_PATH | (m->recursive ? AT_RECURSIVE : 0),
			      m->attr_set, m->attr_clr,
			      m->propagation ? m->propagation : MS_PRIVATE);
	if (r < 0) {
		close_fd(fd);
		return source_failed(m, r, e);
	}
	return fd;
}

int step_user_sources(struct launch *l, struct err *e)
{
	const struct mounts *m = &l->spec->mounts;

	if (!m->n)
		return 0;
	l->c.sources = xmalloc(m->n * sizeof(int));
	for (size_t i = 0; i < m->n; i++) {
		l->c.sources[i] = -1;
		if (streq(m->v[i].type, "bind")) {
			int fd = clone_source(&m->v[i], e);

			if (fd < -1)
				return fd;
			l->c.sources[i] = fd;
		}
	}
	return 0;
}

/* Files that the image keeps below a tmpfs's mount point are copied up by docker; we copy none. */
static int mount_tmpfs(struct launch *l, const struct mount_spec *m, struct err *e)
{
	cleanup_close int target = mount_target(l->c.root, m->target, true, e);
	cleanup_close int fd = -1;
	struct strv options = {};

	if (target < 0)
		return target;
	strv_copy(&options, &m->data);
	strv_add(&options, "mode=1777"); /* the last one wins, so ours goes first */
	for (size_t i = options.n - 1; i > 0; i--) {
		char *last = options.v[i];

		options.v[i] = options.v[i - 1];
		options.v[i - 1] = last;
	}
	fd = tmpfs_open((const char *const *)options.v, m->attr_set & ~MOUNT_ATTR_RDONLY, e);
	strv_free(&options);
	if (fd < 0)
		return fail_in(e, fd, "%s", m->target);
	if (m->attr_set & MOUNT_ATTR_RDONLY)
		sys_mount_setattr(fd, "", AT_EMPTY_PATH, MOUNT_ATTR_RDONLY, 0, 0);
	return mount_attach(fd, target, m->target, e);
}

static bool is_empty(int dir)
{
	int copy = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *de;
	bool empty = d != NULL;

	while (d && empty && (de = readdir(d)))
		empty = streq(de->d_name, ".") || streq(de->d_name, "..");
	if (d)
		closedir(d);
	else
		close_fd(copy);
	return empty;
}

/*
 * An empty volume begins with what the image has at its place, as docker's and podman's.
 * Whoever shares the volume may swap folders meanwhile: no path of it is ever followed.
 */
static int fill_volume(const struct mount_spec *m, int source, int target, struct err *e)
{
	cleanup_close int to = openat(source, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_close int from = -1;
	int r;

	if (to < 0)
		return fail_errno(e, "cannot open volume %s", m->volume);
	if (!is_empty(to))
		return 0;
	from = openat(target, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from < 0)
		return fail_errno(e, "cannot open %s inside the container", m->target);
	r = copy_up(from, to);
	return r < 0 ? fail(e, -r, "cannot copy %s of the image into volume %s: %s", m->target,
			    m->volume, strerror(-r))
		     : 0;
}

static int mount_bind(struct launch *l, const struct mount_spec *m, int source, struct err *e)
{
	cleanup_close int target = -1;
	struct stat st;

	if (fstat(source, &st) < 0)
		return fail_errno(e, "cannot bind %s", m->source);
	target = mount_target(l->c.root, m->target, S_ISDIR(st.st_mode), e);
	if (target < 0)
		return target;
	if (m->volume && !m->nocopy && !(m->attr_set & MOUNT_ATTR_RDONLY)) {
		int r = fill_volume(m, source, target, e);

		if (r < 0)
			return r;
	}
	return mount_attach(source, target, m->target, e);
}

int step_user_mounts(struct launch *l, struct err *e)
{
	const struct mounts *m = &l->spec->mounts;
	int r = cover_bind(l, m->n, l->c.root, e);

	for (size_t i = 0; !r && i < m->n; i++) {
		if (l->c.sources[i] >= 0) {
			r = mount_bind(l, &m->v[i], l->c.sources[i], e);
			if (!r)
				r = cover_bind(l, i, l->c.sources[i], e);
		} else if (streq(m->v[i].type, "tmpfs"))
			r = mount_tmpfs(l, &m->v[i], e);
	}
	return r;
}

#define SCRATCH ".sandbox"

/* A file in the /dev tmpfs, as a detached bind. */
static int make_file_mount(struct launch *l, const struct buf *text)
{
	cleanup_close int file = openat(l->c.dev, SCRATCH,
					O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
	int r, mount;

	if (file < 0)
		return -errno;
	r = write_full(file, text->data, text->len);
	if (r < 0)
		return r;
	mount = sys_open_tree(file, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (mount >= 0)
		sys_mount_setattr(mount, "", AT_EMPTY_PATH,
				  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					  (l->spec->rootfs.readonly ? MOUNT_ATTR_RDONLY : 0),
				  0, 0);
	return mount;
}

/*
 * The image has no say in these files: a symlink at that name, which images of
 * whole systems have for resolv.conf, is covered itself and never followed.
 */
static int file_target(struct launch *l, const char *path, struct err *e)
{
	cleanup_close int fd = open_in_root(l->c.root, path, O_PATH | O_NOFOLLOW, 0);
	struct stat st;
	int r;

	if (fd < 0)
		return mount_target(l->c.root, path, false, e);
	r = refuse_kernel_fs(fd, path, e);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)))
		return fail(
			e, EINVAL,
			"%s of the root file system is not a plain file; such an image is refused",
			path);
	return take_fd(&fd);
}

/* One file of ours in /etc. Once mounted it needs no name: the kernel wants one only until then. */
static int place_file(struct launch *l, const char *path, const struct buf *text, struct err *e)
{
	cleanup_close int target = -1, mount = -1;
	int r;

	if (!text->len)
		return 0;
	target = file_target(l, path, e);
	if (target < 0)
		return target;
	mount = make_file_mount(l, text);
	r = mount < 0 ? fail(e, -mount, "cannot make %s: %s", path, strerror(-mount))
		      : mount_attach(mount, target, path, e);
	unlinkat(l->c.dev, SCRATCH, 0);
	return r;
}

static bool user_mounts_at(const struct spec *s, const char *path)
{
	for (size_t i = 0; i < s->mounts.n; i++) {
		if (streq(s->mounts.v[i].target, path))
			return true;
	}
	return false;
}

int step_files(struct launch *l, struct err *e)
{
	const struct {
		const char *path;
		const struct buf *text;
	} rows[] = {{"/etc/hosts", &l->files->hosts},
		    {"/etc/resolv.conf", &l->files->resolv_conf},
		    {"/etc/hostname", &l->files->hostname}};
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(rows); i++) {
		if (!user_mounts_at(l->spec, rows[i].path))
			r = place_file(l, rows[i].path, rows[i].text, e);
	}
	return r;
}
