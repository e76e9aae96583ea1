/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "image/internal.h"

#define CHAIN "d4e6fd67dcf75e40c451560ac7265166c2b72a0f38ddc9aae756a7de3d1efa0c"

static char dir[] = "/tmp/sandbox-unit-record-XXXXXX";

static void write_sample(struct record *r)
{
	struct err e = {};
	cleanup_close int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	static const struct file_id id = {1, UINT64_MAX, 3, -4, INT64_MAX};

	r->name = xstrdup("alpine:3.20");
	r->ref = xstrdup("alpine:3.20.3");
	r->source = xstrdup("/a b/%41\n\x7f\xc3\xa4.tar.gz");
	strcpy(r->arch, "x86_64");
	strcpy(r->chain, CHAIN);
	r->id = id;
	record_add_dir(r, "/first dir", &id);
	record_add_dir(r, "/second", &(struct file_id){});
	r->created = 1700000000;
	assert_int_equal(record_write(fd, r, false, &e), 0);
}

static void test_round_trip(void **state)
{
	cleanup_record struct record a = {}, b = {};
	cleanup_free char *path = path_join(dir, "alpine:3.20");

	(void)state;
	write_sample(&a);
	assert_int_equal(record_read(path, &b), 0);
	assert_string_equal(b.name, a.name);
	assert_string_equal(b.ref, a.ref);
	assert_string_equal(b.source, a.source);
	assert_string_equal(b.arch, a.arch);
	assert_string_equal(b.chain, a.chain);
	assert_string_equal(b.boot, "");
	assert_false(b.fetched);
	assert_true(file_id_same(&a.id, &b.id));
	assert_int_equal(b.ndirs, 2);
	assert_string_equal(b.dirs[0].path, "/first dir");
	assert_true(file_id_same(&a.dirs[0].id, &b.dirs[0].id));
	assert_int_equal(b.dirs[1].id.ino, 0);
	assert_int_equal(b.created, a.created);
}

/* Whatever single byte changes, and wherever the file ends, the record is not believed. */
static void test_damage(void **state)
{
	cleanup_record struct record a = {};
	cleanup_buf struct buf text = {};
	cleanup_free char *path = path_join(dir, "damaged"), *good = path_join(dir, "alpine:3.20");
	cleanup_close int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	write_sample(&a);
	assert_int_equal(read_file_at(AT_FDCWD, good, 65536, &text), 0);
	for (size_t i = 0; i < text.len; i++) {
		cleanup_record struct record flipped = {}, cut = {};

		text.data[i] ^= 0x20;
		replace_file_at(fd, "damaged", text.data, text.len, 0600, REPLACE_FAST);
		text.data[i] ^= 0x20;
		assert_int_equal(record_read(path, &flipped), -EBADMSG);
		replace_file_at(fd, "damaged", text.data, i, 0600, REPLACE_FAST);
		assert_int_equal(record_read(path, &cut), -EBADMSG);
	}
}

static void test_not_there(void **state)
{
	cleanup_record struct record r = {};

	(void)state;
	assert_int_equal(record_read("/nonexistent/x", &r), -ENOENT);
	assert_int_equal(record_read(dir, &r), -EBADMSG);
}

static void test_file_names(void **state)
{
	cleanup_free char *plain = record_file("alpine:3.20"), *a = record_file("/a/b.tar"),
			  *b = record_file("/a/c.tar");

	(void)state;
	assert_string_equal(plain, "alpine:3.20");
	assert_null(strchr(a, '/'));
	assert_string_not_equal(a, b);
}

static void test_layer_info(void **state)
{
	struct layer_info a = {.bytes = 7, .entries = 8, .created = 9, .boot = "x-y"}, b;
	cleanup_close int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(layer_info_write(fd, &a), 0);
	assert_int_equal(layer_info_read(fd, "info", &b), 0);
	assert_int_equal(b.bytes, 7);
	assert_int_equal(b.entries, 8);
	assert_int_equal(b.created, 9);
	assert_string_equal(b.boot, "x-y");
	replace_file_at(fd, "info", "sandbox-layer 1\nsum 0\n", 22, 0600, REPLACE_FAST);
	assert_int_equal(layer_info_read(fd, "info", &b), -EBADMSG);
}

static int cleanup(void **state)
{
	(void)state;
	return remove_tree_at(AT_FDCWD, dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_damage),
		cmocka_unit_test(test_not_there),  cmocka_unit_test(test_file_names),
		cmocka_unit_test(test_layer_info),
	};

	if (!mkdtemp(dir))
		return 1;
	return cmocka_run_group_tests(tests, NULL, cleanup);
}
