/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * generate systemd: a unit that starts a container and follows it. It is of Type=notify, so
 * that the service is there when the container runs, and the supervisor its main process.
 */
#include "cli/generate.h"
#include "container/container.h"

struct generate_opts {
	bool files, name, new, no_header;
	char *prefix, *separator, *restart_policy, *restart_sec, *time;
	struct strv after, requires, wants;
	int help;
};

#define AT(member) offsetof(struct generate_opts, member)

static const struct opt table[] = {
	{"after", 0, OPT_LIST, AT(after), "UNIT", "none", "start it after that unit"},
	{"container-prefix", 0, OPT_STR, AT(prefix), "TEXT", "none",
	 "what the unit's name begins with (default container)"},
	{"files", 'f', OPT_FLAG, AT(files), "", "none",
	 "write a file into the current folder, and print its name"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"name", 'n', OPT_FLAG, AT(name), "", "none",
	 "call unit and container by the container's name, not by its id"},
	{"new", 0, OPT_FLAG, AT(new), "", "none",
	 "make a new container at each start, and remove it at the end"},
	{"no-header", 0, OPT_FLAG, AT(no_header), "", "none", "no comment at the top"},
	{"requires", 0, OPT_LIST, AT(requires), "UNIT", "none", "it needs that unit"},
	{"restart-policy", 0, OPT_STR, AT(restart_policy), "POLICY",
	 "enum:no|on-success|on-failure|on-abnormal|on-watchdog|on-abort|always",
	 "Restart= of the unit (default on-failure)"},
	{"restart-sec", 0, OPT_STR, AT(restart_sec), "SECONDS", "none", "RestartSec= of the unit"},
	{"separator", 0, OPT_STR, AT(separator), "TEXT", "none",
	 "between prefix and name (default -)"},
	{"stop-timeout", 0, OPT_STR, AT(time), "SECONDS", "none", "the same as --time"},
	{"time", 't', OPT_STR, AT(time), "SECONDS", "none",
	 "time from the stop signal to SIGKILL; default: the container's own"},
	{"wants", 0, OPT_LIST, AT(wants), "UNIT", "none", "it is better off with that unit"},
};

const struct opts generate_systemd_opts_table = {table, ARRAY_SIZE(table)};

/**
 * struct unit - what goes into one
 * @as: what the container is called in commands
 * @service: the unit's name
 * @stop: seconds
 */
struct unit {
	const struct generate_opts *o;
	const struct container_info *info;
	const struct spec *spec;
	const char *root, *as;
	char *service;
	char self[PATH_MAX];
	int64_t stop;
	uint64_t restart_sec;
};

/* ---- what is asked for ---------------------------------------------------------------------------------- */

static int check_policy(const char *policy, struct err *e)
{
	static const char *const known[] = {"no",          "on-success",  "on-failure",
					    "on-abnormal", "on-watchdog", "on-abort",
					    "always"};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (!policy || streq(policy, known[i]))
			return 0;
	}
	return fail(e, EINVAL,
		    "--restart-policy knows no, on-success, on-failure, on-abnormal, on-watchdog, "
		    "on-abort and always; not \"%s\"",
		    policy);
}

/* What systemd takes as a part of a unit's name, and a line of a unit file as a word. */
static int check_names(const char *option, const char *text, struct err *e)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789:-_.\\@";

	return text[strspn(text, good)]
		       ? fail(e, EINVAL, "%s \"%s\": that cannot be part of a unit's name", option,
			      text)
		       : 0;
}

