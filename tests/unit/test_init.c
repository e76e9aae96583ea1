/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox-init as PID 1 of a pid namespace made here, with this program itself as
 * the payload (see payload_main). The ids inside are not 0, so that the
 * payload has no capabilities.
 */
#include <grp.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "unit.h"
#include "config/config.h"
#include "helpers/init_proto.h"
#include "linux/sys.h"

#define DEADLINE_MS 60000 /* only a hang takes that long, on whatever machine */

/* How to start it, and what was started. */
struct run {
	bool tty, quiet, closed_stdio, no_supervisor, devnull, small_stack;
	char *const *env;
	pid_t pid;
	int pidfd, sock, out, master;
};

static char self_path[PATH_MAX];
static char scratch[] = "/tmp/sandbox-unit-init-XXXXXX";

static void write_map(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(99);
	close(fd);
}

static __noreturn void init_child(const struct run *r, int exe, int sock, int out, int slave,
				  const char *path, char *const argv[])
{
	static char *const no_env[] = {NULL};
	const struct rlimit stack = {512 << 10, 512 << 10}; /* arguments: 128 KiB */
	char *args[20012] = {(char *)INIT_NAME,
			     (char *)(r->quiet ? "q"
				      : r->tty ? "t"
					       : ""),
			     (char *)path};

	for (size_t i = 0; argv[i] && i < 20000; i++)
		args[i + 3] = argv[i];
	reset_signals();
	setsid();
	if (r->tty && (ioctl(slave, TIOCSCTTY, 0) < 0 || dup2(slave, 0) < 0))
		_exit(98);
	dup2(out, 1);
	if (r->devnull)
		dup2(open("/dev/null", O_RDWR), 0);
	if (r->closed_stdio) {
		close(0);
		close(1);
		close(2);
	}
	if (r->small_stack)
		setrlimit(RLIMIT_STACK, &stack);
	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	exe = fcntl(exe, F_DUPFD_CLOEXEC, 100);
	dup2(sock, INIT_SOCK);
	sys_close_range(INIT_SOCK + 1, 99, 0);
	sys_execveat(exe, "", args, r->env ? r->env : no_env, AT_EMPTY_PATH);
	_exit(97);
}

static void start_argv(struct run *r, const char *path, char *const argv[])
{
	int exe = helper_open(INIT_NAME, NULL, NULL), pair[2], out[2], slave = -1;
	char map[64], gmap[64];

	assert_true(exe >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	r->master = -1;
	if (r->tty)
		assert_int_equal(openpty(&r->master, &slave, NULL, NULL, NULL), 0);
	snprintf(map, sizeof(map), "1000 %u 1", geteuid());
	snprintf(gmap, sizeof(gmap), "1000 %u 1", getegid());
	if (r->no_supervisor)
		close(pair[0]);
	r->pid = sys_clone(CLONE_NEWUSER | CLONE_NEWPID, &r->pidfd);
	if (!r->pid) {
		write_map("/proc/self/setgroups", "deny");
		write_map("/proc/self/uid_map", map);
		write_map("/proc/self/gid_map", gmap);
		if (!r->no_supervisor)
			close(pair[0]);
		init_child(r, exe, pair[1], out[1], slave, path, argv);
	}
	assert_true(r->pid > 0);
	close(exe);
	close(pair[1]);
	close(out[1]);
	if (slave >= 0)
		close(slave);
	r->sock = r->no_supervisor ? -1 : pair[0];
	r->out = out[0];
}

/* A payload of ours: argv[1] is its name. */
static void start_self(struct run *r, const char *what)
{
	char *const argv[] = {(char *)"payload", (char *)what, NULL};

	start_argv(r, self_path, argv);
}

static void start_sh(struct run *r, const char *script)
{
	char *const argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};

	start_argv(r, "/bin/sh", argv);
}

