/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of the last steps: seccomp without no_new_privs needs CAP_SYS_ADMIN, so it
 * comes before the capabilities go; Landlock forbids mounting, so it comes after the last
 * mount; newuidmap does not work under no_new_privs.
 */
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>

#include "platform.h"

static long load_filter(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = {.len = 1, .filter = &allow};

	return sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &prog);
}

static void without_nnp(void)
{
	works(load_filter(), "without no_new_privs container root may load a filter");
	works(become_id(1), "and become another user under it");
	refused(load_filter(), EACCES, "whose capabilities are gone: a filter is EACCES");
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	works(load_filter(), "with no_new_privs it works without capabilities");
}

static void landlock(void)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE};
	cleanup_close int fd = sys_landlock_create_ruleset(&attr, sizeof(attr), 0);

	if (fd == -ENOSYS || fd == -EOPNOTSUPP) {
		printf("ok (no Landlock in this kernel: not shown)\n");
		return;
	}
	works(ret(mount("x", "/tmp", "tmpfs", 0, NULL)), "a mount before Landlock works");
	works(fd, "a Landlock rule set");
	works(sys_landlock_restrict_self(fd, 0), "is applied by container root");
	refused(ret(mount("x", "/tmp", "tmpfs", 0, NULL)), EPERM,
		"a mount under Landlock is EPERM");
	refused(ret(umount2("/tmp", MNT_DETACH)), EPERM, "and so is an umount");
}

static void wait_for_end(int fd)
{
	char c;

	while (read(fd, &c, 1) > 0)
		;
}

/* newuidmap for a namespace of ours; the exit status. */
static int try_newuidmap(bool nnp)
{
	int hold[2], status, r;
	pid_t target, pid;

	if (pipe2(hold, O_CLOEXEC) < 0)
		skip("no pipe");
	fflush(stdout);
	target = sys_clone(CLONE_NEWUSER, NULL);
	if (!target) {
		close(hold[1]);
		wait_for_end(hold[0]);
		_exit(0);
	}
	pid = fork();
	if (!pid) {
		if (nnp)
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(run_helper("newuidmap", target, nnp));
	}
	waitpid(pid, &status, 0);
	r = WIFEXITED(status) ? WEXITSTATUS(status) : 200;
	close(hold[0]);
	close(hold[1]);
	waitpid(target, &status, 0);
	if (r == SKIP)
		_exit(SKIP);
	return r;
}

int main(void)
{
	become_user();
	in_userns(0, MAPS_FULL, NULL, without_nnp);
	in_userns(CLONE_NEWNS, MAPS_ONE, NULL, landlock);
	if (try_newuidmap(false))
		skip("newuidmap does not work here");
	fact(try_newuidmap(true) != 0, "newuidmap fails under no_new_privs");
	return facts_end();
}
