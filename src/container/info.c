/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * What is known of a container is its record: one small JSON file that is only ever
 * replaced as a whole. A container that is kept, or runs in the background, has it in the
 * store (containers/ID/state.json, beside config.json, its spec); one that is thrown away
 * has it in the runtime folder (containers/ID.state), and only while it runs.
 *
 * A record that says "running" is believed while its supervisor holds the lock of
 * containers/ID.json in the runtime folder. No pid is looked at for that, so neither a
 * kill -9 nor a reboot makes a record lie: the lock is gone, the container has ended. One that
 * is kept has a second such lock beside its record, in case the runtime folder goes before it.
 *
 * The second line of each file is a checksum. A file that does not fit it is reported by
 * name, and spoils no other container.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "container/control.h"
#include "container/internal.h"

#define ID_DIGITS      64
#define RECORD_VERSION 1

/* ---- one record ------------------------------------------------------------------------------------ */

void container_info_free(struct container_info *r)
{
	char *strings[] = {r->id, r->name, r->image, r->error, r->health};

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		free(strings[i]);
	strv_free(&r->command);
	strv_free(&r->labels);
	free(r->broken);
	*r = (struct container_info){};
}

void container_infos_free(struct container_infos *l)
{
	for (size_t i = 0; i < l->n; i++)
		container_info_free(&l->v[i]);
	free(l->v);
	*l = (struct container_infos){};
}

json *container_info_json(const struct container_info *r)
{
	json *j = json_obj();
	char boot[37] = "";

	boot_id(boot);
	json_set(j, "version", json_i64(RECORD_VERSION));
	json_set(j, "id", json_str(r->id));
	json_set(j, "name", json_str(r->name));
	json_set(j, "image", json_str(r->image));
	json_set(j, "command", json_strv(&r->command));
	json_set(j, "labels", json_strv(&r->labels));
	json_set(j, "state", json_str(life_name(r->state)));
	json_set(j, "boot", json_str(boot));
	json_set(j, "created", json_i64(r->created));
	json_set(j, "started", json_i64(r->started));
	json_set(j, "finished", json_i64(r->finished));
	json_set(j, "exit_code", json_i64(r->exit_code));
	json_set(j, "supervisor", json_i64(r->supervisor));
	json_set(j, "supervisor_start", json_u64(r->supervisor_start));
	json_set(j, "pid", json_i64(r->pid));
	json_set(j, "pid_start", json_u64(r->pid_start));
	json_set(j, "remove", json_boolean(r->remove));
	json_set(j, "restarts", json_i64(r->restarts));
	json_set(j, "driver", json_i64(r->driver));
	json_set(j, "error", json_str(r->error));
	json_set(j, "health", json_str(r->health));
	return j;
}

static char *copy_of(const json *j, const char *key)
{
	const char *s = json_get_str(j, key, NULL);

	return s ? xstrdup(s) : NULL;
}

static int from_json(struct container_info *r, const json *j)
{
	int state = life_parse(json_get_str(j, "state", ""));
	const char *id = json_get_str(j, "id", "");

	if (json_get_i64(j, "version", 0) != RECORD_VERSION || state < 0 ||
	    (r->id && !streq(r->id, id)))
		return -EBADMSG;
	free(r->id);
	r->id = xstrdup(id);
	r->name = copy_of(j, "name");
	r->image = copy_of(j, "image");
	json_get_strv(j, "command", &r->command);
	json_get_strv(j, "labels", &r->labels);
	r->state = (enum life)state;
	r->created = json_get_i64(j, "created", 0);
	r->started = json_get_i64(j, "started", 0);
	r->finished = json_get_i64(j, "finished", 0);
	r->exit_code = (int)json_get_i64(j, "exit_code", 0);
	r->supervisor = (pid_t)json_get_i64(j, "supervisor", 0);
	r->pid = (pid_t)json_get_i64(j, "pid", 0);
	json_get_u64(j, "pid_start", &r->pid_start);
	json_get_u64(j, "supervisor_start", &r->supervisor_start);
	r->remove = json_get_bool(j, "remove", false);
	r->restarts = (uint32_t)json_get_i64(j, "restarts", 0);
	r->driver = (enum rootfs_driver)json_get_i64(j, "driver", ROOTFS_AUTO);
	r->error = copy_of(j, "error");
	r->health = copy_of(j, "health");
	return 0;
}

/* What a record says that was true until its supervisor, or the host, was stopped hard. */
static void has_ended(struct container_info *r, const json *j)
{
	char boot[37] = "";

	if (r->state != LIFE_CREATED && r->state != LIFE_EXITED) {
		boot_id(boot);
		r->state = LIFE_EXITED;
		r->exit_code = 128 + 9;
		free(r->error);
		r->error = xstrdup(streq(json_get_str(j, "boot", ""), boot)
					   ? "its supervisor was killed"
					   : "the host was restarted while it ran");
		free(take_ptr(r->health));
	}
	r->supervisor = r->pid = 0;
	r->pid_start = r->supervisor_start = 0;
}

