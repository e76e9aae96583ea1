/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack_driver [--one-id] [--quiet] ARCHIVE FOLDER: unpacks as the front end
 * does, by layer_unpack(), in a user namespace with the caller's ranges or with
 * one id. Prints what layer_unpack() found out; exits with 125 and one line on
 * standard error when it failed.
 */
#include "image/internal.h"
#include "sandbox/sandbox.h"

struct options {
	bool one_id, quiet;
	const char *archive, *dest;
};

static int unpack(const struct options *o, const struct idmap_plan *plan, struct layer_result *out,
		  struct err *e)
{
	cleanup_close int archive = open(o->archive, O_RDONLY | O_CLOEXEC), dest = -1;
	struct mapped_env m;
	int r;

	if (archive < 0)
		return fail_errno(e, "cannot open %s", o->archive);
	dest = open(o->dest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dest < 0)
		return fail_errno(e, "cannot open %s", o->dest);
	r = mapped_env_init(&m, plan, e);
	if (r < 0)
		return r;
	r = layer_unpack(archive, dest, &m.env, o->quiet, o->archive, out, e);
	mapped_env_close(&m);
	return r;
}

static int make_plan(bool one_id, struct idmap_plan *plan, struct err *e)
{
	struct spec spec;
	int r;

	if (one_id) {
		plan->driver = IDMAP_ONE;
		plan->deny_setgroups = true;
		idmap_add(&plan->uid, 0, geteuid(), 1);
		idmap_add(&plan->gid, 0, getegid(), 1);
		return 0;
	}
	spec_init(&spec);
	r = idmap_make_plan(plan, &spec, e);
	spec_free(&spec);
	return r;
}

static int run(const struct options *o, struct layer_result *out, struct err *e)
{
	struct idmap_plan plan = {};
	int r = make_plan(o->one_id, &plan, e);

	if (!r)
		r = unpack(o, &plan, out, e);
	idmap_plan_free(&plan);
	return r;
}

int main(int argc, char **argv)
{
	struct layer_result result = {};
	struct options o = {};
	struct err e = {};

	log_set(LOG_DEBUG, "unpack_driver");
	for (argv++, argc--; argc && str_has_prefix(*argv, "--"); argv++, argc--) {
		o.one_id |= streq(*argv, "--one-id");
		o.quiet |= streq(*argv, "--quiet");
	}
	if (argc != 2)
		return 2;
	o.archive = argv[0];
	o.dest = argv[1];
	if (run(&o, &result, &e) < 0) {
		log_msg(LOG_ERROR, "%s", e.msg);
		return 125;
	}
	printf("digest=%s\nentries=%llu\nbytes=%llu\nskipped=%llu\nstripped=%llu\n", result.digest,
	       (unsigned long long)result.entries, (unsigned long long)result.bytes,
	       (unsigned long long)result.skipped, (unsigned long long)result.stripped);
	return 0;
}
