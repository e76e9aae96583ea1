/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox-net runs as the highest mapped id: a helper with the user's own id may signal the
 * user's processes wherever it can name one.
 */
#include "platform.h"

static pid_t victim;

static void body(void)
{
	works(ret(kill(victim, 0)),
	      "container root, which is the user, may signal the user's processes");
	works(become_id(65536), "the highest mapped id");
	refused(ret(kill(victim, 0)), EPERM, "may not");
}

int main(void)
{
	unsigned long first, count;

	become_user();
	if (!subid_range("/etc/subuid", &first, &count) || count < 65536)
		skip("fewer than 65536 subordinate ids");
	victim = getpid();
	in_userns(0, MAPS_FULL, NULL, body);
	return facts_end();
}
