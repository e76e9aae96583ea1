/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"

#define AT(member) offsetof(struct container_opts, member)

static const struct opt table[] = {
	{"all", 'a', OPT_FLAG, AT(all), "", "none", "all containers that run"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"time", 't', OPT_STR, AT(time), "SECONDS", "none",
	 "time until SIGKILL; default: what --stop-timeout said, or 10; -1 for ever"},
};

const struct opts restart_opts_table = {table, ARRAY_SIZE(table)};

static int restart(struct global *g, const struct container_info *i, const struct container_opts *o,
		   struct err *e)
{
	cleanup_container_info struct container_info now = {};
	int64_t ns;
	int r = life_may(OP_RESTART, i->state, i->id, e);

	if (r >= 0 && i->remove)
		r = fail(e, EPERM,
			 "container %.12s is removed when it ends and cannot be restarted", i->id);
	if (r >= 0)
		r = stop_time(g, i, o, &ns, e);
	if (r >= 0)
		r = container_restart(&g->dirs, i, ns, e);
	if (r > 0)
		return 0;
	if (r >= 0)
		r = container_stop(&g->dirs, i, 0, ns, e);
	if (!r)
		r = container_find(&g->dirs, i->id, &now, e);
	return r < 0 ? r : start_container(g, &now, false, NULL, e);
}

int cmd_restart(struct global *g, int argc, char **argv, struct err *e)
{
	static const struct container_verb verb = {&restart_opts_table, restart,
						   1U << LIFE_RUNNING | 1U << LIFE_PAUSED, false};

	return run_verb(g, &verb, argc, argv, e);
}
