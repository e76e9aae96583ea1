/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>

#include "base/opts.h"

/* The text behind an option: "=text" of the same word, or the next word. */
struct given {
	const char *shown; /* as typed, for messages */
	const char *value; /* NULL when there is none */
};

static int set_bool(const struct given *g, int *at, struct err *e)
{
	bool v = true;

	if (g->value && parse_bool(g->value, &v) < 0)
		return fail(e, EINVAL, "%s takes true or false, not \"%s\"", g->shown, g->value);
	*at = v;
	return 0;
}

static int set_size(const struct given *g, uint64_t *at, struct err *e)
{
	if (parse_size(g->value, at) < 0)
		return fail(e, EINVAL, "%s takes a size such as 64m, not \"%s\"", g->shown,
			    g->value);
	return 0;
}

static int set_duration(const struct given *g, int64_t *at, struct err *e)
{
	if (parse_duration(g->value, at) < 0 || *at < 0)
		return fail(e, EINVAL, "%s takes a time such as 90 or 1m30s, not \"%s\"", g->shown,
			    g->value);
	return 0;
}

/* opt_takes_value - is there a text behind it? */
bool opt_takes_value(const struct opt *o)
{
	return o->type == OPT_STR || o->type == OPT_LIST || o->type == OPT_SIZE ||
	       o->type == OPT_DURATION;
}

static bool may_take_value(const struct opt *o)
{
	return o->type == OPT_OPTIONAL_SIZE || o->type == OPT_OPTIONAL_STR;
}

static int set_opt(const struct opt *o, void *target, const struct given *g, struct err *e)
{
	void *at = (char *)target + o->at;
	struct opt_size *size = at;

	switch (o->type) {
	case OPT_FLAG: {
		int v = 0, r = set_bool(g, &v, e);

		*(bool *)at = v;
		return r;
	}
	case OPT_BOOL:
		return set_bool(g, at, e);
	case OPT_STR:
	case OPT_OPTIONAL_STR:
		free(*(char **)at);
		*(char **)at = xstrdup(g->value ? g->value : "");
		return 0;
	case OPT_LIST:
		strv_add(at, g->value);
		return 0;
	case OPT_SIZE:
		return set_size(g, at, e);
	case OPT_OPTIONAL_SIZE:
		size->given = true;
		return g->value ? set_size(g, &size->bytes, e) : 0;
	case OPT_DURATION:
		return set_duration(g, at, e);
	case OPT_REFUSED:
		return fail(e, EOPNOTSUPP, "%s: %s", g->shown, o->help);
	}
	return -EINVAL;
}

static const struct opt *find_long(const struct opts *t, const char *name, size_t len)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strlen(t->v[i].name) == len && !strncmp(t->v[i].name, name, len))
			return &t->v[i];
	}
	return NULL;
}

static const struct opt *find_short(const struct opts *t, char letter)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].letter == letter)
			return &t->v[i];
	}
	return NULL;
}

static int unknown(const char *shown, struct err *e)
{
	return fail_hint(e, fail(e, EINVAL, "there is no option %s", shown), "--help lists them");
}

static int parse_long(const struct opts *t, void *target, int argc, char **argv, int *i,
		      struct err *e)
{
	const char *name = argv[*i] + 2;
	size_t len = strcspn(name, "=");
	const struct opt *o = find_long(t, name, len);
	cleanup_free char *shown = xasprintf("--%.*s", (int)MIN(len, 64), name);
	struct given g = {shown, name[len] ? name + len + 1 : NULL};

	if (!o)
		return unknown(shown, e);
	if (opt_takes_value(o) && !g.value) {
		if (*i + 1 >= argc)
			return fail(e, EINVAL, "%s wants %s behind it", shown, o->arg);
		g.value = argv[++*i];
	}
	return set_opt(o, target, &g, e);
}

/* -it, -eA=1, -e A=1 */
static int parse_short(const struct opts *t, void *target, int argc, char **argv, int *i,
		       struct err *e)
{
	for (const char *p = argv[*i] + 1; *p; p++) {
		char shown[8] = {'-', *p, '\0'};
		const struct opt *o = find_short(t, *p);
		struct given g = {shown, NULL};
		int r;

		if (!o)
			return unknown(shown, e);
		if (opt_takes_value(o)) {
			if (p[1])
				g.value = p[1] == '=' ? p + 2 : p + 1;
			else if (*i + 1 < argc)
				g.value = argv[++*i];
			else
				return fail(e, EINVAL, "%s wants %s behind it", shown, o->arg);
			return set_opt(o, target, &g, e);
		}
		r = set_opt(o, target, &g, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/**
 * opts_parse - parse the words behind a command
 * @target: structure that the table's offsets belong to
 * @argv: argv[0] is passed over
 * @stop_at_word: everything from the first word that is no option on is a word
 * @words: receives the words
 *
 * Return: 0 or -errno.
 */
int opts_parse(const struct opts *table, void *target, int argc, char **argv, bool stop_at_word,
	       struct strv *words, struct err *e)
{
	int i = 1, r = 0;

	for (; i < argc && r >= 0; i++) {
		if (streq(argv[i], "--")) {
			i++;
			break;
		}
		if (argv[i][0] != '-' || !argv[i][1]) {
			if (stop_at_word)
				break;
			strv_add(words, argv[i]);
		} else if (argv[i][1] == '-') {
			r = parse_long(table, target, argc, argv, &i, e);
		} else {
			r = parse_short(table, target, argc, argv, &i, e);
		}
	}
	for (; i < argc && r >= 0; i++)
		strv_add(words, argv[i]);
	return r;
}

/* opts_print - the options for --help, a line each */
void opts_print(const struct opts *t)
{
	for (size_t i = 0; t && i < t->n; i++) {
		const struct opt *o = &t->v[i];
		char left[80], letter[8] = "    ";

		if (o->type == OPT_REFUSED)
			continue;
		if (o->letter)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s%s", letter, o->name,
			 may_take_value(o) ? "[="
			 : *o->arg         ? " "
					   : "",
			 o->arg, may_take_value(o) ? "]" : "");
		if (strlen(left) < 36)
			printf("  %-36s%s\n", left, o->help);
		else
			printf("  %s\n  %36s%s\n", left, "", o->help);
	}
}

/* opts_tabulate - the options as tab-separated lines, for man pages and completions */
void opts_tabulate(const char *command, const struct opts *t)
{
	for (size_t i = 0; t && i < t->n; i++) {
		const struct opt *o = &t->v[i];
		char letter[3] = {'-', o->letter, '\0'};
		bool optional = may_take_value(o);

		/* They are in the tables with their ends. */
		assert(!o->name[sizeof(o->name) - 1] && !o->arg[sizeof(o->arg) - 1] &&
		       !o->complete[sizeof(o->complete) - 1] && !o->help[sizeof(o->help) - 1]);
		if (o->type != OPT_REFUSED)
			printf("option\t%s\t--%s\t%s\t%s%s%s\t%s\t%s\n", command, o->name,
			       o->letter ? letter : "", optional ? "[=" : "", o->arg,
			       optional ? "]" : "", o->complete, o->help);
	}
}
