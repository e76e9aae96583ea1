/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli: one file a command. The only place, with oci/, that prints errors and
 * chooses exit codes.
 */
#ifndef SANDBOX_CLI_CLI_H
#define SANDBOX_CLI_CLI_H

#include "base/base.h"
#include "config/config.h"

int cli_main(int argc, char **argv);

#endif
