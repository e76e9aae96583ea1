/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "cli/output.h"
#include "container/container.h"

/** struct ps_opts - options of ps; @last: how many of the newest, in any state; -1: not asked */
struct ps_opts {
	bool all, latest, no_trunc, noheading, quiet;
	char *format, *last, *sort;
	struct strv filter;
	int help;
};

#define AT(member) offsetof(struct ps_opts, member)
#define FILTER_KEYS \
	"enum:ancestor=|before=|exited=|health=|id=|label=|name=|restarts=|since=|status=|until="
#define SORT_KEYS "enum:command|created|id|image|names|runningfor|status"

static const struct opt table[] = {
	{"all", 'a', OPT_FLAG, AT(all), "", "none", "those that do not run, too"},
	{"filter", 'f', OPT_LIST, AT(filter), "KEY=VALUE", FILTER_KEYS, "only those that fit"},
	{"format", 0, OPT_STR, AT(format), "FORMAT", "enum:table|json",
	 "table (default), json or a template"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"last", 'n', OPT_STR, AT(last), "N", "none", "the N newest, in any state"},
	{"latest", 'l', OPT_FLAG, AT(latest), "", "none", "the newest, in any state"},
	{"no-trunc", 0, OPT_FLAG, AT(no_trunc), "", "none", "whole ids and commands"},
	{"noheading", 0, OPT_FLAG, AT(noheading), "", "none", "a table without its heading"},
	{"quiet", 'q', OPT_FLAG, AT(quiet), "", "none", "ids only"},
	{"sort", 0, OPT_STR, AT(sort), "KEY", SORT_KEYS,
	 "order of the list; created is the default"},
};

const struct opts ps_opts_table = {table, ARRAY_SIZE(table)};

static const struct column columns[] = {
	{"ID", "CONTAINER ID", true},       {"Image", "IMAGE", true},
	{"Command", "COMMAND", true},       {"Created", "CREATED", true},
	{"Status", "STATUS", true},         {"Ports", "PORTS", true},
	{"Names", "NAMES", true},           {"CreatedHuman", "CREATED", false},
	{"CreatedAt", "CREATED AT", false}, {"RunningFor", "CREATED", false},
	{"ExitCode", "EXIT CODE", false},   {"ImageID", "IMAGE ID", false},
	{"StartedAt", "STARTED AT", false}, {"ExitedAt", "EXITED AT", false},
};

/** struct ps - one listing */
struct ps {
	const struct ps_opts *o;
	struct container_infos all;
	int64_t now;
};

/* ---- rows --------------------------------------------------------------------------------------------- */

static void short_command(const struct container_info *c, bool whole, struct buf *out)
{
	const size_t max = 17;

	buf_puts(out, "");
	strv_for_each (word, &c->command)
		buf_printf(out, "%s%s", out->len ? " " : "", word);
	if (whole || out->len <= max)
		return;
	out->len = max;
	while (out->len && (out->data[out->len] & 0xc0) == 0x80)
		out->len--;
	buf_puts(out, "...");
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static bool names_a_state(const struct filters *f)
{
	for (size_t i = 0; i < f->n; i++) {
		if (streq(f->v[i].def->key, "status") || streq(f->v[i].def->key, "exited"))
			return true;
	}
	return false;
}

/* ---- order -------------------------------------------------------------------------------------------- */

typedef int (*compare_fn)(const void *a, const void *b);

#define BY_TEXT(name, member)                                            \
	static int name(const void *a, const void *b)                    \
	{                                                                \
		const struct container_info *x = a, *y = b;              \
                                                                         \
		return strcmp(or_empty(x->member), or_empty(y->member)); \
	}
BY_TEXT(by_id, id)
BY_TEXT(by_image, image)
BY_TEXT(by_name, name)

static int by_command(const void *a, const void *b)
{
	const struct container_info *x = a, *y = b;

	return strcmp(x->command.n ? x->command.v[0] : "", y->command.n ? y->command.v[0] : "");
}

static int by_state(const void *a, const void *b)
{
	const struct container_info *x = a, *y = b;

	return (int)x->state - (int)y->state;
}

static int sort_list(struct container_infos *l, const char *key, struct err *e)
{
	static const struct {
		const char *key;
		compare_fn fn; /* NULL: as it came, the newest first */
	} keys[] = {{"command", by_command}, {"created", NULL},  {"id", by_id},
		    {"image", by_image},     {"names", by_name}, {"runningfor", NULL},
		    {"status", by_state}};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!streq(keys[i].key, key))
			continue;
		if (keys[i].fn && l->n)
			qsort(l->v, l->n, sizeof(*l->v), keys[i].fn);
		return 0;
	}
	return fail(e, EINVAL,
		    "--sort takes command, created, id, image, names, runningfor or status, not "
		    "\"%s\"",
		    key);
}

