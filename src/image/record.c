/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A record is one short text: a first line with its kind and version, lines of
 * a key, a blank and a value, and a last line with a checksum over all before
 * it. The checksum is against a damaged disk and a half-written file, not
 * against an attacker: who can write to the store can write the layers too. A
 * record that does not add up is never believed in part: the name is resolved
 * anew. Numbers are decimal; in strings the bytes up to the blank, '%' and DEL
 * are %XX. Reading one is part of every start, so it is a read and no more.
 */
#include <dirent.h>

#include "image/internal.h"

#define RECORD_MAX   65536
#define RECORD_MAGIC "sandbox-ref 1\n"
#define LAYER_MAGIC  "sandbox-layer 1\n"

static uint64_t fnv1a(const void *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (const unsigned char *at = p; n--; at++)
		h = (h ^ *at) * 0x100000001b3ULL;
	return h;
}

static void put_str(struct buf *b, const char *key, const char *s)
{
	buf_printf(b, "%s ", key);
	for (; *s; s++) {
		if ((unsigned char)*s <= ' ' || *s == '%' || *s == 0x7f)
			buf_printf(b, "%%%02x", (unsigned char)*s);
		else
			buf_add(b, s, 1);
	}
	buf_puts(b, "\n");
}

static void put_id(struct buf *b, const char *key, const struct file_id *id)
{
	buf_printf(b, "%s %llu %llu %llu %lld %lld\n", key, (unsigned long long)id->dev,
		   (unsigned long long)id->ino, (unsigned long long)id->size, (long long)id->mtime,
		   (long long)id->ctime);
}

static void seal(struct buf *b)
{
	buf_printf(b, "sum %016llx\n", (unsigned long long)fnv1a(b->data, b->len));
}

/* unseal - check magic and sum; returns the first line after the magic, or NULL */
static char *unseal(struct buf *b, const char *magic)
{
	static const size_t tail = 4 + 16 + 1;
	char want[24];

	if (b->len < strlen(magic) + tail || memcmp(b->data, magic, strlen(magic)))
		return NULL;
	b->len -= tail;
	snprintf(want, sizeof(want), "sum %016llx\n", (unsigned long long)fnv1a(b->data, b->len));
	if (memcmp(b->data + b->len, want, tail))
		return NULL;
	b->data[b->len] = '\0';
	return b->data + strlen(magic);
}

