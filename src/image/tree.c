/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Makes files below a folder, the destination (see confine.c).
 * No path with a slash ever goes to the kernel: a walker opens one folder after
 * the other, never through a symbolic link, and keeps the chain of them, for the
 * next entry mostly lies beside the last. Hard links have a second walker for
 * their targets.
 *
 * A later entry replaces an earlier one of the same name: what is in the way is
 * unlinked itself, never written through. A folder gives way only when empty.
 *
 * Folders get their owner, mode and time at the end: until then they are 0:0 and
 * 0700, so that nothing made in them inherits a group or the set-group-id bit,
 * and their times are not touched any more.
 */
#include <sys/statfs.h>
#include <sys/xattr.h>

#include "image/unpack.h"

#define DIR_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/**
 * struct walker - the folders from the root down to the last one used
 * @path: its path; end[i] is where the name of folder i ends
 * @fd: the folders; fd of the root is the tree's
 */
struct walker {
	char path[POLICY_PATH_MAX + 1];
	unsigned depth;
	size_t end[POLICY_DEPTH_MAX];
	int fd[POLICY_DEPTH_MAX];
};

struct tree {
	int root;
	bool fresh, replace;
	struct walker at, target;
	int file;
	int64_t written; /* end of the furthest write to @file */
	struct buf dirs; /* struct late_dir and path, one after the other */
};

/* Attributes that a folder gets at the end; its path follows, with a NUL. */
struct late_dir {
	struct attrs attrs;
	size_t path_size;
};

/* ---- walking ------------------------------------------------------------------------------------ */

static int make_error(struct tree *t, const char *what, struct err *e)
{
	int code = errno;
	struct statfs fs;

	if (code == ENOSPC && !fstatfs(t->root, &fs) && fs.f_files && !fs.f_ffree)
		return fail(
			e, code,
			"%s: the file system has no inodes left; make room, or give --root DIR on another",
			what);
	if (code == ENOSPC || code == EDQUOT)
		return fail(e, code, "%s: %s; make room, or give --root DIR on another disk", what,
			    strerror(code));
	return fail(e, code, "%s: %s", what, strerror(code));
}

static void walker_cut(struct walker *w, unsigned depth)
{
	while (w->depth > depth)
		close_fd(w->fd[--w->depth]);
	w->path[depth ? w->end[depth - 1] : 0] = '\0';
}

/* How many folders of the chain also lead to @path, whose first @n bytes name a folder. */
static unsigned walker_common(const struct walker *w, const char *path, size_t n)
{
	size_t same = 0;
	unsigned depth = 0;

	while (same < n && w->path[same] && w->path[same] == path[same])
		same++;
	while (depth < w->depth && w->end[depth] <= same &&
	       (w->end[depth] == n || path[w->end[depth]] == '/'))
		depth++;
	return depth;
}

static int walker_push(struct tree *t, struct walker *w, const char *name, size_t n, bool make,
		       struct err *e)
{
	int from = w->depth ? w->fd[w->depth - 1] : t->root, fd;
	size_t start = w->depth ? w->end[w->depth - 1] : 0;

	if (w->depth == POLICY_DEPTH_MAX)
		return fail(e, ENAMETOOLONG, "it lies too deep");
	if (start)
		w->path[start++] = '/';
	memcpy(w->path + start, name, n);
	w->path[start + n] = '\0';
	fd = openat(from, w->path + start, DIR_FLAGS);
	if (fd < 0 && errno == ENOENT && make) {
		if (mkdirat(from, w->path + start, 0755) < 0)
			return make_error(t, "cannot make the folder it lies in", e);
		fd = openat(from, w->path + start, DIR_FLAGS);
	}
	if (fd < 0) {
		bool other = errno == ENOTDIR || errno == ELOOP;
		int code = errno;

		if (other)
			fail(e, code, "it lies in %s, which is not a folder in this archive",
			     w->path);
		else
			fail(e, code, "cannot open %s: %s", w->path, strerror(code));
		walker_cut(w, w->depth);
		return -code;
	}
	w->fd[w->depth] = fd;
	w->end[w->depth++] = start + n;
	return 0;
}

