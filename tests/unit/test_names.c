/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "container/container.h"
#include "spec/spec.h"

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Each number has a name of its own, so that the next one helps when a name is taken. */
static void test_different(void **state)
{
	enum { N = 3 * 4096 };
	char(*names)[CONTAINER_NAME] = xcalloc(N, CONTAINER_NAME);

	(void)state;
	for (uint64_t i = 0; i < N; i++) {
		container_name(names[i], i);
		assert_true(spec_valid_name(names[i]));
		assert_non_null(strchr(names[i], '_'));
		assert_int_equal(strpbrk(names[i], "0123456789") != NULL, i >= 4096);
	}
	qsort(names, N, CONTAINER_NAME, by_text);
	for (size_t i = 1; i < N; i++)
		assert_string_not_equal(names[i - 1], names[i]);
	free(names);
}

static void test_any_number(void **state)
{
	char name[CONTAINER_NAME];

	(void)state;
	container_name(name, UINT64_MAX);
	assert_true(spec_valid_name(name));
	assert_true(strlen(name) < CONTAINER_NAME - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_different),
		cmocka_unit_test(test_any_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
