/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens when the payload has ended: the restart policy and its back-off.
 */
#include <signal.h>

#include "container/supervise.h"

/* Waits before the next try; clients are heard meanwhile. Return: whether to try. */
static bool wait_for_retry(struct run *run, int64_t delay)
{
	struct err e = {};

	/* Neither socket nor pidfd: what ends this is the time, or a client who wants a stop. */
	run->kill_at = now_ns() + delay;
	while (run->kill_at && !run->no_restart && supervise_once(run, &e) >= 0)
		;
	return !run->no_restart;
}

static bool wants_restart(const struct run *run, int r, int code)
{
	const struct restart *p = &run->restart;

	if (r < 0 || run->no_restart)
		return false;
	if (run->again)
		return true;
	if (p->policy == RESTART_NO)
		return false;
	if (p->policy == RESTART_ON_FAILURE)
		return code && (!p->max || run->state.info.restarts < p->max);
	return true;
}

/* 0.1 s, then twice as long each time, up to a minute; from the start when it ran for 10 s. */
static int64_t back_off(int64_t last, int64_t ran)
{
	const int64_t first = 100000000LL, most = 60000000000LL;

	return ran > 10000000000LL || !last ? first : MIN(2 * last, most);
}

/* run_and_restart - run the payload, and again as long as the policy wants it */
int run_and_restart(struct run *run, int *exit_code, struct err *e)
{
	int64_t delay = 0;

	for (;;) {
		int64_t began = now_ns();
		int r;

		run_reset(run);
		r = run_once(run, e);
		*exit_code = run->timed_out ? 128 + SIGKILL : exit_code_of(run->status);
		if (run->started)
			event_of(run->c->dirs, &run->state.info, "died", *exit_code);
		if (!wants_restart(run, r, *exit_code))
			return r;
		/* Nothing of the run is alive any more; its user namespace has its maps. */
		if (!run->kept_userns)
			run->kept_userns = take_fd(&run->launch.userns_fd);
		launch_free(&run->launch);
		delay = run->again ? 0 : back_off(delay, now_ns() - began);
		run->again = false;
		state_ended(&run->state, *exit_code, NULL, true);
		run->state.info.restarts++;
		if (!wait_for_retry(run, delay))
			return 0;
		if (run->by_hand) {
			/* As if it had been stopped and started. */
			control_dismiss(&run->control, *exit_code);
			run->state.info.restarts = 0;
			delay = 0;
		}
		run->by_hand = run->again = false;
	}
}
