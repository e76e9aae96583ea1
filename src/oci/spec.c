/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec: a config.json to begin with. As runc's, so that what guides say to change is there.
 */
#include <sys/stat.h>

#include "oci/internal.h"

static const char *const caps[] = {"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"};

static const char *const masked[] = {
	"/proc/acpi",       "/proc/asound",      "/proc/interrupts",
	"/proc/kcore",      "/proc/keys",        "/proc/latency_stats",
	"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
	"/sys/firmware",    "/proc/scsi",        "/sys/devices/virtual/powercap",
};

static const char *const readonly[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

/** struct mount_row - @options: separated by commas; @who: r for root only, u for users only */
struct mount_row {
	const char *destination, *type, *source, *options;
	char who;
};

/* clang-format off */
static const struct mount_row mounts[] = {
	{"/proc", "proc", "proc", NULL, 0},
	{"/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k", 0},
	{"/dev/pts", "devpts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5", 'r'},
	{"/dev/pts", "devpts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620", 'u'},
	{"/dev/shm", "tmpfs", "shm", "nosuid,noexec,nodev,mode=1777,size=65536k", 0},
	{"/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev", 0},
	{"/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro", 'r'},
	{"/sys/fs/cgroup", "cgroup", "cgroup", "nosuid,noexec,nodev,relatime,ro", 'r'},
	/* The host's: sysfs belongs to a network namespace. */
	{"/sys", "none", "/sys", "rbind,nosuid,noexec,nodev,ro", 'u'},
};
/* clang-format on */

static json *words(const char *const *v, size_t n)
{
	json *a = json_arr();

	for (size_t i = 0; i < n; i++)
		json_add(a, json_str(v[i]));
	return a;
}

static json *process(void)
{
	static const char *const sets[] = {"bounding", "effective", "permitted"};
	static const char *const args[] = {"sh"};
	static const char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"};
	json *p = json_obj(), *user = json_obj(), *all = json_obj(), *limits = json_arr(),
	     *limit = json_obj();

	json_set(p, "terminal", json_boolean(true));
	json_set(user, "uid", json_i64(0));
	json_set(user, "gid", json_i64(0));
	json_set(p, "user", user);
	json_set(p, "args", words(args, ARRAY_SIZE(args)));
	json_set(p, "env", words(env, ARRAY_SIZE(env)));
	json_set(p, "cwd", json_str("/"));
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		json_set(all, sets[i], words(caps, ARRAY_SIZE(caps)));
	json_set(p, "capabilities", all);
	json_set(limit, "type", json_str("RLIMIT_NOFILE"));
	json_set(limit, "hard", json_i64(1024));
	json_set(limit, "soft", json_i64(1024));
	json_add(limits, limit);
	json_set(p, "rlimits", limits);
	json_set(p, "noNewPrivileges", json_boolean(true));
	return p;
}

static json *mount_list(bool rootless)
{
	json *all = json_arr();

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		const struct mount_row *row = &mounts[i];
		struct strv options = {};
		json *m;

		if (row->who == (rootless ? 'r' : 'u'))
			continue;
		m = json_obj();
		json_set(m, "destination", json_str(row->destination));
		json_set(m, "type", json_str(row->type));
		json_set(m, "source", json_str(row->source));
		if (row->options) {
			strv_split(&options, row->options, ',');
			json_set(m, "options", json_strv(&options));
			strv_free(&options);
		}
		json_add(all, m);
	}
	return all;
}

static json *mapping(uint32_t host)
{
	json *list = json_arr(), *m = json_obj();

	json_set(m, "containerID", json_i64(0));
	json_set(m, "hostID", json_i64(host));
	json_set(m, "size", json_i64(1));
	json_add(list, m);
	return list;
}

static json *linux_part(bool rootless)
{
	static const char *const kinds[] = {"pid",   "network", "ipc", "uts",
					    "mount", "cgroup",  "user"};
	json *l = json_obj(), *spaces = json_arr();

	if (rootless) {
		json_set(l, "uidMappings", mapping(geteuid()));
		json_set(l, "gidMappings", mapping(getegid()));
	} else {
		json *resources = json_obj(), *devices = json_arr(), *d = json_obj();

		json_set(d, "allow", json_boolean(false));
		json_set(d, "access", json_str("rwm"));
		json_add(devices, d);
		json_set(resources, "devices", devices);
		json_set(l, "resources", resources);
	}
	/* A user's network namespace would have nothing in it but lo. */
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		json *ns;

		if (streq(kinds[i], rootless ? "network" : "user"))
			continue;
		ns = json_obj();
		json_set(ns, "type", json_str(kinds[i]));
		json_add(spaces, ns);
	}
	json_set(l, "namespaces", spaces);
	json_set(l, "maskedPaths", words(masked, ARRAY_SIZE(masked)));
	json_set(l, "readonlyPaths", words(readonly, ARRAY_SIZE(readonly)));
	return l;
}

static json *whole(bool rootless)
{
	json *j = json_obj(), *root = json_obj();

	json_set(j, "ociVersion", json_str("1.0.2"));
	json_set(j, "process", process());
	json_set(root, "path", json_str("rootfs"));
	json_set(root, "readonly", json_boolean(true));
	json_set(j, "root", root);
	json_set(j, "hostname", json_str("sandbox"));
	json_set(j, "mounts", mount_list(rootless));
	json_set(j, "linux", linux_part(rootless));
	return j;
}

int oci_cmd_spec(struct oci *o, const struct strv *words_ __unused, struct err *e)
{
	cleanup_free char *path = path_join(o->bundle ? o->bundle : ".", OCI_CONFIG);
	cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	cleanup_json json *j = NULL;
	cleanup_free char *text = NULL;
	int r;

	if (fd < 0 && errno == EEXIST)
		return fail_hint(e, fail(e, EEXIST, "the file %s is there already", path),
				 "remove it, or give --bundle another folder");
	if (fd < 0)
		return fail_errno(e, "cannot make %s", path);
	j = whole(o->rootless_spec);
	text = json_dump(j, true);
	r = write_full(fd, text, strlen(text));
	if (!r)
		r = write_full(fd, "\n", 1);
	if (r < 0)
		unlink(path);
	return r < 0 ? fail(e, -r, "cannot write %s: %s", path, strerror(-r)) : 0;
}
