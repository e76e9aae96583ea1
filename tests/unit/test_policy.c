/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/capability.h>

#include "unit.h"
#include "image/policy.h"

static void test_path(void **state)
{
	static const struct {
		const char *name;
		int r;
		const char *clean;
	} rows[] = {
		{"a", 0, "a"},
		{"./a", 0, "a"},
		{".//a///b/./c/", 0, "a/b/c"},
		{".", 0, ""},
		{"./", 0, ""},
		{"...", 0, "..."},
		{"a..b", 0, "a..b"},
		{".a", 0, ".a"},
		{".wha", 0, ".wha"},
		{"a.wh.b", 0, "a.wh.b"},
		{"a\nb\033", 0, "a\nb\033"},
		{"", -EINVAL, NULL},
		{"/", -EINVAL, NULL},
		{"/a", -EINVAL, NULL},
		{"//a", -EINVAL, NULL},
		{"..", -EINVAL, NULL},
		{"../a", -EINVAL, NULL},
		{"a/..", -EINVAL, NULL},
		{"a/../b", -EINVAL, NULL},
		{"a//..", -EINVAL, NULL},
		{"./..", -EINVAL, NULL},
		{".wh.", -EINVAL, NULL},
		{".wh..", -EINVAL, NULL},
		{".wh..wh..opq", -EINVAL, NULL},
		{"a/.wh.b", -EINVAL, NULL},
		{".wh.a/b", -EINVAL, NULL},
	};
	char out[POLICY_PATH_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err e = {};

		assert_int_equal(policy_path(rows[i].name, out, sizeof(out), &e), rows[i].r);
		assert_int_equal(e.code, -rows[i].r);
		if (rows[i].clean)
			assert_string_equal(out, rows[i].clean);
	}
}

/* @n times @part, @sep between */
static char *repeat(const char *part, const char *sep, size_t n)
{
	struct buf b = {};

	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s%s", i ? sep : "", part);
	return b.data;
}

static void check_length(char *name, int r)
{
	char out[POLICY_PATH_MAX + 1], small[8];

	assert_int_equal(policy_path(name, out, sizeof(out), NULL), r);
	if (!r)
		assert_string_equal(out, name);
	if (strlen(name) >= sizeof(small))
		assert_int_equal(policy_path(name, small, sizeof(small), NULL), -ENAMETOOLONG);
	free(name);
}

static void test_path_limits(void **state)
{
	(void)state;
	check_length(repeat("a", "", 255), 0);
	check_length(repeat("a", "", 256), -ENAMETOOLONG);
	check_length(repeat("d", "/", 256), 0);
	check_length(repeat("d", "/", 257), -ENAMETOOLONG);
	check_length(repeat("0123456789abcde", "/", 256), 0);  /* 4095 */
	check_length(repeat("0123456789abcdef", "/", 241), 0); /* 4096 */
	check_length(repeat("0123456789abcdef", "/", 242), -ENAMETOOLONG);
}

static void test_links(void **state)
{
	char out[POLICY_PATH_MAX + 1], *longest = repeat("x", "", 4095),
				       *longer = repeat("x", "", 4096);

	(void)state;
	assert_int_equal(policy_hardlink("./a//b", out, sizeof(out), NULL), 0);
	assert_string_equal(out, "a/b");
	assert_int_equal(policy_hardlink("/a", out, sizeof(out), NULL), -EINVAL);
	assert_int_equal(policy_hardlink("a/../b", out, sizeof(out), NULL), -EINVAL);
	assert_int_equal(policy_hardlink("./", out, sizeof(out), NULL), -EINVAL);
	assert_int_equal(policy_symlink("/etc/../../x", NULL), 0);
	assert_int_equal(policy_symlink("", NULL), -EINVAL);
	assert_int_equal(policy_symlink(longest, NULL), 0);
	assert_int_equal(policy_symlink(longer, NULL), -ENAMETOOLONG);
	free(longest);
	free(longer);
}

