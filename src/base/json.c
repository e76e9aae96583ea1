/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only file that sees json-c. Strict: the whole text, at most 64 levels
 * deep, no duplicate keys are resolved silently by a caller (json-c keeps the
 * last one), integers keep 64 bits with their sign.
 */
#include <json-c/json.h>

#include "base/base.h"

#define JSON_DEPTH 64

/* has_huge_number - does an integer not fit 64 bits? json-c would quietly take the largest */
static bool has_huge_number(const char *text, size_t n)
{
	bool in_string = false;

	for (size_t i = 0; i < n; i++) {
		const char *max = i && text[i - 1] == '-' ? "9223372036854775808"
							  : "18446744073709551615";
		size_t digits = 0;

		if (text[i] == '"')
			in_string = !in_string;
		else if (in_string && text[i] == '\\')
			i++;
		if (in_string || text[i] < '0' || text[i] > '9')
			continue;
		while (i + digits < n && text[i + digits] >= '0' && text[i + digits] <= '9')
			digits++;
		if (i + digits < n && text[i + digits] && strchr(".eE", text[i + digits]))
			max = ""; /* no integer */
		if (*max && (digits > strlen(max) ||
			     (digits == strlen(max) && memcmp(text + i, max, digits) > 0)))
			return true;
		i += digits - 1;
	}
	return false;
}

static int parse(const char *text, size_t n, int flags, json **out, struct err *e)
{
	/* Kept: it is as large as the deepest text, and a list of containers parses a thousand. */
	static json_tokener *tok;
	json *j;
	size_t end;
	enum json_tokener_error why;

	if (!tok)
		tok = json_tokener_new_ex(JSON_DEPTH);
	if (!tok)
		return fail(e, ENOMEM, "out of memory");
	if (n > INT32_MAX)
		return fail(e, EFBIG, "JSON text is larger than 2 GiB");
	/* Of a stranger's: json-c would round it. */
	if (flags & JSON_TOKENER_VALIDATE_UTF8 && has_huge_number(text, n))
		return fail(e, ERANGE, "not valid JSON: an integer does not fit 64 bits");
	json_tokener_reset(tok);
	json_tokener_set_flags(tok, flags);
	j = json_tokener_parse_ex(tok, text, (int)n);
	why = json_tokener_get_error(tok);
	end = json_tokener_get_parse_end(tok);
	/* What a text that was cut has begun. */
	json_tokener_reset(tok);
	if (why == json_tokener_success) {
		while (end < n && strchr(" \t\r\n", text[end]) && text[end])
			end++;
		if (end == n && j) {
			*out = j;
			return 0;
		}
	}
	json_object_put(j);
	if (why == json_tokener_continue)
		return fail(e, EINVAL, "not valid JSON: it ends too early");
	return fail(e, EINVAL, "not valid JSON at byte %zu: %s", end,
		    why == json_tokener_success ? "something follows the value"
						: json_tokener_error_desc(why));
}

/**
 * json_parse - parse one JSON text
 * @text: borrowed, need not end in NUL
 * @out: receives a new object, for json_put()
 *
 * Return: 0, -EINVAL with the place in @e, -ERANGE or -EFBIG.
 */
int json_parse(const char *text, size_t n, json **out, struct err *e)
{
	return parse(text, n, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8, out, e);
}

/* json_parse_bytes - as json_parse(), where strings may hold any bytes: our own records */
int json_parse_bytes(const char *text, size_t n, json **out, struct err *e)
{
	return parse(text, n, JSON_TOKENER_STRICT, out, e);
}

void json_put(json *j)
{
	json_object_put(j);
}

/* json_get - borrowed member, or NULL */
json *json_get(const json *j, const char *key)
{
	json *v = NULL;

	if (!json_object_is_type(j, json_type_object))
		return NULL;
	json_object_object_get_ex(j, key, &v);
	return v;
}

const char *json_get_str(const json *j, const char *key, const char *fallback)
{
	json *v = json_get(j, key);

	return json_object_is_type(v, json_type_string) ? json_object_get_string(v) : fallback;
}

int64_t json_get_i64(const json *j, const char *key, int64_t fallback)
{
	json *v = json_get(j, key);

	return json_object_is_type(v, json_type_int) ? json_object_get_int64(v) : fallback;
}

/**
 * json_get_u64 - a member that has to be an integer from 0
 * @out: receives it
 *
 * Return: 0, -ENOENT when it is absent or null, -EINVAL when it is something else.
 */
int json_get_u64(const json *j, const char *key, uint64_t *out)
{
	json *v = json_get(j, key);

	return v ? json_as_u64(v, out) : -ENOENT;
}

/* json_get_int - a member that has to be an integer of 64 bits: 0 or -EINVAL */
int json_get_int(const json *j, const char *key, int64_t *out)
{
	json *v = json_get(j, key);

	if (!json_object_is_type(v, json_type_int))
		return -EINVAL;
	*out = json_object_get_int64(v);
	return 0;
}

