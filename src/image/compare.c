/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * What a container changed is the difference between two views: its layers alone,
 * and its root. Whiteouts, opaque folders and the marks of either overlay are the
 * kernel's to read: here is nothing but files.
 *
 * Both views show the same inode as long as the container has not touched it, with
 * the time of its last change (ctime), which nobody can set. So a folder in which
 * that is the same was not copied up, and nothing below it was changed either: the
 * walk costs what was changed, not what the image holds. Where files were copied
 * (storage driver copy) everything is walked, and owner, mode, size, time and
 * attributes are compared.
 */
#include "image/unpack.h"

#define FLUSH_AT (64 << 10)

static int flush(struct compare *c, struct err *e)
{
	int r = write_full(c->out, c->text.data, c->text.len);

	c->text.len = 0;
	return r < 0 ? fail(e, -r, "cannot write the list: %s", strerror(-r)) : 0;
}

static int report(struct compare *c, char kind, const struct buf *path, struct err *e)
{
	if (++c->entries > POLICY_ENTRIES)
		return fail(e, E2BIG, "there are more than %llu changes", POLICY_ENTRIES);
	buf_add(&c->text, &kind, 1);
	buf_add(&c->text, path->data, path->len + 1);
	return c->text.len > FLUSH_AT ? flush(c, e) : 0;
}

static bool same_link(int d1, int d2, const char *name)
{
	char a[PATH_MAX], b[PATH_MAX];
	ssize_t n = readlinkat(d1, name, a, sizeof(a)), m = readlinkat(d2, name, b, sizeof(b));

	return n == m && n >= 0 && !memcmp(a, b, (size_t)n);
}

static void xattrs_of(int dir, const char *name, mode_t mode, struct buf *out)
{
	cleanup_close int fd = -1;

	if (S_ISREG(mode) || S_ISDIR(mode))
		fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		pack_xattrs(fd, out);
}

static bool same_xattrs(int d1, int d2, const char *name, mode_t mode)
{
	cleanup_buf struct buf a = {}, b = {};

	xattrs_of(d1, name, mode, &a);
	xattrs_of(d2, name, mode, &b);
	return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same_file(const struct compare *c, int d1, const struct stat *a, int d2,
		      const struct stat *b, const char *name)
{
	if (a->st_mode != b->st_mode || a->st_uid != b->st_uid || a->st_gid != b->st_gid ||
	    (!S_ISDIR(a->st_mode) && a->st_size != b->st_size) ||
	    ((S_ISCHR(a->st_mode) || S_ISBLK(a->st_mode)) && a->st_rdev != b->st_rdev))
		return false;
	if (c->times)
		return same_time(&a->st_ctim, &b->st_ctim) && same_time(&a->st_mtim, &b->st_mtim);
	return (S_ISLNK(a->st_mode) || same_time(&a->st_mtim, &b->st_mtim)) &&
	       (!S_ISLNK(a->st_mode) || same_link(d1, d2, name)) &&
	       same_xattrs(d1, d2, name, a->st_mode);
}

static int compare_dirs(struct compare *c, int d1, int d2, struct buf *path, unsigned depth,
			struct err *e);

static int open_dir(int dir, const char *name)
{
	return dir < 0 ? -1 : openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* @d1 is -1 where there was no such folder. */
static int enter(struct compare *c, int d1, int d2, const char *name, struct buf *path,
		 unsigned depth, struct err *e)
{
	cleanup_close int before = open_dir(d1, name), now = open_dir(d2, name);

	if (depth == POLICY_DEPTH_MAX)
		return fail(e, ENAMETOOLONG, "%s lies more than %d folders deep", path->data,
			    POLICY_DEPTH_MAX);
	return now < 0 ? 0 : compare_dirs(c, before, now, path, depth + 1, e);
}

static int compare_one(struct compare *c, int d1, int d2, const char *name, struct buf *path,
		       unsigned depth, struct err *e)
{
	struct stat a, b;
	bool before = d1 >= 0 && !fstatat(d1, name, &a, AT_SYMLINK_NOFOLLOW);
	bool now = !fstatat(d2, name, &b, AT_SYMLINK_NOFOLLOW);
	bool was_dir = before && S_ISDIR(a.st_mode);
	int r = 0;

	if (!now)
		return before ? report(c, 'D', path, e) : 0;
	if (before && same_file(c, d1, &a, d2, &b, name)) {
		if (!S_ISDIR(b.st_mode) || c->times)
			return 0;
	} else {
		r = report(c, before ? 'C' : 'A', path, e);
	}
	if (!r && S_ISDIR(b.st_mode))
		r = enter(c, was_dir ? d1 : -1, d2, name, path, depth, e);
	return r;
}

/* Two sorted lists, as one. */
static const char *next_name(const struct strv *a, size_t *i, const struct strv *b, size_t *k)
{
	int order = *i == a->n ? 1 : *k == b->n ? -1 : strcmp(a->v[*i], b->v[*k]);
	const char *name = order <= 0 ? a->v[*i] : b->v[*k];

	*i += order <= 0;
	*k += order >= 0;
	return name;
}

static int compare_dirs(struct compare *c, int d1, int d2, struct buf *path, unsigned depth,
			struct err *e)
{
	cleanup_strv struct strv before = {}, now = {};
	size_t i = 0, k = 0, len = path->len;
	int r = d1 < 0 ? 0 : list_dir(d1, &before, e);

	if (!r)
		r = list_dir(d2, &now, e);
	while (!r && (i < before.n || k < now.n)) {
		const char *name = next_name(&before, &i, &now, &k);

		buf_printf(path, "/%s", name);
		r = compare_one(c, d1, d2, name, path, depth, e);
		path->len = len;
		path->data[len] = '\0';
	}
	return r;
}

/**
 * compare_run - write what differs
 *
 * Context: confined. Files may come and go meanwhile.
 * Return: 0 or -errno.
 */
int compare_run(struct compare *c, struct err *e)
{
	cleanup_close int before = openat(c->lower, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_close int now = openat(c->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_buf struct buf path = {};
	int r;

	if (before < 0 || now < 0)
		return fail_errno(e, "cannot open the container's files");
	r = compare_dirs(c, before, now, &path, 0, e);
	return r < 0 ? r : flush(c, e);
}
