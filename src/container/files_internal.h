/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SANDBOX_CONTAINER_FILES_INTERNAL_H
#define SANDBOX_CONTAINER_FILES_INTERNAL_H

#include "container/internal.h"

/**
 * struct worker - a sandbox-unpack at work on one end of a copy
 * @args: what it is told
 * @view_fd: what it gets as its folder or pidfd; taken
 * @plan: whose ids it has; NULL: it joins those of a running container
 */
struct worker {
	struct helper h;
	struct mapped_env env;
	struct strv args;
	int view_fd;
	const struct idmap_plan *plan;
};

#define WORKER_NONE                                        \
	((struct worker){                                  \
		.h = {.pid = -1, .pidfd = -1, .sock = -1}, \
		.env = {.mapped = -1},                     \
		.view_fd = -1,                             \
	})

void worker_init(struct worker *w, const char *what);
int worker_container(struct worker *w, const struct files *f, bool mounts, bool layers,
		     struct err *e);
int worker_start(struct worker *w, int archive_fd, struct err *e);
int worker_wait(struct worker *w, struct files_stats *out, struct err *e);
void worker_free(struct worker *w);

#endif
