/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a shell cannot do, for the escape tests: attacks to be run inside a container,
 * and a racer for the other side. Static, so that it runs in any image.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static unsigned bad;

/* An attack's outcome: worked, or the error. */
static void outcome(const char *what, const char *on, long r)
{
	if (r >= 0)
		bad++;
	printf("%s %s: %s\n", what, on, r >= 0 ? "WORKED" : strerrorname_np(errno));
}

/* ---- /proc/PID/exe --------------------------------------------------------------------------------- */

static long sys_mount_setattr(int fd)
{
	struct mount_attr rw = {.attr_clr = MOUNT_ATTR_RDONLY};

	return syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &rw, sizeof(rw));
}

static void poke_exe(const char *exe)
{
	int fd;

	outcome("open-w", exe, open(exe, O_WRONLY | O_CLOEXEC));
	outcome("open-rw", exe, open(exe, O_RDWR | O_CLOEXEC));
	outcome("truncate", exe, truncate(exe, 0));
	outcome("chmod", exe, chmod(exe, 0777));
	outcome("setxattr", exe, setxattr(exe, "user.escape", "x", 1, 0));
	outcome("utimens", exe, utimensat(AT_FDCWD, exe, NULL, 0));
	fd = open(exe, O_PATH | O_CLOEXEC);
	outcome("remount", exe, fd < 0 ? -1 : sys_mount_setattr(fd));
	fd = (int)syscall(SYS_open_tree, AT_FDCWD, exe, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	outcome("clone", exe, fd < 0 ? -1 : sys_mount_setattr(fd));
	outcome("bind", exe, mount(exe, "/tmp/exe", NULL, MS_BIND, NULL));
}

/* exe [PID]: attacks what is executed, by all processes or one */
static int cmd_exe(int argc, char **argv)
{
	DIR *d = opendir("/proc");
	struct dirent *de;
	char path[300];

	if (argc > 1) {
		snprintf(path, sizeof(path), "/proc/%s/exe", argv[1]);
		poke_exe(path);
		return bad ? 1 : 0;
	}
	while (d && (de = readdir(d))) {
		pid_t pid = atoi(de->d_name);

		if (pid <= 0 || pid == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		poke_exe(path);
	}
	return bad ? 1 : 0;
}

/* ---- descriptors ------------------------------------------------------------------------------------ */

static int cmd_fds(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (int i = 0; i < 4096; i++) {
		if (fcntl(i, F_GETFD) >= 0)
			printf("%d\n", i);
	}
	return 0;
}

/* ---- terminals ------------------------------------------------------------------------------------ */

/* tty: types into the terminal on 0, 1, 2 or /dev/tty */
static int cmd_tty(int argc, char **argv)
{
	static const char text[] = "PWNED\n";
	int fds[] = {0, 1, 2, open("/dev/tty", O_RDWR | O_CLOEXEC)};
	char paste = 3;

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		long r = 0;

		for (const char *p = text; *p; p++)
			r |= ioctl(fds[i], 0x5412, p); /* TIOCSTI */
		outcome("TIOCSTI", i < 3 ? "stdio" : "/dev/tty", r);
		outcome("TIOCLINUX", i < 3 ? "stdio" : "/dev/tty", ioctl(fds[i], 0x541c, &paste));
	}
	return bad ? 1 : 0;
}

/* ---- PID 1 --------------------------------------------------------------------------------------------- */

/* pid1: everything that one process can do to another */
static int cmd_pid1(int argc, char **argv)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {(void *)0x400000, 1};
	int pidfd = (int)syscall(SYS_pidfd_open, 1, 0);

	(void)argc;
	(void)argv;
	outcome("attach", "1", ptrace(PTRACE_ATTACH, 1, 0, 0));
	outcome("seize", "1", ptrace(PTRACE_SEIZE, 1, 0, 0));
	outcome("mem", "1", open("/proc/1/mem", O_RDWR | O_CLOEXEC));
	outcome("environ", "1", open("/proc/1/environ", O_RDONLY | O_CLOEXEC));
	outcome("maps", "1", open("/proc/1/maps", O_RDONLY | O_CLOEXEC));
	outcome("fd", "1", open("/proc/1/fd/3", O_PATH | O_CLOEXEC));
	outcome("root", "1", open("/proc/1/root", O_PATH | O_CLOEXEC));
	outcome("cwd", "1", open("/proc/1/cwd", O_PATH | O_CLOEXEC));
	outcome("exe", "1", open("/proc/1/exe", O_PATH | O_CLOEXEC));
	outcome("vm_readv", "1", process_vm_readv(1, &here, 1, &there, 1, 0));
	outcome("vm_writev", "1", process_vm_writev(1, &here, 1, &there, 1, 0));
	for (int fd = 0; fd < 8; fd++)
		outcome("getfd", "1", syscall(SYS_pidfd_getfd, pidfd, fd, 0));
	return bad ? 1 : 0;
}

/* storm: every signal to PID 1, in every form */
static int cmd_storm(int argc, char **argv)
{
	siginfo_t info = {};

	(void)argc;
	(void)argv;
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
	for (int round = 0; round < 20; round++) {
		for (int sig = 1; sig < NSIG; sig++) {
			kill(1, sig);
			for (int code = -8; code < 0; code++) {
				info.si_signo = sig;
				info.si_code = code;
				info.si_value.sival_int = 0x5b000000 | (round & 1) << 8 | 17;
				syscall(SYS_rt_sigqueueinfo, 1, sig, &info);
			}
		}
	}
	return 0;
}

/* ---- sockets, keys --------------------------------------------------------------------------------- */

