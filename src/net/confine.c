/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * sandbox-net gives up what it can in four stages, each as early as what it
 * still needs allows. After the last one libslirp may be taken over by a frame,
 * and what is gained is a process that can use IP sockets in the host's network
 * namespace and nothing else.
 *
 * join: Enters the container's user namespace, then clones itself into new pid,
 *	mount, ipc and uts namespaces.
 *	Should: be the first that happens; be not dumpable, so that the container's
 *	root cannot trace it (our memory belongs to the outer user namespace, which
 *	is why this is done after exec and not before).
 *	Mustn't: need id maps, they are being written meanwhile; stay the parent of
 *	the clone: the supervisor is, by CLONE_PARENT, and PR_SET_PDEATHSIG means it.
 * root: An empty, read-only tmpfs without room for a single inode becomes the root.
 *	Should: leave no way back to any file system.
 *	Mustn't: need a name of the old root later: whatever has to be opened (libraries,
 *	what glib looks at) is opened before.
 * ids: Once the maps are there: no groups, the highest mapped id, no capabilities.
 *	Should: be an id that nothing else has; as the user's own we could send signals
 *	to his processes.
 *	Mustn't: fail silently when groups cannot be dropped, but where the maps have
 *	only one id setgroups is denied by the kernel, and ids stay what they are.
 * final: Limits, no_new_privs, Landlock, the system call filter.
 *	Should: come before the first frame.
 *	Mustn't: forbid what libslirp does for a connection: sockets of IPv4 and IPv6,
 *	memory, time, random numbers.
 *
 * It stays in the host's network namespace: that is what it is for.
 */
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "linux/sys.h"
#include "net/helper.h"

#define MAX_SOCKETS 2048
#define MAX_DATA    (768UL << 20) /* MAX_SOCKETS connections with full buffers, and some */

static void die_with_supervisor(void)
{
	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

/**
 * confine_join - go over into the container's user namespace and own others
 * @userns_fd: of the container; borrowed
 *
 * Return: 0 in the process that goes on, which is a new one; -errno on failure.
 * The old process ends.
 */
int confine_join(int userns_fd, struct err *e)
{
	struct clone_args args = {
		.flags = CLONE_PARENT | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS,
	};
	long r;

	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	r = sys_setns(userns_fd, CLONE_NEWUSER);
	if (r < 0)
		return fail(e, (int)-r, "cannot enter the container's user namespace: %s",
			    strerror((int)-r));
	r = sys_clone3(&args);
	if (r < 0)
		return fail(e, (int)-r, "cannot make namespaces for sandbox-net: %s",
			    strerror((int)-r));
	if (r > 0)
		_exit(0);
	die_with_supervisor();
	return 0;
}

/* confine_root - an empty root; 0 or -errno */
int confine_root(struct err *e)
{
	const unsigned long flags = MS_NODEV | MS_NOSUID | MS_NOEXEC | MS_RDONLY;

	if (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0)
		return fail_errno(e, "cannot make sandbox-net's mounts private");
	/* Any folder that is there everywhere will do. */
	if (mount("none", "/proc", "tmpfs", flags, "nr_inodes=1,nr_blocks=1,mode=0555") < 0)
		return fail_errno(e, "cannot mount an empty root for sandbox-net");
	if (chdir("/proc") < 0 || sys_pivot_root(".", ".") < 0)
		return fail_errno(e, "cannot change to the empty root");
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return fail_errno(e, "cannot leave the old root");
	return 0;
}

static int drop_capabilities(struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {};

	sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &head, none) < 0)
		return fail_errno(e, "cannot drop the capabilities of sandbox-net");
	return 0;
}

/**
 * confine_ids - become somebody who owns nothing
 * @uid: inside the user namespace
 * @gid: likewise
 *
 * Context: after the id maps are written.
 * Return: 0 or -errno.
 */
