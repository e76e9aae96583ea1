/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * container: the life of a container around its launch.
 */
#ifndef SANDBOX_CONTAINER_CONTAINER_H
#define SANDBOX_CONTAINER_CONTAINER_H

#include <termios.h>

#include "base/base.h"
#include "config/config.h"
#include "sandbox/sandbox.h"
#include "spec/spec.h"

/**
 * struct container - one container and its supervisor
 * @spec, @plan, @dirs: borrowed
 */
struct container {
	const struct spec *spec;
	const struct idmap_plan *plan;
	const struct dirs *dirs;
};

/* ---- lifecycle.c: what each command may do in each state ------------------------------------------- */

enum life {
	LIFE_CREATED,
	LIFE_RUNNING,
	LIFE_PAUSED,
	LIFE_STOPPING,
	LIFE_EXITED,
	LIFE_REMOVING,
	LIFE_DEAD, /* its records are damaged */
	LIFE_STATES
};

enum life_op {
	OP_START,
	OP_ATTACH,
	OP_EXEC,
	OP_STOP,
	OP_KILL,
	OP_RESTART,
	OP_PAUSE,
	OP_UNPAUSE,
	OP_WAIT,
	OP_REMOVE,
	OP_REMOVE_FORCE,
	OP_RENAME,
	OP_UPDATE,
	OP_COPY, /* cp, diff, commit, export */
	OP_READ, /* logs, inspect */
	OP_TOP,
	OP_CHECK, /* its health */
	LIFE_OPS
};

const char *life_name(enum life state);
int life_parse(const char *name);
int life_may(enum life_op op, enum life state, const char *id, struct err *e);

/* ---- info.c: what is known of containers ---------------------------------------------------------- */

/**
 * struct container_info - one container, as ps shows it
 * @id: 64 hexadecimal digits
 * @image: as the user named it
 * @command: the payload's words
 * @labels: KEY=VALUE
 * @state: see container_list()
 * @created, @started, @finished: ns since the epoch, 0 for never
 * @exit_code: of the last run; 0 when there was none
 * @supervisor, @supervisor_start: its pid and start time in ticks while it lives, else 0
 * @pid, @pid_start: the container's first process and its start time in ticks, else 0
 * @remove: it is removed when it ends
 * @error: why it could not start or what became of it, or NULL
 * @health: starting, healthy, unhealthy, or NULL
 * @driver: of its root file system, by which its files are understood: ROOTFS_AUTO until it ran
 * @broken: set when a record is damaged: .msg names the file
 */
struct container_info {
	char *id, *name, *image;
	struct strv command, labels;
	enum life state;
	int64_t created, started, finished;
	int exit_code;
	pid_t supervisor, pid;
	uint64_t supervisor_start, pid_start;
	bool remove, kept;
	enum rootfs_driver driver;
	uint32_t restarts;
	char *error, *health;
	struct err *broken;
};

struct container_infos {
	struct container_info *v;
	size_t n;
};

int container_list(const struct dirs *dirs, struct container_infos *out, struct err *e);
int container_find(const struct dirs *dirs, const char *name, struct container_info *out,
		   struct err *e);
int container_spec(const struct dirs *dirs, const struct container_info *r, struct spec *s,
		   struct err *e);
void container_info_free(struct container_info *r);
void container_infos_free(struct container_infos *l);
#define cleanup_container_info  __cleanup(container_info_free)
#define cleanup_container_infos __cleanup(container_infos_free)

/* ---- supervise.c ------------------------------------------------------------------------------------- */

int container_run(const struct container *c, int *exit_code, struct err *e);
int container_create(const struct container *c, struct err *e);
int container_start(const struct container *c, const struct container_info *info, int *exit_code,
		    struct err *e);
int container_explain(const struct container *c, struct buf *out, struct err *e);
int container_remove(const struct dirs *dirs, const struct idmap_plan *plan,
		     const struct container_info *info, bool volumes, struct err *e);
void container_sweep(const struct dirs *dirs, const struct idmap_plan *plan);

/* ---- logs.c: what a container in the background has written ---------------------------------------- */

