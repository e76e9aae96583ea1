/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dying with the supervisor: the parent death signal is lost when credentials
 * change, and getppid() cannot show inside a new pid namespace that the parent went.
 * PID 1 has to be non-dumpable, or the payload can ptrace it.
 */
#include <sys/ptrace.h>

#include "platform.h"

static int death_signal(void)
{
	int sig = -1;

	prctl(PR_GET_PDEATHSIG, &sig);
	return sig;
}

static void credentials(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	works(ret(setresuid(0, 0, 0)), "setresuid to the same id");
	fact(death_signal() == SIGKILL, "which keeps the parent death signal");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	works(ret(setresgid(1, 1, 1)), "setresgid to another id");
	fact(death_signal() == 0, "setresgid clears the parent death signal");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	works(ret(setresuid(1, 1, 1)), "setresuid to another id");
	fact(death_signal() == 0, "setresuid clears the parent death signal");
	fact(prctl(PR_GET_DUMPABLE) != 1, "and leaves the process not dumpable");
}

static void parent_id(void)
{
	fact(getpid() == 1 && getppid() == 0,
	     "getppid() is 0 for PID 1 of a namespace, alive or not");
}

static long seize(pid_t pid)
{
	long r = ret(ptrace(PTRACE_SEIZE, pid, NULL, NULL));

	if (!r)
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return r;
}

/* A process of the same uid and no capability, as a payload is, against its parent. */
static void attack(void)
{
	for (int dumpable = 1; dumpable >= 0; dumpable--) {
		int status;
		pid_t pid;

		prctl(PR_SET_DUMPABLE, dumpable);
		pid = fork();
		if (!pid)
			_exit(seize(getppid()) ? 1 : 0);
		waitpid(pid, &status, 0);
		fact(status == (dumpable ? 0 : 0x100),
		     dumpable ? "a payload can ptrace a dumpable PID 1 of its uid"
			      : "it cannot when PID 1 is not dumpable");
	}
}

static void payload_attack(void)
{
	cleanup_close int yama = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);
	char c = '0';

	if (yama >= 0 && read(yama, &c, 1) == 1 && c != '0') {
		printf("ok (Yama forbids ptrace of a parent here: not shown)\n");
		return;
	}
	works(become_id(1), "a payload's uid");
	attack();
}

int main(void)
{
	become_user();
	in_userns(0, MAPS_FULL, NULL, credentials);
	in_userns(CLONE_NEWPID, MAPS_ONE, NULL, parent_id);
	in_userns(CLONE_NEWPID, MAPS_FULL, NULL, payload_attack);
	return facts_end();
}
