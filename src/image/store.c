/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 *	refs/NAME			what a name stands for (record.c)
 *	layers/CHAIN/MAP/{fs,info}	an unpacked tarball: CHAIN is its sha256, MAP an id map
 *	blobs/sha256/DIGEST		tarballs that were downloaded
 *	tmp/RANDOM			what is being unpacked or removed
 *	locks/NAME			makes eight starts of one image unpack it once
 *
 * A folder below tmp/ is locked by whoever fills or empties it. The lock is on
 * the folder itself and dies with its holder, so a folder that can be locked is
 * rubbish and the next command removes it. A layer comes into being by one
 * rename from tmp/ and goes by one rename into tmp/: it is whole or not there.
 * Who runs a container keeps a shared lock on the layer's folder, who removes
 * one takes an exclusive one. A flock on a folder works in a read-only store.
 *
 * Trees belong to subordinate ids, which only root of a user namespace with
 * their map may remove; so a removal that fails is tried again in one.
 *
 * Durability: before the rename that makes a layer the file system of the store
 * is synced once (syncfs: one journal commit; an fsync for each of 500 files
 * takes several times as long), after it the folders, then the record. Without
 * sync (image_req.no_sync) layer and record carry the boot id and are void after
 * the next boot.
 */
#include <dirent.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>

#include "image/internal.h"
#include "linux/sys.h"

static int open_dir_at(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int read_only(const struct store *s, struct err *e)
{
	return fail(
		e, EROFS,
		"the store %s is read-only and this needs to write to it; name another one with --root DIR",
		s->path);
}

static int store_dir(const struct store *s, const char *sub, struct err *e)
{
	int fd = dirs_open(s->path, sub, e);

	if (fd == -EROFS)
		return read_only(s, e);
	return fd == -ENOSPC || fd == -EDQUOT ? store_space(s, fd, "making its folders", e) : fd;
}

/**
 * store_open - open the store for writing, making its folders
 * @path: borrowed, as is @userns
 *
 * Return: 0 or -errno; release with store_close() in both cases.
 */
int store_open(struct store *s, const char *path, const struct helper_env *userns, struct err *e)
{
	*s = STORE_CLOSED;
	s->path = path;
	s->userns = userns;
	cleanup_close int root = store_dir(s, "", e);
	if (root < 0)
		return root;
	s->refs = store_dir(s, "refs", e);
	if (s->refs >= 0)
		s->layers = store_dir(s, "layers", e);
	if (s->layers >= 0)
		s->tmp = store_dir(s, "tmp", e);
	if (s->tmp >= 0)
		s->locks = store_dir(s, "locks", e);
	if (s->locks >= 0)
		s->blobs = store_dir(s, "blobs/sha256", e);
	return MIN(MIN(s->refs, MIN(s->layers, s->tmp)), MIN(MIN(s->locks, s->blobs), 0));
}

void store_close(struct store *s)
{
	close_fd(s->refs);
	close_fd(s->layers);
	close_fd(s->tmp);
	close_fd(s->locks);
	close_fd(s->blobs);
	*s = STORE_CLOSED;
}

/**
 * store_lock - the lock of a name
 * @name: a file name
 * @wait: else -EWOULDBLOCK, with @e unset
 *
 * Return: a descriptor that holds it, or -errno.
 */
int store_lock(const struct store *s, const char *name, bool wait, struct err *e)
{
	int fd = lock_file_at(s->locks, name, false, wait);

	if (fd >= 0 || (fd == -EWOULDBLOCK && !wait))
		return fd;
	if (fd == -ENOSPC || fd == -EDQUOT)
		return store_space(s, fd, "locking", e);
	if (fd == -EROFS)
		return read_only(s, e);
	return fail(e, -fd, "cannot lock %s/locks/%s: %s", s->path, name, strerror(-fd));
}

/**
 * store_space - say what is used up: call it before anything is cleaned up
 * @r: -ENOSPC or -EDQUOT; any other is left as it is
 * @what: was being done
 *
 * Return: @r.
 */
int store_space(const struct store *s, int r, const char *what, struct err *e)
{
	struct statvfs v;
	char have[16];

	if (r == -EDQUOT)
		return fail(
			e, EDQUOT,
			"%s: your disk quota on the file system of %s is used up; free some, or name another place with --root DIR",
			what, s->path);
	if (r != -ENOSPC || statvfs(s->path, &v) < 0)
		return r;
	if (v.f_files && !v.f_favail)
		return fail(
			e, ENOSPC,
			"%s: no inodes left on the file system of %s (it can hold %llu files); remove some, or name another place with --root DIR",
			what, s->path, (unsigned long long)v.f_files);
	format_size(have, (uint64_t)v.f_bavail * v.f_frsize);
	return fail(
		e, ENOSPC,
		"%s: no space left on the file system of %s (%s free); free some, or name another place with --root DIR",
		what, s->path, have);
}

/* ---- trees that belong to subordinate ids ---- */

/* Ids may be changed in between, which clears the signal; a new pid namespace shows no parent. */
static void die_with(pid_t parent)
{
	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() && getppid() != parent)
		_exit(1);
}

