/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <strings.h>

#include "cli/internal.h"
#include "container/container.h"

/** struct commit_opts - options of commit */
struct commit_opts {
	struct strv change;
	char *message, *author, *iidfile;
	int pause;
	bool quiet;
	int help;
};

#define AT(member) offsetof(struct commit_opts, member)

static const struct opt table[] = {
	{"author", 'a', OPT_STR, AT(author), "NAME", "none", "who made it, for the list of images"},
	{"change", 'c', OPT_LIST, AT(change), "INSTRUCTION",
	 "enum:CMD|ENTRYPOINT|ENV|STOPSIGNAL|USER|WORKDIR",
	 "what its containers get: CMD, ENTRYPOINT, ENV, STOPSIGNAL, USER, WORKDIR"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"iidfile", 0, OPT_STR, AT(iidfile), "FILE", "file", "write the digest to a file as well"},
	{"message", 'm', OPT_STR, AT(message), "TEXT", "none", "a note, for the list of images"},
	{"pause", 'p', OPT_BOOL, AT(pause), "", "none", "pause a running container meanwhile"},
	{"quiet", 'q', OPT_FLAG, AT(quiet), "", "none", "no progress"},
};

const struct opts commit_opts_table = {table, ARRAY_SIZE(table)};

/* ---- the configuration --------------------------------------------------------------------------------- */

static int words_of(const char *value, struct strv *out, struct err *e)
{
	cleanup_json json *j = NULL;

	strv_free(out);
	if (*value != '[') {
		strv_add(out, "/bin/sh");
		strv_add(out, "-c");
		strv_add(out, value);
		return 0;
	}
	if (json_parse(value, strlen(value), &j, e) < 0)
		return -e->code;
	for (size_t i = 0; i < json_len(j); i++) {
		const char *s = json_as_str(json_at(j, i));

		if (!s)
			return fail(e, EINVAL, "only strings may stand in the list");
		strv_add(out, s);
	}
	return 0;
}

static int set_cmd(struct image_config *c, const char *value, struct err *e)
{
	return words_of(value, &c->cmd, e);
}

/* With a new entrypoint the container's command means nothing any more, as with docker. */
static int set_entrypoint(struct image_config *c, const char *value, struct err *e)
{
	strv_free(&c->cmd);
	return words_of(value, &c->entrypoint, e);
}

static int set_env(struct image_config *c, const char *value, struct err *e)
{
	size_t n = strcspn(value, "= ");
	cleanup_free char *name = xstrndup(value, n);

	if (!n || !value[n])
		return fail(e, EINVAL, "it is not NAME=VALUE");
	env_set(&c->env, name, value + n + 1);
	return 0;
}

static int set_user(struct image_config *c, const char *value, struct err *e __unused)
{
	free(c->user);
	c->user = xstrdup(value);
	return 0;
}

static int set_workdir(struct image_config *c, const char *value, struct err *e)
{
	if (*value != '/')
		return fail(e, EINVAL, "it is not an absolute path");
	free(c->cwd);
	c->cwd = xstrdup(value);
	return 0;
}

static int set_stopsignal(struct image_config *c, const char *value, struct err *e)
{
	c->stop_signal = signal_number(value);
	return c->stop_signal <= 0 ? fail(e, EINVAL, "there is no signal \"%s\"", value) : 0;
}

static const struct {
	const char *word;
	int (*set)(struct image_config *c, const char *value, struct err *e);
} instructions[] = {
	{"CMD", set_cmd},   {"ENTRYPOINT", set_entrypoint}, {"ENV", set_env},
	{"USER", set_user}, {"WORKDIR", set_workdir},       {"STOPSIGNAL", set_stopsignal},
};

/* "CMD ...", and docker's "CMD=..." */
static int change(struct image_config *c, const char *text, struct err *e)
{
	size_t n = strcspn(text, " =\t");
	const char *value = text + n + strspn(text + n, " =\t");

	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++) {
		int r;

		if (strlen(instructions[i].word) != n || strncasecmp(instructions[i].word, text, n))
			continue;
		r = *value ? instructions[i].set(c, value, e) : fail(e, EINVAL, "it says nothing");
		return r < 0 ? fail_in(e, r, "--change \"%s\"", text) : 0;
	}
	return fail(e, EINVAL,
		    "--change knows CMD, ENTRYPOINT, ENV, STOPSIGNAL, USER and WORKDIR; not \"%s\"",
		    text);
}

