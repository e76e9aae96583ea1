/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack_driver [--one-id] [--quiet] ARCHIVE FOLDER: unpacks as the front end
 * does, by layer_unpack(), in a user namespace with the caller's first
 * subordinate ranges or with one id. Prints what layer_unpack() found out; exits
 * with 125 and one line on standard error when it failed.
 */
#include <sched.h>
#include <sys/wait.h>

#include "image/internal.h"
#include "linux/sys.h"

struct maps {
	bool one_id;
	int ready[2];
};

/* The caller's first line in /etc/subuid or /etc/subgid. */
static int sub_range(const char *file, char first[16], char count[16])
{
	cleanup_fclose FILE *f = fopen(file, "re");
	const char *user = getenv("USER");
	char line[256], format[] = "%63[^:]:%15[0-9]:%15[0-9]", name[64];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, format, name, first, count) == 3 && user && streq(name, user))
			return 0;
	}
	return -ENOENT;
}

static int run_mapper(const char *tool, const char *sub, pid_t pid, unsigned id, struct err *e)
{
	char p[16], own[16], first[16], count[16];
	int status;
	pid_t child;

	if (sub_range(sub, first, count) < 0)
		return fail(e, ENOENT, "no line for $USER in %s", sub);
	snprintf(p, sizeof(p), "%d", (int)pid);
	snprintf(own, sizeof(own), "%u", id);
	child = fork();
	if (!child) {
		execl(tool, tool, p, "0", own, "1", "1", first, count, (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || status)
		return fail(e, EIO, "%s failed", tool);
	return 0;
}

static int write_one(pid_t pid, const char *file, unsigned id, struct err *e)
{
	char path[64], text[32];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	snprintf(text, sizeof(text), "0 %u 1", id);
	r = write_file(path, text);
	return r < 0 ? fail(e, -r, "cannot write %s: %s", path, strerror(-r)) : 0;
}

static int map_parent(void *ctx, pid_t pid, struct err *e)
{
	struct maps *m = ctx;
	int r;

	close_fd(take_fd(&m->ready[0]));
	if (m->one_id) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)pid);
		r = write_file(path, "deny");
		if (!r)
			r = write_one(pid, "uid_map", geteuid(), e);
		if (!r)
			r = write_one(pid, "gid_map", getegid(), e);
	} else {
		r = run_mapper("/usr/bin/newuidmap", "/etc/subuid", pid, geteuid(), e);
		if (!r)
			r = run_mapper("/usr/bin/newgidmap", "/etc/subgid", pid, getegid(), e);
	}
	if (!r && write(m->ready[1], "x", 1) != 1)
		r = fail_errno(e, "cannot wake the child");
	close_fd(take_fd(&m->ready[1]));
	return r;
}

static int map_child(void *ctx, struct err *e)
{
	struct maps *m = ctx;
	char c;

	close_fd(take_fd(&m->ready[1]));
	if (read(m->ready[0], &c, 1) != 1)
		return fail(e, EPIPE, "the parent could not write the maps");
	if (sys_setresgid(0) < 0 || sys_setresuid(0) < 0)
		return fail(e, EPERM, "cannot become root of the user namespace");
	return 0;
}

static int run(struct maps *m, bool quiet, char **argv, struct layer_result *out, struct err *e)
{
	struct helper_env env = {
		.clone_flags = CLONE_NEWUSER, .parent = map_parent, .child = map_child, .ctx = m};
	cleanup_close int archive = open(argv[0], O_RDONLY | O_CLOEXEC), dest = -1;

	if (archive < 0)
		return fail_errno(e, "cannot open %s", argv[0]);
	dest = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dest < 0)
		return fail_errno(e, "cannot open %s", argv[1]);
	if (pipe2(m->ready, O_CLOEXEC) < 0)
		return fail_errno(e, "cannot make a pipe");
	return layer_unpack(archive, dest, &env, quiet, argv[0], out, e);
}

int main(int argc, char **argv)
{
	struct maps m = {.ready = {-1, -1}};
	struct layer_result result = {};
	struct err e = {};
	bool quiet = false;

	log_set(LOG_DEBUG, "unpack_driver");
	for (argv++, argc--; argc && str_has_prefix(*argv, "--"); argv++, argc--) {
		m.one_id |= streq(*argv, "--one-id");
		quiet |= streq(*argv, "--quiet");
	}
	if (argc != 2)
		return 2;
	if (run(&m, quiet, argv, &result, &e) < 0) {
		log_msg(LOG_ERROR, "%s", e.msg);
		return 125;
	}
	printf("digest=%s\nentries=%llu\nbytes=%llu\nskipped=%llu\nstripped=%llu\n", result.digest,
	       (unsigned long long)result.entries, (unsigned long long)result.bytes,
	       (unsigned long long)result.skipped, (unsigned long long)result.stripped);
	return 0;
}
