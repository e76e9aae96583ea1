/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net: the networks of a container. The launch calls the child's part inside
 * the new network namespace and the parent's part in the supervisor.
 */
#ifndef SANDBOX_NET_NET_H
#define SANDBOX_NET_NET_H

#include "base/base.h"
#include "config/config.h"
#include "spec/spec.h"

/* child side, inside the new network namespace; needs no id maps */
int net_tap_create(const struct net_spec *n, struct err *e); /* loopback too; returns its fd */

/* parent side; theory in start.c */
int net_start(struct helper *h, const struct net_spec *n, int userns_fd, uint32_t uid, uint32_t gid,
	      struct err *e);
int net_give_tap(struct helper *h, int tap_fd, struct err *e);
int net_push_resolvers(struct helper *h, struct err *e);
int net_event(struct helper *h, struct err *e); /* when h->sock can be read: is it still there? */
void net_kill(struct helper *h);
void net_stop(struct helper *h);
int net_watch_resolvers(void);
bool net_resolvers_changed(int fd);

/* files of the container */
void net_resolv_conf(const struct net_spec *n, struct buf *out);
void net_hosts(const struct net_spec *n, const char *hostname, struct buf *out);

#endif
