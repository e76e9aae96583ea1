/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack: from entries of an archive to files. Any entry that is refused fails
 * the whole image; only device nodes are left out and counted, because nobody
 * without privileges can make them and images still list them.
 */
#include "image/unpack.h"

/* How often the clock is looked at while data flows. */
#define PROGRESS_EVERY 64

static void progress(struct unpack *u)
{
	static unsigned calls;

	if (u->progress && ++calls % PROGRESS_EVERY == 0)
		u->progress(u);
}

static int check_attrs(const struct unpack *u, const struct tar_entry *te, const char *path,
		       struct attrs *a, struct err *e)
{
	int r = policy_id(te->uid, &u->uids, "uid", &a->uid, e);

	if (!r)
		r = policy_id(te->gid, &u->gids, "gid", &a->gid, e);
	if (!r)
		r = policy_mtime(te->mtime, te->mtime_nsec, &a->mtime, e);
	a->mode = policy_mode(te->mode, path, te->type == S_IFDIR);
	if (u->owned) {
		a->uid = u->uid;
		a->gid = u->gid;
	}
	/* On the host's side nothing is set-id, and a folder can be entered and removed. */
	if (u->host)
		a->mode = (a->mode & 0777) | (te->type == S_IFDIR ? 0700 : 0);
	return r;
}

/*
 * The path below the destination: an archive of one file or folder has to keep to its
 * name, and gets the one that the user asked for.
 */
static int place(const struct unpack *u, const char *path, char *out, size_t size, struct err *e)
{
	const char *rest = path;

	if (u->strip) {
		size_t n = strlen(u->strip);

		if (strncmp(path, u->strip, n) || (path[n] && path[n] != '/'))
			return fail(e, EINVAL, "it is not part of what was asked for");
		rest = path + n + (path[n] == '/');
	}
	if ((size_t)snprintf(out, size, "%s%s%s", u->prefix ? u->prefix : "",
			     u->prefix && *u->prefix && *rest ? "/" : "", rest) >= size)
		return fail(e, ENAMETOOLONG, "its name is longer than %d bytes", POLICY_PATH_MAX);
	return 0;
}

static int unpack_xattrs(struct unpack *u, struct tree *t, struct err *e)
{
	const char *name;
	const void *value;
	size_t n;

	if (tar_xattr_size(u->tar) > POLICY_XATTR_MAX)
		return fail(e, E2BIG, "its extended attributes are larger than %d KiB",
			    POLICY_XATTR_MAX >> 10);
	while (tar_xattr(u->tar, &name, &value, &n)) {
		enum xattr_verdict v = policy_xattr(name);
		uint8_t cap[20];
		int r = 0;

		if (v == XATTR_CAPABILITY && u->host)
			v = XATTR_STRIP;
		if (v == XATTR_CAPABILITY) {
			n = policy_capability(value, n, cap);
			value = cap;
		}
		if (v == XATTR_USER || (v == XATTR_CAPABILITY && n))
			r = tree_xattr(t, name, value, n, e);
		if (r < 0)
			return r;
		u->stats.stripped += !r;
	}
	return 0;
}

static int unpack_file(struct unpack *u, struct tree *t, const struct tar_entry *te,
		       const char *path, const struct attrs *a, struct err *e)
{
	const void *p;
	size_t n;
	int64_t offset;
	int r = policy_size(te->size, u->stats.bytes, e);

	if (r < 0)
		return r;
	u->stats.bytes += (uint64_t)te->size;
	r = tree_file(t, path, a, e);
	if (r < 0)
		return r;
	while (te->size && (r = tar_data(u->tar, &p, &n, &offset, e)) > 0) {
		if (offset < 0 || offset > te->size || n > (uint64_t)(te->size - offset))
			return fail(e, EBADMSG, "it holds more than its size says");
		r = tree_write(t, p, n, offset, e);
		if (r < 0)
			return r;
		progress(u);
	}
	if (!r)
		r = unpack_xattrs(u, t, e);
	return r < 0 ? r : tree_file_done(t, te->size, a, e);
}

static int unpack_dir(struct unpack *u, struct tree *t, const char *path, const struct attrs *a,
		      struct err *e)
{
	bool xattrs = tar_xattr_size(u->tar) > 0;
	int r = tree_dir(t, path, a, xattrs, e);

	if (r < 0 || !xattrs)
		return r;
	r = unpack_xattrs(u, t, e);
	tree_close(t);
	return r;
}

static int unpack_link(const struct unpack *u, struct tree *t, const struct tar_entry *te,
		       const char *path, struct err *e)
{
	char raw[POLICY_PATH_MAX + 1], target[POLICY_PATH_MAX + 1];
	int r = policy_hardlink(te->hardlink, raw, sizeof(raw), e);

	if (!r)
		r = place(u, raw, target, sizeof(target), e);
	return r < 0 ? r : tree_hardlink(t, path, target, e);
}

static int unpack_entry(struct unpack *u, struct tree *t, const struct tar_entry *te, struct err *e)
{
	char raw[POLICY_PATH_MAX + 1], path[POLICY_PATH_MAX + 1];
	struct attrs a;
	int r = policy_path(te->path, raw, sizeof(raw), e);

	if (!r)
		r = place(u, raw, path, sizeof(path), e);
	if (!r)
		r = check_attrs(u, te, path, &a, e);
	if (r < 0)
		return r;
	if (!*path && (te->type != S_IFDIR || te->hardlink))
		return fail(e, EINVAL, "it would replace the root folder by something else");
	if (te->hardlink)
		return unpack_link(u, t, te, path, e);
	switch (te->type) {
	case S_IFREG:
		return unpack_file(u, t, te, path, &a, e);
	case S_IFDIR:
		return unpack_dir(u, t, path, &a, e);
	case S_IFLNK:
		r = te->symlink ? policy_symlink(te->symlink, e)
				: fail(e, EBADMSG, "it is a symbolic link without a target");
		return r < 0 ? r : tree_symlink(t, path, te->symlink, &a, e);
	case S_IFIFO:
	case S_IFSOCK:
		if (u->host) {
			u->stats.skipped++;
			return 0;
		}
		return tree_special(t, path, te->type, &a, e);
	case S_IFCHR:
	case S_IFBLK:
		u->stats.skipped++;
		return 0;
	}
	return fail(e, EBADMSG, "it is of an unknown kind");
}

/**
 * unpack_run - unpack the archive into the root folder
 * @u: with source, tar, ids and progress set; receives the statistics
 *
 * Context: confined.
 * Return: 0 or -errno; what was made so far stays for the caller to remove.
 */
int unpack_run(struct unpack *u, struct err *e)
{
	struct tree *t;
	struct tar_entry te;
	int r = tree_open(&t, u->root, !u->into, !u->into || u->replace, e);

	if (!r)
		r = tar_start(u->tar, u->source, e);
	if (r < 0)
		return r;
	while ((r = tar_next(u->tar, &te, e)) > 0) {
		if (++u->stats.entries > POLICY_ENTRIES)
			return fail(e, E2BIG, "the archive holds more than %llu entries",
				    POLICY_ENTRIES);
		r = unpack_entry(u, t, &te, e);
		if (r < 0)
			return fail_in(e, r, "%s", *te.path ? te.path : "an entry");
		progress(u);
	}
	return r < 0 ? r : tree_finish(t, e);
}
