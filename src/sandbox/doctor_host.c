/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Doctor: the host's network, and what an account may use.
 */
#include <dirent.h>
#include <linux/if_tun.h>
#include <linux/magic.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>

#include "linux/sys.h"
#include "sandbox/doctor.h"

static long ret(long r)
{
	return r < 0 ? -errno : r;
}

/* ---- network ------------------------------------------------------------------------------------- */

static void try_tap(struct trial *t, const void *ctx __unused)
{
	struct ifreq ifr = {.ifr_name = "tap0", .ifr_flags = IFF_TAP | IFF_NO_PI};
	cleanup_close int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (!trial_ok(t, ret(fd), "opening /dev/net/tun") ||
	    !trial_ok(t, ret(ioctl(fd, TUNSETIFF, &ifr)), "making a tap"))
		return;
	trial_ok(t, ret(ioctl(fd, TUNSETPERSIST, 1)), "making the tap persistent");
}

void probe_tun(struct doctor *d, struct doctor_row *row)
{
	struct trial t;

	if (!d->userns) {
		row_set(row, FINDING_NOTE, "not tried: it needs user namespaces");
		return;
	}
	trial_run(&t, CLONE_NEWUSER | CLONE_NEWNET, try_tap, NULL);
	if (!t.error) {
		row_set(row, FINDING_OK, "a tap can be made");
		return;
	}
	row_set(row, FINDING_WARN, "%s failed: %s; --network none and host work", t.at,
		strerror(t.error));
	if (t.error == ENOENT || t.error == ENODEV || t.error == ENXIO)
		row_fix(row,
			"as root: modprobe tun; in a container: give it --device /dev/net/tun");
	else if (t.error == EACCES)
		row_fix(row, "as root: chmod 666 /dev/net/tun");
	else
		row_fix(row, "allow the device 10:200 in the outer container's cgroup");
}

/**
 * resolvers_in - count the name servers of a resolv.conf
 * @local: receives whether one of them is on the loopback, such as systemd-resolved
 */
size_t resolvers_in(const char *resolv_conf, bool *local)
{
	size_t n = 0;

	*local = false;
	for (const char *line = resolv_conf; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		line += strspn(line, " \t");
		if (strncmp(line, "nameserver", 10) || !strchr(" \t", line[10]) || !line[10])
			continue;
		n++;
		line += 10;
		line += strspn(line, " \t");
		*local |= !strncmp(line, "127.", 4) || !strncmp(line, "::1", 3);
	}
	return n;
}

void probe_resolver(struct doctor *d __unused, struct doctor_row *row)
{
	cleanup_buf struct buf text = {0};
	bool local;
	size_t n;
	int r = read_file_at(AT_FDCWD, "/etc/resolv.conf", 65536, &text);

	if (r < 0) {
		row_set(row, FINDING_WARN, "/etc/resolv.conf: %s", strerror(-r));
		row_fix(row, "give containers a name server: --dns ADDRESS");
		return;
	}
	n = resolvers_in(text.data, &local);
	if (n) {
		row_set(row, FINDING_OK, "%zu name server%s in /etc/resolv.conf%s", n,
			n == 1 ? "" : "s",
			local ? ", on the loopback: queries are carried there" : "");
		return;
	}
	row_set(row, FINDING_WARN, "/etc/resolv.conf names no name server");
	row_fix(row, "write one there as root, or give containers one: --dns ADDRESS");
}

void probe_ping(struct doctor *d __unused, struct doctor_row *row)
{
	cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);

	if (fd >= 0) {
		row_set(row, FINDING_OK, "allowed to you");
		return;
	}
	row_set(row, FINDING_NOTE, "not allowed to you: %s", strerror(errno));
	if (errno == EACCES)
		row_fix(row,
			"as root: sysctl -w net.ipv4.ping_group_range='0 2147483647', and the same line in /etc/sysctl.d/50-sandbox.conf");
}

void probe_ports(struct doctor *d __unused, struct doctor_row *row)
{
	int64_t first = read_number("/proc/sys/net/ipv4/ip_unprivileged_port_start", 1024);

	row_set(row, FINDING_OK, "%lld and above (net.ipv4.ip_unprivileged_port_start)",
		(long long)first);
}

/* ---- cgroup ----------------------------------------------------------------------------------------- */

/**
 * cgroup2_path - this process's cgroup in the second version's tree
 * @proc_self_cgroup: text of /proc/self/cgroup
 */
bool cgroup2_path(const char *proc_self_cgroup, char *out, size_t size)
{
	const char *line = str_has_prefix(proc_self_cgroup, "0::")
				   ? proc_self_cgroup
				   : strstr(proc_self_cgroup, "\n0::");
	size_t n;

	if (!line)
		return false;
	line += *line == '\n';
	line += 3;
	n = strcspn(line, "\n");
	if (*line != '/' || n >= size)
		return false;
	memcpy(out, line, n);
	out[n] = '\0';
	return true;
}

