/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"

static void print_opts(const struct opts *t)
{
	for (size_t i = 0; t && i < t->n; i++) {
		const struct opt *o = &t->v[i];
		char left[64], letter[8] = "    ";
		const char *arg = o->arg ? o->arg : "";

		if (o->type == OPT_REFUSED)
			continue;
		if (o->letter)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s%s", letter, o->name,
			 o->type == OPT_OPTIONAL_SIZE ? "[="
			 : *arg                       ? " "
						      : "",
			 arg, o->type == OPT_OPTIONAL_SIZE ? "]" : "");
		if (strlen(left) < 36)
			printf("  %-36s%s\n", left, o->help);
		else
			printf("  %s\n  %36s%s\n", left, "", o->help);
	}
}

void help_print(void)
{
	puts("sandbox runs containers without root and without a daemon.\n\n"
	     "Usage: sandbox [OPTIONS] COMMAND ...\n\nCommands:");
	for (size_t i = 0; i < ncommands; i++)
		printf("  %-12s%s\n", commands[i].name, commands[i].help);
	puts("\nOptions:");
	print_opts(&global_opts);
	puts("\nTry: sandbox run busybox sh");
}

void help_command(const struct command *c)
{
	printf("Usage: sandbox %s%s%s\n\n%s\n", c->name, *c->usage ? " " : "", c->usage, c->help);
	if (c->opts) {
		puts("\nOptions:");
		print_opts(c->opts);
	}
}

int cmd_help(struct global *g __unused, int argc, char **argv, struct err *e)
{
	const struct command *c;

	if (argc < 2) {
		help_print();
		return 0;
	}
	c = command_find(argv[1]);
	if (!c)
		return fail(e, EINVAL, "there is no command \"%s\"", argv[1]);
	help_command(c);
	return 0;
}

int cmd_version(struct global *g __unused, int argc __unused, char **argv __unused,
		struct err *e __unused)
{
	puts("sandbox " PACKAGE_VERSION);
	return 0;
}

static void table_opts(const char *command, const struct opts *t)
{
	for (size_t i = 0; t && i < t->n; i++) {
		const struct opt *o = &t->v[i];
		char letter[3] = {'-', o->letter, '\0'};
		bool optional = o->type == OPT_OPTIONAL_SIZE;

		if (o->type != OPT_REFUSED)
			printf("option\t%s\t--%s\t%s\t%s%s%s\t%s\t%s\n", command, o->name,
			       o->letter ? letter : "", optional ? "[=" : "", o->arg ? o->arg : "",
			       optional ? "]" : "", o->complete, o->help);
	}
}

/* The tables as tab-separated lines: man pages, completions and tests/check are made from them. */
int cmd_tables(struct global *g __unused, int argc __unused, char **argv __unused,
	       struct err *e __unused)
{
	table_opts("", &global_opts);
	for (size_t i = 0; i < ncommands; i++) {
		const struct command *c = &commands[i];

		printf("command\t%s\t%s\t%s\t%s\n", c->name, c->aliases ? c->aliases : "", c->usage,
		       c->help);
		table_opts(c->name, c->opts);
	}
	return 0;
}
