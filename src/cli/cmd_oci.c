/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"

/* From here on the OCI runtime's own rules hold, for errors and exit codes, too. */
int cmd_oci(struct global *g, int argc, char **argv, struct err *e)
{
	if (g->root)
		return fail(
			e, EINVAL,
			"the store is nothing to an OCI runtime; its own --root stands behind \"oci\"");
	return oci_run(argc, argv);
}
