/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"

/** struct copy_opts - options of cp, diff and export */
struct copy_opts {
	int archive, overwrite;
	bool follow, quiet;
	char *format, *output;
	int help;
};

#define AT(member) offsetof(struct copy_opts, member)

static const struct opt cp_table[] = {
	{"archive", 'a', OPT_BOOL, AT(archive), "", "none",
	 "files in a container belong to its user (default); =false keeps their owners"},
	{"follow-link", 'L', OPT_FLAG, AT(follow), "", "none",
	 "copy what SOURCE points at, when it is a symbolic link"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"overwrite", 0, OPT_BOOL, AT(overwrite), "", "none",
	 "let folders take the place of other files, and other files that of folders"},
	{"quiet", 'q', OPT_FLAG, AT(quiet), "", "none", "do not tell what was left out"},
};

static const struct opt diff_table[] = {
	{"format", 0, OPT_STR, AT(format), "FORMAT", "enum:json", "json instead of lines"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
};

static const struct opt export_table[] = {
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"output", 'o', OPT_STR, AT(output), "FILE", "file", "write there, not to standard output"},
};

const struct opts cp_opts_table = {cp_table, ARRAY_SIZE(cp_table)},
		  diff_opts_table = {diff_table, ARRAY_SIZE(diff_table)},
		  export_opts_table = {export_table, ARRAY_SIZE(export_table)};

/* @n: how many words */
static int begin(struct global *g, struct copy_opts *o, const char *name, int argc, char **argv,
		 size_t n, struct strv *words, struct err *e)
{
	const struct command *self = command_find(name);
	int r = opts_parse(self->opts, o, argc, argv, false, words, e);

	if (!r && o->help > 0)
		help_command(self);
	else if (!r && words->n != n)
		r = fail(e, EINVAL, "%s wants %s: %s", name,
			 n == 1 ? "one container" : "a source and a destination", self->usage);
	else if (!r)
		r = global_ready(g, e);
	return r;
}

static void end(struct copy_opts *o, struct strv *words)
{
	strv_free(words);
	free(o->format);
	free(o->output);
}

/* ---- cp -------------------------------------------------------------------------------------------------- */

/* The path behind "CONTAINER:", or NULL; docker's rule for which it is. */
static const char *path_inside(const char *word)
{
	const char *colon = strchr(word, ':'), *slash = strchr(word, '/');

	if (!colon || colon == word || *word == '.' || (slash && slash < colon))
		return NULL;
	return colon + 1;
}

/** struct end_of_copy - one of the two words */
struct end_of_copy {
	struct files files;
	struct files_end end;
	bool open;
};

static int open_end(struct global *g, const char *word, bool write, struct end_of_copy *c,
		    struct err *e)
{
	const char *inside = path_inside(word);
	cleanup_free char *name = NULL;

	c->end = (struct files_end){.fd = write ? STDOUT_FILENO : STDIN_FILENO};
	if (!*word || (inside && !*inside))
		return fail(e, EINVAL, "\"%s\" names no file; write CONTAINER:PATH", word);
	if (streq(word, "-"))
		return isatty(c->end.fd)
			       ? fail(e, EINVAL,
				      "an archive is not %s a terminal; use a pipe or a file",
				      write ? "written to" : "read from")
			       : 0;
	c->end.path = inside ? inside : word;
	if (!inside)
		return 0;
	name = xstrndup(word, (size_t)(inside - 1 - word));
	c->end.files = &c->files;
	c->open = true;
	return files_open(&g->dirs, name, write, &c->files, e);
}

static int copy(struct global *g, const struct copy_opts *o, const struct strv *words,
		struct err *e)
{
	struct end_of_copy from = {}, to = {};
	struct files_stats stats = {};
	unsigned flags = (o->follow ? FILES_FOLLOW : 0) | (o->overwrite > 0 ? FILES_REPLACE : 0) |
			 (o->archive ? 0 : FILES_OWNERS);
	int r = 0;

