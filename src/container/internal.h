/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SANDBOX_CONTAINER_INTERNAL_H
#define SANDBOX_CONTAINER_INTERNAL_H

#include "container/container.h"
#include "net/net.h"

/* ---- sealed.c: files with a checksum -------------------------------------------------------------- */

#define SEALED_MAX (1 << 20)

int sealed_write(int dirfd, const char *name, const json *j, enum replace_sync sync);
int sealed_read(int dirfd, const char *name, json **out, struct err *e);

/* ---- info.c ------------------------------------------------------------------------------------- */

json *container_info_json(const struct container_info *r);
bool container_alive(int run_fd, const char *id);

/* ---- state.c: what is on disk and in the runtime folder ------------------------------------------ */

/**
 * struct state - the records of a container that we have taken
 * @run_fd: the folder of live records
 * @lock: the live record, locked for as long as we live; @kept_lock: the same in @dir, or -1
 * @store_fd: store/containers, or -1 when nothing is on disk
 * @dir: store/containers/ID, locked, or -1
 * @info: what its record says, or will say
 */
struct state {
	const char *id;
	int run_fd, lock;
	int store_fd, dir, kept_lock;
	char *record;
	struct container_info info;
};

bool state_is_kept(const struct spec *s);
int state_take_name(int store_fd, int run_fd, const char *owner, const char *name, struct err *e);
void state_drop_name(int store_fd, const char *name, const char *id);
void state_drop_names(int store_fd, const char *id);
void state_unlink_live(int run_fd, const char *id);
int state_remove_folder(int store_fd, const char *id, int lock, const struct idmap_plan *plan,
			struct err *e);
int state_create(struct state *s, const struct container *c, struct err *e);
int state_open(struct state *s, const struct container *c, const struct container_info *info,
	       struct err *e);
int state_write_spec(int dir, const struct spec *spec, enum replace_sync sync, struct err *e);
int state_save(struct state *s, enum replace_sync sync, struct err *e);
int state_running(struct state *s, pid_t pid, struct err *e);
void state_host_pids(struct state *s, const struct launch *l);
void state_ended(struct state *s, int exit_code, const char *why, bool again);
void state_close(struct state *s);
void state_discard(struct state *s, const struct container *c, int userns_fd);

/* ---- daemon.c: going to the background --------------------------------------------------------------- */

int daemon_fork(int *report, struct err *e);
void daemon_leave(void);
void daemon_report(int *report, const struct err *e);

/* ---- keys.c: the keys that leave a container ----------------------------------------------------------- */

#define KEYS_MAX 8

/** struct keys - @n of them; of those, @typed have been typed */
struct keys {
	char v[KEYS_MAX];
	size_t n, typed;
};

int keys_parse(struct keys *k, const char *text, struct err *e);
bool keys_take(struct keys *k, const char *data, size_t n, char *out, size_t *out_n);

/* How long somebody who does not read is waited for when the container has ended. */
#define LAST_WORDS_MS 5000

/* ---- logfile.c: the log of a container in the background -------------------------------------------- */

#define LOG_NAME     "ctr.log"
#define LOG_TIME_MAX 48
#define LOG_HEAD_MAX (LOG_TIME_MAX + 10)

/**
 * struct log_head - what stands before the text of a line of a log
 * @when: ns since 1970
 * @time_len: length of the time as it is written there
 * @stream: 0 standard output, 1 standard error
 * @full: the end of the container's line is behind it
 * @bare: no text, only the end of a line that came in parts
 */
struct log_head {
	int64_t when;
	size_t time_len;
	int stream;
	bool full, bare;
};

int log_head_parse(const char *p, size_t n, struct log_head *h);

/**
 * struct logfile - the log that is written
 * @dir: the container's folder, borrowed; -1: nothing is written
 * @fd: the file; -1 while it cannot be opened
 * @size: bytes in it
 * @losing: something could not be written, @lost lines until now, because of @why
 * @torn: the file ends in half a line
 * @partial: the last line of that stream in the file is a part of one
 */
struct logfile {
	int dir, fd;
	uint64_t size, max_size, lost;
	unsigned max_file;
	int why;
	bool losing, torn, partial[2];
};

/**
 * struct log_tail - the search for the last lines
 * @left: how many are still to be found
 * @open: a line of that stream is under way, whose earlier parts belong to it
 */
struct log_tail {
	int64_t left;
	bool open[2];
};

/**
 * struct log_source - the log of one container
 * @dir: its folder in the store, borrowed
 * @name: for messages
 * @prefix: what each line begins with, or NULL
 * @runs: asked whether more may come, with @ctx; NULL: no more will
 * @end_file: a file that is closed or removed when that changes, or NULL
 */
struct log_source {
	int dir;
	const char *name, *prefix, *end_file;
	bool (*runs)(void *ctx);
	void *ctx;
};

int log_show(const struct log_source *src, size_t n, const struct log_opts *o, struct err *e);
int log_tail_find(int fd, struct log_tail *t, off_t *start);

int logfile_open(struct logfile *l, int dirfd, const struct log_spec *spec, struct err *e);
void logfile_write(struct logfile *l, int stream, const char *data, size_t n);
void logfile_close(struct logfile *l);

#endif
