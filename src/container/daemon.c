/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Going to the background: the command forks, the child becomes the supervisor in a
 * session of its own, and the command waits for one struct err on a pipe: code 0 when the
 * payload runs, else what kept it from starting. From the start on the supervisor holds
 * nothing of the caller's but standard error, for its warnings, and that until the payload
 * runs: `id=$(sandbox run -d ...)` must never wait for the container.
 */
#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

#include "container/internal.h"
#include "linux/sys.h"

/* Ours are all close-on-exec, so the rest came from the caller. */
static void close_callers(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *de;
	uint32_t fd;

	while (d && (de = readdir(d))) {
		if (!parse_u32(de->d_name, &fd) && fd > 2 && fcntl((int)fd, F_GETFD) == 0)
			close((int)fd);
	}
	if (d)
		closedir(d);
}

static void to_null(int fd)
{
	cleanup_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0)
		dup2(null, fd);
}

static int hear_child(pid_t pid, int pipe, struct err *e)
{
	struct err said = {};
	int status;

	if (read_full(pipe, &said, sizeof(said)) == sizeof(said)) {
		said.msg[sizeof(said.msg) - 1] = '\0';
		if (said.code <= 0)
			return 0;
		*e = said;
	} else {
		fail(e, EIO, "the supervisor was killed before the container ran");
	}
	wait_pid(pid, &status);
	return -e->code;
}

/**
 * daemon_fork - go on in the background
 * @report: in the child, receives what daemon_report() takes
 *
 * Return: 0 in the child; 1 in the caller when the child has reported success, or -errno
 * with what it reported.
 */
int daemon_fork(int *report, struct err *e)
{
	cleanup_close int ours = -1;
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return fail_errno(e, "cannot make a pipe");
	ours = p[0];
	pid = fork();
	if (pid) {
		int saved = errno;

		close_fd(p[1]);
		return pid < 0 ? fail(e, saved, "cannot fork: %s", strerror(saved))
			       : (hear_child(pid, ours, e) < 0 ? -e->code : 1);
	}
	setsid();
	close_callers();
	to_null(STDIN_FILENO);
	to_null(STDOUT_FILENO);
	*report = p[1];
	return 0;
}

/* daemon_leave - hold nothing of the caller's any more */
void daemon_leave(void)
{
	for (int fd = 0; fd < 3; fd++)
		to_null(fd);
	close_callers();
	if (chdir("/") < 0)
		log_debug("cannot leave the folder");
}

/**
 * daemon_report - tell the command that waits
 * @report: is closed
 * @e: NULL for success, after which nothing of the caller's is held any more
 */
void daemon_report(int *report, const struct err *e)
{
	static const struct err none;

	if (*report < 0)
		return;
	write_full(*report, e ? e : &none, sizeof(none));
	close_fd(take_fd(report));
	if (!e)
		to_null(STDERR_FILENO);
}
