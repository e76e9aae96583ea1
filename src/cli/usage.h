/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: what is in the store, who needs it, and how much room it takes.
 */
#ifndef SANDBOX_CLI_USAGE_H
#define SANDBOX_CLI_USAGE_H

#include "cli/internal.h"
#include "cli/output.h"
#include "container/container.h"

/**
 * struct usage - everything there is
 * @layers: absolute paths of the layers of all containers
 * @container_bytes, @volume_bytes: of each, in the order of the lists; by usage_measure()
 */
struct usage {
	struct container_infos containers;
	struct image_list images;
	struct volume_list volumes;
	struct strv layers;
	uint64_t *container_bytes, *volume_bytes;
	size_t measured; /* bytes of the mapping that both are in */
};

int usage_read(struct usage *u, const struct dirs *dirs, struct err *e);
int usage_measure(struct usage *u, const struct dirs *dirs, struct err *e);
void usage_free(struct usage *u);
#define cleanup_usage __cleanup(usage_free)
bool image_is_used(const struct usage *u, const char *digest);
bool container_is_active(const struct container_info *c);
int plan_for_files(struct idmap_plan *plan, struct err *e);

#endif