static int check_opts(struct unit *u, struct err *e)
{
	const struct generate_opts *o = u->o;
	const struct {
		const char *option;
		const struct strv *list;
	} lists[] = {{"--after", &o->after}, {"--requires", &o->requires}, {"--wants", &o->wants}};
	int r = check_policy(o->restart_policy, e);

	if (!r && o->prefix)
		r = check_names("--container-prefix", o->prefix, e);
	if (!r && o->separator)
		r = check_names("--separator", o->separator, e);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		strv_for_each (name, lists[i].list) {
			if (!r && !*name)
				r = fail(e, EINVAL, "%s wants the name of a unit", lists[i].option);
			if (!r)
				r = check_names(lists[i].option, name, e);
		}
	}
	if (!r && o->restart_sec && parse_u64(o->restart_sec, INT32_MAX, &u->restart_sec) < 0)
		r = fail(e, EINVAL, "--restart-sec takes a number of seconds, not \"%s\"",
			 o->restart_sec);
	if (!r && o->time && parse_i64(o->time, 0, INT32_MAX, &u->stop) < 0)
		r = fail(e, EINVAL, "--time takes a number of seconds, not \"%s\"", o->time);
	return r;
}

static int check_container(const struct unit *u, struct err *e)
{
	int r;

	if (u->info->broken) {
		*e = *u->info->broken;
		return -e->code;
	}
	if (u->o->new && !u->spec->made_by.n)
		return fail(e, ENODATA, "it is not known how container %.12s was made",
			    u->info->id);
	if (u->o->new || (u->info->kept && !u->info->remove))
		return 0;
	r = fail(e, EPERM, "container %.12s is removed when it ends and cannot be started again",
		 u->info->id);
	return fail_hint(e, r, "use --new");
}

/* ---- the text ------------------------------------------------------------------------------------------------- */

static void section_unit(const struct unit *u, struct buf *out)
{
	const struct {
		const char *key;
		const struct strv *list;
	} lists[] = {
		{"Wants", &u->o->wants}, {"Requires", &u->o->requires}, {"After", &u->o->after}};

	if (!u->o->no_header)
		buf_printf(out,
			   "# %s\n# made by sandbox %s; put it into ~/.config/systemd/user, then\n"
			   "# systemctl --user daemon-reload; systemctl --user enable --now %s\n\n",
			   u->service, PACKAGE_VERSION, u->service);
	buf_printf(out, "[Unit]\nDescription=Container %s\n", u->as);
	buf_puts(out, "Documentation=man:sandbox-generate-systemd(1)\n");
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		strv_for_each (name, lists[i].list)
			buf_printf(out, "%s=%s\n", lists[i].key, name);
	}
	if (u->root) {
		buf_puts(out, "RequiresMountsFor=");
		unit_word(out, u->root);
		buf_puts(out, "\n");
	}
}

static void add_words(struct strv *l, const char *const *words)
{
	for (; *words; words++)
		strv_add(l, *words);
}

static void exec_start(const struct unit *u, struct buf *out)
{
	cleanup_strv struct strv rm = {}, start = {};
	const char *said;
	bool own;

	if (!u->o->new) {
		unit_run_words(&u->spec->made_by, NULL, &said);
		own = said && (streq(said, "container") || streq(said, "healthy"));
		add_words(&start, (const char *const[]){"start", "--sdnotify",
							own ? said : "conmon", u->as, NULL});
		unit_command(out, "ExecStart=", u->self, u->root, &start);
		return;
	}
	/* What a power cut left has the name that the new one wants. */
	add_words(&rm, (const char *const[]){"rm", "--force", "--ignore", u->as, NULL});
	unit_command(out, "ExecStartPre=", u->self, u->root, &rm);
	add_words(&start, (const char *const[]){"run", "--detach", "--rm", "--name", u->as,
						"--sdnotify", NULL});
	unit_run_words(&u->spec->made_by, NULL, &said);
	own = said && (streq(said, "container") || streq(said, "healthy"));
	strv_add(&start, own ? said : "conmon");
	unit_run_words(&u->spec->made_by, &start, &said);
	unit_command(out, "ExecStart=", u->self, u->root, &start);
}

