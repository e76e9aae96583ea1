/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "sandbox/sandbox.h"
#include "unit.h"

static void test_parse(void **state)
{
	static const struct {
		const char *name;
		uint64_t mask;
	} rows[] = {
		{"CAP_CHOWN", 1},
		{"chown", 1},
		{"cap_sys_admin", 1ULL << CAP_SYS_ADMIN},
		{"Sys_Admin", 1ULL << CAP_SYS_ADMIN},
		{"PERFMON", 1ULL << 38},
		{"CAP_BPF", 1ULL << 39},
		{"checkpoint_restore", 1ULL << 40},
	};
	static const char *const bad[] = {"",   "FOO", "CAP_", "CAP_CAP_CHOWN", "CHOWN ", " CHOWN",
					  "21", "-1",  "NONE", "CAP_ALL",       "CHOW"};
	struct err e = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t mask = 0;

		assert_int_equal(cap_parse(rows[i].name, &mask, &e), 0);
		assert_int_equal(mask, rows[i].mask);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t mask = 77;

		assert_int_equal(cap_parse(bad[i], &mask, &e), -EINVAL);
		assert_int_equal(mask, 77);
	}
	assert_non_null(strstr(e.msg, "'CHOW'"));
}

static void test_all(void **state)
{
	struct buf b cleanup_buf = {};
	uint64_t last, all = 0;
	struct err e = {};

	(void)state;
	assert_int_equal(read_file_at(AT_FDCWD, "/proc/sys/kernel/cap_last_cap", 64, &b), 0);
	assert_int_equal(parse_u64(str_trim(b.data), 62, &last), 0);
	assert_int_equal(caps_all(), (2ULL << last) - 1);
	assert_int_equal(cap_parse("all", &all, &e), 0);
	assert_int_equal(all, caps_all());
}

static void test_format(void **state)
{
	static const struct {
		uint64_t mask;
		const char *text;
	} rows[] = {
		{0, "none"},
		{1, "CAP_CHOWN"},
		{0x21, "CAP_CHOWN,CAP_KILL"},
		{CAPS_DEFAULT, "CAP_CHOWN,CAP_DAC_OVERRIDE,CAP_FOWNER,CAP_FSETID,CAP_KILL,"
			       "CAP_SETGID,CAP_SETUID,CAP_SETPCAP,CAP_NET_BIND_SERVICE,"
			       "CAP_SYS_CHROOT,CAP_SETFCAP"},
		{1ULL << 63, "63"},
	};
	struct buf all cleanup_buf = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf b cleanup_buf = {};

		caps_format(rows[i].mask, &b);
		assert_string_equal(b.data, rows[i].text);
	}
	caps_format(caps_all(), &all);
	assert_string_equal(all.data, "ALL");
}

/* ---- in a user namespace, where a normal user has them all --------------------------------------- */

static uint64_t status_mask(const char *key)
{
	struct buf b cleanup_buf = {};
	const char *at;

	if (read_file_at(AT_FDCWD, "/proc/self/status", 1 << 16, &b) < 0)
		return ~0ULL;
	at = strstr(b.data, key);
	return at ? strtoull(at + strlen(key), NULL, 16) : ~0ULL;
}

/* in_userns - run @f in a child with a new user namespace; it returns 0 when all is well */
static void in_userns(int (*f)(struct err *e))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err e = {};
		int r;

		if (unshare(CLONE_NEWUSER) < 0)
			_exit(77);
		r = f(&e);
		if (r)
			print_error("line %d: %s\n", r, e.msg);
		_exit(r ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("no user namespaces here: not tried\n");
		skip();
	}
	assert_int_equal(status, 0);
}

#define CHECK(cond)                      \
	do {                             \
		if (!(cond))             \
			return __LINE__; \
	} while (0)

static int drop_child(struct err *e)
{
	CHECK(caps_apply_bounding(CAPS_DEFAULT, e) == 0);
	CHECK(status_mask("CapBnd:") == CAPS_DEFAULT);
	CHECK(caps_apply_bounding(CAPS_DEFAULT, e) == 0); /* again: nothing to do */
	CHECK(caps_set(CAPS_DEFAULT, e) == 0);
	CHECK(status_mask("CapPrm:") == CAPS_DEFAULT);
	CHECK(status_mask("CapEff:") == CAPS_DEFAULT);
	CHECK(status_mask("CapInh:") == 0);
	CHECK(status_mask("CapAmb:") == 0);
	CHECK(caps_set(CAPS_DEFAULT | 1ULL << CAP_SYS_ADMIN, e) == -EPERM);
	CHECK(caps_set(0, e) == 0);
	CHECK(caps_apply_bounding(CAPS_DEFAULT, e) == 0); /* nothing to drop needs no right */
	CHECK(caps_apply_bounding(0, e) == -EPERM);
	return 0;
}

static int ambient_child(struct err *e)
{
	const uint64_t two = 1ULL << CAP_NET_BIND_SERVICE | 1ULL << CAP_KILL;

	CHECK(caps_set_ambient(two, e) == 0);
	CHECK(status_mask("CapAmb:") == two);
	CHECK(status_mask("CapInh:") == two);
	CHECK(status_mask("CapEff:") == two);
	CHECK(caps_set(two, e) == 0); /* empties ambient with inheritable */
	CHECK(status_mask("CapAmb:") == 0);
	CHECK(status_mask("CapPrm:") == two);
	return 0;
}

static void test_drop(void **state)
{
	(void)state;
	in_userns(drop_child);
}

static void test_ambient(void **state)
{
	(void)state;
	in_userns(ambient_child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),   cmocka_unit_test(test_all),
		cmocka_unit_test(test_format),  cmocka_unit_test(test_drop),
		cmocka_unit_test(test_ambient),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