static void test_ids(void **state)
{
	struct id_ranges map, one;
	struct err e = {};
	uint32_t id = 99;

	(void)state;
	assert_int_equal(id_ranges_parse("         0       1004          1\n"
					 "         1     296608      65535\n",
					 &map),
			 0);
	assert_int_equal(map.n, 2);
	assert_int_equal(map.count, 65536);
	assert_int_equal(policy_id(0, &map, "uid", &id, NULL), 0);
	assert_int_equal(id, 0);
	assert_int_equal(policy_id(65535, &map, "uid", &id, NULL), 0);
	assert_int_equal(id, 65535);
	assert_int_equal(policy_id(65536, &map, "uid", &id, &e), -ERANGE);
	assert_non_null(strstr(e.msg, "/etc/subuid"));
	assert_int_equal(policy_id(65536, &map, "gid", &id, &e), -ERANGE);
	assert_non_null(strstr(e.msg, "/etc/subgid"));
	assert_int_equal(policy_id(-1, &map, "uid", &id, NULL), -EINVAL);
	assert_int_equal(policy_id(UINT32_MAX, &map, "uid", &id, NULL), -EINVAL);
	assert_int_equal(policy_id(1LL << 32, &map, "uid", &id, NULL), -EINVAL);
	assert_int_equal(policy_id(INT64_MAX, &map, "uid", &id, NULL), -EINVAL);
	assert_int_equal(policy_id(INT64_MIN, &map, "uid", &id, NULL), -EINVAL);

	assert_int_equal(id_ranges_parse("0 1000 1\n", &one), 0);
	assert_int_equal(policy_id(4294967294LL, &one, "uid", &id, NULL), 0);
	assert_int_equal(id, 0);
	assert_int_equal(policy_id(-1, &one, "uid", &id, NULL), -EINVAL);

	assert_int_equal(id_ranges_parse("", &one), -EINVAL);
	assert_int_equal(id_ranges_parse("0 0\n", &one), -EINVAL);
	assert_int_equal(id_ranges_parse("0 0 1 x\n", &one), -EINVAL);
	assert_int_equal(id_ranges_parse("0 0 4294967295\n", &one), 0);
	assert_int_equal(policy_id(4294967294LL, &one, "uid", &id, NULL), 0);
}

static void test_mtime(void **state)
{
	struct timespec t;

	(void)state;
	assert_int_equal(policy_mtime(1700000000, 999999999, &t, NULL), 0);
	assert_int_equal(t.tv_sec, 1700000000);
	assert_int_equal(t.tv_nsec, 999999999);
	assert_int_equal(policy_mtime(INT32_MIN, 0, &t, NULL), 0);
	assert_int_equal(policy_mtime(15032385535LL, 0, &t, NULL), 0);
	assert_int_equal(policy_mtime(15032385536LL, 0, &t, NULL), -EINVAL);
	assert_int_equal(policy_mtime((int64_t)INT32_MIN - 1, 0, &t, NULL), -EINVAL);
	assert_int_equal(policy_mtime(INT64_MAX, 0, &t, NULL), -EINVAL);
	assert_int_equal(policy_mtime(0, 1000000000, &t, NULL), -EINVAL);
	assert_int_equal(policy_mtime(0, -1, &t, NULL), -EINVAL);
}

static void test_mode(void **state)
{
	(void)state;
	assert_int_equal(policy_mode(0, "", true), 0700);
	assert_int_equal(policy_mode(0, "a", true), 0);
	assert_int_equal(policy_mode(06755, "a", false), 06755);
	assert_int_equal(policy_mode(0100644, "a", false), 0644);
	assert_int_equal(policy_mode(01777, "tmp", true), 01777);
}

