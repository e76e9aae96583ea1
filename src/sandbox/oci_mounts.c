/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * The mounts of a bare spec: those that config.json names, in its order, and no others. As
 * in mounts.c each is made in two halves. What needs no id map and no root is made first,
 * detached: proc, sysfs, mqueue, cgroup2, and the clones that binds show. They are opened
 * before the mounts of this namespace are cut off from the host's, so that a clone is still
 * a peer of what it was made of: "rslave" and "rshared" are about that. Where we are root and
 * the container gets a user namespace, binds and the root are opened by the parent, because
 * container root may be nobody to the folders above them.
 *
 * A target is resolved inside the root, and used by descriptor. proc and sysfs go nowhere
 * through a symlink (CVE-2019-19921), and over a file of proc only what is proc itself or
 * what lxcfs fakes is mounted (CVE-2019-16884).
 */
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "sandbox/internal.h"

#ifndef MOUNT_ATTR_IDMAP
#define MOUNT_ATTR_IDMAP 0x00100000
#endif

static bool is_on(int fd, long magic)
{
	struct statfs fs;

	return fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == magic;
}

static bool is_kernel_fs(const char *type)
{
	static const char *const types[] = {"proc", "sysfs", "mqueue", "cgroup", "cgroup2"};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (streq(type, types[i]))
			return true;
	}
	return false;
}

/* ---- sources: binds -------------------------------------------------------------------------------- */

/*
 * Other ids need a user namespace that has them as its map, and rights over the file system
 * that a user has over none of the host's. Linux 5.12.
 */
static int map_ids(const struct launch *l, const struct mount_spec *m, int fd, struct err *e)
{
	struct idmap_plan plan = {.driver = IDMAP_DIRECT,
				  .uid = m->uidmap.n ? m->uidmap : l->plan->uid,
				  .gid = m->gidmap.n ? m->gidmap : l->plan->gid};
	cleanup_close int ns = -1;
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	int r;

	if (l->plan->driver != IDMAP_NONE && l->plan->driver != IDMAP_DIRECT)
		return fail(
			e, EPERM,
			"%s: a mount with mapped ids takes root; leave uidMappings, gidMappings and idmap out",
			m->target);
	ns = userns_of_maps(&plan, e);
	if (ns < 0)
		return fail_in(e, ns, "%s", m->target);
	attr.userns_fd = (uint64_t)(unsigned)ns;
	r = sys_mount_setattr_args(
		fd, AT_EMPTY_PATH | (m->idmapped == IDMAPPED_RECURSIVE ? AT_RECURSIVE : 0), &attr);
	if (r < 0)
		return fail(e, -r, "%s: the file system of %s cannot show mapped ids: %s",
			    m->target, m->source, strerror(-r));
	return 0;
}

#define ATIME (MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME)

/*
 * The kernel locks access times for whoever makes a user namespace. They guard nothing, so
 * where it refuses a change, the rest is asked for without them.
 */
static int set_attrs(const struct mount_spec *m, int fd, unsigned flags, uint64_t set, uint64_t clr,
		     uint64_t propagation)
{
	int r = sys_mount_setattr(fd, "", flags, set, clr, propagation);

	if (r != -EPERM || !((set | clr) & ATIME))
		return r;
	log_debug("%s: access times are locked here, ignoring", m->target);
	return sys_mount_setattr(fd, "", flags, set & ~(uint64_t)ATIME, clr & ~(uint64_t)ATIME,
				 propagation);
}

/* The whole tree in one go: a shared one must not be private meanwhile, which would cut it off. */
static int set_options(const struct mount_spec *m, int fd)
{
	unsigned all = AT_EMPTY_PATH | (m->recursive ? AT_RECURSIVE : 0);
	bool whole = m->propagation && (m->rpropagation || !m->recursive);
	int r;

	r = set_attrs(m, fd, all, m->rattr_set, m->rattr_clr, whole ? m->propagation : MS_PRIVATE);
	if (!r && m->propagation && !whole)
		r = sys_mount_setattr(fd, "", AT_EMPTY_PATH, 0, 0, m->propagation);
	if (!r && (m->attr_set | m->attr_clr))
		r = set_attrs(m, fd, AT_EMPTY_PATH, m->attr_set, m->attr_clr, 0);
	return r;
}

static int open_bind(const struct launch *l, const struct mount_spec *m, struct err *e)
{
	int fd = source_open(m, false, e), r;

	if (fd < 0)
		return fd;
	r = m->idmapped != IDMAPPED_NO ? map_ids(l, m, fd, e) : 0;
	if (!r) {
		r = set_options(m, fd);
		if (r < 0)
			r = source_failed(m, r, e);
	}
	if (r < 0) {
		close_fd(fd);
		return r;
	}
	return fd;
}

