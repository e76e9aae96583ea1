/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "sandbox/internal.h"

#define KEYRING_WAIT_NS 5000000000LL

static const uint64_t clone_flags[NS_KINDS] = {
	[NS_USER] = CLONE_NEWUSER,     [NS_MNT] = CLONE_NEWNS,    [NS_PID] = CLONE_NEWPID,
	[NS_NET] = CLONE_NEWNET,       [NS_IPC] = CLONE_NEWIPC,   [NS_UTS] = CLONE_NEWUTS,
	[NS_CGROUP] = CLONE_NEWCGROUP, [NS_TIME] = CLONE_NEWTIME,
};

uint64_t ns_clone_flag(enum ns_kind kind)
{
	return clone_flags[kind];
}

/*
 * A change of credentials clears it, so each of those is followed by one more. Whether the
 * parent was quicker is asked once, before exec.
 */
void die_with_parent(void)
{
	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

int step_unshare(struct launch *l, struct err *e)
{
	static const enum ns_kind late[] = {NS_MNT, NS_NET, NS_IPC, NS_UTS, NS_CGROUP};
	uint64_t flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(late); i++) {
		if (l->spec->ns[late[i]].mode == NS_PRIVATE)
			flags |= clone_flags[late[i]];
	}
	if (unshare((int)flags) < 0)
		return fail_hint(
			e, fail_errno(e, "cannot make namespaces"),
			"`sandbox doctor` tells which limit of this host stands in the way");
	return 0;
}

int step_propagation(struct launch *l __unused, struct err *e)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail_errno(e, "cannot make mounts private");
	return 0;
}

/*
 * The kernel's keyrings know no namespaces: without its own the payload would share the caller's.
 * That of a process that is dead counts until the kernel has collected it, which takes seconds
 * under load.
 */
int step_keyring(struct launch *l, struct err *e)
{
	const int64_t end = now_ns() + KEYRING_WAIT_NS;
	int r;

	while ((r = sys_join_session_keyring(NULL)) == -EDQUOT && now_ns() < end) {
		if (l->lender)
			borrow_give_up(l);
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	}
	if (r == -ENOSYS)
		return 0;
	if (r == -EDQUOT)
		return fail(e, EDQUOT,
			    "the quota of kernel keyrings is used up; raise kernel.keys.maxkeys");
	return r < 0 ? fail(e, -r, "cannot make a session keyring: %s", strerror(-r)) : 0;
}

int step_hostname(struct launch *l, struct err *e)
{
	if (sethostname(l->spec->hostname, strlen(l->spec->hostname)) < 0)
		return fail_errno(e, "cannot set host name %s", l->spec->hostname);
	return 0;
}

int step_domainname(struct launch *l, struct err *e)
{
	if (setdomainname(l->spec->domainname, strlen(l->spec->domainname)) < 0)
		return fail_errno(e, "cannot set domain name %s", l->spec->domainname);
	return 0;
}

/* A new network namespace has its loopback interface, but down. */
int step_loopback(struct launch *l __unused, struct err *e)
{
	cleanup_close int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

	if (sock < 0 || ioctl(sock, SIOCSIFFLAGS, &req) < 0)
		return fail_errno(e, "cannot bring the loopback interface up");
	return 0;
}

static int write_sysctl(struct launch *l, const char *key, const char *value, struct err *e)
{
	char path[256] = "sys/";
	size_t at = strlen(path);
	int r;

	/* net.ipv4.ip_forward or net/ipv4/ip_forward: the first separator decides, as sysctl(8) */
	bool dots = key[strcspn(key, "./")] == '.';

	for (; *key && at < sizeof(path) - 1; key++)
		path[at++] = dots && *key == '.' ? '/' : dots && *key == '/' ? '.' : *key;
	path[at] = '\0';
	r = write_file_at(l->c.proc, path, value, strlen(value));
	return r < 0 ? fail(e, -r, "cannot set %s to \"%s\": %s", path + 4, value, strerror(-r))
		     : 0;
}

int step_sysctl(struct launch *l, struct err *e)
{
	int r = 0;

	if (l->spec->ns[NS_NET].mode == NS_PRIVATE)
		r = write_sysctl(l, "net.ipv4.ip_unprivileged_port_start", "0", e);
	/* Counts of this user namespace: with it no process inside can make another one. */
	if (!r && !l->spec->sec.nested && !l->spec->sec.privileged)
		r = write_sysctl(l, "user.max_user_namespaces", "0", e);
	return r;
}

/* The kernel asks whether we are root of the ipc namespace, who has to be mapped for that. */
int step_user_sysctl(struct launch *l, struct err *e)
{
	int r = 0;

	strv_for_each (s, &l->spec->sysctl) {
		cleanup_free char *key = xstrndup(s, strcspn(s, "="));

		if (!r)
			r = write_sysctl(l, key, s + strlen(key) + 1, e);
	}
	return r;
}

