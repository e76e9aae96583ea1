/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "unit.h"
#include "base/opts.h"

static void test_parse_size(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint64_t bytes;
	} rows[] = {
		{"0", 0, 0},
		{"512", 0, 512},
		{"1k", 0, 1024},
		{"1K", 0, 1024},
		{"2MiB", 0, 2 << 20},
		{"1.5g", 0, 3ULL << 29},
		{"3gb", 0, 3ULL << 30},
		{"", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"1.5.5g", -EINVAL, 0},
		{"1x", -EINVAL, 0},
		{"1kk", -EINVAL, 0},
		{"k", -EINVAL, 0},
		{"1.", -EINVAL, 0},
		{"99999999999999999999", -ERANGE, 0},
		{"9223372036854775807", 0, INT64_MAX},
		{"9223372036854775808", -ERANGE, 0},
		{"16777216t", -ERANGE, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t v = 0;

		assert_int_equal(parse_size(rows[i].text, &v), rows[i].r);
		assert_int_equal(v, rows[i].bytes);
	}
}

static void test_parse_id(void **state)
{
	static const char *const bad[] = {
		"",   "-1", "4294967295", "4294967296", "0x0",
		"1 ", " 1", "007",        "1:2",        "18446744073709551616"};
	uint32_t v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(parse_id(bad[i], &v) < 0);
	assert_int_equal(parse_id("0", &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(parse_id("4294967294", &v), 0);
	assert_int_equal(v, 4294967294U);
}

static void test_parse_duration(void **state)
{
	int64_t ns = 0;

	(void)state;
	assert_int_equal(parse_duration("10", &ns), 0);
	assert_int_equal(ns, 10000000000);
	assert_int_equal(parse_duration("1m30s", &ns), 0);
	assert_int_equal(ns, 90000000000);
	assert_int_equal(parse_duration("500ms", &ns), 0);
	assert_int_equal(ns, 500000000);
	assert_int_equal(parse_duration("-1h", &ns), 0);
	assert_int_equal(ns, -3600000000000);
	assert_true(parse_duration("", &ns) < 0);
	assert_true(parse_duration("1m30", &ns) < 0);
	assert_true(parse_duration("s", &ns) < 0);
	assert_true(parse_duration("99999999999999999h", &ns) < 0);
}

static void test_escape(void **state)
{
	char out[64];

	(void)state;
	str_escape(out, sizeof(out), "a\033[31mb\n\xff\xc3\xa9\xe2\x80\xae");
	assert_string_equal(out, "a\\x1b[31mb\\x0a\\xff\xc3\xa9\\xe2\\x80\\xae");
	str_escape(out, 6, "\x01\x01");
	assert_string_equal(out, "\\x01");
}

static void test_path_clean(void **state)
{
	char out[16];

	(void)state;
	assert_int_equal(path_clean("/a//b/./../c/", out, sizeof(out)), 0);
	assert_string_equal(out, "/a/c");
	assert_int_equal(path_clean("/../..", out, sizeof(out)), 0);
	assert_string_equal(out, "/");
	assert_int_equal(path_clean("a", out, sizeof(out)), -EINVAL);
	assert_int_equal(path_clean("/0123456789abcdef", out, sizeof(out)), -ENAMETOOLONG);
}

static void test_env(void **state)
{
	struct strv env = {};

	(void)state;
	env_put(&env, "A=1");
	env_put(&env, "AB=2");
	env_set(&env, "A", "3");
	assert_int_equal(env.n, 2);
	assert_string_equal(env_get(&env, "A"), "3");
	env_unset(&env, "A");
	assert_null(env_get(&env, "A"));
	assert_null(env.v[env.n]);
	strv_free(&env);
}

static void test_err(void **state)
{
	struct err e = {};

	(void)state;
	assert_int_equal(fail(&e, ENOENT, "no %s", "x\ny"), -ENOENT);
	assert_int_equal(fail_in(&e, -ENOENT, "mount"), -ENOENT);
	assert_int_equal(fail_hint(&e, -ENOENT, "make it"), -ENOENT);
	assert_string_equal(e.msg, "mount: no x\\x0ay; make it");
	assert_int_equal(fail(NULL, 0, "x"), -EIO);
}

/* A container nests more folders than a process can have descriptors. */
static void test_remove_deep(void **state)
{
	char dir[] = "/tmp/sandbox-unit.XXXXXX";
	int fd, at;

	(void)state;
	assert_non_null(mkdtemp(dir));
	at = fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (int i = 0; i < 1500; i++) {
		int next;

		/* In the way of what is moved up, and a folder that nobody may enter. */
		assert_int_equal(mkdirat(at, i % 50 ? "d" : ".moved-0", 0700), 0);
		assert_int_equal(symlinkat("/", at, "l"), 0);
		next = openat(at, i % 50 ? "d" : ".moved-0", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		if (i % 100 == 70)
			fchmod(at, 0);
		if (at != fd)
			close(at);
		at = next;
	}
	close(at);
	close(fd);
	assert_int_equal(remove_tree_at(AT_FDCWD, dir), 0);
	assert_int_equal(access(dir, F_OK), -1);
	assert_int_equal(remove_tree_at(AT_FDCWD, dir), 0);
}

struct words {
	char *plain, *optional;
	bool flag;
};

static void test_opts(void **state)
{
	static const struct opt rows[] = {
		{"flag", 'f', OPT_FLAG, offsetof(struct words, flag), "", "none", ""},
		{"optional", 0, OPT_OPTIONAL_STR, offsetof(struct words, optional), "X", "none",
		 ""},
		{"plain", 'p', OPT_STR, offsetof(struct words, plain), "X", "none", ""},
	};
	static const struct opts table = {rows, ARRAY_SIZE(rows)};
	char *argv[] = {(char *)"x",   (char *)"one", (char *)"--optional",  (char *)"two",
			(char *)"-fp", (char *)"a",   (char *)"--plain=b=c", NULL};
	char *with[] = {(char *)"x", (char *)"--optional=true", NULL};
	struct words w = {};
	struct strv rest = {};
	struct err e = {};

	(void)state;
	/* Its value is never the next word. */
	assert_int_equal(opts_parse(&table, &w, 7, argv, false, &rest, &e), 0);
	assert_string_equal(w.optional, "");
	assert_string_equal(w.plain, "b=c");
	assert_true(w.flag);
	assert_int_equal(rest.n, 2);
	assert_string_equal(rest.v[1], "two");
	assert_int_equal(opts_parse(&table, &w, 2, with, false, &rest, &e), 0);
	assert_string_equal(w.optional, "true");
	free(w.optional);
	free(w.plain);
	strv_free(&rest);
}

static void test_last_words(void **state)
{
	char text[16];
	int pair[2];

	(void)state;
	/* The kernel tells of our unread message before it gives us the peer's. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(send_msg(pair[0], "unread", 6, NULL, 0), 0);
	assert_int_equal(send_msg(pair[1], "last", 4, NULL, 0), 0);
	close(pair[1]);
	assert_int_equal(recv_msg(pair[0], text, sizeof(text), NULL, NULL), 4);
	assert_memory_equal(text, "last", 4);
	assert_int_equal(recv_msg(pair[0], text, sizeof(text), NULL, NULL), 0);
	close(pair[0]);

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(send_msg(pair[0], "unread", 6, NULL, 0), 0);
	close(pair[1]);
	assert_int_equal(recv_msg(pair[0], text, sizeof(text), NULL, NULL), -ECONNRESET);
	close(pair[0]);
}

/* It is closed by the kernel's collector of circles, in its own time. */
static void test_close_deferred(void **state)
{
	struct pollfd p = {.events = POLLIN};
	int ends[2];

	(void)state;
	close_deferred(-1);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(pipe(ends), 0);
		close_deferred(ends[1]);
		assert_int_equal(fcntl(ends[1], F_GETFD), -1);
		p.fd = ends[0];
		assert_int_equal(poll(&p, 1, 60000), 1);
		assert_int_equal(p.revents, POLLHUP);
		close(ends[0]);
	}
	/* Nothing but that descriptor was used up. */
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(ends[0], p.fd);
	close(ends[0]);
	close(ends[1]);
}

static void test_log_json(void **state)
{
	char name[] = "/tmp/sandbox-unit-XXXXXX";
	cleanup_buf struct buf text = {};
	cleanup_json json *j = NULL;
	int fd = mkstemp(name);
	struct err e = {};

	(void)state;
	assert_true(fd >= 0);
	log_to(fd, LOG_JSON);
	log_warn("a \"word\" and\nanother, %s", "ignoring");
	log_to(-1, LOG_TEXT);
	close(fd);
	assert_int_equal(read_file_at(AT_FDCWD, name, 4096, &text), 0);
	unlink(name);
	assert_int_equal(text.data[text.len - 1], '\n');
	assert_int_equal(json_parse(text.data, text.len, &j, &e), 0);
	assert_string_equal(json_get_str(j, "level", ""), "warning");
	assert_non_null(strstr(json_get_str(j, "msg", ""), "a \"word\" and"));
	assert_non_null(strstr(json_get_str(j, "msg", ""), "another, ignoring"));
	assert_true(strlen(json_get_str(j, "time", "")) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_size),
		cmocka_unit_test(test_parse_id),
		cmocka_unit_test(test_parse_duration),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_path_clean),
		cmocka_unit_test(test_remove_deep),
		cmocka_unit_test(test_env),
		cmocka_unit_test(test_err),
		cmocka_unit_test(test_opts),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_close_deferred),
		cmocka_unit_test(test_log_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
