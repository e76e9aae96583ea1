/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Volumes: a read-only bind has to be read-only all the way down, which only
 * mount_setattr(AT_RECURSIVE) on the detached clone does; and what came from the
 * host's mount namespace cannot be made writable again or uncovered.
 */
#include "platform.h"

static const char *scratch;

static char *below(const char *name)
{
	return path_join(scratch, name);
}

static long try_create(const char *dir)
{
	cleanup_free char *path = path_join(dir, "new");
	long r = ret(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));

	if (r >= 0) {
		close((int)r);
		unlink(path);
	}
	return r;
}

/* In a mount namespace of the same owner: a tree of two mounts, bound in two ways. */
static void recursive(void)
{
	cleanup_free char *tree = below("tree"), *inner = below("tree/inner");
	cleanup_free char *at = below("at"), *at_inner = below("at/inner");
	cleanup_close int clone = -1;

	works(ret(mount("t", tree, "tmpfs", 0, NULL)), "a tmpfs");
	mkdir(inner, 0755);
	works(ret(mount("t", inner, "tmpfs", 0, NULL)), "another below it");
	works(ret(mount(tree, at, NULL, MS_BIND | MS_REC, NULL)), "a recursive bind");
	works(ret(mount(NULL, at, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_REC, NULL)),
	      "mount(2) read-only, \"recursive\"");
	refused(try_create(at), EROFS, "makes the top read-only");
	works(try_create(at_inner), "and leaves what lies below writable");
	umount2(at, MNT_DETACH);
	clone = sys_open_tree(AT_FDCWD, tree, OPEN_TREE_CLONE | AT_RECURSIVE | OPEN_TREE_CLOEXEC);
	works(sys_mount_setattr(clone, "", AT_EMPTY_PATH | AT_RECURSIVE, MOUNT_ATTR_RDONLY, 0, 0),
	      "mount_setattr(AT_RECURSIVE) on the detached clone");
	works(sys_move_mount(clone, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH),
	      "before move_mount");
	refused(try_create(at), EROFS, "makes the top read-only");
	refused(try_create(at_inner), EROFS, "and what lies below");
}

/* In a user namespace below that: the flags are locked. */
static void locked(void)
{
	cleanup_free char *at = below("at"), *at_inner = below("at/inner");

	refused(ret(mount(NULL, at, NULL, MS_REMOUNT | MS_BIND, NULL)), EPERM,
		"a user namespace below cannot make it writable again");
	refused(ret(umount2(at_inner, 0)), EINVAL, "nor take a single mount off");
	refused(sys_mount_setattr(AT_FDCWD, at, 0, 0, MOUNT_ATTR_RDONLY, 0), EPERM,
		"nor with mount_setattr");
}

static void body(void)
{
	int status;
	pid_t pid;

	recursive();
	pid = sys_clone(CLONE_NEWUSER | CLONE_NEWNS, NULL);
	if (!pid) {
		facts_wrong = 0;
		locked();
		_exit(facts_wrong);
	}
	waitpid(pid, &status, 0);
	facts_wrong += WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

int main(void)
{
	static const char *const folders[] = {"tree", "at"};

	become_user();
	scratch = scratch_make();
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		cleanup_free char *path = below(folders[i]);

		mkdir(path, 0755);
	}
	in_userns(CLONE_NEWNS, MAPS_ONE, NULL, body);
	return facts_end();
}
