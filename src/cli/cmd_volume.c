/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"

/** struct volume_opts - options of the volume commands */
struct volume_opts {
	bool all, force, quiet;
	char *driver, *format;
	struct strv label, filter;
	int help;
};

#define AT(member) offsetof(struct volume_opts, member)
#define HELP                                                           \
	{                                                              \
		"help", 0, OPT_BOOL, AT(help), "", "none", "this text" \
	}
#define FILTER                                                                          \
	{                                                                               \
		"filter", 0, OPT_LIST, AT(filter), "KEY=VALUE",                         \
			"enum:name=|label=|dangling=|driver=",                          \
			"only those with name=TEXT, label=KEY[=VALUE] or dangling=BOOL" \
	}

static const struct opt create_table[] = {
	{"driver", 'd', OPT_STR, AT(driver), "DRIVER", "enum:local", "local, the only one"},
	HELP,
	{"label", 'l', OPT_LIST, AT(label), "KEY[=VALUE]", "none", "a note for ls and inspect"},
};
static const struct opt ls_table[] = {
	FILTER,
	{"format", 0, OPT_STR, AT(format), "FORMAT", "enum:table|json", "table (default) or json"},
	HELP,
	{"quiet", 'q', OPT_FLAG, AT(quiet), "", "none", "names only"},
};
static const struct opt rm_table[] = {
	{"all", 'a', OPT_FLAG, AT(all), "", "none", "all volumes"},
	{"force", 'f', OPT_FLAG, AT(force), "", "none", "one that is not there is no error"},
	HELP,
};
static const struct opt prune_table[] = {
	FILTER,
	{"force", 'f', OPT_FLAG, AT(force), "", "none", "do not ask"},
	HELP,
};
static const struct opt plain_table[] = {HELP};

const struct opts volume_create_opts_table = {create_table, ARRAY_SIZE(create_table)},
		  volume_ls_opts_table = {ls_table, ARRAY_SIZE(ls_table)},
		  volume_inspect_opts_table = {plain_table, ARRAY_SIZE(plain_table)},
		  volume_rm_opts_table = {rm_table, ARRAY_SIZE(rm_table)},
		  volume_prune_opts_table = {prune_table, ARRAY_SIZE(prune_table)},
		  volume_exists_opts_table = {plain_table, ARRAY_SIZE(plain_table)};

/* ---- output ------------------------------------------------------------------------------------------ */

