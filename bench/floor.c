/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The least that a rootless container takes on this machine, for bench/startup: the
 * namespaces, the id maps, an overlay whose upper layer is in memory, a bare /dev, proc,
 * sysfs, pivot_root, exec. No seccomp, capabilities, masks, init, records, messages.
 *
 *	floor ROOT COMMAND              one id
 *	floor ROOT COMMAND FIRST COUNT  a range too, by newuidmap and newgidmap at once
 */
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		_exit(125);
	}
}

static void container(const char *root, const char *command, int go)
{
	static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
	char text[4200], byte;

	must(!unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP),
	     "unshare");
	must(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "propagation");
	must(read(go, &byte, 1) == 1, "maps");
	must(!setresgid(0, 0, 0) && !setresuid(0, 0, 0), "root");
	must(!mount("tmpfs", "/tmp", "tmpfs", 0, "mode=755"), "tmpfs");
	must(!mkdir("/tmp/u", 0755) && !mkdir("/tmp/w", 0755) && !mkdir("/tmp/m", 0755), "folders");
	snprintf(text, sizeof(text), "lowerdir=%s,upperdir=/tmp/u,workdir=/tmp/w,userxattr", root);
	must(!mount("overlay", "/tmp/m", "overlay", 0, text) && !chdir("/tmp/m"), "overlay");
	must(!mount("proc", "proc", "proc", 0, NULL), "proc");
	must(!mount("sysfs", "sys", "sysfs", 0, NULL), "sysfs");
	must(!mount("tmpfs", "dev", "tmpfs", 0, NULL), "dev");
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		char from[32], to[32];

		snprintf(from, sizeof(from), "/dev/%s", nodes[i]);
		snprintf(to, sizeof(to), "dev/%s", nodes[i]);
		close(open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
		must(!mount(from, to, NULL, MS_BIND, NULL), "device");
	}
	must(!syscall(SYS_pivot_root, ".", ".") && !umount2(".", MNT_DETACH) && !chdir("/"),
	     "pivot");
	execl(command, command, NULL);
	must(0, command);
}

static int helper(void *arg)
{
	char **argv = arg;

	execv(argv[0], argv);
	_exit(125);
}

static void range(char *pid, char *id, char *first, char *count)
{
	static char stacks[2][16384] __attribute__((aligned(16)));
	char *argv[2][9] = {{"/usr/bin/newuidmap", pid, "0", id, "1", "1", first, count, NULL},
			    {"/usr/bin/newgidmap", pid, "0", id, "1", "1", first, count, NULL}};
	int pids[2], status;

	for (int i = 0; i < 2; i++)
		pids[i] = clone(helper, stacks[i] + sizeof(stacks[i]), CLONE_VM | SIGCHLD, argv[i]);
	for (int i = 0; i < 2; i++)
		must(waitpid(pids[i], &status, 0) > 0 && !status, argv[i][0]);
}

static void write_file(const char *pid, const char *name, const char *text)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	must(fd >= 0 && write(fd, text, strlen(text)) > 0 && !close(fd), path);
}

int main(int argc, char **argv)
{
	struct clone_args args = {.flags = CLONE_NEWUSER | CLONE_NEWPID, .exit_signal = SIGCHLD};
	char id[16], pid_text[16], map[32];
	int go[2], status;
	pid_t pid;

	must(argc == 3 || argc == 5, "floor ROOT COMMAND [FIRST COUNT]");
	must(!pipe2(go, O_CLOEXEC), "pipe");
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	must(pid >= 0, "clone");
	if (!pid)
		container(argv[1], argv[2], go[0]);
	snprintf(pid_text, sizeof(pid_text), "%d", pid);
	snprintf(id, sizeof(id), "%d", getuid());
	if (argc == 5) {
		range(pid_text, id, argv[3], argv[4]);
	} else {
		write_file(pid_text, "setgroups", "deny");
		snprintf(map, sizeof(map), "0 %d 1", getgid());
		write_file(pid_text, "gid_map", map);
		snprintf(map, sizeof(map), "0 %d 1", getuid());
		write_file(pid_text, "uid_map", map);
	}
	must(write(go[1], "", 1) == 1, "go");
	must(waitpid(pid, &status, 0) == pid, "wait");
	return WEXITSTATUS(status);
}
