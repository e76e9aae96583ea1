/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions of templates: those of Go that make sense for JSON, and those that docker
 * and podman add. One table; each is pure.
 */
#include <ctype.h>

#include "cli/template.h"

#define PRINTF_WIDTH 1024

const char *json_kind_name(const json *j)
{
	static const char *const names[] = {
		[JSON_NULL] = "nothing",     [JSON_BOOL] = "true or false", [JSON_INT] = "a number",
		[JSON_DOUBLE] = "a number",  [JSON_STRING] = "a string",    [JSON_ARRAY] = "a list",
		[JSON_OBJECT] = "an object",
	};

	return names[json_kind(j)];
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_object(struct buf *out, const json *j)
{
	cleanup_strv struct strv keys = {};

	json_keys(j, &keys);
	if (keys.n)
		qsort(keys.v, keys.n, sizeof(*keys.v), by_name);
	buf_puts(out, "map[");
	for (size_t i = 0; i < keys.n; i++) {
		buf_printf(out, "%s%s:", i ? " " : "", keys.v[i]);
		template_print(out, json_get(j, keys.v[i]));
	}
	buf_puts(out, "]");
}

/**
 * template_print - append a value the way Go prints it
 */
void template_print(struct buf *out, const json *j)
{
	cleanup_free char *text = NULL;

	switch (json_kind(j)) {
	case JSON_NULL:
		buf_puts(out, "<no value>");
		return;
	case JSON_STRING:
		buf_puts(out, json_as_str(j));
		return;
	case JSON_ARRAY:
		buf_puts(out, "[");
		for (size_t i = 0; i < json_len(j); i++) {
			buf_puts(out, i ? " " : "");
			template_print(out, json_at(j, i));
		}
		buf_puts(out, "]");
		return;
	case JSON_OBJECT:
		print_object(out, j);
		return;
	case JSON_BOOL:
	case JSON_INT:
	case JSON_DOUBLE:
		break;
	}
	text = json_dump(j, false);
	buf_puts(out, text);
}

static int wants(const char *name, const char *what, const json *got, struct err *e)
{
	return fail(e, EINVAL, "template: %s wants %s, not %s", name, what, json_kind_name(got));
}

static json *text_of(const struct buf *b)
{
	return json_str(b->data ? b->data : "");
}

/* ---- strings -------------------------------------------------------------------------------------- */

static int fn_json(json *const *args, size_t n __unused, json **out, struct err *e __unused)
{
	cleanup_free char *text = json_dump(args[0], false);

	*out = json_str(text);
	return 0;
}

static int change_case(const char *name, int (*first)(int), int (*rest)(int), const json *j,
		       json **out, struct err *e)
{
	cleanup_free char *text = NULL;
	bool inside = false;

	if (!json_as_str(j))
		return wants(name, "a string", j, e);
	text = xstrdup(json_as_str(j));
	for (char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;
		int (*change)(int) = inside ? rest : first;

		if (c < 0x80 && change)
			*p = (char)change(c);
		inside = isalnum(c) || c >= 0x80;
	}
	*out = json_str(text);
	return 0;
}

static int fn_upper(json *const *args, size_t n __unused, json **out, struct err *e)
{
	return change_case("upper", toupper, toupper, args[0], out, e);
}

static int fn_lower(json *const *args, size_t n __unused, json **out, struct err *e)
{
	return change_case("lower", tolower, tolower, args[0], out, e);
}

static int fn_title(json *const *args, size_t n __unused, json **out, struct err *e)
{
	return change_case("title", toupper, NULL, args[0], out, e);
}

static int fn_join(json *const *args, size_t n __unused, json **out, struct err *e)
{
	cleanup_buf struct buf text = {};
	const char *sep = json_as_str(args[1]);

	if (json_kind(args[0]) != JSON_ARRAY && args[0])
		return wants("join", "a list", args[0], e);
	if (!sep)
		return wants("join", "a string behind the list", args[1], e);
	for (size_t i = 0; i < json_len(args[0]); i++) {
		buf_puts(&text, i ? sep : "");
		template_print(&text, json_at(args[0], i));
	}
	*out = text_of(&text);
	return 0;
}

static int fn_split(json *const *args, size_t n __unused, json **out, struct err *e)
{
	const char *s = json_as_str(args[0]), *sep = json_as_str(args[1]), *at;

	if (!s || !sep || !*sep)
		return wants("split", "two strings, the second not empty", s ? args[1] : args[0],
			     e);
	*out = json_arr();
	for (; (at = strstr(s, sep)); s = at + strlen(sep)) {
		cleanup_free char *part = xstrndup(s, (size_t)(at - s));

		json_add(*out, json_str(part));
	}
	json_add(*out, json_str(s));
	return 0;
}

static int fn_truncate(json *const *args, size_t n __unused, json **out, struct err *e)
{
	const char *s = json_as_str(args[0]);
	cleanup_free char *cut = NULL;
	int64_t len = json_int(args[1]);

	if (!s)
		return wants("truncate", "a string", args[0], e);
	if (json_kind(args[1]) != JSON_INT || len < 0)
		return wants("truncate", "a length from 0 behind the string", args[1], e);
	len = MIN(len, (int64_t)strlen(s));
	/* Not in the middle of a character. */
	while (len && (s[len] & 0xc0) == 0x80)
		len--;
	cut = xstrndup(s, (size_t)len);
	*out = json_str(cut);
	return 0;
}

static int fn_pad(json *const *args, size_t n __unused, json **out, struct err *e)
{
	cleanup_free char *text = NULL;
	int64_t left = json_int(args[1]), right = json_int(args[2]);

	if (!json_as_str(args[0]))
		return wants("pad", "a string", args[0], e);
	if (left < 0 || right < 0 || left > PRINTF_WIDTH || right > PRINTF_WIDTH)
		return fail(e, EINVAL, "template: pad wants widths from 0 to %d", PRINTF_WIDTH);
	if (!*json_as_str(args[0]))
		left = right = 0;
	text = xasprintf("%*s%s%*s", (int)left, "", json_as_str(args[0]), (int)right, "");
	*out = json_str(text);
	return 0;
}

/* ---- printing -------------------------------------------------------------------------------------- */

static int print_all(json *const *args, size_t n, bool line, json **out)
{
	cleanup_buf struct buf text = {};

	for (size_t i = 0; i < n; i++) {
		/* print puts a blank only where neither side is a string, println always. */
		if (i && (line || (!json_as_str(args[i]) && !json_as_str(args[i - 1]))))
			buf_puts(&text, " ");
		template_print(&text, args[i]);
	}
	buf_puts(&text, line ? "\n" : "");
	*out = text_of(&text);
	return 0;
}

static int fn_print(json *const *args, size_t n, json **out, struct err *e __unused)
{
	return print_all(args, n, false, out);
}

static int fn_println(json *const *args, size_t n, json **out, struct err *e __unused)
{
	return print_all(args, n, true, out);
}

/* One % of printf: flags, width and precision as in C, at most PRINTF_WIDTH. */
static int print_one(const char **format, const json *arg, struct buf *out, struct err *e)
{
	const char *p = *format;
	size_t flags = strspn(p, "-+ 0#"), width, precision = 0;
	char spec[32];
	cleanup_buf struct buf text = {};
	char verb;

	p += flags;
	width = strspn(p, "0123456789");
	p += width;
	if (*p == '.') {
		precision = 1 + strspn(p + 1, "0123456789");
		p += precision;
	}
	verb = *p;
	if (flags > 4 || width > 3 || precision > 4 || !verb || !strchr("svdqxXt", verb))
		return fail(e, EINVAL,
			    "template: printf has no \"%%%.8s\"; there are %%s %%v %%q %%d %%x %%t",
			    *format);
	if ((verb == 'd' || verb == 'x' || verb == 'X') && json_kind(arg) == JSON_INT) {
		snprintf(spec, sizeof(spec), "%%%.*sl%c", (int)(p - *format), *format, verb);
		buf_printf(out, spec, (long)json_int(arg));
	} else {
		if (verb == 'q') {
			cleanup_free char *quoted = json_dump(arg, false);

			buf_puts(&text, quoted);
		} else {
			template_print(&text, arg);
		}
		snprintf(spec, sizeof(spec), "%%%s%.*ss", memchr(*format, '-', flags) ? "-" : "",
			 (int)(width + precision), *format + flags);
		buf_printf(out, spec, text.data ? text.data : "");
	}
	*format = p + 1;
	return 0;
}

static int fn_printf(json *const *args, size_t n, json **out, struct err *e)
{
	cleanup_buf struct buf text = {};
	const char *p = json_as_str(args[0]);
	size_t used = 1;
	int r = 0;

	if (!p)
		return wants("printf", "a string first", args[0], e);
	while (!r && *p) {
		size_t plain = strcspn(p, "%");

		buf_add(&text, p, plain);
		p += plain;
		if (!*p)
			break;
		p++;
		if (*p == '%')
			buf_add(&text, p++, 1);
		else if (used >= n)
			r = fail(e, EINVAL, "template: printf has more %% than values");
		else
			r = print_one(&p, args[used++], &text, e);
	}
	if (!r && used < n)
		r = fail(e, EINVAL, "template: printf has more values than %%");
	if (!r)
		*out = text_of(&text);
	return r;
}

/* ---- lists and objects ------------------------------------------------------------------------------ */

static int index_one(json *in, json *key, json **out, struct err *e)
{
	const char *name = json_as_str(key);
	int64_t i = json_int(key);

	if (!in) {
		*out = NULL;
		return 0;
	}
	if (json_is_obj(in)) {
		if (!name)
			return wants("index of an object", "a string", key, e);
		/* As for a map of Go: what is not there is empty. */
		*out = json_has(in, name, out) ? json_hold(*out) : json_str("");
		return 0;
	}
	if (!json_is_arr(in))
		return wants("index", "a list or an object", in, e);
	if (json_kind(key) != JSON_INT)
		return wants("index of a list", "a number", key, e);
	if (i < 0 || (size_t)i >= json_len(in))
		return fail(e, ERANGE, "template: index %lld of a list of %zu", (long long)i,
			    json_len(in));
	*out = json_hold(json_at(in, (size_t)i));
	return 0;
}

static int fn_index(json *const *args, size_t n, json **out, struct err *e)
{
	json *at = json_hold(args[0]);
	int r = 0;

	for (size_t i = 1; !r && i < n; i++) {
		json *next = NULL;

		r = index_one(at, args[i], &next, e);
		json_put(at);
		at = r < 0 ? NULL : next;
	}
	*out = at;
	return r;
}

static int fn_len(json *const *args, size_t n __unused, json **out, struct err *e)
{
	cleanup_strv struct strv keys = {};
	const char *s = json_as_str(args[0]);

	if (json_is_obj(args[0]))
		json_keys(args[0], &keys);
	else if (!s && !json_is_arr(args[0]) && args[0])
		return wants("len", "a string, a list or an object", args[0], e);
	*out = json_u64(s ? strlen(s) : keys.n + json_len(args[0]));
	return 0;
}

static int fn_slice(json *const *args, size_t n, json **out, struct err *e)
{
	const char *s = json_as_str(args[0]);
	size_t len = s ? strlen(s) : json_len(args[0]);
	int64_t from = n > 1 ? json_int(args[1]) : 0, to = n > 2 ? json_int(args[2]) : (int64_t)len;

	if (!s && !json_is_arr(args[0]))
		return wants("slice", "a string or a list", args[0], e);
	if (from < 0 || to < from || (size_t)to > len)
		return fail(e, ERANGE, "template: slice %lld to %lld of %zu", (long long)from,
			    (long long)to, len);
	if (s) {
		cleanup_free char *part = xstrndup(s + from, (size_t)(to - from));

		*out = json_str(part);
		return 0;
	}
	*out = json_arr();
	for (; from < to; from++)
		json_add(*out, json_hold(json_at(args[0], (size_t)from)));
	return 0;
}

/* ---- logic ------------------------------------------------------------------------------------------ */

static int compare(const char *name, const json *a, const json *b, int *order, struct err *e)
{
	enum json_kind k = json_kind(a), l = json_kind(b);

	*order = 1;
	if (k == JSON_NULL || l == JSON_NULL) {
		*order = k != l;
		return 0;
	}
	if (k != l || k == JSON_ARRAY || k == JSON_OBJECT)
		return fail(e, EINVAL, "template: %s cannot compare %s and %s", name,
			    json_kind_name(a), json_kind_name(b));
	if (k == JSON_STRING)
		*order = strcmp(json_as_str(a), json_as_str(b));
	else if (k == JSON_BOOL)
		*order = json_true(a) - json_true(b);
	else
		*order = (json_int(a) > json_int(b)) - (json_int(a) < json_int(b));
	return 0;
}

static int fn_eq(json *const *args, size_t n, json **out, struct err *e)
{
	bool same = false;
	int order = 1, r = 0;

	for (size_t i = 1; !r && !same && i < n; i++) {
		r = compare("eq", args[0], args[i], &order, e);
		same = !r && !order;
	}
	*out = r < 0 ? NULL : json_boolean(same);
	return r;
}

#define COMPARISON(name, op)                                                                  \
	static int fn_##name(json *const *args, size_t n __unused, json **out, struct err *e) \
	{                                                                                     \
		int order, r = compare(#name, args[0], args[1], &order, e);                   \
                                                                                              \
		*out = r < 0 ? NULL : json_boolean(order op 0);                               \
		return r;                                                                     \
	}
COMPARISON(ne, !=)
COMPARISON(lt, <)
COMPARISON(le, <=)
COMPARISON(gt, >)
COMPARISON(ge, >=)

/* and, or: the caller stops at the operand that decides; the last one is the answer. */
static int fn_last(json *const *args, size_t n, json **out, struct err *e __unused)
{
	*out = json_hold(args[n - 1]);
	return 0;
}

static int fn_not(json *const *args, size_t n __unused, json **out, struct err *e __unused)
{
	*out = json_boolean(!json_true(args[0]));
	return 0;
}

static const struct template_func funcs[] = {
	{"and", 1, TEMPLATE_ARGS, fn_last, true, false},
	{"eq", 2, TEMPLATE_ARGS, fn_eq, false, false},
	{"ge", 2, 2, fn_ge, false, false},
	{"gt", 2, 2, fn_gt, false, false},
	{"index", 1, TEMPLATE_ARGS, fn_index, false, false},
	{"join", 2, 2, fn_join, false, false},
	{"json", 1, 1, fn_json, false, false},
	{"le", 2, 2, fn_le, false, false},
	{"len", 1, 1, fn_len, false, false},
	{"lower", 1, 1, fn_lower, false, false},
	{"lt", 2, 2, fn_lt, false, false},
	{"ne", 2, 2, fn_ne, false, false},
	{"not", 1, 1, fn_not, false, false},
	{"or", 1, TEMPLATE_ARGS, fn_last, true, false},
	{"pad", 3, 3, fn_pad, false, false},
	{"print", 0, TEMPLATE_ARGS, fn_print, false, true},
	{"printf", 1, TEMPLATE_ARGS, fn_printf, false, true},
	{"println", 0, TEMPLATE_ARGS, fn_println, false, true},
	{"slice", 1, 3, fn_slice, false, false},
	{"split", 2, 2, fn_split, false, false},
	{"title", 1, 1, fn_title, false, false},
	{"truncate", 2, 2, fn_truncate, false, false},
	{"upper", 1, 1, fn_upper, false, false},
};

const struct template_func *template_func_find(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(funcs); i++) {
		if (strlen(funcs[i].name) == n && !strncmp(funcs[i].name, name, n))
			return &funcs[i];
	}
	return NULL;
}

void template_func_names(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(funcs); i++)
		buf_printf(out, "%s%s", i ? " " : "", funcs[i].name);
}
