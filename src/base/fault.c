/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>

#include "base/base.h"

#ifdef FAULT_POINTS
/**
 * fault_point - stop here when SANDBOX_TEST_STOP_AT names this stage
 * @stage: the name the fault tests use
 *
 * The test then kills the process, or lets it go on with SIGCONT.
 */
void fault_point(const char *stage)
{
	const char *want = getenv("SANDBOX_TEST_STOP_AT");

	if (want && streq(want, stage))
		raise(SIGSTOP);
}
#else
typedef int fault_points_are_off;
#endif
