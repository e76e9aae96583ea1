/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 *	volumes/NAME/data		what containers see
 *	volumes/NAME/volume.json	when and for whom it was made
 *	volumes/NAME/users/ID		an empty file for each container that has it
 *
 * A file below users/ counts for as long as there is a container of that id, on
 * disk or alive; so a container whose supervisor was killed holds no volume.
 * Because a container takes its volumes before its own folder is made, a fresh
 * file counts as well. Everything that makes, takes or removes a volume holds
 * one lock, volumes/.lock, and a volume comes and goes by one rename. Where the folder
 * users is damaged, the specs of the containers tell as well, only slower.
 *
 * A volume without a name has 64 hexadecimal digits for one. If its container is
 * removed when it ends (--rm) the volume is "ephemeral": it goes with it, or,
 * when that was killed, with the next sweep.
 */
#include <dirent.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "container/internal.h"

#define GRACE_S 10

static int open_volumes(const struct dirs *dirs, int *lock, struct err *e)
{
	cleanup_close int fd = dirs_open(dirs->store, "volumes", e);

	if (fd < 0)
		return fd;
	*lock = lock_file_at(fd, ".lock", false, true);
	if (*lock < 0)
		return fail(e, -*lock, "cannot lock the volumes: %s", strerror(-*lock));
	return take_fd(&fd);
}

