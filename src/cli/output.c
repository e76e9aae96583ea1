/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A list command gives rows, and --format decides what becomes of them: cells of a table
 * whose widths are known at the end; one JSON array; or a template per row, aligned and
 * with a heading when the format begins with "table ". Names and words of images are
 * strangers' bytes: in a table, and in whatever goes to a terminal, control characters
 * are escaped.
 */
#include "cli/output.h"

#define COLUMNS_MAX 64

/**
 * output_begin - begin a list
 * @columns: borrowed; the first one is what --quiet shows
 * @format: NULL, "table", "json" or a template
 *
 * Return: 0 or -errno.
 */
int output_begin(struct output *o, const struct column *columns, size_t n, const char *format,
		 struct err *e)
{
	*o = (struct output){.columns = columns, .ncolumns = n};
	if (!format || streq(format, "table"))
		return 0;
	if (streq(format, "json")) {
		o->mode = OUTPUT_JSON;
		o->all = json_arr();
		return 0;
	}
	o->mode = OUTPUT_TEMPLATE;
	if (str_has_prefix(format, "table ")) {
		o->aligned = true;
		format += strlen("table ");
	}
	if (!strstr(format, "{{"))
		return fail(e, EINVAL,
			    "--format takes table, json or a template such as \"{{.%s}}\", not "
			    "\"%s\"",
			    columns[0].key, format);
	return template_parse(format, &o->template, e);
}

static void add_cell(struct output *o, const char *text, bool last)
{
	size_t plain = strcspn(text, "\t\n\r\033");
	char safe[512];

	if (text[plain]) {
		str_escape(safe, sizeof(safe), text);
		text = safe;
	}
	buf_puts(&o->text, text);
	buf_puts(&o->text, last ? "\n" : "\t");
}

/**
 * output_cells - add a row to a table without --format
 * @cells: of the columns that are shown, in their order; the first alone when quiet
 */
void output_cells(struct output *o, const char *const *cells)
{
	size_t shown = 0, at = 0;

	for (size_t i = 0; i < o->ncolumns; i++)
		shown += o->columns[i].shown;
	if (o->quiet)
		shown = 1;
	for (; at < shown; at++)
		add_cell(o, cells[at], at + 1 == shown);
}

static void row_cells(struct output *o, const json *row)
{
	struct buf text[COLUMNS_MAX] = {};
	const char *cells[COLUMNS_MAX] = {};
	size_t n = 0;

	for (size_t i = 0; i < o->ncolumns && n < COLUMNS_MAX; i++) {
		if (!o->columns[i].shown)
			continue;
		buf_puts(&text[n], "");
		template_print(&text[n], json_get(row, o->columns[i].key));
		cells[n] = text[n].data;
		n++;
	}
	output_cells(o, cells);
	while (n > 0)
		buf_free(&text[--n]);
}

static int run_template(struct output *o, const json *row, bool heading, struct err *e)
{
	int r = template_run(&o->template, row, heading, &o->text, e);

	if (!r && (!o->text.len || o->text.data[o->text.len - 1] != '\n'))
		buf_puts(&o->text, "\n");
	return r;
}

/**
 * output_row - add a row
 * @row: taken
 *
 * Return: 0, or -errno when the template fails.
 */
int output_row(struct output *o, json *row, struct err *e)
{
	int r = 0;

	if (o->mode == OUTPUT_JSON) {
		json_add(o->all, row);
		return 0;
	}
	if (o->mode == OUTPUT_TABLE)
		row_cells(o, row);
	else
		r = run_template(o, row, false, e);
	json_put(row);
	return r;
}

static size_t text_width(const char *s, size_t n)
{
	size_t width = 0;

	for (size_t i = 0; i < n; i++)
		width += (s[i] & 0xc0) != 0x80;
	return width;
}

/* One cell of a line: @p to the tab or the end of the line; returns its length. */
static size_t cell_len(const char *p, const char *end)
{
	const char *at = p;

	while (at < end && *at != '\t' && *at != '\n')
		at++;
	return (size_t)(at - p);
}

/**
 * table_align - lines of cells with tabs between, padded to columns two blanks apart
 * @out: appended to
 */
