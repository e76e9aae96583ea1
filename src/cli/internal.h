/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SANDBOX_CLI_INTERNAL_H
#define SANDBOX_CLI_INTERNAL_H

#include "base/opts.h"
#include "cli/cli.h"
#include "image/image.h"
#include "oci/oci.h"
#include "sandbox/sandbox.h"
#include "spec/spec.h"

#define EXIT_SANDBOX 125

/* ---- commands --------------------------------------------------------------------------------------- */

/**
 * struct global - options that stand before the command, and what follows from them
 */
struct global {
	bool help, version, debug;
	char *root;
	const char *group; /* the command came as a word of this group, or NULL */
	mode_t umask;      /* the caller's */
	struct settings settings;
	struct dirs dirs;
};

/**
 * struct command - one command: everything help, man page and completion need
 * @group: the first of its two words, or NULL for a command of one word
 * @name: both words; @aliases: of the last word, separated by spaces, or NULL
 * @usage: what stands behind the name
 * @help: one line
 * @opts: its options
 * @run: argv[0] is the command's name; returns the exit code, or < 0 with the error set
 */
struct command {
	const char *group, *name, *aliases, *usage, *help;
	const struct opts *opts;
	int (*run)(struct global *g, int argc, char **argv, struct err *e);
};

/**
 * struct group - a word that other commands stand behind, as in "container ls"
 * @members: commands, or word=command, separated by spaces; those of the table that are GROUPED
 *	in it come on top
 */
struct group {
	const char *name, *help, *members;
};

extern const struct command commands[];
extern const size_t ncommands;
extern const struct group groups[];
extern const size_t ngroups;

const struct command *command_find(const char *name);
const struct group *group_find(const char *name);
const struct command *group_command(const struct group *group, const char *word);
bool group_at(const struct group *group, size_t i, char word[32], const struct command **c);
void help_print(void);
void help_command(const struct command *c);
void help_group(const struct group *group);
int global_ready(struct global *g, struct err *e);

/* ---- opts_spec.c: THE option table that run, create, exec and build share ---------------------------- */

/** struct run_opts - the options of run as they were typed */
struct run_opts {
	/* identity */
	char *user, *userns;
	struct strv uidmap, gidmap, group_add;
	/* namespaces */
	char *pid, *ipc, *uts, *network, *cgroupns, *time_offset;
	/* root file system */
	bool rootfs, read_only;
	char *storage_driver;
	struct opt_size tmpfs_root;
	struct strv volume, mount, tmpfs, device;
	/* process */
	struct strv env, env_file;
	char *workdir, *entrypoint, *umask, *stop_signal;
	int interactive, tty, init;
	bool no_init;
	struct strv ulimit, sysctl;
	uint64_t shm_size;
	int64_t timeout;
	/* network */
	char *hostname;
	struct strv add_host, dns, dns_search, dns_option;
	/* security */
	struct strv cap_add, cap_drop, security_opt;
	bool privileged, nested;
	/* life */
	int rm;
	bool detach;
	char *name, *cidfile, *restart, *stop_timeout;
	struct strv label;
	char *log_driver;
	struct strv log_opt;
	char *health_cmd, *health_interval, *health_timeout, *health_retries;
	char *sdnotify, *detach_keys;
	char *health_start_period, *health_on_failure;
	bool no_healthcheck;
	/* image */
	char *pull, *mirror, *image_path, *arch;
	bool quiet, explain;
	int help;
};

void run_opts_init(struct run_opts *o);
void run_opts_free(struct run_opts *o);
int sdnotify_parse(enum sdnotify *out, const char *text, struct err *e);
int spec_from_opts(struct spec *s, const struct run_opts *o, const struct settings *set,
		   struct err *e);

/* ---- background.c ------------------------------------------------------------------------------------- */

void background_hint(const struct dirs *dirs);

/* ---- opts_health.c ------------------------------------------------------------------------------------ */

int health_from_opts(struct health_spec *h, const struct run_opts *o, struct err *e);

/* ---- image_opts.c: an image for a command -------------------------------------------------------------- */

