/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oci: the command line of an OCI runtime, as `sandbox oci` and as `sandbox-oci`. Prints its
 * own errors, in the forms that its callers read, and chooses its own exit codes.
 */
#ifndef SANDBOX_OCI_OCI_H
#define SANDBOX_OCI_OCI_H

#include "base/opts.h"

#define OCI_PROGRAM "sandbox-oci"

bool oci_is_name(const char *path);
int oci_main(int argc, char **argv);
int oci_run(int argc, char **argv);
void oci_tabulate(void);

extern const struct opts oci_global_opts;

#endif