static __noreturn void remover(const struct helper_env *env, pid_t parent, int dirfd,
			       const char *name)
{
	struct err e = {};

	die_with(parent);
	if (env->child && env->child(env->ctx, &e) < 0)
		_exit(1);
	die_with(parent);
	_exit(remove_tree_at(dirfd, name) < 0 ? 1 : 0);
}

static int remove_in_userns(const struct helper_env *env, int dirfd, const char *name)
{
	struct err e = {};
	int status = 0, r = 0;
	pid_t self = getpid(), pid = sys_clone(env->clone_flags, NULL);

	if (pid < 0)
		return pid;
	if (!pid)
		remover(env, self, dirfd, name);
	if (env->parent)
		r = env->parent(env->ctx, pid, &e);
	if (r < 0)
		kill(pid, SIGKILL);
	wait_pid(pid, &status);
	return r < 0 ? r : status ? -EPERM : 0;
}

static int remove_any_tree(const struct helper_env *userns, int dirfd, const char *name)
{
	int r = remove_tree_at(dirfd, name);

	if (r < 0 && r != -EROFS && userns && userns->clone_flags)
		r = remove_in_userns(userns, dirfd, name);
	return r;
}

/* ---- tmp/ ---- */

static bool same_dir(int fd, int dirfd, const char *name)
{
	struct stat a, b;

	return !fstat(fd, &a) && !fstatat(dirfd, name, &b, AT_SYMLINK_NOFOLLOW) &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/**
 * tmp_make - a new folder below tmp/, locked
 *
 * Return: 0 or -errno.
 */
int tmp_make(const struct store *s, struct tmp_tree *t, struct err *e)
{
	t->fd = -1;
	for (int tries = 0; tries < 16; tries++) {
		random_hex(t->name, 16);
		if (mkdirat(s->tmp, t->name, 0700) < 0) {
			if (errno == EEXIST)
				continue;
			if (errno == ENOSPC || errno == EDQUOT)
				return store_space(s, -errno, "unpacking", e);
			return fail_errno(e, "cannot make a folder in %s/tmp", s->path);
		}
		cleanup_close int fd = open_dir_at(s->tmp, t->name);

		/*
		 * A sweeper may have been faster. Where a file system cannot lock folders,
		 * sweepers cannot either and leave them.
		 */
		if (fd >= 0 && (!flock(fd, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK) &&
		    same_dir(fd, s->tmp, t->name)) {
			t->fd = take_fd(&fd);
			return 0;
		}
		unlinkat(s->tmp, t->name, AT_REMOVEDIR);
	}
	return fail(e, EAGAIN, "cannot keep a folder in %s/tmp: something removes them", s->path);
}

/**
 * tmp_adopt - take a folder into tmp/ in order to remove it
 * @dirfd, @name: where it is now
 *
 * When it cannot be locked somebody uses it, and it goes when he has ended.
 * Return: 1, 0 when it is in use, -errno.
 */
int tmp_adopt(const struct store *s, int dirfd, const char *name, struct tmp_tree *t)
{
	int r;

	random_hex(t->name, 16);
	t->fd = open_dir_at(dirfd, name);
	if (t->fd < 0)
		return t->fd;
	r = flock(t->fd, LOCK_EX | LOCK_NB);
	if (renameat(dirfd, name, s->tmp, t->name) < 0) {
		r = -errno;
		close_fdp(&t->fd);
		return r;
	}
	return r < 0 ? 0 : 1;
}

/* tmp_drop - remove what is still there; fine when it became a layer */
void tmp_drop(const struct store *s, struct tmp_tree *t)
{
	int r;

	if (t->fd < 0)
		return;
	if (same_dir(t->fd, s->tmp, t->name)) {
		r = remove_any_tree(s->userns, s->tmp, t->name);
		if (r < 0)
			log_debug("cannot remove %s/tmp/%s: %s, leaving it to the next command",
				  s->path, t->name, strerror(-r));
	}
	close_fdp(&t->fd);
}

static void sweep_one(int tmp, const char *name, const struct helper_env *userns)
{
	cleanup_close int fd = open_dir_at(tmp, name);
	int r;

	if (fd == -ENOTDIR || fd == -ELOOP) {
		unlinkat(tmp, name, 0);
		return;
	}
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return;
	r = remove_any_tree(userns, tmp, name);
	log_debug("swept tmp/%s of the store: %s", name, r < 0 ? strerror(-r) : "gone");
}

/**
 * store_sweep - remove what killed processes left below tmp/
 * @path: the store; may be read-only or not there
 * @userns: surroundings in which trees of subordinate ids can be removed; may be NULL
 *
 * Context: part of every start. One stat when there is nothing: a folder
 * without folders has two links (where a file system does not count them, it is
 * read).
 */
void store_sweep(const char *path, const struct helper_env *userns)
{
	char tmp[PATH_MAX];
	struct stat st;
	struct dirent *de;
	DIR *d;
	int fd;

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s/tmp", path) >= sizeof(tmp) ||
	    stat(tmp, &st) < 0 || st.st_nlink == 2)
		return;
	fd = open_dir_at(AT_FDCWD, tmp);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		close_fd(fd);
		return;
	}
	while ((de = readdir(d))) {
		if (!streq(de->d_name, ".") && !streq(de->d_name, ".."))
			sweep_one(fd, de->d_name, userns);
	}
	closedir(d);
}

