/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cli.h"
#include "oci/oci.h"

int main(int argc, char **argv)
{
	return argc && oci_is_name(argv[0]) ? oci_main(argc, argv) : cli_main(argc, argv);
}
