/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SANDBOX_IMAGE_INTERNAL_H
#define SANDBOX_IMAGE_INTERNAL_H

#include <sys/stat.h>

#include "image/image.h"

#define DIGEST_HEX 64

/* ---- ref.c: names of images; pure ---------------------------------------------------------------- */

enum ref_kind { REF_BUSYBOX, REF_ALPINE, REF_FILE, REF_OWN };

/**
 * struct ref - what a name asks for
 * @kind: which sort of image
 * @version: alpine: "" for the newest release, "edge", or a whole or partial version
 * @path: file: as typed; an image of one's own: NAME:TAG
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

/* ---- record.c: small files of the store that say what is where --------------------------------- */

/**
 * struct file_id - which file it was, and whether it is still the same
 */
struct file_id {
	uint64_t dev, ino, size;
	int64_t mtime, ctime; /* ns */
};

/**
 * struct searched - a folder of the search path, as it was
 * @id: all zero when it was not there; of a folder, mtime and size do not count
 */
struct searched {
	char *path;
	struct file_id id;
};

/**
 * struct record - refs/NAME: what a name stands for
 * @name: canonical spelling of the name, @ref: what it is
 * @chain: 64 digits: the layer
 * @source: path of the tarball; for a download its address
 * @config: of an image of one's own, see commit.c; else NULL
 * @fetched: it is a download: @id is not set
 * @dirs: alpine: where it was looked for
 * @boot: set when the layer was not synced: believed in this boot only
 */
struct record {
	char *name, *ref, *source, *config;
	char arch[16], chain[DIGEST_HEX + 1], boot[40];
	bool fetched;
	struct file_id id;
	struct searched *dirs;
	size_t ndirs;
	int64_t created;
};

/** struct layer_info - layers/CHAIN/MAP/info: what was unpacked there */
struct layer_info {
	uint64_t bytes, entries;
	int64_t created;
	char boot[40];
};

void file_id_of(const struct stat *st, struct file_id *id);
bool file_id_same(const struct file_id *a, const struct file_id *b);
char *record_file(const char *name);
int record_read(const char *path, struct record *out);
int record_write(int refs, const struct record *r, bool sync, struct err *e);
int records_each(const char *store,
		 void (*call)(void *ctx, const char *file, int r, const struct record *rec),
		 void *ctx);
void record_add_dir(struct record *r, const char *path, const struct file_id *id);
void record_clear_dirs(struct record *r);
void record_free(struct record *r);
#define cleanup_record __cleanup(record_free)
int layer_info_read(int dirfd, const char *path, struct layer_info *out);
int layer_info_write(int dirfd, const struct layer_info *i);

/* ---- store.c: folders, locks, temporary trees ----------------------------------------------------- */

/**
 * struct store - the store, open for writing
 * @path: borrowed
 */
struct store {
	const char *path;
	const struct helper_env *userns;
	int refs, layers, tmp, locks, blobs;
};

#define STORE_CLOSED ((struct store){NULL, NULL, -1, -1, -1, -1, -1})

/**
 * struct tmp_tree - a folder below tmp/ that is swept when its holder dies
 * @fd: the folder; holds the lock
 */
struct tmp_tree {
	char name[24];
	int fd;
};

int store_open(struct store *s, const char *path, const struct helper_env *userns, struct err *e);
void store_close(struct store *s);
#define cleanup_store __cleanup(store_close)
int store_lock(const struct store *s, const char *name, bool wait, struct err *e);
int store_space(const struct store *s, int r, const char *what, struct err *e);
void store_sweep(const char *path, const struct helper_env *userns);

int tmp_make(const struct store *s, struct tmp_tree *t, struct err *e);
void tmp_drop(const struct store *s, struct tmp_tree *t);
int tmp_adopt(const struct store *s, int dirfd, const char *name, struct tmp_tree *t);

int layer_hold(const char *store, const char *chain, const char *map_id, bool exclusive);
int layer_commit(const struct store *s, struct tmp_tree *t, const char *chain, const char *map_id,
		 bool sync, int *hold, struct err *e);
bool layer_is_there(const struct store *s, const char *chain, const char *map_id,
		    struct layer_info *info);

/* ---- alpine.c: the search path --------------------------------------------------------------------- */

/**
 * struct tarball - a tarball
 * @fd: open for reading
 * @ref: canonical name of what it holds
 * @chain: its sha256 when that is known before it was read, else empty
 */
struct tarball {
	int fd;
	char *ref, *path;
	char chain[DIGEST_HEX + 1];
	bool fetched;
	struct file_id id;
};

void tarball_free(struct tarball *s);
#define cleanup_tarball __cleanup(tarball_free)
int tarball_open(struct tarball *s, const char *path, struct err *e);
int alpine_search(const struct strv *path, const char *arch, const char *want, struct record *rec,
		  char **file, char version[32]);
void dir_id(const char *path, struct file_id *id);
char *busybox_file(void);

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

/* ---- progress.c ---------------------------------------------------------------------------------- */

struct progress {
	bool on, shown;
	int64_t next;
	const char *what, *label;
};

struct progress progress_start(bool quiet, const char *what, const char *label);
void progress_show(struct progress *p, uint64_t done, uint64_t total);
void progress_end(struct progress *p);

/* ---- fetch.c: asks sandbox-fetch ---------------------------------------------------------------- */

/**
 * struct fetch - one question to the mirrors, and the answer
 * @arch, @want: which minirootfs
 * @unless_sha256, @unless_version: do not download what we have; NULL for none
 * @out_fd: receives the tarball; -1 after all
 * @got: what the mirror offers
 * @from: its address; a new string
 * @same: it is what we have: nothing was written
 */
struct fetch {
	const char *arch, *want, *unless_sha256, *unless_version;
	int out_fd;
	struct release got;
	char *from;
	bool same;
};

int fetch_alpine(const struct image_req *req, struct fetch *f, struct err *e);

/* ---- resolve.c: from a name to a tarball ----------------------------------------------------------- */

/**
 * struct wanted - a request taken apart
 * @name: canonical
 * @arch: Alpine's name
 */
struct wanted {
	struct ref ref;
	char *name;
	const char *arch;
};

int wanted_parse(const struct image_req *req, struct wanted *w, struct err *e);
void wanted_free(struct wanted *w);
#define cleanup_wanted __cleanup(wanted_free)
int find_source(const struct store *s, const struct image_req *req, const struct wanted *w,
		const struct record *old, struct record *rec, struct tarball *src, struct err *e);

/* ---- commit.c: images of one's own ---------------------------------------------------------------- */

char *own_name(const char *text, struct err *e);
char *config_text(const struct image_config *c);
void config_parse(const char *text, struct image_config *c);

/* ---- image.c ---------------------------------------------------------------------------------------- */

int image_unpack(const struct store *s, const struct image_req *req, struct tarball *src,
		 struct layer_info *info, int *hold, struct err *e);

#endif
