/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"

#define AT(member) offsetof(struct container_opts, member)

static const struct opt table[] = {
	{"detach-keys", 0, OPT_STR, AT(detach_keys), "KEYS", "none",
	 "keys that leave it running (default ctrl-p,ctrl-q); empty for none"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"no-stdin", 0, OPT_FLAG, AT(no_stdin), "", "none", "only look"},
};

const struct opts attach_opts_table = {table, ARRAY_SIZE(table)};

static int attach(struct global *g, const struct container_info *i, const struct container_opts *o,
		  struct err *e)
{
	int code,
		r = container_attach(&g->dirs, i, o->detach_keys ? o->detach_keys : "ctrl-p,ctrl-q",
				     !o->no_stdin, &code, e);

	return r < 0 ? r : MAX(code, 0);
}

int cmd_attach(struct global *g, int argc, char **argv, struct err *e)
{
	static const struct container_verb verb = {&attach_opts_table, attach, 0, true};

	return run_verb(g, &verb, argc, argv, e);
}
