/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * sandbox-unpack reads bytes from strangers with code that was not written for
 * strangers, so it gives away everything it does not need before the first of
 * them. The order matters; each stage says what it should and must not do.
 *
 * 0. The caller made a user namespace with the container's ids and a pid
 *    namespace; we are the first process of the latter, as its root user.
 *    Should: nothing that follows could reach another process, not even with a
 *    capability. Mustn't: run as anything else; confine_start() checks it.
 * 1. confine_start(): not dumpable, dies with the caller.
 *    Should: the socket is looked at after the parent death signal is set, so
 *    that a caller who died in between is noticed. Mustn't: survive it.
 * 2. confine_mounts(): own mount, network and ipc namespaces; the destination
 *    becomes the root of everything, with nosuid, nodev, noexec, nosymfollow.
 *    Should: chdir into the destination before the mount namespace is left, for
 *    only the working directory moves along, no other descriptor does.
 *    Mustn't: keep any mount of the host, /proc included; so whatever has to be
 *    read there is read before. Must come before capabilities go.
 * 3. confine_rights(): five capabilities stay (those that give files away and set
 *    modes), bounding set empty, no_new_privs, limits, Landlock where there is one.
 *    Should: happen while there is one thread, for all of this counts per thread.
 *    Mustn't: come before the mounts (Landlock forbids them, and the rights are gone).
 * 4. The thread of source.c is made: it inherits all of the above.
 * 5. confine_calls(): the system call filter, for all threads at once.
 *    Should: be last, for it permits no further thread, mount or prctl.
 *    Mustn't: be late: no byte of the archive is read before.
 *
 * What is left to a taken-over helper: it can fill the folder with files, use
 * one processor per thread for an hour, and lie to its caller in messages of a
 * fixed size.
 */
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "image/unpack.h"
#include "linux/sys.h"

/* ---- stage 1 ------------------------------------------------------------------------------------ */

/**
 * confine_start - stage 1
 * @sock: the socket to the caller
 * @any_user: the user namespace is a container's, which may lack a root
 */
int confine_start(int sock, bool any_user, struct err *e)
{
	struct pollfd p = {.fd = sock};
	int r;

	if (getpid() != 1 || (geteuid() && !any_user))
		return fail(e, EPERM,
			    "sandbox-unpack only runs as root of a pid and user namespace "
			    "of its own; it is started by sandbox");
	r = sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (!r)
		r = sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (r < 0)
		return fail(e, -r, "cannot leave the reach of debuggers: %s", strerror(-r));
	if (poll(&p, 1, 0) < 0 || (p.revents & (POLLHUP | POLLERR | POLLNVAL)))
		return fail(e, EPIPE, "the caller has gone");
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

/* ---- stage 2 ------------------------------------------------------------------------------------ */

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

static int restrict_mount(int tree)
{
	uint64_t set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	int r = sys_mount_setattr(tree, "", AT_EMPTY_PATH, set | MOUNT_ATTR_NOSYMFOLLOW, 0, 0);

	if (r == -EINVAL) /* Linux 5.12 and 5.13 */
		r = sys_mount_setattr(tree, "", AT_EMPTY_PATH, set, 0, 0);
	return r == -ENOSYS ? 0 : r;
}

/**
 * confine_mounts - stage 2
 * @dest: the folder to unpack into; the working directory and the root afterwards
 */
int confine_mounts(int dest, struct err *e)
{
	cleanup_close int tree = -1;
	int r;

	if (fchdir(dest) < 0)
		return fail_errno(e, "cannot enter the folder to unpack into");
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC) < 0)
		return fail_errno(e, "cannot make namespaces to unpack in");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail_errno(e, "cannot make mounts private");
	tree = sys_open_tree(AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return fail(e, -tree, "cannot detach the folder to unpack into: %s",
			    strerror(-tree));
	r = restrict_mount(tree);
	if (!r)
		r = sys_move_mount(tree, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH);
	if (!r && fchdir(tree) < 0)
		r = -errno;
	if (!r)
		r = sys_pivot_root(".", ".");
	if (!r && (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0))
		r = -errno;
	if (r < 0)
		return fail(e, -r, "cannot move into the folder to unpack into: %s", strerror(-r));
	close_fd(dest);
	return 0;
}

