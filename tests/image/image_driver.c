/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image_driver KEY=VALUE... COMMAND [NAME]: calls what the commands pull, images and
 * rmi stand on. Keys: store, path, mirror, pull, arch, map (one, sub), sync,
 * timeout (a duration). Commands:
 *
 *	ready NAME	prints ref, digest and layers
 *	hold NAME	the same, and holds the layers until standard input ends
 *	bench NAME	median microseconds of image_ready()
 *	list, remove NAME, prune, prune-all
 *
 * Exits with 125 and one line on standard error when something failed.
 */
#include <pwd.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "image/image.h"
#include "linux/sys.h"

/* ---- a user namespace for sandbox-unpack: one id, or the caller's first subordinate range ---- */

static bool sub_ids;
static int mapped = -1;

static int sub_range(const char *file, char first[16], char count[16])
{
	cleanup_fclose FILE *f = fopen(file, "re");
	struct passwd *pw = getpwuid(getuid());
	const char *user = pw ? pw->pw_name : NULL;
	char line[256], name[64];

	while (f && user && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63[^:]:%15[0-9]:%15[0-9]", name, first, count) == 3 &&
		    streq(name, user))
			return 0;
	}
	return -ENOENT;
}

static int run_mapper(const char *tool, const char *file, pid_t pid, unsigned id, struct err *e)
{
	char target[16], own[16], first[16], count[16];
	int status;
	pid_t child;

	if (sub_range(file, first, count) < 0)
		return fail(e, ENOENT, "no line for you in %s", file);
	snprintf(target, sizeof(target), "%d", (int)pid);
	snprintf(own, sizeof(own), "%u", id);
	child = fork();
	if (!child) {
		execl(tool, tool, target, "0", own, "1", "1", first, count, (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || status)
		return fail(e, EIO, "%s failed", tool);
	return 0;
}

static int write_map(pid_t pid, const char *file, const char *text, struct err *e)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	r = write_file(path, text);
	return r < 0 ? fail(e, -r, "cannot write %s: %s", path, strerror(-r)) : 0;
}

static int map_parent(void *ctx __unused, pid_t pid, struct err *e)
{
	char text[32];
	int r;

	if (sub_ids) {
		r = run_mapper("/usr/bin/newuidmap", "/etc/subuid", pid, geteuid(), e);
		if (!r)
			r = run_mapper("/usr/bin/newgidmap", "/etc/subgid", pid, getegid(), e);
	} else {
		r = write_map(pid, "setgroups", "deny", e);
		snprintf(text, sizeof(text), "0 %u 1", geteuid());
		if (!r)
			r = write_map(pid, "uid_map", text, e);
		snprintf(text, sizeof(text), "0 %u 1", getegid());
		if (!r)
			r = write_map(pid, "gid_map", text, e);
	}
	eventfd_write(mapped, 1);
	return r;
}

static int map_child(void *ctx __unused, struct err *e)
{
	eventfd_t v;

	if (eventfd_read(mapped, &v) < 0)
		return fail_errno(e, "the parent could not write the maps");
	if (sys_setresgid(0) < 0 || sys_setresuid(0) < 0)
		return fail(e, EPERM, "cannot become root of the user namespace");
	return 0;
}

/* ---- commands ---- */

static void print_image(const struct image *i)
{
	printf("ref %s\ndigest %s\n", i->ref, i->digest);
	strv_for_each (layer, &i->layers)
		printf("layer %s\n", layer);
	fflush(stdout);
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int bench(const struct image_req *req, struct err *e)
{
	static int64_t t[2001];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_image struct image image = {};
		int64_t start = now_ns();
		int r = image_ready(req, &image, e);

		if (r < 0)
			return r;
		t[i] = now_ns() - start;
	}
	qsort(t, ARRAY_SIZE(t), sizeof(*t), by_value);
	printf("%.1f\n", (double)t[ARRAY_SIZE(t) / 2] / 1000);
	return 0;
}

static int list(const char *store, struct err *e)
{
	struct image_list l;
	int r = image_list(store, &l, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < l.n; i++)
		printf("%s %s %.12s %s %llu %u\n", l.v[i].name, l.v[i].ref, l.v[i].digest,
		       l.v[i].arch, (unsigned long long)l.v[i].size, l.v[i].maps);
	image_list_free(&l);
	return 0;
}

static int command(struct image_req *req, const char *what, struct err *e)
{
	struct image_gone gone = {};
	int r;

	if (streq(what, "list"))
		return list(req->store, e);
	if (streq(what, "bench"))
		return bench(req, e);
	if (streq(what, "ready") || streq(what, "hold")) {
		cleanup_image struct image image = {};
		char c;

		r = image_ready(req, &image, e);
		if (!r)
			print_image(&image);
		while (!r && streq(what, "hold") && read(STDIN_FILENO, &c, 1) > 0)
			;
		return r;
	}
	if (streq(what, "remove"))
		r = image_remove(req->store, req->name, NULL, req->userns, &gone, e);
	else
		r = image_prune(req->store, streq(what, "prune-all"), NULL, req->userns, &gone, e);
	if (!r)
		printf("names %zu layers %u bytes %llu\n", gone.names.n, gone.layers,
		       (unsigned long long)gone.bytes);
	strv_free(&gone.names);
	return r;
}

static int option(struct image_req *req, struct strv *path, const char *arg, struct err *e)
{
	const char *value = strchr(arg, '=') + 1;
	bool sync;

	if (str_has_prefix(arg, "store="))
		req->store = value;
	else if (str_has_prefix(arg, "mirror="))
		req->mirror = value;
	else if (str_has_prefix(arg, "arch="))
		req->arch = value;
	else if (str_has_prefix(arg, "path="))
		strv_split(path, value, ':');
	else if (str_has_prefix(arg, "map="))
		sub_ids = streq(value, "sub"), req->map_id = value;
	else if (str_has_prefix(arg, "pull="))
		return parse_pull_policy(value, &req->pull, e);
	else if (str_has_prefix(arg, "timeout="))
		return parse_duration(value, &req->timeout);
	else if (str_has_prefix(arg, "sync=") && !parse_bool(value, &sync))
		req->no_sync = !sync;
	else
		return fail(e, EINVAL, "unknown option %s", arg);
	return 0;
}

int main(int argc __unused, char **argv)
{
	struct helper_env env = {
		.clone_flags = CLONE_NEWUSER, .parent = map_parent, .child = map_child};
	cleanup_strv struct strv path = {};
	struct image_req req = {.path = &path, .map_id = "one", .userns = &env};
	struct err e = {};
	int r = 0;

	mapped = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
	log_set(getenv("DEBUG") ? LOG_DEBUG : LOG_WARN, "image_driver");
	for (argv++; *argv && strchr(*argv, '=') && !r; argv++)
		r = option(&req, &path, *argv, &e);
	if (!r && (!*argv || !req.store))
		r = fail(&e, EINVAL, "usage: image_driver KEY=VALUE... COMMAND [NAME]");
	if (!r) {
		req.name = argv[1] ? argv[1] : "";
		r = command(&req, argv[0], &e);
	}
	if (r < 0)
		fprintf(stderr, "image_driver: %s\n", e.msg);
	return r < 0 ? 125 : 0;
}
