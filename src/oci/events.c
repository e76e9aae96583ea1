/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events: what a container uses, in runc's form, an object a line. From its control group;
 * what that does not say, or where there is none, is added up over its processes.
 */
#include <poll.h>

#include "oci/internal.h"

#define TICKS_PER_S ((uint64_t)sysconf(_SC_CLK_TCK))

/** struct usage - times in ns */
struct usage {
	uint64_t user, kernel, bytes, pids;
};

/* The fields of /proc/PID/stat behind the name: 14 and 15 are times, 24 the pages. */
static bool add_process(void *ctx, pid_t pid, int pidfd __unused)
{
	struct usage *u = ctx;
	unsigned long utime, stime;
	long rss;
	cleanup_buf struct buf text = {};
	char path[32], *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_file_at(AT_FDCWD, path, 4096, &text) < 0 || !text.data)
		return false;
	at = strrchr(text.data, ')');
	if (!at || sscanf(at,
			  ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d "
			  "%*d %*d %*u %*u %ld",
			  &utime, &stime, &rss) != 3)
		return false;
	u->user += utime * (1000000000ULL / TICKS_PER_S);
	u->kernel += stime * (1000000000ULL / TICKS_PER_S);
	u->bytes += (uint64_t)MAX(rss, 0) * (uint64_t)sysconf(_SC_PAGESIZE);
	u->pids++;
	return true;
}

static json *member(json *at, const char *key)
{
	json *there = json_get(at, key);

	if (!there) {
		there = json_obj();
		json_set(at, key, there);
	}
	return there;
}

static void complete(json *at, const char *key, uint64_t value)
{
	if (!json_get(at, key))
		json_set(at, key, json_u64(value));
}

/* What the group does not count, as one without controllers, or where there is none. */
static void complete_all(json *data, const struct usage *u)
{
	json *cpu = member(member(data, "cpu"), "usage");

	complete(cpu, "total", u->user + u->kernel);
	complete(cpu, "user", u->user);
	complete(cpu, "kernel", u->kernel);
	complete(member(member(data, "memory"), "usage"), "usage", u->bytes);
	complete(member(data, "pids"), "current", u->pids);
}

static int print_stats(const struct oci_state *s)
{
	struct usage u = {};
	struct cgroup g;
	cleanup_json json *j = json_obj();
	cleanup_free char *text = NULL;
	json *data;

	oci_group_find(s, &g);
	data = cgroup_stats(&g);
	cgroup_free(&g);
	oci_procs_each(s, add_process, &u);
	complete_all(data, &u);
	json_set(j, "type", json_str("stats"));
	json_set(j, "id", json_str(s->id));
	json_set(j, "data", data);
	text = json_dump(j, false);
	return puts(text) < 0 || fflush(stdout) ? -EPIPE : 0;
}

int oci_cmd_events(struct oci *o, const struct strv *words, struct err *e)
{
	cleanup_state struct oci_state s;
	int64_t interval = 5000000000LL;
	cleanup_close int first = -1;
	struct pollfd ended;
	int r;

	oci_state_init(&s);
	if (o->interval && (parse_duration(o->interval, &interval) < 0 || interval <= 0))
		return fail(e, EINVAL, "--interval takes a time such as 5s, not \"%s\"",
			    o->interval);
	r = oci_state_open(&s, o, words->v[0], OCI_LOOK, e);
	if (r < 0)
		return r;
	first = oci_state_pidfd(&s);
	if (first < 0)
		return fail(e, ESRCH, "container not running: %s", s.id);
	ended = (struct pollfd){first, POLLIN, 0};
	do
		r = print_stats(&s);
	while (!r && !o->stats && !poll(&ended, 1, (int)MIN(interval / 1000000, INT_MAX)));
	return r == -EPIPE ? fail(e, EPIPE, "cannot write to standard output") : r;
}
