/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Container root is the user. So who binds his home folder gives the container the store (what
 * the next container runs), the configuration, and the sockets of the supervisors, unless that
 * is covered inside the bind: store and configuration by read-only binds of themselves, the
 * runtime folder by an empty tmpfs, because one connects to a socket through a read-only mount,
 * too. A bind of one of them, or of something inside, was asked for by name and stays as it is.
 *
 * A cover alone would not do: who renames a folder above it takes it along, and makes another
 * one in its place. Each folder between the source of the bind and the cover is therefore bound
 * onto itself: the kernel renames and removes no mount point (of the container's own mounts).
 * And a symbolic link on the way cannot be held in place, so a bind with one is refused.
 *
 * covers_find() is the host's side, before the launch. What is above what is found by device
 * and inode, from each folder up, so that symbolic links and bind mounts of folders on that way
 * are recognised. cover_bind() is the container's side; it finds the same inode at the end of
 * the path or the start fails.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "sandbox/internal.h"

struct found {
	struct covers *out;
	const struct spec *spec;
	struct stat
		*sources; /* of the mounts, and last of --rootfs; st_ino 0: not to be looked at */
	bool hide;        /* also where the bind is read-only */
};

static bool is_readonly(const struct spec *s, size_t mount)
{
	return mount < s->mounts.n ? s->mounts.v[mount].attr_set & MOUNT_ATTR_RDONLY
				   : s->rootfs.readonly;
}

/* The last @depth components of an absolute path. */
static const char *tail(const char *path, unsigned depth)
{
	const char *at = path + strlen(path);

	while (at > path && depth) {
		if (*--at == '/')
			depth--;
	}
	return at + 1;
}

/* Walks up from @fd. Return: how many binds hold it; with @path, its canonical one, they are noted. */
static unsigned who_holds(struct found *f, int fd, const char *path, const struct stat *self)
{
	cleanup_close int at = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	struct stat st = {}, last = {};
	unsigned n = 0;

	for (unsigned depth = 0; at >= 0 && !fstat(at, &st); depth++) {
		int up;

		if (depth && st.st_ino == last.st_ino && st.st_dev == last.st_dev)
			break;
		for (size_t i = 0; i <= f->spec->mounts.n; i++) {
			const struct stat *s = &f->sources[i];

			if (!s->st_ino || s->st_ino != st.st_ino || s->st_dev != st.st_dev ||
			    (is_readonly(f->spec, i) && !f->hide) || (self && !depth))
				continue;
			n++;
			if (!path)
				continue;
			f->out->v = xreallocarray(f->out->v, f->out->n + 1, sizeof(*f->out->v));
			f->out->v[f->out->n++] = (struct cover){.mount = i,
								.path = xstrdup(tail(path, depth)),
								.dev = self->st_dev,
								.ino = self->st_ino,
								.hide = f->hide};
		}
		last = st;
		up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close_fd(at);
		at = up;
	}
	return n;
}

/* A link that the container could replace would lead the next command elsewhere. */
static int refuse_links(struct found *f, const char *dir, struct err *e)
{
	cleanup_free char *path = xstrdup(dir);

	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		cleanup_free char *parent = NULL;
		cleanup_close int fd = -1;
		struct stat st;

		if (slash)
			*slash = '\0';
		parent = xstrndup(path, (size_t)MAX(strrchr(path, '/') - path, 1));
		if (!lstat(path, &st) && S_ISLNK(st.st_mode)) {
			fd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
			if (fd >= 0 && who_holds(f, fd, NULL, NULL))
				return fail_hint(
					e,
					fail(e, EPERM,
					     "a bind holds the link %s, on the way to %s, which "
					     "the container could replace",
					     path, dir),
					"bind a folder beside it, or bind it read-only");
		}
		if (!slash)
			return 0;
		*slash = '/';
	}
}

