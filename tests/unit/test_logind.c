/* SPDX-License-Identifier: GPL-2.0-or-later */
/* logind's configuration, in folders that stand for a host. */
#include "unit.h"
#include "sandbox/sandbox.h"

static char root[32];

static void put(const char *path, const char *text)
{
	cleanup_free char *full = xasprintf("%s%s", root, path);
	char *slash = strrchr(full, '/');
	int fd;

	*slash = '\0';
	assert_int_equal(mkdir_p(full, 0700), 0);
	*slash = '/';
	unlink(full);
	fd = open(full, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_int_equal(write_full(fd, text, strlen(text)), 0);
	close_fd(fd);
}

static int begin(void **state)
{
	(void)state;
	strcpy(root, "/tmp/test-logind.XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	return remove_tree_at(AT_FDCWD, root);
}

static void test_absent(void **state)
{
	(void)state;
	put("/etc/systemd/logind.conf", "[Login]\nKillUserProcesses=yes\n");
	assert_int_equal(logind_look(root, "ann"), 0);
	put("/run/systemd/seats/seat0", "");
	assert_int_equal(logind_look(root, "ann"), LOGIND_THERE | LOGIND_KILLS);
	put("/var/lib/systemd/linger/ann", "");
	assert_int_equal(logind_look(root, "ann"), LOGIND_THERE | LOGIND_KILLS | LOGIND_LINGERS);
	assert_int_equal(logind_look(root, "bob"), LOGIND_THERE | LOGIND_KILLS);
	assert_int_equal(logind_look(root, "root"), LOGIND_THERE);
	assert_int_equal(logind_look(root, "../linger/ann"), LOGIND_THERE | LOGIND_KILLS);
}

static bool kills(const char *conf, const char *user)
{
	put("/run/systemd/seats/seat0", "");
	put("/etc/systemd/logind.conf", conf);
	return logind_look(root, user) & LOGIND_KILLS;
}

static void test_values(void **state)
{
	(void)state;
	assert_false(kills("", "ann"));
	assert_false(kills("[Login]\n#KillUserProcesses=yes\n", "ann"));
	assert_false(kills("[Login]\n ; KillUserProcesses=yes\n", "ann"));
	assert_false(kills("[Login]\nKillUserProcesses=no", "ann"));
	assert_false(kills("KillUserProcesses=yes\n[Other]\nKillUserProcesses=yes\n", "ann"));
	assert_false(kills("[Login]\nKillUserProcesses\n", "ann"));
	assert_false(kills("[Login]\nKillUserProcesses=yes\nKillUserProcesses=off\n", "ann"));
	assert_true(kills("[Login]\n  KillUserProcesses = On \r\n", "ann"));
	assert_true(kills("[X]\nA=b\n[Login]\nKillUserProcesses=1", "ann"));
	assert_false(kills("[Login]\nKillUserProcesses=yes\nKillExcludeUsers=bob ann\n", "ann"));
	assert_true(kills("[Login]\nKillUserProcesses=yes\nKillExcludeUsers=bob\n", "ann"));
	assert_true(kills("[Login]\nKillUserProcesses=yes\nKillExcludeUsers=\n", "root"));
	/* Whoever is named here is killed, whatever the first says. */
	assert_true(kills("[Login]\nKillUserProcesses=no\nKillOnlyUsers=ann\n", "ann"));
	assert_false(kills("[Login]\nKillUserProcesses=yes\nKillOnlyUsers=ann\n", "bob"));
	assert_true(
		kills("[Login]\nKillOnlyUsers=ann\nKillOnlyUsers=\nKillOnlyUsers=bob\n", "bob"));
	assert_false(
		kills("[Login]\nKillOnlyUsers=ann\nKillOnlyUsers=\nKillOnlyUsers=bob\n", "ann"));
}

static void test_drop_ins(void **state)
{
	(void)state;
	assert_false(kills("[Login]\nKillUserProcesses=no\n", "ann"));
	put("/usr/lib/systemd/logind.conf.d/20-a.conf", "[Login]\nKillUserProcesses=yes\n");
	assert_true(kills("[Login]\nKillUserProcesses=no\n", "ann"));
	/* By name, not by folder. */
	put("/etc/systemd/logind.conf.d/10-b.conf", "[Login]\nKillUserProcesses=no\n");
	assert_true(kills("", "ann"));
	put("/run/systemd/logind.conf.d/30-c.conf", "[Login]\nKillUserProcesses=no\n");
	assert_false(kills("", "ann"));
	put("/etc/systemd/logind.conf.d/30-c.conf", "");
	assert_true(kills("", "ann"));
	put("/etc/systemd/logind.conf.d/40-d.txt", "[Login]\nKillUserProcesses=no\n");
	assert_true(kills("", "ann"));
}

/* Of the main files only the first is read. */
static void test_main_file(void **state)
{
	(void)state;
	put("/usr/lib/systemd/logind.conf", "[Login]\nKillUserProcesses=yes\n");
	put("/run/systemd/seats/seat0", "");
	assert_true(logind_look(root, "ann") & LOGIND_KILLS);
	assert_false(kills("[Login]\n", "ann"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_absent, begin, end),
		cmocka_unit_test_setup_teardown(test_values, begin, end),
		cmocka_unit_test_setup_teardown(test_drop_ins, begin, end),
		cmocka_unit_test_setup_teardown(test_main_file, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
