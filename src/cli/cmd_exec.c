/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"

struct exec_cli {
	bool detach, privileged, latest;
	int interactive, tty;
	struct strv env, env_file;
	char *user, *workdir;
	int help;
};

#define AT(member) offsetof(struct exec_cli, member)

static const struct opt table[] = {
	{"detach", 'd', OPT_FLAG, AT(detach), "", "none", "do not wait for it"},
	{"env", 'e', OPT_LIST, AT(env), "NAME[=VALUE]", "none",
	 "set a variable; without a value take the caller's"},
	{"env-file", 0, OPT_LIST, AT(env_file), "FILE", "file",
	 "read variables from a file, one a line"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"interactive", 'i', OPT_BOOL, AT(interactive), "", "none", "keep standard input open"},
	{"privileged", 0, OPT_FLAG, AT(privileged), "", "none",
	 "all capabilities and no seccomp, within what you have yourself"},
	{"tty", 't', OPT_BOOL, AT(tty), "", "none", "give it a terminal"},
	{"user", 'u', OPT_STR, AT(user), "USER[:GROUP]", "none",
	 "user in the container, by name or number"},
	{"workdir", 'w', OPT_STR, AT(workdir), "DIR", "none", "working folder inside"},
};

const struct opts exec_opts_table = {table, ARRAY_SIZE(table)};

static int exec_in(struct global *g, const struct exec_cli *o, const struct strv *words,
		   struct err *e)
{
	cleanup_container_info struct container_info i = {};
	const struct strv args = {words->v + 1, words->n - 1};
	struct spec s;
	struct exec_opts x = {.args = &args,
			      .env = &s.env,
			      .user = o->user,
			      .cwd = o->workdir,
			      .tty = o->tty > 0,
			      .interactive = o->interactive > 0,
			      .detach = o->detach,
			      .privileged = o->privileged};
	int code = 0, r = container_find(&g->dirs, words->v[0], &i, e);

	spec_init(&s);
	strv_for_each (f, &o->env_file) {
		if (!r)
			r = spec_parse_env_file(&s, f, e);
	}
	strv_for_each (v, &o->env) {
		if (!r)
			r = spec_parse_env(&s, v, e);
	}
	if (!r && o->workdir && o->workdir[0] != '/')
		r = fail(e, EINVAL, "--workdir %s: it has to be an absolute path", o->workdir);
	if (!r)
		r = container_exec(&g->dirs, &i, &x, &code, e);
	spec_free(&s);
	return r < 0 ? r : code;
}

int cmd_exec(struct global *g, int argc, char **argv, struct err *e)
{
	struct exec_cli o = {};
	struct strv words = {};
	int r = opts_parse(&exec_opts_table, &o, argc, argv, true, &words, e);

	if (!r && o.help > 0)
		help_command(command_find("exec"));
	else if (!r && words.n < 2)
		r = fail_hint(e, fail(e, EINVAL, "exec wants a container and a command behind it"),
			      "try: sandbox exec -it CONTAINER sh");
	else if (!r)
		r = global_ready(g, e);
	if (!r && o.help <= 0)
		r = exec_in(g, &o, &words, e);
	strv_free(&words);
	strv_free(&o.env);
	strv_free(&o.env_file);
	free(o.user);
	free(o.workdir);
	return r;
}
