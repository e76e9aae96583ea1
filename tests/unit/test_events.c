/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "unit.h"
#include "container/internal.h"

static char run[64];
static struct dirs dirs = {.run = run};

static int setup(void **state)
{
	(void)state;
	snprintf(run, sizeof(run), "/tmp/sandbox-unit.XXXXXX");
	return mkdtemp(run) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return remove_tree_at(AT_FDCWD, run);
}

static int add_text(void *ctx, const struct event *ev)
{
	buf_printf(ctx, "%s/%s/%s/%s/%s/%s/%d%s\n", ev->type, ev->action, ev->id ? ev->id : "-",
		   ev->name ? ev->name : "-", ev->image ? ev->image : "-",
		   ev->health ? ev->health : "-", ev->exit_code, ev->has_exit ? "" : "?");
	return 0;
}

static void expect(int64_t since, int64_t until, const char *want)
{
	cleanup_buf struct buf b = {};
	const struct events_opts o = {
		.since = since, .until = until, .past = true, .show = add_text, .ctx = &b};
	struct err e = {};

	buf_puts(&b, "");
	assert_int_equal(events_read(&dirs, &o, &e), 0);
	assert_string_equal(b.data, want);
}

static void append(const char *text, size_t n)
{
	cleanup_free char *path = path_join(run, "events.log");
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	assert_int_equal(write(fd, text, n), n);
	close(fd);
}

static void test_fields(void **state)
{
	cleanup_free char *path = path_join(run, "events.log");
	struct stat st;

	(void)state;
	expect(INT64_MIN, INT64_MAX, "");
	event_write(&dirs, &(struct event){.when = 1000000000,
					   .type = "container",
					   .action = "died",
					   .id = "abc",
					   .name = "na\"me\\",
					   .image = "a\nb\033[31m\xff",
					   .has_exit = true,
					   .exit_code = 137});
	event_write(&dirs,
		    &(struct event){.when = 2000000000, .type = "volume", .action = "create"});
	event_write(&dirs, &(struct event){.when = 3000000000,
					   .type = "container",
					   .action = "health_status",
					   .health = "healthy"});
	assert_false(stat(path, &st));
	assert_int_equal(st.st_mode & 07777, 0600);
	expect(INT64_MIN, INT64_MAX,
	       "container/died/abc/na\"me\\/a\\x0ab\\x1b[31m\\xff/-/137\n"
	       "volume/create/-/-/-/-/0?\ncontainer/health_status/-/-/-/healthy/0?\n");
	expect(2000000000, 3000000000, "volume/create/-/-/-/-/0?\n");
	expect(2000000001, 3000000000, "");
}

/* The longest fields of all still make one line that is read back. */
static void test_long(void **state)
{
	char *big = xcalloc(1, 100001);
	cleanup_buf struct buf b = {};
	const struct events_opts o = {
		.since = INT64_MIN, .until = INT64_MAX, .past = true, .show = add_text, .ctx = &b};
	struct err e = {};

	(void)state;
	memset(big, '"', 100000);
	event_write(&dirs, &(struct event){.type = big,
					   .action = big,
					   .id = big,
					   .name = big,
					   .image = big,
					   .health = big});
	assert_int_equal(events_read(&dirs, &o, &e), 0);
	assert_in_range(b.len, 3000, 4096);
	free(big);
}

static void test_damaged(void **state)
{
	static const char odd[] =
		"garbage\n\0\0\n\n{\"timeNano\":1}\n{\"timeNano\":5,\"Type\":\"contai";
	char *big = xcalloc(1, 300001);

	(void)state;
	append(odd, sizeof(odd) - 1);
	event_write(&dirs, &(struct event){.when = 7, .type = "image", .action = "pull"});
	memset(big, 'x', 300000);
	append(big, 300000);
	append("\n", 1);
	event_write(&dirs, &(struct event){.when = 8, .type = "image", .action = "remove"});
	append("{\"timeNano\":9", 13);
	expect(INT64_MIN, INT64_MAX, "image/pull/-/-/-/-/0?\nimage/remove/-/-/-/-/0?\n");
	free(big);
}

