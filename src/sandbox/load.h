/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sandbox-load (helpers/load_main.c) and the front end (load_remote.c) agree on.
 */
#ifndef SANDBOX_SANDBOX_LOAD_H
#define SANDBOX_SANDBOX_LOAD_H

#include "config/config.h"

#define LOAD_NAME  "sandbox-load"
#define LOAD_QUIET "quiet" /* warnings are not wanted, or not on standard error */
#define LOAD_IN    HELPER_FIRST_FD
#define LOAD_OUT   (HELPER_FIRST_FD + 1)
#define LOAD_MAX   (4 << 20) /* bytes, of either */

#endif
