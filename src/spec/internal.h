/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SANDBOX_SPEC_INTERNAL_H
#define SANDBOX_SPEC_INTERNAL_H

#include "spec/spec.h"

/* ---- node.c: values of a JSON text that know where they stand --------------------------------- */

/**
 * struct node - a value and its place, for errors such as "process.args[2]: has to be a string"
 * @v: NULL when it is absent or null, which mean the same
 * @up: what it is a part of, NULL at the top
 * @key: of a member; NULL for an element
 * @index: of an element
 */
struct node {
	const json *v;
	const struct node *up;
	const char *key;
	size_t index;
};

/* what reads a value: 0, or -EINVAL and the error is set */
typedef int node_reader(void *ctx, const struct node *n, struct err *e);

/** struct member - what is done with a member of an object when it is there */
struct member {
	const char *key;
	node_reader *read;
	bool required;
};

struct node node_get(const struct node *obj, const char *key);
int node_fail(const struct node *n, struct err *e, const char *fmt, ...) __printf_fmt(3, 4);
int node_in(const struct node *n, struct err *e, int r);
int node_members(void *ctx, const struct node *obj, const struct member *m, size_t count,
		 struct err *e);
int node_each(void *ctx, const struct node *arr, node_reader *read, struct err *e);
int node_pairs(void *ctx, const struct node *obj, node_reader *read, struct err *e);
int node_str(const struct node *n, const char **out, struct err *e);
int node_set(const struct node *n, char **out, struct err *e);
int node_path(const struct node *n, char **out, struct err *e);
int node_strv(const struct node *n, struct strv *out, struct err *e);
int node_bool(const struct node *n, bool *out, struct err *e);
int node_int(const struct node *n, int64_t min, int64_t max, int64_t *out, struct err *e);
int node_u32(const struct node *n, uint32_t max, uint32_t *out, struct err *e);
int node_u64(const struct node *n, uint64_t *out, struct err *e);

#define ID_MAX (UINT32_MAX - 1)

/* ---- the parts of config.json ------------------------------------------------------------------- */

int oci_process(struct spec *s, const struct node *n, struct err *e);
int oci_mount(void *ctx, const struct node *n, struct err *e);
int oci_linux(void *ctx, const struct node *n, struct err *e);
int oci_resources(void *ctx, const struct node *n, struct err *e);
int oci_mappings(struct idmap *m, const struct node *n, struct err *e);
int oci_check(const struct spec *s, struct err *e);
int ulimit_number(const char *name);

#endif
