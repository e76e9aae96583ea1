/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cli.h"

int cli_main(int argc, char **argv)
{
	(void)argv;
	return argc > 1 ? 125 : 0;
}
