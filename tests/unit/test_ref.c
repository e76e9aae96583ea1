/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "image/internal.h"

static void test_good_names(void **state)
{
	static const struct {
		const char *text;
		enum ref_kind kind;
		const char *version, *name;
	} rows[] = {
		{"busybox", REF_BUSYBOX, "", "busybox"},
		{"busybox:latest", REF_BUSYBOX, "", "busybox"},
		{"docker.io/library/busybox", REF_BUSYBOX, "", "busybox"},
		{"alpine", REF_ALPINE, "", "alpine"},
		{"alpine:latest", REF_ALPINE, "", "alpine"},
		{"alpine:edge", REF_ALPINE, "edge", "alpine:edge"},
		{"alpine:3", REF_ALPINE, "3", "alpine:3"},
		{"alpine:3.20", REF_ALPINE, "3.20", "alpine:3.20"},
		{"alpine:3.20.3", REF_ALPINE, "3.20.3", "alpine:3.20.3"},
		{"alpine@3.20.3", REF_ALPINE, "3.20.3", "alpine:3.20.3"},
		{"alpine:20240606", REF_ALPINE, "20240606", "alpine:20240606"},
		{"alpine:3.21.0_rc1", REF_ALPINE, "3.21.0_rc1", "alpine:3.21.0_rc1"},
		{"library/alpine:3.20", REF_ALPINE, "3.20", "alpine:3.20"},
		{"docker.io/alpine", REF_ALPINE, "", "alpine"},
		{"docker.io/library/alpine:3.20", REF_ALPINE, "3.20", "alpine:3.20"},
		{"index.docker.io/library/alpine", REF_ALPINE, "", "alpine"},
		{"./x.tar.gz", REF_FILE, "", "./x.tar.gz"},
		{"/abs/x.tar", REF_FILE, "", "/abs/x.tar"},
		{"../../etc", REF_FILE, "", "../../etc"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ref ref;
		struct err e = {};
		cleanup_free char *name = NULL;

		assert_int_equal(ref_parse(rows[i].text, &ref, &e), 0);
		assert_int_equal(ref.kind, rows[i].kind);
		assert_string_equal(ref.version, rows[i].version);
		name = ref_name(&ref, NULL);
		assert_string_equal(name, rows[i].name);
		free(ref.path);
	}
}

static void test_name_of_other_arch(void **state)
{
	struct ref ref = {.kind = REF_ALPINE, .version = "3.20"};
	cleanup_free char *name = ref_name(&ref, "aarch64");

	(void)state;
	assert_string_equal(name, "alpine:3.20+aarch64");
}

/* Each refusal is one line, and its code tells "cannot be" from "we do not know it". */
static void test_bad_names(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *says;
	} rows[] = {
		{"", EINVAL, "empty"},
		{"A/B", EINVAL, "lower case"},
		{"x:", EINVAL, "not a tag"},
		{"x@sha256:", EINVAL, "not a digest"},
		{"[::1]:99999/x", EINVAL, "not a host name"},
		{"[::1/x", EINVAL, "not a host name"},
		{"host:0/x", EINVAL, "not a host name"},
		{"-x", EINVAL, "not valid"},
		{"a//b", EINVAL, "not valid"},
		{"a/", EINVAL, "not valid"},
		{"a b", EINVAL, "not valid"},
		{"\033[31m", EINVAL, "not valid"},
		{"x\n", EINVAL, "not valid"},
		{"a___b", EINVAL, "not valid"},
		{":", EINVAL, "not valid"},
		{"@", EINVAL, "not valid"},
		{"/", 0, NULL},
		{"alpine:", EINVAL, "not a tag"},
		{"alpine:nope", EINVAL, "no Alpine version"},
		{"alpine:3.20.3.1", EINVAL, "no Alpine version"},
		{"alpine:03.20", EINVAL, "no Alpine version"},
		{"alpine:3.20-x", EINVAL, "no Alpine version"},
		{"alpine@", EINVAL, "neither a version nor a digest"},
		{"alpine:3.20@3.20.3", EINVAL, "two versions"},
		{"alpine@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		 EINVAL, "name a version"},
		{"ubuntu", ENOENT, "there is no image ubuntu"},
		{"quay.io/foo/bar:1", ENOENT, "there is no image"},
		{"quay.io/library/alpine", ENOENT, "there is no image"},
		{"busybox:1.36", ENOENT, "there is no image"},
		{"[::1]:5000/x", ENOENT, "there is no image"},
		{"a__b/c.d/e---f", ENOENT, "there is no image"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ref ref;
		struct err e = {};

		assert_int_equal(ref_parse(rows[i].text, &ref, &e), -rows[i].code);
		assert_int_equal(e.code, rows[i].code);
		if (rows[i].says)
			assert_non_null(strstr(e.msg, rows[i].says));
		assert_null(strpbrk(e.msg, "\n\033"));
		free(ref.path);
	}
}

static void test_long_names(void **state)
{
	char text[5121];
	struct ref ref;
	struct err e = {};

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(ref_parse(text, &ref, &e), -ENAMETOOLONG);
	assert_true(strlen(e.msg) < 200);
	text[0] = '/';
	assert_int_equal(ref_parse(text, &ref, &e), -ENAMETOOLONG);
	text[255] = '\0';
	text[0] = 'a';
	assert_int_equal(ref_parse(text, &ref, &e), -ENOENT);
}

static void test_version_match(void **state)
{
	static const struct {
		const char *want, *have;
		bool match;
	} rows[] = {
		{"", "3.20.3", true},
		{"", "20240606", false},
		{"", "3.21.0_rc1", false},
		{"3", "3.20.3", true},
		{"3", "2.7.9", false},
		{"3.20", "3.20.3", true},
		{"3.20", "3.2.0", false},
		{"3.2", "3.20.3", false},
		{"3.20.3", "3.20.3", true},
		{"3.20.3", "3.20.30", false},
		{"3.21", "3.21.0_rc1", false},
		{"3.21.0_rc1", "3.21.0_rc1", true},
		{"edge", "20240606", true},
		{"edge", "3.20.3", false},
		{"20240606", "20240606", true},
		{"20240606", "20240607", false},
		{"", "3.20", false},
		{"", "", false},
		{"3.20", "x", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(alpine_version_match(rows[i].want, rows[i].have), rows[i].match);
}

static void test_version_cmp(void **state)
{
	static const char *const rising[] = {"2.7.9",      "3.9.0",      "3.20.0_alpha3",
					     "3.20.0_rc1", "3.20.0_rc2", "3.20.0",
					     "3.20.3",     "3.20.10",    "10.0.0"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rising); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(rising); j++) {
			int want = (i > j) - (i < j);

			assert_int_equal(alpine_version_cmp(rising[i], rising[j]), want);
		}
	}
}

static void test_file_names(void **state)
{
	static const struct {
		const char *file, *version, *arch;
	} good[] = {
		{"alpine-minirootfs-3.20.3-x86_64.tar.gz", "3.20.3", "x86_64"},
		{"alpine-minirootfs-3.20.3-aarch64.tar.xz", "3.20.3", "aarch64"},
		{"alpine-minirootfs-20240606-riscv64.tar.zst", "20240606", "riscv64"},
		{"alpine-minirootfs-3.21.0_rc1-x86.tar", "3.21.0_rc1", "x86"},
	};
	static const char *const bad[] = {
		"alpine-minirootfs-3.20.3.tar.gz",
		"alpine-minirootfs-3.20-x86_64.tar.gz",
		"alpine-minirootfs-3.20.3-x86_64.zip",
		"alpine-minirootfs-3.20.3-x86_64.tar.gz.part",
		"alpine-minirootfs-../../etc-x86_64.tar.gz",
		"alpine-minirootfs-3.20.3-../x.tar.gz",
		"alpine-minirootfs--x86_64.tar.gz",
		"alpine-minirootfs-3.20.3-vax.tar.gz",
		"alpine-minirootfs-.tar-x86_64",
		"alpine-minirootfs-99999999999999999999999999999999999.1.1-x86_64.tar.gz",
		"alpine-standard-3.20.3-x86_64.iso",
		".alpine-minirootfs-3.20.3-x86_64.tar.gz",
		"",
	};
	char version[32], arch[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(alpine_file_parse(good[i].file, version, arch), 0);
		assert_string_equal(version, good[i].version);
		assert_string_equal(arch, good[i].arch);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(alpine_file_parse(bad[i], version, arch) < 0);
}

static void test_branches(void **state)
{
	static const char *const rows[][2] = {{"", "latest-stable"},  {"3", "latest-stable"},
					      {"3.20", "v3.20"},      {"3.20.3", "v3.20"},
					      {"edge", "edge"},       {"20240606", "edge"},
					      {"3.21.0_rc1", "v3.21"}};
	char branch[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		alpine_branch(rows[i][0], branch);
		assert_string_equal(branch, rows[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_names),    cmocka_unit_test(test_name_of_other_arch),
		cmocka_unit_test(test_bad_names),     cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_version_match), cmocka_unit_test(test_version_cmp),
		cmocka_unit_test(test_file_names),    cmocka_unit_test(test_branches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
