/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Walks a tree that its owner may change at every moment, and writes tar. Only the
 * path that the user named is resolved by the kernel, inside the root; from there on
 * each folder is entered through the descriptor of the one above it, never through
 * a symbolic link, and what is said about a file is read from its descriptor. A
 * file that grows is cut, and one that shrinks is filled with zeros, to the size in
 * its header. A name that is gone when its turn comes is left out.
 *
 * A pipe is opened without waiting for its other end, devices cannot be opened (the
 * view is nodev), and the kernel's own file systems are not entered.
 */
#include <dirent.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "image/unpack.h"

struct pack_inode {
	dev_t dev;
	ino_t ino;
	char *path;
};

/* ---- hard links: a table with open addressing ----------------------------------------------------- */

static struct pack_inode *inode_slot(struct pack *p, const struct stat *st)
{
	size_t at = (size_t)(st->st_ino * 0x9e3779b97f4a7c15ULL ^ st->st_dev) & (p->room - 1);

	while (p->inodes[at].path &&
	       (p->inodes[at].ino != st->st_ino || p->inodes[at].dev != st->st_dev))
		at = (at + 1) & (p->room - 1);
	return &p->inodes[at];
}

static void inodes_grow(struct pack *p)
{
	struct pack_inode *old = p->inodes;
	size_t n = p->room;

	p->room = n ? n * 2 : 256;
	p->inodes = xcalloc(p->room, sizeof(*old));
	for (size_t i = 0; i < n; i++) {
		struct stat st = {.st_dev = old[i].dev, .st_ino = old[i].ino};

		if (old[i].path)
			*inode_slot(p, &st) = old[i];
	}
	free(old);
}

/* The first name of a file that has several, or NULL when this is it. */
static const char *first_name(struct pack *p, const struct stat *st, const char *path)
{
	struct pack_inode *i;

	if (st->st_nlink < 2)
		return NULL;
	if (p->ninodes * 2 >= p->room)
		inodes_grow(p);
	i = inode_slot(p, st);
	if (i->path)
		return i->path;
	*i = (struct pack_inode){st->st_dev, st->st_ino, xstrdup(path)};
	p->ninodes++;
	return NULL;
}

/* ---- entries ------------------------------------------------------------------------------------------ */

/* pack_xattrs - what of a file's extended attributes is kept, as pax records */
void pack_xattrs(int fd, struct buf *out)
{
	char names[16384], value[65536];
	ssize_t n = flistxattr(fd, names, sizeof(names));

	for (char *name = names; n > 0 && name < names + n; name += strlen(name) + 1) {
		ssize_t len;

		if (policy_xattr(name) == XATTR_STRIP)
			continue;
		len = fgetxattr(fd, name, value, sizeof(value));
		if (len < 0 || out->len + (size_t)len > POLICY_XATTR_MAX || strchr(name, '='))
			continue;
		cleanup_free char *key = xasprintf("SCHILY.xattr.%s", name);

		pax_record(out, key, value, (size_t)len);
	}
}

static int put_contents(struct pack *p, int fd, uint64_t size, struct err *e)
{
	static uint8_t chunk[128 << 10];
	uint64_t left = size;
	int r = 0;

	while (!r && left) {
		ssize_t n = read_full(fd, chunk, MIN(left, sizeof(chunk)));

		if (n < 0)
			return fail(e, (int)-n, "cannot read it: %s", strerror((int)-n));
		if (!n) {
			/* It has shrunk. */
			n = (ssize_t)MIN(left, sizeof(chunk));
			memset(chunk, 0, (size_t)n);
		}
		r = tarout_data(p->tar, chunk, (size_t)n, e);
		left -= (uint64_t)n;
	}
	p->bytes += size;
	return r < 0 ? r : tarout_pad(p->tar, size, e);
}

static bool has_gone(int code)
{
	return code == ENOENT || code == ENOTDIR || code == ELOOP || code == ESTALE;
}

