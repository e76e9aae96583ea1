/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * What containers left whose supervisor was killed. Its record in the runtime folder is not
 * locked any more: that alone leads here, so that a sweep costs nothing while there is nothing
 * to do, however many containers are kept. With the runtime folder, at a reboot or when the user's
 * last session ends, the records go: then the whole store is looked at once. A mark in the
 * runtime folder says that it was.
 */
#include <dirent.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "container/internal.h"
#include "linux/sys.h"

/**
 * struct sweep - where is swept
 * @store: its containers
 * @live: records in the runtime folder
 * @later: something without a record is in use, or too young to be told from what is being made
 */
struct sweep {
	const struct dirs *dirs;
	const struct idmap_plan *plan;
	int store, live;
	bool later;
};

typedef void (*sweep_fn)(struct sweep *s, int dirfd, const char *name);

/* Not by readdir(3), which asks and allocates more: most of these folders are empty. */
static void each_entry(struct sweep *s, int fd, sweep_fn fn)
{
	_Alignas(struct dirent64) char buf[4096];
	ssize_t n;

	while (fd >= 0 && (n = getdents64(fd, buf, sizeof(buf))) > 0) {
		const struct dirent64 *de;

		for (ssize_t at = 0; at < n; at += de->d_reclen) {
			de = (const struct dirent64 *)(buf + at);
			if (!streq(de->d_name, ".") && !streq(de->d_name, ".."))
				fn(s, fd, de->d_name);
		}
	}
}

/* A container that is kept has ended: say so, for good, or carry its --rm out. */
static void bury(struct sweep *s, const char *id, int dir)
{
	cleanup_container_info struct container_info info = {};
	struct state state = {.id = id, .run_fd = -1, .lock = -1, .store_fd = -1, .dir = dir};
	struct err e = {};

	if (container_find(s->dirs, id, &info, &e) < 0 || info.broken)
		return;
	if (info.remove && info.state == LIFE_EXITED) {
		state_drop_name(s->store, info.name, id);
		volumes_release(s->dirs, s->plan, id, true);
		state_remove_folder(s->store, id, dir, s->plan, NULL);
	} else if (info.state == LIFE_EXITED) {
		state.info = info;
		state_save(&state, REPLACE_FAST, &e);
	}
}

static bool has_record(const struct sweep *s, const char *id)
{
	char name[80];

	snprintf(name, sizeof(name), "%s.json", id);
	return !faccessat(s->live, name, F_OK, AT_SYMLINK_NOFOLLOW);
}

/* The name of a container that is gone. */
static void sweep_name(struct sweep *s, int dirfd, const char *name)
{
	char id[128];
	ssize_t n = readlinkat(dirfd, name, id, sizeof(id) - 1);
	struct stat st;

	if (n <= 0)
		return;
	id[n] = '\0';
	if (!faccessat(dirfd, id, F_OK, AT_SYMLINK_NOFOLLOW) ||
	    fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (time(NULL) - st.st_mtime < 2)
		s->later = true;
	else
		unlinkat(dirfd, name, 0);
}

/* The folder of a container whose supervisor is gone, or a name without one. */
static void sweep_folder(struct sweep *s, int dirfd, const char *name)
{
	cleanup_close int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (*name == '.')
		return;
	if (fd < 0) {
		sweep_name(s, dirfd, name);
		return;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &st) < 0 ||
	    time(NULL) - st.st_ctime < 2) {
		s->later |= !has_record(s, name);
		return;
	}
	if (!faccessat(fd, "config.json", F_OK, AT_SYMLINK_NOFOLLOW)) {
		bury(s, name, fd);
		return;
	}
	log_debug("removing what container %s left", name);
	if (!faccessat(fd, "state.json", F_OK, AT_SYMLINK_NOFOLLOW))
		state_drop_names(s->store, name);
	state_remove_folder(dirfd, name, fd, s->plan, NULL);
}

/*
 * Another store's containers are for a command with that --root. Of ours, processes that share
 * the host's numbers may have outlived their supervisor.
 */
