/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"

struct logs_opts {
	bool follow, latest, timestamps;
	char *since, *tail, *until;
	int help;
};

#define AT(member) offsetof(struct logs_opts, member)

static const struct opt table[] = {
	{"follow", 'f', OPT_FLAG, AT(follow), "", "none",
	 "wait for more, until the container has ended"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"latest", 'l', OPT_FLAG, AT(latest), "", "none", "the container that was made last"},
	{"since", 0, OPT_STR, AT(since), "TIME", "none",
	 "only what is not older: a date, seconds since 1970, or a duration such as 10m"},
	{"tail", 'n', OPT_STR, AT(tail), "N", "none", "only the last N lines; all is the default"},
	{"timestamps", 't', OPT_FLAG, AT(timestamps), "", "none", "the time before each line"},
	{"until", 0, OPT_STR, AT(until), "TIME", "none",
	 "only what is older; a duration counts from now on"},
};

const struct opts logs_opts_table = {table, ARRAY_SIZE(table)};

static int parse_tail(const char *text, int64_t *n, struct err *e)
{
	*n = -1;
	if (!text || streq(text, "all"))
		return 0;
	if (parse_i64(text, -1, INT64_MAX, n) < 0)
		return fail(e, EINVAL, "--tail takes a number of lines, or all; not \"%s\"", text);
	return 0;
}

static int parse_time(const char *option, const char *text, bool ahead, int64_t *ns, struct err *e)
{
	if (!text || !parse_when(text, ahead, ns))
		return 0;
	return fail(e, EINVAL,
		    "%s takes a time such as 2026-11-23T04:51:36Z, 2026-11-23, 1795409496 or 10m; "
		    "not \"%s\"",
		    option, text);
}

static int find_all(struct global *g, const struct logs_opts *o, const struct strv *names,
		    struct container_infos *out, struct err *e)
{
	int r = 0;

	if (o->latest) {
		r = container_list(&g->dirs, out, e);
		for (; out->n > 1; out->n--)
			container_info_free(&out->v[out->n - 1]);
		return r || out->n ? r : fail(e, ENOENT, "there is no container");
	}
	out->v = xcalloc(names->n, sizeof(*out->v));
	for (; !r && out->n < names->n; out->n++)
		r = container_find(&g->dirs, names->v[out->n], &out->v[out->n], e);
	return r;
}

static int show(struct global *g, const struct logs_opts *o, const struct strv *names,
		struct err *e)
{
	struct log_opts to = {.since = INT64_MIN,
			      .until = INT64_MAX,
			      .follow = o->follow,
			      .timestamps = o->timestamps,
			      .fds = {STDOUT_FILENO, STDERR_FILENO}};
	cleanup_container_infos struct container_infos found = {};
	int r = parse_tail(o->tail, &to.tail, e);

	if (!r)
		r = parse_time("--since", o->since, false, &to.since, e);
	if (!r)
		r = parse_time("--until", o->until, true, &to.until, e);
	if (!r && o->latest == (names->n > 0))
		r = fail(e, EINVAL, "logs wants a container behind it, or --latest");
	if (!r)
		r = global_ready(g, e);
	if (!r)
		r = find_all(g, o, names, &found, e);
	return r ? r : container_logs(&g->dirs, found.v, found.n, &to, e);
}

int cmd_logs(struct global *g, int argc, char **argv, struct err *e)
{
	struct logs_opts o = {};
	cleanup_strv struct strv names = {};
	int r = opts_parse(&logs_opts_table, &o, argc, argv, false, &names, e);

	if (!r && o.help > 0)
		help_command(command_find("logs"));
	else if (!r)
		r = show(g, &o, &names, e);
	free(o.since);
	free(o.tail);
	free(o.until);
	return r;
}
