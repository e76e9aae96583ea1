/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/stat.h>

#include "cli/internal.h"
#include "container/container.h"

/* --entrypoint: a JSON list of strings, or one word; empty for none */
static int parse_entrypoint(const char *text, struct strv *out, struct err *e)
{
	cleanup_json json *j = NULL;

	if (!text || !*text)
		return 0;
	if (*text != '[') {
		strv_add(out, text);
		return 0;
	}
	if (json_parse(text, strlen(text), &j, e) < 0)
		return fail_in(e, -EINVAL, "--entrypoint");
	for (size_t i = 0; i < json_len(j); i++) {
		const char *s = json_as_str(json_at(j, i));

		if (!s)
			return fail(e, EINVAL, "--entrypoint: only strings may stand in the list");
		strv_add(out, s);
	}
	return 0;
}

static int use_folder(struct spec *s, const char *dir, struct err *e)
{
	struct stat st;

	s->rootfs.dir = realpath(dir, NULL);
	if (!s->rootfs.dir || stat(s->rootfs.dir, &st) < 0)
		return fail_errno(e, "--rootfs %s", dir);
	if (!S_ISDIR(st.st_mode))
		return fail(e, ENOTDIR,
			    "--rootfs %s is not a folder; an archive goes without --rootfs", dir);
	if (streq(s->rootfs.dir, "/"))
		return fail(
			e, EINVAL,
			"--rootfs / would put the container into the host's own root; use a copy of it");
	return 0;
}

/* A layer is shared by all containers of an id map, and the container's folder is its own. */
static int use_image(struct global *g, struct spec *s, const struct run_opts *o, const char *name,
		     const struct idmap_plan *plan, struct image *image, struct err *e)
{
	int r = o->arch ? image_arch_runnable(o->arch, e) : 0;

	if (!r)
		r = image_for(g, o, name, plan, image, e);
	if (r < 0)
		return r;
	strv_copy(&s->rootfs.layers, &image->layers);
	s->rootfs.state_dir = xasprintf("%s/containers/%s", g->dirs.store, s->id);
	return 0;
}

static void say_about_ids(const struct spec *s, const struct idmap_plan *plan)
{
	if (plan->why[0])
		log_warn("running with one id: %s", plan->why);
	if (plan->deny_setgroups && plan->driver == IDMAP_ONE && !s->keep_groups && plan->why[0])
		log_debug("your supplementary groups stay with the container");
}

static int explain(const struct container *c, struct err *e)
{
	struct buf text = {};
	int r = container_explain(c, &text, e);

	if (!r)
		fputs(text.data, stdout);
	buf_free(&text);
	return r;
}

static int run_or_create(const struct container *c, enum make what, struct err *e)
{
	int code = 0;
	int r = what == MAKE_RUN ? container_run(c, &code, e) : container_create(c, e);

	if (!r && c->spec->detach && what == MAKE_RUN)
		background_hint(c->dirs);
	if (!r && (c->spec->detach || what == MAKE_CREATE))
		puts(c->spec->id);
	return r < 0 ? r : code;
}

static int make_spec(struct global *g, struct spec *s, const struct run_opts *o,
		     const struct strv *words, enum make what, struct err *e)
{
	struct idmap_plan plan = {};
	struct image image = {};
	struct strv entrypoint = {};
	const struct container c = {.spec = s, .plan = &plan, .dirs = &g->dirs};
	int r = idmap_make_plan(&plan, s, e);

	if (!r)
		r = parse_entrypoint(o->entrypoint, &entrypoint, e);
	if (!r && o->rootfs)
		r = use_folder(s, words->v[0], e);
	else if (!r && !o->explain)
		r = use_image(g, s, o, words->v[0], &plan, &image, e);
	if (!r) {
		spec_apply_image(s, &image.config, &entrypoint, o->entrypoint != NULL);
		if (!s->args.n && o->rootfs)
			strv_add(&s->args, "/bin/sh");
		r = o->explain ? explain(&c, e) : spec_check(s, e);
	}
	if (!r && !o->explain) {
		say_about_ids(s, &plan);
		r = volumes_attach(&g->dirs, &plan, s, e);
		if (!r)
			r = run_or_create(&c, what, e);
		else
			volumes_release(&g->dirs, &plan, s->id, true);
	}
	strv_free(&entrypoint);
	image_free(&image);
	idmap_plan_free(&plan);
	return r;
}

/**
 * make_container - run and create, which differ in their last step
 */
int make_container(struct global *g, int argc, char **argv, enum make what, struct err *e)
{
	struct run_opts o;
	struct spec s;
	struct strv words = {};
	int r;

	run_opts_init(&o);
	spec_init(&s);
	r = opts_parse(&run_opts_table, &o, argc, argv, true, &words, e);
	if (!r && o.help > 0) {
		help_command(command_find(argv[0]));
		goto out;
	}
	if (!r && !words.n)
		r = fail_hint(e, fail(e, EINVAL, "%s wants an image behind it", argv[0]),
			      "try: sandbox %s busybox sh", argv[0]);
	if (!r)
		r = global_ready(g, e);
	if (!r)
		r = spec_from_opts(&s, &o, &g->settings, e);
	if (!r && s.detach_keys)
		r = container_check_keys(s.detach_keys, e);
	/* What was only created is there for a start to come. */
	if (!r && what == MAKE_CREATE) {
		s.detach = true;
		s.remove = o.rm > 0;
		s.rootfs.is_volatile = s.remove;
	}
	for (size_t i = 1; !r && i < words.n; i++)
		strv_add(&s.args, words.v[i]);
	if (!r) {
		s.image = xstrdup(words.v[0]);
		for (int i = 1; i < argc; i++)
			strv_add(&s.made_by, argv[i]);
		s.made_in = getcwd(NULL, 0);
		r = make_spec(g, &s, &o, &words, what, e);
	}
out:
	strv_free(&words);
	run_opts_free(&o);
	spec_free(&s);
	return r;
}

int cmd_run(struct global *g, int argc, char **argv, struct err *e)
{
	return make_container(g, argc, argv, MAKE_RUN, e);
}