/* Without a folder, or with something else in its place, nothing happens. */
static void test_no_place(void **state)
{
	cleanup_free char *path = path_join(run, "events.log"), *below = path_join(run, "a/b");
	struct dirs other = {.run = below};
	struct stat st;

	(void)state;
	event_write(&other, &(struct event){.type = "image", .action = "pull"});
	assert_false(stat(below, &st));
	assert_int_equal(symlink("/dev/null", path), 0);
	event_write(&dirs, &(struct event){.type = "image", .action = "pull"});
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	event_write(&dirs, &(struct event){.type = "image", .action = "pull"});
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? -1 : st.st_size;
}

/* It becomes the old file at the first event after 1 MiB, unless somebody else is about to do that. */
static void test_full(void **state)
{
	cleanup_free char *path = path_join(run, "events.log");
	cleanup_free char *old = path_join(run, "events.log.1");
	char image[300] = "";
	const struct event ev = {.when = 1, .type = "image", .action = "pull", .image = image};
	off_t line, full;
	int lock;

	(void)state;
	memset(image, 'i', sizeof(image) - 1);
	event_write(&dirs, &ev);
	line = size_of(path);
	full = ((1 << 20) + line - 1) / line * line;
	while (size_of(path) < full)
		event_write(&dirs, &ev);
	assert_int_equal(size_of(path), full);
	assert_int_equal(size_of(old), -1);
	lock = open(path, O_RDONLY | O_CLOEXEC);
	assert_false(flock(lock, LOCK_EX | LOCK_NB));
	event_write(&dirs, &ev);
	event_write(&dirs, &ev);
	assert_int_equal(size_of(path), full + 2 * line);
	assert_int_equal(size_of(old), -1);
	close(lock);
	event_write(&dirs, &ev);
	assert_int_equal(size_of(old), full + 2 * line);
	assert_int_equal(size_of(path), line);
}

struct counts {
	bool seen[4][1000];
	unsigned n, limit;
};

static int count(void *ctx, const struct event *ev)
{
	struct counts *c = ctx;
	unsigned who = (unsigned)atoi(ev->id), n = (unsigned)atoi(ev->name);

	assert_in_range(who, 0, 3);
	assert_in_range(n, 0, 999);
	assert_false(c->seen[who][n]);
	c->seen[who][n] = true;
	return ++c->n == c->limit ? -ECANCELED : 0;
}

/* Writers at the same time over a change of files; a reader that follows misses none, however slow. */
static void test_together(void **state)
{
	struct counts c = {.limit = 4 * 1000};
	const struct events_opts o = {.since = INT64_MIN,
				      .until = wall_ns() + 60000000000,
				      .past = true,
				      .follow = true,
				      .show = count,
				      .ctx = &c};
	struct err e = {};
	char image[300] = "";
	pid_t pids[4];
	cleanup_free char *old = path_join(run, "events.log.1");

	(void)state;
	memset(image, 'i', sizeof(image) - 1);
	for (int who = 0; who < 4; who++) {
		pids[who] = fork();
		if (pids[who])
			continue;
		for (unsigned i = 0; i < 1000; i++) {
			char id[16], name[16];

			snprintf(id, sizeof(id), "%d", who);
			snprintf(name, sizeof(name), "%u", i);
			event_write(&dirs, &(struct event){.type = "container",
							   .action = "start",
							   .id = id,
							   .name = name,
							   .image = image});
			if (i % 32 == 0)
				usleep(200);
		}
		_exit(0);
	}
	assert_int_equal(events_read(&dirs, &o, &e), -ECANCELED);
	for (int who = 0; who < 4; who++) {
		int status;

		waitpid(pids[who], &status, 0);
		assert_int_equal(status, 0);
	}
	/* No upper bound: who changes the files need not be scheduled, and others do not wait. */
	assert_true(size_of(old) >= 1 << 20);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {T(test_fields),   T(test_long), T(test_damaged),
					   T(test_no_place), T(test_full), T(test_together)};

	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
