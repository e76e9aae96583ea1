/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * What each command may do in each state of a container: one table, read by the commands
 * and by the supervisor, so that both refuse the same. A state comes from records and from
 * the lock of a live supervisor (info.c), never from a pid.
 */
#include "container/internal.h"

static const char *const states[LIFE_STATES] = {
	[LIFE_CREATED] = "created",   [LIFE_RUNNING] = "running", [LIFE_PAUSED] = "paused",
	[LIFE_STOPPING] = "stopping", [LIFE_EXITED] = "exited",   [LIFE_REMOVING] = "removing",
	[LIFE_DEAD] = "dead",
};

const char *life_name(enum life state)
{
	return states[state];
}

/* life_parse - the state called @name, or -EINVAL */
int life_parse(const char *name)
{
	for (int i = 0; i < LIFE_STATES; i++) {
		if (streq(states[i], name))
			return i;
	}
	return -EINVAL;
}

/* Y: goes; N: nothing to do, which is success; -: refused */
static const struct {
	const char *name;
	char may[LIFE_STATES + 1]; /* created running paused stopping exited removing dead */
} ops[LIFE_OPS] = {
	[OP_START] = {"started", "YNN-Y--"},
	[OP_ATTACH] = {"attached to", "-YYY---"},
	[OP_EXEC] = {"joined", "-Y-----"},
	[OP_STOP] = {"stopped", "NYYYN-N"},
	[OP_KILL] = {"killed", "-YYY---"},
	[OP_RESTART] = {"restarted", "YYYYY--"},
	[OP_PAUSE] = {"paused", "-YN----"},
	[OP_UNPAUSE] = {"unpaused", "-NY----"},
	[OP_WAIT] = {"waited for", "YYYYYYY"},
	[OP_REMOVE] = {"removed", "Y---Y-Y"},
	[OP_REMOVE_FORCE] = {"removed", "YYYYYNY"},
	[OP_RENAME] = {"renamed", "YYYYY-Y"},
	[OP_UPDATE] = {"updated", "YYYYY--"},
	[OP_COPY] = {"copied from or to", "YYYYY--"},
	[OP_READ] = {"read", "YYYYYNY"},
	[OP_CHECK] = {"checked", "-Y-----"},
	[OP_TOP] = {"listed", "-YYY---"},
};

/**
 * life_may - may a command do that in this state?
 *
 * Return: 1 yes, 0 there is nothing to do, -EPERM with the reason in @e.
 */
int life_may(enum life_op op, enum life state, const char *id, struct err *e)
{
	static const char *const hints[LIFE_STATES] = {
		[LIFE_CREATED] = "start it first",
		[LIFE_RUNNING] = "stop it first, or use --force",
		[LIFE_PAUSED] = "unpause it first",
		[LIFE_STOPPING] = "it is about to end",
		[LIFE_EXITED] = "start it first",
		[LIFE_REMOVING] = "it is about to be gone",
		[LIFE_DEAD] = "remove it with \"sandbox rm --force\"",
	};
	char may = ops[op].may[state];

	if (may != '-')
		return may == 'Y';
	fail(e, EPERM, "container %.12s is %s and cannot be %s", id, states[state], ops[op].name);
	return fail_hint(e, -EPERM, "%s", hints[state]);
}
