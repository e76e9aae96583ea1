/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <sys/stat.h>

#include "unit.h"
#include "container/supervise.h"

/* Every command in every state. */
static void test_lifecycle(void **state)
{
	struct err e;

	(void)state;
	for (int op = 0; op < LIFE_OPS; op++) {
		for (int s = 0; s < LIFE_STATES; s++) {
			int r;

			e = (struct err){};
			r = life_may(op, s, "0123456789abcdef", &e);
			assert_true(r == 1 || r == 0 || r == -EPERM);
			if (r < 0) {
				assert_non_null(strstr(e.msg, life_name(s)));
				assert_non_null(strstr(e.msg, "0123456789ab"));
				assert_non_null(strstr(e.msg, "; "));
			} else {
				assert_int_equal(e.code, 0);
			}
			/* Nothing joins, signals or stops what does not run. */
			if (s == LIFE_CREATED || s == LIFE_EXITED || s == LIFE_DEAD)
				assert_true(r != 1 ||
					    (op != OP_EXEC && op != OP_KILL && op != OP_PAUSE &&
					     op != OP_ATTACH && op != OP_TOP && op != OP_CHECK));
			/* What is being removed takes nothing but somebody who waits. */
			if (s == LIFE_REMOVING)
				assert_true(r != 1 || op == OP_WAIT);
			/* Damaged records can be read about, waited for, renamed and removed. */
			if (s == LIFE_DEAD && r == 1)
				assert_true(op == OP_WAIT || op == OP_READ || op == OP_RENAME ||
					    op == OP_REMOVE || op == OP_REMOVE_FORCE);
		}
	}
	assert_int_equal(life_may(OP_START, LIFE_CREATED, "x", NULL), 1);
	assert_int_equal(life_may(OP_START, LIFE_EXITED, "x", NULL), 1);
	assert_int_equal(life_may(OP_START, LIFE_RUNNING, "x", NULL), 0);
	assert_int_equal(life_may(OP_START, LIFE_STOPPING, "x", NULL), -EPERM);
	assert_int_equal(life_may(OP_STOP, LIFE_EXITED, "x", NULL), 0);
	assert_int_equal(life_may(OP_EXEC, LIFE_PAUSED, "x", NULL), -EPERM);
	assert_int_equal(life_may(OP_CHECK, LIFE_PAUSED, "x", NULL), -EPERM);
	assert_int_equal(life_may(OP_CHECK, LIFE_RUNNING, "x", NULL), 1);
	assert_int_equal(life_may(OP_PAUSE, LIFE_PAUSED, "x", NULL), 0);
	assert_int_equal(life_may(OP_REMOVE, LIFE_RUNNING, "x", NULL), -EPERM);
	assert_int_equal(life_may(OP_REMOVE_FORCE, LIFE_RUNNING, "x", NULL), 1);
	for (int s = 0; s < LIFE_STATES; s++)
		assert_int_equal(life_parse(life_name(s)), s);
	assert_int_equal(life_parse("running "), -EINVAL);
}

/* ---- records in folders of our own ------------------------------------------------------------------- */

#define ID  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define ID2 "00112233445566778899aabbccddeeff00112233445566778899aabbccddee00"

struct fixture {
	char top[32];
	struct dirs dirs;
	int store, run;
};

static void begin(struct fixture *f)
{
	struct err e = {};

	strcpy(f->top, "/tmp/test-record.XXXXXX");
	assert_non_null(mkdtemp(f->top));
	f->dirs.store = xasprintf("%s/store", f->top);
	f->dirs.run = xasprintf("%s/run", f->top);
	assert_int_equal(mkdir(f->dirs.store, 0700), 0);
	assert_int_equal(mkdir(f->dirs.run, 0700), 0);
	f->store = dirs_open(f->dirs.store, "containers", &e);
	f->run = dirs_open(f->dirs.run, "containers", &e);
	assert_true(f->store >= 0 && f->run >= 0);
}

static void end(struct fixture *f)
{
	close_fd(f->store);
	close_fd(f->run);
	assert_int_equal(remove_tree_at(AT_FDCWD, f->top), 0);
	free(f->dirs.store);
	free(f->dirs.run);
}

