/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy: what an archive may ask for. Pure functions: no file, no system call.
 */
#ifndef SANDBOX_IMAGE_POLICY_H
#define SANDBOX_IMAGE_POLICY_H

#include "base/base.h"

#define POLICY_PATH_MAX   4096
#define POLICY_NAME_MAX   255
#define POLICY_DEPTH_MAX  256
#define POLICY_LINK_MAX   4095
#define POLICY_HEADER_MAX (1U << 20)
#define POLICY_XATTR_MAX  65536
#define POLICY_ENTRIES    2000000ULL
#define POLICY_BYTES      (20ULL << 30)
#define POLICY_RATIO      1000ULL
#define POLICY_RATIO_FROM (1ULL << 30)

/**
 * struct id_ranges - the ids of a user namespace, as its uid_map or gid_map lists them
 * @count: how many ids in all
 */
struct id_ranges {
	struct {
		uint32_t first, count;
	} range[340];
	size_t n;
	uint64_t count;
};

enum xattr_verdict { XATTR_STRIP, XATTR_USER, XATTR_CAPABILITY };

int policy_path(const char *name, char *out, size_t size, struct err *e);
int policy_hardlink(const char *target, char *out, size_t size, struct err *e);
int policy_symlink(const char *target, struct err *e);
int policy_id(int64_t id, const struct id_ranges *map, const char *kind, uint32_t *out,
	      struct err *e);
int policy_mtime(int64_t sec, long nsec, struct timespec *out, struct err *e);
mode_t policy_mode(mode_t mode, const char *path, bool is_dir);
enum xattr_verdict policy_xattr(const char *name);
size_t policy_capability(const void *value, size_t n, uint8_t out[20]);
int policy_size(int64_t size, uint64_t so_far, struct err *e);
int policy_ratio(uint64_t in, uint64_t out, struct err *e);
int policy_headers(const uint8_t *p, size_t n, struct err *e);

int id_ranges_parse(const char *text, struct id_ranges *out);

#endif
