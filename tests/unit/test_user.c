/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/stat.h>

#include "unit.h"
#include "sandbox/sandbox.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "# comment\n"
			     "\n"
			     "1000:x:0:0:trap:/root:/bin/sh\n"
			     "4294967296:x:0:0:trap:/:/bin/sh\n"
			     "-1:x:0:0:trap:/:/bin/sh\n"
			     "0x0:x:0:0:trap:/:/bin/sh\n"
			     "1 :x:0:0:trap:/:/bin/sh\n"
			     "007:x:0:0:trap:/:/bin/sh\n"
			     "daemon:x:1:7::/usr/sbin:/bin/sh\n"
			     "alice:x:1000:1001::/home/alice:/bin/sh\n"
			     "alice:x:0:0::/root:/bin/sh\n"
			     "badid:x:4294967295:0::/:/bin/sh\n"
			     "neg:x:-5:0::/:/bin/sh\n"
			     "relhome:x:1002:1002::home:/bin/sh\n"
			     "short:x:1003\n"
			     "four:x:1004:1004\n"
			     "_apt:x:42:65534::/nonexistent:/bin/false\r\n"
			     "last:x:1005:1005::/l:/bin/sh"; /* no newline */
static const char group[] = "root:x:0:root,alice\n"
			    "0:x:5:\n"
			    "wheel:x:10:root,daemon\n"
			    "alice:x:1001:\n"
			    "staff:x:50:bob,alice\n"
			    "staff2:x:51:alicex\n"
			    "video:x:44:alice,alice\n"
			    "badgid:x:-1:alice\n"
			    "empty:x:60\n"
			    "again:x:50:alice\n";

struct root {
	char dir[32];
	int fd;
};

static int setup(void **state)
{
	struct root *r = xcalloc(1, sizeof(*r));

	strcpy(r->dir, "/tmp/unit-user.XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	r->fd = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(r->fd, "etc", 0755), 0);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct root *r = *state;

	close(r->fd);
	assert_int_equal(remove_tree_at(AT_FDCWD, r->dir), 0);
	free(r);
	return 0;
}

static void put(struct root *r, const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "etc/%s", name);
	remove_tree_at(r->fd, path);
	cleanup_close int fd = openat(r->fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write_full(fd, text, strlen(text)), 0);
}

static int setup_files(void **state)
{
	setup(state);
	put(*state, "passwd", passwd);
	put(*state, "group", group);
	return 0;
}

/* groups: "" for those of no further group */
static const struct row {
	const char *user;
	int r;
	uint32_t uid, gid;
	const char *groups, *name, *home;
} rows[] = {
	{NULL, 0, 0, 0, "0,10", "root", "/root"},
	{"", 0, 0, 0, "0,10", "root", "/root"},
	{"root", 0, 0, 0, "0,10", "root", "/root"},
	{"0", 0, 0, 0, "0,10", "root", "/root"},
	{"root:", 0, 0, 0, "0,10", "root", "/root"},
	{"root:root", 0, 0, 0, "0", "root", "/root"},
	{":wheel", 0, 0, 10, "10", "root", "/root"},
	{"1", 0, 1, 7, "7,10", "daemon", "/usr/sbin"},
	{"daemon", 0, 1, 7, "7,10", "daemon", "/usr/sbin"},
	{"daemon:0", 0, 1, 0, "0", "daemon", "/usr/sbin"},
	{"alice", 0, 1000, 1001, "1001,0,50,44", "alice", "/home/alice"},
	{"1000", 0, 1000, 1001, "1001,0,50,44", "alice", "/home/alice"},
	{"1000:0", 0, 1000, 0, "0", "alice", "/home/alice"},
	{"alice:staff", 0, 1000, 50, "50", "alice", "/home/alice"},
	{"1000:wheel", 0, 1000, 10, "10", "alice", "/home/alice"},
	{"alice:65534", 0, 1000, 65534, "65534", "alice", "/home/alice"},
	{"2", 0, 2, 0, "0", "2", "/"},
	{"2:3", 0, 2, 3, "3", "2", "/"},
	{"2147483648", 0, 2147483648U, 0, "0", "2147483648", "/"},
	{"4294967294", 0, 4294967294U, 0, "0", "4294967294", "/"},
	{"relhome", 0, 1002, 1002, "1002", "relhome", "/"},
	{"four", 0, 1004, 1004, "1004", "four", "/"},
	{"_apt", 0, 42, 65534, "65534", "_apt", "/nonexistent"},
	{"last", 0, 1005, 1005, "1005", "last", "/l"},
	{"root:empty", 0, 0, 60, "60", "root", "/root"},
	{"4294967295", -EINVAL},
	{"4294967296", -EINVAL},
	{"18446744073709551616", -EINVAL},
	{"-1", -EINVAL},
	{"0x0", -EINVAL},
	{"1 ", -EINVAL},
	{" 1", -EINVAL},
	{"007", -EINVAL},
	{"00", -EINVAL},
	{"+1", -EINVAL},
	{"1:2:3", -EINVAL},
	{"a b", -EINVAL},
	{"root:0x0", -EINVAL},
	{"root:-1", -EINVAL},
	{"root:4294967295", -EINVAL},
	{"root\n", -EINVAL},
	{"../etc", -EINVAL},
	{"badid", -EINVAL},
	{"neg", -EINVAL},
	{"nosuch", -ENOENT},
	{"short", -ENOENT},
	{"Root", -ENOENT},
	{"root:nogrp", -ENOENT},
	{"root:badgid", -ENOENT},
};

