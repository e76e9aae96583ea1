/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel and newuidmap take as id maps, and from whom: the rules that
 * sandbox/idmap*.c checks beforehand, so that it can say which one is broken.
 */
#include <linux/capability.h>
#include <sys/ptrace.h>

#include "platform.h"

static int go[2];

/* A child in a user namespace of its own without maps; ends when it is let go. */
static pid_t make_child(bool dumpable)
{
	int ready[2];
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0)
		skip("no pipe");
	pid = sys_clone(CLONE_NEWUSER, NULL);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_DUMPABLE, dumpable);
		close(go[1]);
		say(ready[1]);
		hear(go[0]);
		_exit(0);
	}
	if (pid < 0)
		skip("user namespaces are not allowed to this user");
	close(go[0]);
	close(ready[1]);
	hear(ready[0]);
	close(ready[0]);
	return pid;
}

static void end_child(pid_t pid)
{
	close(go[1]);
	waitpid(pid, NULL, 0);
}

static void set_effective(int cap, bool on)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2];
	uint32_t bit = 1U << (cap % 32);

	if (syscall(SYS_capget, &h, d))
		skip("no capget");
	d[cap / 32].effective &= ~bit;
	d[cap / 32].effective |= on ? bit : 0;
	if (syscall(SYS_capset, &h, d))
		skip("no capset");
}

static void one_id(void)
{
	cleanup_free char *uid = xasprintf("0 %u 1", geteuid());
	cleanup_free char *gid = xasprintf("0 %u 1", getegid());
	cleanup_free char *foreign = xasprintf("0 %u 1", geteuid() + 1);
	pid_t pid = make_child(true);

	refused(putf(gid, "/proc/%d/gid_map", pid), EPERM,
		"a user maps his group while setgroups is allowed");
	works(putf("deny", "/proc/%d/setgroups", pid), "deny setgroups");
	works(putf("deny", "/proc/%d/setgroups", pid), "and once more");
	works(putf(gid, "/proc/%d/gid_map", pid), "then he maps it");
	refused(putf("allow", "/proc/%d/setgroups", pid), EPERM, "setgroups is allowed again");
	refused(putf(foreign, "/proc/%d/uid_map", pid), EPERM, "he maps somebody else's id");
	works(putf(uid, "/proc/%d/uid_map", pid), "he maps his own");
	refused(putf(uid, "/proc/%d/uid_map", pid), EPERM, "a map is written twice");
	end_child(pid);
	pid = make_child(false);
	refused(putf("deny", "/proc/%d/setgroups", pid), EACCES,
		"the maps of a child that is not dumpable are the user's to write");
	end_child(pid);
}

static void with_helpers(void)
{
	pid_t pid = make_child(true), tester;
	int status;

	tester = fork();
	if (!tester) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(run_helper("newuidmap", pid, true) ? 0 : 1);
	}
	waitpid(tester, &status, 0);
	fact(status == 0, "newuidmap fails under no_new_privs");
	fact(run_helper("newuidmap", pid, false) == 0, "and works for the same child without it");
	fact(run_helper("newuidmap", pid, true) != 0, "but not a second time");
	end_child(pid);
}

static void map_of(char *text, size_t size, unsigned lines)
{
	size_t at = 0;

	for (unsigned i = 0; i < lines && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%u %u 1\n", 2 * i, 2 * i);
}

/* As the root of a namespace with all ids: the direct driver. */
static void direct(void)
{
	char text[16384];
	pid_t pid = make_child(true);
	long page = sysconf(_SC_PAGESIZE);

	refused(putf("0 0 10\n9 20 1\n", "/proc/%d/uid_map", pid), EINVAL, "overlap inside");
	refused(putf("0 0 10\n10 9 1\n", "/proc/%d/uid_map", pid), EINVAL, "overlap outside");
	refused(putf("0 0 0\n", "/proc/%d/uid_map", pid), EINVAL, "a count of 0");
	refused(putf("0 4294967290 6\n", "/proc/%d/uid_map", pid), EINVAL, "past the last id");
	refused(putf("0 1000000000 6\n", "/proc/%d/uid_map", pid), EPERM, "ids that we lack");
	map_of(text, sizeof(text), 341);
	refused(putf(text, "/proc/%d/uid_map", pid), EINVAL, "341 lines");
	map_of(text, sizeof(text), 340);
	if ((long)strlen(text) >= page)
		refused(putf(text, "/proc/%d/uid_map", pid), EINVAL, "a page of text");
	map_of(text, sizeof(text), 300);
	works(putf(text, "/proc/%d/uid_map", pid), "300 short lines");
	refused(putf("0 0 100\n", "/proc/%d/gid_map", pid), EPERM,
		"an extent over two touching lines of the parent's map");
	works(putf("0 0 1\n1 1 99\n", "/proc/%d/gid_map", pid), "cut there, and without deny");
	end_child(pid);

	set_effective(CAP_SETFCAP, false);
	pid = make_child(true);
	refused(putf("0 0 10\n", "/proc/%d/uid_map", pid), EPERM,
		"mapping uid 0 without CAP_SETFCAP");
	works(putf("0 1 10\n", "/proc/%d/uid_map", pid), "mapping other ids without it");
	end_child(pid);
}

/* setgroups, once denied, stays so in the namespaces below. */
static void nested_denied(void)
{
	pid_t pid = make_child(true);
	char path[64], text[8] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		skip("no setgroups file");
	fact(text[0] == 'd', "a denied setgroups is inherited");
	works(putf("0 0 1", "/proc/%d/gid_map", pid), "and the root of one id may map it again");
	end_child(pid);
}

static pid_t sibling;

/* A launch is dumpable until its maps are written; other containers may share its pid namespace. */
static void trace_sibling(void)
{
	refused(ret(ptrace(PTRACE_SEIZE, sibling, NULL, NULL)), EPERM,
		"the root of one user namespace may trace a dumpable process of another");
}

int main(void)
{
	become_user();
	one_id();
	sibling = make_child(true);
	in_userns(0, MAPS_ONE, NULL, trace_sibling);
	end_child(sibling);
	with_helpers();
	in_userns(0, MAPS_FULL, NULL, direct);
	in_userns(0, MAPS_ONE, NULL, nested_denied);
	return facts_end();
}
