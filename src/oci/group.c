/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container's control group, from outside: its record has the path and the number. A path that
 * has become another group's meanwhile, by a reboot or because somebody removed ours, is
 * not used.
 */
#include <dirent.h>
#include <poll.h>
#include <sys/stat.h>

#include "linux/sys.h"
#include "oci/internal.h"

#define REMOVE_MS 5000
#define DEPTH_MAX 64

/* Return: a new descriptor, or -ENOENT. */
int oci_group_open(const struct oci_state *s)
{
	cleanup_close int fd = -1;
	struct stat st;
	char boot[37];

	if (!s->cgroup)
		return -ENOENT;
	/* Not ready: a create that has just been killed, on this boot or an earlier one. */
	if (s->ready && (boot_id(boot) < 0 || !streq(boot, s->boot)))
		return -ENOENT;
	fd = open(s->cgroup, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || (s->cgroup_ino && st.st_ino != s->cgroup_ino))
		return -ENOENT;
	return take_fd(&fd);
}

struct walk {
	bool (*fn)(void *ctx, pid_t pid, int pidfd);
	void *ctx;
	int found;
};

static bool is_member(int dir, pid_t pid)
{
	cleanup_buf struct buf text = {};
	char *save = NULL;

	if (read_file_at(dir, "cgroup.procs", 16 << 20, &text) < 0 || !text.data)
		return false;
	for (char *p = strtok_r(text.data, "\n", &save); p; p = strtok_r(NULL, "\n", &save)) {
		if (strtol(p, NULL, 10) == pid)
			return true;
	}
	return false;
}

/* A number may have become another process's between reading and opening, so it is read twice. */
static void walk_members(int dir, struct walk *w)
{
	cleanup_buf struct buf text = {};
	char *save = NULL;

	if (read_file_at(dir, "cgroup.procs", 16 << 20, &text) < 0 || !text.data)
		return;
	for (char *p = strtok_r(text.data, "\n", &save); p; p = strtok_r(NULL, "\n", &save)) {
		pid_t pid = (pid_t)strtol(p, NULL, 10);
		cleanup_close int pidfd = pid > 0 ? sys_pidfd_open(pid, 0) : -1;

		if (pidfd >= 0 && is_member(dir, pid))
			w->found += w->fn(w->ctx, pid, pidfd);
	}
}

static void walk_tree(int dir, int depth, void (*fn)(int dir, struct walk *w), struct walk *w)
{
	cleanup_close int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	const struct dirent *de;

	fn(dir, w);
	if (!d)
		return;
	take_fd(&again);
	while ((de = readdir(d))) {
		if (de->d_type != DT_DIR || de->d_name[0] == '.' || depth >= DEPTH_MAX)
			continue;
		cleanup_close int sub = openat(dir, de->d_name,
					       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0)
			walk_tree(sub, depth + 1, fn, w);
	}
	closedir(d);
}

/**
 * oci_group_each - walk over the processes of the group and of those below it
 *
 * Return: for how many @fn returned true, or -ENOENT when there is no group.
 */
int oci_group_each(const struct oci_state *s, bool (*fn)(void *ctx, pid_t pid, int pidfd),
		   void *ctx)
{
	cleanup_close int dir = oci_group_open(s);
	struct walk w = {fn, ctx, 0};

	if (dir < 0)
		return dir;
	walk_tree(dir, 0, walk_members, &w);
	return w.found;
}

static bool kill_one(void *ctx __unused, pid_t pid __unused, int pidfd)
{
	return sys_pidfd_send_signal(pidfd, SIGKILL) >= 0;
}

/* oci_group_kill - kill all that is in it; cgroup.kill came with Linux 5.14 */
void oci_group_kill(const struct oci_state *s)
{
	cleanup_close int dir = oci_group_open(s);

	if (dir < 0 || !s->cgroup_made)
		return;
	if (write_file_at(dir, "cgroup.kill", "1", 1) < 0)
		oci_group_each(s, kill_one, NULL);
}

/* The deepest first; what is in use stays, and with it what is above. */
static void remove_below(int dir, int depth)
{
	cleanup_close int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	const struct dirent *de;

	if (!d)
		return;
	take_fd(&again);
	while ((de = readdir(d))) {
		if (de->d_type != DT_DIR || de->d_name[0] == '.' || depth >= DEPTH_MAX)
			continue;
		cleanup_close int sub = openat(dir, de->d_name,
					       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0)
			remove_below(sub, depth + 1);
		unlinkat(dir, de->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

/**
 * oci_group_remove - remove a group that was made for the container, and those below it
 *
 * What was killed takes a moment to leave it.
 * Return: 0 or -errno.
 */
int oci_group_remove(const struct oci_state *s, struct err *e)
{
	const int64_t end = now_ns() + REMOVE_MS * 1000000LL;
	cleanup_close int dir = oci_group_open(s);

	if (dir < 0 || !s->cgroup_made)
		return 0;
	for (;;) {
		remove_below(dir, 0);
		if (!rmdir(s->cgroup) || errno == ENOENT)
			return 0;
		if (errno != EBUSY || now_ns() > end)
			return fail_errno(e, "cannot remove the control group %s", s->cgroup);
		poll(NULL, 0, 2);
	}
}

static bool says_frozen(int dir)
{
	cleanup_buf struct buf text = {};

	return !read_file_at(dir, "cgroup.events", 4096, &text) && text.data &&
	       strstr(text.data, "frozen 1");
}

bool oci_group_frozen(const struct oci_state *s)
{
	cleanup_close int dir = oci_group_open(s);

	return dir >= 0 && says_frozen(dir);
}

/**
 * oci_group_freeze - stop the group's processes, or let them go on, and wait until it is so
 *
 * Return: 0; -ENOENT without an error when there is no group, or another -errno.
 */
int oci_group_freeze(const struct oci_state *s, bool freeze, struct err *e)
{
	const int64_t end = now_ns() + REMOVE_MS * 1000000LL;
	cleanup_close int dir = oci_group_open(s);
	int r;

	if (dir < 0)
		return dir;
	r = write_file_at(dir, "cgroup.freeze", freeze ? "1" : "0", 1);
	if (r < 0)
		return fail(e, -r, "cannot write cgroup.freeze in %s: %s", s->cgroup, strerror(-r));
	while (says_frozen(dir) != freeze) {
		if (now_ns() > end) {
			write_file_at(dir, "cgroup.freeze", "0", 1);
			return fail(e, ETIMEDOUT, "the processes of %s do not stop", s->id);
		}
		poll(NULL, 0, 2);
	}
	return 0;
}
