/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>

#include "unit.h"
#include "sandbox/idmap_internal.h"

#define ALL                   \
	{                     \
		0, UINT32_MAX \
	}

/** struct caller - facts in short; up to three ranges each, for both kinds of ids */
struct caller {
	uint32_t id;
	bool direct, nested, nnp, denied;
	struct range exists[3], sub[3];
	enum subid_state state; /* when there are no ranges */
	enum helper_state helper;
};

/* A caller whom nothing is missing. */
#define ALICE .id = 1000, .exists = {ALL}, .sub = {{100000, 65536}}

static const struct row {
	const char *name;
	struct caller c;
	enum userns_mode mode;
	struct idrange uidmap[4]; /* for USERNS_EXPLICIT */
	int r;
	enum idmap_driver driver;
	const char *map;  /* of user ids */
	const char *text; /* part of why, or of the error */
} rows[] = {
	{"root", {ALICE}, USERNS_ROOT, {}, 0, IDMAP_HELPERS, "0 1000 1,1 100000 65536,"},
	{"keep-id",
	 {ALICE},
	 USERNS_KEEP_ID,
	 {},
	 0,
	 IDMAP_HELPERS,
	 "0 100000 1000,1000 1000 1,1001 101000 64536,"},
	{"nomap", {ALICE}, USERNS_NOMAP, {}, 0, IDMAP_HELPERS, "0 100000 65536,"},
	{"several ranges",
	 {.id = 1000, .exists = {ALL}, .sub = {{100000, 5}, {200000, 7}, {50, 1}}},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_HELPERS,
	 "0 1000 1,1 100000 5,6 200000 7,13 50 1,"},
	{"keep-id over several ranges",
	 {.id = 10, .exists = {ALL}, .sub = {{100, 5}, {200, 7}, {300, 2}}},
	 USERNS_KEEP_ID,
	 {},
	 0,
	 IDMAP_HELPERS,
	 "0 100 5,5 200 5,10 10 1,11 205 2,13 300 2,"},
	{"keep-id with fewer ids than his own",
	 {.id = 1000, .exists = {ALL}, .sub = {{100, 5}}},
	 USERNS_KEEP_ID,
	 {},
	 0,
	 IDMAP_HELPERS,
	 "0 100 5,1000 1000 1,"},
	{"own id inside the range",
	 {.id = 1000, .exists = {ALL}, .sub = {{900, 200}}},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_HELPERS,
	 "0 1000 1,1 900 100,101 1001 99,"},
	{"own id first in the range",
	 {.id = 1000, .exists = {ALL}, .sub = {{1000, 3}}},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_HELPERS,
	 "0 1000 3,"},
	{"range of one",
	 {.id = 1000, .exists = {ALL}, .sub = {{5, 1}}},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_HELPERS,
	 "0 1000 1,1 5 1,"},
	{"range of only his own id",
	 {.id = 1000, .exists = {ALL}, .sub = {{1000, 1}}},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_ONE,
	 "0 1000 1,",
	 "user namespace that you are in"},
	{"last id, keep-id",
	 {.id = 4294967294U, .exists = {ALL}, .sub = {{5, 10}}},
	 USERNS_KEEP_ID,
	 {},
	 0,
	 IDMAP_HELPERS,
	 "0 5 10,4294967294 4294967294 1,"},

	{"no line",
	 {.id = 1000, .exists = {ALL}, .state = SUBID_NO_LINE},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_ONE,
	 "0 1000 1,",
	 "/etc/subuid has no line for alice (uid 1000); as root: usermod --add-subuids "
	 "300000-365535 --add-subgids 300000-365535 alice"},
	{"no file",
	 {.id = 1000, .exists = {ALL}, .state = SUBID_NO_FILE},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_ONE,
	 "0 1000 1,",
	 "/etc/subuid does not exist; as root: touch /etc/subuid /etc/subgid && usermod"},
	{"no line, keep-id",
	 {.id = 1000, .exists = {ALL}, .state = SUBID_NO_LINE},
	 USERNS_KEEP_ID,
	 {},
	 0,
	 IDMAP_ONE,
	 "1000 1000 1,",
	 "usermod"},
	{"no line, nomap",
	 {.id = 1000, .exists = {ALL}, .state = SUBID_NO_LINE},
	 USERNS_NOMAP,
	 {},
	 -EPERM,
	 IDMAP_ONE,
	 "",
	 "--userns=nomap needs a range of subordinate ids; /etc/subuid has"},
	{"no_new_privs",
	 {ALICE, .nnp = true},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_ONE,
	 "0 1000 1,",
	 "no_new_privs"},
	{"no helper",
	 {ALICE, .helper = ID_HELPER_MISSING},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_ONE,
	 "0 1000 1,",
	 "newuidmap is not installed"},
	{"helper without privileges",
	 {ALICE, .helper = ID_HELPER_NO_PRIV},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_ONE,
	 "0 1000 1,",
	 "chmod u+s /usr/bin/newuidmap"},
	{"helper on nosuid",
	 {ALICE, .helper = ID_HELPER_NOSUID},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_ONE,
	 "0 1000 1,",
	 "nosuid"},
	{"helper of somebody",
	 {ALICE, .helper = ID_HELPER_NOT_ROOT},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_ONE,
	 "0 1000 1,",
	 "does not belong to root"},
	{"helper for all to write",
	 {ALICE, .helper = ID_HELPER_WRITABLE},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_ONE,
	 "0 1000 1,",
	 "chmod go-w"},

	{"nested, clipped",
	 {.id = 1000, .nested = true, .exists = {{0, 65536}}, .sub = {{65000, 65536}}},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_HELPERS,
	 "0 1000 1,1 65000 536,"},
	{"nested, nothing left",
	 {.id = 1000, .nested = true, .exists = {{0, 65536}}, .sub = {{100000, 65536}}},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_ONE,
	 "0 1000 1,",
	 "has 65536 user and 65536 group ids, none of them"},
	{"nested, own id does not exist",
	 {.id = 65534, .nested = true, .exists = {{0, 1}}, .sub = {{1, 5}}},
	 USERNS_ROOT,
	 {},
	 -EPERM,
	 IDMAP_ONE,
	 "",
	 "not mapped in the user namespace"},

	{"root with a line",
	 {.id = 0, .direct = true, .exists = {ALL}, .sub = {{100000, 10}}},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_DIRECT,
	 "0 0 1,1 100000 10,"},
	{"root without a line",
	 {.id = 0, .direct = true, .exists = {ALL}},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_DIRECT,
	 "0 0 1,1 1879048192 65536,"},
	{"root of a container",
	 {.id = 0, .direct = true, .nested = true, .exists = {{0, 65537}}},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_DIRECT,
	 "0 0 65537,"},
	{"root of a container, as podman maps it",
	 {.id = 0, .direct = true, .nested = true, .exists = {{0, 1}, {1, 65536}}},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_DIRECT,
	 "0 0 1,1 1 65536,"},
	{"a range over two lines of the outer map",
	 {.id = 1000, .nested = true, .exists = {{0, 1500}, {1500, 1000}}, .sub = {{1400, 200}}},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_HELPERS,
	 "0 1000 1,1 1400 100,101 1500 100,"},
	{"explicit over two lines of the outer map",
	 {.id = 0, .direct = true, .nested = true, .exists = {{0, 1}, {1, 65536}}},
	 USERNS_EXPLICIT,
	 {{0, 0, 3}},
	 0,
	 IDMAP_DIRECT,
	 "0 0 1,1 1 2,"},
	{"root of a container with a line outside of it",
	 {.id = 0, .direct = true, .nested = true, .exists = {{0, 10}}, .sub = {{100000, 10}}},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_DIRECT,
	 "0 0 10,"},
	{"root of a container with one id",
	 {.id = 0, .direct = true, .nested = true, .exists = {{0, 1}}},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_DIRECT,
	 "0 0 1,",
	 ""},
	{"capabilities without root",
	 {ALICE, .direct = true},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_DIRECT,
	 "0 1000 1,1 100000 65536,"},
	{"capabilities without root, without a line",
	 {.id = 1000, .direct = true, .exists = {ALL}, .state = SUBID_NO_LINE},
	 USERNS_ROOT,
	 {},
	 0,
	 IDMAP_DIRECT,
	 "0 1000 1,",
	 "no line for alice"},

	{"explicit, podman's count",
	 {ALICE},
	 USERNS_EXPLICIT,
	 {{0, 1, 1000}, {1000, 0, 1}},
	 0,
	 IDMAP_HELPERS,
	 "0 100000 1000,1000 1000 1,"},
	{"explicit over several ranges",
	 {.id = 10, .exists = {ALL}, .sub = {{100, 5}, {200, 7}}},
	 USERNS_EXPLICIT,
	 {{0, 3, 6}},
	 0,
	 IDMAP_HELPERS,
	 "0 102 3,3 200 3,"},
	{"explicit host ids",
	 {ALICE},
	 USERNS_EXPLICIT,
	 {{7, 1000, 1, true}, {8, 100005, 2, true}},
	 0,
	 IDMAP_HELPERS,
	 "7 1000 1,8 100005 2,"},
	{"explicit foreign host ids",
	 {ALICE},
	 USERNS_EXPLICIT,
	 {{0, 0, 1, true}},
	 -EPERM,
	 IDMAP_HELPERS,
	 "",
	 "--uidmap 0:@0:1 asks for ids that you do not have"},
	{"explicit host ids past the end",
	 {ALICE},
	 USERNS_EXPLICIT,
	 {{0, 165530, 10, true}},
	 -EPERM,
	 IDMAP_HELPERS,
	 "",
	 "do not have"},
	{"explicit, too many",
	 {ALICE},
	 USERNS_EXPLICIT,
	 {{0, 1, 65537}},
	 -EPERM,
	 IDMAP_HELPERS,
	 "",
	 "more ids than the 65537"},
	{"explicit, one id",
	 {.id = 1000, .exists = {ALL}, .state = SUBID_NO_LINE},
	 USERNS_EXPLICIT,
	 {{5, 0, 1}},
	 0,
	 IDMAP_ONE,
	 "5 1000 1,",
	 ""},
	{"explicit without a range",
	 {.id = 1000, .exists = {ALL}, .state = SUBID_NO_LINE},
	 USERNS_EXPLICIT,
	 {{0, 0, 2}},
	 -EPERM,
	 IDMAP_ONE,
	 "",
	 "has no line for alice"},
	{"explicit, overlap inside",
	 {ALICE},
	 USERNS_EXPLICIT,
	 {{0, 0, 10}, {9, 10, 1}},
	 -EINVAL,
	 IDMAP_ONE,
	 "",
	 "overlap inside the container"},
	{"explicit, overlap outside",
	 {ALICE},
	 USERNS_EXPLICIT,
	 {{0, 0, 10}, {10, 9, 1}},
	 -EINVAL,
	 IDMAP_ONE,
	 "",
	 "overlap outside the container"},
	{"explicit, the same id by both counts",
	 {ALICE},
	 USERNS_EXPLICIT,
	 {{0, 0, 1}, {1, 1000, 1, true}},
	 -EINVAL,
	 IDMAP_ONE,
	 "",
	 "overlap outside"},
	{"explicit, count past the end",
	 {ALICE},
	 USERNS_EXPLICIT,
	 {{0, 0, UINT32_MAX}, {5, 5, 1}},
	 -EINVAL,
	 IDMAP_ONE,
	 "",
	 "overlap"},
	{"explicit, inside past the end",
	 {ALICE},
	 USERNS_EXPLICIT,
	 {{4294967290U, 0, 10}},
	 -EINVAL,
	 IDMAP_ONE,
	 "",
	 "past the last id"},
};

