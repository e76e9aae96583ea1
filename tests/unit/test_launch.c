/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a container may say to its supervisor, and when: a payload that may trace can
 * take over its sandbox-init and say anything.
 */
#include <sys/socket.h>

#include "helpers/init_proto.h"
#include "sandbox/internal.h"
#include "unit.h"

struct fixture {
	struct launch l;
	struct spec spec;
	struct launch_hooks hooks;
	int other;
	int taps;
};

static int on_tap(void *ctx, int fd, struct err *e)
{
	struct fixture *f = ctx;

	(void)fd;
	(void)e;
	f->taps++;
	return 0;
}

static int no_helper(void *ctx, int fd, struct err *e)
{
	(void)ctx;
	(void)fd;
	(void)e;
	return 0;
}

static void begin(struct fixture *f)
{
	int pair[2];

	*f = (struct fixture){};
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	spec_init(&f->spec);
	strv_add(&f->spec.args, "true");
	f->spec.rootfs.driver = ROOTFS_DIR;
	f->hooks = (struct launch_hooks){.net_tap = on_tap, .net_parent = no_helper, .ctx = f};
	f->l = (struct launch){
		.spec = &f->spec, .hooks = &f->hooks, .sock = pair[0], .pty = -1, .notify_fd = -1};
	f->other = pair[1];
}

static void end(struct fixture *f)
{
	close_fd(f->l.sock);
	close_fd(f->l.pty);
	close_fd(f->l.notify_fd);
	close_fd(f->other);
	spec_free(&f->spec);
}

static int next(struct fixture *f)
{
	enum launch_event event;
	struct err e = {};
	int r = launch_next(&f->l, &event, &e);

	assert_true(r >= 0 || e.code > 0);
	return r < 0 ? r : (int)event;
}

static int say(struct fixture *f, enum sync_type type, bool with_fd)
{
	assert_int_equal(sync_send(f->other, type, with_fd ? 0 : -1), 0);
	return next(f);
}

static int say_init(struct fixture *f, uint32_t type)
{
	const struct init_msg m = {.type = type, .value = 2};

	assert_int_equal(send_msg(f->other, &m, sizeof(m), NULL, 0), 0);
	return next(f);
}

static void test_before_start(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	assert_int_equal(say(&f, SYNC_TAP, true), LAUNCH_BUSY);
	assert_int_equal(f.taps, 1);
	assert_int_equal(say(&f, SYNC_TAP, true), -EPROTO); /* twice */
	assert_int_equal(f.taps, 1);
	assert_int_equal(say(&f, SYNC_TTY, true), -EPROTO); /* not asked for */
	assert_int_equal(say(&f, SYNC_FUSE, true), -EPROTO);
	assert_int_equal(say(&f, SYNC_COPY, false), -EPROTO);
	assert_int_equal(say(&f, SYNC_READY, false), -EPROTO);
	assert_int_equal(say(&f, SYNC_MAPPED, false), -EPROTO);
	assert_int_equal(say_init(&f, INIT_EXITED), -EPROTO);
	assert_int_equal(say_init(&f, INIT_STOPPED), -EPROTO);
	assert_int_equal(say_init(&f, 77), -EPROTO);
	assert_int_equal(say(&f, SYNC_NOTIFY, true), -EPROTO);
	f.l.notify = true;
	assert_int_equal(say(&f, SYNC_NOTIFY, false), -EPROTO);
	assert_int_equal(say(&f, SYNC_NOTIFY, true), LAUNCH_BUSY);
	assert_true(f.l.notify_fd >= 0);
	assert_int_equal(say(&f, SYNC_NOTIFY, true), -EPROTO);
	f.spec.tty = true;
	assert_int_equal(say(&f, SYNC_TTY, false), -EPROTO); /* without the terminal */
	assert_int_equal(say(&f, SYNC_TTY, true), LAUNCH_TTY);
	assert_int_equal(say(&f, SYNC_TTY, true), -EPROTO);
	f.spec.rootfs.driver = ROOTFS_AUTO;
	assert_int_equal(say(&f, SYNC_COPY, true), -EPROTO);
	assert_int_equal(say(&f, SYNC_COPY, false), LAUNCH_BUSY);
	assert_int_equal(f.l.driver, ROOTFS_COPY);
	assert_int_equal(say(&f, SYNC_COPY, false), -EPROTO);
	assert_int_equal(say_init(&f, INIT_STARTED), LAUNCH_STARTED);
	end(&f);
}

static void test_after_start(void **state)
{
	static const enum sync_type types[] = {SYNC_MAPPED, SYNC_TAP,   SYNC_FUSE,  SYNC_COPY,
					       SYNC_TTY,    SYNC_READY, SYNC_NOTIFY};
	const struct err word = {.code = EPERM, .msg = "a lie"};
	struct fixture f;

	(void)state;
	begin(&f);
	f.spec.tty = f.l.wait_start = f.l.notify = true;
	f.spec.rootfs.driver = ROOTFS_AUTO;
	assert_int_equal(say_init(&f, INIT_STARTED), LAUNCH_STARTED);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		assert_int_equal(say(&f, types[i], true), -EPROTO);
		assert_int_equal(say(&f, types[i], false), -EPROTO);
	}
	assert_int_equal(f.taps, 0);
	assert_int_equal(f.l.pty, -1);
	assert_int_equal(f.l.notify_fd, -1);
	assert_int_equal(f.l.fuse.pid, 0);
	sync_send_error(f.other, &word);
	assert_int_equal(next(&f), -EPROTO);
	assert_int_equal(say_init(&f, INIT_STARTED), -EPROTO);
	assert_int_equal(say_init(&f, INIT_EXEC_FAILED), -EPROTO);
	assert_int_equal(say_init(&f, INIT_STOPPED), LAUNCH_STOPPED);
	assert_int_equal(say_init(&f, INIT_EXITED), LAUNCH_EXITED);
	assert_int_equal(f.l.value, 2);
	end(&f);
}

/* A payload that was brief: that it started need not be told. */
static void test_quiet(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	f.l.quiet = true;
	assert_int_equal(say_init(&f, INIT_STOPPED), -EPROTO);
	assert_int_equal(say_init(&f, INIT_EXITED), LAUNCH_EXITED);
	assert_int_equal(f.l.value, 2);
	assert_int_equal(say_init(&f, INIT_STARTED), -EPROTO);
	assert_int_equal(say(&f, SYNC_TAP, true), -EPROTO);
	end(&f);
	begin(&f);
	f.l.quiet = true;
	assert_int_equal(say_init(&f, INIT_STARTED), LAUNCH_STARTED);
	assert_int_equal(say_init(&f, INIT_STARTED), -EPROTO);
	assert_int_equal(say_init(&f, INIT_EXITED), LAUNCH_EXITED);
	end(&f);
}

static void test_no_payload(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	assert_int_equal(say_init(&f, INIT_EXEC_FAILED), -2);
	shutdown(f.other, SHUT_RDWR);
	assert_int_equal(next(&f), LAUNCH_GONE);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_before_start),
		cmocka_unit_test(test_after_start),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_no_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
