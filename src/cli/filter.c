/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --filter KEY=VALUE, as podman means it: different keys have to fit together; of several
 * values of one key one is enough, but for those whose definition says all. KEY!=VALUE
 * is the opposite.
 */
#include "cli/output.h"

static int unknown_key(const struct filter_def *defs, size_t ndefs, const char *key, size_t n,
		       struct err *e)
{
	cleanup_buf struct buf names = {};

	for (size_t i = 0; i < ndefs; i++)
		buf_printf(&names, "%s%s", i ? " " : "", defs[i].key);
	return fail(e, EINVAL, "there is no filter \"%.*s\"; there are %s", (int)MIN(n, 64), key,
		    names.data ? names.data : "none");
}

static int compile(struct filter_value *v, struct err *e)
{
	char why[128];
	int code;

	v->pattern = xcalloc(1, sizeof(*v->pattern));
	code = regcomp(v->pattern, v->text, REG_EXTENDED | REG_NOSUB);
	if (!code)
		return 0;
	regerror(code, v->pattern, why, sizeof(why));
	free(take_ptr(v->pattern));
	return fail(e, EINVAL, "--filter %s: \"%s\": %s", v->def->key, v->text, why);
}

static int parse_one(struct filters *f, const struct filter_def *defs, size_t ndefs,
		     const char *text, struct err *e)
{
	const char *eq = strchr(text, '=');
	size_t n = eq ? (size_t)(eq - text) : strlen(text);
	bool negated = eq && n && eq[-1] == '!';
	const struct filter_def *def = NULL;
	struct filter_value *v;

	if (!eq)
		return fail(e, EINVAL, "--filter wants KEY=VALUE, not \"%s\"", text);
	n -= negated;
	for (size_t i = 0; i < ndefs && !def; i++) {
		if (strlen(defs[i].key) == n && !strncmp(defs[i].key, text, n))
			def = &defs[i];
	}
	if (!def)
		return unknown_key(defs, ndefs, text, n, e);
	f->v = xreallocarray(f->v, f->n + 1, sizeof(*f->v));
	v = &f->v[f->n++];
	*v = (struct filter_value){.def = def, .text = xstrdup(eq + 1), .negated = negated};
	if (def->check && def->check(v->text, e) < 0)
		return -EINVAL;
	return def->pattern ? compile(v, e) : 0;
}

/**
 * filters_parse - understand the values of --filter
 * @given: KEY=VALUE
 *
 * Return: 0 or -EINVAL.
 */
int filters_parse(struct filters *f, const struct filter_def *defs, size_t ndefs,
		  const struct strv *given, struct err *e)
{
	int r = 0;

	strv_for_each (text, given) {
		if (!r)
			r = parse_one(f, defs, ndefs, text, e);
	}
	return r;
}

static bool fits(const struct filter_value *v, const void *item)
{
	return v->def->match(item, v) != v->negated;
}

/* Do the values of the key of @first fit? */
static bool key_fits(const struct filters *f, const struct filter_value *first, const void *item)
{
	bool any = false;

	for (size_t i = 0; i < f->n; i++) {
		const struct filter_value *v = &f->v[i];

		if (v->def != first->def)
			continue;
		if (fits(v, item))
			any = true;
		else if (v->def->all || v->negated)
			return false;
	}
	return any;
}

bool filters_match(const struct filters *f, const void *item)
{
	for (size_t i = 0; i < f->n; i++) {
		if (!key_fits(f, &f->v[i], item))
			return false;
	}
	return true;
}

void filters_free(struct filters *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].text);
		if (f->v[i].pattern)
			regfree(f->v[i].pattern);
		free(f->v[i].pattern);
	}
	free(f->v);
	*f = (struct filters){};
}

/* label_match - is there a label KEY, or KEY=VALUE? */
bool label_match(const struct strv *labels, const char *want)
{
	size_t n = strlen(want);

	strv_for_each (label, labels) {
		if (!strncmp(label, want, n) &&
		    (!label[n] || (label[n] == '=' && !strchr(want, '='))))
			return true;
	}
	return false;
}

json *labels_json(const struct strv *labels)
{
	json *j = json_obj();

	strv_for_each (label, labels) {
		size_t n = strcspn(label, "=");
		cleanup_free char *key = xstrndup(label, n);

		json_set(j, key, json_str(label[n] ? label + n + 1 : ""));
	}
	return j;
}
