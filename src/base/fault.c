/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/base.h"

#ifdef FAULT_POINTS
/**
 * fault_point - stop here when SANDBOX_TEST_STOP_AT names this stage
 * @stage: the name the fault tests use
 *
 * It says so on standard error, and waits to be killed. (SIGSTOP would not do: process 1
 * of a pid namespace ignores its own.)
 */
void fault_point(const char *stage)
{
	const char *want = getenv("SANDBOX_TEST_STOP_AT");

	if (!want || !streq(want, stage))
		return;
	dprintf(STDERR_FILENO, "stopped at %s, pid %d\n", stage, getpid());
	for (;;)
		pause();
}
#else
typedef int fault_points_are_off;
#endif
