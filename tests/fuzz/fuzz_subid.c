/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Subordinate id files, and the plans that follow from them: whatever the file
 * holds, a plan's maps are maps that the kernel takes.
 */
#include <sys/mman.h>

#include "sandbox/idmap_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void parse(const uint8_t *data, size_t n, const struct owner *o, struct subids *out)
{
	cleanup_close int fd = memfd_create("subid", MFD_CLOEXEC);
	cleanup_lines struct lines l;

	require(fd >= 0 && !write_full(fd, data, n) && !lseek(fd, 0, SEEK_SET));
	lines_init(&l, fd, 256);
	subid_parse(&l, "/etc/subuid", o, out);
	require((out->state == SUBID_OK) == (out->ranges.n > 0));
}

static void check_plan(const struct idmap_caller *c, enum userns_mode mode)
{
	static const struct idrange asked[] = {{0, 0, 1}, {1, 1, 3}};
	struct spec s = {.userns = mode, .uidmap = {(struct idrange *)asked, 2}};
	struct idmap_plan p;
	struct err e = {};
	uint32_t out;
	int r = idmap_decide(&p, c, &s, &e);

	require(r < 0 ? e.code == -r && e.msg[0] : !e.code);
	if (!r) {
		require(p.uid.n && !map_check(&p.uid, "map", &e));
		require(p.gid.n && !map_check(&p.gid, "map", &e));
		require(idmap_lookup(&p.uid, idmap_highest(&p.uid), &out));
		require((p.driver == IDMAP_ONE) == (ranges_total(&c->sub[UIDS].ranges) == 0 ||
						    ranges_total(&c->sub[GIDS].ranges) == 0 ||
						    p.why[0]));
	}
	idmap_plan_free(&p);
}

/* The first byte says how; the rest is one file for both, or cut in two at a byte of 0xff. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct idmap_caller c = {.id = {1000, 1000}, .initial = true};
	const uint8_t *cut;

	log_set(LOG_ERROR, "");
	if (!n)
		return 0;
	c.owner = (struct owner){.uid = 1000, .login_gid = 1000, .local = data[0] & 1};
	strv_add(&c.owner.names, "alice");
	cut = memchr(data + 1, 0xff, n - 1);
	parse(data + 1, cut ? (size_t)(cut - data - 1) : n - 1, &c.owner, &c.sub[UIDS]);
	parse(cut ? cut + 1 : data + 1, cut ? (size_t)(data + n - cut - 1) : n - 1, &c.owner,
	      &c.sub[GIDS]);
	for (int w = UIDS; w <= GIDS; w++) {
		ranges_add(&c.exists[w], 0, data[0] & 2 ? 200000 : UINT32_MAX);
		c.helper[w].path = "/usr/bin/newuidmap";
	}
	check_plan(&c, USERNS_ROOT);
	check_plan(&c, USERNS_KEEP_ID);
	if (c.sub[UIDS].ranges.n && c.sub[GIDS].ranges.n) {
		check_plan(&c, USERNS_NOMAP);
		if (ranges_total(&c.sub[UIDS].ranges) > 4)
			check_plan(&c, USERNS_EXPLICIT);
	}
	idmap_caller_free(&c);
	return 0;
}
