/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * The front end is linked statically where that is possible: a start then costs a third of the
 * page faults and no look-up of symbols. Such a program cannot load libraries, so the three
 * functions that do have a second version here, which asks sandbox-load. It is linked in front of
 * the archive with the first ones (src/module.mk); everybody else calls them without knowing.
 */
#include <linux/filter.h>
#include <sys/mman.h>

#include "sandbox/idmap_internal.h"
#include "sandbox/load.h"
#include "sandbox/seccomp.h"

/* Runs sandbox-load with @in; what it writes goes to @out. */
static int load(const char *const argv[], const char *in, size_t n, struct buf *out, struct err *e)
{
	int text cleanup_close = memfd_create("load-in", MFD_CLOEXEC);
	int answer cleanup_close = memfd_create("load-out", MFD_CLOEXEC);
	int fds[] = {text, answer};
	struct helper_msg m;
	struct helper h;
	int r;

	if (text < 0 || answer < 0)
		return fail_errno(e, "memfd_create");
	r = write_full(text, in, n);
	if (r < 0 || lseek(text, 0, SEEK_SET) < 0)
		return fail(e, r < 0 ? -r : errno, "memfd_create: cannot write");
	r = helper_spawn(&h, LOAD_NAME, (char *const *)argv, NULL, fds, ARRAY_SIZE(fds), NULL, e);
	if (r < 0)
		return r;
	r = helper_listen(&h, &m, e);
	helper_kill(&h);
	if (r < 0)
		return r;
	/* The helper's writes have moved the offset that we share. */
	r = lseek(answer, 0, SEEK_SET) < 0 ? -errno : read_rest(answer, LOAD_MAX, out);
	return r < 0 ? fail(e, -r, "%s: %s", LOAD_NAME, strerror(-r)) : 0;
}

/* seccomp_program - see seccomp_profile.c */
int seccomp_program(const char *text, size_t n, uint64_t caps, struct sock_fprog *out,
		    struct err *e)
{
	struct buf prog cleanup_buf = {};
	char mask[24];
	const char *argv[] = {LOAD_NAME, "seccomp", mask, log_warns() ? "" : LOAD_QUIET, NULL};
	int r;

	snprintf(mask, sizeof(mask), "%llu", (unsigned long long)caps);
	r = load(argv, text, n, &prog, e);
	if (r < 0)
		return r;
	*out = (struct sock_fprog){.len = (unsigned short)(prog.len / sizeof(*out->filter)),
				   .filter = (void *)take_ptr(prog.data)};
	return 0;
}

/* owner_ask - see subid_lib.c */
void owner_ask(struct owner *o)
{
	struct buf text cleanup_buf = {};
	char uid[16], *name;
	const char *argv[] = {LOAD_NAME, "owner", uid, NULL};
	struct err e = {};

	snprintf(uid, sizeof(uid), "%u", o->uid);
	if (load(argv, "", 0, &text, &e) < 0)
		log_debug("%s, going on without name services", e.msg);
	name = text.data ? strchr(text.data, ' ') : NULL;
	if (!name)
		return;
	*name++ = '\0';
	if (!parse_id(text.data, &o->login_gid))
		strv_add(&o->names, name);
}

/* What sandbox-load says of one kind of ids: its state, why, ranges, and an empty line. */
static bool parse_subids(char **at, struct subids *out)
{
	uint64_t state;
	char *line = strsep(at, "\n");

	if (!line || parse_u64(line, SUBID_NO_LIBRARY, &state) < 0 || !(line = strsep(at, "\n")))
		return false;
	out->state = (enum subid_state)state;
	snprintf(out->why, sizeof(out->why), "%s", line);
	while ((line = strsep(at, "\n")) && *line) {
		char *count = strchr(line, ' ');
		uint32_t first, n;

		if (!count)
			return false;
		*count++ = '\0';
		if (parse_id(line, &first) < 0 || parse_id(count, &n) < 0)
			return false;
		ranges_add(&out->ranges, first, n);
	}
	return true;
}

/* subid_from_library - see subid_lib.c */
void subid_from_library(const char *service, const struct owner *o, struct subids *uid,
			struct subids *gid)
{
	struct buf text cleanup_buf = {};
	char number[16], *at;
	const char *argv[] = {LOAD_NAME, "subids", service, number, o->names.n ? o->names.v[0] : "",
			      NULL};
	struct err e = {};

	*uid = *gid = (struct subids){.state = SUBID_NO_LIBRARY};
	snprintf(number, sizeof(number), "%u", o->uid);
	at = load(argv, "", 0, &text, &e) < 0 ? NULL : text.data;
	if (at && parse_subids(&at, uid) && parse_subids(&at, gid))
		return;
	ranges_free(&uid->ranges);
	ranges_free(&gid->ranges);
	*uid = (struct subids){.state = SUBID_NO_LIBRARY};
	snprintf(uid->why, sizeof(uid->why), "nsswitch.conf says \"subid: %s\", and %.100s",
		 service, e.code ? e.msg : LOAD_NAME " gave no answer");
	*gid = *uid;
}
