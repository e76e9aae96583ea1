/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Versions and file names of Alpine's minirootfs. Releases are MAJOR.MINOR.PATCH,
 * before a release with _rcN (or _alpha, _beta) behind; edge has the date of its
 * day. Pure: used by the program and by sandbox-fetch.
 */
#include "image/internal.h"

/**
 * struct version - a version taken apart
 * @n: numbers, @count of them
 * @pre: 0 alpha, 1 beta, 2 rc, 3 a release
 * @pre_n: the number behind _rc
 */
struct version {
	uint32_t n[3];
	int count, pre;
	uint32_t pre_n;
	bool dated;
};

enum { PRE_ALPHA, PRE_BETA, PRE_RC, PRE_NONE };

static const char *take_number(const char *s, uint32_t *out)
{
	uint32_t v = 0;
	int digits = 0;

	for (; *s >= '0' && *s <= '9'; s++) {
		if (++digits > 8)
			return NULL;
		v = v * 10 + (uint32_t)(*s - '0');
	}
	*out = v;
	/* One spelling of each: no leading zeros. */
	return digits == 1 || (digits && s[-digits] != '0') ? s : NULL;
}

static bool version_parse(const char *s, struct version *v)
{
	static const char *const pre[] = {"_alpha", "_beta", "_rc"};
	const char *start = s;

	*v = (struct version){.pre = PRE_NONE};
	do {
		if (v->count)
			s++;
		s = take_number(s, &v->n[v->count++]);
	} while (s && *s == '.' && v->count < 3);
	if (!s)
		return false;
	v->dated = v->count == 1 && s - start == 8;
	if (!v->dated && v->n[0] > 9999)
		return false;
	for (int i = 0; i < PRE_NONE; i++) {
		if (!str_has_prefix(s, pre[i]))
			continue;
		v->pre = i;
		s += strlen(pre[i]);
		if (*s)
			s = take_number(s, &v->pre_n);
		break;
	}
	return s && !*s && (v->pre == PRE_NONE || v->count == 3);
}

/* alpine_version_ok - "3", "3.20", "3.20.3", "3.21.0_rc1", "20240606" or "edge" */
bool alpine_version_ok(const char *s)
{
	struct version v;

	return strlen(s) < 32 && (streq(s, "edge") || version_parse(s, &v));
}

/* alpine_version_exact - names one file and not a line of releases */
bool alpine_version_exact(const char *s)
{
	struct version v;

	return strlen(s) < 32 && version_parse(s, &v) && (v.count == 3 || v.dated);
}

/**
 * alpine_version_match - whether a file serves a wish
 * @want: "" for the newest release, "edge", or a whole or partial version
 * @have: of the file
 *
 * What comes before a release is taken only when it was asked for by its whole name.
 */
bool alpine_version_match(const char *want, const char *have)
{
	struct version w, h;

	if (!version_parse(have, &h) || (h.count != 3 && !h.dated))
		return false;
	if (streq(want, "edge"))
		return h.dated;
	if (!*want)
		return !h.dated && h.pre == PRE_NONE;
	if (!version_parse(want, &w) || w.dated != h.dated)
		return false;
	if (w.count == 3 || w.dated)
		return streq(want, have);
	return h.pre == PRE_NONE && w.n[0] == h.n[0] && (w.count < 2 || w.n[1] == h.n[1]);
}

/* alpine_version_cmp - <0, 0 or >0 as @a is older than, as old as or newer than @b */
int alpine_version_cmp(const char *a, const char *b)
{
	struct version x, y;

	version_parse(a, &x);
	version_parse(b, &y);
	for (int i = 0; i < 3; i++) {
		if (x.n[i] != y.n[i])
			return x.n[i] < y.n[i] ? -1 : 1;
	}
	if (x.pre != y.pre)
		return x.pre < y.pre ? -1 : 1;
	return x.pre_n < y.pre_n ? -1 : x.pre_n > y.pre_n;
}

/* alpine_arch_ok - an architecture that Alpine builds for */
bool alpine_arch_ok(const char *arch)
{
	static const char *const all[] = {"aarch64", "armhf", "armv7", "loongarch64", "ppc64le",
					  "riscv64", "s390x", "x86",   "x86_64"};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (streq(all[i], arch))
			return true;
	}
	return false;
}

/**
 * alpine_file_parse - take the name of a minirootfs tarball apart
 * @file: alpine-minirootfs-VERSION-ARCH.tar with .gz, .xz, .zst, .bz2 or nothing behind
 * @version, @arch: receive the parts
 *
 * Return: 0, or -EINVAL when it is not such a name.
 */
int alpine_file_parse(const char *file, char version[32], char arch[16])
{
	static const char prefix[] = "alpine-minirootfs-";
	static const char *const ends[] = {".tar.gz", ".tar.xz", ".tar.zst", ".tar.bz2", ".tar"};
	const char *end = NULL, *dash;
	int n;

	if (!str_has_prefix(file, prefix))
		return -EINVAL;
	file += sizeof(prefix) - 1;
	for (size_t i = 0; i < ARRAY_SIZE(ends) && !end; i++) {
		if (str_has_suffix(file, ends[i]))
			end = file + strlen(file) - strlen(ends[i]);
	}
	dash = strrchr(file, '-');
	if (!end || !dash || dash > end || dash - file >= 32 || end - dash > 15)
		return -EINVAL;
	n = snprintf(version, 32, "%.*s", (int)(dash - file), file);
	snprintf(arch, 16, "%.*s", (int)(end - dash - 1), dash + 1);
	return n > 0 && alpine_version_exact(version) && alpine_arch_ok(arch) ? 0 : -EINVAL;
}

/**
 * alpine_branch - the folder of a mirror that has a version
 * @version: "" for the newest release
 */
void alpine_branch(const char *version, char branch[16])
{
	struct version v;

	if (streq(version, "edge") || (version_parse(version, &v) && v.dated))
		snprintf(branch, 16, "edge");
	else if (*version && v.count >= 2)
		snprintf(branch, 16, "v%u.%u", v.n[0], v.n[1] % 100000000);
	else
		snprintf(branch, 16, "latest-stable");
}

/* is_hex - exactly @digits lower-case hexadecimal digits */
bool is_hex(const char *s, size_t digits)
{
	return strlen(s) == digits && strspn(s, "0123456789abcdef") == digits;
}
