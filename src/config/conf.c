/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of settings: lines of "key = value", empty lines, and comments that
 * start with # or ;. There are no sections, no quotes and no continuation: what
 * stands behind the sign is the value, without the blanks around it.
 */
#include "config/config.h"

#define CONF_MAX (1 << 20)

static int conf_one(char *text, const char *file, unsigned line, conf_line call, void *ctx,
		    struct err *e)
{
	char *key = str_trim(text), *value;

	if (!*key || *key == '#' || *key == ';')
		return 0;
	value = strchr(key, '=');
	if (!value)
		return fail(e, EINVAL, "%s:%u: \"%.60s\" is not of the form key = value", file,
			    line, key);
	*value++ = '\0';
	key = str_trim(key);
	if (!*key || strlen(key) != strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_.-"))
		return fail(e, EINVAL, "%s:%u: \"%.60s\" is not a key", file, line, key);
	return call(ctx, key, str_trim(value), file, line, e);
}

/**
 * conf_parse - call back for each setting of a text
 * @file: its name for messages
 * @text: borrowed, need not end in NUL
 * @call: may stop by returning -errno
 *
 * Return: 0, -EINVAL with file and line in @e, or what @call returned.
 */
int conf_parse(const char *file, const char *text, size_t n, conf_line call, void *ctx,
	       struct err *e)
{
	const char *end = text + n;

	if (n && memchr(text, '\0', n))
		return fail(e, EINVAL, "%s: is not a text file", file);
	for (unsigned line = 1; text < end; line++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		cleanup_free char *copy = xstrndup(text, (size_t)((stop ? stop : end) - text));
		int r = conf_one(copy, file, line, call, ctx, e);

		if (r < 0)
			return r;
		text = stop ? stop + 1 : end;
	}
	return 0;
}

/**
 * conf_read - call back for each setting of a file
 * @file: its path
 *
 * Return: 1, or 0 when there is no such file, else -errno.
 */
int conf_read(const char *file, conf_line call, void *ctx, struct err *e)
{
	cleanup_buf struct buf text = {};
	int r = read_file_at(AT_FDCWD, file, CONF_MAX, &text);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r == -EINVAL)
		return fail(e, EINVAL, "cannot read %s: it is not a regular file", file);
	if (r < 0)
		return fail(e, -r, "cannot read %s: %s", file, strerror(-r));
	r = conf_parse(file, text.data ? text.data : "", text.len, call, ctx, e);
	return r < 0 ? r : 1;
}
