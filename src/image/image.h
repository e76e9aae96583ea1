/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image: from a name to unpacked layers and a configuration.
 */
#ifndef SANDBOX_IMAGE_IMAGE_H
#define SANDBOX_IMAGE_IMAGE_H

#include "base/base.h"
#include "config/config.h"
#include "spec/spec.h"

enum pull_policy { PULL_MISSING, PULL_ALWAYS, PULL_NEVER, PULL_NEWER };

/**
 * struct image_req - which image, and what it takes to get it
 * @name: as typed: busybox, alpine[:3.20|@3.20.3], ./file.tar.gz, /path/file.tar
 * @store: the store folder
 * @path: folders searched for minirootfs tarballs, the user's own first
 * @mirror: from option, environment or configuration; NULL for distros.conf
 * @arch: Alpine's name of an architecture; NULL for this machine's
 * @map_id: name of the id map the layers are unpacked for (a file name)
 * @userns: surroundings of sandbox-unpack: a user namespace with that map
 */
struct image_req {
	const char *name;
	const char *store;
	const struct strv *path;
	const char *mirror;
	const char *arch;
	const char *map_id;
	const struct helper_env *userns;
	enum pull_policy pull;
	bool quiet;
};

/**
 * struct image - an image that is ready to run
 * @ref: canonical name, such as alpine:3.20.3
 * @layers: absolute paths of unpacked layers, the topmost first
 */
struct image {
	char *ref;
	struct strv layers;
	struct image_config config;
};

int image_ready(const struct image_req *req, struct image *out, struct err *e);
void image_free(struct image *i);

#endif
