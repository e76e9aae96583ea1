/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log's reader on real files: what the writer wrote, what it could not have written,
 * and what it writes and renames at the same time.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "unit.h"
#include "container/internal.h"

static char dir_path[64];
static int dir = -1, outs[2] = {-1, -1};

static int setup(void **state)
{
	(void)state;
	snprintf(dir_path, sizeof(dir_path), "/tmp/sandbox-unit.XXXXXX");
	if (!mkdtemp(dir_path))
		return -1;
	dir = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 2; i++)
		outs[i] = memfd_create("out", MFD_CLOEXEC);
	return dir < 0;
}

static int teardown(void **state)
{
	(void)state;
	close(dir);
	close(outs[0]);
	close(outs[1]);
	return remove_tree_at(AT_FDCWD, dir_path);
}

#define ALL                                                                                     \
	(struct log_opts)                                                                       \
	{                                                                                       \
		.since = INT64_MIN, .until = INT64_MAX, .tail = -1, .fds = { outs[0], outs[1] } \
	}

static void show(struct log_opts o)
{
	const struct log_source src = {.dir = dir, .name = "test"};
	struct err e = {};

	for (int i = 0; i < 2; i++) {
		assert_false(ftruncate(outs[i], 0));
		lseek(outs[i], 0, SEEK_SET);
	}
	if (log_show(&src, 1, &o, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(e.code, 0);
}

static struct buf result(int stream)
{
	struct buf b = {};
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", outs[stream - 1]);
	assert_int_equal(read_file_at(AT_FDCWD, path, 1 << 28, &b), 0);
	if (!b.data)
		buf_puts(&b, "");
	return b;
}

static void expect(int stream, const char *want)
{
	cleanup_buf struct buf b = result(stream);

	assert_string_equal(b.data, want);
}

static void file_of(const char *name, const char *data, size_t n)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write_full(fd, data, n), 0);
	close(fd);
}

static void text_of(const char *name, const char *text)
{
	file_of(name, text, strlen(text));
}

#define AT1 "2026-11-23T04:51:36.000000001+00:00 "
#define AT2 "2026-11-23T06:51:37.000000002+02:00 "
#define AT3 "2026-11-23T04:51:38.000000003+00:00 "

static void test_plain(void **state)
{
	struct log_opts o = ALL;

	(void)state;
	show(o);
	expect(1, "");
	text_of(LOG_NAME, AT1 "stdout F one\n" AT1 "stderr P e" AT1 "stdout F\n" AT2
			      "stdout P tw\n" AT2 "stderr F two\n" AT3 "stdout F o\n" AT3
			      "stdout F \n" AT3 "stdout P end\n" AT3 "stdout F\n");
	show(o);
	expect(1, "one\ntwo\n\nend");
	expect(2, "e" AT1 "stdout F"
		  "two\n");
	o.timestamps = true;
	show(o);
	expect(1, AT1 "one\n" AT2 "two\n" AT3 "\n" AT3 "end");
}

/* What another run adds does not hang on to the unfinished line of the one before. */
static void test_runs(void **state)
{
	struct logfile l;
	struct log_spec spec = {LOG_DRIVER_FILE, 0, 1};
	struct err e = {};

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(logfile_open(&l, dir, &spec, &e), 0);
		logfile_write(&l, 1, "no end", 6);
		logfile_close(&l);
	}
	show(ALL);
	expect(1, "no end\nno end");
}

static void test_filter(void **state)
{
	struct log_opts o = ALL;

	(void)state;
	text_of(LOG_NAME,
		AT1 "stdout F 1\n" AT2 "stdout F 2\n" AT3 "stdout F 3\n" AT1 "stdout F back\n");
	assert_int_equal(parse_when("2026-11-23T04:51:37Z", false, &o.since), 0);
	show(o);
	expect(1, "2\n3\n");
	o.until = o.since + 1000000000;
	show(o);
	expect(1, "2\n");
	o.since = INT64_MIN;
	show(o);
	expect(1, "1\n2\nback\n");
}

static void test_damaged(void **state)
{
	static const char garbage[] = "\0\0\0\0\n\n \n  \nnonsense\n" AT1 "stdout X no\n" AT1
				      "stdin F no\n"
				      "2026-11-23T04:5\n" AT1 "std\n"
				      "2026-99-23T04:51:36Z stdout F no\n"
				      "{\"log\":\"x\"}\n" AT1 "stdout F a\0b\033[2J\xff\n"
				      "\xff\xfe\n" AT1 "stderr F good\n" AT1 "stdout F la";
	cleanup_buf struct buf b = {};

	(void)state;
	log_set(LOG_ERROR, NULL);
	file_of(LOG_NAME, garbage, sizeof(garbage) - 1);
	show(ALL);
	b = result(1);
	assert_int_equal(b.len, 11);
	assert_memory_equal(b.data, "a\0b\033[2J\xff\nla", 11);
	expect(2, "good\n");
	/* Every beginning of it, and every end. */
	for (size_t i = 0; i < sizeof(garbage); i++) {
		file_of(LOG_NAME, garbage + i, sizeof(garbage) - 1 - i);
		show(ALL);
		file_of(LOG_NAME, garbage, i);
		show(ALL);
	}
}

