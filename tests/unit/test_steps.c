/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "sandbox/internal.h"

static size_t index_of(const char *name)
{
	for (size_t i = 0; i < nsteps; i++) {
		if (streq(steps[i].name, name))
			return i;
	}
	print_error("no step is called %s\n", name);
	fail_msg("a constraint names a step that is not there");
	return 0;
}

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < nsteps; i++) {
		assert_true(*steps[i].name && *steps[i].why);
		assert_non_null(steps[i].run);
		assert_int_equal(index_of(steps[i].name), i);
	}
}

static void test_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < nsteps; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(steps[i].before) && steps[i].before[k]; k++)
			assert_true(index_of(steps[i].before[k]) > i);
	}
}

static void test_needs(void **state)
{
	static const struct {
		enum step_need need;
		const char *provider;
	} rows[] = {{NEEDS_MAPS, "wait-maps"}, {NEEDS_ROOTFS, "rootfs"}, {NEEDS_PIVOT, "pivot"}};

	(void)state;
	for (size_t i = 0; i < nsteps; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
			if (steps[i].side == CHILD && steps[i].needs >= rows[k].need)
				assert_true(i > index_of(rows[k].provider));
		}
	}
}

/* The order of the last rows is what confines the payload: spelled out once more. */
static void test_confinement_order(void **state)
{
	static const char *const order[] = {"bounding",     "pivot",   "identity", "caps",
					    "no-new-privs", "seccomp", "exec"};

	(void)state;
	for (size_t i = 1; i < ARRAY_SIZE(order); i++)
		assert_true(index_of(order[i - 1]) < index_of(order[i]));
	assert_true(index_of("seccomp-early") < index_of("identity"));
	assert_int_equal(index_of("exec"), nsteps - 1);
}

/* A user namespace is made with its maps, or the one of before is entered: never both. */
static void test_one_user_namespace(void **state)
{
	static const char *const anew[] = {"prepare-maps", "clone", "start-maps", "userns-fd"};
	const struct idmap_plan plan = {.driver = IDMAP_DIRECT};
	struct spec s;
	struct launch l = {.spec = &s, .plan = &plan};

	(void)state;
	spec_init(&s);
	for (int kept = 0; kept < 12; kept += 11) {
		l.kept_userns = kept;
		assert_int_equal(steps[index_of("rejoin")].when(&l), kept != 0);
		for (size_t i = 0; i < ARRAY_SIZE(anew); i++)
			assert_int_equal(steps[index_of(anew[i])].when(&l), !kept);
	}
	assert_true(index_of("rejoin") < index_of("net-helper"));
	assert_true(index_of("rejoin") < index_of("finish-maps"));
}

/* Without no_new_privs the filter is loaded early, with it late: never twice, never not at all. */
static void test_one_seccomp_row(void **state)
{
	const struct step *early = &steps[index_of("seccomp-early")],
			  *late = &steps[index_of("seccomp")];
	struct spec s;
	struct launch l = {.spec = &s};

	(void)state;
	spec_init(&s);
	for (int nnp = 0; nnp < 2; nnp++) {
		s.sec.no_new_privs = nnp;
		s.sec.seccomp = SECCOMP_DEFAULT;
		assert_int_equal(early->when(&l) + late->when(&l), 1);
		s.sec.seccomp = SECCOMP_FILE;
		assert_int_equal(early->when(&l) + late->when(&l), 1);
		s.sec.seccomp = SECCOMP_UNCONFINED;
		assert_int_equal(early->when(&l) + late->when(&l), 0);
	}
}

static bool applies(const char *name, const struct launch *l)
{
	const struct step *s = &steps[index_of(name)];

	return !s->when || s->when(l);
}

static int fails(void *ctx, int fd, struct err *e)
{
	(void)ctx;
	(void)fd;
	return fail(e, EIO, "never called");
}