static int unix_socket(const char *name, bool listening)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(a.sun_path + 1, name, sizeof(a.sun_path) - 2);
	if (listening)
		return bind(s, (void *)&a, len) < 0 || listen(s, 1) < 0 ? -1 : s;
	return connect(s, (void *)&a, len);
}

/* abstract listen|connect NAME */
static int cmd_abstract(int argc, char **argv)
{
	bool listening = argc > 2 && !strcmp(argv[1], "listen");
	int r = argc > 2 ? unix_socket(argv[2], listening) : -1;

	if (listening && r >= 0) {
		printf("listening\n");
		fflush(stdout);
		sleep(60);
	}
	outcome("connect", "abstract", r);
	return bad ? 1 : 0;
}

/* key make: adds one to the session keyring, which processes started by this one's parent see; key find */
static int cmd_key(int argc, char **argv)
{
	long id;

	if (argc > 2 && !strcmp(argv[1], "run")) {
		syscall(SYS_keyctl, 1 /* JOIN_SESSION_KEYRING */, NULL);
		if (syscall(SYS_add_key, "user", "escape", "secret", 6, -3 /* session */) < 0)
			return 2;
		execvp(argv[2], argv + 2);
		return 2;
	}
	id = syscall(SYS_keyctl, 10 /* SEARCH */, -3, "user", "escape", 0);
	outcome("search", "key", id);
	id = syscall(SYS_request_key, "user", "escape", NULL, 0);
	outcome("request", "key", id);
	return bad ? 1 : 0;
}

/* ---- namespaces ---------------------------------------------------------------------------------------- */

static void outcome_in_child(const char *what, long (*fn)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (!pid) {
		outcome(what, "self", fn());
		fflush(stdout);
		_exit(bad ? 1 : 0);
	}
	if (waitpid(pid, &status, 0) == pid && status)
		bad++;
}

static long ns_unshare(void)
{
	return syscall(SYS_unshare, 0x10000000);
}

static long ns_clone(void)
{
	long pid = syscall(SYS_clone, 0x10000000 | SIGCHLD, NULL, NULL, NULL, NULL);

	if (!pid)
		_exit(0);
	return pid;
}

static long ns_clone3(void)
{
	uint64_t args[11] = {0x10000000, 0, 0, 0, SIGCHLD};
	long pid = syscall(SYS_clone3, args, sizeof(args));

	if (!pid)
		_exit(0);
	return pid;
}

/* userns: makes another user namespace, in each way */
static int cmd_userns(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fflush(stdout);
	outcome_in_child("unshare", ns_unshare);
	outcome_in_child("clone", ns_clone);
	outcome_in_child("clone3", ns_clone3);
	return bad ? 1 : 0;
}

/* ---- the other side ------------------------------------------------------------------------------------- */

/* race A B SECONDS: exchanges two names as fast as it can */
static int cmd_race(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 3 ? atoi(argv[3]) : 1);
	unsigned long n = 0;

	if (argc < 4)
		return 2;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (n++ % 1024 || time(NULL) < end) {
		if (syscall(SYS_renameat2, AT_FDCWD, argv[1], AT_FDCWD, argv[2], 2) < 0)
			return 2;
	}
	return 0;
}

/* deep N: nests folders */
static int cmd_deep(int argc, char **argv)
{
	for (int i = argc > 1 ? atoi(argv[1]) : 0; i > 0; i--) {
		if (mkdir("d", 0700) < 0 || chdir("d") < 0)
			return 1;
	}
	return 0;
}

/*
 * grab SECONDS: takes descriptor 3 of each new process while it is there, says on it that the
 * payload runs (INIT_STARTED), and never lets go of it.
 */
static int cmd_grab(int argc, char **argv)
{
	const uint32_t started[2] = {1, 2};
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 1);
	int last = getpid();
	unsigned caught = 0;

	while (time(NULL) < end) {
		for (int pid = last + 1; pid < last + 4; pid++) {
			int process = (int)syscall(SYS_pidfd_open, pid, 0), fd = -1;

			if (process < 0)
				continue;
			last = pid;
			for (int i = 0; fd < 0 && i < 200000; i++) {
				fd = (int)syscall(SYS_pidfd_getfd, process, 3, 0);
				if (fd < 0 && errno == ESRCH)
					break;
			}
			if (fd >= 0 && send(fd, started, sizeof(started), MSG_NOSIGNAL) > 0)
				printf("caught %u\n", ++caught);
			fflush(stdout);
			break;
		}
	}
	return 0;
}

/* notify TEXT: to NOTIFY_SOCKET, with a descriptor */
static int cmd_notify(int argc, char **argv)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const char *at = getenv("NOTIFY_SOCKET");
	struct iovec iov = {argc > 1 ? argv[1] : NULL, argc > 1 ? strlen(argv[1]) : 0};
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct msghdr m = {.msg_name = &a,
			   .msg_namelen = sizeof(a),
			   .msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), zero = 0;

	if (argc < 2 || !at)
		return 2;
	strncpy(a.sun_path, at, sizeof(a.sun_path) - 1);
	control.align = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
					 .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(&control.align), &zero, sizeof(zero));
	if (fd < 0 || sendmsg(fd, &m, 0) < 0) {
		perror(at);
		return 1;
	}
	return 0;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"exe", cmd_exe},   {"fds", cmd_fds},       {"tty", cmd_tty},
	{"pid1", cmd_pid1}, {"storm", cmd_storm},   {"abstract", cmd_abstract},
	{"key", cmd_key},   {"userns", cmd_userns}, {"race", cmd_race},
	{"deep", cmd_deep}, {"notify", cmd_notify}, {"grab", cmd_grab},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "usage: escape_tool COMMAND [ARGUMENT...]\n");
	return 2;
}
