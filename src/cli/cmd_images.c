/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "cli/output.h"
#include "container/container.h"

/** struct images_opts - options of images and rmi */
struct images_opts {
	bool quiet;
	char *format;
	int help;
};

#define AT(member) offsetof(struct images_opts, member)

static const struct opt images_table[] = {
	{"format", 0, OPT_STR, AT(format), "FORMAT", "enum:table|json",
	 "table (default), json or a template"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"quiet", 'q', OPT_FLAG, AT(quiet), "", "none", "ids only"},
};

const struct opts images_opts_table = {images_table, ARRAY_SIZE(images_table)};

static const struct opt rmi_table[] = {
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
};

const struct opts rmi_opts_table = {rmi_table, ARRAY_SIZE(rmi_table)};

static const struct column columns[] = {
	{"Name", "NAME", true},
	{"Ref", "IMAGE", true},
	{"ID", "ID", true},
	{"SizeHuman", "SIZE", true},
	{"CreatedAt", "UNPACKED", true},
	{"Repository", "REPOSITORY", false},
	{"CreatedSince", "CREATED", false},
};

static json *json_row(const struct image_info *i)
{
	json *j = json_obj();

	json_set(j, "Name", json_str(i->name));
	json_set(j, "Ref", json_str(i->ref));
	json_set(j, "Id", json_str(i->digest));
	json_set(j, "Arch", json_str(i->arch));
	json_set(j, "Source", json_str(i->source));
	json_set(j, "Size", json_u64(i->size));
	json_set(j, "Created", json_i64(i->created));
	return j;
}

/* For people: in a table and in templates, where .Size is one of them as with podman. */
static json *row(const struct image_info *i)
{
	char size[16], when[64], ago[40], id[13];
	cleanup_free char *repository = xstrndup(i->name, strcspn(i->name, ":"));
	const char *tag = strchr(i->name, ':');
	json *j = json_row(i);

	format_size(size, i->size);
	time_long(when, i->created * 1000000000);
	/* To the minute. */
	when[MIN(strlen(when), 16)] = '\0';
	human_ago(ago, i->created * 1000000000, wall_ns());
	snprintf(id, sizeof(id), "%.12s", i->broken ? "damaged" : i->digest);
	json_set(j, "ID", json_str(id));
	json_set(j, "Size", json_str(size));
	json_set(j, "SizeHuman", json_str(size));
	json_set(j, "CreatedAt", json_str(when));
	json_set(j, "CreatedSince", json_str(ago));
	json_set(j, "Repository", json_str(repository));
	json_set(j, "Tag", json_str(tag ? tag + 1 : "latest"));
	return j;
}

static int print_list(const struct image_list *list, const struct images_opts *o, struct err *e)
{
	cleanup_output struct output out = {};
	int r = output_begin(&out, columns, ARRAY_SIZE(columns), o->format, e);

	for (size_t i = 0; !r && i < list->n; i++)
		r = output_row(&out,
			       out.mode == OUTPUT_JSON ? json_row(&list->v[i]) : row(&list->v[i]),
			       e);
	return r < 0 ? r : output_end(&out, e);
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
	if (!r)
		r = global_ready(g, e);
	if (!r)
		r = image_list(g->dirs.store, &list, e);
	if (r < 0)
		goto out;
	if (o.quiet) {
		for (size_t i = 0; i < list.n; i++)
			printf("%.*s\n", list.v[i].broken ? NAME_MAX : 12,
			       list.v[i].broken ? list.v[i].name : list.v[i].digest);
	} else {
		r = print_list(&list, &o, e);
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
	r = container_layers(&g->dirs, &used, e);
	if (!r)
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
