/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack: the parts of sandbox-unpack. Linked into that helper alone.
 */
#ifndef SANDBOX_IMAGE_UNPACK_H
#define SANDBOX_IMAGE_UNPACK_H

#include <sys/stat.h>

#include "image/policy.h"

/* ---- confine.c: the walls ----------------------------------------------------------------------- */

int confine_start(int sock, bool any_user, struct err *e);
int confine_mounts(int dest, struct err *e);
int confine_rights(bool reads, struct err *e);
int confine_calls(bool reads, struct err *e);

/* ---- view.c: the files of a container, as the root of everything --------------------------------- */

enum view_kind { VIEW_FOLDER, VIEW_RUNNING, VIEW_LAYERS };

/**
 * struct view - whose files
 * @fd: of VIEW_FOLDER, the folder; of VIEW_RUNNING a pidfd of the container's first process
 * @write: files are made below it; else nothing can be
 * @mounts: with what is mounted below
 * @fuse: of VIEW_LAYERS, by fuse-overlayfs
 * @layers: of VIEW_LAYERS, the topmost first; also where @lower is wanted
 * @upper, @work: of VIEW_LAYERS; @work only to write
 * @want_lower: the layers alone as well
 * @root, @lower: receive O_PATH descriptors
 */
struct view {
	enum view_kind kind;
	int fd;
	bool write, mounts, fuse, want_lower;
	struct strv layers;
	const char *upper, *work;
	int root, lower;
};

int view_join_user(const struct view *v, struct err *e);
int view_join_mounts(const struct view *v, int sock, struct err *e);
int view_enter(struct view *v, struct err *e);
int view_refuse_kernel_fs(int fd, const char *path, struct err *e);

/* ---- tarout.c: the tar writer ------------------------------------------------------------------------ */

/**
 * struct tarout - a tar archive being written
 * @fd: where to
 * @len, @buf: what has not gone there yet
 */
struct tarout {
	int fd;
	size_t len;
	uint64_t written;
	uint8_t buf[256 << 10];
};

/** struct tarout_entry - @path without a slash at its end; @link of a symlink or, with @hard, a hard link */
struct tarout_entry {
	const char *path, *link;
	bool hard;
	struct stat st;
	struct buf xattrs; /* pax records */
};

void pax_record(struct buf *b, const char *key, const void *value, size_t n);
int tarout_header(struct tarout *t, const struct tarout_entry *te, struct err *e);
int tarout_data(struct tarout *t, const void *p, size_t n, struct err *e);
int tarout_pad(struct tarout *t, uint64_t size, struct err *e);
int tarout_end(struct tarout *t, struct err *e);

/* ---- pack.c: from files to an archive ------------------------------------------------------------------ */

/**
 * struct pack - a packing in progress
 * @root: of the view
 * @path: absolute, in it
 * @name: what the archive calls it; NULL: its contents
 * @follow: @path itself may be a symbolic link
 * @out: descriptor of the archive
 */
struct pack {
	int root;
	const char *path, *name;
	bool follow;
	int out;
	uint64_t entries, bytes, skipped;
	struct pack_inode *inodes;
	size_t ninodes, room;
	struct tarout *tar;
	bool told;
	int from;
	struct stat from_st;
};

int pack_open(struct pack *p, struct err *e);
int pack_run(struct pack *p, struct err *e);
void pack_xattrs(int fd, struct buf *out);
int list_dir(int fd, struct strv *out, struct err *e);

/* ---- compare.c: what differs between two trees ----------------------------------------------------------- */

/**
 * struct compare - a comparison in progress
 * @lower, @root: before and after
 * @times: changes of inodes count, which only holds for two views of the same layers
 * @out: receives a letter (A, C or D), an absolute path and a NUL for each difference
 */
struct compare {
	int lower, root, out;
	bool times;
	struct buf text;
	uint64_t entries;
};

int compare_run(struct compare *c, struct err *e);

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

int tar_make(struct tar **out, bool may_be_empty, struct err *e);
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

int tree_open(struct tree **out, int root, bool fresh, bool replace, struct err *e);
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
 * @root: the folder
 * @into: it has files already, and keeps its attributes
 * @replace: folders give way to other files, and other files to folders
 * @host: it is the host's side of a copy: nothing is set-id or special there
 * @owned: everything belongs to @uid and @gid
 * @strip: the name that everything in the archive lies below, or NULL
 * @prefix: the name that it gets, or NULL
 * @uids, @gids: ids there are in this user namespace
 * @progress: called now and then
 */
struct unpack {
	int root;
	bool into, replace, host, owned;
	uint32_t uid, gid;
	const char *strip, *prefix;
	struct source *source;
	struct tar *tar;
	struct id_ranges uids, gids;
	struct unpack_stats stats;
	void (*progress)(struct unpack *u);
};

int unpack_run(struct unpack *u, struct err *e);

#endif