static void make_caller(const struct caller *t, struct idmap_caller *c)
{
	*c = (struct idmap_caller){.id = {t->id, t->id},
				   .direct = t->direct,
				   .initial = !t->nested,
				   .no_new_privs = t->nnp,
				   .setgroups_denied = t->denied};
	c->owner = (struct owner){.uid = t->id, .login_gid = t->id, .local = true};
	strv_add(&c->owner.names, t->id ? "alice" : "root");
	for (int w = UIDS; w <= GIDS; w++) {
		for (size_t i = 0; i < 3 && t->exists[i].count; i++)
			ranges_append(&c->exists[w], t->exists[i].first, t->exists[i].count);
		for (size_t i = 0; i < 3 && t->sub[i].count; i++)
			ranges_add(&c->sub[w].ranges, t->sub[i].first, t->sub[i].count);
		c->sub[w].state = c->sub[w].ranges.n ? SUBID_OK : t->state;
		c->sub[w].next_free = w == UIDS ? 300000 : 200000;
		c->helper[w].state = t->helper;
		c->helper[w].path = w == UIDS ? "/usr/bin/newuidmap" : "/usr/bin/newgidmap";
	}
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		cleanup_buf struct buf map = {};
		struct idmap_caller c;
		struct idmap_plan p;
		struct spec s = {.userns = row->mode};
		struct err e = {};
		int r;

		make_caller(&row->c, &c);
		for (size_t k = 0; k < 4 && row->uidmap[k].count; k++) {
			idmap_add(&s.uidmap, 0, 0, 1);
			s.uidmap.v[k] = row->uidmap[k];
		}
		r = idmap_decide(&p, &c, &s, &e);
		map_format(&p.uid, ',', &map);
		if (r != row->r || (!r && !streq(map.data, row->map)) ||
		    (row->text && !strstr(r ? e.msg : p.why, row->text)))
			print_error("%s: %d \"%s\" why \"%s\" map %s\n", row->name, r, e.msg, p.why,
				    map.data);
		assert_int_equal(r, row->r);
		if (row->text)
			assert_non_null(strstr(r ? e.msg : p.why, row->text));
		if (!r) {
			assert_int_equal(p.driver, row->driver);
			assert_string_equal(map.data, row->map);
			assert_int_equal(p.deny_setgroups, row->driver == IDMAP_ONE);
			if (!row->text)
				assert_string_equal(p.why, "");
		}
		idmap_plan_free(&p);
		idmap_caller_free(&c);
		free(s.uidmap.v);
	}
}

