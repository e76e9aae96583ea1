/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/inspect.h"

struct inspect_opts {
	char *format, *type;
	bool latest;
	int help;
};

#define AT(member) offsetof(struct inspect_opts, member)

static const struct opt table[] = {
	{"format", 'f', OPT_STR, AT(format), "FORMAT", "enum:json", "json (default) or a template"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"latest", 'l', OPT_FLAG, AT(latest), "", "none", "the container made last"},
	{"type", 't', OPT_STR, AT(type), "TYPE", "enum:all|container|image",
	 "what the names are of: all (default: containers first), container or image"},
};

const struct opts inspect_opts_table = {table, ARRAY_SIZE(table)};

/* An image in the store by a name, or by its id or the beginning of that. */
static bool image_is(const struct image_info *i, const char *name)
{
	const char *hex = str_has_prefix(name, "sha256:") ? name + 7 : name;

	return streq(i->name, name) || streq(i->ref, name) ||
	       (strlen(hex) >= 4 && str_has_prefix(i->digest, hex));
}

static json *image_json(const struct image_list *list, const struct image_info *i)
{
	cleanup_free char *digest = xasprintf("sha256:%s", i->digest);
	char created[WHEN_TEXT];
	json *j = json_obj(), *tags = json_arr();

	format_when(created, i->created * 1000000000);
	for (size_t k = 0; k < list->n; k++) {
		if (streq(list->v[k].digest, i->digest))
			json_add(tags, json_str(list->v[k].name));
	}
	json_set(j, "Id", json_str(i->digest));
	json_set(j, "Digest", json_str(digest));
	json_set(j, "RepoTags", tags);
	json_set(j, "Ref", json_str(i->ref));
	json_set(j, "Source", json_str(i->source));
	json_set(j, "Created", json_str(created));
	json_set(j, "Size", json_u64(i->size));
	json_set(j, "Architecture", json_str(i->arch));
	json_set(j, "Os", json_str("linux"));
	return j;
}

static int add_image(const struct dirs *dirs, const char *name, json *all, struct err *e)
{
	struct image_list list = {};
	int r = image_list(dirs->store, &list, e);
	bool found = false;

	for (size_t i = 0; !r && !found && i < list.n; i++) {
		found = image_is(&list.v[i], name);
		if (found && list.v[i].broken)
			r = fail_hint(e,
				      fail(e, EBADMSG, "the record of image %s is damaged", name),
				      "remove it with \"sandbox rmi %s\"", name);
		else if (found)
			json_add(all, image_json(&list, &list.v[i]));
	}
	image_list_free(&list);
	return r || found ? r : fail(e, ENOENT, "there is no image \"%s\" in the store", name);
}

static int add_container(const struct dirs *dirs, const char *name, json *all, struct err *e)
{
	cleanup_container_info struct container_info info = {};
	json *j = NULL;
	int r = container_find(dirs, name, &info, e);

	if (!r)
		r = inspect_container(dirs, &info, &j, e);
	if (!r)
		json_add(all, j);
	return r;
}

static int add_latest(const struct dirs *dirs, json *all, struct err *e)
{
	cleanup_container_infos struct container_infos list = {};
	json *j = NULL;
	int r = container_list(dirs, &list, e);

	if (!r && !list.n)
		return fail(e, ENOENT, "there are no containers");
	if (!r)
		r = inspect_container(dirs, &list.v[0], &j, e);
	if (!r)
		json_add(all, j);
	return r;
}

static int add_any(const struct dirs *dirs, const char *type, const char *name, json *all,
		   struct err *e)
{
	struct err why = {};
	int r = -ENOENT;

	if (!streq(type, "image")) {
		r = add_container(dirs, name, all, &why);
		if (r != -ENOENT || streq(type, "container"))
			goto out;
	}
	why = (struct err){};
	r = add_image(dirs, name, all, &why);
	if (r == -ENOENT && streq(type, "all"))
		fail(&why, ENOENT, "there is neither a container nor an image \"%s\"", name);
out:
	if (r < 0)
		*e = why;
	return r;
}

static int check_type(const struct global *g, struct inspect_opts *o, struct err *e)
{
	if (!o->type)
		o->type = xstrdup(g->group ? g->group : "all");
	if (streq(o->type, "all") || streq(o->type, "container") || streq(o->type, "image"))
		return 0;
	return fail(e, EINVAL, "--type takes all, container or image, not \"%s\"", o->type);
}

/* What is there is shown even when something else is not; the first failure is told behind it. */
static int run_inspect(struct global *g, const struct inspect_opts *o, const struct strv *names,
		       struct err *e)
{
	cleanup_json json *all = json_arr();
	struct err first = {};
	int r = global_ready(g, e), failed = 0;

	if (r < 0)
		return r;
	if (o->latest)
		failed = add_latest(&g->dirs, all, &first);
	strv_for_each (name, names) {
		struct err why = {};

		r = add_any(&g->dirs, o->type, name, all, &why);
		if (r < 0 && !failed) {
			failed = r;
			first = why;
		}
	}
	if (json_len(all) || !failed) {
		r = output_objects(all, o->format, e);
		if (r < 0)
			return r;
	}
	if (failed)
		*e = first;
	return failed;
}

int cmd_inspect(struct global *g, int argc, char **argv, struct err *e)
{
	struct inspect_opts o = {};
	cleanup_strv struct strv words = {};
	int r = opts_parse(&inspect_opts_table, &o, argc, argv, false, &words, e);

	if (!r && o.help > 0) {
		help_command(command_find("inspect"));
	} else if (!r) {
		r = check_type(g, &o, e);
		if (!r && !words.n && !o.latest)
			r = fail(e, EINVAL, "inspect wants a container or an image behind it");
		if (!r)
			r = run_inspect(g, &o, &words, e);
	}
	free(o.format);
	free(o.type);
	return r;
}
