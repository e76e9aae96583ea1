/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * An image of one's own is a name in refs/ like any other: its tarball, which the caller
 * writes, lies in blobs/ as if it had been downloaded, so that it can be unpacked for
 * another id map, and is unpacked here for the one at hand, by the same helper and the
 * same rules. Its configuration stands in the record, as the JSON of an OCI image's
 * "config".
 */
#include <sys/stat.h>

#include "image/internal.h"

/* ---- names ----------------------------------------------------------------------------------------------- */

/**
 * own_name - the canonical form of a name that is neither busybox, alpine nor a path
 *
 * Return: NAME:TAG, a new string; or NULL with @e set.
 */
char *own_name(const char *text, struct err *e)
{
	const char *name = str_has_prefix(text, "localhost/") ? text + strlen("localhost/") : text;
	struct ref ref = {};
	struct err why = {};
	int r = ref_parse(name, &ref, &why);

	free(ref.path);
	if (r == -ENOENT && !strchr(name, '@')) {
		const char *slash = strrchr(name, '/');

		return xasprintf("%s%s", name, strchr(slash ? slash : name, ':') ? "" : ":latest");
	}
	if (!r || r == -ENOENT)
		fail(e, EINVAL,
		     "\"%.100s\" cannot be the name of an image of your own; "
		     "choose another, such as mine:1",
		     text);
	else
		*e = why;
	return NULL;
}

/* ---- configuration ------------------------------------------------------------------------------------------ */

char *config_text(const struct image_config *c)
{
	cleanup_json json *j = json_obj();

	json_set(j, "Env", json_strv(&c->env));
	json_set(j, "Entrypoint", json_strv(&c->entrypoint));
	json_set(j, "Cmd", json_strv(&c->cmd));
	json_set(j, "User", json_str(c->user ? c->user : ""));
	json_set(j, "WorkingDir", json_str(c->cwd ? c->cwd : ""));
	json_set(j, "StopSignal", json_i64(c->stop_signal));
	return json_dump(j, false);
}

/* config_parse - the record's sum was right, so it is what config_text() wrote; else it is empty */
void config_parse(const char *text, struct image_config *c)
{
	cleanup_json json *j = NULL;
	const char *user, *cwd;
	int64_t sig;

	if (json_parse(text, strlen(text), &j, NULL) < 0 || !json_is_obj(j))
		return;
	json_get_strv(j, "Env", &c->env);
	json_get_strv(j, "Entrypoint", &c->entrypoint);
	json_get_strv(j, "Cmd", &c->cmd);
	user = json_get_str(j, "User", "");
	cwd = json_get_str(j, "WorkingDir", "");
	sig = json_get_i64(j, "StopSignal", 0);
	c->user = *user ? xstrdup(user) : NULL;
	c->cwd = *cwd ? xstrdup(cwd) : NULL;
	c->stop_signal = sig > 0 && sig <= 64 ? (int)sig : 0;
}

/* ---- the image ------------------------------------------------------------------------------------------------ */

static int pack_to(const struct store *s, const struct tmp_tree *t, const struct image_commit *c,
		   struct tarball *src, struct err *e)
{
	int r;

	src->fd = openat(t->fd, "archive", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (src->fd < 0)
		return fail_errno(e, "cannot make a file in %s/tmp", s->path);
	r = c->pack(c->ctx, src->fd, e);
	if (r == -ENOSPC || r == -EDQUOT)
		return store_space(s, r, "packing the image", e);
	if (!r && lseek(src->fd, 0, SEEK_SET) < 0)
		r = fail_errno(e, "cannot read the packed image");
	return r;
}

static int keep_archive(const struct store *s, const struct tmp_tree *t, const struct tarball *src,
			bool sync, struct err *e)
{
	if (sync && fsync(src->fd) < 0)
		return fail_errno(e, "cannot write the image to the disk of %s", s->path);
	if (renameat(t->fd, "archive", s->blobs, src->chain) < 0)
		return fail_errno(e, "cannot keep the image in %s/blobs", s->path);
	if (sync)
		fsync(s->blobs);
	return 0;
}

static int put_record(const struct store *s, const struct image_commit *c, const char *name,
		      const struct tarball *src, const struct layer_info *info, struct err *e)
{
	cleanup_record struct record rec = {.name = xstrdup(name),
					    .ref = xstrdup(name),
					    .source = xstrdup(c->source),
					    .config = config_text(c->config),
					    .fetched = true,
					    .created = info->created};
	int r;

	snprintf(rec.arch, sizeof(rec.arch), "%s", host_arch());
	memcpy(rec.chain, src->chain, sizeof(rec.chain));
	memcpy(rec.boot, info->boot, sizeof(rec.boot));
	r = record_write(s->refs, &rec, !c->req.no_sync, e);
	return r < 0 ? store_space(s, r, "recording the image", e) : 0;
}

static int commit_in(const struct store *s, const struct tmp_tree *t, const struct image_commit *c,
		     const char *name, char digest[72], struct err *e)
{
	cleanup_tarball struct tarball src = {.fd = -1, .ref = xstrdup(name)};
	cleanup_close int hold = -1;
	struct layer_info info;
	int r = pack_to(s, t, c, &src, e);

	if (!r)
		r = image_unpack(s, &c->req, &src, &info, &hold, e);
	if (!r)
		r = keep_archive(s, t, &src, !c->req.no_sync, e);
	fault_point("image-packed");
	if (!r)
		r = put_record(s, c, name, &src, &info, e);
	if (!r)
		snprintf(digest, 72, "sha256:%s", src.chain);
	return r;
}

/**
 * image_commit - make an image of one's own
 * @digest: receives its digest
 *
 * A name that is there is taken over by the new image.
 * Return: 0 or -errno.
 */
int image_commit(const struct image_commit *c, char digest[72], struct err *e)
{
	cleanup_store struct store s = STORE_CLOSED;
	cleanup_free char *name = own_name(c->req.name, e), *file = NULL;
	cleanup_close int lock = -1;
	struct tmp_tree t;
	int r;

	if (!name)
		return -e->code;
	r = store_open(&s, c->req.store, c->req.userns, e);
	if (r < 0)
		return r;
	file = record_file(name);
	lock = store_lock(&s, file, true, e);
	if (lock < 0)
		return lock;
	r = tmp_make(&s, &t, e);
	if (r < 0)
		return r;
	r = commit_in(&s, &t, c, name, digest, e);
	tmp_drop(&s, &t);
	return r;
}
