/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tarballs on this machine: the one that came with sandbox, and minirootfs files
 * in the search path.
 */
#include <dirent.h>
#include <sys/utsname.h>

#include "image/internal.h"

/*
 * A file that was changed within a tick of the kernel's clock may change again
 * without a new time; such a file is looked at again after a tick.
 */
#define TICK_NS 20000000LL

static void wait_a_tick(const struct file_id *id)
{
	struct timespec now, pause = {.tv_nsec = TICK_NS};
	int64_t age;

	clock_gettime(CLOCK_REALTIME, &now);
	age = now.tv_sec * 1000000000LL + now.tv_nsec - MAX(id->mtime, id->ctime);
	if (age < TICK_NS)
		nanosleep(&pause, NULL);
}

/* host_arch - Alpine's name of this machine's architecture, or uname's when Alpine has none */
const char *host_arch(void)
{
	static const char *const names[][2] = {
		{"i386", "x86"},     {"i486", "x86"},     {"i586", "x86"},    {"i686", "x86"},
		{"armv6l", "armhf"}, {"armv7l", "armv7"}, {"armv8l", "armv7"}};
	static struct utsname u;

	if (uname(&u) < 0)
		return "unknown";
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (streq(u.machine, names[i][0]))
			return names[i][1];
	}
	return u.machine;
}

static bool binfmt_enabled(const char *qemu)
{
	cleanup_free char *path = xasprintf("/proc/sys/fs/binfmt_misc/qemu-%s", qemu);
	cleanup_buf struct buf text = {};

	return !read_file_at(AT_FDCWD, path, 4096, &text) && text.len &&
	       str_has_prefix(text.data, "enabled");
}

/**
 * image_arch_runnable - whether programs of an architecture can run here
 * @arch: Alpine's name
 *
 * Return: 0 or -ENOEXEC with the remedy.
 */
int image_arch_runnable(const char *arch, struct err *e)
{
	static const char *const qemu[][2] = {{"x86", "i386"}, {"armhf", "arm"}, {"armv7", "arm"}};
	const char *host = host_arch(), *name = arch;

	if (streq(arch, host) || (streq(host, "x86_64") && streq(arch, "x86")) ||
	    (streq(host, "aarch64") && str_has_prefix(arch, "arm")))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(qemu); i++) {
		if (streq(qemu[i][0], arch))
			name = qemu[i][1];
	}
	if (binfmt_enabled(name))
		return 0;
	return fail(
		e, ENOEXEC,
		"programs of %s cannot run on this machine (%s); install qemu-user-static and its binfmt_misc entry qemu-%s, or leave --arch out",
		arch, host, name);
}

/* busybox_file - the built-in tarball; a new string */
char *busybox_file(void)
{
	return data_file("busybox.tar.gz");
}

/**
 * tarball_open - open a tarball
 * @path: absolute
 *
 * Return: 0 or -errno.
 */
int tarball_open(struct tarball *s, const char *path, struct err *e)
{
	struct stat st;

	s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return fail_errno(e, "cannot open the image %s", path);
	if (S_ISDIR(st.st_mode))
		return fail(e, EISDIR,
			    "%s is a folder and not a tarball; run a folder with --rootfs %s", path,
			    path);
	if (!S_ISREG(st.st_mode))
		return fail(e, EINVAL, "%s is not a tarball: it is not a regular file", path);
	file_id_of(&st, &s->id);
	wait_a_tick(&s->id);
	if (!fstat(s->fd, &st))
		file_id_of(&st, &s->id);
	s->path = xstrdup(path);
	return 0;
}

void tarball_free(struct tarball *s)
{
	close_fd(s->fd);
	free(s->ref);
	free(s->path);
	*s = (struct tarball){.fd = -1};
}

/* dir_id - a folder as far as its entries go; zero when it is not there */
void dir_id(const char *path, struct file_id *id)
{
	struct stat st;

	*id = (struct file_id){};
	if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
		file_id_of(&st, id);
		id->size = 0;
		id->mtime = 0;
	}
}

static void search_dir(const char *dir, const char *arch, const char *want, char **file,
		       char version[32])
{
	char v[32], a[16];
	struct dirent *de;
	DIR *d = opendir(dir);

	while (d && (de = readdir(d))) {
		if (alpine_file_parse(de->d_name, v, a) < 0 || !streq(a, arch) ||
		    !alpine_version_match(want, v))
			continue;
		/* Of two equal versions the earlier folder wins. */
		if (*file && alpine_version_cmp(v, version) <= 0)
			continue;
		free(*file);
		*file = path_join(dir, de->d_name);
		memcpy(version, v, sizeof(v));
	}
	if (d)
		closedir(d);
}

/**
 * alpine_search - the newest tarball in the search path that serves a wish
 * @path: folders
 * @want: as for alpine_version_match()
 * @rec: receives the folders as they were before they were read
 * @file: receives a new string, or NULL when there is none
 * @version: of it
 *
 * Return: 1 when there is one, else 0.
 */
int alpine_search(const struct strv *path, const char *arch, const char *want, struct record *rec,
		  char **file, char version[32])
{
	*file = NULL;
	strv_for_each (given, path) {
		cleanup_free char *dir = path_absolute(given);
		struct file_id id;

		if (!dir)
			continue;
		dir_id(dir, &id);
		if (id.ino) {
			wait_a_tick(&id);
			dir_id(dir, &id);
		}
		record_add_dir(rec, dir, &id);
		search_dir(dir, arch, want, file, version);
	}
	return *file ? 1 : 0;
}
