/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words for systemd's unit files, and the command that made a container as a unit has it.
 */
#include "cli/generate.h"

/**
 * unit_word - a word as it stands in ExecStart= and the like
 *
 * Between quotes whatever is not plain; % begins a specifier there, $ a variable.
 * Source: systemd.service(5), COMMAND LINES; systemd.syntax(7), QUOTING.
 */
void unit_word(struct buf *out, const char *word)
{
	bool plain = *word &&
		     !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789-_=+:,./@")];

	if (plain) {
		buf_puts(out, word);
		return;
	}
	buf_puts(out, "\"");
	for (const char *p = word; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '%' || c == '$')
			buf_printf(out, "%c%c", c, c);
		else if (c < ' ' || c == 0x7f)
			buf_printf(out, "\\x%02x", c);
		else
			buf_add(out, p, 1);
	}
	buf_puts(out, "\"");
}

/**
 * unit_folder - WorkingDirectory=, which knows specifiers and no quotes
 *
 * A name that cannot be written so is left out.
 */
void unit_folder(struct buf *out, const char *path)
{
	for (const char *p = path; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return;
	}
	buf_puts(out, "WorkingDirectory=");
	for (const char *p = path; *p; p++)
		buf_puts(out, (char[]){*p, *p == '%' ? '%' : '\0', '\0'});
	buf_puts(out, "\n");
}

/**
 * unit_command - a line of words
 * @key: ExecStart=
 * @self: path of sandbox
 * @root: --root of it, or NULL
 */
void unit_command(struct buf *out, const char *key, const char *self, const char *root,
		  const struct strv *words)
{
	buf_puts(out, key);
	unit_word(out, self);
	if (root) {
		buf_puts(out, " --root ");
		unit_word(out, root);
	}
	strv_for_each (w, words) {
		buf_puts(out, " ");
		unit_word(out, w);
	}
	buf_puts(out, "\n");
}

static const struct opt *find(const char *name, size_t n, char letter)
{
	for (size_t i = 0; i < run_opts_table.n; i++) {
		const struct opt *o = &run_opts_table.v[i];

		if (name ? strlen(o->name) == n && !strncmp(o->name, name, n) : o->letter == letter)
			return o;
	}
	return NULL;
}

/* What the unit says itself, or has to be so in one. */
static bool is_dropped(const struct opt *o)
{
	static const char *const names[] = {"cidfile", "detach", "explain", "name",
					    "restart", "rm",     "sdnotify"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (streq(o->name, names[i]))
			return true;
	}
	return false;
}

/* One word of short options, without those that are dropped. Return: words taken. */
static size_t add_short(struct strv *out, const struct strv *words, size_t i)
{
	cleanup_buf struct buf kept = {};
	const char *p = words->v[i] + 1;

	buf_puts(&kept, "-");
	for (; *p; p++) {
		const struct opt *o = find(NULL, 0, *p);

		if (!o || opt_takes_value(o))
			break;
		if (!is_dropped(o))
			buf_add(&kept, p, 1);
	}
	/* None that takes a value is dropped and short. */
	buf_puts(&kept, p);
	if (kept.len > 1)
		strv_add(out, kept.data);
	if (*p && !p[1] && i + 1 < words->n) {
		strv_add(out, words->v[i + 1]);
		return 2;
	}
	return 1;
}

static size_t add_long(struct strv *out, const struct strv *words, size_t i, const char **sdnotify)
{
	const char *name = words->v[i] + 2;
	size_t n = strcspn(name, "="), taken;
	const struct opt *o = find(name, n, 0);
	const char *value = name[n] ? name + n + 1 : NULL;

	taken = o && opt_takes_value(o) && !value && i + 1 < words->n ? 2 : 1;
	if (taken == 2)
		value = words->v[i + 1];
	if (o && streq(o->name, "sdnotify"))
		*sdnotify = value;
	for (size_t k = 0; (!o || !is_dropped(o)) && k < taken; k++)
		strv_add(out, words->v[i + k]);
	return taken;
}

/**
 * unit_run_words - the options, the image and the words of the command that made a container,
 * without the options that a unit gives itself
 * @made: the words behind run or create
 * @out: receives them; NULL when only @sdnotify is asked for
 * @sdnotify: receives what --sdnotify said, borrowed, or NULL
 */
void unit_run_words(const struct strv *made, struct strv *out, const char **sdnotify)
{
	cleanup_strv struct strv unused = {};
	size_t i = 0;

	*sdnotify = NULL;
	if (!out)
		out = &unused;
	while (i < made->n && made->v[i][0] == '-' && made->v[i][1] && !streq(made->v[i], "--"))
		i += made->v[i][1] == '-' ? add_long(out, made, i, sdnotify)
					  : add_short(out, made, i);
	for (; i < made->n; i++)
		strv_add(out, made->v[i]);
}