/* ---- sources: file systems ----------------------------------------------------------------------------- */

static int set_data(int fs, const char *word)
{
	char key[256];
	size_t n = strcspn(word, "=");

	if (!word[n])
		return sys_fsconfig(fs, FSCONFIG_SET_FLAG, word, NULL, 0);
	snprintf(key, sizeof(key), "%.*s", (int)MIN(n, sizeof(key) - 1), word);
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, word + n + 1, 0);
}

/**
 * new_fs - a file system of its own, detached
 * @type: for fsopen(2)
 * @data: its options
 *
 * Return: a mount descriptor, or -errno and @e is set.
 */
static int new_fs(const char *type, const struct mount_spec *m, const struct strv *data,
		  uint64_t attrs, struct err *e)
{
	const char *source = m->source && *m->source ? m->source : type;
	cleanup_close int fs = sys_fsopen(type, FSOPEN_CLOEXEC);
	int r = fs;

	if (fs == -ENODEV)
		return fail(e, ENODEV, "%s: the kernel has no file system \"%s\"", m->target, type);
	if (fs < 0)
		return fail(e, -fs, "%s: cannot make a %s: %s", m->target, type, strerror(-fs));
	r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0);
	strv_for_each (word, data) {
		if (r < 0)
			break;
		r = set_data(fs, word);
		if (r < 0)
			return fail(e, -r, "%s: a %s has no option \"%.100s\": %s", m->target, type,
				    word, strerror(-r));
	}
	if (r >= 0)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r >= 0)
		r = sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)attrs);
	if (r < 0) {
		cleanup_free char *what = xasprintf("%s: cannot make a %s", m->target, type);

		return fs_fail(fs, r, what, e);
	}
	return r;
}

static const struct {
	const char *type, *fs;
	enum ns_kind kind;
	const char *host; /* what is shown where the kernel refuses a new one */
} kernel_fs[] = {
	{"proc", "proc", NS_PID, "/proc"},
	{"sysfs", "sysfs", NS_NET, "/sys"},
	{"mqueue", "mqueue", NS_IPC, "/dev/mqueue"},
	{"cgroup", "cgroup2", NS_CGROUP, "/sys/fs/cgroup"},
	{"cgroup2", "cgroup2", NS_CGROUP, "/sys/fs/cgroup"},
};

/*
 * A namespace that is shared with the host gives no new instance to a user: then it is the
 * host's that is shown, and its sysfs and cgroups read-only. With a namespace of its own, a
 * refusal is none that may be passed over: it would show the host's.
 */
static int open_kernel(struct launch *l, const struct mount_spec *m, struct err *e)
{
	size_t i = 0;
	uint64_t attrs = m->attr_set | m->rattr_set;
	struct err why = {};
	int fd;

	while (!streq(kernel_fs[i].type, m->type))
		i++;
	fd = new_fs(kernel_fs[i].fs, m, &m->data, attrs, &why);
	if (fd >= 0)
		return fd;
	if (fd != -EPERM ||
	    (l->spec->ns[kernel_fs[i].kind].mode != NS_HOST && kernel_fs[i].kind != NS_NET)) {
		*e = why;
		return fd == -EPERM
			       ? fail_hint(
					 e, fd,
					 "that of this host is partly masked (are we inside a container?): share its namespace with the host, or run where it is not")
			       : fd;
	}
	if (i)
		attrs |= MOUNT_ATTR_RDONLY;
	fd = fs_clone(kernel_fs[i].host, attrs);
	return fd < 0 ? fail(e, -fd, "%s: cannot show the host's %s: %s", m->target,
			     kernel_fs[i].host, strerror(-fd))
		      : fd;
}

/* ---- the rows before the root is there ------------------------------------------------------------------- */

static void begin_sources(struct launch *l)
{
	size_t n = l->spec->mounts.n;

	if (l->c.sources)
		return;
	l->c.sources = xmalloc(MAX(n, (size_t)1) * sizeof(int));
	for (size_t i = 0; i < n; i++)
		l->c.sources[i] = -1;
}

static int open_binds(struct launch *l, struct err *e)
{
	const struct mounts *m = &l->spec->mounts;

	for (size_t i = 0; i < m->n; i++) {
		if (l->c.sources[i] >= 0 || !streq(m->v[i].type, "bind"))
			continue;
		l->c.sources[i] = open_bind(l, &m->v[i], e);
		if (l->c.sources[i] < 0)
			return fail_in(e, l->c.sources[i], "mounts[%zu]", i);
	}
	return 0;
}

