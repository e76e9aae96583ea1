/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <sys/stat.h>

#include "cli/internal.h"

const struct command commands[] = {
#define COMMAND(id, aliases, usage, help, opts) {#id, aliases, usage, help, opts, cmd_##id},
#include "cli/commands.def"
#undef COMMAND
};

const size_t ncommands = ARRAY_SIZE(commands);

#define AT(member) offsetof(struct global, member)

static const struct opt table[] = {
	{"debug", 0, OPT_FLAG, AT(debug), NULL, "none", "tell on standard error what is done"},
	{"help", 'h', OPT_FLAG, AT(help), NULL, "none", "this text"},
	{"root", 0, OPT_STR, AT(root), "DIR", "dir", "the store; default $XDG_DATA_HOME/sandbox"},
	{"version", 'v', OPT_FLAG, AT(version), NULL, "none", "tell the version"},
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

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ncommands; i++) {
		if (streq(commands[i].name, name) || has_word(commands[i].aliases, name))
			return &commands[i];
	}
	return NULL;
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

static int print_error(const struct err *e)
{
	log_msg(LOG_ERROR, "%s", e->msg);
	return e->kind == ERR_NOENT ? 127 : e->kind == ERR_NOEXEC ? 126 : EXIT_SANDBOX;
}

/* What a setuid bit would give away is exactly what this program is written not to need. */
static int check_not_setuid(struct err *e)
{
	if (geteuid() == getuid() && getegid() == getgid())
		return 0;
	return fail(e, EPERM, "sandbox must not be setuid or setgid; remove the bit (chmod ug-s)");
}

/* Descriptors 0 to 2 that the caller closed must not be taken by files of ours. */
static void reserve_stdio(void)
{
	for (int i = 0; i < 3; i++) {
		if (fcntl(i, F_GETFD) < 0 && open("/dev/null", O_PATH | O_CLOEXEC) != i)
			return;
	}
}

static int dispatch(struct global *g, int argc, char **argv, struct err *e)
{
	struct strv words = {};
	const struct command *c;
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
	c = command_find(argv[at]);
	if (!c)
		return fail_hint(e, fail(e, EINVAL, "there is no command \"%s\"", argv[at]),
				 "`sandbox help` lists them");
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
	reserve_stdio();
	signals_learn();
	/* A caller that ignores it would have the kernel reap our children before we ask. */
	signal(SIGCHLD, SIG_DFL);
	/* What we make is ours to use, whatever the caller's mask says. */
	umask(umask(0) & 077);
	r = check_not_setuid(&e);
	if (!r)
		r = dispatch(&g, argc, argv, &e);
	free(g.root);
	free(g.dirs.store);
	free(g.dirs.run);
	settings_free(&g.settings);
	return r < 0 ? print_error(&e) : r;
}
