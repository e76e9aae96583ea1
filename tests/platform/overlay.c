/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Overlay in a user namespace: userxattr works on this file system, `volatile` leaves a
 * mark in the work folder that refuses the next mount, below folders of mode 000, which
 * removal has to open up.
 */
#include "platform.h"

static const char *scratch;

static char *below(const char *name)
{
	return path_join(scratch, name);
}

static long mount_overlay(const char *more)
{
	cleanup_free char *options =
		xasprintf("lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work,userxattr%s",
			  scratch, scratch, scratch, more);
	cleanup_free char *at = below("merged");

	return ret(mount("overlay", at, "overlay", 0, options));
}

static void body(void)
{
	cleanup_free char *merged = below("merged"), *inner = below("work/work");
	cleanup_free char *mark = below("work/work/incompat/volatile"),
			  *file = below("merged/file");
	cleanup_free char *dirty = below("work/work/incompat/volatile/dirty");
	struct stat st;
	long r = mount_overlay("");

	if (r < 0)
		skip("overlay with userxattr does not work on this file system");
	works(r, "overlay with userxattr");
	works(ret(unlink(file)),
	      "a lower file can be removed: a whiteout is made without CAP_MKNOD");
	works(ret(umount(merged)), "umount");
	works(ret(stat(inner, &st)), "the work folder stays");
	fact((st.st_mode & 07777) == 0, "and has mode 000");
	works(mount_overlay(""), "the same folders can be mounted again");
	umount(merged);
	r = mount_overlay(",volatile");
	if (r == -EINVAL)
		skip("this kernel's overlay has no volatile");
	works(r, "a volatile overlay");
	umount(merged);
	fact(stat(mark, &st) == 0, "leaves work/work/incompat/volatile");
	fact(mount_overlay("") < 0, "and cannot be mounted again");
	fact(mount_overlay(",volatile") < 0, "not even volatile");
	works(ret(unlink(dirty)), "the mark is a folder with a file, dirty,");
	works(ret(rmdir(mark)), "both of which the user can remove");
	works(mount_overlay(""), "then the folders can be mounted again");
	umount(merged);
}

int main(void)
{
	static const char *const folders[] = {"lower", "upper", "work", "merged"};
	cleanup_free char *file = NULL, *kept = NULL;

	become_user();
	scratch = scratch_make();
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		cleanup_free char *path = below(folders[i]);

		mkdir(path, 0755);
	}
	file = below("lower/file");
	close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	in_userns(CLONE_NEWNS, MAPS_ONE, NULL, body);
	kept = xstrdup(scratch);
	scratch_remove();
	fact(access(kept, F_OK) < 0, "the user removes it all, mode 000 included");
	return facts_end();
}