/* What the container got, without what every container gets anew. */
static int configure(struct image_config *c, const struct spec *s, const struct commit_opts *o,
		     struct err *e)
{
	int r = 0;

	strv_copy(&c->cmd, &s->args);
	strv_copy(&c->env, &s->env);
	env_unset(&c->env, "HOSTNAME");
	env_unset(&c->env, "TERM");
	env_unset(&c->env, "container");
	c->user = s->user ? xstrdup(s->user) : NULL;
	c->cwd = s->cwd ? xstrdup(s->cwd) : NULL;
	c->stop_signal = s->stop_signal;
	for (size_t i = 0; !r && i < o->change.n; i++)
		r = change(c, o->change.v[i], e);
	return r;
}

/* ---- the image ------------------------------------------------------------------------------------------- */

static int pack(void *ctx, int fd, struct err *e)
{
	struct files_stats stats = {};

	return files_export(ctx, fd, &stats, e);
}

static int commit_files(struct global *g, struct files *f, const struct commit_opts *o,
			const char *name, char digest[72], struct err *e)
{
	cleanup_free char *source = xasprintf("container %.12s%s%s%s%s", f->info.id,
					      o->author ? " by " : "", o->author ? o->author : "",
					      o->message ? ": " : "", o->message ? o->message : "");
	struct image_config config = {};
	struct mapped_env userns = {.mapped = -1};
	char map[24];
	struct image_commit c = {.source = source,
				 .config = &config,
				 .pack = pack,
				 .ctx = f,
				 .req = {.name = name,
					 .store = g->dirs.store,
					 .map_id = map,
					 .userns = &userns.env,
					 .quiet = o->quiet,
					 .no_sync = !g->settings.sync}};
	int r = configure(&config, &f->spec, o, e);

	idmap_name(&f->plan, map);
	if (!r)
		r = mapped_env_init(&userns, &f->plan, e);
	if (!r)
		r = image_commit(&c, digest, e);
	mapped_env_close(&userns);
	image_config_free(&config);
	return r;
}

static int write_iidfile(const char *path, const char *digest, struct err *e)
{
	cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int r = fd < 0 ? -errno : write_full(fd, digest, strlen(digest));

	return r < 0 ? fail(e, -r, "cannot write %s: %s", path, strerror(-r)) : 0;
}

static int commit(struct global *g, const struct commit_opts *o, const struct strv *words,
		  struct err *e)
{
	struct err why = {};
	struct files f;
	char digest[72];
	bool paused = false;
	int r = files_open(&g->dirs, words->v[0], false, &f, e);

	if (!r && o->pause > 0 && f.info.state == LIFE_RUNNING) {
		r = container_pause(&g->dirs, &f.info, true, e);
		paused = !r;
	}
	if (!r)
		r = commit_files(g, &f, o, words->v[1], digest, e);
	if (paused && container_pause(&g->dirs, &f.info, false, &why) < 0)
		log_warn("%s, ignoring", why.msg);
	files_close(&f);
	if (!r && o->iidfile)
		r = write_iidfile(o->iidfile, digest, e);
	if (!r)
		puts(strchr(digest, ':') + 1);
	return r;
}

int cmd_commit(struct global *g, int argc, char **argv, struct err *e)
{
	struct commit_opts o = {};
	struct strv words = {};
	int r = opts_parse(&commit_opts_table, &o, argc, argv, false, &words, e);

	if (!r && o.help > 0)
		help_command(command_find("commit"));
	else if (!r && words.n != 2)
		r = fail(e, EINVAL, "commit wants a container and the name of the new image");
	else if (!r)
		r = global_ready(g, e);
	if (!r && o.help <= 0)
		r = commit(g, &o, &words, e);
	strv_free(&words);
	strv_free(&o.change);
	free(o.message);
	free(o.author);
	free(o.iidfile);
	return r;
}
