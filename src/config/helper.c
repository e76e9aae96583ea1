/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * What parses bytes from strangers runs in an executable of its own, which
 * confines itself before the first byte. It is found beside our own binary in a
 * build tree, else in libexec, never by PATH, gets an empty environment, the
 * descriptors it was given and nothing else, and dies with us: by its parent
 * death signal, and by the end of its socket.
 */
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "config/config.h"
#include "linux/sys.h"

#define MAX_FDS 12

/**
 * helper_open - find a helper executable
 * @name: such as sandbox-net
 * @path: receives its path, a new string; NULL when not wanted
 *
 * Return: an O_PATH descriptor or -errno.
 */
int helper_open(const char *name, char **path, struct err *e)
{
	cleanup_free char *beside = beside_program(name), *installed = path_join(LIBEXECDIR, name);
	int fd = beside ? open(beside, O_PATH | O_CLOEXEC) : -1;

	if (fd >= 0) {
		if (path)
			*path = take_ptr(beside);
		return fd;
	}
	fd = open(installed, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return fail(e, errno,
			    "%s is neither beside this program nor at %s; install sandbox again",
			    name, installed);
	if (path)
		*path = take_ptr(installed);
	return fd;
}

/*
 * Puts the wanted descriptors at 3, 4, ...: first all of them out of the way,
 * then each to its place.
 */
static int place_fds(int sock, const int *fds, size_t nfds)
{
	int high[MAX_FDS + 1];
	int null = open("/dev/null", O_RDONLY);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		return -errno;
	for (size_t i = 0; i <= nfds; i++) {
		high[i] = fcntl(i ? fds[i - 1] : sock, F_DUPFD_CLOEXEC,
				HELPER_SOCK + (int)nfds + 1);
		if (high[i] < 0)
			return -errno;
	}
	for (size_t i = 0; i <= nfds; i++) {
		if (dup2(high[i], HELPER_SOCK + (int)i) < 0)
			return -errno;
	}
	return sys_close_range(HELPER_SOCK + (unsigned)nfds + 1, ~0U, 0);
}

/*
 * A child whose parent was killed must not wait for its maps for ever, with
 * copies of the parent's locks. The signal alone leaves a gap before it is set.
 */
static void die_with_parent(int sock)
{
	struct pollfd p = {.fd = sock};

	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (poll(&p, 1, 0) > 0 && (p.revents & POLLHUP))
		_exit(125);
}

struct start {
	int exe, sock, ours;
	char *const *argv, *const *envp;
	const int *fds;
	size_t nfds;
	const struct helper_env *env;
};

static __noreturn int helper_child(void *arg)
{
	const struct start *s = arg;
	const struct helper_env *env = s->env;
	static char *const empty[] = {NULL};
	struct helper_msg m = {.type = HELPER_ERROR};
	int all[MAX_FDS + 1];
	int sock = s->sock, r = 0;

	close_fd(s->ours);
	reset_signals();
	die_with_parent(sock);
	if (env && env->child)
		r = env->child(env->ctx, &m.err);
	if (!r) {
		/* Again: changing ids clears it. */
		die_with_parent(sock);
		memcpy(all, s->fds, s->nfds * sizeof(*s->fds));
		all[s->nfds] = s->exe;
		r = place_fds(sock, all, s->nfds + 1);
		if (!r) {
			int at = HELPER_FIRST_FD + (int)s->nfds;

			fd_set_cloexec(at, true);
			r = sys_execveat(at, "", s->argv, s->envp ? s->envp : empty, AT_EMPTY_PATH);
			sock = HELPER_SOCK;
		}
		fail(&m.err, -r, "cannot start %s: %s", s->argv[0], strerror(-r));
	}
	helper_say(sock, &m);
	_exit(125);
}

/* Where nobody has to act between clone and exec, it need not have memory of its own until then. */
static pid_t start(struct start *s, int *pidfd)
{
	const uint64_t flags = s->env ? s->env->clone_flags : 0;
	pid_t pid;

#ifndef SANITIZED
	pid_t number;

	if (!s->env || !s->env->parent)
		return sys_clone_lending(helper_child, s, (int)flags, &number, pidfd);
#endif
	pid = sys_clone(flags, pidfd);
	if (!pid)
		helper_child(s);
	return pid;
}

/**
 * helper_spawn - start a helper executable
 * @h: receives pid, pidfd and our end of the socket pair
 * @name: such as sandbox-unpack
 * @argv: arguments, argv[0] included
 * @envp: its whole environment; NULL for an empty one
 * @fds: borrowed descriptors that it gets as 4, 5, ...
 * @nfds: how many, at most 11
 * @env: surroundings, or NULL
 *
 * Context: parent; the process must be single-threaded. Failures after the
 * clone arrive as HELPER_ERROR.
 * Return: 0 or -errno.
 */
int helper_spawn(struct helper *h, const char *name, char *const argv[], char *const envp[],
		 const int *fds, size_t nfds, const struct helper_env *env, struct err *e)
{
	cleanup_close int exe = helper_open(name, NULL, e);
	cleanup_close int pidfd = -1;
	struct start s;
	int pair[2], r = 0;
	pid_t pid;

	if (exe < 0)
		return exe;
	if (nfds >= MAX_FDS)
		return fail(e, EINVAL, "too many descriptors for %s", name);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(e, "cannot make a socket pair for %s", name);
	s = (struct start){exe, pair[1], pair[0], argv, envp, fds, nfds, env};
	pid = start(&s, &pidfd);
	close_fd(pair[1]);
	if (pid < 0) {
		close_fd(pair[0]);
		fail(e, -pid, "cannot start %s: %s", name, strerror(-pid));
		return env && env->clone_flags
			       ? fail_hint(e, pid,
					   "`sandbox doctor` tells what forbids namespaces here")
			       : pid;
	}
	*h = (struct helper){.pid = pid, .pidfd = take_fd(&pidfd), .sock = pair[0]};
	if (env && env->parent)
		r = env->parent(env->ctx, pid, e);
	if (r < 0)
		helper_kill(h);
	return r;
}

static void helper_close(struct helper *h)
{
	close_fd(h->pidfd);
	close_fd(h->sock);
	*h = (struct helper){.pid = -1, .pidfd = -1, .sock = -1};
}

/**
 * helper_wait - wait until a helper has ended
 *
 * Return: 0 when it exited with 0, else -errno.
 */
int helper_wait(struct helper *h, struct err *e)
{
	int status = 0, r = wait_pid(h->pid, &status);

	helper_close(h);
	if (r < 0)
		return fail(e, -r, "cannot wait for a helper: %s", strerror(-r));
	if (WIFSIGNALED(status))
		return fail(e, EIO, "a helper was killed by signal %d (%s)", WTERMSIG(status),
			    strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		return fail(e, EIO, "a helper ended with status %d", WEXITSTATUS(status));
	return 0;
}

/* helper_kill - end a helper and reap it; fine when it was never started (pid <= 0) */
void helper_kill(struct helper *h)
{
	if (h->pid <= 0)
		return;
	sys_pidfd_send_signal(h->pidfd, SIGKILL);
	wait_pid(h->pid, NULL);
	helper_close(h);
}

/* helper_say - the helper's side: one message; 0 or -errno */
int helper_say(int sock, const struct helper_msg *m)
{
	return send_msg(sock, m, sizeof(*m), NULL, 0);
}

/**
 * helper_listen - receive one message of a helper
 *
 * A helper is not trusted with our memory: the size must be exact and strings
 * are ended here.
 * Return: 0; a HELPER_ERROR becomes that error; the end of a helper that said
 * nothing is an error with its exit status.
 */
int helper_listen(struct helper *h, struct helper_msg *m, struct err *e)
{
	ssize_t n = recv_msg(h->sock, m, sizeof(*m), NULL, NULL);

	if (n == 0) {
		int r = helper_wait(h, e);

		return r < 0 ? r : fail(e, EIO, "a helper ended without an answer");
	}
	if (n < 0)
		return fail(e, (int)-n, "cannot hear a helper: %s", strerror((int)-n));
	if (n != sizeof(*m))
		return fail(e, EPROTO, "a helper sent a message of a wrong size");
	if (m->type == HELPER_ERROR) {
		m->err.msg[sizeof(m->err.msg) - 1] = '\0';
		return fail(e, m->err.code > 0 ? m->err.code : EIO, "%s", m->err.msg);
	}
	m->text[sizeof(m->text) - 1] = '\0';
	return 0;
}
