/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * What a tar archive may ask for, decided entry by entry before anything is
 * made. The rule is strict: what no honest tool writes (absolute names, "..",
 * whiteouts in a single tarball, names cut by a NUL byte) fails the whole image,
 * so that two programs can never read two different trees out of one archive.
 * What honest tools do write but must not have an effect here (attributes of
 * overlayfs, security labels, a root folder nobody can enter) is put right or
 * left out. The walls around sandbox-unpack stand even when all of this is wrong.
 */
#include <linux/capability.h>

#include "image/policy.h"

static int check_component(const char *p, size_t n, struct err *e)
{
	if (n == 2 && p[0] == '.' && p[1] == '.')
		return fail(e, EINVAL, "its name contains \"..\"");
	if (n > POLICY_NAME_MAX)
		return fail(e, ENAMETOOLONG, "a part of its name is longer than %d bytes",
			    POLICY_NAME_MAX);
	if (n >= 4 && !memcmp(p, ".wh.", 4))
		return fail(e, EINVAL,
			    "it is a whiteout, which has no meaning in a root file system archive");
	return 0;
}

/**
 * policy_path - check an entry's name and bring it into one form
 * @name: as the archive has it
 * @out: receives the parts joined by single slashes, without "." parts; "" for the root folder
 * @size: of @out, at least POLICY_PATH_MAX + 1 to take every permitted name
 *
 * Return: 0, -EINVAL or -ENAMETOOLONG.
 */
int policy_path(const char *name, char *out, size_t size, struct err *e)
{
	size_t len = strlen(name), used = 0, depth = 0;

	if (!len)
		return fail(e, EINVAL, "its name is empty");
	if (len > POLICY_PATH_MAX || len >= size)
		return fail(e, ENAMETOOLONG, "its name is longer than %d bytes", POLICY_PATH_MAX);
	if (*name == '/')
		return fail(e, EINVAL, "its name is absolute");
	for (const char *p = name; *p;) {
		size_t n = strcspn(p, "/");
		int r;

		if (n && !(n == 1 && *p == '.')) {
			r = check_component(p, n, e);
			if (r < 0)
				return r;
			if (++depth > POLICY_DEPTH_MAX)
				return fail(e, ENAMETOOLONG, "it lies more than %d folders deep",
					    POLICY_DEPTH_MAX);
			if (used)
				out[used++] = '/';
			memcpy(out + used, p, n);
			used += n;
		}
		p += n + strspn(p + n, "/");
	}
	out[used] = '\0';
	return 0;
}

/**
 * policy_hardlink - check what a hard link points to
 * @target: as the archive has it
 * @out: receives the target in the form of policy_path()
 *
 * Return: 0 or -errno.
 */
int policy_hardlink(const char *target, char *out, size_t size, struct err *e)
{
	int r = policy_path(target, out, size, e);

	if (r < 0)
		return fail_in(e, r, "the target of the hard link is refused");
	if (!*out)
		return fail(e, EINVAL, "it is a hard link to the root folder");
	return 0;
}

/* policy_symlink - any target will do: nothing follows it before the container's own root is / */
int policy_symlink(const char *target, struct err *e)
{
	size_t n = strlen(target);

	if (!n)
		return fail(e, EINVAL, "it is a symbolic link to nothing");
	if (n > POLICY_LINK_MAX)
		return fail(e, ENAMETOOLONG, "its target is longer than %d bytes", POLICY_LINK_MAX);
	return 0;
}

/**
 * policy_id - check an owner
 * @map: the ids there are
 * @kind: "uid" or "gid"
 * @out: receives the id; with a single id in @map always that one
 *
 * Return: 0, -EINVAL for no id at all, -ERANGE when the map does not reach it.
 */
int policy_id(int64_t id, const struct id_ranges *map, const char *kind, uint32_t *out,
	      struct err *e)
{
	if (id < 0 || id >= UINT32_MAX)
		return fail(e, EINVAL, "its %s %lld is not valid", kind, (long long)id);
	if (map->count == 1) {
		*out = map->range[0].first;
		return 0;
	}
	for (size_t i = 0; i < map->n; i++) {
		if (id - map->range[i].first < 0 ||
		    (uint64_t)(id - map->range[i].first) >= map->range[i].count)
			continue;
		*out = (uint32_t)id;
		return 0;
	}
	return fail(
		e, ERANGE,
		"it belongs to %s %lld, but the container has only %llu %ss; a longer range for "
		"you in /etc/sub%s helps, where it still fits",
		kind, (long long)id, (unsigned long long)map->count, kind, kind);
}

