/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <poll.h>

#include "cli/internal.h"
#include "container/container.h"

#define AT(member) offsetof(struct container_opts, member)

static const struct opt table[] = {
	{"all", 'a', OPT_FLAG, AT(all), "", "none", "all containers"},
	{"force", 'f', OPT_FLAG, AT(force), "", "none",
	 "end it first; and a name that nothing has is no error"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"ignore", 'i', OPT_FLAG, AT(ignore), "", "none", "a name that nothing has is no error"},
	{"time", 't', OPT_STR, AT(time), "SECONDS", "none",
	 "with --force: time between the stop signal and SIGKILL (default 0)"},
	{"volumes", 'v', OPT_FLAG, AT(volumes), "", "none",
	 "remove the volumes that were made for it without a name"},
};

const struct opts rm_opts_table = {table, ARRAY_SIZE(table)};

/**
 * rm_container - remove a container that does not run
 * @volumes: and those of its volumes that have no name
 *
 * Its files belong to the ids it was made for; a damaged one tells no more which.
 * Return: 0 or -errno.
 */
int rm_container(struct global *g, const struct container_info *i, bool volumes, struct err *e)
{
	struct idmap_plan plan;
	struct err ignored = {};
	struct spec s;
	int r = container_plan(g, i, &s, &plan, &ignored);

	if (r < 0) {
		spec_free(&s);
		spec_init(&s);
		r = idmap_make_plan(&plan, &s, e);
	}
	if (!r)
		r = container_remove(&g->dirs, &plan, i, volumes, e);
	idmap_plan_free(&plan);
	spec_free(&s);
	return r;
}

/* Reads its record anew. Return: whether it is gone, or goes with its supervisor. */
static bool is_gone(struct global *g, const char *id, struct container_info *now)
{
	struct err e = {};
	int r;

	container_info_free(now);
	r = container_find(&g->dirs, id, now, &e);
	return r == -ENOENT || (!r && !now->kept);
}

/*
 * One that is removed at its end may be gone then; not when its supervisor was killed. In use
 * is one that is about to start, or that another command removes just now.
 */
static int end_and_remove(struct global *g, const struct container_info *i, bool volumes,
			  int64_t ns, struct err *e)
{
	cleanup_container_info struct container_info now = {};
	int r = container_end(&g->dirs, i, ns, e);

	for (int tries = 0; tries < 10; tries++) {
		if (!r && is_gone(g, i->id, &now))
			return 0;
		if (!r)
			r = rm_container(g, &now, volumes, e);
		if (r != -EBUSY && r != -ENOENT)
			return r;
		poll(NULL, 0, 100);
		*e = (struct err){};
		if (is_gone(g, i->id, &now))
			return 0;
		r = container_end(&g->dirs, &now, ns, e);
	}
	return fail(e, EBUSY, "container %.12s is in use by another command", i->id);
}

static int remove_one(struct global *g, const struct container_info *i,
		      const struct container_opts *o, struct err *e)
{
	int r = life_may(o->force ? OP_REMOVE_FORCE : OP_REMOVE, i->state, i->id, e);
	int64_t ns = 0;

	if (r <= 0)
		return r;
	if (o->time && parse_seconds(o->time, &ns) < 0)
		return fail(e, EINVAL, "--time %s: it is a number of seconds, or -1 for ever",
			    o->time);
	return o->force ? end_and_remove(g, i, o->volumes, ns, e)
			: rm_container(g, i, o->volumes, e);
}

int cmd_rm(struct global *g, int argc, char **argv, struct err *e)
{
	static const struct container_verb verb = {&rm_opts_table, remove_one, ~0U, false};

	return run_verb(g, &verb, argc, argv, e);
}
