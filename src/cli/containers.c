/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the commands on existing containers share: their options, the walk over the names,
 * and going on with the next when one fails.
 */
#include "cli/internal.h"
#include "container/container.h"

/* A number of seconds, or -1 for ever. Return: 0 with ns, or -EINVAL. */
int parse_seconds(const char *text, int64_t *ns)
{
	int64_t s;

	if (parse_i64(text, -1, INT64_MAX / 1000000000 - 1, &s) < 0)
		return -EINVAL;
	*ns = s < 0 ? -1 : s * 1000000000LL;
	return 0;
}

void container_opts_free(struct container_opts *o)
{
	char *strings[] = {o->signal, o->time, o->detach_keys, o->restart, o->sdnotify};

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		free(strings[i]);
}

/**
 * container_plan - the spec of a container and the id maps that it was made for
 * @s, @plan: set, also on failure; spec_free() and idmap_plan_free() are the caller's
 */
int container_plan(struct global *g, const struct container_info *i, struct spec *s,
		   struct idmap_plan *plan, struct err *e)
{
	int r;

	spec_init(s);
	*plan = (struct idmap_plan){};
	r = container_spec(&g->dirs, i, s, e);
	return r < 0 ? r : idmap_make_plan(plan, s, e);
}

struct walk {
	struct global *g;
	const struct container_verb *v;
	const struct container_opts *o;
	struct err failed; /* the last failure; those before were printed */
	int code;
};

static void one(struct walk *w, const struct container_info *i, const char *as)
{
	struct err e = {};
	int r = w->v->fn(w->g, i, w->o, &e);

	if (r >= 0) {
		w->code = r;
		if (!w->v->quiet && !w->o->attach)
			puts(as);
		return;
	}
	if (w->failed.code)
		log_msg(LOG_ERROR, "%s", w->failed.msg);
	w->failed = e;
}

static void named(struct walk *w, const char *name)
{
	cleanup_container_info struct container_info i = {};
	struct err e = {};
	int r = container_find(&w->g->dirs, name, &i, &e);

	if (!r) {
		one(w, &i, name);
	} else if (r != -ENOENT || !(w->o->ignore || w->o->force)) {
		if (w->failed.code)
			log_msg(LOG_ERROR, "%s", w->failed.msg);
		w->failed = e;
	}
}

static void all(struct walk *w)
{
	cleanup_container_infos struct container_infos l = {};
	struct err e = {};

	if (container_list(&w->g->dirs, &l, &e) < 0)
		w->failed = e;
	for (size_t i = 0; i < l.n; i++) {
		if (w->v->states >> l.v[i].state & 1)
			one(w, &l.v[i], l.v[i].id);
	}
}

/**
 * run_verb - parse the options of a command on containers, and do it to each
 *
 * Return: 0, or the exit code of the last; -errno with the last failure when any failed.
 */
int run_verb(struct global *g, const struct container_verb *v, int argc, char **argv, struct err *e)
{
	struct container_opts o = {};
	struct walk w = {.g = g, .v = v, .o = &o};
	struct strv words = {};
	int r = opts_parse(v->opts, &o, argc, argv, false, &words, e);

	if (!r && o.help > 0) {
		help_command(command_find(argv[0]));
		goto out;
	}
	if (!r && !words.n && !o.all)
		r = fail(e, EINVAL, "%s wants a container behind it", argv[0]);
	else if (!r && words.n && o.all)
		r = fail(e, EINVAL, "--all and names do not go together");
	if (!r)
		r = global_ready(g, e);
	if (r < 0)
		goto out;
	if (o.all)
		all(&w);
	for (size_t i = 0; i < words.n; i++)
		named(&w, words.v[i]);
	r = w.code;
	if (w.failed.code) {
		*e = w.failed;
		r = -e->code;
	}
out:
	strv_free(&words);
	container_opts_free(&o);
	return r;
}