static int pack_file(struct pack *p, int dir, const char *name, const char *path, struct err *e)
{
	cleanup_close int fd = openat(dir, name,
				      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct tarout_entry te = {.path = path};
	int r;

	if (fd < 0)
		return has_gone(errno) ? 0 : fail_errno(e, "cannot open it");
	if (fstat(fd, &te.st) < 0 || !S_ISREG(te.st.st_mode))
		return 0;
	te.link = first_name(p, &te.st, path);
	te.hard = te.link != NULL;
	if (!te.hard)
		pack_xattrs(fd, &te.xattrs);
	p->entries++;
	r = tarout_header(p->tar, &te, e);
	if (!r && !te.hard)
		r = put_contents(p, fd, (uint64_t)te.st.st_size, e);
	buf_free(&te.xattrs);
	return r;
}

static int pack_other(struct pack *p, int dir, const char *name, const char *path,
		      const struct stat *st, struct err *e)
{
	struct tarout_entry te = {.path = path, .st = *st};
	char target[PATH_MAX];

	if (S_ISSOCK(st->st_mode)) {
		p->skipped++;
		return 0;
	}
	if (S_ISLNK(st->st_mode)) {
		ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1);

		if (n <= 0)
			return 0;
		target[n] = '\0';
		te.link = target;
	}
	p->entries++;
	return tarout_header(p->tar, &te, e);
}

static bool is_kernel_fs(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return true;
	return fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC ||
	       fs.f_type == CGROUP2_SUPER_MAGIC || fs.f_type == CGROUP_SUPER_MAGIC ||
	       fs.f_type == 0x19800202 /* mqueue */ || fs.f_type == DEVPTS_SUPER_MAGIC;
}

/**
 * view_refuse_kernel_fs - the kernel's own files are not copied
 */
int view_refuse_kernel_fs(int fd, const char *path, struct err *e)
{
	return is_kernel_fs(fd)
		       ? fail(e, EINVAL, "%s lies in one of the kernel's own file systems", path)
		       : 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * list_dir - the names in a folder of a container, sorted; @fd stays the caller's
 *
 * Without those that would be whiteouts in an archive.
 */
int list_dir(int fd, struct strv *out, struct err *e)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *de;

	if (!d) {
		close_fd(copy);
		return fail_errno(e, "cannot read the folder");
	}
	while ((de = readdir(d))) {
		if (!streq(de->d_name, ".") && !streq(de->d_name, "..") &&
		    !str_has_prefix(de->d_name, ".wh."))
			strv_add(out, de->d_name);
	}
	closedir(d);
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_name);
	return 0;
}

static int pack_entry(struct pack *p, int dir, const char *name, struct buf *path, unsigned depth,
		      struct err *e);

static int pack_inside(struct pack *p, int fd, struct buf *path, unsigned depth, struct err *e)
{
	cleanup_strv struct strv names = {};
	size_t len = path->len;
	int r = list_dir(fd, &names, e);

	strv_for_each (name, &names) {
		if (r < 0)
			break;
		buf_printf(path, "%s%s", len ? "/" : "", name);
		r = pack_entry(p, fd, name, path, depth, e);
		path->len = len;
		path->data[len] = '\0';
	}
	return r;
}

static int pack_dir(struct pack *p, int dir, const char *name, struct buf *path, dev_t parent_dev,
		    unsigned depth, struct err *e)
{
	cleanup_close int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct tarout_entry te = {.path = path->data};
	int r;

	if (fd < 0)
		return has_gone(errno) ? 0 : fail_errno(e, "cannot open the folder");
	if (fstat(fd, &te.st) < 0)
		return fail_errno(e, "cannot look at the folder");
	if (depth == POLICY_DEPTH_MAX)
		return fail(e, ENAMETOOLONG, "it lies more than %d folders deep", POLICY_DEPTH_MAX);
	pack_xattrs(fd, &te.xattrs);
	p->entries++;
	r = tarout_header(p->tar, &te, e);
	buf_free(&te.xattrs);
	if (!r && te.st.st_dev != parent_dev && is_kernel_fs(fd))
		return 0;
	return r < 0 ? r : pack_inside(p, fd, path, depth + 1, e);
}

static int pack_entry(struct pack *p, int dir, const char *name, struct buf *path, unsigned depth,
		      struct err *e)
{
	struct stat st, above = {};
	int r;

