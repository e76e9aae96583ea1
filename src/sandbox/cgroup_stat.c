/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a control group has used, in the form of `runc events --stats`, which containerd
 * reads: a number that the group does not have is left out.
 */
#include "sandbox/internal.h"

static bool read_number(int dir, const char *file, uint64_t *out)
{
	cleanup_buf struct buf text = {};

	return read_file_at(dir, file, 64, &text) >= 0 && text.len &&
	       !parse_u64(str_trim(text.data), UINT64_MAX, out);
}

/* A file of one number, under a name; "max" is 0, which callers take for no limit. */
static void put_number(json *to, const char *key, int dir, const char *file)
{
	uint64_t v;

	if (read_number(dir, file, &v))
		json_set(to, key, json_u64(v));
}

/* A line "NAME VALUE" of a file. */
static bool find_in(const struct buf *text, const char *name, uint64_t *out)
{
	size_t n = strlen(name);

	for (char *at = text->data; at && *at; at = strchr(at, '\n'), at = at ? at + 1 : NULL) {
		if (!strncmp(at, name, n) && at[n] == ' ') {
			*out = strtoull(at + n + 1, NULL, 10);
			return true;
		}
	}
	return false;
}

static json *cpu_stats(int dir)
{
	static const struct {
		const char *line, *key;
		bool throttling;
	} rows[] = {
		{"usage_usec", "total", false},
		{"user_usec", "user", false},
		{"system_usec", "kernel", false},
		{"nr_periods", "periods", true},
		{"nr_throttled", "throttledPeriods", true},
		{"throttled_usec", "throttledTime", true},
	};
	cleanup_buf struct buf text = {};
	json *cpu = json_obj(), *usage = json_obj(), *throttling = json_obj();

	if (read_file_at(dir, "cpu.stat", 1 << 16, &text) >= 0) {
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			uint64_t v;

			if (find_in(&text, rows[i].line, &v))
				json_set(rows[i].throttling ? throttling : usage, rows[i].key,
					 json_u64(strstr(rows[i].line, "usec") ? v * 1000 : v));
		}
	}
	json_set(cpu, "usage", usage);
	json_set(cpu, "throttling", throttling);
	return cpu;
}

static json *raw_stat(int dir, const char *file)
{
	cleanup_buf struct buf text = {};
	json *raw = json_obj();

	if (read_file_at(dir, file, 1 << 16, &text) < 0)
		return raw;
	for (char *at = text.data; at && *at; at = strchr(at, '\n'), at = at ? at + 1 : NULL) {
		cleanup_free char *name = xstrndup(at, strcspn(at, " \n"));

		if (at[strlen(name)] == ' ')
			json_set(raw, name, json_u64(strtoull(at + strlen(name), NULL, 10)));
	}
	return raw;
}

static json *memory_stats(int dir)
{
	json *memory = json_obj(), *usage = json_obj(), *swap = json_obj();

	put_number(usage, "usage", dir, "memory.current");
	put_number(usage, "max", dir, "memory.peak");
	put_number(usage, "limit", dir, "memory.max");
	put_number(swap, "usage", dir, "memory.swap.current");
	put_number(swap, "limit", dir, "memory.swap.max");
	json_set(memory, "usage", usage);
	json_set(memory, "swap", swap);
	json_set(memory, "raw", raw_stat(dir, "memory.stat"));
	return memory;
}

/**
 * cgroup_stats - the numbers of a group
 *
 * Return: a new object; empty without a group.
 */
json *cgroup_stats(const struct cgroup *g)
{
	json *all = json_obj(), *pids;

	if (g->fd < 0)
		return all;
	pids = json_obj();
	put_number(pids, "current", g->fd, "pids.current");
	put_number(pids, "limit", g->fd, "pids.max");
	json_set(all, "cpu", cpu_stats(g->fd));
	json_set(all, "memory", memory_stats(g->fd));
	json_set(all, "pids", pids);
	return all;
}