/* ---- finding ----------------------------------------------------------------------------------------- */

struct folders {
	int store, run; /* -1 when there is none */
};

static int open_folder(const char *base, int *fd, struct err *e)
{
	cleanup_free char *path = path_join(base, "containers");

	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd >= 0 || errno == ENOENT ? 0 : fail_errno(e, "cannot read %s", path);
}

/* One that is not there is empty; one that cannot be read is an error, or a list would lie. */
static int open_folders(struct folders *f, const struct dirs *dirs, struct err *e)
{
	int r;

	f->run = -1;
	r = open_folder(dirs->store, &f->store, e);
	return r < 0 ? r : open_folder(dirs->run, &f->run, e);
}

static void close_folders(struct folders *f)
{
	close_fd(f->store);
	close_fd(f->run);
}

/**
 * container_alive - does a container's supervisor live?
 * @run_fd: the runtime folder of containers, or -1
 *
 * One that cannot be asked, for want of descriptors, is taken to live: nothing of it is removed.
 */
bool container_alive(int run_fd, const char *id)
{
	char name[ID_DIGITS + sizeof(".json")];
	cleanup_close int fd = -1;

	snprintf(name, sizeof(name), "%s.json", id);
	if (run_fd < 0)
		return false;
	fd = openat(run_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? errno != ENOENT : lock_owner(fd) != 0;
}

static void is_damaged(struct container_info *r, const struct err *why)
{
	r->state = LIFE_DEAD;
	/* Not inside the record: a thousand of them are listed without touching a page each. */
	r->broken = xmalloc(sizeof(*why));
	*r->broken = *why;
	if (why->code == EPROTONOSUPPORT)
		return;
	fail_hint(r->broken, -why->code, "remove the container with \"sandbox rm --force %.12s\"",
		  r->id);
}

/*
 * The runtime folder can be emptied under a container that runs: by a logout, where processes
 * are let live. The lock in its own folder is asked only then.
 */
static bool lives_on(const struct folders *f, const struct container_info *r)
{
	char name[ID_DIGITS + sizeof("/lock")];
	cleanup_close int fd = -1;

	if (f->store < 0 || r->state == LIFE_CREATED || r->state == LIFE_EXITED)
		return false;
	snprintf(name, sizeof(name), "%s/lock", r->id);
	fd = openat(f->store, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return fd >= 0 && lock_owner(fd) == 1;
}

/* Of one that is at rest by its own record nothing would change, and no lock is looked for. */
static bool may_live(const struct container_info *r)
{
	return r->supervisor || r->pid || (r->state != LIFE_CREATED && r->state != LIFE_EXITED);
}

/* A failure that is ours and not the file's, which may be sound. */
static bool is_ours(int r)
{
	return r == -EMFILE || r == -ENFILE || r == -ENOMEM;
}

/*
 * Reads one file into a record whose id is set.
 * Return: 0, also when it is damaged; -ENOENT; -EMFILE and the like.
 */
static int load_file(int dirfd, const char *name, const struct folders *f, struct container_info *r)
{
	cleanup_json json *j = NULL;
	struct err why = {};
	int result = sealed_read(dirfd, name, &j, &why);

	if (result == -ENOENT || is_ours(result))
		return result;
	if (!result && json_get_i64(j, "version", 0) > RECORD_VERSION)
		result = fail(&why, EPROTONOSUPPORT,
			      "%s was written by a later version of sandbox: use that", name);
	else if (!result && from_json(r, j) < 0)
		result = fail(&why, EBADMSG, "%s is damaged", name);
	if (result < 0)
		is_damaged(r, &why);
	else if (may_live(r) && !container_alive(f->run, r->id) && !lives_on(f, r))
		has_ended(r, j);
	return 0;
}

/*
 * Something of a container that is kept is there, and no record of it. One that is being made
 * has its record first, one that is being removed loses its configuration first.
 */
static bool record_is_lost(const struct folders *f, const char *id)
{
	char name[ID_DIGITS + sizeof("/config.json")];
	struct stat st;

	snprintf(name, sizeof(name), "%s/config.json", id);
	return !faccessat(f->store, name, F_OK, AT_SYMLINK_NOFOLLOW) ||
	       (!fstatat(f->store, id, &st, AT_SYMLINK_NOFOLLOW) && !S_ISDIR(st.st_mode));
}

static int load_kept(const struct folders *f, struct container_info *r)
{
	char name[ID_DIGITS + sizeof("/state.json")];
	struct err why = {};
	int result;

	snprintf(name, sizeof(name), "%s/state.json", r->id);
	result = load_file(f->store, name, f, r);
	if (result != -ENOENT || !record_is_lost(f, r->id))
		return result;
	/* It may have come into being between the two looks. */
	result = load_file(f->store, name, f, r);
	if (result == -ENOENT && record_is_lost(f, r->id)) {
		fail(&why, ENOENT, "%s is missing", name);
		is_damaged(r, &why);
		result = 0;
	}
	return result;
}

/* The record of the container @id. Return: as load_file(). */
static int load(const struct folders *f, const char *id, struct container_info *r)
{
	char name[ID_DIGITS + sizeof(".state")];
	int result = -ENOENT;

	r->id = xstrdup(id);
	if (f->store >= 0)
		result = load_kept(f, r);
	r->kept = !result;
	snprintf(name, sizeof(name), "%s.state", id);
	if (result == -ENOENT && f->run >= 0)
		result = load_file(f->run, name, f, r);
	if (result < 0)
		container_info_free(r);
	return result;
}

static bool is_id(const char *name, size_t n)
{
	return n == ID_DIGITS && strspn(name, "0123456789abcdef") >= ID_DIGITS;
}

/*
 * Calls @fn for the id of each entry of a folder: ID in the store, ID.state in the runtime folder.
 * Return: 0 or -errno.
 */
static int each_id(int dirfd, const char *suffix, void (*fn)(void *ctx, const char *id), void *ctx,
		   struct err *e)
{
	int fd = dirfd < 0 ? -1 : openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	char id[ID_DIGITS + 1];
	int code;

	if (dirfd < 0)
		return 0;
	if (!d) {
		code = fail_errno(e, "cannot read the folder of containers");
		close_fd(fd);
		return code;
	}
	while (errno = 0, (de = readdir(d))) {
		size_t n = strlen(de->d_name), tail = strlen(suffix);

		if (n < tail || !streq(de->d_name + n - tail, suffix) ||
		    !is_id(de->d_name, n - tail))
			continue;
		memcpy(id, de->d_name, ID_DIGITS);
		id[ID_DIGITS] = '\0';
		fn(ctx, id);
	}
	code = errno ? fail_errno(e, "cannot read the folder of containers") : 0;
	closedir(d);
	return code;
}

struct listing {
	const struct folders *f;
	struct container_infos *out;
	bool transient;
	int r;
};

static void list_one(void *ctx, const char *id)
{
	struct listing *l = ctx;
	struct container_info r = {};
	char name[ID_DIGITS + sizeof("/state.json")];
	int result;

	/* What has a record in the store was seen there. */
	snprintf(name, sizeof(name), "%s/state.json", id);
	if (l->transient && l->f->store >= 0 && !faccessat(l->f->store, name, F_OK, 0))
		return;
	result = load(l->f, id, &r);
	if (is_ours(result))
		l->r = result;
	if (result < 0)
		return;
	/* A container that is thrown away is no more than its supervisor, and has its turn later. */
	if (l->transient ? r.state == LIFE_EXITED : !r.kept) {
		container_info_free(&r);
		return;
	}
	if (l->out->n % 64 == 0)
		l->out->v = xreallocarray(l->out->v, l->out->n + 64, sizeof(r));
	l->out->v[l->out->n++] = r;
}

static int newest_first(const void *a, const void *b)
{
	const struct container_info *x = a, *y = b;

	return x->created < y->created ? 1 : x->created > y->created ? -1 : strcmp(x->id, y->id);
}

/**
 * container_list - all containers of this user, the newest first
 * @out: receives them, also those whose record is damaged
 *
 * Return: 0, or -errno when it cannot be known.
 */
int container_list(const struct dirs *dirs, struct container_infos *out, struct err *e)
{
	struct folders f;
	struct listing l = {&f, out, false, 0};
	int r = open_folders(&f, dirs, e);

	if (!r)
		r = each_id(f.store, "", list_one, &l, e);
	l.transient = true;
	if (!r)
		r = each_id(f.run, ".state", list_one, &l, e);
	if (!r && l.r < 0)
		r = fail(e, -l.r, "cannot read the records of containers: %s", strerror(-l.r));
	close_folders(&f);
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), newest_first);
	return r;
}