/* 118: user ids without group ids are no range at all, and the remedy is for what is missing. */
static void test_half_a_range(void **state)
{
	static const struct caller alice = {ALICE};
	struct spec s = {};
	struct idmap_caller c;
	struct idmap_plan p;
	struct err e = {};

	(void)state;
	make_caller(&alice, &c);
	ranges_free(&c.sub[GIDS].ranges);
	c.sub[GIDS].state = SUBID_NO_LINE;
	assert_int_equal(idmap_decide(&p, &c, &s, &e), 0);
	assert_int_equal(p.driver, IDMAP_ONE);
	assert_string_equal(p.why, "/etc/subgid has no line for alice (uid 1000); as root: "
				   "usermod --add-subgids 300000-365535 alice");
	assert_int_equal(p.uid.n, 1);
	idmap_plan_free(&p);

	/* A user of a directory service is not usermod's. */
	c.owner.local = false;
	assert_int_equal(idmap_decide(&p, &c, &s, &e), 0);
	assert_non_null(strstr(p.why, "echo alice:300000:65536 | tee -a /etc/subgid"));
	assert_null(strstr(p.why, "/etc/subuid"));
	idmap_plan_free(&p);

	/* Another group than the login's: newuidmap would refuse. */
	ranges_add(&c.sub[GIDS].ranges, 100000, 65536);
	c.sub[GIDS].state = SUBID_OK;
	c.id[GIDS] = 7;
	assert_int_equal(idmap_decide(&p, &c, &s, &e), 0);
	assert_int_equal(p.driver, IDMAP_ONE);
	assert_non_null(strstr(p.why, "newgrp"));
	idmap_plan_free(&p);
	idmap_caller_free(&c);
}