static void groups_text(const struct user *u, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < u->ngroups; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%u", i ? "," : "", u->groups[i]);
}

static void test_table(void **state)
{
	struct root *root = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct user u = {};
		struct err e = {};
		char groups[64];
		int r = user_resolve(root->fd, row->user, NULL, true, &u, &e);

		if (r != row->r)
			print_error("row %zu \"%s\": %d %s\n", i, row->user, r, e.msg);
		assert_int_equal(r, row->r);
		assert_int_equal(e.code, -row->r);
		if (r < 0) {
			assert_null(u.name);
			continue;
		}
		groups_text(&u, groups, sizeof(groups));
		assert_int_equal(u.uid, row->uid);
		assert_int_equal(u.gid, row->gid);
		assert_string_equal(groups, row->groups);
		assert_string_equal(u.name, row->name);
		assert_string_equal(u.home, row->home);
		user_free(&u);
	}
}

static void test_group_add(void **state)
{
	struct root *root = *state;
	struct strv add = {};
	struct user u = {};
	struct err e = {};
	char groups[64];

	strv_add(&add, "wheel");
	strv_add(&add, "77");
	strv_add(&add, "0"); /* the number, though a group is called 0 */
	assert_int_equal(user_resolve(root->fd, "alice", &add, true, &u, &e), 0);
	groups_text(&u, groups, sizeof(groups));
	assert_string_equal(groups, "1001,77,0,10,50,44");
	assert_int_equal(u.nasked, 4);
	user_free(&u);
	/* An explicit group and --group-add go together. */
	assert_int_equal(user_resolve(root->fd, "alice:50", &add, true, &u, &e), 0);
	groups_text(&u, groups, sizeof(groups));
	assert_string_equal(groups, "50,77,0,10");
	user_free(&u);
	/* Those that list her are not for who may take none. */
	assert_int_equal(user_resolve(root->fd, "alice", &add, false, &u, &e), 0);
	groups_text(&u, groups, sizeof(groups));
	assert_string_equal(groups, "1001,77,0,10");
	user_free(&u);
	strv_add(&add, "nogrp");
	assert_int_equal(user_resolve(root->fd, "alice", &add, true, &u, &e), -ENOENT);
	assert_non_null(strstr(e.msg, "nogrp"));
	strv_free(&add);
}

static void test_no_files(void **state)
{
	struct root *root = *state;
	struct user u = {};
	struct err e = {};

	assert_int_equal(user_resolve(root->fd, NULL, NULL, true, &u, &e), 0);
	assert_string_equal(u.home, "/");
	user_free(&u);
	assert_int_equal(user_resolve(root->fd, "root", NULL, true, &u, &e), 0);
	user_free(&u);
	assert_int_equal(user_resolve(root->fd, "5:6", NULL, true, &u, &e), 0);
	assert_int_equal(u.gid, 6);
	user_free(&u);
	assert_int_equal(user_resolve(root->fd, "alice", NULL, true, &u, &e), -ENOENT);
	assert_non_null(strstr(e.msg, "no /etc/passwd"));
	assert_int_equal(user_resolve(root->fd, "root:wheel", NULL, true, &u, &e), -ENOENT);
	/* A dangling link is as good as nothing there. */
	assert_int_equal(symlinkat("/nowhere", root->fd, "etc/passwd"), 0);
	assert_int_equal(user_resolve(root->fd, "7", NULL, true, &u, &e), 0);
	user_free(&u);
}