/* A message of the given type is next (0: an execve that may fail); returns its value. */
static int expect(const struct run *r, unsigned type)
{
	struct pollfd p = {.fd = r->sock, .events = POLLIN};
	struct init_msg m[2];

	assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
	assert_int_equal(recv(r->sock, m, sizeof(m), 0), sizeof(m[0]));
	if (!type && m[0].type == INIT_STARTED)
		return 0;
	assert_int_equal(m[0].type, type ? type : INIT_EXEC_FAILED);
	return m[0].value;
}

/* The payload's end is next, or, on a machine that is busy, that it has started is. */
static int expect_end(const struct run *r)
{
	struct init_msg m;

	assert_int_equal(recv(r->sock, &m, sizeof(m), 0), sizeof(m));
	if (m.type == INIT_STARTED)
		return expect(r, INIT_EXITED);
	assert_int_equal(m.type, INIT_EXITED);
	return m.value;
}

/* Ends within the deadline; returns the wait status. */
static int finish(struct run *r)
{
	struct pollfd p = {.fd = r->pidfd, .events = POLLIN};
	int status;

	assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	close_fd(r->sock);
	close_fd(r->pidfd);
	close_fd(r->out);
	close_fd(r->master);
	return status;
}

static void finish_exit(struct run *r, int code)
{
	int status = finish(r);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
}

/* One line that the payload printed, "" at the end of file. */
static const char *line(const struct run *r)
{
	static char s[256];
	size_t n = 0;
	struct pollfd p = {.fd = r->out, .events = POLLIN};

	while (n < sizeof(s) - 1) {
		assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
		if (read(r->out, s + n, 1) != 1 || s[n] == '\n')
			break;
		n++;
	}
	s[n] = '\0';
	return s;
}

static void send_signal(const struct run *r, int sig, int hint)
{
	siginfo_t info = {.si_signo = sig, .si_code = SI_QUEUE};

	info.si_value.sival_int = INIT_SIG_TAG | hint;
	assert_int_equal(syscall(SYS_pidfd_send_signal, r->pidfd, sig, hint < 0 ? NULL : &info, 0),
			 0);
}

/* ---- payloads ---------------------------------------------------------------------------------- */

static int payload_orphans(void)
{
	for (int i = 0; i < 1000; i++) {
		pid_t pid = fork();

		if (!pid) {
			fork();
			_exit(0);
		}
		if (pid < 0)
			return 1;
		waitpid(pid, NULL, 0);
	}
	for (int tries = 0; tries < 3000; tries++) {
		int left = 0;

		for (pid_t pid = 3; pid < 2003; pid++)
			left += !kill(pid, 0);
		if (!left)
			return 0;
		usleep(10000);
	}
	return 2;
}

/* Two processes of one group print each signal that they get. */
static int payload_signals(void)
{
	const char *who = "main";
	sigset_t all;
	siginfo_t info;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigdelset(&all, SIGCHLD);
	pid = fork();
	if (!pid)
		who = "child";
	dprintf(1, "%s ready\n", who);
	for (;;) {
		if (sigwaitinfo(&all, &info) < 0)
			continue;
		dprintf(1, "%s %d\n", who, info.si_signo);
		if (info.si_signo == SIGRTMAX)
			break;
	}
	if (pid) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return 0;
}

static int payload_attack(void)
{
	if (!ptrace(PTRACE_SEIZE, 1, NULL, NULL) || errno != EPERM)
		return 1;
	if (kill(1, 0) < 0)
		return 2;
	/* Neither of these ends PID 1. */
	kill(1, SIGKILL);
	kill(1, SIGSTOP);
	return 0;
}

static int payload_fds(void)
{
	sigset_t mask;
	struct sigaction sa;

	for (int fd = INIT_SOCK; fd < 200; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			return 1;
	}
	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int sig = 1; sig < NSIG; sig++) {
		if (sigismember(&mask, sig) > 0)
			return 2;
#ifdef SANITIZED
		if (sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE)
			continue;
#endif
		if (!sigaction(sig, NULL, &sa) && sa.sa_handler != SIG_DFL)
			return 3;
	}
	if (getppid() != 1 || getpgrp() != getpid() || getsid(0) != 1)
		return 4;
	return prctl(PR_GET_DUMPABLE) == 1 ? 0 : 5;
}

