/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inspect: things as JSON, with podman's names.
 */
#ifndef SANDBOX_CLI_INSPECT_H
#define SANDBOX_CLI_INSPECT_H

#include "cli/internal.h"
#include "cli/output.h"
#include "container/container.h"

int inspect_container(const struct dirs *dirs, const struct container_info *c, json **out,
		      struct err *e);

#endif
