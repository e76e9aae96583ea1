/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SANDBOX_CLI_INTERNAL_H
#define SANDBOX_CLI_INTERNAL_H

#include "cli/cli.h"
#include "image/image.h"
#include "sandbox/sandbox.h"
#include "spec/spec.h"

#define EXIT_SANDBOX 125

/* ---- opts.c: a table-driven parser: one function a type, none an option ----------------------------- */

/**
 * enum opt_type - what an option takes and where it goes
 * @OPT_FLAG: nothing; sets a bool
 * @OPT_BOOL: nothing or =true|false; sets an int (-1 stands for "not said")
 * @OPT_STR: a string, the last one counts
 * @OPT_LIST: a string, all count; sets a struct strv
 * @OPT_SIZE: bytes with a unit; sets a uint64_t
 * @OPT_OPTIONAL_SIZE: nothing or =SIZE; sets a struct opt_size
 * @OPT_DURATION: sets an int64_t of nanoseconds
 * @OPT_REFUSED: known from podman and not there: `help` says why
 */
enum opt_type {
	OPT_FLAG,
	OPT_BOOL,
	OPT_STR,
	OPT_LIST,
	OPT_SIZE,
	OPT_OPTIONAL_SIZE,
	OPT_DURATION,
	OPT_REFUSED,
};

struct opt_size {
	bool given;
	uint64_t bytes;
};

/**
 * struct opt - one option
 * @name: without the dashes
 * @letter: short form, or 0
 * @type: see above
 * @at: offset of the member in the structure that is filled
 * @arg: name of its argument in help, or NULL
 * @complete: what completes it: none, file, dir, image, container, volume, enum:a|b
 * @help: one line
 */
struct opt {
	const char *name;
	char letter;
	enum opt_type type;
	size_t at;
	const char *arg, *complete, *help;
};

struct opts {
	const struct opt *v;
	size_t n;
};

int opts_parse(const struct opts *table, void *target, int argc, char **argv, bool stop_at_word,
	       struct strv *words, struct err *e);

/* ---- commands --------------------------------------------------------------------------------------- */

/**
 * struct global - options that stand before the command, and what follows from them
 */
struct global {
	bool help, version, debug;
	char *root;
	const char *group; /* the command came as a word of this group, or NULL */
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
extern const struct opts global_opts;

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
	char *name, *cidfile;
	char *log_driver;
	struct strv log_opt;
	/* image */
	char *pull, *mirror, *image_path, *arch;
	bool quiet, explain;
	int help;
};

extern const struct opts run_opts_table;
void run_opts_init(struct run_opts *o);
void run_opts_free(struct run_opts *o);
int spec_from_opts(struct spec *s, const struct run_opts *o, const struct settings *set,
		   struct err *e);

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

extern const struct opts ps_opts_table;
extern const struct opts inspect_opts_table;
extern const struct opts doctor_opts_table, pull_opts_table, images_opts_table, rmi_opts_table,
	rm_opts_table;
extern const struct opts volume_create_opts_table, volume_ls_opts_table, volume_inspect_opts_table,
	volume_rm_opts_table, volume_prune_opts_table, volume_exists_opts_table;
extern const struct opts logs_opts_table, events_opts_table;

#endif