static int payload_tty(void)
{
	return tcgetpgrp(0) == getpgrp() ? 0 : 1;
}

static __noreturn int payload_sleep(void)
{
	signal(SIGSEGV, SIG_IGN);
	dprintf(1, "ready\n");
	for (;;)
		pause();
}

/* A daemon holds the output open and outlives the main process, if it can. */
static int payload_daemon(void)
{
	if (!fork()) {
		setsid();
		if (!fork()) {
			signal(SIGTERM, SIG_IGN);
			signal(SIGHUP, SIG_IGN);
			for (;;)
				pause();
		}
		_exit(0);
	}
	wait(NULL);
	return 7;
}

static __noreturn int payload_close_stdout(void)
{
	close(1);
	for (;;)
		pause();
}

static int payload_main(const char *what)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} payloads[] = {
		{"orphans", payload_orphans}, {"signals", payload_signals},
		{"attack", payload_attack},   {"fds", payload_fds},
		{"tty", payload_tty},         {"sleep", payload_sleep},
		{"daemon", payload_daemon},   {"close-stdout", payload_close_stdout},
	};

	for (size_t i = 0; i < ARRAY_SIZE(payloads); i++) {
		if (streq(payloads[i].name, what))
			return payloads[i].run();
	}
	return 99;
}

/* ---- tests ------------------------------------------------------------------------------------- */

static void test_exit_codes(void **state __unused)
{
	struct run r = {0};

	start_sh(&r, "exit 0");
	assert_int_equal(expect(&r, INIT_STARTED), 2);
	assert_int_equal(expect(&r, INIT_EXITED), 0);
	finish_exit(&r, 0);
	start_sh(&r, "exit 7");
	expect(&r, INIT_STARTED);
	assert_int_equal(WEXITSTATUS(expect(&r, INIT_EXITED)), 7);
	finish_exit(&r, 7);
	start_sh(&r, "kill -9 $$");
	expect(&r, INIT_STARTED);
	assert_int_equal(WTERMSIG(expect(&r, INIT_EXITED)), SIGKILL);
	finish_exit(&r, 128 + SIGKILL);
	start_sh(&r, "kill -SEGV $$");
	finish_exit(&r, 128 + SIGSEGV);
}

/* INIT_FLAG_QUIET: what is over in a moment is told in one message, what is not, in its order. */
static void test_quiet(void **state)
{
	struct run r = {.quiet = true};

	(void)state;
	start_sh(&r, "exit 7");
	assert_int_equal(expect_end(&r), 7 << 8);
	finish_exit(&r, 7);

	start_sh(&r, "sleep 1; exit 3");
	assert_int_equal(expect(&r, INIT_STARTED), 2);
	assert_int_equal(expect(&r, INIT_EXITED), 3 << 8);
	finish_exit(&r, 3);

	start_sh(&r, "kill -STOP $$; exit 4");
	assert_int_equal(expect(&r, INIT_STARTED), 2);
	assert_int_equal(expect(&r, INIT_STOPPED), SIGSTOP);
	send_signal(&r, SIGCONT, INIT_SIG_GROUP);
	assert_int_equal(expect(&r, INIT_EXITED), 4 << 8);
	finish_exit(&r, 4);
}

static void test_orphans(void **state __unused)
{
	struct run r = {0};

	start_self(&r, "orphans");
	finish_exit(&r, 0);
}

static void test_daemon_dies(void **state __unused)
{
	struct run r = {0};

	start_self(&r, "daemon");
	assert_string_equal(line(&r), "");
	finish_exit(&r, 7);
}