static void table_row(const struct ps *ps, const struct container_info *c, struct output *out)
{
	cleanup_buf struct buf command = {};
	char id[65], ago[40], status[96];

	snprintf(id, sizeof(id), "%.*s", ps->o->no_trunc ? 64 : 12, c->id);
	human_ago(ago, c->created, ps->now);
	container_status(status, c, ps->now);
	short_command(c, ps->o->no_trunc, &command);
	output_cells(out, (const char *const[]){id, or_empty(c->image), command.data, ago, status,
						"", or_empty(c->name)});
}

/* The fields of templates: for people. */
static json *template_row(const struct ps *ps, const struct container_info *c)
{
	cleanup_buf struct buf command = {};
	char id[65], ago[40], status[96], created[64], started[64], finished[64];
	json *j = json_obj();

	snprintf(id, sizeof(id), "%.*s", ps->o->no_trunc ? 64 : 12, c->id);
	human_ago(ago, c->created, ps->now);
	container_status(status, c, ps->now);
	time_long(created, c->created);
	time_long(started, c->started);
	time_long(finished, c->finished);
	short_command(c, ps->o->no_trunc, &command);
	json_set(j, "ID", json_str(id));
	json_set(j, "Image", json_str(or_empty(c->image)));
	json_set(j, "Command", json_str(command.data));
	json_set(j, "Created", json_str(ago));
	json_set(j, "CreatedHuman", json_str(ago));
	json_set(j, "RunningFor", json_str(ago));
	json_set(j, "CreatedAt", json_str(created));
	json_set(j, "StartedAt", json_str(started));
	json_set(j, "ExitedAt", json_str(finished));
	json_set(j, "Exited", json_boolean(c->state == LIFE_EXITED));
	json_set(j, "ExitCode", json_i64(c->exit_code));
	json_set(j, "State", json_str(life_name(c->state)));
	json_set(j, "Status", json_str(status));
	json_set(j, "Ports", json_str(""));
	json_set(j, "Names", json_str(or_empty(c->name)));
	json_set(j, "Labels", labels_json(&c->labels));
	json_set(j, "Pid", json_i64(c->pid));
	json_set(j, "Restarts", json_i64(c->restarts));
	json_set(j, "Health", json_str(or_empty(c->health)));
	json_set(j, "AutoRemove", json_boolean(c->remove));
	return j;
}

/* --format json: for programs; the names are podman's. */
static json *json_row(const struct ps *ps, const struct container_info *c)
{
	char ago[40], status[96];
	json *j = json_obj(), *names = json_arr();

	human_ago(ago, c->created, ps->now);
	container_status(status, c, ps->now);
	if (c->name)
		json_add(names, json_str(c->name));
	json_set(j, "AutoRemove", json_boolean(c->remove));
	json_set(j, "Command", json_strv(&c->command));
	json_set(j, "CreatedAt", json_str(ago));
	json_set(j, "Exited", json_boolean(c->state == LIFE_EXITED));
	json_set(j, "ExitedAt", json_i64(c->finished / 1000000000));
	json_set(j, "ExitCode", json_i64(c->exit_code));
	json_set(j, "Id", json_str(c->id));
	json_set(j, "Image", json_str(or_empty(c->image)));
	json_set(j, "Labels", labels_json(&c->labels));
	json_set(j, "Names", names);
	json_set(j, "Pid", json_i64(c->pid));
	json_set(j, "Ports", json_arr());
	json_set(j, "Restarts", json_i64(c->restarts));
	json_set(j, "StartedAt", json_i64(c->started / 1000000000));
	json_set(j, "State", json_str(life_name(c->state)));
	json_set(j, "Status", json_str(status));
	json_set(j, "Created", json_i64(c->created / 1000000000));
	if (c->broken)
		json_set(j, "Error", json_str(c->broken->msg));
	return j;
}

