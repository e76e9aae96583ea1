/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"

struct rm_opts {
	int help;
};

static const struct opt table[] = {
	{"help", 0, OPT_BOOL, offsetof(struct rm_opts, help), NULL, "none", "this text"},
};

const struct opts rm_opts_table = {table, ARRAY_SIZE(table)};

static int remove_all(struct global *g, const struct strv *names, struct err *e)
{
	struct idmap_plan plan = {};
	struct spec s;
	int r;

	spec_init(&s);
	r = idmap_make_plan(&plan, &s, e);
	for (size_t i = 0; !r && i < names->n; i++) {
		r = container_remove(&g->dirs, &plan, names->v[i], e);
		if (!r)
			puts(names->v[i]);
	}
	idmap_plan_free(&plan);
	spec_free(&s);
	return r;
}

int cmd_rm(struct global *g, int argc, char **argv, struct err *e)
{
	struct rm_opts o = {};
	struct strv words = {};
	int r = opts_parse(&rm_opts_table, &o, argc, argv, false, &words, e);

	if (!r && o.help > 0)
		help_command(command_find("rm"));
	else if (!r && !words.n)
		r = fail(e, EINVAL, "rm wants a container behind it");
	else if (!r)
		r = global_ready(g, e);
	if (!r && o.help <= 0)
		r = remove_all(g, &words, e);
	strv_free(&words);
	return r;
}
