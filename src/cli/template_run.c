/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Walks the tree of a template over one value. Every value that an evaluation yields is a
 * reference of its own; NULL is nil. For the heading of a table the same tree runs over
 * the titles of the columns: there a field is its title, or its name in capitals, and
 * a function that would change a value lets it pass. Steps and output are limited.
 */
#include <ctype.h>
#include <strings.h>

#include "cli/template.h"

#define MAX_STEPS  1000000
#define STEP_BYTES 64
#define MAX_OUTPUT (64U << 20)

struct run {
	struct buf *out;
	json *dot, *root; /* borrowed */
	struct {
		const char *name; /* borrowed */
		json *value;
	} vars[TEMPLATE_VARS];
	size_t nvars, steps;
	bool heading;
	struct err *e;
};

static int run_list(struct run *s, const struct node *n);
static int eval_pipe(struct run *s, const struct node *pipe, json **out);

/* ---- fields and variables ------------------------------------------------------------------------- */

static int no_field(const json *in, const char *name, struct err *e)
{
	cleanup_strv struct strv keys = {};
	cleanup_buf struct buf list = {};

	if (!json_is_obj(in))
		return fail(e, EINVAL, "template: .%s: what stands before it is %s", name,
			    json_kind_name(in));
	json_keys(in, &keys);
	strv_for_each (key, &keys) {
		if (list.len < 600)
			buf_printf(&list, " .%s", key);
	}
	return fail(e, EINVAL, "template: there is no field .%s; there are%s", name,
		    list.len ? list.data : " none");
}

/* A field by its name; podman and docker do not agree on capitals, so they count only if need be. */
static int get_field(const json *in, const char *name, json **out, struct err *e)
{
	cleanup_strv struct strv keys = {};

	if (json_has(in, name, out))
		return 0;
	json_keys(in, &keys);
	strv_for_each (key, &keys) {
		if (!strcasecmp(key, name)) {
			json_has(in, key, out);
			return 0;
		}
	}
	return no_field(in, name, e);
}