static int add_row(const struct ps *ps, const struct container_info *c, struct output *out,
		   struct err *e)
{
	if (ps->o->quiet) {
		char id[65];

		snprintf(id, sizeof(id), "%.*s", ps->o->no_trunc ? 64 : 12, c->id);
		output_cells(out, (const char *const[]){id});
		return 0;
	}
	if (out->mode == OUTPUT_TABLE) {
		table_row(ps, c, out);
		return 0;
	}
	return output_row(out, out->mode == OUTPUT_JSON ? json_row(ps, c) : template_row(ps, c), e);
}

/* ---- the command --------------------------------------------------------------------------------------- */

static int read_last(const struct ps_opts *o, size_t *last, bool *given, struct err *e)
{
	uint64_t n = 0;

	*given = o->last || o->latest;
	if (o->last && parse_u64(o->last, INT32_MAX, &n) < 0)
		return fail(e, EINVAL, "--last takes a number, not \"%s\"", o->last);
	if (o->last && o->latest)
		return fail(e, EINVAL, "--last and --latest exclude one another");
	*last = o->latest ? 1 : (size_t)n;
	return 0;
}

static int list(struct ps *ps, struct output *out, const struct filters *f, struct err *e)
{
	bool newest, all = ps->o->all || names_a_state(f);
	size_t last = 0, kept = 0;
	int r = read_last(ps->o, &last, &newest, e);

	for (size_t i = 0; !r && i < ps->all.n; i++) {
		const struct container_info *c = &ps->all.v[i];

		/* One that is damaged is told of always: an empty list would be a lie. */
		if (c->broken)
			log_warn("%s", c->broken->msg);
		else if (!all && !newest && (c->state == LIFE_CREATED || c->state == LIFE_EXITED))
			continue;
		if (!container_fits(f, c, &ps->all))
			continue;
		if (newest && kept++ >= last)
			continue;
		r = add_row(ps, c, out, e);
	}
	return r;
}

static int run_ps(struct global *g, const struct ps_opts *o, struct err *e)
{
	cleanup_filters struct filters filters = {};
	cleanup_output struct output out = {};
	struct ps ps = {.o = o, .now = wall_ns()};
	int r = output_begin(&out, columns, ARRAY_SIZE(columns), o->format, e);

	out.quiet = o->quiet;
	out.noheading = o->noheading;
	if (!r && o->quiet && o->format)
		r = fail(e, EINVAL, "--quiet and --format exclude one another");
	if (!r)
		r = container_filters(&filters, &o->filter, e);
	if (!r)
		r = global_ready(g, e);
	if (!r)
		r = container_list(&g->dirs, &ps.all, e);
	if (!r)
		r = sort_list(&ps.all, o->sort ? o->sort : "created", e);
	if (!r)
		r = list(&ps, &out, &filters, e);
	if (!r)
		r = output_end(&out, e);
	container_infos_free(&ps.all);
	return r;
}

int cmd_ps(struct global *g, int argc, char **argv, struct err *e)
{
	struct ps_opts o = {};
	cleanup_strv struct strv words = {};
	int r = opts_parse(&ps_opts_table, &o, argc, argv, false, &words, e);

	if (!r && o.help > 0)
		help_command(command_find("ps"));
	else if (!r && words.n)
		r = fail(e, EINVAL, "ps takes no \"%s\" behind it", words.v[0]);
	else if (!r)
		r = run_ps(g, &o, e);
	free(o.format);
	free(o.last);
	free(o.sort);
	strv_free(&o.filter);
	return r;
}
