/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading JSON that somebody else wrote, strictly: a value of another kind than wanted, a
 * number out of range, a string with a NUL inside is an error that names the place. What
 * is absent leaves the output alone; null is absent, as Go's programs write it. Members
 * that nobody asks for are not looked at.
 */
#include "spec/internal.h"

/* node_get - a member; its value is NULL when it is not there */
struct node node_get(const struct node *obj, const char *key)
{
	return (struct node){.v = json_get(obj->v, key), .up = obj, .key = key};
}

static void put_path(const struct node *n, struct buf *out)
{
	if (n->up)
		put_path(n->up, out);
	if (n->key)
		buf_printf(out, "%s%s", out->len ? "." : "", n->key);
	else if (n->up)
		buf_printf(out, "[%zu]", n->index);
}

/**
 * node_fail - set the error: place, colon, message
 *
 * Return: -EINVAL.
 */
int node_fail(const struct node *n, struct err *e, const char *fmt, ...)
{
	cleanup_buf struct buf path = {}, text = {};
	va_list ap;

	put_path(n, &path);
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	return fail(e, EINVAL, "%s: %s", path.len ? path.data : "config.json", text.data);
}

/* node_in - put the place before an error that somebody else has set */
int node_in(const struct node *n, struct err *e, int r)
{
	cleanup_buf struct buf path = {};

	put_path(n, &path);
	return fail_in(e, r, "%s", path.len ? path.data : "config.json");
}

/**
 * node_members - read an object by table, in the table's order
 * @ctx: for the readers
 *
 * Return: 0, or -EINVAL: no object, a member that has to be there is not, or a reader's error.
 */
int node_members(void *ctx, const struct node *obj, const struct member *m, size_t count,
		 struct err *e)
{
	int r = 0;

	if (!json_is_obj(obj->v))
		return node_fail(obj, e, "has to be an object");
	for (size_t i = 0; !r && i < count; i++) {
		struct node n = node_get(obj, m[i].key);

		if (n.v)
			r = m[i].read(ctx, &n, e);
		else if (m[i].required)
			r = node_fail(&n, e, "is missing");
	}
	return r;
}

/* node_each - read the elements of an array; a null among them is an error */
int node_each(void *ctx, const struct node *arr, node_reader *read, struct err *e)
{
	int r = 0;

	if (!arr->v)
		return 0;
	if (!json_is_arr(arr->v))
		return node_fail(arr, e, "has to be an array");
	for (size_t i = 0; !r && i < json_len(arr->v); i++) {
		struct node n = {.v = json_at(arr->v, i), .up = arr, .index = i};

		r = n.v ? read(ctx, &n, e) : node_fail(&n, e, "is null");
	}
	return r;
}

/* node_pairs - read an object whose keys are data */
int node_pairs(void *ctx, const struct node *obj, node_reader *read, struct err *e)
{
	cleanup_strv struct strv keys = {};
	int r = 0;

	if (!obj->v)
		return 0;
	if (!json_is_obj(obj->v))
		return node_fail(obj, e, "has to be an object");
	json_keys(obj->v, &keys);
	strv_for_each (key, &keys) {
		struct node n = node_get(obj, key);

		if (!r)
			r = n.v ? read(ctx, &n, e) : node_fail(&n, e, "is null");
	}
	return r;
}

/* node_str - a string; borrowed */
int node_str(const struct node *n, const char **out, struct err *e)
{
	const char *s = json_as_str(n->v);

	if (!n->v)
		return 0;
	if (!s)
		return node_fail(n, e, "has to be a string");
	if (strlen(s) != json_str_len(n->v))
		return node_fail(n, e, "holds a zero byte");
	*out = s;
	return 0;
}

/* node_set - a string, in place of what @out owns */
int node_set(const struct node *n, char **out, struct err *e)
{
	const char *s = NULL;
	int r = node_str(n, &s, e);

	if (!r && s) {
		free(*out);
		*out = xstrdup(s);
	}
	return r;
}

/* node_path - an absolute path, cleaned of ".", ".." and double slashes */
int node_path(const struct node *n, char **out, struct err *e)
{
	char clean[PATH_MAX];
	const char *s = NULL;
	int r = node_str(n, &s, e);

	if (r < 0 || !s)
		return r;
	r = path_clean(s, clean, sizeof(clean));
	if (r == -EINVAL)
		return node_fail(n, e, "\"%s\" is not an absolute path; it has to begin with /", s);
	if (r < 0)
		return node_fail(n, e, "the path is too long");
	free(*out);
	*out = xstrdup(clean);
	return 0;
}

static int add_str(void *ctx, const struct node *n, struct err *e)
{
	const char *s = NULL;
	int r = node_str(n, &s, e);

	if (!r)
		strv_add(ctx, s);
	return r;
}

/* node_strv - append an array of strings */
int node_strv(const struct node *n, struct strv *out, struct err *e)
{
	return node_each(out, n, add_str, e);
}

int node_bool(const struct node *n, bool *out, struct err *e)
{
	if (!n->v)
		return 0;
	if (json_kind(n->v) != JSON_BOOL)
		return node_fail(n, e, "has to be true or false");
	*out = json_true(n->v);
	return 0;
}

/* node_u64 - a number from 0 to 18446744073709551615 */
int node_u64(const struct node *n, uint64_t *out, struct err *e)
{
	if (!n->v)
		return 0;
	if (json_as_u64(n->v, out) < 0)
		return node_fail(n, e, "has to be a whole number from 0");
	return 0;
}

int node_u32(const struct node *n, uint32_t max, uint32_t *out, struct err *e)
{
	uint64_t v = *out;

	if (n->v && (json_as_u64(n->v, &v) < 0 || v > max))
		return node_fail(n, e, "has to be a whole number from 0 to %u", max);
	*out = (uint32_t)v;
	return 0;
}

/* node_int - a number between two that fit 63 bits */
int node_int(const struct node *n, int64_t min, int64_t max, int64_t *out, struct err *e)
{
	uint64_t big;
	int64_t v;

	if (!n->v)
		return 0;
	v = json_int(n->v);
	/* What does not fit int64_t is its largest value there. */
	if (json_kind(n->v) != JSON_INT || v < min || v > max ||
	    (v == INT64_MAX && (json_as_u64(n->v, &big) < 0 || big > INT64_MAX)))
		return node_fail(n, e, "has to be a whole number from %lld to %lld", (long long)min,
				 (long long)max);
	*out = v;
	return 0;
}
