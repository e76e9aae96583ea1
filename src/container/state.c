/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A running container has a file ID.json in the runtime folder whose lock its supervisor
 * holds, and, when it has something on disk or a name, a folder in the store that is
 * locked as well. The kernel drops both locks when the supervisor dies, whatever of. So
 * what can be locked is stale, without looking at a pid: container_sweep(), which every
 * command calls when it has time, removes it. A folder with a config.json belongs to a
 * container that is kept, or runs in the background; info.c says what is in it.
 */
#include <dirent.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "container/internal.h"
#include "linux/sys.h"

static bool needs_disk(const struct spec *s)
{
	return state_is_kept(s) || (s->rootfs.driver != ROOTFS_DIR && !s->rootfs.tmpfs);
}

/* state_is_kept - has it records that outlive the command that made it? */
bool state_is_kept(const struct spec *s)
{
	return !s->remove || s->detach;
}

static int64_t wall_clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/*
 * The file whose lock says that the supervisor lives. In it, a line each: the store that the
 * rest is in; and, of a container that shares the host's process numbers, its mount
 * namespace, for the one who has to look for its processes.
 */
static int take_life_lock(struct state *s, const char *store, struct err *e)
{
	int r;

	s->record = xasprintf("%s.json", s->id);
	s->lock = openat(s->run_fd, s->record, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
			 0600);
	r = s->lock < 0 ? -errno : lock_own(s->lock);
	if (r < 0)
		return fail(e, -r, "cannot write the record of the container: %s", strerror(-r));
	r = write_full(s->lock, store, strlen(store));
	if (!r)
		r = write_full(s->lock, "\n", 1);
	return r < 0 ? fail(e, -r, "cannot write the record of the container: %s", strerror(-r))
		     : 0;
}

