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
 * @userns: surroundings of sandbox-unpack: a user namespace with that map; used more than once
 * @quiet: no progress
 * @no_sync: do not write to the disk; the layers are believed until the next boot
 * @timeout: of a download, nanoseconds; 0 for the default
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
	bool no_sync;
	int64_t timeout;
};

/**
 * struct image - an image that is ready to run
 * @ref: canonical name, such as alpine:3.20.3
 * @digest: "sha256:" and 64 digits, of the tarball
 * @layers: absolute paths of unpacked layers, the topmost first
 * @hold: keeps the layers from being removed while it (or a copy in a child) is open; > 0, or
 *	none; close-on-exec
 */
struct image {
	char *ref;
	char digest[72];
	struct strv layers;
	struct image_config config;
	int hold;
};

int image_ready(const struct image_req *req, struct image *out, struct err *e);
void image_free(struct image *i);
int image_hold_layers(const struct strv *layers, struct err *e);
#define cleanup_image __cleanup(image_free)

/**
 * struct image_commit - an image to be made
 * @req: its name, and where and how it is unpacked
 * @source: where it comes from, for people
 * @config: what its containers get
 * @pack: writes its files to a descriptor, as tar
 */
struct image_commit {
	struct image_req req;
	const char *source;
	const struct image_config *config;
	int (*pack)(void *ctx, int fd, struct err *e);
	void *ctx;
};

int image_commit(const struct image_commit *c, char digest[72], struct err *e);

int parse_pull_policy(const char *s, enum pull_policy *out, struct err *e);
const char *host_arch(void);
int image_arch_runnable(const char *arch, struct err *e);

/* ---- list.c: keeping the store --------------------------------------------------------------- */

/**
 * struct image_info - one name in the store
 * @name: as it was asked for, @ref: what that was: alpine and alpine:3.20.3
 * @digest: 64 digits; short forms of at least 4 name the image for image_remove()
 * @source: path of the tarball or address it came from
 * @size: bytes unpacked, of one id map
 * @created: when it was unpacked, seconds since 1970
 * @maps: how many id maps it is unpacked for; 0: unpacked again when it is run
 * @broken: its record is damaged: @name is that of the file, the rest is not known
 */
struct image_info {
	char *name, *ref, *source;
	char digest[65], arch[16];
	uint64_t size;
	int64_t created;
	unsigned maps;
	bool broken;
};

struct image_list {
	struct image_info *v;
	size_t n;
};

int image_list(const char *store, struct image_list *out, struct err *e);
void image_list_free(struct image_list *l);

/**
 * struct image_gone - what a removal did
 * @names: names taken away, @layers: unpacked layers removed, @bytes: freed, as far as known
 */
struct image_gone {
	struct strv names;
	unsigned layers;
	uint64_t bytes;
};

int image_remove(const char *store, const char *name, const struct strv *used,
		 const struct helper_env *userns, struct image_gone *gone, struct err *e);
int image_prune(const char *store, bool all, const struct strv *used,
		const struct helper_env *userns, struct image_gone *gone, struct err *e);

#endif
