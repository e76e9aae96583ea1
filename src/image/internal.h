/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SANDBOX_IMAGE_INTERNAL_H
#define SANDBOX_IMAGE_INTERNAL_H

#include "image/image.h"

#define DIGEST_HEX 64

/* ---- ref.c: names of images; pure ---------------------------------------------------------------- */

enum ref_kind { REF_BUSYBOX, REF_ALPINE, REF_FILE };

/**
 * struct ref - what a name asks for
 * @kind: which sort of image
 * @version: alpine: "" for the newest release, "edge", or a whole or partial version
 * @path: file: as typed
 */
struct ref {
	enum ref_kind kind;
	char version[32];
	char *path;
};

int ref_parse(const char *text, struct ref *out, struct err *e);
char *ref_name(const struct ref *ref, const char *arch);

/* ---- version.c: Alpine's versions and file names; pure -------------------------------------------- */

bool alpine_version_ok(const char *s);
bool alpine_version_exact(const char *s);
bool alpine_version_match(const char *want, const char *have);
int alpine_version_cmp(const char *a, const char *b);
int alpine_file_parse(const char *file, char version[32], char arch[16]);
void alpine_branch(const char *version, char branch[16]);
bool alpine_arch_ok(const char *arch);
bool is_hex(const char *s, size_t digits);

/* ---- releases.c: latest-releases.yaml; pure, in sandbox-fetch -------------------------------------- */

/**
 * struct release - one minirootfs on a mirror
 * @sha512: empty when the mirror does not say
 * @size: bytes, 0 when the mirror does not say
 */
struct release {
	char version[32];
	char file[96];
	char sha256[DIGEST_HEX + 1];
	char sha512[129];
	uint64_t size;
};

int releases_pick(const char *yaml, size_t n, const char *arch, const char *want,
		  struct release *out, struct err *e);
int releases_check(const struct release *r, const char *arch, struct err *e);
int releases_side_file(const char *text, size_t n, const char *file, char hex[DIGEST_HEX + 1],
		       struct err *e);

/* ---- layer.c: asks sandbox-unpack ------------------------------------------------------------- */

/**
 * struct layer_result - what unpacking found out
 * @digest: "sha256:" and 64 hexadecimal digits of the input's bytes
 * @diff_id: the same of the uncompressed tar, or empty when it was not asked for
 * @skipped: device nodes that were left out
 * @stripped: extended attributes that were left out
 */
struct layer_result {
	char digest[72], diff_id[72];
	uint64_t entries, bytes, skipped, stripped;
};

int layer_unpack(int archive_fd, int dest_fd, const struct helper_env *userns, bool quiet,
		 const char *label, struct layer_result *out, struct err *e);

/* ---- fetch.c: asks sandbox-fetch ---------------------------------------------------------------- */

int fetch_alpine(const struct image_req *req, const char *version, const char *have, int out_fd,
		 struct release *out, struct err *e);

#endif
