/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * sandbox-init is PID 1 of a container: it starts the payload, passes signals on
 * to it, reaps whatever is orphaned, and ends when the payload ends, upon which
 * the kernel kills the rest of the pid namespace. Contract: init_proto.h.
 *
 * One idle copy per container, so it has to be small: no libc, one page of text,
 * no data, two pages of stack. The build flags are its own (module.mk).
 *
 * The payload may have this program's uid and is hostile:
 *
 * - not dumpable before anything else, so that no ptrace(), pidfd_getfd() or /proc/1/mem;
 *   what /proc/1/exe leads to is a read-only mount, which the launcher saw to;
 * - all signals stay blocked for ever and are fetched with rt_sigtimedwait(): no
 *   handler, no race, no reentrancy, and a pending signal is never "ignored for PID 1";
 * - the socket is closed in the payload, and no message ever blocks.
 *
 * The supervisor's death kills us by the parent death signal; the end of the
 * socket does so again (SIGIO), for that signal is lost when credentials change.
 */
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/errno.h>
#include <linux/prctl.h>
#include <linux/time_types.h>
#include <linux/wait.h>

#include "base/raw_sys.h"
#include "helpers/init_proto.h"

#define SIGSET_SIZE  8 /* the kernel's sigset_t; asm/signal.h has an older one's size in userspace */
#define MSG_DONTWAIT 0x40
#define MSG_NOSIGNAL 0x4000
#define PAGE         4096UL

typedef unsigned long long sigmask; /* bit n - 1 is signal n on every 64-bit Linux */

struct payload {
	const char *path;
	char *const *argv, *const *envp; /* on the initial stack; the strings follow */
	int tty;
	int quiet; /* nothing has been told yet, and need not be before it has run a moment */
	volatile long error; /* set by the child when execve() fails */
	long pid;
};

_Noreturn void init_main(unsigned long *sp);
long init_vfork(void (*child)(void *), void *arg);

static _Noreturn void quit(int code)
{
	for (;;)
		sys1(__NR_exit_group, code);
}

static void tell_to(long sock, unsigned int type, long value)
{
	struct init_msg m = {.type = type, .value = (int)value};

	sys6(__NR_sendto, sock, (long)&m, sizeof(m), MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
}

static void tell(unsigned int type, long value)
{
	tell_to(INIT_SOCK, type, value);
}

static int supervisor_gone(void)
{
	struct pollfd p = {.fd = INIT_SOCK};
	struct __kernel_timespec now = {0};
	long r = sys5(__NR_ppoll, &p, 1, &now, 0, 0);

	return r < 0 || (p.revents & (POLLHUP | POLLERR | POLLNVAL));
}

static void block_signals(void)
{
	sigmask all = ~0ULL;
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		sigmask mask;
	} dfl = {0};

	sys4(__NR_rt_sigprocmask, SIG_SETMASK, &all, 0, SIGSET_SIZE);
	/* An ignored SIGCHLD would reap the payload before we see its status. */
	sys4(__NR_rt_sigaction, SIGCHLD, &dfl, 0, SIGSET_SIZE);
}

/* From here on the end of the socket raises SIGIO. */
static void watch_socket(void)
{
	sys3(__NR_fcntl, INIT_SOCK, F_SETFD, FD_CLOEXEC);
	sys3(__NR_fcntl, INIT_SOCK, F_SETOWN, sys1(__NR_getpid, 0));
	sys3(__NR_fcntl, INIT_SOCK, F_SETFL, O_RDWR | FASYNC);
	if (supervisor_gone())
		quit(INIT_EXIT_BROKEN);
}

/* In the child, on borrowed memory: the parent sleeps until execve() or exit. */
static void payload_start(void *arg)
{
	struct payload *p = arg;
	int pid = (int)sys1(__NR_getpid, 0);
	sigmask none = 0;

	sys2(__NR_setpgid, 0, 0);
	/* While SIGTTOU is blocked a background process may do this. */
	for (int fd = 0; p->tty && fd < INIT_SOCK; fd++) {
		if (!sys3(__NR_ioctl, fd, TIOCSPGRP, &pid))
			break;
	}
	sys4(__NR_rt_sigprocmask, SIG_SETMASK, &none, 0, SIGSET_SIZE);
	p->error = sys3(__NR_execve, p->path, p->argv, p->envp);
	quit(127);
}

static _Noreturn void exec_failed(long sock, long error)
{
	tell_to(sock, INIT_EXEC_FAILED, -error);
	quit(error == -ENOENT || error == -ENOTDIR ? 127 : 126);
}