static void section_service(const struct unit *u, struct buf *out)
{
	cleanup_strv struct strv stop = {}, rm = {};
	cleanup_free char *seconds = xasprintf("%lld", (long long)u->stop);

	buf_puts(out, "\n[Service]\nType=notify\nNotifyAccess=all\n");
	buf_printf(out, "Restart=%s\n", u->o->restart_policy ? u->o->restart_policy : "on-failure");
	if (u->o->restart_sec)
		buf_printf(out, "RestartSec=%llu\n", (unsigned long long)u->restart_sec);
	/* sandbox has its own time first. */
	buf_printf(out, "TimeoutStopSec=%lld\n", (long long)u->stop + 60);
	if (u->o->new && u->spec->made_in)
		unit_folder(out, u->spec->made_in);
	exec_start(u, out);
	add_words(&stop, (const char *const[]){"stop", "--ignore", "--time", seconds, u->as, NULL});
	unit_command(out, "ExecStop=", u->self, u->root, &stop);
	if (u->o->new) {
		add_words(&rm, (const char *const[]){"rm", "--force", "--ignore", u->as, NULL});
		unit_command(out, "ExecStopPost=", u->self, u->root, &rm);
	}
	buf_puts(out, "\n[Install]\nWantedBy=default.target\n");
}

static int put_out(const struct unit *u, const struct buf *text, struct err *e)
{
	int r;

	if (!u->o->files) {
		fputs(text->data, stdout);
		return 0;
	}
	r = replace_file_at(AT_FDCWD, u->service, text->data, text->len, 0644, REPLACE_SYNC);
	if (r < 0)
		return fail(e, -r, "cannot write %s: %s", u->service, strerror(-r));
	puts(u->service);
	return 0;
}

static int generate(struct unit *u, struct err *e)
{
	cleanup_buf struct buf text = {};
	const struct generate_opts *o = u->o;
	ssize_t n;
	int r = check_opts(u, e);

	if (!r)
		r = check_container(u, e);
	if (r < 0)
		return r;
	n = readlink("/proc/self/exe", u->self, sizeof(u->self) - 1);
	if (n < 0)
		return fail_errno(e, "cannot find the path of sandbox");
	u->self[n] = '\0';
	u->as = (o->name || o->new) && u->info->name ? u->info->name : u->info->id;
	u->service = xasprintf("%s%s%s.service", o->prefix ? o->prefix : "container",
			       o->separator ? o->separator : "-",
			       o->name && u->info->name ? u->info->name : u->info->id);
	section_unit(u, &text);
	section_service(u, &text);
	return put_out(u, &text, e);
}

/* ---- the command ---------------------------------------------------------------------------------------------- */

static int run(struct global *g, const struct generate_opts *o, const char *name, struct err *e)
{
	cleanup_container_info struct container_info info = {};
	cleanup_free char *root = NULL;
	struct unit u = {.o = o, .info = &info};
	struct spec s;
	int r = global_ready(g, e);

	spec_init(&s);
	if (!r)
		r = container_find(&g->dirs, name, &info, e);
	if (!r && !info.broken)
		r = container_spec(&g->dirs, &info, &s, e);
	if (!r) {
		root = g->root ? path_absolute(g->root) : NULL;
		u.root = root;
		u.spec = &s;
		u.stop = s.stop_timeout < 0 ? 10 : s.stop_timeout / 1000000000;
		r = generate(&u, e);
	}
	free(u.service);
	spec_free(&s);
	return r;
}

int cmd_generate_systemd(struct global *g, int argc, char **argv, struct err *e)
{
	struct generate_opts o = {};
	cleanup_strv struct strv words = {};
	int r = opts_parse(&generate_systemd_opts_table, &o, argc, argv, false, &words, e);

	if (!r && o.help > 0)
		help_command(command_find("generate systemd"));
	else if (!r && words.n != 1)
		r = fail(e, EINVAL, "generate systemd wants one container behind it");
	else if (!r)
		r = run(g, &o, words.v[0], e);
	free(o.prefix);
	free(o.separator);
	free(o.restart_policy);
	free(o.restart_sec);
	free(o.time);
	strv_free(&o.after);
	strv_free(&o.requires);
	strv_free(&o.wants);
	return r;
}
