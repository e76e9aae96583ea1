/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "cli/usage.h"

#define CGROUP2_MAGIC 0x63677270

struct info_opts {
	char *format;
	int help;
};

#define AT(member) offsetof(struct info_opts, member)

static const struct opt table[] = {
	{"format", 'f', OPT_STR, AT(format), "FORMAT", "enum:json", "json or a template"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
};

const struct opts info_opts_table = {table, ARRAY_SIZE(table)};

static bool file_says(const char *path, const char *word)
{
	cleanup_buf struct buf text = {};

	return !read_file_at(AT_FDCWD, path, 65536, &text) && text.data && strstr(text.data, word);
}

/* KEY=value or KEY="value" of /etc/os-release. */
static json *os_release(const char *key)
{
	cleanup_buf struct buf text = {};
	cleanup_strv struct strv lines = {};
	size_t n = strlen(key);

	if (read_file_at(AT_FDCWD, "/etc/os-release", 65536, &text) < 0 || !text.data)
		return json_str("unknown");
	strv_split(&lines, text.data, '\n');
	strv_for_each (line, &lines) {
		cleanup_free char *value = NULL;

		if (strncmp(line, key, n) || line[n] != '=')
			continue;
		value = xstrdup(line + n + 1 + (line[n + 1] == '"'));
		value[strcspn(value, "\"")] = '\0';
		return json_str(value);
	}
	return json_str("unknown");
}

static json *ranges_json(const struct idmap *m)
{
	json *all = json_arr();

	for (size_t i = 0; i < m->n; i++) {
		json *j = json_obj();

		json_set(j, "container_id", json_u64(m->v[i].inside));
		json_set(j, "host_id", json_u64(m->v[i].outside));
		json_set(j, "size", json_u64(m->v[i].count));
		json_add(all, j);
	}
	return all;
}

static json *id_mappings(void)
{
	struct idmap_plan plan = {};
	struct err ignored = {};
	json *j = json_obj();

	if (!plan_for_files(&plan, &ignored)) {
		json_set(j, "uidmap", ranges_json(&plan.uid));
		json_set(j, "gidmap", ranges_json(&plan.gid));
	}
	idmap_plan_free(&plan);
	return j;
}

static json *security_json(void)
{
	json *j = json_obj();

	json_set(j, "rootless", json_boolean(geteuid() != 0));
	json_set(j, "seccompEnabled", json_boolean(file_says("/proc/self/status", "Seccomp:")));
	json_set(j, "apparmorEnabled",
		 json_boolean(file_says("/sys/module/apparmor/parameters/enabled", "Y")));
	json_set(j, "selinuxEnabled", json_boolean(!access("/sys/fs/selinux/enforce", F_OK)));
	return j;
}

static json *host_json(void)
{
	json *j = json_obj(), *os = json_obj();
	struct utsname u = {};
	struct sysinfo si = {};
	struct statfs fs = {};
	char up[32];

	uname(&u);
	sysinfo(&si);
	statfs("/sys/fs/cgroup", &fs);
	human_duration(up, si.uptime);
	json_set(os, "distribution", os_release("ID"));
	json_set(os, "version", os_release("VERSION_ID"));
	json_set(j, "arch", json_str(u.machine));
	json_set(j, "hostname", json_str(u.nodename));
	json_set(j, "kernel", json_str(u.release));
	json_set(j, "os", json_str("linux"));
	json_set(j, "distribution", os);
	json_set(j, "cpus", json_i64(sysconf(_SC_NPROCESSORS_ONLN)));
	json_set(j, "memTotal", json_u64((uint64_t)si.totalram * si.mem_unit));
	json_set(j, "memFree", json_u64((uint64_t)si.freeram * si.mem_unit));
	json_set(j, "uptime", json_str(up));
	json_set(j, "cgroupVersion", json_str(fs.f_type == CGROUP2_MAGIC ? "v2" : "v1"));
	json_set(j, "idMappings", id_mappings());
	json_set(j, "security", security_json());
	return j;
}

static json *store_json(const struct dirs *dirs, const struct usage *u)
{
	json *j = json_obj(), *containers = json_obj(), *images = json_obj();
	size_t running = 0, paused = 0;

	for (size_t i = 0; i < u->containers.n; i++) {
		running += u->containers.v[i].state == LIFE_RUNNING;
		paused += u->containers.v[i].state == LIFE_PAUSED;
	}
	json_set(containers, "number", json_u64(u->containers.n));
	json_set(containers, "running", json_u64(running));
	json_set(containers, "paused", json_u64(paused));
	json_set(containers, "stopped", json_u64(u->containers.n - running - paused));
	json_set(images, "number", json_u64(u->images.n));
	json_set(j, "graphRoot", json_str(dirs->store));
	json_set(j, "runRoot", json_str(dirs->run));
	json_set(j, "containerStore", containers);
	json_set(j, "imageStore", images);
	json_set(j, "volumes", json_u64(u->volumes.n));
	return j;
}

/* An object as indented lines "key: value", as podman shows it. */
static void print_lines(const json *j, int depth)
{
	cleanup_strv struct strv keys = {};

	json_keys(j, &keys);
	strv_for_each (key, &keys) {
		const json *v = json_get(j, key);
		cleanup_buf struct buf text = {};

		if (json_is_obj(v)) {
			printf("%*s%s:\n", depth * 2, "", key);
			print_lines(v, depth + 1);
			continue;
		}
		if (json_is_arr(v)) {
			printf("%*s%s:\n", depth * 2, "", key);
			for (size_t i = 0; i < json_len(v); i++) {
				cleanup_free char *line = json_dump(json_at(v, i), false);

				printf("%*s- %s\n", depth * 2, "", line);
			}
			continue;
		}
		template_print(&text, v);
		printf("%*s%s: %s\n", depth * 2, "", key, text.data);
	}
}

static int run_info(struct global *g, const struct info_opts *o, struct err *e)
{
	cleanup_usage struct usage u = {};
	cleanup_json json *all = json_arr();
	json *info = json_obj(), *version = json_obj();
	int r = global_ready(g, e);

	json_add(all, info);
	if (!r)
		r = usage_read(&u, &g->dirs, e);
	json_set(version, "Version", json_str(PACKAGE_VERSION));
	if (r < 0) {
		json_put(version);
		return r;
	}
	json_set(info, "host", host_json());
	json_set(info, "store", store_json(&g->dirs, &u));
	json_set(info, "version", version);
	if (!o->format) {
		print_lines(info, 0);
		return 0;
	}
	if (streq(o->format, "json")) {
		cleanup_free char *text = json_dump(info, true);

		puts(text);
		return 0;
	}
	return output_objects(all, o->format, e);
}

int cmd_info(struct global *g, int argc, char **argv, struct err *e)
{
	struct info_opts o = {};
	cleanup_strv struct strv words = {};
	int r = opts_parse(&info_opts_table, &o, argc, argv, false, &words, e);

	if (!r && o.help > 0)
		help_command(command_find("info"));
	else if (!r && words.n)
		r = fail(e, EINVAL, "info takes no \"%s\" behind it", words.v[0]);
	else if (!r)
		r = run_info(g, &o, e);
	free(o.format);
	return r;
}
