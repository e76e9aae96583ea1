/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Doctor: where images, containers and live state lie.
 */
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>

#include "linux/sys.h"
#include "sandbox/doctor.h"

#define LOW_SPACE  (1ULL << 30)
#define SOCKET_MAX 40 /* what the names of our sockets add to the runtime folder's path */

static long ret(long r)
{
	return r < 0 ? -errno : r;
}

/* ---- a folder of ours in the store --------------------------------------------------------------- */

/*
 * struct scratch - a folder in the store's trash, locked while it is used: what a
 * killed doctor leaves there is swept like everything else in it
 */
struct scratch {
	int trash, dir;
	char name[32];
	char *path;
};

static int scratch_open(struct scratch *s, const struct doctor *d, struct err *e)
{
	char id[9];

	*s = (struct scratch){.trash = -1, .dir = -1};
	if (!d->dirs.store)
		return fail(e, ENOENT, "%s", d->store_error.msg);
	s->trash = dirs_open(d->dirs.store, "trash", e);
	if (s->trash < 0)
		return s->trash;
	random_hex(id, 8);
	snprintf(s->name, sizeof(s->name), "doctor-%s", id);
	s->path = xasprintf("%s/trash/%s", d->dirs.store, s->name);
	if (mkdirat(s->trash, s->name, 0700) < 0)
		return fail_errno(e, "cannot make a folder in %s", d->dirs.store);
	s->dir = openat(s->trash, s->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0)
		return fail_errno(e, "cannot open a folder in %s", d->dirs.store);
	if (flock(s->dir, LOCK_EX | LOCK_NB) < 0)
		return fail_errno(e, "cannot lock a folder in %s", d->dirs.store);
	return 0;
}

static void scratch_close(struct scratch *s)
{
	if (s->trash >= 0 && s->name[0])
		remove_tree_at(s->trash, s->name);
	close_fdp(&s->dir);
	close_fdp(&s->trash);
	free(take_ptr(s->path));
}

static bool make_file(struct trial *t, int dir, const char *name, const char *at)
{
	cleanup_close int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return trial_ok(t, ret(fd), at) && trial_ok(t, write_full(fd, "doctor\n", 7), at);
}

/* ---- the store ------------------------------------------------------------------------------------- */

static const char *fs_name(long magic)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} names[] = {
		{0xef53, "ext4"},         {0x58465342, "xfs"},     {0x9123683e, "btrfs"},
		{0x01021994, "tmpfs"},    {0x2fc12fc1, "zfs"},     {0xf2f52010, "f2fs"},
		{0xca451a4e, "bcachefs"}, {0x794c7630, "overlay"}, {0x65735546, "FUSE"},
		{0x6969, "NFS"},          {0xff534d42, "CIFS"},    {0xfe534d42, "SMB"},
		{0x0bd00bd0, "Lustre"},   {0x00c36400, "Ceph"},    {0x01021997, "9p"},
		{0x47504653, "GPFS"},     {0x19830326, "BeeGFS"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].magic == ((unsigned long)magic & 0xffffffff))
			return names[i].name;
	}
	return "an unknown file system";
}

static int try_store(const struct scratch *s, struct err *e)
{
	struct trial t = {0};

	if (make_file(&t, s->dir, "a", "writing a file"))
		trial_ok(&t, ret(renameat(s->dir, "a", s->dir, "b")), "renaming a file");
	if (!t.error)
		trial_ok(&t, ret(linkat(s->dir, "b", s->dir, "c", 0)), "linking a file");
	if (!t.error)
		trial_ok(&t, ret(symlinkat("b", s->dir, "d")), "making a symbolic link");
	return t.error ? fail(e, t.error, "%s failed: %s", t.at, strerror(t.error)) : 0;
}