/* Parent: as root, of what container root may not be able to reach. */
int step_early_sources(struct launch *l, struct err *e)
{
	int r;

	begin_sources(l);
	r = root_tree(l, e);
	return r < 0 ? r : open_binds(l, e);
}

/* The container's own, be it a new one or a bind. */
static void find_kernel(struct launch *l)
{
	const struct mounts *m = &l->spec->mounts;

	for (size_t i = 0; i < m->n; i++) {
		int fd = l->c.sources[i];

		if (streq(m->v[i].target, "/proc") && is_on(fd, PROC_SUPER_MAGIC))
			l->c.proc = fd;
		if (streq(m->v[i].target, "/sys") && is_on(fd, SYSFS_MAGIC))
			l->c.sys = fd;
	}
}

/* early_sources_drop - the parent's own, once the child has its copies */
void early_sources_drop(struct launch *l)
{
	for (size_t i = 0; l->c.sources && i < l->spec->mounts.n; i++)
		close_fd(l->c.sources[i]);
	free(take_ptr(l->c.sources));
	close_fd(take_fd(&l->c.tree));
}

int step_oci_sources(struct launch *l, struct err *e)
{
	const struct mounts *m = &l->spec->mounts;
	int r;

	begin_sources(l);
	r = l->c.tree < 0 ? root_tree(l, e) : 0;
	if (!r)
		r = open_binds(l, e);
	for (size_t i = 0; r >= 0 && i < m->n; i++) {
		if (!is_kernel_fs(m->v[i].type))
			continue;
		r = l->c.sources[i] = open_kernel(l, &m->v[i], e);
		if (r < 0)
			return fail_in(e, r, "mounts[%zu]", i);
	}
	find_kernel(l);
	return MIN(r, 0);
}

/* ---- targets -------------------------------------------------------------------------------------------------- */

/* What lxcfs and the like show instead of the host's numbers. Source: runc, CVE-2019-16884. */
static const char *const faked[] = {
	"/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg", "/proc/meminfo", "/proc/slabinfo",
	"/proc/stat",    "/proc/swaps",     "/proc/uptime",  "/proc/net/dev",
};

static bool may_cover_proc(const struct mount_spec *m, int source)
{
	if (is_on(source, PROC_SUPER_MAGIC))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(faked); i++) {
		if (streq(m->target, faked[i]))
			return true;
	}
	return false;
}

static int open_target(struct launch *l, const struct mount_spec *m, int source, bool dir,
		       struct err *e)
{
	bool plain = streq(m->type, "proc") || streq(m->type, "sysfs");
	cleanup_close int fd = open_in_root(l->c.root, m->target, O_PATH | (plain ? O_NOFOLLOW : 0),
					    0);
	struct stat st;

	if (fd == -ENOENT) {
		fd = dir ? mkdir_p_in_root(l->c.root, m->target, 0755)
			 : make_file(l->c.root, m->target);
		if (fd == -EROFS || fd == -EACCES || fd == -EPERM)
			return fail(
				e, -fd,
				"%s is not in the root file system, and cannot be made there: %s; make it, or give a root that you may write",
				m->target, strerror(-fd));
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(e, fd < 0 ? -fd : errno, "cannot reach %s inside the container: %s",
			    m->target, strerror(fd < 0 ? -fd : errno));
	if (plain && !S_ISDIR(st.st_mode))
		return fail(
			e, EINVAL,
			"%s of the root file system is not a plain folder; such a root is refused",
			m->target);
	if (S_ISDIR(st.st_mode) != dir)
		return fail(e, dir ? ENOTDIR : EISDIR,
			    "%s is %s in the container, and %s on the host", m->target,
			    dir ? "a file" : "a folder", dir ? "a folder" : "a file");
	if (is_on(fd, PROC_SUPER_MAGIC) && !may_cover_proc(m, source))
		return fail(
			e, EINVAL,
			"%s leads to the kernel's own files in the container: nothing is mounted over them",
			m->target);
	return take_fd(&fd);
}

/* ---- mounts that are made in place ----------------------------------------------------------------------------- */

static bool has_key(const struct strv *data, const char *key)
{
	size_t n = strlen(key);

	strv_for_each (word, data) {
		if (!strncmp(word, key, n) && (!word[n] || word[n] == '='))
			return true;
	}
	return false;
}

static bool selinux_here(void)
{
	return access("/sys/fs/selinux/enforce", F_OK) == 0;
}

/* The options of a file system, and what the specification adds to them. */
static void complete_data(struct launch *l, const struct mount_spec *m, int target,
			  struct strv *data)
{
	struct stat st;
	uint32_t none;

