/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "cli/template.h"
#include "container/container.h"

struct events_options {
	bool no_stream;
	int stream, no_trunc;
	struct strv filter;
	char *format, *since, *until;
	int help;
};

#define AT(member) offsetof(struct events_options, member)

static const struct opt table[] = {
	{"filter", 'f', OPT_LIST, AT(filter), "KEY=VALUE",
	 "enum:container=|event=|image=|type=|volume=",
	 "only events of a container, event, image, type or volume; one key given twice means either"},
	{"format", 0, OPT_STR, AT(format), "FORMAT", "enum:json",
	 "json, or a template such as '{{.Time}} {{.Status}} {{.Name}}'"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"no-stream", 0, OPT_FLAG, AT(no_stream), "", "none", "the same as --stream=false"},
	{"no-trunc", 0, OPT_BOOL, AT(no_trunc), "", "none", "whole ids (default)"},
	{"since", 0, OPT_STR, AT(since), "TIME", "none",
	 "from then on: a date, seconds since 1970, or a duration such as 10m"},
	{"stream", 0, OPT_BOOL, AT(stream), "", "none", "wait for more (default)"},
	{"until", 0, OPT_STR, AT(until), "TIME", "none",
	 "up to then; a duration counts from now on"},
};

const struct opts events_opts_table = {table, ARRAY_SIZE(table)};

/* ---- filters ------------------------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return a && streq(a, b);
}

static bool is_container(const struct event *ev, const char *value)
{
	return streq(ev->type, "container") &&
	       (same(ev->name, value) || (*value && ev->id && str_has_prefix(ev->id, value)));
}

/* As with docker, also the events of containers made from it. */
static bool is_image(const struct event *ev, const char *value)
{
	if (streq(ev->type, "container"))
		return same(ev->image, value);
	return streq(ev->type, "image") &&
	       (same(ev->name, value) || (*value && ev->id && str_has_prefix(ev->id, value)));
}

static bool is_volume(const struct event *ev, const char *value)
{
	return streq(ev->type, "volume") && same(ev->name, value);
}

/* docker says die where podman says died. */
static bool is_event(const struct event *ev, const char *value)
{
	return streq(ev->action, streq(value, "die") ? "died" : value);
}

static bool is_type(const struct event *ev, const char *value)
{
	return streq(ev->type, value);
}

static const struct filter {
	const char *key;
	bool (*holds)(const struct event *ev, const char *value);
} filters[] = {
	{"container", is_container}, {"image", is_image}, {"volume", is_volume},
	{"event", is_event},         {"type", is_type},
};

/* The value behind KEY= when it is that key, else NULL. */
static const char *value_of(const struct filter *f, const char *text)
{
	size_t n = strlen(f->key);

	return !strncmp(text, f->key, n) && text[n] == '=' ? text + n + 1 : NULL;
}

static int check_filters(const struct strv *list, struct err *e)
{
	strv_for_each (text, list) {
		size_t i = 0;

		while (i < ARRAY_SIZE(filters) && !value_of(&filters[i], text))
			i++;
		if (i == ARRAY_SIZE(filters))
			return fail(e, EINVAL,
				    "--filter knows container=, event=, image=, type= and volume=; "
				    "not \"%s\"",
				    text);
	}
	return 0;
}

/* Of each key that is given, one value has to hold. */
static bool matches(const struct event *ev, const struct strv *list)
{
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		bool given = false, holds = false;

		strv_for_each (text, list) {
			const char *value = value_of(&filters[i], text);

			given |= value != NULL;
			holds |= value && filters[i].holds(ev, value);
		}
		if (given && !holds)
			return false;
	}
	return true;
}

/* ---- output ---------------------------------------------------------------------------------------------- */

/**
 * struct printer - how events are printed
 * @json: as podman's --format json; else by @t, or for people
 */
struct printer {
	const struct events_options *o;
	bool json, has_template;
	struct template t;
	struct err *e;
};

static void set_str(json *j, const char *key, const char *value, bool always)
{
	if (value || always)
		json_set(j, key, json_str(value ? value : ""));
}

/* @plain: what stands in JSON; else all that a template can name */
static json *event_json(const struct event *ev, bool plain)
{
	int64_t seconds = ev->when / 1000000000;
	json *j = json_obj();

	if (ev->has_exit || !plain)
		json_set(j, "ContainerExitCode", json_i64(ev->exit_code));
	set_str(j, "ID", ev->id, !plain);
	set_str(j, "Image", ev->image, !plain);
	set_str(j, "Name", ev->name, !plain);
	set_str(j, "Status", ev->action, true);
	json_set(j, plain ? "time" : "Time", json_i64(seconds));
	json_set(j, plain ? "timeNano" : "TimeNano", json_i64(ev->when));
	set_str(j, "Type", ev->type, true);
	set_str(j, plain ? "health_status" : "HealthStatus", ev->health, !plain);
	json_set(j, "Attributes", plain ? NULL : json_obj());
	return j;
}

