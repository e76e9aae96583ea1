/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SANDBOX_IMAGE_INTERNAL_H
#define SANDBOX_IMAGE_INTERNAL_H

#include "image/image.h"

/* ---- layer.c: asks sandbox-unpack ------------------------------------------------------------- */

/**
 * struct layer_result - what unpacking found out
 * @digest: "sha256:" and 64 hexadecimal digits of the input's bytes
 * @diff_id: the same of the uncompressed tar, or empty when it was not asked for
 * @skipped: device nodes that were left out
 */
struct layer_result {
	char digest[72], diff_id[72];
	uint64_t entries, bytes, skipped;
};

int layer_unpack(int archive_fd, int dest_fd, const struct helper_env *userns, bool quiet,
		 const char *label, struct layer_result *out, struct err *e);

/* ---- fetch.c: asks sandbox-fetch ---------------------------------------------------------------- */

int fetch_alpine(const struct image_req *req, const char *version, int out_fd, char **file,
		 struct err *e);

#endif
