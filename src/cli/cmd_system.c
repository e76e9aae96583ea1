/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/usage.h"

struct df_opts {
	char *format;
	bool verbose;
	int help;
};

#define AT(member) offsetof(struct df_opts, member)

static const struct opt df_table[] = {
	{"format", 0, OPT_STR, AT(format), "FORMAT", "enum:table|json",
	 "table (default), json or a template"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"verbose", 'v', OPT_FLAG, AT(verbose), "", "none", "each image, container and volume"},
};

const struct opts system_df_opts_table = {df_table, ARRAY_SIZE(df_table)};

static const struct column df_columns[] = {
	{"Type", "TYPE", true},
	{"Total", "TOTAL", true},
	{"Active", "ACTIVE", true},
	{"Size", "SIZE", true},
	{"Reclaimable", "RECLAIMABLE", true},
	{"RawSize", "BYTES", false},
	{"RawReclaimable", "BYTES RECLAIMABLE", false},
};

static const struct column each_columns[] = {
	{"Type", "TYPE", true},     {"Name", "NAME", true}, {"ID", "ID", true},
	{"Active", "ACTIVE", true}, {"Size", "SIZE", true}, {"RawSize", "BYTES", false},
};

/** struct df - the output, and sums of the kind that is being counted */
struct df {
	struct output out;
	bool verbose;
	size_t total, active;
	uint64_t bytes, idle_bytes;
};

static int count(struct df *df, const char *type, const char *name, const char *id, bool active,
		 uint64_t bytes, struct err *e)
{
	char size[16], digits[13];
	json *j;

	df->total++;
	df->active += active;
	df->bytes += bytes;
	df->idle_bytes += active ? 0 : bytes;
	if (!df->verbose)
		return 0;
	format_size(size, bytes);
	snprintf(digits, sizeof(digits), "%.12s", id);
	j = json_obj();
	json_set(j, "Type", json_str(type));
	json_set(j, "Name", json_str(name ? name : ""));
	json_set(j, "ID", json_str(digits));
	json_set(j, "Active", json_boolean(active));
	json_set(j, "Size", json_str(size));
	json_set(j, "RawSize", json_u64(bytes));
	return output_row(&df->out, j, e);
}

static int sum(struct df *df, const char *type, struct err *e)
{
	char size[16], idle[16];
	cleanup_free char *reclaimable = NULL;
	json *j;

	format_size(size, df->bytes);
	format_size(idle, df->idle_bytes);
	reclaimable = xasprintf("%s (%u%%)", idle,
				df->bytes ? (unsigned)(df->idle_bytes * 100 / df->bytes) : 0);
	j = json_obj();
	json_set(j, "Type", json_str(type));
	json_set(j, "Total", json_u64(df->total));
	json_set(j, "Active", json_u64(df->active));
	json_set(j, "Size", json_str(size));
	json_set(j, "Reclaimable", json_str(reclaimable));
	json_set(j, "RawSize", json_u64(df->bytes));
	json_set(j, "RawReclaimable", json_u64(df->idle_bytes));
	df->total = df->active = 0;
	df->bytes = df->idle_bytes = 0;
	if (df->verbose) {
		json_put(j);
		return 0;
	}
	return output_row(&df->out, j, e);
}

/* Several names of one image are one. */
static bool seen_before(const struct image_list *l, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (streq(l->v[k].digest, l->v[i].digest))
			return true;
	}
	return false;
}

static int df_rows(struct df *df, const struct usage *u, struct err *e)
{
	int r = 0;

	for (size_t i = 0; !r && i < u->images.n; i++) {
		const struct image_info *v = &u->images.v[i];

		if (!seen_before(&u->images, i))
			r = count(df, "Image", v->name, v->digest, image_is_used(u, v->digest),
				  v->size, e);
	}
	if (!r)
		r = sum(df, "Images", e);
	for (size_t i = 0; !r && i < u->containers.n; i++) {
		const struct container_info *v = &u->containers.v[i];

		r = count(df, "Container", v->name, v->id, container_is_active(v),
			  u->container_bytes[i], e);
	}
	if (!r)
		r = sum(df, "Containers", e);
	for (size_t i = 0; !r && i < u->volumes.n; i++) {
		const struct volume_info *v = &u->volumes.v[i];

		r = count(df, "Volume", v->name, "", v->users.n > 0, u->volume_bytes[i], e);
	}
	return r < 0 ? r : sum(df, "Local Volumes", e);
}

static int run_df(struct global *g, const struct df_opts *o, struct err *e)
{
	cleanup_usage struct usage u = {};
	struct df df = {.verbose = o->verbose};
	int r = o->verbose
			? output_begin(&df.out, each_columns, ARRAY_SIZE(each_columns), o->format,
				       e)
			: output_begin(&df.out, df_columns, ARRAY_SIZE(df_columns), o->format, e);

	if (!r)
		r = global_ready(g, e);
	if (!r)
		r = usage_read(&u, &g->dirs, e);
	if (!r)
		r = usage_measure(&u, &g->dirs, e);
	if (!r)
		r = df_rows(&df, &u, e);
	if (!r)
		r = output_end(&df.out, e);
	output_free(&df.out);
	return r;
}

int cmd_system_df(struct global *g, int argc, char **argv, struct err *e)
{
	struct df_opts o = {};
	cleanup_strv struct strv words = {};
	int r = opts_parse(&system_df_opts_table, &o, argc, argv, false, &words, e);

	if (!r && o.help > 0)
		help_command(command_find("system df"));
	else if (!r && words.n)
		r = fail(e, EINVAL, "system df takes no \"%s\" behind it", words.v[0]);
	else if (!r)
		r = run_df(g, &o, e);
	free(o.format);
	return r;
}