/*
 * The folder that @path lies in, as a borrowed descriptor; @name receives the
 * rest of it.
 */
static int walk(struct tree *t, struct walker *w, const char *path, bool make, const char **name,
		struct err *e)
{
	const char *slash = strrchr(path, '/'), *p;
	size_t n = slash ? (size_t)(slash - path) : 0;

	*name = slash ? slash + 1 : path;
	walker_cut(w, walker_common(w, path, n));
	p = path + (w->depth ? w->end[w->depth - 1] : 0);
	while (p < path + n) {
		size_t len;
		int r;

		p += *p == '/';
		len = strcspn(p, "/");
		r = walker_push(t, w, p, len, make, e);
		if (r < 0)
			return r;
		p += len;
	}
	return w->depth ? w->fd[w->depth - 1] : t->root;
}

static int dir_exists(int parent, const char *name)
{
	struct stat st;

	return !fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode);
}

/* Removes what is in the way of a new file. */
static int clear(struct tree *t, int parent, const char *name, struct err *e)
{
	if (!t->replace && dir_exists(parent, name))
		return fail(
			e, EISDIR,
			"there is a folder of that name already, and this is not one; --overwrite replaces it");
	if (!unlinkat(parent, name, 0))
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return make_error(t, "cannot replace what the archive had there before", e);
	/* The walkers may stand in it. */
	walker_cut(&t->target, 0);
	if (!unlinkat(parent, name, AT_REMOVEDIR))
		return 0;
	if (errno == ENOTEMPTY || errno == EEXIST)
		return fail(e, ENOTEMPTY, "it would replace a folder that is not empty");
	return make_error(t, "cannot replace a folder", e);
}

/*
 * Runs an expression that makes a file, once more after clearing the way when
 * there is one of that name.
 */
#define REPLACING(t, parent, name, expr, e)                                      \
	({                                                                       \
		int r_ = (expr);                                                 \
		if (r_ < 0 && errno == EEXIST) {                                 \
			r_ = clear(t, parent, name, e);                          \
			if (!r_) {                                               \
				r_ = (expr);                                     \
				if (r_ < 0)                                      \
					r_ = make_error(t, "cannot make it", e); \
			}                                                        \
		} else if (r_ < 0) {                                             \
			r_ = make_error(t, "cannot make it", e);                 \
		}                                                                \
		r_;                                                              \
	})

/* ---- folders -------------------------------------------------------------------------------------- */

/**
 * tree_open - a tree of files to be made
 * @root: the folder they are made in, open for reading; taken
 * @fresh: it is an empty one: it is made plain first (owned by root, 0700, without an access
 *	control list or a set-group-id bit that everything below would inherit), and gets the
 *	attributes of the archive's root. Otherwise it stays as it is.
 * @replace: folders may give way to other files and other files to folders
 */
int tree_open(struct tree **out, int root, bool fresh, bool replace, struct err *e)
{
	struct tree *t = xcalloc(1, sizeof(*t));

	t->root = root;
	t->fresh = fresh;
	t->replace = replace;
	t->file = -1;
	*out = t;
	if (!fresh)
		return 0;
	fremovexattr(root, "system.posix_acl_default");
	fremovexattr(root, "system.posix_acl_access");
	if (fchown(root, 0, 0) < 0 || fchmod(root, 0700) < 0)
		return fail_errno(e, "cannot own the folder to unpack into");
	return 0;
}

static void dir_later(struct tree *t, const char *path, const struct attrs *a)
{
	struct late_dir d = {.attrs = *a, .path_size = strlen(path) + 1};

	buf_add(&t->dirs, &d, sizeof(d));
	buf_add(&t->dirs, path, d.path_size);
}

static int make_dir(struct tree *t, int parent, const char *name, struct err *e)
{
	if (!mkdirat(parent, name, 0700) || (errno == EEXIST && dir_exists(parent, name)))
		return 0;
	if (errno == EEXIST && !t->replace)
		return fail(
			e, ENOTDIR,
			"there is something of that name already that is not a folder; --overwrite replaces it");
	return REPLACING(t, parent, name, mkdirat(parent, name, 0700), e);
}

