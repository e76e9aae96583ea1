/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A container of root's that has no user namespace can reach the program of a process that joins
 * it, as /proc/PID/exe, and keep it open until it runs nowhere and can be written to
 * (CVE-2019-5736). So the process runs from a read-only bind of that file, at the same path in
 * a mount namespace of its own: whatever leads to it answers a write with EROFS. Mounts of the
 * host come and go there as well.
 */
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "linux/sys.h"
#include "oci/internal.h"

static int bind_readonly(const char *path, struct err *e)
{
	cleanup_close int fd = sys_open_tree(AT_FDCWD, "/proc/self/exe",
					     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int r;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return fail_errno(e, "cannot make a mount namespace");
	r = fd < 0 ? fd : sys_mount_setattr(fd, "", AT_EMPTY_PATH, MOUNT_ATTR_RDONLY, 0, 0);
	if (r >= 0)
		r = sys_move_mount(fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);
	return r < 0 ? fail(e, -r, "cannot bind %s read-only: %s", path, strerror(-r)) : 0;
}

/**
 * oci_guard_program - go on from a copy of this program that cannot be written to
 *
 * Context: nothing is held that does not pass an exec.
 * Return: 0: this is it already; does not return when it begins anew; or -errno.
 */
int oci_guard_program(struct err *e)
{
	cleanup_buf struct buf text = {};
	struct strv args = {};
	struct statvfs fs;
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	int r;

	if (n < 0 || statvfs("/proc/self/exe", &fs) < 0)
		return fail_errno(e, "cannot find this program");
	path[n] = '\0';
	if (fs.f_flag & ST_RDONLY)
		return 0;
	r = read_file_at(AT_FDCWD, "/proc/self/cmdline", 16 << 20, &text);
	if (r < 0)
		return fail(e, -r, "cannot read the command line: %s", strerror(-r));
	for (size_t at = 0; at < text.len; at += strlen(text.data + at) + 1)
		strv_add(&args, text.data + at);
	r = bind_readonly(path, e);
	if (r < 0)
		return r;
	execv(path, args.v);
	return fail_errno(e, "cannot run %s", path);
}
