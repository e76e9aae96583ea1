/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"

/** struct images_opts - options of images and rmi */
struct images_opts {
	bool quiet;
	char *format;
	int help;
};

#define AT(member) offsetof(struct images_opts, member)

static const struct opt images_table[] = {
	{"format", 0, OPT_STR, AT(format), "FORMAT", "enum:table|json", "table (default) or json"},
	{"help", 0, OPT_BOOL, AT(help), NULL, "none", "this text"},
	{"quiet", 'q', OPT_FLAG, AT(quiet), NULL, "none", "ids only"},
};

const struct opts images_opts_table = {images_table, ARRAY_SIZE(images_table)};

static const struct opt rmi_table[] = {
	{"help", 0, OPT_BOOL, AT(help), NULL, "none", "this text"},
};

const struct opts rmi_opts_table = {rmi_table, ARRAY_SIZE(rmi_table)};

static void print_json(const struct image_list *list)
{
	cleanup_json json *all = json_arr();
	cleanup_free char *text = NULL;

	for (size_t i = 0; i < list->n; i++) {
		json *j = json_obj();

		json_set(j, "Name", json_str(list->v[i].name));
		json_set(j, "Ref", json_str(list->v[i].ref));
		json_set(j, "Id", json_str(list->v[i].digest));
		json_set(j, "Arch", json_str(list->v[i].arch));
		json_set(j, "Source", json_str(list->v[i].source));
		json_set(j, "Size", json_u64(list->v[i].size));
		json_set(j, "Created", json_i64(list->v[i].created));
		json_add(all, j);
	}
	text = json_dump(all, true);
	puts(text);
}

static void print_table(const struct image_list *list)
{
	printf("%-24s  %-20s  %-12s  %-9s  %s\n", "NAME", "IMAGE", "ID", "SIZE", "UNPACKED");
	for (size_t i = 0; i < list->n; i++) {
		const struct image_info *info = &list->v[i];
		time_t t = (time_t)info->created;
		char size[16], when[32] = "", name[256], ref[256];
		struct tm tm;

		if (localtime_r(&t, &tm))
			strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm);
		format_size(size, info->size);
		str_escape(name, sizeof(name), info->name);
		str_escape(ref, sizeof(ref), info->ref);
		printf("%-24s  %-20s  %.12s  %-9s  %s\n", name, ref, info->digest, size, when);
	}
}

int cmd_images(struct global *g, int argc, char **argv, struct err *e)
{
	struct images_opts o = {};
	struct image_list list = {};
	struct strv words = {};
	int r = opts_parse(&images_opts_table, &o, argc, argv, false, &words, e);

	if (!r && o.help > 0) {
		help_command(command_find("images"));
		goto out;
	}
	if (!r && words.n)
		r = fail(e, EINVAL, "images takes no \"%s\" behind it", words.v[0]);
	if (!r && o.format && !streq(o.format, "json") && !streq(o.format, "table"))
		r = fail(e, EINVAL, "--format knows table and json; not \"%s\"", o.format);
	if (!r)
		r = global_ready(g, e);
	if (!r)
		r = image_list(g->dirs.store, &list, e);
	if (r < 0)
		goto out;
	if (o.quiet) {
		for (size_t i = 0; i < list.n; i++)
			printf("%.12s\n", list.v[i].digest);
	} else if (o.format && streq(o.format, "json")) {
		print_json(&list);
	} else {
		print_table(&list);
	}
out:
	image_list_free(&list);
	strv_free(&words);
	free(o.format);
	return r;
}

static int remove_images(struct global *g, const struct strv *names, struct err *e)
{
	struct idmap_plan plan = {};
	struct mapped_env userns = {.mapped = -1};
	struct strv used = {};
	struct spec s;
	int r;

	spec_init(&s);
	container_layers(&g->dirs, &used);
	r = idmap_make_plan(&plan, &s, e);
	if (!r)
		r = mapped_env_init(&userns, &plan, e);
	for (size_t i = 0; !r && i < names->n; i++) {
		struct image_gone gone = {};

		r = image_remove(g->dirs.store, names->v[i], &used, &userns.env, &gone, e);
		strv_for_each (name, &gone.names) {
			event_write(&g->dirs, &(struct event){
						      .type = "image",
						      .action = "remove",
						      .name = name,
					      });
			printf("%s\n", name);
		}
		strv_free(&gone.names);
	}
	strv_free(&used);
	mapped_env_close(&userns);
	idmap_plan_free(&plan);
	spec_free(&s);
	return r;
}

int cmd_rmi(struct global *g, int argc, char **argv, struct err *e)
{
	struct images_opts o = {};
	struct strv words = {};
	int r = opts_parse(&rmi_opts_table, &o, argc, argv, false, &words, e);

	if (!r && o.help > 0)
		help_command(command_find("rmi"));
	else if (!r && !words.n)
		r = fail(e, EINVAL, "rmi wants an image behind it");
	else if (!r)
		r = global_ready(g, e);
	if (!r && o.help <= 0)
		r = remove_images(g, &words, e);
	strv_free(&words);
	return r;
}