static void test_long_lines(void **state)
{
	cleanup_buf struct buf b = {};
	struct log_opts o = ALL;
	int fd = openat(dir, LOG_NAME, O_WRONLY | O_CREAT | O_APPEND, 0600);

	(void)state;
	/* 100 MB of NULs that are no line, then one that is, and is long. */
	assert_false(ftruncate(fd, 100 << 20));
	assert_int_equal(write_full(fd, "\n" AT1 "stdout F x", 47), 0);
	assert_false(ftruncate(fd, 110 << 20));
	assert_int_equal(write_full(fd, "\n" AT1 "stdout F last\n", 51), 0);
	close(fd);
	show(ALL);
	b = result(1);
	assert_int_equal(b.len, (10 << 20) - 46 + 1 + 5);
	assert_true(b.data[0] == 'x' && !b.data[1] && !b.data[2]);
	assert_memory_equal(b.data + b.len - 6, "\nlast\n", 6);
	o.tail = 1;
	show(o);
	expect(1, "last\n");
	o.tail = 2;
	show(o);
	assert_int_equal(lseek(outs[0], 0, SEEK_END), b.len);
}

static void random_log(unsigned seed)
{
	char name[32];

	srand(seed);
	for (int file = 3; file >= 0; file--) {
		cleanup_buf struct buf b = {};
		int lines = rand() % 12;

		for (int i = 0; i < lines; i++) {
			int kind = rand() % 12;

			if (!kind)
				buf_printf(&b, "garbage %d\n", i);
			else
				buf_printf(&b, AT1 "stdout %c %d.%d%.*s\n", kind < 4 ? 'P' : 'F',
					   file, i, kind == 5 ? 3 : 0, "xyz");
		}
		snprintf(name, sizeof(name), file ? LOG_NAME ".%d" : LOG_NAME, file);
		file_of(name, b.data ? b.data : "", b.len);
	}
}

/* The last N lines are the end of all lines, whatever N. */
static void test_tail(void **state)
{
	(void)state;
	log_set(LOG_ERROR, NULL);
	for (unsigned seed = 0; seed < 60; seed++) {
		cleanup_buf struct buf all = {};
		struct log_opts o = ALL;

		random_log(seed);
		show(o);
		all = result(1);
		for (o.tail = 0; o.tail < 50; o.tail++) {
			cleanup_buf struct buf b = {};
			const char *want = all.data + all.len;

			for (int64_t left = o.tail; left && want > all.data; left--) {
				want--;
				while (want > all.data && want[-1] != '\n')
					want--;
			}
			show(o);
			b = result(1);
			if (!streq(b.data, want))
				fail_msg("seed %u, tail %d: \"%s\", not \"%s\"", seed, (int)o.tail,
					 b.data, want);
		}
	}
}

/* Lines that are larger than a block, and blocks that end anywhere in them. */
static void test_tail_blocks(void **state)
{
	struct log_opts o = ALL;

	(void)state;
	for (size_t extra = 0; extra < 400; extra += 7) {
		cleanup_buf struct buf b = {}, got = {};
		char *pad = xcalloc(1, 65536 + extra);

		memset(pad, 'p', 65535 + extra);
		buf_printf(&b, AT1 "stdout F first\n" AT1 "stdout F %s\n", pad);
		for (size_t i = 0; i < extra; i++)
			buf_puts(&b, AT1 "stdout F \n");
		file_of(LOG_NAME, b.data, b.len);
		o.tail = (int64_t)extra + 1;
		show(o);
		got = result(1);
		assert_int_equal(got.len, 65536 + extra + extra);
		o.tail++;
		show(o);
		assert_int_equal(lseek(outs[0], 0, SEEK_END), got.len + 6);
		free(pad);
	}
}

