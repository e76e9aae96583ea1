/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * image_ready() has two ways. The quick one is every start of an image that is
 * unpacked: read the name's record, see by stat() that its tarball and the
 * folders of the search path are the same as when it was made, and hold the
 * layer: about 15 system calls, no helper, no write, so that it works in a
 * read-only store. Whatever does not fit takes the slow way: under the lock of
 * the name, the quick way again (somebody may have been faster), else find the
 * tarball (resolve.c), under the lock of the tarball unpack it to tmp/, make it
 * a layer and write the record.
 */
#include "image/internal.h"

#define DEFAULT_SHELL "/bin/sh"

/* parse_pull_policy - as --pull has it */
int parse_pull_policy(const char *s, enum pull_policy *out, struct err *e)
{
	static const char *const names[] = {
		[PULL_MISSING] = "missing",
		[PULL_ALWAYS] = "always",
		[PULL_NEVER] = "never",
		[PULL_NEWER] = "newer",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (streq(names[i], s)) {
			*out = (enum pull_policy)i;
			return 0;
		}
	}
	return fail(e, EINVAL, "pull policy \"%.40s\" is none of missing, always, never, newer", s);
}

/* image_free - release what image_ready() filled; fine for one that is all zero */
void image_free(struct image *i)
{
	free(i->ref);
	strv_free(&i->layers);
	image_config_free(&i->config);
	if (i->hold > 0)
		close_fd(i->hold);
	*i = (struct image){};
}

static void fill(const struct image_req *req, const struct record *rec, int hold, struct image *out)
{
	const char *ref = rec->ref, *chain = rec->chain;

	*out = (struct image){.ref = xstrdup(ref), .hold = hold};
	snprintf(out->digest, sizeof(out->digest), "sha256:%s", chain);
	strv_addf(&out->layers, "%s/layers/%s/%s/fs", req->store, chain, req->map_id);
	if (rec->config)
		config_parse(rec->config, &out->config);
	else
		strv_add(&out->config.cmd, DEFAULT_SHELL);
}

/* ---- the quick way ---- */

static bool dirs_same(const struct record *rec, const struct strv *path)
{
	size_t at = 0;

	strv_for_each (given, path) {
		cleanup_free char *made = *given == '/' ? NULL : path_absolute(given);
		const char *dir = made ? made : given;
		struct file_id id;

		if (at == rec->ndirs || !streq(rec->dirs[at].path, dir))
			return false;
		dir_id(dir, &id);
		if (!file_id_same(&id, &rec->dirs[at++].id))
			return false;
	}
	return at == rec->ndirs;
}

static bool tarball_same(const struct record *rec, const struct wanted *w)
{
	struct file_id id;
	struct stat st;

	if (rec->fetched)
		return true;
	if (w->ref.kind == REF_BUSYBOX) {
		cleanup_free char *path = busybox_file();

		if (!streq(path, rec->source))
			return false;
	}
	if (stat(rec->source, &st) < 0)
		return false;
	file_id_of(&st, &id);
	return file_id_same(&id, &rec->id);
}

static bool boot_same(const struct record *rec)
{
	char now[37];

	return !*rec->boot || (!boot_id(now) && streq(now, rec->boot));
}

/* record_serves - the record is of this name and nothing has changed since it was made */
static bool record_serves(const struct record *rec, const struct image_req *req,
			  const struct wanted *w)
{
	return streq(rec->name, w->name) && streq(rec->arch, w->arch) && boot_same(rec) &&
	       (w->ref.kind != REF_ALPINE || dirs_same(rec, req->path)) && tarball_same(rec, w);
}

/*
 * quick - the image is unpacked and its record is right
 * @rec: receives the record when there is a sound one, also when it does not serve
 * @warn: of a damaged record
 * Return: 1 and @out is filled, or 0, or -EWOULDBLOCK when the layer is being removed.
 */
static int quick(const struct image_req *req, const struct wanted *w, struct record *rec, bool warn,
		 struct image *out)
{
	cleanup_free char *file = record_file(w->name);
	cleanup_free char *path = xasprintf("%s/refs/%s", req->store, file);
	int r = record_read(path, rec);

	if (r < 0) {
		record_free(rec);
		if (r == -EBADMSG && warn)
			log_warn(
				"the record of image %s (%s) is damaged, falling back to making it again",
				w->name, path);
		return 0;
	}
	if (!record_serves(rec, req, w))
		return 0;
	r = layer_hold(req->store, rec->chain, req->map_id, false);
	if (r < 0)
		return r == -EWOULDBLOCK ? r : 0;
	fill(req, rec, r, out);
	return 1;
}

/* ---- the slow way ---- */

