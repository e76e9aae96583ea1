/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox-load: what takes a shared library that is loaded by name, which the front end, being
 * linked statically, cannot: profiles by libseccomp, name services, libsubid. It runs only when
 * one of these is wanted. sandbox/load_remote.c is the other side.
 *
 *	sandbox-load seccomp CAPS          a profile at descriptor 4; its program to 5
 *	sandbox-load owner UID             "GID NAME" of a name service to 5, or nothing
 *	sandbox-load subids SERVICE UID NAME   "STATE", "WHY" and ranges of both kinds to 5
 */
#include <linux/filter.h>
#include <sys/prctl.h>

#include "config/config.h"
#include "sandbox/idmap_internal.h"
#include "sandbox/load.h"
#include "sandbox/seccomp.h"

static int write_text(const struct buf *text, struct err *e)
{
	int r = text->len ? write_full(LOAD_OUT, text->data, text->len) : 0;

	return r < 0 ? fail(e, -r, "sandbox-load: %s", strerror(-r)) : 0;
}

static int do_seccomp(char **argv, struct err *e)
{
	struct buf text cleanup_buf = {};
	struct sock_fprog prog = {};
	uint64_t caps;
	int r = parse_u64(argv[2], UINT64_MAX, &caps);

	if (streq(argv[3], LOAD_QUIET))
		log_set(LOG_ERROR, NULL);
	if (!r)
		r = read_rest(LOAD_IN, LOAD_MAX, &text);
	if (r < 0)
		return fail(e, -r, "sandbox-load: %s", strerror(-r));
	r = seccomp_program(text.data ? text.data : "", text.len, caps, &prog, e);
	if (r < 0)
		return r;
	r = write_full(LOAD_OUT, prog.filter, prog.len * sizeof(*prog.filter));
	free(prog.filter);
	return r < 0 ? fail(e, -r, "sandbox-load: %s", strerror(-r)) : 0;
}

static int do_owner(char **argv, struct err *e)
{
	struct buf text cleanup_buf = {};
	struct owner o = {};

	if (parse_id(argv[2], &o.uid) < 0)
		return fail(e, EINVAL, "sandbox-load: no uid: %s", argv[2]);
	owner_ask(&o);
	if (o.names.n)
		buf_printf(&text, "%u %s", o.login_gid, o.names.v[0]);
	owner_free(&o);
	return write_text(&text, e);
}

static int do_subids(char **argv, struct err *e)
{
	struct buf text cleanup_buf = {};
	struct subids sub[2] = {};
	struct owner o = {};

	if (parse_id(argv[3], &o.uid) < 0)
		return fail(e, EINVAL, "sandbox-load: no uid: %s", argv[3]);
	if (*argv[4])
		strv_add(&o.names, argv[4]);
	subid_from_library(argv[2], &o, &sub[UIDS], &sub[GIDS]);
	for (int w = 0; w < 2; w++) {
		buf_printf(&text, "%d\n%s\n", (int)sub[w].state, sub[w].why);
		for (size_t i = 0; i < sub[w].ranges.n; i++)
			buf_printf(&text, "%u %u\n", sub[w].ranges.v[i].first,
				   sub[w].ranges.v[i].count);
		buf_printf(&text, "\n");
		ranges_free(&sub[w].ranges);
	}
	owner_free(&o);
	return write_text(&text, e);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int argc;
		int (*run)(char **argv, struct err *e);
	} jobs[] = {{"seccomp", 4, do_seccomp}, {"owner", 3, do_owner}, {"subids", 5, do_subids}};
	struct helper_msg m = {.type = HELPER_ERROR};
	int r = -EINVAL;

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(jobs); i++) {
		if (streq(argv[1], jobs[i].name) && argc == jobs[i].argc)
			r = jobs[i].run(argv, &m.err);
	}
	if (!r)
		m = (struct helper_msg){.type = HELPER_RESULT};
	else if (!m.err.code)
		fail(&m.err, EINVAL, "sandbox-load is a helper of sandbox and is not run by hand");
	helper_say(HELPER_SOCK, &m);
	return r < 0;
}