static void keep(const struct fixture *f, const char *id, enum life life, int64_t created)
{
	struct container_info r = {
		.id = (char *)id, .name = (char *)"web", .image = (char *)"alpine"};
	char *words[] = {(char *)"sleep", (char *)"1\xff\n\"", NULL};
	cleanup_json json *j = NULL;
	int dir;

	r.command = (struct strv){words, 2};
	r.state = life;
	r.created = created;
	r.pid = 4711;
	r.exit_code = 3;
	j = container_info_json(&r);
	mkdirat(f->store, id, 0700);
	dir = openat(f->store, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(sealed_write(dir, "state.json", j, REPLACE_FAST), 0);
	close_fd(dir);
}

static int alive(const struct fixture *f, const char *id)
{
	cleanup_free char *name = xasprintf("%s.json", id);
	int fd = openat(f->run, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(lock_own(fd), 0);
	return fd;
}

static void test_round_trip(void **state)
{
	cleanup_container_info struct container_info r = {};
	struct fixture f;
	struct err e = {};
	int lock;

	(void)state;
	begin(&f);
	keep(&f, ID, LIFE_RUNNING, 77);
	lock = alive(&f, ID);
	assert_int_equal(container_find(&f.dirs, "0011", &r, &e), 0);
	assert_int_equal(r.broken == NULL, 1);
	assert_string_equal(r.id, ID);
	assert_string_equal(r.name, "web");
	assert_string_equal(r.command.v[1], "1\xff\n\"");
	assert_int_equal(r.state, LIFE_RUNNING);
	assert_int_equal(r.pid, 4711);
	assert_true(r.kept && r.created == 77);
	container_info_free(&r);
	/* The lock is gone, by kill -9 or a reboot: it has ended, and there is no pid to signal. */
	close_fd(lock);
	assert_int_equal(container_find(&f.dirs, ID, &r, &e), 0);
	assert_int_equal(r.state, LIFE_EXITED);
	assert_int_equal(r.exit_code, 137);
	assert_int_equal(r.pid, 0);
	assert_string_equal(r.error, "its supervisor was killed");
	end(&f);
}

static void test_finding(void **state)
{
	cleanup_container_info struct container_info r = {};
	struct fixture f;
	struct err e = {};

	(void)state;
	begin(&f);
	keep(&f, ID, LIFE_EXITED, 1);
	keep(&f, ID2, LIFE_CREATED, 2);
	assert_int_equal(symlinkat(ID2, f.store, "name-web"), 0);
	assert_int_equal(symlinkat(ID2, f.store, "name-db"), 0);
	assert_int_equal(container_find(&f.dirs, "0011", &r, &e), -EINVAL);
	assert_non_null(strstr(e.msg, "beginning of 2 ids"));
	e = (struct err){};
	assert_int_equal(container_find(&f.dirs, "nobody", &r, &e), -ENOENT);
	assert_int_equal(container_find(&f.dirs, "../x", &r, &e), -ENOENT);
	assert_int_equal(container_find(&f.dirs, "", &r, &e), -ENOENT);
	/* A name counts only when the record says the same. */
	assert_int_equal(container_find(&f.dirs, "db", &r, &e), -ENOENT);
	assert_int_equal(container_find(&f.dirs, "web", &r, &e), 0);
	assert_string_equal(r.id, ID2);
	assert_int_equal(r.state, LIFE_CREATED);
	end(&f);
}

/* Cut at every length and with every byte turned: named, and no other container suffers. */
static void test_damage(void **state)
{
	struct fixture f;
	struct err e = {};
	struct buf whole = {};
	int dir;

	(void)state;
	begin(&f);
	keep(&f, ID, LIFE_EXITED, 1);
	keep(&f, ID2, LIFE_EXITED, 2);
	dir = openat(f.store, ID, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(read_file_at(f.store, ID "/state.json", 1 << 16, &whole), 0);
	for (size_t at = 0; at < 2 * whole.len; at++) {
		cleanup_container_infos struct container_infos all = {};
		struct buf bad = {};

		buf_add(&bad, whole.data, at < whole.len ? at : whole.len);
		if (at >= whole.len)
			bad.data[at - whole.len] ^= 1 << at % 8;
		assert_int_equal(replace_file_at(dir, "state.json", bad.data ? bad.data : "",
						 bad.len, 0600, REPLACE_FAST),
				 0);
		buf_free(&bad);
		assert_int_equal(container_list(&f.dirs, &all, &e), 0);
		assert_int_equal(all.n, 2);
		for (size_t i = 0; i < 2; i++) {
			bool this = streq(all.v[i].id, ID);

			assert_int_equal(all.v[i].broken != NULL, this);
			assert_int_equal(all.v[i].state, this ? LIFE_DEAD : LIFE_EXITED);
			if (this)
				assert_non_null(strstr(all.v[i].broken->msg, ID "/state.json"));
		}
	}
	buf_free(&whole);
	close_fd(dir);
	end(&f);
}

/* ---- the spec as JSON --------------------------------------------------------------------------------- */

static void test_spec(void **state)
{
	struct spec s, t;
	struct err e = {};
	cleanup_json json *j = NULL, *back = NULL, *again = NULL;
	cleanup_free char *text = NULL, *second = NULL;
	struct mount_spec *m;

	(void)state;
	spec_init(&s);
	spec_init(&t);
	s.id = xstrdup(ID);
	strv_add(&s.args, "sh");
	strv_add(&s.env, "A=\xff\x01\n");
	m = mounts_add(&s.mounts);
	m->type = xstrdup("tmpfs");
	m->target = xstrdup("/t");
	m->attr_set = UINT64_MAX;
	strv_add(&m->data, "size=1");
	idmap_add(&s.uidmap, 0, 1, UINT32_MAX);
	s.ns[NS_PID].mode = NS_HOST;
	s.sec.caps = 1ULL << 63 | 5;
	s.time_monotonic = INT64_MIN;
	s.stop_signal = SIGQUIT;
	spec_default_paths(&s);
	j = spec_to_json(&s);
	text = json_dump(j, false);
	assert_int_equal(json_parse_bytes(text, strlen(text), &back, &e), 0);
	assert_int_equal(spec_from_json(&t, back, &e), 0);
	again = spec_to_json(&t);
	second = json_dump(again, false);
	assert_string_equal(text, second);
	assert_true(t.sec.caps == s.sec.caps && t.mounts.v[0].attr_set == UINT64_MAX);
	assert_true(t.uidmap.v[0].count == UINT32_MAX && t.time_monotonic == INT64_MIN);
	spec_free(&s);
	spec_free(&t);
}

static void test_spec_kinds(void **state)
{
	static const char *const bad[] = {
		"[]",
		"{\"id\":1}",
		"{\"args\":\"x\"}",
		"{\"args\":[1]}",
		"{\"tty\":1}",
		"{\"umask\":-1}",
		"{\"umask\":4294967296}",
		"{\"stop_signal\":\"9\"}",
		"{\"mounts\":{}}",
		"{\"mounts\":[3]}",
		"{\"mounts\":[{\"type\":\"a\"},{\"type\":3}]}",
		"{\"sec.caps\":-1}",
		"{\"sec.caps\":true}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_json json *j = NULL;
		struct spec s;
		struct err e = {};

		spec_init(&s);
		assert_int_equal(json_parse(bad[i], strlen(bad[i]), &j, &e), 0);
		assert_int_equal(spec_from_json(&s, j, &e), -EINVAL);
		spec_free(&s);
	}
}

/* What a container may tell the user's service manager. */
static void test_notify(void **state)
{
	static const struct {
		const char *text, *good;
	} rows[] = {
		{"READY=1", "READY=1\n"},
		{"READY=1\n", "READY=1\n"},
		{"STATUS=a b\nMAINPID=1\nWATCHDOG=1\n", "STATUS=a b\nWATCHDOG=1\n"},
		{"MAINPID=1", ""},
		{"MAINPIDFDID=1", ""},
		{"BARRIER=1", ""},
		{"FDSTORE=1\nFDNAME=x\nFDPOLL=0\nFDSTOREREMOVE=1", ""},
		{"NOTIFYACCESS=all", ""},
		{"READY=", ""},
		{"READY", ""},
		{" READY=1", ""},
		{"\nREADY=1", "READY=1\n"},
		{"STATUS=\033[1m", ""},
		{"STATUS=\r", ""},
		{"STATUS=\xc3\xa9", "STATUS=\xc3\xa9\n"},
		{"", ""},
		{"\n\n", ""},
	};
	cleanup_buf struct buf nul = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_buf struct buf out = {};

		notify_filter(rows[i].text, strlen(rows[i].text), &out);
		assert_string_equal(out.data ? out.data : "", rows[i].good);
	}
	notify_filter("STATUS=a\0b\nREADY=1", 18, &nul);
	assert_string_equal(nul.data, "READY=1\n");
	assert_int_equal(notify_connect("relative"), -EAFNOSUPPORT);
	assert_int_equal(notify_connect("/"), -EAFNOSUPPORT);
	assert_int_equal(notify_connect("vsock:2:1"), -EAFNOSUPPORT);
	assert_int_equal(notify_connect("/nonexistent/socket"), -ENOENT);
}

static void test_keys(void **state)
{
	static const char *const bad[] = {"ctrl-",  "ctrl-pp",          "ab", ",", "a,,b",
					  "ctrl-1", "a,b,c,d,e,f,g,h,i"};
	struct keys k;
	char out[64];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(keys_parse(&k, bad[i], NULL), -EINVAL);
	assert_int_equal(keys_parse(&k, "ctrl-p,ctrl-q", NULL), 0);
	assert_memory_equal(k.v, "\x10\x11", 2);
	/* The first alone waits, and comes with what follows. */
	assert_false(keys_take(&k, "ab\x10", 3, out, &n));
	assert_true(n == 2 && !memcmp(out, "ab", 2));
	assert_false(keys_take(&k, "c", 1, out, &n));
	assert_true(n == 2 && !memcmp(out,
				      "\x10"
				      "c",
				      2));
	assert_false(keys_take(&k, "\x10\x10", 2, out, &n));
	assert_true(n == 1 && out[0] == '\x10');
	assert_true(keys_take(&k, "\x11z", 2, out, &n));
	assert_int_equal(n, 0);
	assert_int_equal(keys_parse(&k, "a,b,c,d,e,f,g,h", NULL), 0);
	assert_false(keys_take(&k, "abcdefg", 7, out, &n));
	assert_int_equal(n, 0);
	assert_false(keys_take(&k, "x", 1, out, &n));
	assert_true(n == 8 && !memcmp(out, "abcdefgx", 8));
	/* None: everything goes on. */
	assert_int_equal(keys_parse(&k, "", NULL), 0);
	assert_false(keys_take(&k, "\x10\x11", 2, out, &n));
	assert_int_equal(n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lifecycle), cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_finding),   cmocka_unit_test(test_damage),
		cmocka_unit_test(test_spec),      cmocka_unit_test(test_spec_kinds),
		cmocka_unit_test(test_notify),    cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
