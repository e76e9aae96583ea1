/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A running container has one record in the runtime folder, and, when it has
 * something on disk, a folder in the store. Its supervisor holds a lock on both,
 * which the kernel drops when it dies, whatever of. So a record or a folder
 * that can be locked is stale, without looking at a pid: container_sweep(),
 * which every command calls when it has time, removes it. A folder with a
 * container.json belongs to a container that has ended and was asked to stay.
 */
#include <dirent.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "container/internal.h"
#include "linux/sys.h"

static bool needs_disk(const struct spec *s)
{
	return !s->remove || (s->rootfs.driver != ROOTFS_DIR && !s->rootfs.tmpfs);
}

static int write_record(struct state *s, const struct spec *spec, struct err *e)
{
	uint64_t ticks = 0;
	char boot[37] = "", text[1024];
	int n, r;

	boot_id(boot);
	proc_start_time(getpid(), &ticks);
	s->record = xasprintf("%s.json", spec->id);
	s->lock = openat(s->run_fd, s->record, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
			 0600);
	if (s->lock < 0 || flock(s->lock, LOCK_EX | LOCK_NB) < 0)
		return fail_errno(e, "cannot write the record of the container");
	n = snprintf(
		text, sizeof(text),
		"{\"version\":1,\"id\":\"%s\",\"name\":\"%s\",\"pid\":%d,\"start\":%llu,\"boot\":\"%s\"}\n",
		spec->id, spec->name ? spec->name : "", getpid(), (unsigned long long)ticks, boot);
	r = write_full(s->lock, text, MIN((size_t)n, sizeof(text) - 1));
	return r < 0 ? fail(e, -r, "cannot write the record of the container: %s", strerror(-r))
		     : 0;
}

static int take_name(int store_fd, const struct spec *spec, struct err *e)
{
	cleanup_free char *link = xasprintf("name-%s", spec->name);
	char id[128];
	ssize_t n;

	for (int tries = 0; tries < 2; tries++) {
		if (!symlinkat(spec->id, store_fd, link))
			return 0;
		if (errno != EEXIST)
			return fail_errno(e, "cannot give the container its name");
		n = readlinkat(store_fd, link, id, sizeof(id) - 1);
		if (n < 0)
			continue;
		id[n] = '\0';
		if (!faccessat(store_fd, id, F_OK, AT_SYMLINK_NOFOLLOW)) {
			fail(e, EEXIST, "the name \"%s\" is taken by container %.12s", spec->name,
			     id);
			return fail_hint(e, -EEXIST,
					 "choose another one, or remove that container");
		}
		unlinkat(store_fd, link, 0);
	}
	return fail(e, EEXIST, "the name \"%s\" is taken", spec->name);
}

static int give_to_root(void *ctx)
{
	const struct state *s = ctx;

	return fchownat(s->dir, "upper", 0, 0, AT_SYMLINK_NOFOLLOW) < 0 ||
			       fchownat(s->dir, "work", 0, 0, AT_SYMLINK_NOFOLLOW) < 0
		       ? -errno
		       : 0;
}

static int make_folder(struct state *s, const struct container *c, struct err *e)
{
	const struct spec *spec = c->spec;

	if (mkdirat(s->store_fd, spec->id, 0700) < 0)
		return fail_errno(e, "cannot make the container's folder");
	s->dir = openat(s->store_fd, spec->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0 || flock(s->dir, LOCK_EX | LOCK_NB) < 0)
		return fail_errno(e, "cannot lock the container's folder");
	if (mkdirat(s->dir, "upper", 0755) < 0 || mkdirat(s->dir, "work", 0700) < 0)
		return fail_errno(e, "cannot make the container's folder");
	if (!c->plan->without_caller)
		return 0;
	/* Container root is a stranger here; above, the store is closed to others. */
	if (fchmod(s->dir, 0711) < 0)
		return fail_errno(e, "cannot open the container's folder");
	return mapped_run(c->plan, give_to_root, s, e);
}

/**
 * state_create - make the records of a container that is about to start
 *
 * Return: 0 or -errno; on failure nothing is left.
 */
int state_create(struct state *s, const struct container *c, struct err *e)
{
	int r;

	*s = (struct state){.id = c->spec->id, .run_fd = -1, .lock = -1, .store_fd = -1, .dir = -1};
	s->run_fd = dirs_open(c->dirs->run, "containers", e);
	if (s->run_fd < 0)
		return s->run_fd;
	r = write_record(s, c->spec, e);
	if (!r && (needs_disk(c->spec) || c->spec->name)) {
		s->store_fd = dirs_open(c->dirs->store, "containers", e);
		r = s->store_fd < 0 ? s->store_fd : 0;
	}
	if (!r && c->spec->name)
		r = take_name(s->store_fd, c->spec, e);
	if (!r && (needs_disk(c->spec) || c->spec->name))
		r = make_folder(s, c, e);
	fault_point("state");
	if (r < 0)
		state_end(s, c, -1, -1);
	return r;
}

