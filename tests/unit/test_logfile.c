/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log's writer on real files; a full disk is a limit on the size of files, which gives
 * short writes as well.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "unit.h"
#include "container/internal.h"

static char dir_path[64];
static int dir = -1;

static int setup(void **state)
{
	(void)state;
	snprintf(dir_path, sizeof(dir_path), "/tmp/sandbox-unit.XXXXXX");
	if (!mkdtemp(dir_path))
		return -1;
	dir = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0;
}

static int teardown(void **state)
{
	(void)state;
	close(dir);
	return remove_tree_at(AT_FDCWD, dir_path);
}

static char *slurp(const char *name)
{
	struct buf b = {};

	if (read_file_at(dir, name, 1 << 24, &b) < 0)
		return NULL;
	return b.data ? b.data : xstrdup("");
}

/* The file with every time replaced by T; each has to be a time. */
static char *normal(const char *name)
{
	cleanup_free char *text = slurp(name);
	struct buf b = {};

	assert_non_null(text);
	for (char *line = text, *nl; *line; line = nl + 1) {
		struct log_head h;

		nl = strchr(line, '\n');
		if (!nl) {
			buf_puts(&b, line);
			break;
		}
		if (log_head_parse(line, (size_t)(nl - line) + 1, &h) > 0) {
			int64_t off = wall_ns() - h.when;

			assert_in_range(off, 0, 60000000000LL);
			assert_int_equal(h.time_len, 35);
			buf_puts(&b, "T");
			line += h.time_len;
		}
		buf_add(&b, line, (size_t)(nl - line) + 1);
	}
	return b.data ? b.data : xstrdup("");
}

static void expect_text(const char *name, const char *want)
{
	cleanup_free char *text = normal(name);

	assert_string_equal(text, want);
}

static const struct log_spec two = {LOG_DRIVER_FILE, 16 << 20, 2};

static void put(struct logfile *l, int stream, const char *s)
{
	logfile_write(l, stream, s, strlen(s));
}

static void test_lines(void **state)
{
	struct logfile l;
	struct stat st;
	struct err e = {};

	(void)state;
	assert_int_equal(logfile_open(&l, dir, &two, &e), 0);
	put(&l, 1, "one\ntwo\n\n");
	put(&l, 2, "half");
	put(&l, 1, "three\n");
	put(&l, 2, " line\nprompt: ");
	put(&l, 2, "");
	assert_false(fstatat(dir, LOG_NAME, &st, 0));
	assert_int_equal(st.st_mode & 07777, 0600);
	logfile_close(&l);
	expect_text(LOG_NAME, "T stdout F one\nT stdout F two\nT stdout F \n"
			      "T stderr P half\nT stdout F three\nT stderr F  line\n"
			      "T stderr P prompt: \nT stderr F\n");
	/* The next run begins with whole lines. */
	assert_int_equal(logfile_open(&l, dir, &two, &e), 0);
	put(&l, 2, "again\n");
	logfile_close(&l);
	expect_text(LOG_NAME, "T stdout F one\nT stdout F two\nT stdout F \n"
			      "T stderr P half\nT stdout F three\nT stderr F  line\n"
			      "T stderr P prompt: \nT stderr F\nT stderr F again\n");
}

static void test_bytes(void **state)
{
	static const char odd[] = "a\0b\033[31m\xff\r\n\0\n";
	cleanup_buf struct buf b = {};
	struct logfile l;
	struct err e = {};

	(void)state;
	assert_int_equal(logfile_open(&l, dir, &two, &e), 0);
	logfile_write(&l, 1, odd, sizeof(odd) - 1);
	logfile_close(&l);
	assert_int_equal(read_file_at(dir, LOG_NAME, 4096, &b), 0);
	assert_int_equal(b.len, 2 * 45 + sizeof(odd) - 1);
	assert_memory_equal(b.data + 43, "F a\0b\033[31m\xff\r\n", 13);
}