	if (!path_inside(words->v[0]) && !path_inside(words->v[1]))
		r = fail(e, EINVAL,
			 "neither \"%s\" nor \"%s\" is in a container; write CONTAINER:PATH",
			 words->v[0], words->v[1]);
	if (!r)
		r = open_end(g, words->v[0], false, &from, e);
	if (!r)
		r = open_end(g, words->v[1], true, &to, e);
	if (!r)
		r = files_copy(&from.end, &to.end, flags, &stats, e);
	if (!r && stats.skipped && !o->quiet)
		log_warn("left out %llu sockets, pipes or device nodes, ignoring",
			 (unsigned long long)stats.skipped);
	if (from.open)
		files_close(&from.files);
	if (to.open)
		files_close(&to.files);
	return r;
}

int cmd_cp(struct global *g, int argc, char **argv, struct err *e)
{
	struct copy_opts o = {.archive = 1};
	struct strv words = {};
	int r = begin(g, &o, "cp", argc, argv, 2, &words, e);

	if (!r && o.help <= 0)
		r = copy(g, &o, &words, e);
	end(&o, &words);
	return r;
}

/* ---- diff ------------------------------------------------------------------------------------------------- */

static void print_lines(const struct files_changes *c)
{
	for (size_t i = 0; i < c->n; i++) {
		size_t room = strlen(c->v[i].path) * 4 + 1;
		cleanup_free char *text = xmalloc(room);

		str_escape(text, room, c->v[i].path);
		printf("%c %s\n", c->v[i].kind, text);
	}
}

/* podman's: {"changed": [...], "added": [...], "deleted": [...]}, without what is empty */
static void print_json(const struct files_changes *c)
{
	static const struct {
		char kind;
		const char *key;
	} rows[] = {{'C', "changed"}, {'A', "added"}, {'D', "deleted"}};
	cleanup_json json *all = json_obj();
	cleanup_free char *text = NULL;

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		json *list = json_arr();

		for (size_t i = 0; i < c->n; i++) {
			if (c->v[i].kind == rows[k].kind)
				json_add(list, json_str(c->v[i].path));
		}
		if (json_len(list))
			json_set(all, rows[k].key, list);
		else
			json_put(list);
	}
	text = json_dump(all, true);
	puts(text);
}

int cmd_diff(struct global *g, int argc, char **argv, struct err *e)
{
	struct copy_opts o = {};
	struct strv words = {};
	struct files_changes changes = {};
	struct files f;
	int r = begin(g, &o, "diff", argc, argv, 1, &words, e);

	if (!r && o.help <= 0) {
		if (o.format && !streq(o.format, "json"))
			r = fail(e, EINVAL, "--format knows json; not \"%s\"", o.format);
		else
			r = files_open(&g->dirs, words.v[0], false, &f, e);
		if (!r)
			r = files_diff(&f, &changes, e);
		if (!r && o.format)
			print_json(&changes);
		else if (!r)
			print_lines(&changes);
		if (!o.format || streq(o.format, "json"))
			files_close(&f);
		files_changes_free(&changes);
	}
	end(&o, &words);
	return r;
}

/* ---- export ------------------------------------------------------------------------------------------------ */

static int export_to(struct global *g, const struct copy_opts *o, const char *name, int fd,
		     struct err *e)
{
	struct files_stats stats = {};
	struct files f;
	int r;

	if (isatty(fd))
		return fail(e, EINVAL, "an archive is not written to a terminal; use -o FILE");
	r = files_open(&g->dirs, name, false, &f, e);
	if (!r)
		r = files_export(&f, fd, &stats, e);
	files_close(&f);
	if (r < 0 && o->output)
		unlink(o->output);
	return r;
}

int cmd_export(struct global *g, int argc, char **argv, struct err *e)
{
	struct copy_opts o = {};
	struct strv words = {};
	int r = begin(g, &o, "export", argc, argv, 1, &words, e);

	if (!r && o.help <= 0 && o.output) {
		cleanup_close int fd = open(o.output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
					    0666);

		r = fd < 0 ? fail_errno(e, "cannot write %s", o.output)
			   : export_to(g, &o, words.v[0], fd, e);
	} else if (!r && o.help <= 0) {
		r = export_to(g, &o, words.v[0], STDOUT_FILENO, e);
	}
	end(&o, &words);
	return r;
}
