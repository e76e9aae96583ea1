/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a name to the tarball that serves it. For alpine: what is in the search
 * path and what was downloaded earlier compete by version (the search path wins
 * when they are equal); a mirror is asked when there is neither, or when the
 * pull policy says so.
 */
#include "image/internal.h"

/* A name that we do not know, and that the store has. */
static bool own_image(const struct image_req *req, struct wanted *w)
{
	struct err ignored;
	cleanup_free char *name = own_name(req->name, &ignored), *file = NULL, *path = NULL;

	if (!name || !req->store)
		return false;
	file = record_file(name);
	path = xasprintf("%s/refs/%s", req->store, file);
	if (access(path, F_OK) < 0)
		return false;
	w->ref = (struct ref){.kind = REF_OWN, .path = take_ptr(name)};
	return true;
}

/**
 * wanted_parse - take a request apart
 * @w: filled; release with wanted_free(), also after a failure
 *
 * A name with a slash that is a file is that file, however it looks.
 * Return: 0 or -errno.
 */
int wanted_parse(const struct image_req *req, struct wanted *w, struct err *e)
{
	const char *host = host_arch();
	int r;

	*w = (struct wanted){.arch = req->arch ? req->arch : host};
	r = ref_parse(req->name, &w->ref, e);
	if (r < 0 && strchr(req->name, '/') && !access(req->name, F_OK)) {
		w->ref = (struct ref){.kind = REF_FILE, .path = xstrdup(req->name)};
		r = 0;
	}
	if (r == -ENOENT && own_image(req, w)) {
		*e = (struct err){};
		r = 0;
	}
	if (r < 0)
		return r;
	if (req->arch && !alpine_arch_ok(req->arch))
		return fail(
			e, EINVAL,
			"there is no architecture \"%.40s\"; there are aarch64, armhf, armv7, loongarch64, ppc64le, riscv64, s390x, x86 and x86_64",
			req->arch);
	if (w->ref.kind == REF_BUSYBOX && !streq(w->arch, host))
		return fail(e, ENOENT, "the built-in busybox is for %s only; leave --arch out",
			    host);
	if (w->ref.kind == REF_FILE) {
		char *path = path_absolute(w->ref.path);

		if (!path)
			return fail(e, ENOENT, "cannot find %s: the current folder is gone",
				    w->ref.path);
		free(w->ref.path);
		w->ref.path = path;
	}
	w->name = ref_name(&w->ref, streq(w->arch, host) ? NULL : w->arch);
	return 0;
}

void wanted_free(struct wanted *w)
{
	free(w->ref.path);
	free(w->name);
	*w = (struct wanted){};
}

/* The version in "alpine:3.20.3+arch"; empty for others. */
static void ref_version(const char *ref, char version[32])
{
	const char *colon = strchr(ref, ':');

	snprintf(version, 32, "%.*s", colon ? (int)MIN(strcspn(colon + 1, "+"), 31) : 0,
		 colon ? colon + 1 : "");
}

static char *full_ref(const char *version, const char *arch)
{
	struct ref ref = {.kind = REF_ALPINE};

	snprintf(ref.version, sizeof(ref.version), "%s", version);
	return ref_name(&ref, streq(arch, host_arch()) ? NULL : arch);
}

/**
 * struct choice - what there is already
 * @file: in the search path, @version: its version; NULL when there is none
 * @old: an earlier download that can still be used, @old_version: its version; NULL
 */
struct choice {
	char *file;
	char version[32];
	const struct record *old;
	char old_version[32];
};

/* usable - an earlier download is unpacked for this map, or its tarball is kept */
static bool usable(const struct store *s, const struct image_req *req, const struct record *old)
{
	struct layer_info info;

	return old->fetched && (layer_is_there(s, old->chain, req->map_id, &info) ||
				!faccessat(s->blobs, old->chain, R_OK, 0));
}

static int use_download(const struct store *s, const char *ref, const char *from, const char *chain,
			struct tarball *src)
{
	src->fd = openat(s->blobs, chain, O_RDONLY | O_CLOEXEC);
	src->fetched = true;
	src->ref = xstrdup(ref);
	src->path = xstrdup(from);
	memcpy(src->chain, chain, DIGEST_HEX + 1);
	return 0;
}

static int use_what_there_is(const struct store *s, const struct choice *c, const char *arch,
			     struct tarball *src, struct err *e)
{
	int r;

	if (c->old && (!c->file || alpine_version_cmp(c->old_version, c->version) > 0))
		return use_download(s, c->old->ref, c->old->source, c->old->chain, src);
	r = tarball_open(src, c->file, e);
	if (!r)
		src->ref = full_ref(c->version, arch);
	return r;
}

/* keep_blob - move a finished download to blobs/ */
static int keep_blob(const struct store *s, const struct tmp_tree *t, int fd, const char *chain,
		     bool sync, struct err *e)
{
	if (sync && fsync(fd) < 0)
		return fail_errno(e, "cannot write the download to the disk of %s", s->path);
	if (renameat(t->fd, "download", s->blobs, chain) < 0)
		return fail_errno(e, "cannot keep the download in %s/blobs", s->path);
	if (sync)
		fsync(s->blobs);
	return 0;
}

static int download(const struct store *s, const struct image_req *req, struct fetch *f,
		    struct err *e)
{
	struct tmp_tree t;
	int r = tmp_make(s, &t, e);

