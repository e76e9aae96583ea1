/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeping the store: what is in it, and taking things away. A layer that a
 * container runs on is held by a shared lock; layers of containers that do not
 * run now are named by the caller.
 */
#include <dirent.h>

#include "image/internal.h"

/* ---- listing ---- */

static void each_map(int layers, const char *chain, struct image_info *i)
{
	cleanup_close int fd = openat(layers, chain, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *de;

	while (d && (de = readdir(d))) {
		cleanup_free char *info = xasprintf("%s/info", de->d_name);
		struct layer_info l;

		if (*de->d_name == '.')
			continue;
		i->maps++;
		if (!layer_info_read(fd, info, &l))
			i->size = l.bytes;
	}
	if (d)
		closedir(d);
}

struct listing {
	struct image_list *out;
	int layers;
};

static void list_one(void *ctx, const char *file, int r, const struct record *rec)
{
	struct listing *l = ctx;
	struct image_info *i;

	if (r == -ENOENT)
		return;
	l->out->v = xreallocarray(l->out->v, l->out->n + 1, sizeof(*l->out->v));
	i = &l->out->v[l->out->n++];
	if (r < 0) {
		/* It is listed, so that nobody takes the store for empty, under the name of its file. */
		log_warn("the record of an image (refs/%s) is damaged, ignoring what it says",
			 file);
		*i = (struct image_info){.name = xstrdup(file),
					 .ref = xstrdup(file),
					 .source = xstrdup(""),
					 .broken = true};
		return;
	}
	*i = (struct image_info){.name = xstrdup(rec->name),
				 .ref = xstrdup(rec->ref),
				 .source = xstrdup(rec->source),
				 .created = rec->created};
	memcpy(i->digest, rec->chain, sizeof(i->digest));
	memcpy(i->arch, rec->arch, sizeof(i->arch));
	each_map(l->layers, rec->chain, i);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct image_info *)a)->name, ((const struct image_info *)b)->name);
}

/**
 * image_list - the names in the store, sorted
 * @store: may be read-only, or not there (then the list is empty)
 *
 * Return: 0 or -errno.
 */
int image_list(const char *store, struct image_list *out, struct err *e)
{
	cleanup_free char *layers = path_join(store, "layers");
	cleanup_close int fd = open(layers, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct listing l = {out, fd};
	int r;

	*out = (struct image_list){};
	if (fd < 0 && errno != ENOENT)
		return fail_errno(e, "cannot read the store %s", store);
	r = records_each(store, list_one, &l);
	if (r < 0)
		return fail(e, -r, "cannot read the store %s: %s", store, strerror(-r));
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_name);
	return 0;
}

void image_list_free(struct image_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].name);
		free(l->v[i].ref);
		free(l->v[i].source);
	}
	free(l->v);
	*l = (struct image_list){};
}

/* ---- taking away ---- */

static bool chain_is_named(const struct image_list *all, const char *chain, const char *but)
{
	for (size_t i = 0; i < all->n; i++) {
		if (streq(all->v[i].digest, chain) && (!but || !streq(all->v[i].name, but)))
			return true;
	}
	return false;
}

static bool chain_is_used(const char *store, const char *chain, const struct strv *used)
{
	cleanup_free char *prefix = xasprintf("%s/layers/%s/", store, chain);

	strv_for_each (path, used) {
		if (str_has_prefix(path, prefix))
			return true;
	}
	return false;
}

/* remove_map - one layer of one id map: 0, or -EBUSY when a container runs on it */
static int remove_map(const struct store *s, int chain_fd, const char *chain, const char *map,
		      struct image_gone *gone)
{
	cleanup_free char *info = xasprintf("%s/info", map);
	cleanup_close int hold = layer_hold(s->path, chain, map, true);
	struct layer_info l;
	struct tmp_tree t;
	int r;

	if (hold == -EWOULDBLOCK)
		return -EBUSY;
	if (layer_info_read(chain_fd, info, &l) < 0)
		l.bytes = 0;
	close_fdp(&hold);
	r = tmp_adopt(s, chain_fd, map, &t);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (r)
		tmp_drop(s, &t);
	else
		close_fd(t.fd);
	gone->layers++;
	gone->bytes += l.bytes;
	return 0;
}

static int remove_chain(const struct store *s, const char *chain, struct image_gone *gone)
{
	cleanup_close int fd = openat(s->layers, chain, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3), r = 0;
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *de;

	while (d && r >= 0 && (de = readdir(d))) {
		if (*de->d_name != '.')
			r = remove_map(s, fd, chain, de->d_name, gone);
	}
	if (d)
		closedir(d);
	if (r >= 0) {
		unlinkat(s->layers, chain, AT_REMOVEDIR);
		unlinkat(s->blobs, chain, 0);
	}
	return r;
}

