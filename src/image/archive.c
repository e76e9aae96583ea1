/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * libarchive, behind a small door. Only its tar reader is ever enabled: all of
 * its other formats stay unreachable for a stranger's bytes, and the filters
 * that run programs with them. It gets plain tar from the ring of source.c; for
 * xz and bzip2 a second reader (format "raw") decompresses in the thread there.
 *
 * What the tar reader passes over in silence is refused here: extended headers
 * with names cut by NUL bytes or malformed records (looked at as raw bytes, see
 * policy_headers()), a missing end-of-archive mark, and its own warnings.
 */
#include <archive.h>
#include <archive_entry.h>

#include "image/unpack.h"

struct tar {
	struct archive *a;
	struct archive_entry *entry; /* libarchive's own */
	struct source *source;
	struct err err; /* of the source, while libarchive stands between */
	bool any, may_be_empty;
};

static la_ssize_t tar_read_cb(struct archive *a, void *ctx, const void **p)
{
	struct tar *t = ctx;
	const uint8_t *bytes = NULL;
	ssize_t n = source_next(t->source, &bytes, &t->err);

	*p = bytes;
	if (n < 0)
		archive_set_error(a, (int)-n, "%s", "the source failed");
	return n < 0 ? ARCHIVE_FATAL : n;
}

/* What libarchive says, or what the source said before it. */
static int tar_fail(struct tar *t, struct err *e)
{
	const char *why = archive_error_string(t->a);

	if (t->err.code) {
		*e = t->err;
		return -e->code;
	}
	if (archive_errno(t->a) == ENOMEM)
		return fail(e, ENOMEM, "it takes more memory than an archive may");
	return fail(e, EBADMSG, "the archive is damaged: %s", why ? why : "no reason given");
}

/**
 * tar_make - set up the reader; reads nothing yet
 * @may_be_empty: an archive without a file is a sound one
 *
 * Return: 0 or -ENOMEM.
 */
int tar_make(struct tar **out, bool may_be_empty, struct err *e)
{
	struct tar *t = xcalloc(1, sizeof(*t));

	t->may_be_empty = may_be_empty;
	t->a = archive_read_new();
	if (!t->a || archive_read_support_format_tar(t->a) != ARCHIVE_OK)
		return fail(e, ENOMEM, "cannot set up libarchive");
	*out = t;
	return 0;
}

/**
 * tar_start - read the first bytes and see whether they are tar
 *
 * Return: 0, -EBADMSG when they are not, or what the source says.
 */
int tar_start(struct tar *t, struct source *s, struct err *e)
{
	t->source = s;
	if (archive_read_open(t->a, t, NULL, tar_read_cb, NULL) == ARCHIVE_OK)
		return 0;
	if (t->err.code)
		return tar_fail(t, e);
	return fail(e, EBADMSG,
		    "it is not a tar archive (plain or compressed by gzip, zstd, xz or bzip2)");
}

static int check_raw_headers(struct tar *t, struct err *e)
{
	uint64_t from = (uint64_t)archive_read_header_position(t->a);
	uint64_t to = (uint64_t)archive_filter_bytes(t->a, 0);
	const uint8_t *p;

	if (to < from + 512)
		return fail(e, EBADMSG, "its header cannot be found");
	if (to == from + 512)
		return 0;
	if (to - from > POLICY_HEADER_MAX + (64 << 10))
		return fail(e, EBADMSG, "its extended headers are larger than %u KiB",
			    POLICY_HEADER_MAX >> 10);
	p = source_held(t->source, from, (size_t)(to - from));
	if (!p)
		return fail(e, EBADMSG, "its extended headers are larger than %u KiB",
			    POLICY_HEADER_MAX >> 10);
	return policy_headers(p, (size_t)(to - from), e);
}

static void describe(struct archive_entry *ae, struct tar_entry *out)
{
	*out = (struct tar_entry){
		.type = archive_entry_filetype(ae) & S_IFMT,
		.mode = archive_entry_perm(ae),
		.path = archive_entry_pathname(ae),
		.hardlink = archive_entry_hardlink(ae),
		.symlink = archive_entry_symlink(ae),
		.uid = archive_entry_uid(ae),
		.gid = archive_entry_gid(ae),
		.size = archive_entry_size(ae),
		.mtime = archive_entry_mtime(ae),
		.mtime_nsec = archive_entry_mtime_nsec(ae),
	};
}

/* A name that is not UTF-8 is taken byte for byte; every other warning counts as an error. */
static bool is_charset_warning(struct tar *t, int r)
{
	const char *why = archive_error_string(t->a);

	return r == ARCHIVE_WARN && why && strstr(why, "can't be converted from");
}

/* After the last entry: the mark of two zero blocks, then nothing but zeros. */
static int tar_end(struct tar *t, struct err *e)
{
	uint64_t used = (uint64_t)archive_filter_bytes(t->a, 0);

	if (used == (uint64_t)archive_read_header_position(t->a))
		return fail(
			e, EBADMSG,
			"the archive is cut short: the mark of its end is missing; fetch it again");
	if (!t->any && !t->may_be_empty)
		return fail(e, EBADMSG, "the archive holds no files");
	return source_finish(t->source, used, e);
}

