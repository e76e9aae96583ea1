/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sandbox-fetch consists of. Not for the program that starts containers.
 */
#ifndef SANDBOX_IMAGE_HTTP_H
#define SANDBOX_IMAGE_HTTP_H

#include "image/internal.h"

/* ---- http.c ------------------------------------------------------------------------------------- */

/**
 * struct http - how to talk to servers
 * @deadline: of everything together, as now_ns(); @timeout: what that was made from
 * @progress: called now and then with the bytes so far and in all (0: not known); may be NULL
 */
struct http {
	void *easy;
	int64_t deadline, timeout;
	const char *ca_file, *ca_dir;
	void (*progress)(uint64_t done, uint64_t total);
	char error[256];
};

/**
 * struct http_get - one file
 * @max: bytes at most
 * @data: takes the next bytes; 0 or -errno with @e set
 * @restart: forget all bytes so far; 0 or -errno with @e set
 * @have: bytes taken so far
 */
struct http_get {
	const char *url;
	uint64_t max;
	int (*data)(void *ctx, const void *p, size_t n, struct err *e);
	int (*restart)(void *ctx, struct err *e);
	void *ctx;
	uint64_t have;
};

int http_start(struct http *h, int64_t timeout, struct err *e);
int http_get(struct http *h, struct http_get *g, struct err *e);
void http_end(struct http *h);

/* ---- fetch_confine.c ---------------------------------------------------------------------------- */

int fetch_confine(const char *ca_file, const char *ca_dir, struct err *e);

/* ---- mirror.c ------------------------------------------------------------------------------------- */

/**
 * struct mirror_job - what to get from a mirror
 * @out_fd: receives the tarball
 */
struct mirror_job {
	const char *arch, *want, *unless_sha256, *unless_version;
	int out_fd;
};

int mirror_fetch(struct http *h, const char *mirror, const struct mirror_job *job,
		 struct release *got, char **from, bool *same, struct err *e);

#endif
