/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * sandbox-fetch talks to servers with libcurl, OpenSSL and libyaml. Before the
 * first packet, and after those libraries have initialised themselves, it gives
 * away what it does not need:
 *
 * 1. Limits, not dumpable, no_new_privs.
 * 2. Landlock, where there is one: files may be read where name resolution,
 *    authorities and libraries are, and nowhere else; nothing may be written,
 *    made or executed; no TCP port may be bound; no signal and no abstract socket
 *    reaches out. The download goes to a descriptor that was open before.
 * 3. A system call filter: an allow-list; files are opened for reading only;
 *    sockets are those of the internet and netlink (which libc asks for
 *    addresses), so no D-Bus, ssh-agent or other local service can be reached;
 *    threads but no processes; no exec, ptrace, signals, ioctls. What is not on
 *    the list does not exist (ENOSYS), because libcs and resolvers of other
 *    systems try newer calls first and take that well.
 *
 * No user namespace: the network is the host's on purpose, and with the above an
 * id of its own would protect little more. Left to a taken-over helper: the
 * network as the user has it, reading /etc and /usr (without Landlock: what the
 * user can read), and lying about the tarball, whose bytes nobody else vouches
 * for.
 */
#include <linux/landlock.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "image/http.h"
#include "linux/allow_list.h"
#include "linux/sys.h"

#define DOWNLOAD_MAX (600ULL << 20)

static int set_limits(void)
{
	static const struct {
		__rlimit_resource_t what;
		rlim_t n;
	} limits[] = {{RLIMIT_CORE, 0}, {RLIMIT_FSIZE, DOWNLOAD_MAX}, {RLIMIT_NOFILE, 256}};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct rlimit now;

		if (getrlimit(limits[i].what, &now) < 0)
			return -errno;
		now.rlim_max = MIN(limits[i].n, now.rlim_max);
		now.rlim_cur = now.rlim_max;
		if (setrlimit(limits[i].what, &now) < 0)
			return -errno;
	}
	return 0;
}

/* ---- Landlock ---- */

/* The ruleset of the newest kernel we know; older ones read the start of it. */
struct landlock_attr {
	uint64_t fs, net, scoped;
};

#define LL_READ_FILE (1ULL << 2)
#define LL_READ_DIR  (1ULL << 3)
#define LL_BIND_TCP  1ULL