/* The times that ext4 can keep: the narrowest of the file systems that keep more than 32 bits. */
#define MTIME_MIN INT32_MIN
#define MTIME_MAX 15032385535LL

int policy_mtime(int64_t sec, long nsec, struct timespec *out, struct err *e)
{
	if (sec < MTIME_MIN || sec > MTIME_MAX || nsec < 0 || nsec >= 1000000000L)
		return fail(e, EINVAL, "its time of modification is not a possible one");
	*out = (struct timespec){.tv_sec = (time_t)sec, .tv_nsec = nsec};
	return 0;
}

/**
 * policy_mode - the mode an entry gets
 *
 * Everything is kept, set-id bits too: nothing executes on the store's side, and
 * in the container no_new_privs and nosuid decide. Only the root folder has to
 * stay usable for its owner.
 */
mode_t policy_mode(mode_t mode, const char *path, bool is_dir)
{
	mode &= 07777;
	return is_dir && !*path ? mode | 0700 : mode;
}

/**
 * policy_xattr - whether an extended attribute is kept
 *
 * Only user.* can be the image's own business, and of those not what overlay
 * drivers and container tools read: an image must not steer them.
 */
enum xattr_verdict policy_xattr(const char *name)
{
	static const char *const reserved[] = {"user.overlay.", "user.fuseoverlayfs.",
					       "user.containers."};

	if (streq(name, "security.capability"))
		return XATTR_CAPABILITY;
	if (!str_has_prefix(name, "user.") || strlen(name) > 255)
		return XATTR_STRIP;
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
		if (str_has_prefix(name, reserved[i]))
			return XATTR_STRIP;
	}
	return XATTR_USER;
}

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/**
 * policy_capability - check a file capability and bring it into revision 2
 * @out: receives the value to set; the kernel adds this user namespace's root
 *
 * Revision 1 is dead; revision 3 counts only when it names root 0, for any other
 * is a user of the machine it was made on.
 * Return: 20, or 0 when it is to be left out.
 */
size_t policy_capability(const void *value, size_t n, uint8_t out[20])
{
	const uint8_t *v = value;
	uint32_t magic;

	if (n < XATTR_CAPS_SZ_2)
		return 0;
	magic = le32(v);
	if (magic & ~(uint32_t)(VFS_CAP_REVISION_MASK | VFS_CAP_FLAGS_EFFECTIVE))
		return 0;
	switch (magic & VFS_CAP_REVISION_MASK) {
	case VFS_CAP_REVISION_2:
		if (n != XATTR_CAPS_SZ_2)
			return 0;
		break;
	case VFS_CAP_REVISION_3:
		if (n != XATTR_CAPS_SZ_3 || le32(v + XATTR_CAPS_SZ_2))
			return 0;
		break;
	default:
		return 0;
	}
	memcpy(out, v, XATTR_CAPS_SZ_2);
	out[3] = VFS_CAP_REVISION_2 >> 24;
	return XATTR_CAPS_SZ_2;
}

/* policy_size - a file's logical size counts, sparse or not */
int policy_size(int64_t size, uint64_t so_far, struct err *e)
{
	if (size < 0)
		return fail(e, EINVAL, "its size is negative");
	if ((uint64_t)size > POLICY_BYTES || so_far + (uint64_t)size > POLICY_BYTES)
		return fail(e, EFBIG, "with it the image has more than %llu GiB",
			    POLICY_BYTES >> 30);
	return 0;
}

/**
 * policy_ratio - stop a decompression bomb
 * @in: compressed bytes so far
 * @out: bytes that came out of them
 */
int policy_ratio(uint64_t in, uint64_t out, struct err *e)
{
	if (out > POLICY_BYTES)
		return fail(e, EFBIG, "it unpacks to more than %llu GiB", POLICY_BYTES >> 30);
	if (out > POLICY_RATIO_FROM && out / POLICY_RATIO > in)
		return fail(e, EFBIG, "it unpacks to more than %llu times its size: a bomb",
			    POLICY_RATIO);
	return 0;
}

/* ---- extended headers, as raw bytes --------------------------------------------------------- */

