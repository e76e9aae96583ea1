/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux: system calls that libc lacks or has only of late. Each returns >= 0 or
 * -errno; no policy here.
 */
#ifndef SANDBOX_LINUX_SYS_H
#define SANDBOX_LINUX_SYS_H

#include <sched.h>
#include <signal.h>
#include <linux/mount.h>
#include <linux/sched.h>

#include "base/base.h"

struct seccomp_prog;

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

/* process */
long sys_clone3(struct clone_args *args);
pid_t sys_clone(uint64_t flags, int *pidfd);
pid_t sys_clone_old(unsigned long flags, int *pidfd);
pid_t sys_clone_lending(int (*fn)(void *arg), void *arg, int flags, pid_t *number, int *pidfd);
int sys_pidfd_open(pid_t pid, unsigned flags);
int sys_pidfd_send_signal(int pidfd, int sig);
int sys_pidfd_send_info(int pidfd, siginfo_t *info);
int sys_waitid_pidfd(int pidfd, siginfo_t *info, int options);
int sys_setns(int fd, int nstype);
int close_fds_but(int *keep, size_t n, int from);
int sys_close_range(unsigned first, unsigned last, unsigned flags);
int sys_execveat(int dirfd, const char *path, char *const argv[], char *const envp[], int flags);
int sys_prctl(int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
int sys_setgroups(size_t n, const uint32_t *groups);
int sys_setresgid(uint32_t gid);
int sys_setresuid(uint32_t uid);

/* the mount API of Linux 5.2 and 5.12 */
int sys_open_tree(int dirfd, const char *path, unsigned flags);
int sys_move_mount(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int sys_mount_setattr(int dirfd, const char *path, unsigned flags, uint64_t set, uint64_t clr,
		      uint64_t propagation);
int sys_mount_setattr_args(int fd, unsigned flags, struct mount_attr *attr);
int sys_fsopen(const char *fstype, unsigned flags);
int sys_fsconfig(int fsfd, unsigned cmd, const char *key, const void *value, int aux);
int sys_fsmount(int fsfd, unsigned flags, unsigned attrs);
int sys_pivot_root(const char *new_root, const char *put_old);

/* others */
int sys_seccomp(unsigned op, unsigned flags, void *args);
int sys_landlock_create_ruleset(const void *attr, size_t size, uint32_t flags);
int sys_landlock_add_rule(int fd, int type, const void *attr, uint32_t flags);
int sys_landlock_restrict_self(int fd, uint32_t flags);
int sys_join_session_keyring(const char *name);

#endif
