/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"

#define AT(member) offsetof(struct container_opts, member)

static const struct opt table[] = {
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
};

const struct opts healthcheck_run_opts_table = {table, ARRAY_SIZE(table)};

static int check(struct global *g, const char *name, struct err *e)
{
	cleanup_container_info struct container_info i = {};
	const char *status = "";
	int r = global_ready(g, e);

	if (!r)
		r = container_find(&g->dirs, name, &i, e);
	if (!r)
		r = container_check(&g->dirs, &i, &status, e);
	/* As podman: only what is not well is worth a word. */
	if (r > 0)
		puts(status);
	return r;
}

int cmd_healthcheck_run(struct global *g, int argc, char **argv, struct err *e)
{
	struct container_opts o = {};
	cleanup_strv struct strv words = {};
	int r = opts_parse(&healthcheck_run_opts_table, &o, argc, argv, false, &words, e);

	if (!r && o.help > 0)
		help_command(command_find("healthcheck run"));
	else if (!r && words.n != 1)
		r = fail(e, EINVAL, "healthcheck run wants one container behind it");
	else if (!r)
		r = check(g, words.v[0], e);
	container_opts_free(&o);
	return r;
}
