/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Removing what nobody needs: container prune, image prune, system prune, system reset.
 */
#include <sys/stat.h>

#include "cli/usage.h"

struct prune_opts {
	bool all, force, volumes;
	struct strv filter;
	int help;
};

#define AT(member) offsetof(struct prune_opts, member)
#define FORCE                                                               \
	{                                                                   \
		"force", 'f', OPT_FLAG, AT(force), "", "none", "do not ask" \
	}
#define HELP                                                           \
	{                                                              \
		"help", 0, OPT_BOOL, AT(help), "", "none", "this text" \
	}
#define FILTER                                                                         \
	{                                                                              \
		"filter", 0, OPT_LIST, AT(filter), "KEY=VALUE",                        \
			"enum:label=|name=|until=", "only containers that fit; see ps" \
	}

static const struct opt container_table[] = {FILTER, FORCE, HELP};
static const struct opt image_table[] = {
	{"all", 'a', OPT_FLAG, AT(all), "", "none", "also names that no container uses"},
	FORCE,
	HELP,
};
static const struct opt system_table[] = {
	{"all", 'a', OPT_FLAG, AT(all), "", "none", "all images that no container uses"},
	FILTER,
	FORCE,
	HELP,
	{"volumes", 0, OPT_FLAG, AT(volumes), "", "none", "volumes, too, that no container has"},
};
static const struct opt reset_table[] = {FORCE, HELP};

const struct opts container_prune_opts_table = {container_table, ARRAY_SIZE(container_table)},
		  image_prune_opts_table = {image_table, ARRAY_SIZE(image_table)},
		  system_prune_opts_table = {system_table, ARRAY_SIZE(system_table)},
		  system_reset_opts_table = {reset_table, ARRAY_SIZE(reset_table)};

/** struct prune - one run of one of the commands; @bytes: what was freed */
struct prune {
	struct global *g;
	struct prune_opts o;
	struct idmap_plan plan;
	struct mapped_env userns;
	uint64_t bytes;
};

/* ---- parts -------------------------------------------------------------------------------------------- */

/* Containers that have ended or were never started; each that fails is told about. */
static int prune_containers(struct prune *p, const char *heading, struct err *e)
{
	cleanup_filters struct filters filters = {};
	cleanup_usage struct usage u = {};
	int r = container_filters(&filters, &p->o.filter, e), code = 0;

	if (!r)
		r = usage_read(&u, &p->g->dirs, e);
	if (!r)
		r = usage_measure(&u, &p->g->dirs, e);
	for (size_t i = 0; !r && i < u.containers.n; i++) {
		const struct container_info *c = &u.containers.v[i];
		struct err why = {};

		if (container_is_active(c) || !container_fits(&filters, c, &u.containers))
			continue;
		if (rm_container(p->g, c, false, &why) < 0) {
			log_msg(LOG_ERROR, "%s", why.msg);
			code = EXIT_SANDBOX;
			continue;
		}
		if (heading)
			puts(heading);
		heading = NULL;
		puts(c->id);
		p->bytes += u.container_bytes[i];
	}
	return r < 0 ? r : code;
}

static int prune_images(struct prune *p, const char *heading, struct err *e)
{
	cleanup_usage struct usage u = {};
	struct image_gone gone = {};
	int r = usage_read(&u, &p->g->dirs, e);

	if (!r)
		r = image_prune(p->g->dirs.store, p->o.all, &u.layers, &p->userns.env, &gone, e);
	if (heading && gone.names.n)
		puts(heading);
	strv_for_each (name, &gone.names)
		puts(name);
	p->bytes += gone.bytes;
	strv_free(&gone.names);
	return r;
}

static int prune_volumes(struct prune *p, const char *heading, struct err *e)
{
	cleanup_usage struct usage u = {};
	int r = usage_read(&u, &p->g->dirs, e);

	if (!r)
		r = usage_measure(&u, &p->g->dirs, e);
	for (size_t i = 0; !r && i < u.volumes.n; i++) {
		const struct volume_info *v = &u.volumes.v[i];
		struct err why = {};

		/* One that was taken into use meanwhile stays. */
		if (v->users.n || volume_remove(&p->g->dirs, &p->plan, v->name, &why) < 0)
			continue;
		if (heading)
			puts(heading);
		heading = NULL;
		puts(v->name);
		p->bytes += u.volume_bytes[i];
	}
	return r;
}

