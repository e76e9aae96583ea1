/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * --no-pivot, for hosts that run from the kernel's initial root, which pivot_root(2) refuses: the
 * new root is moved over "/", and the old one stays below, out of reach. But not without effect:
 * who makes a user namespace may mount a proc or sysfs of his own as long as a whole one is
 * somewhere in his mount namespace, and the host's would be, beside the masked one of the
 * container. So all others are unmounted before; where the kernel has locked them, for who is in
 * a user namespace, an empty file system covers each. As runc, msMoveRoot().
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "sandbox/internal.h"

/**
 * struct host_mount - a line of mountinfo
 * @kernels: a whole proc or sysfs
 */
struct host_mount {
	int id, parent;
	char *point;
	bool kernels;
};

struct host_mounts {
	struct host_mount *v;
	size_t n;
};

static void forget(struct host_mounts *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].point);
	free(m->v);
	*m = (struct host_mounts){};
}

/* Blanks and the like are \ooo. */
static void unescape(char *s)
{
	char *out = s;

	for (; *s; s++) {
		if (*s == '\\' && s[1] && s[2] && s[3]) {
			*out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
}

/* ID PARENT MAJOR:MINOR ROOT POINT OPTIONS... - TYPE ... */
static int add_line(struct host_mounts *m, const char *line)
{
	const char *type = strstr(line, " - ");
	cleanup_free char *root = NULL;
	struct host_mount one = {};

	if (!type ||
	    sscanf(line, "%d %d %*s %ms %ms", &one.id, &one.parent, &root, &one.point) != 4)
		return -EINVAL;
	one.kernels = streq(root, "/") &&
		      (str_has_prefix(type, " - proc ") || str_has_prefix(type, " - sysfs "));
	unescape(one.point);
	m->v = xreallocarray(m->v, m->n + 1, sizeof(*m->v));
	m->v[m->n++] = one;
	return 0;
}

/* @fd stays good when /proc itself is unmounted. */
static int read_mounts(int fd, struct host_mounts *m)
{
	cleanup_buf struct buf text = {};
	cleanup_strv struct strv lines = {};
	int r = lseek(fd, 0, SEEK_SET) < 0 ? -errno : read_rest(fd, 64 << 20, &text);

	if (r < 0 || !text.len)
		return r;
	strv_split(&lines, str_trim(text.data), '\n');
	strv_for_each (line, &lines) {
		if (!r)
			r = add_line(m, line);
	}
	return r;
}

static bool is_below(const struct host_mounts *m, int id, int top)
{
	for (size_t depth = 0; depth <= m->n && id != top; depth++) {
		size_t i = 0;

		while (i < m->n && m->v[i].id != id)
			i++;
		if (i == m->n)
			return false;
		id = m->v[i].parent;
	}
	return id == top;
}

static bool is_covered(const struct host_mounts *m, const struct host_mount *by)
{
	for (size_t i = 0; i < m->n; i++) {
		if (m->v[i].parent == by->id && streq(m->v[i].point, by->point))
			return true;
	}
	return false;
}

static int mount_id(int fd)
{
	struct statx st;

	return statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0 ? -errno : (int)st.stx_mnt_id;
}

static int hide(const struct host_mount *m)
{
	static const char *const options[] = {"size=0", "nr_inodes=1", "mode=555", NULL};
	cleanup_close int target = open(m->point, O_PATH | O_DIRECTORY | O_CLOEXEC), cover = -1;

	if (target < 0 || mount_id(target) != m->id)
		return -ENOENT;
	if (!umount2(m->point, MNT_DETACH | UMOUNT_NOFOLLOW))
		return 0;
	if (errno != EINVAL && errno != EPERM)
		return -errno;
	cover = tmpfs_open(options, MOUNT_ATTR_RDONLY, NULL);
	return cover < 0 ? cover : mount_attach(cover, target, m->point, NULL);
}

/* Return: 1 when one was hidden, and there may be more; 0 when there is none; or -errno. */
static int hide_one(int fd, int root, struct err *e)
{
	struct host_mounts m __attribute__((cleanup(forget))) = {};
	const char *left = NULL;
	int r = read_mounts(fd, &m);

	if (r < 0)
		return fail(e, -r, "cannot read the list of mounts: %s", strerror(-r));
	for (size_t i = 0; i < m.n; i++) {
		if (!m.v[i].kernels || is_covered(&m, &m.v[i]) || is_below(&m, m.v[i].id, root))
			continue;
		if (!hide(&m.v[i]))
			return 1;
		left = m.v[i].point;
	}
	return left ? fail(e, EBUSY,
			   "--no-pivot: cannot hide the host's %s from the container; unmount it",
			   left)
		    : 0;
}

/* move_root - make the root file system, in which we are, that of this mount namespace */
int move_root(struct launch *l, struct err *e)
{
	cleanup_close int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	int root = mount_id(l->c.root), r;

	if (fd < 0 || root < 0)
		return fail_errno(e, "cannot read the list of mounts");
	do
		r = hide_one(fd, root, e);
	while (r > 0);
	if (r < 0)
		return r;
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return fail_errno(e, "cannot move the root file system");
	return 0;
}
