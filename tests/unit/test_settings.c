/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/stat.h>

#include "unit.h"
#include "config/config.h"

static char dir[] = "/tmp/sandbox-unit-settings-XXXXXX";

/* Tests see only their own file and variables. */
static int setup(void **state)
{
	static const char *const vars[] = {
		"SANDBOX_KEEP",       "SANDBOX_MIRROR",         "SANDBOX_PULL",
		"SANDBOX_SYNC",       "SANDBOX_NETWORK",        "SANDBOX_USERNS",
		"SANDBOX_IMAGE_PATH", "SANDBOX_STORAGE_DRIVER", "SANDBOX_PULL_TIMEOUT"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vars); i++)
		unsetenv(vars[i]);
	return setenv("XDG_CONFIG_HOME", dir, 1);
}

static int write_conf(const char *text)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	mkdirat(fd, "sandbox", 0700);
	r = replace_file_at(fd, "conf.new", text, strlen(text), 0600, REPLACE_FAST);
	if (!r)
		r = renameat(fd, "conf.new", fd, "sandbox/sandbox.conf");
	close_fd(fd);
	return r;
}

static void test_defaults(void **state)
{
	cleanup_settings struct settings s;
	struct err e = {};

	(void)state;
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	assert_int_equal(settings_load(&s, &e), 0);
	assert_false(s.keep);
	assert_true(s.sync);
	assert_null(s.mirror);
	assert_int_equal(s.pull_timeout, 600000000000);
}

static void test_file_and_environment(void **state)
{
	cleanup_settings struct settings s;
	struct err e = {};

	(void)state;
	assert_int_equal(write_conf("# comment\n\n keep = yes \nmirror=https://a/x\r\n"
				    "image_path = /a:/b\nmirror = https://b/y\npull = never"),
			 0);
	setenv("SANDBOX_PULL", "newer", 1);
	setenv("SANDBOX_MIRROR", "", 1);
	assert_int_equal(settings_load(&s, &e), 0);
	assert_true(s.keep);
	assert_string_equal(s.mirror, "https://b/y");
	assert_string_equal(s.image_path, "/a:/b");
	assert_string_equal(s.pull, "newer");
}

static void test_errors_name_file_and_line(void **state)
{
	static const char *const rows[][2] = {
		{"keep = true\nkep = true\n", "sandbox.conf:2: there is no setting kep"},
		{"keep = maybe\n", "sandbox.conf:1: keep \"maybe\" is neither"},
		{"\n\nkeep\n", "sandbox.conf:3: \"keep\" is not of the form"},
		{"pull = sometimes\n", "sandbox.conf:1: pull \"sometimes\" is none of"},
		{"storage_driver = zfs\n", "is none of: auto overlay"},
		{"pull_timeout = 0\n", "is not a time"},
		{"pull_timeout = -1s\n", "is not a time"},
		{"= x\n", "is not a key"},
		{"Keep = true\n", "is not a key"},
		{"[section]\n", "is not of the form"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct settings s;
		struct err e = {};

		assert_int_equal(write_conf(rows[i][0]), 0);
		assert_int_equal(settings_load(&s, &e), -EINVAL);
		assert_non_null(strstr(e.msg, rows[i][1]));
	}
	write_conf("");
	setenv("SANDBOX_KEEP", "perhaps", 1);
	struct settings s;
	struct err e = {};

	assert_int_equal(settings_load(&s, &e), -EINVAL);
	assert_non_null(strstr(e.msg, "SANDBOX_KEEP: keep"));
}

static int ignore(void *ctx, const char *key, const char *value, const char *file, unsigned line,
		  struct err *e)
{
	(void)key, (void)value, (void)file, (void)e;
	*(unsigned *)ctx = line;
	return 0;
}

static void test_odd_texts(void **state)
{
	struct err e = {};
	unsigned line = 0;

	(void)state;
	assert_int_equal(conf_parse("x", "a=1\0b=2", 7, ignore, &line, &e), -EINVAL);
	assert_int_equal(conf_parse("x", "", 0, ignore, &line, &e), 0);
	assert_int_equal(conf_parse("x", "\n\n#\n;\na=", 8, ignore, &line, &e), 0);
	assert_int_equal(line, 5);
	assert_int_equal(conf_read("/nonexistent/x", ignore, &line, &e), 0);
	assert_int_equal(conf_read("/tmp", ignore, &line, &e), -EINVAL);
}

static int cleanup(void **state)
{
	(void)state;
	return remove_tree_at(AT_FDCWD, dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_defaults, setup),
		cmocka_unit_test_setup(test_file_and_environment, setup),
		cmocka_unit_test_setup(test_errors_name_file_and_line, setup),
		cmocka_unit_test_setup(test_odd_texts, setup),
	};

	if (!mkdtemp(dir))
		return 1;
	return cmocka_run_group_tests(tests, NULL, cleanup);
}