/* known_chain - the sha256 of a tarball that another name was made from */
static void known_chain(void *ctx, const char *file __unused, int r, const struct record *rec)
{
	struct tarball *src = ctx;

	if (!r && !rec->fetched && !*src->chain && file_id_same(&rec->id, &src->id))
		memcpy(src->chain, rec->chain, sizeof(src->chain));
}

static void set_boot(char boot[40], bool sync)
{
	*boot = '\0';
	if (!sync && boot_id(boot) < 0)
		*boot = '\0';
}

/* check_digest - the bytes that were unpacked are those that were meant */
static int check_digest(const struct store *s, const struct tarball *src, const char *digest,
			struct err *e)
{
	const char *hex = strchr(digest, ':');

	if (!hex || !is_hex(hex + 1, DIGEST_HEX))
		return fail(e, EPROTO, "sandbox-unpack gave no digest of %s", src->ref);
	if (!src->fetched || streq(hex + 1, src->chain))
		return 0;
	unlinkat(s->blobs, src->chain, 0);
	return fail(
		e, EBADMSG,
		"the downloaded tarball of %s was damaged in the store and is removed; run the command again to fetch it anew",
		src->ref);
}

/*
 * Every container gets mounts at these places. Where an image lacks one, it would be
 * made in each container's upper layer, which then has to be emptied again; so it is
 * made here, once. A layer that we may not write to (its root is a subordinate
 * id) does without.
 */
static void make_mount_points(int fs)
{
	static const char *const dirs[] = {"dev", "proc", "sys"};
	static const char *const files[] = {"hosts", "hostname", "resolv.conf"};
	cleanup_close int etc = -1;

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		if (mkdirat(fs, dirs[i], 0755) < 0 && errno != EEXIST)
			return;
	}
	etc = openat(fs, "etc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	for (size_t i = 0; etc >= 0 && i < ARRAY_SIZE(files); i++)
		close_fd(openat(etc, files[i], O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC,
				0644));
}