/* json_get_flag - a member that has to be true or false: 0 or -EINVAL */
int json_get_flag(const json *j, const char *key, bool *out)
{
	json *v = json_get(j, key);

	if (!json_object_is_type(v, json_type_boolean))
		return -EINVAL;
	*out = json_object_get_boolean(v);
	return 0;
}

bool json_is_obj(const json *j)
{
	return json_object_is_type(j, json_type_object);
}

bool json_is_arr(const json *j)
{
	return json_object_is_type(j, json_type_array);
}

bool json_get_bool(const json *j, const char *key, bool fallback)
{
	json *v = json_get(j, key);

	return json_object_is_type(v, json_type_boolean) ? json_object_get_boolean(v) : fallback;
}

/* json_get_strv - append the strings of an array member; other elements are passed over */
void json_get_strv(const json *j, const char *key, struct strv *out)
{
	json *arr = json_get(j, key);

	for (size_t i = 0; i < json_len(arr); i++) {
		json *v = json_at(arr, i);

		if (json_object_is_type(v, json_type_string))
			strv_add(out, json_object_get_string(v));
	}
}

json *json_obj(void)
{
	return json_object_new_object();
}

json *json_arr(void)
{
	return json_object_new_array();
}

json *json_str(const char *s)
{
	return s ? json_object_new_string(s) : NULL;
}

json *json_i64(int64_t v)
{
	return json_object_new_int64(v);
}

json *json_u64(uint64_t v)
{
	return json_object_new_uint64(v);
}

json *json_boolean(bool v)
{
	return json_object_new_boolean(v);
}

json *json_strv(const struct strv *l)
{
	json *arr = json_arr();

	strv_for_each (s, l)
		json_add(arr, json_str(s));
	return arr;
}

/* json_set - @value is taken */
void json_set(json *obj, const char *key, json *value)
{
	json_object_object_add(obj, key, value);
}

/* json_add - @value is taken */
void json_add(json *arr, json *value)
{
	json_object_array_add(arr, value);
}

size_t json_len(const json *arr)
{
	return json_object_is_type(arr, json_type_array) ? json_object_array_length(arr) : 0;
}

json *json_at(const json *arr, size_t i)
{
	return json_object_array_get_idx(arr, i);
}

/* json_as_str - borrowed, NULL when it is no string */
const char *json_as_str(const json *j)
{
	return json_object_is_type(j, json_type_string) ? json_object_get_string((json *)j) : NULL;
}

/* json_str_len - bytes of a string, a zero byte inside included; 0 when it is no string */
size_t json_str_len(const json *j)
{
	return json_object_is_type(j, json_type_string) ? (size_t)json_object_get_string_len(j) : 0;
}

/* json_as_u64 - a value that has to be an integer from 0: 0 or -EINVAL */
int json_as_u64(const json *j, uint64_t *out)
{
	if (!json_object_is_type(j, json_type_int) || json_object_get_int64(j) < 0)
		return -EINVAL;
	*out = json_object_get_uint64(j);
	return 0;
}

/* json_dump - a new string */
char *json_dump(const json *j, bool pretty)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	if (pretty)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	return xstrdup(json_object_to_json_string_ext((json *)j, flags));
}

enum json_kind json_kind(const json *j)
{
	switch (json_object_get_type(j)) {
	case json_type_boolean:
		return JSON_BOOL;
	case json_type_int:
		return JSON_INT;
	case json_type_double:
		return JSON_DOUBLE;
	case json_type_string:
		return JSON_STRING;
	case json_type_array:
		return JSON_ARRAY;
	case json_type_object:
		return JSON_OBJECT;
	case json_type_null:
		break;
	}
	return JSON_NULL;
}

/* json_hold - one more reference, for json_put() */
json *json_hold(const json *j)
{
	return json_object_get((json *)j);
}

/* json_has - is there a member of that name? null is one; @out: borrowed, may be NULL */
bool json_has(const json *obj, const char *key, json **out)
{
	return json_object_is_type(obj, json_type_object) &&
	       json_object_object_get_ex(obj, key, out);
}

/* json_keys - append the names of the members, in their order */
void json_keys(const json *obj, struct strv *out)
{
	if (!json_object_is_type(obj, json_type_object))
		return;
	json_object_object_foreach((json *)obj, key, value)
	{
		(void)value;
		strv_add(out, key);
	}
}

/* json_true - what templates take for true: everything but null, false, 0 and what is empty */
bool json_true(const json *j)
{
	switch (json_kind(j)) {
	case JSON_NULL:
		return false;
	case JSON_BOOL:
		return json_object_get_boolean(j);
	case JSON_STRING:
		return json_object_get_string_len(j) > 0;
	case JSON_ARRAY:
		return json_object_array_length(j) > 0;
	case JSON_OBJECT:
		return json_object_object_length(j) > 0;
	case JSON_INT:
	case JSON_DOUBLE:
		break;
	}
	return json_object_get_double(j) != 0;
}

/* json_int - of an integer; 0 for what is none */
int64_t json_int(const json *j)
{
	return json_object_is_type(j, json_type_int) ? json_object_get_int64(j) : 0;
}
