/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * sandbox-net: the user-mode network of one container. It is started before the
 * container's id maps exist, gets ready beside the launch, and is told the rest
 * by messages on descriptor 3 (net/internal.h). Descriptor 4 is the container's
 * user namespace. In each state only some messages are permitted; any other is
 * fatal, as is one of a wrong size. It ends when its socket does.
 *
 *	state	permits		then
 *	START	CONFIG		libslirp is set up; stages join and root
 *	READY	RESOLVERS, TAP	TAP: stages ids and final
 *	RUNNING	RESOLVERS
 */
#include <sys/prctl.h>
#include <sys/socket.h>

#include "net/helper.h"

enum state { START, READY, RUNNING };

static const struct message {
	const char *name;
	size_t size;
	unsigned states; /* bit mask of enum state */
	size_t fds;
} messages[] = {
	[NET_MSG_CONFIG] = {"CONFIG", sizeof(struct net_config), 1 << START, 0},
	[NET_MSG_RESOLVERS] = {"RESOLVERS", sizeof(struct net_resolvers), 1 << READY | 1 << RUNNING,
			       0},
	[NET_MSG_TAP] = {"TAP", sizeof(struct net_tap), 1 << READY, 1},
};

_Static_assert(ARRAY_SIZE(messages) == NET_MSG_TYPES, "every message has a row");

static enum state state = START;
static struct net_config config;
static int tap = -1;

/* Receives one permitted message; its type, 0 at the end of the socket, or -errno. */
static int receive(union net_msg *m, struct err *e)
{
	size_t nfds = 1;
	ssize_t n = recv_msg(HELPER_SOCK, m, sizeof(*m), &tap, &nfds);

	if (!n || n == -ECONNRESET)
		return 0;
	if (n < 0)
		return fail(e, (int)-n, "sandbox-net cannot hear the supervisor: %s",
			    strerror((int)-n));
	if ((size_t)n < sizeof(m->type) || !m->type || m->type >= NET_MSG_TYPES)
		return fail(e, EPROTO, "sandbox-net got an unknown message");
	if ((size_t)n != messages[m->type].size || nfds != messages[m->type].fds)
		return fail(e, EPROTO, "sandbox-net got a message %s of a wrong size",
			    messages[m->type].name);
	if (!(messages[m->type].states & 1U << state))
		return fail(e, EPROTO, "sandbox-net got an unexpected message %s",
			    messages[m->type].name);
	return (int)m->type;
}

static int on_config(const struct net_config *c, struct err *e)
{
	int r;

	config = *c;
	if (config.mtu < MTU_MIN || config.mtu > MTU_DEFAULT)
		return fail(e, EPROTO, "sandbox-net got an MTU that it cannot use");
	r = confine_join(HELPER_FIRST_FD, e);
	close_fd(HELPER_FIRST_FD);
	if (!r)
		r = slirp_init_stack(&config, e);
	if (!r)
		r = confine_root(e);
	state = READY;
	return r;
}

static int on_tap(struct err *e)
{
	int r = confine_ids(config.uid, config.gid, e);

	if (!r)
		r = confine_final(e);
	state = RUNNING;
	return r;
}

/* Handles one message: 0 to go on, 1 at the end of the socket, or -errno. */
static int handle(struct err *e)
{
	union net_msg m;
	int r = receive(&m, e);

	switch (r) {
	case 0:
		return 1;
	case NET_MSG_CONFIG:
		return on_config(&m.config, e);
	case NET_MSG_RESOLVERS:
		slirp_set_resolvers(&m.resolvers);
		return 0;
	case NET_MSG_TAP:
		return on_tap(e);
	default:
		return r;
	}
}

/* What libraries print about the container's traffic is nothing for the user's terminal. */
static void silence(void)
{
#ifndef SANITIZED
	dup2(STDIN_FILENO, STDERR_FILENO);
#endif
	dup2(STDIN_FILENO, STDOUT_FILENO);
}

int main(void)
{
	struct helper_msg m = {.type = HELPER_ERROR};
	int r = 0;

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	silence();
	while (!r && state != RUNNING)
		r = handle(&m.err);
	if (!r)
		r = slirp_loop(tap, HELPER_SOCK, handle, &m.err);
	if (r < 0)
		helper_say(HELPER_SOCK, &m);
	return r < 0;
}