static int take_kept_lock(struct state *s, struct err *e)
{
	int r;

	s->kept_lock = openat(s->dir, "lock",
			      O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	r = s->kept_lock < 0 ? -errno : lock_own(s->kept_lock);
	return r < 0 ? fail(e, -r, "cannot lock the container's folder: %s", strerror(-r)) : 0;
}

/*
 * Has the container @id the name that the link @link gives it? A link is made before anything that
 * it leads to, and outlives what was killed: who lives has it, and who has a record that says so.
 */
static bool name_is_held(int store_fd, int run_fd, const char *link, const char *id)
{
	cleanup_free char *record = xasprintf("%s/state.json", id);
	cleanup_json json *j = NULL;
	struct err ignored;
	struct stat st;
	int r;

	if (container_alive(run_fd, id))
		return true;
	if (faccessat(store_fd, id, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	r = sealed_read(store_fd, record, &j, &ignored);
	if (r < 0 || streq(json_get_str(j, "name", ""), link + strlen("name-")))
		return true;
	/* Of a rename that is under way, or was killed. */
	return !fstatat(store_fd, link, &st, AT_SYMLINK_NOFOLLOW) && time(NULL) - st.st_mtime < 2;
}

/**
 * state_take_name - give a container a name that no other has
 * @run_fd: the runtime folder of containers
 *
 * Return: 0; -EEXIST; or another -errno.
 */
int state_take_name(int store_fd, int run_fd, const char *owner, const char *name, struct err *e)
{
	cleanup_free char *link = xasprintf("name-%s", name);
	char id[128];
	ssize_t n;

	for (int tries = 0; tries < 2; tries++) {
		if (!symlinkat(owner, store_fd, link))
			return 0;
		if (errno != EEXIST)
			return fail_errno(e, "cannot give the container its name");
		n = readlinkat(store_fd, link, id, sizeof(id) - 1);
		if (n < 0) {
			/* Damaged: it leads nowhere. */
			if (errno == EINVAL)
				remove_tree_at(store_fd, link);
			continue;
		}
		id[n] = '\0';
		if (name_is_held(store_fd, run_fd, link, id)) {
			fail(e, EEXIST, "the name \"%s\" is taken by container %.12s", name, id);
			return fail_hint(e, -EEXIST,
					 "choose another one, or remove that container");
		}
		unlinkat(store_fd, link, 0);
	}
	return fail(e, EEXIST, "the name \"%s\" is taken", name);
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
	if (s->dir < 0) {
		int r = fail_errno(e, "cannot open the container's folder");

		unlinkat(s->store_fd, spec->id, AT_REMOVEDIR);
		return r;
	}
	if (flock(s->dir, LOCK_EX | LOCK_NB) < 0)
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

static void describe(struct container_info *i, const struct spec *spec)
{
	i->id = xstrdup(spec->id);
	i->name = spec->name ? xstrdup(spec->name) : NULL;
	i->image = spec->image ? xstrdup(spec->image) : NULL;
	strv_copy(&i->command, &spec->args);
	strv_copy(&i->labels, &spec->labels);
	i->created = wall_clock_ns();
	i->remove = spec->remove;
	i->driver = spec->rootfs.driver;
	i->kept = state_is_kept(spec);
}

/*
 * state_write_spec - config.json
 *
 * The spec is written once, after the first record: from then on the container is there to
 * stay, and a folder without one is swept. They are brought to the disk when the container is at rest: one that ran while
 * the power failed may be found damaged, and says so.
 */
int state_write_spec(int dir, const struct spec *spec, enum replace_sync sync, struct err *e)
{
	cleanup_json json *j = spec_to_json(spec);
	int r = sealed_write(dir, "config.json", j, sync);

	return r < 0 ? fail(e, -r, "cannot write the container's configuration: %s", strerror(-r))
		     : 0;
}

/**
 * state_save - write down what s->info says
 *
 * Return: 0 or -errno.
 */
int state_save(struct state *s, enum replace_sync sync, struct err *e)
{
	cleanup_json json *j = container_info_json(&s->info);
	char name[80] = "state.json";
	int r;

	if (!s->info.kept)
		snprintf(name, sizeof(name), "%s.state", s->id);
	r = sealed_write(s->info.kept ? s->dir : s->run_fd, name, j, sync);
	return r < 0 ? fail(e, -r, "cannot write the record of the container: %s", strerror(-r))
		     : 0;
}

static int open_run(struct state *s, const struct container *c, struct err *e)
{
	*s = (struct state){.id = c->spec->id,
			    .run_fd = -1,
			    .lock = -1,
			    .store_fd = -1,
			    .dir = -1,
			    .kept_lock = -1};
	s->run_fd = dirs_open(c->dirs->run, "containers", e);
	return s->run_fd < 0 ? s->run_fd : 0;
}

/* state_unlink_live - what only a live container has; the file that says so is the last to go */
void state_unlink_live(int run_fd, const char *id)
{
	static const char *const live[] = {"state", "health", "sock", "json"};
	char name[80];

	for (size_t i = 0; i < ARRAY_SIZE(live); i++) {
		snprintf(name, sizeof(name), "%s.%s", id, live[i]);
		unlinkat(run_fd, name, 0);
	}
}

/*
 * A name for a container that was given none. One that is kept holds its name as others do;
 * one that is thrown away only has it in its record, with a number, so that it seldom meets another.
 */
static int make_up_name(struct state *s, struct err *e)
{
	const uint64_t plain = CONTAINER_PLAIN_NAMES;
	char name[CONTAINER_NAME], hex[9];
	uint64_t n;
	int r = -EEXIST;

	random_hex(hex, 8);
	n = strtoull(hex, NULL, 16);
	if (!s->info.kept) {
		container_name(name, plain + n % (plain * 999));
		s->info.name = xstrdup(name);
		return 0;
	}
	n %= plain;
	for (uint64_t i = 0; r == -EEXIST && i < 4 * plain; i++) {
		struct err why = {};

		container_name(name, i < plain ? (n + i) % plain : n + i);
		r = state_take_name(s->store_fd, s->run_fd, s->id, name, &why);
		if (r < 0)
			*e = why;
	}
	if (!r)
		s->info.name = xstrdup(name);
	return r;
}

/**
 * state_create - make the records of a new container
 *
 * Return: 0 or -errno; on failure nothing is left.
 */
int state_create(struct state *s, const struct container *c, struct err *e)
{
	const struct spec *spec = c->spec;
	int r = open_run(s, c, e);

	if (!r)
		r = take_life_lock(s, c->dirs->store, e);
	if (!r)
		describe(&s->info, spec);
	if (!r && (needs_disk(spec) || spec->name)) {
		s->store_fd = dirs_open(c->dirs->store, "containers", e);
		r = s->store_fd < 0 ? s->store_fd : 0;
	}
	if (!r)
		r = spec->name ? state_take_name(s->store_fd, s->run_fd, spec->id, spec->name, e)
			       : make_up_name(s, e);
	if (!r && s->store_fd >= 0)
		r = make_folder(s, c, e);
	if (!r && s->info.kept)
		r = take_kept_lock(s, e);
	if (!r && s->info.kept)
		r = state_save(s, REPLACE_FAST, e);
	fault_point("record");
	if (!r && s->info.kept)
		r = state_write_spec(s->dir, spec, REPLACE_FAST, e);
	fault_point("state");
	if (r < 0)
		state_discard(s, c, -1);
	else
		event_of(c->dirs, &s->info, "create", -1);
	return r;
}

/**
 * state_open - take over the records of a container that has ended, to start it again
 *
 * Return: 0; -EBUSY when another command has it; or another -errno.
 */
int state_open(struct state *s, const struct container *c, const struct container_info *info,
	       struct err *e)
{
	int r = open_run(s, c, e);

	if (!r) {
		s->store_fd = dirs_open(c->dirs->store, "containers", e);
		r = s->store_fd < 0 ? s->store_fd : 0;
	}
	if (!r) {
		s->dir = openat(s->store_fd, s->id,
				O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (s->dir < 0)
			r = fail_errno(e, "cannot open container %.12s", s->id);
		else if (lock_soon(s->dir, LOCK_EX) < 0)
			r = fail(e, EBUSY, "another command is working on container %.12s", s->id);
	}
	if (!r) {
		/* What a supervisor that was killed left; nobody else takes it while we hold the folder. */
		state_unlink_live(s->run_fd, s->id);
		r = take_life_lock(s, c->dirs->store, e);
	}
	if (!r)
		r = take_kept_lock(s, e);
	if (!r) {
		describe(&s->info, c->spec);
		s->info.created = info->created;
		s->info.started = info->started;
		s->info.finished = info->finished;
		s->info.exit_code = info->exit_code;
		s->info.state = info->state;
		s->info.kept = true;
		/* rename changes the record alone */
		free(s->info.name);
		s->info.name = info->name ? xstrdup(info->name) : NULL;
	} else {
		state_close(s);
	}
	return r;
}

/**
 * state_running - record that the payload runs
 * @pid: of the container's first process
 */
int state_running(struct state *s, pid_t pid, struct err *e)
{
	struct container_info *i = &s->info;

	i->state = LIFE_RUNNING;
	i->started = wall_clock_ns();
	i->finished = 0;
	i->exit_code = 0;
	i->supervisor = getpid();
	proc_start_time(i->supervisor, &i->supervisor_start);
	i->pid = pid;
	proc_start_time(pid, &i->pid_start);
	free(take_ptr(i->error));
	return state_save(s, REPLACE_FAST, e);
}

/* state_host_pids - record by what the processes of a container without a pid namespace are found */
void state_host_pids(struct state *s, const struct launch *l)
{
	char text[64], boot[37] = "";
	int n;

	/* The numbers begin anew at each boot. */
	boot_id(boot);
	n = snprintf(text, sizeof(text), "%llu\n%s\n", (unsigned long long)launch_mount_ns(l),
		     boot);
	if (write_full(s->lock, text, (size_t)n) < 0)
		log_warn("cannot complete the record of container %.12s, ignoring", s->id);
}

/**
 * state_ended - record that it has ended, or could not start
 * @why: NULL, or what kept it from starting
 * @again: its supervisor stays, to start it again
 */
void state_ended(struct state *s, int exit_code, const char *why, bool again)
{
	struct container_info *i = &s->info;
	struct err e = {};

	i->state = i->started || !why ? LIFE_EXITED : LIFE_CREATED;
	i->finished = wall_clock_ns();
	i->exit_code = exit_code;
	/* Whoever wants to stop a restart that is to come asks the supervisor. */
	if (!again) {
		i->supervisor = 0;
		i->supervisor_start = 0;
	}
	i->pid = 0;
	i->pid_start = 0;
	free(take_ptr(i->health));
	free(i->error);
	i->error = why ? xstrdup(why) : NULL;
	if (i->kept && s->dir >= 0 && state_save(s, REPLACE_SYNC, &e) < 0)
		log_warn("%s, ignoring", e.msg);
}

/* state_close - let go of a container that is kept; what only a live one has is removed */
void state_close(struct state *s)
{
	/* Before it was said to run there was one file alone. */
	if (s->lock >= 0 && s->info.started)
		state_unlink_live(s->run_fd, s->id);
	else if (s->lock >= 0)
		unlinkat(s->run_fd, s->record, 0);
	free(take_ptr(s->record));
	container_info_free(&s->info);
	close_fd(take_fd(&s->lock));
	close_fd(take_fd(&s->kept_lock));
	close_fd(take_fd(&s->dir));
	close_fd(take_fd(&s->store_fd));
	close_fd(take_fd(&s->run_fd));
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

static bool has_volumes(const struct spec *spec)
{
	for (size_t i = 0; i < spec->mounts.n; i++) {
		if (spec->mounts.v[i].volume)
			return true;
	}
	return false;
}

/**
 * state_discard - remove a container, its records and its files
 * @userns_fd: its user namespace, for files that belong to its ids; -1 for none
 */
void state_discard(struct state *s, const struct container *c, int userns_fd)
{
	/* One by one: a failure may be for want of descriptors, and this takes none. */
	static const char *const records[] = {"config.json", "state.json", "lock"};

	if (s->dir >= 0) {
		/* From here on it is nobody's: the next command removes what we do not. */
		for (size_t i = 0; s->info.kept && i < ARRAY_SIZE(records); i++)
			unlinkat(s->dir, records[i], 0);
		if (!remove_if_empty(s))
			discard(s, c->plan, userns_fd);
	}
	if (s->store_fd >= 0)
		state_drop_name(s->store_fd, s->info.name ? s->info.name : c->spec->name, s->id);
	if (has_volumes(c->spec))
		volumes_release(c->dirs, c->plan, s->id, true);
	if (s->dir >= 0)
		event_of(c->dirs, &s->info, "remove", -1);
	state_close(s);
}

/* state_drop_name - take a container's name away, as long as it leads there; @name may be NULL */
void state_drop_name(int store_fd, const char *name, const char *id)
{
	cleanup_free char *link = name && spec_valid_name(name) ? xasprintf("name-%s", name) : NULL;
	char at[65];

	if (link && readlinkat(store_fd, link, at, sizeof(at)) == 64 && !strncmp(at, id, 64))
		unlinkat(store_fd, link, 0);
}

/* state_drop_names - of a container whose record is damaged, or half made: all that lead to it */
void state_drop_names(int store_fd, const char *id)
{
	int fd = openat(store_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	while (d && (de = readdir(d))) {
		if (str_has_prefix(de->d_name, "name-"))
			state_drop_name(store_fd, de->d_name + strlen("name-"), id);
	}
	if (d)
		closedir(d);
	else
		close_fd(fd);
}

int state_remove_folder(int store_fd, const char *id, int lock, const struct idmap_plan *plan,
			struct err *e)
{
	struct removal removal = {store_fd, id, lock};

	unlinkat(lock, "config.json", 0);
	return remove_it(&removal) < 0 ? mapped_run(plan, remove_it, &removal, e) : 0;
}

/* Something that is no folder stands where a container's folder was. */
static int remove_stray(const struct dirs *dirs, const struct idmap_plan *plan, int store_fd,
			int run_fd, const char *id, struct err *e)
{
	int r = unlinkat(store_fd, id, 0);

	if (r < 0)
		return fail_errno(e, "cannot remove %s", id);
	state_drop_names(store_fd, id);
	state_unlink_live(run_fd, id);
	volumes_release(dirs, plan, id, false);
	return 0;
}

/**
 * container_remove - remove a container that does not run
 * @info: from container_find()
 * @plan: id maps for removing files of subordinate ids
 * @volumes: the volumes that were made for it without a name go as well
 *
 * Return: 0; -EBUSY when it runs or another command works on it; or another -errno.
 */
int container_remove(const struct dirs *dirs, const struct idmap_plan *plan,
		     const struct container_info *info, bool volumes, struct err *e)
{
	cleanup_close int store_fd = dirs_open(dirs->store, "containers", e);
	cleanup_close int run_fd = dirs_open(dirs->run, "containers", e);
	cleanup_close int dir = -1;

	if (store_fd < 0 || run_fd < 0)
		return store_fd < 0 ? store_fd : run_fd;
	dir = openat(store_fd, info->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0 && errno == ENOTDIR && info->broken)
		return remove_stray(dirs, plan, store_fd, run_fd, info->id, e);
	if (dir < 0)
		return fail_errno(e, "cannot open container %.12s", info->id);
	if (lock_soon(dir, LOCK_EX) < 0)
		return fail_hint(e, fail(e, EBUSY, "container %.12s is in use", info->id),
				 "stop it first, or use --force");
	/* From here on it is nobody's: a command that is killed leaves the rest to the next. */
	if (unlinkat(dir, "config.json", 0) < 0 && errno != ENOENT && errno != EISDIR)
		return fail_errno(e, "cannot remove container %.12s", info->id);
	if (info->broken)
		state_drop_names(store_fd, info->id);
	else
		state_drop_name(store_fd, info->name, info->id);
	state_unlink_live(run_fd, info->id);
	volumes_release(dirs, plan, info->id, volumes);
	event_of(dirs, info, "remove", -1);
	return state_remove_folder(store_fd, info->id, dir, plan, e);
}
