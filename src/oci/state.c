/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A container is a folder below --root:
 *
 *	state.json    the record: who its first process is, replaced whole
 *	config.json   a copy, for the bundle may be gone when the container ends
 *	start         the socket that its first process waits at, until it is started
 *	notify/       where it says that it is ready, if its creator wants to know
 *
 * Who changes something holds flock(2) on the folder. create() holds it from the making of
 * the folder until the record says "ready"; a folder without such a record that nobody holds is
 * what a killed create has left, and whoever meets it removes it. The process that create
 * made has died with it, for it gives up its parent death signal only after the record.
 *
 * What the record says of a process is believed only while boot, number and start time
 * agree, and then it is used by pidfd. What the status is comes from the kernel: a process that
 * is gone is stopped, one that still listens at the socket was created and not started.
 *
 * The folder of all states may be shared, as /tmp is. A container belongs to the owner of its
 * folder. Another user is refused; root becomes the owner before anything is done, so that
 * no record of a stranger makes root signal, run or remove what the stranger could not.
 */
#include <dirent.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "linux/sys.h"
#include "oci/internal.h"

#define RECORD      "state.json"
#define RECORD_MAX  (64 << 10)
#define CONFIG_MAX  (16 << 20)
#define VERSION_NOW 1
#define LOCK_WAIT   (10 * 1000000000LL)
#define DEATH_WAIT  (500 * 1000000LL)

void oci_state_init(struct oci_state *s)
{
	*s = (struct oci_state){.root = -1, .dir = -1, .pid = -1};
}

static void forget(struct oci_state *s)
{
	free(take_ptr(s->id));
	free(take_ptr(s->bundle));
	free(take_ptr(s->rootfs));
	free(take_ptr(s->cgroup));
}

/* oci_state_close - let go of it, and of its lock */
void oci_state_close(struct oci_state *s)
{
	forget(s);
	free(take_ptr(s->name));
	close_fd(take_fd(&s->dir));
	close_fd(take_fd(&s->root));
}

/* A name that no file system takes is cut, and told apart by a number; the record has it whole. */
static char *folder_name(const char *id)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	if (strlen(id) <= NAME_MAX)
		return xstrdup(id);
	for (const char *p = id; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 0x100000001b3ULL;
	return xasprintf("%.190s~%016llx", id, (unsigned long long)hash);
}

static int no_such(const char *id, struct err *e)
{
	return fail(e, ENOENT, "container does not exist: %s", id);
}

static int open_dir(int root, const char *name)
{
	int fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : move_fd_above(fd, 10);
}

