/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * max_user_namespaces of the container's own user namespace closes nested ones for
 * everybody inside, and who has lost the capabilities cannot open them again; a kept user
 * namespace descriptor serves after its last process is gone.
 */
#include "platform.h"

static long nested(void)
{
	int status;
	pid_t pid = sys_clone(CLONE_NEWUSER, NULL);

	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid(pid, &status, 0);
	return pid;
}

static void close_nested(void)
{
	works(nested(), "a user namespace in a user namespace");
	works(put("/proc/sys/user/max_user_namespaces", "0"), "max_user_namespaces 0");
	refused(nested(), ENOSPC, "closes them, for container root too");
	refused(ret(unshare(CLONE_NEWUSER)), ENOSPC, "by unshare as well");
	works(become_id(1), "another user");
	refused(nested(), ENOSPC, "has none either");
	fact(put("/proc/sys/user/max_user_namespaces", "10") < 0, "and cannot raise the limit");
}

/* What removal of a container does: enters a user namespace that nobody is in any more. */
static void kept(void)
{
	int hold[2], status;
	cleanup_close int ns = -1;
	char path[64], c;
	pid_t pid;

	if (pipe2(hold, O_CLOEXEC) < 0)
		skip("no pipe");
	pid = sys_clone(CLONE_NEWUSER, NULL);
	if (!pid) {
		close(hold[1]);
		_exit(read(hold[0], &c, 1) > 0);
	}
	map_full(pid);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	close(hold[0]);
	close(hold[1]);
	waitpid(pid, &status, 0);
	pid = fork();
	if (!pid) {
		facts_wrong = 0;
		works(sys_setns(ns, CLONE_NEWUSER),
		      "a user namespace without processes can be entered by its descriptor");
		works(become_id(65536), "and its maps hold");
		_exit(facts_wrong);
	}
	waitpid(pid, &status, 0);
	facts_wrong += WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

int main(void)
{
	become_user();
	in_userns(0, MAPS_FULL, NULL, close_nested);
	kept();
	return facts_end();
}
