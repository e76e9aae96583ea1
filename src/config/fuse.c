/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuse-overlayfs: serves a container's root where the kernel's overlay cannot, and whoever
 * reads that container's files afterwards has them served by it again, for its marks are its own.
 */
#include <fcntl.h>

#include "config/config.h"
#include "linux/sys.h"

static const char *const programs[] = {"/usr/bin/fuse-overlayfs", "/bin/fuse-overlayfs",
				       "/usr/local/bin/fuse-overlayfs"};

/* fuse_program - where it is, or NULL */
const char *fuse_program(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (!access(programs[i], X_OK))
			return programs[i];
	}
	return NULL;
}

/**
 * fuse_mount - a fuse file system; requests wait in @dev until fuse_serve()
 * @dev: receives /dev/fuse, new
 * @attrs: MOUNT_ATTR_...
 *
 * Context: root of the user namespace that it is to be for.
 * Return: the mount, new and detached, or -errno.
 */
int fuse_mount(int *dev, unsigned attrs, struct err *e)
{
	cleanup_close int file = -1, fs = -1;
	char number[16];
	int r;

	if (!fuse_program())
		return fail(e, ENOENT, "%s is not there; install the package fuse-overlayfs",
			    programs[0]);
	file = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (file < 0)
		return fail_errno(e, "cannot open /dev/fuse");
	fs = sys_fsopen("fuse", FSOPEN_CLOEXEC);
	snprintf(number, sizeof(number), "%d", file);
	r = fs < 0 ? fs : sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", "fuse-overlayfs", 0);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "fd", number, 0);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "rootmode", "40000", 0);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "user_id", "0", 0);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "group_id", "0", 0);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, "allow_other", NULL, 0);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, "default_permissions", NULL, 0);
	if (!r)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (!r)
		r = sys_fsmount(fs, FSMOUNT_CLOEXEC, attrs);
	if (r < 0)
		return fail(e, -r, "cannot mount fuse: %s", strerror(-r));
	*dev = take_fd(&file);
	return r;
}

/**
 * fuse_serve - become fuse-overlayfs
 * @dev: from fuse_mount()
 * @options: what stands behind -o; names the layers
 *
 * Context: a process of its own, in a mount namespace of its own where the layers are.
 */
__noreturn void fuse_serve(int dev, const char *options)
{
	const char *const argv[] = {"fuse-overlayfs", "-f", "-o", options, "/dev/fd/3", NULL};
	const char *const envp[] = {"PATH=/usr/bin:/bin", NULL};
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!log_enabled(LOG_DEBUG))
		dup2(null, STDERR_FILENO);
	if (dup2(dev, 3) < 0)
		_exit(125);
	sys_close_range(4, ~0U, CLOSE_RANGE_CLOEXEC);
	setsid();
	execve(fuse_program(), (char **)argv, (char **)envp);
	_exit(125);
}
