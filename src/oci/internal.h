/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SANDBOX_OCI_INTERNAL_H
#define SANDBOX_OCI_INTERNAL_H

#include <signal.h>

#include "base/opts.h"
#include "container/container.h"
#include "oci/oci.h"
#include "sandbox/sandbox.h"
#include "spec/spec.h"

#define OCI_VERSION     "1.3.0" /* the newest runtime specification that we know */
#define OCI_VERSION_MIN "1.0.0"
#define OCI_EXIT_FAILED 1

/**
 * struct oci - one call: the options, those before and those behind the command
 *
 * What stands under "taken" is there because callers say it, and changes nothing.
 */
struct oci {
	/* before the command */
	char *root, *log, *log_format, *log_level, *cgroup_manager, *rootless;
	bool debug, systemd_cgroup, version;
	int help;

	/* behind it */
	char *bundle, *config, *console_socket, *pidfd_socket, *pid_file, *preserve_fds;
	char *process, *user, *cwd, *format, *interval, *resources, *apparmor, *label, *cgroup;
	struct strv env, cap, groups;
	bool detach, no_pivot, no_new_keyring, keep, all, force, quiet, regex, stats;
	bool no_new_privs, ignore_paused, rootless_spec;
	int tty;
	struct oci_limits {
		char *memory, *memory_reservation, *memory_swap, *kernel_memory, *cpu_quota,
			*cpu_period, *cpu_share, *cpuset_cpus, *cpuset_mems, *pids_limit,
			*blkio_weight;
	} limits;

	/* taken */
	bool no_subreaper;
	char *image_path, *work_path;

	const struct oci_command *command;
};

/**
 * struct oci_command - one command
 * @usage: what stands behind the name
 * @help: one line
 * @min, @max: how many words it takes
 * @passes: words from the second on belong to another program, options and all
 * @first: and so does all that stands behind the first
 * @runs: its exit code is that of a process, so its own failures are 125, 126 and 127
 * @quiet: without a log nothing but errors is said, for callers read standard error, too
 */
struct oci_command {
	const char *name, *usage, *help;
	const struct opts *opts;
	size_t min, max;
	bool passes, first, runs, quiet;
	int (*run)(struct oci *o, const struct strv *words, struct err *e);
};

#define OCI_COMMAND(id, usage, help, min, max, flags) \
	int oci_cmd_##id(struct oci *o, const struct strv *words, struct err *e);
#include "oci/commands.def"
#undef OCI_COMMAND

/* ---- options.c --------------------------------------------------------------------------------- */

#define OCI_COMMAND(id, usage, help, min, max, flags) extern const struct opts oci_##id##_opts;
#include "oci/commands.def"
#undef OCI_COMMAND

/* ---- root.c: the folder of all states, and what a container is called in it ---------------------- */

#define OCI_ID_MAX 1024

int oci_check_id(const char *id, struct err *e);
int oci_root_open(const struct oci *o, bool make, struct err *e);
bool oci_is_real_root(void);

/* ---- state.c ------------------------------------------------------------------------------------- */

/** enum oci_status - as the runtime specification has it, and "paused", as runc does */
enum oci_status { OCI_CREATING, OCI_CREATED, OCI_RUNNING, OCI_PAUSED, OCI_STOPPED };

/**
 * struct oci_state - a container's folder, open, and its record
 * @root: the folder of all states
 * @dir: the container's own; holds the lock, if oci_state_open() was asked for it
 * @name: of that folder
 * @owner: who owns it
 * @ready: the record is that of a container whose creation has ended
 * @id, @bundle, @rootfs: as they were given; absolute paths
 * @boot: the boot that @pid belongs to
 * @pid, @pid_start: the container's first process, and its start time in ticks
 * @own: a bit for each enum ns_kind: the namespaces that were made for it
 * @mount_ns: the number of its own mount namespace, 0 where the kernel has none
 * @created: ns since 1970
 * @cgroup, @cgroup_ino: the folder of its control group, and that folder's number; or NULL
 * @cgroup_made: it was made for the container, and is removed with it
 * @paused: stopped by signals, where there is no control group
 */
struct oci_state {
	int root, dir;
	char *name;
	uint32_t owner;
	bool foreign; /* we were root, and act as the owner */

	bool ready;
	char *id, *bundle, *rootfs, *cgroup;
	char boot[37];
	pid_t pid;
	uint64_t pid_start, mount_ns;
	unsigned own;
	uint64_t cgroup_ino;
	bool cgroup_made, paused;
	int64_t created;
};

enum oci_open { OCI_LOOK, OCI_LOCK };

