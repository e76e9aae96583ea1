/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Engines call this program once a verb, and read its exit code, its standard output, a log file
 * in runc's form, and words in messages. So an error is one line that holds such a word: on
 * standard error, and in the log. Nothing else is said by commands whose standard error callers
 * parse together with standard output (Slurm).
 *
 * All that is known of a container is in its folder below --root (state.c). No process of ours
 * stays behind but the container's own.
 */
#include <sys/stat.h>

#include "oci/internal.h"

#define HAS(flags, letter) (strchr(flags, letter) != NULL)

/* clang-format off */
static const struct oci_command oci_commands[] = {
#define OCI_COMMAND(id, usage_, help_, min_, max_, flags)                            \
	{.name = #id, .usage = usage_, .help = help_, .opts = &oci_##id##_opts,      \
	 .min = min_, .max = max_, .passes = HAS(flags, 'P'), .first = HAS(flags, 'W'), \
	 .runs = HAS(flags, 'R'), .quiet = HAS(flags, 'Q'), .run = oci_cmd_##id},
#include "oci/commands.def"
#undef OCI_COMMAND
};
/* clang-format on */

static const struct oci_command *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(oci_commands); i++) {
		if (streq(oci_commands[i].name, name))
			return &oci_commands[i];
	}
	return NULL;
}

static void print_help(void)
{
	puts("sandbox-oci runs containers as an OCI runtime does.\n\n"
	     "Usage: sandbox-oci [OPTION]... COMMAND ...\n"
	     "       sandbox oci [OPTION]... COMMAND ...\n\nCommands:");
	for (size_t i = 0; i < ARRAY_SIZE(oci_commands); i++)
		printf("  %-18s%s\n", oci_commands[i].name, oci_commands[i].help);
	puts("\nOptions:");
	opts_print(&oci_global_opts);
}

static void print_command_help(const struct oci_command *c)
{
	printf("Usage: sandbox-oci %s%s%s\n\n%s\n\nOptions:\n", c->name, *c->usage ? " " : "",
	       c->usage, c->help);
	opts_print(c->opts);
}

static void print_version(void)
{
	printf("sandbox-oci version %s\nspec: %s\n", PACKAGE_VERSION, OCI_VERSION);
}

/* oci_tabulate - the tables as tab-separated lines: the manual page is made from them */
void oci_tabulate(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(oci_commands); i++) {
		const struct oci_command *c = &oci_commands[i];
		cleanup_free char *name = xasprintf("oci %s", c->name);

		printf("verb\t%s\t%s\t%s\n", name, c->usage, c->help);
		opts_tabulate(name, c->opts);
	}
}

static int one_of(const char *option, const char *value, const char *const *choices, struct err *e)
{
	cleanup_free char *all = NULL;

	if (!value)
		return 0;
	for (size_t i = 0; choices[i]; i++) {
		char *longer = xasprintf("%s%s%s", all ? all : "", all ? ", " : "", choices[i]);

		if (streq(value, choices[i])) {
			free(longer);
			return (int)i;
		}
		free(all);
		all = longer;
	}
	return fail(e, EINVAL, "%s is one of %s, not \"%s\"", option, all, value);
}

static int open_log(const struct oci *o, enum log_form form, struct err *e)
{
	int fd;

	if (!o->log || !*o->log) {
		log_to(-1, form);
		return 0;
	}
	fd = open(o->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);
	if (fd < 0)
		return fail_errno(e, "cannot open the log %s", o->log);
	fd = move_fd_above(fd, 10);
	if (fd < 0)
		return fail(e, -fd, "cannot keep the log open: %s", strerror(-fd));
	log_to(fd, form);
	return 0;
}

static int globals_ready(struct oci *o, struct err *e)
{
	static const char *const formats[] = {"text", "json", NULL};
	static const char *const levels[] = {"error", "warning", "info",  "debug", "fatal",
					     "panic", "warn",    "trace", NULL};
	static const enum log_level level_of[] = {LOG_ERROR, LOG_WARN,  LOG_INFO, LOG_DEBUG,
						  LOG_ERROR, LOG_ERROR, LOG_WARN, LOG_DEBUG};
	static const char *const managers[] = {"cgroupfs", "systemd", "disabled", NULL};
	static const char *const rootless[] = {"true", "false", "auto", NULL};
	int format = one_of("--log-format", o->log_format, formats, e), level, r;

	if (format < 0)
		return format;
	/* From here on errors have their form. */
	r = open_log(o, format == 1 ? LOG_JSON : LOG_TEXT, e);
	level = r < 0 ? r : one_of("--log-level", o->log_level, levels, e);
	r = level < 0 ? level : one_of("--cgroup-manager", o->cgroup_manager, managers, e);
	if (r >= 0 && o->rootless && *o->rootless)
		r = one_of("--rootless", o->rootless, rootless, e);
	if (r < 0)
		return r;
	log_set(o->debug       ? LOG_DEBUG
		: o->log_level ? level_of[level]
		: o->log       ? LOG_INFO
			       : LOG_WARN,
		OCI_PROGRAM);
	if (o->systemd_cgroup && !o->cgroup_manager)
		o->cgroup_manager = xstrdup("systemd");
	return 0;
}

/* Options stand before and behind the first word; those behind the second are not ours. */
static int parse_passing(const struct opts *opts, struct oci *o, int argc, char **argv,
			 struct strv *words, struct err *e)
{
	struct strv rest = {}, tail = {};
	int r = opts_parse(opts, o, argc, argv, true, &rest, e);