	if (p->entries >= POLICY_ENTRIES)
		return fail(e, E2BIG, "there are more than %llu files", POLICY_ENTRIES);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail_errno(e, "cannot look at it");
	if (S_ISDIR(st.st_mode)) {
		fstat(dir, &above);
		r = pack_dir(p, dir, name, path, above.st_dev, depth, e);
	} else if (S_ISREG(st.st_mode)) {
		r = pack_file(p, dir, name, path->data, e);
	} else {
		r = pack_other(p, dir, name, path->data, &st, e);
	}
	/* Once: the innermost name says it all. */
	if (r < 0 && r != -EPIPE && !p->told) {
		p->told = true;
		return fail_in(e, r, "%s", path->data);
	}
	return r;
}

/* The file that a link leads to: opened by its path once more, and looked at again. */
static int open_target(struct pack *p, struct err *e)
{
	int fd = open_in_root(p->root, p->path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);

	close_fd(p->from);
	p->from = fd;
	if (fd < 0)
		return fail(e, -fd, "%s: %s", p->path, strerror(-fd));
	if (fstat(fd, &p->from_st) < 0 || !S_ISREG(p->from_st.st_mode))
		return fail(e, EAGAIN, "%s has changed meanwhile", p->path);
	return view_refuse_kernel_fs(fd, p->path, e);
}

/**
 * pack_open - resolve the path that the user named, inside the root
 *
 * Context: before the system call filter, which knows no openat2().
 */
int pack_open(struct pack *p, struct err *e)
{
	const char *slash = strrchr(p->path, '/');
	cleanup_free char *parent = xstrndup(p->path, (size_t)(slash - p->path));
	bool direct = p->follow || !p->name || !slash[1];

	p->from = open_in_root(p->root, direct ? p->path : parent,
			       O_PATH | (direct && p->name ? 0 : O_DIRECTORY), 0);
	if (p->from < 0)
		return fail(e, -p->from, "%s: %s", p->path, strerror(-p->from));
	if (view_refuse_kernel_fs(p->from, p->path, e) < 0)
		return -e->code;
	if (!direct && fstatat(p->from, slash + 1, &p->from_st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(e, errno, "%s: %s", p->path, strerror(errno));
	if (direct && fstat(p->from, &p->from_st) < 0)
		return fail_errno(e, "%s", p->path);
	p->follow = direct;
	return direct && p->name && S_ISREG(p->from_st.st_mode) ? open_target(p, e) : 0;
}

/* The link's target under the link's name: by the descriptor's own folder there is no name. */
static int pack_target(struct pack *p, struct buf *path, struct err *e)
{
	struct tarout_entry te = {.path = path->data, .st = p->from_st};
	int r;

	if (S_ISDIR(p->from_st.st_mode))
		return pack_dir(p, p->from, ".", path, p->from_st.st_dev, 0, e);
	if (!S_ISREG(p->from_st.st_mode))
		return fail(e, EINVAL, "%s is neither a file nor a folder", p->path);
	pack_xattrs(p->from, &te.xattrs);
	p->entries++;
	r = tarout_header(p->tar, &te, e);
	buf_free(&te.xattrs);
	return r < 0 ? r : put_contents(p, p->from, (uint64_t)te.st.st_size, e);
}

/**
 * pack_run - write the archive
 * @p: after pack_open()
 *
 * Context: confined.
 * Return: 0 or -errno.
 */
int pack_run(struct pack *p, struct err *e)
{
	cleanup_buf struct buf path = {};
	struct tarout *t = xcalloc(1, sizeof(*t));
	int r;

	t->fd = p->out;
	p->tar = t;
	buf_puts(&path, p->name ? p->name : "");
	if (!p->name) {
		struct tarout_entry te = {.path = ".", .st = p->from_st};

		if (!S_ISDIR(p->from_st.st_mode))
			return fail(e, ENOTDIR, "%s is not a folder", p->path);
		r = tarout_header(t, &te, e);
		if (!r)
			r = pack_inside(p, p->from, &path, 0, e);
	} else if (p->follow) {
		r = pack_target(p, &path, e);
	} else {
		r = pack_entry(p, p->from, strrchr(p->path, '/') + 1, &path, 0, e);
	}
	if (!r && !p->entries && p->name)
		r = fail(e, ENOENT, "%s cannot be copied: it is a socket, or has gone", p->path);
	return r < 0 ? r : tarout_end(t, e);
}
