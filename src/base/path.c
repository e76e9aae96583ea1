/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Nearly every container escape is a path that was resolved in a root which the
 * attacker writes (catalogue 0.1). So a name inside a root is opened with
 * openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS) only, and what is done is
 * done through the descriptor that came back.
 */
#include <dirent.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/base.h"

#define RESOLVE_TRIES 64

static int resolve(int rootfd, const char *path, int flags, mode_t mode, uint64_t how_far)
{
	struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
			       .mode = flags & (O_CREAT | __O_TMPFILE) ? mode : 0,
			       .resolve = how_far | RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};

	for (int i = 0; i < RESOLVE_TRIES; i++) {
		long fd = syscall(SYS_openat2, rootfd, *path ? path : "/", &how, sizeof(how));

		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN && errno != EINTR)
			break;
	}
	return -errno;
}

/**
 * open_in_root - open a name inside a root that is not trusted
 * @rootfd: the root folder
 * @path: absolute or relative, both start at @rootfd; symlinks stay inside
 * @flags: as for openat(2); O_CLOEXEC is added
 * @mode: with O_CREAT
 *
 * Context: EAGAIN of a racing rename is tried again a bounded number of times.
 * Return: a new descriptor or -errno.
 * Source: openat2(2), Linux 5.6.
 */
int open_in_root(int rootfd, const char *path, int flags, mode_t mode)
{
	return resolve(rootfd, path, flags, mode, 0);
}

/* open_in_mount - as open_in_root(), and -EXDEV where another mount is on the way */
int open_in_mount(int rootfd, const char *path, int flags)
{
	return resolve(rootfd, path, flags, 0, RESOLVE_NO_XDEV);
}

/**
 * open_no_links - open what a path of the host leads to without any symbolic link on the way
 * @path: absolute
 * @flags: as for open(2); O_CLOEXEC is added
 *
 * Return: a new descriptor, -ELOOP when there is one, or another -errno.
 */
int open_no_links(const char *path, int flags)
{
	struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
			       .resolve = RESOLVE_NO_SYMLINKS};
	long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

static int open_dir_step(int dirfd, int rootfd, const char *done, const char *name, mode_t mode)
{
	int fd;

	/* A plain child is the common case; a symlink is resolved from the root. */
	fd = openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno == ENOENT) {
		if (mkdirat(dirfd, name, mode) < 0 && errno != EEXIST)
			return -errno;
		fd = openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	if (errno != ENOTDIR && errno != ELOOP)
		return -errno;
	return open_in_root(rootfd, done, O_PATH | O_DIRECTORY, 0);
}

/**
 * mkdir_p_in_root - make a folder and its parents inside a root that is not trusted
 * @rootfd: the root folder
 * @path: absolute or relative; ".." is refused
 * @mode: of new folders
 *
 * Existing symlinks are followed inside the root; a dangling one is an error,
 * because following it would create what it points at.
 * Return: an O_PATH descriptor of the folder, or -errno.
 */
int mkdir_p_in_root(int rootfd, const char *path, mode_t mode)
{
	cleanup_free char *copy = xstrdup(path);
	cleanup_close int dir = fcntl(rootfd, F_DUPFD_CLOEXEC, 3);
	char *save = NULL;
	size_t at = 0;
	cleanup_free char *done = xcalloc(strlen(path) + 2, 1);

	if (dir < 0)
		return -errno;
	for (char *name = strtok_r(copy, "/", &save); name; name = strtok_r(NULL, "/", &save)) {
		int next;

		if (streq(name, "."))
			continue;
		if (streq(name, ".."))
			return -EINVAL;
		at += (size_t)sprintf(done + at, "/%s", name);
		next = open_dir_step(dir, rootfd, done, name, mode);
		if (next < 0)
			return next;
		close_fd(dir);
		dir = next;
	}
	return take_fd(&dir);
}

/**
 * mkdir_p - make a folder and its parents outside any container
 * @mode: of the last folder; parents get 0777 less the umask, at least u+wx
 *
 * Return: 0 or -errno.
 */