static json *volume_json(const struct volume_info *v)
{
	json *j = json_obj(), *labels = json_obj();
	char when[40] = "";
	time_t t = (time_t)v->created;
	struct tm tm;

	if (localtime_r(&t, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S%z", &tm);
	strv_for_each (label, &v->labels) {
		cleanup_free char *key = xstrndup(label, strcspn(label, "="));

		json_set(labels, key, json_str(label[strlen(key)] ? label + strlen(key) + 1 : ""));
	}
	json_set(j, "Name", json_str(v->name));
	json_set(j, "Driver", json_str("local"));
	json_set(j, "Mountpoint", json_str(v->path));
	json_set(j, "CreatedAt", json_str(when));
	json_set(j, "Labels", labels);
	json_set(j, "Scope", json_str("local"));
	json_set(j, "Options", json_obj());
	json_set(j, "Anonymous", json_boolean(v->anonymous));
	json_set(j, "MountCount", json_u64(v->users.n));
	json_set(j, "Containers", json_strv(&v->users));
	return j;
}

static void print_json(json *all)
{
	cleanup_free char *text = json_dump(all, true);

	puts(text);
	json_put(all);
}

/* ---- filters ----------------------------------------------------------------------------------------- */

static bool has_label(const struct volume_info *v, const char *want)
{
	size_t n = strlen(want);

	strv_for_each (label, &v->labels) {
		if (streq(label, want) ||
		    (!strchr(want, '=') && !strncmp(label, want, n) && label[n] == '='))
			return true;
	}
	return false;
}

static int matches(const struct volume_info *v, const struct strv *filters, struct err *e)
{
	strv_for_each (f, filters) {
		const char *value = strchr(f, '=');
		bool want, ok;

		value = value ? value + 1 : "";
		if (str_has_prefix(f, "name="))
			ok = strstr(v->name, value) != NULL;
		else if (str_has_prefix(f, "driver="))
			ok = streq(value, "local");
		else if (str_has_prefix(f, "label="))
			ok = has_label(v, value);
		else if (str_has_prefix(f, "dangling=") && !parse_bool(value, &want))
			ok = want == !v->users.n;
		else
			return fail(
				e, EINVAL,
				"--filter knows name=, label=, driver= and dangling=BOOL; not \"%s\"",
				f);
		if (!ok)
			return 0;
	}
	return 1;
}

/* ---- the words ----------------------------------------------------------------------------------------- */

/** struct call - one volume command on its way */
struct call {
	struct global *g;
	const struct volume_opts *o;
	const struct strv *names;
	struct idmap_plan plan;
};

static int do_create(struct call *c, struct err *e)
{
	char name[65];
	int r;

	if (c->o->driver && !streq(c->o->driver, "local"))
		return fail(e, EINVAL, "--driver knows local; not \"%s\"", c->o->driver);
	random_hex(name, 64);
	r = volume_create(&c->g->dirs, &c->plan, c->names->n ? c->names->v[0] : name, &c->o->label,
			  e);
	if (!r)
		puts(c->names->n ? c->names->v[0] : name);
	return r;
}

static int do_ls(struct call *c, struct err *e)
{
	bool as_json = c->o->format && streq(c->o->format, "json");
	json *all = json_arr();
	struct volume_list list;
	int r;

	if (c->o->format && !as_json && !streq(c->o->format, "table"))
		r = fail(e, EINVAL, "--format knows table and json; not \"%s\"", c->o->format);
	else
		r = volume_list(&c->g->dirs, &list, e);
	if (r < 0) {
		json_put(all);
		return r;
	}
	if (!c->o->quiet && !as_json)
		printf("%-11s %s\n", "DRIVER", "VOLUME NAME");
	for (size_t i = 0; r >= 0 && i < list.n; i++) {
		r = matches(&list.v[i], &c->o->filter, e);
		if (r <= 0)
			continue;
		if (as_json)
			json_add(all, volume_json(&list.v[i]));
		else if (c->o->quiet)
			puts(list.v[i].name);
		else
			printf("%-11s %s\n", "local", list.v[i].name);
	}
	volume_list_free(&list);
	if (as_json && r >= 0)
		print_json(all);
	else
		json_put(all);
	return MIN(r, 0);
}

static int do_inspect(struct call *c, struct err *e)
{
	json *all = json_arr();
	int r = 0;

	for (size_t i = 0; !r && i < c->names->n; i++) {
		struct volume_info v;

		r = volume_get(&c->g->dirs, c->names->v[i], &v, e);
		if (r < 0)
			break;
		json_add(all, volume_json(&v));
		volume_info_free(&v);
	}
	if (!r)
		print_json(all);
	else
		json_put(all);
	return r;
}

/* Each name that fails is told about, and the others are removed; podman's exit codes. */
static int remove_names(struct call *c, const struct strv *names, bool missing_ok)
{
	int code = 0;

	strv_for_each (name, names) {
		struct err e = {};
		int r = volume_remove(&c->g->dirs, &c->plan, name, &e);

		if (!r) {
			puts(name);
		} else if (r != -ENOENT || !missing_ok) {
			log_msg(LOG_ERROR, "%s", e.msg);
			code = r == -EBUSY ? 2 : r == -ENOENT ? 1 : EXIT_SANDBOX;
		}
	}
	return code;
}

static int unused_names(struct call *c, bool unused, struct strv *out, struct err *e)
{
	struct volume_list list;
	int r = volume_list(&c->g->dirs, &list, e);

	if (r < 0)
		return r;
	for (size_t i = 0; r >= 0 && i < list.n; i++) {
		r = matches(&list.v[i], &c->o->filter, e);
		if (r > 0 && !(unused && list.v[i].users.n))
			strv_add(out, list.v[i].name);
	}
	volume_list_free(&list);
	return MIN(r, 0);
}

static int do_rm(struct call *c, struct err *e)
{
	cleanup_strv struct strv all = {};
	int r = 0;

	if (c->o->all == (c->names->n > 0))
		return fail(e, EINVAL, "volume rm wants names, or --all");
	if (c->o->all)
		r = unused_names(c, false, &all, e);
	return r < 0 ? r : remove_names(c, c->o->all ? &all : c->names, c->o->force);
}

static bool agreed(void)
{
	char line[16] = "";

	fputs("This removes all volumes that no container has. Go on? [y/N] ", stderr);
	return fgets(line, sizeof(line), stdin) && (*line == 'y' || *line == 'Y');
}

static int do_prune(struct call *c, struct err *e)
{
	cleanup_strv struct strv names = {};
	int r = unused_names(c, true, &names, e);

	if (r < 0 || (!c->o->force && !agreed()))
		return r;
	return remove_names(c, &names, true);
}

static int do_exists(struct call *c, struct err *e __unused)
{
	struct volume_list list;
	int code = 1;

	if (volume_list(&c->g->dirs, &list, e) < 0)
		return -e->code;
	for (size_t i = 0; i < list.n; i++)
		code = streq(list.v[i].name, c->names->v[0]) ? 0 : code;
	volume_list_free(&list);
	return code;
}

static int check_filters(const struct volume_opts *o, struct err *e)
{
	static char empty[] = "";
	const struct volume_info none = {.name = empty};

	for (size_t i = 0; i < o->filter.n; i++) {
		const struct strv one = {o->filter.v + i, 1};
		int r = matches(&none, &one, e);

		if (r < 0)
			return r;
	}
	return 0;
}

static int run_it(struct call *c, int (*run)(struct call *c, struct err *e), struct err *e)
{
	struct spec s;
	int r = check_filters(c->o, e);

	spec_init(&s);
	if (!r)
		r = global_ready(c->g, e);
	if (!r)
		r = idmap_make_plan(&c->plan, &s, e);
	if (!r)
		r = run(c, e);
	idmap_plan_free(&c->plan);
	spec_free(&s);
	return r;
}

/* @min, @max: how many names */
static int command(struct global *g, int argc, char **argv, const char *name, size_t min,
		   size_t max, int (*run)(struct call *c, struct err *e), struct err *e)
{
	const struct command *self = command_find(name);
	struct volume_opts o = {};
	struct strv names = {};
	struct call c = {.g = g, .o = &o, .names = &names};
	int r = opts_parse(self->opts, &o, argc, argv, false, &names, e);

	if (!r && o.help > 0)
		help_command(self);
	else if (!r && (names.n < min || names.n > max))
		r = fail(e, EINVAL, "%s %s", name,
			 !max       ? "takes no name"
			 : max == 1 ? "takes one name"
				    : "wants a name behind it");
	else if (!r)
		r = run_it(&c, run, e);
	strv_free(&names);
	strv_free(&o.label);
	strv_free(&o.filter);
	free(o.driver);
	free(o.format);
	return r;
}

int cmd_volume_create(struct global *g, int argc, char **argv, struct err *e)
{
	return command(g, argc, argv, "volume create", 0, 1, do_create, e);
}

int cmd_volume_ls(struct global *g, int argc, char **argv, struct err *e)
{
	return command(g, argc, argv, "volume ls", 0, 0, do_ls, e);
}

int cmd_volume_inspect(struct global *g, int argc, char **argv, struct err *e)
{
	return command(g, argc, argv, "volume inspect", 1, SIZE_MAX, do_inspect, e);
}

int cmd_volume_rm(struct global *g, int argc, char **argv, struct err *e)
{
	return command(g, argc, argv, "volume rm", 0, SIZE_MAX, do_rm, e);
}

int cmd_volume_prune(struct global *g, int argc, char **argv, struct err *e)
{
	return command(g, argc, argv, "volume prune", 0, 0, do_prune, e);
}

int cmd_volume_exists(struct global *g, int argc, char **argv, struct err *e)
{
	return command(g, argc, argv, "volume exists", 1, 1, do_exists, e);
}