void probe_store(struct doctor *d, struct doctor_row *row)
{
	struct err e = {0};
	struct scratch s;
	struct statfs fs;
	char space[16];
	int r = scratch_open(&s, d, &e);

	if (!r)
		r = try_store(&s, &e);
	if (r < 0) {
		row_set(row, FINDING_FAIL, "%s", e.msg);
		row_fix(row,
			"give a folder of yours on a local file system: --root DIR or XDG_DATA_HOME");
	} else if (fstatfs(s.dir, &fs) < 0) {
		row_set(row, FINDING_WARN, "%s: %s", d->dirs.store, strerror(errno));
	} else {
		uint64_t bytes = (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize;

		format_size(space, bytes);
		row_set(row, bytes < LOW_SPACE ? FINDING_WARN : FINDING_OK, "%s on %s, %s free",
			d->dirs.store, fs_name(fs.f_type), space);
		if (bytes < LOW_SPACE)
			row_fix(row,
				"make room, or give another folder: --root DIR or XDG_DATA_HOME");
	}
	scratch_close(&s);
}

/* ---- drivers of the root file system ------------------------------------------------------------------ */

static bool make_overlay(struct trial *t)
{
	static const char *const folders[] = {"lower", "lower/dir", "upper", "work", "merged"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		if (!trial_ok(t, ret(mkdir(folders[i], 0755)), "making a folder"))
			return false;
	}
	return make_file(t, AT_FDCWD, "lower/file", "writing a file");
}

/*
 * Mounts one as the launch does and then does what needs support below: a copy up, a
 * whiteout (a device node or an xattr), an opaque folder (an xattr), volatile.
 */
static void try_overlay(struct trial *t, const void *ctx)
{
	const struct scratch *s = ctx;
	const char *options = "lowerdir=lower,upperdir=upper,workdir=work,userxattr";
	struct stat st;

	/* By path: what is mounted has to lie in this mount namespace, and s->dir does not. */
	if (!trial_ok(t, ret(chdir(s->path)), "entering the store") || !make_overlay(t) ||
	    !trial_ok(t, ret(mount("overlay", "merged", "overlay", 0, options)), "mounting it") ||
	    !trial_ok(t, ret(chmod("merged/file", 0600)), "copying a file up") ||
	    !trial_ok(t, ret(unlink("merged/file")), "removing a file of the image") ||
	    !trial_ok(t, ret(rmdir("merged/dir")), "removing a folder of the image") ||
	    !trial_ok(t, ret(mkdir("merged/dir", 0755)), "making that folder again") ||
	    !make_file(t, AT_FDCWD, "merged/new", "writing a file"))
		return;
	if (!stat("merged/file", &st))
		trial_ok(t, -EIO, "hiding a removed file");
	trial_ok(t, ret(umount2("merged", 0)), "unmounting it");
	t->number = !mount("overlay", "merged", "overlay", 0,
			   "lowerdir=lower,upperdir=upper,workdir=work,userxattr,volatile");
	umount2("merged", MNT_DETACH);
}

void probe_overlay(struct doctor *d, struct doctor_row *row)
{
	struct err e = {0};
	struct scratch s;
	struct trial t;
	struct statfs fs = {0};

	if (!d->userns) {
		row_set(row, FINDING_NOTE, "not tried: it needs user namespaces");
		return;
	}
	if (scratch_open(&s, d, &e) < 0) {
		row_set(row, FINDING_NOTE, "not tried: there is no store");
		scratch_close(&s);
		return;
	}
	fstatfs(s.dir, &fs);
	trial_run(&t, CLONE_NEWUSER | CLONE_NEWNS, try_overlay, &s);
	scratch_close(&s);
	d->overlay = !t.error;
	if (!t.error) {
		row_set(row, FINDING_OK, "works in the store%s",
			t.number ? "" : ", but not volatile: removal waits for the disk");
		return;
	}
	row_set(row, FINDING_WARN, "does not work in the store (%s): %s failed: %s",
		fs_name(fs.f_type), t.at, strerror(t.error));
	row_fix(row,
		"put the store on a local file system (--root DIR), or use Linux 5.11 or newer%s",
		fuse_program() ? "; until then fuse-overlayfs is taken, which is slower"
			       : ", or install fuse-overlayfs");
}

static void try_fuse(struct trial *t, const void *ctx __unused)
{
	cleanup_close int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[96];

	if (!trial_ok(t, ret(fd), "opening /dev/fuse"))
		return;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	/* Nobody answers: the mount goes when this namespace does. */
	trial_ok(t, ret(mount("doctor", "/tmp", "fuse", MS_NOSUID | MS_NODEV, options)),
		 "mounting a FUSE file system");
}

void probe_fuse(struct doctor *d, struct doctor_row *row)
{
	enum finding level = d->overlay ? FINDING_NOTE : FINDING_WARN;
	const char *path = fuse_program();
	struct trial t;

	if (!d->userns) {
		row_set(row, FINDING_NOTE, "not tried: it needs user namespaces");
		return;
	}
	trial_run(&t, CLONE_NEWUSER | CLONE_NEWNS, try_fuse, NULL);
	if (t.error) {
		row_set(row, level, "%s failed: %s", t.at, strerror(t.error));
		if (t.error == ENOENT || t.error == ENODEV)
			row_fix(row,
				"as root: modprobe fuse; in a container: give it --device /dev/fuse");
		else if (t.error == EACCES)
			row_fix(row, "as root: chmod 666 /dev/fuse");
		return;
	}
	if (path) {
		row_set(row, FINDING_OK, "%s, and /dev/fuse works", path);
		return;
	}
	row_set(row, level, "/dev/fuse works, the program is not installed");
	row_fix(row, "as root: apt-get install fuse-overlayfs");
}

void probe_copy(struct doctor *d, struct doctor_row *row)
{
	cleanup_close int from = -1, to = -1;
	struct trial t = {0};
	struct err e = {0};
	struct scratch s;

	if (scratch_open(&s, d, &e) < 0) {
		row_set(row, FINDING_NOTE, "not tried: there is no store");
		scratch_close(&s);
		return;
	}
	make_file(&t, s.dir, "from", "writing a file");
	from = openat(s.dir, "from", O_RDONLY | O_CLOEXEC);
	to = openat(s.dir, "to", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (!ioctl(to, FICLONE, from))
		row_set(row, FINDING_OK, "the store's file system shares blocks between copies");
	else
		row_set(row, FINDING_OK, "works, each copy takes its full size (%s)",
			errno == EOPNOTSUPP ? "no reflinks" : strerror(errno));
	scratch_close(&s);
}

/* ---- the runtime folder ---------------------------------------------------------------------------------- */

/* A socket there, connected to. */
static int try_socket(const char *dir, struct err *e)
{
	cleanup_close int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cleanup_close int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char id[9];
	int r = 0;

	random_hex(id, 8);
	if (strlen(dir) + SOCKET_MAX > sizeof(a.sun_path))
		return fail(e, ENAMETOOLONG, "the path %s is too long for a socket", dir);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/doctor-%s", dir, id);
	if (bind(server, (struct sockaddr *)&a, sizeof(a)) < 0)
		return fail_errno(e, "cannot make a socket in %s", dir);
	if (listen(server, 1) < 0 || connect(client, (struct sockaddr *)&a, sizeof(a)) < 0)
		r = fail_errno(e, "cannot use a socket in %s", dir);
	unlink(a.sun_path);
	return r;
}

void probe_runtime(struct doctor *d, struct doctor_row *row)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	struct err e = {0};
	struct statfs fs = {0};
	cleanup_close int fd = -1;

	if (!d->dirs.run) {
		row_set(row, FINDING_FAIL, "%s", d->run_error.msg);
		return;
	}
	fd = dirs_open(d->dirs.run, "", &e);
	if (fd < 0 || try_socket(d->dirs.run, &e) < 0) {
		row_set(row, FINDING_FAIL, "%s", e.msg);
		row_fix(row,
			"set XDG_RUNTIME_DIR to a folder of yours with mode 0700 and a short path");
		return;
	}
	fstatfs(fd, &fs);
	row_set(row, FINDING_OK, "%s on %s%s", d->dirs.run, fs_name(fs.f_type),
		xdg && str_has_prefix(d->dirs.run, xdg)
			? ""
			: " (XDG_RUNTIME_DIR is not set or not yours)");
}