static bool still_there(const struct oci_state *s)
{
	struct stat mine, there;

	return !fstat(s->dir, &mine) && !fstatat(s->root, s->name, &there, AT_SYMLINK_NOFOLLOW) &&
	       mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

static int lock_now(int fd, int how)
{
	int r;

	do
		r = flock(fd, how | LOCK_NB);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

static int lock_in_time(int fd, int64_t ns)
{
	const int64_t end = now_ns() + ns;
	int r;

	while ((r = lock_now(fd, LOCK_EX)) == -EWOULDBLOCK && now_ns() < end)
		poll(NULL, 0, 5);
	return r;
}

/* ---- the record ---------------------------------------------------------------------------------------- */

static json *record_json(const struct oci_state *s)
{
	json *j = json_obj();

	json_set(j, "version", json_i64(VERSION_NOW));
	json_set(j, "id", json_str(s->id));
	json_set(j, "bundle", json_str(s->bundle));
	json_set(j, "rootfs", json_str(s->rootfs));
	if (s->cgroup) {
		json_set(j, "cgroup", json_str(s->cgroup));
		json_set(j, "cgroup_ino", json_u64(s->cgroup_ino));
		json_set(j, "cgroup_made", json_boolean(s->cgroup_made));
	}
	json_set(j, "created", json_i64(s->created));
	json_set(j, "ready", json_boolean(s->ready));
	if (!s->ready)
		return j;
	json_set(j, "boot", json_str(s->boot));
	json_set(j, "pid", json_i64(s->pid));
	json_set(j, "start", json_u64(s->pid_start));
	json_set(j, "mount_ns", json_u64(s->mount_ns));
	json_set(j, "own", json_i64(s->own));
	json_set(j, "paused", json_boolean(s->paused));
	return j;
}

/**
 * oci_state_save - write the record, whole or not at all
 *
 * Return: 0 or -errno.
 */
int oci_state_save(struct oci_state *s, struct err *e)
{
	cleanup_json json *j = record_json(s);
	cleanup_free char *text = json_dump(j, false);
	int r = replace_file_at(s->dir, RECORD, text, strlen(text), 0600, REPLACE_FAST);

	return r < 0 ? fail(e, -r, "cannot write the state of %s: %s", s->id, strerror(-r)) : 0;
}

static char *text_of(const json *j, const char *key)
{
	const char *s = json_get_str(j, key, NULL);

	return s ? xstrdup(s) : NULL;
}

/* One container's record in the folder of another would be that one, as well. */
static bool is_named(const struct oci_state *s)
{
	cleanup_free char *name = folder_name(s->id);

	return streq(name, s->name);
}

static int record_parse(struct oci_state *s, const json *j)
{
	const char *boot = json_get_str(j, "boot", "");

	if (json_get_i64(j, "version", 0) != VERSION_NOW)
		return -EINVAL;
	s->id = text_of(j, "id");
	s->bundle = text_of(j, "bundle");
	s->rootfs = text_of(j, "rootfs");
	s->cgroup = text_of(j, "cgroup");
	s->cgroup_made = json_get_bool(j, "cgroup_made", false);
	json_get_u64(j, "cgroup_ino", &s->cgroup_ino);
	s->created = json_get_i64(j, "created", 0);
	s->ready = json_get_bool(j, "ready", false);
	s->pid = (pid_t)json_get_i64(j, "pid", -1);
	s->own = (unsigned)json_get_i64(j, "own", 0);
	s->paused = json_get_bool(j, "paused", false);
	snprintf(s->boot, sizeof(s->boot), "%s", boot);
	if (!s->id || !s->bundle || !s->rootfs || oci_check_id(s->id, &(struct err){}) ||
	    !is_named(s))
		return -EINVAL;
	if (!s->ready)
		return 0;
	if (json_get_u64(j, "start", &s->pid_start) || json_get_u64(j, "mount_ns", &s->mount_ns))
		return -EINVAL;
	return s->pid > 0 ? 0 : -EINVAL;
}

/* Who looks at the containers of others is root: no link of theirs leads him to other files. */
static int read_own(const struct oci_state *s, const char *name, size_t max, struct buf *out)
{
	cleanup_close int fd = openat(s->dir, name,
				      O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat folder, file;

	if (fd < 0 || fstat(fd, &file) < 0 || fstat(s->dir, &folder) < 0)
		return -errno;
	return file.st_uid == folder.st_uid ? read_file_fd(fd, max, out) : -EPERM;
}

/* Return: 0, -ENOENT without an error when there is none, or -EBADMSG. */
static int record_read(struct oci_state *s, struct err *e)
{
	cleanup_buf struct buf text = {};
	cleanup_json json *j = NULL;
	int r = read_own(s, RECORD, RECORD_MAX, &text);

	forget(s);
	if (r == -ENOENT)
		return r;
	if (!r)
		r = json_parse_bytes(text.data ? text.data : "", text.len, &j, NULL);
	if (!r)
		r = record_parse(s, j);
	if (!r)
		return 0;
	forget(s);
	return fail_hint(e, fail(e, EBADMSG, "%s/%s is damaged", s->name, RECORD),
			 "`delete --force` removes it, but does not know its processes");
}

/**
 * oci_state_config - the copy of config.json
 * @out: receives a new object
 *
 * Return: 0 or -errno.
 */
int oci_state_config(const struct oci_state *s, json **out, struct err *e)
{
	cleanup_buf struct buf text = {};
	int r = read_own(s, OCI_CONFIG, CONFIG_MAX, &text);

	if (r < 0)
		return fail(e, -r, "cannot read %s/%s: %s", s->name, OCI_CONFIG, strerror(-r));
	r = json_parse(text.data ? text.data : "", text.len, out, e);
	return r < 0 ? fail_in(e, r, "%s/%s", s->name, OCI_CONFIG) : 0;
}

/* ---- the folder ------------------------------------------------------------------------------------------ */

static bool is_known(const char *name)
{
	return streq(name, RECORD) || streq(name, OCI_CONFIG) || streq(name, OCI_SOCKET) ||
	       streq(name, OCI_NOTIFY) || str_has_prefix(name, "." RECORD ".") ||
	       str_has_prefix(name, "." OCI_CONFIG ".");
}

/* Is everything in it ours? A folder of somebody's may be where an id would be. */
static bool holds_only_ours(int dir)
{
	cleanup_close int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *de;
	bool ours = d;

	if (!d)
		return false;
	take_fd(&fd);
	while (ours && (de = readdir(d)))
		ours = streq(de->d_name, ".") || streq(de->d_name, "..") || is_known(de->d_name);
	closedir(d);
	return ours;
}

/**
 * oci_state_remove - remove the folder; the lock is held
 *
 * The record goes first: from then on the rest is what a killed create might have left.
 */
void oci_state_remove(struct oci_state *s)
{
	cleanup_close int fd = -1;
	DIR *d;
	const struct dirent *de;

	unlinkat(s->dir, RECORD, 0);
	fault_point("oci-removing");
	unlinkat(s->dir, OCI_CONFIG, 0);
	unlinkat(s->dir, OCI_SOCKET, 0);
	if (!unlinkat(s->root, s->name, AT_REMOVEDIR))
		return;
	/* The folder of notifications, or what a replacement that was killed half-way has left. */
	fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return;
	take_fd(&fd);
	while ((de = readdir(d))) {
		if (is_known(de->d_name))
			remove_tree_at(s->dir, de->d_name);
	}
	closedir(d);
	unlinkat(s->root, s->name, AT_REMOVEDIR);
}

/* What a killed create has left; the lock is held. */
static void sweep(struct oci_state *s)
{
	struct err e = {};

	log_debug("removing what a killed command has left of %s", s->name);
	/* Announced, perhaps not made: it may be somebody else's, and then it is in use. */
	if (oci_group_remove(s, &e) < 0)
		log_warn("%s, ignoring", e.msg);
	oci_state_remove(s);
}

/* Return: 1: ours, to be swept or taken; 0: it is somebody's container, or something else. */
static int try_leftover(struct oci_state *s)
{
	struct err ignored = {};
	struct stat st;

	if (fstat(s->dir, &st) < 0 || st.st_uid != geteuid())
		return 0;
	if (!record_read(s, &(struct err){}) && s->ready)
		return 0;
	/* The process that a killed create has made holds its lock until it has died, too. */
	if (lock_in_time(s->dir, DEATH_WAIT) < 0)
		return 0;
	if (!still_there(s))
		return 1;
	if (record_read(s, &ignored) == 0 && s->ready)
		return 0;
	if (ignored.code || !holds_only_ours(s->dir))
		return 0;
	sweep(s);
	return 1;
}

/**
 * oci_state_create - take an id, and its folder
 * @s: receives it, locked
 *
 * Return: 0, -EEXIST, or another -errno.
 */
int oci_state_create(struct oci_state *s, const struct oci *o, const char *id, struct err *e)
{
	int r = oci_check_id(id, e);

	oci_state_init(s);
	if (r < 0)
		return r;
	s->root = oci_root_open(o, true, e);
	if (s->root < 0)
		return s->root;
	s->name = folder_name(id);
	for (int tries = 0; tries < 100; tries++) {
		bool mine = !mkdirat(s->root, s->name, 0700);

		if (!mine && errno != EEXIST)
			return fail_errno(e, "cannot make a folder for the state of %s", id);
		fault_point("oci-mkdir");
		s->dir = open_dir(s->root, s->name);
		if (s->dir >= 0 && mine && !lock_in_time(s->dir, LOCK_WAIT) && still_there(s)) {
			forget(s);
			s->id = xstrdup(id);
			s->owner = geteuid();
			return 0;
		}
		if (mine && s->dir < 0 && s->dir != -ENOENT) {
			unlinkat(s->root, s->name, AT_REMOVEDIR);
			return fail(e, -s->dir, "cannot open the folder for the state of %s: %s",
				    id, strerror(-s->dir));
		}
		if (!mine && s->dir != -ENOENT && (s->dir < 0 || !try_leftover(s)))
			break;
		close_fd(take_fd(&s->dir));
	}
	return fail(e, EEXIST, "container with id exists: %s", id);
}

/* oci_state_only_ours - is there nothing in its folder that we have not made? */
bool oci_state_only_ours(const struct oci_state *s)
{
	return holds_only_ours(s->dir);
}

/* Root acts as the owner from here on; nobody else gets this far with a folder of another's. */
static int become_owner(struct oci_state *s, struct err *e)
{
	struct stat st;
	int r;

	if (fstat(s->dir, &st) < 0)
		return fail_errno(e, "%s", s->name);
	s->owner = st.st_uid;
	if (st.st_uid == geteuid())
		return 0;
	if (geteuid())
		return fail(e, EPERM, "container %s belongs to user %u, and you are %u: %s",
			    s->name, st.st_uid, geteuid(), strerror(EPERM));
	log_debug("acting as user %u, whose container this is", st.st_uid);
	s->foreign = true;
	r = sys_setgroups(0, NULL);
	if (!r)
		r = sys_setresgid(st.st_gid);
	if (!r)
		r = sys_setresuid(st.st_uid);
	return r < 0 ? fail(e, -r, "cannot act as user %u, whose container %s is: %s", st.st_uid,
			    s->name, strerror(-r))
		     : 0;
}

static int open_folder(struct oci_state *s, const struct oci *o, const char *id, struct err *e)
{
	int r = oci_check_id(id, e);

	if (r < 0)
		return r;
	s->root = oci_root_open(o, false, e);
	if (s->root == -ENOENT)
		return no_such(id, e);
	if (s->root < 0)
		return s->root;
	s->name = folder_name(id);
	s->dir = open_dir(s->root, s->name);
	if (s->dir == -ENOENT || s->dir == -ENOTDIR || s->dir == -ELOOP)
		return no_such(id, e);
	if (s->dir < 0)
		return fail(e, -s->dir, "cannot open the state of %s: %s", id, strerror(-s->dir));
	return become_owner(s, e);
}

static int lock_folder(struct oci_state *s, const char *id, struct err *e)
{
	if (lock_in_time(s->dir, LOCK_WAIT) < 0)
		return fail(e, EAGAIN, "another command is at work on container %s", id);
	return still_there(s) ? 0 : no_such(id, e);
}

/**
 * oci_state_lock - hold it again, after oci_state_unlock()
 *
 * Return: 0; -ENOENT when it has been deleted meanwhile; or -EAGAIN.
 */
int oci_state_lock(struct oci_state *s, struct err *e)
{
	return lock_folder(s, s->id, e);
}

void oci_state_unlock(struct oci_state *s)
{
	lock_now(s->dir, LOCK_UN);
}

/**
 * oci_state_open - find a container
 * @s: receives it
 * @how: OCI_LOCK to change it: waits until nobody else does
 *
 * What a killed create has left is removed and is no container.
 * Return: 0, -ENOENT, -EPERM, -EAGAIN when another command holds it, -EBADMSG when the record
 * is damaged, and then it is open and locked even so; or another -errno.
 */
int oci_state_open(struct oci_state *s, const struct oci *o, const char *id, enum oci_open how,
		   struct err *e)
{
	int r;

	oci_state_init(s);
	r = open_folder(s, o, id, e);
	if (r < 0)
		return r;
	if (how == OCI_LOCK) {
		r = lock_folder(s, id, e);
		if (r < 0)
			return r;
	}
	r = record_read(s, e);
	if (r < 0 && r != -ENOENT)
		return r;
	if (!r && !streq(s->id, id))
		return no_such(id, e);
	if (!r && s->ready)
		return 0;
	if (how == OCI_LOOK && lock_now(s->dir, LOCK_EX) == -EWOULDBLOCK) {
		/* Being created, or just deleted. */
		if (!s->id)
			s->id = xstrdup(id);
		return 0;
	}
	if (still_there(s) && holds_only_ours(s->dir))
		sweep(s);
	return no_such(id, e);
}

/* ---- what it is now ----------------------------------------------------------------------------------------- */

/**
 * oci_state_pidfd - the container's first process, if it still lives
 *
 * Return: a new descriptor, or -ESRCH.
 */
int oci_state_pidfd(const struct oci_state *s)
{
	cleanup_close int fd = -1;
	struct pollfd ended;
	uint64_t start;
	char boot[37];

	if (!s->ready || boot_id(boot) < 0 || !streq(boot, s->boot))
		return -ESRCH;
	fd = sys_pidfd_open(s->pid, 0);
	if (fd < 0 || proc_start_time(s->pid, &start) < 0 || start != s->pid_start)
		return -ESRCH;
	/* A zombie has ended, also while its parent does not ask. */
	ended = (struct pollfd){fd, POLLIN, 0};
	return poll(&ended, 1, 0) ? -ESRCH : take_fd(&fd);
}

/* Does the first process still wait at its socket? Once the payload runs nobody listens. */
static bool waits_for_start(const struct oci_state *s)
{
	cleanup_close int sock = oci_connect_start(s, NULL);

	return sock >= 0 || sock == -EAGAIN;
}

/* oci_state_status - by what the kernel says now */
enum oci_status oci_state_status(const struct oci_state *s)
{
	cleanup_close int pidfd = -1;

	if (!s->ready)
		return OCI_CREATING;
	pidfd = oci_state_pidfd(s);
	if (pidfd < 0)
		return OCI_STOPPED;
	if (waits_for_start(s))
		return OCI_CREATED;
	return s->paused || oci_group_frozen(s) ? OCI_PAUSED : OCI_RUNNING;
}

const char *oci_status_name(enum oci_status status)
{
	static const char *const names[] = {
		[OCI_CREATING] = "creating", [OCI_CREATED] = "created", [OCI_RUNNING] = "running",
		[OCI_PAUSED] = "paused",     [OCI_STOPPED] = "stopped",
	};

	return names[status];
}

/**
 * oci_state_each - look at this user's containers; root sees everybody's
 * @fn: called for each; what it gets is borrowed
 *
 * Return: 0 or -errno.
 */
int oci_state_each(const struct oci *o, void (*fn)(void *ctx, const struct oci_state *s), void *ctx,
		   struct err *e)
{
	cleanup_close int root = oci_root_open(o, false, e);
	cleanup_close int fd = -1;
	const struct dirent *de;
	DIR *d;

	if (root < 0)
		return root == -ENOENT ? 0 : root;
	fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return fail_errno(e, "cannot list containers");
	take_fd(&fd);
	while ((de = readdir(d))) {
		struct oci_state s = {.root = root, .name = (char *)de->d_name};
		struct err bad = {};
		struct stat st;

		if (streq(de->d_name, ".") || streq(de->d_name, ".."))
			continue;
		s.dir = open_dir(root, de->d_name);
		if (s.dir >= 0 && !fstat(s.dir, &st) && (st.st_uid == geteuid() || !geteuid()) &&
		    !record_read(&s, &bad)) {
			s.owner = st.st_uid;
			fn(ctx, &s);
		} else if (bad.code) {
			log_warn("%s, ignoring", bad.msg);
		}
		forget(&s);
		close_fd(s.dir);
	}
	closedir(d);
	return 0;
}