/* ---- layers/ ---- */

/**
 * layer_hold - keep a layer from being removed
 * @exclusive: wait for nobody, and be the only one
 *
 * Return: a descriptor above 2 that holds the lock, -ENOENT when the layer is not there,
 * -EWOULDBLOCK when it is in use (or being removed).
 */
int layer_hold(const char *store, const char *chain, const char *map_id, bool exclusive)
{
	char path[PATH_MAX];
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/layers/%s/%s", store, chain, map_id) >=
	    sizeof(path))
		return -ENAMETOOLONG;
	fd = open_dir_at(AT_FDCWD, path);
	if (fd >= 0)
		fd = move_fd_above(fd, STDERR_FILENO + 1);
	if (fd < 0)
		return fd;
	/* A file system without flock (some network ones) gives no hold, and that is all. */
	if (flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		close_fd(fd);
		return -EWOULDBLOCK;
	}
	if (!same_dir(fd, AT_FDCWD, path)) {
		close_fd(fd);
		return -ENOENT;
	}
	return fd;
}

/**
 * image_hold_layers - keep the layers of a container from being removed while we live
 * @layers: as struct image has them
 *
 * Return: 0; -ENOENT when one is gone; -EBUSY while it is being removed.
 */
int image_hold_layers(const struct strv *layers, struct err *e)
{
	strv_for_each (l, layers) {
		/* LAYER/fs: the lock is on LAYER, and stays until our end. */
		cleanup_free char *path = xstrndup(l, (size_t)(strrchr(l, '/') - l));
		int fd = open_dir_at(AT_FDCWD, path), r = fd < 0 ? fd : 0;

		if (fd >= 0)
			fd = move_fd_above(fd, STDERR_FILENO + 1);
		if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK)
			r = -EBUSY;
		if (!r && fd >= 0 && !same_dir(fd, AT_FDCWD, path))
			r = -ENOENT;
		if (r < 0 || fd < 0)
			return fail_hint(
				e, fail(e, r ? -r : -fd, "the container's image is gone: %s", l),
				"unpack it again with \"sandbox pull\"");
	}
	return 0;
}

