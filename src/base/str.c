/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/base.h"

/**
 * strv_take - append a string to a list
 * @l: the list
 * @s: taken
 */
void strv_take(struct strv *l, char *s)
{
	l->v = xreallocarray(l->v, l->n + 2, sizeof(*l->v));
	l->v[l->n++] = s;
	l->v[l->n] = NULL;
}

void strv_add(struct strv *l, const char *s)
{
	strv_take(l, xstrdup(s));
}

void strv_addf(struct strv *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_take(l, xvasprintf(fmt, ap));
	va_end(ap);
}

void strv_copy(struct strv *to, const struct strv *from)
{
	strv_for_each (s, from)
		strv_add(to, s);
}

/**
 * strv_split - append the parts of a string
 * @l: the list
 * @s: borrowed; an empty string gives one empty part
 * @sep: the separator
 */
void strv_split(struct strv *l, const char *s, char sep)
{
	const char *end;

	while ((end = strchr(s, sep))) {
		strv_take(l, xstrndup(s, (size_t)(end - s)));
		s = end + 1;
	}
	strv_add(l, s);
}

bool strv_has(const struct strv *l, const char *s)
{
	strv_for_each (one, l) {
		if (streq(one, s))
			return true;
	}
	return false;
}

void strv_free(struct strv *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct strv){};
}

static char **env_find(const struct strv *env, const char *name, size_t len)
{
	for (size_t i = 0; i < env->n; i++) {
		if (!strncmp(env->v[i], name, len) && env->v[i][len] == '=')
			return &env->v[i];
	}
	return NULL;
}

/**
 * env_get - look up a variable in an environment list
 *
 * Return: borrowed value, or NULL.
 */
const char *env_get(const struct strv *env, const char *name)
{
	size_t len = strlen(name);
	char **at = env_find(env, name, len);

	return at ? *at + len + 1 : NULL;
}

/**
 * env_put - set a variable; the last one set wins
 * @assignment: NAME=VALUE, borrowed
 */
void env_put(struct strv *env, const char *assignment)
{
	char **at = env_find(env, assignment, strcspn(assignment, "="));

	if (!at) {
		strv_add(env, assignment);
		return;
	}
	free(*at);
	*at = xstrdup(assignment);
}

void env_set(struct strv *env, const char *name, const char *value)
{
	cleanup_free char *both = xasprintf("%s=%s", name, value);

	env_put(env, both);
}

void env_unset(struct strv *env, const char *name)
{
	char **at = env_find(env, name, strlen(name));

	if (!at)
		return;
	free(*at);
	memmove(at, at + 1, (size_t)(env->v + env->n - at) * sizeof(*at));
	env->n--;
}

static void buf_reserve(struct buf *b, size_t more)
{
	size_t need = b->len + more + 1;

	if (need <= b->cap)
		return;
	b->cap = MAX(need, b->cap * 2);
	b->data = xreallocarray(b->data, b->cap, 1);
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	buf_reserve(b, n);
	if (n)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	cleanup_free char *s = xvasprintf(fmt, ap);

	buf_puts(b, s);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){};
}

bool str_has_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

bool str_has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && streq(s + n - m, suffix);
}

/*
 * str_utf8 - length of the valid, harmless UTF-8 sequence at @s, or 0. Refused besides what
 * is malformed: C1 controls, and the marks that reorder text on a terminal
 * (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069).
 */
size_t str_utf8(const unsigned char *s)
{
	uint32_t c;
	size_t n;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	c = s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if ((n == 3 && c < 0x800) || (n == 4 && c < 0x10000) || c > 0x10ffff ||
	    (c >= 0xd800 && c <= 0xdfff) || c < 0xa0 || c == 0x200e || c == 0x200f ||
	    (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return 0;
	return n;
}

/**
 * str_escape - make a string safe for a terminal
 * @out: receives a NUL-terminated string, cut where it does not fit
 * @size: bytes at @out
 * @s: borrowed; control characters and invalid UTF-8 become \xNN
 */
void str_escape(char *out, size_t size, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t at = 0;

	while (*p) {
		size_t n = str_utf8(p);

		if (at + MAX(n, 4) + 1 > size)
			break;
		if (n) {
			memcpy(out + at, p, n);
			at += n;
			p += n;
		} else {
			at += (size_t)snprintf(out + at, 5, "\\x%02x", *p++);
		}
	}
	if (size)
		out[at] = '\0';
}

/* str_trim - cut white space at both ends, in place; returns the new start. */
char *str_trim(char *s)
{
	size_t n;

	s += strspn(s, " \t\r\n");
	n = strlen(s);
	while (n && strchr(" \t\r\n", s[n - 1]))
		s[--n] = '\0';
	return s;
}
