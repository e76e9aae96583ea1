/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/helper.h"

/* pollset_add - one more descriptor; returns its index */
int pollset_add(struct pollset *p, int fd, short events)
{
	if (p->n == p->room) {
		p->room = p->room ? p->room * 2 : 16;
		p->v = xreallocarray(p->v, (size_t)p->room, sizeof(*p->v));
	}
	p->v[p->n] = (struct pollfd){.fd = fd, .events = events};
	return p->n++;
}
