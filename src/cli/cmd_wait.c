/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"

#define AT(member) offsetof(struct container_opts, member)

static const struct opt table[] = {
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"ignore", 'i', OPT_FLAG, AT(ignore), "", "none", "a name that nothing has is no error"},
};

const struct opts wait_opts_table = {table, ARRAY_SIZE(table)};

static int wait_one(struct global *g, const struct container_info *i,
		    const struct container_opts *o __unused, struct err *e)
{
	int code, r = container_wait(&g->dirs, i, &code, e);

	if (!r)
		printf("%d\n", code);
	fflush(stdout);
	return r;
}

int cmd_wait(struct global *g, int argc, char **argv, struct err *e)
{
	static const struct container_verb verb = {&wait_opts_table, wait_one, 0, true};

	return run_verb(g, &verb, argc, argv, e);
}
