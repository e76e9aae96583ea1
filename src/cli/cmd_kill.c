/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>

#include "cli/internal.h"
#include "container/container.h"

#define AT(member) offsetof(struct container_opts, member)

static const struct opt table[] = {
	{"all", 'a', OPT_FLAG, AT(all), "", "none", "all containers that run"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"signal", 's', OPT_STR, AT(signal), "SIGNAL", "none", "by name or number (default KILL)"},
};

const struct opts kill_opts_table = {table, ARRAY_SIZE(table)};

static int kill_one(struct global *g, const struct container_info *i,
		    const struct container_opts *o, struct err *e)
{
	int sig = o->signal ? signal_number(o->signal) : SIGKILL;

	if (sig < 0)
		return fail(e, EINVAL, "there is no signal \"%s\"", o->signal);
	return container_signal(&g->dirs, i, sig, e);
}

int cmd_kill(struct global *g, int argc, char **argv, struct err *e)
{
	static const struct container_verb verb = {&kill_opts_table, kill_one,
						   1U << LIFE_RUNNING | 1U << LIFE_PAUSED, false};

	return run_verb(g, &verb, argc, argv, e);
}