static bool boot_is_now(const char *boot)
{
	char now[37];

	return !*boot || (!boot_id(now) && streq(boot, now));
}

/* layer_is_there - whole, and of this boot when it was not synced */
bool layer_is_there(const struct store *s, const char *chain, const char *map_id,
		    struct layer_info *info)
{
	cleanup_free char *path = xasprintf("%s/%s/info", chain, map_id);

	return !layer_info_read(s->layers, path, info) && boot_is_now(info->boot);
}

/* evict - move what stands in a layer's place out of it (damaged, or of another boot) */
static int evict(const struct store *s, int chain, const char *map_id)
{
	struct tmp_tree old;
	int r = tmp_adopt(s, chain, map_id, &old);

	if (r == 1)
		tmp_drop(s, &old);
	else
		close_fd(r < 0 ? -1 : old.fd);
	return r < 0 && r != -ENOENT ? r : 0;
}

/**
 * layer_commit - make an unpacked tree a layer
 * @t: stays in tmp/ when somebody else was faster
 * @hold: receives a shared lock on the layer
 *
 * Return: 0 or -errno.
 */
int layer_commit(const struct store *s, struct tmp_tree *t, const char *chain, const char *map_id,
		 bool sync, int *hold, struct err *e)
{
	cleanup_close int dir = -1;
	struct layer_info info;
	int r;

	if (sync && syncfs(t->fd) < 0)
		return fail_errno(e, "cannot write the image to the disk of %s", s->path);
	fault_point("image-synced");
	if (mkdirat(s->layers, chain, 0700) < 0 && errno != EEXIST)
		return fail_errno(e, "cannot make %s/layers/%s", s->path, chain);
	dir = open_dir_at(s->layers, chain);
	if (dir < 0)
		return fail(e, -dir, "cannot open %s/layers/%s: %s", s->path, chain,
			    strerror(-dir));
	r = renameat(s->tmp, t->name, dir, map_id) < 0 ? -errno : 0;
	if ((r == -EEXIST || r == -ENOTEMPTY) && !layer_is_there(s, chain, map_id, &info)) {
		r = evict(s, dir, map_id);
		if (!r)
			r = renameat(s->tmp, t->name, dir, map_id) < 0 ? -errno : 0;
	}
	if (r == -EEXIST || r == -ENOTEMPTY) {
		r = layer_hold(s->path, chain, map_id, false);
		*hold = r;
		return r < 0 ? fail(e, -r, "the image is being removed; try again") : 0;
	}
	if (r < 0)
		return fail(e, -r, "cannot put the image into %s/layers/%s: %s", s->path, chain,
			    strerror(-r));
	if (sync) {
		fsync(dir);
		fsync(s->layers);
	}
	flock(t->fd, LOCK_SH);
	*hold = move_fd_above(take_fd(&t->fd), STDERR_FILENO + 1);
	return *hold < 0 ? fail(e, -*hold, "cannot hold the image: %s", strerror(-*hold)) : 0;
}
