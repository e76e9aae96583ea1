/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Writes tar: ustar headers, with a pax header before an entry whose name, link,
 * size or owner does not fit or that has extended attributes. Names are bytes: no
 * character set is asked, so no file of the container is ever read as a table of
 * one, as a library's writer would.
 * Source: pax(1) of POSIX.1-2017, "pax Interchange Format" and "ustar Interchange
 * Format"; SCHILY.xattr is what libarchive, GNU tar and docker read.
 */
#include "image/unpack.h"

#define BLOCK 512

struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], typeflag;
	char linkname[100], magic[6], version[2], uname[32], gname[32], devmajor[8], devminor[8];
	char prefix[155], pad[12];
};
_Static_assert(sizeof(struct ustar) == BLOCK, "a header is one block");

static int flush(struct tarout *t, struct err *e)
{
	int r = write_full(t->fd, t->buf, t->len);

	t->written += t->len;
	t->len = 0;
	return r < 0 ? fail(e, -r, "cannot write the archive: %s", strerror(-r)) : 0;
}

/* tarout_data - the contents of the last entry, piece by piece */
int tarout_data(struct tarout *t, const void *p, size_t n, struct err *e)
{
	const uint8_t *from = p;

	while (n) {
		size_t now = MIN(n, sizeof(t->buf) - t->len);
		int r;

		memcpy(t->buf + t->len, from, now);
		t->len += now;
		from += now;
		n -= now;
		r = t->len == sizeof(t->buf) ? flush(t, e) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* tarout_pad - after contents of @size bytes */
int tarout_pad(struct tarout *t, uint64_t size, struct err *e)
{
	static const uint8_t zeros[BLOCK];

	return size % BLOCK ? tarout_data(t, zeros, BLOCK - size % BLOCK, e) : 0;
}

/* tarout_end - the mark of the end, and whatever is left */
int tarout_end(struct tarout *t, struct err *e)
{
	static const uint8_t zeros[2 * BLOCK];
	int r = tarout_data(t, zeros, sizeof(zeros), e);

	return r < 0 ? r : flush(t, e);
}

/* pax_record - "LENGTH KEY=VALUE\n", where LENGTH counts itself */
void pax_record(struct buf *b, const char *key, const void *value, size_t n)
{
	size_t rest = strlen(key) + n + 3, len = rest + 1;
	char number[24];

	while (len != rest + (size_t)snprintf(number, sizeof(number), "%zu", len))
		len = rest + strlen(number);
	buf_printf(b, "%zu %s=", len, key);
	buf_add(b, value, n);
	buf_add(b, "\n", 1);
}

/* One digit less than the field has bytes; what does not fit stands in the pax header. */
static void put_octal(char *field, size_t size, uint64_t v)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%0*llo", (int)size - 1, (unsigned long long)v);

	if ((size_t)n == size - 1)
		memcpy(field, text, size - 1);
	else
		memset(field, '0', size - 1);
}

static int put_header(struct tarout *t, struct ustar *h, struct err *e)
{
	unsigned sum = 0;

	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	memset(h->checksum, ' ', sizeof(h->checksum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += ((const unsigned char *)h)[i];
	snprintf(h->checksum, sizeof(h->checksum), "%06o", sum);
	h->checksum[7] = ' ';
	return tarout_data(t, h, sizeof(*h), e);
}

static int put_pax(struct tarout *t, const struct buf *records, struct err *e)
{
	struct ustar h = {.typeflag = 'x'};
	int r;

	memcpy(h.name, "PaxHeader", sizeof("PaxHeader"));
	put_octal(h.mode, sizeof(h.mode), 0644);
	put_octal(h.uid, sizeof(h.uid), 0);
	put_octal(h.gid, sizeof(h.gid), 0);
	put_octal(h.size, sizeof(h.size), records->len);
	put_octal(h.mtime, sizeof(h.mtime), 0);
	r = put_header(t, &h, e);
	if (!r)
		r = tarout_data(t, records->data, records->len, e);
	return r < 0 ? r : tarout_pad(t, records->len, e);
}

static char typeflag(const struct tarout_entry *te)
{
	if (te->hard)
		return '1';
	switch (te->st.st_mode & S_IFMT) {
	case S_IFDIR:
		return '5';
	case S_IFLNK:
		return '2';
	case S_IFCHR:
		return '3';
	case S_IFBLK:
		return '4';
	case S_IFIFO:
		return '6';
	}
	return '0';
}

static void put_name(char field[100], struct buf *pax, const char *key, const char *name)
{
	size_t n = strlen(name);

	if (n >= 100)
		pax_record(pax, key, name, n);
	memcpy(field, name, MIN(n, 99));
}

static void put_number(struct buf *pax, const char *key, uint64_t v, uint64_t max)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)v);

	if (v > max)
		pax_record(pax, key, text, (size_t)n);
}

/**
 * tarout_header - begin an entry
 * @te: its st.st_size bytes of contents follow, when it is a plain file and no hard link
 *
 * Return: 0 or -errno.
 */
int tarout_header(struct tarout *t, const struct tarout_entry *te, struct err *e)
{
	bool plain = S_ISREG(te->st.st_mode) && !te->hard;
	uint64_t size = plain ? (uint64_t)te->st.st_size : 0;
	int64_t mtime = te->st.st_mtime;
	struct ustar h = {.typeflag = typeflag(te)};
	cleanup_buf struct buf pax = {};
	cleanup_free char *path = xasprintf("%s%s", te->path, h.typeflag == '5' ? "/" : "");
	int r = 0;

	put_name(h.name, &pax, "path", path);
	if (te->link)
		put_name(h.linkname, &pax, "linkpath", te->link);
	put_number(&pax, "size", size, 077777777777ULL);
	put_number(&pax, "uid", te->st.st_uid, 07777777);
	put_number(&pax, "gid", te->st.st_gid, 07777777);
	if (te->xattrs.len)
		buf_add(&pax, te->xattrs.data, te->xattrs.len);
	put_octal(h.mode, sizeof(h.mode), te->st.st_mode & 07777);
	put_octal(h.uid, sizeof(h.uid), te->st.st_uid);
	put_octal(h.gid, sizeof(h.gid), te->st.st_gid);
	put_octal(h.size, sizeof(h.size), size);
	put_octal(h.mtime, sizeof(h.mtime), mtime > 0 ? (uint64_t)mtime : 0);
	if (pax.len)
		r = put_pax(t, &pax, e);
	return r < 0 ? r : put_header(t, &h, e);
}