static void test_odd_files(void **state)
{
	const struct log_source src = {.dir = dir, .name = "test"};
	struct log_opts o = ALL;
	struct err e = {};

	(void)state;
	assert_int_equal(symlinkat("/etc/passwd", dir, LOG_NAME), 0);
	assert_int_equal(log_show(&src, 1, &o, &e), -ELOOP);
	assert_int_equal(e.code, ELOOP);
	assert_int_equal(unlinkat(dir, LOG_NAME, 0), 0);
	assert_int_equal(mkfifoat(dir, LOG_NAME, 0600), 0);
	e = (struct err){};
	assert_int_equal(log_show(&src, 1, &o, &e), -EINVAL);
	o.tail = 5;
	e = (struct err){};
	assert_int_equal(log_show(&src, 1, &o, &e), -EINVAL);
	assert_int_equal(unlinkat(dir, LOG_NAME, 0), 0);
	text_of(LOG_NAME, AT1 "stdout F x\n");
	o.fds[0] = open("/dev/full", O_WRONLY | O_CLOEXEC);
	e = (struct err){};
	assert_int_equal(log_show(&src, 1, &o, &e), -ENOSPC);
	assert_int_equal(e.code, ENOSPC);
	close(o.fds[0]);
}

/* ---- while it is written ----------------------------------------------------------------------------------- */

#define LINES 30000

static pid_t start_writer(uint64_t max_size, unsigned max_file, unsigned lines, unsigned pause_us)
{
	const struct log_spec spec = {LOG_DRIVER_FILE, max_size, max_file};
	pid_t pid = fork();
	struct logfile l;
	struct err e = {};

	if (pid)
		return pid;
	if (logfile_open(&l, dir, &spec, &e) < 0)
		_exit(1);
	for (unsigned i = 0; i < lines; i++) {
		char line[64];
		int n = snprintf(line, sizeof(line), "%u %.*s\n", i, (int)(i % 40),
				 "----------------------------------------");

		/* Now and then in two parts. */
		logfile_write(&l, 1, line, i % 7 ? (size_t)n : 1);
		if (i % 7 == 0)
			logfile_write(&l, 1, line + 1, (size_t)n - 1);
		if (pause_us && i % 16 == 0)
			usleep(pause_us);
	}
	logfile_close(&l);
	_exit(0);
}

static bool writer_runs(void *ctx)
{
	siginfo_t info = {};

	return !waitid(P_PID, *(id_t *)ctx, &info, WEXITED | WNOHANG | WNOWAIT) && !info.si_pid;
}

/* Whole lines, each one more than the one before; returns the last number, UINT_MAX for none. */
static unsigned count_up(unsigned first, bool from_first)
{
	cleanup_buf struct buf b = result(1);
	bool begun = !from_first;
	unsigned next = first;

	for (char *line = b.data, *nl; *line; line = nl + 1) {
		unsigned n = (unsigned)strtoul(line, NULL, 10);

		nl = strchr(line, '\n');
		if (!nl)
			break;
		if (!begun)
			assert_int_equal(n, first);
		else if (next)
			assert_int_equal(n, next);
		begun = true;
		next = n + 1;
	}
	return next - 1;
}

static void test_follow(void **state)
{
	pid_t pid = start_writer(8192, 1000, LINES, 50);
	const struct log_source src = {
		.dir = dir, .name = "test", .runs = writer_runs, .ctx = &pid};
	struct log_opts o = ALL;
	struct err e = {};
	int status;

	(void)state;
	o.follow = true;
	assert_int_equal(log_show(&src, 1, &o, &e), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(count_up(0, true), LINES - 1);
}

/* Readers that come and go meanwhile see a part without a gap. */
static void test_read_while_written(void **state)
{
	pid_t pid = start_writer(8192, 1000, LINES, 0);
	struct log_opts o = ALL;
	unsigned last = 0, rounds = 0;
	int status;

	(void)state;
	while (writer_runs(&pid)) {
		unsigned now;

		o.tail = rounds++ % 2 ? 500 : -1;
		show(o);
		now = count_up(0, o.tail < 0 && lseek(outs[0], 0, SEEK_CUR) > 0);
		if (now != UINT_MAX) {
			assert_true(now >= last);
			last = now;
		}
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	o.tail = -1;
	show(o);
	assert_int_equal(count_up(0, true), LINES - 1);
}

static void test_follow_until(void **state)
{
	const struct log_source src = {.dir = dir, .name = "test", .runs = writer_runs};
	pid_t pid = start_writer(0, 1, 1, 0), other = fork();
	struct log_source one = src;
	struct log_opts o = ALL;
	struct err e = {};
	int64_t before = now_ns();

	(void)state;
	if (!other) {
		pause();
		_exit(0);
	}
	one.ctx = &other;
	o.follow = true;
	o.until = wall_ns() + 300000000;
	assert_int_equal(log_show(&one, 1, &o, &e), 0);
	assert_true(now_ns() - before >= 300000000);
	expect(1, "0 \n");
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	waitpid(pid, NULL, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_plain),
		T(test_runs),
		T(test_filter),
		T(test_damaged),
		T(test_long_lines),
		T(test_tail),
		T(test_tail_blocks),
		T(test_odd_files),
		T(test_follow),
		T(test_follow_until),
		T(test_read_while_written),
	};

	alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
