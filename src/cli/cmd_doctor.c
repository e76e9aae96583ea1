/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"

struct doctor_opts {
	char *format;
	int help;
};

#define AT(member) offsetof(struct doctor_opts, member)

static const struct opt table[] = {
	{"format", 0, OPT_STR, AT(format), "FORMAT", "enum:text|json", "text (default) or json"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
};

const struct opts doctor_opts_table = {table, ARRAY_SIZE(table)};

static const char *const levels[] = {
	[FINDING_OK] = "ok",
	[FINDING_NOTE] = "note",
	[FINDING_WARN] = "warn",
	[FINDING_FAIL] = "fail",
};

/* Each row is shown as soon as it is known; texts such as a profile come last. */
static void tell_text(void *ctx, const struct doctor_row *row)
{
	struct buf *later = ctx;

	printf("%-6s%-17s%s\n", levels[row->level], row->name, row->found);
	if (row->level > FINDING_OK) {
		printf("%-23sfor: %s\n", "", row->why);
		if (*row->remedy)
			printf("%-23sdo:  %s\n", "", row->remedy);
	}
	if (*row->attachment)
		buf_printf(later, "\n%s", row->attachment);
	fflush(stdout);
}

static void tell_json(void *ctx, const struct doctor_row *row)
{
	json *o = json_obj();

	json_set(o, "name", json_str(row->name));
	json_set(o, "level", json_str(levels[row->level]));
	json_set(o, "found", json_str(row->found));
	json_set(o, "why", json_str(row->why));
	json_set(o, "remedy", json_str(row->remedy));
	if (*row->attachment)
		json_set(o, "attachment", json_str(row->attachment));
	json_add(ctx, o);
}

static enum finding run_text(const char *root)
{
	cleanup_buf struct buf later = {};
	enum finding worst = doctor_run(root, tell_text, &later);

	if (later.len)
		fputs(later.data, stdout);
	puts(worst == FINDING_FAIL ? "\nNo container can run here: see the lines that say fail."
				   : "\nContainers can run here.");
	return worst;
}

static enum finding run_json(const char *root)
{
	cleanup_json json *top = json_obj();
	cleanup_free char *text = NULL;
	json *rows = json_arr();
	enum finding worst = doctor_run(root, tell_json, rows);

	json_set(top, "ok", json_boolean(worst != FINDING_FAIL));
	json_set(top, "rows", rows);
	text = json_dump(top, true);
	puts(text);
	return worst;
}

/**
 * cmd_doctor - tell whether containers can run here, and what is missing
 *
 * Return: 0 when a container can run, 125 when none can, or -errno.
 */
int cmd_doctor(struct global *g, int argc, char **argv, struct err *e)
{
	struct doctor_opts o = {.help = -1};
	cleanup_strv struct strv words = {};
	cleanup_free char *format = NULL;
	enum finding worst;
	int r = opts_parse(&doctor_opts_table, &o, argc, argv, false, &words, e);

	format = o.format ? o.format : xstrdup("text");
	if (r < 0)
		return r;
	if (o.help > 0) {
		help_command(command_find("doctor"));
		return 0;
	}
	if (words.n)
		return fail(e, EINVAL, "doctor takes no words, and \"%s\" is one", words.v[0]);
	if (!streq(format, "text") && !streq(format, "json"))
		return fail(e, EINVAL, "--format takes text or json, not \"%s\"", format);
	worst = streq(format, "json") ? run_json(g->root) : run_text(g->root);
	return worst == FINDING_FAIL ? EXIT_SANDBOX : 0;
}