static char *get_str(const char *s)
{
	char *out = xmalloc(strlen(s) + 1), *to = out;

	for (; *s; s++) {
		unsigned c;

		if (*s == '%' && sscanf(s + 1, "%2x", &c) == 1 && s[1] && s[2]) {
			*to++ = (char)c;
			s += 2;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
	return out;
}

static void set_str(char **to, const char *s)
{
	free(*to);
	*to = get_str(s);
}

/* get_id - five numbers; *rest is what follows them */
static bool get_id(char *s, struct file_id *id, char **rest)
{
	int64_t v[5];

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		char *end;

		errno = 0;
		v[i] = i < 3 ? (int64_t)strtoull(s, &end, 10) : strtoll(s, &end, 10);
		if (end == s || errno || (*end && *end != ' '))
			return false;
		s = *end ? end + 1 : end;
	}
	*id = (struct file_id){(uint64_t)v[0], (uint64_t)v[1], (uint64_t)v[2], v[3], v[4]};
	*rest = s;
	return true;
}

static bool record_line(struct record *r, const char *key, char *value)
{
	char *rest;

	if (streq(key, "name"))
		set_str(&r->name, value);
	else if (streq(key, "ref"))
		set_str(&r->ref, value);
	else if (streq(key, "config"))
		set_str(&r->config, value);
	else if (streq(key, "arch"))
		snprintf(r->arch, sizeof(r->arch), "%s", value);
	else if (streq(key, "chain"))
		snprintf(r->chain, sizeof(r->chain), "%s", value);
	else if (streq(key, "boot"))
		snprintf(r->boot, sizeof(r->boot), "%s", value);
	else if (streq(key, "created"))
		return !parse_i64(value, 0, INT64_MAX, &r->created);
	else if (streq(key, "file") || streq(key, "fetched"))
		set_str(&r->source, value), r->fetched = *key == 'f' && key[1] == 'e';
	else if (streq(key, "id"))
		return get_id(value, &r->id, &rest);
	else if (streq(key, "dir")) {
		struct file_id id;

		if (!get_id(value, &id, &rest))
			return false;
		cleanup_free char *path = get_str(rest);
		record_add_dir(r, path, &id);
	} else {
		return false;
	}
	return true;
}

static bool layer_line(struct layer_info *i, const char *key, const char *value)
{
	if (streq(key, "boot"))
		snprintf(i->boot, sizeof(i->boot), "%s", value);
	else if (streq(key, "bytes"))
		return !parse_u64(value, UINT64_MAX, &i->bytes);
	else if (streq(key, "entries"))
		return !parse_u64(value, UINT64_MAX, &i->entries);
	else if (streq(key, "created"))
		return !parse_i64(value, 0, INT64_MAX, &i->created);
	else
		return false;
	return true;
}

/* next_line - cut one "key value" line off; false at the end */
static bool next_line(char **at, char **key, char **value)
{
	char *end = strchr(*at, '\n');

	if (!end)
		return false;
	*end = '\0';
	*key = *at;
	*value = strchr(*at, ' ');
	if (*value)
		*(*value)++ = '\0';
	else
		*value = end;
	*at = end + 1;
	return true;
}

void file_id_of(const struct stat *st, struct file_id *id)
{
	*id = (struct file_id){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime = st->st_mtim.tv_sec * 1000000000LL + st->st_mtim.tv_nsec,
		.ctime = st->st_ctim.tv_sec * 1000000000LL + st->st_ctim.tv_nsec,
	};
}

bool file_id_same(const struct file_id *a, const struct file_id *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->mtime == b->mtime &&
	       a->ctime == b->ctime;
}

/**
 * record_file - the file below refs/ that has the record of a name
 * @name: canonical
 *
 * A path becomes a number; the whole path stands in the record and is compared.
 * Return: a new string.
 */
char *record_file(const char *name)
{
	if (strchr(name, '/'))
		return xasprintf("file-%016llx", (unsigned long long)fnv1a(name, strlen(name)));
	return xstrdup(name);
}

/**
 * record_read - read what a name stands for
 * @path: of the record
 * @out: filled; release with record_free(), also after a failure
 *
 * Return: 0, -ENOENT, -EBADMSG when it is damaged, another -errno.
 */
int record_read(const char *path, struct record *out)
{
	cleanup_buf struct buf text = {};
	char *at, *key, *value;
	int r = read_file_at(AT_FDCWD, path, RECORD_MAX, &text);

	if (r == -EFBIG || r == -EINVAL)
		return -EBADMSG;
	if (r < 0)
		return r;
	at = unseal(&text, RECORD_MAGIC);
	if (!at)
		return -EBADMSG;
	while (next_line(&at, &key, &value)) {
		if (!record_line(out, key, value))
			return -EBADMSG;
	}
	return out->name && out->ref && out->source && is_hex(out->chain, DIGEST_HEX) ? 0
										      : -EBADMSG;
}

/**
 * record_write - put the record of a name in place, whole or not at all
 * @refs: the folder refs/
 * @sync: it must survive a power failure
 *
 * Return: 0 or -errno.
 */
int record_write(int refs, const struct record *r, bool sync, struct err *e)
{
	cleanup_buf struct buf b = {};
	cleanup_free char *file = record_file(r->name);
	int ret;

	buf_puts(&b, RECORD_MAGIC);
	put_str(&b, "name", r->name);
	put_str(&b, "ref", r->ref);
	put_str(&b, "arch", r->arch);
	put_str(&b, "chain", r->chain);
	put_str(&b, r->fetched ? "fetched" : "file", r->source);
	if (r->config)
		put_str(&b, "config", r->config);
	put_id(&b, "id", &r->id);
	for (size_t i = 0; i < r->ndirs; i++) {
		put_id(&b, "dir", &r->dirs[i].id);
		b.len--;
		put_str(&b, "", r->dirs[i].path);
	}
	buf_printf(&b, "created %lld\n", (long long)r->created);
	if (*r->boot)
		put_str(&b, "boot", r->boot);
	seal(&b);
	ret = replace_file_at(refs, file, b.data, b.len, 0600, sync ? REPLACE_SYNC : REPLACE_FAST);
	return ret < 0 ? fail(e, -ret, "cannot write the record of image %s: %s", r->name,
			      strerror(-ret))
		       : 0;
}

void record_add_dir(struct record *r, const char *path, const struct file_id *id)
{
	r->dirs = xreallocarray(r->dirs, r->ndirs + 1, sizeof(*r->dirs));
	r->dirs[r->ndirs++] = (struct searched){xstrdup(path), *id};
}

void record_clear_dirs(struct record *r)
{
	for (size_t i = 0; i < r->ndirs; i++)
		free(r->dirs[i].path);
	free(take_ptr(r->dirs));
	r->ndirs = 0;
}

void record_free(struct record *r)
{
	record_clear_dirs(r);
	free(r->name);
	free(r->ref);
	free(r->source);
	free(r->config);
	*r = (struct record){};
}

/**
 * records_each - look at all records
 * @call: gets the file's name, what record_read() returned, and the record
 *
 * Return: 0, also when there is none yet, or -errno.
 */
int records_each(const char *store,
		 void (*call)(void *ctx, const char *file, int r, const struct record *rec),
		 void *ctx)
{
	cleanup_free char *dir = path_join(store, "refs");
	struct dirent *de;
	DIR *d = opendir(dir);
	int code = d || errno == ENOENT ? 0 : -errno;

	while (d && (errno = 0, de = readdir(d))) {
		cleanup_record struct record rec = {};
		cleanup_free char *path = path_join(dir, de->d_name);

		struct stat st;
		int r;

		/* Names that start with a dot are replacements in the making. */
		if (*de->d_name == '.')
			continue;
		r = record_read(path, &rec);
		if (r == -ENOENT && !lstat(path, &st) && S_ISLNK(st.st_mode))
			r = -EBADMSG;
		call(ctx, de->d_name, r, &rec);
	}
	if (d) {
		code = -errno;
		closedir(d);
	}
	return code;
}

/**
 * layer_info_read - what was unpacked into a layer
 * @path: of the layer's info file, from @dirfd
 *
 * Return: 0, -EBADMSG when it is damaged, another -errno.
 */
int layer_info_read(int dirfd, const char *path, struct layer_info *out)
{
	cleanup_buf struct buf text = {};
	char *at, *key, *value;
	int r = read_file_at(dirfd, path, RECORD_MAX, &text);

	*out = (struct layer_info){};
	if (r < 0)
		return r;
	at = unseal(&text, LAYER_MAGIC);
	if (!at)
		return -EBADMSG;
	while (next_line(&at, &key, &value)) {
		if (!layer_line(out, key, value))
			return -EBADMSG;
	}
	return 0;
}

/* layer_info_write - before the layer is put in place; the caller syncs */
int layer_info_write(int dirfd, const struct layer_info *i)
{
	cleanup_buf struct buf b = {};

	buf_printf(&b, LAYER_MAGIC "bytes %llu\nentries %llu\ncreated %lld\n",
		   (unsigned long long)i->bytes, (unsigned long long)i->entries,
		   (long long)i->created);
	if (*i->boot)
		put_str(&b, "boot", i->boot);
	seal(&b);
	return replace_file_at(dirfd, "info", b.data, b.len, 0600, REPLACE_FAST);
}
