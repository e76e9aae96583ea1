/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A namespace shared with the host: its file system cannot be mounted in a new user
 * namespace, so the host's has to be bound. Id-mapped mounts are not for users.
 */
#include "platform.h"

static int mount_detached(const char *type)
{
	cleanup_close int fs = sys_fsopen(type, FSOPEN_CLOEXEC);
	int r;

	if (fs < 0)
		return fs;
	r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	return r < 0 ? r : sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
}

static void shared(void)
{
	refused(mount_detached("proc"), EPERM, "the host's pid namespace: proc is EPERM");
	refused(mount_detached("sysfs"), EPERM, "the host's network namespace: sysfs is EPERM");
	refused(mount_detached("mqueue"), EPERM, "the host's ipc namespace: mqueue is EPERM");
	refused(mount_detached("cgroup2"), EPERM, "the host's cgroup namespace: cgroup2 is EPERM");
	works(sys_open_tree(AT_FDCWD, "/proc", OPEN_TREE_CLONE | AT_RECURSIVE | OPEN_TREE_CLOEXEC),
	      "a recursive clone of the host's /proc works");
	works(sys_open_tree(AT_FDCWD, "/sys", OPEN_TREE_CLONE | AT_RECURSIVE | OPEN_TREE_CLOEXEC),
	      "a recursive clone of the host's /sys works");
	works(sys_open_tree(AT_FDCWD, "/proc/tty", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC),
	      "a part of it without mounts below works");
	/* As systemd's binfmt_misc lies below /proc/sys. */
	works(mount("none", "/proc/tty", "tmpfs", 0, NULL), "a mount over a part of it works");
	works(ret(unshare(CLONE_NEWUSER | CLONE_NEWNS)), "a user namespace below this one works");
	refused(sys_open_tree(AT_FDCWD, "/proc", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), EINVAL,
		"there, a clone that is not recursive and would uncover that mount is EINVAL");
}

static void own(void)
{
	int proc = mount_detached("proc");

	if (proc == -EPERM)
		skip("/proc of this host is masked: no proc can be mounted here");
	works(proc, "own pid namespace: proc works");
	works(mount_detached("sysfs"), "own network namespace: sysfs works");
	works(mount_detached("mqueue"), "own ipc namespace: mqueue works");
	works(mount_detached("cgroup2"), "own cgroup namespace: cgroup2 works");
}

static const char *scratch;

static void idmapped(void)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	cleanup_close int ns = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	cleanup_close int tree = sys_open_tree(AT_FDCWD, scratch,
					       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	long r;

	attr.userns_fd = (uint64_t)ns;
	r = ret(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)));
	/* EINVAL: this file system has none for anybody (tmpfs before Linux 6.3). */
	fact(r == -EPERM || r == -EINVAL,
	     "an id-mapped mount of the host's file system is refused (EPERM)");
}

int main(void)
{
	become_user();
	scratch = scratch_make();
	in_userns(CLONE_NEWNS, MAPS_ONE, NULL, shared);
	in_userns(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWCGROUP,
		  MAPS_ONE, NULL, own);
	in_userns(CLONE_NEWNS, MAPS_ONE, NULL, idmapped);
	return facts_end();
}