	if (r >= 0 && rest.n) {
		strv_add(words, rest.v[0]);
		r = opts_parse(opts, o, (int)rest.n, rest.v, true, &tail, e);
	}
	for (size_t i = 0; i < tail.n; i++)
		strv_add(words, tail.v[i]);
	strv_free(&rest);
	strv_free(&tail);
	return r;
}

static int run_command(struct oci *o, int argc, char **argv, struct err *e)
{
	const struct oci_command *c = o->command;
	struct strv words = {};
	int r = c->passes ? parse_passing(c->opts, o, argc, argv, &words, e)
			  : opts_parse(c->opts, o, argc, argv, c->first, &words, e);

	if (r >= 0 && o->help > 0) {
		print_command_help(c);
	} else if (r >= 0 && words.n < c->min) {
		r = fail(e, EINVAL, "%s wants the id of a container: %s %s", c->name, c->name,
			 c->usage);
	} else if (r >= 0 && words.n > c->max) {
		r = fail(e, EINVAL, "%s takes no \"%s\": %s %s", c->name, words.v[c->max], c->name,
			 c->usage);
	} else if (r >= 0) {
		if (c->quiet && !o->log && !o->debug && !o->log_level)
			log_set(LOG_ERROR, NULL);
		r = c->run(o, &words, e);
	}
	strv_free(&words);
	return r;
}

static int dispatch(struct oci *o, int argc, char **argv, struct err *e)
{
	struct strv words = {};
	int r = opts_parse(&oci_global_opts, o, argc, argv, true, &words, e), at;

	at = argc - (int)words.n;
	strv_free(&words);
	/* Also after a mistake, so that it can be told where the caller looks. */
	if (r < 0) {
		globals_ready(o, &(struct err){});
		return r;
	}
	r = globals_ready(o, e);
	if (r < 0)
		return r;
	if (o->version) {
		print_version();
		return 0;
	}
	if (o->help > 0 || at >= argc) {
		print_help();
		return o->help > 0 ? 0 : OCI_EXIT_FAILED;
	}
	o->command = find(argv[at]);
	if (!o->command)
		return fail_hint(e, fail(e, EINVAL, "there is no command \"%s\"", argv[at]),
				 "`sandbox-oci --help` lists them");
	return run_command(o, argc - at, argv + at, e);
}

/* Engines look for these words to tell apart what failed (podman: libpod/oci_util.go). */
static void print_error(const struct err *e)
{
	bool told = strstr(e->msg, "No such file or directory");

	if (e->kind == ERR_NOENT && !told)
		log_msg(LOG_ERROR, "%s: executable file not found in $PATH", e->msg);
	else
		log_msg(LOG_ERROR, "%s", e->msg);
}

static int exit_code(const struct oci *o, const struct err *e)
{
	if (!o->command || !o->command->runs)
		return OCI_EXIT_FAILED;
	return e->kind == ERR_NOENT ? 127 : e->kind == ERR_NOEXEC ? 126 : 125;
}

static void free_all(struct oci *o)
{
	char **strings[] = {&o->root,           &o->log,          &o->log_format,
			    &o->log_level,      &o->bundle,       &o->cgroup_manager,
			    &o->rootless,       &o->config,       &o->format,
			    &o->console_socket, &o->pidfd_socket, &o->pid_file,
			    &o->label,          &o->preserve_fds, &o->interval,
			    &o->process,        &o->user,         &o->cwd,
			    &o->resources,      &o->apparmor,     &o->cgroup,
			    &o->image_path,     &o->work_path};
	char **limits = (char **)&o->limits;

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		free(*strings[i]);
	for (size_t i = 0; i < sizeof(o->limits) / sizeof(char *); i++)
		free(limits[i]);
	strv_free(&o->env);
	strv_free(&o->cap);
	strv_free(&o->groups);
}

/**
 * oci_is_name - was the program called by a name that makes it an OCI runtime?
 *
 * Podman asks some things of a runtime by its file name alone, such as --cgroups=disabled, so a
 * link may be called as those that it knows.
 */
bool oci_is_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	return streq(name, OCI_PROGRAM) || streq(name, "crun") || streq(name, "runc");
}

/**
 * oci_run - one command of the OCI runtime
 * @argv: argv[0] is passed over
 *
 * Context: after program_start().
 * Return: the exit code.
 */
int oci_run(int argc, char **argv)
{
	struct oci o = {.tty = -1, .help = -1};
	struct err e = {};
	int r;

	log_set(LOG_WARN, OCI_PROGRAM);
	r = dispatch(&o, argc, argv, &e);
	/* A caller that reads half an answer must not take it for the whole. */
	if (r >= 0 && (fflush(stdout) || ferror(stdout)))
		r = fail(&e, EIO, "cannot write to standard output");
	if (r < 0) {
		print_error(&e);
		r = exit_code(&o, &e);
	}
	free_all(&o);
	return r;
}

/**
 * oci_main - the whole of the program when it is called sandbox-oci
 *
 * Return: the exit code.
 */
int oci_main(int argc, char **argv)
{
	struct err e = {};
	mode_t mask;

	if (argc < 1)
		return OCI_EXIT_FAILED;
	if (program_start(&mask, &e) < 0) {
		print_error(&e);
		return OCI_EXIT_FAILED;
	}
	return oci_run(argc, argv);
}