static void test_xattr(void **state)
{
	char *longest = repeat("user.", "", 51), *longer = repeat("user.", "", 52);

	(void)state;
	assert_int_equal(policy_xattr("user.mime_type"), XATTR_USER);
	assert_int_equal(policy_xattr(longest), XATTR_USER);
	assert_int_equal(policy_xattr(longer), XATTR_STRIP);
	assert_int_equal(policy_xattr("security.capability"), XATTR_CAPABILITY);
	assert_int_equal(policy_xattr("security.selinux"), XATTR_STRIP);
	assert_int_equal(policy_xattr("security.capability2"), XATTR_STRIP);
	assert_int_equal(policy_xattr("trusted.overlay.opaque"), XATTR_STRIP);
	assert_int_equal(policy_xattr("user.overlay.opaque"), XATTR_STRIP);
	assert_int_equal(policy_xattr("user.overlay."), XATTR_STRIP);
	assert_int_equal(policy_xattr("user.fuseoverlayfs.opaque"), XATTR_STRIP);
	assert_int_equal(policy_xattr("user.containers.override_stat"), XATTR_STRIP);
	assert_int_equal(policy_xattr("system.posix_acl_access"), XATTR_STRIP);
	assert_int_equal(policy_xattr("user"), XATTR_STRIP);
	assert_int_equal(policy_xattr(""), XATTR_STRIP);
	free(longest);
	free(longer);
}

static void test_capability(void **state)
{
	uint8_t v[24] = {1, 0, 0, 2, 0, 4}, out[20];

	(void)state;
	assert_int_equal(policy_capability(v, 20, out), 20);
	assert_memory_equal(v, out, 20);
	assert_int_equal(policy_capability(v, 19, out), 0);
	assert_int_equal(policy_capability(v, 24, out), 0);
	assert_int_equal(policy_capability(v, 0, out), 0);
	v[1] = 1; /* a flag nobody knows */
	assert_int_equal(policy_capability(v, 20, out), 0);
	v[1] = 0;
	v[3] = 1; /* revision 1 */
	assert_int_equal(policy_capability(v, 20, out), 0);
	assert_int_equal(policy_capability(v, 12, out), 0);
	v[3] = 3;
	assert_int_equal(policy_capability(v, 20, out), 0);
	assert_int_equal(policy_capability(v, 24, out), 20);
	assert_int_equal(out[3], 2);
	assert_int_equal(out[5], 4);
	v[20] = 1; /* somebody else's root */
	assert_int_equal(policy_capability(v, 24, out), 0);
}

static void test_sizes(void **state)
{
	const uint64_t g = 1ULL << 30;

	(void)state;
	assert_int_equal(policy_size(0, 20 * g, NULL), 0);
	assert_int_equal(policy_size(1, 20 * g, NULL), -EFBIG);
	assert_int_equal(policy_size((int64_t)(20 * g), 0, NULL), 0);
	assert_int_equal(policy_size(INT64_MAX, 20 * g, NULL), -EFBIG);
	assert_int_equal(policy_size(-1, 0, NULL), -EINVAL);
	assert_int_equal(policy_ratio(1, g, NULL), 0);
	assert_int_equal(policy_ratio(1, g + 1, NULL), -EFBIG);
	assert_int_equal(policy_ratio(2 * g / 1000, 2 * g, NULL), 0);
	assert_int_equal(policy_ratio(2 * g / 1001, 2 * g, NULL), -EFBIG);
	assert_int_equal(policy_ratio(20 * g, 20 * g + 1, NULL), -EFBIG);
}

/* ---- raw headers ---------------------------------------------------------------------------------- */

struct raw {
	uint8_t data[4096];
	size_t n;
};

static void add_header(struct raw *r, char type, const char *size)
{
	memset(r->data + r->n, 0, 512);
	memcpy(r->data + r->n + 124, size, strlen(size));
	r->data[r->n + 156] = (uint8_t)type;
	r->n += 512;
}

static void add_body(struct raw *r, const void *body, size_t n)
{
	memset(r->data + r->n, 0, (n + 511) / 512 * 512);
	memcpy(r->data + r->n, body, n);
	r->n += (n + 511) / 512 * 512;
}