/* missing_controllers - of those that limits need, the ones that @have lacks; "" for none */
void missing_controllers(const char *have, char *out, size_t size)
{
	static const char *const wanted[] = {"memory", "pids", "cpu", "io", "cpuset"};
	cleanup_strv struct strv list = {0};
	size_t n = 0;

	*out = '\0';
	strv_split(&list, have, ' ');
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		if (!strv_has(&list, wanted[i]) && n < size)
			n += (size_t)snprintf(out + n, size - n, "%s%s", n ? " " : "", wanted[i]);
	}
}

/*
 * cgroup_level - how bad it is that @missing is not delegated
 *
 * systemd gives a user cpu, memory and pids unless told otherwise; io and cpuset are for
 * options that few ask for, and a host as it is installed is no reason to warn.
 */
enum finding cgroup_level(const char *missing)
{
	cleanup_strv struct strv list = {0};

	if (!*missing)
		return FINDING_OK;
	strv_split(&list, missing, ' ');
	return strv_has(&list, "memory") || strv_has(&list, "pids") || strv_has(&list, "cpu")
		       ? FINDING_WARN
		       : FINDING_NOTE;
}

static const char *cgroup2_mount(void)
{
	static const char *const paths[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct statfs fs;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (!statfs(paths[i], &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
			return paths[i];
	}
	return NULL;
}

/* A folder in our own cgroup, and the controllers that it gets. */
static int try_own_cgroup(const char *mount, char *controllers, size_t size)
{
	cleanup_buf struct buf text = {0};
	cleanup_free char *dir = NULL, *file = NULL;
	char path[2048];
	int r = read_file_at(AT_FDCWD, "/proc/self/cgroup", 65536, &text);

	if (r < 0)
		return r;
	if (!cgroup2_path(text.data ? text.data : "", path, sizeof(path)))
		return -ENOENT;
	dir = xasprintf("%s%s/sandbox-doctor-%d", mount, path, getpid());
	if (mkdir(dir, 0755) < 0)
		return -errno;
	file = path_join(dir, "cgroup.controllers");
	read_text(file, controllers, size);
	rmdir(dir);
	return 0;
}

/* The user's service manager makes cgroups on request. */
static bool manager_answers(void)
{
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof(a.sun_path), "/run/user/%u/systemd/private", geteuid());
	return fd >= 0 && !connect(fd, (struct sockaddr *)&a, sizeof(a));
}

static void delegate_remedy(struct doctor_row *row, const char *missing)
{
	row_fix(row,
		"for %s, as root: mkdir -p /etc/systemd/system/user@.service.d, write \"[Service]\" and \"Delegate=cpu cpuset io memory pids\" to delegate.conf there, systemctl daemon-reload, and log in again",
		missing);
}

void probe_cgroup(struct doctor *d __unused, struct doctor_row *row)
{
	const char *mount = cgroup2_mount();
	cleanup_free char *delegated = NULL;
	char have[256] = "", missing[128];
	int r;

	if (!mount) {
		row_set(row, FINDING_WARN, "there is no cgroup v2: limits are not possible");
		row_fix(row, "boot with systemd.unified_cgroup_hierarchy=1");
		return;
	}
	delegated = xasprintf("%s/user.slice/user-%u.slice/user@%u.service/cgroup.controllers",
			      mount, geteuid(), geteuid());
	r = try_own_cgroup(mount, have, sizeof(have));
	if (manager_answers() && read_text(delegated, have, sizeof(have))) {
		missing_controllers(have, missing, sizeof(missing));
		row_set(row, cgroup_level(missing), "systemd delegates: %s", have);
	} else if (!r) {
		missing_controllers(have, missing, sizeof(missing));
		row_set(row, cgroup_level(missing), "your own cgroup is writable, with: %s",
			*have ? have : "no controller");
	} else {
		row_set(row, FINDING_WARN,
			"you have no cgroup of your own (%s): limits are not possible",
			strerror(-r));
		row_fix(row,
			"log in through systemd (ssh, a console, machinectl shell), or as root: loginctl enable-linger USER");
		return;
	}
	if (*missing && str_has_suffix(mount, "unified"))
		row_fix(row,
			"the controllers are in cgroup v1: boot with systemd.unified_cgroup_hierarchy=1");
	else if (*missing)
		delegate_remedy(row, missing);
}

/* ---- what an account may use --------------------------------------------------------------------------- */

static void try_keyring(struct trial *t, const void *ctx __unused)
{
	trial_ok(t, sys_join_session_keyring(NULL), "joining a new session keyring");
}

void probe_keyring(struct doctor *d __unused, struct doctor_row *row)
{
	cleanup_fclose FILE *f = fopen("/proc/key-users", "re");
	unsigned uid, used = 0, max = 0, u, m;
	char line[128];
	struct trial t;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%u: %*u %*u/%*u %u/%u", &uid, &u, &m) == 3 && uid == geteuid()) {
			used = u;
			max = m;
		}
	}
	trial_run(&t, 0, try_keyring, NULL);
	if (t.error == ENOSYS) {
		row_set(row, FINDING_OK, "this kernel, or a filter around us, has no keyrings");
		return;
	}
	if (t.error)
		row_set(row, FINDING_WARN, "a new one failed: %s; %u of %u keys are used",
			strerror(t.error), used, max);
	else
		row_set(row, max && used * 10 > max * 9 ? FINDING_WARN : FINDING_OK,
			"%u of %u keys are used", used, max);
	if (row->level != FINDING_OK)
		row_fix(row,
			"as root: sysctl -w kernel.keys.maxkeys=2000 kernel.keys.maxbytes=200000");
}

