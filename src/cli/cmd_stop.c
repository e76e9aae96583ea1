/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"

#define AT(member) offsetof(struct container_opts, member)

static const struct opt table[] = {
	{"all", 'a', OPT_FLAG, AT(all), "", "none", "all containers that run"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"ignore", 'i', OPT_FLAG, AT(ignore), "", "none", "a name that nothing has is no error"},
	{"time", 't', OPT_STR, AT(time), "SECONDS", "none",
	 "time until SIGKILL; default: what --stop-timeout said, or 10; -1 for ever"},
};

const struct opts stop_opts_table = {table, ARRAY_SIZE(table)};

/* -t, or what the container was made with */
int stop_time(struct global *g, const struct container_info *i, const struct container_opts *o,
	      int64_t *ns, struct err *e)
{
	struct idmap_plan plan;
	struct err ignored = {};
	struct spec s;

	if (o->time)
		return parse_seconds(o->time, ns) < 0
			       ? fail(e, EINVAL,
				      "--time %s: it is a number of seconds, or -1 for ever",
				      o->time)
			       : 0;
	container_plan(g, i, &s, &plan, &ignored);
	*ns = s.stop_timeout;
	spec_free(&s);
	idmap_plan_free(&plan);
	return 0;
}

static int stop(struct global *g, const struct container_info *i, const struct container_opts *o,
		struct err *e)
{
	int64_t ns;
	int r = stop_time(g, i, o, &ns, e);

	return r < 0 ? r : container_stop(&g->dirs, i, 0, ns, e);
}

int cmd_stop(struct global *g, int argc, char **argv, struct err *e)
{
	static const struct container_verb verb = {&stop_opts_table, stop,
						   1U << LIFE_RUNNING | 1U << LIFE_PAUSED, false};

	return run_verb(g, &verb, argc, argv, e);
}
