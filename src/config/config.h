/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config: where things are, and what the user wants by default.
 */
#ifndef SANDBOX_CONFIG_CONFIG_H
#define SANDBOX_CONFIG_CONFIG_H

#include "base/base.h"

/* ---- paths.c -------------------------------------------------------------------------------- */

/**
 * struct dirs - the folders of this user; found once, made when first needed
 * @store: images, layers and kept containers: --root, or $XDG_DATA_HOME/sandbox
 * @run: sockets and live state: $XDG_RUNTIME_DIR/sandbox and its fallbacks
 */
struct dirs {
	char *store;
	char *run;
};

int dirs_store(struct dirs *d, const char *root_option, struct err *e);
int dirs_run(struct dirs *d, struct err *e);
int dirs_open(const char *base, const char *sub, struct err *e);
void image_path(struct strv *out, const char *option, const char *store);
int helper_open(const char *name, char **path, struct err *e);
char *beside_program(const char *name);
char *data_file(const char *name);

/* ---- helper.c: helper executables -------------------------------------------------------------- */

/*
 * A helper is started with descriptor 3 as its end of a SOCK_SEQPACKET pair and
 * the given descriptors as 4, 5, ...; 0 is /dev/null, 1 and 2 are ours; the
 * environment is empty but for what the request names. It dies with us.
 */
#define HELPER_SOCK     3
#define HELPER_FIRST_FD 4

/**
 * struct helper_env - the surroundings a helper starts in, such as a mapped user namespace
 * @clone_flags: CLONE_NEW*
 * @parent: called here after the clone (write the id maps); may be NULL
 * @child: called in the child before exec (wait for the maps, change ids); may be NULL
 * @ctx: for both
 */
struct helper_env {
	uint64_t clone_flags;
	int (*parent)(void *ctx, pid_t pid, struct err *e);
	int (*child)(void *ctx, struct err *e);
	void *ctx;
};

struct helper {
	pid_t pid;
	int pidfd;
	int sock;
};

int helper_spawn(struct helper *h, const char *name, char *const argv[], char *const envp[],
		 const int *fds, size_t nfds, const struct helper_env *env, struct err *e);
int helper_wait(struct helper *h, struct err *e);
void helper_kill(struct helper *h);

/**
 * enum helper_msg_type - what helpers of images answer
 * @HELPER_ERROR: struct helper_msg with @err set; the helper ends
 * @HELPER_PROGRESS: @done of @total bytes (0 when not known)
 * @HELPER_RESULT: success; @text holds what the helper's own header says
 */
enum helper_msg_type { HELPER_ERROR = 1, HELPER_PROGRESS, HELPER_RESULT };

struct helper_msg {
	uint32_t type;
	uint64_t done, total;
	union {
		struct err err;
		char text[4096];
	};
};

int helper_say(int sock, const struct helper_msg *m);
int helper_listen(struct helper *h, struct helper_msg *m, struct err *e);

/* ---- fuse.c ------------------------------------------------------------------------------------ */

const char *fuse_program(void);
int fuse_mount(int *dev, unsigned attrs, struct err *e);
__noreturn void fuse_serve(int dev, const char *options);

/* ---- conf.c: files of "key = value" lines ------------------------------------------------------- */

/**
 * conf_line - one line of a file of settings
 * @file: its name, @line: its number: for messages
 *
 * Return: 0 or -errno with @e set.
 */
typedef int (*conf_line)(void *ctx, const char *key, const char *value, const char *file,
			 unsigned line, struct err *e);

int conf_parse(const char *file, const char *text, size_t n, conf_line call, void *ctx,
	       struct err *e);
int conf_read(const char *file, conf_line call, void *ctx, struct err *e);

/* ---- settings.c ------------------------------------------------------------------------------ */

/**
 * struct settings - the configuration files and the environment over the defaults
 * (keys, variables and defaults: the table in settings.c); strings are owned, NULL when not set
 * @keep: containers that have neither a name nor -d stay when they end, as with podman
 * @sync: unpacked images are written to the disk before they are believed
 * @image_path: folders, separated by colons
 * @mirror: Alpine mirrors, separated by spaces or commas
 * @pull: missing, always, never or newer
 * @pull_timeout: of one whole download, nanoseconds
 */
struct settings {
	bool keep, sync;
	char *storage_driver;
	char *network;
	char *image_path;
	char *mirror;
	char *userns;
	char *pull;
	int64_t pull_timeout;
};

char *config_dir(void);
int settings_load(struct settings *s, struct err *e);
void settings_free(struct settings *s);
#define cleanup_settings __cleanup(settings_free)

#endif
