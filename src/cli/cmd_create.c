/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"

int cmd_create(struct global *g, int argc, char **argv, struct err *e)
{
	return make_container(g, argc, argv, MAKE_CREATE, e);
}
