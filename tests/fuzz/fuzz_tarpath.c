/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an archive may ask for: names, extended headers, file capabilities. What
 * is let through holds to the rules that tree.c stands on.
 */
#include "image/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_path(const char *name)
{
	char out[POLICY_PATH_MAX + 1], again[POLICY_PATH_MAX + 1];
	struct err e = {};
	int r = policy_path(name, out, sizeof(out), &e);
	size_t depth = 0;

	require(r < 0 ? e.code == -r && e.msg[0] : !r && !e.code);
	if (r < 0 || !*out)
		return;
	require(strlen(out) <= strlen(name) && name[0] != '/');
	for (const char *p = out; p; p = strchr(p, '/')) {
		size_t len;

		p += *p == '/';
		len = strcspn(p, "/");
		require(len && len <= POLICY_NAME_MAX && ++depth <= POLICY_DEPTH_MAX);
		require(!(len == 1 && *p == '.') && !(len == 2 && !strncmp(p, "..", 2)));
		require(strncmp(p, ".wh.", 4) != 0);
	}
	require(!policy_path(out, again, sizeof(again), &e) && streq(out, again));
	require(!policy_hardlink(name, again, sizeof(again), &e) && streq(out, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = xstrndup((const char *)data, n);
	struct id_ranges ids;
	uint8_t cap[20];
	struct err e = {};
	uint32_t id;
	int r;

	check_path(text);
	policy_xattr(text);
	policy_symlink(text, &e);
	if (policy_capability(data, n, cap))
		require(cap[3] == 2 && n >= sizeof(cap));
	if (!id_ranges_parse(text, &ids) && !policy_id((int64_t)n, &ids, "uid", &id, &e))
		require(ids.count == 1 || id == n);
	free(text);
	e = (struct err){};
	r = policy_headers(data, n, &e);
	require(r < 0 ? e.code == -r && e.msg[0] : !r && !e.code);
	return 0;
}