int mkdir_p(const char *path, mode_t mode)
{
	cleanup_free char *copy = NULL;

	if (!mkdir(path, mode) || errno == EEXIST)
		return 0;
	if (errno != ENOENT)
		return -errno;
	copy = xstrdup(path);
	for (char *p = strchr(copy + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(copy, 0777) < 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
			return -errno;
		*p = '/';
	}
	return mkdir(path, mode) < 0 && errno != EEXIST ? -errno : 0;
}

/**
 * path_clean - remove empty and "." parts and resolve ".." by text
 * @path: absolute
 * @out: receives an absolute path without a trailing slash (but "/" for the root)
 *
 * Return: 0, -EINVAL when @path is not absolute, -ENAMETOOLONG.
 */
int path_clean(const char *path, char *out, size_t size)
{
	size_t at = 0;

	if (*path != '/')
		return -EINVAL;
	while (*path) {
		size_t n;

		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (!n)
			break;
		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (at && out[--at] != '/')
				;
		} else if (n != 1 || path[0] != '.') {
			if (at + n + 2 > size)
				return -ENAMETOOLONG;
			out[at++] = '/';
			memcpy(out + at, path, n);
			at += n;
		}
		path += n;
	}
	if (!at)
		out[at++] = '/';
	out[at] = '\0';
	return 0;
}

/* How deep a tree is walked before what is below is moved up: each level holds a descriptor. */
#define REMOVE_DEPTH 64

struct removal {
	int top; /* the folder that is to go */
	int depth;
	unsigned long moved;
};

static int remove_entry(struct removal *rm, int dirfd, const char *name);

static int empty_dir(struct removal *rm, int fd)
{
	DIR *d = fdopendir(fd);
	struct dirent *de;
	int r = 0;

	if (!d) {
		r = -errno;
		close_fd(fd);
		return r;
	}
	while (!r && (de = readdir(d))) {
		if (!streq(de->d_name, ".") && !streq(de->d_name, ".."))
			r = remove_entry(rm, dirfd(d), de->d_name);
	}
	closedir(d);
	return r;
}

static int open_removal(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == EACCES) {
		/* Only a folder gets here: a symlink was unlinked before. */
		if (fchmodat(dirfd, name, 0700, 0) < 0)
			return -errno;
		fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return -errno;
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
		fchmod(fd, 0700);
	return fd;
}

/* Return: 0 gone, -ENOTEMPTY for a folder with something in it, or another -errno. */
static int remove_simple(int dirfd, const char *name)
{
	if (!unlinkat(dirfd, name, 0) || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (!unlinkat(dirfd, name, AT_REMOVEDIR) || errno == ENOENT)
		return 0;
	return errno == EEXIST ? -ENOTEMPTY : -errno;
}

/* Into the top folder, under a name that is free there: its loop finds it again. */
static int move_up(struct removal *rm, int dirfd, const char *name)
{
	char to[32];

	do
		snprintf(to, sizeof(to), ".moved-%lu", rm->moved++);
	while (!faccessat(rm->top, to, F_OK, AT_SYMLINK_NOFOLLOW));
	return renameat(dirfd, name, rm->top, to) < 0 ? -errno : 0;
}

static int remove_entry(struct removal *rm, int dirfd, const char *name)
{
	int r = remove_simple(dirfd, name), fd;

	if (r != -ENOTEMPTY)
		return r;
	fd = open_removal(dirfd, name);
	if (fd < 0)
		return fd;
	if (rm->depth == REMOVE_DEPTH) {
		close_fd(fd);
		return move_up(rm, dirfd, name);
	}
	rm->depth++;
	r = empty_dir(rm, fd);
	rm->depth--;
	if (!r && unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = -errno;
	return r;
}

/**
 * remove_tree_at - remove a file or a whole folder, never following a symlink
 * @dirfd: where it is
 * @name: one path component
 *
 * Folders that their owner may not enter (mode 000, as overlay leaves them) are
 * opened up on the way down. The tree may be of any depth: a container can nest
 * more folders than we can have descriptors.
 * Return: 0 (also when it is not there) or -errno.
 */
int remove_tree_at(int dirfd, const char *name)
{
	struct removal rm = {.top = -1};
	cleanup_close int top = -1;
	unsigned long before;
	int r = remove_simple(dirfd, name);

	if (r != -ENOTEMPTY)
		return r;
	rm.top = top = open_removal(dirfd, name);
	if (top < 0)
		return top;
	do {
		int fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		before = rm.moved;
		r = fd < 0 ? -errno : empty_dir(&rm, fd);
	} while (!r && rm.moved != before);
	if (!r && unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = -errno;
	return r;
}

/* path_join - "a/b", without doubling the slash; a new string */
char *path_join(const char *a, const char *b)
{
	return xasprintf("%s%s%s", a, str_has_suffix(a, "/") ? "" : "/", b);
}

/* path_absolute - @path, or it behind the current folder; a new string, NULL when that is gone */
char *path_absolute(const char *path)
{
	char cwd[PATH_MAX];

	if (*path == '/')
		return xstrdup(path);
	if (!getcwd(cwd, sizeof(cwd)) || *cwd != '/')
		return NULL;
	return path_join(cwd, path);
}
