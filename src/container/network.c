/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A supervisor and its container's network.
 */
#include "container/supervise.h"

static int net_child(void *ctx, struct err *e)
{
	struct run *run = ctx;

	return net_tap_create(&run->c->spec->net, e);
}

static int net_parent(void *ctx, int userns_fd, struct err *e)
{
	struct run *run = ctx;
	const struct idmap_plan *plan = run->c->plan;

	return net_start(&run->net, &run->c->spec->net, userns_fd, idmap_highest(&plan->uid),
			 idmap_highest(&plan->gid), e);
}

static int net_tap(void *ctx, int tap_fd, struct err *e)
{
	struct run *run = ctx;

	return net_give_tap(&run->net, tap_fd, e);
}

/* run_prepare_net - what the launch calls, and the files that name hosts */
void run_prepare_net(struct run *run)
{
	const struct spec *s = run->c->spec;

	run->hooks = (struct launch_hooks){.ctx = run};
	if (s->net.mode == NETWORK_SLIRP) {
		run->hooks.net_child = net_child;
		run->hooks.net_tap = net_tap;
		run->hooks.net_parent = net_parent;
	}
	net_hosts(&s->net, s->hostname ? s->hostname : "localhost", &run->files.hosts);
	net_resolv_conf(&s->net, &run->files.resolv_conf);
	if (s->hostname)
		buf_printf(&run->files.hostname, "%s\n", s->hostname);
}

/*
 * run_watch_resolvers - follow the host's resolvers, for a container that runs for longer
 *
 * The close of an inotify descriptor waits for SRCU, 6 to 24 ms (Linux 6.18), and somebody
 * waits for the end of a short container. So there is none at first, and what has changed
 * until now is told here.
 */
void run_watch_resolvers(struct run *run)
{
	struct err why = {};

	if (run->net.pid <= 0 || run->resolv >= 0)
		return;
	run->resolv = net_watch_resolvers();
	if (net_push_resolvers(&run->net, &why) < 0)
		log_warn("%s, ignoring", why.msg);
}

/* run_on_network - the host's resolvers have changed, or sandbox-net is gone: then the container goes on without. */
void run_on_network(struct run *run, bool helper)
{
	struct err why = {};

	if (helper && net_event(&run->net, &why) < 0) {
		log_warn("%s, the container goes on without a network", why.msg);
		net_stop(&run->net);
	} else if (!helper && net_resolvers_changed(run->resolv) && run->net.pid > 0 &&
		   net_push_resolvers(&run->net, &why) < 0) {
		log_warn("%s, ignoring", why.msg);
	}
}
