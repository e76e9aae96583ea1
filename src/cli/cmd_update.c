/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"

#define AT(member) offsetof(struct container_opts, member)

static const struct opt table[] = {
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"restart", 0, OPT_STR, AT(restart), "POLICY", "enum:no|on-failure|always|unless-stopped",
	 "when the payload ends by itself: no, on-failure[:MAX], always, unless-stopped"},
};

const struct opts update_opts_table = {table, ARRAY_SIZE(table)};

static int update(struct global *g, const struct container_info *i, const struct container_opts *o,
		  struct err *e)
{
	if (!o->restart)
		return fail(e, EINVAL, "update wants something to change: --restart POLICY");
	return container_update(&g->dirs, i, o->restart, e);
}

int cmd_update(struct global *g, int argc, char **argv, struct err *e)
{
	static const struct container_verb verb = {&update_opts_table, update, 0, false};

	return run_verb(g, &verb, argc, argv, e);
}