void oci_state_init(struct oci_state *s);
int oci_state_create(struct oci_state *s, const struct oci *o, const char *id, struct err *e);
int oci_state_open(struct oci_state *s, const struct oci *o, const char *id, enum oci_open how,
		   struct err *e);
int oci_state_save(struct oci_state *s, struct err *e);
bool oci_state_only_ours(const struct oci_state *s);
int oci_state_lock(struct oci_state *s, struct err *e);
void oci_state_unlock(struct oci_state *s);
void oci_state_remove(struct oci_state *s);
void oci_state_close(struct oci_state *s);
int oci_state_pidfd(const struct oci_state *s);
enum oci_status oci_state_status(const struct oci_state *s);
int oci_state_config(const struct oci_state *s, json **out, struct err *e);
const char *oci_status_name(enum oci_status status);
int oci_state_each(const struct oci *o, void (*fn)(void *ctx, const struct oci_state *s), void *ctx,
		   struct err *e);
#define cleanup_state __cleanup(oci_state_close)

#define OCI_CONFIG "config.json"
#define OCI_SOCKET "start"
#define OCI_NOTIFY "notify"

/* ---- create.c, run.c ------------------------------------------------------------------------------- */

/**
 * struct making - a container that is being created
 * @o: borrowed
 * @foreground: we stay its parent
 * @text: config.json
 * @taken: its id is ours to give back; @launched: so is its first process
 * @keep_fds: so many descriptors from 3 on are handed down
 * @null: in place of the caller's output, or -1
 */
struct making {
	const struct oci *o;
	bool foreground, taken, launched;
	struct oci_state state;
	struct spec spec;
	struct idmap_plan plan;
	struct launch launch;
	struct buf text;
	struct cgroup group;
	unsigned keep_fds;
	int null;
};

int oci_make(struct making *m, const char *id, struct err *e);
void oci_unmake(struct making *m);
void oci_making_free(struct making *m);
void oci_stdio(struct launch *l);
int oci_signals(sigset_t *old, struct err *e);
int oci_wait(struct launch *l, int signals, int notify, struct relay *relay, int *exit_code,
	     struct err *e);
int oci_until_gone(struct launch *l, int (*on_terminal)(void *ctx, struct err *e), void *ctx,
		   struct err *e);

/* ---- io.c ------------------------------------------------------------------------------------------ */

int oci_write_pid_file(const char *path, pid_t pid, struct err *e);
int oci_send_fd(const char *path, const char *option, int fd, const char *name, struct err *e);
void oci_size_terminal(const struct launch *l);
int oci_preserve(const struct oci *o, struct spec *s, unsigned *count, struct err *e);

/* ---- notify.c: READY=1 of the container ------------------------------------------------------------ */

int oci_notify_prepare(struct making *m, struct err *e);
int oci_notify_open(const struct oci_state *s, struct err *e);
bool oci_notify_read(int sock, pid_t pid);
void oci_notify_wait(const struct oci_state *s, int sock);

/* ---- guard.c: this program, where others could reach it ----------------------------------------------- */

int oci_guard_program(struct err *e);

/* ---- start.c --------------------------------------------------------------------------------------- */

int oci_connect_start(const struct oci_state *s, struct err *e);
void oci_hooks(const struct oci_state *s, enum hook_kind kind, enum oci_status status);
void oci_started(struct oci_state *s);
int oci_start(struct oci_state *s, struct err *e);

/* ---- group.c: its control group ------------------------------------------------------------------- */

int oci_group_make(struct making *m, struct err *e);
int oci_group_find(const struct oci_state *s, struct cgroup *g);
int oci_group_below(const struct oci_state *s, const char *below, struct cgroup *g, struct err *e);
int oci_group_each(const struct oci_state *s, bool (*fn)(void *ctx, pid_t pid, int pidfd),
		   void *ctx);
bool oci_group_kill(const struct oci_state *s);
int oci_group_remove(const struct oci_state *s, struct err *e);
bool oci_group_frozen(const struct oci_state *s);
int oci_group_limit(const struct oci_state *s, const struct strv *files, struct err *e);
int oci_group_freeze(const struct oci_state *s, bool freeze, struct err *e);

/* ---- procs.c --------------------------------------------------------------------------------------- */

int oci_procs_each(const struct oci_state *s, bool (*fn)(void *ctx, pid_t pid, int pidfd),
		   void *ctx);

/* ---- end.c: signals and the end -------------------------------------------------------------------- */

int oci_end(struct oci_state *s, struct err *e);
int oci_delete(struct oci_state *s, struct err *e);

#endif
