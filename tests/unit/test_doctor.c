/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The doctor's judgements, with hosts that are not at hand; and one whole
 * examination of this one.
 */
#include "unit.h"
#include "sandbox/doctor.h"

static const struct userns_facts healthy = {.clone = -1, .apparmor = -1};

static void explain(struct userns_facts f, int error, const char *remedy)
{
	struct trial t = {.error = error, .at = "clone"};
	struct doctor_row row = {0};

	userns_explain(&f, &t, &row);
	assert_int_equal(row.level, FINDING_FAIL);
	assert_non_null(strstr(row.found, strerror(error)));
	if (!strstr(row.remedy, remedy))
		print_error("wanted \"%s\" in \"%s\"\n", remedy, row.remedy);
	assert_non_null(strstr(row.remedy, remedy));
}

static void test_userns_causes(void **state __unused)
{
	struct userns_facts f = healthy;

	f.clone = 0;
	explain(f, EPERM, "kernel.unprivileged_userns_clone=1");
	f.root = true;
	explain(f, EPERM, "a security module");
	f = healthy;
	strcpy(f.zero, "max_user_namespaces");
	explain(f, ENOSPC, "user.max_user_namespaces=15000");
	f = healthy;
	f.apparmor = 1;
	f.in_container = true;
	explain(f, EACCES, "see the row apparmor");
	f = healthy;
	f.in_container = true;
	explain(f, EPERM, "seccomp=unconfined");
	f = healthy;
	explain(f, ENOSPC, "lsns");
	explain(f, EPERM, "a security module");
	explain(f, ENOSYS, "Linux 5.12");
	explain(f, EINVAL, "CONFIG_USER_NS");
}

static void test_profile(void **state __unused)
{
	char text[512];

	apparmor_profile("/home/a b/sandbox", text, sizeof(text));
	assert_non_null(
		strstr(text, "profile sandbox \"/home/a b/sandbox\" flags=(unconfined) {\n"));
	assert_non_null(strstr(text, "  userns,\n"));
	apparmor_profile("/x/[a]*@{HOME}/sandbox", text, sizeof(text));
	assert_non_null(strstr(text, "\"/x/\\[a\\]\\*\\@\\{HOME\\}/sandbox\""));
	apparmor_profile("/x/\"/sandbox", text, sizeof(text));
	assert_string_equal(text, "");
	apparmor_profile("/x/\n/sandbox", text, sizeof(text));
	assert_string_equal(text, "");
	apparmor_profile("/usr/bin/sandbox", text, 64);
	assert_string_equal(text, "");
}

static void test_resolvers(void **state __unused)
{
	bool local;

	assert_int_equal(resolvers_in("", &local), 0);
	assert_int_equal(resolvers_in("nameserver 10.0.0.1\n", &local), 1);
	assert_false(local);
	assert_int_equal(resolvers_in("# nameserver 1.1.1.1\nsearch x\n nameserver\t127.0.0.53\n"
				      "nameserver ::1",
				      &local),
			 2);
	assert_true(local);
	assert_int_equal(resolvers_in("nameserver", &local), 0);
	assert_int_equal(resolvers_in("nameservers 1.1.1.1\n\n\n", &local), 0);
}

static void test_cgroup_path(void **state __unused)
{
	char path[64];

	assert_true(cgroup2_path("0::/a/b\n", path, sizeof(path)));
	assert_string_equal(path, "/a/b");
	assert_true(cgroup2_path("12:cpu:/x\n1:name=systemd:/y\n0::/\n", path, sizeof(path)));
	assert_string_equal(path, "/");
	assert_false(cgroup2_path("12:cpu:/x\n", path, sizeof(path)));
	assert_false(cgroup2_path("", path, sizeof(path)));
	assert_false(cgroup2_path("0::", path, sizeof(path)));
	assert_false(cgroup2_path("10::/a\n", path, sizeof(path)));
	assert_false(cgroup2_path("0::/a/long/one", path, 5));
}

static void test_controllers(void **state __unused)
{
	char missing[64];

	missing_controllers("cpuset cpu io memory pids rdma", missing, sizeof(missing));
	assert_string_equal(missing, "");
	missing_controllers("memory pids", missing, sizeof(missing));
	assert_string_equal(missing, "cpu io cpuset");
	missing_controllers("", missing, sizeof(missing));
	assert_string_equal(missing, "memory pids cpu io cpuset");
	assert_int_equal(cgroup_level(missing), FINDING_WARN);
	assert_int_equal(cgroup_level("cpu io cpuset"), FINDING_WARN);
	/* systemd's default is no reason for a warning. */
	missing_controllers("cpu memory pids", missing, sizeof(missing));
	assert_int_equal(cgroup_level(missing), FINDING_NOTE);
	assert_int_equal(cgroup_level(""), FINDING_OK);
}

/* What fails in a trial is reported with its name, and a trial that dies is a failure. */
static void fails(struct trial *t, const void *ctx __unused)
{
	trial_ok(t, 0, "the first");
	trial_ok(t, -EXDEV, "the second");
	trial_ok(t, -EIO, "the third");
}

static void dies(struct trial *t __unused, const void *ctx __unused)
{
	abort();
}

static void test_trial(void **state __unused)
{
	struct trial t;

	trial_run(&t, 0, fails, NULL);
	assert_int_equal(t.error, EXDEV);
	assert_string_equal(t.at, "the second");
	trial_run(&t, 0, dies, NULL);
	assert_int_equal(t.error, EINTR);
	trial_run(&t, 1ULL << 63, fails, NULL);
	assert_string_equal(t.at, "clone");
}

struct seen {
	size_t n;
	bool failed;
};

static void tell(void *ctx, const struct doctor_row *row)
{
	static const char *const level[] = {"ok", "note", "warn", "fail"};
	struct seen *s = ctx;

	print_message("[          ] %-4s %s: %s%s%s\n", level[row->level], row->name, row->found,
		      *row->remedy ? "; " : "", row->remedy);
	assert_true(*row->name && *row->why && *row->found);
	assert_null(strchr(row->found, '\n'));
	assert_null(strchr(row->remedy, '\n'));
	if (row->level == FINDING_FAIL)
		assert_true(*row->remedy);
	s->failed |= row->level == FINDING_FAIL;
	s->n++;
}

static void test_this_host(void **state __unused)
{
	char home[] = "/tmp/sandbox-unit-doctor-XXXXXX";
	struct seen s = {0};
	int tmp;

	assert_non_null(mkdtemp(home));
	setenv("XDG_RUNTIME_DIR", home, 1);
	setenv("XDG_DATA_HOME", home, 1);
	assert_int_equal(doctor_run(NULL, tell, &s) == FINDING_FAIL, s.failed);
	assert_in_range(s.n, 20, 40);
	tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(remove_tree_at(tmp, strrchr(home, '/') + 1), 0);
	close(tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_userns_causes), cmocka_unit_test(test_profile),
		cmocka_unit_test(test_resolvers),     cmocka_unit_test(test_cgroup_path),
		cmocka_unit_test(test_controllers),   cmocka_unit_test(test_trial),
		cmocka_unit_test(test_this_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
