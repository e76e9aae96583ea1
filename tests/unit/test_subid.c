/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows 109 to 119 of the catalogue of bad inputs: what subuid and subgid files can hold. */
#include <sys/mman.h>
#include <sys/stat.h>

#include "unit.h"
#include "sandbox/idmap_internal.h"

static int text_fd(const char *text, size_t n)
{
	int fd = memfd_create("subid", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write_full(fd, text, n), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void alice(struct owner *o)
{
	*o = (struct owner){.uid = 1000, .login_gid = 1000, .local = true};
	strv_add(&o->names, "alice");
	strv_add(&o->names, "al");
}

static void parse(const char *text, size_t n, struct subids *out)
{
	cleanup_close int fd = text_fd(text, n);
	cleanup_lines struct lines l;
	struct owner o;

	alice(&o);
	lines_init(&l, fd, 4096);
	subid_parse(&l, "/etc/subuid", &o, out);
	owner_free(&o);
}

static void ranges_text(const struct ranges *r, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < r->n; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%u+%u", i ? "," : "", r->v[i].first,
				       r->v[i].count);
}

static const struct row {
	const char *text;
	enum subid_state state;
	const char *ranges; /* for SUBID_OK */
	const char *why;    /* part of it, for SUBID_BAD_LINE */
} rows[] = {
	{"alice:100000:65536\n", SUBID_OK, "100000+65536"},
	/* 110: no line */
	{"", SUBID_NO_LINE},
	{"bob:100000:65536\n", SUBID_NO_LINE},
	{"alicex:100000:65536\nalic:1:1\n", SUBID_NO_LINE},
	{"#alice:100000:65536\n", SUBID_NO_LINE},
	{"1001:100000:65536\n01000:1:1\n", SUBID_NO_LINE},
	/* 111: malformed */
	{"alice:100000\n", SUBID_BAD_LINE, NULL, "line 1 of /etc/subuid is not NAME:START:COUNT"},
	{"alice\n", SUBID_BAD_LINE, NULL, "NAME:START:COUNT"},
	{"x:1:2\n\nalice::\n", SUBID_BAD_LINE, NULL, "line 3"},
	{"alice:100000:65536:1\n", SUBID_BAD_LINE, NULL, "not a plain decimal number"},
	{"alice:0x186a0:65536\n", SUBID_BAD_LINE, NULL, "not a plain decimal number"},
	{"alice: 100000:65536\n", SUBID_BAD_LINE, NULL, "not a plain decimal number"},
	{"alice:+100000:65536\n", SUBID_BAD_LINE, NULL, "not a plain decimal number"},
	{"alice:0100000:65536\n", SUBID_BAD_LINE, NULL, "octal"},
	{"alice:100000:065536\n", SUBID_BAD_LINE, NULL, "octal"},
	{" alice:100000:65536\n", SUBID_BAD_LINE, NULL, "blanks around the name"},
	{"alice :100000:65536\n", SUBID_BAD_LINE, NULL, "blanks around the name"},
	/* 112: negative, overflow */
	{"alice:-1:65536\n", SUBID_BAD_LINE, NULL, "not a plain decimal number"},
	{"alice:100000:-1\n", SUBID_BAD_LINE, NULL, "not a plain decimal number"},
	{"alice:4294967000:65536\n", SUBID_BAD_LINE, NULL, "runs past the last id"},
	{"alice:4294967295:1\n", SUBID_BAD_LINE, NULL, "runs past the last id"},
	{"alice:4294967296:1\n", SUBID_BAD_LINE, NULL, "runs past the last id"},
	{"alice:1:18446744073709551615\n", SUBID_BAD_LINE, NULL, "runs past the last id"},
	{"alice:99999999999999999999:1\n", SUBID_BAD_LINE, NULL, "not a plain decimal number"},
	{"alice:4294967294:1\n", SUBID_OK, "4294967294+1"},
	{"alice:100000:0\n", SUBID_BAD_LINE, NULL, "count of 0"},
	/* 113: overlap with each other counts once; with others it does not matter here */
	{"alice:100000:10\nalice:100005:10\n", SUBID_OK, "100000+15"},
	{"alice:100005:10\nalice:100000:20\n", SUBID_OK, "100005+10,100000+5,100015+5"},
	{"alice:100000:10\nalice:100000:10\n", SUBID_OK, "100000+10"},
	{"bob:100000:65536\nalice:100000:65536\n", SUBID_OK, "100000+65536"},
	/* 114: by uid, and by another name of the same uid */
	{"1000:100000:65536\n", SUBID_OK, "100000+65536"},
	{"al:100000:65536\n", SUBID_OK, "100000+65536"},
	/* 115: comments, blanks, CRLF, no final newline */
	{"# x\n\n \n:::\n:\nalice:1:2", SUBID_OK, "1+2"},
	{"alice:100000:65536\r\n", SUBID_BAD_LINE, NULL, "carriage return"},
	{"alice:100000:65536 \n", SUBID_BAD_LINE, NULL, "ends in a blank"},
	{"bob:100000\r\nalice:100000:65536\nbob:-1\n", SUBID_OK, "100000+65536"},
	/* 116: count 1 */
	{"alice:100000:1\n", SUBID_OK, "100000+1"},
	/* 117: several lines, in their order; a bad one beside a good one does no harm */
	{"alice:200000:10\n1000:100000:5\nbob:1:1\nal:300000:1\n", SUBID_OK,
	 "200000+10,100000+5,300000+1"},
	{"alice:bad\nalice:100000:5\nalice:-1:1\n", SUBID_OK, "100000+5"},
	{"alice:100000:5\nalice:100005:5\n", SUBID_OK, "100000+10"},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct subids s;
		char text[256];

		parse(row->text, strlen(row->text), &s);
		ranges_text(&s.ranges, text, sizeof(text));
		if (s.state != row->state || (row->why && !strstr(s.why, row->why)))
			print_error("row %zu \"%s\": %d \"%s\"\n", i, row->text, s.state, s.why);
		assert_int_equal(s.state, row->state);
		assert_string_equal(text, row->ranges ? row->ranges : "");
		if (row->why)
			assert_non_null(strstr(s.why, row->why));
		else
			assert_string_equal(s.why, "");
		ranges_free(&s.ranges);
	}
}