static void tell_freed(const struct prune *p)
{
	char size[16];

	format_size(size, p->bytes);
	printf("Total reclaimed space: %s\n", size);
}

/* ---- the commands -------------------------------------------------------------------------------------- */

static int do_containers(struct prune *p, struct err *e)
{
	return prune_containers(p, NULL, e);
}

static int do_images(struct prune *p, struct err *e)
{
	return prune_images(p, NULL, e);
}

static int do_system(struct prune *p, struct err *e)
{
	int code = prune_containers(p, "Deleted Containers", e);
	int r = code < 0 ? code : prune_images(p, "Deleted Images", e);

	if (!r && p->o.volumes)
		r = prune_volumes(p, "Deleted Volumes", e);
	if (r < 0)
		return r;
	tell_freed(p);
	return code;
}

/* Only what is ours goes: --root may be a folder with other things in it. */
static const char *const store_parts[] = {"containers", "layers",  "refs",  "blobs", "tmp",
					  "locks",      "volumes", "trash", "cache"};

static int remove_parts(void *ctx)
{
	int fd = *(int *)ctx, r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(store_parts); i++) {
		int failed = remove_tree_at(fd, store_parts[i]);

		r = r < 0 ? r : failed;
	}
	return r;
}

static int do_reset(struct prune *p, struct err *e)
{
	cleanup_container_infos struct container_infos all = {};
	cleanup_close int store = -1;
	int r = container_list(&p->g->dirs, &all, e);

	for (size_t i = 0; !r && i < all.n; i++) {
		if (container_is_active(&all.v[i]))
			r = container_end(&p->g->dirs, &all.v[i], 0, e);
	}
	store = r < 0 ? -1 : open(p->g->dirs.store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r < 0 || (store < 0 && errno == ENOENT))
		return r;
	if (store < 0)
		return fail_errno(e, "cannot open the store %s", p->g->dirs.store);
	r = remove_parts(&store) < 0 ? mapped_run(&p->plan, remove_parts, &store, e) : 0;
	/* Tarballs that the user put into images/ keep it there. */
	if (!r)
		rmdir(p->g->dirs.store);
	return r;
}

static int confirm(const struct prune *p, const char *question, struct err *e)
{
	return p->o.force ? 1 : ask(question, e);
}

/* What the four commands share: options, the question, id maps. */
static int run(struct global *g, int argc, char **argv, const char *name, const char *question,
	       int (*work)(struct prune *p, struct err *e), struct err *e)
{
	const struct command *c = command_find(name);
	struct prune p = {.g = g, .userns = {.mapped = -1}};
	cleanup_strv struct strv words = {};
	int r = opts_parse(c->opts, &p.o, argc, argv, false, &words, e);

	if (!r && p.o.help > 0) {
		help_command(c);
		goto out;
	}
	if (!r && words.n)
		r = fail(e, EINVAL, "%s takes no \"%s\" behind it", name, words.v[0]);
	if (!r)
		r = global_ready(g, e);
	if (!r)
		r = confirm(&p, question, e);
	if (r <= 0)
		goto out;
	r = plan_for_files(&p.plan, e);
	if (!r)
		r = mapped_env_init(&p.userns, &p.plan, e);
	if (!r)
		r = work(&p, e);
	mapped_env_close(&p.userns);
	idmap_plan_free(&p.plan);
out:
	strv_free(&p.o.filter);
	return r;
}

int cmd_container_prune(struct global *g, int argc, char **argv, struct err *e)
{
	return run(g, argc, argv, "container prune", "Remove all containers that do not run?",
		   do_containers, e);
}

int cmd_image_prune(struct global *g, int argc, char **argv, struct err *e)
{
	return run(g, argc, argv, "image prune", "Remove images that nothing needs?", do_images, e);
}

int cmd_system_prune(struct global *g, int argc, char **argv, struct err *e)
{
	return run(g, argc, argv, "system prune",
		   "Remove all containers that do not run, and images that nothing needs?",
		   do_system, e);
}

int cmd_system_reset(struct global *g, int argc, char **argv, struct err *e)
{
	return run(g, argc, argv, "system reset",
		   "Remove ALL containers, images and volumes of this user?", do_reset, e);
}