static void expect_line(const struct run *r, const char *who, int sig)
{
	char want[32];

	snprintf(want, sizeof(want), "%s %d", who, sig);
	assert_string_equal(line(r), want);
}

static void test_signals_once(void **state __unused)
{
	static const int sigs[] = {SIGTERM, SIGINT,  SIGHUP,   SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP,
				   SIGCONT, SIGALRM, SIGWINCH, SIGPIPE, SIGIO,   SIGTTIN, 40};
	struct run r = {0};

	start_self(&r, "signals");
	line(&r);
	line(&r);
	for (size_t i = 0; i < ARRAY_SIZE(sigs); i++) {
		send_signal(&r, sigs[i], -1);
		expect_line(&r, "main", sigs[i]);
	}
	send_signal(&r, SIGURG, SIGCHLD);
	send_signal(&r, SIGRTMAX, -1);
	expect_line(&r, "main", SIGRTMAX);
	finish_exit(&r, 0);
}

static void test_signals_group(void **state __unused)
{
	struct run r = {0};
	char a[256];

	start_self(&r, "signals");
	line(&r);
	line(&r);
	send_signal(&r, SIGINT, INIT_SIG_GROUP);
	snprintf(a, sizeof(a), "%s", line(&r));
	assert_true(streq(a, "main 2") || streq(a, "child 2"));
	assert_string_equal(line(&r), streq(a, "main 2") ? "child 2" : "main 2");
	/* Another signal than the one that carries it; and one that nobody can block. */
	send_signal(&r, SIGURG, SIGUSR1);
	expect_line(&r, "main", SIGUSR1);
	expect(&r, INIT_STARTED);
	send_signal(&r, SIGURG, SIGSTOP | INIT_SIG_GROUP);
	assert_int_equal(expect(&r, INIT_STOPPED), SIGSTOP);
	send_signal(&r, SIGURG, SIGKILL);
	assert_int_equal(WTERMSIG(expect(&r, INIT_EXITED)), SIGKILL);
	finish_exit(&r, 137);
}

/* Many in a row, while init has no time to look: none is lost or doubled. */
static void test_signals_queue(void **state __unused)
{
	static const int sigs[] = {SIGUSR2, SIGTERM, SIGUSR1, SIGINT, SIGHUP};
	struct run r = {0};

	start_self(&r, "signals");
	line(&r);
	line(&r);
	for (int i = 0; i < 50; i++) {
		unsigned seen = 0;
		int sig;

		assert_int_equal(sys_pidfd_send_signal(r.pidfd, SIGSTOP), 0);
		for (size_t k = 0; k < ARRAY_SIZE(sigs); k++)
			send_signal(&r, INIT_SIG_CARRIER, sigs[k]);
		assert_int_equal(sys_pidfd_send_signal(r.pidfd, SIGCONT), 0);
		/* What was sent, and the SIGCONT; the payload takes the lowest number first. */
		for (size_t k = 0; k < ARRAY_SIZE(sigs) + 1; k++) {
			assert_int_equal(sscanf(line(&r), "main %d", &sig), 1);
			assert_in_range(sig, 1, 31);
			assert_false(seen & 1U << sig);
			seen |= 1U << sig;
		}
	}
	send_signal(&r, SIGRTMAX, -1);
	expect_line(&r, "main", SIGRTMAX);
	finish_exit(&r, 0);
}

static void test_lifeline(void **state __unused)
{
	struct run r = {0};

	start_self(&r, "sleep");
	assert_string_equal(line(&r), "ready");
	close(r.sock);
	r.sock = -1;
	assert_string_equal(line(&r), "");
	finish_exit(&r, INIT_EXIT_BROKEN);
	r = (struct run){.no_supervisor = true};
	start_self(&r, "sleep");
	assert_string_equal(line(&r), "");
	finish_exit(&r, INIT_EXIT_BROKEN);
}