static void test_next_free(void **state)
{
	static const char text[] = "bob:100000:65536\ncarl:300000:10\ndora:4294967295:4294967295\n"
				   "junk\n";
	struct subids s;

	(void)state;
	parse(text, strlen(text), &s);
	assert_int_equal(s.next_free, 300010);
	parse("", 0, &s);
	assert_int_equal(s.next_free, 0);
}

/* 115: a line of 10 MB, ours or not, takes neither memory nor the lines behind it. */
static void test_huge_line(void **state)
{
	cleanup_buf struct buf b = {};
	cleanup_close int fd = -1;
	cleanup_lines struct lines l;
	struct owner o;
	struct subids s;

	(void)state;
	for (int i = 0; i < 10 << 20; i++)
		buf_add(&b, "x", 1);
	buf_puts(&b, "\nalice:100000:1\nalice:2:2");
	for (int i = 0; i < 10000; i++)
		buf_puts(&b, "0");
	fd = text_fd(b.data, b.len);
	alice(&o);
	lines_init(&l, fd, 4096);
	subid_parse(&l, "/etc/subuid", &o, &s);
	assert_int_equal(s.state, SUBID_OK);
	assert_int_equal(ranges_total(&s.ranges), 1);
	assert_true(l.cap < 65536);
	assert_int_equal(l.no, 3);
	ranges_free(&s.ranges);

	b.len = 0;
	buf_puts(&b, "alice:100000:1");
	for (int i = 0; i < 5000; i++)
		buf_puts(&b, " ");
	parse(b.data, b.len, &s);
	assert_int_equal(s.state, SUBID_BAD_LINE);
	assert_non_null(strstr(s.why, "too long"));
	owner_free(&o);
}

static void test_nul_bytes(void **state)
{
	static const char text[] = "alice:1:1\0:5\nalice:2:2\n";
	struct subids s;

	(void)state;
	parse(text, sizeof(text) - 1, &s);
	assert_int_equal(s.state, SUBID_OK);
	assert_int_equal(s.ranges.v[0].first, 2);
	ranges_free(&s.ranges);
}

/* 109: a missing file, and what cannot be read */
static void test_files(void **state)
{
	char dir[] = "/tmp/unit-subid.XXXXXX", path[64];
	struct owner o;
	struct subids s;

	(void)state;
	assert_non_null(mkdtemp(dir));
	alice(&o);
	snprintf(path, sizeof(path), "%s/subuid", dir);
	subid_read(path, &o, &s);
	assert_int_equal(s.state, SUBID_NO_FILE);
	assert_int_equal(mkdir(path, 0755), 0);
	subid_read(path, &o, &s);
	assert_int_equal(s.state, SUBID_UNREADABLE);
	assert_non_null(strstr(s.why, strerror(EISDIR)));
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
	subid_read(path, &o, &s); /* does not hang */
	assert_int_equal(s.state, SUBID_NO_LINE);
	owner_free(&o);
	remove_tree_at(AT_FDCWD, dir);
}