static void test_gidmap_of_its_own(void **state)
{
	static const struct caller alice = {ALICE};
	struct spec s = {.userns = USERNS_EXPLICIT};
	cleanup_buf struct buf uid = {}, gid = {};
	struct idmap_caller c;
	struct idmap_plan p;
	struct err e = {};

	(void)state;
	make_caller(&alice, &c);
	idmap_add(&s.uidmap, 0, 0, 10);
	idmap_add(&s.gidmap, 0, 5, 10);
	assert_int_equal(idmap_decide(&p, &c, &s, &e), 0);
	map_format(&p.uid, ',', &uid);
	map_format(&p.gid, ',', &gid);
	assert_string_equal(uid.data, "0 1000 1,1 100000 9,");
	assert_string_equal(gid.data, "0 100004 10,");
	idmap_plan_free(&p);
	s.gidmap.v[0].count = 0;
	assert_int_equal(idmap_decide(&p, &c, &s, &e), -EINVAL);
	assert_non_null(strstr(e.msg, "--gidmap 0:5:0 maps no ids"));
	idmap_plan_free(&p);
	idmap_caller_free(&c);
	free(s.uidmap.v);
	free(s.gidmap.v);
}

/* 66: 341 lines; and what the kernel takes in one write. */
static void test_too_many_lines(void **state)
{
	static const struct caller alice = {ALICE};
	struct spec s = {.userns = USERNS_EXPLICIT};
	struct idmap_caller c;
	struct idmap_plan p;
	struct err e = {};

	(void)state;
	make_caller(&alice, &c);
	for (uint32_t i = 0; i < 341; i++)
		idmap_add(&s.uidmap, 2 * i, 2 * i, 1);
	assert_int_equal(idmap_decide(&p, &c, &s, &e), -EINVAL);
	assert_non_null(strstr(e.msg, "341 parts, the kernel takes 340"));
	idmap_plan_free(&p);
	free(s.uidmap.v);
	idmap_caller_free(&c);

	/* The caller's own 1000 ranges: as many as go, with a warning. */
	s = (struct spec){};
	make_caller(&alice, &c);
	for (uint32_t i = 0; i < 1000; i++) {
		ranges_add(&c.sub[UIDS].ranges, 1000000000 + 200000 * i, 100000);
		ranges_add(&c.sub[GIDS].ranges, 1000000000 + 200000 * i, 100000);
	}
	log_set(LOG_ERROR, "");
	assert_int_equal(idmap_decide(&p, &c, &s, &e), 0);
	assert_true(p.uid.n > 50 && p.uid.n <= MAP_LINES_MAX);
	assert_int_equal(map_check(&p.uid, "map", &e), 0);
	idmap_plan_free(&p);
	idmap_caller_free(&c);
}

