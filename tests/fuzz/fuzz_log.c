/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log of a container: whatever is in the file, the writer goes on behind it, and what it
 * writes is shown, as a line of its own, also when only the last line is asked for.
 */
#include <sys/mman.h>

#include "container/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define LAST "the last line\n"

static char path[] = "/tmp/sandbox-fuzz-log.XXXXXX";

static void remove_dir(void)
{
	remove_tree_at(AT_FDCWD, path);
}

static int work_dir(void)
{
	static int dir = -1;

	if (dir >= 0)
		return dir;
	log_set(LOG_ERROR, NULL);
	if (!mkdtemp(path) || atexit(remove_dir))
		abort();
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir;
}

static void show(int dir, int64_t tail, bool only)
{
	cleanup_close int out = memfd_create("out", MFD_CLOEXEC);
	cleanup_close int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const struct log_source src = {.dir = dir, .name = "fuzz"};
	const struct log_opts o = {
		.since = INT64_MIN, .until = INT64_MAX, .tail = tail, .fds = {out, null}};
	char text[sizeof(LAST) + 1] = "";
	const size_t length = strlen(LAST);
	struct err e = {};
	off_t size;

	if (log_show(&src, 1, &o, &e) < 0)
		abort();
	size = lseek(out, 0, SEEK_END);
	if (size < (off_t)length || pread(out, text, length, size - (off_t)length) < 0 ||
	    strcmp(text, LAST) || (only && size != (off_t)length))
		abort();
	if (size > (off_t)length &&
	    (pread(out, text, 1, size - (off_t)length - 1) != 1 || text[0] != '\n'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct log_spec spec = {LOG_DRIVER_FILE, 0, 1};
	int dir = work_dir(), fd = openat(dir, LOG_NAME, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	struct logfile l;
	struct err e = {};

	if (fd < 0 || write_full(fd, data, n) < 0)
		abort();
	close_fd(fd);
	if (logfile_open(&l, dir, &spec, &e) < 0)
		abort();
	logfile_write(&l, 1, LAST, strlen(LAST));
	logfile_close(&l);
	show(dir, -1, false);
	show(dir, 1, true);
	show(dir, 2, false);
	return 0;
}