/* ---- stage 3 ------------------------------------------------------------------------------------ */

#define KEEP_CAPS                                                                         \
	(1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_FOWNER | 1U << CAP_FSETID | \
	 1U << CAP_SETFCAP)

_Static_assert(CAP_SETFCAP < 32, "the kept capabilities fit in the first word");

static int drop_caps(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{.effective = KEEP_CAPS, .permitted = KEEP_CAPS}};

	for (unsigned long c = 0; c < 64; c++) {
		int r = sys_prctl(PR_CAPBSET_DROP, c, 0, 0, 0);

		if (r == -EINVAL) /* past the last one */
			break;
		if (r < 0)
			return r;
	}
	return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

static int set_limits(void)
{
	static const struct {
		__rlimit_resource_t what;
		rlim_t n;
	} limits[] = {
		{RLIMIT_NOFILE, 640}, /* two chains of POLICY_DEPTH_MAX folders and some */
		{RLIMIT_FSIZE, POLICY_BYTES}, {RLIMIT_CPU, 3600}, {RLIMIT_CORE, 0},
		{RLIMIT_MEMLOCK, 0},
#ifndef SANITIZED
		{RLIMIT_AS, 1U << 30},
#endif
	};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct rlimit now, want = {limits[i].n, limits[i].n};

		if (getrlimit(limits[i].what, &now) < 0)
			return -errno;
		want.rlim_cur = want.rlim_max = MIN(want.rlim_max, now.rlim_max);
		if (setrlimit(limits[i].what, &want) < 0)
			return -errno;
	}
	return 0;
}

/* The ruleset of the newest kernel we know; older ones read the start of it. */
struct landlock_attr {
	uint64_t fs, net, scoped;
};

/*
 * Rights on files by number, as older kernel headers lack the later ones: 0
 * execute, 1 write, 2 read, 3 list, 4 rmdir, 5 unlink, 6 char, 7 folder, 8 file,
 * 9 socket, 10 fifo, 11 block, 12 symlink, 13 link elsewhere (version 2), 14
 * truncate (3), 15 ioctl of devices (5).
 */
#define LL_ALL(n)  ((1ULL << (n)) - 1)
#define LL_ALLOWED (LL_ALL(15) & ~(1ULL << 0 | 1ULL << 2 | 1ULL << 6 | 1ULL << 11))
#define LL_READS   (1ULL << 2 | 1ULL << 3)

/* Version 1 forbids every hard link into another folder: useless here. */
static int landlock(bool reads)
{
	struct landlock_attr attr = {};
	struct landlock_path_beneath_attr below = {};
	cleanup_close int rules = -1, root = -1;
	int version = sys_landlock_create_ruleset(NULL, 0, 1), r;
	size_t size = sizeof(attr.fs);

	if (version < 2)
		return 0;
	attr.fs = LL_ALL(version >= 5 ? 16 : version >= 3 ? 15 : 14);
	if (version >= 4) {
		attr.net = 3;
		size = offsetof(struct landlock_attr, scoped);
	}
	if (version >= 6) {
		attr.scoped = 3;
		size = sizeof(attr);
	}
	rules = sys_landlock_create_ruleset(&attr, size, 0);
	if (rules < 0)
		return rules;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	below.allowed_access = (reads ? LL_READS : LL_ALLOWED) & attr.fs;
	below.parent_fd = root;
	r = sys_landlock_add_rule(rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
	return r < 0 ? r : sys_landlock_restrict_self(rules, 0);
}

/**
 * confine_rights - stage 3
 * @reads: files are read (packing, comparing), and none is written
 */
int confine_rights(bool reads, struct err *e)
{
	int r = drop_caps();

	if (r < 0)
		return fail(e, -r, "cannot drop capabilities: %s", strerror(-r));
	r = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (r < 0)
		return fail(e, -r, "cannot set no_new_privs: %s", strerror(-r));
	r = set_limits();
	if (r < 0)
		return fail(e, -r, "cannot set resource limits: %s", strerror(-r));
	r = landlock(reads);
	if (r < 0)
		return fail(e, -r, "cannot set up Landlock: %s", strerror(-r));
	return 0;
}

/* ---- stage 5 ------------------------------------------------------------------------------------ */

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define THIS_ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define THIS_ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define THIS_ARCH AUDIT_ARCH_S390X
#elif defined(__i386__)
#define THIS_ARCH AUDIT_ARCH_I386
#elif defined(__arm__)
#define THIS_ARCH AUDIT_ARCH_ARM
#else
#error "sandbox-unpack's system call filter does not know this architecture"
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARG_LOW(n) (offsetof(struct seccomp_data, args[n]))
#else
#define ARG_LOW(n) (offsetof(struct seccomp_data, args[n]) + 4)
#endif

#define RET(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define ALLOW(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), RET(SECCOMP_RET_ALLOW)
/* No memory becomes executable: argument 2 is prot for both calls that take one. */
#define ALLOW_NOEXEC(name)                                             \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 4),        \
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARG_LOW(2)),        \
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1), \
		RET(SECCOMP_RET_ERRNO | EPERM), RET(SECCOMP_RET_ALLOW)

