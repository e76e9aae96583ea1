/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output: what list commands share: tables, JSON, templates, filters, times for people.
 */
#ifndef SANDBOX_CLI_OUTPUT_H
#define SANDBOX_CLI_OUTPUT_H

#include <regex.h>

#include "cli/template.h"

/**
 * struct column - a field of a list
 * @key: the member of the row's JSON object
 * @title: its heading
 * @shown: in the table that comes without --format
 */
struct column {
	const char *key, *title;
	bool shown;
};

enum output_mode { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_TEMPLATE };

/**
 * struct output - a list that is being printed
 * @text: cells with tabs between, lines; aligned by output_end()
 * @aligned: --format began with "table "
 */
struct output {
	const struct column *columns;
	size_t ncolumns;
	enum output_mode mode;
	bool aligned, noheading, quiet;
	struct template template;
	json *all;
	struct buf text;
};

int output_begin(struct output *o, const struct column *columns, size_t n, const char *format,
		 struct err *e);
void output_cells(struct output *o, const char *const *cells);
int output_row(struct output *o, json *row, struct err *e);
int output_end(struct output *o, struct err *e);
void output_free(struct output *o);
#define cleanup_output __cleanup(output_free)

int output_objects(json *all, const char *format, struct err *e);
void table_align(const struct buf *text, struct buf *out);

/* ---- filter.c ------------------------------------------------------------------------------------- */

struct filter_value {
	const struct filter_def *def;
	char *text;
	bool negated;
	regex_t *pattern;
};

/**
 * struct filter_def - a key of --filter
 * @pattern: the value is an extended regular expression
 * @all: of several values every one has to fit; otherwise one is enough
 * @check: refuses a bad value with the error set; NULL when there is none
 * @match: does the item fit?
 */
struct filter_def {
	const char *key;
	bool pattern, all;
	int (*check)(const char *value, struct err *e);
	bool (*match)(const void *item, const struct filter_value *v);
};

struct filters {
	struct filter_value *v;
	size_t n;
};

int filters_parse(struct filters *f, const struct filter_def *defs, size_t ndefs,
		  const struct strv *given, struct err *e);
bool filters_match(const struct filters *f, const void *item);
void filters_free(struct filters *f);
#define cleanup_filters __cleanup(filters_free)
bool label_match(const struct strv *labels, const char *want);
json *labels_json(const struct strv *labels);

/* ---- container_filter.c ---------------------------------------------------------------------------- */

struct container_info;
struct container_infos;

void container_status(char out[96], const struct container_info *c, int64_t now);
int container_filters(struct filters *f, const struct strv *given, struct err *e);
bool container_fits(const struct filters *f, const struct container_info *c,
		    const struct container_infos *all);

/* ---- human.c -------------------------------------------------------------------------------------- */

void human_duration(char out[32], int64_t seconds);
void human_ago(char out[40], int64_t when_ns, int64_t now_ns);
void time_long(char out[64], int64_t when_ns);
int ask(const char *question, struct err *e);

#endif