/* ---- removal ---------------------------------------------------------------------------------------- */

struct removal {
	int dirfd;
	const char *name;
	int lock; /* held while it lasts */
};

static int remove_it(void *ctx)
{
	struct removal *r = ctx;

	return remove_tree_at(r->dirfd, r->name);
}

/* The overlay leaves work/work and, when volatile, its mark below it, all of them ours. */
static bool remove_if_empty(struct state *s)
{
	if (unlinkat(s->dir, "upper", AT_REMOVEDIR) < 0)
		return false;
	return !remove_tree_at(s->dir, "work") && !unlinkat(s->store_fd, s->id, AT_REMOVEDIR);
}

/*
 * A folder with content: rename it away, which is instant, and let a process
 * remove it that nobody waits for; it holds the lock of the folder meanwhile.
 */
static void discard(struct state *s, const struct idmap_plan *plan, int userns_fd)
{
	cleanup_close int trash = -1;
	struct removal r;

	if (mkdirat(s->store_fd, "../trash", 0700) < 0 && errno != EEXIST)
		return;
	trash = openat(s->store_fd, "../trash", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (trash < 0 || renameat(s->store_fd, s->id, trash, s->id) < 0)
		return;
	r = (struct removal){trash, s->id, s->dir};
	if (plan->without_caller)
		mapped_run(plan, remove_it, &r, NULL);
	else if (userns_fd >= 0)
		launch_in_userns(userns_fd, remove_it, &r);
	else
		remove_it(&r);
}

static void keep_result(struct state *s, const struct spec *spec, int exit_code)
{
	cleanup_json json *j = json_obj();
	cleanup_free char *text = NULL;

	json_set(j, "version", json_i64(1));
	json_set(j, "id", json_str(spec->id));
	json_set(j, "name", json_str(spec->name));
	json_set(j, "image", json_str(spec->image));
	json_set(j, "exit_code", json_i64(exit_code));
	text = json_dump(j, true);
	if (replace_file_at(s->dir, "container.json", text, strlen(text), 0600, REPLACE_SYNC) < 0)
		log_warn("cannot record the result of container %.12s, ignoring", spec->id);
}

static bool has_volumes(const struct spec *spec)
{
	for (size_t i = 0; i < spec->mounts.n; i++) {
		if (spec->mounts.v[i].volume)
			return true;
	}
	return false;
}

/**
 * state_end - remove the records of a container that has ended, or was never started
 * @userns_fd: its user namespace, for files that belong to its ids; -1 for none
 * @exit_code: negative when it was never started
 */
void state_end(struct state *s, const struct container *c, int userns_fd, int exit_code)
{
	bool keep = !c->spec->remove && exit_code >= 0;

	if (keep && s->dir >= 0) {
		keep_result(s, c->spec, exit_code);
	} else {
		if (s->dir >= 0 && !remove_if_empty(s))
			discard(s, c->plan, userns_fd);
		if (has_volumes(c->spec))
			volumes_release(c->dirs, c->plan, s->id, true);
		if (c->spec->name && s->store_fd >= 0 && s->dir >= 0) {
			cleanup_free char *link = xasprintf("name-%s", c->spec->name);

			unlinkat(s->store_fd, link, 0);
		}
	}
	if (s->record && s->lock >= 0)
		unlinkat(s->run_fd, s->record, 0);
	free(take_ptr(s->record));
	close_fd(take_fd(&s->lock));
	close_fd(take_fd(&s->dir));
	close_fd(take_fd(&s->store_fd));
	close_fd(take_fd(&s->run_fd));
}

/* A name, a whole id, or the beginning of one that only one container has. */
static int find_container(int store_fd, const char *name, char id[65], struct err *e)
{
	cleanup_free char *link = xasprintf("name-%s", name);
	int fd = openat(store_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), found = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	ssize_t n = readlinkat(store_fd, link, id, 64);

	if (n == 64 && d) {
		id[64] = '\0';
		found = 1;
	}
	while (!found && d && (de = readdir(d))) {
		if (strlen(de->d_name) != 64 || !str_has_prefix(de->d_name, name))
			continue;
		memcpy(id, de->d_name, 65);
		found++;
	}
	if (d)
		closedir(d);
	else
		close_fd(fd);
	if (found > 1)
		return fail(e, EINVAL, "\"%s\" is the beginning of %d ids", name, found);
	return found ? 0 : fail(e, ENOENT, "there is no container \"%s\"", name);
}

static void drop_name(int store_fd, int dir, const char *id)
{
	cleanup_buf struct buf text = {};
	cleanup_json json *j = NULL;
	cleanup_free char *link = NULL;
	const char *name;

	if (read_file_at(dir, "container.json", 1 << 16, &text) < 0 ||
	    json_parse(text.data ? text.data : "", text.len, &j, NULL) < 0)
		return;
	name = json_get_str(j, "name", NULL);
	if (name && spec_valid_name(name)) {
		char at[65];

		link = xasprintf("name-%s", name);
		if (readlinkat(store_fd, link, at, sizeof(at)) == 64 && !strncmp(at, id, 64))
			unlinkat(store_fd, link, 0);
	}
}

/**
 * container_remove - remove a kept container that has ended
 * @name: its name, its id, or the beginning of that
 * @plan: id maps for removing files of subordinate ids
 *
 * Return: 0, -ENOENT, -EBUSY when it runs, or another -errno.
 */
int container_remove(const struct dirs *dirs, const struct idmap_plan *plan, const char *name,
		     struct err *e)
{
	cleanup_close int store_fd = dirs_open(dirs->store, "containers", e);
	cleanup_close int dir = -1;
	char id[65];
	int r = store_fd < 0 ? store_fd : find_container(store_fd, name, id, e);
	struct removal removal = {store_fd, id, -1};

	if (r < 0)
		return r;
	dir = openat(store_fd, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0)
		return fail_errno(e, "cannot open container %.12s", id);
	if (flock(dir, LOCK_EX | LOCK_NB) < 0)
		return fail(e, EBUSY, "container %.12s is running; end it first", id);
	drop_name(store_fd, dir, id);
	volumes_release(dirs, plan, id, false);
	return remove_it(&removal) < 0 ? mapped_run(plan, remove_it, &removal, e) : 0;
}

/* ---- sweeping ------------------------------------------------------------------------------------------ */

typedef void (*sweep_fn)(int dirfd, const char *name, const struct idmap_plan *plan);

static void each_entry(int fd, sweep_fn fn, const struct idmap_plan *plan)
{
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (!d) {
		close_fd(fd);
		return;
	}
	while ((de = readdir(d))) {
		if (de->d_name[0] != '.')
			fn(dirfd(d), de->d_name, plan);
	}
	closedir(d);
}

static void sweep_record(int dirfd, const char *name, const struct idmap_plan *plan __unused)
{
	cleanup_close int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat mine, there;

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &mine) < 0)
		return;
	/* Whoever made it may not have locked it yet: a moment of grace. */
	if (time(NULL) - mine.st_mtime < 2 ||
	    fstatat(dirfd, name, &there, AT_SYMLINK_NOFOLLOW) < 0 || mine.st_ino != there.st_ino)
		return;
	unlinkat(dirfd, name, 0);
}

