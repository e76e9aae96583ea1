/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "cli/usage.h"

#define MAX_DEPTH 200

/* plan_for_files - the id maps in which the files of all containers can be read and removed */
int plan_for_files(struct idmap_plan *plan, struct err *e)
{
	struct spec s;
	int r;

	spec_init(&s);
	r = idmap_make_plan(plan, &s, e);
	spec_free(&s);
	return r;
}

bool container_is_active(const struct container_info *c)
{
	return c->state == LIFE_RUNNING || c->state == LIFE_PAUSED || c->state == LIFE_STOPPING ||
	       c->state == LIFE_REMOVING;
}

/**
 * usage_read - list containers, images and volumes
 *
 * Return: 0 or -errno.
 */
int usage_read(struct usage *u, const struct dirs *dirs, struct err *e)
{
	int r = container_list(dirs, &u->containers, e);

	if (!r)
		r = image_list(dirs->store, &u->images, e);
	if (!r)
		r = volume_list(dirs, &u->volumes, e);
	for (size_t i = 0; !r && i < u->containers.n; i++) {
		struct err ignored = {};
		struct spec s;

		spec_init(&s);
		if (!container_spec(dirs, &u->containers.v[i], &s, &ignored))
			strv_copy(&u->layers, &s.rootfs.layers);
		spec_free(&s);
	}
	return r;
}

void usage_free(struct usage *u)
{
	container_infos_free(&u->containers);
	image_list_free(&u->images);
	volume_list_free(&u->volumes);
	strv_free(&u->layers);
	if (u->measured)
		munmap(u->container_bytes, u->measured);
	*u = (struct usage){};
}

bool image_is_used(const struct usage *u, const char *digest)
{
	cleanup_free char *part = xasprintf("/layers/%s/", digest);

	strv_for_each (layer, &u->layers) {
		if (strstr(layer, part))
			return true;
	}
	return false;
}

/* Room on the disk; a file with several names counts a part for each of them. */
static uint64_t tree_bytes(int dirfd, const char *name, unsigned depth)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	uint64_t bytes = 0;
	struct dirent *de;

	if (!d) {
		close_fd(fd);
		return 0;
	}
	while ((de = readdir(d))) {
		struct stat st;

		if (streq(de->d_name, ".") || streq(de->d_name, "..") ||
		    fstatat(fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		bytes += (uint64_t)st.st_blocks * 512 /
			 (S_ISDIR(st.st_mode) ? 1 : MAX(st.st_nlink, (nlink_t)1));
		if (S_ISDIR(st.st_mode) && depth < MAX_DEPTH)
			bytes += tree_bytes(fd, de->d_name, depth + 1);
	}
	closedir(d);
	return bytes;
}

struct measure {
	struct usage *u;
	const struct dirs *dirs;
};

static int measure_all(void *ctx)
{
	struct measure *m = ctx;

	for (size_t i = 0; i < m->u->containers.n; i++) {
		cleanup_free char *path = xasprintf("%s/containers/%s", m->dirs->store,
						    m->u->containers.v[i].id);

		m->u->container_bytes[i] = tree_bytes(AT_FDCWD, path, 0);
	}
	for (size_t i = 0; i < m->u->volumes.n; i++)
		m->u->volume_bytes[i] = tree_bytes(AT_FDCWD, m->u->volumes.v[i].path, 0);
	return 0;
}

/**
 * usage_measure - add up the files of containers and volumes, those of subordinate ids included
 *
 * Return: 0 or -errno.
 */
int usage_measure(struct usage *u, const struct dirs *dirs, struct err *e)
{
	size_t n = u->containers.n + u->volumes.n + 1;
	struct measure m = {u, dirs};
	struct idmap_plan plan = {};
	/* Filled by a child in the user namespace. */
	void *p = mmap(NULL, n * sizeof(uint64_t), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r;

	if (p == MAP_FAILED)
		return fail_errno(e, "cannot get memory");
	u->container_bytes = p;
	u->volume_bytes = u->container_bytes + u->containers.n;
	u->measured = n * sizeof(uint64_t);
	if (n == 1)
		return 0;
	r = plan_for_files(&plan, e);
	if (!r)
		r = mapped_run(&plan, measure_all, &m, e);
	idmap_plan_free(&plan);
	return r;
}
