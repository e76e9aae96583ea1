/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"

static bool group_is_there(const struct group *group)
{
	const struct command *c;
	char word[32];

	return group_at(group, 0, word, &c);
}

void help_group(const struct group *group)
{
	const struct command *c;
	char word[32];

	printf("Usage: sandbox %s COMMAND ...\n\n%s\n\nCommands:\n", group->name, group->help);
	for (size_t i = 0; group_at(group, i, word, &c); i++)
		printf("  %-18s%s\n", word, c->help);
}

void help_print(void)
{
	puts("sandbox runs containers without root and without a daemon.\n\n"
	     "Usage: sandbox [OPTIONS] COMMAND ...\n\nCommands:");
	for (size_t i = 0; i < ncommands; i++)
		printf("  %-18s%s\n", commands[i].name, commands[i].help);
	puts("\nGroups of commands:");
	for (size_t i = 0; i < ngroups; i++) {
		if (group_is_there(&groups[i]))
			printf("  %-18s%s\n", groups[i].name, groups[i].help);
	}
	puts("\nOptions:");
	opts_print(&global_opts);
	puts("\nTry: sandbox run busybox sh");
}

void help_command(const struct command *c)
{
	printf("Usage: sandbox %s%s%s\n\n%s\n", c->name, *c->usage ? " " : "", c->usage, c->help);
	if (c->opts) {
		puts("\nOptions:");
		opts_print(c->opts);
	}
}

int cmd_help(struct global *g __unused, int argc, char **argv, struct err *e)
{
	const struct command *c;
	const struct group *group;

	if (argc < 2) {
		help_print();
		return 0;
	}
	group = group_find(argv[1]);
	if (group && argc < 3) {
		help_group(group);
		return 0;
	}
	c = group ? group_command(group, argv[2]) : command_find(argv[1]);
	if (!c)
		return fail(e, EINVAL, "there is no command \"%s%s%s\"", argv[1], group ? " " : "",
			    group ? argv[2] : "");
	help_command(c);
	return 0;
}

int cmd_version(struct global *g __unused, int argc __unused, char **argv __unused,
		struct err *e __unused)
{
	puts("sandbox " PACKAGE_VERSION);
	return 0;
}

static void table_group(const struct group *group)
{
	const struct command *c;
	char word[32];

	if (!group_is_there(group))
		return;
	printf("group\t%s\t%s\t", group->name, group->help);
	for (size_t i = 0; group_at(group, i, word, &c); i++)
		printf("%s%s=%s", i ? "|" : "", word, c->name);
	putchar('\n');
}

/* The tables as tab-separated lines: man pages, completions and tests/check are made from them. */
int cmd_tables(struct global *g __unused, int argc __unused, char **argv __unused,
	       struct err *e __unused)
{
	opts_tabulate("", &global_opts);
	for (size_t i = 0; i < ncommands; i++) {
		const struct command *c = &commands[i];

		printf("command\t%s\t%s\t%s\t%s\n", c->name, c->aliases ? c->aliases : "", c->usage,
		       c->help);
		opts_tabulate(c->name, c->opts);
	}
	for (size_t i = 0; i < ngroups; i++)
		table_group(&groups[i]);
	oci_tabulate();
	return 0;
}
