/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "image/internal.h"

#define SHA256 "d4e6fd67dcf75e40c451560ac7265166c2b72a0f38ddc9aae756a7de3d1efa0c"
#define SHA512 SHA256 SHA256

/* As a mirror has it: other flavors around, dates, quoted and plain scalars. */
static const char good[] =
	"---\n"
	"-\n"
	"  branch: v3.20\n"
	"  arch: x86_64\n"
	"  version: 3.20.3\n"
	"  flavor: alpine-standard\n"
	"  file: alpine-standard-3.20.3-x86_64.iso\n"
	"  sha256: 0000000000000000000000000000000000000000000000000000000000000000\n"
	"-\n"
	"  desc: |\n"
	"    Minimal root filesystem.\n"
	"    For use in containers\n"
	"    and minimal chroots.\n"
	"  branch: v3.20\n"
	"  arch: x86_64\n"
	"  version: \"3.20.3\"\n"
	"  flavor: alpine-minirootfs\n"
	"  file: alpine-minirootfs-3.20.3-x86_64.tar.gz\n"
	"  iso: alpine-minirootfs-3.20.3-x86_64.tar.gz\n"
	"  date: 2024-09-06\n"
	"  size: 3490290\n"
	"  sha256: " SHA256 "\n"
	"  sha512: " SHA512 "\n"
	"- {branch: v3.20, arch: x86_64, version: 3.20.2, flavor: alpine-minirootfs,\n"
	"   file: alpine-minirootfs-3.20.2-x86_64.tar.gz, sha256: " SHA256 "}\n";

static int pick(const char *yaml, const char *want, struct release *r, struct err *e)
{
	*e = (struct err){};
	return releases_pick(yaml, strlen(yaml), "x86_64", want, r, e);
}

static void test_pick(void **state)
{
	struct release r;
	struct err e;

	(void)state;
	assert_int_equal(pick(good, "", &r, &e), 0);
	assert_string_equal(r.version, "3.20.3");
	assert_string_equal(r.file, "alpine-minirootfs-3.20.3-x86_64.tar.gz");
	assert_string_equal(r.sha256, SHA256);
	assert_string_equal(r.sha512, SHA512);
	assert_int_equal(r.size, 3490290);
	assert_int_equal(pick(good, "3.20", &r, &e), 0);
	assert_string_equal(r.version, "3.20.3");
	assert_int_equal(pick(good, "3.20.2", &r, &e), 0);
	assert_string_equal(r.version, "3.20.2");
	assert_string_equal(r.sha512, "");
	assert_int_equal(pick(good, "3.19", &r, &e), -ENOENT);
	assert_int_equal(releases_pick(good, strlen(good), "s390x", "", &r, &e), -ENOENT);
	assert_int_equal(releases_pick(good, 0, "x86_64", "", &r, &e), -ENOENT);
}

/* Every cut of a good text is an error or picks a release that was whole before the cut. */
static void test_truncated(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(good) - 1; n++) {
		struct release r = {};
		struct err e = {};
		int ret = releases_pick(good, n, "x86_64", "", &r, &e);

		if (ret < 0)
			assert_true(e.code > 0 && *e.msg);
		else
			assert_int_equal(releases_check(&r, "x86_64", &e), 0);
	}
}

#define ITEM(fields) "- {flavor: alpine-minirootfs, arch: x86_64, " fields "}\n"
#define FILE_OK      "file: alpine-minirootfs-3.20.3-x86_64.tar.gz"

static void test_bad_lists(void **state)
{
	static const struct {
		const char *yaml;
		int code;
	} rows[] = {
		{"", ENOENT},
		{"[]", ENOENT},
		{"just text", EBADMSG},
		{"{a: b}", EBADMSG},
		{"- text\n", EBADMSG},
		{"- [1, 2]\n", EBADMSG},
		{"- *a\n", EBADMSG},
		{"- &a {x: *a}\n", EBADMSG},
		{"\x01", EBADMSG},
		{"- {a: [", EBADMSG},
		{ITEM(FILE_OK ", sha256: " SHA256), EBADMSG},
		{ITEM("version: 3.20.3, sha256: " SHA256), EBADMSG},
		{ITEM("version: 3.20.3, " FILE_OK), EBADMSG},
		{ITEM("version: 3.20.3, " FILE_OK ", sha256: 00"), EBADMSG},
		{ITEM("version: 3.20.3, " FILE_OK ", sha256: " SHA256 "00"), EBADMSG},
		{ITEM("version: 3.20.3, " FILE_OK ", sha256: " SHA256 ", sha512: 00"), EBADMSG},
		{ITEM("version: 3.20.3, " FILE_OK ", sha256: " SHA256 ", size: -1"), EBADMSG},
		{ITEM("version: 3.20.3, " FILE_OK ", sha256: " SHA256 ", size: 99999999999"),
		 EFBIG},
		{ITEM("version: 3.20.2, " FILE_OK ", sha256: " SHA256), EBADMSG},
		{ITEM("version: 3.20.3, sha256: " SHA256 ", file: ../../etc/passwd"), EBADMSG},
		{ITEM("version: 3.20.3, sha256: " SHA256
		      ", file: alpine-minirootfs-3.20.3-aarch64.tar.gz"),
		 EBADMSG},
		{ITEM("version: 3.20.3, sha256: " SHA256
		      ", file: 'alpine-minirootfs-3.20.3-x86_64.tar.gz?x=/../..'"),
		 EBADMSG},
		{ITEM("version: \"3.20.3\\0\", " FILE_OK ", sha256: " SHA256), EBADMSG},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct release r;
		struct err e;

		assert_int_equal(pick(rows[i].yaml, "", &r, &e), -rows[i].code);
		assert_null(strchr(e.msg, '\n'));
	}
}

/* What we do not know is passed over, however deep; but depth costs no memory of ours. */
static void test_nested_is_passed_over(void **state)
{
	static const char yaml[] =
		"- {x: {flavor: bad, y: [1, {z: 2}]}, [a, b]: c, flavor: alpine-minirootfs,\n"
		"   arch: x86_64, version: 3.20.3, " FILE_OK ", sha256: " SHA256 "}\n";
	cleanup_buf struct buf deep = {};
	struct release r;
	struct err e;

	(void)state;
	assert_int_equal(pick(yaml, "", &r, &e), 0);
	assert_string_equal(r.sha256, SHA256);
	buf_puts(&deep, "- {x: ");
	for (int i = 0; i < 20000; i++)
		buf_puts(&deep, "[");
	assert_int_equal(pick(deep.data, "", &r, &e), -EBADMSG);
}

static void test_side_file(void **state)
{
	static const char file[] = "alpine-minirootfs-3.20.3-x86_64.tar.gz";
	static const char *const ok[] = {
		SHA256 "  alpine-minirootfs-3.20.3-x86_64.tar.gz\n",
		SHA256 " *alpine-minirootfs-3.20.3-x86_64.tar.gz",
		SHA256 "\n",
		SHA256,
	};
	static const char *const bad[] = {
		"", "<html>", SHA256 "0", SHA256 "  other.tar.gz\n", SHA256 "  " SHA256,
	};
	char hex[DIGEST_HEX + 1];
	struct err e = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ok); i++) {
		assert_int_equal(releases_side_file(ok[i], strlen(ok[i]), file, hex, &e), 0);
		assert_string_equal(hex, SHA256);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(releases_side_file(bad[i], strlen(bad[i]), file, hex, &e),
				 -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pick),      cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_bad_lists), cmocka_unit_test(test_nested_is_passed_over),
		cmocka_unit_test(test_side_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
