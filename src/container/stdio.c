/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * What the payload gets as descriptors 0, 1 and 2.
 *
 * A descriptor is more than it seems: /proc/self/fd/N opens anew what stands behind it, for
 * whatever its owner may do with it, and container root is the caller. A file that was opened
 * for reading could be written, one that was opened for appending rewritten; a terminal that
 * was meant for output be read; a folder is a way out of the container. So files, disks and
 * terminals stay with us, and the payload gets pipes, through which we carry (streams.c). A
 * folder is refused. Pipes, sockets and other devices, /dev/null first of all, have nothing
 * more to give, and are passed on.
 *
 * A container that is kept has pipes in any case, for its log and for who attaches later.
 */
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "container/supervise.h"

/* is_open - a descriptor that the caller had closed is held by an O_PATH one (cli.c), and stays closed. */
bool is_open(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && !(flags & O_PATH);
}

/* Is it to stay with us? 1, 0 or -errno. */
static int is_kept_back(int fd, struct err *e)
{
	static const char *const names[] = {"input", "output", "error"};
	struct stat st;

	if (fd < 0 || fd > STDERR_FILENO || fstat(fd, &st) < 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		return fail_hint(e,
				 fail(e, EISDIR,
				      "standard %s is a folder, which leads out of the container",
				      names[fd]),
				 "give it a file, or bind the folder with -v");
	return S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) || (S_ISCHR(st.st_mode) && isatty(fd));
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static struct streams *need_streams(struct run *run)
{
	if (!run->streams) {
		run->streams = xmalloc(sizeof(*run->streams));
		streams_init(run->streams);
	}
	return run->streams;
}

/* Those of the caller's three that are not given away. */
static int keep_back(struct run *run, struct err *e)
{
	int *to = run->launch.stdio, r = 0;

	for (int i = 0; i < 3; i++) {
		int yes = is_kept_back(to[i], e);

		if (yes <= 0) {
			r = MIN(r, yes);
			continue;
		}
		/*
		 * "> file 2>&1": through one pipe, or the order of what is written would be lost.
		 * A log wants to know which is which.
		 */
		if (i == 2 && need_streams(run)->here[1] >= 0 && !run->state.info.kept &&
		    same_file(1, 2)) {
			to[2] = fcntl(to[1], F_DUPFD_CLOEXEC, 10);
			if (to[2] < 0)
				return fail_errno(e, "cannot pass standard error on");
			continue;
		}
		need_streams(run)->here[i] = i;
		r = r < 0 ? r : streams_pipe(run->streams, to, i, e);
	}
	return r;
}

/* Pipes for all that is said, whoever listens; and for what is told, when nobody does yet. */
static int keep_all(struct run *run, struct err *e)
{
	const struct spec *s = run->c->spec;
	struct streams *streams = need_streams(run);
	int *to = run->launch.stdio, r = 0;

	if (run->background && s->interactive && !s->tty) {
		close_fd(take_fd(&to[0]));
		r = streams_pipe(streams, to, 0, e);
	} else if (!s->tty) {
		r = keep_back(run, e);
	}
	for (int i = 1; !r && i < 3 && !s->tty; i++) {
		if (!run->background)
			streams->here[i] = is_open(i) ? i : -1;
		if (to[i] <= STDERR_FILENO)
			r = streams_pipe(streams, to, i, e);
	}
	if (!r && s->log.driver == LOG_DRIVER_FILE) {
		r = logfile_open(&streams->log, run->state.dir, &s->log, e);
		streams->logged = !r;
	}
	return r;
}

/**
 * stdio_open - choose what the payload gets; run->launch.stdio is set
 *
 * Return: 0, or -EISDIR or another -errno; stdio_close() and stdio_end() in any case.
 */
int stdio_open(struct run *run, struct err *e)
{
	const struct spec *s = run->c->spec;
	int *to = run->launch.stdio;

	to[0] = s->interactive && !run->background && is_open(0) ? 0 : -1;
	if (to[0] < 0)
		to[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	to[1] = is_open(1) ? 1 : -1;
	to[2] = is_open(2) ? 2 : -1;
	if (run->state.info.kept && (!s->tty || run->background))
		return keep_all(run, e);
	return s->tty ? 0 : keep_back(run, e);
}

/* stdio_close - our copies of what only the payload is to have; the caller's stay as they are */
void stdio_close(struct run *run)
{
	for (int i = 0; i < 3; i++) {
		if (run->launch.stdio[i] > STDERR_FILENO)
			close_fd(take_fd(&run->launch.stdio[i]));
	}
}

/* stdio_end - the payload has ended: carry what is still under way */
void stdio_end(struct run *run)
{
	if (!run->streams)
		return;
	streams_finish(run->streams, &run->control);
	if (run->streams->logged)
		logfile_close(&run->streams->log);
	free(take_ptr(run->streams));
}