void table_align(const struct buf *text, struct buf *out)
{
	const char *end = text->data + text->len;
	size_t width[COLUMNS_MAX] = {}, column = 0;

	for (const char *p = text->data; p < end;) {
		size_t n = cell_len(p, end);
		bool last = p + n >= end || p[n] == '\n';

		if (!last)
			width[column] = MAX(width[column], text_width(p, n));
		column = last ? 0 : MIN(column + 1, COLUMNS_MAX - 1);
		p += n + 1;
	}
	column = 0;
	for (const char *p = text->data; p < end;) {
		size_t n = cell_len(p, end);
		bool last = p + n >= end || p[n] == '\n';

		buf_add(out, p, n);
		if (last)
			buf_puts(out, "\n");
		else
			buf_printf(out, "%*s", (int)(width[column] - text_width(p, n) + 2), "");
		column = last ? 0 : MIN(column + 1, COLUMNS_MAX - 1);
		p += n + 1;
	}
}

static int heading(struct output *o, struct buf *rows, struct err *e)
{
	cleanup_json json *titles = NULL;
	const char *cells[COLUMNS_MAX] = {};
	size_t n = 0;
	int r = 0;

	*rows = o->text;
	o->text = (struct buf){};
	if (o->noheading || o->quiet)
		return 0;
	if (o->mode == OUTPUT_TABLE) {
		for (size_t i = 0; i < o->ncolumns && n < COLUMNS_MAX; i++) {
			if (o->columns[i].shown)
				cells[n++] = o->columns[i].title;
		}
		output_cells(o, cells);
		return 0;
	}
	titles = json_obj();
	for (size_t i = 0; i < o->ncolumns; i++)
		json_set(titles, o->columns[i].key, json_str(o->columns[i].title));
	r = run_template(o, titles, true, e);
	return r;
}

/* Nothing that moves the cursor reaches a terminal. */
static void print_text(struct buf *b)
{
	if (b->len && isatty(STDOUT_FILENO)) {
		for (size_t i = 0, n; i < b->len; i += MAX(n, (size_t)1)) {
			unsigned char *c = (unsigned char *)b->data + i;

			/* Also U+009B, which a terminal may take for ESC [. */
			n = *c == '\n' || *c == '\t' ? 1 : str_utf8(c);
			if (!n)
				*c = '?';
		}
	}
	if (b->len)
		fwrite(b->data, 1, b->len, stdout);
}

static int finish(struct err *e)
{
	if (fflush(stdout) || ferror(stdout))
		return fail_errno(e, "cannot write the output");
	return 0;
}

/**
 * output_end - print what was added
 *
 * Return: 0 or -errno.
 */
int output_end(struct output *o, struct err *e)
{
	cleanup_buf struct buf rows = {}, lines = {};
	cleanup_free char *text = NULL;
	int r;

	if (o->mode == OUTPUT_JSON) {
		text = json_dump(o->all, json_len(o->all) > 0);
		puts(text);
		return finish(e);
	}
	if (o->mode == OUTPUT_TABLE || o->aligned) {
		r = heading(o, &rows, e);
		if (r < 0)
			return r;
		if (rows.len)
			buf_add(&o->text, rows.data, rows.len);
		if (o->text.len)
			table_align(&o->text, &lines);
		print_text(&lines);
	} else {
		print_text(&o->text);
	}
	return finish(e);
}

void output_free(struct output *o)
{
	template_free(&o->template);
	json_put(o->all);
	buf_free(&o->text);
	*o = (struct output){};
}

/**
 * output_objects - print whole objects, as inspect does
 * @all: borrowed array
 * @format: NULL or "json" for the array as JSON, else a template for each object
 *
 * Return: 0 or -errno.
 */
int output_objects(json *all, const char *format, struct err *e)
{
	static const struct column id = {"Id", "ID", true};
	cleanup_output struct output o = {};
	int r = output_begin(&o, &id, 1, format && *format ? format : "json", e);

	for (size_t i = 0; !r && i < json_len(all); i++)
		r = output_row(&o, json_hold(json_at(all, i)), e);
	return r < 0 ? r : output_end(&o, e);
}
