/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * template: the part of Go's text/template that users of podman and docker type.
 */
#ifndef SANDBOX_CLI_TEMPLATE_H
#define SANDBOX_CLI_TEMPLATE_H

#include "base/base.h"

#define TEMPLATE_MAX   65536 /* bytes of the text */
#define TEMPLATE_NODES 8192
#define TEMPLATE_DEPTH 32
#define TEMPLATE_VARS  32

/**
 * enum node_kind - what a part of a template is
 * @N_TEXT: @text as it stands
 * @N_OUTPUT: print the pipeline @a
 * @N_IF, @N_RANGE, @N_WITH: the pipeline @a, the body @b, what stands behind else: @c
 * @N_PIPE: commands from @a on, chained by @next, each fed to the one behind it; names[0..1]
 *	receive the value; @assign: they exist already
 * @N_COMMAND: operands from @a on, chained by @next
 * @N_FUNC: the function @fn; stands first in a command
 * @N_FIELD: @path below dot, the variable @text, or the pipeline @a
 * @N_LITERAL: @value
 */
enum node_kind {
	N_TEXT,
	N_OUTPUT,
	N_IF,
	N_RANGE,
	N_WITH,
	N_PIPE,
	N_COMMAND,
	N_FUNC,
	N_FIELD,
	N_LITERAL
};

struct template_func;

struct node {
	enum node_kind kind;
	bool assign;
	struct node *a, *b, *c, *next;
	char *text, *names[2];
	json *value;
	const struct template_func *fn;
	struct strv path;
};

/** struct template - a parsed template; @nodes owns all of them, @first begins the list */
struct template
{
	struct node **nodes;
	size_t n;
	struct node *first;
};

int template_parse(const char *text, struct template *out, struct err *e);
int template_run(const struct template *t, const json *data, bool heading, struct buf *out,
		 struct err *e);
void template_free(struct template *t);
#define cleanup_template __cleanup(template_free)

/* ---- template_func.c ------------------------------------------------------------------------------ */

#define TEMPLATE_ARGS 16

/**
 * struct template_func - a function of templates
 * @min, @max: how many operands
 * @run: the operands are borrowed; @out receives a new reference
 * @lazy: operands are evaluated one after the other, up to the first that decides: and, or
 * @prints: makes text of whatever it gets, in a heading too
 */
struct template_func {
	const char *name;
	size_t min, max;
	int (*run)(json *const *args, size_t n, json **out, struct err *e);
	bool lazy, prints;
};

const struct template_func *template_func_find(const char *name, size_t n);
void template_func_names(struct buf *out);
void template_print(struct buf *out, const json *j);
const char *json_kind_name(const json *j);

#endif
