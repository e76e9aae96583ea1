/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * update: other limits for a container that has a control group. The options of runc are
 * another way to write a resources object, and become one.
 */
#include "oci/internal.h"

/** struct limit_row - an option, and where its number stands in a resources object */
struct limit_row {
	const char *option;
	size_t at;
	const char *part, *member;
	bool text;
};

#define AT(member) offsetof(struct oci, limits.member)

static const struct limit_row rows[] = {
	{"--blkio-weight", AT(blkio_weight), "blockIO", "weight", false},
	{"--cpu-period", AT(cpu_period), "cpu", "period", false},
	{"--cpu-quota", AT(cpu_quota), "cpu", "quota", false},
	{"--cpu-share", AT(cpu_share), "cpu", "shares", false},
	{"--cpuset-cpus", AT(cpuset_cpus), "cpu", "cpus", true},
	{"--cpuset-mems", AT(cpuset_mems), "cpu", "mems", true},
	{"--memory", AT(memory), "memory", "limit", false},
	{"--memory-reservation", AT(memory_reservation), "memory", "reservation", false},
	{"--memory-swap", AT(memory_swap), "memory", "swap", false},
	{"--pids-limit", AT(pids_limit), "pids", "limit", false},
};

static int from_options(const struct oci *o, json *all, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct limit_row *row = &rows[i];
		const char *text = *(char *const *)((const char *)o + row->at);
		json *part = json_get(all, row->part);
		int64_t number = 0;
		uint64_t bytes;

		if (!text)
			continue;
		if (!row->text && parse_i64(text, INT64_MIN, INT64_MAX, &number) < 0) {
			if (parse_size(text, &bytes) < 0 || bytes > INT64_MAX)
				return fail(e, EINVAL, "%s takes a number, not \"%s\"", row->option,
					    text);
			number = (int64_t)bytes;
		}
		if (!part) {
			part = json_obj();
			json_set(all, row->part, part);
		}
		json_set(part, row->member, row->text ? json_str(text) : json_i64(number));
	}
	return 0;
}

static int read_all(int fd, struct buf *out)
{
	char part[4096];
	ssize_t n;

	while ((n = read_full(fd, part, sizeof(part))) > 0) {
		buf_add(out, part, (size_t)n);
		if (out->len > 1 << 20)
			return -EFBIG;
	}
	return (int)n;
}

static int from_file(const char *path, json **out, struct err *e)
{
	cleanup_buf struct buf text = {};
	int r = streq(path, "-") ? read_all(STDIN_FILENO, &text)
				 : read_file_at(AT_FDCWD, path, 1 << 20, &text);

	if (r < 0)
		return fail(e, -r, "cannot read --resources %s: %s", path, strerror(-r));
	r = json_parse(text.data ? text.data : "", text.len, out, e);
	if (!r && !json_is_obj(*out))
		r = fail(e, EINVAL, "a resources object begins with {");
	return r < 0 ? fail_in(e, r, "--resources %s", path) : 0;
}

int oci_cmd_update(struct oci *o, const struct strv *words, struct err *e)
{
	cleanup_state struct oci_state s;
	cleanup_json json *j = NULL;
	struct spec spec;
	int r = oci_state_open(&s, o, words->v[0], OCI_LOCK, e);

	if (r < 0)
		return r;
	if (oci_state_status(&s) == OCI_STOPPED)
		return fail(e, ESRCH, "cannot update container %s: container not running", s.id);
	if (o->resources)
		r = from_file(o->resources, &j, e);
	else
		j = json_obj();
	if (!r)
		r = from_options(o, j, e);
	spec_init(&spec);
	if (!r)
		r = spec_oci_resources(&spec, j, e);
	if (!r)
		r = oci_group_limit(&s, &spec.oci.cgroup_files, e);
	spec_free(&spec);
	return r;
}