static void test_owner_and_nss(void **state)
{
	char dir[] = "/tmp/unit-subid.XXXXXX", service[16];
	static const char passwd[] = "root:x:0:0::/:/bin/sh\nbad:x:-1:0::/:\nalice:x:1000:7::/:\n"
				     "al:x:1000:8::/:\nlast:x:2000000001:9::/:";
	static const struct {
		const char *text, *service;
	} nss[] = {
		{"passwd: files\n", NULL},
		{"subid: files\n", NULL},
		{"subid:\n", NULL},
		{"#subid: sss\n", NULL},
		{"passwd: x\nsubid:  sss\n", "sss"},
		{"subid:\tldap\r\n", "ldap"},
	};
	struct owner o;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *pw = path_join(dir, "passwd"), *conf = path_join(dir, "nsswitch.conf");

	assert_int_equal(replace_file_at(fd, "passwd", passwd, strlen(passwd), 0644, REPLACE_FAST),
			 0);
	owner_find(&o, pw, 1000);
	assert_int_equal(o.names.n, 2);
	assert_string_equal(o.names.v[0], "alice");
	assert_int_equal(o.login_gid, 7);
	assert_true(o.local);
	owner_free(&o);
	owner_find(&o, pw, 2000000001);
	assert_string_equal(o.names.v[0], "last");
	owner_free(&o);
	owner_find(&o, pw, 2000000002); /* nobody knows him */
	assert_int_equal(o.names.n, 0);
	assert_false(o.local);
	owner_free(&o);

	assert_false(subid_nss(conf, service, sizeof(service)));
	for (size_t i = 0; i < ARRAY_SIZE(nss); i++) {
		replace_file_at(fd, "nsswitch.conf", nss[i].text, strlen(nss[i].text), 0644,
				REPLACE_FAST);
		assert_int_equal(subid_nss(conf, service, sizeof(service)), nss[i].service != NULL);
		if (nss[i].service)
			assert_string_equal(service, nss[i].service);
	}
	close(fd);
	remove_tree_at(AT_FDCWD, dir);
}

/* 113: somebody else's range over ours, or an account of the host in it */
static void test_audit(void **state)
{
	static const struct {
		const char *text;
		bool accounts;
		const char *who; /* NULL: nothing found */
	} cases[] = {
		{"alice:100000:10\n1000:100000:10\nal:100000:10\n", false, NULL},
		{"bob:99990:10\nbob:100010:5\nbad:100000\nbad2:-1:100000:5\n", false, NULL},
		{"bob:99990:11\n", false, "also given to bob"},
		{"x\nbob:1:1\n1001:100009:1", false, "also given to 1001"},
		{"bob:1:4294967294\n", false, "also given to bob"},
		{"bob:1:4294967295\n", false, NULL}, /* newuidmap takes it for none */
		{"root:x:0:0::/:\nalice:x:1000:1000::/:\nbob:x:100010:1::/:\n", true, NULL},
		{"bob:x:100003:1::/:\n", true, "id 100003 of the host's account or group bob"},
		{"staff:x:100009:\n", true, "group staff"},
		{"bad:x:0100003:\nbad:x\n", true, NULL},
	};
	char dir[] = "/tmp/unit-subid.XXXXXX", who[160];
	struct ranges mine = {};
	struct owner o;
	int fd;

	(void)state;
	alice(&o);
	ranges_add(&mine, 100000, 10);
	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *path = path_join(dir, "file");

	assert_false(subid_audit_file(path, false, &o, &mine, who, sizeof(who)));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool found;

		replace_file_at(fd, "file", cases[i].text, strlen(cases[i].text), 0644,
				REPLACE_FAST);
		found = subid_audit_file(path, cases[i].accounts, &o, &mine, who, sizeof(who));
		assert_int_equal(found, cases[i].who != NULL);
		if (found)
			assert_non_null(strstr(who, cases[i].who));
	}
	close(fd);
	ranges_free(&mine);
	owner_free(&o);
	remove_tree_at(AT_FDCWD, dir);
}

static void test_lines(void **state)
{
	static const struct {
		const char *text;
		const char *lines[4];
	} cases[] = {
		{"", {NULL}},
		{"\n", {"", NULL}},
		{"a", {"a", NULL}},
		{"a\n", {"a", NULL}},
		{"a\n\nb", {"a", "", "b", NULL}},
		{"12345678\n1234567\nx", {"12345678", "1234567", "x", NULL}},
		{"123456789\nx", {"12345678", "x", NULL}}, /* cut */
		{"123456789", {"12345678", NULL}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_close int fd = text_fd(cases[i].text, strlen(cases[i].text));
		cleanup_lines struct lines l;
		char *line;
		size_t len;

		lines_init(&l, fd, 8);
		for (size_t k = 0; cases[i].lines[k]; k++) {
			line = lines_next(&l, &len);
			assert_non_null(line);
			assert_string_equal(line, cases[i].lines[k]);
			assert_int_equal(len, strlen(line));
		}
		assert_null(lines_next(&l, &len));
		assert_null(lines_next(&l, &len));
		assert_int_equal(l.r, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),      cmocka_unit_test(test_next_free),
		cmocka_unit_test(test_huge_line), cmocka_unit_test(test_nul_bytes),
		cmocka_unit_test(test_files),     cmocka_unit_test(test_owner_and_nss),
		cmocka_unit_test(test_lines),     cmocka_unit_test(test_audit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