struct search {
	const char *prefix;
	char id[ID_DIGITS + 1];
	unsigned found;
};

static void match_prefix(void *ctx, const char *id)
{
	struct search *s = ctx;

	if (!str_has_prefix(id, s->prefix) || streq(id, s->id))
		return;
	memcpy(s->id, id, sizeof(s->id));
	s->found++;
}

/* The name of a container that is thrown away stands in its record alone. */
static int match_name(const struct dirs *dirs, struct search *s, struct err *e)
{
	cleanup_container_infos struct container_infos all = {};
	int r = container_list(dirs, &all, e);

	for (size_t i = 0; !r && i < all.n; i++) {
		if (!all.v[i].name || !streq(all.v[i].name, s->prefix))
			continue;
		memcpy(s->id, all.v[i].id, sizeof(s->id));
		s->found = 1;
	}
	return r;
}

/*
 * The container that the link of a name leads to; its record has to agree, as far as it can be
 * read: a link that was left behind, or is damaged, must not make us remove another one.
 */
static bool find_link(const struct folders *f, const char *name, struct container_info *out)
{
	cleanup_free char *link = xasprintf("name-%s", name);
	char id[ID_DIGITS + 1] = "";
	ssize_t n = f->store < 0 ? -1 : readlinkat(f->store, link, id, sizeof(id));

	if (n != ID_DIGITS)
		return false;
	id[n] = '\0';
	if (!is_id(id, ID_DIGITS) || load(f, id, out) < 0)
		return false;
	if (out->broken || (out->name && streq(out->name, name)))
		return true;
	container_info_free(out);
	return false;
}

