/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choosing containers by --filter, and their status in words: ps, prune and others.
 */
#include "cli/output.h"
#include "container/container.h"

/** struct item - what a filter looks at; @all: for before and since */
struct item {
	const struct container_info *c;
	const struct container_infos *all;
};

/**
 * container_status - "Up 3 minutes (healthy)", "Exited (0) 2 hours ago"
 */
void container_status(char out[96], const struct container_info *c, int64_t now)
{
	char text[40];
	const char *name = life_name(c->state);

	if (c->state == LIFE_RUNNING) {
		human_duration(text, (now - c->started) / 1000000000);
		snprintf(out, 96, "Up %s%s%s%s", text, c->health ? " (" : "",
			 c->health ? c->health : "", c->health ? ")" : "");
	} else if (c->state == LIFE_EXITED) {
		human_ago(text, c->finished ? c->finished : c->started, now);
		snprintf(out, 96, "Exited (%d) %s", c->exit_code, text);
	} else {
		snprintf(out, 96, "%c%s", *name - 'a' + 'A', name + 1);
	}
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

/* ---- filters ------------------------------------------------------------------------------------------ */

#define INFO(item) (((const struct item *)(item))->c)

static bool match_ancestor(const void *item, const struct filter_value *v)
{
	const char *image = or_empty(INFO(item)->image);
	size_t n = strlen(v->text);

	return !strncmp(image, v->text, n) && (!image[n] || image[n] == ':' || image[n] == '@');
}

static const struct container_info *other(const struct container_infos *all, const char *name)
{
	for (size_t i = 0; all && i < all->n; i++) {
		const struct container_info *c = &all->v[i];

		if ((c->name && streq(c->name, name)) || (*name && str_has_prefix(c->id, name)))
			return c;
	}
	return NULL;
}

static bool match_before(const void *item, const struct filter_value *v)
{
	const struct container_info *o = other(((const struct item *)item)->all, v->text);

	return o && INFO(item)->created < o->created;
}

static bool match_since(const void *item, const struct filter_value *v)
{
	const struct container_info *o = other(((const struct item *)item)->all, v->text);

	return o && INFO(item)->created > o->created;
}

static int check_number(const char *value, struct err *e)
{
	int64_t n;

	return parse_i64(value, 0, INT32_MAX, &n) < 0
		       ? fail(e, EINVAL, "the filter wants a number, not \"%s\"", value)
		       : 0;
}

static bool match_exited(const void *item, const struct filter_value *v)
{
	return INFO(item)->state == LIFE_EXITED && INFO(item)->exit_code == atoi(v->text);
}

static bool match_restarts(const void *item, const struct filter_value *v)
{
	return INFO(item)->restarts == (uint32_t)atoi(v->text);
}

static int check_health(const char *value, struct err *e)
{
	static const char *const known[] = {"none", "starting", "healthy", "unhealthy"};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (streq(known[i], value))
			return 0;
	}
	return fail(e, EINVAL, "health is none, starting, healthy or unhealthy; not \"%s\"", value);
}

static bool match_health(const void *item, const struct filter_value *v)
{
	return streq(INFO(item)->health ? INFO(item)->health : "none", v->text);
}

static bool match_id(const void *item, const struct filter_value *v)
{
	return str_has_prefix(INFO(item)->id, v->text);
}

static bool match_label(const void *item, const struct filter_value *v)
{
	return label_match(&INFO(item)->labels, v->text);
}

static bool match_name(const void *item, const struct filter_value *v)
{
	return !regexec(v->pattern, or_empty(INFO(item)->name), 0, NULL, 0);
}

static int status_number(const char *name)
{
	if (streq(name, "stopped"))
		return LIFE_EXITED;
	if (streq(name, "configured") || streq(name, "initialized"))
		return LIFE_CREATED;
	return life_parse(name);
}

static int check_status(const char *value, struct err *e)
{
	cleanup_buf struct buf names = {};

	if (status_number(value) >= 0)
		return 0;
	for (int i = 0; i < LIFE_STATES; i++)
		buf_printf(&names, " %s", life_name((enum life)i));
	return fail(e, EINVAL, "there is no status \"%s\"; there are%s", value, names.data);
}

static bool match_status(const void *item, const struct filter_value *v)
{
	return (int)INFO(item)->state == status_number(v->text);
}

static int check_when(const char *value, struct err *e)
{
	int64_t when;

	return parse_when(value, false, &when) < 0
		       ? fail(e, EINVAL,
			      "\"%s\" is no time such as 10m, 2024-05-01T12:00:00 or 1714557600",
			      value)
		       : 0;
}

static bool match_until(const void *item, const struct filter_value *v)
{
	int64_t when = 0;

	return !parse_when(v->text, false, &when) && INFO(item)->created < when;
}

static const struct filter_def filter_defs[] = {
	{"ancestor", false, false, NULL, match_ancestor},
	{"before", false, false, NULL, match_before},
	{"exited", false, false, check_number, match_exited},
	{"health", false, false, check_health, match_health},
	{"id", false, false, NULL, match_id},
	{"label", false, true, NULL, match_label},
	{"name", true, false, NULL, match_name},
	{"restarts", false, false, check_number, match_restarts},
	{"since", false, false, NULL, match_since},
	{"status", false, false, check_status, match_status},
	{"until", false, false, check_when, match_until},
};

/**
 * container_filters - parse --filter for commands that choose containers
 */
int container_filters(struct filters *f, const struct strv *given, struct err *e)
{
	return filters_parse(f, filter_defs, ARRAY_SIZE(filter_defs), given, e);
}

/**
 * container_fits - does a container pass the filters?
 * @all: where the other container of before and since is looked for
 */
bool container_fits(const struct filters *f, const struct container_info *c,
		    const struct container_infos *all)
{
	struct item item = {c, all};

	return filters_match(f, &item);
}