#define BLOCK 512

struct raw_header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], typeflag;
};

static int parse_octal(const char *p, size_t n, uint64_t *out)
{
	uint64_t v = 0;
	size_t i = 0;

	while (i < n && p[i] == ' ')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		v = v << 3 | (uint64_t)(p[i] - '0');
	for (; i < n; i++) {
		if (p[i] && p[i] != ' ')
			return -EINVAL;
	}
	*out = v;
	return 0;
}

/* One "LENGTH KEY=VALUE\n" record; returns its length. */
static ssize_t check_record(const uint8_t *p, size_t n, struct err *e)
{
	static const char *const names[] = {"path", "linkpath", "GNU.sparse.name"};
	size_t len = 0, i = 0, key;
	const uint8_t *eq;

	for (; i < n && i < 8 && p[i] >= '0' && p[i] <= '9'; i++)
		len = len * 10 + (size_t)(p[i] - '0');
	if (!i || i >= n || p[i] != ' ' || len < i + 3 || len > n || p[len - 1] != '\n')
		return fail(e, EBADMSG, "its extended header is malformed");
	key = ++i;
	eq = memchr(p + key, '=', len - 1 - key);
	if (!eq || eq == p + key || memchr(p + key, 0, (size_t)(eq - (p + key))))
		return fail(e, EBADMSG, "its extended header is malformed");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		size_t klen = strlen(names[i]);

		if ((size_t)(eq - (p + key)) == klen && !memcmp(p + key, names[i], klen) &&
		    memchr(eq, 0, (size_t)(p + len - eq)))
			return fail(e, EBADMSG, "its name contains a NUL byte");
	}
	return (ssize_t)len;
}

static int check_pax(const uint8_t *p, size_t n, struct err *e)
{
	while (n) {
		ssize_t len = check_record(p, n, e);

		if (len < 0)
			return (int)len;
		p += len;
		n -= (size_t)len;
	}
	return 0;
}

/* A GNU long name ends at its first NUL; whatever follows it must be NUL too. */
static int check_long_name(const uint8_t *p, size_t n, struct err *e)
{
	const uint8_t *end = memchr(p, 0, n);

	for (const uint8_t *q = end; q && q < p + n; q++) {
		if (*q)
			return fail(e, EBADMSG, "its name contains a NUL byte");
	}
	return 0;
}

/**
 * policy_headers - check what the archive library would cut or repair in silence
 * @p: the raw blocks from the first extended header of an entry up to its data
 * @n: a multiple of 512 for a sound archive
 *
 * Names with a NUL byte inside mean different files to different programs, and
 * so do malformed records.
 * Return: 0 or -EBADMSG.
 */
int policy_headers(const uint8_t *p, size_t n, struct err *e)
{
	while (n >= BLOCK) {
		const struct raw_header *h = (const struct raw_header *)p;
		uint64_t size;
		int r = 0;

		if (!h->typeflag || !strchr("xXgLK", h->typeflag))
			return 0;
		if (parse_octal(h->size, sizeof(h->size), &size) < 0 || size > POLICY_HEADER_MAX ||
		    size > n - BLOCK)
			return fail(e, EBADMSG, "its extended header has an impossible size");
		if (h->typeflag == 'L' || h->typeflag == 'K')
			r = check_long_name(p + BLOCK, size, e);
		else
			r = check_pax(p + BLOCK, size, e);
		if (r < 0)
			return r;
		size = BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
		if (size > n)
			return fail(e, EBADMSG, "its extended header is cut short");
		p += size;
		n -= size;
	}
	return 0;
}

/* ---- id maps --------------------------------------------------------------------------------- */

/**
 * id_ranges_parse - read the inside ids of a /proc/PID/uid_map
 *
 * Return: 0, or -EINVAL when it is empty or not such a file.
 */
int id_ranges_parse(const char *text, struct id_ranges *out)
{
	unsigned first, outside, count;
	int used;

	memset(out, 0, sizeof(*out));
	while (sscanf(text, " %u %u %u%n", &first, &outside, &count, &used) == 3) {
		if (out->n == ARRAY_SIZE(out->range))
			return -EINVAL;
		out->range[out->n].first = first;
		out->range[out->n++].count = count;
		out->count += count;
		text += used;
	}
	return out->n && !text[strspn(text, " \n")] ? 0 : -EINVAL;
}
