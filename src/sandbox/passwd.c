/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * passwd, group and subid files: lines of colon-separated fields. The host's
 * own are read here as well: getpwuid() loads libnss modules and costs ten
 * times what reading the file does.
 */
#include "sandbox/idmap_internal.h"

#define CHUNK 8192

/**
 * lines_init - start reading
 * @fd: borrowed
 * @max: of one line, bytes
 */
void lines_init(struct lines *l, int fd, size_t max)
{
	*l = (struct lines){.fd = fd, .max = max};
}

void lines_free(struct lines *l)
{
	free(l->buf);
	l->buf = NULL;
}

/* Reads more behind what is there. Return: whether something came. */
static bool fill(struct lines *l)
{
	ssize_t r;

	if (l->eof)
		return false;
	if (l->at)
		memmove(l->buf, l->buf + l->at, l->len - l->at);
	l->len -= l->at;
	l->at = 0;
	if (l->cap - l->len < CHUNK / 2) {
		l->cap = l->cap ? 2 * l->cap : CHUNK;
		l->buf = xreallocarray(l->buf, l->cap + 1, 1);
	}
	do
		r = read(l->fd, l->buf + l->len, l->cap - l->len);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		l->r = -errno;
	if (r <= 0) {
		l->eof = true;
		return false;
	}
	l->len += (size_t)r;
	return true;
}

/* The rest of a line that was cut. */
static bool skip_rest(struct lines *l)
{
	for (;;) {
		char *nl = l->len > l->at ? memchr(l->buf + l->at, '\n', l->len - l->at) : NULL;

		if (nl) {
			l->at = (size_t)(nl - l->buf) + 1;
			l->skip = false;
			return true;
		}
		l->at = l->len;
		if (!fill(l))
			return false;
	}
}

/**
 * lines_next - the next line, without its newline
 * @len: receives its length (it may hold NUL bytes); NULL when not wanted
 *
 * Return: a NUL-terminated string, valid until the next call and free to be
 * changed; NULL at the end or when reading failed (@l->r).
 */
char *lines_next(struct lines *l, size_t *len)
{
	size_t seen = 0, n;
	char *line, *nl = NULL;

	if (l->skip && !skip_rest(l))
		return NULL;
	l->cut = false;
	for (;;) {
		size_t have = l->len - l->at;

		if (have > seen)
			nl = memchr(l->buf + l->at + seen, '\n', have - seen);
		seen = have;
		if (nl || have > l->max || !fill(l))
			break;
	}
	if (l->r < 0 || (!nl && l->len == l->at))
		return NULL;
	l->no++;
	line = l->buf + l->at;
	n = nl ? (size_t)(nl - line) : l->len - l->at;
	l->cut = n > l->max;
	l->at += nl ? n + 1 : n;
	if (l->cut) {
		n = l->max;
		l->skip = !nl;
	}
	line[n] = '\0';
	if (len)
		*len = n;
	return line;
}

/**
 * split_fields - cut a line in place
 * @field: receives at most @max fields; the last takes the rest
 *
 * Return: how many fields there are.
 */
size_t split_fields(char *line, char sep, char **field, size_t max)
{
	size_t n = 0;

	while (line && n < max) {
		char *next = n + 1 < max ? strchr(line, sep) : NULL;

		if (next)
			*next++ = '\0';
		field[n++] = line;
		line = next;
	}
	return n;
}

/**
 * pw_parse - a line of passwd
 * @line: is cut into pieces
 *
 * Return: false when it is none (comment, blank, too few fields, NUL bytes).
 */
bool pw_parse(char *line, size_t len, struct pw *pw)
{
	char *f[7];
	size_t n;

	if (memchr(line, '\0', len))
		return false;
	n = split_fields(line, ':', f, ARRAY_SIZE(f));
	if (n < 4 || !*f[0])
		return false;
	*pw = (struct pw){.name = f[0], .home = n > 5 ? f[5] : ""};
	pw->valid = !parse_id(f[2], &pw->uid) && !parse_id(f[3], &pw->gid);
	return true;
}

/* gr_parse - a line of group; as pw_parse() */
bool gr_parse(char *line, size_t len, struct gr *gr)
{
	char *f[4];
	size_t n;

	if (memchr(line, '\0', len))
		return false;
	n = split_fields(line, ':', f, ARRAY_SIZE(f));
	if (n < 3 || !*f[0])
		return false;
	*gr = (struct gr){.name = f[0], .members = n > 3 ? f[3] : NULL};
	gr->valid = !parse_id(f[2], &gr->gid);
	return true;
}

bool gr_has_member(const struct gr *gr, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = gr->members; p && *p; p += strspn(p, ",")) {
		size_t k = strcspn(p, ",");

		if (k == n && !memcmp(p, name, n))
			return true;
		p += k;
	}
	return false;
}
