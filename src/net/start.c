/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * The supervisor's side of sandbox-net (the other is helpers/net_main.c). Nothing
 * here waits for the helper: messages wait in its socket while it is still in its
 * dynamic linker, frames in the tap.
 *
 * The helper replaces itself once, by a clone in a new pid namespace that is again
 * a child of ours. So that both can be ended and reaped at any moment without
 * knowing how far it is, it starts a session of its own: its process group is
 * the pid that helper_spawn() returned, and that number is not used again before
 * the last of the group is reaped. That also keeps it away from the terminal.
 * Therefore the supervisor must not reap children that it does not know
 * (waitpid(-1)), and h->pidfd says nothing about whether the helper lives: the
 * end of h->sock does.
 */
#include <signal.h>
#include <sys/wait.h>

#include "linux/sys.h"
#include "net/internal.h"

static int own_session(void *ctx __unused, struct err *e)
{
	return setsid() < 0 ? fail_errno(e, "cannot give sandbox-net its own session") : 0;
}

static int tell(struct helper *h, const void *msg, size_t n, const int *fd, struct err *e)
{
	int r = send_msg(h->sock, msg, n, fd, fd ? 1 : 0);

	if (r == -EPIPE || r == -ECONNRESET)
		return net_event(h, e);
	return r < 0 ? fail(e, -r, "cannot tell sandbox-net: %s", strerror(-r)) : 0;
}

/**
 * net_start - start the user-mode network of a container
 * @h: receives the helper
 * @n: mode NETWORK_SLIRP
 * @userns_fd: the container's user namespace, borrowed; its maps need not be written
 * @uid: what the helper runs as: the highest mapped id, inside
 * @gid: likewise
 *
 * Context: parent; single-threaded.
 * Return: 0 or -errno.
 */
int net_start(struct helper *h, const struct net_spec *n, int userns_fd, uint32_t uid, uint32_t gid,
	      struct err *e)
{
	static char *const argv[] = {(char *)"sandbox-net", NULL};
	static const struct helper_env env = {.child = own_session};
	const struct net_config config = {
		.type = NET_MSG_CONFIG,
		.mtu = n->mtu ? n->mtu : MTU_DEFAULT,
		.uid = uid,
		.gid = gid,
		.ipv6 = n->ipv6,
		.host_loopback = n->host_loopback,
		.block_metadata = n->block_metadata,
	};
	int r = helper_spawn(h, argv[0], argv, NULL, &userns_fd, 1, &env, e);

	return r < 0 ? r : tell(h, &config, sizeof(config), NULL, e);
}

/**
 * net_push_resolvers - tell the helper the host's present resolvers
 *
 * Context: parent, when they have changed.
 * Return: 0 or -errno.
 */
int net_push_resolvers(struct helper *h, struct err *e)
{
	struct net_resolvers msg = {.type = NET_MSG_RESOLVERS};
	struct resolv_conf conf = {};

	resolv_read(&conf);
	strv_for_each (s, &conf.nameservers) {
		if (msg.n < RESOLVERS_MAX && resolver_parse(s, &msg.v[msg.n]))
			msg.n++;
	}
	/* Source: resolv.conf(5): without a nameserver line it is the one on the local machine. */
	if (!msg.n && resolver_parse("127.0.0.1", &msg.v[0]))
		msg.n = 1;
	resolv_free(&conf);
	return tell(h, &msg, sizeof(msg), NULL, e);
}

/**
 * net_give_tap - hand the tap over, and tell the host's resolvers
 * @tap_fd: from net_tap_create(); borrowed, but the caller must close it soon: only
 * the container's init and the helper may hold it
 *
 * Context: parent, after the id maps are written.
 * Return: 0 or -errno.
 */
int net_give_tap(struct helper *h, int tap_fd, struct err *e)
{
	const struct net_tap msg = {.type = NET_MSG_TAP};
	int r = tell(h, &msg, sizeof(msg), &tap_fd, e);

	return r < 0 ? r : net_push_resolvers(h, e);
}

/**
 * net_kill - let the helper die
 *
 * Dying takes it most of a millisecond, which need not be waited for: call this as
 * soon as the container has ended, and net_stop() after the other cleaning up.
 *
 * Context: parent; at any moment, also when it was never started.
 */
void net_kill(struct helper *h)
{
	if (h->pid <= 0)
		return;
	kill(-h->pid, SIGKILL);
	sys_pidfd_send_signal(h->pidfd, SIGKILL);
}

/* Ends and reaps whatever there is of the helper; the status of what lived last. */
static int reap(struct helper *h)
{
	int status = 0, s;
	siginfo_t info;

	net_kill(h);
	/* From here on the first process cannot make the second one any more. */
	while (waitid(P_PID, (id_t)h->pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	kill(-h->pid, SIGKILL);
	while (wait_pid(h->pid, &s) < 0 && errno == EINTR)
		;
	status = s;
	for (;;) {
		pid_t pid = waitpid(-h->pid, &s, 0);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			break;
		status = s;
	}
	close_fd(h->pidfd);
	close_fd(h->sock);
	*h = (struct helper){.pid = -1, .pidfd = -1, .sock = -1};
	return status;
}

/**
 * net_stop - end the helper and reap it; fine when it was never started
 *
 * Context: parent; at any moment after net_start(). Does not wait for the tap.
 */
void net_stop(struct helper *h)
{
	if (h->pid > 0)
		reap(h);
}

/**
 * net_event - what the helper has to say, when its socket can be read
 *
 * It says something only when it cannot go on; the container stays without a
 * network then, and the helper is reaped.
 *
 * Context: parent.
 * Return: 0 when there was nothing, else -errno with the reason.
 */
int net_event(struct helper *h, struct err *e)
{
	struct helper_msg m = {};
	ssize_t n = recv(h->sock, &m, sizeof(m), MSG_DONTWAIT);
	int status;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	status = reap(h);
	if (n == sizeof(m) && m.type == HELPER_ERROR) {
		m.err.msg[sizeof(m.err.msg) - 1] = '\0';
		return fail(e, m.err.code > 0 ? m.err.code : EIO, "%s", m.err.msg);
	}
	if (WIFSIGNALED(status))
		return fail(
			e, EPIPE,
			"sandbox-net was killed by signal %d (%s); the container has no network any "
			"more",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	return fail(e, EPIPE, "sandbox-net has ended");
}
