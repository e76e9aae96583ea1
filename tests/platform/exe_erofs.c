/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What /proc/PID/exe of a container's PID 1 leads to must be EROFS for writing,
 * chmod, xattr and truncate, even when the host's file belongs to the user who runs the
 * container: a detached read-only bind is enough, a plain descriptor is not. (While the
 * program runs, an open for writing without O_TRUNC is ETXTBSY in both cases, which lasts
 * only until its end: CVE-2019-5736 kept a descriptor and waited.)
 */
#include <sys/xattr.h>

#include "platform.h"

static const char *scratch;
static char *program;

/*
 * Starts the program that never ends, from @exe, and returns its pid once the
 * exec has happened (end of file on a close-on-exec pipe).
 */
static pid_t start(int exe)
{
	char *const argv[] = {(char *)"pause", (char *)"pause", NULL};
	int done[2];
	char c;
	pid_t pid;

	if (pipe2(done, O_CLOEXEC) < 0)
		skip("no pipe");
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sys_execveat(exe, "", argv, argv + 2, AT_EMPTY_PATH);
		_exit(96);
	}
	close(done[1]);
	if (read(done[0], &c, 1) != 0)
		skip("the program did not start");
	close(done[0]);
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* While it runs: @exe is its /proc/PID/exe. */
static void attack_read_only(const char *exe)
{
	refused(ret(open(exe, O_WRONLY | O_TRUNC | O_CLOEXEC)), EROFS,
		"read-only bind: open with O_TRUNC is EROFS");
	refused(ret(chmod(exe, 0777)), EROFS, "read-only bind: chmod is EROFS");
	refused(ret(truncate(exe, 0)), EROFS, "read-only bind: truncate is EROFS");
	refused(ret(setxattr(exe, "user.x", "x", 1, 0)), EROFS,
		"read-only bind: setxattr is EROFS");
	refused(ret(chown(exe, getuid(), getgid())), EROFS, "read-only bind: chown is EROFS");
	refused(ret(utimensat(AT_FDCWD, exe, NULL, 0)), EROFS,
		"read-only bind: utimensat is EROFS");
	refused(ret(linkat(AT_FDCWD, exe, AT_FDCWD, "/tmp/sandbox-x", AT_SYMLINK_FOLLOW)), EXDEV,
		"read-only bind: it cannot be linked elsewhere");
	refused(ret(mount(NULL, exe, NULL, MS_REMOUNT | MS_BIND, NULL)), EINVAL,
		"read-only bind: it belongs to no namespace where it could be remounted");
}

static void attack_plain(const char *exe)
{
	long r;

	works(ret(chmod(exe, 0777)), "plain descriptor: chmod changes the host's file");
	r = ret(setxattr(exe, "user.x", "x", 1, 0));
	/* A tmpfs has no such attributes before Linux 6.6. */
	if (r != -EOPNOTSUPP)
		works(r, "plain descriptor: setxattr changes the host's file");
}

static void attack(int program_fd, bool read_only)
{
	pid_t pid = start(program_fd);
	char exe[64], kept[64];
	int fd;

	snprintf(exe, sizeof(exe), "/proc/%d/exe", pid);
	fd = open(exe, O_PATH | O_CLOEXEC);
	if (fd < 0)
		skip("cannot look at /proc/PID/exe");
	snprintf(kept, sizeof(kept), "/proc/self/fd/%d", fd);
	refused(ret(open(exe, O_WRONLY | O_CLOEXEC)), ETXTBSY, "while it runs open is ETXTBSY");
	if (read_only)
		attack_read_only(exe);
	else
		attack_plain(exe);
	stop(pid);
	if (read_only)
		refused(ret(open(kept, O_WRONLY | O_CLOEXEC)), EROFS,
			"read-only bind: open of a kept descriptor after its end is EROFS");
	else
		works(ret(open(kept, O_WRONLY | O_CLOEXEC)),
		      "plain descriptor: after its end the host's file can be written");
	close(fd);
}

static void body(void)
{
	int plain = open(program, O_PATH | O_CLOEXEC);
	int tree = sys_open_tree(AT_FDCWD, program, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct stat before, after;

	works(tree, "open_tree clones the program");
	works(sys_mount_setattr(tree, "", AT_EMPTY_PATH, MOUNT_ATTR_RDONLY, 0, 0),
	      "mount_setattr makes the detached clone read-only");
	stat(program, &before);
	attack(tree, true);
	stat(program, &after);
	fact(before.st_mode == after.st_mode && before.st_size == after.st_size,
	     "the host's file is unchanged");
	attack(plain, false);
}

int main(int argc, char **argv)
{
	char *const copy[] = {(char *)"cp", (char *)"/proc/self/exe", NULL, NULL};
	cleanup_free char *self = xasprintf("/proc/%d/exe", getpid());
	char *args[4];

	(void)argv;
	if (argc > 1) {
		for (;;)
			pause();
	}
	memcpy(args, copy, sizeof(args));
	become_user();
	scratch = scratch_make();
	program = path_join(scratch, "program");
	args[1] = self;
	args[2] = program;
	if (run_program(args, false))
		skip("cannot copy this program");
	chmod(program, 0755);
	in_userns(CLONE_NEWNS, MAPS_ONE, NULL, body);
	free(program);
	return facts_end();
}
