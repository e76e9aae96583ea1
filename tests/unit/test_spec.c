/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/mount.h>
#include <sys/resource.h>

#include "unit.h"
#include "linux/sys.h"
#include "spec/spec.h"

typedef int (*parse_fn)(struct spec *s, const char *text, struct err *e);

static const struct {
	parse_fn parse;
	const char *text;
	int r;
} rows[] = {
	{spec_parse_volume, "/a:/b", 0},
	{spec_parse_volume, "./a:/b:ro,z", 0},
	{spec_parse_volume, ".:/w", 0},
	{spec_parse_volume, ":/x", -EINVAL},
	{spec_parse_volume, "/a", 0},
	{spec_parse_volume, "a", -EINVAL},
	{spec_parse_volume, "", -EINVAL},
	{spec_parse_volume, "/a:b", -EINVAL},
	{spec_parse_volume, "/a:/x:zz", -EINVAL},
	{spec_parse_volume, "/a:/x:ro:rw", -EINVAL},
	{spec_parse_volume, "name:/x", 0},
	{spec_parse_volume, "name:/x:ro,nocopy", 0},
	{spec_parse_volume, "/a:/x:nocopy", -EINVAL},
	{spec_parse_volume, "a/b:/x", -EINVAL},
	{spec_parse_volume, "a b:/x", -EINVAL},
	{spec_parse_volume, "-a:/x", -EINVAL},
	{spec_parse_mount, "type=bind,src=/a,dst=/b,ro", 0},
	{spec_parse_mount, "type=bind,source=/a,target=/b,readonly=true,bind-propagation=rslave",
	 0},
	{spec_parse_mount, "src=/a,dst=/b", 0},
	{spec_parse_mount, "type=tmpfs,dst=/b,tmpfs-size=1m,tmpfs-mode=700", 0},
	{spec_parse_mount, "type=tmpfs,src=/a", -EINVAL},
	{spec_parse_mount, "type=bind,dst=/b", -EINVAL},
	{spec_parse_mount, "type=bind,src=/a", -EINVAL},
	{spec_parse_mount, "type=bind,src=/a,src=/b,dst=/c", -EINVAL},
	{spec_parse_mount, "type=nfs,src=/a,dst=/b", -EINVAL},
	{spec_parse_mount, "type=volume,src=a,dst=/b", 0},
	{spec_parse_mount, "type=volume,dst=/b,ro,volume-nocopy=true", 0},
	{spec_parse_mount, "type=volume,src=../a,dst=/b", -EINVAL},
	{spec_parse_mount, "type=volume,src=a", -EINVAL},
	{spec_parse_mount, "", -EINVAL},
	{spec_parse_tmpfs, "/t", 0},
	{spec_parse_tmpfs, "/t:size=1m,mode=700,noexec", 0},
	{spec_parse_tmpfs, "t", -EINVAL},
	{spec_parse_tmpfs, "/t:size=x", -EINVAL},
	{spec_parse_tmpfs, "/t:lowerdir=/", -EINVAL},
	{spec_parse_device, "/dev/fuse", 0},
	{spec_parse_device, "/dev/fuse:/dev/f:rw", 0},
	{spec_parse_device, "/dev/fuse:r", 0},
	{spec_parse_device, "fuse", -EINVAL},
	{spec_parse_device, "/dev/fuse:/dev/f:x", -EINVAL},
	{spec_parse_ulimit, "nofile=1024", 0},
	{spec_parse_ulimit, "NPROC=10:20", 0},
	{spec_parse_ulimit, "core=-1", 0},
	{spec_parse_ulimit, "nofile=20:10", -EINVAL},
	{spec_parse_ulimit, "nofile", -EINVAL},
	{spec_parse_ulimit, "files=1", -EINVAL},
	{spec_parse_ulimit, "nofile=x", -EINVAL},
	{spec_parse_add_host, "db:10.0.0.1", 0},
	{spec_parse_add_host, "a;b:::1", 0},
	{spec_parse_add_host, "gw:host-gateway", 0},
	{spec_parse_add_host, "db", -EINVAL},
	{spec_parse_add_host, "db:nonsense", -EINVAL},
	{spec_parse_add_host, "d b:10.0.0.1", -EINVAL},
	{spec_parse_log_opt, "max-size=10m", 0},
	{spec_parse_log_opt, "max-size=-1", 0},
	{spec_parse_log_opt, "max-file=3", 0},
	{spec_parse_log_opt, "max-size=", -EINVAL},
	{spec_parse_log_opt, "max-size", -EINVAL},
	{spec_parse_log_opt, "max-file=-1", -EINVAL},
	{spec_parse_log_opt, "max-file=3x", -EINVAL},
	{spec_parse_log_opt, "path=/x", -EINVAL},
	{spec_parse_log_opt, "", -EINVAL},
	{spec_parse_sysctl, "net.ipv4.ip_forward=1", 0},
	{spec_parse_sysctl, "net/ipv4/ip_forward=1", 0},
	{spec_parse_sysctl, "kernel.msgmax=1", 0},
	{spec_parse_sysctl, "kernel.core_pattern=x", -EINVAL},
	{spec_parse_sysctl, "net/../kernel/core_pattern=x", -EINVAL},
	{spec_parse_sysctl, "net..kernel=1", -EINVAL},
	{spec_parse_sysctl, "vm.swappiness=1", -EINVAL},
	{spec_parse_sysctl, "net.ipv4.ip_forward", -EINVAL},
	{spec_parse_env, "A=1", 0},
	{spec_parse_env, "A=x\nB=2", 0},
	{spec_parse_env, "=x", -EINVAL},
	{spec_parse_env, "", -EINVAL},
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct spec s;
		struct err e = {};
		int r;

		spec_init(&s);
		r = rows[i].parse(&s, rows[i].text, &e);
		if (r != rows[i].r)
			print_error("\"%s\": %d (%s)\n", rows[i].text, r, e.msg);
		assert_int_equal(r, rows[i].r);
		assert_int_equal(e.code, -rows[i].r);
		spec_free(&s);
	}
}

