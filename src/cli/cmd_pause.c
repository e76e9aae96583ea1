/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"

#define AT(member) offsetof(struct container_opts, member)

static const struct opt table[] = {
	{"all", 'a', OPT_FLAG, AT(all), "", "none", "all containers in that state"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
};

const struct opts pause_opts_table = {table, ARRAY_SIZE(table)};

static int pause_one(struct global *g, const struct container_info *i,
		     const struct container_opts *o __unused, struct err *e)
{
	return container_pause(&g->dirs, i, true, e);
}

static int unpause_one(struct global *g, const struct container_info *i,
		       const struct container_opts *o __unused, struct err *e)
{
	return container_pause(&g->dirs, i, false, e);
}

int cmd_pause(struct global *g, int argc, char **argv, struct err *e)
{
	static const struct container_verb verb = {&pause_opts_table, pause_one, 1U << LIFE_RUNNING,
						   false};

	return run_verb(g, &verb, argc, argv, e);
}

int cmd_unpause(struct global *g, int argc, char **argv, struct err *e)
{
	static const struct container_verb verb = {&pause_opts_table, unpause_one,
						   1U << LIFE_PAUSED, false};

	return run_verb(g, &verb, argc, argv, e);
}
