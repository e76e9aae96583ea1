/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The front end without shared libraries: what it asks sandbox-load, which stands beside this
 * program in a build tree.
 */
#include <linux/filter.h>

#include "sandbox/idmap_internal.h"
#include "sandbox/seccomp.h"
#include "unit.h"

static void test_profile(void **state)
{
	static const char text[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":"
				   "[\"reboot\"],\"action\":\"SCMP_ACT_ERRNO\"}]}";
	struct sock_fprog prog = {};
	struct err e = {};

	(void)state;
	assert_int_equal(seccomp_program(text, sizeof(text) - 1, 0, &prog, &e), 0);
	assert_true(prog.len > 3);
	/* A program ends by returning something. */
	assert_int_equal(prog.filter[prog.len - 1].code & 7, BPF_RET);
	free(prog.filter);
}

static void test_bad_profile(void **state)
{
	static const char text[] = "{\"defaultAction\":\"SCMP_ACT_NOPE\"}";
	struct sock_fprog prog = {};
	struct err e = {};

	(void)state;
	assert_int_equal(seccomp_program(text, sizeof(text) - 1, 0, &prog, &e), -EINVAL);
	assert_string_equal(e.msg, "\"defaultAction\" is no action: 'SCMP_ACT_NOPE'");
	assert_null(prog.filter);
}

static void test_owner(void **state)
{
	struct owner root = {.uid = 0, .login_gid = 77}, nobody = {.uid = 4000000077U};

	(void)state;
	owner_ask(&root);
	assert_int_equal(root.names.n, 1);
	assert_string_equal(root.names.v[0], "root");
	assert_int_equal(root.login_gid, 0);
	owner_ask(&nobody);
	assert_int_equal(nobody.names.n, 0);
	owner_free(&root);
}

static void test_subids(void **state)
{
	struct owner o = {.uid = 4000000077U};
	struct subids uid, gid;

	(void)state;
	/* Without a name there is nobody to ask for. */
	subid_from_library("nowhere", &o, &uid, &gid);
	assert_int_equal(uid.state, SUBID_NO_LIBRARY);
	assert_int_equal(gid.state, SUBID_NO_LIBRARY);
	assert_string_equal(uid.why,
			    "nsswitch.conf says \"subid: nowhere\", and this user id has no name");
	strv_add(&o.names, "no-such-user-77");
	subid_from_library("nowhere", &o, &uid, &gid);
	assert_int_not_equal(uid.state, SUBID_OK);
	assert_int_equal(uid.ranges.n, 0);
	assert_non_null(strstr(uid.why, "nowhere"));
	owner_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_bad_profile),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_subids),
	};

	return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