/* What an image can put there to hang us, to make us read the host, or to fill memory. */
static void test_hostile_files(void **state)
{
	struct root *root = *state;
	struct user u = {};
	struct err e = {};
	int64_t start = now_ns();
	int fd;

	assert_int_equal(mkfifoat(root->fd, "etc/passwd", 0644), 0);
	assert_int_equal(user_resolve(root->fd, "root", NULL, true, &u, &e), -EINVAL);
	assert_non_null(strstr(e.msg, "not a regular file"));
	assert_int_equal(unlinkat(root->fd, "etc/passwd", 0), 0);

	assert_int_equal(mkdirat(root->fd, "etc/passwd", 0755), 0);
	assert_int_equal(user_resolve(root->fd, "root", NULL, true, &u, &e), -EINVAL);
	assert_int_equal(unlinkat(root->fd, "etc/passwd", AT_REMOVEDIR), 0);

	assert_int_equal(symlinkat("passwd", root->fd, "etc/passwd"), 0);
	assert_int_equal(user_resolve(root->fd, "root", NULL, true, &u, &e), -ELOOP);
	assert_int_equal(unlinkat(root->fd, "etc/passwd", 0), 0);

	fd = openat(root->fd, "etc/passwd", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(ftruncate(fd, 10LL << 30), 0);
	close(fd);
	assert_int_equal(user_resolve(root->fd, "root", NULL, true, &u, &e), -EFBIG);
	assert_int_equal(unlinkat(root->fd, "etc/passwd", 0), 0);

	/* A link out of the root stays in it. */
	assert_int_equal(symlinkat("../../../../../../etc/shells", root->fd, "etc/passwd"), 0);
	put(root, "shells", "inside:x:5:5::/:/bin/sh\n");
	assert_int_equal(user_resolve(root->fd, "inside", NULL, true, &u, &e), 0);
	user_free(&u);

	assert_int_equal(mkfifoat(root->fd, "etc/group", 0644), 0);
	assert_int_equal(user_resolve(root->fd, "inside", NULL, true, &u, &e), -EINVAL);
	assert_true(now_ns() - start < 1000000000);
}

static void test_limits(void **state)
{
	struct root *root = *state;
	cleanup_buf struct buf b = {};
	struct user u = {};
	struct err e = {};
	int64_t start = now_ns();

	/* A line of 2 MiB is ignored, NUL bytes as well, what follows is read. */
	for (int i = 0; i < 2 << 20; i++)
		buf_add(&b, "a", 1);
	buf_puts(&b, ":x:9:9::/:/bin/sh\nroot:x:3:3::/r:/bin/sh\n");
	put(root, "passwd", b.data);
	assert_int_equal(user_resolve(root->fd, "root", NULL, true, &u, &e), 0);
	assert_int_equal(u.uid, 3);
	assert_string_equal(u.home, "/r");
	user_free(&u);

	b.len = 0;
	for (int i = 0; i < 300000; i++)
		buf_printf(&b, "g%d:x:%d:root\n", i, i);
	put(root, "group", b.data);
	assert_int_equal(user_resolve(root->fd, "root", NULL, true, &u, &e), -E2BIG);
	assert_true(now_ns() - start < 5000000000);
}

static void test_map_ids(void **state)
{
	struct idmap_plan p = {};
	struct root *root = *state;
	struct strv add = {};
	struct user u = {};
	struct err e = {};

	idmap_add(&p.uid, 0, 1000, 1);
	idmap_add(&p.gid, 0, 1000, 1);
	assert_int_equal(user_resolve(root->fd, "root", NULL, true, &u, &e), 0);
	assert_int_equal(u.ngroups, 2);
	assert_int_equal(user_map_ids(&u, &p, &e), 0);
	assert_int_equal(u.ngroups, 1); /* wheel is not mapped */
	user_free(&u);

	strv_add(&add, "10");
	assert_int_equal(user_resolve(root->fd, "root", &add, true, &u, &e), 0);
	assert_int_equal(user_map_ids(&u, &p, &e), -EINVAL);
	assert_non_null(strstr(e.msg, "group id 10 is not mapped"));
	assert_non_null(strstr(e.msg, "usermod"));
	user_free(&u);
	strv_free(&add);

	strcpy(p.why, "there is no line");
	assert_int_equal(user_resolve(root->fd, "1000", NULL, true, &u, &e), 0);
	assert_int_equal(user_map_ids(&u, &p, &e), -EINVAL);
	assert_non_null(strstr(e.msg, "user id 1000"));
	assert_non_null(strstr(e.msg, "there is no line"));
	user_free(&u);
	idmap_plan_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_table, setup_files, teardown),
		cmocka_unit_test_setup_teardown(test_group_add, setup_files, teardown),
		cmocka_unit_test_setup_teardown(test_no_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_map_ids, setup_files, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