/* As Go prints a time: 2026-11-23 04:51:36.5 +0000 UTC */
static void print_time(int64_t when)
{
	time_t t = (time_t)(when / 1000000000);
	char text[64] = "", frac[16];
	struct tm tm;
	size_t n;

	if (!localtime_r(&t, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(frac, sizeof(frac), ".%09lld", (long long)(when % 1000000000));
	for (n = strlen(frac); frac[n - 1] == '0'; n--)
		frac[n - 1] = '\0';
	printf("%s%s", text, n > 1 ? frac : "");
	strftime(text, sizeof(text), " %z %Z", &tm);
	fputs(text, stdout);
}

static void print_text(const struct event *ev, bool whole)
{
	const char *id = ev->id ? ev->id : "", *name = ev->name ? ev->name : "";
	int width = whole ? 64 : 12;

	print_time(ev->when);
	printf(" %s %s", ev->type, ev->action);
	if (streq(ev->type, "container")) {
		printf(" %.*s (image=%s, name=%s", width, id, ev->image ? ev->image : "", name);
		if (ev->health)
			printf(", health_status=%s", ev->health);
		if (ev->has_exit)
			printf(", exit_code=%d", ev->exit_code);
		puts(")");
	} else if (streq(ev->type, "volume")) {
		printf(" %s\n", name);
	} else {
		printf(" %.*s %s\n", width, id, name);
	}
}

static int show(void *ctx, const struct event *ev)
{
	struct printer *p = ctx;

	if (!matches(ev, &p->o->filter))
		return 0;
	if (p->json || p->has_template) {
		cleanup_json json *j = event_json(ev, p->json);
		cleanup_free char *text = p->json ? json_dump(j, false) : NULL;
		cleanup_buf struct buf b = {};
		int r = p->json ? 0 : template_run(&p->t, j, false, &b, p->e);

		if (r < 0)
			return r;
		puts(text ? text : b.data ? b.data : "");
	} else {
		print_text(ev, p->o->no_trunc != 0);
	}
	if (fflush(stdout))
		return fail_errno(p->e, "cannot print the events");
	return 0;
}

/* ---- the command ----------------------------------------------------------------------------------------- */

static int parse_time(const char *option, const char *text, bool ahead, int64_t *ns, struct err *e)
{
	if (!text || !parse_when(text, ahead, ns))
		return 0;
	return fail(e, EINVAL,
		    "%s takes a time such as 2026-11-23T04:51:36Z, 2026-11-23, 1795409496 or 10m; "
		    "not \"%s\"",
		    option, text);
}

static int run(struct global *g, const struct events_options *o, struct err *e)
{
	struct printer p = {.o = o, .e = e};
	struct events_opts to = {.since = INT64_MIN, .until = INT64_MAX, .show = show, .ctx = &p};
	int r = check_filters(&o->filter, e);

	if (!r)
		r = parse_time("--since", o->since, false, &to.since, e);
	if (!r)
		r = parse_time("--until", o->until, true, &to.until, e);
	to.follow = o->stream != 0 && !o->no_stream;
	to.past = !to.follow || o->since || o->until;
	p.json = o->format && streq(o->format, "json");
	p.has_template = o->format && !p.json;
	if (!r && p.has_template)
		r = template_parse(o->format, &p.t, e);
	if (!r)
		r = global_ready(g, e);
	if (!r)
		r = events_read(&g->dirs, &to, e);
	if (p.has_template)
		template_free(&p.t);
	return r;
}

int cmd_events(struct global *g, int argc, char **argv, struct err *e)
{
	struct events_options o = {.stream = -1, .no_trunc = -1};
	cleanup_strv struct strv words = {};
	int r = opts_parse(&events_opts_table, &o, argc, argv, false, &words, e);

	if (!r && o.help > 0)
		help_command(command_find("events"));
	else if (!r && words.n)
		r = fail(e, EINVAL, "events takes no \"%s\" behind it", words.v[0]);
	else if (!r)
		r = run(g, &o, e);
	strv_free(&o.filter);
	free(o.format);
	free(o.since);
	free(o.until);
	return r;
}
