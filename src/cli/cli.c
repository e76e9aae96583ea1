/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "cli/internal.h"

const struct command commands[] = {
#define COMMAND(id, aliases, usage, help, opts) {NULL, #id, aliases, usage, help, opts, cmd_##id},
#define GROUPED(group, id, aliases, usage, help, opts) \
	{#group, #group " " #id, aliases, usage, help, opts, cmd_##group##_##id},
#include "cli/commands.def"
#undef COMMAND
#undef GROUPED
};

const struct group groups[] = {
#define GROUP(name, help, members) {#name, help, members},
#include "cli/groups.def"
#undef GROUP
};

const size_t ncommands = ARRAY_SIZE(commands), ngroups = ARRAY_SIZE(groups);

#define AT(member) offsetof(struct global, member)

static const struct opt table[] = {
	{"debug", 0, OPT_FLAG, AT(debug), "", "none", "tell on standard error what is done"},
	{"help", 'h', OPT_FLAG, AT(help), "", "none", "this text"},
	{"root", 0, OPT_STR, AT(root), "DIR", "dir", "the store; default $XDG_DATA_HOME/sandbox"},
	{"version", 'v', OPT_FLAG, AT(version), "", "none", "tell the version"},
};

const struct opts global_opts = {table, ARRAY_SIZE(table)};

static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = words; p && (p = strstr(p, word)); p += n) {
		if ((p == words || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return true;
	}
	return false;
}

/* command_find - the command of that name or alias, "volume create" for one of two words */
const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ncommands; i++) {
		const struct command *c = &commands[i];
		const char *word = name;

		if (streq(c->name, name))
			return c;
		if (c->group) {
			size_t n = strlen(c->group);

			if (strncmp(name, c->group, n) || name[n] != ' ')
				continue;
			word = name + n + 1;
		}
		if (!strchr(word, ' ') && has_word(c->aliases, word))
			return c;
	}
	return NULL;
}

const struct group *group_find(const char *name)
{
	for (size_t i = 0; i < ngroups; i++) {
		if (streq(groups[i].name, name))
			return &groups[i];
	}
	return NULL;
}

/**
 * group_at - walk through the commands of a group
 * @i: from 0 on
 * @word: receives what stands behind the group's name
 * @c: receives the command
 *
 * Return: whether there is an @i-th.
 */
bool group_at(const struct group *group, size_t i, char word[32], const struct command **c)
{
	for (size_t k = 0; k < ncommands; k++) {
		if (!commands[k].group || !streq(commands[k].group, group->name) || i--)
			continue;
		snprintf(word, 32, "%s", commands[k].name + strlen(group->name) + 1);
		*c = &commands[k];
		return true;
	}
	for (const char *p = group->members; *p;) {
		size_t n = strcspn(p, " ");
		char name[32];

		snprintf(word, 32, "%.*s", (int)strcspn(p, " ="), p);
		snprintf(name, sizeof(name), "%.*s", (int)n, p);
		*c = command_find(strchr(name, '=') ? strchr(name, '=') + 1 : name);
		if (*c && !i--)
			return true;
		p += n + strspn(p + n, " ");
	}
	return false;
}

/* group_command - what "GROUP WORD" runs, or NULL */
const struct command *group_command(const struct group *group, const char *word)
{
	cleanup_free char *both = xasprintf("%s %s", group->name, word);
	const struct command *c = strchr(word, ' ') ? NULL : command_find(both), *other;
	char name[32];

	for (size_t i = 0; !c && group_at(group, i, name, &other); i++)
		c = streq(name, word) ? other : NULL;
	return c;
}

/**
 * global_ready - settings and folders, for a command that needs them
 */
int global_ready(struct global *g, struct err *e)
{
	int r = settings_load(&g->settings, e);

	if (!r)
		r = dirs_store(&g->dirs, g->root, e);
	if (!r)
		r = dirs_run(&g->dirs, e);
	return r;
}

/* "No space left" is half of the truth where it is inodes. What was undone has freed some again. */
static bool lacks_inodes(const char *dir)
{
	struct statvfs v;

	return dir && !statvfs(dir, &v) && v.f_files && v.f_favail < 64 && v.f_bavail > 256;
}

static int print_error(const struct global *g, const struct err *e)
{
	struct err all = *e;

	if (e->code == ENOSPC && !strstr(e->msg, "inodes")) {
		const char *dir = lacks_inodes(g->dirs.store) ? g->dirs.store
				  : lacks_inodes(g->dirs.run) ? g->dirs.run
							      : NULL;

		if (dir)
			fail_hint(&all, -ENOSPC, "no inodes left on the file system of %s", dir);
	}
	if (e->code == EMFILE && !strstr(e->msg, "ulimit"))
		fail_hint(&all, -EMFILE, "raise the limit (ulimit -n); a container takes up to 64");
	log_msg(LOG_ERROR, "%s", all.msg);
	return e->kind == ERR_NOENT ? 127 : e->kind == ERR_NOEXEC ? 126 : EXIT_SANDBOX;
}

static int no_command(const char *first, const char *second, struct err *e)
{
	fail(e, EINVAL, "there is no command \"%s%s%s\"", first, second ? " " : "",
	     second ? second : "");
	return fail_hint(e, -EINVAL, "`sandbox help%s%s` lists them", second ? " " : "",
			 second ? first : "");
}

static int dispatch_group(struct global *g, const struct group *group, int argc, char **argv,
			  struct err *e)
{
	bool help = argc > 1 && (streq(argv[1], "--help") || streq(argv[1], "-h"));
	const struct command *c;

	if (argc < 2 || help) {
		help_group(group);
		return help ? 0 : EXIT_SANDBOX;
	}
	c = group_command(group, argv[1]);
	if (!c)
		return no_command(group->name, argv[1], e);
	g->group = group->name;
	return c->run(g, argc - 1, argv + 1, e);
}

static int dispatch(struct global *g, int argc, char **argv, struct err *e)
{
	struct strv words = {};
	const struct command *c;
	const struct group *group;
	int r = opts_parse(&global_opts, g, argc, argv, true, &words, e);
	int at;

	if (r < 0)
		return r;
	at = argc - (int)words.n;
	strv_free(&words);
	if (g->debug)
		log_set(LOG_DEBUG, NULL);
	if (g->version)
		return cmd_version(g, 0, NULL, e);
	if (g->help || at >= argc) {
		help_print();
		return g->help ? 0 : EXIT_SANDBOX;
	}
	if (streq(argv[at], "__tables"))
		return cmd_tables(g, argc - at, argv + at, e);
	if (streq(argv[at], "__complete"))
		return cmd_complete(g, argc - at, argv + at, e);
	group = group_find(argv[at]);
	if (group)
		return dispatch_group(g, group, argc - at, argv + at, e);
	c = strchr(argv[at], ' ') ? NULL : command_find(argv[at]);
	if (!c)
		return no_command(argv[at], NULL, e);
	return c->run(g, argc - at, argv + at, e);
}

/**
 * cli_main - the whole of the program
 *
 * Return: the exit code.
 */
int cli_main(int argc, char **argv)
{
	struct global g = {};
	struct err e = {};
	int r;

	if (argc < 1)
		return EXIT_SANDBOX;
	r = program_start(&g.umask, &e);
	if (!r)
		r = dispatch(&g, argc, argv, &e);
	if (r < 0)
		r = print_error(&g, &e);
	free(g.root);
	free(g.dirs.store);
	free(g.dirs.run);
	settings_free(&g.settings);
	return r;
}
