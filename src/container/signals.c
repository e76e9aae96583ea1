/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signals of a supervisor: which are passed on to the payload, and Ctrl-Z.
 */
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>

#include "container/supervise.h"
#include "linux/sys.h"

#define EARLY_NS 1000000000LL

/* Passed on to the payload; what the caller has set to be ignored stays ignored. */
static const int forwarded[] = {SIGTERM, SIGINT,  SIGHUP,  SIGQUIT,
				SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT};

/* run_open_signals - what is to be passed on arrives on a descriptor from now on */
int run_open_signals(struct run *run, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++) {
		if (!signal_was_ignored(forwarded[i]))
			sigaddset(&set, forwarded[i]);
	}
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGPIPE);
	/* A log that meets a limit of file sizes loses lines, no more. */
	sigaddset(&set, SIGXFSZ);
	sigprocmask(SIG_BLOCK, &set, &run->old_mask);
	run->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return run->signals < 0 ? fail_errno(e, "cannot wait for signals") : 0;
}

/* Is there a shell to take over when we stop? In a script nobody would continue us. */
static bool in_foreground(void)
{
	for (int fd = 0; fd < 3; fd++) {
		pid_t group = tcgetpgrp(fd);

		if (group >= 0)
			return group == getpgrp();
	}
	return false;
}

/*
 * The payload was stopped: so are we, for the caller's shell; until fg continues us,
 * or the time limit does: a payload could stop itself to let another process of the
 * container go on without one.
 */
void run_stop(struct run *run)
{
	struct sigevent wake = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGCONT};
	const struct itimerspec at = {
		.it_value = {run->deadline / 1000000000, run->deadline % 1000000000}};
	timer_t timer;
	bool timed;

	if (!in_foreground())
		return;
	timed = run->deadline && !timer_create(CLOCK_MONOTONIC, &wake, &timer) &&
		!timer_settime(timer, TIMER_ABSTIME, &at, NULL);
	if (run->deadline && !timed)
		return;
	relay_pause(&run->relay);
	front_stop(run);
	kill(getpid(), SIGSTOP);
	relay_resume(&run->relay);
	if (timed)
		timer_delete(timer);
	launch_signal(&run->launch, SIGCONT, true);
}

/*
 * The payload may run by now, and even have spoken, before we are told so: it gets the signal
 * then. Where it does not start there is nobody to ask, so a signal to end is the end.
 */
static void on_early_signal(struct run *run, int sig)
{
	run->early |= 1ULL << sig;
	if (!run->kill_at && (sig == SIGTERM || sig == SIGINT || sig == SIGHUP || sig == SIGQUIT))
		run->kill_at = now_ns() + EARLY_NS;
}

/* run_on_signal - pass them on */
void run_on_signal(struct run *run)
{
	struct signalfd_siginfo info;

	while (read(run->signals, &info, sizeof(info)) == sizeof(info)) {
		int sig = (int)info.ssi_signo;
		/* From the kernel means from the terminal, which signals whole process groups. */
		bool group = info.ssi_code == SI_KERNEL;

		if (sig == SIGWINCH)
			relay_resize(&run->relay);
		else if (sig != SIGPIPE && sig != SIGXFSZ && run->started)
			launch_signal(&run->launch, sig, group || sig == SIGTSTP || sig == SIGCONT);
		else if (sig != SIGPIPE && sig != SIGXFSZ)
			on_early_signal(run, sig);
	}
}

/* run_early_signals - the payload runs: what came for it before, though it has spoken already */
void run_early_signals(struct run *run)
{
	if (run->early)
		run->kill_at = 0;
	for (int sig = 1; run->early; sig++, run->early >>= 1) {
		if (run->early & 2)
			launch_signal(&run->launch, sig, sig == SIGTSTP || sig == SIGCONT);
	}
}
