/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * The child opens /dev/fuse in its user namespace, makes the mount itself and
 * sends the descriptor to the supervisor, which starts fuse-overlayfs on it: in
 * the container's user namespace but outside its pid namespace, where the
 * payload cannot see it, with a mount namespace of its own in which the layers
 * lie. Requests wait in the descriptor until it serves; when it dies, they fail.
 */
#include <signal.h>
#include <sys/prctl.h>

#include "sandbox/internal.h"

static const char *const programs[] = {"/usr/bin/fuse-overlayfs", "/bin/fuse-overlayfs",
				       "/usr/local/bin/fuse-overlayfs"};

static const char *find_program(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (!access(programs[i], X_OK))
			return programs[i];
	}
	return NULL;
}

int rootfs_fuse(struct launch *l, struct err *e)
{
	cleanup_close int dev = -1, fs = -1;
	char number[16];
	int r, mount;

	if (l->spec->rootfs.tmpfs)
		return fail(
			e, EINVAL,
			"an upper layer in memory needs the kernel's overlay; leave --tmpfs-root out");
	if (!find_program())
		return fail(e, ENOENT, "%s is not there; install the package fuse-overlayfs",
			    programs[0]);
	dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (dev < 0)
		return fail_errno(e, "cannot open /dev/fuse");
	fs = sys_fsopen("fuse", FSOPEN_CLOEXEC);
	snprintf(number, sizeof(number), "%d", dev);
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
	if (r < 0)
		return fail(e, -r, "cannot mount fuse: %s", strerror(-r));
	mount = sys_fsmount(fs, FSMOUNT_CLOEXEC,
			    MOUNT_ATTR_NODEV | (l->spec->sec.no_new_privs ? MOUNT_ATTR_NOSUID : 0));
	if (mount < 0)
		return fail(e, -mount, "cannot mount fuse: %s", strerror(-mount));
	r = rootfs_attach(l, mount, l->spec->rootfs.state_dir, e);
	if (!r && sync_send(l->sock, SYNC_FUSE, dev) < 0)
		r = fail(e, EIO, "cannot hand /dev/fuse over");
	return r;
}

static char *fuse_options(const struct rootfs_spec *s)
{
	struct buf b = {};

	buf_puts(&b, "lowerdir=");
	strv_for_each (path, &s->layers)
		buf_printf(&b, "%s%s", path == s->layers.v[0] ? "" : ":", path);
	buf_printf(&b, ",upperdir=%s/upper,workdir=%s/work", s->state_dir, s->state_dir);
	if (s->is_volatile)
		buf_puts(&b, ",volatile");
	return b.data;
}

static __noreturn void fuse_child(struct launch *l, int dev)
{
	char mountpoint[32];
	const char *const argv[] = {"fuse-overlayfs", "-f", "-o", fuse_options(&l->spec->rootfs),
				    mountpoint,       NULL};
	const char *const envp[] = {"PATH=/usr/bin:/bin", NULL};
	int null = open("/dev/null", O_RDWR);

	reset_signals();
	if (sys_setns(l->userns_fd, CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNS) < 0)
		_exit(125);
	sys_setresgid(0);
	sys_setresuid(0);
	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!log_enabled(LOG_DEBUG))
		dup2(null, STDERR_FILENO);
	if (dup2(dev, 3) < 0)
		_exit(125);
	snprintf(mountpoint, sizeof(mountpoint), "/dev/fd/3");
	sys_close_range(4, ~0U, CLOSE_RANGE_CLOEXEC);
	setsid();
	execve(find_program(), (char **)argv, (char **)envp);
	_exit(125);
}

/**
 * fuse_start - serve a fuse mount of the child
 * @dev: borrowed
 */
int fuse_start(struct launch *l, int dev, struct err *e)
{
	pid_t pid = sys_clone(0, &l->fuse.pidfd);

	if (!pid)
		fuse_child(l, dev);
	if (pid < 0)
		return fail(e, -pid, "cannot start fuse-overlayfs: %s", strerror(-pid));
	l->fuse.pid = pid;
	return 0;
}