/**
 * struct log_opts - what is shown
 * @since, @until: ns since 1970; INT64_MIN and INT64_MAX for everything
 * @tail: only so many lines from the end; negative for all
 * @follow: wait for more, until the container has ended or @until is over
 * @timestamps: the time before each line
 * @fds: where standard output and standard error of the container go
 */
struct log_opts {
	int64_t since, until, tail;
	bool follow, timestamps;
	int fds[2];
};

int container_logs(const struct dirs *dirs, const struct container_info *c, size_t n,
		   const struct log_opts *o, struct err *e);

/* ---- names.c ---------------------------------------------------------------------------------------- */

#define CONTAINER_NAME        48
#define CONTAINER_PLAIN_NAMES 4096

void container_name(char out[CONTAINER_NAME], uint64_t n);

/* ---- events.c: what happens ----------------------------------------------------------------------------- */

/**
 * struct event - something that has happened
 * @when: ns since 1970; 0: now
 * @type: container, image or volume
 * @action: create, start, died, stop, kill, pause, ...: podman's words
 * @id, @name, @image, @health: or NULL; read ones are borrowed
 * @has_exit: @exit_code means something
 */
struct event {
	int64_t when;
	const char *type, *action, *id, *name, *image, *health;
	bool has_exit;
	int exit_code;
};

/**
 * struct events_opts - which events are read
 * @since, @until: ns since 1970; INT64_MIN and INT64_MAX for all
 * @past: also those that were before
 * @follow: wait for more, until @until
 * @show: called for each; ends it by a negative value
 */
struct events_opts {
	int64_t since, until;
	bool past, follow;
	int (*show)(void *ctx, const struct event *ev);
	void *ctx;
};

void event_write(const struct dirs *dirs, const struct event *ev);
void event_of(const struct dirs *dirs, const struct container_info *i, const char *action,
	      int exit_code);
int events_read(const struct dirs *dirs, const struct events_opts *o, struct err *e);

/* ---- verbs.c ------------------------------------------------------------------------------------- */

int container_stop(const struct dirs *dirs, const struct container_info *i, int sig,
		   int64_t timeout, struct err *e);
int container_restart(const struct dirs *dirs, const struct container_info *i, int64_t timeout,
		      struct err *e);
int container_signal(const struct dirs *dirs, const struct container_info *i, int sig,
		     struct err *e);
int container_pause(const struct dirs *dirs, const struct container_info *i, bool pause,
		    struct err *e);
int container_wait(const struct dirs *dirs, const struct container_info *i, int *exit_code,
		   struct err *e);
int container_end(const struct dirs *dirs, const struct container_info *i, int64_t timeout,
		  struct err *e);
int container_rename(const struct dirs *dirs, const struct container_info *i, const char *name,
		     struct err *e);
int container_update(const struct dirs *dirs, const struct container_info *i, const char *restart,
		     struct err *e);
/* ---- exec.c -------------------------------------------------------------------------------------- */

/**
 * struct exec_opts - a process that joins a container
 * @env: NAME=VALUE, over the container's own
 * @user, @cwd: NULL for the container's own
 */
struct exec_opts {
	const struct strv *args, *env;
	const char *user, *cwd;
	bool tty, interactive, detach, privileged;
};

int container_exec(const struct dirs *dirs, const struct container_info *i,
		   const struct exec_opts *o, int *exit_code, struct err *e);

/* ---- health.c ------------------------------------------------------------------------------------ */

json *container_health(const struct dirs *dirs, const struct container_info *i);
int container_check(const struct dirs *dirs, const struct container_info *i, const char **status,
		    struct err *e);

/* ---- relay.c: the caller's terminal and the container's ------------------------------------------- */

#define RELAY_IN  4096
#define RELAY_OUT 16384

struct keys;

/**
 * struct relay - bytes between the caller's stdin and stdout and the pty master
 * @keys: borrowed, or NULL; @left: they were typed
 */
struct relay {
	int pty;
	bool raw, in_open, out_open, left;
	struct keys *keys;
	struct termios saved;
	char *in, *out; /* RELAY_IN and RELAY_OUT bytes, once there is a pty */
	size_t in_len, out_len, out_at;
};