static void payload_spawn(struct payload *p)
{
	p->pid = init_vfork(payload_start, p);
	if (p->pid < 0)
		p->error = p->pid;
	if (p->error)
		exec_failed(INIT_SOCK, p->error);
}

/* Signals, session and parent death signal are as the payload is to have them. */
static _Noreturn void payload_become(const struct payload *p, const char *number)
{
	long sock = *number ? 0 : INIT_SOCK;

	for (; *number; number++)
		sock = sock * 10 + *number - '0';
	sys3(__NR_fcntl, sock, F_SETFD, FD_CLOEXEC);
	exec_failed(sock, sys3(__NR_execve, p->path, p->argv, p->envp));
}

static unsigned long page_end(const void *p)
{
	return ((unsigned long)p + PAGE - 1) & ~(PAGE - 1);
}

/* Unmaps the pages of the initial stack behind that of @from, and before @end. */
static void drop(const void *from, unsigned long end)
{
	unsigned long first = page_end(from);

	if (end > first)
		sys2(__NR_munmap, first, end - first);
}

/*
 * Lets go of what the payload may want to close, and of the memory that its
 * arguments and environment take, but for the page with the first of them, which ps shows.
 */
static void shed(const struct payload *p)
{
	const char *end = p->argv[0];

	sys1(__NR_chdir, "/");
	/* An open slave keeps the master from reporting EIO while nobody else has one open. */
	for (int fd = 0; !p->tty && fd < INIT_SOCK; fd++)
		sys1(__NR_close, fd);
	for (char *const *v = p->envp; *v; v++)
		end = *v;
	while (*end)
		end++;
	drop(p->argv[0], page_end(end));
	drop(p->argv, (unsigned long)p->argv[-3] & ~(PAGE - 1));
}

/* The payload runs, and goes on doing so. */
static void payload_runs(struct payload *p)
{
	p->quiet = 0;
	tell(INIT_STARTED, p->pid);
	/* execveat() by descriptor named us after the descriptor. */
	sys5(__NR_prctl, PR_SET_NAME, INIT_NAME, 0, 0, 0);
	shed(p);
}

static void reap(struct payload *p)
{
	int status;
	long pid;

	while ((pid = sys4(__NR_wait4, -1, &status, WNOHANG | WUNTRACED | __WALL, 0)) > 0) {
		if (pid != p->pid)
			continue;
		if ((status & 0xff) == 0x7f) {
			if (p->quiet)
				payload_runs(p);
			tell(INIT_STOPPED, (status >> 8) & 0xff);
			continue;
		}
		tell(INIT_EXITED, status);
		quit(status & 0x7f ? 128 + (status & 0x7f) : (status >> 8) & 0xff);
	}
}

static void forward(const struct payload *p, const siginfo_t *info)
{
	int sig = info->si_signo, group = info->si_code > 0, v;

	if (info->si_code == SI_QUEUE) {
		v = info->si_int;
		if ((v & INIT_SIG_TAG_MASK) == INIT_SIG_TAG) {
			group = v & INIT_SIG_GROUP;
			sig = v & INIT_SIG_MASK ? v & INIT_SIG_MASK : sig;
		}
	}
	sys2(__NR_kill, group ? -p->pid : p->pid, sig);
}

/* Called by _start. @sp: argc, argv, NULL, envp, NULL as the kernel laid them out */
_Noreturn void init_main(unsigned long *sp)
{
	char **argv = (char **)(sp + 1);
	struct payload p = {.path = argv[2], .argv = argv + 3, .envp = argv + sp[0] + 1};
	const struct __kernel_timespec moment = {.tv_nsec = INIT_QUIET_NS};
	sigmask all = ~0ULL;
	siginfo_t info;

	sys5(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (sp[0] < 4)
		quit(INIT_EXIT_BROKEN);
	for (const char *f = argv[1]; *f; f++) {
		if (*f == INIT_FLAG_EXEC)
			payload_become(&p, f + 1);
		p.tty |= *f == INIT_FLAG_TTY;
		p.quiet |= *f == INIT_FLAG_QUIET;
	}
	block_signals();
	watch_socket();
	payload_spawn(&p);
	if (!p.quiet)
		payload_runs(&p);
	for (;;) {
		long sig = sys4(__NR_rt_sigtimedwait, &all, &info, p.quiet ? &moment : 0,
				SIGSET_SIZE);

		if (sig == SIGCHLD)
			reap(&p);
		if (p.quiet)
			payload_runs(&p);
		if (sig < 0 || sig == SIGCHLD)
			continue;
		if (sig != SIGIO || info.si_code <= 0)
			forward(&p, &info);
		else if (supervisor_gone())
			quit(INIT_EXIT_BROKEN);
	}
}