static int search(const struct dirs *dirs, const struct folders *f, struct search *s, struct err *e)
{
	int r = 0;

	if (*s->prefix && strspn(s->prefix, "0123456789abcdef") == strlen(s->prefix)) {
		r = each_id(f->store, "", match_prefix, s, e);
		if (!r)
			r = each_id(f->run, ".state", match_prefix, s, e);
	}
	if (!r && !s->found)
		r = match_name(dirs, s, e);
	if (r < 0)
		return r;
	if (s->found > 1)
		return fail(e, EINVAL, "\"%s\" is the beginning of %u ids", s->prefix, s->found);
	return s->found ? 0 : fail(e, ENOENT, "there is no container \"%s\"", s->prefix);
}

/**
 * container_find - the container that a user calls @name
 * @name: its name, its id, or the beginning of an id that only one container has
 * @out: zeroed; receives the record, for container_info_free(); damaged ones too (@out->broken)
 *
 * Return: 0; -ENOENT; -EINVAL when several begin so; or another -errno.
 */
int container_find(const struct dirs *dirs, const char *name, struct container_info *out,
		   struct err *e)
{
	struct search s = {.prefix = name};
	struct folders f;
	int r = open_folders(&f, dirs, e);

	if (!r && !find_link(&f, name, out)) {
		r = search(dirs, &f, &s, e);
		if (!r) {
			r = load(&f, s.id, out);
			if (is_ours(r))
				fail(e, -r, "cannot read the record of %s: %s", name, strerror(-r));
			else if (r < 0)
				fail(e, ENOENT, "there is no container \"%s\"", name);
		}
	}
	close_folders(&f);
	return r;
}

/* A container that is thrown away when it ends has its spec in its supervisor's memory alone. */
static int spec_of_live(const struct dirs *dirs, const struct container_info *r, json **out,
			struct err *e)
{
	cleanup_close int sock = ctl_connect(dirs, r, e), fd = -1;
	cleanup_buf struct buf text = {};
	char path[40];
	int result = sock < 0 ? sock : ctl_ask(sock, CTL_SPEC, 0, 0, NULL, &fd, e);

	if (result < 0 || fd < 0)
		return result < 0 ? result
				  : fail(e, EPROTO, "the supervisor does not tell the spec");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	result = read_file_at(AT_FDCWD, path, SEALED_MAX, &text);
	return result < 0 ? fail(e, -result, "cannot read the spec: %s", strerror(-result))
			  : json_parse_bytes(text.data ? text.data : "", text.len, out, e);
}

/**
 * container_spec - the spec of a container that is kept or runs in the background
 * @s: made by spec_init(); has the driver that the container has run with, also where the
 *	user left the choice to us
 *
 * Return: 0, or -errno with the file named in @e.
 */
int container_spec(const struct dirs *dirs, const struct container_info *r, struct spec *s,
		   struct err *e)
{
	cleanup_json json *j = NULL;
	char name[ID_DIGITS + sizeof("/config.json")];
	struct folders f;
	int result;

	result = open_folders(&f, dirs, e);
	snprintf(name, sizeof(name), "%s/config.json", r->id);
	if (!result)
		result = f.store < 0 ? -ENOENT : sealed_read(f.store, name, &j, e);
	close_folders(&f);
	if (result == -ENOENT)
		result = spec_of_live(dirs, r, &j, e);
	if (!result && (spec_from_json(s, j, e) < 0 || !s->id || !streq(s->id, r->id)))
		result = fail(e, EBADMSG, "%s is damaged", name);
	if (r->driver != ROOTFS_AUTO)
		s->rootfs.driver = r->driver;
	return result < 0
		       ? fail_hint(e, result, "remove it with \"sandbox rm --force %.12s\"", r->id)
		       : 0;
}