static void test_setgroups(void **state)
{
	static const struct caller nested = {
		.id = 0, .direct = true, .nested = true, .denied = true, .exists = {{0, 5}}};
	struct spec s = {};
	struct idmap_caller c;
	struct idmap_plan p;
	struct err e = {};

	(void)state;
	make_caller(&nested, &c);
	assert_int_equal(idmap_decide(&p, &c, &s, &e), 0);
	assert_int_equal(p.driver, IDMAP_DIRECT);
	assert_true(p.deny_setgroups);
	idmap_plan_free(&p);
	idmap_caller_free(&c);
}

static void test_lookup(void **state)
{
	struct idmap m = {};
	uint32_t out = 7;

	(void)state;
	assert_false(idmap_lookup(&m, 0, &out));
	assert_int_equal(idmap_highest(&m), 0);
	idmap_add(&m, 10, 1000, 5);
	idmap_add(&m, 0, 2000, 1);
	idmap_add(&m, 4294967290U, 1, 5);
	assert_false(idmap_lookup(&m, 9, &out));
	assert_false(idmap_lookup(&m, 15, &out));
	assert_false(idmap_lookup(&m, UINT32_MAX, &out));
	assert_int_equal(out, 7);
	assert_true(idmap_lookup(&m, 14, &out));
	assert_int_equal(out, 1004);
	assert_true(idmap_lookup(&m, 4294967294U, &out));
	assert_int_equal(out, 5);
	assert_int_equal(idmap_highest(&m), 4294967294U);
	free(m.v);
}

static void test_name(void **state)
{
	struct idmap_plan a = {}, b = {};
	char na[24], nb[24];

	(void)state;
	idmap_add(&a.uid, 0, 1000, 1);
	idmap_add(&a.gid, 0, 100, 1);
	idmap_name(&a, na);
	assert_string_equal(na, "one-1000-100");
	a.uid.v[0].outside = a.gid.v[0].outside = 4294967294U;
	idmap_name(&a, na);
	assert_int_equal(strncmp(na, "map-", 4), 0);
	a.uid.v[0].outside = 1000;
	a.uid.v[0].inside = 1000; /* keep-id: the same owner on the disk */
	a.gid.v[0].outside = 100;
	idmap_name(&a, na);
	assert_string_equal(na, "one-1000-100");
	idmap_add(&b.uid, 0, 1000, 1);
	idmap_add(&b.uid, 1, 100000, 65536);
	idmap_add(&b.gid, 0, 1000, 1);
	idmap_add(&b.gid, 1, 100000, 65536);
	idmap_name(&b, na);
	b.driver = IDMAP_HELPERS; /* who writes it does not matter */
	idmap_name(&b, nb);
	assert_string_equal(na, nb);
	b.gid.v[1].count--;
	idmap_name(&b, nb);
	assert_string_not_equal(na, nb);
	idmap_plan_free(&a);
	idmap_plan_free(&b);
}

static void test_for_files(void **state)
{
	struct idmap_plan p = {}, out;
	uint32_t id;

	(void)state;
	idmap_add(&p.uid, 1000, geteuid(), 1); /* keep-id with one id */
	idmap_add(&p.gid, 0, getegid(), 1);
	idmap_add(&p.gid, 1, 3000000000U, 5);
	idmap_for_files(&p, &out);
	assert_true(idmap_lookup(&out.uid, 0, &id) && id == geteuid());
	assert_int_equal(out.gid.n, 2);
	idmap_plan_free(&out);

	p.gid.v[0].outside = 2000000000; /* nomap */
	idmap_for_files(&p, &out);
	assert_int_equal(out.gid.n, 3);
	assert_true(idmap_lookup(&out.gid, 4294967294U, &id) && id == getegid());
	assert_true(idmap_lookup(&out.gid, 0, &id) && id == 2000000000);
	idmap_plan_free(&out);
	idmap_plan_free(&p);
}