	if (r < 0)
		return r;
	f->out_fd = openat(t.fd, "download", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (f->out_fd < 0)
		r = fail_errno(e, "cannot make a file in %s/tmp", s->path);
	if (!r)
		r = fetch_alpine(req, f, e);
	if (r == -ENOSPC || r == -EDQUOT)
		r = store_space(s, r, "downloading", e);
	if (!r && !f->same)
		r = keep_blob(s, &t, f->out_fd, f->got.sha256, !req->no_sync, e);
	close_fdp(&f->out_fd);
	tmp_drop(s, &t);
	return r;
}

static int ask_mirror(const struct store *s, const struct image_req *req, const struct wanted *w,
		      const struct choice *c, struct tarball *src, struct err *e)
{
	struct fetch f = {.arch = w->arch, .want = w->ref.version, .out_fd = -1};
	int r;

	if (req->pull == PULL_NEWER && (c->file || c->old)) {
		f.unless_version = c->file ? c->version : c->old_version;
		if (c->file && c->old && alpine_version_cmp(c->old_version, c->version) > 0)
			f.unless_version = c->old_version;
	} else if (c->old) {
		f.unless_sha256 = c->old->chain;
	}
	r = download(s, req, &f, e);
	if (!r && f.same && req->pull == PULL_NEWER) {
		r = use_what_there_is(s, c, w->arch, src, e);
	} else if (!r) {
		cleanup_free char *ref = full_ref(f.got.version, w->arch);

		r = use_download(s, ref, f.from, f.got.sha256, src);
	}
	free(f.from);
	return r;
}

/* not_found - one line: where we looked, and the two ways to get it */
static int not_found(const struct image_req *req, const struct wanted *w, int r, struct err *e)
{
	cleanup_buf struct buf where = {};
	cleanup_free char *why = r < 0 ? xstrdup(e->msg) : NULL;
	const char *want = w->ref.version;
	cleanup_free char *version = alpine_version_exact(want)      ? xstrdup(want)
				     : !*want || streq(want, "edge") ? xstrdup("VERSION")
								     : xasprintf("%s.N", want);

	strv_for_each (dir, req->path)
		buf_printf(&where, "%s%s", where.len ? ", " : "", dir);
	return fail(
		e, r < 0 ? -r : ENOENT,
		"%s for %s is not in %.300s%s%.350s; put alpine-minirootfs-%s-%s.tar.gz into %.100s, or %s",
		w->name, w->arch, where.data ? where.data : "(no folder)",
		why ? ", and cannot be fetched: " : "", why ? why : "", version, w->arch,
		req->path->n ? req->path->v[0] : "the search path (--image-path)",
		why ? "let it be fetched: a network, or another mirror with --mirror URL"
		    : "let it be fetched: leave --pull=never out");
}

static int find_alpine(const struct store *s, const struct image_req *req, const struct wanted *w,
		       const struct record *old, struct record *rec, struct tarball *src,
		       struct err *e)
{
	cleanup_free char *file = NULL;
	struct choice c = {};
	bool have, ask;
	int r;

	alpine_search(req->path, w->arch, w->ref.version, rec, &file, c.version);
	c.file = file;
	if (old->name && usable(s, req, old)) {
		c.old = old;
		ref_version(old->ref, c.old_version);
	}
	have = c.file || c.old;
	ask = (!have && req->pull != PULL_NEVER) || req->pull == PULL_ALWAYS ||
	      (req->pull == PULL_NEWER && !(have && alpine_version_exact(w->ref.version)));
	if (!ask)
		return have ? use_what_there_is(s, &c, w->arch, src, e) : not_found(req, w, 0, e);
	r = ask_mirror(s, req, w, &c, src, e);
	if (r < 0 && have && req->pull == PULL_NEWER) {
		log_warn("cannot look for a newer %s: %s, falling back to what is here", w->name,
			 e->msg);
		*e = (struct err){};
		return use_what_there_is(s, &c, w->arch, src, e);
	}
	return r < 0 ? not_found(req, w, r, e) : r;
}

/**
 * find_source - the tarball that serves a name
 * @old: the name's record so far, or empty
 * @rec: receives the folders that were searched
 * @src: receives the tarball; fd is -1 when a download is unpacked and its tarball is gone
 *
 * Return: 0 or -errno.
 */
int find_source(const struct store *s, const struct image_req *req, const struct wanted *w,
		const struct record *old, struct record *rec, struct tarball *src, struct err *e)
{
	cleanup_free char *path = NULL;
	int r;

	if (w->ref.kind == REF_ALPINE)
		return find_alpine(s, req, w, old, rec, src, e);
	if (w->ref.kind == REF_OWN)
		return old->name && streq(old->name, w->name)
			       ? use_download(s, old->ref, old->source, old->chain, src)
			       : fail(e, EBADMSG,
				      "the record of image %s is damaged; remove it with rmi",
				      w->name);
	path = w->ref.kind == REF_BUSYBOX ? busybox_file() : xstrdup(w->ref.path);
	r = tarball_open(src, path, e);
	if (r < 0 && w->ref.kind == REF_BUSYBOX)
		return fail_hint(e, r, "install sandbox again");
	if (!r)
		src->ref = xstrdup(w->name);
	return r;
}
