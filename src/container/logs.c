/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/internal.h"

/** struct open_log - a container's log and what it takes to know its end */
struct open_log {
	const struct container_info *info;
	int run;
	char name[13], *end_file;
};

static bool still_runs(void *ctx)
{
	const struct open_log *l = ctx;

	return container_alive(l->run, l->info->id);
}

static bool has_log(int dir)
{
	return !faccessat(dir, LOG_NAME, F_OK, AT_SYMLINK_NOFOLLOW) ||
	       !faccessat(dir, LOG_NAME ".1", F_OK, AT_SYMLINK_NOFOLLOW);
}

static int open_log(struct open_log *l, struct log_source *src, const struct dirs *dirs, int store,
		    const struct container_info *c, struct err *e)
{
	int r = life_may(OP_READ, c->state, c->id, e);

	if (r < 0)
		return r;
	l->info = c;
	snprintf(l->name, sizeof(l->name), "%.12s", c->id);
	l->end_file = xasprintf("%s/containers/%s.json", dirs->run, c->id);
	src->name = l->name;
	src->end_file = l->end_file;
	src->runs = still_runs;
	src->ctx = l;
	src->dir = openat(store, c->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (src->dir < 0 && errno != ENOENT)
		return fail_errno(e, "cannot open the folder of container %s", l->name);
	if (!c->kept)
		return fail_hint(e,
				 fail(e, ENOENT,
				      "container %s is thrown away when it ends, and has no log: "
				      "its output goes to whoever started it",
				      l->name),
				 "run it with --name or -d");
	if (src->dir < 0 || (c->state != LIFE_CREATED && !has_log(src->dir)))
		return fail(e, ENOENT,
			    "container %s has no log: it had a terminal in the foreground, or "
			    "--log-driver=none",
			    l->name);
	return 0;
}

/**
 * container_logs - print the logs of containers
 * @c: @n containers; the lines of more than one begin with their ids
 *
 * Return: 0 at the end of all, or -errno.
 */
int container_logs(const struct dirs *dirs, const struct container_info *c, size_t n,
		   const struct log_opts *o, struct err *e)
{
	cleanup_close int store = dirs_open(dirs->store, "containers", e);
	cleanup_close int run = dirs_open(dirs->run, "containers", e);
	struct open_log *logs = xcalloc(n, sizeof(*logs));
	struct log_source *src = xcalloc(n, sizeof(*src));
	int r = MIN(store, run);

	r = MIN(r, 0);
	for (size_t i = 0; i < n; i++) {
		src[i].dir = -1;
		logs[i].run = run;
	}
	for (size_t i = 0; i < n && !r; i++) {
		r = open_log(&logs[i], &src[i], dirs, store, &c[i], e);
		if (n > 1)
			src[i].prefix = logs[i].name;
	}
	if (!r)
		r = log_show(src, n, o, e);
	for (size_t i = 0; i < n; i++) {
		close_fd(src[i].dir);
		free(logs[i].end_file);
	}
	free(logs);
	free(src);
	return r;
}