/* Counts what the links of /proc/PID/fd say, over the user's processes. */
static unsigned count_fds(const char *what)
{
	DIR *proc = opendir("/proc");
	struct dirent *p, *f;
	unsigned n = 0;
	char link[64];

	while (proc && (p = readdir(proc))) {
		cleanup_free char *path = xasprintf("/proc/%s/fd", p->d_name);
		DIR *fds = all_digits(p->d_name) ? opendir(path) : NULL;
		struct stat st;

		if (fds && (fstat(dirfd(fds), &st) < 0 || st.st_uid != geteuid())) {
			closedir(fds);
			continue;
		}
		while (fds && (f = readdir(fds))) {
			ssize_t len = readlinkat(dirfd(fds), f->d_name, link, sizeof(link) - 1);

			link[len > 0 ? len : 0] = '\0';
			n += streq(link, what);
		}
		if (fds)
			closedir(fds);
	}
	if (proc)
		closedir(proc);
	return n;
}

void probe_inotify(struct doctor *d __unused, struct doctor_row *row)
{
	int64_t instances = read_number("/proc/sys/fs/inotify/max_user_instances", 128);
	int64_t watches = read_number("/proc/sys/fs/inotify/max_user_watches", 8192);
	unsigned used = count_fds("anon_inode:inotify");
	cleanup_close int fd = inotify_init1(IN_CLOEXEC);

	if (fd >= 0 && used * 10 < instances * 8 && watches >= 65536) {
		row_set(row, FINDING_OK, "%u of %lld instances are used, %lld watches", used,
			(long long)instances, (long long)watches);
		return;
	}
	row_set(row, fd < 0 ? FINDING_WARN : FINDING_NOTE,
		"%u of %lld instances are used, %lld watches%s", used, (long long)instances,
		(long long)watches, fd < 0 ? ": no more can be had" : "");
	row_fix(row,
		"as root: sysctl -w fs.inotify.max_user_instances=1024 fs.inotify.max_user_watches=524288, and the same in /etc/sysctl.d/50-sandbox.conf");
}

void probe_limits(struct doctor *d __unused, struct doctor_row *row)
{
	struct rlimit files = {0}, procs = {0};
	char n[24] = "unlimited";
	bool low;

	getrlimit(RLIMIT_NOFILE, &files);
	getrlimit(RLIMIT_NPROC, &procs);
	if (procs.rlim_cur != RLIM_INFINITY)
		snprintf(n, sizeof(n), "%llu", (unsigned long long)procs.rlim_cur);
	low = files.rlim_max < 4096 || procs.rlim_cur < 512;
	row_set(row, low ? FINDING_WARN : FINDING_OK,
		"%llu open files (at most %llu), %s processes", (unsigned long long)files.rlim_cur,
		(unsigned long long)files.rlim_max, n);
	if (low)
		row_fix(row,
			"as root, in /etc/security/limits.conf: * hard nofile 524288, * - nproc 30000");
}

void probe_logout(struct doctor *d __unused, struct doctor_row *row)
{
	unsigned found = logind_caller();

	if (!(found & LOGIND_THERE)) {
		row_set(row, FINDING_OK, "no logind here: a logout ends nothing");
		return;
	}
	if (found & LOGIND_LINGERS) {
		row_set(row, FINDING_OK, "you linger: what runs in the background stays");
		return;
	}
	if (found & LOGIND_KILLS)
		row_set(row, FINDING_WARN,
			"logind kills all your processes then (KillUserProcesses)");
	else
		row_set(row, FINDING_NOTE,
			"they run on, but your runtime folder goes with your last session, and with it "
			"the way to them");
	row_fix(row, "loginctl enable-linger");
}