int step_net(struct launch *l, struct err *e)
{
	int fd = l->hooks->net_child(l->hooks->ctx, e), r;

	if (fd < 0)
		return fd;
	r = sync_send(l->sock, SYNC_TAP, fd);
	close_fd(fd);
	return r < 0 ? fail(e, -r, "cannot hand the network device over: %s", strerror(-r)) : 0;
}

/* A name service that takes its time is waited for by who hears signals. */
static int wait_for_helpers(struct launch *l, struct err *e)
{
	int r = idmap_await(&l->job, e);

	if (r == -ETIMEDOUT)
		borrow_give_up(l);
	return r;
}

int step_wait_maps(struct launch *l, struct err *e)
{
	int r = l->borrows ? wait_for_helpers(l, e) : sync_wait(l->sock, SYNC_MAPPED, NULL, e);

	fault_point("mapped");
	return r;
}

/* ping_group_range takes group ids of the namespace, so it waits for the maps. */
static void allow_ping(struct launch *l)
{
	char range[32];

	if (l->spec->ns[NS_NET].mode != NS_PRIVATE)
		return;
	snprintf(range, sizeof(range), "0 %u", idmap_highest(&l->plan->gid));
	write_file_at(l->c.proc, "sys/net/ipv4/ping_group_range", range, strlen(range));
}

bool may_set_groups(const struct launch *l)
{
	return !l->plan->deny_setgroups && !l->spec->keep_groups;
}

/* become_mapped_root - uid and gid 0, as far as they are mapped; without 0 we go on as we are */
int become_mapped_root(const struct launch *l)
{
	uint32_t none;
	int r = 0;

	if (idmap_lookup(&l->plan->gid, 0, &none))
		r = sys_setresgid(0);
	if (!r && idmap_lookup(&l->plan->uid, 0, &none))
		r = sys_setresuid(0);
	return r;
}

/*
 * Which ids there are in a user namespace of others is told by itself, once we are in it: the
 * plan that the parent has made knows nothing of it.
 */
int idmap_of_joined(struct launch *l, struct err *e)
{
	struct idmap_plan *p;
	int r;

	if (l->spec->ns[NS_USER].mode != NS_JOIN)
		return 0;
	p = xmalloc(sizeof(*p)); /* for the rest of this process */
	r = idmap_own(p, e);
	l->plan = p;
	return r;
}

/*
 * What is made from here on shall belong to container root. And nobody may look into
 * this process any more, for the descriptors that it holds are not the container's.
 * Not from the clone on: the kernel gives the map files of a process that is not
 * dumpable to root, and newuidmap opens them as the user where it has file
 * capabilities (Fedora, Arch) or was built with libcap; and the supervisor opens our
 * user namespace. Until now nobody else is in it, and from another one the kernel
 * lets nobody trace us.
 */
int step_become_root(struct launch *l, struct err *e)
{
	int r = idmap_of_joined(l, e);

	if (r < 0)
		return r;
	r = become_mapped_root(l);
	if (!r && may_set_groups(l))
		r = sys_setgroups(0, NULL);
	if (r < 0)
		return fail(e, -r, "cannot become container root: %s", strerror(-r));
	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	die_with_parent();
	if (!l->spec->bare)
		allow_ping(l);
	umask(022);
	return 0;
}

#define NSEC 1000000000LL

/* Rounded down: the kernel wants nanoseconds of 0 and more also before zero. */
static int64_t whole_seconds(int64_t ns)
{
	return ns / NSEC - (ns % NSEC < 0);
}

/*
 * A time namespace takes offsets only while it is empty: they are written after
 * unshare(CLONE_NEWTIME), which concerns children, and setns moves us in.
 * Source: time_namespaces(7), Linux 5.6.
 */
int step_time(struct launch *l, struct err *e)
{
	const int64_t mono = l->spec->time_monotonic, boot = l->spec->time_boottime;
	cleanup_close int ns = -1, offsets = -1;
	char text[128];
	int n, r;

	if (unshare(CLONE_NEWTIME) < 0)
		return fail_errno(e, "cannot make a time namespace");
	n = snprintf(text, sizeof(text), "monotonic %lld %lld\nboottime %lld %lld\n",
		     (long long)whole_seconds(mono), (long long)(mono - whole_seconds(mono) * NSEC),
		     (long long)whole_seconds(boot),
		     (long long)(boot - whole_seconds(boot) * NSEC));
	offsets = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	r = offsets < 0 ? -errno : write_full(offsets, text, (size_t)n);
	if (r < 0)
		return fail(e, -r, "cannot set the time offsets: %s", strerror(-r));
	ns = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	r = ns < 0 ? -errno : sys_setns(ns, CLONE_NEWTIME);
	return r < 0 ? fail(e, -r, "cannot enter the time namespace: %s", strerror(-r)) : 0;
}
