/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"

static const struct opt table[] = {
	{"help", 0, OPT_BOOL, offsetof(struct container_opts, help), "", "none", "this text"},
};

const struct opts rename_opts_table = {table, ARRAY_SIZE(table)};

int cmd_rename(struct global *g, int argc, char **argv, struct err *e)
{
	cleanup_container_info struct container_info i = {};
	struct container_opts o = {};
	struct strv words = {};
	int r = opts_parse(&rename_opts_table, &o, argc, argv, false, &words, e);

	if (!r && o.help > 0) {
		help_command(command_find("rename"));
	} else if (!r && words.n != 2) {
		r = fail(e, EINVAL, "rename wants a container and its new name behind it");
	} else if (!r) {
		r = global_ready(g, e);
		if (!r)
			r = container_find(&g->dirs, words.v[0], &i, e);
		if (!r)
			r = container_rename(&g->dirs, &i, words.v[1], e);
	}
	strv_free(&words);
	return r;
}