/**
 * tar_next - go to the next entry
 * @out: receives borrowed strings, valid until the next call
 *
 * Return: 1, 0 at a sound end of the archive, or -errno.
 */
int tar_next(struct tar *t, struct tar_entry *out, struct err *e)
{
	int r;

	if (t->any && archive_read_data_skip(t->a) < ARCHIVE_OK)
		return tar_fail(t, e);
	source_hold(t->source, true);
	r = archive_read_next_header(t->a, &t->entry);
	if (r == ARCHIVE_EOF)
		return tar_end(t, e);
	if (r != ARCHIVE_OK && !is_charset_warning(t, r))
		return tar_fail(t, e);
	t->any = true;
	describe(t->entry, out);
	r = check_raw_headers(t, e);
	source_hold(t->source, false);
	if (r < 0)
		return out->path ? fail_in(e, r, "%s", out->path) : r;
	if (!out->path)
		return fail(e, EBADMSG, "the archive is damaged: an entry has no name");
	return 1;
}

/**
 * tar_data - the next piece of a file's contents
 * @offset: where it belongs in the file
 *
 * Return: 1, 0 at the end, or -errno.
 */
int tar_data(struct tar *t, const void **p, size_t *n, int64_t *offset, struct err *e)
{
	int r = archive_read_data_block(t->a, p, n, offset);

	if (r == ARCHIVE_EOF)
		return 0;
	return r == ARCHIVE_OK ? 1 : tar_fail(t, e);
}

/* tar_xattr_size - the names and values of the present entry's extended attributes together */
size_t tar_xattr_size(struct tar *t)
{
	const char *name;
	const void *value;
	size_t n, total = 0;

	archive_entry_xattr_reset(t->entry);
	while (archive_entry_xattr_next(t->entry, &name, &value, &n) == ARCHIVE_OK)
		total += strlen(name) + n;
	archive_entry_xattr_reset(t->entry);
	return total;
}

/* tar_xattr - the present entry's next extended attribute; false when there is none left */
bool tar_xattr(struct tar *t, const char **name, const void **value, size_t *n)
{
	return archive_entry_xattr_next(t->entry, name, value, n) == ARCHIVE_OK;
}

/* ---- xz and bzip2 ------------------------------------------------------------------------------ */

struct library {
	struct archive *a;
	struct input *in;
};

static la_ssize_t library_read_cb(struct archive *a, void *ctx, const void **p)
{
	struct input *in = ((struct library *)ctx)->in;
	size_t n;

	if (!in->n && !in->more(in)) {
		if (in->error)
			archive_set_error(a, in->error, "cannot read the archive");
		return in->error ? ARCHIVE_FATAL : 0;
	}
	n = in->n;
	*p = in->p;
	in->p += n;
	in->n = 0;
	return (la_ssize_t)n;
}

static int library_fail(struct library *l, struct err *e)
{
	if (l->in->error)
		return input_error(l->in, "", e);
	return fail(e, EBADMSG, "the compressed data is damaged: %s; fetch the archive again",
		    archive_error_string(l->a) ? archive_error_string(l->a) : "no reason given");
}

static void *library_open(struct input *in, struct err *e)
{
	struct library *l = xcalloc(1, sizeof(*l));
	struct archive_entry *entry;

	l->in = in;
	l->a = archive_read_new();
	if (!l->a || archive_read_support_format_raw(l->a) != ARCHIVE_OK ||
	    archive_read_support_filter_xz(l->a) != ARCHIVE_OK ||
	    archive_read_support_filter_bzip2(l->a) != ARCHIVE_OK) {
		fail(e, ENOTSUP, "this libarchive was built without xz or bzip2; use gzip or zstd");
		return NULL;
	}
	if (archive_read_open(l->a, l, NULL, library_read_cb, NULL) != ARCHIVE_OK ||
	    archive_read_next_header(l->a, &entry) != ARCHIVE_OK) {
		library_fail(l, e);
		return NULL;
	}
	return l;
}

/* The bytes after the compressed data: those that libarchive took ahead, then the rest. */
static int library_end(struct library *l, struct err *e)
{
	uint64_t used = (uint64_t)archive_filter_bytes(l->a, -1);
	size_t rest = (size_t)(l->in->total - used);

	if (used < l->in->total) {
		l->in->p -= rest;
		l->in->n = rest;
	}
	return input_only_zeros(l->in, e);
}

static ssize_t library_read(void *state, uint8_t *out, size_t n, struct err *e)
{
	struct library *l = state;
	la_ssize_t r = archive_read_data(l->a, out, n);

	if (r < 0)
		return library_fail(l, e);
	return r ? r : library_end(l, e);
}

const struct decoder decoder_library = {"xz or bzip2", library_open, library_read};