static int landlock_read(int rules, const char *path)
{
	struct landlock_path_beneath_attr below = {.allowed_access = LL_READ_FILE | LL_READ_DIR};
	cleanup_close int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	if (!S_ISDIR(st.st_mode))
		below.allowed_access = LL_READ_FILE;
	below.parent_fd = fd;
	return sys_landlock_add_rule(rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
}

static int landlock(const char *ca_file, const char *ca_dir)
{
	static const char *const readable[] = {
		"/etc",
		"/usr",
		"/lib",
		"/lib32",
		"/lib64",
		"/run/systemd/resolve",
		"/run/resolvconf",
		"/run/NetworkManager",
		"/run/connman",
		"/run/nscd",
		"/var/lib/ca-certificates",
		"/nix/store",
		"/gnu/store",
#ifdef SANITIZED
		"/proc",
#endif
	};
	/* Rights on files by version: 13, with linking elsewhere, truncate, ioctl of devices. */
	static const int rights[] = {0, 13, 14, 15, 15, 16};
	struct landlock_attr attr = {};
	int version = sys_landlock_create_ruleset(NULL, 0, 1), r = 0;
	cleanup_close int rules = -1;

	if (version < 1)
		return 0;
	attr.fs = (1ULL << rights[MIN(version, 5)]) - 1;
	attr.net = version >= 4 ? LL_BIND_TCP : 0;
	attr.scoped = version >= 6 ? 3 : 0;
	rules = sys_landlock_create_ruleset(&attr,
					    version >= 6   ? sizeof(attr)
					    : version >= 4 ? offsetof(struct landlock_attr, scoped)
							   : sizeof(attr.fs),
					    0);
	if (rules < 0)
		return rules;
	for (size_t i = 0; i < ARRAY_SIZE(readable) && !r; i++)
		r = landlock_read(rules, readable[i]);
	if (!r && ca_file)
		r = landlock_read(rules, ca_file);
	if (!r && ca_dir)
		r = landlock_read(rules, ca_dir);
	return r < 0 ? r : sys_landlock_restrict_self(rules, 0);
}

/* ---- system calls ---- */

#define WRITING        (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)
#define IOCTL_FIONREAD 0x541b
#define IOCTL_FIONBIO  0x5421

/* On s390 the flags of clone come second. */
#ifdef __s390x__
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

static struct sock_filter filter[] = {
	FILTER_BEGIN,
	ALLOW(read),
	ALLOW(write),
	ALLOW(futex),
	ALLOW(close),
	ALLOW(recvfrom),
	ALLOW(sendto),
	ALLOW(recvmsg),
	ALLOW(sendmsg),
	ALLOW(sendmmsg),
	ALLOW(recvmmsg),
	ALLOW_THREE(socket, 0, AF_INET, AF_INET6, AF_NETLINK, EAFNOSUPPORT),
	ALLOW(socketpair),
	ALLOW(connect),
	ALLOW(bind),
	ALLOW(getsockname),
	ALLOW(getpeername),
	ALLOW(getsockopt),
	ALLOW(setsockopt),
	ALLOW(shutdown),
	ALLOW_CLEAR(openat, 2, WRITING, EACCES),
	ALLOW(lseek),
	ALLOW(ftruncate),
	ALLOW(pread64),
	ALLOW(readv),
	ALLOW(writev),
	ALLOW(fcntl),
	ALLOW(dup),
	ALLOW(dup3),
	ALLOW(pipe2),
	ALLOW(eventfd2),
	ALLOW(ppoll),
	ALLOW(pselect6),
	ALLOW(epoll_create1),
	ALLOW(epoll_ctl),
	ALLOW(epoll_pwait),
	ALLOW(faccessat),
	ALLOW(readlinkat),
	ALLOW(getdents64),
	ALLOW(getcwd),
	ALLOW(statfs),
	ALLOW(fstatfs),
	ALLOW_TWO(ioctl, 1, IOCTL_FIONREAD, IOCTL_FIONBIO, ENOTTY),
	ALLOW(brk),
	ALLOW(munmap),
	ALLOW(mremap),
	ALLOW(madvise),
	ALLOW(mprotect),
	ALLOW_SET(clone, CLONE_FLAGS, CLONE_THREAD, EPERM),
	ALLOW(set_robust_list),
	ALLOW(set_tid_address),
	ALLOW(gettid),
	ALLOW(getpid),
	ALLOW(getuid),
	ALLOW(geteuid),
	ALLOW(getgid),
	ALLOW(getegid),
	ALLOW(uname),
	ALLOW(sysinfo),
	ALLOW(sched_yield),
	ALLOW(sched_getaffinity),
	ALLOW(sigaltstack),
	ALLOW(rt_sigaction),
	ALLOW(rt_sigprocmask),
	ALLOW(rt_sigreturn),
	ALLOW(restart_syscall),
	ALLOW(clock_gettime),
	ALLOW(clock_getres),
	ALLOW(clock_nanosleep),
	ALLOW(nanosleep),
	ALLOW(gettimeofday),
	ALLOW(getrandom),
	ALLOW_TWO(prctl, 0, PR_SET_NAME, PR_GET_NAME, EPERM),
	ALLOW(exit),
	ALLOW(exit_group),
#ifdef __NR_mmap
	ALLOW(mmap),
#endif
#ifdef __NR_mmap2
	ALLOW(mmap2),
#endif
#ifdef __NR_open
	ALLOW_CLEAR(open, 1, WRITING, EACCES),
	ALLOW(access),
	ALLOW(readlink),
	ALLOW(poll),
	ALLOW(stat),
	ALLOW(lstat),
	ALLOW(pipe),
	ALLOW(epoll_wait),
	ALLOW(time),
#endif
#ifdef __NR_select
	ALLOW(select),
#endif
#ifdef __NR__newselect
	ALLOW(_newselect),
#endif
#ifdef __NR_fstat
	ALLOW(fstat),
#endif
#ifdef __NR_newfstatat
	ALLOW(newfstatat),
#endif
#ifdef __NR_fstat64
	ALLOW(fstat64),
	ALLOW(fstatat64),
#endif
#ifdef __NR_fcntl64
	ALLOW(fcntl64),
#endif
#ifdef __NR_statx
	ALLOW(statx),
#endif
#ifdef __NR_rseq
	ALLOW(rseq),
#endif
#ifdef __NR_faccessat2
	ALLOW(faccessat2),
#endif
	FILTER_ERRNO(ENOSYS),
};

/**
 * fetch_confine - give away what is not needed
 * @ca_file, @ca_dir: more to be readable; may be NULL
 *
 * Context: one thread; threads that are made later inherit it.
 * Return: 0 or -errno.
 */
int fetch_confine(const char *ca_file, const char *ca_dir, struct err *e)
{
	struct sock_fprog prog = {ARRAY_SIZE(filter), filter};
	int r = set_limits();

	if (r < 0)
		return fail(e, -r, "cannot set resource limits: %s", strerror(-r));
	r = sys_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (!r)
		r = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (r < 0)
		return fail(e, -r, "cannot set no_new_privs: %s", strerror(-r));
	r = landlock(ca_file, ca_dir);
	if (r < 0)
		return fail(e, -r, "cannot set up Landlock: %s", strerror(-r));
	r = sys_seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog);
	if (r)
		return fail(e, r < 0 ? -r : EBUSY, "cannot set the system call filter: %s",
			    strerror(r < 0 ? -r : EBUSY));
	return 0;
}