/* An extended header of @type with @body, then an ordinary one. */
static int check_body(char type, const char *body, size_t n)
{
	struct raw r = {};
	struct err e = {};
	char size[16];
	int result;

	snprintf(size, sizeof(size), "%011zo", n);
	add_header(&r, type, size);
	add_body(&r, body, n);
	add_header(&r, '0', "00000000000");
	result = policy_headers(r.data, r.n, &e);
	assert_int_equal(e.code, -result);
	return result;
}

static void test_headers(void **state)
{
	static const struct {
		char type;
		int r;
		const char *body;
		size_t n;
	} rows[] = {
#define BODY(s) s, sizeof(s) - 1
		{'x', 0, BODY("")},
		{'x', 0, BODY("10 path=a\n")},
		{'x', 0, BODY("10 path=a\n14 linkpath=b\n")},
		{'x', 0, BODY("22 SCHILY.xattr.a=\0\0\0\n")},
		{'g', 0, BODY("12 comment=\n")},
		{'x', 0, BODY("12 path=a=b\n")},
		{'x', -EBADMSG, BODY("10 path=\0\n")},
		{'x', -EBADMSG, BODY("11 path=a\0\n")},
		{'X', -EBADMSG, BODY("15 linkpath=\0b\n")},
		{'x', -EBADMSG, BODY("24 GNU.sparse.name=a\0bc\n")},
		{'x', -EBADMSG, BODY("10 pa\0h=a\n")},
		{'x', -EBADMSG, BODY("11 path=a\n")},
		{'x', -EBADMSG, BODY("8 path=a\n")},
		{'x', -EBADMSG, BODY("10path=aa\n")},
		{'x', -EBADMSG, BODY(" 10 path=a\n")},
		{'x', -EBADMSG, BODY("-1 path=a\n")},
		{'x', -EBADMSG, BODY("7 path\n")},
		{'x', -EBADMSG, BODY("5 =a\n")},
		{'x', -EBADMSG, BODY("99999999999999999999 path=a\n")},
		{'x', -EBADMSG, BODY("0 ")},
		{'x', -EBADMSG, BODY("3")},
		{'x', -EBADMSG, BODY("10 path=a\n\0")},
		{'L', 0, BODY("a/b\0")},
		{'L', 0, BODY("a/b\0\0\0")},
		{'L', 0, BODY("a/b")},
		{'L', -EBADMSG, BODY("a\0b\0")},
		{'K', -EBADMSG, BODY("\0b")},
		{'0', 0, BODY("10 path=\0\n")},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int r = check_body(rows[i].type, rows[i].body, rows[i].n);

		if (r != rows[i].r)
			fail_msg("row %zu: %d", i, r);
	}
}

static void test_header_sizes(void **state)
{
	static const char *const bad[] = {"00000002000", "77777777777", "0000000000x", "\200"};
	struct raw r = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		r.n = 0;
		add_header(&r, 'x', bad[i]);
		add_body(&r, "10 path=a\n", 10);
		assert_int_equal(policy_headers(r.data, r.n, NULL), -EBADMSG);
	}
	/* A body whose last block is not there. */
	r.n = 0;
	add_header(&r, 'L', "00000000003");
	add_body(&r, "abc", 3);
	assert_int_equal(policy_headers(r.data, 512 + 3, NULL), -EBADMSG);
	assert_int_equal(policy_headers(r.data, 512, NULL), -EBADMSG);
	assert_int_equal(policy_headers(r.data, 0, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),         cmocka_unit_test(test_path_limits),
		cmocka_unit_test(test_links),        cmocka_unit_test(test_ids),
		cmocka_unit_test(test_mtime),        cmocka_unit_test(test_mode),
		cmocka_unit_test(test_xattr),        cmocka_unit_test(test_capability),
		cmocka_unit_test(test_sizes),        cmocka_unit_test(test_headers),
		cmocka_unit_test(test_header_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