static void test_volume_meaning(void **state)
{
	struct spec s;

	(void)state;
	spec_init(&s);
	assert_int_equal(spec_parse_volume(&s, "/a:/b//c/../d:ro,noexec", NULL), 0);
	assert_int_equal(spec_parse_volume(&s, "/a:/e:bind,exec,dev", NULL), 0);
	assert_string_equal(s.mounts.v[0].target, "/b/d");
	assert_true(s.mounts.v[0].recursive);
	assert_int_equal(s.mounts.v[0].attr_set, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC |
							 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	assert_false(s.mounts.v[1].recursive);
	assert_int_equal(s.mounts.v[1].attr_set, MOUNT_ATTR_NOSUID);
	spec_free(&s);
}

static struct spec valid(void)
{
	struct spec s;

	spec_init(&s);
	strv_add(&s.args, "true");
	return s;
}

static void check(struct spec *s, bool good)
{
	struct err e = {};
	int r = spec_check(s, &e);

	if ((r == 0) != good)
		print_error("%d %s\n", r, e.msg);
	assert_int_equal(r == 0, good);
	spec_free(s);
}

static void test_check(void **state)
{
	struct spec s = valid();

	(void)state;
	check(&s, true);
	s = valid();
	strv_free(&s.args);
	check(&s, false);
	s = valid();
	s.ns[NS_USER].mode = NS_HOST;
	check(&s, false);
	s = valid();
	s.ns[NS_MNT].mode = NS_HOST;
	check(&s, false);
	s = valid();
	s.log.max_size = 0;
	s.log.max_file = 1000;
	check(&s, true);
	s = valid();
	s.log.max_size = 1023;
	check(&s, false);
	s = valid();
	s.log.max_file = 0;
	check(&s, false);
	s = valid();
	s.log.max_file = 1001;
	check(&s, false);
	s = valid();
	s.health.on_failure = HEALTH_KILL;
	check(&s, false);
	s = valid();
	strv_add(&s.health.test, "NONE");
	s.health.on_failure = HEALTH_STOP;
	check(&s, false);
	s = valid();
	strv_add(&s.health.test, "CMD");
	strv_add(&s.health.test, "true");
	s.health.on_failure = HEALTH_RESTART;
	check(&s, true);
	s = valid();
	s.hostname = xstrdup("$(id)");
	check(&s, false);
	s = valid();
	s.hostname = xstrdup("a");
	s.ns[NS_UTS].mode = NS_HOST;
	check(&s, false);
	s = valid();
	s.name = xstrdup("-x");
	check(&s, false);
	s = valid();
	s.rootfs.tmpfs = true;
	s.remove = false;
	check(&s, false);
	s = valid();
	strv_add(&s.sysctl, "net.ipv4.ip_forward=1");
	s.ns[NS_NET].mode = NS_HOST;
	check(&s, false);
}

static void test_check_targets(void **state)
{
	static const struct {
		const char *target;
		bool good;
	} targets[] = {{"/", false},        {"/proc", false},         {"/proc/self/attr", false},
		       {"/sys", false},     {"/sys/kernel", false},   {"/dev", false},
		       {"/dev/shm", true},  {"/sys/fs/cgroup", true}, {"/procx", true},
		       {"/etc/hosts", true}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		struct spec s = valid();
		cleanup_free char *text = xasprintf("/tmp:%s", targets[i].target);

		assert_int_equal(spec_parse_volume(&s, text, NULL), 0);
		check(&s, targets[i].good);
	}
}

static void test_apply_image(void **state)
{
	struct image_config c = {};
	struct strv none = {};
	struct spec s;

	(void)state;
	spec_init(&s);
	strv_add(&c.entrypoint, "/entry");
	strv_add(&c.cmd, "arg");
	strv_add(&c.env, "A=image");
	strv_add(&s.env, "B=user");
	c.cwd = xstrdup("/w");
	spec_apply_image(&s, &c, &none, false);
	assert_int_equal(s.args.n, 2);
	assert_string_equal(s.args.v[1], "arg");
	assert_string_equal(env_get(&s.env, "A"), "image");
	assert_string_equal(env_get(&s.env, "container"), "sandbox");
	assert_true(s.make_cwd);
	spec_free(&s);

	spec_init(&s);
	strv_add(&s.args, "mine");
	spec_apply_image(&s, &c, &none, true);
	assert_int_equal(s.args.n, 1);
	assert_string_equal(s.args.v[0], "mine");
	spec_free(&s);
	image_config_free(&c);
}

static void test_health(void **state)
{
	static const struct {
		const char *text, *test; /* its words with | between them; NULL: refused */
	} forms[] = {
		{"curl -f x | true", "CMD-SHELL|curl -f x | true"},
		{" true ", "CMD-SHELL|true "},
		{"CMD a  b", "CMD|a|b"},
		{"cmd a", "CMD|a"},
		{"CMD-SHELL  a  b", "CMD-SHELL|a  b"},
		{"CMDX a", "CMD-SHELL|CMDX a"},
		{"none", "NONE"},
		{"NONE of it", "NONE"},
		{"[\"true\"]", "CMD-SHELL|true"},
		{" [\"a\", \"b c\"]", "CMD|a|b c"},
		{"[\"CMD\", \"a\", \"\"]", "CMD|a|"},
		{"[\"CMD-SHELL\", \"a  b\"]", "CMD-SHELL|a  b"},
		{"[\"NONE\"]", "NONE"},
		{"", NULL},
		{" \t\n", NULL},
		{"CMD", NULL},
		{"CMD-SHELL ", NULL},
		{"[]", NULL},
		{"[\"\"]", NULL},
		{"[\"CMD\"]", NULL},
		{"[\"CMD-SHELL\"]", NULL},
		{"[1]", NULL},
		{"[\"a\"", NULL},
		{"[\"a\"] x", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct health_spec h = {};
		cleanup_strv struct strv args = {};
		cleanup_buf struct buf got = {};
		struct err e = {};
		int r = health_parse_cmd(&h.test, forms[i].text, &e);

		strv_for_each (w, &h.test)
			buf_printf(&got, "%s%s", got.len ? "|" : "", w);
		if ((r < 0) != !forms[i].test || (!r && !streq(got.data, forms[i].test)))
			print_error("%s: %d %s %s\n", forms[i].text, r, e.msg, got.data);
		assert_int_equal(r, forms[i].test ? 0 : -EINVAL);
		assert_int_equal(e.code, -r);
		if (!r) {
			assert_string_equal(got.data, forms[i].test);
			assert_int_equal(health_is_on(&h), h.test.n > 1);
		}
		if (!r && h.test.n > 1) {
			health_args(&h, &args);
			assert_string_equal(args.v[0],
					    streq(h.test.v[0], "CMD") ? h.test.v[1] : "/bin/sh");
			assert_string_equal(args.v[args.n - 1], h.test.v[h.test.n - 1]);
		}
		strv_free(&h.test);
	}
	for (int a = HEALTH_NONE; a <= HEALTH_STOP; a++) {
		enum health_action out;

		assert_int_equal(health_parse_action(&out, health_action_name(a), NULL), 0);
		assert_int_equal(out, a);
		assert_int_equal(health_parse_action(&out, "Stop", NULL), -EINVAL);
	}
}

static void test_signals(void **state)
{
	(void)state;
	assert_int_equal(signal_number("TERM"), 15);
	assert_int_equal(signal_number("sigkill"), 9);
	assert_int_equal(signal_number("64"), 64);
	assert_int_equal(signal_number("0"), -EINVAL);
	assert_int_equal(signal_number("99"), -EINVAL);
	assert_int_equal(signal_number("SIGFOO"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),       cmocka_unit_test(test_volume_meaning),
		cmocka_unit_test(test_check),       cmocka_unit_test(test_check_targets),
		cmocka_unit_test(test_apply_image), cmocka_unit_test(test_signals),
		cmocka_unit_test(test_health),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