/* What is not there yet must not be made by the container: it is made now. */
static int open_protected(struct found *f, const char *dir, struct err *e)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), r;
	cleanup_free char *above = xstrdup(dir);

	if (fd >= 0 || errno != ENOENT)
		return fd >= 0 ? fd : fail_errno(e, "cannot open %s", dir);
	while (fd < 0 && strrchr(above, '/') > above) {
		*strrchr(above, '/') = '\0';
		fd = open(above, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	r = fd < 0 ? 0 : (int)who_holds(f, fd, NULL, NULL);
	close_fd(fd);
	if (!r)
		return -ENOENT;
	r = mkdir_p(dir, 0700);
	if (r < 0)
		return fail(e, -r, "cannot make %s: %s", dir, strerror(-r));
	free(f->out->made);
	f->out->made = xstrdup(dir);
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? fail_errno(e, "cannot open %s", dir) : fd;
}

static int protect(struct found *f, const char *dir, bool hide, struct err *e)
{
	cleanup_close int fd = -1;
	char link[40], path[PATH_MAX];
	struct err why = {};
	struct stat st;
	ssize_t n;
	int r;

	f->hide = hide;
	r = refuse_links(f, dir, e);
	if (r < 0)
		return r;
	fd = open_protected(f, dir, &why);
	if (fd < 0 && !why.code)
		return 0;
	if (fd < 0) {
		*e = why;
		return fd;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0 || fstat(fd, &st) < 0)
		return fail_errno(e, "cannot look at %s", dir);
	path[n] = '\0';
	who_holds(f, fd, path, &st);
	return 0;
}

/**
 * covers_find - what of sandbox's own the binds of a container hold
 * @dirs: the store and the runtime folder; the configuration's is found as settings are
 * @out: zeroed; covers_free() also after a failure
 *
 * Context: parent, before the launch; one stat for each bind, and nothing without any.
 * Return: 0 or -errno.
 */
int covers_find(const struct spec *s, const struct dirs *dirs, struct covers *out, struct err *e)
{
	cleanup_free struct stat *sources = xcalloc(s->mounts.n + 1, sizeof(*sources));
	cleanup_free char *config = config_dir();
	struct found f = {.out = out, .spec = s, .sources = sources};
	bool any = false;
	int r = 0;

	for (size_t i = 0; i <= s->mounts.n; i++) {
		const char *path = i == s->mounts.n                     ? s->rootfs.dir
				   : streq(s->mounts.v[i].type, "bind") ? s->mounts.v[i].source
									: NULL;

		if (!path || stat(path, &sources[i]) < 0 || !S_ISDIR(sources[i].st_mode))
			sources[i].st_ino = 0;
		any |= sources[i].st_ino != 0;
	}
	if (any)
		r = protect(&f, dirs->store, false, e);
	if (any && !r)
		r = protect(&f, dirs->run, true, e);
	if (any && !r && config)
		r = protect(&f, config, false, e);
	return r;
}

/* covers_free - @failed: there was no container after all, and what was made for it goes */
void covers_free(struct covers *c, bool failed)
{
	if (c->made && failed)
		rmdir(c->made);
	free(c->made);
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].path);
	free(c->v);
	*c = (struct covers){};
}

/* ---- the container's side ---------------------------------------------------------------------- */

/* The mount that is put onto what @fd stands for. */
static int make_cover(const struct cover *c, bool last, int fd, struct err *e)
{
	int mount, r = 0;

	if (last && c->hide)
		return tmpfs_open((const char *const[]){"mode=0555", "size=4k", NULL},
				  MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					  MOUNT_ATTR_NOEXEC,
				  e);
	mount = sys_open_tree(fd, "",
			      AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (mount < 0)
		return fail(e, -mount, "cannot clone it: %s", strerror(-mount));
	if (last)
		r = sys_mount_setattr(mount, "", AT_EMPTY_PATH | AT_RECURSIVE, MOUNT_ATTR_RDONLY, 0,
				      0);
	if (!r)
		return mount;
	close_fd(mount);
	return fail(e, -r, "cannot make it read-only: %s", strerror(-r));
}

static int cover_one(const struct launch *l, const struct cover *c, int root, bool recursive,
		     struct err *e)
{
	cleanup_close int at = fcntl(root, F_DUPFD_CLOEXEC, 3);
	cleanup_strv struct strv parts = {};
	int r = 0;

	strv_split(&parts, c->path, '/');
	for (size_t i = 0; !r && i < parts.n; i++) {
		cleanup_close int next = openat(at, parts.v[i],
						O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		bool last = i + 1 == parts.n;
		struct stat st;
		int mount;

		/* Nobody in a container without the caller comes through a folder that is his alone. */
		if (next < 0 && errno == EACCES && l->plan->without_caller)
			return 0;
		/* On another file system, which a bind that is not recursive does not have. */
		if (!recursive && (next < 0 || (last && !fstat(next, &st) &&
						(st.st_ino != c->ino || st.st_dev != c->dev))))
			return 0;
		if (next < 0 ||
		    (last && (fstat(next, &st) < 0 || st.st_ino != c->ino || st.st_dev != c->dev)))
			return fail(e, ESTALE, "it was moved meanwhile");
		mount = make_cover(c, last, next, e);
		r = mount < 0 ? mount : mount_attach(mount, next, parts.v[i], e);
		close_fd(at);
		at = mount;
	}
	return r;
}

/**
 * cover_bind - cover what a bind holds of sandbox's own
 * @mount: its number in the spec; the number of mounts for the root itself
 * @root: descriptor of the bind's root, in place
 *
 * Context: child, with the maps, before the payload.
 */
int cover_bind(struct launch *l, size_t mount, int root, struct err *e)
{
	const struct mounts *m = &l->spec->mounts;
	bool recursive = mount == m->n || m->v[mount].recursive;
	int r = 0;

	for (size_t i = 0; !r && l->covers && i < l->covers->n; i++) {
		if (l->covers->v[i].mount != mount)
			continue;
		r = cover_one(l, &l->covers->v[i], root, recursive, e);
		if (r < 0)
			fail_in(e, r, "cannot cover %s in the bind of %s", l->covers->v[i].path,
				mount == m->n ? "the root" : m->v[mount].source);
	}
	return r;
}
