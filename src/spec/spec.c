/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>

#include "spec/spec.h"

/* spec_init - the defaults that hold wherever a spec comes from */
void spec_init(struct spec *s)
{
	*s = (struct spec){
		.shm_size = 64 << 20,
		.net = {.mtu = 65520, .ipv6 = true},
		.sec = {.no_new_privs = true},
		.init = true,
		.remove = true,
		.stop_signal = SIGTERM,
	};
	s->ns[NS_TIME].mode = NS_HOST;
}

struct mount_spec *mounts_add(struct mounts *m)
{
	m->v = xreallocarray(m->v, m->n + 1, sizeof(*m->v));
	m->v[m->n] = (struct mount_spec){};
	return &m->v[m->n++];
}

struct device_spec *devices_add(struct devices *d)
{
	d->v = xreallocarray(d->v, d->n + 1, sizeof(*d->v));
	d->v[d->n] = (struct device_spec){};
	return &d->v[d->n++];
}

void idmap_add(struct idmap *m, uint32_t inside, uint32_t outside, uint32_t count)
{
	m->v = xreallocarray(m->v, m->n + 1, sizeof(*m->v));
	m->v[m->n++] = (struct idrange){inside, outside, count, false};
}