static void sweep_folder(int dirfd, const char *name, const struct idmap_plan *plan)
{
	cleanup_close int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct removal r = {dirfd, name, fd};
	struct stat st;

	if (fd < 0) {
		char id[128];
		ssize_t n = readlinkat(dirfd, name, id, sizeof(id) - 1);

		/* The name of a container that is gone. */
		if (n > 0) {
			id[n] = '\0';
			if (faccessat(dirfd, id, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
			    !fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) &&
			    time(NULL) - st.st_mtime >= 2)
				unlinkat(dirfd, name, 0);
		}
		return;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &st) < 0 || time(NULL) - st.st_ctime < 2)
		return;
	if (!faccessat(fd, "container.json", F_OK, AT_SYMLINK_NOFOLLOW))
		return;
	log_debug("removing what container %s left", name);
	if (remove_it(&r) < 0)
		mapped_run(plan, remove_it, &r, NULL);
}

/**
 * container_sweep - remove what containers left whose supervisor was killed
 * @plan: id maps for removing files of subordinate ids
 *
 * Context: any command, when nobody waits for it.
 */
void container_sweep(const struct dirs *dirs, const struct idmap_plan *plan)
{
	cleanup_close int store = open(dirs->store, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_close int run = open(dirs->run, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

	each_entry(openat(run, "containers", flags), sweep_record, plan);
	each_entry(openat(store, "containers", flags), sweep_folder, plan);
	each_entry(openat(store, "trash", flags), sweep_folder, plan);
	volumes_sweep(dirs, plan);
}