static int unpack_into(const struct store *s, const struct image_req *req, struct tarball *src,
		       const struct tmp_tree *t, struct layer_info *info, struct err *e)
{
	struct layer_result res = {};
	cleanup_close int fs = -1;
	int r;

	if (mkdirat(t->fd, "fs", 0755) < 0)
		return fail_errno(e, "cannot make a folder in %s/tmp", s->path);
	fs = openat(t->fd, "fs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fs < 0)
		return fail_errno(e, "cannot open a folder in %s/tmp", s->path);
	fault_point("image-unpacking");
	r = layer_unpack(src->fd, fs, req->userns, req->quiet, src->ref, &res, e);
	if (!r)
		r = check_digest(s, src, res.digest, e);
	if (r < 0)
		return r;
	make_mount_points(fs);
	memcpy(src->chain, strchr(res.digest, ':') + 1, sizeof(src->chain));
	*info = (struct layer_info){
		.bytes = res.bytes, .entries = res.entries, .created = time(NULL)};
	set_boot(info->boot, !req->no_sync);
	r = layer_info_write(t->fd, info);
	return r < 0 ? fail(e, -r, "cannot write to %s/tmp: %s", s->path, strerror(-r)) : 0;
}

/**
 * image_unpack - make a layer of a tarball
 * @src: its chain becomes what was unpacked
 * @hold: receives a shared lock on the layer
 */
int image_unpack(const struct store *s, const struct image_req *req, struct tarball *src,
		 struct layer_info *info, int *hold, struct err *e)
{
	struct tmp_tree t;
	int r;

	if (src->fd < 0)
		return fail(
			e, ENOENT,
			"the tarball of %s is no longer in the store; fetch it again with sandbox pull --pull=always",
			src->ref);
	r = tmp_make(s, &t, e);
	if (r < 0)
		return r;
	r = unpack_into(s, req, src, &t, info, e);
	fault_point("image-unpacked");
	if (!r)
		r = layer_commit(s, &t, src->chain, req->map_id, !req->no_sync, hold, e);
	if (r == -ENOSPC || r == -EDQUOT) {
		cleanup_free char *what = xasprintf("unpacking %s", src->ref);

		r = store_space(s, r, what, e);
	}
	tmp_drop(s, &t);
	return r;
}

static int lock_source(const struct store *s, const struct tarball *src, struct err *e)
{
	cleanup_free char *name = src->fetched ? xasprintf("sha256-%s", src->chain)
					       : xasprintf("file-%llx-%llx",
							   (unsigned long long)src->id.dev,
							   (unsigned long long)src->id.ino);

	return store_lock(s, name, true, e);
}

/* make_layer - hold the layer of a tarball, made when it is not there */
static int make_layer(const struct store *s, const struct image_req *req, struct tarball *src,
		      struct layer_info *info, int *hold, struct err *e)
{
	cleanup_close int lock = lock_source(s, src, e);

	if (lock < 0)
		return lock;
	if (!src->fetched)
		records_each(req->store, known_chain, src);
	if (*src->chain && layer_is_there(s, src->chain, req->map_id, info)) {
		*hold = layer_hold(req->store, src->chain, req->map_id, false);
		if (*hold >= 0)
			return 0;
	}
	return image_unpack(s, req, src, info, hold, e);
}

static int slow_locked(const struct store *s, const struct image_req *req, const struct wanted *w,
		       const struct record *old, struct image *out, struct err *e)
{
	cleanup_record struct record rec = {};
	cleanup_tarball struct tarball src = {.fd = -1};
	cleanup_close int hold = -1;
	struct layer_info info;
	int r = find_source(s, req, w, old, &rec, &src, e);

	if (!r)
		r = make_layer(s, req, &src, &info, &hold, e);
	if (r < 0)
		return r;
	fault_point("image-committed");
	rec.name = xstrdup(w->name);
	rec.ref = take_ptr(src.ref);
	rec.source = take_ptr(src.path);
	rec.fetched = src.fetched;
	if (w->ref.kind == REF_OWN && old->config)
		rec.config = xstrdup(old->config);
	rec.id = src.id;
	rec.created = info.created;
	snprintf(rec.arch, sizeof(rec.arch), "%s", w->arch);
	memcpy(rec.chain, src.chain, sizeof(rec.chain));
	memcpy(rec.boot, info.boot, sizeof(rec.boot));
	r = record_write(s->refs, &rec, !req->no_sync, e);
	if (r < 0)
		return store_space(s, r, "recording the image", e);
	fill(req, &rec, take_fd(&hold), out);
	return 0;
}

/* asks_mirror - the answer may not come from the store alone */
static bool asks_mirror(const struct image_req *req, const struct wanted *w)
{
	return w->ref.kind == REF_ALPINE && (req->pull == PULL_ALWAYS || req->pull == PULL_NEWER);
}

/*
 * still_unpacked - hold the layer of a record whose tarball may be gone
 *
 * An image once unpacked runs without the option, the folder or the network that it came by.
 * Return: a descriptor that holds the layer, or -errno.
 */
static int still_unpacked(const struct image_req *req, const struct wanted *w,
			  const struct record *old)
{
	if (w->ref.kind == REF_FILE || asks_mirror(req, w) || !old->name ||
	    !streq(old->name, w->name) || !streq(old->arch, w->arch) || !boot_same(old))
		return -ENOENT;
	return layer_hold(req->store, old->chain, req->map_id, false);
}

/* From now on the record stands for itself, like that of a download, and for these folders. */
static void detach_record(const struct store *s, const struct image_req *req, struct record *rec)
{
	rec->fetched = true;
	record_clear_dirs(rec);
	strv_for_each (dir, req->path) {
		struct file_id id;

		dir_id(dir, &id);
		record_add_dir(rec, dir, &id);
	}
	if (record_write(s->refs, rec, false, NULL) < 0)
		log_debug("the record of image %s cannot be written, ignoring", rec->name);
}

static int slow(const struct image_req *req, const struct wanted *w, struct image *out,
		struct err *e)
{
	cleanup_store struct store s = STORE_CLOSED;
	cleanup_record struct record old = {};
	cleanup_free char *file = record_file(w->name);
	cleanup_close int lock = -1, hold = -1;
	struct image_req local = *req;
	struct image found;
	int r = store_open(&s, req->store, req->userns, e);

	if (r < 0)
		return fail_in(e, r, "image %s is not ready", w->name);
	lock = store_lock(&s, file, true, e);
	if (lock < 0)
		return lock;
	fault_point("image-locked");
	r = quick(req, w, &old, false, &found);
	if (r > 0 && !asks_mirror(req, w)) {
		*out = found;
		return 0;
	}
	if (r > 0)
		image_free(&found);
	hold = still_unpacked(req, w, &old);
	if (hold >= 0)
		local.pull = PULL_NEVER;
	r = slow_locked(&s, &local, w, &old, out, e);
	if (r != -ENOENT || hold < 0)
		return r;
	*e = (struct err){};
	detach_record(&s, req, &old);
	fill(req, &old, take_fd(&hold), out);
	return 0;
}

/**
 * image_ready - make an image ready to run
 * @req: which, and how
 * @out: filled; release with image_free()
 *
 * Context: front end, single-threaded; may start helpers, print progress and take as long as a
 * download takes.
 * Return: 0 or -errno.
 */
int image_ready(const struct image_req *req, struct image *out, struct err *e)
{
	cleanup_record struct record rec = {};
	cleanup_wanted struct wanted w = {};
	int r = wanted_parse(req, &w, e);

	if (r < 0)
		return r;
	store_sweep(req->store, req->userns);
	if (!asks_mirror(req, &w)) {
		r = quick(req, &w, &rec, true, out);
		if (r > 0)
			return 0;
	}
	return slow(req, &w, out, e);
}