	strv_for_each (word, &m->data) {
		uint32_t gid;

		/* Terminals stay with their user's group where tty is not mapped. */
		if (streq(m->type, "devpts") && !strncmp(word, "gid=", 4) &&
		    !parse_u32(word + 4, &gid) && !idmap_lookup(&l->plan->gid, gid, &none))
			log_debug("%s: group %u is not mapped, ignoring", m->target, gid);
		else
			strv_add(data, word);
	}
	/* A tmpfs over a folder of the image has that folder's mode, as under runc. */
	if (streq(m->type, "tmpfs") && !has_key(data, "mode") && !fstat(target, &st))
		strv_addf(data, "mode=%o", (unsigned)(st.st_mode & 07777));
	if (l->spec->sec.mount_label && *l->spec->sec.mount_label && selinux_here())
		strv_addf(data, "context=%s", l->spec->sec.mount_label);
}

static int copy_image(const struct mount_spec *m, int mount, int target, struct err *e)
{
	cleanup_close int from = openat(target, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_close int to = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = from < 0 || to < 0 ? -errno : copy_up(from, to);

	return r < 0 ? fail(e, -r, "%s: cannot copy what the root has there: %s", m->target,
			    strerror(-r))
		     : 0;
}

static int make_fs(struct launch *l, const struct mount_spec *m, int target, struct err *e)
{
	cleanup_strv struct strv data = {};
	cleanup_close int fd = -1;
	int r = 0;

	complete_data(l, m, target, &data);
	if (streq(m->type, "devpts") && !has_key(&data, "newinstance"))
		strv_add(&data, "newinstance");
	fd = new_fs(m->type, m, &data, m->attr_set & ~(uint64_t)MOUNT_ATTR_RDONLY, e);
	if (fd < 0)
		return fd;
	if (m->tmpcopyup)
		r = copy_image(m, fd, target, e);
	if (!r && (m->attr_set & MOUNT_ATTR_RDONLY || m->rattr_set || m->rattr_clr)) {
		r = sys_mount_setattr(fd, "", AT_EMPTY_PATH,
				      m->rattr_set | (m->attr_set & MOUNT_ATTR_RDONLY),
				      m->rattr_clr, 0);
		if (r < 0)
			return fail(e, -r, "%s: cannot set its options: %s", m->target,
				    strerror(-r));
	}
	return r < 0 ? r : take_fd(&fd);
}

static int remount(struct launch *l, const struct mount_spec *m, struct err *e)
{
	cleanup_close int fd = open_in_root(l->c.root, m->target, O_PATH, 0);
	int r;

	if (fd < 0)
		return fail(e, -fd, "cannot reach %s inside the container: %s", m->target,
			    strerror(-fd));
	r = sys_mount_setattr(fd, "", AT_EMPTY_PATH, m->attr_set, m->attr_clr, m->propagation);
	if (!r && (m->rattr_set | m->rattr_clr))
		r = sys_mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, m->rattr_set,
				      m->rattr_clr, 0);
	return r < 0 ? fail(e, -r, "%s: cannot set its options: %s", m->target, strerror(-r)) : 0;
}

static int mount_one(struct launch *l, const struct mount_spec *m, int source, struct err *e)
{
	cleanup_close int target = -1, made = -1;
	struct stat st = {.st_mode = S_IFDIR};
	int r;

	if (streq(m->type, "remount"))
		return remount(l, m, e);
	if (source >= 0 && fstat(source, &st) < 0)
		return fail_errno(e, "cannot mount %s", m->target);
	target = open_target(l, m, source, S_ISDIR(st.st_mode), e);
	if (target < 0)
		return target;
	if (source < 0) {
		made = source = make_fs(l, m, target, e);
		if (source < 0)
			return source;
	}
	r = mount_attach(source, target, m->target, e);
	if (!r && !streq(m->type, "bind") && m->propagation)
		r = sys_mount_setattr(source, "", AT_EMPTY_PATH, 0, 0, m->propagation);
	return r < 0 && e && !e->code ? fail(e, -r, "%s: %s", m->target, strerror(-r)) : r;
}

int step_oci_mounts(struct launch *l, struct err *e)
{
	const struct mounts *m = &l->spec->mounts;
	int r = 0;

	for (size_t i = 0; !r && i < m->n; i++) {
		r = mount_one(l, &m->v[i], l->c.sources[i], e);
		if (r < 0)
			return fail_in(e, r, "mounts[%zu]", i);
	}
	return r;
}