/**
 * tree_dir - make a folder, or take the one that is there
 * @path: "" for the root folder
 * @keep_open: for tree_xattr(), until tree_close()
 */
int tree_dir(struct tree *t, const char *path, const struct attrs *a, bool keep_open, struct err *e)
{
	const char *name = ".";
	int parent = t->root;

	if (!*path && !t->fresh)
		return 0;
	if (*path) {
		int r;

		parent = walk(t, &t->at, path, true, &name, e);
		r = parent < 0 ? parent : make_dir(t, parent, name, e);
		if (r < 0)
			return r;
	}
	dir_later(t, path, a);
	if (!keep_open)
		return 0;
	t->file = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return t->file < 0 ? make_error(t, "cannot open it", e) : 0;
}

void tree_close(struct tree *t)
{
	close_fd(take_fd(&t->file));
}

static int finish_dir(struct tree *t, const char *path, const struct attrs *a, struct err *e)
{
	cleanup_close int fd = -1;
	struct timespec times[2] = {a->mtime, a->mtime};
	const char *name = ".";
	int parent = t->root;

	if (*path) {
		parent = walk(t, &t->at, path, false, &name, e);
		/* A later entry may have put something else in its place. */
		if (parent == -ENOENT || parent == -ENOTDIR || parent == -ELOOP)
			return 0;
		if (parent < 0)
			return parent;
	}
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
			       ? 0
			       : make_error(t, "cannot open it again", e);
	if (((a->uid || a->gid) && fchown(fd, a->uid, a->gid) < 0) || fchmod(fd, a->mode) < 0 ||
	    futimens(fd, times) < 0)
		return make_error(t, "cannot set its owner, mode or time", e);
	return 0;
}

/**
 * tree_finish - give folders their attributes
 */
int tree_finish(struct tree *t, struct err *e)
{
	struct attrs plain = {.mode = 0755};
	size_t at = 0;

	if (t->fresh && fchmod(t->root, plain.mode) < 0)
		return fail_errno(e, "cannot open up the root folder");
	while (at < t->dirs.len) {
		struct late_dir d;
		const char *path;
		int r;

		memcpy(&d, t->dirs.data + at, sizeof(d));
		path = t->dirs.data + at + sizeof(d);
		at += sizeof(d) + d.path_size;
		r = finish_dir(t, path, &d.attrs, e);
		if (r < 0)
			return fail_in(e, r, "%s", *path ? path : "./");
	}
	return 0;
}

/* ---- files ------------------------------------------------------------------------------------------ */

/**
 * tree_file - make a file, open for tree_write() and tree_xattr() until tree_file_done()
 */
int tree_file(struct tree *t, const char *path, const struct attrs *a, struct err *e)
{
	const char *name;
	int parent = walk(t, &t->at, path, true, &name, e), r;

	if (parent < 0)
		return parent;
	r = REPLACING(t, parent, name,
		      openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			     a->mode & 0777),
		      e);
	if (r < 0)
		return r;
	t->file = r;
	t->written = 0;
	/* Now, for it clears file capabilities and set-id bits. */
	if ((a->uid || a->gid) && fchown(r, a->uid, a->gid) < 0)
		return make_error(t, "cannot set its owner", e);
	return 0;
}

/**
 * tree_write - write a piece of the file that is open
 * @offset: not before the end of the last piece
 */
int tree_write(struct tree *t, const void *p, size_t n, int64_t offset, struct err *e)
{
	const char *from = p;

	if (offset < t->written)
		return fail(e, EBADMSG, "the pieces of this sparse file overlap");
	t->written = offset + (int64_t)n;
	while (n) {
		ssize_t w = pwrite(t->file, from, n, offset);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return make_error(t, "cannot write it", e);
		from += w;
		offset += w;
		n -= (size_t)w;
	}
	return 0;
}

/**
 * tree_xattr - set an extended attribute of the file that is open
 *
 * Return: 1 when it was set; 0 when this file system, or its rules for this kind
 * of attribute, do not take it; -errno.
 */
