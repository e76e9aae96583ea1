/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trying something in a child that may hang or die: namespaces of its own, one id
 * mapped to 0, a deadline, and a report in shared memory.
 */
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "linux/sys.h"
#include "sandbox/doctor.h"

#define TRIAL_TIMEOUT_MS 10000

/**
 * trial_ok - note the first failure
 * @r: >= 0 or -errno
 * @at: what was done
 *
 * Return: whether it went well.
 */
bool trial_ok(struct trial *t, long r, const char *at)
{
	if (r >= 0)
		return true;
	if (!t->error) {
		t->error = (int)-r;
		snprintf(t->at, sizeof(t->at), "%s", at);
	}
	return false;
}

/* trial_mount - a detached mount of a file system without options; its descriptor or -errno */
int trial_mount(const char *type)
{
	cleanup_close int fs = sys_fsopen(type, FSOPEN_CLOEXEC);
	int r;

	if (fs < 0)
		return fs;
	r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	return r < 0 ? r : sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
}

static int write_proc(pid_t pid, const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return write_file(path, text);
}

/* One id, which needs nobody's leave. */
static void map_one(struct trial *t, pid_t pid)
{
	char uid[32], gid[32];

	snprintf(uid, sizeof(uid), "0 %u 1", geteuid());
	snprintf(gid, sizeof(gid), "0 %u 1", getegid());
	if (trial_ok(t, write_proc(pid, "setgroups", "deny"), "write to /proc/PID/setgroups") &&
	    trial_ok(t, write_proc(pid, "uid_map", uid), "write to /proc/PID/uid_map"))
		trial_ok(t, write_proc(pid, "gid_map", gid), "write to /proc/PID/gid_map");
}

static void reap(struct trial *t, pid_t pid, int pidfd)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int status, r;

	do
		r = poll(&p, 1, TRIAL_TIMEOUT_MS);
	while (r < 0 && errno == EINTR);
	if (r <= 0) {
		sys_pidfd_send_signal(pidfd, SIGKILL);
		trial_ok(t, -ETIMEDOUT, "the trial");
	}
	wait_pid(pid, &status);
	if (WIFSIGNALED(status))
		trial_ok(t, -EINTR, "the trial, killed by a signal,");
}

/**
 * trial_run - run a function in a child
 * @t: receives the report; @t->error is 0 when all went well
 * @flags: CLONE_NEW*; with CLONE_NEWUSER the caller is container root inside, and mounts
 *	are private
 *
 * Context: single-threaded parent.
 */
void trial_run(struct trial *t, uint64_t flags, trial_fn fn, const void *ctx)
{
	struct trial *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cleanup_close int pidfd = -1;
	int go[2];
	char c = 0;
	pid_t pid;

	*t = (struct trial){0};
	if (shared == MAP_FAILED) {
		trial_ok(t, -ENOMEM, "mmap");
		return;
	}
	if (pipe2(go, O_CLOEXEC) < 0) {
		trial_ok(t, -errno, "pipe");
		munmap(shared, sizeof(*shared));
		return;
	}
	fflush(NULL);
	pid = sys_clone(flags, &pidfd);
	if (!pid) {
		sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		close(go[1]);
		if (read(go[0], &c, 1) == 1)
			fn(shared, ctx);
		_exit(0);
	}
	close(go[0]);
	if (trial_ok(shared, pid, "clone")) {
		if (flags & CLONE_NEWUSER)
			map_one(shared, pid);
		if (!shared->error && write(go[1], &c, 1) != 1)
			trial_ok(shared, -EPIPE, "the trial");
		close(go[1]);
		reap(shared, pid, pidfd);
	} else {
		close(go[1]);
	}
	*t = *shared;
	munmap(shared, sizeof(*shared));
}

/* read_text - a small file without its last newline; false and "" when it cannot be read */
bool read_text(const char *path, char *out, size_t size)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read_full(fd, out, size - 1);

	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return n >= 0;
}

int64_t read_number(const char *path, int64_t fallback)
{
	char text[32];
	int64_t v;

	if (!read_text(path, text, sizeof(text)) || parse_i64(text, INT64_MIN, INT64_MAX, &v) < 0)
		return fallback;
	return v;
}
