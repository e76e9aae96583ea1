/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mirror's latest-releases.yaml and side files: what is picked from whatever
 * they say is a file name of the right kind with a digest, and serves the wish.
 */
#include "image/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void pick(const char *text, size_t n, const char *want)
{
	struct release r;
	struct err e = {};
	int ret = releases_pick(text, n, "x86_64", want, &r, &e);

	if (ret < 0) {
		require(e.code == -ret && *e.msg && !strchr(e.msg, '\n'));
		return;
	}
	require(!releases_check(&r, "x86_64", &e) && alpine_version_match(want, r.version));
	require(!strchr(r.file, '/') && is_hex(r.sha256, DIGEST_HEX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* An allocation of just that size: reading one byte past it is found. */
	cleanup_free char *text = xmalloc(n ? n : 1);
	char hex[DIGEST_HEX + 1] = "";
	struct err e = {};

	memcpy(text, data, n);
	pick(text, n, "");
	pick(text, n, "3.20.3");
	if (!releases_side_file(text, n, "alpine-minirootfs-3.20.3-x86_64.tar.gz", hex, &e))
		require(is_hex(hex, DIGEST_HEX));
	return 0;
}
