/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <linux/keyctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "linux/sys.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static long ret(long r)
{
	return r < 0 ? -errno : r;
}

long sys_clone3(struct clone_args *args)
{
	return ret(syscall(SYS_clone3, args, sizeof(*args)));
}

/**
 * sys_clone - a child process, as fork() but with flags
 * @flags: CLONE_NEW* and the like; the exit signal is SIGCHLD
 * @pidfd: receives a close-on-exec pidfd; NULL for none
 *
 * Context: like a raw fork: libc's atfork handlers do not run, so the process
 * must be single-threaded.
 * Return: pid, 0 in the child, or -errno.
 */
pid_t sys_clone(uint64_t flags, int *pidfd)
{
	struct clone_args args = {.flags = flags | (pidfd ? CLONE_PIDFD : 0),
				  .pidfd = (uint64_t)(uintptr_t)pidfd,
				  .exit_signal = SIGCHLD};

	return (pid_t)sys_clone3(&args);
}

/**
 * sys_clone_old - as sys_clone(), by the system call that filters know since ever
 * @flags: the exit signal as well
 */
pid_t sys_clone_old(unsigned long flags, int *pidfd)
{
	return (pid_t)ret(syscall(SYS_clone, flags | CLONE_PIDFD, 0, pidfd, 0, 0));
}

int sys_pidfd_open(pid_t pid, unsigned flags)
{
	return (int)ret(syscall(SYS_pidfd_open, pid, flags));
}

int sys_pidfd_send_signal(int pidfd, int sig)
{
	return (int)ret(syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0));
}

int sys_pidfd_send_info(int pidfd, siginfo_t *info)
{
	return (int)ret(syscall(SYS_pidfd_send_signal, pidfd, info->si_signo, info, 0));
}

int sys_waitid_pidfd(int pidfd, siginfo_t *info, int options)
{
	int r;

	do
		r = (int)ret(waitid((idtype_t)P_PIDFD, (id_t)pidfd, info, options));
	while (r == -EINTR);
	return r;
}

int sys_setns(int fd, int nstype)
{
	return (int)ret(setns(fd, nstype));
}

int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return (int)ret(syscall(SYS_close_range, first, last, flags));
}

int sys_execveat(int dirfd, const char *path, char *const argv[], char *const envp[], int flags)
{
	return (int)ret(syscall(SYS_execveat, dirfd, path, argv, envp, flags));
}

int sys_prctl(int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	return (int)ret(prctl(op, a, b, c, d));
}

/*
 * The credential calls act on this thread alone, without libc's broadcast to
 * the others: our processes have one thread when they use them.
 */
int sys_setgroups(size_t n, const uint32_t *groups)
{
	return (int)ret(syscall(SYS_setgroups, n, groups));
}

int sys_setresgid(uint32_t gid)
{
	return (int)ret(syscall(SYS_setresgid, gid, gid, gid));
}

int sys_setresuid(uint32_t uid)
{
	return (int)ret(syscall(SYS_setresuid, uid, uid, uid));
}

int sys_open_tree(int dirfd, const char *path, unsigned flags)
{
	return (int)ret(syscall(SYS_open_tree, dirfd, path, flags));
}

int sys_move_mount(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	return (int)ret(syscall(SYS_move_mount, from_fd, from, to_fd, to, flags));
}

int sys_mount_setattr(int dirfd, const char *path, unsigned flags, uint64_t set, uint64_t clr,
		      uint64_t propagation)
{
	struct mount_attr attr = {.attr_set = set, .attr_clr = clr, .propagation = propagation};

	return (int)ret(syscall(SYS_mount_setattr, dirfd, path, flags, &attr, sizeof(attr)));
}

/* sys_mount_setattr_args - as sys_mount_setattr() for a mount descriptor, with all there is to say */
int sys_mount_setattr_args(int fd, unsigned flags, struct mount_attr *attr)
{
	return (int)ret(syscall(SYS_mount_setattr, fd, "", flags, attr, sizeof(*attr)));
}

int sys_fsopen(const char *fstype, unsigned flags)
{
	return (int)ret(syscall(SYS_fsopen, fstype, flags));
}

int sys_fsconfig(int fsfd, unsigned cmd, const char *key, const void *value, int aux)
{
	return (int)ret(syscall(SYS_fsconfig, fsfd, cmd, key, value, aux));
}

int sys_fsmount(int fsfd, unsigned flags, unsigned attrs)
{
	return (int)ret(syscall(SYS_fsmount, fsfd, flags, attrs));
}

int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)ret(syscall(SYS_pivot_root, new_root, put_old));
}

int sys_seccomp(unsigned op, unsigned flags, void *args)
{
	return (int)ret(syscall(SYS_seccomp, op, flags, args));
}

int sys_landlock_create_ruleset(const void *attr, size_t size, uint32_t flags)
{
	return (int)ret(syscall(SYS_landlock_create_ruleset, attr, size, flags));
}

int sys_landlock_add_rule(int fd, int type, const void *attr, uint32_t flags)
{
	return (int)ret(syscall(SYS_landlock_add_rule, fd, type, attr, flags));
}

int sys_landlock_restrict_self(int fd, uint32_t flags)
{
	return (int)ret(syscall(SYS_landlock_restrict_self, fd, flags));
}

int sys_join_session_keyring(const char *name)
{
	return (int)ret(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name));
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/**
 * close_fds_but - close all descriptors from @from on but those of a list
 * @keep: numbers, -1 for none; sorted here
 *
 * Return: 0 or -errno.
 */
int close_fds_but(int *keep, size_t n, int from)
{
	unsigned at = (unsigned)from;
	int r = 0;

	qsort(keep, n, sizeof(*keep), by_number);
	for (size_t i = 0; !r && i < n; i++) {
		if (keep[i] < (int)at)
			continue;
		if (keep[i] > (int)at)
			r = sys_close_range(at, (unsigned)keep[i] - 1, 0);
		at = (unsigned)keep[i] + 1;
	}
	return r ? r : sys_close_range(at, ~0U, 0);
}
