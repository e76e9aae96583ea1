/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/sys.h"

#define OURS 2048 /* more than this function and clone() have on the stack while they sleep */

/**
 * sys_clone_lending - a child that runs in our memory, while we sleep, until its exec or end
 * @fn: must not return unless it has failed before it touched anything; its result is the exit status
 * @flags: CLONE_NEW* and the like; the exit signal is SIGCHLD
 * @number: receives the child's number before the child runs, in our process numbers
 * @pidfd: receives a close-on-exec pidfd, when we run again
 *
 * As vfork(), with the child's frames below ours, in pages that are often there already. Compared
 * with fork() there are no page tables to copy, no pages that are copied because either side writes,
 * and none for exec to take down. Memory is all that is lent, allocator and errno included:
 * descriptors, credentials, folder and umask are the child's own. Whether the memory may be dumped
 * belongs to the memory: it is set right again.
 *
 * Context: single-threaded; signal handlers of ours must not run in the child.
 * Return: pid, or -errno.
 */
__attribute__((noinline)) pid_t sys_clone_lending(int (*fn)(void *arg), void *arg, int flags,
						  pid_t *number, int *pidfd)
{
	const int dumpable = sys_prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	const uintptr_t below = ((uintptr_t)__builtin_frame_address(0) - OURS) & ~(uintptr_t)15;
	pid_t pid = clone(fn, (void *)below,
			  flags | CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD, arg,
			  number);
	int code = errno;

	if (dumpable == 1)
		sys_prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (pid < 0)
		return -code;
	*pidfd = sys_pidfd_open(pid, 0);
	if (*pidfd < 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
			;
		return *pidfd;
	}
	return pid;
}
