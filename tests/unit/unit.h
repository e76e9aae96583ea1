/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SANDBOX_TESTS_UNIT_H
#define SANDBOX_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail /* ours sets a struct err */

#include "base/base.h"

#endif