static json *heading_of(const json *titles, const char *name)
{
	cleanup_free char *text = NULL;
	json *j = NULL;

	if (!get_field(titles, name, &j, NULL))
		return json_hold(j);
	text = xstrdup(name);
	for (char *p = text; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	return json_str(text);
}

static int get_var(struct run *s, const char *name, json **out)
{
	if (streq(name, "$")) {
		*out = s->root;
		return 0;
	}
	for (size_t i = s->nvars; i-- > 0;) {
		if (streq(s->vars[i].name, name)) {
			*out = s->vars[i].value;
			return 0;
		}
	}
	return fail(s->e, EINVAL, "template: there is no variable %s", name);
}

/* @value is taken. */
static int set_var(struct run *s, const char *name, bool assign, json *value)
{
	for (size_t i = s->nvars; assign && i-- > 0;) {
		if (streq(s->vars[i].name, name)) {
			json_put(s->vars[i].value);
			s->vars[i].value = value;
			return 0;
		}
	}
	if (assign || s->nvars >= TEMPLATE_VARS) {
		json_put(value);
		return assign ? fail(s->e, EINVAL, "template: there is no variable %s", name)
			      : fail(s->e, E2BIG, "template: more than %d variables",
				     TEMPLATE_VARS);
	}
	s->vars[s->nvars].name = name;
	s->vars[s->nvars++].value = value;
	return 0;
}

static void drop_vars(struct run *s, size_t to)
{
	while (s->nvars > to)
		json_put(s->vars[--s->nvars].value);
}

static int eval_field(struct run *s, const struct node *n, json **out)
{
	cleanup_json json *base = NULL;
	json *at = s->dot;
	int r = 0;

	if (n->a) {
		r = eval_pipe(s, n->a, &base);
		at = base;
	} else if (n->text) {
		r = get_var(s, n->text, &at);
	}
	if (!r && s->heading && n->path.n) {
		*out = heading_of(s->root, n->path.v[n->path.n - 1]);
		return 0;
	}
	if (!r && s->heading && json_is_obj(at)) {
		*out = json_str(""); /* the whole of it has no title */
		return 0;
	}
	for (size_t i = 0; !r && i < n->path.n; i++)
		r = get_field(at, n->path.v[i], &at, s->e);
	if (!r)
		*out = json_hold(at);
	return r;
}

/* ---- commands and pipelines -------------------------------------------------------------------------- */

static int eval_operand(struct run *s, const struct node *n, json **out)
{
	*out = NULL;
	if (++s->steps > MAX_STEPS)
		return fail(s->e, E2BIG, "the template takes more than %d steps", MAX_STEPS);
	if (n->kind == N_LITERAL) {
		*out = json_hold(n->value);
		return 0;
	}
	return eval_field(s, n, out);
}

static int check_count(const struct template_func *fn, size_t n, struct err *e)
{
	if (n < fn->min || n > fn->max)
		return fail(e, EINVAL, "template: %s takes %zu to %zu values, not %zu", fn->name,
			    fn->min, fn->max, n);
	return 0;
}

static int call_func(struct run *s, const struct template_func *fn, json *const *args, size_t n,
		     json **out)
{
	int r = check_count(fn, n, s->e);
	const char *text;

	if (r < 0)
		return r;
	if (s->heading && !fn->prints) {
		/* A title stays a title. */
		*out = json_hold(args[0]);
		return 0;
	}
	r = fn->run(args, n, out, s->e);
	text = r < 0 ? NULL : json_as_str(*out);
	/* Long texts cost, too: a variable could be doubled again and again. */
	if (text)
		s->steps += strlen(text) / STEP_BYTES;
	return r;
}

/* @fed: the value of the command before, taken; the last operand when @has_fed. */
static int eval_func(struct run *s, const struct node *func, bool has_fed, json *fed, json **out)
{
	const struct template_func *fn = func->fn;
	json *args[TEMPLATE_ARGS + 1];
	size_t n = 0;
	int r = 0;
	bool decided = false, is_or = streq(fn->name, "or");

	for (const struct node *at = func->next; !r && at && !decided; at = at->next) {
		r = eval_operand(s, at, &args[n]);
		if (!r)
			n++;
		decided = !r && fn->lazy && json_true(args[n - 1]) == is_or;
	}
	if (has_fed && !decided)
		args[n++] = fed;
	else
		json_put(fed);
	if (!r && n > TEMPLATE_ARGS)
		r = check_count(fn, n, s->e);
	if (!r)
		r = call_func(s, fn, args, n, out);
	while (n > 0)
		json_put(args[--n]);
	return r;
}

static int eval_pipe(struct run *s, const struct node *pipe, json **out)
{
	json *value = NULL;
	bool fed = false;
	int r = 0;

	for (const struct node *cmd = pipe->a; !r && cmd; cmd = cmd->next) {
		json *next = NULL;

		if (cmd->a->kind == N_FUNC)
			r = eval_func(s, cmd->a, fed, take_ptr(value), &next);
		else
			r = eval_operand(s, cmd->a, &next);
		value = next;
		fed = true;
	}
	if (r < 0) {
		json_put(value);
		return r;
	}
	*out = value;
	return 0;
}

/* ---- actions ------------------------------------------------------------------------------------------ */

static int run_output(struct run *s, const struct node *n)
{
	cleanup_json json *value = NULL;
	int r = eval_pipe(s, n->a, &value);

	if (r < 0)
		return r;
	if (n->a->names[0])
		return set_var(s, n->a->names[0], n->a->assign, take_ptr(value));
	template_print(s->out, value);
	if (s->out->len > MAX_OUTPUT)
		return fail(s->e, E2BIG, "the template makes more than 64 MiB");
	return 0;
}

/* The body over one element. */
static int run_element(struct run *s, const struct node *n, json *key, json *value)
{
	const struct node *pipe = n->a;
	size_t vars = s->nvars;
	json *dot = s->dot;
	int r = 0;

	if (++s->steps > MAX_STEPS)
		r = fail(s->e, E2BIG, "the template takes more than %d steps", MAX_STEPS);
	if (!r && pipe->names[1])
		r = set_var(s, pipe->names[0], pipe->assign, json_hold(key));
	if (!r && pipe->names[0])
		r = set_var(s, pipe->names[!!pipe->names[1]], pipe->assign, json_hold(value));
	s->dot = value;
	if (!r)
		r = run_list(s, n->b);
	s->dot = dot;
	drop_vars(s, vars);
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int run_range(struct run *s, const struct node *n, json *over)
{
	cleanup_strv struct strv keys = {};
	int r = 0;

	if (s->heading)
		return run_element(s, n, over, s->root);
	if (over && !json_is_arr(over) && !json_is_obj(over))
		return fail(s->e, EINVAL, "template: range goes over lists and objects, not %s",
			    json_kind_name(over));
	if (!json_true(over))
		return run_list(s, n->c);
	for (size_t i = 0; !r && i < json_len(over); i++) {
		cleanup_json json *key = json_u64(i);

		r = run_element(s, n, key, json_at(over, i));
	}
	json_keys(over, &keys);
	if (keys.n)
		qsort(keys.v, keys.n, sizeof(*keys.v), by_name);
	for (size_t i = 0; !r && i < keys.n; i++) {
		cleanup_json json *key = json_str(keys.v[i]);

		r = run_element(s, n, key, json_get(over, keys.v[i]));
	}
	return r;
}

static int run_control(struct run *s, const struct node *n)
{
	cleanup_json json *value = NULL;
	size_t vars = s->nvars;
	json *dot = s->dot;
	int r = eval_pipe(s, n->a, &value);

	if (r < 0)
		return r;
	if (n->kind == N_RANGE)
		return run_range(s, n, value);
	if (n->a->names[0])
		r = set_var(s, n->a->names[0], n->a->assign, json_hold(value));
	if (n->kind == N_WITH && json_true(value) && !s->heading)
		s->dot = value;
	if (!r)
		r = run_list(s, json_true(value) ? n->b : n->c);
	s->dot = dot;
	drop_vars(s, vars);
	return r;
}

static int run_list(struct run *s, const struct node *n)
{
	int r = 0;

	for (; !r && n; n = n->next) {
		if (n->kind == N_TEXT)
			buf_puts(s->out, n->text);
		else if (n->kind == N_OUTPUT)
			r = run_output(s, n);
		else
			r = run_control(s, n);
	}
	return r;
}

/**
 * template_run - print a value through a template
 * @data: borrowed; what dot is
 * @heading: @data holds titles, by the names of fields
 * @out: appended to; on failure what was printed so far
 *
 * Context: pure.
 * Return: 0, -EINVAL, -ERANGE or -E2BIG.
 */
int template_run(const struct template *t, const json *data, bool heading, struct buf *out,
		 struct err *e)
{
	cleanup_json json *root = json_hold(data);
	struct run s = {.out = out, .dot = root, .root = root, .heading = heading, .e = e};
	int r = run_list(&s, t->first);

	drop_vars(&s, 0);
	return r;
}