static bool is_ours(struct sweep *s, int dirfd, const char *id)
{
	cleanup_buf struct buf text = {};
	cleanup_strv struct strv lines = {};
	char name[80], boot[37];
	uint64_t mntns;

	snprintf(name, sizeof(name), "%s.json", id);
	if (read_file_at(dirfd, name, 2 * PATH_MAX, &text) < 0 || !text.data)
		return true;
	strv_split(&lines, text.data, '\n');
	if (lines.n < 2 || !streq(lines.v[0], s->dirs->store))
		return lines.n < 2;
	if (lines.n > 2 && !boot_id(boot) && streq(lines.v[2], boot) &&
	    !parse_u64(lines.v[1], UINT64_MAX, &mntns) && mntns)
		launch_kill_mount_ns(mntns);
	return true;
}

/* .ID.state.XXXX: a record that was being written when its supervisor was killed. */
static void sweep_torn(int dirfd, const char *name)
{
	char id[65];
	struct stat st;

	if (strlen(name) <= 65 || name[65] != '.')
		return;
	memcpy(id, name + 1, 64);
	id[64] = '\0';
	if (!container_alive(dirfd, id) && !fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) &&
	    time(NULL) - st.st_mtime >= 2)
		unlinkat(dirfd, name, 0);
}

/* What a live container has, when it does not live. */
static void sweep_live(struct sweep *s, int dirfd, const char *name)
{
	char id[65], config[80];
	struct stat st;

	if (*name == '.') {
		sweep_torn(dirfd, name);
		return;
	}
	if (strlen(name) <= 64 || name[64] != '.')
		return;
	memcpy(id, name, 64);
	id[64] = '\0';
	/* Whoever made it may not have locked it yet: a moment of grace. */
	if (container_alive(dirfd, id) || fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    time(NULL) - st.st_mtime < 2 || !is_ours(s, dirfd, id))
		return;
	if (s->store >= 0)
		sweep_folder(s, s->store, id);
	snprintf(config, sizeof(config), "%s/config.json", id);
	if (s->store < 0 || faccessat(s->store, id, F_OK, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !faccessat(s->store, config, F_OK, AT_SYMLINK_NOFOLLOW))
		state_unlink_live(dirfd, id);
}

/* A runtime folder on a disk may have kept the mark over a crash that took a record. */
static bool is_of_this_boot(const struct stat *st)
{
	struct timespec up;

	return !clock_gettime(CLOCK_BOOTTIME, &up) && st->st_mtime >= time(NULL) - up.tv_sec;
}

/* Everything, where the records may have gone with the runtime folder. Several stores may share it. */
static void sweep_store(struct sweep *s)
{
	char mark[64];
	struct stat st;

	if (s->store < 0 || fstat(s->store, &st) < 0)
		return;
	snprintf(mark, sizeof(mark), "../swept.%jx.%jx", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino);
	if (!fstatat(s->live, mark, &st, AT_SYMLINK_NOFOLLOW) && is_of_this_boot(&st))
		return;
	each_entry(s, s->store, sweep_folder);
	unlinkat(s->live, mark, 0);
	if (!s->later)
		close_fd(openat(s->live, mark, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
}

/**
 * container_sweep - remove what containers left whose supervisor was killed
 * @plan: id maps for removing files of subordinate ids
 *
 * Context: any command, when nobody waits for it.
 */
void container_sweep(const struct dirs *dirs, const struct idmap_plan *plan)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	cleanup_free char *records = path_join(dirs->run, "containers");
	cleanup_close int live = open(records, flags);
	cleanup_close int store = open(dirs->store, flags);
	cleanup_close int containers = store < 0 ? -1 : openat(store, "containers", flags);
	cleanup_close int trash = store < 0 ? -1 : openat(store, "trash", flags);
	struct sweep s = {dirs, plan, containers, live, false};

	sweep_store(&s);
	each_entry(&s, live, sweep_live);
	each_entry(&s, trash, sweep_folder);
	volumes_sweep(dirs, plan);
}
