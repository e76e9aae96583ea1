/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"

#define MARK "told-logout"

/**
 * background_hint - tell, once, that a container in the background will not outlive a logout
 *
 * Once a user and a runtime folder, which is one a boot, and where logind looks after it, one from
 * the first login to the last logout: what was said before is of use again then.
 */
void background_hint(const struct dirs *dirs)
{
	const unsigned kept = LOGIND_KILLS | LOGIND_LINGERS;
	cleanup_close int run = -1, mark = -1;

	if ((logind_caller() & kept) != LOGIND_KILLS)
		return;
	run = dirs_open(dirs->run, "", NULL);
	mark = run < 0 ? -1
		       : openat(run, MARK, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
				0600);
	if (mark >= 0)
		log_warn(
			"containers in the background are killed when you log out, for logind is set "
			"to KillUserProcesses=yes; \"loginctl enable-linger\" lets them live");
}
