/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"

#define AT(member) offsetof(struct run_opts, member)

static const struct opt table[] = {
	{"arch", 0, OPT_STR, AT(arch), "ARCH", "none", "architecture of the image"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"image-path", 0, OPT_STR, AT(image_path), "DIR[:DIR...]", "dir",
	 "folders searched for root file system tarballs"},
	{"mirror", 0, OPT_STR, AT(mirror), "URL", "none", "mirror that images are fetched from"},
	{"pull", 0, OPT_STR, AT(pull), "POLICY", "enum:missing|always|never|newer",
	 "when to fetch: missing (default), always, never, newer"},
	{"quiet", 'q', OPT_FLAG, AT(quiet), "", "none", "no progress"},
	{"userns", 0, OPT_STR, AT(userns), "MODE", "enum:keep-id|nomap|host",
	 "unpack for containers of this mode"},
};

const struct opts pull_opts_table = {table, ARRAY_SIZE(table)};

/**
 * image_for - get an image ready, with the options that concern images
 */
int image_for(struct global *g, const struct run_opts *o, const char *name,
	      const struct idmap_plan *plan, struct image *out, struct err *e)
{
	struct strv path = {};
	struct mapped_env userns;
	char map[24];
	struct image_req req = {.name = name,
				.store = g->dirs.store,
				.path = &path,
				.map_id = map,
				.arch = o->arch,
				.quiet = o->quiet,
				.userns = &userns.env,
				.mirror = o->mirror ? o->mirror : g->settings.mirror,
				.no_sync = !g->settings.sync,
				.timeout = g->settings.pull_timeout};
	const char *pull = o->pull ? o->pull : g->settings.pull;
	int r = pull ? parse_pull_policy(pull, &req.pull, e) : 0;

	if (r < 0)
		return r;
	idmap_name(plan, map);
	image_path(&path, o->image_path ? o->image_path : g->settings.image_path, g->dirs.store);
	r = mapped_env_init(&userns, plan, e);
	if (!r)
		r = image_ready(&req, out, e);
	mapped_env_close(&userns);
	strv_free(&path);
	return r;
}

int cmd_pull(struct global *g, int argc, char **argv, struct err *e)
{
	struct run_opts o;
	struct spec s;
	struct strv words = {};
	struct idmap_plan plan = {};
	struct image image = {};
	int r;

	run_opts_init(&o);
	spec_init(&s);
	r = opts_parse(&pull_opts_table, &o, argc, argv, false, &words, e);
	if (!r && o.help > 0) {
		help_command(command_find("pull"));
		goto out;
	}
	if (!r && words.n != 1)
		r = fail(e, EINVAL, "pull wants one image behind it");
	if (!r)
		r = global_ready(g, e);
	if (!r)
		r = spec_from_opts(&s, &o, &g->settings, e);
	if (!r)
		r = idmap_make_plan(&plan, &s, e);
	if (!r)
		r = image_for(g, &o, words.v[0], &plan, &image, e);
	if (!r) {
		event_write(&g->dirs, &(struct event){.type = "image",
						      .action = "pull",
						      .id = image.digest,
						      .name = image.ref});
		puts(image.ref);
	}
out:
	image_free(&image);
	idmap_plan_free(&plan);
	strv_free(&words);
	run_opts_free(&o);
	spec_free(&s);
	return r;
}