int confine_ids(uint32_t uid, uint32_t gid, struct err *e)
{
	int r;

	for (unsigned long cap = 0; !sys_prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); cap++)
		;
	r = sys_setgroups(0, NULL);
	if (r < 0 && r != -EPERM) /* denied for ever where there is one id only */
		return fail(e, -r, "cannot drop the groups of sandbox-net: %s", strerror(-r));
	r = sys_setresgid(gid);
	if (r < 0)
		return fail(e, -r, "cannot become group %u for sandbox-net: %s", gid, strerror(-r));
	r = sys_setresuid(uid);
	if (r < 0)
		return fail(e, -r, "cannot become user %u for sandbox-net: %s", uid, strerror(-r));
	r = drop_capabilities(e);
	/* Cleared by the change of ids, which also made us dumpable as suid_dumpable says. */
	sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	die_with_supervisor();
	return r;
}

static void limit(__rlimit_resource_t resource, rlim_t value)
{
	struct rlimit r;

	if (getrlimit(resource, &r) < 0)
		return;
	r.rlim_max = MIN(r.rlim_max, value);
	r.rlim_cur = r.rlim_max;
	setrlimit(resource, &r);
}

static void set_limits(void)
{
	limit(RLIMIT_NOFILE, MAX_SOCKETS);
	limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_MEMLOCK, 0);
	limit(RLIMIT_MSGQUEUE, 0);
#ifndef SANITIZED
	limit(RLIMIT_DATA, MAX_DATA);
#endif
}

/* Source: Linux include/uapi/linux/landlock.h of 6.12; older headers lack the later fields. */
struct landlock_attr {
	uint64_t access_fs, access_net, scoped;
};

enum {
	LANDLOCK_FS_ABI1 = (1 << 13) - 1,
	LANDLOCK_FS_ABI2 = (1 << 14) - 1,
	LANDLOCK_FS_ABI3 = (1 << 15) - 1,
	LANDLOCK_FS_ABI5 = (1 << 16) - 1,
	LANDLOCK_BIND_TCP = 1,      /* ABI 4 */
	LANDLOCK_SCOPE_ALL = 1 | 2, /* abstract unix sockets, signals: ABI 6 */
	LANDLOCK_VERSION = 1,
};

static uint64_t landlock_fs(int abi)
{
	return abi >= 5   ? LANDLOCK_FS_ABI5
	       : abi >= 3 ? LANDLOCK_FS_ABI3
	       : abi >= 2 ? LANDLOCK_FS_ABI2
			  : LANDLOCK_FS_ABI1;
}

/*
 * No file at all, no TCP server, no abstract unix socket and no signal beyond
 * ourselves. The other walls forbid the same; a kernel without Landlock has those.
 */
static void use_landlock(void)
{
	int abi = sys_landlock_create_ruleset(NULL, 0, LANDLOCK_VERSION);
	size_t size = abi >= 6   ? sizeof(struct landlock_attr)
		      : abi >= 4 ? offsetof(struct landlock_attr, scoped)
				 : offsetof(struct landlock_attr, access_net);
	struct landlock_attr attr = {.access_fs = landlock_fs(abi),
				     .access_net = LANDLOCK_BIND_TCP,
				     .scoped = LANDLOCK_SCOPE_ALL};
	cleanup_close int fd = -1;

	if (abi < 1)
		return;
	fd = sys_landlock_create_ruleset(&attr, size, 0);
	if (fd >= 0)
		sys_landlock_restrict_self(fd, 0);
}

static int use_seccomp(struct err *e)
{
	struct sock_fprog prog = net_filter();
	int r = sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &prog);

	return r < 0 ? fail(e, -r, "cannot load the system call filter of sandbox-net: %s",
			    strerror(-r))
		     : 0;
}

/**
 * confine_final - the last stage, before the first frame
 *
 * Return: 0 or -errno.
 */
int confine_final(struct err *e)
{
	set_limits();
	if (sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail_errno(e, "cannot set no_new_privs for sandbox-net");
	use_landlock();
#ifdef SANITIZED
	/* The sanitizers map executable memory, read /proc and write reports. */
	(void)use_seccomp;
	return 0;
#else
	return use_seccomp(e);
#endif
}