/* Whoever is asleep until the exec can be asked for nothing: that is looked at row by row. */
static void test_borrowing(void **state)
{
	static const enum rootfs_driver others[] = {ROOTFS_DIR, ROOTFS_FUSE, ROOTFS_COPY};
	const struct launch_hooks hooks = {.net_parent = fails};
	struct idmap_plan plan = {.driver = IDMAP_HELPERS};
	struct cgroup group = {};
	struct spec s;
	struct launch l = {.spec = &s, .plan = &plan, .hooks = &hooks};

	(void)state;
	spec_init(&s);
#ifndef SANITIZED
	for (int i = 0; i < 2; i++) {
		plan.driver = i ? IDMAP_ONE : IDMAP_HELPERS;
		launch_settle(&l);
		assert_true(l.borrows);
		assert_true(applies("own-maps", &l) && applies("show-namespaces", &l));
		assert_int_equal(applies("waiting-helpers", &l), !i);
		assert_false(applies("start-maps", &l));
		assert_true(applies("finish-maps", &l) && applies("wait-maps", &l));
	}
	assert_true(index_of("waiting-helpers") > index_of("prepare-maps"));
	assert_true(index_of("own-maps") < index_of("unshare"));
#endif
#define REFUSED(change, back)                                                            \
	do {                                                                             \
		change;                                                                  \
		launch_settle(&l);                                                       \
		assert_false(l.borrows);                                                 \
		assert_false(applies("own-maps", &l) || applies("show-namespaces", &l)); \
		back;                                                                    \
	} while (0)
	REFUSED(plan.driver = IDMAP_DIRECT, plan.driver = IDMAP_ONE);
	REFUSED(s.ns[NS_USER].mode = NS_HOST, s.ns[NS_USER].mode = NS_PRIVATE);
	REFUSED(s.ns[NS_NET].mode = NS_JOIN, s.ns[NS_NET].mode = NS_PRIVATE);
	REFUSED(s.ns[NS_TIME].mode = NS_PRIVATE, s.ns[NS_TIME].mode = NS_HOST);
	REFUSED(l.kept_userns = 3, l.kept_userns = 0);
	REFUSED(l.wait_start = true, l.wait_start = false);
	REFUSED(l.unattended = true, l.unattended = false);
	REFUSED(l.joined = true, l.joined = false);
	REFUSED(l.cgroup = &group, l.cgroup = NULL);
	REFUSED(s.bare = true, s.bare = false);
	REFUSED(s.mounts.n = 1, s.mounts.n = 0);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		REFUSED(l.driver = others[i], l.driver = ROOTFS_AUTO);
#undef REFUSED
}

/*
 * Of each pair of rows exactly one applies, whatever a bare spec asks for: the command is
 * looked up once, start is waited for once and its hooks run once.
 */
static void test_early_or_late(void **state)
{
	static const char *const pairs[][2] = {{"find-as-user", "find-command"},
					       {"wait-early", "wait-start"},
					       {"start-hooks-early", "start-hooks"}};
	struct hook hook = {.path = (char *)"/x"};
	struct spec s;
	struct launch l = {.spec = &s, .wait_start = true};

	(void)state;
	spec_init(&s);
	s.oci.hooks[HOOK_START_CONTAINER] = (struct hooks){&hook, 1};
	for (int i = 0; i < 8; i++) {
		s.bare = i & 1;
		s.sec.no_new_privs = i & 2;
		s.sec.seccomp = i & 4 ? SECCOMP_TEXT : SECCOMP_UNCONFINED;
		for (size_t k = 0; k < ARRAY_SIZE(pairs); k++)
			assert_int_equal(applies(pairs[k][0], &l) + applies(pairs[k][1], &l), 1);
		/* What waits must not be under a filter that it did not choose. */
		if (s.bare && applies("seccomp-early", &l))
			assert_true(applies("wait-early", &l) && applies("find-as-user", &l));
	}
}

/* A bare spec gets nothing that it does not name, and `run` nothing of its rows. */
static void test_bare(void **state)
{
	static const char *const full[] = {"kernel-mounts", "dev-nodes",    "sysctl", "files",
					   "attach-kernel", "user-sources", "dev",    "masks",
					   "user-mounts",   "devices"};
	static const char *const bare[] = {"oci-sources", "oci-mounts", "oci-devices",
					   "priorities"};
	struct idmap_plan plan = {};
	struct spec s;
	struct launch l = {.spec = &s, .plan = &plan};

	(void)state;
	spec_init(&s);
	for (int i = 0; i < 2; i++) {
		s.bare = i;
		for (size_t k = 0; k < ARRAY_SIZE(full); k++)
			assert_int_equal(applies(full[k], &l), !i);
		for (size_t k = 0; k < ARRAY_SIZE(bare); k++)
			assert_int_equal(applies(bare[k], &l), i);
	}
}

/* Without a new user namespace there are no maps to write, and nobody waits for them. */
static void test_no_maps(void **state)
{
	static const char *const rows[] = {"prepare-maps", "start-maps", "finish-maps",
					   "wait-maps"};
	const struct idmap_plan plan = {.driver = IDMAP_NONE};
	struct spec s;
	struct launch l = {.spec = &s, .plan = &plan};

	(void)state;
	spec_init(&s);
	for (int mode = NS_PRIVATE; mode <= NS_JOIN; mode++) {
		s.ns[NS_USER].mode = (enum ns_mode)mode;
		for (size_t k = 0; k < ARRAY_SIZE(rows); k++)
			assert_int_equal(applies(rows[k], &l), mode == NS_PRIVATE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_before),
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_confinement_order),
		cmocka_unit_test(test_one_user_namespace),
		cmocka_unit_test(test_borrowing),
		cmocka_unit_test(test_one_seccomp_row),
		cmocka_unit_test(test_early_or_late),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_no_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
