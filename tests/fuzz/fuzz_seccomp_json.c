/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seccomp profiles: text to rules. What is taken has to keep its promises: libseccomp
 * gets actions, comparisons and indices as they are.
 */
#include <linux/seccomp.h>

#include "sandbox/sandbox.h"
#include "sandbox/seccomp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool check_rule(const struct seccomp_rule *r)
{
	if (!r->names.n || r->nargs > SECCOMP_ARGS)
		abort();
	for (unsigned i = 0; i < r->nargs; i++)
		if (r->args[i].index >= SECCOMP_ARGS || r->args[i].op < SECCOMP_NE ||
		    r->args[i].op > SECCOMP_MASKED_EQ)
			abort();
	return (r->action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seccomp_profile p;
	struct err e = {};
	bool notify = false;
	int r = seccomp_profile_parse((const char *)data, size, CAPS_DEFAULT, &p, &e);

	if (r < 0 && (e.code != -r || !e.msg[0] || p.n || p.rules))
		abort();
	if (r >= 0 && e.code)
		abort();
	for (size_t i = 0; i < p.n; i++)
		notify |= check_rule(&p.rules[i]);
	/* Calls are handed to somebody, or to nobody: never to a listener that is not there. */
	if (notify != p.notify || p.notify != (p.listener != NULL) ||
	    (p.listener && *p.listener != '/'))
		abort();
	seccomp_profile_free(&p);
	return 0;
}
