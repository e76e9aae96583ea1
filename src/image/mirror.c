/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One Alpine mirror: its list of releases, then the tarball that the list
 * names, checked while it arrives. An older release that is asked for by its
 * whole version is no longer in the list: then the file FILE.sha256 beside it
 * has the digest. Neither is signed; what proves them is the mirror's TLS.
 */
#include <openssl/evp.h>

#include "image/http.h"

#define LIST_MAX    (1 << 20)
#define SIDE_MAX    4096
#define TARBALL_MAX (512 << 20)

static int add_text(void *ctx, const void *p, size_t n, struct err *e __unused)
{
	buf_add(ctx, p, n);
	return 0;
}

static int restart_text(void *ctx, struct err *e __unused)
{
	((struct buf *)ctx)->len = 0;
	return 0;
}

static int get_text(struct http *h, const char *url, uint64_t max, struct buf *out, struct err *e)
{
	struct http_get g = {
		.url = url, .max = max, .data = add_text, .restart = restart_text, .ctx = out};

	out->len = 0;
	buf_puts(out, "");
	return http_get(h, &g, e);
}

/* ---- the tarball ---- */

struct sink {
	int fd;
	EVP_MD_CTX *sha256, *sha512;
};

static int sink_data(void *ctx, const void *p, size_t n, struct err *e)
{
	struct sink *s = ctx;
	int r = write_full(s->fd, p, n);

	if (r < 0)
		return fail(e, -r, "cannot write the download: %s", strerror(-r));
	if (!EVP_DigestUpdate(s->sha256, p, n) || !EVP_DigestUpdate(s->sha512, p, n))
		return fail(e, EIO, "cannot compute a digest");
	return 0;
}

static int sink_restart(void *ctx, struct err *e)
{
	struct sink *s = ctx;

	if (ftruncate(s->fd, 0) < 0 || lseek(s->fd, 0, SEEK_SET) < 0)
		return fail_errno(e, "cannot begin the download again");
	if (!EVP_DigestInit_ex(s->sha256, EVP_sha256(), NULL) ||
	    !EVP_DigestInit_ex(s->sha512, EVP_sha512(), NULL))
		return fail(e, EIO, "cannot compute a digest");
	return 0;
}

static void digest_hex(EVP_MD_CTX *ctx, char *out)
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	EVP_DigestFinal_ex(ctx, raw, &n);
	for (unsigned i = 0; i < n; i++)
		sprintf(out + 2 * i, "%02x", raw[i]);
}

static int sink_check(struct sink *s, const struct http_get *g, const struct release *r,
		      struct err *e)
{
	char got256[2 * EVP_MAX_MD_SIZE + 1] = "", got512[2 * EVP_MAX_MD_SIZE + 1] = "";

	digest_hex(s->sha256, got256);
	digest_hex(s->sha512, got512);
	if (r->size && g->have != r->size)
		return fail(e, EBADMSG, "%s has %llu bytes where the mirror's list says %llu",
			    g->url, (unsigned long long)g->have, (unsigned long long)r->size);
	if (!streq(got256, r->sha256))
		return fail(e, EBADMSG, "%s has the sha256 %s where the mirror's list says %s",
			    g->url, got256, r->sha256);
	if (*r->sha512 && !streq(got512, r->sha512))
		return fail(e, EBADMSG, "%s has not the sha512 that the mirror's list says",
			    g->url);
	return 0;
}

static int get_tarball(struct http *h, const char *url, const struct release *r, int fd,
		       struct err *e)
{
	struct sink s = {fd, EVP_MD_CTX_new(), EVP_MD_CTX_new()};
	struct http_get g = {.url = url,
			     .max = r->size ? r->size : TARBALL_MAX,
			     .data = sink_data,
			     .restart = sink_restart,
			     .ctx = &s};
	int ret = s.sha256 && s.sha512 ? sink_restart(&s, e) : fail(e, ENOMEM, "out of memory");

	if (!ret)
		ret = http_get(h, &g, e);
	if (!ret)
		ret = sink_check(&s, &g, r, e);
	EVP_MD_CTX_free(s.sha256);
	EVP_MD_CTX_free(s.sha512);
	return ret == -EBADMSG || ret == -EFBIG
		       ? fail_hint(
				 e, ret,
				 "the mirror is damaged or just being updated: try later, or another --mirror URL")
		       : ret;
}

/* ---- the list ---- */

/* ask_side_file - an exact version that the list does not have */
static int ask_side_file(struct http *h, const char *dir, const struct mirror_job *job,
			 struct release *got, struct err *e)
{
	cleanup_buf struct buf text = {};
	cleanup_free char *url = NULL;
	struct release r = {};
	int ret;

	snprintf(r.version, sizeof(r.version), "%s", job->want);
	snprintf(r.file, sizeof(r.file), "alpine-minirootfs-%s-%s.tar.gz", job->want, job->arch);
	url = xasprintf("%s/%s.sha256", dir, r.file);
	ret = get_text(h, url, SIDE_MAX, &text, e);
	if (!ret)
		ret = releases_side_file(text.data, text.len, r.file, r.sha256, e);
	if (!ret)
		ret = releases_check(&r, job->arch, e);
	if (!ret)
		*got = r;
	return ret;
}

static int ask_list(struct http *h, const char *dir, const struct mirror_job *job,
		    struct release *got, struct err *e)
{
	cleanup_buf struct buf text = {};
	cleanup_free char *url = xasprintf("%s/latest-releases.yaml", dir);
	int r = get_text(h, url, LIST_MAX, &text, e);

	if (!r)
		r = releases_pick(text.data, text.len, job->arch, job->want, got, e);
	if (r == -ENOENT && alpine_version_exact(job->want))
		r = ask_side_file(h, dir, job, got, e);
	return r;
}

/**
 * mirror_fetch - get a minirootfs from one mirror
 * @mirror: address, without a slash at its end
 * @got: receives what it offers
 * @from: receives the address, a new string
 * @same: receives whether the caller has it already; then nothing was written
 *
 * Return: 0 or -errno.
 */
int mirror_fetch(struct http *h, const char *mirror, const struct mirror_job *job,
		 struct release *got, char **from, bool *same, struct err *e)
{
	cleanup_free char *dir = NULL, *url = NULL;
	char branch[16];
	int r;

	alpine_branch(job->want, branch);
	dir = xasprintf("%s/%s/releases/%s", mirror, branch, job->arch);
	r = ask_list(h, dir, job, got, e);
	if (r < 0)
		return r;
	url = xasprintf("%s/%s", dir, got->file);
	*same = (job->unless_sha256 && streq(got->sha256, job->unless_sha256)) ||
		(job->unless_version && alpine_version_cmp(got->version, job->unless_version) <= 0);
	if (!*same)
		r = get_tarball(h, url, got, job->out_fd, e);
	if (!r)
		*from = take_ptr(url);
	return r;
}
