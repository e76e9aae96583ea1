/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <sys/stat.h>

#include "cli/internal.h"

struct unshare_opts {
	int help;
};

static const struct opt table[] = {
	{"help", 0, OPT_BOOL, offsetof(struct unshare_opts, help), "", "none", "this text"},
	{"rootless-netns", 0, OPT_REFUSED, 0, "", "none",
	 "there is no network that containers share; enter that of one with exec"},
};

const struct opts unshare_opts_table = {table, ARRAY_SIZE(table)};

/* execvp() says EACCES of a folder that may not be searched, too. */
static bool in_path(const char *name)
{
	const char *path = getenv("PATH");
	cleanup_strv struct strv dirs = {};

	strv_split(&dirs, path ? path : "/bin:/usr/bin", ':');
	strv_for_each (dir, &dirs) {
		cleanup_free char *full = path_join(*dir ? dir : ".", name);

		if (!access(full, F_OK))
			return true;
	}
	return false;
}

static int become(const struct strv *words, struct err *e)
{
	const char *shell = getenv("SHELL");
	char *alone[] = {xstrdup(shell && *shell ? shell : "/bin/sh"), NULL};
	char **argv = words->n ? words->v : alone;
	int code, r;

	execvp(argv[0], argv);
	code = errno;
	if (code == EACCES && !strchr(argv[0], '/') && !in_path(argv[0]))
		code = ENOENT;
	r = code == ENOENT || code == ENOTDIR
		    ? fail(e, code, "%s: command not found", argv[0])
		    : fail(e, code, "%s: cannot be executed: %s", argv[0], strerror(code));
	e->kind = code == ENOENT || code == ENOTDIR ? ERR_NOENT : ERR_NOEXEC;
	free(alone[0]);
	return r;
}

static int run_unshare(struct global *g, const struct strv *words, struct err *e)
{
	struct idmap_plan plan = {};
	struct spec s;
	int r;

	spec_init(&s);
	r = idmap_make_plan(&plan, &s, e);
	if (!r && plan.why[0])
		log_warn("one id is mapped: %s", plan.why);
	if (!r)
		r = unshare_for_files(&plan, e);
	idmap_plan_free(&plan);
	spec_free(&s);
	if (r < 0)
		return r;
	/* The command is the caller's: it gets his mask, not the one that we work with. */
	umask(g->umask);
	signal(SIGXFSZ, SIG_DFL);
	return become(words, e);
}

int cmd_unshare(struct global *g, int argc, char **argv, struct err *e)
{
	struct unshare_opts o = {};
	cleanup_strv struct strv words = {};
	int r = opts_parse(&unshare_opts_table, &o, argc, argv, true, &words, e);

	if (!r && o.help > 0)
		help_command(command_find("unshare"));
	else if (!r)
		r = run_unshare(g, &words, e);
	return r;
}
