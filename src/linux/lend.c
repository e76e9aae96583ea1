/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/sys.h"

#define STACK_SIZE (256UL << 10)
#define GUARD_SIZE (64UL << 10)

/**
 * sys_clone_lending - a child that runs in our memory, while we sleep, until its exec or end
 * @fn: must not return unless it has failed before it touched anything; its result is the exit status
 * @flags: CLONE_NEW* and the like; the exit signal is SIGCHLD
 * @number: receives the child's number before the child runs, in our process numbers
 * @pidfd: receives a close-on-exec pidfd, when we run again
 *
 * As vfork(), on a stack of its own. Compared with fork() there are no page tables to copy, no pages
 * that are copied because either side writes, and none for exec to take down. Memory is all that is
 * lent, allocator and errno included: descriptors, credentials, folder and umask are the child's
 * own. Whether the memory may be dumped belongs to the memory: it is set right again.
 *
 * Context: single-threaded; signal handlers of ours must not run in the child.
 * Return: pid, or -errno.
 */
pid_t sys_clone_lending(int (*fn)(void *arg), void *arg, int flags, pid_t *number, int *pidfd)
{
	const int dumpable = sys_prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	char *stack = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	pid_t pid = -1;
	int code;

	if (stack == MAP_FAILED)
		return -errno;
	if (!mprotect(stack + GUARD_SIZE, STACK_SIZE, PROT_READ | PROT_WRITE))
		pid = clone(fn, stack + GUARD_SIZE + STACK_SIZE,
			    flags | CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD, arg,
			    number);
	code = errno;
	munmap(stack, GUARD_SIZE + STACK_SIZE);
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