int image_for(struct global *g, const struct run_opts *o, const char *name,
	      const struct idmap_plan *plan, struct image *out, struct err *e);

#define COMMAND(id, aliases, usage, help, opts) \
	int cmd_##id(struct global *g, int argc, char **argv, struct err *e);
#define GROUPED(group, id, aliases, usage, help, opts) \
	int cmd_##group##_##id(struct global *g, int argc, char **argv, struct err *e);
#include "cli/commands.def"
#undef COMMAND
#undef GROUPED
int cmd_complete(struct global *g, int argc, char **argv, struct err *e);
int cmd_tables(struct global *g, int argc, char **argv, struct err *e);

/* one a line, so that branches that add some merge */
extern const struct opts attach_opts_table;
extern const struct opts commit_opts_table;
extern const struct opts container_prune_opts_table;
extern const struct opts cp_opts_table;
extern const struct opts diff_opts_table;
extern const struct opts doctor_opts_table;
extern const struct opts events_opts_table;
extern const struct opts export_opts_table;
extern const struct opts global_opts;
extern const struct opts image_prune_opts_table;
extern const struct opts exec_opts_table;
extern const struct opts generate_systemd_opts_table;
extern const struct opts healthcheck_run_opts_table;
extern const struct opts images_opts_table;
extern const struct opts info_opts_table;
extern const struct opts inspect_opts_table;
extern const struct opts kill_opts_table;
extern const struct opts logs_opts_table;
extern const struct opts pause_opts_table;
extern const struct opts port_opts_table;
extern const struct opts ps_opts_table;
extern const struct opts pull_opts_table;
extern const struct opts rename_opts_table;
extern const struct opts restart_opts_table;
extern const struct opts rm_opts_table;
extern const struct opts rmi_opts_table;
extern const struct opts run_opts_table;
extern const struct opts start_opts_table;
extern const struct opts stop_opts_table;
extern const struct opts system_df_opts_table;
extern const struct opts system_prune_opts_table;
extern const struct opts system_reset_opts_table;
extern const struct opts top_opts_table;
extern const struct opts unshare_opts_table;
extern const struct opts update_opts_table;
extern const struct opts volume_create_opts_table;
extern const struct opts volume_exists_opts_table;
extern const struct opts volume_inspect_opts_table;
extern const struct opts volume_ls_opts_table;
extern const struct opts volume_prune_opts_table;
extern const struct opts volume_rm_opts_table;
extern const struct opts wait_opts_table;

/* ---- cmd_run.c ------------------------------------------------------------------------------------------- */

enum make { MAKE_RUN, MAKE_CREATE };

int make_container(struct global *g, int argc, char **argv, enum make what, struct err *e);

/* ---- containers.c: what the commands on containers share -------------------------------------------------- */

/** struct container_opts - the options of the commands on containers that exist */
struct container_opts {
	bool all, force, volumes, ignore, attach, no_stdin;
	char *signal, *time, *detach_keys, *restart, *sdnotify;
	int help;
};

struct container_info;

int rm_container(struct global *g, const struct container_info *i, bool volumes, struct err *e);

/**
 * container_fn - what a command does to one container
 * Return: 0 or an exit code, or -errno with @e set.
 */
typedef int (*container_fn)(struct global *g, const struct container_info *i,
			    const struct container_opts *o, struct err *e);

/**
 * struct container_verb - a command on any number of containers
 * @states: a bit for each enum life that --all takes
 * @quiet: the name is not printed when it is done
 */
struct container_verb {
	const struct opts *opts;
	container_fn fn;
	unsigned states;
	bool quiet;
};

int run_verb(struct global *g, const struct container_verb *v, int argc, char **argv,
	     struct err *e);
void container_opts_free(struct container_opts *o);
int stop_time(struct global *g, const struct container_info *i, const struct container_opts *o,
	      int64_t *ns, struct err *e);
int start_container(struct global *g, const struct container_info *i, bool attach,
		    const char *sdnotify, struct err *e);
int parse_seconds(const char *text, int64_t *ns);
int container_plan(struct global *g, const struct container_info *i, struct spec *s,
		   struct idmap_plan *plan, struct err *e);

#endif
