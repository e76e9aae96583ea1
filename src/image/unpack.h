/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack: the parts of sandbox-unpack. Linked into that helper alone.
 */
#ifndef SANDBOX_IMAGE_UNPACK_H
#define SANDBOX_IMAGE_UNPACK_H

#include <sys/stat.h>

#include "image/policy.h"

/* ---- confine.c: the walls ----------------------------------------------------------------------- */

int confine_start(int sock, struct err *e);
int confine_mounts(int dest, struct err *e);
int confine_rights(struct err *e);
int confine_calls(struct err *e);

/* ---- source.c: a thread that reads, hashes and decompresses --------------------------------------- */

struct source;

int source_make(int fd, struct source **out, struct err *e);
void source_go(struct source *s);
void source_hold(struct source *s, bool on);
ssize_t source_next(struct source *s, const uint8_t **p, struct err *e);
const uint8_t *source_held(struct source *s, uint64_t from, size_t n);
int source_finish(struct source *s, uint64_t used, struct err *e);
uint64_t source_done(const struct source *s);
uint64_t source_total(const struct source *s);
void source_digest(const struct source *s, char out[72]);

/* ---- inflate.c: gzip and zstd; archive.c has xz and bzip2 ------------------------------------------- */

/**
 * struct input - compressed bytes on their way to a decoder
 * @p: the bytes that are at hand, @n of them; up to INPUT_BACK bytes before @p stay readable
 * @total: read from the descriptor so far, those at hand included
 * @more: reads the next ones when @n is 0; false at the end (see @error) of the input
 * @error: errno value of a failed read, or 0
 */
struct input {
	const uint8_t *p;
	size_t n;
	uint64_t total;
	bool (*more)(struct input *in);
	int error;
};

#define INPUT_BACK 16

/**
 * struct decoder - one kind of compression
 * @read: fills @out up to @n bytes; 0 only at the end
 */
struct decoder {
	const char *name;
	void *(*open)(struct input *in, struct err *e);
	ssize_t (*read)(void *state, uint8_t *out, size_t n, struct err *e);
};

extern const struct decoder decoder_gzip, decoder_zstd, decoder_library;

int input_error(const struct input *in, const char *cut_short, struct err *e);
int input_only_zeros(struct input *in, struct err *e);

/* ---- archive.c: the tar reader ------------------------------------------------------------------------ */

/**
 * struct tar_entry - an entry as the archive has it: nothing in it is checked
 * @type: S_IFMT bits; a hard link has @hardlink set
 * @path, @hardlink, @symlink: borrowed until the next entry; NULL where there is none
 */
struct tar_entry {
	mode_t type, mode;
	const char *path, *hardlink, *symlink;
	int64_t uid, gid, size, mtime;
	long mtime_nsec;
};

struct tar;

int tar_make(struct tar **out, struct err *e);
int tar_start(struct tar *t, struct source *s, struct err *e);
int tar_next(struct tar *t, struct tar_entry *out, struct err *e);
int tar_data(struct tar *t, const void **p, size_t *n, int64_t *offset, struct err *e);
size_t tar_xattr_size(struct tar *t);
bool tar_xattr(struct tar *t, const char **name, const void **value, size_t *n);

/* ---- tree.c: makes files below a folder ----------------------------------------------------------------- */

/**
 * struct attrs - checked attributes of a file
 */
struct attrs {
	mode_t mode;
	uint32_t uid, gid;
	struct timespec mtime;
};

struct tree;

int tree_open(struct tree **out, struct err *e);
int tree_dir(struct tree *t, const char *path, const struct attrs *a, bool keep_open,
	     struct err *e);
void tree_close(struct tree *t);
int tree_file(struct tree *t, const char *path, const struct attrs *a, struct err *e);
int tree_write(struct tree *t, const void *p, size_t n, int64_t offset, struct err *e);
int tree_xattr(struct tree *t, const char *name, const void *value, size_t n, struct err *e);
int tree_file_done(struct tree *t, int64_t size, const struct attrs *a, struct err *e);
int tree_symlink(struct tree *t, const char *path, const char *target, const struct attrs *a,
		 struct err *e);
int tree_hardlink(struct tree *t, const char *path, const char *target, struct err *e);
int tree_special(struct tree *t, const char *path, mode_t type, const struct attrs *a,
		 struct err *e);
int tree_finish(struct tree *t, struct err *e);

/* ---- unpack.c ---------------------------------------------------------------------------------------------- */

/**
 * struct unpack_stats - what was done
 * @bytes: sum of the logical sizes of files
 * @skipped: device nodes left out
 * @stripped: extended attributes left out
 */
struct unpack_stats {
	uint64_t entries, bytes, skipped, stripped;
};

/**
 * struct unpack - an unpacking in progress
 * @uids, @gids: ids there are in this user namespace
 * @progress: called now and then
 */
struct unpack {
	struct source *source;
	struct tar *tar;
	struct id_ranges uids, gids;
	struct unpack_stats stats;
	void (*progress)(struct unpack *u);
};

int unpack_run(struct unpack *u, struct err *e);

#endif
