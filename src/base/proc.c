/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/base.h"

/**
 * boot_id - the kernel's random id of this boot
 * @out: 36 characters and NUL
 *
 * Return: 0 or -errno.
 */
int boot_id(char out[37])
{
	cleanup_close int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t r;

	if (fd < 0)
		return -errno;
	r = read_full(fd, out, 36);
	if (r < 0)
		return (int)r;
	if (r != 36)
		return -EIO;
	out[36] = '\0';
	return 0;
}

/**
 * proc_start_time - when a process started: with pid and boot id it is unique
 * @ticks: clock ticks since boot
 *
 * Return: 0, -ESRCH when there is no such process, -EIO.
 * Source: proc(5), field 22 of /proc/PID/stat.
 */
int proc_start_time(pid_t pid, uint64_t *ticks)
{
	char path[64], text[1024], *p, *save = NULL;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	n = read_full(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return n < 0 ? (int)n : -EIO;
	text[n] = '\0';
	p = strrchr(text, ')');
	if (!p)
		return -EIO;
	p = strtok_r(p + 1, " ", &save);
	for (int field = 3; p && field < 22; field++)
		p = strtok_r(NULL, " ", &save);
	return p && !parse_u64(p, UINT64_MAX, ticks) ? 0 : -EIO;
}

/**
 * wait_pid - reap a child, over interruptions
 * @status: as waitpid(2)
 *
 * Return: 0 or -errno.
 */
int wait_pid(pid_t pid, int *status)
{
	while (waitpid(pid, status, __WALL) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/* now_ns - CLOCK_MONOTONIC in nanoseconds: every timeout uses it */
__idle int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/**
 * random_hex - random lowercase hexadecimal digits
 * @out: receives @digits characters and NUL
 * @digits: at most 64
 */
void random_hex(char *out, size_t digits)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char raw[64];

	digits = MIN(digits, sizeof(raw));
	while (getrandom(raw, digits, 0) != (ssize_t)digits)
		;
	for (size_t i = 0; i < digits; i++)
		out[i] = hex[raw[i] & 15];
	out[digits] = '\0';
}

static uint64_t ignored = UINT64_MAX; /* bit sig - 1; all, until signals_learn() */

/**
 * signals_learn - see once which signals the caller has set to be ignored
 *
 * exec resets caught signals by itself, so these are all that reset_signals() has to touch:
 * usually none. Asked for one by one: to make and read /proc/self/status takes longer.
 */
void signals_learn(void)
{
	ignored = 0;
	for (int sig = 1; sig <= 64; sig++) {
		/* struct sigaction as the kernel has it, its handler first */
		unsigned long is[4] = {};

		syscall(SYS_rt_sigaction, sig, NULL, is, sizeof(uint64_t));
		if (is[0] == (unsigned long)SIG_IGN)
			ignored |= 1ULL << (sig - 1);
	}
}

/* signal_was_ignored - after signals_learn(): did the caller have it ignored? */
bool signal_was_ignored(int sig)
{
	return ignored >> (sig - 1) & 1;
}

/**
 * reset_signals - default dispositions and an empty mask, for a child about to exec
 *
 * Context: async-signal-safe; between fork and exec, also in a child that shares our
 * memory. A caller that ignores SIGPIPE or SIGCHLD must not hand that down.
 */
void reset_signals(void)
{
	/* struct sigaction as the kernel has it: SIG_DFL, no flags, an empty mask */
	static const unsigned long by_default[4];
	sigset_t none;

	for (uint64_t left = ignored; left; left &= left - 1) {
		int sig = __builtin_ctzll(left) + 1;

		/* Not through libc, which refuses 32 and 33: posix_spawn() leaves these ignored. */
		if (sig != SIGKILL && sig != SIGSTOP)
			syscall(SYS_rt_sigaction, sig, by_default, NULL, sizeof(uint64_t));
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What a setuid bit would give away is exactly what this program is written not to need. */
static int check_not_setuid(struct err *e)
{
	if (geteuid() == getuid() && getegid() == getgid())
		return 0;
	return fail(e, EPERM, "sandbox must not be setuid or setgid; remove the bit (chmod ug-s)");
}

/* Descriptors 0 to 2 that the caller closed must not be taken by files of ours. */
static void reserve_stdio(void)
{
	for (int i = 0; i < 3; i++) {
		if (fcntl(i, F_GETFD) < 0 && open("/dev/null", O_PATH | O_CLOEXEC) != i)
			return;
	}
}

/**
 * program_start - the first thing that a program does, whatever its caller left it with
 * @mask: receives the caller's umask
 *
 * Return: 0, or -EPERM when it is setuid.
 */
int program_start(mode_t *mask, struct err *e)
{
	reserve_stdio();
	/* A file that may not grow (ulimit -f) is an error to be told, and no end without a word. */
	signal(SIGXFSZ, SIG_IGN);
	signals_learn();
	/* A caller that ignores it would have the kernel reap our children before we ask. */
	signal(SIGCHLD, SIG_DFL);
	/* What we make is ours to use, whatever the caller's mask says. */
	*mask = umask(0);
	umask(*mask & 077);
	return check_not_setuid(e);
}