/* More lines than one write takes, and lines longer than a piece. */
static void test_many(void **state)
{
	char *big = xcalloc(1, 100001);
	cleanup_free char *text = NULL;
	size_t f = 0, p = 0;
	struct logfile l;
	struct err e = {};

	(void)state;
	memset(big, '\n', 1000);
	memset(big + 1000, 'x', 98999);
	big[99999] = '\n';
	assert_int_equal(logfile_open(&l, dir, &two, &e), 0);
	put(&l, 1, big);
	logfile_close(&l);
	text = normal(LOG_NAME);
	for (char *at = text; (at = strstr(at, "T stdout ")); at += 10) {
		f += at[9] == 'F';
		p += at[9] == 'P';
	}
	assert_int_equal(f, 1001);
	assert_int_equal(p, 98999 / 8192);
	free(big);
}

static void test_rotation(void **state)
{
	const struct log_spec three = {LOG_DRIVER_FILE, 4096, 3};
	struct logfile l;
	struct err e = {};
	struct stat st;
	unsigned last = 0;

	(void)state;
	assert_int_equal(logfile_open(&l, dir, &three, &e), 0);
	for (unsigned i = 0; i < 1000; i++) {
		char line[32];

		snprintf(line, sizeof(line), "line %u\n", i);
		put(&l, 1, line);
		assert_false(fstatat(dir, LOG_NAME, &st, 0));
		assert_true(st.st_size <= 4096);
	}
	logfile_close(&l);
	assert_int_equal(faccessat(dir, LOG_NAME ".3", F_OK, 0), -1);
	/* Oldest first, without a gap, up to the last line. */
	for (int i = 2; i >= 0; i--) {
		char name[32];
		cleanup_free char *text = NULL;

		snprintf(name, sizeof(name), i ? LOG_NAME ".%d" : LOG_NAME, i);
		assert_false(fstatat(dir, name, &st, 0));
		assert_true(st.st_size <= 4096 && (!i || st.st_size > 4000));
		text = normal(name);
		for (char *at = text; (at = strstr(at, "line ")); at++) {
			unsigned n = (unsigned)atoi(at + 5);

			assert_true(!last || n == last + 1);
			last = n;
		}
	}
	assert_int_equal(last, 999);
}

static void test_one_file(void **state)
{
	const struct log_spec one = {LOG_DRIVER_FILE, 1024, 1};
	struct logfile l;
	struct err e = {};
	struct stat st;

	(void)state;
	assert_int_equal(logfile_open(&l, dir, &one, &e), 0);
	for (int i = 0; i < 200; i++) {
		put(&l, 1, "0123456789012345678901234567890123456789\n");
		assert_false(fstatat(dir, LOG_NAME, &st, 0));
		assert_true(st.st_size <= 1024);
	}
	logfile_close(&l);
	assert_int_equal(faccessat(dir, LOG_NAME ".1", F_OK, 0), -1);
}