static void make_file(char *path, size_t size, const char *name, const char *text, mode_t mode)
{
	int fd;

	snprintf(path, size, "%s/%s", scratch, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void exec_fails(const char *path, int error, int code)
{
	char *const argv[] = {(char *)"x", NULL};
	struct run r = {0};

	start_argv(&r, path, argv);
	assert_int_equal(expect(&r, INIT_EXEC_FAILED), error);
	finish_exit(&r, code);
}

static void test_exec_failures(void **state __unused)
{
	char path[PATH_MAX], other[PATH_MAX + 16];

	exec_fails("/nonexistent/x", ENOENT, 127);
	exec_fails("/", EACCES, 126);
	make_file(path, sizeof(path), "no-mode", "#!/bin/sh\n", 0644);
	exec_fails(path, EACCES, 126);
	snprintf(other, sizeof(other), "%s/x", path);
	exec_fails(other, ENOTDIR, 127);
	make_file(path, sizeof(path), "not-a-program", "echo hello\n", 0755);
	exec_fails(path, ENOEXEC, 126);
	make_file(path, sizeof(path), "no-interpreter", "#!/nonexistent\n", 0755);
	exec_fails(path, ENOENT, 127);
	snprintf(path, sizeof(path), "%s/loop", scratch);
	assert_int_equal(symlink("loop", path), 0);
	exec_fails(path, ELOOP, 126);
}

/*
 * The kernel adds a script's interpreter and its arguments, so there are argument
 * lists that fit for init and not for the payload.
 */
static void test_exec_too_big(void **state __unused)
{
	char *argv[1204] = {(char *)"x"};
	char path[PATH_MAX], text[200];
	bool seen = false;

	snprintf(text, sizeof(text), "#!/bin/true %0150d\n", 0);
	make_file(path, sizeof(path), "script", text, 0755);
	for (int i = 1; i < 1180; i++)
		argv[i] = xasprintf("%0100d", i);
	for (int filler = 1; filler < 4000 && !seen; filler += 50) {
		struct run r = {.small_stack = true};

		argv[1180] = xasprintf("%0*d", filler, 0);
		start_argv(&r, path, argv);
		if (expect(&r, 0) == E2BIG) {
			finish_exit(&r, 126);
			seen = true;
		} else {
			finish(&r);
		}
		free(argv[1180]);
	}
	assert_true(seen);
	for (int i = 1; i < 1180; i++)
		free(argv[i]);
}

static long pss_kib(pid_t pid)
{
	cleanup_free char *path = xasprintf("/proc/%d/smaps_rollup", pid);
	cleanup_fclose FILE *f = fopen(path, "re");
	char text[256];
	long kib = -1;

	if (!f)
		return -1;
	while (fgets(text, sizeof(text), f) && sscanf(text, "Pss: %ld", &kib) != 1)
		;
	return kib;
}

static void test_big_arguments_and_memory(void **state __unused)
{
	static char *argv[10005];
	char *env[3] = {0};
	struct run r = {.env = env};
	long kib;

	argv[0] = (char *)"sh";
	argv[1] = (char *)"-c";
	argv[2] = (char *)"test $# = 10000 && test ${#BIG} = 100000 && test \"$1\" = 1 && "
			  "test \"$10000\" != x && echo ok && read x";
	argv[3] = (char *)"sh";
	for (int i = 1; i <= 10000; i++)
		argv[i + 3] = xasprintf("%d", i);
	env[0] = xasprintf("BIG=%0100000d", 0);
	env[1] = (char *)"SMALL=1";
	r.tty = true;
	start_argv(&r, "/bin/sh", argv);
	assert_string_equal(line(&r), "ok");
	expect(&r, INIT_STARTED);
	usleep(20000);
	kib = pss_kib(r.pid);
	print_message("[          ] PSS with 150 KiB of arguments: %ld KiB\n", kib);
	assert_in_range(kib, 1, 16);
	assert_int_equal(write(r.master, "\n", 1), 1);
	finish_exit(&r, 0);
	for (int i = 1; i <= 10000; i++)
		free(argv[i + 3]);
	free(env[0]);
}

static void test_closed_stdio(void **state __unused)
{
	struct run r = {.closed_stdio = true};

	start_sh(&r, "exit 3");
	finish_exit(&r, 3);
}

static void test_payload_surroundings(void **state __unused)
{
	struct run r = {.devnull = true};

	start_self(&r, "fds");
	finish_exit(&r, 0);
	start_self(&r, "attack");
	finish_exit(&r, 0);
}

static void test_closed_by_payload(void **state __unused)
{
	struct run r = {0};
	long kib;

	start_self(&r, "close-stdout");
	assert_string_equal(line(&r), "");
	kib = pss_kib(r.pid);
	print_message("[          ] PSS: %ld KiB\n", kib);
	assert_in_range(kib, 1, 16);
	send_signal(&r, SIGTERM, -1);
	finish_exit(&r, 128 + SIGTERM);
}

static void test_tty(void **state __unused)
{
	struct run r = {.tty = true};

	start_self(&r, "tty");
	finish_exit(&r, 0);
	start_self(&r, "sleep");
	assert_string_equal(line(&r), "ready");
	expect(&r, INIT_STARTED);
	assert_int_equal(write(r.master, "\032", 1), 1);
	assert_int_equal(expect(&r, INIT_STOPPED), SIGTSTP);
	send_signal(&r, SIGCONT, INIT_SIG_GROUP);
	assert_int_equal(write(r.master, "\003", 1), 1);
	expect(&r, INIT_EXITED);
	finish_exit(&r, 130);
	/* Hanging up: the kernel tells the session leader, which is init, alone. */
	start_self(&r, "sleep");
	assert_string_equal(line(&r), "ready");
	close(r.master);
	r.master = -1;
	finish_exit(&r, 128 + SIGHUP);
}

static void test_broken_contract(void **state __unused)
{
	int exe = helper_open(INIT_NAME, NULL, NULL), status;
	char *const argv[] = {(char *)INIT_NAME, NULL};
	pid_t pid = fork();

	if (!pid) {
		sys_execveat(exe, "", argv, argv + 1, AT_EMPTY_PATH);
		_exit(0);
	}
	close(exe);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), INIT_EXIT_BROKEN);
}

