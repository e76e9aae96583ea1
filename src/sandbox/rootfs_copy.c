/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last resort: every layer is copied into the container's own folder. Files
 * share their blocks where the file system can (reflink), so that a copy costs
 * metadata only. Hard links into the layer are never made: a write through one
 * would change the image of every other container.
 */
#include <dirent.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "sandbox/internal.h"

/* From one file system to another, such as from an overlay into a volume. */
static int copy_plain(int in, int out)
{
	char buffer[65536];
	ssize_t n;
	int r = 0;

	while (!r && (n = read_full(in, buffer, sizeof(buffer))) > 0)
		r = write_full(out, buffer, (size_t)n);
	return r < 0 ? r : (int)MIN(n, 0);
}

static int copy_data(int in, int out, off_t size)
{
	if (!ioctl(out, FICLONE, in))
		return 0;
	while (size > 0) {
		ssize_t n = copy_file_range(in, NULL, out, NULL, (size_t)size, 0);

		if (n < 0)
			return errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP
				       ? copy_plain(in, out)
				       : -errno;
		if (!n)
			break;
		size -= n;
	}
	return 0;
}

static int copy_xattrs(int in, int out)
{
	char names[4096], value[65536];
	ssize_t n = flistxattr(in, names, sizeof(names));

	for (char *name = names; n > 0 && name < names + n; name += strlen(name) + 1) {
		ssize_t len = fgetxattr(in, name, value, sizeof(value));

		if (len >= 0 && fsetxattr(out, name, value, (size_t)len, 0) < 0 &&
		    errno != ENOTSUP && errno != EPERM)
			return -errno;
	}
	return 0;
}

static int set_attributes(int fd, int in, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	if (fchown(fd, st->st_uid, st->st_gid) < 0 || fchmod(fd, st->st_mode & 07777) < 0)
		return -errno;
	if (copy_xattrs(in, fd) < 0)
		return -EIO;
	return futimens(fd, times) < 0 ? -errno : 0;
}

static int copy_file(int from, int to, const char *name, const struct stat *st)
{
	/* A volume may be changed meanwhile by another container: what is opened is looked at again. */
	cleanup_close int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	cleanup_close int out = -1;
	struct stat now;
	int r;

	if (in < 0 || fstat(in, &now) < 0)
		return -errno;
	if (!S_ISREG(now.st_mode))
		return -ESTALE;
	out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return -errno;
	r = copy_data(in, out, st->st_size);
	return r < 0 ? r : set_attributes(out, in, st);
}

static int copy_link(int from, int to, const char *name, const struct stat *st)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (symlinkat(target, to, name) < 0)
		return -errno;
	return fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int copy_tree(int from, int to);

static int copy_dir(int from, int to, const char *name, const struct stat *st)
{
	cleanup_close int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_close int out = -1;
	int r;

	if (in < 0)
		return -errno;
	if (mkdirat(to, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0)
		return -errno;
	r = copy_tree(in, out);
	return r < 0 ? r : set_attributes(out, in, st);
}

static int copy_entry(int from, int to, const char *name)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return copy_dir(from, to, name, &st);
	/* An upper layer's file takes the place of a lower one's. */
	if (unlinkat(to, name, 0) < 0 && errno == EISDIR)
		remove_tree_at(to, name);
	if (S_ISREG(st.st_mode))
		return copy_file(from, to, name, &st);
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, name, &st);
	if (mknodat(to, name, st.st_mode, st.st_rdev) < 0)
		return -errno;
	return fchownat(to, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int copy_tree(int from, int to)
{
	int fd = fcntl(from, F_DUPFD_CLOEXEC, 10), r = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (!d)
		return -errno;
	while (!r && (de = readdir(d))) {
		if (!streq(de->d_name, ".") && !streq(de->d_name, ".."))
			r = copy_entry(from, to, de->d_name);
	}
	closedir(d);
	return r;
}

/**
 * copy_up - give an empty folder what another one holds, and its owner, mode and time
 * @from, @to: folders, open for reading; @to may be written by others meanwhile
 *
 * Return: 0 or -errno.
 */
int copy_up(int from, int to)
{
	struct stat st;
	int r = copy_tree(from, to);

	if (!r && fstat(from, &st) < 0)
		r = -errno;
	return r < 0 ? r : set_attributes(to, from, &st);
}

/* The mark says that the copy is whole: from then on it is the container's, with what it changes. */
static int copy_once(const struct strv *layers, int to)
{
	static const char mark[] = "work/copied";
	int r = 0;

	if (!access(mark, F_OK))
		return 0;
	for (size_t i = layers->n; !r && i > 0; i--) {
		cleanup_close int from = open(layers->v[i - 1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		r = from < 0 ? -errno : copy_tree(from, to);
	}
	return r < 0 || !mkdir(mark, 0700) ? r : -errno;
}

int rootfs_copy(struct launch *l, struct err *e)
{
	const struct rootfs_spec *s = &l->spec->rootfs;
	cleanup_close int to = -1;
	int r = 0, fd;

	if (s->tmpfs)
		return fail(
			e, EINVAL,
			"an upper layer in memory needs the kernel's overlay; leave --tmpfs-root out");
	if (chdir(s->state_dir) < 0)
		return fail_errno(e, "cannot enter %s", s->state_dir);
	to = open("upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to < 0)
		return fail_errno(e, "cannot open the container's folder");
	r = copy_once(&s->layers, to);
	if (!r && sync_send(l->sock, SYNC_COPY, -1) < 0)
		r = -EPIPE;
	if (r < 0)
		return fail(e, -r, "cannot copy the image: %s", strerror(-r));
	fd = sys_open_tree(to, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		return fail(e, -fd, "cannot use the copy as root file system: %s", strerror(-fd));
	sys_mount_setattr(fd, "", AT_EMPTY_PATH,
			  MOUNT_ATTR_NODEV | (l->spec->sec.no_new_privs ? MOUNT_ATTR_NOSUID : 0), 0,
			  0);
	return rootfs_attach(l, fd, "upper", e);
}