int tree_xattr(struct tree *t, const char *name, const void *value, size_t n, struct err *e)
{
	if (t->file < 0)
		return 0;
	if (!fsetxattr(t->file, name, value, n, 0))
		return 1;
	if (errno == EOPNOTSUPP || errno == EPERM || errno == EINVAL || errno == ENOSYS)
		return 0;
	if (errno == ENOSPC || errno == E2BIG || errno == ERANGE)
		return fail(e, errno,
			    "its extended attributes are larger than this file system takes");
	return make_error(t, "cannot set an extended attribute", e);
}

static int set_mode_and_time(int fd, const struct attrs *a)
{
	struct timespec times[2] = {a->mtime, a->mtime};

	/* The kernel clears these when a file is written. */
	if ((a->mode & 07000) && fchmod(fd, a->mode) < 0)
		return -1;
	return futimens(fd, times);
}

/**
 * tree_file_done - bring the file that is open to its size and close it
 */
int tree_file_done(struct tree *t, int64_t size, const struct attrs *a, struct err *e)
{
	cleanup_close int fd = take_fd(&t->file);

	if (t->written > size)
		return fail(e, EBADMSG, "it holds more than its size says");
	if (t->written < size && ftruncate(fd, size) < 0)
		return make_error(t, "cannot write it", e);
	if (set_mode_and_time(fd, a) < 0)
		return make_error(t, "cannot set its mode or time", e);
	return 0;
}

/* Owner and time of a file that is not open. */
static int set_attrs_at(struct tree *t, int parent, const char *name, const struct attrs *a,
			struct err *e)
{
	struct timespec times[2] = {a->mtime, a->mtime};

	if (((a->uid || a->gid) &&
	     fchownat(parent, name, a->uid, a->gid, AT_SYMLINK_NOFOLLOW) < 0) ||
	    utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return make_error(t, "cannot set its owner or time", e);
	return 0;
}

int tree_symlink(struct tree *t, const char *path, const char *target, const struct attrs *a,
		 struct err *e)
{
	const char *name;
	int parent = walk(t, &t->at, path, true, &name, e), r;

	if (parent < 0)
		return parent;
	r = REPLACING(t, parent, name, symlinkat(target, parent, name), e);
	return r < 0 ? r : set_attrs_at(t, parent, name, a, e);
}

/* tree_special - a named pipe or a socket */
int tree_special(struct tree *t, const char *path, mode_t type, const struct attrs *a,
		 struct err *e)
{
	const char *name;
	int parent = walk(t, &t->at, path, true, &name, e), r;

	if (parent < 0)
		return parent;
	r = REPLACING(t, parent, name, mknodat(parent, name, type | (a->mode & 0777), 0), e);
	return r < 0 ? r : set_attrs_at(t, parent, name, a, e);
}

/* A link to the very file that is there already has nothing left to do. */
static bool same_file(int d1, const char *n1, int d2, const char *n2)
{
	struct stat a, b;

	return !fstatat(d1, n1, &a, AT_SYMLINK_NOFOLLOW) &&
	       !fstatat(d2, n2, &b, AT_SYMLINK_NOFOLLOW) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/**
 * tree_hardlink - a second name for a file that the archive made before
 */
int tree_hardlink(struct tree *t, const char *path, const char *target, struct err *e)
{
	const char *name, *from;
	int parent = walk(t, &t->at, path, true, &name, e), source, r;

	if (parent < 0)
		return parent;
	source = walk(t, &t->target, target, false, &from, e);
	if (source < 0)
		return fail_in(e, source, "the target of the hard link, %s", target);
	r = linkat(source, from, parent, name, 0);
	if (r < 0 && errno == EEXIST) {
		if (same_file(source, from, parent, name))
			return 0;
		r = clear(t, parent, name, e);
		if (r < 0)
			return r;
		r = linkat(source, from, parent, name, 0);
	}
	if (!r)
		return 0;
	if (errno == ENOENT)
		return fail(e, ENOENT, "it is a hard link to %s, which the archive does not hold",
			    target);
	if (errno == EPERM)
		return fail(e, EPERM, "it is a hard link to %s, which is a folder", target);
	if (errno == EMLINK)
		return fail(e, EMLINK, "it is one hard link to %s more than the file system takes",
			    target);
	return make_error(t, "cannot make a hard link", e);
}
