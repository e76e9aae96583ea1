/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * container: the life of a container around its launch.
 */
#ifndef SANDBOX_CONTAINER_CONTAINER_H
#define SANDBOX_CONTAINER_CONTAINER_H

#include "base/base.h"
#include "config/config.h"
#include "sandbox/sandbox.h"
#include "spec/spec.h"

/**
 * struct container - one container and its supervisor
 * @spec, @plan, @dirs: borrowed
 */
struct container {
	const struct spec *spec;
	const struct idmap_plan *plan;
	const struct dirs *dirs;
};

int container_run(const struct container *c, int *exit_code, struct err *e);
int container_explain(const struct container *c, struct buf *out, struct err *e);
int container_remove(const struct dirs *dirs, const struct idmap_plan *plan, const char *name,
		     struct err *e);
void container_sweep(const struct dirs *dirs, const struct idmap_plan *plan);

#endif
