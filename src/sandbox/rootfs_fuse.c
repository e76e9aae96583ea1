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

int rootfs_fuse(struct launch *l, struct err *e)
{
	cleanup_close int dev = -1;
	int mount, r;

	if (l->spec->rootfs.tmpfs)
		return fail(
			e, EINVAL,
			"an upper layer in memory needs the kernel's overlay; leave --tmpfs-root out");
	mount = fuse_mount(
		&dev, MOUNT_ATTR_NODEV | (l->spec->sec.no_new_privs ? MOUNT_ATTR_NOSUID : 0), e);
	if (mount < 0)
		return mount;
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
	reset_signals();
	if (sys_setns(l->userns_fd, CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNS) < 0)
		_exit(125);
	sys_setresgid(0);
	sys_setresuid(0);
	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	fuse_serve(dev, fuse_options(&l->spec->rootfs));
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
