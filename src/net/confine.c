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
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
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

/* What libslirp, our loop and libc's allocator do. */
static const int allowed[] = {
	/* frames, sockets, messages */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(recv),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(send),
	SCMP_SYS(connect),
	SCMP_SYS(bind),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(close),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(dup3),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(ppoll_time64),
	/* time and random numbers */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getrandom),
	SCMP_SYS(restart_syscall),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	/* the end */
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigreturn),
};

/*
 * What only somebody who has taken over the process calls. All else that is not
 * allowed gets EPERM, because libraries now and then look at a file without need.
 */
static const int fatal[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(clone),
	SCMP_SYS(clone3),
	SCMP_SYS(fork),
	SCMP_SYS(vfork),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(kill),
	SCMP_SYS(tkill),
	SCMP_SYS(tgkill),
	SCMP_SYS(pidfd_open),
	SCMP_SYS(pidfd_send_signal),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	SCMP_SYS(mount),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(open_tree),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(bpf),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(keyctl),
	SCMP_SYS(add_key),
	SCMP_SYS(memfd_create),
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(listen),
};

/* Calls of which some arguments are allowed. */
static int add_argument_rules(scmp_filter_ctx ctx)
{
	static const int families[] = {AF_INET, AF_INET6};
	static const unsigned fcntls[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL};
	static const int maps[] = {SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect)};
	const unsigned type = ~(unsigned)(SOCK_CLOEXEC | SOCK_NONBLOCK);
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct scmp_arg_cmp family = SCMP_A0_32(SCMP_CMP_EQ, (unsigned)families[i]);
		unsigned icmp = families[i] == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;

		r |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 3, family,
				      SCMP_A1_32(SCMP_CMP_MASKED_EQ, type, SOCK_STREAM),
				      SCMP_A2_32(SCMP_CMP_EQ, 0));
		r |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 3, family,
				      SCMP_A1_32(SCMP_CMP_MASKED_EQ, type, SOCK_DGRAM),
				      SCMP_A2_32(SCMP_CMP_EQ, 0));
		r |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 3, family,
				      SCMP_A1_32(SCMP_CMP_MASKED_EQ, type, SOCK_DGRAM),
				      SCMP_A2_32(SCMP_CMP_EQ, icmp));
	}
	for (size_t i = 0; i < ARRAY_SIZE(fcntls); i++) {
		r |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				      SCMP_A1_32(SCMP_CMP_EQ, fcntls[i]));
		r |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl64), 1,
				      SCMP_A1_32(SCMP_CMP_EQ, fcntls[i]));
	}
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		r |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, maps[i], 1,
				      SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	r |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			      SCMP_A1_32(SCMP_CMP_EQ, FIONREAD));
	return r;
}

static int use_seccomp(struct err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = ctx ? 0 : -ENOMEM;

	if (!r)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (size_t i = 0; !r && i < ARRAY_SIZE(allowed); i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; !r && i < ARRAY_SIZE(fatal); i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, fatal[i], 0);
	if (!r)
		r = add_argument_rules(ctx);
	if (!r)
		r = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	return r ? fail(e, EINVAL, "cannot load the system call filter of sandbox-net (%d)", r) : 0;
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