struct pollfd;

void relay_init(struct relay *r);
int relay_start(struct relay *r, int pty);
void relay_pause(struct relay *r);
void relay_resume(struct relay *r);
void relay_resize(const struct relay *r);
size_t relay_poll(const struct relay *r, struct pollfd *fds);
void relay_move(struct relay *r, const struct pollfd *fds, size_t n);
void relay_leave(struct relay *r);
void relay_finish(struct relay *r);

/* ---- attach.c ------------------------------------------------------------------------------------ */

int container_check_keys(const char *text, struct err *e);
int container_attach(const struct dirs *dirs, const struct container_info *i, const char *keys,
		     bool with_stdin, int *exit_code, struct err *e);

/* ---- files.c: a container's files, from outside ------------------------------------------------- */

/**
 * struct files - a container whose files are read or written
 * @info, @spec, @plan: what it is
 * @pidfd: of its first process; -1 when it does not run
 * @hold: keeps it from being started or removed meanwhile, or -1
 */
struct files {
	struct container_info info;
	struct spec spec;
	struct idmap_plan plan;
	int pidfd, hold;
};

/**
 * struct files_stats - what was copied
 * @skipped: sockets and device nodes left out
 */
struct files_stats {
	uint64_t entries, bytes, skipped;
};

/**
 * struct files_end - one end of a copy
 * @files: of a container; NULL for the host
 * @path: in the container, or on the host; NULL: the tar stream @fd
 */
struct files_end {
	const struct files *files;
	const char *path;
	int fd;
};

enum files_flags {
	FILES_FOLLOW = 1,  /* the source itself may be a symbolic link */
	FILES_REPLACE = 2, /* folders give way to other files, and other files to folders */
	FILES_OWNERS = 4,  /* keep the source's owners in the container */
};

int files_open(const struct dirs *dirs, const char *name, bool write, struct files *f,
	       struct err *e);
void files_close(struct files *f);
int files_copy(const struct files_end *from, const struct files_end *to, unsigned flags,
	       struct files_stats *out, struct err *e);
int files_export(const struct files *f, int out_fd, struct files_stats *out, struct err *e);

int container_layers(const struct dirs *dirs, struct strv *out, struct err *e);

/** struct files_change - one line of diff: @kind is A, C or D */
struct files_change {
	char kind;
	char *path;
};

/** struct files_changes - @bytes: of all their paths */
struct files_changes {
	struct files_change *v;
	size_t n, bytes;
};

int files_diff(const struct files *f, struct files_changes *out, struct err *e);
void files_changes_free(struct files_changes *c);

/* ---- volume.c: folders that outlive containers ------------------------------------------------ */

/**
 * struct volume_info - one volume
 * @path: of its contents
 * @created: seconds since 1970
 * @labels: KEY=VALUE
 * @ephemeral: made for one container, goes with it
 * @users: ids of containers that have it, in no order
 */
struct volume_info {
	char *name, *path;
	int64_t created;
	struct strv labels, users;
	bool anonymous, ephemeral;
};

struct volume_list {
	struct volume_info *v;
	size_t n;
};

int volume_create(const struct dirs *dirs, const struct idmap_plan *plan, const char *name,
		  const struct strv *labels, struct err *e);
int volume_get(const struct dirs *dirs, const char *name, struct volume_info *out, struct err *e);
int volume_list(const struct dirs *dirs, struct volume_list *out, struct err *e);
void volume_info_free(struct volume_info *v);
void volume_list_free(struct volume_list *l);
int volume_remove(const struct dirs *dirs, const struct idmap_plan *plan, const char *name,
		  struct err *e);
int volumes_attach(const struct dirs *dirs, const struct idmap_plan *plan, struct spec *s,
		   struct err *e);
void volumes_release(const struct dirs *dirs, const struct idmap_plan *plan, const char *id,
		     bool remove_anonymous);
void volumes_sweep(const struct dirs *dirs, const struct idmap_plan *plan);

#endif