/*
 * What the two threads call, the frequent ones first. Everything else does not
 * exist, which libraries take well; another ABI (x32 has other numbers, i386
 * another architecture) is not an accident and kills.
 */
static const struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 1, 0),
	RET(SECCOMP_RET_KILL_PROCESS),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),

	ALLOW(futex),
	ALLOW(read),
	ALLOW(openat),
	ALLOW(close),
	ALLOW(write),
	ALLOW(pwrite64),
	ALLOW(utimensat),
	ALLOW(symlinkat),
	ALLOW(linkat),
	ALLOW(mkdirat),
	ALLOW(unlinkat),
	ALLOW(mknodat),
	ALLOW(fchown),
	ALLOW(fchownat),
	ALLOW(fchmod),
	ALLOW(ftruncate),
	ALLOW(fsetxattr),
	ALLOW(fremovexattr),
#ifdef __NR_newfstatat
	ALLOW(newfstatat),
#endif
#ifdef __NR_fstat
	ALLOW(fstat),
#endif
#ifdef __NR_statx
	ALLOW(statx),
#endif
	ALLOW(fstatfs),
	ALLOW(sendmsg),
	ALLOW(brk),
	ALLOW(munmap),
	ALLOW(mremap),
	ALLOW(madvise),
#ifdef __NR_mmap
	ALLOW_NOEXEC(mmap),
#endif
#ifdef __NR_mmap2
	ALLOW_NOEXEC(mmap2),
#endif
	ALLOW_NOEXEC(mprotect),
	ALLOW(clock_gettime),
	ALLOW(getrandom),
	ALLOW(gettid),
	ALLOW(getpid),
	ALLOW(rt_sigprocmask),
	ALLOW(rt_sigreturn),
	ALLOW(set_robust_list),
#ifdef __NR_rseq
	ALLOW(rseq),
#endif
	ALLOW(sched_yield),
#ifdef __NR_writev
	ALLOW(writev),
#endif
	ALLOW(exit),
	ALLOW(exit_group),
#ifdef SANITIZED
	ALLOW(sigaltstack),
	ALLOW(sched_getaffinity),
	ALLOW(readlinkat),
#endif
};

/* What reading a tree takes besides. */
static const struct sock_filter filter_reads[] = {
	ALLOW(getdents64), ALLOW(readlinkat), ALLOW(lseek),
	ALLOW(fgetxattr),  ALLOW(flistxattr), ALLOW(fcntl),
};

static const struct sock_filter filter_end[] = {RET(SECCOMP_RET_ERRNO | ENOSYS)};

/**
 * confine_calls - stage 5
 * @reads: files are read
 *
 * Context: all threads of the process; none may be made afterwards.
 */
int confine_calls(bool reads, struct err *e)
{
	struct sock_filter all[ARRAY_SIZE(filter) + ARRAY_SIZE(filter_reads) + 1];
	struct sock_fprog prog = {ARRAY_SIZE(filter), all};
	int r;

	memcpy(all, filter, sizeof(filter));
	if (reads) {
		memcpy(all + prog.len, filter_reads, sizeof(filter_reads));
		prog.len += ARRAY_SIZE(filter_reads);
	}
	memcpy(all + prog.len++, filter_end, sizeof(filter_end));
	r = sys_seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog);

	if (r)
		return fail(e, r < 0 ? -r : EBUSY, "cannot set the system call filter: %s",
			    strerror(r < 0 ? -r : EBUSY));
	return 0;
}
