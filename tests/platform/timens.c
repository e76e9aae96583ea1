/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A time namespace: unshare, write the offsets, then enter it with setns. A
 * process that clone3(CLONE_NEWTIME) puts inside at once is too late to write them.
 */
#include "platform.h"

static int64_t uptime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec;
}

static void offsets(void)
{
	int64_t before = uptime();
	cleanup_close int ns = -1;
	long r = ret(unshare(CLONE_NEWTIME));

	if (r == -EINVAL)
		skip("this kernel has no time namespaces");
	works(r, "unshare(CLONE_NEWTIME)");
	works(put("/proc/self/timens_offsets", "boottime 500000 0\n"),
	      "the offsets can be written");
	fact(uptime() < before + 1000, "and nothing changes for the process itself");
	ns = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	works(sys_setns(ns, CLONE_NEWTIME), "setns into it works");
	fact(uptime() >= before + 500000, "and the offset is there");
	refused(put("/proc/self/timens_offsets", "boottime 600000 0\n"), EACCES,
		"the offsets cannot be written any more");
}

static void too_late(void)
{
	int status;
	pid_t pid = sys_clone(CLONE_NEWTIME, NULL);

	if (!pid)
		_exit(-put("/proc/self/timens_offsets", "boottime 500000 0\n"));
	works(pid, "clone3(CLONE_NEWTIME)");
	waitpid(pid, &status, 0);
	refused(-WEXITSTATUS(status), EACCES,
		"its child is inside already: the offsets are EACCES");
}

int main(void)
{
	become_user();
	in_userns(CLONE_NEWPID, MAPS_ONE, NULL, offsets);
	in_userns(0, MAPS_ONE, NULL, too_late);
	return facts_end();
}
