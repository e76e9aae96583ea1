/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capabilities: names, and the calls that take them away. Without libcap, whose
 * part here would be a table of names: a library less to load at every start.
 */
#include <linux/capability.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "linux/sys.h"
#include "sandbox/sandbox.h"

/* by number; Linux 5.9 added the last */
static const char *const names[] = {
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

/**
 * caps_apply_bounding - cut the bounding set
 * @mask: what stays
 *
 * One call per dropped capability and none to ask first: in a fresh user namespace
 * all are there.
 *
 * Context: launch, child side, with CAP_SETPCAP; async-signal-safe unless it fails.
 * Return: 0 or -EPERM.
 */
int caps_apply_bounding(uint64_t mask, struct err *e)
{
	uint64_t drop = caps_all() & ~mask;

	for (unsigned long i = 0; drop >> i; i++) {
		int r;

		if (!(drop >> i & 1))
			continue;
		r = sys_prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
		if (r < 0 && sys_prctl(PR_CAPBSET_READ, i, 0, 0, 0) != 0)
			return fail(e, -r, "dropping capability %lu from the bounding set: %s", i,
				    strerror(-r));
	}
	return 0;
}

static int set_caps(uint64_t mask, uint64_t inheritable, struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++) {
		data[i].effective = data[i].permitted = (uint32_t)(mask >> 32 * i);
		data[i].inheritable = (uint32_t)(inheritable >> 32 * i);
	}
	if (syscall(SYS_capset, &head, data) < 0)
		return fail_errno(e, "setting capabilities");
	return 0;
}

/**
 * caps_set - set this thread's capabilities
 * @mask: permitted and effective; inheritable and, by that, ambient become empty
 *
 * Context: launch, child side; async-signal-safe unless it fails.
 * Return: 0 or -EPERM when @mask is not a part of the permitted set.
 */
int caps_set(uint64_t mask, struct err *e)
{
	return set_caps(mask, 0, e);
}

/**
 * caps_set_ambient - as caps_set(), and keep them over the exec of a user who is not root
 * @mask: permitted, effective, inheritable and ambient
 *
 * Context: launch, child side, after the change of uid, which empties ambient;
 * async-signal-safe unless it fails.
 * Return: 0 or -EPERM.
 * Source: capabilities(7); Linux 4.3.
 */
int caps_set_ambient(uint64_t mask, struct err *e)
{
	int r = set_caps(mask, mask, e);

	for (unsigned long i = 0; r >= 0 && mask >> i; i++) {
		if (!(mask >> i & 1))
			continue;
		r = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0);
		if (r < 0)
			return fail(e, -r, "raising capability %lu: %s", i, strerror(-r));
	}
	return r;
}