static void test_ranges(void **state)
{
	struct ranges r = {}, in = {};

	(void)state;
	ranges_add(&r, 10, 10);
	ranges_add(&r, 100, 10);
	assert_true(ranges_have(&r, 10, 10));
	assert_true(ranges_have(&r, 109, 1));
	assert_false(ranges_have(&r, 19, 2));
	ranges_add(&in, 105, 100);
	ranges_add(&in, 0, 15);
	ranges_keep(&r, &in);
	assert_int_equal(r.n, 2);
	assert_int_equal(r.v[0].first, 10);
	assert_int_equal(r.v[0].count, 5);
	assert_int_equal(r.v[1].first, 105);
	assert_int_equal(r.v[1].count, 5);
	ranges_remove(&r, 0, 4294967295U);
	assert_int_equal(r.n, 0);
	ranges_free(&in);
	/* Two touching extents hold a range that spans them. */
	ranges_add(&in, 50, 50);
	in.v = xreallocarray(in.v, 2, sizeof(*in.v));
	in.v[in.n++] = (struct range){0, 50};
	assert_true(ranges_have(&in, 40, 20));
	assert_false(range_valid(0, 0));
	assert_false(range_valid(4294967295U, 1));
	assert_true(range_valid(0, 4294967295U));
	assert_false(range_valid(UINT64_MAX, UINT64_MAX));
	ranges_free(&in);
	ranges_free(&r);
}

/* A helper that fails is an error at once, although the child still holds the pipe's other end. */
static void test_helper_fails(void **state)
{
	struct idrange one = {0, 1, 1, false};
	struct idmap_plan p = {.driver = IDMAP_HELPERS,
			       .uid = {&one, 1},
			       .gid = {&one, 1},
			       .helper = {"/bin/false", "/bin/false"}};
	struct idmap_job j;
	struct err e = {};
	pid_t child;

	(void)state;
	assert_int_equal(idmap_prepare(&j, &p, &e), 0);
	child = fork();
	if (!child) {
		alarm(60);
		pause();
		_exit(1);
	}
	alarm(30);
	assert_int_equal(idmap_start(&j, child, &e), 0);
	assert_int_equal(idmap_finish(&j, &e), -EPERM);
	alarm(0);
	assert_non_null(strstr(e.msg, "/bin/false failed with exit code 1: it does not say why"));
	kill(child, SIGKILL);
	wait_pid(child, NULL);
}

/* Helpers that wait for a number know what to do when nobody comes, and when somebody does. */
static void test_waiting_helpers(void **state)
{
	struct idrange one = {0, 1, 1, false};
	struct idmap_plan p = {.driver = IDMAP_HELPERS,
			       .uid = {&one, 1},
			       .gid = {&one, 1},
			       .helper = {"/bin/echo", "/bin/echo"}};
	struct idmap_job j;
	struct err e = {};

	(void)state;
	alarm(30);
	assert_int_equal(idmap_prepare(&j, &p, &e), 0);
	assert_int_equal(idmap_start(&j, 0, &e), 0);
	idmap_cancel(&j);

	assert_int_equal(idmap_prepare(&j, &p, &e), 0);
	assert_int_equal(idmap_start(&j, 0, &e), 0);
	assert_int_equal(idmap_finish(&j, &e), -EIO);
	assert_non_null(strstr(e.msg, "was killed while it was starting"));

	assert_int_equal(idmap_prepare(&j, &p, &e), 0);
	assert_int_equal(idmap_start(&j, 0, &e), 0);
	assert_int_equal(idmap_hand_over(&j, 4711, &e), 0);
	assert_int_equal(idmap_await(&j, &e), 0);
	assert_int_equal(idmap_finish(&j, &e), 0);
	alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_half_a_range),
		cmocka_unit_test(test_gidmap_of_its_own),
		cmocka_unit_test(test_too_many_lines),
		cmocka_unit_test(test_setgroups),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_for_files),
		cmocka_unit_test(test_helper_fails),
		cmocka_unit_test(test_waiting_helpers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
