/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system call filter of sandbox-unpack, in a child process: what it needs
 * works, everything else does not exist.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <signal.h>

#include "unit.h"
#include "image/unpack.h"
#include "linux/sys.h"

/* Runs @fn behind the filter; its result, or 200 and the signal that killed it. */
static int behind_filter(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct err e = {};

		signal(SIGSEGV, SIG_DFL); /* cmocka's */
		if (sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || confine_calls(false, &e) < 0)
			_exit(100);
		_exit(fn());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 200 + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool gone(long nr, long a, long b, long c)
{
	errno = 0;
	return syscall(nr, a, b, c, 0, 0, 0) < 0 && errno == ENOSYS;
}

static int forbidden(void)
{
	static const long calls[] = {
		SYS_socket,     SYS_connect,         SYS_bind,
		SYS_clone,      SYS_clone3,          SYS_execve,
		SYS_execveat,   SYS_unshare,         SYS_setns,
		SYS_mount,      SYS_umount2,         SYS_ptrace,
		SYS_prctl,      SYS_seccomp,         SYS_kill,
		SYS_tgkill,     SYS_ioctl,           SYS_bpf,
		SYS_keyctl,     SYS_io_uring_setup,  SYS_memfd_create,
		SYS_capset,     SYS_setresuid,       SYS_chroot,
		SYS_pivot_root, SYS_open_tree,       SYS_openat2,
		SYS_renameat2,  SYS_perf_event_open, SYS_process_vm_readv,
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (!gone(calls[i], -1, 0, 0))
			return (int)i + 1;
	}
	return 0;
}

static int no_executable_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 1;
	if (mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0 || errno != EPERM)
		return 2;
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	    MAP_FAILED)
		return 3;
	return mprotect(p, 4096, PROT_READ);
}

static int permitted(void)
{
	struct stat st;
	struct timespec ts;
	char c;
	int fd = openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0 || fstatat(fd, ".", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 1;
	if (read(fd, &c, 1) != -1 || errno != EISDIR)
		return 2;
	if (clock_gettime(CLOCK_MONOTONIC, &ts) < 0)
		return 3;
	free(xmalloc(1 << 20));
	return close(fd);
}

#ifdef __x86_64__
static int other_abi(void)
{
	long r;

	/* getpid of i386: another architecture for the filter, which is no accident. */
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
	return r ? 1 : 0;
}

static int x32(void)
{
	return gone(0x40000000 | SYS_getpid, 0, 0, 0) ? 0 : 1;
}
#endif

static void test_filter(void **state)
{
	int r __unused;

	(void)state;
	assert_int_equal(behind_filter(permitted), 0);
	assert_int_equal(behind_filter(forbidden), 0);
	assert_int_equal(behind_filter(no_executable_memory), 0);
#ifdef __x86_64__
	assert_int_equal(behind_filter(x32), 0);
	r = behind_filter(other_abi);
	/* A kernel without i386 programs faults before it asks the filter. */
	assert_true(r == 200 + SIGSYS || r == 200 + SIGSEGV);
#endif
}

static void test_start_refuses(void **state)
{
	struct err e = {};

	(void)state;
	assert_int_equal(confine_start(0, false, &e), -EPERM);
	assert_non_null(strstr(e.msg, "started by sandbox"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_start_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