/* find_name - the entry of a name, in any of its spellings, or of a digest's first digits */
static const struct image_info *find_name(const struct store *s, const struct image_list *all,
					  const char *name, struct err *e)
{
	const struct image_info *found = NULL;
	const char *hex = str_has_prefix(name, "sha256:") ? name + 7 : name;
	struct image_req req = {.name = name, .store = s->path};
	cleanup_wanted struct wanted w = {};
	struct err ignored;

	wanted_parse(&req, &w, &ignored);
	for (size_t i = 0; i < all->n; i++) {
		const struct image_info *at = &all->v[i];

		if (streq(at->name, name) || (w.name && streq(at->name, w.name)))
			return at;
		if (strlen(hex) < 4 || !str_has_prefix(at->digest, hex))
			continue;
		if (found && !streq(found->digest, at->digest)) {
			fail(e, EINVAL, "%s is the beginning of more than one image's digest",
			     name);
			return NULL;
		}
		found = at;
	}
	if (!found)
		fail(e, ENOENT, "there is no image %.100s in the store; sandbox images lists them",
		     name);
	return found;
}

static int remove_name(const struct store *s, const struct image_list *all,
		       const struct image_info *i, const struct strv *used, struct image_gone *gone,
		       struct err *e)
{
	cleanup_free char *file = record_file(i->name);
	cleanup_close int lock = store_lock(s, file, true, e);
	int r = 0;

	if (lock < 0)
		return lock;
	if (!i->broken && !chain_is_named(all, i->digest, i->name)) {
		if (chain_is_used(s->path, i->digest, used))
			return fail(e, EBUSY, "image %s is used by a container; remove that first",
				    i->name);
		r = remove_chain(s, i->digest, gone);
	}
	if (r == -EBUSY)
		return fail(e, EBUSY, "image %s is used by a running container; stop that first",
			    i->name);
	if (r < 0)
		return fail(e, -r, "cannot remove image %s: %s", i->name, strerror(-r));
	r = remove_tree_at(s->refs, file);
	if (r < 0)
		return fail(e, -r, "cannot remove the record of image %s: %s", i->name,
			    strerror(-r));
	unlinkat(s->locks, file, 0);
	strv_add(&gone->names, i->name);
	return 0;
}

/**
 * image_remove - take one name away, and its layers when no other name has them
 * @name: as listed, any spelling of it, or the first 4 or more digits of its digest
 * @used: absolute paths of layers that containers have; may be NULL
 * @userns: surroundings in which trees of subordinate ids can be removed; may be NULL
 * @gone: added to
 *
 * Return: 0, -ENOENT, -EBUSY when a container has it, or another -errno.
 */
int image_remove(const char *store, const char *name, const struct strv *used,
		 const struct helper_env *userns, struct image_gone *gone, struct err *e)
{
	static const struct strv none;
	cleanup_store struct store s = STORE_CLOSED;
	const struct image_info *i;
	struct image_list all;
	int r = store_open(&s, store, userns, e);

	if (!r)
		r = image_list(store, &all, e);
	if (r < 0)
		return r;
	i = find_name(&s, &all, name, e);
	r = i ? remove_name(&s, &all, i, used ? used : &none, gone, e) : -e->code;
	image_list_free(&all);
	return r;
}

/* prune_dir - remove what stands in a folder and no name has */
static void prune_dir(const struct store *s, int dir, const struct image_list *all,
		      const struct strv *used, struct image_gone *gone)
{
	int copy = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *de;

	while (d && (de = readdir(d))) {
		struct stat st;

		if (!is_hex(de->d_name, DIGEST_HEX) || chain_is_named(all, de->d_name, NULL) ||
		    chain_is_used(s->path, de->d_name, used))
			continue;
		if (dir == s->blobs && !fstatat(dir, de->d_name, &st, 0))
			gone->bytes += (uint64_t)st.st_size;
		if (remove_chain(s, de->d_name, gone) < 0)
			log_debug("layer %s is in use, leaving it", de->d_name);
	}
	if (d)
		closedir(d);
}

/* prune_locks - files of locks that nobody holds; who waits for one notices (lock_file_at()) */
static void prune_locks(const struct store *s)
{
	int copy = fcntl(s->locks, F_DUPFD_CLOEXEC, 3);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *de;

	while (d && (de = readdir(d))) {
		struct err ignored;
		cleanup_close int lock = *de->d_name == '.'
						 ? -1
						 : store_lock(s, de->d_name, false, &ignored);

		if (lock >= 0)
			unlinkat(s->locks, de->d_name, 0);
	}
	if (d)
		closedir(d);
}

/**
 * image_prune - remove layers, downloads and locks that no name has
 * @all: take all names away first that no container uses; else those whose record is damaged
 * @used, @userns, @gone: as for image_remove()
 *
 * Return: 0 or -errno.
 */
int image_prune(const char *store, bool all, const struct strv *used,
		const struct helper_env *userns, struct image_gone *gone, struct err *e)
{
	static const struct strv none;
	cleanup_store struct store s = STORE_CLOSED;
	struct image_list list;
	int r = store_open(&s, store, userns, e);

	if (r < 0)
		return r;
	used = used ? used : &none;
	store_sweep(store, userns);
	for (;;) {
		struct err why;
		size_t before = gone->names.n;

		r = image_list(store, &list, e);
		if (r < 0)
			return r;
		for (size_t i = 0; i < list.n && gone->names.n == before; i++) {
			if (all || list.v[i].broken)
				remove_name(&s, &list, &list.v[i], used, gone, &why);
		}
		if (gone->names.n == before)
			break;
		image_list_free(&list);
	}
	prune_dir(&s, s.layers, &list, used, gone);
	prune_dir(&s, s.blobs, &list, used, gone);
	prune_locks(&s);
	image_list_free(&list);
	return 0;
}
