/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of capabilities. Without libcap, whose part here would be a table of names: a
 * library less to load at every start.
 */
#include <linux/capability.h>
#include <strings.h>
#include <sys/prctl.h>

#include "spec/spec.h"

/* by number; Linux 5.9 added the last */
static const char names[][20] = {
	"CHOWN",
	"DAC_OVERRIDE",
	"DAC_READ_SEARCH",
	"FOWNER",
	"FSETID",
	"KILL",
	"SETGID",
	"SETUID",
	"SETPCAP",
	"LINUX_IMMUTABLE",
	"NET_BIND_SERVICE",
	"NET_BROADCAST",
	"NET_ADMIN",
	"NET_RAW",
	"IPC_LOCK",
	"IPC_OWNER",
	"SYS_MODULE",
	"SYS_RAWIO",
	"SYS_CHROOT",
	"SYS_PTRACE",
	"SYS_PACCT",
	"SYS_ADMIN",
	"SYS_BOOT",
	"SYS_NICE",
	"SYS_RESOURCE",
	"SYS_TIME",
	"SYS_TTY_CONFIG",
	"MKNOD",
	"LEASE",
	"AUDIT_WRITE",
	"AUDIT_CONTROL",
	"SETFCAP",
	"MAC_OVERRIDE",
	"MAC_ADMIN",
	"SYSLOG",
	"WAKE_ALARM",
	"BLOCK_SUSPEND",
	"AUDIT_READ",
	"PERFMON",
	"BPF",
	"CHECKPOINT_RESTORE",
};

/* cap_name - "CHOWN" for 0; NULL behind the last that we know */
const char *cap_name(unsigned cap)
{
	return cap < ARRAY_SIZE(names) ? names[cap] : NULL;
}

/**
 * cap_parse - one capability by name
 * @name: any case, with or without CAP_; "all" for all that the kernel has
 * @mask: receives its bit, or theirs
 *
 * Return: 0 or -EINVAL.
 */
int cap_parse(const char *name, uint64_t *mask, struct err *e)
{
	const char *bare = strncasecmp(name, "CAP_", 4) == 0 ? name + 4 : name;

	if (strcasecmp(name, "ALL") == 0) {
		*mask = caps_all();
		return 0;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasecmp(bare, names[i]) == 0) {
			*mask = 1ULL << i;
			return 0;
		}
	}
	return fail(e, EINVAL, "there is no capability '%s'; see capabilities(7) for their names",
		    name);
}

/**
 * caps_all - every capability that the running kernel has
 *
 * Context: any; asks the kernel once, two calls.
 */
uint64_t caps_all(void)
{
	static uint64_t all;
	int last = CAP_LAST_CAP;

	if (all)
		return all;
	while (last < 62 && prctl(PR_CAPBSET_READ, last + 1, 0, 0, 0) >= 0)
		last++;
	while (last > 0 && prctl(PR_CAPBSET_READ, last, 0, 0, 0) < 0)
		last--;
	all = (2ULL << last) - 1;
	return all;
}

/**
 * caps_format - append a set's names
 * @mask: the set
 * @out: gets "none", "ALL" or "CAP_CHOWN,CAP_KILL"; a capability without a name as its number
 */
void caps_format(uint64_t mask, struct buf *out)
{
	const char *comma = "";

	if (!mask || mask == caps_all()) {
		buf_puts(out, mask ? "ALL" : "none");
		return;
	}
	for (unsigned i = 0; i < 64; i++) {
		if (!(mask >> i & 1))
			continue;
		if (i < ARRAY_SIZE(names))
			buf_printf(out, "%sCAP_%s", comma, names[i]);
		else
			buf_printf(out, "%s%u", comma, i);
		comma = ",";
	}
}
