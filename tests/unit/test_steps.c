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
	struct launch l = {};

	(void)state;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_before),
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_confinement_order),
		cmocka_unit_test(test_one_user_namespace),
		cmocka_unit_test(test_one_seccomp_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