static int setup(void **state __unused)
{
	return mkdtemp(scratch) && !chmod(scratch, 0755) ? 0 : -1;
}

static int teardown(void **state __unused)
{
	int fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	remove_tree_at(fd, strrchr(scratch, '/') + 1);
	close(fd);
	return 0;
}

static bool namespaces_work(void)
{
	int status = 1;
	pid_t pid = fork();

	if (!pid)
		_exit(unshare(CLONE_NEWUSER | CLONE_NEWPID) ? 1 : 0);
	waitpid(pid, &status, 0);
	return !status;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_codes),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_orphans),
		cmocka_unit_test(test_daemon_dies),
		cmocka_unit_test(test_signals_once),
		cmocka_unit_test(test_signals_group),
		cmocka_unit_test(test_signals_queue),
		cmocka_unit_test(test_lifeline),
		cmocka_unit_test(test_exec_failures),
		cmocka_unit_test(test_exec_too_big),
		cmocka_unit_test(test_big_arguments_and_memory),
		cmocka_unit_test(test_closed_stdio),
		cmocka_unit_test(test_payload_surroundings),
		cmocka_unit_test(test_closed_by_payload),
		cmocka_unit_test(test_tty),
		cmocka_unit_test(test_broken_contract),
	};

	if (argc > 1)
		return payload_main(argv[1]);
	if (readlink("/proc/self/exe", self_path, sizeof(self_path) - 1) < 0)
		return 1;
	if (!namespaces_work()) {
		fputs("skipped: this host does not let us make user and pid namespaces\n", stderr);
		return 77;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