static void limit(rlim_t bytes)
{
	struct rlimit r;

	getrlimit(RLIMIT_FSIZE, &r);
	r.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static void test_full_disk(void **state)
{
	struct logfile l;
	struct err e = {};

	(void)state;
	assert_int_equal(logfile_open(&l, dir, &two, &e), 0);
	put(&l, 1, "kept\n");
	put(&l, 2, "open");
	/* Room for half of the next line. */
	limit(l.size + 50);
	put(&l, 1, "this is cut\n");
	put(&l, 1, "lost 2\nlost 3\n");
	put(&l, 2, " lost 4\n");
	limit(RLIM_INFINITY);
	put(&l, 1, "back\n");
	put(&l, 1, "and on\n");
	logfile_close(&l);
	expect_text(LOG_NAME, "T stdout F kept\nT stderr P open\nT stdout F this \nT stderr F\n"
			      "T stderr F sandbox: 4 lines of the log lost here: File too large\n"
			      "T stdout F back\nT stdout F and on\n");
}

/* At every byte where a disk can become full: afterwards, each line is one. */
static void test_full_anywhere(void **state)
{
	(void)state;
	for (rlim_t room = 0; room < 330; room++) {
		cleanup_free char *text = NULL;
		struct logfile l;
		struct err e = {};

		unlinkat(dir, LOG_NAME, 0);
		limit(room);
		assert_int_equal(logfile_open(&l, dir, &two, &e), 0);
		for (int i = 0; i < 5; i++)
			put(&l, 1 + i % 2, "some line\nhalf");
		limit(RLIM_INFINITY);
		put(&l, 1, "after\n");
		logfile_close(&l);
		text = normal(LOG_NAME);
		assert_non_null(strstr(text, "\nT stdout F after\n"));
		assert_non_null(strstr(text, "T stderr F sandbox: "));
		assert_true(str_has_suffix(text, "\n"));
	}
	limit(RLIM_INFINITY);
}

static void test_full_at_close(void **state)
{
	struct logfile l;
	struct err e = {};

	(void)state;
	assert_int_equal(logfile_open(&l, dir, &two, &e), 0);
	limit(0);
	put(&l, 1, "lost\n");
	limit(RLIM_INFINITY);
	logfile_close(&l);
	expect_text(LOG_NAME, "T stderr F sandbox: 1 line of the log lost here: File too large\n");
}

/* A supervisor that was killed leaves what it has written, perhaps half a line. */
static void test_killed(void **state)
{
	struct logfile l;
	struct err e = {};

	(void)state;
	assert_int_equal(logfile_open(&l, dir, &two, &e), 0);
	put(&l, 1, "whole\npart");
	put(&l, 2, "part, too");
	put(&l, 1, " two");
	close(l.fd);
	assert_int_equal(logfile_open(&l, dir, &two, &e), 0);
	assert_int_equal(write(l.fd, "2026-11-23T04:51", 16), 16);
	close(l.fd);
	assert_int_equal(logfile_open(&l, dir, &two, &e), 0);
	put(&l, 1, "next\n");
	logfile_close(&l);
	expect_text(LOG_NAME, "T stdout F whole\nT stdout P part\nT stderr P part, too\n"
			      "T stdout P  two\nT stdout F\nT stderr F\n2026-11-23T04:51\n"
			      "T stdout F next\n");
}

static void test_refused(void **state)
{
	struct log_spec none = {LOG_DRIVER_NONE, 0, 1};
	struct logfile l;
	struct err e = {};

	(void)state;
	assert_int_equal(logfile_open(&l, dir, &none, &e), 0);
	put(&l, 1, "nothing\n");
	logfile_close(&l);
	assert_int_equal(faccessat(dir, LOG_NAME, F_OK, 0), -1);
	assert_int_equal(symlinkat("/etc/passwd", dir, LOG_NAME), 0);
	assert_int_equal(logfile_open(&l, dir, &two, &e), -ELOOP);
	assert_int_equal(e.code, ELOOP);
	assert_int_equal(unlinkat(dir, LOG_NAME, 0), 0);
	assert_int_equal(mkfifoat(dir, LOG_NAME, 0600), 0);
	e = (struct err){};
	assert_int_equal(logfile_open(&l, dir, &two, &e), -EINVAL);
	assert_int_equal(e.code, EINVAL);
}

static void test_head(void **state)
{
	static const struct {
		const char *line;
		int r;
	} rows[] = {
		{"2026-11-23T04:51:36.123456789+00:00 stdout F text\n", 45},
		{"2026-11-23T04:51:36.123456789+00:00 stderr P text\n", 45},
		{"2026-11-23T04:51:36Z stdout F \n", 30},
		{"2026-11-23T04:51:36Z stdout F\n", 29},
		{"2026-11-23T04:51:36Z stdout P\n", -EINVAL},
		{"2026-11-23T04:51:36Z stdin F x\n", -EINVAL},
		{"2026-11-23T04:51:36Z stdout  F x\n", -EINVAL},
		{"2026-11-23T04:51:36Z stdout G x\n", -EINVAL},
		{"2026-11-23T04:51:36Z stdoutF x\n", -EINVAL},
		{"2026-11-23 stdout F xxxxxxxxx\n", -EINVAL},
		{"2026-11-23T04:51:36Z std\n", -EINVAL},
		{"2026-11-23T04:51:36Z std", 0},
		{"2026-11-23T04:51:36Z stdout F", 0},
		{"\n", -EINVAL},
		{" \n", -EINVAL},
		{"", 0},
		{"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct log_head h;
		int r = log_head_parse(rows[i].line, strlen(rows[i].line), &h);

		if (r != rows[i].r)
			fail_msg("\"%s\": %d", rows[i].line, r);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_head),          T(test_lines),    T(test_bytes),     T(test_many),
		T(test_rotation),      T(test_one_file), T(test_full_disk), T(test_full_anywhere),
		T(test_full_at_close), T(test_killed),   T(test_refused),
	};

	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
