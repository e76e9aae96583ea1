/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capabilities: the calls that take them away. Their names are spec/caps.c.
 */
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "linux/sys.h"
#include "sandbox/sandbox.h"

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

static int set_sets(uint64_t effective, uint64_t permitted, uint64_t inheritable, struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(effective >> 32 * i);
		data[i].permitted = (uint32_t)(permitted >> 32 * i);
		data[i].inheritable = (uint32_t)(inheritable >> 32 * i);
	}
	if (syscall(SYS_capset, &head, data) < 0)
		return fail_errno(e, "setting capabilities");
	return 0;
}

static int set_caps(uint64_t mask, uint64_t inheritable, struct err *e)
{
	return set_sets(mask, mask, inheritable, e);
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

static int raise_ambient(uint64_t mask, struct err *e)
{
	for (unsigned long i = 0; mask >> i; i++) {
		int r;

		if (!(mask >> i & 1))
			continue;
		r = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0);
		if (r < 0)
			return fail(e, -r, "raising capability %lu: %s", i, strerror(-r));
	}
	return 0;
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

	return r < 0 ? r : raise_ambient(mask, e);
}

/* What this process may have at all: inside an engine's container that is less than the kernel has. */
static uint64_t own_permitted(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {};

	if (syscall(SYS_capget, &head, data) < 0)
		return 0;
	return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

/**
 * caps_set_all - the five sets of config.json; the bounding set is cut already
 * @s: what we do not have ourselves is left out: nobody could hand it down
 *
 * Context: as caps_set_ambient().
 * Return: 0 or -EPERM.
 */
int caps_set_all(const struct security_spec *s, struct err *e)
{
	uint64_t have = own_permitted();
	int r;

	if (s->permitted & ~have)
		log_debug("process.capabilities: we lack some of them, ignoring");
	r = set_sets(s->effective & have, s->permitted & have, s->inheritable & have, e);
	return r < 0 ? r : raise_ambient(s->ambient & have, e);
}