static int open_dir(int dirfd, const char *name)
{
	return openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* As spec ids, and no user chooses 64 of them. */
static bool is_anonymous_name(const char *name)
{
	return strlen(name) == 64 && strspn(name, "0123456789abcdef") == 64;
}

/* ---- who has it ------------------------------------------------------------------------------------ */

static bool container_lives(const struct dirs *dirs, const char *id)
{
	cleanup_free char *kept = xasprintf("%s/containers/%s", dirs->store, id);
	cleanup_free char *live = xasprintf("%s/containers/%s.json", dirs->run, id);

	/* What cannot be looked at may be there. */
	return !faccessat(AT_FDCWD, kept, F_OK, AT_SYMLINK_NOFOLLOW) || errno != ENOENT ||
	       !faccessat(AT_FDCWD, live, F_OK, AT_SYMLINK_NOFOLLOW) || errno != ENOENT;
}

static bool spec_has_volume(const struct spec *s, const char *name)
{
	for (size_t i = 0; i < s->mounts.n; i++) {
		if (s->mounts.v[i].volume && streq(s->mounts.v[i].volume, name))
			return true;
	}
	return false;
}

/* A container whose records are damaged as well may have it, too: then it is not known who has. */
static void users_by_specs(const struct dirs *dirs, const char *name, struct strv *out)
{
	cleanup_container_infos struct container_infos all = {};
	struct err e = {};

	if (container_list(dirs, &all, &e) < 0)
		strv_add(out, "(unknown)");
	for (size_t i = 0; i < all.n; i++) {
		struct spec s;

		spec_init(&s);
		if (container_spec(dirs, &all.v[i], &s, &e) < 0 || spec_has_volume(&s, name))
			strv_add(out, all.v[i].id);
		spec_free(&s);
	}
}

static void read_users(const struct dirs *dirs, int vol, const char *name, struct strv *out)
{
	int fd = open_dir(vol, "users");
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	struct stat st;

	if (!d) {
		close_fd(fd);
		users_by_specs(dirs, name, out);
		return;
	}
	while (d && (de = readdir(d))) {
		if (*de->d_name == '.' || fstatat(fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (container_lives(dirs, de->d_name) || time(NULL) - st.st_mtime < GRACE_S)
			strv_add(out, de->d_name);
	}
	closedir(d);
}

/* Makes the folder of users anew, when it is damaged. */
static int mend_users(const struct dirs *dirs, int vol, const char *name)
{
	cleanup_close int fd = open_dir(vol, "users");
	cleanup_strv struct strv users = {};

	if (fd >= 0)
		return 0;
	log_warn("the list of who has volume %s is damaged, making it anew", name);
	users_by_specs(dirs, name, &users);
	if (remove_tree_at(vol, "users") < 0 || mkdirat(vol, "users", 0700) < 0)
		return -errno;
	fd = open_dir(vol, "users");
	strv_for_each (id, &users)
		close_fd(openat(fd, id, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
	return 0;
}

/* ---- records ----------------------------------------------------------------------------------------- */

static int write_volume(int vol, const struct strv *labels, bool anonymous, bool ephemeral)
{
	cleanup_json json *j = json_obj();

	json_set(j, "version", json_i64(1));
	json_set(j, "created", json_i64(time(NULL)));
	json_set(j, "anonymous", json_boolean(anonymous));
	json_set(j, "ephemeral", json_boolean(ephemeral));
	if (labels)
		json_set(j, "labels", json_strv(labels));
	return sealed_write(vol, "volume.json", j, REPLACE_FAST);
}

/* A record that cannot be read costs the labels, never the data. */
static void read_volume(const struct dirs *dirs, int vol, const char *name, struct volume_info *out)
{
	cleanup_json json *j = NULL;
	struct err why = {};
	struct stat st;

	*out = (struct volume_info){.name = xstrdup(name)};
	out->path = xasprintf("%s/volumes/%s/data", dirs->store, name);
	read_users(dirs, vol, name, &out->users);
	if (sealed_read(vol, "volume.json", &j, &why) < 0) {
		log_warn("the record of volume %s (%s/volumes/%s/volume.json) is damaged, ignoring",
			 name, dirs->store, name);
		if (!fstat(vol, &st))
			out->created = st.st_mtime;
		return;
	}
	out->created = json_get_i64(j, "created", 0);
	out->anonymous = json_get_bool(j, "anonymous", false);
	out->ephemeral = json_get_bool(j, "ephemeral", false);
	json_get_strv(j, "labels", &out->labels);
}

void volume_info_free(struct volume_info *v)
{
	free(v->name);
	free(v->path);
	strv_free(&v->labels);
	strv_free(&v->users);
	*v = (struct volume_info){};
}

void volume_list_free(struct volume_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		volume_info_free(&l->v[i]);
	free(l->v);
	*l = (struct volume_list){};
}

/* ---- making -------------------------------------------------------------------------------------------- */

struct own {
	int dir;
};

static int give_to_root(void *ctx)
{
	const struct own *o = ctx;

	return fchownat(o->dir, "data", 0, 0, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* The folder under a name of its own; a rename makes it a volume. */
static int make_folder(int vols, const char *tmp, const struct idmap_plan *plan,
		       const struct strv *labels, bool anonymous, bool ephemeral, struct err *e)
{
	cleanup_close int vol = -1;
	struct own own;
	int r;

	if (mkdirat(vols, tmp, 0700) < 0)
		return fail_errno(e, "cannot make the volume's folder");
	vol = open_dir(vols, tmp);
	if (vol < 0 || mkdirat(vol, "users", 0700) < 0 || mkdirat(vol, "data", 0755) < 0 ||
	    fchmodat(vol, "data", 0755, 0) < 0)
		return fail_errno(e, "cannot make the volume's folder");
	r = write_volume(vol, labels, anonymous, ephemeral);
	if (r < 0)
		return fail(e, -r, "cannot write the volume's record: %s", strerror(-r));
	own.dir = vol;
	/* Container root is a stranger there. */
	return plan && plan->without_caller ? mapped_run(plan, give_to_root, &own, e) : 0;
}

static int make_volume(int vols, const char *name, const struct idmap_plan *plan,
		       const struct strv *labels, bool anonymous, bool ephemeral, struct err *e)
{
	char tmp[24] = ".new-";
	int r;

	random_hex(tmp + 5, 16);
	r = make_folder(vols, tmp, plan, labels, anonymous, ephemeral, e);
	fault_point("volume-made");
	if (!r && renameat2(vols, tmp, vols, name, RENAME_NOREPLACE) < 0)
		r = errno == EEXIST ? fail(e, EEXIST, "there is a volume \"%s\" already", name)
				    : fail_errno(e, "cannot make volume \"%s\"", name);
	if (r < 0)
		remove_tree_at(vols, tmp);
	return r;
}

static void tell(const struct dirs *dirs, const char *name, const char *action)
{
	event_write(dirs, &(struct event){.type = "volume", .action = action, .name = name});
}

static int check_name(const char *name, struct err *e)
{
	if (spec_valid_name(name))
		return 0;
	return fail(
		e, EINVAL,
		"a volume's name is letters, digits, '_', '.' and '-', at most 128, the first a "
		"letter or digit; not \"%s\"",
		name);
}

/**
 * volume_create - make a volume
 * @plan: of the containers that will have it; NULL for the default
 * @name: NULL for one without a name
 * @labels: KEY=VALUE; may be NULL
 *
 * Return: 0, -EEXIST, or another -errno.
 */
int volume_create(const struct dirs *dirs, const struct idmap_plan *plan, const char *name,
		  const struct strv *labels, struct err *e)
{
	cleanup_close int lock = -1, vols = -1;
	int r = check_name(name, e);

	if (r < 0)
		return r;
	vols = open_volumes(dirs, &lock, e);
	r = vols < 0 ? vols
		     : make_volume(vols, name, plan, labels, is_anonymous_name(name), false, e);
	if (!r)
		tell(dirs, name, "create");
	return r;
}

/* ---- looking -------------------------------------------------------------------------------------------- */

static int cmp_volume(const void *a, const void *b)
{
	return strcmp(((const struct volume_info *)a)->name, ((const struct volume_info *)b)->name);
}

/**
 * volume_list - all volumes, sorted by name
 * @out: empty when there is no store yet
 *
 * Return: 0 or -errno.
 */
int volume_list(const struct dirs *dirs, struct volume_list *out, struct err *e)
{
	cleanup_free char *path = path_join(dirs->store, "volumes");
	DIR *d = opendir(path);
	struct dirent *de;
	int r;

	*out = (struct volume_list){};
	if (!d)
		return errno == ENOENT ? 0 : fail_errno(e, "cannot read %s", path);
	while (errno = 0, (de = readdir(d))) {
		cleanup_close int vol = -1;

		if (!spec_valid_name(de->d_name))
			continue;
		vol = open_dir(dirfd(d), de->d_name);
		if (vol < 0 && errno == ENOENT)
			continue;
		out->v = xreallocarray(out->v, out->n + 1, sizeof(*out->v));
		read_volume(dirs, vol, de->d_name, &out->v[out->n++]);
	}
	r = errno ? fail_errno(e, "cannot read %s", path) : 0;
	closedir(d);
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), cmp_volume);
	if (r < 0)
		volume_list_free(out);
	return r;
}

/* The whole name, or the beginning of one that only one volume has. */
static int find_name(int vols, const char *name, char out[NAME_MAX + 1], struct err *e)
{
	DIR *d = NULL;
	struct dirent *de;
	int found = 0, fd;

	if (spec_valid_name(name) && !faccessat(vols, name, F_OK, AT_SYMLINK_NOFOLLOW)) {
		snprintf(out, NAME_MAX + 1, "%s", name);
		return 0;
	}
	fd = openat(vols, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	while (d && *name && *name != '.' && (de = readdir(d))) {
		if (str_has_prefix(de->d_name, name) && ++found == 1)
			snprintf(out, NAME_MAX + 1, "%s", de->d_name);
	}
	if (d)
		closedir(d);
	if (found > 1)
		return fail(e, EINVAL, "\"%s\" is the beginning of %d volumes' names", name, found);
	return found ? 0
		     : fail(e, ENOENT, "there is no volume \"%s\"; sandbox volume ls lists them",
			    name);
}

/**
 * volume_get - one volume
 * @name: its name, or the beginning of it
 *
 * Return: 0, -ENOENT, -EINVAL when that is not unique, or another -errno.
 */
int volume_get(const struct dirs *dirs, const char *name, struct volume_info *out, struct err *e)
{
	cleanup_close int vols = dirs_open(dirs->store, "volumes", e);
	cleanup_close int vol = -1;
	char whole[NAME_MAX + 1];
	int r = vols < 0 ? vols : find_name(vols, name, whole, e);

	if (r < 0)
		return r;
	vol = open_dir(vols, whole);
	if (vol < 0)
		return fail_errno(e, "cannot open volume \"%s\"", whole);
	read_volume(dirs, vol, whole, out);
	return 0;
}

/* ---- removing -------------------------------------------------------------------------------------------- */

struct removal {
	int dirfd;
	const char *name;
};

static int remove_it(void *ctx)
{
	const struct removal *r = ctx;

	return remove_tree_at(r->dirfd, r->name);
}

static int remove_folder(int vols, const char *name, const struct idmap_plan *plan, struct err *e)
{
	char tmp[24] = ".old-";
	struct removal r = {vols, tmp};

	random_hex(tmp + 5, 16);
	if (renameat(vols, name, vols, tmp) < 0)
		return fail_errno(e, "cannot remove volume \"%s\"", name);
	fault_point("volume-removed");
	return remove_it(&r) < 0 ? mapped_run(plan, remove_it, &r, e) : 0;
}

static int remove_unused(const struct dirs *dirs, int vols, const char *name,
			 const struct idmap_plan *plan, struct err *e)
{
	cleanup_strv struct strv users = {};
	cleanup_close int vol = open_dir(vols, name);
	int r;

	/* Something that is no folder stands there: no container can have it. */
	if (vol < 0 && errno == ENOTDIR && !unlinkat(vols, name, 0)) {
		tell(dirs, name, "remove");
		return 0;
	}
	if (vol < 0)
		return fail_errno(e, "cannot open volume \"%s\"", name);
	read_users(dirs, vol, name, &users);
	if (users.n)
		return fail(e, EBUSY, "volume \"%s\" is used by container %.12s; remove that first",
			    name, users.v[0]);
	r = remove_folder(vols, name, plan, e);
	if (!r)
		tell(dirs, name, "remove");
	return r;
}

/**
 * volume_remove - remove a volume that no container has
 * @plan: id maps for removing files of subordinate ids
 *
 * Return: 0, -ENOENT, -EBUSY, or another -errno.
 */
int volume_remove(const struct dirs *dirs, const struct idmap_plan *plan, const char *name,
		  struct err *e)
{
	cleanup_close int lock = -1, vols = open_volumes(dirs, &lock, e);
	char whole[NAME_MAX + 1];
	int r = vols < 0 ? vols : find_name(vols, name, whole, e);

	return r < 0 ? r : remove_unused(dirs, vols, whole, plan, e);
}

/* ---- containers ------------------------------------------------------------------------------------------- */

static int attach_one(const struct dirs *dirs, int vols, const struct idmap_plan *plan,
		      const struct spec *s, struct mount_spec *m, struct err *e)
{
	cleanup_close int vol = -1, user = -1;
	cleanup_free char *entry = xasprintf("users/%s", s->id);
	bool anonymous = !*m->volume;
	char name[65];

	if (anonymous) {
		random_hex(name, 64);
		free(m->volume);
		m->volume = xstrdup(name);
	}
	vol = open_dir(vols, m->volume);
	if (vol < 0 && errno == ENOENT) {
		int r = make_volume(vols, m->volume, plan, NULL, anonymous, anonymous && s->remove,
				    e);

		if (r < 0)
			return r;
		tell(dirs, m->volume, "create");
		vol = open_dir(vols, m->volume);
	}
	if (vol < 0)
		return fail_errno(e, "cannot open volume \"%s\"", m->volume);
	user = openat(vol, entry, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (user < 0 && (errno == ENOENT || errno == ENOTDIR) && !mend_users(dirs, vol, m->volume))
		user = openat(vol, entry, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (user < 0)
		return fail_errno(e, "cannot take volume \"%s\"", m->volume);
	free(m->type);
	m->type = xstrdup("bind");
	free(m->source);
	m->source = xasprintf("%s/volumes/%s/data", dirs->store, m->volume);
	return 0;
}

/**
 * volumes_attach - find or make the volumes of a container, and keep them for it
 * @s: its mounts of type "volume" become binds
 *
 * Return: 0 or -errno: volumes_release() undoes what was done.
 */
int volumes_attach(const struct dirs *dirs, const struct idmap_plan *plan, struct spec *s,
		   struct err *e)
{
	cleanup_close int lock = -1, vols = -1;
	int r = 0;

	for (size_t i = 0; !r && i < s->mounts.n; i++) {
		if (!streq(s->mounts.v[i].type, "volume"))
			continue;
		if (vols < 0)
			vols = open_volumes(dirs, &lock, e);
		r = vols < 0 ? vols : attach_one(dirs, vols, plan, s, &s->mounts.v[i], e);
	}
	return r;
}

static void release_one(const struct dirs *dirs, int vols, const struct idmap_plan *plan,
			const char *name, const char *id, bool remove_anonymous)
{
	cleanup_free char *entry = xasprintf("%s/users/%s", name, id);
	cleanup_close int vol = -1;
	struct volume_info info;

	if (unlinkat(vols, entry, 0) < 0 || !remove_anonymous)
		return;
	vol = open_dir(vols, name);
	if (vol < 0)
		return;
	read_volume(dirs, vol, name, &info);
	if (info.anonymous && !info.users.n)
		remove_folder(vols, name, plan, NULL);
	volume_info_free(&info);
}

/* Calls back for each name, under the lock; a store without volumes costs one system call. */
static void each_volume(const struct dirs *dirs,
			void (*call)(const struct dirs *dirs, int vols,
				     const struct idmap_plan *plan, const char *name,
				     const char *id, bool flag),
			const struct idmap_plan *plan, const char *id, bool flag, bool wait)
{
	cleanup_free char *path = path_join(dirs->store, "volumes");
	cleanup_close int lock = -1;
	cleanup_strv struct strv names = {};
	DIR *d = opendir(path);
	struct dirent *de;

	if (!d)
		return;
	lock = lock_file_at(dirfd(d), ".lock", false, wait);
	while (lock >= 0 && (de = readdir(d)))
		strv_add(&names, de->d_name);
	strv_for_each (name, &names)
		call(dirs, dirfd(d), plan, name, id, flag);
	closedir(d);
}

static void release_call(const struct dirs *dirs, int vols, const struct idmap_plan *plan,
			 const char *name, const char *id, bool remove_anonymous)
{
	if (*name != '.')
		release_one(dirs, vols, plan, name, id, remove_anonymous);
}

/**
 * volumes_release - a container is removed: it has no volumes any more
 * @id: its id
 * @remove_anonymous: volumes that were made for it without a name go as well
 */
void volumes_release(const struct dirs *dirs, const struct idmap_plan *plan, const char *id,
		     bool remove_anonymous)
{
	each_volume(dirs, release_call, plan, id, remove_anonymous, true);
}

static void sweep_call(const struct dirs *dirs, int vols, const struct idmap_plan *plan,
		       const char *name, const char *id __unused, bool flag __unused)
{
	cleanup_close int vol = -1;
	struct volume_info info;

	if (str_has_prefix(name, ".new-") || str_has_prefix(name, ".old-")) {
		struct removal r = {vols, name};

		/* We hold the lock: whoever made it is gone. */
		if (remove_it(&r) < 0)
			mapped_run(plan, remove_it, &r, NULL);
		return;
	}
	if (!is_anonymous_name(name))
		return;
	vol = open_dir(vols, name);
	if (vol < 0)
		return;
	read_volume(dirs, vol, name, &info);
	if (info.ephemeral && !info.users.n)
		remove_folder(vols, name, plan, NULL);
	volume_info_free(&info);
}

/**
 * volumes_sweep - remove what killed commands left, and volumes of --rm containers that were killed
 *
 * Context: any command, when nobody waits for it.
 */
void volumes_sweep(const struct dirs *dirs, const struct idmap_plan *plan)
{
	each_volume(dirs, sweep_call, plan, NULL, false, false);
}
